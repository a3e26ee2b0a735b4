//! `standin user`: who signs in.

use super::{Done, Failure, Place, output, user};
use crate::actions::passwords;
use crate::store;
use clap::Subcommand;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show every user.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Set a user's password, read from standard input or a file, and sign them out everywhere.
    Password {
        /// Login of the user.
        login: String,
        /// A file that holds the password; its last line end does not count.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::List { json } => list(place, json).await,
        Command::Password { login, password_file } => password(place, &login, password_file).await,
    }
}

async fn list(place: &Place, json: bool) -> Done {
    let (_, db) = place.open().await?;
    let mut tx = db.read().await?;
    let users = store::people::every(&mut tx).await?;
    let teams = store::people::teams(&mut tx).await?;
    drop(tx);
    db.close().await;
    let login = |id| users.iter().find(|u| Some(u.person.id) == id).map(|u| u.login.clone());
    let team = |id| teams.iter().find(|t| Some(t.id) == id).map(|t| t.name.clone());
    if json {
        let all = users.iter().map(|u| {
            serde_json::json!({
                "id": u.person.id, "login": u.login, "name": u.person.name, "role": u.person.role.word(),
                "manager": login(u.person.manager), "team": team(u.team), "emails": u.addresses,
                "active": u.person.active, "zone": u.zone, "language": u.language,
            })
        });
        output::json(&all.collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = users
        .iter()
        .map(|u| {
            let role = if u.person.active { u.person.role.word() } else { "deactivated" };
            let address = u.addresses.first().map(ToString::to_string).unwrap_or_default();
            let (manager, team) = (login(u.person.manager).unwrap_or_default(), team(u.team).unwrap_or_default());
            vec![u.login.clone(), u.person.name.clone(), role.to_owned(), manager, team, address]
        })
        .collect();
    let head = ["login", "name", "role", "manager", "team", "address"];
    output::table(&head, &rows, "There are no users; `standin import users FILE` brings them.")?;
    Ok(ExitCode::SUCCESS)
}

async fn password(place: &Place, login: &str, file: Option<PathBuf>) -> Done {
    let text = match &file {
        Some(path) => std::fs::read_to_string(path).map_err(|error| {
            Failure::input(format!("the file {} cannot be read", path.display()), error.to_string())
        })?,
        None => {
            if std::io::stdin().is_terminal() {
                output::note("Type the new password, then Enter and Ctrl-D. It is shown while you type.");
            }
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| Failure::input("no password could be read", error.to_string()))?;
            text
        }
    };
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if let Some(objection) = passwords::objection(password) {
        return Err(Failure::input("the password was not changed", objection));
    }
    let (_, db) = place.open().await?;
    let mut tx = db.write().await?;
    let user = user(&mut tx, login).await?;
    let hash = passwords::hash(password.to_owned()).await?;
    store::people::set_password_hash(&mut tx, user.person.id, &hash).await?;
    tx.commit().await?;
    db.close().await;
    output::line(&format!("{} has a new password and is signed out everywhere.", user.person.name))?;
    Ok(ExitCode::SUCCESS)
}

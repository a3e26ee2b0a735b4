//! `standin admin`: the first admin, and people who cannot sign in. It needs no page and no provider.

use super::users::new_password;
use super::{Done, Failure, Place, output, user};
use crate::actions::admins::{self, Wanted};
use crate::actions::passwords;
use crate::model::record::UserRole;
use crate::store;
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an admin. One of that login who is an admin already stays as they are, password and all.
    Create {
        /// With which they sign in.
        #[arg(long)]
        login: String,
        /// Their full name; the login if it is left out.
        #[arg(long)]
        name: Option<String>,
        /// Their e-mail address.
        #[arg(long, default_value = "")]
        email: String,
        /// A file that holds the password; its last line end does not count. Else it is read from standard input.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Set a user's password, sign them out everywhere and let them try at once.
    ResetPassword {
        /// Login of the user.
        login: String,
        /// A file that holds the password; its last line end does not count. Else it is read from standard input.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Let a user try again at once after too many wrong passwords or codes.
    Unlock {
        /// Login of the user.
        login: String,
    },
    /// Show every admin and how they sign in.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Create { login, name, email, password_file } => create(place, login, name, email, password_file).await,
        Command::ResetPassword { login, password_file } => reset(place, &login, password_file).await,
        Command::Unlock { login } => unlock(place, &login).await,
        Command::List { json } => list(place, json).await,
    }
}

async fn create(
    place: &Place,
    login: String,
    name: Option<String>,
    email: String,
    password_file: Option<PathBuf>,
) -> Done {
    let password = new_password(password_file)?;
    let (config, db) = place.open().await?;
    let name = name.unwrap_or_else(|| login.clone());
    let wanted = Wanted { login, name, email, zone: config.zone.clone(), language: config.language.clone() };
    let mut tx = db.write().await?;
    let made = admins::create(&mut tx, &wanted, &password, super::now()).await?;
    let (_, new) = made.map_err(|no| Failure::input("no admin was made", no.to_string()))?;
    tx.commit().await?;
    db.close().await;
    output::line(&match new {
        true => format!("{} is an admin now, and signs in as {}.", wanted.name, wanted.login),
        false => format!("{} is an admin already; nothing was changed.", wanted.login),
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn reset(place: &Place, login: &str, password_file: Option<PathBuf>) -> Done {
    let password = new_password(password_file)?;
    let (_, db) = place.open().await?;
    let hash = passwords::hash(password).await?;
    let mut tx = db.write().await?;
    let user = user(&mut tx, login).await?;
    admins::reset_password(&mut tx, user.person.id, &hash, super::now()).await?;
    let factor = store::factors::of(&mut tx, user.person.id).await?.is_some_and(|factor| factor.confirmed.is_some());
    tx.commit().await?;
    db.close().await;
    output::line(&format!("{} has a new password and is signed out everywhere.", user.person.name))?;
    if factor {
        output::note("They are asked for a code still; `standin user reset-second-factor` takes that away.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn unlock(place: &Place, login: &str) -> Done {
    let (_, db) = place.open().await?;
    let mut tx = db.write().await?;
    let user = user(&mut tx, login).await?;
    admins::unlock(&mut tx, user.person.id, super::now()).await?;
    tx.commit().await?;
    db.close().await;
    output::line(&format!("{} may try again at once.", user.person.name))?;
    Ok(ExitCode::SUCCESS)
}

async fn list(place: &Place, json: bool) -> Done {
    let (_, db) = place.open().await?;
    let mut tx = db.read().await?;
    let mut admins = Vec::new();
    for user in store::people::every(&mut tx).await? {
        if user.person.role != UserRole::Admin {
            continue;
        }
        let id = user.person.id;
        let password = store::people::password_hash(&mut tx, id).await?.is_some();
        let factor = store::factors::of(&mut tx, id).await?.is_some_and(|factor| factor.confirmed.is_some());
        let provider = !store::identities::of(&mut tx, id).await?.is_empty();
        admins.push((user, password, factor, provider));
    }
    drop(tx);
    db.close().await;
    if json {
        let all = admins.iter().map(|(user, password, factor, provider)| {
            serde_json::json!({
                "id": user.person.id, "login": user.login, "name": user.person.name, "active": user.person.active,
                "password": password, "second_factor": factor, "provider": provider,
            })
        });
        output::json(&all.collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let rows: Vec<Vec<String>> = admins
        .iter()
        .map(|(user, password, factor, provider)| {
            let active = yes(user.person.active);
            vec![user.login.clone(), user.person.name.clone(), active, yes(*password), yes(*factor), yes(*provider)]
        })
        .collect();
    let head = ["login", "name", "active", "password", "second factor", "provider"];
    let empty =
        "There is no admin. `standin serve` prints a token for the first one; `standin admin create` makes one.";
    output::table(&head, &rows, empty)?;
    Ok(ExitCode::SUCCESS)
}

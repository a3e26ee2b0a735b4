//! `standin user`: who signs in.

use super::acting::{As, kind};
use super::{Done, Failure, Place, output, user, world};
use crate::actions::leavers::{self, Leaving, Left, TakeOver};
use crate::actions::{admins, passwords, second_factor, single_sign_on};
use crate::model::id::UserId;
use crate::model::record::Kind;
use crate::store;
use clap::{Args, Subcommand};
use std::collections::BTreeMap;
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
    /// Take somebody's second factor away, who has lost their device. They are signed out everywhere.
    ResetSecondFactor {
        /// Login of the user.
        login: String,
    },
    /// Say which account at the identity provider is somebody's.
    LinkIdentity {
        /// Login of the user.
        login: String,
        /// What the provider calls them: the claim `sub`.
        #[arg(long)]
        subject: String,
    },
    /// Forget which accounts at the identity provider are somebody's.
    UnlinkIdentity {
        /// Login of the user.
        login: String,
    },
    /// Deactivate somebody who leaves, after saying who takes over. Their mailbox may go on receiving.
    Deactivate(Leaver),
    /// Let somebody sign in and answer again.
    Activate {
        /// Login of the user.
        login: String,
        #[command(flatten)]
        by: As,
    },
}

#[derive(Debug, Args)]
pub(super) struct Leaver {
    /// Login of who leaves.
    login: String,
    /// Login of who takes over their records and open activities.
    #[arg(long, value_name = "USER", required_unless_present_any = ["leave", "kind_to"])]
    to: Option<String>,
    /// Who takes over one kind, such as `lead=piotr`; may be given for each kind.
    #[arg(long, value_name = "KIND=USER", value_parser = kind_to)]
    kind_to: Vec<(Kind, String)>,
    /// Leave the records: the team's or the company's fallback answers for them.
    #[arg(long, conflicts_with_all = ["to", "kind_to"])]
    leave: bool,
    /// Confidential records go along; without it they stay.
    #[arg(long, conflicts_with = "leave")]
    with_confidential: bool,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    by: As,
}

fn kind_to(text: &str) -> Result<(Kind, String), String> {
    let (of, login) = text.split_once('=').ok_or("write it as lead=piotr")?;
    Ok((kind(of.trim())?, login.trim().to_owned()))
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::List { json } => list(place, json).await,
        Command::Password { login, password_file } => password(place, &login, password_file).await,
        Command::ResetSecondFactor { login } => reset_second_factor(place, &login).await,
        Command::LinkIdentity { login, subject } => link_identity(place, &login, &subject).await,
        Command::UnlinkIdentity { login } => unlink_identity(place, &login).await,
        Command::Deactivate(leaver) => deactivate(leaver, place).await,
        Command::Activate { login, by } => activate(&login, &by, place).await,
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
    let password = new_password(file)?;
    let (_, db) = place.open().await?;
    let mut tx = db.write().await?;
    let user = user(&mut tx, login).await?;
    let hash = passwords::hash(password).await?;
    admins::reset_password(&mut tx, user.person.id, &hash, super::now()).await?;
    tx.commit().await?;
    db.close().await;
    output::line(&format!("{} has a new password and is signed out everywhere.", user.person.name))?;
    Ok(ExitCode::SUCCESS)
}

/// A new password from a file or standard input, if it will do. Never an argument: those are seen by all.
pub(super) fn new_password(file: Option<PathBuf>) -> Result<String, Failure> {
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
    match passwords::objection(password) {
        Some(objection) => Err(Failure::input("the password was not changed", objection)),
        None => Ok(password.to_owned()),
    }
}

async fn reset_second_factor(place: &Place, login: &str) -> Done {
    let (_, db) = place.open().await?;
    let mut tx = db.write().await?;
    let user = user(&mut tx, login).await?;
    let had = second_factor::remove(&mut tx, None, user.person.id, super::now()).await?;
    store::sessions::end_others(&mut tx, user.person.id, &[]).await?;
    tx.commit().await?;
    db.close().await;
    let name = &user.person.name;
    output::line(&match had {
        true => format!("{name} has no second factor any more and is signed out everywhere."),
        false => format!("{name} had no second factor; they are signed out everywhere all the same."),
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn link_identity(place: &Place, login: &str, subject: &str) -> Done {
    let (config, db) = place.open().await?;
    if !config.oidc.is_set() {
        return Err(Failure::input("there is no identity provider", "`oidc.issuer` is not set"));
    }
    let subject = subject.trim();
    if subject.is_empty() || subject.chars().count() > 255 {
        return Err(Failure::input("nobody was linked", "a subject has 1 to 255 characters (the claim `sub`)"));
    }
    let mut tx = db.write().await?;
    let user = user(&mut tx, login).await?;
    let new = single_sign_on::say(&mut tx, &config.oidc, subject, user.person.id, super::now()).await?;
    if !new && store::identities::user(&mut tx, &config.oidc.issuer, subject).await? != Some(user.person.id) {
        return Err(Failure::input("nobody was linked", "that account at the provider is somebody else's here")
            .then("`standin user unlink-identity` takes it from them"));
    }
    tx.commit().await?;
    db.close().await;
    output::line(&format!("{} signs in with {} as {subject}.", user.person.name, config.oidc.shown()))?;
    Ok(ExitCode::SUCCESS)
}

async fn unlink_identity(place: &Place, login: &str) -> Done {
    let (_, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let user = user(&mut tx, login).await?;
    let had = single_sign_on::forget(&mut tx, user.person.id, now).await?;
    tx.commit().await?;
    db.close().await;
    let had = output::counted(i64::try_from(had).unwrap_or(i64::MAX), "account");
    output::line(&format!("{} is known by no account at a provider any more; {had} forgotten.", user.person.name))?;
    Ok(ExitCode::SUCCESS)
}

async fn deactivate(leaver: Leaver, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = leaver.by.actor(&mut tx, &world, now).await?;
    let who = user(&mut tx, &leaver.login).await?;
    let mut kinds = BTreeMap::new();
    for (kind, login) in &leaver.kind_to {
        kinds.insert(*kind, user(&mut tx, login).await?.person.id);
    }
    let all = match &leaver.to {
        Some(login) => Some(user(&mut tx, login).await?.person.id),
        None => None,
    };
    let leaving = Leaving {
        user: who.person.id,
        take_over: if leaver.leave { TakeOver::Nobody } else { TakeOver::By { all, kinds } },
        with_confidential: leaver.with_confidential,
        reason: leaver.reason,
    };
    let left = leavers::deactivate(&mut tx, &actor, &leaving)
        .await?
        .map_err(|no| Failure::input("nobody was deactivated", no.to_string()))?;
    tx.commit().await?;
    db.close().await;
    let name = |id: UserId| actor.name(id);
    if leaver.by.json {
        let given: BTreeMap<String, usize> = left.given.iter().map(|(id, n)| (name(*id), *n)).collect();
        output::json(&serde_json::json!({
            "user": who.login, "given": given, "stay": left.stay, "stay_confidential": left.stay_confidential,
            "activities": left.activities, "teams_without_fallback": left.teams, "mailboxes": left.mailboxes,
            "stands_in_for": left.stands_in_for.iter().map(|id| name(*id)).collect::<Vec<_>>(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("{} is deactivated and signed out everywhere.", who.person.name))?;
    told(&left, &name)
}

fn told(left: &Left, name: &dyn Fn(UserId) -> String) -> Done {
    for (to, n) in &left.given {
        output::line(&format!("{n} records went to {}.", name(*to)))?;
    }
    if left.activities > 0 {
        output::line(&format!("{} open activities went along.", left.activities))?;
    }
    if left.stay > 0 {
        let text = format!("{} records stay; the team's or the company's fallback answers for them.", left.stay);
        output::line(&text)?;
    }
    if left.stay_confidential > 0 {
        let n = left.stay_confidential;
        output::note(&format!(
            "warning: {n} of those are confidential, and nobody reads them now but whom they were shared with; \
             `standin assign` by the operator gives them to somebody"
        ));
    }
    for team in &left.teams {
        output::note(&format!("warning: the team {team} has no fallback any more"));
    }
    for absent in &left.stands_in_for {
        output::note(&format!("warning: they stood in for {}; name another substitute", name(*absent)));
    }
    for mailbox in &left.mailboxes {
        output::line(&format!("The mailbox {mailbox} goes on receiving as long as it is configured."))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn activate(login: &str, by: &As, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = by.actor(&mut tx, &world, now).await?;
    let Some(who) = store::people::by_login(&mut tx, login).await? else {
        return Err(Failure::input(format!("there is no user with the login `{login}`"), "")
            .then("`standin user list` shows all there are"));
    };
    let done = leavers::activate(&mut tx, &actor, who.person.id).await?;
    done.map_err(|no| Failure::input("nobody was activated", no.to_string()))?;
    tx.commit().await?;
    db.close().await;
    if by.json {
        output::json(&serde_json::json!({ "user": who.login, "active": true }))?;
    } else {
        output::line(&format!("{} is active again. What they gave away stays where it went.", who.person.name))?;
    }
    Ok(ExitCode::SUCCESS)
}

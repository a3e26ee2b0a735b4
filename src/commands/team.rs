//! `standin team`: teams, their members, fallbacks and copies.

use super::asking::{Asking, person, team};
use super::{Done, Failure, Place, output};
use crate::actions::teams;
use crate::model::id::UserId;
use crate::store;
use clap::{Args, Subcommand, ValueEnum};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Login of the user on whose behalf; without it you are the operator. Only admins change teams.
    #[arg(long = "as", value_name = "USER", global = true)]
    by: Option<String>,
    /// As JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show every team.
    List,
    /// Add a team.
    Add {
        /// Its name.
        name: String,
    },
    /// Give a team another name.
    Rename {
        /// Its name.
        name: String,
        /// Its new name.
        to: String,
    },
    /// Set who answers for the team's records when owner and substitutes are all away.
    Fallback {
        /// The team's name.
        name: String,
        /// Login of the user; without it nobody.
        user: Option<String>,
    },
    /// Change who belongs to a team.
    #[command(subcommand)]
    Member(Member),
    /// Switch permanent copies of the team's new leads to all of it on or off.
    Copies {
        /// The team's name.
        name: String,
        /// On or off.
        state: Switch,
    },
}

#[derive(Debug, Subcommand)]
enum Member {
    /// Put somebody in it: they see what is shared with the team.
    Add {
        /// The team's name.
        name: String,
        /// Login of the user.
        user: String,
    },
    /// Take somebody out of it.
    Remove {
        /// The team's name.
        name: String,
        /// Login of the user.
        user: String,
    },
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let mut tx = db.write().await?;
    let asking = Asking::of(&mut tx, &config, arguments.by.as_deref()).await?;
    let said = change(&mut tx, &asking, &arguments.command).await?;
    let all = store::teams::every(&mut tx).await?;
    tx.commit().await?;
    db.close().await;
    let name = |id: UserId| asking.caller().name(id);
    if arguments.json {
        let teams = all.iter().map(|t| {
            serde_json::json!({
                "id": t.id, "name": t.name, "fallback": t.fallback.map(name), "copies": t.copies,
                "members": t.members.iter().map(|m| name(*m)).collect::<Vec<_>>(), "shares": t.shares,
            })
        });
        output::json(&teams.collect::<Vec<_>>().into())?;
    } else if let Some(said) = said {
        output::line(&said)?;
    } else {
        let row = |t: &store::teams::TeamEntry| {
            vec![
                output::plain(&t.name),
                t.fallback.map(name).unwrap_or_default(),
                if t.copies { "yes" } else { "no" }.to_owned(),
                t.shares.to_string(),
                t.members.iter().map(|m| name(*m)).collect::<Vec<_>>().join(", "),
            ]
        };
        let rows: Vec<Vec<String>> = all.iter().map(row).collect();
        let empty = "There are no teams; `standin team add NAME` makes one.";
        output::table(&["team", "fallback", "copies", "shares", "members"], &rows, empty)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn change(tx: &mut store::Tx, asking: &Asking, command: &Command) -> Result<Option<String>, Failure> {
    let (caller, world) = (asking.caller(), &asking.world);
    let (done, said) = match command {
        Command::List => return Ok(None),
        Command::Add { name } => {
            let done = teams::add(tx, &caller, name).await?.map(|_| ());
            (done, format!("The team {} is there; `standin team member add` puts people in it.", name.trim()))
        }
        Command::Rename { name, to } => {
            let done = teams::rename(tx, &caller, team(world, name)?, to).await?;
            (done, format!("The team is called {} now.", to.trim()))
        }
        Command::Fallback { name, user } => {
            let id = match user {
                Some(login) => Some(person(tx, login).await?),
                None => None,
            };
            let done = teams::fallback(tx, &caller, team(world, name)?, id).await?;
            let who = id.map_or_else(|| "Nobody".to_owned(), |id| caller.name(id));
            (done, format!("{who} answers for {name} when owner and substitutes are all away."))
        }
        Command::Member(Member::Add { name, user }) => {
            let id = person(tx, user).await?;
            let done = teams::member(tx, &caller, team(world, name)?, id, true).await?;
            (done, format!("{} belongs to {name} and sees what is shared with it.", caller.name(id)))
        }
        Command::Member(Member::Remove { name, user }) => {
            let id = person(tx, user).await?;
            let done = teams::member(tx, &caller, team(world, name)?, id, false).await?;
            (done, format!("{} does not belong to {name} any more.", caller.name(id)))
        }
        Command::Copies { name, state } => {
            let done = teams::copies(tx, &caller, team(world, name)?, *state == Switch::On).await?;
            let word = if *state == Switch::On { "on" } else { "off" };
            (done, format!("Copies of new leads to all of {name} are {word}."))
        }
    };
    done.map_err(|refused| Failure::input("the team was not changed", refused.to_string()))?;
    Ok(Some(said))
}

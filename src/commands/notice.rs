//! `standin notice`: what notices say and would say, why one did not go, and the texts.

mod explain;
mod seeing;
mod texts;

use super::acting::As;
use super::asking::Asking;
use super::{Done, Failure, Place, notice_switch, output};
use crate::actions::notices::Refused;
use crate::config::Config;
use crate::model::id::UserId;
use crate::store::keys::Keys;
use crate::store::{Db, Tx};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    by: As,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What notices say and would say.
    #[command(flatten)]
    Look(Look),
    /// The one switch for all of them.
    #[command(flatten)]
    Switch(notice_switch::Switch),
}

#[derive(Debug, Subcommand)]
enum Look {
    /// Show what a client would get: which text, in which language and why, who is named; or why nothing.
    Preview {
        /// Address of the client.
        #[arg(long = "for", value_name = "ADDRESS")]
        client: String,
        /// Login of who is away; without it whoever `--as` or `--absence` names.
        #[arg(long)]
        user: Option<String>,
        /// Number of the absence; without it the one that runs, else the next, else one of a week.
        #[arg(long, value_name = "N")]
        absence: Option<i64>,
        /// Print the mail as it would go out, and nothing else.
        #[arg(long)]
        raw: bool,
    },
    /// Say for everybody to whom a mail came whether a notice went, and what each rule says. Of a mail that concerns no
    /// record, and is not kept, what was decided is told by its Message-ID; each rule where it is given as a file.
    Explain {
        /// The mail: its number or its Message-ID.
        #[arg(required_unless_present = "file", conflicts_with = "file")]
        mail: Option<String>,
        /// The mail as a file, with all its fields, as a mail program saves it.
        #[arg(long)]
        file: Option<std::path::PathBuf>,
    },
    /// Say who of the last senders would have got a notice had an absence run, and why others not. Writes
    /// and sends nothing.
    Try {
        /// Name of the mailbox.
        #[arg(long)]
        mailbox: String,
        /// How many mails.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
        last: u16,
        /// Number of the absence; without it the one that runs, else the next, else one of a week.
        #[arg(long, value_name = "N")]
        absence: Option<i64>,
    },
    /// Show what was decided about notices, newest first.
    Log {
        /// Login of who is away; without it everybody whose notices are your business.
        #[arg(long)]
        user: Option<String>,
        /// From this day on; without it the last 30 days.
        #[arg(long, value_parser = super::asking::day)]
        since: Option<chrono::NaiveDate>,
        /// Only what did not go out, or not for sure.
        #[arg(long)]
        not_sent: bool,
    },
    /// Look after the texts of people, teams and the company.
    #[command(subcommand)]
    Text(texts::Command),
    /// Say who stands as author of a person's notices, and where answers to them go. What is left out goes back
    /// to the usual.
    Author(texts::Author),
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    match arguments.command {
        Command::Look(look_at) => look(look_at, &arguments.by, place).await,
        Command::Switch(switch) => notice_switch::run(switch, arguments.by, place).await,
    }
}

async fn look(command: Look, by: &As, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let desk = Desk { config, db, json: by.json };
    let mut tx = match command {
        Look::Text(_) | Look::Author(_) => desk.db.write().await?,
        _ => desk.db.read().await?,
    };
    let asking = Asking::of(&mut tx, &desk.config, by.acting.as_deref()).await?;
    let told = match command {
        Look::Preview { client, user, absence, raw } => {
            let wanted = seeing::Wanted { client, user, absence, raw };
            seeing::preview(&desk, &mut tx, &asking, &wanted).await?
        }
        Look::Explain { mail, file: None } => {
            explain::by_name(&desk, &mut tx, &asking, &mail.unwrap_or_default()).await?
        }
        Look::Explain { file: Some(file), .. } => explain::by_file(&desk, &mut tx, &asking, &file).await?,
        Look::Try { mailbox, last, absence } => {
            seeing::try_last(&desk, &mut tx, &asking, &mailbox, last, absence).await?
        }
        Look::Log { user, since, not_sent } => seeing::log(&mut tx, &asking, user.as_deref(), since, not_sent).await?,
        Look::Text(command) => texts::run(&desk, &mut tx, &asking, command).await?,
        Look::Author(author) => texts::author(&desk, &mut tx, &asking, &author).await?,
    };
    tx.commit().await?;
    desk.db.close().await;
    match (desk.json, told) {
        (true, told) => output::json(&told.json)?,
        (false, told) => {
            for line in &told.lines {
                output::line(line)?;
            }
            if let Some((head, rows)) = &told.table {
                output::table(head, rows, "None.")?;
            }
            for line in &told.after {
                output::note(line);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What the subcommands need.
struct Desk {
    config: Config,
    db: Db,
    json: bool,
}

impl Desk {
    fn keys(&self) -> Result<Keys, Failure> {
        Keys::load(&self.config.data_dir).map_err(|error| Failure::failed("no instance key", error))
    }
}

/// What a subcommand tells, for people and for programs.
#[derive(Default)]
struct Told {
    json: Value,
    lines: Vec<String>,
    table: Option<(Vec<&'static str>, Vec<Vec<String>>)>,
    /// Notes, on standard error.
    after: Vec<String>,
}

fn refused(refused: &Refused) -> Failure {
    Failure::input("nothing was done", refused.to_string())
}

/// The user whom a login names, deactivated or not.
async fn person(tx: &mut Tx, login: &str) -> Result<UserId, Failure> {
    super::asking::person(tx, login).await
}

//! `standin filing`: how a user files mail from their mail program, and what became of it.

use super::acting::record;
use super::{Done, Failure, Place, output, user, world};
use crate::actions::actor::Actor;
use crate::actions::filing::{self, Kept, No, Status};
use crate::model::address::Address;
use crate::model::filing::{Purpose, Reason, Standing};
use crate::store::Tx;
use crate::store::filing::Told;
use crate::store::keys::Keys;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Login of the user who files.
    #[arg(long = "as", value_name = "USER", global = true)]
    by: Option<String>,
    /// As JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the folders, the secret address, and what became of what was filed.
    Status,
    /// Have Standin keep folders in a mailbox: a mail put into one is filed.
    On {
        /// Its name in the configuration.
        mailbox: String,
    },
    /// Have Standin keep no folders there any more. Those with mail in them stay.
    Off {
        /// Its name in the configuration.
        mailbox: String,
    },
    /// Print the addresses by which mail is filed on a record.
    Address {
        /// The record.
        record: String,
    },
    /// Give the user a new secret address; the one before files nothing any more.
    Renew,
    /// Have a folder made for a record, also where it was removed.
    Folder {
        /// The record.
        record: String,
    },
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let keys = Keys::load(&config.data_dir).map_err(|error| Failure::failed("no instance key", error))?;
    let dropbox = Address::parse(&config.filing.dropbox).ok();
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let by = match &arguments.by {
        Some(login) => Some(user(&mut tx, login).await?.person.id),
        None => None,
    };
    let actor = filing::actor(&mut tx, by, &world, now).await?;
    let told = carry_out(&mut tx, &actor, &arguments.command, &keys, dropbox.as_ref()).await?;
    tx.commit().await?;
    db.close().await;
    match (arguments.json, told) {
        (true, (value, _)) => output::json(&value)?,
        (false, (_, lines)) => lines.iter().try_for_each(|line| output::line(line))?,
    }
    Ok(ExitCode::SUCCESS)
}

type Answer = (Value, Vec<String>);

async fn carry_out(
    tx: &mut Tx,
    actor: &Actor<'_>,
    command: &Command,
    keys: &Keys,
    dropbox: Option<&Address>,
) -> Result<Answer, Failure> {
    match command {
        Command::Status => {
            let status = filing::status(tx, actor, keys, dropbox).await?;
            Ok((status_json(&status, actor), status_lines(&status, actor, dropbox.is_some())))
        }
        Command::On { mailbox } => {
            filing::switch(tx, actor, mailbox, true).await?.map_err(|no| refused(&no))?;
            let line = "The folders are made at the next look at the mailbox, below \u{201c}Standin\u{201d}; \
                        `standin filing status` shows them.";
            Ok((json!({ "mailbox": mailbox, "folders": true }), vec![line.to_owned()]))
        }
        Command::Off { mailbox } => {
            filing::switch(tx, actor, mailbox, false).await?.map_err(|no| refused(&no))?;
            let line = "Empty folders are removed at the next look at the mailbox; those with mail in them stay, and \
                        are the user's own from then on. What was filed stays filed.";
            Ok((json!({ "mailbox": mailbox, "folders": false }), vec![line.to_owned()]))
        }
        Command::Renew => {
            let address = filing::renew(tx, actor, keys, dropbox).await?.map_err(|no| refused(&no))?;
            let line = format!("{address}\nKeep it to yourself. The one before files nothing any more.");
            Ok((json!({ "address": address }), vec![line]))
        }
        Command::Address { record: reference } => {
            let id = record(tx, actor, reference).await?.record.id;
            let found = filing::addresses(tx, actor, id, keys, dropbox).await?.map_err(|no| refused(&no))?;
            let mut lines =
                vec![format!("{}\n  as Cc or Reply-To: mail and the answers to it come here", found.signed)];
            lines.extend(
                found
                    .secret
                    .as_ref()
                    .map(|secret| format!("{secret}\n  as Bcc, or to forward to; keep it to yourself")),
            );
            Ok((json!({ "signed": found.signed, "secret": found.secret }), lines))
        }
        Command::Folder { record: reference } => {
            let id = record(tx, actor, reference).await?.record.id;
            filing::want_folder(tx, actor, id).await?.map_err(|no| refused(&no))?;
            let line = "The folder is made at the next look at the mailbox.";
            Ok((json!({ "record": id }), vec![line.to_owned()]))
        }
    }
}

fn refused(no: &No) -> Failure {
    let next = match no {
        No::Nobody => "say --as USER",
        No::NoFolder => "switch them on with `standin filing on MAILBOX`",
        No::NoMailbox => "`standin mailbox status` shows the names of mailboxes",
        _ => "",
    };
    Failure::input("nothing was changed", no.to_string()).then(next)
}

/// What a filing came to, in a sentence.
fn outcome(told: &Told, record: Option<&str>) -> String {
    let on = record.map_or_else(|| "a record".to_owned(), |name| format!("“{}”", output::plain(name)));
    match (told.outcome.as_str(), told.reason) {
        ("filed", _) => format!("on {on}"),
        ("added", _) => format!("on {on} as well"),
        ("private", _) => "private".to_owned(),
        (_, Some(reason)) => format!("refused: {}", why(reason)),
        _ => "it was on its records".to_owned(),
    }
}

/// Why a filing was refused, and what to do.
pub(super) fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::WrongFolder => "the folder's name means nothing here; move the mail to one that Standin made",
        Reason::NoRight => "no such record, or it is not yours to change; ask its owner",
        Reason::NothingFound => "no record of yours fits; move it to a record's folder, or decide it in review",
        Reason::NotTheirs => "it stands on a record that is not yours to change; ask whoever answers for that",
        Reason::Overruled => "somebody said otherwise of the mail or its thread; say it on its page",
        Reason::Blocked => "somebody on it is blocked, so it is never stored",
        Reason::UnknownAddress => "the address is nobody's, or was renewed; use the one shown here",
        Reason::NotTheSender => "it did not come from an address of yours; if it was you, have that address added",
        Reason::Unproven => "nothing proves that it came from you; send it through the company's own server",
        Reason::InlineForward => "the mail stands in the text of a forward; forward it as an attachment",
        Reason::WrongToken => "the reference in an address is not one that was signed here; copy it anew",
    }
}

fn status_lines(status: &Status, actor: &Actor<'_>, dropbox: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for Kept { mailbox, wanted, folders, kept_out } in &status.mailboxes {
        let state = match wanted {
            Some(wanted) if wanted.on => "folders are on",
            Some(_) => "folders are being taken away",
            None => "folders are off",
        };
        lines.push(format!("mailbox {}: {state}", mailbox.name));
        lines.extend(
            wanted.iter().filter_map(|w| w.trouble.as_ref()).map(|t| format!("  trouble: {}", output::plain(t))),
        );
        lines.extend(folders.iter().map(|(folder, name)| {
            let what = match (folder.purpose, folder.standing) {
                (Purpose::File, _) => "finds the record itself".to_owned(),
                (Purpose::Ignore, _) => "private: on no record".to_owned(),
                (Purpose::Unknown, _) => "not one of Standin's: nothing in it is filed".to_owned(),
                (_, Standing::Retired) => "your right to the record has ended; it goes once it is empty".to_owned(),
                _ => output::plain(name.as_deref().unwrap_or("a record")),
            };
            format!("  {}  ({what})", output::plain(&folder.path))
        }));
        if *kept_out > 0 {
            lines.push(format!(
                "  {kept_out} in them carry a keyword that means \u{201c}never\u{201d} and are not looked at"
            ));
        }
    }
    match (&status.secret, dropbox, actor.user) {
        (Some(address), _, _) => lines.push(format!("secret address: {address}")),
        (None, true, Some(_)) => lines.push("secret address: none yet; `standin filing renew` gives one".to_owned()),
        _ => {}
    }
    for (told, record) in &status.latest {
        let who = told.user.map_or_else(|| "somebody".to_owned(), |user| actor.name(user));
        let place = if told.place.is_empty() { told.how.word().to_owned() } else { told.place.clone() };
        let outcome = outcome(told, record.as_deref());
        lines.push(format!("{}  {}  {}  {outcome}", told.at.rfc3339(), output::plain(&who), output::plain(&place)));
    }
    lines
}

fn status_json(status: &Status, actor: &Actor<'_>) -> Value {
    let folder = |(folder, name): &(crate::store::filing::folders::FilingFolder, Option<String>)| {
        json!({
            "path": folder.path, "what": folder.purpose.word(), "record": name, "state": folder.standing.word(),
            "validity": folder.validity,
        })
    };
    let mailbox = |kept: &Kept| {
        json!({
            "mailbox": kept.mailbox.name, "on": kept.wanted.as_ref().is_some_and(|w| w.on),
            "trouble": kept.wanted.as_ref().and_then(|w| w.trouble.clone()), "kept_out": kept.kept_out,
            "folders": kept.folders.iter().map(folder).collect::<Vec<_>>(),
        })
    };
    let filed = |(told, record): &(Told, Option<String>)| {
        json!({
            "by": told.user.map(|user| actor.name(user)), "how": told.how.word(), "place": told.place,
            "outcome": told.outcome, "reason": told.reason.map(Reason::word), "record": record,
            "arrived": told.arrived.map(|at| at.rfc3339()), "at": told.at.rfc3339(), "mail": told.mail,
        })
    };
    json!({
        "mailboxes": status.mailboxes.iter().map(mailbox).collect::<Vec<_>>(), "secret": status.secret,
        "filed": status.latest.iter().map(filed).collect::<Vec<_>>(),
    })
}

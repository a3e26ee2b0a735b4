//! `standin link`: where mail belongs, said by a person; undone; told.

use super::acting::{As, record};
use super::{Done, Failure, Place, output, world};
use crate::access::World;
use crate::actions::actor::Actor;
use crate::actions::corrections::{self, Always, Done as Corrected, Listed, No, Said};
use crate::actions::{leads, numbers};
use crate::config::Config;
use crate::intake::reconsider::{self, Redone};
use crate::model::correction::Whom;
use crate::model::facts::House;
use crate::model::id::{MailId, RecordId};
use crate::store::keys::Keys;
use crate::store::{self, Tx};
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    by: As,
}

/// What is done. A mail is named by its number or its Message-ID, a record by id, number, external id or
/// name.
#[derive(Debug, Subcommand)]
enum Command {
    /// Say what a mail is about.
    Move {
        /// The mail.
        mail: String,
        /// The record; `none` where it is about no opportunity.
        record: String,
        /// The whole thread, with what will come in it.
        #[arg(long)]
        thread: bool,
    },
    /// Put a mail on a further record.
    Add {
        /// The mail.
        mail: String,
        /// The record.
        record: String,
    },
    /// Take a mail off a record; it does not come there again.
    Remove {
        /// The mail.
        mail: String,
        /// The record.
        record: String,
    },
    /// Take a mail off every record: it is nobody's but whose mailbox it lies in.
    Private {
        /// The mail.
        mail: String,
        /// The whole thread, with what will come in it.
        #[arg(long)]
        thread: bool,
    },
    /// Say that a machine wrote a mail.
    Automatic {
        /// The mail.
        mail: String,
    },
    /// Mark a mail confidential: it is seen as if the record that governs it were, whatever that is.
    Confidential {
        /// The mail.
        mail: String,
        /// It is not, or not any more, whatever rules say.
        #[arg(long)]
        off: bool,
    },
    /// Say what all mail of a sender, or of a domain, is about, as far as it lies in your own mailboxes.
    Always {
        /// The sender's address; `@acme.pl` for everybody in that domain and below it.
        address: String,
        /// The record; `private` for mail that is nobody's but yours.
        record: String,
        /// Of a domain: yes, it is about as many mails as it says.
        #[arg(long)]
        yes: bool,
    },
    /// Begin a thread of its own with a mail.
    Split {
        /// The mail.
        mail: String,
    },
    /// Put a mail into the thread of another one.
    Join {
        /// The mail.
        mail: String,
        /// A mail of the other thread.
        other: String,
    },
    /// Take back what was said; what it replaced stands again.
    Undo {
        /// The number of the correction.
        number: i64,
    },
    /// Show what was said of a mail, its thread and its sender.
    List {
        /// The mail.
        mail: String,
    },
    /// Say what a lead became: an opportunity, a contact, an account. Its mail goes along.
    Lead {
        /// The lead.
        lead: String,
        /// What it became.
        to: Vec<String>,
        /// Take that back.
        #[arg(long, conflicts_with = "to")]
        undo: bool,
    },
    /// Put a further reference number on a record, or take it off.
    Number {
        /// The record.
        record: String,
        /// The number, as it stands in mails.
        number: String,
        /// Take it off.
        #[arg(long)]
        remove: bool,
    },
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    tx.alone().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = arguments.by.actor(&mut tx, &world, now).await?;
    if let Command::List { mail } = &arguments.command {
        let mail = find(&mut tx, mail).await?;
        let listed = corrections::list(&mut tx, &actor, mail).await?;
        let listed = listed.map_err(|no| Failure::input("nothing can be listed", no.to_string()))?;
        drop(tx);
        db.close().await;
        return show(&listed, &world, arguments.by.json);
    }
    let done = carry_out(&mut tx, &actor, &arguments.command, &config).await?;
    let Redone { changed, places } = decide_again(&mut tx, &done, &config, now).await?;
    tx.commit().await?;
    db.close().await;
    match arguments.by.json {
        true => output::json(&json!({ "correction": done.correction, "changed": changed, "read_again": places }))?,
        false => {
            let mails = output::counted(changed as i64, "mail");
            let undo = format!(" `standin link undo {}` takes it back.", done.correction);
            let undoing = matches!(arguments.command, Command::Undo { .. });
            let undo = if done.correction > 0 && !undoing { undo.as_str() } else { "" };
            let again = match places {
                0 => String::new(),
                1 => " One that was passed over is read again.".to_owned(),
                n => format!(" {n} that were passed over are read again."),
            };
            let changed = match changed {
                0 => "no mail stands elsewhere because of it".to_owned(),
                _ => format!("{mails} changed, those of its thread among them: where they stand, or by what evidence"),
            };
            output::line(&format!("Noted; {changed}.{again}{undo}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn carry_out(tx: &mut Tx, actor: &Actor<'_>, command: &Command, config: &Config) -> Result<Corrected, Failure> {
    let (mail, said) = match command {
        Command::Always { address, record, yes } => return always(tx, actor, address, (record, *yes), config).await,
        Command::Undo { number } => {
            return corrections::undo(tx, actor, *number).await?.map_err(|no| refused(&no));
        }
        Command::Lead { lead, to, undo } => return of_lead(tx, actor, lead, to, *undo).await,
        Command::Number { record: reference, number, remove } => {
            let id = record(tx, actor, reference).await?.record.id;
            let again = numbers::change(tx, actor, id, number, !*remove).await?;
            let again = again.map_err(|no| Failure::input("nothing was changed", no.to_string()))?;
            return Ok(Corrected { correction: 0, again, sender: None });
        }
        Command::Move { mail, record: to, thread } => {
            (mail, Said::Move { to: to_record(tx, actor, to).await?, thread: *thread })
        }
        Command::Add { mail, record: to } => (mail, Said::Add(record(tx, actor, to).await?.record.id)),
        Command::Remove { mail, record: from } => (mail, Said::Remove(record(tx, actor, from).await?.record.id)),
        Command::Private { mail, thread } => (mail, Said::Private { thread: *thread }),
        Command::Automatic { mail } | Command::List { mail } => (mail, Said::Automatic),
        Command::Confidential { mail, off } => (mail, Said::Confidential(!off)),
        Command::Split { mail } => (mail, Said::Split),
        Command::Join { mail, other } => (mail, Said::Join(find(tx, other).await?)),
    };
    let mail = find(tx, mail).await?;
    corrections::say(tx, actor, mail, &said).await?.map_err(|no| refused(&no))
}

async fn of_lead(tx: &mut Tx, actor: &Actor<'_>, lead: &str, to: &[String], undo: bool) -> Result<Corrected, Failure> {
    let lead = record(tx, actor, lead).await?.record.id;
    let mut records = Vec::new();
    for reference in to {
        records.push(record(tx, actor, reference).await?.record.id);
    }
    let again = match undo {
        true => leads::revert(tx, actor, lead).await?,
        false => leads::convert(tx, actor, lead, &records).await?,
    };
    let again = again.map_err(|no| Failure::input("nothing was changed", no.to_string()))?;
    Ok(Corrected { correction: 0, again, sender: None })
}

async fn to_record(tx: &mut Tx, actor: &Actor<'_>, reference: &str) -> Result<Option<RecordId>, Failure> {
    match reference {
        "none" => Ok(None),
        reference => Ok(Some(record(tx, actor, reference).await?.record.id)),
    }
}

async fn always(
    tx: &mut Tx,
    actor: &Actor<'_>,
    address: &str,
    (to, yes): (&str, bool),
    config: &Config,
) -> Result<Corrected, Failure> {
    let none = || Failure::input(format!("`{address}` is no address"), "").then("`@acme.pl` means a whole domain");
    let whom = Whom::parse(address).ok_or_else(none)?;
    let said = match to {
        "private" => Always::Private,
        reference => Always::Regard(record(tx, actor, reference).await?.record.id),
    };
    let house = own_domains(config);
    let is_own = match &whom {
        Whom::Sender(sender) => {
            store::mailboxes::is_ours(tx, sender.as_str()).await? || house.contains(sender.domain())
        }
        Whom::Domain(domain) => corrections::is_of_us(domain, &house),
    };
    corrections::sayable(&whom, is_own).map_err(|no| refused(&no))?;
    if let (Whom::Domain(domain), false) = (&whom, yes) {
        let mails = output::counted(corrections::of_domain(tx, actor, domain).await?, "stored mail");
        let what = format!("this is about all mail of {whom}: {mails}, and what will come; nothing was changed");
        return Err(Failure::input(what, "").then("add --yes if this is what you want"));
    }
    corrections::always(tx, actor, &whom, said, is_own).await?.map_err(|no| refused(&no))
}

/// Decides again what somebody's word changes, in the transaction of that word.
async fn decide_again(
    tx: &mut Tx,
    done: &Corrected,
    config: &Config,
    now: crate::model::time::Timestamp,
) -> Result<Redone, Failure> {
    let own = own_domains(config);
    let changed = reconsider::corrected(tx, &done.again, &own, now).await?;
    let mut redone = Redone { changed, places: 0 };
    if let Some((whom, holder)) = &done.sender {
        let keys = Keys::load(&config.data_dir).map_err(|error| Failure::failed("no instance key", error))?;
        let more = reconsider::whom(tx, (whom, *holder), &own, &keys, now).await?;
        redone = Redone { changed: redone.changed + more.changed, places: more.places };
    }
    Ok(redone)
}

fn own_domains(config: &Config) -> House {
    config.house()
}

/// The mail that is meant: a number, or a Message-ID. Whether it is to be seen is asked later.
pub(super) async fn find(tx: &mut Tx, reference: &str) -> Result<MailId, Failure> {
    if let Ok(number) = reference.parse() {
        return Ok(MailId(number));
    }
    let id = reference.trim().trim_start_matches('<').trim_end_matches('>');
    match store::corrections::mails_named(tx, 0, id).await?.as_slice() {
        [one] => Ok(one.id),
        // Whether there are several is not told to somebody who may see none of them.
        _ => {
            Err(Failure::input(format!("`{reference}` is not the one mail of that name, or it is not to be seen"), "")
                .then("name it by its number, which `standin timeline --json` prints"))
        }
    }
}

pub(super) fn refused(no: &No) -> Failure {
    Failure::input("nothing was changed", no.to_string())
}

fn show(listed: &[Listed], world: &World, json: bool) -> Done {
    let who = |listed: &Listed| match listed.correction.by {
        Some(user) => world.person(user).map_or_else(|| format!("user {user}"), |p| p.name.clone()),
        None => "the operator".to_owned(),
    };
    let of = |l: &Listed| l.correction.address.clone().unwrap_or_else(|| l.correction.reach.word().to_owned());
    if json {
        let row = |l: &Listed| {
            json!({
                "correction": l.correction.id, "what": l.correction.word(), "of": of(l), "record": l.record,
                "by": who(l), "at": l.correction.at.rfc3339(), "stands": l.stands,
            })
        };
        output::json(&listed.iter().map(row).collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |l: &Listed| {
        vec![
            l.correction.id.to_string(),
            l.correction.word().to_owned(),
            output::plain(&of(l)),
            output::plain(l.record.as_deref().unwrap_or("")),
            output::plain(&who(l)),
            l.correction.at.rfc3339(),
            if l.stands { "stands" } else { "undone or replaced" }.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = listed.iter().map(row).collect();
    output::table(&["number", "what", "of", "record", "by", "at", ""], &rows, "Nobody said anything of it.")?;
    Ok(ExitCode::SUCCESS)
}

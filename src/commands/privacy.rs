//! `standin privacy`: what is stored about a person outside, and erasing them.

use super::asking::Asking;
use super::{Done, Failure, Place, output};
use crate::actions::privacy::{self, No, Subject};
use crate::config::Config;
use crate::intake::Eraser;
use crate::intake::reconsider::Ground;
use crate::intake::withdraw::{self, Erased};
use crate::model::address::Address;
use crate::model::facts::House;
use crate::model::time::Timestamp;
use crate::store::about::About;
use crate::store::keys::Keys;
use crate::store::{Db, about, erased};
use clap::{Args, Subcommand};
use serde_json::json;
use std::collections::HashSet;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Login of the admin who asks; without it you are the operator.
    #[arg(long = "as", value_name = "USER", global = true)]
    by: Option<String>,
    /// As JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what is stored about an address.
    Show {
        /// The address; its +tags count as the same person.
        address: String,
    },
    /// Remove it everywhere, for good. Without --yes it says what would go, and changes nothing.
    Erase {
        /// The address; its +tags go along.
        address: String,
        /// Do it.
        #[arg(long)]
        yes: bool,
    },
}

struct Desk {
    db: Db,
    keys: Keys,
    own_domains: House,
    subject: Subject,
    asking: Asking,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let (Command::Show { address } | Command::Erase { address, .. }) = &arguments.command;
    let desk = desk(&config, db, address, arguments.by.as_deref()).await?;
    let done = match &arguments.command {
        Command::Show { .. } => show(&desk, arguments.json).await,
        Command::Erase { yes, .. } => erase(&desk, *yes, arguments.json).await,
    };
    desk.db.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn desk(config: &Config, db: Db, address: &str, by: Option<&str>) -> Result<Desk, Failure> {
    let keys = Keys::load(&config.data_dir).map_err(|error| Failure::failed("no instance key", error))?;
    let parsed = Address::parse(address)
        .map_err(|error| Failure::input(format!("`{address}` is no address"), error.to_string()))?;
    let subject = Subject::of(&parsed, &keys)
        .ok_or_else(|| Failure::input(format!("`{address}` is no address of a person"), ""))?;
    let mut tx = db.read().await?;
    let asking = Asking::of(&mut tx, config, by).await?;
    drop(tx);
    let own_domains = config.house();
    Ok(Desk { db, keys, own_domains, subject, asking })
}

fn refused(no: No) -> Failure {
    Failure::input("nothing was done", no.to_string())
}

async fn show(desk: &Desk, json: bool) -> Result<(), Failure> {
    let mut tx = desk.db.write().await?;
    let about = privacy::show(&mut tx, &desk.asking.caller(), &desk.subject, &desk.keys).await?.map_err(refused)?;
    let since = erased::marked(&mut tx, erased::mark_of(&desk.keys, &desk.subject.address)).await?;
    tx.commit().await?;
    if json {
        return Ok(output::json(&in_json(desk, &about, since))?);
    }
    tell(desk, &about)?;
    let told = match since {
        Some(at) => format!("Erased at {}: nothing that comes brings it back.", at.rfc3339()),
        None => "Not erased.".to_owned(),
    };
    Ok(output::line(&told)?)
}

fn in_json(desk: &Desk, about: &About, since: Option<Timestamp>) -> serde_json::Value {
    let moment = |at: i64| Timestamp(at).rfc3339();
    // An admin may assign and share without reading: names of records are for the operator.
    let operator = desk.asking.caller().by.is_none();
    let record = |r: &about::Holder| json!({ "id": r.id, "kind": r.kind, "name": operator.then_some(r.name.as_str()), "about_them_alone": r.only });
    json!({
        "address": desk.subject.address.as_str(),
        "records": about.records.iter().map(record).collect::<Vec<_>>(),
        "mails": about.mails, "first": about.span.map(|s| moment(s.0)), "last": about.span.map(|s| moment(s.1)),
        "parties": about.parties, "names": about.names, "hashes": about.hashes, "notices": about.notices,
        "decisions": about.decisions, "outbox": about.outbox, "consents": about.consents,
        "activities": about.activities, "blocks": about.blocks, "reach": about.reach, "audit": about.audit,
        "erased_at": since.map(Timestamp::rfc3339),
    })
}

fn tell(desk: &Desk, about: &About) -> Result<(), Failure> {
    let operator = desk.asking.caller().by.is_none();
    output::line(&format!("{}, with its +tags:", output::plain(desk.subject.address.as_str())))?;
    for record in &about.records {
        let name = if operator { format!(" \u{201c}{}\u{201d}", output::plain(&record.name)) } else { String::new() };
        let alone = if record.only { ", about this person alone" } else { "" };
        output::line(&format!("  {} {}{name}{alone}", record.kind, record.id))?;
    }
    let span = about.span.map_or(String::new(), |(first, last)| {
        format!(", from {} to {}", Timestamp(first).rfc3339(), Timestamp(last).rfc3339())
    });
    output::line(&format!("  {} stored mails, on which it stands {} times{span}", about.mails, about.parties))?;
    if !about.names.is_empty() {
        let names: Vec<String> = about.names.iter().map(|n| output::plain(n)).collect();
        output::line(&format!("  names: {}", names.join(", ")))?;
    }
    output::line(&format!("  {} places of mail that is not stored, as keyed hashes", about.hashes))?;
    output::line(&format!(
        "  {} absence notices and {} decisions about them; {} mails of ours to it",
        about.notices, about.decisions, about.outbox
    ))?;
    output::line(&format!(
        "  {} requests for consent, {} lines of blocklists, {} activities on its records",
        about.consents, about.blocks, about.activities
    ))?;
    let reach = "words of automatic mail and of people on whether it can be reached";
    output::line(&format!("  {} {reach}", about.reach))?;
    Ok(output::line(&format!("  {} lines of the audit about its records; they name no address", about.audit))?)
}

const WHAT_GOES: &str = "\
Erasing removes, for good: mails on which no other person outside stands, whole. In mails that others stand on too, \
the address becomes a pseudonym and the names above [erased], in people, subject and text; the mail as it was \
received goes, with what it quotes and its attachments. Contacts and leads that are about this person alone lose \
name, phone and city. Requests, blocklist lines, notices and hashes go; activities and reasons lose address and \
names. A keyed hash stays, by which nothing that comes later brings it back. What stays: mail of others that only \
speaks of them, the audit, backups.";

async fn erase(desk: &Desk, yes: bool, json: bool) -> Result<(), Failure> {
    let mut tx = desk.db.write().await?;
    tx.alone().await?;
    let caller = desk.asking.caller();
    privacy::may_erase(&mut tx, &caller, &desk.subject, &desk.own_domains).await?.map_err(refused)?;
    if !yes {
        let about = privacy::show(&mut tx, &caller, &desk.subject, &desk.keys).await?.map_err(refused)?;
        tx.commit().await?;
        if json {
            return Ok(output::json(&in_json(desk, &about, None))?);
        }
        tell(desk, &about)?;
        output::line(WHAT_GOES)?;
        return Ok(output::line("Nothing was changed. Say it again with --yes to erase it.")?);
    }
    privacy::begin(&mut tx, &caller, &desk.subject, &desk.keys).await?;
    // The names are gone once the mails are: an interrupted run leaves fewer to look for in other texts, so
    // those go first.
    let names = about::names(&mut tx, &desk.subject.person).await?;
    tx.commit().await?;
    let marks = HashSet::from([erased::mark_of(&desk.keys, &desk.subject.address)]);
    let eraser = Eraser::new(&desk.keys, marks).named(names.iter().map(String::as_str));
    desk.db.scrubbing(true).await?;
    let texts = withdraw::erase_texts(&desk.db, &eraser).await?;
    let done = mails(desk, &eraser).await?;
    let mut tx = desk.db.write().await?;
    tx.alone().await?;
    let records = privacy::finish(&mut tx, &caller, &desk.subject, &desk.keys, (done.removed, done.redacted)).await?;
    tx.commit().await?;
    if let Err(error) = desk.db.scrubbing(false).await {
        output::note(&format!(
            "It is erased, but the database file could not be written anew ({error}): what stood there may be in its \
             free space until then. Say the same again when nothing else works on it."
        ));
    }
    if json {
        return Ok(output::json(&json!({
            "erased": true, "mails_removed": done.removed, "mails_redacted": done.redacted, "records": records,
            "texts": texts,
        }))?);
    }
    output::line(&format!(
        "Erased: {} mails removed, {} redacted; {records} contacts and leads lost their name; {texts} other texts \
         changed.",
        done.removed, done.redacted
    ))?;
    Ok(())
}

async fn mails(desk: &Desk, eraser: &Eraser<'_>) -> Result<Erased, Failure> {
    let mut total = Erased::default();
    loop {
        let mut tx = desk.db.write().await?;
        tx.alone().await?;
        let ground = Ground { own_domains: &desk.own_domains, keys: &desk.keys, now: super::now() };
        let done = withdraw::erase_mails(&mut tx, &desk.subject.person, eraser, ground).await?;
        tx.commit().await?;
        if done == Erased::default() {
            return Ok(total);
        }
        total.removed += done.removed;
        total.redacted += done.redacted;
    }
}

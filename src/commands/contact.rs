//! `standin contact`: whether a contact is away or left, whom they named instead, and saying so.

use super::acting::{As, record};
use super::{Done, Failure, Place, output, world};
use crate::actions::actor::Actor;
use crate::actions::automatic::{self, No, Reach, Say, Taken};
use crate::actions::{consents, language, privacy};
use crate::config::Config;
use crate::intake::reconsider::{self, Added, Ground};
use crate::model::address::Address;
use crate::model::automatic::Certainty;
use crate::model::facts::House;
use crate::model::id::{RecordId, UserId};
use crate::model::notice::Language;
use crate::model::reach::{AddressState, Away, Left, Report, Voice};
use crate::store::keys::Keys;
use crate::store::{self, Tx};
use chrono::NaiveDate;
use chrono_tz::Tz;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show whether a contact is away, left or hard to reach, and whom their notices name.
    Show(One),
    /// Say that a contact is away.
    Away {
        #[command(flatten)]
        one: One,
        /// The last day, such as 2026-12-04; without it no end is known.
        #[arg(long, value_name = "DAY")]
        until: Option<NaiveDate>,
    },
    /// Say that a contact is back, or was never away.
    Back(One),
    /// Say that a contact left: an address of theirs is not to be used.
    Left(Addressed),
    /// Say that a contact did not leave: an address is still theirs.
    Stays(Addressed),
    /// Say in which language notices go to a contact; without a language, that nobody knows.
    Language {
        #[command(flatten)]
        one: One,
        /// Its code, such as pl or en.
        #[arg(value_parser = language_code)]
        language: Option<Language>,
    },
    /// Say that a contact gets no automatic mail: no absence notice goes to their addresses.
    Quiet(One),
    /// Say that a contact gets automatic mail again.
    Speaks(One),
    /// Make a contact of somebody whom a notice of this contact names.
    Take(Addressed),
    /// Say that somebody whom a notice names is not worth a contact.
    Pass(Addressed),
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The contact or lead: its id, external id or name.
    contact: String,
    #[command(flatten)]
    by: As,
}

#[derive(Debug, Args)]
pub(super) struct Addressed {
    #[command(flatten)]
    one: One,
    /// The address.
    #[arg(value_parser = address)]
    address: Address,
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).map_err(|error| error.to_string())
}

fn language_code(text: &str) -> Result<Language, String> {
    Language::from_tag(text).ok_or_else(|| "write a code of two letters, such as pl, en or de".to_owned())
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Show(one) => show(&one, place).await,
        Command::Away { one, until } => say(&one, &Say::Away(until), place).await,
        Command::Back(one) => say(&one, &Say::Back, place).await,
        Command::Quiet(one) => say(&one, &Say::Quiet, place).await,
        Command::Speaks(one) => say(&one, &Say::Speaks, place).await,
        Command::Left(with) => say(&with.one, &Say::Left(with.address), place).await,
        Command::Stays(with) => say(&with.one, &Say::Stays(with.address), place).await,
        Command::Pass(with) => say(&with.one, &Say::Pass(with.address), place).await,
        Command::Language { one, language } => speaks(&one, language, place).await,
        Command::Take(with) => take(&with.one, &with.address, place).await,
    }
}

pub(super) fn refused(no: No) -> Failure {
    Failure::input("nothing was changed", no.to_string())
}

/// The zone in which the actor means days: their own, else the company's.
pub(super) async fn zone(tx: &mut Tx, actor: &Actor<'_>, config: &Config) -> Result<Tz, Failure> {
    let own = match actor.user {
        Some(user) => store::people::load(tx, user).await?.and_then(|user| user.zone.parse().ok()),
        None => None,
    };
    Ok(own.or_else(|| config.zone.parse().ok()).unwrap_or(Tz::UTC))
}

async fn show(one: &One, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.read().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = one.by.actor(&mut tx, &world, now).await?;
    let entry = record(&mut tx, &actor, &one.contact).await?;
    let zone = zone(&mut tx, &actor, &config).await?;
    let scope = automatic::reading(&mut tx, &actor).await?;
    let id = entry.record.id;
    // An admin may name what they do not read.
    let readable = !store::records::load_seen(&mut tx, &scope, &[id]).await?.is_empty();
    let wanted: &[RecordId] = if readable { &[id] } else { &[] };
    let reach = automatic::reach(&mut tx, &scope, wanted, zone, now).await?.remove(&id).unwrap_or_default();
    let language = entry.language.filter(|_| readable);
    drop(tx);
    db.close().await;
    let name = |user: Option<UserId>| user.map_or_else(|| "the operator".to_owned(), |id| world.name(id));
    if one.by.json {
        let mut value = in_json(&reach, &name);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("language".to_owned(), json!(language));
        }
        output::json(&value)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("{} {} “{}”", entry.record.kind.word(), id, output::plain(&entry.record.name)))?;
    if let Some(tag) = &language {
        output::line(&language_line(tag, &config))?;
    }
    let lines = lines(&reach, &name);
    if lines.is_empty() {
        output::line("  Nothing says that they are away or hard to reach.")?;
    }
    lines.iter().try_for_each(|line| output::line(&format!("  {line}")))?;
    Ok(ExitCode::SUCCESS)
}

/// In which language notices go to them.
fn language_line(tag: &str, config: &Config) -> String {
    match config.notice.phrases.find(tag) {
        Some(_) => format!("  Notices to them are in: {tag}."),
        None => {
            format!("  Their language is {tag}, in which there are no words for notices; what their mail says counts.")
        }
    }
}

/// What holds of a contact, a line each.
pub(super) fn lines(reach: &Reach, name: &impl Fn(Option<UserId>) -> String) -> Vec<String> {
    let away = reach.away.iter().map(|away| away_line(away, name));
    let left = reach.left.iter().map(|(address, left)| left_line(address, left, name));
    let addresses = reach.addresses.iter().flat_map(|(address, state)| address_lines(address, state));
    let offers = reach.offers.iter().map(|offer| {
        let whom = offer.name.as_deref().map(|name| format!("{} ", output::plain(name))).unwrap_or_default();
        format!("Named instead: {whom}<{}> (mail {})", output::plain(&offer.address), offer.mail)
    });
    let quiet = reach
        .quiet
        .map(|(at, by)| format!("Gets no automatic mail; {} of {}", voice(Voice::Person(by), name), at.rfc3339()));
    quiet.into_iter().chain(away).chain(left).chain(addresses).chain(offers).collect()
}

fn voice(voice: Voice, name: &impl Fn(Option<UserId>) -> String) -> String {
    match voice {
        Voice::Mail(mail) => format!("says mail {mail}"),
        Voice::Person(user) => format!("says {}", output::plain(&name(user))),
    }
}

/// Somebody's absence in a line.
pub(super) fn away_line(away: &Away, name: &impl Fn(Option<UserId>) -> String) -> String {
    let until = away.until.map_or("with no end known".to_owned(), |day| format!("until {day}"));
    let sure = match away.certainty {
        Certainty::Unsure => ", the date is unsure",
        Certainty::Assumed => ", assumed: no date was given",
        _ if away.ask => ", for more than 60 days: ask whether that still holds",
        _ => "",
    };
    format!("Away {until}{sure}; {} of {}", voice(away.voice, name), away.since.rfc3339())
}

fn left_line(address: &str, left: &Left, name: &impl Fn(Option<UserId>) -> String) -> String {
    let sure = if matches!(left.voice, Voice::Mail(_)) { "Probably left" } else { "Left" };
    let address = output::plain(address);
    format!("{sure}; do not use {address}; {} of {}", voice(left.voice, name), left.since.rfc3339())
}

/// What stands against an address, a line each.
pub(super) fn address_lines(address: &str, state: &AddressState) -> Vec<String> {
    let address = output::plain(address);
    let told = |report: &Report| {
        let code = report.status.clone().or_else(|| report.code.map(|code| code.to_string())).unwrap_or_default();
        format!(
            "mail {} of {} {} {}",
            report.mail,
            report.at.rfc3339(),
            output::plain(&code),
            output::plain(&report.words)
        )
    };
    let invalid = state.invalid.iter().map(|r| format!("{address} does not exist: {}", told(r).trim_end()));
    let suspect = state
        .suspect
        .last()
        .into_iter()
        .map(|r| format!("{address} failed {} times, last: {}", state.suspect.len(), told(r).trim_end()));
    let no_bulk = state.no_bulk.iter().map(|r| {
        format!("{address} wants nothing in bulk: its owner called mail spam, mail {} of {}", r.mail, r.at.rfc3339())
    });
    invalid.chain(suspect).chain(no_bulk).collect()
}

/// What holds of a contact, as JSON.
pub(super) fn in_json(reach: &Reach, name: &impl Fn(Option<UserId>) -> String) -> Value {
    let says = |voice: Voice| match voice {
        Voice::Mail(mail) => json!({ "mail": mail }),
        Voice::Person(user) => json!({ "person": name(user) }),
    };
    json!({
        "away": reach.away.map(|a| json!({
            "since": a.since.rfc3339(), "until": a.until.map(|d| d.to_string()), "certainty": a.certainty.word(),
            "ask": a.ask, "says": says(a.voice),
        })),
        "left": reach.left.iter().map(|(address, left)| json!({
            "address": address, "since": left.since.rfc3339(), "says": says(left.voice),
            "certain": matches!(left.voice, Voice::Person(_)),
        })).collect::<Vec<_>>(),
        "addresses": reach.addresses.iter().map(|(address, state)| state_json(address, state)).collect::<Vec<_>>(),
        "quiet": reach.quiet.map(|(at, by)| json!({ "since": at.rfc3339(), "says": says(Voice::Person(by)) })),
        "named": reach.offers.iter().map(|offer| json!({
            "address": offer.address, "name": offer.name, "mail": offer.mail,
        })).collect::<Vec<_>>(),
    })
}

/// What is known of an address, as JSON.
pub(super) fn state_json(address: &str, state: &AddressState) -> Value {
    let report = |r: &Report| {
        json!({
            "mail": r.mail, "at": r.at.rfc3339(), "outcome": r.outcome.word(), "status": r.status, "code": r.code,
            "words": r.words,
        })
    };
    json!({
        "address": address, "invalid": state.invalid.as_ref().map(report),
        "suspect": state.suspect.iter().map(report).collect::<Vec<_>>(),
        "no_bulk": state.no_bulk.as_ref().map(report),
    })
}

async fn say(one: &One, what: &Say, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = one.by.actor(&mut tx, &world, now).await?;
    let entry = record(&mut tx, &actor, &one.contact).await?;
    let zone = zone(&mut tx, &actor, &config).await?;
    automatic::say(&mut tx, &actor, entry.record.id, what, zone).await?.map_err(refused)?;
    tx.commit().await?;
    db.close().await;
    match one.by.json {
        true => output::json(&json!({ "record": entry.record.id }))?,
        false => output::line("Noted. A later notice of theirs counts anew.")?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn speaks(one: &One, wanted: Option<Language>, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = one.by.actor(&mut tx, &world, now).await?;
    let entry = record(&mut tx, &actor, &one.contact).await?;
    language::say(&mut tx, &actor, entry.record.id, wanted).await?.map_err(refused)?;
    tx.commit().await?;
    db.close().await;
    let tag = wanted.map(Language::tag);
    match (one.by.json, tag) {
        (true, _) => output::json(&json!({ "record": entry.record.id, "language": tag }))?,
        (false, Some(tag)) => output::line(language_line(tag, &config).trim())?,
        (false, None) => output::line("Their language is not known any more; what their mail says counts.")?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn take(one: &One, address: &Address, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let keys = Keys::load(&config.data_dir).map_err(|error| Failure::failed("no instance key", error))?;
    let house = config.house();
    let mut tx = db.write().await?;
    tx.alone().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = one.by.actor(&mut tx, &world, now).await?;
    let entry = record(&mut tx, &actor, &one.contact).await?;
    let taken = automatic::take(&mut tx, &actor, entry.record.id, address, &house).await?.map_err(refused)?;
    let made = taken.made;
    settle_taken(&mut tx, &actor, &taken, (&house, &keys)).await?;
    tx.commit().await?;
    db.close().await;
    match one.by.json {
        true => output::json(&json!({ "record": made }))?,
        false => output::line(&format!("contact {made} was made."))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Decides again what a new contact changes, and asks for consent, in its transaction.
pub(super) async fn settle_taken(
    tx: &mut Tx,
    actor: &Actor<'_>,
    taken: &Taken,
    (house, keys): (&House, &Keys),
) -> Result<(), Failure> {
    let (made, now) = (&[taken.made], actor.now);
    privacy::keep_off(tx, keys, made).await?;
    let added = Added { vouched: &taken.vouched, claimed_on: made, domains: &[] };
    reconsider::added(tx, &added, actor.user, Ground { own_domains: house, keys, now }).await?;
    consents::ask(tx, keys, made, now).await?;
    Ok(())
}

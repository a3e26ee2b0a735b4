//! `standin timeline`: what happened on a record, as one user sees it at this moment.

use super::asking::{Listed, one};
use super::{Done, Place, output, user, world};
use crate::access::{World, answers_now};
use crate::actions::reading::Reader;
use crate::model::id::UserId;
use crate::model::record::{AnswerPath, Record};
use crate::model::time::Timestamp;
use crate::store;
use crate::store::records::Entry;
use crate::store::views::{self, Happened, OwnerChange, Shown};
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The record: its id, number, external id or name; with its kind where that is not enough
    /// (`opportunity:17`).
    record: String,
    /// Login of the user as whom to look. There is no looking as nobody.
    #[arg(long = "as", value_name = "USER")]
    viewer: String,
    /// The most entries to show.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.read().await?;
    let viewer = user(&mut tx, &arguments.viewer).await?;
    let world = world(&mut tx, &config, now).await?;
    let scope = store::people::scope(&mut tx, viewer.person.id, &world, now).await?;
    let found = store::records::find(&mut tx, &scope, &arguments.record).await?;
    let listed = |entry: &Entry| Listed::of(&entry.record, true);
    let record = one(&arguments.record, &arguments.viewer, found, listed)?.record;
    let entries = views::happened(&mut tx, &scope, record.id, views::Place::TOP, arguments.limit).await?;
    let reader = Reader { db: &db, viewer: viewer.person.id, world: &world, now };
    reader.shown(&mut tx, entries.iter().filter_map(Happened::governing).chain([record.clone()])).await?;
    drop(tx);
    db.close().await;
    let answers = answers(&record, &world, now);
    if arguments.json {
        let of = |wanted: fn(&Happened, &World) -> Option<serde_json::Value>| {
            entries.iter().filter_map(|e| wanted(e, &world)).collect::<Vec<_>>()
        };
        output::json(&serde_json::json!({
            "record": { "id": record.id, "kind": record.kind.word(), "name": record.name },
            "answers": answers_now(&record, &world, now).user.and_then(|u| world.person(u)).map(|p| &p.name),
            "entries": of(|e, _| mail_json(e)),
            "activities": of(activity_json),
            "owners": of(owner_json),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("{} {}: {}. {answers}", record.kind.word(), record.id, output::plain(&record.name)))?;
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|happened| match happened {
            Happened::Mail(entry) => mail_row(entry),
            Happened::Activity(shown) => activity_row(shown, &world),
            Happened::Owner(change) => owner_row(change, &world),
        })
        .collect();
    output::table(&["at", "what", "who", "subject", "state"], &rows, "Nothing has happened on it yet.")?;
    Ok(ExitCode::SUCCESS)
}

fn name(id: UserId, world: &World) -> String {
    world.person(id).map_or_else(String::new, |p| p.name.clone())
}

fn mail_row(entry: &views::Entry) -> Vec<String> {
    let mail = &entry.mail;
    let notices = entry.notices.iter().map(notice).collect::<Vec<_>>().join(", ");
    let state = if mail.waits { "waits for an answer" } else { "" };
    let sealed = if mail.sealed { "confidential" } else { "" };
    vec![
        mail.at.rfc3339(),
        mail.direction.clone(),
        output::plain(&mail.from.address),
        output::plain(&mail.subject),
        [state, sealed, &notices].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", "),
    ]
}

/// A notice in a few words: what became of it, whom it names, and under which reverse path it went (R62).
fn notice(notice: &views::Notice) -> String {
    let named = notice.substitute.as_ref().map(|name| format!(" naming {}", output::plain(name)));
    let path = notice.sent_from.as_ref().map(|path| match path.as_str() {
        "" => " from <>".to_owned(),
        path => format!(" from <{}>", output::plain(path)),
    });
    format!("notice {}{}{}", notice.state, named.unwrap_or_default(), path.unwrap_or_default())
}

fn activity_row(shown: &Shown, world: &World) -> Vec<String> {
    let activity = &shown.activity;
    let on_behalf_of = activity.on_behalf_of.map(|user| format!("for {}", name(user, world)));
    let due = activity.due.map(|due| format!("due {}", due.rfc3339()));
    let state = [Some(activity.progress.word().to_owned()), due, on_behalf_of];
    vec![
        activity.at.rfc3339(),
        activity.kind.word().to_owned(),
        name(activity.responsible, world),
        output::plain(&activity.subject),
        state.into_iter().flatten().collect::<Vec<_>>().join(", "),
    ]
}

fn owner_row(change: &OwnerChange, world: &World) -> Vec<String> {
    let change = &change.change;
    let who = |id: Option<i64>| id.map(|id| name(UserId(id), world));
    let from = who(change.from_user_id).map(|from| format!("from {from} ")).unwrap_or_default();
    vec![
        Timestamp(change.at).rfc3339(),
        change.how.clone(),
        who(change.by_user_id).unwrap_or_else(|| "operator".to_owned()),
        format!("{from}to {}", name(UserId(change.to_user_id), world)),
        output::plain(&change.reason),
    ]
}

fn activity_json(happened: &Happened, world: &World) -> Option<serde_json::Value> {
    let Happened::Activity(shown) = happened else { return None };
    Some(super::activity::json(&shown.activity, Some(&shown.governing), world))
}

fn owner_json(happened: &Happened, world: &World) -> Option<serde_json::Value> {
    let Happened::Owner(OwnerChange { change, .. }) = happened else { return None };
    let who = |id: Option<i64>| id.map(|id| name(UserId(id), world));
    Some(serde_json::json!({
        "at": Timestamp(change.at).rfc3339(), "from": who(change.from_user_id), "to": who(Some(change.to_user_id)),
        "by": who(change.by_user_id), "for": who(change.for_user_id), "how": change.how, "reason": change.reason,
    }))
}

fn mail_json(happened: &Happened) -> Option<serde_json::Value> {
    let Happened::Mail(entry) = happened else { return None };
    Some(entry_json(entry))
}

/// Who answers, as a sentence.
fn answers(record: &Record, world: &World, now: Timestamp) -> String {
    let answering = answers_now(record, world, now);
    let name = answering.user.and_then(|u| world.person(u)).map(|p| p.name.as_str()).unwrap_or("Nobody");
    let how = match answering.path {
        AnswerPath::Owner => "the owner",
        AnswerPath::Substitute => "covering",
        AnswerPath::TeamFallback => "for the team",
        AnswerPath::CompanyFallback => "for the company",
        AnswerPath::Nobody => "no owner, substitute or fallback is there",
    };
    format!("{name} answers now ({how}).")
}

fn entry_json(entry: &views::Entry) -> serde_json::Value {
    let mail = &entry.mail;
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    serde_json::json!({
        "mail": mail.id,
        "at": mail.at.rfc3339(),
        "direction": mail.direction,
        "author": mail.author,
        "channel": mail.channel,
        "from": { "name": mail.from.name, "address": mail.from.address },
        "to": mail.to.iter().map(|w| &w.address).collect::<Vec<_>>(),
        "subject": mail.subject,
        "text": mail.text,
        "waits": mail.waits,
        "confidential": mail.sealed,
        "governing": { "id": entry.governing.id, "kind": entry.governing.kind.word(), "name": entry.governing.name },
        "evidence": parse(&entry.evidence),
        "notices": entry.notices.iter().map(|n| serde_json::json!({
            "state": n.state, "to": n.to, "away": n.away, "substitute": n.substitute, "answer": n.answer, "sent_from": n.sent_from, "at": n.at.rfc3339(),
        })).collect::<Vec<_>>(),
    })
}

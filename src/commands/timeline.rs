//! `standin timeline`: a record's mail, as one user sees it at this moment.

use super::asking::{Listed, one};
use super::{Done, Place, output, user, world};
use crate::access::{World, answers_now};
use crate::actions::reading::Reader;
use crate::model::id::RecordId;
use crate::model::record::{AnswerPath, Record};
use crate::model::time::Timestamp;
use crate::store;
use crate::store::records::Entry;
use crate::store::views::{self, Before};
use clap::Args;
use std::collections::BTreeSet;
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
    let entries = views::timeline(&mut tx, &scope, record.id, Before::TOP, arguments.limit).await?;
    let reader = Reader { db: &db, viewer: viewer.person.id, world: &world, now };
    let shown: BTreeSet<RecordId> = entries.iter().map(|e| e.governing.id).chain([record.id]).collect();
    reader.records(&mut tx, &shown.into_iter().collect::<Vec<_>>()).await?;
    drop(tx);
    db.close().await;
    let answers = answers(&record, &world, now);
    if arguments.json {
        let entries: Vec<serde_json::Value> = entries.iter().map(entry_json).collect();
        output::json(&serde_json::json!({
            "record": { "id": record.id, "kind": record.kind.word(), "name": record.name },
            "answers": answers_now(&record, &world, now).user.and_then(|u| world.person(u)).map(|p| &p.name),
            "entries": entries,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("{} {}: {}. {answers}", record.kind.word(), record.id, output::plain(&record.name)))?;
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|e| {
            let mail = &e.mail;
            let notices = e.notices.iter().map(|n| format!("notice {}", n.state)).collect::<Vec<_>>().join(", ");
            let state = if mail.waits { "waits for an answer" } else { "" };
            vec![
                mail.at.rfc3339(),
                mail.direction.clone(),
                output::plain(&mail.from.address),
                output::plain(&mail.subject),
                [state, &notices].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    output::table(&["at", "way", "from", "subject", "state"], &rows, "There is no mail on it yet.")?;
    Ok(ExitCode::SUCCESS)
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
        "governing": { "id": entry.governing.id, "kind": entry.governing.kind.word(), "name": entry.governing.name },
        "evidence": parse(&entry.evidence),
        "notices": entry.notices.iter().map(|n| serde_json::json!({
            "state": n.state, "to": n.to, "away": n.away, "substitute": n.substitute, "answer": n.answer, "at": n.at.rfc3339(),
        })).collect::<Vec<_>>(),
    })
}

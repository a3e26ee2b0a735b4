//! `standin search`: who is this, and who answers, as one user sees it at this moment.

use super::asking::Asking;
use super::{Done, Failure, Place, output};
use crate::access::{World, answers_now};
use crate::actions::reading::Reader;
use crate::actions::search::{self, After, COUNTED, Found, Group, Hit, Only, Viewer};
use crate::intake::index;
use crate::model::record::Record;
use crate::model::time::Timestamp;
use crate::parse::query::Query;
use crate::store;
use crate::store::views::search::FoundMail;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What to look for: a name, phone number, address, tax number, reference, words, and for mails
    /// from: to: about: has:attachment after: before:
    #[arg(required = true, num_args = 1.., value_name = "WORDS")]
    words: Vec<String>,
    /// Login of the user as whom to look. There is no looking as nobody.
    #[arg(long = "as", value_name = "USER")]
    viewer: String,
    /// One kind alone, in pages: contact, account, opportunity, lead or message.
    #[arg(long = "in", value_name = "KIND", value_parser = kind)]
    only: Option<Only>,
    /// Where the page begins: the `next` of the page before.
    #[arg(long, requires = "only", value_parser = place)]
    after: Option<After>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn kind(text: &str) -> Result<Only, String> {
    Only::from_word(text).ok_or_else(|| "it is contact, account, opportunity, lead or message".to_owned())
}

fn place(text: &str) -> Result<After, String> {
    let (at, id) = text.split_once('.').unwrap_or(("0", text));
    let number = |text: &str| text.parse().map_err(|_| "write it as the page before gave it".to_owned());
    Ok(After { at: number(at)?, id: number(id)? })
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    index::records(&db).await?;
    let mut tx = db.read().await?;
    let asking = Asking::of(&mut tx, &config, Some(&arguments.viewer)).await?;
    let Some(user) = &asking.user else { return Err(Failure::input("nobody looks", "")) };
    let (world, now) = (&asking.world, asking.now);
    let scope = store::people::scope(&mut tx, user.person.id, world, now).await?;
    // A word with spaces was quoted for the shell: it is what was typed, as one line.
    let typed = arguments.words.join(" ");
    let query = Query::read(&typed, now.to_utc().with_timezone(&asking.zone).date_naive());
    let viewer = Viewer { scope: &scope, world, now, zone: asking.zone, region: &config.region };
    let found = search::search(&mut tx, &viewer, &query, arguments.only, arguments.after).await?;
    let reader = Reader { db: &db, viewer: user.person.id, world, now };
    reader.shown(&mut tx, found.mails.shown()).await?;
    drop(tx);
    db.close().await;
    for (bound, day) in &query.bad_days {
        output::note(&format!(
            "{}:{} is no day that could be read; write 2026-11-22",
            bound.word(),
            output::plain(day)
        ));
    }
    for word in query.unknown() {
        output::note(&format!("{} is no operator; it was read as words", output::plain(word)));
    }
    if arguments.json {
        output::json(&json(&query, &found, world, now))?;
    } else {
        print(&found, world, now)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(found: &Found, world: &World, now: Timestamp) -> std::io::Result<()> {
    for phone in &found.plan.phones {
        output::note(&format!("phone read as {phone}"));
    }
    let rows: Vec<Vec<String>> =
        found.records.iter().flat_map(|group| &group.hits).map(|hit| record_row(hit, world, now)).collect();
    if !rows.is_empty() || found.mails.hits.is_empty() {
        let head = ["record", "name", "company", "phone", "city", "answers now", "last contact"];
        output::table(&head, &rows, "Nothing was found.")?;
    }
    for group in &found.records {
        more(group.kind.word(), group.count, found.records_cut, group.next)?;
    }
    if !found.mails.hits.is_empty() {
        let row = |hit: &FoundMail| {
            vec![
                hit.mail.id.to_string(),
                hit.mail.at.rfc3339(),
                output::plain(&hit.mail.from.address),
                output::plain(&hit.mail.subject),
                hit.record.as_ref().map_or(String::new(), |record| answers(&record.record(), world, now)),
            ]
        };
        let rows: Vec<Vec<String>> = found.mails.hits.iter().map(row).collect();
        output::table(&["message", "at", "from", "subject", "answers now"], &rows, "")?;
        more("message", found.mails.count, found.mails.cut, found.mails.next)?;
    }
    Ok(())
}

fn more(kind: &str, count: usize, cut: bool, next: Option<After>) -> std::io::Result<()> {
    let plus = if cut || count > COUNTED { "+" } else { "" };
    let next = next.map(|next| format!("; more: --in {kind} --after {}", written(next))).unwrap_or_default();
    output::line(&format!("{kind}: {}{plus}{next}", count.min(COUNTED)))
}

fn written(after: After) -> String {
    if after.at == 0 { after.id.to_string() } else { format!("{}.{}", after.at, after.id) }
}

fn answers(record: &Record, world: &World, now: Timestamp) -> String {
    let answering = answers_now(record, world, now);
    answering.user.map_or_else(|| "nobody".to_owned(), |user| output::plain(&world.name(user)))
}

fn company(hit: &Hit) -> Option<String> {
    hit.beside.account.as_ref().map(|account| account.name.clone()).or_else(|| hit.company.clone())
}

fn record_row(hit: &Hit, world: &World, now: Timestamp) -> Vec<String> {
    let record = &hit.found.record;
    let plain = |text: Option<String>| output::plain(&text.unwrap_or_default());
    vec![
        format!("{}:{}", record.kind.word(), record.id),
        output::plain(&record.name),
        plain(company(hit)),
        plain(hit.found.phone.clone()),
        plain(hit.found.city.clone()),
        answers(record, world, now),
        hit.beside.last_contact.map_or_else(String::new, Timestamp::rfc3339),
    ]
}

fn json(query: &Query, found: &Found, world: &World, now: Timestamp) -> serde_json::Value {
    let group = |group: &Group| {
        let hits: Vec<_> = group.hits.iter().map(|hit| record_json(hit, world, now)).collect();
        serde_json::json!({
            "kind": group.kind.word(), "count": group.count.min(COUNTED),
            "more": group.count > COUNTED || found.records_cut, "next": group.next.map(written), "hits": hits,
        })
    };
    let mails = &found.mails;
    let hits: Vec<_> = mails.hits.iter().map(|hit| mail_json(hit, world, now)).collect();
    serde_json::json!({
        "query": query.to_string(),
        "unknown": query.unknown(),
        "bad_days": query.bad_days.iter().map(|(bound, day)| format!("{}:{day}", bound.word())).collect::<Vec<_>>(),
        "phones": found.plan.phones,
        "records": found.records.iter().map(group).collect::<Vec<_>>(),
        "messages": {
            "count": mails.count.min(COUNTED), "more": mails.cut || mails.count > COUNTED, "cut": mails.cut,
            "next": mails.next.map(written), "hits": hits,
        },
    })
}

fn answering(record: &Record, world: &World, now: Timestamp) -> serde_json::Value {
    let answering = answers_now(record, world, now);
    serde_json::json!({
        "name": answering.user.map(|user| world.name(user)), "until": answering.until.map(Timestamp::rfc3339),
    })
}

fn record_json(hit: &Hit, world: &World, now: Timestamp) -> serde_json::Value {
    let record = &hit.found.record;
    serde_json::json!({
        "id": record.id, "kind": record.kind.word(), "name": record.name, "number": hit.found.number,
        "company": company(hit), "phone": hit.found.phone, "city": hit.found.city,
        "answers_now": answering(record, world, now),
        "last_contact": hit.beside.last_contact.map(Timestamp::rfc3339),
    })
}

fn mail_json(hit: &FoundMail, world: &World, now: Timestamp) -> serde_json::Value {
    let mail = &hit.mail;
    serde_json::json!({
        "mail": mail.id, "at": mail.at.rfc3339(), "direction": mail.direction,
        "from": { "name": mail.from.name, "address": mail.from.address }, "subject": mail.subject,
        "own_copy": hit.own_copy,
        "record": hit.record.as_ref().map(|record| serde_json::json!({
            "id": record.id, "kind": record.kind.word(), "name": record.name,
            "answers_now": answering(&record.record(), world, now),
        })),
    })
}

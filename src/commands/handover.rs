//! `standin handover`: records of somebody absent to others for a time, and back.

use super::{Done, Failure, Place, output, user, world};
use crate::access::World;
use crate::actions::handover::{self, Asked, Counts, Driven, No, Preview, Worker};
use crate::config::Config;
use crate::model::handover::{Handover, Item, Kept, Stage, State};
use crate::model::id::{AbsenceId, HandoverId, RecordId, UserId};
use crate::model::time::{HOUR, Timestamp};
use crate::store::{self, Db, Tx, handovers};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Records that were kept, named in an answer.
const NAMED: i64 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what a hand-over would do, and change nothing.
    Preview(Which),
    /// Hand records over; an interrupted one goes on by itself while `standin serve` runs, else by `resume`.
    Run {
        #[command(flatten)]
        which: Which,
        /// Why, for the history of each record.
        #[arg(long, default_value = "hand-over")]
        reason: String,
    },
    /// Show the latest hand-overs.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one: where it stands, what was kept and why.
    Show(Number),
    /// Go on with one that was interrupted, without `standin serve`.
    Resume(Number),
    /// Stop one that is running; what has moved goes back.
    Cancel(Number),
    /// Return everything now, but what a person gave to somebody else meanwhile.
    Return {
        #[command(flatten)]
        number: Number,
        /// Take what a person gave to somebody else, too.
        #[arg(long)]
        force: bool,
    },
    /// Undo the last step, a run or a return, within 72 hours.
    Undo(Number),
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// Login of whose records; their absence says who receives them, unless --to does.
    #[arg(long, required_unless_present = "absence", conflicts_with = "absence")]
    user: Option<String>,
    /// Number of the absence, see `standin absence list`.
    #[arg(long, value_name = "NUMBER")]
    absence: Option<i64>,
    /// Login of who receives all of them.
    #[arg(long, value_name = "USER")]
    to: Option<String>,
    /// Last day; without it they return when the absence ends, or by `standin handover return`.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<NaiveDate>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Number {
    /// Its number, see `standin handover list`.
    number: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "write the day as year-month-day, such as 2026-11-25".to_owned())
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let done = match command {
        Command::Preview(which) => show_preview(&which, &config, &db).await,
        Command::Run { which, reason } => begin(&which, &reason, &config, &db).await,
        Command::List { json } => list(json, &db).await,
        Command::Show(number) => show(HandoverId(number.number), number.json, &config, &db).await,
        Command::Resume(number) => resume(&number, &config, &db).await,
        Command::Cancel(number) => turn(&number, Turned::Cancel, &config, &db).await,
        Command::Return { number, force } => turn(&number, Turned::Return { force }, &config, &db).await,
        Command::Undo(number) => turn(&number, Turned::Undo, &config, &db).await,
    };
    db.close().await;
    done
}

impl From<No> for Failure {
    fn from(no: No) -> Failure {
        let next = match no {
            No::Absent | No::Wrong(_) | No::TooLate => "see `standin handover list`",
            No::Busy(_) => "see `standin handover show NUMBER`",
            _ => "see `standin handover preview`",
        };
        Failure::input("nothing was done", no.to_string()).then(next)
    }
}

async fn asked(which: &Which, tx: &mut Tx, config: &Config) -> Result<Asked, Failure> {
    let from = match &which.user {
        // Somebody who left may still own records.
        Some(login) => match store::people::by_login(tx, login).await? {
            Some(user) => Some(user),
            None => {
                let what = format!("there is no user with the login `{login}`");
                return Err(Failure::input(what, "").then("`standin user list` shows all there are"));
            }
        },
        None => None,
    };
    let to = match &which.to {
        Some(login) => Some(user(tx, login).await?.person.id),
        None => None,
    };
    let returns_at = match which.until.and_then(|day| day.succ_opt()) {
        Some(next) => {
            let zone = from.as_ref().map_or(config.zone.as_str(), |u| u.zone.as_str());
            let zone = crate::access::zone(zone).map_err(|e| Failure::input("the day has no zone", e.to_string()))?;
            Some(crate::access::day_start(next, zone))
        }
        None => None,
    };
    Ok(Asked { from: from.map(|u| u.person.id), to, absence: which.absence.map(AbsenceId), returns_at })
}

async fn show_preview(which: &Which, config: &Config, db: &Db) -> Done {
    let now = super::now();
    let mut tx = db.read().await?;
    let world = world(&mut tx, config, now).await?;
    let asked = asked(which, &mut tx, config).await?;
    let terms = handover::terms(&mut tx, &asked, None, &world, now).await??;
    let preview = handover::preview(&mut tx, &terms, None, &world, now).await?;
    let users = logins(&mut tx).await?;
    if which.json {
        output::json(&preview_json(&preview, &users))?;
        return Ok(ExitCode::SUCCESS);
    }
    let name = |id: UserId| world.person(id).map_or_else(String::new, |p| p.name.clone());
    let total = preview.counts.records();
    output::line(&format!("{total} records of {} would go:", name(preview.from)))?;
    let mut rows: Vec<Vec<String>> = preview.receivers.iter().map(|(to, c)| row(name(*to), c)).collect();
    if rows.len() > 1 {
        rows.push(row("in all".to_owned(), &preview.counts));
    }
    let head = ["to", "accounts", "contacts", "leads", "opportunities", "open activities"];
    output::table(&head, &rows, "Nothing would move.")?;
    for (title, list) in [("sees more", &preview.gains), ("sees less", &preview.loses)] {
        let rows: Vec<Vec<String>> = list.iter().map(|(id, n)| vec![name(*id), n.to_string()]).collect();
        if !rows.is_empty() {
            output::line("")?;
            output::table(&[title, "records"], &rows, "")?;
        }
    }
    if !preview.stays.is_empty() {
        let rows: Vec<Vec<String>> = preview
            .stays
            .iter()
            .map(|(why, records)| vec![records.len().to_string(), stays_text(*why, &name), numbers(records)])
            .collect();
        output::line("")?;
        output::table(&["stay", "because", "numbers"], &rows, "")?;
    }
    for (why, count) in &preview.activities_stay {
        output::line(&format!("{count} open activities on records of others stay: {}.", stays_text(*why, &name)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(who: String, counts: &Counts) -> Vec<String> {
    let numbers = [counts.accounts, counts.contacts, counts.leads, counts.opportunities, counts.activities];
    std::iter::once(who).chain(numbers.iter().map(i64::to_string)).collect()
}

/// The first of these numbers.
fn numbers(records: &[RecordId]) -> String {
    let mut text: Vec<String> = records.iter().take(5).map(RecordId::to_string).collect();
    if records.len() > 5 {
        text.push("…".to_owned());
    }
    text.join(", ")
}

fn stays_text(why: crate::access::Stays, name: &dyn Fn(UserId) -> String) -> String {
    use crate::access::Stays;
    match why {
        Stays::Confidential => "confidential, and who would receive it is not the deputy".to_owned(),
        Stays::Nobody => "nobody is named for it".to_owned(),
        Stays::Deactivated(user) => format!("{} is deactivated", name(user)),
        Stays::Away(user) => format!("{} is away", name(user)),
        Stays::NoRight => "no right to assign it".to_owned(),
        Stays::Unseen(user) => format!("{} may not see the records they are on", name(user)),
        Stays::Gone => "it is deleted".to_owned(),
    }
}

fn counts_json(counts: &Counts) -> Value {
    json!({ "accounts": counts.accounts, "contacts": counts.contacts, "leads": counts.leads,
            "opportunities": counts.opportunities, "activities": counts.activities })
}

fn preview_json(preview: &Preview, users: &Logins) -> Value {
    let list = |list: &[(UserId, i64)]| -> Value {
        list.iter().map(|(id, n)| json!({ "user": users.of(*id), "records": n })).collect()
    };
    let receivers: Vec<Value> = preview
        .receivers
        .iter()
        .map(|(id, counts)| json!({ "user": users.of(*id), "counts": counts_json(counts) }))
        .collect();
    let stays: Vec<Value> =
        preview.stays.iter().map(|(why, records)| json!({ "why": why.word(), "records": records })).collect();
    let left: Vec<Value> =
        preview.activities_stay.iter().map(|(why, n)| json!({ "why": why.word(), "activities": n })).collect();
    json!({ "activities_stay": left, "from": users.of(preview.from), "total": preview.counts.records(), "counts": counts_json(&preview.counts),
            "receivers": receivers, "gains": list(&preview.gains), "loses": list(&preview.loses),
            "gains_confidential": list(&preview.gains_confidential), "stays": stays,
            "fingerprint": preview.fingerprint() })
}

async fn begin(which: &Which, reason: &str, config: &Config, db: &Db) -> Done {
    let now = super::now();
    let mut tx = db.read().await?;
    let world = world(&mut tx, config, now).await?;
    let asked = asked(which, &mut tx, config).await?;
    drop(tx);
    let id = handover::begin(db, &asked, None, reason, None, &world, now).await??;
    finish(id, config, db).await?;
    show(id, which.json, config, db).await
}

/// Which way a hand-over is sent.
enum Turned {
    Cancel,
    Return { force: bool },
    Undo,
}

async fn turn(number: &Number, turned: Turned, config: &Config, db: &Db) -> Done {
    let (id, now) = (HandoverId(number.number), super::now());
    let mut tx = db.write().await?;
    let world: World = world(&mut tx, config, now).await?;
    match turned {
        Turned::Cancel => handover::cancel(&mut tx, id, None, &world, now).await??,
        Turned::Return { force } => handover::give_back(&mut tx, id, force, None, &world, now).await??,
        Turned::Undo => handover::undo(&mut tx, id, None, &world, now).await??,
    }
    tx.commit().await?;
    finish(id, config, db).await?;
    show(id, number.json, config, db).await
}

/// Takes on what a program that was ended left half-way, as soon as its lease has run out.
async fn resume(number: &Number, config: &Config, db: &Db) -> Done {
    let (id, now) = (HandoverId(number.number), super::now());
    let mut tx = db.read().await?;
    let world = world(&mut tx, config, now).await?;
    let found = handover::find(&mut tx, id, None, &world, now).await??;
    drop(tx);
    if !found.state.is_under_way() {
        return Err(No::Wrong(found.state).into());
    }
    finish(id, config, db).await?;
    show(id, number.json, config, db).await
}

/// Works on it here, or waits while a running program does.
async fn finish(id: HandoverId, config: &Config, db: &Db) -> Result<(), Failure> {
    let watched = std::io::stderr().is_terminal();
    let worker = Worker {
        db: db.clone(),
        policy: config.rights(),
        name: format!("command-{:016x}", rand::random::<u64>()),
        clock: Arc::new(super::now),
        told: Arc::new(move |done, total| {
            if watched {
                output::note(&format!("{done} of {total}"));
            }
        }),
    };
    while handover::drive(&worker, id).await? == Driven::Elsewhere {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// Logins by user.
struct Logins(HashMap<UserId, (String, String)>);

impl Logins {
    fn of(&self, id: UserId) -> Option<&str> {
        self.0.get(&id).map(|(login, _)| login.as_str())
    }

    fn name(&self, id: UserId) -> String {
        self.0.get(&id).map_or_else(|| format!("user {id}"), |(_, name)| name.clone())
    }
}

async fn logins(tx: &mut Tx) -> Result<Logins, Failure> {
    let users = store::people::every(tx).await?;
    Ok(Logins(users.into_iter().map(|u| (u.person.id, (u.login, u.person.name))).collect()))
}

fn handover_json(handover: &Handover, users: &Logins) -> Value {
    let moment = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
    json!({ "id": handover.id, "absence": handover.absence, "from": users.of(handover.from),
            "to": handover.to.and_then(|to| users.of(to)), "state": handover.state.word(), "total": handover.total,
            "done": handover.done, "reason": handover.reason, "by": handover.by.and_then(|by| users.of(by)),
            "created_at": handover.created_at.rfc3339(), "returns_at": moment(handover.returns_at),
            "settled_at": moment(handover.settled_at), "undo_until": moment(handover.undo_until()) })
}

async fn list(json: bool, db: &Db) -> Done {
    let mut tx = db.read().await?;
    let found = handovers::latest(&mut tx, None, 100).await?;
    let users = logins(&mut tx).await?;
    if json {
        output::json(&found.iter().map(|h| handover_json(h, &users)).collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |h: &Handover| {
        let to = h.to.map_or_else(|| "as the absence says".to_owned(), |to| users.name(to));
        let absence = h.absence.map(|a| a.to_string()).unwrap_or_default();
        let progress = format!("{} of {}", h.done, h.total);
        vec![h.id.to_string(), users.name(h.from), to, absence, h.state.word().to_owned(), progress]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let head = ["number", "of", "to", "absence", "state", "records"];
    output::table(&head, &rows, "Nothing was handed over yet.")?;
    Ok(ExitCode::SUCCESS)
}

async fn show(id: HandoverId, as_json: bool, config: &Config, db: &Db) -> Done {
    let now = super::now();
    let mut tx = db.read().await?;
    let world = world(&mut tx, config, now).await?;
    let found = handover::find(&mut tx, id, None, &world, now).await??;
    let idle = handovers::is_idle(&mut tx, id, now).await?;
    let totals = handovers::totals(&mut tx, id).await?;
    let kept = handovers::kept(&mut tx, id, NAMED).await?;
    let ids: Vec<RecordId> = kept.iter().map(|i| i.record).collect();
    let records = store::records::load(&mut tx, &ids).await?;
    let names: HashMap<RecordId, String> = records.into_iter().map(|e| (e.record.id, e.record.name)).collect();
    let users = logins(&mut tx).await?;
    drop(tx);
    let name = |record: &RecordId| names.get(record).map(|n| output::plain(n)).unwrap_or_default();
    let of = |what: &'static str, stage| totals.get(&(what, stage)).copied().unwrap_or(0);
    if as_json {
        let counts = |what| -> Value {
            STAGES.iter().map(|s| (s.word().to_owned(), of(what, *s).into())).collect::<serde_json::Map<_, _>>().into()
        };
        let item = |item: &Item| {
            let why = item.kept.map(|kept| kept_json(kept, &users));
            json!({ "record": item.record, "name": name(&item.record), "stage": item.stage.word(), "kept": why })
        };
        let mut value = handover_json(&found, &users);
        if let Some(object) = value.as_object_mut() {
            object.insert("waits_for_a_worker".into(), idle.into());
            object.insert("records".into(), counts("record"));
            object.insert("activities".into(), counts("activity"));
            object.insert("kept".into(), kept.iter().map(item).collect());
        }
        output::json(&value)?;
        return Ok(ExitCode::SUCCESS);
    }
    let counts: Vec<String> =
        STAGES.iter().filter(|s| of("record", **s) > 0).map(|s| format!("{} {}", of("record", *s), s.word())).collect();
    let counts = if counts.is_empty() { "no records".to_owned() } else { counts.join(", ") };
    output::line(&format!("Hand-over {id} of {}: {}; {counts}.", users.name(found.from), found.state.word()))?;
    if idle {
        let next = format!("`standin serve` goes on with it, or `standin handover resume {id}`");
        output::line(&format!("It is not finished and nobody works on it: {next}."))?;
    }
    if let Some(until) = found.undo_until().filter(|until| now <= *until) {
        let hours = until.since(now) / HOUR;
        output::line(&format!("`standin handover undo {id}` takes the last step back, for {hours} more hours."))?;
    }
    if !kept.is_empty() {
        let row = |i: &Item| {
            vec![i.record.to_string(), name(&i.record), i.kept.map_or(String::new(), |k| kept_text(k, &users))]
        };
        output::table(&["record", "name", "stays because"], &kept.iter().map(row).collect::<Vec<_>>(), "")?;
    }
    if found.state == State::Returned && kept.iter().any(|i| matches!(i.kept, Some(Kept::Assigned { .. }))) {
        output::line(&format!("`standin handover return {id} --force` takes back what was given to others, too."))?;
    }
    Ok(ExitCode::SUCCESS)
}

const STAGES: [Stage; 5] = [Stage::Pending, Stage::Moved, Stage::Returned, Stage::Kept, Stage::Undone];

fn kept_json(kept: Kept, users: &Logins) -> Value {
    match kept {
        Kept::Assigned { by, to, at } => json!({ "why": "assigned", "by": by.and_then(|by| users.of(by)),
            "to": users.of(to), "at": at.rfc3339() }),
        Kept::Back => json!({ "why": "back" }),
        Kept::Deactivated { user } => json!({ "why": "deactivated", "user": users.of(user) }),
        Kept::Gone => json!({ "why": "gone" }),
    }
}

fn kept_text(kept: Kept, users: &Logins) -> String {
    match kept {
        Kept::Assigned { by, to, at } => {
            let by = by.map_or_else(|| "an import or the operator".to_owned(), |by| users.name(by));
            format!("{by} gave it to {} at {}", users.name(to), at.rfc3339())
        }
        Kept::Back => "it was with its owner again already".to_owned(),
        Kept::Deactivated { user } => format!("{} is deactivated", users.name(user)),
        Kept::Gone => "it is deleted, or merged into another".to_owned(),
    }
}

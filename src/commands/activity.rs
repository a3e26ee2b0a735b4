//! `standin activity`: calls, tasks, appointments and notes.

use super::acting::{As, record};
use super::{Done, Failure, Place, output, user, world};
use crate::access::World;
use crate::actions::activities::{self, Entered, No, Step};
use crate::actions::reading::Reader;
use crate::model::activity::{Activity, ActivityKind, Progress};
use crate::model::id::{ActivityId, UserId};
use crate::model::time::{DAY, Timestamp};
use crate::store::views::{self, ActivityFilter, Below, Named};
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Enter an activity on a record.
    Add(Add),
    /// Say that an activity is done.
    Done(One),
    /// Call an activity off.
    Cancel(One),
    /// Give an activity to somebody else.
    Give {
        #[command(flatten)]
        one: One,
        /// Login of who is to do it.
        #[arg(long, value_name = "USER")]
        to: String,
    },
    /// Move the date on which an activity is due.
    Due {
        #[command(flatten)]
        one: One,
        /// When, such as 2026-11-25T13:00:00+01:00; without it at no certain time.
        #[arg(long, value_name = "MOMENT", value_parser = moment)]
        at: Option<Timestamp>,
    },
    /// Show activities by when they last changed, the latest first.
    List(List),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The record: its id, number, external id or name.
    record: String,
    /// call, task, appointment or note.
    #[arg(long, value_parser = kind)]
    kind: ActivityKind,
    /// What it is about, in a line.
    #[arg(long)]
    subject: String,
    /// More of it.
    #[arg(long, default_value = "")]
    text: String,
    /// Login of who is to do it; without it the record's owner, and of what was done you.
    #[arg(long, value_name = "USER")]
    responsible: Option<String>,
    /// When it is due or takes place, such as 2026-11-25T13:00:00+01:00.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    due: Option<Timestamp>,
    /// It was done already.
    #[arg(long, conflicts_with = "due")]
    done: bool,
    #[command(flatten)]
    by: As,
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// Its number, see `standin activity list`.
    number: i64,
    #[command(flatten)]
    by: As,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only this kind: call, task, appointment or note.
    #[arg(long, value_parser = kind)]
    kind: Option<ActivityKind>,
    /// Login of whose it was at first.
    #[arg(long, value_name = "USER")]
    original: Option<String>,
    /// Login of who is to do it.
    #[arg(long, value_name = "USER")]
    responsible: Option<String>,
    /// Only what stands so: open, done or cancelled.
    #[arg(long, value_parser = progress)]
    status: Option<Progress>,
    /// Changed in so many days.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=36_500))]
    days: i64,
    /// The most to show.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    #[command(flatten)]
    by: As,
}

fn kind(text: &str) -> Result<ActivityKind, String> {
    ActivityKind::from_word(text).ok_or_else(|| "it is call, task, appointment or note".to_owned())
}

fn progress(text: &str) -> Result<Progress, String> {
    Progress::from_word(text).ok_or_else(|| "it is open, done or cancelled".to_owned())
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let parsed = chrono::DateTime::parse_from_rfc3339(text);
    parsed.map(|at| Timestamp::from_utc(at.to_utc())).map_err(|_| "write it as 2026-11-25T13:00:00+01:00".to_owned())
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Add(arguments) => add(arguments, place).await,
        Command::Done(one) => step(&one, Step::Done, None, place).await,
        Command::Cancel(one) => step(&one, Step::Cancel, None, place).await,
        Command::Give { one, to } => step(&one, Step::Done, Some(&to), place).await,
        Command::Due { one, at } => step(&one, Step::Due(at), None, place).await,
        Command::List(arguments) => list(arguments, place).await,
    }
}

fn refused(no: No) -> Failure {
    Failure::input("nothing was changed", no.to_string())
}

async fn add(arguments: Add, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = arguments.by.actor(&mut tx, &world, now).await?;
    let entry = record(&mut tx, &actor, &arguments.record).await?;
    let responsible = match &arguments.responsible {
        Some(login) => Some(user(&mut tx, login).await?.person.id),
        None => None,
    };
    let entered = Entered {
        record: entry.record.id,
        kind: arguments.kind,
        subject: arguments.subject,
        body: arguments.text,
        responsible,
        due: arguments.due,
        done: arguments.done.then_some(now),
    };
    let activity = activities::add(&mut tx, &actor, &entered).await?.map_err(refused)?;
    tx.commit().await?;
    db.close().await;
    told(&activity, &world, arguments.by.json)
}

async fn step(one: &One, step: Step, to: Option<&String>, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = one.by.actor(&mut tx, &world, now).await?;
    let step = match to {
        Some(login) => Step::Give(user(&mut tx, login).await?.person.id),
        None => step,
    };
    let changed = activities::change(&mut tx, &actor, ActivityId(one.number), step).await?.map_err(refused)?;
    tx.commit().await?;
    db.close().await;
    told(&changed, &world, one.by.json)
}

fn name(id: UserId, world: &World) -> String {
    world.person(id).map_or_else(String::new, |p| p.name.clone())
}

fn told(activity: &Activity, world: &World, as_json: bool) -> Done {
    if as_json {
        output::json(&json(activity, None, world))?;
        return Ok(ExitCode::SUCCESS);
    }
    let due = activity.due.map(|due| format!(", due {}", due.rfc3339())).unwrap_or_default();
    let on_behalf_of = activity.on_behalf_of.map(|u| format!(", for {}", name(u, world))).unwrap_or_default();
    output::line(&format!(
        "{} {}: {}, {}, {}{due}{on_behalf_of}.",
        activity.kind.word(),
        activity.id,
        output::plain(&activity.subject),
        activity.progress.word(),
        name(activity.responsible, world),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// An activity as JSON.
pub(super) fn json(activity: &Activity, governing: Option<&Named>, world: &World) -> serde_json::Value {
    serde_json::json!({
        "id": activity.id, "kind": activity.kind.word(), "subject": activity.subject, "text": activity.body,
        "status": activity.progress.word(), "responsible": name(activity.responsible, world),
        "author": name(activity.author, world), "for": activity.on_behalf_of.map(|u| name(u, world)),
        "at": activity.at.rfc3339(), "due": activity.due.map(Timestamp::rfc3339),
        "ended": activity.ended.map(|(at, _)| at.rfc3339()),
        "ended_by": activity.ended.and_then(|(_, by)| by).map(|u| name(u, world)),
        "updated": activity.updated.rfc3339(), "record": activity.record,
        "governing": governing.map(|g| serde_json::json!({ "id": g.id, "kind": g.kind.word(), "name": g.name })),
    })
}

async fn list(arguments: List, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.read().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = arguments.by.actor(&mut tx, &world, now).await?;
    // An admin names records without reading them; what happens on them is read.
    let scope = match actor.user {
        Some(user) => crate::store::people::scope(&mut tx, user, &world, now).await?,
        None => actor.reach.clone(),
    };
    let mut who = Vec::new();
    for login in [&arguments.original, &arguments.responsible] {
        who.push(match login {
            Some(login) => {
                crate::store::people::by_login(&mut tx, login).await?.map(|u| u.person.id).or(Some(UserId(-1)))
            }
            None => None,
        });
    }
    let (responsible, original) = (who.pop().flatten(), who.pop().flatten());
    let since = now.plus(-arguments.days * DAY);
    let filter = ActivityFilter { original, responsible, progress: arguments.status, since };
    let (shown, _) = views::listed(&mut tx, &scope, arguments.kind, &filter, Below::TOP, arguments.limit, 1).await?;
    if let Some(viewer) = actor.user {
        let reader = Reader { db: &db, viewer, world: &world, now };
        reader.shown(&mut tx, shown.iter().map(|s| s.governing.record())).await?;
    }
    drop(tx);
    db.close().await;
    if arguments.by.json {
        let all = shown.iter().map(|s| json(&s.activity, Some(&s.governing), &world));
        output::json(&all.collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |s: &views::Shown| {
        let activity = &s.activity;
        vec![
            activity.id.to_string(),
            activity.kind.word().to_owned(),
            activity.progress.word().to_owned(),
            activity.due.map(Timestamp::rfc3339).unwrap_or_default(),
            name(activity.responsible, &world),
            output::plain(&s.governing.name),
            output::plain(&activity.subject),
        ]
    };
    let rows: Vec<Vec<String>> = shown.iter().map(row).collect();
    let head = ["number", "what", "status", "due", "responsible", "record", "subject"];
    output::table(&head, &rows, "There is none.")?;
    Ok(ExitCode::SUCCESS)
}

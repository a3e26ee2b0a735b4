//! Runs of the rules over history.

use super::super::{Done, Failure, output};
use super::{Asking, By, Context};
use crate::actions::rules;
use crate::intake::replay::{BATCH, Driven, Worker, drive};
use crate::model::id::RuleJobId;
use crate::model::time::HOUR;
use crate::store;
use crate::store::rules::Job;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Which way a run is sent.
pub(super) enum Turned {
    Cancel,
    Undo,
}

pub(super) async fn apply(context: &Context, later: bool, by: &By) -> Done {
    let mut tx = context.db.write().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let id = match rules::begin(&mut tx, &asking.caller()).await? {
        Ok(id) => id,
        // One that was interrupted is simply gone on with.
        Err(rules::No::Busy(id)) => {
            output::note(&format!("run {id} is under way; it is gone on with"));
            id
        }
        Err(no) => return Err(no.into()),
    };
    tx.commit().await?;
    if !later {
        finish(context, id).await?;
    }
    show(context, id, by).await
}

pub(super) async fn turn(context: &Context, run: i64, turned: Turned, by: &By) -> Done {
    let id = RuleJobId(run);
    let mut tx = context.db.write().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let caller = asking.caller();
    match turned {
        Turned::Cancel => rules::cancel(&mut tx, &caller, id).await??,
        Turned::Undo => rules::undo(&mut tx, &caller, id).await??,
    }
    tx.commit().await?;
    finish(context, id).await?;
    show(context, id, by).await
}

/// Works on it here, or waits while a running program does.
async fn finish(context: &Context, id: RuleJobId) -> Result<(), Failure> {
    let watched = std::io::stderr().is_terminal();
    let worker = Worker {
        db: context.db.clone(),
        own_domains: context.own_domains(),
        name: format!("command-{:016x}", rand::random::<u64>()),
        clock: Arc::new(super::super::now),
        batch: BATCH,
        told: Arc::new(move |done, total| {
            if watched {
                output::note(&format!("{done} of {total} mails"));
            }
        }),
    };
    while drive(&worker, id).await? == Driven::Elsewhere {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

fn job_json(job: &Job) -> Value {
    json!({ "id": job.id, "version": job.version, "state": job.state.word(), "total": job.total, "done": job.done,
        "changed": job.changed, "created_at": job.created_at.rfc3339(),
        "settled_at": job.settled_at.map(|at| at.rfc3339()), "undo_until": job.undo_until().map(|at| at.rfc3339()) })
}

async fn show(context: &Context, id: RuleJobId, by: &By) -> Done {
    let mut tx = context.db.read().await?;
    let job = store::rules::load(&mut tx, id).await?.ok_or(rules::No::NoRun)?;
    drop(tx);
    if by.json {
        output::json(&job_json(&job))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mails = output::counted(job.changed, "mail");
    output::line(&format!(
        "Run {id} of version {}: {}; {} of {} looked at; it changed {mails}.",
        job.version,
        job.state.word(),
        job.done,
        job.total
    ))?;
    let now = super::super::now();
    if let Some(until) = job.undo_until().filter(|until| now <= *until) {
        let hours = until.since(now) / HOUR;
        output::line(&format!("`standin rules undo {id}` takes it back, for {hours} more hours."))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn list(context: &Context, by: &By) -> Done {
    let mut tx = context.db.read().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let caller = asking.caller();
    rules::all(&mut tx, &caller).await??;
    let jobs = store::rules::latest(&mut tx, 100).await?;
    drop(tx);
    if by.json {
        output::json(&jobs.iter().map(job_json).collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |job: &Job| {
        let who = job.by.map_or_else(|| "operator".to_owned(), |id| caller.name(id));
        let progress = format!("{} of {}", job.done, job.total);
        let (id, version) = (job.id.to_string(), job.version.to_string());
        vec![
            id,
            version,
            job.state.word().to_owned(),
            progress,
            job.changed.to_string(),
            who,
            asking.moment(job.created_at),
        ]
    };
    let rows: Vec<Vec<String>> = jobs.iter().map(row).collect();
    output::table(
        &["run", "version", "state", "mails", "changed", "by", "at"],
        &rows,
        "The rules were never applied to history.",
    )?;
    Ok(ExitCode::SUCCESS)
}

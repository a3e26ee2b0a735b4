//! Runs of the rules over history: beginning one, stopping it, undoing it.

use super::No;
use crate::actions::caller::Caller;
use crate::model::audit::{Action, Line};
use crate::model::id::RuleJobId;
use crate::store::rules::JobState;
use crate::store::{self, Tx};
use anyhow::Result;
use serde_json::json;

/// Asks for a run of the newest version over history; a worker takes it up.
pub async fn begin(tx: &mut Tx, caller: &Caller<'_>) -> Result<Result<RuleJobId, No>> {
    if !caller.administers() {
        return Ok(Err(No::NotAdmin));
    }
    tx.alone().await?;
    if let Some(busy) = store::rules::under_way(tx).await? {
        return Ok(Err(No::Busy(busy)));
    }
    let (version, _) = store::rules::current(tx).await?;
    if version == 0 {
        return Ok(Err(No::Nothing));
    }
    let (mails, _) = store::rules::known(tx).await?;
    let id = store::rules::add(tx, version, mails, caller.by, caller.now).await?;
    note(tx, caller, id, "begin").await?;
    Ok(Ok(id))
}

/// Stops a run; what it changed goes back.
pub async fn cancel(tx: &mut Tx, caller: &Caller<'_>, id: RuleJobId) -> Result<Result<(), No>> {
    turn(tx, caller, id, JobState::Running, JobState::Cancelled).await
}

/// Undoes a run that is done, for 72 hours, unless a later one stands on it.
pub async fn undo(tx: &mut Tx, caller: &Caller<'_>, id: RuleJobId) -> Result<Result<(), No>> {
    turn(tx, caller, id, JobState::Done, JobState::Undone).await
}

async fn turn(
    tx: &mut Tx,
    caller: &Caller<'_>,
    id: RuleJobId,
    from: JobState,
    goal: JobState,
) -> Result<Result<(), No>> {
    if !caller.administers() {
        return Ok(Err(No::NotAdmin));
    }
    tx.alone().await?;
    let Some(job) = store::rules::load(tx, id).await? else { return Ok(Err(No::NoRun)) };
    if job.state != from {
        return Ok(Err(No::Wrong(job.state)));
    }
    if from == JobState::Done {
        if job.undo_until().is_none_or(|until| caller.now > until) {
            return Ok(Err(No::TooLate));
        }
        let latest = store::rules::latest(tx, 100).await?;
        let later =
            latest.iter().find(|other| other.id > id && !matches!(other.state, JobState::Undone | JobState::Cancelled));
        if let Some(later) = later {
            return Ok(Err(No::Later(later.id)));
        }
    }
    if !store::rules::turn(tx, id, from, goal, caller.by).await? {
        return Ok(Err(No::Wrong(job.state)));
    }
    note(tx, caller, id, goal.word()).await?;
    Ok(Ok(()))
}

async fn note(tx: &mut Tx, caller: &Caller<'_>, id: RuleJobId, what: &str) -> Result<()> {
    let line = Line::new(caller.now, caller.by, Action::RulesApplied)
        .subject(id.0)
        .detail(json!({ "run": id, "asked": what }));
    Ok(store::audit::note(tx, &[line]).await?)
}

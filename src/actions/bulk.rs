//! Changes to many records, shown before they are made: preview, run, and what came of it (W14).

use super::actor::Actor;
use super::assign::{self, Assign};
use super::choice::{LeftOut, Objection, Selection, Why};
use super::managers;
use crate::model::id::{RecordId, UserId};
use crate::model::record::Record;
use crate::store::{self, StoreError, Tx};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What is to be done with many records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Give them to somebody.
    Assign(Assign),
    /// Append or remove a manager.
    Managers(managers::Change),
}

/// What a change would do, kept so that this and nothing else is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The number of the preview.
    pub number: i64,
    /// What is to be done.
    pub change: Change,
    /// How many records would change.
    pub count: usize,
    /// Those that would not, and why.
    pub left_out: Vec<LeftOut>,
    /// The plan of an assignment, for what else it says.
    pub assign: Option<assign::Plan>,
}

/// What came of a change that was shown before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How many records the preview named.
    pub shown: usize,
    /// How many changed.
    pub changed: usize,
    /// How many open activities went along.
    pub activities: usize,
    /// The records of the preview that did not change, and why.
    pub left_out: Vec<LeftOut>,
}

/// Works out what a change would do, and keeps it.
pub async fn preview(
    tx: &mut Tx,
    actor: &Actor<'_>,
    selection: &Selection,
    change: &Change,
) -> store::Result<Result<Shown, Objection>> {
    let (items, left_out, assign) = match change {
        Change::Assign(wanted) => match assign::plan(tx, actor, selection, wanted).await? {
            Ok(plan) => {
                let items: Vec<_> = plan.ready.iter().map(|r| (r.record.id, r.record.owner)).collect();
                (items, plan.left_out.clone(), Some(plan))
            }
            Err(objection) => return Ok(Err(objection)),
        },
        Change::Managers(wanted) => match managers::plan(tx, actor, selection, wanted).await? {
            Ok(plan) => (plan.ready.iter().map(|(r, _)| (r.id, r.owner)).collect(), plan.left_out, None),
            Err(objection) => return Ok(Err(objection)),
        },
    };
    let text = serde_json::to_string(change).unwrap_or_default();
    let told = Outcome { shown: items.len(), changed: 0, activities: 0, left_out: left_out.clone() };
    let told = serde_json::to_string(&told).unwrap_or_default();
    let number = store::selection::keep_preview(tx, actor.user, &text, &items, &told, actor.now).await?;
    Ok(Ok(Shown { number, change: change.clone(), count: items.len(), left_out, assign }))
}

/// Carries out what was shown: the same records, each if it still has the owner it had then and
/// the actor may still do it. What changed since is left alone and named.
pub async fn run(tx: &mut Tx, actor: &Actor<'_>, number: i64) -> store::Result<Result<Outcome, Objection>> {
    store::selection::hold_preview(tx, number).await?;
    let found = store::selection::preview(tx, number).await?;
    let Some(preview) = found.filter(|p| p.user == actor.user && p.done.is_none()) else {
        return Ok(Err(Objection::NoPreview));
    };
    let bad = |_| StoreError::BadRow { table: "previews", id: number, column: "change" };
    let change: Change = serde_json::from_str(&preview.change).map_err(bad)?;
    let owners: HashMap<RecordId, UserId> = preview.items.iter().copied().collect();
    let selection = Selection::Ids(preview.items.iter().map(|(id, _)| *id).collect());
    let (changed, activities, left_out) = match &change {
        Change::Assign(wanted) => match assign::plan(tx, actor, &selection, wanted).await? {
            Ok(mut plan) => {
                let (same, moved) =
                    plan.ready.into_iter().partition(|r| owners.get(&r.record.id) == Some(&r.record.owner));
                plan.ready = same;
                plan.left_out.extend(moved.iter().map(|r: &assign::Ready| LeftOut {
                    record: r.record.id,
                    name: Some(r.record.name.clone()),
                    why: Why::ChangedSince(actor.name(r.record.owner)),
                }));
                let outcome = assign::carry_out(tx, actor, plan, wanted).await?;
                (outcome.moved.len(), outcome.activities, outcome.left_out)
            }
            Err(objection) => return Ok(Err(objection)),
        },
        Change::Managers(wanted) => match managers::plan(tx, actor, &selection, wanted).await? {
            Ok(plan) => {
                let outcome = managers::carry_out(tx, actor, plan, wanted).await?;
                (outcome.changed.len(), 0, outcome.left_out)
            }
            Err(objection) => return Ok(Err(objection)),
        },
    };
    let outcome = Outcome { shown: preview.items.len(), changed, activities, left_out };
    let told = serde_json::to_string(&outcome).unwrap_or_default();
    store::selection::preview_done(tx, number, &told, actor.now).await?;
    Ok(Ok(outcome))
}

/// A preview as it is looked at: before it is carried out, or after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// What is to be done, or was.
    pub change: Change,
    /// Whether it was.
    pub done: bool,
    /// What came of it; before that, what the preview left out.
    pub outcome: Outcome,
    /// The records of the preview that the actor may name, as they are now.
    pub records: Vec<Record>,
    /// Before it is carried out: the plan of an assignment at this moment.
    pub assign: Option<assign::Plan>,
}

/// A preview of the actor's own; `None` if there is none with this number.
pub async fn look(tx: &mut Tx, actor: &Actor<'_>, number: i64) -> store::Result<Option<Looked>> {
    let found = store::selection::preview(tx, number).await?;
    let Some(preview) = found.filter(|p| p.user == actor.user) else { return Ok(None) };
    let bad = |column| move |_| StoreError::BadRow { table: "previews", id: number, column };
    let change: Change = serde_json::from_str(&preview.change).map_err(bad("change"))?;
    let mut outcome: Outcome = serde_json::from_str(&preview.told).map_err(bad("told"))?;
    let ids: Vec<RecordId> = preview.items.iter().map(|(id, _)| *id).collect();
    let done = preview.done.is_some();
    let assign = match &change {
        Change::Assign(wanted) if !done && !ids.is_empty() => {
            assign::plan(tx, actor, &Selection::Ids(ids.clone()), wanted).await?.ok()
        }
        _ => None,
    };
    // What was kept is of that time; what the actor may name is of now.
    let left_out: Vec<RecordId> = outcome.left_out.iter().map(|one| one.record).collect();
    let missing = actor.named(tx, &left_out).await?.missing;
    for one in outcome.left_out.iter_mut().filter(|one| missing.contains(&one.record)) {
        (one.name, one.why) = (None, Why::NotThere);
    }
    let entries = store::records::load_seen(tx, &actor.reach, &ids).await?;
    let records = entries.into_iter().map(|e| e.record).collect();
    Ok(Some(Looked { change, done, outcome, records, assign }))
}

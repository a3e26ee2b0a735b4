//! Assigning: one record or a selection to another owner, with its open activities.
//!
//! Mail is not moved; it follows because rights are read (P4). What somebody was shown before is
//! kept, and only that is carried out: a record that changed owner in between is left alone and
//! named.

use super::actor::{Actor, Leave, Named};
use super::choice::{LONGEST_REASON, LeftOut, Objection, Selection, Why, chosen, missing};
use super::sight::{Shift, shift};
use crate::model::audit::Action;
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Record};
use crate::model::share::{Holder, Share, Source};
use crate::store::owners::{Move, Occasion};
use crate::store::{self, Tx};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// To whom records are to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assign {
    /// The new owner.
    pub to: UserId,
    /// For a step: the owner before goes on reading until the record comes back to them or the
    /// step is closed.
    pub step: bool,
    /// Why, in the person's words; may be empty.
    pub reason: String,
}

/// A record that can go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The record as it is.
    pub record: Record,
    /// By which right.
    pub leave: Leave,
}

/// What assigning would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The records that would go.
    pub ready: Vec<Ready>,
    /// Those that would not, and why.
    pub left_out: Vec<LeftOut>,
    /// How many open activities would go along.
    pub activities: i64,
    /// Who would gain and who would lose sight, and of how many.
    pub shift: Shift,
}

impl Plan {
    /// How many of each kind would go.
    pub fn kinds(&self) -> BTreeMap<Kind, usize> {
        let mut kinds = BTreeMap::new();
        for ready in &self.ready {
            *kinds.entry(ready.record.kind).or_default() += 1;
        }
        kinds
    }
}

/// What assigning did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The records that went.
    pub moved: Vec<Move>,
    /// Those that did not, and why.
    pub left_out: Vec<LeftOut>,
    /// How many open activities went along.
    pub activities: usize,
}

/// What assigning these records would do at this moment. Changes nothing.
pub async fn plan(
    tx: &mut Tx,
    actor: &Actor<'_>,
    selection: &Selection,
    wanted: &Assign,
) -> store::Result<Result<Plan, Objection>> {
    if let Some(objection) = objection(actor, wanted) {
        return Ok(Err(objection));
    }
    let named = match chosen(tx, actor, selection).await? {
        Ok(named) => named,
        Err(objection) => return Ok(Err(objection)),
    };
    let (ready, left_out) = sort_out(actor, &named, wanted.to);
    let ids: Vec<RecordId> = ready.iter().map(|r| r.record.id).collect();
    let activities = store::selection::open_activities(tx, &ids).await?;
    let records = ready.iter().map(|r| (&r.record, named.shares_on(r.record.id)));
    let shift = shift(records, wanted.to, wanted.step, actor.world, actor.now);
    Ok(Ok(Plan { ready, left_out, activities, shift }))
}

fn objection(actor: &Actor<'_>, wanted: &Assign) -> Option<Objection> {
    if !actor.world.active(wanted.to) {
        return Some(Objection::Inactive(actor.name(wanted.to)));
    }
    (wanted.reason.chars().count() > LONGEST_REASON).then_some(Objection::LongReason)
}

fn sort_out(actor: &Actor<'_>, named: &Named, to: UserId) -> (Vec<Ready>, Vec<LeftOut>) {
    let (mut ready, mut left_out) = (Vec::new(), missing(named));
    for entry in &named.entries {
        let record = &entry.record;
        let why = match actor.may_assign(record, named.shares_on(record.id)) {
            None => Why::MayNotAssign,
            Some(_) if record.owner == to => Why::Already,
            Some(leave) => {
                ready.push(Ready { record: record.clone(), leave });
                continue;
            }
        };
        left_out.push(LeftOut { record: record.id, name: Some(record.name.clone()), why });
    }
    (ready, left_out)
}

/// Assigns the records of a plan that was made in this unit of work.
pub async fn carry_out(tx: &mut Tx, actor: &Actor<'_>, plan: Plan, wanted: &Assign) -> store::Result<Outcome> {
    give(tx, actor, plan, wanted, if wanted.step { "step" } else { "assign" }).await
}

async fn give(
    tx: &mut Tx,
    actor: &Actor<'_>,
    plan: Plan,
    wanted: &Assign,
    how: &'static str,
) -> store::Result<Outcome> {
    let mut by_absent: BTreeMap<Option<UserId>, Vec<Move>> = BTreeMap::new();
    for ready in &plan.ready {
        let moves = by_absent.entry(ready.leave.on_behalf_of).or_default();
        moves.push(Move { record: ready.record.id, from: ready.record.owner, to: wanted.to });
    }
    let mut outcome = Outcome { left_out: plan.left_out, ..Outcome::default() };
    for (on_behalf_of, moves) in by_absent {
        let occasion = Occasion { how, by: actor.user, on_behalf_of, handover: None, reason: &wanted.reason };
        let (made, activities) = store::owners::give(tx, &moves, &occasion, actor.now).await?;
        outcome.activities += activities.len();
        outcome.moved.extend(made);
    }
    let late = overtaken(tx, actor, &plan.ready, &outcome.moved).await?;
    outcome.left_out.extend(late);
    if wanted.step {
        store::shares::add_all(tx, &steps(actor, &plan.ready, &outcome.moved)).await?;
    }
    let of: BTreeMap<RecordId, &Ready> = plan.ready.iter().map(|r| (r.record.id, r)).collect();
    let lines = outcome.moved.iter().filter_map(|made| {
        let leave = of.get(&made.record)?.leave;
        let detail = serde_json::json!({ "from": made.from, "to": made.to, "how": how });
        Some(actor.line(Action::Assigned, made.record, leave).subject(made.to.0).detail(detail))
    });
    store::audit::note(tx, &lines.collect::<Vec<_>>()).await?;
    Ok(outcome)
}

/// Those that somebody else gave away, merged or deleted between the plan and its being carried out,
/// as far as the actor may still name them.
async fn overtaken(tx: &mut Tx, actor: &Actor<'_>, ready: &[Ready], moved: &[Move]) -> store::Result<Vec<LeftOut>> {
    let made: BTreeSet<RecordId> = moved.iter().map(|made| made.record).collect();
    let late: Vec<RecordId> = ready.iter().map(|r| r.record.id).filter(|id| !made.contains(id)).collect();
    if late.is_empty() {
        return Ok(Vec::new());
    }
    let named = actor.named(tx, &late).await?;
    let mut left_out = missing(&named);
    left_out.extend(named.entries.iter().map(|entry| LeftOut {
        record: entry.record.id,
        name: Some(entry.record.name.clone()),
        why: Why::ChangedSince(actor.name(entry.record.owner)),
    }));
    Ok(left_out)
}

/// The shares by which owners go on reading what they gave away for a step.
fn steps(actor: &Actor<'_>, ready: &[Ready], moved: &[Move]) -> Vec<Share> {
    let confidential: BTreeMap<RecordId, bool> = ready.iter().map(|r| (r.record.id, r.record.confidential)).collect();
    let share = |made: &Move| Share {
        id: 0,
        record: made.record,
        holder: Holder::User(made.from),
        source: Source::Step,
        write: false,
        share: false,
        named: confidential.get(&made.record).copied().unwrap_or(false),
        until: None,
        reason: String::new(),
        by: actor.user,
        at: actor.now,
    };
    moved.iter().filter(|made| actor.world.active(made.from)).map(share).collect()
}

/// Assigns what the selection gives at this moment, without a preview.
pub async fn assign(
    tx: &mut Tx,
    actor: &Actor<'_>,
    selection: &Selection,
    wanted: &Assign,
) -> store::Result<Result<Outcome, Objection>> {
    match plan(tx, actor, selection, wanted).await? {
        Ok(plan) => Ok(Ok(carry_out(tx, actor, plan, wanted).await?)),
        Err(objection) => Ok(Err(objection)),
    }
}

/// Gives a record back to who assigned it onward for a step last.
pub async fn give_back(
    tx: &mut Tx,
    actor: &Actor<'_>,
    record: RecordId,
    reason: &str,
) -> store::Result<Result<Outcome, Objection>> {
    let named = actor.named(tx, &[record]).await?;
    let active = |share: &&Share| match share.holder {
        Holder::User(user) => actor.world.active(user),
        Holder::Team(_) => false,
    };
    let steps = named.shares_on(record).iter().filter(|s| s.source == Source::Step);
    let Some(Holder::User(to)) = steps.filter(active).max_by_key(|s| (s.at, s.id)).map(|s| s.holder) else {
        let mut left_out = missing(&named);
        let without =
            |e: &store::records::Entry| LeftOut { record, name: Some(e.record.name.clone()), why: Why::NoStep };
        left_out.extend(named.entries.iter().map(without));
        return Ok(Ok(Outcome { left_out, ..Outcome::default() }));
    };
    let wanted = Assign { to, step: false, reason: reason.to_owned() };
    match plan(tx, actor, &Selection::Ids(vec![record]), &wanted).await? {
        Ok(plan) => Ok(Ok(give(tx, actor, plan, &wanted, "step-back").await?)),
        Err(objection) => Ok(Err(objection)),
    }
}

/// Closes a record's steps: whoever assigned it onward does not read it any more by that. Whoever
/// may assign or share it closes all of them; who waits for it may give up their own.
pub async fn close_step(tx: &mut Tx, actor: &Actor<'_>, record: RecordId) -> store::Result<Result<usize, Why>> {
    let named = actor.named(tx, &[record]).await?;
    let Some(entry) = named.entries.first() else { return Ok(Err(Why::NotThere)) };
    let shares = named.shares_on(record);
    let all = actor.may_assign(&entry.record, shares).or_else(|| actor.may_share(&entry.record, shares));
    let own = |share: &&Share| actor.user.is_some_and(|user| share.holder == Holder::User(user));
    let steps: Vec<&Share> = shares.iter().filter(|s| s.source == Source::Step).collect();
    let closing: Vec<&Share> = steps.iter().copied().filter(|s| all.is_some() || own(s)).collect();
    if closing.is_empty() {
        return Ok(Err(if steps.is_empty() { Why::NoStep } else { Why::MayNotAssign }));
    }
    let leave = all.unwrap_or(Leave { by: Some(crate::access::Path::Step), on_behalf_of: None });
    let mut lines = Vec::new();
    for share in &closing {
        store::shares::remove(tx, share.id).await?;
        let detail = serde_json::json!({ "source": "step", "share": share.id });
        lines.push(actor.line(Action::Unshared, record, leave).detail(detail));
    }
    store::audit::note(tx, &lines).await?;
    Ok(Ok(closing.len()))
}

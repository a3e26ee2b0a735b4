//! Several managers of an account by role: appended and removed over a selection (S12, S15).
//!
//! Being a manager gives a right by a share that comes and goes with the role, so appending one
//! needs the right to share the account, and gives no more than sharing it could: nobody becomes a
//! manager by their own hand.

use super::actor::{Actor, Leave};
use super::choice::{LeftOut, Objection, Selection, Why, chosen, missing};
use crate::access;
use crate::model::audit::Action;
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Record};
use crate::model::share::{Holder, Rights, Share, Source};
use crate::store::managers::Manager;
use crate::store::{self, Tx};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Roles that every company has; others are its own.
pub const ROLES: [&str; 3] = ["sales", "service", "marketing"];
/// The most characters of a role.
const LONGEST: usize = 40;

/// What is to happen with managers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// True to append, false to remove.
    pub append: bool,
    /// The manager.
    pub user: UserId,
    /// The role, as [`role`] gives it.
    pub role: String,
    /// Whether the manager may change the account, beside reading it.
    pub write: bool,
}

/// What changing managers would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The accounts that would change, with the right by which.
    pub ready: Vec<(Record, Leave)>,
    /// Those that would not, and why.
    pub left_out: Vec<LeftOut>,
}

/// What it did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The accounts that changed.
    pub changed: Vec<RecordId>,
    /// Those that did not, and why.
    pub left_out: Vec<LeftOut>,
}

/// The form in which a role is stored: without spaces around it, in lower case.
pub fn role(text: &str) -> Result<String, Objection> {
    let role = text.trim().to_lowercase();
    let fits = !role.is_empty() && role.chars().count() <= LONGEST && !role.chars().any(char::is_control);
    if fits { Ok(role) } else { Err(Objection::BadRole) }
}

/// What a change of managers would do at this moment. Changes nothing.
pub async fn plan(
    tx: &mut Tx,
    actor: &Actor<'_>,
    selection: &Selection,
    change: &Change,
) -> store::Result<Result<Plan, Objection>> {
    if let Err(objection) = role(&change.role) {
        return Ok(Err(objection));
    }
    // Somebody who left can be taken away, and nothing else.
    if change.append && !actor.world.active(change.user) {
        return Ok(Err(Objection::Inactive(actor.name(change.user))));
    }
    let named = match chosen(tx, actor, selection).await? {
        Ok(named) => named,
        Err(objection) => return Ok(Err(objection)),
    };
    let ids: Vec<RecordId> = named.entries.iter().map(|e| e.record.id).collect();
    let has: HashSet<RecordId> = store::managers::of(tx, &ids)
        .await?
        .into_iter()
        .filter(|m| m.user == change.user && m.role == change.role)
        .map(|m| m.record)
        .collect();
    let mut plan = Plan { ready: Vec::new(), left_out: missing(&named) };
    for entry in &named.entries {
        let record = &entry.record;
        let why = match actor.may_share(record, named.shares_on(record.id)) {
            _ if record.kind != Kind::Account => Why::NoAccount,
            None => Why::MayNotShare,
            Some(_) if change.append && gives_too_much(actor, record, named.shares_on(record.id), change) => {
                Why::TooMuch
            }
            Some(_) if change.append && has.contains(&record.id) => Why::HasRole,
            Some(_) if !change.append && !has.contains(&record.id) => Why::HasNoRole,
            Some(_) if !change.append && !may_take(actor, record, named.shares_on(record.id), change) => Why::NotGiven,
            Some(leave) => {
                plan.ready.push((record.clone(), leave));
                continue;
            }
        };
        plan.left_out.push(LeftOut { record: record.id, name: Some(record.name.clone()), why });
    }
    Ok(Ok(plan))
}

/// Whether the share that comes with the role is more than the actor may give: a right they lack, one
/// for longer than they have it, or one for themselves. A role has no end.
fn gives_too_much(actor: &Actor<'_>, record: &Record, shares: &[Share], change: &Change) -> bool {
    let rights = Rights { read: true, write: change.write, share: false, assign: false };
    let gift = (Holder::User(change.user), rights, None);
    actor.user.is_some_and(|giver| access::may_give(giver, record, shares, gift, actor.world, actor.now).is_err())
}

/// Whether the actor may take back the share that came with the role.
fn may_take(actor: &Actor<'_>, record: &Record, shares: &[Share], change: &Change) -> bool {
    let of_role =
        |s: &&Share| s.source == Source::Manager && s.holder == Holder::User(change.user) && s.reason == change.role;
    let Some((user, share)) = actor.user.zip(shares.iter().find(of_role)) else { return true };
    access::may_take(user, share, record, shares, actor.world, actor.now)
}

/// Carries out a plan that was made in this unit of work.
pub async fn carry_out(tx: &mut Tx, actor: &Actor<'_>, plan: Plan, change: &Change) -> store::Result<Outcome> {
    let ids: Vec<RecordId> = plan.ready.iter().map(|(record, _)| record.id).collect();
    if change.append {
        let manager = |record: &Record| Manager {
            record: record.id,
            user: change.user,
            role: change.role.clone(),
            by: actor.user,
            at: actor.now,
        };
        let managers: Vec<Manager> = plan.ready.iter().map(|(record, _)| manager(record)).collect();
        let both = managers.iter().zip(&plan.ready);
        let shares = both.map(|(m, (record, _))| store::managers::share(m, change.write, record.confidential));
        store::managers::append(tx, &managers, &shares.collect::<Vec<_>>()).await?;
    } else {
        store::managers::remove(tx, &ids, change.user, &change.role).await?;
    }
    let detail = serde_json::json!({
        "what": if change.append { "append" } else { "remove" },
        "role": change.role, "write": change.write,
    });
    let lines = plan.ready.iter().map(|(record, leave)| {
        actor.line(Action::ManagerChanged, record.id, *leave).subject(change.user.0).detail(detail.clone())
    });
    store::audit::note(tx, &lines.collect::<Vec<_>>()).await?;
    Ok(Outcome { changed: ids, left_out: plan.left_out })
}

/// Changes managers over what the selection gives at this moment, without a preview.
pub async fn change(
    tx: &mut Tx,
    actor: &Actor<'_>,
    selection: &Selection,
    change: &Change,
) -> store::Result<Result<Outcome, Objection>> {
    match plan(tx, actor, selection, change).await? {
        Ok(plan) => Ok(Ok(carry_out(tx, actor, plan, change).await?)),
        Err(objection) => Ok(Err(objection)),
    }
}

/// The managers of an account, for whoever may read it; `None` if it is not there for the actor.
pub async fn list(tx: &mut Tx, actor: &Actor<'_>, record: RecordId) -> store::Result<Option<Vec<Manager>>> {
    let named = actor.named(tx, &[record]).await?;
    let Some(entry) = named.entries.first() else { return Ok(None) };
    if actor.may_read(&entry.record, named.shares_on(record)).is_none()
        && actor.may_share(&entry.record, named.shares_on(record)).is_none()
    {
        return Ok(None);
    }
    Ok(Some(store::managers::of(tx, &[record]).await?))
}

//! Who sees a record, why, and what somebody sees: for those who may share it, and admins. Each
//! question is noted in the audit, but not an owner's about their own record.

use super::caller::Caller;
use crate::access::{self, Path, Reason, State};
use crate::model::audit::{Action, Line};
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Record, Status};
use crate::model::share::{Share, Source};
use crate::store::sight::Alike;
use crate::store::{self, Tx};
use anyhow::Result;
use serde_json::json;
use std::collections::BTreeMap;

/// A record that somebody may ask about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// It.
    pub record: Record,
    /// The shares on it.
    pub shares: Vec<Share>,
    /// Whether the asker may know its name: an admin who may not read a confidential record sees
    /// who can, not what it is called.
    pub named: bool,
}

/// What a reference means among the records that the caller may share, or administers. Empty for
/// one that is missing and for one that is not theirs to ask about alike.
pub async fn find(tx: &mut Tx, caller: &Caller<'_>, reference: &str) -> Result<Vec<Subject>> {
    let mut found: Vec<Record> = Vec::new();
    if let Some(user) = caller.by {
        let scope = store::people::scope(tx, user, caller.world, caller.now).await?;
        found = store::records::find(tx, &scope, reference).await?.into_iter().map(|e| e.record).collect();
    }
    if found.is_empty() && caller.administers() {
        found = store::records::find_any(tx, reference).await?;
    }
    let mut subjects = Vec::new();
    for record in found {
        subjects.extend(subject(tx, caller, record).await?);
    }
    Ok(subjects)
}

/// The record with this id, if the caller may ask about it.
pub async fn of(tx: &mut Tx, caller: &Caller<'_>, id: RecordId) -> Result<Option<Subject>> {
    match store::records::standing(tx, id).await? {
        Some(record) => subject(tx, caller, record).await,
        None => Ok(None),
    }
}

async fn subject(tx: &mut Tx, caller: &Caller<'_>, record: Record) -> Result<Option<Subject>> {
    let shares = store::shares::on(tx, &[record.id]).await?;
    let Some(user) = caller.by else { return Ok(Some(Subject { record, shares, named: true })) };
    let rights = access::rights(user, &record, &shares, caller.world, caller.now);
    let may = rights.share || caller.administers();
    let named = rights.read || !record.confidential;
    Ok(may.then_some(Subject { record, shares, named }))
}

/// Everybody who has a right on it, by which paths; noted.
pub async fn who(tx: &mut Tx, caller: &Caller<'_>, subject: &Subject) -> Result<Vec<(UserId, Vec<Reason>)>> {
    note(tx, caller, Some(subject), None, "who").await?;
    Ok(access::who(&subject.record, &subject.shares, caller.world, caller.now))
}

/// Every path that gives `user` a right on it, or would; noted.
pub async fn why(tx: &mut Tx, caller: &Caller<'_>, subject: &Subject, user: UserId) -> Result<Vec<Reason>> {
    note(tx, caller, Some(subject), Some(user), "why").await?;
    Ok(access::why(user, &subject.record, &subject.shares, caller.world, caller.now))
}

async fn note(
    tx: &mut Tx,
    caller: &Caller<'_>,
    subject: Option<&Subject>,
    user: Option<UserId>,
    question: &str,
) -> Result<()> {
    if subject.is_some_and(|s| caller.by == Some(s.record.owner)) {
        return Ok(());
    }
    let line = Line::new(caller.now, caller.by, Action::AccessAsked).detail(json!({ "question": question }));
    let line = Line { record: subject.map(|s| s.record.id), subject: user.map(|u| u.0), ..line };
    Ok(store::audit::note(tx, &[line]).await?)
}

/// How many records of each kind somebody sees, and by which paths: structure, never content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sees {
    /// For each kind how many in all.
    pub total: BTreeMap<Kind, i64>,
    /// For each kind and path how many by it; a record may be seen by several.
    pub by_path: BTreeMap<(Kind, Path), i64>,
}

/// What `user` sees, counted; noted. For admins: `None` for anybody else.
pub async fn sees(tx: &mut Tx, caller: &Caller<'_>, user: UserId) -> Result<Option<Sees>> {
    if !caller.administers() {
        return Ok(None);
    }
    note(tx, caller, None, Some(user), "sees").await?;
    let (world, now) = (caller.world, caller.now);
    let scope = store::people::scope(tx, user, world, now).await?;
    let mut sees = Sees::default();
    let away = |owner: UserId| world.running(owner, now).is_some();
    for group in store::sight::alike(tx, &scope).await? {
        *sees.total.entry(group.kind).or_default() += group.count;
        // Which path leads to the records of somebody who is away may depend on each of them.
        if !away(group.owner) {
            sees.add(user, &like(&group), group.count, caller);
        }
    }
    let away: Vec<UserId> = world.people.iter().map(|p| p.id).filter(|id| away(*id)).collect();
    for record in store::records::owned_seen(tx, &scope, &away).await? {
        sees.add(user, &record, 1, caller);
    }
    for (kind, source, count) in store::sight::by_shares(tx, &scope).await? {
        let path = match source {
            Source::Share => Path::Share,
            Source::Manager => Path::Manager,
            Source::Step => Path::Step,
            Source::BreakGlass => Path::BreakGlass,
        };
        *sees.by_path.entry((kind, path)).or_default() += count;
    }
    Ok(Some(sees))
}

impl Sees {
    fn add(&mut self, user: UserId, record: &Record, count: i64, caller: &Caller<'_>) {
        let reasons = access::why(user, record, &[], caller.world, caller.now);
        for reason in reasons.iter().filter(|r| r.rights.read && r.state == State::Gives) {
            *self.by_path.entry((record.kind, reason.path)).or_default() += count;
        }
    }
}

/// A record that stands for those that are alike.
fn like(group: &Alike) -> Record {
    Record {
        id: RecordId(0),
        kind: group.kind,
        name: String::new(),
        owner: group.owner,
        team: group.team,
        confidential: group.confidential,
        status: Status::Open,
        account: None,
        class: None,
        end_account: None,
        end_contact: None,
    }
}

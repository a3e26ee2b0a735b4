//! Records by when they last changed: for programs that keep a copy in step.

use super::super::{Result, Tx, list};
use crate::access::Scope;
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Status};
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// When a record was made, and when it last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    /// Made.
    pub created: Timestamp,
    /// Changed.
    pub updated: Timestamp,
}

/// Which records are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Which {
    /// Of this kind.
    pub kind: Kind,
    /// Of this owner.
    pub owner: Option<UserId>,
    /// That stand so.
    pub status: Option<Status>,
    /// Of this account; the caller knows that the viewer may read it.
    pub account: Option<RecordId>,
    /// Changed at this moment or later.
    pub since: Timestamp,
}

/// The records of a kind that the viewer may read, those that changed first on top, after `after`: a page
/// begins where the one before it ended, and what changes meanwhile comes once more at the end.
pub async fn changed(
    tx: &mut Tx,
    scope: &Scope,
    which: &Which,
    after: (Timestamp, RecordId),
    limit: i64,
) -> Result<Vec<(RecordId, Timestamp)>> {
    const CHANGED: &str = concat!(
        "select r.id, r.updated_at from records r
         where r.kind = $8 and r.updated_at >= $9 and (r.updated_at > $9 or r.id > $10) and r.updated_at >= $11
           and ($12 = 0 or r.owner_id = $12) and ($13 = '' or r.status = $13)
           and ($14 = 0 or r.account_id = $14) and ",
        visible!("r"),
        " order by r.updated_at, r.id limit $15"
    );
    let rows: Vec<(i64, i64)> = all_seen!(
        tx,
        CHANGED,
        scope,
        which.kind.word(),
        after.0.0,
        after.1.0,
        which.since.0,
        which.owner.map_or(0, |u| u.0),
        which.status.map_or("", Status::word),
        which.account.map_or(0, |r| r.0),
        limit
    )?;
    Ok(rows.into_iter().map(|(id, at)| (RecordId(id), Timestamp(at))).collect())
}

/// When these records were made and last changed; of those that the viewer may read.
pub async fn moments(tx: &mut Tx, scope: &Scope, ids: &[RecordId]) -> Result<HashMap<RecordId, Moments>> {
    const MOMENTS: &str = concat!(
        "select r.id, r.created_at, r.updated_at from records r
         where r.id in (select cast(value as bigint) from json_each($8)) and ",
        visible!("r")
    );
    let rows: Vec<(i64, i64, i64)> = all_seen!(tx, MOMENTS, scope, list(ids.iter().map(|id| id.0)))?;
    let moments = |created, updated| Moments { created: Timestamp(created), updated: Timestamp(updated) };
    Ok(rows.into_iter().map(|(id, created, updated)| (RecordId(id), moments(created, updated))).collect())
}

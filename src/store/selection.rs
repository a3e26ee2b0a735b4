//! Which records a change to many is about, always within somebody's scope; and what they were
//! shown before it.

use super::{Result, StoreError, Tx, list};
use crate::access::Scope;
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::{Class, Kind, Status};
use crate::model::time::{DAY, Timestamp};
use serde::{Deserialize, Serialize};

/// "All that match": what is `None` does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Filter {
    /// Which of the four.
    pub kind: Option<Kind>,
    /// Who owns them.
    pub owner: Option<UserId>,
    /// Their class, or that of their account.
    pub class: Option<Class>,
    /// Their team.
    pub team: Option<TeamId>,
    /// An account: it, its contacts and its opportunities.
    pub account: Option<RecordId>,
    /// Where they stand.
    pub status: Option<Status>,
}

macro_rules! matches {
    () => {
        concat!(
            visible!("r"),
            " and ($8 = '' or r.kind = $8) and ($9 = 0 or r.owner_id = $9) and ($10 = 0 or r.team_id = $10)
              and ($11 = 0 or r.id = $11 or r.account_id = $11 or r.end_account_id = $11)
              and ($12 = '' or r.status = $12)
              and ($13 = '' or coalesce(r.class, (select a.class from records a where a.id = r.account_id)) = $13)"
        )
    };
}

/// The records in the scope that match, by id, at most `limit`.
pub async fn matching(tx: &mut Tx, scope: &Scope, filter: &Filter, limit: i64) -> Result<Vec<RecordId>> {
    const FIND: &str = concat!("select r.id from records r where ", matches!(), " order by r.id limit $14");
    let rows: Vec<(i64,)> = all_seen!(
        tx,
        FIND,
        scope,
        filter.kind.map_or("", Kind::word),
        filter.owner.map_or(0, |u| u.0),
        filter.team.map_or(0, |t| t.0),
        filter.account.map_or(0, |r| r.0),
        filter.status.map_or("", Status::word),
        filter.class.map_or("", Class::word),
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| RecordId(id)).collect())
}

/// How many open activities of their owners go along with these records.
pub async fn open_activities(tx: &mut Tx, records: &[RecordId]) -> Result<i64> {
    const COUNT: &str = "select count(*) from activities a join records r on r.id = a.record_id
        where a.record_id in (select cast(value as bigint) from json_each($1)) and a.status = 'open'
          and a.responsible_id = r.owner_id";
    let (count,): (i64,) = one!(tx, COUNT, list(records.iter().map(|id| id.0)))?;
    Ok(count)
}

/// What somebody was shown before a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Its row.
    pub id: i64,
    /// Who was shown it; `None` for the operator.
    pub user: Option<UserId>,
    /// JSON: what is to be done.
    pub change: String,
    /// The records with their owners at that moment.
    pub items: Vec<(RecordId, UserId)>,
    /// JSON: what was left out and why, and what came of it.
    pub told: String,
    /// When.
    pub at: Timestamp,
    /// When it was carried out.
    pub done: Option<Timestamp>,
}

/// Keeps what somebody is shown, and throws away what was shown more than a day ago and never
/// carried out. Gives its number.
pub async fn keep_preview(
    tx: &mut Tx,
    user: Option<UserId>,
    change: &str,
    items: &[(RecordId, UserId)],
    told: &str,
    now: Timestamp,
) -> Result<i64> {
    run!(tx, "delete from previews where done_at is null and created_at < $1", now.plus(-DAY).0)?;
    let items = serde_json::to_string(items).unwrap_or_default();
    const KEEP: &str = "insert into previews (user_id, change, items, told, created_at) values ($1, $2, $3, $4, $5)
        returning id";
    let (id,): (i64,) = one!(tx, KEEP, user.map(|u| u.0), change, items, told, now.0)?;
    Ok(id)
}

type PreviewRow = (Option<i64>, String, String, String, i64, Option<i64>);

/// Nobody else carries this preview out before this unit of work ends.
pub async fn hold_preview(tx: &mut Tx, id: i64) -> Result<()> {
    // Touching the row holds it on PostgreSQL; on SQLite there is one writer.
    run!(tx, "update previews set done_at = done_at where id = $1", id)?;
    Ok(())
}

/// The preview with this number.
pub async fn preview(tx: &mut Tx, id: i64) -> Result<Option<Preview>> {
    const LOAD: &str = "select user_id, change, items, told, created_at, done_at from previews where id = $1";
    let row: Option<PreviewRow> = maybe!(tx, LOAD, id)?;
    let Some((user, change, items, told, at, done)) = row else { return Ok(None) };
    let bad = |_| StoreError::BadRow { table: "previews", id, column: "items" };
    Ok(Some(Preview {
        id,
        user: user.map(UserId),
        change,
        items: serde_json::from_str(&items).map_err(bad)?,
        told,
        at: Timestamp(at),
        done: done.map(Timestamp),
    }))
}

/// Notes that a preview was carried out, and what came of it: it never is a second time.
pub async fn preview_done(tx: &mut Tx, id: i64, told: &str, now: Timestamp) -> Result<()> {
    run!(tx, "update previews set done_at = $2, told = $3 where id = $1", id, now.0, told)?;
    Ok(())
}

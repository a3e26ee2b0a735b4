//! The one switch for all absence notices, and the breaker that turns it by itself (R51).
//!
//! It is a row of the database, so every worker obeys it from its next transaction on: nothing is decided
//! to be sent, and nothing that is queued is claimed, while it is off. What was queued waits, and lapses
//! when it has lost its point (R50).

use super::{Result, StoreError, Tx};
use crate::model::id::UserId;
use crate::model::time::{HOUR, Timestamp};

/// Who stopped the notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An admin, or the operator (`None`): until somebody starts them again.
    Person(Option<UserId>),
    /// The breaker, until this moment or until somebody starts them again.
    Breaker(Timestamp),
}

/// Notices are stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// By whom.
    pub by: By,
    /// Since when.
    pub at: Timestamp,
    /// What who stopped them wrote about it; may be empty.
    pub reason: String,
    /// Whether the admins were told by mail that the breaker opened.
    pub told: bool,
}

type Row = (Option<String>, Option<i64>, Option<i64>, Option<i64>, String, Option<i64>);

/// Whether notices are stopped at `now`, and how; `None`: they go out.
pub async fn stopped(tx: &mut Tx, now: Timestamp) -> Result<Option<Stop>> {
    const LOAD: &str =
        "select stopped_by, stopped_at, until_at, user_id, reason, told_at from notice_switch where id = 1";
    let row: Row = one!(tx, LOAD)?;
    read(row, now)
}

/// As [`stopped`], and whoever wants to turn the switch waits for the end of this transaction: what is
/// claimed in it was claimed while notices went out.
pub async fn stopped_and_held(tx: &mut Tx, now: Timestamp) -> Result<Option<Stop>> {
    const LOAD: &str =
        "select stopped_by, stopped_at, until_at, user_id, reason, told_at from notice_switch where id = 1 for share";
    let row: Row = match tx {
        Tx::Postgres(_) => one!(tx, LOAD)?,
        // One writer at a time.
        Tx::Sqlite(_) => return stopped(tx, now).await,
    };
    read(row, now)
}

fn read((by, at, until, user, reason, told): Row, now: Timestamp) -> Result<Option<Stop>> {
    let bad = |column| StoreError::BadRow { table: "notice_switch", id: 1, column };
    let by = match (by.as_deref(), until) {
        (None, _) => return Ok(None),
        (Some("person"), _) => By::Person(user.map(UserId)),
        (Some("breaker"), Some(until)) if until <= now.0 => return Ok(None),
        (Some("breaker"), Some(until)) => By::Breaker(Timestamp(until)),
        _ => return Err(bad("stopped_by")),
    };
    let at = at.map(Timestamp).ok_or_else(|| bad("stopped_at"))?;
    Ok(Some(Stop { by, at, reason, told: told.is_some() }))
}

/// Stops all notices for a person; false where a person stopped them before.
pub async fn stop(tx: &mut Tx, by: Option<UserId>, reason: &str, now: Timestamp) -> Result<bool> {
    const STOP: &str = "update notice_switch set stopped_by = 'person', stopped_at = $1, until_at = null, user_id = $2,
          reason = $3, told_at = null where id = 1 and (stopped_by is null or stopped_by <> 'person')";
    Ok(run!(tx, STOP, now.0, by.map(|u| u.0), reason)? == 1)
}

/// Lets notices go out again, whoever stopped them; false where they do. The breaker begins to count anew.
pub async fn start(tx: &mut Tx, now: Timestamp) -> Result<bool> {
    const START: &str = "update notice_switch set stopped_by = null, stopped_at = null, until_at = null,
          user_id = null, reason = '', told_at = null, started_at = $1
          where id = 1 and (stopped_by = 'person' or (stopped_by = 'breaker' and until_at > $1))";
    Ok(run!(tx, START, now.0)? == 1)
}

/// Opens the breaker for an hour; false where notices are stopped already.
pub async fn trip(tx: &mut Tx, now: Timestamp) -> Result<bool> {
    const TRIP: &str = "update notice_switch set stopped_by = 'breaker', stopped_at = $1, until_at = $2,
          user_id = null, reason = '', told_at = null
          where id = 1 and (stopped_by is null or (stopped_by = 'breaker' and until_at <= $1))";
    Ok(run!(tx, TRIP, now.0, now.plus(HOUR).0)? == 1)
}

/// The breaker's opening of which the admins were not told by mail yet, also where its hour has passed.
pub async fn untold(tx: &mut Tx) -> Result<Option<Timestamp>> {
    const LOAD: &str =
        "select stopped_at from notice_switch where id = 1 and stopped_by = 'breaker' and told_at is null";
    let row: Option<(i64,)> = maybe!(tx, LOAD)?;
    Ok(row.map(|(at,)| Timestamp(at)))
}

/// Notes that the admins were told that the breaker opened at `opened`; false where somebody noted it.
pub async fn told(tx: &mut Tx, opened: Timestamp, now: Timestamp) -> Result<bool> {
    const TOLD: &str = "update notice_switch set told_at = $1
          where id = 1 and stopped_by = 'breaker' and stopped_at = $2 and told_at is null";
    Ok(run!(tx, TOLD, now.0, opened.0)? == 1)
}

/// Notices that wait to be sent, and those that are being handed to a server.
pub async fn waiting(tx: &mut Tx) -> Result<(i64, i64)> {
    Ok(one!(
        tx,
        "select cast(coalesce(sum(case when o.state = 'queued' then 1 else 0 end), 0) as bigint), \
         cast(coalesce(sum(case when o.state = 'sending' then 1 else 0 end), 0) as bigint) \
         from outbox o where o.state in ('queued', 'sending') \
         and exists (select 1 from notices n where n.outbox_id = o.id)"
    )?)
}

/// How many notices were tried lately: what the limits and the breaker count (R51).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// In the last hour.
    pub hour: i64,
    /// In the last hour, after somebody last started notices: what the breaker counts.
    pub counted: i64,
    /// In the last seven days.
    pub week: i64,
}

/// The pace at `now`.
pub async fn pace(tx: &mut Tx, now: Timestamp) -> Result<Pace> {
    let (hour, counted, week): (i64, i64, i64) = one!(
        tx,
        "select (select count(*) from notices where at > $1), \
         (select count(*) from notices where at > $1 and at > (select started_at from notice_switch where id = 1)), \
         (select count(*) from notices where at > $2)",
        now.plus(-HOUR).0,
        now.plus(-7 * 24 * HOUR).0
    )?;
    Ok(Pace { hour, counted, week })
}

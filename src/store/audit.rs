//! The audit: rows are only ever added; triggers refuse anything else.

use super::{Result, StoreError, Tx, insert_many, list as ids};
use crate::model::audit::{Action, Line};
use crate::model::id::{RecordId, UserId};
use crate::model::time::{HOUR, Timestamp};
use std::collections::HashSet;

/// Adds lines to the audit, in the transaction that does what they tell of.
pub async fn note(tx: &mut Tx, lines: &[Line]) -> Result<()> {
    let rows = lines.iter().map(|line| {
        vec![
            line.at.0.into(),
            line.actor.map(|u| u.0).into(),
            line.on_behalf_of.map(|u| u.0).into(),
            line.action.word().into(),
            line.path.map(str::to_owned).into(),
            line.record.map(|r| r.0).into(),
            line.subject.into(),
            line.detail.to_string().into(),
        ]
    });
    let into = "audit (at, actor_id, for_user_id, action, path, record_id, subject_id, detail)";
    insert_many(tx, into, "", rows.collect()).await
}

/// Whose lines are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Actor {
    /// Anybody's.
    #[default]
    Anybody,
    /// The operator's and Standin's own.
    Operator,
    /// This user's.
    User(UserId),
}

/// Which lines are wanted; a field that is empty sorts nothing out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub actor: Actor,
    /// About which record.
    pub record: Option<RecordId>,
    /// Of which action.
    pub action: Option<Action>,
    /// From this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

/// A line as it stands in the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Its number; they grow.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who; `None` for the operator or Standin itself.
    pub actor: Option<UserId>,
    /// The absent person in whose place.
    pub on_behalf_of: Option<UserId>,
    /// What.
    pub action: Action,
    /// The word of the right by which.
    pub path: Option<String>,
    /// The record it is about.
    pub record: Option<RecordId>,
    /// The user, team, absence or mail it is about.
    pub subject: Option<i64>,
    /// JSON: what else there is to know.
    pub detail: String,
}

impl Noted {
    /// Whether nobody did it: the breaker stopped notices by itself (R51).
    pub fn is_standins_own(&self) -> bool {
        self.actor.is_none() && self.action == Action::NoticesStopped && self.detail.contains("\"breaker\":true")
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    at: i64,
    actor_id: Option<i64>,
    for_user_id: Option<i64>,
    action: String,
    path: Option<String>,
    record_id: Option<i64>,
    subject_id: Option<i64>,
    detail: String,
}

/// The lines that `filter` wants with a number below `before`, the latest first.
pub async fn lines(tx: &mut Tx, filter: &Filter, before: i64, limit: i64) -> Result<Vec<Noted>> {
    const LOAD: &str = "select id, at, actor_id, for_user_id, action, path, record_id, subject_id, detail from audit
        where id < $1 and ($2 = 0 or actor_id = $2 or ($2 = -1 and actor_id is null)) and ($3 = 0 or record_id = $3)
          and ($4 = '' or action = $4) and at >= $5 and at < $6 order by id desc limit $7";
    let actor = match filter.actor {
        Actor::Anybody => 0,
        Actor::Operator => -1,
        Actor::User(user) => user.0,
    };
    let rows: Vec<Row> = all!(
        tx,
        LOAD,
        before,
        actor,
        filter.record.map_or(0, |r| r.0),
        filter.action.map_or("", Action::word),
        filter.from.map_or(i64::MIN, |t| t.0),
        filter.to.map_or(i64::MAX, |t| t.0),
        limit
    )?;
    let noted = |row: Row| {
        let bad = StoreError::BadRow { table: "audit", id: row.id, column: "action" };
        Ok(Noted {
            id: row.id,
            at: Timestamp(row.at),
            actor: row.actor_id.map(UserId),
            on_behalf_of: row.for_user_id.map(UserId),
            action: Action::from_word(&row.action).ok_or(bad)?,
            path: row.path,
            record: row.record_id.map(RecordId),
            subject: row.subject_id,
            detail: row.detail,
        })
    };
    rows.into_iter().map(noted).collect()
}

/// Those of these records whose reading by `viewer` is noted for the hour of `now`.
pub async fn reading_noted(
    tx: &mut Tx,
    viewer: UserId,
    records: &[RecordId],
    now: Timestamp,
) -> Result<HashSet<RecordId>> {
    const NOTED: &str = "select distinct record_id from audit where actor_id = $1 and action = 'read' and at >= $2
        and record_id in (select cast(value as bigint) from json_each($3))";
    let hour = now.0.div_euclid(HOUR) * HOUR;
    let rows: Vec<(i64,)> = all!(tx, NOTED, viewer.0, hour, ids(records.iter().map(|r| r.0)))?;
    Ok(rows.into_iter().map(|(id,)| RecordId(id)).collect())
}

/// The mails that `viewer` looked at in review by another right than their own, in the hour of `now`.
pub async fn reviewing_noted(tx: &mut Tx, viewer: UserId, now: Timestamp) -> Result<HashSet<i64>> {
    const NOTED: &str = "select distinct subject_id from audit where actor_id = $1 and action = 'review-read'
        and at >= $2 and subject_id is not null";
    let hour = now.0.div_euclid(HOUR) * HOUR;
    let rows: Vec<(i64,)> = all!(tx, NOTED, viewer.0, hour)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Adds lines about one person's reading, but for records that are noted for this hour already.
pub async fn note_reading(tx: &mut Tx, viewer: UserId, lines: &[Line], now: Timestamp) -> Result<()> {
    if let Tx::Postgres(t) = tx {
        // Two pages of one viewer opened at once would both find nothing noted.
        sqlx::query("select pg_advisory_xact_lock(7322002)").execute(&mut **t).await?;
    }
    let records: Vec<RecordId> = lines.iter().filter_map(|line| line.record).collect();
    let noted = reading_noted(tx, viewer, &records, now).await?;
    let fresh: Vec<Line> =
        lines.iter().filter(|line| line.record.is_none_or(|r| !noted.contains(&r))).cloned().collect();
    note(tx, &fresh).await
}

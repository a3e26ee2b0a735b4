//! Calls, tasks, appointments and notes: rows. What is shown of them is in `views/activities.rs`.

use super::{Result, StoreError, Tx, list, update_many};
use crate::model::activity::{Activity, ActivityKind, Progress};
use crate::model::id::{ActivityId, RecordId, UserId};
use crate::model::time::Timestamp;

/// A row of the table, before it is checked.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: i64,
    record_id: i64,
    kind: String,
    subject: String,
    body: String,
    status: String,
    responsible_id: i64,
    author_id: i64,
    for_user_id: Option<i64>,
    at: i64,
    due_at: Option<i64>,
    done_at: Option<i64>,
    done_by: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

/// The columns of [`Row`], of an activity aliased `a`.
macro_rules! activity_columns {
    () => {
        "a.id, a.record_id, a.kind, a.subject, a.body, a.status, a.responsible_id, a.author_id, a.for_user_id, a.at, \
         a.due_at, a.done_at, a.done_by, a.created_at, a.updated_at"
    };
}
pub(super) use activity_columns;

impl Row {
    /// The activity that it holds.
    pub(super) fn activity(self) -> Result<Activity> {
        let bad = |column| StoreError::BadRow { table: "activities", id: self.id, column };
        Ok(Activity {
            id: ActivityId(self.id),
            record: RecordId(self.record_id),
            kind: ActivityKind::from_word(&self.kind).ok_or_else(|| bad("kind"))?,
            subject: self.subject,
            body: self.body,
            progress: Progress::from_word(&self.status).ok_or_else(|| bad("status"))?,
            responsible: UserId(self.responsible_id),
            author: UserId(self.author_id),
            on_behalf_of: self.for_user_id.map(UserId),
            at: Timestamp(self.at),
            due: self.due_at.map(Timestamp),
            ended: self.done_at.map(|at| (Timestamp(at), self.done_by.map(UserId))),
            created: Timestamp(self.created_at),
            updated: Timestamp(self.updated_at),
        })
    }
}

/// Saves a new activity; its id is not looked at. Gives its id.
pub async fn add(tx: &mut Tx, activity: &Activity) -> Result<ActivityId> {
    const ADD: &str = "insert into activities (record_id, kind, subject, body, status, responsible_id, author_id,
          for_user_id, at, due_at, done_at, done_by, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning id";
    let (id,): (i64,) = one!(
        tx,
        ADD,
        activity.record.0,
        activity.kind.word(),
        activity.subject.as_str(),
        activity.body.as_str(),
        activity.progress.word(),
        activity.responsible.0,
        activity.author.0,
        activity.on_behalf_of.map(|u| u.0),
        activity.at.0,
        activity.due.map(|t| t.0),
        activity.ended.map(|(at, _)| at.0),
        activity.ended.and_then(|(_, by)| by).map(|u| u.0),
        activity.created.0,
        activity.updated.0,
    )?;
    Ok(ActivityId(id))
}

/// The activities with these ids, whoever may see them, in order of id. The caller checks rights
/// on their records.
pub async fn load(tx: &mut Tx, ids: &[ActivityId]) -> Result<Vec<Activity>> {
    const LOAD: &str = concat!(
        "select ",
        activity_columns!(),
        " from activities a where a.id in (select cast(value as bigint) from json_each($1)) order by a.id"
    );
    let rows: Vec<Row> = all!(tx, LOAD, list(ids.iter().map(|id| id.0)))?;
    rows.into_iter().map(Row::activity).collect()
}

/// Writes what may change of an open activity: where it stands, who is to do it, when it is due.
/// Kind, text and author stay. Gives false if it was done or called off meanwhile.
pub async fn save(tx: &mut Tx, activity: &Activity) -> Result<bool> {
    const SAVE: &str = "update activities set status = $2, responsible_id = $3, for_user_id = $4, at = $5, due_at = $6,
          done_at = $7, done_by = $8, updated_at = $9 where id = $1 and status = 'open'";
    let saved = run!(
        tx,
        SAVE,
        activity.id.0,
        activity.progress.word(),
        activity.responsible.0,
        activity.on_behalf_of.map(|u| u.0),
        activity.at.0,
        activity.due.map(|t| t.0),
        activity.ended.map(|(at, _)| at.0),
        activity.ended.and_then(|(_, by)| by).map(|u| u.0),
        activity.updated.0
    )?;
    Ok(saved > 0)
}

/// Puts open activities to other people: activity and who is to do it.
pub async fn give(tx: &mut Tx, moves: &[(ActivityId, UserId)], now: Timestamp) -> Result<()> {
    let rows = moves.iter().map(|(id, to)| vec![id.0.into(), to.0.into(), now.0.into()]).collect();
    let head = "activities set responsible_id = v.column2, updated_at = v.column3";
    update_many(tx, head, "activities.id = v.column1 and activities.status = 'open'", rows).await
}

/// The open activities that a user is to do, whoever may see them, with the owners of their
/// records: for leavers.
pub async fn open_of(tx: &mut Tx, user: UserId) -> Result<Vec<(ActivityId, RecordId, UserId)>> {
    const LOAD: &str = "select a.id, a.record_id, r.owner_id from activities a join records r on r.id = a.record_id
        where a.responsible_id = $1 and a.status = 'open' order by a.id";
    let rows: Vec<(i64, i64, i64)> = all!(tx, LOAD, user.0)?;
    Ok(rows.into_iter().map(|(id, record, owner)| (ActivityId(id), RecordId(record), UserId(owner))).collect())
}

//! Hand-overs, their journal, and who works on one.
//!
//! Every step of a worker is one short unit of work that begins with [`claim`]: it takes or keeps
//! the lease in the same transaction that moves records. Of two workers the second is turned away
//! by the row itself, on either database, and one that was thought dead can do no harm.

mod incoming;
mod items;

pub use incoming::{Redirected, Waiting, journal, redirect, waiting};
pub use items::{
    Alone, Journalled, Standing, active, activities_at, appoint, batch, carry, count, journalled, kept, kept_seen,
    older, plan, plan_activities, receivers_seen, settle_activities, settle_records, standing, totals, totals_seen,
};

use super::{Result, StoreError, Tx, list};
use crate::model::handover::{Handover, State};
use crate::model::id::{AbsenceId, HandoverId, RecordId, TeamId, UserId};
use crate::model::record::{Class, Kind, Record, Status};
use crate::model::time::Timestamp;
use std::collections::HashSet;

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    absence_id: Option<i64>,
    from_user_id: i64,
    to_user_id: Option<i64>,
    state: String,
    goal: String,
    reason: String,
    planned: bool,
    forced: bool,
    by_hand: bool,
    total: i64,
    done: i64,
    by_user_id: Option<i64>,
    acting_user_id: Option<i64>,
    created_at: i64,
    returns_at: Option<i64>,
    settled_at: Option<i64>,
}

macro_rules! select {
    ($($rest:expr),*) => {
        concat!(
            "select h.id, h.absence_id, h.from_user_id, h.to_user_id, h.state, h.goal, h.reason, h.planned, h.forced,
               h.by_hand, h.total, h.done, h.by_user_id, h.acting_user_id, h.created_at, h.returns_at, h.settled_at
               from handovers h ",
            $($rest),*
        )
    };
}

/// A hand-over that is to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// The absence it belongs to.
    pub absence: Option<AbsenceId>,
    /// Whose records.
    pub from: UserId,
    /// Who receives all of them; `None`: as the absence says.
    pub to: Option<UserId>,
    /// Why, in the words of whoever begins it.
    pub reason: String,
    /// Who begins it; `None`: Standin itself, or the operator.
    pub by: Option<UserId>,
    /// When it returns by itself where it belongs to no absence.
    pub returns_at: Option<Timestamp>,
}

/// Begins a hand-over with an empty journal: a worker takes it up from here.
pub async fn add(tx: &mut Tx, new: &New, now: Timestamp) -> Result<HandoverId> {
    const ADD: &str = "insert into handovers (absence_id, from_user_id, to_user_id, state, goal, reason, total,
          by_user_id, acting_user_id, created_at, returns_at)
        values ($1, $2, $3, 'running', 'done', $4, 0, $5, $5, $6, $7) returning id";
    let (id,): (i64,) = one!(
        tx,
        ADD,
        new.absence.map(|a| a.0),
        new.from.0,
        new.to.map(|u| u.0),
        new.reason.as_str(),
        new.by.map(|u| u.0),
        now.0,
        new.returns_at.map(|t| t.0),
    )?;
    Ok(HandoverId(id))
}

/// The hand-over with this id.
pub async fn load(tx: &mut Tx, id: HandoverId) -> Result<Option<Handover>> {
    let row: Option<Row> = maybe!(tx, select!("where h.id = $1"), id.0)?;
    row.map(handover).transpose()
}

/// The latest hand-overs of these people's records, and those that these people received; of
/// everybody for `None`. At most `limit`, the latest first.
pub async fn latest(tx: &mut Tx, people: Option<&[UserId]>, limit: i64) -> Result<Vec<Handover>> {
    const ALL: &str = select!("order by h.created_at desc, h.id desc limit $1");
    const OF: &str = select!(
        "where h.from_user_id in (select cast(value as bigint) from json_each($2))
           or h.to_user_id in (select cast(value as bigint) from json_each($2))
         order by h.created_at desc, h.id desc limit $1"
    );
    let rows: Vec<Row> = match people {
        None => all!(tx, ALL, limit)?,
        Some(people) => all!(tx, OF, limit, list(people.iter().map(|u| u.0)))?,
    };
    rows.into_iter().map(handover).collect()
}

/// The hand-overs on which somebody should work, the oldest first.
pub async fn under_way(tx: &mut Tx) -> Result<Vec<HandoverId>> {
    const LOAD: &str = "select id from handovers where state in ('running', 'returning', 'undoing') order by id";
    let rows: Vec<(i64,)> = all!(tx, LOAD)?;
    Ok(rows.into_iter().map(|(id,)| HandoverId(id)).collect())
}

/// Whether this hand-over is under way and nobody works on it: its worker's lease has run out, or
/// it had none yet.
pub async fn is_idle(tx: &mut Tx, id: HandoverId, now: Timestamp) -> Result<bool> {
    const IDLE: &str = "select id from handovers where id = $1 and state in ('running', 'returning', 'undoing')
        and (worker is null or lease_until <= $2)";
    let row: Option<(i64,)> = maybe!(tx, IDLE, id.0, now.0)?;
    Ok(row.is_some())
}

/// The hand-overs of `from` that hold or move records at this moment, the latest first.
pub async fn open_of(tx: &mut Tx, from: UserId) -> Result<Vec<Handover>> {
    const LOAD: &str = select!(
        "where h.from_user_id = $1 and h.state in ('running', 'done', 'returning', 'undoing') order by h.id desc"
    );
    let rows: Vec<Row> = all!(tx, LOAD, from.0)?;
    rows.into_iter().map(handover).collect()
}

/// Takes the hand-over for `worker` until `until`, or keeps it. `None` where nothing is to do, or
/// somebody else works on it.
pub async fn claim(
    tx: &mut Tx,
    id: HandoverId,
    worker: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Handover>> {
    const CLAIM: &str = "update handovers set worker = $2, lease_until = $4
        where id = $1 and state in ('running', 'returning', 'undoing')
          and (worker is null or worker = $2 or lease_until <= $3)";
    if run!(tx, CLAIM, id.0, worker, now.0, until.0)? == 0 {
        return Ok(None);
    }
    load(tx, id).await
}

/// What a hand-over is to do next.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// The state it goes to.
    pub to: State,
    /// Where that leads.
    pub goal: State,
    /// How many records that concerns.
    pub total: i64,
    /// Whether what people gave to others is taken, too.
    pub forced: bool,
    /// Whether a person asked for it: the clock leaves the hand-over alone from then on.
    pub by_hand: bool,
    /// Who that is; `None`: Standin itself, or the operator.
    pub by: Option<UserId>,
}

/// Sends a hand-over that is in `from` another way, whoever worked on it. False where it was in
/// another state by then.
pub async fn turn(tx: &mut Tx, id: HandoverId, from: State, turn: &Turn) -> Result<bool> {
    const TURN: &str = "update handovers set state = $3, goal = $4, total = $5, done = 0, forced = $6,
          by_hand = by_hand or $7, acting_user_id = $8, worker = null, lease_until = null
        where id = $1 and state = $2";
    let Turn { to, goal, total, forced, by_hand, by } = *turn;
    let by = by.map(|u| u.0);
    Ok(run!(tx, TURN, id.0, from.word(), to.word(), goal.word(), total, forced, by_hand, by)? > 0)
}

/// Notes that the journal is complete and how many records it holds.
pub async fn planned(tx: &mut Tx, id: HandoverId) -> Result<()> {
    const PLANNED: &str = "update handovers set planned = true, total = (select count(*) from handover_items i
          where i.handover_id = handovers.id and i.what = 'record') where id = $1";
    run!(tx, PLANNED, id.0)?;
    Ok(())
}

/// Notes that `more` records are dealt with.
pub async fn advance(tx: &mut Tx, id: HandoverId, more: i64) -> Result<()> {
    run!(tx, "update handovers set done = done + $2 where id = $1", id.0, more)?;
    Ok(())
}

/// Ends what was under way.
pub async fn settle(tx: &mut Tx, handover: &Handover, now: Timestamp) -> Result<()> {
    const SETTLE: &str = "update handovers set state = goal, settled_at = $2, worker = null, lease_until = null
        where id = $1";
    run!(tx, SETTLE, handover.id.0, now.0)?;
    Ok(())
}

/// The absences at `now` whose records are to be handed over, and for which nothing was begun or
/// decided by a person yet.
pub async fn due_to_begin(tx: &mut Tx, now: Timestamp) -> Result<Vec<AbsenceId>> {
    const DUE: &str = "select a.id from absences a
        where a.plan = 'hand-over' and a.starts_at <= $1 and (a.ends_at is null or a.ends_at > $1)
          and not exists (select 1 from handovers h where h.absence_id = a.id
            and (h.by_hand or h.state in ('running', 'done', 'returning', 'undoing')))
        order by a.starts_at, a.id";
    let rows: Vec<(i64,)> = all!(tx, DUE, now.0)?;
    Ok(rows.into_iter().map(|(id,)| AbsenceId(id)).collect())
}

/// The hand-overs that are to return at `now` by themselves: their absence is over or was called
/// off, or their day has come.
pub async fn due_to_return(tx: &mut Tx, now: Timestamp) -> Result<Vec<HandoverId>> {
    const DUE: &str = "select h.id from handovers h left join absences a on a.id = h.absence_id
        where h.state = 'done' and not h.by_hand
          and ((a.id is null and h.returns_at <= $1) or a.ends_at <= $1 or a.ends_at <= a.starts_at)
        order by h.id";
    let rows: Vec<(i64,)> = all!(tx, DUE, now.0)?;
    Ok(rows.into_iter().map(|(id,)| HandoverId(id)).collect())
}

#[derive(sqlx::FromRow)]
struct OwnedRow {
    id: i64,
    kind: String,
    team_id: Option<i64>,
    confidential: bool,
    status: String,
    account_id: Option<i64>,
    class: Option<String>,
}

/// Everything that `owner` owns, confidential records too, as rights see it, in order of id.
/// Names are left out: this is for tens of thousands.
pub async fn owned(tx: &mut Tx, owner: UserId) -> Result<Vec<Record>> {
    const LOAD: &str = "select r.id, r.kind, r.team_id, r.confidential, r.status, r.account_id,
          coalesce(r.class, a.class) as class
        from records r left join records a on a.id = r.account_id
        where r.owner_id = $1 and r.deleted_at is null order by r.id";
    let rows: Vec<OwnedRow> = all!(tx, LOAD, owner.0)?;
    rows.into_iter().map(|row| record(row, owner)).collect()
}

/// Those of `owner`'s records on which a mail is marked confidential.
pub async fn with_sealed(tx: &mut Tx, owner: UserId) -> Result<HashSet<RecordId>> {
    const LOAD: &str = "select r.id from records r where r.owner_id = $1
        and exists (select 1 from links l where l.governing_id = r.id and l.sealed)";
    let rows: Vec<(i64,)> = all!(tx, LOAD, owner.0)?;
    Ok(rows.into_iter().map(|(id,)| RecordId(id)).collect())
}

fn record(row: OwnedRow, owner: UserId) -> Result<Record> {
    let bad = |column| StoreError::BadRow { table: "records", id: row.id, column };
    Ok(Record {
        id: RecordId(row.id),
        kind: Kind::from_word(&row.kind).ok_or_else(|| bad("kind"))?,
        name: String::new(),
        owner,
        team: row.team_id.map(TeamId),
        confidential: row.confidential,
        status: Status::from_word(&row.status).ok_or_else(|| bad("status"))?,
        account: row.account_id.map(RecordId),
        class: row.class.as_deref().and_then(Class::from_word),
        end_account: None,
        end_contact: None,
    })
}

/// The open activities of `responsible`: their ids and the records they are on.
pub async fn open_activities(tx: &mut Tx, responsible: UserId) -> Result<Vec<(i64, RecordId)>> {
    const LOAD: &str = "select id, record_id from activities where responsible_id = $1 and status = 'open'";
    let rows: Vec<(i64, i64)> = all!(tx, LOAD, responsible.0)?;
    Ok(rows.into_iter().map(|(id, record)| (id, RecordId(record))).collect())
}

/// The records of `owner` on which there are shares.
pub async fn shared(tx: &mut Tx, owner: UserId) -> Result<Vec<RecordId>> {
    const LOAD: &str = "select distinct s.record_id from shares s join records r on r.id = s.record_id
        where r.owner_id = $1 order by s.record_id";
    let rows: Vec<(i64,)> = all!(tx, LOAD, owner.0)?;
    Ok(rows.into_iter().map(|(id,)| RecordId(id)).collect())
}

fn handover(row: Row) -> Result<Handover> {
    let bad = |column| StoreError::BadRow { table: "handovers", id: row.id, column };
    Ok(Handover {
        id: HandoverId(row.id),
        absence: row.absence_id.map(AbsenceId),
        from: UserId(row.from_user_id),
        to: row.to_user_id.map(UserId),
        state: State::from_word(&row.state).ok_or_else(|| bad("state"))?,
        goal: State::from_word(&row.goal).ok_or_else(|| bad("goal"))?,
        planned: row.planned,
        forced: row.forced,
        by_hand: row.by_hand,
        total: row.total,
        done: row.done,
        by: row.by_user_id.map(UserId),
        acting: row.acting_user_id.map(UserId),
        created_at: Timestamp(row.created_at),
        returns_at: row.returns_at.map(Timestamp),
        settled_at: row.settled_at.map(Timestamp),
        reason: row.reason,
    })
}

//! Absences: who is away when, and who stands in.

use super::{Result, StoreError, Tx, insert_many, list};
use crate::model::absence::{Absence, CoverPlan, Exception, Nature, Selector};
use crate::model::id::{AbsenceId, RecordId, TeamId, UserId};
use crate::model::record::{Class, Kind};
use crate::model::time::Timestamp;
use chrono::{NaiveDate, NaiveTime};
use std::collections::HashMap;

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: i64,
    first_day: String,
    last_day: Option<String>,
    back_on: Option<String>,
    first_time: Option<String>,
    last_time: Option<String>,
    confirm_on: Option<String>,
    r#type: String,
    plan: String,
    cover_writes: bool,
    zone: String,
    starts_at: i64,
    ends_at: Option<i64>,
    substitute_id: Option<i64>,
    deputy_id: Option<i64>,
    notice: bool,
    notice_since: Option<i64>,
    notice_texts: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, user_id, first_day, last_day, back_on, first_time, last_time, confirm_on, type, plan,
               cover_writes, zone, starts_at, ends_at, substitute_id, deputy_id,
               notice, notice_since, notice_texts from absences ",
            $rest
        )
    };
}

/// Saves a new absence with its exceptions; its `id` is not looked at. `by` is who entered it,
/// `None` for the operator.
pub async fn add(tx: &mut Tx, absence: &Absence, by: Option<UserId>, now: Timestamp) -> Result<AbsenceId> {
    const ADD: &str = "insert into absences (user_id, first_day, zone, starts_at, notice, created_by, created_at)
        values ($1, $2, $3, $4, false, $5, $6) returning id";
    let first = absence.first_day.to_string();
    let by = by.map(|u| u.0);
    let (id,): (i64,) = one!(tx, ADD, absence.user.0, first, absence.zone.as_str(), absence.starts.0, by, now.0)?;
    replace(tx, &Absence { id: AbsenceId(id), ..absence.clone() }, now).await?;
    Ok(AbsenceId(id))
}

/// Makes the absence with this id what `absence` says, its exceptions too. The person stays.
pub async fn replace(tx: &mut Tx, absence: &Absence, now: Timestamp) -> Result<()> {
    const SET: &str = "update absences set first_day = $2, last_day = $3, back_on = $4, first_time = $5,
          last_time = $6, confirm_on = $7, type = $8, plan = $9, cover_writes = $10, zone = $11, starts_at = $12,
          ends_at = $13, substitute_id = $14, deputy_id = $15, notice = $16, notice_since = $17, notice_texts = $18,
          ended_early = false, updated_at = $19 where id = $1";
    let texts = serde_json::json!(absence.notice_texts).to_string();
    let time = |time: NaiveTime| time.format("%H:%M").to_string();
    run!(
        tx,
        SET,
        absence.id.0,
        absence.first_day.to_string(),
        absence.last_day.map(|d| d.to_string()),
        absence.back_on.map(|d| d.to_string()),
        absence.first_time.map(time),
        absence.last_time.map(time),
        absence.confirm_on.map(|d| d.to_string()),
        absence.nature.word(),
        absence.plan.word(),
        absence.cover_writes,
        absence.zone.as_str(),
        absence.starts.0,
        absence.ends.map(|t| t.0),
        absence.substitute.map(|u| u.0),
        absence.deputy.map(|u| u.0),
        absence.notice,
        absence.notice_since.map(|t| t.0),
        texts.as_str(),
        now.0,
    )?;
    run!(tx, "delete from absence_exceptions where absence_id = $1", absence.id.0)?;
    let rows = (0_i64..).zip(&absence.exceptions).map(|(position, exception)| {
        let (what, record, team, word) = columns(exception.what);
        vec![
            absence.id.0.into(),
            position.into(),
            what.into(),
            record.into(),
            team.into(),
            word.into(),
            exception.substitute.0.into(),
        ]
    });
    let into = "absence_exceptions (absence_id, position, what, record_id, team_id, word, substitute_id)";
    insert_many(tx, into, "", rows.collect()).await
}

/// A selector's columns: `what`, `record_id`, `team_id`, `word`.
fn columns(what: Selector) -> (&'static str, Option<i64>, Option<i64>, Option<String>) {
    match what {
        Selector::Record(id) => ("record", Some(id.0), None, None),
        Selector::Account(id) => ("account", Some(id.0), None, None),
        Selector::Team(id) => ("team", None, Some(id.0), None),
        Selector::Class(class) => ("class", None, None, Some(class.word().to_owned())),
        Selector::Kind(kind) => ("kind", None, None, Some(kind.word().to_owned())),
    }
}

/// The absence with this id.
pub async fn load(tx: &mut Tx, id: AbsenceId) -> Result<Option<Absence>> {
    let row: Option<Row> = maybe!(tx, select!("where id = $1"), id.0)?;
    Ok(with_exceptions(tx, row.into_iter().collect()).await?.pop())
}

/// Every absence that is not over at `now`, those that begin first on top.
pub async fn not_over(tx: &mut Tx, now: Timestamp) -> Result<Vec<Absence>> {
    let rows: Vec<Row> = all!(
        tx,
        select!("where ends_at is null or (ends_at > $1 and ends_at > starts_at) order by starts_at, id"),
        now.0
    )?;
    with_exceptions(tx, rows).await
}

/// Every absence there ever was, the latest first.
pub async fn every(tx: &mut Tx) -> Result<Vec<Absence>> {
    let rows: Vec<Row> = all!(tx, select!("order by starts_at desc, id desc"))?;
    with_exceptions(tx, rows).await
}

/// Every absence that has a moment between `from` and `until`, called off ones left out; by person.
pub async fn between(tx: &mut Tx, from: Timestamp, until: Timestamp) -> Result<Vec<Absence>> {
    const LOAD: &str = select!(
        "where starts_at < $2 and (ends_at is null or (ends_at > $1 and ends_at > starts_at)) order by user_id, starts_at, id"
    );
    let rows: Vec<Row> = all!(tx, LOAD, from.0, until.0)?;
    with_exceptions(tx, rows).await
}

type ExceptionRow = (i64, String, Option<i64>, Option<i64>, Option<String>, i64);

async fn with_exceptions(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<Absence>> {
    const LOAD: &str = "select absence_id, what, record_id, team_id, word, substitute_id from absence_exceptions
        where absence_id in (select cast(value as bigint) from json_each($1)) order by absence_id, position";
    let ids = list(rows.iter().map(|row| row.id));
    let found: Vec<ExceptionRow> = if rows.is_empty() { Vec::new() } else { all!(tx, LOAD, ids)? };
    let mut of: HashMap<i64, Vec<Exception>> = HashMap::new();
    for (absence, what, record, team, word, substitute) in found {
        let bad = StoreError::BadRow { table: "absence_exceptions", id: absence, column: "what" };
        let selector = match (what.as_str(), record, team, word.as_deref()) {
            ("record", Some(id), ..) => Some(Selector::Record(RecordId(id))),
            ("account", Some(id), ..) => Some(Selector::Account(RecordId(id))),
            ("team", _, Some(id), _) => Some(Selector::Team(TeamId(id))),
            ("class", .., Some(word)) => Class::from_word(word).map(Selector::Class),
            ("kind", .., Some(word)) => Kind::from_word(word).map(Selector::Kind),
            _ => None,
        };
        let exception = Exception { what: selector.ok_or(bad)?, substitute: UserId(substitute) };
        of.entry(absence).or_default().push(exception);
    }
    rows.into_iter().map(|row| absence(of.remove(&row.id).unwrap_or_default(), row)).collect()
}

/// Ends an absence at `at`: the person is back from that moment. One that had not begun yet never
/// runs. Gives false where it was over already or there is none.
///
/// The dates stay as entered; `ends` is what counts.
pub async fn end(tx: &mut Tx, id: AbsenceId, at: Timestamp) -> Result<bool> {
    const END: &str = "update absences set ends_at = case when starts_at > $2 then starts_at else $2 end,
          ended_early = true, updated_at = $2 where id = $1 and (ends_at is null or ends_at > $2) and (ends_at is null or ends_at > starts_at)";
    Ok(run!(tx, END, id.0, at.0)? > 0)
}

/// Open activities of `owner` on their own records, by record: those that a hand-over takes along.
pub async fn open_activities(tx: &mut Tx, owner: UserId) -> Result<HashMap<RecordId, i64>> {
    const LOAD: &str = "select a.record_id, count(*) from activities a join records r on r.id = a.record_id
        where a.responsible_id = $1 and a.status = 'open' and r.owner_id = $1 group by a.record_id";
    let rows: Vec<(i64, i64)> = all!(tx, LOAD, owner.0)?;
    Ok(rows.into_iter().map(|(record, count)| (RecordId(record), count)).collect())
}

/// The team to which the new records of each of these users fall.
pub async fn teams_of(tx: &mut Tx, users: impl IntoIterator<Item = UserId>) -> Result<HashMap<UserId, Option<TeamId>>> {
    const LOAD: &str = "select id, team_id from users where id in (select cast(value as bigint) from json_each($1))";
    let rows: Vec<(i64, Option<i64>)> = all!(tx, LOAD, list(users.into_iter().map(|u| u.0)))?;
    Ok(rows.into_iter().map(|(user, team)| (UserId(user), team.map(TeamId))).collect())
}

fn absence(exceptions: Vec<Exception>, row: Row) -> Result<Absence> {
    let bad = |column| StoreError::BadRow { table: "absences", id: row.id, column };
    let day = |text: &str, column| text.parse::<NaiveDate>().map_err(|_| bad(column));
    let optional = |text: &Option<String>, column| text.as_deref().map(|t| day(t, column)).transpose();
    let time = |text: &Option<String>, column| {
        text.as_deref().map(|t| NaiveTime::parse_from_str(t, "%H:%M").map_err(|_| bad(column))).transpose()
    };
    Ok(Absence {
        id: AbsenceId(row.id),
        user: UserId(row.user_id),
        first_day: day(&row.first_day, "first_day")?,
        last_day: optional(&row.last_day, "last_day")?,
        back_on: optional(&row.back_on, "back_on")?,
        first_time: time(&row.first_time, "first_time")?,
        last_time: time(&row.last_time, "last_time")?,
        confirm_on: optional(&row.confirm_on, "confirm_on")?,
        nature: Nature::from_word(&row.r#type).ok_or_else(|| bad("type"))?,
        exceptions,
        plan: CoverPlan::from_word(&row.plan).ok_or_else(|| bad("plan"))?,
        cover_writes: row.cover_writes,
        starts: Timestamp(row.starts_at),
        ends: row.ends_at.map(Timestamp),
        substitute: row.substitute_id.map(UserId),
        deputy: row.deputy_id.map(UserId),
        notice: row.notice,
        notice_since: row.notice_since.map(Timestamp),
        notice_texts: serde_json::from_str(&row.notice_texts).map_err(|_| bad("notice_texts"))?,
        zone: row.zone,
    })
}

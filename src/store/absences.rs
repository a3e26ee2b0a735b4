//! Absences: who is away when, and who stands in.

use super::{Result, StoreError, Tx};
use crate::model::absence::Absence;
use crate::model::id::{AbsenceId, UserId};
use crate::model::time::Timestamp;
use chrono::NaiveDate;

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: i64,
    first_day: String,
    last_day: Option<String>,
    back_on: Option<String>,
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
            "select id, user_id, first_day, last_day, back_on, zone, starts_at, ends_at, substitute_id, deputy_id,
               notice, notice_since, notice_texts from absences ",
            $rest
        )
    };
}

/// Saves a new absence; its `id` is not looked at. `by` is who entered it, `None` for the operator.
pub async fn add(tx: &mut Tx, absence: &Absence, by: Option<UserId>, now: Timestamp) -> Result<AbsenceId> {
    const ADD: &str = "insert into absences (user_id, first_day, last_day, back_on, zone, starts_at, ends_at,
          substitute_id, deputy_id, notice, notice_since, notice_texts, created_by, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning id";
    let texts = serde_json::json!(absence.notice_texts).to_string();
    let (id,): (i64,) = one!(
        tx,
        ADD,
        absence.user.0,
        absence.first_day.to_string(),
        absence.last_day.map(|d| d.to_string()),
        absence.back_on.map(|d| d.to_string()),
        absence.zone.as_str(),
        absence.starts.0,
        absence.ends.map(|t| t.0),
        absence.substitute.map(|u| u.0),
        absence.deputy.map(|u| u.0),
        absence.notice,
        absence.notice_since.map(|t| t.0),
        texts.as_str(),
        by.map(|u| u.0),
        now.0,
    )?;
    Ok(AbsenceId(id))
}

/// The absence with this id.
pub async fn load(tx: &mut Tx, id: AbsenceId) -> Result<Option<Absence>> {
    let row: Option<Row> = maybe!(tx, select!("where id = $1"), id.0)?;
    row.map(absence).transpose()
}

/// Every absence that is not over at `now`, those that begin first on top.
pub async fn not_over(tx: &mut Tx, now: Timestamp) -> Result<Vec<Absence>> {
    let rows: Vec<Row> = all!(tx, select!("where ends_at is null or ends_at > $1 order by starts_at, id"), now.0)?;
    rows.into_iter().map(absence).collect()
}

/// Every absence there ever was, the latest first.
pub async fn every(tx: &mut Tx) -> Result<Vec<Absence>> {
    let rows: Vec<Row> = all!(tx, select!("order by starts_at desc, id desc"))?;
    rows.into_iter().map(absence).collect()
}

/// Ends an absence at `at`: the person is back from that moment. One that had not begun yet never
/// runs. Gives false where it was over already or there is none.
///
/// The dates stay as entered; `ends` is what counts.
pub async fn end(tx: &mut Tx, id: AbsenceId, at: Timestamp) -> Result<bool> {
    const END: &str = "update absences set ends_at = case when starts_at > $2 then starts_at else $2 end
        where id = $1 and (ends_at is null or ends_at > $2) and (ends_at is null or ends_at > starts_at)";
    Ok(run!(tx, END, id.0, at.0)? > 0)
}

fn absence(row: Row) -> Result<Absence> {
    let bad = |column| StoreError::BadRow { table: "absences", id: row.id, column };
    let day = |text: &str, column| text.parse::<NaiveDate>().map_err(|_| bad(column));
    let optional = |text: &Option<String>, column| text.as_deref().map(|t| day(t, column)).transpose();
    Ok(Absence {
        id: AbsenceId(row.id),
        user: UserId(row.user_id),
        first_day: day(&row.first_day, "first_day")?,
        last_day: optional(&row.last_day, "last_day")?,
        back_on: optional(&row.back_on, "back_on")?,
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

//! What people are asked about: which mails stand in review, and what was decided about them in one go.
//! Whoever looks at it is shown it by `views::review`, under their scope.

use super::bulk::insert_many;
use super::{Result, StoreError, Tx, list};
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::review::{Asked, Reason};
use crate::model::time::{DAY, Timestamp};
use std::collections::HashMap;

/// A question to write down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReview {
    /// The mail.
    pub mail: MailId,
    /// Its place in time.
    pub at: Timestamp,
    /// What is asked.
    pub asked: Asked,
    /// Of a filing: why it could not be honoured, a word; else empty.
    pub detail: String,
}

impl NewReview {
    /// A filing that could not be honoured: where it was meant to go, and a word that says why not.
    pub fn filing(mail: MailId, at: Timestamp, records: Vec<RecordId>, why: &str) -> NewReview {
        NewReview { mail, at, asked: Asked { reason: Reason::Filing, records }, detail: why.to_owned() }
    }
}

/// Writes questions down; one that stands for this mail and reason is replaced.
pub async fn insert(tx: &mut Tx, new: &[NewReview], now: Timestamp) -> Result<()> {
    let rows = new.iter().map(|review| {
        vec![
            review.mail.0.into(),
            review.asked.reason.word().into(),
            review.at.0.into(),
            list(review.asked.records.iter().map(|r| r.0)).into(),
            review.detail.as_str().into(),
            now.0.into(),
        ]
    });
    insert_many(
        tx,
        "reviews (mail_id, reason, at, records, detail, asked_at)",
        "on conflict (mail_id, reason) do update set at = excluded.at, records = excluded.records, \
         detail = excluded.detail",
        rows.collect(),
    )
    .await
}

/// What linking asked about these mails before. A filing that could not be honoured is not of it.
pub async fn of_mails(tx: &mut Tx, mails: &[MailId]) -> Result<HashMap<MailId, Asked>> {
    if mails.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, String, String)> = all!(
        tx,
        "select mail_id, reason, records from reviews \
         where mail_id in (select cast(value as bigint) from json_each($1)) and reason <> 'filing'",
        list(mails.iter().map(|m| m.0))
    )?;
    rows.into_iter().map(|(id, reason, records)| Ok((MailId(id), asked(id, &reason, &records)?))).collect()
}

pub(super) fn asked(id: i64, reason: &str, records: &str) -> Result<Asked> {
    let bad = |column| StoreError::BadRow { table: "reviews", id, column };
    let records: Vec<RecordId> = serde_json::from_str(records).map_err(|_| bad("records"))?;
    Ok(Asked { reason: Reason::from_word(reason).ok_or_else(|| bad("reason"))?, records })
}

/// Takes back what linking asked about these mails.
pub async fn settle(tx: &mut Tx, mails: &[MailId]) -> Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    run!(
        tx,
        "delete from reviews where mail_id in (select cast(value as bigint) from json_each($1)) and reason <> 'filing'",
        list(mails.iter().map(|m| m.0))
    )?;
    Ok(())
}

/// Moves questions to where their mails stand in time by now.
pub async fn follow(tx: &mut Tx, mails: &[MailId]) -> Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    run!(
        tx,
        "update reviews set at = (select m.at from mails m where m.id = reviews.mail_id) \
         where mail_id in (select cast(value as bigint) from json_each($1))",
        list(mails.iter().map(|m| m.0))
    )?;
    Ok(())
}

/// A filing that could not be honoured was decided.
pub async fn filing_decided(tx: &mut Tx, mail: MailId) -> Result<bool> {
    Ok(run!(tx, "delete from reviews where mail_id = $1 and reason = 'filing'", mail.0)? > 0)
}

/// Of these mails those of which a copy lies in a shared mailbox.
pub async fn on_shared(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<MailId>> {
    if mails.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = all!(
        tx,
        "select distinct l.mail_id from locations l join folders f on f.id = l.folder_id \
         join mailboxes b on b.id = f.mailbox_id where b.user_id is null \
         and l.mail_id in (select cast(value as bigint) from json_each($1))",
        list(mails.iter().map(|m| m.0))
    )?;
    Ok(rows.into_iter().map(|(id,)| MailId(id)).collect())
}

/// Of these mails those that share their Message-ID with another stored one.
pub async fn of_one_id(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<MailId>> {
    if mails.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = all!(
        tx,
        "select m.id from mails m where m.id in (select cast(value as bigint) from json_each($1)) \
         and exists (select 1 from mails o where o.id_key = m.id_key and o.id <> m.id)",
        list(mails.iter().map(|m| m.0))
    )?;
    Ok(rows.into_iter().map(|(id,)| MailId(id)).collect())
}

/// Of these mails those that stand on nothing: what a further copy in a shared mailbox makes a question of.
pub async fn standing_nowhere(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<MailId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select id from mails where linking = 'review' and id in (select cast(value as bigint) from json_each($1))",
        list(mails.iter().map(|m| m.0))
    )?;
    Ok(rows.into_iter().map(|(id,)| MailId(id)).collect())
}

/// Puts one record in the place of another in what is asked: they were merged, or parted again. With
/// `mails` only of these.
pub async fn instead(tx: &mut Tx, from: RecordId, to: RecordId, mails: Option<&[MailId]>) -> Result<()> {
    let rows: Vec<(i64, String, String)> = all!(
        tx,
        "select mail_id, reason, records from reviews where records <> '[]' and ($1 = '' or mail_id in \
         (select cast(value as bigint) from json_each(case when $1 = '' then '[]' else $1 end)))",
        mails.map(|m| list(m.iter().map(|m| m.0))).unwrap_or_default()
    )?;
    for (id, reason, text) in rows {
        let mut records = asked(id, &reason, &text)?.records;
        if !records.contains(&from) {
            continue;
        }
        records.retain(|record| *record != to);
        records.iter_mut().filter(|record| **record == from).for_each(|record| *record = to);
        let records = list(records.iter().map(|r| r.0));
        run!(tx, "update reviews set records = $3 where mail_id = $1 and reason = $2", id, reason, records)?;
    }
    Ok(())
}

/// What somebody decided, or was shown to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its row.
    pub id: i64,
    /// Who; `None` for the operator.
    pub user: Option<UserId>,
    /// JSON: what is decided.
    pub choice: String,
    /// The mails that were shown.
    pub mails: Vec<MailId>,
    /// JSON: the corrections made of it, and what was left out.
    pub told: String,
    /// When it was carried out.
    pub done: Option<Timestamp>,
    /// When it was taken back.
    pub undone: Option<Timestamp>,
}

/// Keeps what somebody is shown before a decision, and throws away what was shown more than a day ago
/// and never carried out. Gives its number.
pub async fn keep_decision(
    tx: &mut Tx,
    user: Option<UserId>,
    choice: &str,
    mails: &[MailId],
    now: Timestamp,
) -> Result<i64> {
    run!(tx, "delete from decisions where done_at is null and created_at < $1", now.plus(-DAY).0)?;
    let (id,): (i64,) = one!(
        tx,
        "insert into decisions (user_id, choice, mails, told, created_at) values ($1, $2, $3, '{}', $4) returning id",
        user.map(|u| u.0),
        choice,
        list(mails.iter().map(|m| m.0)),
        now.0
    )?;
    Ok(id)
}

/// A decision by its number, held until this unit of work ends: it is carried out or undone once.
pub async fn decision(tx: &mut Tx, id: i64) -> Result<Option<Decision>> {
    type Row = (Option<i64>, String, String, String, Option<i64>, Option<i64>);
    let row: Option<Row> =
        maybe!(tx, "select user_id, choice, mails, told, done_at, undone_at from decisions where id = $1", id)?;
    let Some((user, choice, mails, told, done, undone)) = row else { return Ok(None) };
    let bad = |_| StoreError::BadRow { table: "decisions", id, column: "mails" };
    Ok(Some(Decision {
        id,
        user: user.map(UserId),
        choice,
        mails: serde_json::from_str(&mails).map_err(bad)?,
        told,
        done: done.map(Timestamp),
        undone: undone.map(Timestamp),
    }))
}

/// What somebody decided about a mail in review since a moment and that was not taken back: the number and when; the
/// latest. What was shown to them and left out does not count.
pub async fn decided_about(
    tx: &mut Tx,
    user: UserId,
    mail: MailId,
    since: Timestamp,
) -> Result<Option<(i64, Timestamp)>> {
    let rows: Vec<(i64, i64, String)> = all!(
        tx,
        "select d.id, d.done_at, d.told from decisions d where d.user_id = $1 and d.created_at >= $3 \
         and d.done_at is not null and d.undone_at is null \
         and exists (select 1 from json_each(d.mails) k where cast(k.value as bigint) = $2) \
         order by d.done_at desc, d.id desc limit 20",
        user.0,
        mail.0,
        since.0
    )?;
    let decided = |told: &str| {
        let told: serde_json::Value = serde_json::from_str(told).unwrap_or_default();
        let done = told.get("done").and_then(|done| done.as_array());
        done.into_iter().flatten().any(|one| one.get(0).and_then(|id| id.as_i64()) == Some(mail.0))
    };
    let found = rows.into_iter().find(|(_, _, told)| decided(told));
    Ok(found.map(|(id, at, _)| (id, Timestamp(at))))
}

/// Notes that a decision was carried out, and what came of it. False if it was before.
pub async fn decision_done(tx: &mut Tx, id: i64, told: &str, now: Timestamp) -> Result<bool> {
    let done =
        run!(tx, "update decisions set done_at = $2, told = $3 where id = $1 and done_at is null", id, now.0, told)?;
    Ok(done > 0)
}

/// How many decisions of somebody's stand since a moment.
pub async fn decided_since(tx: &mut Tx, user: UserId, since: Timestamp) -> Result<i64> {
    let (count,): (i64,) = one!(
        tx,
        "select count(*) from decisions where user_id = $1 and created_at >= $2 and done_at is not null \
         and undone_at is null",
        user.0,
        since.0
    )?;
    Ok(count)
}

/// Notes that a decision was taken back. False if it was before.
pub async fn decision_undone(tx: &mut Tx, id: i64, now: Timestamp) -> Result<bool> {
    let undone = run!(
        tx,
        "update decisions set undone_at = $2 where id = $1 and done_at is not null and undone_at is null",
        id,
        now.0
    )?;
    Ok(undone > 0)
}

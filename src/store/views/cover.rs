//! What a substitute finds at the start of a cover, and what an owner finds at its end.

use super::super::notifications::{MailRow, RecordRow, listed_columns, named_columns};
use super::super::{Result, Tx};
use crate::access::Scope;
use crate::model::colleagues::{Deed, LastWord, Waiting};
use crate::model::id::{AbsenceId, MailId, UserId};
use crate::model::record::Record;
use crate::model::time::Timestamp;

/// The records of an owner that the viewer may read.
pub async fn records_of(tx: &mut Tx, scope: &Scope, owner: UserId) -> Result<Vec<Record>> {
    let rows: Vec<RecordRow> = all_seen!(
        tx,
        concat!("select ", named_columns!(), " from records g where g.owner_id = $8 and ", visible!("g")),
        scope,
        owner.0
    )?;
    rows.into_iter().map(RecordRow::record).collect()
}

/// Mails that `owner` wrote to clients since `since`, on records of theirs which the viewer may read,
/// where no person wrote in the thread after them: the latest first.
pub async fn last_words(
    tx: &mut Tx,
    scope: &Scope,
    owner: UserId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<LastWord>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: i64,
        at: i64,
        addressee: Option<String>,
        subject: String,
        #[sqlx(flatten)]
        record: RecordRow,
    }
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "with found as (
               select l.mail_id, min(l.governing_id) as governing_id
               from records h join links l on l.governing_id = h.id
               where h.owner_id = $8 and l.at >= $9 and ",
            entry!("h", "l.sealed"),
            " group by l.mail_id)
             select m.id, m.at, m.subject,
               (select coalesce(nullif(trim(p.name), ''), p.address) from mail_parties p
                where p.mail_id = m.id and p.field = 'to' order by p.position limit 1) as addressee, ",
            named_columns!(),
            " from found f join mails m on m.id = f.mail_id join records g on g.id = f.governing_id
             where m.direction = 'out' and m.author = 'human' and not m.auth_failed
               and m.from_address in (select u.address from user_addresses u where u.user_id = $8)
               and not exists (select 1 from mails x where x.thread_id = m.thread_id and x.author = 'human'
                 and (x.at > m.at or (x.at = m.at and x.id > m.id)))
             order by m.at desc, m.id desc limit $10"
        ),
        scope,
        owner.0,
        since.0,
        limit
    )?;
    let word = |row: Row| {
        Ok(LastWord {
            mail: MailId(row.id),
            at: Timestamp(row.at),
            to: row.addressee.unwrap_or_default(),
            subject: row.subject,
            record: row.record.record()?,
        })
    };
    rows.into_iter().map(word).collect()
}

/// A client's mail that came while somebody was away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// The mail.
    pub mail: Waiting,
    /// Who answered it first, and when. The name is empty where the viewer may not see the answer.
    pub answer: Option<(String, Timestamp)>,
}

/// Clients' mails written in the given time, governed by records of `owner` which the viewer may
/// read: the latest first.
pub async fn came_between(
    tx: &mut Tx,
    scope: &Scope,
    owner: UserId,
    (from, until): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<Came>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        answered_at: Option<i64>,
        answerer: Option<String>,
        #[sqlx(flatten)]
        mail: MailRow,
    }
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "with found as (
               select l.mail_id, min(l.governing_id) as governing_id
               from records h join links l on l.governing_id = h.id
               where h.owner_id = $8 and l.at >= $9 and l.at < $10 and ",
            entry!("h", "l.sealed"),
            " group by l.mail_id)
             select ",
            listed_columns!(),
            ", ",
            named_columns!(),
            ", m.answered_at,
               (select coalesce(w.name, nullif(trim(a.from_name), ''), a.from_address) from mails a
                left join user_addresses o on o.address = a.from_address left join users w on w.id = o.user_id
                where a.id = m.answered_by and exists (select 1 from links k join records s on s.id = k.governing_id
                  where k.mail_id = a.id and ",
            entry!("s", "k.sealed"),
            ")) as answerer
             from found f join mails m on m.id = f.mail_id join records g on g.id = f.governing_id
             where m.direction = 'in' and m.author = 'human' order by m.at desc, m.id desc limit $11"
        ),
        scope,
        owner.0,
        from.0,
        until.0,
        limit
    )?;
    rows.into_iter()
        .map(|row| {
            let answer = row.answered_at.map(|at| (row.answerer.unwrap_or_default(), Timestamp(at)));
            Ok(Came { mail: row.mail.waiting()?, answer })
        })
        .collect()
}

/// What others did in the given time on records of `owner` which the viewer may read: the latest
/// first.
pub async fn deeds(
    tx: &mut Tx,
    scope: &Scope,
    owner: UserId,
    (from, until): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<Deed>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        kind: String,
        subject: String,
        doer: String,
        happened_at: i64,
        #[sqlx(flatten)]
        record: RecordRow,
    }
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select t.kind, t.subject, u.name as doer, coalesce(t.done_at, t.created_at) as happened_at, ",
            named_columns!(),
            " from records g join activities t on t.record_id = g.id
             join users u on u.id = coalesce(t.done_by, t.author_id)
             where g.owner_id = $8 and u.id <> $8 and t.status <> 'cancelled'
               and coalesce(t.done_at, t.created_at) >= $9 and coalesce(t.done_at, t.created_at) < $10 and ",
            visible!("g"),
            " order by happened_at desc, t.id desc limit $11"
        ),
        scope,
        owner.0,
        from.0,
        until.0,
        limit
    )?;
    let deed = |row: Row| {
        Ok(Deed {
            kind: row.kind,
            subject: row.subject,
            by: row.doer,
            at: Timestamp(row.happened_at),
            record: row.record.record()?,
        })
    };
    rows.into_iter().map(deed).collect()
}

/// How many clients were told of an absence.
pub async fn notices_of(tx: &mut Tx, absence: AbsenceId) -> Result<i64> {
    let (count,): (i64,) = one!(tx, "select count(*) from notices where absence_id = $1", absence.0)?;
    Ok(count)
}

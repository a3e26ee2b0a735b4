//! One message: what it says, and why it stands where it stands.
//!
//! Two doors lead to it: the right to a record that governs one of its links, or a copy in one's
//! own mailbox. The second shows the message and nothing of records (P5).

use super::super::{Result, StoreError, Tx, list};
use super::parts::{Excerpt, Hung, MailRow, Named, Written, mail_columns, names};
use crate::access::Scope;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::time::Timestamp;
use std::collections::HashMap;
use std::io::Read;

/// A message as the viewer may see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// What a list shows of it; `text` holds the beginning only.
    pub mail: Excerpt,
    /// Everybody on it, in order. Blind copies only for whom it lies in an own mailbox.
    pub parties: Vec<Written>,
    /// When the server had it.
    pub arrived: Timestamp,
    /// The writer's whole new text.
    pub visible: String,
    /// Octets as received.
    pub size: i64,
    /// JSON of `model::mail::Evidence`s: why author and channel are what they are.
    pub evidence: String,
    /// Its ties to records, strongest first; only those whose record and governing record the
    /// viewer may read.
    pub ties: Vec<Tie>,
    /// JSON of `model::link::Candidate`s; empty without a right to a record.
    pub candidates: String,
    /// What was decided about absence notices; empty without a right to a record.
    pub notices: Vec<NoticeWord>,
}

/// A message's tie to a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tie {
    /// The record on whose timeline it stands.
    pub record: Named,
    /// The record that governs it there.
    pub governing: Named,
    /// JSON of `model::link::Evidence`.
    pub evidence: String,
    /// How strong it is, 0 to 100.
    pub score: i64,
    /// When it was decided.
    pub decided: Timestamp,
}

/// What was decided about answering a message for somebody who is away.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NoticeWord {
    /// Who is away.
    pub away: String,
    /// The rule that kept it silent; empty if a notice was to be sent.
    pub reason: String,
    /// When that was decided.
    pub at: Timestamp,
    /// The notice on its way, if one was made.
    pub sent: Option<Delivery>,
}

/// A notice's delivery.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Delivery {
    /// To whom.
    pub to: String,
    /// The word of `model::delivery::Delivery`.
    pub state: String,
    /// The submission server's last words.
    pub answer: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    mail: MailRow,
    arrived_at: i64,
    visible: String,
    size: i64,
    mail_evidence: String,
    candidates: String,
    by_record: bool,
    by_copy: bool,
}

/// SQL: the viewer may read a record that governs mail `m`.
macro_rules! by_record {
    () => {
        concat!(
            "exists (select 1 from links l join records g on g.id = l.governing_id where l.mail_id = m.id and ",
            entry!("g", "l.sealed"),
            ")"
        )
    };
}

/// SQL: a mailbox of the viewer holds this mail.
macro_rules! by_copy_of {
    ($mail:literal) => {
        concat!(
            "exists (select 1 from locations c join folders f on f.id = c.folder_id join mailboxes b on b.id = f.mailbox_id
                 where c.mail_id = ",
            $mail,
            " and c.state = 'stored' and b.user_id = $1)"
        )
    };
}

/// SQL: a mailbox of the viewer holds mail `m`.
macro_rules! by_copy {
    () => {
        by_copy_of!("m.id")
    };
}

pub(super) use {by_copy, by_copy_of, by_record};

/// Subjects of those of these mails that the viewer may read.
pub async fn subjects(tx: &mut Tx, scope: &Scope, ids: &[MailId]) -> Result<HashMap<MailId, String>> {
    let rows: Vec<(i64, String)> = all_seen!(
        tx,
        concat!(
            "select m.id, m.subject from mails m where m.id in (select cast(value as bigint) from json_each($8)) and (",
            by_record!(),
            " or ",
            by_copy!(),
            ")"
        ),
        scope,
        list(ids.iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(id, subject)| (MailId(id), subject)).collect())
}

/// The message; `None` if it is not there or not for the viewer.
pub async fn message(tx: &mut Tx, scope: &Scope, id: MailId) -> Result<Option<Message>> {
    let found: Option<Row> = maybe_seen!(
        tx,
        concat!(
            "select ",
            mail_columns!(),
            ", m.arrived_at, m.visible, m.size, m.evidence as mail_evidence, m.candidates, ",
            by_record!(),
            " as by_record, ",
            by_copy!(),
            " as by_copy from mails m where m.id = $8"
        ),
        scope,
        id.0
    )?;
    let Some(row) = found.filter(|row| row.by_record || row.by_copy) else { return Ok(None) };
    let hung = Hung::load(tx, scope, &[&row.mail]).await?;
    let mut mail = hung.excerpt(row.mail);
    let parties = parties(tx, scope, id).await?;
    if !row.by_record {
        // Waiting and answers follow from records: a copy in one's own mailbox tells nothing of them.
        mail.waits = false;
        mail.answer = None;
        (mail.called, mail.awaits, mail.follow_up) = (None, false, None);
        // That it is marked would tell that it stands on a record.
        mail.sealed = false;
    }
    Ok(Some(Message {
        mail,
        parties,
        arrived: Timestamp(row.arrived_at),
        visible: row.visible,
        size: row.size,
        evidence: row.mail_evidence,
        ties: if row.by_record { ties(tx, scope, id).await? } else { Vec::new() },
        candidates: if row.by_record { row.candidates } else { String::new() },
        notices: notices(tx, id, (!row.by_record).then_some(scope.viewer)).await?,
    }))
}

/// Who stands on a mail. Blind copies are shown to its author, and to themselves (R132).
async fn parties(tx: &mut Tx, scope: &Scope, id: MailId) -> Result<Vec<Written>> {
    let rows: Vec<(String, String, Option<String>)> = all!(
        tx,
        "select field, address, name from mail_parties
         where mail_id = $1 and (field <> 'bcc' or address in (select address from user_addresses where user_id = $2)
           or exists (select 1 from mails m join user_addresses u on u.address = m.from_address
             where m.id = $1 and u.user_id = $2)) order by position limit 1000",
        id.0,
        scope.viewer.0
    )?;
    Ok(rows.into_iter().map(|(field, address, name)| Written { field, name, address }).collect())
}

async fn ties(tx: &mut Tx, scope: &Scope, id: MailId) -> Result<Vec<Tie>> {
    let rows: Vec<(i64, i64, String, i64, i64)> = all_seen!(
        tx,
        concat!(
            "select r.id, g.id, l.evidence, l.score, l.decided_at
             from links l join records r on r.id = l.record_id join records g on g.id = l.governing_id
             where l.mail_id = $8 and ",
            visible!("r"),
            " and ",
            entry!("g", "l.sealed"),
            " order by l.score desc, r.id, g.id limit 200"
        ),
        scope,
        id.0
    )?;
    let ids = rows.iter().flat_map(|row| [row.0, row.1]).map(RecordId);
    let known = names(tx, scope, ids).await?;
    let mut ties: Vec<Tie> = Vec::new();
    for (record, governing, evidence, score, decided) in rows {
        // One line per record: the strongest reason comes first.
        let seen = ties.iter().any(|tie| tie.record.id.0 == record);
        let (Some(record), Some(governing)) = (known.get(&RecordId(record)), known.get(&RecordId(governing))) else {
            continue;
        };
        if !seen {
            let (record, governing) = (record.clone(), governing.clone());
            ties.push(Tie { record, governing, evidence, score, decided: Timestamp(decided) });
        }
    }
    Ok(ties)
}

/// What was decided about notices for a mail; with `only`, for that person alone: what was decided in their own name
/// they may know of a mail that stands on no record.
async fn notices(tx: &mut Tx, id: MailId, only: Option<UserId>) -> Result<Vec<NoticeWord>> {
    type NoticeRow = (String, String, i64, Option<String>, Option<String>, Option<String>);
    let rows: Vec<NoticeRow> = all!(
        tx,
        "select u.name, case when d.part = '' then d.reason else d.reason || '/' || d.part end, d.at, o.envelope_to, o.state, o.answer
         from notice_decisions d join users u on u.id = d.user_id left join outbox o on o.id = d.outbox_id
         where d.mail_id = $1 and d.user_id = coalesce($2, d.user_id) order by d.at, d.user_id",
        id.0,
        only.map(|user| user.0)
    )?;
    Ok(rows
        .into_iter()
        .map(|(away, reason, at, to, state, answer)| NoticeWord {
            away,
            reason,
            at: Timestamp(at),
            sent: to.zip(state).map(|(to, state)| Delivery { to, state, answer }),
        })
        .collect())
}

/// The whole mail as stored (see [`unpack`]); `None` if it is not there or not for the viewer.
pub async fn raw(tx: &mut Tx, scope: &Scope, id: MailId) -> Result<Option<Vec<u8>>> {
    let found: Option<(Vec<u8>,)> = maybe_seen!(
        tx,
        concat!(
            "select w.bytes from mails m join raws w on w.mail_id = m.id where m.id = $8 and (",
            by_record!(),
            " or ",
            by_copy!(),
            ")"
        ),
        scope,
        id.0
    )?;
    Ok(found.map(|(bytes,)| bytes))
}

/// The mail as it was received, from its stored form. Takes time: call it off the async threads.
/// Stops at `most` octets, so that damaged rows cannot fill the memory.
pub fn unpack(id: MailId, stored: &[u8], most: u64) -> Result<Vec<u8>> {
    let bad = |_| StoreError::BadRow { table: "raws", id: id.0, column: "bytes" };
    let mut bytes = Vec::new();
    zstd::stream::read::Decoder::new(stored).map_err(bad)?.take(most).read_to_end(&mut bytes).map_err(bad)?;
    Ok(bytes)
}

/// By what the viewer sees a mail: whether a copy lies in a mailbox of theirs, and the records that
/// govern it and that they may read. For the audit.
pub async fn seen_by(tx: &mut Tx, scope: &Scope, id: MailId) -> Result<(bool, Vec<RecordId>)> {
    let (copy,): (bool,) = one!(tx, concat!("select ", by_copy_of!("$2")), scope.viewer.0, id.0)?;
    let governing: Vec<(i64,)> = all_seen!(
        tx,
        concat!(
            "select distinct g.id from links l join records g on g.id = l.governing_id where l.mail_id = $8 and ",
            entry!("g", "l.sealed"),
            " order by g.id"
        ),
        scope,
        id.0
    )?;
    Ok((copy, governing.into_iter().map(|(id,)| RecordId(id)).collect()))
}

//! Links: a mail on a record's timeline. And waiting, which follows from links and threads.

use super::bulk::{insert_many, update_many};
use super::{Result, Tx, list};
use crate::model::id::MailId;
use crate::model::link::Link;
use crate::model::time::Timestamp;

/// The links of one mail.
#[derive(Clone, Debug, PartialEq)]
pub struct MailLinks {
    /// The mail.
    pub mail: MailId,
    /// Its place in time.
    pub at: Timestamp,
    /// Its links.
    pub links: Vec<Link>,
}

/// Writes the links of mails that have none yet.
pub async fn insert(tx: &mut Tx, mails: &[MailLinks], now: Timestamp) -> Result<()> {
    let rows = mails.iter().flat_map(|mail| {
        mail.links.iter().map(move |link| {
            vec![
                mail.mail.0.into(),
                link.record.0.into(),
                link.governing.0.into(),
                mail.at.0.into(),
                serde_json::to_string(&link.evidence).unwrap_or_default().into(),
                link.evidence.score().into(),
                now.0.into(),
            ]
        })
    });
    insert_many(
        tx,
        "links (mail_id, record_id, governing_id, at, evidence, score, decided_at)",
        "on conflict (mail_id, record_id, governing_id) do nothing",
        rows.collect(),
    )
    .await
}

/// Replaces the links of mails.
pub async fn replace(tx: &mut Tx, mails: &[MailLinks], now: Timestamp) -> Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    run!(
        tx,
        "delete from links where mail_id in (select cast(value as bigint) from json_each($1))",
        list(mails.iter().map(|m| m.mail.0))
    )?;
    insert(tx, mails, now).await
}

/// Works out anew which client mails wait, for these mails and all they answer or are answered by.
///
/// A client's mail by a person waits until a person of ours writes to that client, later, in the
/// same thread or in a mail that regards the same record (design: waiting for us). So it is a
/// function of the stored mails, whatever the order they came in.
pub async fn settle_waiting(tx: &mut Tx, mails: &[MailId]) -> Result<()> {
    let wanted = list(mails.iter().map(|m| m.0));
    let affected = affected_by(tx, &wanted).await?;
    if affected.is_empty() {
        return Ok(());
    }
    let answers = first_answers(tx, &list(affected.iter().copied())).await?;
    let rows = answers
        .into_iter()
        .filter_map(|(mail, linked, waits, before, answered_at, answer, at)| {
            let (answer, at) = (answer.filter(|_| linked), at.filter(|_| linked));
            let waits_now = linked && answer.is_none();
            let changed = waits != waits_now || before != answer || answered_at != at;
            changed.then(|| vec![mail.into(), answer.into(), at.into(), waits_now.into()])
        })
        .collect();
    update_many(
        tx,
        "mails set answered_by = v.column2, answered_at = v.column3, waits = v.column4",
        "mails.id = v.column1",
        rows,
    )
    .await
}

/// Incoming mails by people among `wanted`, those that an outgoing one among them may answer, and
/// those that it answered where it stood before.
async fn affected_by(tx: &mut Tx, wanted: &str) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select id from mails where id in (select cast(value as bigint) from json_each($1)) \
         and direction = 'in' and author = 'human' and (linking = 'linked' or waits or answered_by is not null) \
         union \
         select id from mails where answered_by in (select cast(value as bigint) from json_each($1)) \
         union \
         select m.id from mails o join mails m on m.thread_id = o.thread_id \
         where o.id in (select cast(value as bigint) from json_each($1)) and o.direction = 'out' and o.author = 'human' \
         and m.direction = 'in' and m.author = 'human' and m.linking = 'linked' and m.at < o.at \
         and (m.answered_at is null or m.answered_at >= o.at) \
         union \
         select m.id from mails o join mails m on m.regarding_id = o.regarding_id \
         where o.id in (select cast(value as bigint) from json_each($1)) and o.direction = 'out' and o.author = 'human' \
         and m.direction = 'in' and m.author = 'human' and m.linking = 'linked' and m.at < o.at \
         and (m.answered_at is null or m.answered_at >= o.at)",
        wanted
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// A mail, whether it is linked, waits, by what and when it was answered so far; its first answer and
/// when.
type Waiting = (i64, bool, bool, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

/// For each mail the first later answer by a person of ours to its author, if there is one.
async fn first_answers(tx: &mut Tx, mails: &str) -> Result<Vec<Waiting>> {
    Ok(all!(
        tx,
        "select x.id, x.linked, x.waits, x.answered_by, x.answered_at, x.answer, (select a.at from mails a where a.id = x.answer) from ( \
           select m.id, m.linking = 'linked' as linked, m.waits, m.answered_by, m.answered_at, (select o.id from mails o where o.direction = 'out' and o.author = 'human' \
             and o.linking = 'linked' and not o.auth_failed and o.at > m.at \
             and (o.thread_id = m.thread_id or o.regarding_id = m.regarding_id) \
             and exists (select 1 from mail_parties p join mail_parties q on q.address = p.address \
               where p.mail_id = o.id and p.field in ('to', 'cc', 'bcc') \
               and q.mail_id = m.id and q.field in ('from', 'reply-to')) \
             order by o.at, o.identity limit 1) as answer \
           from mails m where m.id in (select cast(value as bigint) from json_each($1))) x",
        mails
    )?)
}

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
    if mails.is_empty() {
        return Ok(());
    }
    let changed = changed_waits(tx, &list(mails.iter().map(|m| m.0))).await?;
    let rows = changed
        .into_iter()
        .map(|(mail, answer, at, waits)| vec![mail.into(), answer.into(), at.into(), waits.into()])
        .collect();
    update_many(
        tx,
        "mails set answered_by = v.column2, answered_at = v.column3, waits = v.column4",
        "mails.id = v.column1",
        rows,
    )
    .await
}

/// A mail, its first answer and when that was, whether it waits.
type Waiting = (i64, Option<i64>, Option<i64>, bool);

/// Of the mails that waiting may have changed for, those for which it did. These are incoming mails
/// by people among `wanted`, those that an outgoing one among them may answer, and those that it
/// answered where it stood before; each is looked up its first later answer by a person of ours to
/// its author.
async fn changed_waits(tx: &mut Tx, wanted: &str) -> Result<Vec<Waiting>> {
    Ok(all!(
        tx,
        "with affected (id) as ( \
           select id from mails where id in (select cast(value as bigint) from json_each($1)) \
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
           and (m.answered_at is null or m.answered_at >= o.at)), \
         found as materialized ( \
           select m.id, m.linking = 'linked' as linked, m.waits, m.answered_by, m.answered_at, \
           case when m.linking = 'linked' then (select o.id from mails o where o.direction = 'out' and o.author = 'human' \
             and o.linking = 'linked' and not o.auth_failed and o.at > m.at \
             and (o.thread_id = m.thread_id or o.regarding_id = m.regarding_id) \
             and exists (select 1 from mail_parties p join mail_parties q on q.address = p.address \
               where p.mail_id = o.id and p.field in ('to', 'cc', 'bcc') \
               and q.mail_id = m.id and q.field in ('from', 'reply-to')) \
             order by o.at, o.identity limit 1) end as answer \
           from affected a join mails m on m.id = a.id) \
         select f.id, f.answer, a.at, f.linked and f.answer is null from found f left join mails a on a.id = f.answer \
         where f.answered_by is distinct from f.answer or f.answered_at is distinct from a.at \
         or f.waits <> (f.linked and f.answer is null)",
        wanted
    )?)
}

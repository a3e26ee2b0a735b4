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

/// That the outgoing mail `o` is written to whoever wrote the incoming `m`.
macro_rules! answers {
    () => {
        "exists (select 1 from mail_parties p join mail_parties q on q.address = p.address
           where p.mail_id = o.id and p.field in ('to', 'cc', 'bcc')
             and q.mail_id = m.id and q.field in ('from', 'reply-to'))"
    };
}

/// A mail, its first answer and when that was, whether it waits.
type Waiting = (i64, Option<i64>, Option<i64>, bool);

/// Of the mails that waiting may have changed for, those for which it did.
///
/// Anew, over everything that is stored, are looked at: incoming mails by people among `wanted`, and
/// what an outgoing one among them answered where it stood before. For every other mail its first
/// answer so far holds, so only an outgoing one among `wanted` can be an earlier one: a batch costs
/// what it brings and what waits beside it, not the square of a record's history.
async fn changed_waits(tx: &mut Tx, wanted: &str) -> Result<Vec<Waiting>> {
    const CHANGED: &str = concat!(
        "with ours as materialized (
           select id, identity, thread_id, regarding_id, at from mails
           where id in (select cast(value as bigint) from json_each($1))
             and direction = 'out' and author = 'human' and linking = 'linked' and not auth_failed),
         anew as materialized (
           select id, thread_id, regarding_id, at, linking = 'linked' as linked, waits, answered_by, answered_at from mails
           where id in (select cast(value as bigint) from json_each($1)) and direction = 'in' and author = 'human'
             and (linking = 'linked' or waits or answered_by is not null)
           union
           select id, thread_id, regarding_id, at, linking = 'linked', waits, answered_by, answered_at from mails
           where answered_by in (select cast(value as bigint) from json_each($1))),
         beside as materialized (
           select m.id, m.thread_id, m.regarding_id, m.at, m.waits, m.answered_by, m.answered_at
           from (select thread_id, min(at) as first, max(at) as last from ours group by thread_id) t
           join mails m on m.thread_id = t.thread_id and m.at < t.last
           where m.direction = 'in' and m.author = 'human' and m.linking = 'linked'
             and (m.answered_at is null or m.answered_at >= t.first) and m.id not in (select id from anew)
           union
           select m.id, m.thread_id, m.regarding_id, m.at, m.waits, m.answered_by, m.answered_at
           from (select regarding_id, min(at) as first, max(at) as last from ours group by regarding_id) r
           join mails m on m.regarding_id = r.regarding_id and m.direction = 'in' and m.author = 'human' and m.at < r.last
           where m.linking = 'linked' and (m.answered_at is null or m.answered_at >= r.first)
             and m.id not in (select id from anew)),
         found as materialized (
           select m.id, m.linked, m.waits, m.answered_by, m.answered_at,
             case when m.linked then (select either.id from (
               select * from (select o.id, o.at, o.identity from mails o
                 where o.thread_id = m.thread_id and o.at > m.at and o.direction = 'out' and o.author = 'human'
                   and o.linking = 'linked' and not o.auth_failed and ",
        answers!(),
        " order by o.at, o.identity limit 1) in_thread
               union all
               select * from (select o.id, o.at, o.identity from mails o
                 where o.regarding_id = m.regarding_id and o.direction = 'out' and o.author = 'human' and o.at > m.at
                   and o.linking = 'linked' and not o.auth_failed and ",
        answers!(),
        " order by o.at, o.identity limit 1) on_record) either order by either.at, either.identity limit 1) end as answer
           from anew m
           union all
           select m.id, true, m.waits, m.answered_by, m.answered_at,
             (select o.id from ours o
              where (o.thread_id = m.thread_id or o.regarding_id = m.regarding_id) and o.at > m.at
                and (m.answered_at is null or o.at < m.answered_at or (o.at = m.answered_at
                  and o.identity < (select former.identity from mails former where former.id = m.answered_by))) and ",
        answers!(),
        " order by o.at, o.identity limit 1)
           from beside m)
         select f.id, f.answer, a.at, f.linked and f.answer is null
         from found f left join mails a on a.id = f.answer
         where (f.answer is not null or f.id in (select id from anew))
           and (f.answered_by is distinct from f.answer or f.answered_at is distinct from a.at
             or f.waits <> (f.linked and f.answer is null))"
    );
    Ok(all!(tx, CHANGED, wanted)?)
}

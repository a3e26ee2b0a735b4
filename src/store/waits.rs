//! Who waits for whom. A client's mail by a person waits until a person of ours writes to that client,
//! later, in the same thread or in a mail that regards the same record; or a call is logged; or somebody
//! says that no answer is needed. A question of ours waits for them in the same way, the other way round.
//!
//! All of it is a function of what is stored (P3): mails, calls, people's words. [`settle`] works it out
//! anew for what has changed and what stands beside that.

use super::bulk::update_many;
use super::{Result, Tx, list};
use crate::model::id::{MailId, RecordId};

/// Works out anew who waits, for these mails and all they answer or are answered by.
pub async fn settle(tx: &mut Tx, mails: &[MailId]) -> Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    let wanted = list(mails.iter().map(|m| m.0));
    let for_us = changed_for_us(tx, &wanted).await?;
    update_many(
        tx,
        "mails set answered_by = v.column2, answered_at = v.column3, called_by = v.column4, called_at = v.column5, \
         waits = v.column6",
        "mails.id = v.column1",
        for_us.into_iter().map(row).collect(),
    )
    .await?;
    let for_them = changed_for_them(tx, &wanted).await?;
    update_many(
        tx,
        "mails set replied_by = v.column2, replied_at = v.column3, called_by = v.column4, called_at = v.column5, \
         awaits = v.column6",
        "mails.id = v.column1",
        for_them.into_iter().map(row).collect(),
    )
    .await?;
    follow_ups(tx, &wanted).await
}

/// Works out anew who waits after calls on these records came, went or moved.
pub async fn settle_calls(tx: &mut Tx, records: &[RecordId]) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    // A select for each way: PostgreSQL reads the whole table for an `or`.
    let rows: Vec<(i64,)> = all!(
        tx,
        "select m.id from mails m join links l on l.mail_id = m.id where m.waits
           and (l.record_id in (select cast(value as bigint) from json_each($1))
             or l.governing_id in (select cast(value as bigint) from json_each($1)))
         union
         select m.id from mails m join links l on l.mail_id = m.id where m.awaits
           and (l.record_id in (select cast(value as bigint) from json_each($1))
             or l.governing_id in (select cast(value as bigint) from json_each($1)))
         union
         select m.id from activities a join mails m on m.called_by = a.id
         where a.record_id in (select cast(value as bigint) from json_each($1))",
        list(records.iter().map(|r| r.0))
    )?;
    let mails: Vec<MailId> = rows.into_iter().map(|(id,)| MailId(id)).collect();
    for some in mails.chunks(2_000) {
        settle(tx, some).await?;
    }
    Ok(())
}

/// Whether this mail waits for an answer of ours, and whether for one of theirs.
pub async fn of(tx: &mut Tx, mail: MailId) -> Result<(bool, bool)> {
    let found: Option<(bool, bool)> = maybe!(tx, "select waits, awaits from mails where id = $1", mail.0)?;
    Ok(found.unwrap_or_default())
}

/// Puts down when somebody wants to be reminded of what they asked.
async fn follow_ups(tx: &mut Tx, wanted: &str) -> Result<()> {
    run!(
        tx,
        "update mails set follow_up_at = (select c.until_at from corrections c where c.copy_key = mails.copy_key
             and c.identity = mails.identity and c.what = 'follow-up' and c.undone_at is null and c.replaced_by is null
             order by c.at desc, c.id desc limit 1)
         where id in (select cast(value as bigint) from json_each($1)) and direction = 'out'
           and follow_up_at is distinct from (select c.until_at from corrections c where c.copy_key = mails.copy_key
             and c.identity = mails.identity and c.what = 'follow-up' and c.undone_at is null and c.replaced_by is null
             order by c.at desc, c.id desc limit 1)",
        wanted
    )?;
    Ok(())
}

/// A mail, its first answer and when that was, the first call after it and when that was, whether it waits.
type Waiting = (i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>, bool);

fn row((mail, answer, at, call, called_at, waits): Waiting) -> Vec<super::Value> {
    vec![mail.into(), answer.into(), at.into(), call.into(), called_at.into(), waits.into()]
}

/// That the outgoing mail `o` is written to whoever wrote the incoming `m`.
macro_rules! answers {
    () => {
        "exists (select 1 from mail_parties p join mail_parties q on q.address = p.address
           where p.mail_id = o.id and p.field in ('to', 'cc', 'bcc')
             and q.mail_id = m.id and q.field in ('from', 'reply-to'))"
    };
}

/// That the incoming mail `o` is written by somebody to whom the outgoing `m` was.
macro_rules! replies {
    () => {
        "exists (select 1 from mail_parties p join mail_parties q on q.address = p.address
           where p.mail_id = o.id and p.field = 'from' and q.mail_id = m.id and q.field in ('to', 'cc', 'bcc'))"
    };
}

/// Of the mails that waiting may have changed for, those for which it did.
///
/// Anew, over everything that is stored, are looked at: the askers among `wanted`, and what an answer
/// among them answered where it stood before. For every other asker its first answer so far holds, so
/// only an answer among `wanted` can be an earlier one: a batch costs what it brings and what waits
/// beside it, not the square of a record's history. Calls and people's words are looked up for the
/// former only: those of the others have not changed.
macro_rules! changed {
    ($asker:literal, $answer:literal, $able:literal, $by:literal, $at:literal, $waits:literal, $partners:literal, $ends:expr) => {
        concat!(
            "with ours as materialized (
               select id, identity, thread_id, regarding_id, at from mails
               where id in (select cast(value as bigint) from json_each($1))
                 and direction = '", $answer, "' and author = 'human' and linking = 'linked' and not auth_failed),
             anew as materialized (
               select id, copy_key, identity, thread_id, regarding_id, at, ", $able, " as linked, ", $waits, " as waits, ",
                 $by, " as answered_by, ", $at, " as answered_at, called_by from mails
               where id in (select cast(value as bigint) from json_each($1)) and direction = '", $asker, "' and author = 'human'
                 and (", $able, " or ", $waits, " or ", $by, " is not null or called_by is not null)
               union
               select id, copy_key, identity, thread_id, regarding_id, at, ", $able, ", ", $waits, ", ", $by, ", ", $at,
                 ", called_by from mails
               where ", $by, " in (select cast(value as bigint) from json_each($1))),
             beside as materialized (
               select m.id, m.thread_id, m.regarding_id, m.at, m.", $waits, " as waits, m.", $by, " as answered_by, m.", $at,
                 " as answered_at, m.called_by, m.called_at
               from (select thread_id, min(at) as first, max(at) as last from ours group by thread_id) t
               join mails m on m.thread_id = t.thread_id and m.at < t.last
               where m.direction = '", $asker, "' and m.author = 'human' and ", $able, "
                 and (m.", $at, " is null or m.", $at, " >= t.first) and m.id not in (select id from anew)
               union
               select m.id, m.thread_id, m.regarding_id, m.at, m.", $waits, ", m.", $by, ", m.", $at, ", m.called_by, m.called_at
               from (select regarding_id, min(at) as first, max(at) as last from ours group by regarding_id) r
               join mails m on m.regarding_id = r.regarding_id and m.direction = '", $asker, "' and m.author = 'human'
                 and m.at < r.last
               where ", $able, " and (m.", $at, " is null or m.", $at, " >= r.first)
                 and m.id not in (select id from anew)),
             called as materialized (
               select m.id, (select a.id from activities a where a.kind = 'call' and a.status = 'done' and a.at > m.at
                   and a.record_id in (select l.governing_id from links l where l.mail_id = m.id
                     union select l.record_id from links l join mail_parties p on p.mail_id = l.mail_id
                       join record_addresses d on d.address = p.address and d.record_id = l.record_id
                       where l.mail_id = m.id and p.field in (", $partners, "))
                   order by a.at, a.id limit 1) as call,
                 exists (select 1 from corrections c where c.copy_key = m.copy_key and c.identity = m.identity
                   and c.what = 'no-answer' and c.undone_at is null and c.replaced_by is null) as quiet
               from anew m where m.linked),
             found as materialized (
               select m.id, m.linked, m.waits, m.answered_by, m.answered_at, m.called_by as call_before, c.call,
                 m.linked and c.call is null and not c.quiet as open,
                 case when m.linked then (select either.id from (
                   select * from (select o.id, o.at, o.identity from mails o
                     where o.thread_id = m.thread_id and o.at > m.at and o.direction = '", $answer, "' and o.author = 'human'
                       and o.linking = 'linked' and not o.auth_failed and ",
            $ends,
            " order by o.at, o.identity limit 1) in_thread
                   union all
                   select * from (select o.id, o.at, o.identity from mails o
                     where o.regarding_id = m.regarding_id and o.direction = '", $answer, "' and o.author = 'human' and o.at > m.at
                       and o.linking = 'linked' and not o.auth_failed and ",
            $ends,
            " order by o.at, o.identity limit 1) on_record) either order by either.at, either.identity limit 1) end as answer
               from anew m left join called c on c.id = m.id
               union all
               select m.id, true, m.waits, m.answered_by, m.answered_at, m.called_by, m.called_by, m.waits,
                 (select o.id from ours o
                  where (o.thread_id = m.thread_id or o.regarding_id = m.regarding_id) and o.at > m.at
                    and (m.answered_at is null or o.at < m.answered_at or (o.at = m.answered_at
                      and o.identity < (select former.identity from mails former where former.id = m.answered_by))) and ",
            $ends,
            " order by o.at, o.identity limit 1)
               from beside m)
             select f.id, f.answer, a.at, f.call, k.at, coalesce(f.open and f.answer is null, false)
             from found f left join mails a on a.id = f.answer left join activities k on k.id = f.call
             where (f.answer is not null or f.id in (select id from anew))
               and (f.answered_by is distinct from f.answer or f.answered_at is distinct from a.at
                 or f.call_before is distinct from f.call
                 or f.waits <> coalesce(f.open and f.answer is null, false))"
        )
    };
}

/// Clients' mails.
async fn changed_for_us(tx: &mut Tx, wanted: &str) -> Result<Vec<Waiting>> {
    const CHANGED: &str = changed!(
        "in",
        "out",
        "linking = 'linked'",
        "answered_by",
        "answered_at",
        "waits",
        "'from', 'reply-to'",
        answers!()
    );
    Ok(all!(tx, CHANGED, wanted)?)
}

/// What a person of ours asked.
async fn changed_for_them(tx: &mut Tx, wanted: &str) -> Result<Vec<Waiting>> {
    const CHANGED: &str = changed!(
        "out",
        "in",
        "linking = 'linked' and asks",
        "replied_by",
        "replied_at",
        "awaits",
        "'to', 'cc'",
        replies!()
    );
    Ok(all!(tx, CHANGED, wanted)?)
}

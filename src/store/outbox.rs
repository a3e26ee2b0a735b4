//! Outgoing mail: queued with what caused it, claimed durably, settled once.

use super::keys::Key;
use super::{Result, StoreError, Tx, list, notice_switch};
use crate::model::address::Address;
use crate::model::delivery::{Claimed, Delivery, Outgoing};
use crate::model::id::{MailboxId, MsgId, OutboxId};
use crate::model::time::Timestamp;

/// Queues a mail. `id_key` is the keyed hash of its Message-ID, by which it is recognised when it
/// comes back (R34).
pub async fn queue(tx: &mut Tx, mailbox: MailboxId, mail: &Outgoing, id_key: Key, now: Timestamp) -> Result<OutboxId> {
    let (id,): (i64,) = one!(
        tx,
        "insert into outbox (mailbox_id, state, envelope_from, envelope_to, message_id, id_key, bytes, queued_at, \
         next_try_at, expires_at) values ($1, 'queued', $2, $3, $4, $5, $6, $7, $7, $8) returning id",
        mailbox.0,
        mail.envelope_from.as_ref().map(|a| a.as_str().to_owned()),
        mail.envelope_to.as_str(),
        mail.message_id.as_str(),
        id_key,
        mail.bytes.as_slice(),
        now.0,
        mail.expires_at.0
    )?;
    Ok(OutboxId(id))
}

/// Notes that a queued mail goes to these beside its first recipient, in one handing over.
pub async fn also_to(tx: &mut Tx, id: OutboxId, more: &[String]) -> Result<()> {
    let more = (!more.is_empty()).then(|| serde_json::json!(more).to_string());
    run!(tx, "update outbox set also_to = $2 where id = $1", id.0, more)?;
    Ok(())
}

/// Takes back a mail that was queued in this very transaction.
pub async fn withdraw(tx: &mut Tx, id: OutboxId) -> Result<()> {
    run!(tx, "delete from outbox where id = $1 and state = 'queued'", id.0)?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    envelope_from: Option<String>,
    envelope_to: String,
    also_to: Option<String>,
    message_id: String,
    bytes: Vec<u8>,
    expires_at: i64,
    attempts: i64,
}

/// Claims due mails for one worker. The caller commits durably before the first byte goes out:
/// whatever happens after, no other worker and no restart sends them again. While notices are stopped
/// they are passed over.
pub async fn claim(tx: &mut Tx, worker: &str, now: Timestamp, limit: i64) -> Result<Vec<Claimed>> {
    // R50: only while the absence runs.
    run!(
        tx,
        "update outbox set state = 'gave-up', settled_at = $1, answer = 'The absence ended before it could be sent.' \
         where state = 'queued' and id in (select n.outbox_id from notices n join absences a on a.id = n.absence_id \
         where a.ends_at is not null and a.ends_at <= $1)",
        now.0
    )?;
    let stopped = notice_switch::stopped_and_held(tx, now).await?.is_some();
    if stopped {
        // They would be found out of date only when claimed, and look as if they were to be sent.
        run!(
            tx,
            "update outbox set state = 'gave-up', settled_at = $1, answer = 'Notices were stopped, and it has lost its point.' \
             where state = 'queued' and expires_at < $1 and exists (select 1 from notices n where n.outbox_id = outbox.id)",
            now.0
        )?;
    }
    let ids: Vec<(i64,)> = match tx {
        // Rows that another worker is about to claim are passed over, not waited for.
        Tx::Postgres(_) => all!(
            tx,
            "select id from outbox where state = 'queued' and next_try_at <= $1 and not ($3 and exists \
             (select 1 from notices n where n.outbox_id = outbox.id)) order by next_try_at limit $2 for update skip locked",
            now.0,
            limit,
            stopped
        )?,
        Tx::Sqlite(_) => all!(
            tx,
            "select id from outbox where state = 'queued' and next_try_at <= $1 and not ($3 and exists \
             (select 1 from notices n where n.outbox_id = outbox.id)) order by next_try_at limit $2",
            now.0,
            limit,
            stopped
        )?,
    };
    let ids = list(ids.into_iter().map(|(id,)| id));
    run!(
        tx,
        "update outbox set state = 'sending', claimed_by = $1, claimed_at = $2 where id in \
         (select cast(value as bigint) from json_each($3))",
        worker,
        now.0,
        ids.as_str()
    )?;
    let rows: Vec<Row> = all!(
        tx,
        "select o.id, b.name, o.envelope_from, o.envelope_to, o.also_to, o.message_id, o.bytes, o.expires_at, o.attempts \
         from outbox o join mailboxes b on b.id = o.mailbox_id where o.id in \
         (select cast(value as bigint) from json_each($1)) order by o.id",
        ids
    )?;
    rows.into_iter().map(claimed).collect()
}

fn claimed(row: Row) -> Result<Claimed> {
    let bad = |column| StoreError::BadRow { table: "outbox", id: row.id, column };
    let envelope_from = match &row.envelope_from {
        None => None,
        Some(text) => Some(Address::parse(text).map_err(|_| bad("envelope_from"))?),
    };
    let also_to = row.also_to.as_deref().map(serde_json::from_str).transpose().map_err(|_| bad("also_to"))?;
    Ok(Claimed {
        also_to: also_to.unwrap_or_default(),
        id: OutboxId(row.id),
        mailbox: row.name,
        attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        mail: Outgoing {
            envelope_from,
            envelope_to: row.envelope_to,
            message_id: MsgId::new(row.message_id).ok_or_else(|| bad("message_id"))?,
            bytes: row.bytes,
            expires_at: Timestamp(row.expires_at),
        },
    })
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The new state. `Queued` puts it back for another try.
    pub state: Delivery,
    /// The server's last words, or ours.
    pub answer: String,
    /// The reverse path that was used, `""` for the null one; `None`: it did not come to that (R62).
    pub sent_from: Option<String>,
    /// When it is tried again.
    pub next_try_at: Timestamp,
    /// Keyed hash of the id that the server gave it instead of its own (R126).
    pub given: Option<Key>,
}

/// Writes down how sending ended. A mail that was found abandoned meanwhile stays so.
pub async fn settle(tx: &mut Tx, id: OutboxId, tried: &Tried, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "update outbox set state = $1, answer = $2, next_try_at = $3, attempts = attempts + 1, sent_from = $6, given_key = $7, \
         settled_at = case when $1 = 'queued' then null else cast($4 as bigint) end where id = $5 and state = 'sending'",
        tried.state.word(),
        tried.answer.as_str(),
        tried.next_try_at.0,
        now.0,
        id.0,
        tried.sent_from.as_deref(),
        tried.given
    )?;
    match tried.given {
        Some(given) => lend(tx, id, given).await,
        None => Ok(()),
    }
}

/// A copy that was stored before the server's answer was written down gets the id under which the server goes on
/// (R126), as copies that come later do (`intake/effects.rs`): what answers that id from now on finds it. A copy in an
/// inbox gets none: anybody can write our id on a mail that they send us. What is in the very transaction of storing
/// its copy meanwhile (PostgreSQL) stays without; an answer to it then stands by its sender's address.
async fn lend(tx: &mut Tx, id: OutboxId, given: Key) -> Result<()> {
    run!(
        tx,
        "insert into mail_ids (mail_id, position, id_key, what) \
         select m.id, (select coalesce(max(i.position), -1) + 1 from mail_ids i where i.mail_id = m.id), \
           cast($2 as bigint), 'alias' \
         from mails m join outbox o on o.id_key = m.id_key \
         where o.id = $1 and m.author = 'human' and exists (select 1 from locations l join folders f on f.id = l.folder_id \
           where l.mail_id = m.id and l.state = 'stored' and f.role <> 'inbox') \
           and not exists (select 1 from mail_ids k where k.mail_id = m.id and k.id_key = cast($2 as bigint) and k.what in ('own', 'alias'))",
        id.0,
        given
    )?;
    Ok(())
}

/// Whether a claimed mail may still go out: not where it is a notice and notices were stopped meanwhile.
/// Asked right before its text is handed over, which may be a minute after it was claimed.
pub async fn may_go(tx: &mut Tx, id: OutboxId, now: Timestamp) -> Result<bool> {
    if notice_switch::stopped(tx, now).await?.is_none() {
        return Ok(true);
    }
    let (notice,): (bool,) = one!(tx, "select exists (select 1 from notices where outbox_id = $1)", id.0)?;
    Ok(!notice)
}

/// Mails that were being sent when their worker died: they may have gone out or not, and are never
/// sent again by themselves (R49). Gives how many.
pub async fn abandon(tx: &mut Tx, claimed_before: Timestamp, now: Timestamp) -> Result<u64> {
    Ok(run!(
        tx,
        "update outbox set state = 'unclear', settled_at = $1, \
         answer = 'The program stopped while it was sending this; it may have gone out or not.' \
         where state = 'sending' and claimed_at < $2",
        now.0,
        claimed_before.0
    )?)
}

/// The number of the latest mail; 0 where there is none.
pub async fn latest(tx: &mut Tx) -> Result<i64> {
    let (latest,): (i64,) = one!(tx, "select coalesce(max(id), 0) from outbox")?;
    Ok(latest)
}

/// Which of these Message-IDs (keyed hashes) are of mail that Standin made (R34). What a person wrote is theirs,
/// and an answer to it is an answer to them.
pub async fn ours(tx: &mut Tx, keys: &[Key]) -> Result<Vec<Key>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = all!(
        tx,
        "select o.id_key from json_each($1) k join outbox o on o.id_key = cast(k.value as bigint) \
         where not exists (select 1 from drafts d where d.outbox_id = o.id) \
         union select o.given_key from json_each($1) k join outbox o on o.given_key = cast(k.value as bigint) \
         where not exists (select 1 from drafts d where d.outbox_id = o.id)",
        list(keys.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// Whether a mail of ours, by a machine or a person, bears this Message-ID (a keyed hash).
pub async fn bears(tx: &mut Tx, key: Key) -> Result<bool> {
    let (found,): (bool,) = one!(tx, "select exists (select 1 from outbox where id_key = $1)", key)?;
    Ok(found)
}

/// Under which other ids servers went on with mails of ours that have these ids: ours and theirs, as keyed hashes
/// (R126).
pub async fn given(tx: &mut Tx, keys: &[Key]) -> Result<Vec<(Key, Key)>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    Ok(all!(
        tx,
        "select o.id_key, o.given_key from json_each($1) k join outbox o on o.id_key = cast(k.value as bigint) \
         where o.given_key is not null order by 1, 2",
        list(keys.iter().copied())
    )?)
}

/// How many mails are in a state.
pub async fn count(tx: &mut Tx, state: Delivery) -> Result<i64> {
    let (count,): (i64,) = one!(tx, "select count(*) from outbox where state = $1", state.word())?;
    Ok(count)
}

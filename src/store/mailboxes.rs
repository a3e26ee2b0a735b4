//! Mailboxes: their rows, who reads them now (lease), and how they are doing.

use super::{Result, Tx};
use crate::model::id::{MailboxId, UserId};
use crate::model::time::{DAY, Timestamp};

/// A mailbox's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxRow {
    /// Its id.
    pub id: MailboxId,
    /// Its name in the configuration.
    pub name: String,
    /// Whose it is; `None` for a shared mailbox.
    pub user: Option<UserId>,
    /// Its address.
    pub address: String,
    /// Since when Standin reads it (R4).
    pub connected_at: Timestamp,
    /// State word, see the schema.
    pub state: String,
    /// The server's last answer or our cause.
    pub detail: Option<String>,
    /// When the state was set.
    pub state_at: Option<Timestamp>,
    /// When it is tried again.
    pub next_try_at: Option<Timestamp>,
    /// Everything that the server showed at this moment is accounted for.
    pub up_to_date_at: Option<Timestamp>,
}

type Raw = (i64, String, Option<i64>, String, i64, String, Option<String>, Option<i64>, Option<i64>, Option<i64>);

fn row(raw: Raw) -> MailboxRow {
    let (id, name, user, address, connected, state, detail, state_at, next, up) = raw;
    MailboxRow {
        id: MailboxId(id),
        name,
        user: user.map(UserId),
        address,
        connected_at: Timestamp(connected),
        state,
        detail,
        state_at: state_at.map(Timestamp),
        next_try_at: next.map(Timestamp),
        up_to_date_at: up.map(Timestamp),
    }
}

/// Makes or updates the row of a configured mailbox; the name is its identity. One that was removed and comes
/// back counts as connected now: what came meanwhile is never answered (R4).
pub async fn ensure(
    tx: &mut Tx,
    name: &str,
    user: Option<UserId>,
    address: &str,
    now: Timestamp,
) -> Result<MailboxRow> {
    let raw: Raw = one!(
        tx,
        "insert into mailboxes (name, user_id, address, connected_at) values ($1, $2, $3, $4) \
         on conflict (name) do update set user_id = excluded.user_id, address = excluded.address, removed_at = null, \
         connected_at = case when mailboxes.removed_at is null then mailboxes.connected_at \
           else excluded.connected_at end \
         returning id, name, user_id, address, connected_at, state, state_detail, state_at, next_try_at, up_to_date_at",
        name,
        user.map(|u| u.0),
        address,
        now.0
    )?;
    Ok(row(raw))
}

/// Every mailbox, by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<MailboxRow>> {
    let rows: Vec<Raw> = all!(
        tx,
        "select id, name, user_id, address, connected_at, state, state_detail, state_at, next_try_at, up_to_date_at \
         from mailboxes order by name"
    )?;
    Ok(rows.into_iter().map(row).collect())
}

/// Whose a mailbox is; `None` for a shared one.
pub async fn user_of(tx: &mut Tx, id: MailboxId) -> Result<Option<UserId>> {
    let (user,): (Option<i64>,) = one!(tx, "select user_id from mailboxes where id = $1", id.0)?;
    Ok(user.map(UserId))
}

/// Since when a mailbox is read (R4).
pub async fn connected_at(tx: &mut Tx, id: MailboxId) -> Result<Timestamp> {
    let (at,): (i64,) = one!(tx, "select connected_at from mailboxes where id = $1", id.0)?;
    Ok(Timestamp(at))
}

/// Takes the lease of a mailbox if nobody holds it: the fencing number, or `None`. Nobody gets that of a mailbox
/// that is paused, was removed, or waits for its owner to agree.
///
/// Holder and times are compared in one statement, so of two workers one wins. `now` is the
/// caller's clock; a lease lasts minutes, clocks of one company's servers differ by less.
pub async fn lease(tx: &mut Tx, id: MailboxId, holder: &str, now: Timestamp, until: Timestamp) -> Result<Option<i64>> {
    let fence: Option<(i64,)> = maybe!(
        tx,
        "update mailboxes set lease_owner = $1, lease_until = $2, fence = fence + 1 \
         where id = $3 and (lease_until < $4 or lease_owner is null or lease_owner = $1) \
         and paused_at is null and removed_at is null \
         and (not asks or exists (select 1 from mailbox_agreements a where a.mailbox_id = mailboxes.id \
           and a.user_id = mailboxes.user_id and a.withdrawn_at is null)) returning fence",
        holder,
        until.0,
        id.0,
        now.0
    )?;
    Ok(fence.map(|(fence,)| fence))
}

/// Prolongs a lease; false if somebody else has it by now.
pub async fn renew(tx: &mut Tx, id: MailboxId, fence: i64, until: Timestamp) -> Result<bool> {
    let touched = run!(tx, "update mailboxes set lease_until = $1 where id = $2 and fence = $3", until.0, id.0, fence)?;
    Ok(touched == 1)
}

/// Gives a lease back.
pub async fn release(tx: &mut Tx, id: MailboxId, fence: i64) -> Result<()> {
    run!(tx, "update mailboxes set lease_owner = null, lease_until = 0 where id = $1 and fence = $2", id.0, fence)?;
    Ok(())
}

/// Gives back every lease of one holder.
pub async fn release_all(tx: &mut Tx, holder: &str) -> Result<()> {
    run!(tx, "update mailboxes set lease_owner = null, lease_until = 0 where lease_owner = $1", holder)?;
    Ok(())
}

/// Takes every lease away: on SQLite, after the lock has proved that no other program is left.
pub async fn forget_leases(tx: &mut Tx) -> Result<()> {
    run!(tx, "update mailboxes set lease_owner = null, lease_until = 0 where lease_owner is not null")?;
    Ok(())
}

/// Whether a fencing number is still the current one. Checked in every transaction that writes
/// what came from the mailbox.
pub async fn still_ours(tx: &mut Tx, id: MailboxId, fence: i64) -> Result<bool> {
    let found: Option<(i64,)> = match tx {
        // The row is locked, so that a new holder waits for this transaction or it for the holder.
        Tx::Postgres(_) => maybe!(tx, "select fence from mailboxes where id = $1 for update", id.0)?,
        Tx::Sqlite(_) => maybe!(tx, "select fence from mailboxes where id = $1", id.0)?,
    };
    Ok(found == Some((fence,)))
}

/// Notes how a mailbox is doing, for people.
pub async fn set_state(
    tx: &mut Tx,
    id: MailboxId,
    state: &str,
    detail: Option<&str>,
    next_try_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    run!(
        tx,
        "update mailboxes set state = $1, state_detail = $2, next_try_at = $3, state_at = $4 where id = $5",
        state,
        detail,
        next_try_at.map(|t| t.0),
        now.0,
        id.0
    )?;
    Ok(())
}

/// Notes that everything the server showed at `now` is accounted for.
pub async fn up_to_date(tx: &mut Tx, id: MailboxId, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "update mailboxes set up_to_date_at = $1, state = 'ok', state_detail = null, next_try_at = null, \
         state_at = case when state = 'ok' then state_at else $1 end where id = $2",
        now.0,
        id.0
    )?;
    Ok(())
}

/// Counts how many of the last mails carried our server's authentication results (R37): a running
/// share over about 200 mails.
pub async fn count_stamped(tx: &mut Tx, id: MailboxId, stamped: i64, of: i64) -> Result<()> {
    run!(
        tx,
        "update mailboxes set \
         stamped = case when stamped_of >= 400 then (stamped + cast($1 as bigint)) / 2 else stamped + cast($1 as bigint) end, \
         stamped_of = case when stamped_of >= 400 then (stamped_of + cast($2 as bigint)) / 2 \
         else stamped_of + cast($2 as bigint) end where id = $3",
        stamped,
        of,
        id.0
    )?;
    Ok(())
}

/// Whether an address is that of a mailbox or a user.
pub async fn is_ours(tx: &mut Tx, address: &str) -> Result<bool> {
    let found: Option<(i64,)> = maybe!(
        tx,
        "select user_id from user_addresses where address = $1 union select id from mailboxes where address = $1",
        address
    )?;
    Ok(found.is_some())
}

/// Every mailbox counts as connected at `now`: what arrived before is never answered (R4).
pub async fn connect_anew(tx: &mut Tx, now: Timestamp) -> Result<()> {
    run!(tx, "update mailboxes set connected_at = $1 where connected_at < $1", now.0)?;
    Ok(())
}

/// A responder of a mailbox's own server that counts as on (R14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Responder {
    /// Its server says so over ManageSieve; else a mail that it sent was seen.
    pub by_sieve: bool,
    /// When it was seen.
    pub at: Timestamp,
}

/// What is known of responders on the servers of mailboxes, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnServer {
    /// The mailbox.
    pub name: String,
    /// The responder that counts as on.
    pub responder: Option<Responder>,
    /// When its server was last asked over ManageSieve, and what came of that.
    pub asked: Option<(Timestamp, String)>,
    /// When a mail last looked like the answer of a responder of this person, and nothing proved it. None
    /// where that counts no more, or where a responder is known to be on.
    pub doubted: Option<Timestamp>,
}

type OwnServerRow = (String, Option<String>, Option<i64>, Option<i64>, Option<String>, Option<i64>);

/// Of every mailbox, or of those of one person. What was seen longer than `days` ago counts no more.
pub async fn own_servers(tx: &mut Tx, user: Option<UserId>, days: u32, now: Timestamp) -> Result<Vec<OwnServer>> {
    let rows: Vec<OwnServerRow> = all!(
        tx,
        "select name, responder, responder_at, sieve_at, sieve_detail, responder_doubted_at from mailboxes \
         where ($1 = 0 or user_id = $1) order by name",
        user.map_or(0, |u| u.0)
    )?;
    let oldest = now.plus(-i64::from(days) * DAY);
    let of = |(name, how, at, asked_at, detail, doubted): OwnServerRow| {
        let responder = counts(how.as_deref(), at, days, now);
        let asked = asked_at.map(|at| (Timestamp(at), detail.unwrap_or_default()));
        let doubted = doubted.map(Timestamp).filter(|at| *at > oldest && asked_at.is_none_or(|asked| asked < at.0));
        OwnServer { name, responder, asked, doubted: doubted.filter(|_| responder.is_none()) }
    };
    Ok(rows.into_iter().map(of).collect())
}

/// The responder that counts as on for a mailbox.
pub async fn responder(tx: &mut Tx, id: MailboxId, days: u32, now: Timestamp) -> Result<Option<Responder>> {
    let (how, at): (Option<String>, Option<i64>) =
        one!(tx, "select responder, responder_at from mailboxes where id = $1", id.0)?;
    Ok(counts(how.as_deref(), at, days, now))
}

fn counts(how: Option<&str>, at: Option<i64>, days: u32, now: Timestamp) -> Option<Responder> {
    let at = at.map(Timestamp).filter(|at| *at > now.plus(-i64::from(days) * DAY))?;
    Some(Responder { by_sieve: how? == "sieve", at })
}

/// Notes that a mail of `at` showed a responder that answers in the name of a person: of every mailbox of
/// theirs, but for those whose server was asked later.
pub async fn responder_seen(tx: &mut Tx, user: UserId, at: Timestamp) -> Result<u64> {
    Ok(run!(
        tx,
        "update mailboxes set responder = 'mail', responder_at = $2 where user_id = $1 \
         and (responder is null or responder = 'mail') and coalesce(responder_at, 0) < $2 and coalesce(sieve_at, 0) < $2",
        user.0,
        at.0
    )?)
}

/// Notes what a mailbox's server says about answering by itself: whatever was seen before counts no more.
pub async fn sieve_said(tx: &mut Tx, id: MailboxId, on: bool, words: &str, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "update mailboxes set responder = case when $2 then 'sieve' else null end, \
         responder_at = case when $2 then cast($4 as bigint) else null end, sieve_at = $4, sieve_detail = $3 where id = $1",
        id.0,
        on,
        words,
        now.0
    )?;
    Ok(())
}

/// Notes that a mailbox's server could not be asked; what is known stays.
pub async fn sieve_failed(tx: &mut Tx, id: MailboxId, words: &str) -> Result<()> {
    run!(tx, "update mailboxes set sieve_detail = $2 where id = $1", id.0, words)?;
    Ok(())
}

//! Mailboxes: their rows, who reads them now (lease), and how they are doing.

use super::{Result, Tx};
use crate::model::id::{MailboxId, UserId};
use crate::model::time::Timestamp;

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

/// Makes or updates the row of a configured mailbox; the name is its identity.
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
         on conflict (name) do update set user_id = excluded.user_id, address = excluded.address \
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

/// Takes the lease of a mailbox if nobody holds it: the fencing number, or `None`.
///
/// Holder and times are compared in one statement, so of two workers one wins. `now` is the
/// caller's clock; a lease lasts minutes, clocks of one company's servers differ by less.
pub async fn lease(tx: &mut Tx, id: MailboxId, holder: &str, now: Timestamp, until: Timestamp) -> Result<Option<i64>> {
    let fence: Option<(i64,)> = maybe!(
        tx,
        "update mailboxes set lease_owner = $1, lease_until = $2, fence = fence + 1 \
         where id = $3 and (lease_until < $4 or lease_owner is null or lease_owner = $1) returning fence",
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

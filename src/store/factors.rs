//! Second factors: the sealed secret of each user, what was taken of its codes, and recovery codes.
//!
//! Two requests may come with the same code at once. Taking one is a single statement that changes a row
//! or does not, so only one of them gets through.

use super::{Result, Tx};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// A user's second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The secret, sealed.
    pub sealed: Vec<u8>,
    /// Since when it is asked for; `None` while it is being set up.
    pub confirmed: Option<Timestamp>,
    /// Wrong codes since `failing`.
    pub failures: i64,
    /// When the first of those came.
    pub failing: Timestamp,
}

/// The factor of a user, set up or being set up.
pub async fn of(tx: &mut Tx, user: UserId) -> Result<Option<Factor>> {
    const OF: &str = "select secret, confirmed_at, failures, failing_since from second_factors where user_id = $1";
    let row: Option<(Vec<u8>, Option<i64>, i64, i64)> = maybe!(tx, OF, user.0)?;
    Ok(row.map(|(sealed, confirmed, failures, failing)| Factor {
        sealed,
        confirmed: confirmed.map(Timestamp),
        failures,
        failing: Timestamp(failing),
    }))
}

/// Begins to set one up, over one that was begun before; false where one stands already.
pub async fn begin(tx: &mut Tx, user: UserId, sealed: &[u8], now: Timestamp) -> Result<bool> {
    const BEGIN: &str = "insert into second_factors (user_id, secret, created_at) values ($1, $2, $3)
         on conflict (user_id) do update set secret = excluded.secret, created_at = excluded.created_at,
           last_step = 0, failures = 0, failing_since = 0
         where second_factors.confirmed_at is null";
    Ok(run!(tx, BEGIN, user.0, sealed, now.0)? > 0)
}

/// From now on it is asked for; false if nothing was begun.
pub async fn confirm(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<bool> {
    const CONFIRM: &str = "update second_factors set confirmed_at = $2 where user_id = $1 and confirmed_at is null";
    Ok(run!(tx, CONFIRM, user.0, now.0)? > 0)
}

/// Takes the code of a step, and forgets wrong ones; false if that step or a later one was taken before.
pub async fn take_step(tx: &mut Tx, user: UserId, step: i64) -> Result<bool> {
    const TAKE: &str = "update second_factors set last_step = $2, failures = 0, failing_since = 0
         where user_id = $1 and last_step < $2";
    Ok(run!(tx, TAKE, user.0, step)? > 0)
}

/// Takes a recovery code, and forgets wrong ones; false if there is no such code (any more).
pub async fn take_recovery(tx: &mut Tx, user: UserId, hash: &[u8]) -> Result<bool> {
    if run!(tx, "delete from recovery_codes where code_hash = $2 and user_id = $1", user.0, hash)? == 0 {
        return Ok(false);
    }
    forget_failures(tx, user).await?;
    Ok(true)
}

/// Counts a try before it is looked at, so that many at once count too: false if there were `most` since
/// `since` already. A try that was good is taken off again by what takes it.
pub async fn admit(tx: &mut Tx, user: UserId, most: i64, since: Timestamp, now: Timestamp) -> Result<bool> {
    const ADMIT: &str = "update second_factors set
           failures = case when failing_since <= $3 then 1 else failures + 1 end,
           failing_since = case when failing_since <= $3 then $4 else failing_since end
         where user_id = $1 and (failing_since <= $3 or failures < $2)";
    Ok(run!(tx, ADMIT, user.0, most, since.0, now.0)? > 0)
}

/// Forgets wrong codes.
pub async fn forget_failures(tx: &mut Tx, user: UserId) -> Result<()> {
    run!(tx, "update second_factors set failures = 0, failing_since = 0 where user_id = $1", user.0)?;
    Ok(())
}

/// Takes the factor of a user away, recovery codes and all; false if there was none.
pub async fn remove(tx: &mut Tx, user: UserId) -> Result<bool> {
    run!(tx, "delete from recovery_codes where user_id = $1", user.0)?;
    Ok(run!(tx, "delete from second_factors where user_id = $1", user.0)? > 0)
}

/// Puts new recovery codes in the place of all there were.
pub async fn set_recovery(tx: &mut Tx, user: UserId, hashes: &[[u8; 32]]) -> Result<()> {
    run!(tx, "delete from recovery_codes where user_id = $1", user.0)?;
    for hash in hashes {
        run!(tx, "insert into recovery_codes (code_hash, user_id) values ($1, $2)", hash.as_slice(), user.0)?;
    }
    Ok(())
}

/// How many recovery codes a user has left.
pub async fn recovery_left(tx: &mut Tx, user: UserId) -> Result<i64> {
    let (n,): (i64,) = one!(tx, "select count(*) from recovery_codes where user_id = $1", user.0)?;
    Ok(n)
}

//! The first admin: a token that is printed when the program starts, good once and until there is one.

use super::{Result, Tx};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// Whether there is an admin who is not deactivated.
pub async fn has_admin(tx: &mut Tx) -> Result<bool> {
    const ANY: &str = "select exists (select 1 from users where role = 'admin' and active)";
    let (any,): (bool,) = one!(tx, ANY)?;
    Ok(any)
}

/// Puts this token in the place of the one printed before.
pub async fn offer(tx: &mut Tx, hash: &[u8], now: Timestamp) -> Result<()> {
    const OFFER: &str = "insert into setup_tokens (id, token_hash, created_at) values (1, $1, $2)
         on conflict (id) do update set token_hash = excluded.token_hash, created_at = excluded.created_at";
    run!(tx, OFFER, hash, now.0)?;
    Ok(())
}

/// Whether a token is offered.
pub async fn is_open(tx: &mut Tx) -> Result<bool> {
    let (any,): (bool,) = one!(tx, "select exists (select 1 from setup_tokens)")?;
    Ok(any && !has_admin(tx).await?)
}

/// Takes the token away; false if it is another one, or gone. Whoever else comes with it waits for the end of
/// this unit of work, and then finds it gone: so two requests at once make one admin.
pub async fn take(tx: &mut Tx, hash: &[u8]) -> Result<bool> {
    Ok(run!(tx, "delete from setup_tokens where id = 1 and token_hash = $1", hash)? > 0)
}

/// Takes the token away, whichever it is: there is an admin now.
pub async fn close(tx: &mut Tx) -> Result<()> {
    run!(tx, "delete from setup_tokens")?;
    Ok(())
}

/// From now on failures to sign in before this moment do not count.
pub async fn unlock(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<()> {
    run!(tx, "update users set unlocked_at = $2 where id = $1", user.0, now.0)?;
    super::factors::forget_failures(tx, user).await
}

/// Since when failures to sign in count, if somebody said so.
pub async fn unlocked(tx: &mut Tx, login: &str) -> Result<Option<Timestamp>> {
    let key = super::people::login_key(login);
    let row: Option<(Option<i64>,)> = maybe!(tx, "select unlocked_at from users where login = $1", key)?;
    Ok(row.and_then(|(at,)| at).map(Timestamp))
}

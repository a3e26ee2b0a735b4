//! Requests that came with an Idempotency-Key, so that sending one again does nothing twice.

use super::{Result, Tx};
use crate::model::id::UserId;
use crate::model::time::{DAY, Timestamp};

/// How long a key is remembered.
pub const KEPT: i64 = DAY;

/// A request that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 of method, address and body.
    pub request: Vec<u8>,
    /// What it made, such as `record:17`.
    pub made: String,
}

/// The request with this key, if it was carried out within [`KEPT`].
pub async fn find(tx: &mut Tx, user: UserId, key: &[u8], now: Timestamp) -> Result<Option<Kept>> {
    const FIND: &str =
        "select request_hash, made from idempotency_keys where user_id = $1 and key_hash = $2 and at > $3";
    let row: Option<(Vec<u8>, String)> = maybe!(tx, FIND, user.0, key, now.plus(-KEPT).0)?;
    Ok(row.map(|(request, made)| Kept { request, made }))
}

/// Takes a key, in the transaction that does what is asked for. False where it is taken: then somebody else was
/// faster. Keys that are too old go.
pub async fn take(tx: &mut Tx, user: UserId, key: &[u8], request: &[u8], now: Timestamp) -> Result<bool> {
    run!(tx, "delete from idempotency_keys where at <= $1", now.plus(-KEPT).0)?;
    const TAKE: &str = "insert into idempotency_keys (user_id, key_hash, request_hash, made, at)
        values ($1, $2, $3, '', $4) on conflict (user_id, key_hash) do nothing";
    Ok(run!(tx, TAKE, user.0, key, request, now.0)? > 0)
}

/// Notes what was made by the request with this key.
pub async fn made(tx: &mut Tx, user: UserId, key: &[u8], made: &str) -> Result<()> {
    run!(tx, "update idempotency_keys set made = $3 where user_id = $1 and key_hash = $2", user.0, key, made)?;
    Ok(())
}

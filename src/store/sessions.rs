//! Sessions of people who are signed in.
//!
//! Only the SHA-256 of a session's token is stored, so that whoever reads a copy of the database
//! cannot sign in with it. The token has 256 random bits: a plain hash is enough.

use super::{Result, Tx};
use crate::model::id::UserId;
use crate::model::record::UserRole;
use crate::model::time::{DAY, Timestamp};

/// How long a session lives at most.
pub const LONGEST: i64 = 14 * DAY;
/// After this long without a request it ends.
pub const IDLE: i64 = 3 * DAY;

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignedIn {
    /// Who.
    pub user: UserId,
    /// Their full name.
    pub name: String,
    /// Whether they are an admin.
    pub admin: bool,
    /// Their IANA zone.
    pub zone: String,
    /// Their language tag; empty if they chose none.
    pub language: String,
    /// When the session was last noted as used.
    pub seen: Timestamp,
}

/// Begins a session.
pub async fn begin(tx: &mut Tx, token_hash: &[u8], user: UserId, agent: &str, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "insert into sessions (token_hash, user_id, created_at, seen_at, expires_at, agent) values ($1, $2, $3, $3, $4, $5)",
        token_hash,
        user.0,
        now.0,
        now.plus(LONGEST).0,
        agent
    )?;
    Ok(())
}

/// Who the session belongs to, if it stands at `now` and its user is active.
pub async fn find(tx: &mut Tx, token_hash: &[u8], now: Timestamp) -> Result<Option<SignedIn>> {
    let row: Option<(i64, String, String, String, String, i64)> = maybe!(
        tx,
        "select u.id, u.name, u.role, u.zone, u.language, s.seen_at
         from sessions s join users u on u.id = s.user_id
         where s.token_hash = $1 and s.expires_at > $2 and s.seen_at > $3 and u.active",
        token_hash,
        now.0,
        now.plus(-IDLE).0
    )?;
    Ok(row.map(|(id, name, role, zone, language, seen)| SignedIn {
        user: UserId(id),
        name,
        admin: UserRole::from_word(&role) == Some(UserRole::Admin),
        zone,
        language,
        seen: Timestamp(seen),
    }))
}

/// Notes that the session was used.
pub async fn touch(tx: &mut Tx, token_hash: &[u8], now: Timestamp) -> Result<()> {
    run!(tx, "update sessions set seen_at = $2 where token_hash = $1 and seen_at < $2", token_hash, now.0)?;
    Ok(())
}

/// Ends a session.
pub async fn end(tx: &mut Tx, token_hash: &[u8]) -> Result<()> {
    run!(tx, "delete from sessions where token_hash = $1", token_hash)?;
    Ok(())
}

/// Removes sessions that ended by themselves; gives how many.
pub async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(run!(tx, "delete from sessions where expires_at <= $1 or seen_at <= $2", now.0, now.plus(-IDLE).0)?)
}

/// A session, for whoever it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Session {
    /// By which it is known.
    pub token_hash: Vec<u8>,
    /// When it began, UTC milliseconds.
    pub created_at: i64,
    /// When it was last noted as used, UTC milliseconds.
    pub seen_at: i64,
    /// What the browser calls itself.
    pub agent: String,
}

/// The sessions of a person that stand at `now`, the one used last on top.
pub async fn of(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<Vec<Session>> {
    Ok(all!(
        tx,
        "select token_hash, created_at, seen_at, agent from sessions
         where user_id = $1 and expires_at > $2 and seen_at > $3 order by seen_at desc, created_at desc",
        user.0,
        now.0,
        now.plus(-IDLE).0
    )?)
}

/// Ends a session of this person; false where they have none by that hash.
pub async fn end_of(tx: &mut Tx, user: UserId, token_hash: &[u8]) -> Result<bool> {
    Ok(run!(tx, "delete from sessions where token_hash = $1 and user_id = $2", token_hash, user.0)? > 0)
}

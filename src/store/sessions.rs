//! Sessions of people who are signed in.
//!
//! Only the SHA-256 of a session's token is stored, so that whoever reads a copy of the database
//! cannot sign in with it. The token has 256 random bits: a plain hash is enough.

use super::{Result, Tx};
use crate::model::id::UserId;
use crate::model::record::UserRole;
use crate::model::time::{DAY, Timestamp};

/// How long a session lives at most, unless the settings say otherwise.
pub const LONGEST: i64 = 14 * DAY;
/// After this long without a request it ends, unless the settings say otherwise.
pub const IDLE: i64 = 3 * DAY;

/// How somebody signed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// With login and password, and a second factor where they have one.
    #[default]
    Password,
    /// By the identity provider, which has second factors of its own.
    Provider,
}

impl Method {
    fn word(self) -> &'static str {
        match self {
            Method::Password => "password",
            Method::Provider => "oidc",
        }
    }
}

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct Beginning<'a> {
    /// Whose it is.
    pub user: UserId,
    /// How they signed in.
    pub method: Method,
    /// What the browser calls itself.
    pub agent: &'a str,
    /// From which address; empty: not known.
    pub address: &'a str,
    /// How long it lives at most, in milliseconds.
    pub longest: i64,
    /// After how many milliseconds without a request it ends.
    pub idle: i64,
}

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
    /// How they signed in.
    pub method: Method,
    /// After how many milliseconds without a request the session ends.
    pub idle: i64,
    /// Whether they have a second factor.
    pub factor: bool,
}

/// Begins a session with the usual limits, from nowhere in particular.
pub async fn begin(tx: &mut Tx, token_hash: &[u8], user: UserId, agent: &str, now: Timestamp) -> Result<()> {
    let beginning = Beginning { user, method: Method::Password, agent, address: "", longest: LONGEST, idle: IDLE };
    begin_as(tx, token_hash, &beginning, now).await
}

/// Begins a session.
pub async fn begin_as(tx: &mut Tx, token_hash: &[u8], beginning: &Beginning<'_>, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "insert into sessions (token_hash, user_id, created_at, seen_at, expires_at, agent, address, method, idle_ms)
         values ($1, $2, $3, $3, $4, $5, $6, $7, $8)",
        token_hash,
        beginning.user.0,
        now.0,
        now.plus(beginning.longest).0,
        beginning.agent,
        beginning.address,
        beginning.method.word(),
        beginning.idle
    )?;
    run!(tx, "update users set signed_in_at = $2 where id = $1", beginning.user.0, now.0)?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Found {
    id: i64,
    name: String,
    role: String,
    zone: String,
    language: String,
    seen_at: i64,
    method: String,
    idle_ms: i64,
    factor: bool,
}

/// Who the session belongs to, if it stands at `now` and its user is active.
pub async fn find(tx: &mut Tx, token_hash: &[u8], now: Timestamp) -> Result<Option<SignedIn>> {
    let row: Option<Found> = maybe!(
        tx,
        "select u.id, u.name, u.role, u.zone, u.language, s.seen_at, s.method, s.idle_ms,
           exists (select 1 from second_factors f where f.user_id = u.id and f.confirmed_at is not null) as factor
         from sessions s join users u on u.id = s.user_id
         where s.token_hash = $1 and s.expires_at > $2 and s.seen_at + s.idle_ms > $2 and u.active",
        token_hash,
        now.0
    )?;
    Ok(row.map(|row| SignedIn {
        user: UserId(row.id),
        admin: UserRole::from_word(&row.role) == Some(UserRole::Admin),
        name: row.name,
        zone: row.zone,
        language: row.language,
        seen: Timestamp(row.seen_at),
        method: if row.method == "oidc" { Method::Provider } else { Method::Password },
        idle: row.idle_ms,
        factor: row.factor,
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
    Ok(run!(tx, "delete from sessions where expires_at <= $1 or seen_at + idle_ms <= $1", now.0)?)
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
    /// From which address it began; empty: not known.
    pub address: String,
}

/// The sessions of a person that stand at `now`, the one used last on top.
pub async fn of(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<Vec<Session>> {
    Ok(all!(
        tx,
        "select token_hash, created_at, seen_at, agent, address from sessions
         where user_id = $1 and expires_at > $2 and seen_at + idle_ms > $2 order by seen_at desc, created_at desc",
        user.0,
        now.0
    )?)
}

/// Ends a session of this person; false where they have none by that hash.
pub async fn end_of(tx: &mut Tx, user: UserId, token_hash: &[u8]) -> Result<bool> {
    Ok(run!(tx, "delete from sessions where token_hash = $1 and user_id = $2", token_hash, user.0)? > 0)
}

/// Ends every session of this person but the one with this hash; gives how many.
pub async fn end_others(tx: &mut Tx, user: UserId, but: &[u8]) -> Result<u64> {
    Ok(run!(tx, "delete from sessions where user_id = $1 and token_hash <> $2", user.0, but)?)
}

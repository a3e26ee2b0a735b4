//! Whom an identity provider means by a subject.

use super::{Result, Tx};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// Somebody as a provider knows them.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// What it calls them: never given to anybody else.
    pub subject: String,
    /// When they last came from there, UTC milliseconds.
    pub seen_at: Option<i64>,
}

/// Who that is, active or not.
pub async fn user(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<UserId>> {
    const USER: &str = "select user_id from identities where issuer = $1 and subject = $2";
    let row: Option<(i64,)> = maybe!(tx, USER, issuer, subject)?;
    Ok(row.map(|(id,)| UserId(id)))
}

/// Says who that is; false if it was said of somebody before.
pub async fn link(tx: &mut Tx, issuer: &str, subject: &str, user: UserId, now: Timestamp) -> Result<bool> {
    const LINK: &str = "insert into identities (issuer, subject, user_id, created_at) values ($1, $2, $3, $4)
         on conflict (issuer, subject) do nothing";
    Ok(run!(tx, LINK, issuer, subject, user.0, now.0)? > 0)
}

/// Takes back who that is, for everything a user is known by; gives how many there were.
pub async fn unlink(tx: &mut Tx, user: UserId) -> Result<u64> {
    Ok(run!(tx, "delete from identities where user_id = $1", user.0)?)
}

/// Notes that they came from there.
pub async fn seen(tx: &mut Tx, issuer: &str, subject: &str, now: Timestamp) -> Result<()> {
    run!(tx, "update identities set seen_at = $3 where issuer = $1 and subject = $2", issuer, subject, now.0)?;
    Ok(())
}

/// By what a user is known.
pub async fn of(tx: &mut Tx, user: UserId) -> Result<Vec<Identity>> {
    const OF: &str = "select issuer, subject, seen_at from identities where user_id = $1 order by issuer, subject";
    Ok(all!(tx, OF, user.0)?)
}

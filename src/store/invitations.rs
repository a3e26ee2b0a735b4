//! Links with which people set their password, each good once. Only the SHA-256 of a link's token is kept.

use super::{Result, Tx};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// A link that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Whose password it sets.
    pub user: UserId,
    /// Who made it; `None` for the operator.
    pub by: Option<UserId>,
    /// When it was made.
    pub made: Timestamp,
    /// From when on it is refused.
    pub expires: Timestamp,
}

type Row = (i64, Option<i64>, i64, i64);

fn invitation((user, by, made, expires): Row) -> Invitation {
    Invitation { user: UserId(user), by: by.map(UserId), made: Timestamp(made), expires: Timestamp(expires) }
}

/// Keeps a link in the place of the one that its user had.
pub async fn set(tx: &mut Tx, invitation: &Invitation, hash: &[u8]) -> Result<()> {
    const SET: &str = "insert into invitations (user_id, token_hash, made_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5)
         on conflict (user_id) do update set token_hash = excluded.token_hash, made_by = excluded.made_by,
           created_at = excluded.created_at, expires_at = excluded.expires_at";
    let Invitation { user, by, made, expires } = invitation;
    run!(tx, SET, user.0, hash, by.map(|id| id.0), made.0, expires.0)?;
    Ok(())
}

/// The link of this token, if it stands and its user is not deactivated.
pub async fn find(tx: &mut Tx, hash: &[u8], now: Timestamp) -> Result<Option<Invitation>> {
    const FIND: &str = "select i.user_id, i.made_by, i.created_at, i.expires_at from invitations i
         join users u on u.id = i.user_id where i.token_hash = $1 and i.expires_at > $2 and u.active";
    let row: Option<Row> = maybe!(tx, FIND, hash, now.0)?;
    Ok(row.map(invitation))
}

/// Takes the link away; false if it is gone already. Of two who come with it at once one gets true.
pub async fn take(tx: &mut Tx, hash: &[u8]) -> Result<bool> {
    Ok(run!(tx, "delete from invitations where token_hash = $1", hash)? > 0)
}

/// Takes the link of a user away, whichever it is; false if there is none.
pub async fn remove(tx: &mut Tx, user: UserId) -> Result<bool> {
    Ok(run!(tx, "delete from invitations where user_id = $1", user.0)? > 0)
}

/// Every link, expired ones too, in order of user.
pub async fn every(tx: &mut Tx) -> Result<Vec<Invitation>> {
    let rows: Vec<Row> = all!(tx, "select user_id, made_by, created_at, expires_at from invitations order by user_id")?;
    Ok(rows.into_iter().map(invitation).collect())
}

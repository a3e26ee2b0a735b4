//! Passwords that an admin took away to give somebody a link for a new one. Whoever makes such a link could use it
//! themselves; so the person is told, by mail and on Today.

use super::{Result, Tx};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// Such a link was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Its number.
    pub id: i64,
    /// Whose account it is.
    pub user: UserId,
    /// Who made it; `None`: the operator.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

type Row = (i64, i64, Option<i64>, i64);

fn reset((id, user, by, at): Row) -> Reset {
    Reset { id, user: UserId(user), by: by.map(UserId), at: Timestamp(at) }
}

/// Notes that one was made.
pub async fn note(tx: &mut Tx, user: UserId, by: Option<UserId>, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "insert into password_resets (user_id, by_user_id, at) values ($1, $2, $3)",
        user.0,
        by.map(|by| by.0),
        now.0
    )?;
    Ok(())
}

/// Those that nobody was written about, made since a moment; the oldest first.
pub async fn untold(tx: &mut Tx, since: Timestamp) -> Result<Vec<Reset>> {
    const UNTOLD: &str =
        "select id, user_id, by_user_id, at from password_resets where told_at is null and at >= $1 order by id";
    let rows: Vec<Row> = all!(tx, UNTOLD, since.0)?;
    Ok(rows.into_iter().map(reset).collect())
}

/// Notes that the person was written to; false where somebody noted it.
pub async fn told(tx: &mut Tx, id: i64, now: Timestamp) -> Result<bool> {
    Ok(run!(tx, "update password_resets set told_at = $2 where id = $1 and told_at is null", id, now.0)? == 1)
}

/// The last one that was made for somebody since a moment.
pub async fn latest(tx: &mut Tx, user: UserId, since: Timestamp) -> Result<Option<Reset>> {
    const LATEST: &str = "select id, user_id, by_user_id, at from password_resets
        where user_id = $1 and at >= $2 order by at desc, id desc limit 1";
    Ok(maybe!(tx, LATEST, user.0, since.0)?.map(reset))
}

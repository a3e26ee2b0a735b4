//! What somebody leaves behind: what they own, answer for and receive.

use super::{Result, StoreError, Tx};
use crate::model::id::{RecordId, UserId};
use crate::model::record::Kind;

/// Every record that a user owns, with its kind and whether it is confidential, in order of id.
pub async fn owned(tx: &mut Tx, user: UserId) -> Result<Vec<(RecordId, Kind, bool)>> {
    const OWNED: &str =
        "select id, kind, confidential from records where owner_id = $1 and deleted_at is null order by id";
    let rows: Vec<(i64, String, bool)> = all!(tx, OWNED, user.0)?;
    let record = |(id, kind, confidential): (i64, String, bool)| {
        let bad = StoreError::BadRow { table: "records", id, column: "kind" };
        Ok((RecordId(id), Kind::from_word(&kind).ok_or(bad)?, confidential))
    };
    rows.into_iter().map(record).collect()
}

/// How many records a user owns.
pub async fn owns(tx: &mut Tx, user: UserId) -> Result<i64> {
    const COUNT: &str = "select count(*) from records where owner_id = $1 and deleted_at is null";
    let (count,): (i64,) = one!(tx, COUNT, user.0)?;
    Ok(count)
}

/// Makes nobody the fallback of the teams whose fallback this user is; gives their names.
pub async fn clear_fallbacks(tx: &mut Tx, user: UserId) -> Result<Vec<String>> {
    const CLEAR: &str = "update teams set fallback_user_id = null where fallback_user_id = $1 returning name";
    let mut rows: Vec<(String,)> = all!(tx, CLEAR, user.0)?;
    rows.sort();
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// The names of a user's mailboxes.
pub async fn mailboxes(tx: &mut Tx, user: UserId) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = all!(tx, "select name from mailboxes where user_id = $1 order by name", user.0)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Deactivates a user, signs them out everywhere and ends their API tokens, or activates them again.
pub async fn set_active(tx: &mut Tx, user: UserId, active: bool) -> Result<()> {
    run!(tx, "update users set active = $2 where id = $1", user.0, active)?;
    if !active {
        run!(tx, "delete from sessions where user_id = $1", user.0)?;
        run!(tx, "delete from api_tokens where user_id = $1", user.0)?;
        run!(tx, "delete from invitations where user_id = $1", user.0)?;
    }
    Ok(())
}

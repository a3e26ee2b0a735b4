//! What is kept for a time only (P9): bytes of mail that failed, mail that waits for review,
//! sessions.

use super::keys::{Key, Keys};
use super::{Result, Tx, list, locations};
use crate::model::id::LocationId;
use crate::model::time::Timestamp;

/// Throws away the bytes of failed mails whose time is over; their places stay, with the error.
pub async fn failed(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(run!(tx, "delete from failed_raws where expires_at <= $1", now.0)?)
}

/// Throws away mails that wait for review, that nobody decided, and no copy of which was taken in
/// since `before`; not those that a run of the rules put there, which can be undone. Their places become unmatched: known, and deliberately not stored; the hashes
/// stay by which they are found again should a record or thread make them matter.
pub async fn reviews(tx: &mut Tx, keys: &Keys, before: Timestamp, now: Timestamp) -> Result<u64> {
    let old: Vec<(i64,)> = all!(
        tx,
        "select m.id from mails m where m.linking = 'review' and not exists \
         (select 1 from locations l where l.mail_id = m.id and l.settled_at >= $1) \
         and not exists (select 1 from rule_job_mails j where j.mail_id = m.id) order by m.id limit 10000",
        before.0
    )?;
    if old.is_empty() {
        return Ok(0);
    }
    let old = list(old.into_iter().map(|(id,)| id));
    keep_hashes(tx, keys, &old).await?;
    for statement in [
        // A mail that one of these answered waits again.
        "update mails set answered_by = null, answered_at = null, \
         waits = (direction = 'in' and author = 'human' and linking = 'linked') \
         where answered_by in (select cast(value as bigint) from json_each($1))",
        "update notice_decisions set mail_id = null where mail_id in (select cast(value as bigint) from json_each($1))",
        "delete from raws where mail_id in (select cast(value as bigint) from json_each($1))",
        "delete from mail_parties where mail_id in (select cast(value as bigint) from json_each($1))",
        "delete from mail_ids where mail_id in (select cast(value as bigint) from json_each($1))",
        "delete from mail_text where rowid in (select cast(value as bigint) from json_each($1))",
    ] {
        run!(tx, statement, old.as_str())?;
    }
    run!(
        tx,
        "update locations set state = 'unmatched', mail_id = null, settled_at = $2 \
         where mail_id in (select cast(value as bigint) from json_each($1))",
        old.as_str(),
        now.0
    )?;
    Ok(run!(tx, "delete from mails where id in (select cast(value as bigint) from json_each($1))", old)?)
}

/// What is kept of an unstored mail: hashes of the ids it answers and of the addresses on it.
async fn keep_hashes(tx: &mut Tx, keys: &Keys, mails: &str) -> Result<()> {
    let ids: Vec<(i64, i64)> = all!(
        tx,
        "select l.id, i.id_key from locations l join mail_ids i on i.mail_id = l.mail_id and i.what <> 'own' \
         where l.mail_id in (select cast(value as bigint) from json_each($1))",
        mails
    )?;
    let addresses: Vec<(i64, String)> = all!(
        tx,
        "select l.id, p.address from locations l join mail_parties p on p.mail_id = l.mail_id \
         where l.mail_id in (select cast(value as bigint) from json_each($1)) \
         and not exists (select 1 from user_addresses u where u.address = p.address)",
        mails
    )?;
    let ids = ids.into_iter().map(|(place, key)| (LocationId(place), "i", key));
    let addresses = addresses
        .into_iter()
        .map(|(place, address)| (LocationId(place), "a", keys.hash("address", address.as_bytes())));
    let all: Vec<(LocationId, &'static str, Key)> = ids.chain(addresses).collect();
    locations::insert_unmatched_keys(tx, &all).await
}

/// Throws away sessions that have ended.
pub async fn sessions(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(run!(tx, "delete from sessions where expires_at <= $1", now.0)?)
}

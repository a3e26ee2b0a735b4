//! What is kept for a time only (P9): bytes of mail that failed, mail that waits for review,
//! sessions.

use super::{Result, Tx};
use crate::model::time::Timestamp;

/// Throws away the bytes of failed mails whose time is over; their places stay, with the error.
pub async fn failed(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(run!(tx, "delete from failed_raws where expires_at <= $1", now.0)?)
}

/// Throws away mails that waited for review since before `before` and that nobody decided. Their
/// places become unmatched: known, and deliberately not stored.
pub async fn reviews(tx: &mut Tx, before: Timestamp, now: Timestamp) -> Result<u64> {
    run!(
        tx,
        "update locations set state = 'unmatched', mail_id = null, settled_at = $2 where mail_id in \
         (select id from mails where linking = 'review' and arrived_at < $1)",
        before.0,
        now.0
    )?;
    run!(
        tx,
        "update notice_decisions set mail_id = null where mail_id in \
         (select id from mails where linking = 'review' and arrived_at < $1)",
        before.0
    )?;
    for table in [
        "delete from raws where mail_id in (select id from mails where linking = 'review' and arrived_at < $1)",
        "delete from mail_parties where mail_id in (select id from mails where linking = 'review' and arrived_at < $1)",
        "delete from mail_text where rowid in (select id from mails where linking = 'review' and arrived_at < $1)",
        "delete from mail_ids where mail_id in (select id from mails where linking = 'review' and arrived_at < $1)",
    ] {
        run!(tx, table, before.0)?;
    }
    Ok(run!(tx, "delete from mails where linking = 'review' and arrived_at < $1", before.0)?)
}

/// Throws away sessions that have ended.
pub async fn sessions(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(run!(tx, "delete from sessions where expires_at <= $1", now.0)?)
}

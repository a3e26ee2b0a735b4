//! What is kept for a time only (P9): bytes of mail that failed, mail that waits for review,
//! sessions.

use super::keys::Keys;
use super::{Result, Tx, removal};
use crate::model::id::MailId;
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
        // What somebody decided about stays, but for what they called private.
        "select m.id from mails m where m.linking = 'review' and not exists \
         (select 1 from locations l where l.mail_id = m.id and l.settled_at >= $1) and not exists \
         (select 1 from corrections c where c.copy_key = m.copy_key and c.identity = m.identity and c.undone_at is null \
          and c.what <> 'private') \
         and not exists (select 1 from rule_job_mails j where j.mail_id = m.id) order by m.id limit 10000",
        before.0
    )?;
    if old.is_empty() {
        return Ok(0);
    }
    let old: Vec<MailId> = old.into_iter().map(|(id,)| MailId(id)).collect();
    removal::expire(tx, keys, &old, now).await?;
    Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
}

/// When the last copy was taken in of a stored mail that is thrown away some time after that, as [`reviews`] does;
/// `None` where it stays.
pub async fn review_ends(tx: &mut Tx, mail: MailId) -> Result<Option<Timestamp>> {
    let settled: Option<(Option<i64>,)> = maybe!(
        tx,
        "select (select max(l.settled_at) from locations l where l.mail_id = m.id) from mails m \
         where m.id = $1 and m.linking = 'review' and not exists \
         (select 1 from corrections c where c.copy_key = m.copy_key and c.identity = m.identity and c.undone_at is null \
          and c.what <> 'private') and not exists (select 1 from rule_job_mails j where j.mail_id = m.id)",
        mail.0
    )?;
    Ok(settled.and_then(|(at,)| at).map(Timestamp))
}

/// Throws away sessions that have ended.
pub async fn sessions(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(run!(tx, "delete from sessions where expires_at <= $1", now.0)?)
}

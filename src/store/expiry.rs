//! What is kept for a time only (P9): bytes of mail that failed, mail that waits for review,
//! sessions.

use super::keys::Keys;
use super::rules::UNDO_FOR;
use super::{Result, Tx, removal};
use crate::model::id::MailId;
use crate::model::time::Timestamp;

/// Throws away the bytes of failed mails whose time is over; their places stay, with the error.
pub async fn failed(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(run!(tx, "delete from failed_raws where expires_at <= $1", now.0)?)
}

/// Somebody decided about the mail `m`; what they called private is nobody's all the same.
macro_rules! decided {
    () => {
        "exists (select 1 from corrections c where c.copy_key = m.copy_key and c.identity = m.identity \
         and c.undone_at is null and c.what <> 'private')"
    };
}

/// Throws away mails that wait for review, that nobody decided, and no copy of which was taken in
/// since `before`; not those that a run of the rules put there since, or that it can still put back. Their places become
/// unmatched: known, and deliberately not stored; the hashes
/// stay by which they are found again should a record or thread make them matter.
pub async fn reviews(tx: &mut Tx, keys: &Keys, before: Timestamp, now: Timestamp) -> Result<u64> {
    let old: Vec<(i64,)> = all!(
        tx,
        concat!(
            "select m.id from mails m where m.linking = 'review' and not exists \
             (select 1 from locations l where l.mail_id = m.id and l.settled_at >= $1) and not ",
            decided!(),
            " and not exists (select 1 from rule_job_mails j join rule_jobs r on r.id = j.job_id where j.mail_id = m.id \
             and (r.settled_at is null or r.state = 'undoing' or (r.state = 'done' and r.settled_at >= $2))) \
             order by m.id limit 10000"
        ),
        before.0,
        before.0.min(now.plus(-UNDO_FOR).0)
    )?;
    if old.is_empty() {
        return Ok(0);
    }
    let old: Vec<MailId> = old.into_iter().map(|(id,)| MailId(id)).collect();
    removal::expire(tx, keys, &old, now).await?;
    Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
}

/// How long a stored mail stays that stands on no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// It is thrown away then, as it stands.
    Until(Timestamp),
    /// Somebody decided about it, so it stays.
    Decided,
}

/// How long a stored mail stays that stands on no record, as [`reviews`] does it with what is `keep` milliseconds old;
/// `None` where it stands on one, or a run of the rules is under way.
pub async fn stay(tx: &mut Tx, mail: MailId, keep: i64) -> Result<Option<Stay>> {
    let found: Option<(Option<i64>, Option<i64>, bool)> = maybe!(
        tx,
        concat!(
            "select (select max(l.settled_at) from locations l where l.mail_id = m.id), \
             (select max(r.settled_at) from rule_job_mails j join rule_jobs r on r.id = j.job_id \
              where j.mail_id = m.id and r.state = 'done'), ",
            decided!(),
            " from mails m where m.id = $1 and m.linking = 'review' and not exists (select 1 from rule_job_mails j \
             join rule_jobs r on r.id = j.job_id where j.mail_id = m.id and (r.settled_at is null or r.state = 'undoing'))"
        ),
        mail.0
    )?;
    Ok(found.and_then(|(settled, run, decided)| match decided {
        true => Some(Stay::Decided),
        false => {
            let settled = settled.map(|at| at + keep);
            let run = run.map(|at| at + keep.max(UNDO_FOR));
            settled.max(run).map(|at| Stay::Until(Timestamp(at)))
        }
    }))
}

/// Throws away sessions that have ended.
pub async fn sessions(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(run!(tx, "delete from sessions where expires_at <= $1", now.0)?)
}

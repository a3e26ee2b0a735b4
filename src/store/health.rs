//! Figures of how an installation is doing, for those who run it. Numbers and moments alone: nothing here says
//! whose mail it is.

use super::{Result, Tx};
use crate::model::time::Timestamp;
use std::path::Path;

/// Counts from the database, as of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Figures {
    /// Mails that are known and not read yet.
    pub pending: i64,
    /// Since when the oldest of those that came live waits.
    pub oldest_pending: Option<Timestamp>,
    /// Mails that could not be read and are kept with their error.
    pub failed: i64,
    /// Mails of ours that wait to be sent.
    pub queued: i64,
    /// Since when the oldest of them waits.
    pub oldest_queued: Option<Timestamp>,
    /// Mails of which nobody knows whether they went out, of the last week.
    pub unclear: i64,
    /// Mails that were refused or given up, of the last week.
    pub unsent: i64,
    /// Mails that the full-text index lacks, at most a thousand.
    pub unindexed: i64,
    /// Workers that read mailboxes now.
    pub workers: i64,
    /// Octets of the database.
    pub size: i64,
}

/// What of an installation was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Begun {
    /// There are people beside the first.
    pub people: bool,
    /// A mailbox is connected.
    pub mailbox: bool,
    /// There are records.
    pub records: bool,
    /// A change of rules was tried.
    pub tried: bool,
    /// Somebody entered an absence.
    pub absence: bool,
}

impl Begun {
    /// Whether mail can reach whom it concerns: the rest can wait.
    pub fn serves(&self) -> bool {
        self.people && self.mailbox && self.records
    }

    /// As much as a page may say that does not speak of records: nothing else is known.
    pub fn without_records(self) -> Option<Begun> {
        let known = Begun { records: false, tried: false, absence: false, ..self };
        (!(self.people && self.mailbox)).then_some(known)
    }
}

/// What was begun.
pub async fn begun(tx: &mut Tx) -> Result<Begun> {
    const BEGUN: &str = "select (select count(*) from (select id from users limit 2) u) > 1,
          exists (select 1 from mailboxes where removed_at is null), exists (select 1 from records),
          exists (select 1 from rule_trials), exists (select 1 from absences)";
    let (people, mailbox, records, tried, absence): (bool, bool, bool, bool, bool) = one!(tx, BEGUN)?;
    Ok(Begun { people, mailbox, records, tried, absence })
}

/// The figures; `week` is a week before `now`.
pub async fn figures(tx: &mut Tx, now: Timestamp, week: Timestamp) -> Result<Figures> {
    const PENDING: &str = "select count(*), min(case when l.arrival = 'live' then l.seen_at end)
        from locations l join folders f on f.id = l.folder_id where l.state = 'pending' and f.watched and l.epoch = f.epoch";
    const FAILED: &str = "select count(*) from locations where state = 'failed'";
    const QUEUED: &str = "select count(*), min(queued_at) from outbox where state in ('queued', 'sending')";
    const SETTLED: &str = "select
          cast(coalesce(sum(case when state = 'unclear' then 1 else 0 end), 0) as bigint),
          cast(coalesce(sum(case when state = 'unclear' then 0 else 1 end), 0) as bigint)
        from outbox where state in ('unclear', 'refused', 'gave-up') and settled_at >= $1";
    const UNINDEXED: &str = "select count(*) from (select 1 as one from mails
        where id > (select upto from progress where what = 'text') limit 1000) m";
    const WORKERS: &str = "select count(distinct lease_owner) from mailboxes where lease_until > $1";
    let (pending, oldest_pending): (i64, Option<i64>) = one!(tx, PENDING)?;
    let (failed,): (i64,) = one!(tx, FAILED)?;
    let (queued, oldest_queued): (i64, Option<i64>) = one!(tx, QUEUED)?;
    let (unclear, unsent): (i64, i64) = one!(tx, SETTLED, week.0)?;
    let (unindexed,): (i64,) = one!(tx, UNINDEXED)?;
    let (workers,): (i64,) = one!(tx, WORKERS, now.0)?;
    let size = size(tx).await?;
    let (oldest_pending, oldest_queued) = (oldest_pending.map(Timestamp), oldest_queued.map(Timestamp));
    Ok(Figures { pending, oldest_pending, failed, queued, oldest_queued, unclear, unsent, unindexed, workers, size })
}

/// Octets of the database. Each of the two says it in its own way.
async fn size(tx: &mut Tx) -> Result<i64> {
    let (size,): (i64,) = match tx {
        Tx::Sqlite(_) => one!(tx, "select page_count * page_size from pragma_page_count(), pragma_page_size()")?,
        Tx::Postgres(_) => one!(tx, "select pg_database_size(current_database())")?,
    };
    Ok(size)
}

/// The mailboxes that a worker holds now.
pub async fn held(tx: &mut Tx, now: Timestamp) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = all!(tx, "select id from mailboxes where lease_until > $1 order by id", now.0)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Octets that are free where `folder` lies, and those there are; `None` where the system does not say.
pub fn room(folder: &Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some((found.f_bavail.saturating_mul(found.f_frsize), found.f_blocks.saturating_mul(found.f_frsize)))
}

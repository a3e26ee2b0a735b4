//! Applying the rules to history, in batches, and undoing it.
//!
//! A batch is one transaction: it keeps the lease, asks the rules about a page of mails, decides
//! their threads, writes how each changed mail stood into the journal, then what was decided, and
//! how far it has come. So a worker that dies leaves whole batches and a lease that runs out; any
//! other goes on from there. The way back takes whole threads: their mails stand and say again what
//! the journal holds, and are decided with whatever came since.

use super::super::assemble;
use super::super::place::{self, alike};
use super::super::rules::{self, Spoken, wanted};
use super::super::weigh::{self as weighing, Moved};
use super::{Standing, weigh};
use crate::link::rules::Set;
use crate::model::audit::{Action, Line};
use crate::model::id::{MailId, RuleJobId, ThreadId};
use crate::model::link::Linking;
use crate::model::rule::Hit;
use crate::model::time::{SECOND, Timestamp};
use crate::store::rules::{Before, Job, JobState};
use crate::store::{self, Db, Tx};
use anyhow::{Context as _, Result};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a worker may be silent before another takes over.
const LEASE: i64 = 5 * SECOND;
/// Mails of a batch, where nobody says otherwise.
pub const BATCH: i64 = 500;

/// How driving a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driven {
    /// Nothing is left to do.
    Settled,
    /// Somebody else works on it.
    Elsewhere,
}

/// Who works on runs, and with what.
#[derive(Clone)]
pub struct Worker {
    /// The database.
    pub db: Db,
    /// Domains of the company.
    pub own_domains: HashSet<String>,
    /// A name that no other worker has.
    pub name: String,
    /// Where moments come from.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Mails of a batch ([`BATCH`]).
    pub batch: i64,
    /// Hears of progress: mails dealt with, and in all.
    pub told: Arc<dyn Fn(i64, i64) + Send + Sync>,
}

/// Works on a run until it is settled or another worker has it.
///
/// # Errors
/// If the database fails. Calling it again goes on from there.
pub async fn drive(worker: &Worker, id: RuleJobId) -> Result<Driven> {
    let mut compiled: Option<(i64, Set)> = None;
    loop {
        let began = Instant::now();
        let step = step(worker, id, &mut compiled).await.with_context(|| format!("run {id} of the rules"))?;
        match step {
            None => {
                let mut tx = worker.db.read().await?;
                let found = store::rules::load(&mut tx, id).await?;
                let settled = found.is_none_or(|job| !job.state.is_under_way());
                return Ok(if settled { Driven::Settled } else { Driven::Elsewhere });
            }
            Some(job) => {
                (worker.told)(job.done, job.total);
                if !job.state.is_under_way() {
                    return Ok(Driven::Settled);
                }
            }
        }
        // Lets others write: SQLite hands the writer on by asking again (actions::handover).
        let most = Duration::from_millis(if worker.db.is_shared() { 5 } else { 30 });
        tokio::time::sleep((began.elapsed() * 2).min(most)).await;
    }
}

/// Goes on with the run that is under way, if there is one.
///
/// # Errors
/// If the database fails; the next round goes on from there.
pub async fn tend(worker: &Worker) -> Result<()> {
    let mut tx = worker.db.read().await?;
    let under_way = store::rules::under_way(&mut tx).await?;
    drop(tx);
    if let Some(id) = under_way {
        drive(worker, id).await?;
    }
    Ok(())
}

/// One batch; how the run stands after it. `None` where somebody else has it or nothing is to do.
async fn step(worker: &Worker, id: RuleJobId, compiled: &mut Option<(i64, Set)>) -> Result<Option<Job>> {
    let mut tx = worker.db.write().await?;
    tx.alone().await?;
    let now = (worker.clock)();
    let Some(job) = store::rules::claim(&mut tx, id, &worker.name, now, now.plus(LEASE)).await? else {
        return Ok(None);
    };
    let more = match job.state {
        JobState::Running => {
            let set = match compiled.take().filter(|(version, _)| *version == job.version) {
                Some((_, set)) => set,
                None => rules::compiled(&store::rules::at(&mut tx, job.version).await?),
            };
            let more = forth(&mut tx, worker, &job, &set, now).await?;
            *compiled = Some((job.version, set));
            more
        }
        _ => back(&mut tx, worker, &job, now).await?,
    };
    if !more {
        store::rules::settle(&mut tx, id, now).await?;
        let detail = serde_json::json!({ "run": id, "version": job.version, "goal": job.goal.word(), "mails": job.done,
            "changed": job.changed });
        let line = Line::new(now, job.acting, Action::RulesApplied).subject(id.0).detail(detail);
        store::audit::note(&mut tx, &[line]).await?;
    }
    let job = store::rules::load(&mut tx, id).await?;
    tx.commit().await?;
    Ok(job)
}

/// The next page of mails; false at the end.
async fn forth(tx: &mut Tx, worker: &Worker, job: &Job, set: &Set, now: Timestamp) -> Result<bool> {
    let page = store::rules::page(tx, ThreadId(job.reached), worker.batch, wanted(set)).await?;
    if page.is_empty() {
        return Ok(false);
    }
    let weighed = weigh(set, &page);
    let (mails, last) = (i64::try_from(weighed.mails).unwrap_or(0), weighed.last);
    let mut changed = 0;
    for (threads, saying) in weighed.parts() {
        changed += decide(tx, worker, job, &threads, saying, now).await?;
    }
    store::rules::advance(tx, job.id, last.0, mails, changed).await?;
    Ok(true)
}

/// Decides threads with what the rules say, and writes it down; gives how many mails are in the
/// journal for it.
async fn decide(
    tx: &mut Tx,
    worker: &Worker,
    job: &Job,
    threads: &[ThreadId],
    saying: HashMap<MailId, Vec<Hit>>,
    now: Timestamp,
) -> Result<i64> {
    let changed: HashSet<MailId> = saying.keys().copied().collect();
    let mut assembled = assemble::as_if(tx, &worker.own_domains, threads, saying).await?;
    let decided = weighing::decide(tx, &mut assembled).await?;
    let mails: Vec<MailId> = assembled.stored.iter().map(|s| s.id).collect();
    let mut said = store::rules::said(tx, &mails).await?;
    let mut journal = Vec::new();
    for (member, after) in assembled.members.iter().zip(&decided) {
        let (Some(mail), Some(linking)) = (member.id, &member.before) else { continue };
        if changed.contains(&mail) || !alike(linking, after) {
            let (set_version, rules) = said.remove(&mail).unwrap_or_default();
            journal.push(Before { mail, linking: linking.clone(), rules, set_version });
        }
    }
    let added = store::rules::journal(tx, job.id, &journal).await?;
    assembled.spoken = Spoken { version: job.version, changed };
    let written = place::record(tx, &assembled, &decided, now).await?;
    // What was weighed by this is decided again; where it stands elsewhere now, the journal holds it as well.
    let others = weighing::others(tx, &assembled, &decided, &written, &worker.own_domains, now).await?;
    let elsewhere = others.into_iter().filter(|other| Standing::of(&other.before) != Standing::of(&other.after));
    let elsewhere: Vec<Moved> = elsewhere.collect();
    let mut said = store::rules::said(tx, &elsewhere.iter().map(|other| other.mail).collect::<Vec<_>>()).await?;
    let stood = |other: Moved| {
        let (set_version, rules) = said.remove(&other.mail).unwrap_or_default();
        Before { mail: other.mail, linking: other.before, rules, set_version }
    };
    let others: Vec<Before> = elsewhere.into_iter().map(stood).collect();
    Ok(added + store::rules::journal(tx, job.id, &others).await?)
}

/// The threads of the next mails of the journal stand as they stood; false at its end.
async fn back(tx: &mut Tx, worker: &Worker, job: &Job, now: Timestamp) -> Result<bool> {
    let some = store::rules::before(tx, job.id, MailId(job.reached), worker.batch).await?;
    let Some(last) = some.last().map(|before| before.mail) else { return Ok(false) };
    let mails: Vec<MailId> = some.iter().map(|before| before.mail).collect();
    let threads = store::mails::threads_of(tx, &mails).await?;
    for threads in threads.chunks(super::THREADS) {
        restore(tx, worker, job, threads, now).await?;
    }
    store::rules::advance(tx, job.id, last.0, i64::try_from(some.len()).unwrap_or(0), 0).await?;
    Ok(true)
}

async fn restore(tx: &mut Tx, worker: &Worker, job: &Job, threads: &[ThreadId], now: Timestamp) -> Result<()> {
    let journal = store::rules::before_of(tx, job.id, threads).await?;
    let saying = journal.iter().map(|before| (before.mail, before.rules.clone())).collect();
    let mut stood: HashMap<MailId, Linking> =
        journal.iter().map(|before| (before.mail, before.linking.clone())).collect();
    let mut assembled = assemble::as_if(tx, &worker.own_domains, threads, saying).await?;
    let mut stands = Vec::with_capacity(assembled.members.len());
    for member in &mut assembled.members {
        stands.push(member.before.clone());
        if let Some(linking) = member.id.and_then(|id| stood.remove(&id)) {
            member.before = Some(linking);
        }
    }
    let decided = weighing::decide(tx, &mut assembled).await?;
    // What is written is compared with what stands, not with what stood.
    assembled.members.iter_mut().zip(stands).for_each(|(member, before)| member.before = before);
    let written = place::record(tx, &assembled, &decided, now).await?;
    weighing::others(tx, &assembled, &decided, &written, &worker.own_domains, now).await?;
    let said: Vec<(MailId, i64, &[Hit])> =
        journal.iter().map(|before| (before.mail, before.set_version, before.rules.as_slice())).collect();
    Ok(store::rules::say_anew(tx, &said, now).await?)
}

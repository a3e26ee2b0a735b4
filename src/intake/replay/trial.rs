//! Dry runs that pages ask for, in the background: one at a time, with progress, until it is done or
//! somebody stops it. A program that ends leaves a lease that runs out; the next begins again.
//!
//! What it says is kept as ids and figures, so that each page shows it under its viewer's own rights.
//! Every mail that would change goes into packed CSV: some octets for each of them in memory.

use super::{COLUMNS, Changed, Group, Report, Told, dry_run};
use crate::link::rules::Set;
use crate::model::facts::House;
use crate::model::id::{MailId, TrialId};
use crate::model::record::Policy;
use crate::model::time::{SECOND, Timestamp};
use crate::store::rules::trials::{self, Said, State, Trial};
use crate::store::{self, Db};
use anyhow::{Context as _, Result};
use sha2::{Digest, Sha256};
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How long a worker may be silent before another begins again.
const LEASE: i64 = 10 * SECOND;
/// How often progress is written down.
const TOLD: Duration = Duration::from_millis(500);
/// Octets of CSV that are unpacked at most.
const LARGEST: u64 = 1 << 30;

/// Who carries dry runs out, and with what.
#[derive(Clone)]
pub struct Trier {
    /// The database.
    pub db: Db,
    /// Domains of the company.
    pub own_domains: House,
    /// What the company decided about rights.
    pub policy: Policy,
    /// A name that no other worker has.
    pub name: String,
    /// Where moments come from.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Hears that something can be looked at.
    pub told: Arc<dyn Fn() + Send + Sync>,
}

/// Carries out every dry run that waits; gives how many.
///
/// # Errors
/// If the database fails; the next round begins what was interrupted again.
pub async fn try_all(trier: &Trier) -> Result<usize> {
    let mut tried = 0;
    loop {
        let now = (trier.clock)();
        let mut tx = trier.db.write().await?;
        let found = trials::claim(&mut tx, &trier.name, now, now.plus(LEASE)).await?;
        tx.commit().await?;
        let Some(trial) = found else { return Ok(tried) };
        let id = trial.id;
        one(trier, trial).await.with_context(|| format!("dry run {id} of the rules"))?;
        (trier.told)();
        tried += 1;
    }
}

async fn one(trier: &Trier, trial: Trial) -> Result<()> {
    let id = trial.id;
    let reached = Arc::new((AtomicI64::new(0), AtomicI64::new(trial.total)));
    let said = tokio::select! {
        said = replayed(trier, &trial, Arc::clone(&reached)) => said?,
        kept = keep(trier, id, &reached) => return kept,
    };
    let mut tx = trier.db.write().await?;
    match said {
        Some((said, changes)) => {
            trials::say(&mut tx, id, &trier.name, &said, &changes).await?;
        }
        None => trials::turn(&mut tx, id, State::Failed).await?,
    }
    Ok(tx.commit().await?)
}

/// Keeps the lease and writes progress down; ends where somebody stopped it.
async fn keep(trier: &Trier, id: TrialId, reached: &(AtomicI64, AtomicI64)) -> Result<()> {
    loop {
        tokio::time::sleep(TOLD).await;
        let now = (trier.clock)();
        let progress = (reached.0.load(Ordering::Relaxed), reached.1.load(Ordering::Relaxed));
        let mut tx = trier.db.write().await?;
        let kept = trials::advance(&mut tx, id, &trier.name, progress, now.plus(LEASE)).await?;
        tx.commit().await?;
        if !kept {
            return Ok(());
        }
        (trier.told)();
    }
}

/// What the draft would do, with every change; `None` where its rules cannot be compiled (any more).
async fn replayed(
    trier: &Trier,
    trial: &Trial,
    reached: Arc<(AtomicI64, AtomicI64)>,
) -> Result<Option<(Said, Vec<u8>)>> {
    let Ok(set) = Set::compile(&trial.rules) else { return Ok(None) };
    let set = Arc::new(set);
    let now = (trier.clock)();
    let mut tx = trier.db.read().await?;
    let world = store::people::world(&mut tx, &trier.policy, now).await?;
    let mut packed = zstd::Encoder::new(Vec::new(), 1).context("packing what would change")?;
    packed.write_all(line(&COLUMNS.map(str::to_owned)).as_bytes())?;
    let mut hash = Sha256::new();
    let mut change = |change: &Changed| {
        let line = line(&change.cells());
        hash.update(&line);
        packed.write_all(line.as_bytes())?;
        Ok(())
    };
    let mut progress = |done: i64, total: i64| {
        reached.0.store(done, Ordering::Relaxed);
        reached.1.store(total, Ordering::Relaxed);
    };
    let mut told = Told { progress: &mut progress, change: &mut change };
    let report = dry_run(&mut tx, &set, &trier.own_domains, &world, now, &mut told).await?;
    drop(tx);
    let asks = asks(&set, trial.base, &report);
    // Who gains and loses sight depends on rights, which change without any mail changing.
    hash.update(serde_json::to_string(&(&report.gains, &report.loses, report.exposed, &asks))?);
    let said = Said {
        report: serde_json::to_string(&report)?,
        figures: report.figures().to_string(),
        digest: hex::encode(hash.finalize()),
        asks,
    };
    Ok(Some((said, packed.finish().context("packing what would change")?)))
}

fn line(cells: &[String; COLUMNS.len()]) -> String {
    format!("{}\n", cells.join(","))
}

/// What has to be agreed to before this is saved: `everything` (a rule fits every mail there is),
/// `exposed` (mail that is confidential, or of confidential records, shows to more people), `against` (persons said otherwise).
fn asks(set: &Set, base: i64, report: &Report) -> String {
    let against = report.groups.get(&Group::Against).is_some_and(|tally| tally.count > 0);
    let everything = !set.newly_fitting_everything(base, &report.fitting_everything()).is_empty();
    let words = [("everything", everything), ("exposed", report.exposed > 0), ("against", against)];
    let asked: Vec<&str> = words.iter().filter(|(_, asked)| *asked).map(|(word, _)| *word).collect();
    asked.join(" ")
}

/// The CSV of every mail that would change, unpacked.
///
/// # Errors
/// If the bytes are not what was packed.
pub fn csv(packed: &[u8]) -> Result<String> {
    let mut text = String::new();
    zstd::stream::read::Decoder::new(packed)?.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// The mails that such CSV names, in its order.
pub fn mails_of_csv(text: &str) -> Vec<MailId> {
    text.lines().skip(1).filter_map(mail_of_line).collect()
}

fn mail_of_line(line: &str) -> Option<MailId> {
    line.split(',').nth(1)?.parse().ok().map(MailId)
}

/// The same for somebody who reads only some of the mails: the others are counted, and not told apart by their own
/// number or that of their thread.
pub fn csv_for(text: &str, reads: impl Fn(MailId) -> bool) -> String {
    let told = |line: &str| match mail_of_line(line) {
        Some(mail) if !reads(mail) => {
            let cells = line.split(',').enumerate();
            cells.map(|(n, cell)| if n == 1 || n == 2 { "" } else { cell }).collect::<Vec<_>>().join(",")
        }
        _ => line.to_owned(),
    };
    text.lines().map(|line| format!("{}\n", told(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_that_is_not_read_keeps_its_row_and_loses_its_number() {
        let text = "group,mail,thread,x\nmoved,7,3,a\nmoved,8,4,b\n";
        assert_eq!(mails_of_csv(text), [MailId(7), MailId(8)]);
        let told = csv_for(text, |mail| mail == MailId(8));
        assert_eq!(told, "group,mail,thread,x\nmoved,,,a\nmoved,8,4,b\n");
    }
}

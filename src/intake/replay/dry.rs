//! What a set of rules would do to stored mail, on one snapshot.

use super::super::rules::wanted;
use super::super::weigh::{self as weighing, Firm};
use super::super::{assemble, belong};
use super::diff::{self, Changed, Group};
use super::sight::{Difference, Sight, count};
use super::{THREADS, Weighed, weigh};
use crate::access::World;
use crate::link::rules::Set;
use crate::model::facts::House;
use crate::model::id::{MailId, RuleId, ThreadId, UserId};
use crate::model::rule::Hit;
use crate::model::time::Timestamp;
use crate::store::{self, Tx};
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Mails of a page.
const PAGE: i64 = 2_000;
/// Mails of each group that are kept to be shown.
pub const SAMPLES: usize = 20;

/// One group of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many mails.
    pub count: i64,
    /// The first of them.
    pub samples: Vec<Changed>,
    /// How many for each owner of the record where they would stand, or stand.
    pub owners: BTreeMap<UserId, i64>,
}

/// What a set of rules would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Stored mails that were looked at.
    pub mails: i64,
    /// Copies that are known and not stored: what the rules would say about those is not known.
    pub unstored: i64,
    /// The groups.
    pub groups: BTreeMap<Group, Tally>,
    /// For each person how many mails they would see and do not.
    pub gains: BTreeMap<UserId, i64>,
    /// For each person how many mails they see and would not.
    pub loses: BTreeMap<UserId, i64>,
    /// Confidential mails, and mails of confidential records, that somebody would gain sight of.
    pub exposed: i64,
    /// The first of them.
    pub exposed_samples: Vec<Changed>,
    /// How many mails each rule fits.
    pub fits: HashMap<RuleId, i64>,
}

impl Report {
    /// How many mails are named: those that would change, and those of which a person says otherwise.
    pub fn changes(&self) -> i64 {
        self.groups.values().map(|tally| tally.count).sum()
    }

    /// How many mails would stand otherwise.
    pub fn moves(&self) -> i64 {
        self.groups.iter().filter(|(group, _)| group.moves()).map(|(_, tally)| tally.count).sum()
    }

    /// Rules that fit every stored mail, where there is mail enough to say so.
    pub fn fitting_everything(&self) -> Vec<RuleId> {
        let all = self.fits.iter().filter(|(_, fits)| self.mails >= 20 && **fits == self.mails);
        all.map(|(rule, _)| *rule).collect()
    }

    /// The figures, without samples.
    pub fn figures(&self) -> serde_json::Value {
        let groups: serde_json::Map<_, _> = Group::ALL
            .iter()
            .map(|group| (group.word().to_owned(), self.groups.get(group).map_or(0, |tally| tally.count).into()))
            .collect();
        json!({ "mails": self.mails, "unstored": self.unstored, "groups": groups, "exposed": self.exposed,
            "gain": self.gains.len(), "lose": self.loses.len() })
    }

    fn add(&mut self, change: &Changed, difference: Difference) {
        let tally = self.groups.entry(change.group).or_default();
        tally.count += 1;
        if tally.samples.len() < SAMPLES {
            tally.samples.push(change.clone());
        }
        count(&mut tally.owners, difference.owner);
        count(&mut self.gains, difference.gains);
        count(&mut self.loses, difference.loses);
        if difference.exposed {
            self.exposed += 1;
            if self.exposed_samples.len() < SAMPLES {
                self.exposed_samples.push(change.clone());
            }
        }
    }
}

/// What is told while a replay goes on.
pub struct Told<'t> {
    /// Of progress: mails looked at, and in all.
    pub progress: &'t mut (dyn FnMut(i64, i64) + Send),
    /// Of each mail that would change.
    pub change: &'t mut (dyn FnMut(&Changed) -> Result<()> + Send),
}

/// Replays a whole set over stored mail, on the snapshot of `tx`, and writes nothing.
///
/// Threads that are weighed between several opportunities come last: what decides them is known once all
/// that would surely regard those opportunities is. Of these their ids are kept meanwhile, and of what
/// would change about an opportunity a few octets for each mail.
pub async fn dry_run(
    tx: &mut Tx,
    set: &Arc<Set>,
    own_domains: &House,
    world: &World,
    now: Timestamp,
    told: &mut Told<'_>,
) -> Result<Report> {
    let (total, unstored) = store::rules::known(tx).await?;
    let mut report = Report { unstored, ..Report::default() };
    let mut sight = Sight::new(world, now);
    let wanted = wanted(set);
    let (mut firm, mut open) = (Firm::default(), BTreeSet::new());
    let mut page = store::rules::page(tx, ThreadId(0), PAGE, wanted).await?;
    while let Some(last) = page.last().map(|row| ThreadId(row.thread_id)) {
        let asked = Arc::clone(set);
        // The next page is read while this one is weighed.
        let weighing = tokio::task::spawn_blocking(move || weigh(&asked, &page));
        let (next, weighed) = tokio::join!(store::rules::page(tx, last, PAGE, wanted), weighing);
        page = next?;
        let mut weighed: Weighed = weighed.context("weighing a page of mail")?;
        report.mails += i64::try_from(weighed.mails).unwrap_or(0);
        for (rule, fits) in std::mem::take(&mut weighed.fits) {
            *report.fits.entry(rule).or_default() += fits;
        }
        for (threads, saying) in weighed.parts() {
            let changes = surely(tx, own_domains, &threads, saying, &mut firm, &mut open).await?;
            tell(tx, &changes, &mut sight, &mut report, told).await?;
        }
        (told.progress)(report.mails, total);
    }
    open.extend(firm.others(tx).await?);
    for threads in open.into_iter().collect::<Vec<_>>().chunks(THREADS) {
        let rows = store::rules::of_threads(tx, threads, wanted).await?;
        let saying: HashMap<MailId, Vec<Hit>> = weigh(set, &rows).changed.into_values().flatten().collect();
        let mut assembled = assemble::as_if(tx, own_domains, threads, saying).await?;
        let decided = weighing::decide_if(tx, &mut assembled, &firm).await?;
        let changes = diff::all(&assembled, &decided, |_| true);
        tell(tx, &changes, &mut sight, &mut report, told).await?;
    }
    Ok(report)
}

/// Adds changes to the report, and tells them.
async fn tell(
    tx: &mut Tx,
    changes: &[Changed],
    sight: &mut Sight<'_>,
    report: &mut Report,
    told: &mut Told<'_>,
) -> Result<()> {
    sight.learn(tx, changes).await?;
    for change in changes {
        (told.change)(change)?;
        report.add(change, sight.difference(change));
    }
    Ok(())
}

/// What would change about the mails of these threads, but for those that are to be weighed, which are
/// added to `open`.
async fn surely(
    tx: &mut Tx,
    own_domains: &House,
    threads: &[ThreadId],
    saying: HashMap<MailId, Vec<Hit>>,
    firm: &mut Firm,
    open: &mut BTreeSet<ThreadId>,
) -> Result<Vec<Changed>> {
    let mut assembled = assemble::as_if(tx, own_domains, threads, saying).await?;
    let decided = belong::decide(&mut assembled);
    firm.learn(&assembled, &decided);
    for (member, linking) in assembled.members.iter().zip(&decided) {
        if weighing::is_open(linking) || member.before.as_ref().is_some_and(weighing::is_open) {
            open.extend(member.thread);
        }
    }
    Ok(diff::all(&assembled, &decided, |thread| !open.contains(&thread)))
}

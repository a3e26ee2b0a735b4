//! What a hand-over would do: how many records of which kind go to whom, who gains and who loses
//! sight of how many, and what stays out and why. Loaded by three queries, decided in memory.

use super::something_of;
use crate::access::{self, Scope, Stays, Terms, World, receiver, receiver_of_activity, receiver_with_sealed};
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::{Kind, Record};
use crate::model::share::Share;
use crate::model::time::Timestamp;
use crate::store::{self, Tx};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accounts.
    pub accounts: i64,
    /// Contacts.
    pub contacts: i64,
    /// Leads.
    pub leads: i64,
    /// Opportunities.
    pub opportunities: i64,
    /// Open activities: on them, and on records of others.
    pub activities: i64,
}

impl Counts {
    /// Of all four kinds.
    pub fn records(&self) -> i64 {
        self.accounts + self.contacts + self.leads + self.opportunities
    }

    fn add(&mut self, kind: Kind) {
        let place = match kind {
            Kind::Account => &mut self.accounts,
            Kind::Contact => &mut self.contacts,
            Kind::Lead => &mut self.leads,
            Kind::Opportunity => &mut self.opportunities,
        };
        *place += 1;
    }
}

/// What a hand-over would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Whose records.
    pub from: UserId,
    /// The records that move and who receives each, in order of id.
    pub moves: Vec<(RecordId, UserId)>,
    /// How many of each kind move.
    pub counts: Counts,
    /// How many of each kind each receiver gets.
    pub receivers: BTreeMap<UserId, Counts>,
    /// Who sees more records than before, and how many more; those who gain most first.
    pub gains: Vec<(UserId, i64)>,
    /// Who sees fewer, and how many fewer.
    pub loses: Vec<(UserId, i64)>,
    /// Of the gains, how many confidential records.
    pub gains_confidential: Vec<(UserId, i64)>,
    /// What stays with its owner, by reason.
    pub stays: BTreeMap<Stays, Vec<RecordId>>,
    /// Open activities on records of others, and who receives each.
    pub activities: Vec<(i64, UserId)>,
    /// How many open activities on records of others stay, by reason.
    pub activities_stay: BTreeMap<Stays, i64>,
}

impl Preview {
    /// A word that is another one as soon as another record would move, or go to somebody else.
    pub fn fingerprint(&self) -> String {
        let mut hasher = DefaultHasher::new();
        (self.from, &self.moves, &self.activities).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

/// [`preview`] as far as `by` may know of it: without the confidential records that they may not
/// read, which go to the deputy or stay all the same.
pub async fn told(
    tx: &mut Tx,
    terms: &Terms,
    by: Option<UserId>,
    world: &World,
    now: Timestamp,
) -> store::Result<Preview> {
    gather(tx, terms, (by, by), world, now).await
}

/// What would happen if `by` ran this hand-over at `now`, or at the start of an absence to come.
pub async fn preview(
    tx: &mut Tx,
    terms: &Terms,
    by: Option<UserId>,
    world: &World,
    now: Timestamp,
) -> store::Result<Preview> {
    gather(tx, terms, (by, None), world, now).await
}

/// What would happen if `by` ran it, as far as `reader` may know of it; `None` may of everything.
async fn gather(
    tx: &mut Tx,
    terms: &Terms,
    (by, reader): (Option<UserId>, Option<UserId>),
    world: &World,
    now: Timestamp,
) -> store::Result<Preview> {
    let mut records = store::handovers::owned(tx, terms.from).await?;
    let sealed = store::handovers::with_sealed(tx, terms.from).await?;
    let activities = store::handovers::open_activities(tx, terms.from).await?;
    let shared = store::handovers::shared(tx, terms.from).await?;
    let shares = if shared.is_empty() { Vec::new() } else { store::shares::on(tx, &shared).await? };
    if let Some(reader) = reader {
        let on = |id| shares.iter().filter(|share| share.record == id).cloned().collect::<Vec<Share>>();
        let reads = |r: &Record| {
            let secret = Record { confidential: true, ..r.clone() };
            access::may_read(reader, &secret, &on(r.id), world, now).is_some()
        };
        // One with a confidential mail stays for that, which is told to nobody who does not see such mail.
        records.retain(|record| !(record.confidential || sealed.contains(&record.id)) || reads(record));
    }
    let mut preview = decide((&records, &sealed), &activities, &shares, terms, by, world, now);
    let own: HashSet<RecordId> = records.iter().map(|r| r.id).collect();
    let alone: Vec<(i64, RecordId)> = activities.into_iter().filter(|(_, record)| !own.contains(record)).collect();
    if !alone.is_empty() && may(by, terms.from, world, now) {
        let at = terms.absence.as_ref().map_or(now, |a| a.starts.max(now));
        for (activity, _, to) in receivers(tx, &alone, terms, world, at).await? {
            match to {
                Ok(to) => {
                    preview.activities.push((activity, to));
                    preview.counts.activities += 1;
                    preview.receivers.entry(to).or_default().activities += 1;
                }
                Err(why) => *preview.activities_stay.entry(why).or_default() += 1,
            }
        }
    }
    Ok(preview)
}

/// Who receives open activities on records of others: activity and record.
pub(super) async fn receivers(
    tx: &mut Tx,
    activities: &[(i64, RecordId)],
    terms: &Terms,
    world: &World,
    at: Timestamp,
) -> store::Result<Vec<(i64, RecordId, Result<UserId, Stays>)>> {
    let ids: Vec<RecordId> = activities.iter().map(|(_, record)| *record).collect();
    let records = store::records::load(tx, &ids).await?;
    let records: HashMap<RecordId, Record> = records.into_iter().map(|e| (e.record.id, e.record)).collect();
    let shares = store::shares::on(tx, &ids).await?;
    let to = |record: &RecordId| match records.get(record) {
        Some(record) => receiver_of_activity(record, &shares, terms, world, at),
        None => Err(Stays::Gone),
    };
    Ok(activities.iter().map(|(activity, record)| (*activity, *record, to(record))).collect())
}

/// Whether `by` may assign what `from` owns: that follows from the owner, since shares never give it.
fn may(by: Option<UserId>, from: UserId, world: &World, now: Timestamp) -> bool {
    by.is_none_or(|by| access::may_assign(by, &something_of(from, false), &[], world, now).is_some())
}

/// As [`preview`], on values.
fn decide(
    (records, sealed): (&[Record], &HashSet<RecordId>),
    activities: &[(i64, RecordId)],
    shares: &[Share],
    terms: &Terms,
    by: Option<UserId>,
    world: &World,
    now: Timestamp,
) -> Preview {
    let at = terms.absence.as_ref().map_or(now, |a| a.starts.max(now));
    let may = may(by, terms.from, world, now);
    let (mut moving, mut stays) = (Vec::new(), BTreeMap::<Stays, Vec<RecordId>>::new());
    for record in records {
        // Confidential ones go to the deputy whom the absent person's absence names, or not at all.
        // So do those with a mail that is marked confidential, to whoever would receive them anyhow.
        let receiver = if sealed.contains(&record.id) { receiver_with_sealed } else { receiver };
        match receiver(record, terms, world, at) {
            Ok(_) if !may => stays.entry(Stays::NoRight).or_default().push(record.id),
            Ok(to) => moving.push((record, to)),
            Err(why) => stays.entry(why).or_default().push(record.id),
        }
    }
    let (mut counts, mut receivers) = (Counts::default(), BTreeMap::<UserId, Counts>::new());
    let to: HashMap<RecordId, UserId> = moving.iter().map(|(r, to)| (r.id, *to)).collect();
    for (record, to) in &moving {
        counts.add(record.kind);
        receivers.entry(*to).or_default().add(record.kind);
    }
    for receiver in activities.iter().filter_map(|(_, record)| to.get(record)) {
        counts.activities += 1;
        receivers.entry(*receiver).or_default().activities += 1;
    }
    let sight = sight(&moving, shares, world, now, at);
    let moves = moving.iter().map(|(r, to)| (r.id, *to)).collect();
    let Sight { gains, loses, gains_confidential } = sight;
    let (activities, activities_stay) = (Vec::new(), BTreeMap::new());
    let from = terms.from;
    Preview { from, moves, counts, receivers, gains, loses, gains_confidential, stays, activities, activities_stay }
}

struct Sight {
    gains: Vec<(UserId, i64)>,
    loses: Vec<(UserId, i64)>,
    gains_confidential: Vec<(UserId, i64)>,
}

/// Records that nobody can tell apart by their rights.
struct Alike<'r> {
    before: Record,
    after: Record,
    shares: Vec<Share>,
    records: Vec<&'r Record>,
}

/// Who sees more and who sees fewer of these records once they are moved: sight at `now` with the
/// old owners against sight at `at` with the new ones.
fn sight(moving: &[(&Record, UserId)], shares: &[Share], world: &World, now: Timestamp, at: Timestamp) -> Sight {
    let alike = alike(moving, shares);
    let owners: HashSet<UserId> = moving.iter().flat_map(|(r, to)| [r.owner, *to]).collect();
    let mut sight = Sight { gains: Vec::new(), loses: Vec::new(), gains_confidential: Vec::new() };
    for person in world.people.iter().filter(|p| p.active) {
        let before =
            Looking::of(Scope::of(person, world, now), moving.iter().map(|(r, _)| (*r, r.owner)), &owners, world);
        let after = Looking::of(Scope::of(person, world, at), moving.iter().map(|(r, to)| (*r, *to)), &owners, world);
        let (mut gained, mut lost, mut secret) = (0, 0, 0);
        for group in &alike {
            let (saw, sees) = (before.sees(group, &group.before), after.sees(group, &group.after));
            let (saw, sees) = match (saw, sees) {
                (Some(saw), Some(sees)) => {
                    let all = group.records.len() as i64;
                    (if saw && !sees { all } else { 0 }, if sees && !saw { all } else { 0 })
                }
                _ => one_by_one(group, &before, &after),
            };
            lost += saw;
            gained += sees;
            secret += if group.before.confidential { sees } else { 0 };
        }
        let note = |list: &mut Vec<(UserId, i64)>, count: i64| {
            if count > 0 {
                list.push((person.id, count));
            }
        };
        note(&mut sight.gains, gained);
        note(&mut sight.loses, lost);
        note(&mut sight.gains_confidential, secret);
    }
    for list in [&mut sight.gains, &mut sight.loses, &mut sight.gains_confidential] {
        list.sort_by_key(|(user, count)| (-count, *user));
    }
    sight
}

/// Lost and gained of a group whose records a viewer sees by exceptions of absences.
fn one_by_one(group: &Alike<'_>, before: &Looking, after: &Looking) -> (i64, i64) {
    let (mut lost, mut gained) = (0, 0);
    for record in &group.records {
        let saw = before.scope.reads(&Record { id: record.id, ..group.before.clone() }, &group.shares);
        let sees = after.scope.reads(&Record { id: record.id, ..group.after.clone() }, &group.shares);
        lost += i64::from(saw && !sees);
        gained += i64::from(sees && !saw);
    }
    (lost, gained)
}

/// A viewer's scope, and whether it has to look at these records one by one.
struct Looking {
    scope: Scope,
    single: bool,
}

impl Looking {
    fn of<'r>(
        scope: Scope,
        owned: impl Iterator<Item = (&'r Record, UserId)>,
        owners: &HashSet<UserId>,
        world: &World,
    ) -> Looking {
        if !scope.partial.iter().any(|owner| owners.contains(owner)) {
            return Looking { scope, single: false };
        }
        let partial: HashSet<UserId> = scope.partial.iter().copied().collect();
        let records: Vec<Record> = owned
            .filter(|(_, owner)| partial.contains(owner))
            .map(|(record, owner)| Record { owner, ..record.clone() })
            .collect();
        Looking { scope: scope.with(&records, world), single: true }
    }

    /// Whether the whole group is seen; `None` where it depends on the record.
    fn sees(&self, group: &Alike<'_>, record: &Record) -> Option<bool> {
        (!self.single).then(|| self.scope.reads(record, &group.shares))
    }
}

/// The records in groups that rights do not tell apart: one with shares stands alone.
fn alike<'r>(moving: &[(&'r Record, UserId)], shares: &[Share]) -> Vec<Alike<'r>> {
    let mut shares_of: HashMap<RecordId, Vec<Share>> = HashMap::new();
    for share in shares {
        shares_of.entry(share.record).or_default().push(share.clone());
    }
    let mut groups: HashMap<(UserId, Option<TeamId>, bool, RecordId), Alike<'r>> = HashMap::new();
    for (record, to) in moving {
        let shares = shares_of.remove(&record.id).unwrap_or_default();
        let alone = if shares.is_empty() { RecordId(0) } else { record.id };
        let group = groups.entry((*to, record.team, record.confidential, alone)).or_insert_with(|| Alike {
            before: (*record).clone(),
            after: Record { owner: *to, ..(*record).clone() },
            shares,
            records: Vec::new(),
        });
        group.records.push(record);
    }
    groups.into_values().collect()
}

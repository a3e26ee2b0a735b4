//! Who gains and who loses sight of records when they change owner.
//!
//! Sight apart from shares depends on a few things of a record alone, so it is worked out once
//! for all records that are alike in them.

use crate::access::{self, World};
use crate::model::absence::Selector;
use crate::model::id::UserId;
use crate::model::record::{Kind, Person, Record};
use crate::model::share::{Holder, Share};
use crate::model::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many of the records each person gains or loses sight of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Who will read records that they do not read now.
    pub gain: BTreeMap<UserId, usize>,
    /// Who will not read records any more that they read now.
    pub lose: BTreeMap<UserId, usize>,
}

/// What sight apart from shares depends on.
type Alike = (UserId, Option<i64>, bool, Option<(Kind, Option<i64>, Option<char>, i64)>);

/// Who gains and loses sight if each of `records` goes to `to`. With `step` the owner before goes
/// on reading.
pub fn shift<'r>(
    records: impl Iterator<Item = (&'r Record, &'r [Share])>,
    to: UserId,
    step: bool,
    world: &World,
    now: Timestamp,
) -> Shift {
    let mut known: HashMap<Alike, BTreeSet<UserId>> = HashMap::new();
    let mut shift = Shift::default();
    for (record, shares) in records {
        let after = Record { owner: to, ..record.clone() };
        let mut stay: BTreeSet<UserId> = shared(record, shares, world, now);
        if step && world.active(record.owner) {
            stay.insert(record.owner);
        }
        let before = readers(record, &mut known, world, now);
        let after = readers(&after, &mut known, world, now);
        for user in after.difference(&before).filter(|user| !stay.contains(user)) {
            *shift.gain.entry(*user).or_default() += 1;
        }
        for user in before.difference(&after).filter(|user| !stay.contains(user)) {
            *shift.lose.entry(*user).or_default() += 1;
        }
    }
    shift
}

/// Who reads the record apart from shares.
fn readers(
    record: &Record,
    known: &mut HashMap<Alike, BTreeSet<UserId>>,
    world: &World,
    now: Timestamp,
) -> BTreeSet<UserId> {
    let alike = alike(record, world);
    if let Some(found) = known.get(&alike) {
        return found.clone();
    }
    let reads = |user: &UserId| access::may_read(*user, record, &[], world, now).is_some();
    let found: BTreeSet<UserId> = world.people.iter().map(|p| p.id).filter(reads).collect();
    known.insert(alike, found.clone());
    found
}

fn alike(record: &Record, world: &World) -> Alike {
    let exceptions = || world.absences.iter().flat_map(|a| &a.exceptions);
    let details = exceptions().next().is_some().then(|| {
        let (itself, account) = (Selector::Record(record.id), Selector::Account(record.id));
        let named = exceptions().any(|e| e.what == itself || e.what == account);
        let alone = if named { record.id.0 } else { 0 };
        (record.kind, record.account.map(|a| a.0), record.class.and_then(|c| c.word().chars().next()), alone)
    });
    (record.owner, record.team.map(|t| t.0), record.confidential, details)
}

/// Who reads the record by a share that stays with it.
fn shared(record: &Record, shares: &[Share], world: &World, now: Timestamp) -> BTreeSet<UserId> {
    let stands = |s: &&Share| s.stands(now) && (s.named || !record.confidential);
    let shares: Vec<&Share> = shares.iter().filter(stands).collect();
    let holds = |person: &&Person| {
        person.active
            && shares.iter().any(|share| match share.holder {
                Holder::User(user) => user == person.id,
                Holder::Team(team) => person.teams.contains(&team),
            })
    };
    world.people.iter().filter(holds).map(|p| p.id).collect()
}

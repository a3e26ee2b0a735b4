//! Who would see mail that they do not see, and who would see it no more.

use super::diff::{Changed, Standing};
use crate::access::{self, World};
use crate::model::id::{RecordId, UserId};
use crate::model::record::Record;
use crate::model::time::Timestamp;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Records whose readers are remembered at a time.
const KEPT: usize = 20_000;

/// Readers of records, worked out once for each.
pub struct Sight<'w> {
    world: &'w World,
    now: Timestamp,
    known: HashMap<RecordId, Known>,
}

/// What counts of a record.
#[derive(Clone)]
struct Known {
    owner: UserId,
    confidential: bool,
    readers: Arc<BTreeSet<UserId>>,
    /// Those of them who see also what is marked confidential.
    confided: Arc<BTreeSet<UserId>>,
}

/// What the change of one mail does to who sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Those who would see it and do not.
    pub gains: BTreeSet<UserId>,
    /// Those who see it and would not.
    pub loses: BTreeSet<UserId>,
    /// It is confidential, or stands on a confidential record, and somebody gains sight of it.
    pub exposed: bool,
    /// The owner under whom it is counted.
    pub owner: Option<UserId>,
}

impl<'w> Sight<'w> {
    /// Of the people of the company at a moment.
    pub fn new(world: &'w World, now: Timestamp) -> Sight<'w> {
        Sight { world, now, known: HashMap::new() }
    }

    /// Works out the readers of every record that these changes name.
    pub async fn learn(&mut self, tx: &mut Tx, changes: &[Changed]) -> Result<()> {
        let standing = changes.iter().flat_map(|change| [&change.before, &change.after]);
        let named: BTreeSet<RecordId> = standing.flat_map(|s| s.governing().into_iter().chain(s.main())).collect();
        if self.known.len() + named.len() > KEPT {
            self.known.clear();
        }
        let unknown: Vec<RecordId> = named.into_iter().filter(|id| !self.known.contains_key(id)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let mut shares: HashMap<RecordId, Vec<_>> = HashMap::new();
        for share in store::shares::on(tx, &unknown).await? {
            shares.entry(share.record).or_default().push(share);
        }
        for entry in store::records::load(tx, &unknown).await? {
            let record: Record = entry.record;
            let on_it = shares.remove(&record.id).unwrap_or_default();
            let readers = |sealed: bool| {
                let who = access::who_reads(&record, &on_it, sealed, self.world, self.now);
                Arc::new(who.into_iter().map(|(user, _)| user).collect())
            };
            let (owner, confidential) = (record.owner, record.confidential);
            let (readers, confided) = (readers(false), readers(true));
            self.known.insert(record.id, Known { owner, confidential, readers, confided });
        }
        Ok(())
    }

    /// What a change does to who sees the mail.
    pub fn difference(&self, change: &Changed) -> Difference {
        let (was, will) = (self.readers(&change.before), self.readers(&change.after));
        let gains: BTreeSet<UserId> = will.difference(&was).copied().collect();
        let confidential = |id: &RecordId| self.known.get(id).is_some_and(|known| known.confidential);
        let secret = change.before.sealed || change.before.governing().iter().any(confidential);
        let exposed = !gains.is_empty() && secret;
        let main = change.after.main().or_else(|| change.before.main());
        let owner = main.and_then(|id| self.known.get(&id)).map(|known| known.owner);
        Difference { loses: was.difference(&will).copied().collect(), gains, exposed, owner }
    }

    fn readers(&self, standing: &Standing) -> BTreeSet<UserId> {
        let governing = standing.governing();
        let readers = |known: &Known| Arc::clone(if standing.sealed { &known.confided } else { &known.readers });
        let each = governing.iter().filter_map(|id| self.known.get(id)).map(readers);
        each.flat_map(|readers| readers.iter().copied().collect::<Vec<_>>()).collect()
    }
}

/// Adds one for each of these people.
pub fn count(people: &mut BTreeMap<UserId, i64>, more: impl IntoIterator<Item = UserId>) {
    for user in more {
        *people.entry(user).or_default() += 1;
    }
}

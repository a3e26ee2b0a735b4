//! Who does something, by which right, and in whose place.

use crate::access::{self, Path, Scope, World};
use crate::model::audit::{Action, Line};
use crate::model::id::{RecordId, UserId};
use crate::model::record::Record;
use crate::model::share::{Rights, Share};
use crate::model::time::Timestamp;
use crate::store::records::Entry;
use crate::store::{self, Tx};
use std::collections::{BTreeSet, HashMap};

/// Somebody who does something: a user with the rights they have at this moment, or the operator
/// at the command line, who is trusted with everything.
pub struct Actor<'w> {
    /// Who; `None` for the operator.
    pub user: Option<UserId>,
    /// The people of the company.
    pub world: &'w World,
    /// The moment.
    pub now: Timestamp,
    /// The records they may name: those they read; for an admin also all that are not
    /// confidential, since an admin assigns and shares without reading.
    pub reach: Scope,
}

/// By which right something may be done, and in whose place that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// The right; `None` for the operator.
    pub by: Option<Path>,
    /// The absent owner, where the right is that of a cover.
    pub on_behalf_of: Option<UserId>,
}

/// Records that somebody named, with what rights on them follow from; and those of them that are
/// not there, or not for them.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// The records, in order of id.
    pub entries: Vec<Entry>,
    /// Every share on each.
    pub shares: HashMap<RecordId, Vec<Share>>,
    /// The others: absent and forbidden alike.
    pub missing: Vec<RecordId>,
}

impl Named {
    /// The shares on a record.
    pub fn shares_on(&self, record: RecordId) -> &[Share] {
        self.shares.get(&record).map_or(&[], Vec::as_slice)
    }
}

impl<'w> Actor<'w> {
    /// The actor at `now`; `None` is the operator.
    pub async fn load(tx: &mut Tx, user: Option<UserId>, world: &'w World, now: Timestamp) -> store::Result<Actor<'w>> {
        let everybody = || world.people.iter().map(|p| p.id).collect::<BTreeSet<_>>();
        let reach = match user {
            None => {
                let all: Vec<UserId> = everybody().into_iter().collect();
                Scope { owners: all.clone(), confidential_owners: all, ..Scope::nothing(now) }
            }
            Some(user) => {
                let mut scope = store::people::scope(tx, user, world, now).await?;
                if world.administers(user) {
                    scope.owners = everybody().into_iter().filter(|other| *other != user).collect();
                }
                scope
            }
        };
        Ok(Actor { user, world, now, reach })
    }

    /// Those of these records that the actor may name.
    pub async fn named(&self, tx: &mut Tx, ids: &[RecordId]) -> store::Result<Named> {
        let entries = store::records::load_seen(tx, &self.reach, ids).await?;
        let found: BTreeSet<RecordId> = entries.iter().map(|e| e.record.id).collect();
        let mut shares: HashMap<RecordId, Vec<Share>> = HashMap::new();
        for share in store::shares::on(tx, &found.iter().copied().collect::<Vec<_>>()).await? {
            shares.entry(share.record).or_default().push(share);
        }
        let missing: BTreeSet<RecordId> = ids.iter().filter(|id| !found.contains(id)).copied().collect();
        Ok(Named { entries, shares, missing: missing.into_iter().collect() })
    }

    /// Whether the actor may read the record.
    pub fn may_read(&self, record: &Record, shares: &[Share]) -> Option<Leave> {
        self.leave(record, shares, access::may_read)
    }

    /// Whether the actor may change the record.
    pub fn may_write(&self, record: &Record, shares: &[Share]) -> Option<Leave> {
        self.leave(record, shares, access::may_write)
    }

    /// Whether the actor may give others a right on the record.
    pub fn may_share(&self, record: &Record, shares: &[Share]) -> Option<Leave> {
        self.leave(record, shares, access::may_share)
    }

    /// Whether the actor may give the record to somebody else.
    pub fn may_assign(&self, record: &Record, shares: &[Share]) -> Option<Leave> {
        self.leave(record, shares, access::may_assign)
    }

    /// What the actor may do with the record, all sources together.
    pub fn rights(&self, record: &Record, shares: &[Share]) -> Rights {
        match self.user {
            None => Rights::ALL,
            Some(user) => access::rights(user, record, shares, self.world, self.now),
        }
    }

    fn leave(
        &self,
        record: &Record,
        shares: &[Share],
        right: impl Fn(UserId, &Record, &[Share], &World, Timestamp) -> Option<Path>,
    ) -> Option<Leave> {
        let Some(user) = self.user else { return Some(Leave { by: None, on_behalf_of: None }) };
        let by = right(user, record, shares, self.world, self.now)?;
        let covers = matches!(by, Path::Cover | Path::Deputy | Path::Fallback);
        Some(Leave { by: Some(by), on_behalf_of: covers.then_some(record.owner) })
    }

    /// A line of the audit about what the actor does to a record.
    pub fn line(&self, action: Action, record: RecordId, leave: Leave) -> Line {
        let line = Line::new(self.now, self.user, action).record(record).on_behalf_of(leave.on_behalf_of);
        match leave.by {
            Some(path) => line.by(path.word()),
            None => line,
        }
    }

    /// The full name of a user.
    pub fn name(&self, user: UserId) -> String {
        self.world.name(user)
    }

    /// Whether the actor is the operator or an admin.
    pub fn is_trusted(&self) -> bool {
        self.user.is_none_or(|user| self.world.administers(user))
    }
}

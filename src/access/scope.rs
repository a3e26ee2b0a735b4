//! What one viewer may read at one moment: a parameter of every query that returns records,
//! entries, counts, hits or suggestions.
//!
//! It names *owners*, not records: five hundred users and sixty absences are small values that
//! are evaluated here, once per request; the database then compares `records.owner_id` with them
//! (`store::visible`). So reassigning a record changes one column and every reader at once.

use super::answers::answers_now;
use super::parts::Parts;
use super::world::World;
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::{Mode, Person, Record, UserRole};
use crate::model::share::{Holder, Share};
use crate::model::time::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A viewer's sight at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Who looks. A deactivated viewer reads nothing, and stands here as user 0, whom no record
    /// can have as owner.
    pub viewer: UserId,
    /// When.
    pub at: Timestamp,
    /// Owners whose records the viewer reads unless they are confidential: those they cover for
    /// (with everybody up the chain), those below them in the line, and in transparent mode, for
    /// an account manager, everybody. Not the viewer. Sorted.
    pub owners: Vec<UserId>,
    /// Absent owners who named the viewer their deputy for confidential records. Sorted.
    pub confidential_owners: Vec<UserId>,
    /// Owners who are away, or gone, with no substitute left: their records are answered by a
    /// fallback. Empty unless the viewer is one at this moment. Sorted.
    pub unanswered: Vec<UserId>,
    /// The teams for whose records the viewer is the fallback that answers. `TeamId(0)` stands for
    /// records without a team. Sorted.
    pub fallback_teams: Vec<TeamId>,
    /// Records of [`Scope::partial`] owners that the viewer reads although they do not read all of
    /// that owner's, among those that exceptions name ([`Scope::with`]). Sorted.
    pub records: Vec<RecordId>,
    /// What the viewer reads of the other records of [`Scope::partial`] owners.
    pub parts: Parts,
    /// Owners for whom it depends on the record whether the viewer covers it, or answers for it as
    /// a fallback. Sorted.
    pub partial: Vec<UserId>,
    /// The teams the viewer belongs to: shares with them reach the viewer. Sorted.
    pub teams: Vec<TeamId>,
    /// Transparent mode, and the viewer is an account manager: `owners` is everybody.
    pub everyone: bool,
}

impl Scope {
    /// What `viewer` may read at `now`, but for what exceptions name of the records of `partial`
    /// owners: that is added by [`Scope::with`]. `store::people::scope` does both.
    pub fn of(viewer: &Person, world: &World, now: Timestamp) -> Scope {
        if !viewer.active {
            return Scope::nothing(now);
        }
        let me = viewer.id;
        let everyone = world.mode == Mode::Transparent && viewer.role == UserRole::Manager;
        let fallback_teams = fallback_teams(me, world, now);
        let (mut owners, mut partial) = covered_by(me, !fallback_teams.is_empty(), world, now);
        owners.extend(below(me, world));
        if everyone {
            owners.extend(world.people.iter().map(|p| p.id));
        }
        owners.remove(&me);
        partial.retain(|owner| *owner != me && !owners.contains(owner));
        let deputised = |p: &&Person| world.running(p.id, now).is_some_and(|a| a.deputy == Some(me));
        let confidential: BTreeSet<UserId> =
            world.people.iter().filter(deputised).map(|p| p.id).filter(|o| *o != me).collect();
        let parts = Parts::of(me, &partial, &fallback_teams, world, now);
        let unanswered = if fallback_teams.is_empty() { Vec::new() } else { unanswered(world, now) };
        Scope {
            viewer: me,
            at: now,
            owners: owners.into_iter().collect(),
            confidential_owners: confidential.into_iter().collect(),
            unanswered,
            fallback_teams,
            records: Vec::new(),
            parts,
            partial: partial.into_iter().collect(),
            teams: viewer.teams.clone(),
            everyone,
        }
    }

    /// The same sight with those of `records` that exceptions put to the viewer; `records` are those
    /// of the `partial` owners that exceptions name, by themselves or by their account. Others among
    /// them make no difference.
    pub fn with(mut self, records: &[Record], world: &World) -> Scope {
        let (me, now) = (self.viewer, self.at);
        let mine = |record: &&Record| {
            !record.confidential && self.parts.names(record) && {
                let answering = answers_now(record, world, now);
                answering.user == Some(me) || answering.chain.contains(&me)
            }
        };
        self.records = records.iter().filter(mine).map(|r| r.id).collect();
        self.records.sort();
        self
    }

    /// The sight of somebody who may see nothing.
    pub fn nothing(now: Timestamp) -> Scope {
        Scope {
            viewer: UserId(0),
            at: now,
            owners: Vec::new(),
            confidential_owners: Vec::new(),
            unanswered: Vec::new(),
            fallback_teams: Vec::new(),
            records: Vec::new(),
            parts: Parts::default(),
            partial: Vec::new(),
            teams: Vec::new(),
            everyone: false,
        }
    }

    /// Whether a mail that `record` governs lies in it: one that is `sealed`, marked confidential by itself, if the
    /// record lies in it and would also if it were confidential. `store::visible` is the same sentence in SQL.
    pub fn reads_mail(&self, record: &Record, shares: &[Share], sealed: bool) -> bool {
        let confided = || self.reads(&Record { confidential: true, ..record.clone() }, shares);
        self.reads(record, shares) && (!sealed || confided())
    }

    /// Whether `record` lies in it; `shares` are those on it. `store::visible` is the same sentence
    /// in SQL.
    pub fn reads(&self, record: &Record, shares: &[Share]) -> bool {
        let owner = &record.owner;
        let fallback = || {
            self.unanswered.binary_search(owner).is_ok()
                && self.fallback_teams.binary_search(&record.team.unwrap_or(TeamId(0))).is_ok()
        };
        let shared = |share: &Share| {
            share.record == record.id
                && share.stands(self.at)
                && (share.named || !record.confidential)
                && match share.holder {
                    Holder::User(user) => user == self.viewer,
                    Holder::Team(team) => self.teams.binary_search(&team).is_ok(),
                }
        };
        *owner == self.viewer
            || shares.iter().any(shared)
            || if record.confidential {
                self.confidential_owners.binary_search(owner).is_ok()
            } else {
                self.owners.binary_search(owner).is_ok()
                    || self.records.binary_search(&record.id).is_ok()
                    || self.parts.hold(record, &self.fallback_teams)
                    || fallback()
            }
    }
}

/// The absent owners on whose chain `me` stands: for all of their records, and those for whom it
/// depends on the record. Where `me` is a fallback, the latter are all for whom the chain depends.
fn covered_by(me: UserId, is_fallback: bool, world: &World, now: Timestamp) -> (BTreeSet<UserId>, BTreeSet<UserId>) {
    let away: BTreeSet<UserId> = world.absences.iter().map(|a| a.user).collect();
    let (mut all, mut some) = (BTreeSet::new(), BTreeSet::new());
    for owner in away {
        let (reached, depends) = world.reach(owner, now);
        if depends && (is_fallback || reached.contains(&me)) {
            some.insert(owner);
        } else if !depends && world.chain(owner, None, now).iter().any(|(_, substitute)| *substitute == me) {
            all.insert(owner);
        }
    }
    (all, some)
}

/// Everybody whose line leads to `me`, directly or through others. A deactivated manager in
/// between does not cut the line.
pub fn below(me: UserId, world: &World) -> Vec<UserId> {
    let mut reports: HashMap<UserId, Vec<UserId>> = HashMap::new();
    for person in &world.people {
        if let Some(manager) = person.manager {
            reports.entry(manager).or_default().push(person.id);
        }
    }
    let mut seen = HashSet::from([me]);
    let mut found = Vec::new();
    let mut open = vec![me];
    while let Some(manager) = open.pop() {
        for report in reports.get(&manager).into_iter().flatten() {
            if seen.insert(*report) {
                found.push(*report);
                open.push(*report);
            }
        }
    }
    found
}

/// The teams for whose records `me` answers when the chain ends; `TeamId(0)` for none.
fn fallback_teams(me: UserId, world: &World, now: Timestamp) -> Vec<TeamId> {
    let teams = world.teams.iter().map(|t| Some(t.id));
    let mut mine: Vec<TeamId> = teams
        .chain([None])
        .filter(|team| world.fallback(*team, now).user() == Some(me))
        .map(|team| team.unwrap_or(TeamId(0)))
        .collect();
    mine.sort();
    mine
}

/// Owners for whom neither they nor a substitute answers, whichever record it is about.
fn unanswered(world: &World, now: Timestamp) -> Vec<UserId> {
    let alone = |owner: &UserId| {
        let last = world.chain(*owner, None, now).last().map_or(*owner, |(_, substitute)| *substitute);
        !world.present(last, now) && !world.reach(*owner, now).1
    };
    let mut owners: Vec<UserId> = world.people.iter().map(|p| p.id).filter(alone).collect();
    owners.sort();
    owners
}

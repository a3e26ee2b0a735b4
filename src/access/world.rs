//! What rights are computed from: the people, their teams and absences at one moment.
//!
//! A company has hundreds of users and tens of absences, so all of them are loaded for every
//! request and looked through in memory: nothing is cached that another worker could make stale.

use crate::model::absence::{Absence, Phase};
use crate::model::id::{TeamId, UserId};
use crate::model::record::{Mode, Person, Record, Team, UserRole};
use crate::model::time::Timestamp;
use std::collections::BTreeSet;

/// How many substitutes a chain may have.
pub const DEPTH: usize = 5;

/// The people of the company and what decides who stands in for whom.
#[derive(Clone, Debug)]
pub struct World {
    /// Every user, deactivated ones included: they may own records and stand in a line.
    pub people: Vec<Person>,
    /// Every team.
    pub teams: Vec<Team>,
    /// The absences that are not over.
    pub absences: Vec<Absence>,
    /// Who may read without a right of their own.
    pub mode: Mode,
    /// Who answers when owner, substitutes and team are all away.
    pub company_fallback: Option<UserId>,
    /// Whether line managers change what those below them own.
    pub line_writes: bool,
    /// Whether a cover may change anything.
    pub cover_writes: bool,
}

impl Default for World {
    /// Nobody, in restricted mode, where covers write and line managers do not.
    fn default() -> World {
        World {
            people: Vec::new(),
            teams: Vec::new(),
            absences: Vec::new(),
            mode: Mode::Restricted,
            company_fallback: None,
            line_writes: false,
            cover_writes: true,
        }
    }
}

impl World {
    /// The user with this id.
    pub fn person(&self, id: UserId) -> Option<&Person> {
        self.people.iter().find(|p| p.id == id)
    }

    /// The team with this id.
    pub fn team(&self, id: TeamId) -> Option<&Team> {
        self.teams.iter().find(|t| t.id == id)
    }

    /// Whether the user exists and is not deactivated.
    pub fn active(&self, id: UserId) -> bool {
        self.person(id).is_some_and(|p| p.active)
    }

    /// Whether the user is an admin who is not deactivated.
    pub fn administers(&self, id: UserId) -> bool {
        self.person(id).is_some_and(|p| p.active && p.role == UserRole::Admin)
    }

    /// The full name of a user.
    pub fn name(&self, id: UserId) -> String {
        self.person(id).map_or_else(|| format!("user {id}"), |p| p.name.clone())
    }

    /// The absence of `user` that runs at `now`. Saving refuses overlaps; should two run all the
    /// same, the one that began last counts, so that every page names the same substitute.
    pub fn running(&self, user: UserId, now: Timestamp) -> Option<&Absence> {
        self.absences
            .iter()
            .filter(|a| a.user == user && a.phase(now) == Phase::Running)
            .max_by_key(|a| (a.starts, a.id))
    }

    /// Whether the user may answer at `now`: not deactivated and not away.
    pub fn present(&self, id: UserId, now: Timestamp) -> bool {
        self.active(id) && self.running(id, now).is_none()
    }

    /// The substitutes that stand in for `owner` at `now`, in order: the owner's, then theirs while
    /// they are away too. All of them are active; the last is either present or nobody follows.
    /// Each step is the absence with whom it names for `record`; without a record, its default.
    ///
    /// At most [`DEPTH`]; a name that comes a second time ends the chain; so does somebody
    /// deactivated, who covers nothing. A deactivated owner's own absence still counts: their
    /// clients need somebody more, not less.
    pub(super) fn chain(&self, owner: UserId, record: Option<&Record>, now: Timestamp) -> Vec<(&Absence, UserId)> {
        let mut steps: Vec<(&Absence, UserId)> = Vec::new();
        let mut away = owner;
        while steps.len() < DEPTH {
            let Some(absence) = self.running(away, now) else { break };
            let Some(next) = absence.substitute_for(record).filter(|s| self.active(*s)) else { break };
            if next == owner || steps.iter().any(|(_, passed)| *passed == next) {
                break;
            }
            steps.push((absence, next));
            away = next;
        }
        steps
    }

    /// Everybody who may come to stand on the chain of `owner` for one record or another, and
    /// whether that depends on the record at all.
    pub(super) fn reach(&self, owner: UserId, now: Timestamp) -> (BTreeSet<UserId>, bool) {
        let mut found = BTreeSet::new();
        let mut depends = false;
        let mut open = vec![owner];
        while let Some(away) = open.pop() {
            let Some(absence) = self.running(away, now) else { continue };
            depends |= !absence.exceptions.is_empty();
            for next in absence.substitutes().filter(|s| *s != owner && self.active(*s)) {
                if found.insert(next) {
                    open.push(next);
                }
            }
        }
        (found, depends)
    }

    /// Who answers for records of `team` when no substitute is left: the team's fallback, else the
    /// company's, each only if present.
    pub(super) fn fallback(&self, team: Option<TeamId>, now: Timestamp) -> Fallback {
        let of_team = team.and_then(|t| self.team(t)).and_then(|t| t.fallback).filter(|u| self.present(*u, now));
        match (of_team, self.company_fallback.filter(|u| self.present(*u, now))) {
            (Some(user), _) => Fallback::Team(user),
            (None, Some(user)) => Fallback::Company(user),
            (None, None) => Fallback::Nobody,
        }
    }
}

/// Where answering falls when the chain of substitutes ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fallback {
    /// To the team's.
    Team(UserId),
    /// To the company's.
    Company(UserId),
    /// To nobody.
    Nobody,
}

impl Fallback {
    /// Who it is.
    pub(super) fn user(self) -> Option<UserId> {
        match self {
            Fallback::Team(user) | Fallback::Company(user) => Some(user),
            Fallback::Nobody => None,
        }
    }
}

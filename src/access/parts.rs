//! Which of an absent owner's records exceptions leave to a viewer, said without naming each record.
//!
//! Whom an absence names for a record depends on the record's kind, class and team, and on whether an
//! exception names it or its account. Kinds, classes and teams are few: what follows from them is
//! worked out here once for each of them, as words that the database compares (`store::visible`).
//! What exceptions name is few too: those records are looked at one by one ([`super::Scope::with`]).
//! So a request costs the same whether an owner has ten records or ten thousand; with their ids in
//! every query it would not.

use super::answers::answers_now;
use super::world::World;
use crate::model::absence::Selector;
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::{AnswerPath, Class, Kind, Record, Status};
use crate::model::time::Timestamp;
use std::collections::BTreeSet;

/// Parts of the records of some owners. All lists are sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The owners who are spoken of below.
    pub owners: Vec<UserId>,
    /// Records and accounts that exceptions name: nothing is said here about them, nor about what
    /// belongs to those accounts.
    pub named: Vec<RecordId>,
    /// Those of `owners` for whose records the class matters. For the others the words below say `*`
    /// in its place: finding a record's class may mean looking at its account.
    pub classed: Vec<UserId>,
    /// "owner kind class": the viewer covers these, but for those of the teams in `except`.
    pub any: Vec<String>,
    /// "owner kind class": a fallback answers for these, but for those of the teams in `except`.
    pub alone: Vec<String>,
    /// "owner kind class team": somebody else answers for these.
    pub except: Vec<String>,
    /// "owner kind class team": the viewer covers or answers for these, whatever stands above.
    pub team: Vec<String>,
}

const KINDS: [Kind; 4] = [Kind::Account, Kind::Contact, Kind::Lead, Kind::Opportunity];
const CLASSES: [Option<Class>; 5] = [None, Some(Class::A), Some(Class::B), Some(Class::C), Some(Class::D)];
/// A team that no exception can name.
const ANOTHER: TeamId = TeamId(-1);

/// What the chain of substitutes gives the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// They stand on it.
    Covers,
    /// Nobody is left on it: whoever is the fallback for the record's team answers.
    Alone,
    /// Somebody else answers.
    Nothing,
}

/// By the team that an exception names, and for all others.
type Outcomes = Vec<(TeamId, Outcome)>;

/// What decides about the records of one owner.
struct Owner<'w> {
    id: UserId,
    viewer: UserId,
    selectors: BTreeSet<Selector>,
    world: &'w World,
    now: Timestamp,
}

impl Parts {
    /// What exceptions leave of the records of `owners` to `viewer`, who is the fallback for
    /// `fallback_teams` (sorted; 0 for records without a team).
    pub(super) fn of(
        viewer: UserId,
        owners: &BTreeSet<UserId>,
        fallback_teams: &[TeamId],
        world: &World,
        now: Timestamp,
    ) -> Parts {
        let mut parts = Parts::default();
        for owner in owners {
            let owner = Owner { id: *owner, viewer, selectors: selectors(*owner, world, now), world, now };
            let before = parts.any.len() + parts.team.len() + parts.alone.len();
            owner.say(fallback_teams, &mut parts);
            // What is excepted alone leaves nothing.
            if parts.any.len() + parts.team.len() + parts.alone.len() > before {
                parts.owners.push(owner.id);
                parts.classed.extend(owner.by_class().then_some(owner.id));
            }
            parts.named.extend(owner.selectors.iter().filter_map(|s| match s {
                Selector::Record(id) | Selector::Account(id) => Some(*id),
                _ => None,
            }));
        }
        parts.named.sort();
        parts.named.dedup();
        for words in [&mut parts.any, &mut parts.alone, &mut parts.except, &mut parts.team] {
            words.sort();
        }
        parts
    }

    /// Whether an exception names the record or its account.
    pub(super) fn names(&self, record: &Record) -> bool {
        let named = |id: RecordId| self.named.binary_search(&id).is_ok();
        named(record.id) || record.account.is_some_and(named)
    }

    /// Whether `record`, which is not confidential, is among them.
    pub(super) fn hold(&self, record: &Record, fallback_teams: &[TeamId]) -> bool {
        if self.owners.binary_search(&record.owner).is_err() || self.names(record) {
            return false;
        }
        let classed = self.classed.binary_search(&record.owner).is_ok();
        let words = words(record.owner, record.kind, classed.then_some(record.class));
        let team = record.team.unwrap_or(TeamId(0));
        let with_team = format!("{words} {team}");
        let alone = || self.alone.binary_search(&words).is_ok() && fallback_teams.binary_search(&team).is_ok();
        ((self.any.binary_search(&words).is_ok() || alone()) && self.except.binary_search(&with_team).is_err())
            || self.team.binary_search(&with_team).is_ok()
    }
}

/// The words for an owner's records of a kind and class; `-` for records without a class, `*` for
/// those of any.
fn words(owner: UserId, kind: Kind, class: Option<Option<Class>>) -> String {
    let class = class.map_or("*", |class| class.map_or("-", Class::word));
    format!("{owner} {} {class}", kind.word())
}

/// What the exceptions are about on which the chain of `owner` may depend.
fn selectors(owner: UserId, world: &World, now: Timestamp) -> BTreeSet<Selector> {
    let (reached, _) = world.reach(owner, now);
    let away = reached.iter().chain([&owner]).filter_map(|user| world.running(*user, now));
    away.flat_map(|absence| absence.exceptions.iter().map(|e| e.what)).collect()
}

impl Owner<'_> {
    /// Whether an exception asks for the class of a record.
    fn by_class(&self) -> bool {
        self.selectors.iter().any(|s| matches!(s, Selector::Class(_)))
    }

    /// Adds the words for this owner.
    fn say(&self, fallback_teams: &[TeamId], parts: &mut Parts) {
        let by_kind = self.selectors.iter().any(|s| matches!(s, Selector::Kind(_)));
        let classes: &[Option<Class>] = if self.by_class() { &CLASSES } else { &[None] };
        let teams: BTreeSet<TeamId> =
            self.selectors.iter().filter_map(|s| if let Selector::Team(id) = s { Some(*id) } else { None }).collect();
        for class in classes {
            let mut known: Option<Outcomes> = None;
            for kind in KINDS {
                // Where no exception asks for the kind, the first speaks for all.
                let outcomes = known.filter(|_| !by_kind).unwrap_or_else(|| {
                    let each = teams.iter().copied().chain([ANOTHER]);
                    each.map(|team| (team, self.outcome(kind, *class, team))).collect()
                });
                let words = words(self.id, kind, self.by_class().then_some(*class));
                self.add(words, &outcomes, fallback_teams, parts);
                known = Some(outcomes);
            }
        }
    }

    fn outcome(&self, kind: Kind, class: Option<Class>, team: TeamId) -> Outcome {
        let record = Record {
            id: RecordId(0),
            kind,
            name: String::new(),
            owner: self.id,
            team: Some(team),
            confidential: false,
            status: Status::Open,
            account: None,
            class,
            end_account: None,
            end_contact: None,
        };
        let answering = answers_now(&record, self.world, self.now);
        let covers = answering.path == AnswerPath::Substitute && answering.user == Some(self.viewer);
        match answering.path {
            _ if covers || answering.chain.contains(&self.viewer) => Outcome::Covers,
            AnswerPath::TeamFallback | AnswerPath::CompanyFallback | AnswerPath::Nobody => Outcome::Alone,
            AnswerPath::Owner | AnswerPath::Substitute => Outcome::Nothing,
        }
    }

    /// Says what holds for all teams, and then which teams an exception treats otherwise: they are few,
    /// and naming all others would make the lists, and every statement with them, large.
    fn add(&self, words: String, outcomes: &[(TeamId, Outcome)], fallback_teams: &[TeamId], parts: &mut Parts) {
        let (named, others): (Outcomes, Outcomes) = outcomes.iter().partition(|(team, _)| *team != ANOTHER);
        let others = others.first().map_or(Outcome::Nothing, |(_, outcome)| *outcome);
        let theirs = |outcome: Outcome, team: &TeamId| match outcome {
            Outcome::Covers => true,
            Outcome::Alone => fallback_teams.binary_search(team).is_ok(),
            Outcome::Nothing => false,
        };
        for (team, outcome) in named {
            match (theirs(others, &team), theirs(outcome, &team)) {
                (true, false) => parts.except.push(format!("{words} {team}")),
                (false, true) => parts.team.push(format!("{words} {team}")),
                (true, true) | (false, false) => {}
            }
        }
        if others == Outcome::Covers {
            parts.any.push(words);
        } else if others == Outcome::Alone && !fallback_teams.is_empty() {
            parts.alone.push(words);
        }
    }
}

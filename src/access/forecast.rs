//! What an absence will bring: who answers for which records, from when to when, and who sees what
//! they did not see before.
//!
//! An absence is not looked at alone: in its time others come and go, and each of their absences
//! may have exceptions. So its time is cut where one of those on the way begins or ends, and for
//! each piece and each sort of record the way to whoever answers is walked as
//! [`answers_now`](super::answers_now) walks it; a property test holds the two together. Records
//! that no absence on the way tells apart are walked once, so twenty thousand cost as much as ten.

use super::rights::may_read;
use super::world::{DEPTH, Fallback, World};
use crate::model::absence::{Absence, Selector};
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::{AnswerPath, Class, Kind, Record, Status};
use crate::model::share::{Holder, Share};
use crate::model::time::Timestamp;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What the absent person holds, as far as whoever asks may count it.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    /// The team to which their new records fall.
    pub team: Option<TeamId>,
    /// Their records. Confidential ones only for the person themselves; names are empty where
    /// whoever asks may not see them.
    pub records: Vec<Record>,
    /// Open activities by record.
    pub activities: HashMap<RecordId, i64>,
    /// Shares on their records.
    pub shares: Vec<Share>,
}

/// How many of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    /// Accounts.
    pub accounts: i64,
    /// Contacts.
    pub contacts: i64,
    /// Leads.
    pub leads: i64,
    /// Opportunities.
    pub opportunities: i64,
    /// Open activities on them.
    pub activities: i64,
}

impl Counts {
    /// Records of all kinds.
    pub fn records(self) -> i64 {
        self.accounts + self.contacts + self.leads + self.opportunities
    }

    fn add(&mut self, kind: Kind, activities: i64) {
        self.activities += activities;
        *match kind {
            Kind::Account => &mut self.accounts,
            Kind::Contact => &mut self.contacts,
            Kind::Lead => &mut self.leads,
            Kind::Opportunity => &mut self.opportunities,
        } += 1;
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        self.accounts += more.accounts;
        self.contacts += more.contacts;
        self.leads += more.leads;
        self.opportunities += more.opportunities;
        self.activities += more.activities;
    }
}

/// A part of the absent person's records: those that one line of the absence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What no exception names.
    Rest,
    /// What this exception names, and no more specific one.
    Exception(Selector),
    /// Confidential records: the deputy's.
    Confidential,
}

impl Part {
    /// The part of `absence` to which a record belongs.
    pub fn of(record: &Record, absence: &Absence) -> Part {
        if record.confidential {
            return Part::Confidential;
        }
        let matching = absence.exceptions.iter().map(|e| e.what).filter(|what| what.matches(record));
        matching.min().map_or(Part::Rest, Part::Exception)
    }
}

/// Who answers for a part of the records in a piece of the absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// Which records.
    pub part: Part,
    /// Since when; not before the moment of asking.
    pub from: Timestamp,
    /// Until when; `None` for an open end.
    pub until: Option<Timestamp>,
    /// Those named to stand in who are away themselves, in order.
    pub away: Vec<UserId>,
    /// True if the way leads back to the absent person.
    pub circle: bool,
    /// Who answers.
    pub user: Option<UserId>,
    /// How it comes to them.
    pub path: AnswerPath,
    /// What it is about. A part may be empty so far.
    pub counts: Counts,
}

/// How many records each line of the absence puts to whom, the person's own lines only: parts in the
/// order of the absence, then what is left. A part that holds nothing stands there too.
pub fn portions(absence: &Absence, holdings: &Holdings) -> Vec<(Part, Option<UserId>, Counts)> {
    let lines = absence.exceptions.iter().map(|e| (Part::Exception(e.what), Some(e.substitute)));
    let rest = [(Part::Rest, absence.substitute), (Part::Confidential, absence.deputy)];
    let mut found: Vec<_> = lines.chain(rest).map(|(part, user)| (part, user, Counts::default())).collect();
    for record in &holdings.records {
        let part = Part::of(record, absence);
        if let Some((.., counts)) = found.iter_mut().find(|(p, ..)| *p == part) {
            counts.add(record.kind, holdings.activities.get(&record.id).copied().unwrap_or(0));
        }
    }
    found.retain(|(part, user, counts)| *part != Part::Confidential || user.is_some() || counts.records() > 0);
    found
}

/// Who answers for what while `absence` runs, from `now` on, if it is saved as it is. Pieces in
/// which the same people answer the same way are one.
pub fn forecast(absence: &Absence, world: &World, holdings: &Holdings, now: Timestamp) -> Vec<Episode> {
    let with = world_with(absence, world);
    let ways = Ways::of(absence, &with, holdings);
    let mut found: Vec<(Episode, BTreeSet<usize>)> = Vec::new();
    for (from, until) in ways.pieces(absence, &with, now) {
        for (part, way, sorts) in ways.walked(absence, &with, from) {
            // The same people for the same records: else the counts of one would stand for both.
            let goes_on = found.iter_mut().find(|(e, so_far)| {
                (e.until, e.part) == (Some(from), part)
                    && (&e.away, e.circle, e.user, e.path) == (&way.away, way.circle, way.user, way.path)
                    && *so_far == sorts
            });
            match goes_on {
                Some((episode, _)) => episode.until = until,
                None => {
                    let Way { away, circle, user, path } = way;
                    let counts = Counts::default();
                    found.push((Episode { part, from, until, away, circle, user, path, counts }, sorts));
                }
            }
        }
    }
    let counted = found.into_iter().map(|(mut episode, sorts)| {
        sorts.iter().filter_map(|n| ways.sorts.get(*n)).for_each(|sort| episode.counts += sort.counts);
        episode
    });
    let mut episodes: Vec<Episode> = counted.collect();
    episodes.sort_by_key(|e| (e.part, e.from));
    episodes
}

/// Somebody who sees by an absence what they do not see without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighted {
    /// Who.
    pub user: UserId,
    /// What of it is not confidential.
    pub counts: Counts,
    /// How much of it is confidential.
    pub confidential: i64,
}

/// Who gains sight of which of the absent person's records by `absence`: at any moment of it,
/// compared with the same moment without it.
pub fn new_sight(absence: &Absence, world: &World, holdings: &Holdings, now: Timestamp) -> Vec<Sighted> {
    let with = world_with(absence, world);
    let mut without = world.clone();
    without.absences.retain(|a| a.id != absence.id || a.user != absence.user);
    let ways = Ways::of(absence, &with, holdings);
    let moments: Vec<Timestamp> = ways.pieces(absence, &with, now).into_iter().map(|(from, _)| from).collect();
    let mut found = Vec::new();
    // Only who comes to answer, or stands on the way, can gain anything.
    let answering = forecast(absence, &with, holdings, now);
    let people: BTreeSet<UserId> = answering.into_iter().flat_map(|e| e.away.into_iter().chain(e.user)).collect();
    for user in &people {
        let shared: HashSet<RecordId> =
            holdings.shares.iter().filter(|s| holds(*user, s, &with)).map(|s| s.record).collect();
        let mut sighted = Sighted { user: *user, counts: Counts::default(), confidential: 0 };
        for sort in &ways.sorts {
            let gains = |at: &Timestamp| {
                may_read(*user, &sort.record, &[], &with, *at).is_some()
                    && may_read(*user, &sort.record, &[], &without, *at).is_none()
            };
            if sort.members.is_empty() || !moments.iter().any(gains) {
                continue;
            }
            for id in sort.members.iter().filter(|id| !shared.contains(id)) {
                match sort.record.confidential {
                    true => sighted.confidential += 1,
                    false => {
                        let activities = holdings.activities.get(id).copied().unwrap_or(0);
                        sighted.counts.add(sort.record.kind, activities);
                    }
                }
            }
        }
        if sighted.counts.records() + sighted.confidential > 0 {
            found.push(sighted);
        }
    }
    found
}

fn holds(user: UserId, share: &Share, world: &World) -> bool {
    match share.holder {
        Holder::User(holder) => holder == user,
        Holder::Team(team) => world.person(user).is_some_and(|p| p.teams.contains(&team)),
    }
}

/// The world in which `absence` stands as it is, its older form gone.
fn world_with<'w>(absence: &Absence, world: &'w World) -> Cow<'w, World> {
    if world.absences.contains(absence) {
        return Cow::Borrowed(world);
    }
    let mut with = world.clone();
    with.absences.retain(|a| a.id != absence.id);
    with.absences.push(absence.clone());
    Cow::Owned(with)
}

/// Records that no absence on the way tells apart.
struct Sort {
    /// One that stands for all.
    record: Record,
    members: Vec<RecordId>,
    counts: Counts,
}

/// Everybody who may come to answer, and the sorts of records for which that may differ.
struct Ways {
    people: BTreeSet<UserId>,
    sorts: Vec<Sort>,
}

impl Ways {
    fn of(absence: &Absence, world: &World, holdings: &Holdings) -> Ways {
        let mut people = BTreeSet::new();
        let mut open: Vec<UserId> = vec![absence.user];
        let fallbacks = world.teams.iter().filter_map(|t| t.fallback).chain(world.company_fallback);
        people.extend(absence.deputy.into_iter().chain(fallbacks));
        let mut passed = HashSet::new();
        while let Some(user) = open.pop() {
            if passed.insert(user) {
                open.extend(world.absences.iter().filter(|a| a.user == user).flat_map(Absence::substitutes));
            }
        }
        people.extend(passed.iter().copied());
        people.remove(&absence.user);
        let on_the_way = world.absences.iter().filter(|a| passed.contains(&a.user));
        let told_apart: HashSet<Selector> = on_the_way.flat_map(|a| a.exceptions.iter().map(|e| e.what)).collect();
        Ways { people, sorts: sorts(absence, holdings, &told_apart) }
    }

    /// The different ways at a moment, each with the sorts of records that take it.
    fn walked(&self, absence: &Absence, world: &World, at: Timestamp) -> Vec<(Part, Way, BTreeSet<usize>)> {
        let mut found: Vec<(Part, Way, BTreeSet<usize>)> = Vec::new();
        for (n, sort) in self.sorts.iter().enumerate() {
            let (part, way) = (Part::of(&sort.record, absence), walk(&sort.record, world, at));
            match found.iter_mut().find(|(p, w, _)| *p == part && *w == way) {
                Some((.., sorts)) => {
                    sorts.insert(n);
                }
                None => found.push((part, way, BTreeSet::from([n]))),
            }
        }
        found.sort_by_key(|(part, ..)| *part);
        found
    }

    /// The time of `absence` from `now` on, cut where an absence on the way begins or ends.
    fn pieces(&self, absence: &Absence, world: &World, now: Timestamp) -> Vec<(Timestamp, Option<Timestamp>)> {
        let from = absence.starts.max(now);
        if absence.ends.is_some_and(|end| end <= from) {
            return Vec::new();
        }
        let others = world.absences.iter().filter(|a| self.people.contains(&a.user));
        let inside = |at: &Timestamp| *at > from && absence.ends.is_none_or(|end| *at < end);
        let cuts: BTreeSet<Timestamp> =
            others.flat_map(|a| [Some(a.starts), a.ends]).flatten().filter(inside).chain([from]).collect();
        let ends = cuts.iter().skip(1).copied().map(Some).chain([absence.ends]);
        cuts.iter().copied().zip(ends).collect()
    }
}

/// The sorts of the records there are, and one more for each part of the absence, so that what
/// may come in is looked at as well.
fn sorts(absence: &Absence, holdings: &Holdings, told_apart: &HashSet<Selector>) -> Vec<Sort> {
    let mut found: BTreeMap<Likeness, Sort> = BTreeMap::new();
    let mut sort_of = |record: &Record, member: Option<RecordId>| {
        let record = masked(record, absence.user, told_apart);
        let sort = found.entry(likeness(&record)).or_insert_with(|| Sort {
            record,
            members: Vec::new(),
            counts: Counts::default(),
        });
        if let Some(id) = member {
            sort.members.push(id);
            sort.counts.add(sort.record.kind, holdings.activities.get(&id).copied().unwrap_or(0));
        }
    };
    holdings.records.iter().for_each(|record| sort_of(record, Some(record.id)));
    to_come(absence, holdings).iter().for_each(|record| sort_of(record, None));
    found.into_values().collect()
}

type Likeness = (RecordId, Kind, Option<TeamId>, Option<RecordId>, Option<Class>, bool);

fn likeness(record: &Record) -> Likeness {
    (record.id, record.kind, record.team, record.account, record.class, record.confidential)
}

/// A record without what no exception asks for.
fn masked(record: &Record, owner: UserId, told_apart: &HashSet<Selector>) -> Record {
    let account = record.account.filter(|id| told_apart.contains(&Selector::Account(*id)));
    let named = [Selector::Record(record.id), Selector::Account(record.id)].iter().any(|s| told_apart.contains(s));
    Record {
        id: if named { record.id } else { RecordId(0) },
        kind: record.kind,
        name: String::new(),
        owner,
        team: record.team,
        confidential: record.confidential,
        status: Status::Open,
        account,
        class: record.class.filter(|class| told_apart.contains(&Selector::Class(*class))),
        end_account: None,
        end_contact: None,
    }
}

/// Records that might come in, one for each part of the absence.
fn to_come(absence: &Absence, holdings: &Holdings) -> Vec<Record> {
    let blank = |kind: Kind| Record {
        id: RecordId(0),
        kind,
        name: String::new(),
        owner: absence.user,
        team: holdings.team,
        confidential: false,
        status: Status::Open,
        account: None,
        class: None,
        end_account: None,
        end_contact: None,
    };
    let kinds = [Kind::Account, Kind::Contact, Kind::Opportunity, Kind::Lead];
    let mut found: Vec<Record> = kinds.map(blank).to_vec();
    for exception in &absence.exceptions {
        match exception.what {
            // What these name is there already, or it is not this person's.
            Selector::Record(_) | Selector::Account(_) | Selector::Kind(_) => {}
            Selector::Team(team) => found.extend(kinds.map(|k| Record { team: Some(team), ..blank(k) })),
            // A lead has no class.
            Selector::Class(class) => {
                let classed = kinds.into_iter().filter(|k| *k != Kind::Lead);
                found.extend(classed.map(|k| Record { class: Some(class), ..blank(k) }));
            }
        }
    }
    if absence.deputy.is_some() {
        found.push(Record { confidential: true, ..blank(Kind::Opportunity) });
    }
    found
}

/// How answering for a record comes to somebody.
#[derive(PartialEq, Eq)]
struct Way {
    away: Vec<UserId>,
    circle: bool,
    user: Option<UserId>,
    path: AnswerPath,
}

fn walk(record: &Record, world: &World, at: Timestamp) -> Way {
    if record.confidential {
        return deputy(record, world, at);
    }
    let mut passed = vec![record.owner];
    let mut circle = false;
    loop {
        let here = passed.last().copied().unwrap_or(record.owner);
        if world.present(here, at) {
            passed.pop();
            let path = if passed.is_empty() { AnswerPath::Owner } else { AnswerPath::Substitute };
            return Way { away: passed.into_iter().skip(1).collect(), circle: false, user: Some(here), path };
        }
        let next = world.running(here, at).and_then(|a| a.substitute_for(Some(record))).filter(|s| world.active(*s));
        match next {
            Some(next) if next == record.owner => {
                circle = true;
                break;
            }
            Some(next) if passed.len() <= DEPTH && !passed.contains(&next) => passed.push(next),
            _ => break,
        }
    }
    let fallback = world.fallback(record.team, at);
    let path = match fallback {
        Fallback::Team(_) => AnswerPath::TeamFallback,
        Fallback::Company(_) => AnswerPath::CompanyFallback,
        Fallback::Nobody => AnswerPath::Nobody,
    };
    Way { away: passed.into_iter().skip(1).collect(), circle, user: fallback.user(), path }
}

fn deputy(record: &Record, world: &World, at: Timestamp) -> Way {
    let named = world.running(record.owner, at).and_then(|a| a.deputy).filter(|d| *d != record.owner);
    let user = named.filter(|d| world.present(*d, at));
    let path = if user.is_some() { AnswerPath::Substitute } else { AnswerPath::Nobody };
    Way { away: named.filter(|_| user.is_none()).into_iter().collect(), circle: false, user, path }
}

#[cfg(test)]
mod tests {
    use super::super::answers_now;
    use super::super::worlds::*;
    use super::*;
    use crate::model::absence::Exception;
    use proptest::prelude::*;

    fn held(records: Vec<Record>) -> Holdings {
        Holdings { records, ..Holdings::default() }
    }

    #[test]
    fn an_absence_is_cut_where_the_substitute_comes_back() {
        let mut world = company();
        world.absences = vec![away(PIOTR, Some(KAMIL))];
        world.absences[0].ends = Some(Timestamp(1_500));
        let absence = away(ANNA, Some(PIOTR));
        let found = forecast(&absence, &world, &held(vec![record(ANNA)]), NOW);
        let said: Vec<_> = found.iter().map(|e| (e.user, e.from.0, e.until.unwrap().0, e.counts.records())).collect();
        assert_eq!(said, [(Some(KAMIL), 1_000, 1_500, 1), (Some(PIOTR), 1_500, 2_000, 1)]);
        assert_eq!(found[0].away, [PIOTR]);
    }

    #[test]
    fn parts_are_counted_by_the_most_specific_exception() {
        let absence = Absence {
            exceptions: vec![
                Exception { what: Selector::Class(Class::A), substitute: EWA },
                Exception { what: Selector::Record(RecordId(7)), substitute: KAMIL },
            ],
            ..away(ANNA, Some(PIOTR))
        };
        let a = |id| Record { id: RecordId(id), class: Some(Class::A), ..record(ANNA) };
        let holdings = held(vec![a(7), a(8), Record { id: RecordId(9), ..record(ANNA) }]);
        let counted: Vec<_> =
            portions(&absence, &holdings).into_iter().map(|(part, user, c)| (part, user, c.records())).collect();
        let expected = [
            (Part::Exception(Selector::Class(Class::A)), Some(EWA), 1),
            (Part::Exception(Selector::Record(RecordId(7))), Some(KAMIL), 1),
            (Part::Rest, Some(PIOTR), 1),
        ];
        assert_eq!(counted, expected);
    }

    #[test]
    fn who_had_sight_before_gains_none() {
        let mut world = company();
        world.people[0].manager = Some(PIOTR);
        let holdings = held(vec![record(ANNA)]);
        assert_eq!(new_sight(&away(ANNA, Some(PIOTR)), &world, &holdings, NOW), [], "her line manager reads anyway");
        let found = new_sight(&away(ANNA, Some(KAMIL)), &world, &holdings, NOW);
        assert_eq!(found.iter().map(|s| (s.user, s.counts.opportunities)).collect::<Vec<_>>(), [(KAMIL, 1)]);
        let mut shared = holdings.clone();
        shared.shares = vec![Share {
            id: 1,
            record: RecordId(1),
            holder: Holder::User(KAMIL),
            source: crate::model::share::Source::Share,
            write: false,
            share: false,
            named: false,
            until: None,
            reason: String::new(),
            by: None,
            at: Timestamp(0),
        }];
        assert_eq!(new_sight(&away(ANNA, Some(KAMIL)), &world, &shared, NOW), []);
    }

    proptest! {
        /// The forecast is what will be: whoever it names for a record at a moment is whom
        /// `answers_now` names then.
        #[test]
        fn the_forecast_is_what_answers_now_says_then(
            world in worlds(), record in records(), at in 0_i64..3_000, user in 1_i64..=8, substitute in 1_i64..=8,
            (first, last) in (0_i64..2_000, 0_i64..2_000)
        ) {
            let owner = UserId(user);
            let mut world = world;
            world.absences.retain(|a| a.user != owner);
            let mut absence = away(owner, Some(UserId(substitute)));
            absence.id = crate::model::id::AbsenceId(99);
            (absence.starts, absence.ends) = (Timestamp(first), Some(Timestamp(first + last)));
            if let Some(other) = world.absences.first() {
                absence.exceptions = other.exceptions.clone();
                absence.deputy = other.deputy;
            }
            let record = Record { owner, ..record };
            let at = Timestamp(at);
            let part = Part::of(&record, &absence);
            let found = forecast(&absence, &world, &held(vec![record.clone()]), Timestamp(0));
            let then = found.iter().filter(|e| e.part == part && e.counts.records() == 1);
            let then = then.filter(|e| e.from <= at && e.until.is_none_or(|end| at < end)).collect::<Vec<_>>();
            let runs = absence.starts <= at && absence.ends.is_some_and(|end| at < end);
            world.absences.push(absence);
            if runs {
                let answering = answers_now(&record, &world, at);
                prop_assert_eq!(then.len(), 1, "{:?}", found);
                prop_assert_eq!((then[0].user, then[0].path), (answering.user, answering.path));
            } else {
                prop_assert!(then.is_empty());
            }
        }
    }
}

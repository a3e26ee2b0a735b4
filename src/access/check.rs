//! What speaks against an absence, when it is saved and whenever something changed since.
//!
//! A refusal makes no sense to save: wrong dates, a circle, somebody who cannot stand in. A warning
//! can be saved and says who answers instead, for which records, from when to when; it is
//! found again as long as it holds, for the person, whoever stands in, and the line manager.

use super::absence::{day_of, may_enter, zone};
use super::forecast::{Counts, Episode, Holdings, Part, forecast};
use super::world::World;
use crate::model::absence::{Absence, CoverPlan, Phase, Selector};
use crate::model::id::{AbsenceId, UserId};
use crate::model::record::AnswerPath;
use crate::model::time::Timestamp;
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// How much a problem weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Worth knowing; shown before saving only.
    Note,
    /// Somebody should look; found again as long as it holds.
    Warning,
    /// The absence is not saved so.
    Refusal,
}

/// A part of the records in words, with how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    /// Which part.
    pub part: Part,
    /// The name of the team or record that the part is about; empty where it has none, or whoever
    /// asks may not see it.
    pub label: String,
    /// True if the absence has no exceptions: the rest is everything.
    pub alone: bool,
    /// How many records; `None` where they were not counted.
    pub records: Option<i64>,
}

impl Portion {
    /// A part of an absence's records, named as far as `world` and `holdings` know names.
    pub fn of(part: Part, absence: &Absence, world: &World, holdings: Option<&Holdings>, counts: Counts) -> Portion {
        let record = |id| holdings.and_then(|h| h.records.iter().find(|r| r.id == id)).map(|r| r.name.clone());
        let label = match part {
            Part::Exception(Selector::Record(id) | Selector::Account(id)) => record(id),
            Part::Exception(Selector::Team(id)) => world.team(id).map(|t| t.name.clone()),
            _ => None,
        };
        Portion {
            part,
            label: label.unwrap_or_default(),
            alone: absence.exceptions.is_empty(),
            records: holdings.map(|_| counts.records()),
        }
    }
}

impl fmt::Display for Portion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |kind: &str, id: i64| match self.label.is_empty() {
            true => format!("{kind} {id}"),
            false => format!("{kind} {} ({id})", self.label),
        };
        let what = match self.part {
            Part::Rest if self.alone => "all records".to_owned(),
            Part::Rest => "the records that no exception names".to_owned(),
            Part::Confidential => "confidential records".to_owned(),
            Part::Exception(Selector::Record(id)) => named("record", id.0),
            Part::Exception(Selector::Account(id)) => named("account", id.0),
            Part::Exception(Selector::Team(id)) => named("records of team", id.0),
            Part::Exception(Selector::Class(class)) => format!("records of class {}", class.word()),
            Part::Exception(Selector::Kind(kind)) => format!("records of kind {}", kind.word()),
        };
        match self.records {
            Some(1) => write!(f, "{what} (1 record)"),
            Some(n) => write!(f, "{what} ({n} records)"),
            None => f.write_str(&what),
        }
    }
}

/// Days from a first to a last, both included; an open end has no last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: Option<NaiveDate>,
}

impl Span {
    /// The days of `zone` that a time touches.
    pub fn of(from: Timestamp, until: Option<Timestamp>, zone: Tz) -> Span {
        Span { first: day_of(from, zone), last: until.map(|end| day_of(end.plus(-1).max(from), zone)) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(last) => write!(f, "from {} to {last}", self.first),
            None => write!(f, "from {} to an open end", self.first),
        }
    }
}

/// What speaks against an absence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No such zone.
    #[error("the zone `{0}` is not known; use an IANA name such as Europe/Warsaw")]
    UnknownZone(String),
    /// The last day lies before the first.
    #[error(
        "the last day ({last}) lies before the first ({first}); correct one of them (a first day that is left out is today)"
    )]
    EndBeforeStart {
        /// First day.
        first: NaiveDate,
        /// Last day.
        last: NaiveDate,
    },
    /// On one day it would end before it begins.
    #[error("on {day} it would end at {last} and begin at {first}; swap the times or correct one")]
    TimesSwapped {
        /// The day.
        day: NaiveDate,
        /// When it begins.
        first: NaiveTime,
        /// When it ends.
        last: NaiveTime,
    },
    /// The day back lies inside the absence.
    #[error("the first day back ({back}) must come after the last day away ({last})")]
    BackTooEarly {
        /// First day back.
        back: NaiveDate,
        /// Last day.
        last: NaiveDate,
    },
    /// A day to confirm an end that is known.
    #[error("it ends on {0}, so there is nothing to confirm; leave out the day to confirm, or the last day")]
    NothingToConfirm(NaiveDate),
    /// The day to confirm lies before the absence.
    #[error("the day to confirm ({confirm}) must come after the first day away ({first})")]
    ConfirmTooEarly {
        /// The day to confirm.
        confirm: NaiveDate,
        /// First day.
        first: NaiveDate,
    },
    /// The user is deactivated.
    #[error("{0} is deactivated, so there is nothing to cover by an absence; assign their records instead")]
    Deactivated(String),
    /// Somebody is to stand in for themselves.
    #[error("{name} cannot stand in for themselves for {portion}; name a colleague")]
    Themselves {
        /// Who.
        name: String,
        /// For what.
        portion: Portion,
    },
    /// Who is to stand in is deactivated or not known.
    #[error("{name} is deactivated and cannot stand in for {portion}; name a colleague who still works here")]
    StandInGone {
        /// Who.
        name: String,
        /// For what.
        portion: Portion,
    },
    /// Two exceptions are about the same records.
    #[error("two exceptions are about the same, {portion}: {names}; leave one of them")]
    Tie {
        /// What both are about.
        portion: Portion,
        /// Who is named.
        names: String,
    },
    /// Another absence of the same person in the same time.
    #[error(
        "{name} is already away {span} (absence {id}); change that one (another last day makes it longer), end it, or choose other days"
    )]
    Overlap {
        /// The person.
        name: String,
        /// The other absence.
        id: AbsenceId,
        /// Its days.
        span: Span,
    },
    /// The way of substitutes comes back to the person.
    #[error(
        "this goes in a circle: {names}; {span} none of them would be there to answer for {portion}; name somebody else"
    )]
    Circle {
        /// The names on the way.
        names: String,
        /// When.
        span: Span,
        /// For what.
        portion: Portion,
    },
    /// The substitute is away in a part of that time.
    #[error("{name} is away too {span}; in that time {} for {portion}", answers(then))]
    StandInAway {
        /// The substitute.
        name: String,
        /// When.
        span: Span,
        /// For what.
        portion: Portion,
        /// Who answers then, and by which path; `None` if nobody does.
        then: Option<Box<(String, AnswerPath)>>,
    },
    /// The deputy is away in a part of that time.
    #[error("{name} is away too {span}; in that time nobody answers for {portion}")]
    DeputyAway {
        /// The deputy.
        name: String,
        /// When.
        span: Span,
        /// How many there are, where whoever asks may know.
        portion: Portion,
    },
    /// Nobody is named, and there is no fallback.
    #[error(
        "{span} nobody answers for {portion}: no substitute is named, and the team and the company have no fallback who is there; name a substitute"
    )]
    NobodyLeft {
        /// When.
        span: Span,
        /// For what.
        portion: Portion,
    },
    /// There are confidential records and no deputy.
    #[error("nobody answers for {0}: only a deputy may; name one if somebody can be trusted with them")]
    NoDeputy(Portion),
    /// An exception is about nothing.
    #[error(
        "{name} would stand in for {portion}, but none of the records is covered by that: there are none, they belong to somebody else, or they are confidential"
    )]
    CoversNothing {
        /// Who is named.
        name: String,
        /// For what.
        portion: Portion,
    },
    /// A hand-over to nobody.
    #[error("nobody is named for {0}, so it would not be handed over and stays where it is")]
    NotHandedOver(Portion),
    /// The end is open, and the day to ask about it has come.
    #[error(
        "the end is open and was to be confirmed on {day}: is {name} still away? Set another day, or end the absence; after that \
         day clients get no notices"
    )]
    ConfirmDue {
        /// The person.
        name: String,
        /// The day.
        day: NaiveDate,
    },
    /// Whoever covers may not change anything.
    #[error("whoever covers can read everything but change nothing: {}", why_read_only(*.company))]
    ReadOnly {
        /// By the installation's setting; else by the absence's.
        company: bool,
    },
}

fn answers(then: &Option<Box<(String, AnswerPath)>>) -> String {
    match then.as_deref() {
        Some((name, AnswerPath::TeamFallback)) => format!("{name} answers, the team's fallback,"),
        Some((name, AnswerPath::CompanyFallback)) => format!("{name} answers, the company's fallback,"),
        Some((name, _)) => format!("{name} answers"),
        None => "nobody answers".to_owned(),
    }
}

fn why_read_only(company: bool) -> &'static str {
    match company {
        true => "`cover_writes` is off in the configuration",
        false => "this absence says so",
    }
}

impl Problem {
    /// How much it weighs.
    pub fn weight(&self) -> Weight {
        match self {
            // Without a deputy nobody answers for confidential records by decision, not by accident.
            Problem::ReadOnly { .. } | Problem::CoversNothing { .. } | Problem::NoDeputy(_) => Weight::Note,
            Problem::StandInAway { .. }
            | Problem::DeputyAway { .. }
            | Problem::NobodyLeft { .. }
            | Problem::NotHandedOver(_)
            | Problem::ConfirmDue { .. } => Weight::Warning,
            _ => Weight::Refusal,
        }
    }

    /// Whether the absence can be saved all the same.
    pub fn is_warning(&self) -> bool {
        self.weight() < Weight::Refusal
    }

    /// The part of the records that it is about, if it is about one.
    fn portion(&self) -> Option<&Portion> {
        match self {
            Problem::Themselves { portion, .. }
            | Problem::StandInGone { portion, .. }
            | Problem::Tie { portion, .. }
            | Problem::Circle { portion, .. }
            | Problem::StandInAway { portion, .. }
            | Problem::DeputyAway { portion, .. }
            | Problem::NobodyLeft { portion, .. }
            | Problem::CoversNothing { portion, .. }
            | Problem::NoDeputy(portion)
            | Problem::NotHandedOver(portion) => Some(portion),
            _ => None,
        }
    }

    /// Whether some records have nobody who answers.
    pub fn is_gap(&self) -> bool {
        let alone = matches!(self, Problem::StandInAway { then: None, .. });
        alone || matches!(self, Problem::NobodyLeft { .. } | Problem::DeputyAway { .. } | Problem::NoDeputy(_))
    }
}

/// Everything that speaks against `absence` from `now` on. `world.absences` are those not over; one
/// with the same id is the older form of this one and does not count. `holdings` are the person's
/// records as far as whoever asks may count them; without them nothing is counted.
pub fn check(absence: &Absence, world: &World, holdings: Option<&Holdings>, now: Timestamp) -> Vec<Problem> {
    let mut found = dates(absence);
    if !world.active(absence.user) {
        found.push(Problem::Deactivated(name(absence.user, world)));
    }
    found.extend(overlaps(absence, world));
    found.extend(people(absence, world, holdings));
    found.extend(ties(absence, world, holdings));
    if found.is_empty()
        && let Ok(zone) = zone(&absence.zone)
    {
        found.extend(answering(absence, world, holdings, zone, now));
        found.extend(lines(absence, world, holdings));
        if absence.phase(now) == Phase::Running
            && let Some(day) = absence.confirm_on.filter(|day| *day <= day_of(now, zone))
        {
            found.push(Problem::ConfirmDue { name: name(absence.user, world), day });
        }
    }
    found
}

/// Whether `viewer`, whose business `absence` is, is told of `problem`: who stands in for one thing
/// does not learn what else is excepted, and for whom.
pub fn is_told(viewer: UserId, absence: &Absence, problem: &Problem, world: &World) -> bool {
    let theirs = |what: Selector| absence.exceptions.iter().any(|e| e.what == what && e.substitute == viewer);
    may_enter(Some(viewer), absence.user, world)
        || match problem.portion().map(|portion| portion.part) {
            Some(Part::Exception(what)) => theirs(what),
            Some(Part::Confidential) => absence.deputy == Some(viewer),
            Some(Part::Rest) | None => true,
        }
}

/// What speaks against each absence that is not over, those without a problem left out. Notes do
/// not count. `holdings` of those whose records are to be counted.
pub fn check_all(
    world: &World,
    holdings: &HashMap<UserId, Holdings>,
    now: Timestamp,
) -> Vec<(AbsenceId, Vec<Problem>)> {
    let of = |absence: &Absence| {
        let mut problems = check(absence, world, holdings.get(&absence.user), now);
        problems.retain(|p| p.weight() > Weight::Note);
        (absence.id, problems)
    };
    let standing = world.absences.iter().filter(|a| a.phase(now) != Phase::Over);
    standing.map(of).filter(|(_, problems)| !problems.is_empty()).collect()
}

fn dates(absence: &Absence) -> Vec<Problem> {
    let mut found: Vec<Problem> = zone(&absence.zone).err().into_iter().collect();
    let first = absence.first_day;
    if let Some(last) = absence.last_day {
        if last < first {
            found.push(Problem::EndBeforeStart { first, last });
        } else if let (true, Some(from), Some(until)) = (last == first, absence.first_time, absence.last_time)
            && until <= from
        {
            found.push(Problem::TimesSwapped { day: first, first: from, last: until });
        }
        // Who is back at noon may be back on the same day.
        let too_early = |back: &NaiveDate| *back < last || (*back == last && absence.last_time.is_none());
        if let Some(back) = absence.back_on.filter(too_early) {
            found.push(Problem::BackTooEarly { back, last });
        }
        if absence.confirm_on.is_some() {
            found.push(Problem::NothingToConfirm(last));
        }
    } else if let Some(confirm) = absence.confirm_on.filter(|day| *day <= first) {
        found.push(Problem::ConfirmTooEarly { confirm, first });
    }
    found
}

fn overlaps<'a>(absence: &'a Absence, world: &'a World) -> impl Iterator<Item = Problem> + 'a {
    let others = world.absences.iter().filter(|a| a.id != absence.id && a.user == absence.user && meet(a, absence));
    others.map(|other| Problem::Overlap {
        name: name(other.user, world),
        id: other.id,
        span: Span { first: other.first_day, last: other.last_day },
    })
}

/// Whether two absences have a moment in common.
fn meet(one: &Absence, other: &Absence) -> bool {
    let starts = one.starts.max(other.starts);
    [one, other].iter().all(|a| a.ends.is_none_or(|end| starts < end))
}

/// Those who are named, each with the part they are named for.
fn named(absence: &Absence) -> impl Iterator<Item = (Part, UserId)> + '_ {
    let exceptions = absence.exceptions.iter().map(|e| (Part::Exception(e.what), e.substitute));
    let rest = absence.substitute.map(|user| (Part::Rest, user));
    rest.into_iter().chain(exceptions).chain(absence.deputy.map(|user| (Part::Confidential, user)))
}

fn people(absence: &Absence, world: &World, holdings: Option<&Holdings>) -> Vec<Problem> {
    let wrong = |(part, user): (Part, UserId)| {
        let portion = bare(part, absence, world, holdings);
        match user {
            _ if user == absence.user => Some(Problem::Themselves { name: name(user, world), portion }),
            _ if !world.active(user) => Some(Problem::StandInGone { name: name(user, world), portion }),
            _ => None,
        }
    };
    named(absence).filter_map(wrong).collect()
}

fn ties(absence: &Absence, world: &World, holdings: Option<&Holdings>) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for exception in &absence.exceptions {
        if seen.insert(exception.what) {
            continue;
        }
        let same = absence.exceptions.iter().filter(|e| e.what == exception.what);
        let names: Vec<String> = same.map(|e| name(e.substitute, world)).collect();
        let portion = bare(Part::Exception(exception.what), absence, world, holdings);
        let tie = Problem::Tie { portion, names: names.join(", ") };
        if !found.contains(&tie) {
            found.push(tie);
        }
    }
    found
}

/// A part that is not counted.
fn bare(part: Part, absence: &Absence, world: &World, holdings: Option<&Holdings>) -> Portion {
    Portion { records: None, ..Portion::of(part, absence, world, holdings, Counts::default()) }
}

/// Circles, those named who are away in that time, and what nobody answers for.
fn answering(absence: &Absence, world: &World, holdings: Option<&Holdings>, zone: Tz, now: Timestamp) -> Vec<Problem> {
    let nothing = Holdings::default();
    let known = holdings.unwrap_or(&nothing);
    let problem = |episode: Episode| {
        let span = Span::of(episode.from, episode.until, zone);
        let portion = Portion::of(episode.part, absence, world, holdings, episode.counts);
        let first = episode.away.first().map(|user| name(*user, world));
        let then = episode.user.map(|user| Box::new((name(user, world), episode.path)));
        match (episode.part, first, then) {
            (Part::Confidential, Some(name), _) => {
                // How many there are is the person's own business.
                let records = portion.records.filter(|n| *n > 0);
                Some(Problem::DeputyAway { name, span, portion: Portion { records, ..portion } })
            }
            (Part::Confidential, None, None) => Some(Problem::NoDeputy(portion)),
            (Part::Confidential, None, Some(_)) => None,
            (_, Some(_), _) if episode.circle => {
                let way = [absence.user].into_iter().chain(episode.away).chain([absence.user]);
                let names: Vec<String> = way.map(|user| name(user, world)).collect();
                Some(Problem::Circle { names: names.join(" → "), span, portion })
            }
            (_, Some(name), then) => Some(Problem::StandInAway { name, span, portion, then }),
            (_, None, None) => Some(Problem::NobodyLeft { span, portion }),
            (_, None, Some(_)) => None,
        }
    };
    let mut found: Vec<Problem> = Vec::new();
    forecast(absence, world, known, now).into_iter().filter_map(problem).for_each(|p| {
        if !found.contains(&p) {
            found.push(p);
        }
    });
    found
}

/// Lines of the absence that bring nothing, and what is worth knowing.
fn lines(absence: &Absence, world: &World, holdings: Option<&Holdings>) -> Vec<Problem> {
    let mut found = Vec::new();
    for exception in holdings.into_iter().flat_map(|_| &absence.exceptions) {
        let part = Part::Exception(exception.what);
        let single = matches!(exception.what, Selector::Record(_) | Selector::Account(_));
        let held = holdings.is_some_and(|h| h.records.iter().any(|r| Part::of(r, absence) == part));
        if single && !held {
            let portion = bare(part, absence, world, holdings);
            found.push(Problem::CoversNothing { name: name(exception.substitute, world), portion });
        }
    }
    if absence.plan == CoverPlan::HandOver && absence.substitute.is_none() {
        found.push(Problem::NotHandedOver(bare(Part::Rest, absence, world, holdings)));
    }
    let covered = named(absence).next().is_some();
    if covered && (!absence.cover_writes || !world.cover_writes) {
        found.push(Problem::ReadOnly { company: !world.cover_writes });
    }
    found
}

fn name(user: UserId, world: &World) -> String {
    world.name(user)
}

#[cfg(test)]
mod tests {
    use super::super::worlds::*;
    use super::*;
    use crate::model::absence::Exception;
    use crate::model::id::{RecordId, TeamId};
    use crate::model::record::{Class, Kind, Record, Team};

    fn found(absence: &Absence, world: &World) -> Vec<Problem> {
        check(absence, world, None, NOW)
    }

    fn said(absence: &Absence, world: &World) -> Vec<String> {
        found(absence, world).iter().map(Problem::to_string).collect()
    }

    fn except(what: Selector, substitute: UserId) -> Exception {
        Exception { what, substitute }
    }

    #[test]
    fn a_sound_absence_has_no_problem() {
        assert_eq!(found(&away(ANNA, Some(PIOTR)), &company()), []);
    }

    #[test]
    fn wrong_dates_times_and_zones_are_named() {
        let wrong = Absence {
            zone: "Europe/Krakow".into(),
            last_day: Some(day("2026-11-19")),
            confirm_on: Some(day("2026-12-01")),
            ..away(ANNA, Some(PIOTR))
        };
        let problems = found(&wrong, &company());
        assert_eq!(problems[0], Problem::UnknownZone("Europe/Krakow".into()));
        let sentence = "the last day (2026-11-19) lies before the first (2026-11-20); correct one of them (a first day that is left out is today)";
        assert_eq!(problems[1].to_string(), sentence);
        assert_eq!(problems[2], Problem::NothingToConfirm(day("2026-11-19")));
        assert!(problems.iter().all(|p| p.weight() == Weight::Refusal));
        let same_day = Absence { back_on: Some(day("2026-11-27")), ..away(ANNA, Some(PIOTR)) };
        assert!(matches!(found(&same_day, &company())[..], [Problem::BackTooEarly { .. }]));
        let at = |text: &str| Some(NaiveTime::parse_from_str(text, "%H:%M").unwrap());
        assert_eq!(found(&Absence { last_time: at("12:00"), ..same_day }, &company()), [], "back at noon");
        let swapped = Absence {
            last_day: Some(day("2026-11-20")),
            first_time: at("14:00"),
            last_time: at("12:00"),
            ..away(ANNA, Some(PIOTR))
        };
        assert!(matches!(found(&swapped, &company())[..], [Problem::TimesSwapped { .. }]));
        let open =
            Absence { last_day: None, ends: None, confirm_on: Some(day("2026-11-20")), ..away(ANNA, Some(PIOTR)) };
        assert!(matches!(found(&open, &company())[..], [Problem::ConfirmTooEarly { .. }]));
    }

    #[test]
    fn nobody_stands_in_for_themselves_nor_does_somebody_who_left_in_any_place() {
        let mut world = company();
        world.people[1].active = false;
        let class = Selector::Class(Class::A);
        for user in [ANNA, PIOTR, UserId(99)] {
            let places = [
                away(ANNA, Some(user)),
                Absence { deputy: Some(user), ..away(ANNA, Some(KAMIL)) },
                Absence { exceptions: vec![except(class, user)], ..away(ANNA, Some(KAMIL)) },
            ];
            for absence in places {
                let problems = found(&absence, &world);
                let themselves = matches!(&problems[..], [Problem::Themselves { name, .. }] if name == "Anna");
                let gone = matches!(&problems[..], [Problem::StandInGone { .. }]);
                assert!(if user == ANNA { themselves } else { gone }, "{problems:?}");
            }
        }
        assert_eq!(found(&away(PIOTR, Some(KAMIL)), &world), [Problem::Deactivated("Piotr".into())]);
    }

    #[test]
    fn two_exceptions_about_the_same_are_a_tie() {
        let class = Selector::Class(Class::A);
        let absence = Absence {
            exceptions: vec![except(class, EWA), except(Selector::Kind(Kind::Lead), OLA), except(class, KAMIL)],
            ..away(ANNA, Some(PIOTR))
        };
        let sentence = "two exceptions are about the same, records of class A: Ewa, Kamil; leave one of them";
        assert_eq!(said(&absence, &company()), [sentence]);
    }

    #[test]
    fn two_absences_of_one_person_do_not_overlap_but_may_touch() {
        let mut world = company();
        world.absences = vec![away(ANNA, Some(PIOTR))];
        let next = Absence { id: AbsenceId(0), ..away(ANNA, Some(PIOTR)) };
        assert!(matches!(found(&next, &world)[..], [Problem::Overlap { .. }]));
        let touching = Absence { starts: Timestamp(2_000), ends: None, ..next.clone() };
        assert_eq!(found(&touching, &world), []);
        assert_eq!(found(&world.absences[0].clone(), &world), [], "an absence does not overlap itself");
    }

    #[test]
    fn a_substitute_who_is_away_is_a_warning_that_says_who_answers_then_for_how_much() {
        let mut world = company();
        world.absences = vec![away(PIOTR, Some(KAMIL))];
        world.absences[0].exceptions = vec![except(Selector::Class(Class::A), EWA)];
        let classed = Record { id: RecordId(2), class: Some(Class::A), ..record(ANNA) };
        let holdings = Holdings { records: vec![record(ANNA), classed], ..Holdings::default() };
        let problems = check(&away(ANNA, Some(PIOTR)), &world, Some(&holdings), NOW);
        assert!(problems.iter().all(Problem::is_warning));
        let texts: Vec<String> = problems.iter().map(Problem::to_string).collect();
        let sentence = |who: &str| {
            format!(
                "Piotr is away too from 1970-01-01 to 1970-01-01; in that time {who} answers for all records (1 record)"
            )
        };
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts.contains(&sentence("Kamil")) && texts.contains(&sentence("Ewa")), "{texts:?}");
    }

    #[test]
    fn a_circle_is_refused_with_its_names_through_an_exception_too() {
        let mut world = company();
        world.absences = vec![away(PIOTR, Some(KAMIL)), away(KAMIL, Some(ANNA))];
        let problems = found(&away(ANNA, Some(PIOTR)), &world);
        assert!(matches!(&problems[..], [Problem::Circle { names, .. }] if names == "Anna → Piotr → Kamil → Anna"));
        world.absences[1].starts = Timestamp(3_000);
        world.absences[1].ends = None;
        assert!(found(&away(ANNA, Some(PIOTR)), &world).iter().all(Problem::is_warning), "not at the same time");
        // Anna's leads would go to Ewa, whose substitute is Anna.
        world.absences = vec![away(EWA, Some(ANNA))];
        let leads = Absence { exceptions: vec![except(Selector::Kind(Kind::Lead), EWA)], ..away(ANNA, Some(PIOTR)) };
        assert!(said(&leads, &world)[0].starts_with("this goes in a circle: Anna → Ewa → Anna;"));
        // Unless Ewa's leads go to somebody else.
        world.absences[0].exceptions = vec![except(Selector::Kind(Kind::Lead), KAMIL)];
        assert!(found(&leads, &world).iter().all(Problem::is_warning));
    }

    #[test]
    fn what_nobody_answers_for_is_said_with_who_and_what() {
        let mut world = company();
        let records = vec![record(ANNA), Record { id: RecordId(2), confidential: true, ..record(ANNA) }];
        let holdings = Holdings { records, ..Holdings::default() };
        let problems = check(&away(ANNA, None), &world, Some(&holdings), NOW);
        assert!(problems.iter().all(|p| p.is_gap() && p.is_warning()), "{problems:?}");
        assert!(problems[0].to_string().contains("nobody answers for all records (1 record)"), "{problems:?}");
        assert!(problems[1].to_string().contains("nobody answers for confidential records (1 record)"));
        world.company_fallback = Some(OLA);
        let deputy = Absence { deputy: Some(KAMIL), ..away(ANNA, None) };
        assert_eq!(check(&deputy, &world, Some(&holdings), NOW), [], "the fallback answers");
        world.absences = vec![away(KAMIL, None)];
        assert!(matches!(check(&deputy, &world, Some(&holdings), NOW)[..], [Problem::DeputyAway { .. }]));
        world.absences = vec![away(PIOTR, Some(KAMIL)), away(KAMIL, None), away(OLA, None)];
        let problems = found(&away(ANNA, Some(PIOTR)), &world);
        assert!(matches!(&problems[..], [Problem::StandInAway { then: None, .. }]), "{problems:?}");
    }

    #[test]
    fn a_change_elsewhere_shows_on_every_absence_that_stands() {
        let mut world = company();
        world.teams = vec![Team { id: TeamId(1), name: "North".into(), fallback: Some(OLA) }];
        world.absences = vec![away(ANNA, Some(PIOTR)), away(KAMIL, None), away(EWA, Some(ANNA))];
        let holdings = HashMap::from([(KAMIL, Holdings { team: Some(TeamId(1)), ..Holdings::default() })]);
        let before = check_all(&world, &holdings, NOW);
        let ids: Vec<i64> = before.iter().map(|(id, _)| id.0).collect();
        assert_eq!(ids, [EWA.0], "Anna is away, so Piotr answers for Ewa");
        world.people[1].active = false;
        world.teams[0].fallback = None;
        let after = check_all(&world, &holdings, NOW);
        let ids: Vec<i64> = after.iter().map(|(id, _)| id.0).collect();
        assert_eq!(ids, [ANNA.0, KAMIL.0, EWA.0]);
        assert!(after[0].1[0].to_string().starts_with("Piotr is deactivated"));
        assert!(after[2].1[0].is_gap());
        assert!(check_all(&world, &holdings, Timestamp(2_000)).is_empty(), "over is over");
    }

    #[test]
    fn an_open_end_is_asked_about_when_its_day_has_come() {
        let open = Absence { last_day: None, ends: None, first_day: day("1969-12-01"), ..away(ANNA, Some(PIOTR)) };
        let due = Absence { confirm_on: Some(day("1970-01-01")), ..open.clone() };
        assert!(matches!(found(&due, &company())[..], [Problem::ConfirmDue { .. }]));
        assert_eq!(found(&Absence { confirm_on: Some(day("1970-01-02")), ..open }, &company()), []);
    }

    #[test]
    fn it_is_said_when_a_cover_cannot_change_anything() {
        let mut world = company();
        let absence = Absence { cover_writes: false, ..away(ANNA, Some(PIOTR)) };
        assert_eq!(found(&absence, &world), [Problem::ReadOnly { company: false }]);
        world.cover_writes = false;
        assert_eq!(found(&absence, &world), [Problem::ReadOnly { company: true }]);
        assert_eq!(found(&absence, &world)[0].weight(), Weight::Note);
    }
}

//! Absence: local dates as moments, the first day back, and what speaks against saving one.
//!
//! Dates are entered and stored as local dates in a zone and turned into moments once, when they
//! are saved, so that SQL and every worker mean the same moment (R2).

use super::world::World;
use crate::model::absence::Absence;
use crate::model::id::{AbsenceId, UserId};
use crate::model::time::Timestamp;
use chrono::{Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// The zone with this IANA name.
pub fn zone(name: &str) -> Result<Tz, Problem> {
    name.parse().map_err(|_| Problem::UnknownZone(name.to_owned()))
}

/// The first moment of a local day: 00:00, or where the clock jumps over midnight, the first
/// minute that the day has. Of two midnights on one day it is the earlier.
pub fn day_start(day: NaiveDate, zone: Tz) -> Timestamp {
    local_moment(day, NaiveTime::MIN, zone)
}

/// The moment of a local time: of two it is the earlier; where the clock jumps over it, the first
/// minute that there is.
pub fn local_moment(day: NaiveDate, time: NaiveTime, zone: Tz) -> Timestamp {
    let wanted = day.and_time(time);
    // The longest jump ever made was a whole day (Samoa, 2011).
    let minutes = (0..=26 * 60).map(|m| wanted + Duration::minutes(m));
    let first = minutes.into_iter().find_map(|local| zone.from_local_datetime(&local).earliest());
    let moment = first.map_or_else(|| wanted.and_utc(), |local| local.with_timezone(&Utc));
    Timestamp::from_utc(moment)
}

/// A local day, and a time on it where it is not the whole day.
pub type DayTime = (NaiveDate, Option<NaiveTime>);

/// When an absence from `first` to `last` starts and ends in `zone`. Both days are included: it
/// starts with the first, or at the time on it, and ends with the last, or at the time on it.
pub fn moments(first: DayTime, last: Option<DayTime>, zone: Tz) -> (Timestamp, Option<Timestamp>) {
    let starts = first.1.map_or_else(|| day_start(first.0, zone), |time| local_moment(first.0, time, zone));
    let ends = last.and_then(|(day, time)| match time {
        Some(time) => Some(local_moment(day, time, zone)),
        None => day.succ_opt().map(|day| day_start(day, zone)),
    });
    (starts, ends)
}

/// The first day back: what the person said, else the next working day (Monday to Friday, no
/// holiday) after the last day. `None` for an open end.
pub fn first_day_back(absence: &Absence, holidays: &[NaiveDate]) -> Option<NaiveDate> {
    if absence.back_on.is_some() {
        return absence.back_on;
    }
    let working = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !holidays.contains(day);
    // Holidays are listed by hand: a year of them in a row is a mistake, not a holiday.
    absence.last_day?.iter_days().skip(1).take(400).find(working)
}

/// What speaks against an absence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No such zone.
    #[error("the zone `{0}` is not known; use an IANA name such as Europe/Warsaw")]
    UnknownZone(String),
    /// The last day lies before the first.
    #[error("the last day ({last}) lies before the first ({first}); swap them or correct one")]
    EndBeforeStart {
        /// First day.
        first: NaiveDate,
        /// Last day.
        last: NaiveDate,
    },
    /// The day back lies inside the absence.
    #[error("the first day back ({back}) must come after the last day away ({last})")]
    BackTooEarly {
        /// First day back.
        back: NaiveDate,
        /// Last day.
        last: NaiveDate,
    },
    /// The user is deactivated.
    #[error("{0} is deactivated, so there is nothing to cover by an absence; assign their records instead")]
    Deactivated(String),
    /// Substitute or deputy is the person themselves.
    #[error("{0} cannot stand in for themselves; name a colleague")]
    Themselves(String),
    /// Substitute or deputy is deactivated or not known.
    #[error("{0} is deactivated and cannot stand in; name a colleague who still works here")]
    StandInGone(String),
    /// Another absence of the same person in the same time.
    #[error("{name} is already away from {first} to {last} (absence {id}); end that one first or choose other days")]
    Overlap {
        /// The person.
        name: String,
        /// The other absence.
        id: AbsenceId,
        /// Its first day.
        first: NaiveDate,
        /// Its last day in words.
        last: String,
    },
    /// The chain of substitutes comes back to the person.
    #[error("this goes in a circle: {0}; in that time none of them would be there to answer; name somebody else")]
    Circle(String),
    /// The substitute is away in a part of that time; theirs answers then.
    #[error("{name} is away too from {first} to {last}; in that time {then}")]
    StandInAway {
        /// The substitute or deputy.
        name: String,
        /// First day of their absence.
        first: NaiveDate,
        /// Its last day in words.
        last: String,
        /// Who answers in that time, as the rest of the sentence.
        then: String,
    },
}

impl Problem {
    /// Whether the absence can be saved all the same.
    pub fn is_warning(&self) -> bool {
        matches!(self, Problem::StandInAway { .. })
    }
}

/// Everything that speaks against saving `absence`. `world.absences` are those not over; one with
/// the same id is the older form of this one and does not count.
pub fn check(absence: &Absence, world: &World) -> Vec<Problem> {
    let mut found = Vec::new();
    found.extend(zone(&absence.zone).err());
    if let Some(last) = absence.last_day {
        if last < absence.first_day {
            found.push(Problem::EndBeforeStart { first: absence.first_day, last });
        }
        if let Some(back) = absence.back_on.filter(|back| *back <= last) {
            found.push(Problem::BackTooEarly { back, last });
        }
    }
    if !world.active(absence.user) {
        found.push(Problem::Deactivated(name(absence.user, world)));
    }
    let others = || world.absences.iter().filter(|a| a.id != absence.id && meet(a, absence));
    for other in others().filter(|a| a.user == absence.user) {
        found.push(Problem::Overlap {
            name: name(other.user, world),
            id: other.id,
            first: other.first_day,
            last: last_day(other),
        });
    }
    for stand_in in [absence.substitute, absence.deputy].into_iter().flatten() {
        let problem = match stand_in {
            _ if stand_in == absence.user => Problem::Themselves(name(stand_in, world)),
            _ if !world.active(stand_in) => Problem::StandInGone(name(stand_in, world)),
            _ => continue,
        };
        if !found.contains(&problem) {
            found.push(problem);
        }
    }
    if found.is_empty() {
        found.extend(stand_ins_away(absence, world));
    }
    found
}

/// The substitute's and deputy's own absences in that time, and circles.
fn stand_ins_away(absence: &Absence, world: &World) -> Vec<Problem> {
    let overlapping =
        |user: UserId| world.absences.iter().filter(move |a| a.id != absence.id && a.user == user && meet(a, absence));
    let mut found = Vec::new();
    for other in absence.substitute.into_iter().flat_map(overlapping) {
        if let Some(circle) = circle(absence, other, world) {
            found.push(Problem::Circle(circle));
            continue;
        }
        let then = match other.substitute {
            Some(next) => format!("{} stands in for them", name(next, world)),
            None => "the team's or the company's fallback answers".to_owned(),
        };
        found.push(stand_in_away(other, then, world));
    }
    for other in absence.deputy.into_iter().filter(|d| absence.substitute != Some(*d)).flat_map(overlapping) {
        found.push(stand_in_away(other, "nobody answers for confidential records".to_owned(), world));
    }
    found
}

fn stand_in_away(other: &Absence, then: String, world: &World) -> Problem {
    Problem::StandInAway { name: name(other.user, world), first: other.first_day, last: last_day(other), then }
}

/// The names on the way from `absence` through `other` back to its person, if it leads there
/// while all of these absences overlap.
fn circle(absence: &Absence, other: &Absence, world: &World) -> Option<String> {
    let mut names = vec![name(absence.user, world), name(other.user, world)];
    let (mut starts, mut ends) = common((absence.starts, absence.ends), other)?;
    let mut seen = vec![other.user];
    let mut next = other.substitute?;
    loop {
        names.push(name(next, world));
        if next == absence.user {
            return Some(names.join(" → "));
        }
        if seen.contains(&next) {
            return None;
        }
        seen.push(next);
        let step = world
            .absences
            .iter()
            .filter(|a| a.id != absence.id && a.user == next)
            .find_map(|a| Some((a, common((starts, ends), a)?)))?;
        (starts, ends) = step.1;
        next = step.0.substitute?;
    }
}

/// The part of `span` in which `absence` runs too.
fn common(span: (Timestamp, Option<Timestamp>), absence: &Absence) -> Option<(Timestamp, Option<Timestamp>)> {
    let starts = span.0.max(absence.starts);
    let ends = match (span.1, absence.ends) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    ends.is_none_or(|end| starts < end).then_some((starts, ends))
}

fn meet(one: &Absence, other: &Absence) -> bool {
    common((one.starts, one.ends), other).is_some()
}

fn name(user: UserId, world: &World) -> String {
    world.person(user).map_or_else(|| format!("user {user}"), |p| p.name.clone())
}

fn last_day(absence: &Absence) -> String {
    absence.last_day.map_or_else(|| "an open end".to_owned(), |day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::worlds::*;
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_utc(text.parse().unwrap())
    }

    #[test]
    fn an_absence_runs_from_midnight_to_midnight_of_its_zone() {
        let warsaw = zone("Europe/Warsaw").unwrap();
        let (starts, ends) = moments((day("2026-11-20"), None), Some((day("2026-11-27"), None)), warsaw);
        assert_eq!((starts, ends), (at("2026-11-19T23:00:00Z"), Some(at("2026-11-27T23:00:00Z"))));
    }

    #[test]
    fn both_clock_changes_keep_the_days_whole() {
        let warsaw = zone("Europe/Warsaw").unwrap();
        let (starts, ends) = moments((day("2026-03-29"), None), Some((day("2026-03-29"), None)), warsaw);
        assert_eq!(ends.unwrap().since(starts), 23 * crate::model::time::HOUR);
        let (starts, ends) = moments((day("2026-10-25"), None), Some((day("2026-10-25"), None)), warsaw);
        assert_eq!(ends.unwrap().since(starts), 25 * crate::model::time::HOUR);
    }

    #[test]
    fn a_day_without_midnight_begins_with_its_first_minute() {
        // Beirut goes forward at midnight, Havana back at 01:00, Samoa left out a whole day.
        let beirut = zone("Asia/Beirut").unwrap();
        assert_eq!(day_start(day("2021-03-28"), beirut), at("2021-03-27T22:00:00Z"));
        let havana = zone("America/Havana").unwrap();
        assert_eq!(day_start(day("2021-11-07"), havana), at("2021-11-07T04:00:00Z"), "the earlier midnight");
        let apia = zone("Pacific/Apia").unwrap();
        assert_eq!(day_start(day("2011-12-30"), apia), day_start(day("2011-12-31"), apia));
    }

    #[test]
    fn the_first_day_back_is_the_next_working_day_unless_the_person_said_otherwise() {
        let mut absence = away(ANNA, None);
        absence.last_day = Some(day("2026-11-27"));
        assert_eq!(first_day_back(&absence, &[]), Some(day("2026-11-30")), "over the weekend");
        assert_eq!(first_day_back(&absence, &[day("2026-11-30")]), Some(day("2026-12-01")));
        absence.back_on = Some(day("2026-11-28"));
        assert_eq!(first_day_back(&absence, &[]), Some(day("2026-11-28")));
        absence.back_on = None;
        absence.last_day = None;
        assert_eq!(first_day_back(&absence, &[]), None);
    }

    #[test]
    fn a_sound_absence_has_no_problem() {
        assert_eq!(check(&away(ANNA, Some(PIOTR)), &company()), []);
    }

    #[test]
    fn wrong_dates_and_zones_are_named() {
        let mut absence = away(ANNA, None);
        absence.zone = "Europe/Krakow".into();
        absence.last_day = Some(day("2026-11-19"));
        let problems = check(&absence, &company());
        assert_eq!(problems[0], Problem::UnknownZone("Europe/Krakow".into()));
        let sentence = "the last day (2026-11-19) lies before the first (2026-11-20); swap them or correct one";
        assert_eq!(problems[1].to_string(), sentence);
        let mut absence = away(ANNA, None);
        absence.back_on = absence.last_day;
        assert!(matches!(check(&absence, &company())[..], [Problem::BackTooEarly { .. }]));
    }

    #[test]
    fn nobody_stands_in_for_themselves_nor_does_somebody_who_left() {
        let mut world = company();
        world.people[1].active = false;
        let themselves = check(&away(ANNA, Some(ANNA)), &world);
        assert_eq!(themselves, [Problem::Themselves("Anna".into())]);
        assert_eq!(check(&away(ANNA, Some(PIOTR)), &world), [Problem::StandInGone("Piotr".into())]);
        assert_eq!(check(&away(PIOTR, None), &world), [Problem::Deactivated("Piotr".into())]);
        let deputy = Absence { deputy: Some(PIOTR), ..away(ANNA, None) };
        assert_eq!(check(&deputy, &world), [Problem::StandInGone("Piotr".into())]);
    }

    #[test]
    fn two_absences_of_one_person_do_not_overlap_but_may_touch() {
        let mut world = company();
        world.absences = vec![away(ANNA, None)];
        let next = Absence { id: AbsenceId(0), ..away(ANNA, None) };
        assert!(matches!(check(&next, &world)[..], [Problem::Overlap { .. }]));
        let touching = Absence { starts: Timestamp(2_000), ends: None, ..next.clone() };
        assert_eq!(check(&touching, &world), []);
        assert_eq!(check(&world.absences[0].clone(), &world), [], "an absence does not overlap itself");
    }

    #[test]
    fn a_substitute_who_is_away_is_a_warning_that_says_who_answers_then() {
        let mut world = company();
        world.absences = vec![away(PIOTR, Some(KAMIL))];
        let problems = check(&away(ANNA, Some(PIOTR)), &world);
        assert!(problems[0].is_warning());
        assert!(problems[0].to_string().ends_with("in that time Kamil stands in for them"), "{}", problems[0]);
    }

    #[test]
    fn a_circle_of_substitutes_is_refused_with_its_names() {
        let mut world = company();
        world.absences = vec![away(PIOTR, Some(KAMIL)), away(KAMIL, Some(ANNA))];
        let problems = check(&away(ANNA, Some(PIOTR)), &world);
        assert_eq!(problems, [Problem::Circle("Anna → Piotr → Kamil → Anna".into())]);
        world.absences[1].starts = Timestamp(3_000);
        world.absences[1].ends = None;
        assert!(check(&away(ANNA, Some(PIOTR)), &world).iter().all(Problem::is_warning), "not at the same time");
    }
}

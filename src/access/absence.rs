//! Absence: local dates as moments, the first day back, and who may enter one.
//!
//! Dates are entered and stored as local dates in a zone and turned into moments once, when they
//! are saved, so that SQL and every worker mean the same moment (R2).

use super::check::Problem;
use super::rights::above;
use super::world::World;
use crate::model::absence::{Absence, Nature};
use crate::model::id::UserId;
use crate::model::time::{DAY, Timestamp};
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
/// holiday) after the last day. An absence that ends at a time of its last day brings them back on
/// that day, if it is a working day. `None` for an open end.
pub fn first_day_back(absence: &Absence, holidays: &[NaiveDate]) -> Option<NaiveDate> {
    if absence.back_on.is_some() {
        return absence.back_on;
    }
    let working = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !holidays.contains(day);
    let away_to_its_end = usize::from(absence.last_time.is_none());
    // Holidays are listed by hand: a year of them in a row is a mistake, not a holiday.
    absence.last_day?.iter_days().skip(away_to_its_end).take(400).find(working)
}

/// Until when notices of an absence go out (R2): its end. Where that is open, the end of the day on which the
/// person is asked whether they are still away, and `days` after they last said so at the latest.
pub fn notices_until(absence: &Absence, confirmed_at: Timestamp, days: u32) -> Timestamp {
    absence.ends.unwrap_or_else(|| {
        let zone = absence.zone.parse().unwrap_or(Tz::UTC);
        let asked = absence.confirm_on.and_then(|day| day.succ_opt()).map(|day| day_start(day, zone));
        let at_the_latest = confirmed_at.max(absence.starts).plus(i64::from(days) * DAY);
        asked.map_or(at_the_latest, |asked| asked.min(at_the_latest))
    })
}

/// The day in `zone` on which a moment lies.
pub fn day_of(at: Timestamp, zone: Tz) -> NaiveDate {
    at.to_utc().with_timezone(&zone).date_naive()
}

/// Whether `by` may enter, change and end absences of `user`: for themselves, as their line
/// manager, directly or above, or as an admin. `None` is the operator at the command line.
pub fn may_enter(by: Option<UserId>, user: UserId, world: &World) -> bool {
    let Some(by) = by else { return true };
    world.active(by) && (by == user || world.administers(by) || above(by, user, world))
}

/// Whether `by` enters absences of `user` as an admin alone: neither the person nor above them.
pub fn enters_as_admin(by: UserId, user: UserId, world: &World) -> bool {
    by != user && world.administers(by) && !above(by, user, world)
}

/// What kind of absence it is, for those who may know: who may enter it. Colleagues never see it.
pub fn nature_for(viewer: Option<UserId>, absence: &Absence, world: &World) -> Option<Nature> {
    may_enter(viewer, absence.user, world).then_some(absence.nature)
}

/// Whether an absence is `viewer`'s business: they may change it, or stand in by it.
pub fn concerns(viewer: UserId, absence: &Absence, world: &World) -> bool {
    may_enter(Some(viewer), absence.user, world) || stands_in_by(viewer, absence)
}

/// Whether `viewer` is the person, stands in by it, or is the person's line manager: those who are told
/// of it without asking. Admins look for themselves.
pub fn is_near(viewer: UserId, absence: &Absence, world: &World) -> bool {
    viewer == absence.user || stands_in_by(viewer, absence) || above(viewer, absence.user, world)
}

/// Whether `viewer` covers something by this absence, as a substitute or as the deputy.
pub fn stands_in_by(viewer: UserId, absence: &Absence) -> bool {
    absence.deputy == Some(viewer) || absence.substitutes().any(|s| s == viewer)
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
    fn notices_of_an_open_end_go_out_until_it_was_to_be_confirmed() {
        let open = |confirm_on| Absence {
            starts: at("2026-03-01T23:00:00Z"),
            last_day: None,
            ends: None,
            confirm_on,
            zone: "Europe/Warsaw".into(),
            ..away(ANNA, Some(PIOTR))
        };
        let said = at("2026-03-10T09:00:00Z");
        // To the end of the day on which it is asked about, over the change of the clock.
        let asked = open(Some(day("2026-03-28")));
        assert_eq!(notices_until(&asked, said, 30), at("2026-03-28T23:00:00Z"));
        assert_eq!(notices_until(&open(Some(day("2026-03-29"))), said, 30), at("2026-03-29T22:00:00Z"));
        // Thirty days after somebody last said so at the latest, whatever day they named.
        assert_eq!(notices_until(&open(Some(day("2027-03-28"))), said, 30), said.plus(30 * DAY));
        assert_eq!(notices_until(&open(None), said, 7), said.plus(7 * DAY));
        // Entered long before: counted from its start.
        assert_eq!(notices_until(&open(None), at("2025-01-01T00:00:00Z"), 7), at("2026-03-08T23:00:00Z"));
        let ending = Absence { ends: Some(said), ..open(None) };
        assert_eq!(notices_until(&ending, said, 30), said);
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
}

//! Working days: Monday to Friday without the company's holidays.

use super::absence::{day_of, day_start};
use crate::model::time::Timestamp;
use chrono::{Datelike, NaiveDate, Weekday};
use chrono_tz::Tz;

/// Whether people work on this day.
pub fn is_working(day: NaiveDate, holidays: &[NaiveDate]) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !holidays.contains(&day)
}

/// The day that is so many working days after `day`. Holidays are listed by hand: a year of them in a
/// row is a mistake, so it looks no further than four years.
pub fn working_days_after(day: NaiveDate, days: u32, holidays: &[NaiveDate]) -> NaiveDate {
    let later = day.iter_days().skip(1).take(1_460).filter(|day| is_working(*day, holidays));
    later.take(days as usize).last().unwrap_or(day)
}

/// When what was asked at `at` is to be followed up: the beginning of that day.
pub fn follow_up(at: Timestamp, days: u32, holidays: &[NaiveDate], zone: Tz) -> Timestamp {
    day_start(working_days_after(day_of(at, zone), days, holidays), zone)
}

/// What was asked before this moment is to be followed up by the end of `today`: [`follow_up`] the
/// other way round, so that the database can compare.
pub fn asked_before(today: NaiveDate, days: u32, holidays: &[NaiveDate], zone: Tz) -> Timestamp {
    let mut day = today;
    for _ in 0..1_460 {
        if working_days_after(day, days, holidays) <= today {
            break;
        }
        day = day.pred_opt().unwrap_or(day);
    }
    day_start(day.succ_opt().unwrap_or(day), zone)
}

/// What was last seen to before this moment is neglected on `today`, if it is to be seen to every `days`
/// working days: the last of them is over.
pub fn neglected_before(today: NaiveDate, days: u32, holidays: &[NaiveDate], zone: Tz) -> Timestamp {
    asked_before(today.pred_opt().unwrap_or(today), days, holidays, zone)
}

#[cfg(test)]
mod tests {
    use super::super::worlds::day;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn weekends_and_holidays_do_not_count() {
        assert_eq!(working_days_after(day("2026-11-20"), 3, &[]), day("2026-11-25"), "from Friday to Wednesday");
        assert_eq!(working_days_after(day("2026-11-20"), 3, &[day("2026-11-24")]), day("2026-11-26"));
        assert_eq!(working_days_after(day("2026-11-21"), 1, &[]), day("2026-11-23"), "from a Saturday");
    }

    #[test]
    fn a_lead_is_neglected_once_its_last_working_day_is_over() {
        let cut = |today: &str| {
            day_of(neglected_before(day(today), 2, &[], chrono_tz::Europe::Warsaw), chrono_tz::Europe::Warsaw)
        };
        // Seen to on Thursday the 19th, it is due on Monday the 23rd.
        assert_eq!(cut("2026-11-23"), day("2026-11-19"), "on Monday Thursday's is not neglected yet");
        assert_eq!(cut("2026-11-24"), day("2026-11-20"), "on Tuesday it is");
        assert_eq!(cut("2026-11-22"), day("2026-11-19"), "and weekends change nothing");
    }

    proptest! {
        #[test]
        fn both_directions_say_the_same(start in 0i64..400, length in 0i64..20, days in 1u32..10, free in 0i64..30) {
            let zone: Tz = "Europe/Warsaw".parse().unwrap();
            let today = day("2026-01-01") + chrono::Duration::days(start + length);
            let asked = day("2026-01-01") + chrono::Duration::days(start);
            let holidays = [day("2026-01-01") + chrono::Duration::days(start + free)];
            let at = day_start(asked, zone).plus(9 * crate::model::time::HOUR);
            let due = day_of(follow_up(at, days, &holidays, zone), zone) <= today;
            prop_assert_eq!(due, at < asked_before(today, days, &holidays, zone));
        }
    }
}

//! Moments as people read them: relative where that helps, exact always at hand, in the viewer's
//! zone (U16).

use super::words::{Language, Words};
use crate::model::time::{DAY, HOUR, MINUTE, Timestamp};
use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;

/// What a `<time>` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// For machines: RFC 3339 in UTC, the same in every zone.
    pub iso: String,
    /// Date and time in the viewer's zone.
    pub exact: String,
    /// As short as it stays clear.
    pub short: String,
}

/// Words, zone and the present moment: what every rendering of a time needs.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The viewer's texts.
    pub words: &'static Words,
    /// The viewer's zone.
    pub zone: Tz,
    /// Now.
    pub now: Timestamp,
}

impl Clock {
    fn local(&self, at: Timestamp) -> DateTime<Tz> {
        at.to_utc().with_timezone(&self.zone)
    }

    /// A moment, for a `<time>`.
    pub fn when(&self, at: Timestamp) -> When {
        let exact = format!("{}, {}", self.day(at), self.time(at));
        let ago = self.now.since(at);
        let days = self.local(self.now).num_days_from_ce() - self.local(at).num_days_from_ce();
        let short = match ago {
            0..MINUTE => self.words.just_now.to_owned(),
            MINUTE..HOUR => self.words.count(&self.words.minutes_ago, ago / MINUTE),
            HOUR..DAY if days == 0 => self.words.count(&self.words.hours_ago, ago / HOUR),
            _ if days == 0 => self.time(at),
            _ if days == 1 => format!("{}, {}", self.words.yesterday, self.time(at)),
            _ => exact.clone(),
        };
        When { iso: at.rfc3339(), exact, short }
    }

    /// A moment below the heading of its day: relative today, else its time.
    pub fn within_day(&self, at: Timestamp) -> String {
        let today = self.local(at).date_naive() == self.local(self.now).date_naive();
        if today { self.when(at).short } else { self.time(at) }
    }

    /// A moment of which only the time of day matters today.
    pub fn clock_time(&self, at: Timestamp) -> When {
        let same_day = self.local(at).date_naive() == self.local(self.now).date_naive();
        let exact = format!("{}, {}", self.day(at), self.time(at));
        When { iso: at.rfc3339(), short: if same_day { self.time(at) } else { exact.clone() }, exact }
    }

    /// A moment among others of the same minute.
    pub fn with_seconds(&self, at: Timestamp) -> When {
        let local = self.local(at);
        let time = format!("{}:{:02}", self.time(at), local.second());
        let same_day = local.date_naive() == self.local(self.now).date_naive();
        let exact = format!("{}, {time}", self.day(at));
        When { iso: at.rfc3339(), short: if same_day { time } else { exact.clone() }, exact }
    }

    /// Hours and minutes.
    pub fn time(&self, at: Timestamp) -> String {
        let local = self.local(at);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// `20 Nov 2026`, `20 lis 2026`.
    pub fn day(&self, at: Timestamp) -> String {
        let local = self.local(at);
        let month = self.words.months.split(' ').nth(local.month0() as usize).unwrap_or("");
        format!("{} {} {}", local.day(), month, local.year())
    }

    /// A calendar day: `20 Nov 2026`, `20 lis 2026`.
    pub fn date(&self, day: NaiveDate) -> String {
        self.words.date(day)
    }

    /// Until when something holds that ends at `end` (exclusive): its last day where it ends with a
    /// day, else the moment.
    pub fn until(&self, end: Timestamp) -> String {
        let local = self.local(end);
        if local.hour() == 0 && local.minute() == 0 { self.last_day(end) } else { self.when(end).exact }
    }

    /// The last day of a period that ends at `end` (exclusive).
    pub fn last_day(&self, end: Timestamp) -> String {
        self.day(end.plus(-1))
    }

    /// A calendar day in the viewer's zone, for a `<time>`.
    pub fn a_day(&self, at: Timestamp) -> When {
        self.calendar_day(self.local(at).date_naive())
    }

    /// A calendar day, for a `<time>`: the date is shown, its weekday and how far off it is are at hand.
    pub fn calendar_day(&self, day: NaiveDate) -> When {
        let a = self.words.language.absences();
        let off = i64::from(day.num_days_from_ce() - self.local(self.now).num_days_from_ce());
        let relative = match off {
            0 => a.day_today.to_owned(),
            1 => a.day_tomorrow.to_owned(),
            -1 => a.day_yesterday.to_owned(),
            2.. => self.words.count(&a.in_days, off),
            _ => self.words.count(&a.days_ago, -off),
        };
        let text = self.date(day);
        When { iso: day.to_string(), exact: format!("{} {text}, {relative}", self.weekday(day)), short: text }
    }

    fn weekday(&self, day: NaiveDate) -> &'static str {
        self.words.weekdays.split(' ').nth(day.weekday().num_days_from_monday() as usize).unwrap_or("")
    }

    /// As [`Clock::last_day`], for a `<time>`.
    pub fn ends(&self, end: Timestamp) -> When {
        self.a_day(end.plus(-1))
    }

    /// As [`Clock::until`], for a `<time>`.
    pub fn ends_at(&self, end: Timestamp) -> When {
        let local = self.local(end);
        if local.hour() == 0 && local.minute() == 0 { self.ends(end) } else { self.when(end) }
    }

    /// The heading above a day's entries.
    pub fn heading(&self, at: Timestamp) -> String {
        let (today, local) = (self.local(self.now), self.local(at));
        match today.num_days_from_ce() - local.num_days_from_ce() {
            0 => self.words.today.to_owned(),
            1 => self.words.yesterday_head.to_owned(),
            _ => {
                let weekday = self.weekday(local.date_naive());
                match self.words.language {
                    Language::English => format!("{weekday} {}", self.day(at)),
                    Language::Polish => format!("{weekday}, {}", self.day(at)),
                }
            }
        }
    }

    /// How long something has lasted, in its largest unit.
    pub fn lasted(&self, since: Timestamp) -> String {
        match self.now.since(since).max(0) {
            ago @ 0..HOUR => self.words.count(&self.words.minutes, (ago / MINUTE).max(1)),
            ago @ HOUR..DAY => self.words.count(&self.words.hours, ago / HOUR),
            ago => self.words.count(&self.words.days, ago / DAY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(language: Language, zone: Tz) -> Clock {
        // 2026-11-21T12:00:00Z, a Saturday.
        Clock { words: language.words(), zone, now: Timestamp(1_795_262_400_000) }
    }

    #[test]
    fn the_zone_changes_the_text_and_not_the_machine_form() {
        let at = Timestamp(1_795_262_400_000 - 10 * DAY);
        let (here, there) = (
            clock(Language::English, chrono_tz::Europe::Warsaw).when(at),
            clock(Language::English, chrono_tz::America::New_York).when(at),
        );
        assert_eq!((here.exact.as_str(), there.exact.as_str()), ("11 Nov 2026, 13:00", "11 Nov 2026, 07:00"));
        assert_eq!(here.iso, there.iso);
    }

    #[test]
    fn a_day_tells_its_weekday_and_how_far_off_it_is() {
        let clock = clock(Language::Polish, chrono_tz::Europe::Warsaw);
        let day = |off: i64| clock.a_day(clock.now.plus(off * DAY));
        assert_eq!((day(0).iso.as_str(), day(0).short.as_str()), ("2026-11-21", "21 lis 2026"));
        let told: Vec<String> = [-30, -2, -1, 0, 1, 2, 5].map(|off| day(off).exact).into();
        assert_eq!(
            told,
            [
                "czw. 22 paź 2026, 30 dni temu",
                "czw. 19 lis 2026, 2 dni temu",
                "pt. 20 lis 2026, wczoraj",
                "sob. 21 lis 2026, dziś",
                "niedz. 22 lis 2026, jutro",
                "pon. 23 lis 2026, za 2 dni",
                "czw. 26 lis 2026, za 5 dni",
            ]
        );
    }

    #[test]
    fn near_times_are_relative_and_far_ones_exact() {
        let clock = clock(Language::Polish, chrono_tz::Europe::Warsaw);
        let short = |ago: i64| clock.when(clock.now.plus(-ago)).short;
        assert_eq!(short(30_000), "przed chwilą");
        assert_eq!(short(5 * MINUTE), "5 minut temu");
        assert_eq!(short(3 * HOUR), "3 godziny temu");
        assert_eq!(short(DAY), "wczoraj, 13:00");
        assert_eq!(short(3 * DAY), "18 lis 2026, 13:00");
        assert_eq!(clock.heading(clock.now.plus(-3 * DAY)), "śr., 18 lis 2026");
        assert_eq!(clock.when(clock.now.plus(2 * HOUR)).short, "15:00");
    }
}

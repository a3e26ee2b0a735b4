//! Which earlier mail a mail answers, by what introduces its quote: "On … at 14:05:12 … wrote". Ids get lost
//! on the way; who wrote and when mostly stays in the text.
//!
//! Words of dates differ with languages, and nobody says in which zone a time is meant. So only what is
//! the same everywhere is compared: minutes (zones differ by hours and halves of one), seconds, the day's number in
//! some zone, the year, and the writer's name or address.

use crate::model::fold::fold;
use crate::model::time::{HOUR, Timestamp};
use chrono::{Datelike, Timelike};

/// What an introduction says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduction {
    words: Vec<String>,
    text: String,
    /// Minute and second of a time of day.
    clock: Option<(u32, Option<u32>)>,
    /// Numbers of at most 31, which may be days.
    days: Vec<u32>,
    years: Vec<i32>,
}

/// Reads a folded introduction; `None` where it tells nothing.
pub fn read(folded: &str) -> Option<Introduction> {
    if folded.is_empty() {
        return None;
    }
    let mut introduction = Introduction { text: folded.to_owned(), ..Introduction::default() };
    introduction.words =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect();
    let token = |c: char| !(c.is_ascii_digit() || c == ':');
    for token in folded.split(token).filter(|t| t.contains(':')) {
        let mut parts = token.split(':').map(|part| part.parse::<u32>().ok());
        if let (Some(Some(hour)), Some(Some(minute))) = (parts.next(), parts.next())
            && hour < 24
            && minute < 60
        {
            let second = parts.next().flatten().filter(|s| *s < 60);
            introduction.clock = introduction.clock.or(Some((minute, second)));
        }
    }
    let without_clock = folded.split_whitespace().filter(|t| !t.contains(':') || t.ends_with(':'));
    for number in without_clock.flat_map(|t| t.split(|c: char| !c.is_ascii_digit())) {
        match (number.len(), number.parse::<u32>()) {
            (1 | 2, Ok(day)) if (1..=31).contains(&day) => introduction.days.push(day),
            (4, Ok(year)) if (1990..2100).contains(&year) => introduction.years.extend(i32::try_from(year)),
            _ => {}
        }
    }
    Some(introduction)
}

impl Introduction {
    /// How surely it speaks of the mail of this moment and writer: from 0 to 1.
    pub fn fits(&self, at: Timestamp, writer: &(String, String)) -> f64 {
        let named = self.names(writer);
        let dated = !self.days.is_empty() && !self.years.is_empty();
        if (dated || self.clock.is_some()) && !self.at(at, dated) {
            return 0.0;
        }
        match (self.clock.is_some() && dated, dated, named) {
            (true, _, true) => 1.0,
            (true, _, false) => 0.6,
            (_, true, true) => 0.7,
            (_, _, true) => 0.4,
            _ => 0.0,
        }
    }

    fn names(&self, (name, address): &(String, String)) -> bool {
        let name = fold(name);
        let parts: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 1).collect();
        let all = !parts.is_empty() && parts.iter().all(|part| self.words.iter().any(|w| w == part));
        all || (!address.is_empty() && self.text.contains(&fold(address)))
    }

    /// Whether a moment is that time and day in some zone.
    fn at(&self, at: Timestamp, dated: bool) -> bool {
        let clock = self.clock.is_none_or(|(minute, second)| {
            let there = at.to_utc();
            there.minute() % 30 == minute % 30 && second.is_none_or(|second| second == there.second())
        });
        let day = |hours: i64| {
            let there = at.plus(hours * HOUR).to_utc();
            self.days.contains(&there.day()) && self.years.contains(&there.year())
        };
        clock && (!dated || (-12..=14).any(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-05T14:05:12Z.
    const AT: Timestamp = Timestamp(1_772_719_512_000);

    fn fits(introduction: &str, name: &str) -> f64 {
        let writer = (name.to_owned(), "jan.kot@acme.test".to_owned());
        read(&fold(introduction)).map_or(0.0, |i| i.fits(AT, &writer))
    }

    #[test]
    fn writer_and_time_are_compared_in_any_language_and_zone() {
        for said in [
            "On Thu, Mar 5, 2026 at 3:05 PM Jan Kot <jan.kot@acme.test> wrote:",
            "W dniu 5.03.2026 o 15:05, Jan Kot pisze:",
            "On Fri, 6 Mar 2026 03:05:12 +1300, Jan Kot wrote:",
        ] {
            assert!(fits(said, "Jan Kot") > 0.9, "{said}");
        }
        assert_eq!(fits("On 5 Mar 2026, Jan Kot wrote:", "Jan Kot"), 0.7);
        assert_eq!(fits("Jan Kot wrote:", "Jan Kot"), 0.4);
    }

    #[test]
    fn another_minute_day_or_writer_is_another_mail() {
        assert_eq!(fits("On Thu, Mar 5, 2026 at 3:06 PM Jan Kot wrote:", "Jan Kot"), 0.0);
        assert_eq!(fits("On Sat, Mar 7, 2026 at 3:05 PM Jan Kot wrote:", "Jan Kot"), 0.0);
        assert_eq!(fits("On 5 Mar 2026, Ola Nowak wrote:", "Jan Kot"), 0.0);
        assert_eq!(fits("", "Jan Kot"), 0.0);
    }

    #[test]
    fn hostile_introductions_end() {
        let many = "12:34:56 2026 1/2/3 ".repeat(10_000);
        assert!(fits(&many, "Jan Kot") >= 0.0);
        assert_eq!(fits("99:99:99 4294967296:1 wrote:", "Jan Kot"), 0.0);
    }
}

//! `Date`, in every order and spelling that programs use.

use crate::model::time::{DAY, Timestamp};
use chrono::{NaiveDate, NaiveTime};

/// Latest date that is not odd, 2100-01-01: the exact clamp against now happens where now is known.
const LATEST: Timestamp = Timestamp(4_102_444_800_000);

/// The moment a date text means: RFC 5322, its obsolete forms, asctime, and ISO 8601.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = without_comments(text.get(..200).unwrap_or(text));
    let mut found = Parts::default();
    for token in text.split([' ', '\t', ',']).filter(|token| !token.is_empty()) {
        found.take(token);
    }
    found.moment()
}

/// Whether no honest clock says this.
pub(super) fn odd(at: Timestamp) -> bool {
    at < Timestamp::EARLIEST || at > LATEST
}

#[derive(Default)]
struct Parts {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    time: Option<NaiveTime>,
    /// Seconds east of UTC.
    offset: Option<i64>,
    afternoon: Option<bool>,
}

impl Parts {
    fn take(&mut self, token: &str) {
        if let Some((date, time)) = token.split_once('T')
            && self.iso_date(date)
        {
            let zone = time.rfind(['+', '-', 'Z']).unwrap_or(time.len());
            let (time, zone) = time.split_at(zone);
            self.time = clock(time.split('.').next().unwrap_or(time));
            self.offset = zone_of(&zone.replace(':', ""));
        } else if token.contains(':') && self.time.is_none() {
            let (clock_text, zone) = match token.find(['+', '-']) {
                Some(at) => token.split_at(at),
                None => (token, ""),
            };
            self.time = clock(clock_text);
            self.offset = self.offset.or(zone_of(zone));
        } else if self.iso_date(token) || self.dashed(token) {
        } else if let Some(month) = month_of(token) {
            self.month = self.month.or(Some(month));
        } else if token.starts_with(['+', '-']) {
            self.offset = self.offset.or(zone_of(&token.replace(':', "")));
        } else if let Ok(number) = token.trim_end_matches('.').parse::<i32>() {
            self.number(number, token.len());
        } else if token.eq_ignore_ascii_case("pm") || token.eq_ignore_ascii_case("am") {
            self.afternoon = Some(token.eq_ignore_ascii_case("pm"));
        } else if self.time.is_some() && self.offset.is_none() {
            self.offset = zone_of(token);
        }
    }

    fn number(&mut self, number: i32, digits: usize) {
        if self.day.is_none() && digits <= 2 && (1..=31).contains(&number) {
            self.day = u32::try_from(number).ok();
        } else if self.year.is_none() {
            // RFC 5322 §4.3: two digits below 50 are 20xx, else and with three digits 19xx.
            self.year = match digits {
                1 | 2 => Some(number + if number < 50 { 2000 } else { 1900 }),
                3 => Some(number + 1900),
                4 => Some(number),
                _ => None,
            };
        }
    }

    fn iso_date(&mut self, token: &str) -> bool {
        let date =
            NaiveDate::parse_from_str(token, "%Y-%m-%d").or_else(|_| NaiveDate::parse_from_str(token, "%Y/%m/%d"));
        self.whole(date.ok())
    }

    /// `05-Mar-2002`, `5-Mar-02`.
    fn dashed(&mut self, token: &str) -> bool {
        let mut parts = token.split('-');
        let (Some(day), Some(month), Some(year)) = (parts.next(), parts.next(), parts.next()) else { return false };
        let (Ok(day), Some(month)) = (day.parse::<u32>(), month_of(month)) else { return false };
        let Ok(number) = year.parse::<i32>() else { return false };
        (self.day, self.month) = (Some(day), Some(month));
        self.number(number, year.len());
        true
    }

    fn whole(&mut self, date: Option<NaiveDate>) -> bool {
        use chrono::Datelike;
        let Some(date) = date else { return false };
        (self.year, self.month, self.day) = (Some(date.year()), Some(date.month()), Some(date.day()));
        true
    }

    fn moment(self) -> Option<Timestamp> {
        use chrono::Timelike;
        let date = NaiveDate::from_ymd_opt(self.year?, self.month?, self.day?)?;
        let mut time = self.time.unwrap_or(NaiveTime::MIN);
        match self.afternoon {
            Some(true) if time.hour() < 12 => time = time.with_hour(time.hour() + 12)?,
            Some(false) if time.hour() == 12 => time = time.with_hour(0)?,
            _ => {}
        }
        let local = date.and_time(time).and_utc().timestamp_millis();
        let offset = self.offset.unwrap_or(0) * 1_000;
        // A zone of more than a day is nonsense; the local reading is nearer.
        Some(Timestamp(if offset.abs() > DAY { local } else { local - offset }))
    }
}

fn clock(text: &str) -> Option<NaiveTime> {
    let mut parts = text.split([':', '.']).map(|part| part.parse::<u32>().ok());
    let hour = parts.next()??;
    let minute = parts.next()??;
    let second = parts.next().flatten().unwrap_or(0);
    // 24:00 and leap seconds are written; both mean the last second that exists.
    NaiveTime::from_hms_opt(hour.min(23), minute, second.min(59))
}

fn month_of(token: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = token.get(..3)?.to_ascii_lowercase();
    let found = MONTHS.iter().position(|month| *month == start)?;
    token.bytes().all(|b| b.is_ascii_alphabetic() || b == b'.').then(|| u32::try_from(found + 1).ok())?
}

/// Seconds east of UTC. Unknown zone names are UTC (RFC 5322 §4.3).
fn zone_of(zone: &str) -> Option<i64> {
    let digits = zone.trim_start_matches(['+', '-']);
    if zone.starts_with(['+', '-']) {
        let number: i64 = digits.get(..4).or_else(|| digits.get(..2))?.parse().ok()?;
        let number = if digits.len() < 4 { number * 100 } else { number };
        let seconds = number / 100 * 3_600 + number % 100 * 60;
        return Some(if zone.starts_with('-') { -seconds } else { seconds });
    }
    let hours = match zone.to_ascii_uppercase().as_str() {
        "" => return None,
        "EST" => -5,
        "EDT" => -4,
        "CST" => -6,
        "CDT" => -5,
        "MST" => -7,
        "MDT" => -6,
        "PST" => -8,
        "PDT" => -7,
        "CET" | "MET" | "MEZ" | "BST" | "WEST" => 1,
        "CEST" | "MEST" | "MESZ" | "EET" => 2,
        "EEST" | "MSK" => 3,
        "JST" => 9,
        _ => 0,
    };
    Some(hours * 3_600)
}

fn without_comments(text: &str) -> String {
    let mut depth = 0usize;
    text.chars()
        .filter(|c| {
            depth += usize::from(*c == '(');
            let keep = depth == 0;
            depth = depth.saturating_sub(usize::from(*c == ')'));
            keep
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rfc(text: &str) -> String {
        parse(text).map(Timestamp::rfc3339).unwrap_or_default()
    }

    #[test]
    fn every_spelling_means_the_same_moment() {
        for text in [
            "Tue, 05 Mar 2002 12:30:00 +0100",
            "5 Mar 2002 12:30 +0100",
            "Tue, 5 Mar 02 11:30:00 GMT",
            "Tue Mar  5 11:30:00 2002",
            "Tue Mar  5 12:30:00 CET 2002",
            "Tue, 05 Mar 2002 12:30:00 +01:00 (CET)",
            "2002-03-05T12:30:00+01:00",
            "2002-03-05T11:30:00.123Z",
            "2002-03-05 12:30:00 +0100",
            "05-Mar-2002 12:30:00 +0100",
            "Tue, 5 March 2002 11:30:00 -0000",
            "Tue, 5 Mar 102 11:30:00 UT",
            "wto, 5 Mar 2002 12:30:00+0100",
        ] {
            assert_eq!(rfc(text), "2002-03-05T11:30:00Z", "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "yesterday", "32 Mar 2002", "30 Feb 2002 10:00:00 +0000", "12:00:00"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_of_broken_clocks_are_odd() {
        assert!(odd(parse("Thu, 1 Jan 1970 00:00:00 +0000").unwrap()));
        assert!(odd(parse("1 Jan 2150 00:00:00 +0000").unwrap()));
        assert!(!odd(parse("1 Jan 2024 00:00:00 +0000").unwrap()));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,80}") {
            let _ = parse(&text);
        }
    }
}

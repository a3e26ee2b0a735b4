//! Dates in the sentences of an absence notice (R100): in words, in numbers, with and without year.
//!
//! A numeric date that may be read in two ways is settled by what surely says in which order its writer
//! puts day and month: another date, the language, the region; then by which reading lies in the next
//! 180 days. Where that leaves two, there is none.

use super::words::{self, NAMES, Order, Say};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Days ahead in which a date may lie that may be read in two ways.
const PLAUSIBLE: i64 = 180;
/// Days ahead in which a date without year may lie.
const WITHOUT_YEAR: i64 = 300;

/// A date as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// First byte in the sentence.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    form: Form,
    year: Option<i32>,
    weekday: Option<Weekday>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Known { day: u32, month: u32 },
    Open { first: u32, second: u32 },
}

/// What a written date means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// One day; `true` if the day of the week beside it is another one.
    Day(NaiveDate, bool),
    /// Two readings are likely, or none is.
    Unclear,
}

#[allow(clippy::unwrap_used, reason = "the pattern is built from a table that is tested")]
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    let (all, first) = (&NAMES.all, &NAMES.first);
    Regex::new(&format!(
        r"(?x)
        (?P<y1>20\d\d)\s?[-./]\s?(?P<m1>\d{{1,2}})\s?[-./]\s?(?P<d1>\d{{1,2}})
        |(?:(?P<y2>20\d\d)\s?[年년]\s?)?(?P<m2>\d{{1,2}})\s?[月월]\s?(?P<d2>\d{{1,2}})\s?[日일号號]
        |(?P<d3>\d{{1,2}})(?:st|nd|rd|th|er|º|°|ª|\.|-?го|-?е|:e)?\s{{0,2}}(?:of\s|de\s|d'|di\s)?(?P<n3>{all})\.?
            (?:,?\s{{0,2}}(?:de\s|del\s|roku\s)?(?P<y3>20\d\d))?
        |(?:(?P<y4>20\d\d)\.?\s)?(?P<n4>{first})\.?\s{{0,2}}(?P<d4>\d{{1,2}})(?:st|nd|rd|th|\.)?(?:,?\s{{1,2}}(?P<y5>20\d\d))?
        |(?P<a6>\d{{1,2}})\s?(?P<s6>[./-])\s?(?P<b6>\d{{1,2}})(?:\s?(?P<t6>[./-])\s?(?P<y6>20\d\d|\d\d))?
        "
    ))
    .unwrap()
});

/// Behind a month and day: the day on which it ends, "August 5 to 16".
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static TAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(?:-|to|and|és|through|thru|until|till)\s*(?P<d>\d{1,2})(?:st|nd|rd|th|\.)?(?:,?\s{1,2}(?P<y>20\d\d))?",
    )
    .unwrap()
});

/// The dates of a sentence in lower case with plain dashes, in order.
pub(super) fn find(sentence: &str) -> Vec<Written> {
    let mut found: Vec<Written> = Vec::new();
    let mut at = 0;
    while let Some(hit) = PATTERN.captures_at(sentence, at) {
        let Some(whole) = hit.get(0) else { break };
        let Some(written) = read(sentence, &hit, whole.start(), whole.end()) else {
            // On by one number or word: "out 12 august" is not the month "out".
            at = next_break(sentence, whole.start());
            continue;
        };
        at = written.end;
        found.push(written);
        if hit.name("n4").is_some()
            && let Some(more) = tail(sentence, &written)
        {
            at = more.end;
            found.push(more);
        }
        if found.len() >= 40 {
            break;
        }
    }
    found
}

fn next_break(sentence: &str, start: usize) -> usize {
    let rest = sentence.get(start..).unwrap_or("");
    let digits = rest.starts_with(|c: char| c.is_ascii_digit());
    let on = rest.char_indices().find(|(_, c)| c.is_ascii_digit() != digits);
    start + on.map_or(rest.len(), |(n, _)| n).max(rest.chars().next().map_or(1, char::len_utf8))
}

fn read(sentence: &str, hit: &Captures<'_>, start: usize, end: usize) -> Option<Written> {
    let number = |name: &str| hit.name(name).and_then(|m| m.as_str().parse::<u32>().ok());
    let year = ["y1", "y2", "y3", "y4", "y5"].into_iter().find_map(number).and_then(|y| i32::try_from(y).ok());
    let before = sentence.get(..start).unwrap_or("");
    // "5.08-16.08": what follows another sign is no year.
    let same = hit.name("t6").map(|m| m.as_str()) == hit.name("s6").map(|m| m.as_str());
    let end = hit.name("b6").filter(|_| !same).map_or(end, |m| m.end());
    let after = sentence.get(end..).unwrap_or("");
    let name = |name: &str| hit.name(name).and_then(|m| NAMES.month(m.as_str()));
    let (form, year) = if let (Some(month), Some(day)) = (number("m1").or(number("m2")), number("d1").or(number("d2")))
    {
        (Form::Known { day, month }, year)
    } else if let (Some(day), Some(month)) = (number("d3").or(number("d4")), name("n3").or(name("n4"))) {
        let named = hit.name("n3").or(hit.name("n4"))?;
        let goes_on = hit.name("n3").is_some() && sentence.get(named.end()..)?.starts_with(char::is_alphabetic);
        if goes_on || followed_by_month(hit, after) {
            return None;
        }
        (Form::Known { day, month }, year)
    } else {
        let (first, second) = (number("a6")?, number("b6")?);
        let year = number("y6").filter(|_| same).and_then(|y| i32::try_from(if y < 100 { 2000 + y } else { y }).ok());
        // 5-16 is a range, 9.30 a time, 10.0.0.1 an address, 22 555 01 02 a telephone.
        if (year.is_none() && hit.name("s6")?.as_str() == "-") || !alone(before, after) || is_clock(before, after) {
            return None;
        }
        (numeric(first, second)?, year)
    };
    let Form::Known { day, month } = form else { return whole(start, end, form, year, before) };
    let touches = before.chars().next_back().is_some_and(|c| c.is_alphanumeric() && !words::unspaced(c));
    let valid = (1..=12).contains(&month) && NaiveDate::from_ymd_opt(year.unwrap_or(2024), month, day).is_some();
    let goes_on = after.starts_with(|c: char| c.is_ascii_digit());
    if touches || !valid || goes_on {
        return None;
    }
    whole(start, end, form, year, before)
}

fn whole(start: usize, end: usize, form: Form, year: Option<i32>, before: &str) -> Option<Written> {
    let last = before.trim_end_matches([' ', ',', '.', '(']).rsplit(|c: char| !c.is_alphabetic() && c != '-').next();
    Some(Written { start, end, form, year, weekday: last.and_then(|word| NAMES.weekday(word)) })
}

/// "mar 12 ago": the day belongs to the month behind it.
fn followed_by_month(hit: &Captures<'_>, after: &str) -> bool {
    let word: String = after.trim_start().chars().take_while(|c| c.is_alphabetic()).collect();
    hit.name("n4").is_some() && hit.name("y5").is_none() && NAMES.month(&word).is_some()
}

fn numeric(first: u32, second: u32) -> Option<Form> {
    if first == 0 || second == 0 || first > 31 || second > 31 || (first > 12 && second > 12) {
        return None;
    }
    Some(Form::Open { first, second })
}

/// Whether a number in several parts ends where the date ends.
fn alone(before: &str, after: &str) -> bool {
    let mut back = before.chars().rev();
    let left = match back.next() {
        Some(c) if c.is_alphanumeric() => words::unspaced(c),
        Some('.' | ',' | '/' | ':' | '+' | '#') => !back.next().is_some_and(|c| c.is_ascii_digit()),
        _ => true,
    };
    let mut on = after.chars();
    let right = match on.next() {
        Some(c) if c.is_ascii_digit() => false,
        Some('.' | ',' | '/' | ':' | '-') => !on.next().is_some_and(|c| c.is_ascii_digit()),
        Some('%' | '€' | '$') => false,
        _ => true,
    };
    // A range of numeric dates stands without spaces.
    let range = after.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    left && (right || range)
}

/// Whether the number is a time of day.
fn is_clock(before: &str, after: &str) -> bool {
    let all = ["en", "pl", "de", "fr", "nl", "sv", "da", "no", "fi"];
    let behind = after.trim_start();
    words::ending(before.trim_end(), Say::Clock, &all).is_some_and(|phrase| phrase.len() > 2)
        || (words::starting(behind, Say::Clock, &all).is_some()
            && !behind.starts_with("um")
            && !behind.starts_with("at"))
}

fn tail(sentence: &str, from: &Written) -> Option<Written> {
    let rest = sentence.get(from.end..)?;
    let hit = TAIL.captures(rest)?;
    let end = from.end + hit.get(0)?.end();
    let after = sentence.get(end..).unwrap_or("").trim_start();
    let word: String = after.chars().take_while(|c| c.is_alphabetic()).collect();
    let goes_on = after.starts_with(|c: char| c.is_ascii_digit() || c == '/') || NAMES.month(&word).is_some();
    let (Form::Known { month, .. }, day) = (from.form, hit.name("d")?.as_str().parse().ok()?) else { return None };
    let year = hit.name("y").and_then(|y| y.as_str().parse().ok()).or(from.year);
    let valid = NaiveDate::from_ymd_opt(year.unwrap_or(2024), month, day).is_some();
    let start = from.end + hit.name("d")?.start();
    (valid && !goes_on).then_some(Written { start, end, form: Form::Known { day, month }, year, weekday: None })
}

/// In which order the writer of these dates puts day and month.
pub(super) fn order(all: &[Written], languages: &[&str], region: Option<Order>) -> Order {
    let sure = all.iter().filter_map(|date| match date.form {
        Form::Open { first, .. } if first > 12 => Some(Order::Day),
        Form::Open { second, .. } if second > 12 => Some(Order::Month),
        _ => None,
    });
    let (mut day, mut month) = (false, false);
    sure.for_each(|order| if order == Order::Day { day = true } else { month = true });
    match (day, month) {
        (true, false) => Order::Day,
        (false, true) => Order::Month,
        (true, true) => Order::Open,
        (false, false) => {
            let said = languages.first().map_or(Order::Open, |language| NAMES.order(language));
            // Two languages: the one that knows one order only is the writer's own.
            let other = languages.iter().map(|language| NAMES.order(language)).find(|order| *order != Order::Open);
            match said {
                Order::Open => region.or(other).unwrap_or(Order::Open),
                settled => settled,
            }
        }
    }
}

impl Written {
    /// The day that is meant by somebody who writes on `day`.
    pub fn meant(&self, day: NaiveDate, order: Order) -> Meant {
        let read = |month: u32, in_month: u32| self.on(month, in_month, day);
        match self.form {
            Form::Known { day: in_month, month } => {
                read(month, in_month).map_or(Meant::Unclear, |date| self.checked(date))
            }
            Form::Open { first, second } if first == second => {
                read(first, second).map_or(Meant::Unclear, |date| self.checked(date))
            }
            Form::Open { first, second } => {
                // With the year behind, month first is written by those only who always write so.
                let order = if order == Order::Month && self.year.is_some() && first <= 12 && second <= 12 {
                    Order::Open
                } else {
                    order
                };
                let (by_day, by_month) = (read(second, first), read(first, second));
                match (order, by_day, by_month) {
                    (Order::Day, Some(date), _) | (Order::Month, _, Some(date)) => self.checked(date),
                    (_, Some(date), None) | (_, None, Some(date)) => self.checked(date),
                    (_, Some(a), Some(b)) => self.likelier(a, b, day),
                    _ => Meant::Unclear,
                }
            }
        }
    }

    fn likelier(&self, a: NaiveDate, b: NaiveDate, day: NaiveDate) -> Meant {
        if let Some(weekday) = self.weekday
            && (a.weekday() == weekday) != (b.weekday() == weekday)
        {
            return Meant::Day(if a.weekday() == weekday { a } else { b }, false);
        }
        let plausible = |date: NaiveDate| (0..=PLAUSIBLE).contains(&(date - day).num_days());
        match (plausible(a), plausible(b)) {
            (true, false) => self.checked(a),
            (false, true) => self.checked(b),
            _ => Meant::Unclear,
        }
    }

    fn checked(&self, date: NaiveDate) -> Meant {
        Meant::Day(date, self.weekday.is_some_and(|weekday| weekday != date.weekday()))
    }

    /// The date in its year, or in the year in which it comes next.
    fn on(&self, month: u32, in_month: u32, day: NaiveDate) -> Option<NaiveDate> {
        if let Some(year) = self.year {
            return NaiveDate::from_ymd_opt(year, month, in_month);
        }
        let last = day.checked_add_days(Days::new(WITHOUT_YEAR.unsigned_abs()))?;
        let years = (day.year() - 1)..=(day.year() + 1);
        let mut all = years.filter_map(|year| NaiveDate::from_ymd_opt(year, month, in_month)).collect::<Vec<_>>();
        all.retain(|date| *date <= last);
        all.into_iter().max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn meant(text: &str, on: &str, order: Order) -> Vec<String> {
        let say = |date: &Written| match date.meant(day(on), order) {
            Meant::Day(date, _) => date.to_string(),
            Meant::Unclear => "unclear".to_owned(),
        };
        find(text).iter().map(say).collect()
    }

    #[test]
    fn dates_in_words_and_numbers_are_read() {
        for text in [
            "16 sierpnia 2024",
            "16. august 2024",
            "august 16th, 2024",
            "2024-08-16",
            "2024. 08. 16.",
            "2024. augusztus 16.",
            "16 de agosto de 2024",
            "16th of august",
            "16.08.2024",
            "16.8.",
            "16/08/24",
            "2024年8月16日",
            "8月16日",
            "16 августа",
            "vendredi 16 août 2024",
            "16. elokuuta",
            "aug 16",
            "16-08-2024",
            "out 16 august",
        ] {
            assert_eq!(meant(text, "2024-08-05", Order::Day), ["2024-08-16"], "{text}");
        }
    }

    #[test]
    fn ranges_give_both_ends() {
        assert_eq!(meant("august 5 to 16, 2024", "2024-08-01", Order::Day), ["2024-08-05", "2024-08-16"]);
        assert_eq!(meant("05.08.-16.08.2024", "2024-08-01", Order::Day), ["2024-08-05", "2024-08-16"]);
        assert_eq!(meant("5.08-16.08", "2024-08-01", Order::Day), ["2024-08-05", "2024-08-16"]);
        assert_eq!(meant("5-16 august", "2024-08-01", Order::Day), ["2024-08-16"]);
    }

    #[test]
    fn other_numbers_are_no_dates() {
        for text in [
            "tel. 22 555 01 02",
            "10.0.0.1",
            "version 1.2.3.4",
            "offer 2024/117",
            "godz. 8.10",
            "9.30 uhr",
            "5-16",
            "12.5%",
            "room 12a",
        ] {
            assert!(find(text).is_empty(), "{text}: {:?}", find(text));
        }
    }

    #[test]
    fn what_may_be_read_in_two_ways_is_settled_or_left() {
        assert_eq!(meant("07/10/24", "2024-07-05", Order::Open), ["unclear"]);
        assert_eq!(meant("07/10/24", "2024-10-01", Order::Open), ["2024-10-07"]);
        assert_eq!(meant("07/10/24", "2024-07-05", Order::Day), ["2024-10-07"]);
        assert_eq!(meant("thursday 10/10", "2024-10-01", Order::Open), ["2024-10-10"]);
        assert_eq!(meant("monday 07/10/24", "2024-07-05", Order::Open), ["2024-10-07"]);
        let both = find("from 5/8/24 to 14/8/24");
        assert_eq!(order(&both, &["en"], None), Order::Day);
        assert_eq!(order(&find("5/8"), &["en"], None), Order::Open);
        assert_eq!(order(&find("5/8"), &["de", "en"], None), Order::Day);
    }

    #[test]
    fn a_date_without_year_comes_next_or_has_passed() {
        assert_eq!(meant("january 2", "2024-12-27", Order::Day), ["2025-01-02"]);
        assert_eq!(meant("2 august", "2024-08-05", Order::Day), ["2024-08-02"]);
        assert_eq!(meant("29 february", "2024-12-27", Order::Day), ["2024-02-29"]);
    }
}

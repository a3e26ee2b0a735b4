//! The words of absence notices: `data/absence-words.txt`, `data/calendar-words.txt`.

use super::super::language;
use super::super::phrases::pairs;
use aho_corasick::AhoCorasick;
use chrono::Weekday;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a phrase says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::parse) enum Say {
    /// Somebody is not there.
    Away,
    /// Somebody is there again.
    Back,
    /// Before a date: the last day away.
    Until,
    /// The same, only after a beginning.
    Range,
    /// Before a date: a beginning.
    From,
    /// Behind a date: the last day away.
    AfterUntil,
    /// The same, only after a beginning.
    AfterRange,
    /// Behind a date: a beginning.
    AfterFrom,
    /// Before `Until`: the date is the first day there.
    NotBack,
    /// No end is known.
    Open,
    /// Somebody has left for good.
    Gone,
    /// Whom to turn to.
    Ask,
    /// May stand between such a word and a date.
    Filler,
    /// Beside numbers that are a time of day.
    Clock,
    /// Before a name, and no part of it.
    Title,
}

/// One phrase of the table.
#[derive(Clone, Copy, Debug)]
pub(in crate::parse) struct Phrase {
    /// What it says.
    pub say: Say,
    /// Its language's tag.
    pub language: &'static str,
    text: &'static str,
    /// The word may go on behind it.
    stem: bool,
}

struct Table {
    phrases: Vec<Phrase>,
    search: Option<AhoCorasick>,
    /// Indices into `phrases` of what stands beside dates.
    beside: Vec<usize>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut phrases = Vec::new();
    for (head, texts) in pairs(include_str!("../data/absence-words.txt")) {
        let Some((say, language)) = head.split_once(' ').and_then(|(kind, tag)| Some((say(kind)?, tag))) else {
            continue;
        };
        for text in texts.split('|') {
            let stem = text.ends_with('*');
            phrases.push(Phrase { say, language, text: text.trim_end_matches('*'), stem });
        }
    }
    // Longer ones first: "bis zum" before "zum".
    phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.text.len()));
    let search = AhoCorasick::new(phrases.iter().map(|phrase| if anywhere(phrase.say) { phrase.text } else { NEVER }));
    let beside = phrases.iter().enumerate().filter(|(_, p)| !anywhere(p.say)).map(|(n, _)| n);
    let beside = beside.collect();
    Table { phrases, search: search.ok(), beside }
});

/// Stands in the search for phrases that are not searched for, so that its numbers are the table's.
const NEVER: &str = "\u{0}\u{1}";

fn say(kind: &str) -> Option<Say> {
    Some(match kind {
        "away" => Say::Away,
        "back" => Say::Back,
        "until" => Say::Until,
        "range" => Say::Range,
        "from" => Say::From,
        "after-until" => Say::AfterUntil,
        "after-range" => Say::AfterRange,
        "after-from" => Say::AfterFrom,
        "not-back" => Say::NotBack,
        "open" => Say::Open,
        "gone" => Say::Gone,
        "ask" => Say::Ask,
        "filler" => Say::Filler,
        "clock" => Say::Clock,
        "title" => Say::Title,
        _ => return None,
    })
}

fn anywhere(say: Say) -> bool {
    matches!(say, Say::Away | Say::Back | Say::NotBack | Say::Open | Say::Gone | Say::Ask)
}

/// The phrases found anywhere in `text` (lower case), with the byte at which each begins.
pub(in crate::parse) fn hits(text: &str) -> Vec<(usize, Phrase)> {
    let Some(search) = &TABLE.search else { return Vec::new() };
    let mut found = Vec::new();
    for hit in search.find_overlapping_iter(text) {
        let Some(phrase) = TABLE.phrases.get(hit.pattern().as_usize()) else { continue };
        if bounded(text, hit.start(), hit.end(), phrase.stem) {
            found.push((hit.start(), *phrase));
        }
    }
    found
}

/// Whether a phrase that says so stands anywhere in `text` (lower case).
pub(in crate::parse) fn says(text: &str, wanted: &[Say]) -> bool {
    hits(text).iter().any(|(_, phrase)| wanted.contains(&phrase.say))
}

/// The longest phrase of a kind with which `text` ends, in one of these languages.
pub(super) fn ending(text: &str, say: Say, languages: &[&str]) -> Option<Phrase> {
    let of = TABLE.beside.iter().filter_map(|n| TABLE.phrases.get(*n)).filter(|phrase| phrase.say == say);
    of.filter(|phrase| languages.contains(&phrase.language))
        .find(|phrase| text.ends_with(phrase.text) && bounded(text, text.len() - phrase.text.len(), text.len(), false))
        .copied()
}

/// The longest phrase of a kind with which `text` begins, in one of these languages.
pub(super) fn starting(text: &str, say: Say, languages: &[&str]) -> Option<Phrase> {
    let of = TABLE.beside.iter().filter_map(|n| TABLE.phrases.get(*n)).filter(|phrase| phrase.say == say);
    of.filter(|phrase| languages.contains(&phrase.language))
        .find(|phrase| text.starts_with(phrase.text) && bounded(text, 0, phrase.text.len(), false))
        .copied()
}

impl Phrase {
    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }
}

/// Whether `word` (lower case) is a title that stands before names.
pub(super) fn is_title(word: &str) -> bool {
    TABLE.phrases.iter().any(|phrase| phrase.say == Say::Title && phrase.text == word)
}

/// Whether the bytes are whole words, as far as the script writes words apart.
fn bounded(text: &str, start: usize, end: usize, stem: bool) -> bool {
    let inside = text.get(start..end).unwrap_or("");
    let before = text.get(..start).and_then(|t| t.chars().next_back());
    let after = text.get(end..).and_then(|t| t.chars().next());
    let joined = |edge: Option<char>, other: Option<char>| match (edge, other) {
        (Some(a), Some(b)) => a.is_alphabetic() && b.is_alphabetic() && !unspaced(a) && !unspaced(b),
        _ => false,
    };
    !joined(inside.chars().next(), before) && (stem || !joined(inside.chars().next_back(), after))
}

/// Letters of scripts that write no spaces.
pub(super) fn unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// The languages of a notice in lower case, by its small words and by what it says of an absence, the
/// likeliest first; those far behind it are left out.
pub(super) fn languages(text: &str) -> Vec<&'static str> {
    let mut points = language::points(text);
    for (_, phrase) in hits(text) {
        *points.entry(phrase.language).or_default() += 2;
    }
    let most = points.values().copied().max().unwrap_or(0);
    let mut found: Vec<(&str, usize)> = points.into_iter().filter(|(_, n)| *n > 0 && n * 3 >= most).collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    found.into_iter().map(|(language, _)| language).collect()
}

/// How numeric dates without year are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The day first.
    Day,
    /// The month first.
    Month,
    /// Both are in use.
    Open,
}

/// Names of months and days of the week, and how each language writes dates.
pub(super) struct Names {
    months: HashMap<&'static str, u32>,
    weekdays: HashMap<&'static str, Weekday>,
    orders: HashMap<&'static str, Order>,
    /// All names of months for a pattern, longer ones first.
    pub all: String,
    /// Those of languages that write the month before the day.
    pub first: String,
}

/// The names (`data/calendar-words.txt`).
pub(super) static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names {
        months: HashMap::new(),
        weekdays: HashMap::new(),
        orders: HashMap::new(),
        all: String::new(),
        first: String::new(),
    };
    let (mut all, mut first) = (Vec::new(), Vec::new());
    for (head, forms) in pairs(include_str!("../data/calendar-words.txt")) {
        let mut parts = head.split(' ');
        let (kind, language) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let number = parts.next().and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
        match kind {
            "month" => {
                for form in forms.split(' ') {
                    names.months.entry(form).or_insert(number);
                    all.push(form);
                    if matches!(language, "en" | "hu") {
                        first.push(form);
                    }
                }
            }
            "weekday" => {
                let day = Weekday::try_from(u8::try_from(number.saturating_sub(1)).unwrap_or(0));
                for (form, day) in forms.split(' ').zip(std::iter::repeat(day)) {
                    names.weekdays.extend(day.ok().map(|day| (form, day)));
                }
            }
            "order" => {
                let order = match forms {
                    "day" => Order::Day,
                    "month" => Order::Month,
                    _ => Order::Open,
                };
                names.orders.insert(language, order);
            }
            _ => {}
        }
    }
    names.all = alternatives(all);
    names.first = alternatives(first);
    names
});

fn alternatives(mut forms: Vec<&str>) -> String {
    forms.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    forms.dedup();
    forms.join("|")
}

impl Names {
    /// The month, 1 to 12, of a name in lower case.
    pub fn month(&self, name: &str) -> Option<u32> {
        self.months.get(name).copied()
    }

    /// The day of the week of a name in lower case.
    pub fn weekday(&self, name: &str) -> Option<Weekday> {
        self.weekdays.get(name).copied()
    }

    /// How a language writes dates.
    pub fn order(&self, language: &str) -> Order {
        self.orders.get(language).copied().unwrap_or(Order::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_month_in_every_language() {
        let mut seen: HashMap<&str, (&str, &str)> = HashMap::new();
        for (head, forms) in pairs(include_str!("../data/calendar-words.txt")) {
            let mut parts = head.split(' ');
            let (kind, language, number) = (parts.next(), parts.next().unwrap(), parts.next().unwrap_or(""));
            if kind == Some("month") {
                for form in forms.split(' ') {
                    let (other, before) = seen.entry(form).or_insert((language, number));
                    assert_eq!(*before, number, "{form} in {other} and {language}");
                }
            }
        }
        assert!(seen.len() > 300);
    }

    #[test]
    fn languages_are_told_by_their_words() {
        for (text, language) in [
            ("jestem na urlopie do 5 sierpnia, w pilnych sprawach proszę o kontakt", "pl"),
            ("ich bin bis zum 5. august nicht im büro", "de"),
            ("i am out of the office until 5 august", "en"),
            ("je suis absente du bureau jusqu'au 5 août", "fr"),
            ("я в отпуске до 5 августа", "ru"),
            ("я у відпустці до 5 серпня, пишіть колегам", "uk"),
            ("我将休假", "zh"),
        ] {
            assert_eq!(languages(text).first(), Some(&language), "{text}");
        }
    }

    #[test]
    fn phrases_are_whole_words_unless_they_are_stems() {
        assert!(says("przebywam na urlopie", &[Say::Away]));
        assert!(!says("straightaway", &[Say::Away]));
        assert!(ending("od", Say::From, &["pl"]).is_some());
        assert!(ending("zgod", Say::From, &["pl"]).is_none());
    }
}

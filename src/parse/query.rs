//! What somebody types into a search: words, phrases in quotes, and operators such as `from:`. Pure; never
//! fails: what cannot be read is kept and told.
//!
//! | operator | in Polish | asks for |
//! |---|---|---|
//! | `from:` | `od:` | mail by an author with this in name or address |
//! | `to:` | `do:` | mail to somebody with this in name or address |
//! | `about:` | `dotyczy:` | mail on a record with this name or number |
//! | `has:attachment` | `ma:załącznik` | mail with a file |
//! | `after:` | `po:` | mail of this day or later |
//! | `before:` | `przed:` | mail of an earlier day |
//!
//! Written out again ([`Query`] as text), a query is read the same.

use crate::model::fold::fold;
use chrono::{Days, NaiveDate};
use std::fmt;

/// Words and phrases that are read; more are passed over.
const TERMS: usize = 16;
/// Operators of one sort that are read.
const EACH: usize = 8;
/// Characters that begin or end a phrase.
const QUOTES: [char; 6] = ['"', '„', '”', '“', '«', '»'];
/// The months as people write them, by their beginnings: English, and Polish in both cases.
const MONTHS: [&[&str]; 12] = [
    &["jan", "sty"],
    &["feb", "lut"],
    &["mar"],
    &["apr", "kwi"],
    &["may", "maj"],
    &["jun", "cze"],
    &["jul", "lip"],
    &["aug", "sie"],
    &["sep", "wrz"],
    &["oct", "paz"],
    &["nov", "lis"],
    &["dec", "gru"],
];

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words and phrases, in their order.
    pub terms: Vec<Term>,
    /// `from:`, `to:` and `about:`, in their order.
    pub fields: Vec<(Field, String)>,
    /// `has:attachment`.
    pub attachment: bool,
    /// `after:`, the first day that counts.
    pub after: Option<NaiveDate>,
    /// `before:`, the first day that does not.
    pub before: Option<NaiveDate>,
    /// Days that could not be read, as they were typed.
    pub bad_days: Vec<(Bound, String)>,
}

/// A piece of what is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A word, as it was typed.
    Word(String),
    /// What stood in quotes.
    Phrase(String),
}

/// An operator that takes a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// By whom.
    From,
    /// To whom.
    To,
    /// On which record.
    About,
}

/// An operator that takes a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// This day or later.
    After,
    /// Earlier.
    Before,
}

impl Field {
    /// How it is written.
    pub fn word(self) -> &'static str {
        match self {
            Field::From => "from",
            Field::To => "to",
            Field::About => "about",
        }
    }
}

impl Bound {
    /// How it is written.
    pub fn word(self) -> &'static str {
        match self {
            Bound::After => "after",
            Bound::Before => "before",
        }
    }
}

/// An operator as it stands before a colon.
enum Operator {
    Field(Field),
    Bound(Bound),
    Has,
}

fn operator(word: &str) -> Option<Operator> {
    Some(match fold(word).as_str() {
        "from" | "od" => Operator::Field(Field::From),
        "to" | "do" => Operator::Field(Field::To),
        "about" | "dotyczy" => Operator::Field(Field::About),
        "after" | "po" => Operator::Bound(Bound::After),
        "before" | "przed" => Operator::Bound(Bound::Before),
        "has" | "ma" => Operator::Has,
        _ => return None,
    })
}

impl Query {
    /// Reads what was typed; `today` is what `today` and days without a year are counted from.
    pub fn read(text: &str, today: NaiveDate) -> Query {
        let mut query = Query::default();
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches(is_space);
            let Some(first) = rest.chars().next() else { return query };
            if QUOTES.contains(&first) {
                let (phrase, after) = quoted(rest);
                query.phrase(phrase);
                rest = after;
                continue;
            }
            let end = rest.find(|c: char| is_space(c) || QUOTES.contains(&c)).unwrap_or(rest.len());
            let (token, after) = rest.split_at(end);
            rest = match token.strip_suffix(':').and_then(operator) {
                // Its value stands in quotes, or it has none yet.
                Some(operator) if after.starts_with(QUOTES) => {
                    let (value, after) = quoted(after);
                    query.take(operator, &value, today);
                    after
                }
                Some(_) => after,
                None => {
                    query.token(token, today);
                    after
                }
            };
        }
    }

    fn phrase(&mut self, text: String) {
        if !text.is_empty() && self.terms.len() < TERMS {
            self.terms.push(Term::Phrase(text));
        }
    }

    fn token(&mut self, token: &str, today: NaiveDate) {
        let parts = token.split_once(':').filter(|(_, value)| !value.is_empty());
        match parts.and_then(|(word, value)| Some((operator(word)?, value))) {
            Some((Operator::Has, value)) if !is_attachment(value) => self.word(token),
            Some((operator, value)) => self.take(operator, value, today),
            None => self.word(token),
        }
    }

    fn word(&mut self, token: &str) {
        if self.terms.len() < TERMS {
            self.terms.push(Term::Word(token.to_owned()));
        }
    }

    fn take(&mut self, operator: Operator, value: &str, today: NaiveDate) {
        match operator {
            _ if value.is_empty() => {}
            Operator::Field(field) if self.fields.len() < EACH => self.fields.push((field, value.to_owned())),
            Operator::Field(_) => {}
            Operator::Has if is_attachment(value) => self.attachment = true,
            Operator::Has => self.phrase(value.to_owned()),
            Operator::Bound(bound) => match (day(value, today), bound) {
                (Some(day), Bound::After) => self.after = Some(day),
                (Some(day), Bound::Before) => self.before = Some(day),
                (None, _) if self.bad_days.len() < EACH => self.bad_days.push((bound, value.to_owned())),
                (None, _) => {}
            },
        }
    }

    /// Whether nothing is searched for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && !self.names_mail()
    }

    /// Whether an operator says that mail is meant, and no records.
    pub fn names_mail(&self) -> bool {
        !self.fields.is_empty() || self.attachment || self.after.is_some() || self.before.is_some()
    }

    /// Words that look like operators and are none; they are searched for as words.
    pub fn unknown(&self) -> Vec<&str> {
        let words = self.terms.iter().filter_map(|term| match term {
            Term::Word(word) => Some(word.as_str()),
            Term::Phrase(_) => None,
        });
        let looks = |word: &&str| {
            let parts = word.split_once(':');
            parts.is_some_and(|(name, value)| {
                let letters = name.chars().count() >= 2 && name.chars().all(char::is_alphabetic);
                letters && !value.is_empty() && !value.starts_with("//")
            })
        };
        words.filter(looks).collect()
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| if text.contains(is_space) { format!("\"{text}\"") } else { text.to_owned() };
        let terms = self.terms.iter().map(|term| match term {
            Term::Word(word) => word.clone(),
            Term::Phrase(text) => format!("\"{text}\""),
        });
        let fields = self.fields.iter().map(|(field, value)| format!("{}:{}", field.word(), quoted(value)));
        let attachment = self.attachment.then(|| "has:attachment".to_owned());
        let after = self.after.map(|day| format!("after:{}", iso(day)));
        let before = self.before.map(|day| format!("before:{}", iso(day)));
        let bad = self.bad_days.iter().map(|(bound, value)| format!("{}:{}", bound.word(), quoted(value)));
        let all: Vec<String> = terms.chain(fields).chain(attachment).chain(after).chain(before).chain(bad).collect();
        f.write_str(&all.join(" "))
    }
}

fn iso(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// What stands between the quote at the beginning and the next, or the end, with single spaces; and the rest.
fn quoted(text: &str) -> (String, &str) {
    let mut inside = text.chars();
    inside.next();
    let inside = inside.as_str();
    let (within, rest) = match inside.find(QUOTES) {
        Some(end) => {
            let (within, rest) = inside.split_at(end);
            let mut rest = rest.chars();
            rest.next();
            (within, rest.as_str())
        }
        None => (inside, ""),
    };
    (within.split(is_space).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "), rest)
}

fn is_attachment(value: &str) -> bool {
    matches!(
        fold(value).as_str(),
        "attachment" | "attachments" | "file" | "files" | "zalacznik" | "zalaczniki" | "plik" | "pliki"
    )
}

/// A day as people write it: `2026-11-22`, `22.11.2026`, `22/11`, `22 Nov 2026`, `22 listopada`, a month or a year,
/// which mean their first day, `today` and `yesterday`. Day before month; `11/22/2026` can only be American.
fn day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let text = fold(text);
    match text.as_str() {
        "today" | "dzis" | "dzisiaj" => return Some(today),
        "yesterday" | "wczoraj" => return today.checked_sub_days(Days::new(1)),
        _ => {}
    }
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ', ',']).filter(|part| !part.is_empty()).collect();
    let number = |part: &str| {
        let plain = part.len() <= 4 && part.chars().all(|c| c.is_ascii_digit());
        plain.then(|| part.parse::<u32>().ok()).flatten()
    };
    let read: Vec<Option<u32>> = parts.iter().map(|part| number(part)).collect();
    let named: Option<u32> = parts.iter().find_map(|part| month(part));
    match (read.as_slice(), named) {
        ([Some(year)], None) => date(*year, 1, 1),
        ([Some(year), Some(month)], None) if *year > 31 => date(*year, *month, 1),
        ([Some(month), Some(year)], None) if *year > 31 => date(*year, *month, 1),
        ([Some(day), Some(month)], None) => latest(*month, *day, today),
        ([Some(year), Some(month), Some(day)], None) if *year > 31 => date(*year, *month, *day),
        ([Some(day), Some(month), Some(year)], None) => {
            let year = if *year < 100 { year + 2000 } else { *year };
            date(year, *month, *day).or_else(|| date(year, *day, *month))
        }
        ([None, Some(year)], Some(month)) | ([Some(year), None], Some(month)) if *year > 31 => date(*year, month, 1),
        ([Some(day), None], Some(month)) | ([None, Some(day)], Some(month)) => latest(month, *day, today),
        ([Some(day), None, Some(year)], Some(month)) | ([None, Some(day), Some(year)], Some(month)) => {
            date(*year, month, *day)
        }
        ([None], Some(month)) => latest(month, 1, today),
        _ => None,
    }
}

fn month(part: &str) -> Option<u32> {
    let letters = part.chars().count() >= 3 && part.chars().all(|c| c.is_ascii_lowercase());
    let at = MONTHS.iter().position(|names| names.iter().any(|name| letters && part.starts_with(name)))?;
    u32::try_from(at + 1).ok()
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year).ok().filter(|year| (1900..=2200).contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// The last such day that is not after `today`.
fn latest(month: u32, day: u32, today: NaiveDate) -> Option<NaiveDate> {
    use chrono::Datelike;
    let year = u32::try_from(today.year()).ok()?;
    let this = date(year, month, day);
    // 29 February may lie some years back.
    this.filter(|found| *found <= today).or_else(|| (1..=8).find_map(|back| date(year.checked_sub(back)?, month, day)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    fn read(text: &str) -> Query {
        Query::read(text, today())
    }

    fn words(query: &Query) -> Vec<&str> {
        query
            .terms
            .iter()
            .map(|term| match term {
                Term::Word(text) | Term::Phrase(text) => text.as_str(),
            })
            .collect()
    }

    #[test]
    fn words_phrases_and_operators_are_told_apart() {
        let query = read(
            r#"pompy "nowa  oferta" from:jan to:"Anna Kowalska" about:OP-1042 has:attachment after:2026-11-01 before:22.11.2026"#,
        );
        assert_eq!(query.terms, [Term::Word("pompy".into()), Term::Phrase("nowa oferta".into())]);
        let fields = [(Field::From, "jan"), (Field::To, "Anna Kowalska"), (Field::About, "OP-1042")];
        assert_eq!(query.fields, fields.map(|(field, text)| (field, text.to_owned())));
        assert!(query.attachment && query.names_mail());
        assert_eq!((query.after, query.before), (today().with_day0(0), Some(today())));
        assert_eq!(
            read("od:jan do:anna dotyczy:acme ma:załącznik po:wczoraj przed:dziś").to_string(),
            "from:jan to:anna about:acme has:attachment after:2026-11-21 before:2026-11-22"
        );
    }

    use chrono::Datelike;

    #[test]
    fn what_looks_like_an_operator_and_is_none_is_a_word_and_is_told() {
        let query = read("subject:pompy has:teeth https://acme.pl 12:30 Re: from: x:y");
        assert_eq!(words(&query), ["subject:pompy", "has:teeth", "https://acme.pl", "12:30", "Re:", "x:y"]);
        assert_eq!(query.unknown(), ["subject:pompy", "has:teeth"]);
        assert!(!query.names_mail());
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        let of = |y, m, d| NaiveDate::from_ymd_opt(y, m, d);
        for (text, expected) in [
            ("2026-11-05", of(2026, 11, 5)),
            ("2026/11/5", of(2026, 11, 5)),
            ("5.11.2026", of(2026, 11, 5)),
            ("05/11/26", of(2026, 11, 5)),
            ("11/22/2026", of(2026, 11, 22)),
            ("5 Nov 2026", of(2026, 11, 5)),
            ("November 5, 2026", of(2026, 11, 5)),
            ("5 listopada 2026", of(2026, 11, 5)),
            ("5 października", of(2026, 10, 5)),
            ("24.12", of(2025, 12, 24)),
            ("29.02", of(2024, 2, 29)),
            ("2026-11", of(2026, 11, 1)),
            ("11.2026", of(2026, 11, 1)),
            ("maj 2025", of(2025, 5, 1)),
            ("2025", of(2025, 1, 1)),
            ("Wczoraj", of(2026, 11, 21)),
            ("31.02.2026", None),
            ("soon", None),
            ("99999999999", None),
            ("-", None),
        ] {
            assert_eq!(day(text, today()), expected, "{text}");
        }
        let query = read("before:31.02.2026 pompy");
        assert_eq!(query.bad_days, [(Bound::Before, "31.02.2026".to_owned())]);
        assert_eq!(words(&query), ["pompy"]);
    }

    #[test]
    fn quotes_need_no_end_and_may_be_any_language_s() {
        assert_eq!(read("„nowa oferta” \"dalej  bez końca").terms.len(), 2);
        assert_eq!(read("from:\"Jan").fields, [(Field::From, "Jan".to_owned())]);
        assert!(read("\"\" from:\"\" from:").is_empty());
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_read_the_same_when_it_is_written_out(
            parts in prop::collection::vec(prop_oneof![
                Just("from:".to_owned()), Just("od:".to_owned()), Just("has:attachment".to_owned()), Just("has:".to_owned()),
                Just("\"".to_owned()), Just("„".to_owned()), Just(" ".to_owned()), Just("before:".to_owned()),
                Just("after:2026-11".to_owned()), Just("5 lis".to_owned()), Just(":".to_owned()), Just("about:OP-1".to_owned()),
                "\\PC{0,8}", any::<String>(),
            ], 0..30)
        ) {
            let query = read(&parts.concat());
            prop_assert_eq!(read(&query.to_string()), query);
        }
    }
}

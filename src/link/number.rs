//! Evidence 5: a reference number in subject or body, `[OP-1042]` or the number of a quote, by
//! somebody of ours or a party of its record; by a stranger it is only a suggestion.
//!
//! Numbers are compared folded: letters in lower case, white space out. In the text a number counts
//! in brackets, or where it mixes letters with digits; one of six digits and more, and nothing else,
//! where it stands in the subject or right after a word that names such numbers ("nr", "order"). Whether
//! it is anybody's number is asked of the records, so that phone numbers and amounts are nobody's.

use crate::model::facts::{LinkFacts, Mark, Member};
use crate::model::fold::fold;
use crate::model::id::RecordId;
use std::collections::BTreeSet;

/// Numbers that are read of one mail.
const MOST: usize = 16;
/// Characters of the body in which they are looked for.
const LONGEST: usize = 20_000;

/// A record's number on a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whose.
    pub record: RecordId,
    /// As it stands on the record.
    pub number: String,
    /// `subject` or `body`.
    pub place: &'static str,
}

/// The form in which numbers are compared.
pub fn key(number: &str) -> String {
    fold(number).chars().filter(|c| !c.is_whitespace()).collect()
}

/// What may be reference numbers on a mail: of the subject first.
pub fn read(subject: &str, body: &str) -> Vec<Mark> {
    let mut found: Vec<Mark> = Vec::new();
    let body = body.char_indices().nth(LONGEST).and_then(|(end, _)| body.get(..end)).unwrap_or(body);
    for (text, in_subject) in [(subject, true), (body, false)] {
        for key in in_brackets(text).chain(words(text)).chain(digits(text, in_subject)) {
            let known = found.iter().any(|m| matches!(m, Mark::Number { key: other, .. } if *other == key));
            if !known && found.len() < MOST {
                found.push(Mark::Number { key, in_subject });
            }
        }
    }
    found
}

/// `[OP-1042]`, `[#1042]`: whatever short text with a digit stands in brackets.
fn in_brackets(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('[').skip(1).filter_map(|rest| {
        let (inside, _) = rest.split_once(']')?;
        let inside = inside.trim().trim_start_matches('#');
        let number = inside.chars().any(|c| c.is_ascii_digit()) && (2..=32).contains(&inside.chars().count());
        number.then(|| key(inside))
    })
}

/// What stands between words.
fn apart(c: char) -> bool {
    matches!(c, '[' | ']' | '(' | ')' | '{' | '}' | '<' | '>' | ',' | ';' | ':' | '"' | '\'' | '!' | '?' | '=' | '|')
        || c.is_whitespace()
}

/// Words of letters and digits with at least two digits: `OP-1042`, `OF/123/2026`.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(apart).filter_map(|word| {
        // Hardly any word has digits.
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        if digits < 2 {
            return None;
        }
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let letters = word.chars().any(char::is_alphabetic);
        let plain = word.chars().all(|c| c.is_alphanumeric() || "-/_.".contains(c));
        let fits = (letters || word.contains('/')) && plain && (4..=24).contains(&word.len());
        fits.then(|| key(word))
    })
}

/// Digits of which a number has at least so many, where it has nothing else: shorter ones are years,
/// house numbers and counts.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=24;

/// Words after which a number is one of a matter, folded. What they mean stands on no phone and no bill
/// of somebody else's: whose number it is, the records say.
const NAMING: &[&str] = &[
    "nr",
    "no",
    "num",
    "numer",
    "numeru",
    "numerem",
    "number",
    "nummer",
    "n",
    "ref",
    "reference",
    "order",
    "orders",
    "zamowienie",
    "zamowienia",
    "zamowieniu",
    "zamowieniem",
    "zlecenie",
    "zlecenia",
    "zleceniu",
    "zleceniem",
    "sprawa",
    "sprawy",
    "sprawie",
    "sprawe",
    "oferta",
    "oferty",
    "ofercie",
    "oferte",
    "szansa",
    "szansy",
    "szanse",
    "projekt",
    "projektu",
    "projekcie",
    "project",
    "quote",
    "offer",
    "case",
    "ticket",
    "deal",
    "inquiry",
    "zapytanie",
    "zapytania",
    "zapytaniu",
    "umowa",
    "umowy",
    "umowie",
    "contract",
    "auftrag",
    "angebot",
    "opportunity",
    "id",
];

/// Numbers of digits alone: any of the subject, in the text those that a word names (`order 700123`,
/// `nr: 700123`, `#700123`).
fn digits(text: &str, anywhere: bool) -> impl Iterator<Item = String> + '_ {
    let apart = |c: char| apart(c) || matches!(c, '#' | '№');
    let (mut above, mut before) = ("", ' ');
    text.split_inclusive(apart).filter_map(move |piece| {
        let end = piece.chars().next_back().filter(|c| apart(*c));
        let word = end.map_or(piece, |c| piece.strip_suffix(c).unwrap_or(piece));
        let marked = matches!(before, '#' | '№');
        // White space between a mark and its number says nothing.
        if !word.is_empty() || !end.is_some_and(char::is_whitespace) {
            before = end.unwrap_or(' ');
        }
        let named_by = above;
        // What stands between a word and its number is white space, a colon or the like.
        if word.contains(char::is_alphanumeric) {
            above = word;
        }
        // `nr.700123` is one word, and `no.` ends in its dot.
        let (head, tail) = match word.rsplit_once('.') {
            Some((head, tail)) if is_number(tail) && is_naming(head) => (head, tail),
            _ => ("", word.trim_end_matches('.')),
        };
        let counts = is_number(tail) && (anywhere || marked || !head.is_empty() || is_naming(named_by));
        counts.then(|| key(tail))
    })
}

fn is_number(word: &str) -> bool {
    DIGITS.contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_naming(word: &str) -> bool {
    // Most words are no longer than the longest of the list, and need not be folded.
    let word = word.trim_end_matches(['.', '°', 'º']);
    word.len() <= 16 && NAMING.contains(&fold(word).as_str())
}

/// The one record whose number a mail names, and the others: a number of the subject counts before
/// those of the body, and where several records come into question none does.
pub fn found(member: &Member, facts: &LinkFacts) -> (Option<Found>, Vec<Found>) {
    let mut of_subject: Vec<Found> = Vec::new();
    let mut of_body: Vec<Found> = Vec::new();
    for mark in &member.said.marks {
        let Mark::Number { key, in_subject } = mark else { continue };
        for (record, number) in facts.numbers.get(key).into_iter().flatten() {
            let (list, place) = if *in_subject { (&mut of_subject, "subject") } else { (&mut of_body, "body") };
            let taken_off = member.said.removed.contains(record) || facts.gone.contains(record);
            if !taken_off && list.iter().all(|f| f.record != *record) {
                list.push(Found { record: *record, number: number.clone(), place });
            }
        }
    }
    let one = |list: &[Found]| match list {
        [only] => Some(only.clone()),
        _ => None,
    };
    let chosen = if of_subject.is_empty() { one(&of_body) } else { one(&of_subject) };
    let mut seen = BTreeSet::new();
    let others = of_subject.into_iter().chain(of_body).filter(|f| seen.insert(f.record));
    let others = others.filter(|f| chosen.as_ref().is_none_or(|c| c.record != f.record)).collect();
    (chosen, others)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(subject: &str, body: &str) -> Vec<String> {
        let key = |mark: Mark| match mark {
            Mark::Number { key, in_subject } => format!("{}{key}", if in_subject { "s:" } else { "" }),
            _ => unreachable!(),
        };
        read(subject, body).into_iter().map(key).collect()
    }

    #[test]
    fn numbers_are_found_in_brackets_and_as_words() {
        assert_eq!(keys("Re: pumps [OP-1042]", "our quote OF/12/2026, thanks"), ["s:op-1042", "of/12/2026"]);
        assert_eq!(keys("[#1042] hello", "see [OP 7]"), ["s:1042", "op7"]);
        assert_eq!(keys("Call 22 123 45 67", "2026 and 1.000,00 and a[1"), Vec::<String>::new());
    }

    #[test]
    fn a_number_of_digits_alone_counts_in_the_subject_or_after_a_word_that_names_numbers() {
        assert_eq!(keys("Re: order 700123", "call 221234567"), ["s:700123"]);
        for text in [
            "order 700123",
            "Zamówienie nr 700123.",
            "sprawa: 700123",
            "no.700123",
            "No. 700123,",
            "#700123",
            "№ 700123",
            "(ref 700123)",
        ] {
            assert_eq!(keys("", text).last().map(String::as_str), Some("700123"), "{text}");
        }
        for text in ["700123", "order of 700123 pieces", "nr 70012", "1.700123", "on 700123 order"] {
            assert_eq!(keys("", text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(keys("", "call 700123456, or 700123"), Vec::<String>::new());
        assert_eq!(keys("", "we ordered 700123 pieces"), Vec::<String>::new());
    }

    #[test]
    fn hostile_text_gives_few_numbers() {
        let many: String = (0..10_000).map(|n| format!("A-{n:05} ")).collect();
        assert_eq!(read(&many, &many).len(), MOST);
        assert!(read(&"[".repeat(100_000), &"[1".repeat(50_000)).len() <= MOST);
    }
}

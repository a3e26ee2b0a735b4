//! In which language a text is written, by its small words: that of people's mail (R78), and, with what absence
//! notices say ([`super::automatic`]), that of notices (R99).

use super::phrases::lines;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Words looked at: a greeting and the first sentences.
const WORDS: usize = 400;
/// Fewer different words than this tell nothing.
const ENOUGH: usize = 3;

/// What a small word says.
#[derive(Debug, Default)]
struct Word {
    /// The languages for which it speaks.
    speaks: Vec<&'static str>,
    /// How many languages have it.
    had: usize,
}

/// The words of each language (`data/languages.txt`); data, so that one more language is a line.
static TABLE: LazyLock<HashMap<&'static str, Word>> = LazyLock::new(|| {
    let mut table: HashMap<&'static str, Word> = HashMap::new();
    for line in lines(include_str!("data/languages.txt")) {
        let mut columns = line.split('\t');
        let (Some(tag), Some(words)) = (columns.next(), columns.next()) else { continue };
        let mut of = |words: &'static str, speaks: bool| {
            for word in words.split(' ').filter(|word| !word.is_empty()) {
                let word = table.entry(word).or_default();
                word.had += 1;
                word.speaks.extend(speaks.then_some(tag));
            }
        };
        of(words, true);
        of(columns.next().unwrap_or(""), false);
    }
    table
});

/// For each language what the small words of a text in lower case say for it. A word counts twice at most,
/// and so does each sign of a script that writes no words apart.
pub(super) fn points(text: &str) -> HashMap<&'static str, usize> {
    let mut points = tally(words(text), false);
    let kana = text.chars().filter(|c| matches!(c, '\u{3040}'..='\u{30ff}')).count();
    let han = text.chars().filter(|c| matches!(c, '\u{3400}'..='\u{9fff}')).count();
    *points.entry("ja").or_default() += kana;
    *points.entry("zh").or_default() += if kana > 0 { 0 } else { han };
    points
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty())
}

/// `own`: by words alone that no other language has.
fn tally<'t>(words: impl Iterator<Item = &'t str>, own: bool) -> HashMap<&'static str, usize> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    let mut points: HashMap<&'static str, usize> = HashMap::new();
    for (word, count) in counts {
        let Some(known) = TABLE.get(word).filter(|known| !own || known.had == 1) else { continue };
        known.speaks.iter().for_each(|tag| *points.entry(tag).or_default() += count.min(2));
    }
    points
}

/// The language of a text, as a tag such as `pl`; `None` where its words do not say it clearly. Pure and
/// bounded: 400 words are looked at.
pub fn language_of(text: &str) -> Option<&'static str> {
    let lower: Vec<String> = words(text).filter(|word| word.len() < 20).take(WORDS).map(str::to_lowercase).collect();
    let points = tally(lower.iter().map(String::as_str), true);
    let (tag, most) = points.iter().max_by_key(|(tag, count)| (**count, **tag))?;
    let next = points.iter().filter(|(other, _)| *other != tag).map(|(_, count)| *count).max().unwrap_or(0);
    (*most >= ENOUGH && *most > next * 2).then_some(*tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_by_its_small_words() {
        for (text, tag) in [
            (
                "Dzień dobry,\n\nzgodnie z rozmową przesyłam ofertę. Czy termin jest dla Państwa dogodny?\n\nPozdrawiam",
                "pl",
            ),
            ("Dear Jan,\n\nhere is our offer for twelve pumps, with the drawings that you wanted.\n\nRegards", "en"),
            (
                "Sehr geehrte Frau Lis,\n\nanbei die Unterlagen; bitte prüfen Sie das Angebot.\n\nMit freundlichen Grüßen",
                "de",
            ),
            ("Dobrý den,\n\nděkuji za nabídku. Jsme spokojeni, objednávku pošleme příští týden.\n\nS pozdravem", "cs"),
            ("Bonjour,\n\nmerci pour votre offre, nous vous répondrons dans la semaine.\n\nCordialement", "fr"),
        ] {
            assert_eq!(language_of(text), Some(tag), "{text}");
        }
    }

    #[test]
    fn what_is_short_or_mixed_tells_nothing() {
        assert_eq!(language_of(""), None);
        assert_eq!(language_of("OK, thanks"), None);
        assert_eq!(language_of("PX-40 12 4711"), None);
        let both = "Dzień dobry, proszę o ofertę, czy jest możliwa. Please find the offer with our drawings, thanks.";
        assert_eq!(language_of(both), None);
    }

    #[test]
    fn a_word_that_two_languages_have_speaks_for_none_alone() {
        assert_eq!(language_of("do to on do to on na na"), None);
        assert!(TABLE.get("do").is_some_and(|word| word.had > 3 && word.speaks.contains(&"pl")));
    }
}

//! In which language a text is written, by its small words (R78).

use std::collections::HashMap;
use std::sync::LazyLock;

/// The words of each language; data, so that one more is a line.
const TABLE: &str = include_str!("data/languages.txt");
/// Words looked at: a greeting and the first sentences.
const WORDS: usize = 400;
/// Fewer known words than this tell nothing.
const ENOUGH: usize = 3;

static LANGUAGES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let lines = lines.filter_map(|line| line.split_once('\t'));
    lines.flat_map(|(tag, words)| words.split(' ').map(move |word| (word, tag))).collect()
});

/// The language of a text, as a tag such as `pl`; `None` where its words do not say it clearly. Pure and
/// bounded: 400 words are looked at.
pub fn language_of(text: &str) -> Option<&'static str> {
    let mut counts: HashMap<&'static str, usize> = HashMap::new();
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty() && word.len() < 20);
    for word in words.take(WORDS) {
        if let Some(tag) = LANGUAGES.get(word.to_lowercase().as_str()) {
            *counts.entry(tag).or_default() += 1;
        }
    }
    let (tag, most) = counts.iter().max_by_key(|(tag, count)| (**count, **tag))?;
    let next = counts.iter().filter(|(other, _)| *other != tag).map(|(_, count)| *count).max().unwrap_or(0);
    (*most >= ENOUGH && *most > next * 2).then_some(*tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_by_its_small_words() {
        let polish =
            "Dzień dobry,\n\nzgodnie z rozmową przesyłam ofertę. Czy termin jest dla Państwa dogodny?\n\nPozdrawiam";
        let english = "Dear Jan,\n\nhere is our offer for twelve pumps, with the drawings that you wanted.\n\nRegards";
        let german =
            "Sehr geehrte Frau Lis,\n\nanbei die Unterlagen; bitte prüfen Sie das Angebot.\n\nMit freundlichen Grüßen";
        assert_eq!(language_of(polish), Some("pl"));
        assert_eq!(language_of(english), Some("en"));
        assert_eq!(language_of(german), Some("de"));
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
    fn no_word_stands_for_two_languages() {
        let words = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
        let all: Vec<&str> = words.flat_map(|(_, words)| words.split(' ')).collect();
        assert_eq!(all.len(), LANGUAGES.len());
    }
}

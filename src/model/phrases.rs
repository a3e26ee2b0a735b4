//! The words in which notices are written, one language a file: sentences by section, names of days
//! and months, and how a day is written (R71 to R77).
//!
//! English and Polish ship; a further language is a file of the same form in the folder that
//! `notice.texts` names. A file is checked as a whole when it is loaded: a section that is missing
//! or a variable that a sentence does not know would only show in a mail to a client. Here because
//! `config` loads it and `notice` writes with it.

use super::notice::Language;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Each section, and the variables that its sentence must hold; it may hold no other.
const SECTIONS: &[(&str, &[&str])] = &[
    ("name", &[]),
    ("subject", &["subject"]),
    ("subject-none", &[]),
    ("automatic", &[]),
    ("away", &["name"]),
    ("away-until-back", &["name", "until", "back"]),
    ("away-until", &["name", "until"]),
    ("away-back", &["name", "back"]),
    ("away-open", &["name"]),
    ("substitute-phone", &["substitute", "substitute_mail", "substitute_phone"]),
    ("substitute", &["substitute", "substitute_mail"]),
    ("substitute-none", &[]),
    ("substitute-has-it", &["substitute"]),
    ("company", &["company"]),
    ("date", &["weekday", "day", "month", "year"]),
    ("weekdays", &[]),
    ("months", &[]),
];

/// Longest sentence, in bytes: two languages must fit into a notice (R74).
const LONGEST: usize = 250;
/// Longest file, in bytes.
const LARGEST: usize = 16 * 1024;

/// What is wrong with a file of phrases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct PhraseError {
    /// The line, from 1.
    pub line: usize,
    /// What is there and what is wanted.
    pub what: String,
}

/// The words of one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrases {
    language: Language,
    sections: BTreeMap<&'static str, Vec<String>>,
}

impl Phrases {
    /// Reads a file of phrases.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its line.
    pub fn parse(language: Language, text: &str) -> Result<Phrases, PhraseError> {
        let wrong = |line: usize, what: String| Err(PhraseError { line, what });
        if text.len() > LARGEST {
            return wrong(1, format!("the file has {} bytes; {LARGEST} are enough", text.len()));
        }
        let mut sections: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        let mut current: Option<(&'static str, &'static [&'static str])> = None;
        let mut last = 1;
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate().map(|(n, line)| (n + 1, line.trim()))
        {
            last = at;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let Some(known) = SECTIONS.iter().find(|(known, _)| *known == name) else {
                    return wrong(at, format!("there is no section [{name}]; there are {}", all_sections()));
                };
                if sections.insert(known.0, Vec::new()).is_some() {
                    return wrong(at, format!("the section [{name}] stands here a second time"));
                }
                current = Some(*known);
                continue;
            }
            let Some((section, wanted)) = current else {
                return wrong(at, "a sentence must stand below its section, such as [subject]".to_owned());
            };
            if let Err(what) = check(section, wanted, line) {
                return wrong(at, what);
            }
            let lines = sections.entry(section).or_default();
            lines.push(line.to_owned());
            if lines.len() > count(section) {
                return wrong(at, format!("[{section}] has too much: {} wanted", lines_wanted(section)));
            }
        }
        for (section, _) in SECTIONS {
            let found = sections.get(section).map_or(0, Vec::len);
            if found < count(section) {
                return wrong(
                    last,
                    format!("[{section}] is missing or has too little: {} wanted", lines_wanted(section)),
                );
            }
        }
        Ok(Phrases { language, sections })
    }

    /// Which language it is.
    pub fn language(&self) -> Language {
        self.language
    }

    /// How the language calls itself.
    pub fn name(&self) -> &str {
        self.section("name")
    }

    /// The sentence of a section; empty if there is none of that name.
    pub fn section(&self, name: &str) -> &str {
        self.line(name, 0)
    }

    fn line(&self, section: &str, at: usize) -> &str {
        self.sections.get(section).and_then(|lines| lines.get(at)).map_or("", String::as_str)
    }

    /// A day with weekday, month in words and year (R77).
    pub fn date(&self, day: NaiveDate) -> String {
        let weekday = usize::try_from(day.weekday().num_days_from_monday()).unwrap_or(0);
        let month = usize::try_from(day.month0()).unwrap_or(0);
        self.section("date")
            .replace("{weekday}", self.line("weekdays", weekday))
            .replace("{day}", &day.day().to_string())
            .replace("{month}", self.line("months", month))
            .replace("{year}", &day.year().to_string())
    }
}

/// How many lines a section has.
fn count(section: &str) -> usize {
    match section {
        "weekdays" => 7,
        "months" => 12,
        _ => 1,
    }
}

fn lines_wanted(section: &str) -> String {
    match section {
        "weekdays" => "seven lines, from Monday to Sunday, are".to_owned(),
        "months" => "twelve lines, from January to December, are".to_owned(),
        _ => "one line is".to_owned(),
    }
}

fn all_sections() -> String {
    SECTIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Whether a sentence holds exactly the variables of its section.
fn check(section: &str, wanted: &[&str], line: &str) -> Result<(), String> {
    if line.len() > LONGEST {
        return Err(format!("the line has {} bytes; {LONGEST} fit into a notice", line.len()));
    }
    if line.chars().any(char::is_control) {
        return Err("the line holds a control character".to_owned());
    }
    let mut found = Vec::new();
    for piece in line.split('{').skip(1) {
        let Some((name, _)) = piece.split_once('}') else { return Err("a { has no } after it".to_owned()) };
        if !wanted.contains(&name) {
            let known = wanted.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { "no variable".to_owned() } else { known };
            return Err(format!("{{{name}}} is not known in [{section}], which takes {known}"));
        }
        found.push(name);
    }
    match wanted.iter().find(|name| !found.contains(name)) {
        Some(name) => Err(format!("[{section}] must say {{{name}}}")),
        None => Ok(()),
    }
}

/// The languages that ship.
static SHIPPED: LazyLock<Vec<Phrases>> = LazyLock::new(|| {
    let files =
        [(Language::En, include_str!("../notice/data/en.txt")), (Language::Pl, include_str!("../notice/data/pl.txt"))];
    files.into_iter().filter_map(|(language, text)| Phrases::parse(language, text).ok()).collect()
});

/// Every language in which notices can be written: the shipped ones, and those that files add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrasebook(Arc<Vec<Phrases>>);

impl Default for Phrasebook {
    fn default() -> Phrasebook {
        Phrasebook(Arc::new(SHIPPED.clone()))
    }
}

impl Phrasebook {
    /// With these languages too; one that is there already is replaced.
    pub fn with(self, further: Vec<Phrases>) -> Phrasebook {
        let mut all: Vec<Phrases> = self.0.iter().cloned().collect();
        for phrases in further {
            all.retain(|known| known.language != phrases.language);
            all.push(phrases);
        }
        all.sort_by_key(|phrases| phrases.language.tag());
        Phrasebook(Arc::new(all))
    }

    /// The words of a language, if it has some.
    pub fn get(&self, language: Language) -> Option<&Phrases> {
        self.0.iter().find(|phrases| phrases.language == language)
    }

    /// The language of a tag such as `de-AT`, if it has words.
    pub fn find(&self, tag: &str) -> Option<Language> {
        Language::from_tag(tag).filter(|language| self.get(*language).is_some())
    }

    /// All of them, by their tags.
    pub fn languages(&self) -> Vec<Language> {
        self.0.iter().map(Phrases::language).collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Phrases> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(tag: &str) -> &'static str {
        if tag == "pl" { include_str!("../notice/data/pl.txt") } else { include_str!("../notice/data/en.txt") }
    }

    fn wrong(text: &str) -> (usize, String) {
        let error = Phrases::parse(Language::from_tag("de").unwrap(), text).unwrap_err();
        (error.line, error.what)
    }

    #[test]
    fn dates_name_weekday_month_and_year_in_the_language_of_the_text() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        let book = Phrasebook::default();
        assert_eq!(book.get(Language::En).unwrap().date(day), "Friday, 27 November 2026");
        assert_eq!(book.get(Language::Pl).unwrap().date(day), "27 listopada 2026 r. (piątek)");
    }

    #[test]
    fn both_shipped_languages_are_whole() {
        assert_eq!(Phrasebook::default().languages(), [Language::En, Language::Pl]);
        for tag in ["en", "pl"] {
            Phrases::parse(Language::from_tag(tag).unwrap(), shipped(tag)).unwrap();
        }
    }

    #[test]
    fn a_further_language_joins_and_a_shipped_one_can_be_replaced() {
        let german = Phrases::parse(Language::from_tag("de").unwrap(), shipped("en")).unwrap();
        let polish = Phrases::parse(Language::Pl, &shipped("pl").replace("To jest", "Oto")).unwrap();
        let book = Phrasebook::default().with(vec![german, polish]);
        assert_eq!(book.languages().iter().map(|l| l.tag()).collect::<Vec<_>>(), ["de", "en", "pl"]);
        assert_eq!(book.find("DE-at").map(Language::tag), Some("de"));
        assert_eq!(book.find("fr"), None);
        assert_eq!(book.get(Language::Pl).unwrap().section("automatic"), "Oto automatyczna odpowiedź.");
    }

    #[test]
    fn a_file_that_is_not_whole_is_refused_with_its_line() {
        let english = shipped("en");
        let line = |needle: &str| 1 + english.lines().position(|line| line.contains(needle)).unwrap();
        let put = |from: &str, to: &str| wrong(&english.replace(from, to));
        let (at, what) = put("{name} is away up to and including {until}.", "{name} is away, {amount}.");
        assert_eq!(at, line("{name} is away up to and including {until}."));
        assert!(what.contains("{amount}") && what.contains("[away-until]") && what.contains("{until}"), "{what}");
        let (at, what) = put("Auto: {subject}", "Auto");
        assert_eq!((at, what.as_str()), (line("Auto: {subject}"), "[subject] must say {subject}"));
        assert!(put("[months]", "[month]").1.contains("there is no section [month]"));
        assert!(put("December\n", "").1.contains("twelve lines"));
        assert!(put("Monday\n", "Monday\nMonday\n").1.contains("seven lines"));
        assert!(put("[company]\n{company}\n", "").1.contains("[company] is missing"));
        assert!(put("[company]", "[subject]").1.contains("a second time"));
        assert!(put("This is an automatic reply.", "This {is an automatic reply.").1.contains("has no }"));
        assert!(wrong("Guten Tag").1.contains("below its section"));
        assert!(wrong(&"[name]\n".repeat(9000)).1.contains("bytes"));
    }
}

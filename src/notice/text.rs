//! The words of a notice (R71 to R78, R82).
//!
//! Shipped texts are data, one file a language, in named sections; a person's own text may stand
//! in their place and use the same variables. The values that variables take are listed in one
//! place below, so nothing of a record can get into a notice (R82, R83). A line of an own text
//! whose variable has no value is left out. What R76 demands and an own text does not say (that
//! it is automatic, until when, who stands in) is added from the shipped sections.

use super::wire::clean;
use crate::model::notice::{Language, Plan};
use chrono::{Datelike, NaiveDate};

/// Longest own text, in bytes, so that a notice stays under 2 KiB (R74).
const LONGEST_OWN: usize = 1200;
/// Longest body, in bytes (R74).
const LONGEST_BODY: usize = 2048;
/// Longest subject, in characters (R72).
const LONGEST_SUBJECT: usize = 200;
/// Longest name, in characters.
const LONGEST_NAME: usize = 100;

/// The variables that a text may use (R82).
const VARIABLES: &[&str] = &["name", "until", "back", "substitute", "substitute_mail", "substitute_phone", "company"];

const ENGLISH: &str = include_str!("data/en.txt");
const POLISH: &str = include_str!("data/pl.txt");

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const POLISH_MONTHS: [&str; 12] = [
    "stycznia",
    "lutego",
    "marca",
    "kwietnia",
    "maja",
    "czerwca",
    "lipca",
    "sierpnia",
    "września",
    "października",
    "listopada",
    "grudnia",
];
const ENGLISH_DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const POLISH_DAYS: [&str; 7] = ["poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"];

/// Why a person's own text cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It uses something that a notice does not know (R82).
    #[error(
        "{{{0}}} is not known here; use {{name}}, {{until}}, {{back}}, {{substitute}}, {{substitute_mail}}, {{substitute_phone}} or {{company}}"
    )]
    Unknown(String),
    /// A brace is opened and not closed.
    #[error("a {{ has no }} after it")]
    Unclosed,
    /// It is longer than a notice can be (R74).
    #[error("it has {0} bytes; a notice can carry {LONGEST_OWN}")]
    TooLong(usize),
}

/// Checks a person's own text before it is saved (R82).
pub fn check_template(text: &str) -> Result<(), TemplateError> {
    if text.len() > LONGEST_OWN {
        return Err(TemplateError::TooLong(text.len()));
    }
    for piece in text.split('{').skip(1) {
        let (name, _) = piece.split_once('}').ok_or(TemplateError::Unclosed)?;
        if !VARIABLES.contains(&name) {
            return Err(TemplateError::Unknown(name.chars().take(40).collect()));
        }
    }
    Ok(())
}

/// What the variables stand for. Everything that a notice can say is in here.
struct Values<'a> {
    plan: &'a Plan,
    company: &'a str,
    language: Language,
}

impl Values<'_> {
    fn of(&self, variable: &str) -> Option<String> {
        let substitute = self.plan.substitute.as_ref();
        let value = match variable {
            "name" => self.plan.from.name.clone(),
            "until" => self.plan.last_day.map(|day| date(day, self.language)),
            "back" => self.plan.first_day_back.map(|day| date(day, self.language)),
            "substitute" => substitute.map(|named| named.name.clone()),
            "substitute_mail" => substitute.map(|named| named.address.to_string()),
            "substitute_phone" => substitute.and_then(|named| named.phone.clone()),
            "company" => Some(self.company.to_owned()),
            "subject" => self.plan.subject.clone(),
            _ => None,
        };
        let longest = if variable == "subject" { LONGEST_SUBJECT } else { LONGEST_NAME };
        value.map(|value| clean(&value, longest)).filter(|value| !value.is_empty())
    }

    /// A line with its variables filled in; `None` if one has no value.
    fn line(&self, line: &str) -> Option<String> {
        let mut pieces = line.split('{');
        let mut out = pieces.next().unwrap_or("").to_owned();
        for piece in pieces {
            let (name, rest) = piece.split_once('}')?;
            out.push_str(&self.of(name)?);
            out.push_str(rest);
        }
        Some(out)
    }

    fn section(&self, name: &str) -> String {
        self.line(section(self.language, name)).unwrap_or_default()
    }

    fn away(&self) -> String {
        self.section(match (self.plan.last_day, self.plan.first_day_back) {
            (Some(_), Some(_)) => "away-until-back",
            (Some(_), None) => "away-until",
            (None, Some(_)) => "away-back",
            (None, None) => "away-open",
        })
    }

    fn stands_in(&self) -> String {
        let phone = self.of("substitute_phone");
        self.section(match (&self.plan.substitute, phone) {
            (Some(_), Some(_)) => "substitute-phone",
            (Some(_), None) => "substitute",
            (None, _) => "substitute-none",
        })
    }

    fn has_it(&self) -> String {
        if self.plan.substitute_has_it { self.section("substitute-has-it") } else { String::new() }
    }

    fn shipped(&self) -> String {
        let second = paragraph(&[self.stands_in(), self.has_it()]);
        joined(&[self.section("automatic"), paragraph(&[self.away(), second]), self.section("company")], "\n\n")
    }

    fn own(&self, text: &str) -> String {
        let lines = text.lines().filter_map(|line| self.line(&clean(line, LONGEST_OWN)));
        let written = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
        let dated = text.contains("{until}") || text.contains("{back}");
        let away = if dated && (self.plan.last_day.is_some() || self.plan.first_day_back.is_some()) {
            String::new()
        } else {
            self.away()
        };
        let reachable = text.contains("{substitute_mail}") || self.plan.substitute.is_none();
        let stands_in = if reachable { String::new() } else { self.stands_in() };
        let facts = paragraph(&[self.section("automatic"), away, stands_in, self.has_it()]);
        joined(&[written, facts], "\n\n")
    }
}

/// The subject, on one line (R71 to R73).
pub(super) fn subject(plan: &Plan, company: &str) -> String {
    let language = plan.texts.first().map_or(Language::En, |text| text.language);
    let values = Values { plan, company, language };
    let subject = values.section(if plan.subject.is_some() { "subject" } else { "subject-none" });
    let subject = if subject.is_empty() { values.section("subject-none") } else { subject };
    clean(&subject, LONGEST_SUBJECT)
}

/// The body: a text for each language, at most 2 KiB (R74).
pub(super) fn body(plan: &Plan, company: &str) -> String {
    let whole = assembled(plan, company, plan.texts.len());
    if whole.len() <= LONGEST_BODY {
        return whole;
    }
    // Two long own texts: the second gives way to the shipped one.
    let mut shorter = assembled(plan, company, 1);
    while shorter.len() > LONGEST_BODY {
        shorter.pop();
    }
    shorter
}

/// The texts joined; only the first `own` of them may be the person's own.
fn assembled(plan: &Plan, company: &str, own: usize) -> String {
    let blocks = plan.texts.iter().enumerate().map(|(position, text)| {
        let values = Values { plan, company, language: text.language };
        match text.own.as_deref().filter(|text| position < own && check_template(text).is_ok()) {
            Some(written) => values.own(written),
            None => values.shipped(),
        }
    });
    joined(&blocks.collect::<Vec<_>>(), "\n\n----------\n\n")
}

fn joined(pieces: &[String], with: &str) -> String {
    pieces.iter().filter(|piece| !piece.is_empty()).cloned().collect::<Vec<_>>().join(with)
}

fn paragraph(sentences: &[String]) -> String {
    joined(sentences, "\n")
}

/// A section of the shipped texts; empty if there is none of that name.
fn section(language: Language, name: &str) -> &'static str {
    let text = match language {
        Language::En => ENGLISH,
        Language::Pl => POLISH,
    };
    let mut lines = text.lines();
    let heading = |line: &&str| line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) == Some(name);
    lines.find(heading).and_then(|_| lines.next()).unwrap_or("")
}

/// A day with weekday, month in words and year (R77). The Polish form puts the weekday behind,
/// so that it need not be declined whatever word stands before it.
fn date(day: NaiveDate, language: Language) -> String {
    let month = usize::try_from(day.month0()).unwrap_or(0);
    let weekday = usize::try_from(day.weekday().num_days_from_monday()).unwrap_or(0);
    let word = |words: &[&'static str], at: usize| words.get(at).copied().unwrap_or("");
    let (number, year) = (day.day(), day.year());
    match language {
        Language::En => format!("{}, {number} {} {year}", word(&ENGLISH_DAYS, weekday), word(&ENGLISH_MONTHS, month)),
        Language::Pl => format!("{number} {} {year} r. ({})", word(&POLISH_MONTHS, month), word(&POLISH_DAYS, weekday)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;
    use crate::model::notice::PlannedText;

    #[test]
    fn dates_name_weekday_month_and_year_in_the_language_of_the_text() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        assert_eq!(date(day, Language::En), "Friday, 27 November 2026");
        assert_eq!(date(day, Language::Pl), "27 listopada 2026 r. (piątek)");
    }

    #[test]
    fn both_languages_have_every_section() {
        let names = |text: &'static str| text.lines().filter(|line| line.starts_with('[')).collect::<Vec<_>>();
        assert_eq!(names(ENGLISH), names(POLISH));
        for name in names(ENGLISH) {
            let name = name.trim_matches(['[', ']']);
            assert!(!section(Language::En, name).is_empty() && !section(Language::Pl, name).is_empty(), "{name}");
        }
    }

    #[test]
    fn the_polish_text_says_who_until_when_and_who_stands_in() {
        assert_eq!(
            body(&plan(), "Firma sp. z o.o."),
            "To jest automatyczna odpowiedź.\n\n\
             Anna Kowalska nie odczytuje poczty do 27 listopada 2026 r. (piątek) włącznie. \
             Powrót do pracy: 30 listopada 2026 r. (poniedziałek).\n\
             W tym czasie pomoże Państwu Piotr Zieliński: piotr@firma.pl, tel. +48 22 123 45 67.\n\n\
             Firma sp. z o.o."
        );
        assert_eq!(subject(&plan(), ""), "Automatyczna odpowiedź: Pompy");
    }

    #[test]
    fn the_english_text_bends_to_what_is_known() {
        let mut plan = plan();
        plan.texts = vec![PlannedText { language: Language::En, own: None }];
        plan.subject = None;
        plan.substitute_has_it = true;
        plan.substitute.as_mut().unwrap().phone = None;
        (plan.last_day, plan.first_day_back) = (None, None);
        assert_eq!(
            body(&plan, ""),
            "This is an automatic reply.\n\nAnna Kowalska is away. The day of return is not known yet.\n\
             In the meantime please turn to Piotr Zieliński: piotr@firma.pl.\n\
             Piotr Zieliński has received your message as well."
        );
        assert_eq!(subject(&plan, ""), "Automatic reply");
        plan.substitute = None;
        assert!(body(&plan, "").contains("Your message will be read after the return."));
    }

    #[test]
    fn an_own_text_is_used_and_completed() {
        let mut plan = plan();
        plan.texts[0].own = Some("Dzień dobry,\nwracam {back}.\nTelefon: {substitute_phone}\nPozdrawiam".into());
        plan.substitute.as_mut().unwrap().phone = None;
        let text = body(&plan, "");
        assert!(
            text.starts_with("Dzień dobry,\nwracam 30 listopada 2026 r. (poniedziałek).\nPozdrawiam\n\n"),
            "{text}"
        );
        assert!(text.contains("automatyczna odpowiedź") && text.contains("piotr@firma.pl"), "{text}");
        assert!(!text.contains("nie odczytuje"), "{text}");
    }

    #[test]
    fn texts_with_other_variables_are_refused() {
        assert_eq!(check_template("{name} is away until {until}, {company}"), Ok(()));
        assert_eq!(check_template("deal {amount}"), Err(TemplateError::Unknown("amount".into())));
        assert_eq!(check_template("{ name}"), Err(TemplateError::Unknown(" name".into())));
        assert_eq!(check_template("{name"), Err(TemplateError::Unclosed));
        assert_eq!(check_template("{subject}"), Err(TemplateError::Unknown("subject".into())));
        assert!(matches!(check_template(&"x".repeat(1201)), Err(TemplateError::TooLong(1201))));
    }

    #[test]
    fn a_value_that_looks_like_a_variable_is_not_filled_in_again() {
        let mut plan = plan();
        plan.from.name = Some("{substitute_phone}".into());
        assert!(body(&plan, "").contains("{substitute_phone} nie odczytuje"));
    }

    #[test]
    fn a_body_never_exceeds_two_kibibytes() {
        let mut plan = plan();
        let long = "ż".repeat(600);
        plan.from.name = Some("Ż".repeat(500));
        plan.texts =
            [Language::Pl, Language::En].map(|language| PlannedText { language, own: Some(long.clone()) }).into();
        let text = body(&plan, &"ą".repeat(5000));
        assert!(text.len() <= LONGEST_BODY && text.contains("----------"), "{}", text.len());
    }
}

//! The words of a notice (R71 to R78, R82).
//!
//! Shipped texts are data, one file a language, in named sections (`model::phrases`); a text that the
//! person, their team or the company wrote may stand in their place and use the same variables. The
//! values that variables take are listed in one place below, so nothing of a record can get into a
//! notice (R82, R83). A line of an own text whose variable has no value is left out. What R76 demands
//! and an own text does not say (that it is automatic, until when, who stands in) is added from the
//! shipped sections.

use super::wire::clean;
use crate::model::notice::{Language, Plan};
use crate::model::phrases::{Phrasebook, Phrases};

/// Longest own text, in bytes, so that a notice stays under 2 KiB (R74).
const LONGEST_OWN: usize = 1200;
/// Longest body, in bytes (R74).
const LONGEST_BODY: usize = 2048;
/// Longest subject, in characters (R72).
const LONGEST_SUBJECT: usize = 200;
/// Longest name, in characters.
const LONGEST_NAME: usize = 100;

/// The variables that a text may use (R82).
pub const VARIABLES: &[&str] =
    &["name", "until", "back", "substitute", "substitute_mail", "substitute_phone", "company"];

/// Why an own text cannot be saved. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It uses something that a notice does not know (R82).
    #[error("line {line}: {{{variable}}} is not known here; use {known}", known = known())]
    Unknown {
        /// What stands between the braces.
        variable: String,
        /// Where.
        line: usize,
    },
    /// A brace is opened and not closed.
    #[error("line {0}: a {{ has no }} after it")]
    Unclosed(usize),
    /// It is longer than a notice can be (R74).
    #[error("it has {0} bytes; a notice can carry {LONGEST_OWN}")]
    TooLong(usize),
}

impl TemplateError {
    /// The bytes that a text may have.
    pub const LONGEST: usize = LONGEST_OWN;
}

/// The variables as they are written.
fn known() -> String {
    VARIABLES.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ")
}

/// Checks an own text before it is saved (R82).
pub fn check_template(text: &str) -> Result<(), TemplateError> {
    if text.len() > LONGEST_OWN {
        return Err(TemplateError::TooLong(text.len()));
    }
    for (number, line) in text.lines().enumerate() {
        let line_number = number + 1;
        for piece in line.split('{').skip(1) {
            let (name, _) = piece.split_once('}').ok_or(TemplateError::Unclosed(line_number))?;
            if !VARIABLES.contains(&name) {
                let variable = name.chars().take(40).collect();
                return Err(TemplateError::Unknown { variable, line: line_number });
            }
        }
    }
    Ok(())
}

/// What the variables stand for. Everything that a notice can say is in here.
struct Values<'a> {
    plan: &'a Plan,
    company: &'a str,
    phrases: Option<&'a Phrases>,
}

impl Values<'_> {
    fn of(&self, variable: &str) -> Option<String> {
        let substitute = self.plan.substitute.as_ref();
        let value = match variable {
            "name" => self.plan.from.name.clone(),
            "until" => self.plan.last_day.zip(self.phrases).map(|(day, phrases)| phrases.date(day)),
            "back" => self.plan.first_day_back.zip(self.phrases).map(|(day, phrases)| phrases.date(day)),
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
        self.phrases.and_then(|phrases| self.line(phrases.section(name))).unwrap_or_default()
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
pub(super) fn subject(plan: &Plan, company: &str, book: &Phrasebook) -> String {
    let language = plan.texts.first().map_or(Language::En, |text| text.language);
    let values = Values { plan, company, phrases: book.get(language) };
    let subject = values.section(if plan.subject.is_some() { "subject" } else { "subject-none" });
    let subject = if subject.is_empty() { values.section("subject-none") } else { subject };
    clean(&subject, LONGEST_SUBJECT)
}

/// The body: a text for each language, at most 2 KiB (R74).
pub(super) fn body(plan: &Plan, company: &str, book: &Phrasebook) -> String {
    let whole = assembled(plan, (company, book), plan.texts.len());
    if whole.len() <= LONGEST_BODY {
        return whole;
    }
    // Two long own texts: the second gives way to the shipped one.
    let mut shorter = assembled(plan, (company, book), 1);
    while shorter.len() > LONGEST_BODY {
        shorter.pop();
    }
    shorter
}

/// The texts joined; only the first `own` of them may be somebody's own.
fn assembled(plan: &Plan, (company, book): (&str, &Phrasebook), own: usize) -> String {
    let blocks = plan.texts.iter().enumerate().map(|(position, text)| {
        let values = Values { plan, company, phrases: book.get(text.language) };
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

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;
    use crate::model::notice::PlannedText;
    use crate::model::notice_text::Source;

    fn body(plan: &Plan, company: &str) -> String {
        super::body(plan, company, &Phrasebook::default())
    }

    fn subject(plan: &Plan, company: &str) -> String {
        super::subject(plan, company, &Phrasebook::default())
    }

    fn planned(language: Language, own: Option<String>) -> PlannedText {
        PlannedText { language, own, source: Source::Person }
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
        plan.texts = vec![planned(Language::En, None)];
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
        let unknown = |variable: &str, line| Err(TemplateError::Unknown { variable: variable.into(), line });
        assert_eq!(check_template("deal {amount}"), unknown("amount", 1));
        assert_eq!(check_template("{name}\n\n{ name}"), unknown(" name", 3));
        assert_eq!(check_template("a\n{name"), Err(TemplateError::Unclosed(2)));
        assert_eq!(check_template("{na\nme}"), Err(TemplateError::Unclosed(1)));
        assert_eq!(check_template("{subject}"), unknown("subject", 1));
        let told = check_template("x\n{amount}").unwrap_err().to_string();
        assert_eq!(
            told,
            "line 2: {amount} is not known here; use {name}, {until}, {back}, {substitute}, {substitute_mail}, \
             {substitute_phone}, {company}"
        );
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
        plan.texts = [Language::Pl, Language::En].map(|language| planned(language, Some(long.clone()))).into();
        let text = body(&plan, &"ą".repeat(5000));
        assert!(text.len() <= LONGEST_BODY && text.contains("----------"), "{}", text.len());
    }
}

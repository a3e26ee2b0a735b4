//! The words of a notice (R71 to R78, R82).
//!
//! Shipped texts are data, one file a language, in named sections (`model::phrases`); a text that the
//! person, their team or the company wrote may stand in their place and use the same variables. The
//! values that variables take are listed in one place below, so nothing of a record can get into a
//! notice (R82, R83). A line of an own text whose variable has no value is left out. What R76 demands
//! and the lines that are left do not say (that it is automatic, who is away, until when, who stands in)
//! is added from the shipped sections.

use super::wire::clean;
use crate::model::address::Address;
use crate::model::notice::{Language, Named, Plan};
use crate::model::phrases::{Phrasebook, Phrases};

/// Longest own text, in bytes, so that a notice stays under 2 KiB (R74).
const LONGEST_OWN: usize = 1200;
/// Longest body, in bytes (R74).
const LONGEST_BODY: usize = 2048;
/// Longest subject, in characters (R72).
const LONGEST_SUBJECT: usize = 200;
/// Longest name, in characters …
const LONGEST_NAME: usize = 100;
/// … and in bytes.
const LONGEST_NAME_BYTES: usize = 160;

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

impl<'a> Values<'a> {
    /// The values in a language; in English where that has no words any more.
    fn of_text(plan: &'a Plan, (company, book): (&'a str, &'a Phrasebook), language: Language) -> Values<'a> {
        Values { plan, company, phrases: book.get(language).or_else(|| book.get(Language::En)) }
    }

    fn of(&self, variable: &str) -> Option<String> {
        let substitute = self.plan.substitute.as_ref();
        let value = match variable {
            "name" => Some(or_address(self.plan.from.name.as_deref(), &self.plan.from.address)),
            "until" => self.plan.last_day.zip(self.phrases).map(|(day, phrases)| phrases.date(day)),
            "back" => self.plan.first_day_back.zip(self.phrases).map(|(day, phrases)| phrases.date(day)),
            "substitute" => substitute.map(|named| or_address(Some(&named.name), &named.address)),
            // Never cut: half an address is somebody else's.
            "substitute_mail" => return substitute.map(|named| named.address.to_string()),
            "substitute_phone" => substitute.and_then(|named| named.phone.as_deref()).map(short),
            "company" => Some(short(self.company)),
            "subject" => self.plan.subject.as_deref().map(|subject| clean(subject, LONGEST_SUBJECT)),
            _ => None,
        };
        value.filter(|value| !value.is_empty())
    }

    /// A line with its variables filled in, and which they are; `None` if one has no value.
    fn line(&self, line: &str) -> Option<(String, Vec<&'static str>)> {
        let mut pieces = line.split('{');
        let mut out = pieces.next().unwrap_or("").to_owned();
        let mut said = Vec::new();
        for piece in pieces {
            let (name, rest) = piece.split_once('}')?;
            out.push_str(&self.of(name)?);
            out.push_str(rest);
            said.extend(VARIABLES.iter().find(|known| **known == name));
        }
        Some((out, said))
    }

    fn section(&self, name: &str) -> String {
        let filled = self.phrases.and_then(|phrases| self.line(phrases.section(name)));
        filled.map(|(line, _)| line).unwrap_or_default()
    }

    /// Who is away and until when, as far as `said` does not say it (R76). The first day back is always said
    /// where it is known (R77).
    fn away(&self, said: &[&str]) -> String {
        let has = |variable| said.contains(&variable);
        let section = match (self.plan.last_day, self.plan.first_day_back) {
            (None, None) => "away-open",
            (_, Some(_)) if has("back") && has("name") => return String::new(),
            (_, Some(_)) if has("back") => "away",
            (Some(_), Some(_)) if !has("until") => "away-until-back",
            (_, Some(_)) => "away-back",
            (Some(_), None) if has("until") && has("name") => return String::new(),
            (Some(_), None) if has("until") => "away",
            (Some(_), None) => "away-until",
        };
        self.section(section)
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

    /// The shipped text; `brief` leaves out what need not be said.
    fn shipped(&self, brief: bool) -> String {
        let unless = |text: String| if brief { String::new() } else { text };
        let second = paragraph(&[self.stands_in(), unless(self.has_it())]);
        let (automatic, company) = (self.section("automatic"), unless(self.section("company")));
        joined(&[automatic, paragraph(&[self.away(&[]), second]), company], "\n\n")
    }

    /// An own text, and below it what it does not say. That is worked out from the lines that stay: what a line
    /// that was left out would have said is said nowhere.
    fn own(&self, text: &str) -> String {
        let (mut lines, mut said) = (Vec::new(), Vec::new());
        for (line, variables) in text.lines().filter_map(|line| self.line(&clean(line, LONGEST_OWN))) {
            lines.push(line);
            said.extend(variables);
        }
        let reachable = said.contains(&"substitute") && said.contains(&"substitute_mail");
        let named = reachable || self.plan.substitute.is_none();
        let stands_in = if named { String::new() } else { self.stands_in() };
        let facts = paragraph(&[self.section("automatic"), self.away(&said), stands_in, self.has_it()]);
        joined(&[lines.join("\n").trim().to_owned(), facts], "\n\n")
    }
}

/// A name as it stands in a text; where nothing of it can be shown, the address.
fn or_address(name: Option<&str>, address: &Address) -> String {
    name.map(short).filter(|name| !name.is_empty()).unwrap_or_else(|| address.to_string())
}

/// A value on one line, short enough that what must be said finds its place (R74).
fn short(value: &str) -> String {
    let mut value = clean(value, LONGEST_NAME);
    while value.len() > LONGEST_NAME_BYTES {
        value.pop();
    }
    value.trim_end().to_owned()
}

/// The subject, on one line (R71 to R73).
pub(super) fn subject(plan: &Plan, company: &str, book: &Phrasebook) -> String {
    let language = plan.texts.first().map_or(Language::En, |text| text.language);
    let values = Values::of_text(plan, (company, book), language);
    let subject = values.section(if plan.subject.is_some() { "subject" } else { "subject-none" });
    let subject = if subject.is_empty() { values.section("subject-none") } else { subject };
    clean(&subject, LONGEST_SUBJECT)
}

/// The body: a text for each language, at most 2 KiB (R74). What people wrote gives way before what a notice
/// must say (R76): first the second own text, then the first, then the second language.
pub(super) fn body(plan: &Plan, company: &str, book: &Phrasebook) -> String {
    let all = plan.texts.len();
    let steps = [(all, all, false), (all, 1, false), (all, 0, false), (1, 0, false), (1, 0, true)];
    let mut whole = String::new();
    for (texts, own, brief) in steps {
        whole = assembled(plan, (company, book), (texts, own, brief));
        if whole.len() <= LONGEST_BODY {
            return whole;
        }
    }
    while whole.len() > LONGEST_BODY {
        whole.pop();
    }
    whole
}

/// The lines of own texts that a body leaves out, because a variable in them has no value, each as it was written.
pub(super) fn left_out(plan: &Plan, company: &str, book: &Phrasebook) -> Vec<String> {
    let mut lines = Vec::new();
    for text in &plan.texts {
        let values = Values::of_text(plan, (company, book), text.language);
        let own = text.own.as_deref().filter(|own| check_template(own).is_ok()).unwrap_or_default();
        lines.extend(own.lines().filter(|line| values.line(line).is_none()).map(str::to_owned));
    }
    lines
}

/// Whom a body names: the substitute that was planned, if their name stands in it.
pub(super) fn named<'p>(plan: &'p Plan, body: &str) -> Option<&'p Named> {
    plan.substitute.as_ref().filter(|named| body.contains(&or_address(Some(&named.name), &named.address)))
}

/// The first `texts` texts joined; only the first `own` of them may be somebody's own.
fn assembled(plan: &Plan, words: (&str, &Phrasebook), (texts, own, brief): (usize, usize, bool)) -> String {
    let blocks = plan.texts.iter().take(texts).enumerate().map(|(position, text)| {
        let values = Values::of_text(plan, words, text.language);
        match text.own.as_deref().filter(|text| position < own && check_template(text).is_ok()) {
            Some(written) => values.own(written),
            None => values.shipped(brief),
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
        assert!(text.contains("Anna Kowalska nie odczytuje teraz poczty."), "{text}");
        assert_eq!(text.matches("30 listopada").count(), 1, "{text}");
        assert_eq!(left_out(&plan, "", &Phrasebook::default()), ["Telefon: {substitute_phone}"]);
    }

    /// Text that somebody wrote, for Anna, whose absence has these ends, and with or without Piotr.
    fn own_text(text: &str, (until, back, substitute): (bool, bool, bool)) -> String {
        let mut plan = plan();
        plan.texts[0].own = Some(text.into());
        plan.last_day = plan.last_day.filter(|_| until);
        plan.first_day_back = plan.first_day_back.filter(|_| back);
        plan.substitute = plan.substitute.filter(|_| substitute);
        body(&plan, "Wodnik")
    }

    #[test]
    fn a_line_that_is_left_out_says_nothing() {
        let open = own_text("Zastępuje mnie {substitute} ({substitute_mail}) do {until}.", (false, false, true));
        assert_eq!(
            open,
            "To jest automatyczna odpowiedź.\nAnna Kowalska nie odczytuje teraz poczty. Data powrotu nie jest jeszcze znana.\n\
             W tym czasie pomoże Państwu Piotr Zieliński: piotr@firma.pl, tel. +48 22 123 45 67."
        );
        let alone = own_text("Jestem chora do {until}, dzwoń {substitute}", (true, true, false));
        assert_eq!(
            alone,
            "To jest automatyczna odpowiedź.\nAnna Kowalska nie odczytuje poczty do 27 listopada 2026 r. (piątek) włącznie. \
             Powrót do pracy: 30 listopada 2026 r. (poniedziałek)."
        );
        let team = own_text("Pozdrawiamy, {company}\nOdpowiada {substitute} do {until}.", (true, true, false));
        assert!(team.starts_with("Pozdrawiamy, Wodnik\n\n") && team.contains("27 listopada"), "{team}");
    }

    #[test]
    fn the_first_day_back_and_who_is_away_are_added_where_a_text_says_only_until_when() {
        let text = own_text("Nie ma mnie do {until}.", (true, true, true));
        assert!(text.contains("Anna Kowalska nie odczytuje teraz poczty. Powrót do pracy: 30 listopada"), "{text}");
        assert_eq!(text.matches("27 listopada").count(), 1, "{text}");
        let named = own_text("{name} wraca {back}.", (true, true, true));
        assert!(!named.contains("nie odczytuje"), "{named}");
        let address_alone = own_text("Proszę pisać: {substitute_mail}", (true, true, true));
        assert!(address_alone.contains("pomoże Państwu Piotr Zieliński"), "{address_alone}");
    }

    #[test]
    fn whoever_has_no_name_to_show_is_called_by_the_address() {
        let mut plan = plan();
        plan.from.name = Some("\u{202e} \u{200b}".into());
        plan.substitute.as_mut().unwrap().name = String::new();
        let text = body(&plan, "");
        assert!(
            text.contains("anna@firma.pl nie odczytuje") && text.contains("pomoże Państwu piotr@firma.pl:"),
            "{text}"
        );
        assert!(named(&plan, &text).is_some());
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

    #[test]
    fn an_own_text_that_grows_too_long_gives_way_to_what_must_be_said() {
        let mut plan = plan();
        plan.from.name = Some("Ż".repeat(80));
        plan.texts[0].own = Some("{name} ".repeat(150));
        let text = body(&plan, "");
        assert!(text.len() <= LONGEST_BODY && text.contains("30 listopada"), "{text}");
        assert!(text.ends_with("tel. +48 22 123 45 67."), "{text}");
    }
}

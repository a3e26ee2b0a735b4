//! Whether a rule can be one: compiles it, or says which rule, which field, what is wrong with it
//! and where.

use super::fault::{Fault, Flaw};
use super::letter::is_kept;
use super::test::{How, Test};
use crate::model::address::{Address, domain_part};
use crate::model::mail::{Author, Channel};
use crate::model::rule::{Condition, Field, Rule};
use regex::{Regex, RegexBuilder};

/// Conditions that a rule may have.
pub(super) const MOST_CONDITIONS: usize = 100;
/// Characters of a name, text or expression.
const LONGEST: usize = 1_000;
/// Octets that one compiled expression may take, and its cache while it searches. What is larger
/// is slow on every mail (`hostile.rs` measures the worst that fits).
const LARGEST: usize = 96 * 1024;
/// How deep groups may lie in each other.
const DEEPEST: u32 = 40;
/// Header fields at which no rule looks, for messages.
pub const NO_RULE_LOOKS_AT: &str = "Received, DKIM-Signature, ARC-…, Authentication-Results and their like";

/// A piece of the text that names a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it stands.
    Text(String),
    /// What the group of this name found.
    Group(String),
}

/// The conditions of a rule, compiled.
#[derive(Clone, Debug, Default)]
pub(super) struct Tests {
    pub all: Vec<Test>,
    pub any: Vec<Test>,
    pub none: Vec<Test>,
    pub regard: Option<Vec<Piece>>,
    pub account: Option<Vec<Piece>>,
}

/// Collects what is wrong with one rule.
struct Checking<'r> {
    rule: &'r str,
    faults: Vec<Fault>,
}

impl Checking<'_> {
    fn fault(&mut self, field: impl Into<String>, at: Option<usize>, why: Flaw) {
        self.faults.push(Fault { rule: self.rule.to_owned(), field: field.into(), at, why });
    }
}

/// The conditions and actions of a rule, compiled; or everything that is wrong with it. `called`
/// is what messages call it.
pub(super) fn compile(rule: &Rule, called: &str) -> Result<Tests, Vec<Fault>> {
    let mut checking = Checking { rule: called, faults: Vec::new() };
    if rule.name.trim().is_empty() || rule.name.chars().count() > 100 || rule.name.contains(char::is_control) {
        checking.fault("name", None, Flaw::Name);
    }
    let count = rule.all.len() + rule.any.len() + rule.none.len();
    if count > MOST_CONDITIONS {
        checking.fault("conditions", None, Flaw::TooManyConditions(count));
        return Err(checking.faults);
    }
    let list = |checking: &mut Checking<'_>, word: &str, list: &[Condition]| -> Vec<Test> {
        list.iter().enumerate().filter_map(|(n, c)| condition(checking, &format!("{word} {}", n + 1), c)).collect()
    };
    let (all, any) = (list(&mut checking, "all", &rule.all), list(&mut checking, "any", &rule.any));
    let none = list(&mut checking, "none", &rule.none);
    let groups: Vec<&str> = all.iter().chain(&any).flat_map(groups).collect();
    let then = &rule.then;
    let regard = then.regard.as_ref().and_then(|text| named(&mut checking, "regard", text, &groups));
    let account = then.account.as_ref().and_then(|text| named(&mut checking, "account", text, &groups));
    actions(&mut checking, rule);
    let groups_are_used = Tests { all, any, none, regard, account };
    if checking.faults.is_empty() { Ok(groups_are_used) } else { Err(checking.faults) }
}

fn actions(checking: &mut Checking<'_>, rule: &Rule) {
    let then = &rule.then;
    if then.queue.is_some() {
        checking.fault("then, queue", None, Flaw::NoQueues);
    }
    let makes = then.create.is_some();
    if let Some(what) = then.create.as_deref().filter(|what| !matches!(*what, "lead" | "opportunity")) {
        checking.fault("then, create", None, Flaw::NotMade(what.to_owned()));
    }
    match (makes, then.assign.is_empty()) {
        (true, true) => checking.fault("then, assign", None, Flaw::NobodyGetsIt),
        (false, false) => checking.fault("then, assign", None, Flaw::NothingToGive),
        _ => {}
    }
    if then.assign.len() > MOST_CONDITIONS || then.assign.iter().any(|name| name.trim().is_empty()) {
        checking.fault("then, assign", None, Flaw::BadReceivers);
    }
    let links = then.regard.is_some() || then.account.is_some();
    let hides = then.ignore || then.private;
    if !links && !hides && !makes && then.queue.is_none() && then.assign.is_empty() && !then.confidential {
        checking.fault("then", None, Flaw::DoesNothing);
    }
    if (links || makes) && hides {
        checking.fault("then", None, Flaw::LinksAndHides);
    }
    if makes && then.regard.is_some() {
        checking.fault("then", None, Flaw::NamesAndMakes);
    }
}

/// The names of the groups of an expression.
fn groups(test: &Test) -> impl Iterator<Item = &str> {
    let regex = match &test.how {
        How::Finds(regex, _) => Some(regex),
        _ => None,
    };
    regex.into_iter().flat_map(|regex| regex.capture_names().flatten())
}

fn condition(checking: &mut Checking<'_>, place: &str, condition: &Condition) -> Option<Test> {
    let header = header(checking, place, condition)?;
    let ways = [
        condition.is.is_some(),
        condition.contains.is_some(),
        condition.matches.is_some(),
        condition.over.is_some(),
        condition.under.is_some(),
    ];
    if ways.iter().filter(|way| **way).count() != 1 {
        checking.fault(place, None, Flaw::OneWay);
        return None;
    }
    let how = match condition {
        Condition { is: Some(text), .. } => exactly(checking, place, condition.field, text)?,
        Condition { contains: Some(text), .. } => contains(checking, place, condition.field, text)?,
        Condition { matches: Some(text), .. } => matches(checking, place, condition.field, text)?,
        Condition { over: Some(size), .. } => octets(checking, place, condition.field, "over", *size).map(How::Over)?,
        Condition { under: Some(size), .. } => {
            octets(checking, place, condition.field, "under", *size).map(How::Under)?
        }
        _ => return None,
    };
    Some(Test { field: condition.field, header, how })
}

fn header(checking: &mut Checking<'_>, place: &str, condition: &Condition) -> Option<String> {
    let place = format!("{place}, header");
    match (&condition.header, condition.field == Field::Header) {
        (None, false) => Some(String::new()),
        (Some(_), false) => {
            checking.fault(place, None, Flaw::HeaderElsewhere(condition.field.word()));
            None
        }
        (None, true) => {
            checking.fault(place, None, Flaw::HeaderMissing);
            None
        }
        (Some(name), true) => {
            let name = name.trim().trim_end_matches(':').to_ascii_lowercase();
            let bad = name.chars().position(|c| !c.is_ascii_graphic() || c == ':');
            if name.is_empty() || name.len() > 100 || bad.is_some() {
                checking.fault(place, bad.map(|at| at + 1), Flaw::HeaderBad);
                None
            } else if !is_kept(&name) {
                checking.fault(place, None, Flaw::HeaderNotKept);
                None
            } else {
                Some(name)
            }
        }
    }
}

/// A text that is not empty and not too long.
fn text<'t>(checking: &mut Checking<'_>, place: String, text: &'t str) -> Option<&'t str> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        checking.fault(place, None, Flaw::Empty);
        return None;
    }
    if length > LONGEST {
        checking.fault(place, Some(LONGEST + 1), Flaw::TooLong { length, most: LONGEST });
        return None;
    }
    Some(text)
}

fn exactly(checking: &mut Checking<'_>, place: &str, field: Field, wanted: &str) -> Option<How> {
    let place = format!("{place}, is");
    let wanted = text(checking, place.clone(), wanted)?.trim();
    match field {
        Field::Sender | Field::Recipient => match Address::parse(wanted) {
            Ok(address) => Some(How::Is(address.to_string())),
            Err(error) => {
                checking.fault(place, None, Flaw::NoAddress(wanted.to_owned(), error.to_string()));
                None
            }
        },
        Field::Domain | Field::RecipientDomain => match domain_part(wanted.trim_start_matches('@')) {
            Ok(domain) if !domain.contains('@') => Some(How::Below(domain)),
            _ => {
                checking.fault(place, None, Flaw::NoDomain(wanted.to_owned()));
                None
            }
        },
        Field::Author => match (wanted, Author::from_word(wanted)) {
            ("machine", _) => Some(How::ByMachine),
            (_, Some(author)) => Some(How::By(author)),
            (_, None) => {
                checking.fault(place, None, Flaw::NoAuthor);
                None
            }
        },
        Field::Channel => match Channel::from_word(wanted) {
            Some(channel) => Some(How::Came(channel)),
            None => {
                checking.fault(place, None, Flaw::NoChannel);
                None
            }
        },
        Field::Size => {
            checking.fault(place, None, Flaw::SizeAsText);
            None
        }
        _ => Some(How::Is(wanted.to_lowercase())),
    }
}

fn contains(checking: &mut Checking<'_>, place: &str, field: Field, wanted: &str) -> Option<How> {
    let place = format!("{place}, contains");
    let wanted = text(checking, place.clone(), wanted)?;
    textual(checking, place.clone(), field)?;
    let mut builder = RegexBuilder::new(&regex::escape(wanted));
    let built = builder.case_insensitive(true).unicode(!wanted.is_ascii()).build();
    match built {
        Ok(regex) => Some(How::Finds(regex, super::sieve::piece(wanted))),
        Err(_) => {
            checking.fault(place, None, Flaw::TooLongToFind);
            None
        }
    }
}

/// Whether a field has text that can be searched.
fn textual(checking: &mut Checking<'_>, place: String, field: Field) -> Option<()> {
    match field {
        Field::Size => checking.fault(place, None, Flaw::SizeAsText),
        Field::Author | Field::Channel => checking.fault(place, None, Flaw::OnlyIs),
        _ => return Some(()),
    }
    None
}

fn matches(checking: &mut Checking<'_>, place: &str, field: Field, wanted: &str) -> Option<How> {
    let place = format!("{place}, matches");
    let wanted = text(checking, place.clone(), wanted)?;
    textual(checking, place.clone(), field)?;
    match expression(wanted) {
        Ok(regex) => Some(How::Finds(regex, super::sieve::literals(wanted))),
        Err((at, why)) => {
            checking.fault(place, at, why);
            None
        }
    }
}

/// An expression, compiled; or the character at which it goes wrong, and why.
pub(super) fn expression(text: &str) -> Result<Regex, (Option<usize>, Flaw)> {
    let mut parser = regex_syntax::ParserBuilder::new().nest_limit(DEEPEST).build();
    if let Err(error) = parser.parse(text) {
        let (offset, why) = match &error {
            regex_syntax::Error::Parse(error) => (Some(error.span().start.offset), error.kind().to_string()),
            regex_syntax::Error::Translate(error) => (Some(error.span().start.offset), error.kind().to_string()),
            other => (None, other.to_string()),
        };
        let at = offset.map(|offset| text.get(..offset).map_or(0, |before| before.chars().count()) + 1);
        return Err((at, Flaw::Expression(why)));
    }
    let built = RegexBuilder::new(text).nest_limit(DEEPEST).size_limit(LARGEST).dfa_size_limit(4 * LARGEST).build();
    built.map_err(|_| (None, Flaw::ExpressionTooLarge))
}

fn octets(checking: &mut Checking<'_>, place: &str, field: Field, word: &'static str, size: i64) -> Option<i64> {
    let place = format!("{place}, {word}");
    if field != Field::Size {
        checking.fault(place, None, Flaw::OnlySize(word));
        return None;
    }
    if size < 0 {
        checking.fault(place, None, Flaw::NegativeSize);
        return None;
    }
    Some(size)
}

/// The text that names a record, in pieces.
fn named(checking: &mut Checking<'_>, word: &str, wanted: &str, groups: &[&str]) -> Option<Vec<Piece>> {
    let place = format!("then, {word}");
    let wanted = text(checking, place.clone(), wanted)?;
    let mut pieces = Vec::new();
    let mut rest = wanted;
    let at = |rest: &str| wanted.chars().count() - rest.chars().count() + 1;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let Some((group, behind)) = after.split_once('}') else {
            checking.fault(place, Some(at(after) - 1), Flaw::OpenBrace);
            return None;
        };
        if !groups.contains(&group) {
            let groups = groups.iter().map(|group| (*group).to_owned()).collect();
            checking.fault(place, Some(at(after)), Flaw::NoGroup { wanted: group.to_owned(), groups });
            return None;
        }
        pieces.push(Piece::Group(group.to_owned()));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Some(pieces)
}

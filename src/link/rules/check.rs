//! Whether a rule can be one: compiles it, or says which rule, which field, what is wrong with it
//! and where.

use super::letter::is_kept;
use super::test::{How, Test};
use crate::model::address::{Address, domain_part};
use crate::model::mail::{Author, Channel};
use crate::model::rule::{Condition, Field, Rule};
use regex::{Regex, RegexBuilder};

/// Rules that a set may have.
pub const MOST_RULES: usize = 1_000;
/// Conditions that a rule may have.
const MOST_CONDITIONS: usize = 100;
/// Characters of a name, text or expression.
const LONGEST: usize = 1_000;
/// Octets that one compiled expression may take, and its cache while it searches. What is larger
/// is slow on every mail (`hostile.rs` measures the worst that fits).
const LARGEST: usize = 96 * 1024;
/// How deep groups may lie in each other.
const DEEPEST: u32 = 40;
/// Header fields at which no rule looks, for messages.
pub const NO_RULE_LOOKS_AT: &str = "Received, DKIM-Signature, ARC-…, Authentication-Results and their like";

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule's name; its place in the set where it has none.
    pub rule: String,
    /// Which field: `name`, `all 2, matches`, `then, regard`.
    pub field: String,
    /// The character in that field at which it goes wrong, counted from 1.
    pub at: Option<usize>,
    /// What is wrong, and what to do.
    pub why: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rule `{}`, {}", self.rule, self.field)?;
        if let Some(at) = self.at {
            write!(f, ", at character {at}")?;
        }
        write!(f, ": {}", self.why)
    }
}

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
    fn fault(&mut self, field: impl Into<String>, at: Option<usize>, why: impl Into<String>) {
        self.faults.push(Fault { rule: self.rule.to_owned(), field: field.into(), at, why: why.into() });
    }
}

/// The conditions and actions of a rule, compiled; or everything that is wrong with it. `called`
/// is what messages call it.
pub(super) fn compile(rule: &Rule, called: &str) -> Result<Tests, Vec<Fault>> {
    let mut checking = Checking { rule: called, faults: Vec::new() };
    if rule.name.trim().is_empty() || rule.name.chars().count() > 100 || rule.name.contains(char::is_control) {
        checking.fault("name", None, "a rule has a name of 1 to 100 characters on one line");
    }
    let count = rule.all.len() + rule.any.len() + rule.none.len();
    if count > MOST_CONDITIONS {
        checking.fault("conditions", None, format!("there are {count} of them; {MOST_CONDITIONS} are allowed"));
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
        let why = "there are no queues; name with `assign` who gets what comes in, people or `team:NAME`, in turn";
        checking.fault("then, queue", None, why);
    }
    let makes = then.create.is_some();
    if let Some(what) = then.create.as_deref().filter(|what| !matches!(*what, "lead" | "opportunity")) {
        checking.fault("then, create", None, format!("`{what}` is not made by rules; write `lead` or `opportunity`"));
    }
    match (makes, then.assign.is_empty()) {
        (true, true) => checking.fault("then, assign", None, "say who gets what is made: logins, or `team:NAME`"),
        (false, false) => {
            let why = "only what the rule makes is given to somebody: add `create`, or use `standin assign` for records \
                       that are there";
            checking.fault("then, assign", None, why);
        }
        _ => {}
    }
    if then.assign.len() > MOST_CONDITIONS || then.assign.iter().any(|name| name.trim().is_empty()) {
        checking.fault("then, assign", None, format!("it is a list of 1 to {MOST_CONDITIONS} logins and `team:NAME`"));
    }
    if then.confidential && !makes {
        let why = "a single mail cannot be marked confidential; mark the record that it regards, with `standin access`, or \
                   have the rule make one with `create`";
        checking.fault("then, confidential", None, why);
    }
    let links = then.regard.is_some() || then.account.is_some();
    let hides = then.ignore || then.private;
    if !links && !hides && !makes && then.queue.is_none() && then.assign.is_empty() && !then.confidential {
        let why = "it does nothing; give it one of `regard`, `account`, `ignore`, `private`, `create`";
        checking.fault("then", None, why);
    }
    if (links || makes) && hides {
        checking.fault("then", None, "it both links the mail and keeps it from being linked; leave one of the two out");
    }
    if makes && then.regard.is_some() {
        checking.fault(
            "then",
            None,
            "it names a record with `regard` and makes one with `create`; leave one of the two out",
        );
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
        checking.fault(place, None, "give it exactly one of `is`, `contains`, `matches`, `over`, `under`");
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
            let field = condition.field.word();
            checking.fault(place, None, format!("it belongs to the field `header`; this one is `{field}`"));
            None
        }
        (None, true) => {
            checking.fault(place, None, "name the header field, such as `header = \"List-Id\"`");
            None
        }
        (Some(name), true) => {
            let name = name.trim().trim_end_matches(':').to_ascii_lowercase();
            let bad = name.chars().position(|c| !c.is_ascii_graphic() || c == ':');
            if name.is_empty() || name.len() > 100 || bad.is_some() {
                checking.fault(place, bad.map(|at| at + 1), "this is no name of a header field");
                None
            } else if !is_kept(&name) {
                let why = format!("rules do not look at {NO_RULE_LOOKS_AT}: they say where a copy travelled");
                checking.fault(place, None, why);
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
        checking.fault(place, None, "it is empty");
        return None;
    }
    if length > LONGEST {
        checking.fault(place, Some(LONGEST + 1), format!("it has {length} characters; {LONGEST} are allowed"));
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
                checking.fault(place, None, format!("`{wanted}` is no address: {error}"));
                None
            }
        },
        Field::Domain | Field::RecipientDomain => match domain_part(wanted.trim_start_matches('@')) {
            Ok(domain) if !domain.contains('@') => Some(How::Below(domain)),
            _ => {
                checking.fault(place, None, format!("`{wanted}` is no domain"));
                None
            }
        },
        Field::Author => match (wanted, Author::from_word(wanted)) {
            ("machine", _) => Some(How::ByMachine),
            (_, Some(author)) => Some(How::By(author)),
            (_, None) => {
                checking.fault(place, None, "it is `human`, `machine` or one kind of machine, such as `vacation`");
                None
            }
        },
        Field::Channel => match Channel::from_word(wanted) {
            Some(channel) => Some(How::Came(channel)),
            None => {
                checking.fault(place, None, "it is `direct`, `list` or `bulk`");
                None
            }
        },
        Field::Size => {
            checking.fault(place, None, "a size is compared with `over` or `under`");
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
            checking.fault(place, None, "this text is too long to look for");
            None
        }
    }
}

/// Whether a field has text that can be searched.
fn textual(checking: &mut Checking<'_>, place: String, field: Field) -> Option<()> {
    match field {
        Field::Size => checking.fault(place, None, "a size is compared with `over` or `under`"),
        Field::Author | Field::Channel => checking.fault(place, None, "it is compared with `is`"),
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
pub(super) fn expression(text: &str) -> Result<Regex, (Option<usize>, String)> {
    let mut parser = regex_syntax::ParserBuilder::new().nest_limit(DEEPEST).build();
    if let Err(error) = parser.parse(text) {
        let (offset, why) = match &error {
            regex_syntax::Error::Parse(error) => (Some(error.span().start.offset), error.kind().to_string()),
            regex_syntax::Error::Translate(error) => (Some(error.span().start.offset), error.kind().to_string()),
            other => (None, other.to_string()),
        };
        let at = offset.map(|offset| text.get(..offset).map_or(0, |before| before.chars().count()) + 1);
        return Err((
            at,
            format!("{why}; look-around and back-references are not there, since they take time without end"),
        ));
    }
    let built = RegexBuilder::new(text).nest_limit(DEEPEST).size_limit(LARGEST).dfa_size_limit(4 * LARGEST).build();
    built.map_err(|_| {
        let why = "compiled it would be too large; use smaller repetitions, `[0-9]` for `\\d`, `[a-z]` for `\\w`";
        (None, why.to_owned())
    })
}

fn octets(checking: &mut Checking<'_>, place: &str, field: Field, word: &str, size: i64) -> Option<i64> {
    let place = format!("{place}, {word}");
    if field != Field::Size {
        checking.fault(place, None, format!("only `size` is compared with `{word}`"));
        return None;
    }
    if size < 0 {
        checking.fault(place, None, "a size in octets is not negative");
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
            checking.fault(place, Some(at(after) - 1), "a `{` has no `}`");
            return None;
        };
        if !groups.contains(&group) {
            let there =
                if groups.is_empty() { "there is none".to_owned() } else { format!("there are {}", groups.join(", ")) };
            let why =
                format!("no expression under `all` or `any` has a group `{group}`, written `(?<{group}>…)`; {there}");
            checking.fault(place, Some(at(after)), why);
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

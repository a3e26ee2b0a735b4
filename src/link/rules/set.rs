//! A set of rules, compiled: what all of them say about one mail.
//!
//! Most rules begin with one sender or one domain. Those are found by looking the mail's author up,
//! so that five hundred of them cost hardly more than one; the others are tried in their order.

use super::check::{self, Piece, Tests};
use super::fault::{Fault, Flaw};
use super::letter::Letter;
use super::sieve::Sieve;
use super::test::{How, Test, domain_of};
use crate::model::id::RuleId;
use crate::model::rule::{Effect, Field, Hit, Kept, Switch};
use std::collections::{HashMap, HashSet};

/// Rules that a set may have.
pub const MOST_RULES: usize = 1_000;
/// Characters of a captured text that count.
const CAPTURED: usize = 100;

/// A compiled set.
#[derive(Clone, Debug, Default)]
pub struct Set {
    pub(super) rules: Vec<Compiled>,
    /// Positions of rules that only mail by this author can fit.
    by_sender: HashMap<String, Vec<usize>>,
    /// Positions of rules that only mail from this domain, or one below, can fit.
    by_domain: HashMap<String, Vec<usize>>,
    /// Positions of rules that only mail can fit in which one of some texts stands.
    by_text: Sieve,
    /// One bit for each position that is tried on every mail.
    always: Vec<u64>,
    places: bool,
    body: bool,
    headers: bool,
}

/// A rule with its conditions compiled.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub kept: Kept,
    pub tests: Tests,
}

impl Set {
    /// Compiles rules in their order.
    ///
    /// # Errors
    /// Everything that is wrong with any of them, also with those that are off.
    pub fn compile(rules: &[Kept]) -> Result<Set, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut set = Set { always: vec![0; rules.len().div_ceil(64)], ..Set::default() };
        let mut names: HashSet<&str> = HashSet::new();
        if rules.len() > MOST_RULES {
            let why = Flaw::TooManyRules(rules.len());
            return Err(vec![Fault { rule: String::new(), field: "set".into(), at: None, why }]);
        }
        for (n, kept) in rules.iter().enumerate() {
            let called =
                if kept.rule.name.trim().is_empty() { format!("number {}", n + 1) } else { kept.rule.name.clone() };
            if !names.insert(&kept.rule.name) {
                let why = Flaw::NameTaken;
                faults.push(Fault { rule: called.clone(), field: "name".into(), at: None, why });
            }
            match check::compile(&kept.rule, &called) {
                Ok(tests) => set.add(Compiled { kept: kept.clone(), tests }),
                Err(more) => faults.extend(more),
            }
        }
        set.by_text.close();
        if faults.is_empty() { Ok(set) } else { Err(faults) }
    }

    fn add(&mut self, rule: Compiled) {
        let at = self.rules.len();
        if rule.kept.rule.state != Switch::Off {
            self.places |= rule.all_tests().any(|t| matches!(t.field, Field::Mailbox | Field::Folder));
            self.body |= rule.all_tests().any(|t| t.field == Field::Body);
            self.headers |= rule.all_tests().any(|t| t.field == Field::Header);
            match rule.anchors() {
                Some(anchors) => {
                    for anchor in anchors {
                        match anchor {
                            Anchor::Sender(address) => self.by_sender.entry(address).or_default().push(at),
                            Anchor::Domain(domain) => self.by_domain.entry(domain).or_default().push(at),
                            Anchor::Texts(field, header, texts) => self.by_text.add(field, &header, &texts, at),
                        }
                    }
                }
                None => {
                    if let Some(word) = self.always.get_mut(at / 64) {
                        *word |= 1 << (at % 64);
                    }
                }
            }
        }
        self.rules.push(rule);
    }

    /// The rule with this id.
    pub fn rule(&self, id: RuleId) -> Option<&Kept> {
        self.rules.iter().map(|rule| &rule.kept).find(|kept| kept.id == id)
    }

    /// Whether any rule that is on or in shadow looks at where copies lie.
    pub fn looks_at_places(&self) -> bool {
        self.places
    }

    /// Whether any rule that is on or in shadow looks at the text.
    pub fn looks_at_body(&self) -> bool {
        self.body
    }

    /// Whether any rule that is on or in shadow looks at header fields.
    pub fn looks_at_headers(&self) -> bool {
        self.headers
    }

    /// Whether no rule is on or in shadow.
    pub fn is_idle(&self) -> bool {
        self.rules.iter().all(|rule| rule.kept.rule.state == Switch::Off)
    }

    /// What the rules say about a mail, in their order.
    pub fn evaluate(&self, letter: &Letter<'_>) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (n, word) in self.wanted(letter).into_iter().enumerate() {
            let mut left = word;
            while left != 0 {
                let at = n * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                let Some(rule) = self.rules.get(at) else { continue };
                if !rule.fits(letter) {
                    continue;
                }
                hits.extend(rule.hit(letter));
                if rule.stops() {
                    return hits;
                }
            }
        }
        hits
    }

    /// One bit for each rule that may fit.
    fn wanted(&self, letter: &Letter<'_>) -> Vec<u64> {
        let mut wanted = self.always.clone();
        let mut want = |found: Option<&Vec<usize>>| {
            for at in found.into_iter().flatten() {
                if let Some(word) = wanted.get_mut(at / 64) {
                    *word |= 1 << (at % 64);
                }
            }
        };
        for sender in &letter.senders {
            want(self.by_sender.get(*sender));
            let mut domain = domain_of(sender);
            loop {
                want(self.by_domain.get(domain));
                match domain.split_once('.') {
                    Some((_, above)) => domain = above,
                    None => break,
                }
            }
        }
        self.by_text.shake(letter, |at| {
            if let Some(word) = wanted.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
        });
        wanted
    }

    /// The rules that would fit every mail there is, as far as mails of very different kinds tell.
    pub fn fitting_everything(&self) -> Vec<RuleId> {
        let letters = probes();
        let fits = |rule: &&Compiled| rule.kept.rule.state != Switch::Off && letters.iter().all(|l| rule.fits(l));
        self.rules.iter().filter(fits).map(|rule| rule.kept.id).collect()
    }

    /// Of the rules that came or changed after version `base` and decide: those that would fit every
    /// mail there is. `more` are those that fitted every stored mail.
    pub fn newly_fitting_everything(&self, base: i64, more: &[RuleId]) -> Vec<RuleId> {
        let fitting = self.fitting_everything();
        let changed = self.rules.iter().map(|rule| &rule.kept);
        let changed = changed.filter(|kept| kept.version > base && kept.rule.state == Switch::On);
        changed.filter(|kept| fitting.contains(&kept.id) || more.contains(&kept.id)).map(|kept| kept.id).collect()
    }
}

/// Mails that have nothing in common.
fn probes() -> [Letter<'static>; 3] {
    use crate::model::mail::{Author, Channel};
    [
        Letter {
            senders: vec!["a@one.example"],
            recipients: vec!["b@two.example"],
            subject: "Offer",
            body: "Good morning",
            mailboxes: vec!["first"],
            folders: vec!["INBOX"],
            size: 1_000,
            ..Letter::default()
        },
        Letter {
            senders: vec!["zofia.7@xn--trzy-x9a.test"],
            recipients: vec!["q@w.invalid"],
            subject: "",
            body: "",
            mailboxes: vec!["x"],
            folders: vec!["9"],
            size: 100_000_000,
            author: Author::Notification,
            channel: Channel::Bulk,
            ..Letter::default()
        },
        Letter {
            senders: vec!["_@q.pl"],
            recipients: vec!["k.l@m.org", "n@o.de"],
            subject: "東京 12/7",
            body: "Привет.\n\n--\n",
            mailboxes: vec!["skrzynka"],
            folders: vec!["Archiwum/2"],
            size: 70_000,
            channel: Channel::List,
            ..Letter::default()
        },
    ]
}

/// What only mail by one author, or from one domain, can fit.
enum Anchor {
    Sender(String),
    Domain(String),
    /// One of these texts stands in this field.
    Texts(Field, String, Vec<String>),
}

/// How far a test narrows down which mail can fit: the most first. The body is long.
fn anchor_of(tests: &[Test]) -> Option<Anchor> {
    let quick = tests.iter().filter(|test| test.field != Field::Body);
    quick.chain(tests.iter().filter(|test| test.field == Field::Body)).find_map(anchor)
}

fn anchor(test: &Test) -> Option<Anchor> {
    match (test.field, &test.how) {
        (Field::Sender, How::Is(address)) => Some(Anchor::Sender(address.clone())),
        (Field::Domain, How::Below(domain)) => Some(Anchor::Domain(domain.clone())),
        (Field::Subject | Field::Body | Field::Header | Field::Attachment, How::Finds(_, Some(texts))) => {
            Some(Anchor::Texts(test.field, test.header.clone(), texts.clone()))
        }
        _ => None,
    }
}

impl Compiled {
    /// By which authors or domains it can be found; `None` if it must be tried on every mail.
    fn anchors(&self) -> Option<Vec<Anchor>> {
        let exact = |test: &&Test| matches!(test.how, How::Is(_) | How::Below(_));
        let exact = self.tests.all.iter().filter(exact).find_map(anchor);
        if let Some(one) = exact.or_else(|| anchor_of(&self.tests.all)) {
            return Some(vec![one]);
        }
        if self.tests.any.is_empty() {
            return None;
        }
        self.tests.any.iter().map(anchor).collect()
    }

    fn all_tests(&self) -> impl Iterator<Item = &Test> {
        self.tests.all.iter().chain(&self.tests.any).chain(&self.tests.none)
    }

    /// Whether its conditions hold.
    pub fn fits(&self, letter: &Letter<'_>) -> bool {
        let tests = &self.tests;
        tests.all.iter().all(|test| test.holds(letter))
            && (tests.any.is_empty() || tests.any.iter().any(|test| test.holds(letter)))
            && !tests.none.iter().any(|test| test.holds(letter))
    }

    /// Whether the rules after it are passed over once it fits.
    pub fn stops(&self) -> bool {
        self.kept.rule.stop && self.kept.rule.state == Switch::On
    }

    /// What it says about a mail that it fits; `None` where it names a record by a group that found
    /// nothing.
    pub fn hit(&self, letter: &Letter<'_>) -> Option<Hit> {
        let then = &self.kept.rule.then;
        let mut effects = Vec::new();
        let regard = self.tests.regard.as_ref().and_then(|pieces| self.text(pieces, letter));
        effects.extend(regard.map(|text| Effect::Regard(text.to_uppercase())));
        let account = self.tests.account.as_ref().and_then(|pieces| self.text(pieces, letter));
        effects.extend(account.map(Effect::Account));
        effects.extend(then.ignore.then_some(Effect::Ignore));
        effects.extend(then.private.then_some(Effect::Private));
        effects.extend(match then.create.as_deref() {
            Some("lead") => letter.senders.first().map(|sender| Effect::Lead((*sender).to_owned())),
            Some(_) => Some(Effect::Opportunity),
            None => None,
        });
        // With `create` it is said of what is made.
        effects.extend((then.confidential && then.create.is_none()).then_some(Effect::Confidential));
        (!effects.is_empty()).then(|| Hit {
            rule: self.kept.id,
            version: self.kept.version,
            name: self.kept.rule.name.clone(),
            shadow: self.kept.rule.state == Switch::Shadow,
            effects,
        })
    }

    fn text(&self, pieces: &[Piece], letter: &Letter<'_>) -> Option<String> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Group(group) => {
                    let mut tests = self.tests.all.iter().chain(&self.tests.any);
                    text.push_str(tests.find_map(|test| test.captured(letter, group))?);
                }
            }
        }
        // Half of a number would be another number.
        let text = text.trim();
        (!text.is_empty() && text.chars().count() <= CAPTURED).then(|| text.replace('\u{0}', " "))
    }
}

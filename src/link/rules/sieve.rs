//! Which rules a mail's texts can fit at all: each expression can only be found where one of a few
//! texts stands, and all those texts of all rules are looked for in one pass.
//!
//! Trying two hundred expressions one after the other costs as much as half of taking a mail in.

use super::letter::{LOOKED_AT, Letter, cut};
use crate::model::rule::Field;
use aho_corasick::AhoCorasick;
use regex_syntax::hir::literal::Extractor;
use std::collections::{BTreeMap, HashMap};

/// A text shorter than this stands nearly everywhere.
const SHORTEST: usize = 2;
/// More texts than this for one expression are not worth it.
const MOST: usize = 64;

/// Texts of which one stands wherever an expression is found, in lower case where that is ASCII; `None`
/// where there are no such texts, or too many.
pub(super) fn literals(expression: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::Parser::new().parse(expression).ok()?;
    let mut extractor = Extractor::new();
    extractor.limit_total(MOST);
    let sequence = extractor.extract(&hir);
    let found = sequence.literals()?;
    if found.is_empty() || found.len() > MOST {
        return None;
    }
    let text = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok()?;
        (text.len() >= SHORTEST).then(|| text.to_ascii_lowercase())
    };
    let mut texts: Vec<String> = found.iter().map(|literal| text(literal.as_bytes())).collect::<Option<_>>()?;
    texts.sort_unstable();
    texts.dedup();
    Some(texts)
}

/// The same of a text that is looked for as it is, case aside.
pub(super) fn piece(wanted: &str) -> Option<Vec<String>> {
    // Of a text that is not all ASCII the case is folded as Unicode has it, where K and S have a third form.
    let splits = |c: char| !wanted.is_ascii() && (!c.is_ascii() || "kKsS".contains(c));
    let longest = wanted.split(splits).max_by_key(|part| part.len())?;
    (longest.len() >= SHORTEST).then(|| vec![longest.to_ascii_lowercase()])
}

/// Texts by the field in which they are looked for, and the rules that each may make fit.
#[derive(Clone, Debug, Default)]
pub(super) struct Sieve {
    /// What was added, by field and name of the header field, until [`Sieve::close`].
    added: BTreeMap<(&'static str, String), Added>,
    fields: Vec<Mesh>,
}

/// A field with its texts, and the rules of each.
type Added = (Option<Field>, HashMap<String, Vec<usize>>);

/// What is looked for in one field.
#[derive(Clone, Debug)]
struct Mesh {
    field: Field,
    header: String,
    /// `None`: it could not be built, so every rule of it may fit.
    texts: Option<AhoCorasick>,
    /// The rules that each text may make fit.
    rules: Vec<Vec<usize>>,
}

impl Sieve {
    /// One more rule that only mail can fit in which one of these texts stands in this field.
    pub fn add(&mut self, field: Field, header: &str, texts: &[String], rule: usize) {
        let (of, rules) = self.added.entry((field.word(), header.to_owned())).or_default();
        *of = Some(field);
        for text in texts {
            rules.entry(text.clone()).or_default().push(rule);
        }
    }

    /// Makes everything that was added ready to be looked for.
    pub fn close(&mut self) {
        for ((_, header), (field, rules)) in std::mem::take(&mut self.added) {
            let (texts, rules): (Vec<String>, Vec<Vec<usize>>) = rules.into_iter().unzip();
            let texts = AhoCorasick::builder().ascii_case_insensitive(true).build(&texts).ok();
            self.fields.extend(field.map(|field| Mesh { field, header, texts, rules }));
        }
    }

    /// Says which rules a mail may fit; one may be said twice.
    pub fn shake(&self, letter: &Letter<'_>, mut may: impl FnMut(usize)) {
        for mesh in &self.fields {
            match mesh.field {
                Field::Subject => mesh.shake(letter.subject, &mut may),
                Field::Body => mesh.shake(letter.body, &mut may),
                Field::Attachment => letter.attachments.iter().for_each(|name| mesh.shake(name, &mut may)),
                _ => {
                    let named = letter.headers.iter().filter(|(name, _)| *name == mesh.header);
                    named.for_each(|(_, value)| mesh.shake(value, &mut may));
                }
            }
        }
    }
}

impl Mesh {
    fn shake(&self, text: &str, may: &mut impl FnMut(usize)) {
        let Some(texts) = &self.texts else {
            self.rules.iter().flatten().for_each(|rule| may(*rule));
            return;
        };
        let mut seen: Vec<bool> = Vec::new();
        let mut unseen = self.rules.len();
        for found in texts.find_overlapping_iter(cut(text, LOOKED_AT)) {
            if seen.is_empty() {
                seen = vec![false; self.rules.len()];
            }
            let at = found.pattern().as_usize();
            if let Some(seen) = seen.get_mut(at).filter(|seen| !**seen) {
                *seen = true;
                unseen -= 1;
                self.rules.get(at).into_iter().flatten().for_each(|rule| may(*rule));
            }
            // A text that repeats one of them is not read to its end for nothing.
            if unseen == 0 {
                return;
            }
        }
    }
}

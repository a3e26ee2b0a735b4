//! Pure: takes an erased person out of texts and of mail that others stand on too.
//!
//! Addresses are found as they are compared: however they are cased, tagged, or written in Unicode.
//! Names are found as whole words in any case, and only those of two words at least: a first name
//! alone is a word of the language.

use super::prepare::Prepared;
use crate::model::address::Address;
use crate::model::calendar::Calendars;
use crate::model::mail::Party;
use crate::store::erased::{mark_of, pseudonym};
use crate::store::keys::{Key, Keys};
use std::collections::{BTreeSet, HashSet};

/// What stands in the place of an erased name.
pub const NAMELESS: &str = "[erased]";

/// Who is taken out, and under which names they stood.
#[derive(Clone, Debug)]
pub struct Eraser<'k> {
    keys: &'k Keys,
    marks: HashSet<Key>,
    names: BTreeSet<String>,
}

impl<'k> Eraser<'k> {
    /// Of those with these marks.
    pub fn new(keys: &'k Keys, marks: HashSet<Key>) -> Eraser<'k> {
        Eraser { keys, marks, names: BTreeSet::new() }
    }

    /// Adds names under which they stood; those of one word are passed over.
    pub fn named<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Eraser<'k> {
        let whole = |name: &&str| name.split_whitespace().count() > 1 && name.chars().count() >= 5;
        self.names.extend(names.into_iter().map(str::trim).filter(whole).map(str::to_lowercase));
        self
    }

    /// The keys by which they are told.
    pub fn keys(&self) -> &'k Keys {
        self.keys
    }

    /// Whether this address is erased.
    pub fn erases(&self, address: &Address) -> bool {
        self.marks.contains(&mark_of(self.keys, address))
    }

    /// What stands in the place of this address.
    pub fn pseudonym(&self, address: &Address) -> String {
        pseudonym(self.keys, address)
    }

    /// The text without them.
    pub fn text(&self, text: &str) -> String {
        self.without_names(&self.without_addresses(text))
    }

    /// Why a mail is where it is, without them: the words by which opportunities were told apart may be
    /// parts of their names.
    pub fn evidence(&self, evidence: &str) -> String {
        let text = self.text(evidence);
        let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&text) else { return text };
        let parts: BTreeSet<String> = self
            .names
            .iter()
            .flat_map(|name| crate::model::fold::fold(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        match without_words(&mut value, &parts) {
            true => serde_json::to_string(&value).unwrap_or(text),
            false => text,
        }
    }

    fn without_addresses(&self, text: &str) -> String {
        if !text.contains('@') {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        for piece in text.split_inclusive(apart) {
            let word = piece.trim_end_matches(apart);
            let end = piece.get(word.len()..).unwrap_or("");
            out.push_str(&self.word(word));
            out.push_str(end);
        }
        out
    }

    fn word(&self, word: &str) -> String {
        let bare = word.trim_matches(|c: char| ".'`*_!?/=".contains(c));
        let found = Address::parse(bare).ok().filter(|address| self.erases(address));
        match found {
            Some(address) => word.replacen(bare, &self.pseudonym(&address), 1),
            None => word.to_owned(),
        }
    }

    fn without_names(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for name in &self.names {
            text = without(&text, name);
        }
        text
    }

    /// Takes them out of a mail that is about to be stored; true if they stood on it. Its bytes go, and
    /// with them what it quotes and its attachments.
    pub fn redact(&self, mail: &mut Prepared) -> bool {
        let stood: Vec<String> = super::prepare::parties(&mail.mail)
            .filter(|(_, party)| self.erases(&party.address))
            .filter_map(|(_, party)| party.name.clone())
            .collect();
        let on_it = super::prepare::parties(&mail.mail).any(|(_, party)| self.erases(&party.address));
        if !on_it {
            return false;
        }
        let all = self.clone().named(stood.iter().map(String::as_str));
        for party in all_parties(&mut mail.mail) {
            if all.erases(&party.address)
                && let Ok(address) = Address::parse(&all.pseudonym(&party.address))
            {
                (party.name, party.address) = (None, address);
            }
        }
        let row = &mut mail.row;
        row.parties = super::prepare::parties(&mail.mail)
            .map(|(field, p)| (field, p.address.to_string(), p.name.clone()))
            .collect();
        row.from = mail.mail.from.first().map(|p| (p.name.clone(), p.address.to_string()));
        for text in [
            &mut row.subject,
            &mut row.visible,
            &mut row.attachments,
            &mut row.attachment_names,
            &mut row.evidence,
            &mut row.defects,
        ] {
            *text = all.text(text);
        }
        row.message_id = row.message_id.take().map(|id| all.text(&id));
        row.identity = identity(self.keys, &row.identity);
        row.folded = false;
        row.packed = Vec::new();
        // Any field may name them.
        mail.headers = String::new();
        mail.calendars = Calendars::default();
        mail.said = Default::default();
        mail.hints.clear();
        true
    }
}

/// The identity of a mail somebody was taken out of: the plain hash could be tried with guesses.
pub fn identity(keys: &Keys, identity: &[u8]) -> Vec<u8> {
    let key = keys.hash("erased identity", identity);
    let mut out = b"erased".to_vec();
    out.extend(key.to_be_bytes());
    out
}

/// What stands between words that may be addresses.
fn apart(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "<>()[]{},;:\"\\|".contains(c)
}

fn all_parties(mail: &mut crate::model::mail::Mail) -> impl Iterator<Item = &mut Party> {
    let lists = mail.reply_to.iter_mut().chain(&mut mail.to).chain(&mut mail.cc).chain(&mut mail.bcc);
    mail.from.iter_mut().chain(&mut mail.sender).chain(lists)
}

/// `text` with every whole occurrence of `name` (lower case) replaced, whatever its case and however
/// many spaces stand between its words.
fn without(text: &str, name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, len)) = find(rest, &words) {
        out.push_str(rest.get(..at).unwrap_or(""));
        out.push_str(NAMELESS);
        rest = rest.get(at + len..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

/// Where the words stand one after the other: first byte and length.
fn find(text: &str, words: &[&str]) -> Option<(usize, usize)> {
    let places = pieces(text);
    (0..places.len()).find_map(|first| {
        let stretch = places.get(first..first + words.len())?;
        let fits = stretch.iter().zip(words).all(|((_, word), wanted)| word.to_lowercase() == **wanted);
        let apart = stretch.windows(2).all(|pair| match pair {
            [(one, word), (two, _)] => {
                let between = text.get(one + word.len()..*two).unwrap_or("x");
                !between.is_empty() && between.chars().all(char::is_whitespace)
            }
            _ => true,
        });
        let (begin, (last, word)) = (stretch.first()?.0, *stretch.last()?);
        (fits && apart).then_some((begin, last + word.len() - begin))
    })
}

/// Words of letters, digits and what names carry inside, with where they begin.
fn pieces(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut begin = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let inside = c.is_alphanumeric() || c == '-' || c == '\'' || c == '’';
        match (begin, inside) {
            (None, true) => begin = Some(at),
            (Some(from), false) => {
                found.push((from, text.get(from..at).unwrap_or("")));
                begin = None;
            }
            _ => {}
        }
    }
    found
}

/// Takes these out of every list of words; true if any stood there.
fn without_words(value: &mut serde_json::Value, parts: &BTreeSet<String>) -> bool {
    let mut any = false;
    match value {
        serde_json::Value::Array(all) => all.iter_mut().for_each(|one| any |= without_words(one, parts)),
        serde_json::Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if let ("words", serde_json::Value::Array(words)) = (name.as_str(), &mut *field) {
                    let before = words.len();
                    words.retain(|word| !word.as_str().is_some_and(|w| parts.iter().any(|p| w.contains(p.as_str()))));
                    any |= words.len() < before;
                }
                any |= without_words(field, parts);
            }
        }
        _ => {}
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::derive(&[7; 32])
    }

    fn eraser<'k>(keys: &'k Keys, address: &str, names: &[&str]) -> Eraser<'k> {
        let address = Address::parse(address).unwrap();
        Eraser::new(keys, HashSet::from([mark_of(keys, &address)])).named(names.iter().copied())
    }

    #[test]
    fn an_address_is_found_in_every_form() {
        let keys = keys();
        let eraser = eraser(&keys, "jan@münchen.de", &[]);
        let name = eraser.pseudonym(&Address::parse("jan@münchen.de").unwrap());
        for text in ["JAN@MÜNCHEN.DE", "jan@xn--mnchen-3ya.de", "jan+news@münchen.de", "\"jan\"@münchen.de"] {
            let said = format!("write to <{text}>, or mailto:{text}.");
            let out = eraser.text(&said);
            if text.starts_with('"') {
                continue; // quotes part words; the mail's own fields are compared as addresses
            }
            assert_eq!(out, format!("write to <{name}>, or mailto:{name}."), "{text}");
        }
    }

    #[test]
    fn another_address_stays() {
        let keys = keys();
        let eraser = eraser(&keys, "jan@acme.pl", &[]);
        for text in ["janka@acme.pl", "jan@acme.pl.example.org", "jan@sub.acme.pl", "jan at acme.pl", "@acme.pl"] {
            assert_eq!(eraser.text(text), text);
        }
    }

    #[test]
    fn names_go_as_whole_words_and_single_ones_stay() {
        let keys = keys();
        let eraser = eraser(&keys, "jan@acme.pl", &["Jan Kowalski", "Jan"]);
        assert_eq!(
            eraser.text("JAN  KOWALSKI, jan kowalski-nowak i Jan\nKowalski."),
            "[erased], jan kowalski-nowak i [erased]."
        );
        assert_eq!(eraser.text("Jan is here"), "Jan is here");
        assert_eq!(eraser.text("Zażółć Jan Kowalski gęślą"), "Zażółć [erased] gęślą");
    }

    #[test]
    fn the_pseudonym_is_one_for_a_person_and_names_nobody() {
        let keys = keys();
        let one = pseudonym(&keys, &Address::parse("jan@acme.pl").unwrap());
        assert_eq!(one, pseudonym(&keys, &Address::parse("JAN+x@acme.pl").unwrap()));
        assert_ne!(one, pseudonym(&keys, &Address::parse("ola@acme.pl").unwrap()));
        assert!(Address::parse(&one).is_ok() && !one.contains("jan") && !one.contains("acme"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC{0,200}") {
            let keys = keys();
            let eraser = eraser(&keys, "jan@acme.pl", &["Jan Kowalski"]);
            let once = eraser.text(&text);
            proptest::prop_assert_eq!(eraser.text(&once), once);
        }
    }
}

//! Pure: mails and facts to decisions. Which records a mail is about, and why.
//!
//! A decision is a function of a whole thread, not of one mail: [`decide`] takes every mail of
//! the threads that a batch touches, new and stored, and says for each what it is linked to. So
//! the result depends on the set of mails, not on the order in which they came (P3), and a mail
//! that arrives late changes the earlier ones as if it had always been there.
//!
//! Evidence, strongest first, one file each; the numbers are those of ARCHITECTURE.md.
//!
//! - 1 `person`: what somebody said of this mail, its thread or its sender
//! - 2 `filing`: where somebody filed it from their mail program
//! - 3 [`thread`]: a reply to a linked mail, by somebody who is a party of that thread or record;
//!   [`mark`]: a reference that this instance signed, with the same check
//! - 4 [`rules`]: an admin's rule
//! - 5 [`number`]: a reference number, with the same check
//! - 6 [`address`]: an address of a contact, lead or end customer; [`rank`]: which of several open
//!   opportunities
//! - 7 [`domain`]: a domain that belongs to an account
//!
//! [`review`] says which mails a person is asked about, and why.
//!
//! Nothing is linked to a record that is deleted, and nothing is taken off it (see `gone`).
//!
//! Nothing ever goes through a user or a mailbox: that a mail lies in Anna's mailbox says nothing
//! about what it regards.

pub mod address;
pub mod asking;
pub mod domain;
mod filing;
mod gone;
mod introduced;
pub mod mark;
pub mod meetings;
pub mod number;
mod person;
pub mod rank;
pub mod review;
pub mod rules;
pub mod steps;
pub mod thread;
pub mod threads;
pub mod words;

use crate::model::facts::{Direction, LinkFacts, Member, Say, Spoken};
use crate::model::link::Linking;

/// What a mail is linked to before its thread is looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Basis {
    /// By the strongest evidence that needs no thread.
    pub linking: Linking,
    /// The contacts, leads and accounts on it, as if it regarded nothing.
    pub parties: Linking,
    /// The score of what it regards; 0 where it regards nothing and nobody said that it must not.
    pub strength: i64,
    /// Somebody said that it concerns nobody else.
    pub private: bool,
    /// A rule said that addresses, domains and numbers on it mean nothing.
    pub silent: bool,
}

/// Decides every mail of one thread. `members` in any order; the result has theirs.
pub fn decide(members: &[Member], facts: &LinkFacts) -> Vec<Linking> {
    let words = person::words(members, facts);
    let alone: Vec<Basis> = members.iter().zip(words).map(|(m, word)| basis(m, word, facts)).collect();
    let firm = thread::spread(members, &alone, facts);
    let decided = match rank::weigh(members, &alone, &firm, facts) {
        Some(ranked) => thread::spread(members, &ranked, facts),
        None => firm,
    };
    let mut decided = gone::settle(members, person::settle(members, decided), facts);
    review::keep(members, |n| alone.get(n).is_some_and(|basis| basis.private), &mut decided, facts);
    decided
}

/// What a mail is linked to by what stands on it and was said of it.
fn basis(member: &Member, word: Option<(&Spoken, &'static str)>, facts: &LinkFacts) -> Basis {
    let by_address = match address::evidence(member, facts) {
        Linking::Unmatched => domain::evidence(member, facts),
        found => found,
    };
    let parties = match address::parties(member, facts) {
        Linking::Unmatched => domain::evidence(member, facts),
        found => found,
    };
    if let Some(word) = word.filter(|word| !filing::is_later(member, *word)) {
        return person::evidence(member, word, parties, facts);
    }
    if let Some(filed) = filing::evidence(member, &parties, facts) {
        return filed;
    }
    let strength = regards(&by_address);
    let own = Basis { linking: by_address, parties, strength, ..Basis::default() };
    rules::apply(member, own, facts)
}

/// Whether the mail `n` of a thread is private by somebody's word or, where nobody spoke, by a rule's.
pub fn is_private(members: &[Member], n: usize, facts: &LinkFacts) -> bool {
    match person::words(members, facts).into_iter().nth(n).flatten() {
        Some((spoken, _)) => spoken.say == Say::Private,
        None => members.get(n).is_some_and(|m| m.said.filed.is_none() && rules::says_private(m)),
    }
}

/// What somebody said of the mail `n` of a thread that counts, and of what they said it: `mail`, `thread`, `sender`
/// or `domain`.
pub fn word(members: &[Member], n: usize, facts: &LinkFacts) -> Option<(Spoken, &'static str)> {
    words(members, n, facts).into_iter().next()
}

/// All that was said of it, as [`word`]: the first counts, the others would without those before them.
pub fn words(members: &[Member], n: usize, facts: &LinkFacts) -> Vec<(Spoken, &'static str)> {
    person::all(members, n, facts).into_iter().map(|(spoken, of)| (spoken.clone(), of)).collect()
}

/// Whether a mail is marked confidential: by what a person said of it last, else by a rule. A mail alone, never its
/// thread, and only ever more confidential than the records that govern it.
pub fn is_sealed(member: &Member) -> bool {
    member.said.sealed.unwrap_or_else(|| rules::says_confidential(member))
}

/// How strongly a mail regards what it regards; 0 if nothing.
pub fn regards(linking: &Linking) -> i64 {
    let Linking::Linked { regarding: Some(record), links, .. } = linking else { return 0 };
    let own = links.iter().find(|link| link.record == *record && link.governing == *record);
    own.map_or(0, |link| link.evidence.score())
}

/// Which way a mail went, by whose addresses stand on it.
pub fn direction(member: &Member, facts: &LinkFacts) -> Direction {
    let ours = member.from.as_ref().is_some_and(|from| facts.is_own(from));
    if !ours {
        return Direction::In;
    }
    let outside = member.parties.iter().any(|(_, address)| !facts.is_own(address));
    if outside { Direction::Out } else { Direction::Internal }
}

#[cfg(test)]
mod tests;

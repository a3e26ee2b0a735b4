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
//! - 4 rules: what an admin's rule says; worked out before, and handed in with the mail
//! - 5 [`number`]: a reference number, with the same check
//! - 6 [`address`]: an address of a contact, lead or end customer; [`rank`]: which of several open
//!   opportunities
//! - 7 [`domain`]: a domain that belongs to an account
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
pub mod mark;
pub mod meetings;
pub mod number;
mod person;
pub mod rank;
pub mod thread;
pub mod threads;
pub mod words;

use crate::model::facts::{Direction, LinkFacts, Member, Spoken};
use crate::model::link::Linking;

/// What a mail is linked to before its thread is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// By the strongest evidence that needs no thread.
    pub linking: Linking,
    /// The contacts, leads and accounts on it, as if it regarded nothing.
    pub parties: Linking,
    /// The score of what it regards; 0 where it regards nothing and nobody said that it must not.
    pub strength: i64,
    /// Somebody said that it concerns nobody else.
    pub private: bool,
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
    gone::settle(members, person::settle(members, decided), facts)
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
    if let Some(word) = word {
        return person::evidence(member, word, parties, facts);
    }
    let filed = filing::evidence(member, &parties, facts).or_else(|| ruled(member, &parties, facts));
    filed.unwrap_or_else(|| {
        let strength = regards(&by_address);
        Basis { linking: by_address, parties, strength, private: false }
    })
}

/// Evidence 4: what an admin's rule put the mail on. The rules look at the whole mail, so they are
/// run where it was parsed, and their result comes with it.
fn ruled(member: &Member, parties: &Linking, facts: &LinkFacts) -> Option<Basis> {
    let (record, evidence) = member.said.ruled.as_ref()?;
    if member.said.removed.contains(record) || member.auth_failed {
        return None;
    }
    let linking = address::regard(*record, evidence.clone(), parties, facts);
    Some(Basis { linking, parties: parties.clone(), strength: evidence.score(), private: false })
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

//! Pure: mails and facts to decisions. Which records a mail is about, and why.
//!
//! A decision is a function of a whole thread, not of one mail: [`decide`] takes every mail of
//! the threads that a batch touches, new and stored, and says for each what it is linked to. So
//! the result depends on the set of mails, not on the order in which they came (P3), and a mail
//! that arrives late changes the earlier ones as if it had always been there.
//!
//! Evidence, strongest first, one file each; the numbers are those of ARCHITECTURE.md. Manual
//! decisions (1), filing (2) and reference numbers (5) take their place in this list when they come.
//!
//! - 3 [`thread`]: a reply to a linked mail, by somebody who is a party of that thread or record
//! - 4 [`rules`]: an admin's rule
//! - 6 [`address`]: an address of a contact, lead or end customer
//! - 7 [`domain`]: a domain that belongs to an account
//!
//! Nothing is linked to a record that is deleted, and nothing is taken off it (see `gone`).
//!
//! Nothing ever goes through a user or a mailbox: that a mail lies in Anna's mailbox says nothing
//! about what it regards.

pub mod address;
pub mod domain;
mod gone;
pub mod rules;
pub mod steps;
pub mod thread;
pub mod threads;

use crate::model::facts::{Direction, LinkFacts, Member};
use crate::model::link::Linking;

/// Decides every mail of one thread. `members` in any order; the result has theirs.
pub fn decide(members: &[Member], facts: &LinkFacts) -> Vec<Linking> {
    let members = &*rules::apart(members);
    let own_evidence = members.iter().map(|m| rules::apply(m, facts, || by_itself(m, facts))).collect();
    gone::settle(members, thread::spread(members, own_evidence, facts), facts)
}

/// What a mail is linked to by what stands on it alone.
fn by_itself(member: &Member, facts: &LinkFacts) -> Linking {
    match address::evidence(member, facts) {
        Linking::Unmatched => domain::evidence(member, facts),
        found => found,
    }
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

//! Evidence 7: the other side's domain belongs to an account. Only where no address matched; it
//! puts the mail on the account's timeline and regards nothing.
//!
//! Free-mail and own domains never count: they are refused when somebody sets them on an account,
//! and own addresses are left out here.

use super::address::push;
use crate::model::address::levels;
use crate::model::facts::{Field, LinkFacts, Member};
use crate::model::link::{Evidence, Linking};

/// What the domains on a mail say: the sender's of a mail that came in, the recipients' of ours.
///
/// Nothing where our own server calls the sender false (R36).
pub fn evidence(member: &Member, facts: &LinkFacts) -> Linking {
    if member.auth_failed {
        return Linking::Unmatched;
    }
    let from_us = member.from.as_ref().is_some_and(|from| facts.is_own(from));
    let mut links = Vec::new();
    for (field, address) in &member.parties {
        let counts = match field {
            Field::From => !from_us,
            Field::To | Field::Cc => from_us,
            _ => false,
        };
        if !counts || facts.is_own(address) {
            continue;
        }
        for (domain, accounts) in levels(address.domain()).filter_map(|d| Some((d, facts.domains.get(d)?))) {
            for account in accounts.iter().filter(|account| !member.said.removed.contains(account)) {
                let evidence = Evidence::Domain { domain: domain.to_owned(), address: address.to_string() };
                push(&mut links, *account, *account, evidence);
            }
        }
    }
    if links.is_empty() {
        return Linking::Unmatched;
    }
    links.sort_by_key(|l| l.record);
    Linking::Linked { regarding: None, links, candidates: Vec::new() }
}

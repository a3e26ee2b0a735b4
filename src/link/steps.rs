//! Every kind of evidence on one mail: whether it holds, and why or why not. Read-only rows beside
//! the admins' rules, so that their list is the whole truth.

use super::{address, domain};
use crate::model::address::Address;
use crate::model::facts::{LinkFacts, Member};
use crate::model::link::{Evidence, Linking};

/// A kind of evidence that stands among the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its place in the order of ARCHITECTURE.md ("Evidence").
    pub place: u8,
    /// What people call it.
    pub name: &'static str,
    /// What it does.
    pub text: &'static str,
}

/// The built-in steps in their order. The admins' rules have place 4.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        place: 3,
        name: "Reply to a linked mail",
        text: "A reply to a linked mail by somebody of ours, or by a party of that thread or record, stands where that mail stands; by a stranger it is only suggested.",
    },
    BuiltIn {
        place: 6,
        name: "Address of a contact, lead or end customer",
        text: "An address of a contact, lead or end customer puts the mail on their timeline; with one open opportunity it regards that one, with several they come into question.",
    },
    BuiltIn {
        place: 7,
        name: "Domain of an account",
        text: "Where no address is known, a domain that belongs to an account puts the mail on its timeline.",
    },
];

/// One built-in step on one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The step.
    pub step: BuiltIn,
    /// Whether it holds.
    pub holds: bool,
    /// Why, or why not.
    pub why: String,
}

/// What each built-in step says about the mail `n` of a thread of which `decided` was decided.
pub fn findings(members: &[Member], decided: &[Linking], n: usize, facts: &LinkFacts) -> Vec<Finding> {
    let (Some(member), Some(linking)) = (members.get(n), decided.get(n)) else { return Vec::new() };
    let found = |step: &BuiltIn| match step.place {
        3 => thread(member, member.parent.and_then(|p| decided.get(p)), linking),
        6 => addresses(member, facts),
        _ => domains(member, facts),
    };
    let finding = |step: &BuiltIn| {
        let (holds, why) = found(step);
        Finding { step: *step, holds, why }
    };
    BUILT_IN.iter().map(finding).collect()
}

fn thread(member: &Member, parent: Option<&Linking>, linking: &Linking) -> (bool, String) {
    let Some(reply_to) = &member.reply_to else { return (false, "it answers no mail that is stored".to_owned()) };
    let evidence = evidence_of(linking);
    if evidence.iter().any(|e| matches!(e, Evidence::Thread { .. })) {
        return (true, format!("it answers <{reply_to}>, and its sender takes part there"));
    }
    if evidence.iter().any(|e| matches!(e, Evidence::ForeignReply { .. })) {
        let sender = member.from.as_ref().map(Address::to_string).unwrap_or_default();
        let why = if member.auth_failed {
            "our own server says that the sender is not who it claims"
        } else {
            "no party there"
        };
        return (false, format!("it answers <{reply_to}>, but {sender} is {why}: only suggested"));
    }
    match parent {
        Some(Linking::Linked { .. }) => {
            (false, format!("it answers <{reply_to}>, which adds nothing to its own evidence"))
        }
        _ => (false, format!("it answers <{reply_to}>, which stands on no record")),
    }
}

fn evidence_of(linking: &Linking) -> Vec<&Evidence> {
    match linking {
        Linking::Linked { links, candidates, .. } => {
            links.iter().map(|l| &l.evidence).chain(candidates.iter().map(|c| &c.evidence)).collect()
        }
        Linking::Review(candidates) => candidates.iter().map(|c| &c.evidence).collect(),
        Linking::Unmatched => Vec::new(),
    }
}

fn addresses(member: &Member, facts: &LinkFacts) -> (bool, String) {
    match address::evidence(member, facts) {
        Linking::Linked { regarding, links, candidates } => {
            let found = links.iter().filter_map(|link| match &link.evidence {
                Evidence::Address { address, field, .. } => {
                    Some(format!("{address} in {field} belongs to record {}", link.record))
                }
                _ => None,
            });
            let mut found: Vec<String> = found.collect();
            found.dedup();
            found.extend(regarding.map(|deal| format!("the one open opportunity is {deal}")));
            if !candidates.is_empty() {
                found.push(format!("{} open opportunities come into question", candidates.len()));
            }
            (true, found.join("; "))
        }
        Linking::Review(_) | Linking::Unmatched => {
            let outside = member.parties.iter().filter(|(_, a)| !facts.is_own(a)).count();
            let claimed = member.parties.iter().flat_map(|(_, a)| facts.parties.get(a)).flatten().count();
            let why = if claimed > 0 {
                "its addresses are merely claimed, by somebody in whose mailboxes it does not lie".to_owned()
            } else {
                format!(
                    "none of the {outside} addresses on it that are not ours belongs to a contact, lead or end customer"
                )
            };
            (false, why)
        }
    }
}

fn domains(member: &Member, facts: &LinkFacts) -> (bool, String) {
    if address::evidence(member, facts) != Linking::Unmatched {
        return (false, "an address is known, so domains are not looked at".to_owned());
    }
    match domain::evidence(member, facts) {
        Linking::Linked { links, .. } => {
            let found = links.iter().filter_map(|link| match &link.evidence {
                Evidence::Domain { domain, address } => {
                    Some(format!("{domain} of {address} belongs to account {}", link.record))
                }
                _ => None,
            });
            (true, found.collect::<Vec<_>>().join("; "))
        }
        _ => (false, "no domain on it belongs to an account".to_owned()),
    }
}

//! What linking decided about a message, and why.

use super::id::{MsgId, RecordId, RuleId};
use serde::{Deserialize, Serialize};

/// What linking decided about one message.
#[derive(Clone, Debug, PartialEq)]
pub enum Linking {
    /// It concerns at least one record.
    Linked {
        /// The one record it is about, where that is sure.
        regarding: Option<RecordId>,
        /// Every tie, at least one.
        links: Vec<Link>,
        /// Records it might also be about; shown in review.
        candidates: Vec<Candidate>,
    },
    /// Nothing is sure enough, but somebody should look.
    Review(Vec<Candidate>),
    /// It concerns no record (P9): only keyed hashes of it are kept.
    Unmatched,
}

/// A message's tie to one record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The record on whose timeline it stands.
    pub record: RecordId,
    /// The record whose readers may see it there (P5).
    pub governing: RecordId,
    /// What ties them.
    pub evidence: Evidence,
}

/// A record that a message may be about, not surely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The record.
    pub record: RecordId,
    /// What speaks for it.
    pub evidence: Evidence,
}

/// Why a message is tied to a record. Stored with the link, so that "why here" is answered from
/// what was known when it was decided (P10).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// A reply to a linked message, by somebody who is a party of that thread or record.
    Thread {
        /// The id it names.
        reply_to: MsgId,
        /// Who wrote it.
        sender: String,
    },
    /// A reply to a linked message by a stranger: only a suggestion (R131).
    ForeignReply {
        /// The id it names.
        reply_to: MsgId,
        /// Who wrote it.
        sender: String,
    },
    /// An address of a contact, lead or end customer stands on it.
    Address {
        /// The address.
        address: String,
        /// Where it stands: `from`, `to`, `cc`, `reply-to`.
        field: String,
        /// Whose address it is.
        party: RecordId,
    },
    /// The one open opportunity of the contact that the address belongs to.
    OnlyOpportunity {
        /// The address.
        address: String,
        /// Where it stands.
        field: String,
        /// The contact.
        party: RecordId,
    },
    /// One of several open opportunities of the contact.
    OneOfSeveral {
        /// The address.
        address: String,
        /// The contact.
        party: RecordId,
        /// How many are open.
        of: usize,
    },
    /// An admin's rule.
    Rule {
        /// Which.
        rule: RuleId,
        /// As of which version of the set.
        version: i64,
        /// Its name then.
        name: String,
        /// The number or external id by which it named the record.
        says: String,
    },
    /// The account of a linked contact or opportunity.
    Through {
        /// The contact or opportunity.
        record: RecordId,
    },
    /// A domain that belongs to the account.
    Domain {
        /// The domain.
        domain: String,
        /// The address that has it.
        address: String,
    },
}

impl Evidence {
    /// Strength from 0 to 100, in the order of ARCHITECTURE.md ("Evidence").
    pub fn score(&self) -> i64 {
        match self {
            Evidence::Thread { .. } => 90,
            Evidence::Rule { .. } => 85,
            Evidence::OnlyOpportunity { .. } => 70,
            Evidence::Address { .. } => 60,
            Evidence::Domain { .. } => 40,
            Evidence::Through { .. } => 40,
            Evidence::OneOfSeveral { .. } => 30,
            Evidence::ForeignReply { .. } => 20,
        }
    }
}

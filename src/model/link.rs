//! What linking decided about a message, and why.

use super::id::{MsgId, RecordId, RuleId, UserId};
use serde::{Deserialize, Serialize};

/// What linking decided about one message.
#[derive(Clone, Debug, Default, PartialEq)]
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
    #[default]
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

/// What the writer of a reply is to the thread or record that it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writer {
    /// It was decided before this was kept.
    #[default]
    Unsaid,
    /// One of us.
    Ours,
    /// A contact, lead or end customer of it, by their address.
    Party,
    /// Somebody on other mail that stands there.
    TookPart,
    /// Somebody at the account's own domain, where the setting makes that a party.
    House,
    /// A machine, about a mail of ours: who it is says nothing.
    Report,
}

impl Writer {
    fn is_unsaid(&self) -> bool {
        *self == Writer::Unsaid
    }
}

/// Why a message is tied to a record. Stored with the link, so that "why here" is answered from
/// what was known when it was decided (P10).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// A person said so, of this mail, of its thread, or of all mail of its sender or of the sender's domain.
    Person {
        /// The row of `corrections`.
        correction: i64,
        /// `mail`, `thread`, `sender` or `domain`.
        scope: String,
        /// Who; none: the operator.
        by: Option<UserId>,
    },
    /// Somebody filed it from their mail program.
    Filed {
        /// The row of `corrections`.
        correction: i64,
        /// `folder`, `dropbox`, `token` or `attached`.
        how: String,
        /// Who.
        by: Option<UserId>,
    },
    /// A reply to a linked message, by somebody who is a party of that thread or record.
    Thread {
        /// The id it names.
        reply_to: MsgId,
        /// Who wrote it.
        sender: String,
        /// What it rests on in the end was ranked, so it is no surer than that.
        #[serde(default, skip_serializing_if = "is_false")]
        ranked: bool,
        /// It names no id that is known: conversation, topic and a participant are the same (R125).
        #[serde(default, skip_serializing_if = "is_false")]
        guessed: bool,
        /// What makes its writer a party there.
        #[serde(default, skip_serializing_if = "Writer::is_unsaid")]
        writer: Writer,
    },
    /// It carries a reference that this instance signed, and its sender is a party of the record.
    OwnMark {
        /// The Message-ID or plus-address that carries it.
        mark: String,
        /// Who wrote it.
        sender: String,
    },
    /// It carries a reference that this instance signed, but its sender is a stranger to the record:
    /// only a suggestion (R131).
    ForeignMark {
        /// The Message-ID or plus-address that carries it.
        mark: String,
        /// Who wrote it.
        sender: String,
    },
    /// A reference number of the record, by somebody who is a party of it.
    Number {
        /// The number as it stands on the record.
        number: String,
        /// `subject` or `body`.
        place: String,
        /// Who wrote it.
        sender: String,
    },
    /// A reference number, by a stranger or beside others: only a suggestion.
    ForeignNumber {
        /// The number as it stands on the record.
        number: String,
        /// `subject` or `body`.
        place: String,
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
    /// The mail is of a lead, from before it became this opportunity.
    Converted {
        /// The lead.
        lead: RecordId,
        /// Its address on the mail.
        address: String,
        /// Where that stands.
        field: String,
    },
    /// The clear first of several open opportunities of the contact.
    Ranked {
        /// The address.
        address: String,
        /// Where it stands.
        field: String,
        /// The contact.
        party: RecordId,
        /// How many were weighed.
        of: usize,
        /// Its points (`link::rank`).
        points: i64,
        /// How many more than the next.
        lead: i64,
        /// What gave them.
        because: Vec<Ground>,
    },
    /// One of several open opportunities of the contact.
    OneOfSeveral {
        /// The address.
        address: String,
        /// The contact.
        party: RecordId,
        /// How many are open.
        of: usize,
        /// Its points, where they were weighed.
        #[serde(default)]
        points: i64,
        /// What gave them.
        #[serde(default)]
        because: Vec<Ground>,
    },
    /// The address stands on several records: a warning for review, beside the links.
    SharedAddress {
        /// The address.
        address: String,
        /// On how many records.
        of: usize,
    },
    /// An address of a contact, on a mail of which our own server says that its sender is false
    /// (R36): only a suggestion.
    ForgedAddress {
        /// The address.
        address: String,
        /// Where it stands.
        field: String,
        /// Whose address it is.
        party: RecordId,
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

/// Something that gave points in ranking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ground {
    /// Its word in the table of weights (`link::rank`).
    pub what: String,
    /// Its points.
    pub points: i64,
    /// The words, subject or number by which; at most eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Evidence {
    /// From here on a tie is sure enough that other mail may be ranked by it. What was ranked is
    /// not, or the result would depend on what was ranked first (P3).
    pub const FIRM: i64 = 70;

    /// The record of whoever's address it is, or through which it came.
    pub fn party(&self) -> Option<RecordId> {
        match self {
            Evidence::Address { party, .. }
            | Evidence::OnlyOpportunity { party, .. }
            | Evidence::Ranked { party, .. }
            | Evidence::ForgedAddress { party, .. }
            | Evidence::OneOfSeveral { party, .. } => Some(*party),
            Evidence::Through { record } | Evidence::Converted { lead: record, .. } => Some(*record),
            _ => None,
        }
    }

    /// Strength from 0 to 100, in the order of ARCHITECTURE.md ("Evidence").
    pub fn score(&self) -> i64 {
        match self {
            Evidence::Person { scope, .. } => match scope.as_str() {
                "mail" => 100,
                "thread" => 99,
                "domain" => 97,
                _ => 98,
            },
            Evidence::Filed { .. } => 95,
            Evidence::Thread { ranked: false, guessed: false, .. } | Evidence::OwnMark { .. } => 90,
            Evidence::Rule { .. } => 85,
            Evidence::Number { .. } => 80,
            Evidence::Converted { .. } => 75,
            Evidence::OnlyOpportunity { .. } => 70,
            Evidence::Thread { .. } => 66,
            Evidence::Ranked { .. } => 65,
            Evidence::Address { .. } => 60,
            Evidence::Domain { .. } | Evidence::Through { .. } => 40,
            Evidence::OneOfSeveral { .. } => 30,
            Evidence::ForeignReply { .. } | Evidence::ForeignMark { .. } => 20,
            Evidence::ForeignNumber { .. } => 15,
            Evidence::SharedAddress { .. } | Evidence::ForgedAddress { .. } => 10,
        }
    }
}

//! What linking needs to know of the world: filled by `store` for a whole batch, read by `link`.

use super::address::Address;
use super::id::{MailId, MsgId, RecordId, ThreadId, UserId};
use super::link::Linking;
use super::mail::{Author, Channel};
use super::record::{Kind, Status};
use super::rule::{Effect, Hit};
use super::time::Timestamp;
use std::collections::{HashMap, HashSet};

/// What is known about the addresses and records that a batch touches.
#[derive(Clone, Debug, Default)]
pub struct LinkFacts {
    /// Addresses of users and mailboxes, of those that stand on the mails.
    pub own: HashSet<Address>,
    /// Domains of the company, lower-case A-labels.
    pub own_domains: HashSet<String>,
    /// Contacts and leads by address.
    pub parties: HashMap<Address, Vec<PartyMatch>>,
    /// Accounts by domain.
    pub domains: HashMap<String, Vec<RecordId>>,
    /// Opportunities, open or already regarded by a mail of the batch's threads.
    pub opportunities: HashMap<RecordId, Deal>,
    /// Records that are deleted: nothing is linked to them, and what stands on them stays as it is
    /// until they are brought back.
    pub gone: HashSet<RecordId>,
    /// The records that rules name, by what they say; several where a name is not unique.
    pub ruled: HashMap<Effect, Vec<RecordId>>,
}

/// A contact or lead that has an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyMatch {
    /// The contact or lead.
    pub record: RecordId,
    /// Which of the two.
    pub kind: Kind,
    /// The contact's account.
    pub account: Option<RecordId>,
    /// `None`: the address is vouched for. Else it gives mail only from this user's own
    /// mailboxes, and from those of whoever agreed (P12).
    pub claimed_by: Option<UserId>,
    /// Where it is claimed: who agreed that it counts for mail in their mailboxes too. Sorted.
    pub agreed: Vec<UserId>,
}

impl PartyMatch {
    /// In whose mailboxes mail must lie for the address to count; `None` for everybody's.
    pub fn reach(&self) -> Option<Vec<UserId>> {
        self.claimed_by.map(|claimant| std::iter::once(claimant).chain(self.agreed.iter().copied()).collect())
    }

    /// Whether it counts for mail that lies in the mailboxes of `holders`.
    pub fn counts_for(&self, holders: &[UserId]) -> bool {
        self.claimed_by.is_none_or(|user| holders.contains(&user)) || self.agreed.iter().any(|u| holders.contains(u))
    }
}

/// An opportunity as linking sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deal {
    /// The account it is with.
    pub account: Option<RecordId>,
    /// The end customer's company.
    pub end_account: Option<RecordId>,
    /// The end customer's person.
    pub end_contact: Option<RecordId>,
    /// Where it stands; only open ones are found by address.
    pub status: Status,
}

impl LinkFacts {
    /// Whether an address is one of ours.
    pub fn is_own(&self, address: &Address) -> bool {
        self.own.contains(address) || self.own_domains.contains(address.domain())
    }
}

/// One mail of a thread, new or stored, as linking sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its row, if it is stored.
    pub id: Option<MailId>,
    /// Its thread so far, if it is stored.
    pub thread: Option<ThreadId>,
    /// Its place in the canonical order of its thread (R133).
    pub at: Timestamp,
    /// Ties in `at` are broken by this hash of its content.
    pub identity: Vec<u8>,
    /// Its author's address, if readable.
    pub from: Option<Address>,
    /// Everybody on it, with the field in which they stand.
    pub parties: Vec<(Field, Address)>,
    /// A person or a machine.
    pub author: Author,
    /// One to one, list, bulk.
    pub channel: Channel,
    /// It hands on somebody else's mail (R129).
    pub forward: bool,
    /// Our own server says that the sender is not who it claims (R36): then an id it names proves
    /// nothing (R131).
    pub auth_failed: bool,
    /// Position of the mail it answers in the same slice.
    pub parent: Option<usize>,
    /// The id by which it names that mail.
    pub reply_to: Option<MsgId>,
    /// Users in whose mailboxes a copy lies.
    pub holders: Vec<UserId>,
    /// What the admins' rules said about it, in their order.
    pub rules: Vec<Hit>,
    /// What was decided before, if it is stored.
    pub before: Option<Linking>,
}

/// Where an address stands on a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `From`.
    From,
    /// `Sender`.
    Sender,
    /// `Reply-To`.
    ReplyTo,
    /// `To`.
    To,
    /// `Cc`.
    Cc,
    /// `Bcc`.
    Bcc,
}

impl Field {
    /// The word in the database and in evidence.
    pub fn word(self) -> &'static str {
        match self {
            Field::From => "from",
            Field::Sender => "sender",
            Field::ReplyTo => "reply-to",
            Field::To => "to",
            Field::Cc => "cc",
            Field::Bcc => "bcc",
        }
    }

    /// The field that `word` names.
    pub fn from_word(word: &str) -> Option<Field> {
        use Field::*;
        [From, Sender, ReplyTo, To, Cc, Bcc].into_iter().find(|f| f.word() == word)
    }
}

/// Which way a mail went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From outside.
    In,
    /// From us to somebody outside.
    Out,
    /// Among us.
    Internal,
}

impl Direction {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Direction::In => "in",
            Direction::Out => "out",
            Direction::Internal => "internal",
        }
    }
}

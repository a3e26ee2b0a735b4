//! What linking needs to know of the world: filled by `store` for a whole batch, read by `link`.

use super::address::Address;
use super::id::{MailId, MsgId, RecordId, ThreadId, UserId};
use super::link::{Evidence, Linking};
use super::mail::{Author, Channel};
use super::record::{Kind, Status};
use super::rule::{Effect, Hit};
use super::time::Timestamp;
use super::words::Words;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What the company says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct House {
    /// Its domains, lower-case A-labels.
    pub domains: HashSet<String>,
    /// Whether anybody at a domain of an account is a party of it and of its opportunities.
    pub domain_parties: bool,
    /// Its zone, in which times without one are meant.
    pub zone: chrono_tz::Tz,
}

impl std::ops::Deref for House {
    type Target = HashSet<String>;
    fn deref(&self) -> &HashSet<String> {
        &self.domains
    }
}

impl FromIterator<String> for House {
    /// With these domains, nobody a party by their domain alone, in UTC.
    fn from_iter<I: IntoIterator<Item = String>>(domains: I) -> House {
        House { domains: domains.into_iter().collect(), domain_parties: false, zone: chrono_tz::Tz::UTC }
    }
}

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
    /// They by the accounts and contacts that have a part in them; kept by [`LinkFacts::add_deal`].
    pub by_party: HashMap<RecordId, Vec<RecordId>>,
    /// Records that are deleted: nothing is linked to them, and what stands on them stays as it is
    /// until they are brought back.
    pub gone: HashSet<RecordId>,
    /// The accounts of contacts that people named in corrections.
    pub accounts: HashMap<RecordId, RecordId>,
    /// Opportunities by reference number, folded (`link::number`), with the number as it is written.
    pub numbers: HashMap<String, Vec<(RecordId, String)>>,
    /// Addresses of leads that were converted: the lead, the opportunity that it became, and when.
    pub converted: HashMap<Address, Vec<(RecordId, RecordId, Timestamp)>>,
    /// What people said of all mail of a sender.
    pub senders: HashMap<Address, Vec<Always>>,
    /// What people said of all mail of a domain and those below it.
    pub sender_domains: HashMap<String, Vec<Always>>,
    /// What ranking knows of opportunities, by opportunity; empty where nothing is to be ranked.
    pub known: HashMap<RecordId, Known>,
    /// The records that rules name, by what they say; several where a name is not unique.
    pub ruled: HashMap<Effect, Vec<RecordId>>,
    /// Anybody at a domain of an account is a party of it and of its opportunities.
    pub domain_parties: bool,
}

/// What is known of an opportunity among several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// The words of its name.
    pub name: BTreeSet<String>,
    /// Mail that surely regards it, in order of time.
    pub past: Vec<Past>,
}

/// A mail that surely regards an opportunity.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// Hash of its content.
    pub identity: Vec<u8>,
    /// Its place in time.
    pub at: Timestamp,
    /// What it says.
    pub words: Arc<Words>,
    /// Who is on it, without us.
    pub people: BTreeSet<Address>,
    /// Its writer's name and address, as they were given.
    pub writer: (String, String),
}

/// What a person said of all mail of a sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Always {
    /// What.
    pub spoken: Spoken,
    /// Whether it counts for mail of everybody, or only for mail in a mailbox of its author (P12).
    pub everywhere: bool,
}

/// A person's word on a mail, its thread or its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The row of `corrections`.
    pub correction: i64,
    /// What they said.
    pub say: Say,
    /// Who; none: the operator.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// What a person can say of where a mail belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// It regards this record, or none and stands with its contacts alone.
    Regard(Option<RecordId>),
    /// It concerns nobody but whose mailbox it lies in.
    Private,
}

impl Say {
    /// The record that is named.
    pub fn record(self) -> Option<RecordId> {
        match self {
            Say::Regard(record) => record,
            Say::Private => None,
        }
    }
}

/// Everything that somebody said of one mail, and what stands on it beside addresses and ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// Of this mail.
    pub mail: Option<Spoken>,
    /// Of the thread in which this mail lies.
    pub thread: Option<Spoken>,
    /// Records on which it stands as well: correction, record and who.
    pub added: Vec<(i64, RecordId, Option<UserId>)>,
    /// Records from which it was taken: none of them gets it again.
    pub removed: BTreeSet<RecordId>,
    /// Where it was filed, with that evidence.
    pub filed: Option<(RecordId, Evidence)>,
    /// Numbers and signed references on it.
    pub marks: Vec<Mark>,
    /// A machine wrote it, whatever it looks like.
    pub automatic: bool,
    /// It is confidential, or it is not, whatever rules say.
    pub sealed: Option<bool>,
    /// A thread of its own begins here.
    pub split: bool,
    /// Identities of mails with which it belongs.
    pub joined: Vec<Vec<u8>>,
    /// A copy lies in a shared mailbox, and an unknown sender is asked about there.
    pub shared: bool,
    /// Somebody filed it and that could not be honoured: it is kept, for review.
    pub kept: bool,
    /// Its words; only where several opportunities are weighed.
    pub words: Option<Arc<Words>>,
    /// What an automatic mail says of mail of ours.
    pub report: Report,
}

/// What an automatic mail says of mail of ours (R95, R109, R126).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Keyed hashes of the ids of the mail that came back with it.
    pub returned: Vec<i64>,
    /// Of which addresses it reports.
    pub of: Vec<Address>,
    /// It is about an absence notice of ours to one of them.
    pub of_notice: bool,
    /// Keyed hashes of numbers under which its writer's firm keeps what it answers (R106).
    pub numbers: Vec<i64>,
    /// Of a person's mail: keyed hashes of numbers in its subject with its writer's firm.
    pub hints: Vec<i64>,
}

/// A reference number or a signed reference that stands on a mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A reference number, folded.
    Number {
        /// The number.
        key: String,
        /// In the subject, else in the body.
        in_subject: bool,
    },
    /// A reference that this instance signed.
    Signed {
        /// The record it was signed for.
        record: RecordId,
        /// The Message-ID or address that carries it.
        text: String,
    },
    /// A reference that looks like ours, but its signature is wrong: it proves nothing.
    Wrong {
        /// The Message-ID or address that carries it.
        text: String,
    },
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

    /// The opportunities in which a contact has a part.
    pub fn deals_of(&self, party: &PartyMatch) -> impl Iterator<Item = (RecordId, &Deal)> {
        let account = party.account;
        let of_account = account.and_then(|a| self.by_party.get(&a)).into_iter().flatten();
        let in_person = self.by_party.get(&party.record).into_iter().flatten();
        let ids: BTreeSet<RecordId> = of_account.chain(in_person).copied().collect();
        ids.into_iter().filter_map(|id| Some((id, self.opportunities.get(&id)?)))
    }

    /// Adds an opportunity.
    pub fn add_deal(&mut self, id: RecordId, deal: Deal) {
        self.opportunities.insert(id, deal);
        for party in [deal.account, deal.end_account, deal.end_contact].into_iter().flatten() {
            let deals = self.by_party.entry(party).or_default();
            if !deals.contains(&id) {
                deals.push(id);
            }
        }
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
    /// It names that mail by no id: only the conversation is the same (R125).
    pub guessed: bool,
    /// Users in whose mailboxes a copy lies.
    pub holders: Vec<UserId>,
    /// What the admins' rules said about it, in their order.
    pub rules: Vec<Hit>,
    /// What was decided before, if it is stored.
    pub before: Option<Linking>,
    /// What people said of it, and what else stands on it.
    pub said: Said,
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

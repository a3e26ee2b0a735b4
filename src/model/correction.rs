//! What people say of where a mail belongs. A word outlives the row of its mail: it names the mail
//! by its content.

use super::address::Address;
use super::facts::{Said, Say, Spoken};
use super::id::{RecordId, ThreadId, UserId};
use super::link::Evidence;
use super::time::Timestamp;

/// What was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// It regards this record, or no opportunity.
    Regard,
    /// It stands on this record as well.
    Add,
    /// It does not belong on this record.
    Remove,
    /// It concerns nobody but whose mailbox it lies in.
    Private,
    /// A machine wrote it.
    Automatic,
    /// A thread of its own begins here.
    Split,
    /// It belongs to the thread of another mail.
    Join,
    /// It was filed from a mail program.
    Filed,
    /// Nobody has to answer it, or is expected to.
    NoAnswer,
    /// Somebody wants to be reminded of it at a certain time, should no answer come.
    FollowUp,
    /// It is confidential, whatever record governs it.
    Confidential,
    /// It is not confidential by itself, whatever rules say.
    Open,
}

impl What {
    /// All of them.
    pub const ALL: [What; 12] = [
        What::Regard,
        What::Add,
        What::Remove,
        What::Private,
        What::Automatic,
        What::Split,
        What::Join,
        What::Filed,
        What::NoAnswer,
        What::FollowUp,
        What::Confidential,
        What::Open,
    ];

    /// The word in the table and in answers.
    pub fn word(self) -> &'static str {
        match self {
            What::Regard => "regard",
            What::Add => "add",
            What::Remove => "remove",
            What::Private => "private",
            What::Automatic => "automatic",
            What::Split => "split",
            What::Join => "join",
            What::Filed => "filed",
            What::NoAnswer => "no-answer",
            What::FollowUp => "follow-up",
            What::Confidential => "confidential",
            What::Open => "open",
        }
    }

    /// What `word` names.
    pub fn from_word(word: &str) -> Option<What> {
        What::ALL.into_iter().find(|what| what.word() == word)
    }
}

/// Of what it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Of one mail.
    Mail,
    /// Of the thread in which it lies.
    Thread,
    /// Of all mail of a sender.
    Sender,
}

impl Reach {
    /// The word in the table and in evidence.
    pub fn word(self) -> &'static str {
        match self {
            Reach::Mail => "mail",
            Reach::Thread => "thread",
            Reach::Sender => "sender",
        }
    }

    /// The reach that `word` names.
    pub fn from_word(word: &str) -> Option<Reach> {
        [Reach::Mail, Reach::Thread, Reach::Sender].into_iter().find(|r| r.word() == word)
    }
}

/// Of whose mail something is said once and for all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    /// Of one sender.
    Sender(Address),
    /// Of everybody in a domain, and in those below it.
    Domain(String),
}

impl Whom {
    /// What `text` names: an address, or `@` with a domain.
    pub fn parse(text: &str) -> Option<Whom> {
        match text.trim().strip_prefix('@') {
            Some(domain) => {
                // As the domain of an address is compared.
                let address = Address::parse(&format!("x@{domain}")).ok()?;
                Some(Whom::Domain(address.domain().to_owned()))
            }
            None => Address::parse(text.trim()).ok().map(Whom::Sender),
        }
    }

    /// The domain.
    pub fn domain(&self) -> &str {
        match self {
            Whom::Sender(address) => address.domain(),
            Whom::Domain(domain) => domain,
        }
    }
}

impl std::fmt::Display for Whom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Whom::Sender(address) => write!(f, "{address}"),
            Whom::Domain(domain) => write!(f, "@{domain}"),
        }
    }
}

/// A mail by its content: the keyed hash of its id, sender and date, and the hash of all of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Named {
    /// Keyed hash of Message-ID, From and Date.
    pub copy_key: i64,
    /// SHA-256 over these and the text.
    pub identity: Vec<u8>,
}

/// What must be decided again because of a correction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Threads of stored mail.
    pub threads: Vec<ThreadId>,
    /// Mails that may lie unstored, by the keyed hashes of their copies.
    pub copies: Vec<i64>,
}

/// A person's word that stands: neither undone nor replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Its row.
    pub id: i64,
    /// What was said.
    pub what: What,
    /// Of what.
    pub reach: Reach,
    /// The mail at which it was said; none of a sender.
    pub mail: Option<Named>,
    /// The sender of whom it was said; `@` and a domain of everybody in that.
    pub address: Option<String>,
    /// The record, where there is one; what was merged into another is that.
    pub record: Option<RecordId>,
    /// With which mail it belongs, for `Join`.
    pub other: Option<Named>,
    /// The way it was filed: `folder`, `dropbox`, `token`, `attached`.
    pub how: String,
    /// When to be reminded, for `FollowUp`.
    pub until: Option<Timestamp>,
    /// Of a sender: it counts for mail in everybody's mailboxes.
    pub everywhere: bool,
    /// Who; none: the operator.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// How it was said that a mail is on no record, where review's answer was "none of these", and not "private".
pub const NO_RECORD: &str = "none";

impl Correction {
    /// Whether review's answer was that it belongs to no record; linking takes that as it takes private.
    pub fn is_none(&self) -> bool {
        self.what == What::Private && self.how == NO_RECORD
    }

    /// What was said, as a word in answers.
    pub fn word(&self) -> &'static str {
        if self.is_none() { NO_RECORD } else { self.what.word() }
    }

    /// As linking takes it, where it says what a mail regards.
    pub fn spoken(&self) -> Option<Spoken> {
        let say = match self.what {
            What::Regard => Say::Regard(self.record),
            What::Private => Say::Private,
            _ => return None,
        };
        Some(Spoken { correction: self.id, say, by: self.by, at: self.at })
    }

    /// Adds it to what was said of its mail. Later words come after earlier ones.
    pub fn tell(&self, said: &mut Said) {
        match (self.what, self.reach, self.record) {
            (What::Regard | What::Private, Reach::Mail, _) => said.mail = self.spoken(),
            (What::Regard | What::Private, Reach::Thread, _) => said.thread = self.spoken(),
            (What::Add, _, Some(record)) => said.added.push((self.id, record, self.by)),
            (What::Remove, _, Some(record)) => {
                said.removed.insert(record);
            }
            (What::Filed, _, Some(record)) => {
                let evidence = Evidence::Filed { correction: self.id, how: self.how.clone(), by: self.by };
                said.filed = Some((record, evidence));
            }
            (What::Automatic, ..) => said.automatic = true,
            (What::Confidential, ..) => said.sealed = Some(true),
            (What::Open, ..) => said.sealed = Some(false),
            (What::Split, ..) => said.split = true,
            (What::Join, ..) => said.joined.extend(self.other.as_ref().map(|other| other.identity.clone())),
            _ => {}
        }
    }
}

//! Records, the people of the company, and what a right is.

use super::id::{RecordId, TeamId, UserId};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Which of the four a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A company.
    Account,
    /// A person at an account.
    Contact,
    /// A prospect that is not yet an account.
    Lead,
    /// A deal with an account.
    Opportunity,
}

impl Kind {
    /// The word in the database and in URLs (`/opportunities/7`: plural added there).
    pub fn word(self) -> &'static str {
        match self {
            Kind::Account => "account",
            Kind::Contact => "contact",
            Kind::Lead => "lead",
            Kind::Opportunity => "opportunity",
        }
    }

    /// The kind that `word` names.
    pub fn from_word(word: &str) -> Option<Kind> {
        [Kind::Account, Kind::Contact, Kind::Lead, Kind::Opportunity].into_iter().find(|k| k.word() == word)
    }
}

/// How much an account matters to the company; decides how often it is contacted (S14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// The most important.
    A,
    /// Important.
    B,
    /// Ordinary.
    C,
    /// The least.
    D,
}

impl Class {
    /// The letter in the database.
    pub fn word(self) -> &'static str {
        match self {
            Class::A => "A",
            Class::B => "B",
            Class::C => "C",
            Class::D => "D",
        }
    }

    /// The class that `word` names, in either case.
    pub fn from_word(word: &str) -> Option<Class> {
        [Class::A, Class::B, Class::C, Class::D].into_iter().find(|c| c.word().eq_ignore_ascii_case(word))
    }
}

/// Where a lead or opportunity stands. Accounts and contacts are always `Open`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// In work.
    Open,
    /// Closed: won.
    Won,
    /// Closed: lost.
    Lost,
    /// A lead that became an opportunity.
    Converted,
}

impl Status {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Won => "won",
            Status::Lost => "lost",
            Status::Converted => "converted",
        }
    }

    /// The status that `word` names.
    pub fn from_word(word: &str) -> Option<Status> {
        [Status::Open, Status::Won, Status::Lost, Status::Converted].into_iter().find(|s| s.word() == word)
    }
}

/// What a record may lack: by this its owner and the managers find it (W3, W12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lack {
    /// An answer: a client's mail waits.
    Answer,
    /// An update: nothing of ours was done on an open lead or opportunity for too long (S16).
    Update,
}

impl Lack {
    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Lack::Answer => "unanswered",
            Lack::Update => "neglected",
        }
    }

    /// What `word` names.
    pub fn from_word(word: &str) -> Option<Lack> {
        [Lack::Answer, Lack::Update].into_iter().find(|l| l.word() == word)
    }

    /// Whether records of this kind can lack it: nobody owes accounts and contacts news.
    pub fn befalls(self, kind: Kind) -> bool {
        self == Lack::Answer || matches!(kind, Kind::Lead | Kind::Opportunity)
    }
}

/// An account, contact, lead or opportunity: what rights and links need to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its id, unique over all four kinds.
    pub id: RecordId,
    /// Which of the four.
    pub kind: Kind,
    /// What people call it.
    pub name: String,
    /// The one user responsible.
    pub owner: UserId,
    /// The team it belongs to, for fallbacks.
    pub team: Option<TeamId>,
    /// Marked confidential: no line, mode or general cover reaches it.
    pub confidential: bool,
    /// Where it stands.
    pub status: Status,
    /// The account of a contact or opportunity.
    pub account: Option<RecordId>,
    /// An account's own class; of a contact or opportunity that of its account.
    pub class: Option<Class>,
    /// An opportunity's end customer: the company.
    pub end_account: Option<RecordId>,
    /// An opportunity's end customer: the person.
    pub end_contact: Option<RecordId>,
}

/// A user as rights and absence see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Full name.
    pub name: String,
    /// Their own line manager.
    pub manager: Option<UserId>,
    /// What they are for the installation.
    pub role: UserRole,
    /// The teams they belong to, sorted.
    pub teams: Vec<TeamId>,
    /// False once deactivated. A deactivated user answers for nothing and is never named.
    pub active: bool,
}

/// What a user is for the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserRole {
    /// An account manager: in transparent mode they read each other's records.
    Manager,
    /// Somebody who is not an account manager (operations, marketing …): no transparent reading.
    Staff,
    /// Connects mailboxes, answers for access. May assign and share, without reading mail.
    Admin,
}

impl UserRole {
    /// The word in the database and in CSV files.
    pub fn word(self) -> &'static str {
        match self {
            UserRole::Manager => "account-manager",
            UserRole::Staff => "staff",
            UserRole::Admin => "admin",
        }
    }

    /// The role that `word` names.
    pub fn from_word(word: &str) -> Option<UserRole> {
        [UserRole::Manager, UserRole::Staff, UserRole::Admin].into_iter().find(|r| r.word() == word)
    }
}

/// A team, for its fallback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Who answers when owner and substitutes are all away.
    pub fallback: Option<UserId>,
}

/// Who may read records without a right of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// All account managers read each other's records, unless confidential.
    Transparent,
    /// Nobody sees another's records unless assigned, covering or shared.
    #[default]
    Restricted,
}

/// What the installation decides about rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Who may read without a right of their own.
    pub mode: Mode,
    /// Whether line managers change what those below them own, beside reading and assigning it.
    pub line_writes: bool,
    /// Whether a cover may change anything; an absence can say no for itself.
    pub cover_writes: bool,
    /// Login of the company's fallback.
    pub fallback: Option<String>,
}

impl Default for Policy {
    /// Restricted; covers write, line managers do not; no fallback.
    fn default() -> Policy {
        Policy { mode: Mode::Restricted, line_writes: false, cover_writes: true, fallback: None }
    }
}

/// Who answers for a record at a moment, and by which path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answering {
    /// Who answers; `None` if nobody is left who may.
    pub user: Option<UserId>,
    /// How it came to them.
    pub path: AnswerPath,
    /// Everybody from the owner to the one who answers, in order, without the latter.
    pub chain: Vec<UserId>,
    /// Until when it stands, if an absence put them there and has an end.
    pub until: Option<Timestamp>,
}

/// How answering came to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerPath {
    /// The owner is there.
    Owner,
    /// A substitute, after following `chain`.
    Substitute,
    /// The record's team's fallback.
    TeamFallback,
    /// The company's fallback.
    CompanyFallback,
    /// Nobody.
    Nobody,
}

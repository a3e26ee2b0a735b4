//! Where reading a folder stands, and in which state each copy of a mail is (promise P1).

use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How far a folder has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// Never read.
    Start,
    /// Read in one numbering of the server.
    At {
        /// UIDVALIDITY of that numbering.
        validity: u32,
        /// Ours: grows with every new numbering, so that UIDs of two numberings never mix.
        epoch: i64,
        /// Every UID below it and not below `backfill` is accounted for. The next live window
        /// starts here.
        frontier: u32,
        /// Every UID from here up to the frontier is accounted for; 1 when backfill is done.
        backfill: u32,
    },
}

/// The state of one location. Every message that the server shows in a watched folder is in
/// exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocationState {
    /// Known, body not yet read.
    Pending,
    /// Its message is stored.
    Stored,
    /// Known and deliberately not stored: it concerns no record (P9).
    Unmatched,
    /// No longer on the server.
    Gone,
    /// Could not be read or stored; kept with its error, can be run again.
    Failed,
}

impl LocationState {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            LocationState::Pending => "pending",
            LocationState::Stored => "stored",
            LocationState::Unmatched => "unmatched",
            LocationState::Gone => "gone",
            LocationState::Failed => "failed",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<LocationState> {
        use LocationState::*;
        [Pending, Stored, Unmatched, Gone, Failed].into_iter().find(|s| s.word() == word)
    }
}

/// How a mail came. Backlog is linked, never answered (design: R4 to R7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// It came above the frontier while the mailbox was connected.
    Live,
    /// It was there already, and this is why.
    Backlog(Why),
}

/// Why a mail is backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It lay below the frontier when the folder was first read.
    Backfill,
    /// The server renumbered the folder and it was read again.
    Epoch,
    /// It came from an archive.
    Import,
    /// It was read again because a record, address or thread made it matter.
    Refetch,
}

impl Arrival {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Arrival::Live => "live",
            Arrival::Backlog(Why::Backfill) => "backfill",
            Arrival::Backlog(Why::Epoch) => "epoch",
            Arrival::Backlog(Why::Import) => "import",
            Arrival::Backlog(Why::Refetch) => "refetch",
        }
    }

    /// The arrival that `word` names.
    pub fn from_word(word: &str) -> Option<Arrival> {
        use Arrival::*;
        [Live, Backlog(Why::Backfill), Backlog(Why::Epoch), Backlog(Why::Import), Backlog(Why::Refetch)]
            .into_iter()
            .find(|a| a.word() == word)
    }
}

/// What a folder is for. Decides which mail may be answered (R7) and which is our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Where mail arrives.
    Inbox,
    /// Copies of what the user sent.
    Sent,
    /// `\All` (Gmail's All Mail).
    All,
    /// `\Archive`.
    Archive,
    /// `\Drafts`.
    Drafts,
    /// `\Junk`.
    Junk,
    /// `\Trash`.
    Trash,
    /// Any other folder.
    Other,
}

impl Role {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Role::Inbox => "inbox",
            Role::Sent => "sent",
            Role::All => "all",
            Role::Archive => "archive",
            Role::Drafts => "drafts",
            Role::Junk => "junk",
            Role::Trash => "trash",
            Role::Other => "other",
        }
    }

    /// The role that `word` names.
    pub fn from_word(word: &str) -> Option<Role> {
        use Role::*;
        [Inbox, Sent, All, Archive, Drafts, Junk, Trash, Other].into_iter().find(|r| r.word() == word)
    }
}

/// What is known of a copy before its body is read: one line of the survey of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// UID in the folder's current numbering.
    pub uid: u32,
    /// RFC822.SIZE. Servers lie about it; the literal is what counts.
    pub size: u64,
    /// INTERNALDATE, the arrival (R3); `None` if the server gave none.
    pub internal_date: Option<Timestamp>,
    /// Flags as sent, such as `\Seen`.
    pub flags: Vec<String>,
    /// MODSEQ where the server has CONDSTORE.
    pub modseq: Option<u64>,
}

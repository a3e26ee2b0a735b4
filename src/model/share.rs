//! Rights on a single record that were given to a person or a team.

use super::id::{RecordId, TeamId, UserId};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What somebody may do with a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rights {
    /// See it and its mail.
    pub read: bool,
    /// Change it.
    pub write: bool,
    /// Give others a right on it.
    pub share: bool,
    /// Make somebody else its owner.
    pub assign: bool,
}

impl Rights {
    /// No right.
    pub const NONE: Rights = Rights { read: false, write: false, share: false, assign: false };
    /// Every right.
    pub const ALL: Rights = Rights { read: true, write: true, share: true, assign: true };
    /// To read.
    pub const READ: Rights = Rights { read: true, ..Rights::NONE };

    /// What either gives.
    pub fn or(self, other: Rights) -> Rights {
        Rights {
            read: self.read || other.read,
            write: self.write || other.write,
            share: self.share || other.share,
            assign: self.assign || other.assign,
        }
    }

    /// Whether it gives anything.
    pub fn any(self) -> bool {
        self != Rights::NONE
    }

    /// The words of those it gives: `read`, `write`, `share`, `assign`.
    pub fn words(self) -> Vec<&'static str> {
        let all = [(self.read, "read"), (self.write, "write"), (self.share, "share"), (self.assign, "assign")];
        all.into_iter().filter(|(given, _)| *given).map(|(_, word)| word).collect()
    }
}

/// Who holds a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// One person.
    User(UserId),
    /// Whoever belongs to the team at the moment of looking.
    Team(TeamId),
}

/// How a share came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Somebody who may share the record gave it.
    Share,
    /// It comes with a role as manager of the account and goes with it.
    Manager,
    /// The record was assigned onward for a step; the owner before keeps reading until it is back.
    Step,
    /// Somebody without a right opened it with a reason; ends by itself.
    BreakGlass,
}

impl Source {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Source::Share => "share",
            Source::Manager => "manager",
            Source::Step => "step",
            Source::BreakGlass => "break-glass",
        }
    }

    /// The source that `word` names.
    pub fn from_word(word: &str) -> Option<Source> {
        [Source::Share, Source::Manager, Source::Step, Source::BreakGlass].into_iter().find(|s| s.word() == word)
    }
}

/// A right on one record, given to a person or a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its row; 0 before it is saved.
    pub id: i64,
    /// The record.
    pub record: RecordId,
    /// Who holds it.
    pub holder: Holder,
    /// How it came about.
    pub source: Source,
    /// Whether the holder may change the record. They may read it in any case.
    pub write: bool,
    /// Whether the holder may give others a right on it.
    pub share: bool,
    /// Given while the record was confidential: it reaches the record then too. A share made
    /// before the record became confidential sleeps while it is.
    pub named: bool,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// Why it was given.
    pub reason: String,
    /// Who gave it; `None` for the operator.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

impl Share {
    /// What it gives.
    pub fn rights(&self) -> Rights {
        Rights { read: true, write: self.write, share: self.share, assign: false }
    }

    /// Whether it has not ended at `now`.
    pub fn stands(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// Who may open a record without a right, with a reason, for some hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GlassPolicy {
    /// Nobody.
    Nobody,
    /// The owner's line managers: records of those below them that are confidential.
    #[default]
    Line,
    /// Everybody who signs in, admins included.
    Everyone,
}

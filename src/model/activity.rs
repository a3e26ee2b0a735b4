//! What people do beside mail: calls, tasks, appointments and notes.

use super::id::{ActivityId, RecordId, UserId};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityKind {
    /// A phone call.
    Call,
    /// Something to be done.
    Task,
    /// A meeting.
    Appointment,
    /// Something written down. It is never open and never due.
    Note,
}

impl ActivityKind {
    /// All of them.
    pub const ALL: [ActivityKind; 4] =
        [ActivityKind::Call, ActivityKind::Task, ActivityKind::Appointment, ActivityKind::Note];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            ActivityKind::Call => "call",
            ActivityKind::Task => "task",
            ActivityKind::Appointment => "appointment",
            ActivityKind::Note => "note",
        }
    }

    /// The kind that `word` names.
    pub fn from_word(word: &str) -> Option<ActivityKind> {
        ActivityKind::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// Where an activity stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// To be done.
    Open,
    /// Done, by whom and when stands beside it.
    Done,
    /// Called off.
    Cancelled,
}

impl Progress {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Progress::Open => "open",
            Progress::Done => "done",
            Progress::Cancelled => "cancelled",
        }
    }

    /// The progress that `word` names.
    pub fn from_word(word: &str) -> Option<Progress> {
        [Progress::Open, Progress::Done, Progress::Cancelled].into_iter().find(|p| p.word() == word)
    }
}

/// A call, task, appointment or note on a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Activity {
    /// Its row; 0 before it is saved.
    pub id: ActivityId,
    /// The record it is about, which governs it on every timeline (P5).
    pub record: RecordId,
    /// What it is.
    pub kind: ActivityKind,
    /// In a line; never empty.
    pub subject: String,
    /// More of it; may be empty.
    pub body: String,
    /// Where it stands.
    pub progress: Progress,
    /// Who is to do it. An open one follows its record to a new owner.
    pub responsible: UserId,
    /// Who entered it. Never changes.
    pub author: UserId,
    /// The absent owner for whom a substitute entered or did it.
    pub on_behalf_of: Option<UserId>,
    /// Where it stands on a timeline: when it was entered, or done.
    pub at: Timestamp,
    /// When it is due, or takes place.
    pub due: Option<Timestamp>,
    /// When it was done or called off, and by whom (`None`: the operator).
    pub ended: Option<(Timestamp, Option<UserId>)>,
    /// When it was entered.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

impl Activity {
    /// The user whose it was at first: for whom it was entered, else who entered it (S4).
    pub fn original_owner(&self) -> UserId {
        self.on_behalf_of.unwrap_or(self.author)
    }

    /// Whether it is open and its time has come by `now`.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.progress == Progress::Open && self.due.is_some_and(|due| due <= now)
    }
}

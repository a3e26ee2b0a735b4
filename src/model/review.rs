//! Mail that a person is asked about, because it could not be placed surely.

use super::id::RecordId;

/// Why somebody is asked. In the order in which one reason comes before another where a mail has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Somebody filed it from their mail program, and that could not be honoured.
    Filing,
    /// A person took it off the last record on which it stood.
    Unlinked,
    /// Our own server says that its sender is false (R36).
    Forged,
    /// It names something of ours, and its sender is a stranger to that (R131).
    Suggested,
    /// It may be about one of several open opportunities, or of several records that a rule's name stands
    /// for, and none leads clearly.
    Several,
    /// An address on it stands on several records.
    SharedAddress,
    /// It has the id of another mail, and says something else (P2).
    OtherContent,
    /// Somebody at a firm that nobody knows wrote to a shared mailbox.
    UnknownSender,
}

impl Reason {
    /// All of them, the first first.
    pub const ALL: [Reason; 8] = [
        Reason::Filing,
        Reason::Unlinked,
        Reason::Forged,
        Reason::Suggested,
        Reason::Several,
        Reason::SharedAddress,
        Reason::OtherContent,
        Reason::UnknownSender,
    ];

    /// The word in the table and in answers.
    pub fn word(self) -> &'static str {
        match self {
            Reason::Filing => "filing",
            Reason::Unlinked => "unlinked",
            Reason::Forged => "forged",
            Reason::Suggested => "suggested",
            Reason::Several => "several",
            Reason::SharedAddress => "shared-address",
            Reason::OtherContent => "other-content",
            Reason::UnknownSender => "unknown-sender",
        }
    }

    /// What `word` names.
    pub fn from_word(word: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// What is asked about a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Why.
    pub reason: Reason,
    /// The records between which to choose, the likeliest first; they may be none.
    pub records: Vec<RecordId>,
}

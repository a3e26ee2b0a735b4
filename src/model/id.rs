//! Row ids, one type each, and the Message-ID of RFC 5322.

use serde::{Deserialize, Serialize};

macro_rules! row_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

row_ids! {
    /// A person who signs in (or once did).
    UserId;
    /// A group of users.
    TeamId;
    /// An account, contact, lead or opportunity.
    RecordId;
    /// A mailbox that Standin reads.
    MailboxId;
    /// A folder of a mailbox.
    FolderId;
    /// A place where a copy of a mail lies.
    LocationId;
    /// A stored message.
    MailId;
    /// A set of messages tied by ids.
    ThreadId;
    /// A period in which a user is away.
    AbsenceId;
    /// A batch of records that was assigned for a time.
    HandoverId;
    /// A call, task, appointment or note.
    ActivityId;
    /// A mail waiting to be sent, or sent.
    OutboxId;
    /// A mail that somebody writes, or wrote, in Standin.
    DraftId;
    /// A rule of the admins.
    RuleId;
    /// A run of the rules over history.
    RuleJobId;
    /// A dry run of a draft of the rules.
    TrialId;
    /// A token for the API.
    TokenId;
}

/// A Message-ID in the form in which ids are compared (R114): unfolded, without white space,
/// comments and angle brackets, needless quoting of the left side undone, case kept.
///
/// Built by `parse`; longer ones than 998 octets are cut there, so that a hostile id cannot grow
/// an index. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MsgId(String);

impl MsgId {
    /// Takes an already normalised id. Empty text is no id.
    pub fn new(normalised: impl Into<String>) -> Option<MsgId> {
        let id = normalised.into();
        (!id.is_empty()).then_some(MsgId(id))
    }

    /// An id of our own making: `left@domain`.
    pub fn of_parts(left: &str, domain: &str) -> MsgId {
        MsgId(format!("{left}@{domain}"))
    }

    /// The id without angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for MsgId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

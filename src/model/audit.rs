//! What is noted about who did what, and who read by a right that is not their own.

use super::id::{RecordId, UserId};
use super::time::Timestamp;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// Something that is noted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Action] = &[$(Action::$name,)*];

            /// The word in the table, in exports and in filters.
            pub fn word(self) -> &'static str {
                match self {
                    $(Action::$name => $word,)*
                }
            }

            /// The action that `word` names.
            pub fn from_word(word: &str) -> Option<Action> {
                Action::ALL.iter().copied().find(|action| action.word() == word)
            }
        }
    };
}

actions! {
    /// A record or its mail was read by a right over what somebody else answers for.
    Read = "read";
    /// Somebody broke the glass.
    GlassBroken = "glass-broken";
    /// A record got another owner.
    Assigned = "assigned";
    /// A record was shared, or a share changed.
    Shared = "shared";
    /// A share was taken back.
    Unshared = "unshared";
    /// A record was marked confidential, or not any more.
    Confidential = "confidential";
    /// A manager was appended to an account, or removed.
    ManagerChanged = "manager-changed";
    /// A team, its members, fallback or copies changed.
    TeamChanged = "team-changed";
    /// A user was added, changed or deactivated.
    UserChanged = "user-changed";
    /// An absence was entered.
    AbsenceAdded = "absence-added";
    /// An absence was changed.
    AbsenceChanged = "absence-changed";
    /// An absence was ended early or called off.
    AbsenceEnded = "absence-ended";
    /// A hand-over was run.
    HandedOver = "handed-over";
    /// A hand-over was returned.
    Returned = "returned";
    /// A hand-over was undone or cancelled.
    HandOverUndone = "hand-over-undone";
    /// Two records were made one.
    Merged = "merged";
    /// A merge was undone.
    MergeUndone = "merge-undone";
    /// A record was deleted.
    Deleted = "deleted";
    /// A deleted record was brought back.
    Restored = "restored";
    /// Consent to mail in one's own mailbox was asked for.
    ConsentAsked = "consent-asked";
    /// Consent was given or refused.
    ConsentDecided = "consent-decided";
    /// Somebody asked who can see a record, or why.
    AccessAsked = "access-asked";
    /// The audit, or a list of records, was exported.
    Exported = "exported";
    /// Mail in review was looked at by an admin.
    ReviewRead = "review-read";
    /// Somebody said where a mail belongs, or took that back.
    Corrected = "mail-corrected";
    /// A mail was written from a record and sent.
    Written = "mail-written";
    /// A record was made of a mail.
    Created = "record-created";
    /// Fields of a record were changed, by hand or as a mail says, or that was taken back.
    Edited = "record-edited";
    /// Folders for filing were switched on or off, or a secret address was renewed.
    FilingChanged = "filing-changed";
    /// A text of notices was written or cleared, or it was chosen who stands as their author.
    NoticeTextChanged = "notice-text-changed";
    /// A reference number was put on a record, or taken off.
    NumberChanged = "number-changed";
    /// Somebody said of a contact that they are away, back, or gone for good, or decided whom a notice named.
    ReachSaid = "reach-said";
    /// What failures said of an address was undone.
    AddressCleared = "address-cleared";
    /// Somebody was put on a blocklist.
    Blocked = "blocked";
    /// Somebody was taken off a blocklist.
    Unblocked = "unblocked";
    /// Stored mail of somebody blocked was taken away.
    StoredRemoved = "stored-removed";
    /// Somebody looked at what is stored about an address.
    PrivacyShown = "privacy-shown";
    /// An address was erased.
    Erased = "erased";
    /// A rule was added, changed, moved, switched or taken out, or the rules were rolled back.
    RulesChanged = "rules-changed";
    /// The rules were run over history, or such a run was stopped or undone.
    RulesApplied = "rules-applied";
    /// All notices were stopped, by a person or by the breaker.
    NoticesStopped = "notices-stopped";
    /// Notices were started again.
    NoticesStarted = "notices-started";
    /// Somebody looked at what the rules would do to stored mail, or at why a mail is where it is.
    RulesShown = "rules-shown";
    /// A file of users or records was imported on a page.
    Imported = "imported";
    /// A password, second factor or link to an identity provider was set, changed or taken away.
    SignInChanged = "sign-in-changed";
    /// A token for the API was made or revoked.
    TokenChanged = "token-changed";
    /// A mailbox was added, changed, tried, paused, resumed or removed, or is read further back.
    MailboxChanged = "mailbox-changed";
    /// The owner of a mailbox agreed to its being read, or took that back.
    MailboxAgreed = "mailbox-agreed";
}

/// One line of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Who; `None` for the operator at the command line, or Standin itself.
    pub actor: Option<UserId>,
    /// The absent person in whose place.
    pub on_behalf_of: Option<UserId>,
    /// What.
    pub action: Action,
    /// The word of the right by which (`access::Path`).
    pub path: Option<&'static str>,
    /// The record it is about.
    pub record: Option<RecordId>,
    /// The user, team, absence or mail it is about.
    pub subject: Option<i64>,
    /// What else there is to know: ids, days, rights. Never a subject, body or address of mail.
    pub detail: serde_json::Value,
}

impl Line {
    /// A line about nothing in particular yet.
    pub fn new(at: Timestamp, actor: Option<UserId>, action: Action) -> Line {
        Line {
            at,
            actor,
            on_behalf_of: None,
            action,
            path: None,
            record: None,
            subject: None,
            detail: serde_json::Value::Object(Default::default()),
        }
    }

    /// About this record.
    pub fn record(self, record: RecordId) -> Line {
        Line { record: Some(record), ..self }
    }

    /// About this user, team, absence or mail.
    pub fn subject(self, subject: i64) -> Line {
        Line { subject: Some(subject), ..self }
    }

    /// In the place of somebody absent.
    pub fn on_behalf_of(self, absent: Option<UserId>) -> Line {
        Line { on_behalf_of: absent, ..self }
    }

    /// By this right.
    pub fn by(self, path: &'static str) -> Line {
        Line { path: Some(path), ..self }
    }

    /// With what else there is to know.
    pub fn detail(self, detail: serde_json::Value) -> Line {
        Line { detail, ..self }
    }
}

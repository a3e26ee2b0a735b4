//! Mail that a person writes in Standin, before and after it goes out.

use super::delivery::Delivery;
use super::id::{DraftId, MailId, OutboxId, RecordId, UserId};
use super::time::Timestamp;

/// What kind of mail it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DraftKind {
    /// To whoever wrote.
    Reply,
    /// To everybody on the mail.
    ReplyAll,
    /// A mail handed on.
    Forward,
    /// A mail that begins a thread.
    New,
}

impl DraftKind {
    /// The word in the database and in addresses.
    pub fn word(self) -> &'static str {
        match self {
            DraftKind::Reply => "reply",
            DraftKind::ReplyAll => "reply-all",
            DraftKind::Forward => "forward",
            DraftKind::New => "new",
        }
    }

    /// The kind that `word` names.
    pub fn from_word(word: &str) -> Option<DraftKind> {
        use DraftKind::*;
        [Reply, ReplyAll, Forward, New].into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it answers a mail, and so belongs to that mail's thread.
    pub fn answers(self) -> bool {
        matches!(self, DraftKind::Reply | DraftKind::ReplyAll)
    }
}

/// What its writer types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// Name of the mailbox it goes through; empty: not chosen.
    pub mailbox: String,
    /// `To`, as it was typed.
    pub to: String,
    /// `Cc`, as it was typed.
    pub cc: String,
    /// `Bcc`, as it was typed.
    pub bcc: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// A mail that somebody writes or wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its row.
    pub id: DraftId,
    /// Who writes it.
    pub user: UserId,
    /// What kind of mail it is.
    pub kind: DraftKind,
    /// What it answers or hands on.
    pub mail: Option<MailId>,
    /// What it is about.
    pub record: Option<RecordId>,
    /// What was typed.
    pub typed: Typed,
    /// The line that says for whom, as it was put in.
    pub cover_line: Option<String>,
    /// The latest answer that its writer saw in the thread when it was begun; 0: none.
    pub known_answer: MailId,
    /// Grows with each save: two windows tell by it that the other one saved.
    pub version: i64,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last saved.
    pub saved_at: Timestamp,
    /// What became of sending it; `None` while nobody sent it.
    pub sending: Option<Sending>,
    /// When what was sent was taken in.
    pub taken_at: Option<Timestamp>,
    /// What became of the copy in the writer's folder of sent mail.
    pub copy: SentCopy,
}

impl Draft {
    /// Whether it may be written on: it was not sent, or for sure went to nobody.
    pub fn open(&self) -> bool {
        let back = |sending: &Sending| matches!(sending.state, Delivery::Refused | Delivery::GaveUp);
        self.sending.as_ref().is_none_or(back)
    }
}

/// What became of sending a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Its row in the outbox.
    pub outbox: OutboxId,
    /// How far it is.
    pub state: Delivery,
    /// The server's last words, or ours.
    pub answer: Option<String>,
    /// When it is tried again, while it waits.
    pub next_try_at: Timestamp,
    /// The Message-ID under which it goes.
    pub message_id: String,
}

/// What became of the copy in the writer's folder of sent mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentCopy {
    /// None is to be made yet.
    None,
    /// It is to be put there.
    Due,
    /// It is there.
    There,
    /// The provider files what it sends itself.
    Theirs,
    /// It could not be put there; why.
    Failed(String),
}

/// A file that goes with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    /// Its row.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its media type, such as `application/pdf`.
    pub media_type: String,
    /// Octets.
    pub size: i64,
}

/// A file with what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

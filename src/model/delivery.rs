//! Mail of ours on its way out.

use super::address::Address;
use super::id::{MsgId, OutboxId};
use super::time::Timestamp;

/// The state of an outgoing mail.
///
/// `Queued → Sending → Sent | Refused | GaveUp | Unclear`. After silence or a crash it is
/// `Unclear` and never sent again by itself (R49, R50).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Waits for its turn.
    Queued,
    /// Claimed by a worker; the claim is durable before the first byte goes out.
    Sending,
    /// The server took it.
    Sent,
    /// The server refused it for good (5xx).
    Refused,
    /// It could not be handed over before it lost its point (R50: one hour for notices).
    GaveUp,
    /// It may have gone out or not.
    Unclear,
}

impl Delivery {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Delivery::Queued => "queued",
            Delivery::Sending => "sending",
            Delivery::Sent => "sent",
            Delivery::Refused => "refused",
            Delivery::GaveUp => "gave-up",
            Delivery::Unclear => "unclear",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<Delivery> {
        use Delivery::*;
        [Queued, Sending, Sent, Refused, GaveUp, Unclear].into_iter().find(|d| d.word() == word)
    }
}

/// A complete mail with its envelope, ready for SMTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// `MAIL FROM`; `None` is the null reverse path `<>` (R62).
    pub envelope_from: Option<Address>,
    /// The first `RCPT TO`, of a notice the only one, as received (R63): SRS and BATV forms untouched.
    pub envelope_to: String,
    /// The Message-ID inside `bytes`.
    pub message_id: MsgId,
    /// The mail in wire form: CRLF line ends, 7-bit.
    pub bytes: Vec<u8>,
    /// After this moment it is not sent any more.
    pub expires_at: Timestamp,
}

/// An outgoing mail that a worker claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its row.
    pub id: OutboxId,
    /// Name of the mailbox whose submission server it goes through.
    pub mailbox: String,
    /// What to send.
    pub mail: Outgoing,
    /// Everybody else who gets it in the same handing over: what a person wrote may have several recipients.
    pub also_to: Vec<String>,
    /// How often it was tried before.
    pub attempts: u32,
}

/// What the submission server said, sorted by what happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Taken. The text may hold the server's own id (R126).
    Accepted(String),
    /// Try later: 4xx before acceptance, or no connection.
    Later(String),
    /// Never: 5xx, or the server cannot carry such a mail.
    Refused(String),
    /// The null reverse path was refused (R62): try again with the fallback sender.
    NullSenderRefused(String),
    /// The connection broke, or nothing was said, after the final dot (R50).
    Unclear(String),
}

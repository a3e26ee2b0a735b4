//! What an automatic mail says, taken apart: delivery reports by recipient, a contact's own absence,
//! a departure, an acknowledgement (R95 to R112).
//!
//! `parse` fills it, `intake` makes data of the company's contacts from it. Nothing here says why
//! somebody is away: that is not taken out of a mail (R104).

use super::address::Address;
use super::id::MsgId;
use super::time::Timestamp;
use chrono::NaiveDate;

/// What an automatic mail says. Empty where nothing could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Automatic {
    /// Message-IDs of the mail it is about, as far as it names them itself: the returned original's, then
    /// former ids that a service kept in it, then a report's Original-Message-ID (R95, R126).
    pub about: Vec<MsgId>,
    /// To whom the returned original was written, envelope and fields together, in order.
    pub about_recipients: Vec<Address>,
    /// A delivery report, by recipient (R107).
    pub bounces: Vec<Bounce>,
    /// Its author is away (R98 to R101).
    pub away: Option<Away>,
    /// Its author does not work there any more (R105).
    pub left: Option<Left>,
    /// The number under which the other side keeps our mail, as it writes it (R106).
    pub remote_number: Option<String>,
    /// The returned original, where that was an automatic answer itself (R14).
    pub returned_answer: Option<ReturnedAnswer>,
    /// A receipt says that the mail was deleted, not that it was shown (RFC 8098 §3.2.6).
    pub deleted: bool,
}

/// An automatic answer that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedAnswer {
    /// In whose name it was written.
    pub author: Address,
    /// The mail that it answered, by its In-Reply-To, else the last of its References.
    pub answers: Vec<MsgId>,
    /// Its Date.
    pub date: Option<Timestamp>,
}

/// What a delivery report says of one recipient (RFC 3464 §2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// Whom it could not be delivered to: Original-Recipient where it stands, else Final-Recipient, else
    /// the address that the text names.
    pub recipient: Address,
    /// Where it had been passed on to, if that is another address.
    pub passed_on_to: Option<Address>,
    /// What became of it.
    pub action: Action,
    /// The enhanced code (RFC 3463), such as `5.1.1`.
    pub status: Option<String>,
    /// The SMTP code, 400 to 599.
    pub code: Option<u16>,
    /// The server's words, on one line, at most 300 characters.
    pub text: String,
    /// What follows for the address.
    pub kind: BounceKind,
}

/// `Action` of a delivery report (RFC 3464 §2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It was given up.
    Failed,
    /// It is still being tried.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It was handed to a system that reports nothing.
    Relayed,
    /// It went to the members of a list.
    Expanded,
}

/// What a failure says about an address (R108, R110).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BounceKind {
    /// There is no such address: code and words say so, or the code alone says nothing else.
    Hard,
    /// It failed for now, or code and words disagree.
    Soft,
    /// The other side does not want it: policy, spam, authentication. Says nothing of the address.
    Policy,
    /// No failure: late, delivered, relayed or expanded.
    None,
}

impl BounceKind {
    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            BounceKind::Hard => "hard",
            BounceKind::Soft => "soft",
            BounceKind::Policy => "policy",
            BounceKind::None => "none",
        }
    }
}

/// Somebody's absence, as their own notice tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Away {
    /// The last day away; `None` where no date stands, where two readings are likely, or where it has no
    /// end.
    pub until: Option<NaiveDate>,
    /// How far that is to be trusted.
    pub certainty: Certainty,
    /// Who is named to turn to.
    pub substitutes: Vec<Mentioned>,
    /// The language it is written in, a tag such as `pl`, where it could be told.
    pub language: Option<&'static str>,
}

/// How far the end of somebody's absence is to be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// One date, in words or without doubt.
    Sure,
    /// The dates do not agree, or may be read in two ways (R99, R100).
    Unsure,
    /// No date: whoever keeps it assumes 14 days (R101).
    #[default]
    Assumed,
    /// No end, or one more than 400 days off (R101).
    OpenEnded,
    /// All dates lie before the mail: nobody is away any more (R101).
    Past,
}

impl Certainty {
    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Certainty::Sure => "sure",
            Certainty::Unsure => "unsure",
            Certainty::Assumed => "assumed",
            Certainty::OpenEnded => "open",
            Certainty::Past => "past",
        }
    }
}

/// Its author is gone for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Who is named instead.
    pub successors: Vec<Mentioned>,
}

/// Somebody whom an automatic mail names: a suggestion, never a contact by itself (R103).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mentioned {
    /// As the mail writes it.
    pub name: Option<String>,
    /// Where to write to them.
    pub address: Address,
}

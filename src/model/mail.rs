//! A mail as `parse` understood it. Every input gives one: what is wrong with it is data
//! (`defects`), not an error.

use super::address::Address;
use super::id::MsgId;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One mail, parsed. Text is free of U+0000 (PostgreSQL refuses it) and valid UTF-8.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mail {
    /// Its own Message-ID, if it has a usable one (R114, R115).
    pub message_id: Option<MsgId>,
    /// Usable ids of `In-Reply-To`, in order (R116).
    pub in_reply_to: Vec<MsgId>,
    /// Usable ids of all `References` fields joined, oldest first, at most 1 000 (R115).
    pub references: Vec<MsgId>,
    /// Authors (`From`). More than one is rare and legal.
    pub from: Vec<Party>,
    /// `Sender`, where it stands.
    pub sender: Option<Party>,
    /// `Reply-To`.
    pub reply_to: Vec<Party>,
    /// `To`, groups flattened.
    pub to: Vec<Party>,
    /// `Cc`.
    pub cc: Vec<Party>,
    /// `Bcc`, seen only in the sender's own copy.
    pub bcc: Vec<Party>,
    /// `Resent-To`, `Resent-Cc` and `Resent-Bcc` joined (R9).
    pub resent_to: Vec<Party>,
    /// The envelope sender as the delivering server noted it (R16 to R18).
    pub return_path: ReturnPath,
    /// `Date`, as the sender claims; not clamped.
    pub date: Option<Timestamp>,
    /// Decoded subject on one line.
    pub subject: String,
    /// The subject without reply and forward prefixes (R124), for display and as a last resort.
    pub base_subject: String,
    /// The text a person reads.
    pub text: Text,
    /// Parts that are not the text, in order.
    pub attachments: Vec<Attachment>,
    /// Header fields in order, unfolded and decoded.
    pub headers: Headers,
    /// Who wrote it: a person, or which kind of machine (R90).
    pub author: Author,
    /// How far `author` is to be believed (R91).
    pub confidence: Confidence,
    /// How it travelled (R90): one to one, over a list, or in bulk.
    pub channel: Channel,
    /// Why `author` and `channel` are what they are.
    pub evidence: Vec<Evidence>,
    /// True if it hands somebody else's mail on (R129): prefix, header block or attached mail.
    pub forward: bool,
    /// What was wrong with it.
    pub defects: Vec<Defect>,
    /// Octets as received.
    pub size: u64,
}

/// A display name with its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Party {
    /// Display name, decoded, on one line.
    pub name: Option<String>,
    /// The address.
    pub address: Address,
}

/// What the topmost `Return-Path` says (R16 to R18).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReturnPath {
    /// No such field: the mail was not delivered here by SMTP, or its server does not say.
    #[default]
    Missing,
    /// `<>`: sent by a machine that wants no answer.
    Null,
    /// The envelope sender: normalised, and as received (SRS and BATV forms untouched, R63).
    Address(Address, String),
    /// Present but unreadable, or not clearly the delivering server's.
    Ambiguous,
}

/// The body as text, with what is not new in it marked rather than cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The whole text: text/plain, else HTML turned into text.
    pub body: String,
    /// Byte ranges of `body` that are folded away, in order, not overlapping, on char borders.
    pub folds: Vec<Fold>,
    /// Language tag of `Content-Language`, where given.
    pub language: Option<String>,
}

/// A part of the body that is not the writer's new text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub kind: FoldKind,
}

/// Why a part is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoldKind {
    /// Earlier mail, quoted, with its attribution line or header block.
    Quote,
    /// From `-- ` or its like to the end.
    Signature,
    /// A banner or footer that a gateway or list added.
    Banner,
}

impl Text {
    /// The writer's new text: `body` without the folds, trimmed.
    pub fn visible(&self) -> String {
        let mut out = String::with_capacity(self.body.len());
        let mut at = 0;
        for fold in &self.folds {
            out.push_str(self.body.get(at..fold.start).unwrap_or(""));
            at = fold.end;
        }
        out.push_str(self.body.get(at..).unwrap_or(""));
        out.trim().to_owned()
    }
}

/// A part of the mail that is not its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// File name as a person would see it, without path parts; empty if it has none.
    pub name: String,
    /// `type/subtype`, lower case.
    pub content_type: String,
    /// Octets after decoding.
    pub size: u64,
    /// Shown inside the HTML rather than listed.
    pub inline: bool,
}

/// Header fields in their order. Names are compared without case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<Header>);

/// One header field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Name, lower case.
    pub name: String,
    /// Value: unfolded, 8-bit bytes decoded (UTF-8, else windows-1252), encoded-words as they are.
    pub value: String,
}

impl Headers {
    /// Every value of a field, topmost first. `name` in lower case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter(move |h| h.name == name).map(|h| h.value.as_str())
    }

    /// The topmost value of a field.
    pub fn first<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Whether the field stands at all, even empty.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|h| h.name == name)
    }
}

/// Who wrote a mail (R90).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Author {
    /// A person.
    #[default]
    Human,
    /// A delivery status notification: it failed.
    DsnFailed,
    /// A delivery status notification: it is late.
    DsnDelayed,
    /// A delivery status notification: delivered, relayed or expanded.
    DsnDelivered,
    /// A disposition notification (read, deleted).
    Mdn,
    /// An abuse or feedback report.
    FeedbackReport,
    /// An absence notice.
    Vacation,
    /// "No longer works here."
    LeftCompany,
    /// "We received your mail, your number is …".
    Acknowledgement,
    /// "Click here to prove that you are a person."
    Challenge,
    /// A calendar object.
    Calendar,
    /// Any other machine.
    Notification,
}

impl Author {
    /// Whether a person wrote it.
    pub fn is_human(self) -> bool {
        self == Author::Human
    }

    /// Whether such a mail is there to say of somebody that they are away, gone or not reached.
    pub fn reports_on_somebody(self) -> bool {
        use Author::{DsnDelayed, DsnDelivered, DsnFailed, LeftCompany, Mdn, Vacation};
        matches!(self, DsnFailed | DsnDelayed | DsnDelivered | Mdn | Vacation | LeftCompany)
    }

    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Author::Human => "human",
            Author::DsnFailed => "dsn-failed",
            Author::DsnDelayed => "dsn-delayed",
            Author::DsnDelivered => "dsn-delivered",
            Author::Mdn => "mdn",
            Author::FeedbackReport => "feedback-report",
            Author::Vacation => "vacation",
            Author::LeftCompany => "left-company",
            Author::Acknowledgement => "acknowledgement",
            Author::Challenge => "challenge",
            Author::Calendar => "calendar",
            Author::Notification => "notification",
        }
    }

    /// The author that `word` names.
    pub fn from_word(word: &str) -> Option<Author> {
        use Author::*;
        [
            Human,
            DsnFailed,
            DsnDelayed,
            DsnDelivered,
            Mdn,
            FeedbackReport,
            Vacation,
            LeftCompany,
            Acknowledgement,
            Challenge,
            Calendar,
            Notification,
        ]
        .into_iter()
        .find(|author| author.word() == word)
    }
}

/// How far an author is to be believed (R91).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// By structure, header or envelope; or a person with nothing that speaks against it.
    #[default]
    Certain,
    /// By subject or text alone, or a person in spite of a sign of machines.
    Probable,
}

impl Confidence {
    /// The word shown.
    pub fn word(self) -> &'static str {
        match self {
            Confidence::Certain => "certain",
            Confidence::Probable => "probable",
        }
    }
}

/// How a mail travelled (R90).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// From the writer to the addressees.
    #[default]
    Direct,
    /// Over a mailing list or group.
    List,
    /// One text to many: newsletters, campaigns.
    Bulk,
}

impl Channel {
    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Channel::Direct => "direct",
            Channel::List => "list",
            Channel::Bulk => "bulk",
        }
    }

    /// The channel that `word` names.
    pub fn from_word(word: &str) -> Option<Channel> {
        [Channel::Direct, Channel::List, Channel::Bulk].into_iter().find(|c| c.word() == word)
    }
}

/// One reason for an author or channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The rule of docs/rules.md that reads it, such as `R19`.
    pub rule: String,
    /// What was seen: a field with its value cut to 80 characters, a part type, a prefix.
    pub seen: String,
}

/// What was wrong with a mail's bytes. Words are stable: `inspect --json` prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// No bytes, or only white space.
    Empty,
    /// No header field could be read: this is hardly a mail.
    NoHeader,
    /// The header does not end.
    HeaderUnfinished,
    /// The header is larger than 256 KiB; what comes later was not read.
    HeaderTooLarge,
    /// No author.
    NoFrom,
    /// An address could not be read and was left out.
    BadAddress,
    /// No usable Message-ID.
    NoMessageId,
    /// No usable date.
    NoDate,
    /// A date before 1990 or in the far future.
    OddDate,
    /// 8-bit bytes in the header that are not UTF-8; read as windows-1252.
    RawHeader,
    /// U+0000 was taken out.
    Nul,
    /// An unknown charset; read as UTF-8 or windows-1252.
    UnknownCharset,
    /// Parts are nested deeper than 50.
    TooDeep,
    /// More than 1 000 parts; the rest were not listed.
    TooManyParts,
    /// The text is longer than the limit and was cut for search and display; the raw mail is whole.
    TextCut,
    /// The parser failed on it; only the header was read.
    Unreadable,
}

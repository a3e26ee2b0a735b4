//! Answering from the record: a draft is begun from a mail or a record, written, and sent through its writer's
//! own mailbox as themselves. Pages, commands and the API call the same functions.
//!
//! A draft is its writer's alone. It needs the right to change the record, or a copy of the mail in an own
//! mailbox; that is asked when it is begun, when it is sent and before its text is handed over
//! (`store::draft_rights`). Where the right is that of a cover, the mail says for whom.

mod begin;
mod quote;
mod recipients;
mod send;

pub use begin::begin;
pub use recipients::Warning;
pub use send::{check, send};

use crate::access::World;
use crate::config::{Config, Mailbox};
use crate::model::delivery::Delivery;
use crate::model::draft::{Attached, Draft, DraftKind, Typed};
use crate::model::id::{DraftId, MailId, RecordId, UserId};
use crate::model::time::{MINUTE, Timestamp};
use crate::store::draft_rights::Lost;
use crate::store::keys::Keys;
use crate::store::{self, Tx, drafts};

/// The most characters of a draft's text.
pub const LONGEST_TEXT: usize = 400_000;
/// The most characters of any other line of it.
pub const LONGEST_LINE: usize = 10_000;
/// The most octets that go with a mail. In base64 they are a third more; servers rarely take above 35 MB.
pub const LARGEST: i64 = 25 * 1024 * 1024;
/// The most characters of what somebody puts below what they write.
pub const LONGEST_SIGNATURE: usize = 2_000;
/// A colleague who saved a draft so lately is writing.
const WRITING: i64 = 20 * MINUTE;

/// Who writes, when, and with what.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// Who.
    pub user: UserId,
    /// The people of the company.
    pub world: &'a World,
    /// The settings: mailboxes and domains.
    pub config: &'a Config,
    /// The instance's keys: ids of what is sent are signed.
    pub keys: &'a Keys,
    /// The moment.
    pub now: Timestamp,
}

/// What a draft is begun from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A mail, to answer it or hand it on. Never [`DraftKind::New`].
    Mail(DraftKind, MailId),
    /// A record, to write something new.
    Record(RecordId),
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum No {
    /// There is no such draft of theirs.
    NoDraft,
    /// They may not write from there (any more).
    Lost(Lost),
    /// They have no mailbox here.
    NoMailbox,
    /// Their mailboxes, of which this is one, have no server that sends.
    NoServer(String),
    /// It was sent, or changed in another window, meanwhile.
    Meanwhile,
    /// Nobody is to get it.
    NoRecipient,
    /// This is no address that a mail can go to.
    BadAddress(String),
    /// It has more recipients than servers take at once.
    TooMany,
    /// Neither text nor file.
    Empty,
    /// A line or the text is too long.
    TooLong,
    /// What goes with it is larger than [`LARGEST`].
    TooLarge,
    /// It cannot be written, for this reason.
    Unwritable(String),
    /// First say that these are known.
    Warned(Vec<Warning>),
}

/// The person's mailboxes that can send, the first the one that is taken unless they choose.
///
/// # Errors
/// [`No::NoMailbox`] or [`No::NoServer`] where there is none.
pub fn mailboxes<'c>(config: &'c Config, login: &str) -> Result<Vec<&'c Mailbox>, No> {
    let own: Vec<&Mailbox> = config.mailbox.iter().filter(|m| is_of(m, login)).collect();
    let sending: Vec<&Mailbox> = own.iter().copied().filter(|m| m.smtp.is_some()).collect();
    match (sending.is_empty(), own.first()) {
        (false, _) => Ok(sending),
        (true, None) => Err(No::NoMailbox),
        (true, Some(one)) => Err(No::NoServer(one.name.clone())),
    }
}

fn is_of(mailbox: &Mailbox, login: &str) -> bool {
    mailbox.user.as_deref().is_some_and(|user| user.trim().to_lowercase() == login.to_lowercase())
}

/// Saves what was typed. Gives the new version.
///
/// # Errors
/// [`No::Meanwhile`] where another window saved since `version`, or it was sent.
pub async fn save(
    tx: &mut Tx,
    writer: &Writer<'_>,
    id: DraftId,
    version: i64,
    typed: &Typed,
) -> store::Result<Result<i64, No>> {
    let lines = [&typed.mailbox, &typed.to, &typed.cc, &typed.bcc, &typed.subject];
    if lines.iter().any(|line| line.chars().count() > LONGEST_LINE) || typed.body.chars().count() > LONGEST_TEXT {
        return Ok(Err(No::TooLong));
    }
    let clean = |text: &String| text.replace('\0', "");
    let line = |text: &String| clean(text).replace(['\r', '\n'], " ").trim().to_owned();
    let typed = Typed {
        mailbox: line(&typed.mailbox),
        to: line(&typed.to),
        cc: line(&typed.cc),
        bcc: line(&typed.bcc),
        subject: line(&typed.subject),
        body: clean(&typed.body).replace("\r\n", "\n"),
    };
    if drafts::load(tx, writer.user, id).await?.is_none() {
        return Ok(Err(No::NoDraft));
    }
    let saved = drafts::save(tx, writer.user, id, version, &typed, writer.now).await?;
    Ok(if saved { Ok(version + 1) } else { Err(No::Meanwhile) })
}

/// Puts a file to a draft.
pub async fn attach(tx: &mut Tx, writer: &Writer<'_>, id: DraftId, file: &Attached) -> store::Result<Result<(), No>> {
    let Some(draft) = drafts::load(tx, writer.user, id).await? else { return Ok(Err(No::NoDraft)) };
    if !draft.open() {
        return Ok(Err(No::Meanwhile));
    }
    let there: i64 = drafts::files(tx, id).await?.iter().map(|file| file.size).sum();
    if there.saturating_add(i64::try_from(file.bytes.len()).unwrap_or(i64::MAX)) > LARGEST {
        return Ok(Err(No::TooLarge));
    }
    let name: String = file.name.chars().filter(|c| !c.is_control()).take(200).collect();
    let name = if name.trim().is_empty() { "file".to_owned() } else { name.trim().to_owned() };
    drafts::attach(tx, id, &Attached { name, ..file.clone() }).await?;
    Ok(Ok(()))
}

/// Takes a file off a draft.
pub async fn detach(tx: &mut Tx, writer: &Writer<'_>, id: DraftId, file: i64) -> store::Result<Result<(), No>> {
    let Some(draft) = drafts::load(tx, writer.user, id).await? else { return Ok(Err(No::NoDraft)) };
    if !draft.open() {
        return Ok(Err(No::Meanwhile));
    }
    drafts::detach(tx, id, file).await?;
    Ok(Ok(()))
}

/// Throws a draft away.
pub async fn discard(tx: &mut Tx, writer: &Writer<'_>, id: DraftId) -> store::Result<Result<(), No>> {
    Ok(if drafts::discard(tx, writer.user, id).await? { Ok(()) } else { Err(No::NoDraft) })
}

/// What its writer decides about a mail that is on its way, or of which nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Take it back: it still waits, or it did not go out. It is a draft again.
    Back,
    /// It went out.
    WentOut,
}

/// Carries that out. A mail of which nobody knows whether it went out is never sent again by itself: its writer
/// looks, and says so.
pub async fn decide(tx: &mut Tx, writer: &Writer<'_>, id: DraftId, what: Decision) -> store::Result<Result<(), No>> {
    let Some(draft) = drafts::load(tx, writer.user, id).await? else { return Ok(Err(No::NoDraft)) };
    let Some(sending) = &draft.sending else { return Ok(Err(No::Meanwhile)) };
    let done = match (what, sending.state) {
        (Decision::Back, Delivery::Queued) => drafts::take_back(tx, sending.outbox, writer.now).await?,
        (Decision::Back, Delivery::Unclear) => {
            drafts::settle_unclear(tx, sending.outbox, Delivery::GaveUp, writer.now).await?
        }
        (Decision::WentOut, Delivery::Unclear) => {
            drafts::settle_unclear(tx, sending.outbox, Delivery::Sent, writer.now).await?
        }
        _ => false,
    };
    Ok(if done { Ok(()) } else { Err(No::Meanwhile) })
}

/// Keeps what somebody puts below what they write.
pub async fn sign(tx: &mut Tx, user: UserId, text: &str) -> store::Result<Result<(), No>> {
    let text = text.replace("\r\n", "\n").replace('\0', "");
    if text.chars().count() > LONGEST_SIGNATURE {
        return Ok(Err(No::TooLong));
    }
    drafts::set_signature(tx, user, text.trim_end()).await?;
    Ok(Ok(()))
}

/// Which colleagues are writing an answer in the thread of a mail that the viewer sees.
pub async fn writing(tx: &mut Tx, mail: MailId, viewer: UserId, now: Timestamp) -> store::Result<Vec<UserId>> {
    drafts::writing(tx, mail, viewer, now.plus(-WRITING)).await
}

/// The line that says for whom a draft is written: as it was put in, in its language, where it still says the
/// truth. `writer` is their name and language.
pub fn cover_line(draft: &Draft, writer: (&str, &str), absent: &str) -> String {
    let said = draft.cover_line.as_deref().filter(|line| line.ends_with(absent));
    let tongue = quote::Tongue::of(None, &draft.typed.body, writer.1);
    said.map_or_else(|| quote::cover_line(tongue, writer.0, absent), str::to_owned)
}

/// What its writer typed of a draft, without what was quoted: that is shown only to who may see the mail.
pub fn own_words(draft: &Draft) -> Typed {
    let forwarded = |line: &str| line.starts_with("----------");
    let own = draft.typed.body.lines().take_while(|line| !forwarded(line)).filter(|line| !line.starts_with('>'));
    Typed { body: own.collect::<Vec<_>>().join("\n").trim_end().to_owned(), ..draft.typed.clone() }
}

/// What can be done about a refusal, by the words that were kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Its writer took it back.
    TakenBack,
    /// Its writer may not write from there any more.
    Lost(Lost),
    /// The server does not know a recipient, or takes nothing for them.
    Recipient,
    /// Password or token of the mailbox are refused.
    SignIn,
    /// The mail is too large for the server.
    TooLarge,
    /// The mailbox may not send under its address.
    Sender,
    /// Something else: the server's own words say what.
    Other,
}

/// What can be done about it.
pub fn advice(draft: &Draft) -> Advice {
    let answer = draft.sending.as_ref().and_then(|s| s.answer.as_deref()).unwrap_or_default();
    let lower = answer.to_lowercase();
    let has = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
    match answer {
        "taken-back" => Advice::TakenBack,
        "lost: inactive" => Advice::Lost(Lost::Inactive),
        "lost: mail" => Advice::Lost(Lost::Mail),
        "lost: record" => Advice::Lost(Lost::Record),
        "lost: read-only" => Advice::Lost(Lost::ReadOnly),
        "lost: confidential" => Advice::Lost(Lost::Confidential),
        _ if crate::smtp::is_refused_sign_in(answer) => Advice::SignIn,
        _ if has(&["552 ", "5.3.4", "5.2.3", "too large", "too big", "size limit", "exceeds"]) => Advice::TooLarge,
        _ if has(&["5.7.60", "as this sender", "not owned by user", "sender address rejected", "send as"]) => {
            Advice::Sender
        }
        _ if has(&[
            "recipient",
            "5.1.1",
            "5.1.2",
            "5.1.3",
            "user unknown",
            "no such user",
            "mailbox unavailable",
            ">: 5",
        ]) =>
        {
            Advice::Recipient
        }
        _ => Advice::Other,
    }
}

//! A mail that a person wrote, in wire form: 7-bit, CRLF, nothing that could open another field.
//!
//! The text is plain: what we quote was written as text, and every program shows it. Its lines are left as long
//! as they were typed, in quoted-printable, so that a narrow screen folds them where it needs to.

use crate::model::address::Address;
use crate::model::draft::Attached;
use crate::model::id::MsgId;
use crate::model::mail::Party;
use crate::model::time::Timestamp;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Attachment, Body, Mailbox, MessageBuilder, MultiPart, SinglePart};
use std::time::{Duration, UNIX_EPOCH};

/// Ids that References names at most: the first, which began the thread, and the latest (RFC 5322 §3.6.4 sets no
/// limit, servers do).
const REFERENCES: usize = 30;

/// A mail as its writer wants it.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Who writes it, with the address of the mailbox it goes through.
    pub from: Party,
    /// `To`.
    pub to: Vec<Party>,
    /// `Cc`.
    pub cc: Vec<Party>,
    /// `Bcc`: in the envelope alone, and in the writer's own copy.
    pub bcc: Vec<Party>,
    /// The subject.
    pub subject: String,
    /// The text, lines ending in `\n`.
    pub text: String,
    /// The mail it answers.
    pub in_reply_to: Option<MsgId>,
    /// The thread it belongs to, oldest first.
    pub references: Vec<MsgId>,
    /// Its Message-ID.
    pub message_id: MsgId,
    /// When it was written.
    pub date: Timestamp,
    /// What goes with it.
    pub files: Vec<Attached>,
}

/// Why a letter cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// An address that no mail goes to.
    #[error("the address {0} cannot be written to")]
    Address(String),
    /// Something else in it.
    #[error("the mail cannot be written: {0}")]
    Other(String),
}

/// The letter in wire form, without `Bcc`.
///
/// # Errors
/// Where an address is none that a mail can go to.
pub fn compose(letter: &Letter) -> Result<Vec<u8>, Unwritable> {
    let builder = head(letter)?;
    let text = text_part(&letter.text);
    let message = if letter.files.is_empty() {
        builder.singlepart(text)
    } else {
        let parts = MultiPart::mixed().singlepart(text);
        builder.multipart(letter.files.iter().fold(parts, |parts, file| parts.singlepart(file_part(file))))
    };
    let message = message.map_err(|error| Unwritable::Other(error.to_string()))?;
    Ok(message.formatted())
}

/// The writer's own copy of what [`compose`] gave: with `Bcc`, as mail programs keep it.
pub fn own_copy(bytes: &[u8], bcc: &[Party]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(bytes.len() + 64);
    for (position, party) in bcc.iter().enumerate() {
        // Addresses alone: they are ASCII, and one on each line stays within the length of a line.
        copy.extend_from_slice(if position == 0 { b"Bcc: " } else { b",\r\n " });
        copy.extend_from_slice(party.address.as_str().as_bytes());
    }
    if !bcc.is_empty() {
        copy.extend_from_slice(b"\r\n");
    }
    copy.extend_from_slice(bytes);
    copy
}

/// Whether a mail can go to an address.
pub fn is_writable(address: &Address) -> bool {
    address.as_str().parse::<lettre::Address>().is_ok() && address.as_str().is_ascii()
}

fn head(letter: &Letter) -> Result<MessageBuilder, Unwritable> {
    let millis = u64::try_from(letter.date.0).unwrap_or(0);
    let date = UNIX_EPOCH + Duration::from_secs(millis / 1000);
    let mut builder = lettre::Message::builder()
        .from(mailbox(&letter.from)?)
        .subject(one_line(&letter.subject))
        .date(date)
        .message_id(Some(format!("<{}>", letter.message_id)));
    for party in &letter.to {
        builder = builder.to(mailbox(party)?);
    }
    for party in &letter.cc {
        builder = builder.cc(mailbox(party)?);
    }
    // The envelope is ours; lettre wants one, and of a mail to blind copies alone it would find none.
    for party in &letter.bcc {
        builder = builder.bcc(mailbox(party)?);
    }
    if let Some(id) = &letter.in_reply_to {
        builder = builder.in_reply_to(format!("<{id}>"));
    }
    let chain = shortened(&letter.references);
    if !chain.is_empty() {
        let ids: Vec<String> = chain.iter().map(|id| format!("<{id}>")).collect();
        builder = builder.references(ids.join(" "));
    }
    Ok(builder)
}

/// The first id and the latest: what lies between is known from those mails themselves.
fn shortened(ids: &[MsgId]) -> Vec<&MsgId> {
    let plain = |id: &&MsgId| {
        id.as_str().len() <= 250 && id.as_str().bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
    };
    let all: Vec<&MsgId> = ids.iter().filter(plain).collect();
    let skip = all.len().saturating_sub(REFERENCES - 1).max(1);
    all.iter().take(1).chain(all.iter().skip(skip)).copied().collect()
}

fn mailbox(party: &Party) -> Result<Mailbox, Unwritable> {
    let address = party.address.as_str().parse().map_err(|_| Unwritable::Address(party.address.to_string()))?;
    let name = party.name.as_deref().map(one_line).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, address))
}

/// A text on one line, without letters that show nothing.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text_part(text: &str) -> SinglePart {
    let text = format!("{}\n", text.trim_end());
    let coded = Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable);
    // Quoted-printable takes any text.
    let body = coded.unwrap_or_else(Body::new);
    SinglePart::builder().header(ContentType::TEXT_PLAIN).body(body)
}

fn file_part(file: &Attached) -> SinglePart {
    // What says that it is a mail or a multipart must not be in base64 (RFC 2046 §5.2.1), and this is.
    let packed = file.media_type.starts_with("message/") || file.media_type.starts_with("multipart/");
    let named = if packed { None } else { ContentType::parse(&file.media_type).ok() };
    let kind = named.or_else(|| ContentType::parse("application/octet-stream").ok()).unwrap_or(ContentType::TEXT_PLAIN);
    let coded = Body::new_with_encoding(file.bytes.clone(), ContentTransferEncoding::Base64);
    Attachment::new(one_line(&file.name)).body(coded.unwrap_or_else(Body::new), kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn party(name: &str, address: &str) -> Party {
        let name = (!name.is_empty()).then(|| name.to_owned());
        Party { name, address: Address::parse(address).unwrap() }
    }

    fn id(text: &str) -> MsgId {
        MsgId::new(text).unwrap()
    }

    fn letter() -> Letter {
        Letter {
            from: party("Piotr Zieliński", "piotr@firma.example"),
            to: vec![party("Jan, \"J\" Kowalski", "jan@acme.example")],
            cc: vec![party("", "ola@acme.example")],
            bcc: vec![party("Szef", "szef@firma.example"), party("", "archiwum@firma.example")],
            subject: "Re: Pompy \r\nBcc: x@y.example\u{0} ż".into(),
            text: "Dzień dobry,\n\njutro.  \n.\n> kropka\n".to_owned() + &"bardzo ".repeat(60),
            in_reply_to: Some(id("b@acme.example")),
            references: vec![id("a@acme.example"), id("b@acme.example")],
            message_id: id("sr1-00@firma.example"),
            date: Timestamp(1_795_000_000_000),
            files: vec![Attached {
                name: "oferta ż\r\n.pdf".into(),
                media_type: "application/pdf".into(),
                bytes: vec![0, 13, 10, 255],
            }],
        }
    }

    #[test]
    fn a_letter_says_what_its_writer_said_and_is_fit_for_the_wire() {
        let bytes = compose(&letter()).unwrap();
        assert!(bytes.is_ascii());
        assert!(bytes.split(|b| *b == b'\n').rev().skip(1).all(|line| line.ends_with(b"\r") && line.len() < 1_000));
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(!text.to_lowercase().contains("\nbcc:"), "{text}");
        let mail = parse::parse(&bytes);
        assert_eq!(mail.subject, "Re: Pompy Bcc: x@y.example ż");
        assert_eq!(mail.from, [letter().from]);
        assert_eq!(mail.to, letter().to);
        assert_eq!(mail.cc, letter().cc);
        assert_eq!(mail.message_id, Some(id("sr1-00@firma.example")));
        assert_eq!(mail.in_reply_to, [id("b@acme.example")]);
        assert_eq!(mail.references, letter().references);
        assert_eq!(mail.date, Some(Timestamp(1_795_000_000_000)));
        assert!(mail.text.body.contains("Dzień dobry,\n\njutro."), "{}", mail.text.body);
        assert!(mail.text.body.contains(&"bardzo ".repeat(59)), "long lines are left long: {}", mail.text.body);
        assert!(mail.author.is_human(), "{:?}", mail.evidence);
        let (name, kind, content) = parse::attachment(&bytes, 0).unwrap();
        assert_eq!(
            (name.as_str(), kind.as_str(), &content[..]),
            ("oferta ż .pdf", "application/pdf", &[0, 13, 10, 255][..])
        );
    }

    #[test]
    fn the_writers_copy_names_who_got_it_unseen() {
        let letter = letter();
        let copy = own_copy(&compose(&letter).unwrap(), &letter.bcc);
        let mail = parse::parse(&copy);
        let got: Vec<&str> = mail.bcc.iter().map(|p| p.address.as_str()).collect();
        assert_eq!(got, ["szef@firma.example", "archiwum@firma.example"]);
        assert_eq!(mail.subject, "Re: Pompy Bcc: x@y.example ż");
    }

    #[test]
    fn a_long_thread_is_named_by_its_beginning_and_its_end() {
        let ids: Vec<MsgId> = (0..200).map(|n| id(&format!("{n}@x.example"))).collect();
        let kept = shortened(&ids);
        assert_eq!(kept.len(), REFERENCES);
        assert_eq!(
            (kept[0].as_str(), kept[1].as_str(), kept[29].as_str()),
            ("0@x.example", "171@x.example", "199@x.example")
        );
        for few in [0, 1, 2, 29, 30] {
            assert_eq!(shortened(&ids[..few]).len(), few);
        }
        assert!(shortened(&[id("a> b"), id("ż@x")]).is_empty());
    }
}

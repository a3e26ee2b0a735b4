//! Pure: bytes to Mail, and who wrote it; never fails.
//!
//! Any bytes are mail. What is wrong with them is told in `defects`; nothing panics, and time and
//! memory are bounded: 256 KiB of header, depth 50, 1 000 parts, 1 MiB of text. Attachments are
//! measured, not decoded.
//!
//! mail-parser and its decoders are named in this module only. Its walk over MIME parts is not
//! used, for the reasons in `mime`; its charsets and HTML entities are.

mod address;
mod attribution;
mod author;
mod automatic;
mod body;
mod calendar;
mod canonical;
mod charset;
mod date;
mod envelope;
mod fold;
mod freemail;
mod handed;
mod header;
mod html;
mod ids;
mod language;
mod machines;
mod mime;
mod opt_out;
mod parts;
mod phrases;
pub mod query;
mod signature;
mod subject;
mod thread_index;
mod transfer;
mod typed_phone;
mod words;

pub use automatic::automatic;
pub use calendar::{Moments, calendars, moments};
pub use canonical::{canonical, same_text};
pub use freemail::is_freemail;
pub use handed::{Handed, handed_on};
pub use language::language_of;
pub use parts::{Shown, attached, attachment, html_body, shown};
pub use signature::{phone, writer};
pub use thread_index::conversation;
pub use typed_phone::{Dialled, dialled};

use crate::model::address::Address;
use crate::model::automatic::Automatic;
use crate::model::mail::{Author, Defect, Evidence, Header, Headers, Mail, Party};
use header::{Block, note};
use std::borrow::Cow;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Grows whenever the same bytes may give another `Mail`, so that what is stored can be read anew.
pub const PARSER_VERSION: i64 = 3;

/// Octets kept of one decoded field value; only hostile ones are longer.
const SUBJECT_LIMIT: usize = 2_000;

/// Reads a mail. Never fails and never panics; equal bytes give an equal `Mail`.
pub fn parse(raw: &[u8]) -> Mail {
    with(raw, |_, _| ()).0
}

/// Reads a mail and what it says if a machine wrote it, going over its parts once: the same as [`parse`] and
/// [`automatic`] one after the other.
pub fn parse_with_automatic(raw: &[u8]) -> (Mail, Automatic) {
    with(raw, automatic::guarded)
}

/// Reads a mail, and what `beside` makes of it and its parts.
fn with<T: Default>(raw: &[u8], beside: impl FnOnce(&Mail, &[mime::Part<'_>]) -> T) -> (Mail, T) {
    let unreadable = || Mail { size: raw.len() as u64, defects: vec![Defect::Unreadable], ..Mail::default() };
    catch_unwind(AssertUnwindSafe(|| read(raw, beside))).unwrap_or_else(|_| (unreadable(), T::default()))
}

/// A subject without reply and forward prefixes and list tags (R124), and whether it had such a prefix.
pub fn base_subject(subject: &str) -> (String, bool) {
    let read = subject::read(subject);
    (read.base, read.reply || read.forward)
}

/// The addresses in a line as people type them, and whether something in it could not be read.
pub fn typed_addresses(line: &str) -> (Vec<Party>, bool) {
    address::list(line)
}

/// Whether bytes are a mail at all: at least one field that says from whom, to whom, when or about
/// what.
pub fn is_mail(raw: &[u8]) -> bool {
    let Mail { headers, .. } = parse(raw.get(..raw.len().min(64 * 1024)).unwrap_or(raw));
    ["from", "to", "date", "subject", "message-id", "received"].iter().any(|name| headers.has(name))
}

/// Old Macs end lines with CR alone; everything here looks for LF.
fn lines_of(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', raw).is_none() && memchr::memchr(b'\r', raw).is_some() {
        return raw.iter().map(|b| if *b == b'\r' { b'\n' } else { *b }).collect::<Vec<u8>>().into();
    }
    raw.into()
}

fn read<T>(raw: &[u8], beside: impl FnOnce(&Mail, &[mime::Part<'_>]) -> T) -> (Mail, T) {
    let lines = lines_of(raw);
    let block = header::split_mail(&lines);
    let mut mail = Mail { size: raw.len() as u64, ..Mail::default() };
    structural_defects(&lines, &block, &mut mail.defects);
    mail.headers = headers(&block, &mut mail.defects);
    people(&mut mail);
    identify(&mut mail);
    mail.return_path = envelope::return_path(&block);
    let subject_text = mail.headers.first("subject").map(words::decode).unwrap_or_default();
    mail.subject = subject::squeeze(&subject_text).chars().take(SUBJECT_LIMIT).collect();
    let subject = subject::read(&mail.subject);
    mail.base_subject.clone_from(&subject.base);
    let parts = mime::walk(&block, &mut mail.defects);
    let (text, attachments) = body::read(&parts, &mut mail.defects);
    mail.text = text;
    mail.text.language = mail.headers.first("content-language").and_then(language);
    mail.attachments = attachments;
    mail.forward = is_forward(&mail, &subject, &parts);
    let case =
        author::Case { mail: &mail, parts: &parts, subject: &subject, subject_lower: subject.base.to_lowercase() };
    let found = author::classify(&case);
    settle(&mut mail, found);
    let beside = beside(&mail, &parts);
    (mail, beside)
}

fn settle(mail: &mut Mail, found: author::Found) {
    mail.author = found.author.unwrap_or(Author::Human);
    mail.confidence = found.confidence;
    mail.channel = found.channel;
    mail.evidence = found.evidence;
    if mail.defects.contains(&Defect::HeaderTooLarge) {
        mail.evidence.push(Evidence { rule: "R40".to_owned(), seen: "header larger than 256 KiB".to_owned() });
    }
    mail.defects.sort_unstable();
    mail.defects.dedup();
}

fn structural_defects(raw: &[u8], block: &Block<'_>, defects: &mut Vec<Defect>) {
    if raw.trim_ascii().is_empty() {
        note(defects, Defect::Empty);
    } else if block.fields.is_empty() {
        note(defects, Defect::NoHeader);
    } else if block.unfinished {
        note(defects, Defect::HeaderUnfinished);
    }
    if block.too_large {
        note(defects, Defect::HeaderTooLarge);
    }
}

fn headers(block: &Block<'_>, defects: &mut Vec<Defect>) -> Headers {
    let one = |field: &header::Field<'_>| Header {
        name: String::from_utf8_lossy(field.name).to_ascii_lowercase(),
        value: header::unfold(field.value, defects),
    };
    Headers(block.fields.iter().map(one).collect())
}

/// Who wrote it and to whom.
fn people(mail: &mut Mail) {
    let headers = std::mem::take(&mut mail.headers);
    let mut bad = false;
    let mut of = |names: &[&str]| -> Vec<Party> {
        let mut parties = Vec::new();
        for value in names.iter().flat_map(|name| headers.all(name)) {
            let (found, unread) = address::list(value);
            bad |= unread;
            parties.extend(found);
        }
        parties
    };
    mail.from = of(&["from"]);
    mail.sender = of(&["sender"]).into_iter().next();
    mail.reply_to = of(&["reply-to"]);
    mail.to = of(&["to"]);
    mail.cc = of(&["cc"]);
    mail.bcc = of(&["bcc"]);
    mail.resent_to = of(&["resent-to", "resent-cc", "resent-bcc"]);
    if bad {
        note(&mut mail.defects, Defect::BadAddress);
    }
    if mail.from.is_empty() {
        note(&mut mail.defects, Defect::NoFrom);
    }
    mail.headers = headers;
}

/// Ids and date.
fn identify(mail: &mut Mail) {
    let addresses: HashSet<&Address> = mail.from.iter().chain(&mail.to).chain(&mail.cc).map(|p| &p.address).collect();
    let references = ids::references(mail.headers.all("references"), &addresses);
    let in_reply_to = ids::in_reply_to(mail.headers.all("in-reply-to"), &addresses);
    mail.references = references;
    mail.in_reply_to = in_reply_to;
    mail.message_id = mail.headers.all("message-id").find_map(ids::own);
    if mail.message_id.is_none() {
        note(&mut mail.defects, Defect::NoMessageId);
    }
    mail.date = mail.headers.all("date").find_map(date::parse);
    match mail.date {
        None => note(&mut mail.defects, Defect::NoDate),
        Some(at) if date::odd(at) => note(&mut mail.defects, Defect::OddDate),
        Some(_) => {}
    }
}

/// The first language tag of `Content-Language`.
fn language(value: &str) -> Option<String> {
    let tag = value.split(',').next().unwrap_or("").trim();
    let plain = tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && (2..=35).contains(&tag.len());
    plain.then(|| tag.to_ascii_lowercase())
}

/// Whether it hands somebody else's mail on (R129).
fn is_forward(mail: &Mail, subject: &subject::Subject, parts: &[mime::Part<'_>]) -> bool {
    let attached = parts.iter().skip(1).any(|part| part.kind.word == "message/rfc822");
    let report =
        parts.first().is_some_and(|part| part.kind.word == "multipart/report" || part.kind.word == "multipart/digest");
    subject.forward
        || (attached && !report)
        || (!subject.reply && mail.in_reply_to.is_empty() && fold::forwards(&mail.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_a_mail_too() {
        let mail = parse(b"");
        assert!(mail.defects.contains(&Defect::Empty) && mail.defects.contains(&Defect::NoFrom));
        assert!(parse(b"\x00\x01\x02 no header at all").defects.contains(&Defect::NoHeader));
    }

    #[test]
    fn nul_is_taken_out_everywhere() {
        let mail = parse(b"From: a\0 <a@x.org>\nSubject: a\0b =?utf-8?q?c=00d?=\n\nx\0y");
        assert_eq!((mail.subject.as_str(), mail.text.body.as_str()), ("ab cd", "xy"));
        assert!(mail.defects.contains(&Defect::Nul));
        assert!(!format!("{mail:?}").contains('\0'));
    }

    #[test]
    fn bare_carriage_returns_are_line_ends() {
        let mail = parse(b"From: a@x.org\rSubject: s\r\rline\rline");
        assert_eq!((mail.subject.as_str(), mail.text.body.as_str()), ("s", "line\nline"));
    }

    #[test]
    fn raw_headers_are_readable() {
        let mail = parse(b"From: M\xfcller <m@x.org>\nSubject: Gr\xfc\xdfe\n\n");
        assert_eq!((mail.subject.as_str(), mail.from[0].name.as_deref()), ("Grüße", Some("Müller")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_mail(raw in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            prop_assert!(!parse(&raw).defects.contains(&Defect::Unreadable));
        }

        #[test]
        fn what_a_machine_says_is_the_same_read_at_once_and_afterwards(
            head in "(From: MAILER-DAEMON@b\\.c\n|From: a@b\\.c\n|Auto-Submitted: auto-replied\n|Subject: (Out of office|Undelivered Mail Returned to Sender|Read: x)\n|Return-Path: <>\n|Content-Type: multipart/report; boundary=b\n){0,6}",
            body in "(\n|--b\n|--b--\n|Content-Type: message/(delivery-status|rfc822|disposition-notification)\n\n|Final-Recipient: rfc822; x@y\\.pl\n|Action: failed\n|Status: 5\\.1\\.1\n|Message-ID: <a@b>\n|Disposition: automatic-action/MDN-sent-automatically; (deleted|displayed)\n|until 12 August\n|until 12 August\r){0,20}",
        ) {
            let raw = format!("{head}\n{body}");
            let mail = parse(raw.as_bytes());
            let said = automatic(raw.as_bytes(), &mail);
            prop_assert_eq!(parse_with_automatic(raw.as_bytes()), (mail, said));
        }

        #[test]
        fn arbitrary_header_bytes_are_mail(name in "(From|To|Subject|Date|References|In-Reply-To|Message-ID|Return-Path|Content-Type|Content-Disposition|Auto-Submitted)", value in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut raw = format!("{name}: ").into_bytes();
            raw.extend(value);
            raw.extend(b"\nContent-Transfer-Encoding: quoted-printable\n\n--\n=\n>=3D");
            prop_assert!(!parse(&raw).defects.contains(&Defect::Unreadable));
        }

        #[test]
        fn any_mix_of_mail_words_is_mail(raw in "(From: |a@b\\.c|<|>|\r?\n|\n\n|Content-Type: |multipart/mixed; boundary=b|--b|--|text/html|=\\?utf-8\\?b\\?|\\?=|[ -~]|ż){0,80}") {
            prop_assert!(!parse(raw.as_bytes()).defects.contains(&Defect::Unreadable));
        }
    }
}

//! Pure: what colleagues are told by mail, to whom it goes, and its text.
//!
//! Off unless somebody asked (U13). A mail says who wrote, on which record, its subject, how long
//! it waits, and where to read it: never a word of what a client wrote. Every value in it was
//! loaded under the recipient's own sight, so nothing here needs to hide anything.

mod decide;
mod text;
mod words;

pub use decide::{
    Due, Route, day_begun, day_over, digest_due, is_urgent, may_answer, may_stand_in, route, urgent_horizon,
};
pub use text::Letter;

use super::message_id;
use super::wire::{mailbox_field, quoted_printable, text_field};
use crate::model::address::{Address, domain_part};
use crate::model::colleagues::Recipient;
use crate::model::delivery::Outgoing;
use crate::model::id::MsgId;
use crate::model::notice::NoticeKey;
use crate::model::time::{HOUR, Timestamp};

/// From where mails to colleagues are sent.
#[derive(Clone, Debug)]
pub struct Office {
    /// Their author: the address of the mailbox whose server sends them.
    pub from: Address,
    /// The company's name; may be empty.
    pub company: String,
    /// Domain of their Message-IDs; empty: that of `from`.
    pub domain: String,
    /// The address of the pages, without a slash at its end; empty: mails carry no links.
    pub url: String,
    /// Signs their Message-IDs, as those of notices (R68): so they are known when they come back.
    pub key: NoticeKey,
}

impl Office {
    /// The address of a page; empty where the pages' own address is not known.
    pub(super) fn link(&self, path: &str) -> String {
        if self.url.is_empty() { String::new() } else { format!("{}{path}", self.url) }
    }
}

/// After this long a mail to a colleague has lost its point.
const POINTLESS: i64 = 12 * HOUR;

/// Writes a mail to a colleague. `random` is fresh for each; `now` becomes its Date.
///
/// It is marked as made by a machine, so that no responder answers it (RFC 3834 §5) and no reader of
/// ours takes it for a person's. Its reverse path is its author: submission servers take that
/// from a mailbox of their own, and what cannot be delivered comes back to somebody who looks.
pub fn compose(letter: &Letter, to: &Recipient, office: &Office, random: [u8; 16], now: Timestamp) -> Outgoing {
    let configured = domain_part(&office.domain).ok().filter(|domain| domain.is_ascii());
    let domain = configured.unwrap_or_else(|| office.from.domain().to_owned());
    let id = MsgId::of_parts(&message_id::left_side(&office.key, &random), &domain);
    let (subject, body) = text::written(letter, to, office, now);
    let name = if office.company.is_empty() { "Standin".to_owned() } else { format!("Standin, {}", office.company) };
    let mut head = String::new();
    head.push_str(&mailbox_field("From", Some(&name), office.from.as_str()));
    head.push_str(&mailbox_field("To", Some(&to.name), to.address.as_str()));
    head.push_str(&text_field("Subject", &subject));
    head.push_str(&format!("Date: {}\r\nMessage-ID: <{id}>\r\n", now.to_utc().to_rfc2822()));
    head.push_str("Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n");
    head.push_str(&format!("Content-Language: {}\r\n", to.language.tag()));
    head.push_str("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    head.push_str("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    Outgoing {
        envelope_from: Some(office.from.clone()),
        envelope_to: to.address.as_str().to_owned(),
        message_id: id,
        bytes: [head, quoted_printable(&body)].concat().into_bytes(),
        expires_at: now.plus(POINTLESS),
    }
}

#[cfg(test)]
mod tests;

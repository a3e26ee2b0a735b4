//! The mail that a report is about (R95): its returned copy, whole or its header alone, attached or
//! quoted in the text below a separator.

use super::super::header::{self, Block};
use super::super::mime::Part;
use super::super::{address, charset, date, ids};
use crate::model::address::Address;
use crate::model::automatic::ReturnedAnswer;
use crate::model::id::MsgId;
use crate::model::mail::Mail;
use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Octets of a returned mail that are read: its header.
const HEADER: usize = 128 * 1024;
/// Ids and addresses kept.
const MOST: usize = 200;

/// Fields that hold the returned mail's id, and former ones that a service kept (R126).
const IDS: [&str; 3] = ["message-id", "x-google-original-message-id", "x-microsoft-original-message-id"];
/// Fields that say to whom it went, the envelope's before the mail's own.
const RECIPIENTS: [&str; 7] =
    ["x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "to", "cc", "resent-to"];

/// Fields that responders alone write (R26).
const MARKS: [&str; 3] = ["x-autoreply", "x-autorespond", "x-ms-exchange-inbox-rules-loop"];

/// What is known of the returned mail.
#[derive(Debug, Default)]
pub(super) struct Returned {
    /// Its ids.
    pub ids: Vec<MsgId>,
    /// To whom it was written.
    pub recipients: Vec<Address>,
    /// Whether a copy of it, or of its header, lies in the report as a part.
    pub attached: bool,
    /// It was an automatic answer.
    pub answer: Option<ReturnedAnswer>,
}

/// An id that a quoted header names, however it is indented.
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static QUOTED_ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?im)^[\s>*|:]{0,20}message-?id\s*:\s*(?:\n\s+)?(<[^<>\n]{1,500}>)").unwrap());

/// The first line of a mail's header in a text.
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static FIRST_FIELD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?im)^(?:return-path|received|message-id|from|date|to|mime-version) ?:").unwrap());

/// The returned mail of a report whose text is `text`, the returned part of it `tail`.
pub(super) fn find(parts: &[Part<'_>], mail: &Mail, text: &str, tail: &str) -> Returned {
    let mut found = Returned::default();
    for part in parts.iter().skip(1) {
        match part.kind.word.as_str() {
            "message/rfc822"
            | "message/global"
            | "text/rfc822-headers"
            | "message/global-headers"
            | "message/rfc822-headers"
            | "message/partial" => {
                found.attached = true;
                let bytes = part.encoding.decode(part.body, HEADER);
                found.take(&header::split_mail(&bytes));
            }
            _ => {}
        }
    }
    if found.ids.is_empty() {
        found.quoted(tail, text);
    }
    for part in parts {
        if part.kind.word.ends_with("disposition-notification") || part.kind.word.ends_with("delivery-status") {
            let bytes = part.encoding.decode(part.body, HEADER);
            let block = header::split_mail(&bytes);
            found.ids.extend(block.text("original-message-id").as_deref().and_then(ids::own));
        }
    }
    found.ids.extend(mail.headers.first("x-ms-exchange-parent-message-id").and_then(ids::own));
    // A report's own id in the text is not what it is about.
    found.ids.retain(|id| Some(id) != mail.message_id.as_ref());
    unique(&mut found.ids);
    unique(&mut found.recipients);
    found
}

impl Returned {
    fn take(&mut self, block: &Block<'_>) {
        let fields = |wanted: &'static str| {
            let same = block.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(wanted.as_bytes()));
            same.map(|field| header::unfold(field.value, &mut Vec::new()))
        };
        for name in IDS {
            self.ids.extend(fields(name).filter_map(|value| ids::own(&value)));
        }
        for value in RECIPIENTS.into_iter().flat_map(fields).take(MOST) {
            let (parties, _) = address::list(&value);
            self.recipients.extend(parties.into_iter().map(|party| party.address).take(MOST));
        }
        let replied = |value: String| value.trim_start().to_ascii_lowercase().starts_with("auto-replied");
        if fields("auto-submitted").any(replied) || MARKS.into_iter().any(|mark| fields(mark).next().is_some()) {
            let author = fields("from").next().and_then(|value| address::list(&value).0.into_iter().next());
            let nobody = HashSet::new();
            let named = |name: &'static str| fields(name).take(1).collect::<Vec<String>>();
            let (replies, thread) = (named("in-reply-to"), named("references"));
            let mut answers = ids::in_reply_to(replies.iter().map(String::as_str), &nobody);
            if answers.is_empty() {
                answers.extend(ids::references(thread.iter().map(String::as_str), &nobody).pop());
            }
            let date = fields("date").next().and_then(|value| date::parse(&value));
            self.answer = author.map(|party| ReturnedAnswer { author: party.address, answers, date });
        }
    }

    /// A header quoted below a separator; else an id that the text names.
    fn quoted(&mut self, tail: &str, text: &str) {
        if let Some(at) = FIRST_FIELD.find(tail)
            && let Some(header) = tail.get(at.start()..)
        {
            self.take(&header::split_mail(header.as_bytes()));
        }
        if self.ids.is_empty() {
            let hits = QUOTED_ID.captures_iter(tail).chain(QUOTED_ID.captures_iter(text));
            self.ids.extend(hits.filter_map(|hit| hit.get(1)).take(1).filter_map(|id| ids::own(id.as_str())));
        }
    }
}

fn unique<T: PartialEq>(all: &mut Vec<T>) {
    let mut kept: Vec<T> = Vec::new();
    for one in all.drain(..).take(MOST) {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    *all = kept;
}

/// The text of a part, at most `limit` octets of it.
pub(super) fn part_text(part: &Part<'_>, limit: usize) -> String {
    let bytes = part.encoding.decode(part.body, limit);
    charset::decode(&bytes, part.kind.get("charset")).0
}

//! What rules see of a mail: the same values when it comes and when it is stored, so that a replay
//! says what the arrival said.

use crate::model::mail::{Author, Channel, Headers};

/// Octets of a text that conditions look at: the body's first part is where a number or a name
/// stands, and a text without end must not be searched by hundreds of expressions.
pub const LOOKED_AT: usize = 32 * 1024;
/// Octets of one header field that are kept.
const FIELD: usize = 1_000;
/// Octets of all header fields of a mail that are kept.
const FIELDS: usize = 8 * 1024;

/// Header fields that are not kept, with what begins like them: they say where a copy travelled,
/// not what the mail is, differ from copy to copy, and are most of a header's octets.
pub(super) const NOT_KEPT: &[&str] = &[
    "arc-",
    "authentication-results",
    "dkim-signature",
    "domainkey-signature",
    "received",
    "x-google-",
    "x-ms-exchange-",
    "x-microsoft-antispam",
    "x-forefront-",
];

/// A mail as rules see it.
#[derive(Clone, Debug, Default)]
pub struct Letter<'a> {
    /// Addresses in From.
    pub senders: Vec<&'a str>,
    /// Addresses in To, Cc and Bcc.
    pub recipients: Vec<&'a str>,
    /// Its subject.
    pub subject: &'a str,
    /// The writer's new text.
    pub body: &'a str,
    /// Header fields as [`kept_headers`] wrote them: name in lower case, value.
    pub headers: Vec<(&'a str, &'a str)>,
    /// Names of the mailboxes in which copies lie or lay.
    pub mailboxes: Vec<&'a str>,
    /// Folders in which copies lie or lay.
    pub folders: Vec<&'a str>,
    /// Octets.
    pub size: i64,
    /// Names of its attachments.
    pub attachments: Vec<&'a str>,
    /// Who wrote it.
    pub author: Author,
    /// How it travelled.
    pub channel: Channel,
}

impl<'a> Letter<'a> {
    /// With the header fields that [`kept_headers`] wrote.
    pub fn with_headers(self, kept: &'a str) -> Letter<'a> {
        let headers = kept.split('\n').filter_map(|line| line.split_once(": ")).collect();
        Letter { headers, ..self }
    }

    /// With attachment names as they are stored, one on each line.
    pub fn with_attachments(self, names: &'a str) -> Letter<'a> {
        Letter { attachments: names.split('\n').filter(|name| !name.is_empty()).collect(), ..self }
    }
}

/// The header fields that rules may look at, a line each, `name: value`. Cut, so that a mail of
/// nothing but header grows no table.
pub fn kept_headers(headers: &Headers) -> String {
    let mut kept = String::new();
    for header in &headers.0 {
        if !is_kept(&header.name) || header.name.contains(['\n', ':']) {
            continue;
        }
        let value = cut(header.value.trim(), FIELD);
        if kept.len() + header.name.len() + value.len() + 3 > FIELDS {
            break;
        }
        kept.push_str(&header.name);
        kept.push_str(": ");
        kept.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
        kept.push('\n');
    }
    kept
}

/// Whether a header field is kept for rules; `name` in lower case.
pub(super) fn is_kept(name: &str) -> bool {
    !NOT_KEPT.iter().any(|start| name.starts_with(start))
}

/// The beginning of a text, at most `most` octets, on a character border.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

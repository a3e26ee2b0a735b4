//! One condition, compiled.

use super::letter::{LOOKED_AT, Letter, cut};
use crate::model::mail::{Author, Channel};
use crate::model::rule::Field;
use regex::Regex;

/// A condition, ready to be tried.
#[derive(Clone, Debug)]
pub(super) struct Test {
    /// What is looked at.
    pub field: Field,
    /// The header field's name in lower case; empty for other fields.
    pub header: String,
    /// How it is compared.
    pub how: How,
}

/// A way to compare.
#[derive(Clone, Debug)]
pub(super) enum How {
    /// Equal to this text, which is in lower case.
    Is(String),
    /// This domain or one below it.
    Below(String),
    /// Found by this expression; where it is found, one of these texts stands, case aside.
    Finds(Regex, Option<Vec<String>>),
    /// More octets than this.
    Over(i64),
    /// Fewer octets than this.
    Under(i64),
    /// Written by this kind of author.
    By(Author),
    /// Written by any machine.
    ByMachine,
    /// Travelled so.
    Came(Channel),
}

impl Test {
    /// Whether a mail fits.
    pub fn holds(&self, letter: &Letter<'_>) -> bool {
        match &self.how {
            How::Is(wanted) => self.any(letter, |value| same(value, wanted)),
            How::Below(domain) => self.any(letter, |value| is_below(value, domain)),
            How::Finds(regex, _) => self.any(letter, |value| regex.is_match(value)),
            How::Over(size) => letter.size > *size,
            How::Under(size) => letter.size < *size,
            How::By(author) => letter.author == *author,
            How::ByMachine => !letter.author.is_human(),
            How::Came(channel) => letter.channel == *channel,
        }
    }

    /// What the group of this name found in the first value that fits.
    pub fn captured<'a>(&self, letter: &Letter<'a>, group: &str) -> Option<&'a str> {
        let How::Finds(regex, _) = &self.how else { return None };
        let mut found = None;
        self.any(letter, |value| match regex.captures(value) {
            None => false,
            Some(groups) => {
                found = groups.name(group).map(|m| m.as_str());
                found.is_some()
            }
        });
        found
    }

    /// Whether one of the values that the field has fits. Texts are cut where nothing looks any more.
    pub fn any<'a>(&self, letter: &Letter<'a>, mut fits: impl FnMut(&'a str) -> bool) -> bool {
        match self.field {
            Field::Sender => letter.senders.iter().any(|a| fits(a)),
            Field::Recipient => letter.recipients.iter().any(|a| fits(a)),
            Field::Domain => letter.senders.iter().any(|a| fits(domain_of(a))),
            Field::RecipientDomain => letter.recipients.iter().any(|a| fits(domain_of(a))),
            Field::Subject => fits(cut(letter.subject, LOOKED_AT)),
            Field::Body => fits(cut(letter.body, LOOKED_AT)),
            Field::Header => letter.headers.iter().any(|(name, value)| *name == self.header && fits(value)),
            Field::Mailbox => letter.mailboxes.iter().any(|m| fits(m)),
            Field::Folder => letter.folders.iter().any(|f| fits(f)),
            Field::Attachment => letter.attachments.iter().any(|a| fits(a)),
            Field::Size | Field::Author | Field::Channel => false,
        }
    }
}

/// Whether two texts are equal, case aside; `wanted` is in lower case.
fn same(value: &str, wanted: &str) -> bool {
    let value = value.trim();
    value.eq_ignore_ascii_case(wanted) || (!value.is_ascii() && value.to_lowercase() == wanted)
}

/// Whether a domain is `wanted` or lies below it.
fn is_below(domain: &str, wanted: &str) -> bool {
    domain == wanted || domain.strip_suffix(wanted).is_some_and(|rest| rest.ends_with('.'))
}

/// What stands after the last `@`.
pub(super) fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

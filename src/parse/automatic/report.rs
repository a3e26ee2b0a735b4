//! Delivery reports by recipient (RFC 3464 §2.3, RFC 6533, R107): the machine-readable part.
//!
//! Read tolerantly: blocks without empty lines between them, any type before an address or none, missing
//! fields, codes with text behind them.

use super::super::mime::Part;
use super::super::subject::squeeze;
use super::failure;
use super::mentioned::{self, ADDRESS};
use super::returned::part_text;
use super::written::about;
use crate::model::address::Address;
use crate::model::automatic::{Action, Bounce, BounceKind};
use crate::model::mail::{Author, Mail};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Octets of a report that are read.
const LIMIT: usize = 512 * 1024;
/// Recipients kept of one mail.
pub(super) const MOST: usize = 1_000;
/// Characters kept of the server's words.
const TEXT: usize = 300;

type Block = Vec<(String, String)>;

/// The recipients of the report parts; `text` is what stands beside them for people.
pub(super) fn recipients(parts: &[Part<'_>], mail: &Mail, text: &str) -> Vec<Bounce> {
    let mut found: Vec<Bounce> = Vec::new();
    for part in parts {
        if !matches!(part.kind.word.as_str(), "message/delivery-status" | "message/global-delivery-status") {
            continue;
        }
        for block in blocks(&part_text(part, LIMIT)) {
            let Some(one) = bounce(&block, mail, text) else { continue };
            if found.len() < MOST && !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

/// Whether a receipt says that the mail was deleted (RFC 8098 §3.2.6), not that it was shown.
pub(super) fn deleted(parts: &[Part<'_>]) -> bool {
    let receipt = |part: &&Part<'_>| part.kind.word.ends_with("disposition-notification");
    let Some(part) = parts.iter().find(receipt) else { return false };
    let blocks = blocks(&part_text(part, LIMIT));
    let said = blocks.iter().find_map(|block| field(block, "disposition")).unwrap_or_default();
    // The mode comes first: `automatic-action/MDN-sent-automatically; deleted`.
    said.rsplit(';').next().unwrap_or_default().to_ascii_lowercase().contains("deleted")
}

/// Blocks of fields, parted by empty lines or by a second recipient.
fn blocks(text: &str) -> Vec<Block> {
    let mut all: Vec<Block> = Vec::new();
    let mut open: Block = Vec::new();
    let has = |block: &Block, name: &str| block.iter().any(|(n, _)| n == name);
    for line in text.lines() {
        if line.trim().is_empty() {
            all.extend(Some(std::mem::take(&mut open)).filter(|block| !block.is_empty()));
            continue;
        }
        if line.starts_with([' ', '\t'])
            && let Some((_, value)) = open.last_mut().filter(|(_, value)| value.len() < 4_096)
        {
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let name = name.trim().to_ascii_lowercase();
        let next = matches!(name.as_str(), "final-recipient" | "original-recipient") && has(&open, &name);
        if next {
            all.push(std::mem::take(&mut open));
        }
        open.push((name, value.trim().to_owned()));
        if all.len() > MOST * 2 {
            break;
        }
    }
    all.extend(Some(open).filter(|block| !block.is_empty()));
    all
}

fn field<'a>(block: &'a Block, name: &str) -> Option<&'a str> {
    block.iter().find(|(n, value)| n == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

fn bounce(block: &Block, mail: &Mail, text: &str) -> Option<Bounce> {
    let original = field(block, "original-recipient").and_then(|value| address(value, true));
    let last = field(block, "final-recipient").and_then(|value| address(value, false));
    let actual = field(block, "x-actual-recipient").and_then(|value| address(value, false));
    let recipient = original.or_else(|| last.clone()).or_else(|| actual.clone())?;
    let passed_on_to = [last, actual].into_iter().flatten().find(|other| *other != recipient);
    let diagnostic = field(block, "diagnostic-code").map(|value| after_type(value).to_owned());
    let said = about(text, &recipient).or_else(|| passed_on_to.as_ref().and_then(|other| about(text, other)));
    // What the report says for people stands in where the fields say nothing that is understood.
    let words = match (&diagnostic, &said) {
        (Some(words), _) if failure::telling(words) => words.clone(),
        (Some(words), Some(said)) => format!("{words} {said}"),
        (Some(words), None) => words.clone(),
        (None, said) => said.clone().unwrap_or_default(),
    };
    let status = field(block, "status").and_then(failure::enhanced);
    let status = match (status, failure::enhanced(&words)) {
        // x.0.0 says no more than that it failed.
        (Some(plain), Some(exact)) if plain.ends_with(".0.0") => Some(exact),
        (one, other) => one.or(other),
    };
    let code = failure::reply(&words);
    let action = action(field(block, "action"), status.as_deref(), mail.author);
    let kind = match failure::kind(action, status.as_deref(), code, &words) {
        // What the report says for people tells when it was refused.
        BounceKind::Hard if said.as_deref().is_some_and(failure::after_content) => BounceKind::Soft,
        kind => kind,
    };
    Some(Bounce { recipient, passed_on_to, action, status, code, text: brief(&words), kind })
}

/// `Action`; where it is missing, what the code or the mail as a whole says.
fn action(value: Option<&str>, status: Option<&str>, author: Author) -> Action {
    let word = value.unwrap_or("").trim().to_ascii_lowercase();
    let word = word.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("").to_owned();
    match (word.as_str(), author) {
        ("delayed" | "delay", _) => Action::Delayed,
        ("delivered" | "deliverable", _) => Action::Delivered,
        ("relayed", _) => Action::Relayed,
        ("expanded", _) => Action::Expanded,
        ("failed" | "failure", _) => Action::Failed,
        (_, Author::DsnDelayed) => Action::Delayed,
        _ if status.is_some_and(|status| status.starts_with('2')) => Action::Delivered,
        _ => Action::Failed,
    }
}

fn after_type(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, rest)) if kind.trim().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => rest.trim(),
        _ => value.trim(),
    }
}

/// One line, at most 300 characters.
pub(super) fn brief(text: &str) -> String {
    squeeze(text).chars().filter(|c| !c.is_control()).take(TEXT).collect()
}

/// `\x{430}` (RFC 6533).
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static EMBEDDED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\\x\{([0-9A-Fa-f]{1,6})\}").unwrap());
/// `+2B` (RFC 3461 §4).
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static XTEXT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\+([0-9A-F]{2})").unwrap());

/// An address field: `rfc822; <a@b>`, `UTF-8;…`, no type at all; xtext undone in `Original-Recipient`.
fn address(value: &str, xtext: bool) -> Option<Address> {
    let value = after_type(value);
    let value = EMBEDDED.replace_all(value, |hit: &Captures<'_>| character(hit, 16));
    if xtext && value.contains('+') {
        let plain = XTEXT.replace_all(&value, |hit: &Captures<'_>| character(hit, 16));
        // `anna+AB@` that nobody encoded would give what is no address.
        if plain.is_ascii()
            && !plain.contains(char::is_control)
            && let Ok(found) = Address::parse(plain.trim_matches(['<', '>', ' ']))
        {
            return Some(found);
        }
    }
    one(&value)
}

fn character(hit: &Captures<'_>, radix: u32) -> String {
    let code = hit.get(1).and_then(|m| u32::from_str_radix(m.as_str(), radix).ok());
    code.and_then(char::from_u32).map(String::from).unwrap_or_default()
}

fn one(value: &str) -> Option<Address> {
    let value = value.trim();
    let bare = value.trim_start_matches(['<', '"', '\'', ' ']).split(['>', ' ', '(']).next().unwrap_or("");
    let quoted = value.starts_with('"') || value.starts_with("<\"");
    let whole = || Address::parse(value.trim_matches(['<', '>', ' '])).ok();
    let inside = || ADDRESS.find(value).and_then(|hit| mentioned::read(hit.as_str()));
    // An address behind a route or a path of X.400 is found within.
    (if quoted { whole() } else { None })
        .or_else(|| Address::parse(bare.trim_matches(['"', '\''])).ok())
        .or_else(inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::automatic::BounceKind;

    fn read(report: &str) -> Vec<Bounce> {
        let raw = format!(
            "From: MAILER-DAEMON@mx.pl\nSubject: x\nContent-Type: multipart/report; boundary=b\n\n--b\n\nText\n--b\nContent-Type: message/delivery-status\n\n{report}\n--b--\n"
        );
        let mail = crate::parse::parse(raw.as_bytes());
        super::super::automatic(raw.as_bytes(), &mail).bounces
    }

    #[test]
    fn recipients_with_different_ends_are_kept_apart() {
        let found = read(
            "Reporting-MTA: dns; mx.pl\n\nOriginal-Recipient: rfc822;jan+2Bx@klient.pl\nFinal-Recipient: RFC822; <j@inner.klient.pl>\nAction: FAILED (bad)\nStatus: 5.1.1 (unknown)\nDiagnostic-Code: smtp; 550 5.1.1\n user unknown\n\nFinal-Recipient: utf-8; ewa@klient.pl\nAction: delayed\nStatus: 4.4.1\n",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].recipient.as_str(), "jan+x@klient.pl");
        assert_eq!(found[0].passed_on_to.as_ref().unwrap().as_str(), "j@inner.klient.pl");
        assert_eq!((found[0].action, found[0].code, found[0].kind), (Action::Failed, Some(550), BounceKind::Hard));
        assert_eq!(found[0].text, "550 5.1.1 user unknown");
        assert_eq!((found[1].action, found[1].kind), (Action::Delayed, BounceKind::None));
    }

    #[test]
    fn blocks_without_empty_lines_and_without_types_are_read() {
        let found = read("Final-Recipient: a@x.pl\nStatus: 5.1.1\nFinal-Recipient: b@x.pl\nStatus: 5.2.2\n");
        let kinds: Vec<_> = found.iter().map(|one| (one.recipient.as_str(), one.kind)).collect();
        assert_eq!(kinds, [("a@x.pl", BounceKind::Hard), ("b@x.pl", BounceKind::Soft)]);
    }

    #[test]
    fn tags_that_nobody_encoded_stay() {
        assert_eq!(address("rfc822;anna+AB@x.pl", true).unwrap().as_str(), "anna+ab@x.pl");
        assert_eq!(address("utf-8;\\x{17C}ona@x.pl", true).unwrap().as_str(), "żona@x.pl");
        assert_eq!(address("rfc822;jan+40klient.pl@gate.pl", true).unwrap().as_str(), "jan+40klient.pl@gate.pl");
        assert_eq!(address("local;nobody", false), None);
    }
}

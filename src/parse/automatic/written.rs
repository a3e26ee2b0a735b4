//! Delivery reports that are text alone: qmail, Exim, Postfix, Exchange, web mailers and many more.
//!
//! Layout before words: the field that names the recipients; `<address>:` blocks; lines that are an address
//! and nothing else; addresses behind a label or in a dialogue of SMTP; addresses in a sentence that says
//! that something failed. The first of these that finds anybody is believed.

use super::super::machines::{self, Kind};
use super::super::phrases::{SEPARATORS, pairs};
use super::failure;
use super::mentioned::{self, ADDRESS};
use super::report::{MOST, brief};
use super::returned::Returned;
use super::sentences::start_of;
use crate::model::address::Address;
use crate::model::automatic::{Action, Bounce};
use crate::model::mail::{Author, Mail};
use std::sync::LazyLock;

/// Octets of the text of a report that are read.
const LIMIT: usize = 48 * 1024;
/// Lines of it.
const LINES: usize = 600;
/// Characters of what is said of one recipient.
const SAID: usize = 900;

#[derive(Default)]
struct Table {
    cuts: Vec<&'static str>,
    labels: Vec<&'static str>,
    fails: Vec<&'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    for (kind, text) in pairs(include_str!("../data/report-words.txt")) {
        match kind {
            "cut" => table.cuts.push(text),
            "label" => table.labels.push(text),
            "fails" => table.fails.push(text),
            _ => {}
        }
    }
    table
});

/// A report's text in what the server says and the returned mail below it.
pub(super) fn split(body: &str) -> (&str, &str) {
    let body = start_of(body, LIMIT);
    let mut at = 0;
    for line in body.split_inclusive('\n').take(LINES) {
        if at > 0 && begins_returned(line) {
            return body.split_at_checked(at).unwrap_or((body, ""));
        }
        at += line.len();
    }
    (body, "")
}

/// Whether the returned mail begins at this line.
fn begins_returned(line: &str) -> bool {
    let line = line.trim_end();
    let bare = line.trim_start_matches(['>', ' ', '|']);
    let field = ["received: ", "received:from ", "received:by ", "return-path: ", "return-path:<"]
        .iter()
        .any(|name| bare.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)));
    if field || line.len() > 160 {
        return field;
    }
    let lower = bare.to_lowercase();
    let ruled = ["--", "==", "__", "**"].iter().any(|rule| bare.starts_with(rule));
    let words = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let named = TABLE.cuts.iter().any(|cut| words.contains(cut));
    // A sentence that speaks of the copy is none: the separator is ruled, or ends in a colon and is short.
    SEPARATORS.contains(words) && ruled
        || named && (ruled || (lower.ends_with([':', '.']) && words.split(' ').count() <= 5))
}

/// One line of the report with the address that it is about.
struct Line<'a> {
    /// The line, trimmed.
    text: &'a str,
    /// What stands before the address.
    before: &'a str,
    /// The address with what encloses it.
    address: Address,
    /// What stands behind it.
    after: &'a str,
    number: usize,
}

/// The recipients of a report that has no machine-readable part.
pub(super) fn recipients(mail: &Mail, text: &str, returned: &Returned) -> Vec<Bounce> {
    let lines: Vec<&str> = text.lines().take(LINES).collect();
    let found: Vec<Line<'_>> = lines.iter().enumerate().flat_map(|(n, line)| addresses(mail, line, n)).collect();
    let named: Vec<Address> = failed_field(mail);
    let mut chosen: Vec<(Address, Option<Address>, String)> = Vec::new();
    if !named.is_empty() {
        for address in named {
            let said = about(text, &address).unwrap_or_default();
            chosen.push((address, None, said));
        }
    } else {
        let ways: [fn(&Line<'_>, &[&str]) -> bool; 5] = [heads, stands_alone, labelled, in_failure, below_failure];
        for (n, way) in ways.into_iter().enumerate() {
            if n == 3 && chosen.is_empty() {
                chosen = without_domain(mail, &lines);
            }
            if chosen.is_empty() {
                chosen = found.iter().filter(|line| way(line, &lines)).map(|line| told(line, &found, &lines)).collect();
            }
        }
    }
    if chosen.is_empty() && returned.recipients.len() == 1 {
        chosen.extend(returned.recipients.iter().map(|one| (one.clone(), None, String::new())));
    }
    bounces(mail, text, chosen)
}

fn bounces(mail: &Mail, text: &str, chosen: Vec<(Address, Option<Address>, String)>) -> Vec<Bounce> {
    let mut all: Vec<Bounce> = Vec::new();
    let alone = chosen.iter().all(|(address, ..)| Some(address) == chosen.first().map(|(first, ..)| first));
    for (recipient, passed_on_to, said) in chosen {
        // Of one recipient the whole report speaks, and the refusing server more exactly than the one that reports.
        let quoted = failure::server(text).filter(|_| alone && failure::reply(&said).is_none());
        let words = match quoted {
            Some(quoted) => start_of(quoted, SAID).to_owned(),
            None if failure::telling(&said) || !alone => said,
            None => format!("{said} {}", reason(text)),
        };
        let whole = if alone { text } else { words.as_str() };
        let status = failure::enhanced(&words).or_else(|| failure::enhanced(whole));
        let code = failure::reply(&words).or_else(|| failure::reply(whole));
        let action = match mail.author {
            Author::DsnDelayed => Action::Delayed,
            Author::DsnDelivered => Action::Delivered,
            _ => Action::Failed,
        };
        let kind = failure::kind(action, status.as_deref(), code, &words);
        let one = Bounce { recipient, passed_on_to, action, status, code, text: brief(&words), kind };
        if let Some(known) = all.iter_mut().find(|known| known.recipient == one.recipient) {
            if known.status.is_none() && known.code.is_none() && (one.status.is_some() || one.code.is_some()) {
                *known = one;
            }
        } else if all.len() < MOST {
            all.push(one);
        }
    }
    all
}

/// `X-Failed-Recipients`.
fn failed_field(mail: &Mail) -> Vec<Address> {
    let values = mail.headers.all("x-failed-recipients").flat_map(|value| value.split([',', ' ', ';']));
    let mut all: Vec<Address> = Vec::new();
    for address in values.filter_map(mentioned::read).take(MOST) {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    all
}

/// The addresses of a line that may be a recipient's.
fn addresses<'a>(mail: &Mail, line: &'a str, number: usize) -> Vec<Line<'a>> {
    let text = line.trim();
    if text.len() > 1_000 || !text.contains('@') {
        return Vec::new();
    }
    let mut all = Vec::new();
    for hit in ADDRESS.find_iter(text).take(20) {
        let Some(address) = mentioned::read(hit.as_str()).filter(|address| !of_the_system(mail, address)) else {
            continue;
        };
        let (before, after) = (text.get(..hit.start()).unwrap_or(""), text.get(hit.end()..).unwrap_or(""));
        all.push(Line { text, before, address, after, number });
    }
    all
}

/// The report's own sender and reader, and those whom one asks for help.
fn of_the_system(mail: &Mail, address: &Address) -> bool {
    let parties = mail.from.iter().chain(&mail.to).chain(&mail.cc).chain(&mail.sender).chain(&mail.reply_to);
    let own = parties.into_iter().any(|party| party.address == *address);
    let daemon = matches!(machines::sender(address.local()), Some(Kind::Daemon));
    own || daemon || ["postmaster", "abuse", "hostmaster", "webmaster"].contains(&address.local())
}

/// `<address>:` at the beginning of a line, or `address:` alone.
fn heads(line: &Line<'_>, lines: &[&str]) -> bool {
    let opened = line.before.trim_start_matches(['*', '-', '>', ' ', '•']);
    let after = line.after.trim_start_matches(['>', ' ', '"', '\'']);
    let colon = after.starts_with(':') || after.starts_with('：');
    let expanded = after.starts_with('(') && after.contains("):");
    let closes = after.starts_with('(') && lines.get(line.number + 1).is_some_and(|next| next.contains("):"));
    matches!(opened, "" | "<" | "'" | "\"") && (colon || expanded || closes)
}

/// A line that holds nothing but the address, with what some programs add.
fn stands_alone(line: &Line<'_>, lines: &[&str]) -> bool {
    let before = line.before.trim_start_matches(['*', '-', '>', ' ', '•', '.']).trim();
    // `"name" <address>` is one address.
    let name = before.trim_end_matches('<').trim();
    let named =
        name.is_empty() || (before.ends_with('<') && name.starts_with(['"', '\'']) || matches!(name, "<" | "'" | "\""));
    let after = line.after.trim_start_matches(['>', '\'', '"', ' ']);
    let ends = after.is_empty()
        || after.starts_with(['(', ';', ',', '.', '['])
        || after.starts_with("on ")
        || after.starts_with("- ");
    let tail = after.trim_matches(|c: char| !c.is_alphanumeric());
    named && ends && tail.len() < 120 && failing_above(line.number, lines)
}

/// Whether the lines above say that something failed.
fn failing_above(number: usize, lines: &[&str]) -> bool {
    lines.iter().take(number).rev().take(25).any(|line| fails(line))
}

fn fails(line: &str) -> bool {
    let lower = line.to_lowercase();
    TABLE.fails.iter().any(|word| lower.contains(word))
}

/// Behind a label, or in a dialogue of SMTP.
fn labelled(line: &Line<'_>, _: &[&str]) -> bool {
    let before = line.before.trim_end_matches(['<', ' ', '"', '\'', '[', '(']).to_lowercase();
    let before = before.trim_start_matches(['>', '<', ' ', '-', '*', '.', '|']).trim_start_matches("sent <<< ");
    let Some(label) = before.strip_suffix([':', '=', '：']) else { return false };
    let label = label.trim().trim_end_matches(['.', ' ']);
    TABLE.labels.iter().any(|known| {
        label == *known || label.strip_suffix(known).is_some_and(|b| b.ends_with([' ', '-', '.'])) && *known != "to"
    })
}

/// In a sentence that says that something failed.
fn in_failure(line: &Line<'_>, lines: &[&str]) -> bool {
    let beside = |n: usize| lines.get(n).is_some_and(|line| !line.trim().is_empty() && fails(line));
    fails(line.text) || beside(line.number + 1) || line.number.checked_sub(1).is_some_and(beside)
}

/// Anywhere below a line that says so.
fn below_failure(line: &Line<'_>, lines: &[&str]) -> bool {
    failing_above(line.number, lines)
}

/// A recipient with what is said of it, and whom a list or alias passed it on to.
fn told(line: &Line<'_>, all: &[Line<'_>], lines: &[&str]) -> (Address, Option<Address>, String) {
    let mut said = line.after.trim_start_matches(['>', ':', ' ', '\'', '"']).to_owned();
    for (n, next) in lines.iter().enumerate().skip(line.number + 1) {
        let another = all.iter().any(|other| {
            let aliased = other.before.contains("from") || other.before.contains("addressed to");
            other.number == n && other.address != line.address && !aliased
        });
        if next.trim().is_empty() && failure::telling(&said) || another || said.len() > SAID {
            break;
        }
        if next.trim().is_empty() && n > line.number + 3 {
            break;
        }
        said.push(' ');
        said.push_str(next.trim());
    }
    // `<a@x> (expanded from <b@x>)`: we wrote to b.
    let aliased = ["expanded from", "generated from", "originally addressed to", "ultimately generated from"];
    let lower = said.to_lowercase();
    let from = aliased.iter().find_map(|words| lower.find(words).filter(|at| *at < 60).map(|at| at + words.len()));
    let first = from.and_then(|at| said.get(at..)).and_then(|rest| ADDRESS.find(rest).filter(|hit| hit.start() < 12));
    match first.and_then(|hit| mentioned::read(hit.as_str())) {
        Some(original) if original != line.address => (original, Some(line.address.clone()), said),
        _ => (line.address.clone(), None, said),
    }
}

/// A provider that names its own customers without their domain.
fn without_domain(mail: &Mail, lines: &[&str]) -> Vec<(Address, Option<Address>, String)> {
    let Some(domain) = mail.from.first().map(|party| party.address.domain()) else { return Vec::new() };
    let mut all = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let word = line.trim();
        let indented = line.starts_with(['\t', ' ']) && !word.is_empty() && word.len() <= 64;
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c));
        let introduced =
            n.checked_sub(1).and_then(|above| lines.get(above)).is_some_and(|above| above.trim_end().ends_with(':'));
        if indented && plain && introduced && failing_above(n, lines) {
            all.extend(Address::parse(&format!("{word}@{domain}")).ok().map(|address| (address, None, String::new())));
        }
    }
    all
}

/// What a report says of an address: what follows it, to the end of its paragraph.
pub(super) fn about(text: &str, address: &Address) -> Option<String> {
    let lines: Vec<&str> = text.lines().take(LINES).collect();
    let mut last = None;
    for (n, line) in lines.iter().enumerate() {
        let hits = ADDRESS.find_iter(line).take(20);
        let mut same = hits.filter(|hit| mentioned::read(hit.as_str()).as_ref() == Some(address));
        let Some(hit) = same.next() else { continue };
        let mut said = line.get(hit.end()..).unwrap_or("").trim_start_matches(['>', ':', ' ']).to_owned();
        for next in lines.iter().skip(n + 1).take(12) {
            let another = next.contains('@')
                && ADDRESS.find(next).is_some_and(|hit| {
                    let opened = next.get(..hit.start()).unwrap_or("").trim_matches([' ', '<', '"', '\'', '\t']);
                    opened.is_empty() && mentioned::read(hit.as_str()).as_ref() != Some(address)
                });
            if next.trim().is_empty() && !said.trim().is_empty() || another || said.len() > SAID {
                break;
            }
            said.push(' ');
            said.push_str(next.trim());
        }
        if failure::telling(&said) || failure::reply(&said).is_some() {
            return Some(said);
        }
        last = last.or(Some(said));
    }
    last
}

/// Whether a line holds addresses and nothing else.
pub(super) fn only_addresses(line: &str) -> bool {
    let rest = ADDRESS.replace_all(line, "");
    line.contains('@') && rest != line && !rest.contains(char::is_alphanumeric)
}

/// The lines of a report that say why.
fn reason(text: &str) -> String {
    let lines = text.lines().take(LINES).map(str::trim);
    let telling = lines.filter(|line| line.len() < 1_000 && (failure::reply(line).is_some() || failure::telling(line)));
    let mut all = String::new();
    for line in telling.take(6) {
        all.push_str(line);
        all.push(' ');
    }
    all
}

#[cfg(test)]
mod tests {
    use crate::model::automatic::BounceKind;

    fn read(header: &str, body: &str) -> Vec<(String, Option<u16>, BounceKind)> {
        let raw = format!("From: MAILER-DAEMON@mx.pl\nTo: anna@firma.pl\nSubject: failure notice\n{header}\n{body}\n");
        let mail = crate::parse::parse(raw.as_bytes());
        let found = super::super::automatic(raw.as_bytes(), &mail);
        found.bounces.into_iter().map(|one| (one.recipient.to_string(), one.code, one.kind)).collect()
    }

    #[test]
    fn blocks_that_an_address_heads_are_read() {
        let found = read(
            "",
            "Sorry, it did not work:\n\n<jan@klient.pl>:\n10.0.0.1 failed after I sent it.\nRemote host said: 550 no such user\n\n<ewa@klient.pl>:\nmailbox is full\n\n--- Below this line is a copy of the message.\n\nFrom: <x@y.pl>\n",
        );
        assert_eq!(
            found,
            [
                ("jan@klient.pl".to_owned(), Some(550), BounceKind::Hard),
                ("ewa@klient.pl".to_owned(), None, BounceKind::Soft)
            ]
        );
    }

    #[test]
    fn the_field_of_failed_recipients_is_believed_first() {
        let found = read(
            "X-Failed-Recipients: jan@klient.pl\n",
            "could not be delivered\n\n  jan@klient.pl\n    SMTP error: 550 5.7.1 blocked by policy of other@klient.pl",
        );
        assert_eq!(found, [("jan@klient.pl".to_owned(), Some(550), BounceKind::Policy)]);
    }

    #[test]
    fn addresses_that_stand_alone_or_in_a_sentence_are_read() {
        assert_eq!(
            read("", "Delivery to the following recipients failed.\n\n       jan@klient.pl\n")[0].0,
            "jan@klient.pl"
        );
        assert_eq!(
            read("", "Nie można dostarczyć wiadomości do jan@klient.pl: 550 nie ma takiego użytkownika")[0].2,
            BounceKind::Hard
        );
        assert_eq!(read("", ">>> RCPT To:<jan@klient.pl>\n<<< 550 5.1.1 unknown")[0].0, "jan@klient.pl");
    }

    #[test]
    fn whoever_is_aliased_is_whom_we_wrote_to() {
        let found = read("", "The mail failed\n\n<inner@klient.pl> (expanded from <sales@klient.pl>): user unknown");
        assert_eq!(found[0].0, "sales@klient.pl");
    }
}

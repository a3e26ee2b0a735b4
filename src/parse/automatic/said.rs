//! What the text of a mail says about who wrote it: the last look of the classifier (R91), never more than
//! probable.
//!
//! People write about their absences, confirm that something came, and hand reports on to ask for help (R93). So a
//! phrase alone makes nobody a machine. A machine greets nobody by name, quotes nothing in answer, names no mail
//! program, and has nothing else to say: that is asked beside the phrase.

use super::super::machines;
use super::super::phrases::{MARKS, pairs};
use super::sentences::{self, plain, start_of};
use super::words::{self, Say};
use super::{dates, failure, number};
use crate::model::mail::{Author, FoldKind, Mail};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::sync::LazyLock;

/// Octets of the text in which phrases are looked for.
const FIRST: usize = 1_500;
/// Octets of a text that may be a notice and nothing else.
const SHORT: usize = 2_500;

/// What a phrase of `data/body-words.txt` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Signs {
    machine: Option<usize>,
    thanks: Option<usize>,
    received: Option<usize>,
    promise: Option<usize>,
    prove: Option<usize>,
    undelivered: Option<usize>,
    legal: Option<usize>,
}

static TABLE: LazyLock<(Vec<&str>, Option<AhoCorasick>)> = LazyLock::new(|| {
    let (kinds, phrases): (Vec<&str>, Vec<&str>) = pairs(include_str!("../data/body-words.txt")).unzip();
    (kinds, AhoCorasickBuilder::new().ascii_case_insensitive(true).build(phrases).ok())
});

/// The phrases in the first part of a text, each kind where it first stands.
fn signs(text: &str) -> Signs {
    let mut found = Signs::default();
    let (kinds, Some(search)) = (&TABLE.0, &TABLE.1) else { return found };
    for hit in search.find_overlapping_iter(text) {
        let place = match kinds.get(hit.pattern().as_usize()).copied().unwrap_or("") {
            "machine" => &mut found.machine,
            "thanks" => &mut found.thanks,
            "received" => &mut found.received,
            "promise" => &mut found.promise,
            "prove" => &mut found.prove,
            "undelivered" => &mut found.undelivered,
            "legal" => &mut found.legal,
            _ => continue,
        };
        *place = place.or(Some(hit.start()));
    }
    found
}

/// Which machine the text of a mail speaks for, where nothing stronger does; with what it says.
pub(in crate::parse) fn author(mail: &Mail, reply: bool) -> Option<(Author, &'static str)> {
    let text = start_of(own_text(mail), FIRST);
    let signs = signs(text);
    if signs == Signs::default() || mail.forward || by_program(mail) {
        return None;
    }
    let quotes = mail.text.folds.iter().any(|fold| fold.kind == FoldKind::Quote);
    // A subject that begins with "Re:" answers nothing where no id does.
    let answers = !mail.references.is_empty() || !mail.in_reply_to.is_empty();
    if signs.undelivered.is_some_and(|at| at < 700) && !answers && !greets(mail, text) && reports(mail, reply) {
        return Some((Author::DsnFailed, "says that a mail was not delivered"));
    }
    if signs.prove.is_some() && !greets(mail, text) && (signs.machine.is_some() || own_text(mail).len() < SHORT) {
        return Some((Author::Challenge, "asks for proof before it delivers"));
    }
    if quotes && signs.machine.is_none() || greets(mail, text) || own_text(mail).len() > SHORT {
        return None;
    }
    if signs.machine.is_some() {
        let kind = content(mail, &signs).unwrap_or(Author::Notification);
        return Some((kind, "says that no person wrote it"));
    }
    let numbered = || number::of(mail).is_some();
    let received = signs.received.is_some_and(|at| at < 400) && (signs.promise.is_some() || numbered());
    // Thanks and a promise are a person's too; with the number of a ticket they are an institution's.
    if received || (signs.thanks.is_some_and(|at| at < 250) && signs.promise.is_some() && numbered()) {
        return Some((Author::Acknowledgement, "acknowledges and promises an answer"));
    }
    (signs.thanks.is_some_and(|at| at < 250) && nothing_else(mail, text))
        .then(|| content(mail, &signs).filter(|kind| matches!(kind, Author::Vacation | Author::LeftCompany)))
        .flatten()
        .map(|kind| (kind, "thanks, and speaks of an absence alone"))
}

/// Whether the text of a machine's mail reports that something was not delivered.
pub(in crate::parse) fn undelivered(mail: &Mail) -> bool {
    signs(start_of(own_text(mail), FIRST)).undelivered.is_some_and(|at| at < 700) && reports(mail, false)
}

/// Whether the text shows a server's refusal with the addresses of the dialogue, and no person's words around it.
pub(in crate::parse) fn dialogue(mail: &Mail) -> bool {
    let text = start_of(own_text(mail), FIRST);
    let lower = text.to_ascii_lowercase();
    let refused = failure::reply(text).is_some() && failure::telling(text);
    refused && lower.contains("rcpt to:") && !mail.forward && !by_program(mail) && !greets(mail, text)
}

/// What an automatic answer says: an absence, a departure, an acknowledgement. `None` where it says none of these.
pub(in crate::parse) fn answer(mail: &Mail) -> Option<Author> {
    let text = start_of(own_text(mail), FIRST);
    content(mail, &signs(text))
}

fn content(mail: &Mail, signs: &Signs) -> Option<Author> {
    let text = plain(start_of(own_text(mail), FIRST));
    let subject = plain(&mail.subject);
    let first = |wanted: &[Say]| {
        let hits = words::hits(&text).into_iter().filter(|(_, phrase)| wanted.contains(&phrase.say));
        hits.map(|(at, _)| at).min()
    };
    let gone = first(&[Say::Gone]);
    let mut away = first(&[Say::Away, Say::Open]);
    if away.is_none() {
        // "Back" alone is said by who promises an answer; with a date it ends an absence.
        let sentences = sentences::of(&text);
        let dated = sentences.iter().find(|s| words::says(s, &[Say::Back]) && !dates::find(s).is_empty());
        away = dated.and_then(|sentence| text.find(sentence.as_str()));
        away = away.or_else(|| dated.map(|_| text.len()));
    }
    match (gone, away) {
        (Some(gone), Some(away)) if gone <= away => return Some(Author::LeftCompany),
        (Some(_), None) => return Some(Author::LeftCompany),
        _ => {}
    }
    if signs.prove.is_some() && away.is_none() {
        return Some(Author::Challenge);
    }
    let ticket = machines::acknowledges(&subject);
    match (signs.received, away) {
        (Some(received), Some(away)) if received < away => return Some(Author::Acknowledgement),
        (_, Some(_)) if !ticket => return Some(Author::Vacation),
        _ => {}
    }
    if words::says(&subject, &[Say::Away]) && !ticket {
        return Some(Author::Vacation);
    }
    (ticket || signs.received.is_some() || signs.promise.is_some()).then_some(Author::Acknowledgement)
}

/// The text above the first quote or signature.
fn own_text(mail: &Mail) -> &str {
    let body = mail.text.body.as_str();
    let first = mail.text.folds.iter().find(|fold| fold.kind != FoldKind::Banner);
    let own = first.and_then(|fold| body.get(..fold.start)).unwrap_or(body);
    if own.trim().is_empty() { body } else { own }
}

/// Whether it names a program with which people write. Responders name none, or themselves.
fn by_program(mail: &Mail) -> bool {
    let fields = ["user-agent", "x-mailer"].into_iter().filter_map(|name| mail.headers.first(name));
    fields.into_iter().any(|value| machines::by_person(&value.to_lowercase()))
}

/// Whether it begins by greeting somebody by name.
fn greets(mail: &Mail, text: &str) -> bool {
    let start = plain(start_of(text.trim_start(), 80));
    let first_line = start.lines().next().unwrap_or("");
    let words: Vec<&str> = first_line.split(|c: char| !c.is_alphabetic()).filter(|w| w.chars().count() >= 3).collect();
    let names = mail.to.iter().flat_map(|party| {
        let name = party.name.as_deref().unwrap_or("").to_lowercase();
        format!("{name} {}", party.address.local())
            .split(|c: char| !c.is_alphabetic())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    // "Pani Anno": the ending changes with the case.
    let mut stems = names.filter(|name| name.chars().count() >= 3).map(|name| {
        let length = name.chars().count();
        name.chars().take(if length > 3 { length - 1 } else { length }).collect::<String>()
    });
    stems.any(|stem| words.iter().any(|word| word.starts_with(&stem)))
}

/// Whether a report's layout stands below what says so: a code of SMTP, or the returned mail.
fn reports(mail: &Mail, reply: bool) -> bool {
    let (text, tail) = super::written::split(&mail.text.body);
    let text = start_of(text, 4_000);
    let named = text.lines().take(30).any(super::written::only_addresses);
    let coded = failure::enhanced(text).is_some() || failure::reply(text).is_some();
    let returned = mail
        .attachments
        .iter()
        .any(|part| matches!(part.content_type.as_str(), "message/rfc822" | "text/rfc822-headers"));
    let quotes = mail.text.folds.iter().any(|fold| fold.kind == FoldKind::Quote && fold.start < 400);
    let returned = returned || !tail.trim().is_empty();
    !quotes && (named || (!reply && (returned || (coded && text.contains('@')))))
}

/// Whether every sentence belongs to a notice of absence: whoever has anything else to say is a person.
fn nothing_else(mail: &Mail, text: &str) -> bool {
    let lower = plain(text);
    let own = [Say::Away, Say::Back, Say::Open, Say::Gone, Say::Ask];
    let other = sentences::of(&lower).into_iter().filter(|sentence| {
        let long = sentence.split(' ').count() > 5;
        let legal = MARKS.iter().any(|mark| sentence.contains(mark));
        let plain = signs(sentence) == Signs::default() && dates::find(sentence).is_empty();
        long && !legal && !words::says(sentence, &own) && plain
    });
    let files = mail.attachments.iter().any(|file| !file.inline && !file.name.is_empty());
    other.count() == 0 && !files
}

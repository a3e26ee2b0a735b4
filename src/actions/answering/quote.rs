//! What stands in a draft before anybody types: the quotation, the line that says for whom, the signature.
//! In the language of the mail that is answered, else in its writer's. Pure.

use crate::model::mail::Party;
use crate::model::time::Timestamp;
use crate::parse;
use chrono_tz::Tz;

/// Characters of a mail that are quoted at most: longer ones have their quotation cut, and say so.
const LONGEST: usize = 100_000;

/// A language in which these few words are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tongue {
    /// English.
    English,
    /// Polish.
    Polish,
}

impl Tongue {
    /// That of a text, where it is one of ours; else that of its writer.
    pub fn of(stated: Option<&str>, text: &str, writers: &str) -> Tongue {
        let found = stated.or_else(|| parse::language_of(text)).unwrap_or(writers);
        if found.to_ascii_lowercase().starts_with("pl") { Tongue::Polish } else { Tongue::English }
    }
}

/// "Piotr Nowak, answering for Anna Kowalska".
pub(super) fn cover_line(tongue: Tongue, writer: &str, absent: &str) -> String {
    match tongue {
        Tongue::English => format!("{writer}, answering for {absent}"),
        Tongue::Polish => format!("{writer}, w zastępstwie: {absent}"),
    }
}

/// A text in which the line stands as a line of its own, above what is quoted; one that no longer holds is gone.
pub(super) fn with_line(text: &str, before: Option<&str>, line: Option<&str>) -> String {
    let stale = before.filter(|old| Some(*old) != line);
    let kept: Vec<&str> = text.lines().filter(|have| stale != Some(have.trim())).collect();
    let text = kept.join("\n");
    match line {
        Some(line) if !text.lines().any(|have| have.trim() == line) => format!("{line}\n\n{}", text.trim_start()),
        _ => text,
    }
}

/// What a draft begins with: room to write, the line, the signature, then the quotation.
pub(super) fn opening(line: Option<&str>, signature: &str, quotation: &str) -> String {
    let parts = [line.unwrap_or_default(), signature.trim_end(), quotation.trim_end()];
    let below: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    match below.is_empty() {
        true => String::new(),
        false => format!("\n\n{}\n", below.join("\n\n")),
    }
}

/// A mail as it is quoted in an answer.
pub(super) fn quotation(tongue: Tongue, from: &str, at: Timestamp, zone: Tz, text: &str) -> String {
    let when = moment(at, zone);
    let head = match tongue {
        Tongue::English => format!("On {when}, {from} wrote:"),
        Tongue::Polish => format!("W dniu {when} {from} pisze:"),
    };
    let quoted = cut(text).lines().map(|line| match line.trim_end() {
        "" => ">".to_owned(),
        line if line.starts_with('>') => format!(">{line}"),
        line => format!("> {line}"),
    });
    format!("{head}\n{}", quoted.collect::<Vec<_>>().join("\n"))
}

/// A mail as it is handed on.
pub(super) fn handed_on(tongue: Tongue, head: &Forwarded<'_>, zone: Tz, text: &str) -> String {
    let (title, labels) = match tongue {
        Tongue::English => ("---------- Forwarded message ----------", ["From", "Date", "Subject", "To", "Cc"]),
        Tongue::Polish => ("---------- Przekazana wiadomość ----------", ["Od", "Data", "Temat", "Do", "DW"]),
    };
    let when = moment(head.at, zone);
    let values = [head.from, when.as_str(), head.subject, head.to, head.cc];
    let lines: Vec<String> = labels
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| format!("{label}: {value}"))
        .collect();
    format!("{title}\n{}\n\n{}", lines.join("\n"), cut(text))
}

/// What is told of a mail that is handed on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forwarded<'a> {
    pub from: &'a str,
    pub at: Timestamp,
    pub subject: &'a str,
    pub to: &'a str,
    pub cc: &'a str,
}

fn moment(at: Timestamp, zone: Tz) -> String {
    at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text).trim_end()
}

/// The subject of an answer.
pub(super) fn answered(subject: &str, forward: bool) -> String {
    let subject = subject.trim();
    // What bears a prefix of an answer, in whichever language, keeps it: two of them say no more than one.
    if parse::base_subject(subject).1 && !forward {
        subject.to_owned()
    } else {
        format!("Re: {subject}").trim_end().to_owned()
    }
}

/// The subject of a mail that is handed on.
pub(super) fn forwarded(subject: &str, forward: bool) -> String {
    if forward && parse::base_subject(subject).1 {
        subject.trim().to_owned()
    } else {
        format!("Fwd: {}", subject.trim()).trim_end().to_owned()
    }
}

/// Addresses as a person types them.
pub(super) fn typed<'p>(parties: impl Iterator<Item = &'p Party>) -> String {
    parties.map(one).collect::<Vec<_>>().join(", ")
}

/// An address with its name as a person types it. A name that holds what separates addresses is put in quotes.
pub(super) fn one(party: &Party) -> String {
    match party.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        None => party.address.to_string(),
        Some(name) if name.contains(|c: char| ",;:<>()[]@\\\".".contains(c)) => {
            format!("\"{}\" <{}>", name.replace(['"', '\\'], ""), party.address)
        }
        Some(name) => format!("{name} <{}>", party.address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::address::Address;

    const AT: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn what_is_quoted_is_found_to_be_quoted_when_it_comes_back() {
        for (tongue, head) in [
            (Tongue::English, "On 2026-11-18 12:06, Jan K wrote:"),
            (Tongue::Polish, "W dniu 2026-11-18 12:06 Jan K pisze:"),
        ] {
            let quoted = quotation(tongue, "Jan K", AT, chrono_tz::Europe::Warsaw, "Kiedy?\n\n> a  \n>> b");
            assert_eq!(quoted, format!("{head}\n> Kiedy?\n>\n>> a\n>>> b"));
            let body = opening(Some("P, answering for A"), "Piotr\n", &quoted);
            assert_eq!(body, format!("\n\nP, answering for A\n\nPiotr\n\n{quoted}\n"));
            let raw = format!("From: p@x.example\r\nSubject: Re: a\r\n\r\nJutro.{}", body.replace('\n', "\r\n"));
            let mail = parse::parse(raw.as_bytes());
            let visible = mail.text.visible();
            assert!(visible.contains("Jutro.") && !visible.contains("Kiedy?"), "{visible}");
        }
    }

    #[test]
    fn subjects_get_one_prefix() {
        assert_eq!(answered("Pumps", false), "Re: Pumps");
        assert_eq!(answered("Odp: Pumps", false), "Odp: Pumps");
        assert_eq!(answered("Fwd: Pumps", true), "Re: Fwd: Pumps");
        assert_eq!(answered("", false), "Re:");
        assert_eq!(forwarded("Re: Pumps", false), "Fwd: Re: Pumps");
        assert_eq!(forwarded("Fwd: Pumps", true), "Fwd: Pumps");
    }

    #[test]
    fn the_line_that_says_for_whom_stands_once_and_only_while_it_holds() {
        let line = Some("P, answering for A");
        assert_eq!(with_line("Hello\n\nP, answering for A\n> x", line, line), "Hello\n\nP, answering for A\n> x");
        assert_eq!(with_line("\nHello", line, line), "P, answering for A\n\nHello", "taken out, it is put in again");
        assert_eq!(with_line("Hello\nP, answering for A", line, None), "Hello");
        assert_eq!(
            with_line("Hello\nP, answering for A", line, Some("P, answering for B")),
            "P, answering for B\n\nHello"
        );
        assert_eq!(with_line("Hello", None, None), "Hello");
    }

    #[test]
    fn names_cannot_become_addresses() {
        let party =
            |name: &str| Party { name: Some(name.into()), address: Address::parse("jan@acme.example").unwrap() };
        for name in ["Kowalski, Jan", "x@y.example, Jan", "a \"b\" <c@d.example>", "Jan\\", "Firma Sp. z o.o."] {
            let line = one(&party(name));
            let (found, bad) = parse::typed_addresses(&format!("{line}, ola@acme.example"));
            assert!(!bad, "{line}");
            let addresses: Vec<&str> = found.iter().map(|p| p.address.as_str()).collect();
            assert_eq!(addresses, ["jan@acme.example", "ola@acme.example"], "{line}");
        }
        assert_eq!(one(&party("Jan Kowalski")), "Jan Kowalski <jan@acme.example>");
    }
}

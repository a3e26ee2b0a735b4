//! The number under which the other side keeps our mail (R106): for matching what comes later.

use super::sentences::{plain, text};
use crate::model::mail::Mail;
use regex::Regex;
use std::sync::LazyLock;

/// Characters of a number.
const LONGEST: usize = 40;

/// `[Ticket#2024…]`, `[#48213]`, `(Case 00012)`, `[ABC-123]`, `##4711##`.
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static TAGGED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:[\[(#{]\s*(?:[\p{L}][\p{L} .-]{0,24}?)?\s*[#:№ ]\s*|[\[(]|\bref:|#)(?P<n>(?:[\p{L}]{1,8}[-_/]?)?[0-9][0-9\p{L}._/-]{1,38})",
    )
    .unwrap()
});

/// After a word for it: "ticket number: 4711", "pod numerem 4711", "Vorgangsnummer 4711".
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:ticket\p{L}*|case|request|incident|inquiry|enquiry|reference|zgłosz\p{L}*|spraw\p{L}*|numer\p{L}*|nr|vorgang\p{L}*|anfrage\p{L}*|fall\p{L}*|referenz\p{L}*|dossier|demande|référence|caso|solicitud|referencia|pratica|richiesta|pedido|processo|melding|zaak\p{L}*|referentie|ärende\p{L}*|sag\p{L}*|sak\p{L}*|tapaus\p{L}*|případ\p{L}*|požadav\p{L}*|ügy\p{L}*|обращени\p{L}*|заявк\p{L}*|звернен\p{L}*|talep)\b[\s:]{0,3}(?:(?:number|no|nr|num|numer|numerem|numéro|número|numero|nummer|nummern|id|key|is|ist|lautet|to|nº|n°|№|ref|o|mit der|mit|pod|as)[\s.:]{0,3}){0,4}[#№:\s]{0,3}(?P<n>(?:[\p{L}]{1,8}[-_/])?#?[0-9][0-9\p{L}_/-]{2,38})",
    )
    .unwrap()
});

/// The number that an acknowledgement gives, the subject asked first.
pub(super) fn of(mail: &Mail) -> Option<String> {
    let body = text(mail);
    let in_subject = || find(&NAMED, &mail.subject).or_else(|| find(&TAGGED, &mail.subject));
    let in_body = || body.lines().take(60).find_map(|line| find(&NAMED, line).or_else(|| find(&TAGGED, line)));
    in_subject().or_else(in_body)
}

fn find(pattern: &Regex, line: &str) -> Option<String> {
    let numbers = pattern.captures_iter(line).filter_map(|hit| hit.name("n"));
    let clean = numbers.map(|m| m.as_str().trim_matches(['.', '-', '/', '#', '_', ',']));
    clean.filter(|text| !is_date(text) && text.chars().count() <= LONGEST).map(str::to_owned).next()
}

/// A date or a time is no number of theirs.
fn is_date(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits < 3 || !super::dates::find(&plain(text)).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_where_programs_write_them() {
        for (subject, body, expected) in [
            ("Re: Offer 117 [Ticket#202408051000017]", "", Some("202408051000017")),
            ("Potwierdzenie [#48213]", "", Some("48213")),
            ("Your request", "Your ticket number is 4711-A.", Some("4711-A")),
            ("Zgłoszenie", "zarejestrowane pod numerem 48213", Some("48213")),
            ("Ihre Anfrage", "Vorgangsnummer: DE-558812", Some("DE-558812")),
            ("[SUP-1234] Received", "", Some("SUP-1234")),
            ("Case 00123456 created", "", Some("00123456")),
            ("Thank you", "We answer within 2 days, by 12.08.2024.", None),
        ] {
            let mail = crate::parse::parse(format!("Subject: {subject}\n\n{body}\n").as_bytes());
            assert_eq!(of(&mail).as_deref(), expected, "{subject} {body}");
        }
    }
}

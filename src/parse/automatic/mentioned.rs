//! People whom a notice names: the address is needed, the name is taken where it stands before it
//! (R103, R105).

use super::super::machines::{self, Kind};
use super::super::phrases::MARKS;
use super::sentences::{paragraphs, plain};
use super::words::{self, Say};
use crate::model::address::Address;
use crate::model::automatic::Mentioned;
use crate::model::mail::Mail;
use regex::Regex;
use std::sync::LazyLock;

/// People taken from one notice.
const MOST: usize = 5;
/// A notice this short is about nothing else, so who is named in it need not be introduced.
const SHORT: usize = 500;

/// What may be an address in a text; [`Address`] decides.
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
pub(super) static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{L}\p{N}!#$%&'*+/=?^_{|}~.-]{1,64}@[\p{L}\p{N}][\p{L}\p{N}-]*(?:\.[\p{L}\p{N}-]+)*").unwrap()
});

/// Those whom `text` names beside one of these words, without its writer and readers.
pub(super) fn people(mail: &Mail, text: &str, beside: &[Say]) -> Vec<Mentioned> {
    let short = text.len() < SHORT;
    let mut found: Vec<Mentioned> = Vec::new();
    for paragraph in paragraphs(text) {
        let lower = plain(&paragraph);
        let introduced = short || words::says(&lower, beside);
        // What stands below every mail of a company names its own addresses.
        if !introduced || MARKS.iter().any(|mark| lower.contains(mark)) {
            continue;
        }
        for hit in ADDRESS.find_iter(&paragraph) {
            let before = paragraph.get(..hit.start()).unwrap_or("");
            let Some(address) = read(hit.as_str()).filter(|address| !known(mail, address)) else { continue };
            let token = before.rsplit(char::is_whitespace).next().unwrap_or("");
            if format!("{token}{}", hit.as_str()).contains("://") || found.iter().any(|one| one.address == address) {
                continue;
            }
            found.push(Mentioned { name: name(before), address });
            if found.len() >= MOST {
                return found;
            }
        }
    }
    found
}

/// An address as it stands in a text.
pub(super) fn read(text: &str) -> Option<Address> {
    let text =
        text.trim_matches(['.', '\'', '*', '_', '-', '/', '=', '|', '{', '}', '`', '"', '<', '>', ':', ';', ',']);
    Address::parse(text).ok().filter(|address| address.local().chars().any(char::is_alphanumeric))
}

/// Whoever wrote or got the mail is nobody new, and a machine's sender nobody at all.
fn known(mail: &Mail, address: &Address) -> bool {
    let parties = mail.from.iter().chain(&mail.sender).chain(&mail.reply_to).chain(&mail.to).chain(&mail.cc);
    let machine = matches!(machines::sender(address.local()), Some(Kind::Daemon | Kind::Silent | Kind::Lister));
    machine || !address.domain().contains('.') || parties.into_iter().any(|party| party.address == *address)
}

/// The capitalised words right before an address, without titles and without the word that leads to it.
fn name(before: &str) -> Option<String> {
    let sentence = before.rsplit(['!', '?', ';', '\n', '•']).next().unwrap_or("");
    let mut rest = sentence.trim_end_matches(|c: char| c.is_whitespace() || "<(:,[-–—\"'*".contains(c));
    for word in ["e-mail", "email", "mail", "e-mailem", "mailto", "adres"] {
        if rest.get(rest.len().saturating_sub(word.len())..).is_some_and(|end| end.eq_ignore_ascii_case(word)) {
            rest = rest.get(..rest.len() - word.len()).unwrap_or("");
            rest = rest.trim_end_matches(|c: char| c.is_whitespace() || "<(:,[-–—\"'*.".contains(c));
        }
    }
    let mut taken: Vec<&str> = Vec::new();
    for token in rest.rsplit(' ').take(5) {
        let word = token.trim_matches(['"', '(', '*', '„', '”']);
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        let particle = ["de", "van", "von", "der", "da", "di", "del", "la", "le", "dos", "ten"].contains(&word);
        // A comma or a full stop ends what belongs to the name, initials aside.
        let ends = word.ends_with([',', ':', '.', ')']) && word.chars().count() > 2;
        let odd = word.chars().any(|c| c.is_ascii_digit() || c == '@' || c == '/');
        if ends || odd || !(capital || particle && !taken.is_empty()) || words::is_title(&bare(word)) {
            break;
        }
        taken.push(word);
    }
    taken.reverse();
    while taken.first().is_some_and(|word| leads(word) || !word.chars().next().is_some_and(char::is_uppercase)) {
        taken.remove(0);
    }
    let name = taken.join(" ");
    (name.chars().count() >= 2 && name.chars().count() <= 80).then_some(name)
}

fn bare(word: &str) -> String {
    word.trim_end_matches('.').to_lowercase()
}

/// "Contact Ben Hale": the word is no name.
fn leads(word: &str) -> bool {
    let lower = plain(word);
    words::is_title(&bare(word))
        || words::says(&lower, &[Say::Ask, Say::Away, Say::Back, Say::Gone])
        || lower == "please"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let mail = crate::parse::parse(b"From: Jan <jan@klient.pl>\nTo: anna@firma.pl\n\n");
        let say = |one: Mentioned| format!("{}|{}", one.name.unwrap_or_default(), one.address);
        people(&mail, text, &[Say::Ask]).into_iter().map(say).collect()
    }

    #[test]
    fn names_stand_before_their_address() {
        for (text, expected) in [
            ("Proszę o kontakt z Panią Ewą Nowak: ewa@klient.pl", "Ewą Nowak|ewa@klient.pl"),
            ("Vertretung: Frau Sabine Weiß (s.weiss@klient.de).", "Sabine Weiß|s.weiss@klient.de"),
            ("Please contact Ben van Dyke <ben@client.com>", "Ben van Dyke|ben@client.com"),
            ("Contact Ben Hale, e-mail: ben@client.com.", "Ben Hale|ben@client.com"),
            ("In urgent cases write to sales@client.com", "|sales@client.com"),
        ] {
            assert_eq!(of(text), [expected], "{text}");
        }
    }

    #[test]
    fn the_writer_the_reader_machines_and_links_are_nobody_new() {
        assert!(
            of("Contact jan@klient.pl, anna@firma.pl or noreply@klient.pl, https://x.pl/a?m=b@klient.pl").is_empty()
        );
    }

    #[test]
    fn a_long_notice_names_others_too() {
        let text =
            format!("Contact ewa@klient.pl\n\n{}\n\nOur shop: shop@klient.pl", "Some words about pumps. ".repeat(30));
        assert_eq!(of(&text), ["|ewa@klient.pl"]);
    }
}

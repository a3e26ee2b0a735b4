//! Whose mail stands in the text of a forward: the header block at which it begins. What it says is
//! somebody's typing, and proves nothing.

use super::fold::label;
use super::phrases::Label;
use crate::model::address::Address;
use crate::model::mail::{FoldKind, Text};

/// Lines of a block that are read.
const LINES: usize = 40;

/// What the text of a forward says of the mail that it hands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// Its author's address.
    pub from: Address,
    /// Its subject; empty where none stands there.
    pub subject: String,
}

/// The first mail that a text hands on with its author's address; `None` where no block says whose it is.
pub fn handed_on(text: &Text) -> Option<Handed> {
    let quote = text.folds.iter().find(|fold| fold.kind == FoldKind::Quote)?;
    let block = text.body.get(quote.start..)?;
    let (mut from, mut subject) = (None, String::new());
    for line in block.lines().take(LINES) {
        let value = || line.split_once([':', '：']).map_or("", |(_, value)| value).trim().trim_matches('*').trim();
        match label(line) {
            // A second sender is that of the mail which this one quotes.
            Some(Label::From) if from.is_some() => break,
            Some(Label::From) => from = Some(address_in(value())?),
            Some(Label::Subject) if subject.is_empty() => value().clone_into(&mut subject),
            _ => {}
        }
        if from.is_some() && !subject.is_empty() {
            break;
        }
    }
    from.map(|from| Handed { from, subject })
}

/// The one address in `Jan Lis <jan@acme.pl>`, `jan@acme.pl [mailto:jan@acme.pl]` and their like.
fn address_in(text: &str) -> Option<Address> {
    let apart = |c: char| c.is_whitespace() || "<>[]()\"',;".contains(c);
    let words = text.split(apart).map(|word| word.trim_start_matches("mailto:").trim_end_matches(['.', '*']));
    let mut found: Vec<Address> = words.filter(|w| w.contains('@')).filter_map(|w| Address::parse(w).ok()).collect();
    found.dedup();
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn of(body: &str) -> Option<(String, String)> {
        let raw = format!("From: anna@firma.pl\r\nTo: file@firma.pl\r\nSubject: Fwd: x\r\n\r\n{body}");
        handed_on(&parse(raw.as_bytes()).text).map(|handed| (handed.from.to_string(), handed.subject))
    }

    #[test]
    fn the_block_of_a_forward_says_whose_mail_it_hands_on() {
        for body in [
            "FYI\n\n---------- Forwarded message ---------\nFrom: Jan Lis <jan@acme.pl>\nDate: Fri, 20 Nov 2026 10:00\nSubject: Pumps\nTo: anna@firma.pl\n\nHello",
            "-----Original Message-----\nFrom: Jan Lis [mailto:jan@acme.pl]\nSent: Friday, November 20, 2026 10:00 AM\nTo: Anna\nSubject: Pumps\n\nHello",
            "Do wiadomości.\n\n-------- Wiadomość przekazana --------\nTemat: Pumps\nData: 2026-11-20 10:00\nNadawca: Jan Lis <jan@acme.pl>\nAdresat: anna@firma.pl\n\nDzień dobry",
        ] {
            assert_eq!(of(body), Some(("jan@acme.pl".into(), "Pumps".into())), "{body}");
        }
    }

    #[test]
    fn what_names_nobody_or_several_says_nothing() {
        assert_eq!(of("Hello, From: jan@acme.pl"), None);
        let two = "---------- Forwarded message ---------\nFrom: a@x.pl, b@x.pl\nDate: Fri, 20 Nov 2026 10:00\nSubject: x\n\nHi";
        assert_eq!(of(two), None);
    }
}

//! What is to be looked for, from what was typed: a number may be a phone number, a tax number or a
//! reference, a word may be several. Pure.

use crate::model::fold::fold;
use crate::parse::dialled;
use crate::parse::query::{Field, Query, Term};
use crate::store::record_words::{DOMAIN, EMAIL, PHONE, REFERENCE, TAX, WORD, digits, from_the_end, squeezed};
use crate::store::text::{Sought, tokens};
use crate::store::views::search::Needs;

/// Digits from which on something may be the end of a phone number.
const PART: usize = 3;

/// What is to be looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In records.
    pub needs: Needs,
    /// In mails.
    pub sought: Sought,
    /// On which records mails are to stand; all that match each.
    pub about: Vec<String>,
    /// Numbers that could be read as whole phone numbers, as people abroad dial them.
    pub phones: Vec<String>,
    /// Numbers that may be tax numbers.
    pub taxes: Vec<String>,
    /// The words, folded: what is marked where it was found.
    pub words: Vec<String>,
}

/// A piece of what was typed.
enum Piece {
    Number(String),
    Text(String),
}

/// What is to be looked for; `region` is the country whose numbers are written without its code.
pub fn plan(query: &Query, region: &str) -> Plan {
    let mut plan = Plan::default();
    let mut names = Vec::new();
    for piece in pieces(query, region) {
        match piece {
            Piece::Number(typed) => plan.number(&typed, region),
            Piece::Text(text) => {
                plan.text(&text);
                names.push(fold(&text));
            }
        }
    }
    plan.needs.name = names.join(" ");
    for (field, text) in &query.fields {
        let run = tokens(text);
        match field {
            _ if run.is_empty() => {}
            Field::From => plan.sought.from.push(run),
            Field::To => plan.sought.to.push(run),
            Field::About => plan.about.push(text.clone()),
        }
    }
    plan.sought.attachment = query.attachment;
    plan
}

impl Plan {
    fn number(&mut self, typed: &str, region: &str) {
        let all = digits(typed);
        let run = tokens(typed);
        let mut group = Vec::new();
        match dialled(typed, region) {
            Some(number) => {
                let word = lettered(PHONE, &from_the_end(&number.national));
                self.phones.push(number.shown);
                self.needs.exact.push(word.clone());
                group.push(word);
            }
            None => group.push(lettered(PHONE, &from_the_end(all.trim_start_matches('0')))),
        }
        if all.len() == 10 {
            self.taxes.push(all.clone());
            self.needs.exact.push(lettered(TAX, &all));
        }
        group.extend([lettered(TAX, &all), lettered(REFERENCE, &all)]);
        if let [word] = run.as_slice() {
            group.push(lettered(WORD, word));
        }
        // One digit alone would be the end of every tenth number.
        group.retain(|word| word.len() > PART || word.starts_with(WORD));
        self.needs.groups.push(group);
        self.words.extend(run.iter().cloned());
        self.sought.any.push(run);
    }

    fn text(&mut self, text: &str) {
        let run = tokens(text);
        if run.is_empty() {
            return;
        }
        let lower = text.trim().to_lowercase();
        match lower.split_once('@') {
            Some(("", domain)) => self.needs.exact.push(lettered(DOMAIN, domain)),
            Some(_) => self.needs.exact.push(lettered(EMAIL, &lower)),
            None if lower.contains('.') => self.needs.exact.push(lettered(DOMAIN, &lower)),
            None => {}
        }
        if text.chars().any(|c| c.is_ascii_digit()) {
            self.needs.exact.push(lettered(REFERENCE, &squeezed(text)));
        }
        for word in &run {
            let mut group = vec![lettered(WORD, word), lettered(REFERENCE, word)];
            // A tax number with its country before it.
            let number = word.trim_start_matches(|c: char| c.is_ascii_lowercase());
            if number.len() + 2 == word.len() && number.len() >= 8 && digits(number) == number {
                group.push(lettered(TAX, number));
                self.needs.exact.push(lettered(TAX, number));
            }
            self.needs.groups.push(group);
        }
        self.words.extend(run.iter().cloned());
        self.sought.any.push(run);
    }
}

fn lettered(letter: char, word: &str) -> String {
    format!("{letter}{word}")
}

/// What was typed, with the parts of a number put together that spaces separate.
fn pieces(query: &Query, region: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut parts: Vec<&str> = Vec::new();
    for term in &query.terms {
        match term {
            Term::Word(word) if is_number(word) => parts.push(word),
            Term::Word(text) | Term::Phrase(text) => {
                numbers(&mut parts, region, &mut found);
                found.push(if is_number(text) && digits(text).len() >= PART {
                    Piece::Number(text.clone())
                } else {
                    Piece::Text(text.clone())
                });
            }
        }
    }
    numbers(&mut parts, region, &mut found);
    found
}

fn numbers(parts: &mut Vec<&str>, region: &str, found: &mut Vec<Piece>) {
    let whole = parts.join(" ");
    let grouped = parts.iter().all(|part| digits(part).len() <= 4) && digits(&whole).len() >= 6;
    if parts.len() > 1 && (grouped || dialled(&whole, region).is_some()) {
        found.push(Piece::Number(whole));
    } else {
        let one = |part: &&str| match digits(part).len() {
            0 => None,
            1..PART => Some(Piece::Text((*part).to_owned())),
            _ => Some(Piece::Number((*part).to_owned())),
        };
        found.extend(parts.iter().filter_map(one));
    }
    parts.clear();
}

/// Whether this could be a part of a number as people write them.
fn is_number(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '.' | '/' | ' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn of(text: &str) -> Plan {
        plan(&Query::read(text, NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()), "PL")
    }

    #[test]
    fn a_phone_number_is_one_need_however_it_is_typed() {
        for text in ["22 123-45-67", "+48221234567", "0048 22 123 45 67", "(22) 123 45 67"] {
            let plan = of(text);
            assert_eq!(plan.phones, ["+48 22 123 45 67"], "{text}");
            assert_eq!(plan.needs.groups.len(), 1, "{text}");
            assert!(plan.needs.groups[0].contains(&"p765432122".to_owned()), "{text}: {:?}", plan.needs);
        }
        let part = of("45-67");
        assert_eq!((part.phones.len(), part.needs.groups[0][0].as_str()), (0, "p7654"));
        assert_eq!(of("Jan 22 123-45-67").needs.groups.len(), 2);
        // Two numbers that are none together stay two.
        assert_eq!(of("10421 10431").needs.groups.len(), 2);
    }

    #[test]
    fn a_tax_number_is_known_by_its_digits() {
        for text in ["525-344-57-67", "5253445767", "PL5253445767"] {
            let plan = of(text);
            assert!(plan.needs.exact.contains(&"t5253445767".to_owned()), "{text}");
            assert!(plan.needs.groups[0].contains(&"t5253445767".to_owned()), "{text}");
        }
    }

    #[test]
    fn addresses_references_and_names_are_known() {
        let plan = of("Jan@Acme.example OP-1042 Żółć");
        assert_eq!(plan.needs.exact, ["ejan@acme.example", "rop1042"]);
        let groups: Vec<&str> = plan.needs.groups.iter().map(|group| group[0].as_str()).collect();
        assert_eq!(groups, ["wjan", "wacme", "wexample", "wop", "w1042", "wzolc"]);
        assert_eq!(plan.needs.name, "jan@acme.example op-1042 zolc");
        assert_eq!(plan.sought.any, [vec!["jan", "acme", "example"], vec!["op", "1042"], vec!["zolc"]]);
        assert_eq!(of("@acme.example").needs.exact, ["dacme.example"]);
    }

    proptest! {
        #[test]
        fn anything_that_can_be_typed_has_a_plan(text in any::<String>()) {
            let plan = of(&text);
            prop_assert!(plan.needs.groups.iter().all(|group| !group.is_empty()));
        }
    }
}

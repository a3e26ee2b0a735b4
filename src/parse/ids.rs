//! Message-IDs (R114 to R116), read tolerantly.
//!
//! White space inside brackets is what folding left behind and goes. A comment inside an id goes
//! only if it holds white space: `<a(1)@x>` and `<a(2)@x>` are two ids of one sloppy program, and
//! making them equal would fuse two threads.

use super::words;
use crate::model::address::Address;
use crate::model::id::MsgId;
use std::collections::HashSet;

/// Octets kept of an id.
const ID_LIMIT: usize = 998;
/// Ids kept of all References fields: the first, and the last of the rest.
const REFERENCES_LIMIT: usize = 1_000;

/// What stands in an id field: bracketed tokens, bare tokens, and whether there is other text.
struct Tokens {
    bracketed: Vec<String>,
    bare: Vec<String>,
    prose: bool,
}

/// The id of a `Message-ID` field: the first bracketed token, else the only bare one.
pub(super) fn own(value: &str) -> Option<MsgId> {
    let tokens = tokens(value);
    let bare = if tokens.prose { Vec::new() } else { tokens.bare };
    tokens.bracketed.into_iter().chain(bare).find_map(|token| normalise(&token))
}

/// The ids of `References` fields joined in order; at most 1 000.
pub(super) fn references<'a>(values: impl Iterator<Item = &'a str>, addresses: &HashSet<&Address>) -> Vec<MsgId> {
    let mut ids: Vec<MsgId> = Vec::new();
    for value in values {
        let tokens = tokens(value);
        let bare = if tokens.prose { Vec::new() } else { tokens.bare };
        let found = if tokens.bracketed.is_empty() { bare } else { tokens.bracketed };
        ids.extend(found.iter().filter(|token| !is_address(token, addresses)).filter_map(|token| normalise(token)));
    }
    if ids.len() > REFERENCES_LIMIT {
        let surplus = ids.len() - REFERENCES_LIMIT;
        ids.drain(1..=surplus);
    }
    ids
}

/// The ids of `In-Reply-To` fields. The old forms with prose (`Your message of "…" <id>`) yield
/// the last bracketed token; a token that is an address of the mail is no id (R116).
pub(super) fn in_reply_to<'a>(values: impl Iterator<Item = &'a str>, addresses: &HashSet<&Address>) -> Vec<MsgId> {
    let mut ids: Vec<MsgId> = Vec::new();
    for value in values {
        let Tokens { mut bracketed, bare, prose } = tokens(value);
        bracketed.retain(|token| !is_address(token, addresses));
        let found: Vec<String> = match (bracketed.is_empty(), prose) {
            (true, true) => Vec::new(),
            (true, false) => bare.into_iter().filter(|token| !is_address(token, addresses)).collect(),
            (false, true) => bracketed.pop().into_iter().collect(),
            (false, false) => bracketed,
        };
        ids.extend(found.iter().filter_map(|token| normalise(token)));
    }
    ids.truncate(REFERENCES_LIMIT);
    ids
}

fn is_address(token: &str, addresses: &HashSet<&Address>) -> bool {
    Address::parse(token).is_ok_and(|address| addresses.contains(&address))
}

fn tokens(value: &str) -> Tokens {
    let decoded;
    let value = if value.contains("=?") {
        decoded = words::decode(value);
        decoded.as_str()
    } else {
        value
    };
    let mut found = Tokens { bracketed: Vec::new(), bare: Vec::new(), prose: false };
    let mut rest = value;
    // Once a parenthesis was found not to close, none does: asking each again would be quadratic.
    let mut unclosed = false;
    while !rest.is_empty() {
        match rest.find(['<', '(']) {
            Some(at) => {
                let (before, from) = rest.split_at(at);
                bare(before, &mut found);
                if from.starts_with('(') {
                    let after = if unclosed { None } else { skip_comment(from) };
                    unclosed |= after.is_none();
                    // A parenthesis that never closes is no comment.
                    rest = after.unwrap_or_else(|| from.get(1..).unwrap_or(""));
                } else {
                    let inner = from.get(1..).unwrap_or("");
                    // A missing bracket ends where the next id begins.
                    let end = inner.find(['<', '>']).unwrap_or(inner.len());
                    let (id, after) = inner.split_at(end);
                    found.bracketed.push(id.to_owned());
                    rest = after.strip_prefix('>').unwrap_or(after);
                }
            }
            None => {
                bare(rest, &mut found);
                break;
            }
        }
    }
    found
}

fn bare(text: &str, found: &mut Tokens) {
    for token in text.split([' ', '\t', ',', ';', '>']).filter(|token| !token.is_empty()) {
        if token.contains('@') && !token.contains('"') {
            found.bare.push(token.to_owned());
        } else if token.chars().any(char::is_alphanumeric) {
            found.prose = true;
        }
    }
}

fn skip_comment(from: &str) -> Option<&str> {
    let mut depth = 0;
    for (at, c) in from.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return from.get(at + 1..);
        }
    }
    None
}

/// The form in which ids are compared; `None` if nothing is left.
pub(super) fn normalise(token: &str) -> Option<MsgId> {
    let mut id = token.trim().trim_matches(['<', '>']).to_owned();
    if id.contains('(') && id.contains(char::is_whitespace) {
        id = without_comments(&id);
    }
    id.retain(|c| !c.is_whitespace() && !c.is_control());
    if id.starts_with('"')
        && let Some((left, right)) = id.rsplit_once("\"@")
        && let Some(left) = left.strip_prefix('"')
        && !left.is_empty()
        && left.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
    {
        id = format!("{left}@{right}");
    }
    if id.len() > ID_LIMIT {
        let mut end = ID_LIMIT;
        while !id.is_char_boundary(end) {
            end -= 1;
        }
        id.truncate(end);
    }
    if id == "@" { None } else { MsgId::new(id) }
}

fn without_comments(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    let mut rest = id;
    while let Some(at) = rest.find('(') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match skip_comment(from) {
            Some(after) => rest = after,
            None => {
                out.push_str(from);
                return out;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refs(value: &str) -> Vec<String> {
        references([value].into_iter(), &HashSet::new()).iter().map(|id| id.to_string()).collect()
    }

    fn replies(value: &str) -> Vec<String> {
        let anna = Address::parse("anna@firma.pl").unwrap();
        in_reply_to([value].into_iter(), &HashSet::from([&anna])).iter().map(|id| id.to_string()).collect()
    }

    #[test]
    fn ids_are_read_whatever_separates_them() {
        assert_eq!(refs("<a@x> <b@x>"), ["a@x", "b@x"]);
        assert_eq!(refs("<a@x><b@x>,<c@\t x>"), ["a@x", "b@x", "c@x"]);
        assert_eq!(refs("<a@x <b@x>"), ["a@x", "b@x"]);
        assert_eq!(refs("a@x b@x"), ["a@x", "b@x"]);
        assert_eq!(refs("=?utf-8?q?=3Ca=40x=3E?= <b@x>"), ["a@x", "b@x"]);
        assert_eq!(refs("<\"a.b\"@x> (comment <c@x>)"), ["a.b@x"]);
        assert_eq!(refs("<> < > @"), Vec::<String>::new());
    }

    #[test]
    fn case_and_needed_quotes_are_kept() {
        assert_eq!(refs("<ABC@X>"), ["ABC@X"]);
        assert_eq!(refs("<\"a,b\"@x>"), ["\"a,b\"@x"]);
    }

    #[test]
    fn old_forms_of_in_reply_to_give_the_last_bracketed_token() {
        assert_eq!(replies("Your message of \"Tue, 3 Dec 1996 <x@y>\" <id@z>"), ["id@z"]);
        assert_eq!(replies("Anna's message of Mon, 1 Jan <id@z>"), ["id@z"]);
        assert_eq!(replies("message from Anna Nowak"), Vec::<String>::new());
        assert_eq!(replies("<anna@firma.pl>"), Vec::<String>::new());
        assert_eq!(replies("Anna@Firma.pl"), Vec::<String>::new());
        assert_eq!(replies("<id@z>"), ["id@z"]);
    }

    #[test]
    fn endless_references_keep_the_first_and_the_last() {
        let value: String = (0..20_000).map(|i| format!("<{i}@x> ")).collect();
        let found = refs(&value);
        assert_eq!(found.len(), 1_000);
        assert_eq!((found.first().unwrap().as_str(), found.last().unwrap().as_str()), ("0@x", "19999@x"));
    }

    #[test]
    fn hostile_parentheses_take_no_time() {
        assert_eq!(refs(&format!("{} <a@x>", "(".repeat(250_000))), ["a@x"]);
        let _ = normalise(&format!("a {}", "(".repeat(250_000)));
    }

    #[test]
    fn long_ids_are_cut_on_a_character() {
        let found = own(&format!("<{}@x>", "ż".repeat(800))).unwrap();
        assert!(found.as_str().len() <= 998);
    }

    #[test]
    fn a_message_id_without_brackets_or_at_is_still_one() {
        assert_eq!(own("abc@x").unwrap().as_str(), "abc@x");
        assert_eq!(own("<20020101.abc>").unwrap().as_str(), "20020101.abc");
        assert!(own("   ").is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,200}") {
            let _ = (own(&text), refs(&text), replies(&text));
        }
    }
}

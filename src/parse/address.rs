//! Address lists (RFC 5322 §3.4), read tolerantly and then validated by `Address`.
//!
//! Own reader rather than mail-parser's: that one gives `John Doe j@x.org` as an address and
//! decodes raw bytes to U+FFFD. A display name that contains an address never counts as one
//! (R10) as soon as there is an address in brackets.

use super::words;
use crate::model::address::Address;
use crate::model::mail::Party;

/// Addresses taken from one field; a field of 256 KiB could hold more, but no honest one does.
const LIST_LIMIT: usize = 5_000;

/// The parties of a list, groups flattened, and whether something in it could not be read.
pub(super) fn list(text: &str) -> (Vec<Party>, bool) {
    let (parties, bad, open_quote) = read(text, true);
    if open_quote && parties.is_empty() {
        // `"John Doe <j@x.org>`: read it as if the quote were not there.
        let (parties, bad, _) = read(text, false);
        return (parties, bad);
    }
    (parties, bad)
}

#[derive(Default)]
struct Mailbox {
    /// Text outside brackets and comments, quotes kept.
    raw: String,
    /// The same with quotes undone: the display name.
    phrase: String,
    comment: String,
    angle: Option<String>,
}

fn read(text: &str, quotes: bool) -> (Vec<Party>, bool, bool) {
    let mut parties = Vec::new();
    let mut bad = false;
    let mut now = Mailbox::default();
    let mut before = String::new();
    let mut open_quote = false;
    let mut unclosed = (false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quotes => open_quote = quoted(&mut chars, &mut now),
            '(' if !unclosed.0 && closes(&chars, ')', &mut unclosed.0) => comment(&mut chars, &mut now.comment),
            '<' => {
                let inner: String = take_until(&mut chars, '>');
                // Of two brackets the last is the address: `<a@x> <b@y>` comes from bad merges.
                if now.angle.is_none() || inner.contains('@') {
                    now.angle = Some(inner);
                }
            }
            '[' if !unclosed.1 && closes(&chars, ']', &mut unclosed.1) => {
                now.raw.push('[');
                now.raw.push_str(&take_until(&mut chars, ']'));
                now.raw.push(']');
            }
            ':' if now.angle.is_none() && !now.raw.contains('@') => now = Mailbox::default(),
            ',' | ';' => {
                close(std::mem::take(&mut now), &mut before, &mut parties, &mut bad);
                if parties.len() >= LIST_LIMIT {
                    return (parties, true, false);
                }
            }
            _ => {
                now.raw.push(c);
                now.phrase.push(c);
            }
        }
    }
    close(now, &mut before, &mut parties, &mut bad);
    bad |= !before.is_empty();
    (parties, bad, open_quote)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Reads a quoted string; true if it never ends.
fn quoted(chars: &mut Chars<'_>, now: &mut Mailbox) -> bool {
    now.raw.push('"');
    while let Some(c) = chars.next() {
        now.raw.push(c);
        match c {
            '"' => return false,
            '\\' => {
                if let Some(next) = chars.next() {
                    now.raw.push(next);
                    now.phrase.push(next);
                }
            }
            _ => now.phrase.push(c),
        }
    }
    true
}

/// Whether a sign is closed further on. If not, it is text, and so is every later one: a name such
/// as `[Acme Anna` must not swallow the address behind it.
fn closes(chars: &Chars<'_>, end: char, unclosed: &mut bool) -> bool {
    let found = chars.clone().any(|c| c == end);
    *unclosed = !found;
    found
}

fn comment(chars: &mut Chars<'_>, out: &mut String) {
    let mut depth = 1;
    while let Some(c) = chars.next() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '\\' => {
                out.extend(chars.next());
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            return;
        }
        out.push(c);
    }
}

fn take_until(chars: &mut Chars<'_>, end: char) -> String {
    let mut out = String::new();
    let mut quoted = false;
    for c in chars.by_ref() {
        quoted ^= c == '"';
        if c == end && !quoted {
            break;
        }
        out.push(c);
    }
    out
}

/// Ends one mailbox. `before` holds the pieces of an unquoted name with a comma (`Doe, John <j@x>`).
fn close(now: Mailbox, before: &mut String, parties: &mut Vec<Party>, bad: &mut bool) {
    if let Some(angle) = &now.angle {
        let found = address_of(angle).or_else(|| address_of(&words::decode(angle)));
        let name = format!("{before}{}", now.phrase);
        let name = if name.trim().is_empty() { now.comment } else { name };
        before.clear();
        match found {
            Some(address) => parties.push(Party { name: clean_name(&name), address }),
            // The address may stand in the name instead: `j@x.org <>`.
            None => match address_of(&now.phrase) {
                Some(address) => parties.push(Party { name: None, address }),
                None => *bad = true,
            },
        }
        return;
    }
    if now.raw.trim().is_empty() {
        return;
    }
    match bare(&now) {
        Some(party) => {
            *bad |= !std::mem::take(before).is_empty();
            parties.push(party);
        }
        None if before.len() < 500 => {
            before.push_str(now.phrase.trim());
            before.push_str(", ");
        }
        None => *bad = true,
    }
}

/// A mailbox without brackets: an address, a name before an address, or all of it encoded.
fn bare(now: &Mailbox) -> Option<Party> {
    if let Some(address) = address_of(&now.raw) {
        return Some(Party { name: clean_name(&now.comment), address });
    }
    let decoded = words::decode(&now.phrase);
    if decoded != now.phrase && decoded.contains('@') {
        let (mut parties, _, _) = read_plain(&decoded);
        return parties.pop();
    }
    let (name, last) = now.raw.trim().rsplit_once(char::is_whitespace)?;
    let address = address_of(last)?;
    Some(Party { name: clean_name(name.trim_matches('"')), address })
}

/// A decoded mailbox; anything encoded again inside it stays text.
fn read_plain(text: &str) -> (Vec<Party>, bool, bool) {
    let text = text.replace("=?", "= ?");
    read(&text, true)
}

/// An addr-spec, with what programs add to it: routes, `mailto:`, white space, quotes around it.
pub(super) fn address_of(text: &str) -> Option<Address> {
    let text = text.trim().trim_matches(['\'', '<', '>']).trim();
    let text = match text.split_once(':') {
        Some((route, rest)) if route.starts_with('@') => rest,
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto") || scheme.eq_ignore_ascii_case("smtp") => rest,
        _ => text,
    };
    if !text.contains('@') {
        return None;
    }
    Address::parse(text).ok().or_else(|| {
        let spaced = text.contains(" @") || text.contains("@ ") || text.contains(" .") || text.contains(". ");
        let joined: String = text.split_whitespace().collect();
        let whole = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        let found = if spaced { Address::parse(&joined).ok() } else { None };
        found.or_else(|| whole.and_then(|whole| Address::parse(whole).ok()))
    })
}

/// A display name on one line, decoded; `None` if nothing is left of it.
pub(super) fn clean_name(name: &str) -> Option<String> {
    let decoded = words::decode(name);
    let mut out = String::with_capacity(decoded.len());
    for word in decoded.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    let out = out.trim_matches(['"', '\'']).trim();
    (!out.is_empty()).then(|| out.chars().take(300).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        list(text).0.into_iter().map(|p| (p.name.unwrap_or_default(), p.address.to_string())).collect()
    }

    fn one(text: &str) -> (String, String) {
        let mut all = pairs(text);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        all.remove(0)
    }

    #[test]
    fn names_come_from_phrases_quotes_words_and_comments() {
        assert_eq!(one("Anna Nowak <Anna@Firma.pl>"), ("Anna Nowak".into(), "anna@firma.pl".into()));
        assert_eq!(one("\"Nowak, Anna\" <a@x.org>"), ("Nowak, Anna".into(), "a@x.org".into()));
        assert_eq!(one("=?utf-8?Q?=C5=BB=C3=B3=C5=82w?= <a@x.org>"), ("Żółw".into(), "a@x.org".into()));
        assert_eq!(one("a@x.org (Anna (of Łódź))"), ("Anna (of Łódź)".into(), "a@x.org".into()));
        assert_eq!(one("Doe, John <j@x.org>"), ("Doe, John".into(), "j@x.org".into()));
    }

    #[test]
    fn groups_are_flattened_and_empty_ones_are_no_fault() {
        let found = pairs("Team: Anna <a@x.org>, b@x.org; c@x.org, Other:;");
        assert_eq!(found.iter().map(|p| p.1.as_str()).collect::<Vec<_>>(), ["a@x.org", "b@x.org", "c@x.org"]);
        assert_eq!(list("undisclosed-recipients:;"), (Vec::new(), false));
    }

    #[test]
    fn sloppy_forms_are_read_and_validated() {
        assert_eq!(one("John Doe j@x.org"), ("John Doe".into(), "j@x.org".into()));
        assert_eq!(one("\"John Doe <j@x.org>").1, "j@x.org");
        assert_eq!(one("<@relay.org:j@x.org>").1, "j@x.org");
        assert_eq!(one("mailto:j@x.org").1, "j@x.org");
        assert_eq!(one("j @ x.org").1, "j@x.org");
        assert_eq!(one("=?utf-8?Q?Jan_=3Cj=40x.org=3E?="), ("Jan".into(), "j@x.org".into()));
        assert_eq!(list("not an address"), (Vec::new(), true));
        assert_eq!(list("<>"), (Vec::new(), true));
    }

    #[test]
    fn an_address_in_the_name_is_only_a_name() {
        assert_eq!(one("\"boss@firma.pl\" <crook@x.org>"), ("boss@firma.pl".into(), "crook@x.org".into()));
        assert_eq!(one("boss@firma.pl <crook@x.org>").1, "crook@x.org");
    }

    #[test]
    fn quoted_local_parts_and_foreign_domains_are_normalised() {
        assert_eq!(one("\"a b\"@x.org").1, "\"a b\"@x.org");
        assert_eq!(one("<\"anna\"@x.org>").1, "anna@x.org");
        assert!(one("Jan <jan@żółw.pl>").1.starts_with("jan@xn--"));
        assert_eq!(one("jan@[192.0.2.1]").1, "jan@[192.0.2.1]");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,200}") {
            let _ = list(&text);
        }

        #[test]
        fn no_mix_of_specials_breaks_the_reader(text in "[<>()\\[\\]\",;:@ab\\\\ =?]{0,60}") {
            let _ = list(&text);
        }
    }
}

//! Lines of a server, made fit for the parser. Pure.
//!
//! The parser below us is strict, and after one line it cannot read the session is lost, so one
//! odd line would block a mailbox for ever. Each line is therefore tried with that very parser
//! before it is passed on; what it cannot read is repaired where we know how, and otherwise
//! replaced by a harmless `* OK`. Trying a line also catches the parser's panics (seen with
//! `INTERNALDATE NIL`, and with a code that is followed by a letter of two bytes).
//!
//! Only text is treated here. Literals never pass through this file.

use async_imap::imap_proto::Response;
use std::borrow::Cow;

/// The date that stands for `INTERNALDATE NIL`; read back as "none".
pub(super) const NO_DATE: &str = "01-Jan-1900 00:00:00 +0000";

/// How often a host's lines were touched, and why. For metrics; never with content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repairs {
    /// Lines from which NUL bytes were taken out.
    pub nul: u64,
    /// Blank lines dropped.
    pub blank: u64,
    /// Lines that ended in LF alone.
    pub bare_newline: u64,
    /// CAPABILITY lines put in order.
    pub capability: u64,
    /// `INTERNALDATE NIL`.
    pub no_date: u64,
    /// LIST, SEARCH, STATUS lines and status texts put in order.
    pub reshaped: u64,
    /// Lines or answers that could not be read and were replaced.
    pub unknown: u64,
    /// Long lines cut into several of the same meaning.
    pub split: u64,
}

impl Repairs {
    /// Faults of the server, all together. Splitting is for our parser's sake and is not among
    /// them.
    pub fn total(&self) -> u64 {
        let Repairs { nul, blank, bare_newline, capability, no_date, reshaped, unknown, split: _ } = *self;
        nul + blank + bare_newline + capability + no_date + reshaped + unknown
    }
}

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Pass on these lines, each with its CRLF.
    Pass(Vec<u8>),
    /// Nothing to pass on.
    Drop,
    /// The answer that this line begins is unreadable: swallow it with all its literals.
    Swallow,
}

/// What a line's first words make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `* OK`, `* NO` and so on: free text, never with a literal.
    Status,
    /// `* n FETCH`.
    Fetch,
    /// Any other `*` line.
    Untagged,
    /// `+`.
    Continue,
    /// The end of a command.
    Tagged,
}

impl Kind {
    /// Whether a trailing `{n}` announces a literal.
    pub(super) fn may_hold_literal(self) -> bool {
        matches!(self, Kind::Fetch | Kind::Untagged)
    }
}

/// What a line is.
pub(super) fn kind(line: &[u8]) -> Kind {
    if line.starts_with(b"+") {
        return Kind::Continue;
    }
    let Some(rest) = line.strip_prefix(b"* ") else { return Kind::Tagged };
    let mut words = rest.split(|&b| b == b' ');
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    if STATUS_WORDS.iter().any(|word| first.eq_ignore_ascii_case(word)) {
        Kind::Status
    } else if second.eq_ignore_ascii_case(b"FETCH") {
        Kind::Fetch
    } else {
        Kind::Untagged
    }
}

const STATUS_WORDS: [&[u8]; 5] = [b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"];

/// The octets announced at the end of a line, `{n}`. `u64::MAX` for a number too large to hold.
pub(super) fn literal_length(line: &[u8]) -> Option<u64> {
    let inner = line.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|&b| b == b'{')?;
    let digits = inner.get(open + 1..)?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX))
}

/// Takes NUL bytes out.
pub(super) fn without_nul<'a>(line: &'a [u8], repairs: &mut Repairs) -> Cow<'a, [u8]> {
    if !line.contains(&0) {
        return Cow::Borrowed(line);
    }
    repairs.nul += 1;
    Cow::Owned(line.iter().copied().filter(|&b| b != 0).collect())
}

/// A line that begins an answer, without its line end. `literal`: its last word announces one.
pub(super) fn first(line: &[u8], kind: Kind, literal: bool, repairs: &mut Repairs) -> Line {
    if line.is_empty() {
        repairs.blank += 1;
        return Line::Drop;
    }
    let line = match kind {
        Kind::Fetch => dated(line, repairs),
        Kind::Status | Kind::Tagged => spaced(line, repairs),
        _ => Cow::Borrowed(line),
    };
    if !literal
        && line.len() > LONG
        && let Some(lines) = split(&line)
    {
        repairs.split += 1;
        return Line::Pass(lines);
    }
    let mut whole = line.into_owned();
    whole.extend_from_slice(b"\r\n");
    if kind == Kind::Fetch && deep(&whole) {
        repairs.unknown += 1;
        return if literal { Line::Swallow } else { Line::Pass(HARMLESS.to_vec()) };
    }
    if readable(&whole) {
        return Line::Pass(whole);
    }
    if literal {
        repairs.unknown += 1;
        return Line::Swallow;
    }
    let text = whole.strip_suffix(b"\r\n").unwrap_or(&whole);
    let (reshaped, count) = reshape(text, kind);
    if readable(&reshaped) {
        *count(repairs) += 1;
        return Line::Pass(reshaped);
    }
    repairs.unknown += 1;
    Line::Pass(HARMLESS.to_vec())
}

/// A line that goes on after a literal, without its line end. One that the parser cannot read
/// is cut to the closing bracket, so that what came before it counts.
pub(super) fn further(line: &[u8], kind: Kind, literal: bool, repairs: &mut Repairs) -> Vec<u8> {
    let line = dated(line, repairs);
    if kind == Kind::Fetch {
        let mut probe = b"* 1 FETCH (UID 1".to_vec();
        probe.extend_from_slice(&line);
        probe.extend_from_slice(b"\r\n");
        if deep(&probe) || !readable(&probe) {
            repairs.unknown += 1;
            // A literal still follows: it is given a name that means nothing to us.
            let (_, tail) = line.split_at(line.iter().rposition(|&b| b == b'{').unwrap_or(line.len()));
            return if literal { [b" X-UNREADABLE ", tail, b"\r\n"].concat() } else { b")\r\n".to_vec() };
        }
    }
    let mut whole = line.into_owned();
    whole.extend_from_slice(b"\r\n");
    whole
}

const HARMLESS: &[u8] = b"* OK\r\n";

/// Longer lines are split where that can be done: the parser starts anew with every 4 KiB, so
/// its time grows with the square of a line's length.
const LONG: usize = 4_000;

/// Whether the parser takes `text`, a line with its end; a literal may be announced and missing.
fn readable(text: &[u8]) -> bool {
    std::panic::catch_unwind(|| match Response::parse(text) {
        Ok((rest, _)) => rest.is_empty(),
        // nom says "incomplete" of a text that ends in a literal's announcement.
        Err(error) => error.is_incomplete() && text.ends_with(b"}\r\n"),
    })
    .unwrap_or(false)
}

/// Answers that nest. We never ask for them, and the parser goes down one stack frame per
/// bracket, so a hostile server could end the process with one.
fn deep(line: &[u8]) -> bool {
    [&b"BODYSTRUCTURE ("[..], b"BODY (", b"ENVELOPE ("].iter().any(|word| find(line, word).is_some())
}

/// `INTERNALDATE NIL` with a date instead.
fn dated<'a>(line: &'a [u8], repairs: &mut Repairs) -> Cow<'a, [u8]> {
    const FAULT: &[u8] = b"INTERNALDATE NIL";
    let Some(at) = find(line, FAULT) else { return Cow::Borrowed(line) };
    repairs.no_date += 1;
    let (before, rest) = line.split_at(at);
    let after = rest.get(FAULT.len()..).unwrap_or_default();
    Cow::Owned([before, b"INTERNALDATE \"", NO_DATE.as_bytes(), b"\"", after].concat())
}

/// The place of `word`, any case, in `line`.
fn find(line: &[u8], word: &[u8]) -> Option<usize> {
    line.windows(word.len()).position(|window| window.eq_ignore_ascii_case(word))
}

/// Cuts a long SEARCH or VANISHED answer into several that mean the same.
fn split(line: &[u8]) -> Option<Vec<u8>> {
    let (head, separator) = [(&b"* SEARCH "[..], b' '), (b"* VANISHED (EARLIER) ", b','), (b"* VANISHED ", b',')]
        .into_iter()
        .find(|(head, _)| line.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head)))?;
    let mut lines = Vec::with_capacity(line.len() + line.len() / 64);
    let mut length = 0;
    for item in line.get(head.len()..)?.split(|&b| b == separator) {
        if item.is_empty() || !item.iter().all(|b| b.is_ascii_digit() || *b == b':') {
            continue;
        }
        match length {
            0 => lines.extend_from_slice(head),
            _ => lines.push(separator),
        }
        lines.extend_from_slice(item);
        length += item.len() + 1;
        if length > LONG / 2 {
            lines.extend_from_slice(b"\r\n");
            length = 0;
        }
    }
    if length > 0 {
        lines.extend_from_slice(b"\r\n");
    }
    (!lines.is_empty()).then_some(lines)
}

/// The nearest line that may be readable, and the counter for it.
fn reshape(text: &[u8], kind: Kind) -> (Vec<u8>, fn(&mut Repairs) -> &mut u64) {
    let reshaped: fn(&mut Repairs) -> &mut u64 = |repairs| &mut repairs.reshaped;
    let begins = |head: &[u8]| text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head));
    match kind {
        Kind::Tagged => (status_only(text, 2), reshaped),
        Kind::Status => (status_only(text, 2), reshaped),
        Kind::Continue => (b"+ \r\n".to_vec(), reshaped),
        _ if begins(b"* CAPABILITY") => (capability(text), |repairs| &mut repairs.capability),
        _ if begins(b"* LIST (") => (list(text), reshaped),
        _ if begins(b"* SEARCH") => (search(text), reshaped),
        _ if begins(b"* STATUS ") => (status(text), reshaped),
        // Not known to the parser. As the text of an OK its words come through.
        _ if begins(b"* NAMESPACE ") => {
            ([&b"* OK "[..], text.get(2..).unwrap_or_default(), b"\r\n"].concat(), reshaped)
        }
        _ => (text.to_vec(), reshaped),
    }
}

/// The first words of a line alone: a status whose text cannot be read is still a status.
fn status_only(text: &[u8], words: usize) -> Vec<u8> {
    let mut line: Vec<u8> = text.split(|&b| b == b' ').take(words).collect::<Vec<_>>().join(&b' ');
    line.extend_from_slice(b"\r\n");
    line
}

/// A status line with a space between its code and a letter beyond ASCII: the parser cuts one
/// byte there, come what may, and panics in the middle of a letter.
fn spaced<'a>(text: &'a [u8], repairs: &mut Repairs) -> Cow<'a, [u8]> {
    match text.windows(2).position(|pair| matches!(pair, [b']', 0x80..=0xff])) {
        Some(at) => {
            repairs.reshaped += 1;
            let (before, after) = text.split_at(at + 1);
            Cow::Owned([before, b" ", after].concat())
        }
        None => Cow::Borrowed(text),
    }
}

/// CAPABILITY with single spaces, readable words only, and the IMAP4rev1 that the parser wants.
fn capability(text: &[u8]) -> Vec<u8> {
    let mut line = b"* CAPABILITY IMAP4rev1".to_vec();
    for word in text.split(|b| b.is_ascii_whitespace()).skip(2) {
        let plain = word.iter().all(|b| b.is_ascii_alphanumeric() || b"-_=.+/:<>".contains(b));
        if !word.is_empty() && plain && !word.eq_ignore_ascii_case(b"IMAP4rev1") {
            line.push(b' ');
            line.extend_from_slice(word);
        }
    }
    line.extend_from_slice(b"\r\n");
    line
}

/// LIST with known attributes only and without the extended data after the name (RFC 5258).
fn list(text: &[u8]) -> Vec<u8> {
    let Some(close) = text.iter().position(|&b| b == b')') else { return text.to_vec() };
    let (attributes, rest) = text.split_at(close);
    let attributes = attributes.get(b"* LIST (".len()..).unwrap_or_default();
    let known: Vec<&[u8]> = attributes
        .split(|&b| b == b' ')
        .filter(|word| ATTRIBUTES.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word)))
        .collect();
    // `) "/" "name"`: the bracket, the separator, the name, and then whatever.
    let name: Vec<&[u8]> = words(rest.get(1..).unwrap_or_default()).take(2).collect();
    [b"* LIST (", known.join(&b' ').as_slice(), b") ", name.join(&b' ').as_slice(), b"\r\n"].concat()
}

/// The words of a line, where a quoted string is one word.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let (mut inside, mut escaped) = (false, false);
        let end = rest.iter().position(|&byte| {
            let past = byte == b' ' && !inside;
            inside ^= byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            past
        });
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

const ATTRIBUTES: [&str; 14] = [
    "\\Noinferiors",
    "\\Noselect",
    "\\NonExistent",
    "\\Marked",
    "\\Unmarked",
    "\\HasChildren",
    "\\HasNoChildren",
    "\\All",
    "\\Archive",
    "\\Drafts",
    "\\Flagged",
    "\\Junk",
    "\\Sent",
    "\\Trash",
];

/// SEARCH with its numbers only, without `(MODSEQ n)`.
fn search(text: &[u8]) -> Vec<u8> {
    let mut line = b"* SEARCH".to_vec();
    let numbers = text.split(|b| b.is_ascii_whitespace()).skip(2).take_while(|word| !word.starts_with(b"("));
    for word in numbers.filter(|word| !word.is_empty() && word.iter().all(u8::is_ascii_digit)) {
        line.push(b' ');
        line.extend_from_slice(word);
    }
    line.extend_from_slice(b"\r\n");
    line
}

/// STATUS with the items that the parser knows and numbers that fit it.
fn status(text: &[u8]) -> Vec<u8> {
    let head: Vec<&[u8]> = words(text).take(3).collect();
    let items = words(text).skip(3).flat_map(|word| word.split(|b| b"()".contains(b)));
    let items: Vec<&[u8]> = items.filter(|word| !word.is_empty()).collect();
    let known: Vec<Vec<u8>> = items
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [name, value] if STATUS_ITEMS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name)) => {
                let fits = std::str::from_utf8(value).ok()?.parse::<u64>().ok()?;
                let small = u32::try_from(fits).is_ok() || name.eq_ignore_ascii_case(b"HIGHESTMODSEQ");
                small.then(|| [name, &b" "[..], value].concat())
            }
            _ => None,
        })
        .collect();
    [head.join(&b' ').as_slice(), b" (", known.join(&b' ').as_slice(), b")\r\n"].concat()
}

const STATUS_ITEMS: [&str; 6] = ["MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ"];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repaired(line: &str) -> (String, Repairs) {
        let mut repairs = Repairs::default();
        let literal = literal_length(line.as_bytes()).is_some();
        match first(line.as_bytes(), kind(line.as_bytes()), literal, &mut repairs) {
            Line::Pass(lines) => (String::from_utf8(lines).unwrap(), repairs),
            other => (format!("{other:?}"), repairs),
        }
    }

    #[test]
    fn what_the_parser_reads_is_left_alone() {
        for line in [
            "* OK [UIDVALIDITY 7] fine",
            "* 5 EXISTS",
            "* LIST (\\HasNoChildren) \"/\" \"INBOX\"",
            "* 2 FETCH (UID 7 FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286)",
            "* 2 FETCH (UID 7 BODY[] {12}",
            "* 2 FETCH (UID 7 BODY[HEADER.FIELDS (MESSAGE-ID DATE FROM)] {12}",
            "* VANISHED (EARLIER) 300:310,405",
            "+ idling",
            "+",
            "A1 OK done",
            "A1 NO [UNAVAILABLE] later",
        ] {
            let (text, repairs) = repaired(line);
            assert_eq!(text, format!("{line}\r\n"));
            assert_eq!(repairs.total(), 0, "{line}");
        }
    }

    #[test]
    fn every_line_known_to_kill_the_parser_is_made_readable() {
        for (line, wanted) in [
            ("* ESEARCH (TAG \"A1\") UID ALL 1:3", "* OK\r\n"),
            // Its own client reads that one, so it is passed on as a text.
            ("* NAMESPACE ((\"\" \"/\")) NIL NIL", "* OK NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"),
            ("* THREAD (1)(2)", "* OK\r\n"),
            ("* XLIST (\\Inbox) \"/\" \"Inbox\"", "* OK\r\n"),
            ("* SEARCH 2 4 (MODSEQ 917162500)", "* SEARCH 2 4\r\n"),
            ("* CAPABILITY IMAP4rev1  IDLE", "* CAPABILITY IMAP4rev1 IDLE\r\n"),
            ("* CAPABILITY IMAP4rev2 IDLE", "* CAPABILITY IMAP4rev1 IMAP4rev2 IDLE\r\n"),
            (
                "* LIST (\\Subscribed \\AllMail \\Sent) \"/\" \"S\" (\"CHILDINFO\" (\"SUBSCRIBED\"))",
                "* LIST (\\Sent) \"/\" \"S\"\r\n",
            ),
            (
                "* STATUS \"a (b) c\" (MESSAGES 3 MAILBOXID (F1) SIZE 5000000000 UIDNEXT 9)",
                "* STATUS \"a (b) c\" (MESSAGES 3 UIDNEXT 9)\r\n",
            ),
            ("* 1 FETCH (UID 3 BODYSTRUCTURE ((((((((", "* OK\r\n"),
            ("* 1 FETCH (UID 3 BINARY[] {5}", "Swallow"),
            ("garbage", "* OK\r\n"),
        ] {
            assert_eq!(repaired(line).0, wanted, "{line}");
        }
    }

    #[test]
    fn a_date_that_is_nil_becomes_the_date_that_means_none() {
        let (text, repairs) = repaired("* 1 FETCH (UID 3 INTERNALDATE NIL FLAGS ())");
        assert_eq!(text, format!("* 1 FETCH (UID 3 INTERNALDATE \"{NO_DATE}\" FLAGS ())\r\n"));
        assert_eq!(repairs.no_date, 1);
    }

    #[test]
    fn a_code_followed_by_a_letter_of_two_bytes_does_not_panic() {
        assert_eq!(repaired("* OK [ALERT]żółw").0, "* OK [ALERT] żółw\r\n");
        assert_eq!(repaired("A7 NO [ALERT]żółw").0, "A7 NO [ALERT] żółw\r\n");
    }

    #[test]
    fn a_search_of_a_million_is_split_and_keeps_every_number() {
        let line = format!("* SEARCH {}", (1..=100_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" "));
        let (text, repairs) = repaired(&line);
        assert_eq!(repairs.split, 1);
        let mut numbers = Vec::new();
        for line in text.lines() {
            assert!(line.len() < LONG);
            numbers.extend(line.strip_prefix("* SEARCH ").unwrap().split(' ').map(|n| n.parse::<u32>().unwrap()));
        }
        assert_eq!(numbers, (1..=100_000).collect::<Vec<u32>>());
    }

    #[test]
    fn the_rest_of_an_answer_after_a_literal_stays_readable() {
        let mut repairs = Repairs::default();
        assert_eq!(further(b")", Kind::Fetch, false, &mut repairs), b")\r\n");
        assert_eq!(further(b" FLAGS (\\Seen))", Kind::Fetch, false, &mut repairs), b" FLAGS (\\Seen))\r\n");
        assert_eq!(repairs.unknown, 0);
        assert_eq!(further(b" ?? ((", Kind::Fetch, false, &mut repairs), b")\r\n");
        assert_eq!(further(b" BINARY[] {3}", Kind::Fetch, true, &mut repairs), b" X-UNREADABLE {3}\r\n");
        assert_eq!(repairs.unknown, 2);
    }

    #[test]
    fn literals_are_found_at_the_end_only() {
        assert_eq!(literal_length(b"* 1 FETCH (BODY[] {12}"), Some(12));
        assert_eq!(literal_length(b"* 1 FETCH (BINARY[] ~{12}"), Some(12));
        assert_eq!(literal_length(b"x {12} y"), None);
        assert_eq!(literal_length(b"x {}"), None);
        assert_eq!(literal_length(b"x {99999999999999999999999}"), Some(u64::MAX));
    }

    proptest! {
        /// P11: whatever a server sends, what is passed on can be parsed, and nothing panics.
        #[test]
        fn whatever_comes_what_is_passed_on_is_readable(line in "[ -~ąż\\t]{0,80}") {
            let bytes = line.as_bytes();
            if literal_length(bytes).is_none() {
                let mut repairs = Repairs::default();
                if let Line::Pass(out) = first(bytes, kind(bytes), false, &mut repairs) {
                    for part in out.split_inclusive(|&b| b == b'\n') {
                        prop_assert!(Response::parse(part).is_ok(), "{:?}", String::from_utf8_lossy(part));
                    }
                }
            }
        }

        #[test]
        fn odd_lines_near_the_grammar_are_survived(
            head in "(\\* |A1 |\\+ )",
            words in proptest::collection::vec("(OK|NO|LIST|STATUS|SEARCH|CAPABILITY|FETCH|1|\\(|\\)|\\[ALERT\\]|\"a\"|NIL|UID|INTERNALDATE|FLAGS|BODY\\[\\]|\\\\Seen|ż|\\])", 0..9),
        ) {
            let line = format!("{head}{}", words.join(" "));
            let bytes = line.as_bytes();
            let mut repairs = Repairs::default();
            if let Line::Pass(out) = first(bytes, kind(bytes), false, &mut repairs) {
                for part in out.split_inclusive(|&b| b == b'\n') {
                    prop_assert!(Response::parse(part).is_ok(), "{line}");
                }
            }
        }
    }
}

//! Encoded-words (RFC 2047) and parameters (RFC 2045, RFC 2231), as senders really write them.

use super::{charset, transfer};

/// Decodes the encoded-words of a header text. White space between two of them is dropped, and
/// neighbours in one charset are joined before decoding: mailers split characters across them.
pub(super) fn decode(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut held: Vec<u8> = Vec::new();
    let mut held_charset = String::new();
    let mut rest = text;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let Some((word, tail)) = encoded_word(from) else {
            flush(&mut out, &mut held, &held_charset);
            out.push_str(before);
            out.push_str("=?");
            rest = from.get(2..).unwrap_or("");
            after_word = false;
            continue;
        };
        let joined = after_word && before.chars().all(char::is_whitespace);
        if !joined || !held_charset.eq_ignore_ascii_case(word.charset) {
            flush(&mut out, &mut held, &held_charset);
            if !joined {
                out.push_str(before);
            }
            held_charset = word.charset.to_owned();
        }
        held.extend(word.bytes);
        rest = tail;
        after_word = true;
    }
    flush(&mut out, &mut held, &held_charset);
    out.push_str(rest);
    out.retain(|c| !c.is_control() || c == '\t');
    out
}

/// Octets in which a word must end. RFC 2047 allows 75; mailers write whole subjects as one word.
const WORD_LIMIT: usize = 16_384;

fn start_of(text: &str, octets: usize) -> &str {
    let mut end = octets.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

fn encoded_word(from: &str) -> Option<(Word<'_>, &str)> {
    let inner = from.strip_prefix("=?")?;
    let (charset, inner) = inner.split_once('?')?;
    let charset = charset.split('*').next().unwrap_or("");
    if charset.is_empty() || charset.len() > 40 || charset.contains(char::is_whitespace) {
        return None;
    }
    let (kind, inner) = inner.split_once('?')?;
    // A `?` inside quoted-printable text is wrong but common: the word ends at `?=` that is not
    // the start of a code such as `?=20`.
    let mut end = start_of(inner, WORD_LIMIT).find("?=")?;
    if kind.eq_ignore_ascii_case("q") {
        while transfer::hex_pair(inner.as_bytes().get(end + 2..).unwrap_or_default()).is_some() {
            match inner.get(end + 2..).and_then(|tail| start_of(tail, WORD_LIMIT).find("?=")) {
                Some(further) => end += 2 + further,
                None => break,
            }
        }
    }
    let (body, tail) = inner.split_at_checked(end)?;
    let bytes = match kind {
        "B" | "b" => transfer::base64(body.as_bytes()),
        "Q" | "q" => {
            let spaced: Vec<u8> = body.bytes().map(|b| if b == b'_' { b' ' } else { b }).collect();
            transfer::quoted_printable(&spaced)
        }
        _ => return None,
    };
    Some((Word { charset, bytes }, tail.get(2..)?))
}

fn flush(out: &mut String, held: &mut Vec<u8>, label: &str) {
    if !held.is_empty() {
        out.push_str(&charset::decode(held, Some(label)).0);
        held.clear();
    }
}

/// A value with parameters: `text/plain; charset=utf-8`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// What stands before the first `;`, lower case, comments dropped.
    pub word: String,
    /// Parameters, names in lower case, values decoded.
    pub parameters: Vec<(String, String)>,
}

impl Value {
    /// A parameter's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Reads a Content-Type or Content-Disposition. Never fails; what is no parameter is left out.
pub(super) fn parameters(text: &str) -> Value {
    let mut pieces = split_outside_quotes(text).into_iter();
    let word = pieces.next().unwrap_or_default();
    let word = word.split('(').next().unwrap_or("").split_whitespace().collect::<String>().to_ascii_lowercase();
    let mut plain: Vec<(String, String)> = Vec::new();
    // name, section, extended, raw value: RFC 2231 continuations, in any order.
    let mut sections: Vec<(String, u32, bool, String)> = Vec::new();
    for piece in pieces.take(200) {
        let Some((name, value)) = piece.split_once('=') else { continue };
        let name = name.trim().to_ascii_lowercase();
        let value = unquote(value.trim());
        let mut parts = name.split('*');
        let base = parts.next().unwrap_or("").trim().to_owned();
        match (parts.next(), parts.next()) {
            (None, _) => plain.push((base, decode(&value))),
            (Some(""), _) => sections.push((base, 0, true, value)),
            (Some(number), further) => match number.trim().parse() {
                Ok(number) => sections.push((base, number, further.is_some(), value)),
                Err(_) => plain.push((base, value)),
            },
        }
    }
    let mut parameters = joined(sections);
    for (name, value) in plain {
        // RFC 2231 values win: the plain one beside them is for old programs.
        if !parameters.iter().any(|(n, _)| *n == name) {
            parameters.push((name, value));
        }
    }
    Value { word, parameters }
}

fn joined(mut sections: Vec<(String, u32, bool, String)>) -> Vec<(String, String)> {
    sections.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut out: Vec<(String, String)> = Vec::new();
    for group in sections.chunk_by(|a, b| a.0 == b.0) {
        let Some((name, _, _, _)) = group.first() else { continue };
        let mut label = None;
        let mut bytes = Vec::new();
        for (index, (_, _, extended, value)) in group.iter().enumerate() {
            let mut value = value.as_str();
            if index == 0
                && *extended
                && let Some((charset, rest)) = value.split_once('\'')
            {
                label = Some(charset);
                value = rest.split_once('\'').map_or(rest, |(_, text)| text);
            }
            if *extended {
                bytes.extend(percent(value.as_bytes()));
            } else {
                bytes.extend_from_slice(value.as_bytes());
            }
        }
        let text = charset::decode(&bytes, label).0;
        // Some mailers put encoded-words into continued values.
        out.push((name.clone(), decode(&text)));
    }
    out
}

/// Undoes `%41`; a `%` that begins no code stays.
pub(super) fn percent(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, tail)) = rest.split_first() {
        match (first, transfer::hex_pair(tail)) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

fn split_outside_quotes(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut quoted = false;
    let mut escaped = false;
    for c in text.chars() {
        let end = c == ';' && !quoted;
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && c == '\\' && !escaped;
        if end {
            pieces.push(String::new());
        } else if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}

fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        return value.split(" (").next().unwrap_or("").trim().to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            // Only quotes and backslashes are escaped; `C:\new` is written by old Windows mailers.
            '\\' => match chars.clone().next() {
                Some(next @ ('"' | '\\')) => {
                    chars.next();
                    out.push(next);
                }
                _ => out.push('\\'),
            },
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_words_join_even_in_the_middle_of_a_character() {
        assert_eq!(decode("=?utf-8?B?xbw=?= =?utf-8?Q?=C3?= =?utf-8?Q?=B3w?="), "żów");
        assert_eq!(decode("a =?iso-8859-2?q?=BF=F3=B3w_x?= b"), "a żółw x b");
        assert_eq!(decode("=?utf-8*pl?q?a?= =?us-ascii?q?b?="), "ab");
    }

    #[test]
    fn broken_words_stay_as_they_stand() {
        for text in ["=?utf-8?x?a?=", "=?utf-8?q?never closed", "=?=?=?", "a =? b"] {
            assert_eq!(decode(text), text);
        }
    }

    #[test]
    fn a_question_mark_inside_a_word_does_not_end_it() {
        assert_eq!(decode("=?utf-8?Q?Co_z_tym?=20dalej=3F?="), "Co z tym? dalej?");
    }

    #[test]
    fn parameters_are_read_in_every_form() {
        let value = parameters("Text/Plain; CHARSET=\"utf-8\"; format=flowed; name*0*=utf-8''za%C5%BC; name*1=.txt");
        assert_eq!(value.word, "text/plain");
        assert_eq!(value.get("charset"), Some("utf-8"));
        assert_eq!(value.get("name"), Some("zaż.txt"));
        assert_eq!(parameters("a/b; name=\"=?utf-8?q?=C5=BC?=.txt\"").get("name"), Some("ż.txt"));
        assert_eq!(parameters("a/b; name=\"x;y.txt\"").get("name"), Some("x;y.txt"));
    }
}

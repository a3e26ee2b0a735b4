//! Content-Transfer-Encoding: base64 and quoted-printable, read as far as they can be.
//!
//! mail-parser gives up on a whole part at the first odd byte (a list footer after base64, a `=`
//! that is not followed by two digits) and loses unpadded endings; here everything that can be
//! decoded is, and what cannot stays as it stands.

use std::borrow::Cow;

/// How a part's octets are wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// 7bit, 8bit, binary, or unknown.
    #[default]
    Plain,
    /// RFC 2045 §6.8.
    Base64,
    /// RFC 2045 §6.7.
    QuotedPrintable,
}

impl Encoding {
    /// From the field's value; unknown words are plain.
    pub fn from_word(word: &str) -> Encoding {
        let word = word.split([';', ' ', '(']).next().unwrap_or("").trim_matches(['"', '\'']);
        if word.eq_ignore_ascii_case("base64") {
            Encoding::Base64
        } else if word.eq_ignore_ascii_case("quoted-printable") {
            Encoding::QuotedPrintable
        } else {
            Encoding::Plain
        }
    }

    /// Decodes at most `limit` encoded octets of `raw`; more are left out.
    pub fn decode(self, raw: &[u8], limit: usize) -> Cow<'_, [u8]> {
        let raw = raw.get(..limit).unwrap_or(raw);
        match self {
            Encoding::Plain => Cow::Borrowed(raw),
            Encoding::Base64 => Cow::Owned(base64(raw)),
            Encoding::QuotedPrintable => Cow::Owned(quoted_printable(raw)),
        }
    }

    /// Octets after decoding, without decoding: exact for well-formed base64, an estimate else.
    pub fn decoded_size(self, raw: &[u8]) -> u64 {
        let trimmed = raw.trim_ascii_end();
        let size = match self {
            Encoding::Plain => raw.len(),
            Encoding::Base64 => {
                let breaks = memchr::memchr_iter(b'\n', trimmed).count();
                let returns = if memchr::memchr(b'\r', trimmed).is_some() { breaks } else { 0 };
                let padding = trimmed.iter().rev().take_while(|b| **b == b'=').count().min(2);
                let letters = trimmed.len().saturating_sub(breaks + returns + padding);
                letters / 4 * 3 + (letters % 4).saturating_sub(1)
            }
            Encoding::QuotedPrintable => raw.len().saturating_sub(2 * memchr::memchr_iter(b'=', raw).count()),
        };
        size as u64
    }
}

/// What stands for "not a letter of base64".
const NONE: u8 = 0xff;

/// What each byte stands for.
#[expect(clippy::indexing_slicing, reason = "a byte below 256 in a table of 256, at compile time")]
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut byte: u8 = 0;
    loop {
        values[byte as usize] = meaning(byte);
        if byte == u8::MAX {
            break values;
        }
        byte += 1;
    }
};

fn value(byte: u8) -> u8 {
    VALUES.get(usize::from(byte)).copied().unwrap_or(NONE)
}

const fn meaning(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => NONE,
    }
}

/// Base64 line by line. A line that is not base64 and everything after it is taken as it stands:
/// lists append their footer in plain text.
pub(super) fn base64(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() / 4 * 3 + 3);
    let mut group = 0u32;
    let mut held = 0u32;
    let mut at = 0;
    while at < raw.len() {
        let rest = raw.get(at..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |p| p + 1);
        let line = rest.get(..end).unwrap_or_default();
        let foreign = line.trim_ascii().iter().filter(|b| value(**b) == NONE && **b != b'=').count();
        if foreign > 0 && (foreign * 20 > line.len() || line.contains(&b' ')) {
            finish(&mut out, group, held);
            out.extend_from_slice(rest);
            return out;
        }
        for byte in line {
            let bits = value(*byte);
            if *byte == b'=' {
                finish(&mut out, group, held);
                (group, held) = (0, 0);
            } else if bits != NONE {
                group = group << 6 | u32::from(bits);
                held += 1;
                if held == 4 {
                    let [_, first, second, third] = group.to_be_bytes();
                    out.extend_from_slice(&[first, second, third]);
                    (group, held) = (0, 0);
                }
            }
        }
        at += end;
    }
    finish(&mut out, group, held);
    out
}

/// The octets of an unfinished group: two letters hold one, three hold two.
fn finish(out: &mut Vec<u8>, group: u32, held: u32) {
    match held {
        2 => out.push((group >> 4) as u8),
        3 => out.extend([(group >> 10) as u8, (group >> 2) as u8]),
        _ => {}
    }
}

/// Quoted-printable; a `=` that begins no code stays.
pub(super) fn quoted_printable(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        if let Some(byte) = hex_pair(after) {
            out.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else if let Some(length) = soft_break(after) {
            rest = after.get(length..).unwrap_or_default();
        } else {
            out.push(b'=');
            rest = after;
        }
    }
    out.extend_from_slice(rest);
    out
}

/// The octet that two hexadecimal digits name.
pub(super) fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| text.get(at).and_then(|b| char::from(*b).to_digit(16));
    Some((digit(0)? << 4 | digit(1)?) as u8)
}

/// Length of white space and line end after a `=` at the end of a line.
fn soft_break(after: &[u8]) -> Option<usize> {
    let blanks = after.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
    match after.get(blanks) {
        Some(b'\n') => Some(blanks + 1),
        None => Some(blanks),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_without_padding_loses_nothing() {
        assert_eq!(base64(b"YWJjZA"), b"abcd");
        assert_eq!(base64(b"YWJj\r\nZGU=\r\n"), b"abcde");
    }

    #[test]
    fn a_list_footer_after_base64_stays_readable() {
        assert_eq!(base64(b"YWJj\n____________\nlist mailing list\n"), b"abc____________\nlist mailing list\n");
    }

    #[test]
    fn quoted_printable_keeps_what_is_no_code() {
        assert_eq!(quoted_printable(b"a=3Db=\r\nc=zz=20"), b"a=bc=zz ");
        assert_eq!(quoted_printable("=C5=BC=F3".as_bytes()), b"\xc5\xbc\xf3");
    }

    #[test]
    fn sizes_are_told_without_decoding() {
        for raw in ["YWJjZA==", "YWJjZA", "YWJj\r\nZGU=\r\n", ""] {
            assert_eq!(Encoding::Base64.decoded_size(raw.as_bytes()), base64(raw.as_bytes()).len() as u64, "{raw}");
        }
    }
}

//! Header fields and body in wire form: 7-bit, CRLF, nothing that could open another field.
//!
//! Built by hand rather than with lettre, which is at home in `smtp`: its builder refuses
//! addresses that are legal and exist, and a notice that cannot be written is one that somebody
//! waits for. Every text goes through [`clean`] and is then either plain printable ASCII or
//! encoded-words of RFC 2047, so a CR, LF or NUL cannot get here (R79).

use crate::model::id::MsgId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of UTF-8 in one encoded-word: with its frame 64 characters, so that `Subject: ` and one
/// word stay within 76 (R72).
const WORD_BYTES: usize = 39;
/// Longest line of a header or of quoted-printable text.
const LINE: usize = 76;

/// A text on one line: control characters, bidi marks and overrides gone, white space folded, at
/// most `longest` characters (R72, R79).
pub(super) fn clean(text: &str, longest: usize) -> String {
    let visible = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_hidden(*c));
    let line: String =
        visible.collect::<String>().split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(longest).collect::<String>().trim_end().to_owned()
}

/// Characters that show nothing and change how others are shown.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A field whose value is text: plain where it can be, encoded where it must.
pub(super) fn text_field(name: &str, value: &str) -> String {
    let plain = value.bytes().all(|b| (0x20..0x7f).contains(&b)) && !value.contains("=?");
    let short = value.split(' ').all(|word| !word.is_empty() && word.len() <= 60);
    let words: Vec<String> =
        if plain && short { value.split(' ').map(str::to_owned).collect() } else { encoded_words(value) };
    folded(name, &words)
}

/// An address field with one mailbox. `address` is printable ASCII without angle brackets.
pub(super) fn mailbox_field(name: &str, display: Option<&str>, address: &str) -> String {
    let display = display.map(|text| clean(text, 100)).filter(|text| !text.is_empty());
    let mut words = display.map_or(Vec::new(), |text| phrase(&text));
    words.push(format!("<{address}>"));
    folded(name, &words)
}

/// A field of message ids, each in brackets; `None` without ids.
pub(super) fn ids_field(name: &str, ids: &[MsgId]) -> Option<String> {
    let words: Vec<String> = ids.iter().map(|id| format!("<{id}>")).collect();
    (!words.is_empty()).then(|| folded(name, &words))
}

/// Words of a display name. Anything beyond letters, digits, spaces and hyphens is encoded, so
/// commas, quotes, brackets and `=?` mean nothing.
fn phrase(text: &str) -> Vec<String> {
    let atoms = text.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '-' || c == '\'');
    let short = text.split(' ').all(|word| word.len() <= 60);
    if atoms && short { text.split(' ').map(str::to_owned).collect() } else { encoded_words(text) }
}

/// Encoded-words of RFC 2047, never cut inside a character.
fn encoded_words(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in text.chars() {
        match pieces.last_mut() {
            Some(piece) if piece.len() + c.len_utf8() <= WORD_BYTES => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    pieces.iter().map(|piece| format!("=?utf-8?B?{}?=", STANDARD.encode(piece))).collect()
}

/// A field of words, folded between them. Ends with CRLF.
fn folded(name: &str, words: &[String]) -> String {
    let mut out = format!("{name}:");
    let mut column = out.len();
    for (position, word) in words.iter().enumerate() {
        if position > 0 && column + 1 + word.len() > LINE {
            out.push_str("\r\n");
            column = 0;
        }
        out.push(' ');
        out.push_str(word);
        column += 1 + word.len();
    }
    out.push_str("\r\n");
    out
}

/// A text as quoted-printable (RFC 2045 §6.7), with CRLF line ends, ending with one.
pub(super) fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        let mut column = 0;
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            let encoded = quoted(c, chars.peek().is_none());
            if column + encoded.len() > LINE - 1 {
                out.push_str("=\r\n");
                column = 0;
            }
            column += encoded.len();
            out.push_str(&encoded);
        }
        out.push_str("\r\n");
    }
    out
}

/// One character. White space at the end of a line would be lost on the way.
fn quoted(c: char, last: bool) -> String {
    let plain = (c.is_ascii_graphic() && c != '=') || (c == ' ' && !last);
    if plain {
        return c.to_string();
    }
    let mut buffer = [0; 4];
    c.encode_utf8(&mut buffer).bytes().map(|byte| format!("={byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_plain_where_it_can_be() {
        assert_eq!(text_field("Subject", "Auto: Pumps"), "Subject: Auto: Pumps\r\n");
        assert_eq!(text_field("Subject", "=?utf-8?Q?x?="), "Subject: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?=\r\n");
        assert_eq!(mailbox_field("To", Some("Jan O'Neil"), "j@x.pl"), "To: Jan O'Neil <j@x.pl>\r\n");
        assert_eq!(mailbox_field("To", Some(" \r\n"), "j@x.pl"), "To: <j@x.pl>\r\n");
        assert_eq!(ids_field("References", &[]), None);
    }

    #[test]
    fn no_line_of_a_subject_exceeds_76_characters() {
        for text in ["ż".repeat(200), "long words ".repeat(40), "x".repeat(200), "🦀".repeat(200)] {
            let field = text_field("Subject", &clean(&text, 200));
            assert!(field.lines().all(|line| line.len() <= 76), "{field}");
        }
    }

    #[test]
    fn hidden_characters_are_cleaned_away() {
        assert_eq!(clean("a\r\nBcc: x\u{0}\u{202e}\u{200f} \t b  ", 100), "a Bcc: x b");
        assert_eq!(clean("abcdef", 3), "abc");
    }

    #[test]
    fn quoted_printable_keeps_lines_short_and_spaces_alive() {
        let wire = quoted_printable(&format!("a = b \n{}\n.", "ż".repeat(100)));
        assert!(wire.starts_with("a =3D b=20\r\n=C5=BC"));
        assert!(wire.ends_with(".\r\n"));
        assert!(wire.split("\r\n").all(|line| line.len() <= 76));
    }
}

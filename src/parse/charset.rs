//! Bytes to text by the charset they claim, with a fallback where the claim is missing or a lie.
//!
//! Order: the label, unless it is contradicted (bytes that are UTF-8 under an ASCII or Latin
//! label are UTF-8; bytes that are not under the label UTF-8 are guessed); no or an unknown
//! label: UTF-8, else chardetng's guess with windows-1252 as its floor.

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;
use std::borrow::Cow;

/// How sure the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// As labelled, or plainly UTF-8.
    Sure,
    /// The label is missing or wrong; this is the likely reading.
    Guessed,
    /// The label is none that anybody knows.
    UnknownLabel,
}

/// Decodes `bytes` that claim to be in charset `label`.
pub(super) fn decode(bytes: &[u8], label: Option<&str>) -> (String, How) {
    let label = label.map(|l| l.trim().trim_matches(['"', '\''])).filter(|l| !l.is_empty());
    let known = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    if bytes.is_ascii() && !bytes.contains(&0x1b) && known.is_none_or(Encoding::is_ascii_compatible) {
        return match label {
            Some(label) if known.is_none() => other(bytes, label),
            _ => (String::from_utf8_lossy(bytes).into_owned(), How::Sure),
        };
    }
    match (known, label) {
        (Some(encoding), _) if encoding == UTF_8 || encoding == WINDOWS_1252 => match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), How::Sure),
            Err(_) if encoding == UTF_8 && mostly_utf8(bytes) => (lossy(bytes), How::Sure),
            Err(_) if encoding == UTF_8 => guess(bytes),
            Err(_) => (encoding.decode_without_bom_handling(bytes).0.into_owned(), How::Sure),
        },
        (Some(encoding), _) if encoding != encoding_rs::REPLACEMENT => {
            let (text, _, wrong) = encoding.decode(bytes);
            match std::str::from_utf8(bytes) {
                Ok(utf8) if wrong => (utf8.to_owned(), How::Guessed),
                _ => (text.into_owned(), How::Sure),
            }
        }
        (_, Some(label)) => other(bytes, label),
        (_, None) => match std::str::from_utf8(bytes) {
            Ok(text) if !bytes.contains(&0x1b) => (text.to_owned(), How::Sure),
            _ => guess(bytes),
        },
    }
}

/// Like [`decode`], keeping the buffer where the bytes are UTF-8 already: the common case.
pub(super) fn decode_owned(bytes: Cow<'_, [u8]>, label: Option<&str>) -> (String, How) {
    let plain = label.is_none_or(|l| {
        let l = l.trim().trim_matches(['"', '\'']);
        l.eq_ignore_ascii_case("utf-8") || l.eq_ignore_ascii_case("us-ascii") || l.eq_ignore_ascii_case("utf8")
    });
    if !plain || memchr::memchr(0x1b, &bytes).is_some() {
        return decode(&bytes, label);
    }
    match bytes {
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => (text, How::Sure),
            Err(wrong) => decode(wrong.as_bytes(), label),
        },
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), How::Sure),
            Err(_) => decode(bytes, label),
        },
    }
}

/// A header value with 8-bit bytes: UTF-8, else windows-1252.
pub(super) fn raw_header(bytes: &[u8]) -> (String, How) {
    if bytes.is_ascii() {
        let (text, _, wrong) = ISO_2022_JP.decode(bytes);
        return if wrong { (lossy(bytes), How::Sure) } else { (text.into_owned(), How::Sure) };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), How::Sure),
        Err(_) => (WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), How::Guessed),
    }
}

/// Labels that only mail-parser knows (UTF-7, IBM code pages, spellings with underscores).
fn other(bytes: &[u8], label: &str) -> (String, How) {
    if let Some(decoder) = charset_decoder(label.as_bytes()) {
        return (decoder(bytes), How::Sure);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => guess(bytes).0,
    };
    (text, How::UnknownLabel)
}

fn guess(bytes: &[u8]) -> (String, How) {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    // 64 KiB decide; more would only cost time.
    detector.feed(bytes.get(..65_536).unwrap_or(bytes), true);
    let encoding = detector.guess(None, chardetng::Utf8Detection::Allow);
    (encoding.decode_without_bom_handling(bytes).0.into_owned(), How::Guessed)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// UTF-8 with a damaged place or two: the rest of the text must stay readable.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let mut good = 0usize;
    let mut bad = 0usize;
    for chunk in bytes.utf8_chunks().take(1_000) {
        good += chunk.valid().bytes().filter(|b| *b >= 0xc2).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 2 * bad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_believed_unless_the_bytes_contradict_them() {
        assert_eq!(decode(b"za\xbf\xf3\xb3\xe6", Some("iso-8859-2")), ("zażółć".into(), How::Sure));
        assert_eq!(decode("zażółć".as_bytes(), Some("us-ascii")), ("zażółć".into(), How::Sure));
        assert_eq!(decode("zażółć".as_bytes(), Some("iso-8859-1")), ("zażółć".into(), How::Sure));
        assert_eq!(decode(b"Gr\xfc\xdfe", Some("utf-8")).0, "Grüße");
        assert_eq!(decode(b"caf\xe9", None).0, "café");
    }

    #[test]
    fn an_unknown_label_is_said_and_the_text_stays_readable() {
        assert_eq!(decode("żółw".as_bytes(), Some("x-nonsense")), ("żółw".into(), How::UnknownLabel));
        assert_eq!(decode(b"hi", Some("x-nonsense")), ("hi".into(), How::UnknownLabel));
    }

    #[test]
    fn charsets_outside_the_web_are_read() {
        assert_eq!(decode(b"+ZYeB9FH6ckh5Pg-, 1980.", Some("utf-7")).0, "文致出版社, 1980.");
        assert_eq!(decode(b"\x1b$B%F%9%H\x1b(B", Some("iso-2022-jp")).0, "テスト");
    }
}

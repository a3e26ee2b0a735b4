//! Raw header to fields: one pass over the bytes, before anything is decoded.
//!
//! mail-parser decodes 8-bit header bytes to U+FFFD, so the raw header is read here: UTF-8, else
//! windows-1252. What is not a field does not end the header when a field follows it: bounces and
//! old gateways put `>From ` lines and garbage there.

use super::charset;
use crate::model::mail::Defect;

/// Octets of header that are read; what comes later is ignored (R40).
pub(super) const HEADER_LIMIT: usize = 256 * 1024;

/// One raw field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    /// Name as it stands.
    pub name: &'a [u8],
    /// Value with its folds.
    pub value: &'a [u8],
}

/// The header of a mail or part, and where its body begins.
#[derive(Debug, Default)]
pub(super) struct Block<'a> {
    /// Fields in order.
    pub fields: Vec<Field<'a>>,
    /// What follows the empty line.
    pub body: &'a [u8],
    /// No empty line ended it.
    pub unfinished: bool,
    /// It was cut at `HEADER_LIMIT`.
    pub too_large: bool,
}

impl<'a> Block<'a> {
    /// The raw value of the topmost field with this lower-case name.
    pub fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name.as_bytes())).map(|field| field.value)
    }

    /// The topmost value of a field, unfolded and decoded.
    pub fn text(&self, name: &str) -> Option<String> {
        self.raw(name).map(|value| unfold(value, &mut Vec::new()))
    }
}

/// Splits a whole mail into header fields and body; empty lines above the first field are left
/// out, since exports and pipes put them there.
pub(super) fn split_mail(raw: &[u8]) -> Block<'_> {
    split(raw.get(leading_blanks(raw)..).unwrap_or(raw))
}

/// Splits `raw` into header fields and body.
pub(super) fn split(raw: &[u8]) -> Block<'_> {
    let mut block = Block::default();
    let mut at = 0;
    // Start and end of the field being read; continuation lines move the end.
    let mut open: Option<(usize, usize)> = None;
    while at < raw.len() {
        if at > HEADER_LIMIT {
            block.too_large = true;
            break;
        }
        let (end, next) = line_end(raw, at);
        let line = raw.get(at..end).unwrap_or_default();
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        if line.is_empty() || (folded && open.is_none() && blank(line)) {
            push(&mut block, raw, open.take());
            block.body = raw.get(next..).unwrap_or_default();
            return block;
        }
        let first = block.fields.is_empty() && open.is_none();
        if folded {
            // A line of white space only ends nothing: it is an old way of folding.
            open = open.map(|(start, _)| (start, end));
        } else if is_field(line) {
            push(&mut block, raw, open.replace((at, end)));
        } else if !(goes_on(raw, next) || first && is_envelope(line)) {
            // Not a field, and none follows: the empty line is missing and this is the body.
            push(&mut block, raw, open.take());
            block.unfinished = true;
            block.body = raw.get(at..).unwrap_or_default();
            return block;
        }
        at = next;
    }
    push(&mut block, raw, open.take());
    block.unfinished = true;
    if block.too_large {
        block.body = body_after(raw, at);
    }
    block
}

/// Length of empty lines before the first field; 0 if no field follows them, as in a part that has
/// no header at all.
fn leading_blanks(raw: &[u8]) -> usize {
    let mut at = 0;
    while at < raw.len() && at < 4_096 {
        let (end, next) = line_end(raw, at);
        let line = raw.get(at..end).unwrap_or_default();
        if !blank(line) {
            return if is_field(line) && MAIL_FIELDS.iter().any(|f| starts(line, f)) { at } else { 0 };
        }
        at = next;
    }
    0
}

/// Fields with which a mail begins in practice; asked only after an empty first line.
const MAIL_FIELDS: [&[u8]; 10] = [
    b"received:",
    b"return-path:",
    b"from:",
    b"to:",
    b"date:",
    b"subject:",
    b"message-id:",
    b"mime-version:",
    b"delivered-to:",
    b"x-",
];

fn starts(line: &[u8], field: &[u8]) -> bool {
    line.get(..field.len()).is_some_and(|start| start.eq_ignore_ascii_case(field))
}

fn push<'a>(block: &mut Block<'a>, raw: &'a [u8], open: Option<(usize, usize)>) {
    // One field may be as large as the mail; of it too only what lies within the limit is read.
    block.too_large |= open.is_some_and(|(_, end)| end > HEADER_LIMIT);
    let field = open.and_then(|(start, end)| raw.get(start..end.min(HEADER_LIMIT)));
    if let Some(field) = field
        && let Some(colon) = memchr::memchr(b':', field)
    {
        let name = field.get(..colon).unwrap_or_default().trim_ascii_end();
        let value = field.get(colon + 1..).unwrap_or_default();
        block.fields.push(Field { name, value });
    }
}

/// End of the line at `at` without its line end, and where the next begins.
fn line_end(raw: &[u8], at: usize) -> (usize, usize) {
    let rest = raw.get(at..).unwrap_or_default();
    match memchr::memchr(b'\n', rest) {
        Some(length) => {
            let end = if length > 0 && rest.get(length - 1) == Some(&b'\r') { at + length - 1 } else { at + length };
            (end, at + length + 1)
        }
        None => (raw.len(), raw.len()),
    }
}

fn blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

fn is_field(line: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', line.get(..line.len().min(200)).unwrap_or_default()) else { return false };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    !name.is_empty() && name.iter().all(|b| (33..=126).contains(b))
}

fn is_envelope(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}

/// Whether a field comes next, so that the line before it was only garbage.
fn goes_on(raw: &[u8], at: usize) -> bool {
    let (end, _) = line_end(raw, at);
    raw.get(at..end).is_some_and(is_field)
}

fn body_after(raw: &[u8], at: usize) -> &[u8] {
    let rest = raw.get(at..).unwrap_or_default();
    let end = memchr::memmem::find(rest, b"\r\n\r\n").map(|p| p + 4);
    let end = match (end, memchr::memmem::find(rest, b"\n\n").map(|p| p + 2)) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    end.and_then(|end| rest.get(end..)).unwrap_or_default()
}

/// A raw value on one line: folds removed, bytes decoded, control characters out, trimmed.
pub(super) fn unfold(value: &[u8], defects: &mut Vec<Defect>) -> String {
    let clean = value.iter().all(|b| (32..127).contains(b) || *b == b'\t');
    if clean {
        return String::from_utf8_lossy(value.trim_ascii()).into_owned();
    }
    let mut text = if value.is_ascii() && !value.contains(&0x1b) {
        String::from_utf8_lossy(value).into_owned()
    } else {
        let (text, how) = charset::raw_header(value);
        if how == charset::How::Guessed {
            note(defects, Defect::RawHeader);
        }
        text
    };
    if text.contains('\0') {
        note(defects, Defect::Nul);
    }
    text.retain(|c| c == '\t' || !c.is_control());
    text.trim().to_owned()
}

/// Adds a defect once.
pub(super) fn note(defects: &mut Vec<Defect>, defect: Defect) {
    if !defects.contains(&defect) {
        defects.push(defect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(raw: &str) -> Vec<String> {
        split(raw.as_bytes()).fields.iter().map(|f| String::from_utf8_lossy(f.name).to_ascii_lowercase()).collect()
    }

    #[test]
    fn folded_fields_are_one_field_and_the_body_follows_the_empty_line() {
        let block = split(b"Subject: a\r\n b\r\nTo: x\r\n\r\nbody\r\n");
        assert_eq!(block.fields.len(), 2);
        assert_eq!(block.text("subject").unwrap(), "a b");
        assert_eq!(block.body, b"body\r\n");
        assert!(!block.unfinished);
    }

    #[test]
    fn garbage_between_fields_is_left_out() {
        assert_eq!(names("From nobody Mon\nSubject: a\n>From nobody Tue\nTo: b\n\nx"), ["subject", "to"]);
    }

    #[test]
    fn a_missing_empty_line_gives_the_body_nonetheless() {
        let block = split(b"Subject: a\nHello there\nhow are you\n");
        assert!(block.unfinished);
        assert_eq!(block.body, b"Hello there\nhow are you\n");
    }

    #[test]
    fn raw_bytes_that_are_not_utf8_are_windows_1252() {
        let mut defects = Vec::new();
        assert_eq!(unfold(b" Gr\xfc\xdfe \x80", &mut defects), "Grüße €");
        assert_eq!(defects, [Defect::RawHeader]);
        assert_eq!(unfold("Zażółć".as_bytes(), &mut Vec::new()), "Zażółć");
    }

    #[test]
    fn a_field_without_end_is_cut_and_the_body_kept() {
        let raw = format!("Subject: {}\nTo: x\n\nbody", "a".repeat(3 * HEADER_LIMIT));
        let block = split(raw.as_bytes());
        assert!(block.too_large);
        assert!(block.raw("subject").unwrap().len() < HEADER_LIMIT);
        assert_eq!(block.body, b"body");
    }

    #[test]
    fn a_header_without_end_is_cut() {
        let raw = b"X: y\n".repeat(200_000);
        let block = split(&raw);
        assert!(block.too_large && block.unfinished);
        assert!(block.fields.len() <= HEADER_LIMIT / 5 + 2);
    }
}

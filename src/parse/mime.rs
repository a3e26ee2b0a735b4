//! The parts of a mail: where each begins and ends, and what it says it is. Nothing is decoded
//! here, so a 30 MB attachment costs one search for its boundary.
//!
//! Own walk rather than mail-parser's: 0.11.9 takes a boundary string in the middle of a line for
//! a boundary (text cut off in silence), loses an alternative that is never closed, and decodes
//! every attachment. If it moves to a release that does none of these, reconsider.

use super::header::{self, Block};
use super::transfer::Encoding;
use super::words::{self, Value};
use crate::model::mail::Defect;

/// Parts nested deeper are not opened (R40).
const DEPTH_LIMIT: usize = 50;
/// Parts listed at most.
const PART_LIMIT: usize = 1_000;

/// One part, undecoded.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    /// Index of the multipart that holds it.
    pub parent: Option<usize>,
    /// Content-Type with parameters; `text/plain` where none is given.
    pub kind: Value,
    /// Content-Disposition.
    pub disposition: Value,
    /// Content-Transfer-Encoding.
    pub encoding: Encoding,
    /// Its Content-ID, by which HTML can show it.
    pub id: Option<&'a [u8]>,
    /// Octets as they stand.
    pub body: &'a [u8],
    /// Parts within, in order.
    pub children: Vec<usize>,
}

impl Part<'_> {
    /// Whether it holds parts.
    pub fn is_multipart(&self) -> bool {
        !self.children.is_empty()
    }

    /// The name it carries, encoded-words and RFC 2231 undone.
    pub fn name(&self) -> Option<&str> {
        self.disposition
            .get("filename")
            .or_else(|| self.kind.get("name"))
            .map(str::trim)
            .filter(|name| !name.is_empty())
    }

    /// Whether its sender wants it listed rather than shown.
    pub fn is_attachment(&self) -> bool {
        self.disposition.word == "attachment"
    }
}

/// Every part, the whole mail first, parents before children.
pub(super) fn walk<'a>(top: &Block<'a>, defects: &mut Vec<Defect>) -> Vec<Part<'a>> {
    let mut parts = vec![describe(top, None, "text/plain")];
    // Children are queued in order; the depth grows with the parent's.
    let mut depths = vec![0usize];
    let mut at = 0;
    while at < parts.len() {
        let depth = depths.get(at).copied().unwrap_or(0);
        let Some(part) = parts.get(at) else { break };
        let Some((bodies, fallback)) = opened(part) else {
            at += 1;
            continue;
        };
        if depth >= DEPTH_LIMIT {
            header::note(defects, Defect::TooDeep);
            at += 1;
            continue;
        }
        let room = PART_LIMIT.saturating_sub(parts.len());
        if bodies.len() > room {
            header::note(defects, Defect::TooManyParts);
        }
        let mut children = Vec::new();
        for raw in bodies.into_iter().take(room) {
            children.push(parts.len());
            parts.push(describe(&part_block(raw), Some(at), fallback));
            depths.push(depth + 1);
        }
        if let Some(part) = parts.get_mut(at) {
            part.children = children;
        }
        at += 1;
    }
    parts
}

/// The raw parts within a multipart, and the type of those that name none.
fn opened<'a>(part: &Part<'a>) -> Option<(Vec<&'a [u8]>, &'static str)> {
    if !part.kind.word.starts_with("multipart/") {
        return None;
    }
    let guessed;
    let boundary = match part.kind.get("boundary").map(str::trim_end).filter(|b| !b.is_empty()) {
        Some(boundary) => boundary.as_bytes(),
        None => {
            guessed = guess_boundary(part.body)?;
            guessed
        }
    };
    let bodies = between(part.body, boundary);
    let fallback = if part.kind.word == "multipart/digest" { "message/rfc822" } else { "text/plain" };
    (!bodies.is_empty()).then_some((bodies, fallback))
}

/// A part's header and body; a part may begin with its body (an empty line first, or no header).
fn part_block(raw: &[u8]) -> Block<'_> {
    let block = header::split(raw);
    if block.fields.is_empty() && block.body.is_empty() && !raw.trim_ascii().is_empty() {
        return Block { body: raw, ..Block::default() };
    }
    block
}

fn describe<'a>(block: &Block<'a>, parent: Option<usize>, fallback: &str) -> Part<'a> {
    let mut kind = block.text("content-type").map(|text| words::parameters(&text)).unwrap_or_default();
    if !kind.word.contains('/') {
        kind.word = if kind.word == "text" { "text/plain".into() } else { fallback.to_owned() };
    }
    Part {
        parent,
        kind,
        disposition: block.text("content-disposition").map(|text| words::parameters(&text)).unwrap_or_default(),
        encoding: block
            .text("content-transfer-encoding")
            .map(|text| Encoding::from_word(text.trim()))
            .unwrap_or_default(),
        id: block.raw("content-id"),
        body: block.body,
        children: Vec::new(),
    }
}

/// What stands between the boundary lines. An unclosed last part runs to the end.
fn between<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut needle = Vec::with_capacity(boundary.len() + 2);
    needle.extend_from_slice(b"--");
    needle.extend_from_slice(boundary);
    let finder = memchr::memmem::Finder::new(&needle);
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    let mut from = 0;
    while let Some(offset) = body.get(from..).and_then(|rest| finder.find(rest)) {
        let at = from + offset;
        let after = at + needle.len();
        from = after;
        if at > 0 && body.get(at - 1) != Some(&b'\n') {
            continue;
        }
        let tail = body.get(after..).unwrap_or_default();
        let closing = tail.starts_with(b"--");
        let rest = if closing { tail.get(2..).unwrap_or_default() } else { tail };
        if !matches!(rest.first(), None | Some(b'\r' | b'\n' | b' ' | b'\t')) {
            continue;
        }
        if let Some(start) = open.take() {
            found.push(without_last_break(body.get(start..at).unwrap_or_default()));
        }
        let line = memchr::memchr(b'\n', tail).map_or(body.len(), |p| after + p + 1);
        if closing || found.len() > PART_LIMIT {
            return found;
        }
        open = Some(line);
        from = line;
    }
    if let Some(start) = open {
        found.push(body.get(start..).unwrap_or_default());
    }
    found
}

/// The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
fn without_last_break(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// A multipart that names no boundary: the first line that looks like one, before a field.
fn guess_boundary(body: &[u8]) -> Option<&[u8]> {
    let lines = body.get(..8_192).unwrap_or(body).split(|b| *b == b'\n');
    let line = lines.map(<[u8]>::trim_ascii).find(|line| line.starts_with(b"--") && line.len() > 6)?;
    line.get(2..).filter(|boundary| boundary.len() <= 100 && !boundary.contains(&b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(raw: &str) -> (Vec<String>, Vec<Defect>) {
        let mut defects = Vec::new();
        let block = header::split(raw.as_bytes());
        let parts = walk(&block, &mut defects);
        (parts.iter().map(|p| p.kind.word.clone()).collect(), defects)
    }

    const MIXED: &str = "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\nContent-Type: text/plain\n\nnot --b here\n--bc\n--b\nContent-Type: text/html\n\n<p>";

    #[test]
    fn boundaries_count_only_at_the_start_of_a_line_and_whole() {
        let block = header::split(MIXED.as_bytes());
        let parts = walk(&block, &mut Vec::new());
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[1].body, b"not --b here\n--bc");
        assert_eq!((parts[2].kind.word.as_str(), parts[2].body), ("text/html", &b"<p>"[..]));
    }

    #[test]
    fn a_multipart_without_boundary_is_guessed() {
        let (kinds, _) =
            kinds("Content-Type: multipart/mixed\n\n--abcdefgh\nContent-Type: text/html\n\nx\n--abcdefgh--\n");
        assert_eq!(kinds, ["multipart/mixed", "text/html"]);
    }

    #[test]
    fn depth_and_number_are_limited() {
        let mut raw = String::new();
        for i in 0..200 {
            raw.push_str(&format!("Content-Type: multipart/mixed; boundary=b{i}x\n\n--b{i}x\n"));
        }
        let (found, defects) = kinds(&raw);
        assert_eq!((found.len(), defects), (51, vec![Defect::TooDeep]));

        let mut raw = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned();
        raw.push_str(&"--b\n\nx\n".repeat(5_000));
        let (found, defects) = kinds(&raw);
        assert_eq!((found.len(), defects), (1_000, vec![Defect::TooManyParts]));
    }
}

//! Which parts are the text a person reads, and which are attachments.
//!
//! text/plain is taken where there is one: HTML is turned into text only for mail that has
//! nothing else, since that costs more than all the rest together.

use super::charset::{self, How};
use super::fold;
use super::header::note;
use super::html;
use super::mime::Part;
use crate::model::mail::{Attachment, Defect, Fold, Text};

/// Octets of text kept for reading and search; the raw mail is whole.
pub(super) const TEXT_LIMIT: usize = 1 << 20;
/// Encoded octets of one HTML part that are read.
const HTML_LIMIT: usize = 4 << 20;
/// Characters kept of an attachment's name.
const NAME_LIMIT: usize = 200;

/// The text with its folds, and the attachments in order.
pub(super) fn read(parts: &[Part<'_>], defects: &mut Vec<Defect>) -> (Text, Vec<Attachment>) {
    let mut chosen = Vec::new();
    choose(parts, 0, &mut chosen);
    let mut body = String::new();
    let mut marks = Vec::new();
    for index in &chosen {
        let Some(part) = parts.get(*index) else { continue };
        append(part, &mut body, &mut marks, defects);
    }
    let folds = fold::folds(&body, &marks);
    let attachments = attachments(parts);
    (Text { body, folds, language: None }, attachments)
}

/// The text parts in reading order. Depth is limited by the walk, so this recursion is too.
fn choose(parts: &[Part<'_>], index: usize, chosen: &mut Vec<usize>) {
    let Some(part) = parts.get(index) else { return };
    if !part.is_multipart() {
        if is_text(part, chosen.is_empty()) {
            chosen.push(index);
        }
        return;
    }
    match part.kind.word.as_str() {
        "multipart/alternative" => {
            let of = |html: bool| part.children.iter().copied().filter(move |child| holds(parts, *child, html));
            // Plain text with something in it, else the last alternative that can be read (RFC 2046 §5.1.4).
            if let Some(child) = of(false).find(|child| !blank(parts, *child)).or_else(|| of(true).next_back()) {
                choose(parts, child, chosen);
            } else if let Some(child) = part.children.first() {
                choose(parts, *child, chosen);
            }
        }
        // The root stands first; the rest is what it shows.
        "multipart/related" => {
            let root = part
                .children
                .iter()
                .find(|child| parts.get(**child).is_some_and(|p| p.is_multipart() || p.kind.word.starts_with("text/")));
            if let Some(child) = root {
                choose(parts, *child, chosen);
            }
        }
        // The human-readable part; the others are for machines (RFC 6522).
        "multipart/report" => {
            if let Some(child) = part.children.first() {
                choose(parts, *child, chosen);
            }
        }
        _ => part.children.iter().for_each(|child| choose(parts, *child, chosen)),
    }
}

fn is_text(part: &Part<'_>, first: bool) -> bool {
    let word = part.kind.word.as_str();
    let readable = word == "text/plain" || word == "text/html" || word == "text/enriched" || unopened(part);
    // A named text beside the text is a file; a named one alone is how some programs send it.
    readable && !part.is_attachment() && (part.name().is_none() || (first && part.disposition.word != "attachment"))
}

/// A multipart whose parts could not be found: its content is still worth reading.
fn unopened(part: &Part<'_>) -> bool {
    part.kind.word.starts_with("multipart/") && !part.is_multipart()
}

fn holds(parts: &[Part<'_>], index: usize, html: bool) -> bool {
    let Some(part) = parts.get(index) else { return false };
    if part.is_multipart() {
        return part.children.iter().any(|child| holds(parts, *child, html));
    }
    let wanted = if html { "text/html" } else { "text/plain" };
    part.kind.word == wanted && !part.is_attachment()
}

fn blank(parts: &[Part<'_>], index: usize) -> bool {
    let Some(part) = parts.get(index) else { return true };
    if part.is_multipart() {
        return part.children.iter().all(|child| blank(parts, *child));
    }
    part.encoding.decode(part.body, 4_096).trim_ascii().is_empty()
}

fn append(part: &Part<'_>, body: &mut String, marks: &mut Vec<Fold>, defects: &mut Vec<Defect>) {
    let room = TEXT_LIMIT.saturating_sub(body.len());
    let is_html = part.kind.word == "text/html" || part.kind.word == "text/enriched";
    let limit = if is_html { HTML_LIMIT } else { room.saturating_mul(3) };
    if part.body.len() > limit {
        note(defects, Defect::TextCut);
    }
    let bytes = part.encoding.decode(part.body, limit);
    let (mut text, how) = charset::decode_owned(bytes, part.kind.get("charset"));
    if how == How::UnknownLabel {
        note(defects, Defect::UnknownCharset);
    }
    if memchr::memchr(0, text.as_bytes()).is_some() {
        note(defects, Defect::Nul);
        text.retain(|c| c != '\0');
    }
    let mut new_marks = Vec::new();
    if is_html {
        let reading = html::read(&text, room);
        text = reading.text;
        new_marks = reading.marks;
    } else if memchr::memchr(b'\r', text.as_bytes()).is_some() {
        text = plain_line_ends(&text);
    }
    if text.len() > room {
        note(defects, Defect::TextCut);
        let mut end = room;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    if text.trim().is_empty() {
        return;
    }
    if body.is_empty() {
        *body = text;
        *marks = new_marks;
        marks.retain(|mark| mark.end <= body.len());
        return;
    }
    if !body.ends_with('\n') {
        body.push('\n');
    }
    let start = body.len();
    body.push_str(&text);
    let moved = new_marks.into_iter().map(|mark| Fold { start: mark.start + start, end: mark.end + start, ..mark });
    marks.extend(moved.filter(|mark| mark.end <= body.len()));
}

/// CRLF and lone CR as LF, in one pass.
fn plain_line_ends(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\r', rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = from.get(1..).unwrap_or("");
        if !rest.starts_with('\n') {
            out.push('\n');
        }
    }
    out.push_str(rest);
    out
}

/// The parts that count as attachments, in the order in which they are listed and numbered.
pub(super) fn listed<'p, 'a>(parts: &'p [Part<'a>]) -> Vec<&'p Part<'a>> {
    let mut chosen = Vec::new();
    choose(parts, 0, &mut chosen);
    let of = |(index, part): &(usize, &Part<'_>)| {
        let text = part.is_multipart() || chosen.contains(index) || spare(parts, part);
        // A leaf without name or content only holds the mail together.
        let bare = part.body.trim_ascii().is_empty() && part.name().is_none();
        !text && !bare
    };
    let mut found: Vec<&Part<'_>> = parts.iter().enumerate().filter(of).map(|(_, part)| part).collect();
    // The walk goes level by level; a reader goes down the page. All bodies lie in one buffer.
    found.sort_by_key(|part| part.body.as_ptr() as usize);
    found
}

fn attachments(parts: &[Part<'_>]) -> Vec<Attachment> {
    let mut found = Vec::new();
    for part in listed(parts) {
        let related = part.parent.and_then(|p| parts.get(p)).is_some_and(|p| p.kind.word == "multipart/related");
        found.push(Attachment {
            name: file_name(part),
            content_type: part.kind.word.chars().take(NAME_LIMIT).collect(),
            size: part.encoding.decoded_size(part.body),
            inline: !part.is_attachment() && (related || part.id.is_some()) && part.kind.word.starts_with("image/"),
        });
    }
    found
}

/// The other reading of an alternative is not a file.
fn spare(parts: &[Part<'_>], part: &Part<'_>) -> bool {
    if !matches!(part.kind.word.as_str(), "text/plain" | "text/html" | "text/enriched") || part.is_attachment() {
        return false;
    }
    let mut parent = part.parent;
    while let Some(index) = parent {
        let Some(above) = parts.get(index) else { return false };
        if above.kind.word == "multipart/alternative" {
            return true;
        }
        parent = above.parent;
    }
    false
}

/// The name a person would see: no path, no control characters; an attached mail gets its subject.
pub(super) fn file_name(part: &Part<'_>) -> String {
    let name = part.name().map(str::to_owned).or_else(|| {
        let attached = part.kind.word == "message/rfc822";
        let block = attached.then(|| super::header::split(part.body))?;
        let subject = super::words::decode(&block.text("subject")?).replace(['/', '\\'], "-");
        (!subject.trim().is_empty()).then(|| format!("{}.eml", subject.trim()))
    });
    let name = name.unwrap_or_default();
    let last = name.rsplit(['/', '\\']).find(|piece| !piece.trim().is_empty()).unwrap_or("");
    let clean: String = last.chars().filter(|c| !c.is_control() && !is_direction(*c)).take(NAME_LIMIT).collect();
    let clean = clean.trim().to_owned();
    if clean.chars().all(|c| c == '.') { String::new() } else { clean }
}

/// Marks that make a name read backwards (`cod.exe` shown as `exe.doc`).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::model::mail::Defect;

    fn body(raw: &str) -> String {
        parse(raw.as_bytes()).text.body.trim().to_owned()
    }

    const TWO: &str = "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n{}\n--b\nContent-Type: text/html\n\n<p>z HTML</p>\n";

    #[test]
    fn plain_text_is_read_and_html_only_without_it() {
        assert_eq!(body(&TWO.replace("{}", "zwykły")), "zwykły");
        assert_eq!(body(&TWO.replace("{}", "  ")), "z HTML");
        assert!(parse(TWO.as_bytes()).attachments.is_empty());
    }

    #[test]
    fn names_of_attachments_lose_paths_and_direction_marks() {
        let raw = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntekst\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''..%2F..%2Fetc%2F%E2%80%AEumowa.pdf\nContent-Transfer-Encoding: base64\n\nYWJjZGU=\n--b--\n";
        let mail = parse(raw.as_bytes());
        assert_eq!(mail.attachments.len(), 1);
        let file = &mail.attachments[0];
        assert_eq!((file.name.as_str(), file.size, file.inline), ("umowa.pdf", 5, false));
    }

    #[test]
    fn long_text_is_cut_and_said_so() {
        let mail = parse(format!("From: a@b.pl\n\n{}", "ż\n".repeat(800_000)).as_bytes());
        assert!(mail.text.body.len() <= super::TEXT_LIMIT);
        assert!(mail.defects.contains(&Defect::TextCut));
    }
}

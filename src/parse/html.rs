//! HTML to readable text in one pass, noting where mail programs mark quotes and signatures.
//!
//! Linear in the input whatever its nesting: depth is counted, not stacked. Only for reading and
//! matching; what a browser shows is made elsewhere from the raw mail.

use crate::model::mail::{Fold, FoldKind};
use mail_parser::decoders::html::add_html_token;

/// Text of an HTML part, with the byte ranges its markup declares to be quote or signature.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The text, `\n` between lines.
    pub text: String,
    /// Marked ranges, in order of their end.
    pub marks: Vec<Fold>,
}

/// Elements whose content is no text.
const HIDDEN: [&[u8]; 6] = [b"style", b"script", b"title", b"template", b"noscript", b"select"];
/// Elements that begin and end a line.
const BLOCKS: [&[u8]; 32] = [
    b"p",
    b"div",
    b"tr",
    b"li",
    b"ul",
    b"ol",
    b"dl",
    b"dt",
    b"dd",
    b"table",
    b"blockquote",
    b"hr",
    b"pre",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"section",
    b"article",
    b"header",
    b"footer",
    b"center",
    b"address",
    b"form",
    b"body",
    b"fieldset",
    b"main",
    b"nav",
    b"figure",
    b"html",
];
/// Attribute texts that mark an element as quoted earlier mail, up to its end.
const QUOTES: [&str; 9] = [
    "type=\"cite\"",
    "type=cite",
    "type='cite'",
    "gmail_attr",
    "moz-cite-prefix",
    "yahoo_quoted",
    "protonmail_quote",
    "tutanota_quote",
    "zmail_extra",
];
/// Attribute texts after which everything is quoted earlier mail.
const QUOTED_TO_END: [&str; 7] = [
    "divrplyfwdmsg",
    "stopspelling",
    "outlookmessageheader",
    "ms-outlook-mobile-reference-message",
    "mail-editor-reference-message",
    "isforwardcontent",
    "isreplycontent",
];
/// Attribute texts that mark a signature.
const SIGNATURES: [&str; 4] =
    ["gmail_signature", "moz-signature", "ms-outlook-mobile-signature", "protonmail_signature_block"];

#[derive(Default)]
struct Reader {
    out: String,
    marks: Vec<Fold>,
    /// Open marked elements: is it a blockquote, its depth, where its text starts, what it is.
    open: Vec<(bool, usize, usize, FoldKind)>,
    to_end: Option<usize>,
    divs: usize,
    blockquotes: usize,
    preformatted: usize,
    space: bool,
    /// A hidden element that never closes was met: asking again would cost the whole rest.
    unclosed: bool,
}

/// Reads at most `limit` octets of text out of `html`.
pub(super) fn read(html: &str, limit: usize) -> Reading {
    let mut reader = Reader { out: String::with_capacity((html.len() / 2).min(limit)), ..Reader::default() };
    let bytes = html.as_bytes();
    let mut at = 0;
    while at < bytes.len() && reader.out.len() < limit {
        let rest = bytes.get(at..).unwrap_or_default();
        let next = memchr::memchr(b'<', rest).unwrap_or(rest.len());
        if next > 0 {
            reader.text(html.get(at..at + next).unwrap_or(""));
        }
        at += next;
        let tag = bytes.get(at..).unwrap_or_default();
        if tag.is_empty() {
            break;
        }
        at += if tag.starts_with(b"<!--") {
            memchr::memmem::find(tag, b"-->").map_or(tag.len(), |end| end + 3)
        } else if !tag.get(1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'?')) {
            reader.text("<");
            1
        } else {
            reader.tag(html, at)
        };
    }
    reader.finish()
}

impl Reader {
    /// Text between tags: white space folded, entities undone.
    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            self.entities(&text.replace('\r', ""));
            return;
        }
        for word in text.split_inclusive([' ', '\n', '\t', '\r']) {
            let bare = word.trim_end_matches([' ', '\n', '\t', '\r']);
            if !bare.is_empty() {
                self.separate();
                self.entities(bare);
            }
            self.space |= bare.len() < word.len();
        }
    }

    /// Writes the white space that is due, unless a line begins here.
    fn separate(&mut self) {
        if std::mem::take(&mut self.space) && !self.out.is_empty() && !self.out.ends_with(['\n', ' ']) {
            self.out.push(' ');
        }
    }

    fn entities(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            let (before, from) = rest.split_at(at);
            self.out.push_str(before);
            let end = from.bytes().take(34).position(|b| b == b';').map(|end| end + 1);
            let Some((entity, tail)) = end.and_then(|end| from.split_at_checked(end)) else {
                self.out.push('&');
                rest = from.get(1..).unwrap_or("");
                continue;
            };
            match entity {
                "&nbsp;" | "&#160;" | "&#xa0;" | "&#xA0;" => self.out.push(' '),
                "&zwnj;" | "&#8203;" | "&#847;" | "&shy;" => {}
                _ => add_html_token(&mut self.out, entity.as_bytes(), false),
            }
            rest = tail;
        }
        self.out.push_str(rest);
    }

    /// Handles the tag at `at` and returns its length, with hidden content.
    fn tag(&mut self, html: &str, at: usize) -> usize {
        let rest = html.as_bytes().get(at..).unwrap_or_default();
        let end = tag_end(rest);
        let inner = rest.get(1..end.saturating_sub(1)).unwrap_or_default();
        let (closing, inner) = match inner.strip_prefix(b"/") {
            Some(inner) => (true, inner),
            None => (false, inner),
        };
        let length = inner.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let mut buffer = [0u8; 12];
        let Some(name) = buffer.get_mut(..length) else { return end };
        name.copy_from_slice(inner.get(..length).unwrap_or_default());
        name.make_ascii_lowercase();
        let name: &[u8] = name;
        if HIDDEN.contains(&name) && !closing {
            return end + self.hidden(rest.get(end..).unwrap_or_default(), name);
        }
        let attributes = inner.get(length..).unwrap_or_default();
        match name {
            b"br" => self.line_break(),
            b"td" | b"th" => self.space = true,
            b"pre" if closing => self.preformatted = self.preformatted.saturating_sub(1),
            b"pre" => self.preformatted += 1,
            _ => {}
        }
        if BLOCKS.contains(&name) {
            self.block(name, closing);
        }
        if closing {
            self.close(name);
        } else {
            self.open(name, attributes);
        }
        end
    }

    /// Length of hidden content up to and with its closing tag; 0 if it never closes.
    fn hidden(&mut self, rest: &[u8], name: &[u8]) -> usize {
        if self.unclosed {
            return 0;
        }
        for at in memchr::memmem::find_iter(rest, b"</") {
            let after = rest.get(at + 2..).unwrap_or_default();
            if after.get(..name.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(name)) {
                return at + 2 + memchr::memchr(b'>', after).map_or(after.len(), |end| end + 1);
            }
        }
        self.unclosed = true;
        0
    }

    fn line_break(&mut self) {
        self.space = false;
        // Two empty lines say no more than one, and layout tables make hundreds.
        if !self.out.ends_with("\n\n\n") {
            self.out.push('\n');
        }
    }

    fn block(&mut self, name: &[u8], closing: bool) {
        self.space = false;
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        let paragraph = matches!(name, b"p" | b"h1" | b"h2" | b"h3" | b"h4" | b"blockquote");
        if paragraph && closing && !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        if name == b"li" && !closing {
            self.out.push_str("- ");
        }
        if name == b"hr" && !closing {
            self.out.push_str("________________________________\n");
        }
    }

    fn open(&mut self, name: &[u8], attributes: &[u8]) {
        let blockquote = name == b"blockquote";
        self.blockquotes += usize::from(blockquote);
        self.divs += usize::from(name == b"div");
        if !(blockquote || matches!(name, b"div" | b"hr" | b"span" | b"table")) || self.to_end.is_some() {
            return;
        }
        let attributes = String::from_utf8_lossy(attributes.get(..400).unwrap_or(attributes)).to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| attributes.contains(word));
        let start = self.out.len();
        if attributes.len() > 3 && has(&QUOTED_TO_END) {
            // The line that `hr` wrote belongs to the quote.
            let start = if name == b"hr" { start.saturating_sub(33) } else { start };
            self.to_end = Some(start);
        } else if name == b"hr" || name == b"span" || name == b"table" {
        } else if has(&SIGNATURES) {
            self.push_open(blockquote, start, FoldKind::Signature);
        } else if has(&QUOTES) || (blockquote && (attributes.contains("quote") || self.follows_colon())) {
            self.push_open(blockquote, start, FoldKind::Quote);
        }
    }

    fn push_open(&mut self, blockquote: bool, start: usize, kind: FoldKind) {
        let depth = if blockquote { self.blockquotes } else { self.divs };
        // Within a marked element nothing new is learned.
        if self.open.is_empty() {
            self.open.push((blockquote, depth, start, kind));
        }
    }

    fn follows_colon(&self) -> bool {
        // Only a little of the white space is looked through: a hostile mail has much of it.
        self.out.bytes().rev().take(64).find(|b| !b.is_ascii_whitespace()) == Some(b':')
    }

    fn close(&mut self, name: &[u8]) {
        let blockquote = name == b"blockquote";
        let depth = if blockquote { self.blockquotes } else { self.divs };
        if (blockquote || name == b"div")
            && let Some((is_blockquote, opened, start, kind)) = self.open.last().copied()
            && is_blockquote == blockquote
            && opened >= depth
        {
            self.open.pop();
            self.marks.push(Fold { start, end: self.out.len(), kind });
        }
        self.blockquotes -= usize::from(blockquote && self.blockquotes > 0);
        self.divs -= usize::from(name == b"div" && self.divs > 0);
    }

    fn finish(mut self) -> Reading {
        let end = self.out.len();
        for (_, _, start, kind) in std::mem::take(&mut self.open) {
            self.marks.push(Fold { start, end, kind });
        }
        if let Some(start) = self.to_end {
            self.marks.push(Fold { start, end, kind: FoldKind::Quote });
        }
        self.marks.retain(|mark| mark.start < mark.end && self.out.is_char_boundary(mark.start));
        Reading { text: self.out, marks: self.marks }
    }
}

/// Length of the tag at the start of `rest`, quotes in attributes respected.
fn tag_end(rest: &[u8]) -> usize {
    let mut quote = 0u8;
    let mut before = b' ';
    for (at, byte) in rest.iter().enumerate().skip(1) {
        match *byte {
            b'>' if quote == 0 => return at + 1,
            b'"' | b'\'' if quote == *byte => quote = 0,
            b'"' | b'\'' if quote == 0 && before == b'=' => quote = *byte,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            before = *byte;
        }
        // A quote that never closes must not swallow the mail.
        if quote != 0 && at > 16_384 {
            return memchr::memchr(b'>', rest).map_or(rest.len(), |end| end + 1);
        }
    }
    memchr::memchr(b'>', rest).map_or(rest.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(html: &str) -> String {
        read(html, 1 << 20).text.trim().to_owned()
    }

    #[test]
    fn blocks_are_lines_and_white_space_folds() {
        assert_eq!(
            text(
                "<html><head><title>x</title><style>p{}</style></head><body><p>Dzień&nbsp;dobry,</p>\n<div>a  b<br>c</div></body></html>"
            ),
            "Dzień dobry,\n\na b\nc"
        );
        assert_eq!(text("<ul><li>a</li><li>b</li></ul>"), "- a\n- b");
        assert_eq!(text("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"), "a b\nc");
    }

    #[test]
    fn entities_and_stray_brackets_are_text() {
        assert_eq!(text("a &lt; b &amp;&amp; 3 < 4 &eacute;&#380; &unknown; AT&T"), "a < b && 3 < 4 éż &unknown; AT&T");
    }

    #[test]
    fn comments_scripts_and_attributes_are_not_text() {
        assert_eq!(text("a<!-- b > c -->d<script>if (a<b) {}</script><img alt=\"x > y\" src='z'>e"), "ade");
    }

    #[test]
    fn quote_markers_are_noted() {
        let reading =
            read("<div>tak</div><blockquote type=\"cite\"><div>stare</div></blockquote><p>dalej</p>", 1 << 20);
        let mark = reading.marks[0];
        assert_eq!(reading.text.get(mark.start..mark.end).unwrap().trim(), "stare");
        let reading = read("<p>tak</p><div id=\"divRplyFwdMsg\">Od: x</div><p>stare</p>", 1 << 20);
        assert_eq!(reading.text.get(..reading.marks[0].start).unwrap().trim(), "tak");
    }

    #[test]
    fn hostile_nesting_is_linear() {
        let html = "<div><blockquote type=cite>".repeat(200_000);
        assert!(read(&html, 1 << 20).marks.len() <= 1);
        let html = "<p title=\"".repeat(100_000);
        let _ = read(&html, 1 << 20);
        let html = "<style>".repeat(50_000);
        let _ = read(&html, 1 << 20);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_marks_lie_on_characters(html in "(<|>|</?div>|<blockquote type=cite>|&[a-z]{0,5};?|\\PC){0,60}") {
            let reading = read(&html, 1 << 20);
            for mark in reading.marks {
                prop_assert!(reading.text.get(mark.start..mark.end).is_some());
            }
        }
    }
}

//! The sentences of a notice.

use super::words::{self, NAMES};
use crate::model::mail::Mail;

/// Octets of a notice that are read.
const LIMIT: usize = 8_192;

/// What its writer wrote, quotes and signature left out.
pub(super) fn text(mail: &Mail) -> String {
    let visible = mail.text.visible();
    let text = if visible.trim().is_empty() { mail.text.body.as_str() } else { visible.as_str() };
    start_of(text, LIMIT).to_owned()
}

/// The first octets of a text, on a character's border.
pub(super) fn start_of(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

/// Lower case, with plain dashes, apostrophes and spaces.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-'),
            '’' | '‘' | '´' => out.push('\''),
            '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{3000}' => out.push(' '),
            // Its lower case is two characters, the second of which is in no table.
            'İ' => out.push('i'),
            '０'..='９' => out.push(char::from_digit(c as u32 - '０' as u32, 10).unwrap_or(c)),
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Paragraphs on one line each: broken lines are joined unless the first one ends a sentence.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open = String::new();
    for line in text.lines().map(str::trim) {
        let bullet = line.starts_with(['-', '*', '•', '·']);
        if line.is_empty() || bullet {
            all.extend(Some(std::mem::take(&mut open)).filter(|p| !p.is_empty()));
        }
        if line.is_empty() {
            continue;
        }
        if !open.is_empty() {
            open.push(' ');
        }
        open.push_str(line);
        if line.ends_with(['.', '!', '?', ':', ';'])
            && !line.ends_with("..")
            && line.len() < 400
            && !ends_in_number(line)
        {
            all.push(std::mem::take(&mut open));
        }
    }
    all.extend(Some(open).filter(|p| !p.is_empty()));
    all
}

fn ends_in_number(line: &str) -> bool {
    line.trim_end_matches('.').ends_with(|c: char| c.is_ascii_digit()) && !line.ends_with(':')
}

/// The sentences of a text in lower case. A full stop after a number ends none before a month or a
/// small letter; nor does one after a short word.
pub(super) fn of(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for paragraph in paragraphs(text) {
        let mut start = 0;
        for (at, c) in paragraph.char_indices() {
            let end = at + c.len_utf8();
            let rest = paragraph.get(end..).unwrap_or("");
            let stops = match c {
                '。' | '！' | '？' => true,
                '!' | '?' | '…' => rest.starts_with(' '),
                '.' => rest.starts_with(' ') && full_stop(paragraph.get(start..at).unwrap_or(""), rest.trim_start()),
                _ => false,
            };
            if stops {
                all.extend(paragraph.get(start..end).map(|s| s.trim().to_owned()));
                start = end;
            }
        }
        all.extend(paragraph.get(start..).map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()));
    }
    all
}

fn full_stop(before: &str, rest: &str) -> bool {
    let word: String = before.chars().rev().take_while(|c| c.is_alphanumeric()).collect();
    let next: String = rest.chars().take_while(|c| c.is_alphabetic()).collect();
    if !word.is_empty() && word.chars().all(|c| c.is_ascii_digit()) {
        // "bis 12. august" goes on; so does "bis 12.08. im urlaub". A year ends a sentence.
        return word.len() == 4 && NAMES.month(&next).is_none() && !next.is_empty();
    }
    word.is_empty() || word.chars().count() > 3 || word.chars().any(words::unspaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_they_end() {
        let text =
            "i am away until 12. august 2024. please write to dr. smith. thank you!\nbis 12.08. im urlaub\n\nnew";
        assert_eq!(
            of(text),
            [
                "i am away until 12. august 2024.",
                "please write to dr. smith.",
                "thank you!",
                "bis 12.08. im urlaub",
                "new"
            ]
        );
    }

    #[test]
    fn broken_lines_are_one_sentence() {
        assert_eq!(
            of("i am out of the office until\n12 august and will answer then"),
            ["i am out of the office until 12 august and will answer then"]
        );
    }
}

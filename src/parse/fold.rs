//! What in a body is not the writer's new text: quotes, signatures, banners. Nothing is cut; the
//! result is byte ranges to fold away.
//!
//! One pass over the lines with cheap tests (first byte, last byte, an early colon); the phrase
//! tables are asked only where those hit.

use super::attribution;
use super::phrases::{FOOTERS, LABELS, Label, SEPARATORS, SIGNATURES, TOP_BANNERS};
use crate::model::mail::{Fold, FoldKind, Text};

/// What a separator says when mail is handed on rather than answered.
const FORWARDS: [&str; 20] = [
    "forward",
    "przekaz",
    "przesłan",
    "przesył",
    "weitergeleitet",
    "transféré",
    "réexpédié",
    "reenviado",
    "inoltrat",
    "encaminhad",
    "doorgestuurd",
    "vidarebefordra",
    "videresend",
    "välitetty",
    "přeposlan",
    "preposlan",
    "továbbított",
    "пересыла",
    "转发",
    "転送",
];

/// Lines with a colon at their end that are looked at closely: no honest mail has more, and each
/// costs a search for every verb.
const CANDIDATES_LIMIT: usize = 2_000;

/// One line of the body, without its line end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// First byte of the line.
    pub start: usize,
    /// The line, white space at its end removed.
    pub text: &'a str,
    /// What it is, as far as known.
    pub kind: Option<FoldKind>,
}

impl Line<'_> {
    fn blank(&self) -> bool {
        self.text.is_empty()
    }

    fn quoted(&self) -> bool {
        self.kind == Some(FoldKind::Quote)
    }
}

/// The folds of `body`; `marks` are ranges that HTML declared.
pub(super) fn folds(body: &str, marks: &[Fold]) -> Vec<Fold> {
    let mut lines = split(body, marks);
    top_banner(&mut lines);
    let footer = footer(&mut lines);
    quotes(&mut lines, footer);
    signatures(&mut lines, footer);
    ranges(body, &lines)
}

fn split<'a>(body: &'a str, marks: &[Fold]) -> Vec<Line<'a>> {
    let mut lines = Vec::with_capacity(body.len() / 48 + 1);
    let mut start = 0;
    while start < body.len() {
        let rest = body.get(start..).unwrap_or("");
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or("").trim_end();
        let lead = text.bytes().take_while(|b| *b == b' ').count();
        let kind = (lead < 4 && text.as_bytes().get(lead) == Some(&b'>')).then_some(FoldKind::Quote);
        lines.push(Line { start, text, kind });
        start += end + 1;
    }
    for mark in marks {
        let from = lines.partition_point(|line| line.start < mark.start);
        let to = lines.partition_point(|line| line.start < mark.end);
        for line in lines.get_mut(from..to).unwrap_or_default() {
            line.kind = line.kind.or(Some(mark.kind));
        }
    }
    lines
}

/// Marks lines `from..to`, leaving alone what is already marked.
fn mark(lines: &mut [Line<'_>], from: usize, to: usize, kind: FoldKind) {
    for line in lines.get_mut(from..to).unwrap_or_default() {
        line.kind = line.kind.or(Some(kind));
    }
}

/// A gateway's banner in the first lines: its paragraph, at most eight lines.
fn top_banner(lines: &mut [Line<'_>]) {
    let mut seen = 0;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let text = line.text.trim_start_matches(['*', ' ', '-', '=', '#', '\u{26a0}', '\u{fe0f}']);
        at += 1;
        if text.is_empty() {
            continue;
        }
        seen += 1;
        if seen > 4 || line.quoted() {
            return;
        }
        let lower = start_lower(text, 90);
        let Some(phrase) = TOP_BANNERS.iter().find(|phrase| lower.starts_with(**phrase)) else { continue };
        // A tag such as [EXTERNAL] is a banner of its own; a sentence goes on to the empty line.
        let tag_only = phrase.starts_with('[') && text.chars().count() <= phrase.chars().count() + 2;
        let length = if tag_only {
            1
        } else if phrase.starts_with('[') && text.chars().count() > 160 {
            0
        } else {
            lines.iter().skip(at - 1).take(8).take_while(|line| !line.blank()).count()
        };
        mark(lines, at - 1, at - 1 + length, FoldKind::Banner);
        at += length.saturating_sub(1);
    }
}

/// A list's or scanner's footer in the last lines; gives the line at which it begins.
fn footer(lines: &mut [Line<'_>]) -> usize {
    let count = lines.len();
    let from = count.saturating_sub(14);
    let mut found = count;
    for at in from..count {
        let Some(line) = lines.get(at) else { break };
        let text = line.text.trim();
        if line.quoted() || text.is_empty() {
            continue;
        }
        let rule = (text.len() >= 8 && text.bytes().all(|b| matches!(b, b'_' | b'-' | b'=' | b'*' | b'~')))
            || (text.len() >= 2 && text.bytes().all(|b| b == b'_'));
        let span = if rule { lines.get(at + 1..(at + 7).min(count)) } else { lines.get(at..at + 1) };
        let hit = span.unwrap_or_default().iter().any(|line| {
            let lower = line.text.to_lowercase();
            FOOTERS.iter().any(|phrase| if rule { lower.contains(phrase) } else { lower.starts_with(phrase) })
        });
        if hit && !lines.get(at..).unwrap_or_default().iter().any(Line::quoted) {
            found = at;
            break;
        }
    }
    mark(lines, found, count, FoldKind::Banner);
    found
}

/// Attribution lines, header blocks and separators; `footer` is where a footer begins.
fn quotes(lines: &mut [Line<'_>], footer: usize) {
    let mut at = 0;
    let mut candidates = 0;
    while at < footer {
        let Some(line) = lines.get(at) else { break };
        if line.blank() || line.kind.is_some() {
            at += 1;
            continue;
        }
        if separator(line.text) || header_block(lines, at) {
            let from = rule_above(lines, at);
            let Some(quoted) = quoted_after(lines, at, footer) else {
                mark(lines, from, footer, FoldKind::Quote);
                return;
            };
            // What it introduces carries quote marks, so what carries none is the answer.
            mark(lines, from, quoted, FoldKind::Quote);
            at = quoted;
            continue;
        }
        candidates += usize::from(line.text.ends_with([':', '：']));
        if candidates <= CANDIDATES_LIMIT
            && let Some((from, strong)) = attribution::ending_at(lines, at)
        {
            let next = lines.get(at + 1..footer).unwrap_or_default().iter().find(|line| !line.blank());
            match next {
                Some(next) if next.quoted() => mark(lines, from, at + 1, FoldKind::Quote),
                // With nothing above it the text below is all there is: only the line folds.
                Some(_) if strong && !anything_above(lines, from) => mark(lines, from, at + 1, FoldKind::Quote),
                Some(next) if strong && !separator(next.text) => {
                    mark(lines, from, footer, FoldKind::Quote);
                    return;
                }
                Some(_) => {}
                None if strong => mark(lines, from, at + 1, FoldKind::Quote),
                None => {}
            }
        }
        at += 1;
    }
}

/// The marked line with which the mail under a separator or header block begins, if it does.
fn quoted_after(lines: &[Line<'_>], at: usize, footer: usize) -> Option<usize> {
    let mut head = true;
    for (offset, line) in lines.get(at..footer).unwrap_or_default().iter().enumerate().take(40) {
        if line.quoted() {
            return Some(at + offset);
        }
        let part_of_head = offset == 0 || label(line.text).is_some() || line.text.starts_with([' ', '\t']);
        // A label's value goes on in the next line.
        let goes_on = head && offset > 0 && !line.blank();
        if !(line.blank() || part_of_head || goes_on) {
            return None;
        }
        head = !line.blank() || offset == 0;
    }
    None
}

fn anything_above(lines: &[Line<'_>], at: usize) -> bool {
    lines.get(..at).unwrap_or_default().iter().any(|line| !line.blank() && line.kind.is_none())
}

/// The rule of underscores above a header block belongs to it.
fn rule_above(lines: &[Line<'_>], at: usize) -> usize {
    let above = lines.get(..at).unwrap_or_default();
    let last = above.iter().rposition(|line| !line.blank());
    match last.and_then(|last| above.get(last).map(|line| (last, line.text.trim()))) {
        Some((last, text)) if text.len() >= 5 && text.bytes().all(|b| matches!(b, b'_' | b'-' | b'=')) => last,
        _ => at,
    }
}

/// Whether the body begins, after the writer's own words, with a block that hands mail on (R129).
pub(super) fn forwards(text: &Text) -> bool {
    let Some(quote) = text.folds.iter().find(|fold| fold.kind == FoldKind::Quote) else { return false };
    let start = text.body.get(quote.start..quote.end).unwrap_or("").trim_start();
    let first = start.lines().next().unwrap_or("").to_lowercase();
    separator(&first) && FORWARDS.iter().any(|word| first.contains(word))
}

/// `-----Original Message-----` and its like.
fn separator(text: &str) -> bool {
    let trimmed = text.trim();
    if !trimmed.starts_with(['-', '_', '=', '*', 'B', 'b', 'P', 'p', 'D', 'd', 'A', 'a', 'I', 'i'])
        || trimmed.len() > 160
    {
        return false;
    }
    let inner = trimmed.trim_matches(['-', '_', '=', '*', ' ', '>', '<', ':', '–', '—']);
    let framed = trimmed.starts_with(['-', '_', '=', '*']);
    if inner.is_empty() || !(framed || trimmed.ends_with(':')) {
        return false;
    }
    let lower = inner.to_lowercase().replace('’', "'");
    if SEPARATORS.contains(lower.as_str()) {
        return true;
    }
    // `--- Original message --- From: …` and `---- Forwarded by Anna on 05.08 ----`.
    trimmed.starts_with("--")
        && SEPARATORS.iter().any(|word| lower.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '-', ':'])))
}

/// The label a line begins with, as in `Od: Anna` or `*From:* Anna`.
pub(super) fn label(text: &str) -> Option<Label> {
    let text = text.trim_start_matches([' ', '*', '\t', '|']);
    let (at, _) = text.char_indices().take(24).find(|(_, c)| matches!(c, ':' | '：'))?;
    let word = text.get(..at)?.trim_end_matches([' ', '*', '\u{a0}', '\t']);
    if word.is_empty() {
        return None;
    }
    LABELS.get(word.to_lowercase().as_str()).copied()
}

/// Whether a quoted header block begins here: a sender's label, and at least two other kinds of
/// which one is a date or a subject, within the next lines.
fn header_block(lines: &[Line<'_>], at: usize) -> bool {
    let Some(first) = lines.get(at).and_then(|line| label(line.text)) else { return false };
    if first == Label::Other {
        return false;
    }
    let (mut from, mut date, mut to, mut subject) = (false, false, false, false);
    let mut gaps = 0;
    let mut since_label = 0;
    for line in lines.iter().skip(at).take(16) {
        if line.quoted() {
            break;
        }
        if line.blank() {
            gaps += 1;
            // HTML turned into text has an empty line between paragraphs.
            if gaps > 5 || since_label > 0 {
                break;
            }
            continue;
        }
        match label(line.text) {
            Some(Label::From) => from = true,
            Some(Label::Date) => date = true,
            Some(Label::To) => to = true,
            Some(Label::Subject) => subject = true,
            Some(Label::Other) => {}
            None if since_label >= 3 => break,
            None => {
                since_label += 1;
                continue;
            }
        }
        since_label = 0;
    }
    // `De:` and `Da:` are a label of the sender and words besides; two others keep it safe.
    from && u8::from(date) + u8::from(to) + u8::from(subject) >= 2 && (date || subject)
}

/// `-- ` up to the next quote, and the one-liners of phones. Only the last lines of a run of new
/// text are asked, so the cost does not grow with its length times itself.
fn signatures(lines: &mut [Line<'_>], footer: usize) {
    let mut start = 0;
    while start < footer {
        let run = lines.get(start..footer).unwrap_or_default();
        let length = run.iter().position(|line| line.kind.is_some()).unwrap_or(run.len());
        if let Some(at) = signature_in(run.get(..length).unwrap_or_default()) {
            mark(lines, start + at, start + length, FoldKind::Signature);
        }
        start += length + 1;
    }
}

/// Where the signature of a run of new text begins: the earliest line that can.
fn signature_in(run: &[Line<'_>]) -> Option<usize> {
    let mut found = None;
    let last = run.iter().enumerate().rev().filter(|(_, line)| !line.blank());
    for (following, (at, line)) in last.take(41).enumerate() {
        let text = line.text.trim_start();
        let delimiter = matches!(text, "--" | "\u{2014}" | "\u{2013}\u{2013}");
        if delimiter || (following <= 3 && text.len() <= 140 && is_one_liner(text)) {
            found = Some(at);
        }
    }
    found
}

fn is_one_liner(text: &str) -> bool {
    let text = text.trim_start_matches(['[', '<', '(', '*', '_', '-', '~', ' ']);
    let lower = start_lower(text, 60).replace('’', "'");
    SIGNATURES.iter().any(|start| lower.starts_with(start))
}

/// The first `octets` of a text in lower case.
fn start_lower(text: &str, octets: usize) -> String {
    let mut end = octets.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("").to_lowercase().replace('’', "'")
}

/// Runs of lines of one kind as byte ranges; blank lines between two runs of a kind join them.
/// Blank lines after a run go with it if one stands before it, so that folding it leaves one gap.
fn ranges(body: &str, lines: &[Line<'_>]) -> Vec<Fold> {
    let mut folds: Vec<Fold> = Vec::new();
    // Nothing but blank lines since the last fold.
    let mut blank_since = false;
    // A blank line, or the start of the text, stands before the last fold.
    let mut gap_before = true;
    let mut last_blank = true;
    for (index, line) in lines.iter().enumerate() {
        let end = lines.get(index + 1).map_or(body.len(), |next| next.start);
        match (line.kind, folds.last_mut()) {
            (None, Some(last)) if line.blank() && blank_since && gap_before => last.end = end,
            (None, _) => blank_since &= line.blank(),
            (Some(kind), Some(last)) if last.kind == kind && (last.end == line.start || blank_since) => {
                last.end = end;
                blank_since = true;
            }
            (Some(kind), _) => {
                folds.push(Fold { start: line.start, end, kind });
                gap_before = last_blank;
                blank_since = true;
            }
        }
        last_blank = line.blank();
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn visible(body: &str) -> String {
        Text { body: body.to_owned(), folds: folds(body, &[]), language: None }.visible()
    }

    #[test]
    fn attributions_of_many_languages_end_the_new_text() {
        for line in [
            "On Mon, Aug 5, 2024 at 9:00 AM Anna Nowak <anna@firma.pl> wrote:",
            "On Mon, Aug 5, 2024 at 9:00 AM Anna Nowak <anna@firma.pl>\nwrote:",
            "W dniu 05.08.2024 o 09:00, Anna Nowak pisze:",
            "Dnia 5 sierpnia 2024 09:00 Anna Nowak <anna@firma.pl> napisał(a):",
            "pon., 5 sie 2024 o 09:00 Anna Nowak <anna@firma.pl> napisał(a):",
            "Wiadomość napisana przez Anna Nowak <anna@firma.pl> w dniu 05.08.2024, o godz. 09:00:",
            "Am 05.08.2024 um 09:00 schrieb Anna Nowak:",
            "Le lun. 5 août 2024 à 09:00, Anna Nowak <anna@firma.pl> a écrit :",
            "El lun, 5 ago 2024 a las 9:00, Anna Nowak (<anna@firma.pl>) escribió:",
            "Il giorno lun 5 ago 2024 alle ore 09:00 Anna Nowak <anna@firma.pl> ha scritto:",
            "Em seg., 5 de ago. de 2024 às 09:00, Anna <anna@firma.pl> escreveu:",
            "Op ma 5 aug 2024 om 09:00 schreef Anna Nowak <anna@firma.pl>:",
            "Den mån 5 aug. 2024 kl 09:00 skrev Anna Nowak <anna@firma.pl>:",
            "ma 5. elok. 2024 klo 9.00 Anna Nowak (anna@firma.pl) kirjoitti:",
            "po 5. 8. 2024 v 9:00 odesílatel Anna Nowak <anna@firma.pl> napsal:",
            "Anna Nowak <anna@firma.pl> ezt írta (időpont: 2024. aug. 5., H, 9:00):",
            "пн, 5 авг. 2024 г. в 09:00, Anna Nowak <anna@firma.pl>:",
            "Anna Nowak <anna@firma.pl> 于2024年8月5日周一 09:00写道：",
            "2024年8月5日(月) 9:00 Anna Nowak <anna@firma.pl>:",
        ] {
            assert_eq!(visible(&format!("Tak.\n\n{line}\n\n> stare\n")), "Tak.", "{line}");
            assert_eq!(visible(&format!("Tak.\n\n{line}\n\nstare\n")), "Tak.", "{line}");
        }
    }

    #[test]
    fn a_sentence_that_only_looks_like_an_attribution_stays() {
        for body in
            ["On Monday I met Ola and she wrote:\nwe take it.", "Klient napisał:\nbierzemy 10 sztuk", "See below:\nfoo"]
        {
            assert_eq!(visible(body), body);
        }
    }

    #[test]
    fn header_blocks_and_separators_end_the_new_text() {
        for block in [
            "From: Anna\nSent: Monday\nTo: Jan\nSubject: x\n\nstare",
            "Od: Anna\nWysłano: 5 sierpnia\nDo: Jan\nTemat: x\n\nstare",
            "*Von:* Anna\n*Gesendet:* Montag\n*An:* Jan\n*Betreff:* x\n\nstare",
            "________________________________\nDe : Anna\nEnvoyé : lundi\nÀ : Jan\nObjet : x\n\nstare",
            "-----Oryginalna wiadomość-----\nstare",
            "---------- Forwarded message ---------\nstare",
            "Begin forwarded message:\n\nstare",
        ] {
            assert_eq!(visible(&format!("Tak.\n\n{block}")), "Tak.", "{block}");
        }
        assert_eq!(visible("From: here\nto there it is far"), "From: here\nto there it is far");
    }

    #[test]
    fn an_answer_below_a_marked_quote_stays_visible() {
        let body =
            "----- Original Message -----\nFrom: \"Ewa\" <ewa@x.org>\nTo: <jan@x.org>\n\n> stare\n> dalej\n\nNowe.\n";
        assert_eq!(visible(body), "Nowe.");
    }

    #[test]
    fn answers_between_quotes_stay_visible() {
        let body = "W dniu 05.08.2024 o 09:00, Anna pisze:\n> Czy 14 dni?\n\nTak.\n\n> A miejsce?\nŁódź.\n";
        assert_eq!(visible(body).split_whitespace().collect::<Vec<_>>(), ["Tak.", "Łódź."]);
    }

    #[test]
    fn signatures_fold_and_stay_in_the_body() {
        assert_eq!(visible("Tak.\n\n-- \nAnna\ntel. 1\n"), "Tak.");
        assert_eq!(visible("Tak.\n\nWysłane z iPhone’a\n\n> stare"), "Tak.");
        assert_eq!(
            visible("Sent from my desk, with love,\nto you\nand you\nand\nall of you"),
            "Sent from my desk, with love,\nto you\nand you\nand\nall of you"
        );
    }

    #[test]
    fn banners_and_footers_fold() {
        assert_eq!(visible("[EXTERNAL]\n\nTak."), "Tak.");
        assert_eq!(
            visible("CAUTION: This email originated from outside of the organization.\nDo not click.\n\nTak."),
            "Tak."
        );
        assert_eq!(visible("UWAGA: Wiadomość zewnętrzna.\n\nTak."), "Tak.");
        let list = "Tak.\n_______________________________________________\nSales mailing list\nSales@lists.example\nhttps://lists.example/listinfo/sales\n";
        assert_eq!(visible(list), "Tak.");
    }

    proptest! {
        #[test]
        fn folds_are_ordered_and_lie_on_characters(body in "(> ?|-- ?\n|\n|On 5 May 2024 10:00 a@b.c wrote:|From: |To: |Subject: |\\PC|ż){0,60}") {
            let mut last = 0;
            for fold in folds(&body, &[]) {
                prop_assert!(fold.start >= last && fold.start < fold.end);
                prop_assert!(body.get(fold.start..fold.end).is_some());
                last = fold.end;
            }
        }
    }
}

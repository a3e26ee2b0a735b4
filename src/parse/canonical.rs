//! One form of a mail's text in which two copies of it are equal (promise P2).
//!
//! White space is folded, banners and footers are left out, quote marks at line starts go (a
//! gateway that wraps lines moves them), and links that a gateway rewrote are undone.

use super::phrases::MARKS;
use super::words;
use crate::model::mail::{FoldKind, Mail};

/// An added passage longer than this is no banner.
const ADDED_LIMIT: usize = 2_000;

/// The canonical visible text of a mail.
pub fn canonical(mail: &Mail) -> String {
    let body = &mail.text.body;
    let mut out = String::with_capacity(body.len());
    let mut at = 0;
    for fold in mail.text.folds.iter().filter(|fold| fold.kind == FoldKind::Banner) {
        push_folded(&mut out, body.get(at..fold.start).unwrap_or(""));
        at = fold.end;
    }
    push_folded(&mut out, body.get(at..).unwrap_or(""));
    out
}

fn push_folded(out: &mut String, text: &str) {
    for line in text.lines() {
        let linked = line.contains("://");
        for word in line.trim_start_matches(['>', ' ']).split_whitespace() {
            if !out.is_empty() {
                out.push(' ');
            }
            match linked.then(|| original_link(word)).flatten() {
                Some(link) => out.push_str(&link),
                None => out.push_str(word),
            }
        }
    }
}

/// The link that a gateway rewrote: Microsoft's safelinks and Proofpoint's urldefense.
fn original_link(word: &str) -> Option<String> {
    if !word.contains("://") {
        return None;
    }
    if word.contains(".safelinks.protection.outlook.com/") {
        let (_, query) = word.split_once("url=")?;
        let target = query.split(['&', '>', ')']).next()?;
        return Some(String::from_utf8_lossy(&words::percent(target.as_bytes())).into_owned());
    }
    let (_, inner) = word.split_once("urldefense.com/v3/__")?;
    inner.split_once("__;").map(|(link, _)| link.to_owned())
}

/// Whether two canonical texts do not materially differ: equal, or one is the other with a short
/// passage before or after it that reads like a gateway's banner or footer.
pub fn same_text(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short == long {
        return true;
    }
    if short.is_empty() || long.len() - short.len() > ADDED_LIMIT {
        return false;
    }
    // The longer text may have a banner above and a footer below at once.
    let starts = long.match_indices(short).take(8);
    starts.into_iter().any(|(at, _)| {
        let above = long.get(..at).unwrap_or("");
        let below = long.get(at + short.len()..).unwrap_or("");
        let whole_words = (above.is_empty() || above.ends_with(' ')) && (below.is_empty() || below.starts_with(' '));
        whole_words && is_addition(above) && is_addition(below)
    })
}

fn is_addition(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    text.is_empty() || MARKS.iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> String {
        canonical(&super::super::parse(format!("From: a@b.pl\n\n{body}").as_bytes()))
    }

    #[test]
    fn wrapping_banners_and_rewritten_links_make_no_difference() {
        let plain = of("Dzień dobry, proszę o ofertę na pompy. https://klient.pl/a?b=1");
        assert_eq!(plain, of("Dzień dobry,\nproszę o   ofertę\nna pompy.\nhttps://klient.pl/a?b=1"));
        assert_eq!(plain, of("[EXTERNAL]\n\nDzień dobry, proszę o ofertę na pompy. https://klient.pl/a?b=1"));
        let link = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fklient.pl%2Fa%3Fb%3D1&data=05";
        assert_eq!(plain, of(&format!("Dzień dobry, proszę o ofertę na pompy. {link}")));
    }

    #[test]
    fn an_added_banner_or_footer_is_no_other_text_and_an_added_sentence_is() {
        let text = of("Proszę o ofertę.");
        assert!(same_text(
            &text,
            &of("Proszę o ofertę.\n\nThis message is confidential and for the intended recipient.")
        ));
        assert!(!same_text(&text, &of("Proszę o ofertę.\n\nA zamówienie 12 odwołuję.")));
        assert!(!same_text(&text, &of("Nie proszę o ofertę.")));
        assert!(!same_text("", "cokolwiek external"));
        assert!(same_text("", ""));
    }
}

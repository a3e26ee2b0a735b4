//! Where the words that were searched for stand in a text that is shown. Pure; what comes out is text, and
//! the templates escape it.

use crate::store::text::tokens;

/// Words before the first hit that are shown.
const BEFORE: usize = 8;

/// The text in pieces, with whether each is a hit: words that are one of `words`, or begin so.
pub(super) fn marked(text: &str, words: &[String], beginning: bool) -> Vec<(bool, String)> {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    let mut add = |hit: bool, piece: &str| match pieces.last_mut() {
        Some((last, so_far)) if *last == hit => so_far.push_str(piece),
        _ => pieces.push((hit, piece.to_owned())),
    };
    for piece in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        let (word, rest) = piece.split_at_checked(word.len()).unwrap_or((piece, ""));
        if !word.is_empty() {
            add(is_hit(word, words, beginning), word);
        }
        if !rest.is_empty() {
            add(false, rest);
        }
    }
    pieces
}

fn is_hit(word: &str, words: &[String], beginning: bool) -> bool {
    let folded = tokens(word).concat();
    let is = |sought: &String| if beginning { folded.starts_with(sought.as_str()) } else { folded == *sought };
    !folded.is_empty() && words.iter().any(is)
}

/// A part of a text with the first hit in it, at most about `most` characters, its white space folded; `None`
/// if there is no text.
pub(super) fn around(text: &str, words: &[String], most: usize) -> Option<String> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let hit =
        parts.iter().position(|part| part.split(|c: char| !c.is_alphanumeric()).any(|word| is_hit(word, words, false)));
    let begin = hit.unwrap_or(0).saturating_sub(BEFORE);
    // A short way in is no reason to cut the beginning off.
    let begin = if begin <= BEFORE { 0 } else { begin };
    let mut out = String::new();
    if begin > 0 {
        out.push('…');
    }
    let mut room = most;
    for part in parts.iter().skip(begin) {
        if !out.is_empty() && !out.ends_with('…') {
            out.push(' ');
        }
        let length = part.chars().count() + 1;
        if length > room {
            out.extend(part.chars().take(room));
            out.push('…');
            break;
        }
        out.push_str(part);
        room -= length;
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text)
    }

    #[test]
    fn hits_are_marked_whatever_their_diacritics() {
        let hits = |text: &str, sought: &str, beginning| -> Vec<String> {
            let pieces = marked(text, &words(sought), beginning);
            assert_eq!(pieces.iter().map(|(_, piece)| piece.as_str()).collect::<String>(), text);
            pieces.into_iter().filter(|(hit, _)| *hit).map(|(_, piece)| piece).collect()
        };
        assert_eq!(hits("Zażółć, Żółć i żółcią", "zolc", false), ["Żółć"]);
        assert_eq!(hits("Zażółć, Żółć i żółcią", "zolc", true), ["Żółć", "żółcią"]);
        assert_eq!(hits("<b>pilne</b>", "b pilne", false), ["b", "pilne", "b"]);
    }

    #[test]
    fn the_part_that_is_shown_holds_the_hit() {
        let text = format!("{} faktura za pompy {}", "słowo ".repeat(60), "dalej ".repeat(60));
        let part = around(&text, &words("faktura"), 80).unwrap();
        assert!(part.starts_with("…słowo") && part.contains("faktura za pompy") && part.ends_with('…'), "{part}");
        assert_eq!(around("  krótki\n tekst ", &words("x"), 80).as_deref(), Some("krótki tekst"));
        assert_eq!(around(" ", &words("x"), 80), None);
    }

    proptest! {
        #[test]
        fn nothing_of_a_text_is_lost_by_marking(text in any::<String>(), sought in any::<String>()) {
            let whole: String = marked(&text, &tokens(&sought), true).into_iter().map(|(_, piece)| piece).collect();
            prop_assert_eq!(whole, text.clone());
            around(&text, &tokens(&sought), 50);
        }
    }
}

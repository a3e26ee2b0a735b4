//! Whether a mail asks something: only then an answer is waited for. Pure; looks at the writer's new
//! text alone.
//!
//! A question mark at the end of a word, or one of a few phrases by which people ask without one. What
//! stands below the line that begins a signature asks nothing, and a question mark within a link is none.

use crate::model::fold::fold;

/// Characters of text that are looked at.
const LOOKED_AT: usize = 20_000;

/// Folded phrases that ask.
const PHRASES: &[&str] = &[
    "please let me know",
    "please let us know",
    "let me know",
    "please confirm",
    "please send",
    "please provide",
    "please advise",
    "please reply",
    "could you",
    "would you",
    "can you please",
    "awaiting your",
    "waiting for your",
    "looking forward to your reply",
    "looking forward to your answer",
    "looking forward to your feedback",
    "looking forward to hearing from you",
    "prosze o ",
    "prosimy o ",
    "prosze potwierdzic",
    "prosimy potwierdzic",
    "prosze przeslac",
    "prosimy przeslac",
    "prosze dac znac",
    "prosze daj znac",
    "daj znac",
    "dajcie znac",
    "czekam na",
    "czekamy na",
    "bede wdzieczny za",
    "bede wdzieczna za",
    "czy moglby",
    "czy moglaby",
    "czy mozecie",
    "czy mozesz",
];

/// Whether this text asks something.
pub fn asks(visible: &str) -> bool {
    let text: String = visible.chars().take(LOOKED_AT).collect();
    let above = text.lines().take_while(|line| !matches!(line.trim_end(), "--" | "—")).filter(|l| !l.starts_with('>'));
    let lines: Vec<&str> = above.collect();
    let question = |word: &str| {
        let word = word.trim_end_matches(['"', '”', '\'', '»', ')', '!', '*', '_']);
        word.ends_with('?') && !word.contains("://") && !word.starts_with("www.")
    };
    if lines.iter().flat_map(|line| line.split_whitespace()).any(question) {
        return true;
    }
    let folded = fold(&lines.join(" "));
    PHRASES.iter().any(|phrase| folded.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_requests_ask_in_both_languages() {
        for text in [
            "Which day suits you?",
            "Is Monday fine (or \"Tuesday?\")",
            "Proszę o potwierdzenie terminu.",
            "Dajcie znać, kiedy możemy podjechać.",
            "Please confirm the quantity.",
            "Kiedy możemy liczyć na ofertę ?",
        ] {
            assert!(asks(text), "{text}");
        }
    }

    #[test]
    fn statements_links_and_signatures_do_not() {
        for text in [
            "Thank you, we received it.",
            "See https://acme.test/list?page=2 for the list.",
            "Dziękuję, wszystko jasne.\n-- \nAnna\nMasz pytania?",
            "> Which day suits you?\nMonday.",
            "https://acme.test/?",
            "",
        ] {
            assert!(!asks(text), "{text}");
        }
    }
}

//! Subjects: the base subject (R124), reply and forward prefixes, automatic prefixes (R113).

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a prefix says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// An answer.
    Reply,
    /// Handed on.
    Forward,
    /// Written by a machine.
    Automatic,
}

static TABLE: LazyLock<HashMap<String, Prefix>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for line in include_str!("data/subject-prefixes.txt").lines() {
        let kind = match line.split_once('\t') {
            Some(("reply", text)) => Some((text, Prefix::Reply)),
            Some(("forward", text)) => Some((text, Prefix::Forward)),
            Some(("automatic", text)) => Some((text, Prefix::Automatic)),
            _ => None,
        };
        if let Some((text, kind)) = kind {
            table.insert(fold(text), kind);
        }
    }
    table
});

/// A subject taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subject {
    /// Without reply and forward prefixes and list tags.
    pub base: String,
    /// It carried a forward prefix or `(fwd)`, outermost before any reply prefix.
    pub forward: bool,
    /// It carried a reply prefix.
    pub reply: bool,
    /// The automatic prefix it begins with, when nothing stands before it (R43).
    pub automatic: Option<String>,
}

/// Takes a decoded subject apart. `base` is idempotent: its own base is itself.
pub(super) fn read(subject: &str) -> Subject {
    let mut found = Subject::default();
    let mut outermost = None;
    let mut rest = squeeze(subject);
    loop {
        let before = rest.len();
        if let Some((kind, after)) = prefix(&rest) {
            outermost = outermost.or(Some(kind));
            found.reply |= kind == Prefix::Reply;
            rest = after;
        } else if let Some(after) = tag(&rest) {
            rest = after;
        }
        if let Some(inner) = trailer(&rest) {
            outermost = outermost.or(Some(Prefix::Forward));
            rest = inner;
        }
        if rest.len() == before {
            break;
        }
    }
    found.forward = outermost == Some(Prefix::Forward);
    if outermost.is_none() {
        found.automatic = automatic(&rest);
    }
    found.base = rest;
    found
}

/// One line, white space folded.
pub(super) fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// A reply or forward prefix with what follows it.
fn prefix(text: &str) -> Option<(Prefix, String)> {
    let colon = text.char_indices().take(24).find(|(_, c)| matches!(c, ':' | '：'))?;
    let (head, tail) = text.split_at_checked(colon.0)?;
    let word = head.trim().trim_end_matches(|c: char| c.is_ascii_digit() || "[]()^* ".contains(c));
    let kind = TABLE.get(&fold(word)).copied().filter(|kind| *kind != Prefix::Automatic)?;
    let rest = tail.get(colon.1.len_utf8()..).unwrap_or("").trim_start();
    // `Re:` alone keeps an empty base, which says that there was no subject.
    Some((kind, rest.to_owned()))
}

/// A list or gateway tag at the start: `[EXT]`, `[ML 123]`. Kept if nothing would follow.
fn tag(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[')?;
    let (inside, rest) = inner.split_once(']')?;
    let rest = rest.trim_start();
    let short = inside.chars().count() <= 40 && !inside.contains('[');
    (short && !rest.is_empty()).then(|| rest.to_owned())
}

/// `(fwd)` at the end, and `[fwd: …]` around.
fn trailer(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if lower.ends_with("(fwd)") {
        return text.get(..text.len() - 5).map(|t| t.trim_end().to_owned());
    }
    if (lower.starts_with("[fwd:") || lower.starts_with("[fw:")) && lower.ends_with(']') {
        let start = lower.find(':')? + 1;
        return text.get(start..text.len() - 1).map(|t| t.trim().to_owned());
    }
    None
}

/// The automatic prefix at the start, with a colon, dash, full stop or the end after it.
fn automatic(text: &str) -> Option<String> {
    let folded = fold(text);
    // `AUTO:` is what Domino writes before its notices, and alone it is no evidence (R43).
    if folded.starts_with("auto:")
        && ["out of the office", "is out of office", "poza biurem"].iter().any(|w| folded.contains(w))
    {
        return Some("auto: … out of the office".to_owned());
    }
    let longest = TABLE
        .iter()
        .filter(|(prefix, kind)| **kind == Prefix::Automatic && folded.starts_with(prefix.as_str()))
        .max_by_key(|(prefix, _)| prefix.len())?;
    let rest = folded.get(longest.0.len()..).unwrap_or("").trim_start();
    let ended = rest.is_empty()
        || rest.starts_with([':', '：', '-', '–', '—', '(', '[', '"', '!'])
        || ["reply", "autoreply", "message", "notice", "notification"].iter().any(|word| {
            // French programs put a space before the colon, others write a wide one.
            let more = rest.strip_prefix(word).map(str::trim_start);
            more.is_some_and(|more| more.is_empty() || more.starts_with([':', '：']))
        });
    let reply_word = ["reply", "response", "odpowied", "antwort", "réponse", "répons", "svar", "vastaus", "ответ"];
    // "Out of office next week?" is a person's question; "Automatic reply from …" is not.
    let plain = reply_word.iter().any(|word| longest.0.contains(word));
    (ended || plain).then(|| longest.0.clone())
}

/// Lower case, with typographic spaces and apostrophes made plain.
fn fold(text: &str) -> String {
    text.trim().to_lowercase().replace(['\u{a0}', '\u{202f}'], " ").replace('’', "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prefixes_of_many_languages_counters_and_tags_go() {
        for text in [
            "Oferta 117",
            "Re: Oferta 117",
            "ODP: RE[2]: Fwd: Oferta 117",
            "AW: WG: Oferta 117",
            "Re(3): Oferta 117",
            "回复：Oferta 117",
            "[EXT] Re: [lista 12] Oferta 117",
            "Re:Oferta   117 (fwd)",
            "[Fwd: Oferta 117]",
            "SV: VS: Antw: RIF: TR: Oferta 117",
        ] {
            assert_eq!(read(text).base, "Oferta 117", "{text}");
        }
    }

    #[test]
    fn words_before_a_colon_that_are_no_prefix_stay() {
        for text in ["Umowa: aneks", "Reminder: call", "10:30 call", "[EXT]"] {
            assert_eq!(read(text).base, text);
        }
    }

    #[test]
    fn forward_is_what_stands_outermost() {
        assert!(read("Fwd: Re: x").forward);
        assert!(!read("Re: Fwd: x").forward);
        assert!(read("PD: x").forward);
    }

    #[test]
    fn automatic_prefixes_count_only_at_the_very_start() {
        assert!(read("Automatyczna odpowiedź: Oferta").automatic.is_some());
        assert!(read("Réponse automatique : Offre").automatic.is_some());
        assert!(read("自動応答: x").automatic.is_some());
        assert!(read("RE: Automatic reply: x").automatic.is_none());
        assert!(read("Out of office next week?").automatic.is_none());
        assert!(read("Auto: sprzedam").automatic.is_none());
    }

    proptest! {
        #[test]
        fn the_base_of_a_base_is_itself(text in "((re|fwd|aw|odp)(\\[2\\])?: ?|\\[[a-z]{1,4}\\] ?|[a-z ()\\[\\]:]{0,6}|\\(fwd\\)|\\[fwd: ?|\\]){0,8}") {
            let base = read(&text).base;
            prop_assert_eq!(&read(&base).base, &base);
        }
    }
}

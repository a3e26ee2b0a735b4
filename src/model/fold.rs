//! The one form in which names and words are compared and sorted. Databases fold and sort text
//! differently, so it is done here, and both index the same words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// `text` in lower case, without diacritics, with single spaces: `Żółć  GmbH` is `zolc gmbh`.
///
/// Letters that Unicode does not take apart (`ł`, `ø`, `đ`, `ß`, …) become their plain ones.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Most characters of most texts need no table. Marks go, so their order need not be put right.
        match c {
            'a'..='z' | '0'..='9' | '!'..='/' => out.push(c),
            '\0' => {}
            c if c.is_ascii() => lower(&mut out, c.to_ascii_lowercase()),
            c => decompose_compatible(c, |part| part.to_lowercase().for_each(|c| lower(&mut out, c))),
        }
    }
    let end = out.trim_end().len();
    out.truncate(end);
    out
}

/// Adds a character of lower case, taken apart.
fn lower(out: &mut String, c: char) {
    match c {
        'ł' => out.push('l'),
        'ø' => out.push('o'),
        'đ' | 'ð' => out.push('d'),
        'ħ' => out.push('h'),
        'ı' => out.push('i'),
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        c if c.is_whitespace() => {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        }
        c if c.is_ascii() => out.push(c),
        // `İ` in lower case is `i` and a combining dot.
        c if is_combining_mark(c) => {}
        c => out.push(c),
    }
}

/// Stands after a letter that the Polish alphabet puts behind its plain one, and sorts after every other
/// character: private use, which [`fold`] leaves alone.
const BEHIND: char = '\u{10fffc}';
/// As [`BEHIND`], for the second letter behind the same plain one (`ż` after `ź`).
const FURTHER_BEHIND: char = '\u{10fffd}';

/// The key by which names are sorted, compared octet by octet: as [`fold`], but the nine letters of the
/// Polish alphabet come after their plain ones, in either language of the pages: `Lzy`, `Łabędź`, `Mewa`.
///
/// It is kept in the database, so it must be the same on both and in every version of a library; keys of
/// ICU are not, and its data would be the largest part of the program.
pub fn sort_key(text: &str) -> String {
    if text.is_ascii() {
        return fold(text);
    }
    let mut marked = String::with_capacity(text.len() + 16);
    for c in text.nfc() {
        let (plain, mark) = match c {
            'ą' | 'Ą' => ('a', BEHIND),
            'ć' | 'Ć' => ('c', BEHIND),
            'ę' | 'Ę' => ('e', BEHIND),
            'ł' | 'Ł' => ('l', BEHIND),
            'ń' | 'Ń' => ('n', BEHIND),
            'ó' | 'Ó' => ('o', BEHIND),
            'ś' | 'Ś' => ('s', BEHIND),
            'ź' | 'Ź' => ('z', BEHIND),
            'ż' | 'Ż' => ('z', FURTHER_BEHIND),
            c => {
                marked.push(c);
                continue;
            }
        };
        marked.extend([plain, mark]);
    }
    fold(&marked)
}

/// [`sort_key`] where it is not the same as [`fold`]: what is kept beside the folded name.
pub fn special_sort_key(text: &str) -> Option<String> {
    let key = sort_key(text);
    (key != fold(text)).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::fold;
    use super::{sort_key, special_sort_key};
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;

    proptest! {
        #[test]
        fn character_by_character_it_is_as_the_text_normalised_as_a_whole(text in "(\\PC|[\u{0}-\u{2ff}]|[\u{300}-\u{36f}]|[\u{ac00}-\u{ad00}]){0,40}") {
            let whole: String = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
            prop_assert_eq!(fold(&text), fold(&whole));
        }
    }

    #[test]
    fn case_diacritics_and_spaces_do_not_matter() {
        assert_eq!(fold("  Zażółć  GĘŚLĄ\tJaźń "), "zazolc gesla jazn");
        assert_eq!(fold("Łódź"), fold("LODZ"));
        assert_eq!(fold("Straße"), "strasse");
        assert_eq!(fold("İstanbul"), "istanbul");
        assert_eq!(fold("ﬁn"), "fin");
    }

    #[test]
    fn names_sort_by_the_polish_alphabet_however_they_are_written() {
        let order = [
            "3M",
            "Acme",
            "Azoty",
            "Ąbrówka",
            "Bąk",
            "Cyrk",
            "Ćma",
            "Ewa",
            "Ęsi",
            "Lampart",
            "Latarnia",
            "LZ",
            "Łabędź",
            "łosoś",
            "Mewa",
            "Nowak",
            "Ńa",
            "Oz",
            "Ósemka",
            "Süd",
            "Szpak",
            "Śliwa",
            "Zyta",
            "Źrebak",
            "Żaba",
        ];
        let mut sorted = order;
        sorted.sort_by_key(|name| sort_key(name));
        assert_eq!(sorted, order);
        // Composed and taken apart, in any case: one key.
        assert_eq!(sort_key("z\u{307}aba"), sort_key("ŻABA"));
        assert_eq!(sort_key("  Müller "), "muller");
        assert!(sort_key("Lz") < sort_key("Ł") && sort_key("Ź zz") < sort_key("Ż"));
        assert_eq!((special_sort_key("Süd"), special_sort_key("acme")), (None, None));
        assert!(special_sort_key("Łódź").is_some_and(|key| key != fold("Łódź")));
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Ǆ", "ÅNGSTRÖM", "Ω", "½ Zoll", "a\u{0}b", "ς"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text:?}");
        }
    }
}

//! The languages of the pages, and which of them a browser asks for.

use super::Words;

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Polish.
    Polish,
}

impl Language {
    /// The language that a tag such as `pl` or `pl-PL` names.
    pub fn from_tag(tag: &str) -> Option<Language> {
        let primary = tag.split(['-', '_']).next().unwrap_or("").trim();
        match primary {
            _ if primary.eq_ignore_ascii_case("pl") => Some(Language::Polish),
            _ if primary.eq_ignore_ascii_case("en") => Some(Language::English),
            _ => None,
        }
    }

    /// The best of an `Accept-Language` field (RFC 9110 §12.5.4), if it names one of ours.
    pub fn accepted(field: &str) -> Option<Language> {
        let mut best: Option<(f32, Language)> = None;
        for choice in field.split(',').take(30) {
            let mut parts = choice.split(';');
            let tag = parts.next().unwrap_or("").trim();
            let weight =
                parts.find_map(|p| p.trim().strip_prefix("q=")).map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
            let Some(language) = Language::from_tag(tag) else { continue };
            if weight > 0.0 && best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }

    /// Its texts.
    pub fn words(self) -> &'static Words {
        Words::of(self)
    }
}

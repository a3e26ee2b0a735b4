//! The phrase tables of `data/`, loaded once. Data rather than code, so that a language is added
//! by adding lines.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// A label of a quoted header block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Whose mail it is.
    From,
    /// When it was sent.
    Date,
    /// To whom.
    To,
    /// About what.
    Subject,
    /// Anything else that stands in such a block.
    Other,
}

/// Labels of quoted header blocks, lower case.
pub(super) static LABELS: LazyLock<HashMap<&str, Label>> = LazyLock::new(|| {
    pairs(include_str!("data/quote-headers.txt"))
        .map(|(kind, label)| {
            let kind = match kind {
                "from" => Label::From,
                "date" => Label::Date,
                "to" => Label::To,
                "subject" => Label::Subject,
                _ => Label::Other,
            };
            (label, kind)
        })
        .collect()
});

/// Verbs of attribution lines.
pub(super) static VERBS: LazyLock<Vec<&str>> = LazyLock::new(|| of_kind(include_str!("data/attributions.txt"), "verb"));
/// How attribution lines begin.
pub(super) static STARTS: LazyLock<Vec<&str>> =
    LazyLock::new(|| of_kind(include_str!("data/attributions.txt"), "start"));
/// Lines after which everything is earlier mail.
pub(super) static SEPARATORS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| lines(include_str!("data/separators.txt")).collect());
/// How one-line signatures begin.
pub(super) static SIGNATURES: LazyLock<Vec<&str>> =
    LazyLock::new(|| lines(include_str!("data/signatures.txt")).collect());
/// Phrases of banners above the text.
pub(super) static TOP_BANNERS: LazyLock<Vec<&str>> = LazyLock::new(|| of_kind(include_str!("data/banners.txt"), "top"));
/// Phrases of footers below the text.
pub(super) static FOOTERS: LazyLock<Vec<&str>> = LazyLock::new(|| of_kind(include_str!("data/banners.txt"), "foot"));
/// Words that make an added passage a likely banner or footer.
pub(super) static MARKS: LazyLock<Vec<&str>> = LazyLock::new(|| of_kind(include_str!("data/banners.txt"), "mark"));

/// The lines of a table that are no comment.
pub(super) fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// The `kind<TAB>text` lines of a table.
pub(super) fn pairs(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    lines(table).filter_map(|line| line.split_once('\t'))
}

/// The texts of one kind of such a table.
pub(super) fn of_kind(table: &'static str, kind: &str) -> Vec<&'static str> {
    pairs(table).filter(|(k, _)| *k == kind).map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_tells_its_source_and_holds_lower_case() {
        let tables = [
            include_str!("data/quote-headers.txt"),
            include_str!("data/attributions.txt"),
            include_str!("data/separators.txt"),
            include_str!("data/signatures.txt"),
            include_str!("data/banners.txt"),
            include_str!("data/subject-prefixes.txt"),
            include_str!("data/machines.txt"),
            include_str!("data/absence-words.txt"),
            include_str!("data/calendar-words.txt"),
            include_str!("data/body-words.txt"),
            include_str!("data/failures.txt"),
            include_str!("data/report-words.txt"),
            include_str!("data/opt-outs.txt"),
        ];
        for table in tables {
            assert!(
                table.starts_with('#') && table.contains("# Source:") || table.contains(" Source: "),
                "{:?}",
                table.get(..80)
            );
            for line in lines(table) {
                assert_eq!(line, line.to_lowercase(), "{line}");
            }
        }
    }
}

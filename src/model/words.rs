//! The words of a mail, as far as they may tell one matter from another.

use std::collections::BTreeSet;

/// What a mail says, folded and without words that everybody uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The subject without prefixes, folded; empty where it is too short or too general to tell
    /// anything (R123).
    pub base: String,
    /// The subject says that it is a reply or a forward.
    pub reply: bool,
    /// Words of the subject.
    pub subject: BTreeSet<String>,
    /// Words of the new text and of the beginning of what it quotes.
    pub text: BTreeSet<String>,
    /// Hashes of every run of a few words in a row in that text: two texts that have several of them in
    /// common repeat each other, as a quote does.
    pub runs: BTreeSet<u64>,
    /// Those of what it quotes at first hand; all of `runs` where its quotes are not marked line by line.
    pub quoted: BTreeSet<u64>,
    /// What introduces its quotes, folded: "on … somebody wrote"; with how many quote marks stand before it.
    pub introductions: Vec<(usize, String)>,
}

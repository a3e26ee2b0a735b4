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
}

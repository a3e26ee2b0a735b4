//! Who answers now, in words (U1).

use super::timed::Timed;
use super::when::Clock;
use super::words::{Words, fill};
use crate::model::id::UserId;
use crate::model::record::AnswerPath;
use crate::model::time::Timestamp;

/// Who answers for a record at the moment of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    /// Who; nobody if there is nobody left.
    pub user: Option<UserId>,
    /// Their name.
    pub name: Option<String>,
    /// The owner's name.
    pub owner: String,
    /// Until when it stands.
    pub until: Option<Timestamp>,
    /// How it came to them.
    pub path: AnswerPath,
    /// Substitutes between the owner and who answers, who are away too.
    pub chain: Vec<String>,
}

impl Answers {
    /// Their name, or "nobody".
    pub fn who(&self, words: &'static Words) -> String {
        self.name.clone().unwrap_or_else(|| words.nobody.to_owned())
    }

    /// "until 27 Nov 2026", where it ends.
    pub fn until(&self, clock: &Clock) -> Option<Timed> {
        self.until.map(|end| Timed::exact(clock.words.until, &[], "day", &clock.ends(end)))
    }

    /// Name and end: "Piotr Nowak until 27 Nov 2026".
    pub fn text(&self, clock: &Clock) -> Timed {
        let who = Timed::plain(&self.who(clock.words));
        match self.until(clock) {
            Some(until) => who.and(&Timed::plain(" ")).and(&until),
            None => who,
        }
    }

    /// Why it is them.
    pub fn why(&self, words: &'static Words) -> String {
        let text = match self.path {
            AnswerPath::Owner => words.path_owner,
            AnswerPath::Substitute if self.chain.is_empty() => words.path_substitute,
            AnswerPath::Substitute => words.path_chain,
            AnswerPath::TeamFallback => words.path_team,
            AnswerPath::CompanyFallback => words.path_company,
            AnswerPath::Nobody => words.path_nobody,
        };
        fill(text, &[("owner", &self.owner), ("chain", &self.chain.join(", "))])
    }
}

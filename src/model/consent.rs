//! Requests for mail that lies in somebody else's mailbox, or whose address stands on somebody
//! else's record (promise P12).

use super::id::{RecordId, UserId};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentState {
    /// Nobody has decided.
    Open,
    /// They agreed.
    Given,
    /// They did not.
    Refused,
    /// They agreed, and took it back.
    Withdrawn,
}

impl ConsentState {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            ConsentState::Open => "open",
            ConsentState::Given => "given",
            ConsentState::Refused => "refused",
            ConsentState::Withdrawn => "withdrawn",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<ConsentState> {
        use ConsentState::*;
        [Open, Given, Refused, Withdrawn].into_iter().find(|s| s.word() == word)
    }
}

/// A request: somebody put an address on a record, and somebody else's mail or record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Its number.
    pub id: i64,
    /// The address.
    pub address: String,
    /// The record that has it as a mere claim.
    pub record: RecordId,
    /// Whose claim it is. They are told nothing of the request: it would say that there is mail.
    pub asked_by: UserId,
    /// Who decides.
    pub asked_of: UserId,
    /// Where it stands.
    pub state: ConsentState,
    /// When it was made.
    pub asked_at: Timestamp,
    /// When it was decided last.
    pub decided_at: Option<Timestamp>,
}

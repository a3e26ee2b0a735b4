//! What stands beside a trace for whoever asks for it: what they decided about the mail, whether they may say where it
//! belongs, and how long it is kept. The trace itself, and as whom they are told of the mail, is `intake::replay`'s.

use super::corrections;
use super::review::{Choice, Reviewer};
use crate::model::id::MailId;
use crate::store::expiry::{self, Stay};
use crate::store::{Result, Tx};

/// What stands beside the trace of a stored mail; of one that is not stored, nothing.
#[derive(Debug, Default)]
pub struct Beside {
    /// What they decided about it in review.
    pub chosen: Option<Choice>,
    /// Whether they may say where it belongs.
    pub may_move: bool,
    /// How long it stays, where it stands on no record.
    pub stay: Option<Stay>,
}

impl Beside {
    /// Of a stored mail, about which they made the decision of this number, where mail on no record is kept for `keep`
    /// milliseconds. To whoever is told of the mail alone it is not told how long it stays.
    pub async fn of(
        tx: &mut Tx,
        reviewer: &Reviewer<'_, '_>,
        (mail, alone, decision): (MailId, bool, Option<i64>),
        keep: i64,
    ) -> Result<Beside> {
        let chosen = match decision {
            Some(number) => reviewer.told(tx, number).await?.map(|(choice, ..)| choice),
            None => None,
        };
        let may_move = corrections::may_move(tx, reviewer.actor(), mail).await?;
        let stay = if alone { None } else { expiry::stay(tx, mail, keep).await? };
        Ok(Beside { chosen, may_move, stay })
    }
}

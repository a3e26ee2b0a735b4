//! Further reference numbers of a record: of a quote, an order, an invoice.

use super::actor::Actor;
use crate::link::number;
use crate::model::audit::Action;
use crate::model::correction::Again;
use crate::model::id::RecordId;
use crate::store::{self, Tx};

/// The most characters of a number.
const LONGEST: usize = 32;

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// There is no such record, or it is not theirs to see.
    #[error("there is no such record, or it is not to be seen")]
    NotThere,
    /// They may read it, not change it.
    #[error("that record is not yours to change; ask its owner")]
    MayNotWrite,
    /// It could not be told from anything else.
    #[error("a number has 2 to 32 characters, and at least one digit; of digits alone it counts in brackets only")]
    BadNumber,
    /// It stands there already, or it does not.
    #[error("that is so already; nothing was changed")]
    Already,
}

/// Puts a number on a record, or takes it off. What must be decided again comes back.
pub async fn change(
    tx: &mut Tx,
    actor: &Actor<'_>,
    record: RecordId,
    number: &str,
    add: bool,
) -> store::Result<Result<Again, No>> {
    let key = number::key(number);
    let fits = (2..=LONGEST).contains(&number.chars().count()) && key.chars().any(|c| c.is_ascii_digit());
    if !fits || number.chars().any(char::is_control) {
        return Ok(Err(No::BadNumber));
    }
    let named = actor.named(tx, &[record]).await?;
    let Some(entry) = named.entries.first() else { return Ok(Err(No::NotThere)) };
    let Some(leave) = actor.may_write(&entry.record, named.shares_on(record)) else { return Ok(Err(No::MayNotWrite)) };
    let changed = match add {
        true => store::numbers::add(tx, record, &key, number.trim(), actor.user, actor.now).await?,
        false => store::numbers::remove(tx, record, &key).await?,
    };
    if !changed {
        return Ok(Err(No::Already));
    }
    let detail = serde_json::json!({ "number": number.trim(), "add": add });
    store::audit::note(tx, &[actor.line(Action::NumberChanged, record, leave).detail(detail)]).await?;
    Ok(Ok(Again { threads: store::numbers::threads_naming(tx, record, &key).await?, copies: Vec::new() }))
}

//! A lead becomes a contact, an account, an opportunity: its mail goes along.

use super::actor::Actor;
use crate::model::audit::Action;
use crate::model::correction::Again;
use crate::model::id::RecordId;
use crate::model::record::{Kind, Status};
use crate::store::{self, Tx};

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// There is no such record, or it is not theirs to see.
    #[error("there is no such record, or it is not to be seen")]
    NotThere,
    /// They may read it, not change it.
    #[error("“{0}” is not yours to change; ask its owner")]
    MayNotWrite(String),
    /// Only leads are converted.
    #[error("“{0}” is no lead")]
    NoLead(String),
    /// It became something already.
    #[error("“{0}” is no open lead any more; nothing was changed")]
    Already(String),
    /// It becomes at most one of each kind, and no lead.
    #[error("a lead becomes one opportunity, one contact, one account, or some of these")]
    Odd,
}

/// Notes what a lead became. What must be decided again comes back.
pub async fn convert(
    tx: &mut Tx,
    actor: &Actor<'_>,
    lead: RecordId,
    to: &[RecordId],
) -> store::Result<Result<Again, No>> {
    let ids: Vec<RecordId> = std::iter::once(lead).chain(to.iter().copied()).collect();
    let named = actor.named(tx, &ids).await?;
    if !named.missing.is_empty() {
        return Ok(Err(No::NotThere));
    }
    let mut kinds: Vec<Kind> = Vec::new();
    let mut leave = None;
    for entry in &named.entries {
        let record = &entry.record;
        let Some(by) = actor.may_write(record, named.shares_on(record.id)) else {
            return Ok(Err(No::MayNotWrite(record.name.clone())));
        };
        if record.id == lead {
            match (record.kind, record.status) {
                (Kind::Lead, Status::Open) => leave = Some(by),
                (Kind::Lead, _) => return Ok(Err(No::Already(record.name.clone()))),
                _ => return Ok(Err(No::NoLead(record.name.clone()))),
            }
        } else {
            kinds.push(record.kind);
        }
    }
    let odd = kinds.contains(&Kind::Lead)
        || (1..kinds.len()).any(|n| kinds.iter().skip(n).any(|k| kinds.get(n - 1) == Some(k)));
    let Some(leave) = leave.filter(|_| !kinds.is_empty() && !odd) else { return Ok(Err(No::Odd)) };
    let threads = store::successors::threads(tx, lead).await?;
    store::successors::convert(tx, lead, to, actor.user, actor.now).await?;
    let detail = serde_json::json!({ "what": "converted", "to": to });
    store::audit::note(tx, &[actor.line(Action::Corrected, lead, leave).detail(detail)]).await?;
    Ok(Ok(Again { threads, copies: Vec::new() }))
}

/// Takes it back: the lead is open again, and its mail comes back to it.
pub async fn revert(tx: &mut Tx, actor: &Actor<'_>, lead: RecordId) -> store::Result<Result<Again, No>> {
    let named = actor.named(tx, &[lead]).await?;
    let Some(entry) = named.entries.first() else { return Ok(Err(No::NotThere)) };
    let name = entry.record.name.clone();
    let Some(leave) = actor.may_write(&entry.record, named.shares_on(lead)) else {
        return Ok(Err(No::MayNotWrite(name)));
    };
    if !store::successors::revert(tx, lead, actor.now).await? {
        return Ok(Err(No::Already(name)));
    }
    let detail = serde_json::json!({ "what": "converted", "undone": true });
    store::audit::note(tx, &[actor.line(Action::Corrected, lead, leave).detail(detail)]).await?;
    Ok(Ok(Again { threads: store::successors::threads(tx, lead).await?, copies: Vec::new() }))
}

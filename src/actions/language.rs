//! In which language a contact or lead is written to, as people say it (R78).

use super::actor::Actor;
use super::automatic::{Ground, No, writable};
use crate::model::audit::Action;
use crate::model::id::RecordId;
use crate::model::notice::Language;
use crate::store::{self, Tx};

/// Says in which language a contact or lead is written to; `None`: nobody knows. Noted in the audit where
/// that changes anything.
pub async fn say(
    tx: &mut Tx,
    actor: &Actor<'_>,
    contact: RecordId,
    language: Option<Language>,
) -> store::Result<Result<(), No>> {
    let (entry, leave) = match writable(tx, actor, contact, Ground::Rights).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    let tag = language.map(Language::tag);
    if entry.language.as_deref() == tag {
        return Ok(Ok(()));
    }
    store::records::set_language(tx, contact, tag, actor.now).await?;
    let detail = serde_json::json!({ "language": tag });
    store::audit::note(tx, &[actor.line(Action::Edited, contact, leave).detail(detail)]).await?;
    Ok(Ok(()))
}

//! The one switch for all absence notices, turned by an admin or the operator: each turn is in the audit.
//! The caller's transaction survives power loss.

use crate::model::audit::{Action, Line};
use crate::model::id::UserId;
use crate::model::time::Timestamp;
use crate::store::{self, Tx, notice_switch};
use serde_json::json;

/// The longest reason that is kept, in characters.
pub const REASON: usize = 300;

/// What stopping left on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Notices that wait to be sent; they lapse within the hour.
    pub waiting: i64,
    /// Those that are being handed to a server, and may be out already.
    pub underway: i64,
}

/// Stops all notices; `None` where a person had stopped them before. `by`: an admin; none: the operator.
pub async fn stop(tx: &mut Tx, by: Option<UserId>, reason: &str, now: Timestamp) -> store::Result<Option<Left>> {
    let reason: String = reason.trim().chars().filter(|c| !c.is_control()).take(REASON).collect();
    if !notice_switch::stop(tx, by, &reason, now).await? {
        return Ok(None);
    }
    let line = Line::new(now, by, Action::NoticesStopped).detail(json!({ "reason": reason }));
    store::audit::note(tx, &[line]).await?;
    let (waiting, underway) = notice_switch::waiting(tx).await?;
    Ok(Some(Left { waiting, underway }))
}

/// Lets notices go out again; false where nothing had stopped them.
pub async fn start(tx: &mut Tx, by: Option<UserId>, now: Timestamp) -> store::Result<bool> {
    if !notice_switch::start(tx, now).await? {
        return Ok(false);
    }
    store::audit::note(tx, &[Line::new(now, by, Action::NoticesStarted)]).await?;
    Ok(true)
}

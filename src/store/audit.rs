//! The audit: rows are only ever added; triggers refuse anything else.

use super::{Result, Tx, insert_many};
use crate::model::audit::Line;

/// Adds lines to the audit, in the transaction that does what they tell of.
pub async fn note(tx: &mut Tx, lines: &[Line]) -> Result<()> {
    let rows = lines.iter().map(|line| {
        vec![
            line.at.0.into(),
            line.actor.map(|u| u.0).into(),
            line.on_behalf_of.map(|u| u.0).into(),
            line.action.word().into(),
            line.path.map(str::to_owned).into(),
            line.record.map(|r| r.0).into(),
            line.subject.into(),
            line.detail.to_string().into(),
        ]
    });
    let into = "audit (at, actor_id, for_user_id, action, path, record_id, subject_id, detail)";
    insert_many(tx, into, "", rows.collect()).await
}

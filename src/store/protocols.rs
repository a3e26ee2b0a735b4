//! What was said between us and the servers of mailboxes, as far as it is kept.

use super::{Result, StoreError, Tx};
use crate::model::id::MailboxId;
use crate::model::protocol::Line;
use crate::model::time::Timestamp;

/// Keeps the latest lines of a mailbox, in place of those before.
pub async fn keep(tx: &mut Tx, mailbox: MailboxId, lines: &[Line], now: Timestamp) -> Result<()> {
    let bad = |_| StoreError::BadRow { table: "mailbox_protocols", id: mailbox.0, column: "lines" };
    let lines = serde_json::to_string(lines).map_err(bad)?;
    run!(
        tx,
        "insert into mailbox_protocols (mailbox_id, lines, at) values ($1, $2, $3)
         on conflict (mailbox_id) do update set lines = excluded.lines, at = excluded.at",
        mailbox.0,
        lines,
        now.0
    )?;
    Ok(())
}

/// The latest lines of a mailbox, the oldest first, and when they were written down; none where it was not read yet.
pub async fn of(tx: &mut Tx, mailbox: MailboxId) -> Result<Option<(Vec<Line>, Timestamp)>> {
    let row: Option<(String, i64)> =
        maybe!(tx, "select lines, at from mailbox_protocols where mailbox_id = $1", mailbox.0)?;
    let bad = |_| StoreError::BadRow { table: "mailbox_protocols", id: mailbox.0, column: "lines" };
    row.map(|(lines, at)| Ok((serde_json::from_str(&lines).map_err(bad)?, Timestamp(at)))).transpose()
}

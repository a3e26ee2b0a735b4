//! An admin took somebody's password and made a link for a new one: that person is told, whatever they asked for,
//! since whoever has the link signs in as them.

use super::Desk;
use crate::model::time::{DAY, Timestamp};
use crate::notice::colleagues::Letter;
use crate::store::resets::{self, Reset};
use crate::store::{Result as Stored, Tx};
use anyhow::Result;

/// What was made longer ago is told no more: whoever sets up mail later has other news for them.
const FRESH: i64 = 3 * DAY;

/// Those of whom nobody was told yet.
pub(super) async fn untold(tx: &mut Tx, now: Timestamp) -> Stored<Vec<Reset>> {
    resets::untold(tx, now.plus(-FRESH)).await
}

pub(super) async fn run(desk: &Desk<'_>) -> Result<usize> {
    let waiting = untold(&mut desk.db.read().await?, desk.now).await?;
    let mut queued = 0;
    for reset in waiting {
        let Some(to) = desk.recipient(reset.user) else { continue };
        let mut tx = desk.db.write().await?;
        // Of two workers one tells them.
        if !resets::told(&mut tx, reset.id, desk.now).await? {
            continue;
        }
        let by = reset.by.and_then(|by| desk.world.person(by)).map(|person| person.name.clone());
        desk.post(&mut tx, &[], to, &Letter::Reset { by, at: reset.at }, &desk.world).await?;
        tx.commit().await?;
        queued += 1;
    }
    Ok(queued)
}

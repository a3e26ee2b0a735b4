//! The breaker of absence notices has opened: every admin is told once, whatever they asked for (R51).

use super::Desk;
use crate::model::record::UserRole;
use crate::notice::colleagues::Letter;
use crate::store::notice_switch;
use anyhow::Result;

pub(super) async fn run(desk: &Desk<'_>) -> Result<usize> {
    let mut tx = desk.db.write().await?;
    let Some(opened) = notice_switch::untold(&mut tx).await? else { return Ok(0) };
    // Of two workers one tells them.
    if !notice_switch::told(&mut tx, opened, desk.now).await? {
        return Ok(0);
    }
    let is_admin = |user| desk.world.person(user).is_some_and(|p| p.active && p.role == UserRole::Admin);
    let admins: Vec<_> = desk.recipients.values().filter(|to| is_admin(to.user)).collect();
    for to in &admins {
        desk.post(&mut tx, &[], to, &Letter::Alarm(opened), &desk.world).await?;
    }
    tx.commit().await?;
    Ok(admins.len())
}

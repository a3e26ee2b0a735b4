//! Urgent notices: one for each mail that meets somebody's conditions, at most so many a day.

use super::{Desk, MEMORY};
use crate::model::id::{MailId, RecordId, UserId};
use crate::notice::colleagues::{Letter, Route, day_begun, is_urgent, route, urgent_horizon};
use crate::store;
use crate::store::notifications::{self as told, Telling};
use anyhow::{Context, Result};
use std::collections::BTreeMap;

/// Queues a notice for every mail that has become urgent.
///
/// Of a mail that comes when the day's limit is reached nothing is sent, then or later: it stands
/// on the list and in the digest.
pub(super) async fn run(desk: &Desk<'_>) -> Result<usize> {
    if desk.wishes.values().all(|wishes| wishes.urgent.is_empty()) {
        return Ok(0);
    }
    let mut tx = desk.db.read().await?;
    let candidates = told::candidates(&mut tx, desk.now.plus(-urgent_horizon(&desk.wishes))).await?;
    let before = told::told_by(&mut tx, "urgent", desk.now.plus(-MEMORY)).await?;
    drop(tx);
    let mut hits: BTreeMap<(MailId, UserId), RecordId> = BTreeMap::new();
    for candidate in &candidates {
        let Some(found) = route(&candidate.mail.record, |user| wants(desk, user), &desk.world, desk.now) else {
            continue;
        };
        let wishes =
            desk.wishes.get(&found.by).filter(|_| !before.contains(&(found.by, candidate.mail.mail.to_string())));
        if wishes.is_some_and(|wishes| is_urgent(wishes, &candidate.mail, &candidate.senders, desk.now)) {
            hits.entry((candidate.mail.mail, found.to)).or_insert(candidate.mail.record.id);
        }
    }
    let mut queued = 0;
    for ((mail, to), record) in hits {
        let sent = one(desk, mail, to, record).await;
        queued += usize::from(sent.with_context(|| format!("telling user {to} of mail {mail}"))?);
    }
    Ok(queued)
}

fn wants(desk: &Desk<'_>, user: UserId) -> bool {
    desk.wishes.get(&user).is_some_and(|wishes| !wishes.urgent.is_empty())
}

/// One notice; false where another worker was faster, the limit is reached, or things changed.
async fn one(desk: &Desk<'_>, mail: MailId, to: UserId, record: RecordId) -> Result<bool> {
    let Some(recipient) = desk.recipient(to) else { return Ok(false) };
    let mut tx = desk.db.write().await?;
    let (world, scope) = desk.sight(&mut tx, to).await?;
    let Some(found) = told::waiting_on(&mut tx, &scope, mail, record).await? else { return Ok(false) };
    let Some(Route { to: still, by, because }) = route(&found.record, |u| wants(desk, u), &world, desk.now) else {
        return Ok(false);
    };
    if still != to {
        return Ok(false);
    }
    let day = day_begun(recipient.zone, desk.now);
    let sent = store::notifications::urgent_since(&mut tx, by, day).await?;
    let limit = desk.wishes.get(&by).map_or(0, |wishes| i64::from(wishes.urgent_a_day));
    let about = mail.to_string();
    let telling = Telling { user: to, instead_of: (by != to).then_some(by), what: "urgent", about: &about };
    let Some(reserved) = told::reserve(&mut tx, &telling, desk.now).await? else { return Ok(false) };
    let within = sent < limit;
    if within {
        let letter = Letter::Urgent { mail: found, because, last: sent + 1 == limit };
        desk.post(&mut tx, &[reserved], recipient, &letter, &world).await?;
    }
    tx.commit().await?;
    Ok(within)
}

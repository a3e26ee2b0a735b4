//! Who may say what of where a mail belongs (see [`super`]).

use super::{Ground, No, Said};
use crate::access::{self, Path, Scope};
use crate::actions::actor::{Actor, Leave, Named as Records};
use crate::model::correction::{Correction, What};
use crate::model::id::{MailId, RecordId};
use crate::model::record::Record;
use crate::store::corrections::{self, Corrected};
use crate::store::{self, Tx};
use std::collections::BTreeSet;

/// The mail, if the actor sees it: by a record that governs it, or by a copy of their own.
pub(super) async fn seen(tx: &mut Tx, actor: &Actor<'_>, id: MailId) -> store::Result<Option<Corrected>> {
    if let Some(user) = actor.user {
        let scope: Scope = store::people::scope(tx, user, actor.world, actor.now).await?;
        if store::views::message(tx, &scope, id).await?.is_none() {
            return Ok(None);
        }
    }
    corrections::mail(tx, id).await
}

/// Whether the actor sees the mail on a record, not by a copy of their own alone.
pub(super) async fn on_record(tx: &mut Tx, actor: &Actor<'_>, mail: MailId) -> store::Result<bool> {
    let Some(user) = actor.user else { return Ok(true) };
    let scope = store::people::scope(tx, user, actor.world, actor.now).await?;
    Ok(!store::views::seen_by(tx, &scope, mail).await?.1.is_empty())
}

/// Whether the actor may say this; by which right on the record that it is about.
pub(super) async fn allowed(
    tx: &mut Tx,
    actor: &Actor<'_>,
    ground: Ground,
    mail: &Corrected,
    touched: &[&Corrected],
    other: Option<&Corrected>,
    said: &Said,
) -> store::Result<Result<Option<(RecordId, Leave)>, No>> {
    let target = match said {
        Said::Move { to, .. } => *to,
        Said::Add(record) | Said::Remove(record) | Said::File { record, .. } => Some(*record),
        _ => None,
    };
    let mut held: BTreeSet<RecordId> = touched.iter().flat_map(|m| m.governing()).collect();
    held.extend(other.iter().flat_map(|o| o.governing()));
    if let Some(record) = target
        && actor.named(tx, &[record]).await?.entries.is_empty()
    {
        return Ok(Err(No::NoRecord));
    }
    if let Said::Remove(record) = said {
        let ties = mail.links.iter().filter(|(on, governing)| on == record || governing == record);
        held = ties.map(|(_, governing)| *governing).chain(mail.regarding.filter(|r| r == record)).collect();
        if held.is_empty() || (mail.sealed && !on_record(tx, actor, mail.id).await?) {
            return Ok(Err(No::NotOnIt));
        }
    }
    let ids: Vec<RecordId> = held.iter().copied().chain(target).collect();
    let named = actor.named(tx, &ids).await?;
    let secret = secret(touched.iter().copied().chain(other));
    let leave = |record: RecordId| match secret.contains(&record) {
        true => may_write_confided(actor, &named, record),
        false => may_place(actor, ground, &named, record),
    };
    if let Said::Confidential(_) = said {
        // To whoever has a copy alone it stands nowhere.
        return Ok(match on_record(tx, actor, mail.id).await? {
            true => may_mark(actor, &named, mail).map(|()| None),
            false => Err(No::Nowhere),
        });
    }
    let by = match target {
        None => None,
        Some(record) => match may_place(actor, ground, &named, record) {
            Some(leave) => Some((record, leave)),
            None => return Ok(Err(No::MayNotWrite)),
        },
    };
    // What only adds takes nothing from anybody; it tells the readers of a record what the mail says.
    let theirs = match said {
        Said::Add(_) | Said::File { .. } => {
            let holds = match actor.user {
                Some(user) => corrections::holds(tx, mail.id, user).await?,
                None => true,
            };
            holds || held.is_empty() || held.iter().any(|record| leave(*record).is_some())
        }
        _ => held.iter().all(|record| leave(*record).is_some()),
    };
    Ok(if theirs { Ok(by) } else { Err(No::NotYours) })
}

pub(super) fn may_place(actor: &Actor<'_>, ground: Ground, named: &Records, record: RecordId) -> Option<Leave> {
    let as_admin = Leave { by: Some(Path::Admin), on_behalf_of: None };
    let known = || named.entries.iter().any(|entry| entry.record.id == record);
    let by_review = || (ground == Ground::AskedAsAdmin && known()).then_some(as_admin);
    may_write(actor, named, record).or_else(by_review)
}

/// The records that govern those of these mails that are marked confidential.
pub(super) fn secret<'m>(mails: impl Iterator<Item = &'m Corrected>) -> BTreeSet<RecordId> {
    mails.filter(|mail| mail.sealed).flat_map(Corrected::governing).collect()
}

/// As [`may_write`], if the record were confidential too.
pub(super) fn may_write_confided(actor: &Actor<'_>, named: &Records, record: RecordId) -> Option<Leave> {
    let leave = may_write(actor, named, record)?;
    let entry = named.entries.iter().find(|entry| entry.record.id == record)?;
    let confidential = Record { confidential: true, ..entry.record.clone() };
    actor.may_write(&confidential, named.shares_on(record)).map(|_| leave)
}

/// Whether the actor may say whether a mail is confidential: whoever may say so of each record that governs it. The
/// caller knows that they see the mail, so a deputy who reads none of it marks nothing.
fn may_mark(actor: &Actor<'_>, named: &Records, mail: &Corrected) -> Result<(), No> {
    let held = mail.governing();
    let marks = |record: &RecordId| {
        let entry = named.entries.iter().find(|entry| entry.record.id == *record);
        let may = |user| entry.is_some_and(|e| access::may_mark(user, &e.record, actor.world, actor.now));
        actor.user.is_none_or(may)
    };
    match held.is_empty() {
        true => Err(No::Nowhere),
        false if held.iter().all(marks) => Ok(()),
        false => Err(No::MayNotMark),
    }
}

pub(super) fn may_write(actor: &Actor<'_>, named: &Records, record: RecordId) -> Option<Leave> {
    let entry = named.entries.iter().find(|entry| entry.record.id == record)?;
    actor.may_write(&entry.record, named.shares_on(record))
}

/// Whether the actor may change all these records on which mail stands, each with whether that mail is marked confidential.
pub(super) async fn may_take_from(tx: &mut Tx, actor: &Actor<'_>, held: Vec<(RecordId, bool)>) -> store::Result<bool> {
    let ids: Vec<RecordId> = held.iter().map(|(record, _)| *record).collect();
    let named = actor.named(tx, &ids).await?;
    Ok(held.into_iter().all(|(record, sealed)| match sealed {
        true => may_write_confided(actor, &named, record).is_some(),
        false => may_write(actor, &named, record).is_some(),
    }))
}

/// Whether the actor may take a word back: whoever said it, and whoever may say it now.
pub(super) async fn may_undo(
    tx: &mut Tx,
    actor: &Actor<'_>,
    found: &Correction,
    mail: Option<&Corrected>,
) -> store::Result<bool> {
    let Some(user) = actor.user else { return Ok(true) };
    // What was said of a sender is about the mail of whoever said it.
    let Some(mail) = mail else { return Ok(found.by == Some(user)) };
    if seen(tx, actor, mail.id).await?.is_none() {
        return Ok(false);
    }
    let held = mail.governing();
    let ids: Vec<RecordId> = held.iter().copied().chain(found.record).collect();
    let named = actor.named(tx, &ids).await?;
    if matches!(found.what, What::Confidential | What::Open) {
        return Ok(may_mark(actor, &named, mail).is_ok());
    }
    let secret = secret(std::iter::once(mail));
    let may = |record: &RecordId| match secret.contains(record) {
        true => may_write_confided(actor, &named, *record).is_some(),
        false => may_write(actor, &named, *record).is_some(),
    };
    // What they only added took nothing from anybody, and neither does taking it back.
    if found.what == What::Add && found.by == Some(user) {
        return Ok(found.record.as_ref().is_some_and(may));
    }
    Ok(ids.iter().all(may) && (found.by == Some(user) || !ids.is_empty()))
}

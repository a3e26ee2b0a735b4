//! Merging two records and parting them, deleting one and bringing it back.
//!
//! Merging shows the mail of each to the readers of the other, and deleting takes it from them, so
//! both need the right to assign: who may give a record to anybody may do that by giving it, too.
//! A cover is not enough (P12). Nor does merging bring the mail of contacts to a deal that its maker
//! could not have made at their account.

use super::actor::{Actor, Leave};
use super::choice::LONGEST_REASON;
use crate::access;
use crate::model::audit::Action;
use crate::model::id::RecordId;
use crate::model::record::{Kind, Record, Status};
use crate::model::share::Share;
use crate::store::merges::{self, Extent};
use crate::store::owners;
use crate::store::records::{self, Entry};
use crate::store::{self, Tx};

/// Why a record is not merged, parted, deleted or brought back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// It is not there, or not for the actor: the two look the same.
    #[error("it does not exist, or it is not yours to see")]
    NotThere,
    /// The actor sees it but may not give it away.
    #[error("you may read “{0}” but not assign it, which merging and deleting need; ask its owner or an admin")]
    MayNot(String),
    /// The two are one.
    #[error("a record cannot be merged with itself; name two")]
    Same,
    /// They are of two kinds.
    #[error("only records of one kind can be merged; these are {0} and {1}")]
    Kinds(&'static str, &'static str),
    /// Mail of contacts that the actor may not see would come to a deal.
    #[error(
        "there are contacts of others, whose mail an open opportunity would show by it; ask an admin to merge them"
    )]
    Strangers,
    /// It was not merged.
    #[error("it was not merged into another record, or was parted again already")]
    NotMerged,
    /// Something came after.
    #[error("“{0}” was merged after it; part that one first, then this one")]
    NotLast(String),
    /// The record it became a part of is gone itself.
    #[error("the record it was merged into is deleted or merged itself; bring that one back first")]
    KeptGone,
    /// It was merged, not deleted.
    #[error("it was merged into another record; part the two instead")]
    WasMerged,
    /// The reason is too long.
    #[error("the reason is longer than {LONGEST_REASON} characters; shorten it")]
    LongReason,
}

/// What merging did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The record that stayed, as it is now.
    pub kept: Record,
    /// The one that became a part of it, as it was.
    pub gone: Record,
    /// How many mails moved.
    pub mails: usize,
    /// How many activities moved.
    pub activities: usize,
}

/// What deleting did or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// The record.
    pub record: Record,
    /// What goes and what stays.
    pub extent: Extent,
}

/// A record that the actor may give away.
async fn assignable(tx: &mut Tx, actor: &Actor<'_>, id: RecordId) -> store::Result<Result<(Entry, Leave), No>> {
    let named = actor.named(tx, &[id]).await?;
    let Some(entry) = named.entries.first() else { return Ok(Err(No::NotThere)) };
    Ok(match actor.may_assign(&entry.record, named.shares_on(id)) {
        Some(leave) => Ok((entry.clone(), leave)),
        None => Err(No::MayNot(entry.record.name.clone())),
    })
}

/// As [`assignable`], for one that is gone: it lies in nobody's scope, so rights are looked at alone.
async fn assignable_gone(tx: &mut Tx, actor: &Actor<'_>, id: RecordId) -> store::Result<Result<(Entry, Leave), No>> {
    let Some(entry) = records::load(tx, &[id]).await?.pop() else { return Ok(Err(No::NotThere)) };
    if !merges::gone(tx, &[id]).await?.contains_key(&id) {
        return Ok(Err(No::NotThere));
    }
    let shares = store::shares::on(tx, &[id]).await?;
    Ok(actor.may_assign(&entry.record, &shares).map(|leave| (entry, leave)).ok_or(No::NotThere))
}

/// Makes `gone` a part of `kept`: its history, mail, addresses, domains, shares, managers and
/// activities stand on `kept` from now on, and so does new mail. `kept` gets what it lacks, and is
/// confidential if either was.
pub async fn merge(
    tx: &mut Tx,
    actor: &Actor<'_>,
    kept: RecordId,
    gone: RecordId,
    reason: &str,
) -> store::Result<Result<Merged, No>> {
    if kept == gone {
        return Ok(Err(No::Same));
    }
    if reason.chars().count() > LONGEST_REASON {
        return Ok(Err(No::LongReason));
    }
    // Nobody links mail to the one that goes while this runs, or gives either away.
    tx.alone().await?;
    records::hold(tx).await?;
    // Nor adds an activity that would stay on it.
    records::stay(tx, &[kept, gone], true).await?;
    let (one, leave) = match assignable(tx, actor, kept).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    let (other, _) = match assignable(tx, actor, gone).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    if one.record.kind != other.record.kind {
        return Ok(Err(No::Kinds(one.record.kind.word(), other.record.kind.word())));
    }
    if brings_strangers(tx, actor, &one.record, &other.record).await? {
        return Ok(Err(No::Strangers));
    }
    let number = merges::merge(tx, &one, &other, actor.user, actor.now).await?;
    owners::note_merge(tx, &one.record, &other.record, actor.user, reason, actor.now).await?;
    let detail = serde_json::json!({ "gone": gone, "merge": number, "gone_owner": other.record.owner });
    let line = actor.line(Action::Merged, kept, leave).subject(gone.0).detail(detail);
    store::audit::note(tx, &[line]).await?;
    let journal = merges::of(tx, gone).await?.map(|m| m.journal).unwrap_or_default();
    let kept = records::load(tx, &[kept]).await?.pop().map_or(one.record, |entry| entry.record);
    Ok(Ok(Merged { kept, gone: other.record, mails: journal.mails(), activities: journal.activities() }))
}

/// Whether an open opportunity would get contacts whose mail the actor could not bring it otherwise:
/// a contact's mail goes to the one open opportunity of its account (P12). Those are the contacts
/// that the actor may neither assign nor see by a right of their own, unless who gets the mail owns
/// the contact.
async fn brings_strangers(tx: &mut Tx, actor: &Actor<'_>, kept: &Record, gone: &Record) -> store::Result<bool> {
    let Some(user) = actor.user.filter(|_| !actor.is_trusted()) else { return Ok(false) };
    let (deals, accounts, person) = match kept.kind {
        Kind::Account => (merges::open_deals(tx, &[kept.id, gone.id]).await?, vec![kept.id, gone.id], None),
        Kind::Opportunity if kept.status == Status::Open => {
            let accounts = [(kept.account, gone.account), (kept.end_account, gone.end_account)];
            let lacking = accounts.into_iter().filter_map(|(one, other)| other.filter(|_| one.is_none()));
            let person = gone.end_contact.filter(|_| kept.end_contact.is_none());
            (vec![kept.owner], lacking.collect(), person)
        }
        _ => return Ok(false),
    };
    if deals.is_empty() {
        return Ok(false);
    }
    let mut contacts = records::contacts_of(tx, &accounts).await?;
    contacts.extend(records::load(tx, person.as_slice()).await?);
    let ids: Vec<RecordId> = contacts.iter().map(|contact| contact.record.id).collect();
    let shares = store::shares::on(tx, &ids).await?;
    let theirs = |contact: &Record| {
        let shares: Vec<Share> = shares.iter().filter(|share| share.record == contact.id).cloned().collect();
        let own = || access::audited_reading(user, contact, &shares, actor.world, actor.now).is_none();
        let gets = || deals.iter().all(|owner| *owner == contact.owner);
        actor.may_assign(contact, &shares).is_some() || actor.may_read(contact, &shares).is_some() && (own() || gets())
    };
    Ok(!contacts.iter().all(|contact| theirs(&contact.record)))
}

/// Parts what a merge made one: what moved goes back, if it is still where the merge put it.
pub async fn unmerge(tx: &mut Tx, actor: &Actor<'_>, gone: RecordId) -> store::Result<Result<Merged, No>> {
    tx.alone().await?;
    records::hold(tx).await?;
    let (entry, leave) = match assignable_gone(tx, actor, gone).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    let Some(merge) = merges::of(tx, gone).await? else { return Ok(Err(No::NotMerged)) };
    if merges::gone(tx, &[merge.kept]).await?.contains_key(&merge.kept) {
        return Ok(Err(No::KeptGone));
    }
    if let Err(no) = assignable(tx, actor, merge.kept).await? {
        return Ok(Err(no));
    }
    if let Some(last) = merges::last_into(tx, merge.kept).await?.filter(|last| *last != gone) {
        let name = records::load(tx, &[last]).await?.pop().map_or(String::new(), |e| e.record.name);
        return Ok(Err(No::NotLast(name)));
    }
    merges::undo(tx, &merge, actor.now).await?;
    owners::forget_merge(tx, merge.kept, merge.at).await?;
    let detail = serde_json::json!({ "kept": merge.kept, "merge": merge.id });
    let line = actor.line(Action::MergeUndone, gone, leave).subject(merge.kept.0).detail(detail);
    store::audit::note(tx, &[line]).await?;
    let kept = records::load(tx, &[merge.kept]).await?.pop().map_or(entry.record.clone(), |e| e.record);
    let (mails, activities) = (merge.journal.mails(), merge.journal.activities());
    Ok(Ok(Merged { kept, gone: entry.record, mails, activities }))
}

/// What deleting a record would take away. Changes nothing.
pub async fn would_delete(tx: &mut Tx, actor: &Actor<'_>, id: RecordId) -> store::Result<Result<Deleted, No>> {
    match assignable(tx, actor, id).await? {
        Ok((entry, _)) => Ok(Ok(Deleted { extent: merges::extent(tx, &actor.reach, id).await?, record: entry.record })),
        Err(no) => Ok(Err(no)),
    }
}

/// Deletes a record: nobody sees it any more and no mail comes onto it. Everything stays stored
/// and comes back with [`restore`].
pub async fn delete(tx: &mut Tx, actor: &Actor<'_>, id: RecordId, reason: &str) -> store::Result<Result<Deleted, No>> {
    if reason.chars().count() > LONGEST_REASON {
        return Ok(Err(No::LongReason));
    }
    tx.alone().await?;
    let (entry, leave) = match assignable(tx, actor, id).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    let extent = merges::extent(tx, &actor.reach, id).await?;
    merges::delete(tx, id, actor.now).await?;
    let line = actor.line(Action::Deleted, id, leave).detail(serde_json::json!({ "reason": reason }));
    store::audit::note(tx, &[line]).await?;
    Ok(Ok(Deleted { record: entry.record, extent }))
}

/// Brings a deleted record back.
pub async fn restore(tx: &mut Tx, actor: &Actor<'_>, id: RecordId) -> store::Result<Result<Record, No>> {
    tx.alone().await?;
    let (entry, leave) = match assignable_gone(tx, actor, id).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    if !merges::restore(tx, id, actor.now).await? {
        return Ok(Err(No::WasMerged));
    }
    store::audit::note(tx, &[actor.line(Action::Restored, id, leave)]).await?;
    Ok(Ok(entry.record))
}

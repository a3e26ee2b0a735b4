//! Taking mail away again, batch by batch, each a transaction of its own: places are hidden, mails that no
//! place is left of go, and the threads that they stood in are decided anew (P3).
//!
//! A batch that was committed is done; whoever was interrupted begins again and finds what is left.

use super::prepare::unpack;
use super::reconsider::{self, Ground};
use super::redact::{self, Eraser};
use crate::model::address::Address;
use crate::model::block::Hidden;
use crate::model::facts::House;
use crate::model::id::{LocationId, MailId, ThreadId};
use crate::model::time::Timestamp;
use crate::parse;
use crate::store::about::{self, Person};
use crate::store::erased::{self, NOWHERE};
use crate::store::keys::Keys;
use crate::store::removal::Removed;
use crate::store::{self, Db, Tx};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Mails of one batch.
const AT_A_TIME: i64 = 100;

/// Hides places, in the transaction of the caller, who took [`Tx::alone`] before anything else.
pub async fn hide(tx: &mut Tx, places: &[LocationId], why: Hidden, ground: Ground<'_>) -> Result<Removed> {
    let removed = store::removal::hide(tx, ground.keys, places, why, ground.now).await?;
    reconsider::threads(tx, &removed.threads, ground).await?;
    Ok(removed)
}

/// What erasing a batch of stored mail did: mails removed whole, mails that others stand on too and that
/// the person was taken out of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Removed.
    pub removed: usize,
    /// Redacted.
    pub redacted: usize,
}

/// Erases the next stored mails that a person stands on, in the transaction of the caller, who took
/// [`Tx::alone`] before anything else; nothing where none is left.
///
/// Mail whose only person outside they are goes whole. In other mail their address becomes a pseudonym, in
/// parties, subject, text and evidence; names under which they stood become `[erased]`; the bytes go, and
/// with them what the mail quotes and its attachments.
pub async fn erase_mails(tx: &mut Tx, person: &Person, eraser: &Eraser<'_>, ground: Ground<'_>) -> Result<Erased> {
    let mails = store::blocks::stored(tx, &person.pattern, None, MailId(0), AT_A_TIME).await?;
    let mut on_mail: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (mail, address) in about::parties(tx, &mails).await? {
        on_mail.entry(mail).or_default().push(address);
    }
    let all: BTreeSet<String> = on_mail.values().flatten().cloned().collect();
    let ours = erased::ours(tx, &all).await?;
    let other = |address: &String| {
        let parsed = Address::parse(address).ok();
        let domain = parsed.as_ref().map_or("", Address::domain);
        let erased = domain == NOWHERE || parsed.as_ref().is_some_and(|a| eraser.erases(a));
        !erased && !ours.contains(address) && !ground.own_domains.contains(domain)
    };
    let (shared, whole): (Vec<MailId>, Vec<MailId>) =
        mails.into_iter().partition(|mail| on_mail.get(&mail.0).into_iter().flatten().any(other));
    let places = store::blocks::places(tx, &whole, None).await?;
    redact(tx, &shared, &on_mail, eraser).await?;
    let removed = hide(tx, &places, Hidden::Erased, ground).await?;
    let theirs = store::mails::threads_of(tx, &shared).await?;
    reconsider::threads(tx, &theirs, ground).await?;
    Ok(Erased { removed: removed.mails, redacted: shared.len() })
}

async fn redact(
    tx: &mut Tx,
    mails: &[MailId],
    on_mail: &BTreeMap<i64, Vec<String>>,
    eraser: &Eraser<'_>,
) -> Result<()> {
    let mut texts = about::texts(tx, mails).await?;
    let mut threads = BTreeSet::new();
    for mail in &mut texts {
        threads.insert(ThreadId(mail.thread_id));
        mail.identity = redact::identity(eraser.keys(), &mail.identity);
        if Address::parse(&mail.from_address).is_ok_and(|from| eraser.erases(&from)) {
            mail.from_name = None;
        }
        mail.message_id = mail.message_id.take().map(|id| eraser.text(&id));
        mail.from_name = mail.from_name.take().map(|name| eraser.text(&name));
        for text in [
            &mut mail.from_address,
            &mut mail.subject,
            &mut mail.visible,
            &mut mail.attachments,
            &mut mail.attachment_names,
            &mut mail.evidence,
            &mut mail.defects,
        ] {
            *text = eraser.text(text);
        }
        mail.candidates = eraser.evidence(&mail.candidates);
    }
    let replaced = mails.iter().flat_map(|mail| on_mail.get(&mail.0).into_iter().flatten().map(|a| (mail.0, a)));
    let replaced = replaced.filter_map(|(mail, address)| {
        let parsed = Address::parse(address).ok().filter(|a| eraser.erases(a))?;
        Some((mail, address.clone(), eraser.pseudonym(&parsed)))
    });
    about::rewrite(tx, &texts, replaced.collect()).await?;
    about::forget_headers(tx, mails).await?;
    let threads: Vec<ThreadId> = threads.into_iter().collect();
    let mut changed = Vec::new();
    for (mail, record, governing, evidence) in about::evidence(tx, &threads).await? {
        let after = eraser.evidence(&evidence);
        if after != evidence {
            changed.push((mail, record, governing, after));
        }
    }
    Ok(about::rewrite_evidence(tx, changed).await?)
}

/// What erasing somebody did to mail and to texts beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Mails.
    pub mails: Erased,
    /// Texts that changed.
    pub texts: usize,
}

/// Takes a person out of texts and mail, batch by batch, once the mark is set that keeps the address from
/// coming back. The database writes over what it removes until [`Db::scrubbing`] is ended.
pub async fn erase(
    db: &Db,
    person: &Person,
    address: &Address,
    own_domains: &House,
    keys: &Keys,
    now: Timestamp,
) -> Result<Gone> {
    // The names are gone once the mails are: an interrupted run leaves fewer to look for in other texts, so
    // those go first.
    let mut tx = db.read().await?;
    let names = about::names(&mut tx, person).await?;
    drop(tx);
    let marks = HashSet::from([erased::mark_of(keys, address)]);
    let eraser = Eraser::new(keys, marks).named(names.iter().map(String::as_str));
    db.scrubbing(true).await?;
    let texts = erase_texts(db, &eraser).await?;
    let mut mails = Erased::default();
    loop {
        let mut tx = db.write().await?;
        tx.alone().await?;
        let done = erase_mails(&mut tx, person, &eraser, Ground { own_domains, keys, now }).await?;
        tx.commit().await?;
        if done == Erased::default() {
            return Ok(Gone { mails, texts });
        }
        mails.removed += done.removed;
        mails.redacted += done.redacted;
    }
}

/// Takes a person out of texts beside mail, and throws away the bytes of failed mails on which they stand.
/// A transaction for each stretch; gives how many texts changed.
pub async fn erase_texts(db: &Db, eraser: &Eraser<'_>) -> Result<usize> {
    let mut changed = 0;
    for (load, save) in about::WRITTEN {
        let mut after = 0;
        loop {
            let mut tx = db.write().await?;
            let texts = about::written(&mut tx, load, after).await?;
            let Some((last, _)) = texts.last() else { break };
            after = *last;
            for (id, text) in &texts {
                let without = eraser.text(text);
                if without != *text {
                    about::write(&mut tx, save, *id, &without).await?;
                    changed += 1;
                }
            }
            tx.commit().await?;
        }
    }
    changed += erase_words(db, eraser).await?;
    let mut after = 0;
    loop {
        let mut tx = db.write().await?;
        let failed = about::failed(&mut tx, after).await?;
        let Some((last, _)) = failed.last() else { return Ok(changed) };
        after = *last;
        let stands_on = |packed: &[u8]| {
            let mail = parse::parse(&unpack(packed));
            super::prepare::parties(&mail).any(|(_, party)| eraser.erases(&party.address))
        };
        let theirs: Vec<i64> = failed.iter().filter(|(_, packed)| stands_on(packed)).map(|(id, _)| *id).collect();
        about::drop_failed(&mut tx, &theirs).await?;
        tx.commit().await?;
    }
}

/// Takes a person out of what rules said about mails, and of how these stood before.
async fn erase_said(tx: &mut Tx, mails: &[MailId], eraser: &Eraser<'_>) -> Result<usize> {
    let mut said = about::ruled(tx, mails).await?;
    said.retain_mut(|(_, _, name, effects)| {
        let before = (name.clone(), effects.clone());
        (*name, *effects) = (eraser.text(name), eraser.text(effects));
        before != (name.clone(), effects.clone())
    });
    let mut journal = about::journal(tx, mails).await?;
    journal.retain_mut(|(_, _, candidates, links, rules)| {
        let before = (candidates.clone(), links.clone(), rules.clone());
        for text in [&mut *candidates, &mut *links, &mut *rules] {
            *text = eraser.evidence(text);
        }
        before != (candidates.clone(), links.clone(), rules.clone())
    });
    let changed = said.len() + journal.len();
    about::rewrite_ruled(tx, said).await?;
    about::rewrite_journal(tx, journal).await?;
    Ok(changed)
}

/// Takes a person's names out of the words by which mails of others were told apart, and of what rules said.
async fn erase_words(db: &Db, eraser: &Eraser<'_>) -> Result<usize> {
    let (mut changed, mut after) = (0, MailId(0));
    loop {
        let mut tx = db.write().await?;
        let mails = about::worded(&mut tx, after, AT_A_TIME).await?;
        let Some(last) = mails.last() else { break };
        after = MailId(last.0);
        let ids: Vec<MailId> = mails.iter().map(|(id, _)| MailId(*id)).collect();
        let mut rows = Vec::new();
        for (mail, record, governing, evidence) in about::evidence_of(&mut tx, &ids).await? {
            let without = eraser.evidence(&evidence);
            if without != evidence {
                rows.push((mail, record, governing, without));
            }
        }
        changed += rows.len();
        about::rewrite_evidence(&mut tx, rows).await?;
        changed += erase_said(&mut tx, &ids, eraser).await?;
        for (mail, candidates) in mails {
            let without = eraser.evidence(&candidates);
            if without != candidates {
                about::rewrite_candidates(&mut tx, MailId(mail), &without).await?;
                changed += 1;
            }
        }
        tx.commit().await?;
    }
    Ok(changed)
}

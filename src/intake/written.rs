//! What people wrote in Standin and sent: it is taken in by the same path as mail from a server, at once, so
//! that it stands on the timeline and ends waits; and a copy is put into its writer's folder of sent mail.
//!
//! It lies in a folder of the mailbox that no server has. When the server's own copy is read, it is the same
//! mail at one more place (P2). The copy is put there once: the folder is searched first, so that neither a
//! provider that files what it sends nor a program that stopped in between makes it two.

use super::prepare::Found;
use super::start::Shared;
use crate::config::{Content, Mailbox};
use crate::imap::{self, SentFolder};
use crate::model::cursor::{Arrival, Role, Seen, Why};
use crate::model::delivery::Delivery;
use crate::model::draft::SentCopy;
use crate::model::time::{HOUR, MINUTE, SECOND, Timestamp};
use crate::parse;
use crate::smtp::compose::own_copy;
use crate::store;
use crate::store::drafts::Sent;
use anyhow::{Context as _, Result};
use tokio::sync::mpsc;

/// The folder under which it is known; no server has it.
const FOLDER: &str = "written:";
/// The numbering of that folder never changes.
const EPOCH: i64 = 1;
/// After so many tries in vain nobody goes on putting a copy there.
const TRIES: i64 = 8;
/// Submission servers that file what goes through them, and never need a copy.
const FILING: [&str; 2] = ["smtp.gmail.com", "smtp.googlemail.com"];
/// Those that file it a while later; by then it is found there.
const FILING_LATER: [&str; 2] = ["office365.com", "outlook.com"];

/// Takes in everything that went out since; gives how many mails.
pub async fn take_in(shared: &Shared) -> Result<usize> {
    let now = shared.clock.now();
    let mut tx = shared.db.read().await?;
    let found = store::drafts::found_sent(&mut tx).await?;
    drop(tx);
    if !found.is_empty() {
        let mut tx = shared.db.write().await?;
        for outbox in found {
            store::drafts::settle_unclear(&mut tx, outbox, Delivery::Sent, now).await?;
        }
        tx.commit().await?;
    }
    let mut taken = 0;
    loop {
        let mut tx = shared.db.read().await?;
        let Some(sent) = store::drafts::to_take_in(&mut tx).await? else { return Ok(taken) };
        drop(tx);
        one(shared, &sent).await.with_context(|| format!("taking in what draft {} sent", sent.draft))?;
        let now = shared.clock.now();
        let wait = account(shared, &sent).await?.as_ref().map_or(0, later);
        let mut tx = shared.db.write().await?;
        store::drafts::taken_in(&mut tx, sent.draft, now, now.plus(wait)).await?;
        tx.commit().await?;
        shared.signals.changed();
        taken += 1;
    }
}

/// The settings of the mailbox from which it was sent: of the file, or set up on a page.
async fn account(shared: &Shared, sent: &Sent) -> Result<Option<Mailbox>> {
    let mut tx = shared.db.read().await?;
    let all = store::mailbox_settings::accounts(&mut tx, &shared.keys, &shared.config).await?;
    Ok(all.into_iter().find(|account| account.name == sent.mailbox_name))
}

/// How long it is until the provider's own copy is there, where it makes one.
fn later(account: &Mailbox) -> i64 {
    let host = account.smtp.as_ref().map_or("", |server| server.host.as_str()).to_ascii_lowercase();
    let slow = FILING_LATER.iter().any(|end| host == *end || host.ends_with(&format!(".{end}")));
    if slow { 2 * MINUTE } else { 0 }
}

/// The mail as its writer has it.
fn as_kept(sent: &Sent) -> Vec<u8> {
    own_copy(&sent.bytes, &parse::typed_addresses(&sent.bcc).0)
}

async fn one(shared: &Shared, sent: &Sent) -> Result<()> {
    let raw = as_kept(sent);
    // Somebody on it was erased meanwhile: nothing is left to be shown.
    if !parse::is_mail(&raw) {
        return Ok(());
    }
    let uid = u32::try_from(sent.draft.0).unwrap_or(u32::MAX);
    let arrival = Arrival::Backlog(Why::Import);
    let flags = vec!["\\Seen".to_owned()];
    let internal_date = Some(sent.at);
    let seen = [Seen { uid, size: raw.len() as u64, internal_date, flags: flags.clone(), modseq: None }];
    let mut tx = shared.db.write().await?;
    let fence = store::drafts::fence(&mut tx, sent.mailbox).await?;
    let folder = store::folders::ensure_archive(&mut tx, sent.mailbox, FOLDER, EPOCH).await?;
    store::locations::insert_pending(&mut tx, folder, EPOCH, &seen, arrival, shared.clock.now()).await?;
    let places = store::locations::states(&mut tx, folder, EPOCH, uid, uid).await?;
    tx.commit().await?;
    let mut intake = shared.intake(sent.mailbox, fence);
    intake.context.headers_only =
        account(shared, sent).await?.is_some_and(|account| account.content == Content::Headers);
    let found = places.into_iter().map(|(location, _, _)| Found {
        location,
        folder,
        role: Role::Sent,
        arrival,
        internal_at: internal_date,
        flags: flags.clone(),
        raw: raw.clone(),
    });
    let (out, batches) = mpsc::channel(1);
    // Nobody hangs up before the first batch.
    let _ = out.send(found.collect()).await;
    drop(out);
    intake.take_in(batches).await?;
    Ok(())
}

/// Puts one copy that is due into its writer's folder; false if none is.
pub async fn file_copy(shared: &Shared) -> Result<bool> {
    let mut tx = shared.db.read().await?;
    let Some(sent) = store::drafts::to_copy(&mut tx, shared.clock.now()).await? else { return Ok(false) };
    drop(tx);
    let (copy, error) = match put(shared, &sent).await {
        Ok(SentCopy::Failed(why)) => (SentCopy::Failed(String::new()), Some(why)),
        Ok(copy) => (copy, None),
        Err(error) if sent.tries + 1 < TRIES => (SentCopy::Due, Some(format!("{error:#}"))),
        Err(error) => (SentCopy::Failed(String::new()), Some(format!("{error:#}"))),
    };
    if let Some(error) = &error {
        tracing::warn!(draft = sent.draft.0, error, "the copy of a sent mail could not be put into its folder");
    }
    let now = shared.clock.now();
    let mut tx = shared.db.write().await?;
    store::drafts::copied(&mut tx, sent.draft, &copy, error.as_deref(), now.plus(pause(sent.tries))).await?;
    tx.commit().await?;
    shared.signals.changed();
    Ok(true)
}

/// 30 s, 1 min, 2 min … to an hour.
fn pause(tries: i64) -> i64 {
    let doublings = u32::try_from(tries).unwrap_or(0).min(10);
    ((30 * SECOND) << doublings).min(HOUR)
}

async fn put(shared: &Shared, sent: &Sent) -> Result<SentCopy> {
    let Some(account) = account(shared, sent).await? else {
        return Ok(failed("the mailbox is not configured any more"));
    };
    if sent.bytes.is_empty() {
        return Ok(failed("nothing of it is left"));
    }
    let host = account.smtp.as_ref().map_or("", |server| server.host.as_str());
    if FILING.iter().any(|known| host.eq_ignore_ascii_case(known)) {
        return Ok(SentCopy::Theirs);
    }
    let mut session = imap::connect(&account.imap, &shared.limits).await?;
    if session.capabilities().gmail {
        session.logout().await;
        return Ok(SentCopy::Theirs);
    }
    let listed = session.folders().await?;
    let Some(folder) = SentFolder::among(&listed) else {
        session.logout().await;
        anyhow::bail!("the server has no folder for sent mail");
    };
    let at: Timestamp = sent.at;
    if !session.holds(&folder, &sent.message_id).await? {
        session.put(&folder, &as_kept(sent), at).await?;
    }
    session.logout().await;
    Ok(SentCopy::There)
}

fn failed(why: &str) -> SentCopy {
    SentCopy::Failed(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_between_tries_grow_to_an_hour() {
        assert_eq!([pause(0), pause(1), pause(7), pause(40)], [30 * SECOND, MINUTE, HOUR, HOUR]);
    }
}

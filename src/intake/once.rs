//! `standin sync --once`: every mailbox read until nothing is left to read, and told about.

use super::accept::Accepted;
use super::fetch::Share;
use super::filing;
use super::index;
use super::reader::Reader;
use super::responder;
use super::session;
use super::start::Shared;
use super::watch::{describe, hold_lease};
use crate::config::Mailbox;
use crate::imap::{Trouble, What};
use crate::model::time::{SECOND, Timestamp};
use crate::store;
use crate::store::mailboxes::MailboxRow;
use anyhow::{Context as _, Result};
use futures::StreamExt;
use std::time::Duration;

/// Mailboxes read at once.
const AT_ONCE: usize = 4;
/// Times that mailboxes are read again because others brought what they wait for.
const PASSES: usize = 20;
/// Connections that may fail before a mailbox is given up for this time.
const CONNECTIONS: u32 = 8;

/// What one mailbox came to.
#[derive(Clone, Debug)]
pub struct MailboxSummary {
    /// Its name.
    pub name: String,
    /// What was taken in.
    pub accepted: Accepted,
    /// Places that wait for another try, and when the first is due.
    pub waiting: Option<Timestamp>,
    /// Why it was not read to the end.
    pub failure: Option<String>,
}

/// What a whole run came to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Each mailbox, in the order of the configuration.
    pub mailboxes: Vec<MailboxSummary>,
    /// Mails put into the full-text index.
    pub indexed: usize,
    /// Milliseconds until everything was linked and visible.
    pub linked_ms: i64,
    /// Milliseconds until everything was searchable too.
    pub indexed_ms: i64,
}

/// Reads every mailbox to its end, then waits for the index.
pub async fn run(shared: &Shared) -> Result<Summary> {
    let began = shared.clock.now();
    let mut rows = shared.mailboxes().await?;
    let mut tx = shared.db.read().await?;
    let standing = store::mailbox_settings::every(&mut tx).await?;
    drop(tx);
    // Paused ones, and those that wait for their owner, are left alone.
    rows.retain(|(_, row)| standing.iter().any(|one| one.id == row.id && one.is_read()));
    for (account, row) in &rows {
        responder::ask(&shared.db, account, row.id, &shared.limits, shared.clock.now()).await?;
    }
    let mut mailboxes: Vec<MailboxSummary> = read_all(shared, &rows).await;
    // What one mailbox brought may ask for mail of another that was passed over before.
    for _ in 0..PASSES {
        let open: Vec<bool> = mailboxes.iter().map(|m| m.failure.is_none()).collect();
        let again = due(shared, rows.iter().zip(open).filter(|(_, open)| *open).map(|(row, _)| row)).await?;
        if again.is_empty() {
            break;
        }
        for more in read_all(shared, &again).await {
            if let Some(summary) = mailboxes.iter_mut().find(|m| m.name == more.name) {
                summary.accepted += more.accepted;
                (summary.waiting, summary.failure) = (more.waiting, more.failure);
            }
        }
    }
    let linked = shared.clock.now();
    // After the mail, not beside it: both want the one writer, and people wait for the mail.
    let (indexed, folded) = tokio::join!(index::catch_up(&shared.db), shared.db.fold_log());
    let indexed = indexed.context("building the full-text index")?;
    folded.context("folding the database's log into its file")?;
    Ok(Summary { mailboxes, indexed, linked_ms: linked.since(began), indexed_ms: shared.clock.now().since(began) })
}

async fn read_all(shared: &Shared, rows: &[(Mailbox, MailboxRow)]) -> Vec<MailboxSummary> {
    let each = futures::stream::iter(rows.iter().cloned()).map(|(account, row)| mailbox(shared, account, row));
    each.buffered(AT_ONCE).collect().await
}

/// Those of the mailboxes in which something is to be read at this moment.
async fn due<'a>(
    shared: &Shared,
    rows: impl Iterator<Item = &'a (Mailbox, MailboxRow)>,
) -> Result<Vec<(Mailbox, MailboxRow)>> {
    let mut tx = shared.db.read().await?;
    let mut found = Vec::new();
    for (account, row) in rows {
        let next = store::locations::next_try(&mut tx, row.id).await?;
        if next.is_some_and(|at| at <= shared.clock.now()) {
            found.push((account.clone(), row.clone()));
        }
    }
    Ok(found)
}

async fn mailbox(shared: &Shared, account: Mailbox, row: MailboxRow) -> MailboxSummary {
    let mut summary =
        MailboxSummary { name: account.name.clone(), accepted: Accepted::default(), waiting: None, failure: None };
    match shared.reader(&account, row.id).await {
        Err(error) => summary.failure = Some(format!("{error:#}")),
        Ok(None) => summary.failure = Some("Another worker reads it at this moment.".into()),
        Ok(Some(reader)) => {
            let result = tokio::select! {
                result = to_the_end(&reader, shared.pause, &mut summary.accepted) => result,
                () = hold_lease(&reader) => Err(anyhow::anyhow!("another worker took the mailbox over")),
            };
            if let Err(error) = conclude(&reader, result, &mut summary).await {
                summary.failure.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }
    summary
}

/// Writes the mailbox's state down and gives its lease back.
async fn conclude(reader: &Reader, result: Result<()>, summary: &mut MailboxSummary) -> Result<()> {
    let (id, now) = (reader.intake.context.mailbox, reader.intake.clock.now());
    let mut tx = reader.intake.db.write().await?;
    match &result {
        Ok(()) => store::mailboxes::up_to_date(&mut tx, id, now).await?,
        Err(error) => {
            let (state, text) = describe(error);
            store::mailboxes::set_state(&mut tx, id, state, Some(&text), None, now).await?;
            summary.failure = Some(format!("{error:#}"));
        }
    }
    let missing = reader.missing();
    if summary.failure.is_none() && !missing.is_empty() {
        let names = missing.join(", ");
        summary.failure = Some(format!("the server does not show the configured folder {names}; the others were read"));
    }
    summary.waiting = store::locations::next_try(&mut tx, id).await?;
    store::mailboxes::release(&mut tx, id, reader.intake.context.fence).await?;
    Ok(tx.commit().await?)
}

/// Rounds until nothing that is due is left; a lost connection is made again a few times.
async fn to_the_end(reader: &Reader, pause: Duration, total: &mut Accepted) -> Result<()> {
    let mut failures = 0;
    loop {
        match connection(reader, total).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                failures += 1;
                // A server that asks for patience is not asked again at once.
                let later = match error.downcast_ref::<Trouble>() {
                    Some(Trouble::Later(cause)) => cause.what != What::Throttled,
                    _ => false,
                };
                if !later || failures >= CONNECTIONS {
                    return Err(error);
                }
                tracing::warn!(mailbox = %reader.account.name, cause = %describe(&error).1, "connecting again");
                tokio::time::sleep(pause * (1 << (failures - 1).min(4))).await;
            }
        }
    }
}

async fn connection(reader: &Reader, total: &mut Accepted) -> Result<()> {
    let mut session = session::connect(reader).await?;
    filing::tend(reader, &mut session).await?;
    let folders = session::folders(reader, &mut session).await?;
    loop {
        *total += session::round(reader, &mut session, &folders, Share::All).await?;
        // A thread that became known may ask for mail that was passed over: one more round.
        let mut tx = reader.intake.db.read().await?;
        let next = store::locations::next_try(&mut tx, reader.intake.context.mailbox).await?;
        drop(tx);
        if next.is_none_or(|at| at > reader.intake.clock.now().plus(SECOND)) {
            break;
        }
    }
    session.logout().await;
    Ok(())
}

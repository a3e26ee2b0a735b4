//! The loops of a running program. None of them ends by itself.

use super::imports;
use crate::config::Mailbox;
use crate::intake::{Shared, index, replay, responder, watch, written};
use crate::model::id::MailboxId;
use crate::model::time::{HOUR, MINUTE};
use crate::{actions, intake, notify, outbox, store};
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A reader that did nothing for this long hangs, whatever it waits for.
const SILENT: i64 = 10 * MINUTE;
/// How often other loops look without having been told.
const LOOK: Duration = Duration::from_secs(5);
/// How often it is looked whether a copy of a sent mail is due.
const COPY: Duration = Duration::from_secs(2);
/// How often it is looked whether a colleague is to be told something.
const TELL: Duration = Duration::from_secs(60);
/// Whom an absence told is remembered for so long after its end (R53).
const LEDGER: i64 = 90 * 24 * HOUR;
/// How often mailboxes' own servers are asked whether they answer by themselves.
const ASK_SERVERS: Duration = Duration::from_secs(300);
/// What colleagues were told is remembered for so long: it cannot come up again.
const TOLD: i64 = 60 * 24 * HOUR;
/// Reading again that is done is shown for so long.
const READ_AGAIN: i64 = 30 * 24 * HOUR;
/// How often hand-overs are looked at: somebody may wait before a page.
const HAND_OVER: Duration = Duration::from_secs(1);
/// How often what has expired is thrown away.
const TIDY: Duration = Duration::from_secs(3600);

/// Asks a mailbox's own server for ever whether it answers by itself (R14), where it is configured.
pub async fn keep_asking(shared: Shared, account: Mailbox, mailbox: MailboxId) {
    while account.sieve.is_some() {
        tokio::time::sleep(ASK_SERVERS).await;
        ask(&shared, &account, mailbox).await;
    }
}

async fn ask(shared: &Shared, account: &Mailbox, mailbox: MailboxId) {
    let now = shared.clock.now();
    if let Err(error) = responder::ask(&shared.db, account, mailbox, &shared.limits, now).await {
        tracing::error!(mailbox = %account.name, error = %format!("{error:#}"), "what its server said could not be written down");
    }
}

/// Reads one mailbox for ever, while this program holds its lease.
pub async fn keep_reading(shared: Shared, account: Mailbox, mailbox: MailboxId) {
    // Before the first mail is decided about.
    ask(&shared, &account, mailbox).await;
    loop {
        match shared.reader(&account, mailbox).await {
            Ok(Some(reader)) => {
                let reader = Arc::new(reader);
                let mut watching = Watching(tokio::spawn(watch::watch(reader.clone())));
                tokio::select! {
                    ended = &mut watching.0 => {
                        let panicked = ended.is_err_and(|e| e.is_panic());
                        tracing::error!(mailbox = %account.name, panicked, "reading a mailbox ended; it begins again");
                    }
                    () = watch::hold_lease(&reader) => {
                        tracing::warn!(mailbox = %account.name, "another worker reads this mailbox by now");
                    }
                    () = hangs(&shared, &reader) => {
                        tracing::error!(mailbox = %account.name, "reading a mailbox made no move for ten minutes; it begins again");
                    }
                }
                watching.0.abort();
                let _ = (&mut watching.0).await;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(mailbox = %account.name, error = %format!("{error:#}"), "a mailbox cannot be read")
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A reader at work; it ends with whoever began it.
struct Watching(JoinHandle<()>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn hangs(shared: &Shared, reader: &crate::intake::Reader) {
    loop {
        tokio::time::sleep(Duration::from_secs(30)).await;
        if shared.clock.now().since(reader.last_beat()) > SILENT {
            return;
        }
    }
}

/// Sends what is due for ever.
pub async fn keep_sending(shared: Shared) {
    loop {
        let clock = shared.clock.clone();
        let now = move || clock.now();
        let drained = outbox::drain(&shared.db, &shared.keys, &shared.config, &shared.worker, &now).await;
        // What people wrote stands on the timeline as soon as it is sent.
        if let Err(error) = written::take_in(&shared).await {
            tracing::error!(error = %format!("{error:#}"), "a mail that was sent could not be taken in yet");
        }
        match drained {
            Ok(0) => {
                let _ = tokio::time::timeout(LOOK, something_to_send(&shared)).await;
            }
            Ok(_) => shared.signals.changed(),
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "sending was interrupted");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Ends when notices were queued, or somebody sent what they wrote: they wait before a page.
async fn something_to_send(shared: &Shared) {
    let written = async {
        loop {
            tokio::time::sleep(HAND_OVER).await;
            let asked = async {
                let mut tx = shared.db.read().await?;
                store::drafts::waiting(&mut tx, shared.clock.now()).await
            };
            // What cannot be asked now is found when the outbox is looked at.
            if asked.await.unwrap_or(false) {
                return;
            }
        }
    };
    tokio::select! {
        () = shared.signals.queued() => {}
        () = written => {}
    }
}

/// Puts copies of what people wrote into their folders of sent mail, for ever.
pub async fn keep_copying(shared: Shared) {
    loop {
        match written::file_copy(&shared).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(COPY).await,
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "copies of sent mail are not put into their folders");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Indexes what is new for ever.
pub async fn keep_indexing(shared: Shared) {
    loop {
        match index::step(&shared.db).await {
            Ok(0) => {
                let _ = tokio::time::timeout(LOOK, shared.signals.to_index()).await;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "the full-text index fell behind");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Tells colleagues what they asked for, every minute.
pub async fn keep_telling(shared: Shared) {
    loop {
        match notify::run(&shared.db, &shared.keys, &shared.config, shared.clock.now()).await {
            Ok(0) => {}
            Ok(queued) => {
                tracing::info!(queued, "mails to colleagues");
                shared.signals.wake_outbox();
            }
            Err(error) => tracing::error!(error = %format!("{error:#}"), "colleagues could not be told"),
        }
        tokio::time::sleep(TELL).await;
    }
}

/// Lets appointments that came by mail end, and series go on, every minute.
pub async fn keep_appointments(shared: Shared) {
    loop {
        match appointments(&shared).await {
            Ok(0) => {}
            Ok(_) => shared.signals.changed(),
            Err(error) => tracing::error!(error = %format!("{error:#}"), "appointments could not be looked at"),
        }
        tokio::time::sleep(TELL).await;
    }
}

async fn appointments(shared: &Shared) -> Result<usize> {
    let mut tx = shared.db.write().await?;
    tx.alone().await?;
    let seen = intake::appointments::tend(&mut tx, shared.config.house().zone, shared.clock.now()).await?;
    tx.commit().await?;
    Ok(seen)
}

/// Begins, goes on with and returns hand-overs for ever.
pub async fn keep_handing_over(shared: Shared) {
    let (clock, signals) = (shared.clock.clone(), shared.signals.clone());
    let worker = actions::handover::Worker {
        db: shared.db.clone(),
        policy: shared.config.rights(),
        name: shared.worker.clone(),
        clock: Arc::new(move || clock.now()),
        told: Arc::new(move |_, _| signals.changed()),
    };
    loop {
        match actions::handover::tend(&worker).await {
            Ok(_) => tokio::time::sleep(HAND_OVER).await,
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "a hand-over was interrupted; it goes on");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Goes on for ever with runs of the rules over history that were begun, and interrupted ones.
pub async fn keep_applying_rules(shared: Shared) {
    let (clock, signals) = (shared.clock.clone(), shared.signals.clone());
    let worker = replay::Worker {
        db: shared.db.clone(),
        own_domains: shared.config.house(),
        name: shared.worker.clone(),
        clock: Arc::new(move || clock.now()),
        batch: replay::BATCH,
        told: Arc::new(move |_, _| signals.changed()),
    };
    loop {
        if let Err(error) = replay::tend(&worker).await {
            tracing::error!(error = %format!("{error:#}"), "a run of the rules over history was interrupted; it goes on");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Carries out the dry runs that pages ask for, and saves what was shown and agreed to, for ever.
pub async fn keep_trying_rules(shared: Shared) {
    let (clock, signals) = (shared.clock.clone(), shared.signals.clone());
    let trier = replay::Trier {
        db: shared.db.clone(),
        own_domains: shared.config.house(),
        policy: shared.config.rights(),
        name: shared.worker.clone(),
        clock: Arc::new(move || clock.now()),
        told: Arc::new(move || signals.changed()),
    };
    loop {
        if let Err(error) = try_rules(&shared, &trier).await {
            tracing::error!(error = %format!("{error:#}"), "a dry run of the rules was interrupted; it begins again");
        }
        tokio::time::sleep(HAND_OVER).await;
    }
}

async fn try_rules(shared: &Shared, trier: &replay::Trier) -> Result<()> {
    let mut tried = replay::try_all(trier).await?;
    let mut tx = shared.db.read().await?;
    let waiting = !store::rules::trials::checked(&mut tx).await?.is_empty();
    drop(tx);
    if waiting {
        let now = shared.clock.now();
        let mut tx = shared.db.write().await?;
        tx.alone().await?;
        let world = store::people::world(&mut tx, &trier.policy, now).await?;
        tried += actions::rules::settle_trials(&mut tx, &world, now).await?;
        tx.commit().await?;
    }
    if tried > 0 {
        shared.signals.changed();
    }
    Ok(())
}

/// Carries out the imports that pages ask for, for ever.
///
/// On a thread of its own: comparing half a million rows is work for a core, not for those who wait for pages.
/// When the program ends what is under way stops after its present rows, and begins anew at the next start.
pub async fn keep_importing(shared: Shared) {
    let _ends = imports::Leaving;
    loop {
        let own = shared.clone();
        let stepped = tokio::task::spawn_blocking(move || {
            let site = imports::Site { db: &own.db, keys: &own.keys, config: &own.config };
            tokio::runtime::Handle::current().block_on(imports::step(site, own.clock.now()))
        });
        match stepped.await.map_err(anyhow::Error::from).and_then(|done| done) {
            Ok(true) => shared.signals.changed(),
            Ok(false) => tokio::time::sleep(HAND_OVER).await,
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "an import waits: the database cannot be reached");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Throws away what has expired (P9), lets the database look at its tables, and folds SQLite's log
/// into its file, every hour.
pub async fn keep_tidy(shared: Shared) {
    loop {
        if let Err(error) = tidy(&shared).await {
            tracing::error!(error = %format!("{error:#}"), "what has expired could not be thrown away");
        }
        tokio::time::sleep(TIDY).await;
    }
}

async fn tidy(shared: &Shared) -> Result<()> {
    let now = shared.clock.now();
    let keep = i64::from(shared.config.mail.keep_failed_days) * 24 * HOUR;
    // Each by itself: what fails keeps no other from being thrown away.
    let mut tx = shared.db.write().await?;
    store::expiry::failed(&mut tx, now).await?;
    store::expiry::sessions(&mut tx, now).await?;
    store::notices::forget(&mut tx, now.plus(-LEDGER)).await?;
    store::notifications::forget(&mut tx, now.plus(-TOLD)).await?;
    store::events::forget(&mut tx, now).await?;
    store::rereads::forget(&mut tx, now.plus(-READ_AGAIN)).await?;
    store::filing::forget_refused(&mut tx, now.plus(-keep)).await?;
    tx.commit().await?;
    let mut tx = shared.db.write().await?;
    tx.alone().await?;
    store::expiry::reviews(&mut tx, &shared.keys, now.plus(-keep), now).await?;
    tx.commit().await?;
    imports::tidy(&shared.db, now).await?;
    shared.db.analyze().await?;
    Ok(shared.db.fold_log().await?)
}

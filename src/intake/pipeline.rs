//! Between the wire and the database: batches are prepared on the blocking pool, one at a time,
//! while the next are fetched and earlier ones are written. Preparing takes a third of the time that
//! writing takes: a second one at once would cost memory and save no time (docs/performance.md).
//!
//! A batch that fails is split until the bad mail stands alone; that one is kept with its error,
//! and the rest goes on. A database that cannot be reached is not the mail's fault: then nothing is
//! settled, and everything is read again later.

use super::accept::{Accepted, Context, accept};
use super::filing;
use super::prepare::{self, Found, Prepared};
use super::signals::{Clock, Signals};
use crate::model::time::{DAY, Timestamp};
use crate::store::keys::Key;
use crate::store::{self, Db, StoreError};
use anyhow::{Context as _, Result};
use futures::{Stream, StreamExt};
use std::collections::HashMap;
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::JoinHandle;

/// Prepared batches that wait for the database. It takes all of them in one transaction, since each
/// costs the same few dozen questions whatever it holds.
const WAITING: usize = 2;
/// Mails written between two times that the database's log is folded into its file.
const FOLD: usize = 1_000;
/// Batches of one reading after which the database looks at its tables again.
const LOOKS: [usize; 3] = [4, 32, 256];

/// Everything that taking mail in needs, beside the mail.
#[derive(Clone, Debug)]
pub struct Intake {
    /// The database.
    pub db: Db,
    /// Of the mailbox.
    pub context: Context,
    /// Where moments come from.
    pub clock: Clock,
    /// Whom to tell.
    pub signals: Signals,
    /// Days for which mail that failed is kept.
    pub keep_failed_days: u32,
}

impl Intake {
    /// Takes batches in until the sender hangs up. Stops at the first failure that is not one
    /// mail's fault; what was not settled by then is read again.
    pub async fn take_in(&self, batches: Receiver<Vec<Found>>) -> Result<Accepted> {
        let mut total = Accepted::default();
        let (context, clock) = (self.context.clone(), self.clock.clone());
        let (out, mut prepared) = mpsc::channel(WAITING);
        // A task of its own: preparing goes on while the database writes. It ends with the channel.
        let preparing = tokio::spawn(async move {
            let ready = stream(batches).then(move |batch| prepare(&context, batch, clock.now()));
            futures::pin_mut!(ready);
            while let Some(batch) = ready.next().await {
                if out.send(batch.context("preparing a batch of mails")?).await.is_err() {
                    break;
                }
            }
            anyhow::Ok(())
        });
        let (mut taken, mut unfolded, mut folding) = (0, 0, None);
        let mut waiting: Vec<Vec<Prepared>> = Vec::new();
        while prepared.recv_many(&mut waiting, WAITING + 1).await > 0 {
            let looks = LOOKS.iter().any(|look| (taken + 1..=taken + waiting.len()).contains(look));
            taken += waiting.len();
            let batch: Vec<Prepared> = waiting.drain(..).flatten().collect();
            unfolded += batch.len();
            total += self.settle(batch).await?;
            if looks {
                self.db.analyze().await?;
            }
            if unfolded >= FOLD && folding.as_ref().is_none_or(JoinHandle::is_finished) {
                let db = self.db.clone();
                // Where it fails the writer does it, and says why it could not.
                folding = Some(tokio::spawn(async move { db.fold_log().await }));
                unfolded = 0;
            }
        }
        preparing.await.context("preparing mails")??;
        Ok(total)
    }

    /// Takes one prepared batch in, splitting it where it fails.
    pub async fn settle(&self, batch: Vec<Prepared>) -> Result<Accepted> {
        let mut total = Accepted::default();
        let mut open = waves(filing::expand(self, batch).await?);
        while let Some(batch) = open.pop() {
            match accept(&self.db, &self.context, &batch, self.clock.now()).await {
                Ok(accepted) => {
                    self.signals.accepted(&accepted);
                    total += accepted;
                    // Thousands of small pieces to free: not in the way of the next batch.
                    tokio::task::spawn_blocking(move || drop(batch));
                }
                Err(error) if !is_the_mails_fault(&error) => return Err(error),
                Err(error) if batch.len() <= 1 => self.keep(batch, &error).await?,
                Err(_) => {
                    let mut first = batch;
                    let second = first.split_off(first.len() / 2);
                    open.extend([second, first]);
                }
            }
        }
        Ok(total)
    }

    /// Keeps a mail that cannot be stored, with its error (P1).
    async fn keep(&self, batch: Vec<Prepared>, error: &anyhow::Error) -> Result<()> {
        let now = self.clock.now();
        let expires = now.plus(i64::from(self.keep_failed_days) * DAY);
        for mail in batch {
            let id = mail.found.location;
            tracing::error!(location = id.0, error = %format!("{error:#}"), "a mail could not be stored; it is kept with its error");
            let mut tx = self.db.write().await?;
            store::locations::keep_failed(&mut tx, id, &mail.row.packed, &format!("{error:#}"), expires).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Copies of one message in one batch come one after the other, so that each is seen as a copy of
/// what is stored by then and adds what it knows. Last wave first.
fn waves(batch: Vec<Prepared>) -> Vec<Vec<Prepared>> {
    let mut seen: HashMap<Key, usize> = HashMap::new();
    let mut waves: Vec<Vec<Prepared>> = Vec::new();
    for mail in batch {
        let wave = seen.entry(mail.row.copy_key).and_modify(|wave| *wave += 1).or_insert(0);
        if waves.len() <= *wave {
            waves.push(Vec::new());
        }
        if let Some(wave) = waves.get_mut(*wave) {
            wave.push(mail);
        }
    }
    waves.reverse();
    waves
}

fn prepare(context: &Context, batch: Vec<Found>, now: Timestamp) -> JoinHandle<Vec<Prepared>> {
    let context = context.clone();
    let work = move || {
        let (keys, policy) = (&context.keys, &context.notice.policy);
        let mut prepared = match context.headers_only {
            true => prepare::headers(batch, keys, policy, now),
            false => prepare::all(batch, keys, policy, now),
        };
        if let Some(dropbox) = &context.dropbox {
            prepared.iter_mut().for_each(|mail| filing::conceal(mail, dropbox));
        }
        prepared
    };
    tokio::task::spawn_blocking(work)
}

fn stream(batches: Receiver<Vec<Found>>) -> impl Stream<Item = Vec<Found>> {
    futures::stream::unfold(batches, |mut batches| async move { Some((batches.recv().await?, batches)) })
}

/// Whether the database refused this very data, rather than being away, full or locked.
fn is_the_mails_fault(error: &anyhow::Error) -> bool {
    error.downcast_ref::<StoreError>().is_some_and(StoreError::blames_the_data)
}

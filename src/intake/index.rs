//! The full-text index, trailing the timeline: takes what is not indexed yet, in batches.

use crate::model::id::MailId;
use crate::store::Db;
use crate::store::text::{self, Words};
use anyhow::{Context as _, Result};

/// Mails in one go: enough that the index merges little, few enough that fresh mail never waits
/// longer than 0.15 s behind them.
const BATCH: i64 = 2_000;

/// Indexes one batch; gives how many mails it held.
pub async fn step(db: &Db) -> Result<usize> {
    let words = next(db, MailId(0)).await?;
    let count = words.len();
    if count > 0 {
        write(db, words).await?;
    }
    Ok(count)
}

/// Indexes until nothing is left; gives how many mails. The next batch is read and folded while
/// one is written.
pub async fn catch_up(db: &Db) -> Result<usize> {
    let mut total = 0;
    let mut words = next(db, MailId(0)).await?;
    while let Some(last) = words.last().map(|w| w.mail) {
        total += words.len();
        (_, words) = tokio::try_join!(write(db, words), next(db, last))?;
    }
    Ok(total)
}

/// The words of the mails after this one that are to be indexed next. Folding runs on the blocking
/// pool.
async fn next(db: &Db, after: MailId) -> Result<Vec<Words>> {
    let mut tx = db.read().await?;
    let mails = text::unindexed(&mut tx, after, BATCH).await?;
    drop(tx);
    let fold = move || mails.iter().map(text::words).collect();
    tokio::task::spawn_blocking(fold).await.context("folding text")
}

async fn write(db: &Db, words: Vec<Words>) -> Result<()> {
    let last = words.last().map(|w| w.mail);
    let mut tx = db.write().await?;
    text::index(&mut tx, words).await.with_context(|| format!("indexing mails up to {last:?}"))?;
    Ok(tx.commit().await?)
}

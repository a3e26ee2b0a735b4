//! The full-text index, trailing the timeline: takes what is not indexed yet, in batches.

use crate::model::id::MailId;
use crate::store::text::{self, Unindexed, Words};
use crate::store::{self, Db};
use anyhow::{Context as _, Result};

/// Mails in one go: enough that the index merges little, few enough that fresh mail never waits
/// longer than 0.15 s behind them.
const BATCH: i64 = 2_000;

/// Indexes one batch; gives how many mails it held. Folding runs on the blocking pool.
pub async fn step(db: &Db) -> Result<usize> {
    let mut tx = db.read().await?;
    let mails = text::unindexed(&mut tx, BATCH).await?;
    drop(tx);
    if mails.is_empty() {
        return Ok(0);
    }
    let count = mails.len();
    let last = mails.last().map(|m| MailId(m.id));
    let words = tokio::task::spawn_blocking(move || fold(&mails)).await.context("folding text")?;
    let mut tx = db.write().await?;
    store::text::index(&mut tx, words).await.with_context(|| format!("indexing mails up to {last:?}"))?;
    tx.commit().await?;
    Ok(count)
}

fn fold(mails: &[Unindexed]) -> Vec<Words> {
    mails.iter().map(text::words).collect()
}

/// Indexes until nothing is left; gives how many mails. The next batch is read and folded while
/// one is written.
pub async fn catch_up(db: &Db) -> Result<usize> {
    let mut total = 0;
    loop {
        match step(db).await? {
            0 => return Ok(total),
            count => total += count,
        }
    }
}

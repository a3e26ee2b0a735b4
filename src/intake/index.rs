//! The full-text index, trailing the timeline: takes what is not indexed yet, in batches; and the words of
//! records that changed.

use crate::model::id::MailId;
use crate::store::Db;
use crate::store::record_words;
use crate::store::text::{self, Words};
use anyhow::{Context as _, Result};

/// Mails in one go: enough that the index merges little, few enough that fresh mail never waits
/// longer than 0.15 s behind them.
const BATCH: i64 = 2_000;

/// Records whose words are read in one go.
const RECORDS: i64 = 500;

/// Indexes one batch; gives how many records and mails it held. Records first: somebody may look for one
/// that they just entered.
pub async fn step(db: &Db) -> Result<usize> {
    let records = some_records(db).await?;
    let words = next(db, MailId(0)).await?;
    let count = words.len();
    if count > 0 {
        write(db, words).await?;
    }
    Ok(records + count)
}

/// Indexes until nothing is left; gives how many mails. The next batch is read and folded while
/// one is written.
pub async fn catch_up(db: &Db) -> Result<usize> {
    records(db).await?;
    let mut total = 0;
    let mut words = next(db, MailId(0)).await?;
    while let Some(last) = words.last().map(|w| w.mail) {
        total += words.len();
        (_, words) = tokio::try_join!(write(db, words), next(db, last))?;
    }
    Ok(total)
}

/// Reads the words of records until nothing is left.
pub async fn records(db: &Db) -> Result<()> {
    while some_records(db).await? > 0 {}
    Ok(())
}

/// The writer is asked for only where there is something to write.
async fn some_records(db: &Db) -> Result<usize> {
    let mut tx = db.read().await?;
    let behind = record_words::is_behind(&mut tx).await?;
    drop(tx);
    if !behind {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    let count = record_words::refresh(&mut tx, RECORDS).await.context("reading the words of records")?;
    tx.commit().await?;
    Ok(count)
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

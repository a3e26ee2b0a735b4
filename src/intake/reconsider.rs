//! Deciding stored mail again after a person's decision changed what an address means: links come
//! and go as if it had always been so (P3). Mail known by its hashes alone is read again.

use super::{assemble, place, weigh};
use crate::model::address::Address;
use crate::model::correction::Again;
use crate::model::id::{ThreadId, UserId};
use crate::model::time::Timestamp;
use crate::store::keys::Keys;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::HashSet;

/// Threads decided in one go.
const AT_A_TIME: usize = 100;

/// What is decided again: mail that names an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconsidered {
    /// The address.
    pub address: Address,
    /// Only mail in the mailboxes of this user; `None` for all.
    pub holder: Option<UserId>,
}

/// Decides again, in the transaction in which the reason for it was written. The caller took
/// [`Tx::alone`] before anything else.
pub async fn address(
    tx: &mut Tx,
    what: &Reconsidered,
    own_domains: &HashSet<String>,
    keys: &Keys,
    now: Timestamp,
) -> Result<usize> {
    let threads = store::mails::threads_of_address(tx, what.address.as_str(), what.holder).await?;
    let changed = decide(tx, &threads, own_domains, now).await?;
    let key = [keys.hash("address", what.address.as_str().as_bytes())];
    match what.holder {
        Some(holder) => store::locations::repend_addresses_of(tx, &key, holder).await?,
        None => store::locations::repend_addresses(tx, &key).await?,
    };
    Ok(changed)
}

/// Decides these threads again, in the transaction in which somebody corrected them, and reads again
/// what lies unstored under these keys. The caller took [`Tx::alone`] before anything else.
pub async fn corrected(tx: &mut Tx, again: &Again, own_domains: &HashSet<String>, now: Timestamp) -> Result<usize> {
    let changed = decide(tx, &again.threads, own_domains, now).await?;
    store::locations::repend_copies(tx, &again.copies).await?;
    Ok(changed)
}

async fn decide(tx: &mut Tx, threads: &[ThreadId], own_domains: &HashSet<String>, now: Timestamp) -> Result<usize> {
    let mut changed = 0;
    for threads in threads.chunks(AT_A_TIME) {
        let mut assembled = assemble::again(tx, own_domains, threads).await?;
        let decided = weigh::decide(tx, &mut assembled).await?;
        let written = place::record(tx, &assembled, &decided, now).await?;
        changed += written.relinked + weigh::others(tx, &assembled, &decided, &written, own_domains, now).await?;
    }
    Ok(changed)
}

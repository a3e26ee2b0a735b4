//! Deciding stored mail again after a person's decision changed what an address means: links come
//! and go as if it had always been so (P3). Mail known by its hashes alone is read again.

use super::{appointments, assemble, place, weigh};
use crate::model::address::{Address, levels};
use crate::model::correction::{Again, Whom};
use crate::model::facts::House;
use crate::model::id::{RecordId, ThreadId, UserId};
use crate::model::time::Timestamp;
use crate::store::keys::Keys;
use crate::store::rereads::{self, Cause, Sought};
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Threads decided in one go.
const AT_A_TIME: usize = 100;
/// Addresses looked up in one go.
const ADDRESSES: usize = 5_000;

/// What is decided again: mail that names an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconsidered {
    /// The address.
    pub address: Address,
    /// Only mail in the mailboxes of this user; `None` for all.
    pub holder: Option<UserId>,
}

/// What deciding again depends on beside the database.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'g> {
    /// Domains of the company.
    pub own_domains: &'g House,
    /// The instance's keys.
    pub keys: &'g Keys,
    /// The moment.
    pub now: Timestamp,
}

/// What was put on records just now.
#[derive(Clone, Debug, Default)]
pub struct Added<'a> {
    /// Addresses that are vouched for now: they count in every mailbox.
    pub vouched: &'a [Address],
    /// Records on which addresses may have been claimed: a claim counts in its claimant's mailboxes.
    pub claimed_on: &'a [RecordId],
    /// Domains of accounts.
    pub domains: &'a [String],
}

/// Decides again, in the transaction in which the reason for it was written. The caller took
/// [`Tx::alone`] before anything else. Gives how many places are read again.
pub async fn address(
    tx: &mut Tx,
    what: &Reconsidered,
    own_domains: &House,
    keys: &Keys,
    now: Timestamp,
) -> Result<u64> {
    let ground = Ground { own_domains, keys, now };
    Ok(addresses(tx, std::slice::from_ref(&what.address), what.holder, Cause::Consent, ground).await?.places)
}

/// What deciding again did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redone {
    /// Stored mails that stand elsewhere, or in another way.
    pub changed: usize,
    /// Places that are read again.
    pub places: u64,
}

/// As [`address`], of all mail of a sender or of a domain, of which somebody said something.
pub async fn whom(
    tx: &mut Tx,
    (whom, holder): (&Whom, Option<UserId>),
    own_domains: &House,
    keys: &Keys,
    now: Timestamp,
) -> Result<Redone> {
    let ground = Ground { own_domains, keys, now };
    match whom {
        Whom::Sender(one) => addresses(tx, std::slice::from_ref(one), holder, Cause::Consent, ground).await,
        Whom::Domain(domain) => domains(tx, std::slice::from_ref(domain), holder, ground).await,
    }
}

/// As [`address`], for what an import or a form put on records. Of claims only those of `by` are
/// counted: that there is mail in somebody else's mailbox is not for everybody to know (P12).
pub async fn added(tx: &mut Tx, added: &Added<'_>, by: Option<UserId>, ground: Ground<'_>) -> Result<u64> {
    let mut places = addresses(tx, added.vouched, None, Cause::Address, ground).await?.places;
    let mut claims: BTreeMap<UserId, BTreeSet<Address>> = BTreeMap::new();
    for claim in store::consents::claimed_at(tx, added.claimed_on, ground.now).await? {
        let address = Address::parse(&claim.address).ok();
        claims.entry(claim.by).or_default().extend(address);
    }
    for (claimant, claimed) in claims {
        let claimed: Vec<Address> = claimed.into_iter().collect();
        let found = addresses(tx, &claimed, Some(claimant), Cause::Address, ground).await?.places;
        places += if by == Some(claimant) { found } else { 0 };
    }
    Ok(places + domains(tx, added.domains, None, ground).await?.places)
}

async fn addresses(
    tx: &mut Tx,
    addresses: &[Address],
    holder: Option<UserId>,
    cause: Cause,
    ground: Ground<'_>,
) -> Result<Redone> {
    let mut found = BTreeSet::new();
    for some in addresses.chunks(ADDRESSES) {
        found.extend(store::mails::threads_of_addresses(tx, some.iter().map(Address::as_str), holder).await?);
    }
    let changed = threads(tx, &found.into_iter().collect::<Vec<_>>(), ground).await?;
    let places = rereads::begin(tx, cause, &Sought::addresses(ground.keys, addresses), holder, ground.now).await?;
    Ok(Redone { changed, places })
}

/// Mail of whoever has an address in these domains or below them; of `holder` alone what lies in their
/// mailboxes.
async fn domains(tx: &mut Tx, domains: &[String], holder: Option<UserId>, ground: Ground<'_>) -> Result<Redone> {
    if domains.is_empty() {
        return Ok(Redone::default());
    }
    let wanted: HashSet<&str> = domains.iter().map(String::as_str).collect();
    let all = store::mails::party_addresses(tx).await?;
    let inside = |a: &&String| a.rsplit_once('@').is_some_and(|(_, d)| levels(d).any(|d| wanted.contains(d)));
    let inside: Vec<&str> = all.iter().filter(inside).map(String::as_str).collect();
    let mut found = BTreeSet::new();
    for some in inside.chunks(ADDRESSES) {
        found.extend(store::mails::threads_of_addresses(tx, some.iter().copied(), holder).await?);
    }
    let changed = threads(tx, &found.into_iter().collect::<Vec<_>>(), ground).await?;
    let sought = Sought::domains(ground.keys, domains.iter().map(String::as_str));
    let places = rereads::begin(tx, Cause::Domain, &sought, holder, ground.now).await?;
    Ok(Redone { changed, places })
}

/// Decides these threads again, in the transaction in which somebody corrected them, and reads again
/// what lies unstored under these keys. The caller took [`Tx::alone`] before anything else.
pub async fn corrected(tx: &mut Tx, again: &Again, own_domains: &House, now: Timestamp) -> Result<usize> {
    let changed = decide(tx, &again.threads, own_domains, now).await?;
    store::locations::repend_copies(tx, &again.copies).await?;
    Ok(changed)
}

/// Decides whole threads again.
pub async fn threads(tx: &mut Tx, threads: &[ThreadId], ground: Ground<'_>) -> Result<usize> {
    decide(tx, threads, ground.own_domains, ground.now).await
}

async fn decide(tx: &mut Tx, threads: &[ThreadId], own_domains: &House, now: Timestamp) -> Result<usize> {
    let mut changed = 0;
    for threads in threads.chunks(AT_A_TIME) {
        let mut assembled = assemble::again(tx, own_domains, threads).await?;
        let decided = weigh::decide(tx, &mut assembled).await?;
        let written = place::record(tx, &assembled, &decided, own_domains.zone, now).await?;
        changed += written.relinked;
        changed += weigh::others(tx, &assembled, &decided, &written, own_domains, now).await?.len();
    }
    appointments::tend(tx, own_domains.zone, now).await?;
    Ok(changed)
}

//! Requests for consent (P12): who is to be asked, what they decided, and claims that it raises.

use super::{Result, StoreError, Tx, audit, insert_many, list, text_list};
use crate::model::audit::{Action, Line};
use crate::model::consent::{Consent, ConsentState};
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;
use crate::store::keys::Key;
use std::collections::{BTreeSet, HashMap, HashSet};

/// An address on a record that is only claimed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// The address.
    pub address: String,
    /// The record.
    pub record: RecordId,
    /// Whose claim it is.
    pub by: UserId,
}

type Row = (i64, String, i64, i64, i64, String, i64, Option<i64>);

macro_rules! select {
    ($rest:literal) => {
        concat!("select id, address, record_id, asked_by, asked_of, state, asked_at, decided_at from consents ", $rest)
    };
}

fn consent(row: Row) -> Result<Consent> {
    let (id, address, record, asked_by, asked_of, state, asked_at, decided_at) = row;
    let bad = StoreError::BadRow { table: "consents", id, column: "state" };
    Ok(Consent {
        id,
        address,
        record: RecordId(record),
        asked_by: UserId(asked_by),
        asked_of: UserId(asked_of),
        state: ConsentState::from_word(&state).ok_or(bad)?,
        asked_at: Timestamp(asked_at),
        decided_at: decided_at.map(Timestamp),
    })
}

/// What `user` is or was asked, open requests first, then the latest.
pub async fn of(tx: &mut Tx, user: UserId) -> Result<Vec<Consent>> {
    const LOAD: &str =
        select!("where asked_of = $1 order by case when state = 'open' then 0 else 1 end, asked_at desc, id desc");
    let rows: Vec<Row> = all!(tx, LOAD, user.0)?;
    rows.into_iter().map(consent).collect()
}

/// Every request there is, by number: for the operator.
pub async fn every(tx: &mut Tx) -> Result<Vec<Consent>> {
    let rows: Vec<Row> = all!(tx, select!("order by id"))?;
    rows.into_iter().map(consent).collect()
}

/// The request with this number.
pub async fn load(tx: &mut Tx, id: i64) -> Result<Option<Consent>> {
    let row: Option<Row> = maybe!(tx, select!("where id = $1"), id)?;
    row.map(consent).transpose()
}

/// How many requests wait for an answer by `user`.
pub async fn open_count(tx: &mut Tx, user: UserId) -> Result<i64> {
    let (count,): (i64,) = one!(tx, "select count(*) from consents where asked_of = $1 and state = 'open'", user.0)?;
    Ok(count)
}

/// Notes a decision.
pub async fn decide(tx: &mut Tx, id: i64, state: ConsentState, now: Timestamp) -> Result<()> {
    run!(tx, "update consents set state = $2, decided_at = $3 where id = $1", id, state.word(), now.0)?;
    Ok(())
}

/// The addresses on these records that are only claimed, by somebody.
pub async fn claims_on(tx: &mut Tx, records: &[RecordId]) -> Result<Vec<Claim>> {
    const LOAD: &str = "select address, record_id, claimed_by from record_addresses where standing = 'claimed'
          and claimed_by is not null and record_id in (select cast(value as bigint) from json_each($1))
        order by record_id, address";
    let rows: Vec<(String, i64, i64)> = all!(tx, LOAD, list(records.iter().map(|r| r.0)))?;
    Ok(rows.into_iter().map(claim).collect())
}

/// The claims on these records that were made at this very moment.
pub async fn claimed_at(tx: &mut Tx, records: &[RecordId], at: Timestamp) -> Result<Vec<Claim>> {
    const LOAD: &str = "select address, record_id, claimed_by from record_addresses where standing = 'claimed'
          and claimed_by is not null and created_at = $2
          and record_id in (select cast(value as bigint) from json_each($1)) order by record_id, address";
    let rows: Vec<(String, i64, i64)> = all!(tx, LOAD, list(records.iter().map(|r| r.0)), at.0)?;
    Ok(rows.into_iter().map(claim).collect())
}

/// Claims of these addresses, on any record that stands.
pub async fn claims_of(tx: &mut Tx, addresses: &[&str]) -> Result<Vec<Claim>> {
    const LOAD: &str = "select a.address, a.record_id, a.claimed_by from record_addresses a
        join records r on r.id = a.record_id and r.deleted_at is null where a.standing = 'claimed'
          and a.claimed_by is not null and a.address in (select value from json_each($1))
        order by a.record_id, a.address";
    let rows: Vec<(String, i64, i64)> = all!(tx, LOAD, text_list(addresses.iter().copied()))?;
    Ok(rows.into_iter().map(claim).collect())
}

fn claim((address, record, by): (String, i64, i64)) -> Claim {
    Claim { address, record: RecordId(record), by: UserId(by) }
}

/// Whose mailboxes have mail that names these addresses, stored or known by a keyed hash alone.
/// `keyed` are the addresses with their hashes.
pub async fn holders(tx: &mut Tx, keyed: &[(&str, Key)]) -> Result<HashMap<String, BTreeSet<UserId>>> {
    const STORED: &str = "select distinct p.address, b.user_id from mail_parties p
        join locations l on l.mail_id = p.mail_id and l.state = 'stored' join folders f on f.id = l.folder_id
        join mailboxes b on b.id = f.mailbox_id
        where p.address in (select value from json_each($1)) and b.user_id is not null";
    const KNOWN: &str = "select distinct u.key, b.user_id from unmatched_keys u
        join locations l on l.id = u.location_id and l.state in ('unmatched', 'pending')
        join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id
        where u.what = 'a' and u.key in (select cast(value as bigint) from json_each($1)) and b.user_id is not null";
    let stored: Vec<(String, i64)> = all!(tx, STORED, text_list(keyed.iter().map(|(a, _)| *a)))?;
    let known: Vec<(i64, i64)> = all!(tx, KNOWN, list(keyed.iter().map(|(_, key)| *key)))?;
    let mut found: HashMap<String, BTreeSet<UserId>> = HashMap::new();
    for (address, user) in stored {
        found.entry(address).or_default().insert(UserId(user));
    }
    let of: HashMap<Key, &str> = keyed.iter().map(|(address, key)| (*key, *address)).collect();
    for (key, user) in known {
        if let Some(address) = of.get(&key) {
            found.entry((*address).to_owned()).or_default().insert(UserId(user));
        }
    }
    Ok(found)
}

/// The records on which each of these addresses is vouched for, with their owners.
pub async fn vouched(tx: &mut Tx, addresses: &[&str]) -> Result<HashMap<String, Vec<(RecordId, UserId)>>> {
    const LOAD: &str = "select a.address, a.record_id, r.owner_id from record_addresses a
        join records r on r.id = a.record_id and r.deleted_at is null
        where a.standing = 'vouched' and a.address in (select value from json_each($1)) order by a.record_id";
    let rows: Vec<(String, i64, i64)> = all!(tx, LOAD, text_list(addresses.iter().copied()))?;
    let mut found: HashMap<String, Vec<(RecordId, UserId)>> = HashMap::new();
    for (address, record, owner) in rows {
        found.entry(address).or_default().push((RecordId(record), UserId(owner)));
    }
    Ok(found)
}

/// Makes these requests, but for those that were made before, whatever came of them; noted in the
/// audit. Gives how many are new.
pub async fn request(tx: &mut Tx, wanted: &BTreeSet<(Claim, UserId)>, now: Timestamp) -> Result<usize> {
    const MADE: &str =
        "select address, record_id, asked_of from consents where address in (select value from json_each($1))";
    if wanted.is_empty() {
        return Ok(0);
    }
    let addresses: BTreeSet<&str> = wanted.iter().map(|(claim, _)| claim.address.as_str()).collect();
    let made: Vec<(String, i64, i64)> = all!(tx, MADE, text_list(addresses))?;
    let made: HashSet<(&str, i64, i64)> = made.iter().map(|(a, r, u)| (a.as_str(), *r, *u)).collect();
    let is_new = |(claim, of): &&(Claim, UserId)| !made.contains(&(claim.address.as_str(), claim.record.0, of.0));
    let fresh: Vec<&(Claim, UserId)> = wanted.iter().filter(is_new).collect();
    let rows = fresh.iter().map(|(claim, of)| {
        vec![
            claim.address.as_str().into(),
            claim.record.0.into(),
            claim.by.0.into(),
            of.0.into(),
            "open".into(),
            now.0.into(),
        ]
    });
    let into = "consents (address, record_id, asked_by, asked_of, state, asked_at)";
    insert_many(tx, into, "on conflict (address, record_id, asked_of) do nothing", rows.collect()).await?;
    let line = |(claim, of): &&(Claim, UserId)| {
        Line::new(now, Some(claim.by), Action::ConsentAsked).record(claim.record).subject(of.0)
    };
    audit::note(tx, &fresh.iter().map(line).collect::<Vec<_>>()).await?;
    Ok(fresh.len())
}

/// Raises a claim to an address that is vouched for; false where it is no claim of theirs (any more).
pub async fn raise(tx: &mut Tx, claim: &Claim) -> Result<bool> {
    const RAISE: &str = "update record_addresses set standing = 'vouched', claimed_by = null
        where address = $1 and record_id = $2 and standing = 'claimed' and claimed_by = $3";
    Ok(run!(tx, RAISE, claim.address.as_str(), claim.record.0, claim.by.0)? > 0)
}

/// Makes a raised claim a mere claim again; false where the address is not vouched for there.
pub async fn lower(tx: &mut Tx, claim: &Claim) -> Result<bool> {
    const LOWER: &str = "update record_addresses set standing = 'claimed', claimed_by = $3
        where address = $1 and record_id = $2 and standing = 'vouched'";
    Ok(run!(tx, LOWER, claim.address.as_str(), claim.record.0, claim.by.0)? > 0)
}

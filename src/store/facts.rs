//! What linking needs to know, loaded for a whole batch by a handful of set-based queries: the
//! cost per mail does not depend on how many contacts there are, nor on the database's round trip.

use super::{Result, StoreError, Tx, list, text_list};
use crate::model::address::{Address, levels};
use crate::model::facts::{Always, Deal, House, LinkFacts, PartyMatch};
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Status};
use crate::model::time::Timestamp;
use std::collections::BTreeSet;

/// What else facts are wanted about.
#[derive(Clone, Debug, Default)]
pub struct Further {
    /// Reference numbers that stand on the mails, in the form in which they are compared.
    pub numbers: BTreeSet<String>,
    /// Records that people named in corrections, and for which references were signed.
    pub records: BTreeSet<RecordId>,
}

/// Facts about addresses, about records that stored mails of the batch's threads regard, about those
/// that they are linked to, and about what else stands on them.
pub async fn about(
    tx: &mut Tx,
    addresses: &BTreeSet<Address>,
    regarded: &BTreeSet<RecordId>,
    linked: &BTreeSet<RecordId>,
    own_domains: &House,
    further: &Further,
) -> Result<LinkFacts> {
    let wanted = text_list(addresses.iter().map(Address::as_str));
    let mut facts = LinkFacts {
        own_domains: own_domains.domains.clone(),
        domain_parties: own_domains.domain_parties,
        ..LinkFacts::default()
    };
    load_own(tx, &wanted, &mut facts).await?;
    load_parties(tx, &wanted, &mut facts).await?;
    load_domains(tx, addresses, &mut facts).await?;
    let mut named = further.records.clone();
    named.extend(load_senders(tx, &wanted, &mut facts).await?);
    load_numbers(tx, further, &mut facts, &mut named).await?;
    load_converted(tx, &wanted, &mut facts, &mut named).await?;
    load_accounts(tx, &named, &mut facts).await?;
    named.extend(regarded);
    load_deals(tx, &named, &mut facts).await?;
    load_gone(tx, &named, linked, &mut facts).await?;
    Ok(facts)
}

async fn load_own(tx: &mut Tx, wanted: &str, facts: &mut LinkFacts) -> Result<()> {
    let rows: Vec<(String,)> = all!(
        tx,
        "select u.address from user_addresses u join json_each($1) k on k.value = u.address \
         union select b.address from mailboxes b join json_each($1) k on k.value = b.address",
        wanted
    )?;
    facts.own = rows.into_iter().filter_map(|(a,)| Address::parse(&a).ok()).collect();
    Ok(())
}

type PartyRow = (String, i64, String, Option<i64>, String, Option<i64>);

async fn load_parties(tx: &mut Tx, wanted: &str, facts: &mut LinkFacts) -> Result<()> {
    let rows: Vec<PartyRow> = all!(
        tx,
        "select a.address, a.record_id, r.kind, r.account_id, a.standing, a.claimed_by \
         from json_each($1) k cross join record_addresses a cross join records r \
         where a.address = k.value and r.id = a.record_id and r.status <> 'converted' and r.deleted_at is null order by a.address, a.record_id",
        wanted
    )?;
    for (address, record, kind, account, standing, claimed_by) in rows {
        let Ok(address) = Address::parse(&address) else { continue };
        let bad = |column| StoreError::BadRow { table: "records", id: record, column };
        let kind = Kind::from_word(&kind).ok_or_else(|| bad("kind"))?;
        // A claim that names nobody gives mail to nobody: no user has the id 0.
        let claimed_by = (standing == "claimed").then(|| UserId(claimed_by.unwrap_or(0)));
        let (record, account) = (RecordId(record), account.map(RecordId));
        let party = PartyMatch { record, kind, account, claimed_by, agreed: Vec::new() };
        facts.parties.entry(address).or_default().push(party);
    }
    load_consents(tx, wanted, facts).await
}

/// Who agreed that a claim counts for mail in their mailboxes. Asked only where there are claims.
async fn load_consents(tx: &mut Tx, wanted: &str, facts: &mut LinkFacts) -> Result<()> {
    if facts.parties.values().flatten().all(|party| party.claimed_by.is_none()) {
        return Ok(());
    }
    // A consent is given to one person's claim; somebody else's claim on the same record needs its own.
    let rows: Vec<(String, i64, i64)> = all!(
        tx,
        "select c.address, c.record_id, c.asked_of from json_each($1) k join consents c on c.address = k.value \
         join record_addresses a on a.address = c.address and a.record_id = c.record_id \
           and a.standing = 'claimed' and a.claimed_by = c.asked_by \
         where c.state = 'given' order by c.asked_of",
        wanted
    )?;
    for (address, record, user) in rows {
        let parties = Address::parse(&address).ok().and_then(|address| facts.parties.get_mut(&address));
        let party = parties.and_then(|all| all.iter_mut().find(|p| p.record.0 == record));
        party.into_iter().for_each(|p| p.agreed.push(UserId(user)));
    }
    Ok(())
}

/// What people said of all mail of these senders; gives the records that they named.
async fn load_senders(tx: &mut Tx, wanted: &str, facts: &mut LinkFacts) -> Result<Vec<RecordId>> {
    let mut records = Vec::new();
    for correction in super::corrections::of_senders(tx, wanted).await? {
        let address = correction.address.as_deref().and_then(|a| Address::parse(a).ok());
        let (Some(address), Some(spoken)) = (address, correction.spoken()) else { continue };
        records.extend(correction.record);
        facts.senders.entry(address).or_default().push(Always { spoken, everywhere: correction.everywhere });
    }
    Ok(records)
}

async fn load_numbers(
    tx: &mut Tx,
    further: &Further,
    facts: &mut LinkFacts,
    named: &mut BTreeSet<RecordId>,
) -> Result<()> {
    let keys = further.numbers.iter().map(String::as_str).collect();
    for (key, record, number) in super::numbers::find(tx, &keys).await? {
        named.insert(record);
        let held = facts.numbers.entry(key).or_default();
        if held.iter().all(|(other, _)| *other != record) {
            held.push((record, number));
        }
    }
    Ok(())
}

/// Addresses of leads that became opportunities; only those that are vouched for (P12).
async fn load_converted(
    tx: &mut Tx,
    wanted: &str,
    facts: &mut LinkFacts,
    named: &mut BTreeSet<RecordId>,
) -> Result<()> {
    let rows: Vec<(String, i64, i64, i64)> = all!(
        tx,
        "select a.address, s.lead_id, s.record_id, s.at from json_each($1) k \
         cross join record_addresses a cross join record_successors s cross join records r \
         where a.address = k.value and a.standing = 'vouched' and s.lead_id = a.record_id and r.id = s.record_id \
         and r.kind = 'opportunity' and r.deleted_at is null order by a.address, s.at, s.lead_id, s.record_id",
        wanted
    )?;
    for (address, lead, deal, at) in rows {
        let Ok(address) = Address::parse(&address) else { continue };
        named.insert(RecordId(deal));
        facts.converted.entry(address).or_default().push((RecordId(lead), RecordId(deal), Timestamp(at)));
    }
    Ok(())
}

/// The accounts of contacts that somebody put mail on by hand.
async fn load_accounts(tx: &mut Tx, named: &BTreeSet<RecordId>, facts: &mut LinkFacts) -> Result<()> {
    if named.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64, i64)> = all!(
        tx,
        "select r.id, r.account_id from json_each($1) k cross join records r where r.id = cast(k.value as bigint) \
         and r.kind = 'contact' and r.account_id is not null",
        list(named.iter().map(|r| r.0))
    )?;
    facts.accounts = rows.into_iter().map(|(id, account)| (RecordId(id), RecordId(account))).collect();
    Ok(())
}

async fn load_domains(tx: &mut Tx, addresses: &BTreeSet<Address>, facts: &mut LinkFacts) -> Result<()> {
    // A mere claim does not take an address out of its domain: mail in other mailboxes is not the
    // claimant's, and still the account's.
    let vouched = |a: &Address| facts.parties.get(a).into_iter().flatten().any(|p| p.claimed_by.is_none());
    let unmatched = addresses.iter().filter(|a| !vouched(a) && !facts.is_own(a));
    let domains: BTreeSet<&str> = unmatched.flat_map(|a| levels(a.domain())).collect();
    if domains.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, i64)> = all!(
        tx,
        "select d.domain, d.record_id from json_each($1) k cross join account_domains d \
         cross join records r where d.domain = k.value and r.id = d.record_id and r.deleted_at is null \
         order by d.domain, d.record_id",
        text_list(domains)
    )?;
    for (domain, record) in rows {
        facts.domains.entry(domain).or_default().push(RecordId(record));
    }
    Ok(())
}

type DealRow = (i64, Option<i64>, Option<i64>, Option<i64>, String);

/// Open opportunities in which a matched contact or its account has a part, and those that the
/// threads regard already, open or not.
async fn load_deals(tx: &mut Tx, regarded: &BTreeSet<RecordId>, facts: &mut LinkFacts) -> Result<()> {
    let matched = || facts.parties.values().flatten();
    let accounts: BTreeSet<i64> = matched().filter_map(|p| p.account).map(|a| a.0).collect();
    let contacts: BTreeSet<i64> = matched().map(|p| p.record.0).collect();
    if accounts.is_empty() && contacts.is_empty() && regarded.is_empty() {
        return Ok(());
    }
    // `cross join` keeps SQLite to this order: it would rather read all opportunities.
    let rows: Vec<DealRow> = all!(
        tx,
        "select r.id, r.account_id, r.end_account_id, r.end_contact_id, r.status from json_each($1) k \
         cross join records r where r.account_id = cast(k.value as bigint) and r.kind = 'opportunity' and r.status = 'open' and r.deleted_at is null \
         union select r.id, r.account_id, r.end_account_id, r.end_contact_id, r.status from json_each($1) k \
         cross join records r where r.end_account_id = cast(k.value as bigint) and r.status = 'open' and r.deleted_at is null \
         union select r.id, r.account_id, r.end_account_id, r.end_contact_id, r.status from json_each($2) k \
         cross join records r where r.end_contact_id = cast(k.value as bigint) and r.status = 'open' and r.deleted_at is null \
         union select r.id, r.account_id, r.end_account_id, r.end_contact_id, r.status from json_each($3) k \
         cross join records r where r.id = cast(k.value as bigint) and r.kind = 'opportunity' and r.deleted_at is null",
        list(accounts),
        list(contacts),
        list(regarded.iter().map(|r| r.0))
    )?;
    for (id, account, end_account, end_contact, status) in rows {
        let status = Status::from_word(&status).ok_or(StoreError::BadRow { table: "records", id, column: "status" })?;
        let deal = Deal {
            account: account.map(RecordId),
            end_account: end_account.map(RecordId),
            end_contact: end_contact.map(RecordId),
            status,
        };
        facts.add_deal(RecordId(id), deal);
    }
    Ok(())
}

/// Those of the records that stored mails stand on, or that facts lead to, which are deleted.
async fn load_gone(
    tx: &mut Tx,
    regarded: &BTreeSet<RecordId>,
    linked: &BTreeSet<RecordId>,
    facts: &mut LinkFacts,
) -> Result<()> {
    let deals = facts.opportunities.values().flat_map(|d| [d.account, d.end_account, d.end_contact]);
    let accounts = facts.parties.values().flatten().map(|p| p.account);
    let ids: BTreeSet<i64> = deals
        .chain(accounts)
        .flatten()
        .chain(regarded.iter().copied())
        .chain(linked.iter().copied())
        .map(|r| r.0)
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64,)> = all!(
        tx,
        "select id from records where deleted_at is not null \
         and id in (select cast(value as bigint) from json_each($1))",
        list(ids)
    )?;
    facts.gone = rows.into_iter().map(|(id,)| RecordId(id)).collect();
    Ok(())
}

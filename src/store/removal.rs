//! Taking stored mail away again: what expired, what is blocked by now, what carries a keyword that
//! means "never", who was erased. The one place that knows every table in which a mail leaves traces.
//!
//! The places stay, as known and deliberately not stored (P1). The caller decides the threads anew of
//! which something went.

use super::keys::{Key, Keys};
use super::{Result, Tx, insert_many, list, locations, rereads, waits};
use crate::model::address::{Address, levels};
use crate::model::block::{Hidden, untagged};
use crate::model::id::{LocationId, MailId, ThreadId};
use crate::model::time::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// Every statement that takes one table's rows about a set of mails away, before the mails themselves.
const TABLES: &[&str] = &[
    "update drafts set mail_id = null where mail_id in (select cast(value as bigint) from json_each($1))",
    "update notice_decisions set mail_id = null where mail_id in (select cast(value as bigint) from json_each($1))",
    "update record_changes set mail_id = null where mail_id in (select cast(value as bigint) from json_each($1))",
    "update appointments set stale = true where exists (select 1 from calendar_items c \
     where c.uid = appointments.uid and c.organizer = appointments.organizer \
     and c.mail_id in (select cast(value as bigint) from json_each($1)))",
    "update appointments set mail_id = null where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from automatic_about where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from automatic_said where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from automatic_named where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from automatic_reports where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from mail_hints where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from automatic_numbers where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from calendar_items where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from links where mail_id in (select cast(value as bigint) from json_each($1))",
    // After the links: taking them away is an event.
    "delete from events where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from raws where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from mail_parties where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from mail_marks where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from reviews where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from review_ways where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from wait_ways where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from weighed where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from mail_rules where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from mail_headers where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from rule_job_mails where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from filings where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from mail_ids where mail_id in (select cast(value as bigint) from json_each($1))",
    "delete from mail_text where rowid in (select cast(value as bigint) from json_each($1))",
];

/// What went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many messages are not stored any more.
    pub mails: usize,
    /// How many places do not show one any more.
    pub places: usize,
    /// The threads in which something changed.
    pub threads: Vec<ThreadId>,
}

/// Hides places: they show no mail any more, and a mail that no place is left of goes. Hashes of it
/// stay at the places that a block hides, so that the end of the block finds them again.
pub async fn hide(tx: &mut Tx, keys: &Keys, places: &[LocationId], why: Hidden, now: Timestamp) -> Result<Removed> {
    let wanted = list(places.iter().map(|place| place.0));
    let mails: Vec<(i64, i64)> = all!(
        tx,
        "select distinct m.id, m.thread_id from locations l join mails m on m.id = l.mail_id \
         where l.id in (select cast(value as bigint) from json_each($1)) order by m.id",
        wanted.as_str()
    )?;
    let concerned = list(mails.iter().map(|(id, _)| *id));
    if matches!(why, Hidden::Company | Hidden::Own) {
        keep_hashes(tx, keys, &concerned, Some(&wanted)).await?;
    } else {
        locations::drop_unmatched_keys(tx, places).await?;
    }
    unmatch(tx, &wanted, now).await?;
    mark(tx, places, why).await?;
    let left: Vec<(i64,)> = all!(
        tx,
        "select m.id from mails m where m.id in (select cast(value as bigint) from json_each($1)) \
         and not exists (select 1 from locations l where l.mail_id = m.id)",
        concerned
    )?;
    let left: Vec<MailId> = left.into_iter().map(|(id,)| MailId(id)).collect();
    drop_mails(tx, &left).await?;
    let threads: BTreeSet<ThreadId> = mails.iter().map(|(_, thread)| ThreadId(*thread)).collect();
    Ok(Removed { mails: left.len(), places: places.len(), threads: threads.into_iter().collect() })
}

/// Removes mails that expired. Their places become unmatched and keep hashes of them, by which they
/// are found again should a record or thread make them matter.
pub async fn expire(tx: &mut Tx, keys: &Keys, mails: &[MailId], now: Timestamp) -> Result<()> {
    let wanted = list(mails.iter().map(|m| m.0));
    keep_hashes(tx, keys, &wanted, None).await?;
    let places: Vec<(i64,)> = all!(
        tx,
        "select id from locations where mail_id in (select cast(value as bigint) from json_each($1))",
        wanted
    )?;
    unmatch(tx, &list(places.into_iter().map(|(id,)| id)), now).await?;
    drop_mails(tx, mails).await
}

/// Notes why places are unmatched.
pub async fn mark(tx: &mut Tx, places: &[LocationId], why: Hidden) -> Result<()> {
    let rows = places.iter().map(|place| vec![place.0.into(), why.word().into()]).collect();
    insert_many(
        tx,
        "hidden_places (location_id, why)",
        "on conflict (location_id) do update set why = excluded.why",
        rows,
    )
    .await
}

/// Forgets why these places were unmatched: they were judged again.
pub async fn unmark(tx: &mut Tx, places: &[LocationId]) -> Result<()> {
    run!(
        tx,
        "delete from hidden_places where location_id in (select cast(value as bigint) from json_each($1))",
        list(places.iter().map(|place| place.0))
    )?;
    Ok(())
}

/// Places that are gone from their server stay so; none of them leads to its mail any more.
async fn unmatch(tx: &mut Tx, places: &str, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "update locations set state = case when state = 'gone' then 'gone' else 'unmatched' end, mail_id = null, \
         settled_at = $2, error = null where id in (select cast(value as bigint) from json_each($1))",
        places,
        now.0
    )?;
    run!(tx, "delete from failed_raws where location_id in (select cast(value as bigint) from json_each($1))", places)?;
    Ok(())
}

async fn drop_mails(tx: &mut Tx, mails: &[MailId]) -> Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    let wanted = list(mails.iter().map(|m| m.0));
    let answered: Vec<(i64,)> = all!(
        tx,
        "select id from (select id from mails where answered_by in (select cast(value as bigint) from json_each($1)) \
         union select id from mails where replied_by in (select cast(value as bigint) from json_each($1))) found \
         where id not in (select cast(value as bigint) from json_each($1))",
        wanted.as_str()
    )?;
    run!(
        tx,
        "update mails set replied_by = null, replied_at = null \
         where replied_by in (select cast(value as bigint) from json_each($1))",
        wanted.as_str()
    )?;
    run!(
        tx,
        "update mails set answered_by = null, answered_at = null \
         where answered_by in (select cast(value as bigint) from json_each($1))",
        wanted.as_str()
    )?;
    for statement in TABLES {
        run!(tx, *statement, wanted.as_str())?;
    }
    run!(tx, "delete from mails where id in (select cast(value as bigint) from json_each($1))", wanted)?;
    // A mail that one of these answered waits again, unless another answered it too.
    waits::settle(tx, &answered.into_iter().map(|(id,)| MailId(id)).collect::<Vec<_>>()).await
}

/// What is kept of mail that is not stored any more: hashes of the ids it answers, of the addresses on
/// it and of their domains; at all its places, or at these alone.
async fn keep_hashes(tx: &mut Tx, keys: &Keys, mails: &str, places: Option<&str>) -> Result<()> {
    let at: Vec<(i64, i64)> = all!(
        tx,
        "select l.id, l.mail_id from locations l where l.mail_id in (select cast(value as bigint) from json_each($1)) \
         and ($2 = '' or l.id in (select cast(value as bigint) from json_each(case when $2 = '' then '[]' else $2 end)))",
        mails,
        places.unwrap_or_default()
    )?;
    let ids: Vec<(i64, i64)> = all!(
        tx,
        "select mail_id, id_key from mail_ids where what <> 'own' \
         and mail_id in (select cast(value as bigint) from json_each($1))",
        mails
    )?;
    let addresses: Vec<(i64, String)> = all!(
        tx,
        "select p.mail_id, p.address from mail_parties p where p.mail_id in \
         (select cast(value as bigint) from json_each($1)) \
         and not exists (select 1 from user_addresses u where u.address = p.address)",
        mails
    )?;
    let mut of: HashMap<i64, Vec<(&'static str, Key)>> = HashMap::new();
    for (mail, key) in ids {
        of.entry(mail).or_default().push(("i", key));
    }
    for (mail, address) in addresses {
        let keys = Address::parse(&address).map(|a| address_keys(keys, &a)).unwrap_or_default();
        of.entry(mail).or_default().extend(keys);
    }
    let hashes = |(place, mail): (i64, i64)| {
        let keys = of.get(&mail).into_iter().flatten();
        keys.map(move |(what, key)| (LocationId(place), *what, *key))
    };
    let all: Vec<(LocationId, &'static str, Key)> = at.into_iter().flat_map(hashes).collect();
    locations::insert_unmatched_keys(tx, &all).await
}

/// The keyed hashes by which unstored mail is found by an address on it: itself, without its tag, its
/// domain and those above.
pub fn address_keys(keys: &Keys, address: &Address) -> Vec<(&'static str, Key)> {
    let key = |address: &Address| ("a", keys.hash("address", address.as_str().as_bytes()));
    let base = untagged(address);
    let domains = levels(address.domain()).map(|domain| ("d", rereads::domain_key(keys, domain)));
    std::iter::once(key(address)).chain(base.as_ref().map(key)).chain(domains).collect()
}

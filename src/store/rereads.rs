//! Work: places whose mail was known by its hashes alone are read again, newest first, because a
//! record, a consent or the end of a block made it matter. Such mail is backlog: it is linked, and
//! never answered. How far it has come follows from the places' own states.

use super::keys::{Key, Keys};
use super::{Result, Tx, list};
use crate::model::address::Address;
use crate::model::block::Pattern;
use crate::model::id::{MailboxId, UserId};
use crate::model::time::Timestamp;

/// Why places are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An address was put on a record.
    Address,
    /// A domain was put on an account.
    Domain,
    /// Somebody agreed that an address counts in their mailboxes.
    Consent,
    /// A block ended.
    Block,
}

impl Cause {
    fn word(self) -> &'static str {
        match self {
            Cause::Address => "address",
            Cause::Domain => "domain",
            Cause::Consent => "consent",
            Cause::Block => "block",
        }
    }
}

/// What places are looked for by: the keyed hashes that unstored mail leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    addresses: Vec<Key>,
    domains: Vec<Key>,
}

impl Sought {
    /// Mail that names one of these addresses.
    pub fn addresses<'a>(keys: &Keys, addresses: impl IntoIterator<Item = &'a Address>) -> Sought {
        let key = |a: &Address| keys.hash("address", a.as_str().as_bytes());
        Sought { addresses: addresses.into_iter().map(key).collect(), domains: Vec::new() }
    }

    /// Mail that names an address in one of these domains or below it.
    pub fn domains<'a>(keys: &Keys, domains: impl IntoIterator<Item = &'a str>) -> Sought {
        Sought { addresses: Vec::new(), domains: domains.into_iter().map(|d| domain_key(keys, d)).collect() }
    }

    /// Mail that names what a pattern covers.
    pub fn pattern(keys: &Keys, pattern: &Pattern) -> Sought {
        match pattern.domain() {
            Some(domain) => Sought::domains(keys, [domain]),
            None => Sought { addresses: vec![keys.hash("address", pattern.as_str().as_bytes())], domains: Vec::new() },
        }
    }

    fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.domains.is_empty()
    }
}

/// The keyed hash under which unstored mail is found by a domain.
pub fn domain_key(keys: &Keys, domain: &str) -> Key {
    keys.hash("domain of an address", domain.as_bytes())
}

/// Has every place that fits read again; with `holder` only those in their mailboxes. Gives how many.
///
/// Only folders that are still read count: what nobody can fetch would wait for ever.
pub async fn begin(tx: &mut Tx, cause: Cause, sought: &Sought, holder: Option<UserId>, now: Timestamp) -> Result<u64> {
    if sought.is_empty() {
        return Ok(0);
    }
    let (id,): (i64,) = one!(
        tx,
        "insert into rereads (why, user_id, at, total) values ($1, $2, $3, 0) returning id",
        cause.word(),
        holder.map(|u| u.0),
        now.0
    )?;
    let total = run!(
        tx,
        "insert into reread_places (location_id, reread_id) \
         select l.id, $1 from locations l join folders f on f.id = l.folder_id and f.epoch = l.epoch and f.watched \
         join mailboxes b on b.id = f.mailbox_id \
         where l.state = 'unmatched' and ($2 = 0 or b.user_id = $2) and l.id in \
         (select u.location_id from json_each($3) k join unmatched_keys u on u.key = cast(k.value as bigint) \
          where u.what = 'a' union \
          select u.location_id from json_each($4) k join unmatched_keys u on u.key = cast(k.value as bigint) \
          where u.what = 'd') \
         and not exists (select 1 from hidden_places h where h.location_id = l.id and h.why in ('keyword', 'erased')) \
         on conflict (location_id) do update set reread_id = excluded.reread_id",
        id,
        holder.map_or(0, |u| u.0),
        list(sought.addresses.iter().copied()),
        list(sought.domains.iter().copied())
    )?;
    if total == 0 {
        run!(tx, "delete from rereads where id = $1", id)?;
        return Ok(0);
    }
    run!(
        tx,
        "update locations set state = 'pending', next_try_at = 0, attempts = 0, arrival = 'refetch' where id in \
         (select location_id from reread_places where reread_id = $1)",
        id
    )?;
    run!(tx, "update rereads set total = $2 where id = $1", id, i64::try_from(total).unwrap_or(i64::MAX))?;
    Ok(total)
}

/// One piece of work, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Reread {
    /// Its number.
    pub id: i64,
    /// Why: the word in the database.
    pub why: String,
    /// Whose mailboxes alone; null: all.
    pub user_id: Option<i64>,
    /// Since when.
    pub at: i64,
    /// How many places are to be read again.
    pub total: i64,
    /// How many of them still wait.
    pub open: i64,
}

/// The work since `since`, the latest first, and what is older and not done.
pub async fn list_since(tx: &mut Tx, since: Timestamp) -> Result<Vec<Reread>> {
    Ok(all!(
        tx,
        "select * from (select r.id, r.why, r.user_id, r.at, r.total, (select count(*) from reread_places p \
           join locations l on l.id = p.location_id and l.state = 'pending' where p.reread_id = r.id) as open \
         from rereads r) w where w.at >= $1 or w.open > 0 order by w.id desc limit 100",
        since.0
    )?)
}

/// Places that are to be read again, and how many of them were, by mailbox.
pub async fn by_mailbox(tx: &mut Tx) -> Result<Vec<(MailboxId, i64, i64)>> {
    let rows: Vec<(i64, i64, i64)> = all!(
        tx,
        "select f.mailbox_id, count(*), cast(sum(case when l.state = 'pending' then 0 else 1 end) as bigint) \
         from reread_places p join locations l on l.id = p.location_id join folders f on f.id = l.folder_id \
         group by f.mailbox_id"
    )?;
    Ok(rows.into_iter().map(|(id, total, done)| (MailboxId(id), total, done)).collect())
}

/// Forgets work that began before `before` and is done.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<()> {
    run!(
        tx,
        "delete from reread_places where reread_id in (select r.id from rereads r where r.at < $1 and not exists \
         (select 1 from reread_places p join locations l on l.id = p.location_id and l.state = 'pending' \
          where p.reread_id = r.id))",
        before.0
    )?;
    run!(
        tx,
        "delete from rereads where at < $1 and not exists (select 1 from reread_places p where p.reread_id = rereads.id)",
        before.0
    )?;
    Ok(())
}

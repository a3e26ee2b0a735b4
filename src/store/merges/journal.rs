//! What hangs on a record apart from mail: moved, written down, moved back.

use super::super::records::{self, Entry};
use super::super::{Result, Tx, insert_many, list};
use super::Merge;
use crate::model::id::{RecordId, TeamId};
use crate::model::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a merge moved. Kept as JSON; fields are only ever added.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// Links of every mail that stood on the record that is gone, as they were.
    pub(super) links: Vec<super::mail::LinkRow>,
    /// Mails that regarded it.
    pub(super) regarding: Vec<i64>,
    /// Mails that may have been about it, with their candidates as they were.
    pub(super) candidates: Vec<(i64, String)>,
    /// Its addresses.
    addresses: Vec<AddressRow>,
    /// Addresses of the other whose standing rose.
    raised: Vec<AddressRow>,
    /// Its domains, and whether each is new to the other.
    domains: Vec<(String, i64, bool)>,
    /// Records whose account, end customer's company or person it was, or that were merged into it.
    accounts: Vec<i64>,
    end_accounts: Vec<i64>,
    end_contacts: Vec<i64>,
    merged: Vec<i64>,
    /// Rows that refer to it.
    shares: Vec<i64>,
    managers: Vec<(i64, String)>,
    activities: Vec<i64>,
    exceptions: Vec<(i64, i64)>,
    consents: Vec<i64>,
    /// What the other lacked and got.
    filled: Filled,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, sqlx::FromRow)]
pub(super) struct AddressRow {
    address: String,
    standing: String,
    claimed_by: Option<i64>,
    created_at: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Filled {
    number: Option<String>,
    class: Option<String>,
    phone: Option<String>,
    city: Option<String>,
    language: Option<String>,
    account: Option<i64>,
    end_account: Option<i64>,
    end_contact: Option<i64>,
    team: Option<i64>,
    confidential: bool,
}

impl Journal {
    /// The addresses that moved.
    pub(super) fn moved_addresses(&self) -> impl Iterator<Item = &str> {
        self.addresses.iter().map(|row| row.address.as_str())
    }

    /// How many mails moved.
    pub fn mails(&self) -> usize {
        let mut mails: Vec<i64> = self.links.iter().map(|row| row.mail_id).collect();
        mails.dedup();
        mails.len()
    }

    /// How many activities moved.
    pub fn activities(&self) -> usize {
        self.activities.len()
    }
}

async fn ids(tx: &mut Tx, sql: &'static str, from: RecordId, to: RecordId) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = all!(tx, sql, from.0, to.0)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Moves what refers to `gone` to `kept`.
pub(super) async fn move_rows(tx: &mut Tx, kept: &Entry, gone: &Entry) -> Result<Journal> {
    let (to, from) = (kept.record.id, gone.record.id);
    let mut journal = Journal {
        accounts: ids(tx, "select id from records where account_id = $1 and id <> $2", from, to).await?,
        end_accounts: ids(tx, "select id from records where end_account_id = $1 and id <> $2", from, to).await?,
        end_contacts: ids(tx, "select id from records where end_contact_id = $1 and id <> $2", from, to).await?,
        merged: ids(tx, "select id from records where merged_into_id = $1 and id <> $2", from, to).await?,
        activities: ids(tx, "select id from activities where record_id = $1 and record_id <> $2", from, to).await?,
        consents: ids(tx, CONSENTS, from, to).await?,
        exceptions: all!(tx, EXCEPTIONS, from.0, to.0)?,
        managers: all!(tx, MANAGERS, from.0, to.0)?,
        // A step of the one who owns the record that stays has come to its end.
        shares: all!(tx, SHARES, from.0, to.0, kept.record.owner.0)?.into_iter().map(|(id,): (i64,)| id).collect(),
        ..Journal::default()
    };
    relocate(tx, &journal, from, to).await?;
    addresses(tx, from, to, &mut journal).await?;
    domains(tx, from, to, &mut journal).await?;
    Ok(journal)
}

const CONSENTS: &str = "select c.id from consents c where c.record_id = $1 and not exists (select 1 from consents o
      where o.record_id = $2 and o.address = c.address and o.asked_of = c.asked_of)";
const EXCEPTIONS: &str = "select e.absence_id, e.position from absence_exceptions e where e.record_id = $1
      and not exists (select 1 from absence_exceptions o where o.absence_id = e.absence_id and o.record_id = $2)";
const MANAGERS: &str = "select m.user_id, m.role from record_managers m where m.record_id = $1 and not exists
      (select 1 from record_managers o where o.record_id = $2 and o.user_id = m.user_id and o.role = m.role)";
const SHARES: &str = "select s.id from shares s where s.record_id = $1 and not (s.source = 'step' and s.user_id = $3)
      and not (s.source = 'manager' and exists
        (select 1 from record_managers o where o.record_id = $2 and o.user_id = s.user_id and o.role = s.reason))";

/// Lets the rows that the journal names refer to `to` where they refer to `from`.
async fn relocate(tx: &mut Tx, journal: &Journal, from: RecordId, to: RecordId) -> Result<()> {
    macro_rules! moved {
        ($table:literal, $column:literal) => {
            concat!(
                "update ",
                $table,
                " set ",
                $column,
                " = $3 where ",
                $column,
                " = $2
               and id in (select cast(value as bigint) from json_each($1))"
            )
        };
    }
    for (sql, ids) in [
        (moved!("records", "account_id"), &journal.accounts),
        (moved!("records", "end_account_id"), &journal.end_accounts),
        (moved!("records", "end_contact_id"), &journal.end_contacts),
        (moved!("records", "merged_into_id"), &journal.merged),
        (moved!("shares", "record_id"), &journal.shares),
        (moved!("activities", "record_id"), &journal.activities),
        (moved!("consents", "record_id"), &journal.consents),
    ] {
        run!(tx, sql, list(ids.iter().copied()), from.0, to.0)?;
    }
    for (absence, position) in &journal.exceptions {
        const MOVE: &str = "update absence_exceptions set record_id = $4
            where absence_id = $1 and position = $2 and record_id = $3";
        run!(tx, MOVE, *absence, *position, from.0, to.0)?;
    }
    for (user, role) in &journal.managers {
        const MOVE: &str = "update record_managers set record_id = $4
            where user_id = $1 and role = $2 and record_id = $3";
        run!(tx, MOVE, *user, role.as_str(), from.0, to.0)?;
    }
    Ok(())
}

async fn addresses_of(tx: &mut Tx, record: RecordId) -> Result<Vec<AddressRow>> {
    const LOAD: &str = "select address, standing, claimed_by, created_at from record_addresses where record_id = $1
        order by address";
    Ok(all!(tx, LOAD, record.0)?)
}

/// Where both have an address, the stronger standing stays.
async fn addresses(tx: &mut Tx, from: RecordId, to: RecordId, journal: &mut Journal) -> Result<()> {
    let has = addresses_of(tx, to).await?;
    journal.addresses = addresses_of(tx, from).await?;
    let mut fresh = Vec::new();
    for row in &journal.addresses {
        match has.iter().find(|other| other.address == row.address) {
            None => fresh.push(row.clone()),
            Some(other) if other.standing == "claimed" && row.standing == "vouched" => {
                journal.raised.push(other.clone());
                const RAISE: &str = "update record_addresses set standing = 'vouched', claimed_by = null
                    where record_id = $1 and address = $2";
                run!(tx, RAISE, to.0, row.address.as_str())?;
            }
            Some(_) => {}
        }
    }
    run!(tx, "delete from record_addresses where record_id = $1", from.0)?;
    put_addresses(tx, to, &fresh).await
}

async fn put_addresses(tx: &mut Tx, record: RecordId, rows: &[AddressRow]) -> Result<()> {
    let rows = rows.iter().map(|row| {
        let (address, standing) = (row.address.as_str(), row.standing.as_str());
        vec![address.into(), record.0.into(), standing.into(), row.claimed_by.into(), row.created_at.into()]
    });
    let into = "record_addresses (address, record_id, standing, claimed_by, created_at)";
    insert_many(tx, into, "on conflict do nothing", rows.collect()).await
}

async fn domains(tx: &mut Tx, from: RecordId, to: RecordId, journal: &mut Journal) -> Result<()> {
    const LOAD: &str = "select d.domain, d.created_at, not exists
          (select 1 from account_domains o where o.record_id = $2 and o.domain = d.domain)
        from account_domains d where d.record_id = $1 order by d.domain";
    journal.domains = all!(tx, LOAD, from.0, to.0)?;
    run!(tx, "delete from account_domains where record_id = $1", from.0)?;
    put_domains(tx, to, journal.domains.iter().filter(|(.., new)| *new)).await
}

async fn put_domains<'r>(
    tx: &mut Tx,
    record: RecordId,
    rows: impl Iterator<Item = &'r (String, i64, bool)>,
) -> Result<()> {
    let rows = rows.map(|(domain, at, _)| vec![domain.as_str().into(), record.0.into(), (*at).into()]);
    insert_many(tx, "account_domains (domain, record_id, created_at)", "on conflict do nothing", rows.collect()).await
}

/// Gives the record that stays what it lacks; of confidentiality the stricter.
pub(super) async fn fill(tx: &mut Tx, kept: &Entry, gone: &Entry, journal: &mut Journal, now: Timestamp) -> Result<()> {
    fn lacking<T: Clone>(kept: &Option<T>, gone: &Option<T>) -> Option<T> {
        if kept.is_some() { None } else { gone.clone() }
    }
    let (one, other) = (&kept.record, &gone.record);
    let filled = Filled {
        number: lacking(&kept.number, &gone.number),
        class: lacking(&kept.class, &gone.class),
        phone: lacking(&kept.phone, &gone.phone),
        city: lacking(&kept.city, &gone.city),
        language: lacking(&kept.language, &gone.language),
        account: lacking(&one.account, &other.account).map(|id| id.0),
        end_account: lacking(&one.end_account, &other.end_account).map(|id| id.0),
        end_contact: lacking(&one.end_contact, &other.end_contact).map(|id| id.0),
        team: lacking(&one.team, &other.team).map(|id| id.0),
        confidential: other.confidential && !one.confidential,
    };
    let mut entry = kept.clone();
    entry.number = entry.number.or(filled.number.clone());
    entry.class = entry.class.or(filled.class.clone());
    entry.phone = entry.phone.or(filled.phone.clone());
    entry.city = entry.city.or(filled.city.clone());
    entry.language = entry.language.or(filled.language.clone());
    entry.record.account = entry.record.account.or(filled.account.map(RecordId));
    entry.record.end_account = entry.record.end_account.or(filled.end_account.map(RecordId));
    entry.record.end_contact = entry.record.end_contact.or(filled.end_contact.map(RecordId));
    entry.record.team = entry.record.team.or(filled.team.map(TeamId));
    entry.record.confidential |= filled.confidential;
    journal.filled = filled;
    records::save(tx, &[entry], None, "", now).await?;
    Ok(())
}

/// Moves back what is still where the merge put it.
pub(super) async fn move_back(tx: &mut Tx, merge: &Merge, now: Timestamp) -> Result<()> {
    let journal = &merge.journal;
    relocate(tx, journal, merge.kept, merge.gone).await?;
    // An address that was taken off since stays off.
    let still = addresses_of(tx, merge.kept).await?;
    let there = |row: &&AddressRow| still.iter().any(|other| other.address == row.address);
    let back: Vec<AddressRow> = journal.addresses.iter().filter(there).cloned().collect();
    put_addresses(tx, merge.gone, &back).await?;
    for row in &back {
        const TAKE: &str = "delete from record_addresses where record_id = $1 and address = $2 and created_at = $3";
        run!(tx, TAKE, merge.kept.0, row.address.as_str(), row.created_at)?;
    }
    for row in &journal.raised {
        run!(
            tx,
            "delete from record_addresses where record_id = $1 and address = $2",
            merge.kept.0,
            row.address.as_str()
        )?;
    }
    put_addresses(tx, merge.kept, &journal.raised).await?;
    put_domains(tx, merge.gone, journal.domains.iter()).await?;
    for (domain, ..) in journal.domains.iter().filter(|(.., new)| *new) {
        run!(tx, "delete from account_domains where record_id = $1 and domain = $2", merge.kept.0, domain.as_str())?;
    }
    empty(tx, merge, now).await
}

/// Takes from the record that stays what it got, where it still has that.
async fn empty(tx: &mut Tx, merge: &Merge, now: Timestamp) -> Result<()> {
    let Some(mut entry) = records::load(tx, &[merge.kept]).await?.pop() else { return Ok(()) };
    fn back<T: PartialEq>(now: &mut Option<T>, filled: Option<T>) {
        if filled.is_some() && *now == filled {
            *now = None;
        }
    }
    let filled = merge.journal.filled.clone();
    back(&mut entry.number, filled.number);
    back(&mut entry.class, filled.class);
    back(&mut entry.phone, filled.phone);
    back(&mut entry.city, filled.city);
    back(&mut entry.language, filled.language);
    back(&mut entry.record.account, filled.account.map(RecordId));
    back(&mut entry.record.end_account, filled.end_account.map(RecordId));
    back(&mut entry.record.end_contact, filled.end_contact.map(RecordId));
    back(&mut entry.record.team, filled.team.map(TeamId));
    entry.record.confidential &= !filled.confidential;
    records::save(tx, &[entry], None, "", now).await?;
    Ok(())
}

//! Records that are made one, parted again, deleted and brought back.
//!
//! Nothing is thrown away: a record that is gone has `deleted_at`, and `merged_into_id` where it
//! became a part of another. Merging moves all that hangs on the one to the other and writes down
//! what it moved; undoing moves back what is still where the merge put it.

mod journal;
mod mail;

pub use journal::Journal;

use super::records::Entry;
use super::{Result, StoreError, Tx, list};
use crate::access::Scope;
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// A merge that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    /// Its row.
    pub id: i64,
    /// The record that stayed.
    pub kept: RecordId,
    /// The one that became a part of it.
    pub gone: RecordId,
    /// What moved.
    pub journal: Journal,
    /// When.
    pub at: Timestamp,
}

/// Makes `gone` a part of `kept`: mail, addresses, domains, shares, managers, activities and
/// whatever refers to it. The caller has checked rights and kinds. Gives the merge's number.
///
/// Nobody may link mail meanwhile, so the caller holds [`Tx::alone`].
pub async fn merge(tx: &mut Tx, kept: &Entry, gone: &Entry, by: Option<UserId>, now: Timestamp) -> Result<i64> {
    let (to, from) = (kept.record.id, gone.record.id);
    let mut journal = journal::move_rows(tx, kept, gone).await?;
    mail::merge(tx, to, from, &mut journal).await?;
    journal::fill(tx, kept, gone, &mut journal, now).await?;
    const GONE: &str = "update records set deleted_at = $3, merged_into_id = $2, updated_at = $3 where id = $1";
    run!(tx, GONE, from.0, to.0, now.0)?;
    let text = serde_json::to_string(&journal).unwrap_or_default();
    const KEEP: &str = "insert into merges (kept_id, gone_id, journal, by_user_id, at) values ($1, $2, $3, $4, $5)
        returning id";
    let (id,): (i64,) = one!(tx, KEEP, to.0, from.0, text, by.map(|u| u.0), now.0)?;
    // Calls moved with their records.
    super::waits::settle_calls(tx, &[to, from]).await?;
    Ok(id)
}

type Row = (i64, i64, i64, String, i64);

/// The merge that made this record a part of another, if it stands.
pub async fn of(tx: &mut Tx, gone: RecordId) -> Result<Option<Merge>> {
    const LOAD: &str = "select id, kept_id, gone_id, journal, at from merges where gone_id = $1 and undone_at is null
        order by id desc limit 1";
    let row: Option<Row> = maybe!(tx, LOAD, gone.0)?;
    let Some((id, kept, gone, journal, at)) = row else { return Ok(None) };
    let bad = |_| StoreError::BadRow { table: "merges", id, column: "journal" };
    let journal = serde_json::from_str(&journal).map_err(bad)?;
    Ok(Some(Merge { id, kept: RecordId(kept), gone: RecordId(gone), journal, at: Timestamp(at) }))
}

/// The record that was merged into this one last, if any still is.
pub async fn last_into(tx: &mut Tx, kept: RecordId) -> Result<Option<RecordId>> {
    const LAST: &str = "select gone_id from merges where kept_id = $1 and undone_at is null order by id desc limit 1";
    let row: Option<(i64,)> = maybe!(tx, LAST, kept.0)?;
    Ok(row.map(|(id,)| RecordId(id)))
}

/// The records that were merged into this one and still are, with when: the latest first.
pub async fn into(tx: &mut Tx, kept: RecordId) -> Result<Vec<(RecordId, Timestamp)>> {
    const INTO: &str = "select gone_id, at from merges where kept_id = $1 and undone_at is null order by id desc";
    let rows: Vec<(i64, i64)> = all!(tx, INTO, kept.0)?;
    Ok(rows.into_iter().map(|(gone, at)| (RecordId(gone), Timestamp(at))).collect())
}

/// Parts what a merge made one. The caller has checked that it is the last one into its record, and
/// holds [`Tx::alone`].
pub async fn undo(tx: &mut Tx, merge: &Merge, now: Timestamp) -> Result<()> {
    const BACK: &str = "update records set deleted_at = null, merged_into_id = null, updated_at = $2 where id = $1";
    run!(tx, BACK, merge.gone.0, now.0)?;
    mail::undo(tx, merge).await?;
    journal::move_back(tx, merge, now).await?;
    run!(tx, "update merges set undone_at = $2 where id = $1", merge.id, now.0)?;
    super::waits::settle_calls(tx, &[merge.kept, merge.gone]).await
}

/// Those of these records that are gone: deleted (`None`), or merged into another.
pub async fn gone(tx: &mut Tx, ids: &[RecordId]) -> Result<HashMap<RecordId, Option<RecordId>>> {
    const GONE: &str = "select id, merged_into_id from records
        where id in (select cast(value as bigint) from json_each($1)) and deleted_at is not null";
    let rows: Vec<(i64, Option<i64>)> = all!(tx, GONE, list(ids.iter().map(|id| id.0)))?;
    Ok(rows.into_iter().map(|(id, into)| (RecordId(id), into.map(RecordId))).collect())
}

/// The owners of the open opportunities for these accounts, given to them or for their end customers.
pub async fn open_deals(tx: &mut Tx, accounts: &[RecordId]) -> Result<Vec<UserId>> {
    const LOAD: &str = "select owner_id from records where kind = 'opportunity' and status = 'open'
          and deleted_at is null and account_id in (select cast(value as bigint) from json_each($1))
        union select owner_id from records where kind = 'opportunity' and status = 'open'
          and deleted_at is null and end_account_id in (select cast(value as bigint) from json_each($1))";
    let rows: Vec<(i64,)> = all!(tx, LOAD, list(accounts.iter().map(|id| id.0)))?;
    Ok(rows.into_iter().map(|(id,)| UserId(id)).collect())
}

/// What deleting a record takes away, and what stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Extent {
    /// Mails that stand on no other record: nobody sees them there any more.
    pub mails_hidden: i64,
    /// Mails that other records show as well, and go on showing.
    pub mails_staying: i64,
    /// Activities, which are not shown any more.
    pub activities: i64,
    /// Those of them that are open.
    pub activities_open: i64,
    /// Contacts, which stay, without the account.
    pub contacts: i64,
    /// Opportunities, which stay, without the account or end customer.
    pub opportunities: i64,
    /// Addresses and domains by which mail does not come any more.
    pub addresses: i64,
    /// Rights given to people and teams, which sleep.
    pub shares: i64,
}

/// What deleting this record would take away, and what of it stands on records that lie in `scope`: of
/// others nothing is said, not even that they are there (P5).
pub async fn extent(tx: &mut Tx, scope: &Scope, record: RecordId) -> Result<Extent> {
    const COUNT: &str = concat!(
        "with own as (select l.mail_id from links l join records g on g.id = l.governing_id where l.governing_id = $8 and ",
        confided!("g", "id", "l.sealed"),
        " group by l.mail_id),
          elsewhere as (select o.mail_id from own o where exists (select 1 from links l
            join records g on g.id = l.governing_id where l.mail_id = o.mail_id and l.governing_id <> $8 and ",
        entry!("g", "l.sealed"),
        ")),
          below as (select h.kind, h.account_id from records h
            where (h.account_id = $8 or h.end_account_id = $8 or h.end_contact_id = $8) and ",
        visible!("h"),
        ")
        select (select count(*) from own) - (select count(*) from elsewhere) as mails_hidden,
          (select count(*) from elsewhere) as mails_staying,
          (select count(*) from activities where record_id = $8) as activities,
          (select count(*) from activities where record_id = $8 and status = 'open') as activities_open,
          (select count(*) from below where account_id = $8 and kind = 'contact') as contacts,
          (select count(*) from below where kind = 'opportunity') as opportunities,
          (select count(*) from record_addresses where record_id = $8)
            + (select count(*) from account_domains where record_id = $8) as addresses,
          (select count(*) from shares where record_id = $8) as shares"
    );
    Ok(one_seen!(tx, COUNT, scope, record.0)?)
}

/// Deletes a record: it is in nobody's sight any more, and no new mail comes onto it. Gives false
/// if it was gone already.
pub async fn delete(tx: &mut Tx, record: RecordId, now: Timestamp) -> Result<bool> {
    const DELETE: &str = "update records set deleted_at = $2, updated_at = $2 where id = $1 and deleted_at is null";
    Ok(run!(tx, DELETE, record.0, now.0)? > 0)
}

/// Brings a deleted record back. What another record took over in the meantime stays there: a
/// domain, and the standing of an address (it is only claimed here then). Gives false if it is not
/// deleted, or was merged.
pub async fn restore(tx: &mut Tx, record: RecordId, now: Timestamp) -> Result<bool> {
    const RESTORE: &str = "update records set deleted_at = null, updated_at = $2
        where id = $1 and deleted_at is not null and merged_into_id is null";
    if run!(tx, RESTORE, record.0, now.0)? == 0 {
        return Ok(false);
    }
    const DOMAINS: &str = "delete from account_domains where record_id = $1 and domain in (
          select d.domain from account_domains d join records r on r.id = d.record_id
          where d.record_id <> $1 and r.deleted_at is null)";
    run!(tx, DOMAINS, record.0)?;
    const ADDRESSES: &str = "update record_addresses set standing = 'claimed',
          claimed_by = (select owner_id from records where id = $1)
        where record_id = $1 and standing = 'vouched' and address in (
          select a.address from record_addresses a join records r on r.id = a.record_id
          where a.record_id <> $1 and a.standing = 'vouched' and r.deleted_at is null)";
    run!(tx, ADDRESSES, record.0)?;
    Ok(true)
}

//! Accounts, contacts, leads and opportunities, and the addresses and domains that stand for them.
//!
//! Functions that take a [`Scope`] are for people; the others serve flows that decide for nobody
//! in particular (imports by the operator, linking).

use super::{
    Result, StoreError, Tx, Value, fold, handovers, insert_many, list, special_sort_key, text_list, update_many,
};
use crate::access::Scope;
use crate::model::address::Address;
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::{Class, Kind, Record, Status};
use crate::model::time::Timestamp;
use std::collections::{HashMap, HashSet};

/// A record with all that is stored of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What rights and links know. `RecordId(0)` before it is saved.
    pub record: Record,
    /// An opportunity's own number, such as `OP-1042`.
    pub number: Option<String>,
    /// An account's class, `A` to `D`.
    pub class: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// City.
    pub city: Option<String>,
    /// The language in which a contact or lead is written to, by its code, such as `pl` (R78).
    pub language: Option<String>,
    /// The system it came from and its id there.
    pub external: Option<(String, String)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    kind: String,
    name: String,
    owner_id: i64,
    team_id: Option<i64>,
    confidential: bool,
    status: String,
    account_id: Option<i64>,
    end_account_id: Option<i64>,
    end_contact_id: Option<i64>,
    number: Option<String>,
    class: Option<String>,
    class_of: Option<String>,
    phone: Option<String>,
    city: Option<String>,
    language: Option<String>,
    external_source: Option<String>,
    external_id: Option<String>,
}

macro_rules! select {
    ($($rest:expr),*) => {
        concat!(
            "select r.id, r.kind, r.name, r.owner_id, r.team_id, r.confidential, r.status, r.account_id,
               r.end_account_id, r.end_contact_id, r.number, r.class, r.phone, r.city, r.language, r.external_source,
               r.external_id, coalesce(r.class, (select a.class from records a where a.id = r.account_id)) as class_of
               from records r ",
            $($rest),*
        )
    };
}

/// The records with these ids, whoever may see them: for linking and other work for nobody in
/// particular. In order of id.
pub async fn load(tx: &mut Tx, ids: &[RecordId]) -> Result<Vec<Entry>> {
    const LOAD: &str = select!("where r.id in (select cast(value as bigint) from json_each($1)) order by r.id");
    let rows: Vec<Row> = all!(tx, LOAD, list(ids.iter().map(|id| id.0)))?;
    rows.into_iter().map(entry).collect()
}

/// Those of these records that lie in the viewer's scope, in order of id.
pub async fn load_seen(tx: &mut Tx, scope: &Scope, ids: &[RecordId]) -> Result<Vec<Entry>> {
    const LOAD: &str = select!(
        "where r.id in (select cast(value as bigint) from json_each($8)) and ",
        visible!("r"),
        " order by r.id"
    );
    let rows: Vec<Row> = all_seen!(tx, LOAD, scope, list(ids.iter().map(|id| id.0)))?;
    rows.into_iter().map(entry).collect()
}

/// The contacts of these accounts, whoever may see them.
pub async fn contacts_of(tx: &mut Tx, accounts: &[RecordId]) -> Result<Vec<Entry>> {
    const LOAD: &str = select!(
        "where r.kind = 'contact' and r.account_id in (select cast(value as bigint) from json_each($1))
           and r.deleted_at is null order by r.id"
    );
    let rows: Vec<Row> = all!(tx, LOAD, list(accounts.iter().map(|id| id.0)))?;
    rows.into_iter().map(entry).collect()
}

/// The records of one kind that another system knows by these ids.
pub async fn by_external(tx: &mut Tx, source: &str, kind: Kind, ids: &[&str]) -> Result<HashMap<String, Entry>> {
    const LOAD: &str =
        select!("where r.external_source = $1 and r.kind = $2 and r.external_id in (select value from json_each($3))");
    let rows: Vec<Row> = all!(tx, LOAD, source, kind.word(), text_list(ids.iter().copied()))?;
    let keyed = |row: Row| Ok((row.external_id.clone().unwrap_or_default(), entry(row)?));
    rows.into_iter().map(keyed).collect()
}

/// What a person means by `reference` among what they may see: an id, a number, an external id or
/// a name (case and diacritics do not matter), with or without a kind before it
/// (`opportunity:17`); failing those, names that begin so. At most 20, by name.
pub async fn find(tx: &mut Tx, scope: &Scope, reference: &str) -> Result<Vec<Entry>> {
    // A select for each way: with an `or` PostgreSQL reads the whole table.
    const EXACT: &str = select!(
        "where r.id in (select c.id from records c where c.id = $8
           union select c.id from records c where c.number = $9
           union select c.id from records c where c.external_id = $10
           union select c.id from records c
             where c.kind in ('account', 'contact', 'lead', 'opportunity') and c.name_key = $11)
           and ($12 = '' or r.kind = $12) and ",
        visible!("r"),
        " order by coalesce(r.sort_key, r.name_key), r.id limit 20"
    );
    // Names are compared by their octets on both databases.
    const BEGINS: &str = select!(
        "where r.kind in ('account', 'contact', 'lead', 'opportunity') and r.name_key >= $8 and r.name_key < $9
           and ($10 = '' or r.kind = $10) and ",
        visible!("r"),
        " order by coalesce(r.sort_key, r.name_key), r.id limit 20"
    );
    let (kind, rest) = split_reference(reference);
    let key = fold(rest);
    if key.is_empty() {
        return Ok(Vec::new());
    }
    let id: i64 = rest.parse().unwrap_or(0);
    let rows: Vec<Row> = all_seen!(tx, EXACT, scope, id, number_key(rest), rest, key.as_str(), kind)?;
    let after = format!("{key}\u{10ffff}");
    let rows = if rows.is_empty() { all_seen!(tx, BEGINS, scope, key.as_str(), after.as_str(), kind)? } else { rows };
    rows.into_iter().map(entry).collect()
}

/// The form in which an opportunity's number is stored and looked up.
pub fn number_key(number: &str) -> String {
    number.trim().to_uppercase()
}

/// Keeps everybody else from changing records until this unit of work is over. Whoever reads records in
/// order to save them whole takes it before they read: what was given away or marked confidential in
/// between would be undone. SQLite has one writer; on PostgreSQL the table is locked, before any row
/// of it, so that two who save, or one who saves and one who gives records away, never each wait for
/// the other.
pub async fn hold(tx: &mut Tx) -> Result<()> {
    if let Tx::Postgres(t) = tx {
        sqlx::query("lock table records in share row exclusive mode").execute(&mut **t).await?;
    }
    Ok(())
}

/// Saves records: those with `RecordId(0)` are new, the others replace the row with their id.
/// Gives their ids in the same order. A new record and a new owner are noted in the history with
/// `by` (`None`: the operator) and `reason`.
///
/// A record that names somebody whose hand-over stands goes to whoever receives theirs (S11); one
/// that was handed over stays where it is although an import names its owner as ever.
pub async fn save(
    tx: &mut Tx,
    entries: &[Entry],
    by: Option<UserId>,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<RecordId>> {
    // Ids are drawn from what is already there, and nobody else draws any meanwhile.
    hold(tx).await?;
    let known: Vec<RecordId> = entries.iter().map(|e| e.record.id).filter(|id| id.0 != 0).collect();
    let owners: Vec<(i64, i64)> = all!(
        tx,
        "select id, owner_id from records where id in (select cast(value as bigint) from json_each($1))",
        list(known.iter().map(|id| id.0))
    )?;
    let owners: HashMap<i64, i64> = owners.into_iter().collect();
    let redirected = handovers::redirect(tx, entries, &owners, by, now).await?;
    let mut entries = std::borrow::Cow::Borrowed(entries);
    for redirect in &redirected {
        if let Some(entry) = entries.to_mut().get_mut(redirect.index) {
            entry.record.owner = redirect.to;
        }
    }
    update(tx, entries.iter().filter(|e| e.record.id.0 != 0), now).await?;
    let ids = insert(tx, &entries, now).await?;
    let followed: HashMap<usize, &handovers::Redirected> = redirected.iter().map(|r| (r.index, r)).collect();
    let history = entries.iter().zip(&ids).enumerate().filter_map(|(index, (entry, id))| {
        let before = owners.get(&id.0).copied();
        let to = entry.record.owner.0;
        let follows = followed.get(&index).and_then(|r| Some((r.follows?, r.named)));
        let how = match (follows, before) {
            (Some(_), _) => "incoming",
            (None, _) if reason == "import" => "import",
            (None, None) => "create",
            (None, Some(_)) => "assign",
        };
        let (handover, named) = (follows.map(|(id, _)| id.0), follows.map(|(_, named)| named.0));
        let row = [id.0.into(), before.into(), to.into(), by.map(|u| u.0).into(), reason.into(), now.0.into()];
        (before != Some(to))
            .then(|| row.into_iter().chain([how.into(), handover.into(), named.into()]).collect::<Vec<Value>>())
    });
    let into =
        "record_owners (record_id, from_user_id, to_user_id, by_user_id, reason, at, how, handover_id, for_user_id)";
    insert_many(tx, into, "", history.collect()).await?;
    super::shares::end_steps(tx, &known).await?;
    let journal = redirected.iter().filter_map(|r| Some((r.follows?, *ids.get(r.index)?, r.named, r.to)));
    handovers::journal(tx, &journal.collect::<Vec<_>>(), now).await?;
    Ok(ids)
}

async fn update<'a>(tx: &mut Tx, entries: impl Iterator<Item = &'a Entry>, now: Timestamp) -> Result<()> {
    let rows = entries.map(|e| std::iter::once(Value::from(e.record.id.0)).chain(columns(e, now)).collect());
    let head = "records set kind = v.column2, name = v.column3, name_key = v.column4, owner_id = v.column5,
          team_id = v.column6, confidential = v.column7, status = v.column8, account_id = v.column9,
          end_account_id = v.column10, end_contact_id = v.column11, number = v.column12, class = v.column13,
          phone = v.column14, city = v.column15, external_source = v.column16, external_id = v.column17,
          language = v.column18, updated_at = v.column19, sort_key = v.column20";
    update_many(tx, head, "records.id = v.column1", rows.collect()).await
}

/// Inserts the new ones; gives the ids of all, in order.
async fn insert(tx: &mut Tx, entries: &[Entry], now: Timestamp) -> Result<Vec<RecordId>> {
    let fresh = entries.iter().filter(|e| e.record.id.0 == 0).count();
    let mut next = reserve(tx, fresh).await?.into_iter();
    let mut ids = Vec::with_capacity(entries.len());
    let mut rows = Vec::with_capacity(fresh);
    for entry in entries {
        let id = match entry.record.id.0 {
            0 => next.next().ok_or(StoreError::BadRow { table: "records", id: 0, column: "id" })?,
            id => id,
        };
        if entry.record.id.0 == 0 {
            let row = std::iter::once(Value::from(id)).chain(columns(entry, now)).chain([now.0.into()]);
            rows.push(row.collect());
        }
        ids.push(RecordId(id));
    }
    let into = "records (id, kind, name, name_key, owner_id, team_id, confidential, status, account_id,
          end_account_id, end_contact_id, number, class, phone, city, external_source, external_id, language,
          updated_at, sort_key, created_at)";
    insert_many(tx, into, "", rows).await?;
    Ok(ids)
}

/// Ids for `count` new records: bulk inserts do not say in which order they gave ids, so the ids
/// are drawn first. Here the databases differ: PostgreSQL has a sequence, SQLite its largest id.
async fn reserve(tx: &mut Tx, count: usize) -> Result<Vec<i64>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    match tx {
        Tx::Sqlite(t) => {
            let last: i64 = sqlx::query_scalar("select coalesce(max(id), 0) from records").fetch_one(&mut **t).await?;
            Ok((last + 1..=last + count).collect())
        }
        Tx::Postgres(t) => Ok(sqlx::query_scalar(
            "select nextval(pg_get_serial_sequence('records', 'id')) from generate_series(1, $1)",
        )
        .bind(count)
        .fetch_all(&mut **t)
        .await?),
    }
}

/// A row's values after its id.
fn columns(entry: &Entry, now: Timestamp) -> [Value; 19] {
    let record = &entry.record;
    let (source, external) = entry.external.clone().unzip();
    [
        record.kind.word().into(),
        record.name.as_str().into(),
        fold(&record.name).into(),
        record.owner.0.into(),
        record.team.map(|t| t.0).into(),
        record.confidential.into(),
        record.status.word().into(),
        record.account.map(|r| r.0).into(),
        record.end_account.map(|r| r.0).into(),
        record.end_contact.map(|r| r.0).into(),
        entry.number.clone().into(),
        entry.class.clone().into(),
        entry.phone.clone().into(),
        entry.city.clone().into(),
        source.into(),
        external.into(),
        entry.language.clone().into(),
        now.0.into(),
        special_sort_key(&record.name).into(),
    ]
}

/// Says in which language a contact or lead is written to, by its code; `None`: nobody knows.
pub async fn set_language(tx: &mut Tx, record: RecordId, language: Option<&str>, now: Timestamp) -> Result<()> {
    run!(tx, "update records set language = $2, updated_at = $3 where id = $1", record.0, language, now.0)?;
    Ok(())
}

/// The addresses of these records, with whether each is vouched for (P12).
pub async fn addresses(tx: &mut Tx, ids: &[RecordId]) -> Result<HashMap<RecordId, Vec<(Address, bool)>>> {
    const LOAD: &str = "select record_id, address, standing from record_addresses
        where record_id in (select cast(value as bigint) from json_each($1)) order by created_at, address";
    let rows: Vec<(i64, String, String)> = all!(tx, LOAD, list(ids.iter().map(|id| id.0)))?;
    let mut found: HashMap<RecordId, Vec<(Address, bool)>> = HashMap::new();
    for (id, address, standing) in rows {
        let bad = StoreError::BadRow { table: "record_addresses", id, column: "address" };
        let address = Address::parse(&address).map_err(|_| bad)?;
        found.entry(RecordId(id)).or_default().push((address, standing == "vouched"));
    }
    Ok(found)
}

/// Who vouches for addresses that are put on records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voucher {
    /// An admin, or the operator at the command line: vouched, unless the address is vouched for
    /// on another record; then it is the record's owner's claim.
    Trusted,
    /// Anybody else: only their claim, which gives mail from their own mailboxes (P12).
    Claimant(UserId),
}

/// Makes `wanted` the addresses of their records: owner and addresses by record. An address keeps
/// the standing it has, but a trusted voucher raises a claim. Gives what is vouched for now and
/// was not before: unstored mail that names one of them is worth another look.
pub async fn set_addresses(
    tx: &mut Tx,
    wanted: &[(RecordId, UserId, Vec<Address>)],
    voucher: Voucher,
    now: Timestamp,
) -> Result<Vec<Address>> {
    let ids: Vec<RecordId> = wanted.iter().map(|(id, ..)| *id).collect();
    let before = addresses(tx, &ids).await?;
    let mut vouched_on = vouched_on(tx, wanted.iter().flat_map(|(.., addresses)| addresses)).await?;
    let (mut gone, mut rows, mut newly) = (Vec::new(), Vec::new(), Vec::new());
    for (id, owner, addresses) in wanted {
        let had = before.get(id).map(Vec::as_slice).unwrap_or_default();
        gone.extend(had.iter().filter(|(a, _)| !addresses.contains(a)).map(|(a, _)| (*id, a.clone())));
        let mut seen = HashSet::new();
        for address in addresses.iter().filter(|a| seen.insert(*a)) {
            let standing = had.iter().find(|(a, _)| a == address).map(|(_, vouched)| *vouched);
            let elsewhere = vouched_on.get(address.as_str()).is_some_and(|on| on.iter().any(|r| r != id));
            let vouch = voucher == Voucher::Trusted && !elsewhere;
            match standing {
                Some(true) => continue,
                Some(false) if !vouch => continue,
                _ => {}
            }
            let claimant = match voucher {
                _ if vouch => None,
                Voucher::Trusted => Some(owner.0),
                Voucher::Claimant(user) => Some(user.0),
            };
            if vouch {
                vouched_on.entry(address.as_str().to_owned()).or_default().push(*id);
                newly.push(address.clone());
            }
            let standing = if vouch { "vouched" } else { "claimed" };
            rows.push(vec![address.as_str().into(), id.0.into(), standing.into(), claimant.into(), now.0.into()]);
        }
    }
    for (id, address) in gone {
        let remove = "delete from record_addresses where record_id = $1 and address = $2";
        run!(tx, remove, id.0, address.as_str())?;
    }
    let into = "record_addresses (address, record_id, standing, claimed_by, created_at)";
    let raise = "on conflict (address, record_id) do update
        set standing = excluded.standing, claimed_by = excluded.claimed_by";
    insert_many(tx, into, raise, rows).await?;
    newly.sort();
    newly.dedup();
    Ok(newly)
}

/// The records on which each of these addresses is vouched for.
async fn vouched_on(tx: &mut Tx, addresses: impl Iterator<Item = &Address>) -> Result<HashMap<String, Vec<RecordId>>> {
    const VOUCHED: &str = "select a.address, a.record_id from record_addresses a join records r on r.id = a.record_id
        where a.standing = 'vouched' and r.deleted_at is null and a.address in (select value from json_each($1))";
    let rows: Vec<(String, i64)> = all!(tx, VOUCHED, text_list(addresses.map(Address::as_str)))?;
    let mut found: HashMap<String, Vec<RecordId>> = HashMap::new();
    for (address, id) in rows {
        found.entry(address).or_default().push(RecordId(id));
    }
    Ok(found)
}

/// The accounts that have each of these domains, with their names.
pub async fn by_domains(tx: &mut Tx, domains: &[&str]) -> Result<HashMap<String, Vec<(RecordId, String)>>> {
    const LOAD: &str = "select d.domain, r.id, r.name from account_domains d join records r on r.id = d.record_id
        where d.domain in (select value from json_each($1)) and r.deleted_at is null order by r.id";
    let rows: Vec<(String, i64, String)> = all!(tx, LOAD, text_list(domains.iter().copied()))?;
    let mut found: HashMap<String, Vec<(RecordId, String)>> = HashMap::new();
    for (domain, id, name) in rows {
        found.entry(domain).or_default().push((RecordId(id), name));
    }
    Ok(found)
}

/// The domains of these accounts.
pub async fn domains(tx: &mut Tx, ids: &[RecordId]) -> Result<HashMap<RecordId, Vec<String>>> {
    const LOAD: &str = "select record_id, domain from account_domains
        where record_id in (select cast(value as bigint) from json_each($1)) order by domain";
    let rows: Vec<(i64, String)> = all!(tx, LOAD, list(ids.iter().map(|id| id.0)))?;
    let mut found: HashMap<RecordId, Vec<String>> = HashMap::new();
    for (id, domain) in rows {
        found.entry(RecordId(id)).or_default().push(domain);
    }
    Ok(found)
}

/// Makes `wanted` the domains of their accounts. Only for somebody with the right to (P12): the
/// caller checks that. Gives those that are new: unstored mail from there is worth another look.
pub async fn set_domains(tx: &mut Tx, wanted: &[(RecordId, Vec<String>)], now: Timestamp) -> Result<Vec<String>> {
    let ids: Vec<RecordId> = wanted.iter().map(|(id, _)| *id).collect();
    let before = domains(tx, &ids).await?;
    let (mut rows, mut newly) = (Vec::new(), Vec::new());
    for (id, domains) in wanted {
        let had = before.get(id).map(Vec::as_slice).unwrap_or_default();
        for gone in had.iter().filter(|d| !domains.contains(d)) {
            let remove = "delete from account_domains where record_id = $1 and domain = $2";
            run!(tx, remove, id.0, gone.as_str())?;
        }
        for domain in domains.iter().filter(|d| !had.contains(d)) {
            rows.push(vec![domain.as_str().into(), id.0.into(), now.0.into()]);
            newly.push(domain.clone());
        }
    }
    insert_many(tx, "account_domains (domain, record_id, created_at)", "on conflict do nothing", rows).await?;
    Ok(newly)
}

fn entry(row: Row) -> Result<Entry> {
    let bad = |column| StoreError::BadRow { table: "records", id: row.id, column };
    Ok(Entry {
        record: Record {
            id: RecordId(row.id),
            kind: Kind::from_word(&row.kind).ok_or_else(|| bad("kind"))?,
            name: row.name,
            owner: UserId(row.owner_id),
            team: row.team_id.map(TeamId),
            confidential: row.confidential,
            status: Status::from_word(&row.status).ok_or_else(|| bad("status"))?,
            account: row.account_id.map(RecordId),
            class: row.class_of.as_deref().and_then(Class::from_word),
            end_account: row.end_account_id.map(RecordId),
            end_contact: row.end_contact_id.map(RecordId),
        },
        number: row.number,
        class: row.class,
        phone: row.phone,
        city: row.city,
        language: row.language,
        external: row.external_source.zip(row.external_id),
    })
}

/// The records of these owners that are not confidential and that are `named`, by themselves or by
/// their account, as rights see them: for the exceptions of absences ([`Scope::with`]).
pub async fn named(tx: &mut Tx, owners: &[UserId], named: &[RecordId]) -> Result<Vec<Record>> {
    // A select for each way: PostgreSQL reads the whole table for an `or` of two lists.
    const LOAD: &str = select!(
        "where r.id in (select cast(n.value as bigint) from json_each($2) n
           union select b.id from json_each($2) n cross join records b where b.account_id = cast(n.value as bigint))
           and r.owner_id in (select cast(value as bigint) from json_each($1)) and not r.confidential
           and r.deleted_at is null"
    );
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let (owners, named) = (list(owners.iter().map(|id| id.0)), list(named.iter().map(|id| id.0)));
    let rows: Vec<Row> = all!(tx, LOAD, owners, named)?;
    rows.into_iter().map(|row| Ok(entry(row)?.record)).collect()
}

/// The record with this id, whoever may see it, unless it is deleted or merged away: for checking
/// somebody's rights on it.
pub async fn standing(tx: &mut Tx, id: RecordId) -> Result<Option<Record>> {
    const LOAD: &str = select!("where r.id = $1 and r.deleted_at is null");
    let row: Option<Row> = maybe!(tx, LOAD, id.0)?;
    row.map(|row| Ok(entry(row)?.record)).transpose()
}

/// Whether these records stand, and has them stay as they are until the end of this unit of work:
/// nobody merges, deletes or gives them away meanwhile on PostgreSQL. SQLite has one writer.
///
/// Rows that refer to a record do not keep it from being merged (that changes no key), so whoever
/// adds one asks here first; who merges asks for `change`, and waits for them.
pub async fn stay(tx: &mut Tx, ids: &[RecordId], change: bool) -> Result<bool> {
    const ALIVE: &str = "select id from records
        where id in (select cast(value as bigint) from json_each($1)) and deleted_at is null order by id";
    let wanted = list(ids.iter().map(|id| id.0));
    let rows: Vec<(i64,)> = match tx {
        Tx::Sqlite(t) => sqlx::query_as(ALIVE).bind(wanted).fetch_all(&mut **t).await?,
        Tx::Postgres(t) => {
            const SHARED: &str = "select id from records
                where id in (select cast(value as bigint) from json_each($1)) and deleted_at is null
                order by id for share";
            const ALONE: &str = "select id from records
                where id in (select cast(value as bigint) from json_each($1)) and deleted_at is null
                order by id for no key update";
            let text = if change { ALONE } else { SHARED };
            sqlx::query_as(text).bind(wanted).fetch_all(&mut **t).await?
        }
    };
    Ok(rows.len() == ids.len())
}

/// As [`find`], among all records, but by id, number or external id alone: for the operator, and
/// for those whose right does not come from sight. The caller checks that right for each. At most 20.
pub async fn find_any(tx: &mut Tx, reference: &str) -> Result<Vec<Record>> {
    const EXACT: &str = select!(
        "where (r.id = $1 or r.number = $2 or r.external_id = $3) and ($4 = '' or r.kind = $4)
           and r.deleted_at is null order by coalesce(r.sort_key, r.name_key), r.id limit 20"
    );
    let (kind, rest) = split_reference(reference);
    let id: i64 = rest.parse().unwrap_or(0);
    let rows: Vec<Row> = all!(tx, EXACT, id, number_key(rest), rest, kind)?;
    rows.into_iter().map(|row| Ok(entry(row)?.record)).collect()
}

/// The word of a kind that stands before a reference, and the rest; no word where there is none.
fn split_reference(reference: &str) -> (&'static str, &str) {
    let reference = reference.trim();
    match reference.split_once(':').map(|(kind, rest)| (Kind::from_word(kind.trim()), rest)) {
        Some((Some(kind), rest)) => (kind.word(), rest.trim()),
        _ => ("", reference),
    }
}

/// Those records of these owners that lie in the viewer's scope, as rights see them.
pub async fn owned_seen(tx: &mut Tx, scope: &Scope, owners: &[UserId]) -> Result<Vec<Record>> {
    const LOAD: &str =
        select!("where r.owner_id in (select cast(value as bigint) from json_each($8)) and ", visible!("r"));
    let rows: Vec<Row> = all_seen!(tx, LOAD, scope, list(owners.iter().map(|id| id.0)))?;
    rows.into_iter().map(|row| Ok(entry(row)?.record)).collect()
}

/// The records of these owners that are not confidential, as rights see them: for saying what an
/// absence would do.
pub async fn owned(tx: &mut Tx, owners: &[UserId]) -> Result<Vec<Record>> {
    const LOAD: &str = select!(
        "where r.owner_id in (select cast(value as bigint) from json_each($1)) and not r.confidential
           and r.deleted_at is null"
    );
    let rows: Vec<Row> = all!(tx, LOAD, list(owners.iter().map(|id| id.0)))?;
    rows.into_iter().map(|row| Ok(entry(row)?.record)).collect()
}

/// As [`owned`], the confidential ones: for their owner alone.
pub async fn owned_confidential(tx: &mut Tx, owners: &[UserId]) -> Result<Vec<Record>> {
    const LOAD: &str = select!(
        "where r.owner_id in (select cast(value as bigint) from json_each($1)) and r.confidential
           and r.deleted_at is null"
    );
    let rows: Vec<Row> = all!(tx, LOAD, list(owners.iter().map(|id| id.0)))?;
    rows.into_iter().map(|row| Ok(entry(row)?.record)).collect()
}

//! Lists of records, and the head of one.

use super::super::{Result, Tx, list};
use super::parts::{Named, kind_of, names};
use crate::access::Scope;
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::{Class, Kind, Record, Status};
use crate::model::time::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// A record on a list.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The record.
    pub record: Record,
    /// Its number, such as `OP-1042`.
    pub number: Option<String>,
    /// Its city.
    pub city: Option<String>,
    /// Where the next page begins, if this is the last row of one.
    pub key: String,
    /// The account it belongs to, if the viewer may read that.
    pub account: Option<Named>,
}

/// Which records of a list: whose, and where they stand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chosen<'a> {
    /// Of these owners; of everybody if it is left out.
    pub owners: Option<&'a [UserId]>,
    /// That stand so.
    pub status: Option<Status>,
}

impl Chosen<'_> {
    /// 1 if owners are named. Both databases read a list even where the answer needs none.
    pub(super) fn is_of(&self) -> i64 {
        self.owners.is_some().into()
    }

    /// The owners that are named.
    pub(super) fn of(&self) -> String {
        list(self.owners.unwrap_or_default().iter().map(|user| user.0))
    }

    /// The word of the status; empty for any.
    pub(super) fn status(&self) -> &'static str {
        self.status.map_or("", Status::word)
    }

    fn is_all(&self) -> bool {
        self.owners.is_none() && self.status.is_none()
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its rows, by name.
    pub rows: Vec<Row>,
    /// How many there are in all, counted to at most what the caller said.
    pub count: i64,
}

/// What stands above a timeline.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    /// The record.
    pub record: Record,
    /// Its number.
    pub number: Option<String>,
    /// Its class, A to D.
    pub class: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// Its city.
    pub city: Option<String>,
    /// The language in which a contact or lead is written to, by its code (R78).
    pub language: Option<String>,
    /// When it last changed.
    pub updated: Timestamp,
    /// The account it belongs to, if the viewer may read that.
    pub account: Option<Named>,
    /// The end customer: company and person, those of them that the viewer may read.
    pub end_customer: Vec<Named>,
    /// Records below it that the viewer may read, at most 40: contacts and opportunities.
    pub below: Vec<Named>,
    /// The addresses and domains by which mail is linked to it.
    pub watched: Vec<String>,
}

/// Without the class, as of [`Named`].
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (classless(&self.record), &self.number, &self.city, &self.key, &self.account).fmt(f)
    }
}

/// Without the class that follows from an account, as of [`Named`]; the record's own is in it.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = (&self.number, &self.class, &self.phone, &self.city, &self.language, self.updated);
        (classless(&self.record), facts, &self.account, &self.end_customer, &self.below, &self.watched).fmt(f)
    }
}

pub(super) fn classless(record: &Record) -> Record {
    Record { class: None, ..record.clone() }
}

#[derive(sqlx::FromRow)]
pub(super) struct Columns {
    id: i64,
    kind: String,
    name: String,
    pub sorted_by: String,
    owner_id: i64,
    team_id: Option<i64>,
    confidential: bool,
    status: String,
    account_id: Option<i64>,
    end_account_id: Option<i64>,
    end_contact_id: Option<i64>,
    pub number: Option<String>,
    class: Option<String>,
    class_of: Option<String>,
    pub phone: Option<String>,
    pub city: Option<String>,
    language: Option<String>,
    pub updated_at: i64,
}

/// The columns of [`Columns`], of a record aliased `r`.
macro_rules! record_columns {
    () => {
        "r.id, r.kind, r.name, coalesce(r.sort_key, r.name_key) as sorted_by, r.owner_id, r.team_id, r.confidential, r.status, r.account_id, \
         r.end_account_id, r.end_contact_id, r.number, r.class, r.phone, r.city, r.language, r.updated_at, \
         coalesce(r.class, (select a.class from records a where a.id = r.account_id)) as class_of"
    };
}

pub(super) use record_columns;

impl Columns {
    pub fn record(&self) -> Result<Record> {
        let bad = || super::super::StoreError::BadRow { table: "records", id: self.id, column: "status" };
        Ok(Record {
            id: RecordId(self.id),
            kind: kind_of(self.id, &self.kind)?,
            name: self.name.clone(),
            owner: UserId(self.owner_id),
            team: self.team_id.map(TeamId),
            confidential: self.confidential,
            status: Status::from_word(&self.status).ok_or_else(bad)?,
            account: self.account_id.map(RecordId),
            class: self.class_of.as_deref().and_then(Class::from_word),
            end_account: self.end_account_id.map(RecordId),
            end_contact: self.end_contact_id.map(RecordId),
        })
    }
}

/// The records of kind `$8` that may be the viewer's to read, each once: what the owners `$9` own, who
/// are `$10`, and what is shared with them. [`visible!`] decides; this is read from indexes on both
/// databases, where an `or` of many ways would make PostgreSQL read the whole table. It takes a list
/// for a hundred owners, and would read the whole table for so many, unless a limit tells it how many
/// they are. SQLite takes cross joins as they stand: from the few to the many.
macro_rules! listed {
    () => {
        "(select c.* from (select cast(value as bigint) as id from json_each($9) limit $10) o
          cross join records c where c.owner_id = o.id and c.kind = $8
          union all
          select c.* from (
            select s.record_id from shares s where s.user_id = $1
            union
            select s.record_id from team_members t join shares s on s.team_id = t.team_id where t.user_id = $1) g
          cross join records c
          where c.id = g.record_id and c.kind = $8 and c.owner_id not in (select cast(value as bigint) from json_each($9)))"
    };
}

pub(super) use listed;

/// Everybody of whose records the viewer reads some by who they are; and how many they are.
pub(super) fn owners(scope: &Scope) -> (String, i64) {
    let of = [&scope.owners, &scope.confidential_owners, &scope.unanswered, &scope.partial];
    let all: BTreeSet<i64> = of.into_iter().flatten().chain([&scope.viewer]).map(|user| user.0).collect();
    let many = i64::try_from(all.len()).unwrap_or(i64::MAX);
    (list(all), many)
}

/// The records of one kind that the viewer may read, by name, after `(key, id)`; with how many
/// there are, counted to at most `count_to`.
pub async fn records(
    tx: &mut Tx,
    scope: &Scope,
    kind: Kind,
    after: Option<(&str, RecordId)>,
    limit: i64,
    count_to: i64,
) -> Result<Page> {
    chosen(tx, scope, (kind, &Chosen::default()), after, limit, count_to).await
}

/// As [`records`], of those that are chosen.
pub async fn chosen(
    tx: &mut Tx,
    scope: &Scope,
    (kind, chosen): (Kind, &Chosen<'_>),
    after: Option<(&str, RecordId)>,
    limit: i64,
    count_to: i64,
) -> Result<Page> {
    let count = count(tx, scope, (kind, chosen), count_to).await?;
    // Who reads many finds a page of them soon along the index of names; few are found by their owners
    // and sorted.
    let found: Vec<Columns> = if count < count_to || !chosen.is_all() {
        few(tx, scope, (kind, chosen), after, limit).await?
    } else {
        many(tx, scope, kind, after, limit).await?
    };
    Ok(Page { rows: rows_of(tx, scope, found).await?, count })
}

/// Those of these records that the viewer may read, in the order of `ids`.
pub async fn rows(tx: &mut Tx, scope: &Scope, ids: &[RecordId]) -> Result<Vec<Row>> {
    let found: Vec<Columns> = all_seen!(
        tx,
        concat!(
            "select ",
            record_columns!(),
            " from records r where r.id in (select cast(value as bigint) from json_each($8)) and ",
            visible!("r")
        ),
        scope,
        list(ids.iter().map(|id| id.0))
    )?;
    let mut rows: HashMap<RecordId, Row> =
        rows_of(tx, scope, found).await?.into_iter().map(|row| (row.record.id, row)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

async fn rows_of(tx: &mut Tx, scope: &Scope, found: Vec<Columns>) -> Result<Vec<Row>> {
    let accounts = names(tx, scope, found.iter().filter_map(|row| row.account_id.map(RecordId))).await?;
    found
        .into_iter()
        .map(|row| {
            let record = row.record()?;
            let account = record.account.and_then(|id| accounts.get(&id).cloned());
            Ok(Row { record, number: row.number, city: row.city, key: row.sorted_by, account })
        })
        .collect()
}

async fn few(
    tx: &mut Tx,
    scope: &Scope,
    (kind, chosen): (Kind, &Chosen<'_>),
    after: Option<(&str, RecordId)>,
    limit: i64,
) -> Result<Vec<Columns>> {
    let (key, id) = after.map_or(("", 0), |(key, id)| (key, id.0));
    let (owners, many) = owners(scope);
    Ok(all_seen!(
        tx,
        concat!(
            "select ",
            record_columns!(),
            " from ",
            listed!(),
            " r where coalesce(r.sort_key, r.name_key) >= $11
               and (coalesce(r.sort_key, r.name_key) > $11 or r.id > $12)
               and ($14 = 0 or r.owner_id in (select cast(value as bigint) from json_each($15)))
               and ($16 = '' or r.status = $16) and ",
            visible!("r"),
            " order by coalesce(r.sort_key, r.name_key), r.id limit $13"
        ),
        scope,
        kind.word(),
        owners.as_str(),
        many,
        key,
        id,
        limit,
        chosen.is_of(),
        chosen.of(),
        chosen.status()
    )?)
}

async fn many(
    tx: &mut Tx,
    scope: &Scope,
    kind: Kind,
    after: Option<(&str, RecordId)>,
    limit: i64,
) -> Result<Vec<Columns>> {
    let (key, id) = after.map_or(("", 0), |(key, id)| (key, id.0));
    Ok(all_seen!(
        tx,
        concat!(
            "select ",
            record_columns!(),
            " from records r where r.kind = $8 and coalesce(r.sort_key, r.name_key) >= $9
               and (coalesce(r.sort_key, r.name_key) > $9 or r.id > $10) and ",
            visible!("r"),
            " order by coalesce(r.sort_key, r.name_key), r.id limit $11"
        ),
        scope,
        kind.word(),
        key,
        id,
        limit
    )?)
}

async fn count(tx: &mut Tx, scope: &Scope, (kind, chosen): (Kind, &Chosen<'_>), count_to: i64) -> Result<i64> {
    let (owners, many) = owners(scope);
    let (count,): (i64,) = one_seen!(
        tx,
        concat!(
            "select count(*) from (select 1 as one from ",
            listed!(),
            " r where ($12 = 0 or r.owner_id in (select cast(value as bigint) from json_each($13)))
               and ($14 = '' or r.status = $14) and ",
            visible!("r"),
            " limit $11) found"
        ),
        scope,
        kind.word(),
        owners.as_str(),
        many,
        count_to,
        chosen.is_of(),
        chosen.of(),
        chosen.status()
    )?;
    Ok(count)
}

/// The head of a record; `None` if it is not there or not for the viewer.
pub async fn head(tx: &mut Tx, scope: &Scope, id: RecordId) -> Result<Option<Head>> {
    let found: Option<Columns> = maybe_seen!(
        tx,
        concat!("select ", record_columns!(), " from records r where r.id = $8 and ", visible!("r")),
        scope,
        id.0
    )?;
    let Some(row) = found else { return Ok(None) };
    let record = row.record()?;
    let related = [record.account, record.end_account, record.end_contact];
    let known = names(tx, scope, related.into_iter().flatten()).await?;
    let of = |id: Option<RecordId>| id.and_then(|id| known.get(&id).cloned());
    let below: Vec<(i64,)> = all_seen!(
        tx,
        concat!(
            "select r.id from records r where r.account_id = $8 and ",
            visible!("r"),
            " order by r.kind desc, coalesce(r.sort_key, r.name_key), r.id limit 40"
        ),
        scope,
        id.0
    )?;
    let mut known_below = names(tx, scope, below.iter().map(|(id,)| RecordId(*id))).await?;
    let watched: Vec<(String,)> = all!(
        tx,
        "select address from record_addresses where record_id = $1
         union all select '@' || domain from account_domains where record_id = $1
         order by 1 limit 20",
        id.0
    )?;
    Ok(Some(Head {
        account: of(record.account),
        end_customer: [record.end_account, record.end_contact].into_iter().filter_map(of).collect(),
        below: below.into_iter().filter_map(|(id,)| known_below.remove(&RecordId(id))).collect(),
        watched: watched.into_iter().map(|(text,)| text).collect(),
        number: row.number.clone(),
        class: row.class.clone(),
        phone: row.phone.clone(),
        city: row.city.clone(),
        language: row.language.clone(),
        updated: Timestamp(row.updated_at),
        record,
    }))
}

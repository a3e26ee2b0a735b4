//! What else is known of people and companies outside: company, role, address. And what people made of
//! mails on records, with what stood there before.

use super::{Result, StoreError, Tx, insert_many, list};
use crate::model::found::Detail;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One field that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Which.
    pub what: Detail,
    /// What stood there.
    pub before: Option<String>,
    /// What stands there since.
    pub after: Option<String>,
}

/// What somebody made of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its row.
    pub id: i64,
    /// On which record.
    pub record: RecordId,
    /// Of which mail, while that is stored.
    pub mail: Option<MailId>,
    /// The record was made by it.
    pub made: bool,
    /// What changed.
    pub fields: Vec<Field>,
    /// Who; none: the operator.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Whether it was taken back.
    pub undone: bool,
}

/// The details of these records.
pub async fn of(tx: &mut Tx, records: &[RecordId]) -> Result<BTreeMap<RecordId, BTreeMap<Detail, String>>> {
    let rows: Vec<(i64, String, String)> = all!(
        tx,
        "select record_id, what, value from record_details
         where record_id in (select cast(value as bigint) from json_each($1)) order by record_id, what",
        list(records.iter().map(|r| r.0))
    )?;
    let mut found: BTreeMap<RecordId, BTreeMap<Detail, String>> = BTreeMap::new();
    for (id, what, value) in rows {
        let bad = StoreError::BadRow { table: "record_details", id, column: "what" };
        found.entry(RecordId(id)).or_default().insert(Detail::from_word(&what).ok_or(bad)?, value);
    }
    Ok(found)
}

/// Puts a detail on a record, or takes it off. Name, phone and city stand on the record itself.
pub async fn set(tx: &mut Tx, record: RecordId, details: &[(Detail, Option<String>)]) -> Result<()> {
    let rows = details.iter().filter_map(|(what, value)| {
        Some(vec![record.0.into(), what.word().into(), value.as_deref().filter(|v| !v.is_empty())?.into()])
    });
    let rows = rows.collect();
    for (what, _) in details {
        run!(tx, "delete from record_details where record_id = $1 and what = $2", record.0, what.word())?;
    }
    insert_many(tx, "record_details (record_id, what, value)", "", rows).await
}

/// Writes down what somebody made of a mail; gives its row.
pub async fn note(
    tx: &mut Tx,
    (record, mail, made): (RecordId, MailId, bool),
    fields: &[Field],
    by: Option<UserId>,
    now: Timestamp,
) -> Result<i64> {
    let (id,): (i64,) = one!(
        tx,
        "insert into record_changes (record_id, mail_id, made, fields, by_user_id, at)
         values ($1, $2, $3, $4, $5, $6) returning id",
        record.0,
        mail.0,
        made,
        serde_json::to_string(fields).unwrap_or_default(),
        by.map(|u| u.0),
        now.0
    )?;
    Ok(id)
}

type Row = (i64, i64, Option<i64>, bool, String, Option<i64>, i64, Option<i64>);

fn change((id, record, mail, made, fields, by, at, undone): Row) -> Result<Change> {
    let bad = |_| StoreError::BadRow { table: "record_changes", id, column: "fields" };
    Ok(Change {
        id,
        record: RecordId(record),
        mail: mail.map(MailId),
        made,
        fields: serde_json::from_str(&fields).map_err(bad)?,
        by: by.map(UserId),
        at: Timestamp(at),
        undone: undone.is_some(),
    })
}

/// What people made of mails on a record, the latest first, at most twenty.
pub async fn changes(tx: &mut Tx, record: RecordId) -> Result<Vec<Change>> {
    let rows: Vec<Row> = all!(
        tx,
        "select id, record_id, mail_id, made, fields, by_user_id, at, undone_at from record_changes
         where record_id = $1 order by at desc, id desc limit 20",
        record.0
    )?;
    rows.into_iter().map(change).collect()
}

/// One of them.
pub async fn load(tx: &mut Tx, id: i64) -> Result<Option<Change>> {
    let row: Option<Row> = maybe!(
        tx,
        "select id, record_id, mail_id, made, fields, by_user_id, at, undone_at from record_changes where id = $1",
        id
    )?;
    row.map(change).transpose()
}

/// Notes that it was taken back; false if it was before.
pub async fn undo(tx: &mut Tx, id: i64, by: Option<UserId>, now: Timestamp) -> Result<bool> {
    let undone = run!(
        tx,
        "update record_changes set undone_at = $2, undone_by = $3 where id = $1 and undone_at is null",
        id,
        now.0,
        by.map(|u| u.0)
    )?;
    Ok(undone > 0)
}

/// The records that stand and have this address, whoever may see them.
pub async fn with_address(tx: &mut Tx, address: &str) -> Result<Vec<RecordId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select r.id from record_addresses a join records r on r.id = a.record_id
         where a.address = $1 and r.deleted_at is null and r.status <> 'converted' order by r.id",
        address
    )?;
    Ok(rows.into_iter().map(|(id,)| RecordId(id)).collect())
}

/// Takes away what is known of people who were erased.
pub async fn erase(tx: &mut Tx, records: &[RecordId]) -> Result<()> {
    let wanted = list(records.iter().map(|r| r.0));
    const DETAILS: &str =
        "delete from record_details where record_id in (select cast(value as bigint) from json_each($1))";
    run!(tx, DETAILS, wanted.as_str())?;
    const CHANGES: &str = "update record_changes set fields = '[]'
        where record_id in (select cast(value as bigint) from json_each($1))";
    run!(tx, CHANGES, wanted)?;
    Ok(())
}

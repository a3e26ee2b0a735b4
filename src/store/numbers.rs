//! Reference numbers of records, and what stands on mails of numbers and signed references.

use super::bulk::insert_many;
use super::{Result, Tx, list, text_list};
use crate::model::facts::Mark;
use crate::model::id::{MailId, RecordId, ThreadId, UserId};
use crate::model::time::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// A record's number, by the form in which numbers are compared.
pub type Numbered = (String, RecordId, String);

/// The records that have one of these numbers, given in the form in which they are compared: as the
/// record's own number, in lower or upper case, or as one of its further ones.
pub async fn find(tx: &mut Tx, keys: &BTreeSet<&str>) -> Result<Vec<Numbered>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let upper: Vec<String> = keys.iter().map(|key| key.to_uppercase()).collect();
    let written: BTreeSet<&str> = keys.iter().copied().chain(upper.iter().map(String::as_str)).collect();
    let own: Vec<(i64, String)> = all!(
        tx,
        "select r.id, r.number from json_each($1) k cross join records r \
         where r.number = k.value and r.deleted_at is null order by r.id",
        text_list(written)
    )?;
    let further: Vec<(String, i64, String)> = all!(
        tx,
        "select n.number_key, n.record_id, n.number from json_each($1) k cross join record_numbers n \
         cross join records r where n.number_key = k.value and r.id = n.record_id and r.deleted_at is null order by n.number_key, n.record_id",
        text_list(keys.iter().copied())
    )?;
    let own = own.into_iter().map(|(id, number)| (number.to_lowercase(), RecordId(id), number));
    let further = further.into_iter().map(|(key, id, number)| (key, RecordId(id), number));
    Ok(own.chain(further).collect())
}

/// Puts a further number on a record; false if it stands there.
pub async fn add(
    tx: &mut Tx,
    record: RecordId,
    key: &str,
    number: &str,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<bool> {
    let added = run!(
        tx,
        "insert into record_numbers (number_key, record_id, number, by_user_id, created_at) \
         values ($1, $2, $3, $4, $5) on conflict do nothing",
        key,
        record.0,
        number,
        by.map(|u| u.0),
        now.0
    )?;
    Ok(added > 0)
}

/// Takes a further number off a record; false if it does not stand there.
pub async fn remove(tx: &mut Tx, record: RecordId, key: &str) -> Result<bool> {
    Ok(run!(tx, "delete from record_numbers where record_id = $1 and number_key = $2", record.0, key)? > 0)
}

/// The further numbers of a record, as they are written.
pub async fn of(tx: &mut Tx, record: RecordId) -> Result<Vec<String>> {
    let rows: Vec<(String,)> =
        all!(tx, "select number from record_numbers where record_id = $1 order by number_key", record.0)?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// The threads of stored mails that may name this number: those among the mail of the record's
/// account, contacts and itself.
pub async fn threads_naming(tx: &mut Tx, record: RecordId, key: &str) -> Result<Vec<ThreadId>> {
    let rows: Vec<(i64, String)> = all!(
        tx,
        "select distinct m.thread_id, k.marks from records d join records r on r.id = d.id or r.id = d.account_id \
         or r.id = d.end_account_id or r.id = d.end_contact_id \
         or (r.kind = 'contact' and r.account_id in (d.account_id, d.end_account_id)) \
         join links l on l.record_id = r.id join mail_marks k on k.mail_id = l.mail_id join mails m on m.id = l.mail_id \
         where d.id = $1",
        record.0
    )?;
    let names = |marks: &str| {
        let all: Vec<Mark> = serde_json::from_str(marks).unwrap_or_default();
        all.iter().any(|mark| matches!(mark, Mark::Number { key: held, .. } if held == key))
    };
    let threads: BTreeSet<i64> = rows.into_iter().filter(|(_, marks)| names(marks)).map(|(id, _)| id).collect();
    Ok(threads.into_iter().map(ThreadId).collect())
}

/// Writes down what stands on new mails.
pub async fn insert_marks(tx: &mut Tx, mails: &[(MailId, &[Mark])]) -> Result<()> {
    let with_any = mails.iter().filter(|(_, marks)| !marks.is_empty());
    let rows = with_any
        .map(|(mail, marks)| vec![mail.0.into(), serde_json::to_string(marks).unwrap_or_else(|_| "[]".into()).into()]);
    insert_many(tx, "mail_marks (mail_id, marks)", "", rows.collect()).await
}

/// What stands on these mails; those without are not named.
pub async fn marks_of(tx: &mut Tx, mails: &[MailId]) -> Result<HashMap<MailId, Vec<Mark>>> {
    if mails.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, String)> = all!(
        tx,
        "select k.mail_id, k.marks from json_each($1) i join mail_marks k on k.mail_id = cast(i.value as bigint)",
        list(mails.iter().map(|m| m.0))
    )?;
    Ok(rows.into_iter().map(|(id, marks)| (MailId(id), serde_json::from_str(&marks).unwrap_or_default())).collect())
}

//! What people said of whether somebody outside can be reached. Words name contacts and addresses, never
//! mails, so they outlive every reading.

use super::{Result, Tx, list, text_list};
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The contact or lead; none: of the address alone.
    pub record: Option<RecordId>,
    /// The address, where it is about one.
    pub address: Option<String>,
    /// `away`, `back`; `left`, `stays`; `usable`; `passed` or `taken` of whom a notice named.
    pub what: String,
    /// The last day away, an ISO date.
    pub until: Option<String>,
    /// Who; none: the operator.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// Writes a word down.
pub async fn say(tx: &mut Tx, word: &Word) -> Result<()> {
    run!(
        tx,
        "insert into reach_words (record_id, address, what, until, by_user_id, at) values ($1, $2, $3, $4, $5, $6)",
        word.record.map(|r| r.0),
        word.address.as_deref(),
        word.what.as_str(),
        word.until.as_deref(),
        word.by.map(|u| u.0),
        word.at.0
    )?;
    Ok(())
}

type Row = (Option<i64>, Option<String>, String, Option<String>, Option<i64>, i64);

fn word((record, address, what, until, by, at): Row) -> Word {
    Word { record: record.map(RecordId), address, what, until, by: by.map(UserId), at: Timestamp(at) }
}

/// What was said of these contacts and leads, and of those that are parts of them by a merge; the earliest
/// first. The caller has seen that the viewer reads them.
pub async fn of_records(tx: &mut Tx, records: &[RecordId]) -> Result<Vec<Word>> {
    let wanted = list(records.iter().map(|r| r.0));
    let rows: Vec<Row> = all!(
        tx,
        "select f.of, w.address, w.what, w.until, w.by_user_id, w.at from
           (select cast(k.value as bigint) as of, cast(k.value as bigint) as said from json_each($1) k
            union all select r.merged_into_id, r.id from json_each($1) k cross join records r
            where r.merged_into_id = cast(k.value as bigint)) f
         cross join reach_words w where w.record_id = f.said order by w.at, w.id",
        wanted
    )?;
    Ok(rows.into_iter().map(word).collect())
}

/// What was said of these addresses; the earliest first.
pub async fn of_addresses(tx: &mut Tx, addresses: &[&str]) -> Result<Vec<Word>> {
    let rows: Vec<Row> = all!(
        tx,
        "select w.record_id, w.address, w.what, w.until, w.by_user_id, w.at from json_each($1) k
         cross join reach_words w where w.address = k.value order by w.at, w.id",
        text_list(addresses.iter().copied())
    )?;
    Ok(rows.into_iter().map(word).collect())
}

//! What people said of whether somebody outside can be reached. Words name contacts and addresses, never
//! mails, so they outlive every reading. One that was taken back is kept and counts no more.

use super::{Result, Tx, list, text_list};
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;
use std::collections::BTreeMap;

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The contact or lead; none: of the address alone.
    pub record: Option<RecordId>,
    /// The address, where it is about one.
    pub address: Option<String>,
    /// `away`, `back`; `left`, `stays`; `usable`; `passed` or `taken` of whom a notice named; `quiet`, `speaks`.
    pub what: String,
    /// The last day away, an ISO date.
    pub until: Option<String>,
    /// Who; none: the operator.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// Writes a word down, as part of the decision that began with the word `with`; `made` is the contact that
/// came of it. Gives its number.
pub async fn say(tx: &mut Tx, word: &Word, with: Option<i64>, made: Option<RecordId>) -> Result<i64> {
    let (id,): (i64,) = one!(
        tx,
        "insert into reach_words (record_id, address, what, until, by_user_id, at, with_id, made_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        word.record.map(|r| r.0),
        word.address.as_deref(),
        word.what.as_str(),
        word.until.as_deref(),
        word.by.map(|u| u.0),
        word.at.0,
        with,
        made.map(|r| r.0)
    )?;
    Ok(id)
}

/// A word as it lies among those of its decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// What was said.
    pub word: Word,
    /// The contact that was made of it.
    pub made: Option<RecordId>,
    /// Whether it was taken back.
    pub undone: bool,
}

type Full = (Option<i64>, Option<String>, String, Option<String>, Option<i64>, i64, Option<i64>, Option<i64>);

/// The words of one decision, by the number of the first; the first comes first.
pub async fn decision(tx: &mut Tx, number: i64) -> Result<Vec<Spoken>> {
    let rows: Vec<Full> = all!(
        tx,
        "select record_id, address, what, until, by_user_id, at, made_id, undone_at from reach_words
         where (id = $1 and with_id is null) or with_id = $1 order by id",
        number
    )?;
    let spoken = |(record, address, what, until, by, at, made, undone): Full| Spoken {
        word: word((record, address, what, until, by, at)),
        made: made.map(RecordId),
        undone: undone.is_some(),
    };
    Ok(rows.into_iter().map(spoken).collect())
}

/// Takes the words of a decision back; false where they were before.
pub async fn undo(tx: &mut Tx, number: i64, now: Timestamp) -> Result<bool> {
    let undone = run!(
        tx,
        "update reach_words set undone_at = $2
         where ((id = $1 and with_id is null) or with_id = $1) and undone_at is null",
        number,
        now.0
    )?;
    Ok(undone > 0)
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
         cross join reach_words w where w.record_id = f.said and w.undone_at is null order by w.at, w.id",
        wanted
    )?;
    Ok(rows.into_iter().map(word).collect())
}

/// Of these addresses those of contacts and leads of whom somebody said that they get no automatic mail (R42). A
/// claim of an address says nothing here, or anybody could silence another's client.
pub async fn quiet(tx: &mut Tx, addresses: &[&str]) -> Result<Vec<String>> {
    let rows: Vec<(String, i64, String, i64, i64)> = all!(
        tx,
        "select k.value, a.record_id, w.what, w.at, w.id from json_each($1) k cross join record_addresses a
         cross join reach_words w
         where a.address = k.value and a.standing = 'vouched' and w.record_id = a.record_id
           and w.what in ('quiet', 'speaks') and w.undone_at is null
         union all select k.value, a.record_id, w.what, w.at, w.id from json_each($1) k cross join record_addresses a
         cross join records r cross join reach_words w
         where a.address = k.value and a.standing = 'vouched' and r.merged_into_id = a.record_id
           and w.record_id = r.id and w.what in ('quiet', 'speaks') and w.undone_at is null
         order by 4, 5",
        text_list(addresses.iter().copied())
    )?;
    let mut last: BTreeMap<(String, i64), bool> = BTreeMap::new();
    for (address, record, what, ..) in rows {
        last.insert((address, record), what == "quiet");
    }
    Ok(last.into_iter().filter(|(_, quiet)| *quiet).map(|((address, _), _)| address).collect())
}

/// What was said of these addresses; the earliest first.
pub async fn of_addresses(tx: &mut Tx, addresses: &[&str]) -> Result<Vec<Word>> {
    let rows: Vec<Row> = all!(
        tx,
        "select w.record_id, w.address, w.what, w.until, w.by_user_id, w.at from json_each($1) k
         cross join reach_words w where w.address = k.value and w.undone_at is null order by w.at, w.id",
        text_list(addresses.iter().copied())
    )?;
    Ok(rows.into_iter().map(word).collect())
}

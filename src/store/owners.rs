//! Who owns a record: giving it to somebody else, and the history of that.
//!
//! Mail is not touched: it follows because rights are read from `records.owner_id` (P4). Open
//! activities of the old owner go along; what is done keeps its author.

use super::{Result, Tx, insert_many, list, update_many};
use crate::model::id::{HandoverId, RecordId, UserId};
use crate::model::record::Record;
use crate::model::time::Timestamp;

/// A record on its way from one owner to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The record.
    pub record: RecordId,
    /// Who owns it; a record that somebody else owns by now is left alone.
    pub from: UserId,
    /// Who shall own it.
    pub to: UserId,
}

/// Why records move, for their history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion<'a> {
    /// A word of `record_owners.how`: `assign`, `step`, `step-back`, `hand-over`, `incoming`,
    /// `return`, `undo`, `leaver`, `merge`.
    pub how: &'static str,
    /// Who does it; `None` for the operator or Standin itself.
    pub by: Option<UserId>,
    /// The absent person for whom it is done.
    pub on_behalf_of: Option<UserId>,
    /// The batch it belongs to.
    pub handover: Option<HandoverId>,
    /// In the person's words.
    pub reason: &'a str,
}

/// Makes these moves, with the old owner's open activities and a line of history for each. Gives
/// the moves that were made and the activities that went along (activity, from, to): a record that
/// is gone, or whose owner is not `from` any more, stays as it is.
pub async fn give(tx: &mut Tx, moves: &[Move], occasion: &Occasion<'_>, now: Timestamp) -> Result<Given> {
    ready(tx).await?;
    seek(tx, true).await?;
    let given = give_ready(tx, moves, occasion, now).await?;
    seek(tx, false).await?;
    Ok(given)
}

/// The moves that were made, and the activities that went along: activity, from, to.
pub type Given = (Vec<Move>, Vec<(i64, UserId, UserId)>);

/// As [`give`], in a unit of work that is [`ready`] and [`seek`]s.
pub async fn give_ready(tx: &mut Tx, moves: &[Move], occasion: &Occasion<'_>, now: Timestamp) -> Result<Given> {
    const STILL: &str = "select id, owner_id from records
        where id in (select cast(value as bigint) from json_each($1)) and deleted_at is null order by id";
    let records = list(moves.iter().map(|m| m.record.0));
    let still: Vec<(i64, i64)> = match tx {
        Tx::Sqlite(t) => sqlx::query_as(STILL).bind(&records).fetch_all(&mut **t).await?,
        Tx::Postgres(t) => {
            let locked = "select id, owner_id from records
                where id in (select cast(value as bigint) from json_each($1)) and deleted_at is null
                order by id for no key update";
            sqlx::query_as(locked).bind(&records).fetch_all(&mut **t).await?
        }
    };
    let still: std::collections::HashMap<i64, i64> = still.into_iter().collect();
    let made: Vec<Move> =
        moves.iter().filter(|m| m.from != m.to && still.get(&m.record.0) == Some(&m.from.0)).copied().collect();
    let rows = made.iter().map(|m| vec![m.record.0.into(), m.from.0.into(), m.to.0.into(), now.0.into()]).collect();
    let head = "records set owner_id = v.column3, updated_at = v.column4";
    update_many(tx, head, "records.id = v.column1 and records.owner_id = v.column2", rows).await?;
    let rows = made.iter().map(|m| {
        vec![
            m.record.0.into(),
            m.from.0.into(),
            m.to.0.into(),
            occasion.by.map(|u| u.0).into(),
            occasion.reason.into(),
            now.0.into(),
            occasion.how.into(),
            occasion.handover.map(|h| h.0).into(),
            occasion.on_behalf_of.map(|u| u.0).into(),
        ]
    });
    let into = "record_owners (record_id, from_user_id, to_user_id, by_user_id, reason, at, how, handover_id,
          for_user_id)";
    insert_many(tx, into, "", rows.collect()).await?;
    super::shares::end_steps(tx, &made.iter().map(|m| m.record).collect::<Vec<_>>()).await?;
    let activities = open_activities(tx, &made, now).await?;
    Ok((made, activities))
}

/// Announces on PostgreSQL that many rows of records will be changed, before the first of them is locked:
/// whoever saves new ones locks the whole table, and the two must not each wait for the other. Rows
/// are then locked in order of id, and against changes only, so that mail can still be linked to
/// them. SQLite has one writer.
pub async fn ready(tx: &mut Tx) -> Result<()> {
    if let Tx::Postgres(t) = tx {
        sqlx::query("lock table records in row exclusive mode").execute(&mut **t).await?;
    }
    Ok(())
}

/// Has PostgreSQL look rows up one by one, until it is told to choose again. A list of 256 rows to
/// change makes it read a table of some ten thousand whole, for every list anew; looking each row up
/// takes a tenth of that. What else is asked in the same unit of work is better left to its choice.
pub async fn seek(tx: &mut Tx, on: bool) -> Result<()> {
    if let Tx::Postgres(t) = tx {
        let word = if on { "set local enable_seqscan = off" } else { "set local enable_seqscan to default" };
        sqlx::query(word).execute(&mut **t).await?;
    }
    Ok(())
}

/// Hands the old owners' open activities on these records to the new ones.
async fn open_activities(tx: &mut Tx, made: &[Move], now: Timestamp) -> Result<Vec<(i64, UserId, UserId)>> {
    const OPEN: &str = "select id, record_id, responsible_id from activities
        where record_id in (select cast(value as bigint) from json_each($1)) and status = 'open' order by id";
    let open: Vec<(i64, i64, i64)> = all!(tx, OPEN, list(made.iter().map(|m| m.record.0)))?;
    let of: std::collections::HashMap<i64, &Move> = made.iter().map(|m| (m.record.0, m)).collect();
    let found: Vec<(i64, UserId, UserId)> = open
        .into_iter()
        .filter_map(|(id, record, responsible)| {
            let moved = of.get(&record).filter(|m| m.from.0 == responsible)?;
            Some((id, moved.from, moved.to))
        })
        .collect();
    let rows = found.iter().map(|(id, _, to)| vec![(*id).into(), to.0.into(), now.0.into()]).collect();
    let head = "activities set responsible_id = v.column2, updated_at = v.column3";
    update_many(tx, head, "activities.id = v.column1", rows).await?;
    Ok(found)
}

/// Notes in the history of `kept` that `gone` became a part of it. No owner changes by that.
pub async fn note_merge(
    tx: &mut Tx,
    kept: &Record,
    gone: &Record,
    by: Option<UserId>,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    const NOTE: &str = "insert into record_owners (record_id, from_user_id, to_user_id, by_user_id, reason, at, how)
        values ($1, $2, $2, $3, $4, $5, 'merge')";
    let reason = if reason.is_empty() { gone.name.clone() } else { format!("{}: {reason}", gone.name) };
    run!(tx, NOTE, kept.id.0, kept.owner.0, by.map(|u| u.0), reason, now.0)?;
    Ok(())
}

/// Takes the line of a merge that was undone, the last one, out of the history of `kept`: it names
/// the record that stands apart again, which not every reader of `kept` may see. The audit keeps both.
pub async fn forget_merge(tx: &mut Tx, kept: RecordId, at: Timestamp) -> Result<()> {
    const FORGET: &str = "delete from record_owners where id = (select max(id) from record_owners
        where record_id = $1 and how = 'merge' and at = $2)";
    run!(tx, FORGET, kept.0, at.0)?;
    Ok(())
}

/// A line of a record's history of owners.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Change {
    /// Who owned it before; none for a new record.
    pub from_user_id: Option<i64>,
    /// Who owns it since.
    pub to_user_id: i64,
    /// Who did it.
    pub by_user_id: Option<i64>,
    /// For whom.
    pub for_user_id: Option<i64>,
    /// The occasion, a word of [`Occasion::how`], or `import`, `create`.
    pub how: String,
    /// Why.
    pub reason: String,
    /// When, UTC milliseconds.
    pub at: i64,
}

/// The history of a record's owners, the latest first, with that of records that were merged into
/// it. The caller has seen that the viewer may read the record.
pub async fn history(tx: &mut Tx, record: RecordId) -> Result<Vec<Change>> {
    const LOAD: &str = "select from_user_id, to_user_id, by_user_id, for_user_id, how, reason, at from record_owners
        where record_id = $1 or record_id in (select id from records where merged_into_id = $1)
        order by at desc, id desc";
    Ok(all!(tx, LOAD, record.0)?)
}

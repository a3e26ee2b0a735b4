//! What waits for somebody's reply, and what came in for somebody who is away.

use super::super::{Result, Tx, list};
use super::parts::{Excerpt, Hung, MailRow, Named, mail_columns, names};
use crate::access::Scope;
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;
use std::collections::BTreeSet;

/// A mail on a work list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// The mail.
    pub mail: Excerpt,
    /// The record that governs it. The viewer may read it.
    pub record: Named,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    mail: MailRow,
    record_id: i64,
    counted: i64,
}

/// Clients' mails that nobody answered and that are governed by records of `owners` which the
/// viewer may read, oldest first; with how many there are, counted to at most `count_to`.
pub async fn waiting(
    tx: &mut Tx,
    scope: &Scope,
    owners: &[UserId],
    limit: i64,
    count_to: i64,
) -> Result<(Vec<Item>, i64)> {
    let owners: BTreeSet<i64> = owners.iter().map(|id| id.0).collect();
    // From the waiting mails to their links: a company has far fewer of them than an owner has mails.
    // SQLite would begin with the owners' records and read all their mails; it takes cross joins as they
    // stand. To PostgreSQL they are joins like others.
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "with seen as materialized (
               select h.id from json_each($8) o cross join records h where h.owner_id = cast(o.value as bigint) and ",
            visible!("h"),
            "),
             found as materialized (
               select w.id as mail_id, w.at, l.governing_id,
                 row_number() over (partition by w.id order by l.score desc, l.governing_id) as place
               from mails w cross join links l cross join seen s
               where w.waits and l.mail_id = w.id and s.id = l.governing_id),
             top as materialized (
               select f.mail_id, f.at, f.governing_id from found f where f.place = 1
               order by f.at, f.mail_id limit $9)
             select ",
            mail_columns!(),
            ", t.governing_id as record_id,
               (select count(*) from (select 1 as one from found f where f.place = 1 limit $10) c) as counted
             from top t cross join mails m where m.id = t.mail_id order by t.at, t.mail_id"
        ),
        scope,
        list(owners),
        limit,
        count_to
    )?;
    counted(tx, scope, rows).await
}

/// Mails from outside since `since` that are governed by records of `owner` which the viewer may
/// read, and those from before that wait: what waits first, oldest first, then the others, newest
/// first; with how many there are, counted to at most `count_to`.
pub async fn came_in(
    tx: &mut Tx,
    scope: &Scope,
    owner: UserId,
    since: Timestamp,
    limit: i64,
    count_to: i64,
) -> Result<(Vec<Item>, i64)> {
    // What is fresh is read from each record's own end of the index; what waits as in `waiting`. All
    // entries of all of the owner's records would be a hundred times as many.
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "with seen as materialized (select h.id from records h where h.owner_id = $8 and ",
            visible!("h"),
            "),
             found as materialized (
               select l.mail_id, l.governing_id from seen s cross join links l
               where l.governing_id = s.id and l.at >= $9
               union
               select l.mail_id, l.governing_id from mails w cross join links l cross join seen s
               where w.waits and l.mail_id = w.id and s.id = l.governing_id),
             incoming as materialized (
               select m.id as mail_id, m.at, m.waits, min(f.governing_id) as governing_id
               from found f cross join mails m where m.id = f.mail_id and m.direction = 'in' group by m.id, m.at, m.waits),
             top as materialized (
               select i.mail_id, i.governing_id from incoming i
               order by i.waits desc, case when i.waits then i.at else -i.at end, i.mail_id limit $10)
             select ",
            mail_columns!(),
            ", t.governing_id as record_id,
               (select count(*) from (select 1 as one from incoming i limit $11) c) as counted
             from top t cross join mails m where m.id = t.mail_id
             order by m.waits desc, case when m.waits then m.at else -m.at end, m.id"
        ),
        scope,
        owner.0,
        since.0,
        limit,
        count_to
    )?;
    counted(tx, scope, rows).await
}

/// The items, and the count that every row carries.
async fn counted(tx: &mut Tx, scope: &Scope, rows: Vec<Row>) -> Result<(Vec<Item>, i64)> {
    let count = rows.first().map_or(0, |row| row.counted);
    Ok((items(tx, scope, rows).await?, count))
}

async fn items(tx: &mut Tx, scope: &Scope, rows: Vec<Row>) -> Result<Vec<Item>> {
    let mails: Vec<&MailRow> = rows.iter().map(|row| &row.mail).collect();
    let mut hung = Hung::load(tx, scope, &mails).await?;
    let known = names(tx, scope, rows.iter().map(|row| RecordId(row.record_id))).await?;
    let item =
        |row: Row| Some(Item { record: known.get(&RecordId(row.record_id))?.clone(), mail: hung.excerpt(row.mail) });
    Ok(rows.into_iter().filter_map(item).collect())
}

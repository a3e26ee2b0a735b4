//! What waits for somebody's reply, and what came in for somebody who is away.

use super::super::{Result, Tx, list};
use super::parts::{Excerpt, Hung, MailRow, Named, mail_columns, names};
use crate::access::Scope;
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;

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
    let owners = list(owners.iter().map(|id| id.0));
    // From the waiting mails to their links: a company has far fewer of them than an owner has mails.
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select ",
            mail_columns!(),
            ", g.id as record_id
             from mails m join records g on g.id = (
                 select l.governing_id from links l join records h on h.id = l.governing_id
                 where l.mail_id = m.id and h.owner_id in (select cast(value as bigint) from json_each($8)) and ",
            visible!("h"),
            " order by l.score desc, l.governing_id limit 1)
             where m.waits and m.direction = 'in' order by m.at, m.id limit $9"
        ),
        scope,
        &owners,
        limit
    )?;
    if (rows.len() as i64) < limit {
        let count = rows.len() as i64;
        return Ok((items(tx, scope, rows).await?, count.min(count_to)));
    }
    let (count,): (i64,) = one_seen!(
        tx,
        concat!(
            "select count(*) from (select 1 as one from mails m where m.waits and m.direction = 'in' and exists (
                 select 1 from links l join records h on h.id = l.governing_id
                 where l.mail_id = m.id and h.owner_id in (select cast(value as bigint) from json_each($8)) and ",
            visible!("h"),
            ") limit $9) found"
        ),
        scope,
        &owners,
        count_to
    )?;
    Ok((items(tx, scope, rows).await?, count))
}

/// Mails from outside since `since` that are governed by records of `owner` which the viewer may
/// read: those that wait first, oldest first, then the others, newest first; with how many there
/// are, counted to at most `count_to`.
pub async fn came_in(
    tx: &mut Tx,
    scope: &Scope,
    owner: UserId,
    since: Timestamp,
    limit: i64,
    count_to: i64,
) -> Result<(Vec<Item>, i64)> {
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "with found as (
               select l.mail_id, min(l.governing_id) as record_id
               from records h join links l on l.governing_id = h.id
               where h.owner_id = $8 and (l.at >= $9 or exists
                 (select 1 from mails w where w.id = l.mail_id and w.waits)) and ",
            visible!("h"),
            " group by l.mail_id)
             select ",
            mail_columns!(),
            ", f.record_id
             from found f join mails m on m.id = f.mail_id
             where m.direction = 'in'
             order by m.waits desc, case when m.waits then m.at else -m.at end, m.id limit $10"
        ),
        scope,
        owner.0,
        since.0,
        limit
    )?;
    if (rows.len() as i64) < limit {
        let count = rows.len() as i64;
        return Ok((items(tx, scope, rows).await?, count.min(count_to)));
    }
    let (count,): (i64,) = one_seen!(
        tx,
        concat!(
            "select count(*) from (select l.mail_id
               from records h join links l on l.governing_id = h.id join mails m on m.id = l.mail_id
               where h.owner_id = $8 and (l.at >= $9 or m.waits) and m.direction = 'in' and ",
            visible!("h"),
            " group by l.mail_id limit $10) found"
        ),
        scope,
        owner.0,
        since.0,
        count_to
    )?;
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

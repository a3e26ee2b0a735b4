//! What we wait for from clients: questions of ours that nobody answered, once it is time to follow up.

use super::super::{Result, Tx, list};
use super::parts::mail_columns;
use super::today::{Item, Known, Row};
use crate::access::Scope;
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// Which questions are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// On records of these owners.
    pub owners: &'a [UserId],
    /// Those without a date of their own that were written before this.
    pub before: Timestamp,
    /// Those with a date of their own that has come by this.
    pub until: Timestamp,
}

/// The last question of each thread that has no answer and is to be followed up, as far as the viewer may
/// read its governing record; the oldest first, at most `limit`, counted to at most `count_to`.
///
/// From the open questions to their links, as `work` does for what waits for us.
pub async fn asked(
    tx: &mut Tx,
    scope: &Scope,
    asked: &Asked<'_>,
    limit: i64,
    count_to: i64,
) -> Result<(Vec<Item>, i64)> {
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "with open as materialized (
               select w.id, w.at from mails w where w.awaits
                 and case when w.follow_up_at is null then w.at < $9 else w.follow_up_at <= $10 end
                 and not exists (select 1 from mails n where n.thread_id = w.thread_id and n.awaits
                   and (n.at > w.at or (n.at = w.at and n.identity > w.identity)))),
             found as materialized (
               select o.id, o.at, h.id as governing_id, h.owner_id,
                 row_number() over (partition by o.id order by l.score desc, h.id) as nth
               from open o cross join links l cross join records h
               where l.mail_id = o.id and h.id = l.governing_id
                 and h.owner_id in (select cast(value as bigint) from json_each($8)) and ",
            entry!("h", "l.sealed"),
            "),
             placed as materialized (
               select f.id, f.governing_id, f.owner_id, count(*) over () as counted,
                 row_number() over (order by f.at, f.id) as place
               from found f where f.nth = 1)
             select ",
            mail_columns!(),
            ", p.governing_id as record_id, m.thread_id, p.owner_id as whose, p.counted
             from placed p cross join mails m where p.place <= $11 and m.id = p.id order by p.place"
        ),
        scope,
        list(asked.owners.iter().map(|user| user.0)),
        asked.before.0,
        asked.until.0,
        limit
    )?;
    let counted = rows.first().map_or(0, |row| row.counted).min(count_to);
    let known = Known::load(tx, scope, &rows).await?;
    Ok((rows.into_iter().filter_map(|row| known.item(row)).collect(), counted))
}

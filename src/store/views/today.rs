//! What waits for somebody's reply, and what came in for somebody who is away.

use super::super::{Result, Tx, text_list};
use super::parts::{Excerpt, Hung, MailRow, Named, mail_columns, names};
use crate::access::Scope;
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// A mail on a work list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// The mail.
    pub mail: Excerpt,
    /// The record that governs it. The viewer may read it. Of a mail that is marked confidential it counts as such.
    pub record: Named,
}

/// Somebody whose mail is asked for, and since when: the beginning of their absence.
pub type Away = (UserId, Timestamp);

/// What a page of work shows.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Clients' mails that nobody answered and that are governed by the viewer's own records, oldest
    /// first; with how many there are.
    pub mine: (Vec<Item>, i64),
    /// Mails from outside that are governed by records of somebody who is away: what waits first, oldest
    /// first, then what came in since they are away, newest first; with how many there are. Who is
    /// missing has none.
    pub away: HashMap<UserId, (Vec<Item>, i64)>,
}

/// SQL: the rows `asked` that the list of [`asked_list`] at `$8` holds.
macro_rules! asked {
    () => {
        "asked as materialized (select cast(substr(value, 1, 19) as bigint) as owner_id,
           cast(substr(value, 20) as bigint) as since from json_each($8))"
    };
}
pub(super) use asked;

/// Pairs for `asked!`. Both databases cut a text at a fixed place; only SQLite's list has keys.
pub(super) fn asked_list(asked: impl IntoIterator<Item = Away>) -> String {
    let pairs: Vec<String> = asked.into_iter().map(|(owner, since)| format!("{:019}{}", owner.0, since.0)).collect();
    text_list(pairs.iter().map(String::as_str))
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    #[sqlx(flatten)]
    mail: MailRow,
    record_id: i64,
    whose: i64,
    pub(super) counted: i64,
}

/// What waits on the viewer's own records and what came in for each of `away`, as far as the viewer may
/// read it: at most `limit` of each, counted to at most `count_to`.
///
/// One query for all of them. From the waiting mails to their links: a company has far fewer of them
/// than an owner has mails, but looking through them costs most of the page, so it is done once. What
/// is fresh is read from each record's own end of an index. Sight comes last: of ten thousand records a
/// tenth has something to show, and whether one is seen costs more than whether it has. SQLite would
/// begin with the owners' records and read all their mails; it takes cross joins as they stand, and looks
/// up each record. To PostgreSQL they are joins like others: for owners of thousands it reads what is
/// fresh in the company by time (`links_at`), and `$9` tells it how much that is.
pub async fn work(tx: &mut Tx, scope: &Scope, away: &[Away], limit: i64, count_to: i64) -> Result<Work> {
    const NEVER: Timestamp = Timestamp(i64::MAX);
    let away = away.iter().filter(|(owner, _)| *owner != scope.viewer);
    let since = away.clone().map(|(_, since)| *since).min().unwrap_or(NEVER);
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "with ",
            asked!(),
            ", found as materialized (
               select l.mail_id, r.owner_id, l.governing_id, l.sealed from asked q cross join records r cross join links l
               where q.owner_id <> $1 and r.owner_id = q.owner_id
                 and l.governing_id = r.id and l.at >= $9 and l.at >= q.since
               union
               select l.mail_id, r.owner_id, l.governing_id, l.sealed from mails w cross join links l cross join records r
               where w.waits and l.mail_id = w.id and r.id = l.governing_id
                 and r.owner_id in (select q.owner_id from asked q)),
             seen as materialized (
               select h.id from (select distinct f.governing_id from found f) d cross join records h
               where h.id = d.governing_id and ",
            visible!("h"),
            "),
             chosen as materialized (
               select f.mail_id, f.owner_id, f.governing_id,
                 row_number() over (partition by f.owner_id, f.mail_id order by
                   case when f.owner_id = $1 then (select -max(b.score) from links b
                     where b.mail_id = f.mail_id and b.governing_id = f.governing_id) end, f.governing_id) as nth
               from found f where f.governing_id in (select s.id from seen s) and ",
            confided!("f", "governing_id", "f.sealed"),
            "),
             placed as materialized (
               select c.mail_id, c.owner_id, c.governing_id, count(*) over (partition by c.owner_id) as counted,
                 row_number() over (partition by c.owner_id
                   order by m.waits desc, case when m.waits then m.at else -m.at end, m.id) as place
               from chosen c cross join mails m where c.nth = 1 and m.id = c.mail_id and m.direction = 'in')
             select ",
            mail_columns!(),
            ", p.governing_id as record_id, p.owner_id as whose, p.counted
             from placed p cross join mails m where p.place <= $10 and m.id = p.mail_id order by p.owner_id, p.place"
        ),
        scope,
        asked_list(away.copied().chain([(scope.viewer, NEVER)])),
        since.0,
        limit
    )?;
    let known = Known::load(tx, scope, &rows).await?;
    let mut work = Work::default();
    for row in rows {
        let whose = UserId(row.whose);
        let group = if whose == scope.viewer { &mut work.mine } else { work.away.entry(whose).or_default() };
        group.1 = row.counted.min(count_to);
        group.0.extend(known.item(row));
    }
    Ok(work)
}

/// What rows of work lists need beside themselves.
pub(super) struct Known {
    hung: Hung,
    names: HashMap<RecordId, Named>,
}

impl Known {
    pub(super) async fn load(tx: &mut Tx, scope: &Scope, rows: &[Row]) -> Result<Known> {
        let mails: Vec<&MailRow> = rows.iter().map(|row| &row.mail).collect();
        let hung = Hung::load(tx, scope, &mails).await?;
        let names = names(tx, scope, rows.iter().map(|row| RecordId(row.record_id))).await?;
        Ok(Known { hung, names })
    }

    pub(super) fn item(&self, row: Row) -> Option<Item> {
        let record = self.names.get(&RecordId(row.record_id))?.clone().beside(row.mail.sealed);
        Some(Item { record, mail: self.hung.excerpt(row.mail) })
    }
}

//! What waits for somebody's reply, and what came in for somebody who is away.

use super::super::{Result, Tx, list, text_list};
use super::parts::{Excerpt, Hung, MailRow, Named, mail_columns, names};
use crate::access::Scope;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// A conversation on a work list, by one of its mails.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// The mail: of what waits the first, which says since when; else the latest.
    pub mail: Excerpt,
    /// The conversation.
    pub thread: i64,
    /// Its mails that wait for us under this record, the oldest first; the last is the one to answer.
    pub waiting: Vec<MailId>,
    /// The record that governs it. The viewer may read it. Of a mail that is marked confidential it counts as such.
    pub record: Named,
}

/// Somebody whose mail is asked for, and since when: the beginning of their absence.
pub type Away = (UserId, Timestamp);

/// What a page of work shows.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Conversations with clients' mail that nobody answered and that is governed by the viewer's own records, what
    /// waits longest first; with how many there are. Under one record a conversation stands once (U5).
    pub mine: (Vec<Item>, i64),
    /// Conversations with mail from outside that is governed by records of somebody who is away: what waits
    /// first, oldest first, then what came in since they are away, newest first; with how many there are. Who
    /// is missing has none.
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
    thread_id: i64,
    whose: i64,
    pub(super) counted: i64,
}

/// What waits on the viewer's own records and what came in for each of `away`, as far as the viewer may
/// read it: at most `limit` of each, counted to at most `count_to`.
///
/// One query for all of them. What waits is found by the records that govern it (`wait_ways`); what is fresh is read from each record's own end of an index. Sight comes last: of ten thousand records a
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
               select l.mail_id, r.owner_id, l.governing_id, l.sealed
               from (select distinct q.owner_id from asked q) q cross join records r cross join wait_ways w
                 cross join links l
               where r.owner_id = q.owner_id and w.record_id = r.id and l.mail_id = w.mail_id and l.governing_id = r.id),
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
             told as materialized (
               select c.mail_id, c.owner_id, c.governing_id, m.waits, m.at,
                 row_number() over (partition by c.owner_id, c.governing_id, m.thread_id
                   order by m.waits desc, case when m.waits then m.at else -m.at end, m.id) as turn
               from chosen c cross join mails m where c.nth = 1 and m.id = c.mail_id and m.direction = 'in'),
             placed as materialized (
               select t.mail_id, t.owner_id, t.governing_id, count(*) over (partition by t.owner_id) as counted,
                 row_number() over (partition by t.owner_id
                   order by t.waits desc, case when t.waits then t.at else -t.at end, t.mail_id) as place
               from told t where t.turn = 1)
             select ",
            mail_columns!(),
            ", p.governing_id as record_id, m.thread_id, p.owner_id as whose, p.counted
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
    /// By conversation and governing record what waits, the oldest first.
    waiting: Waiting,
}

impl Known {
    pub(super) async fn load(tx: &mut Tx, scope: &Scope, rows: &[Row]) -> Result<Known> {
        let mails: Vec<&MailRow> = rows.iter().map(|row| &row.mail).collect();
        let hung = Hung::load(tx, scope, &mails).await?;
        let names = names(tx, scope, rows.iter().map(|row| RecordId(row.record_id))).await?;
        let threads = rows.iter().filter(|row| row.mail.waits()).map(|row| row.thread_id);
        let waiting = waiting(tx, scope, threads).await?;
        Ok(Known { hung, names, waiting })
    }

    pub(super) fn item(&self, row: Row) -> Option<Item> {
        let record = self.names.get(&RecordId(row.record_id))?.clone().beside(row.mail.sealed);
        let waiting = self.waiting.get(&(row.thread_id, row.record_id)).filter(|_| row.mail.waits());
        let waiting = waiting.cloned().unwrap_or_default();
        Some(Item { record, thread: row.thread_id, waiting, mail: self.hung.excerpt(row.mail) })
    }
}

/// By conversation and governing record the mails that wait, the oldest first.
type Waiting = HashMap<(i64, i64), Vec<MailId>>;

/// What waits for us in these conversations, as far as the viewer may read it.
async fn waiting(tx: &mut Tx, scope: &Scope, threads: impl Iterator<Item = i64>) -> Result<Waiting> {
    let threads = list(threads);
    if threads == "[]" {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, i64, i64, i64)> = all_seen!(
        tx,
        concat!(
            "select distinct m.thread_id, l.governing_id, m.id, m.at from mails m
             join links l on l.mail_id = m.id join records h on h.id = l.governing_id
             where m.thread_id in (select cast(value as bigint) from json_each($8)) and m.waits and ",
            entry!("h", "l.sealed"),
            " order by m.at, m.id"
        ),
        scope,
        threads
    )?;
    let mut found = Waiting::new();
    for (thread, governing, mail, _) in rows {
        found.entry((thread, governing)).or_default().push(MailId(mail));
    }
    Ok(found)
}

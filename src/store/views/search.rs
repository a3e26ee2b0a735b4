//! What a search finds, under the viewer's sight. The index of words knows nothing of rights: what it gives
//! are ids, and every one goes through [`records`], or through [`seen`] and [`mails`], before anything of it
//! is counted, ordered or shown.
//!
//! The conditions are `visible!` for a record, `entry!` for a mail on one, and `found!` for a mail, once.

use super::super::{Result, Tx, list, record_words, text_list};
use super::message::{by_copy, by_copy_of, by_record};
use super::parts::{Excerpt, Hung, MailRow, Named, mail_columns, names};
use super::records::{Columns, classless, owners, record_columns};
use crate::access::Scope;
use crate::model::id::{RecordId, UserId};
use crate::model::record::Record;
use crate::model::time::Timestamp;
use std::collections::HashMap;
use std::fmt;

/// What a record is to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Of each group one word at least begins so; words as [`record_words`] writes them.
    pub groups: Vec<Vec<String>>,
    /// What is found by one of these comes first.
    pub exact: Vec<String>,
    /// Then what is named so from its beginning, folded; empty: nothing is.
    pub name: String,
}

/// A record that was found.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundRecord {
    /// The record.
    pub record: Record,
    /// Its number, such as `OP-1042`.
    pub number: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// Its city.
    pub city: Option<String>,
    /// By what it was found: 0 something that is nobody else's, 1 the beginning of its name, 2 words.
    pub tier: i64,
    /// When it last changed.
    pub updated: Timestamp,
    /// Its name, as names are sorted.
    pub key: String,
}

/// Without the class, as of [`Named`].
impl fmt::Debug for FoundRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = (&self.number, &self.phone, &self.city, self.tier, self.updated);
        (classless(&self.record), facts).fmt(f)
    }
}

/// What stands beside a record that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The account it belongs to, if the viewer may read that.
    pub account: Option<Named>,
    /// When somebody last wrote to it, called or met, as far as the viewer may read that.
    pub last_contact: Option<Timestamp>,
}

/// A mail that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMail {
    /// What a list shows of it.
    pub mail: Excerpt,
    /// The record that governs it, by the strongest tie, if the viewer may read one.
    pub record: Option<Named>,
    /// A copy lies in a mailbox of the viewer's.
    pub own_copy: bool,
}

/// Between which moments, the first included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From then on.
    pub from: Timestamp,
    /// Before then.
    pub until: Timestamp,
}

/// A mail's time and row: newest first by both.
pub type Key = (i64, i64);

/// SQL: the viewer may find mail `m`: they read a record that governs it, or hold a copy.
macro_rules! found {
    () => {
        concat!("(", by_record!(), " or ", by_copy!(), ")")
    };
}

/// The records that may be the viewer's to read, each once: what the owners `$8` own, who are `$9`, and
/// what is shared with them. As `listed!` of the lists of records, of every kind.
macro_rules! in_sight {
    () => {
        "(select c.* from (select cast(value as bigint) as id from json_each($8) limit $9) o
          cross join records c where c.owner_id = o.id
          union all
          select c.* from (
            select s.record_id from shares s where s.user_id = $1
            union
            select s.record_id from team_members t join shares s on s.team_id = t.team_id where t.user_id = $1) g
          cross join records c
          where c.id = g.record_id and c.owner_id not in (select cast(value as bigint) from json_each($8)))"
    };
}

/// Records that the viewer may read, at most `limit`.
pub async fn sight(tx: &mut Tx, scope: &Scope, limit: i64) -> Result<Vec<i64>> {
    let (owners, many) = owners(scope);
    let rows: Vec<(i64,)> = all_seen!(
        tx,
        concat!("select r.id from ", in_sight!(), " r where ", visible!("r"), " limit $10"),
        scope,
        owners.as_str(),
        many,
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Records of one owner, at most `limit`, those that changed last first: candidates.
pub async fn owned(tx: &mut Tx, owner: UserId, limit: i64) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select r.id from records r where r.owner_id = $1 order by r.updated_at desc, r.id limit $2",
        owner.0,
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Records that belong to these accounts, at most `limit`, whoever may see them: candidates.
pub async fn below(tx: &mut Tx, accounts: &[i64], limit: i64) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select r.id from records r where r.account_id in (select cast(value as bigint) from json_each($1))
         order by r.id limit $2",
        list(accounts.iter().copied()),
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Those of these candidates that the viewer may read and that have what is needed. A word may stand on
/// the account of a record instead, if the viewer may read that.
pub async fn records(tx: &mut Tx, scope: &Scope, candidates: &[i64], needs: &Needs) -> Result<Vec<FoundRecord>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        #[sqlx(flatten)]
        columns: Columns,
        tier: i64,
    }
    if candidates.is_empty() || needs.groups.is_empty() {
        return Ok(Vec::new());
    }
    let groups: Vec<String> = needs.groups.iter().map(|group| text_list(group.iter().map(String::as_str))).collect();
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select ",
            record_columns!(),
            ", cast(case when exists (select 1 from json_each($11) x cross join record_words w
                 where w.record_id = r.id and w.word >= x.value and w.word < x.value || $10) then 0
               when $12 <> '' and r.name_key >= $12 and r.name_key < $12 || $10 then 1 else 2 end as bigint) as tier
             from records r where r.id in (select cast(value as bigint) from json_each($8)) and ",
            visible!("r"),
            " and not exists (select 1 from json_each($9) n where not exists (
                 select 1 from json_each(n.value) v cross join record_words w
                 where w.record_id = r.id and w.word >= v.value and w.word < v.value || $10)
               and not exists (
                 select 1 from records k cross join json_each(n.value) v cross join record_words w
                 where k.id = r.account_id and w.record_id = k.id and w.word >= v.value and w.word < v.value || $10
                   and substr(w.word, 1, 1) = 'w' and ",
            visible!("k"),
            "))"
        ),
        scope,
        list(candidates.iter().copied()),
        text_list(groups.iter().map(String::as_str)),
        record_words::AFTER,
        text_list(needs.exact.iter().map(String::as_str)),
        needs.name.as_str()
    )?;
    let found = |Row { columns, tier }: Row| {
        Ok(FoundRecord {
            record: columns.record()?,
            number: columns.number,
            phone: columns.phone,
            city: columns.city,
            tier,
            updated: Timestamp(columns.updated_at),
            key: columns.sorted_by,
        })
    };
    rows.into_iter().map(found).collect()
}

/// What stands beside records that are shown. The last contact is looked for among the 200 latest mails.
pub async fn beside(tx: &mut Tx, scope: &Scope, shown: &[&Record]) -> Result<HashMap<RecordId, Beside>> {
    let accounts = names(tx, scope, shown.iter().filter_map(|record| record.account)).await?;
    let rows: Vec<(i64, Option<i64>, Option<i64>)> = all_seen!(
        tx,
        concat!(
            "select r.id, (select l.at from
                 (select i.at, i.governing_id, i.sealed from links i where i.record_id = r.id order by i.at desc limit 200) l
                 join records g on g.id = l.governing_id where ",
            entry!("g", "l.sealed"),
            " order by l.at desc limit 1),
               (select max(a.at) from activities a
                 where a.record_id = r.id and a.status = 'done' and a.kind in ('call', 'appointment') and a.at <= $7)
             from records r where r.id in (select cast(value as bigint) from json_each($8)) and ",
            visible!("r")
        ),
        scope,
        list(shown.iter().map(|record| record.id.0))
    )?;
    let last: HashMap<i64, Option<i64>> = rows.into_iter().map(|(id, mail, call)| (id, mail.max(call))).collect();
    let beside = |record: &&Record| {
        let account = record.account.and_then(|id| accounts.get(&id).cloned());
        let last_contact = last.get(&record.id.0).copied().flatten().map(Timestamp);
        (record.id, Beside { account, last_contact })
    };
    Ok(shown.iter().map(beside).collect())
}

/// Those of these mails that the viewer may find, in this span, newest first.
pub async fn seen(tx: &mut Tx, scope: &Scope, mails: &[i64], span: Span, attachment: bool) -> Result<Vec<Key>> {
    Ok(all_seen!(
        tx,
        concat!(
            "select m.at, m.id from mails m where m.id in (select cast(value as bigint) from json_each($8))
               and m.at >= $9 and m.at < $10 and (not $11 or m.attachments <> '[]') and ",
            found!(),
            " order by m.at desc, m.id desc"
        ),
        scope,
        list(mails.iter().copied()),
        span.from.0,
        span.until.0,
        attachment
    )?)
}

/// Mails in this span that may be the viewer's to find, by the records they read and by copies, at most
/// `limit` of each, newest first. They are candidates: [`seen`] decides.
pub async fn own(tx: &mut Tx, scope: &Scope, span: Span, limit: i64) -> Result<Vec<Key>> {
    let (owners, many) = owners(scope);
    let mut found: Vec<Key> = all_seen!(
        tx,
        concat!(
            "select l.at, l.mail_id from ",
            in_sight!(),
            " r cross join links l where l.governing_id = r.id and l.at >= $10 and l.at < $11 and ",
            entry!("r", "l.sealed"),
            " limit $12"
        ),
        scope,
        owners.as_str(),
        many,
        span.from.0,
        span.until.0,
        limit
    )?;
    let copies: Vec<Key> = all!(
        tx,
        "select m.at, m.id from mailboxes b join folders f on f.mailbox_id = b.id
           cross join locations c cross join mails m
         where b.user_id = $1 and c.folder_id = f.id and c.state = 'stored' and m.id = c.mail_id
           and m.at >= $2 and m.at < $3 limit $4",
        scope.viewer.0,
        span.from.0,
        span.until.0,
        limit
    )?;
    found.extend(copies);
    newest_first(&mut found);
    Ok(found)
}

/// Mails in this span on the timelines of these records, at most `limit`, newest first. They are
/// candidates: [`seen`] decides.
pub async fn on_records(tx: &mut Tx, scope: &Scope, records: &[RecordId], span: Span, limit: i64) -> Result<Vec<Key>> {
    let mut found: Vec<Key> = all_seen!(
        tx,
        concat!(
            "select l.at, l.mail_id from records r cross join links l join records g on g.id = l.governing_id
             where r.id in (select cast(value as bigint) from json_each($8)) and l.record_id = r.id
               and l.at >= $9 and l.at < $10 and ",
            visible!("r"),
            " and ",
            entry!("g", "l.sealed"),
            " limit $11"
        ),
        scope,
        list(records.iter().map(|id| id.0)),
        span.from.0,
        span.until.0,
        limit
    )?;
    newest_first(&mut found);
    Ok(found)
}

fn newest_first(keys: &mut Vec<Key>) {
    keys.sort_unstable_by(|a, b| b.cmp(a));
    keys.dedup();
}

/// Those of these mails that the viewer may find, as a list shows them, newest first.
pub async fn mails(tx: &mut Tx, scope: &Scope, ids: &[i64]) -> Result<Vec<FoundMail>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        #[sqlx(flatten)]
        mail: MailRow,
        own_copy: bool,
        governing_id: Option<i64>,
    }
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select ",
            mail_columns!(),
            ", ",
            by_copy!(),
            " as own_copy, (select l.governing_id from links l join records g on g.id = l.governing_id
               where l.mail_id = m.id and ",
            entry!("g", "l.sealed"),
            " order by l.score desc, l.governing_id limit 1) as governing_id
             from mails m where m.id in (select cast(value as bigint) from json_each($8)) and ",
            found!(),
            " order by m.at desc, m.id desc"
        ),
        scope,
        list(ids.iter().copied())
    )?;
    let plain: Vec<&MailRow> = rows.iter().map(|row| &row.mail).collect();
    let hung = Hung::load(tx, scope, &plain).await?;
    let known = names(tx, scope, rows.iter().filter_map(|row| row.governing_id.map(RecordId))).await?;
    let found = |row: Row| {
        let record = row.governing_id.and_then(|id| known.get(&RecordId(id)).cloned());
        let mut mail = hung.excerpt(row.mail);
        if record.is_none() {
            // Waiting, answers and the mark follow from records: a copy in one's own mailbox tells nothing of them.
            (mail.waits, mail.answer, mail.called) = (false, None, None);
            (mail.awaits, mail.follow_up, mail.sealed) = (false, None, false);
        }
        FoundMail { mail, record, own_copy: row.own_copy }
    };
    Ok(rows.into_iter().map(found).collect())
}

/// The mails of these rows.
pub fn ids(keys: &[Key]) -> Vec<i64> {
    keys.iter().map(|(_, id)| *id).collect()
}

//! Stored mails as rules see them, in pages of whole threads.

use super::super::{Result, Tx, insert_many, list};
use crate::model::id::{FolderId, MailId, ThreadId};
use std::collections::HashMap;

/// A stored mail as rules see it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LetterRow {
    /// Its row.
    pub id: i64,
    /// Its thread.
    pub thread_id: i64,
    /// Its subject.
    pub subject: String,
    /// The writer's new text, cut; empty if it was not wanted.
    pub body: String,
    /// Names of its attachments, one on each line.
    pub attachment_names: String,
    /// Octets.
    pub size: i64,
    /// The word of its author.
    pub author: String,
    /// The word of its channel.
    pub channel: String,
    /// Header fields, one on each line; empty if they were not wanted.
    pub headers: Option<String>,
    /// Field and address of everybody on it, one on each line.
    pub parties: Option<String>,
    /// Mailbox and folder of each copy, one on each line, parted by a tab; empty if not wanted.
    pub places: Option<String>,
    /// What the rules said: id, version, shadow and effects of each, one on each line.
    pub said: Option<String>,
}

macro_rules! letters {
    ($rest:expr) => {
        concat!(
            "select m.id, m.thread_id, m.subject, case when $2 then substr(m.visible, 1, 32768) else '' end as body, \
             m.attachment_names, m.size, m.author, m.channel, \
             case when $3 then (select h.fields from mail_headers h where h.mail_id = m.id) end as headers, \
             (select string_agg(p.field || ' ' || p.address, '\n' order by p.position) from mail_parties p \
              where p.mail_id = m.id) as parties, \
             case when $4 then (select string_agg(distinct_places.place, '\n' order by distinct_places.place) from \
              (select distinct b.name || '\t' || f.path as place from locations l join folders f on f.id = l.folder_id \
               join mailboxes b on b.id = f.mailbox_id where l.mail_id = m.id) distinct_places) end as places, \
             (select string_agg(cast(r.rule_id as text) || ' ' || cast(r.version as text) || ' ' || \
               case when r.shadow then '1' else '0' end || ' ' || r.effects, '\n' order by r.position) \
              from mail_rules r where r.mail_id = m.id) as said \
             from mails m ",
            $rest
        )
    };
}

/// What of a mail is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its text.
    pub body: bool,
    /// Its header fields.
    pub headers: bool,
    /// Where its copies lie or lay.
    pub places: bool,
}

/// Stored mails of the threads after `after`, whole threads, about `size` mails; the mails of one
/// thread follow each other. Empty at the end.
pub async fn page(tx: &mut Tx, after: ThreadId, size: i64, wanted: Wanted) -> Result<Vec<LetterRow>> {
    let last: Option<(i64,)> = maybe!(
        tx,
        "select thread_id from mails where thread_id > $1 order by thread_id limit 1 offset $2",
        after.0,
        size - 1
    )?;
    const PAGE: &str = letters!("where m.thread_id > $1 and m.thread_id <= $5 order by m.thread_id, m.id");
    let last = last.map_or(i64::MAX, |(thread,)| thread);
    Ok(all!(tx, PAGE, after.0, wanted.body, wanted.headers, wanted.places, last)?)
}

/// The stored mails of these threads, by thread.
pub async fn of_threads(tx: &mut Tx, threads: &[ThreadId], wanted: Wanted) -> Result<Vec<LetterRow>> {
    const OF: &str =
        letters!("where m.thread_id in (select cast(value as bigint) from json_each($1)) order by m.thread_id, m.id");
    Ok(all!(tx, OF, list(threads.iter().map(|t| t.0)), wanted.body, wanted.headers, wanted.places)?)
}

/// These stored mails.
pub async fn of_mails(tx: &mut Tx, mails: &[MailId], wanted: Wanted) -> Result<Vec<LetterRow>> {
    const OF: &str = letters!("where m.id in (select cast(value as bigint) from json_each($1)) order by m.id");
    Ok(all!(tx, OF, list(mails.iter().map(|m| m.0)), wanted.body, wanted.headers, wanted.places)?)
}

/// Stored mails whose rows come before this one, the latest first; at most `size`.
pub async fn below(tx: &mut Tx, mail: MailId, size: i64, wanted: Wanted) -> Result<Vec<LetterRow>> {
    const BELOW: &str = letters!("where m.id < $1 order by m.id desc limit $5");
    Ok(all!(tx, BELOW, mail.0, wanted.body, wanted.headers, wanted.places, size)?)
}

/// Keeps the header fields of new mails at which rules may look.
pub async fn keep_headers(tx: &mut Tx, mails: &[(MailId, &str)]) -> Result<()> {
    let rows = mails.iter().filter(|(_, fields)| !fields.is_empty());
    let rows = rows.map(|(mail, fields)| vec![mail.0.into(), (*fields).into()]).collect();
    insert_many(tx, "mail_headers (mail_id, fields)", "", rows).await
}

/// The mailbox's name and the path of folders.
pub async fn places_of(tx: &mut Tx, folders: &[FolderId]) -> Result<HashMap<FolderId, (String, String)>> {
    let rows: Vec<(i64, String, String)> = all!(
        tx,
        "select f.id, b.name, f.path from folders f join mailboxes b on b.id = f.mailbox_id \
         where f.id in (select cast(value as bigint) from json_each($1))",
        list(folders.iter().map(|f| f.0))
    )?;
    Ok(rows.into_iter().map(|(id, mailbox, path)| (FolderId(id), (mailbox, path))).collect())
}

/// How many mails are stored, and how many copies are known and not stored.
pub async fn known(tx: &mut Tx) -> Result<(i64, i64)> {
    Ok(one!(tx, "select (select count(*) from mails), (select count(*) from locations where state = 'unmatched')")?)
}

//! What people said of where mail belongs.

use super::keys::Key;
use super::{Result, StoreError, Tx, list, text_list};
use crate::model::correction::{Correction, Named, Reach, What, Whom};
use crate::model::id::{MailId, RecordId, ThreadId, UserId};
use crate::model::mail::Author;
use crate::model::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A word to write down.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// What is said.
    pub what: What,
    /// Of what.
    pub reach: Reach,
    /// The mail at which it is said; none of a sender.
    pub mail: Option<&'a Named>,
    /// The sender of whom it is said, or `@` and a domain.
    pub address: Option<&'a str>,
    /// The record.
    pub record: Option<RecordId>,
    /// With which mail it belongs.
    pub other: Option<&'a Named>,
    /// The way it was filed, or empty.
    pub how: &'a str,
    /// When to be reminded, for `FollowUp`.
    pub until: Option<Timestamp>,
    /// Of a sender: it counts for mail in everybody's mailboxes.
    pub everywhere: bool,
    /// Who; none: the operator.
    pub by: Option<UserId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    what: String,
    scope: String,
    copy_key: Option<i64>,
    identity: Option<Vec<u8>>,
    address: Option<String>,
    record_id: Option<i64>,
    other_key: Option<i64>,
    other_identity: Option<Vec<u8>>,
    how: String,
    until_at: Option<i64>,
    everywhere: bool,
    by_user_id: Option<i64>,
    at: i64,
}

macro_rules! columns {
    () => {
        "select c.id, c.what, c.scope, c.copy_key, c.identity, c.address, c.record_id, c.other_key, c.other_identity, \
         c.how, c.until_at, c.everywhere, c.by_user_id, c.at from corrections c "
    };
}

fn correction(row: Row) -> Result<Correction> {
    let bad = |column| StoreError::BadRow { table: "corrections", id: row.id, column };
    let named = |key: Option<i64>, identity: Option<Vec<u8>>| Some(Named { copy_key: key?, identity: identity? });
    Ok(Correction {
        id: row.id,
        what: What::from_word(&row.what).ok_or_else(|| bad("what"))?,
        reach: Reach::from_word(&row.scope).ok_or_else(|| bad("scope"))?,
        mail: named(row.copy_key, row.identity),
        address: row.address,
        record: row.record_id.map(RecordId),
        other: named(row.other_key, row.other_identity),
        how: row.how,
        until: row.until_at.map(Timestamp),
        everywhere: row.everywhere,
        by: row.by_user_id.map(UserId),
        at: Timestamp(row.at),
    })
}

/// What stands of mails with these copy keys, in the order in which it was said, and what joins
/// others to them.
pub async fn of_mails(tx: &mut Tx, keys: &[Key]) -> Result<Vec<Correction>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = all!(
        tx,
        concat!(
            columns!(),
            "join json_each($1) k on c.copy_key = cast(k.value as bigint) \
             where c.undone_at is null and c.replaced_by is null order by c.at, c.id"
        ),
        list(keys.iter().copied())
    )?;
    resolved(tx, rows).await
}

/// What stands of all mail of these senders, in the order in which it was said.
pub async fn of_senders(tx: &mut Tx, addresses: &str) -> Result<Vec<Correction>> {
    let rows: Vec<Row> = all!(
        tx,
        concat!(
            columns!(),
            "join json_each($1) k on c.address = k.value \
             where c.undone_at is null and c.replaced_by is null order by c.at, c.id"
        ),
        addresses
    )?;
    resolved(tx, rows).await
}

/// The corrections with records that were merged into others, and leads that became opportunities,
/// replaced by these.
async fn resolved(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<Correction>> {
    let mut all: Vec<Correction> = rows.into_iter().map(correction).collect::<Result<_>>()?;
    let now = into_what(tx, all.iter().filter_map(|c| c.record).collect()).await?;
    for record in all.iter_mut().filter_map(|c| c.record.as_mut()) {
        *record = now.get(record).copied().unwrap_or(*record);
    }
    Ok(all)
}

/// What these records were merged into or, as leads, became; those that were.
pub async fn into_what(tx: &mut Tx, records: BTreeSet<RecordId>) -> Result<BTreeMap<RecordId, RecordId>> {
    let mut into: BTreeMap<RecordId, RecordId> = BTreeMap::new();
    let mut open = records;
    // A merge is into a record that stands, so chains are short; a loop would be a broken table.
    for _ in 0..16 {
        if open.is_empty() {
            break;
        }
        let rows: Vec<(i64, i64)> = all!(
            tx,
            "select r.id, r.merged_into_id from json_each($1) k cross join records r where r.id = cast(k.value as bigint) \
             and r.merged_into_id is not null \
             union all select s.lead_id, s.record_id from json_each($1) k \
             join record_successors s on s.lead_id = cast(k.value as bigint) \
             join records o on o.id = s.record_id and o.kind = 'opportunity'",
            list(open.iter().map(|r| r.0))
        )?;
        open = rows.iter().map(|(_, kept)| RecordId(*kept)).collect();
        for (gone, kept) in rows {
            for held in into.values_mut().filter(|held| held.0 == gone) {
                *held = RecordId(kept);
            }
            into.entry(RecordId(gone)).or_insert(RecordId(kept));
        }
    }
    Ok(into)
}

/// The threads of stored mails that somebody joined with mails of these keys.
pub async fn threads_joined(tx: &mut Tx, keys: &[Key]) -> Result<Vec<ThreadId>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = all!(
        tx,
        "select m.thread_id from json_each($1) k join corrections c on c.copy_key = cast(k.value as bigint) \
         join mails m on m.copy_key = c.other_key and m.identity = c.other_identity \
         where c.what = 'join' and c.undone_at is null and c.replaced_by is null \
         union select m.thread_id from json_each($1) k join corrections c on c.other_key = cast(k.value as bigint) \
         join mails m on m.copy_key = c.copy_key and m.identity = c.identity \
         where c.what = 'join' and c.undone_at is null and c.replaced_by is null",
        list(keys.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(id,)| ThreadId(id)).collect())
}

/// Writes a word down; gives its row.
pub async fn insert(tx: &mut Tx, new: &New<'_>, now: Timestamp) -> Result<i64> {
    let (id,): (i64,) = one!(
        tx,
        "insert into corrections (what, scope, copy_key, identity, address, record_id, other_key, other_identity, how, \
         everywhere, by_user_id, at, until_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         returning id",
        new.what.word(),
        new.reach.word(),
        new.mail.map(|m| m.copy_key),
        new.mail.map(|m| m.identity.clone()),
        new.address,
        new.record.map(|r| r.0),
        new.other.map(|m| m.copy_key),
        new.other.map(|m| m.identity.clone()),
        new.how,
        new.everywhere,
        new.by.map(|u| u.0),
        now.0,
        new.until.map(|t| t.0)
    )?;
    Ok(id)
}

/// Notes that a later word replaced these.
pub async fn replace(tx: &mut Tx, ids: &[i64], by: i64) -> Result<()> {
    run!(
        tx,
        "update corrections set replaced_by = $2 where id in (select cast(value as bigint) from json_each($1))",
        list(ids.iter().copied()),
        by
    )?;
    Ok(())
}

/// Undoes a word; what it replaced stands again. False if it was undone before.
pub async fn undo(tx: &mut Tx, id: i64, by: Option<UserId>, now: Timestamp) -> Result<bool> {
    let undone = run!(
        tx,
        "update corrections set undone_at = $2, undone_by = $3 where id = $1 and undone_at is null",
        id,
        now.0,
        by.map(|u| u.0)
    )?;
    run!(tx, "update corrections set replaced_by = null where replaced_by = $1", id)?;
    Ok(undone > 0)
}

/// One word, whether it stands or not; with whether it does.
pub async fn load(tx: &mut Tx, id: i64) -> Result<Option<(Correction, bool)>> {
    let rows: Vec<Row> = all!(tx, concat!(columns!(), "where c.id = $1"), id)?;
    let stands: Option<(i64,)> =
        maybe!(tx, "select id from corrections where id = $1 and undone_at is null and replaced_by is null", id)?;
    let found = resolved(tx, rows).await?.pop();
    Ok(found.map(|correction| (correction, stands.is_some())))
}

/// SQL: a mailbox of this user holds the mail `m`.
macro_rules! held {
    ($user:literal) => {
        concat!(
            "exists (select 1 from locations x join folders f on f.id = x.folder_id
               join mailboxes b on b.id = f.mailbox_id
               where x.mail_id = m.id and x.state = 'stored' and b.user_id = ",
            $user,
            ")"
        )
    };
}

/// What addresses in a domain are like, and those in domains below it; `!` escapes.
fn in_domain(domain: &str) -> [String; 2] {
    let escaped = domain.replace('!', "!!").replace('_', "!_").replace('%', "!%");
    [format!("%@{escaped}"), format!("%.{escaped}")]
}

/// How many stored mails are by somebody in this domain or below it; of `holder` alone those in their
/// mailboxes. Looks at the sender of every mail: for what somebody asks once.
pub async fn by_domain(tx: &mut Tx, domain: &str, holder: Option<UserId>) -> Result<i64> {
    let [in_it, below] = in_domain(domain);
    let (count,): (i64,) = one!(
        tx,
        concat!(
            "select count(*) from mails m where (m.from_address like $1 escape '!' or m.from_address like $2 escape '!')
             and ($3 = 0 or ",
            held!("$3"),
            ")"
        ),
        in_it,
        below,
        holder.map_or(0, |user| user.0)
    )?;
    Ok(count)
}

/// The records that govern stored mail by somebody, or by anybody in a domain or below it, in the mailboxes of `holder`;
/// each with whether such mail is marked confidential. Of a domain it looks at the sender of every mail, as [`by_domain`].
pub async fn governing_from(tx: &mut Tx, whom: &Whom, holder: UserId) -> Result<Vec<(RecordId, bool)>> {
    let rows: Vec<(i64, bool)> = match whom {
        Whom::Sender(sender) => all!(
            tx,
            concat!(
                "select distinct l.governing_id, m.sealed from mail_parties p cross join mails m cross join links l
                 where p.address = $1 and p.field = 'from' and m.id = p.mail_id and l.mail_id = m.id and ",
                held!("$2")
            ),
            sender.as_str(),
            holder.0
        )?,
        Whom::Domain(domain) => {
            let [in_it, below] = in_domain(domain);
            all!(
                tx,
                concat!(
                    "select distinct l.governing_id, m.sealed from mails m cross join links l
                     where (m.from_address like $1 escape '!' or m.from_address like $2 escape '!')
                       and l.mail_id = m.id and ",
                    held!("$3")
                ),
                in_it,
                below,
                holder.0
            )?
        }
    };
    Ok(rows.into_iter().map(|(record, sealed)| (RecordId(record), sealed)).collect())
}

/// What was said at a mail, of its sender or their domain, or at other mails of its thread, newest first;
/// with whether it stands.
pub async fn history(tx: &mut Tx, thread: &[Named], senders: &[String]) -> Result<Vec<(Correction, bool)>> {
    let keys = list(thread.iter().map(|m| m.copy_key));
    let sender = text_list(senders.iter().map(String::as_str));
    let rows: Vec<Row> = all!(
        tx,
        concat!(
            columns!(),
            "where c.copy_key in (select cast(value as bigint) from json_each($1)) \
             or c.address in (select value from json_each($2)) order by c.at desc, c.id desc"
        ),
        keys.as_str(),
        sender.as_str()
    )?;
    let standing: Vec<(i64,)> = all!(
        tx,
        "select id from corrections where undone_at is null and replaced_by is null \
         and (copy_key in (select cast(value as bigint) from json_each($1)) \
         or address in (select value from json_each($2)))",
        keys,
        sender
    )?;
    let standing: BTreeSet<i64> = standing.into_iter().map(|(id,)| id).collect();
    let of_thread = |c: &Correction| c.mail.as_ref().is_none_or(|mail| thread.contains(mail));
    let all = resolved(tx, rows).await?.into_iter().filter(of_thread);
    Ok(all.map(|c| (c.clone(), standing.contains(&c.id))).collect())
}

/// A stored mail as corrections need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// Its row.
    pub id: MailId,
    /// Its content.
    pub named: Named,
    /// Its thread.
    pub thread: ThreadId,
    /// Its author's address; empty if unreadable.
    pub from_address: String,
    /// What it regards.
    pub regarding: Option<RecordId>,
    /// Whether it is marked confidential.
    pub sealed: bool,
    /// The records that govern it, and those on whose timelines it stands.
    pub links: Vec<(RecordId, RecordId)>,
}

impl Corrected {
    /// The records whose readers see it.
    pub fn governing(&self) -> BTreeSet<RecordId> {
        self.links.iter().map(|(_, governing)| *governing).chain(self.regarding).collect()
    }
}

#[derive(sqlx::FromRow)]
struct CorrectedRow {
    id: i64,
    copy_key: i64,
    identity: Vec<u8>,
    thread_id: i64,
    from_address: String,
    regarding_id: Option<i64>,
    sealed: bool,
    links: Option<String>,
}

macro_rules! corrected {
    ($rest:literal) => {
        concat!(
            "select m.id, m.copy_key, m.identity, m.thread_id, m.from_address, m.regarding_id, m.sealed, \
             (select string_agg(cast(l.record_id as text) || ' ' || cast(l.governing_id as text), '\n' \
              order by l.record_id, l.governing_id) from links l where l.mail_id = m.id) as links from mails m ",
            $rest
        )
    };
}

fn corrected(row: CorrectedRow) -> Corrected {
    let link = |line: &str| {
        let (record, governing) = line.split_once(' ')?;
        Some((RecordId(record.parse().ok()?), RecordId(governing.parse().ok()?)))
    };
    Corrected {
        id: MailId(row.id),
        named: Named { copy_key: row.copy_key, identity: row.identity },
        thread: ThreadId(row.thread_id),
        from_address: row.from_address,
        regarding: row.regarding_id.map(RecordId),
        sealed: row.sealed,
        links: row.links.iter().flat_map(|l| l.split('\n')).filter_map(link).collect(),
    }
}

/// A stored mail.
pub async fn mail(tx: &mut Tx, id: MailId) -> Result<Option<Corrected>> {
    let row: Option<CorrectedRow> = maybe!(tx, corrected!("where m.id = $1"), id.0)?;
    Ok(row.map(corrected))
}

/// Where people put mail of one sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The sender's address.
    pub sender: String,
    /// The record; none: they called it private, or about no opportunity.
    pub record: Option<RecordId>,
    /// How many mails.
    pub mails: i64,
    /// When the first was put there.
    pub first: Timestamp,
    /// When the last was.
    pub last: Timestamp,
}

/// Where people put incoming mail by words that stand, since a moment.
pub async fn moved(tx: &mut Tx, since: Timestamp) -> Result<Vec<Moved>> {
    let rows: Vec<(String, Option<i64>, i64, i64, i64)> = all!(
        tx,
        "select m.from_address, c.record_id, count(distinct m.id), min(c.at), max(c.at) from corrections c \
         join mails m on m.copy_key = c.copy_key and m.identity = c.identity \
         where c.at >= $1 and c.what in ('regard', 'filed', 'private') and c.undone_at is null \
         and c.replaced_by is null and m.direction = 'in' and m.from_address <> '' and not m.auth_failed \
         group by m.from_address, c.record_id order by 1, 2",
        since.0
    )?;
    let moved = |(sender, record, mails, first, last): (String, Option<i64>, i64, i64, i64)| Moved {
        sender,
        record: record.map(RecordId),
        mails,
        first: Timestamp(first),
        last: Timestamp(last),
    };
    Ok(rows.into_iter().map(moved).collect())
}

/// The stored mail at which a word was said.
pub async fn mail_of(tx: &mut Tx, correction: i64) -> Result<Option<MailId>> {
    let row: Option<(i64,)> = maybe!(
        tx,
        "select m.id from corrections c join mails m on m.copy_key = c.copy_key and m.identity = c.identity \
         where c.id = $1",
        correction
    )?;
    Ok(row.map(|(id,)| MailId(id)))
}

/// Every stored mail of a thread, oldest first.
pub async fn thread(tx: &mut Tx, thread: ThreadId) -> Result<Vec<Corrected>> {
    let rows: Vec<CorrectedRow> = all!(tx, corrected!("where m.thread_id = $1 order by m.at, m.id"), thread.0)?;
    Ok(rows.into_iter().map(corrected).collect())
}

/// A thread, and those that share an id with it: which of them belong together may have been said.
pub async fn threads_related(tx: &mut Tx, thread: ThreadId) -> Result<Vec<ThreadId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select m.thread_id from mails t join mail_ids i on i.mail_id = t.id join mail_ids j on j.id_key = i.id_key \
         join mails m on m.id = j.mail_id where t.thread_id = $1 union select cast($1 as bigint)",
        thread.0
    )?;
    Ok(rows.into_iter().map(|(id,)| ThreadId(id)).collect())
}

/// The stored mails with this content, or under this Message-ID.
pub async fn mails_named(tx: &mut Tx, copy_key: Key, message_id: &str) -> Result<Vec<Corrected>> {
    let rows: Vec<CorrectedRow> =
        all!(tx, corrected!("where m.copy_key = $1 or m.message_id = $2 order by m.id"), copy_key, message_id)?;
    Ok(rows.into_iter().map(corrected).collect())
}

/// Says who wrote a stored mail, and works out anew who waits: a machine waits for nobody and answers
/// nobody.
pub async fn set_author(tx: &mut Tx, mail: MailId, author: Author) -> Result<()> {
    run!(
        tx,
        "update mails set author = $2, answered_at = null, answered_by = null, replied_at = null, replied_by = null, \
         called_at = null, called_by = null, waits = ($3 and direction = 'in' and linking = 'linked'), \
         awaits = ($3 and direction = 'out' and linking = 'linked' and asks) where id = $1",
        mail.0,
        author.word(),
        author.is_human()
    )?;
    super::waits::settle(tx, &[mail]).await
}

/// Whether a copy of a mail lies in a mailbox of this user.
pub async fn holds(tx: &mut Tx, mail: MailId, user: UserId) -> Result<bool> {
    let holders = super::mails::holders(tx, &[mail]).await?;
    Ok(holders.get(&mail).is_some_and(|users| users.contains(&user)))
}

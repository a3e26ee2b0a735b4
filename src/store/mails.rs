//! Stored messages: writing new ones, finding copies, loading the threads a batch touches.

use super::bulk::{Value, insert_many, update_many};
use super::keys::Key;
use super::{Result, Tx, list, text_list};
use crate::model::facts::{Direction, Field, Mark};
use crate::model::id::{LocationId, MailId, RecordId, ThreadId, UserId};
use crate::model::link::Link;
use crate::model::mail::{Author, Channel};
use crate::model::time::Timestamp;
use std::collections::{HashMap, HashSet};

/// A message to store: what the tables need of it, worked out before the transaction begins.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// SHA-256 over Message-ID, From, Date and the canonical visible text (P2).
    pub identity: Vec<u8>,
    /// Keyed hash of Message-ID, From and Date.
    pub copy_key: Key,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// Keyed hash of it.
    pub id_key: Option<Key>,
    /// Ids it refers to: References, oldest first, then In-Reply-To.
    pub references: Vec<Key>,
    /// Ids of In-Reply-To.
    pub in_reply_to: Vec<Key>,
    /// Other ids under which it went (R126).
    pub aliases: Vec<Key>,
    /// Keyed hash of what names its conversation beside ids (R125).
    pub conversation: Option<Key>,
    /// What may be a number, and references that were signed or look so.
    pub marks: Vec<Mark>,
    /// Its place in time (R133).
    pub at: Timestamp,
    /// INTERNALDATE of its first copy.
    pub arrived_at: Timestamp,
    /// Author's name and address.
    pub from: Option<(Option<String>, String)>,
    /// Everybody on it.
    pub parties: Vec<(Field, String, Option<String>)>,
    /// Who wrote it.
    pub author: Author,
    /// How it travelled.
    pub channel: Channel,
    /// JSON.
    pub evidence: String,
    /// Subject.
    pub subject: String,
    /// The writer's new text.
    pub visible: String,
    /// It asks something.
    pub asks: bool,
    /// Whether there is more text.
    pub folded: bool,
    /// JSON.
    pub attachments: String,
    /// Attachment names, for search.
    pub attachment_names: String,
    /// Hands on somebody else's mail.
    pub forward: bool,
    /// Failed authentication by our own server's word.
    pub auth_failed: bool,
    /// JSON.
    pub defects: String,
    /// Octets.
    pub size: u64,
    /// The raw mail, zstd.
    pub packed: Vec<u8>,
    /// Of the parser.
    pub parser_version: i64,
}

/// What was decided about a message, for its row.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The message.
    pub id: MailId,
    /// Its thread.
    pub thread: ThreadId,
    /// Which way it went.
    pub direction: Direction,
    /// What it regards.
    pub regarding: Option<RecordId>,
    /// `linked` or `review`.
    pub linking: &'static str,
    /// JSON.
    pub candidates: String,
    /// Who wrote it, as far as it is stored now: people may know better than the parser.
    pub author: Author,
    /// Whether it is marked confidential.
    pub sealed: bool,
}

/// A stored message that may be the same as a new one.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Copy {
    /// Its row.
    pub id: i64,
    /// Keyed hash of Message-ID, From and Date.
    pub copy_key: Key,
    /// SHA-256 over those and the text.
    pub identity: Vec<u8>,
}

/// Stored messages with one of these copy keys.
pub async fn copies(tx: &mut Tx, keys: &[Key]) -> Result<Vec<Copy>> {
    Ok(all!(
        tx,
        "select id, copy_key, identity from mails where copy_key in \
         (select cast(value as bigint) from json_each($1)) order by id",
        list(keys.iter().copied())
    )?)
}

/// Sender and subject of stored mails, for whom the caller knows to read them.
pub async fn headings(tx: &mut Tx, ids: &[MailId]) -> Result<HashMap<MailId, (String, String)>> {
    let rows: Vec<(i64, String, String)> = all!(
        tx,
        "select id, from_address, subject from mails where id in (select cast(value as bigint) from json_each($1))",
        list(ids.iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(id, from, subject)| (MailId(id), (from, subject))).collect())
}

/// The other stored mails with the Message-ID of this one, the earliest first; at most 100.
pub async fn with_its_id(tx: &mut Tx, mail: MailId) -> Result<Vec<MailId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select o.id from mails m cross join mails o where m.id = $1 and o.id_key = m.id_key and o.id <> m.id \
         order by o.at, o.id limit 100",
        mail.0
    )?;
    Ok(rows.into_iter().map(|(id,)| MailId(id)).collect())
}

/// Those of these mails that are marked confidential.
pub async fn sealed(tx: &mut Tx, ids: &[MailId]) -> Result<HashSet<MailId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select id from mails where sealed and id in (select cast(value as bigint) from json_each($1))",
        list(ids.iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(id,)| MailId(id)).collect())
}

/// The raw mail, packed.
pub async fn raw(tx: &mut Tx, id: MailId) -> Result<Option<Vec<u8>>> {
    let found: Option<(Vec<u8>,)> = maybe!(tx, "select bytes from raws where mail_id = $1", id.0)?;
    Ok(found.map(|(bytes,)| bytes))
}

/// The raw mails, compressed, of those that are kept with them.
pub async fn raws(tx: &mut Tx, ids: &[MailId]) -> Result<Vec<(MailId, Vec<u8>)>> {
    let rows: Vec<(i64, Vec<u8>)> = all!(
        tx,
        "select r.mail_id, r.bytes from json_each($1) k cross join raws r where r.mail_id = cast(k.value as bigint)",
        list(ids.iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(id, bytes)| (MailId(id), bytes)).collect())
}

/// The raw mail; empty if it is gone.
pub async fn unpacked(tx: &mut Tx, id: MailId) -> Result<Vec<u8>> {
    let packed = raw(tx, id).await?.unwrap_or_default();
    Ok(zstd::decode_all(packed.as_slice()).unwrap_or(packed))
}

/// The next free ids of messages and threads. Only the one that holds `Tx::alone` may use them.
pub async fn next_ids(tx: &mut Tx) -> Result<(i64, i64)> {
    // Above what was indexed too: a mail that expired must not lend its id to one that is not.
    Ok(one!(
        tx,
        "select (select coalesce(max(n), 0) + 1 from (select max(id) as n from mails union all select upto from progress) i), \
         coalesce((select max(id) from threads), 0) + 1"
    )?)
}

/// Stores messages with what was decided about each.
pub async fn insert(tx: &mut Tx, mails: &[(&NewMail, &Placed)]) -> Result<()> {
    insert_many(
        tx,
        "mails (id, identity, copy_key, message_id, id_key, thread_id, at, arrived_at, direction, author, \
         channel, evidence, from_name, from_address, subject, visible, folded, attachments, attachment_names, forward, \
         auth_failed, defects, size, regarding_id, linking, candidates, waits, asks, awaits, \
         parser_version, sealed)",
        "",
        mails.iter().map(|(mail, placed)| mail_row(mail, placed)).collect(),
    )
    .await?;
    // A few at a time: these rows are large, and each is a copy of what the batch holds.
    for some in mails.chunks(32) {
        // Of a mail whose text is not kept there are none.
        let kept = some.iter().filter(|(mail, _)| !mail.packed.is_empty());
        let raws = kept.map(|(mail, placed)| vec![placed.id.0.into(), mail.packed.clone().into()]).collect();
        insert_many(tx, "raws (mail_id, bytes)", "", raws).await?;
    }
    let parties = mails.iter().flat_map(|(mail, placed)| {
        mail.parties.iter().zip(0_i64..).map(|((field, address, name), position)| {
            vec![placed.id.0.into(), position.into(), field.word().into(), address.as_str().into(), name.clone().into()]
        })
    });
    insert_many(tx, "mail_parties (mail_id, position, field, address, name)", "", parties.collect()).await?;
    let ids = mails.iter().flat_map(|(mail, placed)| {
        let own = mail.id_key.map(|key| ("own", key));
        let aliases = mail.aliases.iter().map(|key| ("alias", *key));
        let named = mail.references.iter().map(|key| ("reference", *key));
        let answered = mail.in_reply_to.iter().map(|key| ("in-reply-to", *key));
        let conversation = mail.conversation.map(|key| ("index", key));
        own.into_iter()
            .chain(aliases)
            .chain(named)
            .chain(answered)
            .chain(conversation)
            .zip(0_i64..)
            .map(|((what, key), position)| vec![placed.id.0.into(), position.into(), key.into(), what.into()])
    });
    insert_many(tx, "mail_ids (mail_id, position, id_key, what)", "", ids.collect()).await?;
    let marks: Vec<(MailId, &[Mark])> = mails.iter().map(|(mail, p)| (p.id, mail.marks.as_slice())).collect();
    super::numbers::insert_marks(tx, &marks).await
}

fn mail_row(mail: &NewMail, placed: &Placed) -> Vec<Value> {
    let (from_name, from_address) = mail.from.clone().unwrap_or_default();
    // Until an answer is found: `waits::settle`.
    let open = placed.author.is_human() && placed.linking == "linked";
    let waits = open && placed.direction == Direction::In;
    let awaits = open && placed.direction == Direction::Out && mail.asks;
    vec![
        placed.id.0.into(),
        mail.identity.clone().into(),
        mail.copy_key.into(),
        mail.message_id.clone().into(),
        mail.id_key.into(),
        placed.thread.0.into(),
        mail.at.0.into(),
        mail.arrived_at.0.into(),
        placed.direction.word().into(),
        placed.author.word().into(),
        mail.channel.word().into(),
        mail.evidence.as_str().into(),
        from_name.into(),
        from_address.into(),
        mail.subject.as_str().into(),
        mail.visible.as_str().into(),
        mail.folded.into(),
        mail.attachments.as_str().into(),
        mail.attachment_names.as_str().into(),
        mail.forward.into(),
        mail.auth_failed.into(),
        mail.defects.as_str().into(),
        i64::try_from(mail.size).unwrap_or(i64::MAX).into(),
        placed.regarding.map(|r| r.0).into(),
        placed.linking.into(),
        placed.candidates.as_str().into(),
        waits.into(),
        mail.asks.into(),
        awaits.into(),
        mail.parser_version.into(),
        placed.sealed.into(),
    ]
}

/// Makes rows for new threads.
pub async fn insert_threads(tx: &mut Tx, ids: &[ThreadId]) -> Result<()> {
    insert_many(tx, "threads (id)", "on conflict do nothing", ids.iter().map(|id| vec![id.0.into()]).collect()).await
}

/// Rewrites what was decided about stored messages.
pub async fn replace_placed(tx: &mut Tx, placed: &[Placed]) -> Result<()> {
    let rows = placed
        .iter()
        .map(|p| {
            vec![
                p.id.0.into(),
                p.thread.0.into(),
                p.direction.word().into(),
                p.regarding.map(|r| r.0).into(),
                p.linking.into(),
                p.candidates.as_str().into(),
                p.sealed.into(),
            ]
        })
        .collect();
    update_many(
        tx,
        "mails set thread_id = v.column2, direction = v.column3, regarding_id = v.column4, linking = v.column5, \
         candidates = v.column6, sealed = v.column7",
        "mails.id = v.column1",
        rows,
    )
    .await
}

/// A stored message as threading and linking need it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its row.
    pub id: MailId,
    /// Its thread.
    pub thread: ThreadId,
    /// Keyed hash of Message-ID, From and Date.
    pub copy_key: Key,
    /// Its own id.
    pub id_key: Option<Key>,
    /// Other ids under which it went.
    pub aliases: Vec<Key>,
    /// Ids of References, in order.
    pub references: Vec<Key>,
    /// Ids of In-Reply-To, in order.
    pub in_reply_to: Vec<Key>,
    /// Keyed hash of what names its conversation beside ids (R125).
    pub conversation: Option<Key>,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// Its place in time.
    pub at: Timestamp,
    /// Hash of its content.
    pub identity: Vec<u8>,
    /// Author's address; empty if unreadable.
    pub from_address: String,
    /// Everybody on it.
    pub parties: Vec<(Field, String)>,
    /// Who wrote it.
    pub author: Author,
    /// How it travelled.
    pub channel: Channel,
    /// Hands on somebody else's mail.
    pub forward: bool,
    /// Failed authentication.
    pub auth_failed: bool,
    /// Which way it went: the word.
    pub direction: String,
    /// What it regards.
    pub regarding: Option<RecordId>,
    /// `linked` or `review`.
    pub linking: String,
    /// JSON.
    pub candidates: String,
    /// Whether it is marked confidential.
    pub sealed: bool,
    /// Its links.
    pub links: Vec<Link>,
}

#[derive(sqlx::FromRow)]
struct StoredRow {
    id: i64,
    thread_id: i64,
    copy_key: Key,
    message_id: Option<String>,
    at: i64,
    identity: Vec<u8>,
    from_address: String,
    author: String,
    channel: String,
    forward: bool,
    auth_failed: bool,
    direction: String,
    regarding_id: Option<i64>,
    linking: String,
    candidates: String,
    sealed: bool,
    parties: Option<String>,
    ids: Option<String>,
    links: Option<String>,
}

/// The threads that stored messages with one of these ids, own or named, belong to.
pub async fn threads_naming(tx: &mut Tx, keys: &[Key]) -> Result<Vec<ThreadId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select distinct m.thread_id from json_each($1) k join mail_ids i on i.id_key = cast(k.value as bigint) \
         join mails m on m.id = i.mail_id",
        list(keys.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(id,)| ThreadId(id)).collect())
}

/// The threads of these messages.
pub async fn threads_of(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<ThreadId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select distinct thread_id from mails where id in (select cast(value as bigint) from json_each($1))",
        list(mails.iter().map(|m| m.0))
    )?;
    Ok(rows.into_iter().map(|(id,)| ThreadId(id)).collect())
}

/// The threads of copies in which the holder of the new place claims an address, or agreed that
/// somebody's claim counts for their mail (P12).
pub async fn threads_with_claims(tx: &mut Tx, copies: &[(MailId, LocationId)]) -> Result<Vec<ThreadId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select distinct m.thread_id from mails m join mails t on t.thread_id = m.thread_id \
         join mail_parties p on p.mail_id = t.id join record_addresses a on a.address = p.address and a.standing = 'claimed' \
         where m.id in (select cast(value as bigint) from json_each($1)) and exists \
         (select 1 from locations l join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
          where l.id in (select cast(value as bigint) from json_each($2)) and (b.user_id = a.claimed_by or exists \
           (select 1 from consents c where c.address = a.address and c.record_id = a.record_id and c.state = 'given' \
            and c.asked_by = a.claimed_by and c.asked_of = b.user_id)))",
        list(copies.iter().map(|(mail, _)| mail.0)),
        list(copies.iter().map(|(_, place)| place.0))
    )?;
    Ok(rows.into_iter().map(|(id,)| ThreadId(id)).collect())
}

/// The threads in which one of these addresses stands on a mail; with `holder` only those of which a
/// copy lies in a mailbox of theirs.
pub async fn threads_of_addresses<'a>(
    tx: &mut Tx,
    addresses: impl Iterator<Item = &'a str>,
    holder: Option<UserId>,
) -> Result<Vec<ThreadId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select distinct m.thread_id from json_each($1) k join mail_parties p on p.address = k.value \
         join mails m on m.id = p.mail_id \
         where ($2 = 0 or exists (select 1 from mails t join locations l on l.mail_id = t.id \
          and l.state = 'stored' join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
          where t.thread_id = m.thread_id and b.user_id = $2)) order by 1",
        text_list(addresses),
        holder.map_or(0, |u| u.0)
    )?;
    Ok(rows.into_iter().map(|(id,)| ThreadId(id)).collect())
}

/// Every address that stands on a stored mail, once. Reads the parties of all mail.
pub async fn party_addresses(tx: &mut Tx) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = all!(tx, "select distinct address from mail_parties")?;
    Ok(rows.into_iter().map(|(address,)| address).collect())
}

/// Every message of these threads.
pub async fn of_threads(tx: &mut Tx, threads: &[ThreadId]) -> Result<Vec<Stored>> {
    if threads.is_empty() {
        return Ok(Vec::new());
    }
    // One row for a mail: what hangs on it comes packed, a line each. Read row by row it would be
    // ten times as many rows, and decoding them cost more than all the rest.
    let rows: Vec<StoredRow> = all!(
        tx,
        "select m.id, m.thread_id, m.copy_key, m.message_id, m.at, m.identity, m.from_address, m.author, m.channel, m.forward, \
         m.auth_failed, m.direction, m.regarding_id, m.linking, m.candidates, m.sealed, \
         (select string_agg(p.field || ' ' || p.address, '\n' order by p.position) from mail_parties p \
          where p.mail_id = m.id) as parties, \
         (select string_agg(i.what || ' ' || cast(i.id_key as text), '\n' order by i.position) from mail_ids i \
          where i.mail_id = m.id) as ids, \
         (select string_agg(cast(l.record_id as text) || ' ' || cast(l.governing_id as text) || ' ' || l.evidence, '\n' \
          order by l.record_id, l.governing_id) from links l where l.mail_id = m.id) as links \
         from mails m where m.thread_id in (select cast(value as bigint) from json_each($1)) order by m.id",
        list(threads.iter().map(|t| t.0))
    )?;
    Ok(rows.into_iter().map(stored).collect())
}

fn stored(row: StoredRow) -> Stored {
    let ids: Vec<(&str, Key)> = lines(&row.ids).filter_map(|(what, key)| Some((what, key.parse().ok()?))).collect();
    let of = |wanted: &str| ids.iter().filter(|(what, _)| *what == wanted).map(|(_, key)| *key).collect::<Vec<_>>();
    Stored {
        id: MailId(row.id),
        thread: ThreadId(row.thread_id),
        copy_key: row.copy_key,
        id_key: of("own").first().copied(),
        aliases: of("alias"),
        references: of("reference"),
        in_reply_to: of("in-reply-to"),
        conversation: of("index").first().copied(),
        message_id: row.message_id,
        at: Timestamp(row.at),
        identity: row.identity,
        from_address: row.from_address,
        parties: lines(&row.parties).filter_map(|(f, a)| Some((Field::from_word(f)?, a.to_owned()))).collect(),
        author: Author::from_word(&row.author).unwrap_or(Author::Notification),
        channel: Channel::from_word(&row.channel).unwrap_or_default(),
        forward: row.forward,
        auth_failed: row.auth_failed,
        direction: row.direction,
        regarding: row.regarding_id.map(RecordId),
        linking: row.linking,
        candidates: row.candidates,
        sealed: row.sealed,
        links: lines(&row.links).filter_map(|(record, rest)| link(record, rest)).collect(),
    }
}

/// Packed lines, each cut at its first space.
fn lines(packed: &Option<String>) -> impl Iterator<Item = (&str, &str)> {
    packed.iter().flat_map(|text| text.split('\n')).filter_map(|line| line.split_once(' '))
}

fn link(record: &str, rest: &str) -> Option<Link> {
    let (governing, evidence) = rest.split_once(' ')?;
    Some(Link {
        record: RecordId(record.parse().ok()?),
        governing: RecordId(governing.parse().ok()?),
        evidence: serde_json::from_str(evidence).ok()?,
    })
}

/// Users in whose own mailboxes a copy of these messages lies.
pub async fn holders(tx: &mut Tx, mails: &[MailId]) -> Result<HashMap<MailId, Vec<UserId>>> {
    let rows: Vec<(i64, i64)> = all!(
        tx,
        "select distinct l.mail_id, b.user_id from locations l join folders f on f.id = l.folder_id \
         join mailboxes b on b.id = f.mailbox_id where b.user_id is not null and l.mail_id in \
         (select cast(value as bigint) from json_each($1)) order by 1, 2",
        list(mails.iter().map(|m| m.0))
    )?;
    let mut map: HashMap<MailId, Vec<UserId>> = HashMap::new();
    for (mail, user) in rows {
        map.entry(MailId(mail)).or_default().push(UserId(user));
    }
    Ok(map)
}

//! What can be worked out about a mail before the transaction begins: parsed, hashed, packed.
//! Pure and heavy: runs on the blocking pool, several batches at once.

use super::effects;
use super::policy;
use crate::link::rules::kept_headers;
use crate::link::{asking, mark, number};
use crate::model::block::Hidden;
use crate::model::calendar::Calendars;
use crate::model::cursor::{Arrival, Role};
use crate::model::facts::{Field, Mark};
use crate::model::filing::Ask;
use crate::model::id::{FolderId, LocationId, MsgId, UserId};
use crate::model::mail::{Defect, Mail, Party};
use crate::model::time::{DAY, Timestamp};
use crate::notice::{self, Policy};
use crate::parse;
use crate::store::automatic::Said;
use crate::store::keys::{Key, Keys};
use crate::store::mails::NewMail;
use sha2::{Digest, Sha256};

/// A mail as it was found, not yet understood.
#[derive(Clone, Debug)]
pub struct Found {
    /// The place it was found at.
    pub location: LocationId,
    /// The folder of that place.
    pub folder: FolderId,
    /// What the folder is for.
    pub role: Role,
    /// How it came.
    pub arrival: Arrival,
    /// INTERNALDATE.
    pub internal_at: Option<Timestamp>,
    /// Flags on the server.
    pub flags: Vec<String>,
    /// The bytes.
    pub raw: Vec<u8>,
}

/// A mail that is ready to be stored, should it concern a record.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Where and how it was found, without its bytes.
    pub found: Found,
    /// What it says.
    pub mail: Mail,
    /// What the tables need of it.
    pub row: NewMail,
    /// Why it is not to be stored, whatever else stands on it.
    pub hidden: Option<Hidden>,
    /// Somebody who was erased was taken out of it: it is answered by no notice.
    pub redacted: bool,
    /// Only its header is taken, as its mailbox's policy says.
    pub bare: bool,
    /// Its header fields at which rules may look.
    pub headers: String,
    /// What somebody asked of it by sending it to their secret address.
    pub asked: Option<Ask>,
    /// It only brought other mails, or is set aside: it is not taken in itself.
    pub carrier: bool,
    /// What calendars in it say.
    pub calendars: Calendars,
    /// What it says of people outside and of mail of ours, where a machine wrote it.
    pub said: Said,
    /// Numbers in its subject under which its writer's firm may keep a mail of ours, as keyed hashes.
    pub hints: Vec<Key>,
}

/// Prepares a batch of a mailbox of which only headers are kept.
pub fn headers(mut batch: Vec<Found>, keys: &Keys, policy: &Policy, now: Timestamp) -> Vec<Prepared> {
    let sizes: Vec<usize> = batch.iter().map(|found| found.raw.len()).collect();
    for found in &mut batch {
        // An archive brings whole mails; a server was asked for headers alone.
        found.raw.truncate(policy::header_of(&found.raw).len());
    }
    let mut prepared = all(batch, keys, policy, now);
    for (mail, size) in prepared.iter_mut().zip(sizes) {
        policy::bare(mail, u64::try_from(size).unwrap_or(u64::MAX));
    }
    prepared
}

/// Prepares a batch. `policy` names the receiving server whose word on authenticity counts.
pub fn all(batch: Vec<Found>, keys: &Keys, policy: &Policy, now: Timestamp) -> Vec<Prepared> {
    let mut packer = Packer::default();
    let mut prepared: Vec<Prepared> = batch.into_iter().map(|found| one(found, &mut packer, keys, now)).collect();
    for mail in &mut prepared {
        mail.row.auth_failed = notice::is_forged(&mail.mail, policy);
        if mail.row.auth_failed {
            (mail.row.identity, mail.row.copy_key) = forged(&mail.row.identity, keys);
        }
    }
    prepared
}

/// Under which names a mail is stored: identity and copy key, as it came, and where our own server said that its
/// sender is false. A copy in the hand may lack that word.
#[derive(Clone, Debug)]
pub struct Names {
    /// Of a mail whose sender nothing was said against.
    pub genuine: (Vec<u8>, Key),
    /// Of one that was called false.
    pub forged: (Vec<u8>, Key),
}

/// The names of a mail.
pub fn names_of(mail: &Mail, keys: &Keys) -> Names {
    let genuine = (identity(&copy_text(mail), &parse::canonical(mail)), copy_key(mail, keys));
    Names { forged: forged(&genuine.0, keys), genuine }
}

/// Never those of the genuine mail: anybody who has a copy could add addressees to it.
fn forged(genuine: &[u8], keys: &Keys) -> (Vec<u8>, Key) {
    let named = identity(&hex::encode(genuine), "forged");
    let key = keys.hash("forged copy", &named);
    (named, key)
}

/// Makes an attached mail one of its own: what its bringer has no copy of cannot be told from what they
/// made up, so it is no copy of anything, and nobody's answers join it (P12).
pub fn set_apart(mail: &mut Prepared, keys: &Keys, bringer: UserId) {
    let row = &mut mail.row;
    row.identity = identity(&hex::encode(&row.identity), &format!("attached by {bringer}"));
    row.copy_key = keys.hash("attached copy", &row.identity);
    (row.id_key, row.message_id) = (None, None);
    row.aliases.clear();
}

/// Prepares one mail. Its bytes are packed and let go.
fn one(mut found: Found, packer: &mut Packer, keys: &Keys, now: Timestamp) -> Prepared {
    let raw = std::mem::take(&mut found.raw);
    let (mut mail, automatic) = parse::parse_with_automatic(&raw);
    let packed = packer.pack(&raw);
    let calendars = parse::calendars(&raw);
    let said = effects::read(&automatic, &mail, keys);
    drop(raw);
    let arrived_at = found.internal_at.or(mail.date).unwrap_or(now).clamped(now);
    let at = placed_at(&mail, arrived_at, now);
    if mail.date.is_some_and(|date| date.clamped(now) != date) {
        mail.defects.push(Defect::OddDate);
    }
    let mut row = row(&mail, packed, keys, at, arrived_at);
    row.marks.extend(effects::marks(&automatic, &mail, &row.marks, keys));
    effects::lead(&mut row.references, &said, &mail, keys);
    let headers = kept_headers(&mail.headers);
    let hints = effects::hints(&mail, keys);
    let (hidden, redacted, bare, asked, carrier) = (None, false, false, None, false);
    Prepared { found, mail, row, hidden, redacted, bare, headers, asked, carrier, calendars, said, hints }
}

/// Packs mails with zstd, keeping its tables from one to the next. Level 1: higher ones gain next
/// to nothing on mail, lower ones hardly pack it (docs/performance.md).
pub struct Packer {
    zstd: Option<zstd::bulk::Compressor<'static>>,
    room: Vec<u8>,
}

impl Default for Packer {
    fn default() -> Packer {
        Packer { zstd: zstd::bulk::Compressor::new(1).ok(), room: Vec::new() }
    }
}

impl Packer {
    /// The packed form of `raw`; [`unpack`] undoes it.
    pub fn pack(&mut self, raw: &[u8]) -> Vec<u8> {
        // What cannot be packed is kept as it is: a mail never begins with zstd's magic number.
        self.packed(raw).unwrap_or_else(|| raw.to_vec())
    }

    fn packed(&mut self, raw: &[u8]) -> Option<Vec<u8>> {
        self.room.clear();
        self.room.reserve(zstd::zstd_safe::compress_bound(raw.len()));
        self.zstd.as_mut()?.compress_to_buffer(raw, &mut self.room).ok()?;
        // No more room than it takes: a batch of them waits for the database.
        Some(self.room.as_slice().to_vec())
    }
}

/// The bytes of a packed mail.
pub fn unpack(packed: &[u8]) -> Vec<u8> {
    zstd::decode_all(packed).unwrap_or_else(|_| packed.to_vec())
}

/// R133: the mail's own date if it is within a week before and a day after its arrival, else the
/// arrival.
fn placed_at(mail: &Mail, arrived_at: Timestamp, now: Timestamp) -> Timestamp {
    mail.date
        .filter(|date| (-7 * DAY..=DAY).contains(&date.since(arrived_at)))
        .map_or(arrived_at, |date| date.clamped(now))
}

fn row(mail: &Mail, packed: Vec<u8>, keys: &Keys, at: Timestamp, arrived_at: Timestamp) -> NewMail {
    let from = mail.from.first();
    let copy = copy_text(mail);
    let canonical = parse::canonical(mail);
    let visible = mail.text.visible();
    NewMail {
        identity: identity(&copy, &canonical),
        copy_key: copy_key(mail, keys),
        message_id: mail.message_id.as_ref().map(|id| id.as_str().to_owned()),
        id_key: mail.message_id.as_ref().map(|id| id_key(keys, id)),
        references: mail.references.iter().map(|id| id_key(keys, id)).collect(),
        in_reply_to: mail.in_reply_to.iter().map(|id| id_key(keys, id)).collect(),
        aliases: aliases(mail).map(|id| id_key(keys, &id)).collect(),
        conversation: parse::conversation(mail).map(|named| keys.hash("conversation", &named)),
        marks: marks(mail, &visible, keys),
        asks: asking::asks(&visible),
        at,
        arrived_at,
        from: from.map(|p| (p.name.clone(), p.address.to_string())),
        parties: parties(mail).map(|(field, p)| (field, p.address.to_string(), p.name.clone())).collect(),
        author: mail.author,
        channel: mail.channel,
        evidence: json(&mail.evidence),
        subject: mail.subject.clone(),
        folded: !mail.text.folds.is_empty(),
        visible,
        attachments: json(&mail.attachments),
        attachment_names: names(mail),
        forward: mail.forward,
        auth_failed: false,
        defects: json(&mail.defects),
        size: mail.size,
        packed,
        parser_version: parse::PARSER_VERSION,
    }
}

/// Fields in which sending services keep the id that a mail had before them (R126).
const FORMER_IDS: [&str; 2] = ["x-google-original-message-id", "x-microsoft-original-message-id"];

fn aliases(mail: &Mail) -> impl Iterator<Item = MsgId> + '_ {
    let former = FORMER_IDS.into_iter().filter_map(|field| mail.headers.first(field));
    let id = |value: &str| MsgId::new(value.trim().trim_start_matches('<').trim_end_matches('>').trim());
    former.filter_map(id).filter(|id| id.as_str().contains('@') && Some(id) != mail.message_id.as_ref())
}

/// Numbers in subject and new text, and signed references in the ids it names and on its addresses.
fn marks(mail: &Mail, visible: &str, keys: &Keys) -> Vec<Mark> {
    let mut marks = number::read(&mail.subject, visible);
    let ids = mail.references.iter().chain(&mail.in_reply_to);
    marks.extend(mark::read(ids, parties(mail).map(|(_, p)| &p.address), keys.signing()));
    marks
}

/// The keyed hash of a Message-ID, the same in stored and unstored mail and in the outbox.
pub fn id_key(keys: &Keys, id: &MsgId) -> Key {
    keys.id(id)
}

/// Everybody on a mail, with the field in which they stand.
pub fn parties(mail: &Mail) -> impl Iterator<Item = (Field, &Party)> {
    let tagged = |field| move |party| (field, party);
    mail.from
        .iter()
        .map(tagged(Field::From))
        .chain(mail.sender.iter().map(tagged(Field::Sender)))
        .chain(mail.reply_to.iter().map(tagged(Field::ReplyTo)))
        .chain(mail.to.iter().map(tagged(Field::To)))
        .chain(mail.cc.iter().map(tagged(Field::Cc)))
        .chain(mail.bcc.iter().map(tagged(Field::Bcc)))
}

/// Message-ID, From and Date: equal in two copies of a mail (P2). Without an id the subject
/// stands in for it (R120).
fn copy_text(mail: &Mail) -> String {
    let from = mail.from.first().map(|p| p.address.as_str()).unwrap_or_default();
    let date = mail.date.map(|d| d.0.to_string()).unwrap_or_default();
    match &mail.message_id {
        Some(id) => format!("{id}\n{from}\n{date}"),
        None => format!("\n{from}\n{date}\n{}", mail.subject),
    }
}

/// The keyed hash of what is equal in two copies of a mail.
pub fn copy_key(mail: &Mail, keys: &Keys) -> Key {
    keys.hash("copy", copy_text(mail).as_bytes())
}

fn identity(copy: &str, canonical: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(copy.as_bytes());
    hash.update([0]);
    hash.update(canonical.as_bytes());
    hash.finalize().to_vec()
}

fn names(mail: &Mail) -> String {
    let names: Vec<&str> = mail.attachments.iter().map(|a| a.name.as_str()).filter(|n| !n.is_empty()).collect();
    names.join("\n")
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

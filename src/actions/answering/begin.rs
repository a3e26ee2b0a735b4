//! Beginning a draft: what it is about, who gets it, what is quoted.

use super::quote::{self, Forwarded, Tongue};
use super::{About, LARGEST, No, Writer, mailboxes, recipients};
use crate::access;
use crate::model::draft::{Attached, DraftKind, Typed};
use crate::model::id::{DraftId, MailId, RecordId};
use crate::model::mail::{Mail, Party};
use crate::model::record::{Kind, Record};
use crate::parse;
use crate::store::draft_rights::{Standing, standing};
use crate::store::drafts::{self, NewDraft};
use crate::store::people::User;
use crate::store::views::{self, Message};
use crate::store::{self, Tx, people, records};
use anyhow::{Context as _, Result};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// Octets of a stored mail that are unpacked at most.
const UNPACKED: u64 = 256 << 20;

/// Begins a draft, or gives the one of this sort that was begun already and not sent: nobody writes the same
/// answer twice by pressing a button twice.
pub async fn begin(tx: &mut Tx, writer: &Writer<'_>, about: About) -> Result<Result<DraftId, No>> {
    let (kind, mail, record) = match about {
        About::Mail(kind, mail) => (kind, Some(mail), None),
        About::Record(record) => (DraftKind::New, None, Some(record)),
    };
    let Some(user) = people::load(tx, writer.user).await? else { return Ok(Err(No::NoMailbox)) };
    // First what they may see: who may not is told nothing else.
    let standing = match standing(tx, writer.user, (kind, mail, record), writer.world, writer.now).await? {
        Ok(standing) => standing,
        Err(lost) => return Ok(Err(No::Lost(lost))),
    };
    if let Err(no) = mailboxes(writer.config, &user.login) {
        return Ok(Err(no));
    }
    let about = standing.record.as_ref().map(|record| record.id);
    if let Some(begun) = drafts::begun(tx, writer.user, kind, mail, about).await? {
        return Ok(Ok(begun));
    }
    let scope = people::scope(tx, writer.user, writer.world, writer.now).await?;
    let read = match mail {
        Some(mail) => Some(read(tx, writer, mail).await?),
        None => None,
    };
    let composed = written(tx, writer, &user, kind, &standing, read.as_ref()).await?;
    let known = match mail {
        Some(mail) => views::latest_answer(tx, &scope, mail).await?.map(|latest| latest.mail),
        None => None,
    };
    let new = NewDraft {
        user: writer.user,
        kind,
        mail,
        record: about,
        typed: composed.0,
        cover_line: composed.1,
        known_answer: known,
    };
    let id = drafts::insert(tx, &new, writer.now).await?;
    if kind == DraftKind::Forward
        && let Some(read) = read
    {
        hand_on_files(tx, id, read).await?;
    }
    Ok(Ok(id))
}

/// A mail with its octets, where they are kept.
struct ReadMail {
    raw: Vec<u8>,
    mail: Mail,
}

async fn read(tx: &mut Tx, writer: &Writer<'_>, id: MailId) -> Result<ReadMail> {
    let scope = people::scope(tx, writer.user, writer.world, writer.now).await?;
    let packed = views::raw(tx, &scope, id).await?;
    let work = move || -> store::Result<ReadMail> {
        let raw = match packed {
            Some(packed) => views::unpack(id, &packed, UNPACKED)?,
            None => Vec::new(),
        };
        let mail = parse::parse(&raw);
        Ok(ReadMail { raw, mail })
    };
    Ok(tokio::task::spawn_blocking(work).await.context("reading the mail that is answered")??)
}

/// What stands in the draft, and the line that says for whom.
async fn written(
    tx: &mut Tx,
    writer: &Writer<'_>,
    user: &User,
    kind: DraftKind,
    standing: &Standing,
    read: Option<&ReadMail>,
) -> Result<(Typed, Option<String>)> {
    let zone = access::zone(&user.zone).or_else(|_| access::zone(&writer.config.zone)).unwrap_or(Tz::UTC);
    let signature = drafts::signature(tx, writer.user).await?;
    let stated = read.and_then(|read| read.mail.text.language.as_deref());
    let text = match (read, &standing.message) {
        (Some(read), _) if !read.raw.is_empty() => read.mail.text.body.clone(),
        (_, Some(message)) => message.visible.clone(),
        _ => String::new(),
    };
    let tongue = Tongue::of(stated, &text, &user.language);
    let absent = standing.on_behalf_of().and_then(|owner| writer.world.person(owner));
    let line = absent.map(|absent| quote::cover_line(tongue, &user.person.name, &absent.name));
    let (to, cc, subject, quotation) = match (&standing.message, &standing.record) {
        (Some(message), _) => {
            let own = own_addresses(writer, user);
            let own: BTreeSet<&str> = own.iter().map(String::as_str).collect();
            of_mail(message, kind, &own, &text, (tongue, zone))
        }
        (None, Some(record)) => (people_of(tx, record).await?, String::new(), String::new(), String::new()),
        (None, None) => Default::default(),
    };
    let body = quote::opening(line.as_deref(), &signature, &quotation);
    Ok((Typed { mailbox: String::new(), to, cc, bcc: String::new(), subject, body }, line))
}

/// Every address under which mail comes to them.
fn own_addresses(writer: &Writer<'_>, user: &User) -> BTreeSet<String> {
    let boxes = writer.config.mailbox.iter();
    let theirs = boxes.filter(|m| super::is_of(m, &user.login)).filter_map(|m| parsed(&m.address));
    user.addresses.iter().map(ToString::to_string).chain(theirs).collect()
}

fn parsed(address: &str) -> Option<String> {
    crate::model::address::Address::parse(address).ok().map(|address| address.to_string())
}

fn of_mail(
    message: &Message,
    kind: DraftKind,
    own: &BTreeSet<&str>,
    text: &str,
    (tongue, zone): (Tongue, Tz),
) -> (String, String, String, String) {
    let mail = &message.mail;
    let from = if mail.from.name.as_deref().is_none_or(str::is_empty) {
        mail.from.address.clone()
    } else {
        format!("{} <{}>", mail.from.name.as_deref().unwrap_or_default(), mail.from.address)
    };
    if kind == DraftKind::Forward {
        let of = |field: &str| {
            let all = message.parties.iter().filter(|p| p.field == field);
            let all: Vec<Party> = all.filter_map(recipients::party).collect();
            quote::typed(all.iter())
        };
        let (to, cc) = (of("to"), of("cc"));
        let head = Forwarded { from: &from, at: mail.at, subject: &mail.subject, to: &to, cc: &cc };
        let subject = quote::forwarded(&mail.subject, mail.forward);
        return (String::new(), String::new(), subject, quote::handed_on(tongue, &head, zone, text));
    }
    let (to, cc) = recipients::of_answer(message, kind, own);
    let quotation = quote::quotation(tongue, &from, mail.at, zone, text);
    (quote::typed(to.iter()), quote::typed(cc.iter()), quote::answered(&mail.subject, mail.forward), quotation)
}

/// Whom a new mail from a record goes to: the contact's or lead's first address. Of an account or a deal its
/// writer chooses.
async fn people_of(tx: &mut Tx, record: &Record) -> Result<String> {
    if !matches!(record.kind, Kind::Contact | Kind::Lead) {
        return Ok(String::new());
    }
    let ids: [RecordId; 1] = [record.id];
    let addresses = records::addresses(tx, &ids).await?.remove(&record.id).unwrap_or_default();
    let first = addresses.into_iter().next().map(|(address, _)| Party { name: Some(record.name.clone()), address });
    Ok(first.as_ref().map(quote::one).unwrap_or_default())
}

/// The files of a mail that is handed on, as long as they are not too large together.
async fn hand_on_files(tx: &mut Tx, draft: DraftId, read: ReadMail) -> Result<()> {
    let files = tokio::task::spawn_blocking(move || {
        let count = read.mail.attachments.len();
        (0..count).filter_map(|index| parse::attachment(&read.raw, index)).collect::<Vec<_>>()
    });
    let mut room = LARGEST;
    for (name, media_type, bytes) in files.await.context("reading what is attached")? {
        room -= i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if room < 0 {
            break;
        }
        let name = if name.trim().is_empty() { "file".to_owned() } else { name };
        drafts::attach(tx, draft, &Attached { name, media_type, bytes }).await?;
    }
    Ok(())
}

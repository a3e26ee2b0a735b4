//! Sending a draft: looked at once more as it stands at this moment, then put into the outbox in the same
//! transaction that says so of the draft. Two windows that send at once send one mail.

use super::quote;
use super::recipients::{self, Warning};
use super::{LARGEST, No, Writer, mailboxes};
use crate::config::Mailbox;
use crate::link::mark;
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::delivery::Outgoing;
use crate::model::draft::{Draft, DraftKind};
use crate::model::id::{DraftId, MsgId, RecordId};
use crate::model::mail::Party;
use crate::model::time::HOUR;
use crate::parse;
use crate::smtp::compose::{Letter, compose};
use crate::store::draft_rights::{Standing, standing};
use crate::store::people::User;
use crate::store::{self, Tx, drafts, mailboxes as rows, mails, outbox, people};
use anyhow::Result;
use std::collections::BTreeSet;

/// For so long it is tried to hand a mail over. Then it is its writer's again: what goes out a day later than
/// they think answers a question that somebody else answered.
const TRIED: i64 = 2 * HOUR;
/// Ids that are made until one is new. Two of one record are alike once in sixteen million.
const DRAWS: usize = 16;

/// What a draft is, looked at as if it were sent now.
struct Ready<'c> {
    draft: Draft,
    user: User,
    standing: Standing,
    mailbox: &'c Mailbox,
    recipients: [Vec<Party>; 3],
}

/// What its writer should know before sending it.
///
/// # Errors
/// Every reason for which it cannot be sent as it stands.
pub async fn check(tx: &mut Tx, writer: &Writer<'_>, id: DraftId) -> Result<Result<Vec<Warning>, No>> {
    Ok(match ready(tx, writer, id).await? {
        Ok(ready) => Ok(warnings(tx, writer, &ready).await?),
        Err(no) => Err(no),
    })
}

/// Sends a draft. `known` are the keys of the warnings that its writer has seen.
///
/// # Errors
/// Every reason for which it cannot be sent as it stands, and [`No::Warned`] with what they have not seen.
pub async fn send(tx: &mut Tx, writer: &Writer<'_>, id: DraftId, known: &BTreeSet<String>) -> Result<Result<(), No>> {
    let ready = match ready(tx, writer, id).await? {
        Ok(ready) => ready,
        Err(no) => return Ok(Err(no)),
    };
    let warnings = warnings(tx, writer, &ready).await?;
    if warnings.iter().any(|warning| !known.contains(&warning.key())) {
        return Ok(Err(No::Warned(warnings)));
    }
    let letter = match letter(tx, writer, &ready).await? {
        Ok(letter) => letter,
        Err(no) => return Ok(Err(no)),
    };
    let composed = tokio::task::spawn_blocking(move || (compose(&letter), letter)).await?;
    let (bytes, letter) = match composed {
        (Ok(bytes), letter) => (bytes, letter),
        (Err(error), _) => return Ok(Err(No::Unwritable(error.to_string()))),
    };
    queue(tx, writer, &ready, letter, bytes).await
}

async fn warnings(tx: &mut Tx, writer: &Writer<'_>, ready: &Ready<'_>) -> Result<Vec<Warning>> {
    let scope = people::scope(tx, writer.user, writer.world, writer.now).await?;
    Ok(recipients::warnings(tx, writer, &scope, &ready.draft, &ready.recipients.concat()).await?)
}

async fn ready<'c>(tx: &mut Tx, writer: &Writer<'c>, id: DraftId) -> Result<Result<Ready<'c>, No>> {
    let Some(draft) = drafts::load(tx, writer.user, id).await? else { return Ok(Err(No::NoDraft)) };
    if !draft.open() {
        return Ok(Err(No::Meanwhile));
    }
    let Some(user) = people::load(tx, writer.user).await? else { return Ok(Err(No::NoMailbox)) };
    let about = (draft.kind, draft.mail, draft.record);
    let standing = match standing(tx, writer.user, about, writer.world, writer.now).await? {
        Ok(standing) => standing,
        Err(lost) => return Ok(Err(No::Lost(lost))),
    };
    let sending = match mailboxes(writer.config, &user.login) {
        Ok(sending) => sending,
        Err(no) => return Ok(Err(no)),
    };
    let chosen = sending.iter().find(|m| m.name == draft.typed.mailbox).or(sending.first());
    let Some(mailbox) = chosen.copied() else { return Ok(Err(No::NoMailbox)) };
    let recipients = match recipients::typed(&draft.typed) {
        Ok(recipients) => recipients,
        Err(no) => return Ok(Err(no)),
    };
    let files = drafts::files(tx, id).await?;
    if draft.typed.body.trim().is_empty() && files.is_empty() {
        return Ok(Err(No::Empty));
    }
    if files.iter().map(|file| file.size).sum::<i64>() > LARGEST {
        return Ok(Err(No::TooLarge));
    }
    Ok(Ok(Ready { draft, user, standing, mailbox, recipients }))
}

/// The mail, as it goes out.
async fn letter(tx: &mut Tx, writer: &Writer<'_>, ready: &Ready<'_>) -> Result<Result<Letter, No>> {
    let (draft, user) = (&ready.draft, &ready.user);
    let address = match Address::parse(&ready.mailbox.address) {
        Ok(address) => address,
        Err(_) => return Ok(Err(No::NoServer(ready.mailbox.name.clone()))),
    };
    let domain = match writer.config.notice.message_id_domain.trim() {
        "" => address.domain().to_owned(),
        domain => domain.to_owned(),
    };
    let record = ready.standing.record.as_ref().map(|record| record.id);
    let message_id = fresh_id(tx, writer, record, &domain).await?;
    let (in_reply_to, mut references) = thread(tx, draft).await?;
    // Where it answers nothing, a mark of the record stands in its place: so the mail itself, and an answer that
    // keeps one of the two, say where they belong (R127).
    if let Some(record) = record.filter(|_| references.is_empty()) {
        references.extend(mark::message_id(record, writer.keys.signing(), rand::random(), &domain));
    }
    let absent = ready.standing.on_behalf_of().and_then(|owner| writer.world.person(owner));
    let said = draft.cover_line.as_deref();
    let line = absent.map(|absent| super::cover_line(draft, (&user.person.name, &user.language), &absent.name));
    let [to, cc, bcc] = ready.recipients.clone();
    Ok(Ok(Letter {
        from: Party { name: Some(user.person.name.clone()), address },
        to,
        cc,
        bcc,
        subject: draft.typed.subject.clone(),
        text: quote::with_line(&draft.typed.body, said, line.as_deref()),
        in_reply_to,
        references,
        message_id,
        date: writer.now,
        files: drafts::attached(tx, draft.id).await?,
    }))
}

/// The id that it answers, and the chain of its thread. A mail that hands another on begins a thread of its own.
async fn thread(tx: &mut Tx, draft: &Draft) -> Result<(Option<MsgId>, Vec<MsgId>)> {
    let Some(mail) = draft.mail.filter(|_| draft.kind != DraftKind::Forward) else { return Ok((None, Vec::new())) };
    // That its writer sees it was asked a moment ago.
    let raw = mails::unpacked(tx, mail).await?;
    let read = tokio::task::spawn_blocking(move || parse::parse(&raw)).await?;
    let Some(own) = read.message_id else { return Ok((None, read.references)) };
    let mut chain = if read.references.is_empty() { read.in_reply_to } else { read.references };
    chain.retain(|id| *id != own);
    chain.push(own.clone());
    Ok((Some(own), chain))
}

/// An id that no mail of ours bears: with the mark of the record, by which answers find it (R68, R127).
async fn fresh_id(tx: &mut Tx, writer: &Writer<'_>, record: Option<RecordId>, domain: &str) -> Result<MsgId> {
    for _ in 0..DRAWS {
        let signed = record.and_then(|record| mark::message_id(record, writer.keys.signing(), rand::random(), domain));
        let random: [u8; 16] = rand::random();
        let id = signed.unwrap_or_else(|| MsgId::of_parts(&hex::encode(random), domain));
        if !outbox::bears(tx, writer.keys.id(&id)).await? {
            return Ok(id);
        }
    }
    anyhow::bail!("no fresh Message-ID was found")
}

async fn queue(
    tx: &mut Tx,
    writer: &Writer<'_>,
    ready: &Ready<'_>,
    letter: Letter,
    bytes: Vec<u8>,
) -> Result<Result<(), No>> {
    let Some(row) = rows::list(tx).await?.into_iter().find(|row| row.name == ready.mailbox.name) else {
        // It is in the configuration since, and the program was not started again.
        return Ok(Err(No::NoServer(ready.mailbox.name.clone())));
    };
    let mut everybody = ready.recipients.concat().into_iter().map(|party| party.address.to_string());
    let Some(first) = everybody.next() else { return Ok(Err(No::NoRecipient)) };
    let mail = Outgoing {
        envelope_from: Some(letter.from.address.clone()),
        envelope_to: first,
        message_id: letter.message_id.clone(),
        bytes,
        expires_at: writer.now.plus(TRIED),
    };
    let outgoing = outbox::queue(tx, row.id, &mail, writer.keys.id(&letter.message_id), writer.now).await?;
    outbox::also_to(tx, outgoing, &everybody.collect::<Vec<_>>()).await?;
    if !drafts::send(tx, &ready.draft, outgoing, writer.now).await? {
        outbox::withdraw(tx, outgoing).await?;
        return Ok(Err(No::Meanwhile));
    }
    if let Some(record) = &ready.standing.record {
        let line = Line::new(writer.now, Some(writer.user), Action::Written).record(record.id);
        let line = line.on_behalf_of(ready.standing.on_behalf_of());
        let line = match ready.standing.by {
            Some(path) => line.by(path.word()),
            None => line,
        };
        store::audit::note(tx, &[line]).await?;
    }
    Ok(Ok(()))
}

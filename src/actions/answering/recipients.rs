//! Who gets a mail: who is proposed, what is read of what was typed, and what its writer is told first.

use super::{No, WRITING, Writer};
use crate::access::Scope;
use crate::actions::actor::Actor;
use crate::actions::automatic;
use crate::model::address::{Address, domain_part};
use crate::model::block::Pattern;
use crate::model::draft::{Draft, DraftKind, Typed};
use crate::model::id::{MailId, UserId};
use crate::model::mail::Party;
use crate::model::time::Timestamp;
use crate::parse;
use crate::smtp::compose::is_writable;
use crate::store::views::{self, Message, Written};
use crate::store::{self, Tx, blocks, drafts};
use std::collections::BTreeSet;

/// The most people who get one mail.
const MOST: usize = 100;

/// Something its writer should know before a mail goes out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Warning {
    /// Somebody of ours answered meanwhile: their name, when, and the mail.
    Answered(String, Timestamp, MailId),
    /// A colleague has an answer open.
    Writing(UserId),
    /// Nobody outside gets it.
    Internal,
    /// Mail with this address is never stored: what is sent will not stand on the record.
    Blocked(String),
    /// Mail to this address came back, or its owner left.
    Failing(String),
}

impl Warning {
    /// How it is named in a form that says it is known.
    pub fn key(&self) -> String {
        match self {
            Warning::Answered(_, _, mail) => format!("answered:{mail}"),
            Warning::Writing(user) => format!("writing:{user}"),
            Warning::Internal => "internal".into(),
            Warning::Blocked(address) => format!("blocked:{address}"),
            Warning::Failing(address) => format!("failing:{address}"),
        }
    }
}

/// `To` and `Cc` of an answer, of what its writer sees on the mail; never those who got it unseen.
pub(super) fn of_answer(message: &Message, kind: DraftKind, own: &BTreeSet<&str>) -> (Vec<Party>, Vec<Party>) {
    let field =
        |name: &str| -> Vec<Party> { message.parties.iter().filter(|p| p.field == name).filter_map(party).collect() };
    let from = field("from");
    // Of a mail of one's own, whoever got it is meant.
    let mine = from.iter().any(|p| own.contains(p.address.as_str()));
    let mut to = match (mine, field("reply-to")) {
        (true, _) => field("to"),
        (false, reply_to) if !reply_to.is_empty() => reply_to,
        (false, _) => from,
    };
    let mut cc = Vec::new();
    if kind == DraftKind::ReplyAll {
        to.extend(field("to"));
        cc = field("cc");
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    // Of a mail to oneself alone, oneself is left.
    let alone = to.iter().all(|p| own.contains(p.address.as_str()));
    to.retain(|p| (alone || !own.contains(p.address.as_str())) && seen.insert(p.address.to_string()));
    cc.retain(|p| !own.contains(p.address.as_str()) && seen.insert(p.address.to_string()));
    (to, cc)
}

pub(super) fn party(written: &Written) -> Option<Party> {
    Some(Party { name: written.name.clone(), address: Address::parse(&written.address).ok()? })
}

/// `To`, `Cc` and `Bcc` of a draft, each address once.
pub(super) fn typed(typed: &Typed) -> Result<[Vec<Party>; 3], No> {
    let mut seen = BTreeSet::new();
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    for (line, list) in [&typed.to, &typed.cc, &typed.bcc].into_iter().zip(&mut all) {
        let (parties, bad) = parse::typed_addresses(line);
        if bad || (parties.is_empty() && !line.trim().is_empty()) {
            return Err(No::BadAddress(unread(line)));
        }
        if let Some(one) = parties.iter().find(|p| !is_writable(&p.address)) {
            return Err(No::BadAddress(one.address.to_string()));
        }
        list.extend(parties.into_iter().filter(|p| seen.insert(p.address.to_string())));
    }
    match seen.len() {
        0 => Err(No::NoRecipient),
        n if n > MOST => Err(No::TooMany),
        _ => Ok(all),
    }
}

/// The first piece of a line that is no address, for the sentence that says so.
fn unread(line: &str) -> String {
    let bad = |piece: &&str| parse::typed_addresses(piece).1 || parse::typed_addresses(piece).0.is_empty();
    let piece = line.split([',', ';']).map(str::trim).filter(|piece| !piece.is_empty()).find(bad);
    piece.unwrap_or(line).chars().take(200).collect()
}

/// What its writer should know.
pub(super) async fn warnings(
    tx: &mut Tx,
    writer: &Writer<'_>,
    scope: &Scope,
    draft: &Draft,
    recipients: &[Party],
) -> store::Result<Vec<Warning>> {
    let mut found = Vec::new();
    if let Some(mail) = draft.mail.filter(|_| draft.kind.answers()) {
        if let Some(latest) = views::latest_answer(tx, scope, mail).await?
            && latest.mail != draft.known_answer
        {
            found.push(Warning::Answered(latest.by, latest.at, latest.mail));
        }
        let since = writer.now.plus(-WRITING);
        found.extend(drafts::writing(tx, mail, writer.user, since).await?.into_iter().map(Warning::Writing));
    }
    let own: BTreeSet<String> = writer.config.own_domains.iter().filter_map(|d| domain_part(d).ok()).collect();
    if recipients.iter().all(|p| own.contains(p.address.domain())) {
        found.push(Warning::Internal);
    }
    let patterns: BTreeSet<String> = recipients.iter().flat_map(|p| Pattern::covering(&p.address)).collect();
    let standing = blocks::standing(tx, Some(writer.user), &patterns).await?;
    let blocked = |p: &&Party| Pattern::covering(&p.address).any(|pattern| standing.contains_key(&pattern));
    found.extend(recipients.iter().filter(blocked).map(|p| Warning::Blocked(p.address.to_string())));
    // As its writer may know it, not as Standin does.
    let actor = Actor::load(tx, Some(writer.user), writer.world, writer.now).await?;
    for party in recipients {
        if automatic::address(tx, &actor, &party.address, chrono_tz::UTC).await?.is_doubtful() {
            found.push(Warning::Failing(party.address.to_string()));
        }
    }
    Ok(found)
}

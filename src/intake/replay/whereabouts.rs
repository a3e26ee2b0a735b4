//! Which stored mails a mail in the hand is, whatever copy of it that is; what a Message-ID names; whose blocks
//! stand on a mail.

use super::super::copies;
use super::super::policy;
use super::super::prepare::{self, Prepared};
use super::asker::Asker;
use crate::model::address::Address;
use crate::model::block::Pattern;
use crate::model::cursor::LocationState;
use crate::model::facts::Field;
use crate::model::id::{MailId, UserId};
use crate::model::time::Timestamp;
use crate::parse;
use crate::store::blocks::Block;
use crate::store::keys::{Key, Keys};
use crate::store::places::{self, Alike, Place};
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::BTreeSet;

/// Octets of a file in which a header is looked for.
const HEAD: usize = 256 * 1024;

/// Fields of which one alone makes a mail.
const SURE: [&str; 5] = ["from", "received", "message-id", "return-path", "x-original-to"];
/// Fields of which two make a mail: in other texts one may stand by chance.
const LIKELY: [&str; 7] = ["to", "cc", "subject", "date", "sender", "reply-to", "mime-version"];

/// Whether these bytes are a mail: whether they begin with a header as mails have it.
pub fn is_mail(raw: &[u8]) -> bool {
    let head = policy::header_of(raw.get(..HEAD).unwrap_or(raw));
    let headers = parse::parse(head).headers;
    let has = |field: &&&str| headers.first(field).is_some();
    SURE.iter().any(|field| has(&field)) || LIKELY.iter().filter(has).count() >= 2
}

/// Fields in which servers write to whom a copy was delivered.
const DELIVERED: [&str; 4] = ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to"];

/// To which of these addresses a mail in the hand came, by its place among them: the one to which a server says it
/// was delivered, else the first whom it names.
pub fn addressed_to(raw: &[u8], addresses: &[&str]) -> Option<usize> {
    let mail = parse::parse(policy::header_of(raw.get(..HEAD).unwrap_or(raw)));
    let place = |text: &str| {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>');
        addresses.iter().position(|address| address.eq_ignore_ascii_case(text))
    };
    let delivered = DELIVERED.iter().flat_map(|field| mail.headers.all(field)).find_map(place);
    delivered.or_else(|| {
        let to = prepare::parties(&mail).filter(|(field, _)| matches!(field, Field::To | Field::Cc | Field::Bcc));
        to.map(|(_, party)| party.address.as_str()).find_map(place)
    })
}

/// Which of these addresses wrote a mail in the hand, by its place among them.
pub fn written_by(raw: &[u8], addresses: &[&str]) -> Option<usize> {
    let mail = parse::parse(policy::header_of(raw.get(..HEAD).unwrap_or(raw)));
    let mut from = mail.from.iter().map(|party| party.address.as_str());
    from.find_map(|from| addresses.iter().position(|address| address.eq_ignore_ascii_case(from)))
}

/// The addresses at which mail comes to mailboxes, each with the place of its mailbox: the mailboxes' own before
/// the further ones of whoever owns them.
pub async fn addresses_of(tx: &mut Tx, boxes: &[(&str, Option<UserId>)]) -> Result<Vec<(String, usize)>> {
    let mut all: Vec<(String, usize)> = (0..).zip(boxes).map(|(n, (address, _))| ((*address).to_owned(), n)).collect();
    for (n, (_, user)) in boxes.iter().enumerate() {
        let Some(user) = user else { continue };
        let Some(person) = store::people::load(tx, *user).await? else { continue };
        all.extend(person.addresses.iter().map(|address| (address.to_string(), n)));
    }
    Ok(all)
}

/// Where copies of a stored mail lie, those that were passed over among them.
pub(super) async fn places(tx: &mut Tx, mail: MailId) -> Result<Vec<Place>> {
    let mut found = places::of_mail(tx, mail).await?;
    let copies: Vec<_> = places::copy_key(tx, mail).await?.into_iter().collect();
    found.extend(places::passed_over(tx, &copies).await?);
    Ok(found)
}

/// What is stored of a mail in the hand.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The stored mails that it is: one, or a second that our own server called false.
    pub same: Vec<MailId>,
    /// Those that have its Message-ID and say something else.
    pub others: Vec<MailId>,
    /// The keys under which copies of it are noted.
    pub keys: Vec<Key>,
}

/// Looks for the stored mails that this one is. A copy from another mailbox, or one that was saved before our
/// server wrote on it whether its sender is genuine, is the same mail for whoever asks.
pub async fn of(tx: &mut Tx, mail: &Prepared, keys: &Keys) -> Result<Found> {
    let names = prepare::names_of(&mail.mail, keys);
    let copy_keys = [names.genuine.1, names.forged.1];
    let mut found = Found { keys: copy_keys.to_vec(), ..Found::default() };
    for one in places::alike(tx, &copy_keys, mail.row.id_key).await? {
        let by_name = one.identity == names.genuine.0 || one.identity == names.forged.0;
        let same = by_name || (is_of_it(&one, &copy_keys, mail) && copies::says_the_same(tx, mail, one.id).await?);
        if same { &mut found.same } else { &mut found.others }.push(MailId(one.id));
    }
    Ok(found)
}

/// Where a mail in the hand came before and is not kept, since it concerns no record or something keeps it out.
pub async fn passed_over(tx: &mut Tx, mail: &Prepared, keys: &Keys) -> Result<Vec<Place>> {
    let found = of(tx, mail, keys).await?;
    let mut places = places::passed_over(tx, &found.keys).await?;
    places.retain(|place| place.state == LocationState::Unmatched);
    Ok(places)
}

/// The blocks of people on a stored mail that have a part in it: the company's, and those of whoever it came to.
pub(super) async fn touching(
    tx: &mut Tx,
    people: impl Iterator<Item = &Address>,
    places: &[Place],
) -> Result<Vec<Block>> {
    let mut found = blocks(tx, people).await?;
    found.retain(|block| block.user.is_none() || places.iter().any(|place| place.user == block.user));
    Ok(found)
}

/// Whether only the text is left to be compared.
fn is_of_it(one: &Alike, copy_keys: &[Key], mail: &Prepared) -> bool {
    let from = mail.mail.from.first().map(|party| party.address.as_str()).unwrap_or_default();
    copy_keys.contains(&one.copy_key) || (one.auth_failed && one.from_address == from)
}

/// The other stored mails with the Message-ID of this one.
pub async fn twins(tx: &mut Tx, mail: MailId) -> Result<Vec<MailId>> {
    Ok(store::mails::with_its_id(tx, mail).await?)
}

/// The lines of blocklists on which one of these people stands.
pub async fn blocks(tx: &mut Tx, people: impl Iterator<Item = &Address>) -> Result<Vec<Block>> {
    if !store::blocks::any(tx).await?.0 {
        return Ok(Vec::new());
    }
    let patterns: BTreeSet<String> = people.flat_map(|a| Pattern::covering(a).collect::<Vec<_>>()).collect();
    Ok(store::blocks::with(tx, &patterns).await?)
}

/// A stored mail that a Message-ID names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The mail.
    pub mail: MailId,
    /// Its author's address.
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// Its place in time.
    pub at: Timestamp,
}

/// The stored mails with this Message-ID, written with or without its brackets, of which the asker may be told.
pub async fn named(tx: &mut Tx, keys: &Keys, text: &str, asker: &Asker<'_>) -> Result<Vec<Named>> {
    let id = text.trim().trim_start_matches('<').trim_end_matches('>');
    let Some(id) = parse::parse(format!("Message-ID: <{id}>\r\n\r\n").as_bytes()).message_id else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for one in places::alike(tx, &[], Some(keys.id(&id))).await? {
        if asker.sees(tx, MailId(one.id)).await?.is_some() {
            let (from, subject, at) = (one.from_address, one.subject, Timestamp(one.at));
            found.push(Named { mail: MailId(one.id), from, subject, at });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{addressed_to, is_mail};

    #[test]
    fn what_has_no_header_of_a_mail_is_none() {
        for text in
            ["", "\r\n\r\n", "garbage", "id\tname\tsubject\n1\tx\ty\n", "note: nothing\nkind: text\n\nbody", "%PDF-1.7"]
        {
            assert!(!is_mail(text.as_bytes()), "{text:?}");
        }
        for text in [
            "From: a@b.test\r\n\r\n",
            "Subject: x\nTo: c@d.test\n\nhello",
            "Return-Path: <>\r\n\r\nx",
            "From a@b Mon\nFrom: a@b\n\n",
        ] {
            assert!(is_mail(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn a_mail_in_the_hand_came_to_whom_it_was_delivered_else_to_whom_it_names() {
        let ours = ["anna@firma.test", "support@firma.test"];
        let named = b"From: a@b.test\r\nTo: x@y.test, Support@firma.test\r\n\r\n";
        assert_eq!(addressed_to(named, &ours), Some(1));
        let delivered = b"Delivered-To: anna@firma.test\r\nFrom: a@b.test\r\nTo: support@firma.test\r\n\r\n";
        assert_eq!(addressed_to(delivered, &ours), Some(0));
        assert_eq!(addressed_to(b"From: a@b.test\r\nTo: x@y.test\r\n\r\n", &ours), None);
    }
}

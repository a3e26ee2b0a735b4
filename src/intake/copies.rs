//! Which mails of a batch are new, and which are copies of stored ones or of each other (P2).

use super::assemble::Place;
use super::prepare::Prepared;
use crate::model::id::MailId;
use crate::parse;
use crate::store::keys::Key;
use crate::store::mails::Copy;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::HashMap;

/// Tells new messages from copies of stored ones and of each other (P2).
pub async fn tell<'a>(tx: &mut Tx, batch: &'a [Prepared]) -> Result<(Vec<Place>, Vec<&'a Prepared>)> {
    let keys: Vec<Key> = batch.iter().map(|p| p.row.copy_key).collect();
    let mut known: HashMap<Key, Vec<Copy>> = HashMap::new();
    for copy in store::mails::copies(tx, &keys).await? {
        known.entry(copy.copy_key).or_default().push(copy);
    }
    let mut new: Vec<&Prepared> = Vec::new();
    let mut new_by_key: HashMap<Key, Vec<usize>> = HashMap::new();
    let mut places = Vec::with_capacity(batch.len());
    for mail in batch {
        if mail.hidden.is_some() || mail.carrier {
            places.push(Place::Hidden);
            continue;
        }
        let mut stored = None;
        for copy in known.get(&mail.row.copy_key).into_iter().flatten() {
            if same(tx, mail, copy).await? {
                stored = Some(MailId(copy.id));
                break;
            }
        }
        let new_one = || Place::New(first_or_new(mail, &mut new, &mut new_by_key));
        places.push(stored.map_or_else(new_one, Place::Copy));
    }
    Ok((places, new))
}

fn first_or_new<'a>(mail: &'a Prepared, new: &mut Vec<&'a Prepared>, by_key: &mut HashMap<Key, Vec<usize>>) -> usize {
    let alike = by_key.entry(mail.row.copy_key).or_default();
    let twin = alike.iter().copied().find(|n| {
        new.get(*n).is_some_and(|other| {
            is_headless(mail)
                || is_headless(other)
                || other.row.identity == mail.row.identity
                || parse::same_text(&parse::canonical(&other.mail), &parse::canonical(&mail.mail))
        })
    });
    twin.unwrap_or_else(|| {
        new.push(mail);
        alike.push(new.len() - 1);
        new.len() - 1
    })
}

/// Whether a mail comes without its text: only its header is taken, or somebody was taken out of it.
fn is_headless(mail: &Prepared) -> bool {
    mail.bare || mail.redacted
}

/// Whether a mail is the same message as a stored one. Where only a banner may differ, the stored
/// mail is read again: that is rare, and keeping every canonical text would cost more. Where the text of
/// one of the two is not kept, Message-ID, From and Date decide alone.
async fn same(tx: &mut Tx, mail: &Prepared, copy: &Copy) -> Result<bool> {
    if copy.identity == mail.row.identity || is_headless(mail) {
        return Ok(true);
    }
    says_the_same(tx, mail, copy.id).await
}

/// Whether the text of a mail is that of a stored one, banners and footers aside; so too where that is not kept.
pub async fn says_the_same(tx: &mut Tx, mail: &Prepared, stored: i64) -> Result<bool> {
    let Some(raw) = store::mails::raw(tx, MailId(stored)).await? else { return Ok(true) };
    let stored = parse::parse(&super::prepare::unpack(&raw));
    Ok(parse::same_text(&parse::canonical(&stored), &parse::canonical(&mail.mail)))
}

/// Adds to stored messages what their copies in this batch say; gives those that changed by it.
pub async fn add(tx: &mut Tx, batch: &[Prepared], places: &[Place]) -> Result<Vec<MailId>> {
    let further: Vec<store::copies::Further<'_>> = places
        .iter()
        .zip(batch)
        .filter_map(|(place, mail)| match place {
            Place::Copy(id) => Some(store::copies::Further {
                mail: *id,
                arrived_at: mail.row.arrived_at,
                at: mail.row.at,
                parties: &mail.row.parties,
                auth_failed: mail.row.auth_failed,
            }),
            Place::New(_) | Place::Hidden => None,
        })
        .collect();
    Ok(store::copies::add(tx, &further).await?)
}

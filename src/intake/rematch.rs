//! After a server renumbered a folder: mails that are known are tied to their messages by
//! Message-ID, From, Date and size, without reading their bodies again.

use super::reader::Reader;
use crate::imap::Session;
use crate::model::cursor::{Arrival, Seen, Why};
use crate::model::id::MailId;
use crate::parse;
use crate::store;
use crate::store::folders::FolderRow;
use crate::store::keys::Key;
use crate::store::locations::Rematched;
use anyhow::{Context as _, Result};
use std::collections::HashMap;

/// Ties the known mails of a window to their messages; gives the others, whose bodies are read.
///
/// Only where exactly one stored message of the folder fits: an id that was used twice is read
/// again and told apart by content.
pub async fn known(
    reader: &Reader,
    session: &mut Session,
    folder: &FolderRow,
    epoch: i64,
    seen: Vec<Seen>,
    (from, to): (u32, u32),
) -> Result<Vec<Seen>> {
    let headers = session.keys(from, to).await.context("looking at renumbered mail")?;
    let keys: HashMap<u32, Key> = headers
        .into_iter()
        .filter_map(|(uid, _, header)| {
            let mail = parse::parse(&header);
            mail.message_id.as_ref()?;
            Some((uid, super::prepare::copy_key(&mail, &reader.intake.context.keys)))
        })
        .collect();
    let wanted: Vec<Key> = keys.values().copied().collect();
    let mut tx = reader.intake.db.read().await?;
    let mut candidates: HashMap<Key, Vec<(Option<MailId>, u64)>> = HashMap::new();
    for (key, mail, size) in store::locations::by_copy_key(&mut tx, folder.id, &wanted).await? {
        candidates.entry(key).or_default().push((mail, size));
    }
    drop(tx);
    let only = |place: &Seen| {
        let key = keys.get(&place.uid)?;
        let known = candidates.get(key)?;
        let (mail, _) = known.first()?;
        let one = known.iter().all(|(other, _)| other == mail);
        let fits = known.iter().any(|(_, size)| *size == place.size);
        Some((*key, (*mail).filter(|_| one && fits)?))
    };
    let (mut rematched, mut rest) = (Vec::new(), Vec::new());
    for place in seen {
        match only(&place) {
            Some((copy_key, mail)) => rematched.push(Rematched { seen: place, mail, copy_key }),
            None => rest.push(place),
        }
    }
    let mut tx = reader.intake.db.write().await?;
    let now = reader.intake.clock.now();
    let arrival = Arrival::Backlog(Why::Epoch);
    reader.fenced(&mut tx).await?;
    store::locations::insert_rematched(&mut tx, folder.id, epoch, &rematched, arrival, now).await?;
    tx.commit().await?;
    Ok(rest)
}

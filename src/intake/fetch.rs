//! Bodies of pending locations, newest first, handed on in batches bounded in number and bytes.

use super::prepare::Found;
use super::reader::Reader;
use crate::config::Content;
use crate::imap::{Session, Trouble, What};
use crate::model::cursor::{Arrival, Why};
use crate::model::id::LocationId;
use crate::model::time::{HOUR, MINUTE};
use crate::parse;
use crate::store;
use crate::store::folders::FolderRow;
use crate::store::locations::Pending;
use anyhow::{Context as _, Result};
use std::collections::{HashMap, HashSet};
use tokio::sync::mpsc::Sender;

/// Locations read from the database in one go.
const PAGE: i64 = 2_000;
/// Mails asked for in one command.
const GROUP: usize = 500;
/// Octets asked for in one command.
const GROUP_BYTES: u64 = 8 << 20;
/// Above it a mail is read alone, in slices.
const SLICED: u64 = 4 << 20;
/// Mails in one batch.
const BATCH: usize = 200;
/// Octets in one batch; ten batches are under way at once at most.
const BATCH_BYTES: usize = 3 << 20;
/// Sessions that die over one mail before it is the mail's fault.
const DEATHS: u32 = 3;
/// Tries before a mail that cannot be read is set aside with its error.
const TRIES: u32 = 5;

/// Which pending locations a connection takes: the one that watches takes what is live, the one
/// that reads history takes the rest, and alone it takes both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Everything.
    All,
    /// Live mail and what is read again.
    Live,
    /// History.
    History,
}

impl Share {
    fn takes(self, arrival: Arrival) -> bool {
        let history = matches!(arrival, Arrival::Backlog(Why::Backfill | Why::Epoch));
        match self {
            Share::All => true,
            Share::Live => !history,
            Share::History => history,
        }
    }
}

/// Collects mails into batches and hands them on.
pub(super) struct Batches<'a> {
    out: &'a Sender<Vec<Found>>,
    batch: Vec<Found>,
    bytes: usize,
}

impl<'a> Batches<'a> {
    pub(super) fn new(out: &'a Sender<Vec<Found>>) -> Batches<'a> {
        Batches { out, batch: Vec::new(), bytes: 0 }
    }

    /// Adds a mail; waits where the database is behind.
    pub(super) async fn push(&mut self, found: Found) -> Result<(), Trouble> {
        self.bytes += found.raw.len();
        self.batch.push(found);
        if self.batch.len() >= BATCH || self.bytes >= BATCH_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Hands on what there is.
    pub(super) async fn flush(&mut self) -> Result<(), Trouble> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        // Nobody takes it: the other side has failed and says why; nothing is settled.
        let closed = |_| Trouble::later(What::Closed, "taking the mail in has stopped");
        self.out.send(batch).await.map_err(closed)
    }
}

/// Reads the bodies of a folder's pending locations that are due, each once in a round: what was
/// `handed` on and is not settled yet is still pending, and is not read again.
pub async fn bodies(
    reader: &Reader,
    session: &mut Session,
    folder: &FolderRow,
    epoch: i64,
    share: Share,
    out: &Sender<Vec<Found>>,
    handed: &mut HashSet<LocationId>,
) -> Result<()> {
    let mut below = u32::MAX;
    loop {
        let mut tx = reader.intake.db.read().await?;
        let now = reader.intake.clock.now();
        let page = store::locations::pending(&mut tx, folder.id, epoch, below, now, PAGE).await?;
        drop(tx);
        let Some(last) = page.last() else { return Ok(()) };
        below = last.uid;
        let page = page.into_iter().filter(|p| share.takes(p.arrival) && handed.insert(p.id));
        for part in parts(page) {
            let mut batches = Batches::new(out);
            if reader.account.content == Content::Headers {
                headers(reader, session, folder, &part, &mut batches).await?;
                batches.flush().await?;
                continue;
            }
            let (large, usual): (Vec<Pending>, Vec<Pending>) = part
                .into_iter()
                .partition(|p| p.size > SLICED || p.attempts > 0 || reader.suspicion(folder.id, p.uid) > 0);
            for group in groups(&usual) {
                fetch_group(reader, session, folder, group, &mut batches).await?;
            }
            for place in &large {
                fetch_alone(reader, session, folder, place, &mut batches).await?;
            }
            batches.flush().await?;
        }
    }
}

/// A page, newest first, in the order in which its parts are read. Within a part oldest mails come first:
/// a reply that finds its parent stored changes nothing that is stored. What is read again goes in parts
/// of one batch, newest first: somebody who has just added a contact waits for it.
fn parts(page: impl Iterator<Item = Pending>) -> Vec<Vec<Pending>> {
    let (again, usual): (Vec<Pending>, Vec<Pending>) = page.partition(|p| p.arrival == Arrival::Backlog(Why::Refetch));
    let mut parts: Vec<Vec<Pending>> = vec![usual];
    parts.extend(again.chunks(BATCH).map(<[Pending]>::to_vec));
    parts.iter_mut().for_each(|part| part.reverse());
    parts.retain(|part| !part.is_empty());
    parts
}

/// Reads headers alone, where the mailbox's policy keeps no more: no byte of a body is asked for.
async fn headers(
    reader: &Reader,
    session: &mut Session,
    folder: &FolderRow,
    part: &[Pending],
    batches: &mut Batches<'_>,
) -> Result<()> {
    for group in part.chunks(BATCH) {
        reader.beat();
        let uids: Vec<u32> = group.iter().map(|p| p.uid).collect();
        let came = session.headers(&uids).await;
        let came = came.with_context(|| format!("fetching headers from {}", folder.path))?;
        let came: HashMap<u32, Vec<u8>> = came.into_iter().collect();
        let mut gone = Vec::new();
        for place in group {
            match came.get(&place.uid) {
                Some(header) => batches.push(found(folder, place, header.clone())).await?,
                None => gone.push(place.id),
            }
        }
        let mut tx = reader.intake.db.write().await?;
        reader.fenced(&mut tx).await?;
        store::locations::gone(&mut tx, &gone, reader.intake.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Consecutive pieces of at most [`GROUP`] mails and [`GROUP_BYTES`] octets.
fn groups(places: &[Pending]) -> impl Iterator<Item = &[Pending]> {
    let mut rest = places;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = rest.iter().take(GROUP).take_while(|p| {
            bytes += p.size;
            bytes <= GROUP_BYTES
        });
        let take = fits.count().max(1);
        let (group, after) = rest.split_at_checked(take)?;
        rest = after;
        Some(group)
    })
}

async fn fetch_group(
    reader: &Reader,
    session: &mut Session,
    folder: &FolderRow,
    group: &[Pending],
    batches: &mut Batches<'_>,
) -> Result<()> {
    reader.beat();
    let places: HashMap<u32, &Pending> = group.iter().map(|p| (p.uid, p)).collect();
    let uids: Vec<u32> = group.iter().map(|p| p.uid).collect();
    let mut delivered = HashSet::new();
    let mut bodies = session.fetch(&uids);
    let fetched = loop {
        match bodies.next().await {
            Ok(None) => break Ok(()),
            Err(trouble) => break Err(trouble),
            Ok(Some((uid, raw))) => {
                if let Some(place) = places.get(&uid).filter(|_| delivered.insert(uid)) {
                    batches.push(found(folder, place, raw)).await?;
                }
            }
        }
    };
    let missing: Vec<&Pending> = group.iter().filter(|p| !delivered.contains(&p.uid)).collect();
    match fetched {
        Ok(()) => {}
        // The session lives on: what came counts, the rest is asked for one by one.
        Err(Trouble::Later(cause)) if matches!(cause.what, What::Refused | What::Bad) => {}
        // Too much was asked for in too short a time, which says nothing about a mail.
        Err(trouble) if trouble.cause().what == What::Throttled => {
            return Err(trouble).with_context(|| format!("fetching mails from {}", folder.path));
        }
        Err(trouble) => {
            for place in &missing {
                reader.suspect(folder.id, place.uid);
            }
            return Err(trouble).with_context(|| format!("fetching mails from {}", folder.path));
        }
    }
    for place in missing {
        fetch_alone(reader, session, folder, place, batches).await?;
    }
    Ok(())
}

/// Reads one mail by itself. Absent after an OK means that it is gone. A refusal is noted at the
/// location, and the folder goes on. A session that dies is the cable's fault at first; when it
/// has died several times over the same mail, it is the mail's.
pub(super) async fn fetch_alone(
    reader: &Reader,
    session: &mut Session,
    folder: &FolderRow,
    place: &Pending,
    batches: &mut Batches<'_>,
) -> Result<()> {
    match body(reader, session, place).await {
        Ok(Some(raw)) => {
            reader.acquit(folder.id, place.uid);
            Ok(batches.push(found(folder, place, raw)).await?)
        }
        Ok(None) => {
            let mut tx = reader.intake.db.write().await?;
            reader.fenced(&mut tx).await?;
            store::locations::gone(&mut tx, &[place.id], reader.intake.clock.now()).await?;
            Ok(tx.commit().await?)
        }
        Err(Trouble::Later(cause)) if matches!(cause.what, What::Refused | What::Bad) => {
            note(reader, place.id, place.attempts, &Trouble::Later(cause)).await
        }
        Err(trouble) => {
            let mails_fault = trouble.cause().what != What::Throttled;
            if mails_fault && reader.suspect(folder.id, place.uid) >= DEATHS {
                note(reader, place.id, place.attempts, &trouble).await?;
            }
            Err(trouble).with_context(|| format!("fetching uid {} in {}", place.uid, folder.path))
        }
    }
}

async fn body(reader: &Reader, session: &mut Session, place: &Pending) -> Result<Option<Vec<u8>>, Trouble> {
    if place.size > reader.max_size {
        return oversized(reader, session, place).await;
    }
    session.large_body(place.uid, reader.max_size).await
}

/// A mail over the limit: its header says whether it concerns a record; only then is its body
/// read, up to the limit.
async fn oversized(reader: &Reader, session: &mut Session, place: &Pending) -> Result<Option<Vec<u8>>, Trouble> {
    let Some(header) = session.header(place.uid).await? else { return Ok(None) };
    let mail = parse::parse(&header);
    let concerned = reader.concerns_a_record(&mail).await.unwrap_or(true);
    if concerned { session.large_body(place.uid, reader.max_size).await } else { Ok(Some(header)) }
}

async fn note(reader: &Reader, id: LocationId, attempts: u32, trouble: &Trouble) -> Result<()> {
    let now = reader.intake.clock.now();
    let pause = (MINUTE << (2 * attempts.min(8))).min(6 * HOUR);
    let next = (attempts + 1 < TRIES).then(|| now.plus(pause));
    let mut tx = reader.intake.db.write().await?;
    reader.fenced(&mut tx).await?;
    store::locations::failed_try(&mut tx, id, &trouble.to_string(), next).await?;
    Ok(tx.commit().await?)
}

fn found(folder: &FolderRow, place: &Pending, raw: Vec<u8>) -> Found {
    Found {
        location: place.id,
        folder: folder.id,
        role: folder.role,
        arrival: place.arrival,
        internal_at: place.internal_at,
        flags: place.flags.clone(),
        raw,
    }
}

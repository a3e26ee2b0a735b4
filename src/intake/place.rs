//! Writes down what was decided about a batch: new messages, changed links, waits, places.

use super::accept::{Context, mail_of};
use super::appointments;
use super::asking;
use super::assemble::{Assembled, Place, named_ids};
use super::effects;
use super::prepare::Prepared;
use crate::link;
use crate::model::address::Address;
use crate::model::block::Hidden;
use crate::model::facts::Member;
use crate::model::id::{LocationId, MailId, ThreadId};
use crate::model::link::{Candidate, Linking};
use crate::model::rule::Hit;
use crate::model::time::Timestamp;
use crate::store::keys::Key;
use crate::store::links::MailLinks;
use crate::store::locations::Settled;
use crate::store::mails::{NewMail, Placed};
use crate::store::{self, Tx};
use anyhow::Result;
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// The row of each member; `None` if it concerns no record.
    pub ids: Vec<Option<MailId>>,
    /// For each new message its row; `None` if it concerns no record.
    pub new: Vec<Option<MailId>>,
    /// How many of the batch's new messages concern no record.
    pub unmatched: usize,
    /// How many stored messages changed.
    pub relinked: usize,
}

/// Writes down every decision: new messages with their links, and stored ones that changed.
pub async fn record(
    tx: &mut Tx,
    assembled: &Assembled<'_>,
    decided: &[Linking],
    zone: Tz,
    now: Timestamp,
) -> Result<Written> {
    let (next_mail, next_thread) = store::mails::next_ids(tx).await?;
    let (threads, made) = name_threads(assembled, decided, next_thread);
    store::mails::insert_threads(tx, &made).await?;
    let ids = name_mails(assembled, decided, next_mail);
    let placed = place(assembled, decided, &threads, &ids);
    let touched = insert_new(tx, assembled, decided, &placed, now).await?;
    let changed = replace_changed(tx, assembled, decided, &placed, now).await?;
    keep_said(tx, assembled, &ids, now).await?;
    let moved: Vec<MailId> = touched.iter().chain(&changed).chain(&assembled.enriched).copied().collect();
    store::waits::settle(tx, &moved).await?;
    asking::record(tx, assembled, decided, &ids, now).await?;
    let new = assembled.new.iter().zip(ids.get(assembled.stored.len()..).unwrap_or_default());
    let new: Vec<(MailId, &Prepared)> = new.filter_map(|(mail, id)| Some(((*id)?, *mail))).collect();
    appointments::insert(tx, &new).await?;
    effects::insert(tx, &new).await?;
    appointments::settle(tx, &moved, zone, now).await?;
    let mut ids_again = ids_of(assembled, decided, &changed);
    ids_again.extend(effects::given(&assembled.members).filter(|_| !touched.is_empty()));
    store::locations::repend_ids(tx, &ids_again).await?;
    store::locations::repend_copies(tx, &copy_keys(assembled, decided)).await?;
    let new: Vec<Option<MailId>> = ids.get(assembled.stored.len()..).unwrap_or_default().to_vec();
    let unmatched = new.iter().filter(|id| id.is_none()).count();
    Ok(Written { ids, new, unmatched, relinked: changed.len() })
}

/// A thread keeps the smallest id its stored messages have; others get a new one.
fn name_threads(assembled: &Assembled<'_>, decided: &[Linking], next: i64) -> (Vec<ThreadId>, Vec<ThreadId>) {
    let mut names = vec![ThreadId(0); assembled.members.len()];
    let mut taken = std::collections::HashSet::new();
    let mut made = Vec::new();
    for thread in &assembled.threads {
        let known = thread.iter().filter_map(|n| assembled.members.get(*n)?.thread).min();
        let keeps = thread
            .iter()
            .any(|n| *n < assembled.stored.len() || decided.get(*n).is_some_and(|d| *d != Linking::Unmatched));
        let name = match known.filter(|id| taken.insert(*id)) {
            Some(id) => id,
            None if keeps => {
                made.push(ThreadId(next + i64::try_from(made.len()).unwrap_or(0)));
                made.last().copied().unwrap_or(ThreadId(next))
            }
            None => ThreadId(0),
        };
        thread.iter().for_each(|n| {
            if let Some(slot) = names.get_mut(*n) {
                *slot = name;
            }
        });
    }
    (names, made)
}

/// Rows of all members: stored ones have theirs, new ones get one if they concern a record.
fn name_mails(assembled: &Assembled<'_>, decided: &[Linking], next: i64) -> Vec<Option<MailId>> {
    let mut free = next;
    let stored = assembled.stored.iter().map(|s| Some(s.id));
    let new = decided.iter().skip(assembled.stored.len()).map(|linking| {
        (*linking != Linking::Unmatched).then(|| {
            free += 1;
            MailId(free - 1)
        })
    });
    stored.chain(new).collect()
}

/// What each member's row says of where it stands. `None` for mail that is not stored.
fn place(
    assembled: &Assembled<'_>,
    decided: &[Linking],
    threads: &[ThreadId],
    ids: &[Option<MailId>],
) -> Vec<Option<Placed>> {
    let members = assembled.members.iter().zip(decided).zip(threads.iter().zip(ids));
    members
        .map(|((member, linking), (thread, id))| {
            let (regarding, word, candidates) = summary(linking);
            Some(Placed {
                id: (*id)?,
                thread: *thread,
                direction: link::direction(member, &assembled.facts),
                regarding,
                linking: word,
                candidates: serde_json::to_string(candidates).unwrap_or_else(|_| "[]".into()),
                author: member.author,
                sealed: link::is_sealed(member),
            })
        })
        .collect()
}

/// What a decision says to the row of its mail. A stored mail that nothing ties to a record any
/// more stays, for review: nothing that was stored is dropped by the machine.
fn summary(linking: &Linking) -> (Option<crate::model::id::RecordId>, &'static str, &[Candidate]) {
    match linking {
        Linking::Linked { regarding, candidates, .. } => (*regarding, "linked", candidates),
        Linking::Review(candidates) => (None, "review", candidates),
        Linking::Unmatched => (None, "review", &[]),
    }
}

async fn insert_new(
    tx: &mut Tx,
    assembled: &Assembled<'_>,
    decided: &[Linking],
    placed: &[Option<Placed>],
    now: Timestamp,
) -> Result<Vec<MailId>> {
    let first = assembled.stored.len();
    let new = assembled.new.iter().zip(placed.iter().skip(first)).zip(decided.iter().skip(first));
    let (mut rows, mut links): (Vec<(&NewMail, &Placed)>, Vec<MailLinks>) = (Vec::new(), Vec::new());
    for ((mail, placed), linking) in new {
        let Some(placed) = placed else { continue };
        rows.push((&mail.row, placed));
        links.push(links_of(placed, mail.row.at, linking));
    }
    store::mails::insert(tx, &rows).await?;
    store::links::insert(tx, &links, now).await?;
    Ok(rows.iter().map(|(_, placed)| placed.id).collect())
}

fn links_of(placed: &Placed, at: Timestamp, linking: &Linking) -> MailLinks {
    let links = match linking {
        Linking::Linked { links, .. } => links.clone(),
        Linking::Review(_) | Linking::Unmatched => Vec::new(),
    };
    MailLinks { mail: placed.id, at, sealed: placed.sealed, links }
}

/// What the rules said, and where they may look: of new mails, and of stored ones where it changed.
async fn keep_said(tx: &mut Tx, assembled: &Assembled<'_>, ids: &[Option<MailId>], now: Timestamp) -> Result<()> {
    let new = spoken(assembled, ids, |member, _| member.id.is_none() && !member.rules.is_empty());
    store::rules::say(tx, &new, now).await?;
    let anew = spoken(assembled, ids, |_, id| assembled.spoken.changed.contains(&id));
    store::rules::say_anew(tx, &anew, now).await?;
    let headers = headers(assembled, ids);
    Ok(store::rules::keep_headers(tx, &headers).await?)
}

/// What the rules said about those members that are wanted.
fn spoken<'m>(
    assembled: &'m Assembled<'_>,
    ids: &[Option<MailId>],
    wanted: impl Fn(&Member, MailId) -> bool,
) -> Vec<(MailId, i64, &'m [Hit])> {
    let version = assembled.spoken.version;
    let all = assembled.members.iter().zip(ids).filter_map(|(member, id)| Some((member, (*id)?)));
    let wanted = all.filter(|(member, id)| wanted(member, *id));
    wanted.map(|(member, id)| (id, version, member.rules.as_slice())).collect()
}

fn headers<'m>(assembled: &'m Assembled<'_>, ids: &[Option<MailId>]) -> Vec<(MailId, &'m str)> {
    let new = assembled.new.iter().zip(ids.iter().skip(assembled.stored.len()));
    new.filter_map(|(mail, id)| Some(((*id)?, mail.headers.as_str()))).collect()
}

async fn replace_changed(
    tx: &mut Tx,
    assembled: &Assembled<'_>,
    decided: &[Linking],
    placed: &[Option<Placed>],
    now: Timestamp,
) -> Result<Vec<MailId>> {
    let (mut rows, mut links, mut marked) = (Vec::new(), Vec::new(), Vec::new());
    for (((stored, member), linking), placed) in
        assembled.stored.iter().zip(&assembled.members).zip(decided).zip(placed)
    {
        let Some(placed) = placed else { continue };
        let relinked = !member.before.as_ref().is_some_and(|before| alike(before, linking));
        let moved = stored.thread != placed.thread || stored.direction != placed.direction.word();
        let sealed = stored.sealed != placed.sealed;
        if relinked || moved || sealed {
            rows.push(placed.clone());
        }
        if relinked {
            links.push(links_of(placed, stored.at, linking));
        } else if sealed {
            marked.push(stored.id);
        }
    }
    store::mails::replace_placed(tx, &rows).await?;
    store::links::replace(tx, &links, now).await?;
    if !marked.is_empty() {
        store::links::seal(tx, &marked).await?;
    }
    Ok(rows.into_iter().map(|placed| placed.id).collect())
}

/// Whether two decisions say the same; the order of links means nothing.
pub fn alike(a: &Linking, b: &Linking) -> bool {
    match (a, b) {
        (
            Linking::Linked { regarding: r1, links: l1, candidates: c1 },
            Linking::Linked { regarding: r2, links: l2, candidates: c2 },
        ) => r1 == r2 && l1.len() == l2.len() && l1.iter().all(|l| l2.contains(l)) && c1 == c2,
        (Linking::Review(a), Linking::Review(b)) => a == b,
        (Linking::Review(a), Linking::Unmatched) => a.is_empty(),
        _ => false,
    }
}

/// Ids of messages that are stored now and were not before, or stand elsewhere now: unstored mail
/// that answers them is read again (P3).
fn ids_of(assembled: &Assembled<'_>, decided: &[Linking], changed: &[MailId]) -> Vec<Key> {
    let moved = assembled.stored.iter().filter(|stored| changed.contains(&stored.id));
    let moved = moved.flat_map(|s| s.id_key.into_iter().chain(s.conversation));
    let of = |mail: &'_ Prepared| {
        let row = &mail.row;
        let own = row.id_key.into_iter().chain(row.aliases.clone()).chain(row.conversation);
        // What came back names other ids of a mail of ours (R126).
        own.chain(mail.said.returned()).collect::<Vec<_>>()
    };
    stored_now(assembled, decided).flat_map(of).chain(moved).collect()
}

/// Copy keys of messages that are stored now and were not before.
fn copy_keys(assembled: &Assembled<'_>, decided: &[Linking]) -> Vec<Key> {
    stored_now(assembled, decided).map(|mail| mail.row.copy_key).collect()
}

fn stored_now<'a>(assembled: &'a Assembled<'_>, decided: &'a [Linking]) -> impl Iterator<Item = &'a Prepared> {
    let new = assembled.new.iter().zip(decided.iter().skip(assembled.stored.len()));
    new.filter(|(_, linking)| **linking != Linking::Unmatched).map(|(mail, _)| *mail)
}

/// Writes down what became of every place of the batch.
pub async fn settle(
    tx: &mut Tx,
    context: &Context,
    batch: &[Prepared],
    assembled: &Assembled<'_>,
    written: &Written,
    now: Timestamp,
) -> Result<()> {
    let settled: Vec<Settled> = batch
        .iter()
        .zip(&assembled.places)
        .map(|(mail, place)| Settled {
            id: mail.found.location,
            mail: mail_of(place, written),
            copy_key: mail.row.copy_key,
        })
        .collect();
    store::locations::settle(tx, &settled, now).await?;
    // Where mailboxes' policies disagree the stricter counts (P5): a copy of which only the header may be
    // kept takes the text from its message.
    let bare = batch.iter().zip(&assembled.places).filter(|(mail, _)| mail.bare);
    let bare: Vec<MailId> = bare.filter_map(|(_, place)| mail_of(place, written)).collect();
    store::strip::text_of(tx, &bare).await?;
    let stored: Vec<LocationId> = settled.iter().filter(|s| s.mail.is_some()).map(|s| s.id).collect();
    store::locations::drop_unmatched_keys(tx, &stored).await?;
    let mut keys = Vec::new();
    for ((mail, place), settled) in batch.iter().zip(&assembled.places).zip(&settled) {
        let passed_over = settled.mail.is_none() && !matches!(place, Place::Copy(_)) && !mail.carrier;
        // Nothing brings an erased person back, so nothing has to be found again.
        if passed_over && mail.hidden != Some(Hidden::Erased) {
            keys.extend(unmatched_keys(context, assembled, mail));
        }
    }
    store::locations::insert_unmatched_keys(tx, &keys).await?;
    mark_hidden(tx, batch).await
}

/// Notes why places are passed over, and forgets it of those that were judged otherwise now.
async fn mark_hidden(tx: &mut Tx, batch: &[Prepared]) -> Result<()> {
    let shown = batch.iter().filter(|mail| mail.hidden.is_none()).map(|mail| mail.found.location);
    store::removal::unmark(tx, &shown.collect::<Vec<_>>()).await?;
    for why in Hidden::ALL {
        let places = batch.iter().filter(|mail| mail.hidden == Some(why)).map(|mail| mail.found.location);
        store::removal::mark(tx, &places.collect::<Vec<_>>(), why).await?;
    }
    Ok(())
}

/// What is kept of a mail that concerns no record: keyed hashes of the ids it answers, of the addresses
/// on it that are not ours, and of their domains (P9).
fn unmatched_keys(
    context: &Context,
    assembled: &Assembled<'_>,
    mail: &Prepared,
) -> Vec<(LocationId, &'static str, Key)> {
    let at = mail.found.location;
    let ids = named_ids(mail).map(|key| (at, "i", key));
    let outside: BTreeSet<&Address> = super::prepare::parties(&mail.mail)
        .map(|(_, party)| &party.address)
        .filter(|address| !assembled.facts.is_own(address))
        .collect();
    let hashes: BTreeSet<(&'static str, Key)> =
        outside.into_iter().flat_map(|address| store::removal::address_keys(&context.keys, address)).collect();
    ids.chain(hashes.into_iter().map(|(what, key)| (at, what, key))).collect()
}

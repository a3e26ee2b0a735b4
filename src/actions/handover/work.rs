//! The work of a hand-over, in batches that keep other writers waiting no longer than a blink.
//!
//! A batch is one transaction: take or keep the lease, read where its records stand, decide, move
//! them, say so in the journal, count. So the journal is never ahead of the records nor behind,
//! and a worker that dies leaves nothing half-done but a lease that runs out.
//!
//! Between batches the worker rests. SQLite hands the writer from program to program by asking
//! again ever more slowly: for 128 ms every 25 ms or less, then every 50 or 100 ms. A pause a little
//! longer than that lets in whoever waits; so batches are short, and after one that took long all the
//! same the pause is long, too. PostgreSQL queues who waits, and each batch has a cost of its own.

use super::preview::{preview, receivers};
use crate::access::{Scope, Terms, meanwhile, since_return};
use crate::model::audit::{Action, Line};
use crate::model::handover::{Handover, Item, Kept, Stage, State};
use crate::model::id::{HandoverId, RecordId, UserId};
use crate::model::record::Policy;
use crate::model::time::{SECOND, Timestamp};
use crate::store::handovers::{self, New, Standing, Turn};
use crate::store::owners::{Move, Occasion, give_ready};
use crate::store::{self, Db, Tx};
use anyhow::{Context, Result};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a worker may be silent before another takes over. It renews with every batch.
const LEASE: i64 = 5 * SECOND;
/// How long a batch should take on SQLite, and on PostgreSQL.
const WANTED: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(50));
/// A batch that took so long sends who waits on SQLite to ask every 50 or 100 ms.
const LONG: Duration = Duration::from_millis(60);
/// The smallest and the largest batch, in records, and the first. Powers of two, since that many
/// rows go into one statement (`store::bulk`). Small ones take longer in all and are for machines
/// that are slow or busy.
const SIZES: (i64, i64) = (64, 1_024);
const FIRST: i64 = 256;
/// Records of the journal that are written at once.
const PLANNED: usize = 1_000;

/// How driving a hand-over ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driven {
    /// Nothing is left to do.
    Settled,
    /// Somebody else works on it.
    Elsewhere,
}

/// Who works on hand-overs, and with what.
#[derive(Clone)]
pub struct Worker {
    /// The database.
    pub db: Db,
    /// What the installation decides about rights.
    pub policy: Policy,
    /// A name that no other worker has.
    pub name: String,
    /// Where moments come from.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Hears of progress: records dealt with, and records in all.
    pub told: Arc<dyn Fn(i64, i64) + Send + Sync>,
}

/// Works on one hand-over until it is settled or another worker has it.
///
/// # Errors
/// If the database fails. Calling it again goes on from there.
pub async fn drive(worker: &Worker, id: HandoverId) -> Result<Driven> {
    let db = &worker.db;
    let mut place = Place { way: None, after: RecordId(0) };
    let mut size = FIRST;
    loop {
        let (step, took) = step(worker, id, place, size).await.with_context(|| format!("hand-over {id}"))?;
        match step {
            Step::Lost => {
                let mut tx = db.read().await?;
                let found = handovers::load(&mut tx, id).await?;
                let settled = found.is_none_or(|h| !h.state.is_under_way());
                return Ok(if settled { Driven::Settled } else { Driven::Elsewhere });
            }
            Step::Unplanned(handover) => plan(worker, &handover).await?,
            Step::Moved { last, handover } => {
                place = Place { way: Some((handover.state, handover.goal)), after: last };
                (worker.told)(handover.done, handover.total);
            }
            Step::Settled(handover) => {
                (worker.told)(handover.total, handover.total);
                return Ok(Driven::Settled);
            }
        }
        size = next_size(size, took, if db.is_shared() { WANTED.1 } else { WANTED.0 });
        rest(db, took).await;
    }
}

/// How large the next batch is after one of `size` that kept others from writing for `took`.
fn next_size(size: i64, took: Duration, wanted: Duration) -> i64 {
    let next = if took > wanted * 2 {
        size / 2
    } else if took < wanted / 2 {
        size * 2
    } else {
        size
    };
    next.clamp(SIZES.0, SIZES.1)
}

/// Lets others write after a batch that took so long.
async fn rest(db: &Db, took: Duration) {
    // PostgreSQL holds rows, not the writer.
    let most = Duration::from_millis(match (db.is_shared(), took > LONG) {
        (true, _) => 5,
        (false, false) => 30,
        (false, true) => 110,
    });
    tokio::time::sleep((took * 2).min(most)).await;
}

/// How far a worker has come.
#[derive(Clone, Copy)]
struct Place {
    /// On which way: somebody may send the hand-over another one at any time.
    way: Option<(State, State)>,
    /// The last record of the journal that was dealt with on it.
    after: RecordId,
}

enum Step {
    /// It is settled, or somebody else has it.
    Lost,
    /// The journal is not complete.
    Unplanned(Handover),
    /// A batch is done.
    Moved { last: RecordId, handover: Handover },
    /// It was the last.
    Settled(Handover),
}

/// One batch, and for how long it kept others from writing.
async fn step(worker: &Worker, id: HandoverId, place: Place, size: i64) -> Result<(Step, Duration)> {
    let mut tx = worker.db.write().await?;
    let now = (worker.clock)();
    let Some(mut handover) = handovers::claim(&mut tx, id, &worker.name, now, now.plus(LEASE)).await? else {
        return Ok((Step::Lost, Duration::ZERO));
    };
    store::owners::ready(&mut tx).await?;
    // The rest of this unit of work is about rows that lists name.
    store::owners::seek(&mut tx, true).await?;
    // Waiting for others says nothing about how long they wait for us.
    let began = Instant::now();
    let unplanned = handover.state == State::Running && !handover.planned;
    let way = Some((handover.state, handover.goal));
    let after = if place.way == way { place.after } else { RecordId(0) };
    let items =
        if unplanned { Vec::new() } else { handovers::batch(&mut tx, id, handover.left(), after, size).await? };
    let step = match items.last() {
        _ if unplanned => Step::Unplanned(handover),
        Some(last) => {
            let last = last.record;
            let dealt = (items.len() as i64).min(handover.total - handover.done).max(0);
            match (handover.state, handover.goal) {
                (State::Running, _) => out(&mut tx, &handover, items, now).await?,
                (State::Undoing, State::Done) => again(&mut tx, &handover, items, now).await?,
                _ => home(&mut tx, &handover, items, now).await?,
            }
            handovers::advance(&mut tx, id, dealt).await?;
            handover.done += dealt;
            Step::Moved { last, handover }
        }
        None if alone(&mut tx, &handover, size, now).await? => Step::Moved { last: after, handover },
        None => {
            settle(&mut tx, &handover, now).await?;
            Step::Settled(handover)
        }
    };
    tx.commit().await?;
    Ok((step, began.elapsed()))
}

/// Writes the journal: every record that is to move. Nothing moves before it is complete, so a
/// journal that was interrupted is simply written again.
async fn plan(worker: &Worker, handover: &Handover) -> Result<()> {
    let (db, clock) = (&worker.db, &worker.clock);
    let mut tx = db.read().await?;
    let world = store::people::world(&mut tx, &worker.policy, clock()).await?;
    let terms = terms_of(&mut tx, handover).await?;
    let preview = preview(&mut tx, &terms, handover.by, &world, clock()).await?;
    drop(tx);
    for part in preview.moves.chunks(PLANNED) {
        let began = Instant::now();
        let mut tx = db.write().await?;
        let now = clock();
        let claimed = handovers::claim(&mut tx, handover.id, &worker.name, now, now.plus(LEASE)).await?;
        if claimed.is_none_or(|h| h.planned || h.state != State::Running) {
            return Ok(());
        }
        handovers::plan(&mut tx, handover.id, handover.from, part, now).await?;
        tx.commit().await?;
        rest(db, began.elapsed()).await;
    }
    let mut tx = db.write().await?;
    let now = clock();
    let running = handovers::claim(&mut tx, handover.id, &worker.name, now, now.plus(LEASE)).await?;
    if running.is_some_and(|h| h.state == State::Running) {
        handovers::plan_activities(&mut tx, handover.id, handover.from, &preview.activities, now).await?;
        handovers::planned(&mut tx, handover.id).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Where these records stand, and who of those concerned is not deactivated.
async fn look(tx: &mut Tx, id: HandoverId, items: &[Item]) -> Result<(HashMap<RecordId, Standing>, HashSet<UserId>)> {
    let records: Vec<RecordId> = items.iter().map(|i| i.record).collect();
    let standing = handovers::standing(tx, id, &records).await?;
    let people: Vec<UserId> = items.iter().flat_map(|i| [Some(i.from), Some(i.to), i.found]).flatten().collect();
    Ok((standing, handovers::active(tx, &people).await?))
}

fn occasion<'a>(handover: &'a Handover, how: &'static str) -> Occasion<'a> {
    let on_behalf_of = Some(handover.from);
    Occasion { how, by: handover.acting, on_behalf_of, handover: Some(handover.id), reason: &handover.reason }
}

/// To those who receive them. What has another owner by now, or nobody to receive it, is left.
async fn out(tx: &mut Tx, handover: &Handover, mut items: Vec<Item>, now: Timestamp) -> Result<()> {
    let (standing, active) = look(tx, handover.id, &items).await?;
    let mut moves = Vec::new();
    for item in &mut items {
        item.kept = stays(item, item.to, standing.get(&item.record), &active);
        item.stage = if item.kept.is_some() { Stage::Undone } else { Stage::Moved };
        if item.kept.is_none() {
            moves.push(Move { record: item.record, from: item.from, to: item.to });
        }
    }
    let (_, activities) = give_ready(tx, &moves, &occasion(handover, "hand-over"), now).await?;
    handovers::settle_records(tx, handover.id, &items, now).await?;
    Ok(handovers::carry(tx, handover.id, &activities, Stage::Moved, now).await?)
}

/// Why a record that should go from its owner in the journal to `to` cannot; `None` if it can.
fn stays(item: &Item, to: UserId, standing: Option<&Standing>, active: &HashSet<UserId>) -> Option<Kept> {
    let Some((standing, owner)) = standing.and_then(|s| Some((s, s.owner?))) else { return Some(Kept::Gone) };
    if owner != item.from {
        let last = standing.since.last();
        let (by, at) = last.map_or((None, Timestamp::default()), |change| (change.by, change.at));
        return Some(Kept::Assigned { by, to: owner, at });
    }
    (!active.contains(&to)).then_some(Kept::Deactivated { user: to })
}

/// Whether a record goes home: from whom it is taken, and what a person had decided about it; or
/// why it stays.
fn goes_home(
    id: HandoverId,
    item: &Item,
    standing: Option<&Standing>,
    active: &HashSet<UserId>,
    forced: bool,
) -> std::result::Result<(UserId, Option<Kept>), Kept> {
    let Some((standing, owner)) = standing.and_then(|s| Some((s, s.owner?))) else { return Err(Kept::Gone) };
    if owner == item.from {
        return Err(Kept::Back);
    }
    let word = meanwhile(id, &standing.since);
    match word {
        Some(Kept::Assigned { .. }) if forced => {}
        Some(kept) => return Err(kept),
        None => {}
    }
    if !active.contains(&item.from) {
        return Err(Kept::Deactivated { user: item.from });
    }
    Ok((owner, word))
}

/// Back to whom the journal names, after a return, an undone run or a stopped one.
async fn home(tx: &mut Tx, handover: &Handover, mut items: Vec<Item>, now: Timestamp) -> Result<()> {
    let (standing, active) = look(tx, handover.id, &items).await?;
    let (how, back) =
        if handover.goal == State::Returned { ("return", Stage::Returned) } else { ("undo", Stage::Undone) };
    let (mut moves, mut left) = (Vec::new(), Vec::new());
    for item in &mut items {
        if item.stage == Stage::Pending {
            item.stage = Stage::Undone;
            continue;
        }
        match goes_home(handover.id, item, standing.get(&item.record), &active, handover.forced) {
            Ok((owner, word)) => {
                moves.push(Move { record: item.record, from: owner, to: item.from });
                item.found = Some(owner).filter(|owner| *owner != item.to);
                (item.stage, item.kept) = (back, word);
            }
            Err(kept) => {
                left.push(item.record);
                (item.stage, item.kept) = (Stage::Kept, Some(kept));
            }
        }
    }
    let (_, went) = give_ready(tx, &moves, &occasion(handover, how), now).await?;
    handovers::settle_records(tx, handover.id, &items, now).await?;
    activities_home(tx, handover, &moves, &left, went, back, now).await
}

/// The open activities that went back with their records. Those that were on the record before it
/// was handed over and were the receiver's own stay theirs; those of the journal that are done, or
/// that a person gave to somebody else, stay as they are.
async fn activities_home(
    tx: &mut Tx,
    handover: &Handover,
    moves: &[Move],
    left: &[RecordId],
    went: Vec<(i64, UserId, UserId)>,
    back: Stage,
    now: Timestamp,
) -> Result<()> {
    let records: Vec<RecordId> = moves.iter().map(|m| m.record).chain(left.iter().copied()).collect();
    let journal = handovers::journalled(tx, handover.id, &records).await?;
    let known: HashSet<i64> = journal.iter().map(|j| j.activity).collect();
    let went_ids: HashSet<i64> = went.iter().map(|(id, ..)| *id).collect();
    let settled: Vec<(i64, Stage, Option<Kept>)> = journal
        .iter()
        .filter(|j| j.stage == Stage::Moved || went_ids.contains(&j.activity))
        .map(|j| match went_ids.contains(&j.activity) {
            true => (j.activity, back, None),
            false => (j.activity, Stage::Kept, (!j.open).then_some(Kept::Gone)),
        })
        .collect();
    handovers::settle_activities(tx, handover.id, &settled, now).await?;
    let unknown: Vec<i64> = went_ids.difference(&known).copied().collect();
    let own: HashSet<i64> = handovers::older(tx, &unknown, handover.created_at).await?.into_iter().collect();
    let (own, new): (Vec<_>, Vec<_>) =
        went.into_iter().filter(|(id, ..)| !known.contains(id)).partition(|(id, ..)| own.contains(id));
    let own: Vec<(i64, UserId)> = own.into_iter().map(|(id, was, _)| (id, was)).collect();
    handovers::appoint(tx, &own, now).await?;
    let new: Vec<_> = new.into_iter().map(|(id, receiver, owner)| (id, owner, receiver)).collect();
    Ok(handovers::carry(tx, handover.id, &new, back, now).await?)
}

/// Why a record whose return is being undone stays: somebody else has it by now, or decided about
/// it since. `None` if it goes to `to` once more.
fn goes_out_again(
    id: HandoverId,
    item: &Item,
    to: UserId,
    standing: Option<&Standing>,
    active: &HashSet<UserId>,
) -> Option<Kept> {
    let Some((standing, owner)) = standing.and_then(|s| Some((s, s.owner?))) else { return Some(Kept::Gone) };
    // What came before the return was known to it, and will count again.
    let word =
        standing.since.rsplit(|change| change.handover == Some(id)).next().and_then(|since| since_return(id, since));
    if owner != item.from {
        // With somebody by another hand-over: it had gone home, and this one's claim ended there.
        return Some(word.unwrap_or(Kept::Back));
    }
    word.or_else(|| (!active.contains(&to)).then_some(Kept::Deactivated { user: to }))
}

/// Once more to where they were before a return that is being undone.
async fn again(tx: &mut Tx, handover: &Handover, mut items: Vec<Item>, now: Timestamp) -> Result<()> {
    let (standing, active) = look(tx, handover.id, &items).await?;
    let mut moves = Vec::new();
    for item in &mut items {
        let to = item.found.unwrap_or(item.to);
        match goes_out_again(handover.id, item, to, standing.get(&item.record), &active) {
            Some(kept) => (item.stage, item.kept) = (Stage::Kept, Some(kept)),
            None => {
                moves.push(Move { record: item.record, from: item.from, to });
                // What was taken by force is its new owner's again, and their claim stands.
                item.stage = if item.kept.is_some() { Stage::Kept } else { Stage::Moved };
                item.found = None;
            }
        }
    }
    let (_, activities) = give_ready(tx, &moves, &occasion(handover, "undo"), now).await?;
    handovers::settle_records(tx, handover.id, &items, now).await?;
    Ok(handovers::carry(tx, handover.id, &activities, Stage::Moved, now).await?)
}

/// The open activities that do not go along with a record that moves: those on records of others,
/// and, of a return that is undone, what the return had taken otherwise. False where none is left.
async fn alone(tx: &mut Tx, handover: &Handover, limit: i64, now: Timestamp) -> Result<bool> {
    let (stages, forth, next): (&[Stage], bool, Stage) = match (handover.state, handover.goal) {
        (State::Running, _) => (&[Stage::Pending], true, Stage::Moved),
        (State::Undoing, State::Done) => (&[Stage::Returned], true, Stage::Moved),
        (State::Undoing, _) => (&[Stage::Pending, Stage::Moved], false, Stage::Undone),
        _ => (&[Stage::Moved], false, Stage::Returned),
    };
    let found = handovers::activities_at(tx, handover.id, stages, limit).await?;
    let people: Vec<UserId> = found.iter().flat_map(|a| [a.from, a.to]).collect();
    let active = handovers::active(tx, &people).await?;
    let (mut settled, mut appointed) = (Vec::new(), Vec::new());
    for each in &found {
        let (from, to) = if forth { (each.from, each.to) } else { (each.to, each.from) };
        let goes = each.activity.open && each.activity.responsible == from && active.contains(&to);
        let stage = match (each.activity.stage, goes) {
            (Stage::Pending, _) if !forth => Stage::Undone,
            (_, true) => {
                appointed.push((each.activity.activity, to));
                next
            }
            (Stage::Pending, false) => Stage::Undone,
            (_, false) => Stage::Kept,
        };
        settled.push((each.activity.activity, stage, None));
    }
    handovers::appoint(tx, &appointed, now).await?;
    handovers::settle_activities(tx, handover.id, &settled, now).await?;
    Ok(!found.is_empty())
}

/// New activities that name somebody whose hand-over stands: who gets each, by hand-over. On a
/// record that was moved it is whoever has it, else whoever would receive such a record, if they
/// may see it.
async fn incoming(
    tx: &mut Tx,
    policy: &Policy,
    now: Timestamp,
) -> Result<HashMap<HandoverId, Vec<(i64, UserId, UserId)>>> {
    let mut found: HashMap<HandoverId, Vec<(i64, UserId, UserId)>> = HashMap::new();
    let mut waiting: HashMap<HandoverId, Vec<handovers::Waiting>> = HashMap::new();
    for each in handovers::waiting(tx).await? {
        waiting.entry(each.handover).or_default().push(each);
    }
    if waiting.is_empty() {
        return Ok(found);
    }
    let world = store::people::world(tx, policy, now).await?;
    for (id, all) in waiting {
        let Some(handover) = handovers::load(tx, id).await? else { continue };
        let to = |w: &handovers::Waiting| Some((w.activity, handover.from, w.holder?));
        let mut going: Vec<_> = all.iter().filter_map(to).collect();
        let terms = terms_of(tx, &handover).await?;
        let others: Vec<_> = all.iter().filter(|w| w.holder.is_none()).map(|w| (w.activity, w.record)).collect();
        for (activity, _, to) in receivers(tx, &others, &terms, &world, now).await? {
            going.extend(to.ok().map(|to| (activity, handover.from, to)));
        }
        if !going.is_empty() {
            found.insert(id, going);
        }
    }
    Ok(found)
}

/// What a hand-over says about who receives what.
async fn terms_of(tx: &mut Tx, handover: &Handover) -> Result<Terms> {
    let absence = match handover.absence {
        Some(id) => store::absences::load(tx, id).await?,
        None => None,
    };
    Ok(Terms { from: handover.from, to: handover.to, absence })
}

/// The end of what was under way, and its line in the audit.
async fn settle(tx: &mut Tx, handover: &Handover, now: Timestamp) -> Result<()> {
    handovers::settle(tx, handover, now).await?;
    let action = match (handover.state, handover.goal) {
        (State::Running, _) => Action::HandedOver,
        (State::Returning, _) => Action::Returned,
        _ => Action::HandOverUndone,
    };
    // Admins read the audit: it counts what anybody may know of, as the pages do.
    let mut known = handovers::totals_seen(tx, &Scope::nothing(now), &[handover.id]).await?;
    let detail = tally(handover, &known.remove(&handover.id).unwrap_or_default());
    let line = Line::new(now, handover.acting, action).on_behalf_of(Some(handover.from));
    Ok(store::audit::note(tx, &[line.subject(handover.id.0).detail(detail)]).await?)
}

/// What became of the records and activities that are not confidential, for the audit.
fn tally(handover: &Handover, totals: &HashMap<(&'static str, Stage), i64>) -> serde_json::Value {
    let of = |what: &'static str| -> serde_json::Value {
        let stages = [Stage::Moved, Stage::Returned, Stage::Kept, Stage::Undone];
        let count = |stage: &Stage| totals.get(&(what, *stage)).copied().unwrap_or(0);
        stages.iter().map(|s| (s.word().to_owned(), count(s).into())).collect::<serde_json::Map<_, _>>().into()
    };
    serde_json::json!({ "handover": handover.id, "goal": handover.goal.word(),
        "records": of("record"), "activities": of("activity") })
}

/// One round of what has to be done without anybody asking: hand-overs begin with their absences
/// and return at their ends, what was interrupted goes on, and new activities follow. Gives
/// whether anything was done.
///
/// # Errors
/// If the database fails; the next round goes on from there.
pub async fn tend(worker: &Worker) -> Result<bool> {
    let db = &worker.db;
    let now = (worker.clock)();
    let mut tx = db.read().await?;
    let begin = handovers::due_to_begin(&mut tx, now).await?;
    let home = handovers::due_to_return(&mut tx, now).await?;
    let under_way = handovers::under_way(&mut tx).await?;
    let waiting = incoming(&mut tx, &worker.policy, now).await?;
    drop(tx);
    if begin.is_empty() && home.is_empty() && under_way.is_empty() && waiting.is_empty() {
        return Ok(false);
    }
    let mut tx = db.write().await?;
    // Two workers that begin the same one wait for each other here, and the second sees it done.
    tx.alone().await?;
    for absence in handovers::due_to_begin(&mut tx, now).await? {
        let Some(absence) = store::absences::load(&mut tx, absence).await? else { continue };
        let (absence, from) = (Some(absence.id), absence.user);
        let new = New { absence, from, to: None, reason: "absence".to_owned(), by: None, returns_at: None };
        handovers::add(&mut tx, &new, now).await?;
    }
    for id in handovers::due_to_return(&mut tx, now).await? {
        let total = handovers::count(&mut tx, id, &[Stage::Moved]).await?;
        let goal = State::Returned;
        let turn = Turn { to: State::Returning, goal, total, forced: false, by_hand: false, by: None };
        handovers::turn(&mut tx, id, State::Done, &turn).await?;
    }
    if !waiting.is_empty() {
        for (id, going) in incoming(&mut tx, &worker.policy, now).await? {
            let appointed: Vec<_> = going.iter().map(|(activity, _, to)| (*activity, *to)).collect();
            handovers::appoint(&mut tx, &appointed, now).await?;
            handovers::carry(&mut tx, id, &going, Stage::Moved, now).await?;
        }
    }
    tx.commit().await?;
    let mut tx = db.read().await?;
    let under_way = handovers::under_way(&mut tx).await?;
    drop(tx);
    let mut failure = None;
    for id in under_way {
        // One that cannot be finished must not keep the others.
        if let Err(error) = drive(worker, id).await {
            failure = Some(error);
        }
    }
    failure.map_or(Ok(true), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_follows_the_time_that_the_last_one_took() {
        let millis = Duration::from_millis;
        let next = |size, took| next_size(size, millis(took), millis(50));
        assert_eq!(next(256, 60), 256);
        assert_eq!([next(256, 10), next(1_024, 10)], [512, 1_024]);
        assert_eq!([next(256, 150), next(64, 500)], [128, 64]);
    }
}

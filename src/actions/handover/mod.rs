//! Handing somebody's records over for a time, and back (S10).
//!
//! What is asked for is one row; a worker does it in short batches beside everything else
//! (`work`). The journal is written before the first record moves, each batch moves records and
//! says so in the journal in one transaction, and each record's own history names the hand-over:
//! whatever is killed whenever can be taken up again, or returned.

mod preview;
mod work;

pub use preview::{Counts, Preview, preview, told};
pub use work::{Driven, Worker, drive, tend};

use crate::access::{self, Terms, World};
use crate::model::absence::{Absence, Phase};
use crate::model::handover::{Handover, Stage, State};
use crate::model::id::{AbsenceId, HandoverId, UserId};
use crate::model::record::{Kind, Record, Status};
use crate::model::time::Timestamp;
use crate::store::handovers::{New, Turn};
use crate::store::{self, Db, Tx};

/// What somebody asks to hand over.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Whose records; not looked at where an absence is named.
    pub from: Option<UserId>,
    /// Who receives all of them; `None`: as the absence says.
    pub to: Option<UserId>,
    /// The absence; `None`: the one that runs, else the next one.
    pub absence: Option<AbsenceId>,
    /// When it returns, where that is not the end of the absence.
    pub returns_at: Option<Timestamp>,
}

/// Why something is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// It is not there, or not for whoever asks: the two look the same.
    #[error("there is no such hand-over, absence or user, or it is not yours to decide about")]
    Absent,
    /// Neither a receiver nor an absence was named.
    #[error("they have no absence to come that says who receives their records; name somebody with --to")]
    NoTerms,
    /// The absence is over.
    #[error("that absence is over, so there is nothing to hand over for it")]
    Over,
    /// Another hand-over of theirs is under way.
    #[error("hand-over {0} of theirs is under way; wait until it is done")]
    Busy(HandoverId),
    /// Nothing would move.
    #[error("nothing would move; the preview says why")]
    Nothing,
    /// What would move is not what the preview showed.
    #[error("what would move has changed since the preview; look at it again")]
    Changed,
    /// It is not in a state in which this can be done.
    #[error("it is {}, so this cannot be done with it", .0.word())]
    Wrong(State),
    /// The 72 hours are over.
    #[error("undoing is possible for 72 hours, and they are over; return it, or assign the records")]
    TooLate,
}

/// Whether `by` decides about hand-overs of what `from` owns: the person, their line managers,
/// admins, and the operator (`None`).
pub fn may_decide(by: Option<UserId>, from: UserId, world: &World, now: Timestamp) -> bool {
    by.is_none_or(|by| access::may_assign(by, &something_of(from, false), &[], world, now).is_some())
}

/// A record of `from`'s of which nothing else is known: for rights that follow from the owner.
fn something_of(from: UserId, confidential: bool) -> Record {
    Record {
        id: crate::model::id::RecordId(0),
        kind: Kind::Account,
        name: String::new(),
        owner: from,
        team: None,
        confidential,
        status: Status::Open,
        account: None,
        class: None,
        end_account: None,
        end_contact: None,
    }
}

/// Whose records are to go to whom, as `asked`, and the absence it belongs to.
pub async fn terms(
    tx: &mut Tx,
    asked: &Asked,
    by: Option<UserId>,
    world: &World,
    now: Timestamp,
) -> anyhow::Result<Result<Terms, No>> {
    let absence = match (asked.absence, asked.from) {
        (Some(id), _) => store::absences::load(tx, id).await?,
        (None, Some(from)) => to_come(from, asked, world, now).cloned(),
        (None, None) => None,
    };
    let from = match (&absence, asked.absence, asked.from) {
        (Some(absence), ..) => absence.user,
        (None, None, Some(from)) => from,
        _ => return Ok(Err(No::Absent)),
    };
    if world.person(from).is_none() || !may_decide(by, from, world, now) {
        return Ok(Err(No::Absent));
    }
    if absence.as_ref().is_some_and(|a| a.phase(now) == Phase::Over) {
        return Ok(Err(No::Over));
    }
    if absence.is_none() && asked.to.is_none() {
        return Ok(Err(No::NoTerms));
    }
    Ok(Ok(Terms { from, to: asked.to, absence }))
}

/// The absence that a hand-over belongs to where none is named: the one that runs, unless another
/// end was asked for; else, where it must say who receives the records, the next one.
fn to_come<'w>(from: UserId, asked: &Asked, world: &'w World, now: Timestamp) -> Option<&'w Absence> {
    let running = world.running(from, now).filter(|_| asked.returns_at.is_none() || asked.to.is_none());
    let next = || world.absences.iter().filter(|a| a.user == from && a.phase(now) == Phase::Upcoming);
    running.or_else(|| asked.to.is_none().then(|| next().min_by_key(|a| (a.starts, a.id)))?)
}

/// Begins a hand-over: a worker takes it up from here. `seen` is the fingerprint of the preview
/// that whoever asks has seen; `None` to take it as it is.
///
/// What would move is looked at before anything is written, since that takes longer than a writer
/// may be kept; the worker looks again.
pub async fn begin(
    db: &Db,
    asked: &Asked,
    seen: Option<&str>,
    reason: &str,
    by: Option<UserId>,
    world: &World,
    now: Timestamp,
) -> anyhow::Result<Result<HandoverId, No>> {
    let mut tx = db.read().await?;
    let terms = match terms(&mut tx, asked, by, world, now).await? {
        Ok(terms) => terms,
        Err(no) => return Ok(Err(no)),
    };
    let preview = told(&mut tx, &terms, by, world, now).await?;
    drop(tx);
    if seen.is_some_and(|seen| seen != preview.fingerprint()) {
        return Ok(Err(No::Changed));
    }
    let mut tx = db.write().await?;
    // Of two that are begun at once, the second sees the first.
    tx.alone().await?;
    let open = store::handovers::open_of(&mut tx, terms.from).await?;
    if let Some(busy) = open.iter().find(|h| h.state.is_under_way()) {
        return Ok(Err(No::Busy(busy.id)));
    }
    if preview.moves.is_empty() {
        return Ok(Err(No::Nothing));
    }
    let new = New {
        absence: terms.absence.as_ref().map(|a| a.id),
        from: terms.from,
        to: terms.to,
        reason: reason.to_owned(),
        by,
        returns_at: asked.returns_at,
    };
    let id = store::handovers::add(&mut tx, &new, now).await?;
    tx.commit().await?;
    Ok(Ok(id))
}

/// The hand-over, if `by` decides about it.
pub async fn find(
    tx: &mut Tx,
    id: HandoverId,
    by: Option<UserId>,
    world: &World,
    now: Timestamp,
) -> anyhow::Result<Result<Handover, No>> {
    let found = store::handovers::load(tx, id).await?;
    Ok(found.filter(|h| may_decide(by, h.from, world, now)).ok_or(No::Absent))
}

/// The hand-over that `by` decides about; else the function that asks ends with why not.
macro_rules! found {
    ($tx:expr, $id:expr, $by:expr, $world:expr, $now:expr) => {
        match find($tx, $id, $by, $world, $now).await? {
            Ok(handover) => handover,
            Err(no) => return Ok(Err(no)),
        }
    };
}

/// Has everything return now. `force`: also what a person gave to somebody else meanwhile.
pub async fn give_back(
    tx: &mut Tx,
    id: HandoverId,
    force: bool,
    by: Option<UserId>,
    world: &World,
    now: Timestamp,
) -> anyhow::Result<Result<(), No>> {
    let handover = found!(tx, id, by, world, now);
    // What was kept at the return can still be taken by force.
    if !(handover.state == State::Done || (force && handover.state == State::Returned)) {
        return Ok(Err(No::Wrong(handover.state)));
    }
    let stages: &[Stage] = if force { &[Stage::Moved, Stage::Kept] } else { &[Stage::Moved] };
    let total = store::handovers::count(tx, id, stages).await?;
    let turn = Turn { to: State::Returning, goal: State::Returned, total, forced: force, by_hand: true, by };
    turned(tx, &handover, &turn).await
}

/// Undoes the last step of a hand-over, a run or a return, for 72 hours after it was done.
pub async fn undo(
    tx: &mut Tx,
    id: HandoverId,
    by: Option<UserId>,
    world: &World,
    now: Timestamp,
) -> anyhow::Result<Result<(), No>> {
    let handover = found!(tx, id, by, world, now);
    let Some(until) = handover.undo_until() else { return Ok(Err(No::Wrong(handover.state))) };
    if now > until {
        return Ok(Err(No::TooLate));
    }
    let (goal, stage) = match handover.state {
        State::Returned => (State::Done, Stage::Returned),
        _ => (State::Undone, Stage::Moved),
    };
    let total = store::handovers::count(tx, id, &[stage]).await?;
    let turn = Turn { to: State::Undoing, goal, total, forced: false, by_hand: true, by };
    turned(tx, &handover, &turn).await
}

/// Stops a hand-over that is running; what has moved goes back.
pub async fn cancel(
    tx: &mut Tx,
    id: HandoverId,
    by: Option<UserId>,
    world: &World,
    now: Timestamp,
) -> anyhow::Result<Result<(), No>> {
    let handover = found!(tx, id, by, world, now);
    if handover.state != State::Running {
        return Ok(Err(No::Wrong(handover.state)));
    }
    let total = store::handovers::count(tx, id, &[Stage::Pending, Stage::Moved]).await?;
    let turn = Turn { to: State::Undoing, goal: State::Cancelled, total, forced: false, by_hand: true, by };
    turned(tx, &handover, &turn).await
}

async fn turned(tx: &mut Tx, handover: &Handover, turn: &Turn) -> anyhow::Result<Result<(), No>> {
    let done = store::handovers::turn(tx, handover.id, handover.state, turn).await?;
    Ok(if done { Ok(()) } else { Err(No::Wrong(turn.to)) })
}

//! Calls, tasks, appointments and notes: entering them, doing them, calling them off, giving them
//! to somebody else.
//!
//! Whoever may change the record may do all of it; who is responsible for an activity may do it,
//! call it off and move its date as long as they may read the record. Done ones keep their author.

use super::actor::{Actor, Leave};
use crate::model::activity::{Activity, ActivityKind, Progress};
use crate::model::id::{ActivityId, RecordId, UserId};
use crate::model::record::Record;
use crate::model::share::Share;
use crate::model::time::{DAY, Timestamp};
use crate::store::{self, Tx};

/// The most characters of a subject.
pub const LONGEST_SUBJECT: usize = 300;
/// The most characters of a text.
pub const LONGEST_BODY: usize = 20_000;

/// An activity as it is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The record.
    pub record: RecordId,
    /// What it is.
    pub kind: ActivityKind,
    /// In a line.
    pub subject: String,
    /// More of it.
    pub body: String,
    /// Who is to do it; without one the record's owner for what is still to be done, and the actor
    /// for what was done.
    pub responsible: Option<UserId>,
    /// When it is due or takes place.
    pub due: Option<Timestamp>,
    /// It was done, at this moment. A note always is.
    pub done: Option<Timestamp>,
}

/// Why an activity was not entered or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// Record or activity is not there, or not for the actor: the two look the same.
    #[error("it does not exist, or it is not yours to see")]
    NotThere,
    /// The actor reads the record but may not change it.
    #[error("you may read this record but not change it; ask its owner to share it with you")]
    MayNot,
    /// It has no subject.
    #[error("say in a line what it is about")]
    NoSubject,
    /// Subject or text is too long.
    #[error("the subject may have {LONGEST_SUBJECT} characters, the text {LONGEST_BODY}; shorten it")]
    TooLong,
    /// A note is neither due nor open.
    #[error("a note is neither due nor done; choose a task for what is to be done")]
    NoteHasNoDate,
    /// It is done or called off already.
    #[error("it is done or called off already")]
    Ended,
    /// What was done lies in the future.
    #[error("it cannot have been done in the future; correct the time, or give it a due date")]
    Future,
    /// The person is deactivated.
    #[error("{0} is deactivated; choose a colleague who still works here")]
    Inactive(String),
    /// The person would not see it.
    #[error("{0} may not read this record and would never see it; share the record with them first")]
    Blind(String),
    /// It came by mail: its organiser says when it is.
    #[error("its organiser decides when it is; answer the invitation in your mail program")]
    Organized,
    /// Nobody is named, and the operator is nobody.
    #[error("say who is responsible")]
    Nobody,
}

/// Enters an activity.
pub async fn add(tx: &mut Tx, actor: &Actor<'_>, entered: &Entered) -> store::Result<Result<Activity, No>> {
    let ends_waits = entered.kind == ActivityKind::Call && entered.done.is_some();
    if ends_waits {
        // Before anything is locked: whoever merges records takes it first, too.
        tx.alone().await?;
    }
    // What is merged or deleted meanwhile would keep it out of everybody's sight.
    if !store::records::stay(tx, &[entered.record], false).await? {
        return Ok(Err(No::NotThere));
    }
    let Some((record, shares)) = readable(tx, actor, entered.record).await? else {
        return Ok(Err(No::NotThere));
    };
    // Whoever may give the record to somebody else, such as its owner's line manager, may ask them to do something.
    let asks = entered.kind == ActivityKind::Task && entered.done.is_none();
    let leave = actor.may_write(&record, &shares);
    let Some(leave) = leave.or_else(|| actor.may_assign(&record, &shares).filter(|_| asks)) else {
        return Ok(Err(No::MayNot));
    };
    let activity = match made(actor, entered, &record, leave) {
        Ok(activity) => activity,
        Err(no) => return Ok(Err(no)),
    };
    if let Err(no) = can_do(actor, activity.responsible, &record, &shares) {
        return Ok(Err(no));
    }
    let id = store::activities::add(tx, &activity).await?;
    if ends_waits {
        store::waits::settle_calls(tx, &[activity.record]).await?;
    }
    Ok(Ok(Activity { id, ..activity }))
}

fn made(actor: &Actor<'_>, entered: &Entered, record: &Record, leave: Leave) -> Result<Activity, No> {
    let subject: String = entered.subject.split_whitespace().collect::<Vec<_>>().join(" ").replace('\0', "");
    let body = entered.body.trim().replace('\0', "");
    if subject.is_empty() {
        return Err(No::NoSubject);
    }
    if subject.chars().count() > LONGEST_SUBJECT || body.chars().count() > LONGEST_BODY {
        return Err(No::TooLong);
    }
    let note = entered.kind == ActivityKind::Note;
    if note && entered.due.is_some() {
        return Err(No::NoteHasNoDate);
    }
    let done = entered.done.or_else(|| note.then_some(actor.now));
    // A minute for clocks that differ.
    if done.is_some_and(|at| at > actor.now.plus(60_000)) {
        return Err(No::Future);
    }
    let default = if done.is_some() { actor.user.or(Some(record.owner)) } else { Some(record.owner) };
    let responsible = entered.responsible.or(default).ok_or(No::Nobody)?;
    Ok(Activity {
        id: ActivityId(0),
        record: record.id,
        kind: entered.kind,
        subject,
        body,
        progress: if done.is_some() { Progress::Done } else { Progress::Open },
        responsible,
        author: actor.user.unwrap_or(responsible),
        on_behalf_of: leave.on_behalf_of,
        at: done.map_or(actor.now, |at| at.clamped(actor.now)),
        due: entered.due.map(|due| due.max(Timestamp::EARLIEST).min(actor.now.plus(50 * 366 * DAY))),
        ended: done.map(|at| (at, actor.user)),
        created: actor.now,
        updated: actor.now,
    })
}

/// The record with its shares, if the actor may read it.
async fn readable(tx: &mut Tx, actor: &Actor<'_>, id: RecordId) -> store::Result<Option<(Record, Vec<Share>)>> {
    let named = actor.named(tx, &[id]).await?;
    let Some(entry) = named.entries.first() else { return Ok(None) };
    let shares = named.shares_on(id).to_vec();
    Ok(actor.may_read(&entry.record, &shares).map(|_| (entry.record.clone(), shares)))
}

/// Whether somebody can be responsible for an activity on this record.
fn can_do(actor: &Actor<'_>, user: UserId, record: &Record, shares: &[Share]) -> Result<(), No> {
    if !actor.world.active(user) {
        return Err(No::Inactive(actor.name(user)));
    }
    match crate::access::may_read(user, record, shares, actor.world, actor.now) {
        Some(_) => Ok(()),
        None => Err(No::Blind(actor.name(user))),
    }
}

/// What may happen to an open activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was done.
    Done,
    /// It is called off.
    Cancel,
    /// It goes to somebody else.
    Give(UserId),
    /// It is due at another time, or at none.
    Due(Option<Timestamp>),
}

/// Takes a step with an activity; gives it as it is then.
pub async fn change(tx: &mut Tx, actor: &Actor<'_>, id: ActivityId, step: Step) -> store::Result<Result<Activity, No>> {
    let Some(mut activity) = store::activities::load(tx, &[id]).await?.pop() else { return Ok(Err(No::NotThere)) };
    let Some((record, shares)) = readable(tx, actor, activity.record).await? else {
        return Ok(Err(No::NotThere));
    };
    // Whoever may give the record to somebody else, such as its owner's line manager, may give what is to be done on it.
    let apart = match step {
        Step::Give(_) => actor.may_assign(&record, &shares),
        _ => (actor.user == Some(activity.responsible)).then_some(Leave { by: None, on_behalf_of: None }),
    };
    let Some(leave) = apart.or_else(|| actor.may_write(&record, &shares)) else { return Ok(Err(No::MayNot)) };
    if activity.progress != Progress::Open {
        return Ok(Err(No::Ended));
    }
    if matches!(step, Step::Due(_)) && !store::appointments::of(tx, &[id]).await?.is_empty() {
        return Ok(Err(No::Organized));
    }
    match step {
        Step::Done | Step::Cancel => {
            activity.progress = if step == Step::Done { Progress::Done } else { Progress::Cancelled };
            activity.ended = Some((actor.now, actor.user));
            activity.at = actor.now;
            activity.on_behalf_of = leave.on_behalf_of.or(activity.on_behalf_of);
        }
        Step::Give(to) => {
            if let Err(no) = can_do(actor, to, &record, &shares) {
                return Ok(Err(no));
            }
            activity.responsible = to;
        }
        Step::Due(due) => activity.due = due,
    }
    activity.updated = actor.now;
    let ends_waits = activity.kind == ActivityKind::Call && activity.progress == Progress::Done;
    if ends_waits {
        tx.alone().await?;
    }
    let saved = store::activities::save(tx, &activity).await?;
    if ends_waits && saved {
        store::waits::settle_calls(tx, &[activity.record]).await?;
    }
    Ok(if saved { Ok(activity) } else { Err(No::Ended) })
}

/// What giving many activities to one person did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Those that went.
    pub moved: Vec<ActivityId>,
    /// Those that did not, and why.
    pub left_out: Vec<(ActivityId, No)>,
}

/// Gives each of these activities to `to`.
pub async fn give(tx: &mut Tx, actor: &Actor<'_>, ids: &[ActivityId], to: UserId) -> store::Result<Given> {
    let mut given = Given::default();
    for id in ids {
        match change(tx, actor, *id, Step::Give(to)).await? {
            Ok(_) => given.moved.push(*id),
            Err(no) => given.left_out.push((*id, no)),
        }
    }
    Ok(given)
}

//! Giving people and teams a right on one record, taking it back, marking a record confidential,
//! and opening one without a right where the installation allows it.
//!
//! Whoever may not even know of a record gets [`Refused::NotThere`], as for one that is missing.

use super::caller::Caller;
use crate::access::{self, Path, TooMuch};
use crate::model::audit::{Action, Line};
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::Record;
use crate::model::share::{GlassPolicy, Holder, Rights, Share, Source};
use crate::model::time::{HOUR, Timestamp};
use crate::store::{self, Tx};
use anyhow::Result;
use serde_json::json;

/// Characters that a reason may have.
const REASON: usize = 500;

/// A right as it is to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// To whom.
    pub holder: Holder,
    /// Whether they may change the record; to read goes without saying.
    pub write: bool,
    /// Whether they may give others a right on it.
    pub share: bool,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// Why; may be empty.
    pub reason: String,
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such record, or not for them.
    #[error("there is no such record")]
    NotThere,
    /// They see the record but may not do this with it.
    #[error("you may not do this with the record; its owner can, or somebody who may share it")]
    NotYours,
    /// They want to give a right they lack.
    #[error("you cannot give the right to {0}, since you do not have it yourself")]
    Lacking(&'static str),
    /// Their own right ends before.
    #[error("your own right on the record ends at {}; give yours until then at most", .0.rfc3339())]
    Longer(Timestamp),
    /// Somebody else gave that right, and they do not decide about the record.
    #[error(
        "somebody else gave that right; they, whoever answers for the record, their line managers and admins take it back or lessen it"
    )]
    NotGiven,
    /// They want to share with themselves.
    #[error("nobody shares a record with themselves; ask its owner")]
    Themselves,
    /// They belong to the team and would gain by it.
    #[error("you belong to that team and would gain a right by it; ask somebody else to share")]
    OwnTeam,
    /// The holder is the owner.
    #[error("{0} owns the record and needs no share")]
    Owner(String),
    /// The holder is deactivated.
    #[error("{0} is deactivated; share with somebody who still works here")]
    Gone(String),
    /// The end lies in the past.
    #[error("that end lies in the past; name a later one")]
    Past,
    /// There is no share of theirs.
    #[error("the record is not shared with {0}")]
    NotShared(String),
    /// It is so already.
    #[error("it is so already; nothing was changed")]
    Already,
    /// They see the record without.
    #[error("you may read the record already; there is nothing to open")]
    ReadsAlready,
    /// Nothing to go by in the audit.
    #[error("a reason is needed; it is kept in the audit")]
    NoReason,
    /// More hours than the installation allows.
    #[error("it can be opened for {0} hours at most (`break_glass_hours`)")]
    TooLong(u32),
}

impl From<TooMuch> for Refused {
    fn from(problem: TooMuch) -> Refused {
        match problem {
            TooMuch::Nothing => Refused::NotYours,
            TooMuch::Lacking(word) => Refused::Lacking(word),
            TooMuch::Longer(end) => Refused::Longer(end),
            TooMuch::Themselves => Refused::Themselves,
            TooMuch::OwnTeam => Refused::OwnTeam,
        }
    }
}

/// What an action gives.
pub type Outcome<T> = Result<std::result::Result<T, Refused>>;

/// A record with the shares on it.
struct Shared {
    record: Record,
    shares: Vec<Share>,
}

async fn load(tx: &mut Tx, record: RecordId) -> Result<Option<Shared>> {
    let Some(record) = store::records::standing(tx, record).await? else { return Ok(None) };
    let shares = store::shares::on(tx, &[record.id]).await?;
    Ok(Some(Shared { record, shares }))
}

impl Shared {
    /// What the caller may do with it; the operator everything.
    fn rights(&self, caller: &Caller<'_>) -> Rights {
        caller.by.map_or(Rights::ALL, |u| access::rights(u, &self.record, &self.shares, caller.world, caller.now))
    }

    /// Whether the caller may take back or lessen a share on it.
    fn may_take(&self, share: &Share, caller: &Caller<'_>) -> bool {
        let may = |u| access::may_take(u, share, &self.record, &self.shares, caller.world, caller.now);
        caller.by.is_none_or(may)
    }

    /// How somebody who may not do something is told so.
    fn refusal(&self, caller: &Caller<'_>) -> Refused {
        if self.rights(caller).any() { Refused::NotYours } else { Refused::NotThere }
    }

    /// Everybody who may read it, by which paths.
    fn readers(&self, caller: &Caller<'_>) -> Vec<(UserId, Vec<Path>)> {
        let all = access::who(&self.record, &self.shares, caller.world, caller.now);
        let reading = all.into_iter().map(|(user, reasons)| {
            (user, reasons.into_iter().filter(|r| r.rights.read).map(|r| r.path).collect::<Vec<_>>())
        });
        reading.filter(|(_, paths)| !paths.is_empty()).collect()
    }
}

/// Whether the caller may share the record, and so may know who sees it: `None` if they may not.
pub async fn shareable(tx: &mut Tx, caller: &Caller<'_>, record: RecordId) -> Result<Option<(Record, Vec<Share>)>> {
    let Some(found) = load(tx, record).await? else { return Ok(None) };
    let may = found.rights(caller).share;
    Ok(may.then_some((found.record, found.shares)))
}

/// Gives a right on a record, or changes the one that the holder was given before. It reaches a
/// confidential record if the record is confidential at this moment.
pub async fn share(tx: &mut Tx, caller: &Caller<'_>, record: RecordId, wanted: &Wanted) -> Outcome<Share> {
    let Some(found) = load(tx, record).await? else { return Ok(Err(Refused::NotThere)) };
    if let Err(refused) = allowed(caller, &found, wanted) {
        return Ok(Err(refused));
    }
    let before = given(&found.shares, wanted.holder);
    // Who only adds to what somebody else gave does not become its giver, who may take it back.
    let theirs = before.filter(|b| b.stands(caller.now) && !found.may_take(b, caller));
    if theirs.is_some_and(|b| lessens(b, wanted)) {
        return Ok(Err(Refused::NotGiven));
    }
    let mut share = Share {
        id: before.map_or(0, |b| b.id),
        record,
        holder: wanted.holder,
        source: Source::Share,
        write: wanted.write,
        share: wanted.share,
        named: found.record.confidential || before.is_some_and(|b| b.named),
        until: wanted.until,
        reason: trimmed(&wanted.reason),
        by: theirs.map_or(caller.by, |b| b.by),
        at: caller.now,
    };
    match before {
        Some(_) => store::shares::change(tx, &share).await?,
        None => share.id = store::shares::add(tx, &share).await?,
    }
    let detail = json!({
        "with": holder_json(share.holder), "rights": share.rights().words(), "named": share.named,
        "until": share.until.map(Timestamp::rfc3339), "reason": share.reason,
        "before": before.map(|b| json!({ "rights": b.rights().words(), "until": b.until.map(Timestamp::rfc3339) })),
    });
    let line = Line::new(caller.now, caller.by, Action::Shared).record(record).subject(holder_id(share.holder));
    store::audit::note(tx, &[line.detail(detail)]).await?;
    Ok(Ok(share))
}

fn allowed(caller: &Caller<'_>, found: &Shared, wanted: &Wanted) -> std::result::Result<(), Refused> {
    if let Some(giver) = caller.by {
        let rights = Rights { read: true, write: wanted.write, share: wanted.share, assign: false };
        let gift = (wanted.holder, rights, wanted.until);
        access::may_give(giver, &found.record, &found.shares, gift, caller.world, caller.now).map_err(|problem| {
            if problem == TooMuch::Nothing { found.refusal(caller) } else { Refused::from(problem) }
        })?;
    }
    if let Holder::User(user) = wanted.holder {
        if user == found.record.owner {
            return Err(Refused::Owner(caller.name(user)));
        }
        if !caller.world.active(user) {
            return Err(Refused::Gone(caller.name(user)));
        }
    }
    if wanted.until.is_some_and(|until| until <= caller.now) { Err(Refused::Past) } else { Ok(()) }
}

/// Whether `wanted` is less than what was given before.
fn lessens(before: &Share, wanted: &Wanted) -> bool {
    let earlier = match (before.until, wanted.until) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(before), Some(wanted)) => wanted < before,
    };
    earlier || (before.write && !wanted.write) || (before.share && !wanted.share)
}

/// The share that was given to this holder by hand.
fn given(shares: &[Share], holder: Holder) -> Option<&Share> {
    shares.iter().rfind(|s| s.source == Source::Share && s.holder == holder)
}

/// Takes back what the holder was given by hand, and what they opened by breaking the glass: by
/// whom [`access::may_take`] says.
pub async fn revoke(tx: &mut Tx, caller: &Caller<'_>, record: RecordId, holder: Holder) -> Outcome<()> {
    let Some(found) = load(tx, record).await? else { return Ok(Err(Refused::NotThere)) };
    let theirs = |s: &&Share| s.holder == holder && matches!(s.source, Source::Share | Source::BreakGlass);
    let (gone, stay): (Vec<&Share>, Vec<&Share>) =
        found.shares.iter().filter(theirs).partition(|s| found.may_take(s, caller));
    if gone.is_empty() {
        // Who may not share does not ask with whom it is shared.
        return Ok(Err(match (found.rights(caller).share, stay.is_empty()) {
            (false, _) => found.refusal(caller),
            (true, true) => Refused::NotShared(holder_name(holder, caller)),
            (true, false) => Refused::NotGiven,
        }));
    }
    for share in gone {
        store::shares::remove(tx, share.id).await?;
        let detail = json!({
            "with": holder_json(holder), "rights": share.rights().words(), "source": share.source.word(),
        });
        let line = Line::new(caller.now, caller.by, Action::Unshared).record(record).subject(holder_id(holder));
        store::audit::note(tx, &[line.detail(detail)]).await?;
    }
    Ok(Ok(()))
}

/// Who stops seeing a record by it, or begins to, and by which paths.
pub type Changed = Vec<(UserId, Vec<Path>)>;

/// Marks a record confidential, or takes that back: its owner, or the deputy whom they named while
/// they are away. Gives who loses sight of it, or gains it.
pub async fn confidential(tx: &mut Tx, caller: &Caller<'_>, record: RecordId, on: bool) -> Outcome<Changed> {
    let Some(mut found) = load(tx, record).await? else { return Ok(Err(Refused::NotThere)) };
    let owner = found.record.owner;
    if caller.by.is_some_and(|user| !access::may_mark(user, &found.record, caller.world, caller.now)) {
        return Ok(Err(found.refusal(caller)));
    }
    if found.record.confidential == on {
        return Ok(Err(Refused::Already));
    }
    let before = found.readers(caller);
    store::shares::set_confidential(tx, record, on, caller.now).await?;
    found.record.confidential = on;
    let after = found.readers(caller);
    let (more, fewer) = if on { (before, after) } else { (after, before) };
    let changed: Changed = more.into_iter().filter(|(u, _)| !fewer.iter().any(|(f, _)| f == u)).collect();
    let users: Vec<i64> = changed.iter().map(|(user, _)| user.0).collect();
    let detail = json!({ "on": on, if on { "lost" } else { "gained" }: users });
    let line = Line::new(caller.now, caller.by, Action::Confidential).record(record).detail(detail);
    let deputy = caller.by.filter(|by| *by != owner).map(|_| owner);
    store::audit::note(tx, &[line.on_behalf_of(deputy)]).await?;
    Ok(Ok(changed))
}

/// Opens a record to read, without a right, for some hours and with a reason; ends by itself. It
/// reaches what is confidential at this moment. `policy` is who may, and for how many hours at most.
pub async fn break_glass(
    tx: &mut Tx,
    caller: (UserId, &Caller<'_>),
    record: RecordId,
    reason: &str,
    hours: u32,
    policy: (GlassPolicy, u32),
) -> Outcome<Timestamp> {
    let (user, caller) = caller;
    let Some(found) = load(tx, record).await? else { return Ok(Err(Refused::NotThere)) };
    if found.rights(caller).read {
        return Ok(Err(Refused::ReadsAlready));
    }
    if !access::may_break_glass(user, found.record.owner, policy.0, caller.world) {
        return Ok(Err(Refused::NotThere));
    }
    let reason = trimmed(reason);
    if reason.is_empty() {
        return Ok(Err(Refused::NoReason));
    }
    if hours == 0 || hours > policy.1 {
        return Ok(Err(Refused::TooLong(policy.1)));
    }
    let until = caller.now.plus(i64::from(hours) * HOUR);
    let share = Share {
        id: 0,
        record,
        holder: Holder::User(user),
        source: Source::BreakGlass,
        write: false,
        share: false,
        named: found.record.confidential,
        until: Some(until),
        reason: reason.clone(),
        by: Some(user),
        at: caller.now,
    };
    store::shares::add(tx, &share).await?;
    let detail = json!({ "reason": reason, "until": until.rfc3339(), "confidential": found.record.confidential });
    let line = Line::new(caller.now, Some(user), Action::GlassBroken).record(record).by(Path::BreakGlass.word());
    store::audit::note(tx, &[line.detail(detail)]).await?;
    Ok(Ok(until))
}

/// Ends what the caller opened by breaking the glass on a record, before its time; nothing where it has ended.
pub async fn close_glass(tx: &mut Tx, caller: &Caller<'_>, record: RecordId) -> Result<()> {
    let Some(user) = caller.by else { return Ok(()) };
    let shares = store::shares::on(tx, &[record]).await?;
    let mine = |s: &&Share| s.source == Source::BreakGlass && s.holder == Holder::User(user) && s.stands(caller.now);
    for share in shares.iter().filter(mine) {
        store::shares::remove(tx, share.id).await?;
        let detail = json!({ "with": holder_json(share.holder), "source": share.source.word(), "closed": true });
        let line = Line::new(caller.now, caller.by, Action::Unshared).record(record).subject(user.0);
        store::audit::note(tx, &[line.detail(detail)]).await?;
    }
    Ok(())
}

/// A reason without line ends and what lies beyond its length.
fn trimmed(reason: &str) -> String {
    let plain = reason.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(REASON).collect()
}

fn holder_json(holder: Holder) -> serde_json::Value {
    match holder {
        Holder::User(UserId(id)) => json!({ "user": id }),
        Holder::Team(TeamId(id)) => json!({ "team": id }),
    }
}

fn holder_id(holder: Holder) -> i64 {
    match holder {
        Holder::User(user) => user.0,
        Holder::Team(team) => team.0,
    }
}

/// The name of a holder.
pub fn holder_name(holder: Holder, caller: &Caller<'_>) -> String {
    match holder {
        Holder::User(user) => caller.name(user),
        Holder::Team(team) => caller.world.team(team).map_or_else(|| format!("team {team}"), |t| t.name.clone()),
    }
}

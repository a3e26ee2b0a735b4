//! Somebody leaves: who takes over is always answered, before they are deactivated.
//!
//! Records go with their open activities to whoever takes over, or stay on purpose, and then the
//! team's or the company's fallback answers for them. The mailbox may go on receiving: its mail
//! stands on the records as before, for whoever owns them now.

use super::actor::{Actor, Leave};
use super::choice::LONGEST_REASON;
use crate::access::Path;
use crate::model::audit::{Action, Line};
use crate::model::id::{ActivityId, RecordId, UserId};
use crate::model::record::Kind;
use crate::store::owners::{Move, Occasion};
use crate::store::{self, Tx};
use std::collections::{BTreeMap, HashMap};

/// Who takes over what a leaver owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeOver {
    /// One for all, others for some kinds.
    By {
        /// Who takes what is of no kind below; `None`: those stay.
        all: Option<UserId>,
        /// Who takes each of these kinds.
        kinds: BTreeMap<Kind, UserId>,
    },
    /// Nobody, on purpose: the records stay and go to the fallback.
    Nobody,
}

impl TakeOver {
    fn of(&self, kind: Kind) -> Option<UserId> {
        match self {
            TakeOver::By { all, kinds } => kinds.get(&kind).copied().or(*all),
            TakeOver::Nobody => None,
        }
    }

    fn people(&self) -> Vec<UserId> {
        match self {
            TakeOver::By { all, kinds } => kinds.values().copied().chain(*all).collect(),
            TakeOver::Nobody => Vec::new(),
        }
    }
}

/// How somebody leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Who.
    pub user: UserId,
    /// Who takes over.
    pub take_over: TakeOver,
    /// Whether confidential records go to them, too. Otherwise they stay. Never to whoever asks for it.
    pub with_confidential: bool,
    /// Why, in the person's words.
    pub reason: String,
}

/// Why somebody is not deactivated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// Only an admin may.
    #[error("only an admin may deactivate a user")]
    NotAdmin,
    /// There is no such user, or they are deactivated already.
    #[error("{0} is deactivated already, or there is no such user")]
    Inactive(String),
    /// Somebody named to take over cannot.
    #[error("{0} is deactivated or leaving themselves and cannot take over; name a colleague who still works here")]
    CannotTakeOver(String),
    /// An admin would lock themselves out.
    #[error("you cannot deactivate yourself; ask another admin")]
    Yourself,
    /// An admin would gain sight of what no admin reads.
    #[error(
        "confidential records of {0} cannot go to you, since you would gain sight of them; name somebody else, or ask another admin"
    )]
    TakesConfidential(String),
    /// The reason is too long.
    #[error("the reason is longer than {LONGEST_REASON} characters; shorten it")]
    LongReason,
}

/// What leaving did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// How many records went to each.
    pub given: BTreeMap<UserId, usize>,
    /// How many records stay with the leaver: confidential ones, and those nobody takes.
    pub stay: usize,
    /// How many of those are confidential: nobody reads them now but whom they are shared with.
    pub stay_confidential: usize,
    /// How many open activities went to somebody else.
    pub activities: usize,
    /// Teams whose fallback the leaver was: they have none now.
    pub teams: Vec<String>,
    /// Mailboxes of theirs, which go on receiving.
    pub mailboxes: Vec<String>,
    /// Absences in which they stand in for somebody.
    pub stands_in_for: Vec<UserId>,
}

/// Deactivates a user after giving what they own to whoever takes over. Their sessions end.
pub async fn deactivate(tx: &mut Tx, actor: &Actor<'_>, leaving: &Leaving) -> store::Result<Result<Left, No>> {
    // Of two admins who deactivate each other at once the second is none any more.
    store::people_states::hold(tx).await?;
    let still = match actor.user {
        Some(user) => store::people_states::administers(tx, user).await?,
        None => true,
    };
    if let Some(no) = objection(actor, leaving).or_else(|| (!still).then_some(No::NotAdmin)) {
        return Ok(Err(no));
    }
    let leave = Leave { by: actor.user.map(|_| Path::Admin), on_behalf_of: None };
    let mut left = Left::default();
    let mut moves: Vec<Move> = Vec::new();
    for (record, kind, confidential) in store::people_leave::owned(tx, leaving.user).await? {
        match leaving.take_over.of(kind).filter(|_| !confidential || leaving.with_confidential) {
            Some(to) => moves.push(Move { record, from: leaving.user, to }),
            None => {
                left.stay += 1;
                left.stay_confidential += usize::from(confidential);
            }
        }
    }
    let occasion =
        Occasion { how: "leaver", by: actor.user, on_behalf_of: None, handover: None, reason: &leaving.reason };
    let (made, went) = store::owners::give(tx, &moves, &occasion, actor.now).await?;
    let mut lines: Vec<Line> = Vec::new();
    for moved in &made {
        *left.given.entry(moved.to).or_default() += 1;
        let detail = serde_json::json!({ "from": moved.from, "to": moved.to, "how": "leaver" });
        lines.push(actor.line(Action::Assigned, moved.record, leave).subject(moved.to.0).detail(detail));
    }
    left.activities = went.len() + elsewhere(tx, leaving, actor).await?;
    left.teams = store::people_leave::clear_fallbacks(tx, leaving.user).await?;
    left.mailboxes = store::people_leave::mailboxes(tx, leaving.user).await?;
    let stands_in = |a: &&crate::model::absence::Absence| {
        a.substitutes().any(|s| s == leaving.user) || a.deputy == Some(leaving.user)
    };
    left.stands_in_for = actor.world.absences.iter().filter(stands_in).map(|a| a.user).collect();
    left.stands_in_for.sort();
    left.stands_in_for.dedup();
    store::people_leave::set_active(tx, leaving.user, false).await?;
    let detail = serde_json::json!({
        "what": "deactivated", "given": left.given.values().sum::<usize>(), "stay": left.stay,
    });
    let line = Line::new(actor.now, actor.user, Action::UserChanged).subject(leaving.user.0).detail(detail);
    lines.push(if actor.user.is_some() { line.by(Path::Admin.word()) } else { line });
    store::audit::note(tx, &lines).await?;
    Ok(Ok(left))
}

fn objection(actor: &Actor<'_>, leaving: &Leaving) -> Option<No> {
    if !actor.is_trusted() {
        return Some(No::NotAdmin);
    }
    if actor.user == Some(leaving.user) {
        return Some(No::Yourself);
    }
    if leaving.reason.chars().count() > LONGEST_REASON {
        return Some(No::LongReason);
    }
    if !actor.world.active(leaving.user) {
        return Some(No::Inactive(actor.name(leaving.user)));
    }
    let acting = |user: &UserId| Some(*user) == actor.user;
    if leaving.with_confidential && leaving.take_over.people().iter().any(acting) {
        return Some(No::TakesConfidential(actor.name(leaving.user)));
    }
    let cannot = |user: &UserId| *user == leaving.user || !actor.world.active(*user);
    leaving.take_over.people().into_iter().find(cannot).map(|user| No::CannotTakeOver(actor.name(user)))
}

/// The leaver's open activities on records that did not move: to whoever takes over that kind, if
/// they may read the record; else to the record's owner. Those on records that stay, stay.
async fn elsewhere(tx: &mut Tx, leaving: &Leaving, actor: &Actor<'_>) -> store::Result<usize> {
    if leaving.take_over == TakeOver::Nobody {
        return Ok(0);
    }
    let open = store::activities::open_of(tx, leaving.user).await?;
    let ids: Vec<RecordId> = open.iter().map(|(_, record, _)| *record).collect();
    let entries = store::records::load(tx, &ids).await?;
    let records: HashMap<RecordId, _> = entries.into_iter().map(|e| (e.record.id, e.record)).collect();
    let mut shares: HashMap<RecordId, Vec<_>> = HashMap::new();
    for share in store::shares::on(tx, &ids).await? {
        shares.entry(share.record).or_default().push(share);
    }
    let target = |(activity, record, owner): (ActivityId, RecordId, UserId)| {
        let record = records.get(&record)?;
        let shares = shares.get(&record.id).map_or(&[][..], Vec::as_slice);
        let reads = |user: &UserId| crate::access::may_read(*user, record, shares, actor.world, actor.now).is_some();
        let next = leaving.take_over.of(record.kind).filter(reads).unwrap_or(owner);
        (next != leaving.user && actor.world.active(next)).then_some((activity, next))
    };
    let moves: Vec<(ActivityId, UserId)> = open.into_iter().filter_map(target).collect();
    store::activities::give(tx, &moves, actor.now).await?;
    Ok(moves.len())
}

/// Lets somebody sign in and answer again. What they gave away stays where it went.
pub async fn activate(tx: &mut Tx, actor: &Actor<'_>, user: UserId) -> store::Result<Result<(), No>> {
    if !actor.is_trusted() {
        return Ok(Err(No::NotAdmin));
    }
    store::people_leave::set_active(tx, user, true).await?;
    let detail = serde_json::json!({ "what": "activated" });
    let line = Line::new(actor.now, actor.user, Action::UserChanged).subject(user.0).detail(detail);
    store::audit::note(tx, &[line]).await?;
    Ok(Ok(()))
}

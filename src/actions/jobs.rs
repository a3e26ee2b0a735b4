//! Long work, for admins (W28): runs of the rules, dry runs, hand-overs, reading again, reading history. Each kind is
//! kept and carried out in its own place; here they stand in one list, with how far they are.

use super::caller::Caller;
use crate::access::Scope;
use crate::model::handover::{Handover, State as HandoverState};
use crate::model::id::{HandoverId, UserId};
use crate::model::time::{DAY, Timestamp};
use crate::store::mailbox_settings as settings;
use crate::store::rules::trials::{self, State as TrialState};
use crate::store::rules::{self as runs, JobState};
use crate::store::{Tx, handovers, imports, rereads};
use anyhow::Result;

/// Of each kind so many are listed.
const SHOWN: i64 = 50;
/// Reading again that is done is listed for so long.
const RECENT: i64 = 7 * DAY;

/// What kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The rules over stored mail.
    Rules,
    /// A dry run of a draft.
    DryRun,
    /// Records of somebody absent.
    HandOver,
    /// Mail that matters by now is read again.
    Again,
    /// A mailbox's history is read.
    History,
    /// A CSV file is tried or imported.
    Import,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 6] = [Kind::Rules, Kind::DryRun, Kind::HandOver, Kind::Again, Kind::History, Kind::Import];

    /// The word in addresses and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Rules => "rules",
            Kind::DryRun => "dry-run",
            Kind::HandOver => "hand-over",
            Kind::Again => "read-again",
            Kind::History => "history",
            Kind::Import => "import",
        }
    }
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It is being done.
    Running,
    /// It is done.
    Done,
    /// It is on its way back.
    Undoing,
    /// It was stopped or undone.
    Ended,
    /// It could not be done.
    Failed,
}

impl State {
    /// The word in addresses and JSON.
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Done => "done",
            State::Undoing => "undoing",
            State::Ended => "ended",
            State::Failed => "failed",
        }
    }

    /// Whether somebody works on it.
    pub fn is_under_way(self) -> bool {
        matches!(self, State::Running | State::Undoing)
    }
}

/// Who began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// A user.
    User(UserId),
    /// The operator, or Standin itself.
    Standin,
}

/// A piece of long work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Job {
    /// Its kind.
    pub kind: Kind,
    /// Its number among its kind.
    pub id: i64,
    /// What it is about: a version, whose records, a mailbox, why.
    pub about: String,
    /// Who began it.
    pub by: Who,
    /// When; `None` where that is not kept.
    pub at: Option<Timestamp>,
    /// Where it stands.
    pub state: State,
    /// How many are dealt with.
    pub done: i64,
    /// How many there are.
    pub total: i64,
    /// The page that says more.
    pub page: Option<String>,
    /// Where a form asks for its end, and with which words.
    pub cancel: Option<(String, &'static str)>,
}

/// The work there is and was lately, what is under way first; `None` for anybody but admins. Hand-overs are counted
/// as far as `scope` may know.
pub async fn list(tx: &mut Tx, caller: &Caller<'_>, scope: Option<&Scope>) -> Result<Option<Vec<Job>>> {
    if !caller.administers() {
        return Ok(None);
    }
    let mut all = Vec::new();
    all.extend(runs::latest(tx, SHOWN).await?.into_iter().map(of_run));
    all.extend(trials::latest(tx, SHOWN).await?.into_iter().map(|trial| of_trial(trial, caller)));
    all.extend(of_handovers(tx, caller, scope).await?);
    all.extend(
        rereads::list_since(tx, caller.now.plus(-RECENT)).await?.into_iter().map(|again| of_again(again, caller)),
    );
    all.extend(of_history(tx).await?);
    all.extend(imports::latest(tx, SHOWN).await?.into_iter().map(of_import));
    all.sort_by_key(|job| (!job.state.is_under_way(), std::cmp::Reverse(job.at), std::cmp::Reverse(job.id)));
    Ok(Some(all))
}

fn who(user: Option<UserId>) -> Who {
    user.map_or(Who::Standin, Who::User)
}

fn of_run(run: runs::Job) -> Job {
    let state = match run.state {
        JobState::Running => State::Running,
        JobState::Done => State::Done,
        JobState::Undoing => State::Undoing,
        JobState::Undone | JobState::Cancelled => State::Ended,
    };
    let page = format!("/admin/rules/runs/{}", run.id);
    Job {
        kind: Kind::Rules,
        id: run.id.0,
        about: run.version.to_string(),
        by: who(run.by),
        at: Some(run.created_at),
        state,
        done: run.done,
        total: run.total,
        cancel: (state == State::Running).then(|| (page.clone(), "cancel")),
        page: Some(page),
    }
}

/// What a dry run says is for who asked; others learn that there is one.
fn of_trial(trial: trials::Brief, caller: &Caller<'_>) -> Job {
    let state = match trial.state {
        TrialState::Running | TrialState::Checking | TrialState::Checked => State::Running,
        TrialState::Shown | TrialState::Saved => State::Done,
        TrialState::Outdated | TrialState::Cancelled => State::Ended,
        TrialState::Failed => State::Failed,
    };
    let page = (Some(trial.user) == caller.by).then(|| format!("/admin/rules/trials/{}", trial.id));
    Job {
        kind: Kind::DryRun,
        id: trial.id.0,
        about: String::new(),
        by: Who::User(trial.user),
        at: Some(trial.created_at),
        state,
        done: trial.done,
        total: trial.total,
        cancel: page.clone().filter(|_| state == State::Running).map(|page| (page, "cancel")),
        page,
    }
}

async fn of_handovers(tx: &mut Tx, caller: &Caller<'_>, scope: Option<&Scope>) -> Result<Vec<Job>> {
    let mut found = handovers::latest(tx, None, SHOWN).await?;
    if let Some(scope) = scope {
        let ids: Vec<HandoverId> = found.iter().map(|handover| handover.id).collect();
        let known = handovers::totals_seen(tx, scope, &ids).await?;
        for each in &mut found {
            let records = || known.get(&each.id).into_iter().flatten().filter(|((what, _), _)| *what == "record");
            let left: i64 = records().filter(|((_, stage), _)| each.left().contains(stage)).map(|(_, n)| n).sum();
            let total = records().map(|(_, n)| n).sum();
            (each.total, each.done) = (total, total - left);
        }
    }
    Ok(found.into_iter().map(|handover| of_handover(&handover, caller)).collect())
}

fn of_handover(handover: &Handover, caller: &Caller<'_>) -> Job {
    let state = match handover.state {
        HandoverState::Running => State::Running,
        HandoverState::Returning | HandoverState::Undoing => State::Undoing,
        HandoverState::Done | HandoverState::Returned => State::Done,
        HandoverState::Undone | HandoverState::Cancelled => State::Ended,
    };
    let page = format!("/handovers/{}", handover.id);
    Job {
        kind: Kind::HandOver,
        id: handover.id.0,
        about: caller.name(handover.from),
        by: who(handover.by),
        at: Some(handover.created_at),
        state,
        done: handover.done,
        total: handover.total,
        cancel: (state == State::Running).then(|| (format!("{page}/cancel"), "cancel")),
        page: Some(page),
    }
}

fn of_again(again: rereads::Reread, caller: &Caller<'_>) -> Job {
    let state = if again.open > 0 { State::Running } else { State::Done };
    let whose = again.user_id.map(|user| caller.name(UserId(user))).unwrap_or_default();
    Job {
        kind: Kind::Again,
        id: again.id,
        about: if whose.is_empty() { again.why } else { format!("{} {whose}", again.why) },
        by: Who::Standin,
        at: Some(Timestamp(again.at)),
        state,
        done: again.total - again.open,
        total: again.total,
        cancel: None,
        page: None,
    }
}

fn of_import(import: imports::Import) -> Job {
    let state = match import.state.as_str() {
        "trying" | "running" => State::Running,
        "failed" => State::Failed,
        "cancelled" => State::Ended,
        _ => State::Done,
    };
    let done = if state == State::Running { 0 } else { import.total };
    Job {
        kind: Kind::Import,
        id: import.id,
        about: import.file_name,
        by: Who::User(UserId(import.user_id)),
        at: Some(Timestamp(import.created_at)),
        state,
        done,
        total: import.total,
        page: Some(format!("/admin/import/{}", import.id)),
        cancel: None,
    }
}

async fn of_history(tx: &mut Tx) -> Result<Vec<Job>> {
    let reach = settings::reach(tx).await?;
    let mut jobs = Vec::new();
    for mailbox in settings::every(tx).await?.into_iter().filter(settings::Standing::is_read) {
        let Some((_, reach)) = reach.iter().find(|(id, _)| *id == mailbox.id) else { continue };
        let left = reach.total - reach.seen;
        if left <= 0 {
            continue;
        }
        let page = format!("/admin/mailboxes/{}", mailbox.id);
        jobs.push(Job {
            kind: Kind::History,
            id: mailbox.id.0,
            about: mailbox.name,
            by: Who::Standin,
            at: None,
            state: State::Running,
            done: reach.seen,
            total: reach.total,
            cancel: Some((page.clone(), "stop-history")),
            page: Some(page),
        });
    }
    Ok(jobs)
}

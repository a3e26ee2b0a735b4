//! Dry runs of drafts that pages ask for: what was asked, how far one has come, what it said. As with
//! runs over history, a worker holds a lease; who begins again after it begins from the start.

use super::super::{Result, StoreError, Tx};
use crate::model::id::{RuleJobId, TrialId, UserId};
use crate::model::rule::Kept;
use crate::model::time::{DAY, Timestamp};

/// For how long they are kept.
const KEPT: i64 = 7 * DAY;

/// Where a dry run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Mail is being looked at.
    Running,
    /// What it says can be looked at.
    Shown,
    /// Saving was asked for: mail is looked at again.
    Checking,
    /// It was; what is to be saved may be.
    Checked,
    /// The draft is a version.
    Saved,
    /// Somebody saved another version; the draft stands on an older one.
    Outdated,
    /// Somebody stopped it.
    Cancelled,
    /// It could not be carried out.
    Failed,
}

impl State {
    /// All of them.
    pub const ALL: [State; 8] = [
        State::Running,
        State::Shown,
        State::Checking,
        State::Checked,
        State::Saved,
        State::Outdated,
        State::Cancelled,
        State::Failed,
    ];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Shown => "shown",
            State::Checking => "checking",
            State::Checked => "checked",
            State::Saved => "saved",
            State::Outdated => "outdated",
            State::Cancelled => "cancelled",
            State::Failed => "failed",
        }
    }

    /// Whether somebody has something to do, so that a page should look again.
    pub fn is_under_way(self) -> bool {
        matches!(self, State::Running | State::Checking | State::Checked)
    }
}

/// A dry run of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Its id.
    pub id: TrialId,
    /// The admin who asked.
    pub user: UserId,
    /// The version on which the draft stands.
    pub base: i64,
    /// JSON: what is done to that version.
    pub edit: String,
    /// The whole set as it would be.
    pub rules: Vec<Kept>,
    /// Where it stands.
    pub state: State,
    /// Mails to look at.
    pub total: i64,
    /// Those that were looked at.
    pub done: i64,
    /// What it said, once it has.
    pub said: Said,
    /// What is wished: nothing yet, `now`, `history`.
    pub wish: String,
    /// Why it is to be saved.
    pub note: String,
    /// The digest of what was shown when saving was asked for.
    pub seen: String,
    /// JSON: the figures that were shown then; empty before.
    pub earlier: String,
    /// The version as which it was saved.
    pub version: Option<i64>,
    /// The run over history that was begun with it.
    pub job: Option<RuleJobId>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// What a dry run said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// JSON, ids alone.
    pub report: String,
    /// JSON: the figures.
    pub figures: String,
    /// What tells it from any other.
    pub digest: String,
    /// Words of what has to be agreed to, parted by spaces.
    pub asks: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: i64,
    base: i64,
    edit: String,
    rules: String,
    state: String,
    total: i64,
    done: i64,
    report: String,
    figures: String,
    digest: String,
    asks: String,
    wish: String,
    note: String,
    seen: String,
    earlier: String,
    version: Option<i64>,
    job_id: Option<i64>,
    created_at: i64,
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "select id, user_id, base, edit, rules, state, total, done, report, figures, digest, asks, wish, note, seen, \
             earlier, version, job_id, created_at from rule_trials ",
            $rest
        )
    };
}

fn trial(row: Row) -> Result<Trial> {
    let bad = |column| StoreError::BadRow { table: "rule_trials", id: row.id, column };
    Ok(Trial {
        id: TrialId(row.id),
        user: UserId(row.user_id),
        base: row.base,
        edit: row.edit,
        rules: serde_json::from_str(&row.rules).map_err(|_| bad("rules"))?,
        state: State::ALL.into_iter().find(|state| state.word() == row.state).ok_or_else(|| bad("state"))?,
        total: row.total,
        done: row.done,
        said: Said { report: row.report, figures: row.figures, digest: row.digest, asks: row.asks },
        wish: row.wish,
        note: row.note,
        seen: row.seen,
        earlier: row.earlier,
        version: row.version,
        job: row.job_id.map(RuleJobId),
        created_at: Timestamp(row.created_at),
    })
}

/// Asks for a dry run of a draft, and throws old ones away; a worker takes it up.
pub async fn add(
    tx: &mut Tx,
    user: UserId,
    base: i64,
    edit: &str,
    rules: &[Kept],
    total: i64,
    now: Timestamp,
) -> Result<TrialId> {
    run!(tx, "delete from rule_trials where created_at < $1", now.plus(-KEPT).0)?;
    let (id,): (i64,) = one!(
        tx,
        "insert into rule_trials (user_id, base, edit, rules, state, total, created_at) \
         values ($1, $2, $3, $4, 'running', $5, $6) returning id",
        user.0,
        base,
        edit,
        serde_json::to_string(rules).unwrap_or_default(),
        total,
        now.0
    )?;
    Ok(TrialId(id))
}

/// A dry run, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Brief {
    /// Its id.
    pub id: TrialId,
    /// The admin who asked.
    pub user: UserId,
    /// Where it stands.
    pub state: State,
    /// Mails to look at.
    pub total: i64,
    /// Those that were looked at.
    pub done: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// The latest dry runs, the newest first, without what they said.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Brief>> {
    type Row = (i64, i64, String, i64, i64, i64);
    const LATEST: &str =
        "select id, user_id, state, total, done, created_at from rule_trials order by id desc limit $1";
    let rows: Vec<Row> = all!(tx, LATEST, limit)?;
    let brief = |(id, user, state, total, done, at): Row| {
        let bad = StoreError::BadRow { table: "rule_trials", id, column: "state" };
        let state = State::ALL.into_iter().find(|known| known.word() == state).ok_or(bad)?;
        let (id, user, created_at) = (TrialId(id), UserId(user), Timestamp(at));
        Ok(Brief { id, user, state, total, done, created_at })
    };
    rows.into_iter().map(brief).collect()
}

/// The dry run with this id.
pub async fn load(tx: &mut Tx, id: TrialId) -> Result<Option<Trial>> {
    let row: Option<Row> = maybe!(tx, select!("where id = $1"), id.0)?;
    row.map(trial).transpose()
}

/// The one with this id, held until the unit of work ends.
pub async fn hold(tx: &mut Tx, id: TrialId) -> Result<Option<Trial>> {
    // Touching the row holds it on PostgreSQL; on SQLite there is one writer.
    run!(tx, "update rule_trials set state = state where id = $1", id.0)?;
    load(tx, id).await
}

/// Of every mail that would change, what is kept as CSV: zstd; nothing before it is known.
pub async fn changes(tx: &mut Tx, id: TrialId) -> Result<Option<Vec<u8>>> {
    let row: Option<(Option<Vec<u8>>,)> = maybe!(tx, "select changes from rule_trials where id = $1", id.0)?;
    Ok(row.and_then(|(bytes,)| bytes))
}

/// Takes the oldest that nobody works on for `worker` until `until`.
pub async fn claim(tx: &mut Tx, worker: &str, now: Timestamp, until: Timestamp) -> Result<Option<Trial>> {
    let row: Option<(i64,)> = maybe!(
        tx,
        "update rule_trials set worker = $1, lease_until = $3, done = 0 where id = (select id from rule_trials \
         where state in ('running', 'checking') and (worker is null or lease_until <= $2) order by id limit 1) \
         and (worker is null or lease_until <= $2) returning id",
        worker,
        now.0,
        until.0
    )?;
    match row {
        Some((id,)) => load(tx, TrialId(id)).await,
        None => Ok(None),
    }
}

/// Keeps it, and notes how far it has come; false where it is not the worker's any more, or was stopped.
pub async fn advance(
    tx: &mut Tx,
    id: TrialId,
    worker: &str,
    (done, total): (i64, i64),
    until: Timestamp,
) -> Result<bool> {
    let kept = run!(
        tx,
        "update rule_trials set done = $3, total = $4, lease_until = $5 where id = $1 and worker = $2 \
         and state in ('running', 'checking')",
        id.0,
        worker,
        done,
        total,
        until.0
    )?;
    Ok(kept > 0)
}

/// Writes down what a dry run said; false where it is not the worker's any more.
pub async fn say(tx: &mut Tx, id: TrialId, worker: &str, said: &Said, changes: &[u8]) -> Result<bool> {
    let kept = run!(
        tx,
        "update rule_trials set state = case when state = 'checking' then 'checked' else 'shown' end, done = total, \
         report = $3, figures = $4, digest = $5, asks = $6, changes = $7, worker = null, lease_until = null \
         where id = $1 and worker = $2 and state in ('running', 'checking')",
        id.0,
        worker,
        said.report.as_str(),
        said.figures.as_str(),
        said.digest.as_str(),
        said.asks.as_str(),
        changes
    )?;
    Ok(kept > 0)
}

/// Another state, and nobody works on it.
pub async fn turn(tx: &mut Tx, id: TrialId, state: State) -> Result<()> {
    run!(tx, "update rule_trials set state = $2, worker = null, lease_until = null where id = $1", id.0, state.word())?;
    Ok(())
}

/// Notes that it is to be saved as it was shown; mail is looked at once more before.
pub async fn wish(tx: &mut Tx, id: TrialId, wish: &str, note: &str, seen: &str) -> Result<()> {
    run!(
        tx,
        "update rule_trials set state = 'checking', done = 0, wish = $2, note = $3, seen = $4, earlier = figures \
         where id = $1",
        id.0,
        wish,
        note,
        seen
    )?;
    Ok(())
}

/// Those that were looked at once more and are to be saved.
pub async fn checked(tx: &mut Tx) -> Result<Vec<TrialId>> {
    let rows: Vec<(i64,)> = all!(tx, "select id from rule_trials where state = 'checked' order by id")?;
    Ok(rows.into_iter().map(|(id,)| TrialId(id)).collect())
}

/// Notes as which version it was saved, and the run over history that was begun.
pub async fn saved(tx: &mut Tx, id: TrialId, version: i64, job: Option<RuleJobId>) -> Result<()> {
    run!(
        tx,
        "update rule_trials set state = 'saved', version = $2, job_id = $3 where id = $1",
        id.0,
        version,
        job.map(|j| j.0)
    )?;
    Ok(())
}

//! Runs of the rules over history, their journal, and who works on one. As with hand-overs, every
//! step of a worker begins with [`claim`], which takes or keeps the lease in the same transaction.

use super::super::{Result, StoreError, Tx, insert_many, list};
use crate::model::id::{MailId, RecordId, RuleJobId, ThreadId, UserId};
use crate::model::link::{Candidate, Link, Linking};
use crate::model::rule::Hit;
use crate::model::time::{HOUR, Timestamp};

/// For how long after it settled a run can be undone, in milliseconds.
pub const UNDO_FOR: i64 = 72 * HOUR;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Mail is being decided anew.
    Running,
    /// All of it is.
    Done,
    /// What changed is on its way back.
    Undoing,
    /// It is as it was.
    Undone,
    /// It was stopped half-way, and is as it was.
    Cancelled,
}

impl JobState {
    /// All of them.
    pub const ALL: [JobState; 5] =
        [JobState::Running, JobState::Done, JobState::Undoing, JobState::Undone, JobState::Cancelled];

    /// The word in the database and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Undoing => "undoing",
            JobState::Undone => "undone",
            JobState::Cancelled => "cancelled",
        }
    }

    fn from_word(word: &str) -> Option<JobState> {
        JobState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether a worker has something to do.
    pub fn is_under_way(self) -> bool {
        matches!(self, JobState::Running | JobState::Undoing)
    }
}

/// A run of one version over history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: RuleJobId,
    /// The version of the set.
    pub version: i64,
    /// Where it stands.
    pub state: JobState,
    /// Where that leads: done, undone or cancelled.
    pub goal: JobState,
    /// The last thread on the way there; the last mail on the way back.
    pub reached: i64,
    /// Mails to look at.
    pub total: i64,
    /// Those that were looked at.
    pub done: i64,
    /// Those that changed.
    pub changed: i64,
    /// Who began it; `None`: the operator.
    pub by: Option<UserId>,
    /// Who asked for what is under way, or was last.
    pub acting: Option<UserId>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it settled last.
    pub settled_at: Option<Timestamp>,
}

impl Job {
    /// Until when it can be undone; `None` where there is nothing to undo.
    pub fn undo_until(&self) -> Option<Timestamp> {
        self.settled_at.filter(|_| self.state == JobState::Done).map(|at| at.plus(UNDO_FOR))
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    version: i64,
    state: String,
    goal: String,
    reached: i64,
    total: i64,
    done: i64,
    changed: i64,
    by_user_id: Option<i64>,
    acting_user_id: Option<i64>,
    created_at: i64,
    settled_at: Option<i64>,
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "select id, version, state, goal, reached, total, done, changed, by_user_id, acting_user_id, created_at, \
             settled_at from rule_jobs ",
            $rest
        )
    };
}

fn job(row: Row) -> Result<Job> {
    let bad = |column| StoreError::BadRow { table: "rule_jobs", id: row.id, column };
    Ok(Job {
        id: RuleJobId(row.id),
        version: row.version,
        state: JobState::from_word(&row.state).ok_or_else(|| bad("state"))?,
        goal: JobState::from_word(&row.goal).ok_or_else(|| bad("goal"))?,
        reached: row.reached,
        total: row.total,
        done: row.done,
        changed: row.changed,
        by: row.by_user_id.map(UserId),
        acting: row.acting_user_id.map(UserId),
        created_at: Timestamp(row.created_at),
        settled_at: row.settled_at.map(Timestamp),
    })
}

/// Begins a run of `version` over `total` mails: a worker takes it up from here.
pub async fn add(tx: &mut Tx, version: i64, total: i64, by: Option<UserId>, now: Timestamp) -> Result<RuleJobId> {
    let (id,): (i64,) = one!(
        tx,
        "insert into rule_jobs (version, state, goal, total, by_user_id, acting_user_id, created_at) \
         values ($1, 'running', 'done', $2, $3, $3, $4) returning id",
        version,
        total,
        by.map(|u| u.0),
        now.0
    )?;
    Ok(RuleJobId(id))
}

/// The run with this id.
pub async fn load(tx: &mut Tx, id: RuleJobId) -> Result<Option<Job>> {
    let row: Option<Row> = maybe!(tx, select!("where id = $1"), id.0)?;
    row.map(job).transpose()
}

/// The latest run that changed a mail and was not taken back.
pub async fn that_changed(tx: &mut Tx, mail: MailId) -> Result<Option<Job>> {
    let row: Option<Row> = maybe!(
        tx,
        select!(
            "where state = 'done' and id in (select job_id from rule_job_mails where mail_id = $1) \
             order by id desc limit 1"
        ),
        mail.0
    )?;
    row.map(job).transpose()
}

/// The latest runs, the newest first.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Job>> {
    let rows: Vec<Row> = all!(tx, select!("order by id desc limit $1"), limit)?;
    rows.into_iter().map(job).collect()
}

/// The run on which somebody should work.
pub async fn under_way(tx: &mut Tx) -> Result<Option<RuleJobId>> {
    let row: Option<(i64,)> =
        maybe!(tx, "select id from rule_jobs where state in ('running', 'undoing') order by id limit 1")?;
    Ok(row.map(|(id,)| RuleJobId(id)))
}

/// Takes the run for `worker` until `until`, or keeps it. `None` where nothing is to do, or somebody
/// else works on it.
pub async fn claim(tx: &mut Tx, id: RuleJobId, worker: &str, now: Timestamp, until: Timestamp) -> Result<Option<Job>> {
    let taken = run!(
        tx,
        "update rule_jobs set worker = $2, lease_until = $4 where id = $1 and state in ('running', 'undoing') \
         and (worker is null or worker = $2 or lease_until <= $3)",
        id.0,
        worker,
        now.0,
        until.0
    )?;
    if taken == 0 {
        return Ok(None);
    }
    load(tx, id).await
}

/// Sends a run that is in `from` back; `goal` says what it will then be. False where it was in another
/// state by then.
pub async fn turn(tx: &mut Tx, id: RuleJobId, from: JobState, goal: JobState, by: Option<UserId>) -> Result<bool> {
    let turned = run!(
        tx,
        "update rule_jobs set state = 'undoing', goal = $3, reached = 0, total = changed, done = 0, acting_user_id = $4, \
         worker = null, lease_until = null where id = $1 and state = $2",
        id.0,
        from.word(),
        goal.word(),
        by.map(|u| u.0)
    )?;
    Ok(turned > 0)
}

/// Notes how far it has come, that `more` mails were looked at, and that `changed` of them changed.
pub async fn advance(tx: &mut Tx, id: RuleJobId, reached: i64, more: i64, changed: i64) -> Result<()> {
    run!(
        tx,
        "update rule_jobs set reached = $2, done = done + $3, changed = changed + $4 where id = $1",
        id.0,
        reached,
        more,
        changed
    )?;
    Ok(())
}

/// Ends what was under way.
pub async fn settle(tx: &mut Tx, id: RuleJobId, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "update rule_jobs set state = goal, settled_at = $2, worker = null, lease_until = null where id = $1",
        id.0,
        now.0
    )?;
    Ok(())
}

/// How a mail stood before a run changed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// The mail.
    pub mail: MailId,
    /// What it was linked to.
    pub linking: Linking,
    /// What the rules had said.
    pub rules: Vec<Hit>,
    /// The version of the set that had said it; 0 if nothing was said.
    pub set_version: i64,
}

/// Adds to the journal; what stands there already stays. Gives how many it did not hold.
pub async fn journal(tx: &mut Tx, id: RuleJobId, mails: &[Before]) -> Result<i64> {
    let held = journalled(tx, id, mails).await?;
    let json = |value: serde_json::Result<String>| value.unwrap_or_else(|_| "[]".to_owned());
    let rows = mails.iter().map(|before| {
        let nothing: (Option<RecordId>, &[Link]) = (None, &[]);
        let (word, (regarding, links), candidates): (_, _, &[Candidate]) = match &before.linking {
            Linking::Linked { regarding, links, candidates } => ("linked", (*regarding, links.as_slice()), candidates),
            Linking::Review(candidates) => ("review", nothing, candidates),
            Linking::Unmatched => ("review", nothing, &[]),
        };
        vec![
            id.0.into(),
            before.mail.0.into(),
            word.into(),
            regarding.map(|r| r.0).into(),
            json(serde_json::to_string(candidates)).into(),
            json(serde_json::to_string(links)).into(),
            json(serde_json::to_string(&before.rules)).into(),
            before.set_version.into(),
        ]
    });
    let into = "rule_job_mails (job_id, mail_id, linking, regarding_id, candidates, links, rules, set_version)";
    insert_many(tx, into, "on conflict (job_id, mail_id) do nothing", rows.collect()).await?;
    Ok(i64::try_from(mails.len()).unwrap_or(0) - held)
}

/// How many of these mails stand in the journal.
async fn journalled(tx: &mut Tx, id: RuleJobId, mails: &[Before]) -> Result<i64> {
    let (held,): (i64,) = one!(
        tx,
        "select count(*) from rule_job_mails \
         where job_id = $1 and mail_id in (select cast(value as bigint) from json_each($2))",
        id.0,
        list(mails.iter().map(|before| before.mail.0))
    )?;
    Ok(held)
}

type BeforeRow = (i64, String, Option<i64>, String, String, String, i64);

/// The journal after the mail `after`, at most `limit` mails, in order of their ids.
pub async fn before(tx: &mut Tx, id: RuleJobId, after: MailId, limit: i64) -> Result<Vec<Before>> {
    let rows: Vec<BeforeRow> = all!(
        tx,
        "select mail_id, linking, regarding_id, candidates, links, rules, set_version from rule_job_mails \
         where job_id = $1 and mail_id > $2 order by mail_id limit $3",
        id.0,
        after.0,
        limit
    )?;
    rows.into_iter().map(one_before).collect()
}

/// The journal of one mail.
pub async fn before_by(tx: &mut Tx, id: RuleJobId, mail: MailId) -> Result<Option<Before>> {
    let row: Option<BeforeRow> = maybe!(
        tx,
        "select mail_id, linking, regarding_id, candidates, links, rules, set_version from rule_job_mails \
         where job_id = $1 and mail_id = $2",
        id.0,
        mail.0
    )?;
    row.map(one_before).transpose()
}

/// The journal of the mails of these threads.
pub async fn before_of(tx: &mut Tx, id: RuleJobId, threads: &[ThreadId]) -> Result<Vec<Before>> {
    let rows: Vec<BeforeRow> = all!(
        tx,
        "select j.mail_id, j.linking, j.regarding_id, j.candidates, j.links, j.rules, j.set_version \
         from mails m join rule_job_mails j on j.mail_id = m.id and j.job_id = $1 \
         where m.thread_id in (select cast(value as bigint) from json_each($2)) order by j.mail_id",
        id.0,
        list(threads.iter().map(|t| t.0))
    )?;
    rows.into_iter().map(one_before).collect()
}

fn one_before((mail, word, regarding, candidates, links, rules, set_version): BeforeRow) -> Result<Before> {
    let bad = |column| StoreError::BadRow { table: "rule_job_mails", id: mail, column };
    let candidates: Vec<Candidate> = serde_json::from_str(&candidates).map_err(|_| bad("candidates"))?;
    let links: Vec<Link> = serde_json::from_str(&links).map_err(|_| bad("links"))?;
    let linking = match word.as_str() {
        "linked" => Linking::Linked { regarding: regarding.map(RecordId), links, candidates },
        _ => Linking::Review(candidates),
    };
    let rules = serde_json::from_str(&rules).map_err(|_| bad("rules"))?;
    Ok(Before { mail: MailId(mail), linking, rules, set_version })
}

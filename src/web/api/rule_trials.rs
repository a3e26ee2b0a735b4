//! Dry runs of changes to the rules, saving what one showed, and runs over stored mail. A dry run is work for a
//! worker: it is asked for here, looked at until it is done, and saved exactly as it was shown.

use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing};
use super::bearer::Administers;
use super::once::Once;
use super::problem::Problem;
use super::rule_shapes::{EditBody, refused};
use super::rules::DifferenceView;
use super::shapes::{List, Who};
use crate::actions::caller::Caller;
use crate::actions::rules::{self, Agreed, differences};
use crate::intake::replay::{Changed, Group, Report, Standing};
use crate::model::id::{RuleJobId, TrialId, UserId};
use crate::model::time::Timestamp;
use crate::store;
use crate::store::rules::trials::{State, Trial};
use crate::store::rules::{Job, JobState};
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Runs that the list gives.
const RUNS: i64 = 50;

/// How many mails somebody gains or loses sight of, or whose records they concern.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MessageCount)]
pub(in super::super) struct PeopleView {
    /// Who.
    pub user: Who,
    /// How many mails.
    pub messages: i64,
}

/// Where a mail stands: records by their ids. What they are called is read at their addresses, by who may.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Standing)]
pub(in super::super) struct StandingView {
    /// What it regards.
    pub regarding_id: Option<i64>,
    /// On which records it stands.
    pub on: Vec<i64>,
    /// Between which it is left to a person.
    pub candidates: Vec<i64>,
    /// Whether it is marked confidential.
    pub confidential: bool,
}

/// A mail that would change.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TrialSample)]
pub(in super::super) struct SampleView {
    /// The mail.
    pub message_id: i64,
    /// Where it stands.
    pub before: StandingView,
    /// Where it would stand.
    pub after: StandingView,
    /// The rules that say something of it; none where it follows its thread.
    pub rule_ids: Vec<i64>,
}

/// Mails that would change in one way.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TrialGroup)]
pub(in super::super) struct GroupView {
    /// newly-linked, moved, lost, ambiguous, confidential, not-confidential or against-a-person.
    pub group: &'static str,
    /// How many.
    pub count: i64,
    /// Whose records they concern.
    pub owners: Vec<PeopleView>,
    /// The first of them.
    pub samples: Vec<SampleView>,
}

/// How many mails a rule fits.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RuleFit)]
pub(in super::super) struct FitView {
    /// The rule.
    pub rule_id: i64,
    /// How many mails.
    pub messages: i64,
}

/// What a dry run says.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TrialSaid)]
pub(in super::super) struct SaidView {
    /// Stands for exactly this: sent as `seen` to save it.
    pub digest: String,
    /// Words that have to be agreed to: everything, exposed, against.
    pub asks: Vec<String>,
    /// Mails that were looked at.
    pub messages: i64,
    /// Copies that are known and not stored: what the rules would say of them is not known.
    pub unstored: i64,
    /// The ways in which mails would change.
    pub groups: Vec<GroupView>,
    /// Who would see more mail.
    pub gain: Vec<PeopleView>,
    /// Who would see less.
    pub lose: Vec<PeopleView>,
    /// Confidential mails of which somebody would gain sight.
    pub exposed: i64,
    /// How many mails each rule fits.
    pub fits: Vec<FitView>,
}

/// A dry run of a change to the rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RuleTrial)]
pub(in super::super) struct TrialView {
    /// Its id.
    pub id: i64,
    /// running, shown, checking, checked, saved, outdated, cancelled or failed.
    pub state: &'static str,
    /// Mails that were looked at so far.
    pub done: i64,
    /// Mails that there are.
    pub total: i64,
    /// The version on which the change stands.
    pub base: i64,
    /// What differs from it.
    pub changes: Vec<DifferenceView>,
    /// What it says, once it is done.
    pub said: Option<SaidView>,
    /// As which version it was saved.
    pub version: Option<i64>,
    /// The run over stored mail that was begun.
    pub run_id: Option<i64>,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// What is agreed to where a dry run is saved.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TrialSave)]
pub(in super::super) struct Save {
    /// The digest of what it said.
    seen: String,
    /// The words that it asks for.
    #[serde(default)]
    agree: Vec<String>,
    /// To stored mail too, not merely from now on.
    #[serde(default)]
    history: bool,
    /// Why, for the history of the rules.
    #[serde(default)]
    note: String,
}

/// A run of the rules over stored mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RuleRun)]
pub(in super::super) struct RunView {
    /// Its id.
    pub id: i64,
    /// The version that it applies.
    pub version: i64,
    /// running, done, undoing, undone or cancelled.
    pub state: &'static str,
    /// Mails that were dealt with.
    pub done: i64,
    /// Mails that there are.
    pub total: i64,
    /// Mails that changed.
    pub changed: i64,
    /// Who asked for it; null for the operator.
    pub by: Option<Who>,
    /// When.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Until when it can be undone.
    #[schema(format = DateTime)]
    pub undo_until: Option<String>,
}

/// Every mail that would change.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TrialChanges)]
pub(in super::super) struct ChangesView {
    /// A line for each, with the names of the columns first.
    csv: String,
}

fn standing(standing: &Standing) -> StandingView {
    StandingView {
        regarding_id: standing.regarding.map(|id| id.0),
        on: standing.on().into_iter().map(|id| id.0).collect(),
        candidates: standing.candidates.iter().map(|id| id.0).collect(),
        confidential: standing.sealed,
    }
}

fn sample(change: &Changed) -> SampleView {
    SampleView {
        message_id: change.mail.0,
        before: standing(&change.before),
        after: standing(&change.after),
        rule_ids: change.rules.iter().map(|id| id.0).collect(),
    }
}

fn said(trial: &Trial, visit: &Visit) -> Result<SaidView, Problem> {
    let report: Report = serde_json::from_str(&trial.said.report)?;
    let people = |counts: &BTreeMap<UserId, i64>| -> Vec<PeopleView> {
        counts.iter().map(|(user, n)| PeopleView { user: Who::of(*user, visit), messages: *n }).collect()
    };
    let group = |group: Group| {
        let tally = report.groups.get(&group).cloned().unwrap_or_default();
        GroupView {
            group: group.word(),
            count: tally.count,
            owners: people(&tally.owners),
            samples: tally.samples.iter().map(sample).collect(),
        }
    };
    let mut fits: Vec<FitView> = report.fits.iter().map(|(id, n)| FitView { rule_id: id.0, messages: *n }).collect();
    fits.sort_by_key(|fit| fit.rule_id);
    Ok(SaidView {
        digest: trial.said.digest.clone(),
        asks: trial.said.asks.split_whitespace().map(str::to_owned).collect(),
        messages: report.mails,
        unstored: report.unstored,
        groups: Group::ALL.map(group).into_iter().collect(),
        gain: people(&report.gains),
        lose: people(&report.loses),
        exposed: report.exposed,
        fits,
    })
}

async fn look(visit: &mut Visit, id: TrialId) -> Result<TrialView, Problem> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let trial = rules::trial(&mut visit.tx, &caller, id).await?.map_err(|no| refused(&no))?;
    let before = store::rules::at(&mut visit.tx, trial.base).await?;
    let said = match trial.state {
        State::Shown => Some(said(&trial, visit)?),
        _ => None,
    };
    Ok(TrialView {
        id: id.0,
        state: trial.state.word(),
        done: trial.done,
        total: trial.total,
        base: trial.base,
        changes: differences(&before, &trial.rules).into_iter().map(DifferenceView::from).collect(),
        said,
        version: trial.version,
        run_id: trial.job.map(|job| job.0),
        created_at: trial.created_at.rfc3339(),
    })
}

/// Commits, and answers with how it stands.
async fn accepted(mut visit: Visit, id: TrialId) -> Result<Response, Problem> {
    let view = look(&mut visit, id).await?;
    visit.tx.commit().await?;
    let place = format!("/api/v1/rules/trials/{id}");
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(view)).into_response())
}

/// Asks for the dry run of a change: what it would do to stored mail. Look at it until its state is `shown`; then save it.
#[utoipa::path(
    post, path = "/api/v1/rules/trials", tag = "rules", params(("Idempotency-Key" = Option<String>, Header)), request_body = EditBody,
    responses((status = 202, body = TrialView, headers(("Location" = String)))), security(("token" = ["admin"]))
)]
pub(in super::super) async fn begin(
    doing: Doing<Administers>,
    headers: HeaderMap,
    body: Body<EditBody>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), "POST rules/trials", &body.bytes)?;
    let edit = body.value.edit()?;
    let mut visit = doing.begin_short().await?;
    if let Some(made) = once.begin(&mut visit.tx).await? {
        return accepted(visit, TrialId(made.parse()?)).await;
    }
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let id = rules::try_out(&mut visit.tx, &caller, &edit).await?.map_err(|no| refused(&no))?;
    once.made(&mut visit.tx, &id.to_string()).await?;
    accepted(visit, id).await
}

/// A dry run of the token's owner: how far it is, and what it says.
#[utoipa::path(
    get, path = "/api/v1/rules/trials/{id}", tag = "rules", params(("id" = i64, Path)),
    responses((status = 200, body = TrialView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn one(
    mut asking: Asking<Administers>,
    At(id): At<i64>,
) -> Result<Json<TrialView>, Problem> {
    Ok(Json(look(&mut asking.visit, TrialId(id)).await?))
}

/// Every mail that would change by a dry run of the token's owner, as CSV. Mail that they do not read keeps its row and
/// loses its number.
#[utoipa::path(
    get, path = "/api/v1/rules/trials/{id}/changes", tag = "rules", params(("id" = i64, Path)),
    responses((status = 200, body = ChangesView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn changes(
    mut asking: Asking<Administers>,
    At(id): At<i64>,
) -> Result<Json<ChangesView>, Problem> {
    let (visit, id) = (&mut asking.visit, TrialId(id));
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    rules::trial(&mut visit.tx, &caller, id).await?.map_err(|no| refused(&no))?;
    let csv = super::super::rule_trial::changes_of(visit, id).await.map_err(Problem::of)?;
    Ok(Json(ChangesView { csv }))
}

/// Saves what a dry run showed. Mail is looked at once more; where that says something else, nothing is saved and the
/// dry run is `shown` with it.
#[utoipa::path(
    post, path = "/api/v1/rules/trials/{id}/save", tag = "rules", params(("id" = i64, Path)), request_body = Save,
    responses((status = 202, body = TrialView, headers(("Location" = String)))), security(("token" = ["admin"]))
)]
pub(in super::super) async fn save(
    doing: Doing<Administers>,
    At(id): At<i64>,
    body: Body<Save>,
) -> Result<Response, Problem> {
    let Save { seen, agree, history, note } = body.value;
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let agreed = Agreed { seen, words: agree, history, note };
    let done = rules::save_trial(&mut visit.tx, &caller, TrialId(id), &agreed).await?;
    done.map_err(|no| refused(&no))?;
    accepted(visit, TrialId(id)).await
}

/// Stops a dry run, or throws away what it said.
#[utoipa::path(
    post, path = "/api/v1/rules/trials/{id}/cancel", tag = "rules", params(("id" = i64, Path)),
    responses((status = 202, body = TrialView, headers(("Location" = String)))), security(("token" = ["admin"]))
)]
pub(in super::super) async fn cancel(doing: Doing<Administers>, At(id): At<i64>) -> Result<Response, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    rules::cancel_trial(&mut visit.tx, &caller, TrialId(id)).await?.map_err(|no| refused(&no))?;
    accepted(visit, TrialId(id)).await
}

/// The same change once more, to the rules as they are now: another dry run.
#[utoipa::path(
    post, path = "/api/v1/rules/trials/{id}/again", tag = "rules", params(("id" = i64, Path)),
    responses((status = 202, body = TrialView, headers(("Location" = String)))), security(("token" = ["admin"]))
)]
pub(in super::super) async fn again(doing: Doing<Administers>, At(id): At<i64>) -> Result<Response, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let id = rules::again(&mut visit.tx, &caller, TrialId(id)).await?.map_err(|no| refused(&no))?;
    accepted(visit, id).await
}

fn run_view(job: &Job, visit: &Visit) -> RunView {
    let until = job.undo_until().filter(|until| job.state == JobState::Done && visit.clock.now <= *until);
    RunView {
        id: job.id.0,
        version: job.version,
        state: job.state.word(),
        done: job.done,
        total: job.total,
        changed: job.changed,
        by: job.by.map(|by| Who::of(by, visit)),
        created_at: job.created_at.rfc3339(),
        undo_until: until.map(Timestamp::rfc3339),
    }
}

/// Runs of the rules over stored mail, the latest first.
#[utoipa::path(
    get, path = "/api/v1/rules/runs", tag = "rules", responses((status = 200, body = List<RunView>)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn runs(mut asking: Asking<Administers>) -> Result<Json<List<RunView>>, Problem> {
    let visit = &mut asking.visit;
    let all = store::rules::latest(&mut visit.tx, RUNS).await?;
    Ok(Json(List { items: all.iter().map(|job| run_view(job, visit)).collect(), next: None }))
}

/// A run of the rules over stored mail.
#[utoipa::path(
    get, path = "/api/v1/rules/runs/{id}", tag = "rules", params(("id" = i64, Path)),
    responses((status = 200, body = RunView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn run(mut asking: Asking<Administers>, At(id): At<i64>) -> Result<Json<RunView>, Problem> {
    let visit = &mut asking.visit;
    let job = store::rules::load(&mut visit.tx, RuleJobId(id)).await?.ok_or(Problem::NotFound)?;
    Ok(Json(run_view(&job, visit)))
}

async fn turned(doing: &Doing<Administers>, id: i64, undo: bool) -> Result<Response, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let done = match undo {
        true => rules::undo(&mut visit.tx, &caller, RuleJobId(id)).await?,
        false => rules::cancel(&mut visit.tx, &caller, RuleJobId(id)).await?,
    };
    done.map_err(|no| refused(&no))?;
    let job = store::rules::load(&mut visit.tx, RuleJobId(id)).await?.ok_or(Problem::NotFound)?;
    let view = run_view(&job, &visit);
    visit.tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// Stops a run over stored mail; what it changed goes back.
#[utoipa::path(
    post, path = "/api/v1/rules/runs/{id}/cancel", tag = "rules", params(("id" = i64, Path)),
    responses((status = 202, body = RunView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn cancel_run(doing: Doing<Administers>, At(id): At<i64>) -> Result<Response, Problem> {
    turned(&doing, id, false).await
}

/// Undoes a run over stored mail that is done, for 72 hours.
#[utoipa::path(
    post, path = "/api/v1/rules/runs/{id}/undo", tag = "rules", params(("id" = i64, Path)),
    responses((status = 202, body = RunView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn undo_run(doing: Doing<Administers>, At(id): At<i64>) -> Result<Response, Problem> {
    turned(&doing, id, true).await
}

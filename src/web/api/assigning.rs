//! Giving a record to somebody: for good, or for a step after which it comes back; and whose it was before.

use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing, actor};
use super::bearer::{Reads, Writes};
use super::problem::Problem;
use super::shapes::{List, Who};
use crate::access::World;
use crate::actions::assign::{self, Assign, Outcome};
use crate::actions::choice::{LeftOut, Objection, Selection, Why};
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;
use crate::store::owners::{self, Change};
use crate::store::views;
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// To whom a record is to go.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssignInput)]
pub(super) struct Input {
    /// The new owner: a user's id.
    pub to_id: i64,
    /// For a step: who has it now goes on reading it until it comes back or the step is closed.
    #[serde(default)]
    pub step: bool,
    /// Why; kept in the record's history.
    #[serde(default)]
    pub reason: String,
}

impl Input {
    /// What is wanted, of a user who is there.
    pub fn wanted(self, world: &World) -> Result<Assign, Problem> {
        let to = user("to_id", self.to_id, world)?;
        Ok(Assign { to, step: self.step, reason: self.reason })
    }
}

/// A user who is there.
pub(super) fn user(field: &str, id: i64, world: &World) -> Result<UserId, Problem> {
    let found = world.person(UserId(id)).map(|person| person.id);
    found.ok_or_else(|| Problem::field(field, "there is no such user; GET /api/v1/users lists them"))
}

/// What came of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Assigned)]
pub(in super::super) struct AssignedView {
    /// Whose the record is now.
    pub owner: Who,
    /// How many open activities went along.
    pub activities: usize,
}

/// What is to be done about a record that is out for a step.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Do {
    /// It goes back to who assigned it onward last.
    Back,
    /// Who assigned it onward reads it no more by that.
    Close,
}

/// What is to be done about a record that is out for a step.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StepInput)]
pub(in super::super) struct Step {
    #[serde(rename = "do")]
    #[schema(inline)]
    what: Do,
    /// Why; kept in the record's history.
    #[serde(default)]
    reason: String,
}

/// Why a record was left out, as a problem.
fn because(why: &Why) -> Problem {
    match why {
        Why::NotThere => Problem::NotFound,
        Why::MayNotAssign | Why::MayNotShare | Why::TooMuch | Why::NotGiven => Problem::MayNot(why.to_string()),
        other => Problem::Declined(other.to_string()),
    }
}

/// Why nothing at all can be done, as a problem.
pub(super) fn objected(objection: &Objection) -> Problem {
    match objection {
        Objection::Inactive(_) => Problem::field("to_id", objection.to_string()),
        Objection::LongReason => Problem::field("reason", objection.to_string()),
        Objection::BadRole => Problem::field("role", objection.to_string()),
        other => Problem::Declined(other.to_string()),
    }
}

/// What came of one record.
fn came(outcome: Result<Outcome, Objection>, visit: &Visit) -> Result<AssignedView, Problem> {
    let outcome = outcome.map_err(|no| objected(&no))?;
    if let Some(LeftOut { why, .. }) = outcome.left_out.first() {
        return Err(because(why));
    }
    let owner = outcome.moved.first().ok_or(Problem::NotFound)?.to;
    Ok(AssignedView { owner: Who::of(owner, visit), activities: outcome.activities })
}

/// Gives a record to somebody else, with its open activities. Its mail follows.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/assign", tag = "records", params(("id" = i64, Path)), request_body = Input,
    responses((status = 200, body = AssignedView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn assign(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Input>,
) -> Result<Json<AssignedView>, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let wanted = body.value.wanted(&world)?;
    let actor = actor(&mut visit, &world).await?;
    let chosen = Selection::Ids(vec![RecordId(id)]);
    let outcome = assign::assign(&mut visit.tx, &actor, &chosen, &wanted).await?;
    let view = came(outcome, &visit)?;
    visit.tx.commit().await?;
    Ok(Json(view))
}

/// Gives a record back that was assigned for a step, or closes its steps.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/step", tag = "records", params(("id" = i64, Path)), request_body = Step,
    responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn step(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Step>,
) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    let record = RecordId(id);
    match body.value.what {
        Do::Back => {
            let outcome = assign::give_back(&mut visit.tx, &actor, record, &body.value.reason).await?;
            came(outcome, &visit)?;
        }
        Do::Close => {
            assign::close_step(&mut visit.tx, &actor, record).await?.map_err(|why| because(&why))?;
        }
    }
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A change of owner.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OwnerChange)]
pub(in super::super) struct OwnerView {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Whose it was; null where the record was made.
    pub from: Option<Who>,
    /// Whose it became.
    pub to: Who,
    /// Who did it; null for Standin itself and the operator.
    pub by: Option<Who>,
    /// For whom they did it, where they stood in.
    pub on_behalf_of: Option<Who>,
    /// import, create, assign, step, step-back, hand-over, incoming, return, undo, leaver or merge. More may come.
    pub how: String,
    /// Why, in words.
    pub reason: String,
}

/// Whose a record was, and by whom it changed, as its page shows it.
#[utoipa::path(
    get, path = "/api/v1/records/{id}/owners", tag = "records", params(("id" = i64, Path)),
    responses((status = 200, body = List<OwnerView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn owners(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
) -> Result<Json<List<OwnerView>>, Problem> {
    let visit = &mut asking.visit;
    let record = RecordId(id);
    views::head(&mut visit.tx, &visit.scope, record).await?.ok_or(Problem::NotFound)?;
    let all = owners::history(&mut visit.tx, record).await?;
    let who = |id: Option<i64>| id.map(|id| Who::of(UserId(id), visit));
    let item = |change: Change| OwnerView {
        at: Timestamp(change.at).rfc3339(),
        from: who(change.from_user_id),
        to: Who::of(UserId(change.to_user_id), visit),
        by: who(change.by_user_id),
        on_behalf_of: who(change.for_user_id),
        reason: if change.from_user_id.is_some() { change.reason } else { String::new() },
        how: change.how,
    };
    Ok(Json(List { items: all.into_iter().map(item).collect(), next: None }))
}

//! Changes to many records: what one would do is worked out and kept first; a run carries out that and nothing else.

use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing, actor};
use super::assigning::{self, objected, user};
use super::bearer::{Reads, Writes};
use super::once::Once;
use super::problem::Problem;
use super::records::StatusWord;
use super::shapes::{KindWord, Who};
use crate::actions::actor::Actor;
use crate::actions::bulk::{self, Change, Looked};
use crate::actions::choice::{LeftOut, MOST, Objection, Selection, Why};
use crate::actions::managers;
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::{Class, Kind, Status};
use crate::store::selection::Filter;
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Records, and those left out, that an answer names.
const SHOWN: usize = 200;

/// A class of accounts.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub(super) enum ClassWord {
    /// The most important.
    A,
    /// The next.
    B,
    /// The next.
    C,
    /// The rest.
    D,
}

/// Records by what they are.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BulkMatching)]
pub(super) struct Matching {
    /// Of this kind.
    kind: Option<KindWord>,
    /// Of this owner: a user's id.
    owner_id: Option<i64>,
    /// Of this class, or of an account that is.
    #[schema(inline)]
    class: Option<ClassWord>,
    /// Of this team: its id.
    team_id: Option<i64>,
    /// This account, its contacts and opportunities.
    account_id: Option<i64>,
    /// That stand so.
    status: Option<StatusWord>,
}

/// A manager of accounts, by role.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagerInput)]
pub(super) struct Manager {
    /// The manager: a user's id.
    user_id: i64,
    /// sales, service, marketing, or a role of your own.
    role: String,
    /// Whether they may change the account, beside reading it.
    #[serde(default = "yes")]
    write: bool,
}

fn yes() -> bool {
    true
}

/// What is to be done with many records. Name exactly one of `record_ids` and `matching`, and exactly one of `assign`,
/// `append_manager` and `remove_manager`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BulkInput)]
pub(in super::super) struct Input {
    /// These records.
    record_ids: Option<Vec<i64>>,
    /// All that match, of those that may be named by the owner of the token.
    matching: Option<Matching>,
    /// Gives them to somebody.
    assign: Option<assigning::Input>,
    /// Makes somebody a manager of them.
    append_manager: Option<Manager>,
    /// Takes that away from somebody.
    remove_manager: Option<Manager>,
}

/// A record that is left alone, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LeftOut)]
pub(in super::super) struct LeftOutView {
    /// The record.
    pub record_id: i64,
    /// Its name, if the owner of the token may know it.
    pub name: Option<String>,
    /// Why.
    pub why: String,
}

/// Of how many records somebody gains or loses sight.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SightCount)]
pub(in super::super) struct SightView {
    /// Who.
    pub user: Who,
    /// Of how many.
    pub records: usize,
}

/// A change to many records: what it would do, or what came of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Bulk)]
pub(in super::super) struct BulkView {
    /// Its number, by which it is run.
    pub id: i64,
    /// Whether it was carried out.
    pub done: bool,
    /// assign, append-manager or remove-manager.
    pub what: &'static str,
    /// The new owner, or the manager.
    pub user: Who,
    /// How many records would change, or did.
    pub count: usize,
    /// How many open activities go along, or went.
    pub activities: i64,
    /// Who would gain sight.
    pub gain: Vec<SightView>,
    /// Who would lose sight.
    pub lose: Vec<SightView>,
    /// The first 200 records that it is about.
    pub record_ids: Vec<i64>,
    /// How many are left alone.
    pub left_out_count: usize,
    /// The first 200 of these.
    pub left_out: Vec<LeftOutView>,
}

impl Input {
    fn change(&self, visit: &Visit) -> Result<Change, Problem> {
        let managers = |given: &Manager, append: bool| -> Result<Change, Problem> {
            let role = managers::role(&given.role).map_err(|no| objected(&no))?;
            let user = user("user_id", given.user_id, &visit.world)?;
            Ok(Change::Managers(managers::Change { append, user, role, write: given.write }))
        };
        match (&self.assign, &self.append_manager, &self.remove_manager) {
            (Some(assign), None, None) => Ok(Change::Assign(assign.clone().wanted(&visit.world)?)),
            (None, Some(given), None) => managers(given, true),
            (None, None, Some(given)) => managers(given, false),
            _ => Err(Problem::field("assign", "name one of assign, append_manager and remove_manager")),
        }
    }

    async fn selection(&self, visit: &mut Visit, actor: &Actor<'_>) -> Result<Selection, Problem> {
        let matching = match (&self.record_ids, &self.matching) {
            (Some(ids), None) if ids.len() > MOST => return Err(objected(&Objection::TooMany)),
            (Some(ids), None) => return Ok(Selection::Ids(ids.iter().map(|id| RecordId(*id)).collect())),
            (None, Some(matching)) => matching.clone(),
            _ => return Err(Problem::field("record_ids", "name record_ids or matching, and only one of them")),
        };
        let account = matching.account_id.map(RecordId);
        // What somebody may not name chooses nothing, not even their own records beside it.
        if let Some(id) = account
            && !actor.named(&mut visit.tx, &[id]).await?.missing.is_empty()
        {
            return Err(objected(&Objection::Nothing));
        }
        Ok(Selection::Matching(Filter {
            kind: matching.kind.map(Kind::from),
            owner: matching.owner_id.map(UserId),
            class: matching.class.map(|class| match class {
                ClassWord::A => Class::A,
                ClassWord::B => Class::B,
                ClassWord::C => Class::C,
                ClassWord::D => Class::D,
            }),
            team: matching.team_id.map(TeamId),
            account,
            status: matching.status.map(Status::from),
        }))
    }
}

fn left_out(all: &[LeftOut]) -> Vec<LeftOutView> {
    let view = |one: &LeftOut| LeftOutView {
        record_id: one.record.0,
        name: one.name.clone().filter(|_| one.why != Why::NotThere),
        why: one.why.to_string(),
    };
    all.iter().take(SHOWN).map(view).collect()
}

fn view(id: i64, looked: &Looked, visit: &Visit) -> BulkView {
    let (what, user) = match &looked.change {
        Change::Assign(wanted) => ("assign", wanted.to),
        Change::Managers(change) if change.append => ("append-manager", change.user),
        Change::Managers(change) => ("remove-manager", change.user),
    };
    let count = match &looked.assign {
        Some(plan) => plan.ready.len(),
        None if looked.done => looked.outcome.changed,
        None => looked.records.len(),
    };
    let activities = match &looked.assign {
        Some(plan) => plan.activities,
        None => i64::try_from(looked.outcome.activities).unwrap_or(0),
    };
    let sight = |counts: Option<&BTreeMap<UserId, usize>>| {
        let all = counts.into_iter().flatten();
        all.map(|(user, n)| SightView { user: Who::of(*user, visit), records: *n }).collect()
    };
    let shift = looked.assign.as_ref().map(|plan| &plan.shift);
    BulkView {
        id,
        done: looked.done,
        what,
        user: Who::of(user, visit),
        count,
        activities,
        gain: sight(shift.map(|shift| &shift.gain)),
        lose: sight(shift.map(|shift| &shift.lose)),
        record_ids: looked.records.iter().take(SHOWN).map(|record| record.id.0).collect(),
        left_out_count: looked.outcome.left_out.len(),
        left_out: left_out(&looked.outcome.left_out),
    }
}

async fn look(visit: &mut Visit, id: i64) -> Result<BulkView, Problem> {
    let world = visit.world.clone();
    let actor = actor(visit, &world).await?;
    let looked = bulk::look(&mut visit.tx, &actor, id).await?.ok_or(Problem::NotFound)?;
    Ok(view(id, &looked, visit))
}

/// Works out what a change to many records would do, and keeps it: running it carries out that and nothing else.
#[utoipa::path(
    post, path = "/api/v1/bulk", tag = "bulk", params(("Idempotency-Key" = Option<String>, Header)), request_body = Input,
    responses((status = 201, body = BulkView, headers(("Location" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn preview(
    doing: Doing<Writes>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), "POST bulk", &body.bytes)?;
    let mut visit = doing.begin_short().await?;
    let number = match once.begin(&mut visit.tx).await? {
        Some(made) => made.parse()?,
        None => {
            let world = visit.world.clone();
            let actor = actor(&mut visit, &world).await?;
            let change = body.value.change(&visit)?;
            let selection = body.value.selection(&mut visit, &actor).await?;
            let shown = bulk::preview(&mut visit.tx, &actor, &selection, &change).await?.map_err(|no| objected(&no))?;
            once.made(&mut visit.tx, &shown.number.to_string()).await?;
            shown.number
        }
    };
    let view = look(&mut visit, number).await?;
    visit.tx.commit().await?;
    let place = format!("/api/v1/bulk/{number}");
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(view)).into_response())
}

/// A change to many records that the owner of the token looked at: what it would do now, or what came of it.
#[utoipa::path(
    get, path = "/api/v1/bulk/{id}", tag = "bulk", params(("id" = i64, Path)),
    responses((status = 200, body = BulkView)), security(("token" = ["read"]))
)]
pub(in super::super) async fn one(mut asking: Asking<Reads>, At(id): At<i64>) -> Result<Json<BulkView>, Problem> {
    Ok(Json(look(&mut asking.visit, id).await?))
}

/// Carries out a change to many records as it was worked out. A record that changed owner since is left alone and
/// named. Once: asked again it says what came of it.
#[utoipa::path(
    post, path = "/api/v1/bulk/{id}/run", tag = "bulk", params(("id" = i64, Path)),
    responses((status = 200, body = BulkView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn run(doing: Doing<Writes>, At(id): At<i64>) -> Result<Json<BulkView>, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    // Of a second request the first has done it already: it is told what came of that.
    match bulk::run(&mut visit.tx, &actor, id).await? {
        Ok(_) | Err(Objection::NoPreview) => {}
        Err(no) => return Err(objected(&no)),
    }
    let mut visit = doing.again(visit).await?;
    let view = look(&mut visit, id).await?;
    visit.tx.commit().await?;
    Ok(Json(view))
}

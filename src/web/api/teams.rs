//! Teams, for admins: making one, its name, its members, who is its fallback, copies of its leads.

use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing};
use super::assigning::user;
use super::bearer::Administers;
use super::once::Once;
use super::problem::Problem;
use super::shapes::{List, Who, some};
use super::state::{etag, must_match, tagged, with};
use crate::actions::caller::Caller;
use crate::actions::teams::{self, Refused};
use crate::model::id::{TeamId, UserId};
use crate::store::teams::{TeamEntry, every};
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A team.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Team)]
pub(in super::super) struct TeamView {
    /// Its id.
    id: i64,
    /// Its name.
    name: String,
    /// Who answers for its records when owner and substitutes are all away.
    fallback: Option<Who>,
    /// Whether all of it reads its leads.
    copies: bool,
    /// Who belongs to it.
    members: Vec<Who>,
    /// How many records are shared with it.
    shares: i64,
}

/// A team that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TeamInput)]
pub(in super::super) struct Input {
    /// Its name.
    name: String,
}

/// What of a team changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TeamChange)]
pub(in super::super) struct Change {
    /// Its name.
    name: Option<String>,
    /// Who is its fallback: a user's id; null: nobody.
    #[serde(default, deserialize_with = "some")]
    fallback_id: Option<Option<i64>>,
    /// Whether all of it reads its leads.
    copies: Option<bool>,
    /// Who belongs to it: ids of users, all of them.
    member_ids: Option<Vec<i64>>,
}

fn refused(no: &Refused) -> Problem {
    let text = no.to_string();
    match no {
        Refused::NotAdmin => Problem::NotFound,
        Refused::Themselves => Problem::MayNot(text),
        Refused::Taken(_) | Refused::Name => Problem::field("name", text),
        Refused::Gone(_) | Refused::Already => Problem::Declined(text),
    }
}

fn view(team: &TeamEntry, visit: &Visit) -> TeamView {
    TeamView {
        id: team.id.0,
        name: team.name.clone(),
        fallback: team.fallback.map(|user| Who::of(user, visit)),
        copies: team.copies,
        members: team.members.iter().map(|user| Who::of(*user, visit)).collect(),
        shares: team.shares,
    }
}

async fn load(visit: &mut Visit, id: TeamId) -> Result<TeamEntry, Problem> {
    every(&mut visit.tx).await?.into_iter().find(|team| team.id == id).ok_or(Problem::NotFound)
}

/// All teams, by name.
#[utoipa::path(
    get, path = "/api/v1/teams", tag = "users", responses((status = 200, body = List<TeamView>)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn list(mut asking: Asking<Administers>) -> Result<Json<List<TeamView>>, Problem> {
    let visit = &mut asking.visit;
    let all = every(&mut visit.tx).await?;
    Ok(Json(List { items: all.iter().map(|team| view(team, visit)).collect(), next: None }))
}

/// One team.
#[utoipa::path(
    get, path = "/api/v1/teams/{id}", tag = "users", params(("id" = i64, Path)),
    responses((status = 200, body = TeamView, headers(("ETag" = String))), (status = 304)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn one(
    mut asking: Asking<Administers>,
    At(id): At<i64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let team = load(&mut asking.visit, TeamId(id)).await?;
    let view = view(&team, &asking.visit);
    Ok(tagged(&headers, &etag(&view)?, Json(view)))
}

async fn shown(
    doing: &Doing<Administers>,
    visit: Visit,
    (status, id): (StatusCode, TeamId),
) -> Result<Response, Problem> {
    let mut visit = doing.again(visit).await?;
    let team = load(&mut visit, id).await?;
    let view = view(&team, &visit);
    visit.tx.commit().await?;
    let place = format!("/api/v1/teams/{id}");
    Ok(with(&etag(&view)?, (status, [(header::LOCATION, place)], Json(view))))
}

/// Makes a team.
#[utoipa::path(
    post, path = "/api/v1/teams", tag = "users", params(("Idempotency-Key" = Option<String>, Header)),
    request_body = Input,
    responses((status = 201, body = TeamView, headers(("ETag" = String), ("Location" = String)))),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn create(
    doing: Doing<Administers>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), "POST teams", &body.bytes)?;
    let mut visit = doing.begin_short().await?;
    let id = match once.begin(&mut visit.tx).await? {
        Some(made) => TeamId(made.parse()?),
        None => {
            let world = visit.world.clone();
            let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
            let id = teams::add(&mut visit.tx, &caller, &body.value.name).await?.map_err(|no| refused(&no))?;
            once.made(&mut visit.tx, &id.to_string()).await?;
            id
        }
    };
    shown(&doing, visit, (StatusCode::CREATED, id)).await
}

/// Changes a team. Nobody puts themselves in one, or makes themselves its fallback: it takes another admin.
#[utoipa::path(
    patch, path = "/api/v1/teams/{id}", tag = "users",
    params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = Change,
    responses((status = 200, body = TeamView, headers(("ETag" = String), ("Location" = String)))),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn change(
    doing: Doing<Administers>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Change>,
) -> Result<Response, Problem> {
    let id = TeamId(id);
    let mut visit = doing.begin_short().await?;
    let team = load(&mut visit, id).await?;
    must_match(&headers, &etag(&view(&team, &visit))?)?;
    let Change { name, fallback_id, copies, member_ids } = body.value;
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    if let Some(name) = name.filter(|name| *name != team.name) {
        teams::rename(&mut visit.tx, &caller, id, &name).await?.map_err(|no| refused(&no))?;
    }
    if let Some(fallback) = fallback_id {
        let fallback = fallback.map(|id| user("fallback_id", id, &world)).transpose()?;
        if fallback != team.fallback {
            teams::fallback(&mut visit.tx, &caller, id, fallback).await?.map_err(|no| refused(&no))?;
        }
    }
    if let Some(copies) = copies.filter(|copies| *copies != team.copies) {
        teams::copies(&mut visit.tx, &caller, id, copies).await?.map_err(|no| refused(&no))?;
    }
    if let Some(wanted) = member_ids {
        let wanted: Vec<UserId> =
            wanted.into_iter().map(|id| user("member_ids", id, &world)).collect::<Result<_, _>>()?;
        let gone = team.members.iter().filter(|member| !wanted.contains(member)).map(|member| (*member, false));
        let mut new: Vec<UserId> = wanted.iter().filter(|user| !team.members.contains(user)).copied().collect();
        new.sort_unstable();
        new.dedup();
        for (member, on) in gone.chain(new.iter().map(|member| (*member, true))) {
            teams::member(&mut visit.tx, &caller, id, member, on).await?.map_err(|no| refused(&no))?;
        }
    }
    shown(&doing, visit, (StatusCode::OK, id)).await
}

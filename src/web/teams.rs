//! Teams (W22), for admins: making one, its name, its members, who is its fallback, copies of its leads.

use super::doing::{Fields, colleagues, roll};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::GroupWords;
use crate::actions::caller::Caller;
use crate::actions::teams::{self, Refused};
use crate::model::id::{TeamId, UserId};
use crate::store;
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, RawQuery};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

#[derive(Template)]
#[template(path = "team.html")]
struct Page {
    shell: Shell,
    g: &'static GroupWords,
    id: i64,
    name: String,
    saved: bool,
    problem: Option<String>,
    shares: String,
    members: Vec<(i64, String)>,
    others: Vec<(i64, String, bool)>,
    fallbacks: Vec<(i64, String, bool)>,
    copies: bool,
}

/// `POST /admin/teams`: makes one.
pub(super) async fn make(visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let done = match Fields::of(form) {
        Ok(fields) if visit.person.admin => made(&visit, fields.get("name")).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn made(visit: &Visit, name: &str) -> Result<Response, Refusal> {
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let id = teams::add(&mut tx, &caller, &name.replace('\0', "")).await?;
    let id = id.map_err(|no| Refusal::Declined(GroupWords::of(visit.words().language).no(&no)))?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/admin/teams/{id}?saved=1")).into_response())
}

/// `GET /admin/teams/{id}`.
pub(super) async fn page(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    let saved = query.as_deref() == Some("saved=1");
    let page = match path {
        Ok(Path(id)) if visit.person.admin => view(&mut visit, TeamId(id), saved, None).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, id: TeamId, saved: bool, problem: Option<String>) -> Result<Response, Refusal> {
    let all = store::teams::every(&mut visit.tx).await?;
    let team = all.into_iter().find(|team| team.id == id).ok_or(Refusal::NotFound)?;
    let g = GroupWords::of(visit.words().language);
    let people = team.members.iter().filter_map(|id| visit.world.person(*id));
    let members = roll(people, &visit.world);
    let me = visit.person.user;
    let mut others = colleagues(visit, None);
    others.retain(|(id, ..)| *id != me.0 && !team.members.contains(&UserId(*id)));
    let mut fallbacks = colleagues(visit, team.fallback.map(|id| id.0));
    fallbacks.retain(|(id, _, chosen)| *id != me.0 || *chosen);
    Ok(Html(Page {
        shell: visit.shell().titled(&team.name).at("access"),
        g,
        id: id.0,
        name: team.name,
        saved,
        problem,
        shares: g.count(&g.shares, team.shares),
        members,
        others,
        fallbacks,
        copies: team.copies,
    })
    .into_response())
}

/// `POST /admin/teams/{id}`.
pub(super) async fn change(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match (path, Fields::of(form)) {
        (Ok(Path(id)), Ok(fields)) if visit.person.admin => changed(&mut visit, TeamId(id), &fields).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn changed(visit: &mut Visit, id: TeamId, fields: &Fields) -> Result<Response, Refusal> {
    let (mut tx, world) = visit.acting().await?;
    if world.team(id).is_none() {
        return Err(Refusal::NotFound);
    }
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    // Only whoever is there can be named.
    let user = fields.number("user").map(UserId).filter(|user| world.person(*user).is_some());
    let done: Result<(), Refused> = match (fields.get("do"), user) {
        ("rename", _) => teams::rename(&mut tx, &caller, id, &fields.get("name").replace('\0', "")).await?,
        ("fallback", user) => teams::fallback(&mut tx, &caller, id, user).await?,
        ("copies", _) => teams::copies(&mut tx, &caller, id, !fields.get("on").is_empty()).await?,
        ("add", Some(user)) => teams::member(&mut tx, &caller, id, user, true).await?,
        ("remove", Some(user)) => teams::member(&mut tx, &caller, id, user, false).await?,
        _ => return Err(Refusal::NotFound),
    };
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/admin/teams/{id}?saved=1")).into_response())
        }
        Err(no) => {
            drop(tx);
            let problem = GroupWords::of(visit.words().language).no(&no);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, view(visit, id, false, Some(problem)).await?).into_response())
        }
    }
}

//! Somebody leaves: who takes over is looked at first, then it is done; and what somebody sees, counted. For admins.

use super::super::visit::Visit;
use super::asking::{At, Body, Doing, actor};
use super::assigning::user;
use super::bearer::Administers;
use super::problem::Problem;
use super::shapes::{KindWord, List, Who};
use super::state::etag;
use crate::actions::access;
use crate::actions::caller::Caller;
use crate::actions::leavers::{self, Leaving, Left, No, TakeOver};
use crate::model::id::UserId;
use crate::model::record::Kind;
use crate::store::people;
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who takes over the records of one kind.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TakesKind)]
pub(in super::super) struct TakesKind {
    // Which.
    #[schema(inline)]
    kind: KindWord,
    /// Who: a user's id.
    to_id: i64,
}

/// How somebody leaves.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LeavingInput)]
pub(in super::super) struct Input {
    /// Who takes over: a user's id; null: nobody, on purpose, so that fallbacks answer.
    to_id: Option<i64>,
    /// Who takes over some kinds instead.
    #[serde(default)]
    kinds: Vec<TakesKind>,
    /// Confidential records go along; never to whoever asks for it.
    #[serde(default)]
    with_confidential: bool,
    /// Why.
    #[serde(default)]
    reason: String,
    /// The fingerprint of what was shown. Without it nothing is done, and what would be is answered.
    seen: Option<String>,
}

/// How many records somebody takes over.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LeavingTaker)]
pub(in super::super) struct TakerView {
    /// Who.
    user: Who,
    /// How many.
    records: usize,
}

/// What leaving does.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Leaving)]
pub(in super::super) struct LeftView {
    /// Whether it was done; else it is what would be.
    done: bool,
    /// Who takes how many records.
    given: Vec<TakerView>,
    /// How many records stay.
    stay: usize,
    /// How many of those are confidential: nobody reads them but whom they are shared with.
    stay_confidential: usize,
    /// How many open activities go to somebody else.
    activities: usize,
    /// Teams whose fallback they were.
    teams: Vec<String>,
    /// Mailboxes of theirs, which go on receiving.
    mailboxes: Vec<String>,
    /// In whose absences they stand in.
    stands_in_for: Vec<Who>,
    /// Stands for exactly this: sent as `seen` to do it.
    fingerprint: String,
}

fn refused(no: &No) -> Problem {
    let text = no.to_string();
    match no {
        No::NotAdmin => Problem::NotFound,
        No::Inactive(_) => Problem::Conflict(text),
        No::CannotTakeOver(_) => Problem::field("to_id", text),
        No::Yourself | No::TakesConfidential(_) => Problem::MayNot(text),
        No::LongReason => Problem::field("reason", text),
    }
}

fn view(left: &Left, (done, fingerprint): (bool, String), visit: &Visit) -> LeftView {
    LeftView {
        done,
        given: left.given.iter().map(|(to, n)| TakerView { user: Who::of(*to, visit), records: *n }).collect(),
        stay: left.stay,
        stay_confidential: left.stay_confidential,
        activities: left.activities,
        teams: left.teams.clone(),
        mailboxes: left.mailboxes.clone(),
        stands_in_for: left.stands_in_for.iter().map(|user| Who::of(*user, visit)).collect(),
        fingerprint,
    }
}

/// Says what deactivating somebody would do, or, with the fingerprint of that as `seen`, does it: their records go to
/// whoever takes over, and their sessions and tokens end.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/leave", tag = "users", params(("id" = i64, Path)), request_body = Input,
    responses((status = 200, body = LeftView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn leave(
    doing: Doing<Administers>,
    At(id): At<i64>,
    body: Body<Input>,
) -> Result<Json<LeftView>, Problem> {
    let Input { to_id, kinds, with_confidential, reason, seen } = body.value;
    let mut visit = doing.begin_short().await?;
    let (world, leaver) = (visit.world.clone(), UserId(id));
    if world.person(leaver).is_none() {
        return Err(Problem::NotFound);
    }
    let all = to_id.map(|id| user("to_id", id, &world)).transpose()?;
    let kinds = kinds.into_iter().map(|one| Ok((Kind::from(one.kind), user("kinds", one.to_id, &world)?)));
    let kinds = kinds.collect::<Result<std::collections::BTreeMap<_, _>, Problem>>()?;
    let nobody = all.is_none() && kinds.is_empty();
    let take_over = if nobody { TakeOver::Nobody } else { TakeOver::By { all, kinds } };
    let leaving = Leaving { user: leaver, take_over, with_confidential, reason };
    let actor = actor(&mut visit, &world).await?;
    let left = leavers::deactivate(&mut visit.tx, &actor, &leaving).await?.map_err(|no| refused(&no))?;
    let fingerprint = etag(&format!("{leaving:?} {left:?}"))?.trim_matches('"').to_owned();
    match seen {
        None => Ok(Json(view(&left, (false, fingerprint), &visit))),
        Some(seen) if seen == fingerprint => {
            let view = view(&left, (true, fingerprint), &visit);
            visit.tx.commit().await?;
            Ok(Json(view))
        }
        Some(_) => Err(Problem::Conflict("What it would do has changed; look at it again, without `seen`.".to_owned())),
    }
}

/// Lets somebody who was deactivated sign in and answer again. What they gave away stays where it went.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/activate", tag = "users", params(("id" = i64, Path)),
    responses((status = 204)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn activate(doing: Doing<Administers>, At(id): At<i64>) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin_short().await?;
    let person = people::load(&mut visit.tx, UserId(id)).await?.ok_or(Problem::NotFound)?.person;
    if person.active {
        return Err(Problem::Conflict("They are active already; nothing was changed.".to_owned()));
    }
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    leavers::activate(&mut visit.tx, &actor, UserId(id)).await?.map_err(|no| refused(&no))?;
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// By which path how many records are seen.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SeesPath)]
pub(in super::super) struct PathView {
    /// owner, cover, deputy, fallback, share, manager, line, transparent, admin, step or break-glass.
    path: &'static str,
    /// How many; one may be seen by several.
    records: i64,
}

/// How many records of a kind somebody sees.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Sees)]
pub(in super::super) struct SeesView {
    /// The kind.
    kind: KindWord,
    /// How many.
    records: i64,
    /// By which paths.
    paths: Vec<PathView>,
}

/// How many records of each kind somebody sees, and by which paths: structure, never content. That it was asked is in the
/// audit.
#[utoipa::path(
    get, path = "/api/v1/users/{id}/sees", tag = "users", params(("id" = i64, Path)),
    responses((status = 200, body = List<SeesView>)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn sees(
    doing: Doing<Administers>,
    At(id): At<i64>,
) -> Result<Json<List<SeesView>>, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    world.person(UserId(id)).ok_or(Problem::NotFound)?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let found = access::sees(&mut visit.tx, &caller, UserId(id)).await?.ok_or(Problem::NotFound)?;
    visit.tx.commit().await?;
    let item = |(kind, records): (&Kind, &i64)| {
        let paths = found.by_path.iter().filter(|((of, _), _)| of == kind);
        let paths = paths.map(|((_, path), n)| PathView { path: path.word(), records: *n }).collect();
        SeesView { kind: (*kind).into(), records: *records, paths }
    };
    Ok(Json(List { items: found.total.iter().map(item).collect(), next: None }))
}

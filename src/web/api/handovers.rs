//! Handing somebody's records over for a time, and back: for the person, their line managers and admins.

use super::super::handovers::{count, kept_text, load, stays_text};
use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing};
use super::assigning::user;
use super::bearer::{Reads, Writes};
use super::problem::Problem;
use super::shapes::{List, Who, moment};
use crate::access::World;
use crate::actions::handover::{self, Asked, Counts, No, Preview};
use crate::model::handover::{Handover, Item};
use crate::model::id::{AbsenceId, HandoverId, RecordId, UserId};
use crate::model::time::Timestamp;
use crate::store::handovers;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Hand-overs that the list gives.
const SHOWN: i64 = 200;
/// Records that an answer names at most.
const NAMED: usize = 200;

/// What is to be handed over.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HandoverInput)]
pub(in super::super) struct Input {
    /// Whose records: a user's id. Not needed where an absence is named.
    user_id: Option<i64>,
    /// Who receives all of them; without it those whom the absence names.
    to_id: Option<i64>,
    /// The absence; without it the one that runs or comes next.
    absence_id: Option<i64>,
    /// When it returns, where that is not the end of the absence.
    #[schema(format = DateTime)]
    returns_at: Option<String>,
}

/// What a preview showed, and is to be done.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HandoverRun)]
pub(in super::super) struct Run {
    /// Whose records: a user's id. Not needed where an absence is named.
    user_id: Option<i64>,
    /// Who receives all of them; without it those whom the absence names.
    to_id: Option<i64>,
    /// The absence; without it the one that runs or comes next.
    absence_id: Option<i64>,
    /// When it returns, where that is not the end of the absence.
    #[schema(format = DateTime)]
    returns_at: Option<String>,
    /// The fingerprint of the preview: what would move by now is compared with it.
    seen: String,
}

/// How everything returns.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HandoverReturn)]
pub(in super::super) struct Return {
    /// Also what a person gave to somebody else meanwhile.
    #[serde(default)]
    force: bool,
}

/// How many of each kind somebody receives.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandoverCounts)]
pub(in super::super) struct CountsView {
    /// Who.
    pub user: Who,
    /// Accounts.
    pub accounts: i64,
    /// Contacts.
    pub contacts: i64,
    /// Leads.
    pub leads: i64,
    /// Opportunities.
    pub opportunities: i64,
    /// Open activities.
    pub activities: i64,
}

/// Of how many records somebody gains or loses sight.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandoverSight)]
pub(in super::super) struct SightView {
    /// Who.
    pub user: Who,
    /// Of how many.
    pub records: i64,
}

/// Records that stay where they are.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandoverStays)]
pub(in super::super) struct StaysView {
    /// confidential, nobody, deactivated, away, no-right, unseen or gone.
    pub reason: &'static str,
    /// Why, in words.
    pub why: String,
    /// How many records.
    pub records: usize,
}

/// What a hand-over would do, as far as the owner of the token may know of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandoverPreview)]
pub(in super::super) struct PreviewView {
    /// Whose records.
    pub from: Who,
    /// How many records would move.
    pub records: i64,
    /// The first 200 of them.
    pub record_ids: Vec<i64>,
    /// Who would receive how many.
    pub receivers: Vec<CountsView>,
    /// Who would gain sight.
    pub gain: Vec<SightView>,
    /// Who would lose sight.
    pub lose: Vec<SightView>,
    /// What would stay, and why.
    pub stays: Vec<StaysView>,
    /// Stands for exactly this: sent as `seen` to begin it.
    pub fingerprint: String,
}

/// A hand-over.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Handover)]
pub(in super::super) struct HandoverView {
    /// Its id.
    pub id: i64,
    /// Whose records.
    pub from: Who,
    /// Who receives all of them; null: as the absence says.
    pub to: Option<Who>,
    /// The absence.
    pub absence_id: Option<i64>,
    /// running, done, returning, returned, undoing, undone or cancelled.
    pub state: &'static str,
    /// How many records there are, of those that the owner of the token may know of.
    pub total: i64,
    /// How many of them are dealt with.
    pub done: i64,
    /// Who began it; null for the operator.
    pub by: Option<Who>,
    /// When.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it returns, where that is not the end of the absence.
    #[schema(format = DateTime)]
    pub returns_at: Option<String>,
    /// Until when its last step can be undone.
    #[schema(format = DateTime)]
    pub undo_until: Option<String>,
}

/// A record that did not return, or did not go.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandoverKept)]
pub(in super::super) struct KeptView {
    /// The record.
    pub record_id: i64,
    /// Why, in words.
    pub why: String,
}

/// A hand-over with what became of each record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandoverDetail)]
pub(in super::super) struct DetailView {
    /// What a list shows of it.
    #[serde(flatten)]
    pub handover: HandoverView,
    /// Who received how many.
    pub receivers: Vec<SightView>,
    /// The first 200 records that were left where they were, with why.
    pub kept: Vec<KeptView>,
}

impl Input {
    fn asked(&self, world: &World) -> Result<Asked, Problem> {
        let wrong = || Problem::field("returns_at", "write a moment such as 2026-12-01T00:00:00+01:00");
        let to = self.to_id.map(|id| user("to_id", id, world)).transpose()?;
        let returns_at = self.returns_at.as_deref().map(|text| moment(text).ok_or_else(wrong)).transpose()?;
        Ok(Asked { from: self.user_id.map(UserId), to, absence: self.absence_id.map(AbsenceId), returns_at })
    }
}

fn refused(no: No) -> Problem {
    match no {
        No::Absent => Problem::NotFound,
        No::NoTerms => {
            Problem::field("to_id", "they have no absence to come that says who receives their records; name somebody")
        }
        No::Busy(_) | No::Wrong(_) | No::Changed => Problem::Conflict(no.to_string()),
        No::Over | No::Nothing | No::TooLate => Problem::Declined(no.to_string()),
    }
}

fn line(handover: &Handover, visit: &Visit) -> HandoverView {
    let undo = handover.undo_until().filter(|until| visit.clock.now <= *until);
    HandoverView {
        id: handover.id.0,
        from: Who::of(handover.from, visit),
        to: handover.to.map(|to| Who::of(to, visit)),
        absence_id: handover.absence.map(|id| id.0),
        state: handover.state.word(),
        total: handover.total,
        done: handover.done,
        by: handover.by.map(|by| Who::of(by, visit)),
        created_at: handover.created_at.rfc3339(),
        returns_at: handover.returns_at.map(Timestamp::rfc3339),
        undo_until: undo.map(Timestamp::rfc3339),
    }
}

async fn detail(visit: &mut Visit, id: HandoverId) -> Result<DetailView, Problem> {
    let data = load(visit, id).await.map_err(Problem::of)?;
    let kept = |item: &Item| KeptView {
        record_id: item.record.0,
        why: item.kept.map_or_else(String::new, |kept| kept_text(kept, visit).into_text()),
    };
    let receiver = |(user, n): &(UserId, i64)| SightView { user: Who::of(*user, visit), records: *n };
    Ok(DetailView {
        handover: line(&data.handover, visit),
        receivers: data.receivers.iter().map(receiver).collect(),
        kept: data.kept.iter().map(kept).collect(),
    })
}

fn previewed(preview: &Preview, visit: &Visit) -> PreviewView {
    let counts = |(to, c): (&UserId, &Counts)| CountsView {
        user: Who::of(*to, visit),
        accounts: c.accounts,
        contacts: c.contacts,
        leads: c.leads,
        opportunities: c.opportunities,
        activities: c.activities,
    };
    let sight = |all: &[(UserId, i64)]| {
        all.iter().map(|(user, n)| SightView { user: Who::of(*user, visit), records: *n }).collect()
    };
    let stays = preview.stays.iter().map(|(why, records): (_, &Vec<RecordId>)| StaysView {
        reason: why.word(),
        why: stays_text(*why, visit),
        records: records.len(),
    });
    PreviewView {
        from: Who::of(preview.from, visit),
        records: preview.counts.records(),
        record_ids: preview.moves.iter().take(NAMED).map(|(id, _)| id.0).collect(),
        receivers: preview.receivers.iter().map(counts).collect(),
        gain: sight(&preview.gains),
        lose: sight(&preview.loses),
        stays: stays.collect(),
        fingerprint: preview.fingerprint(),
    }
}

/// What a hand-over would do: how many records to whom, who gains and loses sight, what stays and why.
#[utoipa::path(
    post, path = "/api/v1/handovers/preview", tag = "handovers", request_body = Input,
    responses((status = 200, body = PreviewView)), security(("token" = ["read"]))
)]
pub(in super::super) async fn preview(
    mut asking: Asking<Reads>,
    body: Body<Input>,
) -> Result<Json<PreviewView>, Problem> {
    let visit = &mut asking.visit;
    let asked = body.value.asked(&visit.world)?;
    let (me, now, world) = (Some(visit.person.user), visit.clock.now, visit.world.clone());
    let terms = handover::terms(&mut visit.tx, &asked, me, &world, now).await?.map_err(refused)?;
    let preview = handover::told(&mut visit.tx, &terms, me, &world, now).await?;
    Ok(Json(previewed(&preview, visit)))
}

/// Begins a hand-over as a preview showed it; a worker carries it out.
#[utoipa::path(
    post, path = "/api/v1/handovers", tag = "handovers", request_body = Run,
    responses((status = 202, body = DetailView, headers(("Location" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn begin(doing: Doing<Writes>, body: Body<Run>) -> Result<Response, Problem> {
    let Run { user_id, to_id, absence_id, returns_at, seen } = body.value;
    let world = doing.reading().await?.world;
    let asked = Input { user_id, to_id, absence_id, returns_at }.asked(&world)?;
    let (me, now) = doing.by();
    let db = &doing.app.state.db;
    let begun = handover::begin(db, &asked, Some(&seen), "hand-over", Some(me), &world, now).await?;
    let id = begun.map_err(refused)?;
    let view = detail(&mut doing.reading().await?, id).await?;
    let place = format!("/api/v1/handovers/{id}");
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(view)).into_response())
}

/// Hand-overs of those about whose records the owner of the token decides, the latest first; at most 200.
#[utoipa::path(
    get, path = "/api/v1/handovers", tag = "handovers", responses((status = 200, body = List<HandoverView>)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn list(mut asking: Asking<Reads>) -> Result<Json<List<HandoverView>>, Problem> {
    let visit = &mut asking.visit;
    let (me, now) = (visit.person.user, visit.clock.now);
    let mine = |user: &UserId| handover::may_decide(Some(me), *user, &visit.world, now);
    let decides: Vec<UserId> = visit.world.people.iter().map(|person| person.id).filter(mine).collect();
    let mut found = handovers::latest(&mut visit.tx, Some(&decides), SHOWN).await?;
    found.retain(|handover| decides.contains(&handover.from));
    let ids: Vec<HandoverId> = found.iter().map(|handover| handover.id).collect();
    let known = handovers::totals_seen(&mut visit.tx, &visit.scope, &ids).await?;
    found.iter_mut().for_each(|each| count(each, known.get(&each.id)));
    Ok(Json(List { items: found.iter().map(|one| line(one, visit)).collect(), next: None }))
}

/// One hand-over: how far it is, who received what, what was kept and why.
#[utoipa::path(
    get, path = "/api/v1/handovers/{id}", tag = "handovers", params(("id" = i64, Path)),
    responses((status = 200, body = DetailView)), security(("token" = ["read"]))
)]
pub(in super::super) async fn one(mut asking: Asking<Reads>, At(id): At<i64>) -> Result<Json<DetailView>, Problem> {
    Ok(Json(detail(&mut asking.visit, HandoverId(id)).await?))
}

/// What is done with a hand-over that was begun.
enum Turn {
    Return { force: bool },
    Undo,
    Cancel,
}

async fn turn(doing: &Doing<Writes>, id: i64, what: Turn) -> Result<Response, Problem> {
    let id = HandoverId(id);
    let mut visit = doing.begin_short().await?;
    let (me, now, world) = (Some(visit.person.user), visit.clock.now, visit.world.clone());
    let done = match what {
        Turn::Return { force } => handover::give_back(&mut visit.tx, id, force, me, &world, now).await?,
        Turn::Undo => handover::undo(&mut visit.tx, id, me, &world, now).await?,
        Turn::Cancel => handover::cancel(&mut visit.tx, id, me, &world, now).await?,
    };
    done.map_err(refused)?;
    let view = detail(&mut visit, id).await?;
    visit.tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// Has everything return now; what a person gave to somebody else meanwhile stays, unless forced.
#[utoipa::path(
    post, path = "/api/v1/handovers/{id}/return", tag = "handovers", params(("id" = i64, Path)),
    request_body = Return, responses((status = 202, body = DetailView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn give_back(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Return>,
) -> Result<Response, Problem> {
    turn(&doing, id, Turn::Return { force: body.value.force }).await
}

/// Undoes the last step of a hand-over, a run or a return, for 72 hours.
#[utoipa::path(
    post, path = "/api/v1/handovers/{id}/undo", tag = "handovers", params(("id" = i64, Path)),
    responses((status = 202, body = DetailView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn undo(doing: Doing<Writes>, At(id): At<i64>) -> Result<Response, Problem> {
    turn(&doing, id, Turn::Undo).await
}

/// Stops a hand-over that is running; what has moved goes back.
#[utoipa::path(
    post, path = "/api/v1/handovers/{id}/cancel", tag = "handovers", params(("id" = i64, Path)),
    responses((status = 202, body = DetailView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn cancel(doing: Doing<Writes>, At(id): At<i64>) -> Result<Response, Problem> {
    turn(&doing, id, Turn::Cancel).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::handover::State;

    #[test]
    fn every_no_has_its_code() {
        let code = |no| refused(no).code();
        assert_eq!((code(No::Absent), code(No::Changed)), ("not-found", "conflict"));
        assert_eq!((code(No::Wrong(State::Done)), code(No::TooLate)), ("conflict", "declined"));
    }
}

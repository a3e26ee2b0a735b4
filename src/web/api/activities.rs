//! Calls, tasks, appointments and notes: listed, entered, done, called off, given to somebody else.

use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing, Params};
use super::bearer::{Reads, Writes};
use super::once::Once;
use super::problem::Problem;
use super::shapes::{ExternalRef, List, RecordRef, Who, external, limit, moment, pair, since, some};
use super::state::{etag, may_match, must_match, tagged, with};
use crate::actions::activities::{self, Entered, No, Step};
use crate::actions::actor::Actor;
use crate::model::activity::{Activity, ActivityKind, Progress};
use crate::model::id::{ActivityId, RecordId, UserId};
use crate::model::time::Timestamp;
use crate::store;
use crate::store::external_ids::{self, Sort};
use crate::store::views::{self, ActivityFilter, Below, Named};
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum SortWord {
    /// A phone call.
    Call,
    /// Something to be done.
    Task,
    /// A meeting.
    Appointment,
    /// Something written down.
    Note,
}

impl SortWord {
    fn kind(self) -> ActivityKind {
        match self {
            SortWord::Call => ActivityKind::Call,
            SortWord::Task => ActivityKind::Task,
            SortWord::Appointment => ActivityKind::Appointment,
            SortWord::Note => ActivityKind::Note,
        }
    }

    fn of(kind: ActivityKind) -> SortWord {
        match kind {
            ActivityKind::Call => SortWord::Call,
            ActivityKind::Task => SortWord::Task,
            ActivityKind::Appointment => SortWord::Appointment,
            ActivityKind::Note => SortWord::Note,
        }
    }
}

/// Where an activity stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum ProgressWord {
    /// To be done.
    Open,
    /// Done.
    Done,
    /// Called off.
    Cancelled,
}

impl ProgressWord {
    fn progress(self) -> Progress {
        match self {
            ProgressWord::Open => Progress::Open,
            ProgressWord::Done => Progress::Done,
            ProgressWord::Cancelled => Progress::Cancelled,
        }
    }

    fn of(progress: Progress) -> ProgressWord {
        match progress {
            Progress::Open => ProgressWord::Open,
            Progress::Done => ProgressWord::Done,
            Progress::Cancelled => ProgressWord::Cancelled,
        }
    }
}

/// A call, task, appointment or note.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Activity)]
pub(in super::super) struct ActivityView {
    /// Its id.
    pub id: i64,
    /// What it is.
    pub kind: SortWord,
    /// The record that it is about.
    pub record: RecordRef,
    /// In a line.
    pub subject: String,
    /// More of it.
    pub text: String,
    /// Where it stands.
    pub status: ProgressWord,
    /// Who is to do it, or did.
    pub responsible: Who,
    /// Who entered it.
    pub author: Who,
    /// The absent owner for whom a substitute entered or did it.
    pub on_behalf_of: Option<Who>,
    /// Where it stands on a timeline.
    #[schema(format = DateTime)]
    pub at: String,
    /// When it is due, or takes place.
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// When it was done or called off.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// When it was entered.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// By which id another system knows it.
    pub external: Option<ExternalRef>,
}

impl ActivityView {
    /// Of an activity on a record that the viewer may read.
    pub fn of(activity: &Activity, record: &Named, visit: &Visit) -> ActivityView {
        ActivityView {
            id: activity.id.0,
            kind: SortWord::of(activity.kind),
            record: record.into(),
            subject: activity.subject.clone(),
            text: activity.body.clone(),
            status: ProgressWord::of(activity.progress),
            responsible: Who::of(activity.responsible, visit),
            author: Who::of(activity.author, visit),
            on_behalf_of: activity.on_behalf_of.map(|user| Who::of(user, visit)),
            at: activity.at.rfc3339(),
            due_at: activity.due.map(Timestamp::rfc3339),
            ended_at: activity.ended.map(|(at, _)| at.rfc3339()),
            created_at: activity.created.rfc3339(),
            updated_at: activity.updated.rfc3339(),
            external: None,
        }
    }
}

/// The activity with this id with the record that it is on, if the viewer may read that.
async fn seen(visit: &mut Visit, id: ActivityId) -> Result<Option<(ActivityView, Named)>, Problem> {
    let Some(activity) = store::activities::load(&mut visit.tx, &[id]).await?.pop() else { return Ok(None) };
    let names = views::names(&mut visit.tx, &visit.scope, [activity.record]).await?;
    let Some(named) = names.get(&activity.record).cloned() else { return Ok(None) };
    let mut view = ActivityView::of(&activity, &named, visit);
    let known = external_ids::of(&mut visit.tx, Sort::Activity, &[id.0]).await?;
    view.external = known.get(&id.0).cloned().map(ExternalRef::from);
    Ok(Some((view, named)))
}

/// Which activities are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// Changed at this moment or later.
    #[param(format = DateTime)]
    updated_since: Option<String>,
    /// Of this kind.
    #[param(inline)]
    kind: Option<SortWord>,
    /// That stand so.
    #[param(inline)]
    status: Option<ProgressWord>,
    /// That this user is to do: a user's id.
    responsible: Option<i64>,
    /// That were this user's at first: a user's id.
    original_owner: Option<i64>,
}

/// Activities on records that the token shows, those that changed last on top.
#[utoipa::path(
    get, path = "/api/v1/activities", tag = "activities", params(Asked),
    responses((status = 200, body = List<ActivityView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn list(
    mut asking: Asking<Reads>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<ActivityView>>, Problem> {
    let limit = limit(asked.limit)?;
    let below = match asked.cursor.as_deref().map(pair).transpose()? {
        Some((at, id)) => Below { at: Timestamp(at), id },
        None => Below::TOP,
    };
    let filter = ActivityFilter {
        original: asked.original_owner.map(UserId),
        responsible: asked.responsible.map(UserId),
        progress: asked.status.map(ProgressWord::progress),
        since: since("updated_since", asked.updated_since.as_deref())?,
    };
    let visit = &mut asking.visit;
    let kind = asked.kind.map(SortWord::kind);
    let (shown, _) = views::listed(&mut visit.tx, &visit.scope, kind, &filter, below, limit + 1, 0).await?;
    let place = |s: &views::Shown| format!("{}.{}", s.activity.updated.0, s.activity.id);
    let page = List::of(shown, limit, place, |s| s);
    visit.reads_of(page.items.iter().map(|s| s.governing.record()).collect()).await?;
    let ids: Vec<i64> = page.items.iter().map(|s| s.activity.id.0).collect();
    let known = external_ids::of(&mut visit.tx, Sort::Activity, &ids).await?;
    let item = |shown: &views::Shown| {
        let view = ActivityView::of(&shown.activity, &shown.governing, visit);
        ActivityView { external: known.get(&shown.activity.id.0).cloned().map(ExternalRef::from), ..view }
    };
    Ok(Json(List { items: page.items.iter().map(item).collect(), next: page.next }))
}

/// One activity.
#[utoipa::path(
    get, path = "/api/v1/activities/{id}", tag = "activities", params(("id" = i64, Path)),
    responses((status = 200, body = ActivityView, headers(("ETag" = String))), (status = 304)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn one(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let visit = &mut asking.visit;
    let (view, named) = seen(visit, ActivityId(id)).await?.ok_or(Problem::NotFound)?;
    visit.reads_of(vec![named.record()]).await?;
    Ok(tagged(&headers, &etag(&view)?, Json(view)))
}

/// A new activity.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewActivity)]
pub(in super::super) struct Input {
    /// The record that it is about.
    record_id: i64,
    /// What it is.
    kind: SortWord,
    /// In a line.
    #[schema(min_length = 1, max_length = 300)]
    subject: String,
    /// More of it.
    #[serde(default)]
    #[schema(max_length = 20000)]
    text: String,
    /// Who is to do it; the record's owner where nothing is said.
    responsible_id: Option<i64>,
    /// When it is due, or takes place.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// When it was done; open where nothing is said. A note always is done.
    #[schema(format = DateTime)]
    done_at: Option<String>,
}

/// A moment in a field.
fn at(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let found = moment(text);
    found.map(Some).ok_or_else(|| Problem::field(field, "write a moment such as 2026-11-21T12:00:00Z"))
}

fn refused(no: No) -> Problem {
    match no {
        No::NotThere => Problem::NotFound,
        No::MayNot => Problem::MayNot(no.to_string()),
        No::NoSubject | No::TooLong => Problem::field("subject", no.to_string()),
        No::NoteHasNoDate => Problem::field("due_at", no.to_string()),
        No::Future => Problem::field("done_at", no.to_string()),
        No::Inactive(_) | No::Blind(_) | No::Nobody => Problem::field("responsible_id", no.to_string()),
        No::Ended | No::Organized => Problem::Declined(no.to_string()),
    }
}

/// Enters an activity.
async fn enter(visit: &mut Visit, input: Input) -> Result<ActivityId, Problem> {
    let entered = Entered {
        record: RecordId(input.record_id),
        kind: input.kind.kind(),
        subject: input.subject,
        body: input.text,
        responsible: input.responsible_id.map(UserId),
        due: at("due_at", input.due_at.as_deref())?,
        done: at("done_at", input.done_at.as_deref())?,
    };
    let (user, now) = (visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &visit.world, now).await?;
    let added = activities::add(&mut visit.tx, &actor, &entered).await?;
    Ok(added.map_err(refused)?.id)
}

/// Commits, and answers with the activity as it stands then.
async fn shown(mut visit: Visit, status: StatusCode, id: ActivityId) -> Result<Response, Problem> {
    let (view, _) = seen(&mut visit, id).await?.ok_or(Problem::NotFound)?;
    visit.tx.commit().await?;
    let place = format!("/api/v1/activities/{id}");
    Ok(with(&etag(&view)?, (status, [(header::LOCATION, place)], Json(view))))
}

/// Enters a call, task, appointment or note.
#[utoipa::path(
    post, path = "/api/v1/activities", tag = "activities",
    params(("Idempotency-Key" = Option<String>, Header)), request_body = Input,
    responses((status = 201, body = ActivityView, headers(("ETag" = String), ("Location" = String)))),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn create(
    doing: Doing<Writes>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), "POST activities", &body.bytes)?;
    let mut visit = doing.begin().await?;
    if let Some(made) = once.begin(&mut visit.tx).await? {
        return shown(visit, StatusCode::CREATED, ActivityId(made.parse()?)).await;
    }
    let id = enter(&mut visit, body.value).await?;
    once.made(&mut visit.tx, &id.to_string()).await?;
    shown(visit, StatusCode::CREATED, id).await
}

/// What of an open activity changes. What it is about, its kind, text and author stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ActivityInput)]
pub(in super::super) struct Change {
    /// Done or cancelled.
    status: Option<ProgressWord>,
    /// Who is to do it from now on.
    responsible_id: Option<i64>,
    /// When it is due; null for no date.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Option<String>>,
}

/// Takes the steps that lead from what stands to what is wanted.
async fn take(visit: &mut Visit, before: &ActivityView, change: Change) -> Result<(), Problem> {
    let mut steps = Vec::new();
    if let Some(due) = change.due_at {
        let due = at("due_at", due.as_deref())?;
        if due.map(Timestamp::rfc3339) != before.due_at {
            steps.push(Step::Due(due));
        }
    }
    if let Some(to) = change.responsible_id.filter(|to| *to != before.responsible.id) {
        steps.push(Step::Give(UserId(to)));
    }
    match change.status.filter(|status| *status != before.status) {
        Some(ProgressWord::Done) => steps.push(Step::Done),
        Some(ProgressWord::Cancelled) => steps.push(Step::Cancel),
        Some(ProgressWord::Open) => return Err(refused(No::Ended)),
        None => {}
    }
    let (user, now) = (visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &visit.world, now).await?;
    for step in steps {
        let done = activities::change(&mut visit.tx, &actor, ActivityId(before.id), step).await?;
        done.map_err(refused)?;
    }
    Ok(())
}

/// Does an activity, calls it off, moves its date, gives it to somebody else. `If-Match` says which state you saw.
#[utoipa::path(
    patch, path = "/api/v1/activities/{id}", tag = "activities",
    params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = Change,
    responses((status = 200, body = ActivityView, headers(("ETag" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn change(
    doing: Doing<Writes>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Change>,
) -> Result<Response, Problem> {
    let mut visit = doing.begin().await?;
    let (before, _) = seen(&mut visit, ActivityId(id)).await?.ok_or(Problem::NotFound)?;
    must_match(&headers, &etag(&before)?)?;
    take(&mut visit, &before, body.value).await?;
    shown(visit, StatusCode::OK, ActivityId(id)).await
}

/// Enters the activity that another system knows by this id, or changes of the one that is there status, due date
/// and who is to do it. Kind, text and record of one that is there stay: they are not looked at.
#[utoipa::path(
    put, path = "/api/v1/activities/by-external-id/{system}/{external_id}", tag = "activities",
    params(
        ("system" = String, Path), ("external_id" = String, Path),
        ("If-Match" = Option<String>, Header), ("If-None-Match" = Option<String>, Header)
    ),
    request_body = Input,
    responses(
        (status = 200, body = ActivityView, headers(("ETag" = String))),
        (status = 201, body = ActivityView, headers(("ETag" = String), ("Location" = String)))
    ),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn upsert(
    doing: Doing<Writes>,
    At(named): At<(String, String)>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let named = external(named)?;
    let mut visit = doing.begin().await?;
    let noted = external_ids::find(&mut visit.tx, Sort::Activity, &named.0, &named.1).await?;
    let before = match noted {
        Some(id) => seen(&mut visit, ActivityId(id)).await?,
        None => None,
    };
    let tag = before.as_ref().map(|(view, _)| etag(view)).transpose()?;
    may_match(&headers, tag.as_deref())?;
    let input = body.value;
    match (noted, before) {
        (Some(id), Some((before, _))) => {
            let done = input.done_at.is_some() && before.status == ProgressWord::Open;
            let change = Change {
                status: done.then_some(ProgressWord::Done),
                responsible_id: input.responsible_id,
                due_at: (before.status == ProgressWord::Open).then_some(input.due_at),
            };
            take(&mut visit, &before, change).await?;
            shown(visit, StatusCode::OK, ActivityId(id)).await
        }
        // Absent and forbidden look the same as far as a taken id allows.
        (Some(_), None) => Err(Problem::field("external_id", "this id cannot be used; choose another")),
        (None, _) => {
            let id = enter(&mut visit, input).await?;
            let now = visit.clock.now;
            external_ids::add(&mut visit.tx, Sort::Activity, (&named.0, &named.1), id.0, now).await?;
            shown(visit, StatusCode::CREATED, id).await
        }
    }
}

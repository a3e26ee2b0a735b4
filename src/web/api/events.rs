//! The event feed: what happened since the last time somebody asked, for programs that keep something in step.

use super::asking::{Doing, Params};
use super::bearer::Reads;
use super::problem::Problem;
use super::shapes::{RecordRef, Who, limit};
use crate::model::id::RecordId;
use crate::store::views::{self, Event};
use crate::store::{self, events};
use axum::Json;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// Something that happened. It names what it happened to; what stands there now is read at its address.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(in super::super) struct EventView {
    /// Its place in the feed: what to send as `after`.
    pub id: String,
    /// record.created, record.changed, record.assigned, message.linked, message.unlinked, activity.created,
    /// activity.changed, absence.entered, absence.changed, absence.started or absence.ended. More may come.
    #[serde(rename = "type")]
    pub what: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// The record that it happened to.
    pub record: Option<RecordRef>,
    /// The message.
    pub message_id: Option<i64>,
    /// The activity.
    pub activity_id: Option<i64>,
    /// The absence.
    pub absence_id: Option<i64>,
    /// Who is away.
    pub user: Option<Who>,
}

/// A part of the feed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Events)]
pub(in super::super) struct EventsView {
    /// What happened, the first on top.
    pub items: Vec<EventView>,
    /// What to send as `after` next time; also where nothing happened.
    pub next: String,
    /// There is more already.
    pub more: bool,
}

/// Which part is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// What happened after this: `next` of the answer before. Without it the feed is read from its beginning; `now`
    /// gives nothing but where it stands.
    after: Option<String>,
    /// Events at once.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// What happened to what the token shows at this moment. The feed begins with the first time that anybody asks, and
/// is kept for 30 days. A message may be told as linked again when where it belongs was decided anew.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", params(Asked), responses((status = 200, body = EventsView)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn feed(
    doing: Doing<Reads>,
    Params(asked): Params<Asked>,
) -> Result<Json<EventsView>, Problem> {
    let limit = limit(asked.limit)?;
    let wrong = || Problem::Query("after is what stood as `next` in the answer before.".to_owned());
    events::freshen(&doing.app.state.db, doing.by().1).await?;
    let mut visit = doing.reading().await?;
    let after = match asked.after.as_deref() {
        None => 0,
        Some("now") => {
            let next = events::last(&mut visit.tx).await?.to_string();
            return Ok(Json(EventsView { items: Vec::new(), next, more: false }));
        }
        Some(text) => text.parse::<i64>().ok().filter(|after| *after >= 0).ok_or_else(wrong)?,
    };
    // Between the cursor and what is kept something may be missing.
    let first = events::first(&mut visit.tx).await?;
    let last = events::last(&mut visit.tx).await?;
    if after > last {
        return Err(wrong());
    }
    if asked.after.is_some() && after < last && first.is_none_or(|first| first > after + 1) {
        return Err(Problem::CursorExpired);
    }
    let mut found = views::events(&mut visit.tx, &visit.scope, after, limit + 1).await?;
    let more = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(0));
    let records: Vec<RecordId> = found.iter().filter_map(|event| event.record).collect();
    let names = views::names(&mut visit.tx, &visit.scope, records).await?;
    let mut away = HashMap::new();
    for id in found.iter().filter_map(|event| event.absence) {
        if let Some(absence) = store::absences::load(&mut visit.tx, id).await? {
            away.insert(id, Who::of(absence.user, &visit));
        }
    }
    let item = |event: &Event| EventView {
        id: event.place.to_string(),
        what: event.what.clone(),
        at: event.at.rfc3339(),
        record: event.record.and_then(|id| names.get(&id)).map(RecordRef::from),
        message_id: event.mail.map(|id| id.0),
        activity_id: event.activity.map(|id| id.0),
        absence_id: event.absence.map(|id| id.0),
        user: event.absence.and_then(|id| away.get(&id).cloned()),
    };
    let next = found.last().map_or(after, |event| event.place).to_string();
    Ok(Json(EventsView { items: found.iter().map(item).collect(), next, more }))
}

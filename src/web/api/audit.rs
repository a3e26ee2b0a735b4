//! The audit, for admins: who did what, and who read by a right that is not their own.

use super::asking::{Asking, Params};
use super::bearer::Administers;
use super::problem::Problem;
use super::shapes::{List, Who, limit, since};
use crate::model::audit::Action;
use crate::model::id::{RecordId, UserId};
use crate::store::audit::{self, Actor, Filter, Noted};
use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Which lines are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// What a user did: their id.
    actor: Option<i64>,
    /// About a record: its id.
    record: Option<i64>,
    /// Of one action: its word, as lines have it.
    action: Option<String>,
    /// From a moment (RFC 3339) on.
    from: Option<String>,
    /// Before a moment (RFC 3339).
    to: Option<String>,
}

/// A line of the audit.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuditLine)]
pub(in super::super) struct LineView {
    /// Its number; they grow.
    id: i64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who; null for the operator or Standin itself.
    user: Option<Who>,
    /// The absent person in whose place.
    on_behalf_of: Option<Who>,
    /// What.
    action: &'static str,
    /// The right by which.
    path: Option<String>,
    /// The record that it is about.
    record_id: Option<i64>,
    /// The user, team, absence or mail that it is about, by the action.
    subject_id: Option<i64>,
    /// What else there is to know.
    #[schema(value_type = Object)]
    detail: Value,
}

/// The audit, the latest first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "running", params(Asked), responses((status = 200, body = List<LineView>)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn list(
    mut asking: Asking<Administers>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<LineView>>, Problem> {
    let visit = &mut asking.visit;
    let limit = limit(asked.limit)?;
    let wrong = || Problem::Query("cursor is what stood as `next` in the page before; send it as it was.".to_owned());
    let before = asked.cursor.as_deref().map(|text| text.parse().map_err(|_| wrong())).transpose()?;
    let action = |word: &str| {
        let none = || Problem::Query("action is a word that lines of the audit have, such as assigned.".to_owned());
        Action::from_word(word).ok_or_else(none)
    };
    let moment = |name: &str, text: &Option<String>| text.as_deref().map(|text| since(name, Some(text))).transpose();
    let filter = Filter {
        actor: asked.actor.map_or(Actor::Anybody, |id| Actor::User(UserId(id))),
        record: asked.record.map(RecordId),
        action: asked.action.as_deref().map(action).transpose()?,
        from: moment("from", &asked.from)?,
        to: moment("to", &asked.to)?,
    };
    let lines = audit::lines(&mut visit.tx, &filter, before.unwrap_or(i64::MAX), limit + 1).await?;
    let item = |line: Noted| LineView {
        id: line.id,
        at: line.at.rfc3339(),
        user: line.actor.map(|user| Who::of(user, visit)),
        on_behalf_of: line.on_behalf_of.map(|user| Who::of(user, visit)),
        action: line.action.word(),
        path: line.path,
        record_id: line.record.map(|record| record.0),
        subject_id: line.subject,
        detail: serde_json::from_str(&line.detail)
            .ok()
            .filter(Value::is_object)
            .unwrap_or_else(|| Value::Object(Default::default())),
    };
    Ok(Json(List::of(lines, limit, |line| line.id.to_string(), item)))
}

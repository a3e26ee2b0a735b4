//! How Standin is, for machines: as JSON, and as figures for monitoring. What they say is what the page says.

use super::asking::Asking;
use super::bearer::Reads;
use super::problem::Problem;
use crate::actions::status::{self, Finding, Status, say};
use crate::model::time::Timestamp;
use crate::store::views::{self, Lag};
use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// How Standin is.
#[derive(Serialize, ToSchema)]
#[schema(as = Status)]
pub(in super::super) struct StatusView {
    /// Whether nothing is broken.
    healthy: bool,
    /// What should be looked at, the gravest first.
    issues: Vec<Issue>,
}

/// Something that should be looked at.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct Issue {
    /// What it is: a code that does not change.
    code: &'static str,
    /// warning or failure.
    level: &'static str,
    /// What was found.
    message: String,
    /// Since when, where that is known.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// What to do next.
    remedy: String,
}

fn issue(finding: &Finding) -> Issue {
    let (message, remedy) = say::sentences(finding, say::Tongue::English);
    let since = finding.at.map(Timestamp::rfc3339);
    Issue { code: finding.code, level: finding.level.word(), message, since, remedy }
}

fn behind(lag: &Lag) -> Issue {
    Issue {
        code: "mailbox-behind",
        level: "warning",
        message: format!("Mailbox {} is not read to its end.", lag.mailbox),
        since: lag.up_to.map(Timestamp::rfc3339),
        remedy: "Ask an admin.".to_owned(),
    }
}

/// Whether a mailbox is behind for longer than `late` milliseconds.
fn is_behind(lag: &Lag, late: i64, now: Timestamp) -> bool {
    let stands = matches!(lag.state.as_str(), "refused" | "paused" | "waiting");
    stands || lag.up_to.is_none_or(|at| now.since(at) > late)
}

async fn look(asking: &mut Asking<Reads>) -> anyhow::Result<Status> {
    let app = asking.visit.app.clone();
    let schema = app.state.db.schema().await;
    status::look(&mut asking.visit.tx, &app.state.config, schema, app.now()).await
}

/// Whether it is well, and what is not. A token with the scope admin sees all of it; any other sees whether the
/// mail behind its owner's pages is fresh.
#[utoipa::path(
    get, path = "/api/v1/status", tag = "me", responses((status = 200, body = StatusView)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn status(mut asking: Asking<Reads>) -> Result<Json<StatusView>, Problem> {
    if asking.visit.person.admin {
        let found = look(&mut asking).await?;
        let issues = found.issues().into_iter().map(issue).collect();
        return Ok(Json(StatusView { healthy: found.is_healthy(), issues }));
    }
    let visit = &mut asking.visit;
    let (late, now) = (status::patience(&visit.app.state.config), visit.clock.now);
    let lags = views::lag(&mut visit.tx, &visit.scope).await?;
    let issues: Vec<Issue> = lags.iter().filter(|lag| is_behind(lag, late, now)).map(behind).collect();
    Ok(Json(StatusView { healthy: issues.is_empty(), issues }))
}

/// `GET /metrics`: the figures in the text form of Prometheus, for a token with the scope admin.
pub(in super::super) async fn metrics(mut asking: Asking<Reads>) -> Result<Response, Problem> {
    if !asking.visit.person.admin {
        return Err(Problem::NotFound);
    }
    let found = look(&mut asking).await?;
    let text = status::metrics(&found, asking.visit.clock.now);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

//! The API for programs, below `/api/v1`. Whoever asks brings a token; what comes back is JSON.
//!
//! A session's cookie counts for nothing here: so no page that somebody visits can use the API in their
//! name, whatever that page sends. Every no is a problem document (RFC 9457) with a code of its own.
//!
//! An answer shows what the owner of the token sees on the pages: it is read by the same functions of
//! `store::views` under the same scope, and what is done goes through the same `actions`. Reading what somebody
//! else answers for is noted as on pages. What is sent is looked at whole: a field or parameter that nobody
//! knows is refused, so that nobody sets what they were not meant to.

mod absences;
mod activities;
mod asking;
mod assigning;
mod audit;
mod bearer;
mod blocks;
mod bulk;
mod consents;
mod corrections;
mod covers;
mod document;
mod draft_files;
mod drafts;
mod events;
mod filing;
mod frame;
mod from_mail;
mod handbook;
mod handovers;
mod imports;
mod jobs;
mod lacking;
mod leaving;
mod limit;
mod mailbox_steps;
mod mails;
mod merging;
mod notice_trials;
mod notices;
mod once;
mod privacy;
mod problem;
mod reach;
mod record_forms;
mod records;
mod routes;
mod rule_shapes;
mod rule_trials;
mod rules;
mod shapes;
mod sharing;
mod state;
mod status;
mod suggestions;
mod teams;
mod timeline;
mod trace;
mod users;
mod wishes;
mod work;

pub(super) use asking::lowered;
pub(super) use handbook::page as handbook;
pub(super) use limit::Limits;
pub(super) use problem::{dressed, fallen};
pub(super) use routes::routes;
pub(super) use status::metrics;

use super::App;
use super::guard::RequestId;
use asking::Asking;
use axum::Json;
use axum::http::request::Parts;
use axum::response::Response;
use bearer::{Bearer, Reads};
use problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

/// Who asks, by which token.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub(super) struct Me {
    /// Their id.
    id: i64,
    /// By which they sign in.
    login: String,
    /// Their full name.
    name: String,
    /// account-manager, staff or admin.
    role: &'static str,
    /// The language of their pages.
    language: String,
    /// Their IANA zone.
    zone: String,
    /// Every address under which they write.
    emails: Vec<String>,
    /// The token.
    token: TokenView,
}

/// A token, as far as it may be told.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(super) struct TokenView {
    /// Its id.
    id: i64,
    /// What its owner calls it.
    name: String,
    /// What it may be used for: read, write or admin.
    scope: &'static str,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// From when on it is refused.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Who asks, by which token.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "me", responses((status = 200, body = Me)), security(("token" = ["read"]))
)]
pub(super) async fn me(asking: Asking<Reads>) -> Result<Json<Me>, Problem> {
    let Asking { user, token, .. } = asking;
    Ok(Json(Me {
        id: user.person.id.0,
        login: user.login,
        name: user.person.name,
        role: user.person.role.word(),
        language: user.language,
        zone: user.zone,
        emails: user.addresses.iter().map(ToString::to_string).collect(),
        token: TokenView {
            id: token.id.0,
            name: token.name,
            scope: token.scope.word(),
            created_at: token.created.rfc3339(),
            expires_at: token.expires.rfc3339(),
        },
    }))
}

/// What there is not. Without a token it is not even said that it is not there.
pub(super) async fn nowhere(app: &App, parts: &mut Parts) -> Response {
    refused(app, parts, Problem::NotFound).await
}

/// An address that has no such method.
pub(super) async fn no_method(app: &App, parts: &mut Parts) -> Response {
    refused(app, parts, Problem::Method).await
}

async fn refused(app: &App, parts: &Parts, problem: Problem) -> Response {
    let id = parts.extensions.get::<RequestId>().cloned();
    match Bearer::<Reads>::of(app, parts).await {
        Ok(_) => problem.answer(id.as_ref()),
        Err(problem) => problem.answer(id.as_ref()),
    }
}

//! The API for programs, below `/api/v1`. Whoever asks brings a token; what comes back is JSON.
//!
//! A session's cookie counts for nothing here: so no page that somebody visits can use the API in their
//! name, whatever that page sends. Every no is a problem document (RFC 9457) with a code of its own.

mod bearer;
mod problem;

use super::App;
use super::guard::RequestId;
use axum::Json;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bearer::{Bearer, Reads};
use problem::Problem;
use serde_json::json;

/// `GET /api/v1/me`: who asks, by which token.
pub(super) async fn me(asking: Bearer<Reads>) -> Response {
    let Bearer { user, token, role, .. } = asking;
    Json(json!({
        "id": user.person.id,
        "login": user.login,
        "name": user.person.name,
        "role": role,
        "language": user.language,
        "zone": user.zone,
        "emails": user.addresses,
        "token": {
            "id": token.id,
            "name": token.name,
            "scope": token.scope,
            "created_at": token.created.rfc3339(),
            "expires_at": token.expires.rfc3339(),
        },
    }))
    .into_response()
}

/// What there is not. Without a token it is not even said that it is not there.
pub(super) async fn nowhere(app: &App, parts: &mut Parts) -> Response {
    let id = parts.extensions.get::<RequestId>().cloned();
    match Bearer::<Reads>::of(app, parts).await {
        Ok(_) => Problem::NotFound.answer(id.as_ref()),
        Err(problem) => problem.answer(id.as_ref()),
    }
}

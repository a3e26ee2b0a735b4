//! Every no, as a page: what happened, why, what to do next.
//!
//! Absent and forbidden are one variant, so they cannot differ by a byte (request id apart).

use super::guard::{RequestId, words_for};
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::Words;
use super::{App, api};
use askama::Template;
use axum::Extension;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is not there, or not for this viewer.
    NotFound,
    /// A form that came from another site.
    ForeignForm,
    /// It was asked for by a form and not done; the sentence says why.
    Declined(String),
    /// Something broke on our side; the cause is for the log.
    Broken(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Refusal {
    fn from(error: E) -> Refusal {
        Refusal::Broken(error.into())
    }
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct Page<'a> {
    shell: Shell,
    w: &'static Words,
    title: &'a str,
    lead: &'a str,
    next: &'a str,
    request: Option<&'a str>,
}

impl Refusal {
    /// The status code.
    pub fn status(&self) -> StatusCode {
        match self {
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::ForeignForm => StatusCode::FORBIDDEN,
            Refusal::Declined(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The page for it, with the frame of whoever is signed in.
    pub fn page(&self, w: &'static Words, shell: Option<Shell>, request: Option<&RequestId>) -> Response {
        let (title, lead, next) = match self {
            Refusal::NotFound => (w.not_found, w.not_found_lead, w.not_found_next),
            Refusal::ForeignForm => (w.foreign_form, w.foreign_form_lead, w.foreign_form_next),
            Refusal::Declined(why) => (w.access().not_done, why.as_str(), w.access().not_done_next),
            Refusal::Broken(_) => (w.broken, w.broken_lead, w.broken_next),
        };
        let request = request.map(|id| id.0.as_str());
        if let (Refusal::Broken(error), Some(request)) = (self, request) {
            tracing::error!(request, error = format!("{error:#}"), "a page failed");
        }
        let shell = shell.unwrap_or_else(|| Shell::bare(w)).titled(title);
        (self.status(), Html(Page { shell, w, title, lead, next, request })).into_response()
    }
}

/// Any address that has no page.
pub(super) async fn nowhere(State(app): State<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if parts.uri.path().starts_with("/api/") {
        return api::nowhere(&app, &mut parts).await;
    }
    match Visit::from_request_parts(&mut parts, &app).await {
        Ok(visit) => visit.answer(Err(Refusal::NotFound)),
        Err(sign_in) => sign_in,
    }
}

/// An address that does not do what is asked of it. Pages say no more than that there is nothing.
pub(super) async fn no_method(State(app): State<App>, request: Request) -> Response {
    if request.uri().path().starts_with("/api/v1/") {
        let (mut parts, _) = request.into_parts();
        return api::no_method(&app, &mut parts).await;
    }
    nowhere(State(app), request).await
}

/// Where somebody goes who is not signed in: to the sign-in page and back. Whether the address
/// they asked for exists makes no difference.
pub(super) fn to_sign_in(uri: &Uri) -> Response {
    let wanted = uri.path_and_query().map_or("/", |p| p.as_str());
    let mut target = String::from("/login");
    if wanted != "/" {
        target.push_str("?next=");
        target.push_str(&escape(wanted));
    }
    Redirect::to(&target).into_response()
}

/// The page for something that broke before it was known who is asking.
pub(super) fn broken(
    State(app): State<App>,
    headers: &HeaderMap,
    id: Extension<RequestId>,
    error: anyhow::Error,
) -> Response {
    Refusal::Broken(error).page(words_for(&app, headers), None, Some(&id.0))
}

/// Percent-encodes a path for a query value.
pub(super) fn escape(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

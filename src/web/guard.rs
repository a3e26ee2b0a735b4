//! What stands around every page: request ids, security headers, and no form from elsewhere.

use super::App;
use super::api;
use super::refusal::Refusal;
use super::words::Words;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use futures::FutureExt;
use rand::Rng;
use std::panic::AssertUnwindSafe;
use tower_http::csrf::{CsrfLayer, ProtectionError, ResponseForProtectionError};

/// Nothing inline, nothing from elsewhere, in nobody's frame.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      frame-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The id of a request: in its answer's header, in the log, on error pages.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub String);

/// Gives the request an id, and the answer its headers.
pub(super) async fn dress(State(app): State<App>, mut request: Request, next: Next) -> Response<Body> {
    let mut bytes = [0_u8; 8];
    rand::rng().fill_bytes(&mut bytes);
    let id = hex::encode(bytes);
    request.extensions_mut().insert(RequestId(id.clone()));
    let path = request.uri().path();
    let of_programs = (path.starts_with("/api/") && path != "/api/docs") || path == "/metrics";
    let words = words_for(&app, request.headers());
    let done = caught(next.run(request)).await;
    let id_of = RequestId(id.clone());
    let mut answer = match done {
        Some(answer) if of_programs => api::dressed(answer, &id_of),
        Some(answer) => answer,
        None if of_programs => api::fallen(&id_of),
        None => Refusal::Broken(anyhow::anyhow!("a handler panicked")).page(words, None, Some(&id_of)),
    };
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    // What a cover showed must not come back from a cache after its end.
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()");
    if app.https() {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    answer
}

/// What a handler answers; `None` where it panicked: that ends its own request alone, and with an answer.
async fn caught(answer: impl Future<Output = Response<Body>>) -> Option<Response<Body>> {
    AssertUnwindSafe(answer).catch_unwind().await.ok()
}

/// Turns away forms that another site sent (Sec-Fetch-Site, Origin against Host).
pub(super) fn same_origin(app: &App) -> CsrfLayer<ForeignForm> {
    let layer = CsrfLayer::new();
    let ours = app.state.config.public_url.trim_end_matches('/');
    let origin: String = ours.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let layer = if origin.is_empty() {
        layer
    } else {
        // A public_url that is no URL was refused when the settings were read.
        layer.add_trusted_origin(origin).unwrap_or_default()
    };
    layer.with_rejection_response(ForeignForm { app: app.clone() })
}

/// What a form from elsewhere gets.
#[derive(Clone)]
pub(super) struct ForeignForm {
    app: App,
}

impl ResponseForProtectionError<Body> for ForeignForm {
    fn response_for_protection_error(&mut self, _: ProtectionError) -> Response<Body> {
        let words = words_for(&self.app, &HeaderMap::new());
        let mut answer = Refusal::ForeignForm.page(words, None, None).into_response();
        *answer.status_mut() = StatusCode::FORBIDDEN;
        answer
    }
}

/// The texts for somebody who is not signed in.
pub(super) fn words_for(app: &App, headers: &HeaderMap) -> &'static Words {
    use super::words::Language;
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).and_then(Language::accepted);
    accepted.or_else(|| Language::from_tag(&app.state.config.language)).unwrap_or(Language::English).words()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn falls() -> Response<Body> {
        panic!("a handler that falls")
    }

    #[tokio::test]
    async fn a_handler_that_panics_ends_its_request_with_a_problem() {
        assert!(caught(async { Response::new(Body::empty()) }).await.is_some());
        assert!(caught(falls()).await.is_none());
        let answer = api::fallen(&RequestId("17".into()));
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn what_is_refused_around_the_handlers_of_programs_is_a_problem_too() {
        let plain = |status: u16| {
            let mut answer = Response::new(Body::from("<p>no</p>"));
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            api::dressed(answer, &RequestId("17".into()))
        };
        for status in [400, 403, 404, 405, 413, 415, 500] {
            let answer = plain(status);
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json", "{status}");
            assert_eq!(answer.status().as_u16(), status);
        }
        assert!(!plain(200).headers().contains_key(header::CONTENT_TYPE));
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
        assert_eq!(api::dressed(answer, &RequestId("17".into())).headers()[header::ALLOW], "GET");
    }
}

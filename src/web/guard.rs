//! What stands around every page: request ids, security headers, and no form from elsewhere.

use super::App;
use super::refusal::Refusal;
use super::words::Words;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use rand::Rng;
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
    let mut answer = next.run(request).await;
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

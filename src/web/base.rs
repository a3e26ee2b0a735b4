//! The path behind the host in `public_url`, such as `/standin`, for whoever has no host to spare.
//!
//! Pages, forms and redirects name our addresses as if we stood at the root. The path is taken off
//! what is asked and put before what is answered here, at the door: one place, where each of some
//! three hundred addresses would be one in which it could be forgotten. Templates write attributes
//! in double quotes and text with its quotes escaped, so an address cannot be mistaken; mail bodies,
//! which others wrote, hold none of ours and are left alone.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Router, http};
use std::sync::Arc;

/// The path of a public URL, without a slash at its end; empty where it has none.
pub(super) fn path_of(public_url: &str) -> &str {
    let behind_scheme = public_url.split_once("://").map_or("", |(_, rest)| rest);
    let path = behind_scheme.find('/').and_then(|at| behind_scheme.get(at..)).unwrap_or("");
    path.trim_end_matches('/')
}

/// `pages`, under `path`.
pub(super) fn under(path: &str, pages: Router) -> Router {
    if path.is_empty() {
        return pages;
    }
    let path: Arc<str> = path.into();
    Router::new().fallback_service(pages).layer(from_fn_with_state(path, at_the_door))
}

async fn at_the_door(State(path): State<Arc<str>>, mut request: Request, next: Next) -> Response {
    if request.uri().path() == &*path {
        return Redirect::permanent(&format!("{path}/")).into_response();
    }
    let Some(within) = stripped(request.uri(), &path) else { return StatusCode::NOT_FOUND.into_response() };
    let body_of_a_mail = within.path().ends_with("/body");
    *request.uri_mut() = within;
    let mut answer = next.run(request).await;
    if let Some(to) = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).filter(|to| ours(to))
        && let Ok(to) = HeaderValue::from_str(&format!("{path}{to}"))
    {
        answer.headers_mut().insert(header::LOCATION, to);
    }
    if body_of_a_mail || !is_html(&answer) { answer } else { with_addresses(answer, &path).await }
}

/// What is asked below `path`; `None` if it stands elsewhere.
fn stripped(uri: &Uri, path: &str) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(path).filter(|rest| rest.starts_with('/'))?;
    let mut parts = http::uri::Parts::default();
    parts.path_and_query = Some(rest.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Whether an address is one of our own pages.
fn ours(address: &str) -> bool {
    address.starts_with('/') && !address.starts_with("//")
}

fn is_html(answer: &Response) -> bool {
    answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

async fn with_addresses(answer: Response, path: &str) -> Response {
    let (mut head, body) = answer.into_parts();
    // Our own pages are in memory already; nothing of them can fail to arrive.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    head.headers.remove(header::CONTENT_LENGTH);
    let body = match std::str::from_utf8(&bytes) {
        Ok(text) => Body::from(prefixed(text, path)),
        Err(_) => Body::from(bytes),
    };
    Response::from_parts(head, body)
}

/// `html` with `path` before each address of ours.
fn prefixed(html: &str, path: &str) -> String {
    ["href", "src", "action", "formaction"].iter().fold(html.to_owned(), |html, attribute| {
        html.replace(&format!(" {attribute}=\"/"), &format!(" {attribute}=\"{path}/"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_what_stands_behind_the_host() {
        assert_eq!(path_of("https://firma.pl/standin/"), "/standin");
        assert_eq!(path_of("http://127.0.0.1:8080/a/b"), "/a/b");
        for none in ["", "https://firma.pl", "https://firma.pl/", "nonsense"] {
            assert_eq!(path_of(none), "");
        }
    }

    #[test]
    fn our_addresses_get_the_path_and_no_other_text_does() {
        let page = "<a href=\"/records/7\">x</a><form method=\"post\" action=\"/\"><img src=\"/icon\"> href=&#34;/not";
        let with =
            "<a href=\"/s/records/7\">x</a><form method=\"post\" action=\"/s/\"><img src=\"/s/icon\"> href=&#34;/not";
        assert_eq!(prefixed(page, "/s"), with);
        assert_eq!(prefixed("<a href=\"https://a.example/\">", "/s"), "<a href=\"https://a.example/\">");
    }

    #[test]
    fn what_stands_elsewhere_is_not_ours() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        assert_eq!(stripped(&uri("/standin/records?kind=lead"), "/standin").unwrap(), "/records?kind=lead");
        assert_eq!(stripped(&uri("/standin/"), "/standin").unwrap(), "/");
        assert!(stripped(&uri("/standings/"), "/standin").is_none());
        assert!(stripped(&uri("/records"), "/standin").is_none());
    }
}

//! In which state something was read: the ETag, and what a change may be tied to by it (RFC 9110, RFC 6585).

use super::problem::Problem;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The ETag of what the viewer is shown, so it tells nothing else. What follows from the clock is left out by
/// the caller: an absence that begins changes nobody's record.
pub(super) fn etag(shown: &impl Serialize) -> Result<String, Problem> {
    let digest = Sha256::digest(serde_json::to_vec(shown)?);
    let short: Vec<u8> = digest.iter().take(12).copied().collect();
    Ok(format!("\"{}\"", hex::encode(short)))
}

/// The answer with its ETag; 304 where the client has it already.
pub(super) fn tagged(headers: &HeaderMap, etag: &str, answer: impl IntoResponse) -> Response {
    if matches(headers, header::IF_NONE_MATCH, etag) == Some(true) {
        return ([(header::ETAG, etag.to_owned())], StatusCode::NOT_MODIFIED).into_response();
    }
    with(etag, answer)
}

/// The answer with its ETag.
pub(super) fn with(etag: &str, answer: impl IntoResponse) -> Response {
    let mut answer = answer.into_response();
    if let Ok(value) = HeaderValue::from_str(etag) {
        answer.headers_mut().insert(header::ETAG, value);
    }
    answer
}

/// Whether the change may be made: the client has seen the state that stands.
pub(super) fn must_match(headers: &HeaderMap, etag: &str) -> Result<(), Problem> {
    match matches(headers, header::IF_MATCH, etag) {
        None => Err(Problem::NoPrecondition),
        Some(true) => Ok(()),
        Some(false) => Err(Problem::Precondition),
    }
}

/// As [`must_match`] where nothing has to be said. `None`: it is not there yet.
pub(super) fn may_match(headers: &HeaderMap, etag: Option<&str>) -> Result<(), Problem> {
    let wanted = match etag {
        Some(etag) => matches(headers, header::IF_MATCH, etag),
        None => headers.contains_key(header::IF_MATCH).then_some(false),
    };
    let unwanted = etag.and_then(|etag| matches(headers, header::IF_NONE_MATCH, etag));
    if wanted == Some(false) || unwanted == Some(true) { Err(Problem::Precondition) } else { Ok(()) }
}

/// Whether the header names this state; `None` where there is no such header.
fn matches(headers: &HeaderMap, name: header::HeaderName, etag: &str) -> Option<bool> {
    let mut any = None;
    for line in headers.get_all(name) {
        let line = line.to_str().unwrap_or_default();
        let found = line.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag);
        any = Some(any.unwrap_or(false) || found);
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_change_needs_the_state_that_stands() {
        let of = |value| must_match(&headers(header::IF_MATCH, value), "\"a\"");
        assert!(of("\"a\"").is_ok() && of("\"b\", \"a\"").is_ok() && of("*").is_ok());
        assert!(matches!(of("\"b\""), Err(Problem::Precondition)));
        assert!(matches!(must_match(&HeaderMap::new(), "\"a\""), Err(Problem::NoPrecondition)));
    }

    #[test]
    fn an_upsert_may_be_tied_to_a_state_or_to_there_being_none() {
        let none = headers(header::IF_NONE_MATCH, "*");
        assert!(may_match(&none, None).is_ok() && may_match(&none, Some("\"a\"")).is_err());
        let some = headers(header::IF_MATCH, "\"a\"");
        assert!(may_match(&some, Some("\"a\"")).is_ok() && may_match(&some, None).is_err());
        assert!(may_match(&HeaderMap::new(), None).is_ok());
    }
}

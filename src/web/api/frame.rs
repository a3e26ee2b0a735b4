//! What stands around every address of the API: no answer but JSON is promised, bodies are bounded, and every no
//! leaves as a problem document with the request's id.

use super::super::guard::RequestId;
use super::limit::Meter;
use super::problem::{Problem, Said};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Octets that a body may have.
pub(super) const LARGEST: usize = 256 * 1024;
/// Octets of a body with rules.
const RULES: usize = 8 * 1024 * 1024;
/// Octets of a body with a file in base64: what may go with a mail, and a third more.
const FILE: usize = 36 * 1024 * 1024;

/// Reads the body before anybody's rights are loaded, so that whoever sends slowly holds no reading of the
/// database; dresses problems.
pub(super) async fn frame(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let meter = Meter::default();
    let answer = match looked_at(request, meter.clone()).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let mut answer = match answer.extensions().get::<Said>().cloned() {
        Some(Said(problem)) => problem.answer(id.as_ref()),
        None => answer,
    };
    meter.tell(answer.headers_mut());
    answer
}

/// Octets that the body of this address may have: files and rules come whole.
fn largest(path: &str) -> usize {
    match path {
        "/api/v1/rules/check" | "/api/v1/rules/trials" => RULES,
        "/api/v1/trace" | "/api/v1/notices/explain" | "/api/v1/imports" => FILE,
        path if path.starts_with("/api/v1/drafts/") && path.ends_with("/files") => FILE,
        _ => LARGEST,
    }
}

async fn looked_at(mut request: Request, meter: Meter) -> Result<Request, Problem> {
    request.extensions_mut().insert(meter);
    if !takes_json(request.headers()) {
        return Err(Problem::NotAcceptable);
    }
    if has_nul(request.uri()) {
        return Err(Problem::Query("It holds the character U+0000; leave it out.".to_owned()));
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, largest(parts.uri.path())).await.map_err(|_| Problem::TooLarge)?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// Whether the client takes what we answer. An attachment is octets, so that is not asked for here.
fn takes_json(headers: &HeaderMap) -> bool {
    let Some(accept) = headers.get(header::ACCEPT) else { return true };
    let Ok(accept) = accept.to_str() else { return false };
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(|p| matches!(p, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        let ours = ["*/*", "application/*", "application/json", "application/problem+json", "application/octet-stream"];
        !refused && ours.contains(&kind.as_str())
    })
}

/// PostgreSQL takes no such text, and nothing has such a name.
fn has_nul(uri: &Uri) -> bool {
    uri.path().contains("%00") || uri.query().is_some_and(|query| query.contains("%00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_takes_no_json_is_told_so() {
        let takes = |accept: &str| takes_json(&HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]));
        assert!(takes_json(&HeaderMap::new()));
        assert!(takes("*/*") && takes("text/html, application/json;q=0.5") && takes("application/problem+json"));
        assert!(!takes("text/html") && !takes("application/json;q=0") && !takes("image/*, text/csv"));
    }
}

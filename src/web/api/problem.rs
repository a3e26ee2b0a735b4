//! What the API says where it does not do what was asked: a problem document (RFC 9457).
//!
//! `code` is for programs and never changes its meaning; `title` and `detail` are for people, in English:
//! what happened, why, and what to do next. What is absent and what is forbidden is one code, as on the pages.
//! docs/api.md lists the codes, and a test compares.

use super::super::guard::RequestId;
use super::super::refusal::Refusal;
use crate::model::api::ApiScope;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Fault {
    /// The field; empty where none is to blame.
    pub field: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// Why it was not done.
#[derive(Debug)]
pub(in super::super) enum Problem {
    /// No token came along.
    NoToken,
    /// It is no token of ours, it was revoked, or its owner is gone.
    WrongToken,
    /// It is too old.
    ExpiredToken,
    /// It may not be used for this.
    Scope(ApiScope),
    /// Its owner has to set up a second factor first.
    SecondFactor,
    /// It is not there, or not for this token's owner.
    NotFound,
    /// The owner of the token sees it and may not do that with it.
    MayNot(String),
    /// The body is no JSON.
    Malformed(String),
    /// The query of the address cannot be read.
    Query(String),
    /// A header that steers the request cannot be read.
    Header(String),
    /// Fields are missing, unknown, or hold what they cannot.
    Fields(Vec<Fault>),
    /// As things stand it cannot be done.
    Declined(String),
    /// What is asked first was not said to be known: each with the word that says so.
    Unconfirmed(Vec<Fault>),
    /// It stands in the way of what is there.
    Conflict(String),
    /// The cursor of the event feed is older than what is kept.
    CursorExpired,
    /// What is changed must be named in the state in which it was read.
    NoPrecondition,
    /// It changed since it was read.
    Precondition,
    /// The key was used for another request.
    KeyReused,
    /// The first request with this key is under way.
    KeyInUse,
    /// The address has no such method.
    Method,
    /// The client takes no JSON.
    NotAcceptable,
    /// The body is too large.
    TooLarge,
    /// The body is of another type.
    MediaType,
    /// A page of another site sent it.
    CrossSite,
    /// The token asked too often; the seconds after which it may ask again.
    TooOften(i64),
    /// Something broke on our side; the cause is for the log.
    Broken(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Problem {
    fn from(error: E) -> Problem {
        Problem::Broken(error.into())
    }
}

impl Problem {
    /// What a page would refuse, as a problem.
    pub fn of(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::NotFound => Problem::NotFound,
            Refusal::ForeignForm => Problem::CrossSite,
            Refusal::Declined(why) => Problem::Declined(why),
            Refusal::Broken(error) => Problem::Broken(error),
        }
    }

    /// A field that is wrong.
    pub fn field(field: &str, message: impl Into<String>) -> Problem {
        Problem::Fields(vec![Fault { field: field.to_owned(), message: message.into() }])
    }

    fn status(&self) -> StatusCode {
        match self {
            Problem::NoToken | Problem::WrongToken | Problem::ExpiredToken => StatusCode::UNAUTHORIZED,
            Problem::Scope(_) | Problem::SecondFactor | Problem::MayNot(_) | Problem::CrossSite => {
                StatusCode::FORBIDDEN
            }
            Problem::NotFound => StatusCode::NOT_FOUND,
            Problem::Malformed(_) | Problem::Query(_) | Problem::Header(_) => StatusCode::BAD_REQUEST,
            Problem::Fields(_) | Problem::Declined(_) | Problem::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Problem::Conflict(_) | Problem::Unconfirmed(_) | Problem::KeyInUse => StatusCode::CONFLICT,
            Problem::CursorExpired => StatusCode::GONE,
            Problem::NoPrecondition => StatusCode::PRECONDITION_REQUIRED,
            Problem::Precondition => StatusCode::PRECONDITION_FAILED,
            Problem::Method => StatusCode::METHOD_NOT_ALLOWED,
            Problem::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Problem::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Problem::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Problem::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::NoToken => "token-missing",
            Problem::WrongToken => "token-invalid",
            Problem::ExpiredToken => "token-expired",
            Problem::Scope(_) => "scope-insufficient",
            Problem::SecondFactor => "second-factor-required",
            Problem::NotFound => "not-found",
            Problem::MayNot(_) => "right-missing",
            Problem::Malformed(_) => "body-malformed",
            Problem::Query(_) => "query-invalid",
            Problem::Header(_) => "header-invalid",
            Problem::Fields(_) => "fields-invalid",
            Problem::Declined(_) => "declined",
            Problem::Unconfirmed(_) => "confirmation-needed",
            Problem::Conflict(_) => "conflict",
            Problem::CursorExpired => "cursor-expired",
            Problem::NoPrecondition => "precondition-required",
            Problem::Precondition => "precondition-failed",
            Problem::KeyReused => "idempotency-key-reused",
            Problem::KeyInUse => "idempotency-key-in-use",
            Problem::Method => "method-not-allowed",
            Problem::NotAcceptable => "not-acceptable",
            Problem::TooLarge => "body-too-large",
            Problem::MediaType => "media-type-unsupported",
            Problem::CrossSite => "cross-site",
            Problem::TooOften(_) => "rate-limited",
            Problem::Broken(_) => "internal-error",
        }
    }

    fn words(&self) -> (&'static str, String) {
        let (title, detail) = match self {
            Problem::Scope(needed) => {
                let detail = format!("This needs a token with the scope {}.", needed.word());
                return ("The token's scope is too small", detail);
            }
            Problem::MayNot(why) => ("The token's owner may not do this", why.as_str()),
            Problem::Malformed(why) => ("The body is no JSON", why.as_str()),
            Problem::Query(why) => ("The address cannot be read", why.as_str()),
            Problem::Header(why) => ("A header cannot be read", why.as_str()),
            Problem::Fields(faults) => {
                let all: Vec<String> = faults.iter().map(told).collect();
                return ("Fields are wrong", all.join("; "));
            }
            Problem::Unconfirmed(faults) => {
                let all: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
                return ("Say first that this is known", all.join(" "));
            }
            Problem::Declined(why) => ("It was not done", why.as_str()),
            Problem::Conflict(why) => ("It stands in the way of what is there", why.as_str()),
            Problem::TooOften(seconds) => {
                let detail =
                    format!("This token asked too often. Ask again in {seconds} seconds, or for more at once.");
                return ("Too many requests", detail);
            }
            plain => plain.plain_words(),
        };
        (title, detail.to_owned())
    }

    /// The words of what has nothing of its own to say.
    fn plain_words(&self) -> (&'static str, &'static str) {
        match self {
            Problem::NoToken => {
                ("A token is needed", "Send the header \"Authorization: Bearer sdn_…\" with a token from My settings.")
            }
            Problem::WrongToken => (
                "The token is not valid",
                "It is no token of this installation, it was revoked, or its owner was deactivated. Make a new one.",
            ),
            Problem::ExpiredToken => ("The token has expired", "Make a new one in My settings."),
            Problem::SecondFactor => {
                ("A second factor is required", "The owner of the token has to set one up under My settings first.")
            }
            Problem::NotFound => ("Not found", "There is nothing at this address, or nothing that this token shows."),
            Problem::CursorExpired => (
                "The cursor is too old",
                "Events after it are not kept any more. Read what you mirror anew, then begin without `after`.",
            ),
            Problem::NoPrecondition => (
                "Say which state you change",
                "Read it first, and send the ETag that came with it as If-Match: so nobody else's change is lost.",
            ),
            Problem::Precondition => {
                ("It changed since you read it", "Read it again, look at what changed, and send the new ETag.")
            }
            Problem::KeyReused => (
                "The Idempotency-Key belongs to another request",
                "It came with another address or body before. Use a new key for each new request.",
            ),
            Problem::KeyInUse => {
                ("The first request with this Idempotency-Key is not done yet", "Send it again in a moment.")
            }
            Problem::Method => {
                ("No such method here", "The header Allow lists the methods of this address; see /api/docs.")
            }
            Problem::NotAcceptable => {
                ("Only JSON is answered", "Send \"Accept: application/json\", or no Accept at all.")
            }
            Problem::TooLarge => (
                "The body is too large",
                "It may have 256 KiB; with rules 8 MiB, with a file 36 MiB. Send less at once.",
            ),
            Problem::MediaType => {
                ("The body must be JSON", "Send \"Content-Type: application/json\", without a Content-Encoding.")
            }
            Problem::CrossSite => (
                "It came from another site",
                "A browser sent it for a page elsewhere. Programs send neither Sec-Fetch-Site nor Origin.",
            ),
            _ => ("Something broke", "It is our fault. Try again later; the request's id tells your admin more."),
        }
    }

    /// The answer; what broke goes to the log, once.
    pub fn answer(&self, id: Option<&RequestId>) -> Response {
        let request = id.map_or("", |id| id.0.as_str());
        if let Problem::Broken(error) = self {
            tracing::error!(request, error = format!("{error:#}"), "an API request failed");
        }
        let (title, detail) = self.words();
        let status = self.status();
        let mut body = json!({
            "type": format!("urn:standin:problem:{}", self.code()),
            "title": title,
            "status": status.as_u16(),
            "detail": detail,
            "code": self.code(),
            "request_id": request,
        });
        if let (Problem::Fields(faults) | Problem::Unconfirmed(faults), Some(body)) = (self, body.as_object_mut()) {
            let errors = faults.iter().map(|f| json!({ "field": f.field, "message": f.message }));
            body.insert("errors".to_owned(), Value::Array(errors.collect()));
        }
        let mut answer = (status, body.to_string()).into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(challenge) = self.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        let again = match self {
            Problem::KeyInUse => Some(1),
            Problem::TooOften(seconds) => Some(*seconds),
            _ => None,
        };
        if let Some(seconds) = again {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }

    /// RFC 6750, section 3: what is wrong with the token, for clients that know the scheme.
    fn challenge(&self) -> Option<&'static str> {
        Some(match self {
            Problem::NoToken => "Bearer realm=\"standin\"",
            Problem::WrongToken | Problem::ExpiredToken => "Bearer realm=\"standin\", error=\"invalid_token\"",
            Problem::Scope(ApiScope::Read) => "Bearer realm=\"standin\", error=\"insufficient_scope\", scope=\"read\"",
            Problem::Scope(ApiScope::Write) => {
                "Bearer realm=\"standin\", error=\"insufficient_scope\", scope=\"write\""
            }
            Problem::Scope(ApiScope::Admin) => {
                "Bearer realm=\"standin\", error=\"insufficient_scope\", scope=\"admin\""
            }
            _ => return None,
        })
    }
}

fn told(fault: &Fault) -> String {
    if fault.field.is_empty() { fault.message.clone() } else { format!("{}: {}", fault.field, fault.message) }
}

/// What leaves below `/api`: where something before or behind the handlers refused it without saying so in JSON, or
/// where a problem was not dressed yet, the problem document for it.
pub(in super::super) fn dressed(answer: Response, id: &RequestId) -> Response {
    if let Some(Said(problem)) = answer.extensions().get::<Said>() {
        return problem.answer(Some(id));
    }
    let status = answer.status();
    let is_problem = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let problem = match status {
        StatusCode::FORBIDDEN => Problem::CrossSite,
        StatusCode::METHOD_NOT_ALLOWED => Problem::Method,
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::MediaType,
        StatusCode::BAD_REQUEST => Problem::Malformed("The request cannot be read.".to_owned()),
        status if status.is_client_error() => Problem::NotFound,
        status => Problem::Broken(anyhow::anyhow!("an answer with status {status} and no problem")),
    };
    let mut dressed = problem.answer(Some(id));
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = answer.headers().get(&name) {
            dressed.headers_mut().insert(name, value.clone());
        }
    }
    dressed
}

/// The problem for a handler that ended without an answer.
pub(in super::super) fn fallen(id: &RequestId) -> Response {
    Problem::Broken(anyhow::anyhow!("a handler panicked")).answer(Some(id))
}

/// A problem on its way out: `frame` gives it the request's id.
#[derive(Clone)]
pub(super) struct Said(pub Arc<Problem>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut answer = self.status().into_response();
        answer.extensions_mut().insert(Said(Arc::new(self)));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Problem> {
        let text = String::new;
        vec![
            Problem::NoToken,
            Problem::WrongToken,
            Problem::ExpiredToken,
            Problem::Scope(ApiScope::Write),
            Problem::SecondFactor,
            Problem::NotFound,
            Problem::MayNot(text()),
            Problem::Malformed(text()),
            Problem::Query(text()),
            Problem::Header(text()),
            Problem::Fields(Vec::new()),
            Problem::Declined(text()),
            Problem::Unconfirmed(Vec::new()),
            Problem::Conflict(text()),
            Problem::CursorExpired,
            Problem::NoPrecondition,
            Problem::Precondition,
            Problem::KeyReused,
            Problem::KeyInUse,
            Problem::Method,
            Problem::NotAcceptable,
            Problem::TooLarge,
            Problem::MediaType,
            Problem::CrossSite,
            Problem::TooOften(3),
            Problem::Broken(anyhow::anyhow!("x")),
        ]
    }

    #[test]
    fn every_problem_has_a_code_of_its_own() {
        let all = all();
        let codes: std::collections::HashSet<_> = all.iter().map(Problem::code).collect();
        assert_eq!(codes.len(), all.len());
        for problem in &all {
            let answer = problem.answer(None);
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
            assert_eq!(
                answer.headers().contains_key(header::WWW_AUTHENTICATE),
                matches!(answer.status().as_u16(), 401) || problem.code() == "scope-insufficient"
            );
        }
    }

    #[test]
    fn the_handbook_lists_every_code_with_its_status() {
        let handbook = include_str!("../../../docs/api.md");
        for problem in all() {
            let row = format!("| `{}` | {} |", problem.code(), problem.status().as_u16());
            assert!(handbook.contains(&row), "docs/api.md lacks {row}");
        }
    }
}

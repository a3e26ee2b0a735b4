//! What the API says where it does not do what was asked: a problem document (RFC 9457).
//!
//! `code` is for programs and never changes its meaning; `title` and `detail` are for people, in English.
//! What is absent and what is forbidden is one code, as on the pages.

use super::super::guard::RequestId;
use crate::model::api::ApiScope;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

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
    /// Something broke on our side; the cause is for the log.
    Broken(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Problem {
    fn from(error: E) -> Problem {
        Problem::Broken(error.into())
    }
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Problem::NoToken | Problem::WrongToken | Problem::ExpiredToken => StatusCode::UNAUTHORIZED,
            Problem::Scope(_) | Problem::SecondFactor => StatusCode::FORBIDDEN,
            Problem::NotFound => StatusCode::NOT_FOUND,
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
            Problem::Broken(_) => "internal-error",
        }
    }

    fn words(&self) -> (&'static str, String) {
        match self {
            Problem::NoToken => (
                "A token is needed",
                "Send the header \"Authorization: Bearer sdn_…\" with a token from My settings.".to_owned(),
            ),
            Problem::WrongToken => (
                "The token is not valid",
                "It is no token of this installation, it was revoked, or its owner was deactivated. Make a new one."
                    .to_owned(),
            ),
            Problem::ExpiredToken => ("The token has expired", "Make a new one in My settings.".to_owned()),
            Problem::Scope(needed) => {
                ("The token's scope is too small", format!("This needs a token with the scope {}.", needed.word()))
            }
            Problem::SecondFactor => (
                "A second factor is required",
                "The owner of the token has to set one up under My settings first.".to_owned(),
            ),
            Problem::NotFound => {
                ("Not found", "There is nothing at this address, or nothing that this token shows.".to_owned())
            }
            Problem::Broken(_) => (
                "Something broke",
                "It is our fault. Try again later; the request's id tells your admin more.".to_owned(),
            ),
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
        let body = json!({
            "type": format!("urn:standin:problem:{}", self.code()),
            "title": title,
            "status": status.as_u16(),
            "detail": detail,
            "code": self.code(),
            "request_id": request,
        });
        let mut answer = (status, body.to_string()).into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // RFC 6750, section 3: what is wrong with the token, for clients that know the scheme.
        let challenge = match self {
            Problem::NoToken => Some("Bearer realm=\"standin\""),
            Problem::WrongToken | Problem::ExpiredToken => Some("Bearer realm=\"standin\", error=\"invalid_token\""),
            Problem::Scope(ApiScope::Read) => {
                Some("Bearer realm=\"standin\", error=\"insufficient_scope\", scope=\"read\"")
            }
            Problem::Scope(ApiScope::Write) => {
                Some("Bearer realm=\"standin\", error=\"insufficient_scope\", scope=\"write\"")
            }
            Problem::Scope(ApiScope::Admin) => {
                Some("Bearer realm=\"standin\", error=\"insufficient_scope\", scope=\"admin\"")
            }
            _ => None,
        };
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_a_code_of_its_own() {
        let all = [
            Problem::NoToken,
            Problem::WrongToken,
            Problem::ExpiredToken,
            Problem::Scope(ApiScope::Write),
            Problem::SecondFactor,
            Problem::NotFound,
            Problem::Broken(anyhow::anyhow!("x")),
        ];
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
}

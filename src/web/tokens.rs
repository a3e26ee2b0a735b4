//! My tokens for the API (W11): made here, shown once, revoked here.

use super::App;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::SignInWords;
use crate::actions::tokens::{self, Wanted};
use crate::model::api::ApiScope;
use crate::model::id::TokenId;
use crate::store::api_tokens;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, RawQuery};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// Days that the form offers.
const DAYS: [i64; 3] = [30, 90, 365];

struct TokenView {
    id: i64,
    name: String,
    scope: &'static str,
    created: When,
    expires: When,
    expired: bool,
    used: Option<When>,
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct Page {
    shell: Shell,
    t: &'static SignInWords,
    saved: bool,
    problem: Option<&'static str>,
    /// The new token, this once.
    made: Option<String>,
    name: String,
    days: i64,
    scope: &'static str,
    offered: [i64; 3],
    scopes: Vec<(&'static str, &'static str)>,
    tokens: Vec<TokenView>,
}

/// The form.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Given {
    #[serde(rename = "do")]
    what: String,
    name: String,
    scope: String,
    days: String,
    token: String,
}

/// `GET /me/tokens`.
pub(super) async fn page(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let saved = query.as_deref() == Some("saved=1");
    let page = view(&mut visit, saved, None, None, &Given::default()).await;
    visit.answer(page)
}

/// `POST /me/tokens`.
pub(super) async fn change(mut visit: Visit, form: Result<Form<Given>, FormRejection>) -> Response {
    let page = match form {
        Ok(Form(given)) => acted(&mut visit, given).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn acted(visit: &mut Visit, given: Given) -> Result<Response, Refusal> {
    let app: App = visit.app.clone();
    let (me, now) = (visit.person.user, visit.clock.now);
    let mut tx = app.state.db.write().await?;
    if given.what == "revoke" {
        // One that is gone already is what was wanted.
        if let Ok(id) = given.token.parse() {
            tokens::revoke(&mut tx, Some(me), TokenId(id), now).await?;
            tx.commit().await?;
        }
        return Ok(Redirect::to("/me/tokens?saved=1").into_response());
    }
    let (Some(scope), "make") = (ApiScope::from_word(&given.scope), given.what.as_str()) else {
        return Err(Refusal::NotFound);
    };
    let days = given.days.trim().parse().unwrap_or(0);
    let wanted = Wanted { user: me, admin: visit.person.admin, name: given.name.clone(), scope, days };
    let made = tokens::make(&mut tx, Some(me), &wanted, now).await?;
    let t = SignInWords::of(visit.words().language);
    let (made, problem) = match made {
        Ok((text, _)) => {
            tx.commit().await?;
            (Some(text), None)
        }
        Err(no) => {
            drop(tx);
            (None, Some(t.no_token(no)))
        }
    };
    visit.tx = app.state.db.read().await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let kept = if problem.is_some() { given } else { Given::default() };
    Ok((status, view(visit, false, problem, made, &kept).await?).into_response())
}

async fn view(
    visit: &mut Visit,
    saved: bool,
    problem: Option<&'static str>,
    made: Option<String>,
    given: &Given,
) -> Result<Response, Refusal> {
    let t = SignInWords::of(visit.words().language);
    let found = api_tokens::of(&mut visit.tx, Some(visit.person.user)).await?;
    let tokens = found.into_iter().map(|token| TokenView {
        id: token.id.0,
        name: token.name,
        scope: t.scope(token.scope),
        created: visit.clock.when(token.created),
        expires: visit.clock.when(token.expires),
        expired: token.expires <= visit.clock.now,
        used: token.used.map(|at| visit.clock.when(at)),
    });
    let scopes = ApiScope::ALL.into_iter().filter(|scope| *scope != ApiScope::Admin || visit.person.admin);
    Ok(Html(Page {
        t,
        saved,
        problem,
        made,
        name: given.name.chars().take(200).collect(),
        days: given.days.parse().unwrap_or(90),
        scope: ApiScope::from_word(&given.scope).unwrap_or(ApiScope::Read).word(),
        offered: DAYS,
        scopes: scopes.map(|scope| (scope.word(), t.scope(scope))).collect(),
        tokens: tokens.collect(),
        shell: visit.shell().titled(t.tokens).at("me"),
    })
    .into_response())
}

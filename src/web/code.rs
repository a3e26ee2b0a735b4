//! The second step of signing in: a code of the authenticator app, or a recovery code.

use super::App;
use super::entrance::{self, Whence, forget, keep, kept};
use super::guard::{RequestId, words_for};
use super::refusal::broken;
use super::shell::{Html, Shell};
use super::signin::within;
use super::words::{SignInWords, Words};
use crate::actions::second_factor::{self, Checked};
use crate::model::id::UserId;
use crate::store::people;
use crate::store::sessions::Method;
use anyhow::Context;
use askama::Template;
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// What its cookie is called.
const STEP: &str = "step";

/// Whose password was right, and where they want to go.
#[derive(Serialize, Deserialize)]
struct Step {
    user: i64,
    next: String,
    /// A mark of the password it was: after a change the old one opens nothing.
    mark: i64,
}

#[derive(Template)]
#[template(path = "code.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    t: &'static SignInWords,
    problem: Option<&'static str>,
}

fn mark(app: &App, hash: Option<&str>) -> i64 {
    app.state.keys.hash("password", hash.unwrap_or("").as_bytes())
}

/// What whoever gave the right password gets: a sealed note for the page that asks for a code.
pub(super) fn ask(app: &App, user: UserId, hash: Option<&str>, next: &str) -> anyhow::Result<Cookie<'static>> {
    let next = within(next).chars().take(1_000).collect();
    keep(app, STEP, Step { user: user.0, next, mark: mark(app, hash) })
}

/// `GET /login/code`.
pub(super) async fn page(State(app): State<App>, headers: HeaderMap) -> Response {
    match kept::<Step>(&app, &headers, STEP) {
        Some(_) => shown(&app, &headers, StatusCode::OK, None),
        None => Redirect::to("/login").into_response(),
    }
}

fn shown(app: &App, headers: &HeaderMap, status: StatusCode, problem: Option<&'static str>) -> Response {
    let w = words_for(app, headers);
    let t = SignInWords::of(w.language);
    (status, Html(Page { shell: Shell::bare(w).titled(t.code_title), w, t, problem })).into_response()
}

/// The form.
#[derive(Default, Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    code: String,
}

/// `POST /login/code`.
pub(super) async fn enter(
    State(app): State<App>,
    direct: Option<Extension<ConnectInfo<SocketAddr>>>,
    id: Extension<RequestId>,
    headers: HeaderMap,
    given: Result<Form<Given>, FormRejection>,
) -> Response {
    let Some(step) = kept::<Step>(&app, &headers, STEP) else { return Redirect::to("/login").into_response() };
    let given = given.map(|Form(given)| given).unwrap_or_default();
    let t = SignInWords::of(words_for(&app, &headers).language);
    let whence = Whence::of(&app, &headers, direct.map(|Extension(direct)| direct));
    match tried(&app, &step, &given.code, &whence).await {
        Ok(Some((Checked::TooMany, _))) => shown(&app, &headers, StatusCode::TOO_MANY_REQUESTS, Some(t.code_too_many)),
        Ok(Some((_, Some(cookie)))) => {
            let jar = CookieJar::new().add(cookie).add(forget(&app, STEP));
            (jar, Redirect::to(within(&step.next))).into_response()
        }
        Ok(Some((_, None))) => shown(&app, &headers, StatusCode::UNAUTHORIZED, Some(t.code_wrong)),
        Ok(None) => (CookieJar::new().add(forget(&app, STEP)), Redirect::to("/login")).into_response(),
        Err(error) => broken(State(app), &headers, id, error),
    }
}

/// Looks at the code, and begins a session if it is right; `None` if the password was changed meanwhile, or
/// the user deactivated.
async fn tried(
    app: &App,
    step: &Step,
    code: &str,
    whence: &Whence,
) -> anyhow::Result<Option<(Checked, Option<Cookie<'static>>)>> {
    let user = UserId(step.user);
    let mut tx = app.state.db.write().await.context("checking a code")?;
    let stands = people::load(&mut tx, user).await?.is_some_and(|user| user.person.active);
    let hash = people::password_hash(&mut tx, user).await?;
    if !stands || mark(app, hash.as_deref()) != step.mark {
        return Ok(None);
    }
    let checked = second_factor::check(&mut tx, &app.state.keys, user, code, app.now()).await?;
    tx.commit().await.context("checking a code")?;
    if !checked.passes() {
        return Ok(Some((checked, None)));
    }
    Ok(Some((checked, Some(entrance::begin(app, whence, user, Method::Password).await?))))
}

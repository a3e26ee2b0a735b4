//! The first admin (W32): once, with the token that the program printed, until there is an admin.

use super::App;
use super::entrance::{self, Whence};
use super::guard::{RequestId, words_for};
use super::refusal::{Refusal, broken};
use super::shell::{Html, Shell};
use super::signin::attempt;
use super::words::{SignInWords, Words};
use crate::actions::admins::{self, No, Wanted};
use crate::actions::passwords;
use crate::store::sessions::Method;
use crate::store::setup;
use askama::Template;
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use std::net::SocketAddr;

/// The form, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Given {
    token: String,
    login: String,
    name: String,
    email: String,
    password: String,
    again: String,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    t: &'static SignInWords,
    given: Given,
    shortest: usize,
    problem: Option<String>,
}

fn form(app: &App, headers: &HeaderMap, status: StatusCode, given: Given, problem: Option<String>) -> Response {
    let w = words_for(app, headers);
    let t = SignInWords::of(w.language);
    let shell = Shell::bare(w).titled(t.setup_title);
    (status, Html(Page { shell, w, t, given, shortest: passwords::SHORTEST, problem })).into_response()
}

/// Where there is an admin, there is no such page.
fn absent(app: &App, headers: &HeaderMap, id: &RequestId) -> Response {
    Refusal::NotFound.page(words_for(app, headers), None, Some(id))
}

async fn is_open(app: &App) -> anyhow::Result<bool> {
    Ok(setup::is_open(&mut app.state.db.read().await?).await?)
}

/// `GET /setup`.
pub(super) async fn page(State(app): State<App>, id: Extension<RequestId>, headers: HeaderMap) -> Response {
    match is_open(&app).await {
        Ok(true) => form(&app, &headers, StatusCode::OK, Given::default(), None),
        Ok(false) => absent(&app, &headers, &id),
        Err(error) => broken(State(app), &headers, id, error),
    }
}

/// `POST /setup`.
pub(super) async fn make(
    State(app): State<App>,
    direct: Option<Extension<ConnectInfo<SocketAddr>>>,
    id: Extension<RequestId>,
    headers: HeaderMap,
    given: Result<Form<Given>, FormRejection>,
) -> Response {
    match is_open(&app).await {
        Ok(true) => {}
        Ok(false) => return absent(&app, &headers, &id),
        Err(error) => return broken(State(app), &headers, id, error),
    }
    let w = words_for(&app, &headers);
    let t = SignInWords::of(w.language);
    let mut given = given.map(|Form(given)| given).unwrap_or_default();
    let whence = Whence::of(&app, &headers, direct.map(|Extension(direct)| direct));
    // A token has 160 bits; this is for the work that each try makes.
    let attempt = attempt(&app, "the first admin", whence.address);
    if !app.throttle.admit(attempt, app.now()) {
        let problem = format!("{} {}", w.sign_in_slow, w.sign_in_slow_hint);
        return form(&app, &headers, StatusCode::TOO_MANY_REQUESTS, given, Some(problem));
    }
    let (password, again) = (std::mem::take(&mut given.password), std::mem::take(&mut given.again));
    if password != again {
        return form(&app, &headers, StatusCode::UNPROCESSABLE_ENTITY, given, Some(t.password_differs.to_owned()));
    }
    let wanted = Wanted {
        login: given.login.clone(),
        name: given.name.clone(),
        email: given.email.clone(),
        zone: app.state.config.zone.clone(),
        language: w.tag.to_owned(),
    };
    match admins::first(&app.state.db, &given.token, &wanted, &password, app.now()).await {
        Ok(Ok(user)) => match entrance::begin(&app, &whence, user, Method::Password).await {
            Ok(cookie) => {
                app.throttle.succeeded(attempt);
                (CookieJar::new().add(cookie), Redirect::to("/")).into_response()
            }
            Err(error) => broken(State(app), &headers, id, error),
        },
        Ok(Err(No::Done)) => absent(&app, &headers, &id),
        Ok(Err(no)) => form(&app, &headers, StatusCode::UNPROCESSABLE_ENTITY, given, Some(t.no_admin(&no, &password))),
        Err(error) => broken(State(app), &headers, id, error.context("making the first admin")),
    }
}

//! Signing in by an identity provider (OpenID Connect), and signing out there.
//!
//! What a sign-in was begun with (state, nonce, PKCE verifier) lies in a sealed cookie, so it can be finished
//! in no other browser: nobody is signed in as somebody else by a link. The button is a link and no form, and
//! so is the one for signing out there: the content policy lets forms of ours lead nowhere else.

use super::App;
use super::entrance::{self, Whence, forget, keep, kept};
use super::guard::{RequestId, words_for};
use super::refusal::{Refusal, broken};
use super::signin::{Problem, refused, within};
use super::words::SignInWords;
use crate::actions::single_sign_on::{self, Defaults, No};
use crate::config::Config;
use crate::oidc::{Begun, Provider, Trouble};
use crate::store::sessions::Method;
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// What its cookie is called.
const FLOW: &str = "oidc";

/// A sign-in that was begun in this browser.
#[derive(Serialize, Deserialize)]
struct Flow {
    begun: Begun,
    next: String,
}

/// Where to go afterwards.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    next: String,
}

/// What the provider sends the browser back with.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Back {
    code: String,
    state: String,
    error: String,
}

async fn provider(config: &Config) -> Result<Provider, Trouble> {
    Provider::discover(&config.oidc, &config.page("/login/oidc/back")).await
}

/// Where there is no provider, there is no such page.
fn absent(app: &App, headers: &HeaderMap, id: &RequestId) -> Response {
    Refusal::NotFound.page(words_for(app, headers), None, Some(id))
}

/// `GET /login/oidc`: sends the browser to the provider.
pub(super) async fn begin(
    State(app): State<App>,
    id: Extension<RequestId>,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let config = app.state.config.clone();
    if !config.oidc.is_set() {
        return absent(&app, &headers, &id);
    }
    let next = wanted.map(|Query(wanted)| wanted.next).unwrap_or_default();
    let next: String = within(&next).chars().take(1_000).collect();
    let (url, begun) = match provider(&config).await {
        Ok(provider) => provider.begin(),
        Err(trouble) => return troubled(&app, &headers, &id, &next, &trouble),
    };
    match keep(&app, FLOW, Flow { begun, next }) {
        Ok(cookie) => (CookieJar::new().add(cookie), Redirect::to(&url)).into_response(),
        Err(error) => broken(State(app), &headers, id, error),
    }
}

/// `GET /login/oidc/back`: the browser comes back from the provider.
pub(super) async fn back(
    State(app): State<App>,
    direct: Option<Extension<ConnectInfo<SocketAddr>>>,
    id: Extension<RequestId>,
    headers: HeaderMap,
    said: Result<Query<Back>, QueryRejection>,
) -> Response {
    let config = app.state.config.clone();
    if !config.oidc.is_set() {
        return absent(&app, &headers, &id);
    }
    let t = SignInWords::of(words_for(&app, &headers).language);
    let said = said.map(|Query(said)| said).unwrap_or_default();
    let flow = kept::<Flow>(&app, &headers, FLOW);
    // Where the state is not the one of this browser, nothing is believed, not even a refusal.
    let Some(flow) = flow.filter(|flow| !said.state.is_empty() && flow.begun.state == said.state) else {
        return shown(&app, &headers, "", problem(&config, t, t.provider_stale, t.provider_stale_hint));
    };
    if !said.error.is_empty() || said.code.is_empty() {
        let error: String = said.error.chars().filter(char::is_ascii_graphic).take(60).collect();
        tracing::info!(request = id.0.0, error, "the identity provider signed nobody in");
        return shown(&app, &headers, &flow.next, problem(&config, t, t.provider_refused, t.provider_refused_hint));
    }
    let told = match provider(&config).await {
        Ok(provider) => provider.finish(&flow.begun, said.code).await,
        Err(trouble) => Err(trouble),
    };
    let told = match told {
        Ok(told) => told,
        Err(trouble) => return troubled(&app, &headers, &id, &flow.next, &trouble),
    };
    let whence = Whence::of(&app, &headers, direct.map(|Extension(direct)| direct));
    match arrived(&app, &config, &told, &whence).await {
        Ok(Ok(cookie)) => {
            let jar = CookieJar::new().add(cookie).add(forget(&app, FLOW));
            (jar, Redirect::to(within(&flow.next))).into_response()
        }
        Ok(Err(no)) => {
            tracing::info!(request = id.0.0, ?no, subject = told.subject, "nobody was signed in");
            shown(&app, &headers, &flow.next, no_words(&config, t, no))
        }
        Err(error) => broken(State(app), &headers, id, error),
    }
}

async fn arrived(
    app: &App,
    config: &Config,
    told: &crate::oidc::Told,
    whence: &Whence,
) -> anyhow::Result<Result<axum_extra::extract::cookie::Cookie<'static>, No>> {
    let mut tx = app.state.db.write().await?;
    let defaults = Defaults { zone: &config.zone, language: &config.language };
    let user = match single_sign_on::arrive(&mut tx, &config.oidc, told, defaults, app.now()).await? {
        Ok(user) => user,
        Err(no) => return Ok(Err(no)),
    };
    tx.commit().await?;
    Ok(Ok(entrance::begin(app, whence, user, Method::Provider).await?))
}

fn problem(config: &Config, t: &'static SignInWords, what: &str, hint: &str) -> Problem {
    let name = config.oidc.shown();
    (t.named(what, name), t.named(hint, name))
}

fn no_words(config: &Config, t: &'static SignInWords, no: No) -> Problem {
    let (what, hint) = match no {
        No::Unknown => (t.nobody_known, t.nobody_known_hint),
        No::Unverified => (t.not_verified, t.not_verified_hint),
        No::Gone => (t.gone, t.gone_hint),
        No::Another => (t.another, t.another_hint),
        No::Taken => (t.same_login, t.same_login_hint),
    };
    problem(config, t, what, hint)
}

/// The sign-in page with what went wrong there; what was begun is over.
fn shown(app: &App, headers: &HeaderMap, next: &str, problem: Problem) -> Response {
    let page = refused(app, headers, StatusCode::FORBIDDEN, next, problem);
    (CookieJar::new().add(forget(app, FLOW)), page).into_response()
}

/// The same for trouble with the provider; its cause goes to the log.
fn troubled(app: &App, headers: &HeaderMap, id: &RequestId, next: &str, trouble: &Trouble) -> Response {
    tracing::error!(request = id.0, error = %trouble, "signing in by the identity provider failed");
    let t = SignInWords::of(words_for(app, headers).language);
    let (status, what, hint) = match trouble {
        Trouble::Away(_) => (StatusCode::BAD_GATEWAY, t.provider_away, t.provider_away_hint),
        Trouble::Refused(_) => (StatusCode::FORBIDDEN, t.provider_refused, t.provider_refused_hint),
        Trouble::Wrong(_) => (StatusCode::FORBIDDEN, t.provider_wrong, t.provider_wrong_hint),
    };
    let page = refused(app, headers, status, next, problem(&app.state.config, t, what, hint));
    (CookieJar::new().add(forget(app, FLOW)), page).into_response()
}

/// `GET /logout/oidc`: sends the browser to the provider to be signed out there too.
pub(super) async fn leave(State(app): State<App>, id: Extension<RequestId>, headers: HeaderMap) -> Response {
    let config = app.state.config.clone();
    if !config.oidc.is_set() {
        return absent(&app, &headers, &id);
    }
    let after = config.page("/login");
    match provider(&config).await {
        Ok(provider) => match provider.end(&after) {
            Some(url) => Redirect::to(&url).into_response(),
            None => Redirect::to("/login").into_response(),
        },
        Err(trouble) => troubled(&app, &headers, &id, "", &trouble),
    }
}

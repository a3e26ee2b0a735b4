//! Signing in and out (W31). The cookie holds 256 random bits, the database their SHA-256.

use super::App;
use super::guard::{RequestId, words_for};
use super::refusal::broken;
use super::shell::{Html, Shell};
use super::throttle::Attempt;
use super::words::Words;
use crate::actions::passwords;
use crate::model::id::UserId;
use crate::store::keys::Key;
use crate::store::{people, sessions};
use anyhow::Context;
use askama::Template;
use axum::Extension;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{ConnectInfo, Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use rand::Rng;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::net::SocketAddr;

/// Longer passwords are not checked: hashing them would be work for whoever sends them.
const LONGEST: usize = 1_000;

#[derive(Template)]
#[template(path = "login.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    login: String,
    next: String,
    problem: Option<(&'static str, &'static str)>,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub(super) struct Asked {
    next: Option<String>,
}

/// The form.
#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

fn cookie_name(app: &App) -> &'static str {
    // The prefix makes browsers insist on Secure, Path=/ and no Domain: no neighbour can set it.
    if app.https() { "__Host-standin" } else { "standin" }
}

/// The hash of the session's token in a request's cookie.
pub(super) fn token(app: &App, headers: &HeaderMap) -> Option<[u8; 32]> {
    let jar = CookieJar::from_headers(headers);
    let value = jar.get(cookie_name(app))?.value().to_owned();
    let bytes = hex::decode(value).ok().filter(|bytes| bytes.len() == 32)?;
    Some(Sha256::digest(&bytes).into())
}

/// `GET /login`.
pub(super) async fn page(
    State(app): State<App>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let next = asked.ok().and_then(|Query(asked)| asked.next).unwrap_or_default();
    form(words_for(&app, &headers), String::new(), next, None)
}

fn form(w: &'static Words, login: String, next: String, problem: Option<(&'static str, &'static str)>) -> Response {
    let shell = Shell::bare(w).titled(w.sign_in);
    Html(Page { shell, w, login, next, problem }).into_response()
}

/// `POST /login`.
pub(super) async fn sign_in(
    State(app): State<App>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    id: Extension<RequestId>,
    headers: HeaderMap,
    given: Result<Form<Given>, FormRejection>,
) -> Response {
    let w = words_for(&app, &headers);
    let given = match given {
        Ok(Form(given)) => given,
        Err(rejection) => {
            let mut answer = form(w, String::new(), String::new(), Some(wrong(w)));
            *answer.status_mut() = rejection.status();
            return answer;
        }
    };
    let attempt = attempt(&app, &given.login, address.map(|Extension(ConnectInfo(a))| a));
    if !app.throttle.admit(attempt, app.now()) {
        let mut answer = form(w, given.login, given.next, Some((w.sign_in_slow, w.sign_in_slow_hint)));
        *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("900"));
        return answer;
    }
    match check(&app, &given, &headers).await {
        Ok(Some(cookie)) => {
            app.throttle.succeeded(attempt);
            (CookieJar::new().add(cookie), Redirect::to(within(&given.next))).into_response()
        }
        Ok(None) => {
            let mut answer = form(w, given.login, given.next, Some(wrong(w)));
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
            answer
        }
        Err(error) => broken(State(app), &headers, id, error),
    }
}

fn wrong(w: &'static Words) -> (&'static str, &'static str) {
    (w.sign_in_wrong, w.sign_in_wrong_hint)
}

/// Begins a session if login and password match. Takes as long where nobody has that login.
async fn check(app: &App, given: &Given, headers: &HeaderMap) -> anyhow::Result<Option<Cookie<'static>>> {
    let (user, stored) = stored(app, &given.login).await.context("signing in")?;
    let password: String = given.password.chars().take(LONGEST).collect();
    let matches = passwords::verify(password, stored).await?;
    let Some(user) = user.filter(|_| matches) else { return Ok(None) };
    let mut token = [0_u8; 32];
    rand::rng().fill_bytes(&mut token);
    let now = app.now();
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("");
    let agent: String = agent.chars().take(200).collect();
    let mut tx = app.state.db.write().await.context("beginning a session")?;
    sessions::sweep(&mut tx, now).await.context("beginning a session")?;
    sessions::begin(&mut tx, &Sha256::digest(token), user, &agent, now).await.context("beginning a session")?;
    tx.commit().await.context("beginning a session")?;
    Ok(Some(cookie(app, hex::encode(token), Some(sessions::LONGEST / 1_000))))
}

/// The active user with this login, and the stored form of their password.
async fn stored(app: &App, login: &str) -> crate::store::Result<(Option<UserId>, Option<String>)> {
    let mut tx = app.state.db.read().await?;
    let Some(user) = people::by_login(&mut tx, login).await? else { return Ok((None, None)) };
    let id = user.person.id;
    let stored = people::password_hash(&mut tx, id).await?;
    Ok((Some(id).filter(|_| user.person.active), stored))
}

fn cookie(app: &App, value: String, seconds: Option<i64>) -> Cookie<'static> {
    let mut cookie = Cookie::new(cookie_name(app), value);
    cookie.set_http_only(true);
    cookie.set_secure(app.https());
    cookie.set_same_site(SameSite::Lax);
    cookie.set_path("/");
    if let Some(seconds) = seconds {
        cookie.set_max_age(time::Duration::seconds(seconds));
    }
    cookie
}

/// `POST /logout`.
pub(super) async fn sign_out(State(app): State<App>, id: Extension<RequestId>, headers: HeaderMap) -> Response {
    if let Some(token) = token(&app, &headers) {
        let ended: anyhow::Result<()> = async {
            let mut tx = app.state.db.write().await?;
            sessions::end(&mut tx, &token).await?;
            Ok(tx.commit().await?)
        }
        .await;
        if let Err(error) = ended {
            return broken(State(app), &headers, id, error.context("signing out"));
        }
    }
    (CookieJar::new().add(cookie(&app, String::new(), Some(0))), Redirect::to("/login")).into_response()
}

fn attempt(app: &App, login: &str, address: Option<SocketAddr>) -> Attempt {
    let login: String = login.trim().to_lowercase().chars().take(LONGEST).collect();
    // Behind a proxy everybody comes from loopback: the pair with the login counts, and the login.
    let direct = address.filter(|a| !a.ip().is_loopback());
    let address = direct.map_or_else(|| format!("proxy {login}"), |a| a.ip().to_string());
    let key = |text: &str| -> Key { app.state.keys.hash("sign-in", text.as_bytes()) };
    Attempt { pair: key(&format!("{login}\n{address}")), login: key(&login), address: key(&format!("\n{address}")) }
}

/// A path of ours, or Today: nobody is sent to another site by a link to the sign-in page.
pub(super) fn within(next: &str) -> &str {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|b| b.is_ascii_graphic());
    if ours { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_sent_back_to_our_own_pages_only() {
        assert_eq!(within("/records/7?before=1.2"), "/records/7?before=1.2");
        for bad in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nSet-Cookie: x", "/ä"] {
            assert_eq!(within(bad), "/", "{bad:?}");
        }
    }
}

//! Signing in and out with a password (W31). The cookie holds 256 random bits, the database their SHA-256.
//!
//! Whoever has a second factor gets no session by the password: what they get is a sealed note for the
//! page that asks for a code (`code`).

use super::App;
use super::entrance::{self, Whence};
use super::guard::{RequestId, words_for};
use super::refusal::broken;
use super::shell::{Html, Shell};
use super::throttle::Attempt;
use super::words::{SignInWords, Words};
use super::{code, refusal};
use crate::actions::passwords;
use crate::model::id::UserId;
use crate::model::time::Timestamp;
use crate::store::keys::Key;
use crate::store::sessions::Method;
use crate::store::{factors, people, sessions, setup};
use anyhow::Context;
use askama::Template;
use axum::Extension;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{ConnectInfo, Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};

/// Longer passwords are not checked: hashing them would be work for whoever sends them.
const LONGEST: usize = 1_000;

#[derive(Template)]
#[template(path = "login.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    t: &'static SignInWords,
    login: String,
    next: String,
    problem: Option<Problem>,
    /// Whether passwords are taken at all.
    passwords: bool,
    /// What the identity provider is called, and where signing in by it begins.
    provider: Option<(String, String)>,
    /// They signed out here, and are signed in at the provider still.
    left: bool,
    /// There is no admin yet.
    setup: bool,
}

/// What went wrong, and what to do.
pub(super) type Problem = (String, String);

/// Where to go afterwards.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    next: Option<String>,
    /// Signed out of a session that the provider began.
    left: Option<String>,
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

/// The name of a cookie of ours; that of the session where `purpose` is empty.
pub(super) fn name_of(app: &App, purpose: &str) -> String {
    // The prefix makes browsers insist on Secure, Path=/ and no Domain: no neighbour can set it.
    let name = if app.https() { "__Host-standin" } else { "standin" };
    if purpose.is_empty() { name.to_owned() } else { format!("{name}-{purpose}") }
}

/// The hash of the session's token in a request's cookie.
pub(super) fn token(app: &App, headers: &HeaderMap) -> Option<[u8; 32]> {
    let jar = CookieJar::from_headers(headers);
    let value = jar.get(&name_of(app, ""))?.value().to_owned();
    let bytes = hex::decode(value).ok().filter(|bytes| bytes.len() == 32)?;
    Some(Sha256::digest(&bytes).into())
}

/// A cookie of ours.
pub(super) fn cookie(app: &App, purpose: &str, value: String, seconds: Option<i64>) -> Cookie<'static> {
    let mut cookie = Cookie::new(name_of(app, purpose), value);
    cookie.set_http_only(true);
    cookie.set_secure(app.https());
    cookie.set_same_site(SameSite::Lax);
    cookie.set_path("/");
    if let Some(seconds) = seconds {
        cookie.set_max_age(time::Duration::seconds(seconds));
    }
    cookie
}

/// `GET /login`.
pub(super) async fn page(
    State(app): State<App>,
    id: Extension<RequestId>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let open: crate::store::Result<bool> = async { setup::is_open(&mut app.state.db.read().await?).await }.await;
    match open {
        Ok(open) => {
            let mut page = Page::of(&app, &headers, String::new(), asked.next.unwrap_or_default(), None);
            page.left = asked.left.is_some() && app.state.config.oidc.is_set();
            page.setup = open;
            Html(page).into_response()
        }
        Err(error) => broken(State(app), &headers, id, error.into()),
    }
}

impl Page {
    fn of(app: &App, headers: &HeaderMap, login: String, next: String, problem: Option<Problem>) -> Page {
        let w = words_for(app, headers);
        let config = &app.state.config;
        let provider = config
            .oidc
            .is_set()
            .then(|| (config.oidc.shown().to_owned(), format!("/login/oidc?next={}", refusal::escape(within(&next)))));
        Page {
            shell: Shell::bare(w).titled(w.sign_in),
            w,
            t: SignInWords::of(w.language),
            login,
            next,
            problem,
            passwords: config.sign_in.passwords,
            provider,
            left: false,
            setup: false,
        }
    }
}

/// The sign-in page with what went wrong.
pub(super) fn refused(app: &App, headers: &HeaderMap, status: StatusCode, next: &str, problem: Problem) -> Response {
    let page = Page::of(app, headers, String::new(), next.to_owned(), Some(problem));
    (status, Html(page)).into_response()
}

/// `POST /login`.
pub(super) async fn sign_in(
    State(app): State<App>,
    direct: Option<Extension<ConnectInfo<SocketAddr>>>,
    id: Extension<RequestId>,
    headers: HeaderMap,
    given: Result<Form<Given>, FormRejection>,
) -> Response {
    let w = words_for(&app, &headers);
    let given = match given {
        Ok(Form(given)) => given,
        Err(rejection) => return refused(&app, &headers, rejection.status(), "", wrong(w)),
    };
    if !app.state.config.sign_in.passwords {
        let t = SignInWords::of(w.language);
        let problem = (t.no_passwords.to_owned(), t.no_passwords_hint.to_owned());
        return refused(&app, &headers, StatusCode::FORBIDDEN, &given.next, problem);
    }
    let whence = Whence::of(&app, &headers, direct.map(|Extension(direct)| direct));
    match tried(&app, &given, &whence).await {
        Ok(Tried::In(cookie)) => (CookieJar::new().add(cookie), Redirect::to(within(&given.next))).into_response(),
        Ok(Tried::Asked(cookie)) => (CookieJar::new().add(cookie), Redirect::to("/login/code")).into_response(),
        Ok(Tried::TooMany) => {
            let problem = (w.sign_in_slow.to_owned(), w.sign_in_slow_hint.to_owned());
            let page = Page::of(&app, &headers, given.login, given.next, Some(problem));
            let mut answer = (StatusCode::TOO_MANY_REQUESTS, Html(page)).into_response();
            answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("900"));
            answer
        }
        Ok(Tried::Wrong) => {
            let page = Page::of(&app, &headers, given.login, given.next, Some(wrong(w)));
            (StatusCode::UNAUTHORIZED, Html(page)).into_response()
        }
        Err(error) => broken(State(app), &headers, id, error),
    }
}

fn wrong(w: &'static Words) -> Problem {
    (w.sign_in_wrong.to_owned(), w.sign_in_wrong_hint.to_owned())
}

/// What came of a password.
enum Tried {
    /// They are signed in.
    In(Cookie<'static>),
    /// A code is asked for.
    Asked(Cookie<'static>),
    Wrong,
    TooMany,
}

/// Begins a session if login and password match. Takes as long where nobody has that login.
async fn tried(app: &App, given: &Given, whence: &Whence) -> anyhow::Result<Tried> {
    let attempt = attempt(app, &given.login, whence.address);
    let now = app.now();
    if !app.throttle.admit(attempt, now) {
        let freed = async { setup::unlocked(&mut app.state.db.read().await?, &given.login).await };
        let freed = freed.await.context("signing in")?.unwrap_or(Timestamp(0));
        if !app.throttle.admit_since(attempt, freed, now) {
            return Ok(Tried::TooMany);
        }
    }
    let (user, stored, factor) = stored(app, &given.login).await.context("signing in")?;
    let password: String = given.password.chars().take(LONGEST).collect();
    let matches = passwords::verify(password, stored.clone()).await?;
    let Some(user) = user.filter(|_| matches) else { return Ok(Tried::Wrong) };
    app.throttle.succeeded(attempt);
    if factor {
        return Ok(Tried::Asked(code::ask(app, user, stored.as_deref(), &given.next)?));
    }
    Ok(Tried::In(entrance::begin(app, whence, user, Method::Password).await?))
}

/// The active user with this login, the stored form of their password, and whether a code is asked for.
async fn stored(app: &App, login: &str) -> crate::store::Result<(Option<UserId>, Option<String>, bool)> {
    let mut tx = app.state.db.read().await?;
    let Some(user) = people::by_login(&mut tx, login).await? else { return Ok((None, None, false)) };
    let id = user.person.id;
    let stored = people::password_hash(&mut tx, id).await?;
    let factor = factors::of(&mut tx, id).await?.is_some_and(|factor| factor.confirmed.is_some());
    Ok((Some(id).filter(|_| user.person.active), stored, factor))
}

/// `POST /logout`.
pub(super) async fn sign_out(State(app): State<App>, id: Extension<RequestId>, headers: HeaderMap) -> Response {
    let mut next = "/login";
    if let Some(token) = token(&app, &headers) {
        let now = app.now();
        let ended: anyhow::Result<bool> = async {
            let mut tx = app.state.db.write().await?;
            let person = sessions::find(&mut tx, &token, now).await?;
            sessions::end(&mut tx, &token).await?;
            tx.commit().await?;
            Ok(person.is_some_and(|person| person.method == Method::Provider))
        }
        .await;
        match ended {
            Ok(true) => next = "/login?left=1",
            Ok(false) => {}
            Err(error) => return broken(State(app), &headers, id, error.context("signing out")),
        }
    }
    (CookieJar::new().add(cookie(&app, "", String::new(), Some(0))), Redirect::to(next)).into_response()
}

/// The keys under which an attempt counts.
pub(super) fn attempt(app: &App, login: &str, address: Option<IpAddr>) -> Attempt {
    let login: String = login.trim().to_lowercase().chars().take(LONGEST).collect();
    // Behind a proxy that is not named in the settings everybody comes from loopback: then the pair with the
    // login counts, and the login.
    let direct = address.filter(|address| !address.is_loopback());
    let address = direct.map_or_else(|| format!("proxy {login}"), |address| address.to_string());
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

//! Signing in as a browser does it, through the router: the first admin, passwords, codes, sessions, tokens,
//! the API; and what guards them. On both databases.
//!
//! Each test of a guard says which line of the program it holds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::sign_in::app_code;
use crate::support::desk::{ADAM, ANNA, Desk, NOW, PIOTR, on_both};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, Request, StatusCode, header};
use http_body_util::BodyExt;
use standin::actions::{admins, passwords};
use standin::config::{Config, Required};
use standin::model::id::UserId;
use standin::model::time::{DAY, HOUR, MINUTE, Timestamp};
use standin::store::keys::Keys;
use standin::store::{people, people_leave};
use standin::web::{State, router};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tower::ServiceExt;

on_both! {
    the_first_admin_is_made_on_the_page_once
    a_new_password_ends_other_sessions_and_needs_the_present_one
    sessions_are_shown_with_device_and_place_and_end_one_or_all
    a_planted_session_is_nobodys_after_signing_in
    the_code_is_asked_for_and_nothing_opens_without_it
    who_must_have_a_second_factor_sees_nothing_else_first
    limits_of_sessions_are_settings
    guessing_is_slowed_down_and_unlocked
    a_token_is_made_shown_once_and_revoked
    the_api_takes_tokens_by_scope_and_no_cookies
    forms_from_elsewhere_change_nothing
    nobody_is_sent_to_another_site
    no_line_is_smuggled_into_a_header
    a_note_that_was_made_up_or_altered_opens_nothing
    the_pages_stand_in_both_languages
}

/// The pages over a desk, with a clock that the test sets.
pub struct Door {
    router: Router,
    clock: Arc<AtomicI64>,
    _ends: (watch::Sender<u64>, watch::Sender<bool>),
}

/// A browser: its cookies, and from where it comes.
pub struct Visitor<'d> {
    door: &'d Door,
    pub cookies: Mutex<BTreeMap<String, String>>,
    pub headers: Vec<(&'static str, String)>,
    pub from: &'static str,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn to(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    pub fn says(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// What stands between two texts, where the first one first stands.
    #[track_caller]
    pub fn between(&self, before: &str, after: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("no {before}: {}", self.body));
        rest.split(after).next().unwrap().to_owned()
    }
}

impl Door {
    pub fn of(desk: &Desk, change: impl FnOnce(&mut Config)) -> Door {
        let clock = Arc::new(AtomicI64::new(NOW.0));
        let (changes, changed) = watch::channel(0);
        let (stop, stopping) = watch::channel(false);
        let mut config = Config::default();
        change(&mut config);
        let reading = Arc::clone(&clock);
        let state = State {
            db: desk.db.clone(),
            keys: Keys::derive(&[7; 32]),
            config: Arc::new(config),
            changes: changed,
            clock: Arc::new(move || Timestamp(reading.load(Ordering::SeqCst))),
        };
        Door { router: router(state, stopping), clock, _ends: (changes, stop) }
    }

    pub fn at(&self, now: Timestamp) {
        self.clock.store(now.0, Ordering::SeqCst);
    }

    pub fn visitor(&self) -> Visitor<'_> {
        Visitor { door: self, cookies: Mutex::default(), headers: Vec::new(), from: "192.0.2.7:4000" }
    }

    /// Somebody who signed in with a password.
    pub async fn signed_in(&self, login: &str, password: &str) -> Visitor<'_> {
        let visitor = self.visitor();
        let answer = visitor.post("/login", &[("login", login), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{login}: {}", answer.body);
        visitor
    }
}

fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

impl Visitor<'_> {
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        let jar: Vec<String> = self.cookies.lock().unwrap().iter().map(|(n, v)| format!("{n}={v}")).collect();
        if !jar.is_empty() {
            request.headers_mut().insert(header::COOKIE, jar.join("; ").parse().unwrap());
        }
        for (name, value) in &self.headers {
            request.headers_mut().insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        request.extensions_mut().insert(ConnectInfo(self.from.parse::<SocketAddr>().unwrap()));
        let answer = self.door.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            let mut jar = self.cookies.lock().unwrap();
            if value.is_empty() {
                jar.remove(name)
            } else {
                jar.insert(name.to_owned(), value.to_owned())
            };
        }
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.join("&"))).unwrap()).await
    }

    fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Whether whoever this is sees pages.
    async fn is_in(&self) -> bool {
        self.get("/").await.status == StatusCode::OK
    }
}

const PASSWORD: &str = "correct horse";

async fn password(desk: &Desk, user: UserId) {
    let hash = passwords::hash(PASSWORD.into()).await.unwrap();
    let mut tx = desk.write().await;
    people::set_password_hash(&mut tx, user, &hash).await.unwrap();
    tx.commit().await.unwrap();
}

async fn the_first_admin_is_made_on_the_page_once(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let visitor = door.visitor();
    assert_eq!(visitor.get("/setup").await.status, StatusCode::NOT_FOUND, "there is an admin");
    assert!(!visitor.get("/login").await.says("/setup"));
    let mut tx = desk.write().await;
    people_leave::set_active(&mut tx, ADAM, false).await.unwrap();
    tx.commit().await.unwrap();
    let token = admins::offer(&desk.db, NOW).await.unwrap().unwrap();
    assert!(visitor.get("/login").await.says("href=\"/setup\""));
    let page = visitor.get("/setup").await;
    assert!(page.status == StatusCode::OK && !page.says(&token));
    let form = |token: &str, again: &str| {
        let fields = [("name", "Ewa Boss"), ("login", "Ewa"), ("email", "ewa@firma.pl"), ("password", PASSWORD)];
        let mut all: Vec<(&'static str, String)> = fields.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
        all.extend([("token", token.to_owned()), ("again", again.to_owned())]);
        all
    };
    let send = async |fields: Vec<(&'static str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        visitor.post("/setup", &fields).await
    };
    let wrong = send(form("0123", PASSWORD)).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.says("The token is not right"), "{}", wrong.body);
    assert!(wrong.says("value=\"Ewa Boss\"") && !wrong.says(PASSWORD), "what was typed stays, but the password");
    assert!(send(form(&token, "something else")).await.says("The two passwords differ"));
    assert!(!visitor.is_in().await);
    let made = send(form(&token, PASSWORD)).await;
    assert_eq!((made.status, made.to()), (StatusCode::SEE_OTHER, "/"), "{}", made.body);
    assert!(visitor.is_in().await);
    assert_eq!(door.visitor().get("/setup").await.status, StatusCode::NOT_FOUND);
    assert_eq!(send(form(&token, PASSWORD)).await.status, StatusCode::NOT_FOUND);
    assert!(door.signed_in("ewa", PASSWORD).await.is_in().await);
}

async fn a_new_password_ends_other_sessions_and_needs_the_present_one(desk: &Desk) {
    password(desk, ANNA).await;
    let door = Door::of(desk, |_| {});
    let (here, there) = (door.signed_in("anna", PASSWORD).await, door.signed_in("anna", PASSWORD).await);
    let change = async |current: &str, new: &str, again: &str| {
        let fields = [("do", "password"), ("current", current), ("password", new), ("again", again)];
        here.post("/me/sign-in", &fields).await
    };
    assert!(change("guess", "another one", "another one").await.says("The present password is not right"));
    assert!(change(PASSWORD, "another one", "another two").await.says("The two passwords differ"));
    assert!(change(PASSWORD, "short", "short").await.says("at least 8 characters"));
    assert!(there.is_in().await, "nothing was changed");
    let before = here.cookie("standin");
    assert_eq!(change(PASSWORD, "another one", "another one").await.to(), "/me/sign-in?saved=password");
    assert!(here.is_in().await && !there.is_in().await);
    assert_ne!(here.cookie("standin"), before, "a new session in this browser too");
    let old = door.visitor().post("/login", &[("login", "anna"), ("password", PASSWORD)]).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    assert!(door.signed_in("anna", "another one").await.is_in().await);
}

async fn sessions_are_shown_with_device_and_place_and_end_one_or_all(desk: &Desk) {
    password(desk, ANNA).await;
    let door = Door::of(desk, |config| config.sign_in.proxies = vec!["127.0.0.1".into()]);
    let mut here = door.visitor();
    here.headers.push(("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".into()));
    let fields = [("login", "anna"), ("password", PASSWORD)];
    here.post("/login", &fields).await;
    let mut phone = door.visitor();
    phone.from = "127.0.0.1:5000";
    phone.headers.push(("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) Version/18.1 Safari/604.1".into()));
    phone.headers.push(("x-forwarded-for", "203.0.113.5, 198.51.100.9".into()));
    phone.post("/login", &fields).await;
    let third = door.signed_in("anna", PASSWORD).await;

    let page = here.get("/me").await;
    assert!(page.says("Firefox, Linux") && page.says("from 192.0.2.7,") && page.says("(this browser)"));
    assert!(page.says("Safari, iPhone") && page.says("from 198.51.100.9,"), "the nearest that is no proxy of ours");
    assert!(!page.says("203.0.113.5"), "what that one said of itself counts for nothing");
    let hash = page.between("name=\"session\" value=\"", "\"");
    here.post("/me/sessions", &[("session", &hash)]).await;
    assert_eq!([phone.is_in().await, third.is_in().await].iter().filter(|is| **is).count(), 1);
    assert!(here.is_in().await);
    here.post("/me/sessions", &[("all", "1")]).await;
    assert!(here.is_in().await && !phone.is_in().await && !third.is_in().await);
    assert!(!here.get("/me").await.says("Sign out everywhere else"), "there is nowhere else");
}

// Held by `entrance::begin`, which ends the session that came along: without that the one that was planted stands.
async fn a_planted_session_is_nobodys_after_signing_in(desk: &Desk) {
    password(desk, ANNA).await;
    password(desk, PIOTR).await;
    let door = Door::of(desk, |_| {});
    let thief = door.signed_in("piotr", PASSWORD).await;
    let planted = thief.cookie("standin").unwrap();
    for planted in [planted, "ab".repeat(32)] {
        let anna = door.visitor();
        anna.cookies.lock().unwrap().insert("standin".into(), planted.clone());
        anna.post("/login", &[("login", "anna"), ("password", PASSWORD)]).await;
        assert_ne!(anna.cookie("standin"), Some(planted.clone()));
        assert!(anna.is_in().await);
        let with_planted = door.visitor();
        with_planted.cookies.lock().unwrap().insert("standin".into(), planted);
        assert!(!with_planted.is_in().await, "what was planted opens nothing");
    }
}

/// Sets a second factor up on the page; gives its secret and recovery codes.
async fn enrol(door: &Door, visitor: &Visitor<'_>, now: Timestamp) -> (String, Vec<String>) {
    door.at(now);
    let refused = visitor.post("/me/sign-in", &[("do", "begin"), ("current", "guess")]).await;
    assert!(refused.says("The present password is not right"));
    let begun = visitor.post("/me/sign-in", &[("do", "begin"), ("current", PASSWORD)]).await;
    assert_eq!(begun.to(), "/me/sign-in#factor", "{}", begun.body);
    let page = visitor.get("/me/sign-in").await;
    assert!(page.says("<svg") && !page.says("<?xml") && page.says("role=\"img\""), "{}", page.body);
    let secret = page.between("<code class=\"long\">", "</code>");
    let wrong = visitor.post("/me/sign-in", &[("do", "confirm"), ("code", "000000")]).await;
    assert!(wrong.says("The code is not right"));
    let shown = visitor.post("/me/sign-in", &[("do", "confirm"), ("code", &app_code(&secret, now))]).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    let codes: Vec<String> =
        shown.between("<ul class=\"codes\">", "</ul>").split("<code>").skip(1).map(|c| c[..19].to_owned()).collect();
    assert_eq!(codes.len(), 10);
    let later = visitor.get("/me/sign-in").await;
    assert!(!later.says(&codes[0]) && !later.says(&secret) && later.says("10 recovery codes are left"));
    (secret, codes)
}

// Held by `signin::tried`, which gives a session only where no code is asked for, and by `second_factor::check`: the
// first with `if factor` taken out gives a session by the password alone, the second with `take_step` ignored takes
// a code twice.
async fn the_code_is_asked_for_and_nothing_opens_without_it(desk: &Desk) {
    password(desk, ANNA).await;
    let door = Door::of(desk, |_| {});
    let anna = door.signed_in("anna", PASSWORD).await;
    let (secret, codes) = enrol(&door, &anna, NOW).await;
    let now = NOW.plus(HOUR);
    door.at(now);
    let visitor = door.visitor();
    let fields = [("login", "anna"), ("password", PASSWORD), ("next", "/records")];
    let asked = visitor.post("/login", &fields).await;
    assert_eq!((asked.to(), visitor.cookie("standin")), ("/login/code", None));
    assert!(!visitor.is_in().await);
    assert!(visitor.get("/login/code").await.says("autocomplete=\"one-time-code\""));
    let wrong = visitor.post("/login/code", &[("code", "12345")]).await;
    assert!(wrong.status == StatusCode::UNAUTHORIZED && wrong.says("The code is not right"));
    let code = app_code(&secret, now);
    let right = visitor.post("/login/code", &[("code", &code)]).await;
    assert_eq!(right.to(), "/records");
    assert!(visitor.is_in().await && visitor.cookie("standin-step").is_none());

    let other = door.visitor();
    other.post("/login", &fields).await;
    assert_eq!(other.post("/login/code", &[("code", &code)]).await.status, StatusCode::UNAUTHORIZED, "used before");
    assert_eq!(other.post("/login/code", &[("code", &codes[0])]).await.to(), "/records", "the phone is gone");
    assert!(other.get("/me/sign-in").await.says("9 recovery codes are left"));
    assert_eq!(other.get("/login/code").await.to(), "/login", "nothing is under way any more");

    // What was begun ends by itself, with the password, and with too many wrong codes.
    let slow = door.visitor();
    slow.post("/login", &fields).await;
    door.at(now.plus(11 * MINUTE));
    assert_eq!(slow.post("/login/code", &[("code", &codes[1])]).await.to(), "/login", "too late");
    door.at(now);
    let overtaken = door.visitor();
    overtaken.post("/login", &fields).await;
    password(desk, ANNA).await;
    assert_eq!(overtaken.post("/login/code", &[("code", &codes[1])]).await.to(), "/login", "the password has changed");
    let guessing = door.visitor();
    guessing.post("/login", &fields).await;
    for _ in 0..10 {
        guessing.post("/login/code", &[("code", "000000")]).await;
    }
    let full = guessing.post("/login/code", &[("code", &codes[1])]).await;
    assert!(full.status == StatusCode::TOO_MANY_REQUESTS && full.says("too many wrong codes"), "{}", full.body);
    assert!(!guessing.is_in().await);

    door.at(now.plus(2 * HOUR));
    let anna = door.visitor();
    anna.post("/login", &fields).await;
    assert_eq!(anna.post("/login/code", &[("code", &codes[1])]).await.to(), "/records");
    assert!(anna.post("/me/sign-in", &[("do", "off"), ("code", "000000")]).await.says("The code is not right"));
    assert!(anna.post("/me/sign-in", &[("do", "codes"), ("code", &codes[2])]).await.says("<ul class=\"codes\">"));
    let off = app_code(&secret, now.plus(2 * HOUR));
    assert_eq!(anna.post("/me/sign-in", &[("do", "off"), ("code", &off)]).await.to(), "/me/sign-in?saved=off");
    assert!(door.signed_in("anna", PASSWORD).await.is_in().await, "the password is enough again");
}

// Held by `Visit::from_request_parts` and `live`: without the look at `must_enrol` all pages open.
async fn who_must_have_a_second_factor_sees_nothing_else_first(desk: &Desk) {
    password(desk, ANNA).await;
    password(desk, ADAM).await;
    let door = Door::of(desk, |config| config.sign_in.second_factor = Required::Admins);
    assert!(door.signed_in("anna", PASSWORD).await.is_in().await, "only admins must");
    let adam = door.signed_in("adam", PASSWORD).await;
    for page in ["/", "/me", "/records", "/admin/access", "/me/tokens", "/nowhere"] {
        assert_eq!(adam.get(page).await.to(), "/me/sign-in", "{page}");
    }
    assert_eq!(adam.get("/live?page=/").await.status, StatusCode::UNAUTHORIZED);
    let posted = adam.post("/me/tokens", &[("do", "make"), ("name", "x"), ("scope", "admin"), ("days", "30")]).await;
    assert_eq!(posted.to(), "/me/sign-in");
    assert!(adam.get("/me/sign-in").await.says("asks for a second factor"));
    enrol(&door, &adam, NOW).await;
    assert!(adam.is_in().await);
    assert_eq!(adam.post("/logout", &[]).await.to(), "/login");
}

async fn limits_of_sessions_are_settings(desk: &Desk) {
    password(desk, ANNA).await;
    let door = Door::of(desk, |config| {
        config.sign_in.session_days = 1;
        config.sign_in.idle_hours = 2;
    });
    let anna = door.visitor();
    let answer = anna.post("/login", &[("login", "anna"), ("password", PASSWORD)]).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.contains("Max-Age=86400") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    door.at(NOW.plus(2 * HOUR - 1));
    assert!(anna.is_in().await);
    door.at(NOW.plus(5 * HOUR));
    assert!(!anna.is_in().await);
    door.at(NOW.plus(DAY));
    assert!(!anna.is_in().await);
}

// Held by `throttle`: with `admit` always true every guess is checked.
async fn guessing_is_slowed_down_and_unlocked(desk: &Desk) {
    password(desk, ANNA).await;
    let door = Door::of(desk, |_| {});
    let thief = door.visitor();
    let tried = async |visitor: &Visitor<'_>, password: &str| {
        visitor.post("/login", &[("login", "anna"), ("password", password)]).await.status
    };
    for _ in 0..6 {
        assert_eq!(tried(&thief, "guess").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(tried(&thief, PASSWORD).await, StatusCode::TOO_MANY_REQUESTS, "not even the right one is looked at");
    let mut at_her_desk = door.visitor();
    at_her_desk.from = "192.0.2.99:1";
    assert_eq!(tried(&at_her_desk, PASSWORD).await, StatusCode::SEE_OTHER, "Anna is not kept out");
    let mut forging = door.visitor();
    forging.headers.push(("x-forwarded-for", "192.0.2.98".into()));
    assert_eq!(tried(&forging, PASSWORD).await, StatusCode::TOO_MANY_REQUESTS, "a claimed address is none");
    let mut tx = desk.write().await;
    admins::unlock(&mut tx, ANNA, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tried(&thief, PASSWORD).await, StatusCode::SEE_OTHER);
    let form = [("do", "password"), ("current", "guess"), ("password", "new password"), ("again", "new password")];
    let mut said = Vec::new();
    for _ in 0..8 {
        said.push(at_her_desk.post("/me/sign-in", &form).await.says("Too many attempts"));
    }
    assert!(!said[0] && said[7], "at an unlocked screen too");
}

async fn a_token_is_made_shown_once_and_revoked(desk: &Desk) {
    password(desk, ANNA).await;
    password(desk, PIOTR).await;
    let door = Door::of(desk, |_| {});
    let (anna, piotr) = (door.signed_in("anna", PASSWORD).await, door.signed_in("piotr", PASSWORD).await);
    let page = anna.get("/me/tokens").await;
    assert!(page.says("There are none.") && !page.says("value=\"admin\""), "only admins administer");
    let make = [("do", "make"), ("name", "nightly export"), ("scope", "read"), ("days", "30")];
    let made = anna.post("/me/tokens", &make).await;
    let token = made.between("<code class=\"long\">", "</code>");
    assert!(token.starts_with("sdn_"));
    let nameless = anna.post("/me/tokens", &[("do", "make"), ("name", ""), ("scope", "write"), ("days", "30")]).await;
    assert!(nameless.status == StatusCode::UNPROCESSABLE_ENTITY && nameless.says("Say what uses it"));
    let grand = anna.post("/me/tokens", &[("do", "make"), ("name", "x"), ("scope", "admin"), ("days", "30")]).await;
    assert!(grand.says("Only admins have tokens that administer"));
    let listed = anna.get("/me/tokens").await;
    assert!(listed.says("nightly export") && listed.says("never used") && !listed.says(&token));
    let hashes: Vec<(Vec<u8>,)> = desk.rows("select token_hash from api_tokens").await;
    assert!(hashes.len() == 1 && !token.contains(&hex::encode(&hashes[0].0)), "only a hash is kept");
    let id = listed.between("name=\"token\" value=\"", "\"");
    piotr.post("/me/tokens", &[("do", "revoke"), ("token", &id)]).await;
    assert_eq!(asked(&door, "/api/v1/me", Some(&token)).await.status, StatusCode::OK, "it is not Piotr's to revoke");
    assert_eq!(anna.post("/me/tokens", &[("do", "revoke"), ("token", &id)]).await.to(), "/me/tokens?saved=1");
    assert_eq!(code(&asked(&door, "/api/v1/me", Some(&token)).await), (401, "token-invalid".into()));
}

async fn asked(door: &Door, path: &str, token: Option<&str>) -> Answer {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    door.visitor().send(request.body(Body::empty()).unwrap()).await
}

fn code(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{}", answer.body);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["status"], answer.status.as_u16());
    assert_eq!(body["request_id"], answer.headers["x-request-id"].to_str().unwrap());
    (answer.status.as_u16(), body["code"].as_str().unwrap().to_owned())
}

// Held by `Bearer::of`: without its look at the end an expired token passes. The scopes themselves are compared in
// `web/api/bearer.rs`.
async fn the_api_takes_tokens_by_scope_and_no_cookies(desk: &Desk) {
    password(desk, ADAM).await;
    let door = Door::of(desk, |_| {});
    let adam = door.signed_in("adam", PASSWORD).await;
    let make = [("do", "make"), ("name", "status board"), ("scope", "admin"), ("days", "30")];
    let token = adam.post("/me/tokens", &make).await.between("<code class=\"long\">", "</code>");
    let me = asked(&door, "/api/v1/me", Some(&token)).await;
    assert_eq!((me.status, me.headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "application/json"));
    let said: serde_json::Value = serde_json::from_str(&me.body).unwrap();
    assert_eq!(
        (&said["login"], &said["role"], &said["token"]["scope"]),
        (&"adam".into(), &"admin".into(), &"admin".into())
    );
    assert_eq!(said["emails"], serde_json::json!(["adam@firma.pl"]));
    assert_eq!(me.headers[header::CACHE_CONTROL], "no-store");

    assert_eq!(code(&adam.get("/api/v1/me").await), (401, "token-missing".into()), "a cookie counts for nothing");
    assert_eq!(code(&asked(&door, "/api/v1/me", Some("sdn_00")).await), (401, "token-invalid".into()));
    assert_eq!(code(&asked(&door, "/api/v1/me", Some(&token.to_uppercase())).await), (401, "token-invalid".into()));
    assert_eq!(code(&asked(&door, "/api/nowhere", Some(&token)).await), (404, "not-found".into()));
    assert_eq!(code(&asked(&door, "/api/nowhere", None).await), (401, "token-missing".into()));
    assert_eq!(code(&adam.post("/api/v1/me", &[]).await), (401, "token-missing".into()));
    let basic = Request::get("/api/v1/me").header(header::AUTHORIZATION, format!("Basic {token}"));
    assert_eq!(code(&adam.send(basic.body(Body::empty()).unwrap()).await), (401, "token-missing".into()));
    assert_eq!(door.visitor().get(&format!("/?token={token}")).await.status, StatusCode::SEE_OTHER, "nor on pages");

    let strict = Door::of(desk, |config| config.sign_in.second_factor = Required::All);
    assert_eq!(code(&asked(&strict, "/api/v1/me", Some(&token)).await), (403, "second-factor-required".into()));
    door.at(NOW.plus(30 * DAY));
    let expired = asked(&door, "/api/v1/me", Some(&token)).await;
    assert_eq!(code(&expired), (401, "token-expired".into()));
    assert!(expired.headers[header::WWW_AUTHENTICATE].to_str().unwrap().contains("invalid_token"));
    door.at(NOW);
    let mut tx = desk.write().await;
    people_leave::set_active(&mut tx, ADAM, false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(&asked(&door, "/api/v1/me", Some(&token)).await), (401, "token-invalid".into()));
}

// Held by `guard::same_origin`, the layer in `web::router`: without it every one of these is carried out.
async fn forms_from_elsewhere_change_nothing(desk: &Desk) {
    password(desk, ANNA).await;
    let door = Door::of(desk, |config| config.public_url = "http://standin.firma.pl".into());
    let mut anna = door.signed_in("anna", PASSWORD).await;
    let forms: [(&str, &[(&str, &str)]); 9] = [
        ("/setup", &[("token", "x"), ("login", "x")]),
        ("/login", &[("login", "anna"), ("password", PASSWORD)]),
        ("/login/code", &[("code", "000000")]),
        ("/logout", &[]),
        ("/me/sessions", &[("all", "1")]),
        ("/me/sign-in", &[("do", "begin"), ("current", PASSWORD)]),
        (
            "/me/sign-in",
            &[("do", "password"), ("current", PASSWORD), ("password", "new password"), ("again", "new password")],
        ),
        ("/me/tokens", &[("do", "make"), ("name", "x"), ("scope", "read"), ("days", "30")]),
        ("/me/tokens", &[("do", "revoke"), ("token", "1")]),
    ];
    let elsewhere: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("host", "standin.firma.pl")],
        &[("origin", "null"), ("host", "standin.firma.pl")],
    ];
    for headers in elsewhere {
        anna.headers = headers.iter().map(|(name, value)| (leaked(name), (*value).to_owned())).collect();
        for (path, form) in forms {
            let answer = anna.post(path, form).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} with {headers:?}: {}", answer.body);
        }
    }
    anna.headers = vec![("sec-fetch-site", "same-origin".into())];
    assert!(anna.is_in().await, "nobody was signed out");
    assert!(anna.get("/me/tokens").await.says("There are none."));
    let factors: Vec<(i64,)> = desk.rows("select count(*) from second_factors").await;
    assert_eq!(factors, [(0,)]);
    assert!(anna.post("/me/tokens", forms[7].1).await.says("sdn_"), "our own page may");
}

/// The name as one that stays.
fn leaked(name: &str) -> &'static str {
    ["sec-fetch-site", "origin", "host"].into_iter().find(|known| *known == name).unwrap()
}

// Held by `signin::within`: without it the browser goes wherever the link says.
async fn nobody_is_sent_to_another_site(desk: &Desk) {
    password(desk, ANNA).await;
    let door = Door::of(desk, |_| {});
    let bad = [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "/\t/evil.example",
        "evil.example",
    ];
    for next in bad {
        let fields = [("login", "anna"), ("password", PASSWORD), ("next", next)];
        assert_eq!(door.visitor().post("/login", &fields).await.to(), "/", "{next:?}");
    }
    let good = [("login", "anna"), ("password", PASSWORD), ("next", "/records/7?before=1.2")];
    assert_eq!(door.visitor().post("/login", &good).await.to(), "/records/7?before=1.2");
    let anna = door.signed_in("anna", PASSWORD).await;
    let (_, codes) = enrol(&door, &anna, NOW).await;
    for (next, code) in bad.iter().zip(&codes) {
        let visitor = door.visitor();
        visitor.post("/login", &[("login", "anna"), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!(visitor.post("/login/code", &[("code", code)]).await.to(), "/", "{next:?} behind a code");
    }
}

// Held by `signin::within` as well: without it the redirect cannot be written and is a 500 (axum lets no line end into
// a header's value either way).
async fn no_line_is_smuggled_into_a_header(desk: &Desk) {
    password(desk, ANNA).await;
    let door = Door::of(desk, |_| {});
    for next in ["/records\r\nSet-Cookie: standin=planted", "/\nX-Planted: 1", "/records%0d%0aX-Planted: 1", "/ż"] {
        let answer = door.visitor().post("/login", &[("login", "anna"), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{next:?}");
        assert!(answer.to() == "/" || answer.to() == next, "{next:?}: {}", answer.to());
        assert!(!answer.headers.contains_key("x-planted"));
        assert_eq!(answer.headers.get_all(header::SET_COOKIE).iter().count(), 1);
    }
    let visitor = door.visitor();
    for path in ["/login?next=%0d%0aX-Planted:%201", "/login?left=%0d%0aX-Planted:%201", "/nowhere%0d%0aX-Planted:%201"]
    {
        let answer = visitor.get(path).await;
        assert!(!answer.headers.contains_key("x-planted") && !answer.to().contains('\n'), "{path}");
    }
}

// Held by the sealing itself (`store/keys.rs` shows that nothing altered opens): there is no line to take out.
async fn a_note_that_was_made_up_or_altered_opens_nothing(desk: &Desk) {
    password(desk, ANNA).await;
    let door = Door::of(desk, |_| {});
    let anna = door.signed_in("anna", PASSWORD).await;
    let (_, codes) = enrol(&door, &anna, NOW).await;
    let visitor = door.visitor();
    visitor.post("/login", &[("login", "anna"), ("password", PASSWORD)]).await;
    let note = visitor.cookie("standin-step").unwrap();
    let first = if note.starts_with('A') { "B" } else { "A" };
    let altered = format!("{first}{}", &note[1..]);
    for planted in ["", "AAAA", &"A".repeat(200), &altered, &anna.cookie("standin").unwrap()] {
        let thief = door.visitor();
        thief.cookies.lock().unwrap().insert("standin-step".into(), planted.to_owned());
        assert_eq!(thief.post("/login/code", &[("code", &codes[0])]).await.to(), "/login", "{planted}");
        thief.cookies.lock().unwrap().insert("standin".into(), note.clone());
        assert!(!thief.is_in().await, "a note is no session");
    }
    let other = Door::of(desk, |config| config.public_url = "https://standin.firma.pl".into());
    let secure = other.visitor();
    let answer = secure.post("/login", &[("login", "anna"), ("password", PASSWORD)]).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-standin-step=") && cookie.contains("Secure") && cookie.contains("HttpOnly"),
        "{cookie}"
    );
    assert!(cookie.contains("Path=/") && !cookie.contains("Domain"));
}

async fn the_pages_stand_in_both_languages(desk: &Desk) {
    password(desk, ANNA).await;
    let mut tx = desk.write().await;
    people_leave::set_active(&mut tx, ADAM, false).await.unwrap();
    tx.commit().await.unwrap();
    admins::offer(&desk.db, NOW).await.unwrap();
    desk.run("update users set language = 'pl' where login = 'anna'").await;
    let door = Door::of(desk, |_| {});
    let mut visitor = door.signed_in("anna", PASSWORD).await;
    visitor.headers.push(("accept-language", "pl".into()));
    for (page, polish) in [
        ("/me/sign-in", "Drugi składnik"),
        ("/me/tokens", "Tokeny API"),
        ("/me", "Moje logowanie"),
        ("/setup", "Utwórz pierwszego administratora"),
        ("/login", "Nie ma jeszcze administratora"),
    ] {
        let answer = visitor.get(page).await;
        assert!(answer.says("<html lang=\"pl\"") && answer.says(polish), "{page}: {}", answer.body);
        assert!(!answer.says(" style=\"") && !answer.says("<script>"), "{page}: nothing inline");
    }
}

//! How I sign in (W11): password, second factor, recovery codes, and what the identity provider calls me.
//!
//! Whoever sits at an unlocked screen changes nothing here: a password is asked for before a new one or a
//! second factor is set, and a code before one is taken away.

use super::App;
use super::entrance::{self, Whence};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::signin::attempt;
use super::timed::Timed;
use super::visit::Visit;
use super::words::SignInWords;
use crate::actions::passwords;
use crate::actions::second_factor::{self, Checked, Shown};
use crate::model::time::DAY;
use crate::store::sessions::Method;
use crate::store::{factors, identities, people, resets};
use anyhow::Context;
use askama::Template;
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Form, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use std::net::SocketAddr;

/// Where this page is.
const HERE: &str = "/me/sign-in";

/// A second factor that is being set up.
struct BegunView {
    secret: String,
    /// The picture to be scanned, made by us alone.
    picture: String,
}

#[derive(Template)]
#[template(path = "security.html")]
struct Page {
    shell: Shell,
    t: &'static SignInWords,
    saved: Option<&'static str>,
    problem: Option<String>,
    passwords: bool,
    has_password: bool,
    shortest: usize,
    required: bool,
    on: bool,
    left: i64,
    begun: Option<BegunView>,
    /// Recovery codes, this once.
    codes: Vec<String>,
    provider: Option<String>,
    subjects: Vec<String>,
}

/// The form.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Given {
    #[serde(rename = "do")]
    what: String,
    current: String,
    password: String,
    again: String,
    code: String,
}

/// `GET /me/sign-in`.
pub(super) async fn page(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let t = SignInWords::of(visit.words().language);
    let saved = match query.as_deref() {
        Some("saved=password") => Some(t.password_saved),
        Some("saved=off") => Some(t.factor_gone),
        _ => None,
    };
    let page = view(&mut visit, saved, None, Vec::new()).await;
    visit.answer(page)
}

/// What came of a form.
enum Done {
    /// Back to the page.
    Back(&'static str),
    /// Back, with the cookie of a new session.
    Anew(Box<Response>),
    /// These recovery codes are to be shown.
    Codes(Vec<String>),
    /// Nothing was done; the sentence says why.
    Not(String),
}

/// `POST /me/sign-in`.
pub(super) async fn change(
    mut visit: Visit,
    direct: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    form: Result<Form<Given>, FormRejection>,
) -> Response {
    let whence = Whence::of(&visit.app, &headers, direct.map(|Extension(direct)| direct));
    let done = match form {
        Ok(Form(given)) => acted(&visit, &whence, given).await,
        Err(_) => Err(Refusal::NotFound),
    };
    let page = match done {
        Ok(Done::Back(to)) => Ok(Redirect::to(to).into_response()),
        Ok(Done::Anew(answer)) => Ok(*answer),
        Ok(Done::Codes(codes)) => fresh(&mut visit, None, codes).await,
        Ok(Done::Not(why)) => fresh(&mut visit, Some(why), Vec::new()).await,
        Err(refusal) => Err(refusal),
    };
    visit.answer(page)
}

/// The page as it is after what was done: the visit's own moment is older.
async fn fresh(visit: &mut Visit, problem: Option<String>, codes: Vec<String>) -> Result<Response, Refusal> {
    visit.tx = visit.app.state.db.read().await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, view(visit, None, problem, codes).await?).into_response())
}

async fn acted(visit: &Visit, whence: &Whence, given: Given) -> Result<Done, Refusal> {
    let t = SignInWords::of(visit.words().language);
    let (app, me, now) = (&visit.app, visit.person.user, visit.clock.now);
    let keys = &app.state.keys;
    match given.what.as_str() {
        "password" => password(visit, whence, given, t).await,
        "begin" => {
            if let Some(why) = unproven(visit, whence, given.current, t).await? {
                return Ok(Done::Not(why));
            }
            let mut tx = app.state.db.write().await?;
            second_factor::begin(&mut tx, keys, me, now).await?;
            tx.commit().await?;
            Ok(Done::Back("/me/sign-in#factor"))
        }
        "confirm" => {
            let mut tx = app.state.db.write().await?;
            let confirmed = second_factor::confirm(&mut tx, keys, me, &given.code, now).await?;
            tx.commit().await?;
            Ok(match confirmed {
                Ok(codes) => Done::Codes(codes),
                Err(checked) => Done::Not(wrong(checked, t)),
            })
        }
        "codes" | "off" => {
            let mut tx = app.state.db.write().await?;
            let checked = second_factor::check(&mut tx, keys, me, &given.code, now).await?;
            let stands = factors::of(&mut tx, me).await?.is_some_and(|factor| factor.confirmed.is_some());
            let done = match (checked.passes() && stands, given.what.as_str()) {
                (false, _) => Done::Not(wrong(checked, t)),
                (true, "codes") => Done::Codes(second_factor::renewed(&mut tx, me, now).await?),
                (true, _) => {
                    second_factor::remove(&mut tx, Some(me), me, now).await?;
                    Done::Back("/me/sign-in?saved=off")
                }
            };
            tx.commit().await?;
            Ok(done)
        }
        // One that was begun and not confirmed is nobody's factor yet.
        "cancel" => {
            let mut tx = app.state.db.write().await?;
            if factors::of(&mut tx, me).await?.is_some_and(|factor| factor.confirmed.is_none()) {
                factors::remove(&mut tx, me).await?;
            }
            tx.commit().await?;
            Ok(Done::Back(HERE))
        }
        _ => Err(Refusal::NotFound),
    }
}

fn wrong(checked: Checked, t: &'static SignInWords) -> String {
    let text = if checked == Checked::TooMany { t.code_too_many } else { t.code_wrong };
    text.to_owned()
}

/// Why it is not proven that the viewer sits there; `None` if their password is right, or they have none.
async fn unproven(
    visit: &Visit,
    whence: &Whence,
    current: String,
    t: &'static SignInWords,
) -> Result<Option<String>, Refusal> {
    let app: &App = &visit.app;
    let mut tx = app.state.db.read().await?;
    let me = visit.person.user;
    let Some(stored) = people::password_hash(&mut tx, me).await? else { return Ok(None) };
    let login = people::load(&mut tx, me).await?.map(|user| user.login).unwrap_or_default();
    drop(tx);
    let attempt = attempt(app, &login, whence.address);
    if !app.throttle.admit(attempt, app.now()) {
        return Ok(Some(format!("{} {}", visit.words().sign_in_slow, visit.words().sign_in_slow_hint)));
    }
    let current: String = current.chars().take(1_000).collect();
    if !passwords::verify(current, Some(stored)).await? {
        return Ok(Some(t.current_wrong.to_owned()));
    }
    app.throttle.succeeded(attempt);
    Ok(None)
}

/// Sets a new password: all sessions end, and a new one begins in this browser.
async fn password(visit: &Visit, whence: &Whence, given: Given, t: &'static SignInWords) -> Result<Done, Refusal> {
    let (app, me, now) = (&visit.app, visit.person.user, visit.clock.now);
    let known = people::password_hash(&mut app.state.db.read().await?, me).await?.is_some();
    if !known || !app.state.config.sign_in.passwords {
        return Ok(Done::Not(t.password_none.to_owned()));
    }
    if let Some(why) = unproven(visit, whence, given.current, t).await? {
        return Ok(Done::Not(why));
    }
    if given.password != given.again {
        return Ok(Done::Not(t.password_differs.to_owned()));
    }
    if passwords::objection(&given.password).is_some() {
        return Ok(Done::Not(t.short_or_long(&given.password)));
    }
    let hash = passwords::hash(given.password).await?;
    let changed: anyhow::Result<()> = async {
        let mut tx = app.state.db.write().await?;
        people::set_password_hash(&mut tx, me, &hash).await?;
        crate::actions::admins::noted(&mut tx, Some(me), me, "password", now).await?;
        Ok(tx.commit().await?)
    }
    .await;
    changed.context("changing a password")?;
    let cookie = entrance::begin(app, whence, me, Method::Password).await?;
    let answer = (CookieJar::new().add(cookie), Redirect::to("/me/sign-in?saved=password")).into_response();
    Ok(Done::Anew(Box::new(answer)))
}

async fn view(
    visit: &mut Visit,
    saved: Option<&'static str>,
    problem: Option<String>,
    codes: Vec<String>,
) -> Result<Response, Refusal> {
    let me = visit.person.user;
    let app = visit.app.clone();
    let t = SignInWords::of(visit.words().language);
    let login = people::load(&mut visit.tx, me).await?.map(|user| user.login).unwrap_or_default();
    let has_password = people::password_hash(&mut visit.tx, me).await?.is_some();
    let begun = second_factor::begun(&mut visit.tx, &app.state.keys, me, &login).await?;
    let on = factors::of(&mut visit.tx, me).await?.is_some_and(|factor| factor.confirmed.is_some());
    let left = factors::recovery_left(&mut visit.tx, me).await?;
    let subjects = identities::of(&mut visit.tx, me).await?.into_iter().map(|known| known.subject).collect();
    let config = &app.state.config;
    Ok(Html(Page {
        shell: visit.shell().titled(t.title).at("me"),
        t,
        saved,
        problem,
        passwords: config.sign_in.passwords,
        has_password,
        shortest: passwords::SHORTEST,
        required: visit.must_enrol(),
        on,
        left,
        begun: begun.map(picture).transpose()?,
        codes,
        provider: config.oidc.is_set().then(|| config.oidc.shown().to_owned()),
        subjects,
    })
    .into_response())
}

/// The URL as a picture that apps scan. Dark on light in both themes: not all apps read the other way round.
fn picture(shown: Shown) -> anyhow::Result<BegunView> {
    let code = qrcode::QrCode::new(shown.url.as_bytes()).context("drawing the code to be scanned")?;
    let drawn = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build();
    let picture = drawn.find("<svg").and_then(|at| drawn.get(at..)).unwrap_or("").to_owned();
    // In groups of four, as people type it.
    let mut secret = String::new();
    for (at, digit) in shown.secret.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            secret.push(' ');
        }
        secret.push(digit);
    }
    Ok(BegunView { secret, picture })
}

/// For so long somebody is told on Today that an admin made a link to their account.
const TOLD: i64 = 14 * DAY;

/// That an admin took the viewer's password and made a link for a new one, where that was lately.
pub(super) async fn reset_told(visit: &mut Visit) -> Result<Option<Timed>, Refusal> {
    let (me, now) = (visit.person.user, visit.clock.now);
    let Some(reset) = resets::latest(&mut visit.tx, me, now.plus(-TOLD)).await? else { return Ok(None) };
    let t = SignInWords::of(visit.words().language);
    let by = reset.by.map_or(t.reset_operator.to_owned(), |by| visit.name(by));
    Ok(Some(Timed::exact(t.reset_by, &[("by", &by)], "at", &visit.clock.when(reset.at))))
}

//! The page behind a link with which somebody sets their password (W23). Whoever has the link may; so it says
//! whose it is and who made it, and works once.

use super::App;
use super::guard::{RequestId, words_for};
use super::refusal::broken;
use super::shell::{Html, Shell};
use super::words::{Language, PeopleWords, Words, fill};
use crate::actions::passwords;
use crate::actions::users::{self, No};
use crate::store::people;
use askama::Template;
use axum::Extension;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "invitation.html")]
struct Page {
    shell: Shell,
    t: &'static PeopleWords,
    title: &'static str,
    means: String,
    by: Option<String>,
    hint: String,
    shortest: usize,
    problem: Option<&'static str>,
    /// Where the form goes; `None`: there is none.
    token: Option<String>,
    /// Whether they can sign in now.
    ready: bool,
}

/// The form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Given {
    password: String,
    again: String,
}

fn shown(w: &'static Words, title: &'static str, means: String) -> Page {
    let t = PeopleWords::of(w.language);
    Page {
        shell: Shell::bare(w).titled(title),
        t,
        title,
        means,
        by: None,
        hint: fill(t.password_hint, &[("n", &passwords::SHORTEST.to_string())]),
        shortest: passwords::SHORTEST,
        problem: None,
        token: None,
        ready: false,
    }
}

/// A link that is no good, made up or used: one answer.
fn no_link(w: &'static Words) -> Response {
    let t = PeopleWords::of(w.language);
    (StatusCode::NOT_FOUND, Html(shown(w, t.link_bad, t.link_bad_means.to_owned()))).into_response()
}

/// `GET /invitation/{token}`.
pub(super) async fn page(
    State(app): State<App>,
    id: Extension<RequestId>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let token = path.map(|Path(token)| token).unwrap_or_default();
    form(&app, id, &headers, &token, None).await
}

async fn form(
    app: &App,
    id: Extension<RequestId>,
    headers: &HeaderMap,
    token: &str,
    problem: Option<fn(&'static PeopleWords) -> &'static str>,
) -> Response {
    let found: anyhow::Result<_> = async {
        let mut tx = app.state.db.read().await?;
        let found = users::invited(&mut tx, token, app.now()).await?;
        let by = match found.as_ref().and_then(|(_, link)| link.by) {
            Some(by) => people::load(&mut tx, by).await?.map(|user| user.person.name),
            None => None,
        };
        Ok((found, by))
    }
    .await;
    let fallback = words_for(app, headers);
    match found {
        Err(error) => broken(State(app.clone()), headers, id, error),
        Ok((None, _)) => no_link(fallback),
        Ok((Some((user, _)), by)) => {
            let w = Language::from_tag(&user.language).map_or(fallback, Language::words);
            let t = PeopleWords::of(w.language);
            let means = fill(t.welcome_means, &[("name", &user.person.name), ("login", &user.login)]);
            let page = Page {
                by: by.map(|name| fill(t.made_by, &[("name", &name)])),
                problem: problem.map(|said| said(t)),
                token: Some(token.to_owned()),
                ..shown(w, t.welcome, means)
            };
            let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            (status, Html(page)).into_response()
        }
    }
}

/// `POST /invitation/{token}`.
pub(super) async fn accept(
    State(app): State<App>,
    id: Extension<RequestId>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    given: Result<Form<Given>, FormRejection>,
) -> Response {
    let token = path.map(|Path(token)| token).unwrap_or_default();
    let given = given.map(|Form(given)| given).unwrap_or_default();
    if given.password != given.again {
        return form(&app, id, &headers, &token, Some(|t| t.password_differs)).await;
    }
    match users::accept(&app.state.db, &token, &given.password, app.now()).await {
        Ok(Ok(user)) => {
            let w = Language::from_tag(&user.language).map_or(words_for(&app, &headers), Language::words);
            let t = PeopleWords::of(w.language);
            let means = fill(t.ready_means, &[("login", &user.login)]);
            Html(Page { ready: true, ..shown(w, t.ready, means) }).into_response()
        }
        Ok(Err(No::Password(_))) => form(&app, id, &headers, &token, Some(|t| t.password_bad)).await,
        Ok(Err(_)) => no_link(words_for(&app, &headers)),
        Err(error) => broken(State(app), &headers, id, error.context("setting a password by a link")),
    }
}

//! A contact or lead that somebody enters by hand: the client on the phone whom no search found.

use super::doing::{Fields, actor, begin, go};
use super::from_mail::{FieldView, follow, keys, label, why_not};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::{FromMailWords, SearchWords};
use crate::actions::from_mail;
use crate::model::record::Kind;
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "by_hand.html")]
struct Page {
    shell: Shell,
    f: &'static FromMailWords,
    s: &'static SearchWords,
    kind: &'static str,
    title: &'static str,
    problem: Option<String>,
    fields: Vec<FieldView>,
}

/// `GET /records/new/{kind}`, with values for its fields in the query.
pub(super) async fn new(
    visit: Visit,
    path: Result<Path<String>, PathRejection>,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let fields = Fields(asked.map(|Query(fields)| fields).unwrap_or_default());
    let page = kind_of(path).map(|kind| form(&visit, kind, &fields, None));
    visit.answer(page)
}

fn kind_of(path: Result<Path<String>, PathRejection>) -> Result<Kind, Refusal> {
    let kind = path.ok().and_then(|Path(word)| Kind::from_word(&word));
    kind.filter(|kind| matches!(kind, Kind::Contact | Kind::Lead)).ok_or(Refusal::NotFound)
}

fn form(visit: &Visit, kind: Kind, fields: &Fields, problem: Option<String>) -> Response {
    let language = visit.words().language;
    let (f, s) = (FromMailWords::of(language), SearchWords::of(language));
    let field = |key: &&'static str| FieldView {
        name: key,
        label: label(key, kind, f),
        value: fields.get(key).to_owned(),
        from: if *key == "account" { f.account_hint.to_owned() } else { String::new() },
    };
    let title = if kind == Kind::Contact { s.by_hand_contact } else { s.by_hand_lead };
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell().titled(title).at("records");
    let fields = keys(kind).iter().map(field).collect();
    (code, Html(Page { shell, f, s, kind: kind.word(), title, problem, fields })).into_response()
}

/// `POST /records/new/{kind}`.
pub(super) async fn create(
    visit: Visit,
    path: Result<Path<String>, PathRejection>,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match kind_of(path) {
        Ok(kind) => created(&visit, kind, sent).await,
        Err(refusal) => Err(refusal),
    };
    visit.answer(answer)
}

async fn created(
    visit: &Visit,
    kind: Kind,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(sent)?;
    let draft = super::from_mail::drafted(&fields);
    let house = visit.app.state.config.house();
    let (mut tx, world) = begin(visit).await?;
    tx.alone().await?;
    let actor = actor(visit, &mut tx, &world).await?;
    match from_mail::by_hand(&mut tx, &actor, kind, &draft, &house).await? {
        Ok(made) => {
            follow(&visit.app, &mut tx, &actor, &made).await?;
            tx.commit().await?;
            Ok(go(&format!("/records/{}", made.record)))
        }
        Err(no) => Ok(form(visit, kind, &fields, Some(why_not(&no, visit.words())))),
    }
}

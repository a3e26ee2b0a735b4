//! What somebody puts below what they write (W11).

use super::doing::{Fields, go};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::AnsweringWords;
use crate::actions::answering;
use crate::store::drafts;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, RawQuery};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "signature.html")]
struct Page {
    shell: Shell,
    a: &'static AnsweringWords,
    text: String,
    saved: bool,
    problem: Option<&'static str>,
}

/// `GET /me/signature`.
pub(super) async fn page(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let page = signed(&mut visit, query.as_deref() == Some("saved"), None).await;
    visit.answer(page)
}

async fn signed(visit: &mut Visit, saved: bool, refused: Option<String>) -> Result<Response, Refusal> {
    let a = AnsweringWords::of(visit.words().language);
    let kept = drafts::signature(&mut visit.tx, visit.person.user).await?;
    let problem = refused.is_some().then_some(a.signature_long);
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell().titled(a.signature).at("me");
    Ok((code, Html(Page { shell, a, text: refused.unwrap_or(kept), saved, problem })).into_response())
}

/// `POST /me/signature`.
pub(super) async fn save(mut visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let page = match Fields::of(form) {
        Ok(fields) => signing(&mut visit, &fields).await,
        Err(refusal) => Err(refusal),
    };
    visit.answer(page)
}

async fn signing(visit: &mut Visit, fields: &Fields) -> Result<Response, Refusal> {
    let text = fields.0.iter().find(|(key, _)| key == "signature").map(|(_, value)| value.clone()).unwrap_or_default();
    let mut tx = visit.app.state.db.write().await?;
    match answering::sign(&mut tx, visit.person.user, &text).await? {
        Ok(()) => {
            tx.commit().await?;
            Ok(go("/me/signature?saved"))
        }
        Err(_) => {
            drop(tx);
            signed(visit, false, Some(text)).await
        }
    }
}

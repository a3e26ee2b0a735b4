//! Files that go with a mail, and what its writer puts below what they write.

use super::super::answering::writer;
use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing};
use super::bearer::{Reads, Writes};
use super::drafts::{DraftView, refused, shown};
use super::once::Once;
use super::problem::Problem;
use super::shapes::octets;
use super::state::with;
use crate::actions::answering::{self, No};
use crate::model::draft::Attached;
use crate::model::id::DraftId;
use crate::store::drafts;
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A file that is to go with a mail.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FileInput)]
pub(in super::super) struct Input {
    /// Its name.
    name: String,
    /// Its media type; without one application/octet-stream.
    content_type: Option<String>,
    /// What is in it, in base64 (RFC 4648, section 4). 25 MiB go with a mail at most.
    #[schema(format = Byte)]
    content: String,
}

/// Puts a file to a draft.
#[utoipa::path(
    post, path = "/api/v1/drafts/{id}/files", tag = "drafts",
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Input,
    responses((status = 200, body = DraftView, headers(("ETag" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn attach(
    doing: Doing<Writes>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), &format!("POST drafts/{id}/files"), &body.bytes)?;
    let Input { name, content_type, content } = body.value;
    let bytes = octets("content", &content)?;
    let media_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
    let halves = media_type.split_once('/').filter(|(a, b)| !a.is_empty() && !b.is_empty());
    if media_type.len() > 200 || halves.is_none_or(|(a, b)| !a.chars().chain(b.chars()).all(plain)) {
        return Err(Problem::field("content_type", "write a media type such as application/pdf"));
    }
    let mut visit = doing.begin_short().await?;
    if once.begin(&mut visit.tx).await?.is_some() {
        return answered(visit, DraftId(id)).await;
    }
    let (app, config, world) = (visit.app.clone(), visit.config().await?, visit.world.clone());
    let writer = writer(&visit, &app, &config, &world);
    let file = Attached { name, media_type, bytes };
    let done = answering::attach(&mut visit.tx, &writer, DraftId(id), &file).await?;
    done.map_err(|no| refused(&no, &visit))?;
    once.made(&mut visit.tx, &id.to_string()).await?;
    answered(visit, DraftId(id)).await
}

async fn answered(mut visit: Visit, id: DraftId) -> Result<Response, Problem> {
    let (view, tag) = shown(&mut visit, id).await?;
    visit.tx.commit().await?;
    Ok(with(&tag, Json(view)))
}

/// Takes a file off a draft.
#[utoipa::path(
    delete, path = "/api/v1/drafts/{id}/files/{file}", tag = "drafts", params(("id" = i64, Path), ("file" = i64, Path)),
    responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn detach(
    doing: Doing<Writes>,
    At((id, file)): At<(i64, i64)>,
) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin_short().await?;
    let (app, config, world) = (visit.app.clone(), visit.config().await?, visit.world.clone());
    let writer = writer(&visit, &app, &config, &world);
    let user = visit.person.user;
    drafts::load(&mut visit.tx, user, DraftId(id)).await?.ok_or(Problem::NotFound)?;
    let there = drafts::files(&mut visit.tx, DraftId(id)).await?.iter().any(|one| one.id == file);
    if !there {
        return Err(Problem::NotFound);
    }
    let done = answering::detach(&mut visit.tx, &writer, DraftId(id), file).await?;
    done.map_err(|no| refused(&no, &visit))?;
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the owner of the token puts below what they write.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Signature)]
pub(in super::super) struct Signature {
    /// The text; 2,000 characters at most. Empty: none.
    text: String,
}

/// What the owner of the token puts below what they write.
#[utoipa::path(
    get, path = "/api/v1/me/signature", tag = "me", responses((status = 200, body = Signature)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn signature(mut asking: Asking<Reads>) -> Result<Json<Signature>, Problem> {
    let visit = &mut asking.visit;
    let text = drafts::signature(&mut visit.tx, visit.person.user).await?;
    Ok(Json(Signature { text }))
}

/// Puts this below what the owner of the token writes from now on.
#[utoipa::path(
    put, path = "/api/v1/me/signature", tag = "me", request_body = Signature,
    responses((status = 200, body = Signature)), security(("token" = ["write"]))
)]
pub(in super::super) async fn sign(doing: Doing<Writes>, body: Body<Signature>) -> Result<Json<Signature>, Problem> {
    let mut visit = doing.begin_short().await?;
    let user = visit.person.user;
    match answering::sign(&mut visit.tx, user, &body.value.text).await? {
        Ok(()) => {}
        Err(No::TooLong) => return Err(Problem::field("text", "it is longer than 2,000 characters; shorten it")),
        Err(no) => return Err(refused(&no, &visit)),
    }
    let text = drafts::signature(&mut visit.tx, user).await?;
    visit.tx.commit().await?;
    Ok(Json(Signature { text }))
}

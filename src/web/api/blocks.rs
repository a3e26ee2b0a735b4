//! Blocklists: one's own, and for admins the company's. What is blocked stands in bodies, never in addresses, which are
//! written to logs on the way.

use super::super::blocks::{block, look, unblock};
use super::super::visit::Visit;
use super::asking::{Asking, Body, Doing};
use super::bearer::{Administers, Needs, Reads, Writes};
use super::problem::Problem;
use super::shapes::{List, Who};
use crate::actions::blocks::{self, No, Whose};
use crate::actions::caller::Caller;
use crate::model::block::Pattern;
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An address or a domain whose mail is never stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Block)]
pub(in super::super) struct BlockView {
    /// An address, or a domain after an `@`.
    pub pattern: String,
    /// Who blocked it; null for the operator.
    pub by: Option<Who>,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
}

/// What is to be blocked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BlockInput)]
pub(in super::super) struct Input {
    /// An address such as jan@x.pl, or a domain such as x.pl.
    pattern: String,
    /// What is stored of them already is taken away, too.
    #[serde(default)]
    take: bool,
    /// Only says what is stored of them.
    #[serde(default)]
    dry_run: bool,
}

/// What is to be blocked no more.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UnblockInput)]
pub(in super::super) struct Removal {
    /// As it stands on the list.
    pattern: String,
}

/// What blocking did, or would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Blocked)]
pub(in super::super) struct BlockedView {
    /// Whether it is blocked now.
    pub done: bool,
    /// As it stands on the list.
    pub pattern: String,
    /// Stored mails on which they stand, before anything was taken away; of one's own list those in one's own mailboxes.
    pub messages: i64,
    /// How many of these are nobody else's, and go altogether where they are taken away.
    pub whole: i64,
}

fn refused(no: &No) -> Problem {
    match no {
        No::NotAdmin | No::NobodysOwn => Problem::NotFound,
        No::Ours(_) => Problem::field("pattern", no.to_string()),
        No::Already(_) | No::NotThere(_) => Problem::Declined(no.to_string()),
    }
}

fn pattern(text: &str) -> Result<Pattern, Problem> {
    Pattern::parse(text)
        .map_err(|_| Problem::field("pattern", "write an address such as jan@x.pl, or a domain such as x.pl"))
}

async fn listed(visit: &mut Visit, whose: Whose) -> Result<Json<List<BlockView>>, Problem> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let all = blocks::list(&mut visit.tx, &caller, whose).await?.map_err(|no| refused(&no))?;
    let item = |block: &crate::store::blocks::Block| BlockView {
        pattern: block.pattern.to_string(),
        by: block.by.map(|by| Who::of(by, visit)),
        since: block.at.rfc3339(),
    };
    Ok(Json(List { items: all.iter().map(item).collect(), next: None }))
}

async fn blocked<S: Needs>(doing: &Doing<S>, whose: Whose, input: &Input) -> Result<Json<BlockedView>, Problem> {
    let pattern = pattern(&input.pattern)?;
    let mut reading = doing.reading().await?;
    let extent = look(&mut reading, whose, &pattern).await.map_err(Problem::of)?.map_err(|no| refused(&no))?;
    drop(reading);
    if !input.dry_run {
        let done = block(&doing.app.state, doing.by(), whose, &pattern, input.take).await;
        done.map_err(Problem::of)?.map_err(|no| refused(&no))?;
    }
    let (messages, whole) = (extent.mails, extent.whole);
    Ok(Json(BlockedView { done: !input.dry_run, pattern: pattern.to_string(), messages, whole }))
}

async fn unblocked<S: Needs>(doing: &Doing<S>, whose: Whose, text: &str) -> Result<StatusCode, Problem> {
    let pattern = pattern(text)?;
    let done = unblock(&doing.app.state, doing.by(), whose, &pattern).await;
    done.map_err(Problem::of)?.map_err(|no| refused(&no))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whose mail in one's own mailboxes is never stored.
#[utoipa::path(
    get, path = "/api/v1/me/blocks", tag = "blocks", responses((status = 200, body = List<BlockView>)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn own(mut asking: Asking<Reads>) -> Result<Json<List<BlockView>>, Problem> {
    let whose = Whose::Own(asking.visit.person.user);
    listed(&mut asking.visit, whose).await
}

/// Blocks an address or a domain in one's own mailboxes: mail with it is not stored there from now on.
#[utoipa::path(
    post, path = "/api/v1/me/blocks", tag = "blocks", request_body = Input,
    responses((status = 200, body = BlockedView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn block_own(doing: Doing<Writes>, body: Body<Input>) -> Result<Json<BlockedView>, Problem> {
    blocked(&doing, Whose::Own(doing.by().0), &body.value).await
}

/// Takes it off one's own list; what it hid is read again.
#[utoipa::path(
    post, path = "/api/v1/me/blocks/remove", tag = "blocks", request_body = Removal, responses((status = 204)),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn unblock_own(doing: Doing<Writes>, body: Body<Removal>) -> Result<StatusCode, Problem> {
    unblocked(&doing, Whose::Own(doing.by().0), &body.value.pattern).await
}

/// Whose mail is never stored in any mailbox.
#[utoipa::path(
    get, path = "/api/v1/blocks", tag = "blocks", responses((status = 200, body = List<BlockView>)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn company(mut asking: Asking<Administers>) -> Result<Json<List<BlockView>>, Problem> {
    let whose = Whose::Company;
    listed(&mut asking.visit, whose).await
}

/// Blocks an address or a domain for the whole company.
#[utoipa::path(
    post, path = "/api/v1/blocks", tag = "blocks", request_body = Input,
    responses((status = 200, body = BlockedView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn block_company(
    doing: Doing<Administers>,
    body: Body<Input>,
) -> Result<Json<BlockedView>, Problem> {
    blocked(&doing, Whose::Company, &body.value).await
}

/// Takes it off the company's list; what it hid is read again.
#[utoipa::path(
    post, path = "/api/v1/blocks/remove", tag = "blocks", request_body = Removal, responses((status = 204)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn unblock_company(
    doing: Doing<Administers>,
    body: Body<Removal>,
) -> Result<StatusCode, Problem> {
    unblocked(&doing, Whose::Company, &body.value.pattern).await
}

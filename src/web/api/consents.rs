//! Requests for mail in one's own mailbox, or for an address of one's own record.

use super::asking::{Asking, At, Body, Doing};
use super::bearer::{Reads, Writes};
use super::problem::Problem;
use super::shapes::{List, RecordRef, Who};
use crate::actions::consents::{self, Decision, Refused};
use crate::intake::reconsider::{self, Reconsidered};
use crate::model::consent::Consent;
use crate::model::id::RecordId;
use crate::model::time::Timestamp;
use crate::store::{self, views};
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A request that the owner of the token was asked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Consent)]
pub(in super::super) struct ConsentView {
    /// Its id.
    id: i64,
    /// The address whose mail is asked for.
    address: String,
    /// The record to which it would come, if the token shows it.
    record: Option<RecordRef>,
    /// Who asks.
    asked_by: Who,
    /// When.
    #[schema(format = DateTime)]
    asked_at: String,
    /// open, given, refused or withdrawn.
    state: &'static str,
    /// When it was decided.
    #[schema(format = DateTime)]
    decided_at: Option<String>,
}

/// What is decided.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DecisionWord {
    /// The mail may be read there.
    Give,
    /// It may not.
    Refuse,
    /// It may not any more.
    Withdraw,
}

/// What is decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConsentInput)]
pub(in super::super) struct Input {
    // Which.
    #[schema(inline)]
    choose: DecisionWord,
}

/// What the owner of the token was asked, open and decided.
#[utoipa::path(
    get, path = "/api/v1/consents", tag = "work", responses((status = 200, body = List<ConsentView>)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn list(mut asking: Asking<Reads>) -> Result<Json<List<ConsentView>>, Problem> {
    let visit = &mut asking.visit;
    let all = store::consents::of(&mut visit.tx, visit.person.user).await?;
    let ids: Vec<RecordId> = all.iter().map(|one| one.record).collect();
    let names = views::names(&mut visit.tx, &visit.scope, ids).await?;
    let item = |one: &Consent| ConsentView {
        id: one.id,
        address: one.address.clone(),
        record: names.get(&one.record).map(RecordRef::from),
        asked_by: Who::of(one.asked_by, visit),
        asked_at: one.asked_at.rfc3339(),
        state: one.state.word(),
        decided_at: one.decided_at.map(Timestamp::rfc3339),
    };
    Ok(Json(List { items: all.iter().map(item).collect(), next: None }))
}

/// Decides a request, or takes a decision back.
#[utoipa::path(
    post, path = "/api/v1/consents/{id}/decision", tag = "work", params(("id" = i64, Path)), request_body = Input,
    responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn decide(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Input>,
) -> Result<StatusCode, Problem> {
    let decision = match body.value.choose {
        DecisionWord::Give => Decision::Give,
        DecisionWord::Refuse => Decision::Refuse,
        DecisionWord::Withdraw => Decision::Withdraw,
    };
    let mut visit = doing.begin().await?;
    let (me, now, state) = (visit.person.user, visit.clock.now, visit.app.state.clone());
    let decided = consents::decide(&mut visit.tx, me, id, decision, now).await?;
    let decided = decided.map_err(|no| match no {
        Refused::NotThere => Problem::NotFound,
        Refused::Already | Refused::Moot => Problem::Conflict(no.to_string()),
    })?;
    if let Some(address) = decided.address {
        let what = Reconsidered { address, holder: decided.holder };
        reconsider::address(&mut visit.tx, &what, &state.config.house(), &state.keys, now).await?;
    }
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Merging two records and parting them, deleting one and bringing it back. Each can be tried first: then nothing
//! of it is kept.

use super::super::merging::{Effect, effect};
use super::asking::{At, Body, Doing, actor};
use super::bearer::Writes;
use super::problem::Problem;
use super::shapes::Who;
use crate::actions::records_life::{self, No};
use crate::model::id::{RecordId, UserId};
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a record is to be merged with.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MergeInput)]
pub(in super::super) struct Input {
    /// The record that becomes a part of this one. Of the same kind.
    other_id: i64,
    /// Why; kept in the record's history.
    #[serde(default)]
    reason: String,
    /// Only says what it would do.
    #[serde(default)]
    dry_run: bool,
}

/// What merging did, or would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Merged)]
pub(in super::super) struct MergedView {
    /// Whether it was done.
    pub done: bool,
    /// The record that stays.
    pub kept_id: i64,
    /// The one that became a part of it.
    pub gone_id: i64,
    /// Whose the record is.
    pub owner: Who,
    /// Whether it is confidential, as either was.
    pub confidential: bool,
    /// How many mails moved.
    pub messages: usize,
    /// How many activities moved.
    pub activities: usize,
    /// Who reads all of it from then on and did not before.
    pub gain: Vec<Who>,
    /// Who read something of it and does not any more.
    pub lose: Vec<Who>,
}

/// Why a record is deleted.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeleteInput)]
pub(in super::super) struct Deletion {
    /// Why; kept in the audit.
    #[serde(default)]
    reason: String,
    /// Only says what it would do.
    #[serde(default)]
    dry_run: bool,
}

/// What deleting took away, or would take; of other records only as far as the token shows them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Deleted)]
pub(in super::super) struct DeletedView {
    /// Whether it was done.
    pub done: bool,
    /// Mails that nobody sees any more, since they stand on no other record.
    pub messages_hidden: i64,
    /// Mails that other records go on showing.
    pub messages_staying: i64,
    /// Activities that are not shown any more.
    pub activities: i64,
    /// Those of them that are open.
    pub activities_open: i64,
    /// Contacts that stay without the account.
    pub contacts: i64,
    /// Opportunities that stay without the account or end customer.
    pub opportunities: i64,
    /// Addresses and domains by which mail does not come any more.
    pub addresses: i64,
    /// Rights of people and teams, which sleep.
    pub shares: i64,
}

fn refused(no: &No) -> Problem {
    match no {
        No::NotThere => Problem::NotFound,
        No::MayNot(_) | No::Strangers => Problem::MayNot(no.to_string()),
        No::LongReason => Problem::field("reason", no.to_string()),
        No::Same | No::Kinds(..) => Problem::field("other_id", no.to_string()),
        other => Problem::Declined(other.to_string()),
    }
}

/// Makes another record a part of this one: its history, mail, addresses and activities stand here from then on. With
/// `dry_run` it only says what that would do.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/merge", tag = "records", params(("id" = i64, Path)), request_body = Input,
    responses((status = 200, body = MergedView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn merge(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Input>,
) -> Result<Json<MergedView>, Problem> {
    let Input { other_id, reason, dry_run } = body.value;
    let mut visit = doing.begin().await?;
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    let (kept, gone) = (RecordId(id), RecordId(other_id));
    let named = actor.named(&mut visit.tx, &[kept, gone]).await?;
    let one = |id: RecordId| named.entries.iter().find(|entry| entry.record.id == id).map(|entry| &entry.record);
    let kept = one(kept).ok_or(Problem::NotFound)?;
    let none = || Problem::field("other_id", "there is no such record, or it is not yours to see");
    let gone = one(gone).ok_or_else(none)?;
    let done = effect(&mut visit.tx, &actor, (kept, gone), &reason).await?;
    let Effect { merged, gain, lose } = done.map_err(|no| refused(&no))?;
    let people = |all: Vec<UserId>| all.into_iter().map(|user| Who::of(user, &visit)).collect();
    let view = MergedView {
        done: !dry_run,
        kept_id: merged.kept.id.0,
        gone_id: merged.gone.id.0,
        owner: Who::of(merged.kept.owner, &visit),
        confidential: merged.kept.confidential,
        messages: merged.mails,
        activities: merged.activities,
        gain: people(gain),
        lose: people(lose),
    };
    // What is only tried is never committed.
    if !dry_run {
        visit.tx.commit().await?;
    }
    Ok(Json(view))
}

/// Parts this record from the one that it became a part of; what moved goes back, if it is still there.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/unmerge", tag = "records", params(("id" = i64, Path)),
    responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn unmerge(doing: Doing<Writes>, At(id): At<i64>) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin().await?;
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    records_life::unmerge(&mut visit.tx, &actor, RecordId(id)).await?.map_err(|no| refused(&no))?;
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a record: nobody sees it any more and no mail comes onto it. It can be brought back. With `dry_run` it only
/// says what goes.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/delete", tag = "records", params(("id" = i64, Path)),
    request_body = Deletion, responses((status = 200, body = DeletedView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn delete(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Deletion>,
) -> Result<Json<DeletedView>, Problem> {
    let Deletion { reason, dry_run } = body.value;
    let mut visit = doing.begin().await?;
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    let done = match dry_run {
        true => records_life::would_delete(&mut visit.tx, &actor, RecordId(id)).await?,
        false => records_life::delete(&mut visit.tx, &actor, RecordId(id), &reason).await?,
    };
    let extent = done.map_err(|no| refused(&no))?.extent;
    visit.tx.commit().await?;
    Ok(Json(DeletedView {
        done: !dry_run,
        messages_hidden: extent.mails_hidden,
        messages_staying: extent.mails_staying,
        activities: extent.activities,
        activities_open: extent.activities_open,
        contacts: extent.contacts,
        opportunities: extent.opportunities,
        addresses: extent.addresses,
        shares: extent.shares,
    }))
}

/// Brings a deleted record back.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/restore", tag = "records", params(("id" = i64, Path)),
    responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn restore(doing: Doing<Writes>, At(id): At<i64>) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin().await?;
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    records_life::restore(&mut visit.tx, &actor, RecordId(id)).await?.map_err(|no| match no {
        No::WasMerged => refused(&no),
        _ => Problem::NotFound,
    })?;
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

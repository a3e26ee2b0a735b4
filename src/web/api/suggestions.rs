//! What notices of people outside suggest of contacts, asked in review: that somebody left, and whom a notice names
//! instead. Nothing is done of it before a person, or their program, says so.

use super::super::reach::settle_taken;
use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing, actor};
use super::bearer::{Reads, Writes};
use super::once::Once;
use super::problem::Problem;
use super::shapes::{List, RecordRef, Who};
use crate::actions::automatic::{self, No};
use crate::actions::review::Reviewer;
use crate::actions::suggestions::{self, Key, Suggestion, What};
use crate::model::id::{MailId, RecordId};
use crate::store;
use crate::store::views::{self, Door, Named};
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// What is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WhatWord {
    /// The contact left, and the address is not to be used.
    Departure,
    /// Somebody stands in for the contact; accepted, a contact is made of them.
    Substitute,
    /// Somebody follows the contact, who left; accepted, a contact is made of them.
    Successor,
}

/// Something that the owner of the token is asked about a contact.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Suggestion)]
pub(in super::super) struct SuggestionView {
    /// By which it is decided.
    pub key: String,
    // What is suggested.
    #[schema(inline)]
    pub what: WhatWord,
    /// When the notice was written.
    #[schema(format = DateTime)]
    pub at: String,
    /// The contact or lead that it is about.
    pub contact: RecordRef,
    /// Further ones whose notices name the same, which are decided along.
    pub also: Vec<RecordRef>,
    /// The address that is not to be used, or of whom is named.
    pub address: String,
    /// The name of whom is named, as the notice writes it.
    pub name: Option<String>,
    /// The last day of the contact's absence, where the notice surely says it.
    #[schema(format = Date)]
    pub until: Option<String>,
    /// Of a departure: the other address of their firm that told it.
    pub told_by: Option<String>,
    /// The notice, if the token shows it.
    pub message_id: Option<i64>,
    /// own, cover or admin: by which right it is asked.
    pub door: &'static str,
    /// Whom the viewer covers, where that is the right.
    pub covered: Option<Who>,
}

/// What is decided.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ChoiceWord {
    /// They left; or a contact is made of whom the notice names.
    Accept,
    /// They did not; or whom it names is not needed.
    Refuse,
}

/// What is decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SuggestionInput)]
pub(in super::super) struct Input {
    // Which of the two.
    #[schema(inline)]
    choose: ChoiceWord,
}

/// What came of a decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SuggestionDone)]
pub(in super::super) struct DoneView {
    /// Its number, by which it is undone.
    pub id: i64,
    /// The contact that was made.
    pub record_id: Option<i64>,
}

/// Why nothing was said of a contact.
pub(super) fn refused(no: &No) -> Problem {
    let text = no.to_string();
    match no {
        No::NotThere | No::NotAsked | No::NotUndone => Problem::NotFound,
        No::MayNotWrite | No::NotAdmin => Problem::MayNot(text),
        No::Passed => Problem::field("until", text),
        No::NotTheirs | No::NotOffered | No::NothingSaid => Problem::field("address", text),
        No::Ours => Problem::Declined(text),
    }
}

/// Notes in the audit what is asked by another door than the viewer's own, before it is shown.
async fn note(visit: &mut Visit, reviewer: &Reviewer<'_, '_>, shown: &[Suggestion]) -> Result<(), Problem> {
    let lines = suggestions::reading(&mut visit.tx, reviewer, shown).await?;
    if !lines.is_empty() {
        let mut tx = visit.app.state.db.write().await?;
        store::audit::note(&mut tx, &lines).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn view(one: &Suggestion, names: &HashMap<RecordId, Named>, opens: bool, visit: &Visit) -> Option<SuggestionView> {
    let (what, name, until, told_by) = match &one.what {
        What::Left { told_by } => (WhatWord::Departure, None, None, told_by.clone()),
        What::Named { name, until, successor } => {
            let what = if *successor { WhatWord::Successor } else { WhatWord::Substitute };
            (what, name.clone(), until.map(|day| day.to_string()), None)
        }
    };
    let (door, covered) = match one.door {
        Door::Own => ("own", None),
        Door::Cover(owner) => ("cover", Some(Who::of(owner, visit))),
        Door::Admin => ("admin", None),
    };
    Some(SuggestionView {
        key: one.key.to_string(),
        what,
        at: one.at.rfc3339(),
        contact: names.get(&one.key.contact)?.into(),
        also: one.others.iter().filter_map(|id| names.get(id)).map(RecordRef::from).collect(),
        address: one.address.clone(),
        name,
        until,
        told_by,
        message_id: opens.then_some(one.key.mail.0),
        door,
        covered,
    })
}

/// What notices suggest of contacts, the latest first; at most 100. What is decided makes room for the next.
#[utoipa::path(
    get, path = "/api/v1/suggestions", tag = "work", responses((status = 200, body = List<SuggestionView>)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn list(mut asking: Asking<Reads>) -> Result<Json<List<SuggestionView>>, Problem> {
    let visit = &mut asking.visit;
    let world = visit.world.clone();
    let actor = actor(visit, &world).await?;
    let reviewer = Reviewer::of(&actor);
    let found = suggestions::list(&mut visit.tx, &reviewer, visit.clock.zone).await?;
    note(visit, &reviewer, &found).await?;
    let contacts = found.iter().flat_map(|one| std::iter::once(one.key.contact).chain(one.others.iter().copied()));
    let names = views::names(&mut visit.tx, reviewer.sight(), contacts.collect::<Vec<_>>()).await?;
    let mails: Vec<MailId> = found.iter().map(|one| one.key.mail).collect();
    let opens = views::subjects(&mut visit.tx, &visit.scope, &mails).await?;
    let item = |one: &Suggestion| view(one, &names, opens.contains_key(&one.key.mail), visit);
    Ok(Json(List { items: found.iter().filter_map(item).collect(), next: None }))
}

/// Decides a suggestion. Accepted, a departure marks the address, and of whom a notice names a contact is made.
#[utoipa::path(
    post, path = "/api/v1/suggestions/{key}/decision", tag = "work",
    params(("key" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Input,
    responses((status = 201, body = DoneView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn decide(
    doing: Doing<Writes>,
    At(key): At<String>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), &format!("POST suggestions/{key}"), &body.bytes)?;
    let key = Key::parse(&key).ok_or(Problem::NotFound)?;
    let mut visit = doing.begin().await?;
    if let Some(made) = once.begin(&mut visit.tx).await? {
        let (id, record) = made.split_once(' ').unwrap_or((&made, ""));
        let view = DoneView { id: id.parse()?, record_id: record.parse().ok() };
        visit.tx.commit().await?;
        return Ok((StatusCode::CREATED, Json(view)).into_response());
    }
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    let house = visit.app.state.config.house();
    let yes = matches!(body.value.choose, ChoiceWord::Accept);
    let decided = suggestions::decide(&mut visit.tx, &Reviewer::of(&actor), key, yes, &house).await?;
    let decided = decided.map_err(|no| refused(&no))?;
    if let Some(taken) = &decided.taken {
        settle_taken(&visit.app, &mut visit.tx, &actor, taken).await?;
    }
    let record = decided.taken.as_ref().map(|taken| taken.made.0);
    let made = record.map_or_else(|| decided.number.to_string(), |record| format!("{} {record}", decided.number));
    once.made(&mut visit.tx, &made).await?;
    visit.tx.commit().await?;
    Ok((StatusCode::CREATED, Json(DoneView { id: decided.number, record_id: record })).into_response())
}

/// Takes a decision back; a contact that was made goes.
#[utoipa::path(
    post, path = "/api/v1/suggestions/decisions/{id}/undo", tag = "work", params(("id" = i64, Path)),
    responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn undo(doing: Doing<Writes>, At(id): At<i64>) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin().await?;
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    match suggestions::told(&mut visit.tx, actor.user, id).await? {
        None => return Err(Problem::NotFound),
        // Asked again it finds it taken back.
        Some((_, true)) => {}
        Some((_, false)) => {
            automatic::undo(&mut visit.tx, &actor, id).await?.map_err(|no| match no {
                No::NotUndone => Problem::Declined(no.to_string()),
                other => refused(&other),
            })?;
        }
    }
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_no_has_its_code() {
        let code = |no| refused(&no).code();
        assert_eq!((code(No::NotThere), code(No::NotAdmin)), ("not-found", "right-missing"));
        assert_eq!((code(No::NotOffered), code(No::Ours)), ("fields-invalid", "declined"));
    }
}

//! Accounts, contacts, leads and opportunities: lists by when they changed, one record, what happened on it.

use super::super::visit::Visit;
use super::asking::{Asking, At, Params};
use super::bearer::Reads;
use super::problem::Problem;
use super::shapes::{AnswersNow, ExternalRef, KindWord, List, RecordRef, Who, external, limit, pair, since};
use super::state::{etag, tagged};
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Status};
use crate::model::time::Timestamp;
use crate::store::records::{self as rows, Entry};
use crate::store::views::{self, Which};
use axum::Json;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// The kinds as addresses have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum Kinds {
    /// Companies.
    Accounts,
    /// People at accounts.
    Contacts,
    /// Prospects.
    Leads,
    /// Deals.
    Opportunities,
}

impl From<Kinds> for Kind {
    fn from(kinds: Kinds) -> Kind {
        match kinds {
            Kinds::Accounts => Kind::Account,
            Kinds::Contacts => Kind::Contact,
            Kinds::Leads => Kind::Lead,
            Kinds::Opportunities => Kind::Opportunity,
        }
    }
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum StatusWord {
    /// In work.
    Open,
    /// Closed: won.
    Won,
    /// Closed: lost.
    Lost,
    /// A lead that became an opportunity.
    Converted,
}

impl From<Status> for StatusWord {
    fn from(status: Status) -> StatusWord {
        match status {
            Status::Open => StatusWord::Open,
            Status::Won => StatusWord::Won,
            Status::Lost => StatusWord::Lost,
            Status::Converted => StatusWord::Converted,
        }
    }
}

impl From<StatusWord> for Status {
    fn from(word: StatusWord) -> Status {
        match word {
            StatusWord::Open => Status::Open,
            StatusWord::Won => Status::Won,
            StatusWord::Lost => Status::Lost,
            StatusWord::Converted => Status::Converted,
        }
    }
}

/// An account, contact, lead or opportunity.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Record)]
pub(in super::super) struct RecordView {
    /// What is stored of it.
    #[serde(flatten)]
    pub facts: Facts,
    /// Who answers for it now.
    pub answers_now: AnswersNow,
}

/// What is stored of a record, as far as the token shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecordFacts)]
pub(in super::super) struct Facts {
    /// Its id, unique over all kinds.
    pub id: i64,
    /// Its kind.
    pub kind: KindWord,
    /// What people call it.
    pub name: String,
    /// The one user responsible.
    pub owner: Who,
    /// The team it belongs to.
    pub team: Option<String>,
    /// Whether only its owner, the deputy and whom it was shared with by name read it.
    pub confidential: bool,
    /// Where it stands; accounts and contacts are always open.
    pub status: StatusWord,
    /// An opportunity's own number.
    pub number: Option<String>,
    /// An account's class: A, B, C or D.
    pub class: Option<String>,
    /// A phone number.
    pub phone: Option<String>,
    /// A city.
    pub city: Option<String>,
    /// The language in which a contact or lead is written to.
    pub language: Option<String>,
    /// The account of a contact or opportunity, if the token shows it.
    pub account: Option<RecordRef>,
    /// The end customer's company, if the token shows it.
    pub end_account: Option<RecordRef>,
    /// The end customer's person, if the token shows it.
    pub end_contact: Option<RecordRef>,
    /// Addresses by which mail is linked to it.
    pub emails: Vec<String>,
    /// Domains by which mail is linked to it.
    pub domains: Vec<String>,
    /// By which id another system knows it.
    pub external: Option<ExternalRef>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// Those of these records that the viewer may read, in the order of `ids`.
pub(super) async fn views_of(visit: &mut Visit, ids: &[RecordId]) -> Result<Vec<RecordView>, Problem> {
    let found = rows::load_seen(&mut visit.tx, &visit.scope, ids).await?;
    let moments = views::moments(&mut visit.tx, &visit.scope, ids).await?;
    let mut addresses = rows::addresses(&mut visit.tx, ids).await?;
    let mut domains = rows::domains(&mut visit.tx, ids).await?;
    let related = |e: &Entry| [e.record.account, e.record.end_account, e.record.end_contact];
    let related: Vec<RecordId> = found.iter().flat_map(related).flatten().collect();
    let known = views::names(&mut visit.tx, &visit.scope, related).await?;
    let named = |id: Option<RecordId>| id.and_then(|id| known.get(&id)).map(RecordRef::from);
    let mut all: HashMap<RecordId, RecordView> = HashMap::new();
    for entry in found {
        let record = &entry.record;
        let Some(moments) = moments.get(&record.id) else { continue };
        let facts = Facts {
            id: record.id.0,
            kind: record.kind.into(),
            name: record.name.clone(),
            owner: Who::of(record.owner, visit),
            team: record.team.and_then(|id| visit.world.team(id)).map(|team| team.name.clone()),
            confidential: record.confidential,
            status: record.status.into(),
            number: entry.number.clone(),
            class: entry.class.clone(),
            phone: entry.phone.clone(),
            city: entry.city.clone(),
            language: entry.language.clone(),
            account: named(record.account),
            end_account: named(record.end_account),
            end_contact: named(record.end_contact),
            emails: addresses.remove(&record.id).into_iter().flatten().map(|(a, _)| a.to_string()).collect(),
            domains: domains.remove(&record.id).unwrap_or_default(),
            external: entry.external.clone().map(ExternalRef::from),
            created_at: moments.created.rfc3339(),
            updated_at: moments.updated.rfc3339(),
        };
        all.insert(record.id, RecordView { facts, answers_now: AnswersNow::of(record, visit) });
    }
    Ok(ids.iter().filter_map(|id| all.remove(id)).collect())
}

/// The record with this id, if the viewer may read it.
pub(super) async fn view_of(visit: &mut Visit, id: RecordId) -> Result<RecordView, Problem> {
    views_of(visit, &[id]).await?.pop().ok_or(Problem::NotFound)
}

/// Which records are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// Changed at this moment or later.
    #[param(format = DateTime)]
    updated_since: Option<String>,
    /// Of this owner: a user's id.
    owner: Option<i64>,
    /// That stand so.
    #[param(inline)]
    status: Option<StatusWord>,
    /// Of this account.
    account: Option<i64>,
}

/// Records of one kind, those that changed first on top.
#[utoipa::path(
    get, path = "/api/v1/{kind}", tag = "records", params(("kind" = Kinds, Path), Asked),
    responses((status = 200, body = List<RecordView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn list(
    mut asking: Asking<Reads>,
    At(kind): At<Kinds>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<RecordView>>, Problem> {
    let limit = limit(asked.limit)?;
    let after = asked.cursor.as_deref().map(pair).transpose()?.unwrap_or((i64::MIN, 0));
    let account = asked.account.map(RecordId);
    let which = Which {
        kind: kind.into(),
        owner: asked.owner.map(UserId),
        status: asked.status.map(Status::from),
        account,
        since: since("updated_since", asked.updated_since.as_deref())?,
    };
    let visit = &mut asking.visit;
    let hidden = match account {
        Some(id) => views::names(&mut visit.tx, &visit.scope, [id]).await?.is_empty(),
        None => false,
    };
    let after = (Timestamp(after.0), RecordId(after.1));
    let found = match hidden {
        true => Vec::new(),
        false => views::changed(&mut visit.tx, &visit.scope, &which, after, limit + 1).await?,
    };
    let page = List::of(found, limit, |(id, at)| format!("{}.{id}", at.0), |(id, _)| id);
    let items = views_of(visit, &page.items).await?;
    Ok(Json(List { items, next: page.next }))
}

/// One record, of whichever kind.
#[utoipa::path(
    get, path = "/api/v1/records/{id}", tag = "records", params(("id" = i64, Path)),
    responses((status = 200, body = RecordView, headers(("ETag" = String))), (status = 304)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn one(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = view_of(&mut asking.visit, RecordId(id)).await?;
    Ok(tagged(&headers, &etag(&view.facts)?, Json(view)))
}

/// The record that another system knows by this id, if the viewer may read it.
pub(super) async fn found(
    visit: &mut Visit,
    kind: Kind,
    (system, id): &(String, String),
) -> Result<Option<RecordView>, Problem> {
    let found = rows::by_external(&mut visit.tx, system, kind, &[id]).await?;
    match found.get(id) {
        Some(entry) => Ok(views_of(visit, &[entry.record.id]).await?.pop()),
        None => Ok(None),
    }
}

/// The record that another system knows by this id.
#[utoipa::path(
    get, path = "/api/v1/{kind}/by-external-id/{system}/{external_id}", tag = "records",
    params(("kind" = Kinds, Path), ("system" = String, Path), ("external_id" = String, Path)),
    responses((status = 200, body = RecordView, headers(("ETag" = String))), (status = 304)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn by_external(
    mut asking: Asking<Reads>,
    At((kind, system, id)): At<(Kinds, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let named = external((system, id))?;
    let view = found(&mut asking.visit, kind.into(), &named).await?.ok_or(Problem::NotFound)?;
    Ok(tagged(&headers, &etag(&view.facts)?, Json(view)))
}

//! Making and changing records: what a file's row says is said here in JSON, and goes the same way in.

use super::super::visit::Visit;
use super::asking::{At, Body, Doing};
use super::bearer::Writes;
use super::once::Once;
use super::problem::{Fault, Problem};
use super::records::{Kinds, RecordView, StatusWord, found, view_of};
use super::shapes::{external, some};
use super::state::{etag, may_match, must_match, with};
use crate::actions::actor::Actor;
use crate::actions::import::{self, ImportError, Named, Options, Summary, Target, What};
use crate::actions::{consents, privacy};
use crate::intake::reconsider::{self, Added, Ground};
use crate::model::id::RecordId;
use crate::model::record::{Kind, Status};
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

/// What a record shall hold. A field that is not named stays as it is; null takes away what is there.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordInput)]
pub(in super::super) struct Input {
    /// What people call it; needed for a new one.
    #[schema(min_length = 1, max_length = 500)]
    name: Option<String>,
    /// Login of its owner; of a new one whoever owns the token, where nothing is said.
    owner: Option<String>,
    /// Name of its team.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    team: Option<Option<String>>,
    /// Only its owner marks a record confidential, or takes that back.
    confidential: Option<bool>,
    /// Of leads and opportunities; converted is for leads.
    status: Option<StatusWord>,
    /// An opportunity's own number, such as OP-1042.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    number: Option<Option<String>>,
    /// An account's class: A, B, C or D.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    class: Option<Option<String>>,
    /// A phone number; not of opportunities.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// A city; not of opportunities.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    city: Option<Option<String>>,
    /// Of contacts and leads: the code of the language in which they are written to.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    /// Of contacts and opportunities: the id of the account.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<i64>)]
    account_id: Option<Option<i64>>,
    /// The same by the id in the system of the address.
    account_external_id: Option<String>,
    /// Of opportunities: the id of the end customer's company.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<i64>)]
    end_account_id: Option<Option<i64>>,
    /// The same by the id in the system of the address.
    end_account_external_id: Option<String>,
    /// Of opportunities: the id of the end customer's person.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<i64>)]
    end_contact_id: Option<Option<i64>>,
    /// The same by the id in the system of the address.
    end_contact_external_id: Option<String>,
    /// Of contacts and leads: all addresses. Mail is linked by them.
    emails: Option<Vec<String>>,
    /// Of accounts, for admins: all domains. Mail of everybody there is linked by them.
    domains: Option<Vec<String>>,
}

impl Input {
    /// The fields as columns of a file. What does not fit the kind is told.
    fn fields(self, kind: Kind, target: &Target) -> Result<Vec<Named>, Problem> {
        let mut faults = Vec::new();
        let mut fields: Vec<Named> = Vec::new();
        let mut plain = |column, cell: Option<String>| fields.extend(cell.map(|cell| (column, cell)));
        let text = |cell: Option<Option<String>>| cell.map(Option::unwrap_or_default);
        plain("name", self.name);
        plain("owner", self.owner);
        plain("team", text(self.team));
        plain("confidential", self.confidential.map(|yes| if yes { "yes" } else { "no" }.to_owned()));
        plain("status", self.status.map(|word| Status::from(word).word().to_owned()));
        plain("number", text(self.number));
        plain("class", text(self.class));
        plain("phone", text(self.phone));
        plain("city", text(self.city));
        plain("language", text(self.language));
        plain("emails", listed("emails", self.emails, &mut faults));
        plain("domains", listed("domains", self.domains, &mut faults));
        let by_system = matches!(target, Target::System(_));
        for (column, id, external) in [
            ("account", self.account_id, self.account_external_id),
            ("end_account", self.end_account_id, self.end_account_external_id),
            ("end_contact", self.end_contact_id, self.end_contact_external_id),
        ] {
            let of_id = id.map(|id| id.map_or_else(String::new, |id| import::reference(RecordId(id))));
            if external.is_some() && (of_id.is_some() || !by_system) {
                let text = "name the record by its id, or, at an address with a system, by its id there";
                faults.push(fault(&format!("{column}_external_id"), text));
            }
            plain(column, of_id.or(external));
        }
        let known = What::Records(kind).columns();
        let wrong = fields.iter().filter(|(column, _)| !known.contains(column));
        faults.extend(wrong.map(|(column, _)| fault(field_of(column), format!("no {} has this", kind.word()))));
        faults.extend(unsound(&fields));
        if faults.is_empty() { Ok(fields) } else { Err(Problem::Fields(faults)) }
    }
}

/// The most characters of a text.
const LONGEST: usize = 500;

/// Texts that no list could show. Several addresses or domains may be longer together.
pub(super) fn unsound(fields: &[Named]) -> Vec<Fault> {
    let several = |column: &str| matches!(column, "emails" | "domains");
    let by_id = |cell: &str| cell.starts_with(import::BY_ID);
    let wrong = |(column, cell): &&Named| {
        (cell.chars().count() > LONGEST && !several(column)) || (cell.contains(char::is_control) && !by_id(cell))
    };
    let text = format!("a text has at most {LONGEST} characters, and no line breaks or other invisible ones");
    fields.iter().filter(wrong).map(|(column, _)| fault(field_of(column), text.clone())).collect()
}

fn fault(field: &str, message: impl Into<String>) -> Fault {
    Fault { field: field.to_owned(), message: message.into() }
}

/// A cell with several values. A value that holds what stands between them would become two.
pub(super) fn listed(field: &str, values: Option<Vec<String>>, faults: &mut Vec<Fault>) -> Option<String> {
    let values = values?;
    if values.iter().any(|value| value.is_empty() || value.contains([';', '|', ',', ' '])) {
        faults.push(fault(field, "each value stands by itself, without blanks, commas, semicolons and bars"));
    }
    Some(values.join(";"))
}

/// The field that a column is here.
fn field_of(column: &str) -> &str {
    match column {
        "account" => "account_id",
        "end_account" => "end_account_id",
        "end_contact" => "end_contact_id",
        other => other,
    }
}

/// What an import objects to, as a problem.
pub(super) fn objected(error: ImportError) -> Problem {
    match error {
        ImportError::Rows { broken, .. } => {
            Problem::Fields(broken.into_iter().map(|b| fault(b.column.map_or("", field_of), b.text)).collect())
        }
        ImportError::Forbidden(why) => Problem::MayNot(why),
        ImportError::Table(why) => Problem::field("", why.to_string()),
        // One row is never stopped: only who watches a job can.
        stopped @ ImportError::Stopped => Problem::Broken(stopped.into()),
        ImportError::Other(error) => Problem::Broken(error),
    }
}

/// How the owner of the token saves something.
pub(super) fn options(visit: &Visit) -> Options {
    let config = &visit.app.state.config;
    Options {
        skip_broken: false,
        by: Some(visit.person.user),
        leave_records: false,
        zone: config.zone.clone(),
        language: config.language.clone(),
    }
}

/// Whether every record that is named by its id may be named: admins too name none that is confidential.
async fn nameable(visit: &mut Visit, fields: &[Named]) -> Result<(), Problem> {
    let (user, now) = (visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &visit.world, now).await?;
    let mut faults = Vec::new();
    for (column, cell) in fields {
        let Some(id) = cell.strip_prefix(import::BY_ID).and_then(|id| id.parse().ok()).map(RecordId) else { continue };
        if !actor.named(&mut visit.tx, &[id]).await?.missing.is_empty() {
            faults.push(fault(field_of(column), "there is no record with this id, or it is not yours to see"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::Fields(faults)) }
}

/// Saves, and decides mail again that what stands on records since now concerns. Gives the record.
async fn save(
    visit: &mut Visit,
    kind: Kind,
    (target, fields): (Target, Vec<Named>),
) -> Result<(RecordId, Summary), Problem> {
    nameable(visit, &fields).await?;
    let (app, now, by) = (visit.app.clone(), visit.clock.now, visit.person.user);
    let (options, what) = (options(visit), What::Records(kind));
    let tx = &mut visit.tx;
    let saved = import::one(tx, what, (target, fields), &options, &visit.world, now).await;
    let summary = saved.map_err(objected)?;
    let Some(record) = summary.records.first().copied() else {
        return Err(Problem::Conflict("This record was deleted or merged here; restore it first.".to_owned()));
    };
    let (keys, house) = (&app.state.keys, app.state.config.house());
    privacy::keep_off(tx, keys, &summary.addressed).await?;
    let ground = Ground { own_domains: &house, keys, now };
    let added = Added { vouched: &summary.vouched, claimed_on: &summary.addressed, domains: &summary.domains };
    reconsider::added(tx, &added, Some(by), ground).await?;
    if !summary.addressed.is_empty() {
        consents::ask(tx, keys, &summary.addressed, now).await?;
    }
    Ok((record, summary))
}

/// Commits, and answers with the record as it stands then.
async fn shown(doing: &Doing<Writes>, visit: Visit, (status, id): (StatusCode, RecordId)) -> Result<Response, Problem> {
    let mut visit = doing.again(visit).await?;
    let view = view_of(&mut visit, id).await;
    visit.tx.commit().await?;
    match view {
        Ok(view) => {
            let (tag, place) = (etag(&view.facts)?, format!("/api/v1/records/{id}"));
            Ok(with(&tag, (status, [(header::LOCATION, place)], Json(view))))
        }
        // Whoever gave it away may not see it any more.
        Err(Problem::NotFound) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(other) => Err(other),
    }
}

/// Makes a record.
#[utoipa::path(
    post, path = "/api/v1/{kind}", tag = "records",
    params(("kind" = Kinds, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Input,
    responses((status = 201, body = RecordView, headers(("ETag" = String), ("Location" = String))), (status = 204)),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn create(
    doing: Doing<Writes>,
    At(kind): At<Kinds>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let kind = Kind::from(kind);
    let once = Once::of(&headers, doing.by(), &format!("POST {}", kind.word()), &body.bytes)?;
    let mut visit = doing.begin_records().await?;
    if let Some(made) = once.begin(&mut visit.tx).await? {
        return shown(&doing, visit, (StatusCode::CREATED, RecordId(made.parse()?))).await;
    }
    let fields = named(body.value.fields(kind, &Target::New)?)?;
    let (record, _) = save(&mut visit, kind, (Target::New, fields)).await?;
    once.made(&mut visit.tx, &record.to_string()).await?;
    shown(&doing, visit, (StatusCode::CREATED, record)).await
}

/// A name must be there for what is new.
fn named(fields: Vec<Named>) -> Result<Vec<Named>, Problem> {
    let has = fields.iter().any(|(column, cell)| *column == "name" && !cell.trim().is_empty());
    if has { Ok(fields) } else { Err(Problem::field("name", "it is empty; say what people call it")) }
}

/// The fields with the name that the record has, where none is sent.
fn with_name(mut fields: Vec<Named>, name: &str) -> Vec<Named> {
    if !fields.iter().any(|(column, _)| *column == "name") {
        fields.push(("name", name.to_owned()));
    }
    fields
}

/// Makes or changes the record that another system knows by this id. Send all that the other system knows of it, as
/// often as you like: what does not differ changes nothing. `If-None-Match: *` makes only, `If-Match` changes only.
#[utoipa::path(
    put, path = "/api/v1/{kind}/by-external-id/{system}/{external_id}", tag = "records",
    params(
        ("kind" = Kinds, Path), ("system" = String, Path), ("external_id" = String, Path),
        ("If-Match" = Option<String>, Header), ("If-None-Match" = Option<String>, Header)
    ),
    request_body = Input,
    responses(
        (status = 200, body = RecordView, headers(("ETag" = String))),
        (status = 201, body = RecordView, headers(("ETag" = String), ("Location" = String))), (status = 204)
    ),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn upsert(
    doing: Doing<Writes>,
    At((kind, system, id)): At<(Kinds, String, String)>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let (kind, external) = (Kind::from(kind), external((system, id))?);
    let mut visit = doing.begin_records().await?;
    let before = found(&mut visit, kind, &external).await?;
    let tag = before.as_ref().map(|view| etag(&view.facts)).transpose()?;
    may_match(&headers, tag.as_deref())?;
    let target = Target::System(external.0);
    let fields = body.value.fields(kind, &target)?;
    let mut fields = match &before {
        Some(view) => with_name(fields, &view.facts.name),
        None => named(fields)?,
    };
    fields.push(("external_id", external.1));
    let (record, summary) = save(&mut visit, kind, (target, fields)).await?;
    let status = if summary.created > 0 { StatusCode::CREATED } else { StatusCode::OK };
    shown(&doing, visit, (status, record)).await
}

/// Changes a record. `If-Match` says which state you saw.
#[utoipa::path(
    patch, path = "/api/v1/records/{id}", tag = "records",
    params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = Input,
    responses((status = 200, body = RecordView, headers(("ETag" = String))), (status = 204)),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn change(
    doing: Doing<Writes>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let id = RecordId(id);
    let mut visit = doing.begin_records().await?;
    let view = view_of(&mut visit, id).await?;
    let kind = writable(&mut visit, id).await?;
    must_match(&headers, &etag(&view.facts)?)?;
    let target = Target::Record(id);
    let fields = with_name(body.value.fields(kind, &target)?, &view.facts.name);
    save(&mut visit, kind, (target, fields)).await?;
    shown(&doing, visit, (StatusCode::OK, id)).await
}

/// The kind of a record that the viewer may change; the caller knows that they may read it.
async fn writable(visit: &mut Visit, id: RecordId) -> Result<Kind, Problem> {
    let (user, now) = (visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &visit.world, now).await?;
    let named = actor.named(&mut visit.tx, &[id]).await?;
    let entry = named.entries.first().ok_or(Problem::NotFound)?;
    match actor.may_write(&entry.record, named.shares_on(id)) {
        Some(_) => Ok(entry.record.kind),
        None => {
            let why = "You may read this record but not change it; ask its owner to share it with you.";
            Err(Problem::MayNot(why.to_owned()))
        }
    }
}

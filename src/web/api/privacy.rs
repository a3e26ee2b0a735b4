//! What is stored about a person outside, and erasing them. Addresses come in bodies alone, so that no log of addresses
//! asked for has them.

use super::super::App;
use super::super::privacy::{self as page, Erased};
use super::asking::{Body, Doing};
use super::bearer::Administers;
use super::problem::Problem;
use super::shapes::KindWord;
use crate::actions::caller::Caller;
use crate::actions::privacy::{self, No, Subject};
use crate::model::address::Address;
use crate::model::record::Kind;
use crate::model::time::Timestamp;
use crate::store::about::{About, Holder};
use crate::store::erased;
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whom it is about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PersonInput)]
pub(in super::super) struct PersonInput {
    /// Their address; its +tags are the same person.
    address: String,
}

/// Whom it is about, and that it shall be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ErasureInput)]
pub(in super::super) struct ErasureInput {
    /// Their address; its +tags go along.
    address: String,
    /// True: erase them, which nothing takes back.
    agreed: bool,
}

/// A record that has the address. An admin may assign and share without reading: records have no names here.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PersonRecord)]
pub(in super::super) struct HolderView {
    /// Its id.
    id: i64,
    /// contact or lead.
    kind: KindWord,
    /// It has no other address: erasing takes its name.
    about_them_alone: bool,
}

/// What is stored about somebody.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AboutPerson)]
pub(in super::super) struct AboutView {
    /// The address without a tag.
    address: String,
    /// When they were erased: nothing that comes brings them back.
    #[schema(format = DateTime)]
    erased_at: Option<String>,
    /// Contacts and leads that have the address.
    records: Vec<HolderView>,
    /// Stored mails on which it stands.
    messages: i64,
    /// When the first of them was written.
    #[schema(format = DateTime)]
    first_at: Option<String>,
    /// When the last of them was written.
    #[schema(format = DateTime)]
    last_at: Option<String>,
    /// Names under which it stands there.
    names: Vec<String>,
    /// Places of mail that is not stored and left a keyed hash of it.
    hashes: i64,
    /// Absence notices to it.
    notices: i64,
    /// Decisions about notices for its mails.
    decisions: i64,
    /// Mails of ours to it.
    outbox: i64,
    /// Requests for consent.
    consents: i64,
    /// Activities on its records.
    activities: i64,
    /// Lines of blocklists.
    blocks: i64,
    /// What automatic mail and people said of whether it can be reached.
    reach: i64,
    /// Lines of the audit about its records; they name no address.
    audit: i64,
}

/// What erasing somebody did.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Erasure)]
pub(in super::super) struct ErasureView {
    /// Mails on which no other person outside stood: removed whole.
    messages_removed: i64,
    /// Mails of others, in which a pseudonym stands now.
    messages_redacted: i64,
    /// Contacts and leads that lost name, phone and city.
    records: i64,
    /// Other texts that changed.
    texts: i64,
    /// Whether the database wrote over what was removed. False: erase the same again while nothing else works on it.
    overwritten: bool,
}

fn subject(address: &str, app: &App) -> Result<Subject, Problem> {
    let found = Address::parse(address).ok().and_then(|address| Subject::of(&address, &app.state.keys));
    found.ok_or_else(|| Problem::field("address", "write one address such as jan@acme.example"))
}

fn refused(no: &No) -> Problem {
    match no {
        No::NotAdmin => Problem::NotFound,
        No::Ours(_) => Problem::Declined(no.to_string()),
    }
}

fn view(subject: &Subject, about: About, since: Option<Timestamp>) -> AboutView {
    let holder = |holder: &Holder| {
        let kind = Kind::from_word(&holder.kind)?;
        Some(HolderView { id: holder.id, kind: kind.into(), about_them_alone: holder.only })
    };
    AboutView {
        address: subject.address.to_string(),
        erased_at: since.map(Timestamp::rfc3339),
        records: about.records.iter().filter_map(holder).collect(),
        messages: about.mails,
        first_at: about.span.map(|(first, _)| Timestamp(first).rfc3339()),
        last_at: about.span.map(|(_, last)| Timestamp(last).rfc3339()),
        names: about.names,
        hashes: about.hashes,
        notices: about.notices,
        decisions: about.decisions,
        outbox: about.outbox,
        consents: about.consents,
        activities: about.activities,
        blocks: about.blocks,
        reach: about.reach,
        audit: about.audit,
    }
}

/// What is stored about somebody outside; asking is noted in the audit.
#[utoipa::path(
    post, path = "/api/v1/privacy/show", tag = "running", request_body = PersonInput,
    responses((status = 200, body = AboutView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn show(
    doing: Doing<Administers>,
    body: Body<PersonInput>,
) -> Result<Json<AboutView>, Problem> {
    let subject = subject(&body.value.address, &doing.app)?;
    let mut visit = doing.begin_short().await?;
    let (world, state) = (visit.world.clone(), visit.app.state.clone());
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let about = privacy::show(&mut visit.tx, &caller, &subject, &state.keys).await?.map_err(|no| refused(&no))?;
    let since = erased::marked(&mut visit.tx, erased::mark_of(&state.keys, &subject.address)).await?;
    visit.tx.commit().await?;
    Ok(Json(view(&subject, about, since)))
}

/// Erases somebody outside, for good. Interrupted, the same goes on.
#[utoipa::path(
    post, path = "/api/v1/privacy/erase", tag = "running", request_body = ErasureInput,
    responses((status = 200, body = ErasureView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn erase(
    doing: Doing<Administers>,
    body: Body<ErasureInput>,
) -> Result<Json<ErasureView>, Problem> {
    let subject = subject(&body.value.address, &doing.app)?;
    if !body.value.agreed {
        return Err(Problem::field("agreed", "erasing cannot be taken back; say true to have it done"));
    }
    let done = page::erased(&doing.app, doing.by(), &subject).await?;
    let Erased { gone, records, overwritten } = done.map_err(|no| refused(&no))?;
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(Json(ErasureView {
        messages_removed: count(gone.mails.removed),
        messages_redacted: count(gone.mails.redacted),
        records: count(records),
        texts: count(gone.texts),
        overwritten,
    }))
}

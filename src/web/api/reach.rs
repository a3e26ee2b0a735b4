//! Whether a contact or lead can be reached, as their own mail and reports of failure say, and what a person says of it.

use super::super::reach::{of_record, settle_taken};
use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing, actor};
use super::bearer::{Reads, Writes};
use super::from_mail::KnownView;
use super::once::Once;
use super::problem::Problem;
use super::shapes::Who;
use super::suggestions::refused;
use crate::actions::automatic::{self, No, Offer, Reach, Say};
use crate::actions::language;
use crate::model::address::Address;
use crate::model::id::RecordId;
use crate::model::notice::Language;
use crate::model::reach::{AddressState, Left, Report, Voice};
use crate::model::record::Kind;
use crate::store::records::Entry;
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who says something: a mail or one of us.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReachVoice)]
pub(in super::super) struct VoiceView {
    /// The mail that says it.
    message_id: Option<i64>,
    /// Who says it; null beside a null mail: the operator.
    user: Option<Who>,
}

/// They are away.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReachAway)]
pub(in super::super) struct AwayView {
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// The last day away; null where no end is known.
    #[schema(format = Date)]
    until: Option<String>,
    /// How far that is to be trusted: sure, unsure, assumed or open-ended.
    certainty: &'static str,
    /// It has no end and is old: somebody should ask.
    ask: bool,
    /// Who says so.
    by: VoiceView,
}

/// They left: the address is not to be used.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReachLeft)]
pub(in super::super) struct LeftView {
    /// The address.
    address: String,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// Who says so: as long as a mail does alone, it is only probable.
    by: VoiceView,
}

/// What a mail says of an address to which we wrote.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReachReport)]
pub(in super::super) struct ReportView {
    /// The mail that reports.
    message_id: i64,
    /// When it was written.
    #[schema(format = DateTime)]
    at: String,
    /// What became of our mail: hard, soft, policy, late, delivered, complaint, shown or deleted.
    outcome: &'static str,
    /// The enhanced status code (RFC 3463).
    status: Option<String>,
    /// The SMTP code.
    code: Option<i64>,
    /// The server's words.
    words: String,
}

/// An address against which something stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReachAddress)]
pub(in super::super) struct AddressView {
    /// The address.
    address: String,
    /// There is no such address, says this report.
    invalid: Option<ReportView>,
    /// It failed again and again, say these; the earliest first.
    suspect: Vec<ReportView>,
    /// Its owner called mail of ours spam.
    no_bulk: Option<ReportView>,
}

/// Somebody whom a notice names, and who is nobody's contact here.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReachOffer)]
pub(in super::super) struct OfferView {
    /// Where to write to them.
    address: String,
    /// As the notice writes it.
    name: Option<String>,
    /// The notice.
    message_id: i64,
}

/// They get no automatic mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReachQuiet)]
pub(in super::super) struct QuietView {
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// Who says so; null: the operator.
    user: Option<Who>,
}

/// Whether a contact or lead can be reached.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Reach)]
pub(in super::super) struct ReachView {
    /// They are away.
    away: Option<AwayView>,
    /// Addresses that they left.
    left: Vec<LeftView>,
    /// Addresses against which something stands.
    addresses: Vec<AddressView>,
    /// Whom their notices name.
    offers: Vec<OfferView>,
    /// They get no automatic mail.
    quiet: Option<QuietView>,
    /// In which language they are written to, where somebody said so: its tag.
    language: Option<String>,
}

/// What is said of somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "say", rename_all = "kebab-case", deny_unknown_fields)]
#[schema(as = ReachInput)]
pub(in super::super) enum Input {
    /// They are away.
    Away {
        /// The last day, if it is known.
        #[schema(format = Date)]
        until: Option<String>,
    },
    /// They are back, or were never away.
    Back {},
    /// They left: this address is not to be used.
    Left {
        /// One of theirs.
        address: String,
    },
    /// They did not: it is theirs.
    Stays {
        /// One of theirs.
        address: String,
    },
    /// Whom a notice names under this address is not worth a contact.
    Pass {
        /// One of the offers.
        address: String,
    },
    /// What reports of failure said of this address counts no more. For admins.
    Usable {
        /// One of theirs.
        address: String,
    },
    /// They get no automatic mail.
    Quiet {},
    /// They get automatic mail again.
    Speaks {},
    /// They are written to in this language.
    Language {
        /// Its tag; null: as their mail says.
        language: Option<String>,
    },
}

/// Whom a notice names.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReachTake)]
pub(in super::super) struct Take {
    /// One of the offers.
    address: String,
}

fn voice(voice: Voice, visit: &Visit) -> VoiceView {
    match voice {
        Voice::Mail(mail) => VoiceView { message_id: Some(mail.0), user: None },
        Voice::Person(user) => VoiceView { message_id: None, user: user.map(|user| Who::of(user, visit)) },
    }
}

fn report(report: &Report) -> ReportView {
    ReportView {
        message_id: report.mail.0,
        at: report.at.rfc3339(),
        outcome: report.outcome.word(),
        status: report.status.clone(),
        code: report.code,
        words: report.words.clone(),
    }
}

fn view(reach: &Reach, language: Option<String>, visit: &Visit) -> ReachView {
    let left = |(address, left): &(String, Left)| LeftView {
        address: address.clone(),
        since: left.since.rfc3339(),
        by: voice(left.voice, visit),
    };
    let address = |(address, state): &(String, AddressState)| AddressView {
        address: address.clone(),
        invalid: state.invalid.as_ref().map(report),
        suspect: state.suspect.iter().map(report).collect(),
        no_bulk: state.no_bulk.as_ref().map(report),
    };
    let offer =
        |one: &Offer| OfferView { address: one.address.clone(), name: one.name.clone(), message_id: one.mail.0 };
    ReachView {
        away: reach.away.as_ref().map(|away| AwayView {
            since: away.since.rfc3339(),
            until: away.until.map(|day| day.to_string()),
            certainty: away.certainty.word(),
            ask: away.ask,
            by: voice(away.voice, visit),
        }),
        left: reach.left.iter().map(left).collect(),
        addresses: reach.addresses.iter().map(address).collect(),
        offers: reach.offers.iter().map(offer).collect(),
        quiet: reach.quiet.map(|(at, by)| QuietView { since: at.rfc3339(), user: by.map(|by| Who::of(by, visit)) }),
        language,
    }
}

/// A contact or lead that the token shows.
async fn person(visit: &mut Visit, id: RecordId) -> Result<Entry, Problem> {
    let seen = crate::store::records::load_seen(&mut visit.tx, &visit.scope, &[id]).await?;
    let entry = seen.into_iter().next().ok_or(Problem::NotFound)?;
    match entry.record.kind {
        Kind::Contact | Kind::Lead => Ok(entry),
        _ => Err(Problem::Declined("Only contacts and leads are people who can be reached.".to_owned())),
    }
}

async fn shown(visit: &mut Visit, id: RecordId) -> Result<ReachView, Problem> {
    let entry = person(visit, id).await?;
    let reach = of_record(visit, id, entry.record.kind).await.map_err(Problem::of)?;
    Ok(view(&reach, entry.language, visit))
}

/// Whether a contact or lead can be reached: away, gone, an address that fails, and whom their notices name instead.
#[utoipa::path(
    get, path = "/api/v1/records/{id}/reach", tag = "records", params(("id" = i64, Path)),
    responses((status = 200, body = ReachView), (status = 422)), security(("token" = ["read"]))
)]
pub(in super::super) async fn one(mut asking: Asking<Reads>, At(id): At<i64>) -> Result<Json<ReachView>, Problem> {
    Ok(Json(shown(&mut asking.visit, RecordId(id)).await?))
}

fn address(text: &str) -> Result<Address, Problem> {
    Address::parse(text).map_err(|error| Problem::field("address", error.to_string()))
}

async fn usable(
    visit: &mut Visit,
    actor: &crate::actions::actor::Actor<'_>,
    id: RecordId,
    of: &Address,
) -> Result<Result<(), No>, Problem> {
    let own = crate::store::automatic_reach::addresses(&mut visit.tx, &[id]).await?;
    if own.iter().all(|(_, theirs)| theirs != of.as_str()) {
        return Ok(Err(No::NotTheirs));
    }
    Ok(automatic::usable(&mut visit.tx, actor, of).await?)
}

/// Says of a contact or lead that they are away, back, gone, want no automatic mail, or in which language they are
/// written to. It stands until something newer says otherwise.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/reach", tag = "records", params(("id" = i64, Path)), request_body = Input,
    responses((status = 200, body = ReachView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn say(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Input>,
) -> Result<Json<ReachView>, Problem> {
    let id = RecordId(id);
    let mut visit = doing.begin().await?;
    person(&mut visit, id).await?;
    let (world, zone) = (visit.world.clone(), visit.clock.zone);
    let actor = actor(&mut visit, &world).await?;
    let day = |text: &String| {
        let wrong = || Problem::field("until", "write a day such as 2026-12-04");
        text.parse::<NaiveDate>().map_err(|_| wrong())
    };
    let say = match &body.value {
        Input::Usable { address: of } => {
            usable(&mut visit, &actor, id, &address(of)?).await?.map_err(|no| refused(&no))?;
            None
        }
        Input::Language { language: tag } => {
            let wrong = || Problem::field("language", "write a language tag such as pl or de");
            let tag = tag.as_deref().map(|tag| Language::from_tag(tag).ok_or_else(wrong)).transpose()?;
            language::say(&mut visit.tx, &actor, id, tag).await?.map_err(|no| refused(&no))?;
            None
        }
        Input::Away { until } => Some(Say::Away(until.as_ref().map(day).transpose()?)),
        Input::Back {} => Some(Say::Back),
        Input::Left { address: of } => Some(Say::Left(address(of)?)),
        Input::Stays { address: of } => Some(Say::Stays(address(of)?)),
        Input::Pass { address: of } => Some(Say::Pass(address(of)?)),
        Input::Quiet {} => Some(Say::Quiet),
        Input::Speaks {} => Some(Say::Speaks),
    };
    if let Some(say) = say {
        automatic::say(&mut visit.tx, &actor, id, &say, zone).await?.map_err(|no| refused(&no))?;
    }
    let view = shown(&mut visit, id).await?;
    visit.tx.commit().await?;
    Ok(Json(view))
}

/// Makes a contact of somebody whom a notice names.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/reach/take", tag = "records",
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Take,
    responses((status = 201, body = KnownView, headers(("Location" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn take(
    doing: Doing<Writes>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Take>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), &format!("POST records/{id}/reach/take"), &body.bytes)?;
    let mut visit = doing.begin().await?;
    let made = match once.begin(&mut visit.tx).await? {
        Some(made) => RecordId(made.parse()?),
        None => {
            person(&mut visit, RecordId(id)).await?;
            let (house, world) = (visit.app.state.config.house(), visit.world.clone());
            let address = address(&body.value.address)?;
            let actor = actor(&mut visit, &world).await?;
            let taken = automatic::take(&mut visit.tx, &actor, RecordId(id), &address, &house).await?;
            let taken = taken.map_err(|no| refused(&no))?;
            settle_taken(&visit.app, &mut visit.tx, &actor, &taken).await?;
            once.made(&mut visit.tx, &taken.made.to_string()).await?;
            taken.made
        }
    };
    let mut visit = doing.again(visit).await?;
    let seen = crate::store::records::load_seen(&mut visit.tx, &visit.scope, &[made]).await?;
    let name = seen.into_iter().next().map(|entry| entry.record.name).unwrap_or_default();
    visit.tx.commit().await?;
    let place = format!("/api/v1/records/{made}");
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(KnownView { id: made.0, name })).into_response())
}

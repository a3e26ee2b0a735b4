//! What the owner of the token chose: language and zone, and what they are told by mail.

use super::asking::{Asking, Body, Doing};
use super::bearer::{Reads, Writes};
use super::problem::Problem;
use crate::actions::wishes::{self, Problem as No};
use crate::model::colleagues::{Urgent, Wishes};
use crate::model::id::RecordId;
use crate::model::record::Class;
use crate::model::time::Timestamp;
use crate::store::notifications;
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is to be another; what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MannerInput)]
pub(in super::super) struct MannerInput {
    /// en or pl.
    language: Option<String>,
    /// An IANA zone such as Europe/Warsaw.
    zone: Option<String>,
}

/// Language and zone of the owner's pages and of what they are told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct Manner {
    /// en or pl.
    language: String,
    /// An IANA zone.
    zone: String,
}

/// What the owner of the token is told by mail.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Wishes)]
pub(in super::super) struct Told {
    /// When the daily digest is due, in the owner's zone, such as 07:30; null: none comes.
    digest: Option<String>,
    /// The brief at the start of a cover and the report after an absence come by mail, too.
    covers: bool,
    /// At most so many urgent notices a day: from 1 to 50.
    urgent_a_day: u32,
    /// A client's mail is told of at once where all of any one of these holds; 20 at most.
    urgent: Vec<Condition>,
}

/// What makes a client's waiting mail urgent: everything that is set has to hold, and something has to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UrgentCondition)]
pub(in super::super) struct Condition {
    /// An address of this contact or lead wrote it.
    #[serde(default)]
    contact_id: Option<i64>,
    /// It stands on this account, or on something that belongs to it.
    #[serde(default)]
    account_id: Option<i64>,
    /// It stands on an account of this class, A to D, or on something that belongs to one.
    #[serde(default)]
    class: Option<String>,
    /// One of these stands in its subject, in either case; 10 at most.
    #[serde(default)]
    words: Vec<String>,
    /// It has waited for longer than so many hours: from 1 to 168.
    #[serde(default)]
    waiting_hours: Option<u32>,
}

impl Condition {
    fn of(urgent: Urgent) -> Condition {
        Condition {
            contact_id: urgent.contact.map(|id| id.0),
            account_id: urgent.account.map(|id| id.0),
            class: urgent.class.map(|class| class.word().to_owned()),
            words: urgent.words,
            waiting_hours: urgent.waiting_hours,
        }
    }

    fn urgent(self) -> Result<Urgent, No> {
        let class = self.class.map(|word| Class::from_word(&word).ok_or(No::Class)).transpose()?;
        Ok(Urgent {
            contact: self.contact_id.map(RecordId),
            account: self.account_id.map(RecordId),
            class,
            words: self.words,
            waiting_hours: self.waiting_hours,
        })
    }
}

impl Told {
    fn of(wishes: Wishes) -> Told {
        Told {
            digest: wishes.digest.map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60)),
            covers: wishes.covers,
            urgent_a_day: wishes.urgent_a_day,
            urgent: wishes.urgent.into_iter().map(Condition::of).collect(),
        }
    }
}

fn refused(no: &No) -> Problem {
    match no {
        No::Language => Problem::field("language", no.to_string()),
        No::Zone => Problem::field("zone", no.to_string()),
        No::Time => Problem::field("digest", "it is a time of day such as 07:30, or null"),
        No::Limit => Problem::field("urgent_a_day", no.to_string()),
        No::NoRecord(id) => {
            let why = "is no contact, lead or account that this token's owner sees";
            Problem::field("urgent", format!("{id} {why}; a contact or lead is a contact_id, an account an account_id"))
        }
        No::Hours | No::Class | No::Words | No::Empty | No::TooMany | No::Several(_) => {
            Problem::field("urgent", no.to_string())
        }
    }
}

/// Sets the language or the zone of the owner of the token.
#[utoipa::path(
    patch, path = "/api/v1/me", tag = "me", request_body = MannerInput, responses((status = 200, body = Manner)),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn set_manner(
    doing: Doing<Writes>,
    body: Body<MannerInput>,
) -> Result<Json<Manner>, Problem> {
    let mut visit = doing.begin_short().await?;
    let MannerInput { language, zone } = body.value;
    let language = language.unwrap_or_else(|| doing.user.language.clone());
    let zone = zone.unwrap_or_else(|| doing.user.zone.clone());
    let done = wishes::set_manner(&mut visit.tx, doing.user.person.id, &language, &zone).await?;
    done.map_err(|no| refused(&no))?;
    visit.tx.commit().await?;
    Ok(Json(Manner { language, zone }))
}

/// What the owner of the token is told by mail.
#[utoipa::path(
    get, path = "/api/v1/me/wishes", tag = "me", responses((status = 200, body = Told)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn one(mut asking: Asking<Reads>) -> Result<Json<Told>, Problem> {
    let visit = &mut asking.visit;
    Ok(Json(Told::of(notifications::wishes_of(&mut visit.tx, visit.person.user).await?)))
}

/// Sets what the owner of the token is told by mail from now on, whole.
#[utoipa::path(
    put, path = "/api/v1/me/wishes", tag = "me", request_body = Told, responses((status = 200, body = Told)),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn save(doing: Doing<Writes>, body: Body<Told>) -> Result<Json<Told>, Problem> {
    let mut visit = doing.begin_short().await?;
    let (user, now) = (visit.person.user, visit.clock.now);
    let Told { digest, covers, urgent_a_day, urgent } = body.value;
    let digest = match digest {
        None => None,
        // "off" is for people; here it is null.
        Some(text) => match wishes::time_of_day(&text) {
            Ok(Some(minute)) => Some(minute),
            _ => return Err(refused(&No::Time)),
        },
    };
    let before = notifications::wishes_of(&mut visit.tx, user).await?.urgent;
    let mut all = Vec::new();
    for condition in urgent {
        let urgent = condition.urgent().map_err(|no| refused(&no))?;
        let urgent = wishes::checked(&mut visit.tx, &visit.scope, urgent, &before).await?.map_err(|no| refused(&no))?;
        if !all.contains(&urgent) {
            all.push(urgent);
        }
    }
    let wanted = Wishes { digest, urgent: all, urgent_a_day, covers, since: Timestamp(0) };
    wishes::save(&mut visit.tx, user, &wanted, now).await?.map_err(|no| refused(&no))?;
    let saved = notifications::wishes_of(&mut visit.tx, user).await?;
    visit.tx.commit().await?;
    Ok(Json(Told::of(saved)))
}

//! Filing from mail programs: the folders in one's own mailboxes, the addresses by which mail is filed, and what became
//! of what was filed. By those addresses mail gets onto records, so a token that only reads is not told them.

use super::super::App;
use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing};
use super::bearer::Writes;
use super::problem::Problem;
use crate::access::World;
use crate::actions::actor::Actor;
use crate::actions::filing::{self, Kept, No};
use crate::model::address::Address;
use crate::model::id::RecordId;
use crate::store::filing::Told;
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A folder of Standin's on the mail server.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct FilingFolder {
    /// Its path there.
    path: String,
    /// What a mail in it means: `record`, `file` (what it fits), `ignore` (private) or `unknown` (nothing).
    purpose: &'static str,
    /// The record, where it is one that the owner sees.
    record_id: Option<i64>,
    /// `there`, or `retired`: it stays for the sake of the mails in it, the right to its record has ended.
    standing: &'static str,
}

/// A mailbox of the owner's, as far as filing goes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct FilingMailbox {
    /// Its name.
    mailbox: String,
    /// Whether folders are kept in it.
    on: bool,
    /// What went wrong at the last look.
    trouble: Option<String>,
    /// How many mails in the folders carry a keyword that means "never".
    kept_out: i64,
    /// The folders that are there.
    folders: Vec<FilingFolder>,
}

/// What became of a mail that the owner filed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct Filed {
    /// When it was looked at.
    #[schema(format = DateTime)]
    at: String,
    /// `folder`, `dropbox`, `token` or `attached`.
    how: &'static str,
    /// The folder's path; empty where it was none.
    place: String,
    /// `filed`, `added`, `found`, `private` or `refused`.
    outcome: String,
    /// Why it was refused.
    reason: Option<&'static str>,
    /// The mail, where it is stored.
    message_id: Option<i64>,
    /// The record on which it stands because of it, where the owner sees it.
    record_id: Option<i64>,
}

/// How filing stands for the owner of the token.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct Filing {
    /// Their mailboxes.
    mailboxes: Vec<FilingMailbox>,
    /// Their secret address; null: they have none.
    secret_address: Option<String>,
    /// What they filed lately, or what of it was refused; newest first.
    latest: Vec<Filed>,
}

/// Whether folders are kept in a mailbox.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct FilingFoldersInput {
    /// Its name.
    mailbox: String,
    /// True: Standin keeps folders there. False: the empty ones are taken away.
    on: bool,
}

/// The new secret address.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct SecretAddress {
    /// The address; the one before files nothing any more.
    secret_address: String,
}

/// The addresses by which mail is filed on a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct FilingAddresses {
    /// The owner's own with a signed reference, for Cc and Reply-To.
    signed: String,
    /// Their secret one with the record's number, for blind copies; null: they have none.
    secret: Option<String>,
}

/// The owner of the token as somebody who files: with what they read themselves, admins too.
async fn actor<'w>(visit: &mut Visit, world: &'w World) -> Result<Actor<'w>, Problem> {
    let (user, now) = (visit.person.user, visit.clock.now);
    Ok(filing::actor(&mut visit.tx, Some(user), world, now).await?)
}

fn dropbox(app: &App) -> Option<Address> {
    Address::parse(&app.state.config.filing.dropbox).ok()
}

fn refused(no: &No) -> Problem {
    match no {
        No::NoMailbox => Problem::field("mailbox", no.to_string()),
        No::NoRecord => Problem::NotFound,
        No::MayNotWrite => Problem::MayNot(no.to_string()),
        No::Shared | No::Already | No::Nobody | No::NoDropbox | No::NoAddress | No::NoFolder => {
            Problem::Declined(no.to_string())
        }
    }
}

fn kept(kept: &Kept) -> FilingMailbox {
    let folder = |(folder, name): &(crate::store::filing::folders::FilingFolder, Option<String>)| FilingFolder {
        path: folder.path.clone(),
        purpose: folder.purpose.word(),
        record_id: folder.purpose.record().filter(|_| name.is_some()).map(|record| record.0),
        standing: folder.standing.word(),
    };
    FilingMailbox {
        mailbox: kept.mailbox.name.clone(),
        on: kept.wanted.as_ref().is_some_and(|wanted| wanted.on),
        trouble: kept.wanted.as_ref().and_then(|wanted| wanted.trouble.clone()),
        kept_out: kept.kept_out,
        folders: kept.folders.iter().map(folder).collect(),
    }
}

fn filed((told, name): &(Told, Option<String>)) -> Filed {
    Filed {
        at: told.at.rfc3339(),
        how: told.how.word(),
        place: told.place.clone(),
        outcome: told.outcome.clone(),
        reason: told.reason.map(|reason| reason.word()),
        message_id: told.mail.map(|mail| mail.0),
        record_id: told.record.filter(|_| name.is_some()).map(|record| record.0),
    }
}

/// How filing from mail programs stands for the owner of the token.
#[utoipa::path(
    get, path = "/api/v1/me/filing", tag = "me", responses((status = 200, body = Filing)),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn one(mut asking: Asking<Writes>) -> Result<Json<Filing>, Problem> {
    let state = asking.visit.app.state.clone();
    let dropbox = dropbox(&asking.visit.app);
    let world = asking.visit.world.clone();
    let actor = actor(&mut asking.visit, &world).await?;
    let status = filing::status(&mut asking.visit.tx, &actor, &state.keys, dropbox.as_ref()).await?;
    Ok(Json(Filing {
        mailboxes: status.mailboxes.iter().map(kept).collect(),
        secret_address: status.secret,
        latest: status.latest.iter().map(filed).collect(),
    }))
}

/// Has Standin keep folders in a mailbox of the owner's, or no more. They are made at the next look at it.
#[utoipa::path(
    post, path = "/api/v1/me/filing/folders", tag = "me", request_body = FilingFoldersInput,
    responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn switch(
    doing: Doing<Writes>,
    body: Body<FilingFoldersInput>,
) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    let done = filing::switch(&mut visit.tx, &actor, &body.value.mailbox, body.value.on).await?;
    done.map_err(|no| refused(&no))?;
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives the owner of the token a new secret address.
#[utoipa::path(
    post, path = "/api/v1/me/filing/secret", tag = "me", responses((status = 200, body = SecretAddress)),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn renew(doing: Doing<Writes>) -> Result<Json<SecretAddress>, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    let dropbox = dropbox(&doing.app);
    let done = filing::renew(&mut visit.tx, &actor, &doing.app.state.keys, dropbox.as_ref()).await?;
    let secret_address = done.map_err(|no| refused(&no))?;
    visit.tx.commit().await?;
    Ok(Json(SecretAddress { secret_address }))
}

/// The addresses by which the owner of the token files mail on a record that is theirs to change.
#[utoipa::path(
    get, path = "/api/v1/records/{id}/filing", tag = "records", params(("id" = i64, Path)),
    responses((status = 200, body = FilingAddresses)), security(("token" = ["write"]))
)]
pub(in super::super) async fn addresses(
    At(id): At<i64>,
    mut asking: Asking<Writes>,
) -> Result<Json<FilingAddresses>, Problem> {
    let state = asking.visit.app.state.clone();
    let dropbox = dropbox(&asking.visit.app);
    let world = asking.visit.world.clone();
    let actor = actor(&mut asking.visit, &world).await?;
    let tx = &mut asking.visit.tx;
    let found = filing::addresses(tx, &actor, RecordId(id), &state.keys, dropbox.as_ref()).await?;
    let found = found.map_err(|no| refused(&no))?;
    Ok(Json(FilingAddresses { signed: found.signed.to_string(), secret: found.secret }))
}

/// Has a folder made for a record that is the owner's to change, also where it was removed.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/filing/folder", tag = "records", params(("id" = i64, Path)),
    responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn want_folder(At(id): At<i64>, doing: Doing<Writes>) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    filing::want_folder(&mut visit.tx, &actor, RecordId(id)).await?.map_err(|no| refused(&no))?;
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

//! How to file from one's mail program: folders, the secret address, addresses of records, and what became
//! of what was filed (W11).

use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{FilingWords, fill};
use crate::actions::actor::Actor;
use crate::actions::filing::{self, Addresses, Kept, No};
use crate::model::address::Address;
use crate::model::filing::{Purpose, Standing};
use crate::model::id::RecordId;
use crate::store;
use crate::store::filing::Told;
use crate::store::filing::folders::FilingFolder;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// Folders that are listed of one mailbox.
const LISTED: usize = 250;

struct FolderView {
    path: String,
    what: String,
    record: Option<i64>,
}

struct MailboxView {
    name: String,
    on: bool,
    switch: String,
    state: Option<String>,
    trouble: Option<String>,
    kept_out: Option<String>,
    folders: Vec<FolderView>,
}

struct FiledView {
    what: String,
    place: String,
    mail: Option<i64>,
    refused: bool,
    when: When,
    arrived: Option<When>,
}

struct RecordView {
    record: i64,
    signed: String,
    secret: Option<String>,
}

#[derive(Template)]
#[template(path = "filing.html")]
struct Page {
    shell: Shell,
    t: &'static FilingWords,
    saved: bool,
    problem: Option<&'static str>,
    mailboxes: Vec<MailboxView>,
    dropbox: bool,
    secret: Option<String>,
    asked: String,
    addresses: Option<RecordView>,
    latest: Vec<FiledView>,
}

/// The rest of the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// A record whose addresses are wanted.
    #[serde(default)]
    record: String,
    /// Something was saved.
    saved: Option<String>,
}

/// `GET /me/filing`.
pub(super) async fn page(
    mut visit: Visit,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let page = match asked {
        Ok(Query(asked)) => view(&mut visit, &asked, None).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// What the form asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Change {
    #[serde(default)]
    what: String,
    #[serde(default)]
    mailbox: String,
    #[serde(default)]
    record: String,
}

/// `POST /me/filing`.
pub(super) async fn change(mut visit: Visit, form: Result<Form<Change>, FormRejection>) -> Response {
    let page = match form {
        Ok(Form(change)) => changed(&mut visit, &change).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn changed(visit: &mut Visit, change: &Change) -> Result<Response, Refusal> {
    let state = visit.app.state.clone();
    let dropbox = Address::parse(&state.config.filing.dropbox).ok();
    let (mut tx, world) = visit.acting().await?;
    let actor = filing::actor(&mut tx, Some(visit.person.user), &world, visit.clock.now).await?;
    let done: Result<(), No> = match change.what.as_str() {
        "on" => filing::switch(&mut tx, &actor, &change.mailbox, true).await?,
        "off" => filing::switch(&mut tx, &actor, &change.mailbox, false).await?,
        "renew" => filing::renew(&mut tx, &actor, &state.keys, dropbox.as_ref()).await?.map(drop),
        "folder" => match found(&mut tx, &actor, &change.record).await? {
            Some(record) => filing::want_folder(&mut tx, &actor, record).await?,
            None => Err(No::NoRecord),
        },
        _ => return Err(Refusal::NotFound),
    };
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(Redirect::to("/me/filing?saved").into_response())
        }
        Err(no) => {
            drop(tx);
            let page = view(visit, &Asked { record: change.record.clone(), saved: None }, Some(&no)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// The one record that is meant among those the actor reads.
async fn found(tx: &mut store::Tx, actor: &Actor<'_>, reference: &str) -> store::Result<Option<RecordId>> {
    let found = store::records::find(tx, &actor.reach, reference).await?;
    Ok(match found.as_slice() {
        [one] => Some(one.record.id),
        _ => None,
    })
}

async fn view(visit: &mut Visit, asked: &Asked, refused: Option<&No>) -> Result<Response, Refusal> {
    let t = FilingWords::of(visit.words().language);
    let state = visit.app.state.clone();
    let dropbox = Address::parse(&state.config.filing.dropbox).ok();
    let world = visit.world.clone();
    let actor =
        Actor { user: Some(visit.person.user), world: &world, now: visit.clock.now, reach: visit.scope.clone() };
    let status = filing::status(&mut visit.tx, &actor, &state.keys, dropbox.as_ref()).await?;
    let mut problem = refused.map(|no| t.no(no));
    let mut addresses = None;
    let reference: String = asked.record.chars().filter(|c| *c != '\0').take(200).collect();
    if !reference.trim().is_empty() {
        let found = match found(&mut visit.tx, &actor, reference.trim()).await? {
            None => Err(No::NoRecord),
            Some(id) => {
                let found = filing::addresses(&mut visit.tx, &actor, id, &state.keys, dropbox.as_ref()).await?;
                found.map(|found| (id, found))
            }
        };
        match found {
            Ok((id, Addresses { signed, secret })) => {
                addresses = Some(RecordView { record: id.0, signed: signed.to_string(), secret });
            }
            Err(no) => problem = problem.or(Some(t.no(&no))),
        }
    }
    let latest = status.latest.iter().map(|(told, record)| filed(told, record.as_deref(), t, visit)).collect();
    let page = Page {
        shell: visit.shell().titled(t.title).at("me"),
        t,
        saved: asked.saved.is_some(),
        problem,
        mailboxes: status.mailboxes.iter().map(|kept| mailbox(kept, t)).collect(),
        dropbox: dropbox.is_some(),
        secret: status.secret,
        asked: reference,
        addresses,
        latest,
    };
    Ok(Html(page).into_response())
}

fn mailbox(kept: &Kept, t: &'static FilingWords) -> MailboxView {
    let name = kept.mailbox.name.as_str();
    let on = kept.wanted.as_ref().is_some_and(|wanted| wanted.on);
    let trouble = kept.wanted.as_ref().and_then(|wanted| wanted.trouble.as_deref());
    let state = match (&kept.wanted, kept.folders.is_empty()) {
        (Some(wanted), true) if wanted.on => Some(t.soon.to_owned()),
        (Some(wanted), _) if !wanted.on => Some(t.leaving.to_owned()),
        _ => None,
    };
    MailboxView {
        switch: fill(if on { t.off } else { t.on }, &[("name", name)]),
        name: name.to_owned(),
        on,
        state,
        trouble: trouble.map(|text| fill(t.trouble, &[("text", text)])),
        kept_out: (kept.kept_out > 0).then(|| fill(t.kept_out, &[("n", &kept.kept_out.to_string())])),
        folders: kept
            .folders
            .iter()
            .take(LISTED)
            .map(|(folder, name)| folder_view(folder, name.as_deref(), t))
            .collect(),
    }
}

fn folder_view(folder: &FilingFolder, name: Option<&str>, t: &'static FilingWords) -> FolderView {
    let what = match (folder.purpose, folder.standing) {
        (Purpose::File, _) => t.file_means,
        (Purpose::Ignore, _) => t.ignore_means,
        (Purpose::Unknown, _) => t.unknown_means,
        (Purpose::Record(_), Standing::Retired) => t.retired_means,
        (Purpose::Record(_), _) => name.unwrap_or(t.language.words().a_record),
    };
    // Only a record that the viewer may see has a name here.
    let record = folder.purpose.record().filter(|_| name.is_some()).map(|record| record.0);
    FolderView { path: folder.path.clone(), what: what.to_owned(), record }
}

fn filed(told: &Told, record: Option<&str>, t: &'static FilingWords, visit: &Visit) -> FiledView {
    let record = record.unwrap_or(t.language.words().a_record);
    let what = match (told.outcome.as_str(), told.reason) {
        (_, Some(reason)) => t.reason(reason).to_owned(),
        ("filed", _) => fill(t.was_filed, &[("record", record)]),
        ("added", _) => fill(t.was_added, &[("record", record)]),
        ("private", _) => t.was_private.to_owned(),
        _ => t.was_found.to_owned(),
    };
    let place = if told.place.is_empty() { t.how(told.how).to_owned() } else { told.place.clone() };
    FiledView {
        what,
        place,
        mail: told.mail.map(|mail| mail.0),
        refused: told.reason.is_some(),
        when: visit.clock.when(told.at),
        arrived: told.arrived.map(|at| visit.clock.when(at)),
    }
}

/// Who filed a mail that stands on a record's timeline, and how. What was filed onto another record is
/// not told here: who reads this one may not know of that one.
pub(super) fn by(told: &Told, on: (RecordId, RecordId), visit: &Visit) -> Option<String> {
    let t = FilingWords::of(visit.words().language);
    let here = told.record.is_none_or(|record| record == on.0 || record == on.1);
    let who = told.user.filter(|_| here).map(|user| visit.name(user))?;
    Some(fill(t.filed_by, &[("who", &who), ("how", t.how(told.how))]))
}

/// Notes that a record was opened, for whom folders are kept: it is one for which a folder is made.
pub(super) async fn note_visit(visit: &mut Visit, record: RecordId) -> anyhow::Result<()> {
    let (user, now) = (visit.person.user, visit.clock.now);
    if store::filing::notes_visits(&mut visit.tx, user, record, now).await? {
        let app = visit.app.clone();
        // Beside the page, which never waits for the writer.
        tokio::spawn(async move {
            let noted: store::Result<()> = async {
                let mut tx = app.state.db.write().await?;
                store::filing::visited(&mut tx, user, record, now).await?;
                tx.commit().await
            }
            .await;
            if let Err(error) = noted {
                tracing::warn!(%error, "noting that a record was opened failed");
            }
        });
    }
    Ok(())
}

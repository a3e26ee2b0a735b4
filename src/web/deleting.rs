//! Deleting a record, after a look at what goes and what stays, and bringing it back.

use super::doing::{Fields, actor, begin, go};
use super::entry::kind;
use super::merging::{assignable, refused};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::{LifeWords, Words, fill};
use crate::actions::actor::Actor;
use crate::actions::records_life::{self, No};
use crate::model::id::RecordId;
use crate::model::record::Record;
use crate::store::merges::Extent;
use crate::store::{self, Tx, merges, records};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "delete.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    l: &'static LifeWords,
    id: i64,
    name: String,
    kind: &'static str,
    readable: bool,
    /// `None`: it is deleted.
    extent: Option<Effect>,
}

/// What deleting does, each line counted.
struct Effect {
    goes: Vec<String>,
    stays: Vec<String>,
    addresses: Option<String>,
}

impl Effect {
    fn of(e: &Extent, w: &'static Words) -> Effect {
        let l = LifeWords::of(w.language);
        let lines = |all: &[(&_, i64)]| -> Vec<String> {
            all.iter().filter(|(_, n)| *n > 0).map(|(text, n)| l.count(text, *n)).collect()
        };
        let mut goes = lines(&[(&l.mails_hidden, e.mails_hidden), (&l.activities, e.activities)]);
        if e.activities_open > 0 {
            let open = l.count(&l.activities_open, e.activities_open);
            if let Some(last) = goes.last_mut() {
                last.push_str(&format!(", {open}"));
            }
        }
        goes.extend(lines(&[(&l.shares, e.shares)]));
        let stays =
            [(&l.mails_staying, e.mails_staying), (&l.contacts, e.contacts), (&l.opportunities, e.opportunities)];
        Effect { goes, stays: lines(&stays), addresses: lines(&[(&l.addresses, e.addresses)]).pop() }
    }
}

/// `GET /records/{id}/delete`.
pub(super) async fn page(visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) => view(&visit, RecordId(id)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &Visit, id: RecordId) -> Result<Response, Refusal> {
    let mut tx = visit.app.state.db.read().await?;
    let actor = Actor::load(&mut tx, Some(visit.person.user), &visit.world, visit.clock.now).await?;
    let w = visit.words();
    let would = records_life::would_delete(&mut tx, &actor, id).await?.map_err(|no| refused(&no, w))?;
    let shares = store::shares::on(&mut tx, &[id]).await?;
    let readable = actor.may_read(&would.record, &shares).is_some();
    Ok(Html(rendered(visit, &would.record, readable, Some(Effect::of(&would.extent, w)))).into_response())
}

fn rendered(visit: &Visit, record: &Record, readable: bool, extent: Option<Effect>) -> Page {
    let w = visit.words();
    let l = LifeWords::of(w.language);
    let title = if extent.is_some() { l.delete_title } else { l.deleted_title };
    Page {
        shell: visit.shell().titled(&fill(title, &[("name", &record.name)])).at("records"),
        w,
        l,
        id: record.id.0,
        name: record.name.clone(),
        kind: kind(record.kind, w),
        readable,
        extent,
    }
}

/// `POST /records/{id}/delete`.
pub(super) async fn delete(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let done = match path {
        Ok(Path(id)) => deleted(&visit, RecordId(id), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn deleted(
    visit: &Visit,
    id: RecordId,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    assignable(&mut tx, &actor, id, visit.words()).await?;
    let reason = Fields::of(form)?.get("reason").replace('\0', "");
    let done = records_life::delete(&mut tx, &actor, id, &reason).await?;
    done.map_err(|no| refused(&no, visit.words()))?;
    tx.commit().await?;
    Ok(go(&format!("/records/{id}/deleted")))
}

/// `GET /records/{id}/deleted`: that it is, for whoever may bring it back.
pub(super) async fn gone(visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) => gone_page(&visit, RecordId(id)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn gone_page(visit: &Visit, id: RecordId) -> Result<Response, Refusal> {
    let mut tx = visit.app.state.db.read().await?;
    let actor = Actor::load(&mut tx, Some(visit.person.user), &visit.world, visit.clock.now).await?;
    let record = deleted_record(&mut tx, &actor, id).await?.ok_or(Refusal::NotFound)?;
    Ok(Html(rendered(visit, &record, false, None)).into_response())
}

/// The record, if it is deleted and the viewer could bring it back.
async fn deleted_record(tx: &mut Tx, actor: &Actor<'_>, id: RecordId) -> Result<Option<Record>, Refusal> {
    // One that was merged is parted, not brought back.
    if merges::gone(tx, &[id]).await?.get(&id) != Some(&None) {
        return Ok(None);
    }
    let shares = store::shares::on(tx, &[id]).await?;
    let found = records::load(tx, &[id]).await?.pop().map(|entry| entry.record);
    Ok(found.filter(|record| actor.may_assign(record, &shares).is_some()))
}

/// `POST /records/{id}/restore`.
pub(super) async fn restore(visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let done = match path {
        Ok(Path(id)) => restored(&visit, RecordId(id)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn restored(visit: &Visit, id: RecordId) -> Result<Response, Refusal> {
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    match records_life::restore(&mut tx, &actor, id).await? {
        Ok(record) => {
            tx.commit().await?;
            // An admin may bring back what they may not read.
            let shares = store::shares::on(&mut visit.app.state.db.read().await?, &[id]).await?;
            let reads = actor.may_read(&record, &shares).is_some();
            Ok(go(&if reads { format!("/records/{id}") } else { "/records".to_owned() }))
        }
        Err(no @ No::WasMerged) => Err(refused(&no, visit.words())),
        Err(_) => Err(Refusal::NotFound),
    }
}

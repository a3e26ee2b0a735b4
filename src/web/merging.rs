//! Merging a record with another one, after a look at what it would do, and parting the two again.

use super::doing::{Fields, actor, begin, go, objection};
use super::entry::kind;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{LifeWords, Words, fill};
use crate::access::{self, World};
use crate::actions::actor::{Actor, Named};
use crate::actions::choice::Objection;
use crate::actions::records_life::{self, Merged, No};
use crate::model::id::{RecordId, UserId};
use crate::model::record::Record;
use crate::model::share::Share;
use crate::store::{self, Tx, merges, records};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Records of one name to choose from.
const CHOICE: usize = 20;

/// A record that became a part of this one.
struct Part {
    id: i64,
    name: String,
    when: When,
    /// May be parted: the viewer may give it away, and nothing came after it.
    undo: bool,
    /// Waits for later ones to be parted.
    later: bool,
}

/// What merging would do.
struct Preview {
    other: i64,
    title: String,
    moves: Vec<String>,
    owner: String,
    secret: bool,
    gain: Vec<String>,
    lose: Vec<String>,
}

#[derive(Template)]
#[template(path = "merge.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    l: &'static LifeWords,
    id: i64,
    name: String,
    kind: &'static str,
    readable: bool,
    problem: Option<String>,
    other: String,
    reason: String,
    choice: Vec<(i64, String, &'static str)>,
    preview: Option<Preview>,
    parts: Vec<Part>,
}

/// Why not, for the person.
pub(super) fn refused(no: &No, w: &'static Words) -> Refusal {
    let l = LifeWords::of(w.language);
    Refusal::Declined(match no {
        No::NotThere => return Refusal::NotFound,
        No::MayNot(name) => fill(l.no_may_not, &[("name", name)]),
        No::Same => l.no_same.to_owned(),
        No::Kinds(..) => l.no_kinds.to_owned(),
        No::Strangers => l.no_strangers.to_owned(),
        No::NotMerged => l.no_not_merged.to_owned(),
        No::NotLast(name) => fill(l.no_not_last, &[("name", name)]),
        No::KeptGone => l.no_kept_gone.to_owned(),
        No::WasMerged => l.no_was_merged.to_owned(),
        No::LongReason => objection(&Objection::LongReason, w),
    })
}

/// The record, if the viewer may give it away; merging and deleting need that.
pub(super) async fn assignable(
    tx: &mut Tx,
    actor: &Actor<'_>,
    id: RecordId,
    w: &'static Words,
) -> Result<(Record, Named), Refusal> {
    let named = actor.named(tx, &[id]).await?;
    let record = named.entries.first().ok_or(Refusal::NotFound)?.record.clone();
    match actor.may_assign(&record, named.shares_on(id)) {
        Some(_) => Ok((record, named)),
        None => Err(refused(&No::MayNot(record.name), w)),
    }
}

/// `GET /records/{id}/merge`: what to merge it with; with `other`, what that would do.
pub(super) async fn page(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let page = match (path, asked) {
        (Ok(Path(id)), Ok(Query(fields))) => view(&visit, RecordId(id), &Fields(fields), None).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &Visit, id: RecordId, fields: &Fields, problem: Option<String>) -> Result<Response, Refusal> {
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    let w = visit.words();
    let (record, named) = assignable(&mut tx, &actor, id, w).await?;
    let l = LifeWords::of(w.language);
    let parts = parts(&mut tx, &actor, id, visit).await?;
    let mut page = Page {
        shell: visit.shell().titled(&fill(l.merge_title, &[("name", &record.name)])).at("records"),
        w,
        l,
        id: id.0,
        kind: kind(record.kind, w),
        readable: actor.may_read(&record, named.shares_on(id)).is_some(),
        name: record.name.clone(),
        problem,
        other: fields.get("other").to_owned(),
        reason: fields.get("reason").to_owned(),
        choice: Vec::new(),
        preview: None,
        parts,
    };
    if page.problem.is_none() && !page.other.is_empty() {
        let mut found = records::find(&mut tx, &actor.reach, &page.other).await?;
        found.retain(|entry| entry.record.id != id && entry.record.kind == record.kind);
        match found.as_slice() {
            [] => page.problem = Some(l.none_such.to_owned()),
            [one] => match preview(&mut tx, &actor, &record, &one.record.clone(), visit).await? {
                Ok(preview) => page.preview = Some(preview),
                Err(Refusal::Declined(why)) => page.problem = Some(why),
                Err(other) => return Err(other),
            },
            several => {
                let line = |e: &records::Entry| (e.record.id.0, e.record.name.clone(), kind(e.record.kind, w));
                page.choice = several.iter().take(CHOICE).map(line).collect();
            }
        }
    }
    // A look leaves nothing behind.
    drop(tx);
    let code = if page.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((code, Html(page)).into_response())
}

/// What became a part of this record and could be parted again, the latest first.
async fn parts(tx: &mut Tx, actor: &Actor<'_>, id: RecordId, visit: &Visit) -> Result<Vec<Part>, Refusal> {
    let l = LifeWords::of(visit.words().language);
    let standing = merges::into(tx, id).await?;
    let ids: Vec<RecordId> = standing.iter().map(|(gone, _)| *gone).collect();
    let entries = records::load(tx, &ids).await?;
    let shares = store::shares::on(tx, &ids).await?;
    let part = |(n, (gone, at)): (usize, &(RecordId, _))| {
        let entry = entries.iter().find(|entry| entry.record.id == *gone);
        let theirs: Vec<Share> = shares.iter().filter(|share| share.record == *gone).cloned().collect();
        let entry = entry.filter(|entry| actor.may_assign(&entry.record, &theirs).is_some());
        Part {
            id: gone.0,
            name: entry.map_or_else(|| l.hidden_part.to_owned(), |entry| entry.record.name.clone()),
            when: visit.clock.when(*at),
            undo: entry.is_some() && n == 0,
            later: entry.is_some() && n > 0,
        }
    };
    Ok(standing.iter().enumerate().map(part).collect())
}

/// What merging did or would do, and to whom.
pub(super) struct Effect {
    /// What came of it.
    pub merged: Merged,
    /// Who reads all of it from then on and did not before.
    pub gain: Vec<UserId>,
    /// Who read something of it and does not any more.
    pub lose: Vec<UserId>,
}

/// Merges, and tells what came of it for whom. Where it is only looked at, the unit of work is never committed.
pub(super) async fn effect(
    tx: &mut Tx,
    actor: &Actor<'_>,
    (kept, gone): (&Record, &Record),
    reason: &str,
) -> anyhow::Result<Result<Effect, No>> {
    let before = store::shares::on(tx, &[kept.id, gone.id]).await?;
    let merged = match records_life::merge(tx, actor, kept.id, gone.id, reason).await? {
        Ok(merged) => merged,
        Err(no) => return Ok(Err(no)),
    };
    let now = store::shares::on(tx, &[kept.id]).await?;
    let (world, moment) = (actor.world, actor.now);
    let reads = |user: UserId, record: &Record, shares: &[Share]| {
        let theirs: Vec<Share> = shares.iter().filter(|share| share.record == record.id).cloned().collect();
        access::may_read(user, record, &theirs, world, moment).is_some()
    };
    let saw = |user: UserId| (reads(user, kept, &before), reads(user, gone, &before));
    let gains = |user: UserId| reads(user, &merged.kept, &now) && saw(user) != (true, true);
    let loses = |user: UserId| !reads(user, &merged.kept, &now) && (saw(user).0 || saw(user).1);
    let (gain, lose) = (people(world, gains), people(world, loses));
    Ok(Ok(Effect { merged, gain, lose }))
}

/// Merges in a unit of work that is never committed, and tells what came of it.
async fn preview(
    tx: &mut Tx,
    actor: &Actor<'_>,
    kept: &Record,
    gone: &Record,
    visit: &Visit,
) -> Result<Result<Preview, Refusal>, Refusal> {
    let w = visit.words();
    let l = LifeWords::of(w.language);
    let Effect { merged, gain, lose } = match effect(tx, actor, (kept, gone), "").await? {
        Ok(effect) => effect,
        Err(no) => return Ok(Err(refused(&no, w))),
    };
    let Merged { kept: after, mails, activities, .. } = merged;
    let names = |people: Vec<UserId>| people.into_iter().map(|user| visit.name(user)).collect();
    let n = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(Ok(Preview {
        other: gone.id.0,
        title: fill(l.would, &[("gone", &gone.name), ("kept", &kept.name)]),
        moves: vec![l.count(&l.mails, n(mails)), l.count(&l.activities, n(activities))],
        owner: fill(l.owner_stays, &[("owner", &visit.name(after.owner))]),
        secret: after.confidential && !(kept.confidential && gone.confidential),
        gain: names(gain),
        lose: names(lose),
    }))
}

fn people(world: &World, which: impl Fn(UserId) -> bool) -> Vec<UserId> {
    world.people.iter().map(|person| person.id).filter(|id| which(*id)).collect()
}

/// `POST /records/{id}/merge`.
pub(super) async fn merge(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let done = match path {
        Ok(Path(id)) => merged(&visit, RecordId(id), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn merged(
    visit: &Visit,
    id: RecordId,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    let w = visit.words();
    // Whoever may not know of the record is not told what is wrong with the form either.
    assignable(&mut tx, &actor, id, w).await?;
    let fields = Fields::of(form)?;
    let other = RecordId(fields.number("other").unwrap_or(0));
    let reason = fields.get("reason").replace('\0', "");
    match records_life::merge(&mut tx, &actor, id, other, &reason).await? {
        Ok(_) => {
            tx.commit().await?;
            Ok(go(&format!("/records/{id}/merge")))
        }
        Err(No::NotThere) => {
            drop(tx);
            let l = LifeWords::of(w.language);
            view(visit, id, &fields, Some(l.none_such.to_owned())).await
        }
        Err(no) => Err(refused(&no, w)),
    }
}

/// `POST /records/{id}/unmerge`: parts a record from the one it became a part of.
pub(super) async fn unmerge(visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let done = match path {
        Ok(Path(id)) => parted(&visit, RecordId(id)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn parted(visit: &Visit, gone: RecordId) -> Result<Response, Refusal> {
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    let done = records_life::unmerge(&mut tx, &actor, gone).await?;
    let done = done.map_err(|no| refused(&no, visit.words()))?;
    tx.commit().await?;
    Ok(go(&format!("/records/{}/merge", done.kept.id)))
}

//! Somebody leaves (W23): who takes over is answered first, what would happen is shown, and then that happens.
//!
//! What is shown is what deactivating does, in a unit of work that is not committed. So the two cannot differ,
//! and what has changed since is seen by the fingerprint.

use super::doing::{Fields, called, colleagues};
use super::entry::kind as kind_word;
use super::live::fingerprint;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::{PeopleWords, fill};
use crate::access::World;
use crate::actions::actor::Actor;
use crate::actions::leavers::{self, Leaving, Left, No, TakeOver};
use crate::model::id::UserId;
use crate::model::record::Kind;
use crate::store::{self, people, people_leave};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::BTreeMap;

const KINDS: [Kind; 4] = [Kind::Account, Kind::Contact, Kind::Lead, Kind::Opportunity];

/// Who takes one kind: its word, its name, how many there are, who can be chosen.
struct KindView {
    word: &'static str,
    label: String,
    chosen: Vec<(i64, String, bool)>,
}

/// What would happen.
struct Would {
    rows: Vec<(String, String)>,
    stay: Option<(String, String, String)>,
    activities: String,
    teams: String,
    mailboxes: String,
    stands_in: String,
    reports: Option<(String, String)>,
    seen: String,
    button: String,
    /// The fields as they were chosen.
    fields: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "user_leave.html")]
struct Page {
    shell: Shell,
    t: &'static PeopleWords,
    id: i64,
    name: String,
    title: String,
    owns_title: String,
    owns: Vec<(&'static str, String)>,
    problem: Option<String>,
    all: Vec<(i64, String, bool)>,
    nobody: bool,
    kinds: Vec<KindView>,
    confidential: bool,
    reason: String,
    would: Option<Would>,
}

/// `GET /admin/users/{id}/leave`; with `look` what would happen.
pub(super) async fn page(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let page = match (path, asked) {
        (Ok(Path(id)), Ok(Query(fields))) if visit.person.admin => {
            let fields = Fields(fields);
            let look = !fields.get("look").is_empty();
            looked(&mut visit, UserId(id), &fields, look).await
        }
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// `POST /admin/users/{id}/leave`: does what was shown.
pub(super) async fn leave(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match (path, Fields::of(form)) {
        (Ok(Path(id)), Ok(fields)) if visit.person.admin => left(&mut visit, UserId(id), &fields).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// What was chosen; `None` where nobody said who takes over.
fn chosen(user: UserId, fields: &Fields) -> Option<Leaving> {
    let to = |name: &str| fields.number(name).map(UserId);
    let all = to("to");
    let kinds: BTreeMap<Kind, UserId> = KINDS.iter().filter_map(|kind| Some((*kind, to(kind.word())?))).collect();
    let take_over = match (fields.get("to"), all) {
        ("nobody", _) if kinds.is_empty() => TakeOver::Nobody,
        ("nobody", _) => TakeOver::By { all: None, kinds },
        (_, Some(_)) => TakeOver::By { all, kinds },
        _ => return None,
    };
    let reason = fields.get("reason").chars().filter(|c| *c != '\0').collect();
    Some(Leaving { user, take_over, with_confidential: !fields.get("confidential").is_empty(), reason })
}

async fn looked(visit: &mut Visit, id: UserId, fields: &Fields, look: bool) -> Result<Response, Refusal> {
    if !look {
        return view(visit, id, fields, None, None).await;
    }
    let t = PeopleWords::of(visit.words().language);
    let Some(leaving) = chosen(id, fields) else {
        return view(visit, id, fields, Some(t.choose_first.to_owned()), None).await;
    };
    // What deactivating does, without its commit.
    let tried = {
        let (mut tx, world) = visit.acting().await?;
        let actor = Actor::load(&mut tx, Some(visit.person.user), &world, visit.clock.now).await?;
        leavers::deactivate(&mut tx, &actor, &leaving).await?
    };
    match tried {
        Ok(left) => view(visit, id, fields, None, Some(left)).await,
        Err(no) => view(visit, id, fields, Some(said(&no, t)), None).await,
    }
}

fn said(no: &No, t: &'static PeopleWords) -> String {
    t.no_leaving(no)
}

async fn left(visit: &mut Visit, id: UserId, fields: &Fields) -> Result<Response, Refusal> {
    let t = PeopleWords::of(visit.words().language);
    let leaving = chosen(id, fields).ok_or(Refusal::NotFound)?;
    let (mut tx, world) = visit.acting().await?;
    let actor = Actor::load(&mut tx, Some(visit.person.user), &world, visit.clock.now).await?;
    let (problem, left) = match leavers::deactivate(&mut tx, &actor, &leaving).await? {
        Ok(left) if seen(&leaving, &left) == fields.get("seen") => {
            tx.commit().await?;
            return Ok(Redirect::to(&format!("/admin/users/{id}?done=1")).into_response());
        }
        Ok(left) => (t.changed.to_owned(), Some(left)),
        Err(no) => (said(&no, t), None),
    };
    drop(tx);
    let page = view(visit, id, fields, Some(problem), left).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// The fingerprint of what would happen.
fn seen(leaving: &Leaving, left: &Left) -> String {
    format!("{:016x}", fingerprint(&format!("{leaving:?} {left:?}")))
}

async fn view(
    visit: &mut Visit,
    id: UserId,
    fields: &Fields,
    problem: Option<String>,
    left: Option<Left>,
) -> Result<Response, Refusal> {
    let w = visit.words();
    let t = PeopleWords::of(w.language);
    let user = people::load(&mut visit.tx, id).await?.filter(|user| user.person.active).ok_or(Refusal::NotFound)?;
    let mut owned: BTreeMap<Kind, i64> = BTreeMap::new();
    for (_, kind, _) in people_leave::owned(&mut visit.tx, id).await? {
        *owned.entry(kind).or_default() += 1;
    }
    let name = called(&user.person, &visit.world);
    let others = |chosen: &str| {
        let mut all = colleagues(visit, chosen.parse().ok());
        all.retain(|(other, ..)| *other != id.0);
        all
    };
    let kinds = KINDS.iter().map(|kind| KindView {
        word: kind.word(),
        label: fill(t.takes_kind, &[("kind", kind_word(*kind, w))]),
        chosen: others(fields.get(kind.word())),
    });
    let would = left.and_then(|left| Some(would(visit, &chosen(id, fields)?, &left, &name, fields)));
    Ok(Html(Page {
        shell: visit.shell().titled(&fill(t.leave_title, &[("name", &name)])).at("users"),
        t,
        id: id.0,
        title: fill(t.leave_title, &[("name", &name)]),
        owns_title: fill(t.leave_owns, &[("name", &name)]),
        owns: KINDS.iter().map(|kind| (kind_word(*kind, w), w.number(owned.get(kind).copied().unwrap_or(0)))).collect(),
        problem,
        all: others(fields.get("to")),
        nobody: fields.get("to") == "nobody",
        kinds: kinds.collect(),
        confidential: !fields.get("confidential").is_empty(),
        reason: fields.get("reason").chars().take(1_000).collect(),
        would,
        name,
    })
    .into_response())
}

fn would(visit: &Visit, leaving: &Leaving, left: &Left, name: &str, fields: &Fields) -> Would {
    let (w, world): (_, &World) = (visit.words(), &visit.world);
    let t = PeopleWords::of(w.language);
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let person = |id: UserId| world.person(id).map_or_else(String::new, |p| called(p, world));
    let mut rows: Vec<(String, String)> =
        left.given.iter().map(|(id, n)| (person(*id), w.number(number(*n)))).collect();
    rows.sort_by_cached_key(|(name, _)| store::sort_key(name));
    let given: usize = left.given.values().sum();
    let listed = |all: Vec<String>| if all.is_empty() { t.nothing.to_owned() } else { all.join(", ") };
    let below = world.people.iter().filter(|p| p.active && p.manager == Some(leaving.user));
    let below: Vec<String> = below.map(|p| called(p, world)).collect();
    let records = t.count(&t.records, number(given));
    let mut kept = vec![("to", fields.get("to").to_owned()), ("confidential", fields.get("confidential").to_owned())];
    kept.push(("reason", fields.get("reason").to_owned()));
    kept.extend(KINDS.iter().map(|kind| (kind.word(), fields.get(kind.word()).to_owned())));
    Would {
        rows,
        stay: (left.stay > 0).then(|| {
            let stays = fill(t.stays, &[("name", name)]);
            (stays, w.number(number(left.stay)), w.number(number(left.stay_confidential)))
        }),
        activities: w.number(number(left.activities)),
        teams: listed(left.teams.clone()),
        mailboxes: listed(left.mailboxes.clone()),
        stands_in: listed(left.stands_in_for.iter().map(|id| person(*id)).collect()),
        reports: (!below.is_empty()).then(|| (fill(t.below, &[("name", name)]), below.join(", "))),
        seen: seen(leaving, left),
        button: fill(t.leave_do, &[("name", name), ("records", &records)]),
        fields: kept,
    }
}

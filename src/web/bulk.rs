//! Changes to many records (W14): which, what, what it would do, and what came of it.

use super::doing::{Fields, actor, begin, choice, colleagues, go, left_out, objection, roll};
use super::entry::kind;
use super::record::role;
use super::records::{plural, status};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::{Words, fill};
use crate::actions::assign::Assign;
use crate::actions::bulk::{self, Change, Looked};
use crate::actions::choice::Selection;
use crate::actions::managers::{self, ROLES};
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::{Class, Kind, Status};
use crate::store::selection::Filter;
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;

/// A choice: value, text, whether it is chosen.
type Choice = (String, String, bool);

#[derive(Template)]
#[template(path = "bulk.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    problem: Option<String>,
    ids: Vec<i64>,
    chosen: String,
    kinds: Vec<Choice>,
    statuses: Vec<Choice>,
    classes: Vec<Choice>,
    owners: Vec<(i64, String, bool)>,
    teams: Vec<Choice>,
    account: String,
    what: String,
    people: Vec<(i64, String, bool)>,
    step: bool,
    write: bool,
    reason: String,
    role: String,
    roles: [&'static str; 3],
}

/// `GET /bulk`.
pub(super) async fn page(visit: Visit, asked: Result<Query<Vec<(String, String)>>, QueryRejection>) -> Response {
    let answer = match asked {
        Ok(Query(fields)) => Ok(form(&visit, &Fields(fields), None)),
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

fn form(visit: &Visit, fields: &Fields, problem: Option<String>) -> Response {
    let w = visit.words();
    let ids = fields.numbers("id");
    let choice = |value: &str, text: String, name: &str| (value.to_owned(), text, fields.get(name) == value);
    let kinds = [Kind::Account, Kind::Contact, Kind::Lead, Kind::Opportunity];
    let statuses = [Status::Open, Status::Won, Status::Lost, Status::Converted];
    let word = |s: Status| status(Kind::Lead, s, w).unwrap_or("").to_owned();
    let classes = [Class::A, Class::B, Class::C, Class::D];
    let failed = problem.is_some();
    let team = |id: i64, name: &str| choice(&id.to_string(), name.to_owned(), "team");
    let page = Page {
        shell: visit.shell().titled(w.bulk_title).at("records"),
        w,
        problem,
        chosen: w.count(&w.records_chosen, ids.len() as i64),
        ids,
        kinds: kinds.map(|k| choice(k.word(), plural(k, w).to_owned(), "kind")).to_vec(),
        statuses: statuses.map(|s| choice(s.word(), word(s), "status")).to_vec(),
        classes: classes.map(|c| choice(c.word(), c.word().to_owned(), "class")).to_vec(),
        owners: everybody(visit, fields.number("owner")),
        teams: visit.world.teams.iter().map(|t| team(t.id.0, &t.name)).collect(),
        account: fields.get("account").to_owned(),
        what: if fields.get("what").is_empty() { "assign".to_owned() } else { fields.get("what").to_owned() },
        people: colleagues(visit, fields.number("to")),
        step: fields.get("step") == "1",
        write: !failed || fields.get("write") == "1",
        reason: fields.get("reason").to_owned(),
        role: fields.get("role").to_owned(),
        roles: ROLES,
    };
    let code = if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    (code, Html(page)).into_response()
}

/// Owners may have left: everybody, by name.
fn everybody(visit: &Visit, chosen: Option<i64>) -> Vec<(i64, String, bool)> {
    choice(roll(visit.world.people.iter(), &visit.world), chosen)
}

/// `POST /bulk`: works out what would change, keeps it, and shows it.
pub(super) async fn preview(visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let answer = previewed(&visit, form).await;
    visit.answer(answer)
}

async fn previewed(
    visit: &Visit,
    given: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(given)?;
    let w = visit.words();
    let change = match change(&fields) {
        Ok(change) => change,
        Err(no) => return Ok(form(visit, &fields, Some(objection(&no, w)))),
    };
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    match bulk::preview(&mut tx, &actor, &selection(&fields), &change).await? {
        Ok(shown) => {
            tx.commit().await?;
            Ok(go(&format!("/bulk/{}", shown.number)))
        }
        Err(no) => Ok(form(visit, &fields, Some(objection(&no, w)))),
    }
}

fn selection(fields: &Fields) -> Selection {
    let ids = fields.numbers("id");
    if !ids.is_empty() {
        return Selection::Ids(ids.into_iter().map(RecordId).collect());
    }
    Selection::Matching(Filter {
        kind: Kind::from_word(fields.get("kind")),
        owner: fields.number("owner").map(UserId),
        class: Class::from_word(fields.get("class")),
        team: fields.number("team").map(TeamId),
        account: fields.number("account").map(RecordId),
        status: Status::from_word(fields.get("status")),
    })
}

fn change(fields: &Fields) -> Result<Change, crate::actions::choice::Objection> {
    let user = UserId(fields.number("to").unwrap_or(0));
    if fields.get("what") == "append" || fields.get("what") == "remove" {
        let (append, write) = (fields.get("what") == "append", fields.get("write") == "1");
        return Ok(Change::Managers(managers::Change {
            append,
            user,
            role: managers::role(fields.get("role"))?,
            write,
        }));
    }
    let reason = fields.get("reason").replace('\0', "");
    Ok(Change::Assign(Assign { to: user, step: fields.get("step") == "1", reason }))
}

#[derive(Template)]
#[template(path = "bulk_shown.html")]
struct Shown {
    shell: Shell,
    w: &'static Words,
    number: i64,
    done: bool,
    title: String,
    lead: String,
    button: Option<String>,
    reason: String,
    kinds: Vec<(&'static str, String)>,
    activities: Option<String>,
    gain: Vec<(String, String)>,
    lose: Vec<(String, String)>,
    sample: Vec<(i64, String)>,
    more: Option<String>,
    left_out: Vec<(String, String)>,
    left_out_more: Option<String>,
}

/// `GET /bulk/{number}`: what would change, or what came of it.
pub(super) async fn shown(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let answer = match path {
        Ok(Path(number)) => looked(&mut visit, number).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn looked(visit: &mut Visit, number: i64) -> Result<Response, Refusal> {
    let world = visit.world.clone();
    let now = visit.clock.now;
    let user = visit.person.user;
    let actor = crate::actions::actor::Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let Some(looked) = bulk::look(&mut visit.tx, &actor, number).await? else { return Err(Refusal::NotFound) };
    Ok(Html(view(visit, number, &looked)).into_response())
}

/// Rows of a list that are shown.
const SHOWN: usize = 30;

fn view(visit: &Visit, number: i64, looked: &Looked) -> Shown {
    let w = visit.words();
    let counted = if looked.done { looked.outcome.changed } else { looked.records.len() };
    let count = match &looked.assign {
        Some(plan) => plan.ready.len(),
        None => counted,
    };
    let (title, button, reason) = sentences(visit, looked, count);
    let mut kinds: BTreeMap<Kind, i64> = BTreeMap::new();
    for record in &looked.records {
        *kinds.entry(record.kind).or_default() += 1;
    }
    let sight = |counts: &BTreeMap<UserId, usize>| {
        counts.iter().map(|(id, n)| (visit.name(*id), w.count(&w.records_counted, *n as i64))).collect::<Vec<_>>()
    };
    let shift = looked.assign.as_ref().map(|plan| &plan.shift);
    let activities = match (&looked.assign, looked.done) {
        (Some(plan), _) => plan.activities,
        (None, true) => looked.outcome.activities as i64,
        (None, false) => 0,
    };
    let rest = |all: usize| (all > SHOWN).then(|| w.count(&w.more_people, (all - SHOWN) as i64));
    let lead = match looked.done {
        false => w.bulk_preview_lead.to_owned(),
        true => fill(
            w.bulk_done_lead,
            &[("n", &w.number(looked.outcome.changed as i64)), ("of", &w.number(looked.outcome.shown as i64))],
        ),
    };
    Shown {
        shell: visit.shell().titled(&title).at("records"),
        w,
        number,
        done: looked.done,
        title,
        lead,
        button: button.filter(|_| !looked.done && count > 0),
        reason,
        kinds: kinds.into_iter().map(|(k, n)| (kind(k, w), w.number(n))).collect(),
        activities: (activities > 0).then(|| w.count(&w.activities_counted, activities)),
        gain: shift.map(|s| sight(&s.gain)).unwrap_or_default(),
        lose: shift.map(|s| sight(&s.lose)).unwrap_or_default(),
        sample: looked.records.iter().take(SHOWN).map(|r| (r.id.0, r.name.clone())).collect(),
        more: rest(looked.records.len()),
        left_out: looked.outcome.left_out.iter().take(SHOWN).map(|l| left_out(l, w)).collect(),
        left_out_more: rest(looked.outcome.left_out.len()),
    }
}

/// The title, the text of the button, and the reason that was given.
fn sentences(visit: &Visit, looked: &Looked, count: usize) -> (String, Option<String>, String) {
    let w = visit.words();
    let records = w.count(&w.records_counted, count as i64);
    match &looked.change {
        Change::Assign(wanted) => {
            let name = visit.name(wanted.to);
            let title = if wanted.step { w.bulk_step_title } else { w.bulk_assign_title };
            let button = fill(w.bulk_assign_button, &[("records", &records)]);
            (fill(title, &[("name", &name)]), Some(button), wanted.reason.clone())
        }
        Change::Managers(wanted) => {
            let name = visit.name(wanted.user);
            let (title, button) = match wanted.append {
                true => (w.bulk_append_title, w.bulk_append_button),
                false => (w.bulk_remove_title, w.bulk_remove_button),
            };
            let title = fill(title, &[("name", &name), ("role", &role(&wanted.role, w))]);
            (title, Some(fill(button, &[("records", &records)])), String::new())
        }
    }
}

/// `POST /bulk/{number}`: carries out what was shown.
pub(super) async fn run(visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let answer = match path {
        Ok(Path(number)) => ran(&visit, number).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn ran(visit: &Visit, number: i64) -> Result<Response, Refusal> {
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    // A second click finds it carried out already, and is shown what came of it.
    if bulk::run(&mut tx, &actor, number).await?.is_ok() {
        tx.commit().await?;
    }
    Ok(go(&format!("/bulk/{number}")))
}

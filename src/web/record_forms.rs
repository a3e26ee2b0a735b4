//! What is entered on a record: an activity; its step given back or closed; and the history of its
//! owners.

use super::activities::told;
use super::activity::kind;
use super::doing::{Fields, activity_no, actor, begin, colleagues, go, left_out};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::Words;
use crate::access;
use crate::actions::activities::{self, Entered, No};
use crate::actions::assign;
use crate::actions::choice::LeftOut;
use crate::model::activity::ActivityKind;
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Status};
use crate::model::time::Timestamp;
use crate::store;
use crate::store::views;
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{NaiveDate, NaiveTime};

#[derive(Template)]
#[template(path = "activity_form.html")]
struct ActivityPage {
    shell: Shell,
    w: &'static Words,
    id: i64,
    record: String,
    problem: Option<String>,
    kinds: Vec<(&'static str, &'static str, bool)>,
    subject: String,
    text: String,
    people: Vec<(i64, String, bool)>,
    day: String,
    time: String,
    done: bool,
    title: &'static str,
    /// The record and the opportunities that it may be about: id, name, whether chosen. Empty where there are none.
    about: Vec<(i64, String, bool)>,
}

/// `GET /records/{id}/activity`.
pub(super) async fn activity(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let answer = match (path, asked) {
        (Ok(Path(id)), Ok(Query(fields))) => {
            let fields = Fields(fields);
            form_of(&mut visit, id, &fields).await
        }
        _ => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

/// The name of a record that the viewer may change.
async fn writable(visit: &mut Visit, id: RecordId) -> Result<String, Refusal> {
    let Some(head) = views::head(&mut visit.tx, &visit.scope, id).await? else { return Err(Refusal::NotFound) };
    let shares = store::shares::on(&mut visit.tx, &[id]).await?;
    let (viewer, now) = (visit.person.user, visit.clock.now);
    match access::may_write(viewer, &head.record, &shares, &visit.world, now) {
        Some(_) => Ok(head.record.name),
        None => Err(Refusal::NotFound),
    }
}

async fn form_of(visit: &mut Visit, id: i64, fields: &Fields) -> Result<Response, Refusal> {
    let name = writable(visit, RecordId(id)).await?;
    let about = about(visit, RecordId(id)).await?;
    Ok(activity_form(visit, (id, name), about, fields, None))
}

/// The open opportunities of an account, or of a contact's account, that the viewer may read: a call with somebody
/// there is mostly about one of them.
async fn about(visit: &mut Visit, id: RecordId) -> Result<Vec<(i64, String)>, Refusal> {
    let Some(head) = views::head(&mut visit.tx, &visit.scope, id).await? else { return Ok(Vec::new()) };
    let account = match head.record.kind {
        Kind::Account => Some(head),
        Kind::Contact => match head.account {
            Some(account) => views::head(&mut visit.tx, &visit.scope, account.id).await?,
            None => None,
        },
        Kind::Lead | Kind::Opportunity => None,
    };
    let deals: Vec<RecordId> = account.iter().flat_map(|head| &head.below).map(|one| one.id).collect();
    let rows = views::rows(&mut visit.tx, &visit.scope, &deals).await?;
    let open = rows.into_iter().filter(|r| r.record.kind == Kind::Opportunity && r.record.status == Status::Open);
    Ok(open.map(|row| (row.record.id.0, row.record.name)).collect())
}

fn activity_form(
    visit: &Visit,
    (id, record): (i64, String),
    about: Vec<(i64, String)>,
    fields: &Fields,
    problem: Option<String>,
) -> Response {
    let w = visit.words();
    let on = fields.number("on").unwrap_or(id);
    let about = if about.is_empty() { about } else { [vec![(id, record.clone())], about].concat() };
    let wanted = ActivityKind::from_word(fields.get("kind")).unwrap_or(ActivityKind::Task);
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    // A call is mostly logged after it was made.
    let done = if problem.is_some() { fields.get("done") == "1" } else { wanted == ActivityKind::Call };
    let title = match wanted {
        ActivityKind::Call => w.log_call,
        ActivityKind::Task => w.new_task,
        ActivityKind::Appointment => w.new_appointment,
        ActivityKind::Note => w.new_note,
    };
    let page = ActivityPage {
        shell: visit.shell().titled(title).at("records"),
        title,
        about: about.into_iter().map(|(one, name)| (one, name, one == on)).collect(),
        w,
        id,
        record,
        problem,
        kinds: ActivityKind::ALL.map(|k| (k.word(), kind(k, w), k == wanted)).to_vec(),
        subject: fields.get("subject").to_owned(),
        text: fields.get("text").to_owned(),
        people: colleagues(visit, fields.number("responsible")),
        day: fields.get("day").to_owned(),
        time: fields.get("time").to_owned(),
        done,
    };
    (code, Html(page)).into_response()
}

/// `POST /records/{id}/activity`.
pub(super) async fn enter(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match path {
        Ok(Path(id)) => entered(&mut visit, id, form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn entered(
    visit: &mut Visit,
    id: i64,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let name = writable(visit, RecordId(id)).await?;
    let fields = Fields::of(form)?;
    let w = visit.words();
    let offered = about(visit, RecordId(id)).await?;
    let again =
        |visit: &Visit, text: String| activity_form(visit, (id, name.clone()), offered.clone(), &fields, Some(text));
    let on = fields.number("on").unwrap_or(id);
    if on != id && !offered.iter().any(|(deal, _)| *deal == on) {
        return Err(Refusal::NotFound);
    }
    let Some(kind) = ActivityKind::from_word(fields.get("kind")) else { return Err(Refusal::NotFound) };
    let Ok(due) = due(&fields, visit) else { return Ok(again(visit, w.bad_day.to_owned())) };
    let note = kind == ActivityKind::Note;
    let done = (fields.get("done") == "1" && !note).then_some(visit.clock.now);
    let wanted = Entered {
        record: RecordId(on),
        kind,
        subject: fields.get("subject").to_owned(),
        body: fields.get("text").to_owned(),
        responsible: fields.number("responsible").map(UserId),
        due: due.filter(|_| done.is_none()),
        done,
    };
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    match activities::add(&mut tx, &actor, &wanted).await? {
        Ok(_) => {
            tx.commit().await?;
            Ok(go(&format!("/records/{on}")))
        }
        Err(No::NotThere) => Err(Refusal::NotFound),
        Err(no) => Ok(again(visit, activity_no(&no, w))),
    }
}

/// The moment of a day and a time in the viewer's zone; without a time the end of the working day.
fn due(fields: &Fields, visit: &Visit) -> Result<Option<Timestamp>, ()> {
    let (day, time) = (fields.get("day"), fields.get("time"));
    if day.is_empty() {
        return Ok(None);
    }
    let day: NaiveDate = day.parse().map_err(|_| ())?;
    let time = match time {
        "" => NaiveTime::from_hms_opt(17, 0, 0).ok_or(())?,
        text => NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| ())?,
    };
    Ok(Some(access::local_moment(day, time, visit.clock.zone)))
}

struct OwnerRow {
    when: When,
    from: String,
    to: String,
    by: String,
    how: &'static str,
    reason: String,
}

#[derive(Template)]
#[template(path = "owners.html")]
struct OwnersPage {
    shell: Shell,
    w: &'static Words,
    id: i64,
    record: String,
    rows: Vec<OwnerRow>,
}

/// `GET /records/{id}/owners`.
pub(super) async fn owners(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let answer = match path {
        Ok(Path(id)) => history(&mut visit, id).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn history(visit: &mut Visit, id: i64) -> Result<Response, Refusal> {
    let record = RecordId(id);
    let Some(head) = views::head(&mut visit.tx, &visit.scope, record).await? else { return Err(Refusal::NotFound) };
    let all = store::owners::history(&mut visit.tx, record).await?;
    let w = visit.words();
    let row = |change: store::owners::Change| {
        let name = |id: Option<i64>| id.map_or(String::new(), |id| visit.name(UserId(id)));
        let mut by = change.by_user_id.map_or(w.standin.to_owned(), |id| visit.name(UserId(id)));
        if let Some(absent) = change.for_user_id {
            by.push_str(", ");
            by.push_str(&super::words::fill(w.for_name, &[("name", &visit.name(UserId(absent)))]));
        }
        OwnerRow {
            when: visit.clock.when(Timestamp(change.at)),
            from: name(change.from_user_id),
            to: name(Some(change.to_user_id)),
            by,
            how: how(&change, w),
            reason: if change.from_user_id.is_some() { change.reason } else { String::new() },
        }
    };
    let rows = all.into_iter().map(row).collect();
    let shell = visit.shell().titled(w.owners_title).at("records");
    Ok(Html(OwnersPage { shell, w, id, record: head.record.name, rows }).into_response())
}

fn how(change: &store::owners::Change, w: &'static Words) -> &'static str {
    match (change.how.as_str(), change.from_user_id) {
        (_, None) => w.how_import,
        ("step", _) => w.how_step,
        ("step-back", _) => w.how_step_back,
        ("leaver", _) => w.how_leaver,
        ("hand-over" | "incoming", _) => w.how_hand_over,
        ("return" | "undo", _) => w.how_return,
        ("merge", _) => w.how_merge,
        _ => w.how_assign,
    }
}

/// `POST /records/{id}/step`: gives the record back, or closes its steps.
pub(super) async fn step(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match path {
        Ok(Path(id)) => stepped(&visit, id, form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn stepped(
    visit: &Visit,
    id: i64,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    let (w, record, here) = (visit.words(), RecordId(id), format!("/records/{id}"));
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    let why = match fields.get("what") {
        "back" => match assign::give_back(&mut tx, &actor, record, "").await? {
            Ok(outcome) => outcome.left_out.into_iter().next().map(|l| left_out(&l, w).1),
            Err(no) => Some(super::doing::objection(&no, w)),
        },
        "close" => match assign::close_step(&mut tx, &actor, record).await? {
            Ok(_) => None,
            Err(why) => Some(left_out(&LeftOut { record, name: None, why }, w).1),
        },
        _ => return Err(Refusal::NotFound),
    };
    if actor.named(&mut tx, &[record]).await?.entries.is_empty() && why.is_some() {
        return Err(Refusal::NotFound);
    }
    match why {
        None => {
            tx.commit().await?;
            Ok(go(&here))
        }
        Some(text) => Ok(told(visit, w.not_changed.to_owned(), vec![text], &here)),
    }
}

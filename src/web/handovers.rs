//! Hand-overs (S10): what one would do, its progress, what was kept and why, return and undo. For
//! the person, their line managers and admins; records are named only to who may see them.

use super::doing::{choice, roll};
use super::live::fingerprint;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::visit::Visit;
use super::when::When;
use super::words::{Words, fill};
use crate::access::{self, Stays, Terms};
use crate::actions::handover::{self, Asked, No, Preview};
use crate::model::handover::{Handover, Item, Kept, Stage, State};
use crate::model::id::{AbsenceId, HandoverId, RecordId, UserId};
use crate::model::time::Timestamp;
use crate::store::{handovers, records};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::HashMap;

/// Hand-overs on the list, and records that are named as kept.
const SHOWN: i64 = 200;
/// Records that a preview names.
const SAMPLES: usize = 8;

/// What a form asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// Id of whose records.
    user: String,
    /// Id of who receives them; empty: as the absence says.
    to: String,
    /// Last day; empty: until the absence ends.
    until: String,
    /// Id of the absence; empty: the one that runs or comes next.
    absence: String,
    /// The fingerprint of the preview that was seen.
    seen: String,
}

struct ListRow {
    id: i64,
    from: String,
    to: String,
    state: &'static str,
    progress: String,
    at: When,
}

/// Id, name, and whether chosen.
type Choice = (i64, String, bool);

#[derive(Template)]
#[template(path = "handovers.html")]
struct ListPage {
    shell: Shell,
    w: &'static Words,
    problem: Option<&'static str>,
    rows: Vec<ListRow>,
    whose: Vec<Choice>,
    receivers: Vec<Choice>,
    until: String,
}

/// `GET /handovers`.
pub(super) async fn list(mut visit: Visit) -> Response {
    let page = list_page(&mut visit, &Wanted::default(), None).await;
    visit.answer(page)
}

async fn list_page(visit: &mut Visit, wanted: &Wanted, problem: Option<&'static str>) -> Result<Response, Refusal> {
    let w = visit.words();
    let (me, now) = (visit.person.user, visit.clock.now);
    let mine = |user: UserId| handover::may_decide(Some(me), user, &visit.world, now);
    let decides: Vec<UserId> = visit.world.people.iter().map(|p| p.id).filter(|id| mine(*id)).collect();
    let mut found = handovers::latest(&mut visit.tx, Some(&decides), SHOWN).await?;
    found.retain(|h| decides.contains(&h.from));
    let ids: Vec<HandoverId> = found.iter().map(|h| h.id).collect();
    let known = handovers::totals_seen(&mut visit.tx, &visit.scope, &ids).await?;
    for each in &mut found {
        count(each, known.get(&each.id));
    }
    let row = |h: &Handover| ListRow {
        id: h.id.0,
        from: visit.name(h.from),
        to: h.to.map_or_else(|| w.handover_by_absence.to_owned(), |to| visit.name(to)),
        state: state(h.state, w),
        progress: progress(h, w),
        at: visit.clock.when(h.created_at),
    };
    let rows = found.iter().map(row).collect();
    let choices = |people: &[UserId], chosen: &str| {
        let people = people.iter().filter_map(|id| visit.world.person(*id));
        choice(roll(people, &visit.world), chosen.parse().ok())
    };
    let active: Vec<UserId> = visit.world.people.iter().filter(|p| p.active).map(|p| p.id).collect();
    let whose = choices(&decides, if wanted.user.is_empty() { me.to_string() } else { wanted.user.clone() }.as_str());
    let receivers = choices(&active, &wanted.to);
    let shell = visit.shell().at("handovers").titled(w.handovers);
    Ok(Html(ListPage { shell, w, problem, rows, whose, receivers, until: wanted.until.clone() }).into_response())
}

fn state(state: State, w: &'static Words) -> &'static str {
    match state {
        State::Running => w.handover_running,
        State::Done => w.handover_done,
        State::Returning => w.handover_returning,
        State::Returned => w.handover_returned,
        State::Undoing => w.handover_undoing,
        State::Undone => w.handover_undone,
        State::Cancelled => w.handover_cancelled,
    }
}

/// Puts what the viewer may know of in the place of how many records there are and are dealt with.
pub(super) fn count(handover: &mut Handover, known: Option<&HashMap<(&'static str, Stage), i64>>) {
    let known = || known.into_iter().flatten().filter(|((what, _), _)| *what == "record");
    let left: i64 = known().filter(|((_, stage), _)| handover.left().contains(stage)).map(|(_, n)| n).sum();
    handover.total = known().map(|(_, n)| n).sum();
    handover.done = handover.total - left;
}

fn progress(handover: &Handover, w: &'static Words) -> String {
    if handover.total == 0 && handover.state == State::Running {
        return w.handover_gathering.to_owned();
    }
    let (done, total) = (w.number(handover.done), w.number(handover.total));
    fill(w.handover_progress, &[("done", &done), ("total", &total)])
}

/// What is said about a no; nothing where it is as if there were no page.
fn problem(no: No, w: &'static Words) -> Option<&'static str> {
    match no {
        No::Absent => None,
        No::NoTerms => Some(w.handover_no_terms),
        No::Over => Some(w.handover_over),
        No::Busy(_) => Some(w.handover_busy),
        No::Nothing => Some(w.handover_nothing),
        No::Changed => Some(w.handover_changed),
        No::Wrong(_) => Some(w.handover_wrong),
        No::TooLate => Some(w.handover_too_late),
    }
}

/// What the form means; the inner error is a sentence for whoever filled it in.
fn asked(wanted: &Wanted, visit: &Visit) -> Result<Result<Asked, &'static str>, Refusal> {
    let id = |text: &str| match text {
        "" => Ok(None),
        text => text.parse::<i64>().map(Some).map_err(|_| Refusal::NotFound),
    };
    let from = id(&wanted.user)?.map(UserId);
    let returns_at = match wanted.until.trim() {
        "" => None,
        text => match text.parse::<NaiveDate>().ok().and_then(|day| day.succ_opt()) {
            Some(next) => Some(access::day_start(next, visit.clock.zone)),
            None => return Ok(Err(visit.words().handover_bad_day)),
        },
    };
    let (to, absence) = (id(&wanted.to)?.map(UserId), id(&wanted.absence)?.map(AbsenceId));
    Ok(Ok(Asked { from, to, absence, returns_at }))
}

struct CountsRow {
    name: String,
    accounts: String,
    contacts: String,
    leads: String,
    opportunities: String,
    activities: String,
}

/// A name, a number, and how many of it are confidential.
type SightRow = (String, String, Option<String>);
/// A number, why, and those of them that the viewer may see.
type StaysRow = (String, String, Vec<(i64, String)>);

#[derive(Template)]
#[template(path = "handover_preview.html")]
struct PreviewPage {
    shell: Shell,
    w: &'static Words,
    title: String,
    changed: bool,
    receivers: Vec<CountsRow>,
    samples: Vec<(i64, String)>,
    more: bool,
    sight: Vec<(&'static str, Vec<SightRow>)>,
    stays: Vec<StaysRow>,
    button: Option<String>,
    asked: Wanted,
    seen: String,
}

/// `GET /handovers/preview`.
pub(super) async fn preview(mut visit: Visit, wanted: Result<Query<Wanted>, QueryRejection>) -> Response {
    let page = match wanted {
        Ok(Query(wanted)) => preview_page(&mut visit, &wanted, false).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn preview_page(visit: &mut Visit, wanted: &Wanted, changed: bool) -> Result<Response, Refusal> {
    let asked = match asked(wanted, visit)? {
        Ok(asked) => asked,
        Err(sentence) => return list_page(visit, wanted, Some(sentence)).await,
    };
    let (me, now) = (Some(visit.person.user), visit.clock.now);
    let terms: Terms = match handover::terms(&mut visit.tx, &asked, me, &visit.world, now).await? {
        Ok(terms) => terms,
        Err(no) => return refused(visit, wanted, no).await,
    };
    let preview = handover::told(&mut visit.tx, &terms, me, &visit.world, now).await?;
    let firsts = |records: &[RecordId]| records.iter().take(SAMPLES).copied().collect::<Vec<_>>();
    let moving: Vec<RecordId> = preview.moves.iter().map(|(id, _)| *id).collect();
    let mut named = firsts(&moving);
    preview.stays.values().for_each(|records| named.extend(firsts(records)));
    let names = names(visit, &named).await?;
    let page = filled(visit, &preview, &names, wanted, changed);
    Ok(Html(page).into_response())
}

fn filled(
    visit: &Visit,
    preview: &Preview,
    names: &HashMap<RecordId, String>,
    wanted: &Wanted,
    changed: bool,
) -> PreviewPage {
    let w = visit.words();
    let seen = |ids: &mut dyn Iterator<Item = RecordId>| -> Vec<(i64, String)> {
        ids.take(SAMPLES).filter_map(|id| Some((id.0, names.get(&id)?.clone()))).collect()
    };
    let counts = |(to, c): (&UserId, &handover::Counts)| CountsRow {
        name: visit.name(*to),
        accounts: w.number(c.accounts),
        contacts: w.number(c.contacts),
        leads: w.number(c.leads),
        opportunities: w.number(c.opportunities),
        activities: w.number(c.activities),
    };
    let secret: HashMap<UserId, i64> = preview.gains_confidential.iter().copied().collect();
    let gain = |(id, n): &(UserId, i64)| {
        let secret = secret.get(id).map(|n| fill(w.handover_gains_secret, &[("n", &w.number(*n))]));
        (visit.name(*id), w.number(*n), secret)
    };
    let lose = |(id, n): &(UserId, i64)| (visit.name(*id), w.number(*n), None);
    let stays = |(why, records): (&Stays, &Vec<RecordId>)| {
        (w.number(records.len() as i64), stays_text(*why, visit), seen(&mut records.iter().copied()))
    };
    let activities =
        |(why, n): (&Stays, &i64)| (w.count(&w.handover_activities_stay, *n), stays_text(*why, visit), Vec::new());
    let title = fill(w.handover_preview, &[("name", &visit.name(preview.from))]);
    let total = preview.counts.records();
    PreviewPage {
        shell: visit.shell().at("handovers").titled(&title),
        w,
        title,
        changed,
        receivers: preview.receivers.iter().map(counts).collect(),
        samples: seen(&mut preview.moves.iter().map(|(id, _)| *id)),
        more: preview.moves.len() > SAMPLES,
        sight: vec![
            (w.handover_gains, preview.gains.iter().map(gain).collect()),
            (w.handover_loses, preview.loses.iter().map(lose).collect()),
        ],
        stays: preview.stays.iter().map(stays).chain(preview.activities_stay.iter().map(activities)).collect(),
        button: (total > 0).then(|| w.count(&w.handover_run, total)),
        asked: wanted.clone(),
        seen: preview.fingerprint(),
    }
}

/// Why a record stays, in words.
pub(super) fn stays_text(why: Stays, visit: &Visit) -> String {
    let w = visit.words();
    let of = |text: &str, user| fill(text, &[("name", &visit.name(user))]);
    match why {
        Stays::Confidential => w.stays_confidential.to_owned(),
        Stays::Nobody => w.stays_nobody.to_owned(),
        Stays::Deactivated(user) => of(w.stays_deactivated, user),
        Stays::Away(user) => of(w.stays_away, user),
        Stays::NoRight => w.stays_no_right.to_owned(),
        Stays::Unseen(user) => of(w.stays_unseen, user),
        Stays::Gone => w.stays_gone.to_owned(),
    }
}

/// The names of those of these records that the viewer may see.
async fn names(visit: &mut Visit, ids: &[RecordId]) -> Result<HashMap<RecordId, String>, Refusal> {
    let found = records::load_seen(&mut visit.tx, &visit.scope, ids).await?;
    Ok(found.into_iter().map(|e| (e.record.id, e.record.name)).collect())
}

async fn refused(visit: &mut Visit, wanted: &Wanted, no: No) -> Result<Response, Refusal> {
    match problem(no, visit.words()) {
        None => Err(Refusal::NotFound),
        Some(sentence) => list_page(visit, wanted, Some(sentence)).await,
    }
}

/// `POST /handovers`: runs what a preview showed.
pub(super) async fn run(mut visit: Visit, wanted: Result<Form<Wanted>, FormRejection>) -> Response {
    let page = match wanted {
        Ok(Form(wanted)) => begin(&mut visit, &wanted).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn begin(visit: &mut Visit, wanted: &Wanted) -> Result<Response, Refusal> {
    let asked = match asked(wanted, visit)? {
        Ok(asked) => asked,
        Err(sentence) => return list_page(visit, wanted, Some(sentence)).await,
    };
    let (me, now) = (visit.person.user, visit.clock.now);
    let (db, seen) = (&visit.app.state.db, Some(wanted.seen.as_str()));
    match handover::begin(db, &asked, seen, "hand-over", Some(me), &visit.world, now).await? {
        Ok(id) => Ok(Redirect::to(&format!("/handovers/{id}")).into_response()),
        Err(No::Changed) => preview_page(visit, wanted, true).await,
        Err(no) => refused(visit, wanted, no).await,
    }
}

/// What the page of a hand-over is made of: only what the viewer may know of, since a change of
/// anything in it is announced to who looks at the page.
#[derive(Debug)]
pub(super) struct Data {
    pub handover: Handover,
    pub totals: Vec<(Stage, i64)>,
    pub receivers: Vec<(UserId, i64)>,
    pub kept: Vec<Item>,
    pub names: Vec<(RecordId, String)>,
}

#[derive(Template)]
#[template(path = "handover.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    id: i64,
    title: String,
    problem: Option<&'static str>,
    word: &'static str,
    state: &'static str,
    receivers: Vec<(String, Option<String>)>,
    counts: Vec<(&'static str, String)>,
    at: When,
    under_way: bool,
    progress: String,
    total: i64,
    done: i64,
    give_back: Option<String>,
    by_force: Option<String>,
    undo: Option<(String, When)>,
    cancel: bool,
    kept: Vec<(Option<(i64, String)>, Timed)>,
}

/// `GET /handovers/{id}`.
pub(super) async fn page(mut visit: Visit, id: Result<Path<i64>, PathRejection>) -> Response {
    let page = match id {
        Ok(Path(id)) => view(&mut visit, HandoverId(id), None).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit, id: HandoverId) -> Result<Data, Refusal> {
    let (me, now) = (Some(visit.person.user), visit.clock.now);
    let found = handover::find(&mut visit.tx, id, me, &visit.world, now).await?;
    let mut handover = found.map_err(|_| Refusal::NotFound)?;
    let all = handovers::totals_seen(&mut visit.tx, &visit.scope, &[id]).await?.remove(&id).unwrap_or_default();
    count(&mut handover, Some(&all));
    let stages = [Stage::Pending, Stage::Moved, Stage::Returned, Stage::Kept, Stage::Undone];
    let totals = stages.iter().filter_map(|s| Some((*s, *all.get(&("record", *s))?))).collect();
    let receivers = handovers::receivers_seen(&mut visit.tx, &visit.scope, id).await?;
    let kept = handovers::kept_seen(&mut visit.tx, &visit.scope, id, SHOWN).await?;
    let ids: Vec<RecordId> = kept.iter().map(|item| item.record).collect();
    let mut names: Vec<(RecordId, String)> = names(visit, &ids).await?.into_iter().collect();
    names.sort();
    Ok(Data { handover, totals, receivers, kept, names })
}

async fn view(visit: &mut Visit, id: HandoverId, problem: Option<&'static str>) -> Result<Response, Refusal> {
    let data = load(visit, id).await?;
    let (w, h) = (visit.words(), &data.handover);
    let of = |stage| data.totals.iter().find(|(s, _)| *s == stage).map_or(0, |(_, n)| *n);
    let title = fill(w.handover_of, &[("name", &visit.name(h.from))]);
    let shell = visit.shell().at("handovers").titled(&title).live(&format!("/handovers/{id}"), fingerprint(&data));
    let undo = h.undo_until().filter(|until| visit.clock.now <= *until).map(|until| {
        let text = match h.state {
            State::Returned => w.count(&w.handover_undo_return, of(Stage::Returned)),
            _ => w.count(&w.handover_undo_run, of(Stage::Moved)),
        };
        (text, visit.clock.when(until))
    });
    let names: HashMap<RecordId, &String> = data.names.iter().map(|(id, name)| (*id, name)).collect();
    let kept = |item: &Item| {
        let name = names.get(&item.record).map(|name| (item.record.0, (*name).clone()));
        (name, item.kept.map_or_else(Timed::default, |kept| kept_text(kept, visit)))
    };
    let assigned = data.kept.iter().filter(|i| i.stage == Stage::Kept && matches!(i.kept, Some(Kept::Assigned { .. })));
    let assigned = assigned.count() as i64;
    let page = Page {
        id: id.0,
        problem,
        word: h.state.word(),
        state: state(h.state, w),
        receivers: receivers(&data, visit),
        counts: data.totals.iter().map(|(s, n)| (stage(*s, w), w.number(*n))).collect(),
        at: visit.clock.when(h.settled_at.unwrap_or(h.created_at)),
        under_way: h.state.is_under_way(),
        progress: progress(h, w),
        total: h.total.max(1),
        done: h.done,
        give_back: (h.state == State::Done).then(|| w.count(&w.handover_return, of(Stage::Moved))),
        by_force: (h.state == State::Returned && assigned > 0).then(|| w.count(&w.handover_return, assigned)),
        undo,
        cancel: h.state == State::Running,
        kept: data.kept.iter().map(kept).collect(),
        title,
        shell,
        w,
    };
    Ok(Html(page).into_response())
}

/// Who receives how many; before that is known, who was named.
fn receivers(data: &Data, visit: &Visit) -> Vec<(String, Option<String>)> {
    let w = visit.words();
    if data.receivers.is_empty() {
        let named = data.handover.to.map_or_else(|| w.handover_by_absence.to_owned(), |to| visit.name(to));
        return vec![(named, None)];
    }
    data.receivers.iter().map(|(user, n)| (visit.name(*user), Some(w.number(*n)))).collect()
}

fn stage(stage: Stage, w: &'static Words) -> &'static str {
    match stage {
        Stage::Pending => w.stage_pending,
        Stage::Moved => w.stage_moved,
        Stage::Returned => w.stage_returned,
        Stage::Kept => w.stage_kept,
        Stage::Undone => w.stage_undone,
    }
}

/// Why a record was kept, in words.
pub(super) fn kept_text(kept: Kept, visit: &Visit) -> Timed {
    let w = visit.words();
    match kept {
        Kept::Assigned { by, to, at } => {
            let by = by.map_or_else(|| w.kept_operator.to_owned(), |by| visit.name(by));
            let (to, when) = (visit.name(to), visit.clock.when(at));
            let moments = [("day", &when, when.exact.as_str())];
            let moments: &[_] = if at == Timestamp::default() { &[] } else { &moments };
            Timed::with(w.kept_assigned, &[("by", &by), ("to", &to)], moments)
        }
        Kept::Back => Timed::plain(w.kept_back),
        Kept::Deactivated { user } => Timed::with(w.kept_deactivated, &[("name", &visit.name(user))], &[]),
        Kept::Gone => Timed::plain(w.kept_gone),
    }
}

/// What the form of a return says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Forced {
    force: String,
}

/// `POST /handovers/{id}/return`.
pub(super) async fn give_back(
    visit: Visit,
    id: Result<Path<i64>, PathRejection>,
    form: Result<Form<Forced>, FormRejection>,
) -> Response {
    let force = form.is_ok_and(|Form(forced)| forced.force == "yes");
    turn(visit, id, Turned::Return { force }).await
}

/// `POST /handovers/{id}/undo`.
pub(super) async fn undo(visit: Visit, id: Result<Path<i64>, PathRejection>) -> Response {
    turn(visit, id, Turned::Undo).await
}

/// `POST /handovers/{id}/cancel`.
pub(super) async fn cancel(visit: Visit, id: Result<Path<i64>, PathRejection>) -> Response {
    turn(visit, id, Turned::Cancel).await
}

enum Turned {
    Return { force: bool },
    Undo,
    Cancel,
}

async fn turn(mut visit: Visit, id: Result<Path<i64>, PathRejection>, what: Turned) -> Response {
    let page = match id {
        Ok(Path(id)) => turned(&mut visit, HandoverId(id), what).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn turned(visit: &mut Visit, id: HandoverId, what: Turned) -> Result<Response, Refusal> {
    let (me, now, world) = (Some(visit.person.user), visit.clock.now, &visit.world);
    let mut tx = visit.app.state.db.write().await?;
    let done = match what {
        Turned::Return { force } => handover::give_back(&mut tx, id, force, me, world, now).await?,
        Turned::Undo => handover::undo(&mut tx, id, me, world, now).await?,
        Turned::Cancel => handover::cancel(&mut tx, id, me, world, now).await?,
    };
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/handovers/{id}")).into_response())
        }
        Err(no) => {
            drop(tx);
            match problem(no, visit.words()) {
                None => Err(Refusal::NotFound),
                sentence => view(visit, id, sentence).await,
            }
        }
    }
}

//! The admins' rules in their order, with the built-in steps among them (W18), and runs over history.

use super::doing::{Fields, go};
use super::refusal::Refusal;
use super::rule_words::{built_in, no, run_state, sentence, switch};
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{RuleWords, Words, fill};
use crate::access::World;
use crate::actions::caller::Caller;
use crate::actions::rules::{self, Edit, No};
use crate::link::steps::BUILT_IN;
use crate::model::id::{RuleId, RuleJobId, UserId};
use crate::model::rule::{Kept, Rule, Switch};
use crate::model::time::DAY;
use crate::store;
use crate::store::rules::{Counts, Job, JobState, Precision};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Days over which effects are counted.
const DAYS: i64 = 30;
/// Runs that the page names.
const RUNS: i64 = 10;

struct Row {
    place: String,
    /// Its id; `None` for a built-in step.
    id: Option<i64>,
    name: String,
    text: String,
    state: &'static str,
    hits: String,
    shadow: String,
    precision: String,
    last: Option<When>,
    buttons: Vec<Button>,
}

/// The value of a button, what stands on it, and what it is called.
struct Button {
    value: String,
    text: &'static str,
    label: String,
}

pub(super) struct RunRow {
    pub id: i64,
    pub version: i64,
    pub state: &'static str,
    pub progress: String,
    pub changed: String,
    pub by: String,
    pub at: When,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct Page {
    shell: Shell,
    r: &'static RuleWords,
    version: i64,
    problem: Option<String>,
    rows: Vec<Row>,
    any: bool,
    text: String,
    runs: Vec<RunRow>,
}

/// Whoever asks for a page about rules, as actions want them.
pub(super) fn caller<'w>(visit: &Visit, world: &'w World) -> Caller<'w> {
    Caller { by: Some(visit.person.user), world, now: visit.clock.now }
}

/// A no as a page: nothing there, or a sentence.
pub(super) fn refused(why: &No, w: &'static Words) -> Refusal {
    no(why, w).map_or(Refusal::NotFound, Refusal::Declined)
}

/// Who did something.
pub(super) fn who(by: Option<UserId>, visit: &Visit) -> String {
    by.map_or_else(|| visit.words().rules().operator.to_owned(), |id| visit.name(id))
}

/// `GET /admin/rules`.
pub(super) async fn page(mut visit: Visit) -> Response {
    let page = view(&mut visit, None, String::new()).await;
    visit.answer(page)
}

async fn view(visit: &mut Visit, problem: Option<String>, text: String) -> Result<Response, Refusal> {
    let world = visit.world.clone();
    let (w, r) = (visit.words(), visit.words().rules());
    let caller = caller(visit, &world);
    let (version, all) = rules::all(&mut visit.tx, &caller).await?.map_err(|n| refused(&n, w))?;
    let since = visit.clock.now.plus(-DAYS * DAY);
    let counts = store::rules::counts(&mut visit.tx, since).await?;
    let precisions = store::rules::precision(&mut visit.tx, since).await?;
    let jobs = store::rules::latest(&mut visit.tx, RUNS).await?;
    let steps = |places: std::ops::RangeInclusive<u8>| {
        BUILT_IN.iter().filter(move |s| places.contains(&s.place)).map(move |s| {
            let (name, text) = built_in(s, r);
            Row {
                place: s.place.to_string(),
                id: None,
                name: name.to_owned(),
                text: text.to_owned(),
                state: r.built_in,
                hits: String::new(),
                shadow: String::new(),
                precision: String::new(),
                last: None,
                buttons: Vec::new(),
            }
        })
    };
    let mut rows: Vec<Row> = steps(1..=3).collect();
    for (n, kept) in all.iter().enumerate() {
        let count = counts.get(&kept.id).copied().unwrap_or_default();
        let precision = precisions.get(&kept.id).copied().unwrap_or_default();
        rows.push(row(n, kept, all.len(), count, precision, visit));
    }
    rows.extend(steps(5..=9));
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let runs = jobs.iter().map(|job| run_row(job, visit)).collect();
    let shell = visit.shell().titled(r.title).at("rules");
    let page = Page { shell, r, version, problem, rows, any: !all.is_empty(), text, runs };
    Ok((code, Html(page)).into_response())
}

fn row(n: usize, kept: &Kept, of: usize, count: Counts, precision: Precision, visit: &Visit) -> Row {
    let (w, r) = (visit.words(), visit.words().rules());
    let name = kept.rule.name.as_str();
    let button = |value: String, text: &'static str, label: &'static str| Button {
        value,
        text,
        label: fill(label, &[("name", name), ("what", text)]),
    };
    let mut buttons = Vec::new();
    if n > 0 {
        buttons.push(button(format!("move-{n}"), r.up, r.up_of));
    }
    if n + 1 < of {
        buttons.push(button(format!("move-{}", n + 2), r.down, r.down_of));
    }
    let states = [(Switch::On, r.turn_on), (Switch::Shadow, r.turn_shadow), (Switch::Off, r.turn_off)];
    for (state, text) in states.into_iter().filter(|(state, _)| *state != kept.rule.state) {
        buttons.push(button(state.word().to_owned(), text, r.turn_of));
    }
    buttons.push(button("delete".to_owned(), r.delete, r.delete_of));
    let percent = precision.percent().map(|percent| {
        let (acted, corrected) = (w.number(precision.acted), w.number(precision.corrected));
        fill(r.precision_of, &[("percent", &percent.to_string()), ("corrected", &corrected), ("acted", &acted)])
    });
    Row {
        place: format!("4.{}", n + 1),
        id: Some(kept.id.0),
        name: name.to_owned(),
        text: sentence(&kept.rule, w),
        state: switch(kept.rule.state, r),
        hits: w.count(&r.mails, count.on),
        shadow: if count.shadow > 0 { fill(r.in_shadow, &[("n", &w.number(count.shadow))]) } else { String::new() },
        precision: percent.unwrap_or_default(),
        last: count.last.map(|at| visit.clock.when(at)),
        buttons,
    }
}

fn run_row(job: &Job, visit: &Visit) -> RunRow {
    let (w, r) = (visit.words(), visit.words().rules());
    RunRow {
        id: job.id.0,
        version: job.version,
        state: run_state(job.state, r),
        progress: fill(r.run_progress, &[("done", &w.number(job.done)), ("total", &w.number(job.total))]),
        changed: w.count(&r.mails, job.changed),
        by: who(job.by, visit),
        at: visit.clock.when(job.created_at),
    }
}

/// `POST /admin/rules`: drafts a change and asks for its dry run.
pub(super) async fn change(mut visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let page = changed(&mut visit, form).await;
    visit.answer(page)
}

async fn changed(
    visit: &mut Visit,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let text = fields.0.iter().find(|(name, _)| name == "toml").map_or("", |(_, text)| text.as_str()).to_owned();
    let edit = match edit(&fields, &text) {
        Ok(Some(edit)) => edit,
        Ok(None) => return Err(Refusal::NotFound),
        Err(why) => return view(visit, no(&why, visit.words()), text).await,
    };
    match tried(visit, &edit).await? {
        Ok(address) => Ok(go(&address)),
        Err(why) => match no(&why, visit.words()) {
            Some(sentence) => view(visit, Some(sentence), text).await,
            None => Err(Refusal::NotFound),
        },
    }
}

/// What a button of the list means; `None` where no button does.
fn edit(fields: &Fields, text: &str) -> Result<Option<Edit>, No> {
    let rule = fields.number("rule").map(RuleId);
    let wanted = fields.get("do");
    Ok(match (wanted, rule) {
        ("import", _) => Some(Edit::Import(rules::from_toml(text)?)),
        ("apply", _) => Some(Edit::AsIs),
        ("on", Some(rule)) => Some(Edit::Turn(rule, Switch::On)),
        ("shadow", Some(rule)) => Some(Edit::Turn(rule, Switch::Shadow)),
        ("off", Some(rule)) => Some(Edit::Turn(rule, Switch::Off)),
        ("delete", Some(rule)) => Some(Edit::Delete(rule)),
        (wanted, Some(rule)) => {
            wanted.strip_prefix("move-").and_then(|to| to.parse().ok()).map(|to| Edit::Move(rule, to))
        }
        _ => None,
    })
}

/// Asks for the dry run of a change; gives the address at which it shows.
pub(super) async fn tried(visit: &Visit, edit: &Edit) -> Result<Result<String, No>, Refusal> {
    let (mut tx, world) = visit.acting().await?;
    let tried = rules::try_out(&mut tx, &caller(visit, &world), edit).await?;
    if tried.is_ok() {
        tx.commit().await?;
    }
    Ok(tried.map(|id| format!("/admin/rules/trials/{id}")))
}

/// `GET /admin/rules/export`: all rules as TOML.
pub(super) async fn export(mut visit: Visit) -> Response {
    let page = exported(&mut visit).await;
    visit.answer(page)
}

async fn exported(visit: &mut Visit) -> Result<Response, Refusal> {
    let world = visit.world.clone();
    let caller = caller(visit, &world);
    let (_, all) = rules::all(&mut visit.tx, &caller).await?.map_err(|n| refused(&n, visit.words()))?;
    let all: Vec<Rule> = all.into_iter().map(|kept| kept.rule).collect();
    Ok(file("application/toml; charset=utf-8", "standin-rules.toml", rules::to_toml(&all)?))
}

/// A text as a file that is saved.
pub(super) fn file(kind: &'static str, name: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    (headers, text).into_response()
}

#[derive(Template)]
#[template(path = "rule_run.html")]
struct RunPage {
    shell: Shell,
    r: &'static RuleWords,
    problem: Option<String>,
    title: String,
    means: String,
    run: RunRow,
    under_way: bool,
    done: i64,
    total: i64,
    cancel: bool,
    undo: Option<(String, When)>,
}

/// `GET /admin/rules/runs/{id}`.
pub(super) async fn run(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) => run_page(&mut visit, RuleJobId(id), None).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn run_page(visit: &mut Visit, id: RuleJobId, problem: Option<String>) -> Result<Response, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let (w, r) = (visit.words(), visit.words().rules());
    let job = store::rules::load(&mut visit.tx, id).await?.ok_or(Refusal::NotFound)?;
    let title = fill(r.run, &[("n", &id.to_string())]);
    let until = job.undo_until().filter(|until| visit.clock.now <= *until);
    let undo =
        until.map(|until| (fill(r.run_undo, &[("mails", &w.count(&r.mails, job.changed))]), visit.clock.when(until)));
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = RunPage {
        shell: visit.shell().titled(&title).at("rules"),
        r,
        problem,
        title,
        means: fill(r.run_means, &[("version", &job.version.to_string())]),
        run: run_row(&job, visit),
        under_way: job.state.is_under_way(),
        done: job.done,
        total: job.total.max(1),
        cancel: job.state == JobState::Running,
        undo,
    };
    Ok((code, Html(page)).into_response())
}

/// `POST /admin/rules/runs/{id}`: stops or undoes it.
pub(super) async fn turn(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match path {
        Ok(Path(id)) => turned(&mut visit, RuleJobId(id), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn turned(
    visit: &mut Visit,
    id: RuleJobId,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    let (mut tx, world) = visit.acting().await?;
    let caller = caller(visit, &world);
    let turned = match fields.get("do") {
        "cancel" => rules::cancel(&mut tx, &caller, id).await?,
        "undo" => rules::undo(&mut tx, &caller, id).await?,
        _ => return Err(Refusal::NotFound),
    };
    match turned {
        Ok(()) => {
            tx.commit().await?;
            Ok(go(&format!("/admin/rules/runs/{id}")))
        }
        Err(why) => {
            drop(tx);
            let sentence = no(&why, visit.words()).ok_or(Refusal::NotFound)?;
            run_page(visit, id, Some(sentence)).await
        }
    }
}

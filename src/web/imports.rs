//! Importing users and records from CSV files (W27), for admins: a file is given, its columns are assigned, a
//! dry run shows what would come of it, the run does that. What is imported is what was uploaded; nothing is
//! fetched.

use super::doing::Fields;
use super::refusal::Refusal;
use super::rules::file;
use super::shell::{Html, Shell};
use super::upload::{Fault, parts};
use super::visit::Visit;
use super::when::When;
use super::words::{ImportWords, fill};
use crate::actions::caller::Caller;
use crate::actions::import::CHARSETS;
use crate::actions::import::job::{self, No, Reading};
use crate::model::time::Timestamp;
use crate::store::imports::{self, Import};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::atomic::Ordering;

/// Imports on the list.
const LATEST: i64 = 50;
/// Rows of a file that are shown.
const FIRST: usize = 5;
/// Characters of a cell that are shown.
const CELL: usize = 80;
/// Columns of a file that can be assigned.
const COLUMNS: usize = 200;
/// Refused rows that are shown.
const REFUSED: usize = 100;

const WHAT: [&str; 5] = ["users", "account", "contact", "lead", "opportunity"];

struct Row {
    id: i64,
    file: String,
    what: &'static str,
    who: String,
    at: When,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "imports.html")]
struct ListPage {
    shell: Shell,
    t: &'static ImportWords,
    problem: Option<String>,
    what: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
}

/// `GET /admin/import`.
pub(super) async fn page(mut visit: Visit) -> Response {
    let page = if visit.person.admin { list(&mut visit, "", None).await } else { Err(Refusal::NotFound) };
    visit.answer(page)
}

async fn list(visit: &mut Visit, chosen: &str, problem: Option<String>) -> Result<Response, Refusal> {
    let t = ImportWords::of(visit.words().language);
    let found = imports::latest(&mut visit.tx, LATEST).await?;
    let row = |import: Import| Row {
        id: import.id,
        what: t.what_word(&import.what),
        who: visit.name(import.user()),
        at: visit.clock.when(Timestamp(import.created_at)),
        state: t.state_word(&import.state),
        file: import.file_name,
    };
    let rows = found.into_iter().map(row).collect();
    let what = WHAT.map(|word| (word, t.what_word(word), word == chosen)).to_vec();
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell().titled(t.title).at("import");
    Ok((status, Html(ListPage { shell, t, problem, what, rows })).into_response())
}

/// `POST /admin/import`: takes a file in.
pub(super) async fn upload(mut visit: Visit, request: Request) -> Response {
    let page = match visit.person.admin {
        true => uploaded(&mut visit, request).await,
        false => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn uploaded(visit: &mut Visit, request: Request) -> Result<Response, Refusal> {
    let (w, t) = (visit.words(), ImportWords::of(visit.words().language));
    let parts = match parts(request).await {
        Ok(parts) => parts,
        Err(Fault::TooLarge) => return list(visit, "", Some(t.no_size.to_owned())).await,
        Err(fault) => return Err(fault.refusal(w, t.no_size)),
    };
    let (mut what, mut name, mut content) = (String::new(), String::new(), Vec::new());
    for part in parts {
        match part.name.as_str() {
            "what" => what = part.text().trim().to_owned(),
            "file" => (name, content) = (part.file.unwrap_or_default(), part.value.to_vec()),
            _ => {}
        }
    }
    let Some(holds) = job::what(&what) else { return list(visit, "", Some(t.no_what.to_owned())).await };
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    match job::open(&mut tx, &caller, holds, &name, &content).await? {
        Ok(id) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/admin/import/{id}")).into_response())
        }
        Err(no) => {
            drop(tx);
            list(visit, &what, Some(t.no(&no))).await
        }
    }
}

struct ColumnView {
    name: String,
    /// Cells of the first rows.
    cells: Vec<String>,
    /// Our columns, and whether it is this one.
    choices: Vec<(&'static str, bool)>,
}

/// How the file is read, and which of its columns are which of ours.
struct MappingView {
    charsets: Vec<(&'static str, bool)>,
    found_charset: String,
    separators: Vec<(&'static str, &'static str, bool)>,
    found_separator: String,
    columns: Vec<ColumnView>,
    needed: String,
}

/// How far it is.
struct UnderWay {
    text: String,
    done: usize,
    total: usize,
}

#[derive(Template)]
#[template(path = "import.html")]
struct Page {
    shell: Shell,
    t: &'static ImportWords,
    id: i64,
    title: String,
    state: String,
    state_word: &'static str,
    kept: bool,
    problem: Option<String>,
    mapping: Option<MappingView>,
    under_way: Option<UnderWay>,
    figures: Option<[String; 4]>,
    read_again: Option<String>,
    /// Row, column, reason.
    refused: Vec<(String, String, String)>,
    more: bool,
    /// What the button says that imports, and what was shown.
    run: Option<(String, String)>,
    none: Option<&'static str>,
    leaves_out: bool,
}

/// `GET /admin/import/{id}`.
pub(super) async fn one(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) if visit.person.admin => view(&mut visit, id, None).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, id: i64, problem: Option<String>) -> Result<Response, Refusal> {
    let w = visit.words();
    let t = ImportWords::of(w.language);
    let import = imports::load(&mut visit.tx, id).await?.ok_or(Refusal::NotFound)?;
    let mapping = match import.kept && import.state == "mapping" {
        true => {
            let body = imports::body(&mut visit.tx, id).await?.unwrap_or_default();
            Some(mapping_view(&import, &body, t))
        }
        false => None,
    };
    let settled = ["tried", "done"].contains(&import.state.as_str());
    let refused = if settled { job::refused(&import) } else { Vec::new() };
    let sound = import.created + import.changed;
    let ready = import.state == "tried" && !import.digest.is_empty() && import.kept;
    let button = |text| t.count(text, sound);
    let run = (ready && sound > 0)
        .then(|| (button(if refused.is_empty() { &t.run_do } else { &t.run_some }), import.digest.clone()));
    let none = (import.state == "tried" && run.is_none() && import.problem != "blocked")
        .then_some(if import.unchanged > 0 && refused.is_empty() { t.nothing_new } else { t.none_sound });
    let figures = [import.created, import.changed, import.unchanged].map(|n| w.number(n));
    let [created, changed, unchanged] = figures;
    let mut rows: Vec<usize> = refused.iter().map(|refused| refused.row).collect();
    rows.dedup();
    let refused_rows = w.number(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    let title = format!("{}: {}", t.what_word(&import.what), import.file_name);
    Ok(Html(Page {
        shell: visit.shell().titled(&title).at("import"),
        t,
        id,
        title,
        state_word: t.state_word(&import.state),
        kept: import.kept,
        problem: problem.or_else(|| t.problem(&import.problem).map(str::to_owned)),
        mapping,
        under_way: under_way(&import, t),
        figures: settled.then_some([created, changed, unchanged, refused_rows]),
        read_again: (import.read_again > 0).then(|| t.count(&t.read_again, import.read_again)),
        more: refused.len() > REFUSED,
        leaves_out: run.is_some() && !refused.is_empty(),
        refused: refused
            .iter()
            .take(REFUSED)
            .map(|refused| (refused.row.to_string(), refused.column.clone(), t.reason(refused)))
            .collect(),
        run,
        none,
        state: import.state,
    })
    .into_response())
}

fn under_way(import: &Import, t: &'static ImportWords) -> Option<UnderWay> {
    if import.state != "trying" && import.state != "running" {
        return None;
    }
    let number = |n: usize| t.language.words().number(i64::try_from(n).unwrap_or(i64::MAX));
    let rows = usize::try_from(import.total).unwrap_or(0);
    let Some(progress) = job::under_way(import.id) else {
        return Some(UnderWay { text: fill(t.waiting, &[("total", &number(rows))]), done: 0, total: rows.max(1) });
    };
    let done = progress.done.load(Ordering::Relaxed);
    let text = match import.state.as_str() {
        "running" if done >= rows => t.after.to_owned(),
        "running" => fill(t.running, &[("done", &number(done)), ("total", &number(rows))]),
        _ => fill(t.trying, &[("done", &number(done)), ("total", &number(rows))]),
    };
    Some(UnderWay { text, done, total: rows.max(1) })
}

fn mapping_view(import: &Import, body: &[u8], t: &'static ImportWords) -> MappingView {
    let sheet = job::sheet(import, body).ok();
    let holds = job::what(&import.what);
    let known = holds.map(job::columns).unwrap_or_default();
    let chosen = job::mapping(import);
    let separators = [(",", t.comma), (";", t.semicolon), ("tab", t.tab)];
    let named = |c: char| separators.iter().find(|(word, _)| word_of(c) == *word).map_or("?", |(_, said)| *said);
    let columns = sheet.iter().flat_map(|sheet| {
        sheet.header.iter().enumerate().take(COLUMNS).map(|(at, name)| ColumnView {
            name: short(name),
            cells: sheet
                .rows
                .iter()
                .take(FIRST)
                .map(|(_, row)| row.get(at).map_or_else(String::new, |c| short(c)))
                .collect(),
            choices: known.iter().map(|ours| (*ours, chosen.get(at).copied().flatten() == Some(*ours))).collect(),
        })
    });
    MappingView {
        columns: columns.collect(),
        charsets: CHARSETS.map(|name| (name, import.charset == name)).to_vec(),
        found_charset: fill(t.found_out, &[("name", sheet.as_ref().map_or("?", |sheet| sheet.charset))]),
        separators: separators
            .map(|(word, said)| (word, said, import.separator.chars().next().map(word_of) == Some(word)))
            .to_vec(),
        found_separator: fill(t.found_out, &[("name", sheet.as_ref().map_or("?", |sheet| named(sheet.separator)))]),
        needed: holds.map(|holds| holds.needed().join(", ")).unwrap_or_default(),
    }
}

/// The word for a separator, in the form.
fn word_of(separator: char) -> &'static str {
    match separator {
        '\t' => "tab",
        ';' => ";",
        _ => ",",
    }
}

fn short(cell: &str) -> String {
    let mut text: String = cell.chars().take(CELL).collect();
    if cell.chars().count() > CELL {
        text.push('…');
    }
    text
}

/// `POST /admin/import/{id}`.
pub(super) async fn act(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match (path, Fields::of(form)) {
        (Ok(Path(id)), Ok(fields)) if visit.person.admin => acted(&mut visit, id, &fields).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn acted(visit: &mut Visit, id: i64, fields: &Fields) -> Result<Response, Refusal> {
    if imports::load(&mut visit.tx, id).await?.is_none() {
        return Err(Refusal::NotFound);
    }
    // Before anything is written: on SQLite nobody writes until the import has stopped.
    if let Some(progress) = job::under_way(id).filter(|_| fields.get("do") == "cancel") {
        progress.stop.store(true, Ordering::Relaxed);
    }
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let done: Result<(), No> = match fields.get("do") {
        "read" | "look" => job::read(&mut tx, &caller, id, &reading(fields)).await?.map(|_| ()),
        "run" => {
            let leave_out = !fields.get("leave_out").is_empty();
            job::run(&mut tx, &caller, id, fields.get("seen"), leave_out).await?
        }
        "back" => job::back(&mut tx, &caller, id).await?,
        "cancel" => job::cancel(&mut tx, &caller, id).await?,
        "throw" => job::throw_away(&mut tx, &caller, id).await?,
        _ => return Err(Refusal::NotFound),
    };
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/admin/import/{id}")).into_response())
        }
        Err(no) => {
            drop(tx);
            let problem = ImportWords::of(visit.words().language).no(&no);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, view(visit, id, Some(problem)).await?).into_response())
        }
    }
}

/// How the form says that the file is read. Its columns are numbered as they stand in the file.
fn reading(fields: &Fields) -> Reading {
    let separator = match fields.get("separator") {
        "tab" => "\t".to_owned(),
        other => other.to_owned(),
    };
    let columns = (0..COLUMNS).map(|at| fields.get(&format!("column-{at}")).to_owned()).collect();
    Reading { charset: fields.get("charset").to_owned(), separator, columns, look: fields.get("do") == "look" }
}

/// `GET /admin/import/{id}/refused.csv`.
pub(super) async fn refused(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) if visit.person.admin => refused_of(&mut visit, id).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn refused_of(visit: &mut Visit, id: i64) -> Result<Response, Refusal> {
    let t = ImportWords::of(visit.words().language);
    let import = imports::load(&mut visit.tx, id).await?.filter(|import| import.kept).ok_or(Refusal::NotFound)?;
    let body = imports::body(&mut visit.tx, id).await?.ok_or(Refusal::NotFound)?;
    if job::refused(&import).is_empty() {
        return Err(Refusal::NotFound);
    }
    let text = job::csv(&import, &body, (t.row_head, t.why_head), |refused| t.reason(refused))?;
    // With its mark spreadsheets read it as UTF-8.
    Ok(file("text/csv; charset=utf-8", "standin-refused.csv", format!("\u{feff}{text}")))
}

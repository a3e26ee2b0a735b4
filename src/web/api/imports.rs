//! Imports of users and records from CSV files: as on the page, a file is given, its columns are assigned, a dry run
//! says what would come of it, and the run does that and nothing else. What is kept in step one by one is better sent
//! by external ids.

use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing};
use super::bearer::Administers;
use super::once::Once;
use super::problem::Problem;
use super::shapes::{List, Who, octets};
use crate::actions::caller::Caller;
use crate::actions::import::CHARSETS;
use crate::actions::import::job::{self, No, Reading};
use crate::model::time::Timestamp;
use crate::store::imports::{self, Import};
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;
use utoipa::ToSchema;

/// Imports on the list.
const LATEST: i64 = 50;
/// Refused rows that are told.
const REFUSED: usize = 1_000;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ImportKind)]
pub(super) enum KindWord {
    /// Users.
    Users,
    /// Accounts.
    Account,
    /// Contacts.
    Contact,
    /// Leads.
    Lead,
    /// Opportunities.
    Opportunity,
}

impl KindWord {
    fn word(self) -> &'static str {
        match self {
            KindWord::Users => "users",
            KindWord::Account => "account",
            KindWord::Contact => "contact",
            KindWord::Lead => "lead",
            KindWord::Opportunity => "opportunity",
        }
    }
}

/// A file to be imported.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportInput)]
pub(in super::super) struct Input {
    // Without words of its own: with them the document would say that it is an object as well.
    #[schema(inline)]
    what: KindWord,
    /// What it is called, for people.
    #[serde(default)]
    file_name: String,
    /// Its octets in base64; at most 24 MiB of them.
    content: String,
}

/// A column of the file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ImportColumn)]
pub(in super::super) struct ColumnView {
    /// What it is called in the file.
    name: String,
    /// Which of ours it is; null: it is left out.
    column: Option<&'static str>,
}

/// A row that is not imported.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ImportRefused)]
pub(in super::super) struct RefusedView {
    /// Its number as a spreadsheet shows it.
    row: usize,
    /// Our column that is to blame; null: none.
    column: Option<String>,
    /// What is wrong.
    message: String,
}

/// An import.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(in super::super) struct View {
    /// Its id.
    id: i64,
    /// users, account, contact, lead or opportunity.
    what: String,
    /// What the file is called.
    file_name: String,
    /// mapping, trying, tried, running, done, cancelled or failed.
    state: String,
    /// Why it stands there, where something stood in the way: changed, blocked, forbidden, table or broken.
    problem: Option<String>,
    /// Whether the file is still kept.
    kept: bool,
    /// How the file is read: a charset, or null for what was found out.
    charset: Option<String>,
    /// What parts its columns, or null for what was found out.
    separator: Option<String>,
    /// The file's columns in their order.
    columns: Vec<ColumnView>,
    /// The columns that can be assigned.
    known_columns: Vec<&'static str>,
    /// Its rows.
    rows: i64,
    /// Rows that were looked at so far; null where it is not under way here.
    done: Option<usize>,
    /// What would be made, or was.
    created: i64,
    /// What would change, or did.
    changed: i64,
    /// What is so already.
    unchanged: i64,
    /// Rows that are not imported; the first 1000.
    refused: Vec<RefusedView>,
    /// Stands for exactly what the dry run showed: sent as `seen` to have that done.
    digest: Option<String>,
    /// Who gave the file.
    by: Who,
    /// When.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

/// What is done with an import.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[schema(as = ImportStep)]
pub(in super::super) enum Step {
    /// Reads the file as said. Where charset or separator changed, its columns are guessed anew and shown; else the dry
    /// run begins.
    Read {
        /// A charset such as windows-1250; null: as found out.
        #[serde(default)]
        charset: Option<String>,
        /// `,`, `;` or a tab; null: as found out.
        #[serde(default)]
        separator: Option<String>,
        /// Ours for each of the file's columns, in their order; null where it is left out.
        columns: Vec<Option<String>>,
    },
    /// Imports what the dry run showed.
    Run {
        /// Its `digest`.
        seen: String,
        /// Where rows are refused: imports the others.
        #[serde(default)]
        leave_out: bool,
    },
    /// Goes back to the columns.
    Back {},
    /// Stops what is under way: nothing is imported.
    Cancel {},
    /// Throws the file away, with what was said of its rows.
    ThrowAway {},
}

/// `field` is the one that says how the file is read.
fn refused(no: &No, field: &str) -> Problem {
    let text = no.to_string();
    match no {
        No::NotAdmin | No::NotThere => Problem::NotFound,
        No::Size | No::Rows | No::Table(_) => Problem::field(field, text),
        No::Step => Problem::Conflict(text),
    }
}

fn view(import: &Import, visit: &Visit) -> View {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let chosen = job::mapping(import);
    let column = |(at, name): (usize, String)| ColumnView { name, column: chosen.get(at).copied().flatten() };
    let ready = import.state == "tried" && import.kept;
    let settled = ["tried", "done"].contains(&import.state.as_str());
    let refused = if settled { job::refused(import) } else { Vec::new() };
    let row =
        |refused: job::Refused| RefusedView { row: refused.row, column: some(&refused.column), message: refused.text };
    View {
        id: import.id,
        what: import.what.clone(),
        file_name: import.file_name.clone(),
        state: import.state.clone(),
        problem: some(&import.problem),
        kept: import.kept,
        charset: some(&import.charset),
        separator: some(&import.separator),
        columns: job::header(import).into_iter().enumerate().map(column).collect(),
        known_columns: job::what(&import.what).map(job::columns).unwrap_or_default(),
        rows: import.total,
        done: job::under_way(import.id).map(|progress| progress.done.load(Ordering::Relaxed)),
        created: import.created,
        changed: import.changed,
        unchanged: import.unchanged,
        refused: refused.into_iter().take(REFUSED).map(row).collect(),
        digest: some(&import.digest).filter(|_| ready),
        by: Who::of(import.user(), visit),
        created_at: Timestamp(import.created_at).rfc3339(),
        ended_at: import.ended_at.map(|at| Timestamp(at).rfc3339()),
    }
}

/// The latest imports.
#[utoipa::path(
    get, path = "/api/v1/imports", tag = "running", responses((status = 200, body = List<View>)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn list(mut asking: Asking<Administers>) -> Result<Json<List<View>>, Problem> {
    let visit = &mut asking.visit;
    let all = imports::latest(&mut visit.tx, LATEST).await?;
    Ok(Json(List { items: all.iter().map(|import| view(import, visit)).collect(), next: None }))
}

/// An import: how far it is, and what its dry run says.
#[utoipa::path(
    get, path = "/api/v1/imports/{id}", tag = "running", params(("id" = i64, Path)),
    responses((status = 200, body = View)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn one(mut asking: Asking<Administers>, At(id): At<i64>) -> Result<Json<View>, Problem> {
    let visit = &mut asking.visit;
    let import = imports::load(&mut visit.tx, id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(view(&import, visit)))
}

async fn accepted(mut visit: Visit, id: i64, status: StatusCode) -> Result<Response, Problem> {
    let import = imports::load(&mut visit.tx, id).await?.ok_or(Problem::NotFound)?;
    let view = view(&import, &visit);
    visit.tx.commit().await?;
    let place = format!("/api/v1/imports/{id}");
    Ok((status, [(header::LOCATION, place)], Json(view)).into_response())
}

/// Takes a file in. Its columns are those that the latest such file had, else those that their names say; nothing is
/// imported yet.
#[utoipa::path(
    post, path = "/api/v1/imports", tag = "running", params(("Idempotency-Key" = Option<String>, Header)),
    request_body = Input, responses((status = 201, body = View, headers(("Location" = String)))),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn open(
    doing: Doing<Administers>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), "POST imports", &body.bytes)?;
    let Input { what, file_name, content } = body.value;
    let content = octets("content", &content)?;
    let what = job::what(what.word()).ok_or(Problem::NotFound)?;
    let mut visit = doing.begin_short().await?;
    if let Some(made) = once.begin(&mut visit.tx).await? {
        return accepted(visit, made.parse()?, StatusCode::CREATED).await;
    }
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let id = job::open(&mut visit.tx, &caller, what, &file_name, &content).await?;
    let id = id.map_err(|no| refused(&no, "content"))?;
    once.made(&mut visit.tx, &id.to_string()).await?;
    accepted(visit, id, StatusCode::CREATED).await
}

/// Goes on with an import. The dry run and the run are work for a worker: look at it until its state is `tried`, or
/// `done`.
#[utoipa::path(
    post, path = "/api/v1/imports/{id}/step", tag = "running", params(("id" = i64, Path)), request_body = Step,
    responses((status = 202, body = View, headers(("Location" = String)))), security(("token" = ["admin"]))
)]
pub(in super::super) async fn step(
    doing: Doing<Administers>,
    At(id): At<i64>,
    body: Body<Step>,
) -> Result<Response, Problem> {
    // Before anything is written: on SQLite nobody writes until the import has stopped.
    if let Some(progress) = job::under_way(id).filter(|_| matches!(body.value, Step::Cancel {})) {
        progress.stop.store(true, Ordering::Relaxed);
    }
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let tx = &mut visit.tx;
    let done = match body.value {
        Step::Read { charset, separator, columns } => {
            let import = imports::load(tx, id).await?.ok_or(Problem::NotFound)?;
            job::read(tx, &caller, id, &reading(&import, charset, separator, columns)?).await?.map(|_| ())
        }
        Step::Run { seen, leave_out } => job::run(tx, &caller, id, &seen, leave_out).await?,
        Step::Back {} => job::back(tx, &caller, id).await?,
        Step::Cancel {} => job::cancel(tx, &caller, id).await?,
        Step::ThrowAway {} => job::throw_away(tx, &caller, id).await?,
    };
    done.map_err(|no| refused(&no, "columns"))?;
    accepted(visit, id, StatusCode::ACCEPTED).await
}

/// How a file is to be read. What nobody knows is refused: left out silently, it would import less.
fn reading(
    import: &Import,
    charset: Option<String>,
    separator: Option<String>,
    columns: Vec<Option<String>>,
) -> Result<Reading, Problem> {
    let charset = charset.unwrap_or_default();
    if !charset.is_empty() && !CHARSETS.contains(&charset.as_str()) {
        return Err(Problem::field("charset", format!("write one of {}", CHARSETS.join(", "))));
    }
    let separator = separator.unwrap_or_default();
    if !["", ",", ";", "\t"].contains(&separator.as_str()) {
        return Err(Problem::field("separator", "write a comma, a semicolon or a tab"));
    }
    let known = job::what(&import.what).map(job::columns).unwrap_or_default();
    if let Some(name) = columns.iter().flatten().find(|name| !known.contains(&name.as_str())) {
        let text = format!("`{name}` is none of the columns that can be assigned: {}", known.join(", "));
        return Err(Problem::field("columns", text));
    }
    let columns = columns.into_iter().map(Option::unwrap_or_default).collect();
    Ok(Reading { charset, separator, columns, look: false })
}

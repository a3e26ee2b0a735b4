//! Imports on pages, for admins: a file is given, its columns are assigned, a dry run says what would come
//! of it, and the run does that and nothing else.
//!
//! Both are the same flow in one unit of work, which the dry run does not commit: so there is never half an
//! import. What the run would do is compared with what the dry run said; where that differs nothing is
//! imported, and the new figures are shown. Nothing is fetched from anywhere: what is imported is what was
//! given. Passwords are not taken from files here, since the file is kept for some days.

use super::{Broken, CHARSETS, ImportError, NoTable, Options, Progress, Sheet, Summary, What, rows_of, table_of};
use crate::access::World;
use crate::actions::caller::Caller;
use crate::model::audit::{Action, Line};
use crate::model::record::Kind;
use crate::model::time::Timestamp;
use crate::store::imports::{self, Import};
use crate::store::{self, Tx};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Octets that a file may have.
pub const LARGEST: usize = 32 * 1024 * 1024;
/// Rows that a file may have.
pub const ROWS: usize = 500_000;
/// Refused rows that are kept with their reasons.
const KEPT: usize = 20_000;
/// Characters of a file's name that are kept.
const NAME: usize = 120;

/// How far imports of this process are, by number. On SQLite the one writer is busy meanwhile, so nobody
/// could write that down where a page reads it.
static UNDER_WAY: LazyLock<Mutex<HashMap<i64, Arc<Progress>>>> = LazyLock::new(Mutex::default);

/// How far an import is, if this process is at it.
pub fn under_way(id: i64) -> Option<Arc<Progress>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
}

/// Set once the program is ending.
static LEAVING: AtomicBool = AtomicBool::new(false);

/// Stops what this process is at, since it ends: what was begun waits for the next start.
pub fn leave() {
    LEAVING.store(true, Ordering::Relaxed);
    for progress in UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).values() {
        progress.stop.store(true, Ordering::Relaxed);
    }
}

/// Whether this process is ending.
pub fn leaving() -> bool {
    LEAVING.load(Ordering::Relaxed)
}

/// Marks an import as under way until it is dropped.
pub struct Watched {
    id: i64,
    /// To be advanced.
    pub progress: Arc<Progress>,
}

/// Lets others see how far this import is.
pub fn watch(id: i64) -> Watched {
    let progress = Arc::new(Progress::default());
    progress.stop.store(leaving(), Ordering::Relaxed);
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).insert(id, progress.clone());
    Watched { id, progress }
}

impl Drop for Watched {
    fn drop(&mut self) {
        UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// A row that is not imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its number as a spreadsheet shows it.
    pub row: usize,
    /// Our column that is to blame; empty: none.
    pub column: String,
    /// What is wrong.
    pub text: String,
}

impl From<&Broken> for Refused {
    fn from(broken: &Broken) -> Refused {
        let column = broken.column.unwrap_or_default().to_owned();
        Refused { row: broken.row, column, text: broken.text.clone() }
    }
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// Only for admins.
    #[error("only an admin imports on pages")]
    NotAdmin,
    /// There is no such import, or its file was thrown away.
    #[error("there is no such import, or its file was thrown away")]
    NotThere,
    /// There is no file, or one too large.
    #[error("choose a file of at most {} MiB", LARGEST / 1024 / 1024)]
    Size,
    /// It has too many rows.
    #[error("the file has more than {ROWS} rows; split it")]
    Rows,
    /// It is no such table.
    #[error(transparent)]
    Table(NoTableText),
    /// It is at another step by now.
    #[error("the import is at another step by now; look at it again")]
    Step,
}

/// [`NoTable`] as a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoTableText(pub String);

impl From<NoTable> for No {
    fn from(error: NoTable) -> No {
        No::Table(NoTableText(error.0))
    }
}

/// What an action gives.
pub type Outcome<T> = Result<std::result::Result<T, No>>;

/// The word under which such a file is kept.
pub fn word(what: What) -> &'static str {
    match what {
        What::Users => "users",
        What::Records(kind) => kind.word(),
    }
}

/// What a word stands for.
pub fn what(word: &str) -> Option<What> {
    if word == "users" { Some(What::Users) } else { Kind::from_word(word).map(What::Records) }
}

/// The columns that can be chosen for such a file.
pub fn columns(what: What) -> Vec<&'static str> {
    what.columns().iter().copied().filter(|column| *column != "password").collect()
}

/// Which of our columns each of the file's is.
pub fn mapping(import: &Import) -> Vec<Option<&'static str>> {
    let known = what(&import.what).map(columns).unwrap_or_default();
    let chosen: Vec<Option<String>> = serde_json::from_str(&import.mapping).unwrap_or_default();
    chosen.iter().map(|column| known.iter().copied().find(|k| Some(*k) == column.as_deref())).collect()
}

/// The file's columns.
pub fn header(import: &Import) -> Vec<String> {
    serde_json::from_str(&import.header).unwrap_or_default()
}

/// The refused rows, as far as they are kept.
pub fn refused(import: &Import) -> Vec<Refused> {
    serde_json::from_str(&import.refused).unwrap_or_default()
}

/// The file as a table, in the charset and with the separator that were chosen.
pub fn sheet(import: &Import, body: &[u8]) -> std::result::Result<Sheet, NoTable> {
    let known = what(&import.what).map(columns).unwrap_or_default();
    Sheet::read(body, &known, &import.charset, &import.separator)
}

/// Takes a file in. Its columns are those that the latest such file had, else those that their names say.
pub async fn open(tx: &mut Tx, caller: &Caller<'_>, kind: What, file_name: &str, body: &[u8]) -> Outcome<i64> {
    let Some(user) = caller.by.filter(|_| caller.administers()) else { return Ok(Err(No::NotAdmin)) };
    if body.is_empty() || body.len() > LARGEST {
        return Ok(Err(No::Size));
    }
    let known = columns(kind);
    let sheet = match Sheet::read(body, &known, "", "") {
        Ok(sheet) if sheet.rows.len() > ROWS => return Ok(Err(No::Rows)),
        Ok(sheet) => sheet,
        Err(error) => return Ok(Err(error.into())),
    };
    let mapping = match imports::remembered(tx, word(kind)).await? {
        Some(last) if header(&last) == sheet.header => mapping(&last),
        _ => sheet.guess(&known),
    };
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let import = Import {
        id: 0,
        user_id: user.0,
        what: word(kind).to_owned(),
        file_name: name.chars().filter(|c| !c.is_control()).take(NAME).collect(),
        charset: String::new(),
        separator: String::new(),
        mapping: json!(mapping).to_string(),
        header: json!(sheet.header).to_string(),
        state: "mapping".to_owned(),
        leave_out: false,
        total: i64::try_from(sheet.rows.len()).unwrap_or(i64::MAX),
        created: 0,
        changed: 0,
        unchanged: 0,
        read_again: 0,
        refused: "[]".to_owned(),
        digest: String::new(),
        problem: String::new(),
        created_at: caller.now.0,
        begun_at: None,
        ended_at: None,
        kept: true,
    };
    Ok(Ok(imports::add(tx, &import, body).await?))
}

/// The import if the caller may go on with it and its file is kept.
async fn going(tx: &mut Tx, caller: &Caller<'_>, id: i64) -> Outcome<Import> {
    if !caller.administers() {
        return Ok(Err(No::NotAdmin));
    }
    Ok(imports::load(tx, id).await?.filter(|import| import.kept).ok_or(No::NotThere))
}

macro_rules! ok {
    ($checked:expr) => {
        match $checked {
            Ok(value) => value,
            Err(no) => return Ok(Err(no)),
        }
    };
}

/// How a file is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// One of [`CHARSETS`]; empty: as found out.
    pub charset: String,
    /// `,`, `;`, a tab; empty: as found out.
    pub separator: String,
    /// Our column for each of the file's, empty for none.
    pub columns: Vec<String>,
    /// Only to be shown again: no dry run begins.
    pub look: bool,
}

/// Reads the file as said. Where charset or separator changed its columns are guessed anew and shown; else the
/// dry run begins. Gives whether it did.
pub async fn read(tx: &mut Tx, caller: &Caller<'_>, id: i64, reading: &Reading) -> Outcome<bool> {
    let mut import = ok!(going(tx, caller, id).await?);
    let Some(kind) = what(&import.what).filter(|_| import.state == "mapping") else { return Ok(Err(No::Step)) };
    let known = columns(kind);
    let charset = if CHARSETS.contains(&reading.charset.as_str()) { reading.charset.as_str() } else { "" };
    let separator =
        if [",", ";", "\t"].contains(&reading.separator.as_str()) { reading.separator.as_str() } else { "" };
    let anew = reading.look || charset != import.charset || separator != import.separator;
    (import.charset, import.separator) = (charset.to_owned(), separator.to_owned());
    let body = imports::body(tx, id).await?.unwrap_or_default();
    let sheet = ok!(sheet(&import, &body).map_err(No::from));
    import.total = i64::try_from(sheet.rows.len()).unwrap_or(i64::MAX);
    let chosen: Vec<Option<&'static str>> = match anew {
        true => sheet.guess(&known),
        false => reading
            .columns
            .iter()
            .take(sheet.header.len())
            .map(|name| known.iter().copied().find(|k| k == name))
            .collect(),
    };
    import.header = json!(sheet.header).to_string();
    import.mapping = json!(chosen).to_string();
    if !anew {
        ok!(sheet.mapped(&chosen, kind.needed()).map_err(No::from));
        import.state = "trying".to_owned();
        import.begun_at = Some(caller.now.0);
        import.problem = String::new();
    }
    Ok(if imports::save(tx, &import, "mapping").await? { Ok(!anew) } else { Err(No::Step) })
}

/// Begins to import what the dry run with this digest showed; with `leave_out` without the refused rows.
pub async fn run(tx: &mut Tx, caller: &Caller<'_>, id: i64, digest: &str, leave_out: bool) -> Outcome<()> {
    let mut import = ok!(going(tx, caller, id).await?);
    let any = !refused(&import).is_empty();
    if import.state != "tried" || import.digest.is_empty() || import.digest != digest || (any && !leave_out) {
        return Ok(Err(No::Step));
    }
    import.state = "running".to_owned();
    import.leave_out = leave_out;
    import.user_id = caller.by.map_or(import.user_id, |user| user.0);
    import.begun_at = Some(caller.now.0);
    import.problem = String::new();
    Ok(if imports::save(tx, &import, "tried").await? { Ok(()) } else { Err(No::Step) })
}

/// Goes back to the columns, of a dry run or of what was stopped or failed.
pub async fn back(tx: &mut Tx, caller: &Caller<'_>, id: i64) -> Outcome<()> {
    let mut import = ok!(going(tx, caller, id).await?);
    let before = std::mem::replace(&mut import.state, "mapping".to_owned());
    if !["tried", "failed", "cancelled"].contains(&before.as_str()) {
        return Ok(Err(No::Step));
    }
    import.problem = String::new();
    Ok(if imports::save(tx, &import, &before).await? { Ok(()) } else { Err(No::Step) })
}

/// Stops what is under way: nothing is imported. One that is done stays done. The caller has told
/// [`under_way`] before, since on SQLite nobody writes until it stops.
pub async fn cancel(tx: &mut Tx, caller: &Caller<'_>, id: i64) -> Outcome<()> {
    let mut import = ok!(going(tx, caller, id).await?);
    let before = std::mem::replace(&mut import.state, "cancelled".to_owned());
    if before == "trying" || before == "running" {
        import.ended_at = Some(caller.now.0);
        imports::save(tx, &import, &before).await?;
    }
    Ok(Ok(()))
}

/// Throws the file away, with what was said of its rows.
pub async fn throw_away(tx: &mut Tx, caller: &Caller<'_>, id: i64) -> Outcome<()> {
    let import = ok!(going(tx, caller, id).await?);
    if import.state == "trying" || import.state == "running" {
        return Ok(Err(No::Step));
    }
    imports::throw_away(tx, id).await?;
    Ok(Ok(()))
}

/// What people who are new get where the file says nothing: zone and language.
pub type Defaults<'d> = (&'d str, &'d str);

/// Imports the file in this unit of work, which the caller commits, or does not for a dry run.
///
/// # Errors
/// Why nothing can be imported. Refused rows are none: they stand in the summary.
pub async fn perform(
    tx: &mut Tx,
    import: &Import,
    world: &World,
    defaults: Defaults<'_>,
    now: Timestamp,
    progress: &Progress,
) -> std::result::Result<Summary, ImportError> {
    let Some(kind) = what(&import.what) else {
        return Err(ImportError::Forbidden("this file holds nothing that is known".to_owned()));
    };
    let user = import.user();
    if !world.administers(user) {
        return Err(ImportError::Forbidden("only an admin imports on pages".to_owned()));
    }
    let body = imports::body(tx, import.id).await?.context("the file was thrown away")?;
    let (sheet_of, chosen) = (import.clone(), mapping(import));
    // A large file takes long to read: off the async threads.
    let table = tokio::task::spawn_blocking(move || sheet(&sheet_of, &body)?.mapped(&chosen, kind.needed()))
        .await
        .context("reading a file")??;
    let options = Options {
        skip_broken: true,
        by: Some(user),
        leave_records: false,
        zone: defaults.0.to_owned(),
        language: defaults.1.to_owned(),
    };
    table_of(tx, kind, &table, &options, world, now, progress).await
}

/// What the figures of a summary come to: a run whose digest differs does something else.
fn digest(summary: &Summary) -> String {
    let broken: Vec<Refused> = summary.broken.iter().map(Refused::from).collect();
    let text = json!([summary.rows, summary.created, summary.changed, summary.unchanged, broken]).to_string();
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Whether the run does what the dry run said.
pub fn as_shown(import: &Import, summary: &Summary) -> bool {
    digest(summary) == import.digest
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn with_figures(import: &Import, summary: &Summary) -> Import {
    let refused: Vec<Refused> = summary.broken.iter().take(KEPT).map(Refused::from).collect();
    Import {
        total: count(summary.rows),
        created: count(summary.created),
        changed: count(summary.changed),
        unchanged: count(summary.unchanged),
        refused: json!(refused).to_string(),
        digest: digest(summary),
        ..import.clone()
    }
}

/// Writes down what the dry run said, or what a run would have done instead of what was shown. False if it was
/// stopped meanwhile.
pub async fn tried(tx: &mut Tx, import: &Import, summary: &Summary, now: Timestamp) -> store::Result<bool> {
    let problem = if import.state == "running" { "changed" } else { "" };
    let after = Import {
        state: "tried".to_owned(),
        problem: problem.to_owned(),
        ended_at: Some(now.0),
        ..with_figures(import, summary)
    };
    imports::save(tx, &after, &import.state).await
}

/// Writes down that the file was imported, in the unit of work that imported it. False if it was stopped
/// meanwhile: then the caller does not commit.
pub async fn done(tx: &mut Tx, import: &Import, summary: &Summary, now: Timestamp) -> store::Result<bool> {
    let after = Import {
        state: "done".to_owned(),
        read_again: i64::try_from(summary.read_again).unwrap_or(i64::MAX),
        ended_at: Some(now.0),
        ..with_figures(import, summary)
    };
    let detail = json!({
        "what": import.what, "import": import.id, "rows": summary.rows, "created": summary.created,
        "changed": summary.changed, "refused": rows_of(&summary.broken),
    });
    let line = Line::new(now, Some(import.user()), Action::Imported).detail(detail);
    store::audit::note(tx, &[line]).await?;
    imports::save(tx, &after, "running").await
}

/// Writes down why nothing was imported. What went wrong on our side is for the log.
pub async fn failed(tx: &mut Tx, import: &Import, error: &ImportError, now: Timestamp) -> store::Result<()> {
    let mut after = Import { digest: String::new(), ended_at: Some(now.0), ..import.clone() };
    let (state, problem) = match error {
        ImportError::Rows { broken, .. } => {
            let refused: Vec<Refused> = broken.iter().take(KEPT).map(Refused::from).collect();
            after.refused = json!(refused).to_string();
            ("tried", "blocked")
        }
        ImportError::Stopped => ("cancelled", ""),
        ImportError::Forbidden(_) => ("failed", "forbidden"),
        ImportError::Table(_) => ("failed", "table"),
        ImportError::Other(_) => ("failed", "broken"),
    };
    (after.state, after.problem) = (state.to_owned(), problem.to_owned());
    imports::save(tx, &after, &import.state).await?;
    Ok(())
}

/// The refused rows as they came, with what is wrong with each, as a CSV file that can be corrected and
/// come again. What a spreadsheet would take for a formula is made text. `said` translates a reason.
pub fn csv(import: &Import, body: &[u8], head: (&str, &str), said: impl Fn(&Refused) -> String) -> Result<String> {
    let sheet = sheet(import, body)?;
    let mut why: HashMap<usize, Vec<String>> = HashMap::new();
    for refused in refused(import) {
        let text = said(&refused);
        let line = if refused.column.is_empty() { text } else { format!("{}: {text}", refused.column) };
        why.entry(refused.row).or_default().push(line);
    }
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let first: Vec<String> = sheet.header.iter().map(|cell| safe(cell)).chain([head.0.into(), head.1.into()]).collect();
    writer.write_record(&first).context("writing the head of refused rows")?;
    for (number, cells) in sheet.rows.iter().filter(|(number, _)| why.contains_key(number)) {
        let reasons = why.get(number).map(|all| all.join("; ")).unwrap_or_default();
        let row: Vec<String> =
            cells.iter().map(|cell| safe(cell)).chain([number.to_string(), safe(&reasons)]).collect();
        writer.write_record(&row).context("writing refused rows")?;
    }
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("{error}")).context("writing refused rows")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A cell that no spreadsheet takes for a formula. Reading takes the sign off again.
fn safe(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_text_and_nothing_else_changes() {
        for (cell, made) in [("=1+1", "'=1+1"), ("+48 22", "'+48 22"), ("@x", "'@x"), ("a=b", "a=b"), ("", "")] {
            assert_eq!(safe(cell), made);
        }
    }

    #[test]
    fn passwords_are_no_column_of_a_file_on_a_page() {
        assert!(What::Users.columns().contains(&"password"));
        assert!(!columns(What::Users).contains(&"password"));
    }
}

//! Users and records from CSV files.
//!
//! A row is found again by `external_id` (users: by `login`), so the same file can come every
//! night. A column that is not there leaves its field as it is; so does an empty owner, status or
//! `confidential`; any other empty cell empties the field.
//!
//! A broken row stops the import before anything is changed, unless the rest is wanted. A dry run
//! is the real run without its commit, so the two cannot differ.

mod absences;
pub mod job;
mod one;
mod records;
mod table;
mod users;

pub use absences::absences;
pub use one::{Named, one, reference};
pub use records::BY_ID;
pub use table::{CHARSETS, NoTable, Sheet, Target};

use crate::access::World;
use crate::model::address::Address;
use crate::model::id::{RecordId, UserId};
use crate::model::record::Kind;
use crate::model::time::Timestamp;
use crate::store::Tx;
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use table::Table;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Users.
    Users,
    /// Records of one kind.
    Records(Kind),
}

impl What {
    /// The columns that such a file may have, in the order in which they are documented.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            What::Users => &[
                "login",
                "name",
                "role",
                "emails",
                "manager",
                "team",
                "team_fallback",
                "zone",
                "language",
                "phone",
                "password",
                "active",
                "external_id",
            ],
            What::Records(Kind::Account) => {
                &["external_id", "name", "owner", "domains", "class", "phone", "city", "team", "confidential"]
            }
            What::Records(Kind::Contact) => &[
                "external_id",
                "name",
                "owner",
                "account",
                "emails",
                "phone",
                "city",
                "language",
                "team",
                "confidential",
            ],
            What::Records(Kind::Lead) => &[
                "external_id",
                "name",
                "owner",
                "emails",
                "status",
                "phone",
                "city",
                "language",
                "team",
                "confidential",
            ],
            What::Records(Kind::Opportunity) => &[
                "external_id",
                "name",
                "owner",
                "account",
                "end_account",
                "end_contact",
                "number",
                "status",
                "team",
                "confidential",
            ],
        }
    }

    /// The columns that such a file must have.
    pub fn needed(self) -> &'static [&'static str] {
        match self {
            What::Users => &["login", "name"],
            What::Records(_) => &["external_id", "name"],
        }
    }
}

/// How to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// Import the sound rows although others are broken.
    pub skip_broken: bool,
    /// On whose behalf; `None` is the operator at the command line, trusted like an admin.
    pub by: Option<UserId>,
    /// Deactivate users although they own records: those stay, and the fallback answers for them.
    pub leave_records: bool,
    /// Zone of users whose row says nothing.
    pub zone: String,
    /// Language of users whose row says nothing.
    pub language: String,
}

/// What an import did, or would have done.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Rows in the file, without the header and empty ones.
    pub rows: usize,
    /// Records or users that are new.
    pub created: usize,
    /// Those that changed.
    pub changed: usize,
    /// Those that were so already.
    pub unchanged: usize,
    /// Rows that were left out.
    pub broken: Vec<Broken>,
    /// Addresses of records that are vouched for since this import (P12). Mail that was not
    /// stored because it concerned nobody may concern somebody now.
    pub vouched: Vec<Address>,
    /// The records whose addresses the file names: some may be mere claims, about which somebody
    /// is asked (`actions::consents`).
    pub addressed: Vec<RecordId>,
    /// Domains that accounts have now and had not before.
    pub domains: Vec<String>,
    /// The records that it names, new ones included, in its order; of users nothing.
    pub records: Vec<RecordId>,
    /// Places that are read again because of it.
    pub read_again: u64,
    /// The character set in which the file was read.
    pub charset: &'static str,
}

/// A row that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its number as a spreadsheet shows it: the header is 1.
    pub row: usize,
    /// The column, if one is to blame.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub text: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.column {
            Some(column) => write!(f, "row {}, column {column}: {}", self.row, self.text),
            None => write!(f, "row {}: {}", self.row, self.text),
        }
    }
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is no table of that kind.
    #[error(transparent)]
    Table(#[from] NoTable),
    /// Whoever asks may not.
    #[error("{0}")]
    Forbidden(String),
    /// Rows are broken, and the rest was not asked for.
    #[error("{} of {rows} rows cannot be imported", rows_of(broken))]
    Rows {
        /// Rows in the file.
        rows: usize,
        /// What is wrong, by row.
        broken: Vec<Broken>,
    },
    /// Somebody stopped it; nothing was imported.
    #[error("it was stopped; nothing was imported")]
    Stopped,
    /// The database failed.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl From<crate::store::StoreError> for ImportError {
    fn from(error: crate::store::StoreError) -> ImportError {
        ImportError::Other(anyhow::Error::from(error).context("importing"))
    }
}

/// How many different rows are broken.
pub fn rows_of(broken: &[Broken]) -> usize {
    let mut rows: Vec<usize> = broken.iter().map(|b| b.row).collect();
    rows.dedup();
    rows.len()
}

/// How far an import is, for whoever watches it from beside, and whether it is to stop.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rows that were looked at.
    pub done: AtomicUsize,
    /// Rows in the file.
    pub total: AtomicUsize,
    /// Set by whoever wants it to stop: nothing is imported then.
    pub stop: AtomicBool,
}

impl Progress {
    fn advance(&self, rows: usize) -> Result<(), ImportError> {
        self.done.fetch_add(rows, Ordering::Relaxed);
        if self.stop.load(Ordering::Relaxed) { Err(ImportError::Stopped) } else { Ok(()) }
    }
}

/// Imports `bytes` in `tx`; the caller commits, or does not for a dry run.
pub async fn import(
    tx: &mut Tx,
    what: What,
    bytes: &[u8],
    options: &Options,
    world: &World,
    now: Timestamp,
) -> Result<Summary, ImportError> {
    let table = Table::read(bytes, what.columns(), what.needed())?;
    table_of(tx, what, &table, options, world, now, &Progress::default()).await
}

/// As [`import`], of a file whose columns are known.
async fn table_of(
    tx: &mut Tx,
    what: What,
    table: &Table,
    options: &Options,
    world: &World,
    now: Timestamp,
    progress: &Progress,
) -> Result<Summary, ImportError> {
    progress.total.store(table.rows.len(), Ordering::Relaxed);
    let trusted = options.by.is_none_or(|user| world.administers(user));
    match what {
        What::Users if !trusted => Err(ImportError::Forbidden("only an admin may import users".to_owned())),
        What::Users => {
            let saving: BoxFuture<'_, _> = Box::pin(users::import(tx, table, options, now));
            saving.await
        }
        What::Records(kind) => {
            if !trusted && table.columns.contains(&"domains") {
                let text = "only an admin may set the domains of accounts, since a domain brings the mail of \
                            everybody there; leave out the column `domains`";
                return Err(ImportError::Forbidden(text.to_owned()));
            }
            let saving: BoxFuture<'_, _> =
                Box::pin(records::import(tx, kind, table, options, (trusted, world, now), progress));
            saving.await
        }
    }
}

/// A row while it is read: its cells by column, and what is wrong with it.
struct Row<'t> {
    number: usize,
    columns: &'t [&'static str],
    at: &'t [usize],
    cells: &'t [String],
    broken: Vec<Broken>,
}

impl<'t> Row<'t> {
    fn of(table: &'t Table) -> impl Iterator<Item = Row<'t>> {
        table.rows.iter().map(|(number, cells)| {
            let mut row = Row { number: *number, columns: &table.columns, at: &table.at, cells, broken: Vec::new() };
            if cells.len() != table.width {
                let (has, wants) = (cells.len(), table.width);
                row.complain(
                    None,
                    format!(
                        "it has {has} cells, the header has {wants}; a cell with the separator \
                    in it must stand in quotes"
                    ),
                );
            }
            row
        })
    }

    /// The cell; `None` where the file has no such column.
    fn cell(&self, column: &str) -> Option<&'t str> {
        let place = self.columns.iter().position(|c| *c == column)?;
        let at = self.at.get(place).copied()?;
        Some(self.cells.get(at).map_or("", |cell| cell.as_str()))
    }

    /// The cell if something stands in it.
    fn text(&self, column: &str) -> Option<&'t str> {
        self.cell(column).filter(|cell| !cell.is_empty())
    }

    /// What the field shall hold: as it was where there is no column, else the cell or nothing.
    fn field(&self, column: &str, before: Option<String>) -> Option<String> {
        match self.cell(column) {
            None => before,
            Some("") => None,
            Some(cell) => Some(cell.to_owned()),
        }
    }

    fn complain(&mut self, column: Option<&'static str>, text: String) {
        self.broken.push(Broken { row: self.number, column, text });
    }

    /// A text that must be there.
    fn required(&mut self, column: &'static str) -> &'t str {
        let text = self.text(column).unwrap_or_default();
        if text.is_empty() {
            self.complain(Some(column), "it is empty".to_owned());
        }
        text
    }

    /// Yes or no, `before` where nothing stands.
    fn yes(&mut self, column: &'static str, before: bool) -> bool {
        let Some(cell) = self.text(column) else { return before };
        match cell.to_lowercase().as_str() {
            "yes" | "true" | "1" | "tak" => true,
            "no" | "false" | "0" | "nie" => false,
            _ => {
                self.complain(Some(column), format!("`{cell}` is neither yes nor no"));
                before
            }
        }
    }

    /// The addresses in a cell, separated by `;`, `|`, `,` or a space; `None` where the file has
    /// no such column.
    fn addresses(&mut self, column: &'static str) -> Option<Vec<Address>> {
        let cell = self.cell(column)?;
        let (mut found, mut seen) = (Vec::new(), std::collections::HashSet::new());
        for part in cell.split([';', '|', ',', ' ']).filter(|p| !p.is_empty()) {
            if found.len() >= ADDRESSES {
                self.complain(Some(column), format!("there are more than {ADDRESSES} addresses in this cell"));
                break;
            }
            match Address::parse(part) {
                Ok(address) if seen.insert(address.clone()) => found.push(address),
                Ok(_) => {}
                Err(error) => self.complain(Some(column), format!("`{part}` is no address: {error}")),
            }
        }
        Some(found)
    }
}

/// Addresses that one cell may hold.
const ADDRESSES: usize = 1_000;

/// The candidate most like `text`, if one is like it at all.
pub(super) fn nearest(text: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    let rated =
        candidates.map(|c| (strsim::jaro_winkler(text, &c).max(strsim::normalized_damerau_levenshtein(text, &c)), c));
    rated.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(rate, _)| *rate > 0.75).map(|(_, c)| c)
}

/// Splits what was read into sound rows and broken ones; stops if broken ones are not to be left out.
fn sound<T>(read: Vec<(Vec<Broken>, T)>, options: &Options) -> Result<(Vec<T>, Vec<Broken>), ImportError> {
    let rows = read.len();
    let mut broken = Vec::new();
    let mut fine = Vec::with_capacity(rows);
    for (problems, row) in read {
        if problems.is_empty() {
            fine.push(row);
        }
        broken.extend(problems);
    }
    if broken.is_empty() || options.skip_broken { Ok((fine, broken)) } else { Err(ImportError::Rows { rows, broken }) }
}

//! Absences. An absence is found again by its person and first day, so that a list from the office
//! can be imported again and again: what was prolonged there keeps its id here (R48).

use super::table::Table;
use super::{ImportError, Options, Row, Summary};
use crate::access::{Weight, World};
use crate::actions::absences::{self, Entered, when};
use crate::model::absence::{Absence, CoverPlan, Nature};
use crate::model::id::UserId;
use crate::model::time::Timestamp;
use crate::store::{self, Tx};
use std::collections::HashMap;

const COLUMNS: &[&str] = &[
    "user",
    "from",
    "until",
    "confirm_on",
    "back_on",
    "substitute",
    "exceptions",
    "deputy",
    "type",
    "plan",
    "cover_writes",
    "notice",
    "zone",
];

/// Imports `bytes` in `tx`; the caller commits, or does not for a dry run. Gives what was done, and
/// sentences about what is worth knowing.
///
/// Rows count in the order of the file: a row that overlaps one above it is broken.
pub async fn absences(
    tx: &mut Tx,
    bytes: &[u8],
    options: &Options,
    world: &World,
    now: Timestamp,
) -> Result<(Summary, Vec<String>), ImportError> {
    let table = Table::read(bytes, COLUMNS, &["user", "from"])?;
    let users = store::people::every(tx).await?;
    let logins: HashMap<UserId, String> = users.iter().map(|u| (u.person.id, u.login.clone())).collect();
    let ids: HashMap<String, UserId> = users.into_iter().map(|u| (u.login, u.person.id)).collect();
    let mut world = world.clone();
    let mut summary = Summary { rows: table.rows.len(), charset: table.charset, ..Summary::default() };
    let mut warnings = Vec::new();
    for mut row in Row::of(&table) {
        let login = store::people::login_key(row.required("user"));
        let Some((first_day, first_time)) = moment(&mut row, "from") else {
            row.required("from");
            summary.broken.append(&mut row.broken);
            continue;
        };
        let known = ids
            .get(&login)
            .and_then(|user| world.absences.iter().find(|a| a.user == *user && a.first_day == first_day).cloned());
        let login_of = |user: UserId| logins.get(&user).cloned().unwrap_or_default();
        let mut entered = match &known {
            Some(known) => Entered::of(known, &world, login_of),
            None => Entered { user: login, ..Entered::default() },
        };
        (entered.first_day, entered.first_time) = (first_day, first_time);
        fill(&mut row, &mut entered);
        if row.broken.is_empty() {
            one(tx, (&mut row, known, &entered), options, (&mut world, now), (&mut summary, &mut warnings)).await?;
        }
        summary.broken.append(&mut row.broken);
    }
    if !summary.broken.is_empty() && !options.skip_broken {
        return Err(ImportError::Rows { rows: summary.rows, broken: summary.broken });
    }
    Ok((summary, warnings))
}

/// Saves one row, or complains.
async fn one(
    tx: &mut Tx,
    (row, known, entered): (&mut Row<'_>, Option<Absence>, &Entered),
    options: &Options,
    (world, now): (&mut World, Timestamp),
    (summary, warnings): (&mut Summary, &mut Vec<String>),
) -> Result<(), ImportError> {
    let prepared = match absences::prepare(tx, known.as_ref().map(|k| k.id), entered, world, options.by, now).await? {
        Ok(prepared) => prepared,
        Err(refused) => {
            refused.0.iter().for_each(|objection| row.complain(None, objection.to_string()));
            return Ok(());
        }
    };
    if known.as_ref() == Some(&prepared.absence) {
        summary.unchanged += 1;
        return Ok(());
    }
    let added = absences::save(tx, prepared, options.by, now).await?;
    match known {
        Some(_) => summary.changed += 1,
        None => summary.created += 1,
    }
    let worth = added.warnings.iter().filter(|p| p.weight() == Weight::Warning);
    warnings.extend(worth.map(|p| format!("row {}: {p}", row.number)));
    world.absences.retain(|a| a.id != added.absence.id);
    world.absences.push(added.absence);
    Ok(())
}

/// Puts the cells of a row into the absence; a column that is not there leaves its field.
fn fill(row: &mut Row<'_>, entered: &mut Entered) {
    if row.cell("until").is_some() {
        let until = moment(row, "until");
        (entered.last_day, entered.last_time) = (until.map(|u| u.0), until.and_then(|u| u.1));
    }
    if row.cell("back_on").is_some() {
        entered.back_on = moment(row, "back_on").map(|(day, _)| day);
    }
    if row.cell("confirm_on").is_some_and(|cell| !cell.is_empty()) {
        entered.confirm_on = moment(row, "confirm_on").map(|(day, _)| day);
    }
    entered.substitute = row.field("substitute", entered.substitute.take());
    entered.deputy = row.field("deputy", entered.deputy.take());
    entered.zone = row.field("zone", entered.zone.take());
    if let Some(cell) = row.cell("exceptions") {
        entered.exceptions = exceptions(row, cell);
    }
    if let Some(word) = row.text("type") {
        match Nature::from_word(&word.to_lowercase()) {
            Some(nature) => entered.nature = nature,
            None => row.complain(
                Some("type"),
                format!("`{word}` is no type; they are leave, sick, business, parental and other"),
            ),
        }
    }
    if let Some(word) = row.text("plan") {
        match CoverPlan::from_word(&word.to_lowercase().replace([' ', '_'], "-")) {
            Some(plan) => entered.plan = plan,
            None => row.complain(Some("plan"), format!("`{word}` is neither cover nor hand-over")),
        }
    }
    entered.cover_writes = row.yes("cover_writes", entered.cover_writes);
    entered.notice = row.yes("notice", entered.notice);
}

/// Exceptions in a cell, separated by `|` or `;`.
fn exceptions(row: &mut Row<'_>, cell: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in cell.split(['|', ';']).map(str::trim).filter(|p| !p.is_empty()) {
        match part.rsplit_once('=') {
            Some((what, login)) => found.push((what.trim().to_owned(), login.trim().to_owned())),
            None => row.complain(Some("exceptions"), format!("`{part}` names nobody; write account:17=login")),
        }
    }
    found
}

/// A day, possibly with a time; `None` where nothing stands or it is broken, which is complained of.
fn moment(row: &mut Row<'_>, column: &'static str) -> Option<(chrono::NaiveDate, Option<chrono::NaiveTime>)> {
    let text = row.text(column)?;
    let found = when(text);
    if found.is_none() {
        row.complain(
            Some(column),
            format!("`{text}` is no day; write year-month-day, such as 2026-11-25 or 2026-11-25T12:00"),
        );
    }
    found
}

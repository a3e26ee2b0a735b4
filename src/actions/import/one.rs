//! One user or record from fields that a program sends: the same way in as a file with one row, with the same
//! rights and the same objections.

use super::records::{BY_ID, THIS};
use super::table::{Table, Target};
use super::{ImportError, Options, Progress, Summary, What};
use crate::access::World;
use crate::model::id::RecordId;
use crate::model::time::Timestamp;
use crate::store::Tx;

/// A field with what it shall hold, as the column of that name would have it; empty takes away what is there.
pub type Named = (&'static str, String);

/// The cell that names another record by its own id.
pub fn reference(id: RecordId) -> String {
    format!("{BY_ID}{id}")
}

/// Saves one user or record; the caller commits. Fields that are not named stay as they are. What was deleted
/// or merged is left alone: then [`Summary::records`] is empty.
pub async fn one(
    tx: &mut Tx,
    what: What,
    (target, fields): (Target, Vec<Named>),
    options: &Options,
    world: &World,
    now: Timestamp,
) -> Result<Summary, ImportError> {
    let this = match (&target, what) {
        (Target::Record(_) | Target::New, What::Records(_)) => Some(("external_id", THIS.to_owned())),
        _ => None,
    };
    let (columns, cells): (Vec<&'static str>, Vec<String>) =
        fields.into_iter().chain(this).map(|(column, cell)| (column, cell.trim().to_owned())).unzip();
    let (at, width) = ((0..columns.len()).collect(), columns.len());
    let table = Table { columns, at, width, rows: vec![(1, cells)], charset: "UTF-8", target };
    super::table_of(tx, what, &table, options, world, now, &Progress::default()).await
}

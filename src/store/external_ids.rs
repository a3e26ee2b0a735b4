//! Ids by which other systems know users, activities and absences, so that the same upsert can come every night.

use super::{Result, Tx, list};
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// What such an id is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A user.
    User,
    /// An activity.
    Activity,
    /// An absence.
    Absence,
}

impl Sort {
    fn word(self) -> &'static str {
        match self {
            Sort::User => "user",
            Sort::Activity => "activity",
            Sort::Absence => "absence",
        }
    }
}

/// The row that a system means, whoever may see it.
pub async fn find(tx: &mut Tx, sort: Sort, system: &str, external: &str) -> Result<Option<i64>> {
    const FIND: &str = "select target_id from external_ids where sort = $1 and system = $2 and external_id = $3";
    let row: Option<(i64,)> = maybe!(tx, FIND, sort.word(), system, external)?;
    Ok(row.map(|(id,)| id))
}

/// Notes by which id a system knows a row. False where that id is taken.
pub async fn add(
    tx: &mut Tx,
    sort: Sort,
    (system, external): (&str, &str),
    target: i64,
    now: Timestamp,
) -> Result<bool> {
    const ADD: &str = "insert into external_ids (sort, system, external_id, target_id, created_at)
        values ($1, $2, $3, $4, $5) on conflict (sort, system, external_id) do nothing";
    Ok(run!(tx, ADD, sort.word(), system, external, target, now.0)? > 0)
}

/// System and id of each of these rows that has one: of several the first by name of the system.
pub async fn of(tx: &mut Tx, sort: Sort, targets: &[i64]) -> Result<HashMap<i64, (String, String)>> {
    const OF: &str = "select target_id, system, external_id from external_ids
        where sort = $1 and target_id in (select cast(value as bigint) from json_each($2))
        order by target_id, system desc, external_id desc";
    let rows: Vec<(i64, String, String)> = all!(tx, OF, sort.word(), list(targets.iter().copied()))?;
    Ok(rows.into_iter().map(|(target, system, external)| (target, (system, external))).collect())
}

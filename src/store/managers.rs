//! Further managers of accounts by role. The right comes from a share of source `manager` whose
//! reason is the role; both come and go together.

use super::{Result, Tx, insert_many, list};
use crate::model::id::{RecordId, UserId};
use crate::model::share::{Holder, Share, Source};
use crate::model::time::Timestamp;

/// A manager of an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Manager {
    /// The account.
    pub record: RecordId,
    /// Who.
    pub user: UserId,
    /// In which role.
    pub role: String,
    /// Who made them one; `None` for the operator.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// The managers of these accounts, by role. The caller has seen that the viewer may read them.
pub async fn of(tx: &mut Tx, records: &[RecordId]) -> Result<Vec<Manager>> {
    const LOAD: &str = "select record_id, user_id, role, by_user_id, created_at from record_managers
        where record_id in (select cast(value as bigint) from json_each($1)) order by record_id, role, user_id";
    let rows: Vec<(i64, i64, String, Option<i64>, i64)> = all!(tx, LOAD, list(records.iter().map(|r| r.0)))?;
    let manager = |(record, user, role, by, at): (i64, i64, String, Option<i64>, i64)| Manager {
        record: RecordId(record),
        user: UserId(user),
        role,
        by: by.map(UserId),
        at: Timestamp(at),
    };
    Ok(rows.into_iter().map(manager).collect())
}

/// Adds managers that are not there yet, each with the share that gives the right.
pub async fn append(tx: &mut Tx, managers: &[Manager], shares: &[Share]) -> Result<()> {
    let row = |m: &Manager| {
        vec![m.record.0.into(), m.user.0.into(), m.role.as_str().into(), m.by.map(|u| u.0).into(), m.at.0.into()]
    };
    let into = "record_managers (record_id, user_id, role, by_user_id, created_at)";
    insert_many(tx, into, "", managers.iter().map(row).collect()).await?;
    super::shares::add_all(tx, shares).await
}

/// The share that goes with being a manager.
pub fn share(manager: &Manager, write: bool, confidential: bool) -> Share {
    Share {
        id: 0,
        record: manager.record,
        holder: Holder::User(manager.user),
        source: Source::Manager,
        write,
        share: false,
        named: confidential,
        until: None,
        reason: manager.role.clone(),
        by: manager.by,
        at: manager.at,
    }
}

/// Takes a role away from a user on these accounts, with the share that came with it. Gives how
/// many there were.
pub async fn remove(tx: &mut Tx, records: &[RecordId], user: UserId, role: &str) -> Result<u64> {
    let records = list(records.iter().map(|r| r.0));
    const SHARES: &str = "delete from shares where record_id in (select cast(value as bigint) from json_each($1))
        and user_id = $2 and source = 'manager' and reason = $3";
    run!(tx, SHARES, records.as_str(), user.0, role)?;
    const ROLES: &str = "delete from record_managers
        where record_id in (select cast(value as bigint) from json_each($1)) and user_id = $2 and role = $3";
    Ok(run!(tx, ROLES, records, user.0, role)?)
}

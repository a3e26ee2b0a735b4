//! Leads that came in for somebody.

use super::super::{Result, Tx};
use super::parts::{Named, names};
use crate::access::Scope;
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;

/// Open leads of `owner` that the viewer may read and that came in since `since`, or went to
/// `owner` since, the newest first, at most `limit`.
pub async fn new_leads(
    tx: &mut Tx,
    scope: &Scope,
    owner: UserId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(Named, Timestamp)>> {
    let rows: Vec<(i64, i64)> = all_seen!(
        tx,
        concat!(
            "select f.id, f.at from (
               select r.id, (select max(h.at) from record_owners h where h.record_id = r.id and h.to_user_id = $8) as at
               from records r where r.owner_id = $8 and r.kind = 'lead' and r.status = 'open' and ",
            visible!("r"),
            ") f where f.at >= $9 order by f.at desc, f.id desc limit $10"
        ),
        scope,
        owner.0,
        since.0,
        limit
    )?;
    let known = names(tx, scope, rows.iter().map(|(id, _)| RecordId(*id))).await?;
    let lead = |(id, at): (i64, i64)| Some((known.get(&RecordId(id))?.clone(), Timestamp(at)));
    Ok(rows.into_iter().filter_map(lead).collect())
}

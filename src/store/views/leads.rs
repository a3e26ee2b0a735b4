//! Leads that came in for somebody.

use super::super::{Result, Tx};
use super::parts::{Named, names};
use super::today::{Away, asked, asked_list};
use crate::access::Scope;
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// Open leads of each of `away` that the viewer may read and that came in since the moment given with
/// them, or went to them since, the newest first, at most `limit` of each. Who is missing has none.
pub async fn new_leads(
    tx: &mut Tx,
    scope: &Scope,
    away: &[Away],
    limit: i64,
) -> Result<HashMap<UserId, Vec<(Named, Timestamp)>>> {
    if away.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, i64, i64)> = all_seen!(
        tx,
        concat!(
            "with ",
            asked!(),
            ", found as (
               select r.id, r.owner_id, q.since,
                 (select max(h.at) from record_owners h where h.record_id = r.id and h.to_user_id = r.owner_id) as at
               from asked q cross join records r
               where r.owner_id = q.owner_id and r.kind = 'lead' and r.status = 'open' and ",
            visible!("r"),
            "),
             placed as (
               select f.id, f.owner_id, f.at,
                 row_number() over (partition by f.owner_id order by f.at desc, f.id desc) as place
               from found f where f.at >= f.since)
             select p.owner_id, p.id, p.at from placed p where p.place <= $9 order by p.owner_id, p.place"
        ),
        scope,
        asked_list(away.iter().copied()),
        limit
    )?;
    let known = names(tx, scope, rows.iter().map(|(_, id, _)| RecordId(*id))).await?;
    let mut leads: HashMap<UserId, Vec<(Named, Timestamp)>> = HashMap::new();
    for (owner, id, at) in rows {
        let lead = known.get(&RecordId(id)).map(|named| (named.clone(), Timestamp(at)));
        leads.entry(UserId(owner)).or_default().extend(lead);
    }
    Ok(leads)
}

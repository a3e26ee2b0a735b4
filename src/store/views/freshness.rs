//! How far the mail behind a page has been read.

use super::super::{Result, Tx};
use crate::access::Scope;
use crate::model::time::Timestamp;

/// How far a mailbox has been read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lag {
    /// The mailbox's name.
    pub mailbox: String,
    /// Its state, as in the table; `paused` and `waiting` (for its owner to agree) where people decided so.
    pub state: String,
    /// Everything the server showed at this moment is accounted for.
    pub up_to: Option<Timestamp>,
}

/// The mailboxes whose mail the viewer's pages are made of: their own, those of whom they read
/// records of, and shared ones.
pub async fn lag(tx: &mut Tx, scope: &Scope) -> Result<Vec<Lag>> {
    let rows: Vec<(String, String, Option<i64>)> = all_seen!(
        tx,
        "select name, case when paused_at is not null then 'paused'
             when asks and not exists (select 1 from mailbox_agreements a where a.mailbox_id = mailboxes.id
               and a.user_id = mailboxes.user_id and a.withdrawn_at is null) then 'waiting' else state end,
           up_to_date_at from mailboxes
         where removed_at is null and (user_id is null or user_id = $1
            or user_id in (select cast(value as bigint) from json_each($2))
            or user_id in (select cast(value as bigint) from json_each($3))
            or user_id in (select cast(value as bigint) from json_each($4)))
         order by name",
        scope
    )?;
    Ok(rows.into_iter().map(|(mailbox, state, up_to)| Lag { mailbox, state, up_to: up_to.map(Timestamp) }).collect())
}

//! What converted leads became.

use super::{Result, Tx, list};
use crate::model::id::{RecordId, ThreadId, UserId};
use crate::model::time::Timestamp;

/// Notes that a lead became these records; its addresses stand on the contact among them, too.
pub async fn convert(tx: &mut Tx, lead: RecordId, to: &[RecordId], by: Option<UserId>, now: Timestamp) -> Result<()> {
    run!(tx, "update records set status = 'converted', updated_at = $2 where id = $1", lead.0, now.0)?;
    for record in to {
        run!(
            tx,
            "insert into record_successors (lead_id, record_id, at, by_user_id) values ($1, $2, $3, $4) on conflict do nothing",
            lead.0,
            record.0,
            now.0,
            by.map(|u| u.0)
        )?;
    }
    run!(
        tx,
        "insert into record_addresses (address, record_id, standing, claimed_by, created_at) \
         select a.address, r.id, a.standing, a.claimed_by, $3 from record_addresses a join records r on r.kind = 'contact' \
         and r.id in (select cast(value as bigint) from json_each($2)) where a.record_id = $1 on conflict do nothing",
        lead.0,
        list(to.iter().map(|r| r.0)),
        now.0
    )?;
    Ok(())
}

/// Takes that back: the lead is open again. Addresses that a contact got stay on it.
pub async fn revert(tx: &mut Tx, lead: RecordId, now: Timestamp) -> Result<bool> {
    let gone = run!(tx, "delete from record_successors where lead_id = $1", lead.0)?;
    if gone > 0 {
        run!(tx, "update records set status = 'open', updated_at = $2 where id = $1", lead.0, now.0)?;
    }
    Ok(gone > 0)
}

/// The threads of mail that stands on a record, or names one of its addresses.
pub async fn threads(tx: &mut Tx, record: RecordId) -> Result<Vec<ThreadId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select m.thread_id from links l join mails m on m.id = l.mail_id where l.record_id = $1 \
         union select m.thread_id from record_addresses a join mail_parties p on p.address = a.address \
         join mails m on m.id = p.mail_id where a.record_id = $1",
        record.0
    )?;
    Ok(rows.into_iter().map(|(id,)| ThreadId(id)).collect())
}

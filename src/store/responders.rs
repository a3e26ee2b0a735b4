//! What proves that an automatic answer in the name of one of us came from the server of their mailbox (R14).
//! Anybody can write our address on a mail; what nobody outside can know are the ids of mail that stays among us.

use super::keys::Key;
use super::{Result, Tx, list};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// Whether one of these ids is that of a mail which one of us sent to `address`, and to nobody outside, and which
/// no mail to or from somebody outside names: who got an answer from that thread knows the ids in it.
pub async fn answers_one_of_us(tx: &mut Tx, address: &str, ids: &[Key]) -> Result<bool> {
    let (found,): (bool,) = one!(
        tx,
        "select exists (select 1 from json_each($1) k cross join mail_ids i cross join mails o
           where i.id_key = cast(k.value as bigint) and i.what in ('own', 'alias') and o.id = i.mail_id
             and o.direction = 'internal' and not o.auth_failed
             and exists (select 1 from mail_parties p
               where p.mail_id = o.id and p.address = $2 and p.field in ('to', 'cc'))
             and not exists (select 1 from mail_ids n cross join mails h
               where n.id_key = i.id_key and h.id = n.mail_id and h.direction <> 'internal')
             and not exists (select 1 from mail_parties x where x.mail_id = o.id
               and not exists (select 1 from user_addresses u where u.address = x.address)
               and not exists (select 1 from mailboxes y where y.address = x.address))
             and exists (select 1 from locations c join folders f on f.id = c.folder_id
               join mailboxes b on b.id = f.mailbox_id join user_addresses w on w.user_id = b.user_id
               where c.mail_id = o.id and f.role = 'sent' and w.address = o.from_address))",
        list(ids.iter().copied()),
        address
    )?;
    Ok(found)
}

/// The notices, as they were sent, with which a person answered the mails with these ids.
pub async fn sent_to(tx: &mut Tx, user: UserId, ids: &[Key]) -> Result<Vec<Vec<u8>>> {
    let rows: Vec<(Vec<u8>,)> = all!(
        tx,
        "select o.bytes from json_each($1) k cross join mail_ids i cross join notice_decisions d cross join outbox o
         where i.id_key = cast(k.value as bigint) and i.what in ('own', 'alias') and d.mail_id = i.mail_id
           and d.user_id = $2 and o.id = d.outbox_id",
        list(ids.iter().copied()),
        user.0
    )?;
    Ok(rows.into_iter().map(|(bytes,)| bytes).collect())
}

/// Notes that a mail of `at` looks like the answer of a responder of this person, and that nothing proves it.
/// Gives how many mailboxes did not know that yet.
pub async fn doubted(tx: &mut Tx, user: UserId, at: Timestamp) -> Result<u64> {
    Ok(run!(
        tx,
        "update mailboxes set responder_doubted_at = $2 where user_id = $1 \
         and coalesce(responder_doubted_at, 0) < $2 and coalesce(sieve_at, 0) < $2",
        user.0,
        at.0
    )?)
}

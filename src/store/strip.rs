//! What a mailbox's policy takes away of stored mail: texts where only headers are kept, places whose
//! mail carries a keyword that means "never".

use super::{Result, Tx, list};
use crate::model::id::{FolderId, LocationId, MailId, MailboxId};
use std::collections::BTreeSet;

/// Mails of this mailbox whose text is kept.
pub async fn with_text(tx: &mut Tx, mailbox: MailboxId, limit: i64) -> Result<Vec<MailId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select distinct l.mail_id from folders f join locations l on l.folder_id = f.id \
         join raws r on r.mail_id = l.mail_id where f.mailbox_id = $1 and l.state in ('stored', 'gone') limit $2",
        mailbox.0,
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| MailId(id)).collect())
}

/// Takes everything but the headers of these mails away: text, names of attachments, the bytes, and the
/// words of the text from the index.
pub async fn text_of(tx: &mut Tx, mails: &[MailId]) -> Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    let wanted = list(mails.iter().map(|m| m.0));
    run!(
        tx,
        "update mails set visible = '', attachments = '[]', attachment_names = '', folded = false \
         where id in (select cast(value as bigint) from json_each($1))",
        wanted.as_str()
    )?;
    super::appointments::forget(tx, wanted.as_str()).await?;
    run!(tx, "delete from raws where mail_id in (select cast(value as bigint) from json_each($1))", wanted)?;
    super::text::again(tx, mails).await
}

/// Places of a folder's numbering that a keyword hides, with their UIDs.
pub async fn hidden_by_keyword(tx: &mut Tx, folder: FolderId, epoch: i64) -> Result<Vec<(LocationId, u32)>> {
    let rows: Vec<(i64, i64)> = all!(
        tx,
        "select l.id, l.uid from hidden_places h join locations l on l.id = h.location_id \
         where h.why = 'keyword' and l.folder_id = $1 and l.epoch = $2 and l.state = 'unmatched'",
        folder.0,
        epoch
    )?;
    Ok(rows.into_iter().map(|(id, uid)| (LocationId(id), u32::try_from(uid).unwrap_or(0))).collect())
}

/// Of these UIDs, the places that are not hidden by a keyword yet and not gone.
pub async fn shown_among(tx: &mut Tx, folder: FolderId, epoch: i64, uids: &BTreeSet<u32>) -> Result<Vec<LocationId>> {
    if uids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = all!(
        tx,
        "select l.id from json_each($3) k join locations l on l.uid = cast(k.value as bigint) \
         where l.folder_id = $1 and l.epoch = $2 and l.state <> 'gone' and not (l.state = 'unmatched' and exists \
         (select 1 from hidden_places h where h.location_id = l.id and h.why = 'keyword')) order by l.id",
        folder.0,
        epoch,
        list(uids.iter().map(|uid| i64::from(*uid)))
    )?;
    Ok(rows.into_iter().map(|(id,)| LocationId(id)).collect())
}

/// These places, and those of the same mails and mailbox that are gone from the server or lie in a folder
/// that is not read: nobody could mark those.
pub async fn with_leftovers(tx: &mut Tx, mailbox: MailboxId, places: &[LocationId]) -> Result<Vec<LocationId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select o.id from locations o join folders f on f.id = o.folder_id where f.mailbox_id = $1 \
         and o.mail_id in (select l.mail_id from locations l where l.mail_id is not null \
          and l.id in (select cast(value as bigint) from json_each($2))) \
         and (o.state = 'gone' or not f.watched or o.epoch <> f.epoch) \
         union select cast(value as bigint) from json_each($2)",
        mailbox.0,
        list(places.iter().map(|place| place.0))
    )?;
    Ok(rows.into_iter().map(|(id,)| LocationId(id)).collect())
}

/// Has hidden places read again, as backlog.
pub async fn read_again(tx: &mut Tx, places: &[LocationId]) -> Result<()> {
    let wanted = list(places.iter().map(|place| place.0));
    run!(
        tx,
        "update locations set state = 'pending', arrival = 'refetch', next_try_at = 0, attempts = 0 \
         where state = 'unmatched' and id in (select cast(value as bigint) from json_each($1))",
        wanted
    )?;
    super::removal::unmark(tx, places).await
}

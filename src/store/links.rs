//! Links: a mail on a record's timeline. Waiting, which follows from them, is in `waits`.
//!
//! Whether a mail is marked confidential is decided with it and stands in `mails.sealed`; each of its links repeats
//! it, since that is where sight is asked (`visible`). Links are written here, and by merging and parting records,
//! which calls [`seal`]: so the two agree.

use super::bulk::insert_many;
use super::{Result, Tx, list};
use crate::model::id::{MailId, RecordId};
use crate::model::link::Link;
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// The links of one mail.
#[derive(Clone, Debug, PartialEq)]
pub struct MailLinks {
    /// The mail.
    pub mail: MailId,
    /// Its place in time.
    pub at: Timestamp,
    /// Whether it is marked confidential.
    pub sealed: bool,
    /// Its links.
    pub links: Vec<Link>,
}

/// The records on which these mails stand.
pub async fn of_mails(tx: &mut Tx, mails: &[MailId]) -> Result<HashMap<MailId, Vec<RecordId>>> {
    let rows: Vec<(i64, i64)> = all!(
        tx,
        "select distinct mail_id, record_id from links \
         where mail_id in (select cast(value as bigint) from json_each($1)) order by mail_id, record_id",
        list(mails.iter().map(|mail| mail.0))
    )?;
    let mut all: HashMap<MailId, Vec<RecordId>> = HashMap::new();
    for (mail, record) in rows {
        all.entry(MailId(mail)).or_default().push(RecordId(record));
    }
    Ok(all)
}

/// Writes the links of mails that have none yet.
pub async fn insert(tx: &mut Tx, mails: &[MailLinks], now: Timestamp) -> Result<()> {
    let rows = mails.iter().flat_map(|mail| {
        mail.links.iter().map(move |link| {
            vec![
                mail.mail.0.into(),
                link.record.0.into(),
                link.governing.0.into(),
                mail.at.0.into(),
                serde_json::to_string(&link.evidence).unwrap_or_default().into(),
                link.evidence.score().into(),
                now.0.into(),
                mail.sealed.into(),
            ]
        })
    });
    insert_many(
        tx,
        "links (mail_id, record_id, governing_id, at, evidence, score, decided_at, sealed)",
        "on conflict (mail_id, record_id, governing_id) do nothing",
        rows.collect(),
    )
    .await
}

/// Replaces the links of mails.
pub async fn replace(tx: &mut Tx, mails: &[MailLinks], now: Timestamp) -> Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    run!(
        tx,
        "delete from links where mail_id in (select cast(value as bigint) from json_each($1))",
        list(mails.iter().map(|m| m.mail.0))
    )?;
    insert(tx, mails, now).await
}

/// Marks the links of these mails as the mails are marked.
pub async fn seal(tx: &mut Tx, mails: &[MailId]) -> Result<()> {
    run!(
        tx,
        "update links set sealed = not sealed where mail_id in (select cast(value as bigint) from json_each($1)) \
         and sealed <> (select m.sealed from mails m where m.id = links.mail_id)",
        list(mails.iter().map(|m| m.0))
    )?;
    Ok(())
}

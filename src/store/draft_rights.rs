//! Whether somebody may write a mail at this moment: from a record that they may change, or in answer to a mail
//! that lies in a mailbox of theirs. Asked when a draft is begun, when it is sent, and right before its text is
//! handed over: what a right gave ends with the right.

use super::views::{self, Message};
use super::{Result, Tx, people, records, shares};
use crate::access::{self, Path, World};
use crate::model::draft::DraftKind;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::record::Record;
use crate::model::time::Timestamp;

/// What somebody may write from.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The mail it answers or hands on, as its writer sees it.
    pub message: Option<Message>,
    /// The record that it is about; `None`: its writer has a copy of the mail and no right to a record.
    pub record: Option<Record>,
    /// The right by which they write from it.
    pub by: Option<Path>,
}

impl Standing {
    /// Whom they answer for, where the right is that of a cover.
    pub fn on_behalf_of(&self) -> Option<UserId> {
        let covers = matches!(self.by, Some(Path::Cover | Path::Deputy | Path::Fallback));
        self.record.as_ref().filter(|_| covers).map(|record| record.owner)
    }
}

/// Why somebody may not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// They do not work here any more.
    Inactive,
    /// The mail is not there, or not for them (any more).
    Mail,
    /// The record is not there, or not for them (any more).
    Record,
    /// They may read it, and not write from it.
    ReadOnly,
    /// It is confidential, and would be handed on into another thread.
    Confidential,
}

/// Whether `user` may write a mail of this kind about this mail or record at `now`.
pub async fn standing(
    tx: &mut Tx,
    user: UserId,
    (kind, mail, record): (DraftKind, Option<MailId>, Option<RecordId>),
    world: &World,
    now: Timestamp,
) -> Result<std::result::Result<Standing, Lost>> {
    if !world.person(user).is_some_and(|person| person.active) {
        return Ok(Err(Lost::Inactive));
    }
    let scope = people::scope(tx, user, world, now).await?;
    let Some(mail) = mail else {
        let Some(record) = record.filter(|_| kind == DraftKind::New) else { return Ok(Err(Lost::Mail)) };
        let Some(entry) = records::load_seen(tx, &scope, &[record]).await?.pop() else { return Ok(Err(Lost::Record)) };
        let by = by_which(tx, user, &entry.record, world, now).await?;
        let standing = by.map(|by| Standing { message: None, record: Some(entry.record), by: Some(by) });
        return Ok(standing.ok_or(Lost::ReadOnly));
    };
    let Some(message) = views::message(tx, &scope, mail).await? else { return Ok(Err(Lost::Mail)) };
    let secret = |message: &Message| message.mail.sealed || message.ties.iter().any(|tie| tie.governing.confidential);
    if kind == DraftKind::Forward && secret(&message) {
        return Ok(Err(Lost::Confidential));
    }
    // The record that was chosen goes before those on which the mail stands most firmly.
    let mut governing: Vec<RecordId> = message.ties.iter().map(|tie| tie.governing.id).collect();
    governing.sort_by_key(|id| Some(*id) != record);
    governing.dedup();
    for id in governing {
        let Some(entry) = records::load_seen(tx, &scope, &[id]).await?.pop() else { continue };
        if let Some(by) = by_which(tx, user, &entry.record, world, now).await? {
            return Ok(Ok(Standing { message: Some(message), record: Some(entry.record), by: Some(by) }));
        }
    }
    let (own_copy, _) = views::seen_by(tx, &scope, mail).await?;
    Ok(if own_copy { Ok(Standing { message: Some(message), record: None, by: None }) } else { Err(Lost::ReadOnly) })
}

async fn by_which(tx: &mut Tx, user: UserId, record: &Record, world: &World, now: Timestamp) -> Result<Option<Path>> {
    let shares = shares::on(tx, &[record.id]).await?;
    Ok(access::may_write(user, record, &shares, world, now))
}

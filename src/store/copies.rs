//! What further copies of a stored message add to it: which of them came first, whom they name
//! beside the others (only the sender's own copy names those in Bcc), whether one was found forged.
//!
//! Without this a message would be what its first copy said, and links and waits would depend on
//! which copy that was (P3).

use super::bulk::{insert_many, update_many};
use super::{Result, Tx, list};
use crate::model::facts::Field;
use crate::model::id::MailId;
use crate::model::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A copy, next to the message that it is one of.
#[derive(Clone, Debug)]
pub struct Further<'a> {
    /// The message.
    pub mail: MailId,
    /// When this copy arrived.
    pub arrived_at: Timestamp,
    /// The message's place in time by this copy (R133).
    pub at: Timestamp,
    /// Everybody on it.
    pub parties: &'a [(Field, String, Option<String>)],
    /// Failed authentication by our own server's word.
    pub auth_failed: bool,
}

/// A stored message as far as copies may change it.
struct Known {
    at: Timestamp,
    arrived_at: Timestamp,
    auth_failed: bool,
    parties: BTreeSet<(String, String)>,
    next: i64,
}

/// Adds what copies say to their messages; gives those whose links or waits may change by it.
pub async fn add(tx: &mut Tx, copies: &[Further<'_>]) -> Result<Vec<MailId>> {
    if copies.is_empty() {
        return Ok(Vec::new());
    }
    let mut known = load(tx, copies).await?;
    let (mut moved, mut fresh, mut changed) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
    for copy in copies {
        let Some(mail) = known.get_mut(&copy.mail) else { continue };
        if copy.arrived_at < mail.arrived_at || (copy.auth_failed && !mail.auth_failed) {
            if copy.arrived_at < mail.arrived_at {
                (mail.arrived_at, mail.at) = (copy.arrived_at, copy.at);
            }
            mail.auth_failed |= copy.auth_failed;
            let row = (mail.at, mail.arrived_at, mail.auth_failed);
            moved.insert(copy.mail, row);
            changed.insert(copy.mail);
        }
        for (field, address, name) in copy.parties {
            if mail.parties.insert((field.word().to_owned(), address.clone())) {
                let (id, field) = (copy.mail.0.into(), field.word().into());
                fresh.push(vec![id, mail.next.into(), field, address.as_str().into(), name.clone().into()]);
                mail.next += 1;
                changed.insert(copy.mail);
            }
        }
    }
    let rows = |(id, (at, arrived, failed)): (&MailId, &(Timestamp, Timestamp, bool))| {
        vec![id.0.into(), at.0.into(), arrived.0.into(), (*failed).into()]
    };
    let head = "mails set at = v.column2, arrived_at = v.column3, auth_failed = v.column4";
    update_many(tx, head, "mails.id = v.column1", moved.iter().map(rows).collect()).await?;
    let places = moved.iter().map(|(id, (at, ..))| vec![id.0.into(), at.0.into()]).collect();
    update_many(tx, "links set at = v.column2", "links.mail_id = v.column1", places).await?;
    insert_many(tx, "mail_parties (mail_id, position, field, address, name)", "", fresh).await?;
    Ok(changed.into_iter().collect())
}

async fn load(tx: &mut Tx, copies: &[Further<'_>]) -> Result<BTreeMap<MailId, Known>> {
    let wanted = list(copies.iter().map(|copy| copy.mail.0));
    let rows: Vec<(i64, i64, i64, bool)> = all!(
        tx,
        "select id, at, arrived_at, auth_failed from mails where id in \
         (select cast(value as bigint) from json_each($1))",
        wanted.as_str()
    )?;
    let fresh = |(id, at, arrived, auth_failed): (i64, i64, i64, bool)| {
        let (at, arrived_at) = (Timestamp(at), Timestamp(arrived));
        (MailId(id), Known { at, arrived_at, auth_failed, parties: BTreeSet::new(), next: 0 })
    };
    let mut known: BTreeMap<MailId, Known> = rows.into_iter().map(fresh).collect();
    let parties: Vec<(i64, i64, String, String)> = all!(
        tx,
        "select mail_id, position, field, address from mail_parties where mail_id in \
         (select cast(value as bigint) from json_each($1))",
        wanted.as_str()
    )?;
    for (mail, position, field, address) in parties {
        if let Some(known) = known.get_mut(&MailId(mail)) {
            known.parties.insert((field, address));
            known.next = known.next.max(position + 1);
        }
    }
    Ok(known)
}

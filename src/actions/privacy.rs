//! What is stored about one person, and erasing them: who may, what is noted, what is told before.
//!
//! Erasing sets a mark first, a keyed hash, so that nothing that comes from then on brings the address
//! back. Then stored mail goes batch by batch, each a transaction; then records and what else names the
//! address. Interrupted, the same command goes on: each step looks for what is left. The audit names a
//! keyed hash, never the address.

use super::caller::Caller;
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::block::{Pattern, untagged};
use crate::model::mail::ReturnPath;
use crate::notice;
use crate::store::about::{self, About, Person};
use crate::store::keys::Keys;
use crate::store::{self, Tx, erased};
use std::collections::HashSet;

/// Why nothing was shown or erased.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// Not theirs to ask.
    #[error("what is stored about a person is for admins and the operator to see and to erase")]
    NotAdmin,
    /// A colleague's, or a mailbox's.
    #[error("{0} is one of ours; only people outside can be erased")]
    Ours(String),
}

/// Somebody outside, by their address without a tag.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The address.
    pub address: Address,
    /// How they are looked for.
    pub person: Person,
}

impl Subject {
    /// Of an address; `jan+news@x.pl` is `jan@x.pl`.
    pub fn of(address: &Address, keys: &Keys) -> Option<Subject> {
        let address = untagged(address).unwrap_or_else(|| address.clone());
        let path = ReturnPath::Address(address.clone(), address.to_string());
        let sender = notice::sender_key(&path).map_or_else(|| address.to_string(), |key| key.address);
        let person = Person {
            pattern: Pattern::parse(address.as_str()).ok()?,
            address_key: keys.hash("address", address.as_str().as_bytes()),
            sender_key: keys.hash("sender", sender.as_bytes()),
        };
        Some(Subject { address, person })
    }
}

/// What is stored about somebody; noted in the audit.
pub async fn show(
    tx: &mut Tx,
    caller: &Caller<'_>,
    subject: &Subject,
    keys: &Keys,
) -> store::Result<Result<About, No>> {
    if !caller.administers() {
        return Ok(Err(No::NotAdmin));
    }
    let about = about::load(tx, &subject.person).await?;
    note(tx, caller, Action::PrivacyShown, subject, keys, serde_json::json!({})).await?;
    Ok(Ok(about))
}

/// Whether somebody may be erased by the caller.
pub async fn may_erase(
    tx: &mut Tx,
    caller: &Caller<'_>,
    subject: &Subject,
    own_domains: &HashSet<String>,
) -> store::Result<Result<(), No>> {
    if !caller.administers() {
        return Ok(Err(No::NotAdmin));
    }
    let ours = own_domains.contains(subject.address.domain());
    if ours || store::blocks::is_ours(tx, &subject.person.pattern).await? {
        return Ok(Err(No::Ours(subject.address.to_string())));
    }
    Ok(Ok(()))
}

/// Sets the mark and notes that erasing began; false if it was set before.
pub async fn begin(tx: &mut Tx, caller: &Caller<'_>, subject: &Subject, keys: &Keys) -> store::Result<bool> {
    let new = erased::mark(tx, erased::mark_of(keys, &subject.address), caller.now).await?;
    if new {
        note(tx, caller, Action::Erased, subject, keys, serde_json::json!({ "state": "begun" })).await?;
    }
    Ok(new)
}

/// Erases what is left beside mail, and notes that erasing is done.
pub async fn finish(
    tx: &mut Tx,
    caller: &Caller<'_>,
    subject: &Subject,
    keys: &Keys,
    (removed, redacted): (usize, usize),
) -> store::Result<usize> {
    let after = erased::pseudonym(keys, &subject.address);
    let records = about::records(tx, &subject.person, &after).await?;
    about::the_rest(tx, &subject.person, &after).await?;
    let detail = serde_json::json!({
        "state": "done", "removed": removed, "redacted": redacted,
        "records": records.iter().map(|r| r.0).collect::<Vec<_>>(),
    });
    note(tx, caller, Action::Erased, subject, keys, detail).await?;
    Ok(records.len())
}

/// Takes addresses that were erased off records onto which an import has just put them again. Gives how many.
pub async fn keep_off(tx: &mut Tx, keys: &Keys, records: &[crate::model::id::RecordId]) -> store::Result<usize> {
    let (_, erasures) = store::blocks::any(tx).await?;
    if !erasures || records.is_empty() {
        return Ok(0);
    }
    let on_them = store::records::addresses(tx, records).await?;
    let addresses: Vec<Address> = on_them.into_values().flatten().map(|(address, _)| address).collect();
    let marks: Vec<_> = addresses.iter().map(|a| erased::mark_of(keys, a)).collect();
    let set = erased::among(tx, &marks).await?;
    let mut off = 0;
    for (address, _) in addresses.iter().zip(&marks).filter(|(_, mark)| set.contains(mark)) {
        let Some(subject) = Subject::of(address, keys) else { continue };
        about::records(tx, &subject.person, &erased::pseudonym(keys, address)).await?;
        off += 1;
    }
    Ok(off)
}

async fn note(
    tx: &mut Tx,
    caller: &Caller<'_>,
    action: Action,
    subject: &Subject,
    keys: &Keys,
    mut detail: serde_json::Value,
) -> store::Result<()> {
    let key = keys.hash("audited pattern", subject.address.as_str().as_bytes()).cast_unsigned();
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("key".to_owned(), format!("{key:016x}").into());
    }
    store::audit::note(tx, &[Line::new(caller.now, caller.by, action).detail(detail)]).await
}

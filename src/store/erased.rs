//! Who was erased: keyed hashes alone, so that what comes later can be told and nobody can be read
//! from them.

use super::keys::{Key, Keys};
use super::{Result, Tx, list, text_list};
use crate::model::address::Address;
use crate::model::block::untagged;
use crate::model::time::Timestamp;
use std::collections::{BTreeSet, HashSet};

/// The domain of the addresses that stand in the place of erased ones (RFC 2606).
pub const NOWHERE: &str = "erased.invalid";

/// The mark of an address: of its untagged form, since both are one person.
pub fn mark_of(keys: &Keys, address: &Address) -> Key {
    let base = untagged(address);
    keys.hash("erased", base.as_ref().unwrap_or(address).as_str().as_bytes())
}

/// What stands in the place of an erased address: the same for one person wherever they stood, so that
/// threads and links hold together, and nothing that could be guessed or written to.
pub fn pseudonym(keys: &Keys, address: &Address) -> String {
    let base = untagged(address);
    let key = keys.hash("erased name", base.as_ref().unwrap_or(address).as_str().as_bytes());
    format!("erased-{:016x}@{NOWHERE}", key.cast_unsigned())
}

/// Marks an address as erased; false if it was.
pub async fn mark(tx: &mut Tx, key: Key, now: Timestamp) -> Result<bool> {
    Ok(run!(tx, "insert into erased (key, at) values ($1, $2) on conflict (key) do nothing", key, now.0)? > 0)
}

/// When this mark was set.
pub async fn marked(tx: &mut Tx, key: Key) -> Result<Option<Timestamp>> {
    let found: Option<(i64,)> = maybe!(tx, "select at from erased where key = $1", key)?;
    Ok(found.map(|(at,)| Timestamp(at)))
}

/// Those of these marks that are set.
pub async fn among(tx: &mut Tx, keys: &[Key]) -> Result<HashSet<Key>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select e.key from json_each($1) k join erased e on e.key = cast(k.value as bigint)",
        list(keys.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// Those of these addresses that are a user's or a mailbox's.
pub async fn ours(tx: &mut Tx, addresses: &BTreeSet<String>) -> Result<HashSet<String>> {
    let rows: Vec<(String,)> = all!(
        tx,
        "select u.address from json_each($1) k join user_addresses u on u.address = k.value \
         union select b.address from json_each($1) k join mailboxes b on b.address = k.value",
        text_list(addresses.iter().map(String::as_str))
    )?;
    Ok(rows.into_iter().map(|(address,)| address).collect())
}

//! tmp
use super::time::Timestamp;
/// k
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 16]);
impl From<i64> for Key { fn from(v: i64) -> Key { let mut k=[0;16]; k[..8].copy_from_slice(&v.to_be_bytes()); Key(k) } }
/// t
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ThreadInput { pub id: Option<Key>, pub references: Vec<Key>, pub in_reply_to: Vec<Key>, pub participants: Vec<String>, pub at: Timestamp, pub identity: Vec<u8>, pub automatic: bool }

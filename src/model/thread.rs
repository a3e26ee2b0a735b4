//! What threading needs to know of a message.
//!
//! Ids are opaque keys, so that mail which is not stored (promise P9: only keyed hashes of its
//! ids are kept) threads beside mail which is, by the very same function.

use super::time::Timestamp;

/// A Message-ID as threading compares it: a keyed hash, cut to 16 octets, or any other 16 octets
/// that are equal exactly when the ids are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 16]);

impl From<i64> for Key {
    /// A key of 64 bits, as the database holds them.
    fn from(number: i64) -> Key {
        Key((i128::from(number) as u128).to_be_bytes())
    }
}

/// One message of a set to thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadInput {
    /// Its own Message-ID; `None` if it has none (R120: then `identity` stands for it).
    pub id: Option<Key>,
    /// Usable ids of In-Reply-To, in order.
    pub in_reply_to: Vec<Key>,
    /// Usable ids of References, oldest first.
    pub references: Vec<Key>,
    /// Everybody in From, To and Cc, as addresses or hashes of them, in any order.
    pub participants: Vec<String>,
    /// When it was written or came: of two messages with one id, the earlier keeps it (R121).
    pub at: Timestamp,
    /// Hash of its stable fields (From, Date, Subject, body), equal in every mailbox (R120).
    /// Inputs with equal id and identity are copies of one message.
    pub identity: Vec<u8>,
    /// Written by a machine: it joins its parent's thread and connects nobody else (R130).
    pub automatic: bool,
    /// Other ids under which it went (R126): what names one of them names this message, unless
    /// another message has that id as its own.
    pub aliases: Vec<Key>,
    /// Somebody said that a thread of its own begins here: it answers nothing, and what answers it
    /// belongs to nothing above.
    pub cut: bool,
    /// Identities of messages with which somebody said that it belongs.
    pub joined: Vec<Vec<u8>>,
    /// What names its conversation beside ids: counts only where no id leads anywhere (R125).
    pub conversation: Option<Key>,
    /// Numbers in its subject under which its writer's firm may keep a mail of ours: they count only where no
    /// id leads anywhere (R106).
    pub hints: Vec<Key>,
    /// Numbers under which those to whom it went keep it, as their acknowledgements say.
    pub kept_as: Vec<Key>,
}

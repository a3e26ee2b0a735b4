//! What was said between us and a mailbox's server, as it is kept for whoever looks after the mailbox.

use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Standin.
    We,
    /// The server.
    Server,
    /// Nobody: a connection was made, or broke.
    Note,
}

/// A line of it, or several alike that came one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// When; of several the last.
    pub at: Timestamp,
    /// Which connection of this program's: history is read over a second one.
    pub connection: u32,
    /// Who.
    pub side: Side,
    /// What, without passwords, addresses and contents.
    pub text: String,
    /// How many such lines came one after the other.
    pub times: u32,
}

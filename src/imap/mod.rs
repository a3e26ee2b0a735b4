//! The wire to a mailbox. Read only: EXAMINE and BODY.PEEK, nothing else touches mail (P7). Folders of
//! our own, where their user asked for them, are made, renamed and removed by `own` alone, whose names
//! cannot be those of other folders. `append` puts the copy of a mail that its user wrote in Standin into
//! their folder of sent mail, and nothing anywhere else.
//!
//! In reading order: `plan` decides what to read next and is pure; [`connect`] gives a
//! [`Session`], whose calls each are one checked command or a few (`exchange`); below them
//! `wire` and `repair` stand between the socket and the parser. async-imap is named in
//! `exchange`, `repair`, `capability` and where answers are taken apart, and nowhere outside
//! this module, so that another client can replace it.
//!
//! Every call ends in success, in [`Trouble::Later`] or in [`Trouble::Stop`]. A success means
//! that the server's tagged OK came. After a NO or BAD the session can be used on; after any
//! other trouble, or when a call's future was dropped, it is dead and says so ([`What::Closed`]).
//!
//! `sieve` asks over ManageSieve whether the server answers mail by itself, and changes nothing there.
//!
//! The logs of async-imap hold passwords and mail: `app` keeps them off. `protocol` keeps the latest lines without either.

mod append;
mod auth;
mod capability;
mod dial;
mod exchange;
mod fetch;
mod folders;
mod idle;
mod names;
mod own;
pub mod plan;
mod probe;
mod protocol;
mod repair;
mod session;
pub mod sieve;
mod trouble;
mod utf7;
mod wire;

pub use append::SentFolder;
pub use capability::Capabilities;
pub use fetch::{Bodies, Changes};
pub use folders::Listed;
pub use idle::Woke;
pub use own::{Numbers, Own, Root, encode};
pub use plan::Snapshot;
pub use probe::{Probed, probe};
pub use protocol::Protocol;
pub use repair::Repairs;
pub use session::{Limits, Session, connect, connect_telling};
pub use trouble::{Cause, LONGEST_WAIT, Trouble, What};

//! The main flow: bytes to timeline, in batches; one mailbox's loop.
//!
//! [`accept`] is the whole path of a mail in one transaction. Everything before it (fetch, parse)
//! can be repeated at will; everything after it (timeline, outbox) follows from what it wrote.

mod accept;
pub mod appointments;
pub mod archive;
mod asking;
mod assemble;
mod belong;
mod copies;
mod effects;
mod fetch;
mod filing;
mod folder;
mod hidden;
pub mod index;
mod made;
pub mod notices;
pub mod once;
mod pipeline;
mod place;
mod policy;
mod prepare;
mod reader;
pub mod reconsider;
mod redact;
mod rematch;
pub mod replay;
pub mod responder;
pub mod rules;
pub mod session;
mod signals;
mod start;
pub mod verify;
pub mod watch;
mod weigh;
pub mod withdraw;
pub mod written;

pub use accept::{Accepted, Context, accept};
pub use fetch::Share;
pub use notices::{NoticeSettings, Office, decide_notice};
pub use pipeline::Intake;
pub use prepare::{Found, Packer, Prepared, all as prepare, id_key, unpack};
pub use reader::Reader;
pub use signals::{Clock, Signals};
pub use start::{Shared, context_of};

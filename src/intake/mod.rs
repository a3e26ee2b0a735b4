//! The main flow: bytes to timeline, in batches; one mailbox's loop.
//!
//! [`accept`] is the whole path of a mail in one transaction. Everything before it (fetch, parse)
//! can be repeated at will; everything after it (timeline, outbox) follows from what it wrote.

mod accept;
mod assemble;
mod place;
mod prepare;

pub use accept::{Accepted, Context, accept};
pub use prepare::{Found, Prepared, all as prepare, id_key, pack};

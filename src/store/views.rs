//! What pages show. Every query takes the viewer's [`Scope`]; none returns a record, an entry, a
//! name or a count that the scope does not give (promises P4, P5).
//!
//! The condition is evaluated by the database against `records.owner_id` at the moment of
//! reading. Lists are read by key (`at`, `mail_id`), never by offset, so the cost of a page does
//! not grow with what lies before it.

use super::list;
use crate::access::Scope;

/// SQL: the record aliased `$r` may be read. Parameters $1 to $4 are those of [`Sight`].
macro_rules! may_read {
    ($r:literal) => {
        concat!(
            "(",
            $r,
            ".owner_id = $1 or (not ",
            $r,
            ".confidential and ($4 or ",
            $r,
            ".owner_id in (select cast(value as bigint) from json_each($2)))) or ",
            $r,
            ".owner_id in (select cast(value as bigint) from json_each($3)))"
        )
    };
}

mod freshness;
mod message;
mod parts;
mod records;
mod timeline;
mod today;

pub use freshness::{Lag, lag};
pub use message::{Delivery, Message, NoticeWord, Tie, message, raw, unpack};
pub use parts::{Answer, Excerpt, Named, Notice, Written, names};
pub use records::{Head, Page, Row, head, records};
pub use timeline::{Before, Entry, timeline};
pub use today::{Item, came_in, waiting};

/// A scope as the four parameters that every condition here reads.
struct Sight {
    viewer: i64,
    owners: String,
    confidential: String,
    everyone: bool,
}

impl From<&Scope> for Sight {
    fn from(scope: &Scope) -> Sight {
        Sight {
            viewer: scope.viewer.0,
            owners: list(scope.owners.iter().map(|id| id.0)),
            confidential: list(scope.confidential_owners.iter().map(|id| id.0)),
            everyone: scope.everyone,
        }
    }
}

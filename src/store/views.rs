//! What pages show. Every query takes the viewer's [`Scope`](crate::access::Scope); none returns a record, an entry, a
//! name or a count that the scope does not give (promises P4, P5).
//!
//! The condition is evaluated by the database against `records.owner_id` at the moment of
//! reading. Lists are read by key (`at`, `mail_id`), never by offset, so the cost of a page does
//! not grow with what lies before it.

mod activities;
mod answering;
mod changed;
mod cover;
mod events;
mod freshness;
mod happened;
mod lacking;
mod leads;
mod message;
mod parts;
mod records;
mod review;
pub mod search;
mod timeline;
mod today;
mod waiting;

pub use activities::{
    Below, Filter as ActivityFilter, OwnerChange, Shown, activities, listed, listed_mails, owner_changes, to_do,
    to_do_of_each,
};
pub use answering::{Latest, latest_answer};
pub use changed::{Moments, Which, changed, moments};
pub use cover::{Came, came_between, deeds, last_words, notices_of, records_of};
pub use events::{Event, events};
pub use freshness::{Lag, lag};
pub use happened::{Happened, Place, happened};
pub use lacking::{Lacking, lacking, neglected_of, waiting_on};
pub use leads::new_leads;
pub use message::{Delivery, Message, NoticeWord, Tie, message, raw, seen_by, subjects, unpack};
pub use parts::{Answer, Excerpt, Named, Notice, Written, names};
pub use records::{Chosen, Head, Page, Row, chosen, head, records, rows};
pub use review::{Desk, Door, Question, Wanted, asked_count, asked_text, questions};
pub use timeline::{Before, Entry, timeline};
pub use today::{Away, Item, Work, work};
pub use waiting::{Asked, asked};

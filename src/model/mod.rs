//! The words of Standin: ids, addresses, mail, records, links, absence, delivery, cursors.
//!
//! Values only: no IO, no clock, no rules. A value that exists is valid; its constructor is
//! where bad input is turned away.
//!
//! # Glossary
//!
//! - **Account**: a company. **Contact**: a person at an account. **Lead**: a prospect that is
//!   not yet an account. **Opportunity**: a deal with an account. **Record**: any of the four.
//! - **Owner**: the one user responsible for a record.
//! - **Absence**: a period in which a user is away. **Substitute**: who covers. **Cover**: the
//!   substitute's right on the absent owner's records while the absence runs.
//! - **Location**: where a copy of a mail lies (folder, epoch, UID). **Message**: what it says.
//!   Many locations may hold one message.
//! - **Party**: an address on a mail, matched or not to a contact, lead or end customer.
//! - **Regarding**: the one record a mail is about. **Link**: a message's tie to a record, with
//!   the reason. **Governing record**: the record whose readers may see an entry (promise P5).
//! - **Rule**: what an admin wants done with mail that fits its conditions. **Hit**: what a rule said
//!   about one mail, kept with it.
//! - **Live / backlog**: how a mail arrived; only live mail may be answered by a notice.

pub mod absence;
pub mod activity;
pub mod address;
pub mod api;
pub mod audit;
pub mod automatic;
pub mod block;
pub mod calendar;
pub mod colleagues;
pub mod consent;
pub mod correction;
pub mod cursor;
pub mod delivery;
pub mod draft;
pub mod facts;
pub mod filing;
pub mod fold;
pub mod found;
pub mod handover;
pub mod id;
pub mod link;
pub mod mail;
pub mod notice;
pub mod notice_text;
pub mod phrases;
pub mod protocol;
pub mod reach;
pub mod record;
pub mod review;
pub mod rule;
pub mod share;
pub mod thread;
pub mod time;
pub mod words;

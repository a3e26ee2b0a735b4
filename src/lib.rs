//! Standin: reads a company's mailboxes, puts every client mail on the record it is about, shows
//! it to whoever answers for that record now, and tells the client who stands in.
//!
//! In reading order. A module uses modules on lower layers, never its own layer, never above.
//!
//! | layer | module | what it is |
//! |---|---|---|
//! | 0 | [`model`] | the words: ids, addresses, mail, records, links, absence, delivery, cursor |
//! | 1 | [`parse`] | pure: bytes to `Mail`, and who wrote it; never fails |
//! | 1 | [`access`] | pure: absence, who answers now, scope |
//! | 1 | [`config`] | settings from file and environment |
//! | 2 | [`link`] | pure: mails and facts to decisions |
//! | 2 | [`notice`] | pure: may a notice be sent, and its text |
//! | 2 | [`imap`] | the wire to a mailbox; `plan` is pure |
//! | 2 | [`smtp`] | the wire to a submission server |
//! | 2 | [`oidc`] | the wire to an identity provider |
//! | 2 | [`store`] | all SQL |
//! | 3 | [`intake`] | the main flow: bytes to timeline, in batches; one mailbox's loop |
//! | 3 | [`outbox`] | claim, send, settle |
//! | 3 | [`notify`] | mails to colleagues: who is told, under whose sight, once |
//! | 3 | [`actions`] | what people do |
//! | 4 | [`commands`] | one file per command-line verb |
//! | 4 | [`web`] | pages over the same views |
//! | 5 | [`app`] | starting and stopping |

pub mod access;
pub mod actions;
pub mod app;
pub mod commands;
pub mod config;
pub mod imap;
pub mod intake;
pub mod link;
pub mod model;
pub mod notice;
pub mod notify;
pub mod oidc;
pub mod outbox;
pub mod parse;
pub mod smtp;
pub mod store;
pub mod web;

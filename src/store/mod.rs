//! All SQL. One file per topic; every function takes `&mut Tx` first, only flows hold [`Db`].
//!
//! One SQL text serves both databases: `$1` placeholders, `on conflict … returning`, `exists`,
//! window functions, lists as JSON text through `json_each($1)` (built into SQLite, a function of
//! our migration on PostgreSQL). Where the two truly differ (full text, bulk insert, locks) the
//! `match` stands openly in one function.
//!
//! SQLite: WAL, one writing connection with `begin immediate`, a pool of query-only readers.
//! Ingest commits with `synchronous=NORMAL`: power loss may take its last batches, cursor and
//! data together. [`Db::write_durable`] is for the commit that claims an outgoing mail.

#[macro_use]
mod macros;
#[macro_use]
mod visible;
pub mod about;
pub mod absences;
pub mod activities;
pub mod api_tokens;
pub mod appointments;
pub mod audit;
pub mod automatic;
pub mod automatic_reach;
pub mod automatic_words;
pub mod blocks;
mod bulk;
pub mod consents;
pub mod copies;
pub mod corrections;
mod db;
pub mod details;
pub mod draft_rights;
pub mod drafts;
pub mod erased;
pub mod events;
pub mod expiry;
pub mod external_ids;
pub mod factors;
pub mod facts;
pub mod filing;
pub mod folders;
pub mod handovers;
pub mod heads;
pub mod health;
pub mod idempotency;
pub mod identities;
pub mod imports;
pub mod instance;
pub mod invitations;
pub mod keys;
pub mod links;
pub mod locations;
pub mod mailbox_settings;
pub mod mailboxes;
pub mod mails;
pub mod managers;
pub mod merges;
pub mod notice_log;
pub mod notice_switch;
pub mod notice_texts;
pub mod notices;
pub mod notifications;
pub mod numbers;
pub mod outbox;
pub mod owners;
pub mod people;
pub mod people_leave;
pub mod people_signin;
pub mod people_states;
pub mod places;
pub mod protocols;
pub mod reading;
pub mod record_words;
pub mod records;
pub mod removal;
pub mod rereads;
pub mod resets;
pub mod responders;
pub mod reviews;
pub mod rules;
pub mod selection;
pub mod sessions;
pub mod setup;
pub mod shares;
pub mod sight;
pub mod strip;
pub mod successors;
pub mod suggestions;
pub mod teams;
pub mod text;
pub mod views;
pub mod waits;
pub mod weighed;

pub use crate::model::fold::{fold, sort_key, special_sort_key};
pub use bulk::{Value, insert_many, update_many};
pub use db::{Db, OpenError, Tx};
pub use visible::Sight;

/// Why a store function failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("the database answered: {0}")]
    Sql(#[from] sqlx::Error),
    /// A row holds what this program never writes.
    #[error("table {table}, row {id}: column {column} holds something this version does not know")]
    BadRow {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: i64,
        /// The column.
        column: &'static str,
    },
}

impl StoreError {
    /// Whether the database refused this very data, rather than being away, full, locked or busy:
    /// then trying again with the same data is useless.
    pub fn blames_the_data(&self) -> bool {
        let StoreError::Sql(error) = self else { return false };
        match error {
            sqlx::Error::Database(refusal) => {
                let code = refusal.code().unwrap_or_default();
                // SQLite: 5 busy, 6 locked, 10 io, 13 full, 14 cannot open, and their variants in
                // the higher bits.
                let sqlite =
                    code.parse::<i64>().is_ok_and(|c| code.len() < 5 && [5, 6, 10, 13, 14].contains(&(c & 0xff)));
                // PostgreSQL, classes: 08 connection, 40 rollback, 53 resources, 55 locks,
                // 57 intervention, 58 system.
                let postgres =
                    code.len() == 5 && ["08", "40", "53", "55", "57", "58"].iter().any(|c| code.starts_with(c));
                !sqlite && !postgres
            }
            sqlx::Error::Encode(_) => true,
            _ => false,
        }
    }
}

/// What a store function gives.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A list of ids as the JSON text that `json_each($1)` takes.
pub fn list<I: IntoIterator<Item = i64>>(ids: I) -> String {
    let mut out = String::from("[");
    for (n, id) in ids.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        out.push_str(&id.to_string());
    }
    out.push(']');
    out
}

/// A list of texts as the JSON text that `json_each($1)` takes.
pub fn text_list<'a, I: IntoIterator<Item = &'a str>>(texts: I) -> String {
    serde_json::Value::from(texts.into_iter().collect::<Vec<_>>()).to_string()
}

//! Listens to sqlx: which statements the store ran, and which plans PostgreSQL told of.
//!
//! The statements are those that the store's own functions send, so a query that somebody adds is
//! looked at without anybody naming it here.

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A statement's text.
    Statement(String),
    /// What PostgreSQL said beside its answer: `auto_explain` tells plans so.
    Notice(String),
}

static ON: AtomicBool = AtomicBool::new(false);
static HEARD: Mutex<Vec<Heard>> = Mutex::new(Vec::new());

/// Begins to listen. Costs time for each statement: not while times are taken.
pub fn begin() {
    static SET: OnceLock<()> = OnceLock::new();
    SET.get_or_init(|| {
        // Refused only where somebody listens already; then nothing is heard, which the caller sees.
        let _ = tracing::subscriber::set_global_default(Ear);
    });
    HEARD.lock().unwrap_or_else(PoisonError::into_inner).clear();
    ON.store(true, Ordering::SeqCst);
}

/// Stops, and gives what was heard.
pub fn end() -> Vec<Heard> {
    ON.store(false, Ordering::SeqCst);
    std::mem::take(&mut *HEARD.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Ear;

impl Subscriber for Ear {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ON.load(Ordering::Relaxed) && matches!(metadata.target(), "sqlx::query" | "sqlx::postgres::notice")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let heard = match event.metadata().target() {
            "sqlx::query" if fields.statement.is_empty() => Heard::Statement(fields.summary),
            "sqlx::query" => Heard::Statement(fields.statement),
            _ => Heard::Notice(fields.message),
        };
        HEARD.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Fields {
    summary: String,
    statement: String,
    message: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.to_owned(),
            "db.statement" => self.statement = value.trim().to_owned(),
            "message" => self.message = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}

//! `standin sync --once`: everything read to the end, then a summary.

use super::{Done, Failure, Place, output};
use crate::intake::once::{self, MailboxSummary, Summary};
use crate::intake::{Clock, Shared, Signals, written};
use crate::outbox;
use crate::store;
use clap::Args;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Read everything there is, then end. (`standin serve` goes on reading.)
    #[arg(long, required = true)]
    once: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let config = place.load()?.config;
    let instance = super::open_alone(&config).await?;
    let mut tx = instance.db.read().await?;
    let accounts = store::mailbox_settings::accounts(&mut tx, &instance.keys, &config).await?;
    let standing = store::mailbox_settings::every(&mut tx).await?;
    drop(tx);
    if accounts.is_empty() {
        return Err(Failure::input("no mailbox is configured, so there is nothing to read", "")
            .then("add a [[mailbox]], `standin config example` shows how; or use `standin mailbox add`"));
    }
    for one in standing.iter().filter(|one| !one.is_read() && accounts.iter().any(|a| a.name == one.name)) {
        let why = if one.paused.is_some() { "is paused" } else { "waits for its owner to agree" };
        output::note(&format!("Mailbox {} {why}, so it is not read.", output::plain(&one.name)));
    }
    let shared = Shared::new(&instance, Arc::new(config), Clock::new(super::now), Signals::default());
    shared.take_over().await?;
    if !instance.db.is_shared() {
        outbox::abandon_all(&instance.db, super::now()).await?;
    }
    if outbox::notice_restored(&instance.db, &shared.config, super::now()).await? {
        output::note(
            "The database is older than what was sent: it was restored. Mail that arrived before now gets no notice.",
        );
    }
    let summary = once::run(&shared).await?;
    while outbox::drain(&shared.db, &shared.keys, &shared.config, &shared.worker, &super::now).await? > 0 {}
    written::take_in(&shared).await?;
    while written::file_copy(&shared).await? {}
    instance.db.close().await;
    if arguments.json {
        output::json(&as_json(&summary))?;
    } else {
        print(&summary)?;
    }
    let failed = summary.mailboxes.iter().any(|m| m.failure.is_some());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn as_json(summary: &Summary) -> serde_json::Value {
    let mailbox = |m: &MailboxSummary| {
        serde_json::json!({
            "mailbox": m.name,
            "stored": m.accepted.stored,
            "copies": m.accepted.copies,
            "unmatched": m.accepted.unmatched,
            "hidden": m.accepted.hidden,
            "relinked": m.accepted.relinked,
            "notices": m.accepted.notices,
            "next_try_at": m.waiting.map(|at| at.rfc3339()),
            "failure": m.failure,
        })
    };
    serde_json::json!({
        "mailboxes": summary.mailboxes.iter().map(mailbox).collect::<Vec<_>>(),
        "indexed": summary.indexed,
        "linked_ms": summary.linked_ms,
        "indexed_ms": summary.indexed_ms,
        "peak_kib": peak_memory(),
    })
}

/// The most memory this process ever held (VmHWM), in KiB; `None` where the system does not say.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn print(summary: &Summary) -> std::io::Result<()> {
    let rows: Vec<Vec<String>> = summary
        .mailboxes
        .iter()
        .map(|m| {
            let ended = match (&m.failure, m.waiting) {
                (Some(failure), _) => output::plain(failure),
                (None, Some(at)) => format!("some mails could not be read; next try {}", at.rfc3339()),
                (None, None) => "read to the end".to_owned(),
            };
            let a = &m.accepted;
            vec![
                m.name.clone(),
                a.stored.to_string(),
                a.copies.to_string(),
                (a.unmatched + a.hidden).to_string(),
                a.notices.to_string(),
                ended,
            ]
        })
        .collect();
    output::table(&["mailbox", "stored", "copies", "passed over", "notices", "state"], &rows, "")?;
    let seconds = |ms: i64| format!("{}.{:03}", ms / 1000, ms % 1000);
    output::line(&format!(
        "Linked and visible after {} s, searchable after {} s.",
        seconds(summary.linked_ms),
        seconds(summary.indexed_ms)
    ))
}

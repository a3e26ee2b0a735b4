//! `standin mailbox`: what is configured, and how reading it goes.

use super::{Done, Failure, Place, output};
use crate::intake::verify::{self, FolderReport};
use crate::intake::{Clock, Reader, Shared, Signals};
use crate::model::time::Timestamp;
use crate::store;
use crate::store::instance::{Instance, Use};
use clap::Subcommand;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show every mailbox and how reading it goes.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Compare a mailbox with its server, UID by UID, and name every gap. Changes nothing.
    Verify {
        /// Its name in the configuration; without it, all.
        name: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::List { json } => list(json, place).await,
        Command::Verify { name, json } => verify(name, json, place).await,
    }
}

/// Exit code 1 if anything that the server shows is not accounted for.
async fn verify(wanted: Option<String>, json: bool, place: &Place) -> Done {
    let config = place.load()?.config;
    let instance = Instance::open(&config, Use::Beside).await.map_err(|error| Failure::failed("no database", error))?;
    let shared = Shared::new(&instance, Arc::new(config), Clock::new(super::now), Signals::default());
    let mut mailboxes = shared.mailboxes().await?;
    if let Some(name) = &wanted {
        mailboxes.retain(|(account, _)| account.name == *name);
        if mailboxes.is_empty() {
            return Err(Failure::input(format!("there is no mailbox `{name}`"), "")
                .then("`standin mailbox list` shows all there are"));
        }
    }
    let mut reports = Vec::new();
    for (account, row) in mailboxes {
        let reader = Reader::new(shared.intake(row.id, 0), account.clone(), &shared.config.mail);
        let folders = verify::verify(&reader).await.unwrap_or_else(|error| vec![FolderReport::failed(&error)]);
        reports.push((account.name, folders));
    }
    instance.db.close().await;
    if json {
        output::json(&reports.iter().flat_map(|(name, folders)| folders.iter().map(|f| report(name, f))).collect())?;
    } else {
        let rows = reports.iter().flat_map(|(name, folders)| folders.iter().map(|f| row(name, f)));
        let head = ["mailbox", "folder", "shown", "stored", "passed over", "pending", "failed", "verdict"];
        output::table(
            &head,
            &rows.collect::<Vec<_>>(),
            "No mailbox is configured; `standin config example` shows how.",
        )?;
    }
    let complete = reports.iter().all(|(_, folders)| folders.iter().all(FolderReport::is_complete));
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(mailbox: &str, folder: &FolderReport) -> serde_json::Value {
    serde_json::json!({
        "mailbox": mailbox,
        "folder": folder.path,
        "shown": folder.shown,
        "states": folder.states,
        "missing": folder.missing,
        "resurrected": folder.resurrected,
        "vanished": folder.vanished,
        "trouble": folder.trouble,
        "complete": folder.is_complete(),
    })
}

fn row(mailbox: &str, folder: &FolderReport) -> Vec<String> {
    let count = |state| folder.states.get(state).copied().unwrap_or(0).to_string();
    let some = |uids: &[u32]| {
        let first: Vec<String> = uids.iter().take(10).map(u32::to_string).collect();
        let more = uids.len().saturating_sub(first.len());
        if more > 0 { format!("{} and {more} more", first.join(", ")) } else { first.join(", ") }
    };
    let mut verdict = Vec::new();
    verdict.extend(folder.trouble.clone());
    if !folder.missing.is_empty() {
        verdict.push(format!("GAP: not accounted for: uid {}", some(&folder.missing)));
    }
    if !folder.resurrected.is_empty() {
        verdict.push(format!("GAP: taken for gone: uid {}", some(&folder.resurrected)));
    }
    if !folder.vanished.is_empty() {
        verdict.push(format!("gone since the last reading: {}", folder.vanished.len()));
    }
    if verdict.is_empty() {
        verdict.push("complete".to_owned());
    }
    vec![
        mailbox.to_owned(),
        output::plain(&folder.path),
        folder.shown.to_string(),
        count("stored"),
        count("unmatched"),
        count("pending"),
        count("failed"),
        output::plain(&verdict.join("; ")),
    ]
}

async fn list(json: bool, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let mut tx = db.read().await?;
    let stored = store::mailboxes::list(&mut tx).await?;
    drop(tx);
    db.close().await;
    let mut rows = Vec::new();
    let mut objects = Vec::new();
    for mailbox in &config.mailbox {
        let row = stored.iter().find(|s| s.name == mailbox.name);
        let state = row.map_or("new", |r| r.state.as_str());
        let detail = row.and_then(|r| r.detail.as_deref()).unwrap_or_default();
        let up_to = row.and_then(|r| r.up_to_date_at).map(Timestamp::rfc3339);
        rows.push(vec![
            mailbox.name.clone(),
            mailbox.user.clone().unwrap_or_else(|| "shared".to_owned()),
            mailbox.address.clone(),
            state.to_owned(),
            up_to.clone().unwrap_or_else(|| "never".to_owned()),
            output::plain(detail),
        ]);
        objects.push(serde_json::json!({
            "name": mailbox.name,
            "user": mailbox.user,
            "address": mailbox.address,
            "imap": mailbox.imap.host,
            "smtp": mailbox.smtp.as_ref().map(|s| &s.host),
            "state": state,
            "detail": row.and_then(|r| r.detail.as_deref()),
            "up_to_date_at": up_to,
        }));
    }
    if json {
        output::json(&objects.into())?;
    } else {
        let head = ["name", "user", "address", "state", "read up to", "detail"];
        output::table(&head, &rows, "No mailbox is configured; `standin config example` shows how.")?;
    }
    Ok(ExitCode::SUCCESS)
}

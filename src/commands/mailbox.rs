//! `standin mailbox`: what is configured, and how reading it goes.

use super::{Done, Place, output};
use crate::model::time::Timestamp;
use crate::store;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show every mailbox and how reading it goes.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    let Command::List { json } = command;
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

//! `standin import mail`: archives enter by the same path as mail from a server.

use super::{Done, Failure, Place, output};
use crate::intake::archive::{self, Imported};
use crate::intake::{Clock, Shared, Signals, index};
use crate::store;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// An mbox file, a Maildir, an .eml file or a folder of them.
    path: PathBuf,
    /// Name of the configured mailbox whose mail it was.
    #[arg(long)]
    mailbox: String,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let config = place.load()?.config;
    let instance = super::open_alone(&config).await?;
    let shared = Shared::new(&instance, Arc::new(config), Clock::new(super::now), Signals::default());
    shared.take_over().await?;
    // Those of the configuration file and those that were set up on a page.
    let mailboxes = shared.mailboxes().await?;
    let Some((account, row)) = mailboxes.iter().find(|(account, _)| account.name == arguments.mailbox).cloned() else {
        let names: Vec<&str> = mailboxes.iter().map(|(account, _)| account.name.as_str()).collect();
        let why = format!("there are: {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") });
        return Err(Failure::input(format!("there is no mailbox `{}`", arguments.mailbox), why));
    };
    let Some(reader) = shared.reader(&account, row.id).await? else {
        return Err(not_read(&shared, &account.name).await?);
    };
    let imported = archive::import(&reader.intake, &arguments.path).await?;
    index::catch_up(&shared.db).await?;
    let mut tx = shared.db.write().await?;
    store::mailboxes::release(&mut tx, row.id, reader.intake.context.fence).await?;
    tx.commit().await?;
    instance.db.close().await;
    report(&imported, arguments.json)?;
    Ok(if imported.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Why nothing is taken into a mailbox now.
async fn not_read(shared: &Shared, name: &str) -> anyhow::Result<Failure> {
    let mut tx = shared.db.read().await?;
    let standing = store::mailbox_settings::every(&mut tx).await?;
    let standing = standing.iter().find(|one| one.name == name);
    Ok(match standing.filter(|one| !one.is_read()) {
        Some(one) if one.paused.is_some() => Failure::failed(format!("mailbox `{name}` is paused"), "")
            .then(format!("resume it first: `standin mailbox resume {name}`")),
        Some(_) => Failure::failed(format!("mailbox `{name}` waits until its owner agrees to its being read"), "")
            .then("ask them to open My mailboxes"),
        None => Failure::failed(format!("mailbox `{name}` is read by another worker now"), "")
            .then("stop it, or try again when it has ended"),
    })
}

fn report(imported: &Imported, json: bool) -> std::io::Result<()> {
    let a = &imported.accepted;
    if json {
        let refused: Vec<_> = imported
            .refused
            .iter()
            .map(|(path, why)| serde_json::json!({ "path": path.display().to_string(), "why": why }))
            .collect();
        return output::json(&serde_json::json!({
            "read": imported.read, "stored": a.stored, "copies": a.copies, "unmatched": a.unmatched, "hidden": a.hidden,
            "refused": refused,
        }));
    }
    for (path, why) in &imported.refused {
        output::note(&format!("left out: {}: {why}", path.display()));
    }
    let hidden = if a.hidden > 0 {
        format!("; {} are never stored, since somebody on them is blocked or was erased", a.hidden)
    } else {
        String::new()
    };
    output::line(&format!(
        "{} mails read: {} stored, {} were there already, {} concern no record{hidden}.",
        imported.read, a.stored, a.copies, a.unmatched
    ))
}

//! `standin record`: merge records and part them, delete one and bring it back.

use super::acting::{As, gone, record};
use super::{Done, Failure, Place, output, world};
use crate::actions::records_life::{self, Deleted, Merged, No};
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make one record a part of another of its kind; both histories stay.
    Merge {
        /// The record that stays.
        kept: String,
        /// The one that becomes a part of it.
        gone: String,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        by: As,
    },
    /// Part what a merge made one.
    Unmerge {
        /// The number of the record that became a part of another.
        gone: String,
        #[command(flatten)]
        by: As,
    },
    /// Delete a record; it can be brought back.
    Delete {
        /// The record.
        record: String,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
        /// Say what would go and what would stay, and do nothing.
        #[arg(long)]
        preview: bool,
        #[command(flatten)]
        by: As,
    },
    /// Bring a deleted record back.
    Restore {
        /// Its number.
        record: String,
        #[command(flatten)]
        by: As,
    },
}

fn refused(no: No) -> Failure {
    Failure::input("nothing was changed", no.to_string())
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let by = match &command {
        Command::Merge { by, .. }
        | Command::Unmerge { by, .. }
        | Command::Delete { by, .. }
        | Command::Restore { by, .. } => by,
    };
    let actor = by.actor(&mut tx, &world, now).await?;
    let (text, json) = match &command {
        Command::Merge { kept, gone, reason, .. } => {
            let (kept, gone) = (record(&mut tx, &actor, kept).await?, record(&mut tx, &actor, gone).await?);
            let merged = records_life::merge(&mut tx, &actor, kept.record.id, gone.record.id, reason).await?;
            merged_text(&merged.map_err(refused)?, "is a part of", "Part them again with `standin record unmerge")
        }
        Command::Unmerge { gone: reference, .. } => {
            let parted = records_life::unmerge(&mut tx, &actor, gone(reference)?).await?;
            merged_text(&parted.map_err(refused)?, "stands apart again from", "")
        }
        Command::Delete { record: reference, reason, preview, .. } => {
            let id = record(&mut tx, &actor, reference).await?.record.id;
            let deleted = match preview {
                true => records_life::would_delete(&mut tx, &actor, id).await?,
                false => records_life::delete(&mut tx, &actor, id, reason).await?,
            };
            deleted_text(&deleted.map_err(refused)?, *preview)
        }
        Command::Restore { record: reference, .. } => {
            let record = records_life::restore(&mut tx, &actor, gone(reference)?).await?.map_err(refused)?;
            let text = format!("{} {} “{}” is back.", record.kind.word(), record.id, output::plain(&record.name));
            (text, serde_json::json!({ "record": record.id, "name": record.name }))
        }
    };
    if matches!(command, Command::Delete { preview: true, .. }) {
        drop(tx);
    } else {
        tx.commit().await?;
    }
    db.close().await;
    if by.json {
        output::json(&json)?;
    } else {
        output::line(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn merged_text(merged: &Merged, word: &str, next: &str) -> (String, serde_json::Value) {
    let (kept, gone) = (&merged.kept, &merged.gone);
    let mut text = format!(
        "{} {} “{}” {word} {} “{}”: {} mails and {} activities moved.",
        gone.kind.word(),
        gone.id,
        output::plain(&gone.name),
        kept.id,
        output::plain(&kept.name),
        merged.mails,
        merged.activities,
    );
    if !next.is_empty() {
        text.push_str(&format!(" {next} {}`.", gone.id));
    }
    let json = serde_json::json!({
        "kept": kept.id, "gone": gone.id, "mails": merged.mails, "activities": merged.activities,
    });
    (text, json)
}

fn deleted_text(deleted: &Deleted, preview: bool) -> (String, serde_json::Value) {
    let (record, e) = (&deleted.record, &deleted.extent);
    let word = if preview { "would be deleted" } else { "is deleted" };
    let mut text = format!("{} {} “{}” {word}.", record.kind.word(), record.id, output::plain(&record.name));
    text.push_str(&format!(
        "\nOut of sight: {} mails that stand nowhere else, {} activities ({} of them open), {} rights.\
         \nNo mail comes any more by its {} addresses and domains.\
         \nStays: {} mails on other records, {} contacts, {} opportunities.",
        e.mails_hidden,
        e.activities,
        e.activities_open,
        e.shares,
        e.addresses,
        e.mails_staying,
        e.contacts,
        e.opportunities,
    ));
    if !preview {
        text.push_str(&format!("\nBring it back with `standin record restore {}`.", record.id));
    }
    let json = serde_json::json!({
        "record": record.id, "deleted": !preview, "mails_hidden": e.mails_hidden, "mails_staying": e.mails_staying,
        "activities": e.activities, "activities_open": e.activities_open, "contacts": e.contacts,
        "opportunities": e.opportunities, "addresses": e.addresses, "shares": e.shares,
    });
    (text, json)
}

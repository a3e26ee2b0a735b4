//! `standin address`: what became of mail to an address, and undoing what was made of that.

use super::acting::As;
use super::contact::{address, address_lines, refused, state_json, zone};
use super::{Done, Place, output, world};
use crate::actions::automatic;
use crate::model::address::Address;
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what delivery reports say of an address, as far as you may read them.
    Show(One),
    /// Say that an address works: what reports said of it until now counts no more. For admins.
    Undo(One),
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The address.
    #[arg(value_parser = address)]
    address: Address,
    #[command(flatten)]
    by: As,
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    match command {
        Command::Show(one) => {
            let mut tx = db.read().await?;
            let world = world(&mut tx, &config, now).await?;
            let actor = one.by.actor(&mut tx, &world, now).await?;
            let zone = zone(&mut tx, &actor, &config).await?;
            let state = automatic::address(&mut tx, &actor, &one.address, zone).await?;
            drop(tx);
            db.close().await;
            if one.by.json {
                output::json(&state_json(one.address.as_str(), &state))?;
                return Ok(ExitCode::SUCCESS);
            }
            let lines = address_lines(one.address.as_str(), &state);
            if lines.is_empty() {
                output::line(&format!("Nothing stands against {}.", output::plain(one.address.as_str())))?;
            }
            lines.iter().try_for_each(|line| output::line(line))?;
        }
        Command::Undo(one) => {
            let mut tx = db.write().await?;
            let world = world(&mut tx, &config, now).await?;
            let actor = one.by.actor(&mut tx, &world, now).await?;
            automatic::usable(&mut tx, &actor, &one.address).await?.map_err(refused)?;
            tx.commit().await?;
            db.close().await;
            match one.by.json {
                true => output::json(&json!({ "address": one.address.as_str() }))?,
                false => output::line("Undone. A later report counts anew.")?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

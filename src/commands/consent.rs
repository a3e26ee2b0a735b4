//! `standin consent`: requests for mail in one's own mailbox, or for addresses of one's own records.

use super::asking::Asking;
use super::{Done, Failure, Place, output};
use crate::actions::consents::{self, Decision};
use crate::intake::reconsider::{self, Reconsidered};
use crate::model::consent::Consent;
use crate::model::time::Timestamp;
use crate::store::keys::Keys;
use crate::store::{self, Tx};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Login of the user who was asked. Without it the operator sees all requests and decides none:
    /// consent is a person's own.
    #[arg(long = "as", value_name = "USER", global = true)]
    by: Option<String>,
    /// As JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what you are asked, and what you decided.
    List,
    /// Agree: mail with that address in your mailboxes stands on the other record too. Where the
    /// address is on a record of yours, it is vouched for on both.
    Give {
        /// Its number, see `standin consent list`.
        number: i64,
    },
    /// Do not agree.
    Refuse {
        /// Its number.
        number: i64,
    },
    /// Take your consent back; the links that it made go.
    Withdraw {
        /// Its number.
        number: i64,
    },
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let mut tx = db.write().await?;
    tx.alone().await?;
    let asking = Asking::of(&mut tx, &config, arguments.by.as_deref()).await?;
    let decision = match arguments.command {
        Command::List => None,
        Command::Give { number } => Some((number, Decision::Give)),
        Command::Refuse { number } => Some((number, Decision::Refuse)),
        Command::Withdraw { number } => Some((number, Decision::Withdraw)),
    };
    if let Some((number, decision)) = decision {
        let Some(user) = asking.caller().by else {
            return Err(Failure::input("say who decides, with --as USER", "consent is a person's own"));
        };
        let decided = consents::decide(&mut tx, user, number, decision, asking.now).await?;
        let decided = decided.map_err(|refused| {
            Failure::input(format!("request {number} was not decided"), refused.to_string())
                .then("`standin consent list --as USER` shows what there is to decide")
        })?;
        if let Some(address) = decided.address {
            let what = Reconsidered { address, holder: decided.holder };
            let keys = Keys::load(&config.data_dir).map_err(|error| Failure::failed("no instance key", error))?;
            let own = config.house();
            reconsider::address(&mut tx, &what, &own, &keys, asking.now).await?;
        }
        tx.commit().await?;
        db.close().await;
        let word = decided.consent.state.word();
        match arguments.json {
            true => output::json(&json!({ "request": number, "state": word }))?,
            false => output::line(&format!("Request {number} is {word}."))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let all = match asking.caller().by {
        Some(user) => store::consents::of(&mut tx, user).await?,
        None => store::consents::every(&mut tx).await?,
    };
    let mut rows = Vec::new();
    for consent in &all {
        rows.push((consent, record(&mut tx, &asking, consent).await?));
    }
    drop(tx);
    db.close().await;
    list(&rows, &asking, arguments.json)?;
    Ok(ExitCode::SUCCESS)
}

/// The name of the record that has the address, if whoever is asked may read it.
async fn record(tx: &mut Tx, asking: &Asking, consent: &Consent) -> Result<Option<String>, Failure> {
    let found = match asking.caller().by {
        Some(user) => {
            let scope = store::people::scope(tx, user, &asking.world, asking.now).await?;
            store::records::load_seen(tx, &scope, &[consent.record]).await?
        }
        None => store::records::load(tx, &[consent.record]).await?,
    };
    Ok(found.into_iter().next().map(|e| e.record.name))
}

fn list(rows: &[(&Consent, Option<String>)], asking: &Asking, json: bool) -> Result<(), Failure> {
    let name = |id| asking.caller().name(id);
    if json {
        let all: Vec<Value> = rows
            .iter()
            .map(|(c, record)| {
                json!({
                    "request": c.id, "asks": name(c.asked_by), "of": name(c.asked_of), "address": c.address,
                    "record": record, "state": c.state.word(), "asked_at": c.asked_at.rfc3339(),
                    "decided_at": c.decided_at.map(Timestamp::rfc3339),
                })
            })
            .collect();
        return Ok(output::json(&all.into())?);
    }
    let row = |(c, record): &(&Consent, Option<String>)| {
        vec![
            c.id.to_string(),
            c.state.word().to_owned(),
            output::plain(&name(c.asked_by)),
            output::plain(&name(c.asked_of)),
            output::plain(&c.address),
            output::plain(record.as_deref().unwrap_or("a record of theirs")),
            c.asked_at.rfc3339(),
        ]
    };
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    let head = ["number", "state", "asks", "of", "address", "for", "asked"];
    Ok(output::table(&head, &rows, "Nobody asks for anything.")?)
}

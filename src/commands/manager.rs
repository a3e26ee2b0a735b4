//! `standin manager`: further managers of accounts by role.

use super::acting::{As, Records, left_out, left_out_json, record};
use super::assign::refused;
use super::{Done, Failure, Place, output, world};
use crate::actions::managers::{self, Change};
use crate::store;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Append a manager to accounts.
    Append(Arguments),
    /// Remove a manager from accounts, with the right that came with the role.
    Remove(Arguments),
    /// Show the managers of an account.
    List {
        /// The account.
        account: String,
        #[command(flatten)]
        by: As,
    },
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    records: Records,
    /// Login of the manager.
    #[arg(long, value_name = "USER")]
    user: String,
    /// The role: sales, service, marketing, or a name of your own.
    #[arg(long)]
    role: String,
    /// The manager may only read the accounts.
    #[arg(long)]
    read_only: bool,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    preview: bool,
    #[command(flatten)]
    by: As,
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Append(arguments) => change(arguments, true, place).await,
        Command::Remove(arguments) => change(arguments, false, place).await,
        Command::List { account, by } => list(&account, &by, place).await,
    }
}

async fn change(arguments: Arguments, append: bool, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = arguments.by.actor(&mut tx, &world, now).await?;
    let selection = arguments.records.selection(&mut tx, &actor).await?;
    let Some(user) = store::people::by_login(&mut tx, &arguments.user).await? else {
        return Err(Failure::input(format!("there is no user with the login `{}`", arguments.user), "")
            .then("`standin user list` shows all there are"));
    };
    let role = managers::role(&arguments.role).map_err(refused)?;
    let wanted = Change { append, user: user.person.id, role, write: !arguments.read_only };
    let plan = managers::plan(&mut tx, &actor, &selection, &wanted).await?.map_err(refused)?;
    let outcome = if arguments.preview {
        let changed = plan.ready.iter().map(|(record, _)| record.id).collect();
        drop(tx);
        managers::Outcome { changed, left_out: plan.left_out }
    } else {
        let outcome = managers::carry_out(&mut tx, &actor, plan, &wanted).await?;
        tx.commit().await?;
        outcome
    };
    db.close().await;
    let n = output::counted(outcome.changed.len() as i64, "account");
    if arguments.by.json {
        output::json(&serde_json::json!({
            "changed": outcome.changed, "left_out": left_out_json(&outcome.left_out),
        }))?;
    } else {
        let name = &user.person.name;
        let text = match (append, arguments.preview) {
            (true, false) => format!("{name} is manager ({}) of {n} more.", wanted.role),
            (true, true) => format!("{name} would become manager ({}) of {n}.", wanted.role),
            (false, false) => format!("{name} is not manager ({}) of {n} any more.", wanted.role),
            (false, true) => format!("{name} would be removed as manager ({}) from {n}.", wanted.role),
        };
        output::line(&text)?;
        left_out(&outcome.left_out);
    }
    Ok(if outcome.left_out.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn list(account: &str, by: &As, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.read().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = by.actor(&mut tx, &world, now).await?;
    let entry = record(&mut tx, &actor, account).await?;
    let all = managers::list(&mut tx, &actor, entry.record.id).await?.unwrap_or_default();
    drop(tx);
    db.close().await;
    if by.json {
        let one = |m: &store::managers::Manager| serde_json::json!({ "role": m.role, "name": actor.name(m.user), "since": m.at.rfc3339() });
        output::json(&all.iter().map(one).collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = all.iter().map(|m| vec![m.role.clone(), actor.name(m.user), m.at.rfc3339()]).collect();
    output::table(&["role", "manager", "since"], &rows, "It has no managers beside its owner.")?;
    Ok(ExitCode::SUCCESS)
}

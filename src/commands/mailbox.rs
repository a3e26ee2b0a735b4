//! `standin mailbox`: what is configured, and how reading it goes.

mod change;

use super::{Done, Failure, Place, output};
use crate::intake::verify::{self, FolderReport};
use crate::intake::{Clock, Reader, Shared, Signals};
use crate::model::time::{DAY, Timestamp};
use crate::store;
use crate::store::instance::{Instance, Use};
use crate::store::rereads::Reread;
use clap::Subcommand;
use std::collections::BTreeMap;
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
    /// Set a mailbox up, or change one that was set up so; `standin serve` begins to read it within a second.
    Add(Box<change::Wished>),
    /// Try a mailbox's connection step by step. Reads nothing and sends nothing.
    Test {
        /// Its name.
        name: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Stop reading a mailbox until it is resumed.
    Pause(change::Named),
    /// Let reading go on.
    Resume(change::Named),
    /// Read a mailbox no more. Settings and passwords go; the mail that was read stays.
    Remove {
        #[command(flatten)]
        named: change::Named,
        /// Do it; without this, only what would go and what stays is told.
        #[arg(long)]
        yes: bool,
    },
    /// Read a mailbox further back, or stop that.
    History {
        #[command(flatten)]
        named: change::Named,
        /// So many days back from now.
        #[arg(long, value_name = "N", required_unless_present = "stop", value_parser = clap::value_parser!(u32).range(1..=36500))]
        days: Option<u32>,
        /// Stop reading further back; what was read stays.
        #[arg(long, conflicts_with = "days")]
        stop: bool,
    },
    /// Say as the owner of a mailbox that it may be read as it is, or take that back.
    Agree {
        #[command(flatten)]
        named: change::Named,
        /// Take it back.
        #[arg(long)]
        withdraw: bool,
    },
    /// Show what became of every mail in each mailbox, and how far reading again has come.
    Status {
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
        Command::Add(wished) => change::add(*wished, place).await,
        Command::Test { name, json } => change::test(&name, json, place).await,
        Command::Pause(named) => change::step(&named, change::Step::Pause, place).await,
        Command::Resume(named) => change::step(&named, change::Step::Resume, place).await,
        Command::Remove { named, yes } => change::remove(&named, yes, place).await,
        Command::History { named, days, stop } => {
            let step = match days {
                Some(days) if !stop => change::Step::ReadBack(days),
                _ => change::Step::StopReadingBack,
            };
            change::step(&named, step, place).await
        }
        Command::Agree { named, withdraw } => change::agree(&named, !withdraw, place).await,
        Command::Status { json } => status(json, place).await,
        Command::Verify { name, json } => verify(name, json, place).await,
    }
}

/// Work that began this long ago or less is shown although it is done. Milliseconds.
const RECENT: i64 = 7 * DAY;

/// One mailbox in numbers.
struct Counted {
    name: String,
    states: BTreeMap<String, i64>,
    hidden: BTreeMap<String, i64>,
    again: (i64, i64),
}

/// Nothing in it says whose mail it is: the words of why, numbers, and whose mailboxes.
async fn status(json: bool, place: &Place) -> Done {
    let (_, db) = place.open().await?;
    let mut tx = db.read().await?;
    let hidden = store::blocks::hidden(&mut tx).await?;
    let again = store::rereads::by_mailbox(&mut tx).await?;
    let mut counted = Vec::new();
    for mailbox in store::mailboxes::list(&mut tx).await? {
        let mut states = BTreeMap::new();
        for (_, state, count) in store::locations::tally(&mut tx, mailbox.id).await? {
            *states.entry(state).or_insert(0) += count;
        }
        let of = hidden.iter().filter(|(id, ..)| *id == mailbox.id.0);
        let hidden = of.map(|(_, why, count)| (why.clone(), *count)).collect();
        let again = again.iter().find(|(id, ..)| *id == mailbox.id).map_or((0, 0), |(_, total, done)| (*total, *done));
        counted.push(Counted { name: mailbox.name, states, hidden, again });
    }
    let work = store::rereads::list_since(&mut tx, super::now().plus(-RECENT)).await?;
    let users = store::people::every(&mut tx).await?;
    let login = |id: i64| users.iter().find(|u| u.person.id.0 == id).map(|u| u.login.clone());
    let work: Vec<(Reread, Option<String>)> =
        work.into_iter().map(|w| (w.clone(), w.user_id.and_then(login))).collect();
    drop(tx);
    db.close().await;
    if json {
        output::json(&status_json(&counted, &work))?;
    } else {
        tell_status(&counted, &work)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn status_json(counted: &[Counted], work: &[(Reread, Option<String>)]) -> serde_json::Value {
    let mailbox = |c: &Counted| {
        serde_json::json!({
            "mailbox": c.name, "states": c.states, "hidden": c.hidden,
            "read_again": { "total": c.again.0, "done": c.again.1 },
        })
    };
    let one = |(w, user): &(Reread, Option<String>)| {
        serde_json::json!({
            "number": w.id, "why": w.why, "only_mailboxes_of": user, "since": Timestamp(w.at).rfc3339(),
            "total": w.total, "done": w.total - w.open,
        })
    };
    serde_json::json!({
        "mailboxes": counted.iter().map(mailbox).collect::<Vec<_>>(),
        "read_again": work.iter().map(one).collect::<Vec<_>>(),
    })
}

fn tell_status(counted: &[Counted], work: &[(Reread, Option<String>)]) -> std::io::Result<()> {
    let row = |c: &Counted| {
        let count = |state: &str| c.states.get(state).copied().unwrap_or(0).to_string();
        let hidden: Vec<String> = c.hidden.iter().map(|(why, count)| format!("{count} {why}")).collect();
        vec![
            output::plain(&c.name),
            count("stored"),
            count("unmatched"),
            if hidden.is_empty() { "-".to_owned() } else { hidden.join(", ") },
            count("pending"),
            count("failed"),
            format!("{} of {}", c.again.1, c.again.0),
        ]
    };
    let head = ["mailbox", "stored", "passed over", "of them hidden", "pending", "failed", "read again"];
    output::table(&head, &counted.iter().map(row).collect::<Vec<_>>(), "No mailbox was read yet.")?;
    for (w, user) in work {
        let why = match w.why.as_str() {
            "address" => "an address was put on a record",
            "domain" => "a domain was put on an account",
            "consent" => "somebody agreed",
            _ => "a block ended",
        };
        let of = user.as_ref().map_or("every mailbox".to_owned(), |login| format!("mailboxes of {login}"));
        let (at, done) = (Timestamp(w.at).rfc3339(), w.total - w.open);
        output::line(&format!("{at}  {why}: {done} of {} read again, {of}", w.total))?;
    }
    Ok(())
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
    let config = place.load()?.config;
    let instance = Instance::open(&config, Use::Beside).await.map_err(|error| Failure::failed("no database", error))?;
    let mut tx = instance.db.read().await?;
    let stored = store::mailboxes::list(&mut tx).await?;
    let standing = store::mailbox_settings::every(&mut tx).await?;
    let accounts = store::mailbox_settings::accounts(&mut tx, &instance.keys, &config).await?;
    drop(tx);
    instance.db.close().await;
    let mut rows = Vec::new();
    let mut objects = Vec::new();
    for mailbox in &accounts {
        let row = stored.iter().find(|s| s.name == mailbox.name);
        let decided = standing.iter().find(|s| s.name == mailbox.name);
        let state = match decided {
            Some(one) if one.paused.is_some() => "paused",
            Some(one) if !one.is_read() => "waiting",
            _ => row.map_or("new", |r| r.state.as_str()),
        };
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

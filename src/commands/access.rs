//! `standin access`: who sees a record and why; confidential records; breaking the glass.

use super::asking::{Asking, Listed, missing, person};
use super::share::failure;
use super::team::Switch;
use super::{Done, Failure, Place, output};
use crate::access::{Path, Reason, State};
use crate::actions::access::{self, Subject};
use crate::actions::shares::{self, Refused};
use crate::config::Config;
use crate::model::id::{RecordId, UserId};
use crate::model::record::Record;
use crate::model::time::Timestamp;
use crate::store::{self, Tx};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Login of the user on whose behalf; without it you are the operator.
    #[arg(long = "as", value_name = "USER", global = true)]
    by: Option<String>,
    /// As JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say why somebody sees a record, or does not. For those who may share it, and admins.
    Why {
        /// Login of whom.
        user: String,
        /// The record: its id, number, external id or name.
        record: String,
    },
    /// Say who sees a record, and why. For those who may share it, and admins.
    Who {
        /// The record.
        record: String,
    },
    /// Count what somebody sees, by kind and reason. For admins.
    Sees {
        /// Login of whom.
        user: String,
    },
    /// Mark a record confidential, or take that back. For its owner, and their deputy.
    Confidential {
        /// The record.
        record: String,
        /// On or off.
        state: Switch,
    },
    /// Open a record that you have no right to, to read, for some hours; noted in the audit.
    BreakGlass {
        /// The record: its id, number or external id.
        record: String,
        /// Why.
        #[arg(long)]
        reason: String,
        /// For how many hours; without it as many as the configuration allows.
        #[arg(long)]
        hours: Option<u32>,
    },
}

/// What a command found or did, for people and for programs.
struct Told {
    text: Vec<String>,
    json: Value,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let mut tx = db.write().await?;
    let asking = Asking::of(&mut tx, &config, arguments.by.as_deref()).await?;
    let told = match &arguments.command {
        Command::Why { user, record } => why(&mut tx, &asking, user, record).await?,
        Command::Who { record } => who(&mut tx, &asking, record).await?,
        Command::Sees { user } => sees(&mut tx, &asking, user).await?,
        Command::Confidential { record, state } => mark(&mut tx, &asking, record, *state == Switch::On).await?,
        Command::BreakGlass { record, reason, hours } => {
            open(&mut tx, &asking, &config, record, reason, *hours).await?
        }
    };
    tx.commit().await?;
    db.close().await;
    match arguments.json {
        true => output::json(&told.json)?,
        false => told.text.iter().try_for_each(|line| output::line(line))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn subject(tx: &mut Tx, asking: &Asking, reference: &str) -> Result<Subject, Failure> {
    let found = access::find(tx, &asking.caller(), reference).await?;
    asking.one(reference, found, |s| Listed::of(&s.record, s.named))
}

fn title(subject: &Subject) -> String {
    let name = if subject.named { output::plain(&subject.record.name) } else { "a confidential record".to_owned() };
    format!("{} {}: {name}", subject.record.kind.word(), subject.record.id)
}

async fn why(tx: &mut Tx, asking: &Asking, login: &str, reference: &str) -> Result<Told, Failure> {
    let subject = subject(tx, asking, reference).await?;
    let user = person(tx, login).await?;
    let reasons = access::why(tx, &asking.caller(), &subject, user).await?;
    let name = asking.caller().name(user);
    let sees = reasons.iter().any(|r| r.state == State::Gives && r.rights.read);
    let verb = if sees { "sees it" } else { "does not see it" };
    let mut text = vec![format!("{}. {name} {verb}.", title(&subject))];
    text.extend(reasons.iter().map(|r| format!("  {}", sentence(r, &subject.record, asking))));
    if reasons.is_empty() {
        text.push("  No path leads from them to it.".to_owned());
    }
    let paths: Vec<Value> = reasons.iter().map(reason_json).collect();
    let json = json!({ "record": subject.record.id, "user": login, "sees": sees, "paths": paths });
    Ok(Told { text, json })
}

async fn who(tx: &mut Tx, asking: &Asking, reference: &str) -> Result<Told, Failure> {
    let subject = subject(tx, asking, reference).await?;
    let all = access::who(tx, &asking.caller(), &subject).await?;
    let mut text = vec![format!("{}.", title(&subject))];
    let mut people = Vec::new();
    for (user, reasons) in &all {
        let name = asking.caller().name(*user);
        text.push(format!("{name}:"));
        text.extend(reasons.iter().map(|r| format!("  {}", sentence(r, &subject.record, asking))));
        let paths: Vec<Value> = reasons.iter().map(reason_json).collect();
        people.push(json!({ "user": user, "name": name, "paths": paths }));
    }
    Ok(Told { text, json: json!({ "record": subject.record.id, "people": people }) })
}

async fn sees(tx: &mut Tx, asking: &Asking, login: &str) -> Result<Told, Failure> {
    let refused = || Failure::input("only an admin may ask what somebody sees", "");
    if !asking.caller().administers() {
        return Err(refused());
    }
    let user = person(tx, login).await?;
    let found = access::sees(tx, &asking.caller(), user).await?.ok_or_else(refused)?;
    let mut text = vec![format!("{} sees:", asking.caller().name(user))];
    let mut kinds = Vec::new();
    for (kind, total) in &found.total {
        let paths = || found.by_path.iter().filter(|((k, _), _)| k == kind);
        let list: Vec<String> = paths().map(|((_, path), n)| format!("{} {n}", path.word())).collect();
        text.push(format!("  {} {total} ({})", kind.word(), list.join(", ")));
        let by: serde_json::Map<String, Value> =
            paths().map(|((_, path), n)| (path.word().to_owned(), json!(n))).collect();
        kinds.push(json!({ "kind": kind.word(), "total": total, "by_path": by }));
    }
    if kinds.is_empty() {
        text.push("  nothing".to_owned());
    }
    Ok(Told { text, json: json!({ "user": login, "kinds": kinds }) })
}

/// A path that gives a right now, in words, with when it ends.
pub(super) fn path_text(reason: &Reason, owner: &str, asking: &Asking) -> String {
    let until = reason.until.map(|until| format!(" until {}", asking.until(until))).unwrap_or_default();
    format!("{}{until}", path(reason, owner, asking))
}

/// A path in words: what it gives, and whether it does now.
fn sentence(reason: &Reason, record: &Record, asking: &Asking) -> String {
    let path = path(reason, &asking.caller().name(record.owner), asking);
    let rights = reason.rights.words().join(", ");
    let state = match (reason.state, reason.until) {
        (State::Gives, Some(until)) => format!("until {}", asking.until(until)),
        (State::Gives, None) => String::new(),
        (State::Confidential, _) => "not now: the record is confidential".to_owned(),
        (State::From(at), _) => format!("from {}", asking.moment(at)),
        (State::Ended(at), _) => format!("ended {}", asking.moment(at)),
    };
    let state = if state.is_empty() { state } else { format!(" ({state})") };
    format!("{path}: {rights}{state}")
}

/// Where a right comes from.
fn path(reason: &Reason, owner: &str, asking: &Asking) -> String {
    let path = match reason.path {
        Path::Owner => "owns it".to_owned(),
        Path::Cover => format!("covers for {owner}"),
        Path::Deputy => format!("is {owner}'s deputy for confidential records"),
        Path::Fallback => "is the fallback that answers for it".to_owned(),
        Path::Share => "it is shared with them".to_owned(),
        Path::Manager => "is a manager of the account by role".to_owned(),
        Path::Line => format!("is above {owner} in the line"),
        Path::Transparent => "account managers read each other's records (transparent mode)".to_owned(),
        Path::Admin => "is an admin".to_owned(),
        Path::Step => "assigned it onward for a step".to_owned(),
        Path::BreakGlass => "broke the glass".to_owned(),
    };
    let team = reason.team.and_then(|t| asking.world.team(t)).map(|t| format!(" through the team {}", t.name));
    format!("{path}{}", team.unwrap_or_default())
}

fn reason_json(reason: &Reason) -> Value {
    let (state, at) = match reason.state {
        State::Gives => ("gives", reason.until),
        State::Confidential => ("confidential", None),
        State::From(at) => ("from", Some(at)),
        State::Ended(at) => ("ended", Some(at)),
    };
    json!({
        "path": reason.path.word(), "rights": reason.rights.words(), "state": state,
        "at": at.map(Timestamp::rfc3339), "team": reason.team,
    })
}

async fn mark(tx: &mut Tx, asking: &Asking, reference: &str, on: bool) -> Result<Told, Failure> {
    let record = seen(tx, asking, reference).await?;
    let changed = shares::confidential(tx, &asking.caller(), record, on).await?;
    let changed = changed.map_err(|refused| refusal(&refused, "nothing was marked", reference, asking))?;
    let names: Vec<String> = changed.iter().map(|(user, _)| asking.caller().name(*user)).collect();
    let (state, verb) = if on { ("confidential", "lose") } else { ("not confidential any more", "gain") };
    let list = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    let text = vec![format!("It is {state}. Those who {verb} sight of it: {list}.")];
    let key = if on { "lost" } else { "gained" };
    Ok(Told { text, json: json!({ "record": record, "confidential": on, key: names }) })
}

/// The record among those that the user sees; the operator means any.
async fn seen(tx: &mut Tx, asking: &Asking, reference: &str) -> Result<RecordId, Failure> {
    let found: Vec<Record> = match asking.user.as_ref().map(|u| u.person.id) {
        Some(user) => {
            let scope = store::people::scope(tx, user, &asking.world, asking.now).await?;
            store::records::find(tx, &scope, reference).await?.into_iter().map(|e| e.record).collect()
        }
        None => store::records::find_any(tx, reference).await?,
    };
    Ok(asking.one(reference, found, |r| Listed::of(r, true))?.id)
}

async fn open(
    tx: &mut Tx,
    asking: &Asking,
    config: &Config,
    reference: &str,
    reason: &str,
    hours: Option<u32>,
) -> Result<Told, Failure> {
    let user: UserId = match &asking.user {
        Some(user) => user.person.id,
        None => return Err(Failure::input("say who opens the record, with --as USER", "")),
    };
    let policy = (config.break_glass, config.break_glass_hours);
    let hours = hours.unwrap_or(policy.1);
    // What they may not open is as if it were not there, and so is what only their guess names.
    let mut opened = None;
    let mut said = Refused::NotThere;
    for record in store::records::find_any(tx, reference).await? {
        match shares::break_glass(tx, (user, &asking.caller()), record.id, reason, hours, policy).await? {
            Ok(until) if opened.is_none() => opened = Some((record, until)),
            Ok(_) => return Err(Failure::input(format!("`{reference}` may mean several records"), "")),
            Err(Refused::NotThere) => {}
            Err(refused) => said = refused,
        }
    }
    let Some((record, until)) = opened else { return Err(refusal(&said, "nothing was opened", reference, asking)) };
    let text = vec![format!(
        "{} {}: {}. {} may read it until {}; this is noted in the audit.",
        record.kind.word(),
        record.id,
        output::plain(&record.name),
        asking.caller().name(user),
        until.rfc3339()
    )];
    Ok(Told { text, json: json!({ "record": record.id, "until": until.rfc3339() }) })
}

fn refusal(refused: &Refused, what: &str, reference: &str, asking: &Asking) -> Failure {
    match refused {
        Refused::NotThere => missing(reference, asking.who()),
        refused => failure(refused, what),
    }
}

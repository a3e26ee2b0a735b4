//! `standin audit`: who did what, and who read by a right that is not their own.

use super::asking::{Asking, person};
use super::{Done, Failure, Place, output};
use crate::access::day_start;
use crate::actions::{access, audit};
use crate::model::audit::Action;
use crate::model::time::Timestamp;
use crate::store::audit::{Actor, Filter, Noted};
use crate::store::{self, Tx};
use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only what this user did: a login, or `operator`.
    #[arg(long, value_name = "USER")]
    actor: Option<String>,
    /// Only what is about this record.
    #[arg(long)]
    record: Option<String>,
    /// Only this action, such as read, shared, confidential, glass-broken.
    #[arg(long)]
    action: Option<String>,
    /// From this day.
    #[arg(long, value_name = "DAY", value_parser = super::asking::day)]
    from: Option<NaiveDate>,
    /// To this day, included.
    #[arg(long, value_name = "DAY", value_parser = super::asking::day)]
    to: Option<NaiveDate>,
    /// The most lines to show; an export has them all.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// All lines as JSON. Noted in the audit.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// All lines as CSV. Noted in the audit.
    #[arg(long)]
    csv: bool,
    /// Login of the admin on whose behalf; without it you are the operator.
    #[arg(long = "as", value_name = "USER")]
    by: Option<String>,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let mut tx = db.write().await?;
    let asking = Asking::of(&mut tx, &config, arguments.by.as_deref()).await?;
    let caller = asking.caller();
    let refused = || Failure::input("only an admin may read the audit", "");
    if !caller.administers() {
        return Err(refused());
    }
    let filter = filter(&mut tx, &asking, &arguments).await?;
    let form = if arguments.csv { "csv" } else { "json" };
    let lines = match arguments.csv || arguments.json {
        true => audit::export(&mut tx, &caller, &filter, form).await?.ok_or_else(refused)?,
        false => store::audit::lines(&mut tx, &filter, i64::MAX, arguments.limit).await?,
    };
    tx.commit().await?;
    db.close().await;
    if arguments.csv {
        output::print(&audit::csv(&lines, &caller)?)?;
    } else if arguments.json {
        output::json(&lines.iter().map(|line| line_json(line, &asking)).collect::<Vec<_>>().into())?;
    } else {
        let rows: Vec<Vec<String>> = lines.iter().map(|line| row(line, &asking)).collect();
        let head = ["at", "actor", "for", "action", "by right", "record", "subject", "detail"];
        output::table(&head, &rows, "Nothing of that kind was noted.")?;
    }
    if lines.len() == audit::MOST {
        output::note("warning: only the latest lines are here; narrow it with --from and --to for the rest");
    }
    Ok(ExitCode::SUCCESS)
}

async fn filter(tx: &mut Tx, asking: &Asking, arguments: &Arguments) -> Result<Filter, Failure> {
    let actor = match arguments.actor.as_deref() {
        None => Actor::Anybody,
        Some("operator") => Actor::Operator,
        Some(login) => Actor::User(person(tx, login).await?),
    };
    let record = match &arguments.record {
        None => None,
        Some(reference) => {
            let found = access::find(tx, &asking.caller(), reference).await?;
            let listed = |s: &access::Subject| super::asking::Listed::of(&s.record, s.named);
            Some(asking.one(reference, found, listed)?.record.id)
        }
    };
    let action = match &arguments.action {
        None => None,
        Some(word) => Some(Action::from_word(word).ok_or_else(|| {
            let all: Vec<&str> = Action::ALL.iter().map(|a| a.word()).collect();
            Failure::input(format!("`{word}` is no action"), format!("there are: {}", all.join(", ")))
        })?),
    };
    let start = |day: NaiveDate| day_start(day, asking.zone);
    let (from, to) = (arguments.from.map(start), arguments.to.and_then(|day| day.succ_opt()).map(start));
    Ok(Filter { actor, record, action, from, to })
}

fn actor(line: &Noted, asking: &Asking) -> String {
    let nobody = if line.is_standins_own() { "Standin" } else { "operator" };
    line.actor.map_or_else(|| nobody.to_owned(), |id| asking.caller().name(id))
}

fn row(line: &Noted, asking: &Asking) -> Vec<String> {
    vec![
        line.at.rfc3339(),
        output::plain(&actor(line, asking)),
        line.on_behalf_of.map(|id| asking.caller().name(id)).unwrap_or_default(),
        line.action.word().to_owned(),
        line.path.clone().unwrap_or_default(),
        line.record.map(|r| r.to_string()).unwrap_or_default(),
        line.subject.map(|s| s.to_string()).unwrap_or_default(),
        if line.detail == "{}" { String::new() } else { output::plain(&line.detail) },
    ]
}

fn line_json(line: &Noted, asking: &Asking) -> Value {
    let name = |id| asking.caller().name(id);
    json!({
        "number": line.id, "at": Timestamp::rfc3339(line.at), "actor": actor(line, asking), "actor_id": line.actor,
        "for": line.on_behalf_of.map(name), "action": line.action.word(), "path": line.path, "record": line.record,
        "subject": line.subject, "detail": serde_json::from_str::<Value>(&line.detail).unwrap_or_default(),
    })
}

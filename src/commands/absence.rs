//! `standin absence`: who is away and who stands in.

use super::{Done, Failure, Place, output, world};
use crate::access::first_day_back;
use crate::actions::absences::{self, Entered, Which};
use crate::model::absence::{Absence, Phase};
use crate::model::id::{AbsenceId, UserId};
use crate::model::time::Timestamp;
use crate::store;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Enter an absence.
    Add(Add),
    /// Show who is or will be away.
    List {
        /// Also those that are over.
        #[arg(long)]
        all: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// End an absence now: the person is back, and cover ends with it.
    End {
        /// Its number, see `standin absence list`.
        #[arg(required_unless_present = "user", conflicts_with = "user")]
        number: Option<i64>,
        /// Login of the person who is back.
        #[arg(long)]
        user: Option<String>,
    },
}

/// A day as it is written on the command line.
fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "write the day as year-month-day, such as 2026-11-25".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Login of who is away.
    #[arg(long)]
    user: String,
    /// First day away, such as 2026-11-20.
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: NaiveDate,
    /// Last day away; without it the end is open.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<NaiveDate>,
    /// First day back, where it is not the next working day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    back_on: Option<NaiveDate>,
    /// Login of who covers.
    #[arg(long, value_name = "USER")]
    substitute: Option<String>,
    /// Login of who covers confidential records; without one nobody does.
    #[arg(long, value_name = "USER")]
    deputy: Option<String>,
    /// Tell clients who write that the person is away.
    #[arg(long)]
    notice: bool,
    /// A file with the person's own text of the notice in English.
    #[arg(long, value_name = "FILE", requires = "notice")]
    text_en: Option<PathBuf>,
    /// A file with the person's own text of the notice in Polish.
    #[arg(long, value_name = "FILE", requires = "notice")]
    text_pl: Option<PathBuf>,
    /// IANA zone of the dates; without it the person's.
    #[arg(long)]
    zone: Option<String>,
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Add(arguments) => add(arguments, place).await,
        Command::List { all, json } => list(place, all, json).await,
        Command::End { number, user } => {
            let which = match (number, user) {
                (_, Some(login)) => Which::Of(login),
                (number, None) => Which::Id(AbsenceId(number.unwrap_or(0))),
            };
            end(&which, place).await
        }
    }
}

async fn add(arguments: Add, place: &Place) -> Done {
    let mut notice_texts = BTreeMap::new();
    for (language, path) in [("en", &arguments.text_en), ("pl", &arguments.text_pl)] {
        let Some(path) = path else { continue };
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::input(format!("the text {} cannot be read", path.display()), error.to_string())
        })?;
        notice_texts.insert(language.to_owned(), text.replace('\0', ""));
    }
    let entered = Entered {
        user: arguments.user,
        first_day: arguments.from,
        last_day: arguments.until,
        back_on: arguments.back_on,
        substitute: arguments.substitute,
        deputy: arguments.deputy,
        notice: arguments.notice,
        notice_texts,
        zone: arguments.zone,
    };
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let added = absences::add(&mut tx, &entered, &world, None, now)
        .await?
        .map_err(|refused| Failure::input("the absence was not saved", refused.to_string()))?;
    tx.commit().await?;
    db.close().await;
    let name = |id: Option<UserId>| id.and_then(|id| world.person(id)).map(|p| p.name.clone());
    let absence = &added.absence;
    let covers = match name(absence.substitute) {
        Some(name) => format!("{name} covers"),
        None => "nobody is named to cover, so the team's or the company's fallback answers".to_owned(),
    };
    let back = first_day_back(absence, &config.holidays).map(|day| format!(", back on {day}")).unwrap_or_default();
    let person = name(Some(absence.user)).unwrap_or_default();
    output::line(&format!("Absence {}: {person} is away {}{back}; {covers}.", absence.id, period(absence)))?;
    if absence.notice && !config.notice.enabled {
        output::note("warning: notices are switched off in the configuration (`notice.enabled`); none is sent");
    }
    added.warnings.iter().for_each(|warning| output::note(&format!("warning: {warning}")));
    Ok(ExitCode::SUCCESS)
}

fn period(absence: &Absence) -> String {
    match absence.last_day {
        Some(last) => format!("from {} to {last}", absence.first_day),
        None => format!("from {} with an open end", absence.first_day),
    }
}

async fn list(place: &Place, all: bool, json: bool) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.read().await?;
    let absences =
        if all { store::absences::every(&mut tx).await? } else { store::absences::not_over(&mut tx, now).await? };
    let users = store::people::every(&mut tx).await?;
    drop(tx);
    db.close().await;
    let login = |id: UserId| users.iter().find(|u| u.person.id == id).map_or(String::new(), |u| u.login.clone());
    let back = |a: &Absence| first_day_back(a, &config.holidays).map(|d| d.to_string());
    if json {
        let objects = absences.iter().map(|a| {
            serde_json::json!({
                "id": a.id, "user": login(a.user), "first_day": a.first_day.to_string(),
                "last_day": a.last_day.map(|d| d.to_string()), "back_on": back(a), "zone": a.zone,
                "starts": a.starts.rfc3339(), "ends": a.ends.map(Timestamp::rfc3339),
                "phase": phase(a, now), "substitute": a.substitute.map(login), "deputy": a.deputy.map(login),
                "notice": a.notice,
            })
        });
        output::json(&objects.collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = absences
        .iter()
        .map(|a| {
            vec![
                a.id.to_string(),
                login(a.user),
                a.first_day.to_string(),
                a.last_day.map_or_else(|| "open".to_owned(), |d| d.to_string()),
                back(a).unwrap_or_default(),
                a.substitute.map(login).unwrap_or_default(),
                a.deputy.map(login).unwrap_or_default(),
                if a.notice { "yes" } else { "no" }.to_owned(),
                phase(a, now).to_owned(),
            ]
        })
        .collect();
    let head = ["number", "user", "from", "until", "back on", "substitute", "deputy", "notice", "state"];
    output::table(&head, &rows, "Nobody is or will be away.")?;
    Ok(ExitCode::SUCCESS)
}

fn phase(absence: &Absence, now: Timestamp) -> &'static str {
    match absence.phase(now) {
        Phase::Upcoming => "upcoming",
        Phase::Running => "running",
        Phase::Over => "over",
    }
}

async fn end(which: &Which, place: &Place) -> Done {
    let (_, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let ended = absences::end(&mut tx, which, now)
        .await?
        .map_err(|refused| Failure::input("no absence was ended", refused.to_string()))?;
    tx.commit().await?;
    db.close().await;
    let text = if ended.starts >= now { "is called off" } else { "has ended; its cover ended with it" };
    output::line(&format!("Absence {} {text}.", ended.id))?;
    Ok(ExitCode::SUCCESS)
}

//! `standin notify`: what colleagues are told by mail. Nobody is told anything unasked.

use super::{Done, Failure, Place, output, user, world};
use crate::access::World;
use crate::actions::wishes::{self, Entered, Problem};
use crate::config::Config;
use crate::model::colleagues::{Urgent, Wishes};
use crate::model::id::RecordId;
use crate::model::time::Timestamp;
use crate::store::notifications;
use crate::store::people::{self, User};
use crate::store::{Tx, views};
use clap::{Args, Subcommand, ValueEnum};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what a user is told, or who is told anything.
    Show {
        /// Login of the user; without it everybody who asked for something.
        #[arg(long)]
        user: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Set what a user is told, or whether a team gets copies for its own leads.
    Set(Set),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Debug, Args)]
pub(super) struct Set {
    /// Login of the user.
    #[arg(long, required_unless_present = "team", conflicts_with = "team")]
    user: Option<String>,
    /// Local time of the daily digest, such as 07:30, or `off`.
    #[arg(long, value_name = "TIME", requires = "user")]
    digest: Option<String>,
    /// Whether the brief of a cover and the report after an absence come by mail.
    #[arg(long, value_name = "ON/OFF", requires = "user")]
    covers: Option<Switch>,
    /// At most so many urgent notices a day.
    #[arg(long, value_name = "NUMBER", requires = "user")]
    limit: Option<String>,
    /// One more condition for urgent notices: any of contact=, account=, class=, words=, hours=, with
    /// semicolons between, such as "account=Acme;words=urgent,failure;hours=2".
    #[arg(long, value_name = "CONDITION", requires = "user")]
    urgent: Vec<String>,
    /// Remove all conditions first.
    #[arg(long, requires = "user")]
    no_urgent: bool,
    /// `en` or `pl`.
    #[arg(long, requires = "user")]
    language: Option<String>,
    /// IANA zone, such as Europe/Warsaw.
    #[arg(long, requires = "user")]
    zone: Option<String>,
    /// Name of the team.
    #[arg(long, requires = "copies")]
    team: Option<String>,
    /// Whether every member is told of what comes in on the team's leads.
    #[arg(long, value_name = "ON/OFF", requires = "team")]
    copies: Option<Switch>,
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Show { user, json } => show(place, user.as_deref(), json).await,
        Command::Set(arguments) => match &arguments.team {
            Some(team) => set_team(place, team, matches!(arguments.copies, Some(Switch::On))).await,
            None => set(place, &arguments).await,
        },
    }
}

fn refused(problem: Problem) -> Failure {
    Failure::input("nothing was saved", problem.to_string())
}

async fn set(place: &Place, arguments: &Set) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let person = user(&mut tx, arguments.user.as_deref().unwrap_or_default()).await?;
    let mut wanted = notifications::wishes_of(&mut tx, person.person.id).await?;
    if let Some(text) = &arguments.digest {
        wanted.digest = wishes::time_of_day(text).map_err(refused)?;
    }
    if let Some(switch) = arguments.covers {
        wanted.covers = matches!(switch, Switch::On);
    }
    if let Some(text) = &arguments.limit {
        wanted.urgent_a_day = wishes::limit(text).map_err(refused)?;
    }
    if arguments.no_urgent {
        wanted.urgent.clear();
    }
    let world = world(&mut tx, &config, now).await?;
    for text in &arguments.urgent {
        let condition = condition(&mut tx, &world, &person, text, now).await?;
        if !wanted.urgent.contains(&condition) {
            wanted.urgent.push(condition);
        }
    }
    if arguments.language.is_some() || arguments.zone.is_some() {
        let language = arguments.language.as_deref().unwrap_or(match person.language.as_str() {
            "" => config.language.as_str(),
            chosen => chosen,
        });
        let zone = arguments.zone.as_deref().unwrap_or(&person.zone);
        wishes::set_manner(&mut tx, person.person.id, language, zone).await?.map_err(refused)?;
    }
    wishes::save(&mut tx, person.person.id, &wanted, now).await?.map_err(refused)?;
    let said = said(&mut tx, &world, &person, &wanted, now).await?;
    tx.commit().await?;
    db.close().await;
    output::line(&format!("{}: {said}.", person.person.name))?;
    warn(&config, &person, &wanted);
    Ok(ExitCode::SUCCESS)
}

/// Whoever is told nothing although they asked learns why.
fn warn(config: &Config, person: &User, wanted: &Wishes) {
    let wants = wanted.digest.is_some() || !wanted.urgent.is_empty() || wanted.covers;
    if wants && config.colleagues.mailbox.is_empty() {
        output::note("warning: nothing is sent yet; name the mailbox that sends it (`colleagues.mailbox`)");
    }
    if wants && person.addresses.is_empty() {
        output::note("warning: no address of this person is known; import one with `standin import users`");
    }
}

/// A condition as it is written on the command line, under the sight of the person it is for.
async fn condition(tx: &mut Tx, world: &World, person: &User, text: &str, now: Timestamp) -> Result<Urgent, Failure> {
    let mut entered = Entered::default();
    for part in text.split(';').filter(|part| !part.trim().is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let field = match name.trim() {
            "contact" => &mut entered.contact,
            "account" => &mut entered.account,
            "class" => &mut entered.class,
            "words" => &mut entered.words,
            "hours" => &mut entered.hours,
            other => {
                let why =
                    format!("`{other}` is no part of a condition; there are contact, account, class, words, hours");
                return Err(Failure::input("nothing was saved", why));
            }
        };
        *field = value.trim().to_owned();
    }
    let scope = people::scope(tx, person.person.id, world, now).await?;
    wishes::condition(tx, &scope, &entered).await?.map_err(refused)
}

async fn set_team(place: &Place, name: &str, copies: bool) -> Done {
    let (config, db) = place.open().await?;
    let mut tx = db.write().await?;
    let teams = people::teams(&mut tx).await?;
    let found: Vec<_> = teams.iter().filter(|team| team.name == name).collect();
    let team = match found.as_slice() {
        [team] => team.id,
        [] => {
            let names = teams.iter().map(|team| team.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(Failure::input(format!("there is no team `{name}`"), format!("there are: {names}")));
        }
        _ => return Err(Failure::input(format!("several teams are called `{name}`"), "rename all but one")),
    };
    notifications::set_team_copies(&mut tx, team, copies).await?;
    tx.commit().await?;
    db.close().await;
    let what = if copies { "are told of what comes in on its leads" } else { "are told nothing as members of it" };
    output::line(&format!("{name}: its members {what}."))?;
    if copies && config.colleagues.mailbox.is_empty() {
        output::note("warning: nothing is sent yet; name the mailbox that sends it (`colleagues.mailbox`)");
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(place: &Place, login: Option<&str>, json: bool) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.read().await?;
    let world = world(&mut tx, &config, now).await?;
    let people = match login {
        Some(login) => vec![user(&mut tx, login).await?],
        None => people::every(&mut tx).await?,
    };
    let all = notifications::wishes(&mut tx).await?;
    let (mut objects, mut rows) = (Vec::new(), Vec::new());
    for person in people {
        let wanted = all.get(&person.person.id).cloned().unwrap_or_default();
        let nothing = wanted.digest.is_none() && wanted.urgent.is_empty() && !wanted.covers;
        if nothing && login.is_none() {
            continue;
        }
        objects.push(serde_json::json!({
            "user": person.login, "digest": wanted.digest.map(time), "urgent": wanted.urgent,
            "urgent_a_day": wanted.urgent_a_day, "covers": wanted.covers,
            "language": person.language, "zone": person.zone,
        }));
        let said = said(&mut tx, &world, &person, &wanted, now).await?;
        rows.push(vec![person.login, said]);
    }
    let copies = notifications::teams_with_copies(&mut tx).await?;
    let teams = people::teams(&mut tx).await?.into_iter().filter(|team| copies.contains(&team.id));
    let teams: Vec<String> = teams.filter(|_| login.is_none()).map(|team| team.name).collect();
    drop(tx);
    db.close().await;
    if json {
        output::json(&serde_json::json!({ "users": objects, "teams_with_copies": teams }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::table(&["user", "is told"], &rows, "Nobody asked for anything, so nobody is told anything by mail.")?;
    if !teams.is_empty() {
        output::line(&format!("Teams that get copies for their leads: {}.", teams.join(", ")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn time(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// What a person is told, as a sentence without its end. Records are named under their own sight.
async fn said(tx: &mut Tx, world: &World, person: &User, wanted: &Wishes, now: Timestamp) -> Result<String, Failure> {
    let scope = people::scope(tx, person.person.id, world, now).await?;
    let ids: Vec<RecordId> = wanted.urgent.iter().flat_map(|u| u.contact.into_iter().chain(u.account)).collect();
    let names = views::names(tx, &scope, ids).await?;
    let name = |id: RecordId| names.get(&id).map_or_else(|| format!("record {id}"), |named| named.name.clone());
    let mut parts = Vec::new();
    parts.extend(wanted.digest.map(|minute| format!("a digest at {} ({})", time(minute), person.zone)));
    for urgent in &wanted.urgent {
        let mut all = Vec::new();
        all.extend(urgent.contact.map(|id| format!("from {}", name(id))));
        all.extend(urgent.account.map(|id| format!("on {}", name(id))));
        all.extend(urgent.class.map(|class| format!("class {}", class.word())));
        all.extend(
            Some(urgent.words.join(" or ")).filter(|w| !w.is_empty()).map(|w| format!("with {w} in the subject")),
        );
        all.extend(urgent.waiting_hours.map(|n| format!("waiting for more than {n} h")));
        parts.push(format!("urgent mail {}", all.join(", ")));
    }
    if !wanted.urgent.is_empty() {
        parts.push(format!("at most {} urgent notices a day", wanted.urgent_a_day));
    }
    if wanted.covers {
        parts.push("briefs of covers and reports after absences".to_owned());
    }
    Ok(if parts.is_empty() { "nothing".to_owned() } else { output::plain(&parts.join("; ")) })
}

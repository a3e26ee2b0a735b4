//! `standin absence`: who is away and who stands in.

mod arguments;
mod import;
mod show;

use super::{Done, Failure, Place, output, world};
use crate::access::{self, Problem, World, first_day_back};
use crate::actions::absences::{self, Added, Which};
use crate::config::Config;
use crate::model::absence::{Absence, Phase};
use crate::model::id::{AbsenceId, UserId};
use crate::model::time::Timestamp;
use crate::store::people::User;
use crate::store::{self, Db, Tx};
use arguments::{Add, Edit, Fields};
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Enter an absence.
    Add(Add),
    /// Change an absence: prolong or shorten it, name somebody else. It keeps its number, so clients are told once.
    Edit(Edit),
    /// Say what an absence would bring, and save nothing.
    Preview(Preview),
    /// Show who is or will be away.
    List {
        /// Also those that are over.
        #[arg(long)]
        all: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one absence with all its fields and what speaks against it.
    Show {
        /// Its number, see `standin absence list`.
        number: i64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// End an absence now: the person is back, and cover ends with it. One to come is called off.
    End {
        /// Its number, see `standin absence list`.
        #[arg(required_unless_present = "user", conflicts_with = "user")]
        number: Option<i64>,
        /// Login of the person who is back.
        #[arg(long)]
        user: Option<String>,
        #[command(flatten)]
        on_behalf: OnBehalf,
    },
    /// Import absences from a CSV file; found again by user and first day.
    #[command(after_help = import::HELP)]
    Import(import::Arguments),
    /// Say what speaks against the absences that run or are to come, as things stand now. Exit code 1 where
    /// something does.
    Check {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Who does it.
#[derive(Clone, Debug, Args)]
pub(super) struct OnBehalf {
    /// Login of the user on whose behalf; without it you are trusted like an admin.
    #[arg(long = "as", value_name = "USER")]
    by: Option<String>,
}

impl OnBehalf {
    async fn user(&self, tx: &mut Tx) -> Result<Option<UserId>, Failure> {
        match &self.by {
            Some(login) => Ok(Some(super::user(tx, login).await?.person.id)),
            None => Ok(None),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Preview {
    /// Of this absence, changed as the other options say.
    #[arg(long, value_name = "NUMBER", conflicts_with = "user")]
    number: Option<i64>,
    /// Login of who is away.
    #[arg(long, required_unless_present = "number")]
    user: Option<String>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    on_behalf: OnBehalf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Add(arguments) => add(arguments, place).await,
        Command::Edit(arguments) => edit(arguments, place).await,
        Command::Preview(arguments) => preview(arguments, place).await,
        Command::List { all, json } => list(place, all, json).await,
        Command::Show { number, json } => one(place, AbsenceId(number), json).await,
        Command::End { number, user, on_behalf } => {
            let which = match (number, user) {
                (_, Some(login)) => Which::Of(login),
                (number, None) => Which::Id(AbsenceId(number.unwrap_or(0))),
            };
            end(&which, &on_behalf, place).await
        }
        Command::Import(arguments) => import::run(arguments, place).await,
        Command::Check { json } => check(place, json).await,
    }
}

/// What every command here works with, in one transaction.
struct Desk {
    config: Config,
    db: Db,
    tx: Tx,
    now: Timestamp,
    world: World,
    users: Vec<User>,
}

impl Desk {
    async fn open(place: &Place, writes: bool) -> Result<Desk, Failure> {
        let (config, db) = place.open().await?;
        let now = super::now();
        let mut tx = if writes { db.write().await? } else { db.read().await? };
        let world = world(&mut tx, &config, now).await?;
        let users = store::people::every(&mut tx).await?;
        Ok(Desk { config, db, tx, now, world, users })
    }

    async fn close(self, commit: bool) -> Result<(), Failure> {
        if commit {
            self.tx.commit().await?;
        } else {
            drop(self.tx);
        }
        self.db.close().await;
        Ok(())
    }

    fn name(&self, id: UserId) -> String {
        self.world.person(id).map_or_else(String::new, |p| p.name.clone())
    }

    fn login(&self, id: UserId) -> String {
        self.users.iter().find(|u| u.person.id == id).map_or_else(String::new, |u| u.login.clone())
    }

    /// The stored absence as it would have been entered.
    async fn entered(&mut self, id: AbsenceId) -> Result<absences::Entered, Failure> {
        let Some(absence) = store::absences::load(&mut self.tx, id).await? else {
            return Err(Failure::input(format!("there is no absence {id}"), "")
                .then("`standin absence list` shows all there are"));
        };
        let entered = absences::Entered::of(&absence, &self.world, |user| self.login(user));
        Ok(absences::Entered { languages: self.config.notice.phrases.languages(), ..entered })
    }

    /// That no notice can go for who is away, of whom no mailbox is read, though their notice is on.
    async fn unread(&mut self, absence: &Absence) -> store::Result<Option<String>> {
        if !absence.notice || store::mailbox_settings::any_of(&mut self.tx, &self.config, absence.user).await? {
            return Ok(None);
        }
        let name = self.name(absence.user);
        Ok(Some(format!(
            "no mailbox of {name} is read, so no notice goes: `[[mailbox]]` in the settings file adds one, or the page of mailboxes"
        )))
    }

    /// An absence of a user of which nothing is said yet.
    fn blank(&self, user: String) -> absences::Entered {
        let languages = self.config.notice.phrases.languages();
        absences::Entered { user, languages, ..Default::default() }
    }
}

async fn add(arguments: Add, place: &Place) -> Done {
    let mut desk = Desk::open(place, true).await?;
    let mut entered = desk.blank(arguments.user);
    arguments.fields.put_into(&mut entered)?;
    let by = arguments.on_behalf.user(&mut desk.tx).await?;
    let added = absences::add(&mut desk.tx, &entered, &desk.world, by, desk.now)
        .await?
        .map_err(|refused| Failure::input("the absence was not saved", refused.to_string()))?;
    saved(desk, &added, ("", 0)).await
}

async fn edit(arguments: Edit, place: &Place) -> Done {
    let mut desk = Desk::open(place, true).await?;
    let id = AbsenceId(arguments.number);
    let mut entered = desk.entered(id).await?;
    arguments.fields.put_into(&mut entered)?;
    let by = arguments.on_behalf.user(&mut desk.tx).await?;
    let before = store::absences::load(&mut desk.tx, id).await?;
    let changed = absences::edit(&mut desk.tx, id, &entered, &desk.world, by, desk.now)
        .await?
        .map_err(|refused| Failure::input(format!("absence {id} was not changed"), refused.to_string()))?;
    let told = match &before {
        Some(before) => absences::told_before(&mut desk.tx, before, &changed.absence).await?,
        None => 0,
    };
    saved(desk, &changed, (" (changed)", told)).await
}

/// That clients keep what they read; `None` where none does.
fn keeps(told: i64) -> Option<String> {
    let clients = output::counted(told, "client");
    (told > 0).then(|| format!("{clients} already told of it: they keep what stood there and are not told again"))
}

/// Commits, and says what was saved; `told`: how many clients hold what stood there before.
async fn saved(mut desk: Desk, added: &Added, (how, told): (&str, i64)) -> Done {
    let absence = &added.absence;
    let covers = match absence.substitute {
        Some(substitute) => format!("{} covers", desk.name(substitute)),
        None => "nobody is named to cover, so the team's or the company's fallback answers".to_owned(),
    };
    let back = first_day_back(absence, &desk.config.holidays).map(|day| format!(", back on {day}")).unwrap_or_default();
    let line = format!(
        "Absence {}{how}: {} is away {}{back}; {covers}.",
        absence.id,
        desk.name(absence.user),
        period(absence)
    );
    let mut notes: Vec<String> = added.warnings.iter().map(Problem::to_string).collect();
    if absence.notice && !desk.config.notice.enabled {
        notes.push("notices are switched off in the configuration (`notice.enabled`); none is sent".to_owned());
    }
    if let Some(text) = desk.unread(absence).await? {
        notes.push(text);
    } else if absence.notice {
        let texts = "its notice goes to anybody on the Internet who writes and is answered (R88); see what it says";
        notes.push(format!("{texts}: `standin notice preview --absence {} --for ADDRESS`", absence.id));
    }
    if !absence.notice && !absence.notice_texts.is_empty() {
        let id = absence.id;
        notes.push(format!(
            "its words are kept, and go to nobody, since its notice is off: `standin absence edit {id} --notice` turns it on"
        ));
    }
    notes.extend(keeps(told));
    if let Some(day) = absence.confirm_on {
        notes.push(format!("the end is open; it is asked about on {day}"));
    }
    let whose = |id: &AbsenceId| {
        desk.world.absences.iter().find(|a| a.id == *id).map_or_else(String::new, |a| desk.name(a.user))
    };
    for (id, problems) in &added.elsewhere {
        notes.extend(problems.iter().map(|p| format!("absence {id} of {}: {p}", whose(id))));
    }
    desk.close(true).await?;
    output::line(&line)?;
    notes.iter().for_each(|note| output::note(&format!("warning: {note}")));
    Ok(ExitCode::SUCCESS)
}

/// Its days and times in words.
fn period(absence: &Absence) -> String {
    let at = |time: Option<chrono::NaiveTime>| time.map(|t| format!(" {}", t.format("%H:%M"))).unwrap_or_default();
    let from = format!("from {}{}", absence.first_day, at(absence.first_time));
    match absence.last_day {
        Some(last) => format!("{from} to {last}{}", at(absence.last_time)),
        None => format!("{from} with an open end"),
    }
}

async fn preview(arguments: Preview, place: &Place) -> Done {
    let mut desk = Desk::open(place, false).await?;
    let id = arguments.number.map(AbsenceId);
    let mut entered = match id {
        Some(id) => desk.entered(id).await?,
        None => desk.blank(arguments.user.unwrap_or_default()),
    };
    if id.is_none() && !arguments.fields.has_first_day() {
        return Err(Failure::input("there is no first day", "an absence begins on a day: --from DATE"));
    }
    arguments.fields.put_into(&mut entered)?;
    let by = arguments.on_behalf.user(&mut desk.tx).await?;
    let prepared = absences::prepare(&mut desk.tx, id, &entered, &desk.world, by, desk.now)
        .await?
        .map_err(|refused| Failure::input("the absence could not be saved so", refused.to_string()))?;
    let told = match &prepared.before {
        Some(before) => absences::told_before(&mut desk.tx, before, &prepared.absence).await?,
        None => 0,
    };
    show::preview(&desk, (&prepared, told), arguments.json)?;
    desk.close(false).await?;
    Ok(ExitCode::SUCCESS)
}

async fn list(place: &Place, all: bool, json: bool) -> Done {
    let mut desk = Desk::open(place, false).await?;
    let absences = match all {
        true => store::absences::every(&mut desk.tx).await?,
        false => store::absences::not_over(&mut desk.tx, desk.now).await?,
    };
    show::list(&desk, &absences, json)?;
    desk.close(false).await?;
    Ok(ExitCode::SUCCESS)
}

async fn one(place: &Place, id: AbsenceId, json: bool) -> Done {
    let mut desk = Desk::open(place, false).await?;
    let Some(absence) = store::absences::load(&mut desk.tx, id).await? else {
        let failure = Failure::input(format!("there is no absence {id}"), "");
        return Err(failure.then("`standin absence list --all` shows all there are"));
    };
    let problems = match absence.phase(desk.now) {
        Phase::Over => Vec::new(),
        _ => {
            let held = absences::holdings(&mut desk.tx, absence.user, None, &desk.world, desk.now).await?;
            access::check(&absence, &desk.world, Some(&held), desk.now)
        }
    };
    let days = desk.config.notice.responder_days;
    let servers = store::mailboxes::own_servers(&mut desk.tx, Some(absence.user), days, desk.now).await?;
    let unread = desk.unread(&absence).await?;
    show::one(&desk, &absence, &problems, (&servers, unread.as_deref()), json)?;
    desk.close(false).await?;
    Ok(ExitCode::SUCCESS)
}

fn phase(absence: &Absence, now: Timestamp) -> &'static str {
    match absence.phase(now) {
        Phase::Upcoming => "upcoming",
        Phase::Running => "running",
        Phase::Over => "over",
    }
}

async fn end(which: &Which, on_behalf: &OnBehalf, place: &Place) -> Done {
    let mut desk = Desk::open(place, true).await?;
    let by = on_behalf.user(&mut desk.tx).await?;
    let ended = absences::end(&mut desk.tx, which, &desk.world, by, desk.now)
        .await?
        .map_err(|refused| Failure::input("no absence was ended", refused.to_string()))?;
    let text = if ended.starts >= desk.now { "is called off" } else { "has ended; its cover ended with it" };
    desk.close(true).await?;
    output::line(&format!("Absence {} {text}.", ended.id))?;
    Ok(ExitCode::SUCCESS)
}

async fn check(place: &Place, json: bool) -> Done {
    let mut desk = Desk::open(place, false).await?;
    let found = absences::troubles(&mut desk.tx, &desk.world, None, access::concerns, desk.now).await?;
    show::troubles(&desk, &found, json)?;
    desk.close(false).await?;
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

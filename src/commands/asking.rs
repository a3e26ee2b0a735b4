//! On whose behalf a command runs, and the people, teams and records that its arguments name.

use super::{Failure, output, user, world};
use crate::access::World;
use crate::actions::caller::Caller;
use crate::config::Config;
use crate::model::id::{TeamId, UserId};
use crate::model::record::Record;
use crate::model::share::Holder;
use crate::model::time::Timestamp;
use crate::store::people::User;
use crate::store::{self, Tx};
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

/// On whose behalf a command runs: a user's by `--as`, else the operator's.
pub(super) struct Asking {
    /// The user.
    pub user: Option<User>,
    /// What rights are computed from.
    pub world: World,
    /// The moment.
    pub now: Timestamp,
    /// The zone in which days are meant: the user's, else the company's.
    pub zone: Tz,
}

impl Asking {
    /// Loads it.
    pub async fn of(tx: &mut Tx, config: &Config, by: Option<&str>) -> Result<Asking, Failure> {
        let now = super::now();
        let user = match by {
            Some(login) => Some(user(tx, login).await?),
            None => None,
        };
        let world = world(tx, config, now).await?;
        let zone = user.as_ref().and_then(|u| u.zone.parse().ok());
        let zone = zone.or_else(|| config.zone.parse().ok()).unwrap_or(Tz::UTC);
        Ok(Asking { user, world, now, zone })
    }

    /// As actions want it.
    pub fn caller(&self) -> Caller<'_> {
        Caller { by: self.user.as_ref().map(|u| u.person.id), world: &self.world, now: self.now }
    }

    /// Until when something holds that ends at `end` (exclusive), in their zone: its last day where
    /// it ends with a day, else the moment.
    pub fn until(&self, end: Timestamp) -> String {
        let local = end.to_utc().with_timezone(&self.zone);
        if local.time() == NaiveTime::MIN {
            end.plus(-1).to_utc().with_timezone(&self.zone).date_naive().to_string()
        } else {
            self.moment(end)
        }
    }

    /// A moment in their zone.
    pub fn moment(&self, at: Timestamp) -> String {
        moment_in(self.zone, at)
    }

    /// How the user is called in answers.
    pub fn who(&self) -> &str {
        self.user.as_ref().map_or("you", |u| u.login.as_str())
    }

    /// The one record among `found` that is meant.
    pub fn one<T>(&self, reference: &str, found: Vec<T>, record: impl Fn(&T) -> Listed) -> Result<T, Failure> {
        one(reference, self.who(), found, record)
    }
}

/// A moment in a zone, which is named.
pub(super) fn moment_in(zone: Tz, at: Timestamp) -> String {
    format!("{} ({zone})", at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M"))
}

/// A day as it is typed.
pub(super) fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "write the day as year-month-day, such as 2026-11-25".to_owned())
}

/// How a record is named where a reference may mean several.
pub(super) struct Listed(String);

impl Listed {
    /// By kind, id and name, the name left out where it is not to be told.
    pub fn of(record: &Record, named: bool) -> Listed {
        let name = if named { record.name.as_str() } else { "(confidential)" };
        Listed(format!("{}:{}  {}", record.kind.word(), record.id, output::plain(name)))
    }
}

/// The one record that is meant. Absent and forbidden look the same (P5).
pub(super) fn one<T>(
    reference: &str,
    who: &str,
    mut found: Vec<T>,
    record: impl Fn(&T) -> Listed,
) -> Result<T, Failure> {
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(missing(reference, who)),
        (Some(last), _) => {
            let list: Vec<String> = found.iter().chain([&last]).map(|e| record(e).0).collect();
            let what = format!("`{reference}` may mean {} records", list.len());
            Err(Failure::input(what, list.join("\n"))
                .then("name one of them as it stands here, such as opportunity:17"))
        }
    }
}

/// What is said of a record that is not there or not theirs.
pub(super) fn missing(reference: &str, who: &str) -> Failure {
    let what = match who {
        "you" => format!("`{reference}` is no record"),
        who => format!("`{reference}` is no record that {who} may see"),
    };
    Failure::input(what, "").then("name it by id, number, external id or name")
}

/// The user with this login, deactivated or not.
pub(super) async fn person(tx: &mut Tx, login: &str) -> Result<UserId, Failure> {
    let found = store::people::by_login(tx, login).await?;
    found.map(|u| u.person.id).ok_or_else(|| {
        Failure::input(format!("there is no user with the login `{login}`"), "")
            .then("`standin user list` shows all there are")
    })
}

/// The team with this name, however its letters are cased.
pub(super) fn team(world: &World, name: &str) -> Result<TeamId, Failure> {
    let key = store::fold(name);
    let found = world.teams.iter().find(|t| store::fold(&t.name) == key).map(|t| t.id);
    found.ok_or_else(|| {
        Failure::input(format!("there is no team `{name}`"), "").then("`standin team list` shows all there are")
    })
}

/// A holder as it is written: a login, or `team:NAME`.
pub(super) async fn holder(tx: &mut Tx, world: &World, text: &str) -> Result<Holder, Failure> {
    match text.split_once(':') {
        Some((kind, name)) if kind.eq_ignore_ascii_case("team") => Ok(Holder::Team(team(world, name)?)),
        _ => Ok(Holder::User(person(tx, text).await?)),
    }
}

//! What commands that act for somebody share: who acts, which records are meant, what was left out.

use super::{Failure, output, user};
use crate::access::World;
use crate::actions::actor::Actor;
use crate::actions::choice::{LeftOut, Selection};
use crate::model::id::RecordId;
use crate::model::record::{Class, Kind, Status};
use crate::model::time::Timestamp;
use crate::store::records::Entry;
use crate::store::selection::Filter;
use crate::store::{self, Tx};
use clap::Args;

/// As whom a command acts.
#[derive(Debug, Args)]
pub(super) struct As {
    /// Login of the user as whom to act, with their rights; without it you are the operator.
    #[arg(long = "as", value_name = "USER", global = true)]
    pub acting: Option<String>,
    /// As JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

impl As {
    /// The actor at `now`.
    pub async fn actor<'w>(&self, tx: &mut Tx, world: &'w World, now: Timestamp) -> Result<Actor<'w>, Failure> {
        let id = match &self.acting {
            Some(login) => Some(user(tx, login).await?.person.id),
            None => None,
        };
        Ok(Actor::load(tx, id, world, now).await?)
    }
}

/// Which records a command is about: named ones, or all that match.
#[derive(Debug, Args)]
pub(super) struct Records {
    /// Records, each by id, number, external id or name; without any, all that match the options
    /// below.
    #[arg(value_name = "RECORD")]
    records: Vec<String>,
    /// All of this user's.
    #[arg(long, value_name = "USER", conflicts_with = "records")]
    owner: Option<String>,
    /// All of this kind: account, contact, lead or opportunity.
    #[arg(long, value_parser = kind, conflicts_with = "records")]
    kind: Option<Kind>,
    /// All of this class, A to D.
    #[arg(long, value_parser = class, conflicts_with = "records")]
    class: Option<Class>,
    /// All of this team.
    #[arg(long, conflicts_with = "records")]
    team: Option<String>,
    /// This account with its contacts and opportunities.
    #[arg(long, value_name = "RECORD", conflicts_with = "records")]
    account: Option<String>,
    /// All that stand so: open, won, lost or converted.
    #[arg(long, value_parser = status, conflicts_with = "records")]
    status: Option<Status>,
}

/// A kind as it is written.
pub(super) fn kind(text: &str) -> Result<Kind, String> {
    Kind::from_word(text).ok_or_else(|| "it is account, contact, lead or opportunity".to_owned())
}

fn class(text: &str) -> Result<Class, String> {
    Class::from_word(text).ok_or_else(|| "it is A, B, C or D".to_owned())
}

fn status(text: &str) -> Result<Status, String> {
    Status::from_word(text).ok_or_else(|| "it is open, won, lost or converted".to_owned())
}

impl Records {
    /// The selection that is meant.
    pub async fn selection(&self, tx: &mut Tx, actor: &Actor<'_>) -> Result<Selection, Failure> {
        if !self.records.is_empty() {
            let mut ids = Vec::new();
            for reference in &self.records {
                ids.push(record(tx, actor, reference).await?.record.id);
            }
            return Ok(Selection::Ids(ids));
        }
        let owner = match &self.owner {
            Some(login) => match store::people::by_login(tx, login).await? {
                Some(user) => Some(user.person.id),
                None => return Err(Failure::input(format!("there is no user with the login `{login}`"), "")),
            },
            None => None,
        };
        let team = match &self.team {
            Some(name) => {
                let found = actor.world.teams.iter().find(|t| store::fold(&t.name) == store::fold(name));
                Some(found.ok_or_else(|| Failure::input(format!("there is no team `{name}`"), ""))?.id)
            }
            None => None,
        };
        let account = match &self.account {
            Some(reference) => Some(record(tx, actor, reference).await?.record.id),
            None => None,
        };
        let filter = Filter { kind: self.kind, owner, class: self.class, team, account, status: self.status };
        if filter == Filter::default() {
            return Err(Failure::input("no record is named", "")
                .then("name records, or say which by --owner, --kind, --class, --team, --account or --status"));
        }
        Ok(Selection::Matching(filter))
    }
}

/// The one record that is meant among those the actor may name. Absent and forbidden look the
/// same (P5).
pub(super) async fn record(tx: &mut Tx, actor: &Actor<'_>, reference: &str) -> Result<Entry, Failure> {
    let mut found = store::records::find(tx, &actor.reach, reference).await?;
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(Failure::input(format!("`{reference}` does not exist, or it is not to be seen"), "")
            .then("name it by id, number, external id or name")),
        (Some(last), _) => {
            let line =
                |e: &Entry| format!("{}:{}  {}", e.record.kind.word(), e.record.id, output::plain(&e.record.name));
            let list: Vec<String> = found.iter().chain([&last]).map(line).collect();
            Err(Failure::input(format!("`{reference}` may mean {} records", list.len()), list.join("\n"))
                .then("name one of them as it stands here, such as opportunity:17"))
        }
    }
}

/// The id that a reference to a record that is gone names: such a record lies in nobody's sight.
pub(super) fn gone(reference: &str) -> Result<RecordId, Failure> {
    let number = reference.rsplit(':').next().unwrap_or(reference).trim();
    let wrong = |_| {
        Failure::input(format!("`{reference}` is no number"), "")
            .then("a record that is gone is named by its number, which deleting and merging print")
    };
    number.parse().map(RecordId).map_err(wrong)
}

/// Lines about what was left out.
pub(super) fn left_out(left_out: &[LeftOut]) {
    for one in left_out.iter().take(50) {
        let name = one.name.as_deref().map(|n| format!(" “{}”", output::plain(n))).unwrap_or_default();
        output::note(&format!("left out: {}{name}: {}", one.record, one.why));
    }
    if left_out.len() > 50 {
        output::note(&format!("and {} more", left_out.len() - 50));
    }
}

/// The same as JSON.
pub(super) fn left_out_json(left_out: &[LeftOut]) -> Vec<serde_json::Value> {
    let one = |l: &LeftOut| serde_json::json!({ "record": l.record, "name": l.name, "why": l.why.to_string() });
    left_out.iter().map(one).collect()
}

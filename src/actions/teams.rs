//! Teams: admins make and change them. Who belongs to a team sees what is shared with it, so
//! nobody puts themselves in one, nor makes themselves a fallback: it takes two.

use super::caller::Caller;
use crate::model::audit::{Action, Line};
use crate::model::id::{TeamId, UserId};
use crate::store::{self, Tx};
use anyhow::Result;
use serde_json::{Value, json};

/// Characters that a name may have.
const NAME: usize = 100;

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Only for admins.
    #[error("only an admin changes teams; ask one")]
    NotAdmin,
    /// An admin would gain by it.
    #[error("nobody puts themselves in a team or makes themselves a fallback; ask another admin")]
    Themselves,
    /// There is a team of that name.
    #[error("there is a team `{0}` already; choose another name")]
    Taken(String),
    /// No name, or one that cannot be typed.
    #[error("a team needs a name of 1 to {NAME} characters, without `:`")]
    Name,
    /// The user is deactivated.
    #[error("{0} is deactivated; name somebody who still works here")]
    Gone(String),
    /// It is so already.
    #[error("it is so already; nothing was changed")]
    Already,
}

/// What an action gives.
pub type Outcome<T> = Result<std::result::Result<T, Refused>>;

fn check_name(caller: &Caller<'_>, name: &str, id: Option<TeamId>) -> std::result::Result<String, Refused> {
    let name = name.trim().to_owned();
    let fits = !name.is_empty() && name.chars().count() <= NAME;
    if !fits || name.contains(':') || name.chars().any(char::is_control) {
        return Err(Refused::Name);
    }
    let key = store::fold(&name);
    match caller.world.teams.iter().find(|t| store::fold(&t.name) == key && Some(t.id) != id) {
        Some(other) => Err(Refused::Taken(other.name.clone())),
        None => Ok(name),
    }
}

/// Adds a team. Gives its id.
pub async fn add(tx: &mut Tx, caller: &Caller<'_>, name: &str) -> Outcome<TeamId> {
    if !caller.administers() {
        return Ok(Err(Refused::NotAdmin));
    }
    let name = match check_name(caller, name, None) {
        Ok(name) => name,
        Err(refused) => return Ok(Err(refused)),
    };
    let id = store::people::add_team(tx, &name, caller.now).await?;
    note(tx, caller, id, json!({ "added": name })).await?;
    Ok(Ok(id))
}

/// Gives a team another name.
pub async fn rename(tx: &mut Tx, caller: &Caller<'_>, id: TeamId, name: &str) -> Outcome<()> {
    if !caller.administers() {
        return Ok(Err(Refused::NotAdmin));
    }
    let name = match check_name(caller, name, Some(id)) {
        Ok(name) => name,
        Err(refused) => return Ok(Err(refused)),
    };
    store::teams::rename(tx, id, &name).await?;
    let before = caller.world.team(id).map(|t| t.name.clone());
    note(tx, caller, id, json!({ "renamed": name, "before": before })).await?;
    Ok(Ok(()))
}

/// Sets who answers for the team's records when owner and substitutes are all away, or nobody.
pub async fn fallback(tx: &mut Tx, caller: &Caller<'_>, id: TeamId, user: Option<UserId>) -> Outcome<()> {
    if let Err(refused) = may_put(caller, user) {
        return Ok(Err(refused));
    }
    let before = caller.world.team(id).and_then(|t| t.fallback);
    if before == user {
        return Ok(Err(Refused::Already));
    }
    store::people::set_team_fallback(tx, id, user).await?;
    note(tx, caller, id, json!({ "fallback": user, "before": before })).await?;
    Ok(Ok(()))
}

/// Puts somebody in a team, or takes them out of it.
pub async fn member(tx: &mut Tx, caller: &Caller<'_>, id: TeamId, user: UserId, on: bool) -> Outcome<()> {
    if let Err(refused) = may_put(caller, on.then_some(user)) {
        return Ok(Err(refused));
    }
    let is = caller.world.person(user).is_some_and(|p| p.teams.contains(&id));
    if is == on {
        return Ok(Err(Refused::Already));
    }
    store::people::set_member(tx, id, user, on).await?;
    if !on {
        store::teams::forget_home(tx, id, user).await?;
    }
    note(tx, caller, id, json!({ if on { "member" } else { "member-gone" }: user })).await?;
    Ok(Ok(()))
}

/// Switches permanent copies of the team's leads to all of it on or off.
pub async fn copies(tx: &mut Tx, caller: &Caller<'_>, id: TeamId, on: bool) -> Outcome<()> {
    if !caller.administers() {
        return Ok(Err(Refused::NotAdmin));
    }
    store::teams::set_copies(tx, id, on).await?;
    note(tx, caller, id, json!({ "copies": on })).await?;
    Ok(Ok(()))
}

/// Whether the caller may put this person where it gives sight.
fn may_put(caller: &Caller<'_>, user: Option<UserId>) -> std::result::Result<(), Refused> {
    if !caller.administers() {
        return Err(Refused::NotAdmin);
    }
    match user {
        Some(user) if caller.by == Some(user) => Err(Refused::Themselves),
        Some(user) if !caller.world.active(user) => Err(Refused::Gone(caller.name(user))),
        _ => Ok(()),
    }
}

async fn note(tx: &mut Tx, caller: &Caller<'_>, id: TeamId, detail: Value) -> Result<()> {
    let line = Line::new(caller.now, caller.by, Action::TeamChanged).subject(id.0).detail(detail);
    Ok(store::audit::note(tx, &[line]).await?)
}

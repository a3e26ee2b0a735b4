//! Teams as an admin sees them: names, members, fallbacks, copies.

use super::{Result, Tx};
use crate::model::id::{TeamId, UserId};
use std::collections::HashMap;

/// A team with all that is stored of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamEntry {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Who answers for its records when owner and substitutes are all away.
    pub fallback: Option<UserId>,
    /// Whether leads of the team are announced to all of it.
    pub copies: bool,
    /// Who belongs to it, by id.
    pub members: Vec<UserId>,
    /// How many records are shared with it.
    pub shares: i64,
}

/// Every team, by name.
pub async fn every(tx: &mut Tx) -> Result<Vec<TeamEntry>> {
    const LOAD: &str = "select t.id, t.name, t.fallback_user_id, t.copies,
          (select count(*) from shares s where s.team_id = t.id) as shares from teams t order by t.id";
    let mut rows: Vec<(i64, String, Option<i64>, bool, i64)> = all!(tx, LOAD)?;
    rows.sort_by_cached_key(|(_, name, ..)| super::sort_key(name));
    let mut members: HashMap<TeamId, Vec<UserId>> = HashMap::new();
    for (team, user) in super::people::members(tx).await? {
        members.entry(team).or_default().push(user);
    }
    let entry = |(id, name, fallback, copies, shares): (i64, String, Option<i64>, bool, i64)| TeamEntry {
        id: TeamId(id),
        name,
        fallback: fallback.map(UserId),
        copies,
        members: members.remove(&TeamId(id)).unwrap_or_default(),
        shares,
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// Gives a team another name.
pub async fn rename(tx: &mut Tx, id: TeamId, name: &str) -> Result<()> {
    run!(tx, "update teams set name = $2 where id = $1", id.0, name)?;
    Ok(())
}

/// Switches permanent copies to the whole team on or off.
pub async fn set_copies(tx: &mut Tx, id: TeamId, on: bool) -> Result<()> {
    run!(tx, "update teams set copies = $2 where id = $1", id.0, on)?;
    Ok(())
}

/// The user's new records do not fall to this team any more, if they did.
pub async fn forget_home(tx: &mut Tx, id: TeamId, user: UserId) -> Result<()> {
    run!(tx, "update users set team_id = null where id = $2 and team_id = $1", id.0, user.0)?;
    Ok(())
}

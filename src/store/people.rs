//! Users, their addresses and teams, and the [`World`] that rights are computed from.

use super::{Result, StoreError, Tx, absences, list, records, text_list};
use crate::access::{Scope, World};
use crate::model::address::Address;
use crate::model::id::{TeamId, UserId};
use crate::model::record::{Person, Policy, Team, UserRole};
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// A user with all that is stored of them but the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// What rights and absence see.
    pub person: Person,
    /// The name they sign in with, in lower case.
    pub login: String,
    /// Their team.
    pub team: Option<TeamId>,
    /// IANA zone.
    pub zone: String,
    /// Language tag, `en` or `pl`.
    pub language: String,
    /// Phone number that clients may be told.
    pub phone: Option<String>,
    /// Their id in another system.
    pub external_id: Option<String>,
    /// Every address they write from or are written to; the first is the one shown.
    pub addresses: Vec<Address>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    login: String,
    name: String,
    role: String,
    manager_id: Option<i64>,
    team_id: Option<i64>,
    zone: String,
    language: String,
    phone: Option<String>,
    active: bool,
    external_id: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, login, name, role, manager_id, team_id, zone, language, phone, active, external_id
               from users ",
            $rest
        )
    };
}

/// The form in which a login is stored and looked up.
pub fn login_key(login: &str) -> String {
    login.trim().to_lowercase()
}

/// Every user, by name as the alphabet has it: databases sort text differently.
pub async fn every(tx: &mut Tx) -> Result<Vec<User>> {
    let mut rows: Vec<Row> = all!(tx, select!("order by id"))?;
    rows.sort_by_cached_key(|row| (super::sort_key(&row.name), row.id));
    let addresses: Vec<(i64, String)> =
        all!(tx, "select user_id, address from user_addresses order by user_id, position, address")?;
    let members = members(tx).await?;
    users(rows, addresses, members)
}

/// The user who signs in with `login`.
pub async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<User>> {
    let row: Option<Row> = maybe!(tx, select!("where login = $1"), login_key(login))?;
    with_addresses(tx, row).await
}

/// The user with this id.
pub async fn load(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    let row: Option<Row> = maybe!(tx, select!("where id = $1"), id.0)?;
    with_addresses(tx, row).await
}

async fn with_addresses(tx: &mut Tx, row: Option<Row>) -> Result<Option<User>> {
    let Some(row) = row else { return Ok(None) };
    let addresses: Vec<(i64, String)> =
        all!(tx, "select user_id, address from user_addresses where user_id = $1 order by position, address", row.id)?;
    let teams: Vec<(i64,)> = all!(tx, "select team_id from team_members where user_id = $1 order by team_id", row.id)?;
    let members = teams.into_iter().map(|(team,)| (TeamId(team), UserId(row.id))).collect();
    Ok(users(vec![row], addresses, members)?.pop())
}

fn users(rows: Vec<Row>, addresses: Vec<(i64, String)>, members: Vec<(TeamId, UserId)>) -> Result<Vec<User>> {
    let mut teams_of: HashMap<i64, Vec<TeamId>> = HashMap::new();
    for (team, user) in members {
        teams_of.entry(user.0).or_default().push(team);
    }
    let mut of: HashMap<i64, Vec<Address>> = HashMap::new();
    for (id, text) in addresses {
        let bad = StoreError::BadRow { table: "user_addresses", id, column: "address" };
        of.entry(id).or_default().push(Address::parse(&text).map_err(|_| bad)?);
    }
    let build = |row: Row| {
        let role = UserRole::from_word(&row.role);
        let role = role.ok_or(StoreError::BadRow { table: "users", id: row.id, column: "role" })?;
        Ok(User {
            person: Person {
                id: UserId(row.id),
                name: row.name,
                manager: row.manager_id.map(UserId),
                role,
                teams: teams_of.remove(&row.id).unwrap_or_default(),
                active: row.active,
            },
            login: row.login,
            team: row.team_id.map(TeamId),
            zone: row.zone,
            language: row.language,
            phone: row.phone,
            external_id: row.external_id,
            addresses: of.remove(&row.id).unwrap_or_default(),
        })
    };
    rows.into_iter().map(build).collect()
}

/// Saves a user under their login: a new one, or everything but the password of the one there.
/// `user.person.id` is not looked at. Gives the id and whether the user is new.
///
/// An address that stands on another user moves to this one: it names one person only.
pub async fn upsert(tx: &mut Tx, user: &User, now: Timestamp) -> Result<(UserId, bool)> {
    const UPSERT: &str = "insert into users (login, name, role, manager_id, team_id, zone, language, phone, active,
          external_id, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (login) do update set name = excluded.name, role = excluded.role,
          manager_id = excluded.manager_id, team_id = excluded.team_id, zone = excluded.zone,
          language = excluded.language, phone = excluded.phone, active = excluded.active,
          external_id = excluded.external_id
        returning id";
    let login = login_key(&user.login);
    let before: Option<(Option<i64>,)> = maybe!(tx, "select team_id from users where login = $1", login.as_str())?;
    let (id,): (i64,) = one!(
        tx,
        UPSERT,
        login.as_str(),
        user.person.name.as_str(),
        user.person.role.word(),
        user.person.manager.map(|m| m.0),
        user.team.map(|t| t.0),
        user.zone.as_str(),
        user.language.as_str(),
        user.phone.as_deref(),
        user.person.active,
        user.external_id.as_deref(),
        now.0,
    )?;
    if !user.person.active {
        run!(tx, "delete from sessions where user_id = $1", id)?;
        run!(tx, "delete from api_tokens where user_id = $1", id)?;
    }
    set_addresses(tx, UserId(id), &user.addresses).await?;
    // The team a user's records fall to is one they belong to; moving to another leaves the old one.
    if let Some((old,)) = before.filter(|(old,)| *old != user.team.map(|t| t.0)) {
        let team = old.map(TeamId);
        if let Some(team) = team {
            set_member(tx, team, UserId(id), false).await?;
        }
    }
    if let Some(team) = user.team {
        set_member(tx, team, UserId(id), true).await?;
    }
    Ok((UserId(id), before.is_none()))
}

/// Makes `addresses` those of the user; the first is the one shown.
async fn set_addresses(tx: &mut Tx, id: UserId, addresses: &[Address]) -> Result<()> {
    const SET: &str = "insert into user_addresses (address, user_id, position) values ($1, $2, $3)
        on conflict (address) do update set user_id = excluded.user_id, position = excluded.position";
    run!(tx, "delete from user_addresses where user_id = $1", id.0)?;
    for (position, address) in (0_i64..).zip(addresses) {
        run!(tx, SET, address.as_str(), id.0, position)?;
    }
    Ok(())
}

/// Sets the line manager of a user.
pub async fn set_manager(tx: &mut Tx, id: UserId, manager: Option<UserId>) -> Result<()> {
    run!(tx, "update users set manager_id = $2 where id = $1", id.0, manager.map(|m| m.0))?;
    Ok(())
}

/// Sets what a user is for the installation.
pub async fn set_role(tx: &mut Tx, id: UserId, role: UserRole) -> Result<()> {
    run!(tx, "update users set role = $2 where id = $1", id.0, role.word())?;
    Ok(())
}

/// The hash of the user's password, as `actions::passwords` made it.
pub async fn password_hash(tx: &mut Tx, id: UserId) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> = maybe!(tx, "select password_hash from users where id = $1", id.0)?;
    Ok(row.and_then(|(hash,)| hash))
}

/// Sets the hash of the user's password and signs them out everywhere.
pub async fn set_password_hash(tx: &mut Tx, id: UserId, hash: &str) -> Result<()> {
    run!(tx, "update users set password_hash = $2 where id = $1", id.0, hash)?;
    run!(tx, "delete from sessions where user_id = $1", id.0)?;
    Ok(())
}

/// Who each of these addresses belongs to.
pub async fn by_addresses(tx: &mut Tx, addresses: &[&str]) -> Result<HashMap<String, UserId>> {
    let rows: Vec<(String, i64)> = all!(
        tx,
        "select address, user_id from user_addresses where address in (select value from json_each($1))",
        text_list(addresses.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(address, id)| (address, UserId(id))).collect())
}

/// The names of these users.
pub async fn names(tx: &mut Tx, ids: &[UserId]) -> Result<HashMap<UserId, String>> {
    let rows: Vec<(i64, String)> = all!(
        tx,
        "select id, name from users where id in (select cast(value as bigint) from json_each($1))",
        list(ids.iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(id, name)| (UserId(id), name)).collect())
}

/// Every team, by id.
pub async fn teams(tx: &mut Tx) -> Result<Vec<Team>> {
    let rows: Vec<(i64, String, Option<i64>)> = all!(tx, "select id, name, fallback_user_id from teams order by id")?;
    let team = |(id, name, fallback): (i64, String, Option<i64>)| Team {
        id: TeamId(id),
        name,
        fallback: fallback.map(UserId),
    };
    Ok(rows.into_iter().map(team).collect())
}

/// Adds a team. Gives its id.
pub async fn add_team(tx: &mut Tx, name: &str, now: Timestamp) -> Result<TeamId> {
    let (id,): (i64,) = one!(tx, "insert into teams (name, created_at) values ($1, $2) returning id", name, now.0)?;
    Ok(TeamId(id))
}

/// Sets who answers for the team when owner and substitutes are all away.
pub async fn set_team_fallback(tx: &mut Tx, id: TeamId, fallback: Option<UserId>) -> Result<()> {
    run!(tx, "update teams set fallback_user_id = $2 where id = $1", id.0, fallback.map(|u| u.0))?;
    Ok(())
}

/// Makes the user a member of the team, or takes them out of it.
pub async fn set_member(tx: &mut Tx, team: TeamId, user: UserId, member: bool) -> Result<()> {
    if member {
        let add = "insert into team_members (team_id, user_id) values ($1, $2) on conflict do nothing";
        run!(tx, add, team.0, user.0)?;
    } else {
        run!(tx, "delete from team_members where team_id = $1 and user_id = $2", team.0, user.0)?;
    }
    Ok(())
}

/// Who belongs to which team: team and user.
pub async fn members(tx: &mut Tx) -> Result<Vec<(TeamId, UserId)>> {
    let rows: Vec<(i64, i64)> = all!(tx, "select team_id, user_id from team_members order by team_id, user_id")?;
    Ok(rows.into_iter().map(|(team, user)| (TeamId(team), UserId(user))).collect())
}

/// What rights are computed from at `now`. A fallback whose login nobody has is nobody.
pub async fn world(tx: &mut Tx, policy: &Policy, now: Timestamp) -> Result<World> {
    let rows: Vec<Row> = all!(tx, select!("order by id"))?;
    let fallback = policy.fallback.as_deref().map(login_key);
    let company_fallback = rows.iter().find(|r| fallback.as_deref() == Some(r.login.as_str())).map(|r| UserId(r.id));
    let members = members(tx).await?;
    let people = users(rows, Vec::new(), members)?.into_iter().map(|u| u.person).collect();
    let teams = teams(tx).await?;
    let absences = absences::not_over(tx, now).await?;
    let (line_writes, cover_writes) = (policy.line_writes, policy.cover_writes);
    Ok(World { people, teams, absences, mode: policy.mode, company_fallback, line_writes, cover_writes })
}

/// What `viewer` may read at `now`: the parameter of every query for people. Nothing for a user
/// who does not exist.
pub async fn scope(tx: &mut Tx, viewer: UserId, world: &World, now: Timestamp) -> Result<Scope> {
    let Some(person) = world.person(viewer) else { return Ok(Scope::nothing(now)) };
    let scope = Scope::of(person, world, now);
    if scope.partial.is_empty() {
        return Ok(scope);
    }
    let records = records::named(tx, &scope.partial, &scope.parts.named).await?;
    Ok(scope.with(&records, world))
}

/// The active users that a rule names: one by login, or the members of `team:NAME`, in the order of their
/// ids. Empty where there is none.
pub async fn named(tx: &mut Tx, world: &World, name: &str) -> Result<Vec<UserId>> {
    let mut found: Vec<UserId> = match name.trim().strip_prefix("team:") {
        Some(team) => {
            let team = world.teams.iter().find(|t| super::fold(&t.name) == super::fold(team.trim())).map(|t| t.id);
            let member = |p: &&crate::model::record::Person| team.is_some_and(|team| p.teams.contains(&team));
            world.people.iter().filter(member).map(|p| p.id).collect()
        }
        None => by_login(tx, name.trim()).await?.map(|user| user.person.id).into_iter().collect(),
    };
    found.retain(|user| world.active(*user));
    found.sort_unstable();
    Ok(found)
}

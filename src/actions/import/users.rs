//! Users. Managers may stand in any row of the file, so they are tied after everybody is saved.

use super::table::Table;
use super::{Broken, ImportError, Options, Row, Summary, nearest, sound};
use crate::access;
use crate::actions::passwords;
use crate::model::audit::{Action, Line};
use crate::model::id::{TeamId, UserId};
use crate::model::record::{Person, Team, UserRole};
use crate::model::time::Timestamp;
use crate::store::{self, Tx, people::User};
use std::collections::{HashMap, HashSet};

/// A row as it will be saved.
struct Wanted {
    row: usize,
    user: User,
    known: Option<User>,
    /// Login of the manager; `None` leaves it as it is, an empty one takes it away.
    manager: Option<String>,
    team: Option<String>,
    team_fallback: Option<bool>,
    password: Option<String>,
}

pub(super) async fn import(
    tx: &mut Tx,
    table: &Table,
    options: &Options,
    now: Timestamp,
) -> Result<Summary, ImportError> {
    store::people_states::hold(tx).await?;
    let users = store::people::every(tx).await?;
    let teams = store::people::teams(tx).await?;
    let known: HashMap<&str, &User> = users.iter().map(|u| (u.login.as_str(), u)).collect();
    let in_file: HashSet<String> =
        Row::of(table).filter_map(|r| r.text("login").map(store::people::login_key)).collect();
    let owner_of: HashMap<&str, &str> =
        users.iter().flat_map(|u| u.addresses.iter().map(|a| (a.as_str(), u.login.as_str()))).collect();
    let mut taken = Taken { logins: HashMap::new(), addresses: HashMap::new() };
    let mut read = Vec::new();
    // A list: an iterator that is held while the database is asked would tie this to one thread.
    let rows: Vec<Row<'_>> = Row::of(table).collect();
    for mut row in rows {
        let wanted = wanted(&mut row, &known, options);
        taken.check(&mut row, &wanted, &owner_of, &in_file);
        if let Some(manager) = wanted.manager.as_deref().filter(|m| !m.is_empty()) {
            manager_exists(&mut row, manager, &wanted.user.login, &known, &in_file);
        }
        if !options.leave_records {
            still_owns(tx, &mut row, &wanted).await?;
        }
        read.push((row.broken, wanted));
    }
    let (wanted, broken) = sound(read, options)?;
    let mut summary = Summary { rows: table.rows.len(), broken, charset: table.charset, ..Summary::default() };
    let rows = save(tx, wanted, &mut summary, now).await?;
    circles(tx, &rows, &summary).await?;
    if let Some(by) = options.by {
        gains(tx, by, (&users, &teams), &rows, &summary).await?;
    }
    note(tx, &users, options.by, now).await?;
    Ok(summary)
}

/// Notes whoever is new or changed, with what rights follow from.
async fn note(tx: &mut Tx, before: &[User], by: Option<UserId>, now: Timestamp) -> Result<(), ImportError> {
    let known: HashMap<UserId, &User> = before.iter().map(|u| (u.person.id, u)).collect();
    let after = store::people::every(tx).await?;
    let changed = after.iter().filter(|u| known.get(&u.person.id) != Some(u));
    let line = |user: &User| {
        let person = &user.person;
        let detail = serde_json::json!({
            "new": !known.contains_key(&person.id), "role": person.role.word(), "active": person.active,
            "manager": person.manager, "teams": person.teams,
        });
        Line::new(now, by, Action::UserChanged).subject(person.id.0).detail(detail)
    };
    let lines: Vec<Line> = changed.map(line).collect();
    Ok(store::audit::note(tx, &lines).await?)
}

fn wanted(row: &mut Row<'_>, known: &HashMap<&str, &User>, options: &Options) -> Wanted {
    let login = store::people::login_key(row.required("login"));
    let name = row.required("name").to_owned();
    if login.contains(char::is_whitespace) {
        row.complain(Some("login"), format!("`{login}` has a space in it"));
    }
    let before = known.get(login.as_str()).copied();
    let role = role(row, before);
    let password = row.text("password").map(str::to_owned);
    if let Some(objection) = password.as_deref().and_then(passwords::objection) {
        row.complain(Some("password"), objection);
    }
    let zone = row.text("zone").unwrap_or(before.map_or(&options.zone, |b| &b.zone)).to_owned();
    if let Err(problem) = access::zone(&zone) {
        row.complain(Some("zone"), problem.to_string());
    }
    let language = row.text("language").unwrap_or(before.map_or(&options.language, |b| &b.language)).to_lowercase();
    if !["en", "pl"].contains(&language.as_str()) {
        row.complain(Some("language"), format!("`{language}` is neither en nor pl"));
    }
    let user = User {
        person: Person {
            id: before.map_or(UserId(0), |b| b.person.id),
            name,
            manager: before.and_then(|b| b.person.manager),
            role,
            teams: before.map(|b| b.person.teams.clone()).unwrap_or_default(),
            active: row.yes("active", before.is_none_or(|b| b.person.active)),
        },
        team: before.and_then(|b| b.team),
        zone,
        language,
        phone: row.field("phone", before.and_then(|b| b.phone.clone())),
        external_id: row.field("external_id", before.and_then(|b| b.external_id.clone())),
        addresses: row.addresses("emails").unwrap_or_else(|| before.map_or_else(Vec::new, |b| b.addresses.clone())),
        login,
    };
    let team_fallback = row.text("team_fallback").map(|_| row.yes("team_fallback", false));
    Wanted {
        row: row.number,
        user,
        known: before.cloned(),
        manager: row.cell("manager").map(store::people::login_key),
        team: row.cell("team").map(str::to_owned),
        team_fallback,
        password,
    }
}

/// Nobody is deactivated in passing while records are theirs: who takes over is to be answered.
async fn still_owns(tx: &mut Tx, row: &mut Row<'_>, wanted: &Wanted) -> Result<(), ImportError> {
    let Some(known) = wanted.known.as_ref().filter(|k| k.person.active && !wanted.user.person.active) else {
        return Ok(());
    };
    let owns = store::people_leave::owns(tx, known.person.id).await?;
    if owns > 0 {
        let login = &known.login;
        let records = if owns == 1 { "1 record".to_owned() } else { format!("{owns} records") };
        let text = format!(
            "`{login}` still owns {records}; say who takes over with `standin user deactivate {login} --to LOGIN`, \
             or import with `--leave-records` to leave them to the fallback"
        );
        row.complain(Some("active"), text);
    }
    Ok(())
}

fn role(row: &mut Row<'_>, before: Option<&User>) -> UserRole {
    let Some(word) = row.text("role") else { return before.map_or(UserRole::Manager, |b| b.person.role) };
    UserRole::from_word(&word.to_lowercase().replace([' ', '_'], "-")).unwrap_or_else(|| {
        row.complain(Some("role"), format!("`{word}` is no role; they are account-manager, staff and admin"));
        UserRole::Staff
    })
}

/// Logins and addresses of the rows before.
struct Taken {
    logins: HashMap<String, usize>,
    addresses: HashMap<String, usize>,
}

impl Taken {
    fn check(&mut self, row: &mut Row<'_>, wanted: &Wanted, owner_of: &HashMap<&str, &str>, in_file: &HashSet<String>) {
        if let Some(first) = self.logins.insert(wanted.user.login.clone(), row.number)
            && !wanted.user.login.is_empty()
        {
            row.complain(Some("login"), format!("`{}` stands in row {first} already", wanted.user.login));
        }
        for address in wanted.user.addresses.iter().map(|a| a.as_str()) {
            if let Some(first) =
                self.addresses.insert(address.to_owned(), row.number).filter(|first| *first != row.number)
            {
                row.complain(Some("emails"), format!("`{address}` stands in row {first} already"));
            }
            // Somebody in the file may give the address away there; others keep theirs.
            let other =
                owner_of.get(address).filter(|login| **login != wanted.user.login && !in_file.contains(**login));
            if let Some(other) = other {
                row.complain(Some("emails"), format!("`{address}` belongs to the user `{other}`"));
            }
        }
    }
}

fn manager_exists(
    row: &mut Row<'_>,
    manager: &str,
    login: &str,
    known: &HashMap<&str, &User>,
    in_file: &HashSet<String>,
) {
    if manager == login {
        row.complain(Some("manager"), "nobody is their own manager".to_owned());
    } else if !known.contains_key(manager) && !in_file.contains(manager) {
        let logins = known.keys().map(|k| (*k).to_owned()).chain(in_file.iter().cloned());
        let hint = nearest(manager, logins).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        row.complain(Some("manager"), format!("there is no user with the login `{manager}`{hint}"));
    }
}

/// Saves everybody; gives the row of each.
async fn save(
    tx: &mut Tx,
    wanted: Vec<Wanted>,
    summary: &mut Summary,
    now: Timestamp,
) -> Result<HashMap<UserId, usize>, ImportError> {
    let mut teams: HashMap<String, TeamId> =
        store::people::teams(tx).await?.into_iter().map(|t| (store::fold(&t.name), t.id)).collect();
    let mut saved = Vec::new();
    for mut wanted in wanted {
        if let Some(name) = &wanted.team {
            wanted.user.team = match (name.as_str(), teams.get(&store::fold(name))) {
                ("", _) => None,
                (_, Some(id)) => Some(*id),
                (name, None) => {
                    let id = store::people::add_team(tx, name, now).await?;
                    teams.insert(store::fold(name), id);
                    Some(id)
                }
            };
        }
        let changed = wanted.known.as_ref() != Some(&wanted.user);
        let id = match &wanted.known {
            Some(known) if !changed => known.person.id,
            _ => store::people::upsert(tx, &wanted.user, now).await?.0,
        };
        let password = password(tx, id, wanted.password.take()).await?;
        saved.push((id, changed || password, wanted));
    }
    let rows = saved.iter().map(|(id, _, wanted)| (*id, wanted.row)).collect();
    tie(tx, saved, summary).await?;
    Ok(rows)
}

/// Sets managers and team fallbacks, now that everybody is there.
async fn tie(tx: &mut Tx, saved: Vec<(UserId, bool, Wanted)>, summary: &mut Summary) -> Result<(), ImportError> {
    let ids: HashMap<String, UserId> =
        store::people::every(tx).await?.into_iter().map(|u| (u.login, u.person.id)).collect();
    for (id, mut changed, wanted) in saved {
        match wanted.manager.as_deref().map(|login| (login, ids.get(login).copied())) {
            None => {}
            Some((login, None)) if !login.is_empty() => summary.broken.push(Broken {
                row: wanted.row,
                column: Some("manager"),
                text: format!("the row of `{login}` was left out, so the manager stays as it was"),
            }),
            Some((_, manager)) if manager != wanted.user.person.manager => {
                store::people::set_manager(tx, id, manager).await?;
                changed = true;
            }
            Some(_) => {}
        }
        if let (Some(fallback), Some(team)) = (wanted.team_fallback, wanted.user.team) {
            changed |= team_fallback(tx, team, id, fallback).await?;
        }
        match (&wanted.known, changed) {
            (None, _) => summary.created += 1,
            (Some(_), true) => summary.changed += 1,
            (Some(_), false) => summary.unchanged += 1,
        }
    }
    Ok(())
}

/// Sets the password unless it is the one they have: setting it signs them out everywhere.
async fn password(tx: &mut Tx, id: UserId, password: Option<String>) -> Result<bool, ImportError> {
    let Some(password) = password else { return Ok(false) };
    let stored = store::people::password_hash(tx, id).await?;
    if stored.is_some() && passwords::verify(password.clone(), stored).await? {
        return Ok(false);
    }
    let hash = passwords::hash(password).await?;
    store::people::set_password_hash(tx, id, &hash).await?;
    Ok(true)
}

/// Makes the user their team's fallback, or takes that away from them.
async fn team_fallback(tx: &mut Tx, team: TeamId, user: UserId, wanted: bool) -> Result<bool, ImportError> {
    let teams = store::people::teams(tx).await?;
    let now = teams.iter().find(|t| t.id == team).and_then(|t| t.fallback);
    let next = match wanted {
        true => Some(user),
        false => now.filter(|u| *u != user),
    };
    if next != now {
        store::people::set_team_fallback(tx, team, next).await?;
    }
    Ok(next != now)
}

/// A line of managers that goes in a circle would make everybody in it everybody's manager.
async fn circles(tx: &mut Tx, rows: &HashMap<UserId, usize>, summary: &Summary) -> Result<(), ImportError> {
    let users = store::people::every(tx).await?;
    let manager: HashMap<UserId, Option<UserId>> = users.iter().map(|u| (u.person.id, u.person.manager)).collect();
    for user in users.iter().filter(|u| rows.contains_key(&u.person.id)) {
        let mut at = user.person.manager;
        for _ in 0..users.len() {
            match at {
                Some(next) if next == user.person.id => {
                    let text = format!("the line of managers of `{}` leads back to them", user.login);
                    let row = rows.get(&user.person.id).copied().unwrap_or(1);
                    let broken = vec![Broken { row, column: Some("manager"), text }];
                    return Err(ImportError::Rows { rows: summary.rows, broken });
                }
                Some(next) => at = manager.get(&next).copied().flatten(),
                None => break,
            }
        }
    }
    Ok(())
}

/// Whoever imports puts themselves in no team, makes themselves no fallback and gets nobody below
/// them: each gives sight, and an admin has none as such. It takes another admin.
async fn gains(
    tx: &mut Tx,
    by: UserId,
    (users, teams): (&[User], &[Team]),
    rows: &HashMap<UserId, usize>,
    summary: &Summary,
) -> Result<(), ImportError> {
    let after = store::people::every(tx).await?;
    let teams_after = store::people::teams(tx).await?;
    let of = |all: &[User]| all.iter().find(|u| u.person.id == by).map(|u| u.person.teams.clone()).unwrap_or_default();
    let falls = |all: &[Team]| all.iter().filter(|t| t.fallback == Some(by)).map(|t| t.id).collect::<Vec<_>>();
    let (had, has) = (of(users), of(&after));
    let (fell, falls) = (falls(teams), falls(&teams_after));
    let still = store::people_states::administers(tx, by).await?;
    let mut broken = Vec::new();
    let mut complain = |row: Option<&usize>, column, text: &str| {
        broken.push(Broken { row: row.copied().unwrap_or(1), column: Some(column), text: text.to_owned() });
    };
    if !still {
        complain(rows.get(&by), "role", "nobody takes their own role as admin away; ask another admin");
    }
    if has.iter().any(|team| !had.contains(team)) {
        complain(rows.get(&by), "team", "nobody puts themselves in a team; ask another admin");
    }
    if falls.iter().any(|team| !fell.contains(team)) {
        complain(rows.get(&by), "team_fallback", "nobody makes themselves a team's fallback; ask another admin");
    }
    let (before, now) = (below(by, users), below(by, &after));
    for user in now.difference(&before) {
        complain(rows.get(user), "manager", "nobody makes themselves somebody's manager; ask another admin");
    }
    if broken.is_empty() { Ok(()) } else { Err(ImportError::Rows { rows: summary.rows, broken }) }
}

/// Everybody whose line of managers leads to `above`.
fn below(above: UserId, users: &[User]) -> HashSet<UserId> {
    let manager: HashMap<UserId, Option<UserId>> = users.iter().map(|u| (u.person.id, u.person.manager)).collect();
    let leads = |user: &UserId| {
        let mut at = manager.get(user).copied().flatten();
        for _ in 0..users.len() {
            match at {
                Some(next) if next == above => return true,
                Some(next) => at = manager.get(&next).copied().flatten(),
                None => return false,
            }
        }
        false
    };
    manager.keys().copied().filter(leads).collect()
}

//! Who it is that an identity provider sends, and what their groups make of them.
//!
//! A subject that is known counts first and alone: an address may change hands, a subject never does. By an
//! address nobody is recognised unless the settings say so, the provider verified it, and nobody else there is
//! linked with that user.

use crate::config::{LinkBy, Oidc};
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::id::UserId;
use crate::model::record::{Person, UserRole};
use crate::model::time::Timestamp;
use crate::oidc::Told;
use crate::store::people::{self, User};
use crate::store::{self, Tx, fold, identities};
use serde_json::{Value, json};

/// Why they are not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    /// Nobody here is known to be them.
    Unknown,
    /// They would be known by an address that the provider has not verified.
    Unverified,
    /// They are deactivated here.
    Gone,
    /// The user that is meant is somebody else there.
    Another,
    /// They would become a user with a login that somebody else has.
    Taken,
}

/// What a new user gets where nothing else is said.
#[derive(Clone, Copy, Debug)]
pub struct Defaults<'a> {
    /// IANA zone.
    pub zone: &'a str,
    /// Language tag.
    pub language: &'a str,
}

/// The user who was sent, with role and teams as their groups say.
pub async fn arrive(
    tx: &mut Tx,
    settings: &Oidc,
    told: &Told,
    defaults: Defaults<'_>,
    now: Timestamp,
) -> store::Result<Result<UserId, No>> {
    let user = match known(tx, settings, told, defaults, now).await? {
        Ok(user) => user,
        Err(no) => return Ok(Err(no)),
    };
    if !user.person.active {
        return Ok(Err(No::Gone));
    }
    identities::seen(tx, &told.issuer, &told.subject, now).await?;
    if let Some(groups) = &told.groups {
        apply(tx, settings, &user, groups, now).await?;
    }
    Ok(Ok(user.person.id))
}

async fn known(
    tx: &mut Tx,
    settings: &Oidc,
    told: &Told,
    defaults: Defaults<'_>,
    now: Timestamp,
) -> store::Result<Result<User, No>> {
    if let Some(id) = identities::user(tx, &told.issuer, &told.subject).await? {
        return Ok(people::load(tx, id).await?.ok_or(No::Unknown));
    }
    // Two who come at once with one address or one name are told apart: the second waits for the first.
    tx.alone().await?;
    let address = told.email.as_deref().and_then(|text| Address::parse(text).ok());
    if settings.link == LinkBy::Email
        && let Some(address) = &address
        && let Some(id) = people::by_addresses(tx, &[address.as_str()]).await?.remove(address.as_str())
    {
        return match people::load(tx, id).await? {
            _ if !told.verified => Ok(Err(No::Unverified)),
            Some(user) if !user.person.active => Ok(Err(No::Gone)),
            Some(user) => {
                let linked = identities::of(tx, id).await?;
                if linked.iter().any(|known| known.issuer == told.issuer) {
                    return Ok(Err(No::Another));
                }
                link(tx, None, told, id, now).await?;
                Ok(Ok(user))
            }
            None => Ok(Err(No::Unknown)),
        };
    }
    if !settings.create {
        return Ok(Err(No::Unknown));
    }
    created(tx, settings, told, address.filter(|_| told.verified), defaults, now).await
}

async fn link(tx: &mut Tx, by: Option<UserId>, told: &Told, user: UserId, now: Timestamp) -> store::Result<bool> {
    let new = identities::link(tx, &told.issuer, &told.subject, user, now).await?;
    if new {
        super::admins::noted(tx, by, user, "identity-linked", now).await?;
    }
    Ok(new)
}

/// Says by the operator's word who a subject is; false if that was said before.
pub async fn say(tx: &mut Tx, settings: &Oidc, subject: &str, user: UserId, now: Timestamp) -> store::Result<bool> {
    let told = Told { issuer: settings.issuer.clone(), subject: subject.to_owned(), ..Told::default() };
    link(tx, None, &told, user, now).await
}

/// Forgets by the operator's word what a user is known by, and signs them out; gives how much that was.
pub async fn forget(tx: &mut Tx, user: UserId, now: Timestamp) -> store::Result<u64> {
    let had = identities::unlink(tx, user).await?;
    if had > 0 {
        store::sessions::end_others(tx, user, &[]).await?;
        super::admins::noted(tx, None, user, "identity-unlinked", now).await?;
    }
    Ok(had)
}

/// Makes a user of who came: with the least role, unless their groups give another.
async fn created(
    tx: &mut Tx,
    settings: &Oidc,
    told: &Told,
    address: Option<Address>,
    defaults: Defaults<'_>,
    now: Timestamp,
) -> store::Result<Result<User, No>> {
    let part = told.email.as_deref().and_then(|email| email.split('@').next());
    let login = told.login.as_deref().or(part).unwrap_or(&told.subject);
    let login: String =
        people::login_key(login).chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(100).collect();
    // Whoever chooses their name there must not become somebody here by it.
    if login.is_empty() || people::by_login(tx, &login).await?.is_some() {
        return Ok(Err(No::Taken));
    }
    if let Some(address) = &address
        && !people::by_addresses(tx, &[address.as_str()]).await?.is_empty()
    {
        return Ok(Err(No::Another));
    }
    let name: String = told.name.as_deref().unwrap_or(&login).chars().filter(|c| !c.is_control()).take(200).collect();
    let groups = told.groups.as_deref().unwrap_or_default();
    let user = User {
        person: Person {
            id: UserId(0),
            name: if name.trim().is_empty() { login.clone() } else { name.trim().to_owned() },
            manager: None,
            role: role_of(settings, groups).unwrap_or(UserRole::Staff),
            teams: Vec::new(),
            active: true,
        },
        login,
        team: None,
        zone: defaults.zone.to_owned(),
        language: defaults.language.to_owned(),
        phone: None,
        external_id: None,
        addresses: address.into_iter().collect(),
    };
    let (id, _) = people::upsert(tx, &user, now).await?;
    note(tx, Action::UserChanged, id.0, json!({ "what": "made-at-sign-in" }), now).await?;
    link(tx, None, told, id, now).await?;
    Ok(people::load(tx, id).await?.ok_or(No::Unknown))
}

/// The role of the first group in the settings that they belong to and that has one.
fn role_of(settings: &Oidc, groups: &[String]) -> Option<UserRole> {
    settings.group.iter().filter(|group| groups.contains(&group.name)).find_map(|group| group.role())
}

/// Which role they are to have now. Whoever is an admin and in no group that makes admins is none any more,
/// where the settings have such a group at all; any other role stays as it was set.
fn role_now(settings: &Oidc, groups: &[String], role: UserRole) -> UserRole {
    let admins_come_from_groups = settings.group.iter().any(|group| group.role() == Some(UserRole::Admin));
    match role_of(settings, groups) {
        Some(wanted) => wanted,
        None if role == UserRole::Admin && admins_come_from_groups => UserRole::Staff,
        None => role,
    }
}

/// Whether they are to be in a team; `None` if no group names it.
fn belongs(settings: &Oidc, groups: &[String], team: &str) -> Option<bool> {
    let named = |group: &&crate::config::OidcGroup| group.team.as_deref().is_some_and(|name| fold(name) == fold(team));
    let ours: Vec<_> = settings.group.iter().filter(named).collect();
    (!ours.is_empty()).then(|| ours.iter().any(|group| groups.contains(&group.name)))
}

/// Gives them the role and teams of their groups. Teams that no group names are left as they are.
async fn apply(tx: &mut Tx, settings: &Oidc, user: &User, groups: &[String], now: Timestamp) -> store::Result<()> {
    let id = user.person.id;
    let role = role_now(settings, groups, user.person.role);
    if role != user.person.role {
        people::set_role(tx, id, role).await?;
        let detail = json!({ "what": "by-groups", "role": role.word(), "before": user.person.role.word() });
        note(tx, Action::UserChanged, id.0, detail, now).await?;
    }
    for team in people::teams(tx).await? {
        let Some(on) = belongs(settings, groups, &team.name) else { continue };
        if on != user.person.teams.contains(&team.id) {
            people::set_member(tx, team.id, id, on).await?;
            if !on {
                store::teams::forget_home(tx, team.id, id).await?;
            }
            let detail = json!({ if on { "member" } else { "member-gone" }: id, "what": "by-groups" });
            note(tx, Action::TeamChanged, team.id.0, detail, now).await?;
        }
    }
    Ok(())
}

async fn note(tx: &mut Tx, action: Action, subject: i64, detail: Value, now: Timestamp) -> store::Result<()> {
    store::audit::note(tx, &[Line::new(now, None, action).subject(subject).detail(detail)]).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OidcGroup;

    #[test]
    fn groups_give_roles_and_take_the_admins() {
        let group = |name: &str, role: &str| OidcGroup { name: name.into(), role: Some(role.into()), team: None };
        let with = |group: Vec<OidcGroup>| Oidc { group, ..Oidc::default() };
        let in_groups = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let both = with(vec![group("crm-admins", "admin"), group("sales", "account-manager")]);
        let now = |groups: &[&str], role| role_now(&both, &in_groups(groups), role);
        assert_eq!(now(&["sales", "crm-admins"], UserRole::Staff), UserRole::Admin, "the first in the settings");
        assert_eq!(now(&["sales"], UserRole::Admin), UserRole::Manager);
        assert_eq!(now(&["kitchen"], UserRole::Admin), UserRole::Staff, "out of the group, out of the office");
        assert_eq!(now(&["kitchen"], UserRole::Manager), UserRole::Manager);
        let none = with(vec![group("sales", "account-manager")]);
        assert_eq!(role_now(&none, &in_groups(&[]), UserRole::Admin), UserRole::Admin, "admins are made otherwise");
    }
}

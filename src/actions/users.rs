//! Users as admins make and change them on pages: inviting, editing, and how somebody signs in.
//!
//! Nobody gains sight by it: who changes users makes themselves nobody's manager and puts themselves in no
//! team. Nobody takes their own role as admin away, so there is always one who is left. The last admin is
//! safe from two who act at once, too (`store::people_states::hold`).
//!
//! Nobody chooses somebody else's password: what an admin makes is a link, good once and for some days,
//! with which the person chooses it. Whoever has the link can do that, so making one is noted in the audit.

use super::admins::noted;
use super::caller::Caller;
use super::{passwords, second_factor};
use crate::access;
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::id::{TeamId, UserId};
use crate::model::record::{Person, UserRole};
use crate::model::time::{DAY, Timestamp};
use crate::store::invitations::{self, Invitation};
use crate::store::people::{self, User};
use crate::store::{self, Db, Tx, identities, people_states, sessions, setup};
use anyhow::Result;
use rand::Rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// For how long an invitation is good, in milliseconds.
const INVITED: i64 = 7 * DAY;
/// For how long a link to a new password is good, in milliseconds.
const RESET: i64 = DAY;
/// Characters of a name, a phone number, an id.
const LONGEST: usize = 200;
/// Addresses that one user may have.
const ADDRESSES: usize = 50;

/// A user as the form describes them. There is no field for anything else, so nothing else is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// With which they sign in; looked at for a new one only.
    pub login: String,
    /// Their full name.
    pub name: String,
    /// Their addresses, separated by white space, `;`, `,` or `|`; the first is the one shown.
    pub emails: String,
    /// The word of their role.
    pub role: String,
    /// Their line manager.
    pub manager: Option<UserId>,
    /// The team to which their new records fall.
    pub team: Option<TeamId>,
    /// Their IANA zone.
    pub zone: String,
    /// Their language tag.
    pub language: String,
    /// Phone number that clients may be told.
    pub phone: String,
    /// Their id in another system.
    pub external_id: String,
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// Only for admins.
    #[error("only an admin changes users; ask one")]
    NotAdmin,
    /// There is no such user.
    #[error("there is no such user")]
    NotThere,
    /// They are deactivated.
    #[error("{0} is deactivated; activate them first")]
    Gone(String),
    /// The login cannot be one.
    #[error("a login has 1 to 100 characters, without spaces")]
    Login,
    /// Somebody has it.
    #[error("the login `{0}` is taken")]
    Taken(String),
    /// There is no name, or one too long.
    #[error("a name of 1 to {LONGEST} characters is needed")]
    Name,
    /// A text is too long, or has a line end in it.
    #[error("phone number and external id have at most {LONGEST} characters")]
    Long,
    /// It is no address.
    #[error("`{0}` is no address")]
    Email(String),
    /// It is somebody else's.
    #[error("`{0}` belongs to {1}")]
    EmailTaken(String, String),
    /// There are too many.
    #[error("at most {ADDRESSES} addresses")]
    Emails,
    /// There is no such role.
    #[error("the roles are account-manager, staff and admin")]
    Role,
    /// Nobody takes away their own.
    #[error("nobody takes their own role as admin away; ask another admin")]
    OwnRole,
    /// The zone is unknown.
    #[error("there is no zone of that name; choose one such as Europe/Warsaw")]
    Zone,
    /// The language is none of ours.
    #[error("the languages are en and pl")]
    Language,
    /// The manager or team is not there.
    #[error("choose a manager and a team that are there")]
    Choice,
    /// The line of managers would lead back.
    #[error("the line of managers would lead back to them")]
    Circle,
    /// An admin would gain by it.
    #[error("nobody makes themselves somebody's manager or puts themselves in a team; ask another admin")]
    Themselves,
    /// The external id is another's.
    #[error("the external id belongs to {0}")]
    ExternalTaken(String),
    /// For oneself there is another page.
    #[error("for yourself do that on the page `How I sign in`, or ask another admin")]
    Yourself,
    /// The link was used, has expired, or was never made.
    #[error("the link is not good (any more); ask an admin for a new one")]
    Link,
    /// The password will not do.
    #[error("{0}")]
    Password(String),
}

/// What an action gives.
pub type Outcome<T> = Result<std::result::Result<T, No>>;

/// Whether the caller still administers once nobody else can change that; else why not.
async fn admin(tx: &mut Tx, caller: &Caller<'_>) -> store::Result<std::result::Result<(), No>> {
    people_states::hold(tx).await?;
    Ok(match caller.by {
        Some(user) if !people_states::administers(tx, user).await? => Err(No::NotAdmin),
        _ => Ok(()),
    })
}

macro_rules! ok {
    ($checked:expr) => {
        match $checked {
            Ok(value) => value,
            Err(no) => return Ok(Err(no)),
        }
    };
}

/// Makes a user. Gives their id, and with `invite` the token of the link by which they choose a password.
pub async fn add(tx: &mut Tx, caller: &Caller<'_>, wanted: &Wanted, invite: bool) -> Outcome<(UserId, Option<String>)> {
    ok!(admin(tx, caller).await?);
    let login = people::login_key(&wanted.login);
    if login.is_empty() || login.chars().count() > 100 || login.contains(|c: char| c.is_whitespace() || c.is_control())
    {
        return Ok(Err(No::Login));
    }
    if people::by_login(tx, &login).await?.is_some() {
        return Ok(Err(No::Taken(login)));
    }
    let user = ok!(read(tx, caller, wanted, None).await?);
    let (id, _) = people::upsert(tx, &User { login, ..user }, caller.now).await?;
    let user = people::load(tx, id).await?;
    note(tx, caller, id, user.as_ref().map(|user| told(user, "added"))).await?;
    let token = if invite { Some(link(tx, caller, id, INVITED).await?) } else { None };
    Ok(Ok((id, token)))
}

/// Changes a user; false if it is so already.
pub async fn edit(tx: &mut Tx, caller: &Caller<'_>, id: UserId, wanted: &Wanted) -> Outcome<bool> {
    ok!(admin(tx, caller).await?);
    let Some(before) = people::load(tx, id).await? else { return Ok(Err(No::NotThere)) };
    let user = ok!(read(tx, caller, wanted, Some(&before)).await?);
    if user == before {
        return Ok(Ok(false));
    }
    people::upsert(tx, &user, caller.now).await?;
    let after = people::load(tx, id).await?;
    note(tx, caller, id, after.as_ref().map(|user| told(user, "edited"))).await?;
    Ok(Ok(true))
}

/// What the audit keeps: what rights follow from, and no address.
fn told(user: &User, what: &str) -> Value {
    let Person { role, manager, teams, .. } = &user.person;
    json!({ "what": what, "role": role.word(), "manager": manager, "teams": teams, "team": user.team })
}

async fn note(tx: &mut Tx, caller: &Caller<'_>, user: UserId, detail: Option<Value>) -> store::Result<()> {
    let line = Line::new(caller.now, caller.by, Action::UserChanged).subject(user.0);
    store::audit::note(tx, &[line.detail(detail.unwrap_or_default())]).await
}

/// The user as wanted, checked.
async fn read(tx: &mut Tx, caller: &Caller<'_>, wanted: &Wanted, before: Option<&User>) -> Outcome<User> {
    let short = |text: &str| {
        let text = text.trim();
        (text.chars().count() <= LONGEST && !text.contains(char::is_control)).then(|| text.to_owned())
    };
    let name = ok!(short(&wanted.name).filter(|name| !name.is_empty()).ok_or(No::Name));
    let phone = ok!(short(&wanted.phone).ok_or(No::Long));
    let external_id = ok!(short(&wanted.external_id).ok_or(No::Long));
    let role = ok!(UserRole::from_word(wanted.role.trim()).ok_or(No::Role));
    let zone = wanted.zone.trim().to_owned();
    ok!(access::zone(&zone).map_err(|_| No::Zone));
    let language = wanted.language.trim().to_lowercase();
    if !["en", "pl"].contains(&language.as_str()) {
        return Ok(Err(No::Language));
    }
    let id = before.map_or(UserId(0), |user| user.person.id);
    ok!(placed(caller, id, wanted, before));
    if caller.by == Some(id) && role != UserRole::Admin {
        return Ok(Err(No::OwnRole));
    }
    let addresses = ok!(addresses(tx, caller, id, &wanted.emails).await?);
    if !external_id.is_empty()
        && let Some(other) = people_states::by_external(tx, &external_id).await?.filter(|other| *other != id)
    {
        return Ok(Err(No::ExternalTaken(caller.name(other))));
    }
    let teams = before.map(|user| user.person.teams.clone()).unwrap_or_default();
    let teams = changed_teams(teams, before.and_then(|user| user.team), wanted.team);
    Ok(Ok(User {
        person: Person {
            id,
            name,
            manager: wanted.manager,
            role,
            teams,
            active: before.is_none_or(|b| b.person.active),
        },
        login: before.map(|user| user.login.clone()).unwrap_or_default(),
        team: wanted.team,
        zone,
        language,
        phone: Some(phone).filter(|text| !text.is_empty()),
        external_id: Some(external_id).filter(|text| !text.is_empty()),
        addresses,
    }))
}

/// The teams of somebody whose own team changes: they leave the old one and join the new one.
fn changed_teams(teams: Vec<TeamId>, before: Option<TeamId>, after: Option<TeamId>) -> Vec<TeamId> {
    let kept = teams.into_iter().filter(|team| before == after || Some(*team) != before);
    let all: BTreeSet<TeamId> = kept.chain(after).collect();
    all.into_iter().collect()
}

/// Whether manager and team may be these.
fn placed(caller: &Caller<'_>, id: UserId, wanted: &Wanted, before: Option<&User>) -> std::result::Result<(), No> {
    let world = caller.world;
    if wanted.team.is_some_and(|team| world.team(team).is_none()) {
        return Err(No::Choice);
    }
    let had = before.and_then(|user| user.person.manager);
    // Somebody deactivated may stay where they are, and is not chosen anew.
    if wanted.manager.is_some_and(|manager| wanted.manager != had && !world.active(manager)) {
        return Err(No::Choice);
    }
    let mut managers: HashMap<UserId, Option<UserId>> = world.people.iter().map(|p| (p.id, p.manager)).collect();
    let leads = |managers: &HashMap<UserId, Option<UserId>>, from: UserId, to: UserId| {
        let mut at = managers.get(&from).copied().flatten();
        for _ in 0..=managers.len() {
            match at {
                Some(next) if next == to => return true,
                Some(next) => at = managers.get(&next).copied().flatten(),
                None => return false,
            }
        }
        false
    };
    let was_below = caller.by.is_some_and(|by| leads(&managers, id, by));
    managers.insert(id, wanted.manager);
    if leads(&managers, id, id) {
        return Err(No::Circle);
    }
    // Who comes below the caller brings everybody along who is below them.
    if caller.by.is_some_and(|by| by != id && !was_below && leads(&managers, id, by)) {
        return Err(No::Themselves);
    }
    let joins = wanted.team.filter(|team| before.is_none_or(|user| !user.person.teams.contains(team)));
    if caller.by == Some(id) && joins.is_some() { Err(No::Themselves) } else { Ok(()) }
}

async fn addresses(tx: &mut Tx, caller: &Caller<'_>, id: UserId, text: &str) -> Outcome<Vec<Address>> {
    let mut found: Vec<Address> = Vec::new();
    for part in text.split([';', '|', ',', ' ', '\n', '\r', '\t']).filter(|part| !part.is_empty()) {
        let Ok(address) = Address::parse(part) else {
            return Ok(Err(No::Email(part.chars().take(100).collect())));
        };
        if !found.contains(&address) {
            found.push(address);
        }
        if found.len() > ADDRESSES {
            return Ok(Err(No::Emails));
        }
    }
    let texts: Vec<&str> = found.iter().map(Address::as_str).collect();
    let others = people::by_addresses(tx, &texts).await?;
    match others.into_iter().find(|(_, user)| *user != id) {
        Some((address, other)) => Ok(Err(No::EmailTaken(address, caller.name(other)))),
        None => Ok(Ok(found)),
    }
}

/// Makes the link of a user; gives its token.
async fn link(tx: &mut Tx, caller: &Caller<'_>, user: UserId, good: i64) -> store::Result<String> {
    let mut bytes = [0_u8; 20];
    rand::rng().fill_bytes(&mut bytes);
    let token = hex::encode(bytes);
    let expires = caller.now.plus(good);
    let invitation = Invitation { user, by: caller.by, made: caller.now, expires };
    invitations::set(tx, &invitation, &Sha256::digest(token.as_bytes())).await?;
    noted(tx, caller.by, user, "link-made", caller.now).await?;
    Ok(token)
}

/// The user if the caller may change how they sign in: an admin, and not for themselves.
async fn another(tx: &mut Tx, caller: &Caller<'_>, id: UserId) -> Outcome<User> {
    ok!(admin(tx, caller).await?);
    match people::load(tx, id).await? {
        None => Ok(Err(No::NotThere)),
        Some(_) if caller.by == Some(id) => Ok(Err(No::Yourself)),
        Some(user) => Ok(Ok(user)),
    }
}

/// Takes somebody's password away, signs them out everywhere, and gives the token of a link by which they
/// choose a new one. For somebody who has none yet it is a new invitation.
pub async fn renew(tx: &mut Tx, caller: &Caller<'_>, id: UserId) -> Outcome<String> {
    let user = ok!(another(tx, caller, id).await?);
    if !user.person.active {
        return Ok(Err(No::Gone(user.person.name)));
    }
    let had = people::password_hash(tx, id).await?.is_some();
    people_states::clear_password(tx, id).await?;
    if had {
        noted(tx, caller.by, id, "password-taken", caller.now).await?;
        // Whoever has the link signs in as them: they hear of it.
        store::resets::note(tx, id, caller.by, caller.now).await?;
    }
    Ok(Ok(link(tx, caller, id, if had { RESET } else { INVITED }).await?))
}

/// Takes a link back that was not used.
pub async fn withdraw(tx: &mut Tx, caller: &Caller<'_>, id: UserId) -> Outcome<()> {
    ok!(another(tx, caller, id).await?);
    if invitations::remove(tx, id).await? {
        noted(tx, caller.by, id, "link-withdrawn", caller.now).await?;
    }
    Ok(Ok(()))
}

/// Takes somebody's second factor away who has lost their device; they are signed out everywhere.
pub async fn reset_factor(tx: &mut Tx, caller: &Caller<'_>, id: UserId) -> Outcome<()> {
    ok!(another(tx, caller, id).await?);
    second_factor::remove(tx, caller.by, id, caller.now).await?;
    sessions::end_others(tx, id, &[]).await?;
    Ok(Ok(()))
}

/// Signs somebody out everywhere.
pub async fn sign_out(tx: &mut Tx, caller: &Caller<'_>, id: UserId) -> Outcome<()> {
    ok!(another(tx, caller, id).await?);
    sessions::end_others(tx, id, &[]).await?;
    noted(tx, caller.by, id, "signed-out", caller.now).await?;
    Ok(Ok(()))
}

/// Lets somebody try again after too many failures.
pub async fn unlock(tx: &mut Tx, caller: &Caller<'_>, id: UserId) -> Outcome<()> {
    ok!(another(tx, caller, id).await?);
    setup::unlock(tx, id, caller.now).await?;
    noted(tx, caller.by, id, "unlocked", caller.now).await?;
    Ok(Ok(()))
}

/// Revokes a token of somebody's for the API; nothing where it is gone already.
pub async fn revoke(tx: &mut Tx, caller: &Caller<'_>, id: UserId, token: crate::model::id::TokenId) -> Outcome<()> {
    ok!(another(tx, caller, id).await?);
    if store::api_tokens::revoke(tx, token, Some(id)).await?.is_some() {
        let detail = json!({ "what": "revoked", "token": token });
        let line = Line::new(caller.now, caller.by, Action::TokenChanged).subject(id.0).detail(detail);
        store::audit::note(tx, &[line]).await?;
    }
    Ok(Ok(()))
}

/// Forgets which accounts at an identity provider are somebody's; they are signed out everywhere.
pub async fn forget_identities(tx: &mut Tx, caller: &Caller<'_>, id: UserId) -> Outcome<()> {
    ok!(another(tx, caller, id).await?);
    if identities::unlink(tx, id).await? > 0 {
        sessions::end_others(tx, id, &[]).await?;
        noted(tx, caller.by, id, "identity-unlinked", caller.now).await?;
    }
    Ok(Ok(()))
}

/// Whose link it is, if it is good.
pub async fn invited(tx: &mut Tx, token: &str, now: Timestamp) -> Result<Option<(User, Invitation)>> {
    let Some(found) = invitations::find(tx, &Sha256::digest(token.as_bytes()), now).await? else { return Ok(None) };
    Ok(people::load(tx, found.user).await?.map(|user| (user, found)))
}

/// Sets the password that somebody chose with their link, which is good no more. Gives who that is.
pub async fn accept(db: &Db, token: &str, password: &str, now: Timestamp) -> Outcome<User> {
    if invited(&mut db.read().await?, token, now).await?.is_none() {
        return Ok(Err(No::Link));
    }
    if let Some(why) = passwords::objection(password) {
        return Ok(Err(No::Password(why)));
    }
    // It takes long: before the unit of work, so that nobody waits for the writer meanwhile.
    let hash = passwords::hash(password.to_owned()).await?;
    let mut tx = db.write().await?;
    let Some((user, _)) = invited(&mut tx, token, now).await? else { return Ok(Err(No::Link)) };
    if !invitations::take(&mut tx, &Sha256::digest(token.as_bytes())).await? {
        return Ok(Err(No::Link));
    }
    let id = user.person.id;
    people::set_password_hash(&mut tx, id, &hash).await?;
    setup::unlock(&mut tx, id, now).await?;
    noted(&mut tx, Some(id), id, "password", now).await?;
    tx.commit().await?;
    Ok(Ok(user))
}

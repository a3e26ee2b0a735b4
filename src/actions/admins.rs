//! The first admin, and what an operator does for people who cannot sign in.
//!
//! There is no default password. `standin serve` prints a token while there is no admin; whoever reads the
//! machine's log has it, and nobody else. It works once, and not any more as soon as there is an admin.

use super::passwords;
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::id::UserId;
use crate::model::record::{Person, UserRole};
use crate::model::time::Timestamp;
use crate::store::people::{self, User};
use crate::store::{self, Db, Tx, setup};
use anyhow::Result;
use rand::Rng;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Who is to be an admin.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// With which they sign in.
    pub login: String,
    /// Their full name.
    pub name: String,
    /// Their address; may be empty.
    pub email: String,
    /// Their IANA zone.
    pub zone: String,
    /// Their language tag.
    pub language: String,
}

/// Why there is no new admin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// The token is another one, or was used.
    #[error("the token is not right, or it was used already; the newest one stands where `standin serve` was started")]
    Token,
    /// There is an admin.
    #[error("there is an admin already; sign in, or use `standin admin`")]
    Done,
    /// The login cannot be one.
    #[error("a login has 1 to 100 characters, without spaces; choose another one")]
    Login,
    /// Somebody else has it.
    #[error("the login `{0}` belongs to somebody who is no admin; choose another one")]
    Taken(String),
    /// There is no name.
    #[error("the name is missing or longer than 200 characters")]
    Name,
    /// It is no address.
    #[error("`{0}` is no address; write it as anna@firma.pl, or leave it empty")]
    Email(String),
    /// The password will not do.
    #[error("{0}")]
    Password(String),
}

/// Offers a new token for the first admin, if there is no admin; gives it.
pub async fn offer(db: &Db, now: Timestamp) -> Result<Option<String>> {
    let mut tx = db.write().await?;
    if setup::has_admin(&mut tx).await? {
        setup::close(&mut tx).await?;
        tx.commit().await?;
        return Ok(None);
    }
    let mut bytes = [0_u8; 20];
    rand::rng().fill_bytes(&mut bytes);
    let token = hex::encode(bytes);
    setup::offer(&mut tx, &Sha256::digest(token.as_bytes()), now).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Makes the first admin for whoever brings the token. Of many who come with it at once one is made.
pub async fn first(
    db: &Db,
    token: &str,
    wanted: &Wanted,
    password: &str,
    now: Timestamp,
) -> Result<std::result::Result<UserId, No>> {
    if let Err(no) = checked(wanted, password) {
        return Ok(Err(no));
    }
    // It takes long: before the unit of work, so that nobody waits for the writer meanwhile.
    let hash = passwords::hash(password.to_owned()).await?;
    let mut tx = db.write().await?;
    if !setup::take(&mut tx, &Sha256::digest(token.trim().as_bytes())).await? {
        return Ok(Err(No::Token));
    }
    if setup::has_admin(&mut tx).await? {
        return Ok(Err(No::Done));
    }
    let made = make(&mut tx, wanted, &hash, now).await?;
    // What could not be made gives the token back.
    if made.is_ok() {
        tx.commit().await?;
    }
    Ok(made)
}

/// Makes an admin, or leaves the one of that login as they are. Gives whether they are new.
pub async fn create(
    tx: &mut Tx,
    wanted: &Wanted,
    password: &str,
    now: Timestamp,
) -> Result<std::result::Result<(UserId, bool), No>> {
    if let Err(no) = checked(wanted, password) {
        return Ok(Err(no));
    }
    if let Some(there) = people::by_login(tx, &wanted.login).await?
        && there.person.role == UserRole::Admin
        && there.person.active
    {
        return Ok(Ok((there.person.id, false)));
    }
    let hash = passwords::hash(password.to_owned()).await?;
    Ok(make(tx, wanted, &hash, now).await?.map(|id| (id, true)))
}

fn checked(wanted: &Wanted, password: &str) -> std::result::Result<(), No> {
    let login = people::login_key(&wanted.login);
    let bad = |c: char| c.is_whitespace() || c.is_control();
    if login.is_empty() || login.chars().count() > 100 || login.contains(bad) {
        return Err(No::Login);
    }
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.contains(char::is_control) {
        return Err(No::Name);
    }
    if !wanted.email.trim().is_empty() && Address::parse(wanted.email.trim()).is_err() {
        return Err(No::Email(wanted.email.trim().to_owned()));
    }
    passwords::objection(password).map_or(Ok(()), |why| Err(No::Password(why)))
}

async fn make(tx: &mut Tx, wanted: &Wanted, hash: &str, now: Timestamp) -> Result<std::result::Result<UserId, No>> {
    if people::by_login(tx, &wanted.login).await?.is_some() {
        return Ok(Err(No::Taken(people::login_key(&wanted.login))));
    }
    let addresses: Vec<Address> = Address::parse(wanted.email.trim()).into_iter().collect();
    let texts: Vec<&str> = addresses.iter().map(Address::as_str).collect();
    if !people::by_addresses(tx, &texts).await?.is_empty() {
        return Ok(Err(No::Email(wanted.email.trim().to_owned())));
    }
    let user = User {
        person: Person {
            id: UserId(0),
            name: wanted.name.trim().to_owned(),
            manager: None,
            role: UserRole::Admin,
            teams: Vec::new(),
            active: true,
        },
        login: people::login_key(&wanted.login),
        team: None,
        zone: wanted.zone.clone(),
        language: wanted.language.clone(),
        phone: None,
        external_id: None,
        addresses,
    };
    let (id, _) = people::upsert(tx, &user, now).await?;
    people::set_password_hash(tx, id, hash).await?;
    setup::close(tx).await?;
    let detail = json!({ "what": "admin-made" });
    store::audit::note(tx, &[Line::new(now, None, Action::UserChanged).subject(id.0).detail(detail)]).await?;
    Ok(Ok(id))
}

/// Sets a user's password by the operator's word: they are signed out everywhere, and may try at once.
pub async fn reset_password(tx: &mut Tx, user: UserId, hash: &str, now: Timestamp) -> store::Result<()> {
    people::set_password_hash(tx, user, hash).await?;
    setup::unlock(tx, user, now).await?;
    noted(tx, None, user, "password-reset", now).await
}

/// Lets a user try again after too many failures.
pub async fn unlock(tx: &mut Tx, user: UserId, now: Timestamp) -> store::Result<()> {
    setup::unlock(tx, user, now).await?;
    noted(tx, None, user, "unlocked", now).await
}

/// Notes that how somebody signs in has changed.
pub async fn noted(tx: &mut Tx, by: Option<UserId>, user: UserId, what: &str, now: Timestamp) -> store::Result<()> {
    let line = Line::new(now, by, Action::SignInChanged).subject(user.0).detail(json!({ "what": what }));
    store::audit::note(tx, &[line]).await
}

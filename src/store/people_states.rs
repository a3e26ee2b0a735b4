//! How people sign in and which mailboxes are theirs, as the list of users shows it; and what keeps two who
//! change users at once apart.

use super::{Result, Tx};
use crate::model::id::UserId;
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// How somebody signs in, and what is theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInState {
    /// When they last signed in, since that is kept.
    pub signed_in: Option<Timestamp>,
    /// Whether they have a password.
    pub password: bool,
    /// Whether a second factor is asked for.
    pub factor: bool,
    /// How many accounts at identity providers are theirs.
    pub identities: i64,
    /// Names of their mailboxes, sorted.
    pub mailboxes: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    signed_in_at: Option<i64>,
    password: bool,
    factor: bool,
    identities: i64,
}

/// The state of everybody.
pub async fn states(tx: &mut Tx) -> Result<HashMap<UserId, SignInState>> {
    let rows: Vec<Row> = all!(
        tx,
        "select u.id, u.signed_in_at, u.password_hash is not null as password,
           exists (select 1 from second_factors f where f.user_id = u.id and f.confirmed_at is not null) as factor,
           (select count(*) from identities i where i.user_id = u.id) as identities
         from users u"
    )?;
    let mailboxes: Vec<(i64, String)> =
        all!(tx, "select user_id, name from mailboxes where user_id is not null order by user_id, name")?;
    let mut found: HashMap<UserId, SignInState> = rows
        .into_iter()
        .map(|row| {
            let Row { id, signed_in_at, password, factor, identities } = row;
            let signed_in = signed_in_at.map(Timestamp);
            (UserId(id), SignInState { signed_in, password, factor, identities, mailboxes: Vec::new() })
        })
        .collect();
    for (user, name) in mailboxes {
        if let Some(state) = found.get_mut(&UserId(user)) {
            state.mailboxes.push(name);
        }
    }
    Ok(found)
}

/// Keeps others from changing users until the end of this unit of work. Whoever takes rights away looks
/// after this whether they still have their own: of two admins who take each other's away at once one is
/// refused. SQLite has one writer; on PostgreSQL the table is locked.
pub async fn hold(tx: &mut Tx) -> Result<()> {
    if let Tx::Postgres(t) = tx {
        sqlx::query("lock table users in share row exclusive mode").execute(&mut **t).await?;
    }
    Ok(())
}

/// Whether this user is an admin and not deactivated, in this unit of work.
pub async fn administers(tx: &mut Tx, user: UserId) -> Result<bool> {
    const IS: &str = "select exists (select 1 from users where id = $1 and role = 'admin' and active)";
    let (is,): (bool,) = one!(tx, IS, user.0)?;
    Ok(is)
}

/// Takes a user's password away and signs them out everywhere.
pub async fn clear_password(tx: &mut Tx, user: UserId) -> Result<()> {
    run!(tx, "update users set password_hash = null where id = $1", user.0)?;
    run!(tx, "delete from sessions where user_id = $1", user.0)?;
    Ok(())
}

/// Whose external id this is.
pub async fn by_external(tx: &mut Tx, external_id: &str) -> Result<Option<UserId>> {
    let row: Option<(i64,)> = maybe!(tx, "select id from users where external_id = $1", external_id)?;
    Ok(row.map(|(id,)| UserId(id)))
}

//! Tokens with which programs ask the API. Only their SHA-256 is stored: they have 256 random bits.

use super::{Result, StoreError, Tx};
use crate::model::api::ApiScope;
use crate::model::id::{TokenId, UserId};
use crate::model::time::{MINUTE, Timestamp};

/// A token, without what would let anybody use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Whose rights it has.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub scope: ApiScope,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: i64,
    name: String,
    scope: String,
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
}

impl Row {
    fn token(self) -> Result<Token> {
        let bad = StoreError::BadRow { table: "api_tokens", id: self.id, column: "scope" };
        Ok(Token {
            id: TokenId(self.id),
            user: UserId(self.user_id),
            name: self.name,
            scope: ApiScope::from_word(&self.scope).ok_or(bad)?,
            created: Timestamp(self.created_at),
            expires: Timestamp(self.expires_at),
            used: self.used_at.map(Timestamp),
        })
    }
}

/// Who asks with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The token.
    pub token: Token,
    /// Whether its owner has a second factor.
    pub factor: bool,
    /// Whether its owner can sign in with a password.
    pub password: bool,
}

/// Keeps a new token. Gives its id.
pub async fn add(tx: &mut Tx, token: &Token, hash: &[u8]) -> Result<TokenId> {
    let (id,): (i64,) = one!(
        tx,
        "insert into api_tokens (user_id, name, token_hash, scope, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6) returning id",
        token.user.0,
        token.name.as_str(),
        hash,
        token.scope.word(),
        token.created.0,
        token.expires.0
    )?;
    Ok(TokenId(id))
}

/// The token with this hash, if its owner is active; one that has expired too, so that it can be said.
pub async fn find(tx: &mut Tx, hash: &[u8]) -> Result<Option<Bearer>> {
    const FIND: &str = "select t.id, t.user_id, t.name, t.scope, t.created_at, t.expires_at, t.used_at
         from api_tokens t join users u on u.id = t.user_id where t.token_hash = $1 and u.active";
    const OWNER: &str = "select exists (select 1 from second_factors f where f.user_id = u.id
           and f.confirmed_at is not null), u.password_hash is not null from users u where u.id = $1";
    let row: Option<Row> = maybe!(tx, FIND, hash)?;
    let Some(row) = row else { return Ok(None) };
    let (factor, password): (bool, bool) = one!(tx, OWNER, row.user_id)?;
    Ok(Some(Bearer { token: row.token()?, factor, password }))
}

/// The tokens of a user, or everybody's; the newest on top. One that has expired is among them.
pub async fn of(tx: &mut Tx, user: Option<UserId>) -> Result<Vec<Token>> {
    let rows: Vec<Row> = all!(
        tx,
        "select id, user_id, name, scope, created_at, expires_at, used_at from api_tokens
         where $1 = 0 or user_id = $1 order by created_at desc, id desc",
        user.map_or(0, |id| id.0)
    )?;
    rows.into_iter().map(Row::token).collect()
}

/// Takes a token away, if it is this user's, or anybody's; gives whose it was.
pub async fn revoke(tx: &mut Tx, id: TokenId, user: Option<UserId>) -> Result<Option<UserId>> {
    let row: Option<(i64,)> = maybe!(
        tx,
        "delete from api_tokens where id = $1 and ($2 = 0 or user_id = $2) returning user_id",
        id.0,
        user.map_or(0, |id| id.0)
    )?;
    Ok(row.map(|(id,)| UserId(id)))
}

/// Notes that a token was used; once a minute is enough.
pub async fn touch(tx: &mut Tx, id: TokenId, now: Timestamp) -> Result<()> {
    const TOUCH: &str = "update api_tokens set used_at = $2 where id = $1 and (used_at is null or used_at < $3)";
    run!(tx, TOUCH, id.0, now.0, now.plus(-MINUTE).0)?;
    Ok(())
}

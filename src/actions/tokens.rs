//! Tokens for the API: made for oneself, shown once, revoked at any time.

use crate::model::api::{self, ApiScope};
use crate::model::audit::{Action, Line};
use crate::model::id::{TokenId, UserId};
use crate::model::time::{DAY, Timestamp};
use crate::store::api_tokens::{self, Token};
use crate::store::{self, Tx};
use rand::Rng;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The most days for which a token is good: a forgotten one ends by itself.
pub const LONGEST: i64 = 366;
/// The most tokens of one user.
const MOST: usize = 50;

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// There is no name, or one too long.
    #[error("a token needs a name of 1 to 100 characters that says what uses it")]
    Name,
    /// So many days cannot be.
    #[error("a token is good for 1 to {LONGEST} days")]
    Days,
    /// Only for admins.
    #[error("only admins have tokens with the scope admin")]
    Admin,
    /// There are enough.
    #[error("there are {MOST} tokens already; revoke one first")]
    TooMany,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose rights it is to have.
    pub user: UserId,
    /// Whether that is an admin.
    pub admin: bool,
    /// What it is for.
    pub name: String,
    /// What it may be used for.
    pub scope: ApiScope,
    /// For how many days.
    pub days: i64,
}

/// Makes a token. Gives it as it is to be shown, once, and how it is kept.
pub async fn make(
    tx: &mut Tx,
    by: Option<UserId>,
    wanted: &Wanted,
    now: Timestamp,
) -> store::Result<Result<(String, Token), No>> {
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.contains(char::is_control) {
        return Ok(Err(No::Name));
    }
    if !(1..=LONGEST).contains(&wanted.days) {
        return Ok(Err(No::Days));
    }
    if wanted.scope == ApiScope::Admin && !wanted.admin {
        return Ok(Err(No::Admin));
    }
    if api_tokens::of(tx, Some(wanted.user)).await?.len() >= MOST {
        return Ok(Err(No::TooMany));
    }
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    let mut token = Token {
        id: TokenId(0),
        user: wanted.user,
        name: name.to_owned(),
        scope: wanted.scope,
        created: now,
        expires: now.plus(wanted.days * DAY),
        used: None,
    };
    token.id = api_tokens::add(tx, &token, &Sha256::digest(bytes)).await?;
    let detail = json!({ "what": "made", "scope": token.scope.word(), "days": wanted.days, "token": token.id });
    note(tx, by, wanted.user, detail, now).await?;
    Ok(Ok((api::written(&bytes), token)))
}

/// Revokes a token: one's own, or any by the operator. False if there is none.
pub async fn revoke(tx: &mut Tx, by: Option<UserId>, id: TokenId, now: Timestamp) -> store::Result<bool> {
    let Some(owner) = api_tokens::revoke(tx, id, by).await? else { return Ok(false) };
    note(tx, by, owner, json!({ "what": "revoked", "token": id }), now).await?;
    Ok(true)
}

async fn note(
    tx: &mut Tx,
    by: Option<UserId>,
    owner: UserId,
    detail: serde_json::Value,
    now: Timestamp,
) -> store::Result<()> {
    store::audit::note(tx, &[Line::new(now, by, Action::TokenChanged).subject(owner.0).detail(detail)]).await
}

/// Who asks with this token, expired or not; `None` if it is no token of ours or its owner is gone.
pub async fn bearer(tx: &mut Tx, text: &str) -> store::Result<Option<api_tokens::Bearer>> {
    match api::read(text) {
        Some(bytes) => api_tokens::find(tx, &Sha256::digest(bytes)).await,
        None => Ok(None),
    }
}

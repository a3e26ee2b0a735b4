//! Who asks the API: the owner of the token, with their rights at this moment and the token's scope.
//!
//! A handler names the scope that it needs in its own signature, `asking: Bearer<Writes>`, so none can be
//! forgotten.

use super::super::App;
use super::limit::Meter;
use super::problem::Problem;
use crate::actions::tokens;
use crate::model::api::ApiScope;
use crate::model::record::UserRole;
use crate::model::time::{MINUTE, Timestamp};
use crate::store::api_tokens::{self, Token};
use crate::store::people::{self, User};
use axum::http::header;
use axum::http::request::Parts;
use std::marker::PhantomData;

/// A scope that a handler needs.
pub(in super::super) trait Needs: Send + Sync + 'static {
    /// Which.
    const SCOPE: ApiScope;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident = $scope:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(in super::super) struct $name;

        impl Needs for $name {
            const SCOPE: ApiScope = ApiScope::$scope;
        }
    )*};
}

needs! {
    /// It shows what the owner sees.
    Reads = Read;
    /// It does what the owner may do.
    Writes = Write;
    /// It does what the owner may do as an admin.
    Administers = Admin;
}

/// Who asks.
#[derive(Debug)]
pub(in super::super) struct Bearer<S: Needs> {
    /// The owner.
    pub user: User,
    /// The token.
    pub token: Token,
    needs: PhantomData<S>,
}

impl<S: Needs> Bearer<S> {
    /// Whether what admins do may be done with it: the token has that scope, and its owner is one.
    pub fn administers(&self) -> bool {
        scope(&self.token, self.user.person.role == UserRole::Admin).allows(ApiScope::Admin)
    }

    /// Who asks by these headers, if their token is good for what is needed.
    pub async fn of(app: &App, parts: &Parts) -> Result<Bearer<S>, Problem> {
        let text = parts.headers.get(header::AUTHORIZATION).ok_or(Problem::NoToken)?;
        let text = text.to_str().map_err(|_| Problem::WrongToken)?;
        let (scheme, text) = text.split_once(' ').ok_or(Problem::WrongToken)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Problem::NoToken);
        }
        let now = app.now();
        let mut tx = app.state.db.read().await?;
        let found = tokens::bearer(&mut tx, text.trim()).await?.ok_or(Problem::WrongToken)?;
        if found.token.expires <= now {
            return Err(Problem::ExpiredToken);
        }
        let quota = app.state.config.api.requests_per_minute;
        let admitted = app.limits.admit(found.token.id, quota, now);
        let meter = parts.extensions.get::<Meter>();
        match (admitted, meter) {
            (Ok(Some(left)), Some(meter)) => meter.note(left),
            (Ok(_), _) => {}
            (Err((again, left)), meter) => {
                meter.into_iter().for_each(|meter| meter.note(left));
                return Err(Problem::TooOften(again));
            }
        }
        let user = people::load(&mut tx, found.token.user).await?.ok_or(Problem::WrongToken)?;
        let admin = user.person.role == UserRole::Admin;
        // Whose sign-in needs a second factor does not get round it by a token; who signs in at the provider
        // has none here.
        if app.state.config.sign_in.second_factor.of(admin) && found.password && !found.factor {
            return Err(Problem::SecondFactor);
        }
        if !scope(&found.token, admin).allows(S::SCOPE) {
            return Err(Problem::Scope(S::SCOPE));
        }
        if found.token.used.is_none_or(|used| now.since(used) >= MINUTE) {
            note_use(app.clone(), found.token.clone(), now);
        }
        Ok(Bearer { user, token: found.token, needs: PhantomData })
    }
}

/// What the token is good for now: who is no admin any more has no such token either.
fn scope(token: &Token, admin: bool) -> ApiScope {
    if admin { token.scope } else { token.scope.min(ApiScope::Write) }
}

/// Notes beside the request that the token is in use.
fn note_use(app: App, token: Token, now: Timestamp) {
    tokio::spawn(async move {
        let noted: crate::store::Result<()> = async {
            let mut tx = app.state.db.write().await?;
            api_tokens::touch(&mut tx, token.id, now).await?;
            tx.commit().await
        }
        .await;
        if let Err(error) = noted {
            tracing::warn!(%error, "noting the use of a token failed");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{TokenId, UserId};

    #[test]
    fn a_token_of_somebody_who_is_no_admin_any_more_administers_nothing() {
        let token = |scope| Token {
            id: TokenId(1),
            user: UserId(1),
            name: "x".into(),
            scope,
            created: Timestamp(0),
            expires: Timestamp(1),
            used: None,
        };
        assert!(scope(&token(ApiScope::Admin), true).allows(Administers::SCOPE));
        assert!(!scope(&token(ApiScope::Admin), false).allows(Administers::SCOPE));
        assert!(scope(&token(ApiScope::Admin), false).allows(Writes::SCOPE));
        assert!(!scope(&token(ApiScope::Read), true).allows(Writes::SCOPE));
    }
}

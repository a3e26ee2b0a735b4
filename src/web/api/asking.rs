//! One request of a program: who asks, what they may read at this moment, and the parts of the request, each
//! refused as a problem where it cannot be read.

use super::super::App;
use super::super::visit::Visit;
use super::bearer::{Bearer, Needs};
use super::problem::Problem;
use crate::access::World;
use crate::actions::actor::Actor;
use crate::model::id::UserId;
use crate::model::record::UserRole;
use crate::model::time::Timestamp;
use crate::store::api_tokens::Token;
use crate::store::people::User;
use crate::store::records;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::marker::PhantomData;

/// Who asks to see something, with one reading of the database for all of the answer. `S` is the scope that the
/// token must have.
pub(in super::super) struct Asking<S: Needs> {
    /// What the owner of the token may see, as on a page.
    pub visit: Visit,
    /// The owner.
    pub user: User,
    /// The token.
    pub token: Token,
    needs: PhantomData<S>,
}

/// Who asks to do something. Nothing of the database is held yet: who holds a reading and waits for the writer
/// would keep the writer waiting for a reading.
pub(in super::super) struct Doing<S: Needs> {
    /// The application.
    pub app: App,
    /// The owner of the token.
    pub user: User,
    admin: bool,
    needs: PhantomData<S>,
}

impl<S: Needs> Doing<S> {
    /// Whose token it is, and the moment.
    pub fn by(&self) -> (UserId, Timestamp) {
        (self.user.person.id, self.app.now())
    }

    /// A unit of work that writes, in which mail may be decided again, with who may do what at this moment. What
    /// is answered is read from it too, before it is committed.
    pub async fn begin(&self) -> Result<Visit, Problem> {
        let mut tx = self.app.state.db.write().await?;
        // Before anything is locked: linking and merging take it first, too.
        tx.alone().await?;
        Ok(Visit::of_program(&self.app, (&self.user, self.admin), tx).await?)
    }

    /// As [`Doing::begin`], where no mail is decided by what is done: nobody who links mail is waited for.
    pub async fn begin_short(&self) -> Result<Visit, Problem> {
        let tx = self.app.state.db.write().await?;
        Ok(Visit::of_program(&self.app, (&self.user, self.admin), tx).await?)
    }

    /// As [`Doing::begin_short`], of what must outlive a loss of power.
    pub async fn begin_durable(&self) -> Result<Visit, Problem> {
        let tx = self.app.state.db.write_durable().await?;
        Ok(Visit::of_program(&self.app, (&self.user, self.admin), tx).await?)
    }

    /// A reading of the database that begins now.
    pub async fn reading(&self) -> Result<Visit, Problem> {
        let tx = self.app.state.db.read().await?;
        Ok(Visit::of_program(&self.app, (&self.user, self.admin), tx).await?)
    }

    /// As [`Doing::begin`], where records are read in order to be saved whole.
    pub async fn begin_records(&self) -> Result<Visit, Problem> {
        let mut tx = self.app.state.db.write().await?;
        tx.alone().await?;
        records::hold(&mut tx).await?;
        Ok(Visit::of_program(&self.app, (&self.user, self.admin), tx).await?)
    }

    /// The same unit of work after something was done in it: rights may have changed by it.
    pub async fn again(&self, visit: Visit) -> Result<Visit, Problem> {
        Ok(Visit::of_program(&self.app, (&self.user, self.admin), visit.tx).await?)
    }
}

/// The owner of the token as somebody who does something, in the visit's unit of work.
pub(in super::super) async fn actor<'w>(visit: &mut Visit, world: &'w World) -> Result<Actor<'w>, Problem> {
    let (user, now) = (visit.person.user, visit.clock.now);
    Ok(Actor::load(&mut visit.tx, Some(user), world, now).await?)
}

/// Takes an admin what admins do: a token without that scope is one of somebody like others.
pub(in super::super) fn lowered(world: &mut World, user: &User) {
    let them = world.people.iter_mut().filter(|p| p.id == user.person.id && p.role == UserRole::Admin);
    them.for_each(|person| person.role = UserRole::Staff);
}

impl<S: Needs> FromRequestParts<App> for Asking<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Asking<S>, Problem> {
        let bearer = Bearer::<S>::of(app, parts).await?;
        let admin = bearer.administers();
        let tx = app.state.db.read().await?;
        let visit = Visit::of_program(app, (&bearer.user, admin), tx).await?;
        Ok(Asking { visit, user: bearer.user, token: bearer.token, needs: PhantomData })
    }
}

impl<S: Needs> FromRequestParts<App> for Doing<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Doing<S>, Problem> {
        let bearer = Bearer::<S>::of(app, parts).await?;
        let admin = bearer.administers();
        Ok(Doing { app: app.clone(), user: bearer.user, admin, needs: PhantomData })
    }
}

/// What stands in the path. What is no number there names nothing.
pub(in super::super) struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<At<T>, Problem> {
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(value)| At(value)).map_err(|_| Problem::NotFound)
    }
}

/// The query of the address. One that nobody knows is refused: a filter that is silently ignored shows too much.
pub(in super::super) struct Params<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Params<T>, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Params(value)),
            Err(error) => {
                use std::error::Error;
                let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                Err(Problem::Query(format!("{cause}. /api/docs lists what can be asked.")))
            }
        }
    }
}

/// A JSON body with the digest that an Idempotency-Key is tied to.
pub(in super::super) struct Body<T> {
    /// What it says.
    pub value: T,
    /// Its octets.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Body<T>, Problem> {
        is_json(request.headers())?;
        let bytes = Bytes::from_request(request, app).await.map_err(|error| match error {
            BytesRejection::FailedToBufferBody(_) => Problem::TooLarge,
            _ => Problem::Malformed("The body could not be read to its end.".to_owned()),
        })?;
        let value = parsed(&bytes)?;
        Ok(Body { value, bytes })
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    let plain = headers.get(header::CONTENT_ENCODING).is_none_or(|v| v == "identity");
    if essence.eq_ignore_ascii_case("application/json") && plain { Ok(()) } else { Err(Problem::MediaType) }
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let whole: Value = serde_json::from_slice(bytes).map_err(wrong)?;
    // A struct would take a list of its fields in their order, too.
    if !whole.is_object() {
        return Err(Problem::field("", "the body is one JSON object with named fields"));
    }
    if has_nul(&whole) {
        return Err(Problem::field("", "no text may hold the character U+0000; leave it out"));
    }
    // Once more from the octets: a field that stands there twice is not silently the last one.
    serde_json::from_slice(bytes).map_err(|error| Problem::field("", error.to_string()))
}

fn wrong(error: serde_json::Error) -> Problem {
    Problem::Malformed(format!("{error}. Send one JSON object."))
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(all) => all.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

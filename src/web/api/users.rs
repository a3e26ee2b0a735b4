//! The people of the company: everybody knows of everybody; what a user may do is an admin's to set.

use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing, Params};
use super::bearer::{Administers, Reads};
use super::problem::Problem;
use super::record_forms::{listed, objected, options, unsound};
use super::shapes::{ExternalRef, List, Who, external, limit, pair, some};
use super::state::{etag, may_match, tagged, with};
use crate::actions::import::{self, Named, Target, What};
use crate::model::id::UserId;
use crate::model::record::UserRole;
use crate::store::external_ids::{self, Sort};
use crate::store::people::{self, User};
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// What a user is for the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum RoleWord {
    /// In transparent mode they read each other's records.
    AccountManager,
    /// Somebody else.
    Staff,
    /// Answers for access.
    Admin,
}

impl From<UserRole> for RoleWord {
    fn from(role: UserRole) -> RoleWord {
        match role {
            UserRole::Manager => RoleWord::AccountManager,
            UserRole::Staff => RoleWord::Staff,
            UserRole::Admin => RoleWord::Admin,
        }
    }
}

impl RoleWord {
    fn word(self) -> &'static str {
        match self {
            RoleWord::AccountManager => UserRole::Manager.word(),
            RoleWord::Staff => UserRole::Staff.word(),
            RoleWord::Admin => UserRole::Admin.word(),
        }
    }
}

/// A user.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(in super::super) struct UserView {
    /// Their id.
    pub id: i64,
    /// By which they sign in, and by which records name their owner.
    pub login: String,
    /// Their full name.
    pub name: String,
    /// What they are.
    pub role: RoleWord,
    /// Their line manager.
    pub manager: Option<Who>,
    /// Their team.
    pub team: Option<String>,
    /// Their IANA zone.
    pub zone: String,
    /// The language of their pages.
    pub language: String,
    /// A phone number that may be told to clients.
    pub phone: Option<String>,
    /// Every address under which they write; the first is the one shown.
    pub emails: Vec<String>,
    /// False once deactivated.
    pub active: bool,
    /// By which id another system knows them.
    pub external: Option<ExternalRef>,
}

fn view(user: &User, known: &HashMap<i64, (String, String)>, visit: &Visit) -> UserView {
    let of_files = user.external_id.clone().map(|id| (Target::FILES.to_owned(), id));
    UserView {
        id: user.person.id.0,
        login: user.login.clone(),
        name: user.person.name.clone(),
        role: user.person.role.into(),
        manager: user.person.manager.map(|id| Who::of(id, visit)),
        team: user.team.and_then(|id| visit.world.team(id)).map(|team| team.name.clone()),
        zone: user.zone.clone(),
        language: user.language.clone(),
        phone: user.phone.clone(),
        emails: user.addresses.iter().map(ToString::to_string).collect(),
        active: user.person.active,
        external: known.get(&user.person.id.0).cloned().or(of_files).map(ExternalRef::from),
    }
}

async fn one_of(visit: &mut Visit, id: UserId) -> Result<Option<UserView>, Problem> {
    let Some(user) = people::load(&mut visit.tx, id).await? else { return Ok(None) };
    let known = external_ids::of(&mut visit.tx, Sort::User, &[id.0]).await?;
    Ok(Some(view(&user, &known, visit)))
}

/// Which users are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// Only those who are active, or who are not.
    active: Option<bool>,
    /// The one with this login.
    login: Option<String>,
}

/// Users, by their id.
#[utoipa::path(
    get, path = "/api/v1/users", tag = "users", params(Asked),
    responses((status = 200, body = List<UserView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn list(
    mut asking: Asking<Reads>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<UserView>>, Problem> {
    let limit = limit(asked.limit)?;
    let after = asked.cursor.as_deref().map(pair).transpose()?.map_or(0, |(_, id)| id);
    let visit = &mut asking.visit;
    let login = asked.login.as_deref().map(people::login_key);
    let mut users = people::every(&mut visit.tx).await?;
    users.retain(|u| asked.active.is_none_or(|active| u.person.active == active));
    users.retain(|u| u.person.id.0 > after && login.as_ref().is_none_or(|login| u.login == *login));
    users.sort_by_key(|u| u.person.id);
    users.truncate(usize::try_from(limit + 1).unwrap_or(0));
    let ids: Vec<i64> = users.iter().map(|u| u.person.id.0).collect();
    let known = external_ids::of(&mut visit.tx, Sort::User, &ids).await?;
    Ok(Json(List::of(users, limit, |u| format!("0.{}", u.person.id), |u| view(&u, &known, visit))))
}

/// One user.
#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "users", params(("id" = i64, Path)),
    responses((status = 200, body = UserView, headers(("ETag" = String))), (status = 304)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn one(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = one_of(&mut asking.visit, UserId(id)).await?.ok_or(Problem::NotFound)?;
    Ok(tagged(&headers, &etag(&view)?, Json(view)))
}

/// What a user shall be. A field that is not named stays as it is; null takes away what is there. Passwords are
/// set by nobody's token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserInput)]
pub(in super::super) struct Input {
    /// By which they sign in; needed for a new one, and never changed.
    login: Option<String>,
    /// Their full name; needed for a new one.
    name: Option<String>,
    /// What they are; of a new one account-manager, where nothing is said.
    role: Option<RoleWord>,
    /// Every address under which they write; the first is the one shown.
    emails: Option<Vec<String>>,
    /// Login of their line manager.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    manager: Option<Option<String>>,
    /// Name of their team; one that is not there is made.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    team: Option<Option<String>>,
    /// Their IANA zone.
    zone: Option<String>,
    /// en or pl.
    language: Option<String>,
    /// A phone number that may be told to clients.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// Whoever owns records is deactivated on the page or by command, where it is said who takes over.
    active: Option<bool>,
}

impl Input {
    fn fields(self, before: Option<&UserView>) -> Result<Vec<Named>, Problem> {
        let mut faults = Vec::new();
        let text = |cell: Option<Option<String>>| cell.map(Option::unwrap_or_default);
        let login = match (&self.login, before) {
            (Some(login), Some(before)) if people::login_key(login) != before.login => {
                let text = format!("it is `{}` and does not change; leave it out", before.login);
                return Err(Problem::field("login", text));
            }
            (_, Some(before)) => Some(before.login.clone()),
            (login, None) => Some(login.clone().unwrap_or_default()),
        };
        let name = self.name.or_else(|| Some(before.map_or_else(String::new, |b| b.name.clone())));
        let cells = [
            ("login", login),
            ("name", name),
            ("role", self.role.map(|role| role.word().to_owned())),
            ("emails", listed("emails", self.emails, &mut faults)),
            ("manager", text(self.manager)),
            ("team", text(self.team)),
            ("zone", self.zone),
            ("language", self.language),
            ("phone", text(self.phone)),
            ("active", self.active.map(|yes| if yes { "yes" } else { "no" }.to_owned())),
        ];
        let fields: Vec<Named> = cells.into_iter().filter_map(|(column, cell)| Some((column, cell?))).collect();
        faults.extend(unsound(&fields));
        if faults.is_empty() { Ok(fields) } else { Err(Problem::Fields(faults)) }
    }
}

/// The user whom a system knows by this id.
async fn known(visit: &mut Visit, (system, id): &(String, String)) -> Result<Option<UserId>, Problem> {
    if let Some(user) = external_ids::find(&mut visit.tx, Sort::User, system, id).await? {
        return Ok(Some(UserId(user)));
    }
    if system != Target::FILES {
        return Ok(None);
    }
    let users = people::every(&mut visit.tx).await?;
    Ok(users.into_iter().find(|u| u.external_id.as_deref() == Some(id)).map(|u| u.person.id))
}

/// The user whom another system knows by this id.
#[utoipa::path(
    get, path = "/api/v1/users/by-external-id/{system}/{external_id}", tag = "users",
    params(("system" = String, Path), ("external_id" = String, Path)),
    responses((status = 200, body = UserView, headers(("ETag" = String))), (status = 304)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn by_external(
    mut asking: Asking<Reads>,
    At(named): At<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let named = external(named)?;
    let user = known(&mut asking.visit, &named).await?.ok_or(Problem::NotFound)?;
    let view = one_of(&mut asking.visit, user).await?.ok_or(Problem::NotFound)?;
    Ok(tagged(&headers, &etag(&view)?, Json(view)))
}

/// Makes or changes the user whom another system knows by this id. A login that is there already is taken to be
/// theirs, and known by this id from now on.
#[utoipa::path(
    put, path = "/api/v1/users/by-external-id/{system}/{external_id}", tag = "users",
    params(
        ("system" = String, Path), ("external_id" = String, Path),
        ("If-Match" = Option<String>, Header), ("If-None-Match" = Option<String>, Header)
    ),
    request_body = Input,
    responses(
        (status = 200, body = UserView, headers(("ETag" = String))),
        (status = 201, body = UserView, headers(("ETag" = String), ("Location" = String)))
    ),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn upsert(
    doing: Doing<Administers>,
    At(named): At<(String, String)>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let named = external(named)?;
    let mut visit = doing.begin().await?;
    let noted = known(&mut visit, &named).await?;
    let found = match (noted, &body.value.login) {
        (Some(id), _) => Some(id),
        (None, Some(login)) => people::by_login(&mut visit.tx, login).await?.map(|u| u.person.id),
        (None, None) => None,
    };
    let before = match found {
        Some(id) => one_of(&mut visit, id).await?,
        None => None,
    };
    let tag = before.as_ref().map(etag).transpose()?;
    may_match(&headers, tag.as_deref())?;
    let fields = body.value.fields(before.as_ref())?;
    let login = fields.iter().find(|(column, _)| *column == "login").map_or("", |(_, cell)| cell).to_owned();
    let (options, now) = (options(&visit), visit.clock.now);
    let target = Target::System(Target::FILES.to_owned());
    let saved = import::one(&mut visit.tx, What::Users, (target, fields), &options, &visit.world, now).await;
    saved.map_err(objected)?;
    let user = people::by_login(&mut visit.tx, &login).await?.ok_or(Problem::NotFound)?.person.id;
    if noted.is_none() {
        external_ids::add(&mut visit.tx, Sort::User, (&named.0, &named.1), user.0, now).await?;
    }
    let mut visit = doing.again(visit).await?;
    let view = one_of(&mut visit, user).await?.ok_or(Problem::NotFound)?;
    visit.tx.commit().await?;
    let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let place = format!("/api/v1/users/{user}");
    Ok(with(&etag(&view)?, (status, [(header::LOCATION, place)], Json(view))))
}

//! One user (W23), for admins: who they are, how they sign in, and where they belong.

use super::devices;
use super::doing::{Fields, called, roll};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::users::{FormView, link_page, signs_in, wanted};
use super::visit::Visit;
use super::when::When;
use super::words::{PeopleWords, SignInWords};
use crate::actions::actor::Actor;
use crate::actions::caller::Caller;
use crate::actions::leavers;
use crate::actions::users::{self, No, Wanted};
use crate::model::id::{TokenId, UserId};
use crate::model::time::{DAY, Timestamp};
use crate::store::people::User;
use crate::store::{self, api_tokens, invitations, people, people_states, sessions};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, RawQuery};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

struct SessionView {
    device: String,
    seen: When,
}

struct TokenView {
    id: i64,
    name: String,
    scope: &'static str,
    used: Option<When>,
}

/// How somebody signs in.
struct SignInView {
    with: String,
    last: Option<When>,
    password: bool,
    factor: bool,
    identities: bool,
    /// Until when a link stands.
    link: Option<Timed>,
    sessions: Vec<SessionView>,
    tokens: Vec<TokenView>,
}

#[derive(Template)]
#[template(path = "user.html")]
struct Page {
    shell: Shell,
    t: &'static PeopleWords,
    id: i64,
    name: String,
    login: String,
    active: bool,
    /// Whether it is the viewer themselves.
    own: bool,
    /// Whether passwords are taken at all.
    passwords: bool,
    said: Option<&'static str>,
    problem: Option<String>,
    form: FormView,
    sign_in: SignInView,
    teams: Vec<(i64, String)>,
    mailboxes: String,
    reports: Vec<(i64, String)>,
}

/// `GET /admin/users/{id}`.
pub(super) async fn page(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    let t = PeopleWords::of(visit.words().language);
    let said = match query.as_deref() {
        Some("saved=1") => Some(t.saved),
        Some("same=1") => Some(t.same),
        Some("done=1") => Some(t.done),
        _ => None,
    };
    let page = match path {
        Ok(Path(id)) if visit.person.admin => view(&mut visit, UserId(id), said, None, None).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// `POST /admin/users/{id}`.
pub(super) async fn change(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match (path, Fields::of(form)) {
        (Ok(Path(id)), Ok(fields)) if visit.person.admin => acted(&mut visit, UserId(id), &fields).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// What came of it.
enum Done {
    Back(&'static str),
    Link(String, Timestamp),
}

async fn acted(visit: &mut Visit, id: UserId, fields: &Fields) -> Result<Response, Refusal> {
    let (mut tx, world) = visit.acting().await?;
    let Some(user) = people::load(&mut tx, id).await? else { return Err(Refusal::NotFound) };
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let given = wanted(fields);
    let done = |back| Ok::<_, No>(Done::Back(back));
    let came = match fields.get("do") {
        "save" => users::edit(&mut tx, &caller, id, &given)
            .await?
            .map(|changed| Done::Back(if changed { "?saved=1" } else { "?same=1" })),
        "link" => {
            let password = people::password_hash(&mut tx, id).await?.is_some();
            let until = caller.now.plus(if password { DAY } else { 7 * DAY });
            users::renew(&mut tx, &caller, id).await?.map(|token| Done::Link(token, until))
        }
        "withdraw" => users::withdraw(&mut tx, &caller, id).await?.and_then(|()| done("?done=1")),
        "factor" => users::reset_factor(&mut tx, &caller, id).await?.and_then(|()| done("?done=1")),
        "sign-out" => users::sign_out(&mut tx, &caller, id).await?.and_then(|()| done("?done=1")),
        "unlock" => users::unlock(&mut tx, &caller, id).await?.and_then(|()| done("?done=1")),
        "forget" => users::forget_identities(&mut tx, &caller, id).await?.and_then(|()| done("?done=1")),
        "revoke" => {
            let token = TokenId(fields.number("token").unwrap_or(0));
            users::revoke(&mut tx, &caller, id, token).await?.and_then(|()| done("?done=1"))
        }
        "activate" => {
            let actor = Actor::load(&mut tx, Some(visit.person.user), &world, visit.clock.now).await?;
            leavers::activate(&mut tx, &actor, id).await?.map_err(|_| No::NotAdmin).and_then(|()| done("?done=1"))
        }
        _ => return Err(Refusal::NotFound),
    };
    match came {
        Ok(Done::Back(query)) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/admin/users/{id}{query}")).into_response())
        }
        Ok(Done::Link(token, until)) => {
            tx.commit().await?;
            Ok(link_page(visit, id, &user.person.name, &token, until))
        }
        Err(no) => {
            drop(tx);
            let problem = PeopleWords::of(visit.words().language).no(&no);
            let kept = (fields.get("do") == "save").then_some(given);
            let page = view(visit, id, None, Some(problem), kept).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// The form as it is stored.
fn stored(user: &User) -> Wanted {
    let emails: Vec<&str> = user.addresses.iter().map(|address| address.as_str()).collect();
    Wanted {
        login: user.login.clone(),
        name: user.person.name.clone(),
        emails: emails.join("\n"),
        role: user.person.role.word().to_owned(),
        manager: user.person.manager,
        team: user.team,
        zone: user.zone.clone(),
        language: user.language.clone(),
        phone: user.phone.clone().unwrap_or_default(),
        external_id: user.external_id.clone().unwrap_or_default(),
    }
}

async fn view(
    visit: &mut Visit,
    id: UserId,
    said: Option<&'static str>,
    problem: Option<String>,
    kept: Option<Wanted>,
) -> Result<Response, Refusal> {
    let t = PeopleWords::of(visit.words().language);
    let user = people::load(&mut visit.tx, id).await?.ok_or(Refusal::NotFound)?;
    let mailboxes = store::people_leave::mailboxes(&mut visit.tx, id).await?.join(", ");
    let sign_in = sign_in(visit, id).await?;
    let world = &visit.world;
    let mut teams: Vec<(i64, String)> =
        user.person.teams.iter().filter_map(|id| world.team(*id)).map(|team| (team.id.0, team.name.clone())).collect();
    teams.sort_by_cached_key(|(_, name)| store::sort_key(name));
    let below = world.people.iter().filter(|p| p.manager == Some(id) && p.active);
    let reports = roll(below, world);
    Ok(Html(Page {
        shell: visit.shell().titled(&user.person.name).at("users"),
        t,
        id: id.0,
        name: called(&user.person, world),
        active: user.person.active,
        own: visit.person.user == id,
        passwords: visit.app.state.config.sign_in.passwords,
        said,
        problem,
        form: FormView::of(visit, kept.unwrap_or_else(|| stored(&user)), Some(id)),
        sign_in,
        teams,
        mailboxes,
        reports,
        login: user.login,
    })
    .into_response())
}

async fn sign_in(visit: &mut Visit, id: UserId) -> Result<SignInView, Refusal> {
    let (w, clock) = (visit.words(), visit.clock);
    let (t, s) = (PeopleWords::of(w.language), SignInWords::of(w.language));
    let state = people_states::states(&mut visit.tx).await?.remove(&id).unwrap_or_default();
    let links = invitations::every(&mut visit.tx).await?;
    let link = links.into_iter().find(|link| link.user == id && link.expires > clock.now);
    let sessions = sessions::of(&mut visit.tx, id, clock.now).await?.into_iter().map(|session| SessionView {
        device: devices::words(&session.agent),
        seen: clock.when(Timestamp(session.seen_at)),
    });
    let tokens = api_tokens::of(&mut visit.tx, Some(id)).await?.into_iter().map(|token| TokenView {
        id: token.id.0,
        name: token.name,
        scope: s.scope(token.scope),
        used: token.used.map(|at| clock.when(at)),
    });
    Ok(SignInView {
        with: signs_in(t, &state, link.is_some()),
        last: state.signed_in.map(|at| clock.when(at)),
        password: state.password,
        factor: state.factor,
        identities: state.identities > 0,
        link: link.map(|link| Timed::exact(t.link_stands, &[], "until", &clock.when(link.expires))),
        sessions: sessions.collect(),
        tokens: tokens.collect(),
    })
}

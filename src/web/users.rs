//! Everybody who signs in (W23), for admins: the list, and inviting somebody.

use super::doing::{Fields, called, choice, roll};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::visit::Visit;
use super::when::When;
use super::words::PeopleWords;
use crate::actions::caller::Caller;
use crate::actions::users::{self, Wanted};
use crate::model::id::{TeamId, UserId};
use crate::model::record::UserRole;
use crate::model::time::{DAY, Timestamp};
use crate::store::people::User;
use crate::store::people_states::{self, SignInState};
use crate::store::{self, invitations, people};
use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashSet;

/// Users on one page.
const AT_ONCE: usize = 100;
/// Characters of what is searched for.
const SOUGHT: usize = 200;

struct Row {
    id: i64,
    name: String,
    login: String,
    role: &'static str,
    team: String,
    manager: String,
    mailboxes: String,
    signs_in: String,
    last: Option<When>,
    active: bool,
}

#[derive(Template)]
#[template(path = "users.html")]
struct Page {
    shell: Shell,
    t: &'static PeopleWords,
    sought: String,
    which: &'static str,
    choices: [(&'static str, &'static str); 4],
    count: String,
    rows: Vec<Row>,
    next: Option<String>,
}

/// The query: what is searched for, which of them, and from where on.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    which: String,
    from: String,
}

/// `GET /admin/users`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(asked)) if visit.person.admin => list(&mut visit, asked).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn list(visit: &mut Visit, asked: Asked) -> Result<Response, Refusal> {
    let (w, now) = (visit.words(), visit.clock.now);
    let t = PeopleWords::of(w.language);
    let choices = [("active", t.active), ("unready", t.unready), ("gone", t.gone), ("all", t.all)];
    let which = choices.iter().map(|(word, _)| *word).find(|word| *word == asked.which).unwrap_or("active");
    let sought: String = asked.q.trim().chars().filter(|c| *c != '\0').take(SOUGHT).collect();
    let words: Vec<String> = store::fold(&sought).split(' ').map(str::to_owned).collect();
    let mut states = people_states::states(&mut visit.tx).await?;
    let links = invitations::every(&mut visit.tx).await?;
    let invited: HashSet<UserId> = links.iter().filter(|link| link.expires > now).map(|link| link.user).collect();
    let mut found = people::every(&mut visit.tx).await?;
    found.retain(|user| {
        let state = states.get(&user.person.id);
        let ready = state.is_some_and(|s| s.password || s.identities > 0);
        let fits = match which {
            "gone" => !user.person.active,
            "unready" => user.person.active && !ready,
            "active" => user.person.active,
            _ => true,
        };
        fits && matches(user, &words)
    });
    let count = t.count(&t.people, i64::try_from(found.len()).unwrap_or(i64::MAX));
    let from = asked.from.parse::<usize>().unwrap_or(0).min(found.len());
    let more = found.len() > from + AT_ONCE;
    let query = |from: usize| {
        let encoded = query_of(&[("q", sought.as_str()), ("which", which), ("from", &from.to_string())]);
        format!("/admin/users?{encoded}")
    };
    let rows = found
        .into_iter()
        .skip(from)
        .take(AT_ONCE)
        .map(|user| {
            let state = states.remove(&user.person.id).unwrap_or_default();
            row(visit, t, user, state, &invited)
        })
        .collect();
    let next = more.then(|| query(from + AT_ONCE));
    let shell = visit.shell().titled(t.title).at("users");
    Ok(Html(Page { shell, t, sought, which, choices, count, rows, next }).into_response())
}

/// A query of these fields.
fn query_of(fields: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| format!("{name}={}", super::refusal::escape(value));
    fields.iter().map(one).collect::<Vec<_>>().join("&")
}

/// Whether each word stands in the name, the login or an address.
fn matches(user: &User, words: &[String]) -> bool {
    let texts = [user.person.name.as_str(), user.login.as_str()];
    let all: Vec<String> =
        texts.into_iter().chain(user.addresses.iter().map(|a| a.as_str())).map(store::fold).collect();
    words.iter().all(|word| all.iter().any(|text| text.contains(word.as_str())))
}

fn row(visit: &Visit, t: &'static PeopleWords, user: User, state: SignInState, invited: &HashSet<UserId>) -> Row {
    let id = user.person.id;
    Row {
        id: id.0,
        name: called(&user.person, &visit.world),
        role: t.role_word(user.person.role),
        team: user.team.and_then(|team| visit.world.team(team)).map(|team| team.name.clone()).unwrap_or_default(),
        manager: user.person.manager.map(|manager| visit.name(manager)).unwrap_or_default(),
        signs_in: signs_in(t, &state, invited.contains(&id)),
        mailboxes: state.mailboxes.join(", "),
        last: state.signed_in.map(|at| visit.clock.when(at)),
        active: user.person.active,
        login: user.login,
    }
}

/// With what somebody signs in, in words.
pub(super) fn signs_in(t: &'static PeopleWords, state: &SignInState, invited: bool) -> String {
    let ways = [
        (state.password, t.with_password),
        (state.factor, t.with_factor),
        (state.identities > 0, t.with_provider),
        (invited, t.with_link),
    ];
    let said: Vec<&str> = ways.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    if said.is_empty() { t.with_nothing.to_owned() } else { said.join(" + ") }
}

/// Id, name, and whether chosen.
pub(super) type Choice = (i64, String, bool);

/// The fields of a user, for the form.
pub(super) struct FormView {
    pub given: Wanted,
    /// Word, name, whether chosen.
    pub roles: Vec<(&'static str, &'static str, bool)>,
    pub managers: Vec<Choice>,
    pub teams: Vec<Choice>,
    pub zones: Vec<&'static str>,
    /// A sentence where groups of the provider change what is chosen here.
    pub by_groups: Option<&'static str>,
}

impl FormView {
    /// The form as it was filled in; `own` is the user themselves, who is nobody's choice of theirs.
    pub fn of(visit: &Visit, given: Wanted, own: Option<UserId>) -> FormView {
        let t = PeopleWords::of(visit.words().language);
        let world = &visit.world;
        let kept = |id: UserId| given.manager == Some(id);
        let others = world.people.iter().filter(|p| (p.active || kept(p.id)) && Some(p.id) != own);
        let managers = choice(roll(others, world), given.manager.map(|id| id.0));
        let mut teams: Vec<Choice> =
            world.teams.iter().map(|team| (team.id.0, team.name.clone(), given.team == Some(team.id))).collect();
        teams.sort_by_cached_key(|(_, name, _)| store::sort_key(name));
        let roles = [UserRole::Manager, UserRole::Staff, UserRole::Admin];
        FormView {
            roles: roles.map(|role| (role.word(), t.role_word(role), given.role == role.word())).to_vec(),
            managers,
            teams,
            zones: chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect(),
            by_groups: visit.app.state.config.oidc.is_set().then_some(t.by_groups),
            given,
        }
    }
}

/// What the form says. What it has no field for is not looked at, whatever is posted.
pub(super) fn wanted(fields: &Fields) -> Wanted {
    let text = |name: &str| fields.get(name).chars().filter(|c| *c != '\0').take(5_000).collect::<String>();
    Wanted {
        login: text("login"),
        name: text("name"),
        emails: text("emails"),
        role: text("role"),
        manager: fields.number("manager").map(UserId),
        team: fields.number("team").map(TeamId),
        zone: text("zone"),
        language: text("language"),
        phone: text("phone"),
        external_id: text("external_id"),
    }
}

#[derive(Template)]
#[template(path = "user_new.html")]
struct NewPage {
    shell: Shell,
    t: &'static PeopleWords,
    means: &'static str,
    button: &'static str,
    problem: Option<String>,
    form: FormView,
}

/// `GET /admin/users/new`.
pub(super) async fn new(visit: Visit) -> Response {
    let config = visit.app.state.config.clone();
    let given = Wanted {
        role: UserRole::Manager.word().to_owned(),
        zone: config.zone.clone(),
        language: config.language.clone(),
        ..Wanted::default()
    };
    let page = if visit.person.admin { Ok(new_page(&visit, given, None)) } else { Err(Refusal::NotFound) };
    visit.answer(page)
}

fn new_page(visit: &Visit, given: Wanted, problem: Option<String>) -> Response {
    let t = PeopleWords::of(visit.words().language);
    let passwords = visit.app.state.config.sign_in.passwords;
    let (means, button) = if passwords { (t.new_means, t.invite_do) } else { (t.new_means_provider, t.add_do) };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell().titled(t.new_title).at("users");
    let form = FormView::of(visit, given, None);
    (status, Html(NewPage { shell, t, means, button, problem, form })).into_response()
}

/// `POST /admin/users/new`.
pub(super) async fn create(visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let page = match Fields::of(form) {
        Ok(fields) if visit.person.admin => created(&visit, &fields).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn created(visit: &Visit, fields: &Fields) -> Result<Response, Refusal> {
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let given = wanted(fields);
    let invite = visit.app.state.config.sign_in.passwords;
    let t = PeopleWords::of(visit.words().language);
    match users::add(&mut tx, &caller, &given, invite).await? {
        Err(no) => Ok(new_page(visit, given, Some(t.no(&no)))),
        Ok((id, token)) => {
            tx.commit().await?;
            Ok(match token {
                Some(token) => link_page(visit, id, &given.name, &token, visit.clock.now.plus(7 * DAY)),
                None => Redirect::to(&format!("/admin/users/{id}?done=1")).into_response(),
            })
        }
    }
}

#[derive(Template)]
#[template(path = "user_link.html")]
struct LinkPage {
    shell: Shell,
    t: &'static PeopleWords,
    id: i64,
    name: String,
    link: String,
    path: String,
    means: Timed,
}

/// The page that shows a link, this once.
pub(super) fn link_page(visit: &Visit, user: UserId, name: &str, token: &str, until: Timestamp) -> Response {
    let t = PeopleWords::of(visit.words().language);
    // Where no address of ours is set, the person completes what they see in their browser.
    let root = visit.app.state.config.public_url.trim_end_matches('/');
    let page = LinkPage {
        shell: visit.shell().titled(t.link_title).at("users"),
        t,
        id: user.0,
        name: name.to_owned(),
        link: format!("{root}/invitation/{token}"),
        path: format!("/invitation/{token}"),
        means: Timed::exact(t.link_means, &[("name", name)], "until", &visit.clock.when(until)),
    };
    Html(page).into_response()
}

//! The autoresponder as admins see it: the company's and the teams' texts, what is allowed, warnings, and
//! what was decided (W24).

use super::fields::{self, Field, Sent};
use super::switch::{self, Section};
use super::{LOGGED, LogView, Shell, log};
use crate::actions::caller::Caller;
use crate::actions::notices;
use crate::config::{Audience, Config};
use crate::model::id::TeamId;
use crate::model::notice_text::Holder;
use crate::model::time::DAY;
use crate::web::refusal::Refusal;
use crate::web::shell::Html;
use crate::web::visit::Visit;
use crate::web::words::{NoticeWords, fill};
use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// Somebody whose texts can be chosen.
struct HolderView {
    href: String,
    name: String,
    here: bool,
}

#[derive(Template)]
#[template(path = "notice_admin.html")]
struct Page {
    shell: Shell,
    t: &'static NoticeWords,
    saved: bool,
    unsaved: bool,
    wrong: Vec<String>,
    warnings: Vec<String>,
    holders: Vec<HolderView>,
    action: String,
    variables: String,
    fields: Vec<Field>,
    settings: Vec<(&'static str, String)>,
    only_not_sent: bool,
    log: Vec<LogView>,
    switch: Section,
}

/// The rest of the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    /// A team whose texts are wanted; without one the company's.
    team: Option<i64>,
    /// Only what did not go out.
    not_sent: Option<String>,
    /// Something was saved.
    saved: Option<String>,
    /// What turning the switch would do is wanted, or it was turned.
    switch: Option<String>,
}

/// `GET /admin/autoresponder`.
pub(in crate::web) async fn page(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(asked)) => view(&mut visit, &asked, None, Vec::new()).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// `POST /admin/autoresponder`.
pub(in crate::web) async fn save(
    mut visit: Visit,
    asked: Result<Query<Asked>, QueryRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match (asked, form) {
        (Ok(Query(asked)), Ok(Form(pairs))) => change(&mut visit, &asked, Sent::of(pairs)).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// Whose texts are meant; a team that is not there is not found.
fn holder(visit: &Visit, asked: &Asked) -> Result<Holder, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    match asked.team.map(TeamId) {
        None => Ok(Holder::Company),
        Some(team) if visit.world.team(team).is_some() => Ok(Holder::Team(team)),
        Some(_) => Err(Refusal::NotFound),
    }
}

fn address(holder: Holder) -> String {
    match holder {
        Holder::Team(team) => format!("/admin/autoresponder?team={team}"),
        Holder::Person(_) | Holder::Company => "/admin/autoresponder".to_owned(),
    }
}

async fn change(visit: &mut Visit, asked: &Asked, sent: Sent) -> Result<Response, Refusal> {
    let holder = holder(visit, asked)?;
    if sent.wish == "show" {
        return view(visit, asked, Some(&sent), Vec::new()).await;
    }
    let t = NoticeWords::of(visit.words().language);
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let book = &visit.app.state.config.notice.phrases;
    let wrong = fields::save(&mut tx, &caller, book, holder, &sent).await?;
    if wrong.is_empty() {
        tx.commit().await?;
        let address = address(holder);
        let more = if address.contains('?') { '&' } else { '?' };
        return Ok(Redirect::to(&format!("{address}{more}saved")).into_response());
    }
    drop(tx);
    let wrong = wrong.iter().map(|no| t.no(no)).collect();
    let page = view(visit, asked, Some(&sent), wrong).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn view(visit: &mut Visit, asked: &Asked, sent: Option<&Sent>, wrong: Vec<String>) -> Result<Response, Refusal> {
    let holder = holder(visit, asked)?;
    let t = NoticeWords::of(visit.words().language);
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let since = visit.clock.now.plus(-30 * DAY);
    let only_not_sent = asked.not_sent.is_some();
    let lines = notices::log(&mut visit.tx, &caller, None, since, only_not_sent, LOGGED).await?;
    let log = log(visit, &lines.unwrap_or_default()).await?;
    let fields = fields::of(visit, holder, sent).await?;
    let switch = switch::section(visit, asked.switch.as_deref().unwrap_or_default()).await?;
    let config = visit.config().await?;
    let warnings = warnings(&config, t);
    let company =
        HolderView { href: address(Holder::Company), name: t.company.to_owned(), here: holder == Holder::Company };
    let teams = visit.world.teams.iter().map(|team| HolderView {
        href: address(Holder::Team(team.id)),
        name: fill(t.team, &[("name", &team.name)]),
        here: holder == Holder::Team(team.id),
    });
    let page = Page {
        shell: visit.shell().titled(t.admin_title).at("autoresponder"),
        t,
        saved: asked.saved.is_some(),
        unsaved: sent.is_some() && wrong.is_empty(),
        wrong,
        warnings,
        holders: std::iter::once(company).chain(teams).collect(),
        action: address(holder),
        variables: fill(t.variables, &[("names", &fields::variables())]),
        fields,
        settings: settings(&config, t),
        only_not_sent,
        log,
        switch,
    };
    Ok(Html(page).into_response())
}

/// What keeps notices from going out, or from saying what they could.
fn warnings(config: &Config, t: &'static NoticeWords) -> Vec<String> {
    let unstamped = config.notice.authserv_id.trim().is_empty();
    let plain = [
        (!config.notice.enabled, t.warn_off),
        (config.own_domains.is_empty(), t.warn_domains),
        (unstamped, t.warn_stamps),
        (unstamped && config.notice.internal, t.warn_internal),
    ];
    let mut warnings: Vec<String> =
        plain.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text.to_owned()).collect();
    let mute = config.mailbox.iter().filter(|mailbox| mailbox.user.is_some() && mailbox.smtp.is_none());
    warnings.extend(mute.map(|mailbox| fill(t.warn_smtp, &[("name", &mailbox.name)])));
    warnings
}

/// The settings in force, in words.
fn settings(config: &Config, t: &'static NoticeWords) -> Vec<(&'static str, String)> {
    let notice = &config.notice;
    let audience = match notice.audience {
        Audience::Nobody => t.audience_nobody,
        Audience::Known => t.audience_known,
        Audience::Authenticated => t.audience_authenticated,
    };
    let languages: Vec<&str> = notice.phrases.iter().map(|phrases| phrases.name()).collect();
    let repeat = match notice.repeat_days {
        0 => t.repeat_never.to_owned(),
        days => fill(t.repeat_after, &[("n", &days.to_string())]),
    };
    vec![
        (t.set_enabled, if notice.enabled { t.on } else { t.off }.to_owned()),
        (t.set_audience, audience.to_owned()),
        (t.set_internal, if notice.internal { t.internal_on } else { t.internal_off }.to_owned()),
        (t.set_age, fill(t.minutes, &[("n", &notice.max_age.to_string())])),
        (t.set_most, notice.max_recipients.to_string()),
        (t.set_repeat, repeat),
        (t.set_languages, languages.join(", ")),
    ]
}

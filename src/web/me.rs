//! My settings: language and zone, what I am told by mail, where I am signed in (W11).

use super::App;
use super::devices;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::signin;
use super::visit::Visit;
use super::when::When;
use super::words::{AnsweringWords, FilingWords, NoticeWords, PrivacyWords, SignInWords, TellingWords, fill};
use crate::actions::wishes::{self, Entered, Problem};
use crate::model::colleagues::{Urgent, Wishes};
use crate::model::id::RecordId;
use crate::model::time::Timestamp;
use crate::store::{notifications, people, sessions, views};
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;

/// The digest's time that the form proposes.
const PROPOSED: u32 = 7 * 60 + 30;

/// The fields of the form as they were filled in.
#[derive(Clone, Debug, Default)]
struct Fields {
    language: String,
    zone: String,
    digest: bool,
    digest_at: String,
    covers: bool,
    limit: String,
    add: Entered,
    /// Conditions to be removed.
    remove: Vec<Urgent>,
}

impl Fields {
    fn of(pairs: Vec<(String, String)>) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            // No field needs more; a longer one is nobody's setting.
            let value: String = value.chars().filter(|c| *c != '\0').take(1_000).collect();
            match name.as_str() {
                "language" => fields.language = value,
                "zone" => fields.zone = value.trim().to_owned(),
                "digest" => fields.digest = true,
                "digest_at" => fields.digest_at = value,
                "covers" => fields.covers = true,
                "limit" => fields.limit = value,
                "contact" => fields.add.contact = value,
                "account" => fields.add.account = value,
                "class" => fields.add.class = value,
                "words" => fields.add.words = value,
                "hours" => fields.add.hours = value,
                // Only what is one can be removed.
                "remove" => fields.remove.extend(serde_json::from_str::<Urgent>(&value)),
                _ => {}
            }
        }
        fields
    }

    /// What is stored, for a form that nobody has filled in yet.
    fn stored(visit: &Visit, wishes: &Wishes) -> Fields {
        let minute = wishes.digest.unwrap_or(PROPOSED);
        Fields {
            language: visit.words().tag.to_owned(),
            zone: visit.clock.zone.name().to_owned(),
            digest: wishes.digest.is_some(),
            digest_at: format!("{:02}:{:02}", minute / 60, minute % 60),
            covers: wishes.covers,
            limit: wishes.urgent_a_day.to_string(),
            ..Fields::default()
        }
    }
}

struct ConditionView {
    stored: String,
    text: String,
    removed: bool,
}

struct SessionView {
    hash: String,
    /// Browser and system in words.
    device: String,
    agent: String,
    address: String,
    here: bool,
    since: When,
    seen: When,
}

#[derive(Template)]
#[template(path = "me.html")]
struct Page {
    shell: Shell,
    t: &'static TellingWords,
    filing: &'static FilingWords,
    privacy: &'static PrivacyWords,
    notice: &'static NoticeWords,
    s: &'static SignInWords,
    a: &'static AnsweringWords,
    saved: bool,
    problem: Option<String>,
    /// Why nothing can be sent at all.
    silent: Option<&'static str>,
    fields: Fields,
    zones: Vec<&'static str>,
    conditions: Vec<ConditionView>,
    sessions: Vec<SessionView>,
}

/// `GET /me`.
pub(super) async fn page(mut visit: Visit, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let saved = query.as_deref() == Some("saved");
    let page = view(&mut visit, &headers, None, saved).await;
    visit.answer(page)
}

/// `POST /me`.
pub(super) async fn save(
    mut visit: Visit,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match form {
        Ok(Form(pairs)) => change(&mut visit, &headers, Fields::of(pairs)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn change(visit: &mut Visit, headers: &HeaderMap, fields: Fields) -> Result<Response, Refusal> {
    match store(visit, &fields).await? {
        Ok(()) => Ok(Redirect::to("/me?saved").into_response()),
        Err(problem) => {
            let text = TellingWords::of(visit.words().language).problem(&problem);
            let page = view(visit, headers, Some((fields, text)), false).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// Saves all of it or nothing.
async fn store(visit: &mut Visit, fields: &Fields) -> Result<Result<(), Problem>, Refusal> {
    let me = visit.person.user;
    let plain = (|| {
        let digest = if fields.digest { wishes::time_of_day(&fields.digest_at)? } else { None };
        if fields.digest && digest.is_none() {
            return Err(Problem::Time);
        }
        Ok((digest, wishes::limit(&fields.limit)?))
    })();
    let (digest, urgent_a_day) = match plain {
        Ok(found) => found,
        Err(problem) => return Ok(Err(problem)),
    };
    let mut tx = visit.app.state.db.write().await?;
    if let Err(problem) = wishes::set_manner(&mut tx, me, &fields.language, &fields.zone).await? {
        return Ok(Err(problem));
    }
    let mut urgent = notifications::wishes_of(&mut tx, me).await?.urgent;
    urgent.retain(|condition| !fields.remove.contains(condition));
    if !fields.add.is_empty() {
        match wishes::condition(&mut tx, &visit.scope, &fields.add).await? {
            Ok(condition) if urgent.contains(&condition) => {}
            Ok(condition) => urgent.push(condition),
            Err(problem) => return Ok(Err(problem)),
        }
    }
    let all = Wishes { digest, urgent, urgent_a_day, covers: fields.covers, since: Timestamp(0) };
    if let Err(problem) = wishes::save(&mut tx, me, &all, visit.clock.now).await? {
        return Ok(Err(problem));
    }
    tx.commit().await?;
    Ok(Ok(()))
}

async fn view(
    visit: &mut Visit,
    headers: &HeaderMap,
    refused: Option<(Fields, String)>,
    saved: bool,
) -> Result<Response, Refusal> {
    let (me, now) = (visit.person.user, visit.clock.now);
    let t = TellingWords::of(visit.words().language);
    let wishes = notifications::wishes_of(&mut visit.tx, me).await?;
    let (fields, problem) = match refused {
        Some((fields, text)) => (fields, Some(text)),
        None => (Fields::stored(visit, &wishes), None),
    };
    let mut named = Vec::new();
    for urgent in &wishes.urgent {
        named.extend([urgent.contact, urgent.account].into_iter().flatten());
    }
    let names = views::names(&mut visit.tx, &visit.scope, named).await?;
    let names: HashMap<RecordId, String> = names.into_iter().map(|(id, named)| (id, named.name)).collect();
    let conditions = wishes.urgent.iter().map(|urgent| ConditionView {
        text: said(urgent, &names, t),
        removed: fields.remove.contains(urgent),
        stored: stored(urgent),
    });
    let known = people::load(&mut visit.tx, me).await?.is_some_and(|user| !user.addresses.is_empty());
    let silent = match visit.app.state.config.colleagues.mailbox.is_empty() {
        true => Some(t.no_sender),
        false if !known => Some(t.no_address),
        false => None,
    };
    let here = signin::token(&visit.app, headers);
    let found = sessions::of(&mut visit.tx, me, now).await?;
    let sessions = found.into_iter().map(|session| SessionView {
        here: here.is_some_and(|token| token.as_slice() == session.token_hash),
        hash: hex::encode(&session.token_hash),
        since: visit.clock.when(Timestamp(session.created_at)),
        seen: visit.clock.when(Timestamp(session.seen_at)),
        device: devices::words(&session.agent),
        agent: session.agent.chars().take(200).collect(),
        address: session.address,
    });
    let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    let (conditions, sessions) = (conditions.collect(), sessions.collect());
    let shell = visit.shell().titled(t.title).at("me");
    let filing = FilingWords::of(visit.words().language);
    let privacy = PrivacyWords::of(visit.words().language);
    let notice = NoticeWords::of(visit.words().language);
    let s = SignInWords::of(visit.words().language);
    let a = AnsweringWords::of(visit.words().language);
    Ok(Html(Page {
        shell,
        t,
        filing,
        privacy,
        notice,
        s,
        a,
        saved,
        problem,
        silent,
        fields,
        zones,
        conditions,
        sessions,
    })
    .into_response())
}

/// A condition as the form names it: as it is stored, so that another window cannot shift it.
fn stored(urgent: &Urgent) -> String {
    serde_json::json!(urgent).to_string()
}

/// A condition in words.
fn said(urgent: &Urgent, names: &HashMap<RecordId, String>, t: &'static TellingWords) -> String {
    let name = |id: RecordId| names.get(&id).map_or(t.unseen, String::as_str);
    let mut parts = Vec::new();
    parts.extend(urgent.contact.map(|id| fill(t.said_contact, &[("name", name(id))])));
    parts.extend(urgent.account.map(|id| fill(t.said_account, &[("name", name(id))])));
    parts.extend(urgent.class.map(|class| fill(t.said_class, &[("name", class.word())])));
    if !urgent.words.is_empty() {
        parts.push(fill(t.said_words, &[("name", &urgent.words.join(t.said_or))]));
    }
    parts.extend(urgent.waiting_hours.map(|n| fill(t.said_waits, &[("name", &t.count(&t.hours, n.into()))])));
    parts.join(", ")
}

/// `POST /me/sessions`: signs the viewer out of one other browser, or of all.
pub(super) async fn end_session(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Response {
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    let hash = fields.get("session").and_then(|session| hex::decode(session).ok()).unwrap_or_default();
    let all = fields.contains_key("all");
    let here = signin::token(&app, &headers);
    let me = visit.person.user;
    let ended: anyhow::Result<()> = async {
        let mut tx = app.state.db.write().await?;
        match here {
            Some(here) if all => drop(sessions::end_others(&mut tx, me, &here).await?),
            _ => drop(sessions::end_of(&mut tx, me, &hash).await?),
        }
        Ok(tx.commit().await?)
    }
    .await;
    visit.answer(match ended {
        // One that ended meanwhile is what was wanted.
        Ok(_) => Ok(Redirect::to("/me").into_response()),
        Err(error) => Err(Refusal::Broken(error.context("ending a session"))),
    })
}

//! Requests for mail in one's own mailbox, or for an address of one's own record (P12).

use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{Words, fill};
use crate::actions::consents::{self, Decision, Refused};
use crate::intake::reconsider::{self, Reconsidered};
use crate::model::consent::{Consent, ConsentState};
use crate::model::id::RecordId;
use crate::store;
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::collections::HashMap;

struct RequestView {
    id: i64,
    text: String,
    about: String,
    when: When,
    state: Option<&'static str>,
    gives: bool,
    refuses: bool,
    withdraws: bool,
}

#[derive(Template)]
#[template(path = "consents.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    none: bool,
    groups: [(&'static str, Vec<RequestView>); 2],
}

/// `GET /consents`.
pub(super) async fn page(mut visit: Visit) -> Response {
    let page = view(&mut visit).await;
    visit.answer(page)
}

async fn view(visit: &mut Visit) -> Result<Response, Refusal> {
    let all = store::consents::of(&mut visit.tx, visit.person.user).await?;
    let ids: Vec<RecordId> = all.iter().map(|c| c.record).collect();
    // The record is named only to those who may read it.
    let seen = store::records::load_seen(&mut visit.tx, &visit.scope, &ids).await?;
    let names: HashMap<RecordId, String> = seen.into_iter().map(|e| (e.record.id, e.record.name)).collect();
    let addresses: Vec<&str> = all.iter().map(|c| c.address.as_str()).collect();
    let vouched = store::consents::vouched(&mut visit.tx, &addresses).await?;
    let me = visit.person.user;
    let owns = |c: &Consent| {
        let on = vouched.get(&c.address).into_iter().flatten();
        on.into_iter().any(|(record, owner)| *owner == me && *record != c.record)
    };
    let views = all.iter().map(|c| (c.state, request(c, owns(c), names.get(&c.record), visit)));
    let (open, decided): (Vec<_>, Vec<_>) = views.partition(|(state, _)| *state == ConsentState::Open);
    let w = visit.words();
    let page = Page {
        shell: visit.shell().titled(w.access().nav_requests).at("consents"),
        w,
        none: open.is_empty(),
        groups: [("", open), (w.access().decided, decided)]
            .map(|(title, group)| (title, group.into_iter().map(|(_, view)| view).collect())),
    };
    Ok(Html(page).into_response())
}

fn request(consent: &Consent, owns: bool, record: Option<&String>, visit: &Visit) -> RequestView {
    let w = visit.words().access();
    let text = if owns { w.consent_record } else { w.consent_mailbox };
    RequestView {
        id: consent.id,
        text: fill(text, &[("name", &visit.name(consent.asked_by)), ("address", &consent.address)]),
        about: record.map_or(w.consent_hidden.to_owned(), |name| fill(w.consent_for, &[("record", name)])),
        when: visit.clock.when(consent.decided_at.unwrap_or(consent.asked_at)),
        state: match consent.state {
            ConsentState::Open => None,
            ConsentState::Given => Some(w.state_given),
            ConsentState::Refused => Some(w.state_refused),
            ConsentState::Withdrawn => Some(w.state_withdrawn),
        },
        gives: consent.state != ConsentState::Given,
        refuses: consent.state == ConsentState::Open,
        withdraws: consent.state == ConsentState::Given,
    }
}

/// What a button says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Give,
    Refuse,
    Withdraw,
}

/// The form of one request.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
    decision: Said,
}

/// `POST /consents/{id}`.
pub(super) async fn decide(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Given>, FormRejection>,
) -> Response {
    let done = match (path, form) {
        (Ok(Path(id)), Ok(Form(given))) => decided(&visit, id, &given.decision).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn decided(visit: &Visit, id: i64, said: &Said) -> Result<Response, Refusal> {
    let decision = match said {
        Said::Give => Decision::Give,
        Said::Refuse => Decision::Refuse,
        Said::Withdraw => Decision::Withdraw,
    };
    let (state, now, w) = (&visit.app.state, visit.clock.now, visit.words().access());
    let mut tx = state.db.write().await?;
    tx.alone().await?;
    let decided = consents::decide(&mut tx, visit.person.user, id, decision, now).await?;
    let decided = decided.map_err(|refused| match refused {
        Refused::NotThere => Refusal::NotFound,
        Refused::Already => Refusal::Declined(w.no_already.to_owned()),
        Refused::Moot => Refusal::Declined(w.no_moot.to_owned()),
    })?;
    if let Some(address) = decided.address {
        let what = Reconsidered { address, holder: decided.holder };
        let own = state.config.house();
        reconsider::address(&mut tx, &what, &own, &state.keys, now).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/consents").into_response())
}

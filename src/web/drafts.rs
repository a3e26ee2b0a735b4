//! The list of what somebody is writing, and what became of an answer that was begun on Today.

use super::doing::Fields;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{AnsweringWords, fill};
use crate::actions::answering::{self, Advice};
use crate::model::delivery::Delivery;
use crate::model::draft::{Draft, DraftKind};
use crate::model::id::{DraftId, MailId};
use crate::model::time::DAY;
use crate::store::{drafts, views};
use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Drafts that the list shows at most.
const SHOWN: i64 = 100;
/// What stands in addresses and forms of a draft that was begun on Today.
const TODAY: &str = "today";

/// From where a draft was begun, as its address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Origin {
    #[serde(default)]
    from: String,
}

impl Origin {
    /// As a form says.
    pub fn of(fields: &Fields) -> Origin {
        Origin { from: fields.get("from").to_owned() }
    }

    /// Whether it was begun on Today, where its writer goes back to.
    pub fn today(&self) -> bool {
        self.from == TODAY
    }

    /// The address of the draft, begun from there.
    pub fn draft(&self, id: DraftId) -> String {
        if self.today() { format!("/drafts/{id}?from={TODAY}") } else { format!("/drafts/{id}") }
    }

    /// Where its writer goes once it is sent: back to the list, which says what becomes of it.
    pub fn sent(&self, id: DraftId) -> String {
        if self.today() { format!("/?sent={id}") } else { format!("/drafts/{id}") }
    }

    /// Where its writer goes once it is thrown away.
    pub fn discarded(&self) -> &'static str {
        if self.today() { "/" } else { "/drafts" }
    }
}

struct Line {
    id: i64,
    kind: &'static str,
    to: String,
    subject: String,
    state: &'static str,
    bad: bool,
    when: When,
}

#[derive(Template)]
#[template(path = "drafts.html")]
struct List {
    shell: Shell,
    a: &'static AnsweringWords,
    lines: Vec<Line>,
}

/// What Today says of an answer that was begun there.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// The draft.
    pub id: i64,
    /// To whom it goes, and what became of it.
    pub text: String,
    /// It did not go out, or nobody knows.
    pub bad: bool,
    /// It is on its way.
    pub under_way: bool,
}

/// What became of a draft of the viewer's; none where it was not sent or is not theirs.
pub(super) async fn outcome(visit: &mut Visit, id: DraftId) -> Result<Option<Outcome>, Refusal> {
    let a = AnsweringWords::of(visit.words().language);
    let Some(draft) = drafts::load(&mut visit.tx, visit.person.user, id).await? else { return Ok(None) };
    let Some(sending) = &draft.sending else { return Ok(None) };
    let under_way = matches!(sending.state, Delivery::Queued | Delivery::Sending);
    let (state, bad) = short_state(&draft, a);
    // Once it went out, its words are gone from here.
    let text = match draft.typed.to.as_str() {
        "" => fill(a.answer, &[("state", state)]),
        to => fill(a.answer_to, &[("to", to), ("state", state)]),
    };
    Ok(Some(Outcome { id: id.0, text, bad, under_way }))
}

/// `GET /drafts`.
pub(super) async fn list(mut visit: Visit) -> Response {
    let page = listed(&mut visit).await;
    visit.answer(page)
}

async fn listed(visit: &mut Visit) -> Result<Response, Refusal> {
    let a = AnsweringWords::of(visit.words().language);
    let since = visit.clock.now.plus(-7 * DAY);
    let found = drafts::of_user(&mut visit.tx, visit.person.user, since, SHOWN).await?;
    let mut lines = Vec::new();
    for draft in found {
        // Of what went out the words are gone from here; they stand in the mail.
        let sent = sent_mail(visit, &draft).await?;
        let subject = match sent {
            Some(mail) => {
                views::subjects(&mut visit.tx, &visit.scope, &[mail]).await?.remove(&mail).unwrap_or_default()
            }
            None => draft.typed.subject.clone(),
        };
        let (state, bad) = short_state(&draft, a);
        lines.push(Line {
            id: draft.id.0,
            kind: kind(draft.kind, a),
            to: if draft.typed.to.is_empty() && sent.is_none() {
                a.no_one_yet.to_owned()
            } else {
                draft.typed.to.clone()
            },
            subject: if subject.is_empty() { a.no_subject.to_owned() } else { subject },
            state,
            bad,
            when: visit.clock.when(draft.saved_at),
        });
    }
    let shell = visit.shell().titled(a.drafts).at("drafts");
    Ok(Html(List { shell, a, lines }).into_response())
}

/// The mail that a draft became, where the viewer sees it.
pub(super) async fn sent_mail(visit: &mut Visit, draft: &Draft) -> Result<Option<MailId>, Refusal> {
    let Some(sending) = draft.sending.as_ref().filter(|_| draft.taken_at.is_some()) else { return Ok(None) };
    let Some(mail) = drafts::mail_of(&mut visit.tx, sending.outbox).await? else { return Ok(None) };
    Ok(views::message(&mut visit.tx, &visit.scope, mail).await?.map(|_| mail))
}

/// What is being written.
pub(super) fn kind(kind: DraftKind, a: &'static AnsweringWords) -> &'static str {
    match kind {
        DraftKind::Reply | DraftKind::ReplyAll => a.kind_reply,
        DraftKind::Forward => a.kind_forward,
        DraftKind::New => a.kind_new,
    }
}

fn short_state(draft: &Draft, a: &'static AnsweringWords) -> (&'static str, bool) {
    match draft.sending.as_ref().map(|sending| sending.state) {
        None => (a.draft, false),
        Some(Delivery::Queued) => (a.state_queued, false),
        Some(Delivery::Sending) => (a.state_sending, false),
        Some(Delivery::Sent) => (a.state_sent, false),
        Some(Delivery::Unclear) => (a.state_unclear, true),
        Some(_) if answering::advice(draft) == Advice::TakenBack => (a.draft, false),
        Some(_) => (a.state_refused, true),
    }
}

//! Every step on one mail, stored or given, and what comes of it: for admins, of mail that they may read or that review
//! asks them about. Records are named only to who may read them.

use super::super::trace::{Answer, Given, traced};
use super::super::trace_told::{Found, LinkView as Tie, Place, Reader, StepView as Step};
use super::super::visit::Visit;
use super::asking::{Asking, Body, Params};
use super::bearer::Administers;
use super::problem::Problem;
use super::shapes::octets;
use crate::intake::replay::{Trace, is_mail};
use crate::model::block::Hidden;
use crate::model::link::Linking;
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which stored mail is traced.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// Its number or its Message-ID.
    message: String,
}

/// A mail that is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TraceInput)]
pub(in super::super) struct Input {
    /// The whole mail as a mail program saves it (.eml), in base64 (RFC 4648, section 4).
    #[schema(format = Byte)]
    content: String,
    /// The mailbox into which it is traced, by its name; without it the one that its own fields name, else the first.
    mailbox: Option<String>,
}

/// A record in a trace.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TraceRecord)]
pub(in super::super) struct PlaceView {
    /// Its id, where the token shows it.
    id: Option<i64>,
    /// What it is called; "record 17" where the token does not show it.
    name: String,
}

/// A tie to a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TraceLink)]
pub(in super::super) struct LinkView {
    /// The record on whose timeline it stands, or would.
    record: PlaceView,
    /// The record that governs who sees it there.
    governing: PlaceView,
    /// How strong the evidence is, 0 to 100.
    score: i64,
    /// The evidence in words.
    why: String,
}

/// One step, in the order in which they are asked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TraceStep)]
pub(in super::super) struct StepView {
    /// Its number.
    step: usize,
    /// What is asked.
    name: String,
    /// Whether it holds.
    holds: bool,
    /// What came of it, in a word or two.
    verdict: &'static str,
    /// Why.
    why: String,
}

/// Somebody who sees the mail, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TraceReader)]
pub(in super::super) struct ReaderView {
    /// Who.
    name: String,
    /// By which rights, or in which mailbox.
    why: String,
}

/// Those who see it by one record, or by a copy of their own.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TraceReaders)]
pub(in super::super) struct ReadersView {
    /// By what.
    by: String,
    /// Who.
    people: Vec<ReaderView>,
}

/// A line about the mail itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TraceLine)]
pub(in super::super) struct LineView {
    /// What it is about.
    label: &'static str,
    /// What is so.
    text: String,
}

/// What became of a mail, or would, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Trace)]
pub(in super::super) struct TraceView {
    /// The stored mail; null where nothing like it is stored.
    message_id: Option<i64>,
    /// linked, review, private, nowhere or unmatched: what became of it, or would.
    linking: &'static str,
    /// Why it is not stored whatever stands on it: company or own, where a block says so.
    hidden: Option<&'static str>,
    /// Why it is where it is, a sentence or two each.
    why: Vec<String>,
    /// Who wrote what to whom and when, and where it lies.
    head: Vec<LineView>,
    /// What it says where a machine wrote it.
    says: Vec<String>,
    /// Other stored mails with its Message-ID.
    others: Vec<i64>,
    /// Whether the owner of the token is asked about it in review.
    asked: bool,
    /// The decision in which they decided about it.
    decision_id: Option<i64>,
    /// Whether they may read it.
    readable: bool,
    /// Where it stands, or would.
    links: Vec<LinkView>,
    /// The records that it may be about, where a person is asked.
    candidates: Vec<LinkView>,
    /// Who sees it.
    readers: Vec<ReadersView>,
    /// Whether it is marked confidential, or would be.
    confidential: bool,
    /// What was decided of absence notices, a sentence each.
    notices: Vec<String>,
    /// The version of the rules that counts now.
    version: i64,
    /// Every step: the built-in ones and the rules.
    steps: Vec<StepView>,
    /// What the rules said of a stored mail when it came.
    said: Vec<String>,
}

impl From<Place> for PlaceView {
    fn from(Place { id, name }: Place) -> PlaceView {
        PlaceView { id, name }
    }
}

/// Ties with the strength that the trace has for each.
fn ties(ties: Vec<Tie>, scores: impl Iterator<Item = i64>) -> Vec<LinkView> {
    let one =
        |(tie, score): (Tie, i64)| LinkView { record: tie.on.into(), governing: tie.by.into(), score, why: tie.why };
    ties.into_iter().zip(scores).map(one).collect()
}

fn view(trace: &Trace, found: Found) -> TraceView {
    let (links, candidates) = match &trace.linking {
        Linking::Linked { links, candidates, .. } => (links.as_slice(), candidates.as_slice()),
        Linking::Review(candidates) => (&[][..], candidates.as_slice()),
        Linking::Unmatched => (&[][..], &[][..]),
    };
    let reader = |Reader { name, why }: Reader| ReaderView { name, why };
    let readers = found.readers.into_iter();
    TraceView {
        message_id: trace.stored.map(|mail| mail.0),
        linking: trace.state.word(),
        hidden: trace.hidden.map(Hidden::word),
        why: found.why,
        head: found.head.into_iter().map(|(label, text)| LineView { label, text }).collect(),
        says: found.says,
        others: trace.others.iter().map(|mail| mail.0).collect(),
        asked: found.asked,
        decision_id: found.decided,
        readable: found.opens,
        links: ties(found.links, links.iter().map(|link| link.evidence.score())),
        candidates: ties(found.candidates, candidates.iter().map(|one| one.evidence.score())),
        readers: readers
            .map(|of| ReadersView { by: of.by, people: of.people.into_iter().map(reader).collect() })
            .collect(),
        confidential: found.sealed,
        notices: found.notices,
        version: trace.version,
        steps: found.steps.into_iter().map(step).collect(),
        said: found.said,
    }
}

fn step(step: Step) -> StepView {
    StepView { step: step.place, name: step.name, holds: step.holds, verdict: step.verdict, why: step.why }
}

async fn told(visit: &mut Visit, mut given: Given) -> Result<Json<TraceView>, Problem> {
    let stored = given.raw.is_empty();
    match traced(visit, &mut given).await.map_err(Problem::of)? {
        Ok((trace, found)) => Ok(Json(view(&trace, found))),
        Err(Answer::Several(several)) => {
            let numbers: Vec<String> = several.iter().map(|one| one.mail.to_string()).collect();
            let numbers = numbers.join(", ");
            let text = format!("Several stored mails have this Message-ID: {numbers}. Ask for one by its number.");
            Err(Problem::Conflict(text))
        }
        Err(_) if stored => Err(Problem::NotFound),
        Err(Answer::No(why, _)) => Err(Problem::Declined(why)),
        Err(Answer::Traced(..)) => Err(Problem::NotFound),
    }
}

/// Every step on a stored mail and what came of it: where it stands and why, who sees it, what the rules and the built-in
/// steps said, whether a notice went. That it was looked at is in the audit.
#[utoipa::path(
    get, path = "/api/v1/trace", tag = "messages", params(Asked),
    responses((status = 200, body = TraceView), (status = 409)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn stored(
    mut asking: Asking<Administers>,
    Params(asked): Params<Asked>,
) -> Result<Json<TraceView>, Problem> {
    if asked.message.trim().is_empty() {
        return Err(Problem::Query("message is the number of a stored mail, or its Message-ID.".to_owned()));
    }
    told(&mut asking.visit, Given { mail: asked.message, ..Given::default() }).await
}

/// Every step on a mail that is given, as if it came now; what is stored already is told as what is stored. Nothing of it
/// is kept.
#[utoipa::path(
    post, path = "/api/v1/trace", tag = "messages", request_body = Input,
    responses((status = 200, body = TraceView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn given(
    mut asking: Asking<Administers>,
    body: Body<Input>,
) -> Result<Json<TraceView>, Problem> {
    let Input { content, mailbox } = body.value;
    let raw = octets("content", &content)?;
    if !is_mail(&raw) {
        return Err(Problem::field("content", "it does not begin with the header of a mail (From, To, Subject, Date)"));
    }
    told(&mut asking.visit, Given { raw, mailbox: mailbox.unwrap_or_default(), ..Given::default() }).await
}

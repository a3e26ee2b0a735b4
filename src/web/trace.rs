//! Every step on one mail, stored or given here, and what comes of it (W21). For admins; records are
//! named only to who may read them, and only mail is traced that the asker may read or that review asks them about.

use super::doing::Fields;
use super::refusal::Refusal;
use super::rules::caller;
use super::shell::{Html, Shell};
use super::trace_told::{Found, Told, told};
use super::upload::{Fault, parts};
use super::visit::Visit;
use super::why::Known;
use super::words::{RuleWords, TraceWords, Words, fill};
use crate::actions::actor::Actor;
use crate::actions::review::Reviewer;
use crate::actions::rules;
use crate::actions::suggestions::{self, Suggestion};
use crate::actions::tracing::Beside;
use crate::intake::context_of;
use crate::intake::replay::{self, Asker, LARGEST_MAIL, Trace};
use crate::model::address::domain_part;
use crate::model::id::{MailId, RecordId};
use crate::model::review::Reason;
use crate::model::time::DAY;
use crate::store::views::Question;
use crate::store::{self, mailboxes, views};
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::BTreeSet;

/// Octets of a mail that may be given.
#[expect(clippy::cast_possible_truncation, reason = "64 MiB")]
pub(super) const LARGEST: usize = LARGEST_MAIL as usize;

#[derive(Template)]
#[template(path = "trace.html")]
struct Page {
    shell: Shell,
    r: &'static RuleWords,
    t: &'static TraceWords,
    w: &'static Words,
    problem: Option<String>,
    /// What to do about the problem.
    next: Option<&'static str>,
    /// Mails of which one may be meant: number and what it is.
    several: Vec<(i64, String)>,
    number: String,
    source: String,
    mailboxes: Vec<(String, bool)>,
    found: Option<Found>,
}

/// What was given to be traced.
#[derive(Default)]
pub(super) struct Given {
    /// A stored mail's number or Message-ID.
    pub mail: String,
    /// Into which mailbox one that is given comes; empty: as its own fields say.
    pub mailbox: String,
    /// It was typed, and is shown again.
    pub source: String,
    /// Its octets, where it is given.
    pub raw: Vec<u8>,
    /// The names of all mailboxes to choose from on the page, also of those that were set up on one.
    pub mailboxes: Vec<String>,
}

/// What is shown: the trace, or why there is none.
pub(super) enum Answer {
    Traced(Box<Trace>, String),
    Several(Vec<replay::Named>),
    No(String, Option<&'static str>),
}

/// `GET /admin/trace`: the form, and with `mail` the trace of a stored mail.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Vec<(String, String)>>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(fields)) => {
            let mail = Fields(fields).get("mail").to_owned();
            match empty(&mut visit).await {
                Ok(given) => view(&mut visit, Given { mail, ..given }).await,
                Err(refusal) => Err(refusal),
            }
        }
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// `POST /admin/trace`: the trace of a mail that is given, as a file or as its source.
pub(super) async fn given(mut visit: Visit, request: Request) -> Response {
    let page = posted(&mut visit, request).await;
    visit.answer(page)
}

async fn posted(visit: &mut Visit, request: Request) -> Result<Response, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let mut given = empty(visit).await?;
    let (w, r, t) = (visit.words(), visit.words().rules(), TraceWords::of(visit.words().language));
    let parts = match parts(request).await {
        Ok(parts) => parts,
        Err(Fault::TooLarge) => return Ok(problem(visit, given, r.trace_large)),
        Err(fault) => return Err(fault.refusal(w, r.trace_large)),
    };
    for part in parts {
        match part.name.as_str() {
            "mailbox" => given.mailbox = part.text().trim().to_owned(),
            "file" if !part.value.is_empty() => given.raw = part.value.to_vec(),
            "source" if !part.value.iter().all(u8::is_ascii_whitespace) => given.source = part.text(),
            _ => {}
        }
    }
    if given.raw.is_empty() {
        given.raw = given.source.trim_start().as_bytes().to_vec();
    }
    if given.raw.len() > LARGEST {
        return Ok(problem(visit, Given { raw: Vec::new(), ..given }, r.trace_large));
    }
    if given.raw.is_empty() {
        return Ok(problem(visit, given, r.trace_empty));
    }
    if !replay::is_mail(&given.raw) {
        return Ok(problem(visit, given, t.no_mail));
    }
    view(visit, given).await
}

/// Nothing given yet, with the mailboxes to choose from.
async fn empty(visit: &mut Visit) -> Result<Given, Refusal> {
    let mailboxes = visit.config().await?.mailbox.into_iter().map(|one| one.name).collect();
    Ok(Given { mailboxes, ..Given::default() })
}

fn problem(visit: &Visit, given: Given, text: &str) -> Response {
    form(visit, given, Answer::No(text.to_owned(), None), None)
}

async fn view(visit: &mut Visit, mut given: Given) -> Result<Response, Refusal> {
    if given.raw.is_empty() && given.mail.is_empty() && visit.person.admin {
        return Ok(form(visit, given, Answer::Several(Vec::new()), None));
    }
    match traced(visit, &mut given).await? {
        Ok((_, found)) => Ok(form(visit, given, Answer::Several(Vec::new()), Some(found))),
        Err(answer) => Ok(form(visit, given, answer, None)),
    }
}

/// The trace of what was given, with what is told of it to the viewer; else why there is none. Notes in the audit that it
/// was looked at.
pub(super) async fn traced(
    visit: &mut Visit,
    given: &mut Given,
) -> Result<Result<(Box<Trace>, Found), Answer>, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let raw = std::mem::take(&mut given.raw);
    let (world, now, user) = (visit.world.clone(), visit.clock.now, visit.person.user);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let (reviewer, scope) = (Reviewer::of(&actor), visit.scope.clone());
    let suggestions = suggestions::list(&mut visit.tx, &reviewer, visit.clock.zone).await?;
    let suggested: BTreeSet<MailId> = suggestions.iter().flat_map(Suggestion::mails).collect();
    let asker = Asker { scope: &scope, desk: reviewer.desk(), suggested };
    let given_here = !raw.is_empty();
    let answer = match raw.is_empty() {
        true => by_name(visit, &asker, given.mail.trim()).await?,
        false => of_file(visit, &asker, given, raw).await?,
    };
    let Answer::Traced(trace, title) = answer else { return Ok(Err(answer)) };
    let seeing = asker.sees_of(&mut visit.tx, &trace).await?;
    let question = seeing.as_ref().and_then(|seeing| seeing.question.as_ref());
    let of_it = |one: &Suggestion| trace.stored.is_some_and(|mail| one.mails().any(|of| of == mail));
    let of_it: Vec<Suggestion> = suggestions.into_iter().filter(of_it).collect();
    noted(visit, &reviewer, &trace, (question, &of_it)).await?;
    let suggested = of_it.first().map(|one| format!("/review?suggestion={}", one.key));
    let mut known: Known = match is_hidden(visit, &trace).await? {
        true => Known::default(),
        false => views::names(&mut visit.tx, &scope, trace.named()).await?.into_iter().collect(),
    };
    let opens: BTreeSet<RecordId> = known.keys().copied().collect();
    if question.is_some() || suggested.is_some() {
        // Review names them to whom it asks; of what is marked confidential only those it asks between.
        let between = question.map(|question| question.records.clone()).unwrap_or_default();
        let named = if trace.sealed { between.into_iter().collect() } else { trace.named() };
        let asked: Vec<_> = named.into_iter().filter(|id| !known.contains_key(id)).collect();
        known.extend(views::names(&mut visit.tx, asker.desk.reach, asked).await?);
    }
    let asked: Option<Option<Reason>> = match trace.stored {
        Some(_) => question.map(|question| question.reason),
        None => trace.asked.map(Some),
    };
    let reads = seeing.as_ref().is_none_or(|seeing| seeing.reads);
    let decided = seeing.as_ref().and_then(|seeing| seeing.decided);
    let beside = beside(visit, &reviewer, &trace, decided.map(|(number, _)| number)).await?;
    let w = visit.words();
    let (r, t) = (w.rules(), TraceWords::of(w.language));
    let found = told(
        &Told {
            visit,
            trace: &trace,
            known,
            opens,
            w,
            r,
            t,
            asked,
            suggested,
            decided,
            chosen: beside.chosen,
            stay: beside.stay,
            may_move: beside.may_move,
            reads,
            given: given_here,
        },
        title,
    );
    Ok(Ok((trace, found)))
}

/// What stands beside the trace for the viewer.
async fn beside(
    visit: &mut Visit,
    reviewer: &Reviewer<'_, '_>,
    trace: &Trace,
    decision: Option<i64>,
) -> Result<Beside, Refusal> {
    let keep = i64::from(visit.app.state.config.mail.keep_failed_days) * DAY;
    Ok(match trace.stored {
        Some(mail) => Beside::of(&mut visit.tx, reviewer, (mail, trace.alone, decision), keep).await?,
        None => Beside::default(),
    })
}

/// Notes in the audit that a mail was traced, and what is shown by another right than the viewer's own.
async fn noted(
    visit: &mut Visit,
    reviewer: &Reviewer<'_, '_>,
    trace: &Trace,
    (question, suggested): (Option<&Question>, &[Suggestion]),
) -> Result<(), Refusal> {
    let mut lines = reviewer.reading(&mut visit.tx, &question.into_iter().collect::<Vec<_>>()).await?;
    if lines.is_empty() {
        lines = suggestions::reading(&mut visit.tx, reviewer, suggested).await?;
    }
    let (mut tx, world) = visit.acting().await?;
    store::audit::note(&mut tx, &lines).await?;
    rules::looked(&mut tx, &caller(visit, &world), json!({ "what": "trace", "mail": trace.stored })).await?;
    tx.commit().await?;
    if let Some(mail) = trace.stored {
        visit.reads_mail(mail).await?;
    }
    Ok(())
}

/// Whether it is told without the names of records: of a confidential mail, unless they see it on one of them.
async fn is_hidden(visit: &mut Visit, trace: &Trace) -> Result<bool, Refusal> {
    Ok(match trace.stored {
        _ if !trace.sealed => false,
        Some(mail) => views::seen_by(&mut visit.tx, &visit.scope, mail).await?.1.is_empty(),
        None => true,
    })
}

/// A stored mail by its number or its Message-ID.
async fn by_name(visit: &mut Visit, asker: &Asker<'_>, name: &str) -> Result<Answer, Refusal> {
    let t = TraceWords::of(visit.words().language);
    let missing = || Answer::No(fill(t.missing, &[("mail", name)]), Some(t.missing_next));
    let mail = match name.trim_start_matches('#').parse() {
        Ok(number) => MailId(number),
        Err(_) => {
            let keys = visit.app.state.keys.clone();
            let mut named = replay::named(&mut visit.tx, &keys, name, asker).await?;
            match (named.len(), named.pop()) {
                (1, Some(one)) => one.mail,
                (0, _) | (_, None) => return Ok(missing()),
                (_, Some(last)) => {
                    named.push(last);
                    return Ok(Answer::Several(named));
                }
            }
        }
    };
    if asker.sees(&mut visit.tx, mail).await?.is_none() {
        return Ok(missing());
    }
    let config = &visit.app.state.config;
    let own = config.own_domains.iter().filter_map(|d| domain_part(d).ok()).collect();
    let traced = replay::trace_stored(&mut visit.tx, mail, &own, &visit.world, visit.clock.now).await?;
    let Some(mut trace) = traced else { return Ok(missing()) };
    asker.limit(&mut visit.tx, &mut trace).await?;
    let title = fill(visit.words().rules().trace_of_mail, &[("n", &mail.to_string())]);
    Ok(Answer::Traced(Box::new(trace), title))
}

/// A mail that was given: the stored one that it is, or as if it came now into a mailbox.
async fn of_file(visit: &mut Visit, asker: &Asker<'_>, given: &Given, raw: Vec<u8>) -> Result<Answer, Refusal> {
    let r = visit.words().rules();
    let state = visit.app.state.clone();
    let wanted = |name: &str| given.mailbox.is_empty() || name == given.mailbox;
    let rows = mailboxes::list(&mut visit.tx).await?;
    let config = visit.config().await?;
    let owner = |name: &str| rows.iter().find(|row| row.name == name).and_then(|row| row.user);
    let boxes: Vec<_> = config.mailbox.iter().map(|one| (one.address.as_str(), owner(&one.name))).collect();
    let addresses = replay::addresses_of(&mut visit.tx, &boxes).await?;
    let texts: Vec<&str> = addresses.iter().map(|(address, _)| address.as_str()).collect();
    let named = replay::addressed_to(&raw, &texts).or_else(|| replay::written_by(&raw, &texts));
    let named = named.and_then(|n| addresses.get(n)).map(|(_, n)| *n).filter(|_| given.mailbox.is_empty());
    let came = match rows.first().filter(|_| given.mailbox.is_empty()) {
        Some(row) => {
            let context = context_of(&state.config, &state.keys, row.id);
            replay::came_to(&state.db, &context, raw.clone(), asker, visit.clock.now).await?
        }
        None => Vec::new(),
    };
    let came = came.iter().find_map(|name| config.mailbox.iter().find(|account| account.name == *name));
    let of_it = came.or_else(|| named.and_then(|n| config.mailbox.get(n))).into_iter();
    let mut configured = of_it.chain(config.mailbox.iter().filter(|account| wanted(&account.name)));
    let Some(row) = configured.find_map(|account| rows.iter().find(|row| row.name == account.name)) else {
        return Ok(Answer::No(r.trace_no_mailbox.to_owned(), None));
    };
    let context = context_of(&state.config, &state.keys, row.id);
    let (world, now) = (visit.world.clone(), visit.clock.now);
    let trace = replay::trace_given(&state.db, &context, raw, asker, (&world, now)).await?;
    let title = match trace.stored {
        Some(mail) => fill(r.trace_of_mail, &[("n", &mail.to_string())]),
        None => fill(r.trace_of_file, &[("mailbox", &row.name)]),
    };
    Ok(Answer::Traced(Box::new(trace), title))
}

fn form(visit: &Visit, given: Given, answer: Answer, found: Option<Found>) -> Response {
    let r = visit.words().rules();
    let choose = |name: String| (name.clone(), name == given.mailbox);
    let mailboxes = given.mailboxes.iter().cloned().map(choose).collect();
    let title = found.as_ref().map_or(r.trace_title, |found| found.title.as_str()).to_owned();
    let (problem, next, several) = match answer {
        Answer::No(problem, next) => (Some(problem), next, Vec::new()),
        Answer::Several(several) => (None, None, several),
        Answer::Traced(..) => (None, None, Vec::new()),
    };
    let line = |one: &replay::Named| {
        (one.mail.0, format!("{} · {} · {}", visit.clock.when(one.at).exact, one.from, one.subject))
    };
    let several = several.iter().map(line).collect();
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell().titled(&title).at("rules");
    let (w, t) = (visit.words(), TraceWords::of(visit.words().language));
    let (number, source) = (given.mail, given.source);
    let page = Page { shell, r, t, w, problem, next, several, number, source, mailboxes, found };
    (code, Html(page)).into_response()
}

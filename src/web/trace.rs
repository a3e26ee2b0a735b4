//! Every step on one mail, stored or given here, and what comes of it (W21). For admins; records are
//! named only to who may read them, and only mail that the asker may read is traced.

use super::doing::Fields;
use super::message::silence;
use super::refusal::Refusal;
use super::rule_words::{built_in, effect};
use super::rules::caller;
use super::shell::{Html, Shell};
use super::trace_words::{self, failing, finding};
use super::upload::parts;
use super::visit::Visit;
use super::why::{Known, sentence};
use super::words::{Language, RuleWords, Words, fill};
use crate::actions::rules;
use crate::intake::context_of;
use crate::intake::replay::{self, LARGEST_MAIL, RECORD_WORDS, Trace, with_names};
use crate::link::rules::{Step, Verdict};
use crate::model::address::domain_part;
use crate::model::block::Hidden;
use crate::model::id::{MailId, RecordId};
use crate::model::link::{Candidate, Evidence, Link, Linking};
use crate::model::rule::Hit;
use crate::store::{mailboxes, views};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::HashMap;

/// Octets of a mail that may be given.
#[expect(clippy::cast_possible_truncation, reason = "64 MiB")]
pub(super) const LARGEST: usize = LARGEST_MAIL as usize;

struct StepView {
    place: String,
    name: String,
    holds: bool,
    verdict: &'static str,
    why: String,
}

struct LinkView {
    on: Place,
    by: Place,
    score: i64,
    why: String,
}

/// A record: its id where the viewer may open it, and what it is called.
#[derive(Clone)]
struct Place {
    id: Option<i64>,
    name: String,
}

struct Found {
    title: String,
    stored: Option<i64>,
    means: String,
    steps: Vec<StepView>,
    said: Vec<String>,
    hidden: Option<&'static str>,
    standing: String,
    links: Vec<LinkView>,
    candidates: Vec<LinkView>,
    readers: Vec<String>,
    notices: Vec<String>,
}

#[derive(Template)]
#[template(path = "trace.html")]
struct Page {
    shell: Shell,
    r: &'static RuleWords,
    problem: Option<&'static str>,
    number: String,
    source: String,
    mailboxes: Vec<(String, bool)>,
    found: Option<Found>,
}

/// What was given to be traced.
#[derive(Default)]
struct Given {
    mail: String,
    mailbox: String,
    source: String,
    raw: Vec<u8>,
}

/// `GET /admin/trace`: the form, and with `mail` the trace of a stored mail.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Vec<(String, String)>>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(fields)) => {
            let mail = Fields(fields).get("mail").to_owned();
            view(&mut visit, Given { mail, ..Given::default() }).await
        }
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// `POST /admin/trace`: the trace of a mail that is given, as a file or as its source.
pub(super) async fn given(mut visit: Visit, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let page = posted(&mut visit, &headers, body).await;
    visit.answer(page)
}

async fn posted(
    visit: &mut Visit,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let r = visit.words().rules();
    let Ok(body) = body else { return Ok(form(visit, Given::default(), Some(r.trace_large), None)) };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut given = Given::default();
    for (name, value) in parts(kind, &body).ok_or(Refusal::NotFound)? {
        match name.as_str() {
            "mailbox" => given.mailbox = String::from_utf8_lossy(value).trim().to_owned(),
            "file" if !value.is_empty() => given.raw = value.to_vec(),
            "source" if !value.iter().all(u8::is_ascii_whitespace) => {
                given.source = String::from_utf8_lossy(value).into_owned();
            }
            _ => {}
        }
    }
    if given.raw.is_empty() {
        given.raw = given.source.trim_start().as_bytes().to_vec();
    }
    if given.raw.len() > LARGEST {
        return Ok(form(visit, Given { raw: Vec::new(), ..given }, Some(r.trace_large), None));
    }
    if given.raw.is_empty() {
        return Ok(form(visit, given, Some(r.trace_empty), None));
    }
    view(visit, given).await
}

async fn view(visit: &mut Visit, mut given: Given) -> Result<Response, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let (w, r) = (visit.words(), visit.words().rules());
    let raw = std::mem::take(&mut given.raw);
    let (trace, title, mail) = if raw.is_empty() {
        if given.mail.is_empty() {
            return Ok(form(visit, given, None, None));
        }
        let number = given.mail.parse().ok().map(MailId);
        let trace = match number {
            Some(mail) => stored(visit, mail).await?,
            None => None,
        };
        let Some(trace) = trace else { return Ok(form(visit, given, Some(r.trace_missing), None)) };
        (trace, fill(r.trace_of_mail, &[("n", &given.mail)]), number)
    } else {
        let Some((trace, mailbox)) = of_file(visit, &given, raw).await? else {
            return Ok(form(visit, given, Some(r.trace_no_mailbox), None));
        };
        (trace, fill(r.trace_of_file, &[("mailbox", &mailbox)]), None)
    };
    let (mut tx, world) = visit.acting().await?;
    rules::looked(&mut tx, &caller(visit, &world), json!({ "what": "trace", "mail": mail })).await?;
    tx.commit().await?;
    let known: Known = views::names(&mut visit.tx, &visit.scope, trace.named()).await?.into_iter().collect();
    let means = fill(r.trace_steps_means, &[("n", &trace.version.to_string())]);
    let found = told(&trace, &Told { visit, known, w, r }, title, mail.map(|m| m.0), means);
    Ok(form(visit, given, None, Some(found)))
}

/// A stored mail that the viewer may read.
async fn stored(visit: &mut Visit, mail: MailId) -> Result<Option<Trace>, Refusal> {
    if views::message(&mut visit.tx, &visit.scope, mail).await?.is_none() {
        return Ok(None);
    }
    visit.reads_mail(mail).await?;
    let config = &visit.app.state.config;
    let own = config.own_domains.iter().filter_map(|d| domain_part(d).ok()).collect();
    Ok(replay::trace_stored(&mut visit.tx, mail, &own, &visit.world, visit.clock.now).await?)
}

/// A mail that was given, as if it came now into a mailbox; `None` where there is none.
async fn of_file(visit: &mut Visit, given: &Given, raw: Vec<u8>) -> Result<Option<(Trace, String)>, Refusal> {
    let state = visit.app.state.clone();
    let wanted = |name: &str| given.mailbox.is_empty() || name == given.mailbox;
    let rows = mailboxes::list(&mut visit.tx).await?;
    let mut configured = state.config.mailbox.iter().filter(|account| wanted(&account.name));
    let Some(row) = configured.find_map(|account| rows.iter().find(|row| row.name == account.name)) else {
        return Ok(None);
    };
    let context = context_of(&state.config, &state.keys, row.id);
    let trace = replay::trace_file(&state.db, &context, raw, &visit.world, visit.clock.now).await?;
    Ok(Some((trace, row.name.clone())))
}

fn form(visit: &Visit, given: Given, problem: Option<&'static str>, found: Option<Found>) -> Response {
    let r = visit.words().rules();
    let configured = visit.app.state.config.mailbox.iter();
    let mailboxes = configured.map(|account| (account.name.clone(), account.name == given.mailbox)).collect();
    let title = found.as_ref().map_or(r.trace_title, |found| found.title.as_str()).to_owned();
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell().titled(&title).at("rules");
    let page = Page { shell, r, problem, number: given.mail, source: given.source, mailboxes, found };
    (code, Html(page)).into_response()
}

/// What telling a trace needs.
struct Told<'v> {
    visit: &'v Visit,
    known: Known,
    w: &'static Words,
    r: &'static RuleWords,
}

impl Told<'_> {
    fn place(&self, id: RecordId) -> Place {
        match self.known.get(&id) {
            Some(named) => Place { id: Some(id.0), name: named.name.clone() },
            None => Place { id: None, name: fill(self.r.record_number, &[("n", &id.to_string())]) },
        }
    }

    fn link(&self, link: &Link) -> LinkView {
        let (on, by) = (self.place(link.record), self.place(link.governing));
        LinkView { on, by, score: link.evidence.score(), why: self.why(&link.evidence) }
    }

    fn candidate(&self, candidate: &Candidate) -> LinkView {
        let on = self.place(candidate.record);
        LinkView { by: on.clone(), on, score: candidate.evidence.score(), why: self.why(&candidate.evidence) }
    }

    fn why(&self, evidence: &Evidence) -> String {
        sentence(evidence, &self.known, self.w, &self.visit.world)
    }

    fn effects(&self, hit: &Hit) -> String {
        hit.effects.iter().map(|one| effect(one, self.r)).collect::<Vec<_>>().join(", ")
    }

    fn steps(&self, trace: &Trace) -> Vec<StepView> {
        let names: HashMap<RecordId, String> = self.known.iter().map(|(id, named)| (*id, named.name.clone())).collect();
        let words = match self.w.language {
            Language::English => RECORD_WORDS,
            Language::Polish => trace_words::RECORD_WORDS,
        };
        let built_in = |places: std::ops::RangeInclusive<u8>| {
            trace.built_in.iter().filter(move |f| places.contains(&f.step.place)).map(|f| StepView {
                place: f.step.place.to_string(),
                name: built_in(&f.step, self.r).0.to_owned(),
                holds: f.holds,
                verdict: if f.holds { self.r.holds } else { self.r.holds_not },
                why: with_names(&finding(&f.why, self.w), &words, &names),
            })
        };
        let mut steps: Vec<StepView> = built_in(1..=3).collect();
        steps.extend(trace.rules.iter().enumerate().map(|(n, step)| self.rule(n, step)));
        steps.extend(built_in(5..=9));
        steps
    }

    fn rule(&self, n: usize, step: &Step) -> StepView {
        let r = self.r;
        let (verdict, why) = match &step.verdict {
            Verdict::Fits(Some(hit)) if hit.shadow => (r.rule_fits_shadow, self.effects(hit)),
            Verdict::Fits(Some(hit)) => (r.rule_fits, self.effects(hit)),
            Verdict::Fits(None) => (r.rule_fits, r.rule_nothing.to_owned()),
            Verdict::Fails(why) => (r.holds_not, failing(why, &step.rule.rule, self.w)),
            Verdict::Stopped(name) => (r.rule_stopped, fill(r.rule_stopped_by, &[("name", name)])),
            Verdict::Off => (r.rule_off, String::new()),
        };
        let name = step.rule.rule.name.clone();
        StepView { place: format!("4.{}", n + 1), name, holds: matches!(step.verdict, Verdict::Fits(_)), verdict, why }
    }
}

fn told(trace: &Trace, told: &Told<'_>, title: String, stored: Option<i64>, means: String) -> Found {
    let r = told.r;
    let (standing, links, candidates) = match &trace.linking {
        Linking::Linked { regarding, links, candidates } => {
            let standing = match regarding {
                Some(record) => fill(r.regards, &[("record", &told.place(*record).name)]),
                None => r.regards_nothing.to_owned(),
            };
            (standing, links.as_slice(), candidates.as_slice())
        }
        Linking::Review(candidates) => (r.review.to_owned(), &[][..], candidates.as_slice()),
        Linking::Unmatched => (r.unmatched.to_owned(), &[][..], &[][..]),
    };
    let readers = trace.seen.iter().map(|seen| {
        let people: Vec<String> = seen.readers.iter().map(|id| told.visit.name(*id)).collect();
        let people = if people.is_empty() { told.w.nobody.to_owned() } else { people.join(", ") };
        fill(r.readers_by, &[("record", &told.place(seen.record).name), ("people", &people)])
    });
    let notices = trace.notices.iter().map(|(user, reason)| {
        let name = told.visit.name(*user);
        match reason {
            None => fill(r.notice_goes, &[("name", &name)]),
            Some(rule) => fill(r.notice_kept, &[("name", &name), ("why", &silence(rule, told.w))]),
        }
    });
    Found {
        title,
        stored,
        means,
        steps: told.steps(trace),
        said: said(trace.said.as_deref(), told),
        hidden: trace.hidden.map(|hidden| match hidden {
            Hidden::Company => r.hidden_company,
            Hidden::Own => r.hidden_own,
            Hidden::Erased => r.hidden_erased,
            Hidden::Keyword => r.hidden_keyword,
        }),
        standing,
        links: links.iter().map(|link| told.link(link)).collect(),
        candidates: candidates.iter().map(|candidate| told.candidate(candidate)).collect(),
        readers: readers.collect(),
        notices: notices.collect(),
    }
}

/// What the rules had said of a stored mail.
fn said(hits: Option<&[Hit]>, told: &Told<'_>) -> Vec<String> {
    let r = told.r;
    let Some(hits) = hits else { return Vec::new() };
    if hits.is_empty() {
        return vec![r.said_nothing.to_owned()];
    }
    let one = |hit: &Hit| {
        let text = if hit.shadow { r.said_shadow } else { r.said };
        let (version, effects) = (hit.version.to_string(), told.effects(hit));
        fill(text, &[("name", &hit.name), ("version", &version), ("effects", &effects)])
    };
    hits.iter().map(one).collect()
}

//! Every step on one mail, stored or given here, and what comes of it (W21). For admins; records are
//! named only to who may read them, and only mail that the asker may read is traced.

use super::doing::Fields;
use super::message::silence;
use super::refusal::Refusal;
use super::rule_words::{built_in, effect};
use super::rules::caller;
use super::sharing::path_text;
use super::shell::{Html, Shell};
use super::trace_words::{self, failing, finding};
use super::upload::parts;
use super::visit::Visit;
use super::why::{Known, sentence};
use super::words::{Language, ReviewWords, RuleWords, TraceWords, Words, fill};
use crate::access::Reason as Right;
use crate::actions::actor::Actor;
use crate::actions::review::Reviewer;
use crate::actions::rules;
use crate::intake::context_of;
use crate::intake::replay::{self, LARGEST_MAIL, RECORD_WORDS, State, Trace, with_names};
use crate::link::rules::{Step, Verdict};
use crate::model::address::domain_part;
use crate::model::block::Hidden;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::link::{Candidate, Evidence, Link, Linking};
use crate::model::mail::Channel;
use crate::model::review::Reason;
use crate::model::rule::{Effect, Hit};
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

/// Reasons for an author that are shown.
const SHOWN: usize = 4;

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

/// Somebody who sees the mail, and why.
struct Reader {
    name: String,
    why: String,
}

/// Those who see it by one record, or by a copy of their own.
struct Readers {
    by: String,
    people: Vec<Reader>,
}

struct Found {
    title: String,
    /// Who wrote what to whom and when, and what became of it: labels and texts.
    head: Vec<(&'static str, String)>,
    /// Whether the viewer is asked about it in review.
    asked: bool,
    none: &'static str,
    stored: Option<i64>,
    means: String,
    steps: Vec<StepView>,
    said: Vec<String>,
    hidden: Option<&'static str>,
    standing: String,
    links: Vec<LinkView>,
    candidates: Vec<LinkView>,
    readers: Vec<Readers>,
    notices: Vec<String>,
}

#[derive(Template)]
#[template(path = "trace.html")]
struct Page {
    shell: Shell,
    r: &'static RuleWords,
    t: &'static TraceWords,
    w: &'static Words,
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
    let known: Known = match is_hidden(visit, &trace).await? {
        true => Known::default(),
        false => views::names(&mut visit.tx, &visit.scope, trace.named()).await?.into_iter().collect(),
    };
    let means = fill(r.trace_steps_means, &[("n", &trace.version.to_string())]);
    let asked = match (trace.state, mail) {
        (State::Asked(Some(reason)), None) => Some(Some(reason)),
        (_, Some(mail)) => {
            let (world, now, user) = (visit.world.clone(), visit.clock.now, visit.person.user);
            let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
            Reviewer::of(&actor).one(&mut visit.tx, mail).await?.map(|question| question.reason)
        }
        _ => None,
    };
    let t = TraceWords::of(w.language);
    let found = told(&trace, &Told { visit, known, w, r, t, asked }, title, mail.map(|m| m.0), means);
    Ok(form(visit, given, None, Some(found)))
}

/// Whether it is told without the names of records: of a confidential mail, unless they see it on one of them.
async fn is_hidden(visit: &mut Visit, trace: &Trace) -> Result<bool, Refusal> {
    Ok(match trace.stored {
        _ if !trace.sealed => false,
        Some(mail) => views::seen_by(&mut visit.tx, &visit.scope, mail).await?.1.is_empty(),
        None => true,
    })
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
    let mut trace = replay::trace_file(&state.db, &context, raw, &visit.world, visit.clock.now).await?;
    if let Some(mail) = trace.stored
        && views::message(&mut visit.tx, &visit.scope, mail).await?.is_none()
    {
        trace.conceal();
    }
    Ok(Some((trace, row.name.clone())))
}

fn form(visit: &Visit, given: Given, problem: Option<&'static str>, found: Option<Found>) -> Response {
    let r = visit.words().rules();
    let configured = visit.app.state.config.mailbox.iter();
    let mailboxes = configured.map(|account| (account.name.clone(), account.name == given.mailbox)).collect();
    let title = found.as_ref().map_or(r.trace_title, |found| found.title.as_str()).to_owned();
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell().titled(&title).at("rules");
    let (w, t) = (visit.words(), TraceWords::of(visit.words().language));
    let page = Page { shell, r, t, w, problem, number: given.mail, source: given.source, mailboxes, found };
    (code, Html(page)).into_response()
}

/// What telling a trace needs.
struct Told<'v> {
    visit: &'v Visit,
    known: Known,
    w: &'static Words,
    r: &'static RuleWords,
    t: &'static TraceWords,
    /// It waits in review, and why as far as that is told.
    asked: Option<Option<Reason>>,
}

impl Told<'_> {
    /// Who wrote what to whom and when, and what became of it.
    fn head(&self, trace: &Trace) -> Vec<(&'static str, String)> {
        let (t, head) = (self.t, &trace.head);
        let from = match &head.name {
            _ if head.from.is_empty() => t.nobody_read.to_owned(),
            Some(name) => format!("{name} <{}>", head.from),
            None => head.from.clone(),
        };
        let list = head.to.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = head.to.len().saturating_sub(10);
        let to = match more {
            0 => list,
            more => fill(t.and_more, &[("list", &list), ("n", &more.to_string())]),
        };
        let mut rows = vec![(t.from, from), (t.to, to), (t.subject, head.subject.clone())];
        let when = |at| self.visit.clock.when(at).exact;
        rows.push((
            t.date,
            match head.said_date.filter(|said| *said != head.at) {
                Some(said) => fill(t.date_other, &[("said", &when(said)), ("at", &when(head.at))]),
                None => when(head.at),
            },
        ));
        rows.push((t.written_by, self.author(trace)));
        match head.channel {
            Channel::Direct => {}
            Channel::List => rows.push((t.came, t.over_list.to_owned())),
            Channel::Bulk => rows.push((t.came, t.in_bulk.to_owned())),
        }
        if head.doubted {
            rows.push((t.sender, t.doubted.to_owned()));
        }
        rows.push((t.state, self.state(trace)));
        rows
    }

    /// The mailboxes in which copies of a stored mail lie.
    fn places(&self, trace: &Trace) -> String {
        let place = |(name, user): &(String, Option<UserId>)| match user {
            Some(user) => fill(self.t.own_box, &[("name", name), ("person", &self.visit.name(*user))]),
            None => fill(self.t.shared_box, &[("name", name)]),
        };
        let places: Vec<String> = trace.head.mailboxes.iter().map(place).collect();
        if places.is_empty() { self.t.no_place.to_owned() } else { places.join(", ") }
    }

    /// Who wrote it, and why that is believed.
    fn author(&self, trace: &Trace) -> String {
        let (t, head) = (self.t, &trace.head);
        let seen: Vec<String> = head.evidence.iter().take(SHOWN).map(|e| format!("{} ({})", e.seen, e.rule)).collect();
        let more = head.evidence.len().saturating_sub(seen.len());
        let list = seen.join("; ");
        let seen = if more > 0 { fill(t.and_more, &[("list", &list), ("n", &more.to_string())]) } else { list };
        match (trace.automatic, head.author.is_human(), seen.is_empty()) {
            (true, ..) => t.machine_said.to_owned(),
            (false, true, true) => t.human_plain.to_owned(),
            (false, true, false) => fill(t.human_seen, &[("seen", &seen)]),
            (false, false, _) => fill(t.machine_seen, &[("kind", t.kind(head.author)), ("seen", &seen)]),
        }
    }

    /// What became of it.
    fn state(&self, trace: &Trace) -> String {
        let t = self.t;
        let text = match trace.state {
            State::Linked => {
                let governing: Vec<String> = trace.seen.iter().map(|seen| self.place(seen.record).name).collect();
                let text = if trace.sealed { t.governed_sealed } else { t.governed };
                fill(text, &[("records", &governing.join(", "))])
            }
            State::Asked(_) => t.no_record.to_owned(),
            State::Private => t.private.to_owned(),
            State::Nowhere => t.nowhere.to_owned(),
            State::Unstored => t.not_stored.to_owned(),
        };
        match self.asked {
            Some(why) => {
                let why = ReviewWords::of(t.language).reason(why);
                format!("{text} {}", fill(t.asked, &[("why", why)]))
            }
            None => text,
        }
    }

    /// Who sees it, by which record and why, and who has a copy.
    fn readers(&self, trace: &Trace) -> Vec<Readers> {
        let mut all = Vec::new();
        for seen in &trace.seen {
            let owner = self.visit.name(seen.owner);
            let why = |reason: &Right| {
                let text = path_text(reason, &owner, self.visit);
                let until = reason
                    .until
                    .map(|until| fill(self.w.access().until_moment, &[("time", &self.visit.clock.until(until))]));
                until.map_or_else(|| text.clone(), |until| format!("{text} {until}"))
            };
            let reader = |(user, reasons): &(UserId, Vec<Right>)| Reader {
                name: self.visit.name(*user),
                why: reasons.iter().map(why).collect::<Vec<_>>().join("; "),
            };
            let by = fill(self.t.seen_by, &[("record", &self.place(seen.record).name)]);
            all.push(Readers { by, people: seen.readers.iter().map(reader).collect() });
        }
        let holders = trace.head.mailboxes.iter().filter_map(|(name, user)| Some((name, (*user)?)));
        let people: Vec<Reader> =
            holders.map(|(name, user)| Reader { name: self.visit.name(user), why: name.clone() }).collect();
        if !people.is_empty() {
            all.push(Readers { by: self.t.seen_by_copy.to_owned(), people });
        }
        all
    }

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

    /// What a rule says, with why it is not where the mail stands.
    fn effects_with(&self, hit: &Hit, trace: &Trace) -> String {
        let one = |said: &Effect| match trace.outcomes.get(said).and_then(|outcome| self.t.but(*outcome)) {
            Some(but) if !hit.shadow => format!("{}; {but}", effect(said, self.r)),
            _ => effect(said, self.r),
        };
        hit.effects.iter().map(one).collect::<Vec<_>>().join(", ")
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
        steps.extend(trace.rules.iter().enumerate().map(|(n, step)| self.rule(n, step, trace)));
        steps.extend(built_in(5..=9));
        steps
    }

    fn rule(&self, n: usize, step: &Step, trace: &Trace) -> StepView {
        let r = self.r;
        let (verdict, why) = match &step.verdict {
            Verdict::Fits(Some(hit)) if hit.shadow => (r.rule_fits_shadow, self.effects(hit)),
            Verdict::Fits(Some(hit)) => (r.rule_fits, self.effects_with(hit, trace)),
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
        Linking::Review(candidates) => (told.t.no_record.to_owned(), &[][..], candidates.as_slice()),
        Linking::Unmatched => (r.unmatched.to_owned(), &[][..], &[][..]),
    };
    let notices = trace.notices.iter().map(|(user, reason)| {
        let name = told.visit.name(*user);
        match reason {
            None => fill(r.notice_goes, &[("name", &name)]),
            Some(rule) => fill(r.notice_kept, &[("name", &name), ("why", &silence(rule, told.w))]),
        }
    });
    let mut head = told.head(trace);
    let stored = stored.or(trace.stored.map(|mail| mail.0));
    if stored.is_some() {
        let at = head.len().saturating_sub(1);
        head.insert(at, (told.t.lies_in, told.places(trace)));
    }
    Found {
        title,
        head,
        asked: told.asked.is_some() && stored.is_some(),
        none: if trace.head.came_new { told.t.notices_away } else { told.t.notices_old },
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
        readers: told.readers(trace),
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

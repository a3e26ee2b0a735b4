//! Mail that could not be placed surely (W8): one card at a time, with the list below it. All of it works
//! without a script; with one, keys choose.

use super::doing::{Fields, go};
use super::entry::{Card, kind};
use super::refusal::Refusal;
use super::rule_words::sentence as rule_sentence;
use super::shell::{Html, Shell};
use super::suggestions;
use super::timed::Timed;
use super::visit::Visit;
use super::why::{Known, sentence};
use super::words::{FilingWords, ReviewWords, TraceWords, Words, fill};
use crate::access::World;
use crate::actions::actor::Actor;
use crate::actions::caller::Caller;
use crate::actions::corrections;
use crate::actions::proposals::{self, Proposal};
use crate::actions::review::{Changed, Choice, No, Reviewer};
use crate::actions::rules;
use crate::intake::reconsider;
use crate::model::facts::House;
use crate::model::filing;
use crate::model::id::{MailId, RecordId};
use crate::model::link::{Candidate, Evidence};
use crate::model::review::Reason;
use crate::model::rule::{Rule, Switch};
use crate::model::time::{DAY, Timestamp};
use crate::store::records::Entry;
use crate::store::views::{self, Door, Question};
use crate::store::{self, Tx};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Response};

/// Mails below the card.
const BELOW: i64 = 25;
/// Counted exactly up to here (U6).
pub(super) const COUNTED: i64 = 1_000;
/// Rules that are proposed at once.
const PROPOSED: usize = 5;
/// Choices that have a key.
const KEYS: usize = 9;

struct CandidateView {
    value: String,
    key: Option<usize>,
    id: i64,
    name: String,
    kind: &'static str,
    answers: Timed,
    why: Vec<String>,
    /// Its points, where it was weighed with others.
    points: Option<String>,
}

struct QuestionView {
    card: Card,
    reason: &'static str,
    detail: String,
    door: Option<String>,
    /// Whether the mail has a page of its own for the viewer.
    opens: bool,
    /// Its number.
    number: String,
    text: String,
    candidates: Vec<CandidateView>,
    /// Some were weighed, so what points are is said.
    weighed: bool,
    like: Option<String>,
    always: bool,
    /// "Always for everybody at acme.pl, in my mailboxes", where that may be said.
    domain: Option<String>,
    here: String,
    skip: String,
}

struct RowView {
    card: Card,
    reason: &'static str,
    link: String,
}

/// A rule that decisions speak for.
struct Proposed {
    because: String,
    text: String,
    /// As the editor takes it.
    rule: String,
}

/// A line that says what was done, with the form that undoes it.
pub(super) struct Toast {
    pub text: String,
    pub left_out: Vec<String>,
    pub undo: Option<String>,
    /// The text of a rule that would do it from now on; for admins.
    pub rule: Option<String>,
}

#[derive(Template)]
#[template(path = "review.html")]
struct Page {
    shell: Shell,
    r: &'static ReviewWords,
    w: &'static Words,
    count: String,
    progress: Option<String>,
    toast: Option<Toast>,
    admin: bool,
    question: Option<QuestionView>,
    below: Vec<RowView>,
    older: Option<String>,
    moved: bool,
    lately: Option<String>,
    proposed: Vec<Proposed>,
    suggestion: Option<suggestions::CardView>,
    suggestions: Option<suggestions::Section>,
}

/// `GET /review`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Vec<(String, String)>>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(fields)) => view(&mut visit, &Fields(fields)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// Where in the list one stands: below this mail.
fn place(fields: &Fields) -> Option<(Timestamp, MailId)> {
    let (at, mail) = fields.get("after").split_once('.')?;
    Some((Timestamp(at.parse().ok()?), MailId(mail.parse().ok()?)))
}

fn below(question: &Question) -> String {
    format!("{}.{}", question.mail.at.0, question.mail.id)
}

async fn view(visit: &mut Visit, fields: &Fields) -> Result<Response, Refusal> {
    let (world, now, user) = (visit.world.clone(), visit.clock.now, visit.person.user);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let reviewer = Reviewer::of(&actor);
    let wanted = fields.number("mail").map(MailId);
    let first = match wanted {
        Some(mail) => Some(reviewer.one(&mut visit.tx, mail).await?.ok_or(Refusal::NotFound)?),
        None => None,
    };
    let from = first.as_ref().map(|q| (q.mail.at, q.mail.id)).or_else(|| place(fields));
    let mut list = reviewer.list(&mut visit.tx, from, BELOW + 2).await?;
    let first = match first {
        None if !list.is_empty() && fields.get("suggestion").is_empty() => Some(list.remove(0)),
        found => found,
    };
    let more = list.len() > BELOW as usize;
    list.truncate(BELOW as usize);
    let count = reviewer.count(&mut visit.tx, COUNTED + 1).await?;
    note(visit, &reviewer, &first.iter().chain(&list).collect::<Vec<_>>()).await?;
    let position = fields.number("n").unwrap_or(1).clamp(1, count.max(1));
    let r = ReviewWords::of(visit.words().language);
    let like = match &first {
        Some(question) => reviewer.alike(&mut visit.tx, question).await?.len() as i64,
        None => 0,
    };
    let question = match &first {
        Some(question) => Some(question_view(visit, &actor, question, like, position).await?),
        None => None,
    };
    let clock = visit.clock;
    let row = |(q, n): (&Question, i64)| RowView {
        card: Card::of(&q.mail, &clock),
        reason: r.reason(q.reason),
        link: format!("/review?mail={}&n={n}", q.mail.id),
    };
    let older = list.last().filter(|_| more).map(|q| format!("/review?after={}&n={}", below(q), position + 1 + BELOW));
    let toast = toast(visit, &reviewer, fields).await?;
    let proposed = proposed(visit).await?;
    let wanted = fields.get("suggestion");
    let (suggestion, suggestions) = suggestions::section(visit, &reviewer, wanted, question.is_none()).await?;
    let question = question.filter(|_| suggestion.is_none());
    let w = visit.words();
    let mut shell = visit.shell().titled(r.title).at("review");
    shell.asked = count + suggestions.as_ref().map_or(0, |section| section.lines.len() as i64);
    let lately = match first {
        Some(_) => None,
        None => {
            let n = store::reviews::decided_since(&mut visit.tx, user, now.plus(-30 * DAY)).await?;
            (n > 0).then(|| w.count(&r.lately, n))
        }
    };
    let page = Page {
        shell,
        r,
        w,
        count: super::today::count(count, w),
        progress: question.as_ref().map(|_| progress(position, count, r)),
        toast,
        admin: visit.person.admin,
        question,
        below: list.iter().zip(position + 1..).map(row).collect(),
        older,
        moved: from.is_some(),
        lately,
        proposed,
        suggestion,
        suggestions,
    };
    Ok(Html(page).into_response())
}

fn progress(position: i64, count: i64, r: &'static ReviewWords) -> String {
    let w = r.language.words();
    fill(r.progress, &[("n", &w.number(position)), ("all", &super::today::count(count, w))])
}

/// Notes in the audit what is shown by another door than the viewer's own, before it is shown.
async fn note(visit: &mut Visit, reviewer: &Reviewer<'_, '_>, shown: &[&Question]) -> Result<(), Refusal> {
    let lines = reviewer.reading(&mut visit.tx, shown).await?;
    if !lines.is_empty() {
        let mut tx = visit.app.state.db.write().await?;
        store::audit::note(&mut tx, &lines).await?;
        tx.commit().await?;
    }
    for question in shown {
        visit.reads_mail(question.mail.id).await?;
    }
    Ok(())
}

async fn question_view(
    visit: &mut Visit,
    actor: &Actor<'_>,
    question: &Question,
    like: i64,
    position: i64,
) -> Result<QuestionView, Refusal> {
    let candidates: Vec<Candidate> = super::why::candidates(&question.candidates);
    let parties = candidates.iter().flat_map(|c| c.evidence.party());
    let ids: Vec<RecordId> = question.records.iter().copied().chain(parties).collect();
    let known: Known = views::names(&mut visit.tx, &actor.reach, ids).await?.into_iter().collect();
    let text = views::asked_text(&mut visit.tx, question.mail.id).await?;
    let opens = views::message(&mut visit.tx, &visit.scope, question.mail.id).await?.is_some();
    let domain = Reviewer::of(actor).domain_of(question, &own_domains(visit));
    let (w, clock) = (visit.words(), visit.clock);
    let r = ReviewWords::of(w.language);
    let candidate = |(n, record): (usize, &RecordId)| {
        let named = known.get(record)?;
        let of_it: Vec<&Candidate> = candidates.iter().filter(|c| c.record == *record).collect();
        let mut why: Vec<String> = of_it.iter().map(|c| sentence(&c.evidence, &known, w, &visit.world)).collect();
        if why.is_empty() {
            let filing = question.reason == Some(Reason::Filing);
            why.push((if filing { r.meant } else { r.stands }).to_owned());
        }
        let points = of_it.iter().filter_map(|c| points(&c.evidence)).max();
        Some(CandidateView {
            value: format!("r{record}"),
            key: (n < KEYS).then_some(n + 1),
            id: record.0,
            name: named.name.clone(),
            kind: kind(named.kind, w),
            answers: visit.answers(named).text(&clock),
            why,
            points: points.map(|points| w.count(&r.points, points)),
        })
    };
    let door = match question.door {
        Door::Own => None,
        Door::Cover(owner) => Some(fill(r.covered, &[("name", &visit.name(owner))])),
        Door::Admin => Some(r.as_admin.to_owned()),
    };
    let candidates: Vec<CandidateView> = question.records.iter().enumerate().filter_map(candidate).collect();
    Ok(QuestionView {
        weighed: candidates.iter().any(|c| c.points.is_some()),
        card: Card::of(&question.mail, &clock),
        reason: r.reason(question.reason),
        // Why a filing was refused, in words.
        detail: filing::Reason::from_word(&question.detail)
            .map_or_else(|| question.detail.clone(), |why| FilingWords::of(w.language).reason(why).to_owned()),
        door,
        opens,
        number: fill(TraceWords::of(w.language).mail_n, &[("n", &question.mail.id.to_string())]),
        text,
        candidates,
        like: (like > 0).then(|| w.count(&r.like, like)),
        always: question.door == Door::Own && !question.mail.from.address.is_empty(),
        domain: domain.map(|whom| fill(r.always_domain, &[("domain", whom.domain())])),
        here: position.to_string(),
        skip: format!("/review?after={}&n={}", below(question), position + 1),
    })
}

/// The points of an opportunity that was weighed with others; nothing else has a number here.
fn points(evidence: &Evidence) -> Option<i64> {
    match evidence {
        Evidence::Ranked { points, .. } | Evidence::OneOfSeveral { points, .. } => Some(*points),
        _ => None,
    }
}

/// What was done just now, as the address says.
async fn toast(visit: &mut Visit, reviewer: &Reviewer<'_, '_>, fields: &Fields) -> Result<Option<Toast>, Refusal> {
    let w = visit.words();
    let r = ReviewWords::of(w.language);
    if let Some(word) = fields.number("said") {
        let undo = Some(format!("/corrections/{word}/undo"));
        return Ok(Some(Toast { text: r.noted.to_owned(), left_out: Vec::new(), undo, rule: None }));
    }
    if let Some(number) = fields.number("suggested") {
        return suggestions::toast(visit, number).await;
    }
    let Some(number) = fields.number("done") else { return Ok(None) };
    let Some((choice, told, undone)) = reviewer.told(&mut visit.tx, number).await? else { return Ok(None) };
    let text = if undone { r.undone.to_owned() } else { w.count(&r.decided, told.done.len() as i64) };
    let left_out = told.left_out.iter().map(|(mail, why)| format!("№ {mail}: {why}")).collect();
    let undo = (!undone).then(|| format!("/review/decisions/{number}/undo"));
    let rule = match (choice, told.done.first()) {
        (Choice::Record { record, .. }, Some((mail, _))) if visit.person.admin && !undone => {
            proposals::offered(&mut visit.tx, *mail, record).await?
        }
        _ => None,
    };
    let rule = rule.map(|rule| rule_text(&rule)).transpose()?;
    Ok(Some(Toast { text, left_out, undo, rule }))
}

/// A rule that is offered, as text: on, since what it would do is to be seen. Nothing is saved before.
fn rule_text(rule: &Rule) -> anyhow::Result<String> {
    rules::to_toml(&[Rule { state: Switch::On, ..rule.clone() }])
}

/// The rules that people's decisions speak for; for admins.
async fn proposed(visit: &mut Visit) -> Result<Vec<Proposed>, Refusal> {
    if !visit.person.admin {
        return Ok(Vec::new());
    }
    let (world, now) = (visit.world.clone(), visit.clock.now);
    let caller = Caller { by: Some(visit.person.user), world: &world, now };
    let found = proposals::propose(&mut visit.tx, &caller, now.plus(-30 * DAY)).await?.unwrap_or_default();
    let w = visit.words();
    let r = ReviewWords::of(w.language);
    let one = |proposal: &Proposal| -> Result<Proposed, Refusal> {
        let mails = w.count(&w.rules().mails, proposal.moved);
        let because = fill(r.proposed_because, &[("mails", &mails), ("of", &proposal.of), ("name", &proposal.name)]);
        let text = rule_sentence(&Rule { state: Switch::On, ..proposal.rule.clone() }, w);
        Ok(Proposed { because, text, rule: rule_text(&proposal.rule)? })
    };
    found.iter().take(PROPOSED).map(one).collect()
}

/// A unit of work in which mail is decided: it has the writers' turn.
pub(super) async fn begin(visit: &Visit) -> Result<(Tx, World), Refusal> {
    let mut tx = visit.app.state.db.write().await?;
    tx.alone().await?;
    let world = store::people::world(&mut tx, &visit.app.state.config.rights(), visit.clock.now).await?;
    Ok((tx, world))
}

/// The company's domains.
pub(super) fn own_domains(visit: &Visit) -> House {
    visit.app.state.config.house()
}

/// Decides again what a decision changed, and commits.
async fn settle(visit: &Visit, mut tx: Tx, changed: &Changed) -> Result<(), Refusal> {
    let (again, senders) = changed.again();
    let own = own_domains(visit);
    reconsider::corrected(&mut tx, &again, &own, visit.clock.now).await?;
    for (whom, holder) in senders {
        reconsider::whom(&mut tx, (&whom, holder), &own, &visit.app.state.keys, visit.clock.now).await?;
    }
    Ok(tx.commit().await?)
}

fn refused(no: &No, visit: &Visit) -> Refusal {
    match no {
        // Absent and forbidden look the same.
        No::NotAsked | No::NoDecision => Refusal::NotFound,
        other => Refusal::Declined(ReviewWords::of(visit.words().language).not_decided(other).to_owned()),
    }
}

/// `POST /review/{mail}`: decides, or shows what would be decided.
pub(super) async fn decide(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let done = match path {
        Ok(Path(mail)) => decided(&visit, MailId(mail), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn decided(
    visit: &Visit,
    mail: MailId,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    let (mut tx, world) = begin(visit).await?;
    let actor = Actor::load(&mut tx, Some(visit.person.user), &world, visit.clock.now).await?;
    let reviewer = Reviewer::of(&actor);
    if reviewer.one(&mut tx, mail).await?.is_none() {
        return Err(Refusal::NotFound);
    }
    let choice = choice(visit, &mut tx, &actor, &fields).await?;
    let shown = reviewer.show(&mut tx, mail, choice, fields.get("like") == "1").await?;
    let shown = shown.map_err(|no| refused(&no, visit))?;
    let n = fields.number("n").unwrap_or(1);
    if shown.mails.len() > 1 || choice.of_domain() {
        tx.commit().await?;
        return Ok(go(&format!("/review/decisions/{}?n={n}", shown.number)));
    }
    let changed = reviewer.decide(&mut tx, shown.number, &own_domains(visit)).await?;
    let changed = changed.map_err(|no| refused(&no, visit))?;
    settle(visit, tx, &changed).await?;
    Ok(go(&format!("/review?done={}&n={n}", changed.number)))
}

async fn choice(visit: &Visit, tx: &mut Tx, actor: &Actor<'_>, fields: &Fields) -> Result<Choice, Refusal> {
    let (always, thread) = (fields.get("always") == "1", fields.get("thread") == "1");
    let domain = fields.get("domain") == "1";
    let r = ReviewWords::of(visit.words().language);
    let record = match fields.get("choice") {
        "none" => return Ok(Choice::None),
        "private" => return Ok(Choice::Private { always }),
        "automatic" => return Ok(Choice::Automatic),
        "other" => named(visit, tx, actor, fields.get("record")).await?.record.id,
        word => match word.strip_prefix('r').and_then(|id| id.parse().ok()).map(RecordId) {
            Some(record) => {
                let missing = actor.named(tx, &[record]).await?.missing;
                if missing.is_empty() { record } else { return Err(Refusal::Declined(r.no_choice.to_owned())) }
            }
            None => return Err(Refusal::Declined(r.no_choice.to_owned())),
        },
    };
    Ok(Choice::Record { record, thread, always, domain })
}

/// The one record that is meant, among those that the actor may name.
pub(super) async fn named(visit: &Visit, tx: &mut Tx, actor: &Actor<'_>, reference: &str) -> Result<Entry, Refusal> {
    let r = ReviewWords::of(visit.words().language);
    let declined = |text: &str| Refusal::Declined(fill(text, &[("name", reference)]));
    if reference.is_empty() {
        return Err(Refusal::Declined(r.no_choice.to_owned()));
    }
    let mut found = store::records::find(tx, &actor.reach, reference).await?;
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(declined(r.no_record)),
        (Some(_), _) => Err(declined(r.no_several)),
    }
}

#[derive(Template)]
#[template(path = "review_shown.html")]
struct Preview {
    shell: Shell,
    r: &'static ReviewWords,
    number: i64,
    n: i64,
    what: String,
    button: String,
    others: bool,
    rows: Vec<RowView>,
    /// What is said of a whole domain, with how much mail that is.
    asks: Option<String>,
}

/// `GET /review/decisions/{number}`: what would be decided.
pub(super) async fn shown(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let page = match (path, asked) {
        (Ok(Path(number)), Ok(Query(fields))) => preview(&mut visit, number, &Fields(fields)).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn preview(visit: &mut Visit, number: i64, fields: &Fields) -> Result<Response, Refusal> {
    let (world, now, user) = (visit.world.clone(), visit.clock.now, visit.person.user);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let reviewer = Reviewer::of(&actor);
    let shown = reviewer.look(&mut visit.tx, number).await?.ok_or(Refusal::NotFound)?;
    note(visit, &reviewer, &shown.mails.iter().collect::<Vec<_>>()).await?;
    let (w, clock) = (visit.words(), visit.clock);
    let r = ReviewWords::of(w.language);
    let mut asks = None;
    let what = match shown.choice {
        Choice::Record { record, domain, .. } => {
            let names = views::names(&mut visit.tx, &actor.reach, [record]).await?;
            let name = names.get(&record).map(|n| n.name.clone()).ok_or(Refusal::NotFound)?;
            let first = shown.mails.first().filter(|_| domain);
            if let Some(whom) = first.and_then(|first| reviewer.domain_of(first, &own_domains(visit))) {
                let mails = corrections::of_domain(&mut visit.tx, &actor, whom.domain()).await?;
                let mails = w.count(&w.rules().mails, mails);
                asks = Some(fill(r.domain_asks, &[("domain", &whom.to_string()), ("name", &name), ("mails", &mails)]));
            }
            fill(r.choose, &[("name", &name)])
        }
        Choice::None => r.choose_none.to_owned(),
        Choice::Private { .. } => r.choose_private.to_owned(),
        Choice::Automatic => r.choose_automatic.to_owned(),
    };
    let row = |q: &Question| RowView {
        card: Card::of(&q.mail, &clock),
        reason: r.reason(q.reason),
        link: format!("/review?mail={}", q.mail.id),
    };
    let page = Preview {
        shell: visit.shell().titled(r.preview).at("review"),
        r,
        number,
        n: fields.number("n").unwrap_or(1),
        what,
        button: w.count(&r.decide_n, shown.mails.len() as i64),
        others: shown.others > 0,
        rows: shown.mails.iter().map(row).collect(),
        asks,
    };
    Ok(Html(page).into_response())
}

/// `POST /review/decisions/{number}`: carries out what was shown.
pub(super) async fn run(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let done = match path {
        Ok(Path(number)) => ran(&visit, number, form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn ran(
    visit: &Visit,
    number: i64,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let n = Fields::of(form)?.number("n").unwrap_or(1);
    let (mut tx, world) = begin(visit).await?;
    let actor = Actor::load(&mut tx, Some(visit.person.user), &world, visit.clock.now).await?;
    let reviewer = Reviewer::of(&actor);
    match reviewer.decide(&mut tx, number, &own_domains(visit)).await? {
        Ok(changed) => settle(visit, tx, &changed).await?,
        // A second click finds it carried out already, and is shown what came of it.
        Err(No::NoDecision) if reviewer.told(&mut tx, number).await?.is_some() => {}
        Err(no) => return Err(refused(&no, visit)),
    }
    Ok(go(&format!("/review?done={number}&n={n}")))
}

/// `POST /review/decisions/{number}/undo`: takes a decision back.
pub(super) async fn undo(visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let done = match path {
        Ok(Path(number)) => undone(&visit, number).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn undone(visit: &Visit, number: i64) -> Result<Response, Refusal> {
    let (mut tx, world) = begin(visit).await?;
    let actor = Actor::load(&mut tx, Some(visit.person.user), &world, visit.clock.now).await?;
    match Reviewer::of(&actor).undo(&mut tx, number).await? {
        Ok(changed) => settle(visit, tx, &changed).await?,
        Err(No::Undone) => {}
        Err(no) => return Err(refused(&no, visit)),
    }
    Ok(go(&format!("/review?done={number}")))
}

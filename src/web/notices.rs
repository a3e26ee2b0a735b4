//! Absence notices as a person, or who sees to theirs, looks after them: their texts, their author, what a client
//! would get, a dry run, and what was decided (W10, W11).

mod admin;
mod fields;
mod people;
mod switch;

pub(super) use admin::{page as admin, save as admin_save};
pub(super) use fields::Rendered;
pub(super) use people::{address, concerns, list, told};
pub(super) use switch::turn;

use super::message::silence;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{NoticeWords, fill};
use crate::actions::caller::Caller;
use crate::actions::notices::{self, Choice};
use crate::intake::context_of;
use crate::intake::notices::{self as trial, Of, Previewed, Sight, Trial, Tried};
use crate::model::absence::Absence;
use crate::model::address::Address;
use crate::model::id::{MailId, MailboxId, UserId};
use crate::model::notice::{Plan, Verdict};
use crate::model::notice_text::Holder;
use crate::model::time::DAY;
use crate::notice::{self, Policy};
use crate::store::notice_log::Line;
use crate::store::notice_switch::{self, By};
use crate::store::{self, mailboxes, views};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fields::{Field, Sent};
use people::People;
use serde::Deserialize;
use std::collections::HashMap;

/// Lines of the log on a page.
const LOGGED: i64 = 100;
/// Mails of a dry run.
const TRIED: i64 = 50;

struct Choose {
    value: String,
    text: String,
    chosen: bool,
}

/// What a client would get.
struct ClientView {
    means: Vec<String>,
    /// Why nothing goes.
    kept: Option<String>,
    /// What goes; where something keeps it back, what would.
    planned: Option<PlannedView>,
}

/// A planned notice.
struct PlannedView {
    lines: Vec<(&'static str, String)>,
    subject: String,
    body: String,
    tag: &'static str,
}

struct TriedView {
    mail: Option<i64>,
    when: Option<When>,
    from: String,
    subject: String,
    text: String,
    goes: bool,
}

struct TrialView {
    as_if: &'static str,
    sum: String,
    rows: Vec<TriedView>,
}

/// A line of the log.
struct LogView {
    when: When,
    away: String,
    mail: Option<(i64, String)>,
    text: String,
}

#[derive(Template)]
#[template(path = "notices.html")]
struct Page {
    shell: Shell,
    t: &'static NoticeWords,
    of: People,
    saved: bool,
    unsaved: bool,
    wrong: Vec<String>,
    warnings: Vec<String>,
    variables: String,
    fields: Vec<Field>,
    froms: Vec<Choose>,
    name: String,
    replies: Vec<Choose>,
    asked: String,
    client: Option<ClientView>,
    client_wrong: Option<&'static str>,
    mailbox: bool,
    trial: Option<TrialView>,
    only_not_sent: bool,
    log: Vec<LogView>,
}

/// The rest of the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// A client's address.
    #[serde(default, rename = "for")]
    client: String,
    /// A dry run is wanted.
    #[serde(rename = "try")]
    trying: Option<String>,
    /// Only what did not go out.
    not_sent: Option<String>,
    /// Something was saved.
    saved: Option<String>,
}

type Queried = Result<Query<Asked>, QueryRejection>;
type Posted = Result<Form<Vec<(String, String)>>, FormRejection>;

/// `GET /me/notice`.
pub(super) async fn page(visit: Visit, asked: Queried) -> Response {
    let me = visit.person.user;
    shown(visit, me, asked).await
}

/// `GET /notices/{number}`: those of another user, for their line managers and admins.
pub(super) async fn page_of(visit: Visit, path: Result<Path<i64>, PathRejection>, asked: Queried) -> Response {
    match path {
        Ok(Path(user)) if user == visit.person.user.0 => visit.answer(Ok(Redirect::to("/me/notice").into_response())),
        Ok(Path(user)) => shown(visit, UserId(user), asked).await,
        Err(_) => visit.answer(Err(Refusal::NotFound)),
    }
}

async fn shown(mut visit: Visit, of: UserId, asked: Queried) -> Response {
    let page = match asked {
        Ok(Query(asked)) => view(&mut visit, of, &asked, Shown::default()).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// `POST /me/notice`.
pub(super) async fn save(visit: Visit, form: Posted) -> Response {
    let me = visit.person.user;
    posted(visit, me, form).await
}

/// `POST /notices/{number}`.
pub(super) async fn save_of(visit: Visit, path: Result<Path<i64>, PathRejection>, form: Posted) -> Response {
    match path {
        Ok(Path(user)) => posted(visit, UserId(user), form).await,
        Err(_) => visit.answer(Err(Refusal::NotFound)),
    }
}

async fn posted(mut visit: Visit, of: UserId, form: Posted) -> Response {
    let page = match form {
        Ok(Form(pairs)) => change(&mut visit, of, Sent::of(pairs)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// What a form asked for, where it was not saved.
#[derive(Default)]
struct Shown {
    sent: Option<Sent>,
    choice: Option<Choice>,
    wrong: Vec<String>,
}

async fn change(visit: &mut Visit, of: UserId, sent: Sent) -> Result<Response, Refusal> {
    let t = NoticeWords::of(visit.words().language);
    let me = visit.person.user;
    if !people::concerns(visit, of) {
        return Err(Refusal::NotFound);
    }
    if sent.wish == "show" {
        return view(visit, of, &Asked::default(), Shown { sent: Some(sent), ..Shown::default() }).await;
    }
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(me), world: &world, now: visit.clock.now };
    let shown = match sent.wish.as_str() {
        "author" => {
            let domains: Vec<String> = visit.app.state.config.house().domains.into_iter().collect();
            let choice = sent.choice();
            match notices::choose(&mut tx, &caller, &domains, of, &choice).await? {
                Ok(()) => None,
                Err(no) => Some(Shown { choice: Some(choice), wrong: vec![t.no(&no)], ..Shown::default() }),
            }
        }
        _ => {
            let book = &visit.app.state.config.notice.phrases;
            let wrong = fields::save(&mut tx, &caller, book, Holder::Person(of), &sent).await?;
            let wrong: Vec<String> = wrong.iter().map(|no| t.no(no)).collect();
            (!wrong.is_empty()).then_some(Shown { sent: Some(sent), wrong, ..Shown::default() })
        }
    };
    match shown {
        None => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("{}?saved", address(me, of))).into_response())
        }
        Some(shown) => {
            drop(tx);
            let page = view(visit, of, &Asked::default(), shown).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn view(visit: &mut Visit, of: UserId, asked: &Asked, shown: Shown) -> Result<Response, Refusal> {
    let t = NoticeWords::of(visit.words().language);
    let me = visit.person.user;
    if !people::concerns(visit, of) {
        return Err(Refusal::NotFound);
    }
    let world = visit.world.clone();
    let caller = Caller { by: Some(me), world: &world, now: visit.clock.now };
    let stored = notices::manner(&mut visit.tx, &caller, of).await?.unwrap_or_default();
    let choice = shown.choice.unwrap_or_else(|| Choice::of(&stored));
    let addresses = store::people::load(&mut visit.tx, of).await?.map(|user| user.addresses).unwrap_or_default();
    let mailbox = mailboxes::list(&mut visit.tx).await?.into_iter().find(|mailbox| mailbox.user == Some(of));
    let asked_for: String = asked.client.chars().filter(|c| !c.is_control()).take(300).collect();
    let (client, client_wrong) = match (asked_for.trim(), &mailbox) {
        ("", _) | (_, None) => (None, None),
        (text, Some(mailbox)) => match Address::parse(text) {
            Ok(address) => (client(visit, (mailbox.id, of), &address).await?, None),
            Err(_) => (None, Some(t.bad_address)),
        },
    };
    // A dry run tells of every mail in the inbox.
    let trial = match (&asked.trying, &mailbox) {
        (Some(_), Some(mailbox)) if of == me => dry_run(visit, mailbox.id).await?,
        _ => None,
    };
    let since = visit.clock.now.plus(-30 * DAY);
    let only_not_sent = asked.not_sent.is_some();
    let lines = notices::log(&mut visit.tx, &caller, Some(of), since, only_not_sent, LOGGED).await?;
    let lines = people::told(visit, of, lines.unwrap_or_default()).await?;
    let log = log(visit, &lines).await?;
    let fields = fields::of(visit, Holder::Person(of), shown.sent.as_ref()).await?;
    let (stopped, enabled) = (stopped(visit).await?, visit.app.state.config.notice.enabled);
    let people = People::of(visit, of);
    let page = Page {
        shell: visit.shell().titled(&people.title).at(if of == me { "me" } else { "notices" }),
        t,
        of: people,
        saved: asked.saved.is_some(),
        unsaved: shown.sent.is_some() && shown.wrong.is_empty(),
        wrong: shown.wrong,
        warnings: if enabled { stopped.into_iter().collect() } else { vec![t.warn_off.to_owned()] },
        variables: fill(t.variables, &[("names", &fields::variables())]),
        fields,
        froms: froms(&addresses, &choice.from, t),
        name: choice.name.clone(),
        replies: replies(&addresses, &choice.reply_to, t),
        asked: asked_for,
        client,
        client_wrong,
        mailbox: mailbox.is_some(),
        trial,
        only_not_sent,
        log,
    };
    Ok(Html(page).into_response())
}

/// That all notices are stopped at this moment, for whoever counts on them (R51).
pub(super) async fn stopped(visit: &mut Visit) -> Result<Option<String>, Refusal> {
    let t = NoticeWords::of(visit.words().language);
    let stop = notice_switch::stopped(&mut visit.tx, visit.clock.now).await?;
    Ok(stop.map(|stop| match stop.by {
        By::Breaker(until) => fill(t.stopped_until, &[("time", &visit.clock.clock_time(until).short)]),
        By::Person(_) => t.stopped.to_owned(),
    }))
}

fn froms(addresses: &[Address], chosen: &str, t: &'static NoticeWords) -> Vec<Choose> {
    let usual = Choose { value: String::new(), text: t.from_usual.to_owned(), chosen: chosen.is_empty() };
    std::iter::once(usual).chain(addresses.iter().map(|address| option(address.as_str(), chosen))).collect()
}

fn replies(addresses: &[Address], chosen: &str, t: &'static NoticeWords) -> Vec<Choose> {
    let usual = Choose { value: String::new(), text: t.reply_usual.to_owned(), chosen: chosen.is_empty() };
    let substitute =
        Choose { value: "substitute".to_owned(), text: t.reply_substitute.to_owned(), chosen: chosen == "substitute" };
    let mut all: Vec<Choose> = vec![usual, substitute];
    all.extend(addresses.iter().map(|address| option(address.as_str(), chosen)));
    // One that was set elsewhere stays to be seen.
    if !all.iter().any(|one| one.chosen) {
        all.push(option(chosen, chosen));
    }
    all
}

fn option(address: &str, chosen: &str) -> Choose {
    Choose { value: address.to_owned(), text: address.to_owned(), chosen: address == chosen }
}

/// What a client would get. Of somebody else's mail nothing is told, so there an ordinary one is answered.
async fn client(
    visit: &mut Visit,
    (mailbox, of): (MailboxId, UserId),
    address: &Address,
) -> Result<Option<ClientView>, Refusal> {
    let state = visit.app.state.clone();
    let context = context_of(&state.config, &state.keys, mailbox);
    let looks = (Sight(Some(&visit.scope)), of == visit.person.user);
    let found = trial::preview(&mut visit.tx, &context, Of::Next, address, looks, visit.clock.now).await?;
    let Some(previewed) = found else { return Ok(None) };
    if let Some(mail) = previewed.mail {
        visit.reads_mail(mail).await?;
    }
    Ok(Some(client_view(visit, of, &previewed)))
}

fn client_view(visit: &Visit, of: UserId, previewed: &Previewed) -> ClientView {
    let t = NoticeWords::of(visit.words().language);
    let absence = previewed.absence.and_then(|id| visit.world.absences.iter().find(|absence| absence.id == id));
    let about = match absence {
        Some(absence) => fill(t.as_next, &[("day", &visit.clock.date(absence.first_day))]),
        None if of == visit.person.user => t.as_week.to_owned(),
        None => t.as_week_of.to_owned(),
    };
    let answers = if previewed.mail.is_some() { t.answers_theirs } else { t.answers_any };
    let means = vec![about, answers.to_owned()];
    let kept = match &previewed.verdict {
        Verdict::Withhold(reason) => Some(fill(t.would_not, &[("why", &notice::silence(*reason, t.reasons()))])),
        Verdict::Send(_) => None,
    };
    let planned = previewed.plan.as_ref().map(|plan| planned(visit, plan, &previewed.policy));
    ClientView { means, kept, planned }
}

/// A planned notice.
fn planned(visit: &Visit, plan: &Plan, policy: &Policy) -> PlannedView {
    let t = NoticeWords::of(visit.words().language);
    let (subject, body) = notice::rendered(plan, policy);
    let book = &policy.settings.phrases;
    let texts = plan.texts.iter().map(|text| {
        let name = book.get(text.language).map_or(text.language.tag(), |phrases| phrases.name());
        format!("{name} ({})", t.source(text.source))
    });
    let mut language = format!("{}; {}", texts.collect::<Vec<_>>().join(", "), t.because(plan.because));
    for one in plan.spoken.iter().take_while(|one| !one.has_words) {
        language.push_str(". ");
        language.push_str(&notice::passed_over(one, t.reasons()));
    }
    let named = notice::named(plan, policy).map_or(visit.words().nobody, |named| named.name.as_str());
    let mut lines = vec![
        (t.language_of, language),
        (t.named, named.to_owned()),
        (t.from, plan.from.address.to_string()),
        (t.to, plan.to.clone()),
    ];
    let left_out = notice::left_out(plan, policy);
    if !left_out.is_empty() {
        lines.push((t.left_out, fill(t.left_out_lines, &[("lines", &left_out.join(" / "))])));
    }
    let tag = plan.texts.first().map_or("", |text| text.language.tag());
    PlannedView { lines, subject, body, tag }
}

async fn dry_run(visit: &mut Visit, mailbox: MailboxId) -> Result<Option<TrialView>, Refusal> {
    let state = visit.app.state.clone();
    let context = context_of(&state.config, &state.keys, mailbox);
    let sight = Sight(Some(&visit.scope));
    let found = trial::try_last(&mut visit.tx, &context, Of::Next, sight, TRIED, visit.clock.now).await?;
    let Some(trial) = found else { return Ok(None) };
    let t = NoticeWords::of(visit.words().language);
    let ids: Vec<MailId> = trial.mails.iter().filter_map(|tried| tried.place.mail).collect();
    let headings = store::mails::headings(&mut visit.tx, &ids).await?;
    let rows = trial.mails.iter().map(|tried| tried_view(visit, tried, &headings)).collect();
    Ok(Some(TrialView { as_if: t.tried_as, sum: tried_sum(&trial, t), rows }))
}

fn tried_sum(trial: &Trial, t: &'static NoticeWords) -> String {
    if trial.mails.is_empty() {
        return t.tried_none.to_owned();
    }
    let ((goes, unknown), of) = (trial.counts(), trial.mails.len().to_string());
    let sum = fill(t.tried, &[("n", &goes.to_string()), ("of", &of)]);
    let unknown = (unknown > 0).then(|| fill(t.tried_unknown, &[("n", &unknown.to_string())]));
    [Some(sum), unknown].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn tried_view(visit: &Visit, tried: &Tried, headings: &HashMap<MailId, (String, String)>) -> TriedView {
    let t = NoticeWords::of(visit.words().language);
    let (from, subject) = tried.place.mail.and_then(|mail| headings.get(&mail).cloned()).unwrap_or_default();
    let (text, goes) = match &tried.verdict {
        Some(Verdict::Send(plan)) => {
            let tags: Vec<&str> = plan.texts.iter().map(|text| text.language.tag()).collect();
            (fill(t.yes, &[("language", &tags.join(", "))]), true)
        }
        Some(Verdict::Withhold(reason)) => (notice::silence(*reason, t.reasons()), false),
        None => (t.not_kept.to_owned(), false),
    };
    let when = tried.place.internal_at.map(|at| visit.clock.when(at));
    TriedView { mail: tried.place.mail.map(|mail| mail.0), when, from, subject, text, goes }
}

/// Lines of the log; subjects only of mail that the viewer reads, and addresses only of their own.
async fn log(visit: &mut Visit, lines: &[Line]) -> Result<Vec<LogView>, Refusal> {
    let t = NoticeWords::of(visit.words().language);
    let own: Vec<MailId> =
        lines.iter().filter(|line| line.user == visit.person.user).filter_map(|line| line.mail).collect();
    let subjects = views::subjects(&mut visit.tx, &visit.scope, &own).await?;
    let view = |line: &Line| {
        let mail = line.mail.and_then(|mail| {
            let subject = subjects.get(&mail)?;
            let subject = if subject.trim().is_empty() { visit.words().no_subject.to_owned() } else { subject.clone() };
            Some((mail.0, subject))
        });
        let text = match &line.state {
            _ if !line.reason.is_empty() => fill(t.silent, &[("why", &silence(&line.reason, visit.words()))]),
            Some(state) => {
                let back = line.came_back.map(|outcome| t.came_back(outcome).to_owned());
                let word = std::iter::once(delivered(visit, line, state)).chain(back).collect::<Vec<_>>().join("; ");
                match line.to.as_ref().filter(|_| line.user == visit.person.user) {
                    Some(to) => format!("{to}: {word}"),
                    None => word,
                }
            }
            None => t.state_queued.to_owned(),
        };
        LogView { when: visit.clock.when(line.at), away: visit.name(line.user), mail, text }
    };
    Ok(lines.iter().map(view).collect())
}

/// How a notice stands, with what the server said of one that is not out: its words may name the recipient, so to
/// anybody but the absent person only their number is told.
fn delivered(visit: &Visit, line: &Line, state: &str) -> String {
    let t = NoticeWords::of(visit.words().language);
    let words = line.answer.as_deref().filter(|_| line.user == visit.person.user).or(line.answer_code());
    let word = match words.filter(|words| !words.is_empty()) {
        Some(words) => fill(t.answered, &[("state", t.delivery(state)), ("answer", words)]),
        None => t.delivery(state).to_owned(),
    };
    // The first try is at hand.
    match line.next_try.filter(|_| line.answer.is_some()) {
        Some(at) => fill(t.next_try, &[("state", &word), ("time", &visit.clock.clock_time(at).short)]),
        None => word,
    }
}

/// What clients of an absence will read, in each language; it need not be saved.
pub(super) async fn rendered(visit: &mut Visit, absence: &Absence) -> Result<Vec<Rendered>, Refusal> {
    let state = visit.app.state.clone();
    let context = context_of(&state.config, &state.keys, MailboxId(0));
    let about = trial::about(&mut visit.tx, &context.notice, absence, visit.clock.now).await?;
    Ok(about.map(|(person, policy)| fields::looks(visit, &person, &policy)).unwrap_or_default())
}

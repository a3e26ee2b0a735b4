//! What notices suggest of contacts, on the page of review (W8): a card with a key for each answer, each
//! with what it would do, and the list of all.

use super::doing::{Fields, go};
use super::reach::{settle_taken, why_not};
use super::refusal::Refusal;
use super::review::{Toast, begin};
use super::timed::Timed;
use super::visit::Visit;
use super::words::{ReachWords, SuggestionWords, TraceWords, fill};
use crate::actions::actor::Actor;
use crate::actions::automatic;
use crate::actions::review::Reviewer;
use crate::actions::suggestions::{self, Key, Suggestion, What};
use crate::model::id::RecordId;
use crate::store::views::Door;
use crate::store::{self, views};
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::response::Response;

/// One of two answers, and what it would do.
pub(super) struct Answer {
    pub label: &'static str,
    pub does: String,
}

/// The question as a card.
pub(super) struct CardView {
    pub s: &'static SuggestionWords,
    pub key: String,
    pub contact: i64,
    /// Whether the viewer may open the contact.
    pub contact_opens: bool,
    /// The notice, for who may trace it: admins.
    pub trace: Option<i64>,
    pub number: String,
    pub answers: Timed,
    pub question: String,
    pub says: Timed,
    pub also: Option<String>,
    /// The notice: its page, where the viewer may open it.
    pub mail: Option<i64>,
    pub source: Timed,
    pub progress: String,
    pub door: Option<String>,
    pub yes: Answer,
    pub no: Answer,
    pub skip: String,
}

/// A line of the list.
pub(super) struct LineView {
    pub link: String,
    pub question: String,
    pub day: String,
    pub iso: String,
}

/// All of it, for the page.
pub(super) struct Section {
    pub s: &'static SuggestionWords,
    pub count: String,
    pub lines: Vec<LineView>,
}

/// What the page of review says of suggestions: the list, and the card where one is wanted by `asked`, or
/// where `alone` says that nothing else is asked.
pub(super) async fn section(
    visit: &mut Visit,
    reviewer: &Reviewer<'_, '_>,
    asked: &str,
    alone: bool,
) -> Result<(Option<CardView>, Option<Section>), Refusal> {
    let list = suggestions::list(&mut visit.tx, reviewer, visit.clock.zone).await?;
    let wanted = match Key::parse(asked) {
        Some(key) => Some(list.iter().position(|one| one.is(key)).ok_or(Refusal::NotFound)?),
        None if !asked.is_empty() => return Err(Refusal::NotFound),
        None => (alone && !list.is_empty()).then_some(0),
    };
    let lines = suggestions::reading(&mut visit.tx, reviewer, &list).await?;
    if !lines.is_empty() {
        let mut tx = visit.app.state.db.write().await?;
        store::audit::note(&mut tx, &lines).await?;
        tx.commit().await?;
    }
    if list.is_empty() {
        return Ok((None, None));
    }
    let names = names(visit, reviewer, &list).await?;
    let card = match wanted {
        Some(at) => card(visit, (&list, at), &names).await?,
        None => None,
    };
    let s = SuggestionWords::of(visit.words().language);
    let line = |one: &Suggestion| LineView {
        link: format!("/review?suggestion={}", one.key),
        question: question(one, &names, s),
        day: visit.clock.day(one.at),
        iso: one.at.rfc3339(),
    };
    let count = visit.words().number(list.len() as i64);
    Ok((card, Some(Section { s, count, lines: list.iter().map(line).collect() })))
}

/// How many there are, for the other pages; at most as many as are looked at in one go.
pub(super) async fn count(visit: &mut Visit, reviewer: &Reviewer<'_, '_>) -> Result<i64, Refusal> {
    Ok(suggestions::list(&mut visit.tx, reviewer, visit.clock.zone).await?.len() as i64)
}

type Names = std::collections::HashMap<RecordId, views::Named>;

async fn names(visit: &mut Visit, reviewer: &Reviewer<'_, '_>, list: &[Suggestion]) -> Result<Names, Refusal> {
    let contacts = list.iter().flat_map(|one| std::iter::once(one.key.contact).chain(one.others.iter().copied()));
    let contacts: Vec<RecordId> = contacts.collect();
    let mut names = views::names(&mut visit.tx, reviewer.sight(), contacts).await?;
    let accounts: Vec<RecordId> = names.values().filter_map(|named| named.account).collect();
    names.extend(views::names(&mut visit.tx, reviewer.sight(), accounts).await?);
    Ok(names)
}

fn name(names: &Names, record: RecordId) -> String {
    names.get(&record).map(|named| named.name.clone()).unwrap_or_default()
}

fn question(one: &Suggestion, names: &Names, s: &'static SuggestionWords) -> String {
    match &one.what {
        What::Left { .. } => fill(s.left_question, &[("contact", &name(names, one.key.contact))]),
        What::Named { name, .. } => {
            let person = match name {
                Some(name) => format!("{name} <{}>", one.address),
                None => one.address.clone(),
            };
            fill(s.named_question, &[("person", &person)])
        }
    }
}

async fn card(
    visit: &mut Visit,
    (list, at): (&[Suggestion], usize),
    names: &Names,
) -> Result<Option<CardView>, Refusal> {
    let Some(one) = list.get(at) else { return Ok(None) };
    let (contact, s) = (one.key.contact, SuggestionWords::of(visit.words().language));
    let w = s.language.words();
    let Some(named) = names.get(&contact) else { return Ok(None) };
    let opens = views::message(&mut visit.tx, &visit.scope, one.key.mail).await?.is_some();
    let contact_opens = !views::names(&mut visit.tx, &visit.scope, [contact]).await?.is_empty();
    let mails = store::suggestions::naming(&mut visit.tx, visit.person.user, &one.address).await?;
    let (yes, no) = effects(visit, (one, named, mails), names, s);
    let says = match &one.what {
        What::Left { told_by: None } => Timed::with(s.left_says, &[("address", &one.address)], &[]),
        What::Left { told_by: Some(from) } => {
            Timed::with(s.left_elsewhere, &[("address", &one.address), ("from", from)], &[])
        }
        What::Named { successor: true, .. } => Timed::with(s.named_follows, &[("contact", &named.name)], &[]),
        What::Named { until: Some(day), .. } => {
            Timed::exact(s.named_until, &[("contact", &named.name)], "day", &visit.clock.calendar_day(*day))
        }
        What::Named { .. } => Timed::with(s.named_stands_in, &[("contact", &named.name)], &[]),
    };
    let others: Vec<String> = one.others.iter().map(|other| name(names, *other)).collect();
    let skip = match list.get(at + 1) {
        Some(next) => format!("/review?suggestion={}", next.key),
        None => "/review".to_owned(),
    };
    let r = super::words::ReviewWords::of(w.language);
    let door = match one.door {
        Door::Own => None,
        Door::Cover(owner) => Some(fill(r.covered, &[("name", &visit.name(owner))])),
        Door::Admin => Some(r.as_admin.to_owned()),
    };
    Ok(Some(CardView {
        s,
        key: one.key.to_string(),
        contact: contact.0,
        contact_opens,
        trace: visit.person.admin.then_some(one.key.mail.0),
        number: fill(TraceWords::of(w.language).mail_n, &[("n", &one.key.mail.to_string())]),
        answers: visit.answers(named).text(&visit.clock),
        question: question(one, names, s),
        says,
        also: (!others.is_empty()).then(|| fill(s.named_by, &[("contacts", &others.join(", "))])),
        mail: opens.then_some(one.key.mail.0),
        source: Timed::exact(ReachWords::of(w.language).notice_of, &[], "day", &visit.clock.a_day(one.at)),
        progress: fill(r.progress, &[("n", &w.number(at as i64 + 1)), ("all", &w.number(list.len() as i64))]),
        door,
        yes,
        no,
        skip,
    }))
}

/// The two answers, each with what it would do.
fn effects(
    visit: &Visit,
    (one, contact, mails): (&Suggestion, &views::Named, i64),
    names: &Names,
    s: &'static SuggestionWords,
) -> (Answer, Answer) {
    if one.what.is_departure() {
        let does = fill(s.left_yes_does, &[("address", &one.address)]);
        let no = Answer { label: s.left_no, does: s.left_no_does.to_owned() };
        return (Answer { label: s.left_yes, does }, no);
    }
    let owner = if one.door == Door::Admin { contact.owner } else { visit.person.user };
    let (owner, mails) = (visit.name(owner), visit.words().count(&s.mails, mails));
    let does = match contact.account.and_then(|account| names.get(&account)) {
        Some(account) => fill(s.named_yes_does, &[("account", &account.name), ("owner", &owner), ("mails", &mails)]),
        None => fill(s.named_yes_alone, &[("owner", &owner), ("mails", &mails)]),
    };
    (Answer { label: s.named_yes, does }, Answer { label: s.named_no, does: s.named_no_does.to_owned() })
}

/// The line that says what was decided just now, with the form that undoes it.
pub(super) async fn toast(visit: &mut Visit, number: i64) -> Result<Option<Toast>, Refusal> {
    let s = SuggestionWords::of(visit.words().language);
    let told = suggestions::told(&mut visit.tx, Some(visit.person.user), number).await?;
    Ok(told.map(|(told, undone)| Toast {
        text: if undone { s.undone } else { s.told(told) }.to_owned(),
        left_out: Vec::new(),
        undo: (!undone).then(|| format!("/review/suggestions/{number}/undo")),
        rule: None,
    }))
}

/// `POST /review/suggestions/{key}`.
pub(super) async fn decide(
    visit: Visit,
    path: Result<Path<String>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let done = match path {
        Ok(Path(key)) => decided(&visit, &key, form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn decided(
    visit: &Visit,
    key: &str,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    let key = Key::parse(key).ok_or(Refusal::NotFound)?;
    let yes = match fields.get("choice") {
        "yes" => true,
        "no" => false,
        _ => return Err(Refusal::NotFound),
    };
    let (mut tx, world) = begin(visit).await?;
    let actor = Actor::load(&mut tx, Some(visit.person.user), &world, visit.clock.now).await?;
    let house = visit.app.state.config.house();
    let decided = suggestions::decide(&mut tx, &Reviewer::of(&actor), key, yes, &house).await?;
    let decided = decided.map_err(|no| refused(&no, visit))?;
    if let Some(taken) = &decided.taken {
        settle_taken(&visit.app, &mut tx, &actor, taken).await?;
    }
    tx.commit().await?;
    Ok(go(&format!("/review?suggested={}", decided.number)))
}

/// `POST /review/suggestions/{key}/undo`; the key is the number of the decision.
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
    let told = suggestions::told(&mut tx, Some(visit.person.user), number).await?;
    match told {
        None => return Err(Refusal::NotFound),
        // A second click finds it taken back.
        Some((_, true)) => {}
        Some((_, false)) => {
            automatic::undo(&mut tx, &actor, number).await?.map_err(|no| refused(&no, visit))?;
            tx.commit().await?;
        }
    }
    Ok(go(&format!("/review?suggested={number}")))
}

fn refused(no: &automatic::No, visit: &Visit) -> Refusal {
    match no {
        // Absent and forbidden look the same.
        automatic::No::NotAsked | automatic::No::NotThere => Refusal::NotFound,
        other => Refusal::Declined(why_not(other, ReachWords::of(visit.words().language)).to_owned()),
    }
}

//! One record: who answers, and all that happened, newest first (W4).

use super::activity::{ActivityCard, owner_line};
use super::answers::Answers;
use super::entry::{Card, NoticeLine, kind, notice};
use super::filing;
use super::from_mail::Details;
use super::live::fingerprint;
use super::reach::{self, ReachView};
use super::records::{list_of, status};
use super::refusal::Refusal;
use super::sharing;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::visit::Visit;
use super::why::{Known, Reason, mentioned, sentences, via};
use super::words::{AnsweringWords, Words};
use crate::access;
use crate::actions::automatic::Reach;
use crate::model::id::{MailId, RecordId};
use crate::model::record::Kind;
use crate::model::share::{Rights, Source};
use crate::store;
use crate::store::filing::Told;
use crate::store::managers::Manager;
use crate::store::views::{self, Entry, Happened, Head, Named, Place};
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Entries on a page.
pub(super) const SHOWN: i64 = 50;

/// The rest of the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// Where the page begins: the place of the last entry before it.
    pub before: Option<String>,
}

/// What the page is made of.
#[derive(Debug)]
pub(super) struct Data {
    head: Head,
    owner: String,
    answers: Answers,
    below: Vec<(Named, Answers)>,
    entries: Vec<Happened>,
    managers: Vec<Manager>,
    may: Rights,
    out_for_step: bool,
    more: bool,
    known: Known,
    sharing: Option<String>,
    filed: HashMap<MailId, Told>,
    reach: Reach,
    people: BTreeMap<RecordId, Reach>,
}

struct EntryView {
    card: Card,
    /// What stands in the place of the card.
    system: Option<String>,
    why: Vec<String>,
    notices: Vec<NoticeLine>,
}

/// One of these is there.
struct Line {
    mail: Option<EntryView>,
    activity: Option<ActivityCard>,
    owner: Option<NoticeLine>,
}

struct Day {
    heading: String,
    entries: Vec<Line>,
}

struct Related {
    id: i64,
    kind: &'static str,
    name: String,
    answers: Timed,
    /// They are away, left, or hard to reach.
    warned: Vec<Timed>,
}

#[derive(Template)]
#[template(path = "record.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    id: i64,
    here: String,
    name: String,
    kind: &'static str,
    list: (String, &'static str),
    facts: Vec<(&'static str, String)>,
    /// A number to be dialled, and its words.
    phone: Option<(String, String)>,
    /// The addresses of a person.
    emails: Vec<String>,
    links: Vec<(&'static str, i64, String)>,
    confidential: bool,
    owner: String,
    answers: Timed,
    until: Option<Timed>,
    covered: bool,
    answers_why: String,
    managers: Vec<(String, String)>,
    may: Rights,
    out_for_step: bool,
    below: Vec<Related>,
    sharing: Option<String>,
    watched: Vec<String>,
    nothing: bool,
    days: Vec<Day>,
    newest: Option<String>,
    older: Option<String>,
    details: Details,
    reach: ReachView,
    a: &'static AnsweringWords,
    /// The client's latest mail, for answering it from here.
    latest: Option<MailId>,
}

/// `GET /records/{id}`.
pub(super) async fn page(
    mut visit: Visit,
    path: Result<Path<i64>, axum::extract::rejection::PathRejection>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let page = match (path, asked) {
        (Ok(Path(id)), Ok(Query(asked))) => view(&mut visit, RecordId(id), &asked).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, id: RecordId, asked: &Asked) -> Result<Response, Refusal> {
    let data = load(visit, id, asked).await?;
    let shown = data.entries.iter().filter_map(Happened::governing);
    visit.reads_of(shown.chain([data.head.record.clone()]).collect()).await?;
    filing::note_visit(visit, id).await?;
    let here = match &asked.before {
        Some(before) => format!("/records/{id}?before={before}"),
        None => format!("/records/{id}"),
    };
    let details = Details::load(visit, id, data.may.write).await?;
    let shell = visit.shell().titled(&data.head.record.name).at("records").live(&here, fingerprint(&data));
    let (w, clock, record) = (visit.words(), visit.clock, &data.head.record);
    let below = |(named, answers): &(Named, Answers)| Related {
        id: named.id.0,
        kind: kind(named.kind, w),
        name: named.name.clone(),
        answers: answers.text(&clock),
        warned: data.people.get(&named.id).map(|reach| reach::brief(reach, &clock)).unwrap_or_default(),
    };
    let page = Page {
        shell,
        w,
        here,
        id: id.0,
        name: record.name.clone(),
        kind: kind(record.kind, w),
        list: list_of(record.kind, w),
        facts: facts(&data.head, visit),
        phone: data.head.phone.clone().map(|phone| (tel(&phone), phone)),
        emails: data.head.watched.iter().filter(|text| !text.starts_with('@')).cloned().collect(),
        links: relations(&data.head, w),
        confidential: record.confidential,
        owner: data.owner.clone(),
        answers: Timed::plain(&data.answers.who(w)),
        until: data.answers.until(&clock),
        covered: data.answers.user != Some(record.owner),
        answers_why: data.answers.why(w),
        managers: data.managers.iter().map(|m| (role(&m.role, w), visit.name(m.user))).collect(),
        may: data.may,
        out_for_step: data.out_for_step,
        below: data.below.iter().map(below).collect(),
        sharing: data.sharing.clone(),
        watched: data.head.watched.clone(),
        // That it has an owner is nothing that happened.
        nothing: data.entries.iter().all(|e| matches!(e, Happened::Owner(_))) && asked.before.is_none(),
        days: days(&data, visit),
        newest: asked.before.as_ref().map(|_| format!("/records/{id}")),
        details,
        a: AnsweringWords::of(w.language),
        latest: mails(&data.entries)
            .map(|e| &e.mail)
            .find(|m| m.direction == "in" && m.author == "human")
            .map(|m| m.id),
        reach: ReachView::of(&data.reach, record.kind, data.head.language.as_deref(), data.may.write, visit),
        older: data
            .entries
            .last()
            .filter(|_| data.more)
            .map(|entry| format!("/records/{id}?before={}", entry.place().text())),
    };
    Ok(Html(page).into_response())
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit, id: RecordId, asked: &Asked) -> Result<Data, Refusal> {
    let before = match asked.before.as_deref() {
        None => Place::TOP,
        Some(text) => Place::parse(text).ok_or(Refusal::NotFound)?,
    };
    let Some(mut head) = views::head(&mut visit.tx, &visit.scope, id).await? else { return Err(Refusal::NotFound) };
    let mut entries = views::happened(&mut visit.tx, &visit.scope, id, before, SHOWN + 1).await?;
    let more = entries.len() as i64 > SHOWN;
    entries.truncate(SHOWN as usize);
    let ids = mails(&entries).flat_map(|entry| mentioned(&entry.evidence, &entry.candidates));
    let known: Known = views::names(&mut visit.tx, &visit.scope, ids).await?.into_iter().collect();
    let managers = store::managers::of(&mut visit.tx, &[id]).await?;
    let shares = store::shares::on(&mut visit.tx, &[id]).await?;
    let on_page: Vec<MailId> = mails(&entries).map(|entry| entry.mail.id).collect();
    let filed = store::filing::of_mails(&mut visit.tx, &on_page).await?;
    let sharing = sharing::line(&head.record, &shares, visit);
    let reach = reach::of_record(visit, id, head.record.kind).await?;
    let contacts: Vec<RecordId> = head.below.iter().filter(|n| n.kind == Kind::Contact).map(|n| n.id).collect();
    let people = reach::of_records(visit, &contacts).await?;
    let below = std::mem::take(&mut head.below).into_iter();
    let below = below.map(|named| {
        let answers = visit.answers(&named);
        (named, answers)
    });
    let may = access::rights(visit.person.user, &head.record, &shares, &visit.world, visit.clock.now);
    Ok(Data {
        managers,
        may,
        out_for_step: shares.iter().any(|s| s.source == Source::Step),
        owner: visit.name(head.record.owner),
        answers: visit.answers_of(&head.record),
        below: below.collect(),
        head,
        entries,
        more,
        known,
        sharing,
        filed,
        reach,
        people,
    })
}

fn mails(entries: &[Happened]) -> impl Iterator<Item = &Entry> {
    entries.iter().filter_map(|entry| match entry {
        Happened::Mail(entry) => Some(&**entry),
        Happened::Activity(_) | Happened::Owner(_) => None,
    })
}

/// The word for a manager's role; a company's own stay as they are.
pub(super) fn role(role: &str, w: &'static Words) -> String {
    match role {
        "sales" => w.role_sales.to_owned(),
        "service" => w.role_service.to_owned(),
        "marketing" => w.role_marketing.to_owned(),
        other => other.to_owned(),
    }
}

fn facts(head: &Head, visit: &Visit) -> Vec<(&'static str, String)> {
    let w = visit.words();
    let class = head.class.clone().map(|text| (w.class, text));
    let status = status(head.record.kind, head.record.status, w).map(|word| (w.status, word.to_owned()));
    let city = head.city.clone().map(|text| (w.city, text));
    let number = head.number.clone().map(|text| ("№", text));
    let speaks = super::words::ReachWords::of(w.language).speaks;
    let language = head.language.as_deref().map(|tag| (speaks, reach::language_text(tag, visit)));
    [number, status, class, city, language].into_iter().flatten().collect()
}

/// The address by which a browser dials a number.
pub(super) fn tel(phone: &str) -> String {
    let digits: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    format!("tel:{digits}")
}

fn relations(head: &Head, w: &'static Words) -> Vec<(&'static str, i64, String)> {
    let account = head.account.iter().map(|a| (w.account, a.id.0, a.name.clone()));
    account.chain(head.end_customer.iter().map(|e| (w.end_customer, e.id.0, e.name.clone()))).collect()
}

fn days(data: &Data, visit: &Visit) -> Vec<Day> {
    let clock = &visit.clock;
    let mut days: Vec<Day> = Vec::new();
    for entry in &data.entries {
        let heading = clock.heading(entry.place().at);
        let view = line(entry, data, visit);
        match days.last_mut() {
            Some(day) if day.heading == heading => day.entries.push(view),
            _ => days.push(Day { heading, entries: vec![view] }),
        }
    }
    days
}

fn line(entry: &Happened, data: &Data, visit: &Visit) -> Line {
    let nothing = Line { mail: None, activity: None, owner: None };
    match entry {
        Happened::Mail(entry) => Line { mail: Some(entry_view(entry, data, visit)), ..nothing },
        Happened::Activity(shown) => {
            let mut card = ActivityCard::of(shown, visit);
            card.may_change = data.may.write || shown.activity.responsible == visit.person.user;
            card.governing = card.governing.filter(|(id, _)| *id != data.head.record.id.0);
            card.when.short = visit.clock.within_day(shown.activity.at);
            Line { activity: Some(card), ..nothing }
        }
        Happened::Owner(change) => Line { owner: Some(owner_line(&change.change, visit)), ..nothing },
    }
}

fn entry_view(entry: &Entry, data: &Data, visit: &Visit) -> EntryView {
    let (record, clock) = (&data.head.record, &visit.clock);
    let reason = Reason {
        evidence: &entry.evidence,
        candidates: &entry.candidates,
        record: record.id,
        governing: &entry.governing,
        score: entry.score,
        decided: entry.decided,
        people: &visit.world,
    };
    let elsewhere = entry.governing.id != record.id;
    let mut card = Card::of(&entry.mail, clock);
    // The day stands above it.
    card.when.short = clock.within_day(entry.mail.at);
    card.filed =
        data.filed.get(&entry.mail.id).and_then(|told| filing::by(told, (record.id, entry.governing.id), visit));
    card.via = via(&entry.evidence, record.kind, clock.words);
    card.governing = elsewhere.then(|| (entry.governing.id.0, entry.governing.name.clone()));
    EntryView {
        system: reach::system_line(&entry.mail, clock),
        card,
        why: sentences(&reason, &data.known, clock),
        notices: entry.notices.iter().map(|n| notice(n, clock)).collect(),
    }
}

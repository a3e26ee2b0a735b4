//! Everything of a type, by original owner, responsible, status and period, by modified date (W6,
//! S4); and doing, calling off and giving on what is open.

use super::activity::{ActivityCard, kind};
use super::doing::{Fields, activity_no, actor, begin, choice, go, roll};
use super::entry::Card;
use super::live::fingerprint;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::today::{COUNTED, count};
use super::visit::Visit;
use super::words::Words;
use crate::actions::activities::{self, Step};
use crate::model::activity::{ActivityKind, Progress};
use crate::model::id::{ActivityId, UserId};
use crate::model::time::{DAY, Timestamp};
use crate::store::views::{self, ActivityFilter, Below, Excerpt, Named, Shown};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Rows on a page.
const SHOWN: i64 = 50;
/// Periods to choose from, in days.
const PERIODS: [i64; 4] = [7, 30, 90, 3_650];

/// The address of a page of the list.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// `mail`, or a kind of activity; everything if it is left out.
    #[serde(default)]
    kind: String,
    /// Whose it was at first.
    #[serde(default)]
    original: String,
    /// Who is to do it.
    #[serde(default)]
    responsible: String,
    /// `open`, `done` or `cancelled`.
    #[serde(default)]
    status: String,
    /// Changed in so many days.
    #[serde(default)]
    days: String,
    /// Where the page begins: `TIME.m7` or `TIME.a7` of the last row before it.
    #[serde(default)]
    below: String,
}

/// A row: one of the two.
#[derive(Debug)]
enum Row {
    Mail(Box<(Excerpt, Named)>),
    Activity(Box<Shown>),
}

impl Row {
    /// By when it last changed; at one moment mail stands first.
    fn place(&self) -> (Timestamp, u8, i64) {
        match self {
            Row::Mail(item) => (item.0.at, 0, item.0.id.0),
            Row::Activity(shown) => (shown.activity.updated, 1, shown.activity.id.0),
        }
    }

    /// The record that governs it.
    fn governing(&self) -> &Named {
        match self {
            Row::Mail(item) => &item.1,
            Row::Activity(shown) => &shown.governing,
        }
    }
}

/// What the page is made of.
#[derive(Debug)]
pub(super) struct Data {
    rows: Vec<Row>,
    count: i64,
    more: bool,
}

struct RowView {
    mail: Option<Card>,
    activity: Option<ActivityCard>,
    record: (i64, String),
    original: String,
    /// Who answers for the record now; of mail only.
    answers: Timed,
}

struct Tab {
    href: String,
    word: &'static str,
    here: bool,
}

#[derive(Template)]
#[template(path = "activities.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    tabs: Vec<Tab>,
    kind: String,
    count: String,
    originals: Vec<(i64, String, bool)>,
    responsibles: Vec<(i64, String, bool)>,
    people: Vec<(i64, String, bool)>,
    statuses: Vec<(&'static str, &'static str, bool)>,
    periods: Vec<(i64, String, bool)>,
    rows: Vec<RowView>,
    open: bool,
    here: String,
    next: Option<String>,
    first: Option<String>,
}

/// `GET /activities`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let answer = match asked {
        Ok(Query(asked)) => view(&mut visit, &asked).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

fn kinds(asked: &Asked) -> Result<(bool, bool, Option<ActivityKind>), Refusal> {
    match asked.kind.as_str() {
        "" => Ok((true, true, None)),
        "mail" => Ok((true, false, None)),
        word => Ok((false, true, Some(ActivityKind::from_word(word).ok_or(Refusal::NotFound)?))),
    }
}

fn days(asked: &Asked) -> i64 {
    asked.days.parse().ok().filter(|days| PERIODS.contains(days)).unwrap_or(30)
}

/// Where the pages of mails and of activities begin.
fn below(asked: &Asked) -> Result<(Below, Below), Refusal> {
    if asked.below.is_empty() {
        return Ok((Below::TOP, Below::TOP));
    }
    let (at, rest) = asked.below.split_once('.').ok_or(Refusal::NotFound)?;
    let at = Timestamp(at.parse().map_err(|_| Refusal::NotFound)?);
    let number = |text: &str| text.parse::<i64>().map_err(|_| Refusal::NotFound);
    match (rest.strip_prefix('m'), rest.strip_prefix('a')) {
        (Some(id), _) => Ok((Below { at, id: number(id)? }, Below { at, id: i64::MAX })),
        (_, Some(id)) => Ok((Below { at, id: 0 }, Below { at, id: number(id)? })),
        _ => Err(Refusal::NotFound),
    }
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit, asked: &Asked) -> Result<Data, Refusal> {
    let (with_mails, with_activities, kind) = kinds(asked)?;
    let (mails_below, activities_below) = below(asked)?;
    let progress = match asked.status.as_str() {
        "" => None,
        word => Some(Progress::from_word(word).ok_or(Refusal::NotFound)?),
    };
    let filter = ActivityFilter {
        original: asked.original.parse().ok().map(UserId),
        responsible: asked.responsible.parse().ok().map(UserId),
        progress,
        since: visit.clock.now.plus(-days(asked) * DAY),
    };
    let (tx, scope) = (&mut visit.tx, &visit.scope);
    let (mut rows, mut count) = (Vec::new(), 0);
    let at_top = asked.below.is_empty();
    if with_mails {
        let (found, n) = views::listed_mails(tx, scope, &filter, mails_below, SHOWN + 1, COUNTED + 1).await?;
        rows.extend(found.into_iter().map(|item| Row::Mail(Box::new(item))));
        count += if at_top { n } else { views::listed_mails(tx, scope, &filter, Below::TOP, 0, COUNTED + 1).await?.1 };
    }
    if with_activities {
        let (found, n) = views::listed(tx, scope, kind, &filter, activities_below, SHOWN + 1, COUNTED + 1).await?;
        rows.extend(found.into_iter().map(|shown| Row::Activity(Box::new(shown))));
        count += if at_top { n } else { views::listed(tx, scope, kind, &filter, Below::TOP, 0, COUNTED + 1).await?.1 };
    }
    rows.sort_by_key(|row| {
        let (at, rank, id) = row.place();
        (std::cmp::Reverse(at), rank, std::cmp::Reverse(id))
    });
    let more = rows.len() as i64 > SHOWN;
    rows.truncate(SHOWN as usize);
    Ok(Data { rows, count, more })
}

async fn view(visit: &mut Visit, asked: &Asked) -> Result<Response, Refusal> {
    let data = load(visit, asked).await?;
    visit.reads_of(data.rows.iter().map(|row| row.governing().record()).collect()).await?;
    let w = visit.words();
    let here = address(asked, &asked.kind, &asked.below);
    let next = data.rows.last().filter(|_| data.more).map(|row| {
        let (at, rank, id) = row.place();
        address(asked, &asked.kind, &format!("{}.{}{id}", at.0, if rank == 0 { "m" } else { "a" }))
    });
    let tab =
        |word: &str, text: &'static str| Tab { href: address(asked, word, ""), word: text, here: asked.kind == word };
    let mut tabs = vec![tab("", w.everything), tab("mail", w.email)];
    tabs.extend(ActivityKind::ALL.map(|k| tab(k.word(), kind(k, w))));
    let rows: Vec<RowView> = data.rows.iter().map(|row| row_view(row, visit)).collect();
    let statuses = [("open", w.open), ("done", w.done), ("cancelled", w.cancelled)];
    let chosen = days(asked);
    let people = roll(visit.world.people.iter().filter(|p| p.active), &visit.world);
    let page = Page {
        shell: visit.shell().titled(w.activities).at("activities").live(&here, fingerprint(&data)),
        w,
        tabs,
        kind: asked.kind.clone(),
        count: count(data.count, w),
        originals: choice(people.clone(), asked.original.parse().ok()),
        responsibles: choice(people.clone(), asked.responsible.parse().ok()),
        people: choice(people, None),
        statuses: statuses.map(|(value, text)| (value, text, asked.status == value)).to_vec(),
        periods: PERIODS.map(|n| (n, w.count(&w.days, n), n == chosen)).to_vec(),
        open: rows.iter().any(|row| row.activity.as_ref().is_some_and(|a| a.open)),
        rows,
        first: (!asked.below.is_empty()).then(|| address(asked, &asked.kind, "")),
        next,
        here,
    };
    Ok(Html(page).into_response())
}

/// The address of a page of the list. Its parts are words and numbers, so nothing is escaped:
/// what was asked otherwise was refused or is left out.
fn address(asked: &Asked, kind: &str, below: &str) -> String {
    let number = |text: &str| text.parse::<i64>().map(|n| n.to_string()).unwrap_or_default();
    let (original, responsible) = (number(&asked.original), number(&asked.responsible));
    let parts = [
        ("kind", kind),
        ("original", &original),
        ("responsible", &responsible),
        ("status", &asked.status),
        ("days", &number(&asked.days)),
        ("below", below),
    ]
    .iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| format!("{name}={value}"))
    .collect::<Vec<_>>();
    if parts.is_empty() { "/activities".to_owned() } else { format!("/activities?{}", parts.join("&")) }
}

fn row_view(row: &Row, visit: &Visit) -> RowView {
    match row {
        Row::Mail(item) => {
            let card = Card::of(&item.0, &visit.clock);
            // As the filter takes it: whose mail it was, sent or received.
            let ours = if card.direction == "out" { Some(&card.from) } else { card.to.first() };
            RowView {
                original: ours.map(|person| person.name.clone()).unwrap_or_default(),
                answers: visit.answers(&item.1).text(&visit.clock),
                mail: Some(card),
                activity: None,
                record: (item.1.id.0, item.1.name.clone()),
            }
        }
        Row::Activity(shown) => RowView {
            mail: None,
            record: (shown.governing.id.0, shown.governing.name.clone()),
            original: visit.name(shown.activity.original_owner()),
            answers: Timed::default(),
            activity: Some(ActivityCard::of(shown, visit)),
        },
    }
}

/// `POST /activities/give`: gives the ticked ones to somebody.
pub(super) async fn give(visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let answer = given(&visit, form).await;
    visit.answer(answer)
}

#[derive(Template)]
#[template(path = "told.html")]
struct Told {
    shell: Shell,
    w: &'static Words,
    title: String,
    lines: Vec<String>,
    back: String,
}

async fn given(visit: &Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    let w = visit.words();
    let to = UserId(fields.number("to").unwrap_or(0));
    let ids: Vec<ActivityId> = fields.numbers("id").into_iter().map(ActivityId).collect();
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    let given = activities::give(&mut tx, &actor, &ids, to).await?;
    tx.commit().await?;
    if given.left_out.is_empty() && !given.moved.is_empty() {
        return Ok(go(fields.get("next")));
    }
    let mut lines: Vec<String> =
        given.left_out.iter().map(|(id, no)| format!("№ {id}: {}", activity_no(no, w))).collect();
    if ids.is_empty() {
        lines.push(w.objection_nothing.to_owned());
    }
    Ok(told(visit, w.count(&w.activities_given, given.moved.len() as i64), lines, fields.get("next")))
}

/// A page that says what was not done, and leads back.
pub(super) fn told(visit: &Visit, title: String, lines: Vec<String>, back: &str) -> Response {
    let w = visit.words();
    let back = super::signin::within(back).to_owned();
    let page = Told { shell: visit.shell().titled(&title), w, title, lines, back };
    (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response()
}

/// `POST /activities/{id}`: done, or called off.
pub(super) async fn step(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match path {
        Ok(Path(id)) => stepped(&visit, ActivityId(id), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn stepped(
    visit: &Visit,
    id: ActivityId,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    let step = match fields.get("step") {
        "done" => Step::Done,
        "cancel" => Step::Cancel,
        _ => return Err(Refusal::NotFound),
    };
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    match activities::change(&mut tx, &actor, id, step).await? {
        Ok(_) => {
            tx.commit().await?;
            Ok(go(fields.get("next")))
        }
        Err(activities::No::NotThere) => Err(Refusal::NotFound),
        Err(no) => {
            let w = visit.words();
            Ok(told(visit, w.not_changed.to_owned(), vec![activity_no(&no, w)], fields.get("next")))
        }
    }
}

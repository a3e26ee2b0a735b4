//! Records that the viewer may read, by kind and name (W3).

use super::answers::Answers;
use super::glass;
use super::live::fingerprint;
use super::reach;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::today::{COUNTED, count};
use super::visit::Visit;
use super::words::{GroupWords, Words};
use crate::actions::automatic::Reach;
use crate::model::id::RecordId;
use crate::model::record::{Kind, Status};
use crate::store::views::{self, Row};
use askama::Template;
use axum::extract::{Query, RawQuery};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Rows on a page.
const SHOWN: i64 = 100;

/// The address of a page of the list.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// Which of the four; opportunities if it is left out.
    pub kind: Option<String>,
    /// Where the page begins: the key of the last row before it.
    pub after: Option<String>,
    /// And its id.
    pub id: Option<i64>,
}

/// What the page is made of.
#[derive(Debug)]
pub(super) struct Data {
    rows: Vec<(Row, Answers, String)>,
    reach: BTreeMap<RecordId, Reach>,
    count: i64,
    more: bool,
}

struct Tab {
    href: String,
    word: &'static str,
    here: bool,
}

struct RowView {
    id: i64,
    name: String,
    number: Option<String>,
    account: Option<(i64, String)>,
    city: Option<String>,
    status: Option<&'static str>,
    confidential: bool,
    owner: String,
    answers: Timed,
    covered: bool,
    /// They are away, left, or hard to reach.
    warned: Vec<Timed>,
}

#[derive(Template)]
#[template(path = "records.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    tabs: Vec<Tab>,
    title: &'static str,
    kind: &'static str,
    count: String,
    rows: Vec<RowView>,
    first: Option<String>,
    next: Option<String>,
    /// What the link says to who may open a record without a right.
    glass: Option<&'static str>,
}

/// `GET /records`.
pub(super) async fn page(
    mut visit: Visit,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
    RawQuery(raw): RawQuery,
) -> Response {
    let page = match asked {
        Ok(Query(asked)) => view(&mut visit, &asked, raw.as_deref()).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, asked: &Asked, raw: Option<&str>) -> Result<Response, Refusal> {
    let kind = kind_of(asked)?;
    let data = load(visit, asked).await?;
    let w = visit.words();
    let here = raw.map_or("/records".to_owned(), |q| format!("/records?{q}"));
    let (title, shell) = (plural(kind, w), visit.shell().at("records").live(&here, fingerprint(&data)));
    let tab = |of: Kind| Tab { href: format!("/records?kind={}", of.word()), word: plural(of, w), here: of == kind };
    let next = data.rows.last().filter(|_| data.more).map(|(row, _, _)| {
        let asked = Asked { kind: Some(kind.word().into()), after: Some(row.key.clone()), id: Some(row.record.id.0) };
        format!("/records?{}", query_of(&asked))
    });
    let page = Page {
        shell: shell.titled(title),
        w,
        tabs: [Kind::Opportunity, Kind::Account, Kind::Contact, Kind::Lead].map(tab).into(),
        title,
        kind: kind.word(),
        count: count(data.count, w),
        rows: data.rows.iter().map(|row| row_view(row, &data, visit)).collect(),
        first: asked.after.as_ref().map(|_| format!("/records?kind={}", kind.word())),
        next,
        glass: glass::may(visit).then_some(GroupWords::of(w.language).glass_see),
    };
    Ok(Html(page).into_response())
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit, asked: &Asked) -> Result<Data, Refusal> {
    let kind = kind_of(asked)?;
    let after = asked.after.as_deref().map(|key| (key, RecordId(asked.id.unwrap_or(0))));
    let found = views::records(&mut visit.tx, &visit.scope, kind, after, SHOWN + 1, COUNTED + 1).await?;
    let more = found.rows.len() as i64 > SHOWN;
    let row = |row: Row| {
        let (answers, owner) = (visit.answers_of(&row.record), visit.name(row.record.owner));
        (row, answers, owner)
    };
    let rows: Vec<_> = found.rows.into_iter().take(SHOWN as usize).map(row).collect();
    let people = if matches!(kind, Kind::Contact | Kind::Lead) { rows.as_slice() } else { &[] };
    let people: Vec<RecordId> = people.iter().map(|(row, ..)| row.record.id).collect();
    let reach = reach::of_records(visit, &people).await?;
    Ok(Data { rows, reach, count: found.count, more })
}

fn kind_of(asked: &Asked) -> Result<Kind, Refusal> {
    asked.kind.as_deref().map_or(Ok(Kind::Opportunity), |word| Kind::from_word(word).ok_or(Refusal::NotFound))
}

fn row_view((row, answers, owner): &(Row, Answers, String), data: &Data, visit: &Visit) -> RowView {
    RowView {
        id: row.record.id.0,
        name: row.record.name.clone(),
        number: row.number.clone(),
        account: row.account.as_ref().map(|a| (a.id.0, a.name.clone())),
        city: row.city.clone(),
        status: status(row.record.kind, row.record.status, visit.words()),
        confidential: row.record.confidential,
        owner: owner.clone(),
        answers: answers.text(&visit.clock),
        covered: answers.user != Some(row.record.owner),
        warned: data.reach.get(&row.record.id).map(|r| reach::brief(r, &visit.clock)).unwrap_or_default(),
    }
}

/// The word for a status, for kinds that have one.
pub(super) fn status(kind: Kind, status: Status, w: &'static Words) -> Option<&'static str> {
    matches!(kind, Kind::Lead | Kind::Opportunity).then_some(match status {
        Status::Open => w.open,
        Status::Won => w.won,
        Status::Lost => w.lost,
        Status::Converted => w.converted,
    })
}

pub(super) fn plural(kind: Kind, w: &'static Words) -> &'static str {
    match kind {
        Kind::Account => w.accounts,
        Kind::Contact => w.contacts,
        Kind::Lead => w.leads,
        Kind::Opportunity => w.opportunities,
    }
}

/// The tab that this kind of record belongs to.
pub(super) fn list_of(kind: Kind, w: &'static Words) -> (String, &'static str) {
    (format!("/records?kind={}", kind.word()), plural(kind, w))
}

fn query_of(asked: &Asked) -> String {
    let key = asked.after.as_deref().unwrap_or("");
    let key: String = key
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect();
    format!("kind={}&after={key}&id={}", asked.kind.as_deref().unwrap_or(""), asked.id.unwrap_or(0))
}

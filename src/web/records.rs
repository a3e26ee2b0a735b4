//! Records that the viewer may read, by kind and name, or by what they lack (W3).

use super::answers::Answers;
use super::doing::{choice, roll};
use super::glass;
use super::lacking::{self, Whose};
use super::live::fingerprint;
use super::reach;
use super::refusal::{Refusal, escape};
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::today::{COUNTED, count};
use super::visit::Visit;
use super::when::When;
use super::words::{GroupWords, ListWords, Words};
use crate::actions::automatic::Reach;
use crate::model::id::{ActivityId, RecordId, UserId};
use crate::model::record::{Kind, Lack, Status};
use crate::model::time::Timestamp;
use crate::store::views::{self, Chosen, Row};
use askama::Template;
use axum::extract::{Query, RawQuery};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Rows on a page.
const SHOWN: i64 = 100;

/// The address of a page of the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Which of the four; opportunities if it is left out.
    kind: String,
    /// Whose; everybody's if it is left out.
    whose: String,
    /// Where they stand.
    status: String,
    /// What they lack.
    lack: String,
    /// Where the page begins: the key of the last row before it.
    after: Option<String>,
    /// And its id.
    id: Option<i64>,
    /// The task that somebody was given on this page.
    asked: Option<i64>,
}

impl Asked {
    /// The first page of such records.
    pub fn of(kind: Kind, whose: Whose, lack: Option<Lack>) -> Asked {
        let lack = lack.map_or("", Lack::word).to_owned();
        Asked { kind: kind.word().into(), whose: whose.word(), lack, ..Asked::default() }
    }

    /// The address, without what was done on the page.
    pub fn address(&self) -> String {
        let fields = [("kind", &self.kind), ("whose", &self.whose), ("status", &self.status), ("lack", &self.lack)];
        let mut parts: Vec<String> = fields
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", escape(value)))
            .collect();
        parts.extend(self.after.as_ref().map(|key| format!("after={}", escape(key))));
        parts.extend(self.id.map(|id| format!("id={id}")));
        if parts.is_empty() { "/records".to_owned() } else { format!("/records?{}", parts.join("&")) }
    }

    /// The page behind this row.
    pub fn after(&self, row: &Row, since: &BTreeMap<RecordId, Timestamp>) -> Asked {
        let key = since.get(&row.record.id).map_or_else(|| row.key.clone(), |since| since.0.to_string());
        Asked { after: Some(key), id: Some(row.record.id.0), asked: None, ..self.clone() }
    }

    /// The page at the top.
    pub fn first(&self) -> Asked {
        Asked { after: None, id: None, asked: None, ..self.clone() }
    }

    fn read(&self) -> Result<Wanted, Refusal> {
        let kind = if self.kind.is_empty() { Some(Kind::Opportunity) } else { Kind::from_word(&self.kind) };
        let kind = kind.ok_or(Refusal::NotFound)?;
        let whose = Whose::from_word(&self.whose).ok_or(Refusal::NotFound)?;
        let lack = match self.lack.as_str() {
            "" => None,
            word => Some(Lack::from_word(word).filter(|lack| lack.befalls(kind)).ok_or(Refusal::NotFound)?),
        };
        let status = match self.status.as_str() {
            "" => None,
            word => Some(Status::from_word(word).ok_or(Refusal::NotFound)?),
        };
        Ok(Wanted { kind, whose, lack, status })
    }
}

/// The address, understood.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    kind: Kind,
    whose: Whose,
    lack: Option<Lack>,
    status: Option<Status>,
}

impl Wanted {
    fn is_all(&self) -> bool {
        self.lack.is_none() && self.status.is_none() && self.whose == Whose::Everybody
    }
}

/// What the page is made of.
#[derive(Debug)]
pub(super) struct Data {
    rows: Vec<(Row, Answers, String)>,
    since: BTreeMap<RecordId, Timestamp>,
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
    /// Since when a client waits, or nothing was done.
    since: Option<When>,
}

#[derive(Template)]
#[template(path = "records.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    tabs: Vec<Tab>,
    title: &'static str,
    kind: &'static str,
    t: &'static ListWords,
    means: String,
    count: String,
    whose: Vec<(String, String, bool)>,
    statuses: Vec<(&'static str, &'static str, bool)>,
    lacks: Vec<(&'static str, &'static str, bool)>,
    /// The head of the column that says since when; none where nothing is lacked.
    since: Option<&'static str>,
    /// Where to ask for news; none where nothing is neglected.
    ask: Option<String>,
    /// What came of asking.
    said: Option<(i64, Timed)>,
    rows: Vec<RowView>,
    none: &'static str,
    /// Where all of it can be changed; none where the page alone can.
    change_all: Option<String>,
    change_page: String,
    /// Where all of it is a file.
    file: String,
    /// Where there is no filter; none where there is none now.
    clear: Option<String>,
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
    let wanted = asked.read()?;
    let Wanted { kind, whose, lack, status } = wanted;
    let data = load(visit, asked).await?;
    let said = match asked.asked {
        Some(activity) => lacking::said(visit, ActivityId(activity)).await?,
        None => None,
    };
    let (w, t) = (visit.words(), ListWords::of(visit.words().language));
    let here = raw.map_or("/records".to_owned(), |q| format!("/records?{q}"));
    let (title, shell) = (plural(kind, w), visit.shell().at("records").live(&here, fingerprint(&data)));
    let tab = |of: Kind| {
        let status = status.filter(|status| has_status(of, *status)).map_or("", Status::word).to_owned();
        let other = Asked { status, ..Asked::of(of, whose, lack.filter(|lack| lack.befalls(of))) };
        Tab { href: other.address(), word: plural(of, w), here: of == kind }
    };
    let next = data
        .rows
        .last()
        .filter(|_| data.more)
        .map(|(row, _, _)| Asked { kind: kind.word().into(), ..asked.after(row, &data.since) }.address());
    let statuses = [Status::Open, Status::Won, Status::Lost, Status::Converted];
    let statuses = statuses.into_iter().filter(|status| has_status(kind, *status));
    let statuses = statuses.filter_map(|s| Some((s.word(), self::status(kind, s, w)?, status == Some(s))));
    let lacks = [
        ("", t.all, None),
        ("unanswered", t.unanswered, Some(Lack::Answer)),
        ("neglected", t.neglected, Some(Lack::Update)),
    ];
    let lacks = lacks.into_iter().filter(|(.., one)| one.is_none_or(|lack| lack.befalls(kind)));
    let page = Page {
        shell: shell.titled(title),
        w,
        tabs: [Kind::Opportunity, Kind::Account, Kind::Contact, Kind::Lead].map(tab).into(),
        title,
        kind: kind.word(),
        t,
        means: lacking::means(kind, lack, visit),
        count: count(data.count, w),
        whose: whose_of(visit, whose),
        statuses: statuses.collect(),
        lacks: lacks.map(|(word, text, one)| (word, text, one == lack)).collect(),
        since: lack.map(|lack| if lack == Lack::Answer { t.waits_since } else { t.last_done }),
        ask: (lack == Some(Lack::Update)).then(|| asked.address().replacen("/records", "/records/ask", 1)),
        said,
        none: match lack {
            Some(Lack::Answer) => t.unanswered_none,
            Some(Lack::Update) => t.neglected_none,
            None if wanted.is_all() => w.records_none,
            None => t.none,
        },
        change_all: change_all(&wanted),
        change_page: w.count(&t.change_page, data.rows.len() as i64),
        file: Asked { kind: kind.word().into(), ..asked.first() }.address().replacen(
            "/records",
            "/records/list.csv",
            1,
        ),
        clear: (!wanted.is_all()).then(|| Asked::of(kind, Whose::Everybody, None).address()),
        rows: data.rows.iter().map(|row| row_view(row, &data, visit)).collect(),
        first: asked.after.as_ref().map(|_| Asked { kind: kind.word().into(), ..asked.first() }.address()),
        next,
        glass: glass::may(visit).then_some(GroupWords::of(w.language).glass_see),
    };
    Ok(Html(page).into_response())
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit, asked: &Asked) -> Result<Data, Refusal> {
    let (found, since) = fetch(visit, asked, SHOWN + 1).await?;
    let kind = asked.read()?.kind;
    let more = found.rows.len() as i64 > SHOWN;
    let row = |row: Row| {
        let (answers, owner) = (visit.answers_of(&row.record), visit.name(row.record.owner));
        (row, answers, owner)
    };
    let rows: Vec<_> = found.rows.into_iter().take(SHOWN as usize).map(row).collect();
    let people = if matches!(kind, Kind::Contact | Kind::Lead) { rows.as_slice() } else { &[] };
    let people: Vec<RecordId> = people.iter().map(|(row, ..)| row.record.id).collect();
    let reach = reach::of_records(visit, &people).await?;
    Ok(Data { rows, since, reach, count: found.count, more })
}

/// At most `limit` rows of what is asked for, and since when they lack what they lack.
pub(super) async fn fetch(
    visit: &mut Visit,
    asked: &Asked,
    limit: i64,
) -> Result<(views::Page, BTreeMap<RecordId, Timestamp>), Refusal> {
    let Wanted { kind, whose, lack, status } = asked.read()?;
    let owners = whose.owners(visit);
    let chosen = Chosen { owners: owners.as_deref(), status };
    let last = RecordId(asked.id.unwrap_or(0));
    let Some(lack) = lack else {
        let after = asked.after.as_deref().map(|key| (key, last));
        let of = (kind, &chosen);
        let found = views::chosen(&mut visit.tx, &visit.scope, of, after, limit, COUNTED + 1).await?;
        return Ok((found, BTreeMap::new()));
    };
    let key = |text: &str| text.parse().map(Timestamp).map_err(|_| Refusal::NotFound);
    let after = asked.after.as_deref().map(key).transpose()?.map(|at| (at, last));
    let (found, count) = lacking::found(visit, (kind, lack), chosen, after, (limit, COUNTED + 1)).await?;
    let ids: Vec<RecordId> = found.iter().map(|(id, _)| *id).collect();
    let rows = views::rows(&mut visit.tx, &visit.scope, &ids).await?;
    Ok((views::Page { rows, count }, found.into_iter().collect()))
}

/// Whose records can be asked for: everybody's, the viewer's, of those below them and beside them, and of each of whom they
/// read any.
fn whose_of(visit: &Visit, chosen: Whose) -> Vec<(String, String, bool)> {
    let t = ListWords::of(visit.words().language);
    let groups = [
        (Whose::Everybody, t.everybody),
        (Whose::Mine, t.mine),
        (Whose::Covered, t.covered),
        (Whose::People, t.people),
        (Whose::Teams, t.teams),
    ];
    let me = visit.person.user;
    let stands = |whose: &Whose| {
        *whose == chosen
            || whose.owners(visit).is_none_or(|owners| *whose == Whose::Mine || owners.iter().any(|u| *u != me))
    };
    let groups = groups.into_iter().filter(|(whose, _)| stands(whose));
    let groups = groups.map(|(whose, text)| (whose.word(), text.to_owned(), whose == chosen));
    let one = match chosen {
        Whose::One(UserId(id)) => Some(id),
        _ => None,
    };
    // Of whose records they read some by who they are; what others share with them stands among everybody's.
    let scope = &visit.scope;
    let reads = [&scope.owners, &scope.confidential_owners, &scope.unanswered, &scope.partial];
    let named = |user: UserId| user == me || one == Some(user.0) || reads.iter().any(|owners| owners.contains(&user));
    let people = choice(roll(visit.world.people.iter().filter(|p| named(p.id)), &visit.world), one);
    groups.chain(people.into_iter().map(|(id, name, on)| (id.to_string(), name, on))).collect()
}

/// Where all that match can be changed: what is listed by owner and status is chosen there the same way.
fn change_all(wanted: &Wanted) -> Option<String> {
    let owner = match wanted.whose {
        Whose::Everybody => String::new(),
        Whose::One(UserId(id)) => format!("&owner={id}"),
        Whose::Mine | Whose::Covered | Whose::People | Whose::Teams => return None,
    };
    let status = wanted.status.map(|status| format!("&status={}", status.word())).unwrap_or_default();
    wanted.lack.is_none().then(|| format!("/bulk?kind={}{owner}{status}", wanted.kind.word()))
}

/// Whether records of this kind can stand so, and say so.
fn has_status(kind: Kind, status: Status) -> bool {
    kind == Kind::Lead || (kind == Kind::Opportunity && status != Status::Converted)
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
        since: data.since.get(&row.record.id).map(|at| visit.clock.when(*at)),
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

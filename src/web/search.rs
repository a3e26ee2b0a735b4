//! Searching (W2): "who is this, and who answers?" The address holds all of it: what was typed, which kind,
//! where the page begins.

use super::answers::Answers;
use super::entry::{Card, kind as kind_word};
use super::live::fingerprint;
use super::record::tel;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::visit::Visit;
use super::when::When;
use super::words::{SearchWords, Words, fill};
use crate::access;
use crate::actions::search::{self, After, COUNTED, Found, Group, Hit, Only, Viewer};
use crate::model::id::RecordId;
use crate::model::record::Kind;
use crate::parse::query::Query as Sought;
use crate::store;
use crate::store::record_words::digits;
use crate::store::views::search::FoundMail;
use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::BTreeSet;

mod marks;

use marks::{around, marked};

/// The most characters that are read of what was typed.
pub(super) const LONGEST: usize = 500;
/// Characters of a mail's text that are shown.
const EXCERPT: usize = 240;

/// The address of a page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// What was typed.
    #[serde(default)]
    q: String,
    /// One kind alone.
    #[serde(rename = "in")]
    only: Option<String>,
    /// Where it begins: a record's number, or a mail's time and number.
    after: Option<String>,
}

/// What the page is made of.
#[derive(Debug)]
pub(super) struct Data {
    typed: String,
    query: Sought,
    only: Option<Only>,
    found: Found,
    answers: Vec<Vec<Answers>>,
    mail_answers: Vec<Option<Answers>>,
    writable: BTreeSet<RecordId>,
}

type Marked = Vec<(bool, String)>;

struct RecordView {
    id: i64,
    name: Marked,
    number: Option<String>,
    confidential: bool,
    account: Option<(i64, String)>,
    company: Option<String>,
    phone: Option<(String, String, String)>,
    writable: bool,
    city: Option<String>,
    answers: Timed,
    covered: bool,
    last: Option<When>,
}

struct GroupView {
    word: &'static str,
    title: &'static str,
    count: String,
    rows: Vec<RecordView>,
    all: Option<(String, String)>,
}

struct MailRecord {
    id: i64,
    name: String,
    kind: &'static str,
    answers: Timed,
    covered: bool,
}

struct MailView {
    card: Card,
    subject: Marked,
    text: Marked,
    record: Option<MailRecord>,
}

struct MailsView {
    count: String,
    cut: Option<&'static str>,
    rows: Vec<MailView>,
    all: Option<(String, String)>,
}

struct Nothing {
    text: String,
    tried: Vec<String>,
    offers: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    s: &'static SearchWords,
    title: String,
    means: String,
    wrong: Vec<String>,
    told: Vec<String>,
    empty: bool,
    sum: Option<String>,
    nothing: Option<Nothing>,
    groups: Vec<GroupView>,
    records_cut: Option<&'static str>,
    mails: Option<MailsView>,
    back: Option<String>,
    next: Option<String>,
}

/// `GET /search`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    // Whatever stands in the address is a search: a part that cannot be read is left out.
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let page = view(&mut visit, &asked).await;
    visit.answer(page)
}

async fn view(visit: &mut Visit, asked: &Asked) -> Result<Response, Refusal> {
    if search::freshen(&visit.app.state.db).await? {
        // What this page read before is older than what somebody just entered.
        visit.tx = visit.app.state.db.read().await?;
    }
    let data = load(visit, asked).await?;
    visit.reads_of(data.found.mails.shown()).await?;
    let (w, s) = (visit.words(), SearchWords::of(visit.words().language));
    let shell = visit.shell().at("search").seeking(&data.typed).live(&here(&data, asked), fingerprint(&data));
    let title = if data.typed.is_empty() { s.title.to_owned() } else { fill(s.title_of, &[("q", &data.typed)]) };
    let wrong: Vec<String> = data.query.bad_days.iter().map(|(_, day)| fill(s.bad_day, &[("day", day)])).collect();
    let told = data.query.unknown().into_iter().map(|word| fill(s.unknown, &[("word", word)])).collect();
    let groups: Vec<GroupView> = data
        .found
        .records
        .iter()
        .zip(&data.answers)
        .map(|(group, answers)| group_view(group, answers, &data, visit))
        .collect();
    let mails = mails_view(&data, visit);
    let none = groups.is_empty() && mails.is_none();
    let next = data.only.and_then(|only| {
        let next = match only {
            Only::Records(_) => data.found.records.first().and_then(|group| group.next),
            Only::Mails => data.found.mails.next,
        };
        Some(address(&data.typed, Some(only), Some(next?)))
    });
    let hits = data.found.records.iter().map(|group| group.count).sum::<usize>() + data.found.mails.count;
    let page = Page {
        shell: shell.titled(&title).wrong(wrong.len()),
        w,
        s,
        title,
        means: fill(s.means, &[("n", &w.number(COUNTED as i64))]),
        wrong,
        told,
        empty: data.query.is_empty(),
        sum: (!data.query.is_empty()).then(|| w.count(&s.hits, hits as i64)),
        nothing: (none && !data.query.is_empty()).then(|| nothing(&data, s)),
        groups,
        records_cut: data.found.records_cut.then_some(s.records_cut),
        mails,
        back: data.only.map(|_| address(&data.typed, None, None)),
        next,
    };
    Ok(Html(page).into_response())
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit, asked: &Asked) -> Result<Data, Refusal> {
    let typed: String = asked.q.trim().chars().take(LONGEST).collect();
    let config = visit.app.state.config.clone();
    let clock = visit.clock;
    let today = clock.now.to_utc().with_timezone(&clock.zone).date_naive();
    let query = Sought::read(&typed, today);
    let only = asked.only.as_deref().and_then(Only::from_word);
    let after = asked.after.as_deref().filter(|_| only.is_some()).and_then(place);
    let viewer =
        Viewer { scope: &visit.scope, world: &visit.world, now: clock.now, zone: clock.zone, region: &config.region };
    let found = search::search(&mut visit.tx, &viewer, &query, only, after).await?;
    let answers = found.records.iter();
    let answers =
        answers.map(|group| group.hits.iter().map(|hit| visit.answers_of(&hit.found.record)).collect()).collect();
    let mail_answers = found.mails.hits.iter();
    let mail_answers = mail_answers.map(|hit| hit.record.as_ref().map(|record| visit.answers(record))).collect();
    let records: Vec<_> =
        found.records.iter().flat_map(|group| &group.hits).map(|hit| hit.found.record.clone()).collect();
    let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
    let shares = store::shares::on(&mut visit.tx, &ids).await?;
    let may = |record: &&crate::model::record::Record| {
        let on_it: Vec<_> = shares.iter().filter(|share| share.record == record.id).cloned().collect();
        access::may_write(visit.person.user, record, &on_it, &visit.world, clock.now).is_some()
    };
    let writable = records.iter().filter(may).map(|record| record.id).collect();
    Ok(Data { typed, query, only, found, answers, mail_answers, writable })
}

fn place(text: &str) -> Option<After> {
    match text.split_once('.') {
        Some((at, id)) => Some(After { at: at.parse().ok()?, id: id.parse().ok()? }),
        None => Some(After { at: 0, id: text.parse().ok()? }),
    }
}

fn here(data: &Data, asked: &Asked) -> String {
    address(&data.typed, data.only, asked.after.as_deref().and_then(place))
}

/// The address of a search.
fn address(typed: &str, only: Option<Only>, after: Option<After>) -> String {
    let mut address = format!("/search?q={}", escaped(typed));
    if let Some(only) = only {
        address.push_str(&format!("&in={}", only.word()));
    }
    match (only, after) {
        (Some(Only::Mails), Some(after)) => address.push_str(&format!("&after={}.{}", after.at, after.id)),
        (Some(Only::Records(_)), Some(after)) => address.push_str(&format!("&after={}", after.id)),
        _ => {}
    }
    address
}

fn escaped(text: &str) -> String {
    let one = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(one).collect()
}

fn count(n: usize, more: bool, w: &'static Words) -> String {
    let exact = w.number(n.min(COUNTED) as i64);
    if more || n > COUNTED { format!("{exact}+") } else { exact }
}

fn group_view(group: &Group, answers: &[Answers], data: &Data, visit: &Visit) -> GroupView {
    let (w, s) = (visit.words(), SearchWords::of(visit.words().language));
    let rows = group.hits.iter().zip(answers).map(|(hit, answers)| record_view(hit, answers, data, visit)).collect();
    let title = match group.kind {
        Kind::Contact => s.contacts,
        Kind::Account => s.accounts,
        Kind::Opportunity => s.opportunities,
        Kind::Lead => s.leads,
    };
    let shown = count(group.count, data.found.records_cut, w);
    let all = (data.only.is_none() && group.next.is_some())
        .then(|| (address(&data.typed, Some(Only::Records(group.kind)), None), fill(s.all, &[("n", &shown)])));
    GroupView { word: group.kind.word(), title, count: shown, rows, all }
}

fn record_view(hit: &Hit, answers: &Answers, data: &Data, visit: &Visit) -> RecordView {
    let s = SearchWords::of(visit.words().language);
    let record = &hit.found.record;
    let phone = hit
        .found
        .phone
        .clone()
        .filter(|phone| digits(phone).len() >= 3)
        .map(|phone| (tel(&phone), phone.clone(), fill(s.call, &[("phone", &phone)])));
    RecordView {
        id: record.id.0,
        name: marked(&record.name, &data.found.plan.words, true),
        number: hit.found.number.clone(),
        confidential: record.confidential,
        account: hit.beside.account.as_ref().map(|account| (account.id.0, account.name.clone())),
        company: hit.company.clone(),
        phone,
        writable: data.writable.contains(&record.id),
        city: hit.found.city.clone(),
        answers: answers.text(&visit.clock),
        covered: answers.user != Some(record.owner),
        last: hit.beside.last_contact.map(|at| visit.clock.when(at)),
    }
}

fn mails_view(data: &Data, visit: &Visit) -> Option<MailsView> {
    let s = SearchWords::of(visit.words().language);
    let w = s.language.words();
    let mails = &data.found.mails;
    if mails.hits.is_empty() && !mails.cut {
        return None;
    }
    let view = |(hit, answers): (&FoundMail, &Option<Answers>)| {
        let words = &data.found.plan.words;
        let mut card = Card::of(&hit.mail, &visit.clock);
        card.answered = None;
        let record = hit.record.as_ref().zip(answers.as_ref()).map(|(record, answers)| MailRecord {
            id: record.id.0,
            name: record.name.clone(),
            kind: kind_word(record.kind, w),
            answers: answers.text(&visit.clock),
            covered: answers.user != Some(record.owner),
        });
        MailView {
            subject: marked(&card.subject, words, false),
            text: marked(&around(&hit.mail.text, words, EXCERPT).unwrap_or(card.text.clone()), words, false),
            card,
            record,
        }
    };
    let shown = count(mails.count, mails.cut, w);
    let all = (data.only.is_none() && mails.next.is_some())
        .then(|| (address(&data.typed, Some(Only::Mails), None), fill(s.all, &[("n", &shown)])));
    Some(MailsView {
        count: shown,
        cut: mails.cut.then_some(s.mails_cut),
        rows: mails.hits.iter().zip(&data.mail_answers).map(view).collect(),
        all,
    })
}

/// What was tried in vain, and what can be made of it.
fn nothing(data: &Data, s: &'static SearchWords) -> Nothing {
    let plan = &data.found.plan;
    let mut tried: Vec<String> = plan.phones.iter().map(|phone| fill(s.tried_phone, &[("phone", phone)])).collect();
    let number = plan.words.iter().all(|word| word.chars().all(|c| c.is_ascii_digit()));
    let all: String = plan.words.concat();
    if plan.phones.is_empty() && number && all.len() >= 3 {
        tried.push(fill(s.tried_part, &[("digits", &all)]));
    }
    tried.extend(plan.taxes.iter().map(|tax| fill(s.tried_tax, &[("tax", tax)])));
    if !plan.words.is_empty() {
        tried.push(fill(s.tried_words, &[("words", &plan.words.join(", "))]));
    }
    if data.query.names_mail() {
        let only = Sought { terms: Vec::new(), bad_days: Vec::new(), ..data.query.clone() };
        tried.push(fill(s.tried_mail, &[("operators", &only.to_string())]));
    }
    let shown = plan.phones.first().cloned().unwrap_or_else(|| data.typed.clone());
    let field = match (plan.phones.first(), plan.needs.exact.iter().find_map(|word| word.strip_prefix('e'))) {
        (Some(phone), _) => format!("phone={}", escaped(phone)),
        (None, Some(email)) => format!("emails={}", escaped(email)),
        (None, None) if number => format!("phone={}", escaped(&data.typed)),
        (None, None) => format!("name={}", escaped(&data.typed)),
    };
    let offer =
        |kind: Kind, text: &str| (format!("/records/new/{}?{field}", kind.word()), fill(text, &[("q", &shown)]));
    let offers = match data.query.names_mail() || data.only.is_some() {
        true => Vec::new(),
        false => vec![offer(Kind::Lead, s.new_lead), offer(Kind::Contact, s.new_contact)],
    };
    let text = if data.only.is_some() { s.none_here } else { s.none };
    Nothing { text: fill(text, &[("q", &data.typed)]), tried, offers }
}

//! The audit, for admins (W29): who did what, and who read by a right that is not their own.

use super::audit_words::details;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{Words, fill};
use crate::access::day_start;
use crate::actions::audit;
use crate::actions::caller::Caller;
use crate::model::audit::Action;
use crate::model::id::RecordId;
use crate::model::time::Timestamp;
use crate::store::audit::{Actor, Filter, Noted};
use crate::store::{self, people};
use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::Deserialize;

/// Lines on a page.
const SHOWN: i64 = 100;

/// The filter as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    record: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// The number of the last line before the page.
    #[serde(default)]
    before: String,
}

struct LineView {
    when: When,
    actor: String,
    place_of: Option<String>,
    action: &'static str,
    path: String,
    record: Option<i64>,
    about: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    asked: Asked,
    /// Word in the address, word to read, whether chosen.
    actions: Vec<(&'static str, &'static str, bool)>,
    lines: Vec<LineView>,
    older: Option<String>,
}

/// `GET /admin/audit`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(asked)) if visit.person.admin => view(&mut visit, asked).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, asked: Asked) -> Result<Response, Refusal> {
    let filter = filter(visit, &asked).await?;
    let before = match asked.before.as_str() {
        "" => i64::MAX,
        text => text.parse().map_err(|_| Refusal::NotFound)?,
    };
    let mut lines = store::audit::lines(&mut visit.tx, &filter, before, SHOWN + 1).await?;
    let more = lines.len() as i64 > SHOWN;
    lines.truncate(SHOWN as usize);
    let (w, a) = (visit.words(), visit.words().access());
    let page = Page {
        shell: visit.shell().titled(a.nav_audit).at("audit"),
        w,
        actions: Action::ALL.iter().map(|one| (one.word(), w.action(*one), one.word() == asked.action)).collect(),
        older: lines.last().filter(|_| more).map(|last| address(&asked, last.id)),
        lines: lines.iter().map(|line| line_view(line, visit)).collect(),
        asked,
    };
    Ok(Html(page).into_response())
}

async fn filter(visit: &mut Visit, asked: &Asked) -> Result<Filter, Refusal> {
    let wrong = || Refusal::Declined(visit.clock.words.access().no_form.to_owned());
    let day = |text: &str| -> Result<Option<NaiveDate>, Refusal> {
        match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| wrong()),
        }
    };
    let (from, to) = (day(&asked.from)?, day(&asked.to)?);
    let actor = match asked.actor.trim() {
        "" => Actor::Anybody,
        "operator" => Actor::Operator,
        login => {
            let none = Refusal::Declined(visit.words().access().none_such.to_owned());
            Actor::User(people::by_login(&mut visit.tx, login).await?.ok_or(none)?.person.id)
        }
    };
    let wrong = || Refusal::Declined(visit.clock.words.access().no_form.to_owned());
    let record = match asked.record.trim() {
        "" => None,
        text => Some(RecordId(text.parse().map_err(|_| wrong())?)),
    };
    let action = match asked.action.as_str() {
        "" => None,
        word => Some(Action::from_word(word).ok_or_else(wrong)?),
    };
    let start = |day: NaiveDate| day_start(day, visit.clock.zone);
    let to: Option<Timestamp> = to.and_then(|day| day.succ_opt()).map(start);
    Ok(Filter { actor, record, action, from: from.map(start), to })
}

fn line_view(line: &Noted, visit: &Visit) -> LineView {
    let a = visit.words().access();
    let subject = line.subject.map(|id| format!("#{id} ")).unwrap_or_default();
    let nobody = if line.is_standins_own() { "Standin" } else { a.operator };
    LineView {
        when: visit.clock.when(line.at),
        actor: line.actor.map_or_else(|| nobody.to_owned(), |id| visit.name(id)),
        place_of: line.on_behalf_of.map(|id| fill(a.in_place_of, &[("name", &visit.name(id))])),
        action: visit.words().action(line.action),
        path: visit.words().right_word(line.path.as_deref().unwrap_or_default()).to_owned(),
        record: line.record.map(|r| r.0),
        about: format!("{subject}{}", details(&line.detail, visit)),
    }
}

/// The address of the page with older lines.
fn address(asked: &Asked, before: i64) -> String {
    let field = |name: &str, value: &str| {
        let value: String = value
            .bytes()
            .map(|b| match b {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(b).to_string(),
                _ => format!("%{b:02X}"),
            })
            .collect();
        format!("{name}={value}")
    };
    let fields = [
        field("actor", &asked.actor),
        field("record", &asked.record),
        field("action", &asked.action),
        field("from", &asked.from),
        field("to", &asked.to),
        format!("before={before}"),
    ];
    format!("/admin/audit?{}", fields.join("&"))
}

/// `POST /admin/audit/export`: all that the filter wants, as CSV; noted.
pub(super) async fn export(mut visit: Visit, form: Result<Form<Asked>, FormRejection>) -> Response {
    let page = match form {
        Ok(Form(asked)) if visit.person.admin => file(&mut visit, &asked).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn file(visit: &mut Visit, asked: &Asked) -> Result<Response, Refusal> {
    let filter = filter(visit, asked).await?;
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let lines = audit::export(&mut tx, &caller, &filter, "csv").await?.ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    let text = audit::csv(&lines, &caller)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"standin-audit.csv\""),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    Ok((headers, text).into_response())
}

//! Versions of the rules (W20): who changed what and why, what a dry run said then, and back to any.

use super::doing::{Fields, go};
use super::refusal::Refusal;
use super::rule_trial::short;
use super::rule_words::{Changed, changed, done, no};
use super::rules::{caller, refused, tried, who};
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{RuleWords, fill};
use crate::actions::rules::{self, Edit, No};
use crate::model::rule::Change;
use crate::store;
use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Versions that are shown.
const SHOWN: i64 = 200;

/// Which difference is looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The older version; without it the one before `to`.
    from: String,
    /// The newer version.
    to: String,
}

struct Row {
    version: i64,
    at: When,
    by: String,
    what: &'static str,
    note: String,
    figures: String,
    back: Option<String>,
}

#[derive(Template)]
#[template(path = "rule_history.html")]
struct Page {
    shell: Shell,
    r: &'static RuleWords,
    problem: Option<String>,
    rows: Vec<Row>,
    diff: Option<(String, Vec<Changed>)>,
}

/// `GET /admin/rules/history`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(asked)) => view(&mut visit, &asked, None).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, asked: &Asked, problem: Option<String>) -> Result<Response, Refusal> {
    let world = visit.world.clone();
    let (w, r) = (visit.words(), visit.words().rules());
    let caller = caller(visit, &world);
    let (newest, _) = rules::all(&mut visit.tx, &caller).await?.map_err(|why| refused(&why, w))?;
    let changes = store::rules::history(&mut visit.tx, None, SHOWN).await?;
    let diff = match asked.to.parse::<i64>() {
        Ok(to) => {
            let from = asked.from.parse().unwrap_or(to - 1);
            let known = 0..=newest;
            if !known.contains(&from) || !known.contains(&to) {
                return Err(Refusal::NotFound);
            }
            let (before, after) =
                (store::rules::at(&mut visit.tx, from).await?, store::rules::at(&mut visit.tx, to).await?);
            let title = fill(r.diff_title, &[("from", &from.to_string()), ("to", &to.to_string())]);
            Some((title, rules::differences(&before, &after).iter().map(|d| changed(d, w)).collect()))
        }
        Err(_) => None,
    };
    let row = |change: &Change| Row {
        version: change.version,
        at: visit.clock.when(change.at),
        by: who(change.by, visit),
        what: done(&change.what, r),
        note: change.note.clone(),
        figures: short(&change.shown, r),
        back: (change.version < newest).then(|| fill(r.roll_back, &[("n", &change.version.to_string())])),
    };
    let rows = changes.iter().map(row).collect();
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page { shell: visit.shell().titled(r.history).at("rules"), r, problem, rows, diff };
    Ok((code, Html(page)).into_response())
}

/// `POST /admin/rules/history`: drafts going back to a version.
pub(super) async fn back(mut visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let page = drafted(&mut visit, form).await;
    visit.answer(page)
}

async fn drafted(
    visit: &mut Visit,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let version = fields.number("version").ok_or(Refusal::NotFound)?;
    let why: No = match tried(visit, &Edit::RollBack(version)).await? {
        Ok(address) => return Ok(go(&address)),
        Err(why) => why,
    };
    let sentence = no(&why, visit.words()).ok_or(Refusal::NotFound)?;
    view(visit, &Asked::default(), Some(sentence)).await
}

//! A list of records as a file: what the page shows, all of its pages, under the same sight (W3). It is noted.

use super::records::{self, Asked};
use super::refusal::Refusal;
use super::rules::file;
use super::visit::Visit;
use crate::actions::rules::csv_line;
use crate::model::audit::{Action, Line};
use crate::store;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use serde_json::json;

/// Rows that one file holds at most; narrower filters give the rest.
const MOST: usize = 50_000;
/// Rows read at a time.
const AT_A_TIME: i64 = 1_000;

/// The columns.
const COLUMNS: [&str; 10] =
    ["id", "kind", "name", "number", "account", "city", "status", "owner", "answers_now", "since"];

/// `GET /records/list.csv`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let answer = match asked {
        Ok(Query(asked)) => whole(&mut visit, asked.first()).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn whole(visit: &mut Visit, first: Asked) -> Result<Response, Refusal> {
    let (mut asked, mut rows) = (first.clone(), 0);
    let mut text = csv_line(&COLUMNS)?;
    while rows < MOST {
        let (found, since) = records::fetch(visit, &asked, AT_A_TIME).await?;
        let Some(last) = found.rows.last() else { break };
        asked = first.after(last, &since);
        for row in &found.rows {
            let record = &row.record;
            let answers = visit.answers_of(record);
            let at = since.get(&record.id).map(|at| at.rfc3339()).unwrap_or_default();
            let account = row.account.as_ref().map(|account| account.name.clone()).unwrap_or_default();
            text += &csv_line(&[
                record.id.to_string(),
                record.kind.word().to_owned(),
                record.name.clone(),
                row.number.clone().unwrap_or_default(),
                account,
                row.city.clone().unwrap_or_default(),
                record.status.word().to_owned(),
                visit.name(record.owner),
                answers.name.unwrap_or_default(),
                at,
            ])?;
        }
        rows += found.rows.len();
    }
    let detail = json!({ "form": "csv", "lines": rows, "list": first.address() });
    let line = Line::new(visit.clock.now, Some(visit.person.user), Action::Exported).detail(detail);
    let (mut tx, _) = visit.acting().await?;
    store::audit::note(&mut tx, &[line]).await?;
    tx.commit().await?;
    Ok(file("text/csv; charset=utf-8", "standin-records.csv", text))
}

//! Long work (W28), for admins: what is under way and what was lately, how far it is, who began it; to be stopped.

use super::live::fingerprint;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{RunningWords, fill};
use crate::actions::caller::Caller;
use crate::actions::jobs::{self, Job, Kind, Who};
use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Which work is wanted.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The word of a kind; empty: all.
    #[serde(default)]
    kind: String,
}

struct JobView {
    title: String,
    by: String,
    at: Option<When>,
    state: &'static str,
    running: bool,
    done: i64,
    total: i64,
    progress: String,
    page: Option<String>,
    cancel: Option<(String, &'static str, String)>,
}

#[derive(Template)]
#[template(path = "jobs.html")]
struct Page {
    shell: Shell,
    o: &'static RunningWords,
    /// Address, word, how many, whether chosen.
    tabs: Vec<(String, &'static str, usize, bool)>,
    all: usize,
    rows: Vec<JobView>,
    under_way: bool,
}

/// `GET /admin/jobs`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(asked)) => view(&mut visit, &asked).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit, asked: &Asked) -> Result<Vec<Job>, Refusal> {
    if !asked.kind.is_empty() && Kind::ALL.iter().all(|kind| kind.word() != asked.kind) {
        return Err(Refusal::NotFound);
    }
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    jobs::list(&mut visit.tx, &caller, Some(&visit.scope)).await?.ok_or(Refusal::NotFound)
}

async fn view(visit: &mut Visit, asked: &Asked) -> Result<Response, Refusal> {
    let all = load(visit, asked).await?;
    let o = RunningWords::of(visit.words().language);
    let here =
        if asked.kind.is_empty() { "/admin/jobs".to_owned() } else { format!("/admin/jobs?kind={}", asked.kind) };
    let shell = visit.shell().titled(o.jobs).at("jobs").live(&here, fingerprint(&all));
    let of = |kind: Kind| all.iter().filter(|job| job.kind == kind).count();
    let tab =
        |kind: Kind| (format!("/admin/jobs?kind={}", kind.word()), o.kind(kind), of(kind), kind.word() == asked.kind);
    let everything = ("/admin/jobs".to_owned(), o.all_kinds, all.len(), asked.kind.is_empty());
    let tabs = std::iter::once(everything).chain(Kind::ALL.map(tab)).collect();
    let wanted = all.iter().filter(|job| asked.kind.is_empty() || job.kind.word() == asked.kind);
    let rows: Vec<JobView> = wanted.map(|job| row(job, visit, o)).collect();
    let under_way = rows.iter().any(|row| row.running);
    Ok(Html(Page { shell, o, tabs, all: all.len(), rows, under_way }).into_response())
}

fn row(job: &Job, visit: &Visit, o: &'static RunningWords) -> JobView {
    let w = visit.words();
    let about = [("about", job.about.as_str())];
    let title = match job.kind {
        Kind::Rules => fill(o.kind_rules_of, &about),
        Kind::DryRun => o.kind_trial.to_owned(),
        Kind::HandOver => fill(o.kind_handover_of, &about),
        Kind::History => fill(o.kind_history_of, &about),
        Kind::Import => fill(o.kind_import_of, &about),
        Kind::Again => {
            let (why, whose) = job.about.split_once(' ').unwrap_or((&job.about, ""));
            let text = match why {
                "address" => o.again_address,
                "domain" => o.again_domain,
                "consent" => o.again_consent,
                _ => o.again_block,
            };
            if whose.is_empty() { text.to_owned() } else { format!("{text} ({whose})") }
        }
    };
    let values = [("done", &w.number(job.done)), ("total", &w.number(job.total))];
    let values = values.map(|(name, value)| (name, value.as_str()));
    let cancel = job.cancel.clone().map(|(address, word)| (address, word, fill(o.job_cancel_of, &[("job", &title)])));
    JobView {
        by: match job.by {
            Who::User(user) => visit.name(user),
            Who::Standin => o.by_standin.to_owned(),
        },
        at: job.at.map(|at| visit.clock.when(at)),
        state: o.job_state(job.state),
        running: job.state.is_under_way(),
        done: job.done,
        total: job.total,
        progress: fill(o.of, &values),
        page: job.page.clone(),
        cancel,
        title,
    }
}

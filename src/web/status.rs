//! How Standin is (W16): for everybody whether their mail is fresh; for admins everything.

use super::first_steps::{StepView, steps};
use super::live::fingerprint;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::RunningWords;
use crate::actions::status::{self, Finding, Level, Section, say};
use crate::store::health;
use crate::store::views::Lag;
use askama::Template;
use axum::response::{IntoResponse, Response};

/// A finding as it is shown.
pub(super) struct FindingView {
    /// The word of how grave it is, for the style.
    pub class: &'static str,
    /// The same in words.
    pub level: &'static str,
    pub text: String,
    pub remedy: String,
    pub at: Option<When>,
    pub page: Option<String>,
}

impl FindingView {
    /// A finding in the viewer's words.
    pub fn of(finding: &Finding, visit: &Visit) -> FindingView {
        let o = RunningWords::of(visit.words().language);
        let (text, remedy) = say::sentences(finding, o.tongue());
        let (class, level) = match finding.level {
            Level::Good => ("good", o.level_good),
            Level::Note => ("note", o.level_note),
            Level::Attention => ("look", o.level_attention),
            Level::Broken => ("broken", o.level_broken),
        };
        let at = finding.at.map(|at| visit.clock.when(at));
        FindingView { class, level, text, remedy, at, page: finding.page.clone() }
    }
}

struct SectionView {
    id: &'static str,
    title: &'static str,
    findings: Vec<FindingView>,
}

#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    shell: Shell,
    o: &'static RunningWords,
    class: &'static str,
    summary: &'static str,
    /// What is still to be begun; nothing once mail can reach whom it concerns.
    steps: Vec<StepView>,
    sections: Vec<SectionView>,
}

/// `GET /admin`.
pub(super) async fn page(mut visit: Visit) -> Response {
    let page = view(&mut visit).await;
    visit.answer(page)
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit) -> Result<Vec<Section>, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let app = visit.app.clone();
    let schema = app.state.db.schema().await;
    Ok(status::look(&mut visit.tx, &app.state.config, schema, visit.clock.now).await?.sections)
}

async fn view(visit: &mut Visit) -> Result<Response, Refusal> {
    let sections = load(visit).await?;
    let begun = health::begun(&mut visit.tx).await?;
    let steps = if begun.serves() { Vec::new() } else { steps(begun, visit) };
    let o = RunningWords::of(visit.words().language);
    let worst = sections.iter().flat_map(|section| &section.findings).map(|finding| finding.level).max();
    let (class, summary) = match worst {
        Some(Level::Broken) => ("broken", o.broken),
        Some(Level::Attention) => ("look", o.attention),
        _ => ("good", o.all_well),
    };
    let shell = visit.shell().titled(o.status_title).at("status").live("/admin", fingerprint(&sections));
    let section = |section: &Section| SectionView {
        id: section.subject,
        title: match section.subject {
            "mailboxes" => o.subject_mailboxes,
            "reading" => o.subject_reading,
            "sending" => o.subject_sending,
            "notices" => o.subject_notices,
            "people" => o.subject_people,
            "machine" => o.subject_machine,
            _ => o.subject_program,
        },
        findings: section.findings.iter().map(|finding| FindingView::of(finding, visit)).collect(),
    };
    let sections = sections.iter().map(section).collect();
    Ok(Html(Page { shell, o, class, summary, steps, sections }).into_response())
}

struct FreshView {
    name: String,
    state: &'static str,
    behind: bool,
    at: Option<When>,
}

#[derive(Template)]
#[template(path = "fresh.html")]
struct FreshPage {
    shell: Shell,
    o: &'static RunningWords,
    rows: Vec<FreshView>,
}

/// `GET /status`: for everybody, about the mail behind their own pages.
pub(super) async fn fresh(visit: Visit) -> Response {
    let o = RunningWords::of(visit.words().language);
    let behind: Vec<String> = visit.behind().into_iter().map(|lag| lag.mailbox).collect();
    let row = |lag: &Lag| {
        let late = behind.contains(&lag.mailbox);
        let state = match (lag.state.as_str(), lag.up_to) {
            ("refused", _) => o.fresh_refused,
            ("paused", _) => o.fresh_paused,
            ("waiting", _) => o.fresh_waiting,
            (_, None) => o.fresh_never,
            _ if late => o.fresh_behind,
            _ => o.fresh_ok,
        };
        FreshView { name: lag.mailbox.clone(), state, behind: late, at: lag.up_to.map(|at| visit.clock.when(at)) }
    };
    let rows: Vec<FreshView> = visit.lags().iter().map(row).collect();
    let shell = visit.shell().titled(o.fresh_title).live("/status", fingerprint(&visit.lags()));
    Html(FreshPage { shell, o, rows }).into_response()
}

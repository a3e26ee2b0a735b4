//! Who sees what, for admins (W22): settings, teams, and two questions. Structure, never content.

use super::entry::kind;
use super::glass::{self, OpenedView};
use super::refusal::Refusal;
use super::sharing::path_word;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::{GroupWords, PrivacyWords, Words, fill};
use crate::actions::access::{self, Sees};
use crate::actions::caller::Caller;
use crate::model::record::Mode;
use crate::model::share::{GlassPolicy, Source};
use crate::store::{self, people, sight};
use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// What is asked.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// A record: who sees it?
    #[serde(default)]
    record: String,
    /// A login: what do they see?
    #[serde(default)]
    user: String,
}

struct TeamView {
    id: i64,
    name: String,
    members: String,
    fallback: String,
    copies: bool,
    shares: i64,
}

struct SeenKind {
    kind: &'static str,
    total: String,
    paths: String,
}

#[derive(Template)]
#[template(path = "access.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    privacy: &'static PrivacyWords,
    asked: Asked,
    mode: &'static str,
    line: &'static str,
    cover: &'static str,
    glass: String,
    g: &'static GroupWords,
    opened: Vec<OpenedView>,
    teams: Vec<TeamView>,
    shares: String,
    confidential: String,
    sees: Option<(String, Vec<SeenKind>)>,
    none_such: bool,
}

/// `GET /admin/access`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(asked)) if visit.person.admin => view(&mut visit, asked).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, asked: Asked) -> Result<Response, Refusal> {
    let mut none_such = false;
    if !asked.record.trim().is_empty() {
        let caller = Caller { by: Some(visit.person.user), world: &visit.world, now: visit.clock.now };
        let mut found = access::find(&mut visit.tx, &caller, &asked.record).await?;
        match (found.pop(), found.is_empty()) {
            (Some(subject), true) => {
                return Ok(Redirect::to(&format!("/records/{}/access", subject.record.id)).into_response());
            }
            _ => none_such = true,
        }
    }
    let mut sees = None;
    if !asked.user.trim().is_empty() {
        match people::by_login(&mut visit.tx, &asked.user).await? {
            Some(user) => {
                let (mut tx, world) = visit.acting().await?;
                let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
                let found = access::sees(&mut tx, &caller, user.person.id).await?.ok_or(Refusal::NotFound)?;
                tx.commit().await?;
                let w = visit.words();
                let title = fill(w.access().sees_title, &[("name", &user.person.name)]);
                sees = Some((title, kinds(&found, w)));
            }
            None => none_such = true,
        }
    }
    let w = visit.words();
    let config = visit.app.state.config.clone();
    let a = w.access();
    let hours = config.break_glass_hours.to_string();
    let glass = match config.break_glass {
        GlassPolicy::Nobody => a.glass_nobody,
        GlassPolicy::Line => a.glass_line,
        GlassPolicy::Everyone => a.glass_everyone,
    };
    let page = Page {
        shell: visit.shell().titled(a.nav_access).at("access"),
        w,
        privacy: PrivacyWords::of(w.language),
        asked,
        mode: if config.mode == Mode::Transparent { a.mode_transparent } else { a.mode_restricted },
        line: if config.line_managers_write { a.line_writes } else { a.line_reads },
        cover: if config.cover_writes { a.cover_writes } else { a.cover_reads },
        glass: fill(glass, &[("n", &hours)]),
        g: GroupWords::of(w.language),
        opened: glass::open_now(visit).await?,
        teams: teams(visit).await?,
        shares: shares(visit).await?,
        confidential: w.number(sight::confidential(&mut visit.tx).await?),
        sees,
        none_such,
    };
    Ok(Html(page).into_response())
}

async fn teams(visit: &mut Visit) -> Result<Vec<TeamView>, Refusal> {
    let all = store::teams::every(&mut visit.tx).await?;
    let view = |team: store::teams::TeamEntry| TeamView {
        id: team.id.0,
        members: team.members.iter().map(|id| visit.name(*id)).collect::<Vec<_>>().join(", "),
        fallback: team.fallback.map(|id| visit.name(id)).unwrap_or_default(),
        name: team.name,
        copies: team.copies,
        shares: team.shares,
    };
    Ok(all.into_iter().map(view).collect())
}

/// How many shares stand, by source.
async fn shares(visit: &mut Visit) -> Result<String, Refusal> {
    let counted = sight::shares(&mut visit.tx, visit.clock.now).await?;
    let w = visit.words();
    let a = w.access();
    let text = |(source, count): &(Source, i64)| {
        let word = match source {
            Source::Share => a.source_share,
            Source::Manager => a.source_manager,
            Source::Step => a.source_step,
            Source::BreakGlass => a.source_glass,
        };
        format!("{word} {}", w.number(*count))
    };
    let all: Vec<String> = counted.iter().map(text).collect();
    Ok(if all.is_empty() { w.number(0) } else { all.join(", ") })
}

fn kinds(sees: &Sees, w: &'static Words) -> Vec<SeenKind> {
    let of = |(of, total): (&crate::model::record::Kind, &i64)| {
        let paths = sees.by_path.iter().filter(|((kind, _), _)| kind == of);
        let paths = paths.map(|((_, path), n)| format!("{} {}", path_word(*path, "…", w), w.number(*n)));
        SeenKind { kind: kind(*of, w), total: w.number(*total), paths: paths.collect::<Vec<_>>().join("; ") }
    };
    sees.total.iter().map(of).collect()
}

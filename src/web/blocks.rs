//! Blocklists (P9): one's own, and for admins the company's. Blocking is shown before: what it would hide
//! of what is stored. Patterns stand in forms, never in addresses of pages.

use super::State;
use super::doing::{Fields, go};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{PrivacyWords, fill};
use crate::actions::blocks::{self, Extent, No, Whose};
use crate::actions::caller::Caller;
use crate::intake::reconsider::Ground;
use crate::intake::withdraw;
use crate::model::block::Pattern;
use crate::model::id::UserId;
use crate::model::time::Timestamp;
use crate::store;
use crate::store::blocks::Block;
use crate::store::rereads::{self, Cause, Sought};
use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

struct Row {
    pattern: String,
    by: String,
    since: When,
    unblock: String,
}

#[derive(Template)]
#[template(path = "blocks.html")]
struct Page {
    shell: Shell,
    p: &'static PrivacyWords,
    title: &'static str,
    means: &'static str,
    action: &'static str,
    saved: bool,
    problem: Option<String>,
    pattern: String,
    /// What blocking the pattern would do.
    preview: Option<String>,
    rows: Vec<Row>,
}

/// A change that was wished for and not made.
#[derive(Default)]
struct Wish {
    problem: Option<String>,
    pattern: String,
    preview: Option<String>,
}

/// `GET /me/blocks`.
pub(super) async fn own(mut visit: Visit, asked: Result<Query<Vec<(String, String)>>, QueryRejection>) -> Response {
    let whose = Whose::Own(visit.person.user);
    let page = shown(&mut visit, whose, asked).await;
    visit.answer(page)
}

/// `GET /admin/blocks`.
pub(super) async fn company(mut visit: Visit, asked: Result<Query<Vec<(String, String)>>, QueryRejection>) -> Response {
    let page = shown(&mut visit, Whose::Company, asked).await;
    visit.answer(page)
}

async fn shown(
    visit: &mut Visit,
    whose: Whose,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Response, Refusal> {
    let saved = asked.is_ok_and(|Query(fields)| Fields(fields).get("saved") == "1");
    view(visit, whose, saved, Wish::default()).await
}

async fn view(visit: &mut Visit, whose: Whose, saved: bool, wish: Wish) -> Result<Response, Refusal> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let list = blocks::list(&mut visit.tx, &caller, whose).await?.map_err(|_| Refusal::NotFound)?;
    let p = PrivacyWords::of(visit.words().language);
    let row = |block: &Block| Row {
        pattern: block.pattern.to_string(),
        by: block.by.map_or_else(|| p.operator.to_owned(), |user| visit.name(user)),
        since: visit.clock.when(block.at),
        unblock: fill(p.unblock_of, &[("pattern", block.pattern.as_str())]),
    };
    let (title, means, action, place) = match whose {
        Whose::Company => (p.company_blocks, p.company_means, "/admin/blocks", "access"),
        Whose::Own(_) => (p.blocks, p.own_means, "/me/blocks", "me"),
    };
    let code = if wish.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        shell: visit.shell().titled(title).at(place),
        p,
        title,
        means,
        action,
        saved,
        problem: wish.problem,
        pattern: wish.pattern,
        preview: wish.preview,
        rows: list.iter().map(row).collect(),
    };
    Ok((code, Html(page)).into_response())
}

/// `POST /me/blocks`.
pub(super) async fn change_own(mut visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let whose = Whose::Own(visit.person.user);
    let page = changed(&mut visit, whose, form).await;
    visit.answer(page)
}

/// `POST /admin/blocks`.
pub(super) async fn change_company(
    mut visit: Visit,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = changed(&mut visit, Whose::Company, form).await;
    visit.answer(page)
}

async fn changed(
    visit: &mut Visit,
    whose: Whose,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    if whose == Whose::Company && !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let p = PrivacyWords::of(visit.words().language);
    let typed = fields.get("pattern").to_owned();
    let Ok(pattern) = Pattern::parse(&typed) else {
        let problem = Some(p.no_pattern.to_owned());
        return view(visit, whose, false, Wish { problem, pattern: typed, preview: None }).await;
    };
    let done = match fields.get("do") {
        "look" => match look(visit, whose, &pattern).await? {
            Ok(extent) => {
                let preview = Some(preview(visit, whose, &pattern, extent));
                return view(visit, whose, false, Wish { problem: None, pattern: typed, preview }).await;
            }
            Err(no) => Err(no),
        },
        "block" => block(&visit.app.state, by(visit), whose, &pattern, fields.get("take") == "1").await?,
        "unblock" => unblock(&visit.app.state, by(visit), whose, &pattern).await?,
        _ => return Err(Refusal::NotFound),
    };
    match done {
        Ok(()) => Ok(go(if whose == Whose::Company { "/admin/blocks?saved=1" } else { "/me/blocks?saved=1" })),
        Err(no) => {
            let problem = p.not_listed(&no).ok_or(Refusal::NotFound)?;
            view(visit, whose, false, Wish { problem: Some(problem), pattern: typed, preview: None }).await
        }
    }
}

fn by(visit: &Visit) -> (UserId, Timestamp) {
    (visit.person.user, visit.clock.now)
}

/// Whether it may be blocked, and what of it is stored.
pub(super) async fn look(visit: &mut Visit, whose: Whose, pattern: &Pattern) -> Result<Result<Extent, No>, Refusal> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let house = visit.app.state.config.house();
    if let Err(no) = blocks::sound(&mut visit.tx, &caller, whose, pattern, &house).await? {
        return Ok(Err(no));
    }
    Ok(Ok(blocks::extent(&mut visit.tx, whose, pattern).await?))
}

fn preview(visit: &Visit, whose: Whose, pattern: &Pattern, extent: Extent) -> String {
    let w = visit.words();
    let p = PrivacyWords::of(w.language);
    let text = if whose == Whose::Company { p.preview_company } else { p.preview_own };
    let (mails, whole) = (w.count(&p.counted_mails, extent.mails), w.number(extent.whole));
    fill(text, &[("pattern", pattern.as_str()), ("mails", &mails), ("whole", &whole)])
}

/// Blocks, and takes away what is stored where that is wanted. By whom and when; nothing of the database is held meanwhile.
pub(super) async fn block(
    state: &State,
    (user, now): (UserId, Timestamp),
    whose: Whose,
    pattern: &Pattern,
    take: bool,
) -> Result<Result<(), No>, Refusal> {
    let house = state.config.house();
    let mut tx = state.db.write().await?;
    tx.alone().await?;
    let world = store::people::world(&mut tx, &state.config.rights(), now).await?;
    let caller = Caller { by: Some(user), world: &world, now };
    match blocks::add(&mut tx, &caller, whose, pattern, &house, &state.keys).await? {
        Ok(()) => {}
        // Whoever blocked it before may take what was stored away now, or go on with that.
        Err(No::Already(_)) if take => {}
        Err(no) => return Ok(Err(no)),
    }
    let extent = blocks::extent(&mut tx, whose, pattern).await?;
    tx.commit().await?;
    if !take {
        return Ok(Ok(()));
    }
    // Batch by batch; interrupted, the same is asked for again.
    let mut gone = 0;
    loop {
        let mut tx = state.db.write().await?;
        tx.alone().await?;
        let places = blocks::next_places(&mut tx, whose, pattern).await?;
        if places.is_empty() {
            break;
        }
        let ground = Ground { own_domains: &house, keys: &state.keys, now };
        gone += withdraw::hide(&mut tx, &places, whose.hides(), ground).await?.mails;
        tx.commit().await?;
    }
    let mut tx = state.db.write().await?;
    let done = Extent { whole: i64::try_from(gone).unwrap_or(i64::MAX), ..extent };
    blocks::note_removed(&mut tx, &caller, whose, pattern, &state.keys, done).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// As [`block`], the other way: what it hid is read again.
pub(super) async fn unblock(
    state: &State,
    (user, now): (UserId, Timestamp),
    whose: Whose,
    pattern: &Pattern,
) -> Result<Result<(), No>, Refusal> {
    let mut tx = state.db.write().await?;
    tx.alone().await?;
    let world = store::people::world(&mut tx, &state.config.rights(), now).await?;
    let caller = Caller { by: Some(user), world: &world, now };
    if let Err(no) = blocks::remove(&mut tx, &caller, whose, pattern, &state.keys).await? {
        return Ok(Err(no));
    }
    let sought = Sought::pattern(&state.keys, pattern);
    rereads::begin(&mut tx, Cause::Block, &sought, whose.user(), now).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

//! Pages over the views of `store`. They work without JavaScript and get lighter with it; what is
//! open in a browser is told when it changed (`live`).
//!
//! A request is a `Visit`: who is signed in, what they may read at this moment, in which
//! language and zone, and one read transaction for all of it. A page that is absent and one that
//! is forbidden give the same bytes. No inline script or style stands anywhere, so the content
//! policy forbids both; mail bodies have a URL and a stricter policy of their own (`body`).

mod absence;
mod absence_form;
mod absences;
mod access;
mod access_words;
mod activities;
mod activity;
mod answering;
mod answers;
mod api;
mod assets;
mod audit;
mod audit_words;
mod base;
mod blocks;
mod body;
mod bulk;
mod by_hand;
mod code;
mod consents;
mod cover;
mod covering;
mod deleting;
mod devices;
mod doing;
mod drafts;
mod entrance;
mod entry;
mod filing;
mod first_steps;
mod from_mail;
mod glass;
mod guard;
mod handovers;
mod imports;
mod invitation;
mod jobs;
mod lacking;
mod live;
mod mailbox_form;
mod mailbox_protocol;
mod mailboxes;
mod me;
mod meeting;
mod merging;
mod message;
mod message_forms;
mod my_mailboxes;
mod notices;
mod plain;
mod privacy;
mod provider;
mod reach;
mod record;
mod record_forms;
mod records;
mod records_file;
mod refusal;
mod review;
mod rule_editor;
mod rule_history;
mod rule_shadow;
mod rule_trial;
mod rule_words;
mod rules;
mod search;
mod security;
mod setup;
mod sharing;
mod shell;
mod signature;
mod signin;
mod status;
mod suggestions;
mod teams;
mod throttle;
mod timed;
mod today;
mod tokens;
mod trace;
mod trace_advice;
mod trace_told;
mod trace_words;
mod upload;
mod user;
mod user_leave;
mod users;
mod visit;
mod waiting;
mod when;
mod why;
mod words;

use crate::config::Config;
use crate::model::time::Timestamp;
use crate::store::Db;
use crate::store::keys::Keys;
use anyhow::Context;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;

/// Octets of a form with rules: as many as a file of them may have, once escaped.
const RULES: usize = 12 * 1024 * 1024;

/// What the pages need from outside.
#[derive(Clone)]
pub struct State {
    /// The database.
    pub db: Db,
    /// The instance's keys.
    pub keys: Keys,
    /// The settings.
    pub config: Arc<Config>,
    /// Changes whenever something was committed that a page could show.
    pub changes: watch::Receiver<u64>,
    /// The clock.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// [`State`] with what the pages keep in memory.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    state: State,
    throttle: throttle::Throttle,
    /// What the tokens of programs asked lately.
    limits: api::Limits,
    /// Checks of open pages, so that a busy mailbox does not keep new pages waiting.
    looks: Semaphore,
    /// True once the server is stopping.
    stopping: watch::Receiver<bool>,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    fn now(&self) -> Timestamp {
        (self.state.clock)()
    }

    /// Whether people reach us over TLS: cookies are `Secure` then.
    fn https(&self) -> bool {
        self.state.config.public_url.starts_with("https://")
    }
}

/// Serves the pages on `listener` until `shutdown` completes and open requests are answered.
///
/// # Errors
/// If the listener breaks.
pub async fn serve(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (stop, stopping) = watch::channel(false);
    tokio::task::spawn_blocking(crate::store::people_signin::warm).await.context("preparing sign-in")?;
    let service = router(state, stopping).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            shutdown.await;
            // Streams to open pages end now; they would keep the server from ending.
            let _ = stop.send(true);
        })
        .await
        .context("serving pages")
}

/// All pages. Streams end when `stopping` becomes true.
pub fn router(state: State, stopping: watch::Receiver<bool>) -> Router {
    let (throttle, limits) = (throttle::Throttle::default(), api::Limits::default());
    let app = App(Arc::new(Inner { throttle, limits, looks: Semaphore::new(2), stopping, state }));
    let path = base::path_of(&app.state.config.public_url).to_owned();
    let pages = Router::new()
        .merge(of_records())
        .merge(of_mail())
        .merge(of_operation())
        .route("/", get(today::page))
        .route("/search", get(search::page))
        .route("/consents", get(consents::page))
        .route("/consents/{id}", post(consents::decide))
        .route("/admin/access", get(access::page))
        .route("/admin/blocks", get(blocks::company).post(blocks::change_company))
        .route("/admin/privacy", get(privacy::page).post(privacy::act))
        .route("/admin/audit", get(audit::page))
        .route("/admin/audit/export", post(audit::export))
        .route("/me", get(me::page).post(me::save))
        .route("/me/notice", get(notices::page).post(notices::save))
        .route("/notices", get(notices::list))
        .route("/notices/{number}", get(notices::page_of).post(notices::save_of))
        .route("/admin/autoresponder", get(notices::admin).post(notices::admin_save))
        .route("/admin/autoresponder/switch", post(notices::turn))
        .route("/me/sessions", post(me::end_session))
        .merge(of_sign_in())
        .merge(of_people())
        .route("/me/blocks", get(blocks::own).post(blocks::change_own))
        .route("/me/signature", get(signature::page).post(signature::save))
        .route("/me/filing", get(filing::page).post(filing::change))
        .route("/absences/{id}/brief", get(cover::brief))
        .route("/absences/{id}/report", get(cover::report))
        .route("/absences", get(absences::page))
        .route("/absences/new", get(absence::new).post(absence::enter))
        .route("/absences/{id}", get(absence::one).post(absence::change))
        .route("/absences/{id}/end", post(absence::end))
        .route("/live", get(live::stream))
        .route("/assets/{name}", get(assets::asset))
        .route("/favicon.ico", get(assets::icon))
        .route("/favicon.svg", get(assets::icon))
        .layer(RequestBodyLimitLayer::new(64 * 1024))
        .route("/admin/rules", get(rules::page).post(rules::change))
        .route("/admin/rules/export", get(rules::export))
        .route("/admin/rules/history", get(rule_history::page).post(rule_history::back))
        .route("/admin/rules/new", get(rule_editor::new).post(rule_editor::try_new))
        .route("/admin/rules/runs/{id}", get(rules::run).post(rules::turn))
        .route("/admin/rules/trials/{id}", get(rule_trial::page).post(rule_trial::act))
        .route("/admin/rules/trials/{id}/changes.csv", get(rule_trial::csv))
        .route("/admin/rules/{id}/shadow", get(rule_shadow::page))
        .route("/admin/rules/{id}", get(rule_editor::one).post(rule_editor::try_one))
        .route("/admin/import/{id}", get(imports::one).post(imports::act))
        .route("/admin/import/{id}/refused.csv", get(imports::refused))
        .layer(DefaultBodyLimit::max(RULES))
        .layer(RequestBodyLimitLayer::new(RULES))
        .route("/drafts/{id}", get(answering::page).post(answering::act))
        .layer(DefaultBodyLimit::max(answering::LARGEST))
        .route("/admin/trace", get(trace::page).post(trace::given))
        .route("/admin/import", get(imports::page).post(imports::upload))
        // What reads forms with files (`upload`) counts their octets itself, and says in words that there are too many.
        .layer(DefaultBodyLimit::max(trace::LARGEST + RULES))
        .merge(api::routes())
        .fallback(refusal::nowhere)
        .method_not_allowed_fallback(refusal::no_method)
        .layer(axum::middleware::from_fn(plain::text))
        .layer(guard::same_origin(&app))
        .layer(axum::middleware::from_fn_with_state(app.clone(), guard::dress))
        .with_state(app.clone());
    // Whoever watches the process asks at the root, whatever the path of the pages.
    let probes = Router::new().route("/livez", get(|| async { "ok\n" })).route("/readyz", get(ready)).with_state(app);
    // Pages are long and say much again and again: packed they are a tenth. No page holds a secret of
    // ours whose length could be guessed by that, and streams are left alone.
    probes.fallback_service(base::under(&path, pages)).layer(CompressionLayer::new())
}

/// Signing in and out, and how one does so.
fn of_sign_in() -> Router<App> {
    Router::new()
        .route("/login", get(signin::page).post(signin::sign_in))
        .route("/login/code", get(code::page).post(code::enter))
        .route("/login/oidc", get(provider::begin))
        .route("/login/oidc/back", get(provider::back))
        .route("/logout", post(signin::sign_out))
        .route("/logout/oidc", get(provider::leave))
        .route("/setup", get(setup::page).post(setup::make))
        .route("/me/sign-in", get(security::page).post(security::change))
        .route("/me/tokens", get(tokens::page).post(tokens::change))
        .route("/api/docs", get(api::handbook))
}

/// Pages of who runs Standin, and what owners of mailboxes say to it.
fn of_operation() -> Router<App> {
    Router::new()
        .route("/status", get(status::fresh))
        .route("/admin", get(status::page))
        .route("/admin/jobs", get(jobs::page))
        .route("/admin/mailboxes", get(mailboxes::list))
        .route("/admin/mailboxes/new", get(mailbox_form::new).post(mailbox_form::add))
        .route("/admin/mailboxes/{id}", get(mailboxes::page).post(mailboxes::act))
        .route("/admin/mailboxes/{id}/edit", get(mailbox_form::edit).post(mailbox_form::change))
        .route("/me/mailboxes", get(my_mailboxes::page).post(my_mailboxes::decide))
        .route("/metrics", get(api::metrics))
}

/// Who gives access, and what opens without: users, teams, links, broken glass.
fn of_people() -> Router<App> {
    Router::new()
        .route("/admin/users", get(users::page))
        .route("/admin/users/new", get(users::new).post(users::create))
        .route("/admin/users/{id}", get(user::page).post(user::change))
        .route("/admin/users/{id}/leave", get(user_leave::page).post(user_leave::leave))
        .route("/admin/teams", post(teams::make))
        .route("/admin/teams/{id}", get(teams::page).post(teams::change))
        .route("/glass", get(glass::page).post(glass::act))
        .route("/invitation/{token}", get(invitation::page).post(invitation::accept))
}

/// Pages of records and of what is done on them.
fn of_records() -> Router<App> {
    Router::new()
        .route("/records", get(records::page))
        .route("/records/ask", post(lacking::ask))
        .route("/records/list.csv", get(records_file::page))
        .route("/records/new/{kind}", get(by_hand::new).post(by_hand::create))
        .route("/records/{id}", get(record::page))
        .route("/records/{id}/access", get(sharing::page))
        .route("/records/{id}/share", post(sharing::give))
        .route("/records/{id}/confidential", post(sharing::mark))
        .route("/records/{id}/activity", get(record_forms::activity).post(record_forms::enter))
        .route("/records/{id}/owners", get(record_forms::owners))
        .route("/records/{id}/step", post(record_forms::step))
        .route("/records/{id}/write", post(answering::from_record))
        .route("/records/{id}/merge", get(merging::page).post(merging::merge))
        .route("/records/{id}/unmerge", post(merging::unmerge))
        .route("/records/{id}/delete", get(deleting::page).post(deleting::delete))
        .route("/records/{id}/deleted", get(deleting::gone))
        .route("/records/{id}/restore", post(deleting::restore))
        .route("/activities", get(activities::page))
        .route("/activities/give", post(activities::give))
        .route("/activities/{id}", post(activities::step))
        .route("/bulk", get(bulk::page).post(bulk::preview))
        .route("/bulk/{number}", get(bulk::shown).post(bulk::run))
        .route("/records/{id}/from-mail", post(from_mail::undo))
        .route("/records/{id}/reach", post(reach::say))
        .route("/handovers", get(handovers::list).post(handovers::run))
        .route("/handovers/preview", get(handovers::preview))
        .route("/handovers/{id}", get(handovers::page))
        .route("/handovers/{id}/return", post(handovers::give_back))
        .route("/handovers/{id}/undo", post(handovers::undo))
        .route("/handovers/{id}/cancel", post(handovers::cancel))
}

/// Pages of mail, and of what people are asked about it.
fn of_mail() -> Router<App> {
    Router::new()
        .route("/messages/{id}", get(message::page))
        .route("/messages/{id}/new/{kind}", get(from_mail::new).post(from_mail::create))
        .route("/messages/{id}/update/{record}", get(from_mail::update).post(from_mail::change))
        .route("/messages/{id}/wait", post(waiting::say))
        .route("/messages/{id}/answer", post(answering::from_mail))
        .route("/drafts", get(drafts::list))
        .route("/messages/{id}/body", get(message::formatted))
        .route("/messages/{id}/attachments/{index}", get(message::attachment))
        .route("/messages/{id}/correct", post(message_forms::correct))
        .route("/corrections/{number}/undo", post(message_forms::undo))
        .route("/review", get(review::page))
        .route("/review/{mail}", post(review::decide))
        .route("/review/suggestions/{key}", post(suggestions::decide))
        .route("/review/suggestions/{key}/undo", post(suggestions::undo))
        .route("/review/decisions/{number}", get(review::shown).post(review::run))
        .route("/review/decisions/{number}/undo", post(review::undo))
}

/// Whether requests can be answered: the database is there, its schema made, and we are not stopping.
async fn ready(Shared(app): Shared<App>) -> Response {
    let stopping = *app.stopping.borrow();
    if !stopping && app.state.db.schema().await > 0 {
        (StatusCode::OK, "ready\n").into_response()
    } else {
        let why = if stopping { "stopping\n" } else { "the database is not ready\n" };
        (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
    }
}

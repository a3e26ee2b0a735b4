//! Mailboxes: all of them with how they stand, for admins; reading one at once, pausing it, reading further back.
//! Settings and passwords are not here.

use super::super::visit::Visit;
use super::super::words::{Language, RunningWords, fill};
use super::asking::{Asking, At, Body, Doing};
use super::bearer::{Administers, Writes};
use super::problem::Problem;
use super::shapes::{List, Who};
use crate::actions::caller::Caller;
use crate::actions::mailbox_test::{self, Found, Tried};
use crate::actions::mailboxes::{self as actions, No, Part};
use crate::model::id::MailboxId;
use crate::model::time::Timestamp;
use crate::store::mailbox_settings::{self as settings, Standing};
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a mailbox stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MailboxStanding)]
pub(in super::super) struct StandingView {
    /// Its id.
    id: i64,
    /// Its name.
    name: String,
    /// Its address.
    address: String,
    /// Whose it is; null: shared.
    user: Option<Who>,
    /// Everything that the server showed at this moment is accounted for; null before the first time.
    #[schema(format = DateTime)]
    up_to: Option<String>,
    /// Whether it is read: neither paused nor waiting for its owner's word.
    read: bool,
    /// When a reading was asked for last.
    #[schema(format = DateTime)]
    sync_asked_at: Option<String>,
}

/// What is done with a mailbox.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[schema(as = MailboxStep)]
pub(in super::super) enum Step {
    /// It is not read any more, until it is resumed.
    Pause {},
    /// It is read again.
    Resume {},
    /// Mail of so many days before today is read, too.
    History {
        /// How many.
        #[schema(minimum = 1)]
        days: u32,
    },
    /// What is older is read no further.
    StopHistory {},
    /// It is not read any more and leaves the list; mail that was read stays. Not one of the configuration file.
    Remove {},
}

/// A step of a mailbox's trial.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MailboxTried)]
pub(in super::super) struct TriedView {
    /// imap or smtp.
    server: &'static str,
    /// name, connection, protection, sign-in, folders or sending.
    step: &'static str,
    /// Whether the mailbox can be read as things stand; null: not tried, since an earlier step failed.
    good: Option<bool>,
    /// What was found: addresses, a port, a protection, the server's words.
    found: String,
    /// What to do about it.
    remedy: Option<&'static str>,
}

/// What a trial of a mailbox's connections came to.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MailboxTrial)]
pub(in super::super) struct TrialView {
    /// Whether everything went well.
    good: bool,
    /// The steps in their order.
    steps: Vec<TriedView>,
    /// The folders that the server shows.
    folders: Vec<String>,
}

fn refused(no: &No) -> Problem {
    let text = RunningWords::of(Language::English).no(no).unwrap_or_default();
    match no {
        No::NotThere => Problem::NotFound,
        No::Already | No::JustAsked => Problem::Conflict(text),
        No::BadDays => Problem::field("days", text),
        _ => Problem::Declined(text),
    }
}

fn view(one: &Standing, visit: &Visit) -> StandingView {
    StandingView {
        id: one.id.0,
        name: one.name.clone(),
        address: one.address.clone(),
        user: one.user.map(|user| Who::of(user, visit)),
        up_to: one.up_to.map(Timestamp::rfc3339),
        read: one.is_read(),
        sync_asked_at: one.sync_asked.map(Timestamp::rfc3339),
    }
}

/// Every mailbox and how it stands.
#[utoipa::path(
    get, path = "/api/v1/mailboxes/standing", tag = "running", responses((status = 200, body = List<StandingView>)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn list(mut asking: Asking<Administers>) -> Result<Json<List<StandingView>>, Problem> {
    let visit = &mut asking.visit;
    let all = settings::every(&mut visit.tx).await?;
    let there = all.iter().filter(|one| one.removed.is_none());
    Ok(Json(List { items: there.map(|one| view(one, visit)).collect(), next: None }))
}

/// Has a mailbox read at once: for its owner, and for admins with that scope. Whoever reads it looks within a second.
#[utoipa::path(
    post, path = "/api/v1/mailboxes/{id}/sync", tag = "running", params(("id" = i64, Path)),
    responses((status = 202)), security(("token" = ["write"]))
)]
pub(in super::super) async fn sync(doing: Doing<Writes>, At(id): At<i64>) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    actions::sync(&mut visit.tx, &caller, MailboxId(id)).await?.map_err(|no| refused(&no))?;
    visit.tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}

/// Pauses a mailbox, lets it be read again, or has older mail read.
#[utoipa::path(
    post, path = "/api/v1/mailboxes/{id}/step", tag = "running", params(("id" = i64, Path)), request_body = Step,
    responses((status = 204)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn step(
    doing: Doing<Administers>,
    At(id): At<i64>,
    body: Body<Step>,
) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin_short().await?;
    let (world, id) = (visit.world.clone(), MailboxId(id));
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let tx = &mut visit.tx;
    let done = match body.value {
        Step::Pause {} => actions::pause(tx, &caller, id).await?,
        Step::Resume {} => actions::resume(tx, &caller, id).await?,
        Step::History { days } => actions::read_back(tx, &caller, id, days).await?,
        Step::StopHistory {} => actions::stop_reading_back(tx, &caller, id).await?,
        Step::Remove {} => actions::remove(tx, &doing.app.state.config, &caller, id).await?,
    };
    done.map_err(|no| refused(&no))?;
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tried(tried: &Tried) -> TriedView {
    let words = RunningWords::of(Language::English);
    let (good, found, remedy) = match &tried.found {
        Found::Good(text) => (Some(true), text.clone(), None),
        Found::NoSent => (Some(true), words.no_sent.to_owned(), None),
        Found::Missing(names) => (Some(false), fill(words.missing_folders, &[("names", &names.join(", "))]), None),
        Found::Bad(what, said) => (Some(false), said.clone(), Some(words.what(*what).1)),
        Found::NotTried => (None, String::new(), None),
    };
    let server = match tried.part {
        Part::Imap => "imap",
        Part::Smtp => "smtp",
    };
    TriedView { server, step: tried.step.word(), good, found, remedy }
}

/// Tries a mailbox's connections step by step. Nothing is read and nothing is sent; that it was tried is in the audit.
#[utoipa::path(
    post, path = "/api/v1/mailboxes/{id}/test", tag = "running", params(("id" = i64, Path)),
    responses((status = 200, body = TrialView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn test(doing: Doing<Administers>, At(id): At<i64>) -> Result<Json<TrialView>, Problem> {
    let (mut visit, id) = (doing.begin_short().await?, MailboxId(id));
    let (world, app) = (visit.world.clone(), doing.app.clone());
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let tx = &mut visit.tx;
    let standing = actions::find(tx, &caller, id).await?.map_err(|no| refused(&no))?;
    let all = settings::accounts(tx, &app.state.keys, &app.state.config).await?;
    let account = all.into_iter().find(|account| account.name == standing.name).ok_or(Problem::NotFound)?;
    actions::note_test(tx, &caller, Some(id), &account).await?;
    visit.tx.commit().await?;
    let report = mailbox_test::test(&account).await;
    let steps = report.steps.iter().map(tried).collect();
    Ok(Json(TrialView { good: report.is_good(), steps, folders: report.folders }))
}

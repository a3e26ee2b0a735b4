//! Open pages are told when they changed, and nothing more (U19).
//!
//! A browser asks `GET /live?page=/records/12&seen=FINGERPRINT` and keeps the stream. At every
//! change of the database, when an absence begins or ends, and every 20 seconds besides, the page
//! is read again for that viewer at that moment, session and scope included. Only if its
//! fingerprint differs is an event sent, without content: the browser fetches the page anew, by
//! the same way and rights as any page. So what somebody may not see makes no sound either.

use super::guard::words_for;
use super::refusal::Refusal;
use super::visit::Visit;
use super::words::Words;
use super::{
    App, absences, activities, answering, handovers, jobs, mailboxes, message, record, records, search, shell, signin,
    status, today,
};
use crate::model::id::{DraftId, HandoverId, MailId, MailboxId, RecordId};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hasher};
use std::time::Duration;
use tokio::sync::watch;

/// How often a page is looked at though nothing was written and no absence begins or ends.
const CLOCK: Duration = Duration::from_secs(20);
/// Least time between two looks at one page, while much is being written.
const BREATH: Duration = Duration::from_millis(250);

/// What the browser asks.
#[derive(Deserialize)]
pub(super) struct Asked {
    page: String,
    #[serde(default)]
    seen: String,
}

/// A page that can be watched.
#[derive(Clone, Debug)]
enum Page {
    Today(today::Asked),
    Records(records::Asked),
    Record(RecordId, record::Asked),
    Activities(activities::Asked),
    Message(MailId),
    Handover(HandoverId),
    Draft(DraftId),
    Absences(absences::Asked),
    Search(search::Asked),
    Fresh,
    Status,
    Mailboxes,
    Mailbox(MailboxId),
    Jobs(jobs::Asked),
}

impl Page {
    fn parse(text: &str) -> Option<Page> {
        let uri: Uri = text.parse().ok()?;
        match uri.path().split('/').skip(1).collect::<Vec<_>>().as_slice() {
            [""] => Query::try_from_uri(&uri).ok().map(|Query(asked)| Page::Today(asked)),
            ["records"] => Query::try_from_uri(&uri).ok().map(|Query(asked)| Page::Records(asked)),
            ["records", id] => {
                let Query(asked) = Query::try_from_uri(&uri).ok()?;
                Some(Page::Record(RecordId(id.parse().ok()?), asked))
            }
            ["activities"] => Query::try_from_uri(&uri).ok().map(|Query(asked)| Page::Activities(asked)),
            ["messages", id] => Some(Page::Message(MailId(id.parse().ok()?))),
            ["drafts", id] => Some(Page::Draft(DraftId(id.parse().ok()?))),
            ["handovers", id] => Some(Page::Handover(HandoverId(id.parse().ok()?))),
            ["absences"] => Query::try_from_uri(&uri).ok().map(|Query(asked)| Page::Absences(asked)),
            ["search"] => Query::try_from_uri(&uri).ok().map(|Query(asked)| Page::Search(asked)),
            ["status"] => Some(Page::Fresh),
            ["admin"] => Some(Page::Status),
            ["admin", "mailboxes"] => Some(Page::Mailboxes),
            ["admin", "mailboxes", id] => Some(Page::Mailbox(MailboxId(id.parse().ok()?))),
            ["admin", "jobs"] => Query::try_from_uri(&uri).ok().map(|Query(asked)| Page::Jobs(asked)),
            _ => None,
        }
    }
}

/// What a look at a page gave.
enum Look {
    /// It is there, with this fingerprint.
    There(String),
    /// It is not, or not for this viewer.
    Absent,
    /// The session does not stand any more.
    SignedOut,
}

/// The fingerprint of what a page is made of.
pub(super) fn fingerprint(data: &impl std::fmt::Debug) -> u64 {
    struct Into(DefaultHasher);
    impl Write for Into {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut hasher = Into(DefaultHasher::new());
    // Writing into a hasher cannot fail.
    let _ = write!(hasher, "{data:?}");
    hasher.0.finish()
}

/// `GET /live`.
pub(super) async fn stream(
    State(app): State<App>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Some(token) = signin::token(&app, &headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    let Some(page) = asked.as_ref().ok().and_then(|Query(asked)| Page::parse(&asked.page)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let changes = app.state.changes.clone();
    let mut watcher = Watcher {
        words: words_for(&app, &headers),
        stopping: app.stopping.clone(),
        app,
        token,
        page,
        changes,
        seen: asked.map(|Query(asked)| asked.seen).unwrap_or_default(),
        pause: CLOCK,
        over: false,
    };
    // What changed since the page was sent counts as well; so the first look comes before the stream.
    watcher.changes.mark_unchanged();
    let first = match watcher.look().await {
        Ok(Look::SignedOut) => return StatusCode::UNAUTHORIZED.into_response(),
        Ok(Look::Absent) => return StatusCode::NOT_FOUND.into_response(),
        Ok(Look::There(print)) => {
            let news = (print != watcher.seen).then(changed);
            watcher.seen = print;
            news
        }
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let rest = stream::unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((event, watcher))
    });
    let events = futures::StreamExt::chain(stream::iter(first), rest);
    let events = futures::StreamExt::map(events, Ok::<Event, Infallible>);
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    // nginx would hold the events back otherwise.
    ([(HeaderName::from_static("x-accel-buffering"), "no")], Sse::new(events).keep_alive(keep_alive)).into_response()
}

fn changed() -> Event {
    Event::default().event("changed").data("1")
}

/// Completes when the server stops (or nobody is left who could stop it).
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// How long it is until the next absence begins or ends: then others answer, and see.
fn next_turn(visit: &Visit) -> Duration {
    let now = visit.clock.now;
    let moments = visit.world.absences.iter().flat_map(|a| [Some(a.starts), a.ends]).flatten();
    let next = moments.filter(|at| *at > now).min().map_or(i64::MAX, |at| at.since(now));
    Duration::from_millis(u64::try_from(next).unwrap_or(0))
}

/// One open page.
struct Watcher {
    app: App,
    token: [u8; 32],
    page: Page,
    words: &'static Words,
    changes: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    seen: String,
    /// How long until the clock alone may change the page.
    pause: Duration,
    over: bool,
}

impl Watcher {
    /// The next event; `None` once there will be none.
    async fn next(&mut self) -> Option<Event> {
        while !self.over {
            self.wait().await?;
            match self.look().await {
                Ok(Look::There(print)) if print == self.seen => {}
                Ok(Look::There(print)) => {
                    self.seen = print;
                    return Some(changed());
                }
                Ok(Look::Absent | Look::SignedOut) => {
                    self.over = true;
                    return Some(changed());
                }
                // The database is busy or gone: the next look will tell.
                Err(error) => tracing::warn!(%error, "looking at an open page failed"),
            }
            tokio::time::sleep(BREATH).await;
        }
        None
    }

    /// Waits for a reason to look; `None` when the server stops.
    async fn wait(&mut self) -> Option<()> {
        if *self.stopping.borrow() {
            return None;
        }
        tokio::select! {
            () = stopped(&mut self.stopping) => None,
            // A search is the dearest look: who answers, and what it finds, is looked at by the clock alone.
            changed = self.changes.changed(), if !matches!(self.page, Page::Search(_)) => {
                if changed.is_err() {
                    // Nobody announces changes any more: the clock is left.
                    tokio::time::sleep(self.pause).await;
                }
                Some(())
            }
            () = tokio::time::sleep(self.pause) => Some(()),
        }
    }

    async fn look(&mut self) -> anyhow::Result<Look> {
        let _turn = self.app.looks.acquire().await?;
        let Some(mut visit) = Visit::open(&self.app, &self.token, self.words).await? else {
            return Ok(Look::SignedOut);
        };
        if visit.must_enrol() {
            return Ok(Look::SignedOut);
        }
        self.pause = next_turn(&visit).min(CLOCK);
        let print = match &self.page {
            Page::Today(asked) => today::load(&mut visit, asked).await.map(|data| fingerprint(&data)),
            Page::Records(asked) => records::load(&mut visit, asked).await.map(|data| fingerprint(&data)),
            Page::Record(id, asked) => record::load(&mut visit, *id, asked).await.map(|data| fingerprint(&data)),
            Page::Activities(asked) => activities::load(&mut visit, asked).await.map(|data| fingerprint(&data)),
            Page::Message(id) => message::load(&mut visit, *id).await.map(|data| fingerprint(&data)),
            Page::Draft(id) => answering::watched(&mut visit, *id).await,
            Page::Handover(id) => handovers::load(&mut visit, *id).await.map(|data| fingerprint(&data)),
            Page::Absences(asked) => absences::load(&mut visit, asked).await.map(|data| fingerprint(&data)),
            Page::Search(asked) => search::load(&mut visit, asked).await.map(|data| fingerprint(&data)),
            Page::Fresh => Ok(fingerprint(&visit.lags())),
            Page::Status => status::load(&mut visit).await.map(|data| fingerprint(&data)),
            Page::Mailboxes => mailboxes::load(&mut visit).await.map(|data| fingerprint(&data)),
            Page::Mailbox(id) => mailboxes::load_one(&mut visit, *id).await.map(|data| fingerprint(&data)),
            Page::Jobs(asked) => jobs::load(&mut visit, asked).await.map(|data| fingerprint(&data)),
        };
        match print {
            Ok(print) => Ok(Look::There(shell::print(print, visit.frame()))),
            Err(Refusal::Broken(error)) => Err(error),
            Err(_) => Ok(Look::Absent),
        }
    }
}

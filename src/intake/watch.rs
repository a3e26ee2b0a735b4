//! A mailbox's loop: connect, read, wait for news, for ever.
//!
//! IDLE tells of news at once; a poll runs beside it, since servers forget to say, say it a minute
//! late, or have no IDLE. History is read over a second connection, so that a reply that comes in
//! while a large mailbox is read for the first time is on its timeline at once all the same.

use super::fetch::Share;
use super::filing;
use super::reader::Reader;
use super::session::{self, Watched};
use crate::imap::{Session, Trouble, What, Woke};
use crate::model::cursor::Role;
use crate::model::time::{HOUR, MINUTE, SECOND, Timestamp};
use crate::store;
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A lease lasts this long and is renewed at a third of it.
const LEASE: i64 = MINUTE;
/// Folders other than INBOX are looked at this often at least: an answer in Sent ends a wait.
const OTHERS: i64 = 5 * MINUTE;
/// IDLE is renewed after this: home routers forget connections after five minutes.
const IDLE: Duration = Duration::from_secs(270);
/// Without IDLE, INBOX is looked at this often.
const WITHOUT_IDLE: Duration = Duration::from_secs(60);
/// A connection that lived this long resets the back-off.
const LIVED: i64 = 5 * MINUTE;
/// A refused sign-in is tried again after this, then ever more slowly: nobody's account is locked.
const REFUSED: (i64, i64) = (MINUTE, 6 * HOUR);
/// A failed connection is tried again after this, then ever more slowly.
const FAILED: (i64, i64) = (2 * SECOND, 10 * MINUTE);

/// Watches a mailbox until the task is dropped.
pub async fn watch(reader: Arc<Reader>) {
    let mut attempt = 0;
    loop {
        let began = reader.intake.clock.now();
        let Err(error) = live(&reader).await else { continue };
        let now = reader.intake.clock.now();
        attempt = if now.since(began) >= LIVED { 0 } else { attempt + 1 };
        let pause = pause(&error, attempt);
        let (state, text) = describe(&error);
        tracing::warn!(mailbox = %reader.account.name, state, pause_ms = pause, cause = %text, "reading a mailbox was interrupted");
        let next = now.plus(pause);
        // That nobody answered at all, or that the handshake failed, shows in no line of either side.
        let what = error.downcast_ref::<Trouble>().map_or("Internal".to_owned(), |t| format!("{:?}", t.cause().what));
        reader.protocol.note(&what);
        if let Err(error) = note_state(&reader, state, &text, next).await {
            tracing::error!(error = %format!("{error:#}"), "the mailbox's state could not be written down");
        }
        wait_until(&reader, next).await;
    }
}

/// Long waits beat too, so that the watchdog tells a wait from a task that hangs.
async fn wait_until(reader: &Reader, next: Timestamp) {
    loop {
        reader.beat();
        let left = next.since(reader.intake.clock.now());
        if left <= 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(u64::try_from(left.min(30 * SECOND)).unwrap_or(0))).await;
    }
}

async fn live(reader: &Arc<Reader>) -> Result<()> {
    let mut session = session::connect(reader).await?;
    rounds(reader, &mut session, &mut Beside(None)).await
}

/// Work beside the loop, which ends with it, also where the loop is ended from outside.
struct Beside(Option<JoinHandle<()>>);

impl Drop for Beside {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

async fn rounds(reader: &Arc<Reader>, session: &mut Session, history: &mut Beside) -> Result<()> {
    loop {
        filing::tend(reader, session).await?;
        let folders = session::folders(reader, session).await?;
        session::round(reader, session, &folders, Share::Live).await?;
        note_up_to_date(reader).await?;
        let idle_history = history.0.as_ref().is_none_or(JoinHandle::is_finished);
        if idle_history && session::history_left(reader).await? {
            history.0 = Some(tokio::spawn(read_history(reader.clone())));
        }
        let poll = i64::try_from(reader.poll).unwrap_or(i64::MAX).saturating_mul(SECOND);
        let again = reader.intake.clock.now().plus(OTHERS.min(poll));
        wait_for_news(reader, session, &folders, again).await?;
    }
}

/// Waits on INBOX and reads what comes, until it is time to look at the other folders.
async fn wait_for_news(reader: &Reader, session: &mut Session, folders: &[Watched], until: Timestamp) -> Result<()> {
    let inbox: Vec<Watched> = folders.iter().filter(|f| f.role == Role::Inbox).cloned().collect();
    let poll = Duration::from_secs(reader.poll);
    let mut idles = session.capabilities().idle;
    loop {
        // Whatever was selected last, news are awaited on INBOX, and nothing slips in between.
        session::round(reader, session, &inbox, Share::Live).await?;
        note_up_to_date(reader).await?;
        let left = until.since(reader.intake.clock.now());
        if left <= 0 {
            return Ok(());
        }
        let longest = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        let wait = longest.min(IDLE).min(poll);
        reader.beat();
        if !idles {
            tokio::time::sleep(wait.min(WITHOUT_IDLE)).await;
            continue;
        }
        match session.idle(wait).await {
            Ok(Woke::News | Woke::Timeout) => {}
            Err(Trouble::Later(cause)) if cause.what == What::NotSupported => idles = false,
            Err(trouble) => return Err(trouble.into()),
        }
    }
}

/// Reads history over a connection of its own. What fails is tried again by the next round.
async fn read_history(reader: Arc<Reader>) {
    let work = async {
        let mut session = session::connect(&reader).await?;
        let folders = session::folders(&reader, &mut session).await?;
        session::round(&reader, &mut session, &folders, Share::History).await
    };
    match work.await {
        Ok(accepted) => tracing::info!(mailbox = %reader.account.name, stored = accepted.stored, "history is read"),
        Err(error) => {
            tracing::warn!(mailbox = %reader.account.name, cause = %describe(&error).1, "reading history was interrupted");
        }
    }
}

async fn note_up_to_date(reader: &Reader) -> Result<()> {
    reader.beat();
    let mut tx = reader.intake.db.write().await?;
    store::mailboxes::up_to_date(&mut tx, reader.intake.context.mailbox, reader.intake.clock.now()).await?;
    reader.keep_protocol(&mut tx, false).await?;
    Ok(tx.commit().await?)
}

async fn note_state(reader: &Reader, state: &str, text: &str, next: Timestamp) -> Result<()> {
    let mut tx = reader.intake.db.write().await?;
    let now = reader.intake.clock.now();
    store::mailboxes::set_state(&mut tx, reader.intake.context.mailbox, state, Some(text), Some(next), now).await?;
    reader.keep_protocol(&mut tx, true).await?;
    tx.commit().await?;
    reader.intake.signals.changed();
    Ok(())
}

/// The state word of a failure, and its words for people.
pub fn describe(error: &anyhow::Error) -> (&'static str, String) {
    match error.downcast_ref::<Trouble>() {
        Some(Trouble::Stop(cause)) if cause.what == What::LoginRefused => ("refused", cause.to_string()),
        Some(Trouble::Stop(cause)) => ("stopped", cause.to_string()),
        Some(Trouble::Later(cause)) => ("retrying", cause.to_string()),
        None => ("retrying", format!("{error:#}")),
    }
}

/// Milliseconds until the next attempt.
fn pause(error: &anyhow::Error, attempt: u32) -> i64 {
    let trouble = error.downcast_ref::<Trouble>();
    let asked = trouble.and_then(|t| t.cause().wait).and_then(|w| i64::try_from(w.as_millis()).ok()).unwrap_or(0);
    let (first, most) = match trouble {
        Some(Trouble::Stop(_)) => REFUSED,
        _ => FAILED,
    };
    let mut grown = first;
    for _ in 1..attempt.min(40) {
        grown = (grown * 9 / 5).min(most);
    }
    let jitter = rand::random_range(0..=grown / 4);
    (grown + jitter).max(asked)
}

/// Holds the mailbox's lease: returns when it is lost.
pub async fn hold_lease(reader: &Reader) {
    loop {
        tokio::time::sleep(Duration::from_millis(u64::try_from(LEASE / 3).unwrap_or(1))).await;
        let renewed = async {
            let mut tx = reader.intake.db.write().await?;
            let context = &reader.intake.context;
            let until = reader.intake.clock.now().plus(LEASE);
            let ours = store::mailboxes::renew(&mut tx, context.mailbox, context.fence, until).await?;
            tx.commit().await?;
            store::Result::Ok(ours)
        };
        match renewed.await {
            Ok(true) => {}
            Ok(false) => return,
            // The database is away: the lease may run out meanwhile; the fence decides.
            Err(error) => tracing::warn!(%error, "the lease of a mailbox could not be renewed"),
        }
    }
}

/// Takes a mailbox's lease: its fencing number, or `None` while another worker reads it.
pub async fn take_lease(
    db: &store::Db,
    mailbox: crate::model::id::MailboxId,
    worker: &str,
    now: Timestamp,
) -> Result<Option<i64>> {
    let mut tx = db.write().await?;
    let fence = store::mailboxes::lease(&mut tx, mailbox, worker, now, now.plus(LEASE)).await?;
    tx.commit().await?;
    Ok(fence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::Cause;

    #[test]
    fn a_refused_sign_in_is_retried_slowly_and_never_given_up() {
        let refused: anyhow::Error =
            Trouble::Stop(Cause { what: What::LoginRefused, text: String::new(), wait: None }).into();
        assert!(pause(&refused, 1) >= MINUTE);
        assert!((6 * HOUR..=8 * HOUR).contains(&pause(&refused, 1_000)));
    }

    #[test]
    fn the_wait_a_server_asks_for_is_obeyed() {
        let wait = Some(Duration::from_secs(92));
        let busy: anyhow::Error = Trouble::Later(Cause { what: What::Throttled, text: String::new(), wait }).into();
        assert!(pause(&busy, 1) >= 92 * SECOND);
    }
}

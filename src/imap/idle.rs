//! Waiting for news. Own IDLE: async-imap's hangs on a tagged NO and reports a closed
//! connection as an interrupt.

use super::exchange::{Next, Tag};
use super::session::Session;
use super::trouble::{Answer, Trouble, What, turned_down};
use async_imap::imap_proto::{MailboxDatum, Response};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woke {
    /// Mail came or went in the open folder.
    News,
    /// Nothing did, as far as the server says. Some signal late or never: look nevertheless.
    Timeout,
}

/// How long the server may take to begin and to end an IDLE. A dead link is found by the latter.
const TURN: Duration = Duration::from_secs(15);

impl Session {
    /// Waits for news in the open folder, at most `limit`. Returns at once if more mail was
    /// announced since the folder was opened or the last wait. The news are already there when
    /// this returns: look with [`Session::survey`] from the frontier up.
    ///
    /// # Errors
    ///
    /// [`What::NotSupported`]: the server has no IDLE or turned it down; poll instead, the
    /// session stays usable.
    pub async fn idle(&mut self, limit: Duration) -> Result<Woke, Trouble> {
        if !self.exchange.usable() {
            return Err(Trouble::later(What::Closed, "an earlier command was left in the middle"));
        }
        if !self.capabilities.idle {
            return Err(Trouble::later(What::NotSupported, "IDLE"));
        }
        if std::mem::take(&mut self.exchange.news) {
            return Ok(Woke::News);
        }
        let tag = self.exchange.start("IDLE").await?;
        timeout(TURN.min(self.quiet), self.begin_idle(&tag)).await.unwrap_or_else(|_| Err(late("begin")))?;
        let woke = self.wait(&tag, Instant::now() + limit).await?;
        timeout(TURN.min(self.quiet), self.end_idle(&tag)).await.unwrap_or_else(|_| Err(late("end")))?;
        match std::mem::take(&mut self.exchange.news) {
            true => Ok(Woke::News),
            false => Ok(woke),
        }
    }

    async fn begin_idle(&mut self, tag: &Tag) -> Result<(), Trouble> {
        loop {
            match self.exchange.next(tag).await? {
                Next::Continue(_) => return Ok(()),
                Next::Data(_) => {}
                Next::Done(words) | Next::Down(Answer::No | Answer::Bad | Answer::Bye, words) => {
                    let cause = turned_down(Answer::No, &words);
                    if cause.what == What::Throttled {
                        return Err(Trouble::Later(cause));
                    }
                    self.capabilities.idle = false;
                    return Err(Trouble::later(What::NotSupported, format!("IDLE: {words}")));
                }
            }
        }
    }

    async fn wait(&mut self, tag: &Tag, until: Instant) -> Result<Woke, Trouble> {
        if self.exchange.news {
            return Ok(Woke::News);
        }
        // Servers are silent for minutes here; the limit stands in `until`.
        self.exchange.set_quiet(None);
        loop {
            match timeout_at(until, self.exchange.next(tag)).await {
                Err(_) => return Ok(Woke::Timeout),
                Ok(Err(trouble)) => return Err(trouble),
                Ok(Ok(Next::Data(answer))) if is_news(answer.parsed()) => return Ok(Woke::News),
                // "* OK Still here", flags, a second "+".
                Ok(Ok(Next::Data(_) | Next::Continue(_))) => {}
                Ok(Ok(Next::Done(words) | Next::Down(_, words))) => {
                    return Err(Trouble::later(What::Protocol, format!("the server ended IDLE by itself: {words}")));
                }
            }
        }
    }

    async fn end_idle(&mut self, tag: &Tag) -> Result<(), Trouble> {
        self.exchange.set_quiet(Some(self.quiet));
        self.exchange.go_on("DONE").await?;
        loop {
            match self.exchange.next(tag).await? {
                Next::Data(_) | Next::Continue(_) => {}
                Next::Done(_) => return Ok(()),
                Next::Down(answer, words) => return Err(Trouble::Later(turned_down(answer, &words))),
            }
        }
    }
}

fn late(what: &str) -> Trouble {
    Trouble::later(What::Timeout, format!("the server does not {what} IDLE"))
}

/// Flags are no news: they are looked at now and then.
fn is_news(answer: &Response<'_>) -> bool {
    matches!(
        answer,
        Response::MailboxData(MailboxDatum::Exists(_) | MailboxDatum::Recent(_))
            | Response::Expunge(_)
            | Response::Vanished { .. }
    )
}

//! A signed-in session and its simple commands. Those that read mail are in `fetch`.

use super::auth;
use super::capability::Capabilities;
use super::dial::dial;
use super::exchange::{Exchange, quoted};
use super::plan::Snapshot;
use super::protocol::Protocol;
use super::repair::Repairs;
use super::trouble::{Trouble, What};
use crate::config::Server;
use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response, ResponseCode, StatusAttribute};
use std::time::Duration;

/// What is waited for and taken at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a server may send no byte while a command runs.
    pub quiet: Duration,
    /// How long connecting may take, per address, and so the handshake and the greeting.
    pub connect: Duration,
    /// The largest literal taken, in octets. A larger one ends the session before it is read.
    pub max_literal: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { quiet: Duration::from_secs(60), connect: Duration::from_secs(20), max_literal: 64 << 20 }
    }
}

/// A signed-in connection. One command runs at a time; dropping a call's future ends the
/// session's use.
#[derive(Debug)]
pub struct Session {
    pub(super) exchange: Exchange,
    pub(super) capabilities: Capabilities,
    pub(super) quiet: Duration,
}

/// Connects and signs in.
///
/// # Errors
///
/// `Stop` for what a person must repair: refused sign-in, certificate, settings. `Later` for
/// the rest, such as a host that does not answer.
pub async fn connect(server: &Server, limits: &Limits) -> Result<Session, Trouble> {
    connected(server, limits, None).await
}

/// As [`connect`], writing down what is said from here on.
///
/// # Errors
///
/// As those of [`connect`].
pub async fn connect_telling(server: &Server, limits: &Limits, protocol: &Protocol) -> Result<Session, Trouble> {
    connected(server, limits, Some(protocol)).await
}

async fn connected(server: &Server, limits: &Limits, protocol: Option<&Protocol>) -> Result<Session, Trouble> {
    let (mut exchange, signed_in) = dial(server, limits, protocol).await?;
    if !signed_in {
        let known = capability(&mut exchange).await?;
        auth::sign_in(&mut exchange, server, &known).await?;
    }
    let mut capabilities = capability(&mut exchange).await?;
    if capabilities.id {
        // 163.com opens no folder before an ID. A refusal is of no consequence.
        tolerate(exchange.run("ID (\"name\" \"standin\")", |_| {}).await)?;
    }
    // Exchange says "authenticated but not connected" only to the first command after sign-in.
    exchange.run("NOOP", |_| {}).await?;
    let wanted = match (capabilities.qresync, capabilities.condstore) {
        _ if !capabilities.enable => None,
        (true, _) => Some("ENABLE QRESYNC"),
        (false, true) => Some("ENABLE CONDSTORE"),
        (false, false) => None,
    };
    let enabled = match wanted {
        Some(command) => tolerate(exchange.run(command, |_| {}).await)?,
        None => false,
    };
    capabilities.qresync &= enabled;
    Ok(Session { exchange, capabilities, quiet: limits.quiet })
}

/// True for a success, false for a NO or BAD; other trouble stays trouble.
pub(super) fn tolerate(result: Result<(), Trouble>) -> Result<bool, Trouble> {
    match result {
        Ok(()) => Ok(true),
        Err(Trouble::Later(cause)) if matches!(cause.what, What::Refused | What::Bad | What::FolderMissing) => {
            Ok(false)
        }
        Err(trouble) => Err(trouble),
    }
}

async fn capability(exchange: &mut Exchange) -> Result<Capabilities, Trouble> {
    let mut known = None;
    exchange.run("CAPABILITY", |answer| known = Capabilities::from_answer(answer).or(known.take())).await?;
    known.ok_or_else(|| Trouble::later(What::Protocol, "CAPABILITY was not answered"))
}

/// What the answers to EXAMINE and STATUS tell, each part maybe missing.
#[derive(Debug, Default)]
struct Told {
    validity: Option<u32>,
    uid_next: Option<u32>,
    total: Option<u32>,
    modseq: Option<u64>,
}

impl Told {
    fn take(&mut self, answer: &Response<'_>) {
        match answer {
            Response::MailboxData(MailboxDatum::Exists(count)) => self.total = Some(*count),
            Response::MailboxData(MailboxDatum::Status { status, .. }) => {
                for item in status {
                    match item {
                        StatusAttribute::Messages(count) => self.total = Some(*count),
                        StatusAttribute::UidNext(uid) => self.uid_next = Some(*uid),
                        StatusAttribute::UidValidity(validity) => self.validity = Some(*validity),
                        StatusAttribute::HighestModSeq(modseq) => self.modseq = Some(*modseq),
                        _ => {}
                    }
                }
            }
            Response::Data { outcome, .. } => match outcome.code {
                Some(ResponseCode::UidValidity(validity)) => self.validity = Some(validity),
                Some(ResponseCode::UidNext(uid)) => self.uid_next = Some(uid),
                Some(ResponseCode::HighestModSeq(modseq)) => self.modseq = Some(modseq),
                _ => {}
            },
            _ => {}
        }
    }

    fn whole(self, last: Option<u32>) -> Result<Snapshot, Trouble> {
        let missing =
            |what: &str| Trouble::later(What::Protocol, format!("the server does not tell {what} of the folder"));
        Ok(Snapshot {
            validity: self.validity.filter(|v| *v > 0).ok_or_else(|| missing("UIDVALIDITY"))?,
            uid_next: self.uid_next.unwrap_or(0).max(last.map_or(0, |uid| uid.saturating_add(1))),
            total: self.total.ok_or_else(|| missing("the number of messages"))?,
            modseq: self.modseq.filter(|modseq| *modseq > 0),
            last,
        })
    }
}

impl Session {
    /// What the server can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether the session can be used on. False after a broken connection, a timeout, or a
    /// call that was dropped before its end.
    pub fn usable(&self) -> bool {
        self.exchange.usable()
    }

    /// How many lines of this server had to be repaired, and why.
    pub fn repairs(&self) -> Repairs {
        self.exchange.repairs()
    }

    /// A folder's numbers without opening it: good for finding out whether anything changed.
    /// Its `last` is unknown, so it is not for planning.
    pub async fn status(&mut self, raw: &str) -> Result<Snapshot, Trouble> {
        self.ask_status(raw).await?.whole(None)
    }

    async fn ask_status(&mut self, raw: &str) -> Result<Told, Trouble> {
        let modseq = if self.capabilities.condstore { " HIGHESTMODSEQ" } else { "" };
        let mut told = Told::default();
        let command = format!("STATUS {} (MESSAGES UIDNEXT UIDVALIDITY{modseq})", quoted(raw));
        let mut answered = false;
        self.exchange
            .run(&command, |answer| {
                if let Response::MailboxData(MailboxDatum::Status { .. }) = answer {
                    answered = true;
                    told.take(answer);
                }
            })
            .await
            .map_err(folder_missing)?;
        match answered {
            true => Ok(told),
            false => Err(Trouble::later(What::Protocol, "STATUS was not answered")),
        }
    }

    /// Opens a folder, read only. UIDNEXT is not taken on trust: the highest UID that is really
    /// there is asked for, since a mail at or above a wrong UIDNEXT would never be read.
    pub async fn examine(&mut self, raw: &str) -> Result<Snapshot, Trouble> {
        // Once enabled, CONDSTORE needs no parameter; without ENABLE it does (RFC 7162 3.1.8).
        let parameter = if self.capabilities.condstore && !self.capabilities.enable { " (CONDSTORE)" } else { "" };
        let mut told = Told::default();
        self.exchange.exists = 0;
        let command = format!("EXAMINE {}{parameter}", quoted(raw));
        self.exchange.run(&command, |answer| told.take(answer)).await.map_err(folder_missing)?;
        self.exchange.news = false;
        self.exchange.shifted = false;
        if told.validity.is_none() || told.total.is_none() || matches!(told.uid_next, None | Some(0)) {
            let second = self.ask_status(raw).await?;
            told.validity = told.validity.or(second.validity);
            told.total = told.total.or(second.total);
            told.uid_next = told.uid_next.filter(|uid| *uid > 0).or(second.uid_next);
        }
        let last = if told.total == Some(0) { None } else { self.last_uid().await? };
        told.whole(last)
    }

    async fn last_uid(&mut self) -> Result<Option<u32>, Trouble> {
        let mut last = None;
        // Of all mails only the last has this number, so news about others are not taken for it.
        let total = self.exchange.exists;
        let asked = self.exchange.run("UID FETCH * (UID)", |answer| {
            if let Response::Fetch(number, items) = answer
                && *number >= total
            {
                let uids = items.iter().filter_map(|item| match item {
                    AttributeValue::Uid(uid) => Some(*uid),
                    _ => None,
                });
                last = last.max(uids.max());
            }
        });
        tolerate(asked.await)?;
        Ok(last)
    }

    /// A sign of life; the server uses it to tell what is new.
    pub async fn noop(&mut self) -> Result<(), Trouble> {
        self.exchange.run("NOOP", |_| {}).await
    }

    /// Says goodbye, at most for a few seconds. What the server makes of it does not matter.
    pub async fn logout(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(3), self.exchange.run("LOGOUT", |_| {})).await;
    }
}

/// A NO to opening or asking for a folder means that the folder is the trouble.
fn folder_missing(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Later(mut cause) if cause.what == What::Refused => {
            let passing = cause.text.to_ascii_uppercase();
            if !["[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]"].iter().any(|mark| passing.contains(mark)) {
                cause.what = What::FolderMissing;
            }
            Trouble::Later(cause)
        }
        other => other,
    }
}

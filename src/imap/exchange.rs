//! One command and its answers. Every command of the program goes through here.
//!
//! async-imap's typed calls report failures as success: a NO, a BAD or a closed connection in
//! the middle of a FETCH gives `Ok` with what had come so far, and a cursor moved after that
//! loses mail. So we use it for reading and parsing answers only, write commands ourselves, and
//! count a command as done by its own tagged OK alone.
//!
//! Only OK, NO and BAD leave a session in step. After anything else, and after a call that was
//! dropped before its end, answers of that command may still come, and would be taken for
//! answers to the next. `busy` stays set then, and every later call is refused.

use super::protocol::Told;
use super::repair::Repairs;
use super::trouble::{Answer, Trouble, What, turned_down};
use super::wire::{Fault, Wire};
use async_imap::Client;
use async_imap::extensions::idle::Handle;
use async_imap::imap_proto::{MailboxDatum, Outcome, Response, ResponseCode, Status};
use futures::TryStream;
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// A parsed answer with the buffer it was read into. async-imap gives it out and does not
/// export its name, so it is reached through a public stream that yields it.
pub(super) type ResponseData = <Handle<Wire> as TryStream>::Ok;

/// A connection on which one command runs at a time.
#[derive(Debug)]
pub(super) struct Exchange {
    client: Client<Wire>,
    quiet: Duration,
    number: u32,
    /// A command is under way, or was when its call was dropped.
    busy: bool,
    /// The server's farewell.
    bye: Option<String>,
    /// Messages in the opened folder as far as we were told.
    pub(super) exists: u32,
    /// More messages than at the last look: reported by the next `idle` at once.
    pub(super) news: bool,
    /// Messages went away: sequence numbers have shifted.
    pub(super) shifted: bool,
    /// What is written down of it.
    told: Told,
}

/// What comes next.
pub(super) enum Next {
    /// An untagged answer.
    Data(ResponseData),
    /// The server asks for the rest of the command; its text.
    Continue(String),
    /// The tagged OK; its text.
    Done(String),
    /// The tagged NO or BAD; its text with its code. The session stays usable.
    Down(Answer, String),
}

/// The tag of a running command.
#[derive(Debug)]
pub(super) struct Tag(String);

impl Exchange {
    /// Over a wire whose greeting is still to come.
    pub(super) fn new(wire: Wire, quiet: Duration, told: Told) -> Exchange {
        Exchange {
            client: Client::new(wire),
            quiet,
            number: 0,
            busy: false,
            bye: None,
            exists: 0,
            news: false,
            shifted: false,
            told,
        }
    }

    /// Whether another command may be given.
    pub(super) fn usable(&self) -> bool {
        !self.busy
    }

    /// What was repaired on this connection.
    pub(super) fn repairs(&self) -> Repairs {
        self.client.get_ref().repairs()
    }

    /// Runs `command` to its end and hands each untagged answer to `on`.
    pub(super) async fn run(&mut self, command: &str, mut on: impl FnMut(&Response<'_>)) -> Result<(), Trouble> {
        let tag = self.start(command).await?;
        loop {
            match self.next(&tag).await? {
                Next::Data(answer) => on(answer.parsed()),
                Next::Done(_) => return Ok(()),
                Next::Down(answer, words) => return Err(Trouble::Later(turned_down(answer, &words))),
                Next::Continue(_) => return Err(Trouble::later(What::Protocol, "asked for more of a whole command")),
            }
        }
    }

    /// Sends a command. From here to its tagged answer the session is busy.
    pub(super) async fn start(&mut self, command: &str) -> Result<Tag, Trouble> {
        if self.busy {
            return Err(Trouble::later(What::Closed, "an earlier command was left in the middle"));
        }
        if command.bytes().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
            return Err(Trouble::stop(What::Settings, "a name or password contains a line break or a NUL"));
        }
        self.busy = true;
        self.number = self.number.wrapping_add(1);
        let tag = Tag(format!("A{}", self.number));
        self.client.get_mut().set_quiet(Some(self.quiet));
        self.told.command(&tag.0, command);
        self.send(&format!("{} {command}\r\n", tag.0)).await?;
        Ok(tag)
    }

    /// Sends a line that belongs to a running command.
    pub(super) async fn go_on(&mut self, line: &str) -> Result<(), Trouble> {
        self.told.more(line);
        self.send(&format!("{line}\r\n")).await
    }

    /// Sends the octets that were announced in a running command, and the end of its line. However long they
    /// are, the server may be still for no longer than ever.
    pub(super) async fn literal(&mut self, octets: &[u8]) -> Result<(), Trouble> {
        self.told.octets(octets.len());
        for piece in octets.chunks(64 << 10) {
            self.write(piece).await?;
        }
        self.write(b"\r\n").await
    }

    async fn send(&mut self, text: &str) -> Result<(), Trouble> {
        self.write(text.as_bytes()).await
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), Trouble> {
        let quiet = self.quiet;
        let wire = self.client.get_mut();
        let sending = async {
            wire.write_all(octets).await?;
            wire.flush().await
        };
        match tokio::time::timeout(quiet, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.broken(&error)),
            Err(_) => Err(Trouble::later(What::Timeout, "the server takes no command")),
        }
    }

    /// While `None`, silence is no failure (IDLE); the next command sets it again.
    pub(super) fn set_quiet(&mut self, quiet: Option<Duration>) {
        self.client.get_mut().set_quiet(quiet);
    }

    /// The next answer to the command with `tag`. May be dropped without losing an answer.
    pub(super) async fn next(&mut self, tag: &Tag) -> Result<Next, Trouble> {
        let answer = self.read().await?;
        match answer.parsed() {
            Response::Done { tag: theirs, status, outcome } => {
                if theirs.0 != tag.0 {
                    return Err(Trouble::later(What::Protocol, "an answer to a command that was not given"));
                }
                self.busy = false;
                let words = words(outcome);
                Ok(match status {
                    Status::Ok => Next::Done(words),
                    Status::No => Next::Down(Answer::No, words),
                    _ => Next::Down(Answer::Bad, words),
                })
            }
            Response::Continue(outcome) => {
                Ok(Next::Continue(outcome.information.as_deref().unwrap_or_default().to_owned()))
            }
            other => {
                self.note(other);
                Ok(Next::Data(answer))
            }
        }
    }

    /// The greeting: true if it says that we are signed in already (PREAUTH).
    pub(super) async fn greeting(&mut self) -> Result<bool, Trouble> {
        self.busy = true;
        self.client.get_mut().set_quiet(Some(self.quiet));
        // Ten lines of nonsense are passed over, as they are later on.
        for _ in 0..10 {
            let answer = self.read().await?;
            let Response::Data { status, outcome } = answer.parsed() else { continue };
            if !matches!(status, Status::Ok | Status::PreAuth) {
                return Err(Trouble::Later(turned_down(Answer::Bye, &words(outcome))));
            }
            self.busy = false;
            return Ok(*status == Status::PreAuth);
        }
        Err(Trouble::later(What::Protocol, "no greeting of an IMAP server"))
    }

    async fn read(&mut self) -> Result<ResponseData, Trouble> {
        match self.client.read_response().await {
            Ok(Some(answer)) => {
                self.told.answer(answer.parsed());
                Ok(answer)
            }
            Ok(None) => Err(self.closed()),
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// What an untagged answer tells beside the command.
    fn note(&mut self, answer: &Response<'_>) {
        match answer {
            Response::Data { status: Status::Bye, outcome } => self.bye = Some(words(outcome)),
            Response::MailboxData(MailboxDatum::Exists(count)) => {
                self.news |= *count > self.exists;
                self.exists = *count;
            }
            Response::Expunge(_) => {
                self.exists = self.exists.saturating_sub(1);
                self.shifted = true;
            }
            Response::Vanished { earlier: false, uids } => {
                let gone = uids.iter().map(|range| range.end().saturating_sub(*range.start()).saturating_add(1));
                self.exists = self.exists.saturating_sub(gone.fold(0, u32::saturating_add));
                self.shifted = true;
            }
            _ => {}
        }
    }

    fn closed(&self) -> Trouble {
        match &self.bye {
            Some(words) => Trouble::Later(turned_down(Answer::Bye, words)),
            None => Trouble::later(What::Closed, "without a word"),
        }
    }

    /// A failure of the transport or the parser. Parse errors carry the whole buffer in their
    /// text, so no text of theirs is kept.
    fn broken(&self, error: &io::Error) -> Trouble {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()) {
            Some(fault @ Fault::Quiet(_)) => return Trouble::later(What::Timeout, fault.to_string()),
            Some(fault @ Fault::LiteralTooLarge(_)) => return Trouble::later(What::LiteralTooLarge, fault.to_string()),
            Some(fault @ Fault::LineTooLong) => return Trouble::later(What::Protocol, fault.to_string()),
            None => {}
        }
        match error.kind() {
            io::ErrorKind::Other => Trouble::later(What::Protocol, "an answer that could not be read"),
            _ => match self.closed() {
                Trouble::Later(cause) if self.bye.is_some() => Trouble::Later(cause),
                _ => Trouble::later(What::Closed, error.kind().to_string()),
            },
        }
    }
}

/// The words of a status answer, with the codes that the parser took out where they matter.
fn words(outcome: &Outcome<'_>) -> String {
    let text = outcome.information.as_deref().unwrap_or_default();
    match outcome.code {
        Some(ResponseCode::Alert) => format!("[ALERT] {text}"),
        _ => text.to_owned(),
    }
}

/// A name as a quoted string (RFC 3501 section 4.3). Line breaks are refused in `start`.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

//! The bytes between the socket and the parser: follows literals, mends lines, keeps the clock.
//!
//! Sits under async-imap as its stream. Literals (the mails) are handed through without being
//! looked at, straight into the reader's buffer where possible; lines go through `repair`.
//! Three limits stand here because nothing above can hold them: the size of a literal (the
//! parser's buffer would grow to it before a byte has come), the length of a line, and the time
//! without any byte (a total time per command would cut a slow but healthy transfer).

use super::repair::{self, Kind, Line, Repairs};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// A connection, protected or not.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// Why the wire ended a session by itself. Travels inside an `io::Error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No byte came for so long.
    Quiet(Duration),
    /// A literal, or all literals of one answer, beyond the limit; octets as announced.
    LiteralTooLarge(u64),
    /// A line without an end.
    LineTooLong,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Quiet(time) => write!(f, "no byte came for {} s", time.as_secs_f32()),
            Fault::LiteralTooLarge(octets) => write!(f, "the server announced a literal of {octets} octets"),
            Fault::LineTooLong => write!(f, "a line of more than {LONGEST_LINE} octets"),
        }
    }
}

impl std::error::Error for Fault {}

/// What is read from the socket at once. A TLS record holds 16 KiB.
const READ: usize = 64 * 1024;

/// The longest line outside of literals; a SEARCH for a million UIDs fits.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// Where in the server's grammar we are.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// At or in the first line of an answer.
    First,
    /// In a literal of an answer that is passed on: so many octets to come.
    Literal(u64),
    /// In a line that goes on after a literal.
    Further,
    /// In a literal of an answer that is not passed on.
    LostLiteral(u64),
    /// In a line of an answer that is not passed on.
    LostLine,
}

/// See the head of this file.
pub(super) struct Wire {
    socket: Box<dyn Socket>,
    raw: Box<[u8]>,
    start: usize,
    end: usize,
    /// The line being read, without what is still in `raw`.
    line: Vec<u8>,
    /// Lines ready for the reader.
    ready: Vec<u8>,
    handed: usize,
    place: Place,
    kind: Kind,
    /// Octets of the current answer beyond its first line.
    literals: u64,
    max_literal: u64,
    quiet: Option<Duration>,
    deadline: Option<Pin<Box<Sleep>>>,
    waiting: bool,
    fault: Option<Fault>,
    repairs: Repairs,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Wire {
    /// Over `socket`, refusing literals of more than `max_literal` octets.
    pub(super) fn new(socket: Box<dyn Socket>, max_literal: u64) -> Wire {
        Wire {
            socket,
            raw: vec![0; READ].into_boxed_slice(),
            start: 0,
            end: 0,
            line: Vec::new(),
            ready: Vec::new(),
            handed: 0,
            place: Place::First,
            kind: Kind::Untagged,
            literals: 0,
            max_literal,
            quiet: None,
            deadline: None,
            waiting: false,
            fault: None,
            repairs: Repairs::default(),
        }
    }

    /// From now on, this long without a byte ends the session; `None`: never.
    pub(super) fn set_quiet(&mut self, quiet: Option<Duration>) {
        self.quiet = quiet;
        self.waiting = false;
    }

    /// What was repaired so far.
    pub(super) fn repairs(&self) -> Repairs {
        self.repairs
    }

    fn fail(&mut self, fault: Fault) -> io::Error {
        self.fault = Some(fault.clone());
        io::Error::other(fault)
    }

    /// Reads into `raw`, which is empty. `Ok(false)`: the server closed.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut raw = ReadBuf::new(&mut self.raw);
        match Pin::new(&mut self.socket).poll_read(cx, &mut raw) {
            Poll::Ready(done) => {
                self.waiting = false;
                done?;
                self.start = 0;
                self.end = raw.filled().len();
                Poll::Ready(Ok(self.end > 0))
            }
            Poll::Pending => self.poll_quiet(cx),
        }
    }

    /// Called while nothing comes: fails when that has lasted too long.
    fn poll_quiet<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let Some(quiet) = self.quiet else { return Poll::Pending };
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(quiet)));
        if !self.waiting {
            self.waiting = true;
            deadline.as_mut().reset(Instant::now() + quiet);
        }
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(self.fail(Fault::Quiet(quiet))))
    }

    /// Takes bytes of a line from `raw`; true when the line is whole.
    fn take_line(&mut self) -> Result<bool, Fault> {
        let fresh = self.raw.get(self.start..self.end).unwrap_or_default();
        let (taken, whole) = match fresh.iter().position(|&b| b == b'\n') {
            Some(at) => (at + 1, true),
            None => (fresh.len(), false),
        };
        if self.line.len() + taken > LONGEST_LINE {
            return Err(Fault::LineTooLong);
        }
        self.line.extend_from_slice(fresh.get(..taken).unwrap_or_default());
        self.start += taken;
        Ok(whole)
    }

    /// A whole line stands in `line`: decides what becomes of it and where we are then.
    fn treat_line(&mut self) -> Result<(), Fault> {
        let line = std::mem::take(&mut self.line);
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = match text.strip_suffix(b"\r") {
            Some(text) => text,
            None => {
                self.repairs.bare_newline += 1;
                text
            }
        };
        let text = repair::without_nul(text, &mut self.repairs);
        let first = matches!(self.place, Place::First);
        if first {
            self.kind = repair::kind(&text);
            self.literals = 0;
        } else {
            // Counted too, or an answer of many empty literals would never end.
            self.literals += text.len() as u64;
        }
        let literal = if self.kind.may_hold_literal() { repair::literal_length(&text) } else { None };
        if let Some(octets) = literal {
            self.literals = self.literals.saturating_add(octets);
            if self.literals > self.max_literal {
                return Err(Fault::LiteralTooLarge(octets));
            }
        }
        let lost = match self.place {
            Place::LostLine => true,
            Place::First => match repair::first(&text, self.kind, literal.is_some(), &mut self.repairs) {
                Line::Pass(lines) => {
                    self.ready.extend_from_slice(&lines);
                    false
                }
                Line::Drop => false,
                Line::Swallow => true,
            },
            _ => {
                let more = repair::further(&text, self.kind, literal.is_some(), &mut self.repairs);
                self.ready.extend_from_slice(&more);
                false
            }
        };
        self.place = match (literal, lost) {
            (Some(octets), false) => Place::Literal(octets),
            (Some(octets), true) => Place::LostLiteral(octets),
            (None, _) => Place::First,
        };
        self.line = line;
        self.line.clear();
        self.line.shrink_to(READ);
        Ok(())
    }

    /// Hands over a part of a literal. `Ready(Ok(false))`: `raw` must be filled first.
    fn poll_literal(&mut self, cx: &mut Context<'_>, left: u64, buf: &mut ReadBuf<'_>) -> Poll<io::Result<bool>> {
        let here = self.end - self.start;
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buf.remaining());
        if here == 0 && most < 4_096 {
            return Poll::Ready(Ok(false));
        }
        let count = if here > 0 {
            let part = self.raw.get(self.start..self.start + most.min(here)).unwrap_or_default();
            buf.put_slice(part);
            self.start += part.len();
            part.len()
        } else {
            let mut direct = ReadBuf::new(buf.initialize_unfilled_to(most));
            match Pin::new(&mut self.socket).poll_read(cx, &mut direct) {
                Poll::Pending => return self.poll_quiet(cx),
                Poll::Ready(done) => {
                    self.waiting = false;
                    done?;
                    let count = direct.filled().len();
                    buf.advance(count);
                    count
                }
            }
        };
        self.place = Place::Literal(left - count as u64);
        Poll::Ready(Ok(true))
    }

    /// Treats what lies in `raw` until it is used up or a line is ready.
    fn digest(&mut self) -> Result<(), Fault> {
        while self.start < self.end && self.ready.is_empty() {
            match self.place {
                Place::Literal(0) => self.place = Place::Further,
                Place::LostLiteral(0) => self.place = Place::LostLine,
                Place::Literal(_) => return Ok(()),
                Place::LostLiteral(left) => {
                    let here = self.end - self.start;
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(here);
                    self.start += count;
                    self.place = Place::LostLiteral(left - count as u64);
                }
                Place::First | Place::Further | Place::LostLine => {
                    if self.take_line()? {
                        self.treat_line()?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(fault) = &this.fault {
            return Poll::Ready(Err(io::Error::other(fault.clone())));
        }
        loop {
            let waiting = this.ready.get(this.handed..).unwrap_or_default();
            if !waiting.is_empty() {
                let part = waiting.get(..waiting.len().min(buf.remaining())).unwrap_or(waiting);
                buf.put_slice(part);
                this.handed += part.len();
                return Poll::Ready(Ok(()));
            }
            this.ready.clear();
            this.ready.shrink_to(READ);
            this.handed = 0;
            if let Place::Literal(left @ 1..) = this.place {
                let before = buf.filled().len();
                if ready!(this.poll_literal(cx, left, buf))? {
                    if buf.filled().len() == before {
                        return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                    }
                    return Poll::Ready(Ok(()));
                }
            }
            if this.start < this.end {
                if let Err(fault) = this.digest() {
                    return Poll::Ready(Err(this.fail(fault)));
                }
            } else if !ready!(this.poll_fill(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

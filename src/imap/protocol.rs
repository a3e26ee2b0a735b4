//! What was said on the wire, for whoever has to find out why a mailbox is not read: the latest lines, and how the
//! latest connections began (what the server is, how we signed in), in memory.
//!
//! Kept is what is known to be harmless, and of everything else the verb alone. Of signing in no word is kept,
//! neither ours nor the server's, since some servers repeat a command in their BAD. Of mails there is only that some
//! came. Of folders below others only the first name is kept: those that Standin makes for filing bear the names of
//! records, and other folders are nobody's business.

use super::trouble::one_line;
use crate::model::protocol::{Line, Side};
use crate::model::time::Timestamp;
use async_imap::imap_proto::{MailboxDatum, Outcome, Response, ResponseCode, Status, StatusAttribute};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Lines that are kept.
const KEPT: usize = 200;
/// Lines with which a connection begins that stay when later ones go.
const BEGINNING: usize = 12;
/// Of so many connections, the latest.
const BEGINNINGS: u32 = 3;
/// Characters of a line that are kept.
const LONGEST: usize = 200;

/// The latest lines of one mailbox. Its clones share them.
#[derive(Clone)]
pub struct Protocol {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    lines: VecDeque<Line>,
    connections: u32,
    /// How often something was added.
    turns: u64,
}

impl Kept {
    /// Drops the oldest line that is not of the beginning of a late connection.
    fn drop_one(&mut self) {
        let late = |line: &Line| line.connection > 0 && line.connection.saturating_add(BEGINNINGS) > self.connections;
        let mut seen = BTreeMap::<u32, usize>::new();
        let at = self.lines.iter().position(|line| {
            let of_it = seen.entry(line.connection).or_default();
            *of_it += 1;
            !late(line) || *of_it > BEGINNING
        });
        self.lines.remove(at.unwrap_or_default());
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protocol")
    }
}

impl Protocol {
    /// An empty one, whose lines get their moments from `now`.
    pub fn new(now: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Protocol {
        Protocol { now, kept: Arc::default() }
    }

    /// The lines, the oldest first, and how often something was added so far.
    pub fn lines(&self) -> (Vec<Line>, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.lines.iter().cloned().collect(), kept.turns)
    }

    /// How often something was added so far.
    pub fn turns(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).turns
    }

    /// Writes down something that neither side said.
    pub fn note(&self, text: &str) {
        self.add(0, Side::Note, text);
    }

    /// A new connection, for the lines that are exchanged on it.
    pub(super) fn connection(&self) -> Told {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.connections = kept.connections.wrapping_add(1);
        Told { protocol: Some(self.clone()), connection: kept.connections, secret: false }
    }

    fn add(&self, connection: u32, side: Side, text: &str) {
        let at = (self.now)();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.turns += 1;
        if let Some(last) = kept.lines.back_mut()
            && (last.connection, last.side) == (connection, side)
            && last.text == text
        {
            last.at = at;
            last.times = last.times.saturating_add(1);
            return;
        }
        if kept.lines.len() >= KEPT {
            kept.drop_one();
        }
        kept.lines.push_back(Line { at, connection, side, text: text.to_owned(), times: 1 });
    }
}

/// One connection's part in a [`Protocol`], or nobody's.
#[derive(Debug, Default)]
pub(super) struct Told {
    protocol: Option<Protocol>,
    connection: u32,
    /// Signing in is under way.
    secret: bool,
}

impl Told {
    fn add(&self, side: Side, text: &str) {
        if let Some(protocol) = &self.protocol {
            protocol.add(self.connection, side, text);
        }
    }

    /// We gave a command.
    pub fn command(&mut self, tag: &str, command: &str) {
        self.secret = is_sign_in(command);
        if self.protocol.is_some() {
            self.add(Side::We, &format!("{tag} {}", shown(command)));
        }
    }

    /// We went on with a command.
    pub fn more(&self, line: &str) {
        self.add(Side::We, if line == "DONE" { line } else { "…" });
    }

    /// We sent so many octets.
    pub fn octets(&self, n: usize) {
        if self.protocol.is_some() {
            self.add(Side::We, &format!("({n} octets)"));
        }
    }

    /// The server answered.
    pub fn answer(&mut self, answer: &Response<'_>) {
        if self.protocol.is_none() {
            return;
        }
        let ended = matches!(answer, Response::Done { .. });
        match plain(answer) {
            Some(text) => self.add(Side::Server, text),
            None => self.add(Side::Server, &told(answer, self.secret)),
        }
        if ended {
            self.secret = false;
        }
    }
}

fn is_sign_in(command: &str) -> bool {
    let verb = command.split(' ').next().unwrap_or_default();
    verb.eq_ignore_ascii_case("LOGIN") || verb.eq_ignore_ascii_case("AUTHENTICATE")
}

/// A command without what is nobody's business.
fn shown(command: &str) -> String {
    let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
    match verb {
        "CAPABILITY" | "NOOP" | "ID" | "ENABLE" | "IDLE" | "LOGOUT" | "NAMESPACE" => cut(command),
        "UID" if rest.starts_with("FETCH ") => cut(command),
        "UID" => format!("UID {} …", rest.split(' ').next().unwrap_or_default()),
        "AUTHENTICATE" => format!("AUTHENTICATE {} …", rest.split(' ').next().unwrap_or_default()),
        "EXAMINE" | "STATUS" => format!("{verb} {}", folder(rest)),
        _ if rest.is_empty() => cut(verb),
        _ => cut(&format!("{verb} …")),
    }
}

/// The first part of a folder's name.
fn folder(name: &str) -> String {
    let quoted = name.strip_prefix('"').and_then(|rest| rest.split('"').next());
    let name = quoted.unwrap_or_else(|| name.split(' ').next().unwrap_or_default());
    match name.find(['/', '.', '\\']) {
        Some(at) => cut(&format!("{}…", name.get(..=at).unwrap_or_default())),
        None => cut(name),
    }
}

/// Answers of which nothing is kept but that they came.
fn plain(answer: &Response<'_>) -> Option<&'static str> {
    Some(match answer {
        Response::Fetch(..) => "* FETCH",
        Response::MailboxData(MailboxDatum::List { .. }) => "* LIST",
        Response::Expunge(_) => "* EXPUNGE",
        Response::Vanished { .. } => "* VANISHED",
        Response::Continue(_) => "+",
        Response::MailboxData(MailboxDatum::Flags(_)) => "* FLAGS",
        _ => return None,
    })
}

/// An answer without what is nobody's business; of signing in only how it ended.
fn told(answer: &Response<'_>, secret: bool) -> String {
    match answer {
        Response::Done { tag, status, outcome } => format!("{} {}", tag.0, ended(status, outcome, secret)),
        Response::Data { status, outcome } => format!("* {}", ended(status, outcome, secret)),
        Response::Capabilities(all) => format!("* CAPABILITY ({})", all.len()),
        Response::MailboxData(MailboxDatum::Exists(n)) => format!("* {n} EXISTS"),
        Response::MailboxData(MailboxDatum::Recent(n)) => format!("* {n} RECENT"),
        Response::MailboxData(MailboxDatum::Search(found)) => format!("* SEARCH ({})", found.len()),
        Response::MailboxData(MailboxDatum::Status { status, .. }) => {
            let items = status.iter().filter_map(|item| match item {
                StatusAttribute::Messages(n) => Some(format!("MESSAGES {n}")),
                StatusAttribute::UidNext(n) => Some(format!("UIDNEXT {n}")),
                StatusAttribute::UidValidity(n) => Some(format!("UIDVALIDITY {n}")),
                StatusAttribute::HighestModSeq(n) => Some(format!("HIGHESTMODSEQ {n}")),
                _ => None,
            });
            format!("* STATUS ({})", items.collect::<Vec<_>>().join(" "))
        }
        _ => "* …".to_owned(),
    }
}

fn ended(status: &Status, outcome: &Outcome<'_>, secret: bool) -> String {
    let word = match status {
        Status::Ok => "OK",
        Status::No => "NO",
        Status::Bad => "BAD",
        Status::PreAuth => "PREAUTH",
        Status::Bye => "BYE",
    };
    if secret {
        return format!("{word} …");
    }
    let code = match &outcome.code {
        Some(ResponseCode::UidValidity(n)) => format!(" [UIDVALIDITY {n}]"),
        Some(ResponseCode::UidNext(n)) => format!(" [UIDNEXT {n}]"),
        Some(ResponseCode::HighestModSeq(n)) => format!(" [HIGHESTMODSEQ {n}]"),
        Some(ResponseCode::ReadOnly) => " [READ-ONLY]".to_owned(),
        Some(ResponseCode::Alert) => " [ALERT]".to_owned(),
        _ => String::new(),
    };
    let text = outcome.information.as_deref().unwrap_or_default();
    // What looks like an address or a folder is one: of the mailbox, of somebody on a mail, or with a record's name.
    let plain = |word: &'_ str| !word.contains(['@', '/', '\\', '"', '\'']);
    let words: Vec<&str> = text.split_whitespace().map(|word| if plain(word) { word } else { "…" }).collect();
    cut(format!("{word}{code} {}", words.join(" ")).trim_end())
}

fn cut(text: &str) -> String {
    let line = one_line(text);
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protocol() -> Protocol {
        Protocol::new(Arc::new(|| Timestamp(7)))
    }

    fn texts(protocol: &Protocol) -> Vec<String> {
        protocol.lines().0.into_iter().map(|line| line.text).collect()
    }

    fn answer(told: &mut Told, line: &str) {
        let bytes = format!("{line}\r\n");
        let (_, parsed) = Response::parse(bytes.as_bytes()).expect("a readable line");
        told.answer(&parsed);
    }

    #[test]
    fn of_signing_in_no_word_is_kept_neither_ours_nor_the_servers() {
        let protocol = protocol();
        let mut told = protocol.connection();
        told.command("A1", "LOGIN \"anna@firma.example\" \"hunter2\"");
        answer(&mut told, "* OK hunter2 is what you said");
        answer(&mut told, "A1 BAD LOGIN anna@firma.example hunter2 is not understood");
        told.command("A2", "AUTHENTICATE PLAIN AGFubmEAaHVudGVyMg==");
        answer(&mut told, "+ AGFubmEAaHVudGVyMg==");
        told.more("AGFubmEAaHVudGVyMg==");
        answer(&mut told, "A2 NO hunter2");
        assert_eq!(
            texts(&protocol),
            ["A1 LOGIN …", "* OK …", "A1 BAD …", "A2 AUTHENTICATE PLAIN …", "+", "…", "A2 NO …"]
        );
    }

    #[test]
    fn of_mails_and_folders_there_is_only_that_some_came() {
        let protocol = protocol();
        let mut told = protocol.connection();
        told.command("A3", "UID FETCH 1:4 (UID ENVELOPE)");
        for n in 1..5 {
            answer(
                &mut told,
                &format!("* {n} FETCH (UID {n} ENVELOPE (NIL \"Secret subject\" NIL NIL NIL NIL NIL NIL NIL NIL))"),
            );
        }
        answer(&mut told, "A3 OK Fetch done for anna@firma.example.");
        told.command("A4", "LIST \"\" \"*\"");
        answer(&mut told, "* LIST () \"/\" \"Rozwód\"");
        told.command("A5", "EXAMINE \"Standin/Accounts/Acme\"");
        told.command("A6", "UID SEARCH HEADER Message-ID <secret@acme.example>");
        told.command("A7", "RENAME \"Acme\" \"Beta\"");
        told.command("A8", "APPEND \"Sent\" (\\Seen) {12}");
        told.octets(12);
        let all = texts(&protocol);
        assert_eq!(
            all,
            [
                "A3 UID FETCH 1:4 (UID ENVELOPE)",
                "* FETCH",
                "A3 OK Fetch done for …",
                "A4 LIST …",
                "* LIST",
                "A5 EXAMINE Standin/…",
                "A6 UID SEARCH …",
                "A7 RENAME …",
                "A8 APPEND …",
                "(12 octets)"
            ]
        );
        assert_eq!(protocol.lines().0[1].times, 4, "what is alike is counted");
    }

    #[test]
    fn only_the_latest_lines_are_kept_and_how_the_latest_connections_began() {
        let protocol = protocol();
        for connection in 1..=5 {
            let mut told = protocol.connection();
            told.command("A0", "LOGIN anna hunter2");
            for n in 1..500 {
                told.command(&format!("A{n}"), "NOOP");
            }
            assert_eq!(protocol.lines().1, connection * 500);
        }
        let (lines, _) = protocol.lines();
        assert_eq!(lines.len(), KEPT);
        let begun: Vec<_> = lines.iter().filter(|line| line.text == "A0 LOGIN …").map(|line| line.connection).collect();
        assert_eq!(begun, [3, 4, 5]);
        let of_the_last: Vec<_> =
            lines.iter().filter(|line| line.connection == 5).map(|line| line.text.as_str()).collect();
        assert_eq!(of_the_last[BEGINNING - 1..=BEGINNING], ["A11 NOOP", "A336 NOOP"]);
        assert!(lines.is_sorted_by_key(|line| line.connection));
        assert_eq!(lines[KEPT - 1].text, "A499 NOOP");
        Told::default().command("A1", "NOOP");
    }
}

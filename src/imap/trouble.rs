//! What can go wrong on the wire, sorted by what happens next (style of the house: errors).
//!
//! `Later` is tried again with back-off; `Stop` waits for a person. The server's own words are
//! kept, short and on one line: they are what a person needs. They never hold mail or secrets.

use std::fmt;
use std::time::Duration;

/// A failure and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Try again, not sooner than the cause says.
    Later(Cause),
    /// Trying again is useless or harmful (it may lock an account): a person has to act.
    Stop(Cause),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its kind.
    pub what: What,
    /// The server's words or ours, one line, at most 300 characters, free of mail and secrets.
    pub text: String,
    /// How long the server asked us to wait, at most [`LONGEST_WAIT`].
    pub wait: Option<Duration>,
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// User, password or token were refused, or consent was withdrawn.
    LoginRefused,
    /// The certificate is not valid for this host or not trusted.
    Certificate,
    /// TLS could not be agreed on, or is not offered although asked for.
    Tls,
    /// The settings cannot work: no user, secret file missing, plain to a remote host.
    Settings,
    /// The secret's command failed or took too long.
    Secret,
    /// No address answers, or the name is unknown.
    Unreachable,
    /// Nothing came for too long.
    Timeout,
    /// The connection is closed, or was left in the middle of a command.
    Closed,
    /// The server answered NO.
    Refused,
    /// The server answered BAD.
    Bad,
    /// The server wants us to come less often or to transfer less.
    Throttled,
    /// An answer made no sense or lacked what it must have.
    Protocol,
    /// The folder does not exist or cannot be opened.
    FolderMissing,
    /// The server does not have what was asked of it, such as IDLE.
    NotSupported,
    /// A literal, or a mail, is larger than allowed.
    LiteralTooLarge,
}

/// A wait that a server asks for is obeyed up to this: longer ones are looked at again.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3600);

const LONGEST_TEXT: usize = 300;

impl Trouble {
    /// The cause, whatever is to be done about it.
    pub fn cause(&self) -> &Cause {
        match self {
            Trouble::Later(cause) | Trouble::Stop(cause) => cause,
        }
    }

    /// To be tried again.
    pub fn later(what: What, text: impl AsRef<str>) -> Trouble {
        Trouble::Later(Cause { what, text: one_line(text.as_ref()), wait: None })
    }

    /// For a person.
    pub fn stop(what: What, text: impl AsRef<str>) -> Trouble {
        Trouble::Stop(Cause { what, text: one_line(text.as_ref()), wait: None })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause())
    }
}

impl std::error::Error for Trouble {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what.phrase())?;
        if !self.text.is_empty() {
            write!(f, ": {}", self.text)?;
        }
        match self.wait {
            Some(wait) => write!(f, " (the server asks to wait {} s)", wait.as_secs()),
            None => Ok(()),
        }
    }
}

impl What {
    /// A phrase for people.
    pub fn phrase(self) -> &'static str {
        match self {
            What::LoginRefused => "the server refused the sign-in",
            What::Certificate => "the server's certificate was not accepted",
            What::Tls => "no protected connection could be made",
            What::Settings => "the settings of this server cannot work",
            What::Secret => "the command for the password or token failed",
            What::Unreachable => "the server cannot be reached",
            What::Timeout => "the server did not answer in time",
            What::Closed => "the connection was closed",
            What::Refused => "the server refused the command",
            What::Bad => "the server did not accept the command",
            What::Throttled => "the server asks for fewer requests",
            What::Protocol => "the server's answer made no sense",
            What::FolderMissing => "the folder does not exist or cannot be opened",
            What::NotSupported => "the server does not offer this",
            What::LiteralTooLarge => "a mail is larger than allowed",
        }
    }
}

/// How a command was turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// NO: understood, not done.
    No,
    /// BAD: not understood.
    Bad,
    /// BYE: and hung up.
    Bye,
}

/// Sorts the words of a NO, BAD or BYE. A throttle may come as any of them.
pub(super) fn turned_down(answer: Answer, words: &str) -> Cause {
    let wait = asked_wait(words);
    let folded = words.to_ascii_lowercase();
    let throttled = wait.is_some() || THROTTLE.iter().any(|mark| folded.contains(mark));
    let what = match answer {
        _ if throttled => What::Throttled,
        Answer::No if folded.contains("[nonexistent]") || folded.contains("[cannot]") => What::FolderMissing,
        Answer::No => What::Refused,
        Answer::Bad => What::Bad,
        Answer::Bye => What::Closed,
    };
    Cause { what, text: one_line(words), wait }
}

/// Sorts the words with which a sign-in was turned down. Unless the server says that the reason
/// will pass, it is for a person: repeating a wrong password locks accounts.
pub(super) fn sign_in_refused(answer: Answer, words: &str) -> Trouble {
    let cause = turned_down(answer, words);
    let folded = words.to_ascii_lowercase();
    if cause.what == What::Throttled || cause.what == What::Closed || PASSING.iter().any(|mark| folded.contains(mark)) {
        return Trouble::Later(cause);
    }
    Trouble::Stop(Cause { what: What::LoginRefused, ..cause })
}

/// Marks of a throttle, in lower case: response codes of RFC 5530 and RFC 9208 and the words of
/// Exchange Online, Gmail and Yahoo.
const THROTTLE: [&str; 9] = [
    "[throttled]",
    "[overquota]",
    "[limit]",
    "throttled",
    "too many simultaneous",
    "too many connections",
    "too many requests",
    "exceeded command or bandwidth",
    "rate limit",
];

/// Marks of a refused sign-in that will pass by itself, in lower case (RFC 5530 and the field).
const PASSING: [&str; 9] = [
    "[unavailable]",
    "[inuse]",
    "[serverbug]",
    "temporar",
    "try again later",
    "try later",
    "internal error",
    "internal server error",
    "authenticated but not connected",
];

/// The wait in `Suggested Backoff Time: 92415 milliseconds`, capped.
fn asked_wait(words: &str) -> Option<Duration> {
    let folded = words.to_ascii_lowercase();
    let (_, rest) = folded.split_once("backoff time:")?;
    let rest = rest.trim_start();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let number: u64 = digits.parse().ok()?;
    let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    let wait = match unit {
        _ if unit.starts_with("millisecond") || unit.starts_with("ms") => Duration::from_millis(number),
        _ if unit.starts_with("minute") => Duration::from_secs(number.saturating_mul(60)),
        _ => Duration::from_secs(number),
    };
    Some(wait.min(LONGEST_WAIT))
}

/// On one line, without control characters, cut to a length that fits a page.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_TEXT).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_back_off_of_exchange_is_read_and_capped() {
        let cause = turned_down(Answer::Bad, "Request is throttled. Suggested Backoff Time: 92415 milliseconds");
        assert_eq!(cause.what, What::Throttled);
        assert_eq!(cause.wait, Some(Duration::from_millis(92_415)));
        let cause = turned_down(Answer::Bad, "Suggested Backoff Time: 99999999999999 milliseconds");
        assert_eq!(cause.wait, Some(LONGEST_WAIT));
        assert_eq!(turned_down(Answer::No, "Backoff time: soon").wait, None);
    }

    #[test]
    fn a_quota_is_a_throttle_and_a_plain_no_is_not() {
        assert_eq!(turned_down(Answer::No, "[OVERQUOTA] daily limit").what, What::Throttled);
        assert_eq!(turned_down(Answer::No, "[UNAVAILABLE] disk").what, What::Refused);
        assert_eq!(turned_down(Answer::No, "[NONEXISTENT] no such mailbox").what, What::FolderMissing);
        assert_eq!(turned_down(Answer::Bad, "unknown command").what, What::Bad);
    }

    #[test]
    fn a_refused_password_stops_and_a_busy_server_does_not() {
        assert!(
            matches!(sign_in_refused(Answer::No, "[AUTHENTICATIONFAILED] wrong"), Trouble::Stop(c) if c.what == What::LoginRefused)
        );
        assert!(matches!(sign_in_refused(Answer::No, "LOGIN failed."), Trouble::Stop(_)));
        assert!(matches!(
            sign_in_refused(Answer::No, "[UNAVAILABLE] Temporary authentication failure"),
            Trouble::Later(_)
        ));
        let busy = sign_in_refused(Answer::No, "[ALERT] Too many simultaneous connections. (Failure)");
        assert!(matches!(busy, Trouble::Later(c) if c.what == What::Throttled));
        assert!(matches!(sign_in_refused(Answer::Bye, "shutting down"), Trouble::Later(_)));
    }

    #[test]
    fn the_text_is_one_short_line() {
        let cause = turned_down(Answer::No, &format!("a\r\nb\0{}", "x".repeat(5_000)));
        assert!(cause.text.starts_with("a  b x"));
        assert!(cause.text.chars().count() <= LONGEST_TEXT);
    }
}

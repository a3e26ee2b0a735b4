//! The wire to a submission server.
//!
//! We drive the dialogue of lettre's connection step by step instead of using its transport:
//! the transport does not say whether a mail was lost before or after its final dot, and that
//! decides whether it may be tried again (R50). Its own time limit covers the connecting only,
//! so each step has one here, whatever drips in meanwhile, and one lies around everything. Commands are written as text: lettre's address type
//! refuses reverse paths that exist, and a notice has to go to the reverse path as received.
//!
//! What goes wrong before `MAIL FROM` is about the server, not about the mail, so it is always
//! [`Answer::Later`]: a wrong password must not cost a client their notice. A refusal of the mail
//! is [`Answer::Refused`]; silence after the dot is [`Answer::Unclear`].

pub mod compose;
mod renamed;

pub use renamed::given_id;

use crate::config::guard::FORBIDDEN;
use crate::config::{Auth, Security, Server};
use crate::model::address::Address;
use crate::model::delivery::{Answer, Outgoing};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;
use std::error::Error as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Longest wait for the TCP connection.
const CONNECT: Duration = Duration::from_secs(30);
/// Longest wait for the answer to one command, however many bytes of it come meanwhile.
const STEP: Duration = Duration::from_secs(30);
/// Longest wait for the answer to QUIT, which changes nothing any more.
const FAREWELL: Duration = Duration::from_secs(1);
/// Longest wait for a greeting and sign-in when only checking.
const CHECK: Duration = Duration::from_secs(30);

/// Asked right before the text of a mail is handed over: false stops it there (the one switch).
pub type Still<'a> = &'a (dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> + Send + Sync);

/// How a mail is to be sent.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    /// `MAIL FROM`; `None` is the null reverse path (R62).
    pub reverse_path: Option<&'a Address>,
    /// Whether the server is told to report nothing about it, where it takes such orders (R63, RFC 3461 §4.1).
    pub quiet: bool,
    /// Whether it may still go.
    pub still: Option<Still<'a>>,
    /// Who gets it beside its first recipient. One refusal among them, and nobody gets it: whoever wrote it is told
    /// which address was refused, and need not find out who has it already.
    pub also_to: &'a [String],
    /// The longest wait for the answer to one command; the text and what is said to it have all the time there is.
    pub step: Duration,
}

impl std::fmt::Debug for Way<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Way").field("quiet", &self.quiet).field("step", &self.step).finish_non_exhaustive()
    }
}

impl<'a> Way<'a> {
    /// As the mail asks for it: what has no reverse path wants no report either.
    pub fn of(mail: &'a Outgoing) -> Way<'a> {
        let reverse_path = mail.envelope_from.as_ref();
        Way { reverse_path, quiet: reverse_path.is_none(), still: None, also_to: &[], step: STEP }
    }
}

/// How far a dialogue has come, for what is said where it stops.
struct Progress {
    /// Becomes true right before the final dot is written.
    dot: AtomicBool,
    /// What the server was last asked.
    at: Mutex<&'static str>,
}

impl Progress {
    fn new() -> Progress {
        Progress { dot: AtomicBool::new(false), at: Mutex::new("the greeting") }
    }

    fn after_dot(&self) -> bool {
        self.dot.load(Ordering::SeqCst)
    }

    fn at(&self) -> &'static str {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `work` within `limit`; `Err` says what was waited for.
    async fn step<T>(
        &self,
        name: &'static str,
        limit: Duration,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<Result<T, Error>, String> {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = name;
        timeout(limit, work).await.map_err(|_| late(name, limit))
    }
}

fn late(waiting_for: &str, limit: Duration) -> String {
    format!("the server was not done with {waiting_for} within {} s", limit.as_secs_f32())
}

/// Sends one mail to its one recipient, as it asks for it. Never takes longer than `limit` and a second.
pub async fn send(server: &Server, mail: &Outgoing, limit: Duration) -> Answer {
    send_by(server, mail, &Way::of(mail), limit).await
}

/// Sends one mail to its one recipient. Never takes longer than `limit` and a second.
pub async fn send_by(server: &Server, mail: &Outgoing, way: &Way<'_>, limit: Duration) -> Answer {
    if let Err(why) = sendable(mail, way) {
        return Answer::Refused(why);
    }
    let progress = Progress::new();
    let Ok(outcome) = timeout(limit, deliver(server, mail, way, &progress)).await else {
        return if progress.after_dot() {
            let seconds = limit.as_secs_f32();
            Answer::Unclear(format!("the server said nothing within {seconds} s after the mail was handed over"))
        } else {
            Answer::Later(late(progress.at(), limit))
        };
    };
    match outcome {
        Err(why) => Answer::Later(why),
        Ok((answer, mut connection)) => {
            // The answer stands; a server that is slow to part must not change it.
            let _ = timeout(FAREWELL, connection.quit()).await;
            answer
        }
    }
}

/// Connects and signs in, for `standin check`: the server's name, or a sentence about what failed.
pub async fn greet(server: &Server) -> Result<String, String> {
    let progress = Progress::new();
    let opened = async {
        let mut connection = connect(server, STEP, &progress).await?;
        sign_in(server, &mut connection, STEP, &progress).await?;
        Ok::<_, String>(connection)
    };
    let opened = timeout(CHECK, opened).await;
    let mut connection = opened.map_err(|_| format!("{}: {}", server.host, late(progress.at(), CHECK)))??;
    let name = connection.server_info().name().to_owned();
    let _ = timeout(FAREWELL, connection.quit()).await;
    Ok(name)
}

/// Whether the mail can be written at all: 7-bit, CRLF only, an address that fits a command.
fn sendable(mail: &Outgoing, way: &Way<'_>) -> Result<(), String> {
    let from = way.reverse_path.map_or("", |address| address.as_str());
    let all: Vec<&str> = recipients(mail, way).collect();
    if !from.is_ascii() || all.iter().any(|to| !to.is_ascii()) {
        return Err("an address has letters beyond ASCII, which needs SMTPUTF8; Standin does not send such mail".into());
    }
    let bad = |text: &str| text.contains(|c: char| c.is_control() || "<>".contains(c));
    if bad(from) || all.iter().any(|to| to.is_empty() || bad(to)) {
        return Err("an address cannot be written into an SMTP command".into());
    }
    let crlf_only = mail.bytes.split(|b| *b == b'\n').rev().skip(1).all(|line| line.ends_with(b"\r"));
    if !mail.bytes.is_ascii() || !crlf_only {
        return Err("the mail is not in wire form (7-bit, CRLF line ends)".into());
    }
    Ok(())
}

/// Everybody who is to get it.
fn recipients<'m>(mail: &'m Outgoing, way: &'m Way<'_>) -> impl Iterator<Item = &'m str> {
    std::iter::once(mail.envelope_to.as_str()).chain(way.also_to.iter().map(String::as_str))
}

/// The dialogue; `Err` where it did not come to an answer about the mail.
async fn deliver(
    server: &Server,
    mail: &Outgoing,
    way: &Way<'_>,
    progress: &Progress,
) -> Result<(Answer, AsyncSmtpConnection), String> {
    let mut connection = connect(server, way.step, progress).await?;
    let dsn = way.quiet && offers_dsn(&mut connection, way.step, progress).await?;
    sign_in(server, &mut connection, way.step, progress).await?;
    let sender = way.reverse_path.map_or("", |address| address.as_str());
    let null = way.reverse_path.is_none();
    let notify = if dsn { " NOTIFY=NEVER" } else { "" };
    let mut steps = vec![("MAIL FROM", format!("MAIL FROM:<{sender}>\r\n"), "")];
    steps.extend(recipients(mail, way).map(|to| ("RCPT TO", format!("RCPT TO:<{to}>{notify}\r\n"), to)));
    steps.push(("DATA", "DATA\r\n".into(), ""));
    for (name, command, to) in steps {
        if name == "DATA" && !may_still_go(way).await {
            let why = "It was stopped while it was being handed over; nothing of it went out.";
            return Ok((Answer::Later(why.into()), connection));
        }
        match progress.step(name, way.step, connection.command(command)).await? {
            Ok(response) if name == "DATA" && !response.has_code(354) => {
                return Ok((Answer::Later(format!("the answer to DATA was {}", said(&response))), connection));
            }
            Ok(_) => {}
            Err(error) if null && name == "MAIL FROM" && error.is_permanent() => {
                return Ok((Answer::NullSenderRefused(words(&error)), connection));
            }
            Err(error) => return Ok((of_one(refusal(&error, null), to, way), connection)),
        }
    }
    *progress.at.lock().unwrap_or_else(PoisonError::into_inner) = "the text of the mail";
    let parts = UntilDot { bytes: Some(&mail.bytes), dot: &progress.dot };
    let answer = match connection.message_iter(parts).await {
        Ok(response) => accepted(&response),
        Err(error) if error.status().is_none() && progress.after_dot() => Answer::Unclear(words(&error)),
        Err(error) => refusal(&error, null),
    };
    Ok((answer, connection))
}

/// An answer with the recipient it is about, where there are several.
fn of_one(answer: Answer, to: &str, way: &Way<'_>) -> Answer {
    if to.is_empty() || way.also_to.is_empty() {
        return answer;
    }
    let named = |words: String| format!("<{to}>: {words}");
    match answer {
        Answer::Refused(words) => Answer::Refused(named(words)),
        Answer::Later(words) => Answer::Later(named(words)),
        other => other,
    }
}

/// Whether words of ours say that a server refused the sign-in: nothing but a person can mend that.
pub fn is_refused_sign_in(words: &str) -> bool {
    [REFUSED_TOKEN, REFUSED_SIGN_IN].iter().any(|said| words.contains(said))
}

async fn may_still_go(way: &Way<'_>) -> bool {
    match way.still {
        Some(still) => still().await,
        None => true,
    }
}

/// Whether the server takes orders about reports. lettre keeps no extension it does not use itself, so the
/// server is greeted once more, before the sign-in, which some servers would forget. A server that wants no
/// second greeting is taken as one that offers nothing.
async fn offers_dsn(
    connection: &mut AsyncSmtpConnection,
    limit: Duration,
    progress: &Progress,
) -> Result<bool, String> {
    match progress.step("EHLO", limit, connection.command("EHLO [127.0.0.1]\r\n")).await? {
        Ok(response) => Ok(response
            .message()
            .any(|line| line.split_ascii_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("DSN")))),
        Err(error) if error.status().is_some() => Ok(false),
        Err(error) => Err(words(&error)),
    }
}

/// The mail as one part. lettre asks for the next part after the former was written and flushed,
/// and writes the final dot when there is none: that is the last moment at which we know that
/// the mail cannot have been accepted.
struct UntilDot<'a> {
    bytes: Option<&'a [u8]>,
    dot: &'a AtomicBool,
}

impl<'a> Iterator for UntilDot<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let part = self.bytes.take();
        if part.is_none() {
            self.dot.store(true, Ordering::SeqCst);
        }
        part
    }
}

fn accepted(response: &Response) -> Answer {
    let text = said(response);
    // A server that asks for more after the final dot (3xx) speaks another protocol.
    if response.code().to_string().starts_with('2') { Answer::Accepted(text) } else { Answer::Unclear(text) }
}

fn said(response: &Response) -> String {
    tidy(&format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" ")))
}

/// A step before acceptance failed.
fn refusal(error: &Error, null_sender: bool) -> Answer {
    let words = words(error);
    if !error.is_permanent() {
        return Answer::Later(words);
    }
    if null_sender && speaks_of_sender(&words) { Answer::NullSenderRefused(words) } else { Answer::Refused(words) }
}

/// Whether a refusal after `MAIL FROM:<>` was accepted is about the sender after all. Postfix
/// checks the sender only at RCPT, Exchange only after DATA.
fn speaks_of_sender(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    let codes = ["5.1.7", "5.1.8", "5.7.60"];
    let phrases = [
        "sender address rejected",
        "sender rejected",
        "as this sender",
        "null sender",
        "empty sender",
        "envelope sender",
        "null reverse",
        "return path",
        "<>",
    ];
    codes.iter().chain(&phrases).any(|sign| words.contains(sign))
}

/// The server's last words with the code, else what failed on the way.
fn words(error: &Error) -> String {
    let cause = error.source().map_or_else(|| error.to_string(), |source| source.to_string());
    let text = match error.status() {
        Some(code) => format!("{code} {cause}"),
        None => cause,
    };
    tidy(&text)
}

/// A server's words, fit to be stored and shown: one line, at most 500 characters.
fn tidy(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

/// A connection that is protected as configured, not signed in yet.
async fn connect(server: &Server, limit: Duration, progress: &Progress) -> Result<AsyncSmtpConnection, String> {
    let host = server.host.trim_matches(['[', ']']);
    if server.security == Security::Plain && !is_loopback(host) {
        return Err(format!("{host} is not this machine; without TLS mail goes to loopback only (set security)"));
    }
    // An address literal: a host name of ours would stand in the Received field of every notice.
    let hello = ClientId::Ipv4(Ipv4Addr::LOCALHOST);
    let port = server.port.unwrap_or(match server.security {
        Security::Tls => 465,
        Security::Starttls => 587,
        Security::Plain => 25,
    });
    let at = |error: Error| format!("{host}:{port}: {}", words(&error));
    let stuck = |why: String| format!("{host}:{port}: {why}");
    let tls = if server.security == Security::Plain { None } else { Some(tls(server, host).await?) };
    let wrapped = tls.clone().filter(|_| server.security == Security::Tls);
    // Asked for once: a name that leads elsewhere a moment later would get round what is checked here.
    let found = tokio::net::lookup_host((host, port)).await.map_err(|error| stuck(error.to_string()))?;
    let (may, not): (Vec<SocketAddr>, Vec<SocketAddr>) = found.partition(|address| server.may_reach(address.ip()));
    if may.is_empty() && !not.is_empty() {
        return Err(stuck(FORBIDDEN.to_owned()));
    }
    let opening = AsyncSmtpConnection::connect_tokio1(may.as_slice(), Some(CONNECT), &hello, wrapped, None);
    // Connecting has its own limit within; the greeting and EHLO come on top.
    let opened = progress.step("the greeting and EHLO", limit.saturating_add(CONNECT.min(limit)), opening).await;
    let mut connection = opened.map_err(stuck)?.map_err(at)?;
    if let Some(tls) = tls.filter(|_| server.security == Security::Starttls) {
        if !connection.can_starttls() {
            return Err(format!(
                "{host}:{port} does not offer STARTTLS; ask its administrator, or set security to tls"
            ));
        }
        let upgraded = progress.step("STARTTLS", limit, connection.starttls(tls, &hello)).await;
        upgraded.map_err(stuck)?.map_err(at)?;
    }
    Ok(connection)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn tls(server: &Server, host: &str) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &server.ca_file {
        let unreadable = |error: String| format!("the authority file {} cannot be used: {error}", path.display());
        let pem = tokio::fs::read(path).await.map_err(|error| unreadable(error.to_string()))?;
        let authority = Certificate::from_pem(&pem).map_err(|error| unreadable(words(&error)))?;
        // An in-house authority stands instead of the public ones, not beside them.
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    builder.build().map_err(|error| format!("TLS cannot be set up: {}", words(&error)))
}

async fn sign_in(
    server: &Server,
    connection: &mut AsyncSmtpConnection,
    limit: Duration,
    progress: &Progress,
) -> Result<(), String> {
    let Some(user) = &server.user else { return Ok(()) };
    let host = &server.host;
    let secret = server.secret().await.map_err(|error| format!("{host}: {error}"))?;
    let mechanisms: &[Mechanism] = match server.auth {
        Auth::Plain => &[Mechanism::Plain, Mechanism::Login],
        Auth::Login => &[Mechanism::Login],
        Auth::Xoauth2 => &[Mechanism::Xoauth2],
    };
    if connection.server_info().get_auth_mechanism(mechanisms).is_none() {
        let wanted = mechanisms.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        return Err(format!(
            "{host} does not offer {wanted}; set `auth` to what it does, or `security` to tls or starttls"
        ));
    }
    let credentials = Credentials::new(user.clone(), secret.expose_secret().to_owned());
    match progress.step("the sign-in", limit, connection.auth(mechanisms, &credentials)).await? {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{host}: {}", refused_sign_in(server.auth, &error))),
    }
}

/// What is said of a refused token.
const REFUSED_TOKEN: &str = "the server refused the token";
/// What is said of a refused password.
const REFUSED_SIGN_IN: &str = "the server refused the sign-in";

/// What a refused sign-in means, and what to do. A server answers a bad token with a challenge that nobody can
/// answer, which lettre reports as an error of its own.
fn refused_sign_in(auth: Auth, error: &Error) -> String {
    let refused = error.is_client() || error.is_permanent();
    let words = if error.is_client() { String::new() } else { format!(" ({})", words(error)) };
    match auth {
        Auth::Xoauth2 if refused => format!(
            "{REFUSED_TOKEN}{words}; it may have expired, or not allow sending mail: get a new one, with the \
             right to send, to where secret_file, secret_env or secret_command takes it from"
        ),
        _ if refused => format!(
            "{REFUSED_SIGN_IN}{words}; check user and password, and use an app password or a token \
             (auth = \"xoauth2\") where the provider wants one"
        ),
        _ => format!("signing in failed{words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_connections_go_to_this_machine_only() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.firma.pl", "10.0.0.1", "mail.firma.pl", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn refusals_of_the_sender_are_told_from_those_of_the_recipient() {
        for words in [
            "553 5.7.1 <>: Sender address rejected: not owned by user anna@firma.pl",
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            "501 5.1.7 Bad sender address syntax",
        ] {
            assert!(speaks_of_sender(words), "{words}");
        }
        assert!(!speaks_of_sender("550 5.1.1 <jan@acme.pl>: Recipient address rejected: User unknown"));
    }
}

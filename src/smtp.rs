//! The wire to a submission server.
//!
//! We drive the dialogue of lettre's connection step by step instead of using its transport:
//! the transport does not say whether a mail was lost before or after its final dot, and that
//! decides whether it may be tried again (R50). Its own time limit covers the connecting only,
//! so one limit lies around everything here. Commands are written as text: lettre's address type
//! refuses reverse paths that exist, and a notice has to go to the reverse path as received.
//!
//! What goes wrong before `MAIL FROM` is about the server, not about the mail, so it is always
//! [`Answer::Later`]: a wrong password must not cost a client their notice. A refusal of the mail
//! is [`Answer::Refused`]; silence after the dot is [`Answer::Unclear`].

use crate::config::{Auth, Security, Server};
use crate::model::delivery::{Answer, Outgoing};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;
use std::error::Error as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// Longest wait for the TCP connection.
const CONNECT: Duration = Duration::from_secs(30);
/// Longest wait for the answer to QUIT, which changes nothing any more.
const FAREWELL: Duration = Duration::from_secs(1);
/// Longest wait for a greeting and sign-in when only checking.
const CHECK: Duration = Duration::from_secs(30);

/// Sends one mail to its one recipient. Never takes longer than `limit` and a second.
pub async fn send(server: &Server, mail: &Outgoing, limit: Duration) -> Answer {
    if let Err(why) = sendable(mail) {
        return Answer::Refused(why);
    }
    let dot = AtomicBool::new(false);
    let Ok(outcome) = timeout(limit, deliver(server, mail, &dot)).await else {
        let seconds = limit.as_secs();
        return if dot.load(Ordering::SeqCst) {
            Answer::Unclear(format!("the server said nothing within {seconds} s after the mail was handed over"))
        } else {
            Answer::Later(format!("the server was not done within {seconds} s"))
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
    let mut connection = timeout(CHECK, connect(server))
        .await
        .map_err(|_| format!("{} did not answer within {} s", server.host, CHECK.as_secs()))??;
    let name = connection.server_info().name().to_owned();
    let _ = timeout(FAREWELL, connection.quit()).await;
    Ok(name)
}

/// Whether the mail can be written at all: 7-bit, CRLF only, an address that fits a command.
fn sendable(mail: &Outgoing) -> Result<(), String> {
    let to = mail.envelope_to.as_str();
    let from = mail.envelope_from.as_ref().map_or("", |address| address.as_str());
    if !to.is_ascii() || !from.is_ascii() {
        return Err("an address has letters beyond ASCII, which needs SMTPUTF8; Standin does not send such mail".into());
    }
    if to.is_empty() || [to, from].iter().any(|text| text.contains(|c: char| c.is_control() || "<>".contains(c))) {
        return Err("an address cannot be written into an SMTP command".into());
    }
    let crlf_only = mail.bytes.split(|b| *b == b'\n').rev().skip(1).all(|line| line.ends_with(b"\r"));
    if !mail.bytes.is_ascii() || !crlf_only {
        return Err("the mail is not in wire form (7-bit, CRLF line ends)".into());
    }
    Ok(())
}

/// The dialogue. `dot` becomes true right before the final dot is written.
async fn deliver(server: &Server, mail: &Outgoing, dot: &AtomicBool) -> Result<(Answer, AsyncSmtpConnection), String> {
    let mut connection = connect(server).await?;
    let sender = mail.envelope_from.as_ref().map_or("", |address| address.as_str());
    let null = mail.envelope_from.is_none();
    let steps = [format!("MAIL FROM:<{sender}>\r\n"), format!("RCPT TO:<{}>\r\n", mail.envelope_to), "DATA\r\n".into()];
    for (position, command) in steps.iter().enumerate() {
        match connection.command(command).await {
            Ok(response) if position == 2 && !response.has_code(354) => {
                return Ok((Answer::Later(format!("the answer to DATA was {}", said(&response))), connection));
            }
            Ok(_) => {}
            Err(error) if null && position == 0 && error.is_permanent() => {
                return Ok((Answer::NullSenderRefused(words(&error)), connection));
            }
            Err(error) => return Ok((refusal(&error, null), connection)),
        }
    }
    let parts = UntilDot { bytes: Some(&mail.bytes), dot };
    let answer = match connection.message_iter(parts).await {
        Ok(response) => accepted(&response),
        Err(error) if error.status().is_none() && dot.load(Ordering::SeqCst) => Answer::Unclear(words(&error)),
        Err(error) => refusal(&error, null),
    };
    Ok((answer, connection))
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

/// A connection that is protected as configured and signed in.
async fn connect(server: &Server) -> Result<AsyncSmtpConnection, String> {
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
    let tls = if server.security == Security::Plain { None } else { Some(tls(server, host).await?) };
    let wrapped = tls.clone().filter(|_| server.security == Security::Tls);
    let opened = AsyncSmtpConnection::connect_tokio1((host, port), Some(CONNECT), &hello, wrapped, None).await;
    let mut connection = opened.map_err(at)?;
    if let Some(tls) = tls.filter(|_| server.security == Security::Starttls) {
        if !connection.can_starttls() {
            return Err(format!(
                "{host}:{port} does not offer STARTTLS; ask its administrator, or set security to tls"
            ));
        }
        connection.starttls(tls, &hello).await.map_err(at)?;
    }
    sign_in(server, &mut connection).await.map_err(|why| format!("{host}:{port}: {why}"))?;
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

async fn sign_in(server: &Server, connection: &mut AsyncSmtpConnection) -> Result<(), String> {
    let Some(user) = &server.user else { return Ok(()) };
    let secret = server.secret().await.map_err(|error| error.to_string())?;
    let mechanisms: &[Mechanism] = match server.auth {
        Auth::Plain => &[Mechanism::Plain, Mechanism::Login],
        Auth::Login => &[Mechanism::Login],
        Auth::Xoauth2 => &[Mechanism::Xoauth2],
    };
    let credentials = Credentials::new(user.clone(), secret.expose_secret().to_owned());
    match connection.auth(mechanisms, &credentials).await {
        Ok(_) => Ok(()),
        // lettre answers the server's challenge to a bad token with an error of its own.
        Err(error)
            if error.is_client()
                && server.auth == Auth::Xoauth2
                && connection.server_info().supports_auth_mechanism(Mechanism::Xoauth2) =>
        {
            Err("the server refused the token; it may have expired".into())
        }
        Err(error) => Err(format!("signing in failed: {}", words(&error))),
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

//! A real Postfix that delivers to the test's Dovecot and nowhere else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::dovecot::Dovecot;
use super::wire::{Lines, Reply, hand_over, hand_over_on};
use super::{Folder, PATIENT, Server, eventually, scripts};
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

/// A running Postfix.
pub struct Postfix {
    /// SMTP without signing in, on 127.0.0.1.
    pub smtp_port: u16,
    /// Submission: STARTTLS and signing in with a mailbox's address and password.
    pub submission_port: u16,
    /// Submission over TLS from the first byte.
    pub submissions_port: u16,
    /// The authority that signed its certificate, PEM. The same as Dovecot's.
    pub ca_file: PathBuf,
    dovecot: Dovecot,
    server: Arc<Server>,
    // After the server that asks it.
    _milter: Option<Arc<Server>>,
}

/// The authserv-id of a Postfix that stamps: its own name.
pub const AUTHSERV_ID: &str = "mail.example";

impl Postfix {
    /// The Postfix of this Dovecot: shared if the Dovecot is.
    pub fn start(dovecot: &Dovecot) -> Postfix {
        static SHARED: OnceLock<Arc<Server>> = OnceLock::new();
        if !dovecot.shared {
            return Postfix::alone(dovecot, &[]);
        }
        let server = SHARED.get_or_init(|| {
            let running = Server::shared("STANDIN_TEST_POSTFIX");
            Arc::new(running.unwrap_or_else(|| Server::start("postfix", &[dovecot.dir.to_str().unwrap()])))
        });
        Postfix::with(Arc::clone(server), dovecot)
    }

    /// A Postfix of the test's own; `settings` are lines of main.cf.
    pub fn alone(dovecot: &Dovecot, settings: &[&str]) -> Postfix {
        let mut arguments = vec![dovecot.dir.to_str().unwrap()];
        arguments.extend(settings.iter().flat_map(|setting| ["-o", setting]));
        Postfix::with(Arc::new(Server::start("postfix", &arguments)), dovecot)
    }

    /// A Postfix of the test's own that writes into Authentication-Results what SPF, DKIM and DMARC say
    /// of mail that comes by `smtp_port`. `records` are what domains publish: lines of a name and its
    /// TXT record, or a name alone that has none.
    pub fn stamping(dovecot: &Dovecot, records: &str) -> Postfix {
        let folder = Folder::new();
        let milter = Server::start("milter", &[folder.write("records", records).to_str().unwrap()]);
        let asks = format!("smtpd_milters = unix:{}", milter.value("socket"));
        Postfix { _milter: Some(Arc::new(milter)), ..Postfix::alone(dovecot, &[&asks]) }
    }

    fn with(server: Arc<Server>, dovecot: &Dovecot) -> Postfix {
        Postfix {
            _milter: None,
            smtp_port: server.port("smtp_port"),
            submission_port: server.port("submission_port"),
            submissions_port: server.port("submissions_port"),
            ca_file: server.value("ca_file").into(),
            dovecot: dovecot.clone(),
            server,
        }
    }

    /// Sends a mail over SMTP between mailboxes named as in [`Dovecot`]; `from` may be empty, the
    /// null sender. Fails the test if it is refused.
    #[track_caller]
    pub fn send(&self, from: &str, to: &str, mail: &[u8]) {
        let from = if from.is_empty() { String::new() } else { self.dovecot.address(from) };
        let answer = self.try_send(&from, &[&self.dovecot.address(to)], mail);
        answer.unwrap_or_else(|refusal| panic!("sending to {to} was answered {}", refusal.text));
    }

    /// As `send` with full addresses and any number of recipients, and the refusal as a value.
    pub fn try_send(&self, from: &str, to: &[&str], mail: &[u8]) -> Result<Reply, Reply> {
        hand_over(self.smtp_port, "EHLO", from, to, mail)
    }

    /// As `send` with full addresses, from another address of this machine: as a client's own server,
    /// or somebody else's. Fails the test if it is refused.
    #[track_caller]
    pub fn send_from(&self, source: Ipv4Addr, from: &str, to: &str, mail: &[u8]) {
        let answer = hand_over_on(Lines::connect_from(source, self.smtp_port), "EHLO", from, &[to], mail);
        answer.unwrap_or_else(|refusal| panic!("sending to {to} was answered {}", refusal.text));
    }

    /// The log lines so far that name `text`, which a test makes unique: an address, a queue id.
    pub fn log(&self, text: &str) -> Vec<String> {
        let log = std::fs::read(self.server.value("log")).unwrap();
        String::from_utf8_lossy(&log).lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }

    /// Waits for a log line that names all of these.
    #[track_caller]
    pub fn wait_for_log(&self, texts: &[&str]) -> String {
        eventually(&format!("a log line with {texts:?}"), PATIENT, || {
            self.log(texts[0]).into_iter().find(|line| texts.iter().all(|text| line.contains(text)))
        })
    }
}

/// A key with which a domain signs its mail (DKIM), and the TXT record that publishes it.
pub struct Signer {
    folder: Folder,
    /// The record, for `mail._domainkey.` below the domain.
    pub record: String,
}

impl Signer {
    /// A fresh one.
    pub fn new() -> Signer {
        let folder = Folder::new();
        let record = run(&["--key", folder.path().join("key").to_str().unwrap()], b"");
        Signer { folder, record: String::from_utf8(record).unwrap().trim().to_owned() }
    }

    /// The mail signed as the domain's own server would.
    pub fn sign(&self, domain: &str, mail: &[u8]) -> Vec<u8> {
        run(&[self.key().to_str().unwrap(), domain, "mail"], mail)
    }

    fn key(&self) -> PathBuf {
        Path::new(self.folder.path()).join("key")
    }
}

/// Runs `fixtures/servers/sign`.
fn run(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(scripts().join("sign"));
    let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "fixtures/servers/sign {arguments:?} failed");
    output.stdout
}

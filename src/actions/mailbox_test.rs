//! Trying a mailbox's connection step by step, for whoever sets it up: the name, the connection, the protection, the
//! sign-in, the folders; then the same for the server that sends. Nothing is read and nothing is sent.

use super::mailboxes::{Part, usual_port};
use crate::config::{Mailbox, Security, Server};
use crate::imap::{self, Limits, Probed, Trouble, What, probe};
use crate::model::cursor::Role;
use crate::smtp;
use std::time::Duration;

/// What is waited for: somebody sits before the page.
const PATIENCE: Limits =
    Limits { quiet: Duration::from_secs(15), connect: Duration::from_secs(8), max_literal: 1 << 20 };
/// Folders that are named.
const FOLDERS: usize = 200;

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The host's name leads to an address.
    Name,
    /// The port answers.
    Connection,
    /// The connection is protected.
    Protection,
    /// The login and password are taken.
    SignIn,
    /// INBOX, Sent and the named folders are there.
    Folders,
    /// The server that sends takes the sign-in.
    Sending,
}

impl Step {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Step::Name => "name",
            Step::Connection => "connection",
            Step::Protection => "protection",
            Step::SignIn => "sign-in",
            Step::Folders => "folders",
            Step::Sending => "sending",
        }
    }
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It went well; what was found, in the server's words.
    Good(String),
    /// There is no folder for sent mail.
    NoSent,
    /// Folders that were named and are not there.
    Missing(Vec<String>),
    /// It did not: the kind where that is known, and the server's words or ours.
    Bad(Option<What>, String),
    /// It was not tried, since an earlier one failed.
    NotTried,
}

impl Found {
    /// Whether the mailbox can be read in spite of it.
    pub fn is_good(&self) -> bool {
        matches!(self, Found::Good(_) | Found::NoSent)
    }
}

/// A step of one of the two servers, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Which server.
    pub part: Part,
    /// The step.
    pub step: Step,
    /// What came of it.
    pub found: Found,
}

/// What a test came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The steps, in order.
    pub steps: Vec<Tried>,
    /// The folders that the server shows.
    pub folders: Vec<String>,
}

impl Report {
    /// Whether everything went well.
    pub fn is_good(&self) -> bool {
        self.steps.iter().all(|tried| tried.found.is_good())
    }
}

/// Tries a mailbox's connections.
pub async fn test(account: &Mailbox) -> Report {
    let (reading, sending) = tokio::join!(reading(account), sending(account));
    let mut report = reading;
    report.steps.extend(sending);
    report
}

async fn reading(account: &Mailbox) -> Report {
    let server = &account.imap;
    let mut all = reached(server, Part::Imap).await;
    let mut folders = Vec::new();
    let rest = [Step::Protection, Step::SignIn, Step::Folders];
    let mut found: Vec<Found> = Vec::new();
    if all.iter().all(|tried| tried.found.is_good()) {
        found = signed_in(account, &mut folders).await;
    }
    found.resize(rest.len(), Found::NotTried);
    all.extend(rest.into_iter().zip(found).map(|(step, found)| Tried { part: Part::Imap, step, found }));
    Report { steps: all, folders }
}

/// The steps up to an open connection.
async fn reached(server: &Server, part: Part) -> Vec<Tried> {
    let port = server.port.unwrap_or(usual_port(part, server.security));
    let bad = |trouble: &Trouble| Found::Bad(Some(trouble.cause().what), trouble.cause().text.clone());
    let list = |addresses: Vec<std::net::SocketAddr>| {
        let all: Vec<String> = addresses.iter().take(4).map(|a| a.ip().to_string()).collect();
        Found::Good(all.join(", "))
    };
    let (name, connection) = match probe(server, port, &PATIENCE).await {
        Probed::NoName(trouble) => (bad(&trouble), Found::NotTried),
        Probed::NoAnswer(addresses, trouble) => (list(addresses), bad(&trouble)),
        Probed::Reached(addresses, at) => (list(addresses), Found::Good(at.to_string())),
    };
    let tried = |step, found| Tried { part, step, found };
    vec![tried(Step::Name, name), tried(Step::Connection, connection)]
}

/// Protection, sign-in and folders, as far as it came.
async fn signed_in(account: &Mailbox, folders: &mut Vec<String>) -> Vec<Found> {
    let protected = || Found::Good(protection(account.imap.security).to_owned());
    let bad = |trouble: &Trouble| Found::Bad(Some(trouble.cause().what), trouble.cause().text.clone());
    let mut session = match imap::connect(&account.imap, &PATIENCE).await {
        Ok(session) => session,
        Err(trouble) => {
            // Until the handshake is over nothing is said; what fails then is the protection.
            let early = matches!(
                trouble.cause().what,
                What::Tls | What::Certificate | What::Unreachable | What::Settings | What::NotSupported
            );
            return if early { vec![bad(&trouble)] } else { vec![protected(), bad(&trouble)] };
        }
    };
    let user = account.imap.user.clone().unwrap_or_default();
    let mut found = vec![protected(), Found::Good(user)];
    match session.folders().await {
        Err(trouble) => found.push(bad(&trouble)),
        Ok(listed) => {
            let there = |path: &str| listed.iter().any(|folder| folder.path == path);
            let missing: Vec<String> = account.folders.iter().filter(|path| !there(path)).cloned().collect();
            let has_sent = listed.iter().any(|folder| folder.role == Role::Sent);
            folders.extend(listed.iter().take(FOLDERS).map(|folder| folder.path.clone()));
            found.push(match (missing.is_empty(), has_sent) {
                (false, _) => Found::Missing(missing),
                (true, false) => Found::NoSent,
                (true, true) => Found::Good(listed.len().to_string()),
            });
        }
    }
    session.logout().await;
    found
}

fn protection(security: Security) -> &'static str {
    match security {
        Security::Tls => "TLS",
        Security::Starttls => "STARTTLS",
        Security::Plain => "–",
    }
}

async fn sending(account: &Mailbox) -> Vec<Tried> {
    let Some(server) = &account.smtp else { return Vec::new() };
    let mut all = reached(server, Part::Smtp).await;
    let open = all.iter().all(|tried| tried.found.is_good());
    let found = match open {
        false => Found::NotTried,
        true => match smtp::greet(server).await {
            Ok(name) => Found::Good(name),
            Err(said) => Found::Bad(None, said),
        },
    };
    all.push(Tried { part: Part::Smtp, step: Step::Sending, found });
    all
}

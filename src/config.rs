//! Settings: their types and defaults. One store only: file, then environment on top.

mod check;
pub mod guard;
mod load;
mod sign_in;
mod texts;

pub use load::{ConfigError, Loaded, Problem, keys, load, load_explained};
pub use sign_in::{LinkBy, Oidc, OidcGroup, Required, SignIn};

use crate::model::address::domain_part;
use crate::model::facts::House;
use crate::model::phrases::Phrasebook;
use crate::model::record::{Mode, Policy};
use crate::model::share::GlassPolicy;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The commented file that `standin config example` prints.
pub const EXAMPLE: &str = include_str!("../config.example.toml");

/// Everything that can be set. Every key is explained in config.example.toml.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Folder for the database, the instance secret and the spool.
    pub data_dir: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; empty: `standin.db` in `data_dir`.
    pub database: String,
    /// Address and port the pages are served on.
    pub listen: String,
    /// The URL people type; its scheme decides whether cookies are `Secure`.
    pub public_url: String,
    /// Who may read records without a right of their own.
    pub mode: Mode,
    /// Whether line managers change what those below them own, beside reading and assigning it.
    pub line_managers_write: bool,
    /// Whether a substitute may change what they cover; an absence can say no for itself.
    pub cover_writes: bool,
    /// Who may open a record without a right, with a reason, for some hours.
    pub break_glass: GlassPolicy,
    /// The most hours for which that lasts.
    pub break_glass_hours: u32,
    /// Name of the company as clients know it, for notices; may be empty.
    pub company: String,
    /// Domains of the company. Mail among them alone is internal.
    pub own_domains: Vec<String>,
    /// Whether anybody at a domain of an account is a party of it and of its opportunities.
    pub domain_parties: bool,
    /// Working days after which an unanswered question of ours is to be followed up.
    pub follow_up_days: u32,
    /// Working days after which an open lead of which nothing new was entered is neglected.
    pub lead_days: u32,
    /// The same of an open opportunity.
    pub opportunity_days: u32,
    /// Login of who answers when owner, substitutes and team are all away.
    pub fallback_user: Option<String>,
    /// IANA zone of the company.
    pub zone: String,
    /// Default language: `en` or `pl`.
    pub language: String,
    /// Country whose phone numbers are written without its code: two letters of ISO 3166, such as `PL`.
    pub region: String,
    /// Days off beside Saturday and Sunday, ISO dates.
    pub holidays: Vec<chrono::NaiveDate>,
    /// How people sign in.
    pub sign_in: SignIn,
    /// The identity provider.
    pub oidc: Oidc,
    /// The API for programs.
    pub api: Api,
    /// How mail is read.
    pub mail: Mail,
    /// How absence notices are sent.
    pub notice: Notice,
    /// How colleagues are told by mail.
    pub colleagues: Colleagues,
    /// How mail is filed from mail programs.
    pub filing: Filing,
    /// The mailboxes.
    pub mailbox: Vec<Mailbox>,
}

/// The API for programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Api {
    /// How often one token may ask in a minute; 0: as often as it likes.
    pub requests_per_minute: u32,
}

/// How mail is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Mail {
    /// Seconds between two looks at INBOX beside IDLE, and at other folders (five minutes at most).
    pub poll: u64,
    /// Days of history to read when a mailbox is first connected.
    pub backfill_days: u32,
    /// Larger mails are read by their header, and their body only if it matches. MiB.
    pub max_size: u64,
    /// Days for which mail that failed or waits for review is kept.
    pub keep_failed_days: u32,
    /// Whether mailboxes that are set up on a page may be at link-local addresses ([`guard`]).
    pub link_local: bool,
}

/// How absence notices are sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// The one switch for all of them (R1).
    pub enabled: bool,
    /// Who outside gets one (R38).
    pub audience: Audience,
    /// Minutes after which a mail is too old to be answered (R5): 15 to 1440.
    pub max_age: u32,
    /// The authserv-id of our own receiving server (R36); empty: it does not stamp.
    pub authserv_id: String,
    /// More addressees than this in To and Cc: silent (R12).
    pub max_recipients: u32,
    /// Domain of Message-IDs of mail that Standin makes; empty: the sender's domain.
    pub message_id_domain: String,
    /// Sender to use where the null reverse path is refused (R62); empty: do not send then.
    pub bounce_address: String,
    /// Whether `Precedence: bulk` is added (R67).
    pub precedence: bool,
    /// Domains whose addresses carry `+tags` for one person (R10).
    pub plus_domains: Vec<String>,
    /// Whether a notice may leave under its author's own address where neither the null reverse path nor a
    /// bounce address is taken (R62). What comes back then lies in that person's inbox.
    pub own_reverse_path: bool,
    /// Days after which an open end counts no more unless it was confirmed (R2): 1 to 365.
    pub confirm_days: u32,
    /// The most notices to one domain in a day (R51): 1 to 100.
    pub domain_day: u32,
    /// The same for the biggest freemail domains, where many people share one: 1 to 10 000.
    pub freemail_day: u32,
    /// The most notices for one absent person in an hour (R51): 1 to 1 000.
    pub person_hour: u32,
    /// The most notices of the installation in an hour (R51): 1 to 10 000.
    pub instance_hour: u32,
    /// Below so many in an hour the breaker never opens (R51): 1 to 10 000.
    pub breaker: u32,
    /// Days for which another responder counts as on after a mail showed it (R14): 1 to 365.
    pub responder_days: u32,
    /// Folder with the words of further languages; empty: the shipped ones alone.
    pub texts: PathBuf,
    /// Whether colleagues get a notice, with a text of their own (R33).
    pub internal: bool,
    /// Whether a person who only gets a copy stays silent (R12).
    pub to_only: bool,
    /// Whether mail that asks for no automatic replies, and says nothing of absence notices, gets one (R25).
    pub answer_autoreply: bool,
    /// Whether an invitation gets one from a person who is invited (R29).
    pub invitations: bool,
    /// Days after which the same sender is told again of the same absence (R46); 0: never.
    pub repeat_days: u32,
    /// The languages in which notices can be written, with what `texts` adds.
    #[serde(skip)]
    pub phrases: Phrasebook,
}

/// How colleagues are told by mail.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Colleagues {
    /// Name of the mailbox whose server sends mails to colleagues and whose address is their
    /// author; empty: there are none.
    pub mailbox: String,
}

/// How mail is filed from mail programs, beside the folders that users ask for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Filing {
    /// Address of the mailbox to whose `+tags` people send copies and forward mail; empty: there is none.
    pub dropbox: String,
    /// Our own servers that take mail from people who signed in, as they name themselves after `by` in
    /// Received.
    pub submitted_by: Vec<String>,
}

/// Who outside the company gets a notice (R38).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// No one.
    Nobody,
    /// Addresses of contacts, and whom we wrote to in the last 24 months.
    #[default]
    Known,
    /// Everybody whose mail was authenticated.
    Authenticated,
}

/// A mailbox to read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mailbox {
    /// Its name in Standin, unique.
    pub name: String,
    /// Login of whose it is; absent for a shared mailbox.
    #[serde(default)]
    pub user: Option<String>,
    /// Its address.
    pub address: String,
    /// Where it is read.
    pub imap: Server,
    /// Where its mail is sent; without it Standin cannot answer for its owner.
    #[serde(default)]
    pub smtp: Option<Server>,
    /// Where its server is asked over ManageSieve whether it answers by itself (R14).
    #[serde(default)]
    pub sieve: Option<Server>,
    /// Sender to use where its server refuses the empty one (R62); absent: that of `[notice]`.
    #[serde(default)]
    pub bounce_address: Option<String>,
    /// Folders to read besides INBOX and Sent.
    #[serde(default)]
    pub folders: Vec<String>,
    /// What is kept of its mail.
    #[serde(default)]
    pub content: Content,
    /// Folders that are never looked into, with all below them.
    #[serde(default)]
    pub never_folders: Vec<String>,
    /// Keywords on the server, such as `$Private`: mail that carries one is never stored.
    #[serde(default)]
    pub never_keywords: Vec<String>,
}

/// What is kept of a mailbox's mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// All of it.
    #[default]
    All,
    /// Its header: subject, people, dates, ids. No text, no attachment, no byte of the body.
    Headers,
}

/// A mail server and how to sign in there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Server {
    /// Host name or IP address.
    pub host: String,
    /// Port; absent: the usual one for `security`.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// Login name; absent: no sign-in (only for submission on loopback).
    #[serde(default)]
    pub user: Option<String>,
    /// How to sign in.
    #[serde(default)]
    pub auth: Auth,
    /// File that holds the password or token.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// Environment variable that holds it.
    #[serde(default)]
    pub secret_env: Option<String>,
    /// Command that prints it, as program and arguments; run without a shell.
    #[serde(default)]
    pub secret_command: Option<Vec<String>>,
    /// PEM file with the authority of an in-house server.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Where it was set up on a page: never in the file.
    #[serde(skip)]
    pub typed: Option<Typed>,
}

/// What a server that an admin typed on a page has beside its settings.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Its password; absent: no sign-in.
    pub secret: Option<SecretString>,
    /// Whether it may be at a link-local address ([`guard`]).
    pub anywhere: bool,
}

/// Why a password or token could not be had. The text holds neither.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// A person has to correct the settings.
    #[error("{0}")]
    Setting(String),
    /// The command failed; it may work later.
    #[error("{0}")]
    Command(String),
}

/// How long a command that prints a secret may run.
const SECRET_COMMAND: Duration = Duration::from_secs(30);

impl Server {
    /// Whether a connection may be made to this address.
    pub fn may_reach(&self, address: std::net::IpAddr) -> bool {
        self.typed.as_ref().is_none_or(|typed| typed.anywhere || guard::is_reachable(address))
    }

    /// The password or token, from whichever source is set, without its trailing line end. Read
    /// anew each time: tokens expire and files are replaced.
    pub async fn secret(&self) -> Result<SecretString, SecretError> {
        if let Some(typed) = &self.typed {
            let none = || SecretError::Setting("no password is set".into());
            return typed.secret.clone().ok_or_else(none);
        }
        secret(self.secret_file.as_deref(), self.secret_env.as_deref(), self.secret_command.as_deref()).await
    }
}

/// The secret that a file holds, or a variable, or that a command prints; one of them.
async fn secret(
    file: Option<&Path>,
    env: Option<&str>,
    command: Option<&[String]>,
) -> Result<SecretString, SecretError> {
    let text = match (file, env, command) {
        (Some(path), None, None) => tokio::fs::read_to_string(path)
            .await
            .map_err(|error| SecretError::Setting(format!("secret_file {}: {error}", path.display())))?,
        (None, Some(name), None) => environment(name)?,
        (None, None, Some(command)) => printed(command).await?,
        (None, None, None) => {
            return Err(SecretError::Setting("no secret_file, secret_env or secret_command is set".into()));
        }
        _ => {
            let text = "set one of secret_file, secret_env and secret_command, not several";
            return Err(SecretError::Setting(text.into()));
        }
    };
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(SecretError::Setting("the password or token is empty".into())),
        secret => Ok(SecretString::from(secret.to_owned())),
    }
}

#[allow(clippy::disallowed_methods)] // The environment is read here and nowhere below.
fn environment(name: &str) -> Result<String, SecretError> {
    std::env::var(name).map_err(|error| SecretError::Setting(format!("secret_env {name}: {error}")))
}

/// What the command prints. Its complaints are not kept: they may repeat a token.
async fn printed(command: &[String]) -> Result<String, SecretError> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(SecretError::Setting("secret_command is empty".into()));
    };
    let failed = |why: String| SecretError::Command(format!("secret_command {program}: {why}"));
    let mut call = tokio::process::Command::new(program);
    call.args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = match tokio::time::timeout(SECRET_COMMAND, call.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(SecretError::Setting(format!("secret_command {program}: {error}"))),
        Err(_) => return Err(failed(format!("not done after {} s", SECRET_COMMAND.as_secs()))),
    };
    match output.status.success() {
        true => String::from_utf8(output.stdout).map_err(|_| failed("printed something that is no text".into())),
        false => Err(failed(output.status.to_string())),
    }
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// Plain, then STARTTLS, refused if the server does not offer it.
    Starttls,
    /// No protection: loopback only.
    Plain,
}

/// How to sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// SASL PLAIN, or LOGIN where the server has no PLAIN.
    #[default]
    Plain,
    /// The LOGIN command.
    Login,
    /// SASL XOAUTH2 with a token.
    Xoauth2,
}

impl Config {
    /// What the installation decides about rights.
    pub fn rights(&self) -> Policy {
        Policy {
            mode: self.mode,
            line_writes: self.line_managers_write,
            cover_writes: self.cover_writes,
            fallback: self.fallback_user.clone(),
        }
    }

    /// What the company says of itself, as linking takes it.
    pub fn house(&self) -> House {
        let domains = self.own_domains.iter().filter_map(|d| domain_part(d).ok()).collect();
        let zone = self.zone.parse().unwrap_or(chrono_tz::Tz::UTC);
        House { domains, domain_parties: self.domain_parties, zone }
    }

    /// Where the database is: `database`, or `standin.db` in `data_dir`.
    pub fn database_url(&self) -> String {
        match self.database.trim() {
            "" => format!("sqlite:{}", self.data_dir.join("standin.db").display()),
            url => url.to_owned(),
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data_dir: PathBuf::from("standin-data"),
            database: String::new(),
            listen: "127.0.0.1:8080".into(),
            public_url: String::new(),
            mode: Mode::Restricted,
            line_managers_write: false,
            cover_writes: true,
            break_glass: GlassPolicy::Line,
            break_glass_hours: 8,
            company: String::new(),
            own_domains: Vec::new(),
            domain_parties: false,
            follow_up_days: 3,
            lead_days: 2,
            opportunity_days: 7,
            fallback_user: None,
            zone: "Europe/Warsaw".into(),
            language: "en".into(),
            region: "PL".into(),
            holidays: Vec::new(),
            sign_in: SignIn::default(),
            oidc: Oidc::default(),
            api: Api::default(),
            mail: Mail::default(),
            notice: Notice::default(),
            colleagues: Colleagues::default(),
            filing: Filing::default(),
            mailbox: Vec::new(),
        }
    }
}

impl Default for Api {
    fn default() -> Api {
        Api { requests_per_minute: 600 }
    }
}

impl Default for Mail {
    fn default() -> Mail {
        Mail { poll: 120, backfill_days: 365, max_size: 50, keep_failed_days: 30, link_local: false }
    }
}

impl Default for Notice {
    fn default() -> Notice {
        Notice {
            enabled: true,
            audience: Audience::Known,
            max_age: 240,
            authserv_id: String::new(),
            max_recipients: 20,
            message_id_domain: String::new(),
            bounce_address: String::new(),
            precedence: true,
            plus_domains: Vec::new(),
            own_reverse_path: false,
            confirm_days: 30,
            domain_day: 5,
            freemail_day: 200,
            person_hour: 30,
            instance_hour: 200,
            breaker: 30,
            responder_days: 14,
            texts: PathBuf::new(),
            internal: false,
            to_only: false,
            answer_autoreply: false,
            invitations: false,
            repeat_days: 0,
            phrases: Phrasebook::default(),
        }
    }
}

//! Settings: their types and defaults. One store only: file, then environment on top.

mod check;
mod load;

pub use load::{ConfigError, Loaded, Problem, keys, load, load_explained};

use crate::model::record::Mode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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
    /// Domains of the company. Mail among them alone is internal.
    pub own_domains: Vec<String>,
    /// Login of who answers when owner, substitutes and team are all away.
    pub fallback_user: Option<String>,
    /// IANA zone of the company.
    pub zone: String,
    /// Default language: `en` or `pl`.
    pub language: String,
    /// Days off beside Saturday and Sunday, ISO dates.
    pub holidays: Vec<chrono::NaiveDate>,
    /// How mail is read.
    pub mail: Mail,
    /// How absence notices are sent.
    pub notice: Notice,
    /// The mailboxes.
    pub mailbox: Vec<Mailbox>,
}

/// How mail is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Mail {
    /// Seconds between two looks at INBOX beside IDLE.
    pub poll: u64,
    /// Days of history to read when a mailbox is first connected.
    pub backfill_days: u32,
    /// Larger mails are read by their header, and their body only if it matches. MiB.
    pub max_size: u64,
    /// Days for which mail that failed or waits for review is kept.
    pub keep_failed_days: u32,
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
    /// Folders to read besides INBOX and Sent.
    #[serde(default)]
    pub folders: Vec<String>,
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
}

impl Server {
    /// The password or token, from the file, the environment or the command, whichever is set
    /// first in this order; `None` if none is. One line end after it is not part of it.
    ///
    /// The error is a sentence that names the place and never the secret.
    #[expect(clippy::disallowed_methods, reason = "config is one of the three homes of the environment")]
    pub async fn secret(&self) -> Result<Option<SecretString>, String> {
        let text = if let Some(path) = &self.secret_file {
            let read = tokio::fs::read_to_string(path).await;
            read.map_err(|error| format!("the secret file {} cannot be read: {error}", path.display()))?
        } else if let Some(name) = &self.secret_env {
            std::env::var(name).map_err(|_| format!("the environment variable {name} with the secret is not set"))?
        } else if let Some(command) = &self.secret_command {
            printed(command).await?
        } else {
            return Ok(None);
        };
        let secret = text.strip_suffix('\n').unwrap_or(&text);
        let secret = secret.strip_suffix('\r').unwrap_or(secret);
        Ok(Some(SecretString::from(secret.to_owned())))
    }
}

/// What a command prints, run without a shell and for at most 30 seconds.
async fn printed(command: &[String]) -> Result<String, String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err("secret_command is empty; give a program and its arguments".into());
    };
    let mut process = tokio::process::Command::new(program);
    process.args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let run = tokio::time::timeout(std::time::Duration::from_secs(30), process.output()).await;
    let output = run
        .map_err(|_| format!("the secret command {program} did not end within 30 seconds"))?
        .map_err(|error| format!("the secret command {program} cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("the secret command {program} failed ({})", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("the secret command {program} printed no text"))
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
            own_domains: Vec::new(),
            fallback_user: None,
            zone: "Europe/Warsaw".into(),
            language: "en".into(),
            holidays: Vec::new(),
            mail: Mail::default(),
            notice: Notice::default(),
            mailbox: Vec::new(),
        }
    }
}

impl Default for Mail {
    fn default() -> Mail {
        Mail { poll: 120, backfill_days: 365, max_size: 50, keep_failed_days: 30 }
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
        }
    }
}

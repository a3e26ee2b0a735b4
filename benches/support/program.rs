//! Standin as its operator runs it: configured by a file, filled and started by the command line,
//! and looked at afterwards with the databases' own tools.

use super::measure::{Ran, run};
use super::people::{MAILBOX, OWN_DOMAIN};
use super::server::Server;
use anyhow::{Context, Result, bail};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An empty installation with its people and records, ready to read mail.
pub struct Program<'s> {
    binary: &'s Path,
    dir: PathBuf,
    dovecot: &'s Server,
    /// `None`: SQLite in the installation's own folder.
    postgres: Option<&'s Server>,
}

/// What a sync printed and took.
pub struct Synced {
    /// What it took, until its process had ended.
    pub ran: Ran,
    /// Seconds until everything was linked and visible, as it says itself.
    pub linked: f64,
    /// Mails it put into the full-text index.
    pub indexed: u64,
    /// Its own word on its peak memory, MB.
    pub peak: f64,
}

/// What the database holds in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Places whose mail is stored or known to concern nobody.
    pub settled: u64,
    /// Places whose mail is stored.
    pub stored: u64,
    /// Stored mails with at least one link.
    pub linked: u64,
    /// Links.
    pub links: u64,
    /// Stored mails that are not in the full-text index.
    pub unindexed: u64,
    /// Mails in which full text finds [`WORD`].
    pub found: u64,
}

/// A word that every generated text of some length has a fair chance to hold.
pub const WORD: &str = "delivery";

impl<'s> Program<'s> {
    /// Makes `dir` anew and writes its configuration; on PostgreSQL makes the database anew.
    pub fn new(binary: &'s Path, dir: PathBuf, dovecot: &'s Server, postgres: Option<&'s Server>) -> Result<Self> {
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        fs::create_dir_all(&dir)?;
        fs::write(dir.join("password"), "secret\n")?;
        let database = match postgres {
            None => String::new(),
            Some(server) => {
                server
                    .sql("postgres", &["drop database if exists standin", "create database standin", "checkpoint"])?;
                server.value("url")?.to_owned()
            }
        };
        let (place, port, ca) = (dir.display(), dovecot.port()?, dovecot.ca()?);
        let text = format!(
            "data_dir = \"{place}/data\"\ndatabase = \"{database}\"\nown_domains = [\"{OWN_DOMAIN}\"]\n\n\
             [mail]\nbackfill_days = 36500\n\n\
             [[mailbox]]\nname = \"anna\"\nuser = \"{login}\"\naddress = \"{MAILBOX}\"\n\n\
             [mailbox.imap]\nhost = \"localhost\"\nport = {port}\nuser = \"{MAILBOX}\"\n\
             secret_file = \"{place}/password\"\nca_file = \"{ca}\"\n",
            login = MAILBOX.split('@').next().unwrap_or_default(),
            ca = ca.display(),
        );
        fs::write(dir.join("standin.toml"), text)?;
        Ok(Program { binary, dir, dovecot, postgres })
    }

    /// Imports the tables that lie in `from`.
    pub fn import(&self, from: &Path) -> Result<f64> {
        let mut seconds = 0.0;
        for what in ["users", "accounts", "contacts", "opportunities"] {
            let file = from.join(format!("{what}.csv"));
            let ran = self.command(&["import", what, &file.to_string_lossy()])?;
            seconds += ran.took.wall;
        }
        Ok(seconds)
    }

    /// `standin sync --once --json`.
    pub fn sync(&self) -> Result<Synced> {
        let ran = self.command(&["sync", "--once", "--json"])?;
        let said: serde_json::Value = serde_json::from_str(&ran.out).with_context(|| format!("reading {}", ran.out))?;
        let number = |key: &str| said[key].as_f64().with_context(|| format!("the summary has no {key}: {said}"));
        if said["mailboxes"].as_array().is_none_or(|all| all.iter().any(|m| !m["failure"].is_null())) {
            bail!("a mailbox was not read to its end: {said}");
        }
        Ok(Synced {
            linked: number("linked_ms")? / 1000.0,
            indexed: number("indexed")? as u64,
            peak: number("peak_kib")? / 1024.0,
            ran,
        })
    }

    fn command(&self, arguments: &[&str]) -> Result<Ran> {
        let mut masters = vec![self.dovecot.master()?];
        if let Some(postgres) = self.postgres {
            masters.push(postgres.master()?);
        }
        let log = self.dir.join("log");
        let mut command = Command::new(self.binary);
        command.arg("--config").arg(self.dir.join("standin.toml")).args(arguments);
        command.stderr(fs::File::create(&log)?).current_dir(&self.dir);
        run(&mut command, &masters).with_context(|| {
            format!("standin {}: {}", arguments.join(" "), fs::read_to_string(&log).unwrap_or_default())
        })
    }

    /// Looks into the database.
    pub fn outcome(&self) -> Result<Outcome> {
        let full_text = match self.postgres {
            None => format!("select count(*) from mail_text where mail_text match '{WORD}'"),
            Some(_) => format!("select count(*) from mail_text where words @@ to_tsquery('simple', '{WORD}')"),
        };
        let questions = [
            "select count(*) from locations where state in ('stored', 'unmatched')",
            "select count(*) from locations where state = 'stored'",
            "select count(distinct mail_id) from links",
            "select count(*) from links",
            "select count(*) from mails where id > (select upto from progress where what = 'text')",
            &full_text,
        ];
        let text = match self.postgres {
            Some(server) => server.sql("standin", &questions)?,
            None => self.sqlite(&questions)?,
        };
        let numbers: Vec<u64> = text.lines().map(|l| Ok(l.trim().parse()?)).collect::<Result<_>>()?;
        let [settled, stored, linked, links, unindexed, found] = numbers[..] else {
            bail!("the database gave {} answers", numbers.len())
        };
        Ok(Outcome { settled, stored, linked, links, unindexed, found })
    }

    /// Through the SQLite that Standin is built with: Debian's may be too old for its full text.
    fn sqlite(&self, questions: &[&str]) -> Result<String> {
        let options = SqliteConnectOptions::new().filename(self.dir.join("data/standin.db")).read_only(true);
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        runtime.block_on(async {
            let mut connection = options.connect().await?;
            let mut out = String::new();
            for question in questions {
                let answer: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(*question)).fetch_one(&mut connection).await?;
                out.push_str(&format!("{answer}\n"));
            }
            connection.close().await?;
            Ok(out)
        })
    }

    /// Size of the database, MB.
    pub fn size(&self) -> Result<f64> {
        let bytes = match self.postgres {
            Some(server) => server.sql("standin", &["select pg_database_size('standin')"])?.trim().parse()?,
            None => fs::metadata(self.dir.join("data/standin.db"))?.len(),
        };
        Ok(bytes as f64 / 1e6)
    }
}

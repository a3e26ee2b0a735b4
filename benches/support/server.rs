//! Private servers, by the scripts that the tests use too.

use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running Dovecot or PostgreSQL; ended when dropped.
pub struct Server {
    dir: PathBuf,
    ready: HashMap<String, String>,
}

impl Server {
    /// Starts a Dovecot in `dir` with one mailbox. What lies there in `mail` is its mail.
    pub fn dovecot(dir: &Path, user: &str) -> Result<Server> {
        start(Command::new(script("dovecot")).arg(dir).arg(user), dir)
    }

    /// Starts a PostgreSQL in `dir`.
    pub fn postgres(dir: &Path) -> Result<Server> {
        start(Command::new(script("postgres")).arg(dir), dir)
    }

    /// One of the values that the script printed.
    pub fn value(&self, key: &str) -> Result<&str> {
        self.ready.get(key).map(String::as_str).with_context(|| format!("the script printed no {key}"))
    }

    /// Its first process, whose children do the work.
    pub fn master(&self) -> Result<u32> {
        Ok(self.value("pid")?.parse()?)
    }

    /// Dovecot's port of IMAP over TLS.
    pub fn port(&self) -> Result<u16> {
        Ok(self.value("imaps_port")?.parse()?)
    }

    /// The authority that signed Dovecot's certificate.
    pub fn ca(&self) -> Result<PathBuf> {
        Ok(self.value("ca_file")?.into())
    }

    /// Builds Dovecot's index of a folder, so that no client pays for it.
    pub fn index(&self, user: &str, folder: &str) -> Result<()> {
        let status =
            Command::new("doveadm").args(["-c", self.value("config")?, "index", "-u", user, folder]).status()?;
        if !status.success() {
            bail!("doveadm could not index {folder}");
        }
        Ok(())
    }

    /// Runs SQL statements in a PostgreSQL database, each by itself; gives what they print, a line a row.
    pub fn sql(&self, database: &str, statements: &[&str]) -> Result<String> {
        let mut psql = Command::new(Path::new(self.value("bin")?).join("psql"));
        psql.env("PGPASSWORD", self.value("password")?).args(["-h", "127.0.0.1", "-p", self.value("port")?]);
        psql.args(["-U", self.value("user")?, "-d", database, "-qAtX", "-v", "ON_ERROR_STOP=1"]);
        psql.args(statements.iter().flat_map(|s| ["-c", s]));
        let output = psql.output().context("running psql")?;
        if !output.status.success() {
            bail!("psql failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new(script("stop")).arg(&self.dir).status();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/servers").join(name)
}

fn start(command: &mut Command, dir: &Path) -> Result<Server> {
    let script = command.get_program().to_owned();
    let output = command.output().with_context(|| format!("running {}", script.display()))?;
    if !output.status.success() {
        bail!("{} failed: {}", script.display(), String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let ready = text.lines().filter_map(|l| l.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    Ok(Server { dir: dir.to_owned(), ready })
}

//! A private Dovecot, by the script that the tests use too.

use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running Dovecot; ended when dropped.
pub struct Dovecot {
    ready: HashMap<String, String>,
}

impl Dovecot {
    /// Starts one in `dir` with one mailbox. What lies there in `mail` is its mail.
    pub fn start(dir: &Path, user: &str) -> Result<Dovecot> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/servers/dovecot");
        let output = Command::new(&script)
            .arg(dir)
            .arg(user)
            .output()
            .with_context(|| format!("running {}", script.display()))?;
        if !output.status.success() {
            bail!("Dovecot did not start: {}", String::from_utf8_lossy(&output.stderr));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let ready = text.lines().filter_map(|l| l.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        Ok(Dovecot { ready })
    }

    /// One of the values that the script printed.
    pub fn value(&self, key: &str) -> Result<&str> {
        self.ready.get(key).map(String::as_str).with_context(|| format!("the script `dovecot` printed no {key}"))
    }

    /// Port of IMAP over TLS.
    pub fn port(&self) -> Result<u16> {
        Ok(self.value("imaps_port")?.parse()?)
    }

    /// The authority that signed its certificate.
    pub fn ca(&self) -> Result<PathBuf> {
        Ok(self.value("ca_file")?.into())
    }

    /// Builds its index of a folder, so that no client pays for it.
    pub fn index(&self, user: &str, folder: &str) -> Result<()> {
        let status =
            Command::new("doveadm").args(["-c", self.value("config")?, "index", "-u", user, folder]).status()?;
        if !status.success() {
            bail!("doveadm could not index {folder}");
        }
        Ok(())
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        if let Some(pid) = self.ready.get("pid") {
            let _ = Command::new("kill").arg(pid).status();
        }
    }
}

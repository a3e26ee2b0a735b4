//! Writes the generated mail as Maildir files straight into the place where Dovecot keeps it.

use super::compose::{Composed, Composer};
use super::people::People;
use super::plan::{Kind, plan};
use super::words::Words;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, UNIX_EPOCH};

/// What was written.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Written {
    /// Mails.
    pub mails: usize,
    /// Those that name a contact's address.
    pub concerning: usize,
    /// Those in Sent.
    pub sent: usize,
    /// Replies.
    pub replies: usize,
    /// Bytes, lines ending in CRLF as IMAP sends them.
    pub bytes: u64,
    /// Their median.
    pub median: usize,
    /// Bytes of what the writers wrote anew.
    pub visible: u64,
}

/// Composes and writes the mails into `into/cur` (INBOX) and `into/.Sent/cur`. UIDs follow the names.
pub fn write(seed: u64, people: &People, mails: usize, into: &Path) -> Result<Written> {
    let vocabulary = Words::new(seed);
    let plan = plan(seed, people, mails);
    for folder in ["", ".Sent"] {
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(into.join(folder).join(part))?;
        }
    }
    let mut written = Written { mails: plan.len(), ..Written::default() };
    let (send, receive) = sync_channel::<(usize, i64, Composed)>(256);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || -> Result<Vec<usize>> {
            let mut sizes = Vec::new();
            for (number, at, mail) in receive {
                sizes.push(one(into, number, at, &mail)?);
            }
            Ok(sizes)
        });
        let mut composer = Composer::new(seed, people, &vocabulary);
        for (number, planned) in plan.iter().enumerate() {
            let mail = composer.compose(number, planned);
            written.concerning += usize::from(planned.kind == Kind::Client);
            written.sent += usize::from(mail.sent);
            written.replies += usize::from(planned.step > 0);
            written.visible += mail.visible.len() as u64;
            if send.send((number, planned.at, mail)).is_err() {
                break;
            }
        }
        drop(send);
        let mut sizes = writer.join().map_err(|_| anyhow::anyhow!("the writer of mails panicked"))??;
        sizes.sort_unstable();
        written.bytes = sizes.iter().map(|s| *s as u64).sum();
        written.median = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
        Ok(written)
    })
}

/// Writes one file and returns its size with CRLF. Names carry both sizes, as Dovecot's own
/// delivery writes them, so that Dovecot need not read a file to tell its size; the file's time is
/// INTERNALDATE.
fn one(into: &Path, number: usize, at: i64, mail: &Composed) -> Result<usize> {
    let size = mail.bytes.len();
    let wire = size + mail.bytes.iter().filter(|b| **b == b'\n').count();
    let name = format!("{at}.M{number:06}P1.bench,S={size},W={wire}:2,S");
    let path = into.join(if mail.sent { ".Sent/cur" } else { "cur" }).join(name);
    fs::write(&path, &mail.bytes).with_context(|| format!("writing {}", path.display()))?;
    let time = UNIX_EPOCH + Duration::from_secs(at as u64);
    fs::File::options().write(true).open(&path)?.set_modified(time)?;
    Ok(wire)
}

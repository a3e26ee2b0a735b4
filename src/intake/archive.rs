//! Mail from archives (mbox, Maildir, folders of .eml files) enters by the same path as mail from
//! a server. It is backlog: linked, never answered (R6).
//!
//! An archive is a folder of the mailbox that no server has, named `import:PATH`; a mail's UID is
//! its position in it. Importing again is harmless: copies are told by their content (P2).

use super::accept::Accepted;
use super::pipeline::Intake;
use super::prepare::Found;
use crate::model::cursor::{Arrival, Role, Seen, Why};
use crate::model::id::FolderId;
use crate::model::time::Timestamp;
use crate::parse;
use crate::store;
use anyhow::{Context as _, Result, bail};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Mails in one batch, and octets.
const BATCH: (usize, usize) = (200, 4 << 20);
/// Passes over an archive: a thread that becomes known late may ask for mail passed over before.
const PASSES: usize = 5;
/// The numbering of an archive never changes.
const EPOCH: i64 = 1;

/// What an import came to.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// Mails read.
    pub read: usize,
    /// What became of them.
    pub accepted: Accepted,
    /// Files or parts that are no mail, with the reason.
    pub refused: Vec<(PathBuf, String)>,
}

/// One mail of an archive.
struct Archived {
    uid: u32,
    at: Option<Timestamp>,
    raw: Vec<u8>,
}

enum Item {
    Mail(Archived),
    Refused(PathBuf, String),
}

/// Takes an archive in.
pub async fn import(intake: &Intake, path: &Path) -> Result<Imported> {
    let path = path.canonicalize().with_context(|| format!("{} cannot be read", path.display()))?;
    let mut tx = intake.db.write().await?;
    let name = format!("import:{}", path.display());
    let folder = store::folders::ensure_archive(&mut tx, intake.context.mailbox, &name, EPOCH).await?;
    tx.commit().await?;
    let mut total = Imported::default();
    for pass in 0..PASSES {
        let (mut imported, again) = pass_over(intake, &path, folder).await?;
        imported.accepted += total.accepted;
        if pass > 0 {
            (imported.read, imported.refused) = (total.read, total.refused);
            imported.accepted.copies = total.accepted.copies;
        }
        total = imported;
        if !again {
            break;
        }
    }
    Ok(total)
}

async fn pass_over(intake: &Intake, path: &Path, folder: FolderId) -> Result<(Imported, bool)> {
    let (items, mut incoming) = mpsc::channel::<Vec<Item>>(1);
    let (out, batches) = mpsc::channel::<Vec<Found>>(1);
    let source = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || read(&source, &items));
    let mut imported = Imported::default();
    let numbering = async {
        let out = out;
        while let Some(batch) = incoming.recv().await {
            let mut mails = Vec::new();
            for item in batch {
                match item {
                    Item::Mail(mail) => mails.push(mail),
                    Item::Refused(path, why) => imported.refused.push((path, why)),
                }
            }
            imported.read += mails.len();
            if out.send(number(intake, folder, mails).await?).await.is_err() {
                break;
            }
        }
        anyhow::Ok(())
    };
    let (numbered, accepted) = tokio::join!(numbering, intake.take_in(batches));
    imported.accepted = accepted?;
    numbered?;
    reading.await.context("reading the archive")??;
    let mut tx = intake.db.read().await?;
    let now = intake.clock.now();
    let again = !store::locations::pending(&mut tx, folder, EPOCH, u32::MAX, now, 1).await?.is_empty();
    Ok((imported, again))
}

/// Writes mails down as places of the archive's folder.
async fn number(intake: &Intake, folder: FolderId, mails: Vec<Archived>) -> Result<Vec<Found>> {
    let arrival = Arrival::Backlog(Why::Import);
    let seen: Vec<Seen> = mails
        .iter()
        .map(|m| Seen { uid: m.uid, size: m.raw.len() as u64, internal_date: m.at, flags: Vec::new(), modseq: None })
        .collect();
    let (Some(first), Some(last)) = (seen.first().map(|s| s.uid), seen.last().map(|s| s.uid)) else {
        return Ok(Vec::new());
    };
    let mut tx = intake.db.write().await?;
    store::locations::insert_pending(&mut tx, folder, EPOCH, &seen, arrival, intake.clock.now()).await?;
    let places = store::locations::states(&mut tx, folder, EPOCH, first, last).await?;
    tx.commit().await?;
    let ids: std::collections::HashMap<u32, _> = places.into_iter().map(|(id, uid, _)| (uid, id)).collect();
    let found = mails.into_iter().filter_map(|mail| {
        let location = *ids.get(&mail.uid)?;
        let (internal_at, raw) = (mail.at, mail.raw);
        Some(Found { location, folder, role: Role::Other, arrival, internal_at, flags: Vec::new(), raw })
    });
    Ok(found.collect())
}

/// Collects mails into batches.
struct Numbered<'a> {
    out: &'a mpsc::Sender<Vec<Item>>,
    batch: Vec<Item>,
    bytes: usize,
    next: u32,
}

impl Numbered<'_> {
    /// False if nobody takes them any more.
    fn push(&mut self, path: &Path, at: Option<Timestamp>, raw: Vec<u8>) -> bool {
        self.next += 1;
        self.bytes += raw.len();
        let item = if parse::is_mail(&raw) {
            Item::Mail(Archived { uid: self.next, at, raw })
        } else {
            Item::Refused(path.to_owned(), "It has no mail header (no From, Date, Subject or To).".into())
        };
        self.batch.push(item);
        let full = self.batch.len() >= BATCH.0 || self.bytes >= BATCH.1;
        !full || self.flush()
    }

    fn flush(&mut self) -> bool {
        self.bytes = 0;
        self.batch.is_empty() || self.out.blocking_send(std::mem::take(&mut self.batch)).is_ok()
    }
}

/// Reads an archive whatever its form. Blocking.
fn read(path: &Path, out: &mpsc::Sender<Vec<Item>>) -> Result<()> {
    let mut into = Numbered { out, batch: Vec::new(), bytes: 0, next: 0 };
    if path.is_dir() {
        read_folder(path, &mut into)?;
    } else if is_mbox(path)? {
        read_mbox(path, &mut into)?;
    } else {
        read_file(path, &mut into)?;
    }
    into.flush();
    Ok(())
}

/// A Maildir by its `cur` and `new`, else every file below the folder, in the order of their names.
fn read_folder(path: &Path, into: &mut Numbered<'_>) -> Result<()> {
    let maildir = path.join("cur").is_dir() && path.join("new").is_dir();
    let mut files = Vec::new();
    if maildir {
        collect(&path.join("cur"), &mut files)?;
        collect(&path.join("new"), &mut files)?;
    } else {
        collect(path, &mut files)?;
    }
    files.sort();
    for file in files {
        let going_on = if is_mbox(&file)? { read_mbox(&file, into)? } else { read_file(&file, into)? };
        if !going_on {
            bail!("taking the mail in has stopped");
        }
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("{} cannot be read", folder.display()))?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            collect(&path, files)?;
        } else if path.is_file() && !hidden {
            files.push(path);
        }
    }
    Ok(())
}

fn read_file(path: &Path, into: &mut Numbered<'_>) -> Result<bool> {
    let raw = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let modified = std::fs::metadata(path).and_then(|m| m.modified()).ok();
    let at = modified.map(|time| Timestamp::from_utc(time.into()));
    if has_separator(&raw) {
        // One file with several mails in it, its first separator missing.
        return read_mbox(path, into);
    }
    // A Maildir's file time is the arrival; that of an exported .eml is the day of the export.
    let at = at.filter(|_| path.parent().and_then(Path::file_name).is_some_and(|n| n == "cur" || n == "new"));
    Ok(into.push(path, at, raw))
}

fn is_mbox(path: &Path) -> Result<bool> {
    let mut first = Vec::new();
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    BufReader::new(file).take_line(&mut first)?;
    // Whatever stands behind it: some programs write no more than `From ` or a name.
    Ok(first.starts_with(b"From "))
}

trait TakeLine {
    fn take_line(&mut self, line: &mut Vec<u8>) -> std::io::Result<usize>;
}

impl<R: BufRead> TakeLine for R {
    fn take_line(&mut self, line: &mut Vec<u8>) -> std::io::Result<usize> {
        line.clear();
        self.read_until(b'\n', line)
    }
}

/// Splits an mbox (RFC 4155). A separator stands after an empty line and ends in a year: a body
/// line that begins with "From " does not cut a mail in two. One `>` of `>From ` is undone.
fn read_mbox(path: &Path, into: &mut Numbered<'_>) -> Result<bool> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let (mut line, mut mail, mut blank, mut begun) = (Vec::new(), Vec::new(), true, false);
    while reader.take_line(&mut line).with_context(|| format!("{} cannot be read", path.display()))? > 0 {
        if blank && (is_separator(&line) || (!begun && mail.is_empty() && line.starts_with(b"From "))) {
            if begun && !into.push(path, None, std::mem::take(&mut mail)) {
                return Ok(false);
            }
            (begun, blank) = (true, false);
            continue;
        }
        blank = line.iter().all(|b| b"\r\n".contains(b));
        // Text before the first separator is a mail that lost its own.
        begun = begun || !blank;
        let quoted = line.iter().skip_while(|b| **b == b'>').take(5).eq(b"From ");
        let skip = usize::from(quoted && line.first() == Some(&b'>'));
        mail.extend(line.iter().skip(skip));
    }
    Ok(!begun || into.push(path, None, mail))
}

/// Whether an mbox separator stands after an empty line, with a header field below it.
fn has_separator(raw: &[u8]) -> bool {
    let mut lines = raw.split_inclusive(|b| *b == b'\n').peekable();
    let mut blank = false;
    while let Some(line) = lines.next() {
        let below = lines.peek().and_then(|next| next.split(|b| *b == b':').next());
        let field =
            below.is_some_and(|name| !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-'));
        if blank && field && is_separator(line) {
            return true;
        }
        blank = line.iter().all(|b| b"\r\n".contains(b));
    }
    false
}

/// `From sender Sat Nov 21 10:00:00 2026`: a time of day and, after it, a year (RFC 4155).
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let text = String::from_utf8_lossy(rest);
    let digits = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    let time = |word: &&str| {
        word.len() >= 5 && word.contains(':') && word.split(':').all(|part| part.len() == 2 && digits(part))
    };
    let mut after = text.split_whitespace().skip_while(|word| !time(word)).skip(1);
    after.any(|word| word.len() == 4 && digits(word) && !word.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_several_mails_is_told_from_one_that_talks_of_them() {
        let several = b"Subject: a\n\ntext\n\nFrom jan@acme.test Mon Oct  5 10:00:00 2026\nSubject: b\n\ntext\n";
        assert!(has_separator(several));
        assert!(!has_separator(b"Subject: a\n\nFrom Monday on, 5 Oct 10:00:00 2026 counts\nas agreed\n"));
    }

    #[test]
    fn only_a_dated_from_line_separates_mails() {
        assert!(is_separator(b"From anna@firma.pl Sat Nov 21 10:00:00 2026\n"));
        assert!(is_separator(b"From MAILER-DAEMON Sat Nov 21 10:00:00 2026 +0100\r\n"));
        assert!(!is_separator(b"From here on the price is 2026 zl net\n"));
        assert!(!is_separator(b"From: anna@firma.pl\n"));
    }
}

//! One connection's work: which folders are read, and one round over them.

use super::accept::Accepted;
use super::fetch::Share;
use super::filing;
use super::folder::Round;
use super::reader::Reader;
use crate::imap::{self, Limits, Listed, Session};
use crate::model::cursor::{Cursor, Role};
use crate::model::id::FolderId;
use crate::store;
use crate::store::folders::FolderRow;
use anyhow::{Context as _, Result};
use std::collections::HashSet;
use tokio::sync::mpsc;

/// Batches that wait between the wire and the blocking pool.
const WAITING: usize = 1;
/// A literal may be this much larger than the largest mail that is read whole.
const SPARE: u64 = 1 << 20;

/// A folder that is read, and its name on the wire.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its row.
    pub id: FolderId,
    /// Its name as the server writes it.
    pub raw_name: String,
    /// What it is for.
    pub role: Role,
    /// One of Standin's own: whatever lies in it was put there to be filed.
    pub filing: bool,
    /// Something in it may have changed. Always, but for Standin's own.
    pub due: bool,
}

/// Connects and signs in.
pub async fn connect(reader: &Reader) -> Result<Session> {
    let limits = Limits { max_literal: reader.max_size + SPARE, ..reader.limits };
    let session = imap::connect_telling(&reader.account.imap, &limits, &reader.protocol).await;
    session.with_context(|| format!("connecting to mailbox {}", reader.account.name))
}

/// Looks at the server's folders and keeps a row for each that is read: INBOX, Sent, and what is
/// configured. On a server with All Mail (Gmail) too: a mail under several labels is one message.
pub async fn folders(reader: &Reader, session: &mut Session) -> Result<Vec<Watched>> {
    let listed = session.folders().await.context("listing folders")?;
    let chosen = choose(&listed, &reader.account.folders, &reader.account.never_folders);
    let missing: Vec<&String> =
        reader.account.folders.iter().filter(|wanted| !chosen.iter().any(|l| l.path == **wanted)).collect();
    if !missing.is_empty() {
        tracing::warn!(mailbox = %reader.account.name, ?missing, "configured folders are not on the server");
    }
    reader.note_missing(missing.into_iter().cloned().collect());
    let context = &reader.intake.context;
    let ours = filing::watched(reader, session, &listed).await?;
    let chosen = chosen.into_iter().filter(|l| !ours.iter().any(|own| own.raw_name == l.raw));
    let mut tx = reader.intake.db.write().await?;
    let mut watched = Vec::new();
    for folder in chosen {
        let row = store::folders::ensure(&mut tx, context.mailbox, &folder.path, folder.role).await?;
        let raw_name = folder.raw.clone();
        watched.push(Watched { id: row.id, raw_name, role: folder.role, filing: false, due: true });
    }
    watched.extend(ours);
    let ids: Vec<FolderId> = watched.iter().map(|w| w.id).collect();
    store::folders::watch_only(&mut tx, context.mailbox, &ids).await?;
    tx.commit().await?;
    super::policy::strip(reader).await?;
    Ok(watched)
}

/// INBOX first, one Sent, then what is configured; never what the mailbox's policy excludes.
fn choose<'a>(listed: &'a [Listed], configured: &[String], never: &[String]) -> Vec<&'a Listed> {
    let excluded = |path: &str| never.iter().any(|folder| is_within(path, folder));
    let usable = || listed.iter().filter(|l| l.selectable && (l.role == Role::Inbox || !excluded(&l.path)));
    let inbox = usable().find(|l| l.role == Role::Inbox);
    let sent = usable().find(|l| l.role == Role::Sent);
    let more = configured.iter().filter_map(|wanted| usable().find(|l| l.path == *wanted));
    let mut seen = HashSet::new();
    inbox.into_iter().chain(sent).chain(more).filter(|l| seen.insert(l.path.as_str())).collect()
}

/// Whether a path is this folder or lies below it, whichever of the usual marks the server parts names by.
fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.', '\\']))
}

/// One round over folders: what is new is written down and read, batch by batch, while earlier
/// batches are taken in.
pub async fn round(reader: &Reader, session: &mut Session, folders: &[Watched], share: Share) -> Result<Accepted> {
    let (out, batches) = mpsc::channel(WAITING);
    let waiting = filing::waiting(reader, folders).await?;
    let fetching = async {
        // The channel closes when fetching ends, so that taking in ends too.
        let out = out;
        for folder in folders.iter().filter(|folder| folder.due || waiting.contains(&folder.id)) {
            let mut tx = reader.intake.db.read().await?;
            let row = store::folders::load(&mut tx, folder.id).await?;
            drop(tx);
            reader.beat();
            let mut round = Round { reader, session, folder, out: &out, share, handed: HashSet::new() };
            round.run(row).await.with_context(|| format!("reading folder {}", folder.id))?;
        }
        anyhow::Ok(())
    };
    // A task of its own, so that reading and deciding use two cores. If this round is given up, it
    // ends when the channel does.
    let intake = reader.intake.clone();
    let taking = tokio::spawn(async move { intake.take_in(batches).await });
    let fetched = fetching.await;
    // Where taking in failed, fetching failed after it, with less to say.
    let taken = taking.await.context("taking mail in")??;
    fetched?;
    Ok(taken)
}

/// Whether history is left to read in any of the folders.
pub async fn history_left(reader: &Reader) -> Result<bool> {
    let mut tx = reader.intake.db.read().await?;
    let rows = store::folders::watched(&mut tx, reader.intake.context.mailbox).await?;
    let open = |row: &FolderRow| match row.cursor {
        Cursor::Start => false,
        Cursor::At { backfill, .. } => backfill > row.floor,
    };
    Ok(rows.iter().any(open) || store::locations::history_pending(&mut tx, reader.intake.context.mailbox).await?)
}

//! One round over one folder: live windows first, then bodies, then history, then what is gone.
//!
//! Phase A writes down every UID of a window as a location and moves the cursor in the same
//! transaction, only after the server's tagged OK. Phase B reads bodies of what is pending. So a
//! cut cable, a kill or a lying server costs a repetition and never a mail (P1).

use super::fetch::{self, Share};
use super::policy;
use super::prepare::Found;
use super::reader::Reader;
use super::rematch;
use super::session::Watched;
use crate::imap::plan::{self, Step};
use crate::imap::{Session, Snapshot};
use crate::model::cursor::{Arrival, Cursor, LocationState, Seen, Why};
use crate::model::id::LocationId;
use crate::model::time::{DAY, HOUR, Timestamp};
use crate::store;
use crate::store::folders::FolderRow;
use anyhow::{Context as _, Result};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tokio::sync::mpsc::Sender;

/// UIDs compared with the server's in one command.
const SCAN: u32 = 10_000;
/// Windows of history that are written down before their bodies are read.
const WINDOWS: usize = 4;
/// UIDs are compared in full at least this often.
const SCAN_EVERY: i64 = DAY;
/// And this long after something seems to have gone.
const SCAN_SOON: i64 = HOUR / 4;

/// A folder under way.
pub struct Round<'a> {
    /// The mailbox.
    pub reader: &'a Reader,
    /// Its session.
    pub session: &'a mut Session,
    /// The folder.
    pub folder: &'a Watched,
    /// Where batches go.
    pub out: &'a Sender<Vec<Found>>,
    /// Which mail this connection takes.
    pub share: Share,
    /// Locations whose mails were handed on in this round.
    pub handed: HashSet<LocationId>,
}

impl Round<'_> {
    /// Opens the folder, takes note of what is new, reads bodies; then history, unless another
    /// connection does.
    pub async fn run(&mut self, folder: FolderRow) -> Result<()> {
        let snapshot = self.session.examine(&self.folder.raw_name).await?;
        let folder = self.numbering(folder, &snapshot).await?;
        let Cursor::At { epoch, .. } = folder.cursor else { return Ok(()) };
        if self.share != Share::History && !self.folder.filing {
            self.deepen(&folder, &snapshot, epoch).await?;
        }
        if self.share != Share::History {
            self.live(&folder, &snapshot, epoch).await?;
        }
        // Before any body is read, so that nothing comes in that is marked by now.
        policy::keywords(self.reader, self.session, &folder, epoch).await?;
        fetch::bodies(self.reader, self.session, &folder, epoch, self.share, self.out, &mut self.handed).await?;
        if self.share != Share::Live {
            self.history(&folder, snapshot.total, epoch).await?;
        }
        if self.share != Share::History {
            self.gone(&folder, &snapshot, epoch).await?;
        }
        Ok(())
    }

    /// Begins the folder's first numbering, or a new one if the server renumbered.
    async fn numbering(&mut self, folder: FolderRow, snapshot: &Snapshot) -> Result<FolderRow> {
        let epoch = match plan::plan(&folder.cursor, snapshot) {
            Step::Start => 1,
            Step::NewEpoch(reason) => {
                tracing::warn!(
                    folder = folder.id.0,
                    ?reason,
                    "the server renumbered a folder; it is read again, without duplicates"
                );
                match folder.cursor {
                    Cursor::At { epoch, .. } => epoch + 1,
                    Cursor::Start => 1,
                }
            }
            Step::Nothing | Step::Fetch { .. } => return Ok(folder),
        };
        let floor = self.floor(snapshot).await?;
        let db = &self.reader.intake.db;
        let mut tx = db.write().await?;
        self.reader.fenced(&mut tx).await?;
        store::folders::begin_epoch(&mut tx, folder.id, snapshot.validity, epoch, snapshot.end(), floor).await?;
        let folder = store::folders::load(&mut tx, folder.id).await?;
        tx.commit().await?;
        Ok(folder)
    }

    /// The lowest UID whose mail is young enough to be read.
    async fn floor(&mut self, snapshot: &Snapshot) -> Result<u32> {
        if snapshot.total == 0 {
            return Ok(snapshot.end());
        }
        // What somebody put there is read, however old it is.
        if self.folder.filing {
            return Ok(1);
        }
        let now = self.reader.intake.clock.now();
        self.first_since(now.plus(-i64::from(self.reader.backfill_days) * DAY), snapshot).await
    }

    /// The lowest UID of what came since then.
    async fn first_since(&mut self, since: Timestamp, snapshot: &Snapshot) -> Result<u32> {
        let day = since.to_utc().date_naive();
        let lowest = self.session.since_uid(day).await.context("looking for where history begins")?;
        Ok(lowest.unwrap_or(snapshot.end()))
    }

    /// Lets history go further back, where an admin asked for that since the last look.
    async fn deepen(&mut self, folder: &FolderRow, snapshot: &Snapshot, epoch: i64) -> Result<()> {
        let mut tx = self.reader.intake.db.read().await?;
        let Some(since) = store::folders::wanted_deeper(&mut tx, folder.id).await? else { return Ok(()) };
        drop(tx);
        let floor = if snapshot.total == 0 { snapshot.end() } else { self.first_since(since, snapshot).await? };
        let mut tx = self.reader.intake.db.write().await?;
        self.reader.fenced(&mut tx).await?;
        store::folders::deepen(&mut tx, folder.id, epoch, floor, since).await?;
        Ok(tx.commit().await?)
    }

    /// Phase A above the frontier.
    async fn live(&mut self, folder: &FolderRow, snapshot: &Snapshot, epoch: i64) -> Result<()> {
        let mut cursor = folder.cursor;
        // What was filed came long ago, to another folder: it is never answered.
        let arrival = if self.folder.filing { Arrival::Backlog(Why::Refetch) } else { Arrival::Live };
        while let Step::Fetch { live: (from, to) } = plan::plan(&cursor, snapshot) {
            let seen = self.session.survey(from, to).await.context("looking at new mail")?;
            let mut tx = self.reader.intake.db.write().await?;
            self.reader.fenced(&mut tx).await?;
            let now = self.reader.intake.clock.now();
            store::locations::insert_pending(&mut tx, folder.id, epoch, &seen, arrival, now).await?;
            store::folders::advance(&mut tx, folder.id, epoch, to.saturating_add(1)).await?;
            tx.commit().await?;
            cursor = plan::after(cursor, (from, to));
        }
        Ok(())
    }

    /// Phase A and B below the low mark, newest first, a few windows at a time.
    async fn history(&mut self, folder: &FolderRow, total: u32, epoch: i64) -> Result<()> {
        let why = if epoch > 1 { Why::Epoch } else { Why::Backfill };
        let Cursor::At { mut backfill, .. } = folder.cursor else { return Ok(()) };
        while backfill > folder.floor {
            let mut noted = Vec::new();
            for _ in 0..WINDOWS {
                let Some((from, to)) = plan::below_among(backfill, folder.floor, total) else { break };
                let mut seen = self.session.survey(from, to).await.context("looking at older mail")?;
                if epoch > 1 {
                    seen = rematch::known(self.reader, self.session, folder, epoch, seen, (from, to)).await?;
                }
                noted.append(&mut seen);
                backfill = from;
            }
            // One transaction for all of them: each waits for the batch that is being written.
            note_history(self.reader, folder, epoch, &noted, why, backfill).await?;
            policy::keywords(self.reader, self.session, folder, epoch).await?;
            fetch::bodies(self.reader, self.session, folder, epoch, self.share, self.out, &mut self.handed).await?;
        }
        Ok(())
    }

    /// Compares UIDs in full when the counts say that something went, and once a day.
    async fn gone(&mut self, folder: &FolderRow, snapshot: &Snapshot, epoch: i64) -> Result<()> {
        let now = self.reader.intake.clock.now();
        let mut tx = self.reader.intake.db.read().await?;
        let folder = store::folders::load(&mut tx, folder.id).await?;
        drop(tx);
        let came = snapshot.uid_next.saturating_sub(folder.uid_next);
        let fits = folder.uid_next > 0 && snapshot.total == folder.total.saturating_add(came);
        let since = folder.scanned_at.map_or(i64::MAX, |at| now.since(at));
        self.changes(&folder, snapshot, epoch).await?;
        let due = since >= SCAN_EVERY || (!fits && since >= SCAN_SOON);
        if due {
            self.scan(&folder, snapshot, epoch).await?;
        }
        let mut tx = self.reader.intake.db.write().await?;
        self.reader.fenced(&mut tx).await?;
        let modseq = snapshot.modseq.unwrap_or(0);
        let scanned = due.then_some(now);
        store::folders::snapshot(&mut tx, folder.id, snapshot.total, snapshot.uid_next, modseq, scanned).await?;
        Ok(tx.commit().await?)
    }

    /// What changed since the last look, where the server keeps count (CONDSTORE): flags, and with
    /// QRESYNC which mails went. Without it the counts and the daily comparison find them.
    async fn changes(&mut self, folder: &FolderRow, snapshot: &Snapshot, epoch: i64) -> Result<()> {
        let newer = snapshot.modseq.is_some_and(|modseq| folder.modseq > 0 && modseq > folder.modseq);
        if !newer || !self.session.capabilities().condstore {
            return Ok(());
        }
        let changes = self.session.changed(folder.modseq).await.context("asking what changed")?;
        let now = self.reader.intake.clock.now();
        let mut tx = self.reader.intake.db.write().await?;
        self.reader.fenced(&mut tx).await?;
        store::locations::set_flags(&mut tx, folder.id, epoch, &changes.flags).await?;
        for range in changes.vanished.iter().flatten() {
            store::locations::vanished(&mut tx, folder.id, epoch, *range.start(), *range.end(), now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Windows of UIDs: what the server does not show any more is gone, what it shows and nobody
    /// wrote down, or was taken for gone, becomes pending. If a great part seems to be gone at once, nothing is touched:
    /// a server that answers wrongly is likelier than a person who deletes everything.
    async fn scan(&mut self, folder: &FolderRow, snapshot: &Snapshot, epoch: i64) -> Result<()> {
        let Cursor::At { frontier, backfill, .. } = folder.cursor else { return Ok(()) };
        let (mut gone, mut known, mut unseen): (Vec<LocationId>, usize, BTreeSet<u32>) = Default::default();
        let mut back: Vec<LocationId> = Vec::new();
        let mut from = backfill.max(folder.floor);
        while from < frontier.min(snapshot.end()) {
            let to = from.saturating_add(SCAN - 1).min(frontier - 1);
            let shown: BTreeSet<u32> = self.session.uids(from, to).await?.into_iter().collect();
            let mut tx = self.reader.intake.db.read().await?;
            let rows = store::locations::states(&mut tx, folder.id, epoch, from, to).await?;
            drop(tx);
            let ours: BTreeMap<u32, LocationId> = rows.iter().map(|(id, uid, _)| (*uid, *id)).collect();
            known += rows.iter().filter(|(_, _, state)| *state != LocationState::Gone).count();
            gone.extend(
                rows.iter()
                    .filter(|(_, uid, state)| *state != LocationState::Gone && !shown.contains(uid))
                    .map(|(id, _, _)| *id),
            );
            let is_back = |uid: &u32, state: &LocationState| *state == LocationState::Gone && shown.contains(uid);
            back.extend(rows.iter().filter(|(_, uid, state)| is_back(uid, state)).map(|(id, _, _)| *id));
            unseen.extend(shown.into_iter().filter(|uid| !ours.contains_key(uid)));
            from = to.saturating_add(1);
        }
        self.note_unseen(folder, epoch, &unseen).await?;
        if !back.is_empty() {
            let mut tx = self.reader.intake.db.write().await?;
            self.reader.fenced(&mut tx).await?;
            store::locations::back(&mut tx, &back).await?;
            tx.commit().await?;
        }
        if gone.len() > 20 && gone.len() * 10 > known * 3 {
            tracing::warn!(
                folder = folder.id.0,
                gone = gone.len(),
                of = known,
                "the server shows far fewer mails than before; nothing was marked as gone"
            );
            return Ok(());
        }
        let mut tx = self.reader.intake.db.write().await?;
        self.reader.fenced(&mut tx).await?;
        store::locations::gone(&mut tx, &gone, self.reader.intake.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// UIDs that the server shows inside what is accounted for, and nobody wrote down: a server
    /// that showed them late. They are read as history.
    async fn note_unseen(&mut self, folder: &FolderRow, epoch: i64, unseen: &BTreeSet<u32>) -> Result<()> {
        for uid in unseen {
            let seen = self.session.survey(*uid, *uid).await?;
            let mut tx = self.reader.intake.db.write().await?;
            self.reader.fenced(&mut tx).await?;
            let now = self.reader.intake.clock.now();
            let arrival = Arrival::Backlog(Why::Refetch);
            store::locations::insert_pending(&mut tx, folder.id, epoch, &seen, arrival, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

async fn note_history(
    reader: &Reader,
    folder: &FolderRow,
    epoch: i64,
    seen: &[Seen],
    why: Why,
    low: u32,
) -> Result<()> {
    let mut tx = reader.intake.db.write().await?;
    reader.fenced(&mut tx).await?;
    let now = reader.intake.clock.now();
    store::locations::insert_pending(&mut tx, folder.id, epoch, seen, Arrival::Backlog(why), now).await?;
    store::folders::descend(&mut tx, folder.id, epoch, low).await?;
    Ok(tx.commit().await?)
}

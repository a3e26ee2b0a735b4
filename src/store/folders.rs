//! Folders: their cursors and the snapshots taken before each scan.

use super::{Result, StoreError, Tx};
use crate::model::cursor::{Cursor, Role};
use crate::model::id::{FolderId, MailboxId};
use crate::model::time::Timestamp;

/// A folder's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderRow {
    /// Its id.
    pub id: FolderId,
    /// Its decoded path.
    pub path: String,
    /// What it is for.
    pub role: Role,
    /// How far it has been read.
    pub cursor: Cursor,
    /// Backfill ends here: no UID below it is read.
    pub floor: u32,
    /// HIGHESTMODSEQ up to which flags are known; 0: unknown.
    pub modseq: u64,
    /// MESSAGES of the last finished scan.
    pub total: u32,
    /// UIDNEXT of the last finished scan.
    pub uid_next: u32,
    /// When UIDs were last compared in full.
    pub scanned_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Raw {
    id: i64,
    path: String,
    role: String,
    validity: Option<i64>,
    epoch: i64,
    frontier: i64,
    backfill: i64,
    backfill_floor: i64,
    modseq: i64,
    total: i64,
    uid_next: i64,
    scanned_at: Option<i64>,
}

fn row(raw: Raw) -> Result<FolderRow> {
    let bad = |column| StoreError::BadRow { table: "folders", id: raw.id, column };
    let uid = |value: i64, column| u32::try_from(value).map_err(|_| bad(column));
    let cursor = match raw.validity {
        None => Cursor::Start,
        Some(validity) => Cursor::At {
            validity: uid(validity, "validity")?,
            epoch: raw.epoch,
            frontier: uid(raw.frontier, "frontier")?,
            backfill: uid(raw.backfill, "backfill")?,
        },
    };
    Ok(FolderRow {
        id: FolderId(raw.id),
        role: Role::from_word(&raw.role).ok_or_else(|| bad("role"))?,
        cursor,
        floor: uid(raw.backfill_floor, "backfill_floor")?,
        modseq: u64::try_from(raw.modseq).unwrap_or(0),
        total: uid(raw.total, "total")?,
        uid_next: uid(raw.uid_next, "uid_next")?,
        scanned_at: raw.scanned_at.map(Timestamp),
        path: raw.path,
    })
}

/// Makes or updates the row of a folder to watch.
pub async fn ensure(tx: &mut Tx, mailbox: MailboxId, path: &str, role: Role) -> Result<FolderRow> {
    let raw: Raw = one!(
        tx,
        "insert into folders (mailbox_id, path, role, watched) values ($1, $2, $3, true) \
         on conflict (mailbox_id, path) do update set role = excluded.role, watched = true \
         returning id, path, role, validity, epoch, frontier, backfill, backfill_floor, modseq, total, uid_next, \
         scanned_at",
        mailbox.0,
        path,
        role.word()
    )?;
    row(raw)
}

/// Makes the row of an archive: a folder that no server has, so it is never watched.
pub async fn ensure_archive(tx: &mut Tx, mailbox: MailboxId, path: &str, epoch: i64) -> Result<FolderId> {
    let (id,): (i64,) = one!(
        tx,
        "insert into folders (mailbox_id, path, role, watched, validity, epoch) values ($1, $2, 'other', false, 1, $3) \
         on conflict (mailbox_id, path) do update set epoch = excluded.epoch returning id",
        mailbox.0,
        path,
        epoch
    )?;
    Ok(FolderId(id))
}

/// The folders of a mailbox that are read, INBOX first.
pub async fn watched(tx: &mut Tx, mailbox: MailboxId) -> Result<Vec<FolderRow>> {
    let rows: Vec<Raw> = all!(
        tx,
        "select id, path, role, validity, epoch, frontier, backfill, backfill_floor, modseq, total, uid_next, \
         scanned_at from folders where mailbox_id = $1 and watched order by case role when 'inbox' then 0 when 'sent' \
         then 1 else 2 end, path",
        mailbox.0
    )?;
    rows.into_iter().map(row).collect()
}

/// One folder again.
pub async fn load(tx: &mut Tx, id: FolderId) -> Result<FolderRow> {
    let raw: Raw = one!(
        tx,
        "select id, path, role, validity, epoch, frontier, backfill, backfill_floor, modseq, total, uid_next, \
         scanned_at from folders where id = $1",
        id.0
    )?;
    row(raw)
}

/// Stops watching folders that are configured no more; their mail stays.
pub async fn watch_only(tx: &mut Tx, mailbox: MailboxId, keep: &[FolderId]) -> Result<()> {
    run!(
        tx,
        "update folders set watched = false where mailbox_id = $1 and watched and id not in \
         (select cast(value as bigint) from json_each($2))",
        mailbox.0,
        super::list(keep.iter().map(|f| f.0))
    )?;
    Ok(())
}

/// Starts a numbering: the first, or a new one after the server renumbered (a new epoch). The
/// frontier is the server's next UID; everything below is backfill down to `floor`.
pub async fn begin_epoch(
    tx: &mut Tx,
    id: FolderId,
    validity: u32,
    epoch: i64,
    uid_next: u32,
    floor: u32,
) -> Result<()> {
    let next = i64::from(uid_next.max(1));
    run!(
        tx,
        "update folders set validity = $1, epoch = $2, frontier = $3, backfill = $3, backfill_floor = $4, modseq = 0, \
         total = 0, uid_next = 0, scanned_at = null where id = $5",
        i64::from(validity),
        epoch,
        next,
        i64::from(floor.max(1)).min(next),
        id.0
    )?;
    // What the old numbering left open cannot be fetched any more; the new one shows it again.
    run!(
        tx,
        "update locations set state = 'gone' where folder_id = $1 and epoch < $2 and state <> 'gone'",
        id.0,
        epoch
    )?;
    Ok(())
}

/// Moves the frontier, after every UID below it was written down as a location.
pub async fn advance(tx: &mut Tx, id: FolderId, epoch: i64, frontier: u32) -> Result<()> {
    run!(
        tx,
        "update folders set frontier = $1 where id = $2 and epoch = $3 and frontier < $1",
        i64::from(frontier),
        id.0,
        epoch
    )?;
    Ok(())
}

/// Moves the low mark of backfill.
pub async fn descend(tx: &mut Tx, id: FolderId, epoch: i64, backfill: u32) -> Result<()> {
    run!(
        tx,
        "update folders set backfill = $1 where id = $2 and epoch = $3 and backfill > $1",
        i64::from(backfill),
        id.0,
        epoch
    )?;
    Ok(())
}

/// How far back a folder is to be read that was not read as far yet, where somebody asked for that.
pub async fn wanted_deeper(tx: &mut Tx, id: FolderId) -> Result<Option<Timestamp>> {
    let wanted: Option<(i64,)> = maybe!(
        tx,
        "select b.history_since from folders f join mailboxes b on b.id = f.mailbox_id \
         where f.id = $1 and f.validity is not null and b.history_since is not null \
         and (f.history_since is null or f.history_since > b.history_since)",
        id.0
    )?;
    Ok(wanted.map(|(since,)| Timestamp(since)))
}

/// Lets backfill go down to `floor`, which is where what came since `since` begins; never up.
pub async fn deepen(tx: &mut Tx, id: FolderId, epoch: i64, floor: u32, since: Timestamp) -> Result<()> {
    run!(
        tx,
        "update folders set history_since = $4, \
         backfill_floor = case when backfill_floor > $3 then $3 else backfill_floor end where id = $1 and epoch = $2",
        id.0,
        epoch,
        i64::from(floor.max(1)),
        since.0
    )?;
    Ok(())
}

/// Writes down the snapshot that was taken before a scan which is now finished.
pub async fn snapshot(
    tx: &mut Tx,
    id: FolderId,
    total: u32,
    uid_next: u32,
    modseq: u64,
    scanned_at: Option<Timestamp>,
) -> Result<()> {
    run!(
        tx,
        "update folders set total = $1, uid_next = $2, modseq = $3, scanned_at = coalesce($4, scanned_at) where id = $5",
        i64::from(total),
        i64::from(uid_next),
        i64::try_from(modseq).unwrap_or(0),
        scanned_at.map(|t| t.0),
        id.0
    )?;
    Ok(())
}

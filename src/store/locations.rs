//! Locations: one row for every copy that a server showed, in exactly one state (P1).

use super::bulk::{insert_many, update_many};
use super::keys::Key;
use super::{Result, StoreError, Tx, list};
use crate::model::cursor::{Arrival, LocationState, Role, Seen};
use crate::model::id::{FolderId, LocationId, MailId, MailboxId};
use crate::model::time::Timestamp;

/// A location whose body is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its row.
    pub id: LocationId,
    /// Where in the folder.
    pub uid: u32,
    /// What the server says it measures.
    pub size: u64,
    /// How it came.
    pub arrival: Arrival,
    /// INTERNALDATE.
    pub internal_at: Option<Timestamp>,
    /// Flags, as first seen.
    pub flags: Vec<String>,
    /// How often it was tried.
    pub attempts: u32,
}

/// What became of a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The location.
    pub id: LocationId,
    /// Its message, if one is stored.
    pub mail: Option<MailId>,
    /// Keyed hash of Message-ID, From and Date.
    pub copy_key: Key,
}

/// Writes down copies as pending; those already known stay as they are.
pub async fn insert_pending(
    tx: &mut Tx,
    folder: FolderId,
    epoch: i64,
    seen: &[Seen],
    arrival: Arrival,
    now: Timestamp,
) -> Result<()> {
    let rows = seen
        .iter()
        .map(|s| {
            vec![
                folder.0.into(),
                epoch.into(),
                i64::from(s.uid).into(),
                "pending".into(),
                arrival.word().into(),
                i64::try_from(s.size).unwrap_or(i64::MAX).into(),
                s.internal_date.map(|t| t.0).into(),
                s.flags.join(" ").into(),
                s.modseq.and_then(|m| i64::try_from(m).ok()).unwrap_or(0).into(),
                now.0.into(),
            ]
        })
        .collect();
    insert_many(
        tx,
        "locations (folder_id, epoch, uid, state, arrival, size, internal_at, flags, modseq, seen_at)",
        "on conflict (folder_id, epoch, uid) do nothing",
        rows,
    )
    .await
}

#[derive(sqlx::FromRow)]
struct PendingRow {
    id: i64,
    uid: i64,
    size: i64,
    arrival: String,
    internal_at: Option<i64>,
    flags: String,
    attempts: i64,
}

/// Pending locations of a folder below a UID whose time has come, newest first.
pub async fn pending(
    tx: &mut Tx,
    folder: FolderId,
    epoch: i64,
    below: u32,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Pending>> {
    let rows: Vec<PendingRow> = all!(
        tx,
        "select id, uid, size, arrival, internal_at, flags, attempts from locations \
         where folder_id = $1 and epoch = $2 and state = 'pending' and uid < $3 and next_try_at <= $4 \
         order by uid desc limit $5",
        folder.0,
        epoch,
        i64::from(below),
        now.0,
        limit
    )?;
    rows.into_iter()
        .map(|r| {
            let bad = |column| StoreError::BadRow { table: "locations", id: r.id, column };
            Ok(Pending {
                id: LocationId(r.id),
                uid: u32::try_from(r.uid).map_err(|_| bad("uid"))?,
                size: u64::try_from(r.size).unwrap_or(0),
                arrival: Arrival::from_word(&r.arrival).ok_or_else(|| bad("arrival"))?,
                internal_at: r.internal_at.map(Timestamp),
                flags: r.flags.split(' ').filter(|f| !f.is_empty()).map(str::to_owned).collect(),
                attempts: u32::try_from(r.attempts).unwrap_or(0),
            })
        })
        .collect()
}

/// Whether history that was written down still waits for its bodies.
pub async fn history_pending(tx: &mut Tx, mailbox: MailboxId) -> Result<bool> {
    let (left,): (bool,) = one!(
        tx,
        "select exists (select 1 from locations l join folders f on f.id = l.folder_id where f.mailbox_id = $1 \
         and f.watched and l.epoch = f.epoch and l.state = 'pending' and l.arrival in ('backfill', 'epoch'))",
        mailbox.0
    )?;
    Ok(left)
}

/// When the next pending location of a mailbox that waits for another try is due.
pub async fn next_try(tx: &mut Tx, mailbox: MailboxId) -> Result<Option<Timestamp>> {
    let (at,): (Option<i64>,) = one!(
        tx,
        "select min(l.next_try_at) from locations l join folders f on f.id = l.folder_id \
         where f.mailbox_id = $1 and f.watched and l.epoch = f.epoch and l.state = 'pending'",
        mailbox.0
    )?;
    Ok(at.map(Timestamp))
}

/// Settles locations: stored with their message, or unmatched.
pub async fn settle(tx: &mut Tx, settled: &[Settled], now: Timestamp) -> Result<()> {
    let (stored, unmatched): (Vec<&Settled>, Vec<&Settled>) = settled.iter().partition(|s| s.mail.is_some());
    let row = |s: &&Settled| vec![s.id.0.into(), s.copy_key.into(), now.0.into(), s.mail.map(|m| m.0).into()];
    update_many(
        tx,
        "locations set state = 'stored', copy_key = v.column2, settled_at = v.column3, mail_id = v.column4, error = null",
        "locations.id = v.column1",
        stored.iter().map(row).collect(),
    )
    .await?;
    update_many(
        tx,
        "locations set state = 'unmatched', copy_key = v.column2, settled_at = v.column3, mail_id = null, error = null",
        "locations.id = v.column1",
        unmatched.iter().map(|s| vec![s.id.0.into(), s.copy_key.into(), now.0.into()]).collect(),
    )
    .await
}

/// A place of a renumbered folder whose message is known.
#[derive(Clone, Debug)]
pub struct Rematched {
    /// The place.
    pub seen: Seen,
    /// Its message.
    pub mail: MailId,
    /// Keyed hash of Message-ID, From and Date.
    pub copy_key: Key,
}

/// Writes down places whose messages are known, as stored.
pub async fn insert_rematched(
    tx: &mut Tx,
    folder: FolderId,
    epoch: i64,
    places: &[Rematched],
    arrival: Arrival,
    now: Timestamp,
) -> Result<()> {
    let rows = places
        .iter()
        .map(|p| {
            vec![
                folder.0.into(),
                epoch.into(),
                i64::from(p.seen.uid).into(),
                "stored".into(),
                p.mail.0.into(),
                arrival.word().into(),
                i64::try_from(p.seen.size).unwrap_or(i64::MAX).into(),
                p.seen.internal_date.map(|t| t.0).into(),
                p.seen.flags.join(" ").into(),
                p.copy_key.into(),
                now.0.into(),
            ]
        })
        .collect();
    insert_many(
        tx,
        "locations (folder_id, epoch, uid, state, mail_id, arrival, size, internal_at, flags, copy_key, seen_at)",
        "on conflict (folder_id, epoch, uid) do nothing",
        rows,
    )
    .await
}

/// Notes that reading a body failed; it is tried again at `next`, or is failed for good.
pub async fn failed_try(tx: &mut Tx, id: LocationId, error: &str, next: Option<Timestamp>) -> Result<()> {
    run!(
        tx,
        "update locations set attempts = attempts + 1, error = $1, next_try_at = $2, \
         state = case when cast($3 as boolean) then 'failed' else 'pending' end where id = $4 and state = 'pending'",
        error,
        next.map_or(0, |t| t.0),
        next.is_none(),
        id.0
    )?;
    Ok(())
}

/// Keeps the bytes of a mail that could not be stored, with its error.
pub async fn keep_failed(tx: &mut Tx, id: LocationId, packed: &[u8], error: &str, expires: Timestamp) -> Result<()> {
    run!(
        tx,
        "insert into failed_raws (location_id, bytes, expires_at) values ($1, $2, $3) \
         on conflict (location_id) do update set bytes = excluded.bytes, expires_at = excluded.expires_at",
        id.0,
        packed,
        expires.0
    )?;
    run!(tx, "update locations set state = 'failed', error = $1, attempts = attempts + 1 where id = $2", error, id.0)?;
    Ok(())
}

/// Locations that the server does not show any more.
pub async fn gone(tx: &mut Tx, ids: &[LocationId], now: Timestamp) -> Result<()> {
    run!(
        tx,
        "update locations set state = 'gone', settled_at = $1 where id in (select cast(value as bigint) from json_each($2))",
        now.0,
        list(ids.iter().map(|i| i.0))
    )?;
    Ok(())
}

/// Places in a range of UIDs that the server says are gone (VANISHED, RFC 7162).
pub async fn vanished(tx: &mut Tx, folder: FolderId, epoch: i64, from: u32, to: u32, now: Timestamp) -> Result<u64> {
    Ok(run!(
        tx,
        "update locations set state = 'gone', settled_at = $1 where folder_id = $2 and epoch = $3 \
         and uid between $4 and $5 and state <> 'gone'",
        now.0,
        folder.0,
        epoch,
        i64::from(from),
        i64::from(to)
    )?)
}

/// Flags and MODSEQ as the server has them now, by UID; places that are not known are passed over.
pub async fn set_flags(
    tx: &mut Tx,
    folder: FolderId,
    epoch: i64,
    flags: &[(u32, Vec<String>, Option<u64>)],
) -> Result<()> {
    let rows = flags
        .iter()
        .map(|(uid, flags, modseq)| {
            let modseq = modseq.and_then(|m| i64::try_from(m).ok()).unwrap_or(0);
            vec![folder.0.into(), epoch.into(), i64::from(*uid).into(), flags.join(" ").into(), modseq.into()]
        })
        .collect();
    update_many(
        tx,
        "locations set flags = v.column4, modseq = v.column5",
        "locations.folder_id = v.column1 and locations.epoch = v.column2 and locations.uid = v.column3",
        rows,
    )
    .await
}

/// Locations that were taken for gone and that the server shows: they are read again.
pub async fn back(tx: &mut Tx, ids: &[LocationId]) -> Result<()> {
    run!(
        tx,
        "update locations set state = 'pending', arrival = 'refetch', attempts = 0, next_try_at = 0, settled_at = null, \
         error = null where state = 'gone' and id in (select cast(value as bigint) from json_each($1))",
        list(ids.iter().map(|i| i.0))
    )?;
    Ok(())
}

/// UIDs of a folder's current numbering with their state, in a range.
pub async fn states(
    tx: &mut Tx,
    folder: FolderId,
    epoch: i64,
    from: u32,
    to: u32,
) -> Result<Vec<(LocationId, u32, LocationState)>> {
    let rows: Vec<(i64, i64, String)> = all!(
        tx,
        "select id, uid, state from locations where folder_id = $1 and epoch = $2 and uid between $3 and $4 order by uid",
        folder.0,
        epoch,
        i64::from(from),
        i64::from(to)
    )?;
    rows.into_iter()
        .map(|(id, uid, state)| {
            let bad = |column| StoreError::BadRow { table: "locations", id, column };
            let state = LocationState::from_word(&state).ok_or_else(|| bad("state"))?;
            Ok((LocationId(id), u32::try_from(uid).map_err(|_| bad("uid"))?, state))
        })
        .collect()
}

/// How many locations of a folder's numbering the server should still show.
pub async fn alive(tx: &mut Tx, folder: FolderId, epoch: i64) -> Result<i64> {
    let (count,): (i64,) = one!(
        tx,
        "select count(*) from locations where folder_id = $1 and epoch = $2 and state <> 'gone'",
        folder.0,
        epoch
    )?;
    Ok(count)
}

/// Stored messages and unmatched places that a renumbered folder may show again, by copy key, with
/// the size under which they were shown. Only exactly one candidate message counts.
pub async fn by_copy_key(tx: &mut Tx, folder: FolderId, keys: &[Key]) -> Result<Vec<(Key, Option<MailId>, u64)>> {
    let rows: Vec<(i64, Option<i64>, i64)> = all!(
        tx,
        "select distinct copy_key, mail_id, size from locations where folder_id = $1 and copy_key in \
         (select cast(value as bigint) from json_each($2))",
        folder.0,
        list(keys.iter().copied())
    )?;
    let size = |size| u64::try_from(size).unwrap_or(0);
    Ok(rows.into_iter().map(|(key, mail, octets)| (key, mail.map(MailId), size(octets))).collect())
}

/// Keeps the keyed hashes of what unstored mails name (P9).
pub async fn insert_unmatched_keys(tx: &mut Tx, keys: &[(LocationId, &'static str, Key)]) -> Result<()> {
    let rows = keys.iter().map(|(id, what, key)| vec![(*key).into(), (*what).into(), id.0.into()]).collect();
    insert_many(tx, "unmatched_keys (key, what, location_id)", "on conflict do nothing", rows).await
}

/// Unmatched mail that names one of these message ids is read again: a thread it belongs to has
/// become known (P3). Gives how many.
pub async fn repend_ids(tx: &mut Tx, keys: &[Key]) -> Result<u64> {
    let keys = list(keys.iter().copied());
    let touched = run!(
        tx,
        "update locations set state = 'pending', next_try_at = 0 where state = 'unmatched' and id in \
         (select u.location_id from unmatched_keys u join json_each($1) k on u.key = cast(k.value as bigint) \
          where u.what = 'i') and exists (select 1 from folders f where f.id = locations.folder_id and f.epoch = locations.epoch)",
        keys
    )?;
    Ok(touched)
}

/// Unmatched copies of messages that are stored by now are read again: only another copy said that
/// they concern a record. Gives how many.
pub async fn repend_copies(tx: &mut Tx, keys: &[Key]) -> Result<u64> {
    let touched = run!(
        tx,
        "update locations set state = 'pending', next_try_at = 0 where state = 'unmatched' and copy_key in \
         (select cast(value as bigint) from json_each($1)) \
         and exists (select 1 from folders f where f.id = locations.folder_id and f.epoch = locations.epoch)",
        list(keys.iter().copied())
    )?;
    Ok(touched)
}

/// Forgets the hashes of locations that are stored now.
pub async fn drop_unmatched_keys(tx: &mut Tx, ids: &[LocationId]) -> Result<()> {
    run!(
        tx,
        "delete from unmatched_keys where location_id in (select cast(value as bigint) from json_each($1))",
        list(ids.iter().map(|i| i.0))
    )?;
    Ok(())
}

/// How many locations of a mailbox are in each state, per folder path.
pub async fn tally(tx: &mut Tx, mailbox: MailboxId) -> Result<Vec<(String, String, i64)>> {
    Ok(all!(
        tx,
        "select f.path, l.state, count(*) from locations l join folders f on f.id = l.folder_id \
         where f.mailbox_id = $1 and l.epoch = f.epoch group by f.path, l.state order by f.path, l.state",
        mailbox.0
    )?)
}

/// The folder's role of a location's folder, for decisions about notices (R7).
pub async fn role_of(tx: &mut Tx, folder: FolderId) -> Result<Option<Role>> {
    let found: Option<(String,)> = maybe!(tx, "select role from folders where id = $1", folder.0)?;
    Ok(found.and_then(|(word,)| Role::from_word(&word)))
}

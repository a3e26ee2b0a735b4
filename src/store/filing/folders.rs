//! Standin's folders in people's mailboxes, and the mailboxes in which they are wanted.

use crate::model::filing::{Purpose, Standing};
use crate::model::id::{FolderId, MailboxId, RecordId, UserId};
use crate::model::time::Timestamp;
use crate::store::{Result, StoreError, Tx, list};

/// A folder of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilingFolder {
    /// Its row.
    pub id: i64,
    /// What a mail in it means.
    pub purpose: Purpose,
    /// Its path on the server.
    pub path: String,
    /// Where it is being moved to.
    pub next_path: Option<String>,
    /// Its UIDVALIDITY.
    pub validity: Option<u32>,
    /// How it stands.
    pub standing: Standing,
    /// The user gave it its name.
    pub own_name: bool,
    /// As it is read.
    pub folder: Option<FolderId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    what: String,
    record_id: Option<i64>,
    path: String,
    next_path: Option<String>,
    validity: Option<i64>,
    state: String,
    own_name: bool,
    folder_id: Option<i64>,
}

fn folder(row: Row) -> Result<FilingFolder> {
    let bad = |column| StoreError::BadRow { table: "filing_folders", id: row.id, column };
    Ok(FilingFolder {
        id: row.id,
        purpose: match (row.what.as_str(), row.record_id) {
            ("file", _) => Purpose::File,
            ("ignore", _) => Purpose::Ignore,
            ("unknown", _) => Purpose::Unknown,
            ("record", Some(record)) => Purpose::Record(RecordId(record)),
            _ => return Err(bad("what")),
        },
        path: row.path,
        next_path: row.next_path,
        validity: row.validity.and_then(|v| u32::try_from(v).ok()),
        standing: Standing::from_word(&row.state).ok_or_else(|| bad("state"))?,
        own_name: row.own_name,
        folder: row.folder_id.map(FolderId),
    })
}

macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select id, what, record_id, path, next_path, validity, state, own_name, folder_id from filing_folders ",
            $rest
        )
    };
}

/// The folders of a mailbox, oldest first.
pub async fn of(tx: &mut Tx, mailbox: MailboxId) -> Result<Vec<FilingFolder>> {
    let rows: Vec<Row> = all!(tx, columns!("where mailbox_id = $1 order by id"), mailbox.0)?;
    rows.into_iter().map(folder).collect()
}

/// Those of these folders, as they are read, that are ours.
pub async fn among(tx: &mut Tx, folders: &[FolderId]) -> Result<Vec<FilingFolder>> {
    let rows: Vec<Row> = all!(
        tx,
        columns!(
            "where folder_id in (select cast(value as bigint) from json_each($1)) and state in ('there', 'retired')"
        ),
        list(folders.iter().map(|f| f.0))
    )?;
    rows.into_iter().map(folder).collect()
}

/// Writes a folder down that is to be made, or was found.
pub async fn insert(
    tx: &mut Tx,
    mailbox: MailboxId,
    purpose: Purpose,
    path: &str,
    standing: Standing,
    now: Timestamp,
) -> Result<i64> {
    let (id,): (i64,) = one!(
        tx,
        "insert into filing_folders (mailbox_id, what, record_id, path, state, at) values ($1, $2, $3, $4, $5, $6) \
         returning id",
        mailbox.0,
        purpose.word(),
        purpose.record().map(|r| r.0),
        path,
        standing.word(),
        now.0
    )?;
    Ok(id)
}

/// Writes down how a folder stands now.
pub async fn update(tx: &mut Tx, f: &FilingFolder) -> Result<()> {
    run!(
        tx,
        "update filing_folders set path = $2, next_path = $3, validity = $4, state = $5, own_name = $6, folder_id = $7 \
         where id = $1",
        f.id,
        f.path.as_str(),
        f.next_path.as_deref(),
        f.validity.map(i64::from),
        f.standing.word(),
        f.own_name,
        f.folder.map(|f| f.0)
    )?;
    Ok(())
}

/// Forgets a folder that is not there any more, or not ours any more.
pub async fn forget(tx: &mut Tx, id: i64) -> Result<()> {
    run!(tx, "delete from filing_folders where id = $1", id)?;
    Ok(())
}

/// The folder as it is read has another path now: what is known of its mails goes along. If something
/// was known under that path before, that is left alone under a name that no server has.
pub async fn moved(tx: &mut Tx, mailbox: MailboxId, folder: FolderId, path: &str) -> Result<()> {
    run!(
        tx,
        "update folders set path = 'former:' || cast(id as text) || ':' || path, watched = false \
         where mailbox_id = $1 and path = $2 and id <> $3",
        mailbox.0,
        path,
        folder.0
    )?;
    run!(tx, "update folders set path = $2 where id = $1", folder.0, path)?;
    Ok(())
}

/// Whether folders are wanted in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// False: what is empty is still to be taken away.
    pub on: bool,
    /// Who asked for that, and when.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// What went wrong at the last try.
    pub trouble: Option<String>,
}

type WantedRow = (i64, bool, Option<i64>, i64, Option<String>);

fn wanted_row((mailbox, on, by, at, trouble): WantedRow) -> Wanted {
    Wanted { mailbox: MailboxId(mailbox), on, by: by.map(UserId), at: Timestamp(at), trouble }
}

/// Whether folders are wanted in this mailbox; none where they never were, or all is taken away.
pub async fn wanted(tx: &mut Tx, mailbox: MailboxId) -> Result<Option<Wanted>> {
    let row: Option<WantedRow> = maybe!(
        tx,
        "select mailbox_id, wanted, by_user_id, at, trouble from filing_mailboxes where mailbox_id = $1",
        mailbox.0
    )?;
    Ok(row.map(wanted_row))
}

/// Every mailbox in which folders are wanted, or still to be taken away.
pub async fn all_wanted(tx: &mut Tx) -> Result<Vec<Wanted>> {
    let rows: Vec<WantedRow> =
        all!(tx, "select mailbox_id, wanted, by_user_id, at, trouble from filing_mailboxes order by mailbox_id")?;
    Ok(rows.into_iter().map(wanted_row).collect())
}

/// Says whether folders are wanted.
pub async fn want(tx: &mut Tx, mailbox: MailboxId, on: bool, by: Option<UserId>, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "insert into filing_mailboxes (mailbox_id, wanted, by_user_id, at) values ($1, $2, $3, $4) \
         on conflict (mailbox_id) do update set wanted = excluded.wanted, by_user_id = excluded.by_user_id, \
         at = excluded.at, trouble = null",
        mailbox.0,
        on,
        by.map(|u| u.0),
        now.0
    )?;
    Ok(())
}

/// All is taken away.
pub async fn unwant(tx: &mut Tx, mailbox: MailboxId) -> Result<()> {
    run!(tx, "delete from filing_mailboxes where mailbox_id = $1 and not wanted", mailbox.0)?;
    Ok(())
}

/// Notes what went wrong, or that nothing did.
pub async fn note_trouble(tx: &mut Tx, mailbox: MailboxId, trouble: Option<&str>) -> Result<()> {
    run!(tx, "update filing_mailboxes set trouble = $2 where mailbox_id = $1", mailbox.0, trouble)?;
    Ok(())
}

/// Has a folder made again that the user removed.
pub async fn recall(tx: &mut Tx, user: UserId, record: RecordId) -> Result<()> {
    run!(
        tx,
        "delete from filing_folders where record_id = $2 and state = 'dismissed' and mailbox_id in \
         (select id from mailboxes where user_id = $1)",
        user.0,
        record.0
    )?;
    Ok(())
}

/// Those of these folders in which bodies wait to be read.
pub async fn with_pending(tx: &mut Tx, folders: &[FolderId], now: Timestamp) -> Result<Vec<FolderId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select f.id from folders f where f.id in (select cast(value as bigint) from json_each($1)) and exists \
         (select 1 from locations l where l.folder_id = f.id and l.epoch = f.epoch and l.state = 'pending' \
          and l.next_try_at <= $2)",
        list(folders.iter().map(|f| f.0)),
        now.0
    )?;
    Ok(rows.into_iter().map(|(id,)| FolderId(id)).collect())
}

/// How many mails in our folders of a mailbox carry a keyword that means "never", so that their filing is
/// not looked at.
pub async fn kept_out(tx: &mut Tx, mailbox: MailboxId) -> Result<i64> {
    let (count,): (i64,) = one!(
        tx,
        "select count(*) from filing_folders f join locations l on l.folder_id = f.folder_id \
         join hidden_places h on h.location_id = l.id where f.mailbox_id = $1 and h.why = 'keyword' and l.state <> 'gone'",
        mailbox.0
    )?;
    Ok(count)
}

/// What could not be honoured in a folder is looked at again: a right may have come, or the folder means
/// something now.
pub async fn try_again(tx: &mut Tx, folder: FolderId) -> Result<()> {
    run!(
        tx,
        "update locations set state = 'pending', arrival = 'refetch', attempts = 0, next_try_at = 0 \
         where folder_id = $1 and state in ('stored', 'unmatched') and epoch = (select f.epoch from folders f where f.id = $1) \
         and id in (select location_id from filings where outcome = 'refused')",
        folder.0
    )?;
    Ok(())
}

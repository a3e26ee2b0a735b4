//! Where copies of one mail lie or lay, with what became of each: for whoever traces it. And which stored
//! mails a mail may be that somebody holds in their hand.
//!
//! No scope: whoever calls says whose places are told. That a mail came to a mailbox and was passed over is
//! that mailbox's own affair (P9).

use super::keys::Key;
use super::{Result, StoreError, Tx, list, text_list};
use crate::model::block::Hidden;
use crate::model::cursor::{Arrival, LocationState};
use crate::model::id::{MailId, UserId};
use crate::model::time::Timestamp;

/// A place at which a server, or an archive, showed a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The mailbox, by name.
    pub mailbox: String,
    /// Whose it is; `None`: shared.
    pub user: Option<UserId>,
    /// The folder.
    pub folder: String,
    /// What became of it there.
    pub state: LocationState,
    /// How it came.
    pub arrival: Arrival,
    /// When the server had it.
    pub server_at: Option<Timestamp>,
    /// When Standin first saw it.
    pub seen: Timestamp,
    /// When it was settled what becomes of it.
    pub settled: Option<Timestamp>,
    /// Why it is passed over, where that is not for want of a record.
    pub hidden: Option<Hidden>,
    /// Why it could not be stored.
    pub error: Option<String>,
    /// The mail that is stored for it.
    pub mail: Option<MailId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    user_id: Option<i64>,
    path: String,
    state: String,
    arrival: String,
    internal_at: Option<i64>,
    seen_at: i64,
    settled_at: Option<i64>,
    why: Option<String>,
    error: Option<String>,
    mail_id: Option<i64>,
}

/// SQL: the columns of a place, of the numberings that count now.
macro_rules! place {
    ($from:literal) => {
        concat!(
            "select x.id, b.name, b.user_id, f.path, x.state, x.arrival, x.internal_at, x.seen_at, x.settled_at, h.why, \
             x.error, x.mail_id from ",
            $from,
            " cross join folders f cross join mailboxes b left join hidden_places h on h.location_id = x.id \
             where f.id = x.folder_id and f.epoch = x.epoch and b.id = f.mailbox_id"
        )
    };
}

/// Places of a stored mail, in the order in which they were seen; at most 200.
pub async fn of_mail(tx: &mut Tx, mail: MailId) -> Result<Vec<Place>> {
    const LOAD: &str = concat!(place!("locations x"), " and x.mail_id = $1 order by x.seen_at, x.id limit 200");
    let rows: Vec<Row> = all!(tx, LOAD, mail.0)?;
    rows.into_iter().map(place).collect()
}

/// Places with one of these copy keys at which no mail is stored, in the order in which they were seen; at
/// most 200.
pub async fn passed_over(tx: &mut Tx, keys: &[Key]) -> Result<Vec<Place>> {
    const LOAD: &str = concat!(
        place!("json_each($1) k cross join locations x"),
        " and x.copy_key = cast(k.value as bigint) and x.mail_id is null order by x.seen_at, x.id limit 200"
    );
    let rows: Vec<Row> = all!(tx, LOAD, list(keys.iter().copied()))?;
    rows.into_iter().map(place).collect()
}

fn place(row: Row) -> Result<Place> {
    let bad = |column| StoreError::BadRow { table: "locations", id: row.id, column };
    let hidden = |why: String| Hidden::ALL.into_iter().find(|one| one.word() == why);
    Ok(Place {
        state: LocationState::from_word(&row.state).ok_or_else(|| bad("state"))?,
        arrival: Arrival::from_word(&row.arrival).ok_or_else(|| bad("arrival"))?,
        mailbox: row.name,
        user: row.user_id.map(UserId),
        folder: row.path,
        server_at: row.internal_at.map(Timestamp),
        seen: Timestamp(row.seen_at),
        settled: row.settled_at.map(Timestamp),
        hidden: row.why.and_then(hidden),
        error: row.error,
        mail: row.mail_id.map(MailId),
    })
}

/// A stored mail that a mail in the hand may be.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Alike {
    /// Its row.
    pub id: i64,
    /// Keyed hash of Message-ID, From and Date.
    pub copy_key: Key,
    /// SHA-256 over those and the text.
    pub identity: Vec<u8>,
    /// Its author.
    pub from_address: String,
    /// Its subject.
    pub subject: String,
    /// Its place in time.
    pub at: i64,
    /// Our own server says that its sender is false.
    pub auth_failed: bool,
}

/// Stored mails with one of these copy keys, or this Message-ID, by its keyed hash; the earliest first.
pub async fn alike(tx: &mut Tx, copies: &[Key], id: Option<Key>) -> Result<Vec<Alike>> {
    const LOAD: &str = "select id, copy_key, identity, from_address, subject, at, auth_failed from mails where id in \
        (select m.id from json_each($1) k cross join mails m where m.copy_key = cast(k.value as bigint) \
         union select m.id from mails m where m.id_key = $2) order by at, id limit 100";
    Ok(all!(tx, LOAD, list(copies.iter().copied()), id)?)
}

/// The keyed hash of Message-ID, From and Date of a stored mail.
pub async fn copy_key(tx: &mut Tx, mail: MailId) -> Result<Option<Key>> {
    let found: Option<(Key,)> = maybe!(tx, "select copy_key from mails where id = $1", mail.0)?;
    Ok(found.map(|(key,)| key))
}

/// Takes what others blocked for themselves, and whom their absences told, out of sight for the rest of this
/// transaction, which its caller never commits; and what was decided of a mail for others, by its keyed hash.
pub async fn as_if_of(tx: &mut Tx, user: UserId, trigger: Key) -> Result<()> {
    run!(tx, "delete from blocks where user_id is not null and user_id <> $1", user.0)?;
    run!(tx, "delete from notices where user_id <> $1", user.0)?;
    run!(tx, "delete from notice_decisions where user_id <> $1 and trigger_key = $2", user.0, trigger)?;
    Ok(())
}

/// Takes what others said of where mail with these copy keys, or of these senders and domains, belongs out of sight, for
/// the rest of a transaction that is never committed.
pub async fn as_if_unsaid(
    tx: &mut Tx,
    user: UserId,
    (copies, senders): (&[Key], &[String]),
    now: Timestamp,
) -> Result<()> {
    run!(
        tx,
        "update corrections set undone_at = $4 where undone_at is null and coalesce(by_user_id, 0) <> $1 \
         and (copy_key in (select cast(value as bigint) from json_each($2)) \
         or address in (select value from json_each($3)))",
        user.0,
        list(copies.iter().copied()),
        text_list(senders.iter().map(String::as_str)),
        now.0
    )?;
    Ok(())
}

/// Takes every block out of sight, for the rest of a transaction that is never committed.
pub async fn as_if_unblocked(tx: &mut Tx) -> Result<()> {
    run!(tx, "delete from blocks")?;
    Ok(())
}

/// Takes records out of sight for the rest of a transaction that is never committed, and what of these mails stands on
/// them: so that what is worked out does not depend on what the asker may not see.
pub async fn as_if_absent(tx: &mut Tx, records: &[i64], mails: &[i64]) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let (records, mails) = (list(records.iter().copied()), list(mails.iter().copied()));
    run!(
        tx,
        "update records set deleted_at = 1 where deleted_at is null \
         and id in (select cast(value as bigint) from json_each($1))",
        records.as_str()
    )?;
    run!(
        tx,
        "delete from links where mail_id in (select cast(value as bigint) from json_each($2)) \
         and (record_id in (select cast(value as bigint) from json_each($1)) \
         or governing_id in (select cast(value as bigint) from json_each($1)))",
        records.as_str(),
        mails.as_str()
    )?;
    run!(
        tx,
        "update mails set regarding_id = null where id in (select cast(value as bigint) from json_each($2)) \
         and regarding_id in (select cast(value as bigint) from json_each($1))",
        records,
        mails.as_str()
    )?;
    run!(
        tx,
        "update mails set linking = 'review' where id in (select cast(value as bigint) from json_each($1)) \
         and not exists (select 1 from links l where l.mail_id = mails.id)",
        mails
    )?;
    Ok(())
}

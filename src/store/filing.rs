//! What was filed from mail programs, the secret addresses for it, and the records that people opened.

pub mod folders;

use super::bulk::insert_many;
use super::keys::Key;
use super::{Result, StoreError, Tx, list};
use crate::access::Scope;
use crate::model::filing::{Ask, How, Outcome, Reason};
use crate::model::id::{LocationId, MailId, RecordId, UserId};
use crate::model::time::{DAY, Timestamp};
use std::collections::HashMap;

/// A filing, once what became of it is known.
#[derive(Clone, Debug)]
pub struct Done<'a> {
    /// Where the mail lies.
    pub location: LocationId,
    /// What was asked.
    pub ask: &'a Ask,
    /// Keyed hash of the mail's id, sender and date.
    pub copy_key: Key,
    /// Its message, if one is stored.
    pub mail: Option<MailId>,
    /// What became of it.
    pub outcome: Outcome,
    /// The word that was written down for it.
    pub correction: Option<i64>,
}

/// Writes down what became of filings; what was written of the same place before is replaced.
pub async fn record(tx: &mut Tx, done: &[Done<'_>], now: Timestamp) -> Result<()> {
    let rows = done
        .iter()
        .map(|d| {
            let folder = d.ask.folder.as_ref();
            vec![
                d.location.0.into(),
                d.ask.user.map(|u| u.0).into(),
                d.ask.how.word().into(),
                folder.map(|(id, _)| *id).into(),
                folder.map(|(_, path)| path.clone()).unwrap_or_default().into(),
                d.copy_key.into(),
                d.mail.map(|m| m.0).into(),
                d.outcome.record().map(|r| r.0).into(),
                d.correction.into(),
                d.outcome.word().into(),
                d.outcome.reason().map_or("", Reason::word).into(),
                now.0.into(),
            ]
        })
        .collect();
    insert_many(
        tx,
        "filings (location_id, user_id, how, filing_folder_id, place, copy_key, mail_id, record_id, correction_id, \
         outcome, reason, at)",
        "on conflict (location_id) do update set user_id = excluded.user_id, how = excluded.how, \
         filing_folder_id = excluded.filing_folder_id, place = excluded.place, copy_key = excluded.copy_key, \
         mail_id = excluded.mail_id, record_id = excluded.record_id, correction_id = excluded.correction_id, \
         outcome = excluded.outcome, reason = excluded.reason, at = excluded.at",
        rows,
    )
    .await
}

/// Of these places those whose filing was honoured before.
pub async fn honoured(tx: &mut Tx, places: &[LocationId]) -> Result<Vec<LocationId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select f.location_id from json_each($1) k join filings f on f.location_id = cast(k.value as bigint) \
         where f.outcome <> 'refused'",
        list(places.iter().map(|p| p.0))
    )?;
    Ok(rows.into_iter().map(|(id,)| LocationId(id)).collect())
}

/// The folders of ours from which these mails were filed before, by the mails' copy keys; 0 where they were
/// filed in another way.
pub async fn filed_before(tx: &mut Tx, keys: &[Key]) -> Result<Vec<(Key, i64)>> {
    Ok(all!(
        tx,
        "select f.copy_key, coalesce(f.filing_folder_id, 0) from json_each($1) k \
         join filings f on f.copy_key = cast(k.value as bigint) where f.outcome <> 'refused'",
        list(keys.iter().copied())
    )?)
}

/// Whether a copy lies, or lay, in a mailbox of this user, stored or not.
pub async fn has_copy(tx: &mut Tx, user: UserId, copy_key: Key) -> Result<bool> {
    let (found,): (bool,) = one!(
        tx,
        "select exists (select 1 from locations l join folders f on f.id = l.folder_id \
         join mailboxes b on b.id = f.mailbox_id where l.copy_key = $1 and b.user_id = $2)",
        copy_key,
        user.0
    )?;
    Ok(found)
}

/// Stored mails with this copy key.
pub async fn stored(tx: &mut Tx, copy_key: Key) -> Result<Vec<MailId>> {
    let rows: Vec<(i64,)> = all!(tx, "select id from mails where copy_key = $1 order by id", copy_key)?;
    Ok(rows.into_iter().map(|(id,)| MailId(id)).collect())
}

/// One filing as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub id: i64,
    /// Who filed; none where that is not known.
    pub user: Option<UserId>,
    /// The way.
    pub how: How,
    /// The folder's path, or empty.
    pub place: String,
    /// The message, where one is stored.
    pub mail: Option<MailId>,
    /// The record on which it stands because of it.
    pub record: Option<RecordId>,
    /// The outcome's word.
    pub outcome: String,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// When the mail arrived, as the server says.
    pub arrived: Option<Timestamp>,
    /// When it was looked at.
    pub at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: Option<i64>,
    how: String,
    place: String,
    mail_id: Option<i64>,
    record_id: Option<i64>,
    outcome: String,
    reason: String,
    internal_at: Option<i64>,
    at: i64,
}

fn told(row: Row) -> Result<Told> {
    let bad = |column| StoreError::BadRow { table: "filings", id: row.id, column };
    let reason = match row.reason.as_str() {
        "" => None,
        word => Some(Reason::from_word(word).ok_or_else(|| bad("reason"))?),
    };
    Ok(Told {
        id: row.id,
        user: row.user_id.map(UserId),
        how: How::from_word(&row.how).ok_or_else(|| bad("how"))?,
        place: row.place,
        mail: row.mail_id.map(MailId),
        record: row.record_id.map(RecordId),
        outcome: row.outcome,
        reason,
        arrived: row.internal_at.map(Timestamp),
        at: Timestamp(row.at),
    })
}

macro_rules! told_columns {
    ($rest:literal) => {
        concat!(
            "select f.id, f.user_id, f.how, f.place, f.mail_id, f.record_id, f.outcome, f.reason, l.internal_at, f.at ",
            $rest
        )
    };
}

/// The latest filings of a user, or of everybody for the operator; refused ones alone if so wanted.
pub async fn latest(tx: &mut Tx, user: Option<UserId>, refused: bool, limit: i64) -> Result<Vec<Told>> {
    const OF_ONE: &str = told_columns!(
        "from filings f join locations l on l.id = f.location_id \
         where f.user_id = $1 and ($2 = 0 or f.outcome = 'refused') order by f.at desc, f.id desc limit $3"
    );
    const OF_ALL: &str = told_columns!(
        "from filings f join locations l on l.id = f.location_id \
         where ($1 = 0 or f.outcome = 'refused') order by f.id desc limit $2"
    );
    let rows: Vec<Row> = match user {
        Some(user) => all!(tx, OF_ONE, user.0, i64::from(refused), limit)?,
        None => all!(tx, OF_ALL, i64::from(refused), limit)?,
    };
    rows.into_iter().map(told).collect()
}

/// What was filed of these mails and honoured, the latest of each.
pub async fn of_mails(tx: &mut Tx, mails: &[MailId]) -> Result<HashMap<MailId, Told>> {
    let rows: Vec<Row> = all!(
        tx,
        told_columns!(
            "from json_each($1) k join filings f on f.mail_id = cast(k.value as bigint) join locations l on l.id = f.location_id \
         where f.outcome in ('filed', 'added', 'found') order by f.at, f.id"
        ),
        list(mails.iter().map(|m| m.0))
    )?;
    let all: Vec<Told> = rows.into_iter().map(told).collect::<Result<_>>()?;
    Ok(all.into_iter().filter_map(|t| Some((t.mail?, t))).collect())
}

/// Forgets what was refused before `before`.
pub async fn forget_refused(tx: &mut Tx, before: Timestamp) -> Result<()> {
    run!(tx, "delete from filings where outcome = 'refused' and at < $1", before.0)?;
    Ok(())
}

/// How often a user's secret address was renewed, and since when it stands; none where they have none.
pub async fn address(tx: &mut Tx, user: UserId) -> Result<Option<(i64, Timestamp)>> {
    let row: Option<(i64, i64)> = maybe!(tx, "select number, at from filing_addresses where user_id = $1", user.0)?;
    Ok(row.map(|(number, at)| (number, Timestamp(at))))
}

/// Gives a user a secret address; one that they had is nobody's from now on.
pub async fn set_address(tx: &mut Tx, user: UserId, number: i64, token_key: Key, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "insert into filing_addresses (user_id, number, token_key, at) values ($1, $2, $3, $4) \
         on conflict (user_id) do update set number = excluded.number, token_key = excluded.token_key, at = excluded.at",
        user.0,
        number,
        token_key,
        now.0
    )?;
    Ok(())
}

/// Whose secret address has a token with this keyed hash.
pub async fn user_of_token(tx: &mut Tx, token_key: Key) -> Result<Option<UserId>> {
    let row: Option<(i64,)> = maybe!(
        tx,
        "select a.user_id from filing_addresses a join users u on u.id = a.user_id where a.token_key = $1 and u.active",
        token_key
    )?;
    Ok(row.map(|(id,)| UserId(id)))
}

/// Notes that somebody opened a record. Once a day is enough.
pub async fn visited(tx: &mut Tx, user: UserId, record: RecordId, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "insert into record_visits (user_id, record_id, at) values ($1, $2, $3) \
         on conflict (user_id, record_id) do update set at = excluded.at",
        user.0,
        record.0,
        now.0
    )?;
    Ok(())
}

/// Whether a visit to a record is to be noted: the user has folders, and it was not noted today.
pub async fn notes_visits(tx: &mut Tx, user: UserId, record: RecordId, now: Timestamp) -> Result<bool> {
    let (wanted,): (bool,) = one!(
        tx,
        "select exists (select 1 from filing_mailboxes f join mailboxes b on b.id = f.mailbox_id \
         where b.user_id = $1 and f.wanted) and not exists \
         (select 1 from record_visits v where v.user_id = $1 and v.record_id = $2 and v.at > $3)",
        user.0,
        record.0,
        now.0 - DAY
    )?;
    Ok(wanted)
}

/// Records for which a user may want a folder, the most lately touched first: open ones that they own,
/// and those that they opened. Whether they may change them is asked elsewhere.
pub async fn lately(tx: &mut Tx, user: UserId, limit: i64) -> Result<Vec<(RecordId, Timestamp)>> {
    let owned: Vec<(i64, i64)> = all!(
        tx,
        "select id, updated_at from records where owner_id = $1 and kind in ('account', 'lead', 'opportunity') \
         and status = 'open' and deleted_at is null order by updated_at desc, id desc limit $2",
        user.0,
        limit
    )?;
    let opened: Vec<(i64, i64)> = all!(
        tx,
        "select r.id, v.at from record_visits v join records r on r.id = v.record_id \
         where v.user_id = $1 and r.kind in ('account', 'lead', 'opportunity') and r.deleted_at is null \
         order by v.at desc, r.id desc limit $2",
        user.0,
        limit
    )?;
    let mut latest: HashMap<i64, i64> = HashMap::new();
    for (id, at) in owned.into_iter().chain(opened) {
        let known = latest.entry(id).or_insert(at);
        *known = at.max(*known);
    }
    let mut all: Vec<(RecordId, Timestamp)> =
        latest.into_iter().map(|(id, at)| (RecordId(id), Timestamp(at))).collect();
    all.sort_by_key(|(id, at)| (std::cmp::Reverse(*at), std::cmp::Reverse(*id)));
    all.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(all)
}

/// What mail of this author may be about, of what the viewer reads: open opportunities of the records that
/// have the address, then these; at most nine.
pub async fn named_by(tx: &mut Tx, scope: &Scope, address: &str) -> Result<Vec<RecordId>> {
    let rows: Vec<(i64, i64)> = all_seen!(
        tx,
        concat!(
            "select distinct cast(case when r.kind = 'opportunity' then 0 else 1 end as bigint), r.id from record_addresses a
             join records c on c.id = a.record_id join records r on r.id = c.id or (r.kind = 'opportunity'
               and r.status = 'open' and (r.account_id = c.account_id or r.end_contact_id = c.id))
             where a.address = $8 and ",
            visible!("c"),
            " and ",
            visible!("r"),
            " order by 1, 2 limit 9"
        ),
        scope,
        address
    )?;
    Ok(rows.into_iter().map(|(_, id)| RecordId(id)).collect())
}

/// Stored mails of this author whom our own server does not call false, the latest first: their subjects,
/// and what they regard.
pub async fn by_author(tx: &mut Tx, address: &str) -> Result<Vec<(MailId, String, RecordId)>> {
    let rows: Vec<(i64, String, i64)> = all!(
        tx,
        "select id, subject, regarding_id from mails where from_address = $1 and not auth_failed
         and regarding_id is not null order by at desc, id desc limit 50",
        address
    )?;
    Ok(rows.into_iter().map(|(id, subject, record)| (MailId(id), subject, RecordId(record))).collect())
}

//! Appointments that came by mail: what calendars say, and the activity that each meeting is.

use super::{Result, StoreError, Tx, insert_many, list, text_list};
use crate::model::activity::{Activity, Progress};
use crate::model::address::Address;
use crate::model::calendar::{Event, Item, Meeting, Method};
use crate::model::id::{ActivityId, MailId, RecordId, UserId};
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// What names a meeting: its UID and whose it is.
pub type Name = (String, String);

/// Stores what the calendars of new mails say. `from` is whose meeting it is where the calendar does not
/// say.
pub async fn insert(tx: &mut Tx, items: &[(MailId, i64, &Item, &str)]) -> Result<()> {
    let rows = items.iter().map(|(mail, position, item, from)| {
        let organizer = item.organizer.as_ref().map_or(*from, Address::as_str);
        vec![
            mail.0.into(),
            (*position).into(),
            item.uid.as_str().into(),
            organizer.into(),
            item.method.word().into(),
            item.recurrence_at.into(),
            item.sequence.into(),
            item.stamp.into(),
            serde_json::to_string(&item.event).unwrap_or_default().into(),
        ]
    });
    let into = "calendar_items (mail_id, position, uid, organizer, method, recurrence_at, sequence, stamp, event)";
    insert_many(tx, into, "on conflict do nothing", rows.collect()).await
}

/// An event that a mail carries, and where that mail stands.
#[derive(Clone, Debug)]
pub struct Carried {
    /// The mail.
    pub mail: MailId,
    /// Its writer's address.
    pub from: String,
    /// Our own server calls its sender false (R36).
    pub doubted: bool,
    /// Its place in time.
    pub at: Timestamp,
    /// Hash of its content.
    pub identity: Vec<u8>,
    /// What it regards; else what governs it, the strongest first. None where it stands on nothing, and where
    /// it is marked confidential: whoever sees the record sees its appointments.
    pub record: Option<RecordId>,
    /// The first of us on it.
    pub ours: Option<UserId>,
    /// The event.
    pub item: Item,
    /// Whose meeting it is.
    pub organizer: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    mail_id: i64,
    from_address: String,
    auth_failed: bool,
    at: i64,
    identity: Vec<u8>,
    record_id: Option<i64>,
    user_id: Option<i64>,
    uid: String,
    organizer: String,
    method: String,
    recurrence_at: Option<i64>,
    sequence: i64,
    stamp: i64,
    event: String,
}

macro_rules! carried {
    ($rest:literal) => {
        concat!(
            "select c.mail_id, m.from_address, m.auth_failed, m.at, m.identity,
               case when m.linking = 'linked' and not m.sealed then coalesce(m.regarding_id, (select l.governing_id from links l
                 where l.mail_id = m.id order by l.score desc, l.governing_id limit 1)) end as record_id,
               (select u.user_id from mail_parties p join user_addresses u on u.address = p.address
                 where p.mail_id = m.id order by p.position limit 1) as user_id,
               c.uid, c.organizer, c.method, c.recurrence_at, c.sequence, c.stamp, c.event
             from calendar_items c join mails m on m.id = c.mail_id ",
            $rest
        )
    };
}

fn carried(row: Row) -> Result<Carried> {
    let bad = |column| StoreError::BadRow { table: "calendar_items", id: row.mail_id, column };
    let event: Event = serde_json::from_str(&row.event).map_err(|_| bad("event"))?;
    Ok(Carried {
        mail: MailId(row.mail_id),
        from: row.from_address,
        doubted: row.auth_failed,
        at: Timestamp(row.at),
        identity: row.identity,
        record: row.record_id.map(RecordId),
        ours: row.user_id.map(UserId),
        item: Item {
            method: Method::from_word(&row.method).ok_or_else(|| bad("method"))?,
            uid: row.uid,
            organizer: Address::parse(&row.organizer).ok(),
            recurrence_at: row.recurrence_at,
            sequence: row.sequence,
            stamp: row.stamp,
            event,
        },
        organizer: row.organizer,
    })
}

/// All that stored mail says of a meeting; the thousand latest.
pub async fn of_meeting(tx: &mut Tx, (uid, organizer): &Name) -> Result<Vec<Carried>> {
    let rows: Vec<Row> = all!(
        tx,
        carried!(
            "where c.uid = $1 and c.organizer = $2 order by c.sequence desc, c.stamp desc, m.identity, c.position limit 1000"
        ),
        uid.as_str(),
        organizer.as_str()
    )?;
    rows.into_iter().map(carried).collect()
}

/// What the calendars of a mail say.
pub async fn of_mail(tx: &mut Tx, mail: MailId) -> Result<Vec<Carried>> {
    let rows: Vec<Row> = all!(tx, carried!("where c.mail_id = $1 order by c.position"), mail.0)?;
    rows.into_iter().map(carried).collect()
}

/// The meetings of which these mails say something.
pub async fn named_in(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<Name>> {
    Ok(all!(
        tx,
        "select distinct uid, organizer from calendar_items
         where mail_id in (select cast(value as bigint) from json_each($1)) order by uid, organizer",
        list(mails.iter().map(|m| m.0))
    )?)
}

/// Meetings to look at although no mail came: those that are over by `now`, and those of which a mail
/// was taken away.
pub async fn waiting(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<Name>> {
    Ok(all!(
        tx,
        "select uid, organizer from (
           select uid, organizer from appointments where status = 'open' and ends_at <= $1
           union select uid, organizer from appointments where stale) found
         order by uid, organizer limit $2",
        now.0,
        limit
    )?)
}

/// An appointment that is there.
#[derive(Clone, Debug)]
pub struct Present {
    /// Its activity.
    pub activity: Activity,
    /// Of a series the one meeting that left it.
    pub recurrence_at: Option<i64>,
    /// What the mails said of it last; a person may have said otherwise.
    pub status: String,
    /// The mail that said so.
    pub mail: Option<MailId>,
    /// The rest, as it is stored.
    pub event: String,
}

/// The appointments of a meeting.
pub async fn present(tx: &mut Tx, (uid, organizer): &Name) -> Result<Vec<Present>> {
    type Row = (i64, Option<i64>, String, Option<i64>, String);
    let rows: Vec<Row> = all!(
        tx,
        "select activity_id, recurrence_at, status, mail_id, event from appointments
         where uid = $1 and organizer = $2 order by activity_id",
        uid.as_str(),
        organizer.as_str()
    )?;
    let ids: Vec<ActivityId> = rows.iter().map(|row| ActivityId(row.0)).collect();
    let mut activities: HashMap<i64, Activity> =
        super::activities::load(tx, &ids).await?.into_iter().map(|a| (a.id.0, a)).collect();
    let present = |(id, recurrence_at, status, mail, event): Row| {
        let activity = activities.remove(&id)?;
        Some(Present { activity, recurrence_at, status, mail: mail.map(MailId), event })
    };
    Ok(rows.into_iter().filter_map(present).collect())
}

/// Writes an appointment: its activity, anew where its id is 0, and what mails say of it.
pub async fn write(
    tx: &mut Tx,
    (uid, organizer): &Name,
    activity: &Activity,
    recurrence_at: Option<i64>,
    (mail, status, meeting): (MailId, Progress, &Meeting),
) -> Result<()> {
    let id = match activity.id.0 {
        0 => super::activities::add(tx, activity).await?,
        _ => {
            run!(
                tx,
                "update activities set record_id = $2, subject = $3, body = $4, status = $5, responsible_id = $6, at = $7,
                   due_at = $8, done_at = $9, done_by = $10, updated_at = $11 where id = $1",
                activity.id.0,
                activity.record.0,
                activity.subject.as_str(),
                activity.body.as_str(),
                activity.progress.word(),
                activity.responsible.0,
                activity.at.0,
                activity.due.map(|t| t.0),
                activity.ended.map(|(at, _)| at.0),
                activity.ended.and_then(|(_, by)| by).map(|u| u.0),
                activity.updated.0
            )?;
            activity.id
        }
    };
    run!(
        tx,
        "insert into appointments (activity_id, uid, organizer, recurrence_at, mail_id, ends_at, status, event)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (activity_id) do update set mail_id = excluded.mail_id, ends_at = excluded.ends_at,
           status = excluded.status, event = excluded.event, stale = false",
        id.0,
        uid.as_str(),
        organizer.as_str(),
        recurrence_at,
        mail.0,
        meeting.ends,
        status.word(),
        serde_json::to_string(meeting).unwrap_or_default()
    )?;
    Ok(())
}

/// Takes appointments away of which no mail on a record says anything any more.
pub async fn remove(tx: &mut Tx, ids: &[ActivityId]) -> Result<()> {
    let wanted = list(ids.iter().map(|id| id.0));
    run!(
        tx,
        "delete from appointments where activity_id in (select cast(value as bigint) from json_each($1))",
        wanted.as_str()
    )?;
    run!(tx, "delete from activities where id in (select cast(value as bigint) from json_each($1))", wanted)?;
    Ok(())
}

/// Notes that these meetings were looked at.
pub async fn settled(tx: &mut Tx, names: &[Name]) -> Result<()> {
    run!(
        tx,
        "update appointments set stale = false where stale and uid in (select value from json_each($1))",
        text_list(names.iter().map(|(uid, _)| uid.as_str()))
    )?;
    Ok(())
}

/// Forgets what the calendars of these mails (a JSON list) say; their meetings are looked at again.
pub async fn forget(tx: &mut Tx, mails: &str) -> Result<()> {
    run!(
        tx,
        "update appointments set stale = true where exists (select 1 from calendar_items c
           where c.uid = appointments.uid and c.organizer = appointments.organizer
             and c.mail_id in (select cast(value as bigint) from json_each($1)))",
        mails
    )?;
    run!(tx, "delete from calendar_items where mail_id in (select cast(value as bigint) from json_each($1))", mails)?;
    Ok(())
}

/// What mails say of those of these activities that came by mail, with the mail that says so.
pub async fn of(tx: &mut Tx, ids: &[ActivityId]) -> Result<HashMap<ActivityId, (Meeting, Option<MailId>)>> {
    let rows: Vec<(i64, String, Option<i64>)> = all!(
        tx,
        "select activity_id, event, mail_id from appointments
         where activity_id in (select cast(value as bigint) from json_each($1))",
        list(ids.iter().map(|id| id.0))
    )?;
    let read = |(id, event, mail): (i64, String, Option<i64>)| {
        let bad = |_| StoreError::BadRow { table: "appointments", id, column: "event" };
        Ok((ActivityId(id), (serde_json::from_str(&event).map_err(bad)?, mail.map(MailId))))
    };
    rows.into_iter().map(read).collect()
}

/// The owners of records that stand.
pub async fn owners(tx: &mut Tx, records: &[RecordId]) -> Result<HashMap<RecordId, UserId>> {
    let rows: Vec<(i64, i64)> = all!(
        tx,
        "select id, owner_id from records where deleted_at is null
         and id in (select cast(value as bigint) from json_each($1))",
        list(records.iter().map(|r| r.0))
    )?;
    Ok(rows.into_iter().map(|(id, owner)| (RecordId(id), UserId(owner))).collect())
}

/// The open appointments on a record, the next first, at most `limit`. The caller has seen that the
/// viewer reads the record.
pub async fn upcoming(tx: &mut Tx, record: RecordId, limit: i64) -> Result<Vec<Activity>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select id from activities where record_id = $1 and kind = 'appointment' and status = 'open'
         order by due_at nulls last, id limit $2",
        record.0,
        limit
    )?;
    let ids: Vec<ActivityId> = rows.into_iter().map(|(id,)| ActivityId(id)).collect();
    let mut all = super::activities::load(tx, &ids).await?;
    all.sort_by_key(|a| (a.due.is_none(), a.due, a.id.0));
    Ok(all)
}

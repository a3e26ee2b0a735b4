//! Mails to colleagues: what each person asked for, what was sent, and what such mails are made of.
//!
//! A row of `notifications` is written before a mail is queued and in the same transaction: of two
//! workers, or of two runs, one finds it there (as with notices, R49). It stays whether or not
//! there was something to send.

use super::{Result, StoreError, Tx, list};
use crate::access::Scope;
use crate::model::colleagues::{Task, Waiting, Wishes};
use crate::model::id::{AbsenceId, ActivityId, MailId, OutboxId, RecordId, TeamId, UserId};
use crate::model::record::{Class, Kind, Record, Status};
use crate::model::time::Timestamp;
use std::collections::{HashMap, HashSet};

#[derive(sqlx::FromRow)]
struct WishRow {
    user_id: i64,
    digest_minute: Option<i64>,
    urgent: String,
    urgent_a_day: i64,
    covers: bool,
    updated_at: i64,
}

/// What everybody asked for who asked for something. People who left are not among them.
pub async fn wishes(tx: &mut Tx) -> Result<HashMap<UserId, Wishes>> {
    let rows: Vec<WishRow> = all!(
        tx,
        "select s.user_id, s.digest_minute, s.urgent, s.urgent_a_day, s.covers, s.updated_at
         from notification_settings s join users u on u.id = s.user_id where u.active"
    )?;
    rows.into_iter().map(|row| Ok((UserId(row.user_id), wish(row)?))).collect()
}

/// What one person asked for; nothing where they never said.
pub async fn wishes_of(tx: &mut Tx, user: UserId) -> Result<Wishes> {
    let row: Option<WishRow> = maybe!(
        tx,
        "select user_id, digest_minute, urgent, urgent_a_day, covers, updated_at from notification_settings
         where user_id = $1",
        user.0
    )?;
    row.map_or_else(|| Ok(Wishes::default()), wish)
}

fn wish(row: WishRow) -> Result<Wishes> {
    let bad = |column| StoreError::BadRow { table: "notification_settings", id: row.user_id, column };
    Ok(Wishes {
        digest: row.digest_minute.map(u32::try_from).transpose().map_err(|_| bad("digest_minute"))?,
        urgent: serde_json::from_str(&row.urgent).map_err(|_| bad("urgent"))?,
        urgent_a_day: u32::try_from(row.urgent_a_day).map_err(|_| bad("urgent_a_day"))?,
        covers: row.covers,
        since: Timestamp(row.updated_at),
    })
}

/// Saves what a person asks for, as of `now`.
pub async fn set_wishes(tx: &mut Tx, user: UserId, wishes: &Wishes, now: Timestamp) -> Result<()> {
    let urgent = serde_json::json!(wishes.urgent).to_string();
    run!(
        tx,
        "insert into notification_settings (user_id, digest_minute, urgent, urgent_a_day, covers, updated_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (user_id) do update set digest_minute = excluded.digest_minute,
           urgent = excluded.urgent, urgent_a_day = excluded.urgent_a_day, covers = excluded.covers,
           updated_at = excluded.updated_at",
        user.0,
        wishes.digest.map(i64::from),
        urgent.as_str(),
        i64::from(wishes.urgent_a_day),
        wishes.covers,
        now.0
    )?;
    Ok(())
}

/// Sets a person's language and zone.
pub async fn set_manner(tx: &mut Tx, user: UserId, language: &str, zone: &str) -> Result<()> {
    run!(tx, "update users set language = $2, zone = $3 where id = $1", user.0, language, zone)?;
    Ok(())
}

/// The teams that get copies for their own leads.
pub async fn teams_with_copies(tx: &mut Tx) -> Result<Vec<TeamId>> {
    let rows: Vec<(i64,)> = all!(tx, "select id from teams where copies order by id")?;
    Ok(rows.into_iter().map(|(id,)| TeamId(id)).collect())
}

/// Says whether a team gets copies for its own leads.
pub async fn set_team_copies(tx: &mut Tx, team: TeamId, copies: bool) -> Result<()> {
    run!(tx, "update teams set copies = $2 where id = $1", team.0, copies)?;
    Ok(())
}

/// What was told (or found not worth telling) since a moment: who, and about what.
pub async fn told(tx: &mut Tx, what: &str, since: Timestamp) -> Result<HashSet<(UserId, String)>> {
    let rows: Vec<(i64, String)> =
        all!(tx, "select user_id, about from notifications where what = $1 and at >= $2", what, since.0)?;
    Ok(rows.into_iter().map(|(user, about)| (UserId(user), about)).collect())
}

/// What was told since a moment by whose wishes, to them or in their place: a mail is urgent once,
/// whoever answers by then.
pub async fn told_by(tx: &mut Tx, what: &str, since: Timestamp) -> Result<HashSet<(UserId, String)>> {
    let rows: Vec<(i64, String)> = all!(
        tx,
        "select coalesce(for_user_id, user_id), about from notifications where what = $1 and at >= $2",
        what,
        since.0
    )?;
    Ok(rows.into_iter().map(|(user, about)| (UserId(user), about)).collect())
}

/// How many urgent notices were sent since a moment by the wishes of a person, to them or in their place.
pub async fn urgent_since(tx: &mut Tx, wisher: UserId, since: Timestamp) -> Result<i64> {
    let (count,): (i64,) = one!(
        tx,
        "select count(*) from notifications where what = 'urgent' and at >= $2 and outbox_id is not null
           and ((user_id = $1 and for_user_id is null) or for_user_id = $1)",
        wisher.0,
        since.0
    )?;
    Ok(count)
}

/// What somebody is to be told, and in whose place.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// Who is told.
    pub user: UserId,
    /// The absent person in whose place they are, by whose wishes it is sent.
    pub instead_of: Option<UserId>,
    /// A word of `notifications.what`.
    pub what: &'static str,
    /// What it must not be told twice for: a day, a mail, an absence.
    pub about: &'a str,
}

/// Reserves a telling; `None` if it was reserved before, by whomever.
pub async fn reserve(tx: &mut Tx, telling: &Telling<'_>, now: Timestamp) -> Result<Option<i64>> {
    let row: Option<(i64,)> = maybe!(
        tx,
        "insert into notifications (user_id, for_user_id, what, about, at) values ($1, $2, $3, $4, $5)
         on conflict (user_id, what, about) do nothing returning id",
        telling.user.0,
        telling.instead_of.map(|u| u.0),
        telling.what,
        telling.about,
        now.0
    )?;
    Ok(row.map(|(id,)| id))
}

/// Notes by which mail reserved tellings are told.
pub async fn attach(tx: &mut Tx, reserved: &[i64], outbox: OutboxId) -> Result<()> {
    run!(
        tx,
        "update notifications set outbox_id = $1 where id in (select cast(value as bigint) from json_each($2))",
        outbox.0,
        list(reserved.iter().copied())
    )?;
    Ok(())
}

/// Forgets what was told before a moment, where it cannot come up again: days and mails, not
/// absences. Gives how many rows.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    Ok(run!(tx, "delete from notifications where at < $1 and what in ('digest', 'urgent', 'team')", before.0)?)
}

/// The absences that ended after `since` and by `now`. One that was called off never began.
pub async fn ended(tx: &mut Tx, since: Timestamp, now: Timestamp) -> Result<Vec<AbsenceId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select id from absences where ends_at > $1 and ends_at <= $2 and ends_at > starts_at order by id",
        since.0,
        now.0
    )?;
    Ok(rows.into_iter().map(|(id,)| AbsenceId(id)).collect())
}

/// The columns of [`RecordRow`], of a record aliased `g`.
macro_rules! named_columns {
    () => {
        "g.id as record_id, g.kind as record_kind, g.name as record_name, g.owner_id, g.team_id, g.confidential, \
         g.account_id, coalesce(g.class, (select a.class from records a where a.id = g.account_id)) as class"
    };
}

pub(super) use named_columns;

/// A record as far as lists and `answers_now` care.
#[derive(sqlx::FromRow)]
pub(super) struct RecordRow {
    record_id: i64,
    record_kind: String,
    record_name: String,
    owner_id: i64,
    team_id: Option<i64>,
    confidential: bool,
    account_id: Option<i64>,
    class: Option<String>,
}

impl RecordRow {
    pub(super) fn record(self) -> Result<Record> {
        let bad = StoreError::BadRow { table: "records", id: self.record_id, column: "kind" };
        Ok(Record {
            id: RecordId(self.record_id),
            kind: Kind::from_word(&self.record_kind).ok_or(bad)?,
            name: self.record_name,
            owner: UserId(self.owner_id),
            team: self.team_id.map(TeamId),
            confidential: self.confidential,
            status: Status::Open,
            account: self.account_id.map(RecordId),
            class: self.class.as_deref().and_then(Class::from_word),
            end_account: None,
            end_contact: None,
        })
    }
}

/// The columns of [`MailRow`], of a mail aliased `m`.
macro_rules! listed_columns {
    () => {
        "m.id, m.at, m.arrived_at, coalesce(nullif(trim(m.from_name), ''), m.from_address) as sender, m.subject, m.sealed"
    };
}

pub(super) use listed_columns;

/// A mail as a list names it.
#[derive(sqlx::FromRow)]
pub(super) struct MailRow {
    pub(super) id: i64,
    at: i64,
    arrived_at: i64,
    sender: String,
    subject: String,
    sealed: bool,
    #[sqlx(flatten)]
    record: RecordRow,
}

impl MailRow {
    /// The record of a mail that is marked confidential counts as confidential: whoever would answer then is told.
    pub(super) fn waiting(self) -> Result<Waiting> {
        let mut record = self.record.record()?;
        record.confidential |= self.sealed;
        Ok(Waiting {
            mail: MailId(self.id),
            at: Timestamp(self.at),
            arrived: Timestamp(self.arrived_at),
            from: self.sender,
            subject: self.subject,
            record,
        })
    }
}

/// Clients' mails that nobody answered, governed by records of `owners` which the viewer may read,
/// the one that waits longest first.
pub async fn waiting(tx: &mut Tx, scope: &Scope, owners: &[UserId], limit: i64) -> Result<Vec<Waiting>> {
    let rows: Vec<MailRow> = all_seen!(
        tx,
        concat!(
            "select ",
            listed_columns!(),
            ", ",
            named_columns!(),
            " from mails m join records g on g.id = (
                 select l.governing_id from links l join records h on h.id = l.governing_id
                 where l.mail_id = m.id and h.owner_id in (select cast(value as bigint) from json_each($8)) and ",
            entry!("h", "l.sealed"),
            " order by l.score desc, l.governing_id limit 1)
             where m.waits and m.direction = 'in' order by m.at, m.id limit $9"
        ),
        scope,
        list(owners.iter().map(|id| id.0)),
        limit
    )?;
    rows.into_iter().map(MailRow::waiting).collect()
}

/// One waiting mail on one record that governs it; `None` if it does not wait any more, or the
/// viewer may not read the record.
pub async fn waiting_on(tx: &mut Tx, scope: &Scope, mail: MailId, record: RecordId) -> Result<Option<Waiting>> {
    let row: Option<MailRow> = maybe_seen!(
        tx,
        concat!(
            "select ",
            listed_columns!(),
            ", ",
            named_columns!(),
            " from mails m join records g on g.id = $9
             where m.id = $8 and m.waits and m.direction = 'in'
               and exists (select 1 from links l where l.mail_id = m.id and l.governing_id = g.id) and ",
            entry!("g", "m.sealed")
        ),
        scope,
        mail.0,
        record.0
    )?;
    row.map(MailRow::waiting).transpose()
}

/// Calls, tasks and appointments of `responsible` that are not done, on records that the viewer may
/// read; with `before`, those due before it. The one due first on top, those without a date last.
pub async fn tasks(
    tx: &mut Tx,
    scope: &Scope,
    responsible: UserId,
    before: Option<Timestamp>,
    limit: i64,
) -> Result<Vec<Task>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: i64,
        kind: String,
        subject: String,
        due_at: Option<i64>,
        responsible_id: i64,
        #[sqlx(flatten)]
        record: RecordRow,
    }
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select t.id, t.kind, t.subject, t.due_at, t.responsible_id, ",
            named_columns!(),
            " from activities t join records g on g.id = t.record_id
             where t.status = 'open' and t.responsible_id = $8
               and (cast($9 as bigint) is null or t.due_at < $9) and ",
            visible!("g"),
            " order by t.due_at nulls last, t.id limit $10"
        ),
        scope,
        responsible.0,
        before.map(|t| t.0),
        limit
    )?;
    let task = |row: Row| {
        Ok(Task {
            id: ActivityId(row.id),
            kind: row.kind,
            subject: row.subject,
            due: row.due_at.map(Timestamp),
            responsible: UserId(row.responsible_id),
            record: row.record.record()?,
        })
    };
    rows.into_iter().map(task).collect()
}

/// A waiting mail with what conditions are held against.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The mail on one of the records that govern it. The record's name is left out.
    pub mail: Waiting,
    /// The contacts whose address wrote it, each with its account.
    pub senders: Vec<(RecordId, Option<RecordId>)>,
}

/// Every waiting mail written since `since`, with each record that governs it: for the choice of who
/// might be told, never for what they are told.
pub async fn candidates(tx: &mut Tx, since: Timestamp) -> Result<Vec<Candidate>> {
    let rows: Vec<MailRow> = all!(
        tx,
        concat!(
            "select distinct ",
            listed_columns!(),
            ", ",
            named_columns!(),
            " from mails m join links l on l.mail_id = m.id join records g on g.id = l.governing_id
             where m.waits and m.direction = 'in' and m.at >= $1 and g.deleted_at is null order by m.at, m.id, g.id"
        ),
        since.0
    )?;
    let senders: Vec<(i64, i64, Option<i64>)> = all!(
        tx,
        "select m.id, r.id, r.account_id from mails m join record_addresses a on a.address = m.from_address
         join records r on r.id = a.record_id
         where m.waits and m.direction = 'in' and m.at >= $1 and a.standing = 'vouched' and r.deleted_at is null",
        since.0
    )?;
    let mut of: HashMap<i64, Vec<(RecordId, Option<RecordId>)>> = HashMap::new();
    for (mail, contact, account) in senders {
        of.entry(mail).or_default().push((RecordId(contact), account.map(RecordId)));
    }
    rows.into_iter()
        .map(|row| {
            let senders = of.get(&row.id).cloned().unwrap_or_default();
            let mut mail = row.waiting()?;
            mail.record.name.clear();
            Ok(Candidate { mail, senders })
        })
        .collect()
}

/// Waiting mails on leads of a team that arrived since `since` and which the viewer may read.
pub async fn mails_on_leads(tx: &mut Tx, scope: &Scope, team: TeamId, since: Timestamp) -> Result<Vec<Waiting>> {
    let rows: Vec<MailRow> = all_seen!(
        tx,
        concat!(
            "select ",
            listed_columns!(),
            ", ",
            named_columns!(),
            " from mails m join links l on l.mail_id = m.id and l.record_id = l.governing_id
             join records g on g.id = l.governing_id
             where m.waits and m.direction = 'in' and m.arrived_at >= $9 and g.kind = 'lead' and g.team_id = $8 and ",
            entry!("g", "l.sealed"),
            " order by m.at, m.id limit 200"
        ),
        scope,
        team.0,
        since.0
    )?;
    rows.into_iter().map(MailRow::waiting).collect()
}

/// Leads of a team that are there since `since` and which the viewer may read.
pub async fn new_leads(tx: &mut Tx, scope: &Scope, team: TeamId, since: Timestamp) -> Result<Vec<Record>> {
    let rows: Vec<RecordRow> = all_seen!(
        tx,
        concat!(
            "select ",
            named_columns!(),
            " from records g where g.kind = 'lead' and g.team_id = $8 and g.created_at >= $9 and g.status = 'open' and ",
            visible!("g"),
            " order by g.created_at, g.id limit 200"
        ),
        scope,
        team.0,
        since.0
    )?;
    rows.into_iter().map(RecordRow::record).collect()
}

/// Records of a kind that the viewer may read and that are called `text`: by their name, an address or
/// a domain of theirs. At most two: more than one is too many for whoever asks.
pub async fn called(tx: &mut Tx, scope: &Scope, kind: Kind, text: &str) -> Result<Vec<RecordId>> {
    let rows: Vec<(i64,)> = all_seen!(
        tx,
        concat!(
            "select g.id from records g where g.kind = $8
               and (g.name_key = $9 or g.id in (select a.record_id from record_addresses a where a.address = $10)
                 or g.id in (select d.record_id from account_domains d where d.domain = $10)) and ",
            visible!("g"),
            " order by g.id limit 2"
        ),
        scope,
        kind.word(),
        super::fold(text),
        text.trim().to_lowercase()
    )?;
    Ok(rows.into_iter().map(|(id,)| RecordId(id)).collect())
}

//! Calls, tasks, appointments, notes and changes of owner on timelines; the list of everything of
//! a type (S4); what is to be done.
//!
//! An activity is governed by the record it is about (P5): it stands on that record, on the account
//! of a contact or opportunity, and on an opportunity's contacts, for those who may read the record
//! itself.

use super::super::activities::{Row, activity_columns};
use super::super::owners::Change;
use super::super::{Result, Tx, list};
use super::parts::{Excerpt, Hung, MailRow, Named, mail_columns, names};
use crate::access::Scope;
use crate::model::activity::{Activity, ActivityKind, Progress};
use crate::model::calendar::Meeting;
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// Where a page of a list begins: below what has this time and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Below {
    /// Its time.
    pub at: Timestamp,
    /// Its id.
    pub id: i64,
}

impl Below {
    /// The top.
    pub const TOP: Below = Below { at: Timestamp(i64::MAX), id: i64::MAX };
}

/// An activity that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shown {
    /// The activity.
    pub activity: Activity,
    /// The record it is about. The viewer may read it.
    pub governing: Named,
    /// What invitations say of it, where it came by mail.
    pub meeting: Option<Meeting>,
}

/// Activities on the timeline of `record`, newest first, at most `limit`. Nothing if the viewer may
/// not read the record.
pub async fn activities(tx: &mut Tx, scope: &Scope, record: RecordId, below: Below, limit: i64) -> Result<Vec<Shown>> {
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select ",
            activity_columns!(),
            " from activities a join records g on g.id = a.record_id
             where g.id in (
                 select r.id from records r where r.id = $8
                 union select c.id from records c where c.account_id = $8
                 union select c.id from records c where c.end_account_id = $8
                 union select c.id from records c where c.end_contact_id = $8
                 union select o.id from records k join records o on o.account_id = k.account_id
                   where k.id = $8 and k.kind = 'contact' and o.kind = 'opportunity'
                 union select o.id from records k join records o on o.end_account_id = k.account_id
                   where k.id = $8 and k.kind = 'contact')
               and a.at <= $9 and (a.at < $9 or a.id < $10)
               and exists (select 1 from records r where r.id = $8 and ",
            visible!("r"),
            ") and ",
            visible!("g"),
            " order by a.at desc, a.id desc limit $11"
        ),
        scope,
        record.0,
        below.at.0,
        below.id,
        limit
    )?;
    shown(tx, scope, rows).await
}

async fn shown(tx: &mut Tx, scope: &Scope, rows: Vec<Row>) -> Result<Vec<Shown>> {
    let activities: Vec<Activity> = rows.into_iter().map(Row::activity).collect::<Result<_>>()?;
    let known = names(tx, scope, activities.iter().map(|a| a.record)).await?;
    let met = activities.iter().filter(|a| a.kind == ActivityKind::Appointment).map(|a| a.id);
    let mut met = super::super::appointments::of(tx, &met.collect::<Vec<_>>()).await?;
    let shown = |activity: Activity| {
        let governing = known.get(&activity.record)?.clone();
        let meeting = met.remove(&activity.id).map(|(meeting, _)| meeting);
        Some(Shown { governing, meeting, activity })
    };
    Ok(activities.into_iter().filter_map(shown).collect())
}

/// A change of owner with its place on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerChange {
    /// Its row.
    pub id: i64,
    /// What changed.
    pub change: Change,
}

/// Changes of owner of `record` and of those merged into it, newest first, at most `limit`. Nothing
/// if the viewer may not read the record.
pub async fn owner_changes(
    tx: &mut Tx,
    scope: &Scope,
    record: RecordId,
    below: Below,
    limit: i64,
) -> Result<Vec<OwnerChange>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: i64,
        #[sqlx(flatten)]
        change: Change,
    }
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select h.id, h.from_user_id, h.to_user_id, h.by_user_id, h.for_user_id, h.how, h.reason, h.at
             from record_owners h
             where h.record_id in (select i.id from records i where i.id = $8
                 union select i.id from records i where i.merged_into_id = $8)
               and h.at <= $9 and (h.at < $9 or h.id < $10)
               and exists (select 1 from records r where r.id = $8 and ",
            visible!("r"),
            ") order by h.at desc, h.id desc limit $11"
        ),
        scope,
        record.0,
        below.at.0,
        below.id,
        limit
    )?;
    Ok(rows.into_iter().map(|row| OwnerChange { id: row.id, change: row.change }).collect())
}

/// Open activities on records that the viewer may read which `responsible` are to do, those due
/// first on top, undated ones last; with how many there are, counted to at most `count_to`. With
/// `until` only those due before it, and undated ones.
pub async fn to_do(
    tx: &mut Tx,
    scope: &Scope,
    responsible: &[UserId],
    until: Option<Timestamp>,
    limit: i64,
    count_to: i64,
) -> Result<(Vec<Shown>, i64)> {
    let who = list(responsible.iter().map(|u| u.0));
    let until = until.map_or(i64::MAX, |t| t.0);
    macro_rules! open {
        () => {
            concat!(
                " from activities a join records g on g.id = a.record_id
                 where a.status = 'open' and a.responsible_id in (select cast(value as bigint) from json_each($8))
                   and (a.due_at is null or a.due_at < $9) and ",
                visible!("g")
            )
        };
    }
    macro_rules! asked {
        ($read:ident, $sql:expr, $most:expr) => {
            $read!(tx, $sql, scope, &who, until, $most)?
        };
    }
    let rows: Vec<Row> = asked!(
        all_seen,
        concat!(
            "select ",
            activity_columns!(),
            open!(),
            " order by coalesce(a.due_at, 9000000000000000), a.id limit $10"
        ),
        limit
    );
    let (count,): (i64,) =
        asked!(one_seen, concat!("select count(*) from (select 1 as one", open!(), " limit $10) found"), count_to);
    Ok((shown(tx, scope, rows).await?, count))
}

/// As [`to_do`] without an end, for each of `responsible` by themselves: at most `limit` of each, with how
/// many there are, counted to at most `count_to`. Who is missing has none.
pub async fn to_do_of_each(
    tx: &mut Tx,
    scope: &Scope,
    responsible: &[UserId],
    limit: i64,
    count_to: i64,
) -> Result<HashMap<UserId, (Vec<Shown>, i64)>> {
    #[derive(sqlx::FromRow)]
    struct Placed {
        #[sqlx(flatten)]
        row: Row,
        whose: i64,
        counted: i64,
    }
    if responsible.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<Placed> = all_seen!(
        tx,
        concat!(
            "with placed as materialized (
               select a.id, a.responsible_id, count(*) over (partition by a.responsible_id) as counted,
                 row_number() over (partition by a.responsible_id
                   order by coalesce(a.due_at, 9000000000000000), a.id) as place
               from activities a join records g on g.id = a.record_id
               where a.status = 'open' and a.responsible_id in (select cast(value as bigint) from json_each($8)) and ",
            visible!("g"),
            ")
             select ",
            activity_columns!(),
            ", p.responsible_id as whose, p.counted
             from placed p cross join activities a where p.place <= $9 and a.id = p.id
             order by p.responsible_id, p.place"
        ),
        scope,
        list(responsible.iter().map(|user| user.0)),
        limit
    )?;
    let counts: HashMap<i64, i64> = found.iter().map(|placed| (placed.whose, placed.counted.min(count_to))).collect();
    let mut groups: HashMap<UserId, (Vec<Shown>, i64)> = HashMap::new();
    for shown in shown(tx, scope, found.into_iter().map(|placed| placed.row).collect()).await? {
        let user = shown.activity.responsible;
        let (group, count) = groups.entry(user).or_default();
        group.push(shown);
        *count = counts.get(&user.0).copied().unwrap_or_default();
    }
    Ok(groups)
}

/// What the list of everything of a type shows (S4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Whose it was at first: for a mail whom it addressed or who sent it, for an activity for whom
    /// or by whom it was entered.
    pub original: Option<UserId>,
    /// Who is to do it; for a mail the owner of the record that governs it.
    pub responsible: Option<UserId>,
    /// Where it stands; a mail is open while it waits for an answer, and never cancelled.
    pub progress: Option<Progress>,
    /// Changed at this moment or later.
    pub since: Timestamp,
}

macro_rules! listed {
    () => {
        concat!(
            " from activities a join records g on g.id = a.record_id
             where ($8 = '' or a.kind = $8) and ($9 = 0 or coalesce(a.for_user_id, a.author_id) = $9)
               and ($10 = 0 or a.responsible_id = $10) and ($11 = '' or a.status = $11) and a.updated_at >= $12
               and a.updated_at <= $13 and (a.updated_at < $13 or a.id < $14) and ",
            visible!("g")
        )
    };
}

/// Activities of a kind, or of all, by when they last changed, newest first; with how many there are
/// from `below` on, counted to at most `count_to`.
pub async fn listed(
    tx: &mut Tx,
    scope: &Scope,
    kind: Option<ActivityKind>,
    filter: &Filter,
    below: Below,
    limit: i64,
    count_to: i64,
) -> Result<(Vec<Shown>, i64)> {
    let kind = kind.map_or("", ActivityKind::word);
    let (original, responsible) = (filter.original.map_or(0, |u| u.0), filter.responsible.map_or(0, |u| u.0));
    let progress = filter.progress.map_or("", Progress::word);
    macro_rules! asked {
        ($read:ident, $sql:expr, $most:expr) => {
            $read!(tx, $sql, scope, kind, original, responsible, progress, filter.since.0, below.at.0, below.id, $most)?
        };
    }
    // What is counted is found once, and only what is shown is fetched.
    let found: Vec<(i64,)> = asked!(
        all_seen,
        concat!("select a.id", listed!(), " order by a.updated_at desc, a.id desc limit $15"),
        count_to.max(limit)
    );
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX).min(count_to);
    let rows: Vec<Row> = all!(
        tx,
        concat!(
            "select ",
            activity_columns!(),
            " from json_each($1) k cross join activities a where a.id = cast(k.value as bigint)
             order by a.updated_at desc, a.id desc"
        ),
        list(found.iter().take(usize::try_from(limit).unwrap_or(0)).map(|(id,)| *id))
    )?;
    Ok((shown(tx, scope, rows).await?, count))
}

/// SQL: the mail `m` stands where the list asks for it, and addressed, or came from, whom it asks for.
macro_rules! fits {
    () => {
        "($13 = '' or ($13 = 'open' and m.waits) or ($13 = 'done' and not m.waits))
         and ($9 = 0 or exists (select 1 from mail_parties p join user_addresses u on u.address = p.address
           where p.mail_id = m.id and u.user_id = $9
             and ((m.direction = 'in' and p.field in ('to', 'cc')) or (m.direction <> 'in' and p.field = 'from'))))"
    };
}

/// SQL: the mail `m` is in the time that the list asks for.
macro_rules! in_time {
    () => {
        "m.at >= $8 and m.at <= $11 and (m.at < $11 or m.id < $12)"
    };
}

/// SQL: a record governs the mail `m` by which the viewer may read it, of the owner that the list asks for.
macro_rules! governed {
    () => {
        concat!(
            "exists (select 1 from links l join records g on g.id = l.governing_id
               where l.mail_id = m.id and ($10 = 0 or g.owner_id = $10) and ",
            entry!("g", "l.sealed"),
            ")"
        )
    };
}

/// So many of the newest mails are looked at to see …
const LOOKED_AT: i64 = 400;
/// … whether at least so many of them are in the list: then the mails are gone through by time, else by record.
const MANY: i64 = 40;

/// The mails of the list, newest first, at most `most`.
///
/// Of a company's mail most people read a small part, which their records find; some read most, and are done after a few
/// days of it. The newest mails tell which of both the viewer is.
async fn found_mails(tx: &mut Tx, scope: &Scope, filter: &Filter, below: Below, most: i64) -> Result<Vec<i64>> {
    let (original, responsible) = (filter.original.map_or(0, |u| u.0), filter.responsible.map_or(0, |u| u.0));
    let progress = filter.progress.map_or("", Progress::word);
    macro_rules! asked {
        ($read:ident, $sql:expr, $most:expr) => {
            $read!(tx, $sql, scope, filter.since.0, original, responsible, below.at.0, below.id, progress, $most)?
        };
    }
    let (many,): (i64,) = asked!(
        one_seen,
        concat!(
            "select count(*) from (select m.id from mails m where ",
            in_time!(),
            " order by m.at desc, m.id desc limit $14) n cross join mails m where m.id = n.id and ",
            fits!(),
            " and ",
            governed!()
        ),
        LOOKED_AT
    );
    let found: Vec<(i64,)> = match many >= MANY {
        true => asked!(
            all_seen,
            concat!(
                "select m.id from mails m where ",
                in_time!(),
                " and ",
                fits!(),
                " and ",
                governed!(),
                " order by m.at desc, m.id desc limit $14"
            ),
            most
        ),
        false => asked!(
            all_seen,
            concat!(
                "select m.id from (select distinct l.mail_id from records g join links l on l.governing_id = g.id
                   where ($10 = 0 or g.owner_id = $10) and l.at >= $8
                     and l.at <= $11 and (l.at < $11 or l.mail_id < $12) and ",
                entry!("g", "l.sealed"),
                ") f join mails m on m.id = f.mail_id where ",
                fits!(),
                " order by m.at desc, m.id desc limit $14"
            ),
            most
        ),
    };
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Mails and the records that govern them, as far as the viewer may read those, newest first; with how many there are from
/// `below` on, counted to at most `count_to`.
pub async fn listed_mails(
    tx: &mut Tx,
    scope: &Scope,
    filter: &Filter,
    below: Below,
    limit: i64,
    count_to: i64,
) -> Result<(Vec<(Excerpt, Named)>, i64)> {
    #[derive(sqlx::FromRow)]
    struct Row {
        #[sqlx(flatten)]
        mail: MailRow,
        record_id: i64,
    }
    let found = found_mails(tx, scope, filter, below, count_to.max(limit)).await?;
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX).min(count_to);
    let shown = found.iter().take(usize::try_from(limit).unwrap_or(0)).copied();
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select ",
            mail_columns!(),
            ", (select min(l.governing_id) from links l join records g on g.id = l.governing_id
                where l.mail_id = m.id and ($9 = 0 or g.owner_id = $9) and ",
            entry!("g", "l.sealed"),
            ") as record_id from json_each($8) k cross join mails m where m.id = cast(k.value as bigint)
             order by m.at desc, m.id desc"
        ),
        scope,
        list(shown),
        filter.responsible.map_or(0, |user| user.0)
    )?;
    let mails: Vec<&MailRow> = rows.iter().map(|row| &row.mail).collect();
    let hung = Hung::load(tx, scope, &mails).await?;
    let known = names(tx, scope, rows.iter().map(|row| RecordId(row.record_id))).await?;
    let item = |row: Row| {
        let record = known.get(&RecordId(row.record_id))?.clone().beside(row.mail.sealed);
        Some((hung.excerpt(row.mail), record))
    };
    Ok((rows.into_iter().filter_map(item).collect(), count))
}

//! The journal of a hand-over: each record and activity with whose it was, who received it, and
//! what became of it.

use crate::access::{Scope, Since};
use crate::model::handover::{Item, Kept, Stage};
use crate::model::id::{HandoverId, RecordId, UserId};
use crate::model::time::Timestamp;
use crate::store::{Result, StoreError, Tx, insert_many, list, text_list, update_many};
use std::collections::{HashMap, HashSet};

/// The condition that a viewer may know of an item `i` of a journal whose record is `r`: whose
/// records a hand-over moves says nothing about a confidential one, which goes to the deputy.
macro_rules! known {
    () => {
        concat!("(not r.confidential or i.from_user_id = $1 or ", visible!("r"), ")")
    };
}

/// Writes records down that are to move: record and who receives it. What is written already stays.
pub async fn plan(
    tx: &mut Tx,
    id: HandoverId,
    from: UserId,
    records: &[(RecordId, UserId)],
    now: Timestamp,
) -> Result<()> {
    let row = |(record, to): &(RecordId, UserId)| {
        let stage = Stage::Pending.word();
        vec![id.0.into(), "record".into(), record.0.into(), from.0.into(), to.0.into(), stage.into(), now.0.into()]
    };
    let into = "handover_items (handover_id, what, item_id, from_user_id, to_user_id, state, at)";
    insert_many(tx, into, "on conflict do nothing", records.iter().map(row).collect()).await
}

type ItemRow = (i64, i64, i64, String, Option<i64>, String);

/// The next records of the journal after `after` that are at one of `stages`, in order of id.
pub async fn batch(tx: &mut Tx, id: HandoverId, stages: &[Stage], after: RecordId, limit: i64) -> Result<Vec<Item>> {
    const LOAD: &str = "select item_id, from_user_id, to_user_id, state, found_user_id, note from handover_items
        where handover_id = $1 and what = 'record' and item_id > $2
          and state in (select value from json_each($3)) order by item_id limit $4";
    let stages = text_list(stages.iter().map(|s| s.word()));
    let rows: Vec<ItemRow> = all!(tx, LOAD, id.0, after.0, stages, limit)?;
    rows.into_iter().map(item).collect()
}

fn item((record, from, to, state, found, note): ItemRow) -> Result<Item> {
    let bad = |column| StoreError::BadRow { table: "handover_items", id: record, column };
    Ok(Item {
        record: RecordId(record),
        from: UserId(from),
        to: UserId(to),
        stage: Stage::from_word(&state).ok_or_else(|| bad("state"))?,
        found: found.map(UserId),
        kept: kept_of(&note).map_err(|()| bad("note"))?,
    })
}

fn kept_of(note: &str) -> std::result::Result<Option<Kept>, ()> {
    if note.is_empty() { Ok(None) } else { serde_json::from_str(note).map(Some).map_err(|_| ()) }
}

fn note_of(kept: Option<Kept>) -> String {
    kept.and_then(|kept| serde_json::to_string(&kept).ok()).unwrap_or_default()
}

/// Where a record stands, as a decision about it needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who owns it; `None` once it is deleted or merged into another.
    pub owner: Option<UserId>,
    /// How owners changed since this hand-over took it from its owner, oldest first; its own return
    /// and the undoing of that included.
    pub since: Vec<Since>,
}

type OwnersRow = (i64, Option<i64>, i64, Option<i64>, i64, String, Option<i64>, Option<i64>);

/// Where these records stand. PostgreSQL keeps others from changing their owners until the end of
/// this unit of work, which is `owners::ready`, so that what is decided still holds when it is
/// written; SQLite has one writer.
pub async fn standing(tx: &mut Tx, id: HandoverId, records: &[RecordId]) -> Result<HashMap<RecordId, Standing>> {
    const OWNERS: &str = "select id, owner_id, deleted_at is null from records
        where id in (select cast(value as bigint) from json_each($1)) order by id";
    const HISTORY: &str =
        "select o.record_id, o.from_user_id, o.to_user_id, o.by_user_id, o.at, o.how, o.handover_id, h.from_user_id
        from record_owners o left join handovers h on h.id = o.handover_id
        where o.record_id in (select cast(value as bigint) from json_each($1)) order by o.id";
    let records = list(records.iter().map(|r| r.0));
    let owners: Vec<(i64, i64, bool)> = match tx {
        Tx::Sqlite(t) => sqlx::query_as(OWNERS).bind(&records).fetch_all(&mut **t).await?,
        Tx::Postgres(t) => {
            let locked = "select id, owner_id, deleted_at is null from records
                where id in (select cast(value as bigint) from json_each($1)) order by id for no key update";
            sqlx::query_as(locked).bind(&records).fetch_all(&mut **t).await?
        }
    };
    let mut found: HashMap<RecordId, Standing> = HashMap::new();
    for (record, owner, alive) in owners {
        let owner = alive.then_some(UserId(owner));
        found.insert(RecordId(record), Standing { owner, since: Vec::new() });
    }
    let history: Vec<OwnersRow> = all!(tx, HISTORY, records)?;
    for (record, from, to, by, at, how, handover, whose) in history {
        let Some(standing) = found.get_mut(&RecordId(record)) else { continue };
        let handover = handover.map(HandoverId);
        if handover == Some(id) && matches!(how.as_str(), "hand-over" | "incoming") {
            standing.since.clear();
            continue;
        }
        let (from, to, by, whose) = (from.map(UserId), UserId(to), by.map(UserId), whose.map(UserId));
        standing.since.push(Since { from, to, by, at: Timestamp(at), how, handover, whose });
    }
    Ok(found)
}

/// What became of records: the stage they are at now, from whom they were taken back where that
/// is somebody else than who received them, and why they were kept.
pub async fn settle_records(tx: &mut Tx, id: HandoverId, items: &[Item], now: Timestamp) -> Result<()> {
    let row = |item: &Item| {
        let (found, note) = (item.found.map(|u| u.0), note_of(item.kept));
        // A list in which every value is null has no type of its own on PostgreSQL.
        let found = found.unwrap_or(0);
        vec![id.0.into(), item.record.0.into(), item.stage.word().into(), found.into(), note.into(), now.0.into()]
    };
    let head = "handover_items set state = v.column3, found_user_id = nullif(v.column4, 0), note = v.column5,
          at = v.column6";
    let condition = "handover_id = v.column1 and what = 'record' and item_id = v.column2";
    update_many(tx, head, condition, items.iter().map(row).collect()).await
}

/// An activity in the journal, and how it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journalled {
    /// The activity.
    pub activity: i64,
    /// What became of it so far.
    pub stage: Stage,
    /// Who is responsible for it.
    pub responsible: UserId,
    /// Whether it is still to be done.
    pub open: bool,
}

/// The activities on these records that are in the journal, in order of id.
pub async fn journalled(tx: &mut Tx, id: HandoverId, records: &[RecordId]) -> Result<Vec<Journalled>> {
    const LOAD: &str = "select a.id, i.state, a.responsible_id, a.status = 'open' from activities a
        join handover_items i on i.handover_id = $1 and i.what = 'activity' and i.item_id = a.id
        where a.record_id in (select cast(value as bigint) from json_each($2)) order by a.id";
    let rows: Vec<(i64, String, i64, bool)> = all!(tx, LOAD, id.0, list(records.iter().map(|r| r.0)))?;
    let read = |(activity, state, responsible, open): (i64, String, i64, bool)| {
        let bad = StoreError::BadRow { table: "handover_items", id: activity, column: "state" };
        let stage = Stage::from_word(&state).ok_or(bad)?;
        Ok(Journalled { activity, stage, responsible: UserId(responsible), open })
    };
    rows.into_iter().map(read).collect()
}

/// Writes activities down that are to go to others, apart from those of records that move.
pub async fn plan_activities(
    tx: &mut Tx,
    id: HandoverId,
    from: UserId,
    activities: &[(i64, UserId)],
    now: Timestamp,
) -> Result<()> {
    let row = |(activity, to): &(i64, UserId)| {
        let stage = Stage::Pending.word();
        vec![id.0.into(), "activity".into(), (*activity).into(), from.0.into(), to.0.into(), stage.into(), now.0.into()]
    };
    let into = "handover_items (handover_id, what, item_id, from_user_id, to_user_id, state, at)";
    insert_many(tx, into, "on conflict do nothing", activities.iter().map(row).collect()).await
}

/// An activity in the journal that went, or goes, by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone {
    /// The activity, its stage, who is responsible now, and whether it is still to be done.
    pub activity: Journalled,
    /// Whose it was.
    pub from: UserId,
    /// Who receives it.
    pub to: UserId,
}

/// The next activities of the journal that are at one of `stages`.
pub async fn activities_at(tx: &mut Tx, id: HandoverId, stages: &[Stage], limit: i64) -> Result<Vec<Alone>> {
    const LOAD: &str = "select a.id, i.state, a.responsible_id, a.status = 'open', i.from_user_id, i.to_user_id
        from handover_items i join activities a on a.id = i.item_id
        where i.handover_id = $1 and i.what = 'activity' and i.state in (select value from json_each($2))
        order by a.id limit $3";
    let stages = text_list(stages.iter().map(|s| s.word()));
    let rows: Vec<(i64, String, i64, bool, i64, i64)> = all!(tx, LOAD, id.0, stages, limit)?;
    let read = |(activity, state, responsible, open, from, to): (i64, String, i64, bool, i64, i64)| {
        let bad = StoreError::BadRow { table: "handover_items", id: activity, column: "state" };
        let stage = Stage::from_word(&state).ok_or(bad)?;
        let activity = Journalled { activity, stage, responsible: UserId(responsible), open };
        Ok(Alone { activity, from: UserId(from), to: UserId(to) })
    };
    rows.into_iter().map(read).collect()
}

/// Those of these activities that were there before `moment`.
pub async fn older(tx: &mut Tx, activities: &[i64], moment: Timestamp) -> Result<Vec<i64>> {
    const LOAD: &str = "select id from activities
        where id in (select cast(value as bigint) from json_each($1)) and created_at < $2 order by id";
    let rows: Vec<(i64,)> = all!(tx, LOAD, list(activities.iter().copied()), moment.0)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Makes people responsible for activities.
pub async fn appoint(tx: &mut Tx, activities: &[(i64, UserId)], now: Timestamp) -> Result<()> {
    let rows = activities.iter().map(|(id, user)| vec![(*id).into(), user.0.into(), now.0.into()]).collect();
    let head = "activities set responsible_id = v.column2, updated_at = v.column3";
    update_many(tx, head, "activities.id = v.column1", rows).await
}

/// Writes activities down that go along, or have gone back: activity, whose it was, who received it.
pub async fn carry(
    tx: &mut Tx,
    id: HandoverId,
    activities: &[(i64, UserId, UserId)],
    stage: Stage,
    now: Timestamp,
) -> Result<()> {
    let row = |(activity, from, to): &(i64, UserId, UserId)| {
        let stage = stage.word();
        vec![id.0.into(), "activity".into(), (*activity).into(), from.0.into(), to.0.into(), stage.into(), now.0.into()]
    };
    let into = "handover_items (handover_id, what, item_id, from_user_id, to_user_id, state, at)";
    let tail = "on conflict (handover_id, what, item_id) do update set state = excluded.state, note = '',
        at = excluded.at";
    insert_many(tx, into, tail, activities.iter().map(row).collect()).await
}

/// What became of activities that are in the journal.
pub async fn settle_activities(
    tx: &mut Tx,
    id: HandoverId,
    activities: &[(i64, Stage, Option<Kept>)],
    now: Timestamp,
) -> Result<()> {
    let row = |(activity, stage, kept): &(i64, Stage, Option<Kept>)| {
        vec![id.0.into(), (*activity).into(), stage.word().into(), note_of(*kept).into(), now.0.into()]
    };
    let head = "handover_items set state = v.column3, note = v.column4, at = v.column5";
    let condition = "handover_id = v.column1 and what = 'activity' and item_id = v.column2";
    update_many(tx, head, condition, activities.iter().map(row).collect()).await
}

/// How many records and how many activities are at which stage.
pub async fn totals(tx: &mut Tx, id: HandoverId) -> Result<HashMap<(&'static str, Stage), i64>> {
    const COUNT: &str = "select what, state, count(*) from handover_items where handover_id = $1 group by what, state";
    let rows: Vec<(String, String, i64)> = all!(tx, COUNT, id.0)?;
    rows.into_iter().map(|(what, state, count)| Ok((place(id.0, &what, &state)?, count))).collect()
}

fn place(id: i64, what: &str, state: &str) -> Result<(&'static str, Stage)> {
    let what = if what == "record" { "record" } else { "activity" };
    let bad = StoreError::BadRow { table: "handover_items", id, column: "state" };
    Ok((what, Stage::from_word(state).ok_or(bad)?))
}

/// As [`totals`], of these hand-overs and as far as a viewer may know: without the confidential records
/// of others that they do not see, and without the activities on those.
pub async fn totals_seen(
    tx: &mut Tx,
    scope: &Scope,
    handovers: &[HandoverId],
) -> Result<HashMap<HandoverId, HashMap<(&'static str, Stage), i64>>> {
    const COUNT: &str = concat!(
        "select i.handover_id, i.what, i.state, count(*) from handover_items i
        left join activities a on i.what = 'activity' and a.id = i.item_id
        join records r on r.id = case when i.what = 'record' then i.item_id else a.record_id end
        where i.handover_id in (select cast(value as bigint) from json_each($8)) and ",
        known!(),
        " group by i.handover_id, i.what, i.state"
    );
    let rows: Vec<(i64, String, String, i64)> = all_seen!(tx, COUNT, scope, list(handovers.iter().map(|h| h.0)))?;
    let mut found: HashMap<HandoverId, HashMap<_, i64>> = HashMap::new();
    for (id, what, state, count) in rows {
        found.entry(HandoverId(id)).or_default().insert(place(id, &what, &state)?, count);
    }
    Ok(found)
}

/// The records that stay where they were found, or that could not be moved at all, in order of id,
/// at most `limit`.
pub async fn kept(tx: &mut Tx, id: HandoverId, limit: i64) -> Result<Vec<Item>> {
    const LOAD: &str = "select item_id, from_user_id, to_user_id, state, found_user_id, note from handover_items
        where handover_id = $1 and what = 'record' and state in ('kept', 'undone') and note <> ''
        order by item_id limit $2";
    let rows: Vec<ItemRow> = all!(tx, LOAD, id.0, limit)?;
    rows.into_iter().map(item).collect()
}

/// As [`kept`], as far as a viewer may know ([`totals_seen`]).
pub async fn kept_seen(tx: &mut Tx, scope: &Scope, id: HandoverId, limit: i64) -> Result<Vec<Item>> {
    const LOAD: &str = concat!(
        "select i.item_id, i.from_user_id, i.to_user_id, i.state, i.found_user_id, i.note
        from handover_items i join records r on r.id = i.item_id
        where i.handover_id = $8 and i.what = 'record' and i.state in ('kept', 'undone') and i.note <> '' and ",
        known!(),
        " order by i.item_id limit $9"
    );
    let rows: Vec<ItemRow> = all_seen!(tx, LOAD, scope, id.0, limit)?;
    rows.into_iter().map(item).collect()
}

/// Who receives how many records of it, as far as a viewer may know ([`totals_seen`]), and by what they were, by number.
pub async fn receivers_seen(tx: &mut Tx, scope: &Scope, id: HandoverId) -> Result<Vec<(UserId, i64)>> {
    const COUNT: &str = concat!(
        "select i.to_user_id, count(*) from handover_items i join records r on r.id = i.item_id
        where i.handover_id = $8 and i.what = 'record' and ",
        known!(),
        " group by i.to_user_id order by count(*) desc, i.to_user_id"
    );
    let rows: Vec<(i64, i64)> = all_seen!(tx, COUNT, scope, id.0)?;
    Ok(rows.into_iter().map(|(user, count)| (UserId(user), count)).collect())
}

/// How many records are at one of `stages`.
pub async fn count(tx: &mut Tx, id: HandoverId, stages: &[Stage]) -> Result<i64> {
    let all = totals(tx, id).await?;
    Ok(all.into_iter().filter(|((what, stage), _)| *what == "record" && stages.contains(stage)).map(|(_, n)| n).sum())
}

/// Those of these users who are not deactivated.
pub async fn active(tx: &mut Tx, users: &[UserId]) -> Result<HashSet<UserId>> {
    const LOAD: &str = "select id from users where active and id in (select cast(value as bigint) from json_each($1))";
    let users: HashSet<i64> = users.iter().map(|u| u.0).collect();
    let rows: Vec<(i64,)> = all!(tx, LOAD, list(users))?;
    Ok(rows.into_iter().map(|(id,)| UserId(id)).collect())
}

//! What comes in for somebody whose records are handed over (S11): new records and open activities
//! follow to whoever receives them, and into the journal, so that they return with the rest.

use crate::access::{Terms, receiver, receiver_with_sealed};
use crate::model::handover::Stage;
use crate::model::id::{HandoverId, RecordId, UserId};
use crate::model::record::{Class, Policy, Record};
use crate::model::time::Timestamp;
use crate::store::records::Entry;
use crate::store::{Result, Tx, absences, insert_many, list, people};
use std::collections::{HashMap, HashSet};

/// A record that somebody else gets than whom it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirected {
    /// Its place among those that are saved.
    pub index: usize,
    /// Whom it names.
    pub named: UserId,
    /// Who gets it.
    pub to: UserId,
    /// The hand-over that it follows; `None` where it was handed over already, and stays where it
    /// is although an import names its owner as ever.
    pub follows: Option<HandoverId>,
}

/// Which of the records that `by` is about to save name an owner whose hand-over stands, and who
/// gets them. `owners` are the present owners of those that are there already. What somebody makes
/// for themselves while they are away is theirs.
pub async fn redirect(
    tx: &mut Tx,
    entries: &[Entry],
    owners: &HashMap<i64, i64>,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<Vec<Redirected>> {
    // What names its present owner changes nothing.
    let moves = |e: &&Entry| owners.get(&e.record.id.0) != Some(&e.record.owner.0) && by != Some(e.record.owner);
    let named: HashSet<i64> = entries.iter().filter(moves).map(|e| e.record.owner.0).collect();
    let standing = standing_of(tx, &named, now).await?;
    if standing.is_empty() {
        return Ok(Vec::new());
    }
    let world = people::world(tx, &Policy::default(), now).await?;
    let classes = classes(tx, entries).await?;
    let there: Vec<i64> = entries.iter().map(|e| e.record.id.0).filter(|id| *id != 0).collect();
    let held = held(tx, &standing, &there).await?;
    let sealed = with_sealed(tx, &there).await?;
    let mut found = Vec::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, e)| moves(e)) {
        let Some((id, terms)) = standing.get(&entry.record.owner) else { continue };
        let (named, present) = (entry.record.owner, owners.get(&entry.record.id.0).copied());
        if let Some(present) = present.filter(|_| held.contains(&(*id, entry.record.id))) {
            found.push(Redirected { index, named, to: UserId(present), follows: None });
            continue;
        }
        let class = entry.class.as_deref().and_then(Class::from_word);
        let class = class.or_else(|| entry.record.account.and_then(|a| classes.get(&a.0).copied()));
        let record = Record { class, ..entry.record.clone() };
        let receiver = if sealed.contains(&record.id.0) { receiver_with_sealed } else { receiver };
        if let Ok(to) = receiver(&record, terms, &world, now) {
            found.push(Redirected { index, named, to, follows: Some(*id) });
        }
    }
    Ok(found)
}

/// Those of these records on which a mail is marked confidential.
async fn with_sealed(tx: &mut Tx, records: &[i64]) -> Result<HashSet<i64>> {
    const LOAD: &str = "select distinct l.governing_id from links l where l.sealed
        and l.governing_id in (select cast(value as bigint) from json_each($1))";
    let rows: Vec<(i64,)> = all!(tx, LOAD, list(records.iter().copied()))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The hand-over of each of these people that stands at `now`, with what it says.
async fn standing_of(
    tx: &mut Tx,
    people: &HashSet<i64>,
    now: Timestamp,
) -> Result<HashMap<UserId, (HandoverId, Terms)>> {
    const LOAD: &str = "select h.id, h.from_user_id, h.to_user_id, h.absence_id
        from handovers h left join absences a on a.id = h.absence_id
        where h.from_user_id in (select cast(value as bigint) from json_each($1)) and h.state in ('running', 'done')
          and ((a.id is null and (h.returns_at is null or h.returns_at > $2))
            or (a.id is not null and (a.ends_at is null or a.ends_at > $2 or h.by_hand)))
        order by h.id";
    let rows: Vec<(i64, i64, Option<i64>, Option<i64>)> = all!(tx, LOAD, list(people.iter().copied()), now.0)?;
    let mut found = HashMap::new();
    for (id, from, to, absence) in rows {
        let absence = match absence {
            Some(absence) => absences::load(tx, crate::model::id::AbsenceId(absence)).await?,
            None => None,
        };
        let terms = Terms { from: UserId(from), to: to.map(UserId), absence };
        found.insert(UserId(from), (HandoverId(id), terms));
    }
    Ok(found)
}

/// The classes of the accounts that these records belong to.
async fn classes(tx: &mut Tx, entries: &[Entry]) -> Result<HashMap<i64, Class>> {
    const LOAD: &str = "select id, class from records
        where id in (select cast(value as bigint) from json_each($1)) and class is not null";
    let accounts: HashSet<i64> = entries.iter().filter_map(|e| e.record.account).map(|a| a.0).collect();
    let rows: Vec<(i64, String)> = all!(tx, LOAD, list(accounts))?;
    Ok(rows.into_iter().filter_map(|(id, word)| Some((id, Class::from_word(&word)?))).collect())
}

/// Which of these records the journals of those hand-overs hold.
async fn held(
    tx: &mut Tx,
    standing: &HashMap<UserId, (HandoverId, Terms)>,
    records: &[i64],
) -> Result<HashSet<(HandoverId, RecordId)>> {
    const LOAD: &str = "select handover_id, item_id from handover_items
        where handover_id in (select cast(value as bigint) from json_each($1)) and what = 'record'
          and item_id in (select cast(value as bigint) from json_each($2)) and state in ('moved', 'kept')";
    let handovers = list(standing.values().map(|(id, _)| id.0));
    let rows: Vec<(i64, i64)> = all!(tx, LOAD, handovers, list(records.iter().copied()))?;
    Ok(rows.into_iter().map(|(id, record)| (HandoverId(id), RecordId(record))).collect())
}

/// Writes records into the journals that they follow: record, whom it named, who got it.
pub async fn journal(tx: &mut Tx, records: &[(HandoverId, RecordId, UserId, UserId)], now: Timestamp) -> Result<()> {
    let row = |(id, record, named, to): &(HandoverId, RecordId, UserId, UserId)| {
        let stage = Stage::Moved.word();
        let (named, to) = (named.0.into(), to.0.into());
        vec![id.0.into(), "record".into(), record.0.into(), named, to, stage.into(), true.into(), now.0.into()]
    };
    let into = "handover_items (handover_id, what, item_id, from_user_id, to_user_id, state, incoming, at)";
    let tail = "on conflict (handover_id, what, item_id) do update set to_user_id = excluded.to_user_id,
        state = excluded.state, incoming = excluded.incoming, found_user_id = null, note = '', at = excluded.at";
    insert_many(tx, into, tail, records.iter().map(row).collect()).await
}

/// An open activity that names somebody whose hand-over stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The hand-over.
    pub handover: HandoverId,
    /// The activity.
    pub activity: i64,
    /// The record it is on.
    pub record: RecordId,
    /// Who has the record, where this hand-over moved it there.
    pub holder: Option<UserId>,
}

/// The open activities that name somebody whose hand-over stands and that are not in its journal:
/// one that is was given back by a person, and stays.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<Waiting>> {
    const LOAD: &str =
        "select h.id, a.id, a.record_id, case when i.state = 'moved' then r.owner_id end from handovers h
        join activities a on a.responsible_id = h.from_user_id and a.status = 'open'
        join records r on r.id = a.record_id and r.deleted_at is null and r.owner_id <> h.from_user_id
        left join handover_items i on i.handover_id = h.id and i.what = 'record' and i.item_id = a.record_id
        where h.state = 'done' and (i.item_id is null or (i.state = 'moved' and i.to_user_id = r.owner_id))
          and not exists (select 1 from handover_items k
            where k.handover_id = h.id and k.what = 'activity' and k.item_id = a.id)
        order by h.id, a.id limit 500";
    let rows: Vec<(i64, i64, i64, Option<i64>)> = all!(tx, LOAD)?;
    let read = |(handover, activity, record, holder): (i64, i64, i64, Option<i64>)| Waiting {
        handover: HandoverId(handover),
        activity,
        record: RecordId(record),
        holder: holder.map(UserId),
    };
    Ok(rows.into_iter().map(read).collect())
}

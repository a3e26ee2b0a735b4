//! Records that lack something: an answer to a client, or news of ours (W3, W12, S16).

use super::super::{Result, Tx, list};
use super::parts::kind_of;
use super::records::{Chosen, listed, owners};
use crate::access::Scope;
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Lack};
use crate::model::time::Timestamp;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Lacking<'a> {
    /// Of this kind.
    pub kind: Kind,
    /// What they lack.
    pub lack: Lack,
    /// Who owns them, and where they stand.
    pub chosen: Chosen<'a>,
    /// Of [`Lack::Update`]: what was last seen to before this.
    pub before: Timestamp,
}

/// The records that lack it and that the viewer may read, with since when: what lacks it longest first, after
/// `after`, at most `limit`; with how many there are, counted to at most `count_to`.
///
/// A mail waits on the record that governs it, so a client who waits counts once. An update is a change of the
/// record, something entered, changed or done on it, or a mail that a person of ours wrote about it; of mails
/// only those that the viewer may read. That a record was imported is none.
pub async fn lacking(
    tx: &mut Tx,
    scope: &Scope,
    lacking: &Lacking<'_>,
    after: Option<(Timestamp, RecordId)>,
    limit: i64,
    count_to: i64,
) -> Result<(Vec<(RecordId, Timestamp)>, i64)> {
    let rows = match lacking.lack {
        Lack::Answer => unanswered(tx, scope, lacking, after, limit).await?,
        Lack::Update => neglected(tx, scope, lacking, after, limit).await?,
    };
    let counted = match (rows.first(), after) {
        (Some((.., counted)), _) => *counted,
        (None, None) => 0,
        // Behind the last page the count stands on no row.
        (None, Some(_)) => Box::pin(self::lacking(tx, scope, lacking, None, 1, count_to)).await?.1,
    };
    let found = rows.into_iter().map(|(id, since, _)| (RecordId(id), Timestamp(since))).collect();
    Ok((found, counted.min(count_to)))
}

/// The beginning of both: `candidates` that may be the viewer's to read, found by indexes, before any record is read
/// for what it is.
macro_rules! candidates {
    () => {
        concat!(
            "with candidates as materialized (select b.id from ",
            listed!(),
            " b where ($11 = 0 or b.owner_id in (select cast(value as bigint) from json_each($12)))),"
        )
    };
}

/// The condition that the last change of the record `r` was something done. What another system brought in was not: its
/// mail says when anything was done last, and only where there is none its coming counts.
macro_rules! changed {
    () => {
        "(r.external_source is null or r.updated_at > r.created_at)"
    };
}

/// The page of what `found` holds.
macro_rules! longest_first {
    () => {
        ", counted as (select count(*) as n from found)
         select f.id, f.since, n.n from found f cross join counted n
         where f.since >= $14 and (f.since > $14 or f.id > $15) order by f.since, f.id limit $16"
    };
}

type Found = Vec<(i64, i64, i64)>;

/// What waits is known by `wait_ways`, and since when by its links: no mail is read.
async fn unanswered(
    tx: &mut Tx,
    scope: &Scope,
    lacking: &Lacking<'_>,
    after: Option<(Timestamp, RecordId)>,
    limit: i64,
) -> Result<Found> {
    let (owners, many) = owners(scope);
    let (since, id) = after.map_or((i64::MIN, 0), |(since, id)| (since.0, id.0));
    let chosen = &lacking.chosen;
    Ok(all_seen!(
        tx,
        concat!(
            candidates!(),
            " found as materialized (
               select r.id, min(l.at) as since
               from candidates b cross join wait_ways w cross join records r cross join links l
               where w.record_id = b.id and r.id = b.id and ($13 = '' or r.status = $13) and l.mail_id = w.mail_id
                 and l.governing_id = b.id and ",
            entry!("r", "l.sealed"),
            " group by r.id)",
            longest_first!()
        ),
        scope,
        lacking.kind.word(),
        owners.as_str(),
        many,
        chosen.is_of(),
        chosen.of(),
        chosen.status(),
        since,
        id,
        limit
    )?)
}

async fn neglected(
    tx: &mut Tx,
    scope: &Scope,
    lacking: &Lacking<'_>,
    after: Option<(Timestamp, RecordId)>,
    limit: i64,
) -> Result<Found> {
    let (owners, many) = owners(scope);
    let (since, id) = after.map_or((i64::MIN, 0), |(since, id)| (since.0, id.0));
    let chosen = &lacking.chosen;
    // What was changed lately, or is closed, need not be looked at further.
    Ok(all_seen!(
        tx,
        concat!(
            candidates!(),
            " looked as materialized (
               select r.id, coalesce((select max(t.at) from (
                   select case when ",
            changed!(),
            " then r.updated_at end as at
                   union all select max(a.updated_at) from activities a where a.record_id = r.id
                   union all select max(m.at) from mails m where m.regarding_id = r.id and m.direction = 'out'
                     and m.author = 'human' and ",
            confided!("r", "id", "m.sealed"),
            ") t), r.created_at) as since from candidates b cross join records r
               where r.id = b.id and ($13 = '' or r.status = $13) and r.status = 'open'
                 and not (r.updated_at >= $17 and ",
            changed!(),
            ") and ",
            visible!("r"),
            "), found as materialized (select k.id, k.since from looked k where k.since < $17)",
            longest_first!()
        ),
        scope,
        lacking.kind.word(),
        owners.as_str(),
        many,
        chosen.is_of(),
        chosen.of(),
        chosen.status(),
        since,
        id,
        limit,
        lacking.before.0
    )?)
}

/// The records `r` of the owners `$8`, who are `$9`.
macro_rules! owned {
    () => {
        "(select cast(value as bigint) as id from json_each($8) limit $9) o cross join records r"
    };
}

/// On how many records of these owners a client waits, by kind, as far as the viewer may read them. Most have nobody who
/// waits, which is asked first.
pub async fn waiting_on(tx: &mut Tx, scope: &Scope, of: &[UserId]) -> Result<Vec<(Kind, i64)>> {
    const COUNT: &str = concat!(
        "select r.kind, count(*) from ",
        owned!(),
        " where r.owner_id = o.id and exists (select 1 from wait_ways w where w.record_id = r.id)
            and exists (select 1 from wait_ways w cross join links l
              where w.record_id = r.id and l.mail_id = w.mail_id and l.governing_id = r.id and ",
        confided!("r", "id", "l.sealed"),
        ") and ",
        visible!("r"),
        " group by r.kind"
    );
    let rows: Vec<(String, i64)> = all_seen!(tx, COUNT, scope, list(of.iter().map(|u| u.0)), of.len() as i64)?;
    rows.into_iter().map(|(kind, n)| Ok((kind_of(0, &kind)?, n))).collect()
}

/// How many records of this kind and of these owners are neglected, as far as the viewer may read them: what was last
/// seen to before `before`, counted to at most `count_to`.
pub async fn neglected_of(
    tx: &mut Tx,
    scope: &Scope,
    of: &[UserId],
    (kind, before): (Kind, Timestamp),
    count_to: i64,
) -> Result<i64> {
    const COUNT: &str = concat!(
        "select count(*) from (select 1 as one from ",
        owned!(),
        " where r.owner_id = o.id and r.kind = $10 and r.status = 'open'
             and not (r.updated_at >= $11 and ",
        changed!(),
        ")
             and not exists (select 1 from activities a where a.record_id = r.id and a.updated_at >= $11)
             and not exists (select 1 from mails m where m.regarding_id = r.id and m.direction = 'out'
               and m.author = 'human' and m.at >= $11 and ",
        confided!("r", "id", "m.sealed"),
        ") and (r.created_at < $11 or exists (select 1 from activities a where a.record_id = r.id)
             or exists (select 1 from mails m where m.regarding_id = r.id and m.direction = 'out'
               and m.author = 'human' and ",
        confided!("r", "id", "m.sealed"),
        ")) and ",
        visible!("r"),
        " limit $12) f"
    );
    let owners = list(of.iter().map(|u| u.0));
    let (n,): (i64,) = one_seen!(tx, COUNT, scope, owners, of.len() as i64, kind.word(), before.0, count_to)?;
    Ok(n)
}

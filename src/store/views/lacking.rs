//! Records that lack something: an answer to a client, or news of ours (W3, W12, S16).

use super::super::{Result, Tx};
use super::records::{Chosen, listed, owners};
use crate::access::Scope;
use crate::model::id::RecordId;
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
/// only those that the viewer may read.
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

/// The page of what `found` holds.
macro_rules! longest_first {
    () => {
        ", counted as (select count(*) as n from found)
         select f.id, f.since, c.n from found f cross join counted c
         where f.since >= $14 and (f.since > $14 or f.id > $15) order by f.since, f.id limit $16"
    };
}

type Found = Vec<(i64, i64, i64)>;

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
            "with found as materialized (
               select r.id, min(m.at) as since from ",
            listed!(),
            " r cross join wait_ways w cross join links l cross join mails m
               where ($11 = 0 or r.owner_id in (select cast(value as bigint) from json_each($12)))
                 and ($13 = '' or r.status = $13) and w.record_id = r.id and l.mail_id = w.mail_id
                 and l.governing_id = r.id and m.id = w.mail_id and m.waits and ",
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
            "with looked as materialized (
               select r.id, (select max(t.at) from (
                   select r.updated_at as at
                   union all select max(a.updated_at) from activities a where a.record_id = r.id
                   union all select max(m.at) from mails m where m.regarding_id = r.id and m.direction = 'out'
                     and m.author = 'human' and ",
            confided!("r", "id", "m.sealed"),
            ") t) as since from ",
            listed!(),
            " r where ($11 = 0 or r.owner_id in (select cast(value as bigint) from json_each($12)))
                 and ($13 = '' or r.status = $13) and r.status = 'open' and r.updated_at < $17 and ",
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

//! What happened, in an order that never changes behind a reader: rows are written by triggers, whoever does
//! something, and get their place when somebody reads, one reader at a time. So whatever is committed later
//! stands later, although databases give numbers before they commit. What is told of it is in `views::events`.
//!
//! Nothing is written down before the first one asks, and nothing any more once nobody asked for [`KEPT`].

use super::{Db, Result, Tx};
use crate::model::time::{DAY, HOUR, Timestamp};

/// How long an event is kept.
pub const KEPT: i64 = 30 * DAY;

/// Gives places to what has none, and begins the feed with the first one who asks.
pub async fn freshen(db: &Db, now: Timestamp) -> Result<()> {
    let mut tx = db.read().await?;
    let stale = is_stale(&mut tx, now).await?;
    drop(tx);
    if stale {
        let mut tx = db.write().await?;
        // One at a time, or two would give the same places.
        tx.alone().await?;
        place(&mut tx, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// SQL: absences of which it is still to be told that they began or ended, before `$1` and after `$2`.
macro_rules! turns {
    ($type:literal, $at:literal) => {
        concat!(
            "select ",
            $at,
            " as at, '",
            $type,
            "' as type, a.id as absence_id from absences a where ",
            $at,
            " <= $1 and ",
            $at,
            " > $2 and (a.ends_at is null or a.ends_at > a.starts_at) and not exists (select 1 from events e
               where e.absence_id = a.id and e.type = '",
            $type,
            "' and e.at = ",
            $at,
            ")"
        )
    };
}

macro_rules! all_turns {
    () => {
        concat!(turns!("absence.started", "a.starts_at"), " union all ", turns!("absence.ended", "a.ends_at"))
    };
}

async fn is_stale(tx: &mut Tx, now: Timestamp) -> Result<bool> {
    let feed: Option<(i64,)> = maybe!(tx, "select asked_at from event_feed")?;
    let Some((asked,)) = feed else { return Ok(true) };
    let (unplaced,): (bool,) = one!(tx, "select exists (select 1 from events where place is null)")?;
    let (turned,): (bool,) = one!(tx, concat!("select exists (", all_turns!(), ")"), now.0, now.plus(-KEPT).0)?;
    Ok(unplaced || turned || now.since(Timestamp(asked)) >= HOUR)
}

async fn place(tx: &mut Tx, now: Timestamp) -> Result<()> {
    run!(tx, "insert into event_feed (id, placed, asked_at) values (1, 0, $1) on conflict (id) do nothing", now.0)?;
    // What began or ended by the clock alone.
    const TURN: &str = concat!("insert into events (at, type, absence_id) ", all_turns!());
    run!(tx, TURN, now.0, now.plus(-KEPT).0)?;
    // A mail that was decided anew was taken off and put on again: that is not told twice.
    run!(
        tx,
        "delete from events where place is null and type = 'message.unlinked' and exists (select 1 from links l
           where l.mail_id = events.mail_id and l.record_id = events.record_id)"
    )?;
    let (placed, asked): (i64, i64) = one!(tx, "select placed, asked_at from event_feed where id = 1")?;
    // Where nothing was written down for a while a place stays free: so older cursors are known to be too old.
    let placed = if asked == 0 { placed.saturating_add(1) } else { placed };
    let given = run!(
        tx,
        "update events set place = v.place, at = case when at = 0 then $2 else at end
         from (select n.id, $1 + row_number() over (order by n.id) as place from events n where n.place is null) v
         where events.id = v.id",
        placed,
        now.0
    )?;
    let placed = placed.saturating_add(i64::try_from(given).unwrap_or(0));
    run!(tx, "update event_feed set placed = $1, asked_at = $2 where id = 1", placed, now.0)?;
    run!(tx, "delete from events where at < $1 and place is not null and place < $2", now.plus(-KEPT).0, placed)?;
    Ok(())
}

/// The last place given.
pub async fn last(tx: &mut Tx) -> Result<i64> {
    let row: Option<(i64,)> = maybe!(tx, "select placed from event_feed where id = 1")?;
    Ok(row.map_or(0, |(placed,)| placed))
}

/// The first place that is kept; none where nothing is.
pub async fn first(tx: &mut Tx) -> Result<Option<i64>> {
    let (first,): (Option<i64>,) = one!(tx, "select min(place) from events")?;
    Ok(first)
}

/// Ends a feed for which nobody asked for [`KEPT`]. Its places go on where it left off, should somebody ask again.
pub async fn forget(tx: &mut Tx, now: Timestamp) -> Result<()> {
    const END: &str = "update event_feed set asked_at = 0 where asked_at > 0 and asked_at < $1";
    if run!(tx, END, now.plus(-KEPT).0)? > 0 {
        run!(tx, "delete from events")?;
    }
    Ok(())
}

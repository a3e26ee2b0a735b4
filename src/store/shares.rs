//! Rights on single records that were given to people and teams.

use super::{Result, StoreError, Tx, insert_many, list};
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::share::{Holder, Share, Source};
use crate::model::time::Timestamp;

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    record_id: i64,
    user_id: Option<i64>,
    team_id: Option<i64>,
    source: String,
    may_write: bool,
    may_share: bool,
    named: bool,
    until_at: Option<i64>,
    reason: String,
    by_user_id: Option<i64>,
    created_at: i64,
}

/// The shares on these records, ended ones included, the oldest first.
pub async fn on(tx: &mut Tx, records: &[RecordId]) -> Result<Vec<Share>> {
    const LOAD: &str = "select id, record_id, user_id, team_id, source, may_write, may_share, named, until_at, reason,
          by_user_id, created_at from shares
        where record_id in (select cast(value as bigint) from json_each($1)) order by id";
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = all!(tx, LOAD, list(records.iter().map(|id| id.0)))?;
    rows.into_iter().map(share).collect()
}

/// Saves a new share; its `id` is not looked at. Gives its id.
pub async fn add(tx: &mut Tx, share: &Share) -> Result<i64> {
    const ADD: &str = "insert into shares (record_id, user_id, team_id, source, may_write, may_share, named, until_at,
          reason, by_user_id, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id";
    let (user, team) = match share.holder {
        Holder::User(user) => (Some(user.0), None),
        Holder::Team(team) => (None, Some(team.0)),
    };
    let (id,): (i64,) = one!(
        tx,
        ADD,
        share.record.0,
        user,
        team,
        share.source.word(),
        share.write,
        share.share,
        share.named,
        share.until.map(|t| t.0),
        share.reason.as_str(),
        share.by.map(|u| u.0),
        share.at.0,
    )?;
    Ok(id)
}

/// Makes the share with this id give what `share` says; holder, record and source stay.
pub async fn change(tx: &mut Tx, share: &Share) -> Result<()> {
    const CHANGE: &str = "update shares set may_write = $2, may_share = $3, named = $4, until_at = $5, reason = $6,
          by_user_id = $7, created_at = $8 where id = $1";
    let (until, by) = (share.until.map(|t| t.0), share.by.map(|u| u.0));
    let reason = share.reason.as_str();
    run!(tx, CHANGE, share.id, share.write, share.share, share.named, until, reason, by, share.at.0)?;
    Ok(())
}

/// Marks a record confidential, or takes that back.
pub async fn set_confidential(tx: &mut Tx, record: RecordId, on: bool, now: Timestamp) -> Result<()> {
    run!(tx, "update records set confidential = $2, updated_at = $3 where id = $1", record.0, on, now.0)?;
    Ok(())
}

/// Removes a share. Gives false where there is none with this id.
pub async fn remove(tx: &mut Tx, id: i64) -> Result<bool> {
    Ok(run!(tx, "delete from shares where id = $1", id)? > 0)
}

fn share(row: Row) -> Result<Share> {
    let bad = |column| StoreError::BadRow { table: "shares", id: row.id, column };
    let holder = match (row.user_id, row.team_id) {
        (Some(user), None) => Holder::User(UserId(user)),
        (None, Some(team)) => Holder::Team(TeamId(team)),
        _ => return Err(bad("user_id")),
    };
    Ok(Share {
        id: row.id,
        record: RecordId(row.record_id),
        holder,
        source: Source::from_word(&row.source).ok_or_else(|| bad("source"))?,
        write: row.may_write,
        share: row.may_share,
        named: row.named,
        until: row.until_at.map(Timestamp),
        reason: row.reason,
        by: row.by_user_id.map(UserId),
        at: Timestamp(row.created_at),
    })
}

/// Saves new shares; their `id`s are not looked at.
pub async fn add_all(tx: &mut Tx, shares: &[Share]) -> Result<()> {
    let row = |share: &Share| {
        let (user, team) = match share.holder {
            Holder::User(user) => (Some(user.0), None),
            Holder::Team(team) => (None, Some(team.0)),
        };
        vec![
            share.record.0.into(),
            user.into(),
            team.into(),
            share.source.word().into(),
            share.write.into(),
            share.share.into(),
            share.named.into(),
            share.until.map(|t| t.0).into(),
            share.reason.as_str().into(),
            share.by.map(|u| u.0).into(),
            share.at.0.into(),
        ]
    };
    let into = "shares (record_id, user_id, team_id, source, may_write, may_share, named, until_at, reason, by_user_id,
          created_at)";
    insert_many(tx, into, "", shares.iter().map(row).collect()).await
}

/// Who opened records by breaking the glass since `since`, with the record's owner; the latest first. Those
/// that have ended are among them.
pub async fn glass(tx: &mut Tx, since: Timestamp) -> Result<Vec<(Share, UserId)>> {
    #[derive(sqlx::FromRow)]
    struct Opened {
        #[sqlx(flatten)]
        share: Row,
        owner_id: i64,
    }
    const GLASS: &str = "select s.id, s.record_id, s.user_id, s.team_id, s.source, s.may_write, s.may_share, s.named,
          s.until_at, s.reason, s.by_user_id, s.created_at, r.owner_id
        from shares s join records r on r.id = s.record_id
        where s.source = 'break-glass' and s.created_at > $1 and r.deleted_at is null order by s.id desc";
    let rows: Vec<Opened> = all!(tx, GLASS, since.0)?;
    rows.into_iter().map(|row| Ok((share(row.share)?, UserId(row.owner_id)))).collect()
}

/// Ends the steps on these records whose holder owns the record now: what went onward for a step
/// came back, and nothing of it must be left when the record goes elsewhere next.
pub async fn end_steps(tx: &mut Tx, records: &[RecordId]) -> Result<()> {
    const END: &str = "delete from shares where source = 'step' and id in (
          select s.id from shares s join records r on r.id = s.record_id
          where s.source = 'step' and s.user_id = r.owner_id
            and s.record_id in (select cast(value as bigint) from json_each($1)))";
    run!(tx, END, list(records.iter().map(|record| record.0)))?;
    Ok(())
}

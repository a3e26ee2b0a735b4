//! How much somebody sees, counted: for "what can this user see?", which tells numbers and never
//! what they are about.

use super::{Result, StoreError, Tx};
use crate::access::Scope;
use crate::model::id::{TeamId, UserId};
use crate::model::record::Kind;
use crate::model::share::Source;
use crate::model::time::Timestamp;

/// Records that are alike as far as rights look at them, exceptions of absences and shares aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alike {
    /// Their kind.
    pub kind: Kind,
    /// Their owner.
    pub owner: UserId,
    /// Their team.
    pub team: Option<TeamId>,
    /// Whether they are confidential.
    pub confidential: bool,
    /// How many there are.
    pub count: i64,
}

fn kind(word: &str) -> Result<Kind> {
    Kind::from_word(word).ok_or(StoreError::BadRow { table: "records", id: 0, column: "kind" })
}

/// The records in a viewer's scope, in groups of those that are alike.
pub async fn alike(tx: &mut Tx, scope: &Scope) -> Result<Vec<Alike>> {
    let rows: Vec<(String, i64, Option<i64>, bool, i64)> = all_seen!(
        tx,
        concat!(
            "select r.kind, r.owner_id, r.team_id, r.confidential, count(*) from records r where ",
            visible!("r"),
            " group by r.kind, r.owner_id, r.team_id, r.confidential order by 1, 2, 3, 4"
        ),
        scope
    )?;
    let alike = |(word, owner, team, confidential, count): (String, i64, Option<i64>, bool, i64)| {
        let (owner, team) = (UserId(owner), team.map(TeamId));
        Ok(Alike { kind: kind(&word)?, owner, team, confidential, count })
    };
    rows.into_iter().map(alike).collect()
}

/// How many records of each kind shares of each source show the viewer.
pub async fn by_shares(tx: &mut Tx, scope: &Scope) -> Result<Vec<(Kind, Source, i64)>> {
    let rows: Vec<(String, String, i64)> = all_seen!(
        tx,
        concat!(
            "select r.kind, s.source, count(distinct r.id) from shares s join records r on r.id = s.record_id
             where (s.user_id = $1 or s.team_id in (select t.team_id from team_members t where t.user_id = $1))
               and (s.until_at is null or s.until_at > $7) and (s.named or not r.confidential) and ",
            visible!("r"),
            " group by r.kind, s.source order by 1, 2"
        ),
        scope
    )?;
    let bad = || StoreError::BadRow { table: "shares", id: 0, column: "source" };
    let row = |(word, source, count): (String, String, i64)| {
        Ok((kind(&word)?, Source::from_word(&source).ok_or_else(bad)?, count))
    };
    rows.into_iter().map(row).collect()
}

/// How many shares stand at `now`, by source.
pub async fn shares(tx: &mut Tx, now: Timestamp) -> Result<Vec<(Source, i64)>> {
    const COUNT: &str = "select s.source, count(*) from shares s join records r on r.id = s.record_id
        where r.deleted_at is null and (s.until_at is null or s.until_at > $1) group by s.source order by s.source";
    let rows: Vec<(String, i64)> = all!(tx, COUNT, now.0)?;
    let bad = || StoreError::BadRow { table: "shares", id: 0, column: "source" };
    rows.into_iter().map(|(source, n)| Ok((Source::from_word(&source).ok_or_else(bad)?, n))).collect()
}

/// How many records are confidential.
pub async fn confidential(tx: &mut Tx) -> Result<i64> {
    let (count,): (i64,) = one!(tx, "select count(*) from records where confidential and deleted_at is null")?;
    Ok(count)
}

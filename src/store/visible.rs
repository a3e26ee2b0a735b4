//! A viewer's scope in SQL: the same sentence as `access::Scope::reads`.
//!
//! Every scoped query begins with the same seven parameters, so that its text is one literal:
//!
//! | parameter | holds |
//! |---|---|
//! | `$1` | the viewer, bigint |
//! | `$2` | JSON list of owners whose records they read unless confidential |
//! | `$3` | JSON list of owners whose confidential records they read |
//! | `$4` | JSON list of owners whom a fallback answers for |
//! | `$5` | JSON list of teams whose fallback the viewer is; 0 for records without a team |
//! | `$6` | JSON lists of what exceptions of absences put to the viewer: `records` by id; of the records of `owners` those that are not `named` and whose "owner kind class" (class `*` unless the owner is in `classed`) is in `any`, or in `alone` where `$5` holds the team, and with the team not in `except`; and those with the team in `team` |
//! | `$7` | the moment, bigint: shares may end |
//!
//! A query's own parameters begin at `$8`. Each branch of the condition compares `owner_id` or
//! `id`, so that both databases can drive a query from an index, and the lists are read once per
//! statement, not once per row. Shares are looked up on the spot: there may be thousands of them.
//! Records that are deleted or merged away are in nobody's sight.
//!
//! [`visible!`] is about records and activities. A mail may be marked confidential by itself: wherever sight of a
//! mail is asked through the record that governs it, [`entry!`] is asked, which takes the mark into account.

use super::{list, text_list};
use crate::access::Scope;

/// "owner kind class" of a record row, as `access::Parts` says it.
macro_rules! words {
    ($alias:literal) => {
        concat!(
            "(",
            $alias,
            ".owner_id || ' ' || ",
            $alias,
            ".kind || ' ' || case when ",
            $alias,
            ".owner_id in (select cast(value as bigint) from json_each($6, '$.classed')) then coalesce(",
            $alias,
            ".class, (select a.class from records a where a.id = ",
            $alias,
            ".account_id), '-') else '*' end)"
        )
    };
}

/// The condition that the record row with this alias lies in the viewer's scope:
/// `concat!("select … from records r where ", visible!("r"), " and r.kind = $8")`.
macro_rules! visible {
    ($alias:literal) => {
        concat!(
            "(",
            $alias,
            ".deleted_at is null and (",
            $alias,
            ".owner_id = $1",
            " or (",
            $alias,
            ".owner_id in (select cast(value as bigint) from json_each($2)) and not ",
            $alias,
            ".confidential)",
            " or (",
            $alias,
            ".owner_id in (select cast(value as bigint) from json_each($3)) and ",
            $alias,
            ".confidential)",
            " or (",
            $alias,
            ".owner_id in (select cast(value as bigint) from json_each($4)) and coalesce(",
            $alias,
            ".team_id, 0) in (select cast(value as bigint) from json_each($5)) and not ",
            $alias,
            ".confidential) or (",
            $alias,
            ".id in (select cast(value as bigint) from json_each($6, '$.records')) and not ",
            $alias,
            ".confidential) or (",
            $alias,
            ".owner_id in (select cast(value as bigint) from json_each($6, '$.owners')) and not ",
            $alias,
            ".confidential and ",
            $alias,
            ".id not in (select cast(value as bigint) from json_each($6, '$.named')) and coalesce(",
            $alias,
            ".account_id, 0) not in (select cast(value as bigint) from json_each($6, '$.named')) and ((",
            words!($alias),
            " || ' ' || coalesce(",
            $alias,
            ".team_id, 0)) in (select value from json_each($6, '$.team')) or ((",
            words!($alias),
            " in (select value from json_each($6, '$.any')) or (coalesce(",
            $alias,
            ".team_id, 0) in (select cast(value as bigint) from json_each($5)) and ",
            words!($alias),
            " in (select value from json_each($6, '$.alone')))) and (",
            words!($alias),
            " || ' ' || coalesce(",
            $alias,
            ".team_id, 0)) not in (select value from json_each($6, '$.except'))))) or (",
            $alias,
            ".id in (select s.record_id from shares s where s.user_id = $1 and (s.until_at is null or s.until_at > $7)",
            " union select s.record_id from shares s where s.team_id in",
            " (select t.team_id from team_members t where t.user_id = $1) and (s.until_at is null or s.until_at > $7))",
            " and not ",
            $alias,
            ".confidential) or (",
            $alias,
            ".confidential and ",
            $alias,
            ".id in (select s.record_id from shares s where s.named and s.user_id = $1",
            " and (s.until_at is null or s.until_at > $7)",
            " union select s.record_id from shares s where s.named and s.team_id in",
            " (select t.team_id from team_members t where t.user_id = $1) and (s.until_at is null or s.until_at > $7)))))"
        )
    };
}

/// The condition that what the viewer reads of a record reaches a mail under it: the mail is not marked
/// confidential, or they would read the record also if it were. `$alias` has the record's owner, `$id` is its
/// column with the record's id, `$sealed` says whether the mail is marked. Beside [`visible!`], never alone.
macro_rules! confided {
    ($alias:literal, $id:literal, $sealed:literal) => {
        concat!(
            "(not ",
            $sealed,
            " or ",
            $alias,
            ".owner_id = $1 or ",
            $alias,
            ".owner_id in (select cast(value as bigint) from json_each($3)) or ",
            $alias,
            ".",
            $id,
            " in (select s.record_id from shares s where s.named and s.user_id = $1",
            " and (s.until_at is null or s.until_at > $7)",
            " union select s.record_id from shares s where s.named and s.team_id in",
            " (select t.team_id from team_members t where t.user_id = $1) and (s.until_at is null or s.until_at > $7)))"
        )
    };
}

/// The condition that a mail which the record row with this alias governs lies in the viewer's scope: wherever
/// sight of a mail is asked through a record. `$sealed` says whether the mail is marked confidential, such as
/// `l.sealed` of its link: `access::Scope::reads_mail` in SQL.
macro_rules! entry {
    ($alias:literal, $sealed:literal) => {
        concat!("(", visible!($alias), " and ", confided!($alias, "id", $sealed), ")")
    };
}

/// The values of a scope, in the order of their parameters.
#[derive(Clone, Debug)]
pub struct Sight {
    /// `$1`.
    pub viewer: i64,
    /// `$2`.
    pub owners: String,
    /// `$3`.
    pub confidential: String,
    /// `$4`.
    pub unanswered: String,
    /// `$5`.
    pub teams: String,
    /// `$6`.
    pub parts: String,
    /// `$7`.
    pub at: i64,
}

impl From<&Scope> for Sight {
    fn from(scope: &Scope) -> Sight {
        Sight {
            viewer: scope.viewer.0,
            owners: list(scope.owners.iter().map(|u| u.0)),
            confidential: list(scope.confidential_owners.iter().map(|u| u.0)),
            unanswered: list(scope.unanswered.iter().map(|u| u.0)),
            teams: list(scope.fallback_teams.iter().map(|t| t.0)),
            parts: parts(scope),
            at: scope.at.0,
        }
    }
}

fn parts(scope: &Scope) -> String {
    let parts = &scope.parts;
    let texts = |words: &[String]| text_list(words.iter().map(String::as_str));
    format!(
        r#"{{"records":{},"owners":{},"named":{},"classed":{},"any":{},"alone":{},"except":{},"team":{}}}"#,
        list(scope.records.iter().map(|r| r.0)),
        list(parts.owners.iter().map(|u| u.0)),
        list(parts.named.iter().map(|r| r.0)),
        list(parts.classed.iter().map(|u| u.0)),
        texts(&parts.any),
        texts(&parts.alone),
        texts(&parts.except),
        texts(&parts.team)
    )
}

/// As [`all!`], for a query with `visible!`: the scope's seven values are bound before the query's
/// own, which begin at `$8`: `all_seen!(tx, "select …", scope, own) -> Result<Vec<T>>`.
macro_rules! all_seen {
    ($tx:expr, $sql:expr, $scope:expr $(, $bind:expr)* $(,)?) => {{
        let sight = $crate::store::Sight::from($scope);
        all!($tx, $sql, sight.viewer, sight.owners.as_str(), sight.confidential.as_str(), sight.unanswered.as_str(),
            sight.teams.as_str(), sight.parts.as_str(), sight.at $(, $bind)*)
    }};
}

/// As [`maybe!`], for a query with `visible!`.
#[allow(unused_macros)]
macro_rules! maybe_seen {
    ($tx:expr, $sql:expr, $scope:expr $(, $bind:expr)* $(,)?) => {{
        let sight = $crate::store::Sight::from($scope);
        maybe!($tx, $sql, sight.viewer, sight.owners.as_str(), sight.confidential.as_str(), sight.unanswered.as_str(),
            sight.teams.as_str(), sight.parts.as_str(), sight.at $(, $bind)*)
    }};
}

/// As [`one!`], for a query with `visible!`.
#[allow(unused_macros)]
macro_rules! one_seen {
    ($tx:expr, $sql:expr, $scope:expr $(, $bind:expr)* $(,)?) => {{
        let sight = $crate::store::Sight::from($scope);
        one!($tx, $sql, sight.viewer, sight.owners.as_str(), sight.confidential.as_str(), sight.unanswered.as_str(),
            sight.teams.as_str(), sight.parts.as_str(), sight.at $(, $bind)*)
    }};
}

#[cfg(test)]
mod tests {
    use crate::access::Scope;
    use crate::model::time::Timestamp;
    use crate::store::Db;

    /// A list that is driven by sight alone must not read every record of the company.
    #[tokio::test]
    async fn the_condition_is_answered_from_the_index_on_owners() {
        let folder = std::env::temp_dir().join(format!("standin-visible-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::open(&format!("sqlite:{}", folder.join("standin.db").display())).await.unwrap();
        db.migrate().await.unwrap();
        let mut tx = db.read().await.unwrap();
        const PLAN: &str = concat!("explain query plan select r.id from records r where ", visible!("r"));
        let scope = Scope::nothing(Timestamp(0));
        let rows: Vec<(i64, i64, i64, String)> = all_seen!(&mut tx, PLAN, &scope).unwrap();
        let plan: Vec<String> = rows.into_iter().map(|(.., text)| text).collect();
        assert!(plan.iter().any(|step| step.contains("USING INDEX records_owner (owner_id=?)")), "{plan:#?}");
        assert!(!plan.iter().any(|step| step == "SCAN r"), "{plan:#?}");
        drop(tx);
        db.close().await;
        std::fs::remove_dir_all(folder).unwrap();
    }
}

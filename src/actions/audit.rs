//! Reading the audit, and exporting it: for admins. An export is noted itself.

use super::caller::Caller;
use crate::model::audit::{Action, Line};
use crate::model::time::Timestamp;
use crate::store::audit::{Actor, Filter, Noted};
use crate::store::{self, Tx};
use anyhow::{Context as _, Result};
use serde_json::json;

/// Lines that one export holds at most; a narrower filter gives the rest.
pub const MOST: usize = 100_000;
/// Lines read at a time.
const AT_A_TIME: i64 = 2_000;

/// The columns of an export.
pub const COLUMNS: [&str; 10] =
    ["number", "at", "actor", "for", "action", "path", "record", "subject", "detail", "actor_id"];

/// Everything that `filter` wants, the latest first, at most [`MOST`]; noted. `None` for anybody
/// but admins.
pub async fn export(tx: &mut Tx, caller: &Caller<'_>, filter: &Filter, form: &str) -> Result<Option<Vec<Noted>>> {
    if !caller.administers() {
        return Ok(None);
    }
    let mut all: Vec<Noted> = Vec::new();
    let mut before = i64::MAX;
    while all.len() < MOST {
        let more = store::audit::lines(tx, filter, before, AT_A_TIME).await?;
        let Some(last) = more.last() else { break };
        before = last.id;
        all.extend(more);
    }
    all.truncate(MOST);
    let actor = match filter.actor {
        Actor::Anybody => json!(null),
        Actor::Operator => json!("operator"),
        Actor::User(user) => json!(user),
    };
    let detail = json!({
        "form": form, "lines": all.len(), "actor": actor, "record": filter.record,
        "action": filter.action.map(Action::word), "from": filter.from.map(Timestamp::rfc3339),
        "to": filter.to.map(Timestamp::rfc3339),
    });
    store::audit::note(tx, &[Line::new(caller.now, caller.by, Action::Exported).detail(detail)]).await?;
    Ok(Some(all))
}

/// Lines as CSV with a head. What a spreadsheet would take for a formula is made text.
pub fn csv(lines: &[Noted], caller: &Caller<'_>) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).context("writing the head of the export")?;
    for line in lines {
        let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        let nobody = if line.is_standins_own() { "Standin" } else { "operator" };
        let actor = line.actor.map_or_else(|| nobody.to_owned(), |id| caller.name(id));
        let cells = [
            line.id.to_string(),
            line.at.rfc3339(),
            actor,
            line.on_behalf_of.map(|id| caller.name(id)).unwrap_or_default(),
            line.action.word().to_owned(),
            line.path.clone().unwrap_or_default(),
            number(line.record.map(|r| r.0)),
            number(line.subject),
            line.detail.clone(),
            number(line.actor.map(|u| u.0)),
        ];
        writer.write_record(cells.map(|cell| harmless(&cell))).context("writing the export")?;
    }
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("writing the export: {error}"))?;
    String::from_utf8(bytes).context("writing the export")
}

/// A cell that no spreadsheet runs as a formula (CWE-1236).
pub fn harmless(cell: &str) -> String {
    let formula =
        cell.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::World;
    use crate::model::id::UserId;
    use crate::model::record::{Person, UserRole};

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "＝1"] {
            assert!(harmless(cell).starts_with('\''), "{cell:?}");
        }
        assert_eq!(harmless("Anna"), "Anna");
        let person = Person {
            id: UserId(1),
            name: "=cmd|'/c calc'!A1".into(),
            manager: None,
            role: UserRole::Admin,
            teams: Vec::new(),
            active: true,
        };
        let world = World { people: vec![person], ..World::default() };
        let caller = Caller { by: Some(UserId(1)), world: &world, now: Timestamp(0) };
        let line = Noted {
            id: 7,
            at: Timestamp(0),
            actor: Some(UserId(1)),
            on_behalf_of: None,
            action: Action::Read,
            path: Some("cover".into()),
            record: None,
            subject: None,
            detail: "{\"a\":\"b, c\"}".into(),
        };
        let text = csv(&[line], &caller).unwrap();
        let second = text.lines().nth(1).unwrap();
        assert!(second.starts_with("7,1970-01-01T00:00:00Z,'=cmd|'/c calc'!A1,"), "{second}");
        assert!(second.contains("\"{\"\"a\"\":\"\"b, c\"\"}\""), "{second}");
    }
}

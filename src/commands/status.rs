//! `standin status`: how Standin is, from what it wrote down itself. `standin check` asks the servers.

use super::{Done, Place, now, output};
use crate::actions::status::{self, Finding, Level, say};
use crate::model::time::Timestamp;
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// As JSON, as GET /api/v1/status gives it.
    #[arg(long, conflicts_with = "metrics")]
    json: bool,
    /// As figures in the text form of Prometheus, as GET /metrics gives them.
    #[arg(long)]
    metrics: bool,
}

/// Exit code 0 if all is well, 1 if something should be looked at, 2 if something is broken.
pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let (schema, now) = (db.schema().await, now());
    let mut tx = db.read().await?;
    let found = status::look(&mut tx, &config, schema, now).await?;
    drop(tx);
    db.close().await;
    if arguments.metrics {
        output::print(&status::metrics(&found, now))?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.json {
        let issue = |finding: &&Finding| {
            let (message, remedy) = say::sentences(finding, say::Tongue::English);
            json!({ "code": finding.code, "level": finding.level.word(), "message": message,
                "since": finding.at.map(Timestamp::rfc3339), "remedy": remedy })
        };
        let issues: Vec<_> = found.issues().iter().map(issue).collect();
        output::json(&json!({ "healthy": found.is_healthy(), "issues": issues }))?;
    } else {
        tell(&found)?;
    }
    let worst = found.findings().map(|finding| finding.level).max();
    Ok(match worst {
        Some(Level::Broken) => ExitCode::from(2),
        Some(Level::Attention) => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

fn tell(found: &status::Status) -> std::io::Result<()> {
    for finding in found.findings() {
        let (sentence, remedy) = say::sentences(finding, say::Tongue::English);
        let at = finding.at.map(|at| format!(" ({})", at.rfc3339())).unwrap_or_default();
        output::line(&format!("{:<8} {}{at}", finding.level.word(), output::plain(&sentence)))?;
        if !remedy.is_empty() {
            output::line(&format!("         → {}", output::plain(&remedy)))?;
        }
    }
    Ok(())
}

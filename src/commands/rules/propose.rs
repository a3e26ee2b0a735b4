//! Rules that people's corrections speak for, each with its dry run.

use super::super::{Done, output};
use super::{Asking, By, Context, dry};
use crate::actions::proposals::{self, LEAST, Proposal};
use crate::actions::rules::{self, Edit};
use crate::intake::replay::Report;
use crate::link::rules::rule_text;
use crate::model::rule::{Rule, Switch};
use crate::model::time::DAY;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Days of corrections that are looked at.
const DAYS: i64 = 30;

pub(super) async fn run(context: &Context, by: &By) -> Done {
    let mut tx = context.db.read().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let caller = asking.caller();
    let found = proposals::propose(&mut tx, &caller, asking.now.plus(-DAYS * DAY)).await??;
    let mut shown = Vec::new();
    for proposal in found {
        let on = Rule { state: Switch::On, ..proposal.rule.clone() };
        let draft = rules::draft(&mut tx, &caller, &Edit::Add(Box::new(on), None)).await??;
        let report = dry::replay(context, &mut tx, &draft.set, &asking, None).await?;
        shown.push((proposal, report));
    }
    drop(tx);
    // Who looked at what rules would do stands in the audit.
    let mut tx = context.db.write().await?;
    rules::looked(&mut tx, &caller, json!({ "what": "propose", "rules": shown.len() })).await?;
    tx.commit().await?;
    if by.json {
        let all: Vec<Value> = shown.iter().map(|(proposal, report)| told(proposal, report)).collect();
        output::json(&all.into())?;
        return Ok(ExitCode::SUCCESS);
    }
    if shown.is_empty() {
        output::line(&format!(
            "Nothing is proposed: in the last {DAYS} days no {LEAST} mails of one sender were put on one record by hand."
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    for (proposal, report) in &shown {
        let mails = output::counted(proposal.moved, "mail");
        let (of, name) = (output::plain(&proposal.of), output::plain(&proposal.name));
        output::line(&format!("{mails} of {of} went to “{name}” by hand in the last {DAYS} days."))?;
        output::line(&output::plain(&rule_text(&proposal.rule)))?;
        let groups: Vec<String> =
            report.groups.iter().map(|(group, tally)| format!("{} {}", tally.count, group.word())).collect();
        let groups = if groups.is_empty() { "no mail would change".to_owned() } else { groups.join(", ") };
        output::line(&format!("Dry run over {}: {groups}.", output::counted(report.mails, "mail")))?;
        output::line("")?;
        output::print(&rules::to_toml(std::slice::from_ref(&proposal.rule))?)?;
        output::line("")?;
    }
    output::line("`standin rules add FILE` takes such a text; it is off until `standin rules enable` turns it on.")?;
    Ok(ExitCode::SUCCESS)
}

fn told(proposal: &Proposal, report: &Report) -> Value {
    json!({
        "of": proposal.of, "record": proposal.record, "name": proposal.name, "moved": proposal.moved,
        "first": proposal.span.0.rfc3339(), "last": proposal.span.1.rfc3339(), "rule": proposal.rule,
        "text": rule_text(&proposal.rule), "dry_run": report.figures(),
    })
}

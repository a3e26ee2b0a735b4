//! Rules that people's corrections speak for, each with its dry run.

use super::super::{Done, Failure, output};
use super::{Asking, By, Context, dry};
use crate::actions::actor::Actor;
use crate::actions::proposals::{self, LEAST, Proposal};
use crate::actions::review::{Choice, Reviewer};
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
        show(&proposal.rule, report)?;
    }
    output::line(HOW)?;
    Ok(ExitCode::SUCCESS)
}

/// A rule with what its dry run said.
fn show(rule: &Rule, report: &Report) -> Result<(), Failure> {
    output::line(&output::plain(&rule_text(rule)))?;
    let groups: Vec<String> =
        report.groups.iter().map(|(group, tally)| format!("{} {}", tally.count, group.word())).collect();
    let groups = if groups.is_empty() { "no mail would change".to_owned() } else { groups.join(", ") };
    output::line(&format!("Dry run over {}: {groups}.", output::counted(report.mails, "mail")))?;
    output::line("")?;
    output::print(&rules::to_toml(std::slice::from_ref(rule))?)?;
    Ok(output::line("")?)
}

/// The rule that a decision in review offers, with its dry run.
pub(super) async fn of_decision(context: &Context, number: i64, by: &By) -> Done {
    let mut tx = context.db.read().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let caller = asking.caller();
    let none = || {
        Failure::input(format!("decision {number} offers no rule"), "")
            .then("one about an opportunity, a lead or an account with a number or external id does, to admins")
    };
    if !caller.administers() {
        return Err(Failure::input("only an admin makes rules", ""));
    }
    let actor = Actor::load(&mut tx, caller.by, &asking.world, asking.now).await?;
    let decided = Reviewer::of(&actor).told(&mut tx, number).await?;
    let Some((Choice::Record { record, .. }, told, false)) = decided else { return Err(none()) };
    let Some((mail, _)) = told.done.first() else { return Err(none()) };
    let rule = proposals::offered(&mut tx, *mail, record).await?.ok_or_else(none)?;
    let on = Rule { state: Switch::On, ..rule.clone() };
    let draft = rules::draft(&mut tx, &caller, &Edit::Add(Box::new(on), None)).await??;
    let report = dry::replay(context, &mut tx, &draft.set, &asking, None).await?;
    drop(tx);
    let mut tx = context.db.write().await?;
    rules::looked(&mut tx, &caller, json!({ "what": "propose", "decision": number })).await?;
    tx.commit().await?;
    if by.json {
        output::json(&json!({ "rule": rule, "text": rule_text(&rule), "dry_run": report.figures() }))?;
        return Ok(ExitCode::SUCCESS);
    }
    show(&rule, &report)?;
    output::line(HOW)?;
    Ok(ExitCode::SUCCESS)
}

/// How such a text becomes a rule.
const HOW: &str = "`standin rules add FILE` takes such a text; it is off until `standin rules enable` turns it on.";

fn told(proposal: &Proposal, report: &Report) -> Value {
    json!({
        "of": proposal.of, "record": proposal.record, "name": proposal.name, "moved": proposal.moved,
        "first": proposal.span.0.rfc3339(), "last": proposal.span.1.rfc3339(), "rule": proposal.rule,
        "text": rule_text(&proposal.rule), "dry_run": report.figures(),
    })
}

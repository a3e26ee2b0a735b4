//! `standin assign`: give records to another owner.

use super::acting::{As, Records, left_out, left_out_json};
use super::{Done, Failure, Place, output, world};
use crate::access::World;
use crate::actions::assign::{self, Assign, Outcome, Plan};
use crate::actions::choice::{Objection, Selection};
use crate::model::id::UserId;
use crate::store;
use clap::Args;
use std::collections::BTreeMap;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    records: Records,
    /// Login of the new owner.
    #[arg(long, value_name = "USER", required_unless_present_any = ["back", "close_step"])]
    to: Option<String>,
    /// For a step: the owner before goes on reading until the record comes back or the step is closed.
    #[arg(long, requires = "to")]
    step: bool,
    /// Give each record back to who assigned it onward for a step.
    #[arg(long, conflicts_with_all = ["to", "close_step"])]
    back: bool,
    /// Close the step of each record: who assigned it onward does not read it any more.
    #[arg(long, conflicts_with = "to")]
    close_step: bool,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
    /// Say what would be done, and do nothing.
    #[arg(long, requires = "to")]
    preview: bool,
    #[command(flatten)]
    by: As,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = arguments.by.actor(&mut tx, &world, now).await?;
    let selection = arguments.records.selection(&mut tx, &actor).await?;
    let Some(login) = &arguments.to else {
        let outcome = steps(&mut tx, &actor, &selection, &arguments).await?;
        tx.commit().await?;
        db.close().await;
        return report(&outcome, &world, &arguments);
    };
    let Some(to) = store::people::by_login(&mut tx, login).await? else {
        return Err(Failure::input(format!("there is no user with the login `{login}`"), "")
            .then("`standin user list` shows all there are"));
    };
    let wanted = Assign { to: to.person.id, step: arguments.step, reason: arguments.reason.clone() };
    let plan = assign::plan(&mut tx, &actor, &selection, &wanted).await?.map_err(refused)?;
    if arguments.preview {
        drop(tx);
        db.close().await;
        return show(&plan, &world, &to.person.name, arguments.by.json);
    }
    let outcome = assign::carry_out(&mut tx, &actor, plan, &wanted).await?;
    tx.commit().await?;
    db.close().await;
    report(&outcome, &world, &arguments)
}

/// Why nothing was done at all.
pub(super) fn refused(objection: Objection) -> Failure {
    Failure::input("nothing was changed", objection.to_string())
}

/// Gives records back or closes their steps.
async fn steps(
    tx: &mut store::Tx,
    actor: &crate::actions::actor::Actor<'_>,
    selection: &Selection,
    arguments: &Arguments,
) -> Result<Outcome, Failure> {
    let named = crate::actions::choice::chosen(tx, actor, selection).await?.map_err(refused)?;
    let mut all = Outcome { left_out: crate::actions::choice::missing(&named), ..Outcome::default() };
    for entry in &named.entries {
        if arguments.close_step {
            if let Err(why) = assign::close_step(tx, actor, entry.record.id).await? {
                let name = Some(entry.record.name.clone());
                all.left_out.push(crate::actions::choice::LeftOut { record: entry.record.id, name, why });
            }
            continue;
        }
        let one = assign::give_back(tx, actor, entry.record.id, &arguments.reason).await?.map_err(refused)?;
        all.moved.extend(one.moved);
        all.left_out.extend(one.left_out);
        all.activities += one.activities;
    }
    Ok(all)
}

fn people(counts: &BTreeMap<UserId, usize>, world: &World) -> Vec<(String, usize)> {
    counts.iter().map(|(id, n)| (world.person(*id).map_or_else(String::new, |p| p.name.clone()), *n)).collect()
}

fn show(plan: &Plan, world: &World, to: &str, json: bool) -> Done {
    let kinds: BTreeMap<&str, usize> = plan.kinds().into_iter().map(|(kind, n)| (kind.word(), n)).collect();
    let (gain, lose) = (people(&plan.shift.gain, world), people(&plan.shift.lose, world));
    if json {
        let sight = |people: &[(String, usize)]| {
            people.iter().map(|(name, n)| serde_json::json!({ "name": name, "records": n })).collect::<Vec<_>>()
        };
        output::json(&serde_json::json!({
            "records": plan.ready.len(), "kinds": kinds, "activities": plan.activities,
            "gain": sight(&gain), "lose": sight(&lose), "left_out": left_out_json(&plan.left_out),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
    let records = output::counted(plan.ready.len() as i64, "record");
    let activities = output::counted(plan.activities, "open activity");
    let detail = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    output::line(&format!("{records}{detail} would go to {to}, with {activities}."))?;
    for (word, people) in [("gain", gain), ("lose", lose)] {
        for (name, n) in people {
            output::line(&format!("{name} would {word} sight of {}.", output::counted(n as i64, "record")))?;
        }
    }
    left_out(&plan.left_out);
    Ok(ExitCode::SUCCESS)
}

fn report(outcome: &Outcome, world: &World, arguments: &Arguments) -> Done {
    let code = if outcome.left_out.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) };
    let name = |id: UserId| world.person(id).map_or_else(String::new, |p| p.name.clone());
    if arguments.by.json {
        let moved = outcome
            .moved
            .iter()
            .map(|m| serde_json::json!({ "record": m.record, "from": name(m.from), "to": name(m.to) }));
        output::json(&serde_json::json!({
            "moved": moved.collect::<Vec<_>>(), "activities": outcome.activities,
            "left_out": left_out_json(&outcome.left_out),
        }))?;
        return Ok(code);
    }
    if arguments.close_step {
        output::line("The steps are closed.")?;
    } else {
        let to = outcome.moved.first().map(|m| format!(" to {}", name(m.to))).unwrap_or_default();
        let records = output::counted(outcome.moved.len() as i64, "record");
        let activities = output::counted(outcome.activities as i64, "open activity");
        output::line(&format!("{records} went{to}, with {activities}."))?;
    }
    left_out(&outcome.left_out);
    Ok(code)
}

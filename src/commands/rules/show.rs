//! Looking at the rules and their versions.

use super::super::{Done, Failure, output};
use super::{Asking, By, Context};
use crate::actions::rules::{self, No, differences};
use crate::link::rules::{effect_text, rule_text};
use crate::link::steps::BUILT_IN;
use crate::model::id::{MailId, RecordId};
use crate::model::rule::{Effect, Kept, Rule};
use crate::model::time::DAY;
use crate::store;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Days over which effects are counted.
const DAYS: i64 = 30;
/// Versions that are shown.
const VERSIONS: i64 = 200;
/// Mails of a shadow rule that are shown.
const SHADOWED: i64 = 20;

pub(super) async fn list(context: &Context, by: &By) -> Done {
    let mut tx = context.db.read().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let (version, all) = rules::all(&mut tx, &asking.caller()).await??;
    let since = asking.now.plus(-DAYS * DAY);
    let counts = store::rules::counts(&mut tx, since).await?;
    let precisions = store::rules::precision(&mut tx, since).await?;
    drop(tx);
    let precise = |kept: &Kept| precisions.get(&kept.id).copied().unwrap_or_default();
    let count = |kept: &Kept| counts.get(&kept.id).copied().unwrap_or_default();
    if by.json {
        let rule = |(kept, place): (&Kept, i64)| {
            json!({ "id": kept.id, "place": place, "version": kept.version, "rule": kept.rule, "text": rule_text(&kept.rule),
                "hits_30_days": count(kept).on, "shadow_30_days": count(kept).shadow,
                "acted_30_days": precise(kept).acted, "corrected_30_days": precise(kept).corrected,
                "precision_30_days": precise(kept).percent(),
                "last_hit": count(kept).last.map(|at| at.rfc3339()) })
        };
        let rules: Vec<Value> = all.iter().zip(1..).map(rule).collect();
        let built_in: Vec<Value> =
            BUILT_IN.iter().map(|s| json!({ "place": s.place, "name": s.name, "text": s.text })).collect();
        output::json(&json!({ "version": version, "rules": rules, "built_in": built_in }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("Version {version}. Evidence in its order; the rules have place 4."))?;
    let mut rows = Vec::new();
    let built_in = |place: u8| {
        BUILT_IN.iter().filter(move |s| s.place == place).map(|s| {
            vec![
                format!("{}.", s.place),
                String::new(),
                "built in".into(),
                String::new(),
                String::new(),
                s.name.into(),
                s.text.into(),
            ]
        })
    };
    rows.extend((1..=3).flat_map(built_in));
    for (n, kept) in (1..).zip(&all) {
        let c = count(kept);
        let hits = if c.shadow > 0 { format!("{} (+{} in shadow)", c.on, c.shadow) } else { c.on.to_string() };
        let name = output::plain(&kept.rule.name);
        let text = output::plain(&rule_text(&kept.rule));
        let right = match precise(kept).percent() {
            Some(percent) => format!("{percent} % ({} corrected)", precise(kept).corrected),
            None => String::new(),
        };
        let state = kept.rule.state.word().to_owned();
        rows.push(vec![format!("4.{n}"), kept.id.to_string(), state, hits, right, name, text]);
    }
    rows.extend((5..=9).flat_map(built_in));
    output::table(&["place", "rule", "state", "in 30 days", "left as it was", "name", "what it does"], &rows, "")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn one(context: &Context, reference: &str, by: &By) -> Done {
    let mut tx = context.db.read().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let (_, all) = rules::all(&mut tx, &asking.caller()).await??;
    let kept = rules::named(&all, reference)?;
    let since = asking.now.plus(-DAYS * DAY);
    let count = store::rules::counts(&mut tx, since).await?.get(&kept.id).copied().unwrap_or_default();
    let precision = store::rules::precision(&mut tx, since).await?.get(&kept.id).copied().unwrap_or_default();
    let changes = store::rules::history(&mut tx, Some(kept.id), VERSIONS).await?;
    let shadowed = store::rules::shadowed(&mut tx, kept.id, since, SHADOWED).await?;
    // Mail that an admin does not read is counted, and neither numbered nor told what the rule found in it.
    let shadowed = match &asking.user {
        None => shadowed.into_iter().map(|(mail, effects, regards)| (Some(mail), effects, regards)).collect(),
        Some(user) => {
            let scope = store::people::scope(&mut tx, user.person.id, &asking.world, asking.now).await?;
            let all: Vec<MailId> = shadowed.iter().map(|(mail, ..)| *mail).collect();
            let read = store::views::subjects(&mut tx, &scope, &all).await?;
            let told =
                |(mail, effects, regards): (MailId, Vec<Effect>, Option<RecordId>)| match read.contains_key(&mail) {
                    true => (Some(mail), effects, regards),
                    false => (None, Vec::new(), None),
                };
            shadowed.into_iter().map(told).collect::<Vec<_>>()
        }
    };
    drop(tx);
    if by.json {
        let versions: Vec<i64> = changes.iter().map(|change| change.version).collect();
        let would: Vec<Value> = shadowed
            .iter()
            .map(|(mail, effects, regarding)| json!({ "mail": mail, "would": effects, "regards": regarding }))
            .collect();
        output::json(
            &json!({ "id": kept.id, "version": kept.version, "rule": kept.rule, "text": rule_text(&kept.rule),
            "hits_30_days": count.on, "shadow_30_days": count.shadow, "acted_30_days": precision.acted,
            "corrected_30_days": precision.corrected, "precision_30_days": precision.percent(), "versions": versions, "shadowed": would }),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("Rule {}, as of version {}.", kept.id, kept.version))?;
    output::line(&output::plain(&rule_text(&kept.rule)))?;
    let right = precision.percent();
    let right =
        right.map(|p| format!("; people corrected {} of {}: {p} % right", precision.corrected, precision.acted));
    let right = right.unwrap_or_default();
    output::line(&format!("In the last {DAYS} days: {} on, {} in shadow{right}.\n", count.on, count.shadow))?;
    output::print(&rules::to_toml(std::slice::from_ref(&kept.rule))?)?;
    if !shadowed.is_empty() {
        output::line("\nIn shadow it would have done this:")?;
        let rows: Vec<Vec<String>> = shadowed
            .iter()
            .map(|(mail, effects, regarding)| {
                let would: Vec<String> = effects.iter().map(effect_text).collect();
                let stands = match (mail, regarding) {
                    (None, _) => String::new(),
                    (Some(_), None) => "nothing".to_owned(),
                    (Some(_), Some(record)) => format!("record {record}"),
                };
                let number = mail.map_or_else(|| "(not yours to read)".to_owned(), |mail| mail.to_string());
                vec![number, output::plain(&would.join(", ")), stands]
            })
            .collect();
        output::table(&["mail", "would", "regards"], &rows, "")?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn history(context: &Context, rule: Option<&str>, by: &By) -> Done {
    let mut tx = context.db.read().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let caller = asking.caller();
    let (_, all) = rules::all(&mut tx, &caller).await??;
    let rule = match rule {
        None => None,
        Some(reference) => Some(rules::named(&all, reference)?.id),
    };
    let changes = store::rules::history(&mut tx, rule, VERSIONS).await?;
    drop(tx);
    let who = |by: Option<_>| by.map_or_else(|| "operator".to_owned(), |id| caller.name(id));
    if by.json {
        let change = |c: &crate::model::rule::Change| {
            let shown: Value = serde_json::from_str(&c.shown).unwrap_or_default();
            json!({ "version": c.version, "at": c.at.rfc3339(), "by": who(c.by), "what": c.what, "note": c.note, "dry_run": shown })
        };
        output::json(&changes.iter().map(change).collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |c: &crate::model::rule::Change| {
        vec![c.version.to_string(), asking.moment(c.at), who(c.by), c.what.clone(), output::plain(&c.note)]
    };
    let rows: Vec<Vec<String>> = changes.iter().map(row).collect();
    output::table(&["version", "at", "by", "what", "why"], &rows, "There was never a rule.")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn diff(context: &Context, from: i64, to: Option<i64>, by: &By) -> Done {
    let mut tx = context.db.read().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let (newest, _) = rules::all(&mut tx, &asking.caller()).await??;
    let to = to.unwrap_or(newest);
    for version in [from, to] {
        if !(0..=newest).contains(&version) {
            return Err(No::NoVersion(version).into());
        }
    }
    let (before, after) = (store::rules::at(&mut tx, from).await?, store::rules::at(&mut tx, to).await?);
    drop(tx);
    let all = differences(&before, &after);
    if by.json {
        let one =
            |d: &rules::Difference| json!({ "rule": d.rule, "what": d.what, "before": d.before, "after": d.after });
        output::json(&all.iter().map(one).collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |d: &rules::Difference| {
        vec![output::plain(&d.rule), d.what.clone(), output::plain(&d.before), output::plain(&d.after)]
    };
    output::table(&["rule", "what", "was", "is"], &all.iter().map(row).collect::<Vec<_>>(), "Nothing differs.")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn export(context: &Context, version: Option<i64>, by: &By) -> Done {
    let mut tx = context.db.read().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let (newest, all) = rules::all(&mut tx, &asking.caller()).await??;
    let all = match version {
        None => all,
        Some(version) if (1..=newest).contains(&version) => store::rules::at(&mut tx, version).await?,
        Some(version) => return Err(Failure::from(No::NoVersion(version))),
    };
    drop(tx);
    let rules: Vec<Rule> = all.into_iter().map(|kept| kept.rule).collect();
    if by.json {
        output::json(&serde_json::to_value(&rules).unwrap_or_default())?;
    } else {
        output::print(&crate::actions::rules::to_toml(&rules)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

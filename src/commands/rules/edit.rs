//! Changing the rules: drafted, shown, asked about where that is called for, saved.

use super::super::{Done, Failure, output};
use super::{Asking, Context, Saving, dry};
use crate::actions::rules::{self, Draft, Edit, No};
use crate::link::rules::Set;
use crate::model::id::RuleId;
use crate::model::rule::{Kept, Rule, Switch};
use serde_json::json;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

/// Octets of a file that are read.
const LARGEST: u64 = 8 * 1024 * 1024;

/// The text of a file, or of standard input.
fn text(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().take(LARGEST).read_to_string(&mut text),
        false => std::fs::File::open(file).and_then(|file| file.take(LARGEST).read_to_string(&mut text)),
    };
    read.map_err(|error| Failure::input(format!("{} cannot be read", file.display()), error.to_string()))?;
    Ok(text)
}

/// The rules of a file.
pub(super) fn file(path: &Path) -> Result<Vec<Rule>, Failure> {
    Ok(rules::from_toml(&text(path)?)?)
}

/// The one rule of a file.
fn one(path: &Path) -> Result<Rule, Failure> {
    let mut found = file(path)?;
    match (found.pop(), found.len()) {
        (Some(rule), 0) => Ok(rule),
        (_, more) => {
            let count = if more == 0 { 0 } else { more + 1 };
            Err(Failure::input(format!("{} holds {count} rules, and one is wanted", path.display()), "")
                .then("write one `[[rule]]`; `standin rules import` takes a whole set"))
        }
    }
}

pub(super) fn check(path: &Path) -> Done {
    let found = file(path)?;
    let kept: Vec<Kept> =
        found.into_iter().zip(1..).map(|(rule, n)| Kept { id: RuleId(n), version: 0, rule }).collect();
    let set = Set::compile(&kept).map_err(No::Faults)?;
    for id in set.fitting_everything() {
        if let Some(kept) = kept.iter().find(|kept| kept.id == id) {
            output::note(&format!("warning: rule `{}` fits every mail there is", kept.rule.name));
        }
    }
    output::line(&format!("{} can be used.", output::counted(i64::try_from(kept.len()).unwrap_or(0), "rule")))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn add(context: &Context, path: &Path, at: Option<usize>, saving: &Saving) -> Done {
    let rule = one(path)?;
    save(context, Meant::Edit(Edit::Add(Box::new(rule), at)), saving).await
}

pub(super) async fn change(context: &Context, rule: &str, path: &Path, saving: &Saving) -> Done {
    let new = one(path)?;
    save(context, Meant::Of(rule, &|id| Edit::Change(id, Box::new(new.clone()))), saving).await
}

pub(super) async fn turn(context: &Context, rule: &str, state: Switch, saving: &Saving) -> Done {
    save(context, Meant::Of(rule, &|id| Edit::Turn(id, state)), saving).await
}

pub(super) async fn shift(context: &Context, rule: &str, to: usize, saving: &Saving) -> Done {
    save(context, Meant::Of(rule, &|id| Edit::Move(id, to)), saving).await
}

pub(super) async fn delete(context: &Context, rule: &str, saving: &Saving) -> Done {
    save(context, Meant::Of(rule, &Edit::Delete), saving).await
}

pub(super) async fn roll_back(context: &Context, version: i64, saving: &Saving) -> Done {
    save(context, Meant::Edit(Edit::RollBack(version)), saving).await
}

pub(super) async fn import(context: &Context, path: &Path, saving: &Saving) -> Done {
    let all = file(path)?;
    save(context, Meant::Edit(Edit::Import(all)), saving).await
}

/// A change, or one of a rule that is still to be found.
enum Meant<'m> {
    Edit(Edit),
    Of(&'m str, &'m (dyn Fn(RuleId) -> Edit + Sync)),
}

/// Drafts a change, tries it on stored mail, asks where it fits everything or shows what is
/// confidential, and saves it.
async fn save(context: &Context, meant: Meant<'_>, saving: &Saving) -> Done {
    let mut tx = context.db.read().await?;
    let asking = Asking::of(&mut tx, &context.config, saving.by.by.as_deref()).await?;
    let caller = asking.caller();
    let edit = match meant {
        Meant::Edit(edit) => edit,
        Meant::Of(reference, edit) => {
            let (_, all) = rules::all(&mut tx, &caller).await??;
            edit(rules::named(&all, reference)?.id)
        }
    };
    let draft = rules::draft(&mut tx, &caller, &edit).await??;
    let report = dry::replay(context, &mut tx, &draft.set, &asking, None).await?;
    drop(tx);
    let warnings = warnings(&draft, &report);
    for warning in &warnings {
        output::note(&format!("warning: {warning}"));
    }
    if !warnings.is_empty() && !saving.yes {
        return Err(Failure::input("nothing was saved", "")
            .then("look at `standin rules dry-run`, and add --yes if this is what you want"));
    }
    let mut tx = context.db.write().await?;
    let version = rules::save(&mut tx, &caller, &draft, &saving.note, &report.figures().to_string()).await??;
    tx.commit().await?;
    if saving.by.json {
        output::json(&json!({ "version": version, "warnings": warnings, "dry_run": report.figures() }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("Saved as version {version}. It counts for mail that comes from now on."))?;
    if report.moves() > 0 {
        let mails = output::counted(report.moves(), "stored mail");
        output::line(&format!(
            "{mails} would stand elsewhere: `standin rules dry-run` shows them, `standin rules apply` moves them."
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What somebody should know before this is saved.
fn warnings(draft: &Draft, report: &crate::intake::replay::Report) -> Vec<String> {
    let mut warnings = Vec::new();
    let fitting = draft.fitting_everything(&report.fitting_everything());
    warnings.extend(fitting.iter().map(|kept| format!("rule `{}` fits every mail there is", kept.rule.name)));
    if report.exposed > 0 {
        let mails = output::counted(report.exposed, "mail");
        let first: Vec<String> = report.exposed_samples.iter().take(5).map(|c| c.mail.to_string()).collect();
        warnings.push(format!(
            "{mails} that are confidential, or of confidential records, would be shown to people who do not see them now (the first: {})",
            first.join(", ")
        ));
    }
    warnings
}

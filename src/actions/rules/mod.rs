//! Editing the admins' rules. Every change is drafted first ([`draft`]): the whole set as it would be,
//! checked and compiled, ready for a dry run; then saved as the next version ([`save`]), if nobody
//! saved another one in between.
//!
//! Saving changes nothing about mail that is there. [`begin`] asks for that; a worker does it
//! (`intake::replay`).

mod difference;
mod file;
mod runs;
mod shadow;
mod trials;

pub use difference::{Difference, differences};
pub use file::{NoFile, csv_line, from_toml, to_toml};
pub use runs::{begin, cancel, undo};
pub use shadow::{Agreement, Shadow, Shadowed, in_shadow};
pub use trials::{Agreed, again, cancel_trial, save_trial, settle_trials, trial, try_out};

use super::caller::Caller;
use crate::link::rules::{Fault, Flaw, Set};
use crate::model::audit::{Action, Line};
use crate::model::id::{RuleId, RuleJobId};
use crate::model::rule::{Kept, Rule, Switch};
use crate::store::rules::{JobState, NewVersion};
use crate::store::{self, Tx, fold};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// Rules are for admins.
    #[error("only an admin may look at rules and change them")]
    NotAdmin,
    /// No rule is called so.
    #[error("there is no rule `{0}`")]
    Absent(String),
    /// There is no such version.
    #[error("there is no version {0} of the rules")]
    NoVersion(i64),
    /// Rules that cannot be.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
    /// The file is no set of rules.
    #[error(transparent)]
    File(#[from] NoFile),
    /// Nothing would change.
    #[error("nothing would change")]
    Nothing,
    /// Somebody saved another version since.
    #[error("somebody else changed the rules meanwhile; look at them again")]
    Changed,
    /// A run over history is under way.
    #[error("run {0} over history is under way; wait until it is done, or cancel it")]
    Busy(RuleJobId),
    /// There is no such run.
    #[error("there is no such run over history")]
    NoRun,
    /// It is not in a state in which this can be done.
    #[error("it is {}, so this cannot be done with it", .0.word())]
    Wrong(JobState),
    /// A later run stands on it.
    #[error("run {0} came after it; undo that first")]
    Later(RuleJobId),
    /// There is no such dry run, or it is somebody else's.
    #[error("there is no such dry run")]
    NoTrial,
    /// What was shown is not what would be saved.
    #[error("the dry run says something else by now; look at it again")]
    Unseen,
    /// This has to be agreed to first.
    #[error("agree to what is asked first: {}", .0.join(", "))]
    Unagreed(Vec<String>),
    /// The 72 hours are over.
    #[error("undoing is possible for 72 hours, and they are over")]
    TooLate,
}

/// What is to be done with the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edit {
    /// One more rule, at this place counted from 1; `None`: at the end.
    Add(Box<Rule>, Option<usize>),
    /// Another text for a rule.
    Change(RuleId, Box<Rule>),
    /// On, in shadow, off.
    Turn(RuleId, Switch),
    /// To this place, counted from 1.
    Move(RuleId, usize),
    /// Out of the set.
    Delete(RuleId),
    /// These instead of all there are. Rules of the same name stay the same rules.
    Import(Vec<Rule>),
    /// As they were in this version.
    RollBack(i64),
    /// As they are: to look at what they would do to stored mail, and to apply them to it.
    AsIs,
}

impl Edit {
    /// The word in the history.
    pub fn word(&self) -> &'static str {
        match self {
            Edit::Add(..) => "add",
            Edit::Change(..) => "edit",
            Edit::Turn(_, state) => state.word(),
            Edit::Move(..) => "move",
            Edit::Delete(_) => "delete",
            Edit::Import(_) => "import",
            Edit::RollBack(_) => "roll-back",
            Edit::AsIs => "apply",
        }
    }
}

/// The set as it would be.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The version on which it stands.
    pub base: i64,
    /// The rules of that version.
    pub before: Vec<Kept>,
    /// The rules as they would be.
    pub rules: Vec<Kept>,
    /// The same, compiled.
    pub set: Arc<Set>,
    /// The word of what is done.
    pub what: &'static str,
}

impl Draft {
    /// Rules that are new or changed in it, decide, and would fit every mail there is. `more` are those
    /// that fitted every stored mail.
    pub fn fitting_everything(&self, more: &[RuleId]) -> Vec<&Kept> {
        let fitting = self.set.newly_fitting_everything(self.base, more);
        self.rules.iter().filter(|kept| fitting.contains(&kept.id)).collect()
    }
}

/// The newest version and its rules in their order; for admins.
pub async fn all(tx: &mut Tx, caller: &Caller<'_>) -> Result<Result<(i64, Vec<Kept>), No>> {
    if !caller.administers() {
        return Ok(Err(No::NotAdmin));
    }
    let (version, _) = store::rules::current(tx).await?;
    Ok(Ok((version, store::rules::at(tx, version).await?)))
}

/// The rule that somebody means: by its number in the list of ids, or by its name.
pub fn named<'k>(rules: &'k [Kept], reference: &str) -> Result<&'k Kept, No> {
    let id = reference.trim().trim_start_matches('#').parse::<i64>().ok();
    let by_id = rules.iter().find(|kept| Some(kept.id.0) == id);
    let by_name = || rules.iter().find(|kept| fold(&kept.rule.name) == fold(reference));
    by_id.or_else(by_name).ok_or_else(|| No::Absent(reference.to_owned()))
}

/// The set as it would be after a change; checked, not saved.
pub async fn draft(tx: &mut Tx, caller: &Caller<'_>, edit: &Edit) -> Result<Result<Draft, No>> {
    let (base, before) = match all(tx, caller).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    let free = store::rules::next_id(tx).await?;
    let old = match edit {
        Edit::RollBack(version) if *version < 1 || *version > base => return Ok(Err(No::NoVersion(*version))),
        Edit::RollBack(version) => store::rules::at(tx, *version).await?,
        _ => Vec::new(),
    };
    let rules = match edited(&before, edit, old, base + 1, free) {
        Ok(rules) => rules,
        Err(no) => return Ok(Err(no)),
    };
    if rules == before && *edit != Edit::AsIs {
        return Ok(Err(No::Nothing));
    }
    let mut faults = unknown_people(tx, caller, &rules, base).await?;
    Ok(match Set::compile(&rules) {
        Ok(set) if faults.is_empty() => Ok(Draft { base, before, rules, set: Arc::new(set), what: edit.word() }),
        Ok(_) => Err(No::Faults(faults)),
        Err(more) => {
            faults.extend(more);
            Err(No::Faults(faults))
        }
    })
}

/// Users and teams that new or changed rules name and that are not there.
async fn unknown_people(tx: &mut Tx, caller: &Caller<'_>, rules: &[Kept], base: i64) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for kept in rules.iter().filter(|kept| kept.version > base) {
        for name in &kept.rule.then.assign {
            if store::people::named(tx, caller.world, name).await?.is_empty() {
                let why = Flaw::Nobody(name.clone());
                let field = "then, assign".to_owned();
                faults.push(Fault { rule: kept.rule.name.clone(), field, at: None, why });
            }
        }
    }
    Ok(faults)
}

/// The rules after a change. What is new or other than before gets the version `next`.
fn edited(before: &[Kept], edit: &Edit, old: Vec<Kept>, next: i64, free: RuleId) -> Result<Vec<Kept>, No> {
    let mut rules = before.to_vec();
    let place = |rules: &[Kept], id: RuleId| {
        rules.iter().position(|kept| kept.id == id).ok_or_else(|| No::Absent(id.to_string()))
    };
    match edit {
        Edit::Add(rule, at) => {
            let at = at.map_or(rules.len(), |at| at.saturating_sub(1).min(rules.len()));
            rules.insert(at, Kept { id: free, version: next, rule: (**rule).clone() });
        }
        Edit::Change(id, rule) => {
            place(&rules, *id)?;
            change(&mut rules, *id, next, |it| *it = (**rule).clone());
        }
        Edit::Turn(id, state) => {
            place(&rules, *id)?;
            change(&mut rules, *id, next, |it| it.state = *state);
        }
        Edit::Move(id, to) => {
            let moved = rules.remove(place(&rules, *id)?);
            let to = to.saturating_sub(1).min(rules.len());
            rules.insert(to, moved);
        }
        Edit::Delete(id) => {
            rules.remove(place(&rules, *id)?);
        }
        Edit::Import(new) => {
            let known: HashMap<&str, &Kept> = before.iter().map(|kept| (kept.rule.name.as_str(), kept)).collect();
            let mut free = free.0;
            let mut taken = std::collections::HashSet::new();
            let kept = |rule: &Rule| match known.get(rule.name.as_str()).filter(|kept| taken.insert(kept.id)) {
                Some(kept) if kept.rule == *rule => (*kept).clone(),
                Some(kept) => Kept { id: kept.id, version: next, rule: rule.clone() },
                None => {
                    free += 1;
                    Kept { id: RuleId(free - 1), version: next, rule: rule.clone() }
                }
            };
            rules = new.iter().map(kept).collect();
        }
        Edit::RollBack(_) => {
            let now: HashMap<RuleId, &Kept> = before.iter().map(|kept| (kept.id, kept)).collect();
            let back = |kept: Kept| match now.get(&kept.id).filter(|now| now.rule == kept.rule) {
                Some(now) => (*now).clone(),
                None => Kept { version: next, ..kept },
            };
            rules = old.into_iter().map(back).collect();
        }
        Edit::AsIs => {}
    }
    Ok(rules)
}

fn change(rules: &mut [Kept], id: RuleId, next: i64, what: impl FnOnce(&mut Rule)) {
    if let Some(kept) = rules.iter_mut().find(|kept| kept.id == id) {
        let was = kept.rule.clone();
        what(&mut kept.rule);
        if kept.rule != was {
            kept.version = next;
        }
    }
}

/// Saves a draft as the next version; gives its number. `shown` is what a dry run said of it.
pub async fn save(tx: &mut Tx, caller: &Caller<'_>, draft: &Draft, note: &str, shown: &str) -> Result<Result<i64, No>> {
    if !caller.administers() {
        return Ok(Err(No::NotAdmin));
    }
    tx.alone().await?;
    if let Some(busy) = store::rules::under_way(tx).await? {
        return Ok(Err(No::Busy(busy)));
    }
    if store::rules::current(tx).await?.0 != draft.base {
        return Ok(Err(No::Changed));
    }
    let note: String = note.chars().filter(|c| !c.is_control()).take(500).collect();
    let new = NewVersion {
        rules: draft.rules.clone(),
        what: draft.what,
        note: note.clone(),
        shown: shown.to_owned(),
        by: caller.by,
    };
    let version = store::rules::record(tx, new, caller.now).await?;
    let names: Vec<String> = differences(&draft.before, &draft.rules).into_iter().map(|d| d.rule).collect();
    let detail = json!({ "version": version, "what": draft.what, "rules": names, "note": note });
    store::audit::note(tx, &[Line::new(caller.now, caller.by, Action::RulesChanged).detail(detail)]).await?;
    Ok(Ok(version))
}

/// Notes that somebody looked at what rules do to stored mail, or traced a mail.
pub async fn looked(tx: &mut Tx, caller: &Caller<'_>, detail: serde_json::Value) -> Result<()> {
    let line = Line::new(caller.now, caller.by, Action::RulesShown).detail(detail);
    Ok(store::audit::note(tx, &[line]).await?)
}

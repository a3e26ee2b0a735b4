//! What differs between two versions of the rules.

use crate::model::rule::{Kept, Rule};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The rule's name, the newer one.
    pub rule: String,
    /// `added`, `removed`, `moved`, or the field that changed.
    pub what: String,
    /// What it was; empty where there was nothing.
    pub before: String,
    /// What it is.
    pub after: String,
    /// The rule as it was and as it is, for whoever says it in other words.
    pub rules: (Option<Rule>, Option<Rule>),
}

/// Everything that differs, in the order of the newer set; what was taken out comes last.
pub fn differences(before: &[Kept], after: &[Kept]) -> Vec<Difference> {
    let old: HashMap<_, _> = before.iter().map(|kept| (kept.id, kept)).collect();
    let new: BTreeSet<_> = after.iter().map(|kept| kept.id).collect();
    // Where something was added or taken out, others have another number and did not move.
    let common = |list: &[Kept], among: &dyn Fn(&Kept) -> bool| -> Vec<_> {
        list.iter().filter(|kept| among(kept)).map(|kept| kept.id).collect()
    };
    let was = common(before, &|kept| new.contains(&kept.id));
    let is = common(after, &|kept| old.contains_key(&kept.id));
    let moved = moved(&was, &is);
    let mut all = Vec::new();
    for kept in after {
        let name = &kept.rule.name;
        let one = |what: &str, before: String, after: String| Difference {
            rule: name.clone(),
            what: what.to_owned(),
            before,
            after,
            rules: (old.get(&kept.id).map(|old| old.rule.clone()), Some(kept.rule.clone())),
        };
        let Some(old) = old.get(&kept.id) else {
            all.push(one("added", String::new(), crate::link::rules::rule_text(&kept.rule)));
            continue;
        };
        if moved.contains(&kept.id) {
            let place = |list: &[Kept]| list.iter().position(|k| k.id == kept.id).map_or(0, |at| at + 1).to_string();
            all.push(one("moved", place(before), place(after)));
        }
        let (fields_then, fields_now) = (fields(old), fields(kept));
        let names: BTreeSet<&String> = fields_then.keys().chain(fields_now.keys()).collect();
        for field in names {
            let text = |fields: &serde_json::Map<String, Value>| fields.get(field).map(shown).unwrap_or_default();
            let (then, now) = (text(&fields_then), text(&fields_now));
            if then != now {
                all.push(one(field, then, now));
            }
        }
    }
    for kept in before.iter().filter(|kept| !new.contains(&kept.id)) {
        let before = crate::link::rules::rule_text(&kept.rule);
        all.push(Difference {
            rule: kept.rule.name.clone(),
            what: "removed".into(),
            before,
            after: String::new(),
            rules: (Some(kept.rule.clone()), None),
        });
    }
    all
}

/// The fewest that need to be moved so that `was` becomes `is`: all that are not in a longest
/// sequence that kept its order.
fn moved<T: Copy + Ord + std::hash::Hash>(was: &[T], is: &[T]) -> BTreeSet<T> {
    let place: HashMap<T, usize> = was.iter().copied().zip(0..).collect();
    let places: Vec<usize> = is.iter().filter_map(|id| place.get(id).copied()).collect();
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(places.len());
    for (n, here) in places.iter().enumerate() {
        let before = places.iter().zip(&best).take(n).enumerate().filter(|(_, (there, _))| *there < here);
        let longest = before.map(|(m, (_, (length, _)))| (*length, m)).max();
        best.push(longest.map_or((1, None), |(length, m)| (length + 1, Some(m))));
    }
    let mut at = (0..best.len()).max_by_key(|n| best.get(*n).map(|b| b.0));
    let mut stayed = BTreeSet::new();
    while let Some(n) = at {
        stayed.extend(is.get(n).copied());
        at = best.get(n).and_then(|b| b.1);
    }
    is.iter().copied().filter(|id| !stayed.contains(id)).collect()
}

fn fields(kept: &Kept) -> serde_json::Map<String, Value> {
    match serde_json::to_value(&kept.rule) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

//! Records that are deleted: nothing new is linked to them, and what stands on them stays there, so
//! that bringing them back brings their mail back.
//!
//! Deciding their stored mail anew would put it onto whatever is left of its ties, a contact or an
//! account, and show it to people who could not read the record that governs it (P5).

use crate::model::facts::{LinkFacts, Member};
use crate::model::id::RecordId;
use crate::model::link::Linking;

/// What was decided, with the deleted records left out, except on mail that stands on one already.
pub fn settle(members: &[Member], decided: Vec<Linking>, facts: &LinkFacts) -> Vec<Linking> {
    if facts.gone.is_empty() {
        return decided;
    }
    let settled = members.iter().zip(decided).map(|(member, linking)| match &member.before {
        Some(before) if touches(before, facts) => before.clone(),
        _ => without(linking, facts),
    });
    settled.collect()
}

/// Whether a mail regards or is governed by a record that is deleted.
pub fn touches(linking: &Linking, facts: &LinkFacts) -> bool {
    let is_gone = |id: &RecordId| facts.gone.contains(id);
    match linking {
        Linking::Linked { regarding, links, .. } => {
            regarding.iter().any(is_gone) || links.iter().any(|link| is_gone(&link.governing))
        }
        Linking::Review(_) | Linking::Unmatched => false,
    }
}

fn without(linking: Linking, facts: &LinkFacts) -> Linking {
    let is_gone = |id: &RecordId| facts.gone.contains(id);
    match linking {
        Linking::Linked { regarding, mut links, mut candidates } => {
            links.retain(|link| !is_gone(&link.record) && !is_gone(&link.governing));
            candidates.retain(|candidate| !is_gone(&candidate.record));
            match links.is_empty() {
                true if candidates.is_empty() => Linking::Unmatched,
                true => Linking::Review(candidates),
                false => Linking::Linked { regarding: regarding.filter(|id| !is_gone(id)), links, candidates },
            }
        }
        Linking::Review(mut candidates) => {
            candidates.retain(|candidate| !is_gone(&candidate.record));
            if candidates.is_empty() { Linking::Unmatched } else { Linking::Review(candidates) }
        }
        Linking::Unmatched => Linking::Unmatched,
    }
}

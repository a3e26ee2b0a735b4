//! Whom the viewer covers at this moment.

use super::visit::Visit;
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::Kind;
use crate::store::views::Named;
use std::collections::BTreeSet;

/// Owners away now for whom the viewer answers, on any of their records, by name.
pub(super) fn covered(visit: &Visit) -> Vec<UserId> {
    let scope = &visit.scope;
    let lists = [&scope.owners, &scope.confidential_owners, &scope.unanswered, &scope.partial];
    let candidates: BTreeSet<UserId> = lists.into_iter().flatten().copied().collect();
    // By exceptions: something of theirs is left to the viewer, or may be.
    let in_part = |owner: &UserId| {
        scope.parts.owners.binary_search(owner).is_ok()
            || (scope.partial.binary_search(owner).is_ok() && !scope.records.is_empty())
    };
    let teams: Vec<Option<TeamId>> = visit.world.teams.iter().map(|t| Some(t.id)).chain([None]).collect();
    let answers =
        |owner: UserId, team, confidential| visit.answers(&probe(owner, team, confidential)).user == Some(scope.viewer);
    let mut covered: Vec<UserId> = candidates
        .into_iter()
        .filter(|owner| visit.world.running(*owner, visit.clock.now).is_some())
        .filter(|owner| {
            in_part(owner) || answers(*owner, None, true) || teams.iter().any(|team| answers(*owner, *team, false))
        })
        .collect();
    covered.sort_by_key(|owner| visit.name(*owner));
    covered
}

/// A record that stands for all of an owner's.
pub(super) fn probe(owner: UserId, team: Option<TeamId>, confidential: bool) -> Named {
    Named {
        id: RecordId(0),
        kind: Kind::Opportunity,
        name: String::new(),
        owner,
        team,
        confidential,
        account: None,
        class: None,
    }
}

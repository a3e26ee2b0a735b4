//! Who answers for a record at a moment (design: `answers_now`). Used by every page, by the
//! notice and by routing, so that no two of them ever name different people.

use super::world::{Fallback, World};
use crate::model::absence::Absence;
use crate::model::id::{TeamId, UserId};
use crate::model::record::{AnswerPath, Answering, Record};
use crate::model::time::Timestamp;

/// Who answers for `record` at `now`, by which path, and until when that stands.
///
/// The owner if present; else the substitute; if that one is away too, theirs, to a depth of 5
/// with cycles cut; else the team's fallback, then the company's, if present themselves.
/// A confidential record goes to the deputy whom the running absence names, or to nobody.
pub fn answers_now(record: &Record, world: &World, now: Timestamp) -> Answering {
    if record.confidential && !world.present(record.owner, now) {
        return confidential(record.owner, world, now);
    }
    answering(record.owner, record.team, Some(record), world, now)
}

/// Who answers for `owner` in general, where no record is known: their default substitute, and so
/// on as [`answers_now`] does.
pub fn stands_in(owner: UserId, team: Option<TeamId>, world: &World, now: Timestamp) -> Answering {
    answering(owner, team, None, world, now)
}

/// Those who are away at `now` and whom `viewer` covers, wholly or in part, or stands in the chain of
/// their substitutes.
pub fn covered_by(viewer: UserId, world: &World, now: Timestamp) -> Vec<UserId> {
    let covers = |owner: UserId| {
        let Some(absence) = world.running(owner, now) else { return false };
        let general = stands_in(owner, None, world, now);
        let on_the_way =
            general.chain.contains(&viewer) || (general.path == AnswerPath::Substitute && general.user == Some(viewer));
        on_the_way || super::absence::stands_in_by(viewer, absence)
    };
    let others = world.people.iter().map(|person| person.id).filter(|owner| *owner != viewer);
    if world.active(viewer) { others.filter(|owner| covers(*owner)).collect() } else { Vec::new() }
}

fn answering(owner: UserId, team: Option<TeamId>, record: Option<&Record>, world: &World, now: Timestamp) -> Answering {
    if world.present(owner, now) {
        return Answering { user: Some(owner), path: AnswerPath::Owner, chain: Vec::new(), until: None };
    }
    let steps = world.chain(owner, record, now);
    let mut chain = vec![owner];
    chain.extend(steps.iter().map(|(_, substitute)| *substitute));
    let steps: Vec<&Absence> = steps.into_iter().map(|(absence, _)| absence).collect();
    let mut until = earliest_end(steps.iter().copied());
    let last = chain.last().copied().unwrap_or(owner);
    if world.present(last, now) {
        chain.pop();
        return Answering { user: Some(last), path: AnswerPath::Substitute, chain, until };
    }
    // The absence of the last on the chain put it to the fallback as well.
    until = earliest_end(steps.into_iter().chain(world.running(last, now)));
    let fallback = world.fallback(team, now);
    let path = match fallback {
        Fallback::Team(_) => AnswerPath::TeamFallback,
        Fallback::Company(_) => AnswerPath::CompanyFallback,
        Fallback::Nobody => AnswerPath::Nobody,
    };
    Answering { user: fallback.user(), path, chain, until }
}

/// Nobody but the deputy: no chain, no fallback.
fn confidential(owner: UserId, world: &World, now: Timestamp) -> Answering {
    let absence = world.running(owner, now);
    let user = absence.and_then(|a| a.deputy).filter(|d| *d != owner && world.present(*d, now));
    let path = if user.is_some() { AnswerPath::Substitute } else { AnswerPath::Nobody };
    Answering { user, path, chain: vec![owner], until: earliest_end(absence) }
}

/// The first moment at which one of these absences ends and answering may move.
fn earliest_end<'a>(absences: impl IntoIterator<Item = &'a Absence>) -> Option<Timestamp> {
    absences.into_iter().filter_map(|a| a.ends).min()
}

#[cfg(test)]
mod tests {
    use super::super::worlds::*;
    use super::*;
    use crate::model::id::TeamId;
    use crate::model::record::Team;

    fn answers(record: &Record, world: &World) -> (Option<UserId>, AnswerPath, Vec<UserId>) {
        let found = answers_now(record, world, NOW);
        (found.user, found.path, found.chain)
    }

    #[test]
    fn a_present_owner_answers() {
        assert_eq!(answers(&record(ANNA), &company()), (Some(ANNA), AnswerPath::Owner, vec![]));
    }

    #[test]
    fn the_substitute_answers_until_the_absence_ends() {
        let mut world = company();
        world.absences = vec![away(ANNA, Some(PIOTR))];
        let found = answers_now(&record(ANNA), &world, NOW);
        assert_eq!((found.user, found.path), (Some(PIOTR), AnswerPath::Substitute));
        assert_eq!((found.chain, found.until), (vec![ANNA], Some(Timestamp(2_000))));
        assert_eq!(answers_now(&record(ANNA), &world, Timestamp(2_000)).user, Some(ANNA));
    }

    #[test]
    fn a_substitute_who_is_away_passes_it_on_and_the_first_to_return_takes_it_back() {
        let mut world = company();
        world.absences = vec![away(ANNA, Some(PIOTR)), away(PIOTR, Some(KAMIL))];
        world.absences[1].ends = Some(Timestamp(1_500));
        let found = answers_now(&record(ANNA), &world, NOW);
        assert_eq!((found.user, found.chain), (Some(KAMIL), vec![ANNA, PIOTR]));
        assert_eq!(found.until, Some(Timestamp(1_500)));
    }

    #[test]
    fn without_a_substitute_the_team_answers_then_the_company_then_nobody() {
        let mut world = company();
        world.absences = vec![away(ANNA, None)];
        world.company_fallback = Some(OLA);
        world.teams = vec![Team { id: TeamId(1), name: "North".into(), fallback: Some(EWA) }];
        let of_team = Record { team: Some(TeamId(1)), ..record(ANNA) };
        assert_eq!(answers(&of_team, &world), (Some(EWA), AnswerPath::TeamFallback, vec![ANNA]));
        world.absences.push(away(EWA, Some(KAMIL)));
        assert_eq!(answers(&of_team, &world), (Some(OLA), AnswerPath::CompanyFallback, vec![ANNA]));
        world.people[4].active = false;
        assert_eq!(answers(&of_team, &world), (None, AnswerPath::Nobody, vec![ANNA]));
    }

    #[test]
    fn a_circle_of_substitutes_falls_back() {
        let mut world = company();
        world.absences = vec![away(ANNA, Some(PIOTR)), away(PIOTR, Some(ANNA))];
        world.company_fallback = Some(OLA);
        let found = answers_now(&record(ANNA), &world, NOW);
        assert_eq!((found.user, found.path), (Some(OLA), AnswerPath::CompanyFallback));
        assert_eq!(found.until, Some(Timestamp(2_000)));
    }

    #[test]
    fn a_confidential_record_goes_to_the_deputy_and_to_nobody_else() {
        let mut world = company();
        world.absences = vec![away(ANNA, Some(PIOTR))];
        world.company_fallback = Some(OLA);
        let secret = Record { confidential: true, ..record(ANNA) };
        assert_eq!(answers(&secret, &world), (None, AnswerPath::Nobody, vec![ANNA]));
        world.absences[0].deputy = Some(KAMIL);
        assert_eq!(answers(&secret, &world), (Some(KAMIL), AnswerPath::Substitute, vec![ANNA]));
        world.absences.push(away(KAMIL, Some(EWA)));
        assert_eq!(answers(&secret, &world).0, None, "a deputy's substitute was not trusted with it");
    }

    #[test]
    fn the_records_of_somebody_who_left_go_to_the_fallback() {
        let mut world = company();
        world.people[0].active = false;
        world.company_fallback = Some(OLA);
        let found = answers_now(&record(ANNA), &world, NOW);
        assert_eq!((found.user, found.path, found.until), (Some(OLA), AnswerPath::CompanyFallback, None));
        world.absences = vec![away(ANNA, Some(PIOTR))];
        assert_eq!(answers_now(&record(ANNA), &world, NOW).user, Some(PIOTR), "who was named before still covers");
    }
}

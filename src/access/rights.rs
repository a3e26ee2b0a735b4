//! The table of rights as data, and the slow and obvious evaluator that also says why (P10).
//!
//! It looks at one record and one viewer and shares no shortcut with [`super::Scope`], which
//! looks from the viewer at all owners; the property test below holds the two together.

use super::world::{DEPTH, World};
use crate::model::id::UserId;
use crate::model::record::{AnswerPath, Mode, Record, UserRole};
use crate::model::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a right on a record comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// They own it.
    Owner,
    /// They stand in for the absent owner, or on the way to the one who does.
    Cover,
    /// The absent owner named them deputy for confidential records.
    Deputy,
    /// Owner and substitutes are away, and they answer for the team or the company.
    Fallback,
    /// They are the owner's line manager, directly or above.
    Line,
    /// Transparent mode: account managers read each other's records.
    Transparent,
    /// They administer the installation.
    Admin,
}

/// What one source gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The source.
    pub path: Path,
    /// To read the record and its mail.
    pub read: bool,
    /// To change it.
    pub write: bool,
    /// To give others a right on it.
    pub share: bool,
    /// To make somebody else its owner.
    pub assign: bool,
    /// Whether it reaches confidential records.
    pub confidential: bool,
}

/// The table of ARCHITECTURE.md ("Rights"), for the sources that exist now.
pub const GRANTS: &[Grant] = &[
    grant(Path::Owner, [true, true, true, true], true),
    grant(Path::Cover, [true, true, false, false], false),
    grant(Path::Deputy, [true, true, false, false], true),
    grant(Path::Fallback, [true, true, false, false], false),
    grant(Path::Line, [true, false, false, true], false),
    grant(Path::Transparent, [true, false, false, false], false),
    grant(Path::Admin, [false, false, true, true], false),
];

const fn grant(path: Path, [read, write, share, assign]: [bool; 4], confidential: bool) -> Grant {
    Grant { path, read, write, share, assign, confidential }
}

/// By which source `viewer` may read `record` at `now`: the first of [`GRANTS`] that holds.
pub fn may_read(viewer: UserId, record: &Record, world: &World, now: Timestamp) -> Option<Path> {
    first(viewer, record, world, now, |grant| grant.read)
}

/// By which source `viewer` may change `record` at `now`.
pub fn may_write(viewer: UserId, record: &Record, world: &World, now: Timestamp) -> Option<Path> {
    first(viewer, record, world, now, |grant| grant.write)
}

/// By which source `viewer` may make somebody else the owner of `record` at `now`.
pub fn may_assign(viewer: UserId, record: &Record, world: &World, now: Timestamp) -> Option<Path> {
    first(viewer, record, world, now, |grant| grant.assign)
}

fn first(
    viewer: UserId,
    record: &Record,
    world: &World,
    now: Timestamp,
    wanted: impl Fn(&Grant) -> bool,
) -> Option<Path> {
    if !world.active(viewer) {
        return None;
    }
    GRANTS
        .iter()
        .filter(|grant| wanted(grant) && (grant.confidential || !record.confidential))
        .find(|grant| holds(grant.path, viewer, record, world, now))
        .map(|grant| grant.path)
}

fn holds(path: Path, viewer: UserId, record: &Record, world: &World, now: Timestamp) -> bool {
    let owner = record.owner;
    let role = world.person(viewer).map(|p| p.role);
    match path {
        Path::Owner => owner == viewer,
        Path::Cover => covers(viewer, owner, owner, &[], world, now),
        Path::Deputy => record.confidential && world.running(owner, now).is_some_and(|a| a.deputy == Some(viewer)),
        Path::Fallback => {
            let answering = super::answers_now(record, world, now);
            answering.user == Some(viewer)
                && matches!(answering.path, AnswerPath::TeamFallback | AnswerPath::CompanyFallback)
        }
        Path::Line => above(viewer, owner, world),
        Path::Transparent => world.mode == Mode::Transparent && role == Some(UserRole::Manager),
        Path::Admin => role == Some(UserRole::Admin),
    }
}

/// Whether `viewer` stands in for `away`, or for whoever does, counted from `owner`.
/// `before` holds the substitutes passed on the way.
fn covers(viewer: UserId, away: UserId, owner: UserId, before: &[UserId], world: &World, now: Timestamp) -> bool {
    let substitute = world.running(away, now).and_then(|a| a.substitute);
    let Some(substitute) = substitute else { return false };
    if before.len() == DEPTH || substitute == owner || before.contains(&substitute) || !world.active(substitute) {
        return false;
    }
    let mut passed = before.to_vec();
    passed.push(substitute);
    substitute == viewer || covers(viewer, substitute, owner, &passed, world, now)
}

/// Whether the line from `person` upwards leads to `manager`.
fn above(manager: UserId, person: UserId, world: &World) -> bool {
    let mut at = person;
    // A line longer than there are people goes in a circle.
    for _ in &world.people {
        match world.person(at).and_then(|p| p.manager) {
            None => return false,
            Some(next) if next == manager => return manager != person,
            Some(next) => at = next,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::worlds::*;
    use super::super::{Scope, answers_now};
    use super::*;
    use crate::model::id::TeamId;
    use crate::model::record::Team;
    use proptest::prelude::*;

    fn reads(viewer: UserId, record: &Record, world: &World) -> Option<Path> {
        let slow = may_read(viewer, record, world, NOW);
        let scope = Scope::of(world.person(viewer).unwrap(), world, NOW);
        assert_eq!(scope.reads(record), slow.is_some(), "scope and evaluator disagree");
        slow
    }

    fn secret(owner: UserId) -> Record {
        Record { confidential: true, ..record(owner) }
    }

    #[test]
    fn the_owner_has_all_rights_and_a_stranger_none() {
        let world = company();
        assert_eq!(reads(ANNA, &record(ANNA), &world), Some(Path::Owner));
        assert_eq!(may_write(ANNA, &record(ANNA), &world, NOW), Some(Path::Owner));
        assert_eq!(reads(KAMIL, &record(ANNA), &world), None);
    }

    #[test]
    fn the_substitute_reads_and_writes_only_while_the_absence_runs() {
        let mut world = company();
        world.absences = vec![away(ANNA, Some(PIOTR))];
        let anna = record(ANNA);
        assert_eq!(reads(PIOTR, &anna, &world), Some(Path::Cover));
        assert_eq!(may_write(PIOTR, &anna, &world, NOW), Some(Path::Cover));
        let at = |moment: i64| may_read(PIOTR, &anna, &world, Timestamp(moment)).is_some();
        assert_eq!([at(-1), at(0), at(1_999), at(2_000)], [false, true, true, false], "half-open");
        assert_eq!(reads(KAMIL, &anna, &world), None);
        assert_eq!(reads(ANNA, &anna, &world), Some(Path::Owner), "the owner goes on reading");
    }

    #[test]
    fn everybody_on_the_chain_reads_and_a_present_substitute_ends_it() {
        let mut world = company();
        world.absences = vec![away(ANNA, Some(PIOTR)), away(PIOTR, Some(KAMIL))];
        assert_eq!(reads(PIOTR, &record(ANNA), &world), Some(Path::Cover));
        assert_eq!(reads(KAMIL, &record(ANNA), &world), Some(Path::Cover));
        assert_eq!(reads(KAMIL, &record(PIOTR), &world), Some(Path::Cover));
        world.absences.pop();
        assert_eq!(reads(KAMIL, &record(ANNA), &world), None);
    }

    #[test]
    fn cover_does_not_give_what_lies_below_the_absent_in_the_line() {
        let mut world = company();
        world.people[2].manager = Some(ANNA);
        world.absences = vec![away(ANNA, Some(PIOTR))];
        assert_eq!(reads(ANNA, &record(KAMIL), &world), Some(Path::Line));
        assert_eq!(reads(PIOTR, &record(KAMIL), &world), None);
    }

    #[test]
    fn a_line_manager_reads_what_those_below_own_not_what_they_cover() {
        let mut world = company();
        world.people[1].manager = Some(EWA);
        world.people[3].manager = Some(OLA);
        world.absences = vec![away(ANNA, Some(PIOTR))];
        assert_eq!(reads(EWA, &record(PIOTR), &world), Some(Path::Line));
        assert_eq!(reads(OLA, &record(PIOTR), &world), Some(Path::Line), "and so do those above");
        assert_eq!(may_write(EWA, &record(PIOTR), &world, NOW), None);
        assert_eq!(reads(EWA, &record(ANNA), &world), None);
    }

    #[test]
    fn transparent_mode_is_for_account_managers_and_spares_confidential_records() {
        let mut world = company();
        world.mode = Mode::Transparent;
        world.people[3].role = UserRole::Staff;
        world.people[4].role = UserRole::Admin;
        assert_eq!(reads(KAMIL, &record(ANNA), &world), Some(Path::Transparent));
        assert_eq!(reads(KAMIL, &secret(ANNA), &world), None);
        assert_eq!(reads(EWA, &record(ANNA), &world), None);
        assert_eq!(reads(OLA, &record(ANNA), &world), None, "an admin assigns without reading");
    }

    #[test]
    fn a_confidential_record_is_read_by_its_owner_and_the_running_absences_deputy_alone() {
        let mut world = company();
        world.people[0].manager = Some(EWA);
        world.company_fallback = Some(OLA);
        world.absences = vec![away(ANNA, Some(PIOTR))];
        assert_eq!(reads(PIOTR, &secret(ANNA), &world), None);
        world.absences[0].deputy = Some(KAMIL);
        assert_eq!(reads(KAMIL, &secret(ANNA), &world), Some(Path::Deputy));
        assert_eq!(reads(KAMIL, &record(ANNA), &world), None, "a deputy is not the substitute");
        assert_eq!(reads(ANNA, &secret(ANNA), &world), Some(Path::Owner));
        assert_eq!(reads(EWA, &secret(ANNA), &world), None);
        assert_eq!(may_read(KAMIL, &secret(ANNA), &world, Timestamp(2_000)), None);
    }

    #[test]
    fn somebody_deactivated_reads_nothing_and_covers_nothing() {
        let mut world = company();
        world.people[1].active = false;
        world.absences = vec![away(ANNA, Some(PIOTR)), away(PIOTR, Some(KAMIL))];
        assert_eq!(reads(PIOTR, &record(ANNA), &world), None);
        assert_eq!(reads(PIOTR, &record(PIOTR), &world), None);
        assert_eq!(reads(KAMIL, &record(ANNA), &world), None, "nor does the chain go on through them");
    }

    #[test]
    fn the_fallback_reads_what_they_answer_for_and_only_that() {
        let mut world = company();
        world.company_fallback = Some(OLA);
        world.teams = vec![Team { id: TeamId(1), name: "North".into(), fallback: Some(EWA) }];
        let of_team = Record { team: Some(TeamId(1)), ..record(ANNA) };
        assert_eq!(reads(OLA, &record(ANNA), &world), None);
        world.absences = vec![away(ANNA, None)];
        assert_eq!(reads(OLA, &record(ANNA), &world), Some(Path::Fallback));
        assert_eq!(reads(OLA, &of_team, &world), None);
        assert_eq!(reads(EWA, &of_team, &world), Some(Path::Fallback));
        assert_eq!(reads(EWA, &record(ANNA), &world), None);
        world.absences.push(away(EWA, None));
        assert_eq!(reads(OLA, &of_team, &world), Some(Path::Fallback), "the team's is away too");
    }

    #[test]
    fn a_chain_is_cut_at_five_substitutes_and_at_circles() {
        let mut world = company();
        let order = [ANNA, PIOTR, KAMIL, EWA, OLA, JAN, IGA];
        world.absences = order.windows(2).map(|w| away(w[0], Some(w[1]))).collect();
        assert_eq!(reads(JAN, &record(ANNA), &world), Some(Path::Cover), "the fifth");
        assert_eq!(reads(IGA, &record(ANNA), &world), None, "the sixth");
        world.absences = vec![away(ANNA, Some(PIOTR)), away(PIOTR, Some(ANNA))];
        assert_eq!(reads(PIOTR, &record(ANNA), &world), Some(Path::Cover));
        assert_eq!(answers_now(&record(ANNA), &world, NOW).user, None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn scope_and_evaluator_agree_in_every_world(world in worlds(), record in records()) {
            for person in &world.people {
                let scope = Scope::of(person, &world, NOW);
                let slow = may_read(person.id, &record, &world, NOW);
                prop_assert_eq!(scope.reads(&record), slow.is_some(), "viewer {:?}, by {:?}", person.id, slow);
            }
        }

        #[test]
        fn whoever_answers_may_read_is_active_and_present(world in worlds(), record in records()) {
            let answering = answers_now(&record, &world, NOW);
            if let Some(user) = answering.user {
                prop_assert!(world.present(user, NOW));
                prop_assert!(may_read(user, &record, &world, NOW).is_some());
            }
            for passed in answering.chain.iter().filter(|u| world.active(**u)) {
                prop_assert!(may_read(*passed, &record, &world, NOW).is_some());
            }
        }
    }
}

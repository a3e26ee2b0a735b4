//! The table of rights as data, and the slow and obvious evaluator that also says why (P10).
//!
//! It looks at one record and one viewer and shares no shortcut with [`super::Scope`], which
//! looks from the viewer at all owners; the property test below holds the two together, and a
//! larger one in `tests/it` holds it against the real queries.

use super::world::{DEPTH, World};
use crate::model::absence::Phase;
use crate::model::id::UserId;
use crate::model::record::{AnswerPath, Mode, Record, UserRole};
use crate::model::share::{Holder, Rights, Share, Source};
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
    /// It was shared with them or a team of theirs.
    Share,
    /// They are a manager of the account by role.
    Manager,
    /// They are the owner's line manager, directly or above.
    Line,
    /// Transparent mode: account managers read each other's records.
    Transparent,
    /// They administer the installation.
    Admin,
    /// They assigned it onward for a step and wait for it to come back.
    Step,
    /// They broke the glass: a reason, a time limit, and a line in the audit.
    BreakGlass,
}

impl Path {
    /// Its word in the audit, in JSON and in ARCHITECTURE.md.
    pub fn word(self) -> &'static str {
        match self {
            Path::Owner => "owner",
            Path::Cover => "cover",
            Path::Deputy => "deputy",
            Path::Fallback => "fallback",
            Path::Share => "share",
            Path::Manager => "manager",
            Path::Line => "line",
            Path::Transparent => "transparent",
            Path::Admin => "admin",
            Path::Step => "step",
            Path::BreakGlass => "break-glass",
        }
    }

    /// Whether reading by it is noted in the audit: rights over what somebody else answers for.
    pub fn is_audited(self) -> bool {
        matches!(self, Path::Cover | Path::Deputy | Path::Fallback | Path::Line | Path::BreakGlass)
    }
}

/// What a cell of the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The source gives it.
    Yes,
    /// It does not.
    No,
    /// As the share, the absence or the installation says.
    AsSet,
}

/// What one source gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The source.
    pub path: Path,
    /// To read the record and its mail.
    pub read: Cell,
    /// To change it.
    pub write: Cell,
    /// To give others a right on it.
    pub share: Cell,
    /// To make somebody else its owner.
    pub assign: Cell,
    /// Whether it reaches confidential records. `AsSet`: a share does if it was made while the
    /// record was confidential.
    pub confidential: Cell,
}

use Cell::{AsSet, No, Yes};

/// The table of ARCHITECTURE.md ("Rights"); a test compares the two.
pub const GRANTS: &[Grant] = &[
    grant(Path::Owner, [Yes, Yes, Yes, Yes], Yes),
    grant(Path::Cover, [Yes, AsSet, No, No], No),
    grant(Path::Deputy, [Yes, AsSet, No, No], Yes),
    grant(Path::Fallback, [Yes, AsSet, No, No], No),
    grant(Path::Share, [Yes, AsSet, AsSet, No], AsSet),
    grant(Path::Manager, [Yes, AsSet, AsSet, No], AsSet),
    grant(Path::Line, [Yes, AsSet, No, Yes], No),
    grant(Path::Transparent, [Yes, No, No, No], No),
    grant(Path::Admin, [No, No, Yes, Yes], No),
    grant(Path::Step, [Yes, No, No, No], AsSet),
    grant(Path::BreakGlass, [Yes, No, No, No], AsSet),
];

const fn grant(path: Path, [read, write, share, assign]: [Cell; 4], confidential: Cell) -> Grant {
    Grant { path, read, write, share, assign, confidential }
}

/// One path between a viewer and a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Which.
    pub path: Path,
    /// What it gives, or would give.
    pub rights: Rights,
    /// Whether it gives that now.
    pub state: State,
    /// The team through which a share reaches them.
    pub team: Option<crate::model::id::TeamId>,
    /// When it ends by itself, where that is known.
    pub until: Option<Timestamp>,
}

/// Whether a path gives its rights at the moment of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Gives,
    /// It would, were the record not confidential.
    Confidential,
    /// It will, from this moment, if nothing changes.
    From(Timestamp),
    /// It did, until this moment.
    Ended(Timestamp),
}

/// What `viewer` may do with `record` at `now`; `shares` are those on the record.
pub fn rights(viewer: UserId, record: &Record, shares: &[Share], world: &World, now: Timestamp) -> Rights {
    let given = giving(viewer, record, shares, world, now);
    given.into_iter().fold(Rights::NONE, |sum, reason| sum.or(reason.rights))
}

/// By which source `viewer` may read `record` at `now`: the first of [`GRANTS`] that holds.
pub fn may_read(viewer: UserId, record: &Record, shares: &[Share], world: &World, now: Timestamp) -> Option<Path> {
    giving(viewer, record, shares, world, now).into_iter().find(|r| r.rights.read).map(|r| r.path)
}

/// By which source `viewer` may change `record` at `now`.
pub fn may_write(viewer: UserId, record: &Record, shares: &[Share], world: &World, now: Timestamp) -> Option<Path> {
    giving(viewer, record, shares, world, now).into_iter().find(|r| r.rights.write).map(|r| r.path)
}

/// By which source `viewer` may give others a right on `record` at `now`.
pub fn may_share(viewer: UserId, record: &Record, shares: &[Share], world: &World, now: Timestamp) -> Option<Path> {
    giving(viewer, record, shares, world, now).into_iter().find(|r| r.rights.share).map(|r| r.path)
}

/// By which source `viewer` may make somebody else the owner of `record` at `now`.
pub fn may_assign(viewer: UserId, record: &Record, shares: &[Share], world: &World, now: Timestamp) -> Option<Path> {
    giving(viewer, record, shares, world, now).into_iter().find(|r| r.rights.assign).map(|r| r.path)
}

/// Everybody who has a right on `record` at `now`, by which paths: those of the people in the
/// order of their ids, the paths in that of [`GRANTS`].
pub fn who(record: &Record, shares: &[Share], world: &World, now: Timestamp) -> Vec<(UserId, Vec<Reason>)> {
    let each = world.people.iter().map(|p| (p.id, giving(p.id, record, shares, world, now)));
    each.filter(|(_, reasons)| !reasons.is_empty()).collect()
}

/// Everybody who sees a mail that `record` governs, each with the paths by which they do. One that is `sealed`, marked
/// confidential by itself, is seen by whoever would read the record also if it were confidential: so marking a mail
/// never shows it to anybody.
pub fn who_reads(
    record: &Record,
    shares: &[Share],
    sealed: bool,
    world: &World,
    now: Timestamp,
) -> Vec<(UserId, Vec<Reason>)> {
    let reading = |record: &Record| {
        let who = who(record, shares, world, now).into_iter();
        let who = who.map(|(user, reasons)| (user, reasons.into_iter().filter(|r| r.rights.read).collect::<Vec<_>>()));
        who.filter(|(_, reasons)| !reasons.is_empty()).collect::<Vec<_>>()
    };
    let readers = reading(record);
    if !sealed || record.confidential {
        return readers;
    }
    let mut confided = reading(&Record { confidential: true, ..record.clone() });
    confided.retain(|(user, _)| readers.iter().any(|(other, _)| other == user));
    confided
}

fn giving(viewer: UserId, record: &Record, shares: &[Share], world: &World, now: Timestamp) -> Vec<Reason> {
    let mut all = why(viewer, record, shares, world, now);
    all.retain(|reason| reason.state == State::Gives);
    all
}

/// Every path that gives `viewer` a right on `record` at `now`, or would give one if the record
/// were not confidential, or at another time. Somebody deactivated has none.
pub fn why(viewer: UserId, record: &Record, shares: &[Share], world: &World, now: Timestamp) -> Vec<Reason> {
    if !world.active(viewer) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for grant in GRANTS {
        match grant.path {
            Path::Share | Path::Manager | Path::Step | Path::BreakGlass => {
                found.extend(shared(grant, viewer, record, shares, world, now));
            }
            _ => found.extend(general(grant, viewer, record, world, now)),
        }
    }
    found.retain(|reason| reason.rights.any());
    found
}

/// A path that follows from who somebody is, not from a share.
fn general(grant: &Grant, viewer: UserId, record: &Record, world: &World, now: Timestamp) -> Option<Reason> {
    let starts = holds(grant.path, viewer, record, world, now)?;
    let confidential = record.confidential && grant.confidential == No;
    let state = match starts {
        Some(from) => State::From(from),
        None if confidential => State::Confidential,
        None => State::Gives,
    };
    let writes = match grant.path {
        Path::Line => world.line_writes,
        // Whoever answers because nobody was named answers as a cover would.
        Path::Fallback => world.cover_writes,
        _ => world.cover_writes && covering(record.owner, world, now).is_none_or(|a| a.cover_writes),
    };
    let set = Rights { read: true, write: writes, share: false, assign: false };
    let until = match grant.path {
        Path::Cover | Path::Deputy | Path::Fallback if state == State::Gives => {
            super::answers_now(record, world, now).until
        }
        _ => None,
    };
    Some(Reason { path: grant.path, rights: given(grant, set), state, team: None, until })
}

/// The paths by the shares of one source.
fn shared(
    grant: &Grant,
    viewer: UserId,
    record: &Record,
    shares: &[Share],
    world: &World,
    now: Timestamp,
) -> Vec<Reason> {
    let source = match grant.path {
        Path::Manager => Source::Manager,
        Path::Step => Source::Step,
        Path::BreakGlass => Source::BreakGlass,
        _ => Source::Share,
    };
    let member = |share: &Share| match share.holder {
        Holder::User(user) => (user == viewer).then_some(None),
        Holder::Team(team) => world.person(viewer).is_some_and(|p| p.teams.contains(&team)).then_some(Some(team)),
    };
    let mine = shares.iter().filter(|s| s.record == record.id && s.source == source);
    let reason = |(share, team): (&Share, _)| {
        let state = match share.until.filter(|until| *until <= now) {
            Some(ended) => State::Ended(ended),
            None if record.confidential && !share.named => State::Confidential,
            None => State::Gives,
        };
        Reason { path: grant.path, rights: given(grant, share.rights()), state, team, until: share.until }
    };
    mine.filter_map(|share| Some((share, member(share)?))).map(reason).collect()
}

/// What a row of the table gives where `set` decides the open cells.
fn given(grant: &Grant, set: Rights) -> Rights {
    let cell = |cell: Cell, set: bool| cell == Yes || (cell == AsSet && set);
    Rights {
        read: cell(grant.read, set.read),
        write: cell(grant.write, set.write),
        share: cell(grant.share, set.share),
        assign: cell(grant.assign, set.assign),
    }
}

/// Whether `path` leads from `viewer` to `record`: now (`Some(None)`), from a later moment
/// (`Some(Some(moment))`), or not.
fn holds(path: Path, viewer: UserId, record: &Record, world: &World, now: Timestamp) -> Option<Option<Timestamp>> {
    let owner = record.owner;
    let role = world.person(viewer).map(|p| p.role);
    let holds = match path {
        Path::Owner => owner == viewer,
        Path::Cover => {
            if covers(viewer, owner, record, &[], world, now) {
                return Some(None);
            }
            return upcoming(owner, viewer, world, now, |a| a.substitute_for(Some(record))).map(Some);
        }
        Path::Deputy => {
            if !record.confidential {
                return None;
            }
            if world.running(owner, now).is_some_and(|a| a.deputy == Some(viewer)) {
                return Some(None);
            }
            return upcoming(owner, viewer, world, now, |a| a.deputy).map(Some);
        }
        Path::Fallback => {
            let answering = super::answers_now(record, world, now);
            answering.user == Some(viewer)
                && matches!(answering.path, AnswerPath::TeamFallback | AnswerPath::CompanyFallback)
        }
        Path::Line => above(viewer, owner, world),
        Path::Transparent => world.mode == Mode::Transparent && role == Some(UserRole::Manager),
        Path::Admin => role == Some(UserRole::Admin),
        Path::Share | Path::Manager | Path::Step | Path::BreakGlass => false,
    };
    holds.then_some(None)
}

/// The start of an absence of `owner` to come that names `viewer`.
fn upcoming(
    owner: UserId,
    viewer: UserId,
    world: &World,
    now: Timestamp,
    named: impl Fn(&crate::model::absence::Absence) -> Option<UserId>,
) -> Option<Timestamp> {
    let to_come = world.absences.iter().filter(|a| a.user == owner && a.phase(now) == Phase::Upcoming);
    to_come.filter(|a| named(a) == Some(viewer)).map(|a| a.starts).min()
}

/// The absence that decides what covering `owner` gives.
fn covering(owner: UserId, world: &World, now: Timestamp) -> Option<&crate::model::absence::Absence> {
    world.running(owner, now)
}

/// Whether `viewer` stands in for `away`, or for whoever does, on the way from the record's owner.
/// `before` holds the substitutes passed.
fn covers(viewer: UserId, away: UserId, record: &Record, before: &[UserId], world: &World, now: Timestamp) -> bool {
    let substitute = world.running(away, now).and_then(|a| a.substitute_for(Some(record)));
    let Some(substitute) = substitute else { return false };
    let ends = substitute == record.owner || before.contains(&substitute) || !world.active(substitute);
    if before.len() == DEPTH || ends {
        return false;
    }
    let mut passed = before.to_vec();
    passed.push(substitute);
    substitute == viewer || covers(viewer, substitute, record, &passed, world, now)
}

/// Whether the line from `person` upwards leads to `manager`.
pub(super) fn above(manager: UserId, person: UserId, world: &World) -> bool {
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
    use crate::model::absence::{Absence, Exception, Selector};
    use crate::model::id::{RecordId, TeamId};
    use crate::model::record::Team;
    use proptest::prelude::*;

    fn reads(viewer: UserId, record: &Record, world: &World) -> Option<Path> {
        let slow = may_read(viewer, record, &[], world, NOW);
        let scope = sight(viewer, std::slice::from_ref(record), world);
        assert_eq!(scope.reads(record, &[]), slow.is_some(), "scope and evaluator disagree");
        slow
    }

    /// The scope as `store::people::scope` makes it, of a company with these records.
    fn sight(viewer: UserId, records: &[Record], world: &World) -> Scope {
        let scope = Scope::of(world.person(viewer).unwrap(), world, NOW);
        let partial: Vec<Record> = records.iter().filter(|r| scope.partial.contains(&r.owner)).cloned().collect();
        scope.with(&partial, world)
    }

    fn secret(owner: UserId) -> Record {
        Record { confidential: true, ..record(owner) }
    }

    #[test]
    fn the_owner_has_all_rights_and_a_stranger_none() {
        let world = company();
        assert_eq!(reads(ANNA, &record(ANNA), &world), Some(Path::Owner));
        assert_eq!(may_write(ANNA, &record(ANNA), &[], &world, NOW), Some(Path::Owner));
        assert_eq!(reads(KAMIL, &record(ANNA), &world), None);
    }

    #[test]
    fn the_substitute_reads_and_writes_only_while_the_absence_runs() {
        let mut world = company();
        world.absences = vec![away(ANNA, Some(PIOTR))];
        let anna = record(ANNA);
        assert_eq!(reads(PIOTR, &anna, &world), Some(Path::Cover));
        assert_eq!(may_write(PIOTR, &anna, &[], &world, NOW), Some(Path::Cover));
        let at = |moment: i64| may_read(PIOTR, &anna, &[], &world, Timestamp(moment)).is_some();
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
        assert_eq!(may_write(EWA, &record(PIOTR), &[], &world, NOW), None);
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
        assert_eq!(may_read(KAMIL, &secret(ANNA), &[], &world, Timestamp(2_000)), None);
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

    fn share(holder: Holder) -> Share {
        Share {
            id: 0,
            record: record(ANNA).id,
            holder,
            source: Source::Share,
            write: false,
            share: false,
            named: false,
            until: None,
            reason: String::new(),
            by: Some(ANNA),
            at: Timestamp(0),
        }
    }

    #[test]
    fn two_teams_have_different_rights_on_one_record() {
        let mut world = company();
        world.people[1].teams = vec![TeamId(1)];
        world.people[2].teams = vec![TeamId(2)];
        let both =
            [share(Holder::Team(TeamId(1))), Share { write: true, share: true, ..share(Holder::Team(TeamId(2))) }];
        assert_eq!(rights(PIOTR, &record(ANNA), &both, &world, NOW), Rights::READ);
        let more = Rights { read: true, write: true, share: true, assign: false };
        assert_eq!(rights(KAMIL, &record(ANNA), &both, &world, NOW), more);
        assert_eq!(rights(EWA, &record(ANNA), &both, &world, NOW), Rights::NONE);
    }

    #[test]
    fn a_share_made_before_the_record_became_confidential_sleeps() {
        let world = company();
        let before = [share(Holder::User(PIOTR))];
        assert_eq!(may_read(PIOTR, &secret(ANNA), &before, &world, NOW), None);
        assert_eq!(why(PIOTR, &secret(ANNA), &before, &world, NOW)[0].state, State::Confidential);
        let named = [Share { named: true, ..share(Holder::User(PIOTR)) }];
        assert_eq!(may_read(PIOTR, &secret(ANNA), &named, &world, NOW), Some(Path::Share));
    }

    #[test]
    fn a_broken_glass_ends_by_itself_and_gives_reading_only() {
        let world = company();
        let until = Some(Timestamp(1_500));
        let glass = [Share { source: Source::BreakGlass, write: true, until, ..share(Holder::User(PIOTR)) }];
        assert_eq!(rights(PIOTR, &record(ANNA), &glass, &world, NOW), Rights::READ);
        assert_eq!(rights(PIOTR, &record(ANNA), &glass, &world, Timestamp(1_500)), Rights::NONE);
        let over = &why(PIOTR, &record(ANNA), &glass, &world, Timestamp(1_500))[0];
        assert_eq!(over.state, State::Ended(Timestamp(1_500)));
    }

    #[test]
    fn writing_by_cover_and_line_is_as_the_installation_and_the_absence_say() {
        let mut world = company();
        world.people[0].manager = Some(EWA);
        world.absences = vec![away(ANNA, Some(PIOTR))];
        world.line_writes = true;
        assert!(rights(EWA, &record(ANNA), &[], &world, NOW).write);
        world.absences[0].cover_writes = false;
        assert_eq!(rights(PIOTR, &record(ANNA), &[], &world, NOW), Rights::READ);
        world.absences[0].cover_writes = true;
        world.cover_writes = false;
        assert_eq!(rights(PIOTR, &record(ANNA), &[], &world, NOW), Rights::READ);
    }

    #[test]
    fn an_exception_takes_its_records_from_the_default_substitute() {
        let mut world = company();
        world.absences = vec![away(ANNA, Some(PIOTR))];
        world.absences[0].exceptions = vec![
            Exception { what: Selector::Account(RecordId(7)), substitute: KAMIL },
            Exception { what: Selector::Record(RecordId(9)), substitute: EWA },
        ];
        let of_account = Record { account: Some(RecordId(7)), ..record(ANNA) };
        assert_eq!(reads(KAMIL, &of_account, &world), Some(Path::Cover));
        assert_eq!(reads(PIOTR, &of_account, &world), None);
        assert_eq!(reads(PIOTR, &record(ANNA), &world), Some(Path::Cover));
        assert_eq!(reads(KAMIL, &record(ANNA), &world), None);
        let most_specific = Record { id: RecordId(9), ..of_account };
        assert_eq!(reads(EWA, &most_specific, &world), Some(Path::Cover));
        assert_eq!(reads(KAMIL, &most_specific, &world), None);
    }

    #[test]
    fn why_names_an_absence_to_come_and_who_lists_everybody_with_their_paths() {
        let mut world = company();
        world.people[0].manager = Some(EWA);
        world.absences = vec![Absence { starts: Timestamp(5_000), ends: None, ..away(ANNA, Some(PIOTR)) }];
        assert_eq!(why(PIOTR, &record(ANNA), &[], &world, NOW)[0].state, State::From(Timestamp(5_000)));
        let who: Vec<(UserId, Vec<Path>)> = who(&record(ANNA), &[share(Holder::User(KAMIL))], &world, NOW)
            .into_iter()
            .map(|(user, reasons)| (user, reasons.into_iter().map(|r| r.path).collect()))
            .collect();
        assert_eq!(who, [(ANNA, vec![Path::Owner]), (KAMIL, vec![Path::Share]), (EWA, vec![Path::Line])]);
    }

    #[test]
    fn the_table_of_the_architecture_is_the_table_here() {
        let text = include_str!("../../ARCHITECTURE.md");
        let word = |cell: Cell| match cell {
            Yes => "yes",
            No => "–",
            AsSet => "as set",
        };
        for grant in GRANTS {
            let cells = [grant.read, grant.write, grant.share, grant.assign, grant.confidential].map(word).join(" | ");
            let row = format!("| {} | {cells} |", grant.path.word());
            assert!(text.contains(&row), "missing: {row}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn scope_and_evaluator_agree_in_every_world(world in worlds(), record in records(), shares in shares()) {
            for person in &world.people {
                let scope = sight(person.id, std::slice::from_ref(&record), &world);
                let slow = may_read(person.id, &record, &shares, &world, NOW);
                prop_assert_eq!(scope.reads(&record, &shares), slow.is_some(), "viewer {:?}, by {:?}", person.id, slow);
            }
        }

        #[test]
        fn whoever_answers_may_read_is_active_and_present(world in worlds(), record in records()) {
            let answering = answers_now(&record, &world, NOW);
            if let Some(user) = answering.user {
                prop_assert!(world.present(user, NOW));
                prop_assert!(may_read(user, &record, &[], &world, NOW).is_some());
            }
            for passed in answering.chain.iter().filter(|u| world.active(**u)) {
                prop_assert!(may_read(*passed, &record, &[], &world, NOW).is_some());
            }
        }
    }
}

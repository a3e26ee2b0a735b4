//! What somebody may hand on, mark or open beyond what they may do themselves: sharing,
//! confidentiality, breaking the glass, and which reading is noted in the audit.
//!
//! Nobody gives more than they have: neither a right they lack, nor one for longer than they have
//! it themselves, nor anything to themselves. An admin shares what they may not read, so that is
//! the one exception, and the rule about themselves is what keeps it from becoming sight.

use super::rights::{Path, Reason, State, above, why};
use super::world::World;
use crate::model::id::UserId;
use crate::model::record::Record;
use crate::model::share::{GlassPolicy, Holder, Rights, Share};
use crate::model::time::Timestamp;

/// For how long somebody has a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// Not at all.
    No,
    /// Until this moment.
    Until(Timestamp),
    /// With no end that is known.
    Lasting,
}

/// Why somebody may not give what they want to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// They may not share the record at all.
    Nothing,
    /// They lack this right themselves: `read`, `write` or `share`.
    Lacking(&'static str),
    /// Their own right ends at this moment.
    Longer(Timestamp),
    /// They cannot share with themselves.
    Themselves,
    /// They belong to the team and would gain by it.
    OwnTeam,
}

/// Whether `giver` may give `wanted` on `record` to `holder`, until `until`.
///
/// # Errors
/// The first thing that speaks against it.
pub fn may_give(
    giver: UserId,
    record: &Record,
    shares: &[Share],
    (holder, wanted, until): (Holder, Rights, Option<Timestamp>),
    world: &World,
    now: Timestamp,
) -> Result<(), TooMuch> {
    let giving = giving(giver, record, shares, world, now);
    let own = |has: fn(Rights) -> bool| longest(giving.iter().filter(|r| has(r.rights)));
    if own(|r| r.share) == Hold::No {
        return Err(TooMuch::Nothing);
    }
    let admin = giving.iter().any(|r| r.path == Path::Admin);
    let needs: [(&'static str, bool, Hold); 3] = [
        ("read", wanted.read, own(|r| r.read)),
        ("write", wanted.write, own(|r| r.write)),
        ("share", wanted.share, own(|r| r.share)),
    ];
    match holder {
        Holder::User(user) if user == giver => return Err(TooMuch::Themselves),
        Holder::Team(team) => {
            let member = world.person(giver).is_some_and(|p| p.teams.contains(&team));
            let gains = needs.iter().any(|(_, wanted, own)| *wanted && ends_before(*own, until));
            if member && gains {
                return Err(TooMuch::OwnTeam);
            }
        }
        Holder::User(_) => {}
    }
    if admin {
        return Ok(());
    }
    for (word, wanted, own) in needs {
        match own {
            _ if !wanted => {}
            Hold::No => return Err(TooMuch::Lacking(word)),
            Hold::Until(end) if ends_before(own, until) => return Err(TooMuch::Longer(end)),
            _ => {}
        }
    }
    Ok(())
}

/// Whether `taker` may take back or lessen `share`, which stands on `record` beside `shares`: who
/// gave it, who owns the record or answers for it with the right to change it, their line managers,
/// and admins.
///
/// Nobody else with whom the record is shared, though they may share it on: giving adds to what the
/// owner wanted, taking undoes it, and of two colleagues each could shut the other out.
pub fn may_take(
    taker: UserId,
    share: &Share,
    record: &Record,
    shares: &[Share],
    world: &World,
    now: Timestamp,
) -> bool {
    let giving = giving(taker, record, shares, world, now);
    let decides = |reason: &Reason| match reason.path {
        Path::Owner | Path::Line | Path::Admin => true,
        Path::Cover | Path::Deputy | Path::Fallback => reason.rights.write,
        Path::Share | Path::Manager | Path::Transparent | Path::Step | Path::BreakGlass => false,
    };
    giving.iter().any(decides) || (share.by == Some(taker) && !giving.is_empty())
}

/// Whether a right that is held so ends before one that lasts until `until`.
fn ends_before(own: Hold, until: Option<Timestamp>) -> bool {
    match own {
        Hold::No => true,
        Hold::Until(end) => until.is_none_or(|until| until > end),
        Hold::Lasting => false,
    }
}

fn longest<'a>(reasons: impl Iterator<Item = &'a Reason>) -> Hold {
    reasons.map(|r| r.until.map_or(Hold::Lasting, Hold::Until)).max().unwrap_or(Hold::No)
}

fn giving(viewer: UserId, record: &Record, shares: &[Share], world: &World, now: Timestamp) -> Vec<Reason> {
    let mut all = why(viewer, record, shares, world, now);
    all.retain(|reason| reason.state == State::Gives);
    all
}

/// Whether `user` may mark `record` confidential, or take that back: its owner, and while they are
/// away the deputy whom they named for such records. Nobody else: it decides who sees it.
pub fn may_mark(user: UserId, record: &Record, world: &World, now: Timestamp) -> bool {
    let deputy = || world.running(record.owner, now).is_some_and(|a| a.deputy == Some(user) && a.cover_writes);
    world.active(user) && (record.owner == user || (world.cover_writes && deputy()))
}

/// Whether `user` may break the glass on a record of `owner`. An admin has no right to it as such:
/// admins do not read mail.
pub fn may_break_glass(user: UserId, owner: UserId, policy: GlassPolicy, world: &World) -> bool {
    world.active(user)
        && match policy {
            GlassPolicy::Nobody => false,
            GlassPolicy::Line => above(user, owner, world),
            GlassPolicy::Everyone => true,
        }
}

/// The right by which `viewer` reads `record`, if it is one that the audit notes: they read what
/// somebody else answers for, and by no right that is their own.
pub fn audited_reading(
    viewer: UserId,
    record: &Record,
    shares: &[Share],
    world: &World,
    now: Timestamp,
) -> Option<Path> {
    let mut reading = giving(viewer, record, shares, world, now);
    reading.retain(|reason| reason.rights.read);
    let audited = reading.iter().all(|reason| reason.path.is_audited());
    reading.first().filter(|_| audited).map(|reason| reason.path)
}

#[cfg(test)]
mod tests {
    use super::super::worlds::*;
    use super::*;
    use crate::model::absence::Absence;
    use crate::model::id::TeamId;
    use crate::model::record::UserRole;
    use crate::model::share::Source;
    use proptest::prelude::*;

    const READ: Rights = Rights::READ;
    const WRITE: Rights = Rights { write: true, ..Rights::READ };

    fn shared(holder: Holder, write: bool, until: Option<i64>) -> Share {
        Share {
            id: 1,
            record: record(ANNA).id,
            holder,
            source: Source::Share,
            write,
            share: true,
            named: false,
            until: until.map(Timestamp),
            reason: String::new(),
            by: None,
            at: Timestamp(0),
        }
    }

    fn give(
        giver: UserId,
        shares: &[Share],
        to: UserId,
        rights: Rights,
        until: Option<i64>,
        world: &World,
    ) -> Result<(), TooMuch> {
        let gift = (Holder::User(to), rights, until.map(Timestamp));
        may_give(giver, &record(ANNA), shares, gift, world, NOW)
    }

    #[test]
    fn an_owner_gives_everything_to_anybody_but_themselves() {
        let all = Rights { assign: false, ..Rights::ALL };
        assert_eq!(give(ANNA, &[], KAMIL, all, None, &company()), Ok(()));
        assert_eq!(give(ANNA, &[], ANNA, READ, None, &company()), Err(TooMuch::Themselves));
    }

    #[test]
    fn nobody_gives_what_they_do_not_have_nor_for_longer() {
        let world = company();
        assert_eq!(give(PIOTR, &[], KAMIL, READ, None, &world), Err(TooMuch::Nothing));
        let lent = [shared(Holder::User(PIOTR), false, Some(1_500))];
        assert_eq!(give(PIOTR, &lent, KAMIL, WRITE, Some(1_500), &world), Err(TooMuch::Lacking("write")));
        assert_eq!(give(PIOTR, &lent, KAMIL, READ, None, &world), Err(TooMuch::Longer(Timestamp(1_500))));
        assert_eq!(give(PIOTR, &lent, KAMIL, READ, Some(1_501), &world), Err(TooMuch::Longer(Timestamp(1_500))));
        assert_eq!(give(PIOTR, &lent, KAMIL, READ, Some(1_500), &world), Ok(()));
    }

    #[test]
    fn an_admin_shares_what_they_cannot_read_but_not_with_themselves_or_their_team() {
        let mut world = company();
        world.people[5].role = UserRole::Admin;
        world.people[5].teams = vec![TeamId(1)];
        assert_eq!(give(JAN, &[], KAMIL, WRITE, None, &world), Ok(()));
        assert_eq!(give(JAN, &[], JAN, READ, None, &world), Err(TooMuch::Themselves));
        let team = (Holder::Team(TeamId(1)), READ, None);
        assert_eq!(may_give(JAN, &record(ANNA), &[], team, &world, NOW), Err(TooMuch::OwnTeam));
        let secret = Record { confidential: true, ..record(ANNA) };
        let gift = (Holder::User(KAMIL), READ, None);
        assert_eq!(may_give(JAN, &secret, &[], gift, &world, NOW), Err(TooMuch::Nothing));
    }

    #[test]
    fn a_share_is_taken_back_by_its_giver_and_those_who_decide_about_the_record() {
        let mut world = company();
        world.people[0].manager = Some(EWA);
        world.people[5].role = UserRole::Admin;
        world.absences = vec![Absence { deputy: None, ..away(ANNA, Some(PIOTR)) }];
        let shares = [
            Share { by: Some(ANNA), ..shared(Holder::User(KAMIL), true, None) },
            shared(Holder::User(JAN), true, None),
        ];
        let may = |taker, share: &Share| may_take(taker, share, &record(ANNA), &shares, &world, NOW);
        assert_eq!([ANNA, EWA, JAN, PIOTR, KAMIL].map(|u| may(u, &shares[0])), [true, true, true, true, false]);
        let his = Share { by: Some(KAMIL), ..shares[1].clone() };
        assert!(may(KAMIL, &his), "who gave it");
        let nobody = may_take(KAMIL, &his, &record(ANNA), &[], &world, NOW);
        assert!(!nobody, "who does not know of the record any more");
        world.cover_writes = false;
        assert!(!may_take(PIOTR, &shares[0], &record(ANNA), &shares, &world, NOW), "a cover that only reads");
    }

    #[test]
    fn a_cover_shares_nothing_and_marks_nothing_but_the_deputy_marks() {
        let mut world = company();
        world.absences = vec![Absence { deputy: Some(KAMIL), ..away(ANNA, Some(PIOTR)) }];
        assert_eq!(give(PIOTR, &[], EWA, READ, None, &world), Err(TooMuch::Nothing));
        let marks = |user| may_mark(user, &record(ANNA), &world, NOW);
        assert_eq!([ANNA, KAMIL, PIOTR, EWA].map(marks), [true, true, false, false]);
    }

    #[test]
    fn the_glass_is_for_whom_the_installation_says() {
        let mut world = company();
        world.people[0].manager = Some(EWA);
        world.people[5].role = UserRole::Admin;
        let may = |policy| [EWA, KAMIL, JAN].map(|user| may_break_glass(user, ANNA, policy, &world));
        assert_eq!(may(GlassPolicy::Nobody), [false, false, false]);
        assert_eq!(may(GlassPolicy::Line), [true, false, false], "an admin reads no mail by it");
        assert_eq!(may(GlassPolicy::Everyone), [true, true, true]);
    }

    #[test]
    fn reading_is_noted_only_where_no_right_of_ones_own_gives_it() {
        let mut world = company();
        world.absences = vec![away(ANNA, Some(PIOTR))];
        let noted = |viewer, shares: &[Share]| audited_reading(viewer, &record(ANNA), shares, &world, NOW);
        assert_eq!(noted(PIOTR, &[]), Some(Path::Cover));
        assert_eq!(noted(PIOTR, &[shared(Holder::User(PIOTR), false, None)]), None);
        assert_eq!((noted(ANNA, &[]), noted(KAMIL, &[])), (None, None));
    }

    proptest! {
        /// Whoever gives, nobody's rights but the holder's change, and the giver gains nothing.
        #[test]
        fn nobody_gains_by_giving(
            world in worlds(),
            record in records(),
            shares in shares(),
            giver in (1_i64..=8).prop_map(UserId),
            holder in prop_oneof![
                (1_i64..=8).prop_map(|u| Holder::User(UserId(u))),
                (1_i64..=2).prop_map(|t| Holder::Team(TeamId(t))),
            ],
            (write, share, until) in (any::<bool>(), any::<bool>(), proptest::option::of(1_001_i64..2_000)),
        ) {
            let wanted = Rights { read: true, write, share, assign: false };
            let until = until.map(Timestamp);
            if may_give(giver, &record, &shares, (holder, wanted, until), &world, NOW).is_ok() {
                let given = Share {
                    id: 9, record: record.id, holder, source: Source::Share, write, share,
                    named: record.confidential, until, reason: String::new(), by: Some(giver), at: NOW,
                };
                let after: Vec<Share> = shares.iter().cloned().chain([given]).collect();
                for at in [NOW, Timestamp(1_050), Timestamp(1_099), Timestamp(1_500)] {
                    let rights = |shares: &[Share]| super::super::rights(giver, &record, shares, &world, at);
                    prop_assert_eq!(rights(&shares), rights(&after), "{} gave to {:?}", giver, holder);
                }
            }
        }
    }
}

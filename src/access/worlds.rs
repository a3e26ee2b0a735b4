//! Small companies for the tests of this folder.

use super::World;
use crate::model::absence::{Absence, Exception, Selector};
use crate::model::id::{AbsenceId, RecordId, TeamId, UserId};
use crate::model::record::{Class, Kind, Mode, Person, Record, Status, Team, UserRole};
use crate::model::share::{Holder, Share, Source};
use crate::model::time::Timestamp;
use chrono::NaiveDate;
use proptest::prelude::*;

/// The moment at which the worlds are looked at.
pub const NOW: Timestamp = Timestamp(1_000);

pub const ANNA: UserId = UserId(1);
pub const PIOTR: UserId = UserId(2);
pub const KAMIL: UserId = UserId(3);
pub const EWA: UserId = UserId(4);
pub const OLA: UserId = UserId(5);
pub const JAN: UserId = UserId(6);
pub const IGA: UserId = UserId(7);

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn person(id: UserId, name: &str) -> Person {
    Person { id, name: name.into(), manager: None, role: UserRole::Manager, teams: Vec::new(), active: true }
}

/// Seven account managers in restricted mode, nobody away.
pub fn company() -> World {
    let names = ["Anna", "Piotr", "Kamil", "Ewa", "Ola", "Jan", "Iga"];
    let people = (1..).zip(names).map(|(id, name)| person(UserId(id), name)).collect();
    World { people, ..World::default() }
}

/// Away from 0 to 2 000, which holds [`NOW`].
pub fn away(user: UserId, substitute: Option<UserId>) -> Absence {
    Absence {
        id: AbsenceId(user.0),
        user,
        first_day: day("2026-11-20"),
        last_day: Some(day("2026-11-27")),
        back_on: None,
        first_time: None,
        last_time: None,
        confirm_on: None,
        nature: Default::default(),
        exceptions: Vec::new(),
        plan: Default::default(),
        cover_writes: true,
        zone: "Europe/Warsaw".into(),
        starts: Timestamp(0),
        ends: Some(Timestamp(2_000)),
        substitute,
        deputy: None,
        notice: false,
        notice_since: None,
        notice_texts: Default::default(),
    }
}

pub fn record(owner: UserId) -> Record {
    Record {
        id: RecordId(1),
        kind: Kind::Opportunity,
        name: "Acme pumps".into(),
        owner,
        team: None,
        confidential: false,
        status: Status::Open,
        account: None,
        class: None,
        end_account: None,
        end_contact: None,
    }
}

/// A user id, now and then of nobody.
fn somebody() -> impl Strategy<Value = UserId> {
    (1_i64..=9).prop_map(UserId)
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    let teams =
        prop_oneof![Just(vec![]), Just(vec![TeamId(1)]), Just(vec![TeamId(2)]), Just(vec![TeamId(1), TeamId(2)])];
    let one = (proptest::option::weighted(0.5, somebody()), 0_u8..4, teams, proptest::bool::weighted(0.85));
    proptest::collection::vec(one, 8).prop_map(|all| {
        let build = |(id, (manager, role, teams, active)): (i64, (Option<UserId>, u8, Vec<TeamId>, bool))| Person {
            id: UserId(id),
            name: format!("user {id}"),
            manager,
            role: match role {
                0 => UserRole::Admin,
                1 => UserRole::Staff,
                _ => UserRole::Manager,
            },
            teams,
            active,
        };
        (1..).zip(all).map(build).collect()
    })
}

fn selector() -> impl Strategy<Value = Selector> {
    prop_oneof![
        (1_i64..=3).prop_map(|id| Selector::Record(RecordId(id))),
        (1_i64..=3).prop_map(|id| Selector::Account(RecordId(id))),
        (1_i64..=2).prop_map(|id| Selector::Team(TeamId(id))),
        prop_oneof![Just(Class::A), Just(Class::B)].prop_map(Selector::Class),
        prop_oneof![Just(Kind::Opportunity), Just(Kind::Contact)].prop_map(Selector::Kind),
    ]
}

fn exceptions() -> impl Strategy<Value = Vec<Exception>> {
    let one = (selector(), somebody()).prop_map(|(what, substitute)| Exception { what, substitute });
    prop_oneof![3 => Just(Vec::new()), 2 => proptest::collection::vec(one, 1..4)]
}

fn absences() -> impl Strategy<Value = Vec<Absence>> {
    let one = (
        somebody(),
        proptest::option::weighted(0.85, somebody()),
        proptest::option::weighted(0.3, somebody()),
        (0_i64..1_200, proptest::option::weighted(0.8, 900_i64..3_000)),
        (exceptions(), proptest::bool::weighted(0.8)),
    );
    proptest::collection::vec(one, 0..9).prop_map(|all| {
        let build = |(id, (user, substitute, deputy, (starts, ends), (exceptions, cover_writes))): (i64, _)| {
            let starts = Timestamp(starts);
            let ends: Option<i64> = ends;
            let ends = ends.map(|e| Timestamp(e).max(starts));
            Absence { id: AbsenceId(id), starts, ends, deputy, exceptions, cover_writes, ..away(user, substitute) }
        };
        (1..).zip(all).map(build).collect()
    })
}

/// Random companies: lines and substitutes in circles, exceptions, people who are gone,
/// overlapping absences.
pub fn worlds() -> impl Strategy<Value = World> {
    let teams = proptest::collection::vec(proptest::option::weighted(0.7, somebody()), 2);
    let switches = (any::<bool>(), any::<bool>(), any::<bool>());
    (people(), absences(), teams, switches, proptest::option::weighted(0.5, somebody())).prop_map(
        |(people, absences, teams, (open, line_writes, cover_writes), company_fallback)| World {
            people,
            teams: (1..)
                .zip(teams)
                .map(|(id, fallback)| Team { id: TeamId(id), name: format!("team {id}"), fallback })
                .collect(),
            absences,
            mode: if open { Mode::Transparent } else { Mode::Restricted },
            company_fallback,
            line_writes,
            cover_writes,
        },
    )
}

/// Random records of such companies.
pub fn records() -> impl Strategy<Value = Record> {
    let what = (1_i64..=3, proptest::option::of(1_i64..=3), prop_oneof![Just(Kind::Opportunity), Just(Kind::Contact)]);
    let class = proptest::option::of(prop_oneof![Just(Class::A), Just(Class::B)]);
    (1_i64..=8, proptest::option::of(1_i64..=2), proptest::bool::weighted(0.3), what, class).prop_map(
        |(owner, team, confidential, (id, account, kind), class)| Record {
            id: RecordId(id),
            kind,
            team: team.map(TeamId),
            account: account.map(RecordId),
            class,
            confidential,
            ..record(UserId(owner))
        },
    )
}

/// Random shares on the records of [`records`], ended ones among them.
pub fn shares() -> impl Strategy<Value = Vec<Share>> {
    let holder = prop_oneof![somebody().prop_map(Holder::User), (1_i64..=2).prop_map(|t| Holder::Team(TeamId(t)))];
    let source = prop_oneof![Just(Source::Share), Just(Source::Manager), Just(Source::Step), Just(Source::BreakGlass)];
    let one = (1_i64..=3, holder, source, any::<[bool; 3]>(), proptest::option::weighted(0.4, 900_i64..1_100));
    let build = |(record, holder, source, [write, share, named], until): (i64, _, _, [bool; 3], Option<i64>)| Share {
        id: 0,
        record: RecordId(record),
        holder,
        source,
        write,
        share,
        named,
        until: until.map(Timestamp),
        reason: String::new(),
        by: None,
        at: Timestamp(0),
    };
    proptest::collection::vec(one.prop_map(build), 0..3)
}

//! Decisions do not depend on the order in which mails are told.

use super::*;
use proptest::prelude::*;

const PEOPLE: [&str; 6] =
    ["anna@firma.test", "piotr@firma.test", "jan@acme.test", "eve@evil.test", "ola@lawyers.test", "eva@end.test"];

/// What was said of a mail, or stands on it.
fn said_of(mut member: Member, which: usize) -> Member {
    match which {
        1 => saying(member, "Re: Copper prices", "copper elbow"),
        2 => saying(member, "Question", "rotor flange impeller"),
        3 => numbered(member, "op-5"),
        4 => {
            member.said.mail = spoken(Say::Regard(Some(PUMPS)));
            member
        }
        5 => {
            member.said.removed.insert(PIPES);
            member
        }
        6 => {
            let at = member.at;
            member.said.thread = spoken(Say::Regard(Some(PIPES))).map(|s| Spoken { at, correction: at.0, ..s });
            member
        }
        7 => {
            member.said.mail = spoken(Say::Private);
            member
        }
        _ => member,
    }
}

fn threads() -> impl Strategy<Value = Vec<Member>> {
    proptest::collection::vec(
        (0..6_usize, 0..6_usize, 0..6_usize, any::<prop::sample::Index>(), any::<bool>(), 0..9_usize),
        1..12,
    )
    .prop_map(|rows| {
        let mut members: Vec<Member> = Vec::new();
        for (n, (from, to, cc, parent, forward, said)) in rows.into_iter().enumerate() {
            let to = [PEOPLE[to], PEOPLE[cc]];
            let mut member = match n {
                0 => mail(PEOPLE[from], &to),
                _ => reply(parent.index(n), PEOPLE[from], &to),
            };
            member.identity = vec![u8::try_from(n).unwrap()];
            member.at = Timestamp(i64::try_from(n).unwrap());
            member.forward = forward && n % 3 == 0;
            member = said_of(member, said);
            members.push(member);
        }
        members
    })
}

proptest! {
    #[test]
    fn decisions_do_not_depend_on_the_order_of_the_members(
        members in threads(),
        order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let facts = with_history();
        let decided = decide(&members, &facts);
        let order: Vec<usize> = order.into_iter().filter(|n| *n < members.len()).collect();
        let shuffled: Vec<Member> = order
            .iter()
            .map(|n| {
                let mut member = members[*n].clone();
                member.parent = member.parent.and_then(|p| order.iter().position(|m| *m == p));
                member
            })
            .collect();
        let again = decide(&shuffled, &facts);
        for (position, n) in order.iter().enumerate() {
            prop_assert_eq!(&again[position], &decided[*n]);
        }
    }
}

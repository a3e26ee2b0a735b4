//! Rules of linking on values: each test is a thread and what must come of it.

use super::*;
use crate::model::address::Address;
use crate::model::facts::{Deal, Field, PartyMatch};
use crate::model::id::{MsgId, RecordId, UserId};
use crate::model::link::{Evidence, Link};
use crate::model::mail::{Author, Channel};
use crate::model::record::{Kind, Status};
use crate::model::time::Timestamp;

const ACME: RecordId = RecordId(1);
const JAN: RecordId = RecordId(2);
const PUMPS: RecordId = RecordId(3);
const EVA: RecordId = RecordId(4);
const PIPES: RecordId = RecordId(5);
const LEAD: RecordId = RecordId(6);

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn contact(record: RecordId, account: Option<RecordId>) -> PartyMatch {
    PartyMatch { record, kind: Kind::Contact, account, claimed_by: None, agreed: Vec::new() }
}

fn deal(account: RecordId, status: Status) -> Deal {
    Deal { account: Some(account), end_account: None, end_contact: None, status }
}

/// Acme with the contact Jan and one open opportunity; firma.test is ours.
fn acme() -> LinkFacts {
    let mut facts = LinkFacts::default();
    facts.own_domains.insert("firma.test".into());
    facts.parties.insert(address("jan@acme.test"), vec![contact(JAN, Some(ACME))]);
    facts.opportunities.insert(PUMPS, deal(ACME, Status::Open));
    facts
}

fn mail(from: &str, to: &[&str]) -> Member {
    let parties = std::iter::once((Field::From, address(from))).chain(to.iter().map(|t| (Field::To, address(t))));
    Member {
        id: None,
        thread: None,
        at: Timestamp(1_000),
        identity: from.as_bytes().to_vec(),
        from: Some(address(from)),
        parties: parties.collect(),
        author: Author::Human,
        channel: Channel::Direct,
        forward: false,
        auth_failed: false,
        parent: None,
        reply_to: None,
        holders: Vec::new(),
        rules: Vec::new(),
        before: None,
    }
}

fn reply(parent: usize, from: &str, to: &[&str]) -> Member {
    let mut member = mail(from, to);
    member.at = Timestamp(2_000 + i64::try_from(parent).unwrap());
    member.parent = Some(parent);
    member.reply_to = MsgId::new(format!("{parent}@x"));
    member
}

fn regarding(linking: &Linking) -> Option<RecordId> {
    match linking {
        Linking::Linked { regarding, .. } => *regarding,
        _ => None,
    }
}

fn ties(linking: &Linking) -> Vec<(RecordId, RecordId)> {
    let Linking::Linked { links, .. } = linking else { return Vec::new() };
    let mut ties: Vec<_> = links.iter().map(|l: &Link| (l.record, l.governing)).collect();
    ties.sort();
    ties
}

#[test]
fn a_contact_with_one_open_opportunity_writes_about_that_one() {
    let decided = decide(&[mail("jan@acme.test", &["anna@firma.test"])], &acme());
    assert_eq!(regarding(&decided[0]), Some(PUMPS));
    // The opportunity governs every timeline the mail stands on (P5).
    assert_eq!(ties(&decided[0]), [(ACME, PUMPS), (JAN, PUMPS), (PUMPS, PUMPS)]);
}

#[test]
fn a_contact_with_several_open_opportunities_stands_on_their_own_timeline_with_candidates() {
    let mut facts = acme();
    facts.opportunities.insert(PIPES, deal(ACME, Status::Open));
    let decided = decide(&[mail("jan@acme.test", &["anna@firma.test"])], &facts);
    assert_eq!(regarding(&decided[0]), None);
    assert_eq!(ties(&decided[0]), [(ACME, JAN), (JAN, JAN)]);
    let Linking::Linked { candidates, .. } = &decided[0] else { panic!() };
    assert_eq!(candidates.iter().map(|c| c.record).collect::<Vec<_>>(), [PUMPS, PIPES]);
}

#[test]
fn closed_opportunities_are_not_found_by_address_but_hold_their_threads() {
    let mut facts = acme();
    facts.opportunities.insert(PUMPS, deal(ACME, Status::Won));
    assert_eq!(regarding(&decide(&[mail("jan@acme.test", &["anna@firma.test"])], &facts)[0]), None);
}

#[test]
fn an_end_customer_in_person_is_a_party_of_the_opportunity() {
    let mut facts = acme();
    facts.parties.insert(address("eva@end.test"), vec![contact(EVA, None)]);
    facts
        .opportunities
        .insert(PUMPS, Deal { account: Some(ACME), end_account: None, end_contact: Some(EVA), status: Status::Open });
    let decided = decide(&[mail("eva@end.test", &["anna@firma.test"])], &facts);
    assert_eq!(regarding(&decided[0]), Some(PUMPS));
}

#[test]
fn mail_among_us_is_linked_only_if_it_answers_a_linked_thread() {
    let alone = decide(&[mail("anna@firma.test", &["piotr@firma.test"])], &acme());
    assert_eq!(alone[0], Linking::Unmatched);
    let thread = [mail("jan@acme.test", &["anna@firma.test"]), reply(0, "anna@firma.test", &["piotr@firma.test"])];
    assert_eq!(regarding(&decide(&thread, &acme())[1]), Some(PUMPS));
}

#[test]
fn a_stranger_who_names_a_known_id_is_only_suggested() {
    let thread = [mail("jan@acme.test", &["anna@firma.test"]), reply(0, "eve@evil.test", &["anna@firma.test"])];
    let decided = decide(&thread, &acme());
    let Linking::Review(candidates) = &decided[1] else { panic!("{:?}", decided[1]) };
    assert_eq!(candidates[0].record, PUMPS);
    assert!(matches!(candidates[0].evidence, Evidence::ForeignReply { .. }));
}

#[test]
fn a_stranger_whom_we_answered_in_the_thread_is_a_party_of_it() {
    let mut ours = reply(0, "anna@firma.test", &["jan@acme.test", "ola@lawyers.test"]);
    ours.identity = b"ours".to_vec();
    let thread =
        [mail("jan@acme.test", &["anna@firma.test"]), ours, reply(1, "ola@lawyers.test", &["anna@firma.test"])];
    assert_eq!(regarding(&decide(&thread, &acme())[2]), Some(PUMPS));
}

#[test]
fn a_forward_makes_nobody_a_party() {
    let mut forward = reply(0, "anna@firma.test", &["rival@else.test"]);
    forward.forward = true;
    let thread =
        [mail("jan@acme.test", &["anna@firma.test"]), forward, reply(1, "rival@else.test", &["anna@firma.test"])];
    assert!(matches!(decide(&thread, &acme())[2], Linking::Review(_)));
}

#[test]
fn a_sender_whom_our_own_server_calls_false_proves_nothing_by_an_id() {
    let mut forged = reply(0, "piotr@firma.test", &["anna@firma.test"]);
    forged.auth_failed = true;
    let thread = [mail("jan@acme.test", &["anna@firma.test"]), forged];
    assert!(matches!(decide(&thread, &acme())[1], Linking::Review(_)));
}

#[test]
fn a_reply_keeps_the_threads_record_although_another_opportunity_came_up() {
    let mut facts = acme();
    let first = decide(&[mail("jan@acme.test", &["anna@firma.test"])], &facts);
    assert_eq!(regarding(&first[0]), Some(PUMPS));
    // Pumps is won and pipes are open: by address alone the reply would be about pipes.
    facts.opportunities.insert(PUMPS, deal(ACME, Status::Won));
    facts.opportunities.insert(PIPES, deal(ACME, Status::Open));
    let mut stored = mail("jan@acme.test", &["anna@firma.test"]);
    stored.before = Some(first[0].clone());
    let decided = decide(&[stored, reply(0, "anna@firma.test", &["jan@acme.test"])], &facts);
    assert_eq!(regarding(&decided[1]), Some(PUMPS));
}

#[test]
fn a_claimed_address_gives_mail_only_from_the_claimants_own_mailboxes() {
    let mut facts = acme();
    let claim = PartyMatch { claimed_by: Some(UserId(7)), ..contact(JAN, Some(ACME)) };
    facts.parties.insert(address("jan@acme.test"), vec![claim]);
    let mut in_annas = mail("jan@acme.test", &["anna@firma.test"]);
    in_annas.holders = vec![UserId(1)];
    assert_eq!(decide(&[in_annas.clone()], &facts)[0], Linking::Unmatched);
    let mut in_own = in_annas;
    in_own.holders.push(UserId(7));
    assert_eq!(regarding(&decide(&[in_own], &facts)[0]), Some(PUMPS));
}

#[test]
fn a_claim_reaches_the_mailboxes_of_those_who_agreed_and_their_replies() {
    let mut facts = acme();
    let claim = PartyMatch { claimed_by: Some(UserId(7)), agreed: vec![UserId(1)], ..contact(JAN, Some(ACME)) };
    facts.parties.insert(address("jan@acme.test"), vec![claim]);
    let mut in_annas = mail("jan@acme.test", &["anna@firma.test"]);
    in_annas.holders = vec![UserId(1)];
    let mut answer = reply(0, "anna@firma.test", &["jan@acme.test"]);
    answer.holders = vec![UserId(1)];
    let mut elsewhere = reply(0, "anna@firma.test", &["ola@firma.test"]);
    elsewhere.holders = vec![UserId(2)];
    let decided = decide(&[in_annas.clone(), answer, elsewhere], &facts);
    assert_eq!(decided.iter().map(regarding).collect::<Vec<_>>(), [Some(PUMPS), Some(PUMPS), None]);
    in_annas.holders = vec![UserId(2)];
    assert_eq!(decide(&[in_annas], &facts)[0], Linking::Unmatched, "in a mailbox of somebody who did not agree");
}

#[test]
fn a_lead_governs_its_own_timeline_beside_an_opportunity() {
    let mut facts = acme();
    let lead = PartyMatch { record: LEAD, kind: Kind::Lead, account: None, claimed_by: None, agreed: Vec::new() };
    facts.parties.insert(address("lea@new.test"), vec![lead]);
    let decided = decide(&[mail("jan@acme.test", &["anna@firma.test", "lea@new.test"])], &facts);
    assert_eq!(regarding(&decided[0]), Some(PUMPS));
    assert!(ties(&decided[0]).contains(&(LEAD, LEAD)));
}

#[test]
fn a_domain_counts_only_where_no_address_does_and_regards_nothing() {
    let mut facts = acme();
    facts.domains.insert("acme.test".into(), vec![ACME]);
    let decided = decide(&[mail("nowy@mail.acme.test", &["anna@firma.test"])], &facts);
    assert_eq!(ties(&decided[0]), [(ACME, ACME)]);
    assert_eq!(regarding(&decided[0]), None);
    let known = decide(&[mail("jan@acme.test", &["anna@firma.test"])], &facts);
    assert_eq!(regarding(&known[0]), Some(PUMPS));
}

mod order {
    use super::*;
    use proptest::prelude::*;

    const PEOPLE: [&str; 6] =
        ["anna@firma.test", "piotr@firma.test", "jan@acme.test", "eve@evil.test", "ola@lawyers.test", "eva@end.test"];

    fn threads() -> impl Strategy<Value = Vec<Member>> {
        proptest::collection::vec(
            (0..6_usize, 0..6_usize, 0..6_usize, any::<prop::sample::Index>(), any::<bool>()),
            1..12,
        )
        .prop_map(|rows| {
            let mut members: Vec<Member> = Vec::new();
            for (n, (from, to, cc, parent, forward)) in rows.into_iter().enumerate() {
                let to = [PEOPLE[to], PEOPLE[cc]];
                let mut member = match n {
                    0 => mail(PEOPLE[from], &to),
                    _ => reply(parent.index(n), PEOPLE[from], &to),
                };
                member.identity = vec![u8::try_from(n).unwrap()];
                member.at = Timestamp(i64::try_from(n).unwrap());
                member.forward = forward && n % 3 == 0;
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
            let facts = acme();
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
}

#[test]
fn nothing_is_linked_to_a_deleted_record() {
    let mut facts = acme();
    // The account is deleted; its contact and its opportunity are not.
    facts.gone.insert(ACME);
    let decided = decide(&[mail("jan@acme.test", &["anna@firma.test"])], &facts);
    assert_eq!(regarding(&decided[0]), Some(PUMPS));
    assert_eq!(ties(&decided[0]), [(JAN, PUMPS), (PUMPS, PUMPS)]);
}

#[test]
fn mail_of_a_deleted_record_stays_on_it_and_draws_no_answers_there() {
    let before = decide(&[mail("jan@acme.test", &["anna@firma.test"])], &acme()).remove(0);
    let mut facts = acme();
    facts.opportunities.clear();
    facts.gone.insert(PUMPS);
    let stored = Member { before: Some(before.clone()), ..mail("jan@acme.test", &["anna@firma.test"]) };
    let answer = reply(0, "jan@acme.test", &["anna@firma.test"]);
    let decided = decide(&[stored, answer], &facts);
    assert_eq!(decided[0], before, "it would come back with the record");
    assert_eq!(ties(&decided[1]), [(ACME, JAN), (JAN, JAN)], "the answer goes by its own address");
}

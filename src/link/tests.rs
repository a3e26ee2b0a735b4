//! Rules of linking on values: each test is a thread and what must come of it.

use super::*;
use crate::model::address::Address;
use crate::model::facts::{Always, Deal, Field, Known, Mark, PartyMatch, Past, Said, Say, Spoken};
use crate::model::id::{MsgId, RecordId, RuleId, UserId};
use crate::model::link::{Evidence, Link, Writer};
use crate::model::mail::{Author, Channel};
use crate::model::record::{Kind, Status};
use crate::model::rule::{Effect, Hit};
use crate::model::time::Timestamp;

mod order;

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
    facts.add_deal(PUMPS, deal(ACME, Status::Open));
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
        guessed: false,
        holders: Vec::new(),
        rules: Vec::new(),
        before: None,
        said: Said::default(),
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
    facts.add_deal(PIPES, deal(ACME, Status::Open));
    let decided = decide(&[mail("jan@acme.test", &["anna@firma.test"])], &facts);
    assert_eq!(regarding(&decided[0]), None);
    assert_eq!(ties(&decided[0]), [(ACME, JAN), (JAN, JAN)]);
    let Linking::Linked { candidates, .. } = &decided[0] else { panic!() };
    assert_eq!(candidates.iter().map(|c| c.record).collect::<Vec<_>>(), [PUMPS, PIPES]);
}

#[test]
fn closed_opportunities_are_not_found_by_address_but_hold_their_threads() {
    let mut facts = acme();
    facts.add_deal(PUMPS, deal(ACME, Status::Won));
    assert_eq!(regarding(&decide(&[mail("jan@acme.test", &["anna@firma.test"])], &facts)[0]), None);
}

#[test]
fn an_end_customer_in_person_is_a_party_of_the_opportunity() {
    let mut facts = acme();
    facts.parties.insert(address("eva@end.test"), vec![contact(EVA, None)]);
    facts
        .add_deal(PUMPS, Deal { account: Some(ACME), end_account: None, end_contact: Some(EVA), status: Status::Open });
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

/// A member that a rule puts on pumps.
fn ruled(mut member: Member, facts: &mut LinkFacts) -> Member {
    let effect = Effect::Regard("OP-1".into());
    facts.ruled.insert(effect.clone(), vec![PUMPS]);
    let (rule, name) = (RuleId(1), "pumps".to_owned());
    member.rules = vec![Hit { rule, version: 1, name, shadow: false, effects: vec![effect] }];
    member
}

/// By what a mail regards what it regards.
fn by(linking: &Linking) -> Option<&Evidence> {
    let Linking::Linked { regarding, links, .. } = linking else { return None };
    links.iter().find(|link| Some(link.record) == *regarding).map(|link| &link.evidence)
}

#[test]
fn what_a_rule_put_on_a_record_makes_its_own_sender_no_party_of_it_also_where_they_write_again() {
    let mut facts = acme();
    let mut first = ruled(reply(0, "scott@else.test", &["anna@firma.test"]), &mut facts);
    let mut again = reply(1, "scott@else.test", &["anna@firma.test"]);
    (first.identity, again.identity) = (b"first".to_vec(), b"again".to_vec());
    let ours = reply(0, "anna@firma.test", &["jan@acme.test"]);
    let thread = [mail("jan@acme.test", &["anna@firma.test"]), first.clone(), again.clone(), ours];
    for order in [[0, 1, 2, 3], [0, 3, 1, 2], [0, 2, 3, 1], [0, 1, 3, 2]] {
        let place = |n: usize| order.iter().position(|at| *at == n);
        let moved = |n: &usize| Member { parent: thread[*n].parent.and_then(place), ..thread[*n].clone() };
        let members: Vec<Member> = order.iter().map(moved).collect();
        let decided = decide(&members, &facts);
        let of = |n: usize| by(&decided[place(n).unwrap()]);
        assert!(matches!(of(1), Some(Evidence::Rule { .. })), "{:?}", of(1));
        assert!(matches!(of(2), Some(Evidence::Thread { writer: Writer::TookPart, .. })), "{:?}", of(2));
        assert!(matches!(of(3), Some(Evidence::Thread { writer: Writer::Ours, .. })), "{:?}", of(3));
    }
    // Without the rule neither stands there.
    first.rules.clear();
    let without = decide(&[thread[0].clone(), first, again], &facts);
    assert!(matches!(without[1..], [Linking::Review(_), Linking::Review(_)]), "{without:?}");
}

#[test]
fn who_is_on_other_mail_of_the_record_answers_as_a_party_whatever_a_rule_says_of_it() {
    let mut facts = acme();
    let mut ours = reply(0, "anna@firma.test", &["jan@acme.test", "ola@lawyers.test"]);
    ours.identity = b"ours".to_vec();
    let theirs = ruled(reply(1, "ola@lawyers.test", &["anna@firma.test"]), &mut facts);
    let decided = decide(&[mail("jan@acme.test", &["anna@firma.test"]), ours, theirs], &facts);
    assert!(matches!(by(&decided[2]), Some(Evidence::Thread { writer: Writer::TookPart, .. })), "{decided:?}");
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
    facts.add_deal(PUMPS, deal(ACME, Status::Won));
    facts.add_deal(PIPES, deal(ACME, Status::Open));
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

fn spoken(say: Say) -> Option<Spoken> {
    Some(Spoken { correction: 7, say, by: Some(UserId(1)), at: Timestamp(1) })
}

/// Acme with two open opportunities.
fn two() -> LinkFacts {
    let mut facts = acme();
    facts.add_deal(PIPES, deal(ACME, Status::Open));
    facts.numbers.insert("op-5".into(), vec![(PIPES, "OP-5".into())]);
    facts
}

fn numbered(mut member: Member, key: &str) -> Member {
    member.said.marks = vec![Mark::Number { key: key.into(), in_subject: true }];
    member
}

#[test]
fn a_persons_word_is_stronger_than_the_thread_and_its_replies_follow_it() {
    let mut moved = reply(0, "jan@acme.test", &["anna@firma.test"]);
    moved.said.mail = spoken(Say::Regard(Some(PIPES)));
    let thread = [mail("jan@acme.test", &["anna@firma.test"]), moved, reply(1, "anna@firma.test", &["jan@acme.test"])];
    let decided = decide(&thread, &two());
    assert_eq!(decided.iter().map(regarding).collect::<Vec<_>>(), [None, Some(PIPES), Some(PIPES)]);
}

#[test]
fn a_word_on_the_thread_counts_for_all_its_mails_and_the_nearest_one_first() {
    let mut root = mail("jan@acme.test", &["anna@firma.test"]);
    root.said.thread = spoken(Say::Regard(Some(PUMPS)));
    let mut below = reply(0, "anna@firma.test", &["jan@acme.test"]);
    below.said.thread = Some(Spoken { at: Timestamp(9), ..spoken(Say::Regard(Some(PIPES))).unwrap() });
    let thread = [root, below, reply(1, "jan@acme.test", &["anna@firma.test"]), reply(0, "jan@acme.test", &[])];
    let decided = decide(&thread, &two());
    assert_eq!(decided.iter().map(regarding).collect::<Vec<_>>(), [Some(PUMPS), Some(PIPES), Some(PIPES), Some(PUMPS)]);
}

#[test]
fn a_mail_does_not_come_back_to_a_record_it_was_taken_off_and_is_not_lost() {
    let mut off = mail("jan@acme.test", &["anna@firma.test"]);
    off.said.removed.insert(PUMPS);
    let decided = decide(&[off.clone()], &acme());
    assert_eq!(ties(&decided[0]), [(ACME, JAN), (JAN, JAN)], "it stands with its contact");
    off.said.removed.extend([JAN, ACME]);
    assert_eq!(decide(&[off], &acme())[0], Linking::Review(Vec::new()));
    // In a thread the mails above and below stay.
    let mut middle = reply(0, "anna@firma.test", &["jan@acme.test"]);
    middle.said.removed.insert(PUMPS);
    let thread =
        [mail("jan@acme.test", &["anna@firma.test"]), middle, reply(1, "ola@firma.test", &["anna@firma.test"])];
    let decided = decide(&thread, &acme());
    assert_eq!(decided.iter().map(regarding).collect::<Vec<_>>(), [Some(PUMPS), None, Some(PUMPS)]);
}

#[test]
fn what_was_added_by_hand_stands_beside_the_rest() {
    let mut more = mail("jan@acme.test", &["anna@firma.test"]);
    more.said.added.push((3, LEAD, None));
    let decided = decide(&[more], &acme());
    assert!(ties(&decided[0]).contains(&(LEAD, LEAD)) && regarding(&decided[0]) == Some(PUMPS));
}

#[test]
fn a_private_mail_stands_nowhere_and_its_thread_goes_on_without_it() {
    let mut private = reply(0, "anna@firma.test", &["jan@acme.test"]);
    private.said.mail = spoken(Say::Private);
    let thread =
        [mail("jan@acme.test", &["anna@firma.test"]), private, reply(1, "jan@acme.test", &["anna@firma.test"])];
    let decided = decide(&thread, &acme());
    assert_eq!(decided[1], Linking::Unmatched);
    assert_eq!(regarding(&decided[2]), Some(PUMPS));
}

#[test]
fn a_word_on_a_sender_reaches_the_mailboxes_of_who_said_it() {
    let mut facts = two();
    let always = Always { spoken: spoken(Say::Regard(Some(PIPES))).unwrap(), everywhere: false };
    facts.senders.insert(address("ola@lawyers.test"), vec![always]);
    let mut in_annas = mail("ola@lawyers.test", &["anna@firma.test"]);
    in_annas.holders = vec![UserId(1)];
    let elsewhere = Member { holders: vec![UserId(2)], ..in_annas.clone() };
    let forged = Member { auth_failed: true, ..in_annas.clone() };
    assert_eq!(regarding(&decide(&[in_annas], &facts)[0]), Some(PIPES));
    assert_eq!(decide(&[elsewhere], &facts)[0], Linking::Unmatched);
    assert_eq!(decide(&[forged], &facts)[0], Linking::Unmatched);
}

#[test]
fn filing_is_weaker_than_a_word_and_stronger_than_the_thread() {
    let evidence = Evidence::Filed { correction: 4, how: "folder".into(), by: None };
    let mut filed = reply(0, "eve@evil.test", &["anna@firma.test"]);
    filed.said.filed = Some((PIPES, evidence));
    let first = mail("jan@acme.test", &["anna@firma.test"]);
    assert_eq!(regarding(&decide(&[first.clone(), filed.clone()], &acme())[1]), Some(PIPES));
    // A word on the thread counts if it was said later; of a reference that rode along, in any case.
    let later = |n: i64| Some(Spoken { correction: n, say: Say::Regard(Some(PUMPS)), by: None, at: Timestamp(n) });
    for (word, how, wanted) in [(3, "folder", PIPES), (5, "folder", PUMPS), (3, "token", PUMPS)] {
        let mut filed = filed.clone();
        filed.said.filed = Some((PIPES, Evidence::Filed { correction: 4, how: how.into(), by: None }));
        filed.said.thread = later(word);
        assert_eq!(regarding(&decide(&[first.clone(), filed], &acme())[1]), Some(wanted), "{word} {how}");
    }
    // What somebody else called private stays so; what the same person did does not.
    for (by, wanted) in [(Some(UserId(2)), None), (None, Some(PIPES))] {
        let mut filed = filed.clone();
        filed.said.thread = Some(Spoken { correction: 3, say: Say::Private, by, at: Timestamp(3) });
        assert_eq!(regarding(&decide(&[first.clone(), filed], &acme())[1]), wanted);
    }
    filed.said.mail = spoken(Say::Regard(Some(PUMPS)));
    assert_eq!(regarding(&decide(&[first, filed], &acme())[1]), Some(PUMPS));
}

#[test]
fn a_number_counts_for_a_party_of_its_record_and_is_a_suggestion_from_anybody_else() {
    let decided = decide(&[numbered(mail("jan@acme.test", &["anna@firma.test"]), "op-5")], &two());
    assert_eq!(regarding(&decided[0]), Some(PIPES));
    let decided = decide(&[numbered(mail("eve@evil.test", &["anna@firma.test", "jan@acme.test"]), "op-5")], &two());
    let Linking::Review(candidates) = &decided[0] else { panic!("{:?}", decided[0]) };
    assert!(candidates.iter().any(|c| c.record == PIPES && matches!(c.evidence, Evidence::ForeignNumber { .. })));
    // Among us a number links nothing.
    let among_us = numbered(mail("anna@firma.test", &["piotr@firma.test"]), "op-5");
    assert_eq!(decide(&[among_us], &two())[0], Linking::Unmatched);
}

#[test]
fn the_thread_comes_before_a_number_in_the_subject_which_is_still_told() {
    let mut first = mail("jan@acme.test", &["anna@firma.test"]);
    first.said.mail = spoken(Say::Regard(Some(PUMPS)));
    let decided = decide(&[first, numbered(reply(0, "jan@acme.test", &["anna@firma.test"]), "op-5")], &two());
    let Linking::Linked { regarding, candidates, .. } = &decided[1] else { panic!() };
    assert_eq!(*regarding, Some(PUMPS));
    assert!(candidates.iter().any(|c| c.record == PIPES), "{candidates:?}");
}

#[test]
fn a_signed_reference_links_a_party_and_a_wrong_one_nothing() {
    let with = |from: &str, mark: Mark| {
        let mut member = mail(from, &["anna@firma.test"]);
        member.said.marks = vec![mark];
        decide(&[member], &two()).remove(0)
    };
    let signed = || Mark::Signed { record: PIPES, text: "sr1-x@firma.test".into() };
    assert_eq!(regarding(&with("jan@acme.test", signed())), Some(PIPES));
    assert!(matches!(with("eve@evil.test", signed()), Linking::Review(c) if c[0].record == PIPES));
    assert_eq!(with("eve@evil.test", Mark::Wrong { text: "sr1-x@firma.test".into() }), Linking::Unmatched);
}

#[test]
fn a_stranger_gains_nothing_by_a_copy_to_a_contact() {
    let thread =
        [mail("jan@acme.test", &["anna@firma.test"]), reply(0, "eve@evil.test", &["anna@firma.test", "jan@acme.test"])];
    assert!(matches!(decide(&thread, &acme())[1], Linking::Review(_)));
}

#[test]
fn addresses_prove_nothing_on_a_mail_whose_sender_our_own_server_calls_false() {
    let mut forged = mail("jan@acme.test", &["anna@firma.test"]);
    forged.auth_failed = true;
    let Linking::Review(candidates) = decide(&[forged], &acme()).remove(0) else { panic!() };
    assert!(matches!(candidates[0].evidence, Evidence::ForgedAddress { .. }));
}

#[test]
fn where_the_setting_says_so_anybody_of_the_accounts_domain_is_a_party() {
    let mut facts = acme();
    facts.domains.insert("acme.test".into(), vec![ACME]);
    let thread = [mail("jan@acme.test", &["anna@firma.test"]), reply(0, "new@acme.test", &["anna@firma.test"])];
    assert_eq!(regarding(&decide(&thread, &facts)[1]), None);
    facts.domain_parties = true;
    assert_eq!(regarding(&decide(&thread, &facts)[1]), Some(PUMPS));
}

#[test]
fn an_address_on_several_records_counts_for_those_with_a_part_and_warns_where_none_has() {
    let mut facts = acme();
    facts.parties.get_mut(&address("jan@acme.test")).unwrap().push(contact(EVA, Some(RecordId(9))));
    let decided = decide(&[mail("jan@acme.test", &["anna@firma.test"])], &facts);
    assert_eq!(ties(&decided[0]), [(ACME, PUMPS), (JAN, PUMPS), (PUMPS, PUMPS)], "the other Jan has no part");
    facts.opportunities.clear();
    let Linking::Linked { candidates, .. } = decide(&[mail("jan@acme.test", &["anna@firma.test"])], &facts).remove(0)
    else {
        panic!()
    };
    assert!(matches!(candidates[0].evidence, Evidence::SharedAddress { of: 2, .. }), "{candidates:?}");
}

/// What two opportunities were about so far.
fn with_history() -> LinkFacts {
    let mut facts = two();
    let past = |n: u8, subject: &str, text: &str| Past {
        identity: vec![n],
        at: Timestamp(i64::from(n)),
        words: std::sync::Arc::new(words::of(subject, text)),
        people: [address("jan@acme.test")].into(),
        writer: ("Jan".to_owned(), "jan@acme.test".to_owned()),
    };
    for (deal, name, past) in [
        (
            PUMPS,
            "Pumps",
            vec![past(1, "Pump sizes", "impeller flange rotor 450"), past(2, "Re: Pump sizes", "rotor flange")],
        ),
        (
            PIPES,
            "Pipes",
            vec![past(3, "Copper prices", "copper brass elbow"), past(4, "Re: Copper prices", "elbow copper")],
        ),
    ] {
        facts.known.insert(deal, Known { name: words::of_name(name), past });
    }
    facts
}

fn saying(mut member: Member, subject: &str, text: &str) -> Member {
    member.said.words = Some(std::sync::Arc::new(words::of(subject, text)));
    member
}

#[test]
fn of_several_opportunities_a_mail_goes_to_the_one_it_speaks_of_and_the_other_is_told() {
    let decided = decide(
        &[saying(mail("jan@acme.test", &["anna@firma.test"]), "Re: Copper prices", "is the copper elbow here?")],
        &with_history(),
    );
    let Linking::Linked { regarding, links, candidates } = &decided[0] else { panic!() };
    assert_eq!(*regarding, Some(PIPES));
    let Evidence::Ranked { because, .. } = &links[0].evidence else { panic!("{:?}", links[0]) };
    assert!(because.iter().any(|g| g.what == "words" && g.words.contains(&"copper".to_owned())), "{because:?}");
    assert_eq!(candidates.iter().map(|c| c.record).collect::<Vec<_>>(), [PUMPS]);
}

#[test]
fn a_narrow_lead_is_left_to_a_person() {
    for text in ["when can we meet?", "the rotor and the copper elbow"] {
        let member = saying(mail("jan@acme.test", &["anna@firma.test"]), "Question", text);
        let decided = decide(&[member], &with_history());
        let Linking::Linked { regarding, candidates, .. } = &decided[0] else { panic!() };
        assert_eq!((*regarding, candidates.len()), (None, 2), "{text}");
    }
}

#[test]
fn the_open_mails_of_a_thread_are_weighed_together_and_what_is_sure_in_it_decides() {
    let vague = saying(mail("jan@acme.test", &["anna@firma.test"]), "Question", "when can we meet?");
    let clear = saying(reply(0, "jan@acme.test", &["anna@firma.test"]), "Re: Copper prices", "copper elbow again");
    let decided = decide(&[vague.clone(), clear], &with_history());
    assert_eq!(decided.iter().map(regarding).collect::<Vec<_>>(), [Some(PIPES), Some(PIPES)]);
    let sure = numbered(reply(0, "anna@firma.test", &["jan@acme.test"]), "op-5");
    assert_eq!(regarding(&decide(&[vague, sure], &with_history())[0]), Some(PIPES));
}

#[test]
fn what_was_ranked_makes_nobody_a_party_of_what_is_sure() {
    let first =
        saying(mail("jan@acme.test", &["anna@firma.test", "ola@lawyers.test"]), "Re: Copper prices", "copper elbow");
    let answer = reply(0, "ola@lawyers.test", &["anna@firma.test"]);
    let number = numbered(mail("ola@lawyers.test", &["anna@firma.test"]), "op-5");
    let decided = decide(&[first, answer, number], &with_history());
    assert_eq!(regarding(&decided[1]), Some(PIPES));
    assert!(regards(&decided[1]) < Evidence::FIRM);
    assert!(matches!(decided[2], Linking::Review(_)), "{:?}", decided[2]);
}

#[test]
fn what_was_ranked_stays_once_its_opportunity_is_closed() {
    let member = saying(mail("jan@acme.test", &["anna@firma.test"]), "Re: Copper prices", "copper elbow");
    let before = decide(std::slice::from_ref(&member), &with_history()).remove(0);
    let mut facts = two();
    facts.add_deal(PIPES, deal(ACME, Status::Won));
    let again = decide(&[Member { before: Some(before.clone()), ..member }], &facts).remove(0);
    assert_eq!(regarding(&again), Some(PIPES));
}

/// A mail of the contact with this text, as the parser gives it.
fn quoting(subject: &str, body: &str) -> Member {
    let raw = format!("From: jan@acme.test\r\nSubject: {subject}\r\n\r\n{body}");
    let text = crate::parse::parse(raw.as_bytes()).text;
    let mut member = mail("jan@acme.test", &["anna@firma.test"]);
    member.at = Timestamp(1_772_800_000_000);
    member.said.words = Some(std::sync::Arc::new(words::of_mail(subject, &text)));
    member
}

/// Two opportunities with mail under one subject.
fn two_discussions() -> LinkFacts {
    let mut facts = two();
    let past = |n: u8, minutes: i64, text: &str| Past {
        identity: vec![n],
        at: Timestamp(1_772_719_512_000 + minutes * 60_000),
        words: std::sync::Arc::new(words::of("Delivery in spring", text)),
        people: [address("jan@acme.test")].into(),
        writer: ("Jan Kot".to_owned(), "jan@acme.test".to_owned()),
    };
    let pumps = past(1, 0, "the lorry may stand at the gate until nine and nobody will mind it there");
    let pipes = past(2, 17, "please send the crane on the second day because the first is a holiday here");
    facts.known.insert(PUMPS, Known { name: words::of_name("One"), past: vec![pumps] });
    facts.known.insert(PIPES, Known { name: words::of_name("Two"), past: vec![pipes] });
    facts
}

#[test]
fn of_two_discussions_of_one_subject_the_quoted_one_is_answered() {
    let body = "Good.\r\n\r\n> please send the crane on the second\r\n> day because the first is a holiday here\r\n";
    assert_eq!(regarding(&decide(&[quoting("Re: Delivery in spring", body)], &two_discussions())[0]), Some(PIPES));
    let nothing = quoting("Re: Delivery in spring", "Good.\r\n");
    assert_eq!(regarding(&decide(&[nothing], &two_discussions())[0]), None);
}

#[test]
fn of_two_discussions_of_one_subject_the_introduced_one_is_answered() {
    let body = "Good.\r\n\r\nOn Thu, Mar 5, 2026 at 3:05 PM Jan Kot wrote:\r\n> ok\r\n";
    assert_eq!(regarding(&decide(&[quoting("Re: Delivery in spring", body)], &two_discussions())[0]), Some(PUMPS));
}

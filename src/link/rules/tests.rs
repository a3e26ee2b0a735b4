//! What rules say and what comes of it, on values.

use super::*;
use crate::link;
use crate::model::address::Address;
use crate::model::facts::{Deal, Field as At, LinkFacts, Member};
use crate::model::id::{MsgId, RecordId, RuleId};
use crate::model::link::{Evidence, Linking};
use crate::model::mail::{Author, Channel, Header, Headers};
use crate::model::record::Status;
use crate::model::rule::{Condition, Effect, Field, Kept, Rule, Switch, Then};
use crate::model::time::Timestamp;
use proptest::prelude::*;

fn condition(field: Field) -> Condition {
    Condition { field, ..Condition::default() }
}

fn is(field: Field, text: &str) -> Condition {
    Condition { is: Some(text.into()), ..condition(field) }
}

fn contains(field: Field, text: &str) -> Condition {
    Condition { contains: Some(text.into()), ..condition(field) }
}

fn matches(field: Field, text: &str) -> Condition {
    Condition { matches: Some(text.into()), ..condition(field) }
}

fn regard(number: &str) -> Then {
    Then { regard: Some(number.into()), ..Then::default() }
}

fn rule(name: &str, all: Vec<Condition>, then: Then) -> Rule {
    Rule { name: name.into(), state: Switch::On, all, then, ..Rule::default() }
}

fn kept(rules: Vec<Rule>) -> Vec<Kept> {
    rules.into_iter().zip(1..).map(|(rule, n)| Kept { id: RuleId(n), version: n, rule }).collect()
}

fn set(rules: Vec<Rule>) -> Set {
    Set::compile(&kept(rules)).unwrap()
}

fn fault(rule: Rule) -> String {
    let faults = Set::compile(&kept(vec![rule])).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].to_string()
}

fn letter<'a>() -> Letter<'a> {
    Letter {
        senders: vec!["jan@mail.acme.test"],
        recipients: vec!["anna@firma.test"],
        subject: "Re: [OP-1042] Pompy",
        body: "Zamówienie ŁÓDŹ\nnumer 77",
        headers: vec![("list-id", "<kupno.acme.test>")],
        mailboxes: vec!["sales"],
        folders: vec!["INBOX"],
        size: 5_000,
        attachments: vec!["Umowa.PDF"],
        ..Letter::default()
    }
}

fn fits(condition: Condition) -> bool {
    !set(vec![rule("r", vec![condition], regard("X"))]).evaluate(&letter()).is_empty()
}

#[test]
fn each_field_is_compared_as_it_says() {
    assert!(fits(is(Field::Sender, "JAN@Mail.Acme.test")));
    assert!(fits(is(Field::Domain, "acme.test")) && fits(is(Field::Domain, "mail.acme.test")));
    assert!(!fits(is(Field::Domain, "cme.test")), "a domain is no ending of letters");
    assert!(fits(is(Field::RecipientDomain, "firma.test")) && fits(is(Field::Recipient, "anna@firma.test")));
    assert!(fits(contains(Field::Subject, "POMPY")) && fits(contains(Field::Body, "łódź")));
    assert!(fits(matches(Field::Subject, r"\[OP-[0-9]+\]")) && !fits(matches(Field::Subject, "pompy")));
    assert!(fits(Condition { header: Some("List-Id".into()), ..contains(Field::Header, "kupno") }));
    assert!(!fits(Condition { header: Some("List-Post".into()), ..contains(Field::Header, "kupno") }));
    assert!(fits(is(Field::Mailbox, "Sales")) && fits(is(Field::Folder, "inbox")));
    assert!(fits(contains(Field::Attachment, ".pdf")));
    assert!(fits(Condition { over: Some(4_999), ..condition(Field::Size) }));
    assert!(!fits(Condition { under: Some(5_000), ..condition(Field::Size) }));
    assert!(fits(is(Field::Author, "human")) && !fits(is(Field::Author, "machine")));
    assert!(fits(is(Field::Channel, "direct")));
}

#[test]
fn a_number_is_captured_and_names_the_record() {
    let number = matches(Field::Subject, r"(?i)\[(?<kind>op)-(?<number>[0-9]+)\]");
    let hits = set(vec![rule("r", vec![number], regard("{kind}-{number}"))]).evaluate(&letter());
    assert_eq!(hits[0].effects, [Effect::Regard("OP-1042".into())]);
}

#[test]
fn a_group_that_found_nothing_names_nothing() {
    let perhaps = matches(Field::Subject, "Pompy(?<number>[0-9]+)?");
    assert!(set(vec![rule("r", vec![perhaps], regard("{number}"))]).evaluate(&letter()).is_empty());
}

#[test]
fn a_rule_that_stops_hides_those_after_it_and_one_in_shadow_does_not() {
    let first = |state| Rule { stop: true, state, ..rule("a", vec![is(Field::Domain, "acme.test")], regard("A")) };
    let second = || rule("b", vec![contains(Field::Subject, "pompy")], regard("B"));
    let names = |state| {
        let hits = set(vec![first(state), second()]).evaluate(&letter());
        hits.iter().map(|hit| (hit.name.clone(), hit.shadow)).collect::<Vec<_>>()
    };
    assert_eq!(names(Switch::On), [("a".to_owned(), false)]);
    assert_eq!(names(Switch::Shadow), [("a".to_owned(), true), ("b".to_owned(), false)]);
    assert_eq!(names(Switch::Off), [("b".to_owned(), false)]);
}

#[test]
fn what_is_wrong_is_said_with_rule_field_and_place() {
    let number =
        |regex: &str| rule("Numbers", vec![is(Field::Sender, "a@b.c"), matches(Field::Subject, regex)], regard("X"));
    assert!(fault(number("ab(cd")).starts_with("rule `Numbers`, all 2, matches, at character 3: unclosed group"));
    assert!(fault(number("łó[z-a]")).contains("at character 4: invalid character class range"));
    assert!(fault(number(r"(a)\1")).contains("at character 4") && fault(number("(?=a)")).contains("look-around"));
    assert!(fault(number("(a{1,100}){1,100}")).contains("too large"));
    assert!(fault(number(&"(".repeat(60))).contains("at character"));
    assert!(fault(rule("r", vec![is(Field::Sender, "nobody")], regard("X"))).contains("is no address"));
    assert!(fault(rule("r", vec![is(Field::Author, "robot")], regard("X"))).contains("`human`, `machine`"));
    assert!(fault(rule("r", vec![condition(Field::Subject)], regard("X"))).contains("exactly one of"));
    assert!(fault(rule("r", vec![contains(Field::Header, "x")], regard("X"))).contains("name the header field"));
    let received = Condition { header: Some("Received".into()), ..contains(Field::Header, "x") };
    assert!(fault(rule("r", vec![received], regard("X"))).contains("where a copy travelled"));
    assert!(fault(rule("r", vec![], regard("{number}"))).contains("then, regard, at character 2: no expression"));
    assert!(fault(rule("r", vec![], Then::default())).contains("it does nothing"));
    assert!(fault(rule("r", vec![], Then { private: true, ..regard("X") })).contains("leave one"));
    assert!(fault(rule("", vec![], regard("X"))).starts_with("rule `number 1`, name"));
}

#[test]
fn actions_that_are_not_there_are_refused_with_a_sentence() {
    let refused = |then: Then| fault(rule("r", vec![], then));
    assert!(refused(Then { queue: Some("sales".into()), ..Then::default() }).contains("there are no queues"));
    assert!(refused(Then { create: Some("lead".into()), ..Then::default() }).contains("who gets"));
    let made = |what: &str| Then { create: Some(what.into()), assign: vec!["anna".into()], ..Then::default() };
    assert!(refused(made("contact")).contains("is not made by rules"));
    assert!(refused(Then { regard: Some("OP-1".into()), ..made("lead") }).contains("leave one of the two out"));
    assert!(refused(Then { private: true, ..made("lead") }).contains("leave one of the two out"));
    assert!(refused(Then { assign: vec!["anna".into()], ..Then::default() }).contains("only what the rule makes"));
}

#[test]
fn two_rules_of_one_name_are_refused() {
    let twice = kept(vec![rule("r", vec![], regard("X")), rule("r", vec![], regard("Y"))]);
    assert!(Set::compile(&twice).unwrap_err()[0].why.to_string().contains("has this name"));
}

#[test]
fn a_rule_that_fits_everything_is_found() {
    let all = set(vec![
        rule("none", vec![], regard("X")),
        rule("dot", vec![matches(Field::Subject, ".*")], regard("X")),
        rule("at", vec![contains(Field::Sender, "@")], regard("X")),
        rule("some", vec![contains(Field::Subject, "a")], regard("X")),
    ]);
    assert_eq!(all.fitting_everything(), [RuleId(1), RuleId(2), RuleId(3)]);
}

#[test]
fn kept_header_fields_leave_out_where_a_copy_travelled() {
    let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
    let headers = Headers(vec![
        header("received", "from x"),
        header("list-id", "a\tb"),
        header("dkim-signature", "v=1"),
        header("x-long", &"y".repeat(5_000)),
    ]);
    let kept = kept_headers(&headers);
    let letter = Letter::default().with_headers(&kept);
    assert_eq!(letter.headers[0], ("list-id", "a b"));
    assert_eq!((letter.headers.len(), letter.headers[1].1.len()), (2, 1_000));
}

// What comes of it ------------------------------------------------------------------------------

const ACME: RecordId = RecordId(1);
const DEAL: RecordId = RecordId(2);
const OTHER: RecordId = RecordId(3);

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn member(from: &str, effects: &[Effect]) -> Member {
    let hit = |(n, effect): (i64, &Effect)| crate::model::rule::Hit {
        rule: RuleId(n),
        version: 1,
        name: format!("rule {n}"),
        shadow: false,
        effects: vec![effect.clone()],
    };
    Member {
        id: None,
        thread: None,
        at: Timestamp(1),
        identity: from.as_bytes().to_vec(),
        from: Some(address(from)),
        parties: vec![(At::From, address(from)), (At::To, address("anna@firma.test"))],
        author: Author::Human,
        channel: Channel::Direct,
        forward: false,
        auth_failed: false,
        parent: None,
        reply_to: None,
        guessed: false,
        holders: Vec::new(),
        rules: (1..).zip(effects).map(hit).collect(),
        before: None,
        said: Default::default(),
    }
}

fn facts() -> LinkFacts {
    let mut facts = LinkFacts::default();
    facts.own_domains.insert("firma.test".into());
    facts.domains.insert("acme.test".into(), vec![ACME]);
    for deal in [DEAL, OTHER] {
        let ties = Deal { account: Some(ACME), end_account: None, end_contact: None, status: Status::Open };
        facts.opportunities.insert(deal, ties);
    }
    facts.ruled.insert(Effect::Regard("OP-1".into()), vec![DEAL]);
    facts.ruled.insert(Effect::Regard("OP-2".into()), vec![OTHER]);
    facts.ruled.insert(Effect::Regard("TWICE".into()), vec![DEAL, OTHER]);
    facts.ruled.insert(Effect::Account("acme".into()), vec![ACME]);
    facts
}

fn decided(member: Member) -> Linking {
    link::decide(&[member], &facts()).pop().unwrap()
}

fn regards(number: &str) -> Effect {
    Effect::Regard(number.into())
}

#[test]
fn the_first_rule_that_names_a_record_there_is_wins() {
    let linking = decided(member("x@y.test", &[regards("NONE"), regards("OP-2"), regards("OP-1")]));
    let Linking::Linked { regarding: Some(OTHER), links, .. } = linking else { panic!("{linking:?}") };
    assert!(matches!(&links[0].evidence, Evidence::Rule { rule: RuleId(2), says, .. } if says == "OP-2"));
    assert!(links.iter().all(|link| link.governing == OTHER), "{links:?}");
}

#[test]
fn several_records_or_a_forged_sender_are_only_suggested() {
    let twice = decided(member("x@y.test", &[regards("TWICE")]));
    assert!(matches!(&twice, Linking::Review(candidates) if candidates.len() == 2), "{twice:?}");
    let forged = decided(Member { auth_failed: true, ..member("x@y.test", &[regards("OP-1")]) });
    assert!(matches!(&forged, Linking::Review(candidates) if candidates.len() == 1), "{forged:?}");
}

#[test]
fn an_ignored_mail_is_linked_by_nothing_of_its_own_and_a_private_one_by_nothing() {
    assert!(matches!(decided(member("jan@acme.test", &[])), Linking::Linked { .. }));
    assert_eq!(decided(member("jan@acme.test", &[Effect::Ignore])), Linking::Unmatched);
    assert_eq!(decided(member("jan@acme.test", &[Effect::Private, regards("OP-1")])), Linking::Unmatched);
}

#[test]
fn a_shadow_changes_nothing() {
    let mut shadow = member("jan@acme.test", &[regards("OP-1"), Effect::Private]);
    shadow.rules.iter_mut().for_each(|hit| hit.shadow = true);
    assert_eq!(decided(shadow), decided(member("jan@acme.test", &[])));
}

#[test]
fn a_true_reply_outweighs_a_rule_and_a_private_mail_answers_nothing() {
    let first = member("jan@acme.test", &[regards("OP-1")]);
    let reply = |effect: Effect| Member {
        at: Timestamp(2),
        identity: vec![9],
        parent: Some(0),
        reply_to: MsgId::new("a@b"),
        ..member("jan@acme.test", &[effect])
    };
    let regarding = |second: Member| match &link::decide(&[first.clone(), second], &facts())[1] {
        Linking::Linked { regarding, .. } => *regarding,
        _ => None,
    };
    assert_eq!(regarding(reply(regards("OP-2"))), Some(DEAL));
    assert_eq!(regarding(reply(Effect::Ignore)), Some(DEAL));
    assert_eq!(regarding(reply(Effect::Private)), None);
    assert_eq!(link::decide(&[first.clone(), reply(Effect::Private)], &facts())[1], Linking::Unmatched);
}

#[test]
fn an_account_set_by_a_rule_is_governed_by_what_the_mail_regards() {
    let linking = decided(member("x@y.test", &[Effect::Account("acme".into()), regards("OP-1")]));
    let Linking::Linked { links, .. } = linking else { panic!() };
    assert!(links.iter().any(|link| link.record == ACME && link.governing == DEAL), "{links:?}");
    let alone = decided(member("x@y.test", &[Effect::Account("acme".into())]));
    assert!(matches!(alone, Linking::Linked { regarding: None, links, .. } if links[0].governing == ACME));
}

// The quick way and the slow one ----------------------------------------------------------------

fn some_condition() -> impl Strategy<Value = Condition> {
    let text = prop::sample::select(vec!["a@x.pl", "b@y.x.pl", "c@z.de"]);
    let domain = prop::sample::select(vec!["x.pl", "y.x.pl", "pl", "z.de"]);
    let word = prop::sample::select(vec!["ab", "OP-1", "z", "ź", "Kż", "sk", "żab"]);
    let regex = prop::sample::select(vec!["^a", "(?<n>[0-9]+)", "b$", "(?i)op-(?<n>[0-9])", "."]);
    prop_oneof![
        text.prop_map(|t| is(Field::Sender, t)),
        domain.prop_map(|d| is(Field::Domain, d)),
        (prop::sample::select(vec![Field::Subject, Field::Body, Field::Sender, Field::Attachment]), word)
            .prop_map(|(f, w)| contains(f, w)),
        (prop::sample::select(vec![Field::Subject, Field::Body, Field::Folder]), regex)
            .prop_map(|(f, r)| matches(f, r)),
        (0_i64..3).prop_map(|n| Condition { over: Some(n), ..condition(Field::Size) }),
    ]
}

pub(super) fn some_rule() -> impl Strategy<Value = Rule> {
    let list = |most| prop::collection::vec(some_condition(), 0..most);
    let state = prop::sample::select(vec![Switch::On, Switch::On, Switch::Shadow, Switch::Off]);
    let then = prop_oneof![Just(regard("OP-1")), Just(Then { ignore: true, ..Then::default() })];
    (list(3), list(3), list(2), state, any::<bool>(), then).prop_map(|(all, any, none, state, stop, then)| Rule {
        name: String::new(),
        state,
        stop,
        all,
        any,
        none,
        then,
    })
}

proptest! {
    #[test]
    fn looking_authors_up_says_what_trying_every_rule_says(
        rules in prop::collection::vec(some_rule(), 0..80),
        sender in prop::sample::select(vec!["a@x.pl", "b@y.x.pl", "c@z.de", "d@pl"]),
        subject in "(a|b|z|ź|Ż|OP-1|k|S|\u{212a}|\u{17f}| ){0,6}",
        size in 0_i64..4,
    ) {
        let rules: Vec<Rule> = rules.into_iter().zip(1..).map(|(rule, n)| Rule { name: format!("r{n}"), ..rule }).collect();
        let set = set(rules);
        let letter = Letter { senders: vec![sender], subject: &subject, body: "ab 12", folders: vec!["abc"], size, ..Letter::default() };
        let slow: Vec<_> = explain(&set, &letter).into_iter().filter_map(|step| match step.verdict {
            Verdict::Fits(hit) => hit,
            _ => None,
        }).collect();
        prop_assert_eq!(set.evaluate(&letter), slow);
    }
}

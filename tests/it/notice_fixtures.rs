//! fixtures/notice: whole mails with what is known about them, and the decision that must follow.
//!
//! Each NAME.eml has a NAME.json that says why the case is there, what is expected (`send` or a
//! rule number) and what differs from the usual: the mail arrived live a minute ago in the inbox
//! of Anna, who is away, from a known correspondent, on a server that stamps nothing.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use chrono::NaiveDate;
use serde::Deserialize;
use standin::config::{self, Audience};
use standin::model::absence::Absence;
use standin::model::address::Address;
use standin::model::cursor::{Arrival, Role};
use standin::model::id::{AbsenceId, MsgId, UserId};
use standin::model::mail::Mail;
use standin::model::notice::{
    AbsentPerson, Already, Language, Ledger, Named, NoticeKey, Plan, Reason, SenderFacts, Trigger, Verdict,
};
use standin::model::time::{DAY, MINUTE, Timestamp};
use standin::notice::{Policy, compose, decide};
use standin::parse::parse;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// 2026-11-20T10:00:30Z.
const NOW: Timestamp = Timestamp(1_795_168_830_000);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    expect: String,
    #[serde(default)]
    plan: Expected,
    /// Sentences that the notice must hold.
    #[serde(default)]
    text: Vec<String>,
    #[serde(default = "live")]
    arrival: String,
    #[serde(default = "a_minute")]
    arrived_minutes_ago: Option<i64>,
    #[serde(default = "inbox")]
    folder: String,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    shared_mailbox: bool,
    #[serde(default = "yes")]
    known: bool,
    #[serde(default)]
    colleague: bool,
    #[serde(default)]
    absent_too: bool,
    #[serde(default)]
    our_mailbox: bool,
    #[serde(default)]
    no_automatic: bool,
    #[serde(default)]
    replies_to_ours: bool,
    #[serde(default)]
    answered_meanwhile: bool,
    #[serde(default = "yes")]
    notice: bool,
    #[serde(default)]
    server_answers: bool,
    absence_ended_minutes_ago: Option<i64>,
    on_since_minutes_ago: Option<i64>,
    connected_minutes_ago: Option<i64>,
    #[serde(default)]
    ledger: Sent,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    internal: bool,
    #[serde(default)]
    audience: Audience,
    #[serde(default)]
    authserv_id: String,
    #[serde(default)]
    stamped: u32,
    #[serde(default)]
    stamped_of: u32,
}

/// What must be planned; absent keys are not looked at.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    to: Option<String>,
    from: Option<String>,
    #[serde(default, deserialize_with = "given")]
    subject: Option<Option<String>>,
    substitute: Option<String>,
    languages: Option<Vec<String>>,
    references: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sent {
    already: bool,
    decided: bool,
    for_message: u32,
    domain_day: u32,
    instance_hour: u32,
    hourly_mean: f64,
}

/// Tells `null` from a key that is not there.
fn given<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

fn live() -> String {
    "live".into()
}

fn inbox() -> String {
    "inbox".into()
}

fn a_minute() -> Option<i64> {
    Some(1)
}

fn yes() -> bool {
    true
}

fn ago(minutes: i64) -> Timestamp {
    NOW.plus(-minutes * MINUTE)
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

impl Case {
    fn trigger<'a>(&self, mail: &'a Mail) -> Trigger<'a> {
        Trigger {
            mail,
            key: Vec::new(),
            arrival: Arrival::from_word(&self.arrival).unwrap(),
            internal_date: self.arrived_minutes_ago.map(ago),
            folder_role: Role::from_word(&self.folder).unwrap(),
            flags: self.flags.clone(),
            shared_mailbox: self.shared_mailbox,
            sender: SenderFacts {
                colleague: self.colleague,
                absent_too: self.absent_too,
                our_mailbox: self.our_mailbox,
                known_contact: self.known,
                no_automatic: self.no_automatic,
                ..SenderFacts::default()
            },
            replies_to_our_automatic_mail: self.replies_to_ours,
            answered_meanwhile: self.answered_meanwhile,
            invited: false,
            for_record: None,
        }
    }

    fn person(&self) -> AbsentPerson {
        let starts = NOW.plus(-2 * DAY);
        AbsentPerson {
            user: UserId(1),
            name: "Anna Kowalska".into(),
            addresses: vec![address("anna@firma.pl"), address("a.nowicka@firma.pl")],
            language: "pl".into(),
            absence: Absence {
                id: AbsenceId(1),
                user: UserId(1),
                first_day: NaiveDate::from_ymd_opt(2026, 11, 18).unwrap(),
                last_day: NaiveDate::from_ymd_opt(2026, 11, 27),
                back_on: None,
                first_time: None,
                last_time: None,
                confirm_on: None,
                nature: Default::default(),
                exceptions: Vec::new(),
                plan: Default::default(),
                cover_writes: true,
                zone: "Europe/Warsaw".into(),
                starts,
                ends: Some(self.absence_ended_minutes_ago.map_or(NOW.plus(7 * DAY), ago)),
                substitute: Some(UserId(2)),
                deputy: None,
                notice: self.notice,
                notice_since: Some(self.on_since_minutes_ago.map_or(starts, ago)),
                notice_texts: Default::default(),
            },
            substitute: Some(Named {
                user: UserId(2),
                name: "Piotr Zieliński".into(),
                address: address("piotr@firma.pl"),
                phone: Some("+48 22 123 45 67".into()),
            }),
            first_day_back: NaiveDate::from_ymd_opt(2026, 11, 30),
            mailbox_connected_at: self.connected_minutes_ago.map_or(starts, ago),
            server_answers: self.server_answers,
            manner: Default::default(),
        }
    }

    fn ledger(&self) -> Ledger {
        let sent = &self.ledger;
        Ledger {
            already: sent.already.then_some(Already::Told),
            decided: sent.decided,
            for_message: sent.for_message,
            domain_day: sent.domain_day,
            person_hour: 0,
            instance_hour: sent.instance_hour,
            breaker_hour: sent.instance_hour,
            hourly_mean: sent.hourly_mean,
        }
    }

    fn policy(&self) -> Policy {
        Policy {
            settings: config::Notice {
                enabled: self.enabled,
                audience: self.audience,
                authserv_id: self.authserv_id.clone(),
                ..config::Notice::default()
            },
            internal: self.internal,
            stopped: false,
            stamped: self.stamped,
            stamped_of: self.stamped_of,
            ..policy()
        }
    }
}

fn policy() -> Policy {
    Policy {
        settings: config::Notice::default(),
        own_domains: vec!["firma.pl".into()],
        internal: false,
        stopped: false,
        stamped: 0,
        stamped_of: 0,
        company: "Firma sp. z o.o.".into(),
        language: Language::Pl,
        key: NoticeKey([1; 32]),
    }
}

/// Id of a notice that we sent: made by composing one.
fn our_id(plan: &Plan) -> MsgId {
    compose(plan, &policy(), [2; 16], NOW).message_id
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/notice")
}

/// Every case with its name and mail.
fn cases() -> Vec<(String, Case, Vec<u8>)> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(path.with_extension("json").exists() && path.with_extension("eml").exists(), "{name} lacks its twin");
        if path.extension().is_some_and(|end| end == "json") {
            let case = serde_json::from_slice(&std::fs::read(&path).unwrap());
            let case: Case = case.unwrap_or_else(|error| panic!("{name}: {error}"));
            cases.push((name, case, std::fs::read(path.with_extension("eml")).unwrap()));
        }
    }
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

fn decided(case: &Case, mail: &Mail) -> Verdict {
    decide(&case.trigger(mail), &case.person(), &case.ledger(), &case.policy(), NOW)
}

/// The mail of a case; `{ours}` in it becomes the id of a notice that we sent.
fn read(raw: &[u8]) -> Mail {
    let mark = b"{ours}";
    let Some(at) = raw.windows(mark.len()).position(|window| window == mark) else { return parse(raw) };
    let (_, usual, mail) = cases().into_iter().find(|(name, ..)| name == "client-reply").unwrap();
    let Verdict::Send(plan) = decided(&usual, &parse(&mail)) else { panic!("client-reply is not answered") };
    let id = format!("<{}>", our_id(&plan));
    parse(&[&raw[..at], id.as_bytes(), &raw[at + mark.len()..]].concat())
}

fn differences(case: &Case, plan: &Plan) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut compare = |what: &str, found: String, wanted: Option<String>| {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            wrong.push(format!("{what}: {found}, not {wanted}"));
        }
    };
    let expected = &case.plan;
    let debug = |texts: &[String]| format!("{texts:?}");
    compare("to", plan.to.clone(), expected.to.clone());
    compare("from", plan.from.address.to_string(), expected.from.clone());
    compare("subject", format!("{:?}", plan.subject), expected.subject.as_ref().map(|s| format!("{s:?}")));
    let named = plan.substitute.as_ref().map(|named| named.address.to_string()).unwrap_or_default();
    compare("substitute", named, expected.substitute.clone());
    let languages: Vec<String> = plan.texts.iter().map(|text| text.language.tag().to_owned()).collect();
    compare("languages", debug(&languages), expected.languages.as_deref().map(debug));
    let references: Vec<String> = plan.references.iter().map(ToString::to_string).collect();
    compare("references", debug(&references), expected.references.as_deref().map(debug));
    let notice = parse(&compose(plan, &case.policy(), [3; 16], NOW).bytes);
    for sentence in case.text.iter().filter(|sentence| !notice.text.body.contains(*sentence)) {
        wrong.push(format!("the text lacks {sentence:?}: {}", notice.text.body));
    }
    wrong
}

#[test]
fn every_mail_gets_the_decision_that_stands_beside_it() {
    let cases = cases();
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for (name, case, raw) in &cases {
        assert!(!case.why.is_empty(), "{name} does not say why");
        let found = match decided(case, &read(raw)) {
            Verdict::Withhold(reason) => reason.rule(),
            Verdict::Send(plan) => {
                wrong.extend(differences(case, &plan).into_iter().map(|text| format!("{name}: {text}")));
                "send"
            }
        };
        if found != case.expect {
            wrong.push(format!("{name}: {found}, not {}", case.expect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_reason_that_a_mail_can_cause_has_a_case() {
    let expected: BTreeSet<String> = cases().into_iter().map(|(_, case, _)| case.expect).collect();
    let missing: Vec<_> =
        Reason::ALL.iter().map(|reason| reason.rule()).filter(|rule| !expected.contains(*rule)).collect();
    // R64 needs a person without a usable address.
    assert_eq!(missing, ["R64"]);
}

#[test]
fn what_a_client_receives_from_us_is_no_reason_to_answer_there() {
    for (name, case, raw) in cases() {
        let Verdict::Send(plan) = decided(&case, &read(&raw)) else { continue };
        let notice = compose(&plan, &case.policy(), [4; 16], NOW);
        // The worst case: a server on the way put a real reverse path in the place of `<>`.
        let head = format!("Return-Path: <{}>\r\nReceived: from mail.firma.pl by mx\r\n", plan.from.address);
        let arrived = parse(&[head.as_bytes(), &notice.bytes].concat());
        assert!(!arrived.author.is_human(), "{name}");
        let client = AbsentPerson {
            user: UserId(9),
            addresses: arrived.to.iter().map(|party| party.address.clone()).collect(),
            ..case.person()
        };
        let theirs = Policy { own_domains: vec!["acme-pumps.com".into()], key: NoticeKey([7; 32]), ..policy() };
        let usual = case.trigger(&arrived);
        let verdict = decide(&usual, &client, &Ledger::default(), &theirs, NOW);
        assert_eq!(verdict, Verdict::Withhold(Reason::AutoSubmitted), "{name}");
    }
}

//! Notices against other machines (R54): whatever answers us, the exchange dies out.
//!
//! Everything is a value: our decision with a ledger in memory, the other side as a function from
//! our notice to its answer, a clock that a round moves by a minute. 10 000 rounds are a week.

#![allow(clippy::unwrap_used, clippy::panic)]

use chrono::NaiveDate;
use standin::config;
use standin::model::absence::Absence;
use standin::model::address::Address;
use standin::model::cursor::{Arrival, Role};
use standin::model::id::{AbsenceId, UserId};
use standin::model::notice::{AbsentPerson, Language, Ledger, NoticeKey, Plan, SenderFacts, Trigger, Verdict};
use standin::model::time::{DAY, HOUR, MINUTE, Timestamp};
use standin::notice::{Policy, compose, decide};
use standin::parse::parse;
use std::collections::HashSet;

const ROUNDS: u32 = 10_000;
const START: Timestamp = Timestamp(1_795_000_000_000);

/// Our side: an absent person, and what was sent so far.
struct Ours {
    person: AbsentPerson,
    policy: Policy,
    told: HashSet<String>,
    sent: Vec<(Timestamp, String)>,
}

impl Ours {
    fn new(address: &str, key: u8) -> Ours {
        let address = Address::parse(address).unwrap();
        let day = |n| NaiveDate::from_ymd_opt(2026, 11, n).unwrap();
        let absence = Absence {
            id: AbsenceId(1),
            user: UserId(1),
            first_day: day(18),
            last_day: None,
            back_on: None,
            first_time: None,
            last_time: None,
            confirm_on: None,
            nature: Default::default(),
            exceptions: Vec::new(),
            plan: Default::default(),
            cover_writes: true,
            zone: "Europe/Warsaw".into(),
            starts: START,
            ends: None,
            substitute: None,
            deputy: None,
            notice: true,
            notice_since: Some(START),
            notice_texts: Default::default(),
        };
        let person = AbsentPerson {
            user: UserId(1),
            name: "Anna Kowalska".into(),
            addresses: vec![address.clone()],
            language: "pl".into(),
            absence,
            substitute: None,
            first_day_back: None,
            mailbox_connected_at: START,
            server_answers: false,
            manner: Default::default(),
        };
        let policy = Policy {
            settings: config::Notice::default(),
            own_domains: vec![address.domain().to_owned()],
            internal: false,
            stamped: 0,
            stamped_of: 0,
            company: String::new(),
            language: Language::Pl,
            key: NoticeKey([key; 32]),
        };
        Ours { person, policy, told: HashSet::new(), sent: Vec::new() }
    }

    /// A mail arrives; the notice that leaves, if one does. The sender counts as known: the worst.
    fn receive(&mut self, raw: &[u8], now: Timestamp) -> Option<Vec<u8>> {
        let mail = parse(raw);
        let trigger = Trigger {
            mail: &mail,
            key: Vec::new(),
            arrival: Arrival::Live,
            internal_date: Some(now),
            folder_role: Role::Inbox,
            flags: Vec::new(),
            shared_mailbox: false,
            sender: SenderFacts { known_contact: true, ..SenderFacts::default() },
            replies_to_our_automatic_mail: false,
            answered_meanwhile: false,
            invited: false,
            for_record: None,
        };
        let key = standin::notice::sender_key(&mail.return_path);
        let within = |span: i64| self.sent.iter().rev().take_while(move |(at, _)| now.since(*at) < span);
        let ledger = Ledger {
            already: key.as_ref().is_some_and(|key| self.told.contains(&key.address)),
            domain_day: within(DAY).filter(|(_, domain)| key.as_ref().is_some_and(|key| key.domain == *domain)).count()
                as u32,
            person_hour: within(HOUR).count() as u32,
            instance_hour: within(HOUR).count() as u32,
            ..Ledger::default()
        };
        let Verdict::Send(plan) = decide(&trigger, &self.person, &ledger, &self.policy, now) else { return None };
        self.record(&plan, now);
        let random = u128::from(self.sent.len() as u64).to_be_bytes();
        Some(compose(&plan, &self.policy, random, now).bytes)
    }

    fn record(&mut self, plan: &Plan, now: Timestamp) {
        self.told.insert(plan.sender.address.clone());
        self.sent.push((now, plan.sender.domain.clone()));
    }
}

/// What the other side writes in a round, seeing our last notice if there was one.
type Other = fn(round: u32, notice: Option<&[u8]>) -> String;

fn mail(from: &str, round: u32, fields: &str) -> String {
    format!(
        "Return-Path: <{from}>\r\nReceived: from mx.other.net by mx.firma.pl\r\nFrom: {from}\r\nTo: anna@firma.pl\r\n\
         Subject: Pompy {round}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <r{round}@other.net>\r\n{fields}\r\n\
         Tekst {round}\r\n"
    )
}

fn answering(notice: Option<&[u8]>) -> String {
    let id = notice.map(parse).and_then(|mail| mail.message_id);
    id.map_or(String::new(), |id| format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n"))
}

/// Notices per round of 10 000, and the most on any day.
fn play(other: Other) -> (usize, usize) {
    let mut ours = Ours::new("anna@firma.pl", 1);
    let mut last: Option<Vec<u8>> = None;
    for round in 0..ROUNDS {
        let now = START.plus(i64::from(round) * MINUTE);
        let notice = ours.receive(other(round, last.as_deref()).as_bytes(), now);
        last = notice.or(last);
    }
    let busiest = ours
        .sent
        .iter()
        .map(|(from, _)| ours.sent.iter().filter(|(at, _)| at.since(*from) >= 0 && at.since(*from) < DAY).count());
    (ours.sent.len(), busiest.max().unwrap_or(0))
}

#[test]
fn a_labelled_responder_gets_at_most_one_notice() {
    let other: Other = |round, notice| {
        // Its first mail is a person's; from then on it answers whatever comes.
        let fields = if round == 0 { String::new() } else { answering(notice) + "Auto-Submitted: auto-replied\r\n" };
        mail("jan@other.net", round, &fields)
    };
    assert_eq!(play(other), (1, 1));
}

#[test]
fn a_responder_that_labels_nothing_gets_at_most_one_notice() {
    assert_eq!(play(|round, notice| mail("jan@other.net", round, &answering(notice))), (1, 1));
}

#[test]
fn a_responder_with_a_new_address_each_time_gets_one_notice_while_it_keeps_the_thread() {
    assert_eq!(play(|round, notice| mail(&format!("x{round}y@other.net"), round, &answering(notice))), (1, 1));
}

#[test]
fn a_responder_that_strips_everything_gets_five_a_day() {
    let (whole, busiest) = play(|round, _| mail(&format!("x{round}y@other.net"), round, ""));
    assert!(busiest <= 5 && whole <= 5 * 8, "{whole} {busiest}");
}

#[test]
fn a_ticket_system_with_numbered_addresses_gets_one_notice() {
    assert_eq!(play(|round, _| mail(&format!("ticket+{round}@other.net"), round, "")), (1, 1));
    assert_eq!(play(|round, _| mail(&format!("ticket-{round}@other.net"), round, "")), (1, 1));
}

#[test]
fn a_mailing_list_that_echoes_gets_none() {
    let other: Other = |round, _| mail("pumps@other.net", round, "List-Id: <pumps.other.net>\r\n");
    assert_eq!(play(other), (0, 0));
}

#[test]
fn two_installations_exchange_at_most_one_notice() {
    let mut anna = Ours::new("anna@firma.pl", 1);
    let mut jan = Ours::new("jan@other.net", 2);
    let mut wire = Some(mail("jan@other.net", 0, "").into_bytes());
    for round in 0..ROUNDS {
        let now = START.plus(i64::from(round) * MINUTE);
        let Some(notice) = wire.take().and_then(|raw| anna.receive(&raw, now)) else { break };
        // The worst case: a server on the way replaced the empty reverse path.
        let raw = [b"Return-Path: <anna@firma.pl>\r\nReceived: from mx.firma.pl by mx.other.net\r\n".to_vec(), notice]
            .concat();
        wire = jan.receive(&raw, now);
    }
    assert_eq!((anna.sent.len(), jan.sent.len()), (1, 0));
}

//! One absent person and the real decision: a mail arrives live in their inbox, from a known sender, written to
//! them, authenticated as it says or passed where it says nothing, with its Return-Path or, where the source
//! cut that off, its author's address.

use standin::config;
use standin::model::absence::Absence;
use standin::model::address::Address;
use standin::model::cursor::{Arrival, Role};
use standin::model::id::{AbsenceId, UserId};
use standin::model::mail::{Mail, ReturnPath};
use standin::model::notice::{AbsentPerson, Language, Ledger, NoticeKey, SenderFacts, Trigger, Verdict};
use standin::model::time::{DAY, SECOND, Timestamp};
use standin::notice::{Policy, decide};
use standin::parse::parse;

const START: Timestamp = Timestamp(1_795_000_000_000);
const SERVER: &str = "mx.firma.test";

/// The mail as our server would have delivered it.
pub fn delivered(raw: &[u8]) -> Vec<u8> {
    let mail = parse(raw);
    let end = if raw.contains(&b'\n') || !raw.contains(&b'\r') { "\n" } else { "\r" };
    let mut added = String::new();
    let from = mail.from.first().map(|party| party.address.clone());
    if let (ReturnPath::Missing, Some(from)) = (&mail.return_path, &from) {
        added.push_str(&format!("Return-Path: <{from}>{end}"));
    }
    if let (false, Some(from)) = (mail.headers.has("authentication-results"), &from) {
        added.push_str(&format!("Authentication-Results: {SERVER}; dmarc=pass header.from={}{end}", from.domain()));
    }
    if mail.to.is_empty() && mail.cc.is_empty() {
        added.push_str(&format!("To: anna@firma.test{end}"));
    }
    let mut out = added.into_bytes();
    out.extend_from_slice(raw);
    out
}

/// What is decided about a delivered mail; `addresses` are the absent person's.
pub fn verdict(mail: &Mail, addresses: Vec<Address>) -> Verdict {
    let stamp = mail.headers.first("authentication-results").unwrap_or(SERVER);
    let server = stamp.split([';', ' ']).next().unwrap_or(SERVER).to_owned();
    let arrival = START.plus(2 * DAY);
    let trigger = Trigger {
        mail,
        key: Vec::new(),
        arrival: Arrival::Live,
        internal_date: Some(arrival),
        folder_role: Role::Inbox,
        flags: Vec::new(),
        shared_mailbox: false,
        sender: SenderFacts { known_contact: true, ..SenderFacts::default() },
        replies_to_our_automatic_mail: false,
        answered_meanwhile: false,
        invited: false,
        for_record: None,
    };
    decide(&trigger, &person(addresses), &Ledger::default(), &policy(server), arrival.plus(20 * SECOND))
}

/// Everybody to whom a mail was written.
pub fn addressed(mail: &Mail) -> Vec<Address> {
    mail.to.iter().chain(&mail.cc).map(|party| party.address.clone()).collect()
}

fn policy(authserv_id: String) -> Policy {
    Policy {
        settings: config::Notice { enabled: true, authserv_id, ..config::Notice::default() },
        own_domains: vec!["firma.test".into()],
        internal: false,
        stopped: false,
        stamped: 200,
        stamped_of: 200,
        company: "Firma".into(),
        language: Language::Pl,
        key: NoticeKey([7; 32]),
    }
}

fn person(addresses: Vec<Address>) -> AbsentPerson {
    let day = |n| chrono::NaiveDate::from_ymd_opt(2026, 11, n).unwrap();
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
    AbsentPerson {
        user: UserId(1),
        name: "Anna Kowalska".into(),
        addresses,
        language: "pl".into(),
        absence,
        substitute: None,
        first_day_back: None,
        mailbox_connected_at: START,
        server_answers: false,
        manner: Default::default(),
    }
}

//! Sending absence notices: the one switch, the limits and their breaker, the ledger, the reverse path. On
//! both databases, through the decision, the ledger and the outbox as the program calls them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::colleagues::{House, on_both};
use crate::smtp::smtp_sink::{Cover, Play, Sink, Step};
use crate::views_seed::{ANNA, NOW};
use chrono::NaiveDate;
use standin::config::{Config, Mailbox};
use standin::intake::{Office, decide_notice};
use standin::model::absence::Absence;
use standin::model::address::Address;
use standin::model::audit::Action;
use standin::model::cursor::{Arrival, Role};
use standin::model::id::{AbsenceId, MailboxId, UserId};
use standin::model::notice::{AbsentPerson, NoticeKey, SenderFacts, Trigger};
use standin::model::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};
use standin::notice::Policy;
use standin::parse::parse;
use standin::store::notice_switch::{self, By};
use standin::store::notices::{Asked, Reserved};
use standin::store::resets;
use standin::store::{self, Tx};
use standin::{notify, outbox};

on_both! {
    while_notices_are_stopped_none_is_claimed_and_other_mail_is
    what_waits_while_notices_are_stopped_lapses_and_is_never_sent
    a_notice_that_was_claimed_before_the_switch_went_off_stops_before_its_text
    the_breaker_stops_everybody_for_an_hour_tells_the_admins_once_and_is_audited
    whoevers_password_an_admin_took_is_written_to_once
    an_admin_who_starts_notices_after_the_breaker_gets_a_new_count
    two_workers_together_send_no_more_than_the_breaker_allows
    the_limits_count_attempts_whatever_came_of_them
    the_limits_are_settings
    a_sender_is_told_once_in_an_absence_and_again_after_the_pause_that_is_set
    an_absence_that_follows_within_a_day_tells_nobody_twice_and_a_later_one_does
    the_ledger_is_forgotten_ninety_days_after_the_end
    the_reverse_path_that_was_used_is_written_down
    a_notice_is_known_by_the_id_that_the_server_gave_it
    the_persons_own_address_is_a_reverse_path_only_where_the_settings_say_so
    a_responder_that_was_seen_counts_for_a_time_and_until_the_server_says_no
}

/// Anna as the decision knows her, away by the absence of the seed.
fn anna() -> AbsentPerson {
    let address = Address::parse("anna@firma.example").unwrap();
    let day = |n| NaiveDate::from_ymd_opt(2026, 11, n).unwrap();
    let starts = NOW.plus(-DAY - 13 * HOUR);
    let absence = Absence {
        id: AbsenceId(1),
        user: UserId(ANNA),
        first_day: day(20),
        last_day: Some(day(27)),
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
        ends: Some(NOW.plus(6 * DAY + 11 * HOUR)),
        substitute: None,
        deputy: None,
        notice: true,
        notice_since: Some(starts),
        notice_texts: Default::default(),
    };
    AbsentPerson {
        user: UserId(ANNA),
        name: "Anna Kowalska".into(),
        addresses: vec![address],
        language: "pl".into(),
        first_day_back: None,
        mailbox_connected_at: starts,
        absence,
        substitute: None,
        server_answers: false,
        manner: Default::default(),
    }
}

/// A mail of a person to Anna.
fn letter(from: &str, n: usize) -> Vec<u8> {
    format!(
        "Return-Path: <{from}>\r\nReceived: from mx.other.net by mx.firma.example\r\nFrom: {from}\r\n\
         To: anna@firma.example\r\nSubject: Pumps {n}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\
         Message-ID: <r{n}.{from}>\r\n\r\nWhen can you deliver {n}?\r\n"
    )
    .into_bytes()
}

/// Decides about a mail that arrived at `now`, with whatever stopped notices before; the rule that forbade
/// a notice, or `send`.
async fn decided(house: &House, config: &Config, from: &str, n: usize, now: Timestamp) -> String {
    let raw = letter(from, n);
    let mail = parse(&raw);
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
    let policy = Policy::of(config, NoticeKey(*house.keys.signing()));
    let mut tx = house.db.write().await.unwrap();
    tx.alone().await.unwrap();
    let tripped = notice_switch::stopped(&mut tx, now).await.unwrap().is_some();
    let office = Office { keys: &house.keys, mailbox: MailboxId(1), policy: &policy, tripped };
    let key = house.keys.hash("trigger", &raw);
    let decision = decide_notice(&mut tx, &office, &anna(), &trigger, (key, None), now).await.unwrap();
    tx.commit().await.unwrap();
    decision.reason.map_or("send", |reason| reason.rule()).to_owned()
}

/// The configuration of the house, with a way out for Anna's mailbox.
fn config(house: &House, sink: &Sink) -> Config {
    let mut config = house.config.clone();
    let mut anna: Mailbox = config.mailbox[0].clone();
    (anna.name, anna.address) = ("anna".into(), "anna@firma.example".into());
    anna.smtp.as_mut().unwrap().port = Some(sink.port);
    config.mailbox.push(anna);
    config.notice.own_reverse_path = false;
    config
}

async fn sent(house: &House, config: &Config, now: Timestamp) {
    while outbox::drain(&house.db, &house.keys, config, "worker", &move || now).await.unwrap() > 0 {}
}

async fn stop(house: &House, now: Timestamp) {
    let mut tx = house.db.write().await.unwrap();
    assert!(notice_switch::stop(&mut tx, None, "a test", now).await.unwrap());
    tx.commit().await.unwrap();
}

async fn start(house: &House, now: Timestamp) -> bool {
    let mut tx = house.db.write().await.unwrap();
    let started = notice_switch::start(&mut tx, now).await.unwrap();
    tx.commit().await.unwrap();
    started
}

/// Another mail of ours that is no notice.
async fn other_mail(house: &House, now: Timestamp) {
    let mail = standin::model::delivery::Outgoing {
        envelope_from: Some(Address::parse("sales@firma.example").unwrap()),
        envelope_to: "piotr@firma.example".into(),
        message_id: standin::model::id::MsgId::new("other@firma.example").unwrap(),
        bytes: b"Subject: other\r\n\r\nbody\r\n".to_vec(),
        expires_at: now.plus(12 * HOUR),
    };
    let mut tx = house.db.write().await.unwrap();
    store::outbox::queue(&mut tx, MailboxId(1), &mail, 99, now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn while_notices_are_stopped_none_is_claimed_and_other_mail_is(house: &House) {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let config = config(house, &sink);
    assert_eq!(decided(house, &config, "jan@acme.test", 1, NOW).await, "send");
    stop(house, NOW).await;
    other_mail(house, NOW).await;
    for worker in ["one", "other"] {
        while outbox::drain(&house.db, &house.keys, &config, worker, &|| NOW).await.unwrap() > 0 {}
    }
    assert_eq!(sink.mails().len(), 1, "the other mail alone");
    assert!(sink.heard().contains(&"RCPT TO:<piotr@firma.example>".to_owned()));
    let mut tx = house.db.read().await.unwrap();
    assert_eq!(notice_switch::waiting(&mut tx).await.unwrap(), (1, 0));
    let stopped = notice_switch::stopped(&mut tx, NOW).await.unwrap().unwrap();
    assert_eq!((stopped.by, stopped.reason.as_str()), (By::Person(None), "a test"));
    drop(tx);
    assert!(start(house, NOW.plus(MINUTE)).await);
    assert!(!start(house, NOW.plus(MINUTE)).await, "nothing stops them any more");
    sent(house, &config, NOW.plus(MINUTE)).await;
    assert_eq!(sink.mails().len(), 2);
}

async fn what_waits_while_notices_are_stopped_lapses_and_is_never_sent(house: &House) {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let config = config(house, &sink);
    assert_eq!(decided(house, &config, "jan@acme.test", 1, NOW).await, "send");
    stop(house, NOW).await;
    sent(house, &config, NOW.plus(HOUR + MINUTE)).await;
    assert_eq!(house.number("select count(*) from outbox where state = 'gave-up'").await, 1);
    assert!(start(house, NOW.plus(2 * HOUR)).await);
    sent(house, &config, NOW.plus(2 * HOUR)).await;
    assert_eq!(sink.mails().len(), 0);
    // Told or not, they count as told: nothing comes after the time.
    assert_eq!(decided(house, &config, "jan@acme.test", 2, NOW.plus(2 * HOUR)).await, "R46");
}

async fn a_notice_that_was_claimed_before_the_switch_went_off_stops_before_its_text(house: &House) {
    // The server thinks about the recipient; meanwhile somebody stops everything.
    let sink = Sink::start(Cover::Plain, &[(Step::Rcpt, Play::Pause("250 ok"))]).await;
    let config = config(house, &sink);
    assert_eq!(decided(house, &config, "jan@acme.test", 1, NOW).await, "send");
    let stopping = async {
        while !sink.heard().iter().any(|line| line.starts_with("RCPT")) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        stop(house, NOW).await;
        sink.go_on();
    };
    let (tried, ()) = tokio::join!(outbox::drain(&house.db, &house.keys, &config, "worker", &|| NOW), stopping);
    assert_eq!(tried.unwrap(), 1);
    assert_eq!(sink.mails().len(), 0);
    assert!(!sink.heard().contains(&"DATA".to_owned()), "{:?}", sink.heard());
    assert_eq!(house.number("select count(*) from outbox where state = 'queued'").await, 1, "it waits");
    sent(house, &config, NOW.plus(20 * MINUTE)).await;
    assert_eq!(sink.mails().len(), 0);
}

/// So many notices, to a sender of a domain of its own each, a second apart; how the last one ended.
async fn many(house: &House, config: &Config, from: usize, count: usize, at: Timestamp) -> String {
    let mut last = String::new();
    for n in from..from + count {
        last = decided(house, config, &format!("jan@client{n}.test"), n, at.plus(n as i64 * SECOND)).await;
    }
    last
}

/// One person may not send so many; the whole installation may.
fn wide(mut config: Config) -> Config {
    config.notice.person_hour = 1_000;
    config
}

async fn the_breaker_stops_everybody_for_an_hour_tells_the_admins_once_and_is_audited(house: &House) {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let config = wide(config(house, &sink));
    // One stands in the seed, two hours ago; the mean of a week is nothing.
    assert_eq!(many(house, &config, 0, 30, NOW).await, "send");
    assert_eq!(decided(house, &config, "jan@client31.test", 31, NOW.plus(MINUTE)).await, "R51");
    let mut tx = house.db.read().await.unwrap();
    let stopped = notice_switch::stopped(&mut tx, NOW.plus(MINUTE)).await.unwrap().unwrap();
    assert_eq!(stopped.by, By::Breaker(NOW.plus(HOUR + MINUTE)));
    let noted = store::audit::lines(&mut tx, &store::audit::Filter::default(), i64::MAX, 10).await.unwrap();
    let noted: Vec<_> = noted.iter().filter(|line| line.action == Action::NoticesStopped).collect();
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].detail, "{\"breaker\":true,\"in_the_last_hour\":30}");
    drop(tx);
    // What waits is not sent either, and another one is not decided.
    sent(house, &config, NOW.plus(2 * MINUTE)).await;
    assert_eq!(sink.mails().len(), 0);
    assert_eq!(decided(house, &config, "jan@client32.test", 32, NOW.plus(3 * MINUTE)).await, "R51");
    // Adam is the admin, and asked for nothing. Two workers tell him once.
    let looks = (0..4).map(|_| notify::run(&house.db, &house.keys, &config, NOW.plus(2 * MINUTE)));
    let told: usize = futures::future::join_all(looks).await.into_iter().map(|told| told.unwrap()).sum();
    assert_eq!(told, 1);
    sent(house, &config, NOW.plus(2 * MINUTE)).await;
    let mails = house.sink.mails();
    let alarm = String::from_utf8(mails[0].clone()).unwrap();
    assert_eq!(mails.len(), 1);
    assert!(alarm.contains("To: Adam Lewandowski <adam@firma.example>"), "{alarm}");
    assert!(alarm.contains("Subject: Standin: absence notices are stopped"), "{alarm}");
    // In words: what happened, why, until when, and where to look and what to type.
    let words = standin::parse::parse(alarm.as_bytes()).text.body.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [
        "more absence notices had gone out within an hour than ever before",
        "looks like a loop with another machine, so Standin stopped all of them",
        "by themselves",
        "/admin/autoresponder",
        "standin notice log",
        "standin notice start",
    ] {
        assert!(words.contains(text), "{text} in {words}");
    }
    assert!(!words.contains("@client"), "it names no client: {words}");
    // The hour passes: what waited has lapsed, and notices go out again by themselves.
    let later = NOW.plus(HOUR + 2 * MINUTE);
    assert_eq!(decided(house, &config, "jan@client33.test", 33, later).await, "send");
    sent(house, &config, later).await;
    assert_eq!(sink.mails().len(), 1);
    assert_eq!(notify::run(&house.db, &house.keys, &config, later).await.unwrap(), 0);
}

async fn whoevers_password_an_admin_took_is_written_to_once(house: &House) {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let config = config(house, &sink);
    let mut tx = house.db.write().await.unwrap();
    resets::note(&mut tx, UserId(ANNA), None, NOW.plus(-4 * DAY)).await.unwrap();
    resets::note(&mut tx, UserId(ANNA), Some(UserId(ANNA)), NOW).await.unwrap();
    tx.commit().await.unwrap();
    // She asked for nothing. What is long past is told no more, and two workers tell her once.
    let looks = (0..3).map(|_| notify::run(&house.db, &house.keys, &config, NOW.plus(MINUTE)));
    let told: usize = futures::future::join_all(looks).await.into_iter().map(|told| told.unwrap()).sum();
    assert_eq!(told, 1);
    assert_eq!(notify::run(&house.db, &house.keys, &config, NOW.plus(HOUR)).await.unwrap(), 0);
    sent(house, &config, NOW.plus(MINUTE)).await;
    let mails = house.sink.mails();
    assert_eq!(mails.len(), 1);
    let mail = String::from_utf8(mails[0].clone()).unwrap();
    assert!(mail.contains("anna@firma.example"), "{mail}");
    let mut tx = house.db.read().await.unwrap();
    let latest = async |tx: &mut Tx, since| resets::latest(tx, UserId(ANNA), since).await.unwrap();
    assert_eq!(
        latest(&mut tx, NOW.plus(-DAY)).await.map(|reset| (reset.at, reset.by)),
        Some((NOW, Some(UserId(ANNA))))
    );
    assert_eq!(latest(&mut tx, NOW.plus(1)).await, None);
}

async fn an_admin_who_starts_notices_after_the_breaker_gets_a_new_count(house: &House) {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let config = wide(config(house, &sink));
    assert_eq!(many(house, &config, 0, 31, NOW).await, "R51");
    assert!(start(house, NOW.plus(MINUTE)).await);
    sent(house, &config, NOW.plus(MINUTE)).await;
    assert_eq!(sink.mails().len(), 30);
    assert_eq!(many(house, &config, 40, 30, NOW.plus(2 * MINUTE)).await, "send");
    assert_eq!(many(house, &config, 80, 1, NOW.plus(2 * MINUTE)).await, "R51", "the breaker is there as before");
    // A person's stop is stronger than the breaker, and does not end by itself.
    stop(house, NOW.plus(5 * MINUTE)).await;
    let mut tx = house.db.read().await.unwrap();
    assert!(notice_switch::stopped(&mut tx, NOW.plus(30 * DAY)).await.unwrap().is_some());
}

async fn two_workers_together_send_no_more_than_the_breaker_allows(house: &House) {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let config = wide(config(house, &sink));
    let (one, other) = tokio::join!(many(house, &config, 0, 25, NOW), many(house, &config, 100, 25, NOW));
    assert!(one == "R51" || other == "R51");
    assert_eq!(house.number("select count(*) from notice_decisions where verdict = 'send' and user_id = 1").await, 31);
    assert_eq!(house.number("select count(*) from audit where action = 'notices-stopped'").await, 1);
    assert!(start(house, NOW.plus(5 * MINUTE)).await);
    let drains = (0..4).map(|n| {
        let config = &config;
        async move {
            let worker = format!("worker {n}");
            while outbox::drain(&house.db, &house.keys, config, &worker, &|| NOW.plus(5 * MINUTE)).await.unwrap() > 0 {}
        }
    });
    futures::future::join_all(drains).await;
    assert_eq!(sink.mails().len(), 30, "each once");
}

async fn the_limits_count_attempts_whatever_came_of_them(house: &House) {
    let sink = Sink::start(Cover::Plain, &[(Step::Rcpt, Play::Say("550 5.1.1 no such user"))]).await;
    let config = config(house, &sink);
    for n in 0..5 {
        let from = format!("{}@acme.test", ["jan", "ewa", "ola", "iga", "bo"][n]);
        assert_eq!(decided(house, &config, &from, n, NOW).await, "send");
        sent(house, &config, NOW).await;
    }
    assert_eq!(house.number("select count(*) from outbox where state = 'refused'").await, 5);
    assert_eq!(decided(house, &config, "six@acme.test", 6, NOW.plus(MINUTE)).await, "R51");
    assert_eq!(decided(house, &config, "jan@beta.test", 7, NOW.plus(MINUTE)).await, "send");
    assert_eq!(decided(house, &config, "seven@acme.test", 8, NOW.plus(DAY + MINUTE)).await, "send");
}

async fn the_limits_are_settings(house: &House) {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let mut narrow = config(house, &sink);
    narrow.notice.person_hour = 2;
    assert_eq!(many(house, &narrow, 0, 2, NOW).await, "send");
    assert_eq!(many(house, &narrow, 2, 1, NOW).await, "R51");
    narrow.notice.person_hour = 30;
    narrow.notice.instance_hour = 3;
    assert_eq!(many(house, &narrow, 3, 1, NOW).await, "send");
    assert_eq!(many(house, &narrow, 4, 1, NOW).await, "R51");
    narrow.notice.instance_hour = 200;
    narrow.notice.domain_day = 1;
    assert_eq!(decided(house, &narrow, "ola@client0.test", 5, NOW).await, "R51");
    narrow.notice.domain_day = 5;
    narrow.notice.breaker = 3;
    assert_eq!(many(house, &narrow, 6, 1, NOW).await, "R51");
    let mut tx = house.db.read().await.unwrap();
    assert!(matches!(notice_switch::stopped(&mut tx, NOW).await.unwrap().unwrap().by, By::Breaker(_)));
}

fn asked(sender: i64, absence: i64, repeat_after: Option<u32>) -> Asked {
    Asked { user: UserId(ANNA), absence: AbsenceId(absence), trigger: 77, sender, domain: 5, repeat_after }
}

async fn reserve(tx: &mut Tx, sender: i64, repeat_after: Option<u32>, now: Timestamp) -> bool {
    let (user, absence, outbox) = (UserId(ANNA), AbsenceId(1), standin::model::id::OutboxId(1));
    let reserved = Reserved { user, absence, sender, domain: 5, outbox, substitute: None, repeat_after };
    store::notices::reserve(tx, &reserved, now).await.unwrap()
}

async fn already(tx: &mut Tx, asked: &Asked, now: Timestamp) -> bool {
    store::notices::ledger(tx, asked, now).await.unwrap().already.is_some()
}

async fn a_sender_is_told_once_in_an_absence_and_again_after_the_pause_that_is_set(house: &House) {
    let mut tx = house.db.write().await.unwrap();
    assert!(!already(&mut tx, &asked(8, 1, None), NOW).await);
    assert!(reserve(&mut tx, 8, None, NOW).await);
    for later in [0, DAY, 300 * DAY] {
        assert!(already(&mut tx, &asked(8, 1, None), NOW.plus(later)).await);
        assert!(!reserve(&mut tx, 8, None, NOW.plus(later)).await);
    }
    let week = Some(7);
    assert!(already(&mut tx, &asked(8, 1, week), NOW.plus(7 * DAY - 1)).await);
    assert!(!reserve(&mut tx, 8, week, NOW.plus(7 * DAY - 1)).await);
    assert!(!already(&mut tx, &asked(8, 1, week), NOW.plus(7 * DAY)).await);
    assert!(reserve(&mut tx, 8, week, NOW.plus(7 * DAY)).await);
    assert!(already(&mut tx, &asked(8, 1, week), NOW.plus(7 * DAY + 1)).await, "the pause begins anew");
    // Less than a day is no pause.
    assert!(!reserve(&mut tx, 8, Some(0), NOW.plus(7 * DAY + HOUR)).await);
    tx.commit().await.unwrap();
}

async fn an_absence_that_follows_within_a_day_tells_nobody_twice_and_a_later_one_does(house: &House) {
    house.run("update absences set ends_at = 1795262400000 where id = 1").await;
    let mut tx = house.db.write().await.unwrap();
    assert!(reserve(&mut tx, 8, None, NOW.plus(-HOUR)).await);
    tx.commit().await.unwrap();
    // Entered and begun so long after the end of the first one.
    for (id, entered, begins, told) in [
        (2_i64, HOUR, HOUR, true),
        (3, 23 * HOUR, -2 * DAY, true),
        (4, 25 * HOUR, -2 * DAY, false),
        (5, HOUR, 25 * HOUR, false),
        (6, -20 * DAY, 100 * DAY, false),
    ] {
        let into = "absences (id, user_id, first_day, zone, starts_at, ends_at, notice, notice_since, created_at)";
        let (starts, created) = (NOW.plus(begins).0, NOW.plus(entered).0);
        let row = vec![
            id.into(),
            ANNA.into(),
            "2026-12-01".into(),
            "Europe/Warsaw".into(),
            starts.into(),
            (starts + 5 * DAY).into(),
            true.into(),
            created.into(),
            created.into(),
        ];
        house.put(into, row).await;
        let mut tx = house.db.read().await.unwrap();
        let now = NOW.plus(begins.max(entered) + HOUR);
        assert_eq!(already(&mut tx, &asked(8, id, None), now).await, told, "absence {id}");
    }
}

async fn the_ledger_is_forgotten_ninety_days_after_the_end(house: &House) {
    let ended = NOW.plus(6 * DAY + 11 * HOUR);
    let count = "select count(*) from notices";
    for (now, left) in [(ended.plus(90 * DAY), 1), (ended.plus(90 * DAY + 1), 0)] {
        let mut tx = house.db.write().await.unwrap();
        store::notices::forget(&mut tx, now.plus(-90 * DAY)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(house.number(count).await, left);
    }
    assert!(house.number("select count(*) from notice_decisions").await > 0, "R6: decisions stay");
}

async fn a_notice_is_known_by_the_id_that_the_server_gave_it(house: &House) {
    let gives = [(Step::Dot, Play::Say("250 2.6.0 <renamed@host.prod.test> [InternalId=7] Queued mail for delivery"))];
    let sink = Sink::start(Cover::Plain, &gives).await;
    let config = config(house, &sink);
    assert_eq!(decided(house, &config, "jan@acme.test", 1, NOW).await, "send");
    sent(house, &config, NOW).await;
    let key = |id: &str| house.keys.id(&standin::model::id::MsgId::new(id).unwrap());
    let (given, other) = (key("renamed@host.prod.test"), key("other@host.prod.test"));
    let mut tx = house.db.read().await.unwrap();
    // An answer to it is an answer to us (R34), and a report about it is about our notice (R109).
    assert_eq!(store::outbox::ours(&mut tx, &[given, other]).await.unwrap(), [given]);
    let notices = store::automatic::notices(&mut tx, &[given, other]).await.unwrap();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[&given].to.as_str(), "jan@acme.test");
    drop(tx);
    // A server that keeps the id says nothing new.
    let keeps = Sink::start(Cover::Plain, &[]).await;
    let mut config = config;
    config.mailbox[1].smtp.as_mut().unwrap().port = Some(keeps.port);
    assert_eq!(decided(house, &config, "ola@acme.test", 2, NOW).await, "send");
    sent(house, &config, NOW).await;
    assert_eq!(house.number("select count(*) from outbox where given_key is not null").await, 1);
}

async fn the_reverse_path_that_was_used_is_written_down(house: &House) {
    let refuses = [(Step::Mail, Play::Refuse("MAIL FROM:<>", "553 5.7.1 <>: sender address rejected"))];
    let sink = Sink::start(Cover::Plain, &refuses).await;
    let mut config = config(house, &sink);

    assert_eq!(decided(house, &config, "jan@acme.test", 1, NOW).await, "send");
    sent(house, &config, NOW).await;
    assert_eq!(house.number("select count(*) from outbox where state = 'refused' and sent_from = ''").await, 1);
    config.notice.bounce_address = "bounces@firma.example".into();
    assert_eq!(decided(house, &config, "ola@acme.test", 2, NOW).await, "send");
    sent(house, &config, NOW).await;
    let bounces = "select count(*) from outbox where state = 'sent' and sent_from = 'bounces@firma.example'";
    assert_eq!(house.number(bounces).await, 1);
    config.mailbox[1].bounce_address = Some("annas.bounces@firma.example".into());
    assert_eq!(decided(house, &config, "ewa@acme.test", 3, NOW).await, "send");
    sent(house, &config, NOW).await;
    let annas = "select count(*) from outbox where state = 'sent' and sent_from = 'annas.bounces@firma.example'";
    assert_eq!(house.number(annas).await, 1);
    let free = Sink::start(Cover::Plain, &[]).await;
    config.mailbox[1].smtp.as_mut().unwrap().port = Some(free.port);
    assert_eq!(decided(house, &config, "bo@acme.test", 4, NOW).await, "send");
    sent(house, &config, NOW).await;
    assert_eq!(house.number("select count(*) from outbox where state = 'sent' and sent_from = ''").await, 1);
    assert_eq!(free.heard()[1], "EHLO [127.0.0.1]");
}

async fn the_persons_own_address_is_a_reverse_path_only_where_the_settings_say_so(house: &House) {
    let refuses = [(Step::Mail, Play::Refuse("MAIL FROM:<>", "553 5.7.1 <>: sender address rejected"))];
    let sink = Sink::start(Cover::Plain, &refuses).await;
    let mut config = config(house, &sink);
    // A bounce address that is her own is none.
    config.notice.bounce_address = "Anna@firma.example".into();
    assert_eq!(decided(house, &config, "jan@acme.test", 1, NOW).await, "send");
    sent(house, &config, NOW).await;
    assert_eq!(house.number("select count(*) from outbox where state = 'refused'").await, 1);
    config.notice.own_reverse_path = true;
    assert_eq!(decided(house, &config, "ola@acme.test", 2, NOW).await, "send");
    sent(house, &config, NOW).await;
    let own = "select count(*) from outbox where state = 'sent' and sent_from = 'anna@firma.example'";
    assert_eq!(house.number(own).await, 1);
}

async fn a_responder_that_was_seen_counts_for_a_time_and_until_the_server_says_no(house: &House) {
    use store::mailboxes::{responder, responder_seen, sieve_failed, sieve_said};
    let (anna, box_) = (UserId(ANNA), MailboxId(1));
    let mut tx = house.db.write().await.unwrap();
    assert_eq!(responder(&mut tx, box_, 14, NOW).await.unwrap(), None);
    assert_eq!(responder_seen(&mut tx, anna, NOW).await.unwrap(), 1);
    assert!(!responder(&mut tx, box_, 14, NOW.plus(DAY)).await.unwrap().unwrap().by_sieve);
    assert_eq!(responder(&mut tx, box_, 14, NOW.plus(15 * DAY)).await.unwrap(), None, "not seen any more");
    assert_eq!(responder(&mut tx, MailboxId(3), 14, NOW).await.unwrap(), None, "Kamil's is another mailbox");
    sieve_failed(&mut tx, box_, "no answer").await.unwrap();
    assert!(responder(&mut tx, box_, 14, NOW).await.unwrap().is_some(), "no answer changes nothing");
    sieve_said(&mut tx, box_, false, "none", NOW.plus(HOUR)).await.unwrap();
    assert_eq!(responder(&mut tx, box_, 14, NOW.plus(HOUR)).await.unwrap(), None);
    assert_eq!(responder_seen(&mut tx, anna, NOW.plus(MINUTE)).await.unwrap(), 0, "older than what the server said");
    sieve_said(&mut tx, box_, true, "holiday", NOW.plus(2 * HOUR)).await.unwrap();
    assert!(responder(&mut tx, box_, 14, NOW.plus(2 * HOUR)).await.unwrap().unwrap().by_sieve);
    let all = store::mailboxes::own_servers(&mut tx, Some(anna), 14, NOW.plus(2 * HOUR)).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].asked, Some((NOW.plus(2 * HOUR), "holiday".to_owned())));
    tx.commit().await.unwrap();
}

//! Faults that other programs had or have, each in the shape that fooled it, through our own way in: the
//! mail is parsed, classified, decided about and answered as any other, on both databases.
//!
//! The program and its fault stand above each test. What is right is docs/rules.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::notice_clock::{Desk, at, client};
use crate::support::firm::Kind;
use standin::actions::import::What;
use standin::model::cursor::{Arrival, Role};
use standin::model::mail::{Author, Channel};
use standin::model::record::Kind as RecordKind;
use standin::model::time::{DAY, MINUTE, Timestamp};
use standin::parse::parse;

macro_rules! on_both {
    ($($sentence:ident)*) => {$(
        mod $sentence {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() { super::$sentence(super::Kind::Sqlite).await }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() { super::$sentence(super::Kind::Postgres).await }
        }
    )*};
}

on_both! {
    a_list_of_suppressions_is_read_whole_and_words_make_no_bounce
    a_field_counts_by_its_value_and_ten_mails_in_three_hours_get_one_notice
    every_keyword_counts_and_references_come_before_a_number_in_the_subject
    words_in_an_address_or_a_subject_are_no_header_field
    case_comments_and_space_around_a_no_make_nobody_a_machine
    suppressions_are_compared_without_case_and_wherever_they_stand
    the_second_field_of_a_name_counts_as_the_first_does
    a_notice_says_what_it_is_and_silence_lasts_for_the_whole_absence
    midnight_empties_no_cap
    nobody_can_ask_for_an_answer
}

/// Anna is away, and whoever writes is known.
async fn desk(kind: Kind) -> Desk {
    let desk = Desk::open(kind).await;
    desk.away("anna", "2026-02-20", Some("2026-04-30")).await;
    desk.set(at("2026-02-20T16:00:00Z"));
    desk
}

/// A mail to Anna; `fields` end in CRLF each.
fn letter(from: &str, id: &str, fields: &str, body: &str) -> Vec<u8> {
    let subject = if fields.contains("Subject:") { "" } else { "Subject: Pumps\r\n" };
    let sender = if fields.contains("Return-Path:") { String::new() } else { format!("Return-Path: <{from}>\r\n") };
    let (before, fields) = match fields.split_once("Return-Path:") {
        Some((_, rest)) => {
            let (path, rest) = rest.split_once("\r\n").unwrap();
            (format!("Return-Path:{path}\r\n"), rest)
        }
        None => (sender, fields),
    };
    format!(
        "{before}Received: from x by mx.firma.example; Fri, 20 Feb 2026 15:59:00 +0000\r\nFrom: <{from}>\r\n\
         To: <anna@firma.example>\r\n{subject}Date: Fri, 20 Feb 2026 15:59:00 +0000\r\nMessage-ID: <{id}@x.test>\r\n\
         {fields}\r\n{body}\r\n"
    )
    .into_bytes()
}

/// What is decided about a mail that has just come: `send` or a rule.
async fn decided(desk: &Desk, raw: Vec<u8>) -> String {
    let before = desk.decisions();
    desk.take("anna", Role::Inbox, Arrival::Live, desk.now().plus(-1000), raw).await;
    let new = desk.decisions().into_iter().find(|decision| !before.contains(decision));
    new.expect("something is decided").rsplit(' ').next().unwrap().to_owned()
}

/// As `decided`, for a mail that differs from an ordinary one by these fields; from another client each time.
async fn with(desk: &Desk, n: usize, fields: &str) -> String {
    decided(desk, letter(&client(n), &format!("m{n}"), fields, "Can you deliver?")).await
}

/// To whom the notices go and what they say, latest last.
fn notices(desk: &Desk) -> Vec<(String, String)> {
    let rows = desk.company.rows("select envelope_to || ' ' || {hex:bytes} from outbox order by id");
    let bytes =
        |hex: &str| (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[n * 2..n * 2 + 2], 16).unwrap()).collect();
    rows.iter()
        .map(|row| {
            let (to, hex) = row.split_once(' ').unwrap();
            (to.to_owned(), String::from_utf8(bytes(hex)).unwrap())
        })
        .collect()
}

/// Further people as contacts, by their addresses.
async fn know(desk: &Desk, addresses: &[&str]) {
    let mut rows = String::from("external_id,name,owner,account,emails\n");
    addresses.iter().for_each(|address| rows += &format!("x-{address},Canary Contact,anna,,{address}\n"));
    desk.import(What::Records(RecordKind::Contact), &rows).await;
}

/// EspoCRM compares the whole of X-Auto-Response-Suppress with one word; finds bounces by a class of
/// characters and by the first `Status:` anywhere; takes every postmaster for a machine; fills its
/// template from all fields; answers the From address; sets no References.
async fn a_list_of_suppressions_is_read_whole_and_words_make_no_bounce(kind: Kind) {
    let desk = desk(kind).await;
    assert_eq!(with(&desk, 0, "X-Auto-Response-Suppress: DR, OOF, AutoReply\r\n").await, "R24");
    let words =
        "We have a permanent e-mail address now; permanent failures are over.\r\nStatus: 5.1.1\r\nAction: failed";
    let raw = letter(&client(1), "words", "References: <a@x.test> <b@x.test>\r\n", words);
    let read = parse(&raw);
    assert_eq!((read.author, read.channel), (Author::Human, Channel::Direct));
    assert_eq!(decided(&desk, raw).await, "send");
    know(&desk, &["postmaster@acme2.test"]).await;
    let raw = letter("postmaster@acme2.test", "postmaster", "", "Can you deliver?");
    assert!(parse(&raw).author.is_human());
    assert_eq!(decided(&desk, raw).await, "send");
    // The reverse path is answered, not the author.
    let raw = letter(&client(3), "path", "Return-Path: <jan@mail.acme3.test>\r\n", "Can you deliver?");
    assert_eq!(decided(&desk, raw).await, "send");
    let sent = notices(&desk);
    let to: Vec<&str> = sent.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, [client(1).as_str(), "postmaster@acme2.test", "jan@mail.acme3.test"]);
    assert!(sent[0].1.contains("\r\nReferences: <a@x.test> <b@x.test> <words@x.test>\r\n"), "{}", sent[0].1);
    assert!(sent.iter().all(|(_, text)| !text.contains("Client") && !text.contains("Canary")), "{sent:?}");
    desk.close().await;
}

/// FreeScout takes any Auto-Submitted for a machine's, compares Precedence with case, sent up to ten
/// answers in three hours, and replaces References.
async fn a_field_counts_by_its_value_and_ten_mails_in_three_hours_get_one_notice(kind: Kind) {
    let desk = desk(kind).await;
    assert_eq!(with(&desk, 0, "Auto-Submitted: no\r\nReferences: <one@x.test>\r\n <two@x.test>\r\n").await, "send");
    let sent = notices(&desk).remove(0).1;
    assert!(sent.contains("\r\nReferences: <one@x.test> <two@x.test> <m0@x.test>\r\n"), "{sent}");
    assert_eq!(with(&desk, 1, "Precedence: BULK\r\n").await, "R23");
    assert_eq!(with(&desk, 2, "Precedence: Auto_Reply\r\n").await, "R23");
    for n in 0..10 {
        desk.set(desk.now().plus(18 * MINUTE));
        let raw = letter(&client(3), &format!("again{n}"), "", &format!("Number {n}: can you deliver?"));
        assert_eq!(decided(&desk, raw).await, if n == 0 { "send" } else { "R46" }, "{n}");
    }
    desk.close().await;
}

/// Zammad knew two keywords of Auto-Submitted, only `all` of the suppressions, a List-Unsubscribe of three
/// characters at least, and let a number in the subject win over the references.
async fn every_keyword_counts_and_references_come_before_a_number_in_the_subject(kind: Kind) {
    let desk = desk(kind).await;
    let fields = [
        ("Auto-Submitted: auto-notified; owner-email=\"jan@acme.test\"\r\n", "R19"),
        ("Auto-Submitted: x-answered-by-a-robot\r\n", "R19"),
        ("X-Auto-Response-Suppress: OOF\r\n", "R24"),
        ("List-Unsubscribe: -\r\n", "R21"),
        ("List-Unsubscribe:\r\n", "R21"),
    ];
    for (n, (field, rule)) in fields.into_iter().enumerate() {
        assert_eq!(with(&desk, n, field).await, rule, "{field}");
    }
    let tables = [
        (RecordKind::Account, "external_id,name,owner,domains\nacme,Acme,anna,acme9.test\n".to_owned()),
        (RecordKind::Contact, format!("external_id,name,owner,account,emails\nc9,Client,anna,acme,{}\n", client(9))),
        (
            RecordKind::Opportunity,
            "external_id,name,owner,account,number\no1,Pumps,anna,acme,OP-1\no2,Pipes,anna,acme,OP-2\n".to_owned(),
        ),
    ];
    for (kind, text) in tables {
        desk.import(What::Records(kind), &text).await;
    }
    let now = desk.now();
    let offer = format!(
        "From: <anna@firma.example>\r\nTo: <{}>\r\nSubject: [OP-1] our offer\r\nDate: Fri, 20 Feb 2026 12:00:00 +0000\r\n\
         Message-ID: <offer@firma.example>\r\n\r\nTwelve pumps.\r\n",
        client(9)
    );
    desk.take("anna", Role::Sent, Arrival::Live, now.plus(-DAY), offer.into_bytes()).await;
    let fields =
        "Subject: Re: [OP-2] pipes\r\nIn-Reply-To: <offer@firma.example>\r\nReferences: <offer@firma.example>\r\n";
    desk.take("anna", Role::Inbox, Arrival::Live, now, letter(&client(9), "answer", fields, "Yes please.")).await;
    let regards =
        "select r.external_id from mails m join records r on r.id = m.regarding_id where m.subject like '%OP-2%'";
    assert_eq!(desk.company.rows(regards), ["o1"]);
    desk.close().await;
}

/// Discourse looks through the whole header with one expression, which a person's address trips, and its
/// table of subjects has a damaged entry.
async fn words_in_an_address_or_a_subject_are_no_header_field(kind: Kind) {
    let desk = desk(kind).await;
    know(&desk, &["auto-response@acme20.test"]).await;
    let raw = letter("auto-response@acme20.test", "address", "", "Can you deliver?");
    assert_eq!(decided(&desk, raw).await, "send");
    let subject = "Subject: Precedence: bulk, Auto-Submitted: auto-replied and List-Id: what do they mean?\r\n";
    assert_eq!(with(&desk, 0, subject).await, "send");
    assert_eq!(with(&desk, 1, "X-Note: Auto-Submitted: auto-replied\r\n\tPrecedence: bulk\r\n").await, "send");
    // Automatic subjects of many languages are known, however their accents are written.
    let subjects = [
        "Réponse automatique : pompes",
        "Re\u{301}ponse automatique: pompes",
        "Automatyczna odpowiedź: pompy",
        "Automatische Antwort: Pumpen",
        "Автоматический ответ: насосы",
        "自動応答: ポンプ",
        "Automatikus válasz: szivattyú",
    ];
    for (n, subject) in subjects.into_iter().enumerate() {
        assert_eq!(with(&desk, 2 + n, &format!("Subject: {subject}\r\n")).await, "R43", "{subject}");
    }
    desk.close().await;
}

/// RT compares Auto-Submitted with `no` as it stands, and takes every postmaster for a machine.
async fn case_comments_and_space_around_a_no_make_nobody_a_machine(kind: Kind) {
    let desk = desk(kind).await;
    let values = ["No", "NO", " no ", "no (typed by hand)", "(typed by hand) No ; x-note=1", "no;", "\r\n\tno"];
    for (n, value) in values.into_iter().enumerate() {
        assert_eq!(with(&desk, n, &format!("Auto-Submitted: {value}\r\n")).await, "send", "{value:?}");
    }
    know(&desk, &["postmaster@acme21.test"]).await;
    let raw = letter("postmaster@acme21.test", "postmaster", "Auto-Submitted: No\r\n", "Is your server down?");
    assert_eq!(decided(&desk, raw).await, "send");
    desk.close().await;
}

/// osTicket compares the suppressions in capitals with a word that has none, at their beginning only, and
/// does not know OOF and All.
async fn suppressions_are_compared_without_case_and_wherever_they_stand(kind: Kind) {
    let desk = desk(kind).await;
    let values = [
        ("AutoReply", "R25"),
        ("autoreply", "R25"),
        ("DR, AutoReply", "R25"),
        ("rn,oof", "R24"),
        ("ALL", "R24"),
        ("DR, NDR, RN, NRN, all", "R24"),
        ("DR, NDR, RN, NRN", "send"),
        ("None", "send"),
    ];
    for (n, (value, expected)) in values.into_iter().enumerate() {
        let field = format!("X-Auto-Response-Suppress: {value}\r\n");
        assert_eq!(with(&desk, n, &field).await, expected, "{value}");
    }
    desk.close().await;
}

/// Pigeonhole and Cyrus take a `no` with a comment or a parameter for a machine's; Cyrus reads only the
/// first field of a name.
async fn the_second_field_of_a_name_counts_as_the_first_does(kind: Kind) {
    let desk = desk(kind).await;
    let fields = [
        ("Auto-Submitted: no (vacation is over); by=hand\r\n", "send"),
        ("Auto-Submitted: no\r\nAuto-Submitted: auto-replied\r\n", "R19"),
        ("Precedence: first-class\r\nPrecedence: list\r\n", "R23"),
        ("X-Auto-Response-Suppress: DR\r\nX-Auto-Response-Suppress: OOF\r\n", "R24"),
        ("X-Spam-Flag: NO\r\nX-Spam-Flag: YES\r\n", "R35"),
    ];
    for (n, (fields, expected)) in fields.into_iter().enumerate() {
        assert_eq!(with(&desk, n, fields).await, expected, "{fields}");
    }
    desk.close().await;
}

/// gromox writes notices without Auto-Submitted and In-Reply-To, in HTML alone, and is silent for a day.
async fn a_notice_says_what_it_is_and_silence_lasts_for_the_whole_absence(kind: Kind) {
    let desk = desk(kind).await;
    assert_eq!(with(&desk, 0, "").await, "send");
    let sent = notices(&desk).remove(0).1;
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    for (field, times) in [
        ("Auto-Submitted: auto-replied", 1),
        ("In-Reply-To: <m0@x.test>", 1),
        ("X-Auto-Response-Suppress: All", 1),
        ("Content-Type: text/plain; charset=utf-8", 1),
        ("text/html", 0),
    ] {
        assert_eq!(head.matches(field).count(), times, "{field}: {sent}");
    }
    assert!(!body.contains('<') && body.contains("automatic reply"), "{body}");
    for days in [1, 2, 8, 40] {
        desk.set(at("2026-02-20T16:00:00Z").plus(days * DAY));
        let raw = letter(&client(0), &format!("later{days}"), "", &format!("After {days} days: can you deliver?"));
        assert_eq!(decided(&desk, raw).await, "R46", "after {days} days");
    }
    desk.close().await;
}

/// Znuny counts by calendar day, so that a loop goes on after midnight.
async fn midnight_empties_no_cap(kind: Kind) {
    let desk = desk(kind).await;
    let people: Vec<String> = (0..8).map(|n| format!("p{}@loop.test", char::from(b'a' + n))).collect();
    know(&desk, &people.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let write = async |n: usize, when: Timestamp| {
        desk.set(when);
        decided(&desk, letter(&people[n], &format!("loop{n}"), "", &format!("Number {n}"))).await
    };
    // In Warsaw and by the clock of the world: before midnight, and after each of both.
    let evening = at("2026-02-21T22:50:00Z");
    for n in 0..5 {
        assert_eq!(write(n, evening.plus(n as i64 * MINUTE)).await, "send", "{n}");
    }
    assert_eq!(write(5, at("2026-02-21T23:10:00Z")).await, "R51");
    assert_eq!(write(6, at("2026-02-22T00:10:00Z")).await, "R51");
    assert_eq!(write(7, evening.plus(DAY + MINUTE)).await, "send", "a whole day later");
    desk.close().await;
}

/// Mailman 2 answers whoever writes `X-Ack: yes`.
async fn nobody_can_ask_for_an_answer(kind: Kind) {
    let desk = desk(kind).await;
    assert_eq!(with(&desk, 0, "X-Ack: yes\r\n").await, "send", "it changes nothing");
    assert_eq!(with(&desk, 1, "X-Ack: yes\r\nPrecedence: bulk\r\n").await, "R23");
    assert_eq!(with(&desk, 2, "X-Ack: yes\r\nAuto-Submitted: auto-replied\r\n").await, "R19");
    assert_eq!(with(&desk, 3, "X-Ack: no\r\n").await, "R26");
    let raw = letter(&client(0), "again", "X-Ack: yes\r\n", "Once more: can you deliver?");
    assert_eq!(decided(&desk, raw).await, "R46");
    let raw = letter("stranger@nowhere.test", "stranger", "X-Ack: yes\r\n", "Do you read this?");
    assert_eq!(decided(&desk, raw).await, "R38");
    desk.close().await;
}

//! One session against a server that misbehaves: each fault of the field, and what it must end
//! in. P7 is looked at after every story: nothing but reading was ever sent.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::support::scripted::{BARE, EXCHANGE, FULL, GMAIL, Misbehaviour, Scripted};
use chrono::NaiveDate;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use standin::config::{Auth, Security, Server};
use standin::imap::{Limits, Session, Trouble, What, Woke, connect};
use standin::model::cursor::Role;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn limits() -> Limits {
    Limits { quiet: Duration::from_secs(5), connect: Duration::from_secs(5), max_literal: 8 << 20 }
}

fn hasty() -> Limits {
    Limits { quiet: Duration::from_secs(1), connect: Duration::from_secs(1), ..limits() }
}

fn settings(port: u16) -> Server {
    Server {
        host: "127.0.0.1".into(),
        port: Some(port),
        security: Security::Plain,
        user: Some("anna".into()),
        auth: Auth::Plain,
        secret_file: None,
        secret_env: None,
        secret_command: Some(vec!["echo".into(), "secret".into()]),
        ca_file: None,
        typed: None,
    }
}

fn mail(number: usize) -> Vec<u8> {
    format!(
        "Message-ID: <{number}@example.org>\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\nFrom: a@example.org\r\nSubject: {number}\r\n\r\nHello {number}\r\n"
    )
    .into_bytes()
}

async fn server(count: usize) -> Scripted {
    Scripted::start((1..=count).map(mail).collect()).await
}

async fn opened(server: &Scripted) -> Session {
    let mut session = connect(&settings(server.port), &limits()).await.unwrap();
    session.examine("INBOX").await.unwrap();
    session
}

/// Bodies by UID until the end or trouble.
async fn bodies(session: &mut Session, uids: &[u32]) -> (Vec<(u32, Vec<u8>)>, Result<(), Trouble>) {
    let mut got = Vec::new();
    let mut bodies = session.fetch(uids);
    loop {
        match bodies.next().await {
            Ok(Some(mail)) => got.push(mail),
            Ok(None) => return (got, Ok(())),
            Err(trouble) => return (got, Err(trouble)),
        }
    }
}

fn later(result: Result<impl std::fmt::Debug, Trouble>) -> What {
    match result.unwrap_err() {
        Trouble::Later(cause) => cause.what,
        stop => panic!("{stop:?}"),
    }
}

fn stopped(result: Result<impl std::fmt::Debug, Trouble>) -> What {
    match result.unwrap_err() {
        Trouble::Stop(cause) => cause.what,
        later => panic!("{later:?}"),
    }
}

fn only_read(server: &Scripted) {
    assert_eq!(server.writing_commands(), Vec::<String>::new());
}

#[tokio::test]
async fn a_mailbox_is_read_without_a_change_at_the_server() {
    let server = server(7).await;
    let mut session = connect(&settings(server.port), &limits()).await.unwrap();
    let folders = session.folders().await.unwrap();
    let roles: Vec<Role> = folders.iter().map(|folder| folder.role).collect();
    assert_eq!(roles, [Role::Inbox, Role::Sent]);
    let before = session.status("INBOX").await.unwrap();
    assert_eq!((before.total, before.uid_next, before.validity, before.last), (7, 8, 7, None));
    let snapshot = session.examine("INBOX").await.unwrap();
    assert_eq!((snapshot.total, snapshot.uid_next, snapshot.last, snapshot.modseq), (7, 8, Some(7), None));
    let seen = session.survey(3, 500).await.unwrap();
    assert_eq!(seen.iter().map(|row| row.uid).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
    assert!(seen.iter().all(|row| row.size == mail(3).len() as u64 && row.internal_date.is_some()));
    let (got, ended) = bodies(&mut session, &[7, 3, 3, 12]).await;
    ended.unwrap();
    assert_eq!(got, [(3, mail(3)), (7, mail(7))]);
    assert_eq!(session.large_body(5, 1 << 20).await.unwrap(), Some(mail(5)));
    assert_eq!(session.large_body(5, 10).await.unwrap().unwrap(), &mail(5)[..10]);
    assert_eq!(session.large_body(50, 1 << 20).await.unwrap(), None);
    assert!(session.header(4).await.unwrap().unwrap().ends_with(b"Subject: 4\r\n\r\n"));
    assert_eq!(session.header(40).await.unwrap(), None);
    let keys = session.keys(6, 100).await.unwrap();
    assert_eq!(
        keys.iter().map(|(uid, size, _)| (*uid, *size)).collect::<Vec<_>>(),
        [(6, 149), (7, 149)].map(|(uid, _)| (uid, mail(uid as usize).len() as u64))
    );
    assert!(keys[0].2.starts_with(b"Message-ID: <6@example.org>\r\n"));
    assert_eq!(session.uids(2, u32::MAX).await.unwrap(), [2, 3, 4, 5, 6, 7]);
    session.noop().await.unwrap();
    assert_eq!(session.repairs().total(), 0);
    session.logout().await;
    only_read(&server);
}

#[tokio::test]
async fn a_large_mail_comes_in_slices_and_a_server_without_them_still_gives_it() {
    let large: Vec<u8> = (0..3_500_000u32).map(|n| (n % 251) as u8).collect();
    let server = Scripted::start(vec![large.clone()]).await;
    let mut session = opened(&server).await;
    assert!(session.large_body(1, 1 << 30).await.unwrap().unwrap() == large);
    assert!(session.large_body(1, 2_000_000).await.unwrap().unwrap() == large[..2_000_000]);
    server.misbehave(Misbehaviour::NoPartial);
    assert!(session.large_body(1, 1 << 30).await.unwrap().unwrap() == large);
    only_read(&server);
}

#[tokio::test]
async fn a_fetch_that_ends_in_no_counts_what_came_and_is_no_success() {
    let server = server(5).await;
    let mut session = opened(&server).await;
    server.misbehave(Misbehaviour::FetchEnds { after: 2, with: "NO [UNAVAILABLE] some are gone" });
    let (got, ended) = bodies(&mut session, &[1, 2, 3, 4, 5]).await;
    assert_eq!(got.len(), 2);
    assert_eq!(later(ended), What::Refused);
    server.behave();
    let (rest, ended) = bodies(&mut session, &[3, 4, 5]).await;
    ended.unwrap();
    assert_eq!(rest.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), [3, 4, 5]);
    server.misbehave(Misbehaviour::Answer("UID FETCH", "NO not now"));
    assert_eq!(later(session.survey(1, 5).await), What::Refused);
    assert_eq!(later(session.uids(1, 5).await), What::Refused);
    server.misbehave(Misbehaviour::Answer("UID SEARCH", "NO not now"));
    assert_eq!(later(session.since_uid(NaiveDate::from_ymd_opt(2026, 11, 1).unwrap()).await), What::Refused);
    assert!(session.usable());
}

#[tokio::test]
async fn a_throttle_is_obeyed_with_the_time_the_server_names() {
    let server = server(3).await;
    let mut session = opened(&server).await;
    let words = "BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds";
    server.misbehave(Misbehaviour::FetchEnds { after: 0, with: words });
    let (got, ended) = bodies(&mut session, &[1, 2, 3]).await;
    assert!(got.is_empty());
    let Trouble::Later(cause) = ended.unwrap_err() else { panic!() };
    assert_eq!((cause.what, cause.wait), (What::Throttled, Some(Duration::from_millis(92_415))));
    server.misbehave(Misbehaviour::Answer("UID FETCH", "NO [OVERQUOTA] Account exceeded command or bandwidth limits."));
    assert_eq!(later(session.survey(1, 3).await), What::Throttled);
    server.behave();
    assert_eq!(session.survey(1, 3).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_connection_closed_between_two_answers_is_no_short_success() {
    let server = server(5).await;
    let mut session = opened(&server).await;
    server.misbehave(Misbehaviour::CloseInFetch { after: 2 });
    let (got, ended) = bodies(&mut session, &[1, 2, 3, 4, 5]).await;
    assert_eq!(got.len(), 2);
    assert_eq!(later(ended), What::Closed);
    assert!(!session.usable());
    assert_eq!(later(session.noop().await), What::Closed);
}

#[tokio::test]
async fn a_connection_cut_after_any_octet_hands_over_whole_mails_only() {
    let server = server(4).await;
    for octets in (0..700).step_by(7) {
        let mut session = opened(&server).await;
        server.misbehave(Misbehaviour::CutFetch(octets));
        let (got, ended) = bodies(&mut session, &[1, 2, 3, 4]).await;
        for (uid, raw) in got {
            assert_eq!(raw, mail(uid as usize), "after {octets}");
        }
        if let Err(trouble) = ended {
            assert_eq!(trouble.cause().what, What::Closed, "after {octets}: {trouble:?}");
        } else {
            assert!(octets > 600, "success after {octets}");
        }
        server.behave();
    }
}

#[tokio::test]
async fn silence_ends_in_a_timeout_and_the_session_is_dead() {
    let server = server(3).await;
    let mut session = connect(&settings(server.port), &hasty()).await.unwrap();
    session.examine("INBOX").await.unwrap();
    server.misbehave(Misbehaviour::Silence("UID FETCH"));
    let began = Instant::now();
    assert_eq!(later(session.survey(1, 3).await), What::Timeout);
    assert!(began.elapsed() < Duration::from_secs(4));
    assert_eq!(later(session.examine("INBOX").await), What::Closed);
    server.misbehave(Misbehaviour::Silence("CAPABILITY"));
    assert_eq!(later(connect(&settings(server.port), &hasty()).await), What::Timeout);
}

#[tokio::test]
async fn a_dropped_call_leaves_a_session_that_refuses_to_go_on() {
    let server = server(3).await;
    let mut session = opened(&server).await;
    server.misbehave(Misbehaviour::Silence("UID FETCH"));
    let dropped = tokio::time::timeout(Duration::from_millis(50), session.survey(1, 3)).await;
    assert!(dropped.is_err());
    server.behave();
    assert_eq!(later(session.survey(1, 3).await), What::Closed);
    assert_eq!(later(session.idle(Duration::from_secs(1)).await), What::Closed);
}

#[tokio::test]
async fn a_fetch_that_is_given_up_half_way_ends_the_session() {
    let server = server(3).await;
    let mut session = opened(&server).await;
    assert!(session.fetch(&[1, 2, 3]).next().await.unwrap().is_some());
    assert_eq!(later(session.noop().await), What::Closed);
}

#[tokio::test]
async fn whatever_uidnext_claims_the_last_mail_is_found() {
    let server = server(9).await;
    let mut session = opened(&server).await;
    for claim in [None, Some(0), Some(3), Some(10), Some(4_000_000_000)] {
        for status in [false, true] {
            server.behave();
            server.misbehave(Misbehaviour::UidNext { claim, status });
            let snapshot = session.examine("INBOX").await.unwrap();
            assert_eq!((snapshot.end(), snapshot.last), (10, Some(9)), "{claim:?}");
            assert!(snapshot.uid_next >= 10, "{claim:?}");
            let empty = session.examine("Sent").await.unwrap();
            assert_eq!((empty.end(), empty.total), (1, 0));
        }
    }
}

#[tokio::test]
async fn a_renumbered_folder_shows_its_new_validity() {
    let server = server(3).await;
    let mut session = opened(&server).await;
    server.expunge("INBOX", 1);
    server.renumber("INBOX");
    let snapshot = session.examine("INBOX").await.unwrap();
    assert_eq!((snapshot.validity, snapshot.end()), (8, 3));
}

#[tokio::test]
async fn an_empty_list_is_trouble_and_never_no_folders() {
    let server = server(1).await;
    let mut session = opened(&server).await;
    server.misbehave(Misbehaviour::EmptyList);
    assert_eq!(later(session.folders().await), What::Protocol);
    server.behave();
    server.misbehave(Misbehaviour::Answer("LIST \"\" \"*\" RETURN", "BAD what"));
    assert_eq!(session.folders().await.unwrap().len(), 2);
    server.misbehave(Misbehaviour::Answer("LIST", "NO [UNAVAILABLE] later"));
    assert_eq!(later(session.folders().await), What::Refused);
}

#[tokio::test]
async fn lines_that_break_the_parser_break_nothing() {
    use Misbehaviour::*;
    let faults = [
        NoDate,
        LeadingNul,
        BlankLines,
        BareNewlines,
        DoubleSpaces,
        Foreign,
        Alert,
        Between("* ESEARCH (TAG \"A1\") UID ALL 1:3"),
        Between("complete nonsense ((("),
        Between("* 1 FETCH (UID 1 BODYSTRUCTURE ((((((((((((((((((((((((((((((((((("),
        Between("* OK [ALERT]żółw"),
        Between("* 2 FETCH (UID 2 INTERNALDATE NIL)"),
        Between("* 1 FETCH (UID 2 BINARY[] {4}\r\nabcd)"),
        Between("* 3 FETCH (BODY[] {0}\r\n)"),
    ];
    for fault in faults {
        let server = server(3).await;
        server.misbehave(fault.clone());
        let mut session = connect(&settings(server.port), &limits()).await.unwrap();
        assert_eq!(session.examine("INBOX").await.unwrap().end(), 4, "{fault:?}");
        let seen = session.survey(1, 500).await.unwrap();
        assert_eq!(seen.iter().map(|row| row.uid).collect::<Vec<_>>(), [1, 2, 3], "{fault:?}");
        assert_eq!(seen.iter().any(|row| row.internal_date.is_some()), fault != NoDate, "{fault:?}");
        let (got, ended) = bodies(&mut session, &[1, 2, 3]).await;
        ended.unwrap();
        assert_eq!(got, [(1, mail(1)), (2, mail(2)), (3, mail(3))], "{fault:?}");
        assert_eq!(session.folders().await.unwrap().len(), 2, "{fault:?}");
        let untouched = matches!(fault, Foreign | Alert | Between("* 3 FETCH (BODY[] {0}\r\n)"));
        assert_eq!(session.repairs().total() == 0, untouched, "{fault:?}");
    }
}

#[tokio::test]
async fn a_literal_over_the_limit_ends_the_session_before_it_is_read() {
    let server = server(3).await;
    let mut session = opened(&server).await;
    server.misbehave(Misbehaviour::Huge { uid: 2, octets: 100_000_000 });
    assert!(session.survey(1, 3).await.unwrap().iter().all(|row| row.size < 1_000));
    let before = resident();
    let (got, ended) = bodies(&mut session, &[1, 2, 3]).await;
    assert_eq!(got, [(1, mail(1))]);
    assert_eq!(later(ended), What::LiteralTooLarge);
    // The server of this test holds the octets in the same process; the session must not as well.
    assert!(resident() < before + 150_000_000, "{} over {before}", resident());
    assert_eq!(later(session.noop().await), What::Closed);
    let mut session = opened(&server).await;
    assert_eq!(later(session.large_body(2, 1 << 20).await), What::LiteralTooLarge);
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

#[tokio::test]
async fn missing_mails_are_simply_not_handed_over() {
    let server = server(4).await;
    let mut session = opened(&server).await;
    server.misbehave(Misbehaviour::Withhold(2));
    let (got, ended) = bodies(&mut session, &[1, 2, 3]).await;
    ended.unwrap();
    assert_eq!(got.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), [1, 3]);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named_as_such() {
    let server = server(1).await;
    let mut session = opened(&server).await;
    assert_eq!(later(session.examine("Nowhere").await), What::FolderMissing);
    assert_eq!(later(session.status("Nowhere").await), What::Protocol);
    assert_eq!(stopped(session.examine("a\r\nA9 DELETE INBOX").await), What::Settings);
    server.with_folder("a \"b\" \\ c", |_| ());
    assert_eq!(session.examine("a \"b\" \\ c").await.unwrap().total, 0);
    assert!(server.commands().iter().all(|command| !command.contains("DELETE")));
}

#[tokio::test]
async fn where_history_begins_is_searched_from_the_oldest() {
    let server = Scripted::start(Vec::new()).await;
    for day in 1..=20 {
        server.append_dated("INBOX", mail(day), &format!("{day:02}-Oct-2026 12:00:00 +0000"));
    }
    let mut session = opened(&server).await;
    let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    assert_eq!(session.since_uid(day(10, 12)).await.unwrap(), Some(11));
    assert_eq!(session.since_uid(day(9, 1)).await.unwrap(), Some(1));
    assert_eq!(session.since_uid(day(12, 1)).await.unwrap(), None);
}

#[tokio::test]
async fn idle_returns_within_milliseconds_of_the_announcement() {
    let server = server(1).await;
    let mut session = opened(&server).await;
    let mut delays = Vec::new();
    for number in 2..22 {
        let told = async {
            wait_for(&server, "IDLE", number - 1).await;
            let at = Instant::now();
            server.append("INBOX", mail(number));
            at
        };
        let (woke, at) = tokio::join!(async { (session.idle(Duration::from_secs(10)).await, Instant::now()) }, told);
        assert_eq!(woke.0.unwrap(), Woke::News);
        delays.push(woke.1 - at);
        let seen = session.survey(number as u32, u32::MAX).await.unwrap();
        assert_eq!(seen.iter().map(|row| row.uid).collect::<Vec<_>>(), [number as u32]);
    }
    delays.sort();
    assert!(delays[10] < Duration::from_millis(20), "{delays:?}");
    only_read(&server);
}

/// Until the server has got so many commands of this name.
async fn wait_for(server: &Scripted, name: &str, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while server.commands().iter().filter(|command| *command == name).count() < count {
        assert!(Instant::now() < deadline, "{name} did not come");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn news_that_came_before_idle_are_not_slept_over() {
    let server = server(1).await;
    let mut session = opened(&server).await;
    server.append("INBOX", mail(2));
    session.noop().await.unwrap();
    assert_eq!(session.idle(Duration::from_secs(10)).await.unwrap(), Woke::News);
    server.misbehave(Misbehaviour::AnnounceBeforeIdle);
    server.append("INBOX", mail(3));
    assert_eq!(session.idle(Duration::from_secs(10)).await.unwrap(), Woke::News);
    server.append("INBOX", mail(4));
    session.examine("INBOX").await.unwrap();
    assert_eq!(session.idle(Duration::from_millis(100)).await.unwrap(), Woke::Timeout, "examine had told it already");
}

#[tokio::test]
async fn expunges_wake_and_are_counted() {
    let server = server(3).await;
    let mut session = opened(&server).await;
    let told = async {
        wait_for(&server, "IDLE", 1).await;
        server.expunge("INBOX", 2);
    };
    let (woke, ()) = tokio::join!(session.idle(Duration::from_secs(10)), told);
    assert_eq!(woke.unwrap(), Woke::News);
    server.append("INBOX", mail(4));
    session.noop().await.unwrap();
    assert_eq!(session.idle(Duration::from_secs(10)).await.unwrap(), Woke::News, "three again, but one is new");
}

#[tokio::test]
async fn idle_ends_by_time_and_the_session_goes_on() {
    let server = server(1).await;
    let mut session = opened(&server).await;
    server.misbehave(Misbehaviour::DeafIdle);
    server.append("INBOX", mail(2));
    let mut hasty = connect(&settings(server.port), &hasty()).await.unwrap();
    hasty.examine("INBOX").await.unwrap();
    // Longer than a command may be silent: quiet is no failure while we idle.
    assert_eq!(hasty.idle(Duration::from_millis(1_500)).await.unwrap(), Woke::Timeout);
    assert_eq!(hasty.survey(1, u32::MAX).await.unwrap().len(), 2);
    session.noop().await.unwrap();
    assert_eq!(session.idle(Duration::from_secs(10)).await.unwrap(), Woke::News);
}

#[tokio::test]
async fn a_refused_idle_means_polling_and_a_closed_one_means_a_new_session() {
    let server = server(1).await;
    let mut session = opened(&server).await;
    for text in ["NO not here", "BAD unknown command", "OK was there something"] {
        server.behave();
        server.misbehave(Misbehaviour::Answer("IDLE", text));
        let mut session = opened(&server).await;
        assert_eq!(later(session.idle(Duration::from_secs(10)).await), What::NotSupported, "{text}");
        assert!(!session.capabilities().idle);
        session.noop().await.unwrap();
    }
    server.behave();
    server.misbehave(Misbehaviour::CloseInIdle);
    assert_eq!(later(session.idle(Duration::from_secs(10)).await), What::Closed);
    server.behave();
    server.misbehave(Misbehaviour::Silence("IDLE"));
    let mut session = connect(&settings(server.port), &hasty()).await.unwrap();
    session.examine("INBOX").await.unwrap();
    assert_eq!(later(session.idle(Duration::from_secs(10)).await), What::Timeout);
    server.offer(BARE);
    let mut session = connect(&Server { auth: Auth::Login, ..settings(server.port) }, &limits()).await.unwrap();
    assert_eq!(later(session.idle(Duration::from_secs(10)).await), What::NotSupported);
}

#[tokio::test]
async fn changes_come_by_modseq_and_vanished_where_offered() {
    let server = server(3).await;
    server.offer(FULL);
    let mut session = connect(&settings(server.port), &limits()).await.unwrap();
    assert!(session.capabilities().qresync && session.capabilities().condstore);
    let before = session.examine("INBOX").await.unwrap().modseq.unwrap();
    server.with_folder("INBOX", |folder| {
        folder.modseq += 1;
        folder.mails[0].modseq = folder.modseq;
        folder.mails[0].flags = "\\Seen".into();
    });
    server.expunge("INBOX", 2);
    let changes = session.changed(before).await.unwrap();
    assert_eq!(changes.flags, [(1, vec!["\\Seen".to_owned()], Some(before + 1))]);
    assert_eq!(changes.vanished, Some(vec![2..=2]));
    assert!(session.survey(1, 3).await.unwrap().iter().all(|row| row.modseq.is_some()));
    server.offer(EXCHANGE);
    let mut session = opened(&server).await;
    assert_eq!(later(session.changed(before).await), What::NotSupported);
    assert_eq!(session.flags(1, 3).await.unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_is_asked_of_a_provider_that_it_does_not_offer() {
    for (line, forbidden) in [
        (EXCHANGE, &["ENABLE", "RETURN", "MODSEQ", "CONDSTORE"][..]),
        (GMAIL, &["QRESYNC", "VANISHED"][..]),
        (BARE, &["ENABLE", "RETURN", "MODSEQ", "CONDSTORE", "ID", "IDLE", "AUTHENTICATE"][..]),
    ] {
        let server = server(2).await;
        server.offer(line);
        let mut session = opened(&server).await;
        let folders = session.folders().await.unwrap();
        assert!(folders.iter().any(|folder| folder.role == Role::Sent), "by name where the server does not tell");
        session.survey(1, 2).await.unwrap();
        let _ = session.idle(Duration::from_millis(20)).await;
        for command in server.commands() {
            let mut words = command.split(|c: char| !c.is_ascii_alphanumeric());
            assert!(!words.any(|word| forbidden.contains(&word)), "{command} sent to {line}");
        }
        only_read(&server);
    }
}

#[tokio::test]
async fn wrong_passwords_stop_and_say_nothing_of_the_secret() {
    let server = server(1).await;
    let wrong = |auth, secret: &str| Server {
        auth,
        secret_command: Some(vec!["echo".into(), secret.into()]),
        ..settings(server.port)
    };
    assert_eq!(stopped(connect(&wrong(Auth::Plain, "no"), &limits()).await), What::LoginRefused);
    assert_eq!(stopped(connect(&wrong(Auth::Login, "no"), &limits()).await), What::LoginRefused);
    let refused = connect(&wrong(Auth::Xoauth2, "stale"), &limits()).await.unwrap_err();
    let Trouble::Stop(cause) = refused else { panic!("{refused:?}") };
    assert_eq!((cause.what, cause.text.as_str()), (What::LoginRefused, "AUTHENTICATE failed. (status 401)"));
    assert_eq!(server.commands().last().unwrap(), "", "the second challenge wants an empty answer");
    connect(&wrong(Auth::Xoauth2, "token"), &limits()).await.unwrap();
    connect(&wrong(Auth::Login, "secret"), &limits()).await.unwrap();
    server.misbehave(Misbehaviour::Answer("LOGIN", "BAD cannot parse LOGIN \"anna\" \"hunter2\""));
    let refused = connect(&wrong(Auth::Login, "hunter2"), &limits()).await.unwrap_err();
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
    server.behave();
    server.misbehave(Misbehaviour::Answer("AUTHENTICATE", "NO [UNAVAILABLE] Temporary authentication failure"));
    assert_eq!(later(connect(&settings(server.port), &limits()).await), What::Refused);
    server.behave();
    server.misbehave(Misbehaviour::Answer("NOOP", "BAD User is authenticated but not connected."));
    assert_eq!(later(connect(&settings(server.port), &limits()).await), What::Bad);
    server.behave();
    server.misbehave(Misbehaviour::ByeAtGreeting("Too many connections from your address"));
    assert_eq!(later(connect(&settings(server.port), &limits()).await), What::Throttled);
}

#[tokio::test]
async fn settings_that_cannot_work_stop_with_a_reason() {
    let server = server(1).await;
    let base = settings(server.port);
    let missing = Server { secret_command: None, secret_file: Some(PathBuf::from("/nowhere/at/all")), ..base.clone() };
    assert_eq!(stopped(connect(&missing, &limits()).await), What::Settings);
    let none = Server { secret_command: None, ..base.clone() };
    assert_eq!(stopped(connect(&none, &limits()).await), What::Settings);
    let failing = Server { secret_command: Some(vec!["false".into()]), ..base.clone() };
    assert_eq!(later(connect(&failing, &limits()).await), What::Secret);
    let nobody = Server { user: None, ..base.clone() };
    assert_eq!(stopped(connect(&nobody, &limits()).await), What::Settings);
    let remote = Server { host: "192.0.2.1".into(), ..base.clone() };
    assert_eq!(stopped(connect(&remote, &limits()).await), What::Settings);
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    assert_eq!(later(connect(&settings(closed), &limits()).await), What::Unreachable);
    let unprotected = Server { security: Security::Starttls, ..base.clone() };
    assert_eq!(stopped(connect(&unprotected, &limits()).await), What::Tls);
    let no_tls = Server { security: Security::Tls, ..base };
    assert_eq!(stopped(connect(&no_tls, &limits()).await), What::Tls);
    assert!(!server.commands().iter().any(|command| command.contains("AUTHENTICATE") || command.contains("LOGIN")));
}

/// A server certificate for `name` and the file with its authority.
fn certificate(name: &str) -> (rustls::ServerConfig, tempdir::File) {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    (config, tempdir::File::with(authority.pem().as_bytes()))
}

/// A file that goes away with its value.
mod tempdir {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    pub struct File(pub PathBuf);

    static NUMBER: AtomicU32 = AtomicU32::new(0);

    impl File {
        pub fn with(bytes: &[u8]) -> File {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("standin-imap-{}-{number}", std::process::id()));
            std::fs::write(&path, bytes).unwrap();
            File(path)
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }
}

#[tokio::test]
async fn tls_and_starttls_work_with_an_own_authority_and_not_without() {
    for (security, starttls) in [(Security::Tls, false), (Security::Starttls, true)] {
        let (config, authority) = certificate("127.0.0.1");
        let server = Scripted::start_tls((1..=300).map(mail).collect(), config, starttls).await;
        let trusted = Server { security, ca_file: Some(authority.0.clone()), ..settings(server.port) };
        let mut session = connect(&trusted, &limits()).await.unwrap();
        session.examine("INBOX").await.unwrap();
        let (got, ended) = bodies(&mut session, &(1..=300).collect::<Vec<u32>>()).await;
        ended.unwrap();
        assert_eq!(got.len(), 300);
        let untrusted = Server { ca_file: None, ..trusted };
        assert_eq!(stopped(connect(&untrusted, &limits()).await), What::Certificate);
        let (config, authority) = certificate("elsewhere.example");
        let server = Scripted::start_tls(Vec::new(), config, starttls).await;
        let misnamed = Server { security, ca_file: Some(authority.0.clone()), ..settings(server.port) };
        assert_eq!(stopped(connect(&misnamed, &limits()).await), What::Certificate);
    }
}

#[tokio::test]
async fn a_connection_closed_instead_of_an_answer_is_never_an_empty_success() {
    let server = server(2).await;
    for command in
        ["CAPABILITY", "NOOP", "AUTHENTICATE", "ID", "LIST", "STATUS", "EXAMINE", "UID FETCH", "UID SEARCH", "IDLE"]
    {
        server.behave();
        server.misbehave(Misbehaviour::CloseOn(command));
        let all = async {
            let mut session = connect(&settings(server.port), &limits()).await?;
            session.folders().await?;
            session.status("INBOX").await?;
            session.examine("INBOX").await?;
            session.since_uid(NaiveDate::MIN).await?;
            session.idle(Duration::from_millis(10)).await
        };
        assert_eq!(later(all.await), What::Closed, "{command}");
    }
}

#[tokio::test]
async fn a_no_or_bad_is_never_an_empty_success() {
    let server = server(2).await;
    let mut session = opened(&server).await;
    for (text, what) in [("NO not today", What::Refused), ("BAD what?", What::Bad)] {
        for command in ["LIST", "STATUS", "EXAMINE", "UID FETCH 1", "UID SEARCH", "NOOP"] {
            server.behave();
            server.misbehave(Misbehaviour::Answer(command, text));
            let ended = match command {
                "LIST" => session.folders().await.map(|_| ()),
                "STATUS" => session.status("INBOX").await.map(|_| ()),
                "EXAMINE" => session.examine("INBOX").await.map(|_| ()),
                "UID SEARCH" => session.since_uid(NaiveDate::MIN).await.map(|_| ()),
                "NOOP" => session.noop().await,
                _ => session.header(1).await.map(|_| ()),
            };
            let folder = what == What::Refused && ["STATUS", "EXAMINE"].contains(&command);
            assert_eq!(later(ended), if folder { What::FolderMissing } else { what }, "{command} {text}");
            server.behave();
            session.examine("INBOX").await.unwrap();
        }
        server.misbehave(Misbehaviour::Answer("CAPABILITY", text));
        assert_eq!(later(connect(&settings(server.port), &limits()).await), what);
    }
}

#[tokio::test]
async fn a_fetch_that_is_dropped_half_read_leaves_nothing_for_the_next_command() {
    let server = server(5).await;
    let mut session = opened(&server).await;
    let mut fetch = session.fetch(&[1, 2, 3, 4, 5]);
    assert_eq!(fetch.next().await.unwrap().unwrap(), (1, mail(1)));
    drop(fetch);
    assert_eq!(later(session.uids(1, 5).await), What::Closed);
}

#[tokio::test]
async fn a_greeting_that_does_not_come_and_a_password_that_is_not_wanted() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    for security in [Security::Plain, Security::Tls, Security::Starttls] {
        let server = Server { security, ..settings(port) };
        assert_eq!(later(connect(&server, &hasty()).await), What::Timeout, "{security:?}");
    }
    let server = server(1).await;
    server.offer("IMAP4rev1 LOGINDISABLED");
    assert_eq!(stopped(connect(&settings(server.port), &limits()).await), What::Settings);
    assert!(!server.commands().iter().any(|command| command.contains("secret")));
}

#[tokio::test]
async fn words_slipped_in_before_the_handshake_are_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let between = async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut heard = [0; 100];
        tcp.write_all(b"* OK ready\r\n").await.unwrap();
        let _ = tcp.read(&mut heard).await.unwrap();
        tcp.write_all(b"* CAPABILITY IMAP4rev1 STARTTLS\r\nS1 OK done\r\n").await.unwrap();
        let _ = tcp.read(&mut heard).await.unwrap();
        tcp.write_all(b"S2 OK begin\r\n* PREAUTH come in\r\n").await.unwrap();
        tcp
    };
    let server = Server { security: Security::Starttls, ..settings(port) };
    let limits = limits();
    let (ended, _tcp) = tokio::join!(connect(&server, &limits), between);
    assert_eq!(stopped(ended), What::Tls);
}

#[tokio::test]
async fn a_session_can_be_moved_to_a_task_of_its_own() {
    let server = server(20).await;
    let mut session = opened(&server).await;
    let (out, mut mails) = tokio::sync::mpsc::channel(1);
    let task = tokio::spawn(async move {
        let mut bodies = session.fetch(&(1..=20).collect::<Vec<u32>>());
        while let Some(mail) = bodies.next().await? {
            out.send(mail).await.map_err(|_| Trouble::later(What::Closed, "nobody takes it"))?;
        }
        session.folders().await?;
        session.examine("INBOX").await?;
        session.survey(1, 20).await?;
        session.keys(1, 20).await?;
        session.large_body(1, 1 << 20).await?;
        session.header(1).await?;
        session.since_uid(NaiveDate::MIN).await?;
        session.status("INBOX").await?;
        session.idle(Duration::from_millis(5)).await?;
        session.logout().await;
        Ok::<(), Trouble>(())
    });
    let mut count = 0;
    while let Some((uid, raw)) = mails.recv().await {
        assert_eq!(raw, mail(uid as usize));
        count += 1;
    }
    task.await.unwrap().unwrap();
    assert_eq!(count, 20);
}

//! The servers, the proxy and the program's frame that the other tests stand on do what they say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::dovecot::Dovecot;
use crate::support::postfix::Postfix;
use crate::support::postgres::Database;
use crate::support::process::standin;
use crate::support::proxy::{Fate, Proxy, scrambled};
use crate::support::wire::{Imap, Lines};
use crate::support::{Folder, PATIENT, Server, eventually, scripts, tag};
use std::process::{Command, Stdio};

const MAIL: &[u8] = b"From: jan@acme.example\r\nSubject: pumps\r\n\r\n.dot\r\nend\r\n";

#[test]
fn mail_sent_through_postfix_lies_in_dovecot_with_its_return_path() {
    let dovecot = Dovecot::start(&["anna", "jan@acme"]);
    let postfix = Postfix::start(&dovecot);
    postfix.send("jan@acme", "anna", MAIL);
    let mails = dovecot.wait_for("anna", "INBOX", 1);
    let text = String::from_utf8(mails[0].clone()).unwrap();
    assert!(text.starts_with(&format!("Return-Path: <{}>\r\n", dovecot.address("jan@acme"))), "{text}");
    assert!(text.ends_with("\r\n\r\n.dot\r\nend\r\n"), "{text}");
    assert!(!text.contains("Message-I"), "a header was added: {text}");
}

#[test]
fn the_null_sender_is_accepted_and_reaches_the_client() {
    let dovecot = Dovecot::start(&["anna", "jan@acme"]);
    let postfix = Postfix::start(&dovecot);
    postfix.send("", "jan@acme", MAIL);
    let mails = dovecot.wait_for("jan@acme", "INBOX", 1);
    assert!(mails[0].starts_with(b"Return-Path: <>\r\n"));
}

#[test]
fn nothing_can_leave_the_machine_and_unknown_people_are_refused_at_once() {
    let dovecot = Dovecot::start(&["anna"]);
    let postfix = Postfix::start(&dovecot);
    let anna = dovecot.address("anna");
    let answer = |to: &str| postfix.try_send(&anna, &[to], MAIL).unwrap_err().code;
    assert_eq!(answer("someone@example.com"), 554);
    assert_eq!(answer("root"), 550);
    assert_eq!(answer("root@localhost"), 554);
    assert_eq!(answer(&dovecot.address("nobody")), 550);
    assert_eq!(answer(&dovecot.address("refused@acme")), 550);
    assert_eq!(answer(&dovecot.address("full@acme")), 552);
    assert_eq!(answer(&dovecot.address("later@acme")), 450);
    assert_eq!(answer(&dovecot.address("closing@acme")), 421);
    assert!(postfix.try_send(&anna, &[&anna], MAIL).is_ok());
}

#[test]
fn submission_wants_encryption_and_a_password() {
    let dovecot = Dovecot::start(&["anna"]);
    let postfix = Postfix::start(&dovecot);
    let mut lines = Lines::connect(postfix.submission_port);
    lines.greeting().ok().unwrap();
    assert!(lines.ask("EHLO test.example").text.contains("STARTTLS"));
    assert_eq!(lines.ask("MAIL FROM:<a@b.example>").code, 530);
}

#[test]
fn two_corners_of_one_dovecot_do_not_meet() {
    let (one, other) = (Dovecot::start(&["anna"]), Dovecot::start(&["anna"]));
    one.append("anna", "INBOX", MAIL);
    assert_ne!(one.address("anna"), other.address("anna"));
    assert_eq!((one.count("anna", "INBOX"), other.count("anna", "INBOX")), (1, 0));
}

#[test]
fn folders_have_their_special_uses() {
    let dovecot = Dovecot::start(&["anna"]);
    let folders = dovecot.imap("anna").command("LIST (SPECIAL-USE) \"\" \"*\"");
    let names: Vec<String> = folders.into_iter().map(|r| r.text).collect();
    for (role, name) in [("\\Sent", "Sent"), ("\\Drafts", "Drafts"), ("\\Junk", "Junk"), ("\\Trash", "Trash")] {
        assert!(names.iter().any(|line| line.contains(role) && line.ends_with(name)), "{role}: {names:?}");
    }
}

#[test]
fn appended_mail_keeps_its_bytes_its_date_and_its_flags() {
    let dovecot = Dovecot::start(&["anna"]);
    let uid = dovecot.append_dated("anna", "Sent", "01-Mar-2026 10:00:00 +0000", "\\Seen", MAIL);
    assert_eq!(dovecot.mails("anna", "Sent"), [MAIL]);
    assert_eq!(dovecot.flags("anna", "Sent"), [(uid, "\\Seen".to_owned())]);
    let mut imap = dovecot.imap("anna");
    imap.command("EXAMINE Sent");
    let dates = imap.command("FETCH 1 (INTERNALDATE)");
    assert!(dates.iter().any(|r| r.text.contains("01-Mar-2026 10:00:00 +0000")), "{dates:?}");
}

#[test]
fn a_thousand_mails_are_put_into_a_folder_in_their_order() {
    let dovecot = Dovecot::start(&["anna"]);
    dovecot.append("anna", "INBOX", b"Subject: before\r\n\r\n");
    dovecot.bulk("anna", "INBOX", (0..1000).map(|i| format!("Subject: mail {i}\n\ntext\n")));
    assert_eq!(dovecot.count("anna", "INBOX"), 1001);
    let mails = dovecot.mails("anna", "INBOX");
    assert_eq!(mails[1], b"Subject: mail 0\r\n\r\ntext\r\n");
    assert_eq!(mails[1000], b"Subject: mail 999\r\n\r\ntext\r\n");
    dovecot.bulk("anna", "Projects/Acme", [MAIL]);
    assert_eq!(dovecot.mails("anna", "Projects/Acme"), [MAIL]);
}

#[test]
fn a_folder_is_numbered_anew_when_a_test_wants_it() {
    let dovecot = Dovecot::start(&["anna"]);
    for subject in ["one", "two", "three"] {
        dovecot.append("anna", "INBOX", format!("Subject: {subject}\r\n\r\n").as_bytes());
    }
    dovecot.expunge("anna", "INBOX", 1);
    let before = dovecot.status("anna", "INBOX", "UIDVALIDITY");
    let after = dovecot.renumber("anna", "INBOX");
    assert_ne!(before, after);
    let uids: Vec<u32> = dovecot.flags("anna", "INBOX").into_iter().map(|(uid, _)| uid).collect();
    assert_eq!(uids, [1, 2]);
    let expected: [&[u8]; 2] = [b"Subject: three\r\n\r\n", b"Subject: two\r\n\r\n"];
    assert_eq!(dovecot.mails("anna", "INBOX"), expected);
}

#[test]
fn a_mail_can_be_moved_and_deleted() {
    let dovecot = Dovecot::start(&["anna"]);
    let (one, two) = (dovecot.append("anna", "INBOX", MAIL), dovecot.append("anna", "INBOX", MAIL));
    dovecot.create("anna", "Elsewhere");
    dovecot.move_to("anna", "INBOX", one, "Elsewhere");
    dovecot.expunge("anna", "INBOX", two);
    assert_eq!((dovecot.count("anna", "INBOX"), dovecot.count("anna", "Elsewhere")), (0, 1));
}

#[test]
fn a_new_password_counts_and_wrong_ones_are_not_punished_by_longer_and_longer_waits() {
    let dovecot = Dovecot::start(&["anna"]);
    dovecot.set_password("anna", "better");
    let begun = std::time::Instant::now();
    for _ in 0..10 {
        let mut lines = Lines::connect(dovecot.imap_port);
        lines.read();
        lines.write(format!("A LOGIN {} secret\r\n", dovecot.address("anna")).as_bytes());
        let answer = lines.read();
        assert!(answer.starts_with("A NO [AUTHENTICATIONFAILED]"), "{answer}");
    }
    // Half a second each is Dovecot's way; its punishment for ten would add up to two minutes.
    assert!(begun.elapsed().as_secs() < 30, "wrong passwords are slowed down: {:?}", begun.elapsed());
    assert_eq!(dovecot.count("anna", "INBOX"), 0);
}

#[test]
fn a_database_is_empty_durable_and_gone_afterwards() {
    let database = Database::fresh();
    assert_eq!(database.sql("show fsync"), "on");
    assert_eq!(database.sql("select count(*) from pg_tables where schemaname = 'public'"), "0");
    let name = database.url.rsplit_once('/').unwrap().1.to_owned();
    drop(database);
    let other = Database::fresh();
    assert_eq!(other.sql(&format!("select count(*) from pg_database where datname = '{name}'")), "0");
}

#[test]
fn a_server_of_ones_own_ends_with_its_last_user() {
    let dovecot = Dovecot::alone(&["imap_capability = IMAP4rev1"], &["anna"]);
    let capabilities = dovecot.imap("anna").command("CAPABILITY");
    assert!(capabilities.iter().any(|r| r.text.trim_end() == "* CAPABILITY IMAP4rev1"), "{capabilities:?}");
    let (dir, port) = (dovecot.dir.clone(), dovecot.imap_port);
    drop(dovecot);
    assert!(!dir.exists());
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_server_ends_with_the_process_that_wanted_it_even_if_that_is_killed() {
    let dir = std::env::temp_dir().join(format!("standin-{}", tag()));
    let mut wanting = Command::new("sleep").arg("600").spawn().unwrap();
    let run = |script: &str| {
        Command::new(scripts().join(script)).stdin(Stdio::null()).stdout(Stdio::null()).arg(&dir).status()
    };
    assert!(run("dovecot").unwrap().success());
    let pid = std::fs::read_to_string(dir.join("run/master.pid")).unwrap();
    let watched = Command::new(scripts().join("stop"))
        .args(["--when-gone", &wanting.id().to_string(), "--remove"])
        .arg(&dir)
        .status()
        .unwrap();
    assert!(watched.success() && dir.exists());
    wanting.kill().unwrap();
    wanting.wait().unwrap();
    eventually("the server is stopped and its folder removed", PATIENT, || (!dir.exists()).then_some(()));
    let command = std::fs::read(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&command).contains(dir.to_str().unwrap()), "Dovecot {pid} still runs");
}

#[test]
fn stopping_leaves_a_process_alone_that_has_the_id_but_is_no_server_of_the_folder() {
    let folder = Folder::new();
    let mut stranger = Command::new("sleep").arg("600").spawn().unwrap();
    folder.write("run/master.pid", format!("{}\n", stranger.id()));
    let status = Command::new(scripts().join("stop")).arg(folder.path()).status().unwrap();
    assert!(status.success());
    assert!(stranger.try_wait().unwrap().is_none(), "a stranger was killed");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn a_shared_server_that_is_not_there_is_said_so() {
    let dir = Folder::new();
    let nothing = std::panic::catch_unwind(|| Server::start("postfix", &[dir.path().to_str().unwrap()]));
    let words = *nothing.err().expect("there is no Dovecot").downcast::<String>().unwrap();
    assert!(words.contains("no Dovecot of ours runs in"), "{words}");
}

#[test]
fn the_proxy_cuts_after_exactly_so_many_bytes() {
    let dovecot = Dovecot::start(&["anna"]);
    let proxy = Proxy::start(dovecot.imap_port, Fate::CutAfter(10));
    let mut client = std::net::TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut client, &mut bytes).unwrap();
    assert_eq!((bytes.len(), proxy.cuts(), proxy.bytes()), (10, 1, 10));
    proxy.set(Fate::Pass);
    let mut imap = Imap::sign_in(proxy.port, &dovecot.address("anna"), dovecot.password());
    imap.command("NOOP");
    assert_eq!((proxy.connections(), proxy.cuts()), (2, 1));
}

#[test]
fn the_proxy_holds_without_closing() {
    let dovecot = Dovecot::start(&["anna"]);
    let proxy = Proxy::start(dovecot.imap_port, Fate::HoldAfter(5));
    let mut client = std::net::TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
    let mut bytes = [0; 5];
    std::io::Read::read_exact(&mut client, &mut bytes).unwrap();
    client.set_read_timeout(Some(std::time::Duration::from_millis(200))).unwrap();
    let held = std::io::Read::read(&mut client, &mut bytes).unwrap_err();
    assert!(matches!(held.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{held}");
}

#[test]
fn random_cuts_are_the_same_for_the_same_seed_and_stop_after_their_number() {
    assert_eq!(scrambled(7, 3), scrambled(7, 3));
    assert_ne!(scrambled(7, 3), scrambled(8, 3));
    let dovecot = Dovecot::start(&["anna"]);
    let proxy = Proxy::start(dovecot.imap_port, Fate::CutAtRandom { seed: 7, within: 40, times: 3 });
    for number in 0..3 {
        let mut client = std::net::TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut client, &mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, 1 + scrambled(7, number) % 40);
    }
    Imap::sign_in(proxy.port, &dovecot.address("anna"), dovecot.password()).command("NOOP");
    assert_eq!(proxy.cuts(), 3);
}

#[test]
fn the_built_program_runs_and_its_end_is_seen() {
    let outcome = standin(["--version"]).run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

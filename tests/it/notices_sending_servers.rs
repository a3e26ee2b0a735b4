//! Sending absence notices through real servers: the switch while the program runs, kill -9 around SMTP, a
//! responder on the other side, tokens, ManageSieve, a restored backup, a prolonged absence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::smtp::smtp_sink::{Cover, Play, Sink, Step};
use crate::support::company::{Company, Kind, now};
use crate::support::dovecot::Dovecot;
use crate::support::postfix::Postfix;
use crate::support::{Folder, PATIENT, eventually, tag};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use standin::config::{Auth, Security, Server};
use standin::imap::Limits;
use standin::imap::sieve::{Answering, answering};
use standin::model::delivery::{Answer, Outgoing};
use standin::model::id::MsgId;
use standin::model::time::Timestamp;
use standin::smtp;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Each sentence as a test on either database.
macro_rules! story {
    ($($sentence:ident)*) => {
        mod on_sqlite {
            $(#[test] fn $sentence() { super::$sentence(super::Kind::Sqlite) })*
        }
        mod on_postgresql {
            $(#[test] fn $sentence() { super::$sentence(super::Kind::Postgres) })*
        }
    };
}

story! {
    stopped_while_the_program_runs_no_client_is_told_until_notices_are_started
    killed_at_any_step_around_smtp_a_client_gets_one_notice_at_most
    a_prolonged_absence_and_one_entered_again_tell_nobody_twice
    a_restored_backup_answers_nothing_that_came_before
    a_vacation_script_in_the_mailbox_keeps_standin_silent_until_it_is_off
    an_automatic_reply_in_her_name_silences_nobody_until_it_is_proved_to_be_hers
    a_notice_of_our_own_in_sent_is_no_other_responder
    an_open_end_that_nobody_confirms_ends_the_notices
    a_notice_to_a_dead_address_comes_back_at_most_once_and_brings_nothing
}

fn stopped_while_the_program_runs_no_client_is_told_until_notices_are_started(kind: Kind) {
    let company = Company::with_anna_away(kind);
    let status = || company.standin(&["notice", "status", "--json"]).succeed().stdout;
    let status = || serde_json::from_str::<serde_json::Value>(&status()).unwrap();
    assert_eq!(status()["going_out"], true);
    let said = company.standin(&["notice", "stop", "--reason", "a loop?", "--as", "adam"]).succeed().stdout;
    assert!(said.starts_with("Notices are stopped, in every worker."), "{said}");
    let refused = company.standin(&["notice", "stop", "--as", "anna"]).run();
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    company.client_answers(1);
    assert_eq!(company.wait_for_decisions(1), ["anna silent R1"]);
    let told = status();
    assert_eq!(
        (&told["going_out"], &told["stopped_by"], &told["reason"]),
        (&false.into(), &"person".into(), &"a loop?".into())
    );
    // The admin sees it on every page, and nobody else does.
    assert!(company.browser("adam").read("/").says("Absence notices to clients have been stopped since"));
    assert!(!company.browser("piotr").read("/").says("Absence notices to clients"));
    let checked = company.standin(&["check"]).run();
    assert!(checked.stdout.contains("notices: all are stopped since"), "{}", checked.stdout);
    company.standin(&["notice", "start"]).succeed();
    let audited = company.sql("select action from audit where action like 'notices-%' order by id");
    assert_eq!(audited, "notices-stopped\nnotices-started");
    // What came meanwhile is not answered afterwards; the next mail is.
    company.client_answers(2);
    assert_eq!(company.wait_for_decisions(2), ["anna silent R1", "anna send"]);
    company.wait_until_all_is_sent();
    assert_eq!(company.dovecot.wait_for(&company.client_address("jan"), "INBOX", 1).len(), 1);
}

/// The configuration with every mailbox sent through a port on loopback, in the clear.
fn through(company: &Company, port: u16) {
    let submission = format!("port = {}\nsecurity = \"starttls\"", company.postfix.submission_port);
    let sink = format!("port = {port}\nsecurity = \"plain\"");
    company.configure(|text| {
        assert!(text.contains(&submission), "{text}");
        text.replace(&submission, &sink)
    });
}

/// Runs a statement in the company's database, beside the program.
fn write(company: &Company, sql: &'static str) {
    match &company.database {
        Some(database) => drop(database.sql(sql)),
        None => {
            let path = company.folder.path().join("data/standin.db");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                use sqlx::ConnectOptions;
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).busy_timeout(PATIENT);
                let mut db = options.connect().await.unwrap();
                sqlx::query(sql).execute(&mut db).await.unwrap();
            });
        }
    }
}

/// The command by which a step is known to have been reached.
fn command(step: Step) -> Option<&'static str> {
    match step {
        Step::Greeting => None,
        Step::Auth => Some("AUTH"),
        Step::Mail => Some("MAIL"),
        Step::Rcpt => Some("RCPT"),
        Step::Quit => Some("QUIT"),
        _ => Some("DATA"),
    }
}

fn killed_at_any_step_around_smtp_a_client_gets_one_notice_at_most(kind: Kind) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let steps = [Step::Greeting, Step::Auth, Step::Mail, Step::Rcpt, Step::Data, Step::Body, Step::Dot, Step::Quit];
    let mut company = Company::found(kind);
    let mut contacts = "external_id,name,owner,account,emails\n".to_owned();
    for n in 0..=steps.len() {
        contacts += &format!("k{n},Client {n},anna,acme,jan@k{n}-{}\n", company.client);
    }
    let file = company.folder.write("more.csv", contacts);
    company.standin(&["import", "contacts"]).arg(file).succeed();
    company.away("anna", "piotr");
    let writes = |company: &Company, n: usize| {
        let from = format!("jan@k{n}-{}", company.client);
        company.mail(&from, &from, &company.own_address("anna"), &format!("Question {n}"), "");
        company.wait_for_decisions(n + 1);
    };
    let settled = |company: &Company| {
        let count = |state: &str| company.sql(&format!("select count(*) from outbox where state = '{state}'"));
        (count("sent"), count("unclear"), count("queued"))
    };
    let friendly = runtime.block_on(Sink::start(Cover::Plain, &[]));
    // Reserved, and killed before anybody was connected to: it waits, and goes out once.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    through(&company, nobody);
    company.start();
    writes(&company, 0);
    let tried = "select count(*) from outbox where state = 'queued' and attempts > 0";
    company.eventually("it was tried in vain", || (company.sql(tried) == "1").then_some(()));
    company.running().kill();
    write(&company, "update outbox set next_try_at = 0");
    write(&company, "update mailboxes set lease_until = 0");
    through(&company, friendly.port);
    company.start();
    company.wait_until_all_is_sent();
    assert_eq!((settled(&company), friendly.mails().len()), (("1".into(), "0".into(), "0".into()), 1));
    for (at, step) in steps.into_iter().enumerate() {
        company.running().kill();
        write(&company, "update mailboxes set lease_until = 0");
        let silent = runtime.block_on(Sink::start(Cover::Plain, &[(step, Play::Silence)]));
        through(&company, silent.port);
        company.start();
        writes(&company, at + 1);
        let sending = "select count(*) from outbox where state = 'sending'";
        let word = command(step);
        company.eventually("it is being handed over", || {
            let heard = word.is_none_or(|word| silent.heard().iter().any(|line| line.starts_with(word)));
            (heard && (step == Step::Quit || company.sql(sending) == "1")).then_some(())
        });
        if step == Step::Dot {
            company.eventually("the whole mail is there", || (silent.mails().len() == 1).then_some(()));
        }
        company.running().kill();
        // As if the time had passed after which a dead worker's claim counts no more.
        write(&company, "update outbox set claimed_at = 0 where state = 'sending'");
        write(&company, "update mailboxes set lease_until = 0");
        through(&company, friendly.port);
        company.start();
        company.wait_until_all_is_sent();
        let (sent, unclear, queued) = settled(&company);
        assert_eq!(queued, "0", "{step:?}");
        assert_eq!(sent.parse::<usize>().unwrap() + unclear.parse::<usize>().unwrap(), at + 2, "{step:?}");
        let got = silent.mails().len() + friendly.mails().len();
        // Whatever was with a server when the program died is never sent again, by whichever worker.
        assert_eq!(friendly.mails().len(), 1, "{step:?}: {got} in all");
        assert!(silent.mails().len() <= 1, "{step:?}");
    }
    // Each of them counts as told.
    let before = company.wait_for_decisions(steps.len() + 1).len();
    let from = format!("jan@k1-{}", company.client);
    company.mail(&from, &from, &company.own_address("anna"), "Once more", "");
    let decisions = company.wait_for_decisions(before + 1);
    assert_eq!(decisions.last().unwrap(), "anna silent R46");
}

fn a_prolonged_absence_and_one_entered_again_tell_nobody_twice(kind: Kind) {
    let company = Company::with_anna_away(kind);
    company.client_answers(1);
    assert_eq!(company.wait_for_decisions(1), ["anna send"]);
    let number = company.sql("select id from absences");
    let later = (now().date_naive() + chrono::Days::new(30)).to_string();
    company.standin(&["absence", "edit", &number, "--until", &later]).succeed();
    company.client_answers(2);
    assert_eq!(company.wait_for_decisions(2)[1], "anna silent R46");
    company.standin(&["absence", "end", "--user", "anna"]).succeed();
    company.away("anna", "piotr");
    let since = now().timestamp();
    eventually("the next second has begun", PATIENT, || (now().timestamp() > since).then_some(()));
    company.client_answers(3);
    assert_eq!(company.wait_for_decisions(3)[2], "anna silent R46", "switched off and on");
    // The folder is numbered anew: all its mail comes again, and nobody is told again.
    company.dovecot.renumber(&company.own_address("anna"), "INBOX");
    let epochs = "select count(*) from folders f join mailboxes b on b.id = f.mailbox_id \
                  where b.name = 'anna' and f.path = 'INBOX' and f.epoch > 1";
    company.eventually("the folder was read again", || (company.sql(epochs) == "1").then_some(()));
    company.client_answers(4);
    assert_eq!(company.wait_for_decisions(4).iter().filter(|line| line.ends_with("send ")).count(), 0);
    assert_eq!(company.sql("select count(*) from notice_decisions where verdict = 'send'"), "1");
    company.wait_until_all_is_sent();
    assert_eq!(company.dovecot.count(&company.client_address("jan"), "INBOX"), 1);
}

/// Copies the database aside, or puts that copy back.
fn keep(company: &Company, back: bool) {
    let kept = company.folder.path().join("kept");
    match &company.database {
        None => {
            let data = company.folder.path().join("data");
            for name in ["standin.db", "standin.db-wal", "standin.db-shm"] {
                let (from, to) =
                    if back { (kept.join(name), data.join(name)) } else { (data.join(name), kept.join(name)) };
                std::fs::create_dir_all(&kept).unwrap();
                let _ = std::fs::remove_file(&to);
                if from.exists() {
                    std::fs::copy(from, to).unwrap();
                }
            }
        }
        Some(database) if back => database.restore(&kept.with_extension("sql")),
        Some(database) => database.dump(&kept.with_extension("sql")),
    }
}

fn a_restored_backup_answers_nothing_that_came_before(kind: Kind) {
    let mut company = Company::found(kind);
    company.away("anna", "piotr");
    company.start();
    company.running().terminate();
    eventually("it has ended", PATIENT, || (!company.running().runs()).then_some(()));
    keep(&company, false);
    company.start();
    company.client_answers(1);
    assert_eq!(company.wait_for_decisions(1), ["anna send"]);
    company.wait_until_all_is_sent();
    let latest = std::fs::read_to_string(company.folder.path().join("data/sent-latest")).unwrap();
    assert_eq!(latest.trim(), company.sql("select max(id) from outbox"));
    company.running().terminate();
    eventually("it has ended", PATIENT, || (!company.running().runs()).then_some(()));
    keep(&company, true);
    assert_eq!(company.sql("select count(*) from outbox"), "0", "the ledger is gone");
    company.start();
    assert!(
        company.running().said().contains("the database is older than what was sent"),
        "{}",
        company.running().said()
    );
    // The mail comes again, as new, and is not answered; neither is one that came meanwhile. The next one is.
    company.client_answers(2);
    company.wait_for_decisions(2);
    company.wait_until_all_is_sent();
    let sent = "select count(*) from notice_decisions where verdict = 'send'";
    assert_eq!(company.sql(sent), "1");
    let mails = company.dovecot.wait_for(&company.client_address("jan"), "INBOX", 2);
    assert_eq!(mails.len(), 2);
    assert!(String::from_utf8_lossy(&mails[1]).contains("In-Reply-To: <answer-2@"), "the new mail was answered");
    // Two restarts later it is as ever.
    company.running().terminate();
    eventually("it has ended", PATIENT, || (!company.running().runs()).then_some(()));
    company.start();
    assert!(!company.running().said().contains("the database is older"));
}

/// Settings of a Dovecot with Sieve at delivery, and with ManageSieve on a port.
fn sieving(port: u16) -> Vec<String> {
    vec![
        "protocols = imap lmtp sieve".into(),
        "protocol lmtp {\n  mail_plugins = sieve\n}".into(),
        "plugin {\n  sieve = file:~/sieve;active=~/.dovecot.sieve\n}".into(),
        format!("service managesieve-login {{\n  chroot =\n  inet_listener sieve {{\n    port = {port}\n  }}\n}}"),
    ]
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Gives ManageSieve commands and reads until the server closes; each must be answered OK.
fn managesieve(port: u16, user: &str, password: &str, commands: &[String]) {
    let mut tcp = TcpStream::connect(("127.0.0.1", port)).unwrap();
    tcp.set_read_timeout(Some(PATIENT)).unwrap();
    let login = STANDARD.encode(format!("\0{user}\0{password}"));
    let mut all = format!("AUTHENTICATE \"PLAIN\" \"{login}\"\r\n");
    commands.iter().for_each(|command| all += &format!("{command}\r\n"));
    all += "LOGOUT\r\n";
    tcp.write_all(all.as_bytes()).unwrap();
    let mut said = String::new();
    tcp.read_to_string(&mut said).unwrap();
    let ok = said.lines().filter(|line| line.starts_with("OK")).count();
    assert_eq!(ok, commands.len() + 3, "greeting, sign-in, each command, goodbye: {said}");
}

fn put(name: &str, script: &str) -> String {
    format!("PUTSCRIPT \"{name}\" {{{}+}}\r\n{script}", script.len())
}

const AWAY: &str = "require [\"vacation\"];\r\nvacation :days 7 \"I am on holiday.\";\r\n";

fn a_vacation_script_in_the_mailbox_keeps_standin_silent_until_it_is_off(kind: Kind) {
    let port = free_port();
    let settings = sieving(port);
    let dovecot = Dovecot::alone(&settings.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    let postfix = Postfix::start(&dovecot);
    let mut company = Company::found_on(kind, dovecot, postfix);
    let anna = company.own_address("anna");
    company.configure(|text| {
        let (before, after) = text.split_once("[mailbox.smtp]").unwrap();
        let sieve = format!(
            "[mailbox.sieve]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nuser = {anna:?}\n\
             secret_file = \"mailbox.password\"\n"
        );
        format!("{before}{sieve}[mailbox.smtp]{after}")
    });
    managesieve(port, &anna, company.dovecot.password(), &[put("holiday", AWAY), "SETACTIVE \"holiday\"".into()]);
    company.away("anna", "piotr");
    company.start();
    company.client_answers(1);
    assert_eq!(company.wait_for_decisions(1), ["anna silent R14"]);
    let number = company.sql("select id from absences");
    let page = company.browser("anna").read(&format!("/absences/{number}"));
    assert!(page.says("an absence reply of its own mail server is on"), "{}", page.text);
    let checked = company.standin(&["check"]).run();
    assert!(checked.stdout.contains("the active script `holiday` answers mail by itself"), "{}", checked.stdout);
    let status = company.standin(&["notice", "status"]).succeed().stdout;
    assert!(status.contains("Mailbox anna: an absence reply of its own server is on"), "{status}");
    // Switched off there, ours goes out from the next look on.
    managesieve(port, &anna, company.dovecot.password(), &["SETACTIVE \"\"".into()]);
    company.running().terminate();
    eventually("it has ended", PATIENT, || (!company.running().runs()).then_some(()));
    company.start();
    company.client_answers(2);
    assert_eq!(company.wait_for_decisions(2)[1], "anna send");
}

fn an_automatic_reply_in_her_name_silences_nobody_until_it_is_proved_to_be_hers(kind: Kind) {
    let mut company = Company::found(kind);
    company.configure(|text| text + "\n[mail]\npoll = 2\n");
    company.anna_wrote();
    company.away("anna", "piotr");
    company.start();
    let (anna, kamil) = (company.own_address("anna"), company.own_address("kamil"));
    let seen = "select coalesce(responder, '') from mailboxes where name = 'anna'";
    // A machine that writes for her is no responder; one that says it answered may be.
    company.mail("", &anna, &kamil, "Backup done", "Auto-Submitted: auto-generated\r\n");
    company.mail("", &anna, &kamil, "Automatic reply: lunch", "Auto-Submitted: auto-replied\r\n");
    // This server stamps nothing: anybody could have written that. It is a warning, and clients are told.
    let doubted = "select count(*) from mailboxes where responder_doubted_at is not null";
    company.eventually("the reply was seen", || (company.sql(doubted) == "1").then_some(()));
    assert_eq!(company.sql(seen), "");
    let checked = company.standin(&["check"]).run();
    assert!(checked.stdout.contains("perhaps a responder"), "{}", checked.stdout);
    company.client_answers(1);
    assert_eq!(company.wait_for_decisions(1), ["anna send"]);
    // What her own server keeps in Sent proves it.
    let reply = format!(
        "From: <{anna}>\r\nTo: <{kamil}>\r\nSubject: Automatic reply: lunch\r\nDate: {}\r\n\
         Message-ID: <reply-{}@service.test>\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n",
        now().to_rfc2822(),
        tag()
    );
    company.dovecot.append(&anna, "Sent", reply.as_bytes());
    company.eventually("it was read in Sent", || (company.sql(seen) == "mail").then_some(()));
    assert_eq!(company.sql("select count(*) from mailboxes where responder is not null"), "1");
    company.client_answers(2);
    assert_eq!(company.wait_for_decisions(2)[1], "anna silent R14");
    let status = company.standin(&["notice", "status", "--json"]).succeed().stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let anna = status["mailboxes"].as_array().unwrap().iter().find(|m| m["mailbox"] == "anna").unwrap();
    assert_eq!(anna["own_responder"], "mail");
}

fn a_notice_of_our_own_in_sent_is_no_other_responder(kind: Kind) {
    let mut company = Company::found(kind);
    company.configure(|text| text + "\n[mail]\npoll = 2\n");
    company.anna_wrote();
    company.away("anna", "piotr");
    company.start();
    company.client_answers(1);
    let notice = company.dovecot.wait_for(&company.client_address("jan"), "INBOX", 1).remove(0);
    // Some services keep what was submitted in Sent, and give it an id of their own.
    let anna = company.own_address("anna");
    company.dovecot.append(&anna, "Sent", &notice);
    let text = String::from_utf8(notice).unwrap();
    let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned();
    let rewritten = text.replace(
        &format!("Message-ID: {id}"),
        &format!("Message-ID: <other@service.test>\r\nX-Google-Original-Message-ID: {id}"),
    );
    company.dovecot.append(&anna, "Sent", rewritten.as_bytes());
    let read = "select count(*) from locations l join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
                where b.name = 'anna' and f.path = 'Sent' and l.state <> 'pending'";
    company.eventually("both were read", || (company.sql(read) == "3").then_some(()));
    assert_eq!(company.sql("select count(*) from mailboxes where responder is not null"), "0");
}

fn an_open_end_that_nobody_confirms_ends_the_notices(kind: Kind) {
    let mut company = Company::found(kind);
    let first = (crate::support::company::today() - chrono::Days::new(20)).to_string();
    let asked = (crate::support::company::today() - chrono::Days::new(2)).to_string();
    let call = [
        "absence",
        "add",
        "--notice",
        "--user",
        "anna",
        "--substitute",
        "piotr",
        "--from",
        &first,
        "--confirm",
        &asked,
    ];
    company.standin(&call).succeed();
    company.start();
    company.client_answers(1);
    assert_eq!(company.wait_for_decisions(1), ["anna silent R2"]);
    assert!(company.browser("anna").read("/absences").says("was to be confirmed"), "she is asked");
    let next = (crate::support::company::today() + chrono::Days::new(7)).to_string();
    let number = company.sql("select id from absences");
    company.standin(&["absence", "edit", &number, "--confirm", &next]).succeed();
    company.client_answers(2);
    assert_eq!(company.wait_for_decisions(2)[1], "anna send");
}

/// A Postfix that takes mail for mailboxes that do not exist, and sends it back; without the null reverse path
/// or orders about reports (DSN) where that is said.
fn bouncing(kind: Kind, takes_null: bool, takes_orders: bool) -> Company {
    let mut settings = vec!["smtpd_recipient_restrictions ="];
    if !takes_null {
        settings.push("smtpd_sender_restrictions = check_sender_access inline:{ {<> = REJECT not without a sender} }");
    }
    if !takes_orders {
        settings.push("smtpd_discard_ehlo_keywords = dsn");
    }
    Company::found_with(kind, |dovecot, _, _| Postfix::alone(dovecot, &settings))
}

fn a_notice_to_a_dead_address_comes_back_at_most_once_and_brings_nothing(kind: Kind) {
    for (takes_null, takes_orders) in [(true, true), (false, true), (false, false)] {
        let mut company = bouncing(kind, takes_null, takes_orders);
        let (dead, anna, sales) =
            (company.client_address("gone"), company.own_address("anna"), company.own_address("sales"));
        company.configure(|text| format!("{text}\n[notice]\nbounce_address = {sales:?}\n[mail]\npoll = 2\n"));
        let contacts = format!("external_id,name,owner,account,emails\ngone,Gone,anna,acme,{dead}\n");
        let file = company.folder.write("gone.csv", contacts);
        company.standin(&["import", "contacts"]).arg(file).succeed();
        company.away("anna", "piotr");
        company.start();
        company.mail(&dead, &dead, &anna, "Acme pumps: a question", "");
        assert_eq!(company.wait_for_decisions(1), ["anna send"]);
        company.wait_until_all_is_sent();
        let path = if takes_null { String::new() } else { sales.clone() };
        assert_eq!(company.sql("select '<' || sent_from || '> ' || state from outbox"), format!("<{path}> sent"));
        let bounced = company.postfix.wait_for_log(&[format!("to=<{dead}>").as_str(), "status=bounced"]);
        assert!(bounced.contains("550 5.1.1"), "{bounced}");
        let invalid = || {
            let shown = company.standin(&["address", "show", &dead, "--json"]).succeed().stdout;
            !serde_json::from_str::<serde_json::Value>(&shown).unwrap()["invalid"].is_null()
        };
        if takes_null || takes_orders {
            // Nothing comes back for mail without a sender (RFC 5321 §4.5.5), nor where we said NOTIFY=NEVER (R63).
            let queue = bounced.split(": ").nth(1).unwrap().to_owned();
            company.postfix.wait_for_log(&[format!("{queue}: removed").as_str()]);
            assert_eq!((company.dovecot.count(&anna, "INBOX"), company.dovecot.count(&sales, "INBOX")), (1, 0));
            assert!(!invalid(), "nobody said so");
        } else {
            company.dovecot.wait_for(&sales, "INBOX", 1);
            company.eventually("the report was read", || invalid().then_some(()));
            assert_eq!(company.dovecot.count(&anna, "INBOX"), 1);
            let log = company.standin(&["notice", "log", "--user", "anna", "--json"]).succeed().stdout;
            let log: serde_json::Value = serde_json::from_str(&log).unwrap();
            assert_eq!((&log[0]["state"], &log[0]["came_back"]), (&"sent".into(), &"hard".into()), "{log}");
        }
        // No second notice, no wait of anybody's, nothing done with the client, no sign of another responder.
        assert_eq!(company.sql("select count(*) from outbox"), "1");
        assert_eq!(company.sql("select count(*) from notice_decisions where verdict = 'send'"), "1");
        assert_eq!(company.sql("select count(*) from mails where waits or awaits"), "1", "the client's own question");
        assert_eq!(company.sql("select count(*) from activities"), "0");
        assert_eq!(company.sql("select count(*) from mailboxes where responder is not null"), "0");
    }
}

#[tokio::test]
async fn managesieve_tells_whether_an_active_script_answers_over_every_kind_of_connection() {
    let port = free_port();
    let settings = sieving(port);
    let dovecot = Dovecot::alone(&settings.iter().map(String::as_str).collect::<Vec<_>>(), &["anna"]);
    let folder = Folder::new();
    let server = Server {
        host: "localhost".into(),
        port: Some(port),
        security: Security::Starttls,
        user: Some(dovecot.address("anna")),
        auth: Auth::Plain,
        secret_file: Some(folder.write("secret", dovecot.password())),
        secret_env: None,
        secret_command: None,
        ca_file: Some(dovecot.ca_file.clone()),
        typed: None,
    };
    let plain = Server { security: Security::Plain, host: "127.0.0.1".into(), ..server.clone() };
    let limits = Limits::default();
    let anna = dovecot.address("anna");
    let say = |commands: &[String]| managesieve(port, &anna, dovecot.password(), commands);
    let active = |name: &str| format!("SETACTIVE \"{name}\"");
    for way in [&plain, &server] {
        assert_eq!(answering(way, &limits).await.unwrap(), Answering::Off, "no script");
        say(&[put("holiday", AWAY)]);
        assert_eq!(answering(way, &limits).await.unwrap(), Answering::Off, "none is active");
        say(&[active("holiday")]);
        assert_eq!(answering(way, &limits).await.unwrap(), Answering::On("holiday".into()));
        let including = "require [\"include\"];\r\ninclude :personal \"holiday\";\r\n";
        say(&[put("main \\\"one\\\"", including), active("main \\\"one\\\"")]);
        assert_eq!(answering(way, &limits).await.unwrap(), Answering::On("holiday".into()), "included");
        let commented =
            "require [\"vacation\", \"fileinto\"];\r\n# vacation \"x\";\r\nif false { vacation \"y\"; }\r\nkeep;\r\n";
        say(&[put("quiet", commented), active("quiet")]);
        assert_eq!(answering(way, &limits).await.unwrap(), Answering::Off, "commented out");
        say(&[active(""), "DELETESCRIPT \"holiday\"".into()]);
    }
    let wrong = Server { secret_file: Some(folder.write("wrong", "wrong")), ..server.clone() };
    let trouble = answering(&wrong, &limits).await.unwrap_err().to_string();
    assert!(trouble.contains("check user and password or token of [mailbox.sieve]"), "{trouble}");
    let foreign = Server { ca_file: None, ..server.clone() };
    assert!(answering(&foreign, &limits).await.unwrap_err().to_string().contains("certificate"));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let tarpit = Server { port: Some(silent.local_addr().unwrap().port()), ..plain.clone() };
    let short = Limits { connect: Duration::from_millis(300), ..limits };
    let trouble = answering(&tarpit, &short).await.unwrap_err().to_string();
    assert!(trouble.contains("said nothing whole in"), "{trouble}");
}

#[test]
fn another_servers_vacation_and_ours_exchange_one_notice_each_and_fall_silent() {
    let port = free_port();
    let settings = sieving(port);
    let dovecot = Dovecot::alone(&settings.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    let postfix = Postfix::start(&dovecot);
    // What Sieve sends leaves through the Postfix that delivers to it.
    let more = dovecot.dir.join("more.conf");
    let text = std::fs::read_to_string(&more).unwrap();
    std::fs::write(&more, format!("{text}\nsubmission_host = 127.0.0.1:{}\n", postfix.smtp_port)).unwrap();
    dovecot.doveadm(&["reload"]);
    let mut company = Company::found_on(Kind::Sqlite, dovecot, postfix);
    let (jan, anna) = (company.client_address("jan"), company.own_address("anna"));
    managesieve(port, &jan, company.dovecot.password(), &[put("away", AWAY), "SETACTIVE \"away\"".into()]);
    company.away("anna", "piotr");
    company.start();
    // Anna writes from her mail program: his responder answers, and ours does not answer that.
    company.mail(&anna, &anna, &jan, "Acme pumps: a question", "");
    assert_eq!(company.wait_for_decisions(1), ["anna silent R16"]);
    // He writes: ours answers, and his does not answer that.
    company.client_answers(1);
    assert_eq!(company.wait_for_decisions(2)[1], "anna send");
    company.wait_until_all_is_sent();
    company.dovecot.wait_for(&jan, "INBOX", 2);
    // Sieve answers while it takes a mail in: whatever was to come stands in the log of the last delivery.
    let delivered =
        |to: &str| company.postfix.log(&format!("to=<{to}>")).iter().filter(|l| l.contains("status=sent")).count();
    company.eventually("both mails to him were delivered", || (delivered(&jan) == 2).then_some(()));
    assert_eq!((delivered(&anna), company.dovecot.count(&anna, "INBOX")), (2, 2), "his answer and his mail");
    assert_eq!(company.dovecot.count(&jan, "INBOX"), 2, "her mail and our notice");
    let first = company.dovecot.mails(&anna, "INBOX").remove(0);
    let first = String::from_utf8_lossy(&first);
    assert!(first.contains("Auto-Submitted: auto-replied (vacation)"), "{first}");
    assert_eq!(company.sql("select count(*) from notices"), "1");
}

/// A token as a provider would sign it (JWT, HS256).
fn token(email: &str, valid_for: i64) -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let at = now().timestamp();
    let claims =
        serde_json::json!({ "email": email, "sub": email, "iat": at - 60, "exp": at + valid_for, "scope": "mail" });
    let signed = format!("{}.{}", part(serde_json::json!({ "alg": "HS256", "typ": "JWT" })), part(claims));
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SIGNING).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

const SIGNING: &[u8] = b"a key of the tests alone, 32 bytes long";

/// A Dovecot that takes tokens signed by [`SIGNING`], and its Postfix.
fn with_tokens(folder: &Path, users: &[&str]) -> (Dovecot, Postfix) {
    let key = folder.join("keys/default/HS256/default");
    std::fs::create_dir_all(key.parent().unwrap()).unwrap();
    std::fs::write(&key, STANDARD.encode(SIGNING)).unwrap();
    let settings = folder.join("oauth2.conf");
    let keys = folder.join("keys/");
    let text = format!(
        "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={}/\nusername_attribute = email\n",
        keys.display()
    );
    std::fs::write(&settings, text).unwrap();
    let passdb = format!("passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {}\n}}", settings.display());
    let dovecot = Dovecot::alone(&["auth_mechanisms = plain login xoauth2", &passdb], users);
    let postfix = Postfix::start(&dovecot);
    (dovecot, postfix)
}

fn outgoing(to: String) -> Outgoing {
    let id = format!("{}@own.example", tag());
    Outgoing {
        envelope_from: None,
        envelope_to: to,
        bytes: format!("Subject: notice\r\nMessage-ID: <{id}>\r\n\r\nbody\r\n").into_bytes(),
        message_id: MsgId::new(id).unwrap(),
        expires_at: Timestamp(i64::MAX),
    }
}

#[tokio::test]
async fn tokens_and_passwords_open_a_real_submission_server_and_wrong_ones_say_what_to_do() {
    let folder = Folder::new();
    let (dovecot, postfix) = with_tokens(folder.path(), &["anna", "jan@acme"]);
    let (anna, jan) = (dovecot.address("anna"), dovecot.address("jan@acme"));
    let secret = |name: &str, text: &str| -> PathBuf { folder.write(name, text) };
    let good = Server {
        host: "localhost".into(),
        port: Some(postfix.submission_port),
        security: Security::Starttls,
        user: Some(anna.clone()),
        auth: Auth::Xoauth2,
        secret_file: Some(secret("token", &token(&anna, 3600))),
        secret_env: None,
        secret_command: None,
        ca_file: Some(postfix.ca_file.clone()),
        typed: None,
    };
    let wrapped = Server { port: Some(postfix.submissions_port), security: Security::Tls, ..good.clone() };
    let password =
        Server { auth: Auth::Plain, secret_file: Some(secret("password", dovecot.password())), ..good.clone() };
    for (n, server) in [&good, &wrapped, &password].into_iter().enumerate() {
        assert_eq!(smtp::greet(server).await, Ok("mail.example".into()));
        let answer = smtp::send(server, &outgoing(jan.clone()), Duration::from_secs(30)).await;
        assert!(matches!(answer, Answer::Accepted(_)), "{answer:?}");
        let mails = dovecot.wait_for("jan@acme", "INBOX", n + 1);
        assert!(mails[n].starts_with(b"Return-Path: <>\r\n"), "the null reverse path");
    }
    for expired in [token(&anna, -60), token("somebody@else.example", 3600), "no.token.at-all".to_owned()] {
        let stale = Server { secret_file: Some(secret("stale", &expired)), ..good.clone() };
        for words in [smtp::greet(&stale).await.unwrap_err(), later(&stale, &jan).await] {
            assert!(words.contains("the server refused the token") && words.contains("get a new one"), "{words}");
            assert!(!words.contains(&expired), "the token is no word for people");
        }
    }
    let wrong = Server { secret_file: Some(secret("wrong", "not it")), ..password.clone() };
    let words = later(&wrong, &jan).await;
    assert!(words.contains("the server refused the sign-in") && words.contains("check user and password"), "{words}");
    let missing = Server { auth: Auth::Login, port: Some(postfix.smtp_port), security: Security::Plain, ..password };
    let words = later(&Server { host: "127.0.0.1".into(), ..missing }, &jan).await;
    assert!(words.contains("does not offer LOGIN"), "{words}");
    assert_eq!(dovecot.count("jan@acme", "INBOX"), 3);
}

async fn later(server: &Server, to: &str) -> String {
    match smtp::send(server, &outgoing(to.to_owned()), Duration::from_secs(30)).await {
        Answer::Later(words) => words,
        other => panic!("{other:?}"),
    }
}

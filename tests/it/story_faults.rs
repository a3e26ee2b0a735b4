//! What goes wrong around a running program: it says what, why and what to do, exits with a code
//! that says it too, and loses nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::PATIENT;
use crate::support::company::{Company, Kind};
use crate::support::process::{Outcome, standin};

const ANSWER: &str = "Re: Acme pumps: our offer";

/// Anna's mail to the client is in her mailbox, and nothing was read yet.
fn company() -> Company {
    let company = Company::found(Kind::Sqlite);
    company.anna_wrote();
    company.client_answers(1);
    company.dovecot.wait_for(&company.own_address("anna"), "INBOX", 1);
    company
}

#[track_caller]
fn assert_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

/// What `check` found about Anna's mailbox, with the remedy; it must have failed.
#[track_caller]
fn checked(company: &Company) -> (String, String) {
    let outcome = company.standin(&["check", "--json"]).run();
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    let all: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let one = all.as_array().unwrap().iter().find(|c| c["check"] == "mailbox anna: sign-in").unwrap().clone();
    assert_eq!(one["state"], "failure", "{one}");
    (one["found"].as_str().unwrap().to_owned(), one["remedy"].as_str().unwrap().to_owned())
}

/// Reads everything once while Anna's mailbox cannot be read, then again when `mend` has mended it.
#[track_caller]
fn sync_fails_then_nothing_is_lost(company: &Company, words: &[&str], mend: impl FnOnce()) {
    let jan = company.client_address("jan");
    company.mail(&jan, &jan, &company.own_address("sales"), "For everybody", "");
    company.dovecot.wait_for(&company.own_address("sales"), "INBOX", 1);
    let outcome = company.standin(&["sync", "--once"]).run();
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let line = outcome.stdout.lines().find(|line| line.starts_with("anna ")).unwrap_or_else(|| panic!("{outcome:?}"));
    assert_says(line, words);
    let subjects = |company: &Company| -> Vec<String> {
        let timeline = company.timeline("pumps", "anna").unwrap();
        timeline["entries"].as_array().unwrap().iter().map(|e| e["subject"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(subjects(company), ["For everybody"], "the other mailboxes are read");
    mend();
    company.standin(&["sync", "--once"]).succeed();
    let mut all = subjects(company);
    all.sort();
    assert_eq!(all, ["Acme pumps: our offer", "For everybody", ANSWER], "nothing was lost and nothing came twice");
}

#[test]
fn a_second_program_on_the_same_sqlite_file_is_turned_away_and_the_first_goes_on() {
    let mut company = company();
    company.start();
    for command in [&["serve"][..], &["sync", "--once"]] {
        let outcome: Outcome = company.standin(command).start().wait(PATIENT);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert_says(&outcome.stderr, &["another Standin works on", "standin.db already", "stop it first"]);
    }
    assert!(company.running().runs());
    company.client_answers(2);
    company.wait_for_mails("anna", ANSWER, 2);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let mut company = company();
    company.start();
    let taken = company.url.trim_start_matches("http://").to_owned();
    let other = company.folder.write("other.toml", format!("data_dir = {:?}", company.folder.path().join("other")));
    let call = standin(["serve", "--config"]).arg(other).env("STANDIN_LISTEN", &taken);
    let outcome = call.start().wait(PATIENT);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_says(&outcome.stderr, &[&taken, "is another program on it?", "`listen`"]);
}

#[test]
fn a_wrong_password_is_said_and_nothing_is_lost() {
    let company = company();
    let anna = company.own_address("anna");
    company.dovecot.set_password(&anna, "another");
    let (found, remedy) = checked(&company);
    assert_says(&found.to_lowercase(), &["refused"]);
    assert_says(&remedy, &["check user and password"]);
    sync_fails_then_nothing_is_lost(&company, &["refused"], || {
        company.dovecot.set_password(&anna, company.dovecot.password());
    });
}

#[test]
fn a_running_program_tells_of_a_refused_password_and_reads_on_elsewhere() {
    let mut company = Company::found(Kind::Sqlite);
    company.configure(|text| text.replacen("secret_file = ", "secret_env = \"STANDIN_SECRET_ANNA\"\n# ", 1));
    let mut running = company.standin(&["serve"]).env("STANDIN_SECRET_ANNA", "wrong").start();
    company.url = running.wait_for("Standin is ready at ").rsplit(' ').next().unwrap().to_owned();
    company.eventually("Anna's mailbox is refused, the others are read", || {
        let states = company.sql("select name || ' ' || state from mailboxes order by name");
        (states == "anna refused\nkamil ok\npiotr ok\nsales ok").then_some(())
    });
    let page = company.browser("anna").read("/");
    assert!(page.text.contains("class=\"banner\" role=\"status\""), "the page says so: {}", page.text);
    running.terminate();
    assert_eq!(running.wait(PATIENT).code, Some(0), "it ends when it is told to");
}

#[test]
fn an_unreachable_host_is_said_and_nothing_is_lost() {
    let company = company();
    // A port on which nobody listens: that of a listener that is gone.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (old, new) = (format!("port = {}", company.dovecot.imaps_port), format!("port = {port}"));
    company.configure(|text| text.replacen(&old, &new, 1));
    let (found, remedy) = checked(&company);
    assert_says(&found, &["cannot be reached", &port.to_string()]);
    assert_says(&remedy, &["check host and port"]);
    sync_fails_then_nothing_is_lost(&company, &[&port.to_string()], || company.configure(|text| text));
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_said_and_nothing_is_lost() {
    let company = company();
    company.configure(|text| text.replacen("ca_file = ", "# ", 1));
    let (found, remedy) = checked(&company);
    assert_says(&found, &["certificate"]);
    assert_says(&remedy, &["`ca_file`"]);
    sync_fails_then_nothing_is_lost(&company, &["certificate"], || company.configure(|text| text));
}

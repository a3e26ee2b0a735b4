//! A mailbox that its owner wants read at once, as the settings file names it: on a real server, by the program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::company::{Company, Kind};
use serde_json::Value;

/// When the program last signed in to the server, in milliseconds, as far as what was said is kept.
fn signed_in(company: &Company, mailbox: &str) -> Option<i64> {
    let lines = company.sql(&format!("select lines from mailbox_protocols where mailbox_id = {mailbox}"));
    let lines: Vec<Value> = serde_json::from_str(&lines).ok()?;
    let signs_in = |line: &&Value| {
        let text = line["text"].as_str().unwrap();
        line["side"] == "we" && (text.contains(" LOGIN ") || text.contains(" AUTHENTICATE "))
    };
    lines.iter().filter(signs_in).filter_map(|line| line["at"].as_i64()).max()
}

fn a_mailbox_of_the_settings_file_is_read_at_once(kind: Kind) {
    let mut company = Company::found(kind);
    company.start();
    let mailbox = company.sql("select id from mailboxes where name = 'anna'");
    let before = company.eventually("the first sign-in is kept", || signed_in(&company, &mailbox));
    let anna = company.browser("anna");
    let asked = anna.post("/me/mailboxes", &[("do", "sync"), ("mailbox", &mailbox)]);
    assert!(asked.location().ends_with("/me/mailboxes?done=sync"), "{}", asked.text);
    let after = company.eventually("a second sign-in", || signed_in(&company, &mailbox).filter(|at| *at > before));
    assert!(after > before);
    company.eventually("the page says that it was read", || {
        (!anna.read("/me/mailboxes").says("Being read")).then_some(())
    });
    assert!(company.running().said().contains("reading a mailbox begins"), "{}", company.running().said());
    // Mail comes as before.
    company.client_answers(1);
    company.wait_for_mails("anna", "Re: Acme pumps: our offer", 1);
}

#[test]
fn a_mailbox_of_the_settings_file_is_read_at_once_on_sqlite() {
    a_mailbox_of_the_settings_file_is_read_at_once(Kind::Sqlite);
}

#[test]
fn a_mailbox_of_the_settings_file_is_read_at_once_on_postgres() {
    a_mailbox_of_the_settings_file_is_read_at_once(Kind::Postgres);
}

//! Mails to colleagues as the program sends them: a real Postfix, a real Dovecot, the recipient's
//! mailbox watched by the same program, and the program killed in between.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::company::{Company, Kind};
use mail_parser::MessageParser;

/// Anna is away, Piotr stands in and asked for the brief; sales@ sends mails to colleagues.
fn with_a_brief_for_piotr(kind: Kind) -> Company {
    let company = Company::found(kind);
    company.configure(|text| text + "\n[colleagues]\nmailbox = \"sales\"\n");
    company.anna_wrote();
    company.standin(&["sync", "--once"]).succeed();
    company.away("anna", "piotr");
    company.standin(&["notify", "set", "--user", "piotr", "--covers", "on", "--language", "pl"]).succeed();
    company
}

fn a_brief_arrives_once_and_the_program_that_reads_it_back_makes_nothing_of_it(kind: Kind) {
    let mut company = with_a_brief_for_piotr(kind);
    let mails = company.sql("select count(*) from mails");
    company.start();
    let piotr = company.own_address("piotr");
    let raw = company.dovecot.wait_for(&piotr, "INBOX", 1).remove(0);
    let mail = MessageParser::default().parse(&raw).unwrap();
    assert_eq!(mail.subject().unwrap(), "Standin: Zastępstwo za: Anna Nowak. Co zastajesz");
    let from = mail.from().unwrap().first().unwrap();
    assert_eq!(from.address().unwrap(), company.own_address("sales"));
    let body = mail.body_text(0).unwrap();
    assert!(body.contains("Rekordy pod twoją opieką: 3 rekordy (1 firma, 1 kontakt, 1 szansa)"), "{body}");
    assert!(body.contains("Acme pumps: our offer, do: Jan Kowalski, szansa: Acme pumps"), "{body}");
    assert!(!body.contains("twelve pumps"), "no word of a mail's text: {body}");
    // Piotr's mailbox is watched: the program reads it back and keeps nothing.
    let read = "select count(*) from locations l join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
                where b.name = 'piotr' and l.state = 'unmatched'";
    company.eventually("it was read back", || (company.sql(read) == "1").then_some(()));
    assert_eq!(company.sql("select count(*) from mails"), mails);
    assert_eq!(company.sql("select count(*) from notice_decisions where verdict = 'send'"), "0");
    // Killed and started again, once more: Piotr has what he had.
    company.running().kill();
    company.start();
    company.wait_until_all_is_sent();
    company.running().kill();
    assert_eq!(company.sql("select count(*) from notifications"), "1");
    assert_eq!(company.sql("select state from outbox"), "sent");
    assert_eq!(company.dovecot.mails(&piotr, "INBOX").len(), 1);
}

#[test]
fn a_brief_arrives_once_and_the_program_that_reads_it_back_makes_nothing_of_it_on_sqlite() {
    a_brief_arrives_once_and_the_program_that_reads_it_back_makes_nothing_of_it(Kind::Sqlite);
}

#[test]
fn a_brief_arrives_once_and_the_program_that_reads_it_back_makes_nothing_of_it_on_postgresql() {
    a_brief_arrives_once_and_the_program_that_reads_it_back_makes_nothing_of_it(Kind::Postgres);
}

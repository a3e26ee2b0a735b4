//! The story that Standin is there for, a sentence a test, on both databases, with a real Dovecot,
//! a real Postfix, and the program as people run it.
//!
//! Anna owns the opportunity "Acme pumps" and is away from yesterday until next Friday. Piotr is
//! her substitute, Kamil another account manager, Maria her manager, Zofia Kamil's, Adam the
//! admin; the company is in restricted mode. Anna had written to the client from her own mail
//! program; now the client answers to her address.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::company::{Company, Kind, next_friday, now, today};
use chrono::{Days, NaiveDate};
use mail_parser::{HeaderValue, MessageParser};

const ANSWER: &str = "Re: Acme pumps: our offer";
const OFFER: &str = "Acme pumps: our offer";

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
    without_anybody_clicking_the_mail_is_on_the_opportunitys_timeline
    piotr_sees_it_there_and_on_his_list_of_what_he_covers
    kamil_does_not_see_it_by_any_way
    annas_manager_reads_it_and_neither_the_admin_nor_another_manager_does
    the_clients_mail_appears_on_piotrs_open_page_without_a_reload
    the_client_gets_one_notice_from_annas_address_that_names_piotr_and_the_first_day_she_is_back
    a_second_mail_of_the_client_gets_none
    annas_sent_mail_stands_on_the_same_timeline
    the_mailbox_on_the_server_is_as_it_was
    when_the_absence_ends_piotr_no_longer_sees_it
    a_shared_mailbox_is_never_answered
    two_absent_colleagues_never_exchange_notices
    a_mailing_list_and_a_bounce_get_no_notice
    mail_from_before_the_program_knew_the_mailbox_is_linked_and_not_answered
}

fn without_anybody_clicking_the_mail_is_on_the_opportunitys_timeline(kind: Kind) {
    let company = Company::with_anna_away(kind);
    company.client_answers(1);
    let mail = &company.wait_for_mails("anna", ANSWER, 1)[0];
    assert_eq!(mail["direction"], "in");
    assert_eq!(mail["author"], "human");
    assert_eq!(mail["from"]["address"], company.client_address("jan").as_str());
    assert_eq!(mail["governing"]["name"], "Acme pumps");
    assert_eq!(mail["waits"], true);
    let timeline = company.timeline("pumps", "anna").unwrap();
    assert_eq!(timeline["record"]["name"], "Acme pumps");
    assert_eq!(timeline["answers"], "Piotr Zieliński");
    // On the client's own timelines too, once each.
    for record in ["account:acme", "contact:jan"] {
        let timeline = company.timeline(record, "anna").unwrap();
        let subjects: Vec<&str> =
            timeline["entries"].as_array().unwrap().iter().map(|e| e["subject"].as_str().unwrap()).collect();
        assert_eq!(subjects, [ANSWER, OFFER], "{record}");
    }
}

fn piotr_sees_it_there_and_on_his_list_of_what_he_covers(kind: Kind) {
    let company = Company::with_anna_away(kind);
    company.client_answers(1);
    company.wait_for_mails("piotr", ANSWER, 1);
    let piotr = company.browser("piotr");
    let record = piotr.read(&format!("/records/{}", company.record("pumps")));
    assert!(record.says("Acme pumps") && record.says(ANSWER) && record.says("Piotr Zieliński"), "{}", record.text);
    let today = piotr.read("/");
    let covering = today.text.split("id=\"covering-0\"").nth(1).unwrap_or_else(|| panic!("{}", today.text));
    assert!(covering.contains("Anna Nowak") && covering.contains(ANSWER), "{covering}");
    // The message's own page, its formatted body and its attachment.
    let message = format!("/messages/{}", company.wait_for_mails("piotr", ANSWER, 1)[0]["mail"]);
    assert!(piotr.read(&message).says("Can you deliver by March?"));
    assert!(piotr.read(&format!("{message}/body")).says("<b>number 1</b>"));
    let name = "wishes.txt";
    let link = piotr.read(&message).text.split("/attachments/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let attachment = piotr.read(&format!("{message}/attachments/{link}"));
    assert!(attachment.says("twelve, in blue") && attachment.head.iter().any(|line| line.contains(name)));
    // Anna's own page says that she is away and who covers.
    assert!(company.browser("anna").read("/").says("Piotr Zieliński"));
}

fn kamil_does_not_see_it_by_any_way(kind: Kind) {
    let company = Company::with_anna_away(kind);
    company.client_answers(1);
    let mail = company.wait_for_mails("piotr", ANSWER, 1)[0]["mail"].as_i64().unwrap();
    assert_same_nothing(&company, "kamil", mail);
    let kamil = company.browser("kamil");
    for path in ["/", "/records", "/records?kind=opportunity", "/records?kind=account"] {
        let page = kamil.read(path);
        assert!(!page.says("Acme") && !page.says("Kowalski"), "{path}: {}", page.text);
    }
    assert!(kamil.read("/records?kind=opportunity").says("Borsuk valves"), "his own he sees");
}

/// What `viewer` gets for Anna's records and the client's mail is, to the byte, what they get for
/// what does not exist.
#[track_caller]
fn assert_same_nothing(company: &Company, viewer: &str, mail: i64) {
    let browser = company.browser(viewer);
    for (external_id, kind) in [("pumps", "opportunity"), ("acme", "account"), ("jan", "contact")] {
        let id = company.record(external_id);
        let (refused, absent) = (browser.get(&format!("/records/{id}")), browser.get("/records/999999"));
        assert_eq!((refused.status, &refused), (404, &absent), "{viewer} on {external_id}");
        let watched = |id: i64| browser.watch(&format!("/live?page=/records/{id}&seen=")).err();
        assert_eq!((watched(id), watched(999_999)), (Some(404), Some(404)), "{viewer} watching {external_id}");
        for name in [external_id.to_owned(), id.to_string(), format!("{kind}:{id}")] {
            let refused = company.timeline(&name, viewer).unwrap_err();
            let absent = company.timeline("opportunity:999999", viewer).unwrap_err();
            let same = |text: &str, name: &str| text.replace(&format!("`{name}`"), "it");
            assert_eq!((refused.code, refused.stdout), (Some(2), String::new()));
            assert_eq!(same(&refused.stderr, &name), same(&absent.stderr, "opportunity:999999"));
        }
    }
    for part in ["", "/body", "/attachments/0", "/attachments/1"] {
        let refused = browser.get(&format!("/messages/{mail}{part}"));
        let absent = browser.get(&format!("/messages/999999{part}"));
        assert_eq!((refused.status, &refused), (404, &absent), "{viewer} on the message's {part}");
    }
    assert_eq!(browser.watch(&format!("/live?page=/messages/{mail}&seen=")).err(), Some(404));
}

fn annas_manager_reads_it_and_neither_the_admin_nor_another_manager_does(kind: Kind) {
    let company = Company::with_anna_away(kind);
    company.client_answers(1);
    let mail = company.wait_for_mails("maria", ANSWER, 1)[0]["mail"].as_i64().unwrap();
    assert!(company.browser("maria").read(&format!("/messages/{mail}")).says("Can you deliver by March?"));
    assert_same_nothing(&company, "zofia", mail);
    // The admin may assign, so he knows that the record exists, but reads no mail.
    let adam = company.browser("adam");
    for part in ["", "/body", "/attachments/0"] {
        assert_eq!(adam.get(&format!("/messages/{mail}{part}")).status, 404);
    }
    for path in [format!("/records/{}", company.record("pumps")), "/".to_owned()] {
        assert!(!adam.get(&path).says("our offer"), "{path}");
    }
    if let Ok(timeline) = company.timeline("pumps", "adam") {
        assert_eq!(timeline["entries"].as_array().unwrap().len(), 0, "{timeline}");
    }
}

fn the_clients_mail_appears_on_piotrs_open_page_without_a_reload(kind: Kind) {
    let company = Company::with_anna_away(kind);
    let (piotr, kamil) = (company.browser("piotr"), company.browser("kamil"));
    let path = format!("/records/{}", company.record("pumps"));
    company.wait_for_mails("piotr", OFFER, 1);
    let (mut record, mut today) = (piotr.open(&path), piotr.open("/"));
    let mut kamils = kamil.open("/records?kind=opportunity");
    company.client_answers(1);
    record.told();
    assert!(piotr.read(&path).says(ANSWER), "the page that was told shows the mail");
    today.told();
    assert!(piotr.read("/").says(ANSWER));
    // The notice to the client is news for Piotr as well, and Kamil's page hears of none of it.
    company.wait_until_all_is_sent();
    company.eventually("the notice stands on the open page", || {
        piotr.read(&path).text.contains("class=\"system\"").then_some(())
    });
    assert!(kamils.is_quiet(), "Kamil's page made a sound");
}

fn the_client_gets_one_notice_from_annas_address_that_names_piotr_and_the_first_day_she_is_back(kind: Kind) {
    let company = Company::with_anna_away(kind);
    company.client_answers(1);
    let jan = company.client_address("jan");
    let anna = company.own_address("anna");
    let mails = company.dovecot.wait_for(&jan, "INBOX", 1);
    assert_eq!(company.wait_for_decisions(1), ["anna send"]);
    company.wait_until_all_is_sent();
    assert_eq!(company.dovecot.count(&jan, "INBOX"), 1);
    let notice = MessageParser::new().parse(&mails[0]).unwrap();
    let raw = String::from_utf8(mails[0].clone()).unwrap();
    assert!(raw.starts_with("Return-Path: <>\r\n"), "{raw}");
    assert_eq!(notice.from().unwrap().first().unwrap().address(), Some(anna.as_str()));
    assert_eq!(notice.from().unwrap().first().unwrap().name(), Some("Anna Nowak"));
    assert_eq!(notice.to().unwrap().first().unwrap().address(), Some(jan.as_str()));
    assert_eq!(notice.subject(), Some("Auto: Acme pumps: our offer"));
    let header = |name: &str| match notice.header(name.to_owned()) {
        Some(HeaderValue::Text(text)) => text.to_string(),
        other => panic!("{name}: {other:?}\n{raw}"),
    };
    assert_eq!(header("Auto-Submitted"), "auto-replied");
    assert_eq!(header("X-Auto-Response-Suppress"), "All");
    assert_eq!(header("Precedence"), "bulk");
    assert_eq!(notice.in_reply_to().as_text(), Some(format!("answer-1@{}", company.client).as_str()));
    let references = notice.references().as_text_list().unwrap().join(" ");
    assert_eq!(references, format!("offer@{} answer-1@{}", company.own, company.client));
    let id = notice.message_id().unwrap();
    assert!(id.ends_with(&company.own), "{id}");
    assert!(notice.cc().is_none() && notice.bcc().is_none() && notice.reply_to().is_none(), "{raw}");
    let text = notice.body_text(0).unwrap();
    let last = next_friday(today());
    let back = last.checked_add_days(Days::new(3)).unwrap();
    for words in ["Anna Nowak", "Piotr Zieliński", &company.own_address("piotr"), &in_words(last), &in_words(back)] {
        assert!(text.contains(words), "no {words} in {text}");
    }
    // That there was one stands on the timeline, for those who read it.
    let mail = company.wait_for_mails("piotr", ANSWER, 1).remove(0);
    assert_eq!((&mail["notices"][0]["state"], &mail["notices"][0]["to"]), (&"sent".into(), &jan.as_str().into()));
}

/// As a notice in English writes a date: weekday, month in words, year (R77).
fn in_words(day: NaiveDate) -> String {
    day.format("%A, %-d %B %Y").to_string()
}

fn a_second_mail_of_the_client_gets_none(kind: Kind) {
    let company = Company::with_anna_away(kind);
    let jan = company.client_address("jan");
    company.client_answers(1);
    company.dovecot.wait_for(&jan, "INBOX", 1);
    company.client_answers(2);
    company.wait_for_mails("piotr", ANSWER, 2);
    assert_eq!(company.wait_for_decisions(2), ["anna send", "anna silent R46"]);
    // The page says why, in words.
    let mails = company.wait_for_mails("piotr", ANSWER, 2);
    let page = company.browser("piotr").read(&format!("/messages/{}", mails[0]["mail"]));
    assert!(page.says("R46") && page.says("already told about this absence"), "{}", page.text);
    // A colleague of his, whom nobody told yet, gets one of her own.
    let ola = company.client_address("ola");
    company.mail(&ola, &ola, &company.own_address("anna"), "Delivery address", "");
    assert_eq!(company.wait_for_decisions(3).len(), 3);
    company.wait_until_all_is_sent();
    assert_eq!(company.dovecot.count(&jan, "INBOX"), 1);
}

fn annas_sent_mail_stands_on_the_same_timeline(kind: Kind) {
    let mut company = Company::found(kind);
    // A server announces what is new in INBOX; at Sent the program looks every so many seconds.
    company.configure(|text| text + "\n[mail]\npoll = 2\n");
    company.anna_wrote();
    company.away("anna", "piotr");
    company.start();
    let mail = &company.wait_for_mails("piotr", OFFER, 1)[0];
    assert_eq!(mail["direction"], "out");
    assert_eq!(mail["from"]["address"], company.own_address("anna").as_str());
    company.client_answers(1);
    company.wait_for_mails("piotr", ANSWER, 1);
    // Written after the program was started, it comes as well.
    let later = format!(
        "From: <{}>\r\nTo: <{}>\r\nSubject: Acme pumps: one more thing\r\nDate: {}\r\nMessage-ID: <more@{}>\r\n\r\nAsk Piotr.\r\n",
        company.own_address("anna"),
        company.client_address("jan"),
        now().to_rfc2822(),
        company.own,
    );
    company.dovecot.append(&company.own_address("anna"), "Sent", later.as_bytes());
    company.wait_for_mails("piotr", "Acme pumps: one more thing", 1);
    let timeline = company.timeline("pumps", "piotr").unwrap();
    let subjects: Vec<&str> =
        timeline["entries"].as_array().unwrap().iter().map(|e| e["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["Acme pumps: one more thing", ANSWER, OFFER]);
}

fn the_mailbox_on_the_server_is_as_it_was(kind: Kind) {
    let company = Company::with_anna_away(kind);
    let anna = company.own_address("anna");
    company.client_answers(1);
    company.wait_for_mails("piotr", ANSWER, 1);
    company.wait_until_all_is_sent();
    let mail = company.wait_for_mails("piotr", ANSWER, 1)[0]["mail"].clone();
    company.browser("piotr").read(&format!("/messages/{mail}"));
    let flags = |folder| company.dovecot.flags(&anna, folder).into_iter().map(|(_, flags)| flags).collect::<Vec<_>>();
    assert_eq!(flags("INBOX"), [""], "neither seen nor answered");
    assert_eq!(flags("Sent"), ["\\Seen"]);
    assert_eq!(company.dovecot.status(&anna, "INBOX", "UNSEEN"), 1);
    let folders = company.dovecot.doveadm(&["mailbox", "list", "-u", &anna]);
    let mut folders: Vec<&str> = folders.lines().collect();
    folders.sort_unstable();
    assert_eq!(folders, ["Drafts", "INBOX", "Junk", "Sent", "Trash"], "no folder was made");
}

fn when_the_absence_ends_piotr_no_longer_sees_it(kind: Kind) {
    let company = Company::with_anna_away(kind);
    company.client_answers(1);
    let mail = company.wait_for_mails("piotr", ANSWER, 1)[0]["mail"].as_i64().unwrap();
    company.wait_until_all_is_sent();
    let piotr = company.browser("piotr");
    let path = format!("/records/{}", company.record("pumps"));
    let (mut record, mut today) = (piotr.open(&path), piotr.open("/"));
    company.standin(&["absence", "end", "--user", "anna"]).succeed();
    // From the very next request on.
    assert_same_nothing(&company, "piotr", mail);
    assert!(!piotr.read("/").says("Acme"));
    // His open pages lose it too: they are told, and find nothing.
    record.told();
    assert_eq!(piotr.get(&path).status, 404);
    today.told();
    // To Anna nothing has changed.
    company.wait_for_mails("anna", ANSWER, 1);
}

fn a_shared_mailbox_is_never_answered(kind: Kind) {
    let company = Company::with_anna_away(kind);
    let jan = company.client_address("jan");
    company.mail(&jan, &jan, &company.own_address("sales"), "Prices for next year", "");
    company.wait_for_mails("piotr", "Prices for next year", 1);
    company.client_answers(1);
    assert_eq!(company.wait_for_decisions(1), ["anna send"]);
    company.wait_until_all_is_sent();
    let mails = company.dovecot.wait_for(&jan, "INBOX", 1);
    assert_eq!(mails.len(), 1);
    assert!(String::from_utf8_lossy(&mails[0]).contains(&format!("<{}>", company.own_address("anna"))));
}

fn two_absent_colleagues_never_exchange_notices(kind: Kind) {
    let mut company = Company::found(kind);
    company.away("anna", "piotr");
    company.away("kamil", "piotr");
    company.start();
    let (anna, kamil) = (company.own_address("anna"), company.own_address("kamil"));
    company.mail(&anna, &anna, &kamil, "From my beach", "");
    company.mail(&kamil, &kamil, &anna, "From my mountain", "");
    let mut decisions = company.wait_for_decisions(2);
    decisions.sort();
    assert_eq!(decisions, ["anna silent R55", "kamil silent R55"]);
    assert_eq!(company.sql("select count(*) from outbox"), "0");
    assert_eq!((company.dovecot.count(&anna, "INBOX"), company.dovecot.count(&kamil, "INBOX")), (1, 1));
}

fn a_mailing_list_and_a_bounce_get_no_notice(kind: Kind) {
    let company = Company::with_anna_away(kind);
    let (jan, anna) = (company.client_address("jan"), company.own_address("anna"));
    company.mail(&jan, &jan, &anna, "Pump users: June letter", "List-Id: Pump users <pumps.acme.test>\r\n");
    company.wait_for_decisions(1);
    let system = format!("MAILER-DAEMON@{}", company.client);
    company.mail("", &system, &anna, "Undelivered mail returned to sender", "Auto-Submitted: auto-replied\r\n");
    company.wait_for_decisions(2);
    company.mail(&jan, &jan, &anna, "Ticket 4711 was opened", "Auto-Submitted: auto-generated\r\n");
    assert_eq!(company.wait_for_decisions(3), ["anna silent R21", "anna silent R16", "anna silent R19"]);
    assert_eq!(company.sql("select count(*) from outbox"), "0");
    assert_eq!(company.dovecot.count(&jan, "INBOX"), 0);
    // The list's mail is on the timeline all the same, and not as somebody's question.
    assert_eq!(company.wait_for_mails("piotr", "Ticket 4711 was opened", 1)[0]["waits"], false);
}

fn mail_from_before_the_program_knew_the_mailbox_is_linked_and_not_answered(kind: Kind) {
    let mut company = Company::found(kind);
    company.anna_wrote();
    company.away("anna", "piotr");
    company.client_answers(1);
    company.dovecot.wait_for(&company.own_address("anna"), "INBOX", 1);
    company.start();
    company.wait_for_mails("piotr", ANSWER, 1);
    company.client_answers(2);
    company.wait_for_mails("piotr", ANSWER, 2);
    assert_eq!(company.wait_for_decisions(1), ["anna send"], "of the two mails one was answered");
    company.wait_until_all_is_sent();
    let mails = company.dovecot.wait_for(&company.client_address("jan"), "INBOX", 1);
    assert_eq!(mails.len(), 1);
    assert!(String::from_utf8_lossy(&mails[0]).contains("answer-2@"), "the later one");
}

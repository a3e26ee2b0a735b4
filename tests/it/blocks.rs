//! P9: blocklists, through the real servers. What the company blocks is never stored, never linked and
//! never answered, whatever else stands on it; what a user blocks is hidden in their own mailboxes alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use crate::support::company::{Company, Kind, now};
use crate::support::tag;
use serde_json::Value;

/// A mail as it lies in a folder.
pub struct Letter<'a> {
    pub id: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    pub more: &'a str,
    pub subject: &'a str,
    pub body: &'a str,
}

impl Default for Letter<'_> {
    fn default() -> Self {
        Letter { id: "", from: "", to: "", more: "", subject: "Delivery", body: "in March" }
    }
}

impl Letter<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let id = if self.id.is_empty() { tag() } else { self.id.to_owned() };
        format!(
            "From: {}\r\nTo: {}\r\n{}Subject: {}\r\nDate: {}\r\nMessage-ID: <{id}@letters.test>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            self.from,
            self.to,
            self.more,
            self.subject,
            // One second for all of a test would make copies of different letters with one id.
            now().to_rfc2822(),
            self.body
        )
        .into_bytes()
    }
}

/// Puts bytes into INBOX of somebody.
pub fn lay(company: &Company, who: &str, bytes: &[u8]) -> u32 {
    company.dovecot.append(&company.own_address(who), "INBOX", bytes)
}

pub fn sync(company: &Company) {
    company.standin(&["sync", "--once"]).succeed();
}

pub fn json(company: &Company, arguments: &[&str]) -> Value {
    serde_json::from_str(&company.standin(arguments).arg("--json").succeed().stdout).expect("--json prints JSON")
}

/// How many mails with this subject are stored.
pub fn stored(company: &Company, subject: &str) -> String {
    company.sql(&format!("select count(*) from mails where subject = '{subject}'"))
}

pub fn hidden(company: &Company, why: &str) -> String {
    company.sql(&format!("select count(*) from hidden_places where why = '{why}'"))
}

fn what_the_company_blocks_is_stored_nowhere_and_comes_back_when_it_ends(kind: Kind) {
    let company = Company::found(kind);
    let (jan, anna, piotr) = (company.client_address("jan"), company.own_address("anna"), company.own_address("piotr"));
    // A linked contact's mail, before and after somebody on it is blocked.
    let more = format!("Cc: Lawyer <mec@kancelaria-{}>\r\n", company.client);
    let letter = |subject| Letter { from: &jan, to: &anna, more: &more, subject, ..Letter::default() }.bytes();
    lay(&company, "anna", &letter("Before"));
    lay(&company, "piotr", &letter("Before"));
    sync(&company);
    assert_ne!(stored(&company, "Before"), "0");
    let domain = format!("kancelaria-{}", company.client);
    let preview = json(&company, &["block", "add", &domain, "--company", "--preview"]);
    assert_eq!((preview["stored"].as_i64(), preview["blocked"].as_bool()), (Some(2), Some(false)));
    assert_eq!(company.sql("select count(*) from blocks"), "0");
    let added = json(&company, &["block", "add", &domain, "--company", "--as", "adam"]);
    assert_eq!((added["stored"].as_i64(), added["removed"].as_bool()), (Some(2), Some(false)));
    assert_ne!(stored(&company, "Before"), "0", "what is stored stays until somebody asks that it goes");
    lay(&company, "anna", &letter("After"));
    lay(&company, "piotr", &letter("After"));
    sync(&company);
    assert_eq!(stored(&company, "After"), "0");
    assert_eq!(hidden(&company, "company"), "2");
    assert_eq!(company.sql(&format!("select count(*) from mail_parties where address = '{piotr}'")), "0");
    let removed = json(&company, &["block", "add", &domain, "--company", "--remove-stored"]);
    assert_eq!((removed["removed"].as_bool(), removed["new"].as_bool()), (Some(true), Some(false)));
    assert_eq!(company.sql("select count(*) from mails"), "0");
    assert_eq!(company.sql("select count(*) from raws"), "0");
    assert_eq!(company.sql("select count(*) from mail_parties"), "0");
    assert_eq!(company.sql("select count(*) from links"), "0");
    assert_eq!(company.sql("select count(*) from mail_text"), "0");
    assert_eq!(hidden(&company, "company"), "4");
    sync(&company);
    assert_eq!(company.sql("select count(*) from mails"), "0", "the next sync does not bring it back");
    let ended = json(&company, &["block", "remove", &domain, "--company", "--as", "adam"]);
    assert_eq!(ended["read_again"], 4);
    sync(&company);
    assert_ne!(stored(&company, "Before"), "0");
    assert_ne!(stored(&company, "After"), "0");
    assert_eq!(company.sql("select count(*) from hidden_places"), "0");
    let noted =
        company.sql("select action from audit where action in ('blocked', 'unblocked', 'stored-removed') order by id");
    assert_eq!(noted.lines().collect::<Vec<_>>(), ["blocked", "stored-removed", "unblocked"]);
    assert_eq!(company.sql(&format!("select count(*) from audit where detail like '%{domain}%'")), "0");
}

fn what_a_user_blocks_is_hidden_in_their_mailbox_and_stays_a_colleagues(kind: Kind) {
    let company = Company::found(kind);
    let jan = company.client_address("jan");
    let to = format!("{}, {}", company.own_address("anna"), company.own_address("piotr"));
    let copy = |id, subject| Letter { id, from: &jan, to: &to, subject, ..Letter::default() }.bytes();
    let (both, before) = (copy("both", "To both"), copy("before", "Before"));
    let alone = Letter { from: &jan, to: &company.own_address("anna"), subject: "Alone", ..Letter::default() }.bytes();
    lay(&company, "anna", &before);
    lay(&company, "piotr", &before);
    lay(&company, "anna", &alone);
    sync(&company);
    let added = json(&company, &["block", "add", &jan, "--as", "anna"]);
    assert_eq!((added["stored"].as_i64(), added["stored_in_no_other_mailbox"].as_i64()), (Some(2), Some(1)));
    lay(&company, "anna", &both);
    sync(&company);
    assert_eq!(stored(&company, "To both"), "0", "in the mailbox of whoever blocked him it is hidden");
    lay(&company, "piotr", &both);
    sync(&company);
    assert_eq!(stored(&company, "To both"), "1", "what reached a colleague is theirs");
    assert_eq!(hidden(&company, "own"), "1");
    let held = |who: &str, subject: &str| {
        company.sql(&format!(
            "select count(*) from locations l join mails m on m.id = l.mail_id join folders f on f.id = l.folder_id \
             join mailboxes b on b.id = f.mailbox_id where b.name = '{who}' and m.subject = '{subject}'"
        ))
    };
    assert_eq!((held("anna", "To both"), held("piotr", "To both")), ("0".into(), "1".into()));
    company.standin(&["block", "add", &jan, "--as", "anna", "--remove-stored"]).succeed();
    assert_eq!((stored(&company, "Alone"), stored(&company, "Before")), ("0".into(), "1".into()));
    assert_eq!((held("anna", "Before"), held("piotr", "Before")), ("0".into(), "1".into()));
    sync(&company);
    assert_eq!(stored(&company, "Alone"), "0");
    company.standin(&["block", "remove", &jan, "--as", "anna"]).succeed();
    sync(&company);
    assert_eq!(
        (stored(&company, "Alone"), held("anna", "Before"), held("anna", "To both")),
        ("1".into(), "1".into(), "1".into())
    );
    assert_eq!(company.sql("select count(*) from mails"), "3", "copies are told from messages as ever");
}

fn only_who_may_changes_and_sees_a_list(kind: Kind) {
    let company = Company::found(kind);
    let refused = |arguments: &[&str], why: &str| {
        let outcome = company.standin(arguments).run();
        assert_eq!(outcome.code, Some(2), "{arguments:?}");
        assert!(outcome.stderr.contains(why), "{arguments:?}: {}", outcome.stderr);
    };
    refused(&["block", "add", "x.pl", "--company", "--as", "anna"], "for admins");
    refused(&["block", "list", "--company", "--as", "anna"], "for admins");
    refused(&["block", "add", "x.pl"], "belongs to a user");
    refused(&["block", "add", "<x@y.pl>", "--as", "anna"], "neither an address nor a domain");
    refused(&["block", "add", &company.own, "--company"], "one of ours");
    refused(&["block", "add", &company.own_address("piotr"), "--as", "anna"], "one of ours");
    refused(&["block", "remove", "x.pl", "--as", "anna"], "not blocked");
    company.standin(&["block", "add", "x.pl", "--as", "anna"]).succeed();
    refused(&["block", "add", "X.PL", "--as", "anna"], "blocked there already");
    assert_eq!(json(&company, &["block", "list", "--as", "anna"]).as_array().unwrap().len(), 1);
    assert_eq!(
        json(&company, &["block", "list", "--as", "adam"]).as_array().unwrap().len(),
        0,
        "an admin sees no other's"
    );
    assert_eq!(json(&company, &["block", "list", "--company", "--as", "adam"]).as_array().unwrap().len(), 0);
    assert_eq!(company.sql("select count(*) from audit where action = 'blocked'"), "1");
}

fn every_way_to_write_a_blocked_party_is_seen(kind: Kind) {
    let company = Company::found(kind);
    let (jan, anna) = (company.client_address("jan"), company.own_address("anna"));
    for pattern in ["doktor@klinika.test", "münchen.test", "news+tag@list.test"] {
        company.standin(&["block", "add", pattern, "--company"]).succeed();
    }
    let hide = [
        // From is forged or not: what stands on the mail counts.
        ("From", "Jan <DOKTOR@Klinika.Test>".to_owned(), String::new()),
        ("plus", jan.clone(), "Cc: doktor+recepty@klinika.test\r\n".into()),
        ("quoted", jan.clone(), "Cc: \"doktor\"@klinika.test\r\n".into()),
        ("angle", jan.clone(), "Cc: \"x <a@b.test>\" <doktor@klinika.test>\r\n".into()),
        ("comment", jan.clone(), "Cc: (x) doktor@klinika.test (y <z@a.test>)\r\n".into()),
        ("group", jan.clone(), "Cc: doctors: a@b.test, <doktor@klinika.test>;\r\n".into()),
        ("folded", jan.clone(), "Cc: a@b.test,\r\n =?utf-8?q?Dr=2E_Kot?=\r\n <doktor@klinika.test>\r\n".into()),
        ("unicode", jan.clone(), "Cc: a@münchen.test\r\n".into()),
        ("alabel", jan.clone(), "Cc: a@xn--mnchen-3ya.test\r\n".into()),
        ("below", jan.clone(), "Reply-To: a@mail.MÜNCHEN.test\r\n".into()),
        ("sender", jan.clone(), "Sender: doktor@klinika.test\r\n".into()),
        ("tagged", jan.clone(), "Cc: news+tag@list.test\r\n".into()),
    ];
    let show = [
        ("name", jan.clone(), "Cc: \"doktor@klinika.test\" <other@b.test>\r\n".to_owned()),
        ("like", jan.clone(), "Cc: doktor@klinika.test.example, xdoktor@klinika.test, a@amünchen.test\r\n".into()),
        ("untagged", jan.clone(), "Cc: news@list.test, news+other@list.test\r\n".into()),
        ("id", jan.clone(), "In-Reply-To: <doktor@klinika.test>\r\n".into()),
    ];
    for (subject, from, more) in hide.iter().chain(&show) {
        lay(&company, "anna", &Letter { from, to: &anna, more, subject, ..Letter::default() }.bytes());
    }
    sync(&company);
    let stored = company.sql("select subject from mails order by subject");
    assert_eq!(stored.lines().collect::<Vec<_>>(), ["id", "like", "name", "untagged"]);
    assert_eq!(hidden(&company, "company"), hide.len().to_string());
}

fn a_blocked_contact_gets_no_notice(kind: Kind) {
    let mut company = Company::found(kind);
    company.anna_wrote();
    company.standin(&["sync", "--once"]).succeed();
    company.away("anna", "piotr");
    company.standin(&["block", "add", &company.client_address("jan"), "--company"]).succeed();
    company.start();
    company.client_answers(1);
    company.eventually("the answer is passed over", || (hidden(&company, "company") == "1").then_some(()));
    assert_eq!(company.sql("select count(*) from notice_decisions"), "0");
    assert_eq!(company.sql("select count(*) from outbox"), "0");
    assert_eq!(stored(&company, "Acme pumps: our offer"), "1", "what was stored before stays");
    assert_eq!(stored(&company, "Re: Acme pumps: our offer"), "0");
}

fn internal_mail_stands_nowhere_unless_it_answers_a_linked_thread(kind: Kind) {
    let company = Company::found(kind);
    company.anna_wrote();
    sync(&company);
    let (anna, piotr) = (company.own_address("anna"), company.own_address("piotr"));
    let answer = format!("In-Reply-To: <offer@{}>\r\n", company.own);
    let mail = |subject, more: &str, from: &str| Letter { from, to: &anna, more, subject, ..Letter::default() }.bytes();
    lay(&company, "anna", &mail("Lunch, and Jan Kowalski OP-1042", "", &piotr));
    lay(&company, "anna", &mail("What about Jan?", &answer, &piotr));
    sync(&company);
    assert_eq!(stored(&company, "Lunch, and Jan Kowalski OP-1042"), "0");
    assert_eq!(stored(&company, "What about Jan?"), "1");
    let timeline = company.timeline("pumps", "anna").unwrap();
    let subjects: Vec<&str> =
        timeline["entries"].as_array().unwrap().iter().filter_map(|e| e["subject"].as_str()).collect();
    assert!(subjects.contains(&"What about Jan?"));
}

macro_rules! on_both {
    ($($name:ident;)*) => {
        mod on_sqlite {
            use super::Kind;
            $(#[test] fn $name() { super::$name(Kind::Sqlite); })*
        }
        mod on_postgresql {
            use super::Kind;
            $(#[test] fn $name() { super::$name(Kind::Postgres); })*
        }
    };
}

on_both! {
    what_the_company_blocks_is_stored_nowhere_and_comes_back_when_it_ends;
    what_a_user_blocks_is_hidden_in_their_mailbox_and_stays_a_colleagues;
    only_who_may_changes_and_sees_a_list;
    every_way_to_write_a_blocked_party_is_seen;
    a_blocked_contact_gets_no_notice;
    internal_mail_stands_nowhere_unless_it_answers_a_linked_thread;
}

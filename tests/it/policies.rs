//! P9: what a mailbox's policy keeps out, and what is found again: headers only, folders and keywords that
//! mean "never", mail that a new contact, address or domain makes matter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use crate::blocks::{Letter, hidden, json, lay, stored, sync};
use crate::support::company::{Company, Kind};

/// Gives one mailbox these lines in the configuration.
fn policy(company: &Company, name: &str, lines: &str) {
    let head = format!("[[mailbox]]\nname = {name:?}\n");
    company.configure(|text| text.replace(&head, &format!("{head}{lines}\n")));
}

fn of_headers_only_no_body_is_read_and_the_stricter_mailbox_counts(kind: Kind) {
    let company = Company::found(kind);
    let (jan, anna) = (company.client_address("jan"), company.own_address("anna"));
    let to = format!("{anna}, {}", company.own_address("piotr"));
    let mail =
        |id, subject| Letter { id, from: &jan, to: &to, subject, body: "Geheimnis", ..Letter::default() }.bytes();
    let (early, late) = (mail("early", "Full copy first"), mail("late", "Header first"));
    policy(&company, "anna", "content = \"headers\"");
    lay(&company, "piotr", &early);
    sync(&company);
    assert_eq!(company.sql("select count(*) from mails where visible like '%Geheimnis%'"), "1");
    lay(&company, "anna", &early);
    lay(&company, "anna", &late);
    sync(&company);
    lay(&company, "piotr", &late);
    sync(&company);
    assert_eq!(company.sql("select count(*) from mails"), "2", "a header and its mail are one message");
    assert_eq!(company.sql("select count(*) from mails where visible <> '' or attachments <> '[]'"), "0");
    assert_eq!(company.sql("select count(*) from raws"), "0");
    assert_eq!(company.sql("select count(*) from mail_text"), "2");
    let entries = company.timeline("pumps", "anna").unwrap();
    assert_eq!(entries["entries"].as_array().unwrap().len(), 2, "subject, people and dates are there");
    // An archive of that mailbox brings no more than its server does.
    let file = company.folder.write("old.eml", mail("archived", "Archived"));
    company.standin(&["import", "mail", "--mailbox", "anna"]).arg(file).succeed();
    assert_eq!(stored(&company, "Archived"), "1");
    assert_eq!(company.sql("select count(*) from raws"), "0");
    // What was stored before the policy came goes too.
    lay(&company, "kamil", &mail("third", "Before the policy"));
    sync(&company);
    assert_eq!(company.sql("select count(*) from raws"), "1");
    company.configure(|text| {
        let text =
            text.replace("[[mailbox]]\nname = \"anna\"\n", "[[mailbox]]\nname = \"anna\"\ncontent = \"headers\"\n");
        text.replace("[[mailbox]]\nname = \"kamil\"\n", "[[mailbox]]\nname = \"kamil\"\ncontent = \"headers\"\n")
    });
    sync(&company);
    assert_eq!(company.sql("select count(*) from raws"), "0");
}

fn a_folder_that_means_never_is_not_looked_into(kind: Kind) {
    let company = Company::found(kind);
    let (jan, anna) = (company.client_address("jan"), company.own_address("anna"));
    policy(&company, "anna", "never_folders = [\"Sent\"]");
    company.anna_wrote();
    lay(&company, "anna", &Letter { from: &jan, to: &anna, subject: "In the inbox", ..Letter::default() }.bytes());
    sync(&company);
    assert_eq!((stored(&company, "In the inbox"), stored(&company, "Acme pumps: our offer")), ("1".into(), "0".into()));
    let known = "select count(*) from folders f join mailboxes b on b.id = f.mailbox_id where f.path = 'Sent' and b.name = 'anna'";
    assert_eq!(company.sql(known), "0");
    for (lines, why) in [
        ("folders = [\"Work/Private/Deep\"]\nnever_folders = [\"Work/Private\"]", "one of the two must go"),
        ("never_folders = [\"INBOX\"]", "INBOX is always read"),
        ("never_keywords = [\"\\\\Seen\"]", "which is no keyword"),
    ] {
        policy(&company, "anna", lines);
        let outcome = company.standin(&["config", "check"]).run();
        assert!(outcome.stderr.contains(why) || outcome.stdout.contains(why), "{lines}: {}", outcome.stderr);
    }
}

fn a_keyword_that_means_never_hides_the_copy_that_carries_it(kind: Kind) {
    let company = Company::found(kind);
    let (jan, anna) = (company.client_address("jan"), company.own_address("anna"));
    policy(&company, "anna", "never_keywords = [\"$Private\"]");
    let mail = |id, subject| Letter { id, from: &jan, to: &anna, subject, ..Letter::default() }.bytes();
    company.dovecot.append_dated(
        &anna,
        "INBOX",
        "01-Mar-2026 10:00:00 +0000",
        "$Private",
        &mail("a", "From the start"),
    );
    let (later, both) = (mail("b", "Later"), mail("c", "With a colleague"));
    let (one, two) = (lay(&company, "anna", &later), lay(&company, "anna", &both));
    lay(&company, "piotr", &both);
    sync(&company);
    assert_eq!((stored(&company, "From the start"), stored(&company, "Later")), ("0".into(), "1".into()));
    assert_eq!(hidden(&company, "keyword"), "1");
    let mark = |uid: u32, sign: &str| {
        let mut imap = company.dovecot.imap(&anna);
        imap.command("SELECT INBOX");
        imap.command(&format!("UID STORE {uid} {sign}FLAGS.SILENT ($Private)"));
    };
    mark(one, "+");
    mark(two, "+");
    sync(&company);
    assert_eq!(stored(&company, "Later"), "0");
    assert_eq!(stored(&company, "With a colleague"), "1", "a copy in another mailbox keeps it");
    assert_eq!(hidden(&company, "keyword"), "3");
    let mine = "select count(*) from locations l join folders f on f.id = l.folder_id \
                join mailboxes b on b.id = f.mailbox_id where b.name = 'anna' and l.mail_id is not null";
    assert_eq!(company.sql(mine), "0", "and it is out of this mailbox's view");
    assert_eq!(company.sql("select count(*) from unmatched_keys"), "0", "not even hashes stay");
    mark(one, "-");
    sync(&company);
    assert_eq!(stored(&company, "Later"), "1", "without the keyword it comes back");
    assert_eq!(company.sql("select count(*) from outbox"), "0");
}

fn a_new_contact_finds_mail_of_the_creators_own_mailboxes_and_says_how_far(kind: Kind) {
    let company = Company::found(kind);
    let stranger = format!("obcy@nieznani-{}", company.client);
    for (who, subject) in [("anna", "To Anna"), ("anna", "To Anna again"), ("piotr", "To Piotr")] {
        let to = company.own_address(who);
        lay(&company, who, &Letter { from: &stranger, to: &to, subject, ..Letter::default() }.bytes());
    }
    sync(&company);
    assert_eq!(company.sql("select count(*) from mails"), "0");
    let rows = format!("external_id,name,owner,account,emails\nnowy,Nowy,anna,acme,{stranger}\n");
    let file = company.folder.write("new.csv", rows);
    let import = company.standin(&["import", "contacts", "--as", "anna", "--json"]).arg(file).succeed();
    let import: serde_json::Value = serde_json::from_str(&import.stdout).unwrap();
    assert_eq!(import["read_again"], 2, "of her own mailbox alone: what lies elsewhere is not hers to know");
    let status = json(&company, &["mailbox", "status"]);
    assert_eq!(
        (status["read_again"][0]["total"].as_i64(), status["read_again"][0]["done"].as_i64()),
        (Some(2), Some(0))
    );
    sync(&company);
    let status = json(&company, &["mailbox", "status"]);
    assert_eq!(
        (status["read_again"][0]["total"].as_i64(), status["read_again"][0]["done"].as_i64()),
        (Some(2), Some(2))
    );
    assert_eq!(status["read_again"][0]["only_mailboxes_of"], "anna");
    assert_eq!((stored(&company, "To Anna"), stored(&company, "To Piotr")), ("1".into(), "0".into()));
    // Piotr was asked; once he agrees, his mail is found too.
    let asked = company.sql("select id from consents where state = 'open'");
    company.standin(&["consent", "give", &asked, "--as", "piotr"]).succeed();
    sync(&company);
    assert_eq!(stored(&company, "To Piotr"), "1");
    assert_eq!(company.sql("select count(*) from outbox"), "0");
}

fn a_new_domain_finds_mail_from_everybody_there_and_stored_threads_are_decided_again(kind: Kind) {
    let company = Company::found(kind);
    let (jan, anna) = (company.client_address("jan"), company.own_address("anna"));
    let domain = format!("nowa-{}", company.client);
    let from = format!("ktos@biuro.{domain}");
    lay(&company, "anna", &Letter { from: &from, to: &anna, subject: "Unknown", ..Letter::default() }.bytes());
    let more = format!("Cc: {from}\r\n");
    lay(
        &company,
        "anna",
        &Letter { from: &jan, to: &anna, more: &more, subject: "Known", ..Letter::default() }.bytes(),
    );
    sync(&company);
    assert_eq!((stored(&company, "Unknown"), stored(&company, "Known")), ("0".into(), "1".into()));
    let file = company.folder.write("new.csv", format!("external_id,name,owner,domains\nnowa,Nowa,anna,{domain}\n"));
    let import = company.standin(&["import", "accounts", "--json"]).arg(file).succeed();
    assert!(
        import.stdout.contains("\"read_again\": 1") || import.stdout.contains("\"read_again\":1"),
        "{}",
        import.stdout
    );
    sync(&company);
    assert_eq!(stored(&company, "Unknown"), "1");
    // A contact added later stands on stored mail at once, too.
    let rows = format!("external_id,name,owner,account,emails\nktos,Ktoś,anna,nowa,{from}\n");
    let file = company.folder.write("contact.csv", rows);
    company.standin(&["import", "contacts"]).arg(file).succeed();
    let timeline = company.timeline("ktos", "anna").unwrap();
    assert_eq!(timeline["entries"].as_array().unwrap().len(), 2);
}

fn what_is_read_again_comes_newest_first(kind: Kind) {
    let company = Company::found(kind);
    let (stranger, anna) = (format!("obcy@nieznani-{}", company.client), company.own_address("anna"));
    let mails = (0..450).map(|n| {
        let (id, subject) = (format!("many-{n}"), format!("number {n}"));
        Letter { id: &id, from: &stranger, to: &anna, subject: &subject, ..Letter::default() }.bytes()
    });
    company.dovecot.bulk(&anna, "INBOX", mails);
    sync(&company);
    assert_eq!(company.sql("select count(*) from locations where state = 'unmatched'"), "450");
    let rows = format!("external_id,name,owner,account,emails\nnowy,Nowy,anna,acme,{stranger}\n");
    let file = company.folder.write("new.csv", rows);
    company.standin(&["import", "contacts"]).arg(file).succeed();
    sync(&company);
    assert_eq!(company.sql("select count(*) from mails"), "450");
    // Ids grow as mail is taken in: the newest 200 come before all others.
    let newest = "select count(*) from mails m join locations l on l.mail_id = m.id where m.id <= 200 and l.uid > 250";
    assert_eq!(company.sql(newest), "200");
    assert_eq!(company.sql("select count(*) from outbox"), "0");
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
    of_headers_only_no_body_is_read_and_the_stricter_mailbox_counts;
    a_folder_that_means_never_is_not_looked_into;
    a_keyword_that_means_never_hides_the_copy_that_carries_it;
    a_new_contact_finds_mail_of_the_creators_own_mailboxes_and_says_how_far;
    a_new_domain_finds_mail_from_everybody_there_and_stored_threads_are_decided_again;
    what_is_read_again_comes_newest_first;
}

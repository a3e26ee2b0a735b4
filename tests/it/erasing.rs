//! P9: what is stored about a person is told, and erased for good: the next sync, another import, a renumbered
//! folder or a restored mailbox does not bring it back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use crate::blocks::{Letter, hidden, json, lay, stored, sync};
use crate::support::company::{Company, Kind};

/// Everything in the database as text, where that is a file.
fn stands_in_files(company: &Company, text: &str) -> Vec<String> {
    let folder = company.folder.path().join("data");
    let found = std::fs::read_dir(folder).unwrap().filter_map(|file| {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let holds = bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()));
        holds.then(|| path.display().to_string())
    });
    found.collect()
}

/// No column of any table holds the text.
fn stands_in_tables(company: &Company, text: &str) -> Vec<String> {
    let columns = match company.database {
        Some(_) => {
            "select table_name || '.' || column_name from information_schema.columns where table_schema = 'public' \
             and data_type = 'text'"
        }
        None => {
            "select t.name || '.' || c.name from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table' \
             and lower(c.type) = 'text' and t.name not like 'mail_text%'"
        }
    };
    let mut found = Vec::new();
    for column in company.sql(columns).lines() {
        let (table, column) = column.trim().split_once('.').unwrap();
        let count = format!("select count(*) from {table} where lower({column}) like '%{}%'", text.to_lowercase());
        if company.sql(&count) != "0" {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}

struct Scene {
    company: Company,
    jan: String,
    ewa: String,
    letters: Vec<Vec<u8>>,
}

/// Jan wrote alone, and with Ola of another company; Ewa of Borsuk wrote without him.
fn scene(kind: Kind) -> Scene {
    let company = Company::found(kind);
    let (jan, anna) = (company.client_address("jan"), company.own_address("anna"));
    let ewa = format!("ewa@borsuk-{}", company.client);
    let tagged = jan.replace('@', "+work@");
    let from = format!("Jan Kowalski <{jan}>");
    let cc = format!("Cc: Ewa Borsuk <{ewa}>\r\n");
    let to = format!("{anna}, Jan Kowalski <{tagged}>");
    let body = format!("Call me. Jan Kowalski, {}, or ask Ewa.", jan.to_uppercase());
    let letters = vec![
        Letter { id: "alone", from: &from, to: &anna, subject: "Only me", body: &body, ..Letter::default() }.bytes(),
        Letter { id: "both", from: &from, to: &anna, more: &cc, subject: "For jan kowalski", body: &body }.bytes(),
        Letter { id: "hers", from: &ewa, to: &to, subject: "To both", body: &body, ..Letter::default() }.bytes(),
        Letter { id: "other", from: &ewa, to: &anna, subject: "Without him", ..Letter::default() }.bytes(),
    ];
    for letter in &letters {
        lay(&company, "anna", letter);
    }
    lay(&company, "piotr", &letters[0]);
    sync(&company);
    assert_eq!(company.sql("select count(*) from mails"), "4");
    Scene { company, jan, ewa, letters }
}

fn check(scene: &Scene, when: &str) {
    let company = &scene.company;
    assert_eq!(stands_in_tables(company, &scene.jan), Vec::<String>::new(), "{when}");
    assert_eq!(stands_in_tables(company, "Kowalski"), Vec::<String>::new(), "{when}");
    assert_eq!(stored(company, "Only me"), "0", "{when}");
    assert_eq!((stored(company, "To both"), stored(company, "Without him")), ("1".into(), "1".into()), "{when}");
    assert_eq!(stored(company, "For [erased]"), "1", "{when}");
    assert_eq!(company.sql("select count(*) from mails"), "3", "{when}");
    let raws = company.sql("select count(*) from raws");
    assert_eq!(raws, "1", "{when}: of what was redacted the bytes are gone, of the rest they stay");
    let ewas =
        company.sql(&format!("select count(distinct mail_id) from mail_parties where address = '{}'", scene.ewa));
    assert_eq!(ewas, "3", "{when}: others stay on their mail");
    let placed = company.sql("select count(distinct mail_id) from links");
    assert_eq!(placed, "3", "{when}: and it stays where it stood");
}

fn what_is_stored_about_an_address_is_told_and_erased_for_good(kind: Kind) {
    let scene = scene(kind);
    let company = &scene.company;
    let shown = json(company, &["privacy", "show", &scene.jan]);
    assert_eq!((shown["mails"].as_i64(), shown["parties"].as_i64()), (Some(3), Some(3)));
    assert_eq!(shown["records"][0]["name"], "Jan Kowalski");
    assert_eq!(shown["records"][0]["about_them_alone"], true);
    assert_eq!(shown["erased_at"], serde_json::Value::Null);
    company.standin(&["privacy", "erase", &scene.jan]).succeed();
    assert_eq!(company.sql("select count(*) from mails"), "4", "without --yes nothing changes");
    let done = json(company, &["privacy", "erase", &scene.jan, "--yes", "--as", "adam"]);
    assert_eq!(
        (done["mails_removed"].as_i64(), done["mails_redacted"].as_i64(), done["records"].as_i64()),
        (Some(1), Some(2), Some(1))
    );
    check(&scene, "at once");
    if kind == Kind::Sqlite {
        assert_eq!(stands_in_files(company, &scene.jan), Vec::<String>::new());
        assert_eq!(stands_in_files(company, "Kowalski"), Vec::<String>::new());
    }
    let shown = json(company, &["privacy", "show", &scene.jan]);
    for what in ["mails", "parties", "hashes", "notices", "outbox", "consents", "blocks", "activities"] {
        assert_eq!(shown[what], 0, "{what}");
    }
    assert_ne!(shown["erased_at"], serde_json::Value::Null);
    sync(company);
    check(&scene, "after the next sync");
    for who in ["anna", "piotr"] {
        company.dovecot.renumber(&company.own_address(who), "INBOX");
    }
    sync(company);
    check(&scene, "after the folders were renumbered");
    // A mailbox is restored: the same mails once more; and an archive of it is imported.
    for letter in &scene.letters {
        lay(company, "kamil", letter);
    }
    sync(company);
    check(&scene, "after a mailbox was restored");
    company.folder.write("old/1.eml", &scene.letters[0]);
    company.folder.write("old/2.eml", &scene.letters[1]);
    let old = company.folder.path().join("old");
    company.standin(&["import", "mail", "--mailbox", "sales"]).arg(old).succeed();
    check(&scene, "after an archive was imported");
    assert_ne!(hidden(company, "erased"), "0");
    // And the list of contacts comes again, as every night.
    let rows = format!("external_id,name,owner,account,emails\njan,Jan Kowalski,anna,acme,{}\n", scene.jan);
    let file = company.folder.write("contacts.csv", rows);
    company.standin(&["import", "contacts"]).arg(file).succeed();
    check(&scene, "after the contacts were imported again");
    let noted = company.sql("select count(*) from audit where action = 'erased'");
    assert_eq!(noted, "2", "begun and done");
}

fn what_comes_later_is_stored_without_the_erased_person(kind: Kind) {
    let scene = scene(kind);
    let company = &scene.company;
    company.standin(&["privacy", "erase", &scene.jan, "--yes"]).succeed();
    let (anna, tagged) = (company.own_address("anna"), scene.jan.replace('@', "+x@"));
    let to = format!("{anna}, Jan Kowalski <{}>", scene.jan.to_uppercase());
    let body = format!("Jan Kowalski ({}) said so.", scene.jan);
    let new = [
        Letter {
            id: "n1",
            from: &scene.ewa,
            to: &to,
            subject: "New, with jan kowalski",
            body: &body,
            ..Letter::default()
        },
        Letter { id: "n2", from: &tagged, to: &anna, subject: "New, alone", ..Letter::default() },
    ];
    for letter in &new {
        // One text: its Date is that of the moment in which it is written.
        let bytes = letter.bytes();
        lay(company, "anna", &bytes);
        lay(company, "piotr", &bytes);
    }
    sync(company);
    assert_eq!(stored(company, "New, with [erased]"), "1");
    assert_eq!(stored(company, "New, alone"), "0");
    assert_eq!(stands_in_tables(company, &scene.jan), Vec::<String>::new());
    assert_eq!(stands_in_tables(company, "Kowalski"), Vec::<String>::new());
}

fn an_interrupted_erasing_goes_on(kind: Kind) {
    let scene = scene(kind);
    let company = &scene.company;
    let anna = company.own_address("anna");
    let mails = (0..300).map(|n| {
        let id = format!("many-{n}");
        Letter { id: &id, from: &scene.jan, to: &anna, subject: "Many", ..Letter::default() }.bytes()
    });
    company.dovecot.bulk(&anna, "INBOX", mails);
    sync(company);
    // Killed after more and more time; whatever was reached, the same command ends it.
    for wait in [30, 120, 250, 400] {
        let mut erasing = company.standin(&["privacy", "erase", &scene.jan, "--yes"]).start();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        erasing.kill();
        sync(company);
        assert_eq!(
            company.sql(
                "select count(*) from mails m where not exists (select 1 from locations l where l.mail_id = m.id)"
            ),
            "0"
        );
    }
    company.standin(&["privacy", "erase", &scene.jan, "--yes"]).succeed();
    check(&scene, "in the end");
    sync(company);
    check(&scene, "and after a sync");
}

fn only_admins_ask_and_nobody_of_ours_is_erased(kind: Kind) {
    let company = Company::found(kind);
    let refused = |arguments: &[&str], why: &str| {
        let outcome = company.standin(arguments).run();
        assert_eq!(outcome.code, Some(2), "{arguments:?}");
        assert!(outcome.stderr.contains(why), "{arguments:?}: {}", outcome.stderr);
    };
    refused(&["privacy", "show", "jan@x.pl", "--as", "anna"], "for admins");
    refused(&["privacy", "erase", "jan@x.pl", "--yes", "--as", "anna"], "for admins");
    refused(&["privacy", "erase", &company.own_address("anna"), "--yes"], "one of ours");
    refused(&["privacy", "show", "nobody"], "no address");
    assert_eq!(company.sql("select count(*) from erased"), "0");
    let about = json(&company, &["privacy", "show", &company.client_address("jan"), "--as", "adam"]);
    assert_eq!(about["records"][0]["name"], serde_json::Value::Null, "an admin does not read");
    assert_eq!(company.sql("select count(*) from audit where action = 'privacy-shown'"), "1");
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
    what_is_stored_about_an_address_is_told_and_erased_for_good;
    what_comes_later_is_stored_without_the_erased_person;
    an_interrupted_erasing_goes_on;
    only_admins_ask_and_nobody_of_ours_is_erased;
}

/// Whoever adds a table that names mails must say here what becomes of it when a mail goes.
#[test]
fn every_table_that_names_a_mail_is_cleared_when_one_is_removed() {
    let removal = include_str!("../../src/store/removal.rs");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
    let mut tables = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let mut table = String::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["create", "table", name, ..] | ["alter", "table", name, ..] => table = (*name).to_owned(),
                ["create", ..] => table.clear(),
                _ => {}
            }
            if !table.is_empty() && (line.contains("references mails(id)") || words.first() == Some(&"mail_id")) {
                tables.push(table.clone());
            }
        }
    }
    tables.dedup();
    assert!(tables.len() >= 7, "{tables:?}");
    for table in tables {
        let names = [format!("from {table} "), format!("update {table} "), format!("{table} set")];
        assert!(names.iter().any(|name| removal.contains(name)), "src/store/removal.rs does not clear {table}");
    }
}

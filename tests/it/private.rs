//! P9: of mail that concerns no record nothing is kept but hashes; it comes back when a record makes
//! it matter; what waits for review is kept for a time only.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::support::company::{Company, Kind};
use standin::model::time::Timestamp;
use standin::store::{self, Db};

const SECRET: &str = "Zwolnienie lekarskie Bożydara";

fn stranger(company: &Company) -> String {
    format!("obcy@nieznani-{}", company.client)
}

/// A stranger's mail lies in Anna's mailbox and was read.
fn with_a_strangers_mail(kind: Kind) -> Company {
    let company = Company::found(kind);
    company.anna_wrote();
    let from = stranger(&company);
    company.mail(&from, &from, &company.own_address("anna"), SECRET, "");
    company.dovecot.wait_for(&company.own_address("anna"), "INBOX", 1);
    company.standin(&["sync", "--once"]).succeed();
    company
}

fn nothing_of_it_is_kept(kind: Kind) {
    let company = with_a_strangers_mail(kind);
    assert_eq!(company.sql("select count(*) from locations where state = 'unmatched'"), "1");
    assert_ne!(company.sql("select count(*) from unmatched_keys"), "0");
    let from = stranger(&company);
    let sought = [from.as_str(), SECRET, "Zwolnienie lekarskie"];
    if kind == Kind::Sqlite {
        for file in std::fs::read_dir(company.folder.path().join("data")).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            for text in sought {
                let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(!found, "{text:?} stands in {}", path.display());
            }
        }
    }
    assert_eq!(company.sql(&format!("select count(*) from mail_parties where address = '{from}'")), "0");
    assert_eq!(company.sql(&format!("select count(*) from mails where subject = '{SECRET}'")), "0");
}

fn a_new_contact_brings_it_back_without_a_notice(kind: Kind) {
    let company = with_a_strangers_mail(kind);
    company.away("anna", "piotr");
    let rows = format!("external_id,name,owner,account,emails\nnowy,Nowy Klient,anna,acme,{}\n", stranger(&company));
    let file = company.folder.write("new.csv", rows);
    company.standin(&["import", "contacts"]).arg(file).succeed();
    company.standin(&["sync", "--once"]).succeed();
    let timeline = company.timeline("nowy", "anna").unwrap();
    assert_eq!(timeline["entries"][0]["subject"], SECRET);
    assert_eq!(company.sql("select count(*) from outbox"), "0");
    assert_eq!(company.sql("select count(*) from unmatched_keys"), "0");
}

fn what_waits_for_review_is_thrown_away_in_its_time(kind: Kind) {
    let company = Company::found(kind);
    company.anna_wrote();
    let (from, anna) = (stranger(&company), company.own_address("anna"));
    let answers = format!("In-Reply-To: <offer@{}>\r\n", company.own);
    company.mail(&from, &from, &anna, SECRET, &answers);
    company.dovecot.wait_for(&anna, "INBOX", 1);
    company.standin(&["sync", "--once"]).succeed();
    // Her own mail lies in another folder, and either may be read first.
    assert_eq!(company.sql(&format!("select linking from mails where subject = '{SECRET}'")), "review");
    let url = match &company.database {
        Some(database) => database.url.clone(),
        None => format!("sqlite:{}", company.folder.path().join("data/standin.db").display()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::open(&url).await.unwrap();
        let keys = store::keys::Keys::load(&company.folder.path().join("data")).unwrap();
        let mut tx = db.write().await.unwrap();
        let far = Timestamp(i64::MAX / 2);
        assert_eq!(store::expiry::reviews(&mut tx, &keys, Timestamp(0), far).await.unwrap(), 0, "not before its time");
        assert_eq!(store::expiry::reviews(&mut tx, &keys, far, far).await.unwrap(), 1);
        store::expiry::failed(&mut tx, far).await.unwrap();
        store::expiry::sessions(&mut tx, far).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    });
    assert_eq!(company.sql(&format!("select count(*) from mails where subject = '{SECRET}'")), "0");
    assert_eq!(company.sql(&format!("select count(*) from mail_parties where address = '{from}'")), "0");
    assert_eq!(company.sql("select count(*) from locations where state = 'unmatched'"), "1");
    // Its id is not given again: the index would take a new mail under it for indexed.
    let jan = company.client_address("jan");
    company.mail(&jan, &jan, &anna, "Acme pumps: delivery", "");
    company.dovecot.wait_for(&anna, "INBOX", 2);
    company.standin(&["sync", "--once"]).succeed();
    assert_eq!(
        company.sql("select count(*) from mails where id > (select upto from progress where what = 'text')"),
        "0"
    );
    assert_eq!(company.sql("select count(*) from mail_text"), company.sql("select count(*) from mails"));
}

/// Not about privacy, but about the same places: what goes on the server is known to be gone at the
/// next look where the server counts changes (QRESYNC), and its message stays.
fn what_was_deleted_on_the_server_is_gone_and_its_message_stays(kind: Kind) {
    let company = Company::found(kind);
    company.anna_wrote();
    let (jan, anna) = (company.client_address("jan"), company.own_address("anna"));
    company.mail(&jan, &jan, &anna, "Acme pumps: delivery", "");
    company.dovecot.wait_for(&anna, "INBOX", 1);
    company.standin(&["sync", "--once"]).succeed();
    company.dovecot.expunge(&anna, "INBOX", 1);
    company.standin(&["sync", "--once"]).succeed();
    assert_eq!(company.sql("select count(*) from locations where state = 'gone'"), "1");
    assert_eq!(company.sql("select count(*) from mails where subject = 'Acme pumps: delivery'"), "1");
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
    nothing_of_it_is_kept;
    a_new_contact_brings_it_back_without_a_notice;
    what_waits_for_review_is_thrown_away_in_its_time;
    what_was_deleted_on_the_server_is_gone_and_its_message_stays;
}

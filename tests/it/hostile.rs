//! Doors to sight that rules in one place forget and rules in another do not: roles, merging, imports
//! by admins, classes, pages of those who stand in, previews that are looked at again.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::firm::Kind;
use crate::support::office::{Office, day, on_both};
use axum::http::StatusCode;
use sqlx::AssertSqlSafe;
use standin::actions::activities::{self, Entered};
use standin::actions::actor::Actor;
use standin::actions::records_life;
use standin::model::activity::ActivityKind;
use standin::model::id::{RecordId, UserId};
use standin::model::record::Policy;
use standin::model::time::Timestamp;
use standin::store::owners::{self, Move, Occasion};
use standin::store::{Tx, people, shares};

on_both! {
    a_role_gives_no_more_than_whoever_gives_it_has
    merging_brings_no_deal_to_contacts_that_its_maker_does_not_see
    an_admin_gains_no_line_and_no_team_by_an_import
    who_may_change_an_account_does_not_move_it_to_those_who_cover_a_class
    a_deputy_does_not_choose_when_they_are_one
    parting_takes_back_the_name_of_what_was_merged
    an_answer_that_came_while_two_were_one_goes_back_with_its_thread
    a_preview_names_what_its_maker_still_sees
    who_stands_in_for_one_thing_is_not_told_of_the_others
    a_hand_over_tells_no_manager_of_confidential_records
    a_hand_over_that_ran_tells_only_its_person_of_confidential_records
    with_whom_a_record_is_shared_takes_nothing_from_others
    an_admin_makes_themselves_nobodys_substitute
    an_admin_takes_no_confidential_records_of_who_leaves
}

mod an_activity_that_comes_while_records_become_one_stays_in_sight {
    // SQLite has one writer, so only PostgreSQL lets two at it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        super::an_activity_that_comes_while_records_become_one_stays_in_sight().await;
    }
}

mod what_was_given_meanwhile_stays_given {
    // SQLite has one writer, so only PostgreSQL lets two at it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        super::what_was_given_meanwhile_stays_given().await;
    }
}

/// Runs a command while a unit of work that gives and marks records is open, which it must wait for.
async fn meanwhile(office: &Office, command: impl FnOnce() + Send) {
    let pages = office.pages().await;
    let [open, pumps] = ["open", "pumps"].map(|external| RecordId(office.record(external)));
    let [anna, piotr] = ["anna", "piotr"].map(|login| UserId(office.user(login)));
    let mut tx = pages.db.write().await.unwrap();
    let occasion = Occasion { how: "assign", by: None, on_behalf_of: None, handover: None, reason: "" };
    owners::give(&mut tx, &[Move { record: open, from: anna, to: piotr }], &occasion, Timestamp(1)).await.unwrap();
    shares::set_confidential(&mut tx, pumps, true, Timestamp(1)).await.unwrap();
    beside(office, tx, command).await;
    pages.close().await;
}

/// Runs a command beside this unit of work, which is committed once the command waits for it, or is done.
async fn beside(office: &Office, tx: Tx, command: impl FnOnce() + Send) {
    let mut tx = Some(tx);
    let waits = || office.company.number("select count(*) from pg_locks where not granted") > 0;
    let (sent, done) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            command();
            sent.send(()).unwrap();
        });
        while !waits() && done.recv_timeout(std::time::Duration::from_millis(20)).is_err() {}
        let tx = tx.take().unwrap();
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(tx.commit())).unwrap();
    });
}

async fn what_was_given_meanwhile_stays_given() {
    let office = Office::open(Kind::Postgres);
    let owner = |external: &str| {
        let id = office.record(external);
        office
            .company
            .rows(&format!("select u.login from records r join users u on u.id = r.owner_id where r.id = {id}"))
    };
    office.import("opportunities", "external_id,name,owner,account\nopen,Open deal,anna,acme\n", None);
    let table = "external_id,name\nopen,Renamed deal\npumps,Renamed SECRET\n";
    meanwhile(&office, || drop(office.import("opportunities", table, None))).await;
    assert_eq!(owner("open"), ["piotr"]);
    assert_eq!(office.who_sees("OP-1", &["anna", "maria"]), ["anna"], "it was marked confidential");
    office.ok("access confidential OP-1 off --as anna");
    // What somebody else gave away while it was being given is named.
    office.ok("assign open --to anna");
    let assign = || {
        let outcome = office.run("assign open --to kamil");
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.stderr.contains("it went to Piotr Nowak"), "{outcome:?}");
    };
    meanwhile(&office, assign).await;
    office.ok("access confidential OP-1 off --as anna");
    office.ok("assign open --to anna");
    meanwhile(&office, || drop(office.ok("record merge open OP-1"))).await;
    assert_eq!(owner("open"), ["piotr"]);
    assert_eq!(office.who_sees("open", &["piotr", "maria"]), ["piotr"], "what became a part of it is confidential");
}

async fn a_role_gives_no_more_than_whoever_gives_it_has(kind: Kind) {
    let office = Office::open(kind);
    let managers = || office.company.rows("select role from record_managers");
    office.ok(&format!("share acme kamil --share --until {} --as anna", day(5)));
    for line in [
        // Not for longer than he has it, not more than he has, not to himself.
        "manager append acme --user ewa --role sales --read-only --as kamil",
        "manager append acme --user ewa --role sales --as kamil",
        "manager append acme --user kamil --role sales --as kamil",
        // An admin reads no mail, and an owner keeps nothing when the account goes.
        "manager append acme --user adam --role sales --as adam",
        "manager append acme --user anna --role sales --as anna",
    ] {
        let outcome = office.run(line);
        assert_eq!(outcome.code, Some(1), "{line}: {outcome:?}");
        assert!(outcome.stderr.contains("nobody gives a right that they lack"), "{line}: {outcome:?}");
        assert!(managers().is_empty(), "{line}");
    }
    let pages = office.pages().await;
    let (kamil, acme) = (office.user("kamil"), office.record("acme"));
    let form = format!("what=append&to={kamil}&role=sales&write=1&id={acme}");
    assert_eq!(pages.post(kamil, "/bulk", &form).await.status, StatusCode::SEE_OTHER);
    let number = office.company.number("select max(id) from previews");
    assert_eq!(pages.post(kamil, &format!("/bulk/{number}"), "").await.status, StatusCode::SEE_OTHER);
    pages.close().await;
    assert!(managers().is_empty());
    office.ok("share acme kamil --share --as anna");
    office.ok("manager append acme --user ewa --role sales --read-only --as kamil");
    office.ok("manager append acme --user piotr --role service --as adam");
    assert_eq!(managers().len(), 2);
    // He takes back what he gave, and nothing that others gave.
    let outcome = office.run("manager remove acme --user piotr --role service --as kamil");
    assert!(outcome.code == Some(1) && outcome.stderr.contains("somebody else gave"), "{outcome:?}");
    office.ok("manager remove acme --user ewa --role sales --as kamil");
    assert_eq!(managers(), ["service"]);
    office.ok("manager remove acme --user piotr --role service --as anna");
}

async fn merging_brings_no_deal_to_contacts_that_its_maker_does_not_see(kind: Kind) {
    let office = Office::open(kind);
    office.import("accounts", "external_id,name,owner\ngamma,Gamma,kamil\n", None);
    let contact = "external_id,name,owner,account,emails\nola,Ola SECRET,anna,gamma,ola@gamma.test\n";
    office.import("contacts", contact, None);
    let closed = "external_id,name,owner,account,status\nold,Old,kamil,gamma,lost\n";
    office.import("opportunities", closed, None);
    // He may not make a deal at that account; so he makes both elsewhere, and tries to make them one.
    let deal = |account: &str| format!("external_id,name,account\nk-o1,Mine,{account}\n");
    assert_eq!(office.import("opportunities", &deal("gamma"), Some("kamil")).code, Some(2));
    office.import("accounts", "external_id,name\nk-a,Mine\n", Some("kamil"));
    assert_eq!(office.import("opportunities", &deal("k-a"), Some("kamil")).code, Some(0));
    assert_eq!(office.import("opportunities", "external_id,name\nk-o2,Free\n", Some("kamil")).code, Some(0));
    for (kept, gone) in [("gamma", "k-a"), ("k-a", "gamma"), ("k-o2", "old")] {
        let said = office.no(&format!("record merge {kept} {gone} --as kamil"));
        assert!(said.contains("contacts of others"), "{said}");
    }
    office.mail("anna", "ola@gamma.test", "anna@firma.example", "SECRET of gamma");
    for record in ["k-o1", "k-o2", "old", "gamma", "k-a"] {
        assert!(office.subjects("kamil", record).is_empty(), "{record}");
    }
    // An admin decides about it, and so does who sees those contacts.
    office.ok("share ola kamil --as anna");
    office.ok("record merge gamma k-a --as kamil");
}

async fn an_admin_gains_no_line_and_no_team_by_an_import(kind: Kind) {
    let office = Office::open(kind);
    for text in [
        "login,name,manager\nanna,Anna Nowak,adam\n",
        "login,name,team\nadam,Adam Nowak,North\n",
        "login,name,team,team_fallback\nadam,Adam Nowak,,\npiotr,Piotr Nowak,South,no\nadam,Adam Nowak,North,yes\n",
    ] {
        let outcome = office.import("users", text, Some("adam"));
        assert_eq!(outcome.code, Some(2), "{text}: {outcome:?}");
    }
    office.ok("share OP-1 team:North --as anna");
    assert!(!office.sees("adam", "OP-1"));
    // Another admin does it, and what stands so already may stand in the file.
    assert_eq!(office.import("users", "login,name,manager\nanna,Anna Nowak,adam\n", Some("ola")).code, Some(0));
    assert_eq!(office.import("users", "login,name,manager\nanna,Anna Nowak,adam\n", Some("adam")).code, Some(0));
    assert!(office.sees("adam", "OP-1"));
}

async fn who_may_change_an_account_does_not_move_it_to_those_who_cover_a_class(kind: Kind) {
    let office = Office::open(kind);
    office.import("accounts", "external_id,name,class\nacme,Acme SECRET,B\n", None);
    let (from, until) = (day(-1), day(5));
    office.ok(&format!(
        "absence add --user anna --from {from} --until {until} --substitute piotr --except class:A=kamil --as anna"
    ));
    office.ok("share acme kamil --write --as anna");
    assert!(!office.sees("kamil", "OP-1"));
    let outcome = office.import("accounts", "external_id,name,class\nacme,Acme SECRET,A\n", Some("kamil"));
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(!office.sees("kamil", "OP-1"));
    assert_eq!(office.import("accounts", "external_id,name,class\nacme,Acme SECRET,C\n", Some("anna")).code, Some(0));
}

async fn a_deputy_does_not_choose_when_they_are_one(kind: Kind) {
    let office = Office::open(kind);
    office.ok("access confidential OP-1 on --as anna");
    let (from, until) = (day(10), day(12));
    let add =
        format!("absence add --user anna --from {from} --until {until} --substitute piotr --deputy maria --as anna");
    office.ok(&add);
    let number = office.company.number("select id from absences");
    for change in [format!("--from {}", day(-1)), format!("--until {}", day(300)), "--open".to_owned()] {
        let said = office.no(&format!("absence edit {number} {change} --as maria"));
        assert!(said.contains("deputy"), "{change}: {said}");
        assert!(!office.sees("maria", "OP-1"));
    }
    // Shorter, or without that trust, it may be changed; and another manager of hers prolongs it.
    office.ok(&format!("absence edit {number} --until {} --as maria", day(11)));
    office.ok(&format!("absence edit {number} --until {} --as adam", day(13)));
    office.ok(&format!("absence edit {number} --from {} --no-deputy --as maria", day(-1)));
    assert!(!office.sees("maria", "OP-1"));
}

async fn parting_takes_back_the_name_of_what_was_merged(kind: Kind) {
    let office = Office::open(kind);
    office.import("opportunities", "external_id,name,owner,account\nopen,Open deal,anna,acme\n", None);
    office.ok("share open kamil --as anna");
    office.ok("access confidential OP-1 on --as anna");
    office.ok("record merge open OP-1 --as anna");
    office.ok(&format!("record unmerge {} --as anna", office.record("pumps")));
    let shown = office.ok("timeline open --as kamil --json");
    assert!(!shown.contains("SECRET"), "{shown}");
    let pages = office.pages().await;
    let page = format!("/records/{}", office.record("open"));
    assert!(!pages.get(office.user("kamil"), &page).await.body.contains("SECRET"));
    pages.close().await;
}

async fn an_answer_that_came_while_two_were_one_goes_back_with_its_thread(kind: Kind) {
    let office = Office::open(kind);
    assert_eq!(office.subjects("anna", "OP-1").len(), 2, "before there is another deal");
    office.import("opportunities", "external_id,name,owner,account\nopen,Open deal,anna,acme\n", None);
    office.ok("share open kamil --as anna");
    office.ok("access confidential OP-1 on --as anna");
    office.ok("record merge open OP-1 --as anna");
    let text = "From: <jan@acme.test>\r\nTo: <anna@firma.example>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\
                Message-ID: <later@x.test>\r\nIn-Reply-To: <SECRET-of-pumps@x.test>\r\nSubject: SECRET later\r\n\r\nMore.\r\n";
    let file = office.company.file("later.eml", text);
    office.company.call(["import", "mail", "--mailbox", "anna", &file]).succeed();
    assert_eq!(office.subjects("anna", "open").len(), 3);
    office.ok(&format!("record unmerge {} --as anna", office.record("pumps")));
    assert_eq!(office.subjects("kamil", "open"), Vec::<String>::new());
    assert_eq!(office.subjects("anna", "OP-1").len(), 3);
}

async fn a_preview_names_what_its_maker_still_sees(kind: Kind) {
    let office = Office::open(kind);
    office.ok("share OP-1 kamil --as anna");
    let pages = office.pages().await;
    let (kamil, pumps) = (office.user("kamil"), office.record("pumps"));
    let form = format!("to={}&id={pumps}&id={}", office.user("ewa"), office.record("valves"));
    assert_eq!(pages.post(kamil, "/bulk", &form).await.status, StatusCode::SEE_OTHER);
    let number = office.company.number("select max(id) from previews");
    let path = format!("/bulk/{number}");
    assert!(pages.get(kamil, &path).await.body.contains("SECRET"));
    office.ok("access confidential OP-1 on --as anna");
    office.import("opportunities", "external_id,name\npumps,Pumps SECRET\n", None);
    assert!(!pages.get(kamil, &path).await.body.contains("SECRET"));
    assert_eq!(pages.post(kamil, &path, "").await.status, StatusCode::SEE_OTHER);
    assert!(!pages.get(kamil, &path).await.body.contains("SECRET"));
    pages.close().await;
}

async fn who_stands_in_for_one_thing_is_not_told_of_the_others(kind: Kind) {
    let office = Office::open(kind);
    let (pumps, jan) = (office.record("pumps"), office.record("jan"));
    let (from, until) = (day(-1), day(5));
    office.ok(&format!("absence add --user piotr --from {from} --until {until} --substitute maria"));
    office.ok(&format!(
        "absence add --user anna --from {from} --until {until} --except record:{pumps}=piotr --except record:{jan}=kamil"
    ));
    let absence = office.company.number("select id from absences order by id desc limit 1");
    let pages = office.pages().await;
    let said = [format!("record {pumps}"), "Maria Nowak answers".to_owned(), "(1 record)".to_owned()];
    for path in [format!("/absences/{absence}"), "/absences".to_owned()] {
        let shown = pages.get(office.user("kamil"), &path).await;
        assert_eq!(shown.status, StatusCode::OK);
        for text in &said {
            assert!(!shown.body.contains(text), "{path} says {text}: {}", shown.body);
        }
        let shown = pages.get(office.user("anna"), &path).await;
        assert!(shown.body.contains(&said[1]), "{path}: {}", shown.body);
    }
    pages.close().await;
}

async fn a_hand_over_tells_no_manager_of_confidential_records(kind: Kind) {
    let office = Office::open(kind);
    let pages = office.pages().await;
    let (anna, maria) = (office.user("anna"), office.user("maria"));
    let path = format!("/handovers/preview?user={anna}&to={}", office.user("piotr"));
    office.ok("record delete OP-1 --as anna");
    let without = pages.get(maria, &path).await;
    office.ok(&format!("record restore {} --as anna", office.record("pumps")));
    office.ok("access confidential OP-1 on --as anna");
    assert_eq!(pages.get(maria, &path).await, without);
    assert_ne!(pages.get(anna, &path).await.body, without.body);
    pages.close().await;
}

async fn a_hand_over_that_ran_tells_only_its_person_of_confidential_records(kind: Kind) {
    let office = Office::open(kind);
    office.ok("access confidential OP-1 on --as anna");
    let (from, until) = (day(-1), day(5));
    office.ok(&format!(
        "absence add --user anna --from {from} --until {until} --substitute piotr --deputy kamil --as anna"
    ));
    office.ok("handover run --user anna");
    let shown = office.json("handover show 1");
    assert_eq!(shown["records"]["moved"], 3, "the operator sees all of them: {shown}");
    let audited = office.company.rows("select detail from audit where action = 'handed-over'");
    assert!(audited[0].contains("\"moved\":2"), "admins read the audit: {audited:?}");
    let pages = office.pages().await;
    let users = ["anna", "maria", "adam"].map(|login| office.user(login));
    for (user, records) in users.into_iter().zip([3, 2, 2]) {
        let page = pages.get(user, "/handovers/1").await.body;
        assert!(page.contains(&format!("Return {records} records")), "{user}: {page}");
        assert_eq!(page.contains("Kamil Nowak"), records == 3, "{user}: who is the deputy");
        let list = pages.get(user, "/handovers").await.body;
        assert!(list.contains(&format!("{records} of {records}")), "{user}: {list}");
    }
    // Whatever becomes of it, nothing on their pages changes, the fingerprint of what is watched included.
    let both = ["/handovers", "/handovers/1"];
    let mut before = Vec::new();
    for user in &users[1..] {
        for path in both {
            before.push(pages.get(*user, path).await.body);
        }
    }
    let own = pages.get(users[0], "/handovers/1").await.body;
    let pumps = office.record("pumps");
    let mut tx = pages.db.write().await.unwrap();
    let gone = "{\"why\":\"gone\"}";
    for sql in [
        format!(
            "update handover_items set state = 'kept', note = '{gone}' where what = 'record' and item_id = {pumps}"
        ),
        "update handovers set total = total + 7, done = done + 5".to_owned(),
    ] {
        match &mut tx {
            Tx::Sqlite(t) => drop(sqlx::query(AssertSqlSafe(sql)).execute(&mut **t).await.unwrap()),
            Tx::Postgres(t) => drop(sqlx::query(AssertSqlSafe(sql)).execute(&mut **t).await.unwrap()),
        }
    }
    tx.commit().await.unwrap();
    let mut after = Vec::new();
    for user in &users[1..] {
        for path in both {
            after.push(pages.get(*user, path).await.body);
        }
    }
    assert_eq!(before, after);
    assert_ne!(pages.get(users[0], "/handovers/1").await.body, own);
    // A stranger gets what a hand-over that is not there gets, also from the stream.
    let ewa = office.user("ewa");
    for path in ["/handovers/", "/live?page=/handovers/"] {
        let there = pages.get(ewa, &format!("{path}1")).await;
        assert_eq!(there.status, StatusCode::NOT_FOUND);
        assert_eq!(there, pages.get(ewa, &format!("{path}99")).await, "{path}");
    }
    pages.close().await;
}

async fn with_whom_a_record_is_shared_takes_nothing_from_others(kind: Kind) {
    let office = Office::open(kind);
    office.ok("share OP-1 kamil --write --share --as anna");
    office.ok("share OP-1 ewa --write --as anna");
    for line in [
        "share OP-1 ewa --revoke --as kamil".to_owned(),
        "share OP-1 ewa --as kamil".to_owned(),
        format!("share OP-1 ewa --write --until {} --as kamil", day(3)),
        "share OP-1 kamil --revoke --as ewa".to_owned(),
    ] {
        office.no(&line);
    }
    assert!(office.no("share OP-1 ewa --revoke --as kamil").contains("somebody else gave that right"));
    // Adding to it does not make it his to take.
    office.ok("share OP-1 ewa --write --share --as kamil");
    office.no("share OP-1 ewa --revoke --as kamil");
    let pages = office.pages().await;
    let (kamil, ewa, path) = (office.user("kamil"), office.user("ewa"), format!("/records/{}", office.record("pumps")));
    let form = format!("with=user:{ewa}&revoke=1");
    let refused = pages.post(kamil, &format!("{path}/share"), &form).await;
    assert_ne!(refused.status, StatusCode::SEE_OTHER);
    assert!(refused.body.contains("Somebody else gave that right"), "{}", refused.body);
    let back = |page: &str| page.matches("name=\"revoke\"").count();
    let shown = pages.get(kamil, &format!("{path}/access")).await.body;
    assert_eq!(back(&shown), 0, "{shown}");
    assert_eq!(back(&pages.get(office.user("anna"), &format!("{path}/access")).await.body), 2);
    let stranger = pages.post(office.user("piotr"), &format!("{path}/share"), &form).await;
    assert_eq!(stranger, pages.post(office.user("piotr"), "/records/999/share", &form).await);
    pages.close().await;
    assert_eq!(office.who_sees("OP-1", &["kamil", "ewa"]), ["kamil", "ewa"]);
    // Who gave it, the line, an admin, and whoever answers meanwhile do.
    office.ok("share OP-1 piotr --as kamil");
    office.ok("share OP-1 piotr --revoke --as kamil");
    office.ok("share OP-1 ewa --revoke --as maria");
    office.ok("share OP-1 ewa --as anna");
    office.ok("share OP-1 ewa --revoke --as adam");
    office.ok("share OP-1 ewa --as anna");
    office.ok(&format!("absence add --user anna --from {} --until {} --substitute piotr", day(-1), day(5)));
    office.ok("share OP-1 ewa --revoke --as piotr");
    assert_eq!(office.who_sees("OP-1", &["kamil", "ewa", "piotr"]), ["kamil", "piotr"]);
}

async fn an_admin_makes_themselves_nobodys_substitute(kind: Kind) {
    let office = Office::open(kind);
    let (from, until) = (day(-1), day(5));
    let anna = format!("absence add --user anna --from {from} --until {until}");
    let refused = |line: &str| {
        let said = office.no(line);
        assert!(said.contains("gives themselves no sight"), "{line}: {said}");
        assert!(!office.sees("adam", "OP-1"), "{line}");
    };
    refused(&format!("{anna} --substitute adam --as adam"));
    refused(&format!("{anna} --substitute piotr --except kind:opportunity=adam --as adam"));
    let table = format!("user,from,until,substitute\nanna,{from},{until},adam\n");
    assert_eq!(office.import("absences", &table, Some("adam")).code, Some(2));
    // Nor by way of somebody whose substitute they are.
    office.ok(&format!("absence add --user piotr --from {from} --until {until} --substitute adam --as piotr"));
    refused(&format!("{anna} --substitute piotr --as adam"));
    // The person, their line or another admin may want it so; but not for longer than they said.
    office.ok(&format!("{anna} --substitute adam --as ola"));
    assert!(office.sees("adam", "OP-1"));
    let number = office.company.number("select max(id) from absences");
    for change in [format!("--until {}", day(300)), "--open".to_owned(), format!("--from {}", day(-3))] {
        let said = office.no(&format!("absence edit {number} {change} --as adam"));
        assert!(said.contains("gives themselves no sight"), "{change}: {said}");
    }
    office.ok(&format!("absence edit {number} --until {} --as adam", day(4)));
    office.ok(&format!("absence edit {number} --substitute kamil --as adam"));
    assert!(!office.sees("adam", "OP-1"));
    office.ok(&format!("absence end {number} --as adam"));
    office.ok(&format!("{anna} --substitute maria --as maria"));
}

async fn an_admin_takes_no_confidential_records_of_who_leaves(kind: Kind) {
    let office = Office::open(kind);
    office.ok("access confidential OP-1 on --as anna");
    for who in ["--to adam", "--to piotr --kind-to opportunity=adam"] {
        let said = office.no(&format!("user deactivate anna {who} --with-confidential --as adam"));
        assert!(said.contains("another admin"), "{who}: {said}");
    }
    office.ok("user deactivate anna --to adam --as adam");
    assert!(!office.sees("adam", "OP-1"), "it stays");
    assert!(office.sees("adam", "acme"));
}

async fn an_activity_that_comes_while_records_become_one_stays_in_sight() {
    let office = Office::open(Kind::Postgres);
    office.import("opportunities", "external_id,name,owner,account\nopen,Open deal,anna,acme\n", None);
    let [open, pumps] = ["open", "pumps"].map(|external| RecordId(office.record(external)));
    let on = |record: RecordId| {
        office.company.number(&format!("select count(*) from activities where record_id = {record}"))
    };
    let pages = office.pages().await;
    let now = Timestamp(1_795_305_600_000);
    let mut tx = pages.db.write().await.unwrap();
    let world = people::world(&mut tx, &Policy::default(), now).await.unwrap();
    let actor = Actor::load(&mut tx, None, &world, now).await.unwrap();
    records_life::merge(&mut tx, &actor, open, pumps, "").await.unwrap().unwrap();
    let add = || {
        let outcome = office.run("activity add OP-1 --kind task --subject call --as anna");
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
    };
    beside(&office, tx, add).await;
    assert_eq!((on(open), on(pumps)), (0, 0));
    office.ok(&format!("record unmerge {pumps} --as anna"));
    // And one that was there first goes along.
    let mut tx = pages.db.write().await.unwrap();
    let entered = Entered {
        record: pumps,
        kind: ActivityKind::Task,
        subject: "call".into(),
        body: String::new(),
        responsible: None,
        due: None,
        done: None,
    };
    activities::add(&mut tx, &actor, &entered).await.unwrap().unwrap();
    beside(&office, tx, || drop(office.ok("record merge open OP-1 --as anna"))).await;
    assert_eq!((on(open), on(pumps)), (1, 0));
    pages.close().await;
}

//! A hand-over whose program is killed in the middle goes on when the program comes back, or
//! returns everything: real processes, real kills, both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::firm::{Company, Kind, Names};
use crate::support::{PATIENT, eventually};

/// Leads of Anna's. So many that a run takes a second at least.
const LEADS: i64 = 6_000;

fn company(kind: Kind) -> Company {
    let company = Company::new(kind, &Names::plain());
    company.people_and_records();
    let mut text = String::from("external_id,name,owner\n");
    for n in 0..LEADS {
        text.push_str(&format!("X{n},Lead {n},anna\n"));
    }
    let file = company.file("leads.csv", &text);
    company.call(["import", "leads", &file]).succeed();
    company
}

fn of(company: &Company, login: &str) -> i64 {
    let sql = "select count(*) from records r join users u on u.id = r.owner_id where u.login = ";
    company.number(&format!("{sql}'{login}'"))
}

fn state(company: &Company) -> String {
    company.rows("select state from handovers order by id desc limit 1").concat()
}

/// Kills a call once a part of its records has moved.
fn killed_half_way(company: &Company, arguments: &[&str], during: &str) {
    let mut running = company.call(arguments.iter().copied()).start();
    eventually("a part has moved", PATIENT, || {
        let sql = "select coalesce(max(done), 0) from handovers where state = ";
        (company.number(&format!("{sql}'{during}'")) > 0).then_some(())
    });
    running.kill();
    assert_eq!(state(company), during, "it was not finished before it was killed");
}

/// Each record and its journal agree, whatever was killed whenever.
fn is_sound(company: &Company) {
    let torn = "select count(*) from handover_items i join records r on r.id = i.item_id
        where i.what = 'record' and ((i.state = 'moved' and r.owner_id <> i.to_user_id)
          or (i.state in ('pending', 'returned', 'undone') and r.owner_id <> i.from_user_id))";
    assert_eq!(company.number(torn), 0);
    let twice = "select count(*) from (select record_id from record_owners where how = 'hand-over'
        group by record_id having count(*) > 1) t";
    assert_eq!(company.number(twice), 0);
}

fn killed_and_resumed(kind: Kind) {
    let company = company(kind);
    let annas = of(&company, "anna");
    assert!(annas >= LEADS);
    killed_half_way(&company, &["handover", "run", "--user", "anna", "--to", "piotr"], "running");
    is_sound(&company);
    // The program takes it up again by itself once the lease of the dead one has run out.
    let mut serving = company.call(["serve"]).start();
    serving.wait_for("Standin is ready at");
    eventually("the hand-over is done", PATIENT, || (state(&company) == "done").then_some(()));
    serving.kill();
    assert_eq!((of(&company, "anna"), of(&company, "piotr")), (0, annas));
    is_sound(&company);

    killed_half_way(&company, &["handover", "return", "1"], "returning");
    is_sound(&company);
    let mut serving = company.call(["serve"]).start();
    eventually("everything returned", PATIENT, || (state(&company) == "returned").then_some(()));
    serving.kill();
    assert_eq!((of(&company, "anna"), of(&company, "piotr")), (annas, 0));
    is_sound(&company);
}

fn killed_and_given_back(kind: Kind) {
    let company = company(kind);
    let annas = of(&company, "anna");
    killed_half_way(&company, &["handover", "run", "--user", "anna", "--to", "piotr"], "running");
    company.call(["handover", "cancel", "1"]).succeed();
    assert_eq!(state(&company), "cancelled");
    assert_eq!((of(&company, "anna"), of(&company, "piotr")), (annas, 0));
    is_sound(&company);
}

#[test]
fn a_hand_over_that_was_killed_goes_on_and_so_does_its_return_on_sqlite() {
    killed_and_resumed(Kind::Sqlite);
}

#[test]
fn a_hand_over_that_was_killed_goes_on_and_so_does_its_return_on_postgres() {
    killed_and_resumed(Kind::Postgres);
}

#[test]
fn a_hand_over_that_was_killed_can_be_stopped_and_returns_everything_on_sqlite() {
    killed_and_given_back(Kind::Sqlite);
}

#[test]
fn a_hand_over_that_was_killed_can_be_stopped_and_returns_everything_on_postgres() {
    killed_and_given_back(Kind::Postgres);
}

//! `standin handover` as people call it, and a hand-over whose program is killed in the middle: it
//! goes on when the program comes back, or returns everything. Real processes, both databases.

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
    let (annas, piotrs) = (of(&company, "anna"), of(&company, "piotr"));
    assert!(annas >= LEADS);
    killed_half_way(&company, &["handover", "run", "--user", "anna", "--to", "piotr"], "running");
    is_sound(&company);
    // The program takes it up again by itself once the lease of the dead one has run out.
    let mut serving = company.call(["serve"]).start();
    serving.wait_for("Standin is ready at");
    eventually("the hand-over is done", PATIENT, || (state(&company) == "done").then_some(()));
    serving.kill();
    assert_eq!((of(&company, "anna"), of(&company, "piotr")), (0, annas + piotrs));
    is_sound(&company);

    killed_half_way(&company, &["handover", "return", "1"], "returning");
    is_sound(&company);
    let mut serving = company.call(["serve"]).start();
    eventually("everything returned", PATIENT, || (state(&company) == "returned").then_some(()));
    serving.kill();
    assert_eq!((of(&company, "anna"), of(&company, "piotr")), (annas, piotrs));
    is_sound(&company);
}

fn killed_and_given_back(kind: Kind) {
    let company = company(kind);
    let (annas, piotrs) = (of(&company, "anna"), of(&company, "piotr"));
    killed_half_way(&company, &["handover", "run", "--user", "anna", "--to", "piotr"], "running");
    company.call(["handover", "cancel", "1"]).succeed();
    assert_eq!(state(&company), "cancelled");
    assert_eq!((of(&company, "anna"), of(&company, "piotr")), (annas, piotrs));
    is_sound(&company);
}

fn killed_and_resumed_by_command(kind: Kind) {
    let company = company(kind);
    let (annas, piotrs) = (of(&company, "anna"), of(&company, "piotr"));
    killed_half_way(&company, &["handover", "run", "--user", "anna", "--to", "piotr"], "running");
    eventually("nobody works on it", PATIENT, || {
        let shown = company.call(["handover", "show", "1"]).succeed().stdout;
        shown.contains("`standin handover resume 1`").then_some(())
    });
    is_sound(&company);
    assert_eq!(state(&company), "running", "it waits");
    let resumed = company.call(["handover", "resume", "1"]).succeed().stdout;
    assert!(!resumed.contains("resume"), "{resumed}");
    assert_eq!(state(&company), "done");
    assert_eq!((of(&company, "anna"), of(&company, "piotr")), (0, annas + piotrs));
    is_sound(&company);
    // Also before the lease has run out: it waits for that.
    killed_half_way(&company, &["handover", "return", "1"], "returning");
    company.call(["handover", "resume", "1"]).succeed();
    assert_eq!(state(&company), "returned");
    assert_eq!((of(&company, "anna"), of(&company, "piotr")), (annas, piotrs));
    is_sound(&company);
    let outcome = company.call(["handover", "resume", "1"]).run();
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("it is returned"), "{outcome:?}");
}

#[test]
fn a_hand_over_that_was_killed_is_resumed_by_command_on_sqlite() {
    killed_and_resumed_by_command(Kind::Sqlite);
}

#[test]
fn a_hand_over_that_was_killed_is_resumed_by_command_on_postgres() {
    killed_and_resumed_by_command(Kind::Postgres);
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

fn by_command(kind: Kind) {
    let company = Company::new(kind, &Names::plain());
    company.people_and_records();
    let annas = of(&company, "anna");
    let json = |arguments: &[&str]| -> serde_json::Value {
        let outcome = company.call(arguments.iter().copied()).arg("--json").succeed();
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|e| panic!("{e}: {outcome:?}"))
    };
    let said = |arguments: &[&str]| company.call(arguments.iter().copied()).succeed().stdout;
    let which = ["--user", "anna", "--to", "kamil"];
    let preview = json(&[&["handover", "preview"], &which[..]].concat());
    assert_eq!((&preview["total"], &preview["from"]), (&annas.into(), &"anna".into()));
    assert_eq!(preview["receivers"][0]["user"], "kamil");
    assert!(said(&[&["handover", "preview"], &which[..]].concat()).contains("SEES LESS"), "who loses sight");
    assert_eq!(of(&company, "anna"), annas, "a preview changes nothing");

    let run = json(&[&["handover", "run", "--until", "2099-01-31"], &which[..]].concat());
    assert_eq!((&run["state"], &run["records"]["moved"]), (&"done".into(), &annas.into()));
    assert_eq!(run["returns_at"], "2099-01-31T23:00:00Z");
    assert_eq!(of(&company, "anna"), 0);
    let given = "external_id,name,owner\ngiven,Given away,anna\n";
    assert!(company.call(["import", "leads", &company.file("given.csv", given)]).succeed().stdout.contains('1'));
    assert_eq!(of(&company, "anna"), 0, "what comes in follows");
    let other = "external_id,name,owner\ngiven,Given away,maria\n";
    company.call(["import", "leads", &company.file("other.csv", other)]).succeed();

    let returned = said(&["handover", "return", "1"]);
    assert!(returned.contains("an import or the operator gave it to Maria Nowak"), "{returned}");
    assert!(returned.contains("standin handover return 1 --force"), "{returned}");
    assert_eq!(of(&company, "anna"), annas);
    assert_eq!(json(&["handover", "show", "1"])["kept"][0]["kept"]["to"], "maria");
    assert!(said(&["handover", "undo", "1"]).contains("done"));
    assert_eq!(of(&company, "anna"), 0);
    json(&["handover", "return", "1", "--force"]);
    assert_eq!(of(&company, "anna"), annas + 1);
    assert_eq!(json(&["handover", "list"])[0]["state"], "returned");
    for (arguments, why) in [
        (vec!["handover", "return", "1"], "it is returned"),
        (vec!["handover", "cancel", "1"], "it is returned"),
        (vec!["handover", "undo", "7"], "there is no such hand-over"),
        (vec!["handover", "run", "--user", "anna"], "name somebody with --to"),
        (vec!["handover", "run", "--user", "nobody", "--to", "piotr"], "no user with the login"),
        (vec!["handover", "run", "--absence", "9"], "there is no such hand-over"),
    ] {
        let outcome = company.call(arguments.iter().copied()).run();
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(why), "{outcome:?}");
    }
}

#[test]
fn records_are_handed_over_returned_and_undone_by_command_on_sqlite() {
    by_command(Kind::Sqlite);
}

#[test]
fn records_are_handed_over_returned_and_undone_by_command_on_postgres() {
    by_command(Kind::Postgres);
}

//! Assigning, managers, activities, merging, deleting and leaving on the command line, on both
//! databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::too_many_lines)]

use crate::support::firm::{Company, Kind, Names};
use crate::support::process::Outcome;
use serde_json::Value;

fn company(kind: Kind) -> Company {
    let company = Company::new(kind, &Names::plain());
    company.people_and_records();
    company
}

#[track_caller]
fn json(company: &Company, arguments: &[&str]) -> Value {
    let outcome = company.call(arguments.iter().copied().chain(["--json"])).succeed();
    serde_json::from_str(&outcome.stdout).expect("--json prints JSON")
}

#[track_caller]
fn refused(company: &Company, arguments: &[&str], code: i32, words: &str) -> Outcome {
    let outcome = company.call(arguments.iter().copied()).run();
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    assert!(outcome.stderr.contains(words), "{words:?} is not in {}", outcome.stderr);
    outcome
}

fn a_deal_goes_to_a_colleague_and_back(kind: Kind) {
    let company = company(kind);
    let preview = json(&company, &["assign", "--owner", "anna", "--to", "piotr", "--preview", "--as", "maria"]);
    let records = preview["records"].as_i64().unwrap();
    assert_eq!(preview["kinds"]["opportunity"], 1);
    assert_eq!(preview["gain"][0]["name"], "Piotr Nowak");
    assert_eq!(preview["lose"][0]["name"], "Anna Nowak");
    assert_eq!(company.number("select count(*) from records where owner_id = 1"), records, "a preview changes nothing");
    refused(
        &company,
        &["assign", "o1", "--to", "piotr", "--as", "kamil"],
        2,
        "does not exist, or it is not to be seen",
    );
    refused(&company, &["assign", "--to", "piotr"], 2, "no record is named");
    refused(&company, &["assign", "o1", "--to", "piotrek"], 2, "there is no user");
    let moved = json(&company, &["assign", "o1", "--to", "kamil", "--step", "--reason", "load it", "--as", "anna"]);
    assert_eq!((&moved["moved"][0]["from"], &moved["moved"][0]["to"]), (&"Anna Nowak".into(), &"Kamil Nowak".into()));
    let timeline = json(&company, &["timeline", "o1", "--as", "anna"]);
    assert_eq!((&timeline["owners"][0]["how"], &timeline["owners"][0]["reason"]), (&"step".into(), &"load it".into()));
    json(&company, &["assign", "o1", "--back", "--as", "kamil"]);
    refused(&company, &["timeline", "o1", "--as", "kamil"], 2, "is no record that kamil may see");
    refused(&company, &["assign", "o1", "--back", "--as", "anna"], 1, "it is not out for a step");
    let text = company.call(["timeline", "o1", "--as", "anna"]).succeed().stdout;
    assert!(text.contains("step-back") && text.contains("from Kamil Nowak to Anna Nowak"), "{text}");
}

#[test]
fn a_deal_goes_to_a_colleague_and_back_on_sqlite() {
    a_deal_goes_to_a_colleague_and_back(Kind::Sqlite);
}

#[test]
fn a_deal_goes_to_a_colleague_and_back_on_postgres() {
    a_deal_goes_to_a_colleague_and_back(Kind::Postgres);
}

fn managers_activities_merges_and_leavers(kind: Kind) {
    let company = company(kind);
    let accounts =
        ["manager", "append", "--owner", "anna", "--kind", "account", "--user", "kamil", "--role", "Service"];
    assert_eq!(json(&company, &accounts)["changed"].as_array().unwrap().len(), 1);
    assert_eq!(json(&company, &["manager", "list", "acme", "--as", "kamil"])[0]["role"], "service");
    json(&company, &["manager", "remove", "acme", "--user", "kamil", "--role", "service"]);
    refused(&company, &["manager", "list", "acme", "--as", "kamil"], 2, "not to be seen");

    let add = ["activity", "add", "o1", "--kind", "task", "--subject", "Send the price", "--as", "anna"];
    let task = json(&company, &add);
    assert_eq!((&task["responsible"], &task["status"]), (&"Anna Nowak".into(), &"open".into()));
    let number = task["id"].to_string();
    refused(&company, &["activity", "done", &number, "--as", "kamil"], 2, "does not exist, or it is not yours");
    let due = json(&company, &["activity", "due", &number, "--at", "2030-01-02T10:00:00+01:00", "--as", "anna"]);
    assert_eq!(due["due"], "2030-01-02T09:00:00Z");
    let listed = json(&company, &["activity", "list", "--status", "open", "--original", "anna", "--as", "maria"]);
    assert_eq!(listed[0]["governing"]["name"], "Acme pumps");
    assert_eq!(json(&company, &["activity", "done", &number, "--as", "anna"])["ended_by"], "Anna Nowak");
    assert_eq!(json(&company, &["timeline", "acme", "--as", "anna"])["activities"][0]["status"], "done");

    let merged = json(&company, &["record", "merge", "o2", "o3", "--reason", "the same", "--as", "kamil"]);
    let gone = merged["gone"].to_string();
    refused(&company, &["timeline", &gone, "--as", "kamil"], 2, "may see");
    refused(&company, &["record", "merge", "o1", "o2", "--as", "kamil"], 2, "not to be seen");
    json(&company, &["record", "unmerge", &gone, "--as", "kamil"]);
    assert_eq!(json(&company, &["timeline", &gone, "--as", "kamil"])["record"]["name"], "Beta pipes");
    let would = company.call(["record", "delete", "o3", "--preview"]).succeed().stdout;
    assert!(would.contains("would be deleted"), "{would}");
    let deleted = company.call(["record", "delete", "o3", "--as", "kamil"]).succeed().stdout;
    assert!(deleted.contains(&format!("standin record restore {gone}")), "{deleted}");
    json(&company, &["record", "restore", &gone, "--as", "kamil"]);

    refused(&company, &["user", "deactivate", "anna"], 2, "--to");
    refused(&company, &["user", "deactivate", "anna", "--to", "anna"], 2, "cannot take over");
    refused(&company, &["user", "deactivate", "anna", "--to", "piotr", "--as", "kamil"], 2, "only an admin");
    let left = json(&company, &["user", "deactivate", "anna", "--to", "piotr", "--kind-to", "opportunity=kamil"]);
    assert_eq!(left["given"]["Kamil Nowak"], 1);
    assert_eq!(company.number("select count(*) from records where owner_id = 1"), 0);
    refused(&company, &["timeline", "o1", "--as", "anna"], 2, "is deactivated");
    json(&company, &["user", "activate", "anna"]);
    refused(&company, &["timeline", "o1", "--as", "anna"], 2, "may see");
}

#[test]
fn managers_activities_merges_and_leavers_on_sqlite() {
    managers_activities_merges_and_leavers(Kind::Sqlite);
}

#[test]
fn managers_activities_merges_and_leavers_on_postgres() {
    managers_activities_merges_and_leavers(Kind::Postgres);
}

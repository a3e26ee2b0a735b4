//! What programs of admins and managers do: rules with their dry run, hand-overs, blocklists, long work; who may not, and
//! what cannot be meant.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::api::{Program, Said, door, mail, program};
use crate::support::desk::{ACME, ADAM, ANNA, Desk, KAMIL, MARIA, NOW, PIOTR, PUMPS, on_both};
use serde_json::{Value as Json, json};
use standin::intake::replay::{Trier, try_all};
use standin::model::api::ApiScope;
use standin::model::facts::House;
use std::sync::Arc;

on_both! {
    a_rule_is_checked_tried_and_saved_as_it_was_shown
    rules_are_for_admins_with_the_scope
    a_hand_over_is_begun_as_it_was_shown
    hand_overs_are_for_the_person_their_line_and_admins
    a_blocklist_is_ones_own_or_the_companys
    long_work_is_listed_for_admins
    texts_of_notices_are_ones_own_and_the_switch_is_for_admins
    no_body_names_more_than_it_may
}

async fn post(program: &Program<'_>, path: &str) -> Said {
    program.send("POST", &format!("/api/v1{path}"), &[], "").await
}

fn rule(name: &str) -> Json {
    json!({
        "name": name, "state": "on", "all": [{ "field": "subject", "contains": "offer" }], "then": { "private": true }
    })
}

/// Has the worker do what was asked for: dry runs, and saving what one showed.
pub async fn work(desk: &Desk) {
    let trier = Trier {
        db: desk.db.clone(),
        own_domains: House::default(),
        policy: desk.policy.clone(),
        name: "w".to_owned(),
        clock: Arc::new(|| NOW),
        told: Arc::new(|| {}),
    };
    try_all(&trier).await.unwrap();
    let world = desk.world().await;
    let mut tx = desk.write().await;
    standin::actions::rules::settle_trials(&mut tx, &world, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_rule_is_checked_tried_and_saved_as_it_was_shown(desk: &Desk) {
    let door = door(desk);
    mail(desk, 1, PUMPS).await;
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    assert_eq!(admin.get("/rules").await.fine().body, json!({ "version": 0, "items": [] }));
    let add = json!({ "do": "add", "rule": rule("Offers") });
    let checked = admin.post("/rules/check", add.clone()).await.fine().body;
    assert_eq!((&checked["base"], &checked["changes"][0]["what"]), (&json!(0), &json!("added")));
    // What is wrong is said of its field; nothing is kept of it.
    let mut broken = rule("Broken");
    broken["all"][0] = json!({ "field": "subject", "matches": "(" });
    let said = admin.post("/rules/check", json!({ "do": "add", "rule": broken })).await;
    assert_eq!((said.code().0, said.fields()), (422, vec!["all 1, matches"]));
    let begun = admin.post("/rules/trials", add).await.fine();
    let place = begun.header("location").trim_start_matches("/api/v1").to_owned();
    assert_eq!((begun.status, &begun.body["state"], &begun.body["said"]), (202, &json!("running"), &Json::Null));
    let early = admin.post(&format!("{place}/save"), json!({ "seen": "x" })).await;
    assert_eq!(early.code(), (409, "conflict"));
    work(desk).await;
    let shown = admin.get(&place).await.fine().body;
    assert_eq!((&shown["state"], &shown["said"]["messages"]), (&json!("shown"), &json!(1)));
    let digest = shown["said"]["digest"].clone();
    assert_eq!(admin.post(&format!("{place}/save"), json!({ "seen": "other" })).await.code(), (409, "conflict"));
    // What it asks for has to be agreed to.
    let asks: Vec<String> = serde_json::from_value(shown["said"]["asks"].clone()).unwrap();
    if !asks.is_empty() {
        let said = admin.post(&format!("{place}/save"), json!({ "seen": digest })).await;
        assert_eq!(
            (said.code(), said.fields()),
            ((409, "confirmation-needed"), asks.iter().map(String::as_str).collect())
        );
    }
    let save = json!({ "seen": digest, "agree": asks, "note": "private offers" });
    assert_eq!(admin.post(&format!("{place}/save"), save).await.fine().status, 202);
    work(desk).await;
    let saved = admin.get(&place).await.fine().body;
    assert_eq!((&saved["state"], &saved["version"]), (&json!("saved"), &json!(1)));
    let all = admin.get("/rules").await.fine().body;
    let kept = &all["items"][0];
    assert_eq!((&all["version"], &kept["rule"]["name"], &kept["place"]), (&json!(1), &json!("Offers"), &json!(1)));
    let id = kept["id"].as_i64().unwrap();
    assert_eq!(admin.get(&format!("/rules/{id}")).await.fine().body["rule"]["then"]["private"], true);
    assert_eq!(admin.get("/rules/99").await.code(), (404, "not-found"));
    let versions = admin.get("/rules/versions").await.fine().body;
    let first = &versions["items"][0];
    assert_eq!(
        (&first["what"], &first["note"], &first["by"]["id"]),
        (&json!("add"), &json!("private offers"), &json!(ADAM.0))
    );
    assert_eq!(admin.get("/rules/versions/1").await.fine().body["rules"][0]["name"], "Offers");
    assert_eq!(admin.get("/rules/versions/2").await.code(), (404, "not-found"));
    what_cannot_be_done_says_of_which_field(&admin).await;
}

async fn what_cannot_be_done_says_of_which_field(admin: &Program<'_>) {
    // Out as a file and in again: nothing would change.
    let file = admin.get("/rules/export").await.fine().body["toml"].as_str().unwrap().to_owned();
    let same = admin.post("/rules/check", json!({ "do": "import", "toml": file })).await;
    assert_eq!(same.code(), (422, "declined"));
    for (edit, field) in [
        (json!({ "do": "import", "toml": "[[rule" }), "toml"),
        (json!({ "do": "turn", "rule_id": 99, "state": "off" }), "rule_id"),
        (json!({ "do": "delete", "rule_id": 99 }), "rule_id"),
        (json!({ "do": "roll-back", "version": 7 }), "version"),
        (json!({ "do": "add", "rule": rule("Offers") }), "name"),
    ] {
        assert_eq!(admin.post("/rules/check", edit.clone()).await.fields(), [field], "{edit}");
    }
    // On stored mail, and back.
    let apply = admin.post("/rules/trials", json!({ "do": "apply" })).await.fine();
    let again = format!("/rules/trials/{}", apply.body["id"]);
    assert_eq!(post(admin, &format!("{again}/cancel")).await.fine().body["state"], "cancelled");
    let next = post(admin, &format!("{again}/again")).await.fine().body;
    assert_ne!(next["id"], apply.body["id"]);
    assert_eq!(admin.get("/rules/runs").await.fine().body["items"], json!([]));
    for path in ["/rules/runs/7", "/rules/trials/77"] {
        assert_eq!(admin.get(path).await.code(), (404, "not-found"));
    }
    for path in ["/rules/runs/7/cancel", "/rules/runs/7/undo", "/rules/trials/77/cancel", "/rules/trials/77/again"] {
        assert_eq!(post(admin, path).await.code(), (404, "not-found"));
    }
}

async fn rules_are_for_admins_with_the_scope(desk: &Desk) {
    let door = door(desk);
    let writer = program(desk, &door, ADAM, ApiScope::Write).await;
    for path in ["/rules", "/rules/1", "/rules/export", "/rules/versions", "/rules/runs", "/jobs", "/blocks"] {
        assert_eq!(writer.get(path).await.code(), (403, "scope-insufficient"), "{path}");
    }
    // A token of an admin who is none any more.
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    desk.run("update users set role = 'staff' where login = 'adam'").await;
    assert_eq!(admin.get("/rules").await.code(), (403, "scope-insufficient"));
    let edit = json!({ "do": "add", "rule": rule("Mine") });
    assert_eq!(admin.post("/rules/trials", edit).await.code(), (403, "scope-insufficient"));
}

async fn a_hand_over_is_begun_as_it_was_shown(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let wanted = json!({ "user_id": ANNA.0, "to_id": PIOTR.0, "returns_at": "2026-12-01T00:00:00Z" });
    let shown = anna.post("/handovers/preview", wanted.clone()).await.fine().body;
    assert_eq!((&shown["records"], &shown["receivers"][0]["user"]["id"]), (&json!(4), &json!(PIOTR.0)));
    assert_eq!((&shown["stays"][0]["reason"], &shown["stays"][0]["records"]), (&json!("confidential"), &json!(1)));
    let mut run = wanted.clone();
    run["seen"] = json!("something else");
    assert_eq!(anna.post("/handovers", run.clone()).await.code(), (409, "conflict"));
    run["seen"] = shown["fingerprint"].clone();
    let begun = anna.post("/handovers", run.clone()).await.fine();
    assert_eq!((begun.status, &begun.body["state"]), (202, &json!("running")));
    assert_eq!(anna.post("/handovers", run).await.code(), (409, "conflict"), "one at a time");
    let place = begun.header("location").trim_start_matches("/api/v1").to_owned();
    assert_eq!(anna.get("/handovers").await.fine().ids(), [begun.body["id"].as_i64().unwrap()]);
    assert_eq!(anna.post(&format!("{place}/return"), json!({})).await.code(), (409, "conflict"), "it is not done");
    assert_eq!(post(&anna, &format!("{place}/undo")).await.code(), (409, "conflict"));
    assert_eq!(post(&anna, &format!("{place}/cancel")).await.fine().body["state"], "undoing");
    for (body, field) in [
        (json!({ "user_id": ANNA.0 }), "to_id"),
        (json!({ "user_id": ANNA.0, "to_id": 99 }), "to_id"),
        (json!({ "user_id": ANNA.0, "to_id": 2, "returns_at": "later" }), "returns_at"),
    ] {
        assert_eq!(anna.post("/handovers/preview", body).await.fields(), [field]);
    }
}

async fn hand_overs_are_for_the_person_their_line_and_admins(desk: &Desk) {
    let door = door(desk);
    let maria = program(desk, &door, MARIA, ApiScope::Write).await;
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let wanted = json!({ "user_id": ANNA.0, "to_id": PIOTR.0 });
    let shown = maria.post("/handovers/preview", wanted.clone()).await.fine().body;
    assert_eq!(shown["stays"], json!([]), "nor does she hear of what is confidential");
    let mut run = wanted.clone();
    run["seen"] = shown["fingerprint"].clone();
    let id = maria.post("/handovers", run.clone()).await.fine().body["id"].clone();
    for wanted in [wanted, json!({ "user_id": 99, "to_id": PIOTR.0 })] {
        assert_eq!(kamil.post("/handovers/preview", wanted).await.code(), (404, "not-found"));
    }
    assert_eq!(kamil.post("/handovers", run).await.code(), (404, "not-found"));
    for id in [id, json!(4242)] {
        assert_eq!(kamil.get(&format!("/handovers/{id}")).await.code(), (404, "not-found"));
        for what in ["undo", "cancel"] {
            assert_eq!(post(&kamil, &format!("/handovers/{id}/{what}")).await.code(), (404, "not-found"));
        }
        let back = kamil.post(&format!("/handovers/{id}/return"), json!({ "force": true })).await;
        assert_eq!(back.code(), (404, "not-found"));
    }
    assert_eq!(kamil.get("/handovers").await.fine().ids(), Vec::<i64>::new());
    // An admin's token without that scope decides about their own alone.
    let small = program(desk, &door, ADAM, ApiScope::Write).await;
    assert_eq!(small.get("/handovers").await.fine().ids(), Vec::<i64>::new());
    assert_eq!(program(desk, &door, ADAM, ApiScope::Admin).await.get("/handovers").await.fine().ids().len(), 1);
}

async fn a_blocklist_is_ones_own_or_the_companys(desk: &Desk) {
    let door = door(desk);
    mail(desk, 1, PUMPS).await;
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let look = anna.post("/me/blocks", json!({ "pattern": "JAN@x.example", "dry_run": true })).await.fine().body;
    assert_eq!((&look["done"], &look["pattern"]), (&json!(false), &json!("jan@x.example")));
    assert_eq!(anna.get("/me/blocks").await.fine().body["items"], json!([]));
    assert_eq!(anna.post("/me/blocks", json!({ "pattern": "x.example" })).await.fine().body["done"], true);
    let listed = anna.get("/me/blocks").await.fine().body["items"].clone();
    assert_eq!((&listed[0]["pattern"], &listed[0]["by"]["id"]), (&json!("@x.example"), &json!(ANNA.0)));
    assert_eq!(anna.post("/me/blocks", json!({ "pattern": "x.example" })).await.code(), (422, "declined"));
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    assert_eq!(kamil.get("/me/blocks").await.fine().body["items"], json!([]));
    assert_eq!(kamil.post("/me/blocks/remove", json!({ "pattern": "x.example" })).await.code(), (422, "declined"));
    assert_eq!(anna.post("/me/blocks/remove", json!({ "pattern": "@x.example" })).await.fine().status, 204);
    for pattern in ["", "x", "a@b@c", "*"] {
        assert_eq!(anna.post("/me/blocks", json!({ "pattern": pattern })).await.fields(), ["pattern"], "{pattern}");
    }
    // The company's is for admins with the scope; one's own address blocks all of us.
    assert_eq!(anna.post("/blocks", json!({ "pattern": "x.example" })).await.code(), (403, "scope-insufficient"));
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    admin.post("/blocks", json!({ "pattern": "x.example" })).await.fine();
    assert_eq!(admin.get("/blocks").await.fine().body["items"][0]["pattern"], "@x.example");
    assert_eq!(anna.get("/me/blocks").await.fine().body["items"], json!([]));
    assert_eq!(admin.post("/blocks/remove", json!({ "pattern": "x.example" })).await.fine().status, 204);
}

async fn long_work_is_listed_for_admins(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let wanted = json!({ "user_id": ANNA.0, "to_id": PIOTR.0 });
    let seen = anna.post("/handovers/preview", wanted.clone()).await.fine().body["fingerprint"].clone();
    let mut run = wanted;
    run["seen"] = seen;
    anna.post("/handovers", run).await.fine();
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let jobs = admin.get("/jobs").await.fine().body["items"].clone();
    assert_eq!(
        (&jobs[0]["kind"], &jobs[0]["about"], &jobs[0]["state"]),
        (&json!("hand-over"), &json!("Anna Nowak"), &json!("running"))
    );
    assert_eq!(admin.get("/jobs?kind=import").await.fine().body["items"], json!([]));
    assert_eq!(admin.get("/jobs?under_way=false").await.fine().body["items"], json!([]));
    assert_eq!(admin.get("/jobs?kind=nonsense").await.code(), (400, "query-invalid"));
    assert_eq!(anna.get("/jobs").await.code(), (403, "scope-insufficient"));
}

async fn texts_of_notices_are_ones_own_and_the_switch_is_for_admins(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let text = json!({ "for": "external", "language": "en", "text": "I am sailing. {substitute} answers." });
    assert_eq!(anna.put("/me/notice-texts", text.clone()).await.fine().status, 204);
    let kept = anna.get("/me/notice-texts").await.fine().body["items"][0].clone();
    assert_eq!((&kept["text"], &kept["for"], &kept["by"]["id"]), (&text["text"], &json!("external"), &json!(ANNA.0)));
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    assert_eq!(kamil.get("/me/notice-texts").await.fine().body["items"], json!([]));
    for (field, value) in [("language", json!("tlh")), ("text", json!(" ")), ("text", json!("{nonsense}"))] {
        let mut wrong = text.clone();
        wrong[field] = value.clone();
        assert_eq!(anna.put("/me/notice-texts", wrong).await.fields(), [field], "{value}");
    }
    let mut gone = text.clone();
    gone["text"] = Json::Null;
    assert_eq!(anna.put("/me/notice-texts", gone.clone()).await.fine().status, 204);
    assert_eq!(anna.put("/me/notice-texts", gone).await.code(), (422, "declined"));
    assert_eq!(anna.get("/me/notices?not_sent=true").await.fine().body["items"], json!([]));
    for path in ["/notices", "/notices/texts", "/notices/switch"] {
        assert_eq!(anna.get(path).await.code(), (403, "scope-insufficient"), "{path}");
    }
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    assert_eq!(admin.put("/notices/texts", text.clone()).await.fine().status, 204);
    assert_eq!(admin.get("/notices/texts").await.fine().body["items"][0]["text"], text["text"]);
    assert_eq!(admin.get("/notices/texts?team=99").await.code(), (404, "not-found"));
    assert_eq!(admin.put("/notices/texts?team=99", text).await.code(), (404, "not-found"));
    assert_eq!(admin.get("/notices").await.fine().body["items"], json!([]));
    assert_eq!(admin.get("/notices/switch").await.fine().body["stopped"], false);
    let stopped = admin.post("/notices/switch", json!({ "do": "stop", "reason": "a test" })).await.fine().body;
    assert_eq!(
        (&stopped["by"], &stopped["reason"], &stopped["user"]["id"]),
        (&json!("person"), &json!("a test"), &json!(ADAM.0))
    );
    assert_eq!(admin.post("/notices/switch", json!({ "do": "stop" })).await.code(), (409, "conflict"));
    assert_eq!(anna.post("/notices/switch", json!({ "do": "start" })).await.code(), (403, "scope-insufficient"));
    assert_eq!(admin.post("/notices/switch", json!({ "do": "start" })).await.fine().body["stopped"], false);
    assert_eq!(admin.post("/notices/switch", json!({ "do": "start" })).await.code(), (409, "conflict"));
}

async fn no_body_names_more_than_it_may(desk: &Desk) {
    let door = door(desk);
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    for (path, body) in [
        ("/rules/check", json!({ "do": "add", "rule": rule("x") })),
        ("/rules/check", json!({ "do": "apply" })),
        ("/rules/trials", json!({ "do": "apply" })),
        ("/rules/trials/1/save", json!({ "seen": "x" })),
        ("/handovers/preview", json!({ "user_id": ANNA.0, "to_id": PIOTR.0 })),
        ("/handovers", json!({ "user_id": ANNA.0, "to_id": PIOTR.0, "seen": "x" })),
        ("/handovers/1/return", json!({})),
        ("/me/blocks", json!({ "pattern": "x.example" })),
        ("/notices/switch", json!({ "do": "stop", "reason": "x" })),
        ("/blocks", json!({ "pattern": "x.example" })),
        ("/blocks/remove", json!({ "pattern": "x.example" })),
    ] {
        for field in ["id", "by", "user", "version", "base", "state", "reason", "whose", "x"] {
            let mut body = body.clone();
            if !body[field].is_null() {
                continue;
            }
            body[field] = json!(1);
            assert_eq!(admin.post(path, body).await.code(), (422, "fields-invalid"), "{path} {field}");
        }
    }
    for place in ["id", "version", "author"] {
        let mut inner = rule("x");
        inner[place] = json!(1);
        let said = admin.post("/rules/check", json!({ "do": "add", "rule": inner })).await;
        assert_eq!(said.code(), (422, "fields-invalid"), "{place}");
    }
    assert_eq!(ACME.0, 1);
}

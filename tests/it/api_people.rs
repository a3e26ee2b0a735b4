//! What programs of admins do with teams, leavers, mailboxes and the audit, and what everybody does with requests for
//! consent; who may not, and what cannot be.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::api::{door, mail, program};
use crate::support::desk::{ACME, ADAM, ANNA, Desk, KAMIL, NOW, OLA, PIOTR, PUMPS, on_both};
use serde_json::{Value as Json, json};
use standin::model::api::ApiScope;

on_both! {
    a_team_is_made_once_and_changed_in_the_state_that_was_seen
    somebody_leaves_as_it_was_shown_and_comes_back
    what_somebody_sees_is_counted_and_the_audit_is_read_in_pages
    a_mailbox_is_read_at_once_by_its_owner_and_paused_by_an_admin
    requests_for_consent_are_decided_by_whom_they_are_put_to
    what_makes_something_makes_it_once_for_one_key
}

async fn a_team_is_made_once_and_changed_in_the_state_that_was_seen(desk: &Desk) {
    let door = door(desk);
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let key = [("idempotency-key", "t")];
    let made = admin.send("POST", "/api/v1/teams", &key, r#"{"name": "Exports"}"#).await.fine();
    let again = admin.send("POST", "/api/v1/teams", &key, r#"{"name": "Exports"}"#).await.fine();
    assert_eq!((made.status, &made.body["id"]), (201, &again.body["id"]));
    assert_eq!(admin.post("/teams", json!({ "name": "exports" })).await.fields(), ["name"]);
    let place = made.header("location").trim_start_matches("/api/v1").to_owned();
    let change = json!({ "name": "Export", "member_ids": [ANNA.0, PIOTR.0], "fallback_id": PIOTR.0 });
    assert_eq!(
        admin.send("PATCH", made.header("location"), &[], &change.to_string()).await.code(),
        (428, "precondition-required")
    );
    let changed = admin.patch(&place, made.tag(), change).await.fine();
    assert_eq!(
        (&changed.body["name"], &changed.body["fallback"]["id"], changed.body["members"].as_array().unwrap().len()),
        (&json!("Export"), &json!(PIOTR.0), 2)
    );
    let late = admin.patch(&place, made.tag(), json!({ "name": "x" })).await;
    assert_eq!(late.code(), (412, "precondition-failed"));
    let less = admin.patch(&place, changed.tag(), json!({ "member_ids": [ANNA.0], "fallback_id": null })).await.fine();
    assert_eq!((&less.body["fallback"], less.body["members"].as_array().unwrap().len()), (&Json::Null, 1));
    // Nobody puts themselves where they would gain sight.
    let own = admin.patch(&place, less.tag(), json!({ "member_ids": [ADAM.0] })).await;
    assert_eq!(own.code(), (403, "right-missing"));
    assert_eq!(admin.patch(&place, less.tag(), json!({ "member_ids": [424_242] })).await.fields(), ["member_ids"]);
    assert_eq!(admin.get("/teams/424242").await.code(), (404, "not-found"));
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    assert_eq!(anna.get("/teams").await.code(), (403, "scope-insufficient"));
}

async fn somebody_leaves_as_it_was_shown_and_comes_back(desk: &Desk) {
    let door = door(desk);
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let path = format!("/users/{ANNA}/leave");
    let wanted = json!({ "to_id": PIOTR.0, "reason": "gone" });
    let shown = admin.post(&path, wanted.clone()).await.fine().body;
    assert_eq!((&shown["done"], &shown["given"][0]["user"]["id"]), (&json!(false), &json!(PIOTR.0)), "{shown}");
    assert_eq!(desk.owner(ACME).await, ANNA, "only looked at");
    let mut other = wanted.clone();
    other["seen"] = json!("x");
    assert_eq!(admin.post(&path, other).await.code(), (409, "conflict"));
    let mut seen = wanted;
    seen["seen"] = shown["fingerprint"].clone();
    let done = admin.post(&path, seen.clone()).await.fine().body;
    assert_eq!((&done["done"], &done["given"], desk.owner(ACME).await), (&json!(true), &shown["given"], PIOTR));
    assert_eq!(admin.post(&path, seen).await.code(), (409, "conflict"), "they are gone");
    let back = format!("/api/v1/users/{ANNA}/activate");
    assert_eq!(admin.send("POST", &back, &[], "").await.status, 204);
    assert_eq!(admin.send("POST", &back, &[], "").await.code(), (409, "conflict"));
    // Not oneself, and not to somebody who cannot.
    let own = admin.post(&format!("/users/{ADAM}/leave"), json!({ "to_id": PIOTR.0 })).await;
    assert_eq!(own.code(), (403, "right-missing"));
    assert_eq!(admin.post(&path, json!({ "to_id": ANNA.0 })).await.fields(), ["to_id"]);
    assert_eq!(admin.post("/users/424242/leave", json!({})).await.code(), (404, "not-found"));
}

async fn what_somebody_sees_is_counted_and_the_audit_is_read_in_pages(desk: &Desk) {
    let door = door(desk);
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let sees = admin.get(&format!("/users/{ANNA}/sees")).await.fine().body;
    let accounts = sees["items"].as_array().unwrap().iter().find(|one| one["kind"] == "account").unwrap();
    assert_eq!((&accounts["records"], &accounts["paths"][0]["path"]), (&json!(1), &json!("owner")));
    assert_eq!(admin.get("/users/424242/sees").await.code(), (404, "not-found"));
    admin.get(&format!("/users/{KAMIL}/sees")).await.fine();
    let asked = admin.get("/audit?action=access-asked").await.fine().body;
    let lines = asked["items"].as_array().unwrap();
    assert_eq!((lines.len(), &lines[0]["subject_id"], &lines[0]["user"]["id"]), (2, &json!(KAMIL.0), &json!(ADAM.0)));
    assert_eq!(lines[0]["detail"]["question"], "sees");
    let first = admin.get("/audit?limit=1&action=access-asked").await.fine().body;
    let next = first["next"].as_str().unwrap();
    let second = admin.get(&format!("/audit?limit=1&action=access-asked&cursor={next}")).await.fine().body;
    assert_eq!((&second["items"][0]["subject_id"], &second["next"]), (&json!(ANNA.0), &Json::Null));
    assert_eq!(admin.get(&format!("/audit?actor={KAMIL}")).await.fine().body["items"], json!([]));
    for wrong in ["action=x", "cursor=x", "from=yesterday", "limit=0"] {
        assert_eq!(admin.get(&format!("/audit?{wrong}")).await.code(), (400, "query-invalid"), "{wrong}");
    }
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    assert_eq!(anna.get("/audit").await.code(), (403, "scope-insufficient"));
}

async fn a_mailbox_is_read_at_once_by_its_owner_and_paused_by_an_admin(desk: &Desk) {
    let mut tx = desk.write().await;
    let row = standin::store::mailboxes::ensure(&mut tx, "anna", Some(ANNA), "anna@firma.pl", NOW).await.unwrap();
    tx.commit().await.unwrap();
    let door = door(desk);
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let listed = admin.get("/mailboxes/standing").await.fine().body;
    let one = listed["items"].as_array().unwrap().iter().find(|one| one["id"] == row.id.0).unwrap();
    assert_eq!((&one["user"]["id"], &one["read"]), (&json!(ANNA.0), &json!(true)), "{one}");
    let sync = format!("/api/v1/mailboxes/{}/sync", row.id);
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    assert_eq!(kamil.send("POST", &sync, &[], "").await.code(), (404, "not-found"));
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    assert_eq!(anna.send("POST", &sync, &[], "").await.status, 202);
    assert_eq!(anna.send("POST", &sync, &[], "").await.code(), (409, "conflict"), "a moment ago");
    let step = format!("/mailboxes/{}/step", row.id);
    assert_eq!(anna.post(&step, json!({ "do": "pause" })).await.code(), (403, "scope-insufficient"));
    assert_eq!(admin.post(&step, json!({ "do": "pause" })).await.status, 204);
    assert_eq!(admin.post(&step, json!({ "do": "pause" })).await.code(), (409, "conflict"));
    assert_eq!(admin.post(&step, json!({ "do": "resume" })).await.status, 204);
    assert_eq!(admin.post(&step, json!({ "do": "history", "days": 0 })).await.fields(), ["days"]);
    assert_eq!(admin.post("/mailboxes/424242/step", json!({ "do": "pause" })).await.code(), (404, "not-found"));
}

async fn requests_for_consent_are_decided_by_whom_they_are_put_to(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let ola = program(desk, &door, OLA, ApiScope::Write).await;
    assert_eq!(anna.get("/consents").await.fine().body["items"], json!([]));
    // Kamil claims an address that stands on a contact of Anna's.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let contact = anna.get("/contacts").await.fine().body["items"][0].clone();
    let address = contact["emails"][0].as_str().map_or_else(|| "jan@x.example".to_owned(), str::to_owned);
    kamil.post("/contacts", json!({ "name": "Jan", "emails": [address] })).await.fine();
    let asked = anna.get("/consents").await.fine().body;
    if let Some(one) = asked["items"].as_array().unwrap().first() {
        assert_eq!((&one["state"], &one["asked_by"]["id"]), (&json!("open"), &json!(KAMIL.0)));
        let path = format!("/consents/{}/decision", one["id"]);
        assert_eq!(ola.post(&path, json!({ "choose": "give" })).await.code(), (404, "not-found"));
        assert_eq!(anna.post(&path, json!({ "choose": "refuse" })).await.status, 204);
        assert_eq!(anna.post(&path, json!({ "choose": "refuse" })).await.code(), (409, "conflict"));
        assert_eq!(anna.get("/consents").await.fine().body["items"][0]["state"], "refused");
    }
    assert_eq!(anna.post("/consents/424242/decision", json!({ "choose": "give" })).await.code(), (404, "not-found"));
}

async fn what_makes_something_makes_it_once_for_one_key(desk: &Desk) {
    let door = door(desk);
    mail(desk, 1, PUMPS).await;
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let bulk = json!({ "record_ids": [ACME.0], "assign": { "to_id": PIOTR.0 } }).to_string();
    let then = json!({ "private": true });
    let offers =
        json!({ "name": "Offers", "state": "on", "all": [{ "field": "subject", "contains": "offer" }], "then": then });
    let rule = json!({ "do": "add", "rule": offers }).to_string();
    for (who, path, body, status) in [
        (&anna, "/api/v1/messages/1/corrections", r#"{"say": "confidential"}"#, 201),
        (&anna, "/api/v1/bulk", bulk.as_str(), 201),
        (&admin, "/api/v1/rules/trials", rule.as_str(), 202),
    ] {
        let key = [("idempotency-key", path)];
        let made = who.send("POST", path, &key, body).await.fine();
        let again = who.send("POST", path, &key, body).await.fine();
        assert_eq!((made.status, again.status, &made.body["id"]), (status, status, &again.body["id"]), "{path}");
        assert!(made.body["id"].is_i64(), "{path} {:?}", made.body);
        let other = who.send("POST", path, &key, &format!("{body} ")).await;
        assert_eq!(other.code(), (422, "idempotency-key-reused"), "{path}");
        let bad = who.send("POST", path, &[("idempotency-key", " ")], body).await;
        assert_eq!(bad.code(), (400, "header-invalid"), "{path}");
    }
}

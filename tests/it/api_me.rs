//! What a program sets for the owner of its token: language and zone, what they are told by mail, filing from their mail
//! program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::api::program;
use crate::sign_in_pages::Door;
use crate::support::desk::{ACME, ADAM, ANNA, Desk, JAN, KAMIL, NOW, PIOTR, PUMPS, on_both};
use serde_json::{Value, json};
use standin::model::api::ApiScope;
use standin::store::mailboxes;

on_both! {
    language_and_zone_are_set_one_by_one
    wishes_are_set_whole_and_name_what_the_owner_sees
    filing_is_switched_and_its_addresses_are_for_tokens_that_write
}

fn door(desk: &Desk) -> Door {
    Door::of(desk, |config| {
        config.api.requests_per_minute = 0;
        config.filing.dropbox = "copies@firma.pl".into();
    })
}

async fn language_and_zone_are_set_one_by_one(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let set = |body: Value| anna.patch("/me", "", body);
    assert_eq!(set(json!({ "language": "pl", "zone": "Europe/Warsaw" })).await.fine().status, 200);
    let zone = set(json!({ "zone": "America/New_York" })).await.fine().body;
    assert_eq!(zone, json!({ "language": "pl", "zone": "America/New_York" }));
    let me = anna.get("/me").await.fine().body;
    assert_eq!((&me["language"], &me["zone"]), (&json!("pl"), &json!("America/New_York")));
    assert_eq!(set(json!({ "language": "de" })).await.fields(), ["language"]);
    assert_eq!(set(json!({ "zone": "Warsaw" })).await.fields(), ["zone"]);
    assert_eq!(set(json!({ "role": "admin" })).await.code(), (422, "fields-invalid"));
    assert_eq!(anna.get("/me").await.fine().body["zone"], "America/New_York", "what is refused changes nothing");
    let reads = program(desk, &door, ANNA, ApiScope::Read).await;
    assert_eq!(reads.patch("/me", "", json!({ "language": "en" })).await.code(), (403, "scope-insufficient"));
}

async fn wishes_are_set_whole_and_name_what_the_owner_sees(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let none = json!({ "digest": null, "covers": false, "urgent_a_day": 5, "urgent": [] });
    assert_eq!(anna.get("/me/wishes").await.fine().body, none);
    let condition =
        json!({ "contact_id": JAN.0, "account_id": ACME.0, "class": "A", "words": ["pilne"], "waiting_hours": 4 });
    let wanted = json!({ "digest": "07:30", "covers": true, "urgent_a_day": 9, "urgent": [condition] });
    assert_eq!(anna.put("/me/wishes", wanted.clone()).await.fine().body, wanted);
    assert_eq!(anna.get("/me/wishes").await.fine().body, wanted);
    // The same twice is one.
    let mut twice = wanted.clone();
    twice["urgent"] = json!([condition, condition]);
    assert_eq!(anna.put("/me/wishes", twice).await.fine().body, wanted);

    let wrong = |field: &str, value: Value| {
        let mut body = wanted.clone();
        body[field] = value;
        anna.put("/me/wishes", body)
    };
    for digest in ["7", "24:00", "off", ""] {
        assert_eq!(wrong("digest", json!(digest)).await.fields(), ["digest"], "{digest}");
    }
    for limit in [0, 51] {
        assert_eq!(wrong("urgent_a_day", json!(limit)).await.fields(), ["urgent_a_day"], "{limit}");
    }
    let one = |urgent: Value| wrong("urgent", json!([urgent]));
    for condition in [
        json!({}),
        json!({ "words": [" "] }),
        json!({ "class": "E" }),
        json!({ "waiting_hours": 0 }),
        json!({ "waiting_hours": 169 }),
        json!({ "words": ["x".repeat(61)] }),
        json!({ "contact_id": ACME.0 }),
        json!({ "account_id": JAN.0 }),
        json!({ "contact_id": 4242 }),
    ] {
        assert_eq!(one(condition.clone()).await.fields(), ["urgent"], "{condition}");
    }
    assert_eq!(wrong("urgent", (1..30).map(|n| json!({ "waiting_hours": n })).collect()).await.fields(), ["urgent"]);
    assert_eq!(wrong("since", json!(1)).await.code(), (422, "fields-invalid"));
    assert_eq!(anna.get("/me/wishes").await.fine().body, wanted, "what is refused changes nothing");

    // What Kamil does not see is for him as what is not there.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let ask = |id: i64| {
        let body = json!({ "digest": null, "covers": false, "urgent_a_day": 5, "urgent": [{ "contact_id": id }] });
        kamil.put("/me/wishes", body)
    };
    let (hidden, absent) = (ask(JAN.0).await, ask(4242).await);
    assert_eq!(hidden.code(), (422, "fields-invalid"));
    let text = |said: &crate::api::Said, id: i64| said.body["errors"].to_string().replace(&id.to_string(), "N");
    assert_eq!(text(&hidden, JAN.0), text(&absent, 4242));
    assert_eq!(kamil.get("/me/wishes").await.fine().body, none);
    let reads = program(desk, &door, ANNA, ApiScope::Read).await;
    assert_eq!(reads.put("/me/wishes", wanted).await.code(), (403, "scope-insufficient"));
}

async fn filing_is_switched_and_its_addresses_are_for_tokens_that_write(desk: &Desk) {
    let mut tx = desk.write().await;
    mailboxes::ensure(&mut tx, "anna", Some(ANNA), "anna@firma.pl", NOW).await.unwrap();
    tx.commit().await.unwrap();
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let before = anna.get("/me/filing").await.fine().body;
    assert_eq!(before["mailboxes"][0]["mailbox"], "anna");
    assert_eq!((&before["mailboxes"][0]["on"], &before["secret_address"]), (&json!(false), &json!(null)));

    let switch = |on: bool| anna.post("/me/filing/folders", json!({ "mailbox": "anna", "on": on }));
    assert_eq!(switch(true).await.fine().status, 204);
    assert_eq!(switch(true).await.code(), (422, "declined"));
    assert_eq!(anna.get("/me/filing").await.fine().body["mailboxes"][0]["on"], true);
    let secret = anna.post("/me/filing/secret", json!({})).await.fine().body["secret_address"].clone();
    assert!(secret.as_str().unwrap().starts_with("copies+"), "{secret}");
    assert_eq!(anna.get("/me/filing").await.fine().body["secret_address"], secret);
    assert_ne!(anna.post("/me/filing/secret", json!({})).await.fine().body["secret_address"], secret);

    let place = format!("/records/{PUMPS}/filing");
    let addresses = anna.get(&place).await.fine().body;
    assert!(addresses["signed"].as_str().unwrap().starts_with("anna"), "{addresses}");
    assert!(addresses["secret"].as_str().unwrap().starts_with("copies+"), "{addresses}");
    assert_eq!(anna.post(&format!("{place}/folder"), json!({})).await.fine().status, 204);

    // Of somebody else's mailbox and records nothing is told, also to an admin, who names every record.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    for other in [&kamil, &admin] {
        for path in [place.as_str(), "/records/4242/filing"] {
            assert_eq!(other.get(path).await.code(), (404, "not-found"), "{path}");
            assert_eq!(other.post(&format!("{path}/folder"), json!({})).await.code(), (404, "not-found"), "{path}");
        }
        for mailbox in ["anna", "nobody's"] {
            let said = other.post("/me/filing/folders", json!({ "mailbox": mailbox, "on": false })).await;
            assert_eq!(said.fields(), ["mailbox"]);
        }
    }
    // Who may file may not read by that alone, and the other way round.
    let reads = program(desk, &door, ANNA, ApiScope::Read).await;
    for path in ["/me/filing", place.as_str()] {
        assert_eq!(reads.get(path).await.code(), (403, "scope-insufficient"), "{path}");
    }
    let piotr = program(desk, &door, PIOTR, ApiScope::Write).await;
    assert_eq!(piotr.get("/me/filing").await.fine().body["mailboxes"], json!([]));
}

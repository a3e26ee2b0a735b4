//! What programs do with records as whole things: giving them away, sharing them, merging, deleting, many at once;
//! and that nobody does by a program what they could not do on a page.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::api::{Program, door, mail, program};
use crate::support::desk::{
    ACME, ADAM, ANNA, BETA, Desk, JAN, KAMIL, LEAD, MARIA, OLA, PIOTR, PUMPS, SECRET, VALVES, on_both,
};
use serde_json::{Value as Json, json};
use standin::model::api::ApiScope;
use standin::model::id::RecordId;

on_both! {
    a_record_is_given_away_and_comes_back_after_its_step
    who_sees_a_record_is_told_to_who_may_share_it
    sharing_gives_no_more_than_one_has
    two_records_become_one_and_two_again
    a_record_is_deleted_after_a_look_and_comes_back
    many_records_change_as_they_were_shown
    what_is_always_said_of_a_sender_reaches_ones_own_mail
    nobody_sets_more_than_the_body_names
}

async fn post(program: &Program<'_>, path: &str) -> crate::api::Said {
    program.send("POST", &format!("/api/v1{path}"), &[], "").await
}

async fn a_record_is_given_away_and_comes_back_after_its_step(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let piotr = program(desk, &door, PIOTR, ApiScope::Write).await;
    let pumps = format!("/records/{PUMPS}");
    let task = json!({ "record_id": PUMPS.0, "kind": "task", "subject": "Call" });
    anna.post("/activities", task).await.fine();
    let given =
        anna.post(&format!("{pumps}/assign"), json!({ "to_id": PIOTR.0, "step": true, "reason": "price" })).await;
    let given = given.fine().body;
    assert_eq!((&given["owner"]["id"], &given["activities"]), (&json!(PIOTR.0), &json!(1)));
    // Who gave it away for a step goes on reading it.
    assert_eq!(anna.get(&pumps).await.fine().body["owner"]["id"], PIOTR.0);
    let again = anna.post(&format!("{pumps}/assign"), json!({ "to_id": KAMIL.0 })).await;
    assert_eq!(again.code(), (403, "right-missing"));
    let history = piotr.get(&format!("{pumps}/owners")).await.fine().body;
    let first = &history["items"][0];
    assert_eq!(
        (&first["how"], &first["reason"], &first["by"]["id"]),
        (&json!("step"), &json!("price"), &json!(ANNA.0))
    );
    let same = piotr.post(&format!("{pumps}/assign"), json!({ "to_id": PIOTR.0 })).await;
    assert_eq!(same.code(), (422, "declined"));
    let back = piotr.post(&format!("{pumps}/step"), json!({ "do": "back" })).await.fine();
    assert_eq!((back.status, desk.owner(PUMPS).await), (204, ANNA));
    assert_eq!(piotr.get(&pumps).await.code(), (404, "not-found"));
    assert_eq!(anna.post(&format!("{pumps}/step"), json!({ "do": "back" })).await.code(), (422, "declined"));
    // Maria is the line manager of both: she assigns and closes.
    let maria = program(desk, &door, MARIA, ApiScope::Write).await;
    maria.post(&format!("{pumps}/assign"), json!({ "to_id": PIOTR.0, "step": true })).await.fine();
    maria.post(&format!("{pumps}/step"), json!({ "do": "close" })).await.fine();
    assert_eq!(anna.get(&pumps).await.code(), (404, "not-found"));
    // To nobody, and for no right: as if there were none.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    for path in [pumps.clone(), "/records/424242".to_owned()] {
        for (what, body) in [("assign", json!({ "to_id": KAMIL.0 })), ("step", json!({ "do": "back" }))] {
            assert_eq!(kamil.post(&format!("{path}/{what}"), body).await.code(), (404, "not-found"), "{path} {what}");
        }
        assert_eq!(kamil.get(&format!("{path}/owners")).await.code(), (404, "not-found"));
    }
    let nobody = anna.post(&format!("/records/{LEAD}/assign"), json!({ "to_id": 99 })).await;
    assert_eq!(nobody.fields(), ["to_id"]);
    desk.run("update users set active = false where login = 'ola'").await;
    let gone = anna.post(&format!("/records/{LEAD}/assign"), json!({ "to_id": OLA.0 })).await;
    assert_eq!(gone.fields(), ["to_id"]);
    let long =
        anna.post(&format!("/records/{LEAD}/assign"), json!({ "to_id": PIOTR.0, "reason": "x".repeat(501) })).await;
    assert_eq!(long.fields(), ["reason"]);
    let reader = program(desk, &door, ANNA, ApiScope::Read).await;
    let small = reader.post(&format!("/records/{LEAD}/assign"), json!({ "to_id": PIOTR.0 })).await;
    assert_eq!(small.code(), (403, "scope-insufficient"));
}

fn people(body: &Json) -> Vec<i64> {
    let mut all: Vec<i64> =
        body["people"].as_array().unwrap().iter().map(|one| one["user"]["id"].as_i64().unwrap()).collect();
    all.sort_unstable();
    all
}

async fn who_sees_a_record_is_told_to_who_may_share_it(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let access = anna.get(&format!("/records/{PUMPS}/access")).await.fine().body;
    assert_eq!(people(&access), [ANNA.0, MARIA.0, ADAM.0]);
    let secret = anna.get(&format!("/records/{SECRET}/access")).await.fine().body;
    assert!(!people(&secret).contains(&MARIA.0));
    // A substitute reads it, and is not told who else does; nor is who sees nothing of it.
    desk.away(ANNA, Some(PIOTR)).await;
    let piotr = program(desk, &door, PIOTR, ApiScope::Read).await;
    let kamil = program(desk, &door, KAMIL, ApiScope::Read).await;
    for asker in [&piotr, &kamil] {
        assert_eq!(asker.get(&format!("/records/{PUMPS}/access")).await.code(), (404, "not-found"));
        assert_eq!(asker.get("/records/424242/access").await.code(), (404, "not-found"));
    }
    // An admin's token without that scope is one of somebody like others.
    let small = program(desk, &door, ADAM, ApiScope::Write).await;
    assert_eq!(small.get(&format!("/records/{PUMPS}/access")).await.code(), (404, "not-found"));
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let told = admin.get(&format!("/records/{SECRET}/access")).await.fine();
    assert!(!told.body.to_string().contains("merger"), "who may see it, not what it is called");
    let asked = desk.audit().await.into_iter().filter(|line| line.0 == "access-asked").count();
    assert_eq!(asked, 1, "an owner's question about their own record is no news");
}

async fn sharing_gives_no_more_than_one_has(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let shares = format!("/records/{PUMPS}/shares");
    let body = json!({ "user_id": KAMIL.0, "share": true, "until": "2026-11-30T00:00:00Z", "reason": "the tender" });
    assert_eq!(kamil.post(&shares, body.clone()).await.code(), (404, "not-found"));
    let given = anna.post(&shares, body).await.fine().body;
    assert_eq!((&given["rights"], &given["user"]["id"]), (&json!(["read", "share"]), &json!(KAMIL.0)));
    assert!(desk.reads(KAMIL, PUMPS).await);
    // He lacks the right to write, gives nothing beyond his own end, and nothing to himself.
    for body in [
        json!({ "user_id": OLA.0, "write": true, "until": "2026-11-29T00:00:00Z" }),
        json!({ "user_id": OLA.0 }),
        json!({ "user_id": KAMIL.0, "until": "2026-11-29T00:00:00Z" }),
    ] {
        assert_eq!(kamil.post(&shares, body.clone()).await.code(), (403, "right-missing"), "{body}");
    }
    kamil.post(&shares, json!({ "user_id": OLA.0, "until": "2026-11-29T00:00:00Z" })).await.fine();
    let access = anna.get(&format!("/records/{PUMPS}/access")).await.fine().body;
    let listed: Vec<_> = access["shares"].as_array().unwrap().iter().map(|s| s["user"]["id"].clone()).collect();
    assert_eq!(listed, [json!(KAMIL.0), json!(OLA.0)]);
    let revoke = format!("{shares}/revoke");
    assert_eq!(kamil.post(&revoke, json!({ "user_id": KAMIL.0 })).await.code(), (403, "right-missing"));
    anna.post(&revoke, json!({ "user_id": KAMIL.0 })).await.fine();
    assert_eq!(anna.post(&revoke, json!({ "user_id": KAMIL.0 })).await.code(), (422, "declined"));
    assert!(!desk.reads(KAMIL, PUMPS).await && desk.reads(OLA, PUMPS).await);
    assert_eq!(kamil.post(&revoke, json!({ "user_id": OLA.0 })).await.code(), (404, "not-found"));
    // What cannot be meant.
    for (body, field) in [
        (json!({}), "user_id"),
        (json!({ "user_id": 2, "team_id": 1 }), "user_id"),
        (json!({ "user_id": 99 }), "user_id"),
        (json!({ "team_id": 99 }), "team_id"),
        (json!({ "user_id": 2, "until": "soon" }), "until"),
    ] {
        assert_eq!(anna.post(&shares, body).await.fields(), [field]);
    }
    assert_eq!(anna.post(&shares, json!({ "user_id": ANNA.0 })).await.code(), (403, "right-missing"));
    let past = anna.post(&shares, json!({ "user_id": OLA.0, "until": "2020-01-01T00:00:00Z" })).await;
    assert_eq!(past.code(), (422, "declined"));
}

async fn two_records_become_one_and_two_again(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let twin =
        anna.post("/leads", json!({ "name": "Zenon again", "city": "Hel" })).await.fine().body["id"].as_i64().unwrap();
    let path = format!("/records/{LEAD}/merge");
    let tried = anna.post(&path, json!({ "other_id": twin, "dry_run": true })).await.fine().body;
    assert_eq!((&tried["done"], &tried["gone_id"]), (&json!(false), &json!(twin)));
    assert_eq!(anna.get(&format!("/records/{twin}")).await.fine().body["name"], "Zenon again", "a look leaves nothing");
    let done = anna.post(&path, json!({ "other_id": twin, "reason": "the same man" })).await.fine().body;
    assert_eq!(done["done"], true);
    assert_eq!(anna.get(&format!("/records/{twin}")).await.status, 404);
    assert_eq!(anna.get(&format!("/records/{LEAD}")).await.fine().body["city"], "Hel");
    // Of others nothing shows: neither the one nor the other.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    for path in [path.clone(), "/records/424242/merge".to_owned()] {
        assert_eq!(kamil.post(&path, json!({ "other_id": BETA.0 })).await.code(), (404, "not-found"));
    }
    for other in [BETA.0, 424_242] {
        let said = anna.post(&format!("/records/{ACME}/merge"), json!({ "other_id": other })).await;
        assert_eq!(said.fields(), ["other_id"]);
    }
    assert_eq!(anna.post(&path, json!({ "other_id": LEAD.0 })).await.fields(), ["other_id"]);
    assert_eq!(anna.post(&path, json!({ "other_id": ACME.0 })).await.fields(), ["other_id"]);
    assert_eq!(post(&kamil, &format!("/records/{twin}/unmerge")).await.code(), (404, "not-found"));
    assert_eq!(post(&anna, &format!("/records/{twin}/unmerge")).await.fine().status, 204);
    assert_eq!(anna.get(&format!("/records/{twin}")).await.fine().body["name"], "Zenon again");
    assert_eq!(post(&anna, &format!("/records/{twin}/unmerge")).await.code(), (404, "not-found"));
    // Who stands in may not: it would show each record to the readers of the other.
    desk.away(ANNA, Some(PIOTR)).await;
    let piotr = program(desk, &door, PIOTR, ApiScope::Write).await;
    let said = piotr.post(&path, json!({ "other_id": twin, "dry_run": true })).await;
    assert_eq!(said.code(), (403, "right-missing"));
}

async fn a_record_is_deleted_after_a_look_and_comes_back(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let delete = format!("/records/{ACME}/delete");
    let tried = anna.post(&delete, json!({ "dry_run": true })).await.fine().body;
    assert_eq!((&tried["done"], &tried["contacts"], &tried["opportunities"]), (&json!(false), &json!(1), &json!(2)));
    assert!(desk.reads(ANNA, ACME).await);
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    for path in [delete.as_str(), "/records/424242/delete"] {
        assert_eq!(kamil.post(path, json!({})).await.code(), (404, "not-found"));
    }
    assert_eq!(anna.post(&delete, json!({ "reason": "x".repeat(501) })).await.fields(), ["reason"]);
    assert_eq!(anna.post(&delete, json!({ "reason": "a test" })).await.fine().body["done"], true);
    assert_eq!(anna.get(&format!("/records/{ACME}")).await.status, 404);
    let restore = format!("/records/{ACME}/restore");
    assert_eq!(post(&kamil, &restore).await.code(), (404, "not-found"));
    assert_eq!(post(&anna, &restore).await.fine().status, 204);
    assert_eq!(post(&anna, &restore).await.code(), (404, "not-found"), "it is not gone");
    anna.get(&format!("/records/{ACME}")).await.fine();
}

async fn many_records_change_as_they_were_shown(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let all = json!({ "record_ids": [PUMPS.0, LEAD.0, BETA.0, 424_242], "assign": { "to_id": PIOTR.0 } });
    let shown = anna.post("/bulk", all).await.fine();
    let id = shown.body["id"].as_i64().unwrap();
    assert_eq!(shown.header("location"), format!("/api/v1/bulk/{id}"));
    assert_eq!((&shown.body["count"], &shown.body["done"]), (&json!(2), &json!(false)));
    let left: Vec<_> =
        shown.body["left_out"].as_array().unwrap().iter().map(|l| (l["name"].clone(), l["why"].clone())).collect();
    assert_eq!((left.len(), &left[0]), (2, &left[1]), "hidden and absent are told alike: {left:?}");
    let gains: Vec<_> = shown.body["gain"].as_array().unwrap().iter().map(|s| s["user"]["id"].clone()).collect();
    assert_eq!(gains, [json!(PIOTR.0)]);
    // One of them goes elsewhere meanwhile: it is left alone.
    anna.post(&format!("/records/{LEAD}/assign"), json!({ "to_id": OLA.0 })).await.fine();
    // It is hers alone.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    assert_eq!(kamil.get(&format!("/bulk/{id}")).await.code(), (404, "not-found"));
    assert_eq!(post(&kamil, &format!("/bulk/{id}/run")).await.code(), (404, "not-found"));
    let done = post(&anna, &format!("/bulk/{id}/run")).await.fine().body;
    assert_eq!((&done["done"], &done["count"]), (&json!(true), &json!(1)));
    assert_eq!((desk.owner(PUMPS).await, desk.owner(LEAD).await), (PIOTR, OLA));
    let again = post(&anna, &format!("/bulk/{id}/run")).await.fine().body;
    assert_eq!(again["count"], 1, "once, and told again");
    // By what they are; never by an account that is not hers to name.
    let mine = json!({ "matching": { "kind": "opportunity", "owner_id": ANNA.0 }, "assign": { "to_id": PIOTR.0 } });
    assert_eq!(anna.post("/bulk", mine).await.fine().body["record_ids"], json!([SECRET.0]));
    for account in [ACME.0, 424_242] {
        let body = json!({ "matching": { "account_id": account }, "assign": { "to_id": PIOTR.0 } });
        assert_eq!(kamil.post("/bulk", body).await.code(), (422, "declined"), "{VALVES} is his, and tells nothing");
    }
    // Managers by role.
    let body = json!({ "record_ids": [ACME.0, JAN.0], "append_manager": { "user_id": KAMIL.0, "role": "service" } });
    let shown = anna.post("/bulk", body).await.fine().body;
    assert_eq!((&shown["what"], &shown["count"]), (&json!("append-manager"), &json!(1)));
    post(&anna, &format!("/bulk/{}/run", shown["id"])).await.fine();
    assert!(desk.reads(KAMIL, ACME).await);
    for (body, field) in [
        (json!({ "record_ids": [1] }), "assign"),
        (json!({ "assign": { "to_id": 2 } }), "record_ids"),
        (json!({ "record_ids": [1], "matching": {}, "assign": { "to_id": 2 } }), "record_ids"),
        (json!({ "record_ids": [1], "assign": { "to_id": 99 } }), "to_id"),
        (json!({ "record_ids": [1], "append_manager": { "user_id": 2, "role": " " } }), "role"),
    ] {
        assert_eq!(anna.post("/bulk", body).await.fields(), [field]);
    }
    assert_eq!(
        anna.post("/bulk", json!({ "record_ids": [], "assign": { "to_id": 2 } })).await.code(),
        (422, "declined")
    );
}

async fn what_is_always_said_of_a_sender_reaches_ones_own_mail(desk: &Desk) {
    let door = door(desk);
    mail(desk, 1, PUMPS).await;
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let always = json!({ "say": "always", "record_id": LEAD.0 });
    assert_eq!(kamil.post("/messages/1/corrections", always.clone()).await.code(), (404, "not-found"));
    for record in [BETA.0, 424_242] {
        let said = anna.post("/messages/1/corrections", json!({ "say": "always", "record_id": record })).await;
        assert_eq!(said.fields(), ["record_id"]);
    }
    let said = anna.post("/messages/1/corrections", always).await.fine();
    assert_eq!(said.status, 201);
    let domain = json!({ "say": "always", "record_id": LEAD.0, "domain": true });
    anna.post("/messages/1/corrections", domain).await.fine();
    let rows: Vec<(String, Option<String>)> = desk.rows("select scope, address from corrections order by id").await;
    assert_eq!(rows.len(), 2, "{rows:?}");
}

async fn nobody_sets_more_than_the_body_names(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let before = desk.owner(PUMPS).await;
    for (path, body) in [
        (format!("/records/{PUMPS}/assign"), json!({ "to_id": PIOTR.0 })),
        (format!("/records/{PUMPS}/step"), json!({ "do": "close" })),
        (format!("/records/{PUMPS}/shares"), json!({ "user_id": KAMIL.0 })),
        (format!("/records/{PUMPS}/shares/revoke"), json!({ "user_id": KAMIL.0 })),
        (format!("/records/{ACME}/merge"), json!({ "other_id": BETA.0 })),
        (format!("/records/{LEAD}/delete"), json!({})),
        ("/bulk".to_owned(), json!({ "record_ids": [PUMPS.0], "assign": { "to_id": PIOTR.0 } })),
        ("/messages/1/corrections".to_owned(), json!({ "say": "always", "record_id": LEAD.0 })),
    ] {
        for field in ["id", "by", "owner_id", "on_behalf_of", "at", "rights", "assign_right", "named", "source", "x"] {
            let mut body = body.clone();
            body[field] = json!(1);
            assert_eq!(anna.post(&path, body).await.code(), (422, "fields-invalid"), "{path} {field}");
        }
    }
    let nested = json!({ "record_ids": [PUMPS.0], "assign": { "to_id": PIOTR.0, "how": "import" } });
    assert_eq!(anna.post("/bulk", nested).await.code(), (422, "fields-invalid"));
    assert_eq!((desk.owner(PUMPS).await, desk.reads(KAMIL, PUMPS).await), (before, false));
    let _: RecordId = PUMPS;
}

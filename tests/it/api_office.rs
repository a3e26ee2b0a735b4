//! What programs of admins and line managers do: notices of others, imports, what is stored of a person, trying and removing
//! mailboxes, what a dry run and a rule in shadow say; the brief and the report of an absence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::api::{Program, door, mail, program};
use crate::imports::work;
use crate::mailboxes_pages::of_file;
use crate::sign_in_pages::Door;
use crate::support::desk::{ADAM, ANNA, Desk, KAMIL, MARIA, NOW, PIOTR, PUMPS, on_both};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use standin::model::api::ApiScope;
use standin::store::mailboxes;

on_both! {
    notices_of_others_are_for_their_line_and_admins
    a_file_is_imported_as_its_dry_run_said
    what_is_stored_of_a_person_is_told_and_erased
    a_mailbox_is_tried_and_removed
    a_rule_in_shadow_tells_what_it_would_have_done
    brief_and_report_are_for_those_concerned
}

async fn notices_of_others_are_for_their_line_and_admins(desk: &Desk) {
    let door = door(desk);
    let maria = program(desk, &door, MARIA, ApiScope::Write).await;
    let text = json!({ "for": "external", "language": "en", "text": "Away. {substitute} answers." });
    let place = |what: &str| format!("/users/{ANNA}/{what}");
    assert_eq!(maria.put(&place("notice-texts"), text.clone()).await.fine().status, 204);
    let kept = maria.get(&place("notice-texts")).await.fine().body["items"][0].clone();
    assert_eq!((&kept["text"], &kept["by"]["id"]), (&text["text"], &json!(MARIA.0)));
    let author = json!({ "from": "anna@firma.pl", "name": "Anna of Sales", "reply_to": "substitute" });
    assert_eq!(maria.put(&place("notice-author"), author.clone()).await.fine().body, author);
    assert_eq!(maria.get(&place("notices")).await.fine().body["items"], json!([]));
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    assert_eq!(anna.get("/me/notice-author").await.fine().body, author);
    assert_eq!(anna.get("/me/notice-texts").await.fine().body["items"][0]["text"], text["text"]);
    for (field, value) in
        [("from", "kamil@firma.pl"), ("name", "two\nlines"), ("reply_to", "jan@acme.example"), ("reply_to", "nobody")]
    {
        let mut wrong = author.clone();
        wrong[field] = json!(value);
        assert_eq!(anna.put("/me/notice-author", wrong).await.fields(), [field], "{value}");
    }
    let usual = json!({ "from": null, "name": null, "reply_to": null });
    assert_eq!(anna.put("/me/notice-author", usual.clone()).await.fine().body, usual);
    // Whose business they are not is told as little as of nobody.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    for what in ["notices", "notice-texts", "notice-author"] {
        let (theirs, nobodys) = (kamil.get(&place(what)).await, kamil.get(&format!("/users/424242/{what}")).await);
        assert_eq!((theirs.code(), &theirs.body["detail"]), ((404, "not-found"), &nobodys.body["detail"]), "{what}");
        assert_eq!(nobodys.code(), (404, "not-found"));
    }
    assert_eq!(kamil.put(&place("notice-texts"), text.clone()).await.code(), (404, "not-found"));
    assert_eq!(kamil.put(&place("notice-author"), usual.clone()).await.code(), (404, "not-found"));
    // An admin whose token is not an admin's is somebody like others.
    let writer = program(desk, &door, ADAM, ApiScope::Write).await;
    assert_eq!(writer.put(&place("notice-author"), usual.clone()).await.code(), (404, "not-found"));
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    assert_eq!(admin.put(&place("notice-author"), author.clone()).await.fine().body, author);
    assert_eq!(admin.get("/users/424242/notice-author").await.code(), (404, "not-found"));
}

/// Asks for a step, has the worker do it, and gives the import.
async fn stepped(desk: &Desk, admin: &Program<'_>, place: &str, step: Json) -> Json {
    assert_eq!(admin.post(&format!("{place}/step"), step).await.fine().status, 202);
    work(desk).await;
    admin.get(place).await.fine().body
}

async fn a_file_is_imported_as_its_dry_run_said(desk: &Desk) {
    let door = door(desk);
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let file = "external_id;name;owner;Miasto;odd\nx1;Łabędź;anna;Łódź;1\nx2;;anna;;2\n";
    let given = json!({ "what": "account", "file_name": "C:\\firmy.csv", "content": STANDARD.encode(file) });
    let headers = [("idempotency-key", "firms-1")];
    let opened = admin.send("POST", "/api/v1/imports", &headers, &given.to_string()).await.fine();
    let again = admin.send("POST", "/api/v1/imports", &headers, &given.to_string()).await.fine();
    assert_eq!((opened.status, &opened.body["id"]), (201, &again.body["id"]), "asked again it is the same import");
    let place = opened.header("location").trim_start_matches("/api/v1").to_owned();
    assert_eq!((&opened.body["state"], &opened.body["file_name"]), (&json!("mapping"), &json!("firmy.csv")));
    let columns: Vec<Json> =
        opened.body["columns"].as_array().unwrap().iter().map(|column| column["column"].clone()).collect();
    assert_eq!((columns.len(), &columns[0], &columns[4]), (5, &json!("external_id"), &Json::Null));
    let read = |columns: Json| json!({ "do": "read", "columns": columns });
    let step = format!("{place}/step");
    assert_eq!(admin.post(&step, read(json!(["shoe_size"]))).await.fields(), ["columns"]);
    assert_eq!(admin.post(&step, read(json!(["name", "name"]))).await.fields(), ["columns"]);
    for (field, value) in [("charset", "klingon"), ("separator", "|")] {
        let mut wrong = read(json!(columns));
        wrong[field] = json!(value);
        assert_eq!(admin.post(&step, wrong).await.fields(), [field]);
    }
    let tried = stepped(desk, &admin, &place, read(json!(["external_id", "name", "owner", "city", null]))).await;
    assert_eq!((&tried["state"], &tried["created"]), (&json!("tried"), &json!(1)), "{tried}");
    assert_eq!((&tried["refused"][0]["row"], &tried["refused"][0]["column"]), (&json!(3), &json!("name")), "{tried}");
    let count = "select count(*) from records where external_id = 'x1'";
    assert_eq!(desk.rows::<(i64,)>(count).await, [(0,)], "a dry run changes nothing");
    // Only what was shown, and the refused only with a word.
    let run = |seen: &Json, leave_out: bool| json!({ "do": "run", "seen": seen, "leave_out": leave_out });
    assert_eq!(admin.post(&step, run(&json!("x"), true)).await.code(), (409, "conflict"));
    assert_eq!(admin.post(&step, run(&tried["digest"], false)).await.code(), (409, "conflict"));
    let done = stepped(desk, &admin, &place, run(&tried["digest"], true)).await;
    assert_eq!((&done["state"], &done["created"], &done["digest"]), (&json!("done"), &json!(1), &Json::Null));
    assert_eq!(desk.rows::<(i64,)>(count).await, [(1,)]);
    assert_eq!(admin.get("/imports").await.fine().ids().len(), 1);
    assert_eq!(admin.post(&step, json!({ "do": "back" })).await.code(), (409, "conflict"));
    assert_eq!(admin.post(&step, json!({ "do": "throw-away" })).await.fine().body["kept"], false);
    assert_eq!(admin.post(&step, json!({ "do": "throw-away" })).await.code(), (404, "not-found"));
    for (field, value) in [("content", json!("%")), ("content", json!("")), ("what", json!("passwords"))] {
        let mut wrong = given.clone();
        wrong[field] = value;
        let said = admin.post("/imports", wrong).await;
        assert_eq!(said.code(), (422, "fields-invalid"), "{field}");
    }
    assert_eq!(admin.get("/imports/99").await.code(), (404, "not-found"));
    assert_eq!(admin.post("/imports/99/step", read(json!([]))).await.code(), (404, "not-found"));
}

async fn what_is_stored_of_a_person_is_told_and_erased(desk: &Desk) {
    let door = door(desk);
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let contact = json!({ "name": "Ewa Nowak", "emails": ["ewa@acme.example"] });
    let made = admin.post("/contacts", contact).await.fine().body["id"].clone();
    let person = json!({ "address": "Ewa+news@acme.example" });
    let about = admin.post("/privacy/show", person.clone()).await.fine().body;
    assert_eq!((&about["address"], &about["erased_at"]), (&json!("ewa@acme.example"), &Json::Null));
    assert_eq!((&about["records"][0]["id"], &about["records"][0]["about_them_alone"]), (&made, &json!(true)));
    let erase = |address: &str, agreed: bool| json!({ "address": address, "agreed": agreed });
    assert_eq!(admin.post("/privacy/erase", erase("ewa@acme.example", false)).await.fields(), ["agreed"]);
    assert_eq!(admin.post("/privacy/erase", erase("anna@firma.pl", true)).await.code(), (422, "declined"));
    assert_eq!(admin.post("/privacy/erase", erase("nobody", true)).await.fields(), ["address"]);
    assert_eq!(admin.post("/privacy/show", json!({ "address": "" })).await.fields(), ["address"]);
    let done = admin.post("/privacy/erase", erase("ewa@acme.example", true)).await.fine().body;
    assert_eq!((&done["records"], &done["messages_removed"]), (&json!(1), &json!(0)), "{done}");
    let about = admin.post("/privacy/show", person).await.fine().body;
    assert!(about["erased_at"].is_string() && about["records"] == json!([]), "{about}");
    let named: Vec<(i64,)> = desk.rows("select count(*) from records where name like '%Ewa%'").await;
    assert_eq!(named, [(0,)]);
    let audit: Vec<(i64,)> =
        desk.rows("select count(*) from audit where action = 'erased' and detail like '%ewa%'").await;
    assert_eq!(audit, [(0,)], "the audit names a keyed hash");
}

async fn a_mailbox_is_tried_and_removed(desk: &Desk) {
    let door = Door::of(desk, |config| {
        config.api.requests_per_minute = 0;
        let mut account = of_file("anna");
        // Nobody listens there.
        (account.imap.host, account.imap.port) = ("127.0.0.1".to_owned(), Some(9));
        config.mailbox = vec![account];
    });
    let mut tx = desk.write().await;
    let mut ids = Vec::new();
    for (name, user) in [("anna", ANNA), ("piotr", PIOTR)] {
        ids.push(mailboxes::ensure(&mut tx, name, Some(user), &format!("{name}@firma.pl"), NOW).await.unwrap().id);
    }
    tx.commit().await.unwrap();
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let tried = admin.post(&format!("/mailboxes/{}/test", ids[0]), json!({})).await.fine().body;
    assert_eq!(tried["good"], false);
    let steps = tried["steps"].as_array().unwrap();
    assert_eq!((&steps[0]["step"], &steps[0]["good"]), (&json!("name"), &json!(true)), "{tried}");
    assert_eq!((&steps[1]["step"], &steps[1]["good"]), (&json!("connection"), &json!(false)), "{tried}");
    assert!(steps[1]["remedy"].is_string() && steps[2]["good"].is_null(), "{tried}");
    let audit: Vec<(i64,)> = desk.rows("select count(*) from audit where detail like '%tested%'").await;
    assert_eq!(audit, [(1,)]);
    // Of one without settings there is nothing to try; that of the file is changed there.
    assert_eq!(admin.post(&format!("/mailboxes/{}/test", ids[1]), json!({})).await.code(), (404, "not-found"));
    assert_eq!(admin.post("/mailboxes/99/test", json!({})).await.code(), (404, "not-found"));
    let places = [0, 1].map(|n: usize| format!("/mailboxes/{}/step", ids[n]));
    let remove = |n: usize| admin.post(&places[n], json!({ "do": "remove" }));
    assert_eq!(remove(0).await.code(), (422, "declined"));
    assert_eq!(remove(1).await.fine().status, 204);
    assert_eq!(remove(1).await.code(), (409, "conflict"));
    assert_eq!(admin.get("/mailboxes/standing").await.fine().ids(), [ids[0].0]);
}

async fn a_rule_in_shadow_tells_what_it_would_have_done(desk: &Desk) {
    let door = door(desk);
    mail(desk, 1, PUMPS).await;
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let rule = json!({
        "name": "Offers", "state": "shadow", "all": [{ "field": "subject", "contains": "offer" }],
        "then": { "private": true }
    });
    let begun = admin.post("/rules/trials", json!({ "do": "add", "rule": rule })).await.fine();
    let place = begun.header("location").trim_start_matches("/api/v1").to_owned();
    crate::api_running::work(desk).await;
    let changes = admin.get(&format!("{place}/changes")).await.fine().body["csv"].as_str().unwrap().to_owned();
    assert!(changes.starts_with("group,") && changes.lines().count() == 1, "a shadow changes nothing: {changes}");
    assert_eq!(admin.get("/rules/trials/99/changes").await.code(), (404, "not-found"));
    let digest = admin.get(&place).await.fine().body["said"]["digest"].clone();
    let asks = admin.get(&place).await.fine().body["said"]["asks"].clone();
    admin.post(&format!("{place}/save"), json!({ "seen": digest, "agree": asks })).await.fine();
    crate::api_running::work(desk).await;
    let id = admin.get("/rules").await.fine().body["items"][0]["id"].clone();
    assert_eq!(admin.get(&format!("/rules/{id}/shadow")).await.fine().body["items"], json!([]));
    assert_eq!(id, 1);
    desk.run(
        "insert into mail_rules (mail_id, position, rule_id, version, set_version, name, shadow, effects, at) \
         select id, 1, 1, 1, 1, 'Offers', true, '[\"private\"]', arrived_at from mails where id = 1",
    )
    .await;
    // The admin does not read the mail: it is counted, and not told apart.
    let said = admin.get(&format!("/rules/{id}/shadow")).await.fine().body["items"].clone();
    assert_eq!(said.as_array().unwrap().len(), 1, "{said}");
    assert_eq!((&said[0]["message_id"], &said[0]["regarding"]), (&Json::Null, &Json::Null));
    assert!(said[0]["would"][0].is_string() && said[0]["agrees"].is_string(), "{said}");
    assert_eq!(admin.get("/rules/99/shadow").await.code(), (404, "not-found"));
}

async fn brief_and_report_are_for_those_concerned(desk: &Desk) {
    let door = door(desk);
    let absence = desk.away(ANNA, Some(PIOTR)).await;
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let task = json!({ "record_id": PUMPS.0, "kind": "task", "subject": "Call about the drawing" });
    anna.post("/activities", task).await.fine();
    let piotr = program(desk, &door, PIOTR, ApiScope::Read).await;
    let place = |what: &str| format!("/absences/{}/{what}", absence.0);
    let brief = piotr.get(&place("brief")).await.fine().body;
    assert_eq!((&brief["user"]["id"], &brief["absence_id"]), (&json!(ANNA.0), &json!(absence.0)));
    let counts = brief["records"].as_array().unwrap();
    assert!(counts.iter().any(|one| one["kind"] == "opportunity" && one["count"] == 1), "{brief}");
    assert_eq!(brief["tasks"]["items"][0]["subject"], "Call about the drawing");
    assert_eq!(brief["tasks"]["items"][0]["record"]["id"], PUMPS.0);
    // What is confidential is not covered.
    assert!(!brief.to_string().contains("merger"), "{brief}");
    let report = piotr.get(&place("report")).await.fine().body;
    assert_eq!((&report["running"], &report["tasks"]["count"]), (&json!(true), &json!(1)), "{report}");
    assert_eq!(anna.get(&place("brief")).await.fine().body["tasks"]["count"], 1);
    let kamil = program(desk, &door, KAMIL, ApiScope::Read).await;
    for what in ["brief", "report"] {
        let (theirs, nobodys) = (kamil.get(&place(what)).await, kamil.get(&format!("/absences/4242/{what}")).await);
        assert_eq!((theirs.code(), &theirs.body["detail"]), ((404, "not-found"), &nobodys.body["detail"]), "{what}");
    }
}

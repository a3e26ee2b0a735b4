//! What programs do with mail beyond reading it: suggestions, records out of mail, whether people can be reached, the
//! trace of a mail, and notices as if. Each as its owner may, and refused to whoever may not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::firm::Kind;
use crate::support::office::{Office, Pages, day, on_both};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

const AWAY: &str = "I am out of office. Please contact Ewa Lis <ewa.lis@beta.test> instead.";
const LETTER: &str = "Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
                      Hello,\r\n\r\nplease call.\r\n\r\n-- \r\nZofia Lis\r\nTel. +48 22 123 45 67\r\n";

/// A program with a token of somebody's.
struct Program<'p> {
    pages: &'p Pages,
    token: String,
}

impl Office {
    fn program<'p>(&self, pages: &'p Pages, login: &str, scope: &str) -> Program<'p> {
        let made = self.json(&format!("token create {login} --name test --scope {scope}"));
        Program { pages, token: made["token"].as_str().unwrap().to_owned() }
    }
}

impl Program<'_> {
    async fn get(&self, path: &str) -> (u16, Json) {
        self.pages.ask(&self.token, ("GET", path), "", "").await
    }

    async fn post(&self, path: &str, body: Json) -> (u16, Json) {
        self.pages.ask(&self.token, ("POST", path), "", &body.to_string()).await
    }

    async fn once(&self, key: &str, path: &str, body: &Json) -> (u16, Json) {
        self.pages.ask(&self.token, ("POST", path), key, &body.to_string()).await
    }
}

on_both! {
    suggestions_are_listed_accepted_once_and_taken_back_by_whom_they_are_asked
    a_record_is_made_of_a_mail_once_and_of_nobody_elses_mail
    whether_somebody_can_be_reached_is_read_and_said_by_who_may_change_them
    a_mail_is_traced_by_an_admin_who_is_told_of_it_and_by_nobody_else
    a_notice_is_previewed_tried_and_explained_to_whom_it_concerns
}

async fn suggestions_are_listed_accepted_once_and_taken_back_by_whom_they_are_asked(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -6);
    office.answers("Bo Beta <bo@beta.test>", "kamil", "named", "offer", -3, "Automatic reply: Offer", AWAY);
    let pages = office.pages().await;
    let kamil = office.program(&pages, "kamil", "write");
    let (status, list) = kamil.get("/suggestions").await;
    let one = &list["items"][0];
    assert_eq!((status, &one["what"], &one["address"]), (200, &json!("substitute"), &json!("ewa.lis@beta.test")));
    assert_eq!((&one["contact"]["name"], &one["door"]), (&json!("Bo Beta"), &json!("own")), "{one}");
    let path = format!("/suggestions/{}/decision", one["key"].as_str().unwrap());
    // To whoever is not asked there is none.
    let anna = office.program(&pages, "anna", "write");
    assert_eq!(anna.get("/suggestions").await.1["items"], json!([]));
    let accept = json!({ "choose": "accept" });
    assert_eq!(anna.post(&path, accept.clone()).await.0, 404);
    let (status, made) = kamil.once("k", &path, &accept).await;
    let again = kamil.once("k", &path, &accept).await;
    assert_eq!((status, &again), (201, &(201, made.clone())), "sent again it is done once");
    assert_eq!(kamil.post(&path, accept).await.0, 404, "it is decided");
    let record = format!("/records/{}", made["record_id"]);
    assert_eq!(kamil.get(&record).await.1["name"], "Ewa Lis");
    let undo = format!("/suggestions/decisions/{}/undo", made["id"]);
    assert_eq!(anna.post(&undo, json!({})).await.0, 404);
    for _ in 0..2 {
        assert_eq!(kamil.post(&undo, json!({})).await.0, 204);
    }
    assert_eq!(
        (kamil.get(&record).await.0, kamil.get("/suggestions").await.1["items"].as_array().unwrap().len()),
        (404, 1)
    );
    pages.close().await;
}

impl Office {
    fn written(&self, id: &str) -> (i64, String) {
        let text = format!(
            "From: Zofia Lis <zofia@beta.test>\r\nTo: kamil@firma.example\r\nMessage-ID: <{id}@beta.test>\r\n\
             Subject: Valves\r\n{LETTER}"
        );
        let file = self.company.file(&format!("{id}.eml"), &text);
        self.company.call(["import", "mail", "--mailbox", "kamil", &file]).succeed();
        (self.company.number(&format!("select id from mails where message_id = '{id}@beta.test'")), text)
    }
}

async fn a_record_is_made_of_a_mail_once_and_of_nobody_elses_mail(kind: Kind) {
    let office = Office::open(kind);
    let (mail, _) = office.written("new");
    let pages = office.pages().await;
    let (kamil, anna) = (office.program(&pages, "kamil", "write"), office.program(&pages, "anna", "write"));
    let (status, offer) = kamil.get(&format!("/messages/{mail}/offer?kind=contact")).await;
    assert_eq!((status, &offer["email"], &offer["account"]["name"]), (200, &json!("zofia@beta.test"), &json!("Beta")));
    let phone = offer["fields"].as_array().unwrap().iter().find(|f| f["field"] == "phone").unwrap();
    assert_eq!((&phone["value"], &phone["from"]), (&json!("+48 22 123 45 67"), &json!("signature")), "{offer}");
    let body = json!({ "kind": "contact", "name": "Zofia Lis", "emails": ["zofia@beta.test"],
        "account_id": offer["account"]["id"], "role": "Buyer" });
    let path = format!("/messages/{mail}/records");
    assert_eq!(anna.post(&path, body.clone()).await.0, 404);
    assert_eq!(anna.get(&format!("/messages/{mail}/offer?kind=contact")).await.0, 404);
    let (status, made) = kamil.once("k", &path, &body).await;
    assert_eq!((status, kamil.once("k", &path, &body).await), (201, (201, made.clone())));
    let other = json!({ "kind": "lead", "name": "Other" });
    assert_eq!(kamil.once("k", &path, &other).await.1["code"], "idempotency-key-reused");
    let record = made["record_id"].as_i64().unwrap();
    assert_eq!(kamil.get(&format!("/records/{record}")).await.1["account"]["name"], "Beta");
    // What its signature says and the record does not.
    let differences = format!("/messages/{mail}/differences?record_id={record}");
    let (_, found) = kamil.get(&differences).await;
    let phone = found["items"].as_array().unwrap().iter().find(|f| f["field"] == "phone").unwrap().clone();
    assert_eq!(phone["now"], Json::Null);
    let change = json!({ "record_id": record, "changes": [{ "field": "phone", "then": phone["then"] }] });
    let path = format!("/messages/{mail}/differences");
    assert_eq!(anna.post(&path, change.clone()).await.0, 404);
    let (status, changed) = kamil.post(&path, change.clone()).await;
    assert_eq!((status, kamil.post(&path, change).await.1["code"].clone()), (200, json!("conflict")));
    let undo = format!("/records/{record}/from-mail/undo");
    assert_eq!(anna.post(&undo, json!({ "change_id": changed["change_id"] })).await.0, 404);
    assert_eq!(kamil.post(&undo, json!({ "change_id": changed["change_id"] })).await.0, 204);
    assert_eq!(kamil.get(&format!("/records/{record}")).await.1["phone"], Json::Null);
    assert_eq!(kamil.post(&undo, json!({ "change_id": made["change_id"] })).await.0, 204);
    assert_eq!(kamil.get(&format!("/records/{record}")).await.0, 404);
    // What cannot be is said of its field.
    let path = format!("/messages/{mail}/records");
    for (body, field) in [
        (json!({ "kind": "lead", "name": " " }), "name"),
        (json!({ "kind": "lead", "name": "x", "emails": ["a@b.test, c@d.test"] }), "emails"),
        (json!({ "kind": "opportunity", "name": "x" }), "account_id"),
    ] {
        let (status, said) = kamil.post(&path, body).await;
        assert_eq!((status, &said["errors"][0]["field"]), (422, &json!(field)));
    }
    pages.close().await;
}

async fn whether_somebody_can_be_reached_is_read_and_said_by_who_may_change_them(kind: Kind) {
    let office = Office::open(kind);
    let pages = office.pages().await;
    let (kamil, anna) = (office.program(&pages, "kamil", "write"), office.program(&pages, "anna", "write"));
    let bo = office.record("bo");
    let path = format!("/records/{bo}/reach");
    assert_eq!((anna.get(&path).await.0, anna.post(&path, json!({ "say": "back" })).await.0), (404, 404));
    assert_eq!(kamil.get(&path).await.1["away"], Json::Null);
    let (status, said) = kamil.post(&path, json!({ "say": "away", "until": day(3) })).await;
    assert_eq!(
        (status, &said["away"]["until"], &said["away"]["by"]["user"]["name"]),
        (200, &json!(day(3)), &json!("Kamil Nowak"))
    );
    assert_eq!(kamil.post(&path, json!({ "say": "back" })).await.1["away"], Json::Null);
    let (_, said) = kamil.post(&path, json!({ "say": "left", "address": "bo@beta.test" })).await;
    assert_eq!(said["left"][0]["address"], "bo@beta.test", "{said}");
    assert_eq!(kamil.post(&path, json!({ "say": "quiet" })).await.1["quiet"]["user"]["name"], "Kamil Nowak");
    assert_eq!(kamil.post(&path, json!({ "say": "language", "language": "de" })).await.1["language"], "de");
    for (body, field) in [
        (json!({ "say": "away", "until": day(-3) }), "until"),
        (json!({ "say": "left", "address": "else@beta.test" }), "address"),
        (json!({ "say": "usable", "address": "else@beta.test" }), "address"),
    ] {
        let (status, said) = kamil.post(&path, body.clone()).await;
        assert_eq!((status, &said["errors"][0]["field"]), (422, &json!(field)), "{body} {said}");
    }
    let (status, said) = kamil.post(&path, json!({ "say": "usable", "address": "bo@beta.test" })).await;
    assert_eq!((status, &said["code"]), (403, &json!("right-missing")), "{said}");
    // A company is nobody who is away.
    assert_eq!(kamil.get(&format!("/records/{}/reach", office.record("beta"))).await.1["code"], "declined");
    assert_eq!(kamil.post(&format!("{path}/take"), json!({ "address": "x@beta.test" })).await.0, 422);
    pages.close().await;
}

async fn a_mail_is_traced_by_an_admin_who_is_told_of_it_and_by_nobody_else(kind: Kind) {
    let office = Office::open(kind);
    let (mail, text) = office.written("traced");
    let pages = office.pages().await;
    let (kamil, adam) = (office.program(&pages, "kamil", "write"), office.program(&pages, "adam", "admin"));
    let (status, said) = kamil.get(&format!("/trace?message={mail}")).await;
    assert_eq!((status, &said["code"]), (403, &json!("scope-insufficient")));
    let writes = office.program(&pages, "adam", "write");
    assert_eq!(writes.get(&format!("/trace?message={mail}")).await.0, 403);
    // An admin reads no mail by being one.
    assert_eq!(adam.get(&format!("/trace?message={mail}")).await.0, 404);
    office
        .company
        .rows("update records set owner_id = (select id from users where login = 'adam') where external_id = 'beta'");
    for name in [mail.to_string(), "traced@beta.test".to_owned()] {
        let (status, said) = adam.get(&format!("/trace?message={name}")).await;
        assert_eq!((status, &said["message_id"], &said["linking"]), (200, &json!(mail), &json!("linked")), "{said}");
        assert_eq!(said["links"][0]["record"]["name"], "Beta", "{said}");
        assert!(said["steps"].as_array().unwrap().len() > 4 && said["why"][0].is_string(), "{said}");
    }
    assert_eq!(office.audited("rules-shown").len(), 2, "each look is noted");
    // One that is given, stored and not.
    let (status, said) = adam.post("/trace", json!({ "content": STANDARD.encode(&text) })).await;
    assert_eq!((status, &said["message_id"]), (200, &json!(mail)), "{said}");
    let other = text.replace("traced@", "other@").replace("please call", "farewell");
    let (status, said) = adam.post("/trace", json!({ "content": STANDARD.encode(other), "mailbox": "kamil" })).await;
    assert_eq!((status, &said["message_id"], &said["linking"]), (200, &Json::Null, &json!("linked")), "{said}");
    for body in [json!({ "content": "!" }), json!({ "content": STANDARD.encode("no mail") })] {
        assert_eq!(adam.post("/trace", body).await.1["errors"][0]["field"], "content");
    }
    pages.close().await;
}

async fn a_notice_is_previewed_tried_and_explained_to_whom_it_concerns(kind: Kind) {
    let office = Office::open(kind);
    let (mail, text) = office.written("asked");
    let pages = office.pages().await;
    let (kamil, anna) = (office.program(&pages, "kamil", "read"), office.program(&pages, "anna", "read"));
    let user = office.user("kamil");
    let wanted = json!({ "client": "zofia@beta.test", "user_id": user });
    let (status, own) = kamil.post("/notices/preview", wanted.clone()).await;
    assert_eq!((status, &own["user"]["id"], &own["absence_id"]), (200, &json!(user), &Json::Null), "{own}");
    assert_eq!(own["goes"], json!(own["withheld"].is_null()), "{own}");
    assert_eq!(anna.post("/notices/preview", wanted).await.0, 404, "somebody else's notices are not her business");
    assert_eq!(kamil.post("/notices/preview", json!({ "client": "x" })).await.1["errors"][0]["field"], "client");
    let (status, tried) = kamil.post("/notices/try", json!({ "last": 10 })).await;
    assert_eq!((status, &tried["user"]["id"], &tried["absence_id"]), (200, &json!(user), &Json::Null), "{tried}");
    assert!(tried["messages"].as_array().unwrap().iter().all(|one| one["message_id"] == mail), "{tried}");
    assert_eq!(anna.post("/notices/try", json!({ "user_id": user })).await.0, 404);
    assert_eq!(kamil.post("/notices/try", json!({ "last": 501 })).await.1["errors"][0]["field"], "last");
    // Of a stored mail, by its number, its Message-ID and its octets.
    let (status, found) = kamil.get(&format!("/messages/{mail}/notices")).await;
    assert_eq!((status, &found["items"][0]["user"]["id"]), (200, &json!(user)), "{found}");
    for body in [json!({ "message_id": "<asked@beta.test>" }), json!({ "content": STANDARD.encode(&text) })] {
        let same = kamil.post("/notices/explain", body.clone()).await;
        assert_eq!(same, (200, found.clone()), "{body}");
        assert_eq!(anna.post("/notices/explain", body).await.0, 404);
    }
    assert_eq!(anna.get(&format!("/messages/{mail}/notices")).await.0, 404);
    assert_eq!(kamil.post("/notices/explain", json!({})).await.0, 422);
    pages.close().await;
}

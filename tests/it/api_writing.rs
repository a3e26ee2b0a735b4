//! Writing mail by a program: as its token's owner and nobody else, through their own mailbox, in the state that
//! was seen, once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::api::{mail, program};
use crate::sign_in_pages::Door;
use crate::support::desk::{ANNA, Desk, JAN, KAMIL, NOW, OLA, PIOTR, PUMPS, on_both};
use serde_json::json;
use standin::config::Config;
use standin::model::api::ApiScope;
use standin::store::mailboxes;

on_both! {
    a_mail_is_written_and_sent_as_the_owner_of_the_token
    an_answer_is_begun_by_who_sees_the_mail_alone
    files_go_along_and_come_off
    nobody_writes_on_the_draft_of_somebody_else
    a_signature_is_ones_own
}

/// Anna and Piotr have mailboxes that send; Kamil has none.
async fn door(desk: &Desk) -> Door {
    let mut tx = desk.write().await;
    for login in ["anna", "piotr"] {
        let user = if login == "anna" { ANNA } else { PIOTR };
        mailboxes::ensure(&mut tx, login, Some(user), &format!("{login}@firma.pl"), NOW).await.unwrap();
    }
    tx.commit().await.unwrap();
    Door::of(desk, with_mailboxes)
}

fn with_mailboxes(config: &mut Config) {
    config.api.requests_per_minute = 0;
    config.own_domains = vec!["firma.pl".into()];
    for login in ["anna", "piotr"] {
        let server = json!({ "host": "127.0.0.1", "port": 1, "user": login, "secret_command": ["true"] });
        let account = json!({ "name": login, "user": login, "address": format!("{login}@firma.pl"), "imap": server, "smtp": server });
        config.mailbox.push(serde_json::from_value(account).unwrap());
    }
}

async fn a_mail_is_written_and_sent_as_the_owner_of_the_token(desk: &Desk) {
    let door = door(desk).await;
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let begun = anna.send("POST", &format!("/api/v1/records/{PUMPS}/drafts"), &[], "").await.fine();
    let id = begun.body["id"].as_i64().unwrap();
    assert_eq!((begun.status, &begun.body["kind"], &begun.body["state"]), (201, &json!("new"), &json!("draft")));
    assert_eq!(begun.body["record"], json!({ "id": PUMPS.0, "kind": "opportunity", "name": "Acme pumps" }));
    let again = anna.send("POST", &format!("/api/v1/records/{PUMPS}/drafts"), &[], "").await.fine();
    assert_eq!(again.body["id"], id, "nobody writes the same twice by asking twice");
    let place = format!("/drafts/{id}");
    let empty = anna.post(&format!("{place}/send"), json!({})).await;
    assert_eq!(empty.fields(), ["to"]);
    let text = json!({ "to": "jan@acme.example", "subject": "Our offer", "text": "Twelve pumps, in blue." });
    assert_eq!(anna.patch(&place, "\"old\"", text.clone()).await.code(), (412, "precondition-failed"));
    let saved = anna.patch(&place, begun.tag(), text).await.fine();
    assert_ne!(saved.tag(), begun.tag());
    assert_eq!(anna.patch(&place, begun.tag(), json!({ "text": "x" })).await.code(), (412, "precondition-failed"));
    let wrong = anna.patch(&place, saved.tag(), json!({ "to": "nobody at all" })).await.fine();
    assert_eq!(anna.post(&format!("{place}/send"), json!({})).await.fields(), ["to"]);
    let saved = anna.patch(&place, wrong.tag(), json!({ "to": "piotr@firma.pl" })).await.fine();
    // Nobody outside gets it: that is asked first, with the word that says it is known.
    let asked = anna.post(&format!("{place}/send"), json!({})).await;
    assert_eq!((asked.code(), asked.fields()), ((409, "confirmation-needed"), vec!["internal"]));
    let sent = anna.post(&format!("{place}/send"), json!({ "known": ["internal"] })).await.fine();
    assert_eq!((sent.status, &sent.body["state"]), (202, &json!("queued")));
    assert_ne!(sent.tag(), saved.tag());
    let rows: Vec<(String, String)> = desk.rows("select envelope_to, state from outbox").await;
    assert_eq!(rows, [("piotr@firma.pl".to_owned(), "queued".to_owned())]);
    // Once; and it is not written on any more, but can be taken back while it waits.
    assert_eq!(anna.post(&format!("{place}/send"), json!({ "known": ["internal"] })).await.code(), (409, "conflict"));
    assert_eq!(anna.patch(&place, sent.tag(), json!({ "text": "y" })).await.code(), (409, "conflict"));
    let back = anna.post(&format!("{place}/decision"), json!({ "decide": "back" })).await.fine();
    assert_eq!((&back.body["state"], &back.body["text"]), (&json!("gave-up"), &json!("Twelve pumps, in blue.")));
    assert_eq!(anna.post(&format!("{place}/decision"), json!({ "decide": "back" })).await.code(), (409, "conflict"));
    assert_eq!(anna.get("/drafts").await.fine().ids(), [id]);
    assert_eq!(anna.send("DELETE", &format!("/api/v1{place}"), &[], "").await.fine().status, 204);
    assert_eq!(anna.get(&place).await.code(), (404, "not-found"));
    // A token that only reads writes nothing.
    let reader = program(desk, &door, ANNA, ApiScope::Read).await;
    let small = reader.send("POST", &format!("/api/v1/records/{PUMPS}/drafts"), &[], "").await;
    assert_eq!(small.code(), (403, "scope-insufficient"));
    // Who has no mailbox is told so.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let none = kamil.send("POST", "/api/v1/records/5/drafts", &[], "").await;
    assert_eq!(none.code(), (422, "declined"));
}

async fn an_answer_is_begun_by_who_sees_the_mail_alone(desk: &Desk) {
    let door = door(desk).await;
    mail(desk, 1, PUMPS).await;
    let reply = json!({ "kind": "reply" });
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let piotr = program(desk, &door, PIOTR, ApiScope::Write).await;
    for asker in [&kamil, &piotr] {
        for path in ["/messages/1/drafts", "/messages/424242/drafts"] {
            assert_eq!(asker.post(path, reply.clone()).await.code(), (404, "not-found"));
        }
        let path = format!("/api/v1/records/{PUMPS}/drafts");
        assert_eq!(asker.send("POST", &path, &[], "").await.code(), (404, "not-found"));
    }
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let begun = anna.post("/messages/1/drafts", reply.clone()).await.fine().body;
    assert_eq!((&begun["kind"], &begun["message_id"]), (&json!("reply"), &json!(1)));
    assert!(begun["subject"].as_str().unwrap().starts_with("Re: Offer"), "{begun}");
    for kind in ["new", "x"] {
        let said = anna.post("/messages/1/drafts", json!({ "kind": kind })).await;
        assert_eq!(said.code(), (422, "fields-invalid"), "{kind}");
    }
    // Piotr stands in: it goes out as his, and says for whom; that he reads it is noted.
    desk.away(ANNA, Some(PIOTR)).await;
    let his = piotr.post("/messages/1/drafts", reply).await.fine().body;
    assert_eq!(his["on_behalf_of"], "Anna Nowak");
    assert_ne!(his["id"], begun["id"]);
    let read = desk.audit().await.into_iter().filter(|line| line.0 == "read" && line.1 == Some(PIOTR.0)).count();
    assert_eq!(read, 1);
    assert_eq!(piotr.get(&format!("/drafts/{}", his["id"])).await.fine().body["writing"], json!(["Anna Nowak"]));
}

async fn files_go_along_and_come_off(desk: &Desk) {
    let door = door(desk).await;
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let id = anna.send("POST", &format!("/api/v1/records/{PUMPS}/drafts"), &[], "").await.fine().body["id"].clone();
    let path = format!("/drafts/{id}/files");
    let file = json!({ "name": "umowa.pdf", "content_type": "application/pdf", "content": "JVBERi0=" });
    let with = anna.post(&path, file).await.fine().body;
    let kept = &with["files"][0];
    assert_eq!((&kept["name"], &kept["size"]), (&json!("umowa.pdf"), &json!(5)));
    // Larger than other bodies may be.
    let large = json!({ "name": "x.bin", "content": "AAAA".repeat(200 * 1024) });
    assert_eq!(anna.post(&path, large).await.fine().body["files"][1]["size"], 600 * 1024);
    for (body, field) in [
        (json!({ "name": "x", "content": "%%%" }), "content"),
        (json!({ "name": "x", "content": "", "content_type": "text/plain\r\nX: y" }), "content_type"),
        (json!({ "name": "x", "content": "", "content_type": "nothing" }), "content_type"),
    ] {
        assert_eq!(anna.post(&path, body).await.fields(), [field]);
    }
    let one = format!("/api/v1{path}/{}", kept["id"]);
    let piotr = program(desk, &door, PIOTR, ApiScope::Write).await;
    assert_eq!(piotr.send("DELETE", &one, &[], "").await.code(), (404, "not-found"));
    assert_eq!(anna.send("DELETE", &one, &[], "").await.fine().status, 204);
    assert_eq!(anna.send("DELETE", &one, &[], "").await.code(), (404, "not-found"));
}

async fn nobody_writes_on_the_draft_of_somebody_else(desk: &Desk) {
    let door = door(desk).await;
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let piotr = program(desk, &door, PIOTR, ApiScope::Write).await;
    let begun = anna.send("POST", &format!("/api/v1/records/{PUMPS}/drafts"), &[], "").await.fine();
    for id in [begun.body["id"].as_i64().unwrap(), 424_242] {
        let place = format!("/drafts/{id}");
        assert_eq!(piotr.get(&place).await.code(), (404, "not-found"));
        assert_eq!(piotr.patch(&place, begun.tag(), json!({ "text": "x" })).await.code(), (404, "not-found"));
        assert_eq!(piotr.post(&format!("{place}/send"), json!({})).await.code(), (404, "not-found"));
        assert_eq!(
            piotr.post(&format!("{place}/decision"), json!({ "decide": "back" })).await.code(),
            (404, "not-found")
        );
        let file = json!({ "name": "x", "content": "" });
        assert_eq!(piotr.post(&format!("{place}/files"), file).await.code(), (404, "not-found"));
        assert_eq!(piotr.send("DELETE", &format!("/api/v1{place}"), &[], "").await.code(), (404, "not-found"));
    }
    assert_eq!(piotr.get("/drafts").await.fine().ids(), Vec::<i64>::new());
    // What nobody may set.
    let place = format!("/drafts/{}", begun.body["id"]);
    for field in ["from", "user", "user_id", "kind", "state", "record_id", "message_id", "cover_line", "version"] {
        assert_eq!(
            anna.patch(&place, begun.tag(), json!({ field: 1 })).await.code(),
            (422, "fields-invalid"),
            "{field}"
        );
    }
    let from = anna.post(&format!("{place}/send"), json!({ "from": "piotr@firma.pl" })).await;
    assert_eq!(from.code(), (422, "fields-invalid"));
    assert_eq!((JAN.0, OLA.0), (2, 6));
}

async fn a_signature_is_ones_own(desk: &Desk) {
    let door = door(desk).await;
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    assert_eq!(anna.get("/me/signature").await.fine().body, json!({ "text": "" }));
    assert_eq!(
        anna.put("/me/signature", json!({ "text": "Anna\r\nFirma  " })).await.fine().body["text"],
        "Anna\nFirma"
    );
    assert_eq!(anna.put("/me/signature", json!({ "text": "x".repeat(2_001) })).await.fields(), ["text"]);
    assert_eq!(anna.put("/me/signature", json!({ "text": "x", "user": 2 })).await.code(), (422, "fields-invalid"));
    let piotr = program(desk, &door, PIOTR, ApiScope::Read).await;
    assert_eq!(piotr.get("/me/signature").await.fine().body["text"], "");
    assert_eq!(piotr.put("/me/signature", json!({ "text": "x" })).await.code(), (403, "scope-insufficient"));
    let begun = anna.send("POST", &format!("/api/v1/records/{PUMPS}/drafts"), &[], "").await.fine();
    assert!(begun.body["text"].as_str().unwrap().contains("Anna\nFirma"));
}

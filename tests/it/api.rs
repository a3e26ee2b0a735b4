//! The API as an integrator meets it: pages and states, upserts that come every night, what is refused and how,
//! tokens that may not, and the feed that is never told what its reader may not see.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::sign_in_pages::{Answer, Door};
use crate::support::desk::{
    ACME, ADAM, ANNA, BETA, Desk, JAN, KAMIL, LEAD, NOW, OLA, PIOTR, PUMPS, SECRET, VALVES, on_both,
};
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value as Json, json};
use standin::actions::tokens::{self, Wanted};
use standin::model::api::ApiScope;
use standin::model::id::{RecordId, UserId};
use standin::model::time::{DAY, HOUR, MINUTE};
use standin::store::{self, Value, insert_many};
use std::collections::BTreeSet;

on_both! {
    every_operation_needs_a_token_with_its_scope
    lists_come_in_pages_and_begin_where_something_changed
    what_the_owner_does_not_see_is_not_there
    a_record_is_made_once_and_changed_in_the_state_that_was_seen
    an_upsert_comes_every_night_and_changes_what_differs
    nobody_sets_what_they_were_not_meant_to
    an_admins_token_without_that_scope_is_one_of_somebody_like_others
    activities_are_entered_done_and_given_away
    absences_are_entered_moved_and_ended_and_told_to_those_concerned
    users_are_kept_in_step_by_an_admins_token
    the_feed_tells_in_order_what_its_reader_may_see
    the_feed_stays_silent_until_somebody_follows_and_says_when_it_forgot
    what_cannot_be_read_is_a_problem_with_its_code
    no_query_and_no_body_breaks_it
}

/// A program with a token.
pub struct Program<'d> {
    door: &'d Door,
    token: String,
}

/// An answer with its JSON.
pub struct Said {
    pub status: u16,
    pub body: Json,
    answer: Answer,
}

impl Said {
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    pub fn header(&self, name: &str) -> &str {
        self.answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn tag(&self) -> &str {
        self.header("etag")
    }

    pub fn ids(&self) -> Vec<i64> {
        self.body["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    }

    #[track_caller]
    pub fn fine(self) -> Said {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.answer.body);
        self
    }

    /// The fields that are wrong.
    pub fn fields(&self) -> Vec<&str> {
        self.body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect()
    }
}

/// A program with a token of this scope.
pub async fn program<'d>(desk: &Desk, door: &'d Door, user: UserId, scope: ApiScope) -> Program<'d> {
    let wanted = Wanted { user, admin: user == ADAM, name: "test".into(), scope, days: 300 };
    let mut tx = desk.write().await;
    let (token, _) = tokens::make(&mut tx, Some(user), &wanted, NOW).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    Program { door, token }
}

impl Program<'_> {
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Said {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.door.visitor().send(request.body(Body::from(body.to_owned())).unwrap()).await;
        let json = serde_json::from_str(&answer.body).unwrap_or(Json::Null);
        Said { status: answer.status.as_u16(), body: json, answer }
    }

    pub async fn get(&self, path: &str) -> Said {
        self.send("GET", &format!("/api/v1{path}"), &[], "").await
    }

    pub async fn post(&self, path: &str, body: Json) -> Said {
        self.send("POST", &format!("/api/v1{path}"), &[], &body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: Json) -> Said {
        self.send("PUT", &format!("/api/v1{path}"), &[], &body.to_string()).await
    }

    pub async fn patch(&self, path: &str, tag: &str, body: Json) -> Said {
        self.send("PATCH", &format!("/api/v1{path}"), &[("if-match", tag)], &body.to_string()).await
    }
}

/// The pages and the API, where a program may ask as often as it likes.
pub fn door(desk: &Desk) -> Door {
    Door::of(desk, |config| config.api.requests_per_minute = 0)
}

async fn every_operation_needs_a_token_with_its_scope(desk: &Desk) {
    let door = door(desk);
    let reader = program(desk, &door, ANNA, ApiScope::Read).await;
    let writer = program(desk, &door, ADAM, ApiScope::Write).await;
    let nobody = Program { door: &door, token: "sdn_00".into() };
    let document = nobody.get("/openapi.json").await.fine().body;
    assert_eq!((&document["openapi"], &document["servers"][0]["url"]), (&json!("3.1.0"), &json!("/")));
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let scope = operation["security"][0]["token"][0].as_str().unwrap();
            let path = path.replace("{kind}", "accounts").replace("{system}", "crm").replace("{index}", "0");
            let path = path
                .replace("{key}", "1-1-left")
                .replace("{id}", "1")
                .replace("{external_id}", "1")
                .replace("{file}", "1");
            let method = method.to_uppercase();
            assert_eq!(nobody.send(&method, &path, &[], "{}").await.code(), (401, "token-invalid"), "{method} {path}");
            if scope != "read" {
                let said = reader.send(&method, &path, &[], "{}").await;
                assert_eq!(said.code(), (403, "scope-insufficient"), "{method} {path}");
            }
            if scope == "admin" {
                let said = writer.send(&method, &path, &[], "{}").await;
                assert_eq!(said.code(), (403, "scope-insufficient"), "{method} {path}");
            }
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked}");
}

async fn lists_come_in_pages_and_begin_where_something_changed(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let whole = anna.get("/opportunities").await.fine();
    assert_eq!(whole.ids(), [PUMPS.0, SECRET.0]);
    assert_eq!(whole.body["next"], Json::Null);
    let first = anna.get("/opportunities?limit=1").await.fine();
    let next = first.body["next"].as_str().unwrap().to_owned();
    let second = anna.get(&format!("/opportunities?limit=1&cursor={next}")).await.fine();
    assert_eq!((first.ids(), second.ids()), (vec![PUMPS.0], vec![SECRET.0]));
    assert_eq!(anna.get("/opportunities?updated_since=2026-11-01T00:00:00Z").await.fine().ids(), Vec::<i64>::new());
    let one = anna.get(&format!("/records/{PUMPS}")).await.fine();
    anna.patch(&format!("/records/{PUMPS}"), one.tag(), json!({ "number": "op-7" })).await.fine();
    let changed = anna.get("/opportunities?updated_since=2026-11-01T00:00:00%2B00:00").await.fine();
    assert_eq!((changed.ids(), &changed.body["items"][0]["number"]), (vec![PUMPS.0], &json!("OP-7")));
    assert_eq!(anna.get(&format!("/contacts?account={ACME}&owner={ANNA}")).await.fine().ids(), [JAN.0]);
    assert_eq!(anna.get("/leads?status=won").await.fine().ids(), Vec::<i64>::new());
    assert_eq!(anna.get("/users?limit=2").await.fine().ids(), [1, 2]);
    let next = anna.get("/users?limit=4").await.fine().body["next"].as_str().unwrap().to_owned();
    assert_eq!(anna.get(&format!("/users?cursor={next}")).await.fine().ids(), [5, 6]);
    assert_eq!(anna.get("/users?login=Piotr").await.fine().ids(), [2]);
}

async fn what_the_owner_does_not_see_is_not_there(desk: &Desk) {
    let door = door(desk);
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    assert_eq!(kamil.get("/accounts").await.fine().ids(), [BETA.0]);
    let valves = kamil.get(&format!("/records/{VALVES}")).await.fine();
    // It belongs to an account of Anna's.
    assert_eq!(valves.body["account"], Json::Null);
    assert_eq!(kamil.get(&format!("/opportunities?account={ACME}")).await.fine().ids(), Vec::<i64>::new());
    let absent = kamil.get("/records/424242").await;
    for path in ["/records/1", "/records/1/timeline", "/accounts/by-external-id/import/acme", "/records/x", "/nothing"]
    {
        let said = kamil.get(path).await;
        assert_eq!(said.code(), (404, "not-found"), "{path}");
        assert_eq!((&said.body["detail"], &said.body["title"]), (&absent.body["detail"], &absent.body["title"]));
    }
    let hidden = kamil.patch(&format!("/records/{ACME}"), "*", json!({ "city": "x" })).await;
    assert_eq!(hidden.code(), (404, "not-found"));
    // Piotr covers Anna: what answers now follows at once, and the confidential deal stays hers.
    desk.away(ANNA, Some(PIOTR)).await;
    let piotr = program(desk, &door, PIOTR, ApiScope::Read).await;
    let pumps = piotr.get(&format!("/records/{PUMPS}")).await.fine().body;
    assert_eq!(
        (&pumps["answers_now"]["user"]["name"], &pumps["answers_now"]["path"]),
        (&json!("Piotr Nowak"), &json!("substitute"))
    );
    assert_eq!(pumps["owner"]["name"], "Anna Nowak");
    assert_eq!(piotr.get(&format!("/records/{SECRET}")).await.code(), (404, "not-found"));
    assert_eq!(piotr.get("/opportunities").await.fine().ids(), [PUMPS.0]);
    assert!(piotr.get("/today").await.fine().body["covering"][0]["owner"] == "Anna Nowak");
    door.at(NOW.plus(7 * DAY));
    assert_eq!(piotr.get(&format!("/records/{PUMPS}")).await.code(), (404, "not-found"));
}

async fn a_record_is_made_once_and_changed_in_the_state_that_was_seen(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let body = json!({ "name": "Gamma", "city": "Łódź", "class": "b" }).to_string();
    let key = [("idempotency-key", "k-1")];
    let made = anna.send("POST", "/api/v1/accounts", &key, &body).await.fine();
    assert_eq!(
        (made.status, &made.body["owner"]["name"], &made.body["class"]),
        (201, &json!("Anna Nowak"), &json!("B"))
    );
    let again = anna.send("POST", "/api/v1/accounts", &key, &body).await.fine();
    assert_eq!((again.status, &again.body["id"]), (201, &made.body["id"]));
    assert_eq!(anna.get("/accounts").await.fine().ids().len(), 2, "Acme and one Gamma");
    let other = anna.send("POST", "/api/v1/accounts", &key, r#"{"name": "Delta"}"#).await;
    assert_eq!(other.code(), (422, "idempotency-key-reused"));
    // Somebody else's key is another one, and after a day it is forgotten.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    assert_ne!(kamil.send("POST", "/api/v1/accounts", &key, &body).await.fine().body["id"], made.body["id"]);
    // What failed took no key.
    let key = [("idempotency-key", "k-2")];
    assert_eq!(anna.send("POST", "/api/v1/leads", &key, r#"{"name": " "}"#).await.code(), (422, "fields-invalid"));
    anna.send("POST", "/api/v1/leads", &key, r#"{"name": "Lis"}"#).await.fine();

    let place = made.header("location").to_owned();
    assert_eq!(place, format!("/api/v1/records/{}", made.body["id"]));
    let read = anna.send("GET", &place, &[("if-none-match", made.tag())], "").await;
    assert_eq!((read.status, read.answer.body.as_str()), (304, ""));
    let body = json!({ "city": null, "phone": "22 123 45 67" }).to_string();
    assert_eq!(anna.send("PATCH", &place, &[], &body).await.code(), (428, "precondition-required"));
    let changed = anna.send("PATCH", &place, &[("if-match", made.tag())], &body).await.fine();
    assert_eq!((&changed.body["city"], &changed.body["name"]), (&Json::Null, &json!("Gamma")));
    let late = anna.send("PATCH", &place, &[("if-match", made.tag())], &body).await;
    assert_eq!(late.code(), (412, "precondition-failed"));
    // It is given away, and out of sight.
    let gone = anna.send("PATCH", &place, &[("if-match", changed.tag())], r#"{"owner": "kamil"}"#).await;
    assert_eq!((gone.status, anna.send("GET", &place, &[], "").await.status), (204, 404));
    door.at(NOW.plus(DAY + HOUR));
    assert_ne!(
        anna.send("POST", "/api/v1/accounts", &[("idempotency-key", "k-1")], r#"{"name": "Delta"}"#).await.fine().body
            ["id"],
        made.body["id"]
    );
}

async fn an_upsert_comes_every_night_and_changes_what_differs(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let path = "/accounts/by-external-id/crm/A-1";
    let acme = json!({ "name": "Acme Two", "phone": "1", "owner": "anna" });
    let made = anna.put(path, acme.clone()).await.fine();
    assert_eq!((made.status, &made.body["external"]), (201, &json!({ "system": "crm", "id": "A-1" })));
    door.at(NOW.plus(DAY));
    let same = anna.put(path, acme).await.fine();
    assert_eq!((same.status, same.tag()), (200, made.tag()), "nothing differs, so nothing changed");
    let contact = json!({ "name": "Ewa Lis", "account_external_id": "A-1", "emails": ["ewa@two.example"] });
    let contact = anna.put("/contacts/by-external-id/crm/C-1", contact).await.fine();
    assert_eq!(contact.body["account"]["id"], made.body["id"]);
    assert_eq!(contact.body["emails"], json!(["ewa@two.example"]));
    let deal = json!({ "name": "Two pumps", "account_id": made.body["id"], "status": "open", "number": "OP-9" });
    let deal = anna.put("/opportunities/by-external-id/crm/O-1", deal).await.fine();
    let lead =
        anna.put("/leads/by-external-id/crm/L-1", json!({ "name": "Prospect", "language": "pl-PL" })).await.fine();
    assert_eq!((&deal.body["number"], &lead.body["language"]), (&json!("OP-9"), &json!("pl")));
    // One field alone: the rest stays.
    let won = anna.put("/opportunities/by-external-id/crm/O-1", json!({ "status": "won" })).await.fine();
    assert_eq!((&won.body["status"], &won.body["name"]), (&json!("won"), &json!("Two pumps")));
    // Two systems do not know each other's ids.
    let other = anna.put("/accounts/by-external-id/erp/A-1", json!({ "name": "Else" })).await.fine();
    assert_ne!(other.body["id"], made.body["id"]);
    assert_eq!(anna.get("/accounts/by-external-id/import/acme").await.fine().body["id"], ACME.0);
    let none = anna.send("PUT", &format!("/api/v1{path}"), &[("if-none-match", "*")], r#"{"name": "x"}"#).await;
    assert_eq!(none.code(), (412, "precondition-failed"));
    // An id that is taken by what Kamil does not see is no way to ask, and no way in.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let taken = kamil.put(path, json!({ "name": "Mine" })).await;
    assert_eq!((taken.code(), taken.fields()), ((422, "fields-invalid"), vec!["external_id"]));
    assert_eq!(anna.get(path).await.fine().body["name"], "Acme Two");
    // What was deleted stays so.
    desk.run("update records set deleted_at = 1 where external_source = 'erp'").await;
    let deleted = anna.put("/accounts/by-external-id/erp/A-1", json!({ "name": "Else" })).await;
    assert_eq!(deleted.code(), (409, "conflict"));
}

async fn nobody_sets_what_they_were_not_meant_to(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    for field in ["id", "kind", "owner_id", "created_at", "updated_at", "deleted_at", "external", "vouched", "x"] {
        for path in ["/accounts", "/contacts", "/leads", "/opportunities"] {
            let said = anna.post(path, json!({ "name": "x", field: 1 })).await;
            assert_eq!(said.code(), (422, "fields-invalid"), "{path} {field}");
        }
        let said = anna.patch(&format!("/records/{ACME}"), "*", json!({ field: 1 })).await;
        assert_eq!(said.code(), (422, "fields-invalid"), "{field}");
        let activity = json!({ "record_id": ACME.0, "kind": "task", "subject": "x", field: 1 });
        assert_eq!(anna.post("/activities", activity).await.code(), (422, "fields-invalid"), "{field}");
        let absence = json!({ "user": "anna", "from": "2026-12-01", field: 1 });
        assert_eq!(anna.post("/absences", absence).await.code(), (422, "fields-invalid"), "{field}");
    }
    // Fields of other kinds, and the same field twice.
    let said = anna.post("/accounts", json!({ "name": "x", "emails": ["a@b.example"], "number": "1" })).await;
    assert_eq!(said.fields(), ["number", "emails"]);
    let twice = anna.send("POST", "/api/v1/accounts", &[], r#"{"name": "x", "name": "y"}"#).await;
    assert_eq!(twice.code(), (422, "fields-invalid"));
    // A domain brings everybody's mail there.
    assert_eq!(
        anna.post("/accounts", json!({ "name": "x", "domains": ["x.example"] })).await.code(),
        (403, "right-missing")
    );
    // A cell that would become two, and one that would name a record by its id from within.
    let said = anna.post("/leads", json!({ "name": "x", "emails": ["a@b.example;c@d.example"] })).await;
    assert_eq!(said.fields(), ["emails"]);
    let said =
        anna.put("/contacts/by-external-id/crm/1", json!({ "name": "x", "account_external_id": "\u{0}1" })).await;
    assert_eq!(said.code(), (422, "fields-invalid"));
    // Who stands in may change what is written, not whose it is or who sees it.
    desk.away(ANNA, Some(PIOTR)).await;
    let piotr = program(desk, &door, PIOTR, ApiScope::Write).await;
    let pumps = piotr.get(&format!("/records/{PUMPS}")).await.fine();
    for body in [json!({ "owner": "piotr" }), json!({ "confidential": true })] {
        let said = piotr.patch(&format!("/records/{PUMPS}"), pumps.tag(), body.clone()).await;
        assert_eq!(said.code(), (422, "fields-invalid"), "{body}");
    }
    piotr.patch(&format!("/records/{PUMPS}"), pumps.tag(), json!({ "number": "P1" })).await.fine();
    // An opportunity with contacts of others would show their mail.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let said = kamil.post("/opportunities", json!({ "name": "x", "account_id": ACME.0 })).await;
    assert_eq!(said.fields(), ["account_id"]);
    assert_eq!(desk.owner(PUMPS).await, ANNA);
}

async fn an_admins_token_without_that_scope_is_one_of_somebody_like_others(desk: &Desk) {
    let door = door(desk);
    let writer = program(desk, &door, ADAM, ApiScope::Write).await;
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let path = "/accounts/by-external-id/import/acme";
    assert_eq!(writer.put(path, json!({ "name": "Acme", "owner": "kamil" })).await.code(), (422, "fields-invalid"));
    assert_eq!(desk.owner(ACME).await, ANNA);
    let domains = json!({ "name": "Omega", "owner": "anna", "domains": ["omega.example"] });
    assert_eq!(writer.post("/accounts", domains.clone()).await.code(), (403, "right-missing"));
    // An admin imports for others without reading what comes of it.
    assert_eq!(admin.post("/accounts", domains).await.status, 204);
    let absence = json!({ "user": "kamil", "from": "2026-12-01", "until": "2026-12-02", "substitute": "piotr" });
    assert_eq!(writer.post("/absences", absence.clone()).await.code(), (403, "right-missing"));
    admin.post("/absences", absence).await.fine();
    // Nor does a token outlive its owner's role.
    desk.run("update users set role = 'staff' where login = 'adam'").await;
    let user = json!({ "login": "new", "name": "New" });
    assert_eq!(admin.put("/users/by-external-id/hr/1", user).await.code(), (403, "scope-insufficient"));
}

async fn activities_are_entered_done_and_given_away(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let task =
        json!({ "record_id": PUMPS.0, "kind": "task", "subject": "Send the offer", "due_at": "2026-11-22T08:00:00Z" });
    let key = [("idempotency-key", "t")];
    let made = anna.send("POST", "/api/v1/activities", &key, &task.to_string()).await.fine();
    let again = anna.send("POST", "/api/v1/activities", &key, &task.to_string()).await.fine();
    assert_eq!((made.status, &made.body["id"]), (201, &again.body["id"]));
    assert_eq!((&made.body["status"], &made.body["responsible"]["id"]), (&json!("open"), &json!(ANNA.0)));
    let place = format!("/activities/{}", made.body["id"]);
    assert_eq!(
        anna.get(&format!("/records/{PUMPS}/timeline")).await.fine().body["items"][0]["activity"]["id"],
        made.body["id"]
    );
    // Kamil would never see it.
    let blind = anna.patch(&place, made.tag(), json!({ "responsible_id": KAMIL.0 })).await;
    assert_eq!(blind.fields(), ["responsible_id"]);
    let moved = anna.patch(&place, made.tag(), json!({ "due_at": null, "status": "done" })).await.fine();
    assert_eq!((&moved.body["status"], &moved.body["due_at"]), (&json!("done"), &Json::Null));
    assert_eq!(anna.patch(&place, made.tag(), json!({ "status": "done" })).await.code(), (412, "precondition-failed"));
    assert_eq!(anna.patch(&place, moved.tag(), json!({ "status": "open" })).await.code(), (422, "declined"));
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    assert_eq!(kamil.get(&place).await.code(), (404, "not-found"));
    assert_eq!(kamil.patch(&place, "*", json!({ "status": "done" })).await.code(), (404, "not-found"));
    assert_eq!(kamil.post("/activities", task).await.code(), (404, "not-found"));
    assert_eq!(kamil.get("/activities").await.fine().ids(), Vec::<i64>::new());
    let path = "/activities/by-external-id/crm/T-1";
    let call = json!({ "record_id": JAN.0, "kind": "call", "subject": "Delivery" });
    let call_made = anna.put(path, call.clone()).await.fine();
    let same = anna.put(path, call).await.fine();
    assert_eq!((call_made.status, same.status, same.tag()), (201, 200, call_made.tag()));
    let done = json!({ "record_id": JAN.0, "kind": "call", "subject": "Delivery", "done_at": "2026-11-21T11:00:00Z" });
    assert_eq!(anna.put(path, done).await.fine().body["status"], "done");
    assert_eq!(anna.get("/activities?kind=call&status=done").await.fine().ids().len(), 1);
    let future = json!({ "record_id": JAN.0, "kind": "call", "subject": "x", "done_at": "2027-01-01T00:00:00Z" });
    assert_eq!(anna.post("/activities", future).await.fields(), ["done_at"]);
}

async fn absences_are_entered_moved_and_ended_and_told_to_those_concerned(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let input = json!({
        "user": "anna", "from": "2026-11-21", "until": "2026-11-27", "substitute": "piotr", "nature": "sick",
        "exceptions": [{ "what": format!("record:{PUMPS}"), "substitute": "ola" }]
    });
    let made = anna.post("/absences", input).await.fine();
    assert_eq!(
        (made.status, &made.body["phase"], &made.body["details"]["nature"]),
        (201, &json!("running"), &json!("sick"))
    );
    let id = made.body["id"].as_i64().unwrap();
    let place = format!("/absences/{id}");
    // Everybody knows who is away; the rest is told to those whose business it is.
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let listed = kamil.get("/absences?running=true").await.fine().body["items"][0].clone();
    assert_eq!((&listed["user"]["name"], &listed["details"]), (&json!("Anna Nowak"), &Json::Null));
    assert_eq!(kamil.get(&place).await.code(), (404, "not-found"));
    assert_eq!(kamil.send("POST", &format!("/api/v1{place}/end"), &[], "").await.code(), (404, "not-found"));
    let piotr = program(desk, &door, PIOTR, ApiScope::Write).await;
    let seen = piotr.get(&place).await.fine().body;
    assert_eq!((&seen["details"]["nature"], &seen["details"]["exceptions"]), (&Json::Null, &json!([])));
    assert_eq!(piotr.patch(&place, "*", json!({ "until": "2026-12-24" })).await.code(), (403, "right-missing"));
    let ola = program(desk, &door, OLA, ApiScope::Read).await;
    assert_eq!(ola.get(&format!("/records/{PUMPS}")).await.fine().body["answers_now"]["user"]["id"], OLA.0);
    assert_eq!(ola.get(&place).await.fine().body["details"]["exceptions"][0]["what"], format!("record:{PUMPS}"));

    let longer = anna.patch(&place, made.tag(), json!({ "until": "2026-11-30" })).await.fine();
    assert_eq!((&longer.body["last_day"], &longer.body["details"]["nature"]), (&json!("2026-11-30"), &json!("sick")));
    assert_eq!(
        anna.patch(&place, longer.tag(), json!({ "until": "2026-11-01" })).await.code(),
        (422, "fields-invalid")
    );
    let over = anna.send("POST", &format!("/api/v1{place}/end"), &[], "").await.fine();
    assert_eq!(over.body["phase"], "over");
    assert_eq!(anna.send("POST", &format!("/api/v1{place}/end"), &[], "").await.code(), (409, "conflict"));
    let path = "/absences/by-external-id/hr/77";
    let input = json!({ "user": "anna", "from": "2026-12-01", "until": "2026-12-04", "substitute": "piotr" });
    let made = anna.put(path, input.clone()).await.fine();
    let same = anna.put(path, input).await.fine();
    assert_eq!((made.status, same.status, same.tag()), (201, 200, made.tag()));
    let other = anna.put(path, json!({ "substitute": "kamil" })).await.fine();
    assert_eq!(other.body["substitute"]["name"], "Kamil Nowak");
    let taken = program(desk, &door, OLA, ApiScope::Write)
        .await
        .put(path, json!({ "user": "ola", "from": "2026-12-01" }))
        .await;
    assert_eq!(taken.fields(), ["external_id"]);
    let unknown = anna.post("/absences", json!({ "user": "anna", "from": "soon" })).await;
    assert_eq!(unknown.fields(), ["from"]);
}

async fn users_are_kept_in_step_by_an_admins_token(desk: &Desk) {
    let door = door(desk);
    let admin = program(desk, &door, ADAM, ApiScope::Admin).await;
    let path = "/users/by-external-id/hr/U-9";
    let new = json!({ "login": "Zofia", "name": "Zofia Lis", "role": "staff", "emails": ["zofia@firma.pl"], "manager": "maria" });
    let made = admin.put(path, new.clone()).await.fine();
    assert_eq!(
        (made.status, &made.body["login"], &made.body["manager"]["name"]),
        (201, &json!("zofia"), &json!("Maria Nowak"))
    );
    let same = admin.put(path, new).await.fine();
    assert_eq!((same.status, same.tag()), (200, made.tag()));
    let moved = admin.put(path, json!({ "team": "North", "phone": "1" })).await.fine();
    assert_eq!((&moved.body["team"], &moved.body["name"]), (&json!("North"), &json!("Zofia Lis")));
    assert_eq!(admin.get(path).await.fine().body["external"], json!({ "system": "hr", "id": "U-9" }));
    assert_eq!(admin.put(path, json!({ "login": "other" })).await.fields(), ["login"]);
    for body in [json!({ "password": "correct horse battery" }), json!({ "id": 1 }), json!({ "team_fallback": true })] {
        assert_eq!(admin.put(path, body).await.code(), (422, "fields-invalid"));
    }
    // Who owns records does not go in passing.
    assert_eq!(
        admin.put("/users/by-external-id/hr/1", json!({ "login": "anna", "active": false })).await.fields(),
        ["active"]
    );
    assert_eq!(admin.put("/users/by-external-id/hr/2", json!({})).await.fields(), ["login", "name"]);
    // No admin gives themselves sight.
    let gain = admin.put("/users/by-external-id/hr/3", json!({ "login": "anna", "manager": "adam" })).await;
    assert_eq!(gain.fields(), ["manager"]);
}

/// What the feed tells after a place.
async fn told(program: &Program<'_>, after: &str) -> (Vec<(String, i64)>, String) {
    let said = program.get(&format!("/events?after={after}&limit=200")).await.fine().body;
    let item = |item: &Json| {
        let of = [&item["message_id"], &item["activity_id"], &item["absence_id"], &item["record"]["id"]];
        (item["type"].as_str().unwrap().to_owned(), of.iter().find_map(|id| id.as_i64()).unwrap())
    };
    (said["items"].as_array().unwrap().iter().map(item).collect(), said["next"].as_str().unwrap().to_owned())
}

async fn the_feed_tells_in_order_what_its_reader_may_see(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let kamil = program(desk, &door, KAMIL, ApiScope::Write).await;
    let begin = anna.get("/events?after=now").await.fine().body["next"].as_str().unwrap().to_owned();
    door.at(NOW.plus(MINUTE));
    let lead = anna.post("/leads", json!({ "name": "New" })).await.fine();
    let lead_id = lead.body["id"].as_i64().unwrap();
    let secret = anna.get(&format!("/records/{SECRET}")).await.fine();
    anna.patch(&format!("/records/{SECRET}"), secret.tag(), json!({ "number": "S" })).await.fine();
    let task = json!({ "record_id": PUMPS.0, "kind": "task", "subject": "x" });
    let task = anna.post("/activities", task).await.fine();
    let task_id = task.body["id"].as_i64().unwrap();
    anna.patch(&format!("/activities/{task_id}"), task.tag(), json!({ "status": "done" })).await.fine();
    let away = json!({ "user": "anna", "from": "2026-11-22", "until": "2026-11-23", "substitute": "piotr" });
    let absence = anna.post("/absences", away).await.fine().body["id"].as_i64().unwrap();
    let event = |what: &str, id| (what.to_owned(), id);
    let (seen, next) = told(&anna, &begin).await;
    let expected = [
        event("record.created", lead_id),
        event("record.changed", SECRET.0),
        event("activity.created", task_id),
        event("absence.entered", absence),
    ];
    // Done within the same moment it was entered: that it changed is not told twice.
    let seen_but: Vec<_> =
        seen.iter().filter(|(what, _)| what != "activity.changed" && what != "absence.changed").cloned().collect();
    assert_eq!(seen_but, expected);
    let (of_kamil, _) = told(&kamil, &begin).await;
    assert!(of_kamil.iter().all(|(what, _)| what.starts_with("absence.")), "{of_kamil:?}");
    assert_eq!(told(&anna, &next).await, (Vec::new(), next.clone()), "nothing new");

    // The clock alone begins and ends an absence; who covers is told of the records only meanwhile.
    let piotr = program(desk, &door, PIOTR, ApiScope::Read).await;
    assert!(!told(&piotr, &begin).await.0.contains(&event("record.created", lead_id)));
    door.at(NOW.plus(DAY));
    assert_eq!(told(&anna, &next).await.0, [event("absence.started", absence)]);
    let while_away = told(&piotr, &begin).await.0;
    assert!(
        while_away.contains(&event("record.created", lead_id))
            && !while_away.contains(&event("record.changed", SECRET.0))
    );
    door.at(NOW.plus(3 * DAY));
    assert_eq!(told(&anna, &next).await.0.last(), Some(&event("absence.ended", absence)));
    assert!(!told(&piotr, &begin).await.0.contains(&event("record.created", lead_id)));

    // A record that is given away is told to whoever has it now.
    let (_, next) = told(&anna, &next).await;
    let lead = anna.get(&format!("/records/{LEAD}")).await.fine();
    anna.patch(&format!("/records/{LEAD}"), lead.tag(), json!({ "owner": "kamil" })).await;
    assert_eq!(told(&anna, &next).await.0, []);
    assert_eq!(told(&kamil, &next).await.0, [event("record.assigned", LEAD.0)]);

    // Mail: told on the record where it is read, not where it is not, and silent once it is gone.
    let (_, next) = told(&kamil, &next).await;
    mail(desk, 1, BETA).await;
    assert_eq!(told(&kamil, &next).await.0, [event("message.linked", 1)]);
    assert_eq!(told(&anna, &next).await.0, []);
    unlink(desk).await;
    assert_eq!(told(&kamil, &next).await.0, []);
    // Places go up, whoever reads in between.
    let places: Vec<i64> = anna.get("/events?limit=200").await.fine().body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(places.is_sorted() && places.iter().collect::<BTreeSet<_>>().len() == places.len(), "{places:?}");
}

/// A mail on a record.
pub async fn mail(desk: &Desk, id: i64, record: RecordId) {
    let into = "mails (id, identity, copy_key, thread_id, at, arrived_at, direction, author, channel, evidence, \
         from_address, subject, visible, folded, attachments, attachment_names, forward, auth_failed, defects, size, \
         linking, parser_version)";
    let word = |text: &str| Value::from(text);
    let row = vec![
        id.into(),
        vec![1_u8].into(),
        id.into(),
        id.into(),
        NOW.0.into(),
        NOW.0.into(),
        word("in"),
        word("person"),
        word("direct"),
        word("[]"),
        word("jan@x.example"),
        word("Offer"),
        word("Hello"),
        false.into(),
        word("[]"),
        word(""),
        false.into(),
        false.into(),
        word("[]"),
        1_i64.into(),
        word("linked"),
        1_i64.into(),
    ];
    let mut tx = desk.write().await;
    insert_many(&mut tx, into, "", vec![row]).await.unwrap();
    let link = vec![
        id.into(),
        record.0.into(),
        record.0.into(),
        NOW.0.into(),
        word("{}"),
        60_i64.into(),
        NOW.0.into(),
        false.into(),
    ];
    let into = "links (mail_id, record_id, governing_id, at, evidence, score, decided_at, sealed)";
    insert_many(&mut tx, into, "", vec![link]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn unlink(desk: &Desk) {
    desk.run("delete from links").await;
}

async fn the_feed_stays_silent_until_somebody_follows_and_says_when_it_forgot(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    anna.post("/leads", json!({ "name": "Before" })).await.fine();
    assert_eq!(desk.rows::<(i64,)>("select count(*) from events").await, [(0,)]);
    assert_eq!(told(&anna, "0").await.0, []);
    door.at(NOW.plus(MINUTE));
    anna.post("/leads", json!({ "name": "After" })).await.fine();
    let (events, next) = told(&anna, "0").await;
    assert_eq!((events.len(), next.as_str()), (1, "1"));
    for wrong in ["2", "-1", "x", "1.1"] {
        assert_eq!(anna.get(&format!("/events?after={wrong}")).await.code(), (400, "query-invalid"), "{wrong}");
    }
    // What is too old is gone, and whoever comes with an old place is told.
    door.at(NOW.plus(29 * DAY));
    anna.post("/leads", json!({ "name": "Later" })).await.fine();
    told(&anna, &next).await;
    door.at(NOW.plus(31 * DAY));
    anna.post("/leads", json!({ "name": "Last" })).await.fine();
    told(&anna, &next).await;
    anna.post("/leads", json!({ "name": "Very last" })).await.fine();
    assert_eq!(anna.get("/events?after=0").await.code(), (410, "cursor-expired"));
    assert_eq!(told(&anna, &next).await.0.len(), 3);
    // Nobody asks for a month: nothing is written down any more, and that is known.
    let end = NOW.plus(70 * DAY);
    let mut tx = desk.write().await;
    store::events::forget(&mut tx, end).await.unwrap();
    tx.commit().await.unwrap();
    door.at(end);
    anna.post("/leads", json!({ "name": "Unseen" })).await.fine();
    assert_eq!(desk.rows::<(i64,)>("select count(*) from events").await, [(0,)]);
    assert_eq!(anna.get("/events?after=4").await.code(), (410, "cursor-expired"));
    let begin = anna.get("/events?after=now").await.fine().body["next"].as_str().unwrap().to_owned();
    anna.post("/leads", json!({ "name": "Seen" })).await.fine();
    assert_eq!(told(&anna, &begin).await.0.len(), 1);
}

async fn what_cannot_be_read_is_a_problem_with_its_code(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let said = anna.send("DELETE", "/api/v1/accounts", &[], "").await;
    assert_eq!(said.code(), (405, "method-not-allowed"));
    assert_eq!(said.header("allow"), "GET,HEAD,POST");
    assert_eq!(said.body["request_id"], said.header("x-request-id"));
    let html = [("accept", "text/html")];
    assert_eq!(anna.send("GET", "/api/v1/me", &html, "").await.code(), (406, "not-acceptable"));
    let form = "name=x";
    let mut request = Request::post("/api/v1/accounts");
    request = request.header(header::AUTHORIZATION, format!("Bearer {}", anna.token));
    let plain = door.visitor().send(request.body(Body::from(form)).unwrap()).await;
    assert_eq!((plain.status.as_u16(), plain.says("media-type-unsupported")), (415, true));
    let packed = [("content-encoding", "gzip")];
    assert_eq!(anna.send("POST", "/api/v1/accounts", &packed, "{}").await.code(), (415, "media-type-unsupported"));
    for body in ["", "{", "[1", "{\"name\":}"] {
        assert_eq!(anna.send("POST", "/api/v1/accounts", &[], body).await.code(), (400, "body-malformed"), "{body}");
    }
    for body in ["[]", "1", "null", r#"{"name": 1}"#, r#"{"name": "a\u0000b"}"#] {
        assert_eq!(anna.send("POST", "/api/v1/accounts", &[], body).await.code(), (422, "fields-invalid"), "{body}");
    }
    let long = format!(r#"{{"name": "{}"}}"#, "x".repeat(300 * 1024));
    assert_eq!(anna.send("POST", "/api/v1/accounts", &[], &long).await.code(), (413, "body-too-large"));
    for query in
        ["nonsense=1", "limit=0", "limit=201", "limit=x", "cursor=x", "updated_since=x", "status=x", "owner=%00"]
    {
        assert_eq!(anna.get(&format!("/accounts?{query}")).await.code(), (400, "query-invalid"), "{query}");
    }
    let key = [("idempotency-key", "")];
    assert_eq!(anna.send("POST", "/api/v1/accounts", &key, "{}").await.code(), (400, "header-invalid"));
    assert_eq!(anna.put("/accounts/by-external-id/CRM/1", json!({ "name": "x" })).await.fields(), ["system"]);
}

/// A number that looks drawn by lot, always the same ones.
fn draw(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

async fn no_query_and_no_body_breaks_it(desk: &Desk) {
    let door = door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    let document = anna.get("/openapi.json").await.fine().body;
    let values = [
        "",
        "0",
        "-1",
        "1",
        "9223372036854775807",
        "-9223372036854775808",
        "99999999999999999999",
        "true",
        "null",
        "%",
        "%FF",
        "%C5%81",
        "'",
        "%22",
        "%22%27;--",
        "1.1",
        "9223372036854775807.1",
        "-9223372036854775808.-1",
        "1.a1",
        "2026-11-21T12:00:00Z",
        "9999-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "-0001-01-01",
        "x",
        "now",
        "from:",
        "about:x",
        "before:9999-99-99",
        "open",
        "message",
        "%F0%9F%98%80",
        "*",
        "a*%20OR%20b",
        "NEAR(",
        "%26%7C!",
    ];
    let mut seed = 7;
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        let named = operation["parameters"].as_array().cloned().unwrap_or_default();
        let names: Vec<&str> =
            named.iter().filter(|p| p["in"] == "query").map(|p| p["name"].as_str().unwrap()).collect();
        for _ in 0..if names.is_empty() { 8 } else { 80 } {
            let mut pick = || values[draw(&mut seed) as usize % values.len()];
            let mut address = path.replace("{kind}", "accounts");
            for part in ["{id}", "{index}", "{system}", "{external_id}", "{file}"] {
                address = address.replace(part, if pick().len() % 3 == 0 { "1" } else { "crm" });
            }
            let mut query: Vec<String> = Vec::new();
            for name in &names {
                if pick().len() % 2 == 0 {
                    query.push(format!("{name}={}", pick()));
                }
            }
            if !query.is_empty() {
                address.push_str(&format!("?{}", query.join("&")));
            }
            let said = anna.send("GET", &address, &[], "").await;
            assert!(said.status < 500, "{address}: {}", said.answer.body);
            asked += 1;
        }
    }
    assert!(asked > 300, "{asked}");
}

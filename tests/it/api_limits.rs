//! What stands around the API: how often a token may ask, and that every no below `/api` is a problem document,
//! whoever says it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::api::program;
use crate::sign_in_pages::Door;
use crate::support::desk::{ACME, ANNA, Desk, KAMIL, NOW, on_both};
use axum::body::Body;
use axum::http::{Request, header};
use standin::model::api::ApiScope;
use standin::model::time::MINUTE;

on_both! {
    whoever_asks_too_often_is_told_when_to_come_back
    every_no_around_the_handlers_is_a_problem
}

async fn whoever_asks_too_often_is_told_when_to_come_back(desk: &Desk) {
    let door = Door::of(desk, |config| config.api.requests_per_minute = 3);
    let anna = program(desk, &door, ANNA, ApiScope::Read).await;
    let first = anna.get("/me").await.fine();
    assert_eq!(
        (first.header("ratelimit-policy"), first.header("ratelimit")),
        ("\"token\";q=3;w=60", "\"token\";r=2;t=20")
    );
    // What is refused counts as well, or asking for what is not there would cost nothing.
    assert_eq!(anna.get("/records/424242").await.code(), (404, "not-found"));
    assert_eq!(anna.get(&format!("/records/{ACME}")).await.fine().header("ratelimit"), "\"token\";r=0;t=60");
    let often = anna.get("/me").await;
    assert_eq!((often.code(), often.header("retry-after")), ((429, "rate-limited"), "20"));
    assert_eq!(often.header("ratelimit"), "\"token\";r=0;t=60");
    // Another token has an allowance of its own, and so has another one of the same person.
    program(desk, &door, KAMIL, ApiScope::Read).await.get("/me").await.fine();
    program(desk, &door, ANNA, ApiScope::Read).await.get("/me").await.fine();
    door.at(NOW.plus(MINUTE / 3));
    anna.get("/me").await.fine();
    assert_eq!(anna.get("/me").await.status, 429);
    door.at(NOW.plus(2 * MINUTE));
    assert_eq!(anna.get("/me").await.fine().header("ratelimit"), "\"token\";r=2;t=20");
    // What needs no token is not counted, and pages are not.
    for _ in 0..9 {
        anna.get("/openapi.json").await.fine();
    }
    let open = Door::of(desk, |config| config.api.requests_per_minute = 0);
    let said = program(desk, &open, ANNA, ApiScope::Read).await.get("/me").await.fine();
    assert_eq!(said.header("ratelimit"), "");
}

async fn every_no_around_the_handlers_is_a_problem(desk: &Desk) {
    let door = crate::api::door(desk);
    let anna = program(desk, &door, ANNA, ApiScope::Write).await;
    // A browser that was led here by a page of somebody else.
    let elsewhere = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    let said = anna.send("POST", "/api/v1/accounts", &elsewhere, r#"{"name": "x"}"#).await;
    assert_eq!((said.code(), said.header("content-type")), ((403, "cross-site"), "application/problem+json"));
    assert_eq!(said.body["request_id"], said.header("x-request-id"));
    for (method, path, code) in [
        ("GET", "/api/v1/none/such", (404, "not-found")),
        ("GET", "/api/v2/me", (404, "not-found")),
        ("PUT", "/api/v1/me", (405, "method-not-allowed")),
        ("TRACE", "/api/v1/me", (405, "method-not-allowed")),
    ] {
        let said = anna.send(method, path, &[], "").await;
        assert_eq!((said.code(), said.header("content-type")), (code, "application/problem+json"), "{method} {path}");
    }
    let long = format!(r#"{{"text": "{}"}}"#, "x".repeat(300 * 1024));
    assert_eq!(anna.send("PUT", "/api/v1/me/signature", &[], &long).await.code(), (413, "body-too-large"));
    let plain = [("content-type", "text/plain")];
    let request = Request::put("/api/v1/me/signature").header(header::CONTENT_TYPE, "text/plain");
    let nobody = door.visitor().send(request.body(Body::from("x")).unwrap()).await;
    assert_eq!((nobody.status.as_u16(), nobody.says("token-missing")), (401, true), "{plain:?}");
    // Of figures a no is a problem, too.
    let figures = anna.send("GET", "/metrics", &[], "").await;
    assert_eq!(figures.code(), (404, "not-found"));
}

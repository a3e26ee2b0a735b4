//! The pages of hand-overs: preview with the number on its button, progress, what was kept, return
//! and undo; in English and Polish; and nothing for who does not decide about it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::handover::{ANNA, Firm, PIOTR, entry};
use crate::support::without_times;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use standin::config::Config;
use standin::model::id::UserId;
use standin::model::record::Kind;
use standin::store::keys::Keys;
use standin::store::sessions;
use standin::web::{State, router};
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

const KAMIL: UserId = UserId(3);
const MARIA: UserId = UserId(5);
const ADAM: UserId = UserId(6);

struct Site<'f> {
    firm: &'f Firm,
    router: Router,
    _ends: (watch::Sender<u64>, watch::Sender<bool>),
}

struct Answer {
    status: StatusCode,
    location: String,
    body: String,
}

impl Answer {
    /// Between `before` and the next `after`.
    fn between(&self, before: &str, after: &str) -> &str {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.body));
        rest.split_once(after).unwrap().0
    }

    /// All text, without the request's id.
    fn plain(&self) -> String {
        match self.body.split_once("<code>") {
            Some((before, rest)) => before.to_owned() + rest.split_once("</code>").unwrap().1,
            None => self.body.clone(),
        }
    }
}

impl<'f> Site<'f> {
    fn open(firm: &'f Firm) -> Site<'f> {
        let (changes, changed) = watch::channel(0);
        let (stop, stopping) = watch::channel(false);
        let clock = Arc::clone(&firm.clock);
        let state = State {
            db: firm.db.clone(),
            keys: Keys::derive(&[7; 32]),
            config: Arc::new(Config::default()),
            changes: changed,
            clock: Arc::new(move || standin::model::time::Timestamp(clock.load(std::sync::atomic::Ordering::SeqCst))),
        };
        Site { firm, router: router(state, stopping), _ends: (changes, stop) }
    }

    async fn cookie(&self, user: UserId) -> String {
        let token = [user.0 as u8; 32];
        let mut tx = self.firm.db.write().await.unwrap();
        sessions::end(&mut tx, &Sha256::digest(token)).await.unwrap();
        sessions::begin(&mut tx, &Sha256::digest(token), user, "test", self.firm.now()).await.unwrap();
        tx.commit().await.unwrap();
        format!("standin={}", hex::encode(token))
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let location = parts.headers.get(header::LOCATION).map_or("", |v| v.to_str().unwrap()).to_owned();
        let body = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
        Answer { status: parts.status, location, body }
    }

    async fn get(&self, user: UserId, path: &str) -> Answer {
        let cookie = self.cookie(user).await;
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, user: UserId, path: &str, form: &str) -> Answer {
        let cookie = self.cookie(user).await;
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }
}

#[tokio::test]
async fn a_person_previews_runs_returns_and_undoes_a_hand_over_on_the_pages() {
    let firm = Firm::sqlite().await;
    let leads = (0..213).map(|n| entry(Kind::Lead, &format!("lead {n}"), ANNA)).collect();
    let records = firm.records(leads).await;
    let mut secret = entry(Kind::Opportunity, "Secret merger", ANNA);
    secret.record.confidential = true;
    firm.records(vec![secret]).await;
    let site = Site::open(&firm);
    assert!(site.get(ANNA, "/handovers").await.body.contains("Nothing was handed over yet"));

    let preview = site.get(ANNA, "/handovers/preview?user=1&to=2").await;
    assert!(preview.body.contains("Hand over 213 records"), "{}", preview.body);
    assert!(preview.body.contains("not the deputy for confidential records"));
    assert!(preview.body.contains("Secret merger"), "she may see her own");
    let managers = site.get(MARIA, "/handovers/preview?user=1&to=2").await;
    assert!(managers.body.contains("Hand over 213 records") && !managers.body.contains("Secret merger"));
    let seen = preview.between("name=\"seen\" value=\"", "\"").to_owned();

    let stale = site.post(ANNA, "/handovers", "user=1&to=2&until=&absence=&seen=0").await;
    assert!(stale.body.contains("What would move has changed since you looked"));
    let unseen = site.post(ANNA, "/handovers", "user=1&to=2").await;
    assert!(unseen.body.contains("What would move has changed"), "no effect without a preview");
    assert_eq!(firm.number("select count(*) from handovers").await, 0);

    let begun = site.post(ANNA, "/handovers", &format!("user=1&to=2&until=&absence=&seen={seen}")).await;
    assert_eq!((begun.status, begun.location.as_str()), (StatusCode::SEE_OTHER, "/handovers/1"));
    let running = site.get(ANNA, "/handovers/1").await;
    assert_eq!(running.between("data-state=\"", "\""), "running");
    assert!(running.body.contains("http-equiv=\"refresh\"") && running.body.contains("data-live=\"/handovers/1\""));
    let busy = site.get(ANNA, "/handovers").await;
    assert!(busy.body.contains("href=\"/handovers/1\""));
    firm.tend().await;
    let done = site.get(ANNA, "/handovers/1").await;
    assert_eq!(done.between("data-state=\"", "\""), "done");
    assert!(done.body.contains("Return 213 records") && done.body.contains("Undo: take 213 records back"));
    assert!(!done.body.contains("http-equiv"));
    assert_ne!(done.between("data-seen=\"", "\""), running.between("data-seen=\"", "\""));

    firm.assign(records[7], KAMIL, MARIA).await;
    let sent = site.post(ANNA, "/handovers/1/return", "").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    firm.tend().await;
    let back = site.get(ANNA, "/handovers/1").await;
    let said = without_times(&back.body);
    assert!(said.contains("Maria gave it to Kamil on 22 Nov 2026"), "{said}");
    assert!(back.body.contains("a record that you may not see"), "it is Kamil's now");
    assert!(back.body.contains("Undo the return of 212 records"));
    assert!(site.post(ANNA, "/handovers/1/cancel", "").await.body.contains("in another state by now"));
    site.post(ADAM, "/handovers/1/undo", "").await;
    firm.tend().await;
    assert_eq!(firm.number("select count(*) from records where owner_id = 2").await, 212);
    firm.end().await;
}

#[tokio::test]
async fn who_does_not_decide_finds_no_trace_of_a_hand_over() {
    let firm = Firm::sqlite().await;
    firm.records(vec![entry(Kind::Lead, "lead", ANNA)]).await;
    firm.run(ANNA, PIOTR).await;
    let site = Site::open(&firm);
    for stranger in [KAMIL, PIOTR] {
        let list = site.get(stranger, "/handovers").await;
        assert!(!list.body.contains("/handovers/1"));
        for path in ["", "/return", "/undo", "/cancel"] {
            let (theirs, none) = (format!("/handovers/1{path}"), format!("/handovers/99{path}"));
            let (theirs, none) = match path {
                "" => (site.get(stranger, &theirs).await, site.get(stranger, &none).await),
                _ => (site.post(stranger, &theirs, "").await, site.post(stranger, &none, "").await),
            };
            assert_eq!((theirs.status, none.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
            assert_eq!(theirs.plain(), none.plain());
        }
        let preview = site.get(stranger, "/handovers/preview?user=1&to=3").await;
        assert_eq!(preview.plain(), site.get(stranger, "/handovers/preview?user=99&to=3").await.plain());
        assert_eq!(preview.status, StatusCode::NOT_FOUND);
        let post = site.post(stranger, "/handovers", "user=1&to=3&seen=0").await;
        assert_eq!(post.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(site.get(ADAM, "/handovers/1").await.status, StatusCode::OK);
    assert_eq!(site.get(ADAM, "/handovers/x").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(ADAM, "/handovers/preview?user=x&to=3").await.status, StatusCode::NOT_FOUND);
    firm.end().await;
}

#[tokio::test]
async fn the_pages_of_hand_overs_speak_polish() {
    let firm = Firm::sqlite().await;
    firm.records((0..5).map(|n| entry(Kind::Lead, &format!("lead {n}"), ANNA)).collect()).await;
    firm.sql("update users set language = 'pl'").await;
    let site = Site::open(&firm);
    assert!(site.get(ANNA, "/handovers").await.body.contains("Niczego jeszcze nie przekazano."));
    assert!(site.get(ANNA, "/handovers/preview?user=1&to=2").await.body.contains("Przekaż 5 rekordów"));
    let bad = site.get(ANNA, "/handovers/preview?user=1&to=2&until=jutro").await;
    assert!(bad.body.contains("To nie jest dzień.") && bad.body.contains("value=\"jutro\""), "what was typed stays");
    let none = site.get(ANNA, "/handovers/preview?user=1&to=").await;
    assert!(none.body.contains("Wybierz kogoś"));
    firm.run(ANNA, PIOTR).await;
    assert!(site.get(ANNA, "/handovers/1").await.body.contains("Zwróć 5 rekordów"));
    firm.end().await;
}

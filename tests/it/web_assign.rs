//! Pages on which records are assigned and activities entered, through the router itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::too_many_lines)]

use crate::views_seed::*;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use standin::actions::import::{Options, What, import};
use standin::config::Config;
use standin::model::id::UserId;
use standin::model::record::{Kind, Policy};
use standin::model::time::DAY;
use standin::store::keys::Keys;
use standin::store::{Db, people, sessions};
use standin::web::{State, router};
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

/// The pages of the seeded company at the moment of the seed.
struct Pages {
    router: Router,
    db: Db,
    _ends: (watch::Sender<u64>, watch::Sender<bool>),
    _folder: Folder,
}

struct Answer {
    status: StatusCode,
    to: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn says(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.body.contains(text), "{text} is not in {}", self.body);
        }
    }
}

impl Pages {
    async fn open(name: &str) -> Pages {
        let (db, folder) = sqlite(name).await;
        let (changes, changed) = watch::channel(0);
        let (stop, stopping) = watch::channel(false);
        let state = State {
            db: db.clone(),
            keys: Keys::derive(&[7; 32]),
            config: Arc::new(Config::default()),
            changes: changed,
            clock: Arc::new(|| NOW),
        };
        let pages = Pages { router: router(state, stopping), db, _ends: (changes, stop), _folder: folder };
        let mut tx = pages.db.write().await.unwrap();
        for user in [ANNA, PIOTR, KAMIL, MARIA, ADAM] {
            sessions::begin(&mut tx, &Sha256::digest([user as u8; 32]), UserId(user), "test", NOW).await.unwrap();
        }
        tx.commit().await.unwrap();
        pages
    }

    async fn send(&self, user: i64, request: axum::http::request::Builder, body: Body) -> Answer {
        let cookie = format!("standin={}", hex::encode([user as u8; 32]));
        let request = request.header(header::COOKIE, cookie).body(body).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let to = answer.headers().get(header::LOCATION).map_or("", |v| v.to_str().unwrap()).to_owned();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        Answer { status, to, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    async fn get(&self, user: i64, path: &str) -> Answer {
        self.send(user, Request::get(path), Body::empty()).await
    }

    async fn post(&self, user: i64, path: &str, form: &str) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(user, request, Body::from(form.to_owned())).await
    }

    async fn owner(&self, record: i64) -> i64 {
        let mut tx = self.db.write().await.unwrap();
        let ids = [standin::model::id::RecordId(record)];
        standin::store::records::load(&mut tx, &ids).await.unwrap()[0].record.owner.0
    }
}

#[tokio::test]
async fn a_record_is_assigned_after_a_preview_that_names_who_gains_and_loses_sight() {
    let pages = Pages::open("pages-assign").await;
    let record = pages.get(MARIA, &format!("/records/{PUMPS}")).await;
    record.says(&["/bulk?id=12", "Historia opiekunów"]);
    assert!(!record.body.contains("/activity?kind=task"), "a line manager reads and assigns");
    let form = pages.get(MARIA, &format!("/bulk?id={PUMPS}")).await;
    form.says(&["1 zaznaczony rekord", "name=\"id\" value=\"12\""]);
    let bad = pages.post(MARIA, "/bulk", &format!("id={PUMPS}&what=assign&to=&reason=zmiana")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    bad.says(&["role=\"alert\"", "value=\"zmiana\""]);
    let shown = pages.post(MARIA, "/bulk", &format!("id={PUMPS}&id=999&what=assign&to={KAMIL}&reason=zmiana")).await;
    assert_eq!((shown.status, shown.to.as_str()), (StatusCode::SEE_OTHER, "/bulk/1"));
    assert_eq!(pages.owner(PUMPS).await, ANNA, "nothing changes before it was shown");
    let shown = pages.get(MARIA, "/bulk/1").await;
    shown.says(&[
        "Przekaż 1 rekord",
        "Zyskają wgląd",
        "Kamil Zieliński",
        "Stracą wgląd",
        "Piotr Nowak",
        "№ 999",
        "Nie istnieje albo nie masz do tego wglądu.",
    ]);
    assert_eq!(pages.get(KAMIL, "/bulk/1").await.status, StatusCode::NOT_FOUND, "it is Maria's");
    assert_eq!(pages.post(KAMIL, "/bulk/1", "").await.to, "/bulk/1");
    assert_eq!(pages.owner(PUMPS).await, ANNA);
    let ran = pages.post(MARIA, "/bulk/1", "").await;
    assert_eq!((ran.status, ran.to.as_str()), (StatusCode::SEE_OTHER, "/bulk/1"));
    pages.get(MARIA, "/bulk/1").await.says(&["Zmieniono 1 z 1 rekordów."]);
    assert_eq!(pages.owner(PUMPS).await, KAMIL);
    let timeline = pages.get(KAMIL, &format!("/records/{PUMPS}")).await;
    timeline.says(&["Maria Wójcik assigned it from Anna Kowalska to Kamil Zieliński: zmiana"]);
    pages.get(KAMIL, &format!("/records/{PUMPS}/owners")).await.says(&["zmiana", "assigned", "Maria Wójcik"]);
    assert_eq!(pages.get(ANNA, &format!("/records/{PUMPS}/owners")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn all_that_match_is_counted_within_the_viewers_scope() {
    let pages = Pages::open("pages-all").await;
    pages.get(ANNA, "/records").await.says(&["Zmień zaznaczone", "href=\"/bulk?kind=opportunity\""]);
    let shown = pages.post(ANNA, "/bulk", &format!("kind=&owner={ANNA}&what=assign&to={PIOTR}&step=1")).await;
    let page = pages.get(ANNA, &shown.to).await;
    page.says(&["Przekaż 4 rekordy", "na jeden etap"]);
    // Piotr covers all but the confidential one; Anna goes on reading, her line manager does not.
    page.says(&["Piotr Nowak <span class=\"quiet\">1 rekord<", "Maria Wójcik <span class=\"quiet\">3 rekordy<"]);
    assert!(!page.body.contains("Anna Kowalska <span class=\"quiet\">"), "for a step the owner goes on reading");
    let none = pages.post(KAMIL, "/bulk", &format!("owner={ANNA}&what=assign&to={PIOTR}")).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let append = pages.post(ANNA, "/bulk", &format!("id={ACME}&what=append&to={KAMIL}&role=Service&write=1")).await;
    pages.get(ANNA, &append.to).await.says(&["Dodanie: Kamil Zieliński (Opiekun serwisu)", "Dodaj: 1 rekord"]);
    pages.post(ANNA, &append.to, "").await;
    pages.get(KAMIL, &format!("/records/{ACME}")).await.says(&["Service manager", "Kamil Zieliński"]);
}

#[tokio::test]
async fn what_the_substitute_logs_stands_on_the_timeline_for_the_absent() {
    let pages = Pages::open("pages-activity").await;
    let path = format!("/records/{PUMPS}/activity");
    pages
        .get(PIOTR, &format!("{path}?kind=call"))
        .await
        .says(&["value=\"call\" checked", "name=\"done\" value=\"1\" checked"]);
    for user in [MARIA, KAMIL, ADAM] {
        assert_eq!(pages.get(user, &path).await.status, StatusCode::NOT_FOUND, "{user}");
        let posted = pages.post(user, &path, "kind=note&subject=x").await;
        assert_eq!(posted.status, StatusCode::NOT_FOUND, "{user}");
    }
    let bad = pages.post(PIOTR, &path, "kind=task&subject=+&text=keep+me").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    bad.says(&["Say in a line what it is about.", "keep me"]);
    let call = pages.post(PIOTR, &path, "kind=call&subject=They+want+%3Cb%3Etwelve%3C%2Fb%3E&done=1").await;
    assert_eq!(call.to, format!("/records/{PUMPS}"));
    pages.post(PIOTR, &path, "kind=task&subject=Send+the+price&day=2026-11-21&time=14:00").await;
    let timeline = pages.get(PIOTR, &format!("/records/{PUMPS}")).await;
    timeline.says(&["Phone call", "for Anna Kowalska", "done by Piotr Nowak", "Send the price", "due"]);
    assert!(!timeline.body.contains("<b>twelve"), "what people write is escaped");
    // Newest first among mail: both stand above the mails of this morning.
    let (call, mail) = (timeline.body.find("id=\"a-1\"").unwrap(), timeline.body.find("id=\"m-101\"").unwrap());
    assert!(call < mail);
    // The task went to the owner, who is away: it is on the substitute's Today.
    let today = pages.get(PIOTR, "/").await;
    today.says(&["To be done for Anna Kowalska", "Send the price"]);
    pages.get(ANNA, "/").await.says(&["Do zrobienia", "Send the price"]);
    assert!(!pages.get(KAMIL, "/").await.body.contains("Send the price"));
    assert_eq!(pages.post(KAMIL, "/activities/2", "step=done&next=/").await.status, StatusCode::NOT_FOUND);
    let done = pages.post(PIOTR, "/activities/2", "step=done&next=//evil.example").await;
    assert_eq!(done.to, "/", "and nobody is sent elsewhere");
    let again = pages.post(PIOTR, "/activities/2", "step=cancel&next=/").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    again.says(&["It is done or called off already."]);
    let today = pages.get(PIOTR, "/").await;
    assert!(!today.body.contains("Send the price"));
    // A call with somebody at the account is mostly about a deal: those are offered that the viewer may read.
    let form = pages.get(PIOTR, &format!("/records/{JAN}/activity?kind=call")).await;
    form.says(&["<h1>Log a call</h1>", "value=\"11\" selected>Jan Lis", "value=\"12\">Acme pumps"]);
    assert!(!form.body.contains("Quiet merger") && !form.body.contains("Acme valves"));
    let on_deal = format!("/records/{JAN}/activity");
    let called = pages.post(PIOTR, &on_deal, &format!("kind=call&subject=Asked+again&done=1&on={PUMPS}")).await;
    assert_eq!(called.to, format!("/records/{PUMPS}"));
    pages.get(PIOTR, &called.to).await.says(&["Asked again"]);
    for hidden in [SECRET, VALVES, BETA, 999] {
        let no = pages.post(PIOTR, &on_deal, &format!("kind=call&subject=x&done=1&on={hidden}")).await;
        assert_eq!(no.status, StatusCode::NOT_FOUND, "{hidden}");
    }
    // On the account's timeline it stands under the opportunity.
    pages.get(MARIA, &format!("/records/{ACME}")).await.says(&["Send the price", "href=\"/records/12\""]);
}

#[tokio::test]
async fn activities_are_listed_by_type_original_owner_and_modified_date_and_given_on() {
    let pages = Pages::open("pages-list").await;
    for (user, record, form) in [
        (PIOTR, PUMPS, "kind=task&subject=First"),
        (PIOTR, PUMPS, "kind=note&subject=Second&done=1"),
        (KAMIL, VALVES, "kind=task&subject=Of+Kamil"),
    ] {
        pages.post(user, &format!("/records/{record}/activity"), form).await;
    }
    let all = pages.get(PIOTR, "/activities").await;
    all.says(&["First", "Second", "Re: Pompy", "Faktura", "aria-current=\"page\""]);
    assert!(!all.body.contains("Of Kamil") && !all.body.contains("Poufne") && !all.body.contains("Zawory"));
    let (second, reply) = (all.body.find("Second").unwrap(), all.body.find("Re: Pompy").unwrap());
    assert!(second < reply, "by modified date");
    let tasks = pages.get(PIOTR, "/activities?kind=task&status=open").await;
    assert!(tasks.body.contains("First") && !tasks.body.contains("Second") && !tasks.body.contains("Re: Pompy"));
    tasks.says(&["<span class=\"count\">1</span>"]);
    let mails = pages.get(PIOTR, &format!("/activities?kind=mail&responsible={ANNA}&days=7")).await;
    assert!(mails.body.contains("Re: Pompy") && !mails.body.contains(">First<"));
    let of_anna = pages.get(PIOTR, &format!("/activities?kind=task&original={ANNA}")).await;
    of_anna.says(&["First"]);
    let waits = pages.get(PIOTR, "/activities?kind=mail&status=open").await;
    assert!(waits.body.contains("Re: Pompy") && !waits.body.contains("Faktura"));
    assert_eq!(pages.get(PIOTR, "/activities?kind=x").await.status, StatusCode::NOT_FOUND);
    assert_eq!(pages.get(PIOTR, "/activities?below=1.x").await.status, StatusCode::NOT_FOUND);
    // Page by page: old mails fill more than one.
    let (mut path, mut seen, mut count) = ("/activities?days=90".to_owned(), 0, 0);
    loop {
        let body = pages.get(PIOTR, &path).await.body;
        seen += body.matches("<tr>").count() - 1;
        count += 1;
        let Some((_, rest)) = body.split_once("rel=\"next\" href=\"") else { break };
        path = rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!((seen, count), (usize::try_from(OLD_COUNT).unwrap() + 7, 3));
    let given = pages.post(PIOTR, "/activities/give", &format!("id=1&to={PIOTR}&next=/activities?kind=task")).await;
    assert_eq!(given.to, "/activities?kind=task");
    let refused = pages.post(PIOTR, "/activities/give", &format!("id=1&id=3&to={KAMIL}&next=/activities")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says(&["Kamil Zieliński may not read this record", "№ 3: It does not exist, or it is not yours to see."]);
}

#[tokio::test]
async fn a_lead_that_comes_in_for_the_absent_reaches_the_substitute() {
    let pages = Pages::open("pages-lead").await;
    let mut tx = pages.db.write().await.unwrap();
    let world = people::world(&mut tx, &Policy::default(), NOW).await.unwrap();
    let options = Options {
        skip_broken: false,
        by: None,
        leave_records: false,
        zone: "Europe/Warsaw".into(),
        language: "en".into(),
    };
    let file = b"external_id,name,owner\nl1,New Prospect,anna\nl2,Other Prospect,kamil\n";
    import(&mut tx, What::Records(Kind::Lead), file, &options, &world, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let today = pages.get(PIOTR, "/").await;
    today.says(&["New leads of Anna Kowalska", "New Prospect", "data-answers-now>Piotr Nowak"]);
    assert!(!today.body.contains("Other Prospect"));
    pages.get(PIOTR, "/records?kind=lead").await.says(&["New Prospect"]);
    let kamil = pages.get(KAMIL, "/").await.body + &pages.get(KAMIL, "/records?kind=lead").await.body;
    assert!(!kamil.contains("New Prospect") && kamil.contains("Other Prospect"));
    assert!(NOW.plus(DAY) > NOW);
}

#[tokio::test]
async fn a_step_is_given_back_and_closed_from_the_record() {
    let pages = Pages::open("pages-step").await;
    let shown = pages.post(ANNA, "/bulk", &format!("id={PUMPS}&id={JAN}&what=assign&to={KAMIL}&step=1")).await;
    pages.post(ANNA, &shown.to, "").await;
    pages.get(KAMIL, &format!("/records/{PUMPS}")).await.says(&["Give back", "Close the step"]);
    assert_eq!(pages.get(ANNA, &format!("/records/{PUMPS}")).await.status, StatusCode::OK, "she goes on reading");
    let back = pages.post(KAMIL, &format!("/records/{PUMPS}/step"), "what=back").await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert_eq!(pages.owner(PUMPS).await, ANNA);
    pages.post(KAMIL, &format!("/records/{JAN}/step"), "what=close").await;
    assert_eq!(pages.get(ANNA, &format!("/records/{JAN}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(pages.post(KAMIL, &format!("/records/{PUMPS}/step"), "what=back").await.status, StatusCode::NOT_FOUND);
    assert_eq!(pages.post(KAMIL, "/records/4242/step", "what=close").await.status, StatusCode::NOT_FOUND);
}

//! Pages: every page, for every role, in both languages, through the router itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::support::without_times;
use crate::views_seed::*;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use standin::config::Config;
use standin::model::id::UserId;
use standin::model::time::{DAY, HOUR, Timestamp};
use standin::store::keys::Keys;
use standin::store::{Db, people, sessions};
use standin::web::{State, router};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tower::ServiceExt;

/// The pages of a seeded company, with a clock that the test sets.
pub struct Site {
    router: Router,
    db: Db,
    clock: Arc<AtomicI64>,
    changes: watch::Sender<u64>,
    stop: watch::Sender<bool>,
    _folder: Folder,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Everything but what differs from request to request.
    pub fn without_request_id(mut self) -> (StatusCode, HeaderMap, String) {
        let id = self.header("x-request-id").to_owned();
        assert_eq!(id.len(), 16);
        self.headers.remove("x-request-id");
        (self.status, self.headers, self.body.replace(&id, "ID"))
    }
}

impl Site {
    pub async fn open(name: &str) -> Site {
        Site::with(name, Config::default()).await
    }

    pub async fn with(name: &str, config: Config) -> Site {
        let (db, folder) = sqlite(name).await;
        let clock = Arc::new(AtomicI64::new(NOW.0));
        let (changes, changed) = watch::channel(0);
        let (stop, stopping) = watch::channel(false);
        let reading = Arc::clone(&clock);
        let state = State {
            db: db.clone(),
            keys: Keys::derive(&[7; 32]),
            config: Arc::new(config),
            changes: changed,
            clock: Arc::new(move || Timestamp(reading.load(Ordering::SeqCst))),
        };
        Site { router: router(state, stopping), db, clock, changes, stop, _folder: folder }
    }

    pub fn at(&self, now: Timestamp) {
        self.clock.store(now.0, Ordering::SeqCst);
    }

    /// A session of `user`, as its cookie.
    pub async fn session(&self, user: i64) -> String {
        let token = [user as u8; 32];
        let mut tx = self.db.write().await.unwrap();
        sessions::end(&mut tx, &Sha256::digest(token)).await.unwrap();
        let now = Timestamp(self.clock.load(Ordering::SeqCst));
        sessions::begin(&mut tx, &Sha256::digest(token), UserId(user), "test", now).await.unwrap();
        tx.commit().await.unwrap();
        format!("standin={}", hex::encode(token))
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    pub async fn get_as(&self, user: i64, path: &str) -> Answer {
        let cookie = self.session(user).await;
        self.get(path, &cookie).await
    }

    pub async fn post(&self, path: &str, form: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub async fn password(&self, user: i64, password: &str) {
        let hash = standin::actions::passwords::hash(password.into()).await.unwrap();
        let mut tx = self.db.write().await.unwrap();
        people::set_password_hash(&mut tx, UserId(user), &hash).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn run(&self, sql: &'static str) {
        let mut tx = self.db.write().await.unwrap();
        let standin::store::Tx::Sqlite(t) = &mut tx else { panic!() };
        sqlx::query(sql).execute(&mut **t).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// The number of the attached page in the mail of the seed.
fn page_in_mail() -> usize {
    standin::parse::parse(&wire()).attachments.iter().position(|a| a.content_type == "text/html").unwrap()
}

fn record(id: i64) -> String {
    format!("/records/{id}")
}

fn message(id: i64) -> String {
    format!("/messages/{id}")
}

#[tokio::test]
async fn every_page_opens_for_those_who_may_see_it_and_for_nobody_else() {
    let site = Site::open("web-roles").await;
    // (page, who may see it)
    let pages = [
        (record(ACME), vec![ANNA, PIOTR, MARIA]),
        (record(PUMPS), vec![ANNA, PIOTR, MARIA]),
        (format!("/records/{PUMPS}?before={}.{OLD}", NOW.plus(-10 * DAY).0), vec![ANNA, PIOTR, MARIA]),
        (record(SECRET), vec![ANNA]),
        (record(VALVES), vec![KAMIL]),
        (message(REPLY), vec![ANNA, PIOTR, MARIA]),
        (format!("/messages/{REPLY}/body"), vec![ANNA, PIOTR, MARIA]),
        (format!("/messages/{REPLY}/attachments/{}", page_in_mail()), vec![ANNA, PIOTR, MARIA]),
        (message(WHISPER), vec![ANNA]),
        (message(ON_VALVES), vec![KAMIL]),
        (message(COPIED), vec![ANNA, PIOTR, MARIA, KAMIL]),
        ("/".into(), vec![ANNA, PIOTR, MARIA, KAMIL, ADAM]),
        ("/records".into(), vec![ANNA, PIOTR, MARIA, KAMIL, ADAM]),
        ("/records?kind=lead".into(), vec![ANNA, PIOTR, MARIA, KAMIL, ADAM]),
        ("/records/99999".into(), vec![]),
        ("/records/x".into(), vec![]),
        ("/records?kind=x".into(), vec![]),
        ("/nowhere".into(), vec![]),
    ];
    for user in [ANNA, PIOTR, KAMIL, MARIA, ADAM] {
        let cookie = site.session(user).await;
        for (page, who) in &pages {
            let answer = site.get(page, &cookie).await;
            let expected = if who.contains(&user) { StatusCode::OK } else { StatusCode::NOT_FOUND };
            assert_eq!(answer.status, expected, "user {user}, {page}");
            assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{page}");
            assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{page}");
        }
    }
    for (page, _) in &pages {
        let answer = site.get(page, "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}");
        assert!(answer.header(header::LOCATION).starts_with("/login"), "{page}");
        assert!(answer.body.is_empty());
    }
}

#[tokio::test]
async fn absent_and_forbidden_are_the_same_bytes() {
    let site = Site::open("web-404").await;
    let cookie = site.session(KAMIL).await;
    let absent = site.get("/records/424242", &cookie).await.without_request_id();
    assert_eq!(absent.0, StatusCode::NOT_FOUND);
    let forbidden = [
        record(ACME),
        record(PUMPS),
        record(SECRET),
        format!("/records/{PUMPS}?before=1.1"),
        message(REPLY),
        message(WHISPER),
        format!("/messages/{REPLY}/body"),
        format!("/messages/{REPLY}/attachments/{}", page_in_mail()),
        "/messages/424242".into(),
        "/messages/424242/body".into(),
        "/no/such/page".into(),
    ];
    for page in forbidden {
        assert_eq!(site.get(&page, &cookie).await.without_request_id(), absent, "{page}");
    }
    let live = |page: &str| format!("/live?page={page}&seen=0");
    let absent = site.get(&live("/records/424242"), &cookie).await.without_request_id();
    assert_eq!(site.get(&live(&record(PUMPS)), &cookie).await.without_request_id(), absent);
}

#[tokio::test]
async fn kamil_finds_no_trace_of_what_is_not_his() {
    let site = Site::open("web-trace").await;
    let cookie = site.session(KAMIL).await;
    for page in ["/", "/records", "/records?kind=account", "/records?kind=contact", &record(VALVES), &message(COPIED)] {
        let body = site.get(page, &cookie).await.body;
        for trace in [
            "Acme pumps",
            "Acme sp.",
            "Quiet merger",
            "Anna Kowalska",
            "Re: Pompy",
            "/records/10",
            "/records/12",
            "Poufne",
        ] {
            assert!(!body.contains(trace), "{trace} on {page}");
        }
    }
    let copy = site.get(&message(COPIED), &cookie).await.body;
    assert!(copy.contains("because a copy lies in your mailbox"));
}

#[tokio::test]
async fn a_record_shows_who_answers_now_and_its_timeline() {
    let site = Site::open("web-record").await;
    let english = site.get_as(PIOTR, &record(PUMPS)).await.body;
    for text in [
        "<html lang=\"en\">",
        "Acme pumps",
        "Opportunity",
        "data-answers-now>Piotr Nowak until 27 Nov 2026",
        "Anna Kowalska is away and named this substitute.",
        "Re: Pompy",
        "Waiting 2 hours",
        "Why here?",
        "belongs to Jan Lis, and this is their only open opportunity",
        "No other record came into question",
        "Absence notice for Anna Kowalska sent to jan@acme.example; it names Piotr Nowak",
        "Jan Lis",
        "Today",
        "Mail up to",
        "datetime=\"2026-11-21T10:00:00Z\"",
    ] {
        assert!(english.contains(text) || without_times(&english).contains(text), "{text} in {english}");
    }
    assert!(!english.contains("<script>alert"), "text of mails is escaped");
    let polish = site.get_as(MARIA, &record(PUMPS)).await.body;
    for text in [
        "<html lang=\"pl\">",
        "Szansa",
        "Piotr Nowak do 27 lis 2026",
        "Czeka 2 godziny",
        "Dlaczego tu?",
        "Oś czasu",
        "Dzisiaj",
        "Poczta do",
    ] {
        assert!(polish.contains(text) || without_times(&polish).contains(text), "{text} in {polish}");
    }
    let contact = site.get_as(PIOTR, &record(JAN)).await.body;
    assert!(contact.contains("Answered by Piotr Nowak"));
    let empty = site.get_as(KAMIL, &record(BETA)).await.body;
    assert!(empty.contains("No activity yet."));
    // Adam may assign, but reads no mail.
    assert!(site.get_as(ADAM, "/").await.body.contains("Nothing waits for you."));
}

#[tokio::test]
async fn older_pages_are_links_that_join() {
    let site = Site::open("web-pages").await;
    let cookie = site.session(PIOTR).await;
    let (mut path, mut seen, mut pages) = (record(PUMPS), Vec::new(), 0);
    loop {
        let body = site.get(&path, &cookie).await.body;
        seen.extend(body.match_indices("id=\"m-").map(|(at, _)| body[at + 6..].split('"').next().unwrap().to_owned()));
        pages += 1;
        let Some((_, rest)) = body.split_once("rel=\"next\" href=\"") else { break };
        path = rest.split('"').next().unwrap().to_owned();
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!((seen.len() as i64, once.len() as i64, pages), (OLD_COUNT + 3, OLD_COUNT + 3, 3));
}

#[tokio::test]
async fn today_groups_what_waits_and_what_one_covers() {
    let site = Site::open("web-today").await;
    let body = site.get_as(PIOTR, "/").await.body;
    let said = without_times(&body);
    assert!(said.contains("Covering for Anna Kowalska until 27 Nov 2026 <span class=\"count\">2</span>"), "{body}");
    assert!(body.contains("Waiting for my reply <span class=\"count\">0</span>"));
    let (copied, reply) = (body.find("/messages/106").unwrap(), body.find("/messages/101").unwrap());
    assert!(copied < reply, "what waits longest comes first");
    assert!(!body.contains("Quiet merger") && !body.contains("Acme valves"));
    assert_eq!(body.matches("data-record-id").count(), body.matches("data-answers-now").count());
    let away = site.get_as(ANNA, "/").await.body;
    assert!(without_times(&away).contains("Jesteś poza firmą do 27 lis 2026. Zastępuje: Piotr Nowak."), "{away}");
    let mine = site.get_as(KAMIL, "/").await.body;
    assert!(mine.contains("Zawory &lt;b&gt;pilne&lt;/b&gt;") || mine.contains("Zawory &#60;b&#62;pilne"), "{mine}");
    assert!(mine.contains("data-answers-now>Kamil Zieliński"));
}

#[tokio::test]
async fn what_the_cover_showed_is_gone_when_it_ends() {
    let site = Site::open("web-end").await;
    let cookie = site.session(PIOTR).await;
    for (later, status) in [(6 * DAY + 10 * HOUR, StatusCode::OK), (6 * DAY + 11 * HOUR, StatusCode::NOT_FOUND)] {
        site.at(NOW.plus(later));
        let cookie = if later > 3 * DAY { site.session(PIOTR).await } else { cookie.clone() };
        for page in [record(PUMPS), message(REPLY), format!("/messages/{REPLY}/body")] {
            assert_eq!(site.get(&page, &cookie).await.status, status, "{page}");
        }
        let listed = site.get("/records", &cookie).await.body.contains("Acme pumps");
        let today = site.get("/", &cookie).await.body.contains("Covering for");
        assert_eq!((listed, today), (status == StatusCode::OK, status == StatusCode::OK));
    }
}

#[tokio::test]
async fn a_message_shows_text_quotes_attachments_and_reasons() {
    let site = Site::open("web-message").await;
    let body = site.get_as(PIOTR, &message(REPLY)).await.body;
    for text in [
        "prosimy o 12 pomp",
        "Quoted text and signature",
        "Oferta na pompy",
        "src=\"/messages/101/body\"",
        "sandbox=\"allow-popups allow-popups-to-escape-sandbox\"",
        &format!("/messages/101/attachments/{}", page_in_mail()),
        "On the timeline of",
        "data-record-id=\"12\"",
        "jan@acme.example",
        "Absence notice for Anna Kowalska sent to",
        "Why here?",
    ] {
        assert!(body.contains(text), "{text} in {body}");
    }
    assert!(!body.contains("<img src=x"), "the text of a mail is text");
    assert!(!body.contains("blind@"));
    let silent = site.get_as(PIOTR, &message(COPIED)).await.body;
    assert!(
        silent.contains("No absence notice for Anna Kowalska: This sender was already told about this absence. (R46)")
    );
    assert!(silent.contains("The whole mail is not kept here"));
}

#[tokio::test]
async fn a_hostile_body_is_harmless_and_fenced_in() {
    let site = Site::open("web-body").await;
    let answer = site.get_as(PIOTR, &format!("/messages/{REPLY}/body")).await;
    let policy = answer.header(header::CONTENT_SECURITY_POLICY);
    assert_eq!(answer.headers.get_all(header::CONTENT_SECURITY_POLICY).iter().count(), 1);
    for rule in
        ["default-src 'none'", "img-src data:", "frame-ancestors 'self'", "sandbox allow-popups", "form-action 'none'"]
    {
        assert!(policy.contains(rule), "{rule}");
    }
    assert!(!policy.contains("allow-scripts") && !policy.contains("allow-same-origin"));
    for bad in ["<script", "onclick", "track.example", "alert("] {
        assert!(!answer.body.contains(bad), "{bad} in {}", answer.body);
    }
    for good in [
        "<b>prosimy</b>",
        "data:image/png;base64,iVBORw0KGgo=",
        "data-host=\"acme.example\"",
        "Images from other servers are not loaded.",
    ] {
        assert!(answer.body.contains(good), "{good} in {}", answer.body);
    }
    let page = site.get_as(PIOTR, &message(REPLY)).await;
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    for rule in [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "object-src 'none'",
    ] {
        assert!(policy.contains(rule), "{rule}");
    }
    assert!(!policy.contains("unsafe"));
    assert!(!page.body.contains("style=") && !page.body.contains("<script>"), "nothing inline");
}

#[tokio::test]
async fn attachments_are_saved_and_never_shown() {
    let site = Site::open("web-file").await;
    let answer = site.get_as(PIOTR, &format!("/messages/{REPLY}/attachments/{}", page_in_mail())).await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/octet-stream");
    let disposition = answer.header(header::CONTENT_DISPOSITION);
    assert!(
        disposition.starts_with("attachment; filename=\"zamowienie _1_.html\"; filename*=UTF-8''"),
        "{disposition}"
    );
    assert_eq!(answer.body.trim(), "<script>alert(1)</script>");
    assert!(answer.header(header::CONTENT_SECURITY_POLICY).contains("sandbox"));
    assert_eq!(site.get_as(PIOTR, &format!("/messages/{REPLY}/attachments/7")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn one_signs_in_and_out() {
    let site = Site::open("web-signin").await;
    site.password(PIOTR, "tajne hasło").await;
    let page = site.get("/login?next=/records/12", "").await;
    assert!(page.body.contains("value=\"/records/12\"") && page.body.contains("autocomplete=\"current-password\""));
    let form = "login=Piotr&password=tajne+has%C5%82o&next=%2Frecords%2F12";
    let answer = site.post("/login", form, &[]).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/records/12"));
    let cookie = answer.header(header::SET_COOKIE).to_owned();
    for rule in ["standin=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"] {
        assert!(cookie.contains(rule), "{rule} in {cookie}");
    }
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(site.get(&record(PUMPS), cookie).await.status, StatusCode::OK);
    let stored = Sha256::digest(hex::decode(cookie.strip_prefix("standin=").unwrap()).unwrap());
    let mut tx = site.db.read().await.unwrap();
    assert!(sessions::find(&mut tx, &stored, NOW).await.unwrap().is_some(), "only the hash is stored");
    drop(tx);
    let out = site.post("/logout", "", &[(header::COOKIE, cookie)]).await;
    assert_eq!(out.header(header::LOCATION), "/login");
    assert!(out.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(
        site.get(&record(PUMPS), cookie).await.status,
        StatusCode::SEE_OTHER,
        "the session is over on the server"
    );
}

#[tokio::test]
async fn who_may_not_sign_in_learns_nothing() {
    let site = Site::open("web-wrong").await;
    site.password(PIOTR, "tajne hasło").await;
    site.password(KAMIL, "tajne hasło").await;
    site.run("update users set active = 0 where login = 'kamil'").await;
    let wrong = site.post("/login", "login=piotr&password=x", &[]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let shown = wrong.without_request_id();
    for login in ["nobody", "anna", "kamil"] {
        let form = format!("login={login}&password=tajne+has%C5%82o");
        let answer = site.post("/login", &form, &[]).await.without_request_id();
        assert_eq!(answer.0, shown.0);
        assert_eq!(answer.2.replace(login, "piotr"), shown.2, "{login}");
        assert!(answer.1.get(header::SET_COOKIE).is_none());
    }
    let polish = [(header::ACCEPT_LANGUAGE, "pl-PL,pl;q=0.9,en;q=0.8")];
    assert!(site.post("/login", "login=x&password=y", &polish).await.body.contains("Nieprawidłowy login lub hasło."));
    assert_eq!(site.post("/login", "nonsense", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn guessing_is_slowed_down_and_a_right_password_waits_too() {
    let site = Site::open("web-throttle").await;
    site.password(PIOTR, "tajne hasło").await;
    for _ in 0..6 {
        assert_eq!(site.post("/login", "login=piotr&password=x", &[]).await.status, StatusCode::UNAUTHORIZED);
    }
    let right = "login=piotr&password=tajne+has%C5%82o";
    let slow = site.post("/login", right, &[]).await;
    assert_eq!((slow.status, slow.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "900"));
    assert!(slow.body.contains("Too many attempts."));
    site.at(NOW.plus(HOUR));
    assert_eq!(site.post("/login", right, &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_cookie_is_bound_to_the_host_when_people_come_over_tls() {
    let config = Config { public_url: "https://standin.firma.example".into(), ..Config::default() };
    let site = Site::with("web-tls", config).await;
    site.password(PIOTR, "tajne hasło").await;
    let answer = site.post("/login", "login=piotr&password=tajne+has%C5%82o", &[]).await;
    let cookie = answer.header(header::SET_COOKIE);
    assert!(cookie.starts_with("__Host-standin=") && cookie.contains("Secure") && !cookie.contains("Domain"));
    assert!(answer.header(header::STRICT_TRANSPORT_SECURITY).contains("max-age"));
}

#[tokio::test]
async fn forms_from_other_sites_are_turned_away() {
    let site = Site::open("web-csrf").await;
    let cookie = site.session(PIOTR).await;
    let fetch_site = header::HeaderName::from_static("sec-fetch-site");
    let elsewhere = [
        vec![(fetch_site.clone(), "cross-site")],
        vec![(fetch_site.clone(), "same-site")],
        vec![(header::ORIGIN, "https://evil.example"), (header::HOST, "standin.firma.example")],
    ];
    for mut headers in elsewhere {
        headers.push((header::COOKIE, &cookie));
        let answer = site.post("/logout", "", &headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(answer.body.contains("came from another site"));
    }
    assert_eq!(site.get("/", &cookie).await.status, StatusCode::OK, "still signed in");
    let ours = [(fetch_site, "same-origin"), (header::COOKIE, cookie.as_str())];
    assert_eq!(site.post("/logout", "", &ours).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_ends_with_its_user_its_age_or_its_password() {
    let site = Site::open("web-session").await;
    let cookie = site.session(PIOTR).await;
    assert_eq!(site.get("/", &cookie).await.status, StatusCode::OK);
    assert_eq!(site.get("/", "standin=zz").await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/", &format!("standin={}", "00".repeat(32))).await.status, StatusCode::SEE_OTHER);
    site.at(NOW.plus(4 * DAY));
    assert_eq!(site.get("/", &cookie).await.status, StatusCode::SEE_OTHER, "unused too long");
    let cookie = site.session(PIOTR).await;
    site.run("update users set active = 0 where login = 'piotr'").await;
    assert_eq!(site.get("/", &cookie).await.status, StatusCode::SEE_OTHER, "deactivated");
    let cookie = site.session(KAMIL).await;
    site.password(KAMIL, "nowe hasło").await;
    assert_eq!(site.get("/", &cookie).await.status, StatusCode::SEE_OTHER, "a new password ends old sessions");
}

#[tokio::test]
async fn what_breaks_gives_a_page_with_a_number_for_the_log() {
    let site = Site::open("web-500").await;
    let cookie = site.session(PIOTR).await;
    site.run("alter table links rename to links_away").await;
    let answer = site.get(&record(PUMPS), &cookie).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let id = answer.header("x-request-id").to_owned();
    assert!(answer.body.contains(&id) && answer.body.contains("Something went wrong on our side"));
    assert!(!answer.body.contains("links_away") && !answer.body.contains("database"));
}

#[tokio::test]
async fn assets_are_ours_named_by_content_and_kept() {
    let site = Site::open("web-assets").await;
    let body = site.get("/login", "").await.body;
    let mut size = body.len();
    for attribute in ["<link rel=\"stylesheet\" href=\"", "<script src=\"", "<link rel=\"icon\" href=\""] {
        let url = body.split_once(attribute).unwrap().1.split('"').next().unwrap();
        assert!(url.starts_with("/assets/"), "{url}");
        let answer = site.get(url, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{url}");
        assert!(answer.header(header::CACHE_CONTROL).contains("immutable"));
        size += answer.body.len();
    }
    assert!(size < 120_000, "the first load is light: {size}");
    assert_eq!(site.get("/favicon.ico", "").await.status, StatusCode::OK);
    assert_eq!(site.get("/assets/standin-0.css", "").await.status, StatusCode::NOT_FOUND);
    assert!(!body.contains("http://") && !body.contains("https://"), "nothing from elsewhere");
}

#[tokio::test]
async fn health_is_told_without_signing_in() {
    let site = Site::open("web-health").await;
    assert_eq!(site.get("/livez", "").await.status, StatusCode::OK);
    assert_eq!(site.get("/readyz", "").await.status, StatusCode::OK);
    site.stop.send(true).unwrap();
    assert_eq!(site.get("/livez", "").await.status, StatusCode::OK);
    assert_eq!(site.get("/readyz", "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    site.db.close().await;
    assert_eq!(site.get("/readyz", "").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn other_methods_and_endless_forms_find_nothing() {
    let site = Site::open("web-methods").await;
    let cookie = site.session(PIOTR).await;
    let delete = Request::builder().method(Method::DELETE).uri(record(PUMPS)).header(header::COOKIE, &cookie);
    assert_eq!(site.send(delete.body(Body::empty()).unwrap()).await.status, StatusCode::NOT_FOUND);
    let endless = format!("login=piotr&password={}", "x".repeat(100_000));
    assert!(site.post("/login", &endless, &[]).await.status.is_client_error());
}

#[tokio::test]
async fn a_mailbox_that_is_behind_is_named_to_those_whom_it_concerns() {
    let site = Site::open("web-lag").await;
    site.run("update mailboxes set up_to_date_at = up_to_date_at - 3600000 where name = 'anna'").await;
    assert!(site.get_as(PIOTR, "/").await.body.contains("\">11:59</time>."), "Warsaw time");
    assert!(!site.get_as(KAMIL, "/").await.body.contains("anna"));
    site.run("update mailboxes set up_to_date_at = null where name = 'anna'").await;
    let body = site.get_as(PIOTR, "/").await.body;
    assert!(body.contains("has not been read to its end yet") && !body.contains("1970"));
}

/// A page's address and fingerprint, as its script sends them.
async fn live(site: &Site, page: &str, cookie: &str) -> String {
    let body = site.get(page, cookie).await.body;
    let seen = body.split_once("data-seen=\"").unwrap().1.split('"').next().unwrap();
    format!("/live?page={}&seen={seen}", page.replace('?', "%3F").replace('=', "%3D"))
}

/// The stream of an open page.
struct Stream(Body);

impl Stream {
    async fn open(site: &Site, url: &str, cookie: &str) -> Stream {
        let request = Request::get(url).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
        let answer = site.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        Stream(answer.into_body())
    }

    /// What comes within `millis`; `None` if nothing does, an empty text at the end.
    async fn next(&mut self, millis: u64) -> Option<String> {
        let frame = tokio::time::timeout(Duration::from_millis(millis), self.0.frame()).await.ok()?;
        Some(frame.map_or(String::new(), |f| String::from_utf8_lossy(f.unwrap().data_ref().unwrap()).into_owned()))
    }
}

#[tokio::test]
async fn an_open_page_is_told_when_it_changed_and_only_then() {
    let site = Site::open("web-live").await;
    let (piotr, kamil) = (site.session(PIOTR).await, site.session(KAMIL).await);
    let mut pages = Vec::new();
    for page in ["/", &record(PUMPS), &message(REPLY), "/records"] {
        let url = live(&site, page, &piotr).await;
        pages.push(Stream::open(&site, &url, &piotr).await);
    }
    let url = live(&site, "/", &kamil).await;
    let mut other = Stream::open(&site, &url, &kamil).await;

    // Something that shows on none of these pages.
    site.run("update records set name = 'Beta 2' where id = 20").await;
    site.changes.send_modify(|n| *n += 1);
    for page in &mut pages {
        assert_eq!(page.next(300).await, None, "nothing changed here");
    }
    // An answer: Today, the record and the message change; the list of records does not.
    site.run("update mails set waits = 0, answered_at = 1795262300000 where id = 101").await;
    let before = std::time::Instant::now();
    site.changes.send_modify(|n| *n += 1);
    for page in &mut pages[..3] {
        assert_eq!(page.next(2_000).await.as_deref(), Some("event: changed\ndata: 1\n\n"));
    }
    assert!(before.elapsed() < Duration::from_secs(1), "soon: {:?}", before.elapsed());
    assert_eq!(pages[3].next(300).await, None);
    assert_eq!(other.next(10).await, None, "what Kamil may not see makes no sound");

    // What changed before the stream was opened is told at once.
    let mut late = Stream::open(&site, "/live?page=/&seen=0000000000000000", &piotr).await;
    assert_eq!(late.next(1_000).await.as_deref(), Some("event: changed\ndata: 1\n\n"));
}

#[tokio::test]
async fn an_open_page_ends_with_the_cover_the_session_and_the_server() {
    let site = Site::open("web-live-end").await;
    let piotr = site.session(PIOTR).await;
    let url = live(&site, &record(PUMPS), &piotr).await;
    let mut page = Stream::open(&site, &url, &piotr).await;
    // The absence is cut short.
    site.run("update absences set ends_at = starts_at + 1").await;
    site.changes.send_modify(|n| *n += 1);
    assert_eq!(page.next(2_000).await.as_deref(), Some("event: changed\ndata: 1\n\n"));
    assert_eq!(page.next(2_000).await.as_deref(), Some(""), "and the stream ends");
    assert_eq!(site.get(&url, &piotr).await.status, StatusCode::NOT_FOUND);

    let url = live(&site, "/", &piotr).await;
    let mut page = Stream::open(&site, &url, &piotr).await;
    site.run("delete from sessions").await;
    site.changes.send_modify(|n| *n += 1);
    assert_eq!(page.next(2_000).await.as_deref(), Some("event: changed\ndata: 1\n\n"));
    assert_eq!(page.next(2_000).await.as_deref(), Some(""));
    assert_eq!(site.get(&url, &piotr).await.status, StatusCode::UNAUTHORIZED);

    let piotr = site.session(PIOTR).await;
    let url = live(&site, "/", &piotr).await;
    let mut page = Stream::open(&site, &url, &piotr).await;
    site.stop.send(true).unwrap();
    assert_eq!(page.next(2_000).await.as_deref(), Some(""), "the server stops");
}

#[tokio::test]
async fn the_clock_alone_ends_a_cover_on_an_open_page() {
    let site = Site::open("web-live-clock").await;
    site.at(NOW.plus(6 * DAY + 11 * HOUR - 1));
    let piotr = site.session(PIOTR).await;
    let url = live(&site, &record(PUMPS), &piotr).await;
    let mut page = Stream::open(&site, &url, &piotr).await;
    site.at(NOW.plus(6 * DAY + 11 * HOUR));
    assert_eq!(page.next(5_000).await.as_deref(), Some("event: changed\ndata: 1\n\n"), "with nothing written");
}

#[tokio::test]
async fn the_server_serves_over_a_real_socket_and_stops_when_told() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (db, _folder) = sqlite("web-serve").await;
    let (_changes, changes) = watch::channel(0);
    let state = State {
        db,
        keys: Keys::derive(&[7; 32]),
        config: Arc::new(Config::default()),
        changes,
        clock: Arc::new(|| NOW),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(standin::web::serve(listener, state, async move {
        let _ = stopped.await;
    }));
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

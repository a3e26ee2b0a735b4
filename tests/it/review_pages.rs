//! The pages of review, and of corrections on a mail, in both languages and without a script.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::views_seed::*;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnectOptions;
use standin::config::Config;
use standin::model::id::UserId;
use standin::model::time::Timestamp;
use standin::store::keys::Keys;
use standin::store::sessions;
use standin::web::{State, router};
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

pub(crate) struct Pages {
    router: Router,
    folder: Folder,
    _changes: watch::Sender<u64>,
    _stop: watch::Sender<bool>,
}

/// Kamil is asked about a mail of which a copy lies in his mailbox.
pub(crate) async fn pages(name: &str) -> Pages {
    let (db, folder) = sqlite(&format!("review-pages-{name}")).await;
    let mut tx = db.write().await.unwrap();
    for user in [KAMIL, PIOTR, ADAM] {
        sessions::begin(&mut tx, &Sha256::digest([user as u8; 32]), UserId(user), "test", NOW).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (changes, changed) = watch::channel(0);
    let (stop, stopping) = watch::channel(false);
    let state = State {
        db,
        keys: Keys::derive(&[7; 32]),
        config: Arc::new(Config::default()),
        changes: changed,
        clock: Arc::new(|| -> Timestamp { NOW }),
    };
    let pages = Pages { router: router(state, stopping), folder, _changes: changes, _stop: stop };
    pages.run(&format!("delete from links where mail_id = {COPIED}")).await;
    pages.run(&format!("update mails set linking = 'review', regarding_id = null where id = {COPIED}")).await;
    pages.ask(COPIED, &format!("[{VALVES}]")).await;
    pages
}

impl Pages {
    pub async fn run(&self, sql: &str) {
        let options = SqliteConnectOptions::new().filename(self.folder.0.join("t.db"));
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn ask(&self, mail: i64, records: &str) {
        let sql = format!(
            "insert into reviews (mail_id, reason, at, records, asked_at) select id, 'suggested', at, '{records}', {} \
             from mails where id = {mail}",
            NOW.0
        );
        self.run(&sql).await;
    }

    /// The status, where it leads, and the page.
    pub async fn ask_as(&self, user: i64, method: &str, path: &str, form: &str) -> (StatusCode, String, String) {
        let request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(path)
            .header(header::COOKIE, format!("standin={}", hex::encode([user as u8; 32])))
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let to = parts.headers.get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        let text = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
        (parts.status, to, text)
    }

    pub async fn get(&self, user: i64, path: &str) -> String {
        let (status, _, text) = self.ask_as(user, "GET", path, "").await;
        assert_eq!(status, StatusCode::OK, "{path}");
        text
    }
}

#[tokio::test]
async fn a_mail_is_decided_and_taken_back_on_the_page() {
    let pages = pages("decide").await;
    let page = pages.get(KAMIL, "/review").await;
    for text in
        ["1 of 1", "Acme valves", "its sender takes no part", r#"data-key="1""#, r#"data-key="n""#, "None of these"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(page.contains(&format!("mail {COPIED}</span>")) && !page.contains("/admin/trace"), "{page}");
    assert!(pages.get(KAMIL, "/").await.contains("1 mail is to be reviewed"));
    let (status, to, _) = pages.ask_as(KAMIL, "POST", &format!("/review/{COPIED}"), &format!("choice=r{VALVES}")).await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/review?done=1&n=1"));
    let page = pages.get(KAMIL, &to).await;
    assert!(page.contains("1 mail was decided.") && page.contains("Nothing is to be reviewed."), "{page}");
    assert!(pages.get(KAMIL, &format!("/records/{VALVES}")).await.contains(&format!("/messages/{COPIED}")));
    let (status, to, _) = pages.ask_as(KAMIL, "POST", "/review/decisions/1/undo", "").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(pages.get(KAMIL, &to).await.contains("Taken back."));
    assert!(!pages.get(KAMIL, &format!("/records/{VALVES}")).await.contains(&format!("/messages/{COPIED}")));
}

#[tokio::test]
async fn review_speaks_polish() {
    let pages = pages("polish").await;
    pages.run(&format!("update users set language = 'pl' where id = {KAMIL}")).await;
    let page = pages.get(KAMIL, "/review").await;
    for text in ["Do sprawdzenia", "1 z 1", "Żadne z nich", "Czego dotyczy?", "nadawca nie bierze w tym udziału"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let page = pages.get(KAMIL, &format!("/messages/{COPIED}")).await;
    assert!(page.contains("Popraw") && page.contains("Ta wiadomość czeka na sprawdzenie."), "{page}");
}

#[tokio::test]
async fn what_is_not_asked_of_somebody_is_not_there_for_them() {
    let pages = pages("forbidden").await;
    let bare = |text: String| regex::Regex::new("[0-9a-f]{16}").unwrap().replace_all(&text, "ID").into_owned();
    for (user, path) in [(PIOTR, format!("/review/{COPIED}")), (KAMIL, format!("/review/{WHISPER}"))] {
        let there = pages.ask_as(user, "POST", &path, "choice=none").await;
        let absent = pages.ask_as(user, "POST", "/review/424242", "choice=none").await;
        assert_eq!(there.0, StatusCode::NOT_FOUND);
        assert_eq!((there.1, bare(there.2)), (absent.1, bare(absent.2)));
    }
    assert!(pages.get(PIOTR, "/review").await.contains("Nothing is to be reviewed."));
    // Nothing is decided that was not chosen, and no record is named that one may not read.
    let (status, _, text) = pages.ask_as(KAMIL, "POST", &format!("/review/{COPIED}"), "choice=r999").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, _, hidden) = pages.ask_as(KAMIL, "POST", &format!("/review/{COPIED}"), &format!("choice=r{PUMPS}")).await;
    assert_eq!(bare(text), bare(hidden));
    pages.run(&format!("update reviews set records = '[{PUMPS}]'")).await;
    let page = pages.get(KAMIL, "/review").await;
    assert!(!page.contains("Acme pumps") && page.contains("It could not be placed surely."), "{page}");
    // An admin's look is noted before the page is shown.
    let page = pages.get(ADAM, "/review").await;
    let note = "create table seen as select count(*) as n from audit where action = 'review-read' and path = 'admin'";
    pages.run(note).await;
    pages.run("create table wrong (n check (n = 1)); insert into wrong select n from seen").await;
    // From there to the trace, on which nothing leads where they may not go.
    let link = format!("/admin/trace?mail={COPIED}");
    assert!(page.contains(&format!(r#"<a href="{link}">mail {COPIED}</a>"#)), "{page}");
    let trace = pages.get(ADAM, &link).await;
    let opens = trace.split("<main").nth(1).unwrap().split("href=\"/records/").skip(1);
    for path in opens.map(|rest| format!("/records/{}", rest.split('"').next().unwrap())) {
        pages.get(ADAM, &path).await;
    }
}

#[tokio::test]
async fn a_mails_page_corrects_where_it_belongs_and_undoes_it() {
    let pages = pages("correct").await;
    let path = format!("/messages/{COPIED}/correct");
    let (status, to, text) = pages.ask_as(KAMIL, "POST", &path, &format!("act=move&record=opportunity:{VALVES}")).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{text}");
    let page = pages.get(KAMIL, &to).await;
    assert!(page.contains("Noted.") && page.contains("it is about Acme valves") && page.contains("Undo"), "{page}");
    let word = to.rsplit('=').next().unwrap();
    let (_, to, _) = pages.ask_as(KAMIL, "POST", &format!("/corrections/{word}/undo"), "").await;
    assert!(pages.get(KAMIL, &to).await.contains("Taken back."));
    for (form, why) in [
        ("act=move&record=", "Nothing was chosen."),
        ("act=move&record=Nowhere", "You may see no such record: Nowhere."),
        ("act=fly", "Nothing was chosen."),
    ] {
        let (status, _, text) = pages.ask_as(KAMIL, "POST", &path, form).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && text.contains(why), "{form}: {text}");
    }
    let (status, ..) = pages.ask_as(PIOTR, "POST", &format!("/corrections/{word}/undo"), "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

//! The pages of absence notices: my own, the autoresponder of the admins, and what an absence will say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::views_seed::*;
use crate::web::{Answer, Site};
use axum::http::{StatusCode, header};
use standin::config::{Config, Notice};

async fn post_as(site: &Site, user: i64, path: &str, fields: &[(&str, &str)]) -> Answer {
    let cookie = site.session(user).await;
    let escape = |text: &str| -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        text.bytes().map(|b| if plain(b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
    };
    let body = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>().join("&");
    site.post(path, &body, &[(header::COOKIE, &cookie), (header::ORIGIN, "http://x"), (header::HOST, "x")]).await
}

#[tokio::test]
async fn my_notice_shows_what_a_client_reads_and_saves_what_may_be_sent() {
    let site = Site::open("notice-mine").await;
    let body = site.get_as(PIOTR, "/me/notice").await.body;
    for text in [
        "goes to anybody on the Internet",
        "{substitute_mail}",
        "text-external-en",
        "text-external-pl",
        "This is an automatic reply.",
    ] {
        assert!(body.contains(text), "{text} in {body}");
    }
    assert!(!body.contains("text-internal-en"), "colleagues get none");
    // In Polish as in English.
    let polish = site.get_as(ANNA, "/me/notice").await.body;
    assert!(
        polish.contains("trafia do każdego w Internecie") && polish.contains("To jest automatyczna odpowiedź."),
        "{polish}"
    );

    let wrong =
        [("text-external-en", "Hello,\r\nyour {amount} waits"), ("text-external-pl", "Nie ma mnie."), ("do", "save")];
    let refused = post_as(&site, PIOTR, "/me/notice", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in ["Line 2", "{amount} is not known here", "your {amount} waits", "Nie ma mnie.", "aria-invalid"] {
        assert!(
            refused.body.contains(text) || text == "Line 2" && refused.body.contains("line 2"),
            "{text} in {}",
            refused.body
        );
    }
    assert!(!site.get_as(PIOTR, "/me/notice").await.body.contains("Nie ma mnie."), "nothing of it was saved");

    let right = [("text-external-en", "Back on {back}."), ("text-external-pl", "")];
    let shown = post_as(&site, PIOTR, "/me/notice", &[right[0], right[1], ("do", "show")]).await;
    assert!(shown.body.contains("Nothing is saved yet") && shown.body.contains("Back on "), "{}", shown.body);
    let saved = post_as(&site, PIOTR, "/me/notice", &[right[0], right[1], ("do", "save")]).await;
    assert_eq!((saved.status, saved.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/me/notice?saved"));
    assert!(site.get_as(PIOTR, "/me/notice").await.body.contains("Back on {back}."));
    assert!(!site.get_as(KAMIL, "/me/notice").await.body.contains("Back on {back}."), "it is Piotr's");
    let cleared = post_as(&site, PIOTR, "/me/notice", &[("text-external-en", ""), ("do", "save")]).await;
    assert_eq!(cleared.status, StatusCode::SEE_OTHER);
    assert!(!site.get_as(PIOTR, "/me/notice").await.body.contains("Back on {back}."));
}

#[tokio::test]
async fn the_author_is_one_of_ones_own_addresses() {
    let site = Site::open("notice-author").await;
    let refused = post_as(&site, PIOTR, "/me/notice", &[("do", "author"), ("from", "anna@firma.example")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("is none of the addresses of"), "{}", refused.body);
    let done =
        post_as(&site, PIOTR, "/me/notice", &[("do", "author"), ("name", "Piotr z Firmy"), ("reply_to", "substitute")])
            .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let page = site.get_as(PIOTR, "/me/notice").await.body;
    assert!(page.contains("value=\"Piotr z Firmy\"") && page.contains("value=\"substitute\" selected"), "{page}");
}

#[tokio::test]
async fn the_autoresponder_is_for_admins_and_holds_the_words_of_company_and_teams() {
    let config = Config { notice: Notice { internal: true, ..Notice::default() }, ..Config::default() };
    let site = Site::with("notice-admin", config).await;
    for user in [ANNA, PIOTR, KAMIL, MARIA] {
        assert_eq!(site.get_as(user, "/admin/autoresponder").await.status, StatusCode::NOT_FOUND, "{user}");
        let posted = post_as(&site, user, "/admin/autoresponder", &[("text-external-en", "x"), ("do", "save")]).await;
        assert_eq!(posted.status, StatusCode::NOT_FOUND, "{user}");
    }
    let page = site.get_as(ADAM, "/admin/autoresponder").await.body;
    for text in ["text-external-en", "text-internal-pl", "notice.authserv_id", "own_domains", "English", "polski"] {
        assert!(page.contains(text), "{text} in {page}");
    }
    let words =
        [("text-external-en", "{company} greets you."), ("text-internal-en", "Ask at the desk."), ("do", "save")];
    let saved = post_as(&site, ADAM, "/admin/autoresponder", &words).await;
    assert_eq!(saved.header(header::LOCATION), "/admin/autoresponder?saved");
    let page = site.get_as(ADAM, "/admin/autoresponder").await.body;
    assert!(page.contains("{company} greets you.") && page.contains("Ask at the desk."), "{page}");
    assert_eq!(site.get_as(ADAM, "/admin/autoresponder?team=424242").await.status, StatusCode::NOT_FOUND);
    // The admin reads reasons, and no subject of other people's mail.
    assert!(page.contains("(R46)"), "{page}");
    assert!(!page.contains("href=\"/messages/"), "{page}");
    // What the company wrote, a person reads on their own page.
    let mine = site.get_as(PIOTR, "/me/notice").await.body;
    assert!(mine.contains("text of the company") && mine.contains("Ask at the desk."), "{mine}");
}

#[tokio::test]
async fn an_absence_shows_what_clients_will_read_in_each_language_before_it_is_saved() {
    let site = Site::open("notice-absence").await;
    let fields = [
        ("user", "piotr"),
        ("from", "2026-12-01"),
        ("until", "2026-12-04"),
        ("nature", "leave"),
        ("substitute", "kamil"),
        ("plan", "cover"),
        ("notice", "yes"),
        ("text_en", "I am in the hills until {until}."),
        ("do", "preview"),
    ];
    let page = post_as(&site, PIOTR, "/absences/new", &fields).await.body;
    for text in [
        "What clients will read",
        "goes to anybody on the Internet",
        "I am in the hills until Friday, 4 December 2026.",
        "To jest automatyczna odpowiedź.",
        "do 4 grudnia 2026 r. (piątek) włącznie",
    ] {
        assert!(page.contains(text), "{text} in {page}");
    }
    let silent: Vec<_> = fields.into_iter().filter(|(name, _)| *name != "notice").collect();
    assert!(!post_as(&site, PIOTR, "/absences/new", &silent).await.body.contains("What clients will read"));
    // Anna's runs, with notices: it stands there for who may change it, not for who covers.
    let hers = site.get_as(ANNA, "/absences/1").await.body;
    assert!(hers.contains("Co przeczytają klienci"), "{hers}");
    assert!(!site.get_as(PIOTR, "/absences/1").await.body.contains("What clients will read"));
}

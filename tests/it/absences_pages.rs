//! The pages about absences: who sees what of them, the preview before anything is saved, and that
//! nothing typed is lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::views_seed::*;
use crate::web::{Answer, Site};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use standin::config::Config;
use standin::model::time::{DAY, HOUR};

async fn post_as(site: &Site, user: i64, path: &str, fields: &[(&str, &str)]) -> Answer {
    let cookie = site.session(user).await;
    site.post(path, &encoded(fields), &[(header::COOKIE, &cookie), (header::ORIGIN, "http://x"), (header::HOST, "x")])
        .await
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        text.bytes().map(|b| if plain(b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
    };
    fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>().join("&")
}

/// The value of the hidden token of the form with this button, or of the first there is.
fn token(body: &str) -> String {
    let (_, rest) = body.rsplit_once("name=\"token\" value=\"").expect("a token");
    rest.split('"').next().unwrap().to_owned()
}

const PIOTRS: [(&str, &str); 7] = [
    ("user", "piotr"),
    ("from", "2026-12-01"),
    ("until", "2026-12-04"),
    ("nature", "sick"),
    ("substitute", "kamil"),
    ("plan", "cover"),
    ("writes", "yes"),
];

fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = fields.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more).copied().collect()
}

#[tokio::test]
async fn everybody_sees_who_is_away_and_nobody_the_kind_of_absence() {
    let site = Site::open("absences-list").await;
    site.run("update absences set type = 'sick'").await;
    for user in [ANNA, PIOTR, KAMIL, MARIA, ADAM] {
        let body = site.get_as(user, "/absences").await.body;
        assert!(body.contains("Anna Kowalska") && body.contains("Piotr Nowak"), "{user}");
        assert!(body.contains("datetime=\"2026-11-20\"") && body.contains("datetime=\"2026-11-27\""), "{body}");
        assert!(!body.contains("sick") && !body.contains("illness") && !body.contains("choroba"), "{body}");
        let one = site.get_as(user, "/absences/1").await;
        let enters = [ANNA, MARIA, ADAM].contains(&user);
        let expected = if user == KAMIL { StatusCode::NOT_FOUND } else { StatusCode::OK };
        assert_eq!(one.status, expected, "{user}");
        assert_eq!(one.body.contains("value=\"sick\" selected"), enters, "{user}");
        assert_eq!(one.body.contains("name=\"from\""), enters, "only who may change it has a form: {user}");
        assert_eq!(body.contains("href=\"/absences/1\""), user != KAMIL);
    }
    let forbidden = site.get("/absences/1", &site.session(KAMIL).await).await.without_request_id();
    let absent = site.get("/absences/424242", &site.session(KAMIL).await).await.without_request_id();
    assert_eq!(forbidden, absent);
}

#[tokio::test]
async fn the_month_shows_each_day_away_without_a_script() {
    let site = Site::open("absences-month").await;
    let body = site.get_as(PIOTR, "/absences?month=2026-11").await.body;
    assert!(body.contains("November 2026") && body.contains("data-scroll-x"), "{body}");
    let row = body.split("<th scope=\"row\">Anna Kowalska</th>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert_eq!(row.matches("<td").count(), 30);
    assert_eq!(row.matches("class=\"away").count(), 8, "from the 20th to the 27th: {row}");
    let empty = site.get_as(ANNA, "/absences?month=2026-10").await.body;
    assert!(empty.contains("październik 2026: nikt nie jest poza firmą."), "{empty}");
    assert_eq!(site.get_as(ANNA, "/absences?month=x").await.status, StatusCode::NOT_FOUND);
    // Where nobody answers stands there with a sign, not only a colour.
    site.run("update absences set substitute_id = null").await;
    let body = site.get_as(PIOTR, "/absences").await.body;
    assert!(body.contains("nobody answers") && body.contains("class=\"gap"), "{body}");
}

#[tokio::test]
async fn nothing_is_saved_before_its_preview_and_the_button_carries_the_number() {
    let site = Site::open("absences-new").await;
    let form = site.get_as(KAMIL, "/absences/new").await.body;
    assert!(form.contains("<option value=\"kamil\" selected>") && !form.contains("<option value=\"anna\" selected"));
    let mine = with(
        &PIOTRS,
        &[
            ("user", "kamil"),
            ("substitute", "piotr"),
            ("except_what", "record:"),
            ("except_which", "Acme valves"),
            ("except_who", "maria"),
        ],
    );
    for button in ["save", "preview"] {
        let answer = post_as(&site, KAMIL, "/absences/new", &with(&mine, &[("do", button)])).await;
        assert!(!answer.body.contains("?done=saved"));
        assert_eq!(answer.status.is_success(), button == "preview", "{}", answer.body);
        assert!(
            answer.body.contains("Zapisz: 2 rekordy") || answer.body.contains("Save: 2 records"),
            "{}",
            answer.body
        );
    }
    let preview = post_as(&site, KAMIL, "/absences/new", &with(&mine, &[("do", "preview")])).await.body;
    assert!(preview.contains("Maria Wójcik") && preview.contains("Acme valves (21)"), "{preview}");
    let token = token(&preview);
    // Something changes in between: it is shown again.
    site.run("insert into records (id, kind, name, name_key, owner_id, created_at, updated_at) values (99, 'lead', 'New', 'new', 3, 0, 0)").await;
    let stale = post_as(&site, KAMIL, "/absences/new", &with(&mine, &[("do", "save"), ("token", &token)])).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        stale.body.contains("Something changed since you looked") && stale.body.contains("Save: 3 records"),
        "{}",
        stale.body
    );
    let token = self::token(&stale.body);
    let saved = post_as(&site, KAMIL, "/absences/new", &with(&mine, &[("do", "save"), ("token", &token)])).await;
    assert_eq!((saved.status, saved.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/absences/2?done=saved"));
    let page = site.get_as(KAMIL, "/absences/2?done=saved").await.body;
    assert!(page.contains("Saved.") && page.contains("value=\"record:\" selected"), "{page}");
    // The token is of that one person and that one absence.
    let other = post_as(&site, PIOTR, "/absences/new", &with(&PIOTRS, &[("do", "save"), ("token", &token)])).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_wrong_is_said_in_both_languages_and_the_fields_keep_their_values() {
    let site = Site::open("absences-wrong").await;
    let wrong = [
        ("until", "2026-11-01"),
        ("except_what", "account:"),
        ("except_which", "Nowhere & <b>"),
        ("except_who", "maria"),
        ("text_pl", "Nie ma mnie <b>. {kwota}"),
        ("do", "preview"),
    ];
    let english = post_as(&site, PIOTR, "/absences/new", &with(&PIOTRS, &wrong)).await;
    assert_eq!(english.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in [
        "The last day (1 Nov 2026) lies before the first (1 Dec 2026)",
        "There is no record `Nowhere",
        "The text in `pl` cannot be sent",
        "value=\"2026-12-01\"",
        "value=\"2026-11-01\"",
        "value=\"Nowhere &#38; &#60;b&#62;\"",
        "<option value=\"maria\" selected>",
        "Nie ma mnie &#60;b&#62;. {kwota}",
        "value=\"sick\" selected",
        "role=\"alert\"",
    ] {
        assert!(english.body.contains(text), "{text} in {}", english.body);
    }
    let polish = post_as(
        &site,
        MARIA,
        "/absences/new",
        &with(&PIOTRS, &with(&wrong, &[("user", "maria"), ("substitute", "maria"), ("except_who", "piotr")])),
    )
    .await;
    for text in [
        "Ostatni dzień (1 lis 2026) jest przed pierwszym",
        "Nie ma rekordu „Nowhere",
        "nie może zastępować samego siebie",
    ] {
        assert!(polish.body.contains(text), "{text} in {}", polish.body);
    }
    let unreadable = post_as(&site, PIOTR, "/absences/new", &with(&PIOTRS, &[("from", "1.12.2026")])).await;
    assert!(unreadable.body.contains("`1.12.2026` is no day") && unreadable.body.contains("value=\"1.12.2026\""));
    // More lines are no mistake, whatever else there is.
    let more = post_as(&site, PIOTR, "/absences/new", &with(&PIOTRS, &[("do", "more"), ("from", "")])).await;
    assert_eq!((more.status, more.body.matches("name=\"except_what\"").count()), (StatusCode::OK, 6));
}

#[tokio::test]
async fn others_and_other_sites_enter_nothing() {
    let site = Site::open("absences-others").await;
    let annas = with(&PIOTRS, &[("user", "anna"), ("do", "preview")]);
    let refused = post_as(&site, KAMIL, "/absences/new", &annas).await;
    assert!(
        refused.body.contains("only Anna Kowalska, their line managers and admins")
            || refused.body.contains("Only Anna Kowalska, their line managers and admins"),
        "{}",
        refused.body
    );
    for (user, status) in [(KAMIL, StatusCode::NOT_FOUND), (PIOTR, StatusCode::UNPROCESSABLE_ENTITY)] {
        assert_eq!(post_as(&site, user, "/absences/1", &annas).await.status, status);
        assert_eq!(post_as(&site, user, "/absences/1/end", &[("token", "x")]).await.status, status);
    }
    let cookie = site.session(ANNA).await;
    for path in ["/absences/new", "/absences/1", "/absences/1/end"] {
        let request = Request::post(path)
            .header(header::COOKIE, &cookie)
            .header(header::HOST, "standin.example")
            .header(header::ORIGIN, "https://evil.example")
            .header("sec-fetch-site", "cross-site")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("do=save"))
            .unwrap();
        assert_eq!(site.send(request).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(site.get("/absences/new", "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn i_am_back_is_one_button_with_the_number_and_ends_the_cover() {
    let site = Site::open("absences-end").await;
    let page = site.get_as(ANNA, "/absences/1").await.body;
    assert!(page.contains("Już jestem: 3 rekordy"), "what is confidential is not counted: {page}");
    let end = page.split("action=\"/absences/1/end\"").nth(1).unwrap();
    let token = end.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let stale = post_as(&site, ANNA, "/absences/1/end", &[("token", "0000")]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.get_as(PIOTR, "/records/12").await.status, StatusCode::OK);
    let ended = post_as(&site, ANNA, "/absences/1/end", &[("token", &token)]).await;
    assert_eq!((ended.status, ended.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/absences/1?done=ended"));
    assert_eq!(site.get_as(PIOTR, "/records/12").await.status, StatusCode::NOT_FOUND);
    let over = site.get_as(ANNA, "/absences/1?done=ended").await.body;
    assert!(over.contains("Zakończono.") && over.contains("zakończona") && !over.contains("name=\"from\""), "{over}");
    assert!(site.get_as(KAMIL, "/absences").await.body.contains("Nobody is or will be away."));
}

#[tokio::test]
async fn today_tells_those_concerned_when_something_speaks_against_an_absence() {
    let site = Site::open("absences-today").await;
    for user in [ANNA, PIOTR, MARIA] {
        assert!(!site.get_as(user, "/").await.body.contains("needs attention"), "{user}");
    }
    site.run(
        "insert into absences (id, user_id, first_day, last_day, zone, starts_at, ends_at, notice, created_at) \
              values (2, 2, '2026-11-23', '2026-11-24', 'Europe/Warsaw', 1795388400000, 1795561200000, false, 0)",
    )
    .await;
    let piotr = site.get_as(PIOTR, "/").await.body;
    assert!(piotr.contains("The absence of Anna Kowalska needs attention: Piotr Nowak is away too from 23 Nov 2026 to 24 Nov 2026; in that time nobody answers"), "{piotr}");
    assert!(piotr.contains("The absence of Piotr Nowak needs attention:"));
    for user in [ANNA, MARIA] {
        let body = site.get_as(user, "/").await.body;
        assert!(body.contains("Nieobecność (Anna Kowalska) wymaga uwagi: Piotr Nowak także jest poza firmą od 23 lis 2026 do 24 lis 2026"), "{body}");
        assert!(body.contains("href=\"/absences/1\""));
    }
    for user in [KAMIL, ADAM] {
        assert!(!site.get_as(user, "/").await.body.contains("Anna Kowalska"), "not their business: {user}");
    }
    assert!(site.get_as(ADAM, "/absences").await.body.contains("Needs attention"), "an admin finds it there");
    let fallback =
        Site::with("absences-fallback", Config { fallback_user: Some("maria".into()), ..Config::default() }).await;
    fallback.run("update absences set substitute_id = null").await;
    assert!(!fallback.get_as(ANNA, "/").await.body.contains("wymaga uwagi"), "the company's fallback answers");
    fallback.at(NOW.plus(6 * DAY + 11 * HOUR));
    assert!(fallback.get_as(MARIA, "/absences").await.body.contains("Nikt nie jest i nie będzie poza firmą."));
}

//! The one switch for all notices on its page: how it stands, what turning it does, shown before; the
//! breaker, the limits, the alarm, and mailboxes that answer by themselves. On both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::support::firm::Kind;
use crate::support::office::{Answer, Office, Pages, day, on_both};
use crate::support::process::standin;
use crate::support::tag;
use axum::http::{StatusCode, header};
use standin::model::time::{HOUR, Timestamp};
use standin::store::notice_switch;

const PAGE: &str = "/admin/autoresponder";
const SWITCH: &str = "/admin/autoresponder/switch";

#[track_caller]
fn token(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("name=\"token\" value=\"").unwrap_or_else(|| panic!("{}", page.body));
    rest.split('"').next().unwrap().to_owned()
}

async fn turn(pages: &Pages, user: i64, form: &str) -> String {
    let answer = pages.post(user, SWITCH, form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    answer.headers[header::LOCATION].to_str().unwrap().split('#').next().unwrap().to_owned()
}

#[track_caller]
fn says(page: &Answer, texts: &[&str]) {
    for text in texts {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
}

on_both! {
    an_admin_stops_and_starts_all_notices_on_the_page
    the_breaker_the_limits_and_the_alarm_are_told_in_sentences
    mailboxes_that_answer_by_themselves_are_named_with_the_remedy
    mailboxes_that_perhaps_answer_are_named_as_doubt_with_what_to_do
}

#[test]
fn where_notices_are_off_anyway_the_switch_promises_none() {
    let folder = std::env::temp_dir().join(format!("standin-off-{}", tag()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("standin.toml"), "[notice]\nenabled = false\n").unwrap();
    let says = |line: &str| standin(line.split(' ')).current_dir(&folder).run().stdout;
    let off = "`notice.enabled` is false in the configuration, so there are none.\n";
    assert_eq!(says("notice start"), format!("Nothing stopped them, but {off}"));
    assert_eq!(says("notice stop"), format!("Notices are stopped, in every worker. They were off anyway: {off}"));
    let status = says("notice status");
    assert!(status.contains("lets them go out again. But without that, too, `notice.enabled` is false"), "{status}");
    assert_eq!(says("notice start"), format!("They are no longer stopped, but {off}"));
    std::fs::remove_dir_all(folder).unwrap();
}

async fn an_admin_stops_and_starts_all_notices_on_the_page(kind: Kind) {
    let office = Office::open(kind);
    office.ok(&format!("absence add --user anna --from {} --until {} --substitute piotr --notice", day(-1), day(3)));
    let pages = office.pages().await;
    let (adam, ola) = (office.user("adam"), office.user("ola"));
    // Nobody but admins sees or turns it.
    for login in ["anna", "maria"] {
        let user = office.user(login);
        assert_eq!(pages.get(user, PAGE).await.status, StatusCode::NOT_FOUND);
        assert_eq!(pages.post(user, SWITCH, "do=stop").await.status, StatusCode::NOT_FOUND);
    }
    let page = pages.get(adam, PAGE).await;
    says(&page, &["Stop all notices…", "?switch=look#switch"]);
    assert!(!page.body.contains("name=\"token\""), "nothing can be turned unseen");
    // What it does stands there first; without what was shown nothing is turned.
    let shown = pages.get(adam, &format!("{PAGE}?switch=look")).await;
    says(&shown, &["Stops the notices of everybody", "1 person is away whose clients are told now."]);
    let to = turn(&pages, adam, "do=stop&token=0000").await;
    says(&pages.get(adam, &to).await, &["Nothing was changed."]);
    assert!(office.audited("notices-stopped").is_empty());
    let to = turn(&pages, adam, &format!("do=stop&reason=A+%3Cloop%3E&token={}", token(&shown))).await;
    let page = pages.get(ola, &to).await;
    says(&page, &["Notices have been stopped by Adam Nowak since", "Reason: A &#60;loop&#62;", "Notices are stopped."]);
    assert_eq!(office.audited("notices-stopped"), ["adam notices-stopped - - -"]);
    // Whoever counts on them is told, without what only admins see.
    for path in ["/", "/me/notice", "/absences/1"] {
        let mine = pages.get(office.user("anna"), path).await;
        says(&mine, &["All absence notices are stopped, so none goes out; an admin can start them again."]);
        assert!(!mine.body.contains("Reason: A"), "{path}");
    }
    assert_eq!(office.json("notice status")["stopped_by"], "person", "the commands agree");
    // The same click again finds it turned, and another admin lets them go on.
    let to = turn(&pages, adam, &format!("do=stop&token={}", token(&shown))).await;
    says(&pages.get(adam, &to).await, &["Nothing was changed."]);
    let shown = pages.get(ola, &format!("{PAGE}?switch=look")).await;
    says(&shown, &["Lets notices go out again from now on.", "is not answered afterwards"]);
    let to = turn(&pages, ola, &format!("do=start&token={}", token(&shown))).await;
    says(&pages.get(ola, &to).await, &["Notices go out again."]);
    assert_eq!(office.audited("notices-started"), ["ola notices-started - - -"]);
    assert_eq!(office.json("notice status")["stopped_by"], serde_json::Value::Null);
    // In Polish as in English.
    office.company.rows("update users set language = 'pl' where login = 'adam'");
    let shown = pages.get(adam, &format!("{PAGE}?switch=look")).await;
    says(&shown, &["Zatrzymuje od razu zawiadomienia wszystkich osób.", "Nieobecna jest 1 osoba", "Bezpiecznik"]);
    turn(&pages, adam, &format!("do=stop&token={}", token(&shown))).await;
    says(&pages.get(adam, PAGE).await, &["Zawiadomienia zatrzymane od", "Wznów zawiadomienia…"]);
    pages.close().await;
}

async fn the_breaker_the_limits_and_the_alarm_are_told_in_sentences(kind: Kind) {
    let office = Office::with(kind, |config| {
        config.notice.enabled = true;
        config.notice.breaker = 12;
        config.notice.person_hour = 7;
    });
    let pages = office.pages().await;
    let adam = office.user("adam");
    let page = pages.get(adam, PAGE).await;
    says(
        &page,
        &[
            "<strong>Notices go out.</strong>",
            "Stops all of them for an hour once 12 were tried within an hour",
            "It has counted 0 in the last hour.",
            "7 an hour for one person",
            "but not by mail: colleagues.mailbox names no mailbox",
        ],
    );
    #[allow(clippy::disallowed_methods)] // the commands beside it have the real clock
    let now = Timestamp::from_utc(chrono::Utc::now());
    let mut tx = pages.db.write().await.unwrap();
    assert!(notice_switch::trip(&mut tx, now).await.unwrap());
    let pace = notice_switch::pace(&mut tx, now.plus(HOUR)).await.unwrap();
    assert_eq!((pace.hour, pace.counted, pace.week), (0, 0, 0));
    tx.commit().await.unwrap();
    says(&pages.get(adam, PAGE).await, &["which looks like a loop", "Starting them begins a new count."]);
    let shown = pages.get(adam, &format!("{PAGE}?switch=look")).await;
    let to = turn(&pages, adam, &format!("do=start&token={}", token(&shown))).await;
    says(&pages.get(adam, &to).await, &["Notices go out again.", "<strong>Notices go out.</strong>"]);
    pages.close().await;
}

async fn mailboxes_that_answer_by_themselves_are_named_with_the_remedy(kind: Kind) {
    let office = Office::open(kind);
    let pages = office.pages().await;
    let adam = office.user("adam");
    says(&pages.get(adam, PAGE).await, &["No mailbox is known to answer by itself."]);
    #[allow(clippy::disallowed_methods)] // the commands beside it have the real clock
    let now = chrono::Utc::now().timestamp_millis();
    for (name, how) in [("anna", "sieve"), ("piotr", "mail")] {
        office.company.rows(&format!(
            "update mailboxes set responder = '{how}', responder_at = {now}, sieve_at = null where name = '{name}'"
        ));
    }
    says(
        &pages.get(adam, PAGE).await,
        &[
            "anna: its server says that an absence reply is on",
            "Standin asks again every five minutes",
            "piotr: an automatic reply in its owner&#39;s name",
            "Notices go out again once none was seen for",
        ],
    );
    office.company.rows("update users set language = 'pl' where login = 'adam'");
    says(&pages.get(adam, PAGE).await, &["Skrzynki, które odpowiadają same", "Wyłącz odpowiedź w programie pocztowym"]);
    pages.close().await;
}

async fn mailboxes_that_perhaps_answer_are_named_as_doubt_with_what_to_do(kind: Kind) {
    let office = Office::open(kind);
    office.ok(&format!("absence add --user anna --from {} --until {} --substitute piotr --notice", day(-1), day(3)));
    let absence = format!("/absences/{}", office.company.number("select id from absences"));
    let pages = office.pages().await;
    let (adam, anna, piotr) = (office.user("adam"), office.user("anna"), office.user("piotr"));
    assert!(!pages.get(adam, PAGE).await.body.contains("perhaps answer"));
    assert!(!pages.get(anna, &absence).await.body.contains("perhaps answers"));
    #[allow(clippy::disallowed_methods)] // the commands beside it have the real clock
    let now = chrono::Utc::now().timestamp_millis();
    office.company.rows(&format!("update mailboxes set responder_doubted_at = {now} where name = 'anna'"));
    let page = pages.get(adam, PAGE).await;
    says(
        &page,
        &[
            "Mailboxes that perhaps answer by themselves",
            "nothing proves that it is no forgery. So notices still go out",
            "anna: last seen",
            "Ask its owner whether their mail program or server answers by itself.",
            "until none was seen for",
            "No mailbox is known to answer by itself.",
        ],
    );
    let page = pages.get(anna, &absence).await;
    says(&page, &["Mailbox anna perhaps answers by itself", "Notices still go out."]);
    assert!(!pages.get(piotr, &absence).await.body.contains("perhaps answers"), "it is hers to know");
    office.company.rows("update users set language = 'pl' where login in ('adam', 'anna')");
    says(&pages.get(adam, PAGE).await, &["Skrzynki, które być może odpowiadają same", "Zapytaj właściciela"]);
    says(&pages.get(anna, &absence).await, &["Skrzynka anna być może odpowiada sama"]);
    // Once it is proved, it is said as what is known, and once.
    office.company.rows(&format!("update mailboxes set responder = 'mail', responder_at = {now} where name = 'anna'"));
    assert!(!pages.get(adam, PAGE).await.body.contains("być może"));
    let page = pages.get(anna, &absence).await;
    says(&page, &["nie wyjdzie żadne zawiadomienie"]);
    assert!(!page.body.contains("być może"), "{}", page.body);
    pages.close().await;
}

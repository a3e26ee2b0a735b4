//! The pages about what one is told: settings, sessions, the brief of a cover, the report after an
//! absence; and `standin notify`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::colleagues::{House, anna_promised, on_both};
use crate::support::company::{Company, Kind};
use crate::support::without_times;
use crate::views_seed::{ADAM, ANNA, KAMIL, MARIA, NOW, PIOTR};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use standin::config::Config;
use standin::model::colleagues::{Urgent, Wishes};
use standin::model::id::{RecordId, UserId};
use standin::model::record::Class;
use standin::model::time::{DAY, HOUR, Timestamp};
use standin::store::{notifications, sessions};
use standin::web::{State, router};
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

#[derive(Debug, PartialEq)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    /// Whether it says so, be it with a moment as a `<time>`.
    fn has(&self, text: &str) -> bool {
        self.body.contains(text) || without_times(&self.body).contains(text)
    }
}

/// A session of `user`; `n` tells several apart.
async fn signed_in(house: &House, user: i64, n: u8, now: Timestamp) -> String {
    let mut token = [user as u8; 32];
    token[0] = n;
    let mut tx = house.db.write().await.unwrap();
    sessions::end(&mut tx, &Sha256::digest(token)).await.unwrap();
    sessions::begin(&mut tx, &Sha256::digest(token), UserId(user), &format!("browser {n}"), now).await.unwrap();
    tx.commit().await.unwrap();
    format!("standin={}", hex::encode(token))
}

async fn ask(house: &House, config: &Config, cookie: &str, now: Timestamp, path: &str, form: Option<&str>) -> Answer {
    // `public_url` is https there, which would ask for another cookie.
    let config = Config { public_url: String::new(), ..config.clone() };
    let (_changes, changed) = watch::channel(0);
    let (_stop, stopping) = watch::channel(false);
    let state = State {
        db: house.db.clone(),
        keys: house.keys.clone(),
        config: Arc::new(config),
        changes: changed,
        clock: Arc::new(move || now),
    };
    let request = match form {
        None => Request::get(path).header(header::COOKIE, cookie).body(Body::empty()),
        Some(form) => Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned())),
    };
    let answer = router(state, stopping).oneshot(request.unwrap()).await.unwrap();
    let (mut parts, body) = answer.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let id = parts.headers.remove("x-request-id").unwrap();
    Answer { status: parts.status, headers: parts.headers, body: body.replace(id.to_str().unwrap(), "ID") }
}

async fn get(house: &House, user: i64, now: Timestamp, path: &str) -> Answer {
    let cookie = signed_in(house, user, 1, now).await;
    ask(house, &house.config, &cookie, now, path, None).await
}

async fn post(house: &House, user: i64, path: &str, form: &str) -> Answer {
    let cookie = signed_in(house, user, 1, NOW).await;
    ask(house, &house.config, &cookie, NOW, path, Some(form)).await
}

async fn wishes(house: &House, user: i64) -> Wishes {
    let mut tx = house.db.read().await.unwrap();
    notifications::wishes_of(&mut tx, UserId(user)).await.unwrap()
}

on_both! {
    nobody_is_told_anything_until_they_say_so_on_their_own_page
    a_mistake_saves_nothing_and_keeps_what_was_filled_in
    a_condition_reaches_no_record_that_one_may_not_see
    one_signs_out_ones_own_sessions_and_nobody_elses
    the_brief_is_for_the_substitute_and_the_absent_person_and_shows_no_more_than_they_may_see
    the_report_is_for_the_owner_and_for_substitutes_only_while_the_absence_runs
    today_leads_to_brief_and_report
}

const FORM: &str = "language=en&zone=Europe%2FWarsaw&digest_at=07%3A30&limit=5&contact=&account=&class=&words=&hours=";

async fn nobody_is_told_anything_until_they_say_so_on_their_own_page(house: &House) {
    let page = get(house, PIOTR, NOW, "/me").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.has("name=\"digest\" value=\"on\" aria") && page.has("No conditions: no urgent notices."));
    assert!(page.has("value=\"Europe/Warsaw\"") && page.has("<option value=\"America/New_York\">"));
    let form = "language=pl&zone=America%2FNew_York&digest=on&digest_at=06%3A45&covers=on&limit=3&contact=&\
                account=acme+SP.+z+o.o.&class=a&words=pilne%2C+awaria&hours=4";
    let saved = post(house, PIOTR, "/me", form).await;
    assert_eq!((saved.status, saved.headers[header::LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, "/me?saved"));
    let condition = Urgent {
        contact: None,
        account: Some(RecordId(10)),
        class: Some(Class::A),
        words: vec!["pilne".into(), "awaria".into()],
        waiting_hours: Some(4),
    };
    let expected = Wishes { digest: Some(405), urgent: vec![condition], urgent_a_day: 3, covers: true, since: NOW };
    assert_eq!(wishes(house, PIOTR).await, expected);
    let page = get(house, PIOTR, NOW, "/me?saved").await;
    for text in [
        "lang=\"pl\"",
        "Zapisano.",
        "America/New_York",
        "06:45",
        "w sprawie: Acme sp. z o.o., klasa A, w temacie: pilne lub awaria, czeka dłużej niż 4 godziny",
    ] {
        assert!(page.has(text), "{text} in {}", page.body);
    }
    // Saved again without a change, it is as old as before; then the condition is taken out.
    let stored = "%7B%22account%22%3A10%2C%22class%22%3A%22A%22%2C%22words%22%3A%5B%22pilne%22%2C%22awaria%22%5D%2C%22waiting_hours%22%3A4%7D";
    let same = "language=pl&zone=America%2FNew_York&digest=on&digest_at=06%3A45&covers=on&limit=3&contact=&account=&class=&words=&hours=";
    let cookie = signed_in(house, PIOTR, 1, NOW).await;
    ask(house, &house.config, &cookie, NOW.plus(HOUR), "/me", Some(same)).await;
    assert_eq!(wishes(house, PIOTR).await.since, NOW);
    ask(house, &house.config, &cookie, NOW.plus(HOUR), "/me", Some(&format!("{same}&remove={stored}"))).await;
    assert_eq!(wishes(house, PIOTR).await, Wishes { urgent: Vec::new(), since: NOW.plus(HOUR), ..expected });
    // Without a sender, the page says so.
    let silent = Config { colleagues: Default::default(), ..house.config.clone() };
    let page = ask(house, &silent, &cookie, NOW, "/me", None).await;
    assert!(page.has("Wiadomości wewnętrzne są w tej instalacji wyłączone"), "{}", page.body);
}

async fn a_mistake_saves_nothing_and_keeps_what_was_filled_in(house: &House) {
    for (change, said) in [
        ("zone=Mars%2FPhobos", "This time zone is not known"),
        ("language=de", "This language is not known"),
        ("digest=on&digest_at=25%3A00", "The time of the digest is no time of day"),
        ("digest=on&digest_at=", "The time of the digest is no time of day"),
        ("limit=0", "must be from 1 to 50"),
        ("hours=169", "must be a number from 1 to 168"),
        ("class=E", "A class is A, B, C or D"),
        ("account=Nobody+Ltd", "You may see no such record: Nobody Ltd"),
        ("words=%2C%2C", "fill in at least one field"),
    ] {
        let form = format!("{FORM}&words=keep%20%3Cme%3E&{change}");
        let answer = post(house, PIOTR, "/me", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{change}");
        assert!(answer.has("Nothing was saved.") && answer.has(said), "{change}: {}", answer.body);
        let kept = change.starts_with("words") || answer.has("value=\"keep &#60;me&#62;\"");
        assert!(kept, "{change}: {}", answer.body);
    }
    assert_eq!(wishes(house, PIOTR).await, Wishes::default());
    assert_eq!(house.number("select count(*) from notification_settings").await, 0);
    let foreign = signed_in(house, PIOTR, 1, NOW).await;
    let (_c, changes) = watch::channel(0);
    let (_s, stopping) = watch::channel(false);
    let state = State {
        db: house.db.clone(),
        keys: house.keys.clone(),
        config: Arc::new(Config::default()),
        changes,
        clock: Arc::new(|| NOW),
    };
    let request = Request::post("/me")
        .header(header::COOKIE, foreign)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body(Body::from(format!("{FORM}&digest=on")));
    let answer = router(state, stopping).oneshot(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN, "a form of another site");
    assert_eq!(wishes(house, PIOTR).await, Wishes::default());
}

async fn a_condition_reaches_no_record_that_one_may_not_see(house: &House) {
    let hidden = post(house, KAMIL, "/me", &format!("{FORM}&contact=jan%40acme.example")).await;
    let absent = post(house, KAMIL, "/me", &format!("{FORM}&contact=jon%40acme.example")).await;
    assert_eq!(hidden.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(hidden.body.replace("jan@acme", "jon@acme"), absent.body, "hidden and absent are the same");
    let seen = post(house, PIOTR, "/me", &format!("{FORM}&contact=jan%40acme.example")).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER);
    assert!(get(house, PIOTR, NOW, "/me").await.has("from Jan Lis"));
    // When the cover is over, its name is gone as well.
    let later = get(house, PIOTR, NOW.plus(7 * DAY), "/me").await;
    assert!(!later.has("Jan Lis") && later.has("from a record that you may not see (any more)"), "{}", later.body);
}

async fn one_signs_out_ones_own_sessions_and_nobody_elses(house: &House) {
    let here = signed_in(house, PIOTR, 1, NOW).await;
    let there = signed_in(house, PIOTR, 2, NOW).await;
    let kamil = signed_in(house, KAMIL, 1, NOW).await;
    let page = ask(house, &house.config, &here, NOW, "/me", None).await;
    assert!(page.has("browser 1 <strong>(this browser)</strong>") && page.has("browser 2"), "{}", page.body);
    assert_eq!(page.body.matches("Sign out there").count(), 1);
    let hash = |cookie: &str| {
        let token = hex::decode(cookie.strip_prefix("standin=").unwrap()).unwrap();
        hex::encode(Sha256::digest(token))
    };
    for session in [hash(&kamil), "zz".into(), String::new(), hash(&there)] {
        let form = format!("session={session}");
        let answer = ask(house, &house.config, &here, NOW, "/me/sessions", Some(&form)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    let stands =
        async |cookie: &str| ask(house, &house.config, cookie, NOW, "/me", None).await.status == StatusCode::OK;
    assert!(stands(&here).await && stands(&kamil).await && !stands(&there).await);
}

async fn the_brief_is_for_the_substitute_and_the_absent_person_and_shows_no_more_than_they_may_see(house: &House) {
    anna_promised(house).await;
    let absent = get(house, KAMIL, NOW, "/absences/4242/brief").await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
    for user in [KAMIL, MARIA, ADAM] {
        let answer = get(house, user, NOW, "/absences/1/brief").await;
        assert_eq!(answer, get(house, user, NOW, "/absences/4242/brief").await, "user {user}");
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(get(house, KAMIL, NOW, "/absences/x/brief").await, absent);
    let piotr = get(house, PIOTR, NOW, "/absences/1/brief").await;
    for text in [
        "Cover for Anna Kowalska",
        "From 20 Nov 2026 until 27 Nov 2026, as it is now.",
        "<strong>3</strong> records",
        "<strong>1</strong> opportunity",
        "Jan Lis: Re: Pompy",
        "Waiting 2 hours",
        "I shall send the drawing",
        "to Jan Lis",
        "No open tasks.",
    ] {
        assert!(piotr.has(text), "{text} in {}", piotr.body);
    }
    assert!(!piotr.has("Quiet merger") && !piotr.has("Poufne"));
    assert!(!piotr.has("The words of a client"));
    let anna = get(house, ANNA, NOW, "/absences/1/brief").await;
    assert!(anna.has("Quiet merger") && anna.has("Co zastaje zastępca"), "{}", anna.body);
    // The deputy finds the confidential one, and only that.
    house.run("update absences set deputy_id = 3").await;
    let kamil = get(house, KAMIL, NOW, "/absences/1/brief").await;
    assert!(kamil.has("Quiet merger") && !kamil.has("Acme pumps"), "{}", kamil.body);
    // Before it begins the page says so and shows nothing; after its end it is gone.
    let before = get(house, PIOTR, NOW.plus(-3 * DAY), "/absences/1/brief").await;
    assert!(before.has("It begins on 20 Nov 2026") && !before.has("Acme"), "{}", before.body);
    assert_eq!(get(house, PIOTR, NOW.plus(7 * DAY), "/absences/1/brief").await.status, StatusCode::NOT_FOUND);
}

async fn the_report_is_for_the_owner_and_for_substitutes_only_while_the_absence_runs(house: &House) {
    let anna = get(house, ANNA, NOW, "/absences/1/report").await;
    for text in ["Podczas nieobecności: Anna Kowalska", "nieobecność jeszcze trwa", "Quiet merger", "Poufne"] {
        assert!(anna.has(text), "{text} in {}", anna.body);
    }
    let piotr = get(house, PIOTR, NOW, "/absences/1/report").await;
    assert!(piotr.has("While Anna Kowalska was away") && !piotr.has("Quiet") && !piotr.has("Poufne"), "{}", piotr.body);
    assert!(piotr.has("<strong>2</strong> Clients&#39; mails that came in"), "{}", piotr.body);
    assert_eq!(get(house, KAMIL, NOW, "/absences/1/report").await.status, StatusCode::NOT_FOUND);
    let later = NOW.plus(7 * DAY);
    let anna = get(house, ANNA, later, "/absences/1/report").await;
    assert!(anna.has("Od 20 lis 2026 do 27 lis 2026.") && anna.has("Nadal czeka"), "{}", anna.body);
    let piotr = get(house, PIOTR, later, "/absences/1/report").await;
    assert_eq!(piotr, get(house, PIOTR, later, "/absences/4242/report").await);
    assert_eq!(get(house, ANNA, NOW.plus(-3 * DAY), "/absences/1/report").await.status, StatusCode::NOT_FOUND);
}

async fn today_leads_to_brief_and_report(house: &House) {
    assert!(get(house, PIOTR, NOW, "/").await.has("href=\"/absences/1/brief\""));
    assert!(get(house, ANNA, NOW, "/").await.has("href=\"/absences/1/brief\""));
    assert!(!get(house, KAMIL, NOW, "/").await.has("/absences/"));
    let back = get(house, ANNA, NOW.plus(7 * DAY), "/").await;
    assert!(back.has("href=\"/absences/1/report\"") && !back.has("/absences/1/brief"), "{}", back.body);
    assert!(!get(house, PIOTR, NOW.plus(7 * DAY), "/").await.has("/absences/"));
    assert!(!get(house, ANNA, NOW.plus(30 * DAY), "/").await.has("/absences/"));
    assert!(get(house, PIOTR, NOW, "/").await.has("href=\"/me\""));
}

/// Through the built program: what is set on the command line is shown by it.
fn notify_sets_and_shows_what_somebody_is_told(kind: Kind) {
    let company = Company::found(kind);
    let shown = |more: &[&str]| company.standin(&[&["notify", "show"], more].concat()).succeed().stdout;
    assert!(shown(&[]).contains("Nobody asked for anything"));
    let condition = format!("account={};words=urgent,failure;hours=2", company.client);
    let set = ["notify", "set", "--user", "anna", "--digest", "07:30", "--covers", "on", "--urgent", &condition];
    let done = company.standin(&set).succeed();
    assert!(
        done.stdout.contains("a digest at 07:30 (Europe/Warsaw); urgent mail on Acme, with urgent or failure in the subject, waiting for more than 2 h"),
        "{}",
        done.stdout
    );
    assert!(done.stderr.contains("nothing is sent yet"), "{}", done.stderr);
    let json: serde_json::Value = serde_json::from_str(&shown(&["--user", "anna", "--json"])).unwrap();
    assert_eq!(json["users"][0]["digest"], "07:30");
    assert_eq!(json["users"][0]["urgent"][0]["waiting_hours"], 2);
    // Kamil may not see Acme, so for his conditions it is not there.
    let kamil = company.standin(&["notify", "set", "--user", "kamil", "--urgent", "account=Acme"]).run();
    assert_eq!(kamil.code, Some(2));
    assert!(kamil.stderr.contains("there is no record called `Acme` that this person may see"), "{}", kamil.stderr);
    for wrong in [["--digest", "25:00"], ["--limit", "0"], ["--urgent", "who=me"], ["--zone", "Mars"]] {
        let call = company.standin(&[&["notify", "set", "--user", "anna"], &wrong[..]].concat()).run();
        assert_eq!(call.code, Some(2), "{wrong:?}: {}", call.stderr);
    }
    company
        .standin(&["notify", "set", "--user", "anna", "--digest", "off", "--no-urgent", "--covers", "off"])
        .succeed();
    assert!(shown(&[]).contains("Nobody asked for anything"));
    let team = company.standin(&["notify", "set", "--team", "North", "--copies", "on"]).run();
    assert!(team.code == Some(2) && team.stderr.contains("there is no team `North`"), "{}", team.stderr);
}

#[test]
fn notify_sets_and_shows_what_somebody_is_told_on_sqlite() {
    notify_sets_and_shows_what_somebody_is_told(Kind::Sqlite);
}

#[test]
fn notify_sets_and_shows_what_somebody_is_told_on_postgresql() {
    notify_sets_and_shows_what_somebody_is_told(Kind::Postgres);
}

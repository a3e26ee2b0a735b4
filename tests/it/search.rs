//! Searching (W2) as people do it: over HTTP, on both databases; what it finds, what it says where it finds
//! nothing, and what it never tells.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::differential::Site;
use crate::support::company::Kind;
use crate::support::process::standin;
use crate::support::without_times;
use crate::views_seed::*;
use axum::http::StatusCode;
use regex::Regex;
use standin::config::Config;
use standin::intake::index;
use standin::model::time::{DAY, HOUR};
use standin::store::Tx;

/// The same test on both databases.
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            use super::Kind;

            #[tokio::test]
            async fn on_sqlite() {
                super::$name(Kind::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgresql() {
                super::$name(Kind::Postgres).await;
            }
        }
    )*};
}

on_both! {
    a_client_is_found_by_whatever_is_known_of_them
    mails_are_found_by_words_people_files_and_days
    what_cannot_be_read_is_said_and_the_rest_is_searched
    pages_of_hits_hold_each_once_and_as_many_as_the_heading_says
    nobody_finds_what_they_may_not_read
    what_was_just_entered_is_found_and_what_was_changed_is_not_by_its_old_words
    what_is_exact_and_what_is_mine_comes_first
    a_word_in_very_many_mails_is_found_whole_by_who_sees_few_of_them
    who_answers_stands_on_every_hit
    nothing_that_can_be_typed_is_an_error
}

/// Kamil's contact, with all that can stand on one.
const ZENON: i64 = 40;
/// Kamil's lead in Łódź.
const LODZ: i64 = 41;

fn company() -> Vec<String> {
    let record = |id: i64, kind: &str, name: &str, key: &str, phone: &str, city: &str| {
        format!(
            "insert into records (id, kind, name, name_key, owner_id, confidential, phone, city, account_id, created_at, updated_at)
             values ({id}, '{kind}', '{name}', '{key}', {KAMIL}, false, '{phone}', '{city}', {}, 0, {id})",
            if kind == "contact" { BETA.to_string() } else { "null".into() }
        )
    };
    let mut all = vec![
        record(ZENON, "contact", "Zenon Żółć", "zenon zolc", "22 123-45-67", "Gdynia"),
        record(LODZ, "lead", "Śruby i Łańcuchy", "sruby i lancuchy", "+48 600 100 200", "Łódź"),
        format!("update records set number = 'OP-1042', external_id = 'CRM/77', external_source = 'crm' where id = {VALVES}"),
        format!(
            "insert into record_addresses (address, record_id, standing, created_at)
             values ('zenon.zolc@gdynia.example', {ZENON}, 'vouched', 0)"
        ),
        format!("insert into account_domains (domain, record_id, created_at) values ('beta.example', {BETA}, 0)"),
        format!("update mails set attachments = '[{{\"name\":\"Oferta końcowa.pdf\",\"content_type\":\"application/pdf\",\"size\":10,\"inline\":false}}]',
            attachment_names = 'Oferta końcowa.pdf' where id = {ON_VALVES}"),
        format!("insert into mail_parties (mail_id, position, field, address, name) values
            ({ON_VALVES}, 0, 'from', 'jan@acme.example', 'Jan Lis'), ({ON_VALVES}, 1, 'to', 'kamil@firma.example', 'Kamil Zieliński'),
            ({ON_VALVES}, 2, 'bcc', 'tajny@firma.example', 'Tajny')"),
    ];
    for (what, value) in [
        ("company", "Stocznia Północna"),
        ("mobile", "601 202 303"),
        ("address", "ul. Długa 7, 81-001 Gdynia"),
        ("tax", "5253445767"),
    ] {
        all.push(format!("insert into record_details (record_id, what, value) values ({ZENON}, '{what}', '{value}')"));
    }
    all
}

async fn site(kind: Kind, name: &str, viewer: i64) -> Site {
    filled(kind, name, viewer, &company()).await
}

/// The seeded company with more in it, its words read.
async fn filled(kind: Kind, name: &str, viewer: i64, statements: &[String]) -> Site {
    let site = Site::with(kind, &format!("search-{name}-{viewer}"), viewer, &Config::default(), &[]).await;
    run(&site, statements).await;
    run(&site, &["delete from mail_text".to_owned(), "update progress set upto = 0".to_owned()]).await;
    index::catch_up(&site.db).await.unwrap();
    site
}

/// Runs statements as the program does: what is to happen at a change happens.
async fn run(site: &Site, statements: &[String]) {
    let mut tx = site.db.write().await.unwrap();
    for statement in statements {
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone()));
        match &mut tx {
            Tx::Sqlite(t) => _ = sql.execute(&mut **t).await.unwrap(),
            Tx::Postgres(t) => _ = sql.execute(&mut **t).await.unwrap(),
        }
    }
    tx.commit().await.unwrap();
}

fn escaped(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

struct Page(String);

impl Page {
    async fn of(site: &Site, typed: &str) -> Page {
        Page::at(site, &format!("/search?q={}", escaped(typed))).await
    }

    async fn at(site: &Site, path: &str) -> Page {
        let answer = site.get(path).await;
        assert_eq!(answer.0, StatusCode::OK, "{path}");
        Page(answer.2)
    }

    fn numbers(&self, pattern: &str) -> Vec<i64> {
        Regex::new(pattern).unwrap().captures_iter(&self.0).map(|found| found[1].parse().unwrap()).collect()
    }

    fn records(&self) -> Vec<i64> {
        self.numbers(r#"<tr data-hit data-record-id="(\d+)""#)
    }

    fn mails(&self) -> Vec<i64> {
        self.numbers(r#"class="subject"><a href="/messages/(\d+)""#)
    }

    fn count(&self, group: &str) -> String {
        let pattern = format!(r#"(?s)data-group="{group}">.*?<span class="count">([^<]+)<"#);
        Regex::new(&pattern).unwrap().captures(&self.0).map_or(String::new(), |found| found[1].to_owned())
    }

    fn next(&self) -> Option<String> {
        let found = Regex::new(r#"rel="next" href="([^"]+)""#).unwrap().captures(&self.0).map(|f| f[1].to_owned());
        found.map(|path| path.replace("&amp;", "&").replace("&#38;", "&"))
    }
}

async fn a_client_is_found_by_whatever_is_known_of_them(kind: Kind) {
    let site = site(kind, "known", KAMIL).await;
    for typed in [
        "zolc",
        "Żółć",
        "ZENON żół",
        "22 123-45-67",
        "+48221234567",
        "0048 22 1234567",
        "(22) 123 45 67",
        "45-67",
        "234567",
        "601 202 303",
        "202303",
        "525-344-57-67",
        "5253445767",
        "PL5253445767",
        "zenon.zolc@gdynia.example",
        "zenon.zolc",
        "gdynia.example",
        "@gdynia.example",
        "Stocznia Północna",
        "stocznia polnocna",
        "\"Długa 7\"",
        "dluga gdynia",
        "zenon beta",
    ] {
        assert_eq!(Page::of(&site, typed).await.records(), [ZENON], "{typed}");
    }
    for typed in ["OP-1042", "op1042", "1042", "CRM/77", "crm77"] {
        assert_eq!(Page::of(&site, typed).await.records(), [VALVES], "{typed}");
    }
    for typed in ["lancuchy", "śruby łań", "łódź", "600100200", "100-200"] {
        assert_eq!(Page::of(&site, typed).await.records(), [LODZ], "{typed}");
    }
    // Beta's contact has a word of its account.
    assert_eq!(Page::of(&site, "beta.example").await.records(), [ZENON, BETA]);
    for typed in ["zolcx", "99 123-45-67", "5253445768", "zenon valves"] {
        assert_eq!(Page::of(&site, typed).await.records(), [] as [i64; 0], "{typed}");
    }
    let page = Page::of(&site, "zolc").await.0;
    for part in ["Zenon <mark>Żółć</mark>", "tel:221234567", "Gdynia", "Beta S.A.", "activity?kind=call"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

async fn mails_are_found_by_words_people_files_and_days(kind: Kind) {
    let site = site(kind, "words", KAMIL).await;
    let day = |ago: i64| NOW.plus(-ago).rfc3339()[..10].to_owned();
    let (today, tomorrow) = (day(0), day(-DAY));
    for typed in [
        "zawory pilne".to_owned(),
        "TREŚĆ zawory".into(),
        "\"tresc wiadomosci\" zawory".into(),
        "\"oferta koncowa\"".into(),
        "zawory from:jan".into(),
        "zawory od:jan@acme.example".into(),
        "zawory to:zieliński".into(),
        "from:jan about:OP-1042".into(),
        "about:\"acme valves\"".into(),
        "has:attachment".into(),
        "ma:załącznik zawory".into(),
        format!("zawory after:{today} before:{tomorrow}"),
        "zawory after:2026".into(),
    ] {
        assert_eq!(Page::of(&site, &typed).await.mails(), [ON_VALVES], "{typed}");
    }
    for typed in [
        "zawor".to_owned(),
        "\"pilne zawory\"".into(),
        "zawory from:anna".into(),
        "zawory to:jan".into(),
        "to:tajny".into(),
        "tajny".into(),
        "about:OP-9999 zawory".into(),
        format!("zawory before:{today}"),
        format!("zawory after:{tomorrow}"),
    ] {
        assert_eq!(Page::of(&site, &typed).await.mails(), [] as [i64; 0], "{typed}");
    }
    // Newest first; an operator speaks of mails alone.
    let page = Page::of(&site, "after:2026-01-01").await;
    assert_eq!((page.mails(), page.records().len()), (vec![ON_VALVES, COPIED], 0));
    let page = Page::of(&site, "pilne").await.0;
    assert!(page.contains("&lt;b&gt;") || page.contains("&#60;b&#62;"), "a subject is text: {page}");
    assert!(page.contains("<mark>pilne</mark>") && !page.contains("<b>pilne"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
}

async fn what_cannot_be_read_is_said_and_the_rest_is_searched(kind: Kind) {
    let site = site(kind, "unread", PIOTR).await;
    let page = Page::of(&site, "pumps before:31.02.2026 subject:acme").await;
    assert!(page.0.contains("“31.02.2026” is no day that could be read"), "{}", page.0);
    assert!(page.0.contains(r#"aria-invalid="true" aria-describedby="q-wrong-1""#), "{}", page.0);
    assert!(page.0.contains("“subject:acme” is no operator"), "{}", page.0);
    // What was typed stands in the box.
    assert!(page.0.contains("before:31.02.2026 subject:acme"), "{}", page.0);
    assert_eq!(Page::of(&site, "pumps before:31.02.2026").await.records(), [PUMPS]);
    let none = Page::of(&site, "22 999-45-67").await;
    for part in [
        "No match for “22 999-45-67”",
        "phone read as +48 22 999 45 67",
        "/records/new/lead?phone=%2B48%2022%20999%2045%2067",
    ] {
        assert!(none.0.contains(part), "{part}: {}", none.0);
    }
    assert!(Page::of(&site, "Nowa Firma").await.0.contains("/records/new/contact?name=Nowa%20Firma"));
    assert!(Page::of(&site, "x@nowa.example").await.0.contains("/records/new/lead?emails=x%40nowa.example"));
    let empty = Page::at(&site, "/search").await;
    assert!(empty.0.contains("has:attachment") && !empty.0.contains("data-none"), "{}", empty.0);
    // In Polish.
    run(&site, &[format!("update users set language = 'pl' where id = {PIOTR}")]).await;
    let polish = Page::of(&site, "22 999-45-67 przed:kiedyś").await.0;
    for part in ["telefon odczytany jako +48 22 999 45 67", "„kiedyś” nie jest czytelną datą", "Szukaj"] {
        assert!(polish.contains(part), "{part}: {polish}");
    }
}

async fn pages_of_hits_hold_each_once_and_as_many_as_the_heading_says(kind: Kind) {
    let site = site(kind, "pages", PIOTR).await;
    let overview = Page::of(&site, "starsze").await;
    assert_eq!(overview.count("message"), OLD_COUNT.to_string());
    assert_eq!(overview.mails().len(), 20);
    let (mut path, mut all) = (Some("/search?q=starsze&in=message".to_owned()), Vec::new());
    while let Some(at) = path {
        let page = Page::at(&site, &at).await;
        assert_eq!(page.count("message"), OLD_COUNT.to_string(), "{at}");
        // The address is the state: asked again, it gives the same.
        assert_eq!(Page::at(&site, &at).await.0, page.0);
        all.extend(page.mails());
        path = page.next();
    }
    let mut once = all.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!((all.len(), once.len()), (OLD_COUNT as usize, OLD_COUNT as usize));
    // Contacts in pages, too.
    let many: Vec<String> = (0..60)
        .map(|n| {
            format!(
                "insert into records (id, kind, name, name_key, owner_id, confidential, created_at, updated_at)
                 values ({}, 'contact', 'Wielu {n}', 'wielu {n}', {PIOTR}, false, 0, 0)",
                700 + n
            )
        })
        .collect();
    run(&site, &many).await;
    index::catch_up(&site.db).await.unwrap();
    let first = Page::at(&site, "/search?q=wielu&in=contact").await;
    let second = Page::at(&site, &first.next().unwrap()).await;
    assert_eq!((first.records().len(), second.records().len(), second.next()), (50, 10, None));
    assert_eq!((first.count("contact"), second.count("contact")), ("60".to_owned(), "60".to_owned()));
    assert!(first.records().iter().all(|id| !second.records().contains(id)));
    // An address that means nothing is the first page.
    assert_eq!(Page::at(&site, "/search?q=wielu&in=contact&after=x").await.records(), first.records());
}

async fn nobody_finds_what_they_may_not_read(kind: Kind) {
    for viewer in [KAMIL, PIOTR, ADAM, ANNA] {
        let site = site(kind, "rights", viewer).await;
        let mails = Page::of(&site, "after:2000-01-01").await.mails();
        let quiet = Page::of(&site, "quiet merger").await;
        assert_eq!(quiet.records(), if viewer == ANNA { vec![SECRET] } else { vec![] }, "{viewer}");
        assert_eq!(Page::of(&site, "poufne").await.mails(), if viewer == ANNA { vec![WHISPER] } else { vec![] });
        match viewer {
            // A copy of his own, without the record on which it stands.
            KAMIL => {
                assert_eq!(mails, [ON_VALVES, COPIED]);
                let copy = Page::of(&site, "kopia").await;
                assert_eq!(copy.mails(), [COPIED]);
                assert!(!copy.0.contains("pumps") && !copy.0.contains("Acme"), "{}", copy.0);
                assert_eq!(Page::of(&site, "kopia about:pumps").await.mails(), [] as [i64; 0]);
                assert_eq!(Page::of(&site, "acme").await.records(), [VALVES]);
            }
            ADAM => assert!(mails.is_empty()),
            _ => assert!(mails.contains(&REPLY) && !mails.contains(&ON_VALVES), "{viewer}: {mails:?}"),
        }
    }
}

async fn what_was_just_entered_is_found_and_what_was_changed_is_not_by_its_old_words(kind: Kind) {
    let site = site(kind, "fresh", KAMIL).await;
    let form = site.get("/records/new/lead?phone=%2B48%2022%20999%2045%2067").await;
    assert!(form.2.contains(r#"value="+48 22 999 45 67""#) || form.2.contains("&#43;48 22 999 45 67"), "{}", form.2);
    let wrong = site.ask("POST", "/records/new/lead", "phone=22+999-45-67").await;
    assert_eq!(wrong.0, StatusCode::UNPROCESSABLE_ENTITY, "it needs a name");
    assert!(wrong.2.contains("22 999-45-67"), "nothing is lost: {}", wrong.2);
    let made =
        site.ask("POST", "/records/new/lead", "name=Zupełnie+Nowy&phone=22+999-45-67&emails=on@nowy.example").await;
    assert_eq!(made.0, StatusCode::SEE_OTHER, "{}", made.2);
    let to = made.1.get("location").unwrap().to_str().unwrap().to_owned();
    let id: i64 = to.rsplit('/').next().unwrap().parse().unwrap();
    for typed in ["zupelnie", "+48229994567", "on@nowy.example"] {
        assert_eq!(Page::of(&site, typed).await.records(), [id], "{typed}");
    }
    for path in ["/records/new/account", "/records/new/x"] {
        assert_eq!(site.get(path).await.0, StatusCode::NOT_FOUND);
    }
    run(&site, &[format!("update records set name = 'Inny', name_key = 'inny', phone = null where id = {id}")]).await;
    for typed in ["zupelnie", "+48229994567"] {
        assert_eq!(Page::of(&site, typed).await.records(), [] as [i64; 0], "{typed}");
    }
    assert_eq!(Page::of(&site, "inny").await.records(), [id]);
    run(&site, &[format!("update records set deleted_at = {} where id = {id}", NOW.0)]).await;
    assert_eq!(Page::of(&site, "inny").await.records(), [] as [i64; 0]);
}

async fn what_is_exact_and_what_is_mine_comes_first(kind: Kind) {
    let record = |id: i64, name: &str, owner: i64, updated: i64, phone: &str| {
        format!(
            "insert into records (id, kind, name, name_key, owner_id, confidential, phone, created_at, updated_at)
             values ({id}, 'contact', '{name}', '{}', {owner}, false, {phone}, 0, {updated})",
            name.to_lowercase()
        )
    };
    let share = |id: i64| {
        format!(
            "insert into shares (record_id, user_id, source, may_write, may_share, named, reason, created_at) values ({id}, {PIOTR}, 'share', false, false, false, 'x', 0)"
        )
    };
    let statements = [
        record(51, "Rybak Adam", KAMIL, 900, "null"),
        record(52, "Rybak Bogdan", PIOTR, 100, "null"),
        // Anna's: Piotr answers for her now.
        record(53, "Rybak Celina", ANNA, 500, "null"),
        record(54, "Jan Rybak", PIOTR, 999, "null"),
        record(55, "Rybakowski Ewa", PIOTR, 50, "'+49 22 123 45 67'"),
        record(56, "Inna Osoba", KAMIL, 1, "'22 123 45 67'"),
        share(51),
        share(56),
    ];
    let site = filled(kind, "rank", PIOTR, &statements).await;
    // Names that begin so before others; what one answers for before the rest; the last changed first.
    assert_eq!(Page::of(&site, "rybak").await.records(), [53, 52, 55, 51, 54]);
    let again = Page::of(&site, "rybak").await.0;
    assert_eq!(Page::of(&site, "rybak").await.0, again);
    assert!(Page::of(&site, "22 123 45 67").await.records().contains(&56));
}

async fn a_word_in_very_many_mails_is_found_whole_by_who_sees_few_of_them(kind: Kind) {
    // More mails with the same word on Anna's deal than are gone through for who sees them, some on Kamil's.
    const MANY: i64 = 20_500;
    let source = match kind {
        Kind::Sqlite => {
            "(with recursive n (i) as (select 0 union all select i + 1 from n where i < 20499) select i from n)"
        }
        Kind::Postgres => "generate_series(0, 20499) as n (i)",
    };
    let blob = match kind {
        Kind::Sqlite => "cast('x' || i as blob)",
        Kind::Postgres => "convert_to('x' || i, 'UTF8')",
    };
    let mails = format!(
        "insert into mails (id, identity, copy_key, thread_id, at, arrived_at, direction, author, channel, evidence, from_name,
           from_address, subject, visible, folded, attachments, attachment_names, forward, defects, size, linking, waits, auth_failed, parser_version)
         select 5000 + i, {blob}, 5000 + i, 5000 + i, {0} - cast(i as bigint) * {HOUR}, {0}, 'in', 'human', 'direct', '[]', 'Jan', 'jan@acme.example',
           'Wspolne ' || i, 'tekst', false, '[]', '', false, '[]', 10, 'linked', false, false, 1 from {source} x",
        NOW.0
    );
    let mails = mails.replace("as n (i) x", "as n (i)");
    let link = |record: i64, and: &str| {
        format!(
            "insert into links (mail_id, record_id, governing_id, at, evidence, score, decided_at)
             select id, {record}, {record}, at, '{{\"kind\":\"through\",\"record\":{record}}}', 40, 0 from mails where id >= 5000 {and}"
        )
    };
    let statements = [mails, link(PUMPS, "and (id - 5000) % 80 <> 3"), link(VALVES, "and (id - 5000) % 80 = 3")];
    let site = filled(kind, "common", KAMIL, &statements).await;
    let page = Page::of(&site, "wspolne").await;
    let his = (0..MANY).filter(|n| n % 80 == 3).count().to_string();
    assert_eq!((page.count("message"), page.0.contains("data-cut")), (his, false), "{}", page.0);
    assert_eq!(page.mails()[0], 5003);
    assert_eq!(Page::of(&site, "wspolne tekst from:jan after:2026-11-15").await.count("message"), "2");
    let site = filled(kind, "common", PIOTR, &statements).await;
    let page = Page::of(&site, "wspolne").await;
    assert_eq!((page.count("message").as_str(), page.mails()[0]), ("1\u{a0}000+", 5000), "{}", page.0);
    assert_eq!(Page::of(&site, "\"wspolne 17\"").await.mails(), [5017]);
    // Beyond what is counted the pages go on.
    let last = Page::at(&site, &format!("/search?q=wspolne&in=message&after={}.{}", NOW.0 - 2_000 * HOUR, 7_000)).await;
    assert_eq!((last.mails().len(), last.mails()[0]), (50, 7_001));
}

async fn who_answers_stands_on_every_hit(kind: Kind) {
    let site = site(kind, "answers", PIOTR).await;
    let page = Page::of(&site, "acme").await;
    assert!(!page.records().is_empty());
    let rows = page.0.matches("data-record-id=").count();
    assert_eq!((page.0.matches("data-answers-now").count(), rows > 3), (rows, true));
    assert!(without_times(&page.0).contains("Piotr Nowak until 27 Nov 2026"), "{}", page.0);
    // Reading mail in another's place is noted, and a hit is mail that is read.
    assert!(page.0.contains("data-live=") && page.0.contains("/search?q=acme"), "{}", page.0);
}

async fn nothing_that_can_be_typed_is_an_error(kind: Kind) {
    let site = site(kind, "typed", KAMIL).await;
    let long = "x".repeat(3_000);
    for typed in [
        "'",
        "\"",
        "\"\"\"",
        "*",
        "a*",
        "NEAR(a b)",
        "a AND OR",
        "-a",
        "a:b:c",
        "subject : x",
        "{a}",
        "(",
        ")",
        "^",
        "+",
        "++48",
        "%",
        "_",
        "\\",
        "\0",
        "a\0b",
        "' or 1=1 --",
        "<script>",
        "from:",
        "from:\"",
        "from:'",
        "to:%",
        "about:'",
        "about:\"\"",
        "before:",
        "before:x",
        "after:9999999",
        "after:2026-13-45",
        "has:",
        "has:x",
        "東京",
        "🎉",
        "ł",
        "1",
        "12",
        "0",
        "+48",
        "(22)",
        "a & b | !c <-> d",
        "x:*",
        &long,
    ] {
        Page::of(&site, typed).await;
    }
    for path in [
        "/search?",
        "/search?q",
        "/search?in=x",
        "/search?q=a&in=x&after=1.2.3",
        "/search?q=%FF%FE",
        "/search?q=a&q=b",
        "/search?q=a&in=message&after=99999999999999999999.1",
        "/search?q=a&in=contact&after=-1",
    ] {
        Page::at(&site, path).await;
    }
}

#[tokio::test]
async fn the_command_finds_what_the_page_finds() {
    let site = site(Kind::Sqlite, "command", KAMIL).await;
    let said = |line: &[&str]| standin(line.iter().copied()).env("STANDIN_DATABASE", site.url()).run();
    let json = said(&["search", "zolc", "--as", "kamil", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(found["records"][0]["hits"][0]["id"], ZENON);
    assert_eq!(found["records"][0]["hits"][0]["answers_now"]["name"], "Kamil Zieliński");
    assert_eq!((&found["records"][0]["count"], &found["messages"]["count"]), (&1.into(), &0.into()));
    let phone = said(&["search", "22", "123-45-67", "--as", "kamil"]);
    assert!(
        phone.stdout.contains("contact:40") && phone.stderr.contains("phone read as +48 22 123 45 67"),
        "{phone:?}"
    );
    let mails = said(&["search", "zawory", "before:nigdy", "--as", "kamil", "--in", "message"]);
    assert!(mails.stdout.contains("102") && mails.stderr.contains("before:nigdy is no day"), "{mails:?}");
    assert_eq!(said(&["search", "zolc", "--as", "nobody"]).code, Some(2));
}

//! Who reads by standing in, by the line or by a broken glass is noted, wherever mail is shown: every
//! page and every command is asked, and what it shows is held against the audit.
//!
//! Each mail carries a word that stands nowhere else, and so does each activity. An answer in which
//! such a word stands must have noted the reading of a record that governs it, once, unless a right
//! of the viewer's own shows it. Pages and commands are those of `differential.rs`, which fails on one
//! that it does not know; so a new page that shows mail is asked here without anybody naming it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::differential::{ACTIVITY, MESSAGES, Names, RECORDS, ROUTES, Site, VERBS, Verb, addresses, route};
use crate::support::company::Kind;
use crate::support::process::standin;
use crate::views_seed::*;
use axum::http::StatusCode;
use regex::Regex;
use standin::config::Config;
use standin::model::audit::Action;
use standin::model::id::UserId;
use standin::model::time::{DAY, HOUR};
use standin::store::audit::{self, Filter, Noted};
use standin::store::{Db, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// Away without a substitute: the company's fallback answers.
const OLA: i64 = 6;
const OLAS: i64 = 30;
/// A mail on it: one of the many older ones.
const HERS: i64 = OLD + 1;

/// Who reads, of which records only by a right that the audit notes, and how that is called there.
const VIEWERS: [(i64, &[i64], &str); 5] = [
    (PIOTR, &[ACME, JAN, PUMPS], "cover"),
    (MARIA, &[ACME, JAN, PUMPS], "line"),
    (KAMIL, &[SECRET], "deputy"),
    // In the mailbox of user 7, who has broken the glass, there lies a copy of one mail about pumps.
    (7, &[PUMPS], "break-glass"),
    (8, &[OLAS], "fallback"),
];

/// Pages that are known to show mail; more may come.
const SHOW_MAIL: [&str; 15] = [
    "/api/v1/records/{id}/timeline",
    "/api/v1/messages/{id}",
    "/api/v1/search",
    "/api/v1/today",
    "/api/v1/activities",
    "/api/v1/activities/{id}",
    "/",
    "/search",
    "/records/{id}",
    "/activities",
    "/messages/{id}",
    "/messages/{id}/body",
    "/messages/{id}/attachments/{index}",
    "/absences/{id}/brief",
    "/absences/{id}/report",
];

/// Pages that show people their own mail as their own, whoever else reads it.
const OWN: [&str; 4] = ["/me/notice", "/search", "/api/v1/search", "/api/v1/review"];

/// The seeded company with a word on each mail and activity, a deputy, somebody without a substitute,
/// a broken glass, and an audit from which a test may take lines.
fn marked() -> Vec<String> {
    let (later, since) = (NOW.plus(DAY).0, NOW.plus(-DAY).0);
    let user = |id: i64, login: &str| {
        format!(
            "insert into users (id, login, name, role, zone, language, active, created_at)
             values ({id}, '{login}', '{login}', 'account-manager', 'Europe/Warsaw', 'en', true, 0)"
        )
    };
    vec![
        "update mails set subject = 'Betreff' || id || '.', visible = 'Inhalt' || id || '.'".to_owned(),
        "update activities set subject = 'Aufgabe' || record_id || '.'".to_owned(),
        format!("update absences set deputy_id = {KAMIL}"),
        user(OLA, "ola"),
        user(7, "tom"),
        user(8, "ewa"),
        format!(
            "insert into absences (id, user_id, first_day, last_day, zone, starts_at, ends_at, notice, created_at)
             values (2, {OLA}, '2026-11-20', '2026-11-22', 'Europe/Warsaw', {since}, {later}, false, {since})"
        ),
        format!(
            "insert into records (id, kind, name, name_key, owner_id, confidential, created_at, updated_at)
             values ({OLAS}, 'account', 'Olas', 'olas', {OLA}, false, 0, 0)"
        ),
        format!("update mails set direction = 'in', waits = true where id = {HERS}"),
        format!("update links set record_id = {OLAS}, governing_id = {OLAS} where mail_id = {HERS}"),
        format!(
            "insert into shares (record_id, user_id, source, may_write, may_share, named, until_at, reason, created_at)
             values ({PUMPS}, 7, 'break-glass', false, false, false, {later}, 'x', {since})"
        ),
        "update mailboxes set user_id = 7 where id = 3".to_owned(),
    ]
}

/// What the audit may be emptied by, for the next question.
fn emptying(kind: Kind) -> Vec<String> {
    match kind {
        Kind::Sqlite => vec!["drop trigger audit_no_delete".to_owned()],
        Kind::Postgres => Vec::new(),
    }
}

async fn site(kind: Kind, viewer: i64) -> Site {
    let config = Config { fallback_user: Some("ewa".to_owned()), ..Config::default() };
    let site = Site::with(kind, &format!("reading-{viewer}"), viewer, &config, &marked()).await;
    site.run(&emptying(kind)).await;
    site
}

/// Which mails and activities an answer shows, by the records that govern them.
struct Governing {
    mails: BTreeMap<i64, BTreeSet<i64>>,
    word: Regex,
}

impl Governing {
    async fn load(db: &Db) -> Governing {
        const LINKS: &str = "select mail_id, governing_id from links";
        let mut tx = db.read().await.unwrap();
        let rows: Vec<(i64, i64)> = match &mut tx {
            Tx::Sqlite(t) => sqlx::query_as(LINKS).fetch_all(&mut **t).await.unwrap(),
            Tx::Postgres(t) => sqlx::query_as(LINKS).fetch_all(&mut **t).await.unwrap(),
        };
        let mut mails: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for (mail, record) in rows {
            mails.entry(mail).or_default().insert(record);
        }
        Governing { mails, word: Regex::new(r"(Betreff|Inhalt|Aufgabe)(\d+)\.").unwrap() }
    }

    /// Of each mail or activity in `text` the records that govern it; `also` is a mail that the
    /// address names.
    fn shown(&self, text: &str, also: Option<i64>) -> BTreeMap<String, BTreeSet<i64>> {
        let of = |mail: i64| (format!("mail {mail}"), self.mails.get(&mail).cloned().unwrap_or_default());
        let found = self.word.captures_iter(text).map(|found| {
            let id: i64 = found[2].parse().unwrap();
            if &found[1] == "Aufgabe" { (format!("activity on {id}"), BTreeSet::from([id])) } else { of(id) }
        });
        found.chain(also.map(of)).collect()
    }
}

async fn noted(db: &Db) -> Vec<Noted> {
    let mut tx = db.read().await.unwrap();
    let filter = Filter { action: Some(Action::Read), ..Filter::default() };
    audit::lines(&mut tx, &filter, i64::MAX, 10_000).await.unwrap()
}

/// Every mail and activity that an answer shows of `audited` records alone has a line in the audit.
fn is_noted(what: &str, shown: &BTreeMap<String, BTreeSet<i64>>, viewer: (i64, &[i64], &str), lines: &[Noted]) -> bool {
    let (user, audited, path) = viewer;
    let lines: Vec<&Noted> = lines.iter().filter(|line| line.actor == Some(UserId(user))).collect();
    let records: BTreeSet<i64> = lines.iter().filter_map(|line| Some(line.record?.0)).collect();
    assert_eq!(records.len(), lines.len(), "{what}: noted twice within an hour");
    for line in &lines {
        assert_eq!(line.path.as_deref(), Some(path), "{what}");
        assert!(audited.contains(&line.record.unwrap().0), "{what}: a right of their own shows it");
    }
    let mut any = false;
    for (thing, governing) in shown {
        if governing.iter().any(|record| audited.contains(record)) {
            any = true;
            assert!(
                governing.iter().any(|record| records.contains(record)),
                "{what} shows {thing}, and does not note it"
            );
        }
    }
    any
}

async fn every_page_that_shows_mail_notes_who_reads_it_for_somebody_else(kind: Kind) {
    let records = [RECORDS.as_slice(), &[OLAS]].concat();
    let messages = [MESSAGES.as_slice(), &[HERS]].concat();
    let mut showed = BTreeSet::new();
    // What a page notes does not depend on the database; that it can on PostgreSQL, one shows.
    let few = kind == Kind::Postgres && !crate::support::firm::full();
    for viewer in VIEWERS.into_iter().filter(|(user, ..)| !few || *user == PIOTR) {
        let site = site(kind, viewer.0).await;
        let governing = Governing::load(&site.db).await;
        for one in route("GET") {
            for address in addresses(one, &records, &messages) {
                site.run(&["delete from audit".to_owned()]).await;
                let answer = site.get(&address).await;
                if answer.0 != StatusCode::OK {
                    continue;
                }
                // The address of a mail's page, or of a part of it, says which mail it shows; of a copy
                // of their own it is their own mail.
                let named = address.split('/').nth(2).and_then(|id| id.parse().ok());
                let named = named.filter(|id| one.names == Names::Message && !(viewer.0 == 7 && *id == COPIED));
                let mut shown = governing.shown(&answer.2, named);
                // Review and the dry run of notices show them their own mail as their own, too.
                let own = one.path.starts_with("/review") || OWN.contains(&one.path);
                if viewer.0 == 7 && (one.names == Names::Message || own) {
                    shown.remove(&format!("mail {COPIED}"));
                }
                let what = format!("user {}, {address}", viewer.0);
                if is_noted(&what, &shown, viewer, &noted(&site.db).await) {
                    showed.insert((viewer.2, one.path));
                    // The second look within an hour adds nothing.
                    site.get(&address).await;
                    is_noted(&what, &shown, viewer, &noted(&site.db).await);
                }
            }
        }
    }
    // A test that looks at pages without mail would prove nothing.
    for path in SHOW_MAIL {
        assert!(showed.contains(&("cover", path)), "{path} shows the substitute no mail any more");
    }
    for (_, _, path) in VIEWERS.into_iter().filter(|_| !few) {
        assert!(showed.contains(&(path, "/records/{id}")), "{path}");
    }
    let others = [("deputy", "/"), ("fallback", "/"), ("line", "/activities"), ("break-glass", "/messages/{id}")];
    for found in others.into_iter().filter(|_| !few) {
        assert!(showed.contains(&found), "{found:?}");
    }
}

#[tokio::test]
async fn every_page_that_shows_mail_notes_who_reads_it_for_somebody_else_on_sqlite() {
    every_page_that_shows_mail_notes_who_reads_it_for_somebody_else(Kind::Sqlite).await;
}

#[tokio::test]
async fn every_page_that_shows_mail_notes_who_reads_it_for_somebody_else_on_postgresql() {
    every_page_that_shows_mail_notes_who_reads_it_for_somebody_else(Kind::Postgres).await;
}

#[tokio::test]
async fn every_answer_to_a_form_that_shows_mail_notes_it_too() {
    let viewer = VIEWERS[0];
    for one in ROUTES.iter().filter(|one| one.methods.contains(&"POST")) {
        for form in one.forms {
            // What a form does changes what the next one shows.
            let site = site(Kind::Sqlite, viewer.0).await;
            let governing = Governing::load(&site.db).await;
            let address = addresses(one, &[PUMPS], &[REPLY]).swap_remove(0);
            let activity = (PUMPS + ACTIVITY).to_string();
            let form = form.replace("{id}", &PUMPS.to_string()).replace("{activity}", &activity);
            let answer = site.ask("POST", &address, &form).await;
            let shown = governing.shown(&answer.2, None);
            is_noted(&format!("POST {address}: {form}"), &shown, viewer, &noted(&site.db).await);
        }
    }
}

#[tokio::test]
async fn what_is_ones_own_is_not_noted() {
    let site = site(Kind::Sqlite, ANNA).await;
    let messages: Vec<i64> = MESSAGES.into_iter().filter(|id| *id != ON_VALVES).collect();
    for address in route("GET").flat_map(|one| addresses(one, &[ACME, JAN, PUMPS, SECRET], &messages)) {
        site.get(&address).await;
        assert_eq!(noted(&site.db).await, [], "{address}");
    }
}

#[tokio::test]
async fn the_next_hour_is_noted_again() {
    let site = site(Kind::Sqlite, PIOTR).await;
    site.get("/").await;
    let first = noted(&site.db).await.len();
    assert!(first > 0);
    // The hour before this one, as the audit sees it.
    site.run(&["drop trigger audit_no_update".to_owned(), format!("update audit set at = {}", NOW.plus(-HOUR).0)])
        .await;
    site.get("/").await;
    assert_eq!(noted(&site.db).await.len(), 2 * first);
}

#[tokio::test]
async fn every_command_that_shows_mail_notes_who_reads_it_for_somebody_else() {
    let site = site(Kind::Sqlite, PIOTR).await;
    // Commands take the time from the clock: the absence runs now.
    let now = crate::support::company::now().timestamp_millis();
    site.run(&[format!("update absences set starts_at = {}, ends_at = {} where id = 1", now - DAY, now + DAY)]).await;
    site.run(&[format!("update activities set updated_at = {now}")]).await;
    let governing = Governing::load(&site.db).await;
    let mut showed = BTreeSet::new();
    let lines = VERBS.iter().filter_map(|(_, how)| if let Verb::Scoped(lines) = how { Some(lines) } else { None });
    for line in lines.copied().flatten() {
        for record in [ACME, JAN, PUMPS] {
            site.run(&["delete from audit".to_owned()]).await;
            let line = line.replace("{}", &record.to_string()).replace("kamil", "piotr");
            let answer = standin(line.split(' ')).env("STANDIN_DATABASE", site.url()).run();
            let shown = governing.shown(&answer.stdout, None);
            if is_noted(&line, &shown, VIEWERS[0], &noted(&site.db).await) {
                showed.insert(line.split(' ').take(2).map(str::to_owned).collect::<Vec<_>>()[0].clone());
            }
        }
    }
    assert!(showed.contains("timeline") && showed.contains("activity"), "{showed:?}");
}

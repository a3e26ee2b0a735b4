//! Mails marked confidential by themselves: whoever may not see one is told nothing of it, on any page, by any
//! command, in any list or count, byte for byte; marking shows a mail to nobody; and a person's word on it is last.
//!
//! The seeded company is asked twice: once with some mails marked, once without them. A page or a command that
//! asks sight of a mail through its record, and not through `entry!`, differs here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::differential::{MESSAGES, RECORDS, ROUTES, STRUCTURE, Sees, Site, addresses, route, without_the_rest};
use crate::linking::{Draft, thread_of_two};
use crate::order::{Desk, NOW as NOON};
use crate::rules::{contains, import as save_rules, rule};
use crate::support::company::Kind;
use crate::support::firm;
use crate::support::process::standin;
use crate::views_seed::*;
use axum::http::StatusCode;
use standin::access::Scope;
use standin::actions::actor::Actor;
use standin::actions::caller::Caller;
use standin::actions::corrections::{No, Said};
use standin::actions::{records_life, rules};
use standin::config::Config;
use standin::intake::replay::{Driven, drive};
use standin::model::id::{MailId, RecordId, UserId};
use standin::model::rule::{Field, Rule, Switch, Then};
use standin::model::time::DAY;
use standin::store::{self, Db, automatic_reach, merges, notifications, views};
use std::collections::BTreeSet;

/// What is marked: what waits and is asked about, with a notice and an attachment; a mail of which Kamil has a
/// copy; the answer to a mail that is not.
const SEALED: [i64; 3] = [REPLY, COPIED, ANSWER];

/// Who sees what once these are marked. Piotr covers Anna, Maria is her manager; Ewa stands in for nobody, but
/// some records were shared with her before.
const VIEWERS: [Sees; 5] = [
    Sees { viewer: PIOTR, records: &[ACME, JAN, PUMPS], messages: &[OFFER, QUESTION, OLD], copies: &[] },
    Sees { viewer: MARIA, records: &[ACME, JAN, PUMPS], messages: &[OFFER, QUESTION, OLD], copies: &[] },
    Sees { viewer: EWA, records: &[ACME, JAN, PUMPS], messages: &[OFFER, QUESTION, OLD], copies: &[] },
    Sees { viewer: KAMIL, records: &[BETA, VALVES], messages: &[ON_VALVES], copies: &[COPIED] },
    Sees {
        viewer: ANNA,
        records: &[ACME, JAN, PUMPS, SECRET],
        messages: &[OFFER, REPLY, QUESTION, ANSWER, WHISPER, COPIED, OLD],
        copies: &[],
    },
];
const EWA: i64 = 6;
/// Marked, in Anna's mailbox, standing nowhere: it may be about PUMPS, so whoever covers her would be asked.
const ASKED: i64 = OLD + 2;

/// What both companies have beside the seed: an appointment-like task of Anna's own, facts of the marked mails,
/// and questions about them.
fn company() -> Vec<String> {
    let asked = |mail: i64, records: &str| {
        format!("update reviews set records = '{records}' where mail_id = {mail} and reason = 'several'")
    };
    vec![
        format!(
            "insert into users (id, login, name, role, zone, language, active, created_at)
             values ({EWA}, 'ewa', 'Ewa', 'account-manager', 'Europe/Warsaw', 'en', true, 0)"
        ),
        format!(
            "insert into shares (record_id, user_id, source, may_write, may_share, named, reason, created_at)
             select id, {EWA}, 'share', true, true, false, 'x', 0 from records where id in ({ACME}, {JAN}, {PUMPS})"
        ),
        format!("update mails set linking = 'review', direction = 'in', sealed = true where id = {ASKED}"),
        format!("delete from links where mail_id = {ASKED}"),
        format!(
            "insert into locations (id, folder_id, epoch, uid, state, mail_id, arrival, size, flags, seen_at)
             values (9, 1, 0, 9, 'stored', {ASKED}, 'live', 100, '', 0)"
        ),
        format!(
            "insert into reviews (mail_id, reason, at, records, asked_at)
             select id, 'suggested', at, '[{PUMPS}]', at from mails where id = {ASKED}"
        ),
        // Alone it would be Piotr's to answer.
        asked(REPLY, &format!("[{PUMPS}]")),
        format!(
            "insert into automatic_said (mail_id, what, address, certainty)
             values ({REPLY}, 'left', 'jan@acme.example', 'sure')"
        ),
    ]
}

fn sealed() -> Vec<String> {
    let mails = SEALED.map(|id| id.to_string()).join(", ");
    vec![
        format!("update mails set sealed = true where id in ({mails})"),
        format!("update links set sealed = true where mail_id in ({mails})"),
    ]
}

/// The company with marked mails, and the one without those that the viewer may not see.
async fn both(kind: Kind, sees: &Sees) -> (Site, Site) {
    let whole = [company(), sealed()].concat();
    let open = async |name: &str, more: &[String]| {
        Site::with(kind, &format!("sealed-{name}-{}", sees.viewer), sees.viewer, &Config::default(), more).await
    };
    // Of what they have a copy alone not even the mark is told.
    let copies = sees.copies.iter().map(|id| format!("update mails set sealed = false where id = {id}"));
    let mut gone = Vec::new();
    if sees.viewer != ANNA {
        gone.push(format!("delete from mails where id = {ASKED}"));
    }
    for table in ["links", "automatic_said", "locations", "reviews"] {
        gone.push(format!("delete from {table} where mail_id is not null and mail_id not in (select id from mails)"));
    }
    let rest: Vec<String> = [whole.clone(), without_the_rest(sees), copies.collect(), gone].concat();
    (open("whole", &whole).await, open("rest", &rest).await)
}

/// Where two texts begin to differ.
fn difference(one: &str, other: &str) -> String {
    let at = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let from = at.saturating_sub(60);
    let cut = |text: &str| text.chars().skip(from).take(160).collect::<String>();
    format!("\n  {:?}\n  {:?}", cut(one), cut(other))
}

fn viewers(kind: Kind) -> impl Iterator<Item = &'static Sees> {
    static ALL: [Sees; 5] = VIEWERS;
    let all = kind == Kind::Sqlite || crate::support::firm::full();
    ALL.iter().filter(move |sees| all || [PIOTR, KAMIL].contains(&sees.viewer))
}

async fn every_page_is_as_if_it_were_not_there(kind: Kind) {
    let messages = [MESSAGES.as_slice(), &[424_242]].concat();
    for sees in viewers(kind) {
        let (whole, rest) = both(kind, sees).await;
        let (mut shown, mut told) = (0, Vec::new());
        for address in route("GET").flat_map(|route| addresses(route, &RECORDS, &messages)) {
            let (one, other) = (whole.get(&address).await, rest.get(&address).await);
            if one != other {
                told.push(format!("{address}:{}", difference(&one.2, &other.2)));
            }
            shown += usize::from(one.0 == StatusCode::OK);
        }
        assert!(told.is_empty(), "user {} is told of marked mail by {}", sees.viewer, told.join("\n"));
        assert!(shown > 40, "user {} sees too little to prove anything: {shown}", sees.viewer);
        // Whoever sees it is told in a word that it is marked.
        let (code, _, page) = whole.get(&format!("/messages/{REPLY}")).await;
        let marked = page.contains(r#"<span class="tag">poufna</span>"#);
        assert_eq!((code == StatusCode::OK, marked), (sees.viewer == ANNA, sees.viewer == ANNA), "{}", sees.viewer);
    }
}

#[tokio::test]
async fn every_page_is_as_if_a_marked_mail_were_not_there_on_sqlite() {
    every_page_is_as_if_it_were_not_there(Kind::Sqlite).await;
}

#[tokio::test]
async fn every_page_is_as_if_a_marked_mail_were_not_there_on_postgresql() {
    every_page_is_as_if_it_were_not_there(Kind::Postgres).await;
}

/// Forms at a mail that is marked answer as at one that is not there.
#[tokio::test]
async fn every_form_at_a_marked_mail_answers_as_at_one_that_is_not_there() {
    for sees in viewers(Kind::Sqlite).filter(|sees| [PIOTR, MARIA, EWA].contains(&sees.viewer)) {
        let (whole, _) = both(Kind::Sqlite, sees).await;
        let of_mails = ROUTES.iter().filter(|route| route.path.starts_with("/messages/{id}"));
        let theirs = of_mails.filter(|route| !STRUCTURE.iter().any(|path| route.path.starts_with(path)));
        for one in theirs.filter(|route| route.methods.contains(&"POST")) {
            for form in one.forms {
                let twin = addresses(one, &[], &[424_242]).swap_remove(0);
                for mail in SEALED {
                    let address = addresses(one, &[], &[mail]).swap_remove(0);
                    let (found, absent) =
                        (whole.ask("POST", &address, form).await, whole.ask("POST", &twin, form).await);
                    assert_eq!(found, absent, "user {}, POST {address}: {form}", sees.viewer);
                }
            }
        }
    }
}

#[tokio::test]
async fn every_command_is_as_if_a_marked_mail_were_not_there() {
    let sees = &VIEWERS[0];
    let (whole, rest) = both(Kind::Sqlite, sees).await;
    // Commands take the time from the clock: the absence runs now.
    let now = crate::support::company::now().timestamp_millis();
    let running = format!("update absences set starts_at = {}, ends_at = {} where id = 1", now - DAY, now + DAY);
    for site in [&whole, &rest] {
        site.run(&[running.clone(), format!("update activities set updated_at = {now}, created_at = {now}")]).await;
    }
    let asked = |site: &Site, line: &str| {
        let answer = standin(line.split(' ')).env("STANDIN_DATABASE", site.url()).run();
        (answer.code, answer.stdout, answer.stderr)
    };
    let mut lines: Vec<String> =
        ["review list", "review list --json", "activity list", "wait list", "wait list --json"]
            .map(|line| format!("{line} --as piotr"))
            .to_vec();
    for record in RECORDS {
        lines.extend(
            ["timeline {}", "timeline {} --json", "contact show {}", "contact show {} --json", "access who {}"]
                .map(|line| format!("{} --as piotr", line.replace("{}", &record.to_string()))),
        );
    }
    for mail in MESSAGES {
        lines.extend(
            ["review show {}", "link list {}", "link list {} --json"]
                .map(|line| format!("{} --as piotr", line.replace("{}", &mail.to_string()))),
        );
    }
    for line in lines {
        assert_eq!(asked(&whole, &line), asked(&rest, &line), "{line}");
    }
    let (_, said, _) = asked(&whole, &format!("timeline {PUMPS} --as piotr --json"));
    assert!(said.contains("Pompy") && !said.contains("Re: Pompy"), "{said}");
    for (line, twin) in [
        ("link private {} --as piotr", REPLY),
        ("link confidential {} --as piotr", REPLY),
        ("link confidential {} --off --as piotr", REPLY),
        ("link remove {} 12 --as piotr", REPLY),
        ("link move {} 12 --as piotr", REPLY),
        ("link add {} 12 --as piotr", REPLY),
        ("link join 100 {} --as piotr", REPLY),
        ("wait no-answer {} --as piotr", REPLY),
        ("trace {} --as adam", REPLY),
    ] {
        let absent = 424_242.to_string();
        let one = asked(&whole, &line.replace("{}", &twin.to_string()));
        let other = asked(&whole, &line.replace("{}", &absent));
        let same = |text: &str| text.replace(&absent, "IT").replace(&twin.to_string(), "IT");
        assert_eq!((one.0, same(&one.1), same(&one.2)), (other.0, same(&other.1), same(&other.2)), "{line}");
        assert_ne!(one.0, Some(0), "{line}");
    }
}

async fn scope(db: &Db, viewer: i64) -> Scope {
    let mut tx = db.read().await.unwrap();
    let world = store::people::world(&mut tx, &Default::default(), NOW).await.unwrap();
    store::people::scope(&mut tx, UserId(viewer), &world, NOW).await.unwrap()
}

/// What is mailed, counted, and told of people by mails: everything that asks sight of a mail in the store.
async fn told(db: &Db, viewer: i64) -> Vec<String> {
    let scope = scope(db, viewer).await;
    let mut tx = db.read().await.unwrap();
    let tx = &mut tx;
    let (anna, records) = (UserId(ANNA), RECORDS.map(RecordId));
    let since = NOW.plus(-30 * DAY);
    let mut all: Vec<String> = Vec::new();
    macro_rules! tell {
        ($($what:expr),* $(,)?) => { $(all.push(format!("{}: {:?}", stringify!($what), $what));)* };
    }
    tell!(
        notifications::waiting(tx, &scope, &[anna], 100).await.unwrap(),
        views::last_words(tx, &scope, anna, since, 100).await.unwrap(),
        views::came_between(tx, &scope, anna, (since, NOW), 100).await.unwrap(),
        views::deeds(tx, &scope, anna, (since, NOW), 100).await.unwrap(),
        automatic_reach::said(tx, &scope, &records).await.unwrap(),
        automatic_reach::named(tx, &scope, &records).await.unwrap(),
        automatic_reach::wrote(tx, &scope, &BTreeSet::from(["jan@acme.example"])).await.unwrap(),
        automatic_reach::reports(tx, &scope, &BTreeSet::from(["jan@acme.example"])).await.unwrap(),
        store::automatic::challenges(tx, &scope, since).await.unwrap(),
        views::work(tx, &scope, &[(anna, since)], 100, 100).await.unwrap(),
    );
    for mail in MESSAGES.map(MailId) {
        tell!(
            notifications::waiting_on(tx, &scope, mail, RecordId(PUMPS)).await.unwrap(),
            views::message(tx, &scope, mail).await.unwrap(),
            views::seen_by(tx, &scope, mail).await.unwrap(),
            views::raw(tx, &scope, mail).await.unwrap(),
            views::subjects(tx, &scope, &[mail]).await.unwrap(),
            store::automatic::came_back(tx, &scope, mail).await.unwrap(),
        );
    }
    for record in scope_records(viewer) {
        tell!(merges::extent(tx, &scope, RecordId(*record)).await.unwrap());
    }
    all
}

fn scope_records(viewer: i64) -> &'static [i64] {
    static ALL: [Sees; 5] = VIEWERS;
    ALL.iter().find(|sees| sees.viewer == viewer).unwrap().records
}

async fn nothing_is_told(kind: Kind) {
    for sees in viewers(kind) {
        let (whole, rest) = both(kind, sees).await;
        let (one, other) = (told(&whole.db, sees.viewer).await, told(&rest.db, sees.viewer).await);
        assert_eq!(one.len(), other.len());
        let pairs = one.iter().zip(&other).filter(|(one, other)| one != other);
        let telling: Vec<String> = pairs.map(|(one, other)| format!("{one}\n  {other}")).collect();
        assert!(telling.is_empty(), "user {} is told of marked mail by\n{}", sees.viewer, telling.join("\n"));
        let named = one.iter().any(|line| line.contains("Re: Pompy"));
        assert_eq!(named, sees.viewer == ANNA, "user {}", sees.viewer);
    }
}

#[tokio::test]
async fn nothing_that_is_mailed_or_counted_tells_of_a_marked_mail_on_sqlite() {
    nothing_is_told(Kind::Sqlite).await;
}

#[tokio::test]
async fn nothing_that_is_mailed_or_counted_tells_of_a_marked_mail_on_postgresql() {
    nothing_is_told(Kind::Postgres).await;
}

/// Marking keeps a mail from line, cover, mode and shares made before; from the owner, from whom the record was
/// shared with while it was confidential, and from a deputy who reads the record it does not. It shows it to nobody.
async fn who_sees_it(kind: Kind) {
    let site = Site::with(kind, "sealed-who", ANNA, &Config::default(), &company()).await;
    let sees = async |viewer: i64| {
        let scope = scope(&site.db, viewer).await;
        let mut tx = site.db.read().await.unwrap();
        !views::seen_by(&mut tx, &scope, MailId(REPLY)).await.unwrap().1.is_empty()
    };
    let all = async || {
        let mut found = Vec::new();
        for viewer in [ANNA, PIOTR, KAMIL, MARIA, ADAM, EWA] {
            found.extend(sees(viewer).await.then_some(viewer));
        }
        found
    };
    assert_eq!(all().await, [ANNA, PIOTR, MARIA, EWA]);
    site.run(&sealed()).await;
    assert_eq!(all().await, [ANNA]);
    // Who reads the record anyhow, and is trusted with confidential ones.
    site.run(&[format!("update absences set deputy_id = {PIOTR}")]).await;
    assert_eq!(all().await, [ANNA, PIOTR]);
    site.run(&["update shares set named = true".to_owned()]).await;
    assert_eq!(all().await, [ANNA, PIOTR, EWA]);
    // A deputy who does not read the record did not see the mail before: marking must not show it to them.
    site.run(&[format!("update absences set deputy_id = {KAMIL}")]).await;
    assert_eq!(all().await, [ANNA, EWA]);
    // On a confidential record the mark makes no difference.
    let whisper = async |viewer: i64| {
        let scope = scope(&site.db, viewer).await;
        let mut tx = site.db.read().await.unwrap();
        !views::seen_by(&mut tx, &scope, MailId(WHISPER)).await.unwrap().1.is_empty()
    };
    assert!(whisper(KAMIL).await && !whisper(PIOTR).await);
    site.run(&["update mails set sealed = true".to_owned(), "update links set sealed = true".to_owned()]).await;
    assert!(whisper(KAMIL).await && !whisper(PIOTR).await);
}

#[tokio::test]
async fn a_marked_mail_is_seen_by_whoever_reads_its_record_and_would_if_that_were_confidential() {
    who_sees_it(Kind::Sqlite).await;
    who_sees_it(Kind::Postgres).await;
}

/// Whether a mail is marked: on its row, and on each of its links.
fn is_marked(desk: &Desk, id: &str) -> bool {
    let of = |sql: &str| desk.company.number(&format!("{sql} m.message_id = '{id}@x.test'"));
    let links = "select count(*) from links l join mails m on m.id = l.mail_id where";
    let marked = of("select count(*) from mails m where m.sealed and") == 1;
    let expected = if marked { of(links) } else { 0 };
    assert_eq!(of(&format!("{links} l.sealed and")), expected, "its links say the same");
    marked
}

async fn by_people(kind: firm::Kind) {
    let desk = Desk::open(kind, &thread_of_two()).await;
    desk.take_all(3).await;
    let mark = |on| Said::Confidential(on);
    assert_eq!((desk.regards("anna").as_str(), desk.sees("maria", "Acme pumps").await.len()), ("Acme pumps", 1));
    assert_eq!(desk.say(Some("anna"), "anna", mark(false)).await, Err(No::Already));
    assert_eq!(desk.say(Some("maria"), "anna", mark(true)).await, Err(No::MayNotMark), "a line manager reads");
    assert_eq!(desk.say(Some("kamil"), "anna", mark(true)).await, Err(No::NoMail));
    let marked = desk.say(Some("anna"), "anna", mark(true)).await.unwrap();
    assert!(is_marked(&desk, "anna"));
    for record in ["Acme pumps", "Acme"] {
        assert_eq!(desk.sees("maria", record).await, Vec::<String>::new(), "{record}");
        assert_eq!(desk.sees("anna", record).await.len(), 1, "{record}");
    }
    assert_eq!(desk.say(Some("maria"), "anna", mark(false)).await, Err(No::NoMail));
    assert_eq!(desk.undo(Some("maria"), marked).await, Err(No::NoCorrection));
    assert_eq!(desk.say(Some("anna"), "anna", mark(true)).await, Err(No::Already));
    // It goes along, and reading everything again leaves it as it is.
    let pipes = desk.record("Beta pipes");
    desk.say(None, "anna", Said::Move { to: Some(pipes), thread: false }).await.unwrap();
    assert!(is_marked(&desk, "anna"));
    assert_eq!((desk.sees("kamil", "Beta pipes").await.len(), desk.sees("maria", "Beta pipes").await.len()), (1, 0));
    for table in ["links", "weighed", "mail_marks", "mail_ids", "mail_parties", "raws", "unmatched_keys", "reviews"] {
        desk.company.rows(&format!("delete from {table}"));
    }
    for statement in [
        "update locations set state = 'pending', mail_id = null",
        "update mails set answered_by = null",
        "delete from notice_decisions",
        "delete from mails",
    ] {
        desk.company.rows(statement);
    }
    desk.read_again().await;
    assert!(is_marked(&desk, "anna"), "a person's word outlives the row");
    assert_eq!(desk.say(Some("anna"), "anna", mark(false)).await, Err(No::Nowhere), "she has a copy, and no more");
    desk.undo(Some("kamil"), marked).await.unwrap();
    assert!(!is_marked(&desk, "anna"));
    assert_eq!(desk.sees("maria", "Beta pipes").await.len(), 1);
    desk.close().await;
}

#[tokio::test]
async fn people_mark_mails_and_take_it_back_and_only_who_may_on_both_databases() {
    by_people(firm::Kind::Sqlite).await;
    by_people(firm::Kind::Postgres).await;
}

fn salaries(state: Switch) -> Vec<Rule> {
    let then = Then { confidential: true, ..Then::default() };
    vec![Rule { state, ..rule("salaries", vec![contains(Field::Subject, "salary")], then) }]
}

async fn by_rules(kind: firm::Kind) {
    let one = |minute, id, subject| Draft {
        minute,
        id,
        subject,
        mailbox: "anna",
        from: "c0@acme",
        to: "anna",
        ..Draft::default()
    };
    let letters = [one(1, "before", "salary of the team"), one(2, "after", "salary again"), one(3, "plain", "pumps")];
    let desk = Desk::open(kind, &letters.map(|draft| draft.letter())).await;
    let db = &desk.instance.db;
    let marks = || ["before", "after", "plain"].map(|id| is_marked(&desk, id));
    desk.take(&[0]).await;
    save_rules(db, salaries(Switch::On)).await;
    assert!(!is_marked(&desk, "before"), "a rule changes nothing that came before");
    desk.take(&[1, 2]).await;
    assert_eq!(marks(), [false, true, false]);
    assert_eq!(desk.sees("maria", "Acme pumps").await.len(), 2);
    // A person's word is last, both ways, and taking it back brings the rule's back.
    let open = desk.say(Some("anna"), "after", Said::Confidential(false)).await.unwrap();
    let shut = desk.say(Some("anna"), "plain", Said::Confidential(true)).await.unwrap();
    assert_eq!(marks(), [false, false, true]);
    run(&desk, kind).await;
    assert_eq!(marks(), [true, false, true], "applied to history, it marks what nobody spoke of");
    desk.undo(Some("anna"), open).await.unwrap();
    assert_eq!(marks(), [true, true, true]);
    // A rule that is off marks nothing, and takes no person's word away.
    save_rules(db, salaries(Switch::Off)).await;
    assert_eq!(marks(), [true, true, true]);
    run(&desk, kind).await;
    assert_eq!(marks(), [false, false, true]);
    desk.undo(Some("anna"), shut).await.unwrap();
    assert_eq!(marks(), [false, false, false]);
    desk.close().await;
}

/// Applies the rules to history.
async fn run(desk: &Desk, kind: firm::Kind) {
    let db = &desk.instance.db;
    let mut tx = db.write().await.unwrap();
    let world = store::people::world(&mut tx, &Default::default(), NOON).await.unwrap();
    let begun = rules::begin(&mut tx, &Caller { by: None, world: &world, now: NOON }).await;
    tx.commit().await.unwrap();
    let id = begun.unwrap().unwrap();
    let worker = crate::rules::worker(db, "w", 7, NOON);
    let driven = drive(&worker, id).await.unwrap();
    assert_eq!(driven, Driven::Settled, "{kind:?}");
}

#[tokio::test]
async fn rules_mark_mails_and_a_persons_word_is_last_on_both_databases() {
    by_rules(firm::Kind::Sqlite).await;
    by_rules(firm::Kind::Postgres).await;
}

/// Merging and parting records leaves each mail marked as it is.
async fn merged(kind: firm::Kind) {
    let desk = Desk::open(kind, &thread_of_two()).await;
    desk.take_all(3).await;
    desk.say(Some("anna"), "anna", Said::Confidential(true)).await.unwrap();
    desk.company.rows(
        "update records set owner_id = (select owner_id from records where name = 'Acme pumps'),
         account_id = (select account_id from records where name = 'Acme pumps') where name = 'Beta valves'",
    );
    let (kept, gone) = (desk.record("Beta valves"), desk.record("Acme pumps"));
    for step in ["merge", "unmerge"] {
        let mut tx = desk.instance.db.write().await.unwrap();
        tx.alone().await.unwrap();
        let world = store::people::world(&mut tx, &Default::default(), NOON).await.unwrap();
        let actor = Actor::load(&mut tx, None, &world, NOON).await.unwrap();
        match step {
            "merge" => drop(records_life::merge(&mut tx, &actor, kept, gone, "twice").await.unwrap().unwrap()),
            _ => drop(records_life::unmerge(&mut tx, &actor, gone).await.unwrap().unwrap()),
        }
        tx.commit().await.unwrap();
        let on = if step == "merge" { "Beta valves" } else { "Acme pumps" };
        assert_eq!(desk.regards("anna"), on);
        assert!(is_marked(&desk, "anna"), "{step}");
    }
    desk.close().await;
}

#[tokio::test]
async fn merging_and_parting_records_leaves_mails_marked_as_they_are_on_both_databases() {
    merged(firm::Kind::Sqlite).await;
    merged(firm::Kind::Postgres).await;
}

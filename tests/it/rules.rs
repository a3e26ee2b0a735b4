//! The admins' rules over a company's mail: what a dry run says is what applying does, mail by mail;
//! undoing puts everything back; who is killed is followed by another; any order of arrival means the
//! same; and the store keeps every version.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::linking::{NUMBERS, matters};
use crate::order::{Desk, NOW};
use crate::support::firm::{Kind, Names, full, same};
use crate::support::letters::letters;
use crate::support::proxy::scrambled;
use standin::access::World;
use standin::actions::actor::Actor;
use standin::actions::caller::Caller;
use standin::actions::review::Reviewer;
use standin::actions::rules::{self, Draft, Edit, No};
use standin::intake::replay::{self, Changed, Driven, Group, Standing, Told, Worker, drive, dry_run};
use standin::model::facts::House;
use standin::model::id::{MailId, RecordId, RuleId, RuleJobId, ThreadId};
use standin::model::link::{Evidence, Linking};
use standin::model::rule::{Condition, Effect, Field, Kept, Rule, Switch, Then};
use standin::model::time::{DAY, HOUR, SECOND, Timestamp};
use standin::store::expiry::Stay;
use standin::store::rules::{JobState, Wanted};
use standin::store::{self, Db};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const BOTH: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

fn own() -> House {
    [Names::plain().own].into_iter().collect()
}

async fn world(db: &Db) -> World {
    let mut tx = db.read().await.unwrap();
    store::people::world(&mut tx, &Default::default(), NOW).await.unwrap()
}

fn operator(world: &World) -> Caller<'_> {
    Caller { by: None, world, now: NOW }
}

async fn draft(db: &Db, edit: &Edit) -> Result<Draft, No> {
    let world = world(db).await;
    let mut tx = db.read().await.unwrap();
    rules::draft(&mut tx, &operator(&world), edit).await.unwrap()
}

async fn save(db: &Db, draft: &Draft) -> Result<i64, No> {
    let world = world(db).await;
    let mut tx = db.write().await.unwrap();
    let saved = rules::save(&mut tx, &operator(&world), draft, "why", "").await.unwrap();
    tx.commit().await.unwrap();
    saved
}

pub async fn import(db: &Db, all: Vec<Rule>) -> i64 {
    let draft = draft(db, &Edit::Import(all)).await.unwrap();
    save(db, &draft).await.unwrap()
}

pub fn is(field: Field, text: &str) -> Condition {
    Condition { field, is: Some(text.into()), ..Condition::default() }
}

pub fn contains(field: Field, text: &str) -> Condition {
    Condition { field, contains: Some(text.into()), ..Condition::default() }
}

pub fn rule(name: &str, all: Vec<Condition>, then: Then) -> Rule {
    Rule { name: name.into(), state: Switch::On, all, then, ..Rule::default() }
}

pub fn regard(number: &str) -> Then {
    Then { regard: Some(number.into()), ..Then::default() }
}

/// A set that a company of these letters might have, or might not; the same for the same seed.
pub fn some_rules(seed: u64, places_only: bool) -> Vec<Rule> {
    let names = Names::plain();
    let count = 1 + scrambled(seed, 0) % 9;
    (0..count)
        .map(|n| {
            let dice = |m: u64| scrambled(seed ^ (n << 20), 100 + m) as usize;
            let condition = |at: u64| {
                let pick = dice(at);
                let who = [
                    "c0@acme",
                    "c1@acme",
                    "c2@beta",
                    "c5@beta",
                    "lead@prospect",
                    "agent@freelance",
                    "stranger@nowhere",
                ];
                let who = who[dice(at + 1) % who.len()];
                match pick % if places_only { 6 } else { 10 } {
                    0 => is(Field::Sender, &names.address(who)),
                    1 => is(Field::Domain, &names.domain(["acme", "beta", "prospect"][dice(at + 2) % 3])),
                    2 => is(Field::Mailbox, ["anna", "piotr", "kamil", "maria"][dice(at + 3) % 4]),
                    3 => is(Field::Folder, ["INBOX", "Sent"][dice(at + 4) % 2]),
                    4 => contains(Field::Subject, ["re:", "a", "1", "offer"][dice(at + 5) % 4]),
                    5 => is(Field::Recipient, &names.address(["anna", "kamil", "piotr"][dice(at + 6) % 3])),
                    6 => contains(Field::Body, ["about", "m7", "3"][dice(at + 7) % 3]),
                    7 => Condition {
                        over: Some(300 + dice(at + 8) as i64 % 400),
                        field: Field::Size,
                        ..Condition::default()
                    },
                    8 => Condition {
                        header: Some("message-id".into()),
                        ..contains(Field::Header, ["1.", "4", "mail"][dice(at + 9) % 3])
                    },
                    _ => is(Field::Author, ["human", "machine"][dice(at + 10) % 2]),
                }
            };
            let list =
                |at: u64, most: usize| (0..dice(at) % (most + 1)).map(|k| condition(at * 50 + 20 * k as u64)).collect();
            let then = match dice(7) % 10 {
                0..=3 => regard(["OP-1", "OP-2", "OP-3", "OP-9"][dice(8) % 4]),
                4 => Then { account: Some(["acme", "beta"][dice(9) % 2].into()), ..Then::default() },
                5 => Then { account: Some("acme".into()), ..regard("op-2") },
                6 => Then { ignore: true, ..Then::default() },
                7 => Then { confidential: true, ..Then::default() },
                8 => Then { confidential: true, ..regard("OP-1") },
                _ => Then { private: true, ..Then::default() },
            };
            Rule {
                name: format!("rule {n} of {}", seed % 3),
                state: [Switch::On, Switch::On, Switch::On, Switch::Shadow, Switch::Off][dice(5) % 5],
                stop: dice(6) % 4 == 0,
                all: list(1, 2),
                any: list(2, 2),
                none: list(3, 1),
                then,
            }
        })
        .collect()
}

/// Gives the opportunities their numbers.
pub fn number(desk: &Desk) {
    for n in 1..=3 {
        desk.company.rows(&format!("update records set number = 'OP-{n}' where external_id = 'o{n}'"));
    }
}

/// Where every stored mail stands.
pub async fn standings(db: &Db) -> BTreeMap<MailId, Standing> {
    let mut tx = db.read().await.unwrap();
    let wanted = Wanted { body: false, headers: false, places: false };
    let rows = store::rules::page(&mut tx, ThreadId(0), 1_000_000, wanted).await.unwrap();
    let threads: BTreeSet<ThreadId> = rows.iter().map(|row| ThreadId(row.thread_id)).collect();
    let stored = store::mails::of_threads(&mut tx, &threads.into_iter().collect::<Vec<_>>()).await.unwrap();
    assert_eq!(stored.len(), rows.len());
    let standing = |mail: store::mails::Stored| {
        let candidates = serde_json::from_str(&mail.candidates).unwrap();
        let linking = match mail.linking.as_str() {
            "linked" => Linking::Linked { regarding: mail.regarding, links: mail.links, candidates },
            _ => Linking::Review(candidates),
        };
        (mail.id, Standing { sealed: mail.sealed, ..Standing::of(&linking) })
    };
    stored.into_iter().map(standing).collect()
}

/// Every link says of its mail whether that is marked confidential.
fn sealed_alike(desk: &Desk, what: &str) {
    let other = "select count(*) from links l join mails m on m.id = l.mail_id where l.sealed <> m.sealed";
    assert_eq!(desk.company.number(other), 0, "{what}");
}

/// What the rules said of every stored mail.
fn said(desk: &Desk) -> Vec<String> {
    desk.company.rows(
        "select mail_id || ' ' || position || ' ' || rule_id || ' ' || version || ' ' || set_version || ' ' || effects \
         from mail_rules order by mail_id, position",
    )
}

async fn tried(db: &Db, draft: &Draft) -> (replay::Report, BTreeMap<MailId, Changed>) {
    let world = world(db).await;
    let mut tx = db.read().await.unwrap();
    let mut changes = BTreeMap::new();
    let mut progress = |_: i64, _: i64| ();
    let mut change = |one: &Changed| {
        assert!(changes.insert(one.mail, one.clone()).is_none(), "a mail changes once");
        Ok(())
    };
    let mut told = Told { progress: &mut progress, change: &mut change };
    let report = dry_run(&mut tx, &draft.set, &own(), &world, NOW, &mut told).await.unwrap();
    (report, changes)
}

pub fn worker(db: &Db, name: &str, batch: i64, now: Timestamp) -> Worker {
    Worker {
        db: db.clone(),
        own_domains: own(),
        name: name.into(),
        clock: Arc::new(move || now),
        batch,
        told: Arc::new(|_, _| ()),
    }
}

async fn begin(db: &Db) -> Result<RuleJobId, No> {
    let world = world(db).await;
    let mut tx = db.write().await.unwrap();
    let begun = rules::begin(&mut tx, &operator(&world)).await.unwrap();
    tx.commit().await.unwrap();
    begun
}

async fn turned(db: &Db, id: RuleJobId, goal: JobState, now: Timestamp) -> Result<(), No> {
    let world = world(db).await;
    let caller = Caller { now, ..operator(&world) };
    let mut tx = db.write().await.unwrap();
    let turned = match goal {
        JobState::Cancelled => rules::cancel(&mut tx, &caller, id).await.unwrap(),
        _ => rules::undo(&mut tx, &caller, id).await.unwrap(),
    };
    tx.commit().await.unwrap();
    turned
}

async fn job(db: &Db, id: RuleJobId) -> store::rules::Job {
    let mut tx = db.read().await.unwrap();
    store::rules::load(&mut tx, id).await.unwrap().unwrap()
}

async fn dry_run_is_the_run(kind: Kind, story: u64, sets: u64) -> i64 {
    let mails = letters(&Names::plain(), story, NOW.plus(-2 * DAY).0, 62);
    let desk = Desk::open(kind, &mails).await;
    number(&desk);
    let changed = as_said(&desk, &format!("{kind:?}, story {story}"), story, sets, |s| some_rules(s, false)).await;
    desk.close().await;
    changed
}

/// Mail of one firm about two opportunities, most of it weighed: what rules make sure of some changes
/// where others stand.
async fn dry_run_is_the_run_where_mail_is_weighed(kind: Kind, story: u64, sets: u64) -> i64 {
    let desk = Desk::open(kind, &matters(story)).await;
    crate::order::import(&desk.instance.db, "opportunities", NUMBERS, None).await;
    let changed = as_said(&desk, &format!("{kind:?}, matters {story}"), story, sets, rules_of_matters).await;
    assert!(desk.company.number("select count(*) from weighed") > 0, "nothing is weighed");
    desk.close().await;
    changed
}

/// Rules by which some mail about two opportunities is surely about one.
fn rules_of_matters(seed: u64) -> Vec<Rule> {
    let dice = |n: u64, of: usize| scrambled(seed, n) as usize % of;
    let words = ["membrane", "spindle", "flange", "copper", "elbow", "trench", "of mail 1", "of mail 2", "Question"];
    let one = |n: u64| {
        let word = words[dice(n, words.len())];
        let condition = contains([Field::Subject, Field::Body][dice(n + 20, 2)], word);
        let then = match dice(n + 40, 7) {
            0 => Then { ignore: true, ..Then::default() },
            2 => Then { confidential: true, ..Then::default() },
            1 => Then { private: true, ..Then::default() },
            _ => regard(["OP-1002", "OP-1003"][dice(n + 60, 2)]),
        };
        rule(&format!("rule {n}"), vec![condition], then)
    };
    (0..1 + dice(80, 4) as u64).map(one).collect()
}

/// Dry runs and runs of random sets, one on top of the other; gives how many mails changed.
async fn as_said(desk: &Desk, about: &str, story: u64, sets: u64, some: impl Fn(u64) -> Vec<Rule>) -> i64 {
    let db = &desk.instance.db;
    if story.is_multiple_of(2) {
        import(db, some(story)).await;
    }
    desk.take_all(story).await;
    let mut changed = 0;
    for round in 0..sets {
        let what = format!("{about}, round {round}");
        let Ok(draft) = draft(db, &Edit::Import(some(story * 1_000 + round + 1))).await else { continue };
        let (report, changes) = tried(db, &draft).await;
        changed += report.moves();
        save(db, &draft).await.unwrap();
        let (before, before_said) = (standings(db).await, said(desk));
        sealed_alike(desk, &what);
        let id = begin(db).await.unwrap();
        let batch = [1, 7, 500][round as usize % 3];
        assert_eq!(drive(&worker(db, "w", batch, NOW), id).await.unwrap(), Driven::Settled);
        let after = standings(db).await;
        sealed_alike(desk, &what);
        assert_eq!(report.mails, after.len() as i64, "{what}");
        for (mail, stood) in &before {
            let expected = changes.get(mail).map_or(stood, |change| &change.after);
            assert_eq!(&after[mail], expected, "{what}: mail {mail} stood {stood:?}, dry run {:?}", changes.get(mail));
            assert!(changes.get(mail).is_none_or(|change| change.before == *stood), "{what}");
        }
        let again = rules::Draft { base: draft.base + 1, ..draft };
        assert_eq!(tried(db, &again).await.0.changes(), 0, "{what}: a second run would change something");
        if round.is_multiple_of(2) {
            turned(db, id, JobState::Undone, NOW).await.unwrap();
            assert_eq!(drive(&worker(db, "w", batch, NOW), id).await.unwrap(), Driven::Settled);
            assert_eq!(standings(db).await, before, "{what}: undone");
            assert_eq!(said(desk), before_said, "{what}: undone");
        }
    }
    changed
}

#[tokio::test]
async fn what_a_dry_run_says_is_what_applying_does_on_sqlite() {
    let mut changed = 0;
    for story in 0..if full() { 20 } else { 3 } {
        changed += dry_run_is_the_run(Kind::Sqlite, story, 8).await;
    }
    assert!(changed > 200, "the sets hardly change anything: {changed}");
}

#[tokio::test]
async fn what_a_dry_run_says_is_what_applying_does_on_postgres() {
    for story in 0..if full() { 10 } else { 1 } {
        dry_run_is_the_run(Kind::Postgres, story, 8).await;
    }
}

async fn any_order(kind: Kind, orders: u64) {
    let mails = letters(&Names::plain(), 4, NOW.plus(-2 * DAY).0, 62);
    let mut expected: Option<Vec<String>> = None;
    for seed in 0..orders {
        let desk = Desk::open(kind, &mails).await;
        number(&desk);
        import(&desk.instance.db, some_rules(77, true)).await;
        desk.take_all(seed).await;
        let dump = desk.company.dump();
        match &expected {
            None => {
                assert!(dump.iter().any(|row| row.contains("\"kind\":\"rule\"")), "no rule linked anything");
                expected = Some(dump);
            }
            Some(expected) => same(&format!("in order {seed} on {kind:?}"), expected, &dump),
        }
        desk.close().await;
    }
}

#[tokio::test]
async fn rules_by_mailbox_and_folder_mean_the_same_in_any_order_on_sqlite() {
    any_order(Kind::Sqlite, if full() { 20 } else { 8 }).await;
}

#[tokio::test]
async fn rules_by_mailbox_and_folder_mean_the_same_in_any_order_on_postgres() {
    any_order(Kind::Postgres, if full() { 20 } else { 4 }).await;
}

#[tokio::test]
async fn what_a_dry_run_says_is_what_applying_does_where_mail_is_weighed_on_sqlite() {
    let mut changed = 0;
    for story in 0..if full() { 20 } else { 3 } {
        changed += dry_run_is_the_run_where_mail_is_weighed(Kind::Sqlite, story, 6).await;
    }
    assert!(changed > 100, "the sets hardly change anything: {changed}");
}

#[tokio::test]
async fn what_a_dry_run_says_is_what_applying_does_where_mail_is_weighed_on_postgres() {
    for story in 0..if full() { 10 } else { 1 } {
        dry_run_is_the_run_where_mail_is_weighed(Kind::Postgres, story, 6).await;
    }
}

async fn a_changed_rule_changes_no_history(kind: Kind) {
    let mails = letters(&Names::plain(), 2, NOW.plus(-2 * DAY).0, 62);
    let desk = Desk::open(kind, &mails).await;
    number(&desk);
    let db = &desk.instance.db;
    let rules = vec![rule("beta", vec![is(Field::Domain, &Names::plain().domain("beta"))], regard("OP-2"))];
    import(db, rules.clone()).await;
    // The first half comes under one version, what answers it under another.
    let half: Vec<usize> = (0..31).collect();
    for mailbox in ["anna", "piotr", "kamil", "maria"] {
        let theirs: Vec<usize> = half.iter().copied().filter(|n| mails[*n].mailbox == mailbox).collect();
        if !theirs.is_empty() {
            desk.take(&theirs).await;
        }
    }
    let by_rule =
        "select count(*) from mails m join links l on l.mail_id = m.id where l.evidence like '%\"kind\":\"rule\"%'";
    let linked = desk.company.number(by_rule);
    assert!(linked > 0);
    let off = vec![Rule { state: Switch::Off, ..rules[0].clone() }];
    import(db, off).await;
    assert_eq!(desk.company.number(by_rule), linked, "saving changes nothing");
    let before = said(&desk);
    desk.take_all(1).await;
    let kept = said(&desk).into_iter().filter(|row| before.contains(row)).count();
    assert_eq!(kept, before.len(), "what was said stays said when the thread goes on");
    assert_eq!(said(&desk).len(), before.len(), "and a rule that is off says nothing");
    desk.close().await;
}

#[tokio::test]
async fn a_changed_rule_changes_nothing_that_came_before() {
    for kind in BOTH {
        a_changed_rule_changes_no_history(kind).await;
    }
}

async fn who_is_killed_is_followed(kind: Kind) {
    let mails = letters(&Names::plain(), 3, NOW.plus(-2 * DAY).0, 62);
    let set = || vec![rule("all of beta", vec![contains(Field::Sender, "beta")], regard("OP-1"))];
    let mut expected: Option<Vec<String>> = None;
    for seed in 0..if full() { 30 } else { 6 } {
        let desk = Desk::open(kind, &mails).await;
        number(&desk);
        desk.take_all(0).await;
        let db = &desk.instance.db;
        import(db, set()).await;
        let id = begin(db).await.unwrap();
        assert_eq!(begin(db).await, Err(No::Busy(id)));
        let now = |n: u64| NOW.plus(i64::try_from(n).unwrap() * 10 * SECOND);
        let mut killed = 0;
        if seed > 0 {
            for n in 0..200 {
                let worker = worker(db, &format!("worker {n}"), 3, now(n));
                let patience = Duration::from_micros(scrambled(seed, n) % 20_000);
                match tokio::time::timeout(patience, drive(&worker, id)).await {
                    Ok(done) => {
                        assert_eq!(done.unwrap(), Driven::Settled);
                        break;
                    }
                    Err(_) => killed += 1,
                }
            }
        }
        let rest = worker(db, "the last", 3, now(1_000));
        assert_eq!(drive(&rest, id).await.unwrap(), Driven::Settled);
        let done = job(db, id).await;
        assert_eq!(
            (done.state, done.done, done.total),
            (JobState::Done, done.total, done.done),
            "{kind:?}, {killed} killed"
        );
        let dump = desk.company.dump();
        match &expected {
            None => expected = Some(dump),
            Some(expected) => same(&format!("{kind:?}, seed {seed}, {killed} killed"), expected, &dump),
        }
        desk.close().await;
    }
}

#[tokio::test]
async fn a_run_that_is_killed_is_gone_on_with_by_another_worker() {
    for kind in BOTH {
        who_is_killed_is_followed(kind).await;
    }
}

async fn stopped_and_undone(kind: Kind) {
    let mails = letters(&Names::plain(), 5, NOW.plus(-2 * DAY).0, 62);
    let desk = Desk::open(kind, &mails).await;
    number(&desk);
    desk.take_all(0).await;
    let db = &desk.instance.db;
    let before = desk.company.dump();
    assert_eq!(begin(db).await, Err(No::Nothing), "there is no rule");
    import(db, vec![rule("x", vec![contains(Field::Sender, "@")], regard("OP-1"))]).await;
    let id = begin(db).await.unwrap();
    // Half-way, without anybody having it any more.
    let _ = tokio::time::timeout(Duration::from_millis(30), drive(&worker(db, "a", 2, NOW), id)).await;
    if job(db, id).await.state == JobState::Running {
        turned(db, id, JobState::Cancelled, NOW).await.unwrap();
        assert_eq!(drive(&worker(db, "b", 5, NOW), id).await.unwrap(), Driven::Settled);
        same(&format!("{kind:?}, cancelled"), &before, &desk.company.dump());
        assert_eq!(job(db, id).await.state, JobState::Cancelled);
        assert_eq!(said(&desk), Vec::<String>::new());
    }
    let id = begin(db).await.unwrap();
    drive(&worker(db, "c", 500, NOW), id).await.unwrap();
    assert_ne!(desk.company.dump(), before);
    // What a run took off its records does not expire: it can be undone.
    let late = NOW.plus(72 * HOUR + 1);
    assert_eq!(turned(db, id, JobState::Undone, late).await, Err(No::TooLate));
    import(db, vec![rule("y", vec![contains(Field::Sender, "@")], regard("OP-2"))]).await;
    let later = begin(db).await.unwrap();
    drive(&worker(db, "c", 500, NOW), later).await.unwrap();
    assert_eq!(turned(db, id, JobState::Undone, NOW).await, Err(No::Later(later)));
    for run in [later, id] {
        turned(db, run, JobState::Undone, NOW).await.unwrap();
        drive(&worker(db, "d", 9, NOW), run).await.unwrap();
    }
    same(&format!("{kind:?}, undone"), &before, &desk.company.dump());
    assert_eq!(turned(db, id, JobState::Undone, NOW).await, Err(No::Wrong(JobState::Undone)));
    desk.close().await;
}

#[tokio::test]
async fn a_run_that_is_stopped_or_undone_leaves_everything_as_it_was() {
    for kind in BOTH {
        stopped_and_undone(kind).await;
    }
}

async fn versions(kind: Kind) {
    let desk = Desk::open(kind, &[]).await;
    let db = &desk.instance.db;
    let of = |version| async move {
        let mut tx = db.read().await.unwrap();
        store::rules::at(&mut tx, version).await.unwrap()
    };
    let names =
        |rules: &[Kept]| rules.iter().map(|kept| format!("{}@{}", kept.rule.name, kept.version)).collect::<Vec<_>>();
    let edit = |edit: Edit| async move {
        let draft = draft(db, &edit).await?;
        save(db, &draft).await
    };
    for name in ["a", "b", "c"] {
        let one = rule(name, vec![is(Field::Domain, "x.test")], regard("OP-1"));
        edit(Edit::Add(Box::new(one), None)).await.unwrap();
    }
    assert_eq!(names(&of(3).await), ["a@1", "b@2", "c@3"]);
    assert_eq!(edit(Edit::Move(RuleId(3), 1)).await, Ok(4));
    assert_eq!(edit(Edit::Turn(RuleId(1), Switch::Off)).await, Ok(5));
    assert_eq!(edit(Edit::Turn(RuleId(1), Switch::Off)).await, Err(No::Nothing));
    assert_eq!(edit(Edit::Delete(RuleId(2))).await, Ok(6));
    assert_eq!(edit(Edit::Delete(RuleId(2))).await, Err(No::Absent("2".into())));
    assert_eq!(names(&of(6).await), ["c@3", "a@5"]);
    assert_eq!(names(&of(3).await), ["a@1", "b@2", "c@3"], "old versions stay");
    assert_eq!(edit(Edit::RollBack(3)).await, Ok(7));
    assert_eq!(names(&of(7).await), ["a@7", "b@7", "c@3"], "what differs is new, what does not stays");
    assert_eq!(edit(Edit::RollBack(9)).await, Err(No::NoVersion(9)));
    // Rules of the same name stay the same rules.
    let imported = vec![of(7).await[2].rule.clone(), rule("d", vec![], regard("OP-1"))];
    assert_eq!(edit(Edit::Import(imported)).await, Ok(8));
    let now = of(8).await;
    assert_eq!((names(&now), now[0].id, now[1].id), (vec!["c@3".to_owned(), "d@8".to_owned()], RuleId(3), RuleId(4)));
    let mut tx = db.read().await.unwrap();
    let all = store::rules::history(&mut tx, None, 100).await.unwrap();
    let whats: Vec<&str> = all.iter().rev().map(|change| change.what.as_str()).collect();
    assert_eq!(whats, ["add", "add", "add", "move", "off", "delete", "roll-back", "import"]);
    assert!(all.iter().all(|change| change.note == "why" && change.by.is_none() && change.at == NOW));
    let of_one: Vec<i64> =
        store::rules::history(&mut tx, Some(RuleId(1)), 100).await.unwrap().iter().map(|c| c.version).collect();
    assert_eq!(of_one, [7, 5, 1]);
    drop(tx);
    let told = |from, to| async move {
        let all = rules::differences(&of(from).await, &of(to).await);
        all.into_iter().map(|d| format!("{} {} {}>{}", d.rule, d.what, d.before, d.after)).collect::<Vec<_>>()
    };
    assert_eq!(told(3, 4).await, ["c moved 3>1"]);
    assert_eq!(told(4, 5).await, ["a state on>off"]);
    assert!(told(5, 6).await[0].starts_with("b removed If the sender's domain is `x.test`"));
    // Two drafts on one version: the second is told.
    let (one, two) = (Edit::Turn(RuleId(3), Switch::Off), Edit::Turn(RuleId(3), Switch::Shadow));
    let (one, two) = (draft(db, &one).await.unwrap(), draft(db, &two).await.unwrap());
    save(db, &one).await.unwrap();
    assert_eq!(save(db, &two).await, Err(No::Changed));
    let changes = desk.company.number("select count(*) from audit where action = 'rules-changed'");
    assert_eq!(changes, 9);
    desk.close().await;
}

#[tokio::test]
async fn every_version_stays_and_can_be_gone_back_to() {
    for kind in BOTH {
        versions(kind).await;
    }
}

async fn named_records(kind: Kind) {
    let desk = Desk::open(kind, &[]).await;
    number(&desk);
    let id = |external: &str| {
        RecordId(desk.company.number(&format!("select id from records where external_id = '{external}'")))
    };
    let mut tx = desk.instance.db.write().await.unwrap();
    let wanted: BTreeSet<Effect> = ["OP-1", "OP-2", "OP-7"]
        .map(|n| Effect::Regard(n.into()))
        .into_iter()
        .chain([Effect::Account("acme".into()), Effect::Account("o1".into())])
        .collect();
    let found = store::rules::resolve(&mut tx, &wanted).await.unwrap();
    let of = |effect| found.get(&effect).cloned().unwrap_or_default();
    assert_eq!(of(Effect::Regard("OP-1".into())), [id("o1")]);
    assert_eq!(of(Effect::Regard("OP-7".into())), []);
    assert_eq!(of(Effect::Account("acme".into())), [id("acme")]);
    assert_eq!(of(Effect::Account("o1".into())), [], "an account is wanted");
    drop(tx);
    // A deleted record is none; a merged one stands for the one it became.
    desk.company
        .rows(&format!("update records set deleted_at = 1, merged_into_id = {} where external_id = 'o1'", id("o3")));
    desk.company.rows("update records set deleted_at = 1 where external_id = 'o2'");
    let mut tx = desk.instance.db.write().await.unwrap();
    let found = store::rules::resolve(&mut tx, &wanted).await.unwrap();
    assert_eq!(found.get(&Effect::Regard("OP-1".into())), Some(&vec![id("o3")]));
    assert_eq!(found.get(&Effect::Regard("OP-2".into())), None);
    drop(tx);
    desk.close().await;
}

#[tokio::test]
async fn rules_name_records_that_are_there() {
    for kind in BOTH {
        named_records(kind).await;
    }
}

async fn traced(kind: Kind) {
    let mails = letters(&Names::plain(), 6, NOW.plus(-2 * DAY).0, 40);
    let desk = Desk::open(kind, &mails).await;
    number(&desk);
    let db = &desk.instance.db;
    import(db, some_rules(6, false)).await;
    let world = world(db).await;
    let first: Vec<usize> = (0..mails.len()).filter(|n| mails[*n].mailbox == "anna").collect();
    let (last, before) = first.split_last().unwrap();
    desk.take(before).await;
    let untouched = desk.company.dump();
    let context = &desk.intakes["anna"].context;
    let actor = Actor::load(&mut db.read().await.unwrap(), None, &world, NOW).await.unwrap();
    let reviewer = Reviewer::of(&actor);
    let asker = replay::Asker { scope: &actor.reach, desk: reviewer.desk(), suggested: BTreeSet::new() };
    let bytes = mails[*last].bytes.clone();
    let trace = replay::trace_given(db, context, bytes, &asker, (&world, NOW)).await.unwrap();
    same(&format!("{kind:?}: a trace writes nothing"), &untouched, &desk.company.dump());
    desk.take_all(0).await;
    for (mail, standing) in standings(db).await {
        let mut tx = db.read().await.unwrap();
        let trace = replay::trace_stored(&mut tx, mail, &own(), &world, NOW).await.unwrap().unwrap();
        assert_eq!(Standing { sealed: trace.sealed, ..Standing::of(&trace.linking) }, standing);
        assert_eq!(trace.seen.iter().map(|seen| seen.record).collect::<BTreeSet<_>>(), standing.governing());
        let by_rule = |linking: &Linking| match linking {
            Linking::Linked { links, .. } => links.iter().any(|l| matches!(l.evidence, Evidence::Rule { .. })),
            _ => false,
        };
        assert!(!by_rule(&trace.linking) || trace.said.as_ref().is_some_and(|said| !said.is_empty()));
        assert_eq!(trace.built_in.len(), standin::link::steps::BUILT_IN.len());
    }
    let mut tx = db.read().await.unwrap();
    assert!(replay::trace_stored(&mut tx, MailId(999_999), &own(), &world, NOW).await.unwrap().is_none());
    drop(tx);
    assert_eq!(trace.rules.len(), some_rules(6, false).len());
    desk.close().await;
}

#[tokio::test]
async fn a_trace_says_where_a_mail_stands_and_writes_nothing() {
    for kind in BOTH {
        traced(kind).await;
    }
}

async fn groups(kind: Kind) {
    let mails = letters(&Names::plain(), 7, NOW.plus(-2 * DAY).0, 62);
    let desk = Desk::open(kind, &mails).await;
    number(&desk);
    desk.take_all(0).await;
    let db = &desk.instance.db;
    // Everything of Acme, whose mail is Anna's, to Kamil's deal; the deal of Acme is confidential.
    desk.company.rows("update records set confidential = true where external_id = 'o1'");
    let names = Names::plain();
    let everything = vec![rule("move", vec![contains(Field::Sender, "@acme")], regard("OP-2"))];
    let (report, changes) = tried(db, &draft(db, &Edit::Import(everything)).await.unwrap()).await;
    assert!(report.groups.contains_key(&Group::Moved), "{:?}", report.figures());
    assert!(report.exposed > 0, "mail of a confidential deal is shown to others: {:?}", report.figures());
    let kamil = desk.company.number("select id from users where login = 'kamil'");
    assert!(report.gains.keys().any(|user| user.0 == kamil), "{:?}", report.gains);
    assert!(changes.values().all(|change| change.rules.len() <= 1));
    let lost =
        vec![rule("hide", vec![is(Field::Domain, &names.domain("acme"))], Then { private: true, ..Then::default() })];
    let (report, _) = tried(db, &draft(db, &Edit::Import(lost)).await.unwrap()).await;
    assert!(report.groups.get(&Group::Lost).is_some_and(|tally| tally.count > 0), "{:?}", report.figures());
    // Two deals under one number come into question.
    desk.company.rows("update records set number = 'OP-2' where external_id = 'o3'");
    let twice = vec![rule("twice", vec![is(Field::Domain, &names.domain("acme"))], regard("OP-2"))];
    let (report, _) = tried(db, &draft(db, &Edit::Import(twice)).await.unwrap()).await;
    let unsure = report.groups.get(&Group::Ambiguous).map_or(0, |tally| tally.count);
    assert_eq!(report.changes(), report.groups.values().map(|tally| tally.count).sum::<i64>());
    assert!(unsure > 0, "{:?}", report.figures());
    desk.close().await;
}

#[tokio::test]
async fn a_dry_run_tells_its_groups_and_who_would_see_more() {
    for kind in BOTH {
        groups(kind).await;
    }
}

async fn nothing_expires(kind: Kind) {
    let mails = letters(&Names::plain(), 8, NOW.plus(-2 * DAY).0, 40);
    let desk = Desk::open(kind, &mails).await;
    desk.take_all(0).await;
    let db = &desk.instance.db;
    let linked = desk.company.number("select count(*) from mails where linking = 'linked'");
    import(db, vec![rule("x", vec![contains(Field::Sender, "@")], Then { private: true, ..Then::default() })]).await;
    let id = begin(db).await.unwrap();
    drive(&worker(db, "a", 500, NOW), id).await.unwrap();
    assert_eq!(desk.company.number("select count(*) from mails where linking = 'linked'"), 0);
    let mut tx = db.write().await.unwrap();
    tx.alone().await.unwrap();
    store::expiry::reviews(&mut tx, &desk.instance.keys, NOW.plus(DAY), NOW).await.unwrap();
    tx.commit().await.unwrap();
    turned(db, id, JobState::Undone, NOW).await.unwrap();
    drive(&worker(db, "b", 500, NOW), id).await.unwrap();
    assert_eq!(desk.company.number("select count(*) from mails where linking = 'linked'"), linked, "{kind:?}");
    desk.close().await;
}

/// What a run took off its records is mail on no record from then on: it stays as long as any such, and at least while
/// the run can be undone.
async fn ends(kind: Kind) {
    let mails = letters(&Names::plain(), 8, NOW.plus(-2 * DAY).0, 40);
    let desk = Desk::open(kind, &mails).await;
    desk.take_all(0).await;
    let db = &desk.instance.db;
    import(db, vec![rule("x", vec![contains(Field::Sender, "@")], Then { private: true, ..Then::default() })]).await;
    let id = begin(db).await.unwrap();
    drive(&worker(db, "a", 500, NOW), id).await.unwrap();
    let mail = MailId(desk.company.number("select min(id) from mails where linking = 'review'"));
    let of = |keep: i64| async move {
        let mut tx = db.read().await.unwrap();
        store::expiry::stay(&mut tx, mail, keep).await.unwrap()
    };
    assert_eq!(of(30 * DAY).await, Some(Stay::Until(NOW.plus(30 * DAY))), "{kind:?}");
    assert_eq!(of(DAY).await, Some(Stay::Until(NOW.plus(3 * DAY))), "{kind:?}: it can be undone for so long");
    let mut left = Vec::new();
    for days in [2, 29, 31] {
        let mut tx = db.write().await.unwrap();
        tx.alone().await.unwrap();
        let keep = if days == 2 { 1 } else { 30 };
        let now = NOW.plus(days * DAY);
        store::expiry::reviews(&mut tx, &desk.instance.keys, now.plus(-keep * DAY), now).await.unwrap();
        tx.commit().await.unwrap();
        left.push(desk.company.number("select count(*) from mails where linking = 'review'") > 0);
    }
    assert_eq!(left, [true, true, false], "{kind:?}");
    desk.close().await;
}

#[tokio::test]
async fn what_a_run_took_off_its_records_is_thrown_away_in_its_time() {
    for kind in BOTH {
        ends(kind).await;
    }
}

#[tokio::test]
async fn what_a_run_took_off_its_records_does_not_expire() {
    for kind in BOTH {
        nothing_expires(kind).await;
    }
}

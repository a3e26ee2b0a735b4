//! How fast 20 000 records are handed over, and how long others who write wait meanwhile.
//!
//! `cargo bench --bench handover [-- --records N] [--only sqlite,postgres]`
//!
//! A company of 500 users, 60 of them away with chains and exceptions, and 20 000 other records.
//! Anna owns N records with N/2 open activities; 200 are shared. Measured: the preview, the run,
//! the return; and beside them two writers that save a new lead every few milliseconds: one
//! through the same pool, as in the same program, one through connections of its own, as from
//! another program (on SQLite they meet at the file's lock alone). The goals: preview under 1 s, run
//! under 10 s, no writer waits longer than 200 ms.

#![allow(missing_docs, clippy::print_stdout, dead_code)]

#[path = "support/server.rs"]
mod server;

use anyhow::{Context, Result, bail};
use server::Server;
use standin::actions::handover::{self, Asked, Driven, Worker};
use standin::model::absence::{Absence, CoverPlan, Exception, Nature, Selector};
use standin::model::id::{AbsenceId, HandoverId, RecordId, UserId};
use standin::model::record::{Kind, Person, Policy, Record, Status, UserRole};
use standin::model::time::{DAY, Timestamp};
use standin::store::people::{self, User};
use standin::store::records::{self, Entry};
use standin::store::{Db, Tx, absences};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const NOW: Timestamp = Timestamp(1_795_305_600_000);
const USERS: i64 = 500;
const AWAY: i64 = 60;
const ANNA: UserId = UserId(1);
const PIOTR: UserId = UserId(2);
/// Owner of what other writers save.
const KAMIL: UserId = UserId(3);

#[tokio::main]
async fn main() -> Result<()> {
    let (mut count, mut only) = (20_000, vec!["sqlite".to_owned(), "postgres".to_owned()]);
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--records" => count = value.parse()?,
            "--only" => only = value.split(',').map(str::to_owned).collect(),
            _ => bail!("{name} is no option; the head of benches/handover.rs lists them"),
        }
    }
    let folder = std::env::temp_dir().join(format!("bench-handover-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{count} records; load of the last minute {}", load.split(' ').next().unwrap_or("unknown"));
    if cfg!(debug_assertions) {
        println!("This bench was built without optimisation: figures say little.");
    }
    for database in only {
        measure(&database, count, &folder).await.with_context(|| database.clone())?;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

async fn measure(database: &str, count: usize, folder: &Path) -> Result<()> {
    let (server, url) = match database {
        "sqlite" => (None, format!("sqlite:{}", folder.join("standin.db").display())),
        "postgres" => {
            let server = Server::postgres(&folder.join("postgres"))?;
            let url = server.value("url")?.to_owned();
            (Some(server), url)
        }
        other => bail!("--only {other}: there are sqlite and postgres"),
    };
    let db = Db::open(&url).await?;
    db.migrate().await?;
    let began = Instant::now();
    fill(&db, count).await?;
    println!("\n{database}: filled in {:.1} s", began.elapsed().as_secs_f64());
    let asked = Asked { from: Some(ANNA), to: Some(PIOTR), ..Asked::default() };
    for _ in 0..3 {
        let began = Instant::now();
        let mut tx = db.read().await?;
        let world = people::world(&mut tx, &Policy::default(), NOW).await?;
        let terms = handover::terms(&mut tx, &asked, None, &world, NOW).await??;
        let preview = handover::preview(&mut tx, &terms, None, &world, NOW).await?;
        let took = began.elapsed();
        println!(
            "  preview {:6.3} s  ({} records, {} activities)",
            took.as_secs_f64(),
            preview.moves.len(),
            preview.counts.activities
        );
    }
    let worker = worker(&db);
    alone("nobody moves anything", &db, &url).await?;
    let id = run(&db, &asked, &worker, &url).await?;
    turned("return", &db, &worker, &url, id).await?;
    db.close().await;
    drop(server);
    Ok(())
}

fn worker(db: &Db) -> Worker {
    Worker {
        db: db.clone(),
        policy: Policy::default(),
        name: "bench".into(),
        clock: Arc::new(|| NOW),
        told: Arc::new(|_, _| ()),
    }
}

async fn run(db: &Db, asked: &Asked, worker: &Worker, url: &str) -> Result<HandoverId> {
    let others = Others::start(db, url).await?;
    let began = Instant::now();
    let mut tx = db.read().await?;
    let world = people::world(&mut tx, &Policy::default(), NOW).await?;
    drop(tx);
    let id = handover::begin(db, asked, None, "bench", None, &world, NOW).await??;
    if handover::drive(worker, id).await? != Driven::Settled {
        bail!("the run was not settled");
    }
    others.report("run", began.elapsed()).await.map(|()| id)
}

async fn turned(what: &str, db: &Db, worker: &Worker, url: &str, id: HandoverId) -> Result<()> {
    let others = Others::start(db, url).await?;
    let began = Instant::now();
    let mut tx = db.write().await?;
    let world = people::world(&mut tx, &Policy::default(), NOW).await?;
    handover::give_back(&mut tx, id, false, None, &world, NOW).await??;
    tx.commit().await?;
    handover::drive(worker, id).await?;
    others.report(what, began.elapsed()).await
}

/// What the writers wait when nothing else happens.
async fn alone(what: &str, db: &Db, url: &str) -> Result<()> {
    let others = Others::start(db, url).await?;
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(2)).await;
    others.report(what, began.elapsed()).await
}

/// Two who save something all the time.
struct Others {
    stop: Arc<AtomicBool>,
    beside: Db,
    tasks: Vec<(&'static str, tokio::task::JoinHandle<Result<Vec<Duration>>>)>,
}

impl Others {
    async fn start(db: &Db, url: &str) -> Result<Others> {
        let stop = Arc::new(AtomicBool::new(false));
        let beside = Db::open(url).await?;
        let writer = |db: &Db| tokio::spawn(write(db.clone(), Arc::clone(&stop)));
        let tasks = vec![("same program", writer(db)), ("another program", writer(&beside))];
        Ok(Others { stop, beside, tasks })
    }

    async fn report(self, what: &str, took: Duration) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        println!("  {what} {:6.3} s", took.as_secs_f64());
        for (who, task) in self.tasks {
            let mut waits = task.await??;
            waits.sort();
            let at = |part: usize| waits.get(waits.len() * part / 1_000).copied().unwrap_or_default();
            let millis = |wait: Duration| wait.as_secs_f64() * 1_000.0;
            let longest = waits.last().copied().unwrap_or_default();
            println!(
                "    a writer in the {who}: {} times, median {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
                waits.len(),
                millis(at(500)),
                millis(at(990)),
                millis(longest)
            );
        }
        self.beside.close().await;
        Ok(())
    }
}

/// Saves a lead every few milliseconds; how long each took, from asking for the writer to the commit.
async fn write(db: Db, stop: Arc<AtomicBool>) -> Result<Vec<Duration>> {
    let mut waits = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let mut tx = db.write().await?;
        let mut new = entry(Kind::Lead, KAMIL, 0);
        new.external = None;
        records::save(&mut tx, &[new], None, "bench", NOW).await?;
        tx.commit().await?;
        waits.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
    Ok(waits)
}

async fn fill(db: &Db, count: usize) -> Result<()> {
    let mut tx = db.write().await?;
    for n in 1..=USERS {
        people::upsert(&mut tx, &user(n), NOW).await?;
    }
    for n in 10..=USERS {
        people::set_manager(&mut tx, UserId(n), Some(UserId(n / 10 + 3))).await?;
    }
    for n in 0..AWAY {
        absences::add(&mut tx, &away(n), None, NOW).await?;
    }
    tx.commit().await?;
    for (owner, count) in [(ANNA, count), (KAMIL, 20_000)] {
        let kinds = [Kind::Account, Kind::Contact, Kind::Contact, Kind::Lead, Kind::Opportunity];
        let all: Vec<Entry> = (0..count).zip(kinds.iter().cycle()).map(|(n, kind)| entry(*kind, owner, n)).collect();
        for part in all.chunks(2_000) {
            let mut tx = db.write().await?;
            records::save(&mut tx, part, None, "bench", NOW).await?;
            tx.commit().await?;
        }
    }
    let mut tx = db.write().await?;
    let activities = "insert into activities (record_id, kind, subject, body, status, responsible_id, author_id, at,
          created_at, updated_at) select id, 'task', 'call', '', 'open', 1, 1, 0, 0, 0 from records
        where owner_id = 1 and id % 2 = 0";
    let shares = "insert into shares (record_id, user_id, source, may_write, may_share, named, reason, created_at)
        select id, 4 + id % 400, 'share', false, false, false, '', 0 from records where owner_id = 1 and id % 100 = 0";
    for sql in [activities, shares] {
        match &mut tx {
            Tx::Sqlite(t) => sqlx::query(sql).execute(&mut **t).await?.rows_affected(),
            Tx::Postgres(t) => sqlx::query(sql).execute(&mut **t).await?.rows_affected(),
        };
    }
    tx.commit().await?;
    Ok(())
}

fn user(n: i64) -> User {
    let name = match n {
        1 => "anna".to_owned(),
        2 => "piotr".to_owned(),
        n => format!("user{n}"),
    };
    let role = UserRole::Manager;
    User {
        person: Person { id: UserId(0), name: name.clone(), manager: None, role, teams: Vec::new(), active: true },
        login: name,
        team: None,
        zone: "Europe/Warsaw".into(),
        language: "en".into(),
        phone: None,
        external_id: None,
        addresses: Vec::new(),
    }
}

/// Chains of three, a third of them with an exception.
fn away(n: i64) -> Absence {
    let user = UserId(100 + n);
    let exception = Exception { what: Selector::Kind(Kind::Lead), substitute: UserId(300 + n) };
    Absence {
        id: AbsenceId(0),
        user,
        first_day: NOW.to_utc().date_naive(),
        last_day: None,
        back_on: None,
        first_time: None,
        last_time: None,
        confirm_on: None,
        nature: Nature::Leave,
        zone: "Europe/Warsaw".into(),
        starts: NOW.plus(-DAY),
        ends: Some(NOW.plus(5 * DAY)),
        substitute: Some(if n % 3 == 2 { PIOTR } else { UserId(101 + n) }),
        exceptions: if n % 3 == 0 { vec![exception] } else { Vec::new() },
        deputy: None,
        plan: CoverPlan::Cover,
        cover_writes: true,
        notice: false,
        notice_since: None,
        notice_texts: Default::default(),
    }
}

fn entry(kind: Kind, owner: UserId, n: usize) -> Entry {
    Entry {
        record: Record {
            id: RecordId(0),
            kind,
            name: format!("Record {n}"),
            owner,
            team: None,
            confidential: n % 50 == 49,
            status: Status::Open,
            account: None,
            class: None,
            end_account: None,
            end_contact: None,
        },
        number: None,
        class: None,
        phone: None,
        city: None,
        language: None,
        external: Some(("bench".into(), format!("{owner}-{n}"))),
    }
}

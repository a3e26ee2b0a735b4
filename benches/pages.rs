//! How fast whole pages are made in a large company, and what open pages cost in memory.
//!
//! `cargo bench --bench pages [-- OPTIONS]` puts the company of the rights bench (1 000 000 messages, 500 users) into
//! a database and asks for the pages themselves, as signed-in viewers of several sorts: from the request until the
//! last octet of the answer, with session, rights, statements and rendering, without a wire. Bars of the 95th
//! percentile over all viewers of hard sorts: 50 ms; 300 ms for searches; what some drawn by lot wait stands beside
//! them. Then it starts a server of its own, lets 200 users sign in and keep Today open, and says how much more memory
//! that server holds: at most 50 MB.
//!
//! Options: `--messages 1000000`; `--rounds 3`; `--viewers 6` of each sort; `--only sqlite,postgres`; `--streams
//! 200`; `--keep DIR` fills into DIR and keeps it, or uses what an earlier run (of the rights bench, too) kept there;
//! `--statements FILE` writes each statement with its time into FILE, behind the page that asked it (the pages are slower then).
// A bench that cannot go on should stop where it is, and its product is what it prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "rights/company.rs"]
mod company;
#[path = "rights/fill.rs"]
mod fill;
#[path = "rights/looks.rs"]
#[allow(dead_code)]
mod looks;
#[path = "pages/open.rs"]
mod open;
#[path = "support/random.rs"]
#[allow(dead_code)]
mod random;
#[path = "support/server.rs"]
#[allow(dead_code)]
mod server;

use anyhow::{Context, Result, bail, ensure};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use company::{NOW, Size};
use http_body_util::BodyExt;
use looks::{Group, What};
use server::Server;
use sha2::{Digest, Sha256};
use standin::config::Config;
use standin::model::id::UserId;
use standin::model::record::{Kind, Lack};
use standin::model::time::Timestamp;
use standin::store::keys::Keys;
use standin::store::{self, Db, sessions};
use standin::web::{State, router};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;
use tower::ServiceExt;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const DATABASES: [&str; 2] = ["sqlite", "postgres"];

struct Options {
    size: Size,
    rounds: usize,
    viewers: usize,
    streams: usize,
    only: Vec<String>,
    dir: PathBuf,
    keep: bool,
    statements: Option<PathBuf>,
}

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if arguments.first().is_some_and(|first| first == open::SERVE) {
        return runtime.block_on(open::serve(&arguments.split_off(1)));
    }
    let options = options(arguments.into_iter())?;
    if let Some(file) = &options.statements {
        written(file)?;
    }
    fs::create_dir_all(&options.dir).with_context(|| format!("making {}", options.dir.display()))?;
    let mut met = true;
    for name in &options.only {
        met &= runtime.block_on(bench(&options, name))?;
    }
    if !options.keep {
        fs::remove_dir_all(&options.dir).with_context(|| format!("removing {}", options.dir.display()))?;
    }
    ensure!(met, "a bar was missed; the tables above say where");
    Ok(())
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options> {
    let mut options = Options {
        size: Size::of(1_000_000),
        rounds: 3,
        viewers: 6,
        streams: 200,
        only: DATABASES.map(str::to_owned).to_vec(),
        dir: std::env::temp_dir().join(format!("pages-{}", std::process::id())),
        keep: false,
        statements: None,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--messages" => options.size = Size::of(value.parse()?),
            "--rounds" => options.rounds = value.parse()?,
            "--viewers" => options.viewers = value.parse()?,
            "--streams" => options.streams = value.parse()?,
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            "--statements" => options.statements = Some(value.into()),
            "--keep" => (options.dir, options.keep) = (std::path::absolute(value)?, true),
            _ => bail!("{name} is no option; the head of benches/pages.rs lists them"),
        }
    }
    if let Some(unknown) = options.only.iter().find(|o| !DATABASES.contains(&o.as_str())) {
        bail!("--only {unknown}: there are {}", DATABASES.join(", "));
    }
    Ok(options)
}

/// What is written when a page is asked for.
const PAGE: &str = "page";

/// Writes pages and statements, with what each took, into a file.
fn written(file: &std::path::Path) -> Result<()> {
    let targets = Targets::new().with_target("sqlx::query", LevelFilter::DEBUG).with_target(PAGE, LevelFilter::DEBUG);
    let out = fs::File::create(file).with_context(|| format!("making {}", file.display()))?;
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::sync::Mutex::new(out));
    Ok(tracing_subscriber::registry().with(lines.with_filter(targets)).try_init()?)
}

/// Fills one database, asks for pages, and says whether all bars were met.
async fn bench(options: &Options, name: &str) -> Result<bool> {
    let server = match name {
        "postgres" => Some(Server::postgres(&options.dir.join("postgres"))?),
        _ => None,
    };
    let url = match &server {
        Some(server) => server.value("url")?.to_owned(),
        None => format!("sqlite:{}", options.dir.join("rights.db").display()),
    };
    let db = fill::filled(name, &url, &options.dir, options.size).await?;
    let groups = looks::groups(&db, options.size.users, options.viewers).await?;
    let figures = measure(&db, options, &groups).await?;
    let mut met = report(name, &figures);
    // Whoever opens a page in the server of its own, which has the day's clock.
    let now = Timestamp::from_utc(chrono::Utc::now());
    let mut tx = db.read().await?;
    let mut users = store::people::every(&mut tx).await?;
    drop(tx);
    users.retain(|user| user.person.active);
    let users: Vec<UserId> = users.iter().map(|user| user.person.id).take(options.streams).collect();
    for user in &users {
        signed_in(&db, *user, now).await?;
    }
    db.close().await;
    met &= open::measured(name, &url, &users).await?;
    Ok(met)
}

/// The token of a user's session; a bench's company has no secrets.
fn token(user: UserId) -> [u8; 32] {
    Sha256::digest(format!("session of {user}")).into()
}

async fn signed_in(db: &Db, user: UserId, now: Timestamp) -> Result<()> {
    let mut tx = db.write().await?;
    let hash: [u8; 32] = Sha256::digest(token(user)).into();
    sessions::end(&mut tx, &hash).await?;
    sessions::begin(&mut tx, &hash, user, "bench", now).await?;
    Ok(tx.commit().await?)
}

/// Milliseconds by what was asked for and by whom, with the bar.
type Figures = BTreeMap<(&'static str, &'static str), (f64, Vec<f64>)>;

async fn measure(db: &Db, options: &Options, groups: &[Group]) -> Result<Figures> {
    let (_changes, changed) = watch::channel(0);
    let (_stop, stopping) = watch::channel(false);
    let mut figures = Figures::new();
    let mut known = BTreeSet::new();
    for group in groups {
        let policy = looks::policy(group.mode, options.size.users);
        let config = Config { mode: group.mode, fallback_user: policy.fallback.clone(), ..Config::default() };
        let state = State {
            db: db.clone(),
            keys: Keys::derive(&[7; 32]),
            config: Arc::new(config),
            changes: changed.clone(),
            clock: Arc::new(|| NOW),
        };
        let router = router(state, stopping.clone());
        for viewer in &group.viewers {
            if known.insert(*viewer) {
                signed_in(db, *viewer, NOW).await?;
            }
            let mut wanted: Vec<(&'static str, f64, String)> = Vec::new();
            for what in looks::targets(db, &policy, *viewer, 4).await? {
                wanted.extend(page(&what));
            }
            wanted.push(("W6 activities", 50.0, "/activities".to_owned()));
            for (name, bar, path) in wanted {
                tracing::debug!(target: PAGE, "{name} {path} of {viewer} ({})", group.name);
                for _ in 0..options.rounds {
                    let begin = Instant::now();
                    let size = get(&router, *viewer, &path).await?;
                    let took = begin.elapsed().as_secs_f64() * 1_000.0;
                    ensure!(size > 1_000, "{path} of {viewer} has {size} octets only");
                    figures.entry((name, group.name)).or_insert((bar, Vec::new())).1.push(took);
                }
            }
        }
    }
    Ok(figures)
}

/// The page of ux.md's map on which somebody looks at this.
fn page(what: &What) -> Option<(&'static str, f64, String)> {
    Some(match what {
        What::Today => ("W1 Today", 50.0, "/".to_owned()),
        What::Search(_, text) => ("W2 search", 300.0, format!("/search?q={}", escaped(text))),
        What::Records(Kind::Account, None) => ("W3 list", 50.0, "/records?kind=account".to_owned()),
        What::Records(Kind::Contact, None) => ("W3 list", 50.0, "/records?kind=contact".to_owned()),
        What::Records(_, None) => ("W3 list", 50.0, "/records?kind=opportunity".to_owned()),
        What::Lacking(lack) => {
            let name = if *lack == Lack::Answer { "W3 unanswered" } else { "W3 neglected" };
            (name, 50.0, format!("/records?kind=opportunity&lack={}", lack.word()))
        }
        What::Record(id, standin::store::views::Place::TOP) => ("W4 record", 50.0, format!("/records/{id}")),
        What::Message(id) => ("W5 message", 50.0, format!("/messages/{id}")),
        What::Review => ("W8 review", 50.0, "/review".to_owned()),
        What::Record(..) | What::Records(..) | What::Find(_) => return None,
    })
}

fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric();
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Asks for a page and reads it to its end; how long it is.
async fn get(router: &Router, viewer: UserId, path: &str) -> Result<usize> {
    let request = Request::get(path)
        .header(header::COOKIE, format!("standin={}", hex::encode(token(viewer))))
        .header(header::ACCEPT_ENCODING, "gzip, deflate, br")
        .body(Body::empty())?;
    let (parts, body) = router.clone().oneshot(request).await?.into_parts();
    ensure!(parts.status == StatusCode::OK, "{path} of {viewer}: {}", parts.status);
    Ok(body.collect().await?.to_bytes().len())
}

fn report(database: &str, figures: &Figures) -> bool {
    println!(
        "\n{database:<16} {:<26} {:>6} {:>8} {:>8} {:>8} {:>6}",
        "milliseconds", "pages", "p50", "p95", "max", "bar"
    );
    let mut all = figures.clone();
    for ((what, _), (bar, times)) in figures.iter().filter(|((_, who), _)| *who != looks::DRAWN) {
        all.entry((what, "all viewers")).or_insert((*bar, Vec::new())).1.extend(times);
    }
    let mut sound = true;
    for ((what, who), (bar, times)) in &all {
        let mut times = times.clone();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1];
        let (p50, p95, max) = (at(0.5), at(0.95), at(1.0));
        let met = p95 < *bar;
        sound &= met || *who != "all viewers";
        let verdict = if met { "met" } else { "MISSED" };
        println!("{what:<16} {who:<26} {:>6} {p50:>8.1} {p95:>8.1} {max:>8.1} {bar:>6.0} {verdict}", times.len());
    }
    println!("{database}: the bars of all pages are {}", if sound { "met" } else { "not met" });
    sound
}

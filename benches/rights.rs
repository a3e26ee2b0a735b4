//! How fast people get what they may see, in a large company, with the rights computed anew for
//! every page.
//!
//! `cargo bench --bench rights [-- OPTIONS]` puts 1 000 000 messages, 50 000 contacts, 12 000
//! accounts, 20 000 opportunities and 500 users (60 of them away, with chains, exceptions and
//! deputies) into a fresh SQLite database and a private PostgreSQL, and then looks at timelines,
//! Today, lists, messages and searches as many viewers of several sorts, as the pages do: people and absences are
//! loaded and the scope is computed each time. It prints how long that took, holds it against the
//! project's bars (a group that misses one is marked; what counts is the page, all viewers together), and looks at the plan of every statement that was sent: reading a big table from
//! one end to the other is a failure.
//!
//! Options: `--messages 1000000`, with everything else in proportion; `--rounds 5`; `--viewers 12`
//! of each sort; `--only sqlite,postgres`; `--keep DIR` fills into DIR and keeps it, or uses what an
//! earlier run kept there; `--show SORT` also prints each look of one sort of viewer; `--clock
//! processor` takes the processor's time, the database's included, where others use the machine too.
// A bench that cannot go on should stop where it is, and its product is what it prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::print_stdout)]

#[path = "rights/company.rs"]
mod company;
#[path = "rights/fill.rs"]
mod fill;
#[path = "rights/looks.rs"]
mod looks;
#[path = "rights/plans.rs"]
mod plans;
#[path = "support/random.rs"]
#[allow(dead_code)]
mod random;
#[path = "support/server.rs"]
#[allow(dead_code)]
mod server;
#[path = "rights/watch.rs"]
mod watch;

use anyhow::{Context, Result, bail};
use company::Size;
use looks::Group;
use plans::Scan;
use server::Server;
use standin::store::Db;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

const DATABASES: [&str; 2] = ["sqlite", "postgres"];

struct Options {
    size: Size,
    rounds: usize,
    viewers: usize,
    only: Vec<String>,
    dir: PathBuf,
    keep: bool,
    show: String,
    clock: Clock,
}

/// What a look's time is taken by.
#[derive(Clone, Debug)]
enum Clock {
    Wall,
    /// The processor's time of this program and of what these processes started.
    Processor(Option<u32>),
}

impl Clock {
    /// Milliseconds since some moment.
    fn now(&self, begin: Instant) -> f64 {
        match self {
            Clock::Wall => begin.elapsed().as_secs_f64() * 1_000.0,
            Clock::Processor(server) => {
                let tasks = fs::read_dir("/proc/self/task").unwrap();
                let own: u64 = tasks.map(|task| used(&task.unwrap().path().join("schedstat"))).sum();
                let children =
                    server.map(|pid| fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap());
                let theirs: u64 = children
                    .iter()
                    .flat_map(|list| list.split_whitespace())
                    .map(|pid| used(&PathBuf::from(format!("/proc/{pid}/schedstat"))))
                    .sum();
                (own + theirs) as f64 / 1e6
            }
        }
    }
}

/// Nanoseconds on a processor (proc(5)).
fn used(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

fn main() -> Result<()> {
    let options = options()?;
    fs::create_dir_all(&options.dir).with_context(|| format!("making {}", options.dir.display()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut sound = true;
    for name in &options.only {
        let result = runtime.block_on(bench(&options, name));
        sound &= result?;
    }
    if !options.keep {
        fs::remove_dir_all(&options.dir).with_context(|| format!("removing {}", options.dir.display()))?;
    }
    if !sound {
        bail!("a bar was missed or a big table was read whole; the tables above say where");
    }
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options {
        size: Size::of(1_000_000),
        rounds: 5,
        viewers: 12,
        only: DATABASES.map(str::to_owned).to_vec(),
        dir: std::env::temp_dir().join(format!("rights-{}", std::process::id())),
        keep: false,
        show: String::new(),
        clock: Clock::Wall,
    };
    // Cargo passes `--bench` to every bench.
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--messages" => options.size = Size::of(value.parse()?),
            "--rounds" => options.rounds = value.parse()?,
            "--viewers" => options.viewers = value.parse()?,
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            "--keep" => (options.dir, options.keep) = (std::path::absolute(value)?, true),
            "--show" => options.show = value,
            "--clock" => match value.as_str() {
                "wall" => options.clock = Clock::Wall,
                "processor" => options.clock = Clock::Processor(None),
                _ => bail!("--clock {value}: there are wall and processor"),
            },
            _ => bail!("{name} is no option; the head of benches/rights.rs lists them"),
        }
    }
    if let Some(unknown) = options.only.iter().find(|o| !DATABASES.contains(&o.as_str())) {
        bail!("--only {unknown}: there are {}", DATABASES.join(", "));
    }
    Ok(options)
}

/// Fills one database, measures, and says whether all bars were met and no plan scans.
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
    let users = options.size.users;
    let groups = looks::groups(&db, users, options.viewers).await?;
    let clock = match (&options.clock, &server) {
        (Clock::Processor(_), Some(server)) => Clock::Processor(Some(server.master()?)),
        (clock, _) => clock.clone(),
    };
    let figures = measure(&db, options, &clock, &groups).await?;
    let met = report(name, &figures);
    db.close().await;
    Ok(met & plans_are_sound(&url, options, &groups).await?)
}

/// Milliseconds by what was looked at and by whom.
type Figures = BTreeMap<(&'static str, &'static str), (Option<f64>, Vec<f64>)>;

async fn measure(db: &Db, options: &Options, clock: &Clock, groups: &[Group]) -> Result<Figures> {
    let (mut figures, start) = (Figures::new(), Instant::now());
    for group in groups {
        let policy = looks::policy(group.mode, options.size.users);
        for viewer in &group.viewers {
            let targets = looks::targets(db, &policy, *viewer, 12).await?;
            for what in &targets {
                let (name, bar) = what.name();
                let mut rounds = Vec::new();
                for _ in 0..options.rounds {
                    let begin = clock.now(start);
                    looks::look(db, &policy, *viewer, what).await?;
                    rounds.push(clock.now(start) - begin);
                }
                if options.show == group.name {
                    println!("  {viewer} {what:?} {rounds:.1?}");
                }
                let entry = figures.entry((name, group.name)).or_insert((bar, Vec::new()));
                entry.1.extend(rounds);
            }
        }
    }
    Ok(figures)
}

fn report(database: &str, figures: &Figures) -> bool {
    let mut sound = true;
    println!(
        "\n{database:<30} {:<20} {:>6} {:>8} {:>8} {:>8} {:>6}",
        "milliseconds", "looks", "p50", "p95", "max", "bar"
    );
    // All viewers together, too: a bar is one of a page.
    let mut all = figures.clone();
    for ((what, _), (bar, times)) in figures.iter().filter(|((_, who), _)| *who != looks::DRAWN) {
        all.entry((what, "all viewers")).or_insert((*bar, Vec::new())).1.extend(times);
    }
    for ((what, who), (bar, times)) in &all {
        let mut times = times.clone();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1];
        let (p50, p95, max) = (at(0.5), at(0.95), at(1.0));
        let met = bar.is_none_or(|bar| p95 < bar);
        sound &= met || *who != "all viewers";
        let (bar, verdict) =
            (bar.map_or_else(String::new, |bar| format!("{bar:.0}")), if met { "met" } else { "MISSED" });
        println!("{what:<30} {who:<20} {:>6} {p50:>8.1} {p95:>8.1} {max:>8.1} {bar:>6} {verdict}", times.len());
    }
    println!("{database}: the bars of all pages are {}", if sound { "met" } else { "not met" });
    sound
}

/// Looks at everything once more, and at the plans of what was sent for it.
async fn plans_are_sound(url: &str, options: &Options, groups: &[Group]) -> Result<bool> {
    let db = Db::open(url).await?;
    let mut tx = db.write().await?;
    plans::tell(&mut tx, true).await?;
    tx.commit().await?;
    db.close().await;
    let db = Db::open(url).await?;
    let (mut found, mut statements) = (BTreeSet::<Scan>::new(), 0);
    for group in groups {
        let policy = looks::policy(group.mode, options.size.users);
        for viewer in group.viewers.iter().take(4) {
            let targets = looks::targets(&db, &policy, *viewer, 3).await?;
            let looked = async {
                for what in &targets {
                    looks::look(&db, &policy, *viewer, what).await?;
                }
                Ok(())
            };
            let ((), heard) = plans::heard(looked).await?;
            let mut tx = db.read().await?;
            let (scans, count) = plans::scans(&mut tx, heard).await?;
            found.extend(scans);
            statements = statements.max(count);
        }
    }
    let mut tx = db.write().await?;
    plans::tell(&mut tx, false).await?;
    tx.commit().await?;
    db.close().await;
    println!("\n{statements} statements looked at; {} read a big table whole", found.len());
    for scan in &found {
        println!("  {}\n    {}", scan.step, scan.statement);
    }
    Ok(found.is_empty())
}

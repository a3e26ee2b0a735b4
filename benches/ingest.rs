//! How fast mail gets from a server onto timelines, beside mbsync.
//!
//! `cargo bench --bench ingest [-- OPTIONS]` fills a private Dovecot with mails of a seed and
//! measures, in turns, over TLS:
//!
//! - every body fetched and thrown away: what the server and the wire cost alone;
//! - mbsync pulling the folders to a Maildir, as it ships and with `FSync no`;
//! - `standin sync --once` into a fresh SQLite database, with links and full text, and once more
//!   with nothing new;
//! - the same into a fresh database of a private PostgreSQL.
//!
//! What the databases hold afterwards is checked. The bars at the end are the project's own.
//!
//! Options: `--mails 50000 --contacts 20000 --accounts 4000 --rounds 3`; `--only LIST` of floor,
//! mbsync, sqlite, postgres, separated by commas; `--binary PATH` measures another build;
//! `--keep DIR` generates into DIR and keeps it, or uses what an earlier run kept there.
// A bench that cannot go on should stop where it is, and its product is what it prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::print_stdout)]

mod support;

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::measure::{Ran, Took, by_name, here, run};
use support::people::{MAILBOX, People};
use support::program::{Outcome, Program, Synced, WORD};
use support::server::Server;
use support::{floor, maildir, table};

/// The seed of all mails. Changing it makes figures of other days incomparable.
const SEED: u64 = 7;
/// What can be measured.
const RUNNERS: [&str; 4] = ["floor", "mbsync", "sqlite", "postgres"];

struct Options {
    mails: usize,
    contacts: usize,
    accounts: usize,
    rounds: usize,
    only: Vec<String>,
    binary: PathBuf,
    dir: PathBuf,
    keep: bool,
}

impl Options {
    fn wants(&self, runner: &str) -> bool {
        self.only.iter().any(|o| o == runner)
    }
}

/// Everything measured, by runner and round.
#[derive(Default)]
struct Figures {
    floor: Vec<Took>,
    mbsync: Vec<Took>,
    unsafe_mbsync: Vec<Took>,
    sqlite: Vec<Synced>,
    again: Vec<Synced>,
    postgres: Vec<Synced>,
    outcome: Option<Outcome>,
}

fn main() -> Result<()> {
    let options = options()?;
    if !options.keep {
        fs::create_dir(&options.dir).with_context(|| format!("making {}", options.dir.display()))?;
    }
    let result = bench(&options);
    if !options.keep {
        fs::remove_dir_all(&options.dir).with_context(|| format!("removing {}", options.dir.display()))?;
    }
    result
}

fn options() -> Result<Options> {
    let mut options = Options {
        mails: 50_000,
        contacts: 20_000,
        accounts: 4_000,
        rounds: 3,
        only: RUNNERS.map(str::to_owned).to_vec(),
        binary: env!("CARGO_BIN_EXE_standin").into(),
        dir: std::env::temp_dir().join(format!("ingest-{}", std::process::id())),
        keep: false,
    };
    // Cargo passes `--bench` to every bench.
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--mails" => options.mails = value.parse()?,
            "--contacts" => options.contacts = value.parse()?,
            "--accounts" => options.accounts = value.parse()?,
            "--rounds" => options.rounds = value.parse()?,
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            "--binary" => options.binary = fs::canonicalize(&value).with_context(|| format!("finding {value}"))?,
            "--keep" => (options.dir, options.keep) = (std::path::absolute(value)?, true),
            _ => bail!("{name} is no option; the head of benches/ingest.rs lists them"),
        }
    }
    if let Some(unknown) = options.only.iter().find(|o| !RUNNERS.contains(&o.as_str())) {
        bail!("--only {unknown}: there are {}", RUNNERS.join(", "));
    }
    Ok(options)
}

fn bench(options: &Options) -> Result<()> {
    let dir = &options.dir;
    let home = dir.join("dovecot/mail").join(MAILBOX).join("maildir");
    generate(options, &home)?;
    let dovecot = Server::dovecot(&dir.join("dovecot"), MAILBOX)?;
    let uid = dovecot.value("mail_uid")?.to_owned();
    let owner = format!("{uid}:{uid}");
    if !Command::new("chown").arg("-R").arg(owner).arg(dir.join("dovecot/mail")).status()?.success() {
        bail!("the mails could not be given to Dovecot's user {uid}");
    }
    for folder in ["INBOX", "Sent"] {
        dovecot.index(MAILBOX, folder)?;
    }
    let postgres = if options.wants("postgres") { Some(Server::postgres(&dir.join("postgres"))?) } else { None };
    if cfg!(debug_assertions) {
        println!("This bench was built without optimisation: the raw FETCH costs more than it should.");
    }
    let mut figures = Figures::default();
    for number in 1..=options.rounds {
        round(options, number, &dovecot, postgres.as_ref(), &mut figures)?;
    }
    report(&figures);
    Ok(())
}

fn round(
    options: &Options,
    number: usize,
    dovecot: &Server,
    postgres: Option<&Server>,
    figures: &mut Figures,
) -> Result<()> {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("round {number} (load of the last minute {})", load.split(' ').next().unwrap_or("unknown"));
    if options.wants("floor") {
        settle()?;
        let (port, ca, masters) = (dovecot.port()?, dovecot.ca()?, [dovecot.master()?]);
        let (took, _) = here(&masters, move || floor::fetch(port, &ca, MAILBOX, &["INBOX", "Sent"]))?;
        println!("  raw FETCH {:.2} s", took.wall);
        figures.floor.push(took);
    }
    if options.wants("mbsync") {
        figures.mbsync.push(mbsync(dovecot, &options.dir, options.mails, "")?);
        figures.unsafe_mbsync.push(mbsync(dovecot, &options.dir, options.mails, "FSync no\n\n")?);
    }
    if options.wants("sqlite") {
        let program = Program::new(&options.binary, options.dir.join("sqlite"), dovecot, None)?;
        figures.sqlite.push(fill(options, "SQLite", &program, &mut figures.outcome)?);
        settle()?;
        let again = program.sync()?;
        if again.indexed != 0 || Some(program.outcome()?) != figures.outcome {
            bail!("a second sync changed something: {}", again.ran.out);
        }
        println!("  nothing new {:.3} s", again.ran.took.wall);
        figures.again.push(again);
    }
    if options.wants("postgres") {
        let program = Program::new(&options.binary, options.dir.join("on-postgres"), dovecot, postgres)?;
        figures.postgres.push(fill(options, "PostgreSQL", &program, &mut figures.outcome)?);
    }
    Ok(())
}

/// Imports people and records, syncs, and checks what the database holds.
fn fill(options: &Options, name: &str, program: &Program<'_>, known: &mut Option<Outcome>) -> Result<Synced> {
    let import = program.import(&options.dir)?;
    settle()?;
    let synced = program.sync()?;
    let outcome = program.outcome()?;
    check(options, &outcome)?;
    println!(
        "  {name} linked {:.2} s, in all {:.2} s (import {import:.2} s; database {:.0} MB; peak {:.0} MB)",
        synced.linked,
        synced.ran.took.wall,
        program.size()?,
        synced.peak
    );
    threads(&synced.ran);
    match known {
        None => {
            println!(
                "    {} of {} mails stored, {} linked with {} links; `{WORD}` found in {}",
                outcome.stored, options.mails, outcome.linked, outcome.links, outcome.found
            );
            *known = Some(outcome);
        }
        Some(known) if *known != outcome => bail!("runs differ: {known:?}, then {outcome:?}"),
        Some(_) => {}
    }
    Ok(synced)
}

fn check(options: &Options, outcome: &Outcome) -> Result<()> {
    let mails = options.mails as u64;
    let fault = match outcome {
        o if o.settled != mails => "not every mail was accounted for",
        o if o.stored * 10 < mails * 7 => "less than 70 % of the mails were stored",
        o if o.linked * 10 < mails * 6 => "less than 60 % of the mails have links",
        o if o.unindexed > 0 => "the full-text index is not complete",
        o if o.found * 100 < mails => "the full-text index does not find a common word",
        _ => return Ok(()),
    };
    bail!("{fault}: {outcome:?} of {mails}")
}

/// Where a program's processor time went, as far as its threads' names tell.
fn threads(ran: &Ran) {
    let names = by_name(&ran.threads);
    let parts: Vec<String> = names
        .iter()
        .filter(|n| n.2 >= 0.05)
        .map(|(name, count, cpu)| {
            let each: Vec<String> = ran
                .threads
                .iter()
                .filter(|(n, c)| n == name && *count > 1 && *c >= 0.05)
                .take(8)
                .map(|(_, c)| format!("{c:.1}"))
                .collect();
            if each.is_empty() { format!("{name} {cpu:.2}") } else { format!("{name} {cpu:.2} ({})", each.join(" ")) }
        })
        .collect();
    println!("    processor by thread: {}", parts.join(", "));
}

/// Lets the disk finish what earlier runs wrote, so that nobody pays for another.
fn settle() -> Result<()> {
    Command::new("sync").status().context("running sync")?;
    Ok(())
}

/// Writes mails and tables, unless `--keep` finds those of an earlier run.
fn generate(options: &Options, home: &Path) -> Result<()> {
    let told = options.dir.join("generated.json");
    let these = format!("{SEED} {} {} {}\n", options.mails, options.contacts, options.accounts);
    if let Ok(text) = fs::read_to_string(&told) {
        if !text.starts_with(&these) {
            bail!("{} holds mails of other options; name another folder", options.dir.display());
        }
        println!("mails of an earlier run: {}", &text[these.len()..]);
        return Ok(());
    }
    let people = People::new(SEED, options.accounts, options.contacts);
    fs::create_dir_all(&options.dir)?;
    for (name, text) in people.csv() {
        fs::write(options.dir.join(format!("{name}.csv")), text)?;
    }
    let written = serde_json::to_string(&maildir::write(SEED, &people, options.mails, home)?)?;
    println!("generated: {written}");
    fs::write(told, these + &written)?;
    Ok(())
}

fn mbsync(dovecot: &Server, dir: &Path, mails: usize, first: &str) -> Result<Took> {
    let into = dir.join("mbsync");
    if into.exists() {
        fs::remove_dir_all(&into)?;
    }
    fs::create_dir_all(&into)?;
    let (port, ca, path) = (dovecot.port()?, dovecot.ca()?, into.display());
    let ca = ca.display();
    let text = format!(
        "{first}IMAPAccount bench\nHost localhost\nPort {port}\nUser {MAILBOX}\nPass secret\nSSLType IMAPS\nCertificateFile {ca}\n\n\
         IMAPStore far\nAccount bench\n\n\
         MaildirStore near\nInbox {path}/INBOX\nPath {path}/\nSubFolders Verbatim\n\n\
         Channel bench\nFar :far:\nNear :near:\nPatterns INBOX Sent\nSync Pull\nCreate Near\nSyncState *\n"
    );
    let config = dir.join("mbsyncrc");
    fs::write(&config, text)?;
    settle()?;
    let ran = run(Command::new("mbsync").arg("-q").arg("-c").arg(&config).arg("bench"), &[dovecot.master()?])?;
    let mut pulled = 0;
    for folder in ["INBOX/new", "INBOX/cur", "Sent/new", "Sent/cur"] {
        pulled += fs::read_dir(into.join(folder))?.count();
    }
    if pulled != mails {
        bail!("mbsync pulled {pulled} of {mails} mails");
    }
    let how = if first.is_empty() { "as it ships" } else { "with FSync no" };
    println!("  mbsync {how} {:.2} s", ran.took.wall);
    fs::remove_dir_all(&into)?;
    Ok(ran.took)
}

fn report(figures: &Figures) {
    let took = |runs: &[Synced]| runs.iter().map(|s| s.ran.took).collect::<Vec<Took>>();
    let walls = |runs: &[Took]| runs.iter().map(|t| t.wall).collect::<Vec<f64>>();
    let linked: Vec<f64> = figures.sqlite.iter().map(|s| s.linked).collect();
    table::head();
    table::row("raw FETCH, thrown away", &figures.floor);
    table::row("mbsync to Maildir, as it ships", &figures.mbsync);
    table::row("mbsync to Maildir, FSync no", &figures.unsafe_mbsync);
    table::row("standin to SQLite, in all", &took(&figures.sqlite));
    table::moment("  of that until all is linked", &linked);
    table::row("standin again, nothing new", &took(&figures.again));
    table::row("standin to PostgreSQL, in all", &took(&figures.postgres));
    table::moment("  of that until all is linked", &figures.postgres.iter().map(|s| s.linked).collect::<Vec<f64>>());
    println!();
    let (sqlite, postgres) = (walls(&took(&figures.sqlite)), walls(&took(&figures.postgres)));
    let (mbsync, unsafe_mbsync) = (walls(&figures.mbsync), walls(&figures.unsafe_mbsync));
    table::ratio("linked and visible / mbsync as it ships", &linked, &mbsync, Some(0.75));
    table::ratio("full text complete / mbsync as it ships", &sqlite, &mbsync, Some(1.0));
    table::ratio("linked and visible / mbsync with FSync no", &linked, &unsafe_mbsync, None);
    table::ratio("full text complete / mbsync with FSync no", &sqlite, &unsafe_mbsync, None);
    table::ratio("PostgreSQL / SQLite, in all", &postgres, &sqlite, Some(2.5));
    let peaks: Vec<f64> = figures.sqlite.iter().chain(&figures.postgres).map(|s| s.peak.max(s.ran.took.peak)).collect();
    table::below("peak memory, MB", &peaks, 200.0, table::greatest);
    table::below("again with nothing new, seconds", &walls(&took(&figures.again)), 0.5, table::median);
}

//! How fast mail gets from a server onto timelines, beside mbsync.
//!
//! `cargo bench --bench ingest [-- --mails 50000 --contacts 20000 --accounts 4000 --rounds 3 --keep DIR]`
//! fills a private Dovecot with mails of a seed and measures, in turns, over TLS: every body
//! fetched and thrown away; mbsync pulling the folders to a Maildir.
// A bench that cannot go on should stop where it is, and its product is what it prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::print_stdout)]

mod support;

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::measure::{Took, here, run};
use support::people::{MAILBOX, People};
use support::server::Dovecot;
use support::{floor, maildir};

/// The seed of all mails. Changing it makes figures of other days incomparable.
const SEED: u64 = 7;

struct Options {
    mails: usize,
    contacts: usize,
    accounts: usize,
    rounds: usize,
    dir: PathBuf,
    keep: bool,
}

fn main() -> Result<()> {
    let options = options()?;
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
            "--keep" => (options.dir, options.keep) = (value.into(), true),
            _ => bail!("{name} is no option; there are --mails --contacts --accounts --rounds --keep"),
        }
    }
    Ok(options)
}

fn bench(options: &Options) -> Result<()> {
    let dir = &options.dir;
    let home = dir.join("dovecot/mail").join(MAILBOX).join("maildir");
    generate(options, &home)?;
    let dovecot = Dovecot::start(&dir.join("dovecot"), MAILBOX)?;
    let uid = dovecot.value("mail_uid")?.to_owned();
    let owner = format!("{uid}:{uid}");
    if !Command::new("chown").arg("-R").arg(owner).arg(dir.join("dovecot/mail")).status()?.success() {
        bail!("the mails could not be given to Dovecot's user {uid}");
    }
    for folder in ["INBOX", "Sent"] {
        dovecot.index(MAILBOX, folder)?;
    }
    let (mut floors, mut pulls) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        println!("round {round}");
        floors.push(raw_fetch(&dovecot)?);
        pulls.push(mbsync(&dovecot, dir, options.mails)?);
    }
    row("raw FETCH, thrown away", &floors);
    row("mbsync to Maildir", &pulls);
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

fn raw_fetch(dovecot: &Dovecot) -> Result<Took> {
    let (port, ca) = (dovecot.port()?, dovecot.ca()?);
    let (took, _) = here(move || floor::fetch(port, &ca, MAILBOX, &["INBOX", "Sent"]))?;
    println!("  raw FETCH: {took:.2?}");
    Ok(took)
}

fn mbsync(dovecot: &Dovecot, dir: &Path, mails: usize) -> Result<Took> {
    let into = dir.join("mbsync");
    let _ = fs::remove_dir_all(&into);
    fs::create_dir_all(&into)?;
    let (port, ca, path) = (dovecot.port()?, dovecot.ca()?, into.display());
    let ca = ca.display();
    let text = format!(
        "IMAPAccount bench\nHost localhost\nPort {port}\nUser {MAILBOX}\nPass secret\nSSLType IMAPS\nCertificateFile {ca}\n\n\
         IMAPStore far\nAccount bench\n\n\
         MaildirStore near\nInbox {path}/INBOX\nPath {path}/\nSubFolders Verbatim\n\n\
         Channel bench\nFar :far:\nNear :near:\nPatterns INBOX Sent\nSync Pull\nCreate Near\nSyncState *\n"
    );
    let config = dir.join("mbsyncrc");
    fs::write(&config, text)?;
    let (took, _) = run(Command::new("mbsync").arg("-q").arg("-c").arg(&config).arg("bench"))?;
    let mut pulled = 0;
    for folder in ["INBOX/new", "INBOX/cur", "Sent/new", "Sent/cur"] {
        pulled += fs::read_dir(into.join(folder))?.count();
    }
    if pulled != mails {
        bail!("mbsync pulled {pulled} of {mails} mails");
    }
    println!("  mbsync: {took:.2?}");
    fs::remove_dir_all(&into)?;
    Ok(took)
}

fn row(name: &str, runs: &[Took]) {
    let mut walls: Vec<f64> = runs.iter().map(|t| t.wall).collect();
    walls.sort_by(f64::total_cmp);
    let most = |of: fn(&Took) -> f64| runs.iter().map(of).fold(0.0, f64::max);
    println!(
        "{name:<28} median {:>6.2} s  min {:>6.2}  max {:>6.2}  own cpu {:>6.2} s  server cpu {:>6.2} s  peak {:>5.0} MB",
        walls[walls.len() / 2],
        walls[0],
        walls[walls.len() - 1],
        most(|t| t.cpu),
        most(|t| t.server),
        most(|t| t.peak),
    );
}

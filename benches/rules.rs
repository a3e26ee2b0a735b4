//! How fast rules are replayed over stored mail, and what they cost on the way of a mail.
//!
//! `cargo bench --bench rules [-- --mails N --contacts N --ingest N --only dry,ingest]`
//!
//! 500 rules, as a company might have them: by sender and domain, numbers in subjects, header fields,
//! words of the text. Dry run: N stored mails (100 000), a twentieth of which the rules move; the goal
//! is 20 000 mails a second, with memory that does not grow with history. Ingest: the same N mails
//! (10 000) taken in with 1 000 contacts and no rule, and with `--contacts` (100 000; the goal is said
//! for 1 000 000) and 500 rules; the goal is less than 30 % on top.

#![allow(missing_docs, clippy::print_stdout, clippy::indexing_slicing, clippy::too_many_lines, dead_code)]

use anyhow::{Context, Result, bail};
use standin::config::{Config, Mailbox, Security, Server};
use standin::intake::replay::{Told, dry_run};
use standin::intake::{Clock, Found, Shared, Signals, prepare};
use standin::link::rules::Set;
use standin::model::cursor::{Arrival, Role, Seen, Why};
use standin::model::facts::House;
use standin::model::facts::{Direction, Field as At};
use standin::model::id::{MailId, RecordId, RuleId, ThreadId};
use standin::model::link::{Evidence, Link};
use standin::model::mail::{Author, Channel};
use standin::model::record::Policy;
use standin::model::rule::{Condition, Field, Kept, Rule, Switch, Then};
use standin::model::time::{DAY, Timestamp};
use standin::store::instance::{Instance, Use};
use standin::store::links::MailLinks;
use standin::store::mails::{NewMail, Placed};
use standin::store::rules::NewVersion;
use standin::store::{self, Db, insert_many};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const NOW: Timestamp = Timestamp(1_795_305_600_000);
const RULES: i64 = 500;
const DEALS: i64 = 1_000;

#[tokio::main]
async fn main() -> Result<()> {
    let (mut mails, mut contacts, mut ingest) = (100_000, 100_000, 10_000);
    let mut only = vec!["dry".to_owned(), "ingest".to_owned()];
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--mails" => mails = value.parse()?,
            "--contacts" => contacts = value.parse()?,
            "--ingest" => ingest = value.parse()?,
            "--only" => only = value.split(',').map(str::to_owned).collect(),
            _ => bail!("{name} is no option; the head of benches/rules.rs lists them"),
        }
    }
    let folder = std::env::temp_dir().join(format!("bench-rules-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{RULES} rules; load of the last minute {}", load.split(' ').next().unwrap_or("unknown"));
    if cfg!(debug_assertions) {
        println!("This bench was built without optimisation: figures say little.");
    }
    for what in only {
        match what.as_str() {
            "dry" => dry(&folder, mails).await?,
            "ingest" => taken_in(&folder, contacts, ingest).await?,
            other => bail!("--only {other}: there are dry and ingest"),
        }
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Rules as a company might have them.
fn rules() -> Vec<Kept> {
    let one = |n: i64| {
        let field = |field| Condition { field, ..Condition::default() };
        let mut rule = Rule { name: format!("rule {n}"), state: Switch::On, ..Rule::default() };
        let number = format!("OP-{}", n % DEALS);
        match n % 20 {
            // One sender, or one domain with a word in the subject.
            0..=5 => {
                rule.all.push(Condition { is: Some(format!("person{n}@client{n}.test")), ..field(Field::Sender) });
                rule.then = Then { regard: Some(number), ..Then::default() };
            }
            6..=11 => {
                rule.all.push(Condition { is: Some(format!("client{n}.test")), ..field(Field::Domain) });
                rule.all.push(Condition { contains: Some(format!("project {}", n % 7)), ..field(Field::Subject) });
                rule.then = Then { regard: Some(number), ..Then::default() };
            }
            // A number of our own or of the client's in the subject.
            12..=14 => {
                let regex = format!("(?i)\\bK{n}-(?<number>[0-9]{{3,8}})\\b");
                rule.all.push(Condition { matches: Some(regex), ..field(Field::Subject) });
                rule.then = Then { regard: Some("OP-{number}".into()), ..Then::default() };
            }
            15 => {
                rule.any.push(Condition { contains: Some(format!("tender {n}")), ..field(Field::Subject) });
                rule.any.push(Condition { contains: Some(format!("przetarg {n}")), ..field(Field::Subject) });
                rule.none.push(Condition { is: Some("machine".into()), ..field(Field::Author) });
                rule.then = Then { regard: Some(number), ..Then::default() };
            }
            16 | 17 => {
                let header = Condition { header: Some("list-id".into()), ..field(Field::Header) };
                rule.all.push(Condition { contains: Some(format!("list{n}.test")), ..header });
                rule.then = Then { ignore: true, ..Then::default() };
            }
            18 => {
                rule.all.push(Condition { contains: Some(format!("order number {n}/2026")), ..field(Field::Body) });
                rule.then = Then { regard: Some(number), ..Then::default() };
            }
            _ => {
                rule.all.push(Condition { contains: Some(format!("contract-{n}")), ..field(Field::Attachment) });
                rule.then = Then { regard: Some(number), ..Then::default() };
            }
        }
        Kept { id: RuleId(n + 1), version: 1, rule }
    };
    (0..RULES).map(one).collect()
}

/// People, an account and opportunities, and contacts with an address each.
async fn records(db: &Db, contacts: i64) -> Result<()> {
    let mut tx = db.write().await?;
    let users = (1..=50).map(|id: i64| {
        vec![
            id.into(),
            format!("user{id}").into(),
            format!("User {id}").into(),
            "account-manager".into(),
            "UTC".into(),
            "en".into(),
            NOW.0.into(),
        ]
    });
    insert_many(&mut tx, "users (id, login, name, role, zone, language, created_at)", "", users.collect()).await?;
    let record = |id: i64, kind: &str, number: Option<String>, account: Option<i64>| {
        let name = format!("{kind} {id}");
        let key = store::fold(&name);
        vec![
            id.into(),
            kind.into(),
            name.into(),
            key.into(),
            (id % 50 + 1).into(),
            account.into(),
            number.into(),
            NOW.0.into(),
            NOW.0.into(),
        ]
    };
    let into = "records (id, kind, name, name_key, owner_id, account_id, number, created_at, updated_at)";
    insert_many(&mut tx, into, "", vec![record(1, "account", None, None)]).await?;
    let deals = (0..DEALS).map(|n| record(n + 2, "opportunity", Some(format!("OP-{n}")), Some(1)));
    insert_many(&mut tx, into, "", deals.collect()).await?;
    for part in (0..contacts).collect::<Vec<_>>().chunks(20_000) {
        let rows = part.iter().map(|n| record(n + 2 + DEALS, "contact", None, None));
        insert_many(&mut tx, into, "", rows.collect()).await?;
        let rows =
            part.iter().map(|n| vec![address(*n).into(), (n + 2 + DEALS).into(), "vouched".into(), NOW.0.into()]);
        insert_many(&mut tx, "record_addresses (address, record_id, standing, created_at)", "", rows.collect()).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn address(contact: i64) -> String {
    format!("person{contact}@client{contact}.test")
}

fn body(n: i64) -> String {
    let lines = [
        "Good morning,",
        "thank you for the offer; we would like to go on with it as discussed.",
        "Could you send the drawings again?",
        "Zażółć gęślą jaźń, prosimy o pilną odpowiedź.",
    ];
    let mut text: String = (0..12).map(|line| format!("{} ({})\n", lines[line % 4], n + line as i64)).collect();
    text.push_str("Regards\n");
    text
}

/// Stored mails, a few in each thread, each on its contact; about a twentieth fit a rule.
async fn history(db: &Db, mails: i64) -> Result<()> {
    for part in (0..mails).collect::<Vec<_>>().chunks(5_000) {
        let mut tx = db.write().await?;
        let rows: Vec<(NewMail, Placed)> = part.iter().map(|n| mail(*n)).collect();
        let threads: Vec<ThreadId> = rows.iter().map(|(_, placed)| placed.thread).collect();
        store::mails::insert_threads(&mut tx, &threads).await?;
        let refs: Vec<(&NewMail, &Placed)> = rows.iter().map(|(mail, placed)| (mail, placed)).collect();
        store::mails::insert(&mut tx, &refs).await?;
        let headers: Vec<(MailId, String)> = part
            .iter()
            .map(|n| {
                (
                    MailId(n + 1),
                    format!("list-id: <list{}.elsewhere>\nx-mailer: Mailer 7.1\nimportance: normal\n", n % 900),
                )
            })
            .collect();
        let headers: Vec<(MailId, &str)> = headers.iter().map(|(id, text)| (*id, text.as_str())).collect();
        store::rules::keep_headers(&mut tx, &headers).await?;
        let links: Vec<MailLinks> = part.iter().map(|n| on_contact(*n)).collect();
        store::links::insert(&mut tx, &links, NOW).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn contact_of(n: i64) -> i64 {
    n / 3 % 1_000
}

fn on_contact(n: i64) -> MailLinks {
    let contact = RecordId(contact_of(n) + 2 + DEALS);
    let evidence = Evidence::Address { address: address(contact_of(n)), field: "from".into(), party: contact };
    MailLinks {
        mail: MailId(n + 1),
        at: NOW,
        sealed: false,
        links: vec![Link { record: contact, governing: contact, evidence }],
    }
}

fn mail(n: i64) -> (NewMail, Placed) {
    let from = address(contact_of(n));
    let subject = match n % 60 {
        0 => format!("K{}-{} wycena", 12 + 20 * (n % 25), 100 + n % 900),
        _ => format!("Re: the pumps of last week {n}"),
    };
    let parties = vec![
        (At::From, from.clone(), None),
        (At::To, "user1@firma.test".to_owned(), None),
        (At::Cc, "user2@firma.test".to_owned(), None),
    ];
    let mail = NewMail {
        identity: n.to_be_bytes().to_vec(),
        copy_key: n,
        message_id: Some(format!("{n}@client.test")),
        id_key: Some(n + 1),
        aliases: Vec::new(),
        asks: false,
        conversation: None,
        marks: Vec::new(),
        references: if n % 3 == 0 { Vec::new() } else { vec![n] },
        in_reply_to: Vec::new(),
        at: NOW.plus(n),
        arrived_at: NOW.plus(n),
        from: Some((None, from)),
        parties,
        author: Author::Human,
        channel: Channel::Direct,
        evidence: "[]".into(),
        subject,
        visible: body(n),
        folded: false,
        attachments: "[]".into(),
        attachment_names: if n % 9 == 0 { "drawing.pdf".into() } else { String::new() },
        forward: false,
        auth_failed: false,
        defects: "[]".into(),
        size: 4_000,
        packed: Vec::new(),
        parser_version: 1,
    };
    let placed = Placed {
        id: MailId(n + 1),
        thread: ThreadId(n / 3 + 1),
        author: Author::Human,
        direction: Direction::In,
        regarding: None,
        linking: "linked",
        candidates: "[]".into(),
        sealed: false,
    };
    (mail, placed)
}

async fn dry(folder: &Path, mails: i64) -> Result<()> {
    let set = Arc::new(Set::compile(&rules()).map_err(|faults| anyhow::anyhow!("{faults:?}"))?);
    for count in [mails / 4, mails] {
        let db = Db::open(&format!("sqlite:{}", folder.join(format!("dry-{count}.db")).display())).await?;
        db.migrate().await?;
        records(&db, 1_000).await?;
        history(&db, count).await?;
        db.fold_log().await?;
        let before = peak();
        for _ in 0..3 {
            let began = Instant::now();
            let mut tx = db.read().await?;
            let world = store::people::world(&mut tx, &Policy::default(), NOW).await?;
            let (mut progress, mut change) = (|_: i64, _: i64| (), |_: &_| Ok(()));
            let mut told = Told { progress: &mut progress, change: &mut change };
            let report = dry_run(&mut tx, &set, &own(), &world, NOW, &mut told).await?;
            let took = began.elapsed().as_secs_f64();
            println!(
                "  dry run of {} mails: {took:.2} s, {:.0} mails a second; {} would change; peak memory {} MB, {} MB before",
                report.mails,
                report.mails as f64 / took,
                report.changes(),
                peak(),
                before
            );
        }
        let (letters, began) = (20_000, Instant::now());
        let headers = "list-id: <list7.elsewhere>\n";
        let text = body(7);
        let letter = standin::link::rules::Letter {
            senders: vec!["person7@client7.test"],
            recipients: vec!["user1@firma.test"],
            subject: "Re: the pumps of last week",
            body: &text,
            ..Default::default()
        };
        let letter = letter.with_headers(headers);
        let hits: usize = (0..letters).map(|_| set.evaluate(&letter).len()).sum();
        let each = began.elapsed().as_secs_f64() / f64::from(letters) * 1e6;
        println!("  asking {RULES} rules about one mail: {each:.1} µs ({hits} hits)");
        db.close().await;
    }
    Ok(())
}

fn own() -> House {
    ["firma.test".to_owned()].into_iter().collect()
}

/// The most memory this process ever had, in MB.
fn peak() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<i64>().unwrap_or(0) / 1024
}

async fn taken_in(folder: &Path, contacts: i64, mails: i64) -> Result<()> {
    println!("\n{mails} mails taken in:");
    let mut rounds = Vec::new();
    for round in 0..3 {
        let plain = ingest(&folder.join(format!("plain-{round}")), 1_000, false, mails).await?;
        let ruled = ingest(&folder.join(format!("ruled-{round}")), contacts, true, mails).await?;
        println!(
            "  1 000 contacts and no rules {:.2} s ({:.2} s of it deciding and writing); {contacts} contacts and {RULES} rules {:.2} s ({:.2} s): {:+.1} %",
            plain.0,
            plain.1,
            ruled.0,
            ruled.1,
            (ruled.0 / plain.0 - 1.0) * 100.0
        );
        rounds.push(ruled.0 / plain.0);
    }
    rounds.sort_by(f64::total_cmp);
    println!("  median {:+.1} % (deciding, parsing and packing together)", (rounds[1] - 1.0) * 100.0);
    Ok(())
}

/// Seconds in all, and seconds of them in transactions.
async fn ingest(folder: &Path, contacts: i64, ruled: bool, mails: i64) -> Result<(f64, f64)> {
    std::fs::create_dir_all(folder)?;
    let server = Server {
        host: "127.0.0.1".into(),
        port: Some(1),
        security: Security::Plain,
        secret_file: None,
        user: None,
        auth: Default::default(),
        secret_env: None,
        secret_command: None,
        ca_file: None,
        typed: None,
    };
    let mailbox = Mailbox {
        name: "user1".into(),
        user: None,
        address: "user1@firma.test".into(),
        imap: server,
        smtp: None,
        sieve: None,
        bounce_address: None,
        folders: Vec::new(),
        content: Default::default(),
        never_folders: Vec::new(),
        never_keywords: Vec::new(),
    };
    let config = Config {
        data_dir: folder.join("data"),
        own_domains: vec!["firma.test".into()],
        mailbox: vec![mailbox],
        ..Config::default()
    };
    let instance = Instance::open(&config, Use::Work).await?;
    let db = instance.db.clone();
    records(&db, contacts).await?;
    if ruled {
        let mut tx = db.write().await?;
        let new = NewVersion { rules: rules(), what: "import", ..NewVersion::default() };
        store::rules::record(&mut tx, new, NOW).await?;
        tx.commit().await?;
    }
    let shared = Shared::new(&instance, Arc::new(config), Clock::new(|| NOW), Signals::default());
    let (account, row) = shared.mailboxes().await?.pop().context("no mailbox")?;
    let reader = shared.reader(&account, row.id).await?.context("no lease")?;
    let mut tx = db.write().await?;
    let folder = store::folders::ensure(&mut tx, row.id, "INBOX", Role::Inbox).await?.id;
    store::folders::begin_epoch(&mut tx, folder, 7, 1, u32::MAX, 1).await?;
    let backlog = Arrival::Backlog(Why::Backfill);
    let seen: Vec<Seen> = (0..mails)
        .map(|n| Seen {
            uid: n as u32 + 1,
            size: 2_000,
            internal_date: Some(NOW.plus(-DAY)),
            flags: Vec::new(),
            modseq: None,
        })
        .collect();
    store::locations::insert_pending(&mut tx, folder, 1, &seen, backlog, NOW).await?;
    let states = store::locations::states(&mut tx, folder, 1, 1, mails as u32).await?;
    tx.commit().await?;
    let (mut all, mut deciding) = (0.0, 0.0);
    for part in (0..mails).collect::<Vec<_>>().chunks(200) {
        let found: Vec<Found> = part
            .iter()
            .map(|n| Found {
                location: states[*n as usize].0,
                folder,
                role: Role::Inbox,
                arrival: backlog,
                internal_at: Some(NOW.plus(-DAY)),
                flags: Vec::new(),
                raw: raw(*n),
            })
            .collect();
        let began = Instant::now();
        let prepared = prepare(found, &reader.intake.context.keys, &reader.intake.context.notice.policy, NOW);
        let decided = Instant::now();
        reader.intake.settle(prepared).await?;
        deciding += decided.elapsed().as_secs_f64();
        all += began.elapsed().as_secs_f64();
    }
    drop(reader);
    db.close().await;
    Ok((all, deciding))
}

fn raw(n: i64) -> Vec<u8> {
    let subject = if n % 60 == 0 {
        format!("K{}-{} wycena", 12 + 20 * (n % 25), 100 + n % 900)
    } else {
        format!("the pumps of last week {n}")
    };
    let answers = if n % 3 == 0 {
        String::new()
    } else {
        format!("In-Reply-To: <{}@client.test>\r\nReferences: <{}@client.test>\r\n", n - 1, n - 1)
    };
    let from = address(contact_of(n));
    format!(
        "Received: from mx.client.test by mx.firma.test; Fri, 20 Nov 2026 10:00:00 +0000\r\nFrom: Person <{from}>\r\nTo: user1@firma.test\r\nCc: user2@firma.test\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{n}@client.test>\r\nSubject: {subject}\r\nList-Id: <list{}.elsewhere>\r\n{answers}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}",
        n % 900,
        body(n).replace('\n', "\r\n")
    )
    .into_bytes()
}

//! How soon a mail is on its timeline, and its notice with Postfix, while `standin serve` runs on
//! real servers. The bars hold for the whole count (`STANDIN_FULL=1`) on a machine that does
//! nothing else; the short run only sees to it that no pause of seconds has crept in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::print_stdout)] // figures and seeds, for who reads a failure

use crate::crash::Scene;
use crate::support::PATIENT;
use crate::support::firm::{Company as Firm, Kind, contact, full};
use crate::support::wire::{Lines, quoted};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// First sight of things, by name.
type Seen = Arc<Mutex<HashMap<String, Instant>>>;

/// Looks every few milliseconds at what stands on timelines and at what was handed to Postfix.
struct Eye {
    /// Message-IDs on a timeline.
    visible: Seen,
    /// Addresses to which a notice was handed over.
    handed: Seen,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Eye {
    fn open(firm: &Firm) -> Eye {
        let (visible, handed, stop) = (Seen::default(), Seen::default(), Arc::new(AtomicBool::new(false)));
        let path = firm.config.database_url().trim_start_matches("sqlite:").to_owned();
        let (v, h, s) = (Arc::clone(&visible), Arc::clone(&handed), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(look(&path, &v, &h, &s));
        });
        Eye { visible, handed, stop, thread: Some(thread) }
    }

    #[track_caller]
    fn wait(seen: &Seen, name: &str) -> Instant {
        crate::support::eventually(name, PATIENT, || seen.lock().unwrap().get(name).copied())
    }
}

impl Drop for Eye {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn look(path: &str, visible: &Seen, handed: &Seen, stop: &AtomicBool) {
    use sqlx::Connection;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).busy_timeout(PATIENT);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let mut last = 0_i64;
    while !stop.load(Ordering::SeqCst) {
        let linked = "select m.id, m.message_id from mails m where m.id > $1 and m.message_id is not null \
                      and exists (select 1 from links l where l.mail_id = m.id) order by m.id";
        let rows: Vec<(i64, String)> = sqlx::query_as(linked).bind(last).fetch_all(&mut connection).await.unwrap();
        let sent = "select envelope_to from outbox where state = 'sent'";
        let sent: Vec<String> = sqlx::query_scalar(sent).fetch_all(&mut connection).await.unwrap();
        let now = Instant::now();
        for (id, name) in rows {
            last = id;
            visible.lock().unwrap().entry(name).or_insert(now);
        }
        for address in sent {
            handed.lock().unwrap().entry(address).or_insert(now);
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let _ = connection.close().await;
}

/// A second connection in IDLE on Anna's INBOX: when each number of messages was announced.
fn announced(scene: &Scene, until: usize) -> (Arc<Mutex<HashMap<usize, Instant>>>, JoinHandle<()>) {
    let mut lines = Lines::connect(scene.dovecot.imap_port);
    let ask = |lines: &mut Lines, command: &str, end: &str| {
        lines.write(format!("{command}\r\n").as_bytes());
        while !lines.read().starts_with(end) {}
    };
    lines.read();
    let login = format!("a LOGIN {} {}", quoted(&scene.names.address("anna")), quoted(scene.dovecot.password()));
    ask(&mut lines, &login, "a OK");
    ask(&mut lines, "b EXAMINE INBOX", "b OK");
    ask(&mut lines, "c IDLE", "+");
    let seen: Arc<Mutex<HashMap<usize, Instant>>> = Arc::default();
    let into = Arc::clone(&seen);
    let thread = std::thread::spawn(move || {
        loop {
            let line = lines.read();
            let now = Instant::now();
            let count = line.strip_prefix("* ").and_then(|l| l.strip_suffix(" EXISTS")).and_then(|n| n.parse().ok());
            if let Some(count) = count {
                into.lock().unwrap().insert(count, now);
                if count >= until {
                    return;
                }
            }
        }
    });
    (seen, thread)
}

fn mail(scene: &Scene, n: usize, id: &str) -> Vec<u8> {
    #[allow(clippy::disallowed_methods)]
    let date = chrono::Utc::now().to_rfc2822();
    let (from, to) = (scene.names.address(&contact(n)), scene.names.address("anna"));
    format!("From: {from}\r\nTo: {to}\r\nDate: {date}\r\nMessage-ID: <{id}>\r\nSubject: {id}\r\n\r\nWords of {id}.\r\n")
        .into_bytes()
}

fn told(what: &str, times: &mut [Duration]) -> (Duration, Duration) {
    times.sort();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{what}: median {median:?}, worst {worst:?} of {}", times.len());
    (median, worst)
}

#[test]
fn a_mail_is_on_its_timeline_and_its_notice_on_its_way_within_the_bars() {
    let count = if full() { 200 } else { 10 };
    let scene = Scene::set(77, 30);
    let firm = scene.company(Kind::Sqlite, scene.dovecot.imap_port);
    firm.call(["sync", "--once"]).succeed();
    scene.anna_is_away(&firm);
    firm.rows("update mailboxes set connected_at = connected_at - 60000");
    firm.rows("update absences set notice_since = notice_since - 60000");
    let mut serving = firm.call(["serve"]).start();
    serving.wait_for("is ready at");
    let eye = Eye::open(&firm);
    // The first mail also shows that everybody watches.
    scene.dovecot.append("anna", "INBOX", &mail(&scene, 11, "warm@latency.test"));
    Eye::wait(&eye.visible, "warm@latency.test");
    let before = scene.dovecot.count("anna", "INBOX");
    let (exists, idling) = announced(&scene, before + count);
    let mut after_exists = Vec::new();
    for n in 1..=count {
        let id = format!("append{n}@latency.test");
        scene.dovecot.append("anna", "INBOX", &mail(&scene, 11, &id));
        let visible = Eye::wait(&eye.visible, &id);
        let told = crate::support::eventually("EXISTS", PATIENT, || {
            let seen = exists.lock().unwrap();
            seen.iter().filter(|(n_exists, _)| **n_exists >= before + n).map(|(_, at)| *at).min()
        });
        after_exists.push(visible.saturating_duration_since(told));
    }
    idling.join().unwrap();
    let (mut after_delivery, mut after_visible) = (Vec::new(), Vec::new());
    for n in 1..=count {
        let id = format!("lmtp{n}@latency.test");
        // The first few come from people who get a notice.
        let client = if n <= 5 { n - 1 } else { 11 };
        let from = scene.names.address(&contact(client));
        scene.dovecot.deliver(&from, "anna", &mail(&scene, client, &id));
        let accepted = Instant::now();
        let visible = Eye::wait(&eye.visible, &id);
        after_delivery.push(visible.saturating_duration_since(accepted));
        if n <= 5 {
            after_visible.push(Eye::wait(&eye.handed, &from).saturating_duration_since(visible));
        }
    }
    let (exists_median, exists_worst) = told("from EXISTS to the timeline", &mut after_exists);
    let (delivery_median, delivery_worst) = told("from LMTP's acceptance to the timeline", &mut after_delivery);
    let (_, notice_worst) = told("from the timeline to Postfix", &mut after_visible);
    let slack = if full() { 1 } else { 8 };
    assert!(exists_median < Duration::from_millis(100) * slack, "{exists_median:?}");
    assert!(exists_worst < Duration::from_millis(1_500) * slack, "{exists_worst:?}");
    assert!(delivery_median < Duration::from_millis(800) * slack, "{delivery_median:?}");
    assert!(delivery_worst < Duration::from_millis(1_500) * slack, "{delivery_worst:?}");
    assert!(notice_worst < Duration::from_secs(1) * slack, "{notice_worst:?}");
    drop(eye);
    serving.terminate();
    assert_eq!(serving.wait(PATIENT).code, Some(0));
}

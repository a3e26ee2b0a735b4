//! A whole mailbox read from a server that misbehaves: each fault of the field, one after another.
//! None loses a mail, moves a cursor past one, hangs, panics or fills the memory; the rest of the
//! folder goes on; nothing but reading is ever asked for (P1, P7).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::print_stdout)] // figures and seeds, for who reads a failure

use crate::support::firm::{Company, Kind, Names, contact, tables};
use crate::support::scripted::{BARE, EXCHANGE, FULL, GMAIL, Misbehaviour, Scripted};
use standin::imap::Limits;
use standin::intake::once::{self, Summary};
use standin::intake::{Clock, Shared, Signals, verify, watch};
use standin::model::time::HOUR;
use standin::store;
use standin::store::instance::{Instance, Use};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

/// Mails in INBOX at the start.
const MAILS: u32 = 30;
/// No run takes longer, whatever the server does.
const LONG: Duration = Duration::from_secs(60);

/// A company that reads Anna's mailbox from a scripted server.
struct Stage {
    server: Scripted,
    company: Company,
    /// Milliseconds by which the program's clock is ahead.
    ahead: Arc<AtomicI64>,
    /// The number of the last mail.
    written: AtomicU32,
}

fn mail(names: &Names, n: u32) -> Vec<u8> {
    format!(
        "Message-ID: <{n}@client.test>\r\nDate: Mon, 16 Nov 2026 10:{:02}:00 +0000\r\nFrom: {}\r\nTo: {}\r\nSubject: number {n}\r\n\r\n\
         Mail number {n} of a client.\r\n",
        n % 60,
        names.address(&contact(n as usize)),
        names.address("anna")
    )
    .into_bytes()
}

impl Stage {
    async fn set() -> Stage {
        let names = Names::plain();
        let server = Scripted::start((1..=MAILS).map(|n| mail(&names, n)).collect()).await;
        let mut company = Company::new(Kind::Sqlite, &names);
        company.mailbox("anna", server.port, None);
        company.config.mail.poll = 1;
        let instance = Instance::open(&company.config, Use::Work).await.unwrap();
        for (what, text) in tables(&names) {
            crate::order::import(&instance.db, what, &text, None).await;
        }
        instance.db.close().await;
        Stage { server, company, ahead: Arc::default(), written: AtomicU32::new(MAILS) }
    }

    async fn open(&self) -> (Instance, Shared) {
        let instance = Instance::open(&self.company.config, Use::Work).await.unwrap();
        let ahead = Arc::clone(&self.ahead);
        let clock = Clock::new(move || standin::commands::now().plus(ahead.load(Ordering::SeqCst)));
        let config = Arc::new(self.company.config.clone());
        let mut shared = Shared::new(&instance, config, clock, Signals::default());
        let quiet = Duration::from_millis(400);
        shared.limits = Limits { quiet, connect: Duration::from_secs(5), ..Limits::default() };
        shared.pause = Duration::from_millis(2);
        shared.take_over().await.unwrap();
        (instance, shared)
    }

    /// Reads once, as far as the server lets us.
    async fn read(&self) -> Summary {
        let (instance, shared) = self.open().await;
        let summary = tokio::time::timeout(LONG, once::run(&shared)).await.expect("reading hangs").unwrap();
        drop(shared);
        instance.db.close().await;
        summary
    }

    fn later(&self, millis: i64) {
        self.ahead.fetch_add(millis, Ordering::SeqCst);
    }

    fn append(&self) -> u32 {
        let next = self.written.fetch_add(1, Ordering::SeqCst) + 1;
        self.server.append("INBOX", mail(&self.company.names, next))
    }

    fn uids(&self) -> Vec<u32> {
        self.server.with_folder("INBOX", |folder| folder.mails.iter().map(|m| m.uid).collect())
    }

    fn stored(&self) -> i64 {
        self.company.number("select count(*) from mails")
    }

    fn state(&self, uid: u32) -> String {
        let sql = format!(
            "select l.state || ' ' || coalesce(l.error, '-') from locations l join folders f on f.id = l.folder_id \
             where f.path = 'INBOX' and l.epoch = f.epoch and l.uid = {uid}"
        );
        self.company.rows(&sql).join(";")
    }

    async fn reports(&self) -> Vec<verify::FolderReport> {
        let (instance, shared) = self.open().await;
        let (account, row) = shared.mailboxes().await.unwrap().pop().unwrap();
        let reader = shared.reader(&account, row.id).await.unwrap().unwrap();
        let reports = verify::verify(&reader).await.unwrap();
        let mut tx = shared.db.write().await.unwrap();
        store::mailboxes::release(&mut tx, row.id, reader.intake.context.fence).await.unwrap();
        tx.commit().await.unwrap();
        drop((shared, reader));
        instance.db.close().await;
        reports
    }

    /// The server behaves again; everything it has is read, each mail once, and `verify` agrees.
    async fn ends_well(&self, what: &str) {
        self.server.behave();
        let mut summary = self.read().await;
        for _ in 0..3 {
            self.later(7 * HOUR);
            summary = self.read().await;
        }
        let failure = summary.mailboxes[0].failure.clone();
        assert_eq!(failure, None, "{what}");
        assert_eq!(self.stored(), self.uids().len() as i64, "{what}: every mail is stored once");
        self.company.is_complete("anna", "INBOX", &self.uids());
        for report in self.reports().await {
            assert!(report.is_complete(), "{what}: {report:?}");
        }
        assert_eq!(self.server.writing_commands(), Vec::<String>::new(), "{what}");
    }
}

/// Reads while the server does this, with mail that comes meanwhile; then ends well.
async fn survives(what: &str, misbehaviours: &[Misbehaviour]) {
    println!("{what}: {misbehaviours:?}");
    let stage = Stage::set().await;
    for misbehaviour in misbehaviours {
        stage.server.misbehave(misbehaviour.clone());
    }
    stage.read().await;
    stage.append();
    stage.later(HOUR);
    stage.read().await;
    stage.append();
    stage.ends_well(what).await;
}

/// As `survives`, after the folder was read once already: the fault falls on live mail.
async fn survives_later(what: &str, misbehaviours: &[Misbehaviour]) {
    let stage = Stage::set().await;
    stage.read().await;
    assert_eq!(stage.stored(), i64::from(MAILS));
    for misbehaviour in misbehaviours {
        stage.server.misbehave(misbehaviour.clone());
    }
    (0..5).for_each(|_| {
        stage.append();
    });
    stage.read().await;
    stage.append();
    stage.ends_well(what).await;
}

async fn both(what: &str, misbehaviours: &[Misbehaviour]) {
    survives(what, misbehaviours).await;
    survives_later(what, misbehaviours).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_that_ends_early_loses_no_mail() {
    use Misbehaviour::*;
    both("NO in a fetch", &[FetchEnds { after: 7, with: "NO [UNAVAILABLE] try later" }]).await;
    both(
        "BAD in a fetch",
        &[FetchEnds { after: 3, with: "BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds" }],
    )
    .await;
    both("NO at once", &[FetchEnds { after: 0, with: "NO [SERVERBUG] internal" }]).await;
    both("closed in a fetch", &[CloseInFetch { after: 4 }, CloseInFetch { after: 0 }]).await;
    both("cut in a literal", &[CutFetch(700), CutFetch(90), CutFetch(1)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_and_unanswered_commands_lose_no_mail() {
    use Misbehaviour::*;
    for (command, answer) in [
        ("UID FETCH", "BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds"),
        ("EXAMINE", "NO [UNAVAILABLE] disk"),
        ("UID SEARCH", "NO search is off"),
        ("LIST", "BAD no"),
        ("STATUS", "NO no"),
        ("NOOP", "BAD User is authenticated but not connected."),
        ("CAPABILITY", "NO no"),
    ] {
        both(command, &[Answer(command, answer)]).await;
    }
    survives("greeted with BYE", &[ByeAtGreeting("too many connections")]).await;
    survives("an empty LIST", &[EmptyList]).await;
    survives_later("an empty LIST", &[EmptyList]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_does_not_hold_us() {
    let silent = |command| async move { survives(command, &[Misbehaviour::Silence(command)]).await };
    tokio::join!(silent("UID FETCH"), silent("EXAMINE"), silent("LOGOUT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_uidnext_that_lies_carries_no_cursor_along() {
    use Misbehaviour::*;
    for status in [false, true] {
        for claim in [None, Some(1), Some(20), Some(100_000)] {
            both("UIDNEXT", &[UidNext { claim, status }]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_lines_are_passed_over() {
    use Misbehaviour::*;
    both("no date", &[NoDate]).await;
    both("a line that nobody can read", &[Between("* XYZZY (((\"")]).await;
    both("an ESEARCH nobody asked for", &[Between("* ESEARCH (TAG \"A1\") UID ALL 1:3")]).await;
    both("NUL before lines", &[LeadingNul]).await;
    both("blank lines", &[BlankLines]).await;
    both("bare newlines", &[BareNewlines]).await;
    both("two spaces", &[DoubleSpaces]).await;
    both("an alert", &[Alert]).await;
    both("answers about other mails", &[Foreign]).await;
    both("whole mails for slices", &[NoPartial]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_server_is_read() {
    for capabilities in [BARE, EXCHANGE, GMAIL, FULL] {
        let stage = Stage::set().await;
        stage.server.offer(capabilities);
        stage.read().await;
        stage.append();
        stage.read().await;
        stage.ends_well(capabilities).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renumbered_folder_brings_nothing_twice_and_loses_nothing() {
    let stage = Stage::set().await;
    stage.read().await;
    stage.server.expunge("INBOX", 3);
    stage.server.expunge("INBOX", 4);
    stage.server.renumber("INBOX");
    stage.append();
    stage.read().await;
    assert_eq!(stage.stored(), i64::from(MAILS) + 1, "two went, one came, none twice");
    // A mail with the id, author and date of a known one, and another text: not taken for it.
    let twin = mail(&stage.company.names, 7);
    let twin = String::from_utf8(twin)
        .unwrap()
        .replace("Mail number 7 of a client", "Quite another text: the pump in hall two leaks");
    stage.server.append("INBOX", twin.into_bytes());
    stage.server.renumber("INBOX");
    stage.read().await;
    assert_eq!(stage.stored(), i64::from(MAILS) + 2, "same id with other content is another mail");
    stage.company.is_complete("anna", "INBOX", &stage.uids());
    for report in stage.reports().await {
        assert!(report.is_complete(), "{report:?}");
    }
    assert_eq!(stage.server.writing_commands(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_kills_every_session_ends_as_failed_and_the_rest_is_read() {
    let stage = Stage::set().await;
    let poison = 11;
    stage.server.misbehave(Misbehaviour::Poison(poison));
    let first = stage.read().await;
    assert_eq!(stage.stored(), i64::from(MAILS) - 1, "{first:?}");
    assert!(stage.state(poison).starts_with("pending"), "{}", stage.state(poison));
    let fresh = stage.append();
    for _ in 0..8 {
        stage.later(7 * HOUR);
        stage.read().await;
    }
    assert!(stage.state(fresh).starts_with("stored"), "{}", stage.state(fresh));
    let state = stage.state(poison);
    assert!(state.starts_with("failed ") && state.len() > 10, "{state}");
    stage.company.is_complete("anna", "INBOX", &stage.uids());
    for report in stage.reports().await {
        assert!(report.is_complete(), "{report:?}");
    }
    assert_eq!(stage.server.writing_commands(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_the_server_keeps_back_is_gone_and_found_when_it_is_shown() {
    let stage = Stage::set().await;
    stage.server.misbehave(Misbehaviour::Withhold(9));
    stage.read().await;
    assert_eq!(stage.stored(), i64::from(MAILS) - 1);
    stage.server.behave();
    let reports = stage.reports().await;
    let inbox = reports.iter().find(|r| r.path == "INBOX").unwrap();
    assert!(!inbox.is_complete(), "{inbox:?}");
    assert!(inbox.missing == [9] || inbox.resurrected == [9], "{inbox:?}");
    stage.later(25 * HOUR);
    stage.ends_well("shown again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_kept_back_from_bodies_alone_is_found_when_it_is_shown() {
    let stage = Stage::set().await;
    stage.server.misbehave(Misbehaviour::WithholdBody(9));
    stage.read().await;
    assert_eq!(stage.stored(), i64::from(MAILS) - 1);
    stage.server.behave();
    stage.later(25 * HOUR);
    stage.ends_well("body shown again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_names_a_place_that_was_deleted_by_hand() {
    let stage = Stage::set().await;
    stage.read().await;
    let sql = "delete from locations where uid = 17 and folder_id = (select id from folders where path = 'INBOX')";
    stage.company.rows(sql);
    let reports = stage.reports().await;
    let inbox = reports.iter().find(|report| report.path == "INBOX").unwrap();
    assert_eq!((inbox.missing.as_slice(), inbox.is_complete()), (&[17][..], false));
    stage.later(25 * HOUR);
    stage.ends_well("the gap is closed by the daily comparison").await;
}

/// The program itself, since memory is counted by process.
#[tokio::test(flavor = "multi_thread")]
async fn a_literal_of_a_hundred_megabytes_fills_no_memory() {
    let stage = Stage::set().await;
    let (huge, large) = (5, 6);
    stage.server.misbehave(Misbehaviour::Huge { uid: huge, octets: 100 << 20 });
    stage.server.misbehave(Misbehaviour::Huge { uid: large, octets: 20 << 20 });
    let outcome = tokio::task::block_in_place(|| stage.company.call(["sync", "--once", "--json"]).run());
    let summary: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
    let peak = summary["peak_kib"].as_u64().unwrap();
    println!("peak {} MiB with a literal of 100 MiB announced and one of 20 MiB sent", peak >> 10);
    assert!(peak < 200 << 10, "{peak} KiB");
    assert_eq!(stage.stored(), i64::from(MAILS) - 2, "the rest is read");
    assert!(stage.state(huge).starts_with("pending"), "{}", stage.state(huge));
    assert!(stage.state(large).starts_with("unmatched"), "{}", stage.state(large));
    for _ in 0..8 {
        stage.later(7 * HOUR);
        stage.read().await;
    }
    assert!(stage.state(huge).starts_with("failed "), "{}", stage.state(huge));
    assert_eq!(stage.server.writing_commands(), Vec::<String>::new());
}

/// Watches as `serve` does while the server does this, and wants each new mail within `within`.
async fn watched(what: &str, capabilities: &str, misbehaviours: &[Misbehaviour], within: Duration) {
    println!("{what}: {misbehaviours:?}");
    let stage = Stage::set().await;
    stage.server.offer(capabilities);
    stage.read().await;
    for misbehaviour in misbehaviours {
        stage.server.misbehave(misbehaviour.clone());
    }
    let (instance, shared) = stage.open().await;
    let (account, row) = shared.mailboxes().await.unwrap().pop().unwrap();
    let reader = Arc::new(shared.reader(&account, row.id).await.unwrap().unwrap());
    let watching = tokio::spawn(watch::watch(reader));
    for n in 1..=3 {
        let uid = stage.append();
        let end = std::time::Instant::now() + within;
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if stage.stored() == i64::from(MAILS) + n {
                break;
            }
            assert!(std::time::Instant::now() < end, "{what}: uid {uid} is {} after {within:?}", stage.state(uid));
            assert!(!watching.is_finished(), "{what}: watching ended");
        }
    }
    watching.abort();
    let _ = watching.await;
    instance.db.close().await;
    drop((shared, instance));
    stage.ends_well(what).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_that_is_refused_deaf_or_cut_delays_mail_and_loses_none() {
    use crate::support::scripted::USUAL;
    use Misbehaviour::*;
    let soon = Duration::from_secs(20);
    let late = Duration::from_secs(60);
    tokio::join!(
        watched("NO to IDLE", USUAL, &[Answer("IDLE", "NO not now")], soon),
        watched("BAD to IDLE", USUAL, &[Answer("IDLE", "BAD unknown")], soon),
        watched("no IDLE", BARE, &[], soon),
        watched("deaf IDLE", USUAL, &[DeafIdle], soon),
        watched("announced before IDLE", USUAL, &[AnnounceBeforeIdle], soon),
        watched("silent IDLE", USUAL, &[Silence("IDLE")], late),
        watched("closed in IDLE", USUAL, &[CloseInIdle], late),
    );
}

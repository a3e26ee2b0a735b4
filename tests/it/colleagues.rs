//! Mails to colleagues: nobody gets one unasked; what an absent person would get reaches who answers
//! for the record, once, and names nothing that they may not see. On both databases, through a
//! submission server that remembers what it took.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::smtp::smtp_sink::{Cover, Sink};
use crate::support::postgres::Database;
use crate::support::{Folder, tag};
use crate::views_seed::{ADAM, ANNA, JAN, KAMIL, MARIA, NOW, PIOTR, PUMPS, SECRET, VALVES, WHISPER, seed};
use mail_parser::{HeaderValue, MessageParser};
use standin::config::{Colleagues, Config, Mailbox, Security, Server};
use standin::intake::{Found, Intake, Signals, prepare};
use standin::model::colleagues::{Urgent, Wishes};
use standin::model::cursor::{Arrival, Role, Seen};
use standin::model::delivery::Delivery;
use standin::model::id::{MailboxId, MsgId, TeamId, UserId};
use standin::model::notice::NoticeKey;
use standin::model::record::Class;
use standin::model::time::{DAY, HOUR, MINUTE, Timestamp};
use standin::store::keys::Keys;
use standin::store::{self, Db, Tx, Value, insert_many, notifications};
use standin::{notice, notify, outbox};
use std::sync::Arc;

/// A seeded company that sends mails to colleagues from sales@firma.example.
struct House {
    db: Db,
    config: Config,
    keys: Keys,
    sink: Sink,
    _folder: Folder,
    _server: Option<Database>,
}

/// What a colleague got.
#[derive(Debug)]
struct Letter {
    to: String,
    subject: String,
    body: String,
    raw: Vec<u8>,
}

impl Letter {
    fn read(raw: Vec<u8>) -> Letter {
        let mail = MessageParser::default().parse(&raw).unwrap();
        let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap().to_owned();
        let (subject, body) = (mail.subject().unwrap().to_owned(), mail.body_text(0).unwrap().into_owned());
        Letter { to, subject, body, raw }
    }

    fn first_line(&self) -> &str {
        self.body.lines().next().unwrap()
    }

    fn header(&self, name: &'static str) -> String {
        let mail = MessageParser::default().parse(&self.raw).unwrap();
        match mail.header(name) {
            Some(HeaderValue::Text(text)) => text.to_string(),
            other => panic!("{name}: {other:?}"),
        }
    }
}

impl House {
    async fn open(postgres: bool) -> House {
        let folder = Folder::new();
        let server = postgres.then(Database::fresh);
        let url = match &server {
            Some(server) => server.url.clone(),
            None => format!("sqlite:{}", folder.path().join("standin.db").display()),
        };
        let db = Db::open(&url).await.unwrap();
        db.migrate().await.unwrap();
        seed(&db).await;
        let mut tx = db.write().await.unwrap();
        if let Tx::Postgres(t) = &mut tx {
            // The seed names its own ids, and sequences do not look at rows.
            for table in ["mailboxes", "folders", "locations", "outbox", "mails", "threads", "records"] {
                let text = format!("alter table {table} alter column id restart with 10000");
                sqlx::query(sqlx::AssertSqlSafe(text)).execute(&mut **t).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        let addresses = [(ANNA, "anna"), (PIOTR, "piotr"), (KAMIL, "kamil"), (MARIA, "maria"), (ADAM, "adam")];
        let rows = addresses.map(|(id, name)| vec![format!("{name}@firma.example").into(), id.into(), 0_i64.into()]);
        insert_many(&mut tx, "user_addresses (address, user_id, position)", "", rows.into()).await.unwrap();
        store::mailboxes::ensure(&mut tx, "sales", None, "sales@firma.example", Timestamp(0)).await.unwrap();
        tx.commit().await.unwrap();
        let sink = Sink::start(Cover::Plain, &[]).await;
        let config = Config {
            colleagues: Colleagues { mailbox: "sales".into() },
            mailbox: vec![mailbox(sink.port)],
            own_domains: vec!["firma.example".into()],
            public_url: "https://standin.firma.example".into(),
            company: "Firma".into(),
            ..Config::default()
        };
        House { db, config, keys: Keys::derive(&[7; 32]), sink, _folder: folder, _server: server }
    }

    async fn asks(&self, user: i64, wishes: Wishes, at: Timestamp) {
        let mut tx = self.db.write().await.unwrap();
        notifications::set_wishes(&mut tx, UserId(user), &wishes, at).await.unwrap();
        assert_eq!(notifications::wishes_of(&mut tx, UserId(user)).await.unwrap(), Wishes { since: at, ..wishes });
        tx.commit().await.unwrap();
    }

    async fn looks(&self, now: Timestamp) -> usize {
        notify::run(&self.db, &self.keys, &self.config, now).await.unwrap()
    }

    /// Looks at `now`, sends everything, and gives what came of it.
    async fn letters(&self, now: Timestamp) -> Vec<Letter> {
        let before = self.sink.mails().len();
        self.looks(now).await;
        self.sends(now).await;
        self.sink.mails().into_iter().skip(before).map(Letter::read).collect()
    }

    async fn sends(&self, now: Timestamp) {
        while outbox::drain(&self.db, &self.config, "worker", &move || now).await.unwrap() > 0 {}
    }

    async fn put(&self, into: &'static str, row: Vec<Value>) {
        let mut tx = self.db.write().await.unwrap();
        insert_many(&mut tx, into, "", vec![row]).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn run(&self, sql: &'static str) {
        let mut tx = self.db.write().await.unwrap();
        match &mut tx {
            Tx::Sqlite(t) => drop(sqlx::query(sql).execute(&mut **t).await.unwrap()),
            Tx::Postgres(t) => drop(sqlx::query(sql).execute(&mut **t).await.unwrap()),
        }
        tx.commit().await.unwrap();
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let mut tx = self.db.read().await.unwrap();
        match &mut tx {
            Tx::Sqlite(t) => sqlx::query_scalar(sql).fetch_one(&mut **t).await.unwrap(),
            Tx::Postgres(t) => sqlx::query_scalar(sql).fetch_one(&mut **t).await.unwrap(),
        }
    }

    async fn states(&self, state: Delivery) -> i64 {
        let mut tx = self.db.read().await.unwrap();
        store::outbox::count(&mut tx, state).await.unwrap()
    }

    /// A client's mail that waits, on one record that governs it.
    async fn mail(&self, id: i64, record: i64, subject: &str, at: Timestamp) {
        const MAILS: &str = "mails (id, identity, copy_key, thread_id, at, arrived_at, direction, author, channel, evidence, \
            from_name, from_address, subject, visible, folded, attachments, attachment_names, forward, defects, size, \
            linking, waits, auth_failed, parser_version)";
        let row: Vec<Value> = vec![
            id.into(),
            id.to_be_bytes().to_vec().into(),
            id.into(),
            id.into(),
            at.0.into(),
            at.0.into(),
            "in".into(),
            "human".into(),
            "direct".into(),
            "[]".into(),
            "Jan Lis".into(),
            "jan@acme.example".into(),
            subject.into(),
            "The words of a client, which no mail to a colleague repeats.".into(),
            false.into(),
            "[]".into(),
            "".into(),
            false.into(),
            "[]".into(),
            1_i64.into(),
            "linked".into(),
            true.into(),
            false.into(),
            1_i64.into(),
        ];
        self.put(MAILS, row).await;
        let link = vec![id.into(), record.into(), record.into(), at.0.into(), "{}".into(), 70_i64.into(), at.0.into()];
        self.put("links (mail_id, record_id, governing_id, at, evidence, score, decided_at)", link).await;
    }

    async fn end(self) {
        self.db.close().await;
    }
}

fn mailbox(port: u16) -> Mailbox {
    let server = Server {
        host: "127.0.0.1".into(),
        port: Some(port),
        security: Security::Plain,
        user: None,
        auth: Default::default(),
        secret_file: None,
        secret_env: None,
        secret_command: None,
        ca_file: None,
    };
    Mailbox {
        name: "sales".into(),
        user: None,
        address: "sales@firma.example".into(),
        imap: server.clone(),
        smtp: Some(server),
        folders: Vec::new(),
    }
}

/// A digest at a local time.
fn digest(hour: u32, minute: u32) -> Wishes {
    Wishes { digest: Some(hour * 60 + minute), ..Wishes::default() }
}

fn urgent(urgent: Urgent) -> Wishes {
    Wishes { urgent: vec![urgent], ..Wishes::default() }
}

fn addressees(letters: &[Letter]) -> Vec<&str> {
    letters.iter().map(|letter| letter.to.as_str()).collect()
}

/// Each sentence as a test on either database.
macro_rules! on_both {
    ($($sentence:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $sentence() {
                let house = super::House::open(false).await;
                super::$sentence(&house).await;
                house.end().await;
            })*
        }
        mod on_postgresql {
            $(#[tokio::test] async fn $sentence() {
                let house = super::House::open(true).await;
                super::$sentence(&house).await;
                house.end().await;
            })*
        }
    };
}

on_both! {
    a_digest_comes_once_a_day_however_often_it_is_looked_for
    a_day_with_nothing_to_say_brings_no_digest
    a_late_start_sends_the_digest_late_and_a_very_late_one_not_at_all
    two_workers_send_one_digest
    what_was_being_sent_when_the_program_died_is_never_sent_again
    the_digest_of_an_absent_person_goes_to_who_answers_with_the_reason_first
    the_absent_person_gets_nothing
    a_confidential_record_is_named_to_the_deputy_and_to_nobody_else
    a_digest_on_the_days_of_a_changing_clock_comes_once
}

/// 13:00 in Warsaw.
const ONE: Timestamp = NOW;
/// 13:30 in Warsaw.
const HALF_PAST: Timestamp = Timestamp(NOW.0 + 30 * MINUTE);

async fn a_digest_comes_once_a_day_however_often_it_is_looked_for(house: &House) {
    house.asks(KAMIL, digest(13, 30), ONE).await;
    assert_eq!(house.letters(ONE.plus(29 * MINUTE)).await.len(), 0, "before its time");
    let letters = house.letters(HALF_PAST).await;
    assert_eq!(addressees(&letters), ["kamil@firma.example"]);
    let letter = &letters[0];
    assert_eq!(letter.subject, "Standin: 1 mail waits for a reply");
    assert_eq!(
        letter.body.replace("\r\n", "\n").trim_end(),
        "Waiting for your reply: 1 mail\n\n\
         Jan Lis, on Acme valves (opportunity)\n  Zawory <b>pilne</b>\n  waiting 1 hour, since 21 November, 12:00\n  \
         https://standin.firma.example/messages/102\n\n\
         Standin sent this because it was asked to. What you get is set here: https://standin.firma.example/me"
    );
    for later in [0, MINUTE, HOUR, 9 * HOUR] {
        assert_eq!(house.letters(HALF_PAST.plus(later)).await.len(), 0, "once a day");
    }
    assert_eq!(house.letters(HALF_PAST.plus(DAY)).await.len(), 1, "the next day");
    // Another time on the same day brings no second one.
    house.asks(KAMIL, digest(14, 0), HALF_PAST.plus(DAY + MINUTE)).await;
    assert_eq!(house.letters(HALF_PAST.plus(DAY + HOUR)).await.len(), 0);
}

async fn a_day_with_nothing_to_say_brings_no_digest(house: &House) {
    house.asks(MARIA, digest(13, 30), ONE).await;
    assert_eq!(house.letters(HALF_PAST).await.len(), 0);
    house.run("update records set owner_id = 4 where id = 21").await;
    assert_eq!(house.letters(HALF_PAST.plus(MINUTE)).await.len(), 0, "what comes later waits for the next one");
    let letters = house.letters(HALF_PAST.plus(DAY)).await;
    assert_eq!(letters[0].subject, "Standin: 1 wiadomość czeka na odpowiedź");
    assert!(letters[0].body.contains("czeka 1 dzień, od 21 listopada, 12:00"), "{}", letters[0].body);
}

async fn a_late_start_sends_the_digest_late_and_a_very_late_one_not_at_all(house: &House) {
    house.asks(KAMIL, digest(8, 0), ONE.plus(-DAY)).await;
    assert_eq!(house.letters(ONE.plus(6 * HOUR)).await.len(), 1, "11 hours late");
    assert_eq!(house.letters(ONE.plus(DAY + 8 * HOUR)).await.len(), 0, "13 hours late");
    // Somebody who asks after today's time gets the first one tomorrow.
    house.asks(KAMIL, digest(8, 0), ONE.plus(2 * DAY)).await;
    assert_eq!(house.letters(ONE.plus(2 * DAY)).await.len(), 0);
    assert_eq!(house.letters(ONE.plus(3 * DAY)).await.len(), 1);
}

async fn two_workers_send_one_digest(house: &House) {
    house.asks(KAMIL, digest(13, 30), ONE).await;
    house.asks(ANNA, digest(13, 30), ONE).await;
    let looks = (0..8).map(|_| house.looks(HALF_PAST));
    let queued: usize = futures::future::join_all(looks).await.into_iter().sum();
    assert_eq!(queued, 2, "one for Kamil, one for Piotr in Anna's place");
    house.sends(HALF_PAST).await;
    assert_eq!(house.sink.mails().len(), 2);
}

async fn what_was_being_sent_when_the_program_died_is_never_sent_again(house: &House) {
    house.asks(KAMIL, digest(13, 30), ONE).await;
    assert_eq!(house.looks(HALF_PAST).await, 1);
    // Claimed, and the program is gone before it could say how sending ended.
    let mut tx = house.db.write_durable().await.unwrap();
    assert_eq!(store::outbox::claim(&mut tx, "dead", HALF_PAST, 1).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    assert_eq!(outbox::abandon_all(&house.db, HALF_PAST.plus(MINUTE)).await.unwrap(), 1);
    assert_eq!(house.states(Delivery::Unclear).await, 1);
    for later in [MINUTE, HOUR, 5 * HOUR] {
        assert_eq!(house.letters(HALF_PAST.plus(later)).await.len(), 0);
    }
    assert_eq!(house.states(Delivery::Unclear).await, 1);
}

async fn the_digest_of_an_absent_person_goes_to_who_answers_with_the_reason_first(house: &House) {
    // Piotr never asked for anything; he lives in New York and reads English.
    house.run("update users set zone = 'America/New_York' where id = 2").await;
    house.asks(ANNA, digest(8, 0), ONE.plus(-10 * DAY)).await;
    assert_eq!(house.letters(ONE).await.len(), 0, "it is seven in New York");
    let letters = house.letters(ONE.plus(HOUR)).await;
    assert_eq!(addressees(&letters), ["piotr@firma.example"]);
    let letter = &letters[0];
    assert_eq!(letter.first_line(), "You get this because you stand in for Anna Kowalska until 27 November.");
    assert_eq!(letter.subject, "Standin: 2 mails wait for a reply");
    assert!(letter.body.contains("Jan Lis, on Acme pumps (opportunity)"), "{}", letter.body);
    assert!(letter.body.contains("since 21 November, 05:00"), "his zone: {}", letter.body);
    assert_eq!(house.letters(ONE.plus(2 * HOUR)).await.len(), 0);
    assert_eq!(house.number("select count(*) from notifications where user_id = 2 and for_user_id = 1").await, 1);
    // An exception puts the opportunity to Kamil: each gets their own part.
    let exception = vec![1_i64.into(), 0_i64.into(), "record".into(), PUMPS.into(), KAMIL.into()];
    house.put("absence_exceptions (absence_id, position, what, record_id, substitute_id)", exception).await;
    house.mail(500, JAN, "Only about Jan", ONE).await;
    let letters = house.letters(ONE.plus(DAY + HOUR)).await;
    let mut said: Vec<(String, bool, bool)> = letters
        .iter()
        .map(|l| (l.to.clone(), l.body.contains("Acme pumps"), l.body.contains("Only about Jan")))
        .collect();
    said.sort();
    assert_eq!(said, [("kamil@firma.example".into(), true, false), ("piotr@firma.example".into(), false, true)]);
}

async fn the_absent_person_gets_nothing(house: &House) {
    let wishes = Wishes {
        urgent: vec![Urgent { words: vec!["pompy".into()], ..Urgent::default() }],
        covers: true,
        ..digest(13, 30)
    };
    house.asks(ANNA, wishes, ONE.plus(-DAY)).await;
    for hours in 0..6 * 24 {
        house.looks(ONE.plus(hours * HOUR)).await;
    }
    house.sends(ONE.plus(DAY)).await;
    let anna = "select count(*) from outbox where envelope_to = 'anna@firma.example'";
    assert_eq!(house.number(anna).await, 0);
    assert!(house.number("select count(*) from outbox where envelope_to = 'piotr@firma.example'").await > 5);
    // Back again, she gets her own.
    let back = ONE.plus(7 * DAY + 30 * MINUTE);
    let letters = house.letters(back).await;
    let digest = letters.iter().find(|l| l.subject.contains("czekają")).unwrap_or_else(|| panic!("{letters:?}"));
    assert_eq!(digest.to, "anna@firma.example");
    assert!(digest.first_line().starts_with("Czeka na twoją odpowiedź"), "{}", digest.body);
}

async fn a_confidential_record_is_named_to_the_deputy_and_to_nobody_else(house: &House) {
    house.asks(ANNA, digest(13, 30), ONE).await;
    let letters = house.letters(HALF_PAST).await;
    assert_eq!(addressees(&letters), ["piotr@firma.example"]);
    let named = |letter: &Letter| letter.body.contains("Quiet merger") || letter.body.contains("Poufne");
    assert!(!named(&letters[0]), "{}", letters[0].body);
    assert!(letters[0].subject.contains("2 mails"), "it is not counted either: {}", letters[0].subject);
    house.run("update absences set deputy_id = 3").await;
    let letters = house.letters(HALF_PAST.plus(DAY)).await;
    let to_kamil = letters.iter().find(|l| l.to == "kamil@firma.example").unwrap();
    assert!(named(to_kamil) && to_kamil.subject.contains("1 mail "), "{to_kamil:?}");
    assert!(!to_kamil.body.contains("Acme pumps"), "{}", to_kamil.body);
    assert!(letters.iter().filter(|l| l.to == "piotr@firma.example").all(|l| !named(l)));
    // What becomes confidential between two digests is left out of the next.
    house.run("update records set confidential = true where id = 12").await;
    let letters = house.letters(HALF_PAST.plus(2 * DAY)).await;
    assert!(letters.iter().filter(|l| l.to == "piotr@firma.example").count() == 0, "{letters:?}");
}

async fn a_digest_on_the_days_of_a_changing_clock_comes_once(house: &House) {
    // Kamil's 2:30 comes twice on 25 October 2026 and not at all on 28 March 2027.
    let before = Timestamp(1_792_800_000_000);
    assert_eq!(before.rfc3339(), "2026-10-24T00:00:00Z");
    house.run("update mails set at = 0, arrived_at = 0").await;
    house.asks(KAMIL, digest(2, 30), before).await;
    let mut sent = Vec::new();
    for quarter in 0..3 * 24 * 4 {
        let now = before.plus(quarter * 15 * MINUTE);
        sent.extend((0..house.looks(now).await).map(|_| now.rfc3339()));
    }
    assert_eq!(sent, ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    let before = Timestamp(1_806_105_600_000);
    assert_eq!(before.rfc3339(), "2027-03-27T00:00:00Z");
    house.asks(KAMIL, digest(2, 30), before).await;
    let mut sent = Vec::new();
    for quarter in 0..3 * 24 * 4 {
        let now = before.plus(quarter * 15 * MINUTE);
        sent.extend((0..house.looks(now).await).map(|_| now.rfc3339()));
    }
    assert_eq!(sent, ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"]);
}

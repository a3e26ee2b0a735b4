//! Mails to colleagues: nobody gets one unasked; what an absent person would get reaches who answers
//! for the record, once, and names nothing that they may not see. On both databases, through a
//! submission server that remembers what it took.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::smtp::smtp_sink::{Cover, Sink};
use crate::support::postgres::Database;
use crate::support::{Folder, tag};
use crate::views_seed::{ADAM, ANNA, JAN, KAMIL, MARIA, NOW, PIOTR, PUMPS, SECRET, VALVES, seed};
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
pub struct House {
    pub db: Db,
    pub config: Config,
    pub keys: Keys,
    pub sink: Sink,
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
    pub async fn open(postgres: bool) -> House {
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
            data_dir: folder.path().to_owned(),
            colleagues: Colleagues { mailbox: "sales".into() },
            mailbox: vec![mailbox(sink.port)],
            own_domains: vec!["firma.example".into()],
            public_url: "https://standin.firma.example".into(),
            company: "Firma".into(),
            ..Config::default()
        };
        House { db, config, keys: Keys::derive(&[7; 32]), sink, _folder: folder, _server: server }
    }

    pub async fn asks(&self, user: i64, wishes: Wishes, at: Timestamp) {
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
        while outbox::drain(&self.db, &self.keys, &self.config, "worker", &move || now).await.unwrap() > 0 {}
    }

    pub async fn put(&self, into: &'static str, row: Vec<Value>) {
        let mut tx = self.db.write().await.unwrap();
        insert_many(&mut tx, into, "", vec![row]).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn run(&self, sql: &'static str) {
        let mut tx = self.db.write().await.unwrap();
        match &mut tx {
            Tx::Sqlite(t) => drop(sqlx::query(sql).execute(&mut **t).await.unwrap()),
            Tx::Postgres(t) => drop(sqlx::query(sql).execute(&mut **t).await.unwrap()),
        }
        tx.commit().await.unwrap();
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
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
    pub async fn mail(&self, id: i64, record: i64, subject: &str, at: Timestamp) {
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

    pub async fn end(self) {
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
        typed: None,
    };
    Mailbox {
        name: "sales".into(),
        user: None,
        address: "sales@firma.example".into(),
        imap: server.clone(),
        smtp: Some(server),
        sieve: None,
        bounce_address: None,
        folders: Vec::new(),
        content: Default::default(),
        never_folders: Vec::new(),
        never_keywords: Vec::new(),
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
/// The same test on both databases, each with a house of its own.
macro_rules! on_both {
    ($($sentence:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $sentence() {
                let house = crate::colleagues::House::open(false).await;
                super::$sentence(&house).await;
                house.end().await;
            })*
        }
        mod on_postgresql {
            $(#[tokio::test] async fn $sentence() {
                let house = crate::colleagues::House::open(true).await;
                super::$sentence(&house).await;
                house.end().await;
            })*
        }
    };
}
pub(crate) use on_both;

on_both! {
    a_digest_comes_once_a_day_however_often_it_is_looked_for
    a_day_with_nothing_to_say_brings_no_digest
    a_late_start_sends_the_digest_late_and_a_very_late_one_not_at_all
    two_workers_send_one_digest
    what_was_being_sent_when_the_program_died_is_never_sent_again
    the_digest_of_an_absent_person_goes_to_who_answers_with_the_reason_first
    what_a_substitute_is_told_is_noted_as_read
    the_absent_person_gets_nothing
    a_confidential_record_is_named_to_the_deputy_and_to_nobody_else
    a_digest_on_the_days_of_a_changing_clock_comes_once
    ones_own_digest_names_those_one_answers_for_and_what_is_due
    five_hundred_mails_for_fresh_users_bring_no_mail_to_colleagues
    without_a_sending_mailbox_nothing_is_queued
    a_mail_to_a_colleague_says_that_a_machine_made_it_and_nothing_of_what_clients_wrote
    a_mail_that_comes_back_is_neither_linked_nor_answered
    an_urgent_mail_is_told_of_once_and_only_if_all_of_a_condition_holds
    urgent_notices_end_with_the_days_limit
    an_urgent_mail_of_an_absent_person_goes_to_who_answers_with_the_reason_first
    a_substitutes_own_conditions_count_where_the_absent_person_has_none
    a_teams_members_get_copies_of_what_comes_in_on_its_leads
    a_brief_goes_once_to_the_substitute_who_asked_for_it
    a_report_goes_once_to_the_owner_who_asked_for_it
    nobody_who_left_is_told_anything
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

async fn what_a_substitute_is_told_is_noted_as_read(house: &House) {
    house.asks(ANNA, digest(13, 30), ONE).await;
    house.asks(KAMIL, digest(13, 30), ONE).await;
    let letters = house.letters(HALF_PAST).await;
    let mut to = addressees(&letters);
    to.sort();
    assert_eq!(to, ["kamil@firma.example", "piotr@firma.example"]);
    let pumps = "select count(*) from audit where action = 'read' and actor_id = 2 and for_user_id = 1
        and path = 'cover' and record_id = 12 and detail like '%mailed%'";
    assert_eq!(house.number(pumps).await, 1);
    // Kamil's digest tells of his own records alone.
    assert_eq!(house.number("select count(*) from audit where action = 'read' and actor_id <> 2").await, 0);
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

async fn ones_own_digest_names_those_one_answers_for_and_what_is_due(house: &House) {
    let activity = |id: i64, record: i64, subject: &str, responsible: i64, due: Timestamp| -> Vec<Value> {
        let (who, due) = (Value::from(responsible), Value::from(due.0));
        let at = Value::from(ONE.0);
        let mut row: Vec<Value> =
            vec![id.into(), record.into(), "task".into(), subject.into(), "".into(), "open".into()];
        row.extend([who.clone(), who, at.clone(), due, at.clone(), at]);
        row
    };
    let into = "activities (id, record_id, kind, subject, body, status, responsible_id, author_id, at, due_at, created_at, updated_at)";
    for row in [
        activity(1, VALVES, "Measure the valves", KAMIL, ONE.plus(-2 * DAY)),
        activity(2, VALVES, "Later", KAMIL, ONE.plus(DAY)),
        activity(3, PUMPS, "Send the drawing", ANNA, ONE.plus(10 * HOUR)),
        activity(4, SECRET, "Whisper", ANNA, ONE),
    ] {
        house.put(into, row).await;
    }
    house.asks(KAMIL, digest(13, 30), ONE).await;
    house.asks(PIOTR, digest(13, 30), ONE).await;
    let letters = house.letters(HALF_PAST).await;
    let of = |name: &str| letters.iter().find(|l| l.to.starts_with(name)).unwrap();
    assert_eq!(of("kamil").subject, "Standin: 1 mail waits for a reply, 1 task due");
    assert!(of("kamil").body.contains("Task: Measure the valves, on Acme valves (opportunity), due 19 November"));
    assert!(!of("kamil").body.contains("Later"));
    let piotr = of("piotr");
    assert_eq!(piotr.first_line(), "Waiting for Anna Kowalska, for whom you answer until 27 November: 2 mails");
    assert!(piotr.body.contains("Send the drawing") && !piotr.body.contains("Whisper"), "{}", piotr.body);
    // Once Anna asks for one herself, hers comes to him and his own no longer names her.
    house.asks(ANNA, digest(13, 30), HALF_PAST).await;
    let letters = house.letters(HALF_PAST.plus(DAY)).await;
    let his: Vec<&Letter> = letters.iter().filter(|l| l.to.starts_with("piotr")).collect();
    assert_eq!(his.len(), 1);
    assert!(his[0].first_line().starts_with("You get this because you stand in for Anna Kowalska"));
}

/// Takes a mail in that arrived in a mailbox's inbox.
async fn take_in(house: &House, mailbox: MailboxId, raws: Vec<Vec<u8>>, at: Timestamp) -> usize {
    let context = standin::intake::Context {
        mailbox,
        fence: 0,
        headers_only: false,
        keys: house.keys.clone(),
        own_domains: house.config.own_domains.iter().cloned().collect(),
        dropbox: None,
        is_dropbox: false,
        submitted_by: Arc::new([]),
        notice: Arc::new(standin::intake::NoticeSettings {
            policy: notice::Policy::of(&house.config, NoticeKey(*house.keys.signing())),
            rights: house.config.rights(),
            holidays: Vec::new(),
        }),
    };
    let mut tx = house.db.write().await.unwrap();
    let folder = store::folders::ensure(&mut tx, mailbox, &format!("F{}", tag()), Role::Inbox).await.unwrap().id;
    store::folders::begin_epoch(&mut tx, folder, 7, 1, 10_000, 1).await.unwrap();
    let seen: Vec<Seen> = (1..=raws.len() as u32)
        .map(|uid| Seen { uid, size: 1, internal_date: Some(at), flags: Vec::new(), modseq: None })
        .collect();
    store::locations::insert_pending(&mut tx, folder, 1, &seen, Arrival::Live, at).await.unwrap();
    let places = store::locations::states(&mut tx, folder, 1, 1, raws.len() as u32).await.unwrap();
    tx.commit().await.unwrap();
    let found = places.into_iter().zip(raws).map(|((location, ..), raw)| Found {
        location,
        folder,
        role: Role::Inbox,
        arrival: Arrival::Live,
        internal_at: Some(at),
        flags: Vec::new(),
        raw,
    });
    let prepared = prepare(found.collect(), &house.keys, &context.notice.policy, at);
    let intake = Intake {
        db: house.db.clone(),
        context,
        clock: standin::intake::Clock::new(move || at),
        signals: Signals::default(),
        keep_failed_days: 30,
    };
    intake.settle(prepared).await.unwrap().stored
}

async fn five_hundred_mails_for_fresh_users_bring_no_mail_to_colleagues(house: &House) {
    house.run("update absences set notice = false").await;
    let letter = |n: usize| {
        format!(
            "From: Jan Lis <jan@acme.example>\r\nTo: Anna Kowalska <anna@firma.example>\r\nSubject: pilne {n}\r\n\
             Date: {}\r\nMessage-ID: <many-{n}@acme.example>\r\n\r\nPlease answer question {n}.\r\n",
            ONE.to_utc().to_rfc2822()
        )
        .into_bytes()
    };
    let mut stored = 0;
    for chunk in (0..500).collect::<Vec<_>>().chunks(200) {
        stored += take_in(house, MailboxId(1), chunk.iter().map(|n| letter(*n)).collect(), ONE).await;
    }
    assert_eq!(stored, 500);
    assert!(house.number("select count(*) from mails where waits").await >= 500);
    for hour in 0..7 * 24 {
        assert_eq!(house.letters(ONE.plus(hour * HOUR)).await.len(), 0);
    }
    assert_eq!(house.sink.mails().len(), 0);
    assert_eq!(house.number("select count(*) from notifications").await, 0);
}

async fn without_a_sending_mailbox_nothing_is_queued(house: &House) {
    house.asks(KAMIL, digest(13, 30), ONE).await;
    let silent = Config { colleagues: Colleagues::default(), ..house.config.clone() };
    assert_eq!(notify::run(&house.db, &house.keys, &silent, HALF_PAST).await.unwrap(), 0);
    assert_eq!(house.number("select count(*) from notifications").await, 0);
    assert_eq!(house.letters(HALF_PAST.plus(MINUTE)).await.len(), 1, "it is made up for once there is one");
}

async fn a_mail_to_a_colleague_says_that_a_machine_made_it_and_nothing_of_what_clients_wrote(house: &House) {
    house.mail(500, VALVES, "Subject\r\nBcc: evil@example.com\u{202e}", ONE).await;
    house.asks(KAMIL, digest(13, 30), ONE).await;
    let letter = house.letters(HALF_PAST).await.remove(0);
    assert_eq!(letter.header("Auto-Submitted"), "auto-generated");
    assert_eq!(letter.header("X-Auto-Response-Suppress"), "All");
    let raw = String::from_utf8(letter.raw.clone()).unwrap();
    assert!(raw.starts_with("From: =?utf-8?B?") || raw.starts_with("From: Standin"), "{raw}");
    assert!(raw.contains("<sales@firma.example>") && raw.contains("Content-Type: text/plain; charset=utf-8\r\n"));
    assert!(!raw.contains("\r\nBcc:") && raw.is_ascii());
    let id = MessageParser::default().parse(&letter.raw).unwrap().message_id().unwrap().to_owned();
    assert!(notice::is_ours(&MsgId::new(id).unwrap(), &NoticeKey(*house.keys.signing())));
    assert!(
        letter.body.contains("Subject Bcc: evil@example.com\n")
            || letter.body.contains("Subject Bcc: evil@example.com\r\n")
    );
    for words in ["The words of a client", "Treść wiadomości", "jan@acme.example"] {
        assert!(!letter.body.contains(words), "{words} in {}", letter.body);
    }
    assert!(house.sink.heard().contains(&"MAIL FROM:<sales@firma.example>".to_owned()));
}

async fn a_mail_that_comes_back_is_neither_linked_nor_answered(house: &House) {
    house.asks(ANNA, digest(13, 30), ONE).await;
    house.asks(KAMIL, digest(13, 30), ONE).await;
    let letters = house.letters(HALF_PAST).await;
    assert_eq!(letters.len(), 2);
    let before = house.number("select count(*) from links").await;
    // Into Kamil's watched mailbox, and, handed on by Piotr's server, into absent Anna's.
    let now = HALF_PAST.plus(MINUTE);
    for mailbox in [3, 1] {
        let raws: Vec<Vec<u8>> = letters
            .iter()
            .map(|l| [b"Return-Path: <sales@firma.example>\r\n".to_vec(), l.raw.clone()].concat())
            .collect();
        assert_eq!(take_in(house, MailboxId(mailbox), raws, now).await, 0, "nothing of it is stored");
    }
    assert_eq!(house.number("select count(*) from links").await, before);
    assert_eq!(house.number("select count(*) from notice_decisions where verdict = 'send'").await, 1, "the seed's own");
    assert_eq!(house.states(Delivery::Queued).await, 0);
    // A colleague who answers it, or a program that does, starts nothing either.
    let id = MessageParser::default().parse(&letters[0].raw).unwrap().message_id().unwrap().to_owned();
    let answer = format!(
        "Return-Path: <piotr@firma.example>\r\nFrom: Piotr Nowak <piotr@firma.example>\r\nTo: sales@firma.example\r\n\
         Subject: Re: digest\r\nDate: {}\r\nMessage-ID: <re@firma.example>\r\nIn-Reply-To: <{id}>\r\n\r\nThanks.\r\n",
        now.to_utc().to_rfc2822()
    );
    assert_eq!(take_in(house, MailboxId(1), vec![answer.into_bytes()], now).await, 0);
    assert_eq!(house.number("select count(*) from links").await, before);
    assert_eq!(house.states(Delivery::Queued).await, 0);
}

async fn an_urgent_mail_is_told_of_once_and_only_if_all_of_a_condition_holds(house: &House) {
    house.run("update records set class = 'A' where id = 20").await;
    house.run("update records set account_id = 20 where id = 21").await;
    let conditions = vec![
        Urgent { class: Some(Class::A), words: vec!["PILNE".into(), "awaria".into()], ..Urgent::default() },
        Urgent { waiting_hours: Some(4), ..Urgent::default() },
    ];
    house.asks(KAMIL, Wishes { urgent: conditions, ..Wishes::default() }, ONE).await;
    assert_eq!(house.letters(ONE.plus(MINUTE)).await.len(), 0, "what waited before he asked is no news");
    house.mail(500, VALVES, "Pilne: pompa stoi", ONE.plus(2 * MINUTE)).await;
    house.mail(501, VALVES, "Not so important", ONE.plus(2 * MINUTE)).await;
    house.mail(502, PUMPS, "Pilne, but Anna's", ONE.plus(2 * MINUTE)).await;
    let letters = house.letters(ONE.plus(3 * MINUTE)).await;
    assert_eq!(addressees(&letters), ["kamil@firma.example"]);
    assert_eq!(letters[0].subject, "Standin: Urgent: Jan Lis waits for a reply");
    assert!(letters[0].body.contains("Pilne: pompa stoi") && letters[0].body.contains("/messages/500"));
    assert!(letters[0].first_line().starts_with("This mail was marked as urgent"), "no reason: it is his own");
    for minutes in 4..10 {
        assert_eq!(house.letters(ONE.plus(minutes * MINUTE)).await.len(), 0, "once");
    }
    // Four hours after it was written the other one is urgent too; so is the seed's, long before.
    let letters = house.letters(ONE.plus(3 * HOUR)).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].body.contains("/messages/102") && letters[0].body.contains("waiting 4 hours"));
    let letters = house.letters(ONE.plus(4 * HOUR + 3 * MINUTE)).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].body.contains("Not so important"));
    assert_eq!(house.letters(ONE.plus(9 * HOUR)).await.len(), 0, "the first one is not told of twice");
    // By contact and by account.
    let from_jan = urgent(Urgent { contact: Some(standin::model::id::RecordId(JAN)), ..Urgent::default() });
    house.asks(KAMIL, from_jan, ONE.plus(10 * HOUR)).await;
    house.mail(510, VALVES, "From Jan", ONE.plus(10 * HOUR)).await;
    assert_eq!(house.letters(ONE.plus(10 * HOUR + MINUTE)).await.len(), 1);
    let on_beta = urgent(Urgent { account: Some(standin::model::id::RecordId(20)), ..Urgent::default() });
    house.asks(KAMIL, on_beta, ONE.plus(11 * HOUR)).await;
    house.mail(511, VALVES, "On Beta", ONE.plus(11 * HOUR)).await;
    house.run("update mails set waits = false where id = 511").await;
    assert_eq!(house.letters(ONE.plus(11 * HOUR)).await.len(), 0, "it was answered");
    house.run("update mails set waits = true where id = 511").await;
    assert_eq!(house.letters(ONE.plus(11 * HOUR + MINUTE)).await.len(), 1);
}

async fn urgent_notices_end_with_the_days_limit(house: &House) {
    let words = Urgent { words: vec!["pilne".into()], ..Urgent::default() };
    house.asks(KAMIL, Wishes { urgent_a_day: 3, ..urgent(words) }, ONE).await;
    for n in 0..8 {
        house.mail(500 + n, VALVES, "Pilne", ONE.plus(MINUTE)).await;
    }
    let letters = house.letters(ONE.plus(2 * MINUTE)).await;
    assert_eq!(letters.len(), 3);
    let last = |letter: &Letter| letter.body.contains("This was the last urgent notice of today");
    assert_eq!(letters.iter().filter(|l| last(l)).count(), 1);
    assert!(last(&letters[2]));
    assert_eq!(house.letters(ONE.plus(HOUR)).await.len(), 0);
    // Tomorrow's are counted anew, and today's are not made up for.
    house.mail(600, VALVES, "Pilne jutro", ONE.plus(12 * HOUR)).await;
    let letters = house.letters(ONE.plus(12 * HOUR + MINUTE)).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].body.contains("/messages/600") && !last(&letters[0]));
}

async fn an_urgent_mail_of_an_absent_person_goes_to_who_answers_with_the_reason_first(house: &House) {
    let words = Urgent { words: vec!["pilne".into()], ..Urgent::default() };
    house.asks(ANNA, Wishes { urgent_a_day: 2, ..urgent(words) }, ONE).await;
    house.mail(500, PUMPS, "Pilne", ONE.plus(MINUTE)).await;
    house.mail(501, SECRET, "Pilne i poufne", ONE.plus(MINUTE)).await;
    let letters = house.letters(ONE.plus(2 * MINUTE)).await;
    assert_eq!(addressees(&letters), ["piotr@firma.example"]);
    assert_eq!(letters[0].first_line(), "You get this because you stand in for Anna Kowalska until 27 November.");
    assert!(!letters[0].body.contains("poufne") && !letters[0].body.contains("Quiet"));
    // The limit is Anna's, whoever gets them.
    house.mail(502, PUMPS, "Pilne", ONE.plus(3 * MINUTE)).await;
    house.mail(503, PUMPS, "Pilne", ONE.plus(3 * MINUTE)).await;
    assert_eq!(house.letters(ONE.plus(4 * MINUTE)).await.len(), 1);
    // With nobody left, the company's fallback gets it and reads why.
    house.run("update absences set substitute_id = null").await;
    let config = Config { fallback_user: Some("maria".into()), ..house.config.clone() };
    house.mail(504, PUMPS, "Pilne", ONE.plus(DAY)).await;
    let before = house.sink.mails().len();
    notify::run(&house.db, &house.keys, &config, ONE.plus(DAY + MINUTE)).await.unwrap();
    house.sends(ONE.plus(DAY + MINUTE)).await;
    let letters: Vec<Letter> = house.sink.mails().into_iter().skip(before).map(Letter::read).collect();
    assert_eq!(addressees(&letters), ["maria@firma.example"]);
    assert_eq!(
        letters[0].first_line(),
        "Dostajesz tę wiadomość jako osoba rezerwowa: Anna Kowalska jest poza firmą do 27 listopada i nikt nie zastępuje."
    );
}

async fn a_substitutes_own_conditions_count_where_the_absent_person_has_none(house: &House) {
    let words = Urgent { words: vec!["pilne".into()], ..Urgent::default() };
    house.asks(PIOTR, urgent(words), ONE).await;
    house.mail(500, PUMPS, "Pilne", ONE.plus(MINUTE)).await;
    let letters = house.letters(ONE.plus(2 * MINUTE)).await;
    assert_eq!(addressees(&letters), ["piotr@firma.example"]);
    assert!(letters[0].first_line().starts_with("You get this because you stand in for Anna Kowalska"));
    house.asks(ANNA, urgent(Urgent { words: vec!["inne".into()], ..Urgent::default() }), ONE).await;
    house.mail(501, PUMPS, "Pilne", ONE.plus(3 * MINUTE)).await;
    assert_eq!(house.letters(ONE.plus(4 * MINUTE)).await.len(), 0, "Anna's own conditions are others");
}

async fn a_teams_members_get_copies_of_what_comes_in_on_its_leads(house: &House) {
    let mut tx = house.db.write().await.unwrap();
    let team = store::people::add_team(&mut tx, "North", ONE).await.unwrap();
    for user in [ANNA, PIOTR, KAMIL, ADAM] {
        store::people::set_member(&mut tx, team, UserId(user), true).await.unwrap();
    }
    tx.commit().await.unwrap();
    let lead = |id: i64, name: &str, secret: bool| -> Vec<Value> {
        let (id, name) = (Value::from(id), Value::from(name));
        let at = Value::from(ONE.0);
        vec![id, "lead".into(), name.clone(), name, KAMIL.into(), team.0.into(), secret.into(), at.clone(), at]
    };
    let into = "records (id, kind, name, name_key, owner_id, team_id, confidential, created_at, updated_at)";
    house.put(into, lead(700, "Fresh lead", false)).await;
    house.put(into, lead(701, "Hidden lead", true)).await;
    let share = |record: i64| -> Vec<Value> {
        vec![
            record.into(),
            team.0.into(),
            "share".into(),
            false.into(),
            false.into(),
            false.into(),
            "".into(),
            ONE.0.into(),
        ]
    };
    let shares = "shares (record_id, team_id, source, may_write, may_share, named, reason, created_at)";
    house.put(shares, share(700)).await;
    house.put(shares, share(701)).await;
    assert_eq!(house.letters(ONE).await.len(), 0, "off by default");
    set_copies(house, team, true).await;
    let letters = house.letters(ONE.plus(MINUTE)).await;
    let mut to = addressees(&letters);
    to.sort();
    assert_eq!(
        to,
        ["adam@firma.example", "kamil@firma.example", "piotr@firma.example"],
        "not to absent Anna, nor to Maria"
    );
    let of = |name: &str| letters.iter().find(|l| l.to.starts_with(name)).unwrap();
    assert_eq!(of("piotr").first_line(), "You get this because your team gets copies for its leads.");
    assert!(of("piotr").body.contains("New lead: Fresh lead") && !of("piotr").body.contains("Hidden"));
    assert_eq!(of("piotr").subject, "Standin: Leads of your team: 1 item");
    assert!(of("kamil").body.contains("Hidden lead"), "its owner may see it");
    house.mail(710, 700, "Offer, please", ONE.plus(2 * MINUTE)).await;
    house.mail(711, 700, "And one more", ONE.plus(2 * MINUTE)).await;
    let letters = house.letters(ONE.plus(3 * MINUTE)).await;
    assert_eq!(letters.len(), 3, "one mail each, whatever came in");
    assert!(letters.iter().all(|l| l.body.contains("Offer, please") && l.body.contains("And one more")));
    assert_eq!(house.letters(ONE.plus(4 * MINUTE)).await.len(), 0);
    set_copies(house, team, false).await;
    house.mail(712, 700, "Silence", ONE.plus(5 * MINUTE)).await;
    assert_eq!(house.letters(ONE.plus(6 * MINUTE)).await.len(), 0);
}

async fn set_copies(house: &House, team: TeamId, copies: bool) {
    let mut tx = house.db.write().await.unwrap();
    notifications::set_team_copies(&mut tx, team, copies).await.unwrap();
    tx.commit().await.unwrap();
}

/// Anna's last mail to Jan, which nobody answered.
pub async fn anna_promised(house: &House) {
    house.mail(800, PUMPS, "I shall send the drawing", ONE.plus(-2 * DAY)).await;
    house.run("update mails set direction = 'out', waits = false, from_name = 'Anna Kowalska', from_address = 'anna@firma.example' where id = 800").await;
    let party: Vec<Value> =
        vec![800_i64.into(), 0_i64.into(), "to".into(), "jan@acme.example".into(), "Jan Lis".into()];
    house.put("mail_parties (mail_id, position, field, address, name)", party).await;
}

async fn a_brief_goes_once_to_the_substitute_who_asked_for_it(house: &House) {
    anna_promised(house).await;
    let row: Vec<Value> = vec![
        1_i64.into(),
        PUMPS.into(),
        "call".into(),
        "Call Jan".into(),
        "".into(),
        "open".into(),
        ANNA.into(),
        ANNA.into(),
        ONE.0.into(),
        ONE.plus(3 * DAY).0.into(),
        ONE.0.into(),
        ONE.0.into(),
    ];
    let into = "activities (id, record_id, kind, subject, body, status, responsible_id, author_id, at, due_at, created_at, updated_at)";
    house.put(into, row).await;
    assert_eq!(house.letters(ONE).await.len(), 0, "Piotr did not ask");
    let asks = Wishes { covers: true, ..Wishes::default() };
    house.asks(PIOTR, asks.clone(), ONE).await;
    house.asks(KAMIL, asks, ONE).await;
    let letters = house.letters(ONE.plus(MINUTE)).await;
    assert_eq!(addressees(&letters), ["piotr@firma.example"], "Kamil covers nobody");
    let body = letters[0].body.replace("\r\n", "\n");
    assert_eq!(letters[0].subject, "Standin: Cover for Anna Kowalska: what you find");
    for text in [
        "You stand in for Anna Kowalska until 27 November.",
        "https://standin.firma.example/absences/1/brief",
        "Records you answer for: 3 records (1 account, 1 contact, 1 opportunity)",
        "Mails that wait: 2 mails",
        "Jan Lis, on Acme pumps (opportunity)",
        "Open tasks: 1 task\nCall: Call Jan, on Acme pumps (opportunity), due 24 November",
        "what Anna Kowalska wrote last and nobody answered: 1 mail",
        "I shall send the drawing, to Jan Lis, on Acme pumps (opportunity), 19 November",
    ] {
        assert!(body.contains(text), "{text} in {body}");
    }
    assert!(!body.contains("Quiet merger") && !body.contains("Poufne"), "{body}");
    for later in [2 * MINUTE, DAY, 5 * DAY] {
        assert_eq!(house.letters(ONE.plus(later)).await.len(), 0, "once");
    }
}

async fn a_report_goes_once_to_the_owner_who_asked_for_it(house: &House) {
    house.asks(ANNA, Wishes { covers: true, ..Wishes::default() }, ONE).await;
    // Piotr answered one of the mails that came while she was away, and noted a call in her place.
    house.mail(801, PUMPS, "Re: Re: Pompy", ONE.plus(HOUR)).await;
    house
        .run("update mails set direction = 'out', waits = false, from_address = 'piotr@firma.example' where id = 801")
        .await;
    house.run("update mails set waits = false, answered_at = 1795266000000, answered_by = 801 where id = 101").await;
    let row: Vec<Value> = vec![
        1_i64.into(),
        PUMPS.into(),
        "call".into(),
        "Jan agrees".into(),
        "".into(),
        "done".into(),
        PIOTR.into(),
        PIOTR.into(),
        ANNA.into(),
        ONE.0.into(),
        ONE.plus(DAY).0.into(),
        PIOTR.into(),
        ONE.0.into(),
        ONE.0.into(),
    ];
    let into = "activities (id, record_id, kind, subject, body, status, responsible_id, author_id, for_user_id, at, done_at, done_by, created_at, updated_at)";
    house.put(into, row).await;
    assert_eq!(house.letters(ONE.plus(6 * DAY)).await.len(), 0, "she is still away");
    let back = ONE.plus(6 * DAY + 11 * HOUR);
    let letters = house.letters(back).await;
    assert_eq!(addressees(&letters), ["anna@firma.example"]);
    let body = letters[0].body.replace("\r\n", "\n");
    assert_eq!(letters[0].subject, "Standin: Podczas twojej nieobecności: 3 wiadomości");
    for text in [
        "Nieobecność od 20 listopada do 27 listopada.",
        "https://standin.firma.example/absences/1/report",
        "Przyszło od klientów: 3",
        "Piotr Nowak: odpowiedzi 1",
        "Klienci zawiadomieni o nieobecności: 1",
        "Nadal czeka: 2 wiadomości",
        "Quiet merger",
        "Co zrobiono w zastępstwie: 1 pozycja\nPiotr Nowak, Telefon: Jan agrees, szansa: Acme pumps, 22 listopada",
    ] {
        assert!(body.contains(text), "{text} in {body}");
    }
    for later in [MINUTE, HOUR, DAY] {
        assert_eq!(house.letters(back.plus(later)).await.len(), 0, "once");
    }
}

async fn nobody_who_left_is_told_anything(house: &House) {
    house.asks(KAMIL, digest(13, 30), ONE).await;
    house.asks(ANNA, digest(13, 30), ONE).await;
    house.run("update users set active = false where id in (1, 3)").await;
    assert_eq!(house.letters(HALF_PAST).await.len(), 0);
}

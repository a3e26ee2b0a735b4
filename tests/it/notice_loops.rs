//! Notices against other machines (R54): whatever answers us, the exchange dies out.
//!
//! Our side is the real decision, with the real ledger in either database and the real composer, as the way in
//! calls them; the other side is a function from our notice to its answer; a clock moves by a minute each round.
//! 10 000 rounds are a week. On PostgreSQL they are fewer unless `./test --full` asks for all.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::Folder;
use crate::support::firm::full;
use crate::support::postgres::Database;
use chrono::NaiveDate;
use standin::config;
use standin::intake::{Office, decide_notice};
use standin::model::absence::Absence;
use standin::model::address::Address;
use standin::model::cursor::{Arrival, Role};
use standin::model::id::{AbsenceId, MailboxId, UserId};
use standin::model::mail::Mail;
use standin::model::notice::{AbsentPerson, Language, NoticeKey, SenderFacts, Trigger};
use standin::model::time::{DAY, MINUTE, Timestamp};
use standin::notice::Policy;
use standin::parse::parse;
use standin::store::keys::Keys;
use standin::store::{self, Db, Tx};

const START: Timestamp = Timestamp(1_795_000_000_000);
/// Rounds in one transaction: each round reads what those before it wrote.
const TOGETHER: u32 = 200;

/// Where an installation keeps its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    fn rounds(self) -> u32 {
        if self == Kind::Sqlite || full() { 10_000 } else { 2_000 }
    }
}

/// Our side: an absent person in an installation of its own.
struct Ours {
    person: AbsentPerson,
    policy: Policy,
    keys: Keys,
    mailbox: MailboxId,
    sent: Vec<Timestamp>,
    db: Db,
    _folder: Folder,
    _server: Option<Database>,
}

impl Ours {
    async fn new(kind: Kind, address: &str, key: u8) -> Ours {
        let (folder, server) = (Folder::new(), (kind == Kind::Postgres).then(Database::fresh));
        let url = match &server {
            Some(server) => server.url.clone(),
            None => format!("sqlite:{}", folder.path().join("standin.db").display()),
        };
        let db = Db::open(&url).await.unwrap();
        db.migrate().await.unwrap();
        let keys = Keys::derive(&[key; 32]);
        let address = Address::parse(address).unwrap();
        let mut absence = absence();
        let mut tx = db.write().await.unwrap();
        execute(&mut tx, "insert into users (id, login, name, role, active, zone, language, created_at) values (1, 'anna', 'Anna', 'account-manager', true, 'Europe/Warsaw', 'pl', 0)").await;
        absence.id = store::absences::add(&mut tx, &absence, None, START).await.unwrap();
        let user = Some(absence.user);
        let mailbox = store::mailboxes::ensure(&mut tx, "anna", user, address.as_str(), START).await.unwrap().id;
        tx.commit().await.unwrap();
        let person = AbsentPerson {
            user: absence.user,
            name: "Anna Kowalska".into(),
            addresses: vec![address.clone()],
            language: "pl".into(),
            absence,
            substitute: None,
            first_day_back: None,
            mailbox_connected_at: START,
            server_answers: false,
            manner: Default::default(),
        };
        let policy = Policy {
            settings: config::Notice::default(),
            own_domains: vec![address.domain().to_owned()],
            internal: false,
            stopped: false,
            stamped: 0,
            stamped_of: 0,
            company: String::new(),
            language: Language::Pl,
            key: NoticeKey(*keys.signing()),
        };
        Ours { person, policy, keys, mailbox, sent: Vec::new(), db, _folder: folder, _server: server }
    }

    /// A mail arrives; the notice that leaves, if one does. The sender counts as known: the worst.
    async fn receive(&mut self, tx: &mut Tx, raw: &[u8], now: Timestamp) -> Option<Vec<u8>> {
        let mail = parse(raw);
        let named: Vec<i64> = mail.in_reply_to.iter().chain(&mail.references).map(|id| self.keys.id(id)).collect();
        let trigger = Trigger {
            mail: &mail,
            key: Vec::new(),
            arrival: Arrival::Live,
            internal_date: Some(now),
            folder_role: Role::Inbox,
            flags: Vec::new(),
            shared_mailbox: false,
            sender: SenderFacts { known_contact: true, ..SenderFacts::default() },
            replies_to_our_automatic_mail: !store::outbox::ours(tx, &named).await.unwrap().is_empty(),
            answered_meanwhile: false,
            invited: false,
            for_record: None,
        };
        let stopped = store::notice_switch::stopped(tx, now).await.unwrap().is_some();
        let office = Office { keys: &self.keys, mailbox: self.mailbox, policy: &self.policy, tripped: stopped };
        let key = self.keys.hash("trigger", &content(&mail));
        let decision = decide_notice(tx, &office, &self.person, &trigger, (key, None), now).await.unwrap();
        let outbox = decision.outbox?;
        self.sent.push(now);
        Some(bytes(tx, outbox.0).await)
    }
}

fn absence() -> Absence {
    let day = |n| NaiveDate::from_ymd_opt(2026, 11, n).unwrap();
    Absence {
        id: AbsenceId(0),
        user: UserId(1),
        first_day: day(18),
        last_day: None,
        back_on: None,
        first_time: None,
        last_time: None,
        confirm_on: None,
        nature: Default::default(),
        exceptions: Vec::new(),
        plan: Default::default(),
        cover_writes: true,
        zone: "Europe/Warsaw".into(),
        starts: START,
        ends: None,
        substitute: None,
        deputy: None,
        notice: true,
        notice_since: Some(START),
        notice_texts: Default::default(),
    }
}

/// What tells one mail from another.
fn content(mail: &Mail) -> Vec<u8> {
    format!("{:?} {:?} {}", mail.message_id, mail.from, mail.text.body).into_bytes()
}

async fn execute(tx: &mut Tx, sql: &'static str) {
    match tx {
        Tx::Sqlite(t) => drop(sqlx::query(sql).execute(&mut **t).await.unwrap()),
        Tx::Postgres(t) => drop(sqlx::query(sql).execute(&mut **t).await.unwrap()),
    }
}

/// A notice as it would be handed over.
async fn bytes(tx: &mut Tx, outbox: i64) -> Vec<u8> {
    let sql = "select bytes from outbox where id = $1";
    match tx {
        Tx::Sqlite(t) => sqlx::query_scalar(sql).bind(outbox).fetch_one(&mut **t).await.unwrap(),
        Tx::Postgres(t) => sqlx::query_scalar(sql).bind(outbox).fetch_one(&mut **t).await.unwrap(),
    }
}

/// What the other side writes in a round, seeing our last notice if there was one.
type Other = fn(round: u32, notice: Option<&[u8]>) -> String;

fn mail(from: &str, round: u32, fields: &str) -> String {
    format!(
        "Return-Path: <{from}>\r\nReceived: from mx.other.net by mx.firma.pl\r\nFrom: {from}\r\nTo: anna@firma.pl\r\n\
         Subject: Pompy {round}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <r{round}@other.net>\r\n{fields}\r\n\
         Tekst {round}\r\n"
    )
}

fn answering(notice: Option<&[u8]>) -> String {
    let id = notice.map(parse).and_then(|mail| mail.message_id);
    id.map_or(String::new(), |id| format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n"))
}

/// Notices in all rounds, and the most within any 24 hours.
async fn play(kind: Kind, other: Other) -> (usize, usize) {
    let mut ours = Ours::new(kind, "anna@firma.pl", 1).await;
    let mut last: Option<Vec<u8>> = None;
    let mut tx = ours.db.write().await.unwrap();
    for round in 0..kind.rounds() {
        let now = START.plus(i64::from(round) * MINUTE);
        let notice = ours.receive(&mut tx, other(round, last.as_deref()).as_bytes(), now).await;
        last = notice.or(last);
        if round % TOGETHER == TOGETHER - 1 {
            tx.commit().await.unwrap();
            tx = ours.db.write().await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    ours.db.close().await;
    let busiest = ours
        .sent
        .iter()
        .map(|from| ours.sent.iter().filter(|at| at.since(*from) >= 0 && at.since(*from) < DAY).count());
    (ours.sent.len(), busiest.max().unwrap_or(0))
}

/// Each opponent on either database.
macro_rules! opponents {
    ($($sentence:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $sentence() { super::$sentence(super::Kind::Sqlite).await })*
        }
        mod on_postgresql {
            $(#[tokio::test] async fn $sentence() { super::$sentence(super::Kind::Postgres).await })*
        }
    };
}

opponents! {
    a_labelled_responder_gets_at_most_one_notice
    a_responder_that_labels_nothing_gets_at_most_one_notice
    a_responder_with_a_new_address_each_time_gets_one_notice_while_it_keeps_the_thread
    a_responder_that_strips_everything_gets_five_a_day
    a_ticket_system_with_numbered_addresses_gets_one_notice
    a_mailing_list_that_echoes_gets_none
    two_installations_exchange_at_most_one_notice
}

async fn a_labelled_responder_gets_at_most_one_notice(kind: Kind) {
    let other: Other = |round, notice| {
        // Its first mail is a person's; from then on it answers whatever comes.
        let fields = if round == 0 { String::new() } else { answering(notice) + "Auto-Submitted: auto-replied\r\n" };
        mail("jan@other.net", round, &fields)
    };
    assert_eq!(play(kind, other).await, (1, 1));
}

async fn a_responder_that_labels_nothing_gets_at_most_one_notice(kind: Kind) {
    assert_eq!(play(kind, |round, notice| mail("jan@other.net", round, &answering(notice))).await, (1, 1));
    // Not even the ids of what it answers.
    assert_eq!(play(kind, |round, _| mail("jan@other.net", round, "")).await, (1, 1));
}

async fn a_responder_with_a_new_address_each_time_gets_one_notice_while_it_keeps_the_thread(kind: Kind) {
    let other: Other = |round, notice| mail(&format!("x{round}y@other.net"), round, &answering(notice));
    assert_eq!(play(kind, other).await, (1, 1));
}

async fn a_responder_that_strips_everything_gets_five_a_day(kind: Kind) {
    let (whole, busiest) = play(kind, |round, _| mail(&format!("x{round}y@other.net"), round, "")).await;
    let days = kind.rounds() as usize / 1440 + 1;
    assert!(busiest <= 5 && whole <= 5 * days, "{whole} {busiest}");
    assert!(whole > 5, "after a day it is told again: {whole}");
}

async fn a_ticket_system_with_numbered_addresses_gets_one_notice(kind: Kind) {
    assert_eq!(play(kind, |round, _| mail(&format!("ticket+{round}@other.net"), round, "")).await, (1, 1));
    assert_eq!(play(kind, |round, _| mail(&format!("ticket-{round}@other.net"), round, "")).await, (1, 1));
}

async fn a_mailing_list_that_echoes_gets_none(kind: Kind) {
    let other: Other = |round, _| mail("pumps@other.net", round, "List-Id: <pumps.other.net>\r\n");
    assert_eq!(play(kind, other).await, (0, 0));
}

async fn two_installations_exchange_at_most_one_notice(kind: Kind) {
    let mut anna = Ours::new(kind, "anna@firma.pl", 1).await;
    let mut jan = Ours::new(kind, "jan@other.net", 2).await;
    let mut wire = Some(mail("jan@other.net", 0, "").into_bytes());
    let (mut here, mut there) = (anna.db.write().await.unwrap(), jan.db.write().await.unwrap());
    let mut rounds = 0;
    for round in 0..kind.rounds() {
        let now = START.plus(i64::from(round) * MINUTE);
        // A person writes now and then, so that the exchange could begin again.
        let came = wire.take().unwrap_or_else(|| mail("jan@other.net", round, "").into_bytes());
        let Some(notice) = anna.receive(&mut here, &came, now).await else { continue };
        // The worst case: a server on the way replaced the empty reverse path.
        let raw = [b"Return-Path: <anna@firma.pl>\r\nReceived: from mx.firma.pl by mx.other.net\r\n".to_vec(), notice]
            .concat();
        wire = jan.receive(&mut there, &raw, now).await;
        rounds += 1;
    }
    assert_eq!((anna.sent.len(), jan.sent.len(), rounds), (1, 0, 1));
    drop((here, there));
    anna.db.close().await;
    jan.db.close().await;
}

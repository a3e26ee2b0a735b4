//! Both sides of the clock (R2 to R6, R46 to R50, R56): the edges of absences over every change of
//! clocks in three zones, late mail, mail from before, folders that are numbered anew or put back from
//! a backup, absences that become longer or shorter, two workers at once. All on both databases; where
//! it matters how a mail is found, from a real Dovecot.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::dovecot::Dovecot;
use crate::support::firm::{Company, Kind, Names};
use chrono::{DateTime, NaiveDate, Utc};
use standin::actions::absences::{self, Entered, Which};
use standin::actions::import::{self, Options, What};
use standin::intake::{Accepted, Clock, Found, Intake, Shared, Signals, prepare};
use standin::model::absence::Absence;
use standin::model::cursor::{Arrival, Role, Seen, Why};
use standin::model::id::{AbsenceId, FolderId, UserId};
use standin::model::record::Kind as RecordKind;
use standin::model::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};
use standin::store::instance::{Instance, Use};
use standin::store::{self, people};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// 2026-02-20T12:00:00Z.
const BEGIN: &str = "2026-02-20T12:00:00Z";

/// Anna lives in Warsaw, Piotr in New York, Kamil on Lord Howe Island, where summer time is half an hour.
const USERS: &str = "login,name,role,emails,zone\n\
    anna,Anna Nowak,account-manager,anna@firma.example;anna.home@firma.example,Europe/Warsaw\n\
    piotr,Piotr Lis,account-manager,piotr@firma.example,America/New_York\n\
    kamil,Kamil Zych,account-manager,kamil@firma.example,Australia/Lord_Howe\n\
    ewa,Ewa Kos,account-manager,ewa@firma.example,Europe/Warsaw\n";

/// An installation whose mail is taken in by hand, at whatever time a test says.
pub struct Desk {
    /// The installation.
    pub company: Company,
    /// Its database and keys.
    pub instance: Instance,
    clock: Arc<AtomicI64>,
    boxes: BTreeMap<String, (Intake, FolderId, FolderId)>,
    next: AtomicU32,
}

/// Clients, each at a company of their own, so that no cap is met.
const CLIENTS: usize = 12;

/// The address of a client.
pub fn client(n: usize) -> String {
    format!("jan@acme{n}.test")
}

/// A moment as RFC 3339 writes it.
pub fn at(text: &str) -> Timestamp {
    Timestamp::from_utc(text.parse().unwrap())
}

impl Desk {
    /// At noon of 20 February 2026, with mailboxes that were connected a day ago.
    pub async fn open(kind: Kind) -> Desk {
        Desk::with(kind, |_| {}).await
    }

    /// As `open`, the configuration changed first.
    pub async fn with(kind: Kind, change: impl Fn(&mut Company)) -> Desk {
        let mut company = Company::new(kind, &Names::plain());
        for person in ["anna", "piotr", "kamil"] {
            company.mailbox(person, 1, None);
        }
        // A second mailbox of Anna's.
        company.mailbox("anna", 1, None);
        let second = company.config.mailbox.last_mut().unwrap();
        (second.name, second.address) = ("anna-home".into(), "anna.home@firma.example".into());
        change(&mut company);
        let instance = Instance::open(&company.config, Use::Work).await.unwrap();
        let clock = Arc::new(AtomicI64::new(at(BEGIN).0));
        let mut desk = Desk { company, instance, clock, boxes: BTreeMap::new(), next: AtomicU32::new(1) };
        let mut contacts = String::from("external_id,name,owner,account,emails\n");
        (0..CLIENTS).for_each(|n| contacts += &format!("c{n},Client {n},anna,,{}\n", client(n)));
        desk.import(What::Users, USERS).await;
        desk.import(What::Records(RecordKind::Contact), &contacts).await;
        desk.connect().await;
        desk
    }

    /// People or records, as an import brings them.
    pub async fn import(&self, what: What, text: &str) {
        let mut tx = self.instance.db.write().await.unwrap();
        let world = people::world(&mut tx, &self.company.config.rights(), self.now()).await.unwrap();
        let options = Options {
            leave_records: false,
            skip_broken: false,
            by: None,
            zone: "Europe/Warsaw".into(),
            language: "en".into(),
        };
        import::import(&mut tx, what, text.as_bytes(), &options, &world, self.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn connect(&mut self) {
        let moment = Arc::clone(&self.clock);
        let clock = Clock::new(move || Timestamp(moment.load(Ordering::SeqCst)));
        let shared = Shared::new(&self.instance, Arc::new(self.company.config.clone()), clock, Signals::default());
        for (account, row) in shared.mailboxes().await.unwrap() {
            let intake = shared.reader(&account, row.id).await.unwrap().unwrap().intake;
            let mut tx = self.instance.db.write().await.unwrap();
            let mut folders = Vec::new();
            for (path, role) in [("INBOX", Role::Inbox), ("Sent", Role::Sent)] {
                let folder = store::folders::ensure(&mut tx, row.id, path, role).await.unwrap().id;
                store::folders::begin_epoch(&mut tx, folder, 7, 1, 1_000_000, 1).await.unwrap();
                folders.push(folder);
            }
            tx.commit().await.unwrap();
            self.boxes.insert(account.name.clone(), (intake, folders[0], folders[1]));
        }
        self.company.rows(&format!("update mailboxes set connected_at = {}", self.now().plus(-DAY).0));
    }

    /// The moment it is.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::SeqCst))
    }

    /// From now on it is that late.
    pub fn set(&self, now: Timestamp) {
        self.clock.store(now.0, Ordering::SeqCst);
    }

    /// Somebody will be away from the first to the last day, and clients are told.
    pub async fn away(&self, user: &str, first: &str, last: Option<&str>) -> Absence {
        let entered = Entered {
            user: user.into(),
            first_day: first.parse().unwrap(),
            last_day: last.map(|day| day.parse().unwrap()),
            substitute: Some("ewa".into()),
            notice: true,
            ..Entered::default()
        };
        let now = self.now();
        let mut tx = self.instance.db.write().await.unwrap();
        let world = people::world(&mut tx, &self.company.config.rights(), now).await.unwrap();
        let added = absences::add(&mut tx, &entered, &world, None, now).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        added.absence
    }

    /// Changes an absence.
    pub async fn edit(&self, id: AbsenceId, change: impl Fn(&mut Entered)) {
        let now = self.now();
        let mut tx = self.instance.db.write().await.unwrap();
        let world = people::world(&mut tx, &self.company.config.rights(), now).await.unwrap();
        let users = people::every(&mut tx).await.unwrap();
        let login = |id: UserId| users.iter().find(|u| u.person.id == id).unwrap().login.clone();
        let absence = store::absences::load(&mut tx, id).await.unwrap().unwrap();
        let mut entered = Entered::of(&absence, &world, login);
        change(&mut entered);
        absences::edit(&mut tx, id, &entered, &world, None, now).await.unwrap().unwrap();
        tx.commit().await.unwrap();
    }

    /// Ends an absence now.
    pub async fn end(&self, id: AbsenceId) {
        let now = self.now();
        let mut tx = self.instance.db.write().await.unwrap();
        let world = people::world(&mut tx, &self.company.config.rights(), now).await.unwrap();
        absences::end(&mut tx, &Which::Id(id), &world, None, now).await.unwrap().unwrap();
        tx.commit().await.unwrap();
    }

    /// Takes a mail into a mailbox as it was found there.
    pub async fn take(
        &self,
        mailbox: &str,
        role: Role,
        arrival: Arrival,
        arrived: Timestamp,
        raw: Vec<u8>,
    ) -> Accepted {
        let (intake, inbox, sent) = &self.boxes[mailbox];
        let folder = if role == Role::Sent { *sent } else { *inbox };
        let uid = self.next.fetch_add(1, Ordering::SeqCst);
        let seen = Seen { uid, size: raw.len() as u64, internal_date: Some(arrived), flags: Vec::new(), modseq: None };
        let mut tx = self.instance.db.write().await.unwrap();
        store::locations::insert_pending(&mut tx, folder, 1, &[seen], arrival, self.now()).await.unwrap();
        let location = store::locations::states(&mut tx, folder, 1, uid, uid).await.unwrap()[0].0;
        tx.commit().await.unwrap();
        let found = Found { location, folder, role, arrival, internal_at: Some(arrived), flags: Vec::new(), raw };
        let prepared = prepare(vec![found], &intake.context.keys, &intake.context.notice.policy, self.now());
        intake.settle(prepared).await.unwrap()
    }

    /// A client writes to somebody; it arrives at one moment and is looked at at another. Gives what was
    /// decided: `send`, a rule, or `nothing` where nobody is away.
    pub async fn written(&self, to: &str, letter: &Letter, arrived: Timestamp, looked_at: Timestamp) -> String {
        self.set(looked_at);
        let before = self.decisions();
        self.take(to, Role::Inbox, Arrival::Live, arrived, letter.raw(to)).await;
        let new = self.decisions().into_iter().find(|decision| !before.contains(decision));
        new.map_or("nothing".into(), |decision| decision.rsplit(' ').next().unwrap().to_owned())
    }

    /// What was decided so far: whose decision, about which message, and `send` or a rule.
    pub fn decisions(&self) -> Vec<String> {
        let sql = "select d.user_id || ' ' || d.trigger_key || ' ' || case when d.verdict = 'send' then 'send' else d.reason \
                   end from notice_decisions d order by d.at, 1";
        self.company.rows(sql)
    }

    /// How many notices wait to be sent.
    pub fn queued(&self) -> i64 {
        self.company.number("select count(*) from outbox")
    }

    /// Closes it.
    pub async fn close(self) {
        self.instance.db.close().await;
    }
}

/// A client's mail.
pub struct Letter {
    /// Who writes.
    pub from: usize,
    /// Its Message-ID's left side, and its subject.
    pub id: String,
}

impl Letter {
    /// A letter that no other is like.
    pub fn new(from: usize, id: &str) -> Letter {
        Letter { from, id: id.to_owned() }
    }

    /// As it lies in the mailbox of `to`.
    pub fn raw(&self, to: &str) -> Vec<u8> {
        let (from, id) = (client(self.from), &self.id);
        format!(
            "Return-Path: <{from}>\r\nReceived: from x by mx.firma.example; Fri, 20 Nov 2026 11:00:00 +0000\r\n\
             From: <{from}>\r\nTo: <{to}@firma.example>\r\nSubject: {id}\r\nDate: Fri, 20 Feb 2026 11:00:00 +0000\r\n\
             Message-ID: <{id}@acme{n}.test>\r\n\r\nHello, what of {id}?\r\n",
            n = self.from,
        )
        .into_bytes()
    }
}

macro_rules! on_both {
    ($($sentence:ident)*) => {$(
        mod $sentence {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() { super::$sentence(super::Kind::Sqlite).await }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() { super::$sentence(super::Kind::Postgres).await }
        }
    )*};
}

on_both! {
    an_absence_of_one_day_is_kept_to_the_minute_over_every_change_of_clocks
    mail_that_is_looked_at_late_is_not_answered
    mail_from_before_the_switching_on_is_not_answered
    a_longer_absence_tells_nobody_twice_and_one_that_ended_early_tells_nobody
    an_absence_that_is_entered_anew_within_a_day_goes_on_and_a_later_one_begins_anew
    a_message_that_comes_back_is_as_old_as_it_was
    whoever_was_written_to_meanwhile_is_not_told
    two_workers_at_once_answer_a_message_once_for_each_person
    a_folder_that_is_numbered_anew_or_put_back_from_a_backup_brings_no_notice
}

/// Who is away on which day, and when that day begins and ends by the clock of the world: the days on
/// which clocks change in 2026 and 2027, in the three zones.
const EDGES: [(&str, &str, &str, &str); 12] = [
    ("anna", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
    ("anna", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
    ("anna", "2027-03-28", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"),
    ("anna", "2027-10-31", "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z"),
    ("piotr", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
    ("piotr", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
    ("piotr", "2027-03-14", "2027-03-14T05:00:00Z", "2027-03-15T04:00:00Z"),
    ("piotr", "2027-11-07", "2027-11-07T04:00:00Z", "2027-11-08T05:00:00Z"),
    ("kamil", "2026-04-05", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"),
    ("kamil", "2026-10-04", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"),
    ("kamil", "2027-04-04", "2027-04-03T13:00:00Z", "2027-04-04T13:30:00Z"),
    ("kamil", "2027-10-03", "2027-10-02T13:30:00Z", "2027-10-03T13:00:00Z"),
];

async fn an_absence_of_one_day_is_kept_to_the_minute_over_every_change_of_clocks(kind: Kind) {
    let desk = Desk::open(kind).await;
    let mut edges = EDGES;
    edges.sort_by_key(|edge| at(edge.2));
    for (who, day, starts, ends) in edges {
        let (starts, ends) = (at(starts), at(ends));
        desk.set(starts.plus(-7 * DAY));
        let absence = desk.away(who, day, Some(day)).await;
        assert_eq!((absence.starts, absence.ends), (starts, Some(ends)), "{who} on {day}");
        // When it arrives, when it is looked at, and what follows.
        let cases = [
            (starts.plus(-MINUTE), starts.plus(-SECOND), "nothing"),
            (starts.plus(-MINUTE), starts, "R4"),
            (starts.plus(-1), starts.plus(MINUTE), "R4"),
            (starts, starts.plus(MINUTE), "send"),
            (ends.plus(-MINUTE), ends.plus(-1), "send"),
            (ends.plus(-MINUTE), ends, "nothing"),
            (ends, ends.plus(MINUTE), "nothing"),
        ];
        for (n, (arrived, looked_at, expected)) in cases.into_iter().enumerate() {
            let letter = Letter::new(n, &format!("edge-{day}-{who}-{n}"));
            let decided = desk.written(who, &letter, arrived, looked_at).await;
            assert_eq!(
                decided,
                expected,
                "{who} on {day}: arrived {}, looked at {}",
                arrived.rfc3339(),
                looked_at.rfc3339()
            );
        }
    }
    assert_eq!(desk.queued(), 24, "two for each of the twelve days");
    desk.close().await;
}

async fn mail_that_is_looked_at_late_is_not_answered(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away("anna", "2026-02-20", Some("2026-03-20")).await;
    let arrived = at("2026-02-21T02:00:00Z");
    for (n, late, expected) in [(0, 4 * HOUR, "send"), (1, 4 * HOUR + 1, "R5"), (2, 3 * DAY, "R5")] {
        let letter = Letter::new(n, &format!("late-{n}"));
        assert_eq!(desk.written("anna", &letter, arrived, arrived.plus(late)).await, expected, "{late}");
    }
    // After an outage of a night everything comes at once; what is older than the window stays unanswered.
    let morning = at("2026-02-24T08:00:00Z");
    let mut answered = Vec::new();
    for hours in 1..=8 {
        let letter = Letter::new(2 + hours as usize, &format!("outage-{hours}"));
        let decided = desk.written("anna", &letter, morning.plus(-hours * HOUR), morning).await;
        answered.push(decided);
    }
    assert_eq!(answered, ["send", "send", "send", "send", "R5", "R5", "R5", "R5"]);
    desk.close().await;
}

async fn mail_from_before_the_switching_on_is_not_answered(kind: Kind) {
    let desk = Desk::open(kind).await;
    let absence = desk.away("anna", "2026-02-19", None).await;
    let entered = desk.now();
    assert_eq!(absence.notice_since, Some(entered));
    let soon = entered.plus(MINUTE);
    assert_eq!(desk.written("anna", &Letter::new(0, "before"), entered.plus(-1), soon).await, "R4");
    assert_eq!(desk.written("anna", &Letter::new(1, "after"), entered, soon).await, "send");
    // Off for an hour, and on again: what came in that hour is not answered afterwards.
    desk.set(entered.plus(HOUR));
    desk.edit(absence.id, |entered| entered.notice = false).await;
    assert_eq!(
        desk.written("anna", &Letter::new(2, "off"), entered.plus(HOUR), entered.plus(HOUR + MINUTE)).await,
        "R1"
    );
    desk.set(entered.plus(2 * HOUR));
    desk.edit(absence.id, |entered| entered.notice = true).await;
    let on = entered.plus(2 * HOUR);
    assert_eq!(desk.written("anna", &Letter::new(3, "between"), on.plus(-MINUTE), on.plus(MINUTE)).await, "R4");
    assert_eq!(desk.written("anna", &Letter::new(4, "on"), on.plus(1), on.plus(MINUTE)).await, "send");
    assert_eq!(desk.written("anna", &Letter::new(1, "again"), on.plus(1), on.plus(MINUTE)).await, "R46");
    // A mailbox that was connected later than all that.
    desk.company.rows(&format!("update mailboxes set connected_at = {}", on.plus(HOUR).0));
    let connected = on.plus(HOUR);
    assert_eq!(desk.written("anna", &Letter::new(5, "a"), connected.plus(-1), connected.plus(MINUTE)).await, "R4");
    assert_eq!(desk.written("anna", &Letter::new(6, "b"), connected, connected.plus(MINUTE)).await, "send");
    desk.close().await;
}

async fn a_longer_absence_tells_nobody_twice_and_one_that_ended_early_tells_nobody(kind: Kind) {
    let desk = Desk::open(kind).await;
    let absence = desk.away("anna", "2026-02-20", Some("2026-02-24")).await;
    let write = async |n: usize, id: &str, when: &str| {
        desk.written("anna", &Letter::new(n, id), at(when), at(when).plus(SECOND)).await
    };
    assert_eq!(write(0, "first", "2026-02-20T13:00:00Z").await, "send");
    desk.edit(absence.id, |entered| entered.last_day = NaiveDate::from_ymd_opt(2026, 3, 6)).await;
    assert_eq!(write(0, "longer", "2026-02-20T14:00:00Z").await, "R46");
    // Nor do other words to clients.
    desk.edit(absence.id, |entered| {
        entered
            .notice_texts
            .insert("en".into(), "Away until {until}. Please ask {substitute}, {substitute_mail}.".into());
    })
    .await;
    assert_eq!(write(0, "other words", "2026-02-20T15:00:00Z").await, "R46");
    // In what was added, a client who was told stays told, and another is told.
    assert_eq!(write(0, "in what was added", "2026-03-02T09:00:00Z").await, "R46");
    assert_eq!(write(1, "another", "2026-03-02T09:10:00Z").await, "send");
    desk.set(at("2026-03-03T10:00:00Z"));
    desk.end(absence.id).await;
    assert_eq!(write(2, "back", "2026-03-03T10:00:00Z").await, "nothing");
    // What came before the end and is looked at after it is not answered either.
    let (arrived, looked_at) = (at("2026-03-03T09:59:00Z"), at("2026-03-03T10:01:00Z"));
    assert_eq!(desk.written("anna", &Letter::new(3, "just before"), arrived, looked_at).await, "nothing");
    assert_eq!(desk.queued(), 2);
    desk.close().await;
}

async fn an_absence_that_is_entered_anew_within_a_day_goes_on_and_a_later_one_begins_anew(kind: Kind) {
    let desk = Desk::open(kind).await;
    let write = async |n: usize, id: &str, when: &str| {
        desk.written("anna", &Letter::new(n, id), at(when), at(when).plus(SECOND)).await
    };
    let first = desk.away("anna", "2026-02-20", Some("2026-02-27")).await;
    assert_eq!(write(0, "one", "2026-02-20T13:00:00Z").await, "send");
    desk.set(at("2026-02-23T10:00:00Z"));
    desk.end(first.id).await;
    // Back in the afternoon after all: the same time away to whoever was told.
    desk.set(at("2026-02-23T15:00:00Z"));
    let second = desk.away("anna", "2026-02-23", Some("2026-02-25")).await;
    assert_ne!(first.id, second.id);
    assert_eq!(write(0, "two", "2026-02-23T15:10:00Z").await, "R46");
    assert_eq!(write(1, "three", "2026-02-23T15:20:00Z").await, "send");
    // A month later it is another absence.
    desk.set(at("2026-03-20T10:00:00Z"));
    desk.away("anna", "2026-03-23", Some("2026-03-27")).await;
    assert_eq!(write(0, "four", "2026-03-23T15:00:00Z").await, "send");
    desk.close().await;
}

async fn a_message_that_comes_back_is_as_old_as_it_was(kind: Kind) {
    let desk = Desk::open(kind).await;
    let letter = Letter::new(0, "old");
    // It came while Anna was there; nothing was decided about it.
    let came = at("2026-02-20T11:00:00Z");
    assert_eq!(desk.written("anna", &letter, came, came.plus(MINUTE)).await, "nothing");
    desk.set(at("2026-02-21T08:00:00Z"));
    desk.away("anna", "2026-02-21", None).await;
    // Her mail program, or somebody who restores a backup, puts it back with the date of today.
    let today = at("2026-02-21T09:00:00Z");
    assert_eq!(desk.written("anna", &letter, today, today.plus(SECOND)).await, "R4");
    // One that was answered is not answered again, in whichever mailbox of hers it turns up.
    let new = Letter::new(1, "new");
    assert_eq!(desk.written("anna", &new, today, today.plus(SECOND)).await, "send");
    desk.take("anna", Role::Inbox, Arrival::Live, today.plus(HOUR), new.raw("anna")).await;
    desk.take("anna-home", Role::Inbox, Arrival::Live, today.plus(HOUR), new.raw("anna")).await;
    // What an archive, a new numbering or reading again brings, whatever its date, is no trigger at all.
    for (n, why) in [Why::Backfill, Why::Epoch, Why::Import, Why::Refetch].into_iter().enumerate() {
        let letter = Letter::new(2 + n, "backlog");
        desk.take("anna", Role::Inbox, Arrival::Backlog(why), today.plus(HOUR), letter.raw("anna")).await;
    }
    // Nor is it after more than a year, while she is still away.
    let much_later = today.plus(401 * DAY);
    desk.set(much_later);
    desk.take("anna", Role::Inbox, Arrival::Live, much_later, new.raw("anna")).await;
    assert_eq!(desk.queued(), 1, "{:?}", desk.decisions());
    desk.close().await;
}

async fn whoever_was_written_to_meanwhile_is_not_told(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away("anna", "2026-02-20", None).await;
    let came = at("2026-02-20T16:00:00Z");
    desk.set(came.plus(10 * MINUTE));
    let reply = |n: usize, date: &str| {
        format!(
            "From: <anna@firma.example>\r\nTo: <{}>\r\nSubject: to {n}\r\nDate: {date}\r\nMessage-ID: <r{n}@firma.example>\r\n\r\n\
             I am on the train; yes.\r\n",
            client(n)
        )
    };
    // From her telephone, five minutes after one client's mail came, and an hour before the other's.
    for (n, date, arrived) in [
        (0, "Fri, 20 Feb 2026 16:05:00 +0000", came.plus(5 * MINUTE)),
        (1, "Fri, 20 Feb 2026 15:00:00 +0000", came.plus(-HOUR)),
    ] {
        desk.take("anna", Role::Sent, Arrival::Live, arrived, reply(n, date).into_bytes()).await;
    }
    let looked_at = came.plus(11 * MINUTE);
    assert_eq!(desk.written("anna", &Letter::new(0, "answered"), came, looked_at).await, "R8");
    assert_eq!(desk.written("anna", &Letter::new(1, "not answered"), came, looked_at).await, "send");
    desk.close().await;
}

async fn two_workers_at_once_answer_a_message_once_for_each_person(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away("anna", "2026-02-20", None).await;
    desk.away("piotr", "2026-02-20", None).await;
    let now = at("2026-02-20T16:00:00Z");
    desk.set(now);
    for n in 0..8 {
        // One message to Anna and Piotr; Anna's other mailbox has it too. Three workers read at once.
        let raw = String::from_utf8(Letter::new(n, &format!("both-{n}")).raw("anna")).unwrap();
        let raw = raw.replace("To: <anna@firma.example>", "To: <anna@firma.example>, <piotr@firma.example>");
        let take = |mailbox| desk.take(mailbox, Role::Inbox, Arrival::Live, now, raw.clone().into_bytes());
        tokio::join!(take("anna"), take("anna-home"), take("piotr"));
        assert_eq!(desk.queued(), 2 * (n as i64 + 1), "{:?}", desk.decisions());
    }
    let told = "select count(*) from notices n join users u on u.id = n.user_id where u.login = 'anna'";
    assert_eq!(desk.company.number(told), 8);
    desk.close().await;
}

/// The same from a real server, with the program as people run it.
async fn a_folder_that_is_numbered_anew_or_put_back_from_a_backup_brings_no_notice(kind: Kind) {
    let test = move || {
        let dovecot = Dovecot::start(&["anna"]);
        let names = Names::of(&dovecot);
        let mut company = Company::new(kind, &names);
        company.mailbox("anna", dovecot.imap_port, None);
        company.people_and_records();
        #[allow(clippy::disallowed_methods)] // the program under test has the real clock too
        let now = Utc::now();
        let sync = || company.call(["sync", "--once"]).succeed();
        let put = |n: usize, id: &str, when: DateTime<Utc>| {
            let date = when.format("%d-%b-%Y %H:%M:%S +0000").to_string();
            dovecot.append_dated("anna", "INBOX", &date, "", &from_client(&names, n, id));
        };
        let decided = || {
            let sql = "select case when verdict = 'send' then 'send' else reason end from notice_decisions order by at";
            company.rows(sql)
        };
        put(0, "history", now - chrono::Duration::hours(1));
        sync();
        let days = [now.date_naive() - chrono::Days::new(2), now.date_naive() + chrono::Days::new(6)];
        let [first, last] = days.map(|day| day.to_string());
        let call = ["absence", "add", "--notice", "--user", "anna", "--substitute", "piotr", "--from", &first];
        company.call(call).arg("--until").arg(&last).succeed();
        // Both happened two days ago, as far as arrival is compared with them.
        company.rows("update mailboxes set connected_at = connected_at - 172800000");
        company.rows("update absences set notice_since = notice_since - 172800000");
        put(1, "late", now - chrono::Duration::hours(5));
        sync();
        assert_eq!(decided(), ["R5"], "it came to the server five hours ago");
        put(3, "fresh", now - chrono::Duration::minutes(1));
        sync();
        assert_eq!(decided(), ["R5", "send"]);
        // Numbered anew, with a mail that came in between.
        dovecot.renumber("anna", "INBOX");
        put(4, "between", now);
        sync();
        assert_eq!(decided(), ["R5", "send"], "a new numbering is backlog as a whole");
        // The mailbox is lost and put back, by a program that keeps no dates.
        let kept = dovecot.mails("anna", "INBOX");
        for (uid, _) in dovecot.flags("anna", "INBOX") {
            dovecot.expunge("anna", "INBOX", uid);
        }
        sync();
        for mail in &kept {
            dovecot.append("anna", "INBOX", mail);
        }
        sync();
        let after = decided();
        assert_eq!(after.iter().filter(|decision| *decision == "send").count(), 1, "{after:?}");
        assert_eq!(company.number("select count(*) from outbox"), 1);
        // What is really new is answered.
        put(6, "new", now);
        sync();
        assert_eq!(decided().last().unwrap(), "send");
    };
    tokio::task::spawn_blocking(test).await.unwrap();
}

/// A mail of a numbered contact of the firm, as its server delivered it.
fn from_client(names: &Names, n: usize, id: &str) -> Vec<u8> {
    let from = names.address(&crate::support::firm::contact(n));
    format!(
        "Return-Path: <{from}>\r\nReceived: from x by mx.{own}; Fri, 20 Nov 2026 11:00:00 +0000\r\nFrom: <{from}>\r\n\
         To: <anna@{own}>\r\nSubject: {id}\r\nDate: Fri, 20 Nov 2026 11:00:00 +0000\r\nMessage-ID: <{id}@client.test>\r\n\r\n\
         Hello, what of {id}?\r\n",
        own = names.own,
    )
    .into_bytes()
}

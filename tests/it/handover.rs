//! Hand-overs on both databases: run, return, undo, cancel, what comes in meanwhile, what people
//! reassign meanwhile, and a long random story held against a slow and obvious model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

use crate::support::postgres::Database;
use crate::support::tag;
use sqlx::AssertSqlSafe;
use standin::access::Stays;
use standin::actions::handover::{self, Asked, Driven, No, Worker};
use standin::actions::import::{Options, What, import};
use standin::model::absence::{Absence, CoverPlan, Exception, Nature, Selector};
use standin::model::handover::{Handover, Kept, Stage, State};
use standin::model::id::{AbsenceId, HandoverId, RecordId, UserId};
use standin::model::record::{Kind, Person, Policy, Record, Status, UserRole};
use standin::model::time::{DAY, HOUR, Timestamp};
use standin::store::owners::{self, Move, Occasion};
use standin::store::people::{self, User};
use standin::store::records::{self, Entry};
use standin::store::{Db, Tx, absences, handovers};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// 2026-11-22T00:00:00Z.
const START: i64 = 1_795_305_600_000;

/// A company on one database, with a clock that the test sets.
pub struct Firm {
    pub db: Db,
    pub clock: Arc<AtomicI64>,
    worker: Worker,
    folder: Option<PathBuf>,
    _server: Option<Database>,
}

pub const ANNA: UserId = UserId(1);
pub const PIOTR: UserId = UserId(2);
const KAMIL: UserId = UserId(3);
const EWA: UserId = UserId(4);
const MARIA: UserId = UserId(5);
const ADAM: UserId = UserId(6);

impl Firm {
    pub async fn sqlite() -> Firm {
        let folder = std::env::temp_dir().join(format!("standin-handover-{}", tag()));
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::open(&format!("sqlite:{}", folder.join("standin.db").display())).await.unwrap();
        Firm::with(db, Some(folder), None).await
    }

    pub async fn postgres() -> Firm {
        let server = Database::fresh();
        let db = Db::open(&server.url).await.unwrap();
        Firm::with(db, None, Some(server)).await
    }

    async fn with(db: Db, folder: Option<PathBuf>, server: Option<Database>) -> Firm {
        db.migrate().await.unwrap();
        let clock = Arc::new(AtomicI64::new(START));
        let worker = worker(&db, &clock, "one");
        let firm = Firm { db, clock, worker, folder, _server: server };
        let mut tx = firm.db.write().await.unwrap();
        for (login, role, manager) in [
            ("anna", UserRole::Manager, Some(MARIA)),
            ("piotr", UserRole::Manager, None),
            ("kamil", UserRole::Manager, None),
            ("ewa", UserRole::Manager, None),
            ("maria", UserRole::Staff, None),
            ("adam", UserRole::Admin, None),
        ] {
            people::upsert(&mut tx, &user(login, role), firm.now()).await.unwrap();
            if let Some(manager) = manager {
                sql(&mut tx, &format!("update users set manager_id = null where id = {}", manager.0)).await;
            }
        }
        people::set_manager(&mut tx, ANNA, Some(MARIA)).await.unwrap();
        tx.commit().await.unwrap();
        firm
    }

    pub async fn end(self) {
        self.db.close().await;
        if let Some(folder) = self.folder {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::SeqCst))
    }

    pub fn passes(&self, millis: i64) {
        self.clock.fetch_add(millis, Ordering::SeqCst);
    }

    pub async fn sql(&self, text: &str) {
        let mut tx = self.db.write().await.unwrap();
        sql(&mut tx, text).await;
        tx.commit().await.unwrap();
    }

    pub async fn number(&self, text: &str) -> i64 {
        let mut tx = self.db.read().await.unwrap();
        match &mut tx {
            Tx::Sqlite(t) => sqlx::query_scalar(AssertSqlSafe(text.to_owned())).fetch_one(&mut **t).await.unwrap(),
            Tx::Postgres(t) => sqlx::query_scalar(AssertSqlSafe(text.to_owned())).fetch_one(&mut **t).await.unwrap(),
        }
    }

    pub async fn pairs(&self, text: &str) -> Vec<(i64, i64)> {
        let text = text.replace("then 1", "then cast(1 as bigint)");
        let mut tx = self.db.read().await.unwrap();
        match &mut tx {
            Tx::Sqlite(t) => sqlx::query_as(AssertSqlSafe(text)).fetch_all(&mut **t).await.unwrap(),
            Tx::Postgres(t) => sqlx::query_as(AssertSqlSafe(text)).fetch_all(&mut **t).await.unwrap(),
        }
    }

    /// New records, in order.
    pub async fn records(&self, entries: Vec<Entry>) -> Vec<RecordId> {
        let mut tx = self.db.write().await.unwrap();
        let ids = records::save(&mut tx, &entries, None, "test", self.now()).await.unwrap();
        tx.commit().await.unwrap();
        ids
    }

    /// An account, two contacts, a lead and two opportunities of Anna's; a record of Piotr's own.
    async fn books(&self) -> Books {
        let account = self.records(vec![entry(Kind::Account, "Acme", ANNA)]).await[0];
        let at = |kind, name| {
            let mut entry = entry(kind, name, ANNA);
            entry.record.account = Some(account);
            entry
        };
        let rest = self
            .records(vec![
                at(Kind::Contact, "Jan"),
                at(Kind::Contact, "Ola"),
                entry(Kind::Lead, "Beta", ANNA),
                at(Kind::Opportunity, "Pumps"),
                at(Kind::Opportunity, "Valves"),
                entry(Kind::Account, "Borsuk", PIOTR),
            ])
            .await;
        Books { account, jan: rest[0], ola: rest[1], lead: rest[2], pumps: rest[3], valves: rest[4], borsuk: rest[5] }
    }

    /// A task; gives its id.
    async fn task(&self, record: RecordId, responsible: UserId, status: &str) -> i64 {
        let (at, done) = (self.now().0, if status == "open" { "null".to_owned() } else { self.now().0.to_string() });
        let id = self.number("select coalesce(max(id), 0) + 1 from activities").await;
        self.sql(&format!(
            "insert into activities (id, record_id, kind, subject, body, status, responsible_id, author_id, at, done_at,
               created_at, updated_at)
             values ({id}, {record}, 'task', 'x', '', '{status}', {responsible}, {responsible}, {at}, {done}, {at}, {at})"
        ))
        .await;
        id
    }

    async fn responsible(&self, activity: i64) -> UserId {
        UserId(self.number(&format!("select responsible_id from activities where id = {activity}")).await)
    }

    async fn owner(&self, record: RecordId) -> UserId {
        UserId(self.number(&format!("select owner_id from records where id = {}", record.0)).await)
    }

    /// A colleague gives a record to another.
    pub async fn assign(&self, record: RecordId, to: UserId, by: UserId) {
        let mut tx = self.db.write().await.unwrap();
        let from = records::load(&mut tx, &[record]).await.unwrap()[0].record.owner;
        let occasion = Occasion { how: "assign", by: Some(by), on_behalf_of: None, handover: None, reason: "because" };
        owners::give(&mut tx, &[Move { record, from, to }], &occasion, self.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Anna is away for five days from `starts`.
    async fn away(&self, user: UserId, starts: i64, change: impl Fn(&mut Absence)) -> AbsenceId {
        let mut absence = away(user, Timestamp(starts));
        change(&mut absence);
        self.enter(&absence).await
    }

    pub async fn enter(&self, absence: &Absence) -> AbsenceId {
        let mut tx = self.db.write().await.unwrap();
        let id = absences::add(&mut tx, absence, None, self.now()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub async fn change(&self, id: AbsenceId, change: impl Fn(&mut Absence)) {
        let mut tx = self.db.write().await.unwrap();
        let mut absence = absences::load(&mut tx, id).await.unwrap().unwrap();
        change(&mut absence);
        absences::replace(&mut tx, &absence, self.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn tend(&self) {
        handover::tend(&self.worker).await.unwrap();
    }

    async fn preview(&self, asked: &Asked, by: Option<UserId>) -> Result<handover::Preview, No> {
        let mut tx = self.db.read().await.unwrap();
        let world = people::world(&mut tx, &Policy::default(), self.now()).await.unwrap();
        let terms = handover::terms(&mut tx, asked, by, &world, self.now()).await.unwrap()?;
        Ok(handover::preview(&mut tx, &terms, by, &world, self.now()).await.unwrap())
    }

    async fn begin(&self, asked: &Asked, by: Option<UserId>) -> Result<HandoverId, No> {
        self.begin_seen(asked, None, by).await
    }

    async fn begin_seen(&self, asked: &Asked, seen: Option<&str>, by: Option<UserId>) -> Result<HandoverId, No> {
        let mut tx = self.db.read().await.unwrap();
        let world = people::world(&mut tx, &Policy::default(), self.now()).await.unwrap();
        drop(tx);
        handover::begin(&self.db, asked, seen, "leave", by, &world, self.now()).await.unwrap()
    }

    /// Begins and finishes.
    pub async fn run(&self, from: UserId, to: UserId) -> HandoverId {
        self.run_until(from, to, None).await
    }

    /// Begins and finishes one that returns by itself at that moment.
    pub async fn run_until(&self, from: UserId, to: UserId, returns_at: Option<Timestamp>) -> HandoverId {
        let asked = Asked { from: Some(from), to: Some(to), returns_at, ..Asked::default() };
        let id = self.begin(&asked, None).await.unwrap();
        assert_eq!(handover::drive(&self.worker, id).await.unwrap(), Driven::Settled);
        id
    }

    pub async fn turn(&self, id: HandoverId, what: Turned, by: Option<UserId>) -> Result<(), No> {
        let mut tx = self.db.write().await.unwrap();
        let world = people::world(&mut tx, &Policy::default(), self.now()).await.unwrap();
        let now = self.now();
        match what {
            Turned::Return { force } => handover::give_back(&mut tx, id, force, by, &world, now).await.unwrap()?,
            Turned::Undo => handover::undo(&mut tx, id, by, &world, now).await.unwrap()?,
            Turned::Cancel => handover::cancel(&mut tx, id, by, &world, now).await.unwrap()?,
        }
        tx.commit().await.unwrap();
        handover::drive(&self.worker, id).await.unwrap();
        Ok(())
    }

    async fn handover(&self, id: HandoverId) -> Handover {
        let mut tx = self.db.read().await.unwrap();
        handovers::load(&mut tx, id).await.unwrap().unwrap()
    }

    /// The only hand-over of an absence that is not settled for good, or the latest.
    async fn of_absence(&self, id: AbsenceId) -> Option<Handover> {
        let mut tx = self.db.read().await.unwrap();
        let all = handovers::latest(&mut tx, None, 100).await.unwrap();
        all.into_iter().find(|h| h.absence == Some(id))
    }

    async fn kept(&self, id: HandoverId) -> Vec<(RecordId, Stage, Kept)> {
        let mut tx = self.db.read().await.unwrap();
        let all = handovers::kept(&mut tx, id, 100).await.unwrap();
        all.into_iter().map(|i| (i.record, i.stage, i.kept.unwrap())).collect()
    }

    /// The words of a record's history, oldest first.
    async fn history(&self, record: RecordId) -> Vec<(String, UserId)> {
        let mut tx = self.db.read().await.unwrap();
        let mut all = owners::history(&mut tx, record).await.unwrap();
        all.reverse();
        all.into_iter().map(|c| (c.how, UserId(c.to_user_id))).collect()
    }

    async fn audited(&self, action: &str) -> i64 {
        self.number(&format!("select count(*) from audit where action = '{action}'")).await
    }
}

pub enum Turned {
    Return { force: bool },
    Undo,
    Cancel,
}

struct Books {
    account: RecordId,
    jan: RecordId,
    ola: RecordId,
    lead: RecordId,
    pumps: RecordId,
    valves: RecordId,
    borsuk: RecordId,
}

impl Books {
    fn annas(&self) -> [RecordId; 6] {
        [self.account, self.jan, self.ola, self.lead, self.pumps, self.valves]
    }
}

fn worker(db: &Db, clock: &Arc<AtomicI64>, name: &str) -> Worker {
    let clock = Arc::clone(clock);
    Worker {
        db: db.clone(),
        policy: Policy::default(),
        name: name.into(),
        clock: Arc::new(move || Timestamp(clock.load(Ordering::SeqCst))),
        told: Arc::new(|_, _| ()),
    }
}

async fn sql(tx: &mut Tx, text: &str) {
    match tx {
        Tx::Sqlite(t) => sqlx::query(AssertSqlSafe(text.to_owned())).execute(&mut **t).await.unwrap().rows_affected(),
        Tx::Postgres(t) => sqlx::query(AssertSqlSafe(text.to_owned())).execute(&mut **t).await.unwrap().rows_affected(),
    };
}

fn user(login: &str, role: UserRole) -> User {
    let name = login[..1].to_uppercase() + &login[1..];
    User {
        person: Person { id: UserId(0), name, manager: None, role, teams: Vec::new(), active: true },
        login: login.into(),
        team: None,
        zone: "Europe/Warsaw".into(),
        language: "en".into(),
        phone: None,
        external_id: None,
        addresses: Vec::new(),
    }
}

pub fn entry(kind: Kind, name: &str, owner: UserId) -> Entry {
    Entry {
        record: Record {
            id: RecordId(0),
            kind,
            name: name.into(),
            owner,
            team: None,
            confidential: false,
            status: Status::Open,
            account: None,
            class: None,
            end_account: None,
            end_contact: None,
        },
        number: None,
        class: None,
        phone: None,
        city: None,
        language: None,
        external: Some(("import".into(), name.into())),
    }
}

pub fn away(user: UserId, starts: Timestamp) -> Absence {
    let day = starts.to_utc().date_naive();
    Absence {
        id: AbsenceId(0),
        user,
        first_day: day,
        last_day: None,
        back_on: None,
        first_time: None,
        last_time: None,
        confirm_on: None,
        nature: Nature::Leave,
        zone: "Europe/Warsaw".into(),
        starts,
        ends: Some(starts.plus(5 * DAY)),
        substitute: Some(PIOTR),
        exceptions: Vec::new(),
        deputy: None,
        plan: CoverPlan::HandOver,
        cover_writes: true,
        notice: false,
        notice_since: None,
        notice_texts: Default::default(),
    }
}

macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test]
            async fn on_sqlite() {
                let firm = super::Firm::sqlite().await;
                super::$name(&firm).await;
                firm.end().await;
            }

            #[tokio::test]
            async fn on_postgres() {
                let firm = super::Firm::postgres().await;
                super::$name(&firm).await;
                firm.end().await;
            }
        }
    )*};
}

on_both! {
    everything_goes_together_and_returns_but_what_a_person_reassigned_meanwhile
    what_was_reassigned_returns_by_force_and_the_force_can_be_undone
    what_was_reassigned_after_an_undone_return_is_listed_and_returns_by_force
    what_was_taken_by_force_twice_and_undone_twice_is_still_its_new_owners
    returns_that_are_undone_the_lower_first_leave_both_hand_overs_in_force
    what_a_later_hand_over_took_after_a_return_stays_with_it_even_by_force
    what_went_home_by_force_below_is_not_taken_by_force_from_above
    a_hand_over_begins_with_its_absence_and_returns_at_its_end_by_itself
    an_absence_that_is_prolonged_returns_later_and_one_that_ends_early_returns_at_once
    an_absence_that_is_called_off_never_runs
    a_prolonged_absence_that_was_over_hands_over_again
    an_exception_says_who_gets_what_and_confidential_records_go_to_the_deputy_or_stay
    a_run_and_a_return_are_undone_for_72_hours
    a_hand_over_that_is_stopped_half_way_gives_back_what_had_moved
    what_comes_in_follows_and_returns_with_the_rest
    an_import_that_names_the_owner_as_ever_takes_nothing_back
    open_activities_go_along_and_those_of_the_receiver_stay_theirs
    open_activities_on_records_of_others_go_to_who_may_see_these
    who_is_deactivated_gets_nothing_back
    who_may_decide_is_the_person_their_line_and_admins
    the_preview_counts_kinds_and_says_who_gains_and_loses_sight
    two_hand_overs_on_top_of_each_other_return_in_either_order
    one_worker_works_on_a_hand_over_and_a_dead_one_is_replaced
    a_preview_that_changed_is_not_run
}

async fn everything_goes_together_and_returns_but_what_a_person_reassigned_meanwhile(firm: &Firm) {
    let books = firm.books().await;
    let id = firm.run(ANNA, PIOTR).await;
    for record in books.annas() {
        assert_eq!(firm.owner(record).await, PIOTR);
    }
    assert_eq!(firm.handover(id).await.state, State::Done);
    assert_eq!((firm.handover(id).await.done, firm.handover(id).await.total), (6, 6));
    let given_at = firm.now();
    firm.assign(books.pumps, KAMIL, EWA).await;
    firm.passes(HOUR);
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    assert_eq!(firm.handover(id).await.state, State::Returned);
    assert_eq!(firm.owner(books.pumps).await, KAMIL);
    assert_eq!(firm.owner(books.borsuk).await, PIOTR, "his own stays his");
    for record in [books.account, books.jan, books.ola, books.lead, books.valves] {
        assert_eq!(firm.owner(record).await, ANNA);
    }
    let kept = Kept::Assigned { by: Some(EWA), to: KAMIL, at: given_at };
    assert_eq!(firm.kept(id).await, [(books.pumps, Stage::Kept, kept)]);
    let words = |all: &[(&str, UserId)]| all.iter().map(|(how, to)| ((*how).to_owned(), *to)).collect::<Vec<_>>();
    let expected = words(&[("create", ANNA), ("hand-over", PIOTR), ("return", ANNA)]);
    assert_eq!(firm.history(books.lead).await, expected);
    let expected = words(&[("create", ANNA), ("hand-over", PIOTR), ("assign", KAMIL)]);
    assert_eq!(firm.history(books.pumps).await, expected);
    assert_eq!((firm.audited("handed-over").await, firm.audited("returned").await), (1, 1));
}

async fn what_was_reassigned_returns_by_force_and_the_force_can_be_undone(firm: &Firm) {
    let books = firm.books().await;
    let id = firm.run(ANNA, PIOTR).await;
    firm.assign(books.pumps, KAMIL, EWA).await;
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    assert_eq!(firm.owner(books.pumps).await, KAMIL);
    firm.turn(id, Turned::Return { force: true }, Some(ADAM)).await.unwrap();
    assert_eq!(firm.owner(books.pumps).await, ANNA);
    assert_eq!(firm.owner(books.lead).await, ANNA);
    firm.turn(id, Turned::Undo, None).await.unwrap();
    assert_eq!(firm.owner(books.pumps).await, KAMIL, "from whom it was taken");
    assert_eq!(firm.owner(books.lead).await, PIOTR);
    assert_eq!(firm.handover(id).await.state, State::Done);
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    assert_eq!((firm.owner(books.pumps).await, firm.owner(books.lead).await), (KAMIL, ANNA));
}

async fn what_was_reassigned_after_an_undone_return_is_listed_and_returns_by_force(firm: &Firm) {
    let books = firm.books().await;
    let id = firm.run(ANNA, PIOTR).await;
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    firm.assign(books.lead, KAMIL, EWA).await;
    firm.turn(id, Turned::Undo, None).await.unwrap();
    assert_eq!((firm.owner(books.lead).await, firm.owner(books.jan).await), (KAMIL, PIOTR));
    let by_ewa = Kept::Assigned { by: Some(EWA), to: KAMIL, at: firm.now() };
    assert_eq!(firm.kept(id).await, [(books.lead, Stage::Kept, by_ewa)]);
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    assert_eq!((firm.owner(books.lead).await, firm.owner(books.jan).await), (KAMIL, ANNA));
    firm.turn(id, Turned::Return { force: true }, None).await.unwrap();
    assert_eq!(firm.owner(books.lead).await, ANNA);
}

async fn what_was_taken_by_force_twice_and_undone_twice_is_still_its_new_owners(firm: &Firm) {
    let books = firm.books().await;
    let id = firm.run(ANNA, PIOTR).await;
    firm.assign(books.lead, KAMIL, EWA).await;
    for _ in 0..2 {
        firm.turn(id, Turned::Return { force: true }, None).await.unwrap();
        assert_eq!(firm.owner(books.lead).await, ANNA);
        firm.turn(id, Turned::Undo, None).await.unwrap();
        assert_eq!(firm.owner(books.lead).await, KAMIL);
    }
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    assert_eq!((firm.owner(books.lead).await, firm.owner(books.jan).await), (KAMIL, ANNA));
}

async fn returns_that_are_undone_the_lower_first_leave_both_hand_overs_in_force(firm: &Firm) {
    let books = firm.books().await;
    let below = firm.run(ANNA, PIOTR).await;
    let above = firm.run(PIOTR, KAMIL).await;
    for id in [above, below] {
        firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    }
    assert_eq!(firm.owner(books.lead).await, ANNA);
    firm.turn(below, Turned::Undo, None).await.unwrap();
    assert_eq!(firm.owner(books.lead).await, PIOTR);
    firm.turn(above, Turned::Undo, None).await.unwrap();
    assert_eq!(firm.owner(books.lead).await, KAMIL);
    firm.turn(below, Turned::Return { force: false }, None).await.unwrap();
    assert_eq!((firm.owner(books.lead).await, firm.owner(books.borsuk).await), (ANNA, KAMIL));
    assert_eq!(firm.kept(below).await, []);
}

async fn what_a_later_hand_over_took_after_a_return_stays_with_it_even_by_force(firm: &Firm) {
    let books = firm.books().await;
    let first = firm.run(ANNA, PIOTR).await;
    firm.turn(first, Turned::Return { force: false }, None).await.unwrap();
    let second = firm.run(ANNA, KAMIL).await;
    firm.turn(first, Turned::Undo, None).await.unwrap();
    assert!(firm.kept(first).await.contains(&(books.lead, Stage::Kept, Kept::Back)), "no person gave it away");
    firm.turn(first, Turned::Return { force: true }, None).await.unwrap();
    assert_eq!(firm.owner(books.lead).await, KAMIL, "its hand-over stands");
    firm.turn(second, Turned::Return { force: false }, None).await.unwrap();
    assert_eq!(firm.owner(books.lead).await, ANNA);
}

async fn what_went_home_by_force_below_is_not_taken_by_force_from_above(firm: &Firm) {
    let books = firm.books().await;
    for below_first in [false, true] {
        let below = firm.run(ANNA, PIOTR).await;
        let above = firm.run(PIOTR, KAMIL).await;
        firm.assign(books.lead, EWA, MARIA).await;
        let (first, second) = if below_first { (below, above) } else { (above, below) };
        firm.turn(first, Turned::Return { force: true }, None).await.unwrap();
        assert_eq!(firm.owner(books.lead).await, if below_first { ANNA } else { PIOTR });
        firm.turn(second, Turned::Return { force: true }, None).await.unwrap();
        assert_eq!((firm.owner(books.lead).await, firm.owner(books.borsuk).await), (ANNA, PIOTR));
        if below_first {
            assert!(firm.kept(above).await.contains(&(books.lead, Stage::Kept, Kept::Back)));
            // Undone in the other order, each stands as it did, and the word of a person counts again.
            firm.turn(above, Turned::Undo, None).await.unwrap();
            firm.turn(below, Turned::Undo, None).await.unwrap();
            assert_eq!((firm.owner(books.lead).await, firm.owner(books.jan).await), (EWA, KAMIL));
        }
    }
}

async fn a_hand_over_begins_with_its_absence_and_returns_at_its_end_by_itself(firm: &Firm) {
    let books = firm.books().await;
    let absence = firm.away(ANNA, START + DAY, |_| ()).await;
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, ANNA, "it has not begun");
    firm.passes(DAY);
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, PIOTR);
    let id = firm.of_absence(absence).await.unwrap().id;
    firm.passes(5 * DAY - 1);
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, PIOTR);
    firm.passes(1);
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, ANNA);
    assert_eq!(firm.handover(id).await.state, State::Returned);
    firm.tend().await;
    assert_eq!(firm.number("select count(*) from handovers").await, 1);
}

async fn an_absence_that_is_prolonged_returns_later_and_one_that_ends_early_returns_at_once(firm: &Firm) {
    let books = firm.books().await;
    let absence = firm.away(ANNA, START, |_| ()).await;
    firm.tend().await;
    firm.change(absence, |a| a.ends = Some(Timestamp(START + 8 * DAY))).await;
    firm.passes(6 * DAY);
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, PIOTR, "prolonged");
    let mut tx = firm.db.write().await.unwrap();
    assert!(absences::end(&mut tx, absence, firm.now()).await.unwrap());
    tx.commit().await.unwrap();
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, ANNA, "back early");

    let open = firm.away(KAMIL, START + 20 * DAY, |a| a.ends = None).await;
    let his = firm.records(vec![entry(Kind::Lead, "Kamil's", KAMIL)]).await[0];
    firm.passes(30 * DAY);
    firm.tend().await;
    assert_eq!(firm.owner(his).await, PIOTR);
    firm.passes(300 * DAY);
    firm.tend().await;
    assert_eq!(firm.owner(his).await, PIOTR, "the end is open");
    firm.change(open, |a| a.ends = Some(Timestamp(START + 40 * DAY))).await;
    firm.tend().await;
    assert_eq!(firm.owner(his).await, KAMIL);
}

async fn an_absence_that_is_called_off_never_runs(firm: &Firm) {
    let books = firm.books().await;
    let absence = firm.away(ANNA, START + DAY, |_| ()).await;
    let end = async || {
        let mut tx = firm.db.write().await.unwrap();
        assert!(absences::end(&mut tx, absence, firm.now()).await.unwrap());
        tx.commit().await.unwrap();
    };
    // Handed over before it began, then called off: everything returns at once.
    let early = Asked { absence: Some(absence), ..Asked::default() };
    firm.begin(&early, None).await.unwrap();
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, PIOTR);
    end().await;
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, ANNA);
    firm.passes(2 * DAY);
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, ANNA);
    assert_eq!(firm.number("select count(*) from handovers").await, 1);
    assert_eq!(firm.begin(&early, None).await, Err(No::Over));
}

async fn a_prolonged_absence_that_was_over_hands_over_again(firm: &Firm) {
    let books = firm.books().await;
    let absence = firm.away(ANNA, START, |_| ()).await;
    firm.tend().await;
    firm.passes(6 * DAY);
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, ANNA);
    firm.change(absence, |a| a.ends = Some(Timestamp(START + 8 * DAY))).await;
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, PIOTR);
    let id = firm.of_absence(absence).await.unwrap().id;
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, ANNA, "a person returned it; the clock leaves it alone");
}

async fn an_exception_says_who_gets_what_and_confidential_records_go_to_the_deputy_or_stay(firm: &Firm) {
    let books = firm.books().await;
    let mut secret = entry(Kind::Opportunity, "Secret", ANNA);
    secret.record.confidential = true;
    let secret = firm.records(vec![secret]).await[0];
    let absence = firm
        .away(ANNA, START + DAY, |a| {
            a.exceptions = vec![Exception { what: Selector::Account(books.account), substitute: KAMIL }];
        })
        .await;
    let asked = Asked { absence: Some(absence), ..Asked::default() };
    let preview = firm.preview(&asked, None).await.unwrap();
    assert_eq!(preview.stays[&Stays::Confidential], [secret]);
    assert_eq!((preview.receivers[&KAMIL].records(), preview.receivers[&PIOTR].records()), (5, 1));
    firm.change(absence, |a| a.deputy = Some(EWA)).await;
    let preview = firm.preview(&asked, None).await.unwrap();
    assert!(preview.stays.is_empty());
    assert_eq!(preview.gains_confidential, [(EWA, 1)]);
    firm.passes(DAY);
    firm.tend().await;
    assert_eq!(firm.owner(secret).await, EWA);
    assert_eq!((firm.owner(books.pumps).await, firm.owner(books.lead).await), (KAMIL, PIOTR));
    firm.passes(6 * DAY);
    firm.tend().await;
    assert_eq!((firm.owner(secret).await, firm.owner(books.pumps).await), (ANNA, ANNA));
}

async fn a_run_and_a_return_are_undone_for_72_hours(firm: &Firm) {
    let books = firm.books().await;
    let id = firm.run(ANNA, PIOTR).await;
    firm.assign(books.pumps, KAMIL, EWA).await;
    firm.passes(72 * HOUR);
    firm.turn(id, Turned::Undo, None).await.unwrap();
    assert_eq!((firm.owner(books.lead).await, firm.owner(books.pumps).await), (ANNA, KAMIL));
    assert_eq!(firm.handover(id).await.state, State::Undone);
    assert_eq!(firm.turn(id, Turned::Undo, None).await, Err(No::Wrong(State::Undone)));

    let id = firm.run(ANNA, PIOTR).await;
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    firm.passes(HOUR);
    firm.turn(id, Turned::Undo, None).await.unwrap();
    assert_eq!(firm.owner(books.lead).await, PIOTR, "the return was undone");
    assert_eq!(firm.handover(id).await.state, State::Done);
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    assert_eq!(firm.owner(books.lead).await, ANNA);
    firm.passes(72 * HOUR + 1);
    assert_eq!(firm.turn(id, Turned::Undo, None).await, Err(No::TooLate));
    assert_eq!(firm.audited("hand-over-undone").await, 2);
}

async fn a_hand_over_that_is_stopped_half_way_gives_back_what_had_moved(firm: &Firm) {
    let books = firm.books().await;
    let many = (0..3_000).map(|n| entry(Kind::Lead, &format!("lead {n}"), ANNA)).collect();
    firm.records(many).await;
    let id = firm.begin(&Asked { from: Some(ANNA), to: Some(PIOTR), ..Asked::default() }, None).await.unwrap();
    // A worker that stops as soon as the first batch is done.
    let (told, heard) = tokio::sync::watch::channel(0);
    let running = Worker {
        told: Arc::new(move |done, _| {
            let _ = told.send(done);
        }),
        ..firm.worker.clone()
    };
    let mut heard = heard;
    let task = tokio::spawn(async move { handover::drive(&running, id).await.unwrap() });
    heard.wait_for(|done| *done > 0).await.unwrap();
    let mut tx = firm.db.write().await.unwrap();
    let world = people::world(&mut tx, &Policy::default(), firm.now()).await.unwrap();
    handover::cancel(&mut tx, id, None, &world, firm.now()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert_eq!(task.await.unwrap(), Driven::Settled);
    assert_eq!(firm.handover(id).await.state, State::Cancelled);
    assert_eq!(firm.number("select count(*) from records where owner_id = 1").await, 3_006);
    assert_eq!(firm.owner(books.borsuk).await, PIOTR);
    let left = "select count(*) from handover_items where state in ('pending', 'moved')";
    assert_eq!(firm.number(left).await, 0);
    assert_eq!(firm.turn(id, Turned::Cancel, None).await, Err(No::Wrong(State::Cancelled)));
}

async fn what_comes_in_follows_and_returns_with_the_rest(firm: &Firm) {
    let books = firm.books().await;
    let absence = firm.away(ANNA, START, |_| ()).await;
    firm.tend().await;
    let file = "external_id,name,owner\nL9,New lead,anna\nL10,Another,kamil\n";
    imported(firm, Kind::Lead, file).await;
    let new = named(firm, "New lead").await;
    assert_eq!(firm.owner(new).await, PIOTR);
    assert_eq!(firm.owner(named(firm, "Another").await).await, KAMIL);
    assert_eq!(firm.history(new).await, [("incoming".to_owned(), PIOTR)]);
    let mut secret = entry(Kind::Lead, "Secret", ANNA);
    secret.record.confidential = true;
    let secret = firm.records(vec![secret]).await[0];
    assert_eq!(firm.owner(secret).await, ANNA, "confidential records stay out");
    let task = firm.task(books.lead, ANNA, "open").await;
    firm.tend().await;
    assert_eq!(firm.responsible(task).await, PIOTR);
    let id = firm.of_absence(absence).await.unwrap().id;
    firm.passes(5 * DAY);
    let late = firm.records(vec![entry(Kind::Lead, "Late", ANNA)]).await[0];
    assert_eq!(firm.owner(late).await, ANNA, "she is back, even if nobody has tidied up yet");
    firm.tend().await;
    assert_eq!((firm.owner(new).await, firm.owner(books.lead).await), (ANNA, ANNA));
    assert_eq!(firm.responsible(task).await, ANNA);
    assert_eq!(firm.kept(id).await, []);
}

async fn an_import_that_names_the_owner_as_ever_takes_nothing_back(firm: &Firm) {
    let file = "external_id,name,owner\nL1,First,anna\nL2,Second,kamil\nL3,Third,anna\n";
    imported(firm, Kind::Lead, file).await;
    firm.away(ANNA, START, |_| ()).await;
    firm.tend().await;
    let (first, second, third) = (named(firm, "First").await, named(firm, "Second").await, named(firm, "Third").await);
    firm.assign(third, EWA, MARIA).await;
    imported(firm, Kind::Lead, file).await;
    assert_eq!(firm.owner(first).await, PIOTR, "every night the same file comes");
    assert_eq!(firm.owner(third).await, EWA, "and a person's word stands");
    imported(firm, Kind::Lead, "external_id,name,owner\nL2,Second,anna\n").await;
    assert_eq!(firm.owner(second).await, PIOTR, "what is given to her goes on to him");
    firm.passes(5 * DAY);
    firm.tend().await;
    assert_eq!((firm.owner(first).await, firm.owner(second).await), (ANNA, ANNA));
}

async fn open_activities_go_along_and_those_of_the_receiver_stay_theirs(firm: &Firm) {
    let books = firm.books().await;
    let (open, done) = (firm.task(books.lead, ANNA, "open").await, firm.task(books.lead, ANNA, "done").await);
    let piotrs = firm.task(books.lead, PIOTR, "open").await;
    let (finished, given) = (firm.task(books.jan, ANNA, "open").await, firm.task(books.jan, ANNA, "open").await);
    firm.passes(1);
    let asked = Asked { from: Some(ANNA), to: Some(PIOTR), ..Asked::default() };
    assert_eq!(firm.preview(&asked, None).await.unwrap().counts.activities, 3);
    let id = firm.run(ANNA, PIOTR).await;
    assert_eq!((firm.responsible(open).await, firm.responsible(done).await), (PIOTR, ANNA));
    firm.passes(1);
    let new = firm.task(books.lead, PIOTR, "open").await;
    firm.sql(&format!("update activities set status = 'done', done_at = 1 where id = {finished}")).await;
    firm.sql(&format!("update activities set responsible_id = 3 where id = {given}")).await;
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    assert_eq!(firm.responsible(open).await, ANNA);
    assert_eq!(firm.responsible(piotrs).await, PIOTR, "his own, from before");
    assert_eq!(firm.responsible(new).await, ANNA, "what arose meanwhile goes with the record");
    assert_eq!(firm.responsible(finished).await, PIOTR, "what is done keeps who did it");
    assert_eq!(firm.responsible(given).await, KAMIL, "a person gave it to somebody");
    firm.turn(id, Turned::Undo, None).await.unwrap();
    assert_eq!((firm.responsible(open).await, firm.responsible(new).await), (PIOTR, PIOTR));
}

async fn open_activities_on_records_of_others_go_to_who_may_see_these(firm: &Firm) {
    let books = firm.books().await;
    let hidden = firm.records(vec![entry(Kind::Lead, "Kamil's", KAMIL)]).await[0];
    let (seen, unseen) = (firm.task(books.borsuk, ANNA, "open").await, firm.task(hidden, ANNA, "open").await);
    let asked = Asked { from: Some(ANNA), to: Some(PIOTR), ..Asked::default() };
    let preview = firm.preview(&asked, None).await.unwrap();
    assert_eq!(preview.activities, [(seen, PIOTR)]);
    assert_eq!(preview.activities_stay[&Stays::Unseen(PIOTR)], 1);
    let id = firm.run(ANNA, PIOTR).await;
    assert_eq!((firm.responsible(seen).await, firm.responsible(unseen).await), (PIOTR, ANNA));
    let later = firm.task(books.borsuk, ANNA, "open").await;
    firm.tend().await;
    assert_eq!((firm.responsible(later).await, firm.responsible(unseen).await), (PIOTR, ANNA));
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    for activity in [seen, unseen, later] {
        assert_eq!(firm.responsible(activity).await, ANNA);
    }
    firm.turn(id, Turned::Undo, None).await.unwrap();
    assert_eq!((firm.responsible(seen).await, firm.responsible(later).await), (PIOTR, PIOTR));
    firm.turn(id, Turned::Return { force: false }, None).await.unwrap();
    let id = firm.run(ANNA, PIOTR).await;
    firm.turn(id, Turned::Undo, None).await.unwrap();
    assert_eq!(firm.responsible(seen).await, ANNA);
}

async fn who_is_deactivated_gets_nothing_back(firm: &Firm) {
    let books = firm.books().await;
    let id = firm.run(ANNA, PIOTR).await;
    firm.sql("update users set active = false where id = 1").await;
    firm.turn(id, Turned::Return { force: true }, None).await.unwrap();
    assert_eq!(firm.owner(books.lead).await, PIOTR);
    let kept = firm.kept(id).await;
    assert_eq!(kept.len(), 6);
    assert!(kept.iter().all(|(_, _, why)| *why == Kept::Deactivated { user: ANNA }), "{kept:?}");
    let to_who_left = Asked { from: Some(PIOTR), to: Some(ANNA), ..Asked::default() };
    assert_eq!(firm.begin(&to_who_left, None).await, Err(No::Nothing));
    assert!(firm.preview(&to_who_left, None).await.unwrap().stays.contains_key(&Stays::Deactivated(ANNA)));
}

async fn who_may_decide_is_the_person_their_line_and_admins(firm: &Firm) {
    let books = firm.books().await;
    let asked = Asked { from: Some(ANNA), to: Some(KAMIL), ..Asked::default() };
    for stranger in [KAMIL, PIOTR, EWA] {
        assert_eq!(firm.begin(&asked, Some(stranger)).await, Err(No::Absent));
        assert_eq!(firm.preview(&asked, Some(stranger)).await, Err(No::Absent));
    }
    for by in [ANNA, MARIA, ADAM] {
        let id = firm.begin(&asked, Some(by)).await.unwrap();
        assert_eq!(firm.begin(&asked, Some(by)).await, Err(No::Busy(id)));
        handover::drive(&firm.worker, id).await.unwrap();
        assert_eq!(firm.owner(books.lead).await, KAMIL);
        assert_eq!(firm.turn(id, Turned::Return { force: true }, Some(KAMIL)).await, Err(No::Absent));
        firm.turn(id, Turned::Return { force: false }, Some(by)).await.unwrap();
        assert_eq!(firm.owner(books.lead).await, ANNA);
    }
    assert_eq!(firm.begin(&Asked { from: Some(ANNA), ..Asked::default() }, None).await, Err(No::NoTerms));
}

async fn the_preview_counts_kinds_and_says_who_gains_and_loses_sight(firm: &Firm) {
    let books = firm.books().await;
    firm.task(books.lead, ANNA, "open").await;
    firm.sql(&format!(
        "insert into shares (record_id, user_id, source, may_write, may_share, named, reason, created_at)
         values ({}, {}, 'share', false, false, false, '', 0)",
        books.pumps.0, ANNA.0
    ))
    .await;
    let preview = firm.preview(&Asked { from: Some(ANNA), to: Some(KAMIL), ..Asked::default() }, None).await.unwrap();
    let counts = preview.counts;
    assert_eq!((counts.accounts, counts.contacts, counts.leads, counts.opportunities), (1, 2, 1, 2));
    assert_eq!((counts.activities, counts.records()), (1, 6));
    assert_eq!(preview.gains, [(KAMIL, 6)]);
    assert_eq!(preview.loses, [(MARIA, 6), (ANNA, 5)], "one is shared with her; her manager loses all");
    // Whoever covers already gains nothing.
    let absence = firm.away(ANNA, START - DAY, |a| a.plan = CoverPlan::Cover).await;
    let preview = firm.preview(&Asked { absence: Some(absence), ..Asked::default() }, None).await.unwrap();
    assert_eq!((preview.gains, preview.loses), (vec![], vec![(MARIA, 6), (ANNA, 5)]));
    firm.away(PIOTR, START - DAY, |a| a.substitute = Some(EWA)).await;
    let preview = firm.preview(&Asked { absence: Some(absence), ..Asked::default() }, None).await.unwrap();
    assert_eq!((preview.moves.len(), preview.stays[&Stays::Away(PIOTR)].len()), (0, 6));
}

async fn two_hand_overs_on_top_of_each_other_return_in_either_order(firm: &Firm) {
    let books = firm.books().await;
    for above_first in [true, false] {
        let below = firm.run(ANNA, PIOTR).await;
        let above = firm.run(PIOTR, KAMIL).await;
        assert_eq!((firm.owner(books.lead).await, firm.owner(books.borsuk).await), (KAMIL, KAMIL));
        let (first, second) = if above_first { (above, below) } else { (below, above) };
        firm.turn(first, Turned::Return { force: false }, None).await.unwrap();
        let expected = if above_first { (PIOTR, PIOTR) } else { (ANNA, KAMIL) };
        assert_eq!((firm.owner(books.lead).await, firm.owner(books.borsuk).await), expected);
        firm.turn(second, Turned::Return { force: false }, None).await.unwrap();
        assert_eq!((firm.owner(books.lead).await, firm.owner(books.borsuk).await), (ANNA, PIOTR));
    }
}

async fn one_worker_works_on_a_hand_over_and_a_dead_one_is_replaced(firm: &Firm) {
    let books = firm.books().await;
    let id = firm.begin(&Asked { from: Some(ANNA), to: Some(PIOTR), ..Asked::default() }, None).await.unwrap();
    let mut tx = firm.db.write().await.unwrap();
    let until = firm.now().plus(5_000);
    handovers::claim(&mut tx, id, "dead", firm.now(), until).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert_eq!(handover::drive(&firm.worker, id).await.unwrap(), Driven::Elsewhere);
    firm.tend().await;
    assert_eq!(firm.owner(books.lead).await, ANNA);
    firm.passes(5_000);
    let other = worker(&firm.db, &firm.clock, "two");
    let (one, two) = tokio::join!(handover::drive(&firm.worker, id), handover::drive(&other, id));
    assert!([one.unwrap(), two.unwrap()].contains(&Driven::Settled));
    firm.tend().await;
    assert_eq!(firm.handover(id).await.state, State::Done);
    assert_eq!(firm.number("select count(*) from record_owners where how = 'hand-over'").await, 6);
}

async fn a_preview_that_changed_is_not_run(firm: &Firm) {
    firm.books().await;
    let asked = Asked { from: Some(ANNA), to: Some(PIOTR), ..Asked::default() };
    let seen = firm.preview(&asked, None).await.unwrap().fingerprint();
    firm.records(vec![entry(Kind::Lead, "One more", ANNA)]).await;
    assert_eq!(firm.begin_seen(&asked, Some(&seen), None).await, Err(No::Changed));
    let seen = firm.preview(&asked, None).await.unwrap().fingerprint();
    assert!(firm.begin_seen(&asked, Some(&seen), None).await.is_ok());
}

async fn imported(firm: &Firm, kind: Kind, text: &str) {
    let options = Options {
        leave_records: false,
        skip_broken: false,
        by: None,
        zone: "Europe/Warsaw".into(),
        language: "pl".into(),
    };
    let mut tx = firm.db.write().await.unwrap();
    let world = people::world(&mut tx, &Policy::default(), firm.now()).await.unwrap();
    import(&mut tx, What::Records(kind), text.as_bytes(), &options, &world, firm.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn named(firm: &Firm, name: &str) -> RecordId {
    RecordId(firm.number(&format!("select id from records where name = '{name}'")).await)
}

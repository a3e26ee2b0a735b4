//! A small company in an empty database of either kind, for tests of what people do: nobody is
//! away unless a test says so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::postgres::Database;
use super::tag;
use standin::access::World;
use standin::actions::actor::Actor;
use standin::model::absence::Absence;
use standin::model::address::Address;
use standin::model::id::{AbsenceId, RecordId, UserId};
use standin::model::record::{Kind, Mode, Person, Policy, Record, Status, UserRole};
use standin::model::time::{DAY, Timestamp};
use standin::store::people::{self, User};
use standin::store::records::{self, Entry};
use standin::store::{self, Db, Tx};
use std::path::PathBuf;

/// 2026-11-21T12:00:00Z, a Saturday.
pub const NOW: Timestamp = Timestamp(1_795_262_400_000);

/// A database with its company; it goes with the test.
pub struct Desk {
    /// The database.
    pub db: Db,
    /// What the company decided about rights.
    pub policy: Policy,
    folder: Option<PathBuf>,
    _server: Option<Database>,
}

/// The people, in the order in which they are made: ids are 1 to 6. Maria is the line manager of
/// Anna and Piotr, Adam an admin; Ola works in operations.
pub const ANNA: UserId = UserId(1);
pub const PIOTR: UserId = UserId(2);
pub const KAMIL: UserId = UserId(3);
pub const MARIA: UserId = UserId(4);
pub const ADAM: UserId = UserId(5);
pub const OLA: UserId = UserId(6);

/// The records, in the order in which they are made.
pub const ACME: RecordId = RecordId(1);
/// Contact of Acme, Anna's.
pub const JAN: RecordId = RecordId(2);
/// Opportunity with Acme, Anna's.
pub const PUMPS: RecordId = RecordId(3);
/// Confidential opportunity with Acme, Anna's.
pub const SECRET: RecordId = RecordId(4);
/// Account, Kamil's.
pub const BETA: RecordId = RecordId(5);
/// Kamil's opportunity with Acme.
pub const VALVES: RecordId = RecordId(6);
/// Anna's lead.
pub const LEAD: RecordId = RecordId(7);

/// The same test on both databases.
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test]
            async fn on_sqlite() {
                let desk = $crate::support::desk::Desk::sqlite().await;
                super::$name(&desk).await;
                desk.end().await;
            }

            #[tokio::test]
            async fn on_postgres() {
                let desk = $crate::support::desk::Desk::postgres().await;
                super::$name(&desk).await;
                desk.end().await;
            }
        }
    )*};
}
pub(crate) use on_both;

impl Desk {
    /// On SQLite.
    pub async fn sqlite() -> Desk {
        let folder = std::env::temp_dir().join(format!("standin-desk-{}", tag()));
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::open(&format!("sqlite:{}", folder.join("standin.db").display())).await.unwrap();
        Desk::of(db, Some(folder), None).await
    }

    /// On PostgreSQL.
    pub async fn postgres() -> Desk {
        let server = Database::fresh();
        let db = Db::open(&server.url).await.unwrap();
        Desk::of(db, None, Some(server)).await
    }

    async fn of(db: Db, folder: Option<PathBuf>, server: Option<Database>) -> Desk {
        db.migrate().await.unwrap();
        let policy = Policy { mode: Mode::Restricted, ..Policy::default() };
        let desk = Desk { db, policy, folder, _server: server };
        let mut tx = desk.write().await;
        people(&mut tx).await;
        company(&mut tx).await;
        tx.commit().await.unwrap();
        desk
    }

    /// Closes and removes it.
    pub async fn end(self) {
        self.db.close().await;
        if let Some(folder) = self.folder {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    /// A unit of work.
    pub async fn write(&self) -> Tx {
        self.db.write().await.unwrap()
    }

    /// The people at `now`.
    pub async fn world_at(&self, now: Timestamp) -> World {
        let mut tx = self.write().await;
        people::world(&mut tx, &self.policy, now).await.unwrap()
    }

    /// The people at [`NOW`].
    pub async fn world(&self) -> World {
        self.world_at(NOW).await
    }

    /// Somebody is away for a week around [`NOW`].
    pub async fn away(&self, user: UserId, substitute: Option<UserId>) -> AbsenceId {
        let mut tx = self.write().await;
        let absence = Absence {
            id: AbsenceId(0),
            user,
            first_day: "2026-11-20".parse().unwrap(),
            last_day: Some("2026-11-27".parse().unwrap()),
            back_on: None,
            first_time: None,
            last_time: None,
            confirm_on: None,
            nature: Default::default(),
            zone: "Europe/Warsaw".into(),
            starts: NOW.plus(-DAY),
            ends: Some(NOW.plus(6 * DAY)),
            substitute,
            exceptions: Vec::new(),
            deputy: None,
            plan: Default::default(),
            cover_writes: true,
            notice: false,
            notice_since: None,
            notice_texts: Default::default(),
        };
        let id = store::absences::add(&mut tx, &absence, None, NOW).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Whose a record is.
    pub async fn owner(&self, record: RecordId) -> UserId {
        let mut tx = self.write().await;
        records::load(&mut tx, &[record]).await.unwrap()[0].record.owner
    }

    /// Whether somebody reads a record at `now`.
    pub async fn reads_at(&self, user: UserId, record: RecordId, now: Timestamp) -> bool {
        let world = self.world_at(now).await;
        let mut tx = self.write().await;
        let scope = people::scope(&mut tx, user, &world, now).await.unwrap();
        !records::load_seen(&mut tx, &scope, &[record]).await.unwrap().is_empty()
    }

    /// Whether somebody reads a record at [`NOW`].
    pub async fn reads(&self, user: UserId, record: RecordId) -> bool {
        self.reads_at(user, record, NOW).await
    }

    /// The lines of the audit: action, record and in whose place.
    pub async fn audit(&self) -> Vec<(String, Option<i64>, Option<i64>, Option<i64>)> {
        self.rows("select action, actor_id, record_id, for_user_id from audit order by id").await
    }

    /// Rows of a query, read beside the program's functions.
    pub async fn rows<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
            + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
            + Send
            + Unpin,
    {
        match &mut self.write().await {
            Tx::Sqlite(t) => sqlx::query_as(sql).fetch_all(&mut **t).await.unwrap(),
            Tx::Postgres(t) => sqlx::query_as(sql).fetch_all(&mut **t).await.unwrap(),
        }
    }

    /// Runs a statement beside the program's functions.
    pub async fn run(&self, sql: &'static str) {
        let mut tx = self.write().await;
        match &mut tx {
            Tx::Sqlite(t) => drop(sqlx::query(sql).execute(&mut **t).await.unwrap()),
            Tx::Postgres(t) => drop(sqlx::query(sql).execute(&mut **t).await.unwrap()),
        }
        tx.commit().await.unwrap();
    }
}

/// Somebody who does something at [`NOW`].
pub async fn actor<'w>(tx: &mut Tx, user: UserId, world: &'w World) -> Actor<'w> {
    Actor::load(tx, Some(user), world, NOW).await.unwrap()
}

async fn people(tx: &mut Tx) {
    let all = [
        ("anna", UserRole::Manager),
        ("piotr", UserRole::Manager),
        ("kamil", UserRole::Manager),
        ("maria", UserRole::Staff),
        ("adam", UserRole::Admin),
        ("ola", UserRole::Staff),
    ];
    for (login, role) in all {
        let name = format!("{}{} Nowak", login[..1].to_uppercase(), &login[1..]);
        let person = Person { id: UserId(0), name, manager: None, role, teams: Vec::new(), active: true };
        let user = User {
            person,
            login: login.into(),
            team: None,
            zone: "Europe/Warsaw".into(),
            language: "en".into(),
            phone: None,
            external_id: None,
            addresses: vec![Address::parse(&format!("{login}@firma.pl")).unwrap()],
        };
        people::upsert(tx, &user, NOW.plus(-100 * DAY)).await.unwrap();
    }
    for below in [ANNA, PIOTR] {
        people::set_manager(tx, below, Some(MARIA)).await.unwrap();
    }
}

/// A record that is not saved yet.
pub fn entry(kind: Kind, name: &str, owner: UserId, account: Option<RecordId>) -> Entry {
    Entry {
        record: Record {
            id: RecordId(0),
            kind,
            name: name.into(),
            owner,
            team: None,
            confidential: false,
            status: Status::Open,
            account,
            class: None,
            end_account: None,
            end_contact: None,
        },
        number: None,
        class: None,
        phone: None,
        city: None,
        language: None,
        external: Some(("import".into(), name.to_lowercase())),
    }
}

/// Saves records; gives their ids.
pub async fn save(tx: &mut Tx, entries: &[Entry]) -> Vec<RecordId> {
    records::save(tx, entries, None, "import", NOW.plus(-100 * DAY)).await.unwrap()
}

async fn company(tx: &mut Tx) {
    let mut secret = entry(Kind::Opportunity, "Quiet merger", ANNA, Some(ACME));
    secret.record.confidential = true;
    let all = [
        entry(Kind::Account, "Acme", ANNA, None),
        entry(Kind::Contact, "Jan Lis", ANNA, Some(ACME)),
        entry(Kind::Opportunity, "Acme pumps", ANNA, Some(ACME)),
        secret,
        entry(Kind::Account, "Beta", KAMIL, None),
        entry(Kind::Opportunity, "Acme valves", KAMIL, Some(ACME)),
        entry(Kind::Lead, "Zenon", ANNA, None),
    ];
    let ids = save(tx, &all).await;
    assert_eq!(ids, [ACME, JAN, PUMPS, SECRET, BETA, VALVES, LEAD]);
}

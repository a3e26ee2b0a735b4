//! People, records and absences in the database, the scope in SQL, and imports: the same on both
//! databases.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, clippy::too_many_lines)]

use crate::support::postgres::Database;
use crate::support::tag;
use chrono::{NaiveDate, NaiveTime};
use rand::{Rng, RngExt, SeedableRng};
use standin::access::{Scope, World};
use standin::actions::import::{ImportError, Options, Summary, What, import};
use standin::model::absence::{Absence, CoverPlan, Exception, Nature, Selector};
use standin::model::address::Address;
use standin::model::id::{AbsenceId, RecordId, TeamId, UserId};
use standin::model::record::{Class, Kind, Mode, Person, Policy, Record, Status, UserRole};
use standin::model::share::{Holder, Share, Source};
use standin::model::time::Timestamp;
use standin::store::people::{self, User};
use standin::store::records::{self, Entry, Voucher};
use standin::store::{self, Db, Tx, absences, shares};
use std::path::PathBuf;

const NOW: Timestamp = Timestamp(1_795_262_400_000);

/// A database that goes with the test.
struct Fresh {
    db: Db,
    folder: Option<PathBuf>,
    _server: Option<Database>,
}

impl Fresh {
    async fn sqlite() -> Fresh {
        let folder = std::env::temp_dir().join(format!("standin-access-{}", tag()));
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::open(&format!("sqlite:{}", folder.join("standin.db").display())).await.unwrap();
        db.migrate().await.unwrap();
        Fresh { db, folder: Some(folder), _server: None }
    }

    async fn postgres() -> Fresh {
        let server = Database::fresh();
        let db = Db::open(&server.url).await.unwrap();
        db.migrate().await.unwrap();
        Fresh { db, folder: None, _server: Some(server) }
    }

    async fn end(self) {
        self.db.close().await;
        if let Some(folder) = self.folder {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}

/// The same test on both databases.
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test]
            async fn on_sqlite() {
                let fresh = super::Fresh::sqlite().await;
                super::$name(&fresh.db).await;
                fresh.end().await;
            }

            #[tokio::test]
            async fn on_postgres() {
                let fresh = super::Fresh::postgres().await;
                super::$name(&fresh.db).await;
                fresh.end().await;
            }
        }
    )*};
}

on_both! {
    users_are_saved_under_their_login
    an_absence_is_found_until_it_is_over
    records_are_saved_found_and_keep_the_history_of_their_owners
    the_scope_in_sql_is_the_scope_in_memory
    an_address_is_vouched_for_once_and_claimed_otherwise
    a_whole_company_is_imported_and_a_second_time_changes_nothing
    broken_rows_stop_an_import_unless_the_rest_is_wanted
    somebody_with_limited_rights_imports_only_within_them
    a_reassigned_record_changes_its_readers_at_once
}

fn user(login: &str) -> User {
    User {
        person: Person {
            id: UserId(0),
            name: login.to_uppercase(),
            manager: None,
            role: UserRole::Manager,
            teams: Vec::new(),
            active: true,
        },
        login: login.into(),
        team: None,
        zone: "Europe/Warsaw".into(),
        language: "pl".into(),
        phone: None,
        external_id: None,
        addresses: vec![address(&format!("{login}@firma.pl"))],
    }
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

async fn add_user(tx: &mut Tx, login: &str) -> UserId {
    people::upsert(tx, &user(login), NOW).await.unwrap().0
}

fn record(kind: Kind, name: &str, owner: UserId, external: &str) -> Entry {
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
        external: Some(("import".into(), external.into())),
    }
}

/// The sight of somebody who sees what these users own.
fn sees(viewer: UserId, owners: &[UserId]) -> Scope {
    Scope { viewer, owners: owners.to_vec(), ..Scope::nothing(NOW) }
}

async fn users_are_saved_under_their_login(db: &Db) {
    let mut tx = db.write().await.unwrap();
    let anna = add_user(&mut tx, "Anna").await;
    let piotr = add_user(&mut tx, "piotr").await;
    let again = people::upsert(&mut tx, &User { phone: Some("+48".into()), ..user("ANNA") }, NOW).await.unwrap();
    assert_eq!(again, (anna, false), "the same login in another case is the same user");
    people::set_manager(&mut tx, anna, Some(piotr)).await.unwrap();
    let found = people::by_login(&mut tx, " Anna ").await.unwrap().unwrap();
    assert_eq!(
        (found.login.as_str(), found.phone.as_deref(), found.person.manager),
        ("anna", Some("+48"), Some(piotr))
    );
    assert_eq!(people::load(&mut tx, anna).await.unwrap().unwrap(), found);
    assert!(people::by_login(&mut tx, "nobody").await.unwrap().is_none());

    let team = people::add_team(&mut tx, "North", NOW).await.unwrap();
    people::set_team_fallback(&mut tx, team, Some(piotr)).await.unwrap();
    assert_eq!(people::teams(&mut tx).await.unwrap()[0].fallback, Some(piotr));

    let moved = User { addresses: vec![address("piotr@firma.pl"), address("anna@firma.pl")], ..user("piotr") };
    people::upsert(&mut tx, &moved, NOW).await.unwrap();
    let of = people::by_addresses(&mut tx, &["anna@firma.pl", "x@firma.pl"]).await.unwrap();
    assert_eq!(of.into_iter().collect::<Vec<_>>(), [("anna@firma.pl".to_owned(), piotr)], "it names one person");
    assert_eq!(people::names(&mut tx, &[anna]).await.unwrap()[&anna], "ANNA");

    assert_eq!(people::password_hash(&mut tx, anna).await.unwrap(), None);
    people::set_password_hash(&mut tx, anna, "$argon2id$x").await.unwrap();
    assert_eq!(people::password_hash(&mut tx, anna).await.unwrap().as_deref(), Some("$argon2id$x"));
    people::upsert(&mut tx, &user("anna"), NOW).await.unwrap();
    assert!(people::password_hash(&mut tx, anna).await.unwrap().is_some(), "saving a user leaves the password");

    let world = people::world(
        &mut tx,
        &Policy { mode: Mode::Transparent, fallback: Some("PIOTR".into()), ..Policy::default() },
        NOW,
    )
    .await
    .unwrap();
    assert_eq!((world.people.len(), world.mode, world.company_fallback), (2, Mode::Transparent, Some(piotr)));
    assert_eq!(
        people::world(&mut tx, &Policy { fallback: Some("gone".into()), ..Policy::default() }, NOW)
            .await
            .unwrap()
            .company_fallback,
        None
    );
    assert_eq!(people::every(&mut tx).await.unwrap().len(), 2);
    tx.commit().await.unwrap();
}

fn absence(user: UserId, starts: i64, ends: Option<i64>) -> Absence {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    Absence {
        id: AbsenceId(0),
        user,
        first_day: day("2026-11-20"),
        last_day: ends.map(|_| day("2026-11-27")),
        back_on: Some(day("2026-11-30")),
        first_time: NaiveTime::from_hms_opt(12, 30, 0),
        last_time: None,
        confirm_on: ends.is_none().then(|| day("2026-12-20")),
        nature: Nature::Parental,
        exceptions: vec![
            Exception { what: Selector::Kind(Kind::Lead), substitute: user },
            Exception { what: Selector::Class(Class::B), substitute: user },
        ],
        plan: CoverPlan::HandOver,
        cover_writes: false,
        zone: "Europe/Warsaw".into(),
        starts: NOW.plus(starts),
        ends: ends.map(|e| NOW.plus(e)),
        substitute: Some(user),
        deputy: None,
        notice: true,
        notice_since: Some(NOW),
        notice_texts: [("pl".to_owned(), "Mnie nie ma, „zażółć”".to_owned())].into(),
    }
}

async fn an_absence_is_found_until_it_is_over(db: &Db) {
    let mut tx = db.write().await.unwrap();
    let anna = add_user(&mut tx, "anna").await;
    let wanted = absence(anna, -1_000, Some(1_000));
    let id = absences::add(&mut tx, &wanted, Some(anna), NOW).await.unwrap();
    let wanted = Absence { id, ..wanted };
    assert_eq!(absences::load(&mut tx, id).await.unwrap().as_ref(), Some(&wanted));
    let open = absences::add(&mut tx, &absence(anna, 5_000, None), None, NOW).await.unwrap();

    let ids = |all: Vec<Absence>| all.into_iter().map(|a| a.id).collect::<Vec<_>>();
    assert_eq!(ids(absences::not_over(&mut tx, NOW).await.unwrap()), [id, open]);
    assert_eq!(ids(absences::not_over(&mut tx, NOW.plus(1_000)).await.unwrap()), [open], "the end is not part of it");
    assert_eq!(ids(absences::every(&mut tx).await.unwrap()), [open, id]);

    assert!(absences::end(&mut tx, id, NOW).await.unwrap());
    assert_eq!(absences::load(&mut tx, id).await.unwrap().unwrap().ends, Some(NOW));
    assert!(!absences::end(&mut tx, id, NOW.plus(1)).await.unwrap(), "it is over already");
    assert!(absences::end(&mut tx, open, NOW).await.unwrap(), "called off before it began");
    assert_eq!(absences::load(&mut tx, open).await.unwrap().unwrap().ends, Some(NOW.plus(5_000)));
    assert!(absences::not_over(&mut tx, NOW.plus(5_000)).await.unwrap().is_empty());
    assert!(!absences::end(&mut tx, AbsenceId(99), NOW).await.unwrap());
    tx.commit().await.unwrap();
}

async fn records_are_saved_found_and_keep_the_history_of_their_owners(db: &Db) {
    let mut tx = db.write().await.unwrap();
    let (anna, piotr) = (add_user(&mut tx, "anna").await, add_user(&mut tx, "piotr").await);
    let acme = record(Kind::Account, "Żółta Łódź", anna, "A1");
    let mut pumps = record(Kind::Opportunity, "Acme pumps", anna, "O1");
    pumps.number = Some(records::number_key(" op-1042"));
    let ids = records::save(&mut tx, &[acme, pumps.clone()], None, "import", NOW).await.unwrap();
    pumps.record.id = ids[1];
    pumps.record.account = Some(ids[0]);
    pumps.record.owner = piotr;
    let lead = record(Kind::Lead, "Acme pumps", anna, "O1");
    let again = records::save(&mut tx, &[pumps.clone(), lead], Some(anna), "given away", NOW.plus(5)).await.unwrap();
    assert_eq!(again[0], ids[1]);
    assert!(!ids.contains(&again[1]));
    assert_eq!(records::load(&mut tx, &[ids[1]]).await.unwrap(), [pumps.clone()]);
    let external = records::by_external(&mut tx, "import", Kind::Opportunity, &["O1", "O2"]).await.unwrap();
    assert_eq!(external.into_iter().collect::<Vec<_>>(), [("O1".to_owned(), pumps)]);

    let anna_sees = sees(anna, &[piotr]);
    let piotr_sees = sees(piotr, &[]);
    let mut find = async |scope: &Scope, text: &str| {
        let found = records::find(&mut tx, scope, text).await.unwrap();
        found.into_iter().map(|e| e.record.id).collect::<Vec<_>>()
    };
    assert_eq!(find(&anna_sees, "ZOLTA lodz").await, [ids[0]], "by name");
    assert_eq!(find(&anna_sees, "zol").await, [ids[0]], "by how the name begins");
    assert_eq!(find(&anna_sees, "OP-1042").await, [ids[1]], "by number");
    assert_eq!(find(&anna_sees, &ids[1].to_string()).await, [ids[1]], "by id");
    assert_eq!(find(&anna_sees, "O1").await, [ids[1], again[1]], "by external id");
    assert_eq!(find(&anna_sees, "lead:O1").await, [again[1]]);
    assert_eq!(find(&piotr_sees, "O1").await, [ids[1]]);
    assert!(find(&piotr_sees, "zol").await.is_empty(), "absent and forbidden look the same");
    assert!(find(&piotr_sees, " ").await.is_empty());
    tx.commit().await.unwrap();
    let mut tx = db.read().await.unwrap();
    let seen = records::load_seen(&mut tx, &piotr_sees, &[ids[0], ids[1]]).await.unwrap();
    assert_eq!(seen.iter().map(|e| e.record.id).collect::<Vec<_>>(), [ids[1]]);
}

/// Eight owners, each with records of every team and confidentiality.
async fn every_record(tx: &mut Tx) -> Vec<Record> {
    let mut owners = Vec::new();
    for n in 1..=8 {
        owners.push(add_user(tx, &format!("user{n}")).await);
    }
    let teams = [
        None,
        Some(people::add_team(tx, "one", NOW).await.unwrap()),
        Some(people::add_team(tx, "two", NOW).await.unwrap()),
    ];
    let mut entries = Vec::new();
    for owner in owners {
        for team in teams {
            for confidential in [false, true] {
                let mut entry = record(Kind::Lead, "lead", owner, &format!("L{}", entries.len()));
                entry.record.team = team;
                entry.record.confidential = confidential;
                entries.push(entry);
            }
        }
    }
    let ids = records::save(tx, &entries, None, "test", NOW).await.unwrap();
    entries.into_iter().zip(ids).map(|(e, id)| Record { id, ..e.record }).collect()
}

/// Shares of every kind on a third of the records, and members for both teams.
async fn random_shares(tx: &mut Tx, ids: &[RecordId], random: &mut rand::rngs::StdRng) -> Vec<Share> {
    let members = [(1, 1), (1, 2), (2, 2), (2, 5)];
    for (team, user) in members {
        people::set_member(tx, TeamId(team), UserId(user), true).await.unwrap();
    }
    let mut given = Vec::new();
    for id in ids {
        if !random.next_u32().is_multiple_of(3) {
            continue;
        }
        let person = random.next_u32().is_multiple_of(2);
        let share = Share {
            id: 0,
            record: *id,
            holder: match person {
                true => Holder::User(UserId(random.random_range(1..=8))),
                false => Holder::Team(TeamId(random.random_range(1..=2))),
            },
            source: Source::Share,
            write: random.next_u32().is_multiple_of(2),
            share: false,
            named: random.next_u32().is_multiple_of(2),
            until: (random.next_u32().is_multiple_of(2)).then(|| NOW.plus(random.random_range(-1..=1))),
            reason: "a test".into(),
            by: None,
            at: NOW,
        };
        let id = shares::add(tx, &share).await.unwrap();
        given.push(Share { id, ..share });
    }
    assert_eq!(shares::on(tx, ids).await.unwrap().len(), given.len());
    given
}

async fn the_scope_in_sql_is_the_scope_in_memory(db: &Db) {
    let mut tx = db.write().await.unwrap();
    let all = every_record(&mut tx).await;
    let ids: Vec<RecordId> = all.iter().map(|r| r.id).collect();
    let mut random = rand::rngs::StdRng::seed_from_u64(20_261_121);
    let given = random_shares(&mut tx, &ids, &mut random).await;
    for round in 0..200 {
        let viewer = UserId(random.random_range(0..=9));
        let mut some = |most: i64, from: i64| -> Vec<i64> {
            (from..=most).filter(|_| random.next_u32().is_multiple_of(3)).collect()
        };
        let scope = Scope {
            owners: some(8, 1).into_iter().map(UserId).collect(),
            confidential_owners: some(8, 1).into_iter().map(UserId).collect(),
            unanswered: some(8, 1).into_iter().map(UserId).collect(),
            fallback_teams: some(2, 0).into_iter().map(TeamId).collect(),
            records: some(ids.last().unwrap().0, 1).into_iter().filter(|id| id % 7 == 0).map(RecordId).collect(),
            teams: people::members(&mut tx)
                .await
                .unwrap()
                .into_iter()
                .filter(|(_, u)| *u == viewer)
                .map(|(t, _)| t)
                .collect(),
            viewer,
            ..Scope::nothing(NOW)
        };
        let seen = records::load_seen(&mut tx, &scope, &ids).await.unwrap();
        let seen: Vec<RecordId> = seen.into_iter().map(|e| e.record.id).collect();
        let expected: Vec<RecordId> = all.iter().filter(|r| scope.reads(r, &given)).map(|r| r.id).collect();
        assert_eq!(seen, expected, "round {round}, {scope:?}");
    }
    tx.commit().await.unwrap();
}

async fn standing(tx: &mut Tx, id: RecordId) -> Vec<(String, bool)> {
    let mut all = records::addresses(tx, &[id]).await.unwrap().remove(&id).unwrap_or_default();
    all.sort();
    all.into_iter().map(|(a, vouched)| (a.to_string(), vouched)).collect()
}

async fn an_address_is_vouched_for_once_and_claimed_otherwise(db: &Db) {
    let mut tx = db.write().await.unwrap();
    let (anna, kamil) = (add_user(&mut tx, "anna").await, add_user(&mut tx, "kamil").await);
    let entries = [record(Kind::Contact, "John", anna, "C1"), record(Kind::Contact, "His twin", kamil, "C2")];
    let ids = records::save(&mut tx, &entries, None, "test", NOW).await.unwrap();
    let (john, twin) = (ids[0], ids[1]);
    let (a, b) = (address("john@acme.com"), address("j@acme.com"));
    let yes = |a: &Address| (a.to_string(), true);
    let no = |a: &Address| (a.to_string(), false);

    let claim = Voucher::Claimant(kamil);
    let newly = records::set_addresses(&mut tx, &[(twin, kamil, vec![a.clone()])], claim, NOW).await.unwrap();
    assert!(newly.is_empty());
    assert_eq!(standing(&mut tx, twin).await, [no(&a)], "somebody without the right only claims");

    let both = [(john, anna, vec![a.clone(), b.clone()])];
    let newly = records::set_addresses(&mut tx, &both, Voucher::Trusted, NOW).await.unwrap();
    assert_eq!(newly, [b.clone(), a.clone()], "a claim elsewhere keeps nobody from vouching");
    assert_eq!(standing(&mut tx, john).await, [yes(&b), yes(&a)]);

    let newly =
        records::set_addresses(&mut tx, &[(twin, kamil, vec![a.clone()])], Voucher::Trusted, NOW).await.unwrap();
    assert!(newly.is_empty(), "it is vouched for on another record");
    assert_eq!(standing(&mut tx, twin).await, [no(&a)]);

    assert!(records::set_addresses(&mut tx, &both, claim, NOW).await.unwrap().is_empty());
    assert_eq!(standing(&mut tx, john).await, [yes(&b), yes(&a)], "what is vouched for stays so");

    let fewer = [(john, anna, vec![b.clone()]), (twin, kamil, vec![a.clone()])];
    let newly = records::set_addresses(&mut tx, &fewer, Voucher::Trusted, NOW).await.unwrap();
    assert_eq!(standing(&mut tx, john).await, [yes(&b)]);
    assert!(newly.is_empty() && standing(&mut tx, twin).await == [no(&a)], "it was still taken when this was asked");
    let newly = records::set_addresses(&mut tx, &fewer, Voucher::Trusted, NOW).await.unwrap();
    assert_eq!((newly, standing(&mut tx, twin).await), (vec![a.clone()], vec![yes(&a)]), "a claim is raised");

    records::set_domains(&mut tx, &[(john, vec!["acme.com".into(), "acme.pl".into()])], NOW).await.unwrap();
    records::set_domains(&mut tx, &[(john, vec!["acme.com".into(), "acme.eu".into()])], NOW).await.unwrap();
    assert_eq!(records::domains(&mut tx, &[john]).await.unwrap()[&john], ["acme.com", "acme.eu"]);
    let of = records::by_domains(&mut tx, &["acme.com", "acme.pl"]).await.unwrap();
    assert_eq!(of.into_iter().collect::<Vec<_>>(), [("acme.com".to_owned(), vec![(john, "John".to_owned())])]);
    tx.commit().await.unwrap();
}

async fn imported(
    db: &Db,
    what: What,
    text: &str,
    by: Option<UserId>,
    skip_broken: bool,
) -> Result<Summary, ImportError> {
    let mut tx = db.write().await.unwrap();
    let world = people::world(&mut tx, &Policy::default(), NOW).await.unwrap();
    let options =
        Options { skip_broken, leave_records: false, by, zone: "Europe/Warsaw".into(), language: "pl".into() };
    let done = import(&mut tx, what, text.as_bytes(), &options, &world, NOW).await?;
    tx.commit().await.unwrap();
    Ok(done)
}

fn counts(summary: &Summary) -> (usize, usize, usize, usize) {
    (summary.created, summary.changed, summary.unchanged, summary.broken.len())
}

const USERS: &str = "login,name,role,emails,manager,team,team_fallback\n\
    anna,Anna Kowalska,account-manager,anna@firma.pl a.kowalska@firma.pl,ewa,North,\n\
    piotr,Piotr Nowak,,piotr@firma.pl,ewa,North,yes\n\
    kamil,Kamil Zięba,,kamil@firma.pl,,South,\n\
    ewa,Ewa Mazur,staff,ewa@firma.pl,,,\n\
    adam,Adam,admin,adam@firma.pl,,,\n";
const ACCOUNTS: &str =
    "external_id,name,owner,domains,class\nA1,Acme,anna,acme.com,A\nA2,Żubr,kamil,\"zubr.pl;zubr.com.pl\",\n";
const CONTACTS: &str = "external_id;name;owner;account;emails\nC1;John Doe;anna;A1;john@acme.com|j@acme.com\nC2;Jan;kamil;A2;jan@zubr.pl\n";
const OPPORTUNITIES: &str = "external_id,name,owner,account,end_account,end_contact,number,status,confidential\n\
    O1,Acme pumps,anna,A1,A2,C2,op-1042,open,\nO2,Secret,anna,A1,,,OP-7,won,yes\n";
const LEADS: &str = "external_id\tname\towner\temails\tstatus\nL1\tProspect\tanna\tlead@x.com\tconverted\n";

fn files() -> [(What, &'static str); 5] {
    [
        (What::Users, USERS),
        (What::Records(Kind::Account), ACCOUNTS),
        (What::Records(Kind::Contact), CONTACTS),
        (What::Records(Kind::Opportunity), OPPORTUNITIES),
        (What::Records(Kind::Lead), LEADS),
    ]
}

async fn company(db: &Db) -> World {
    for (what, text) in files() {
        imported(db, what, text, None, false).await.unwrap();
    }
    let mut tx = db.read().await.unwrap();
    people::world(&mut tx, &Policy::default(), NOW).await.unwrap()
}

async fn id_of(db: &Db, login: &str) -> UserId {
    let mut tx = db.read().await.unwrap();
    people::by_login(&mut tx, login).await.unwrap().unwrap().person.id
}

async fn a_whole_company_is_imported_and_a_second_time_changes_nothing(db: &Db) {
    let expected = [(5, 0, 0, 0), (2, 0, 0, 0), (2, 0, 0, 0), (2, 0, 0, 0), (1, 0, 0, 0)];
    for ((what, text), expected) in files().into_iter().zip(expected) {
        let summary = imported(db, what, text, None, false).await.unwrap();
        assert_eq!(counts(&summary), expected, "{what:?}");
        let again = imported(db, what, text, None, false).await.unwrap();
        assert_eq!(counts(&again), (0, 0, expected.0, 0), "{what:?} again");
        assert!(again.vouched.is_empty());
    }
    let mut tx = db.read().await.unwrap();
    let anna = people::by_login(&mut tx, "anna").await.unwrap().unwrap();
    let ewa = people::by_login(&mut tx, "ewa").await.unwrap().unwrap();
    let piotr = people::by_login(&mut tx, "piotr").await.unwrap().unwrap();
    assert_eq!(anna.person.manager, Some(ewa.person.id), "a manager may stand further down");
    assert_eq!(anna.addresses[0].as_str(), "anna@firma.pl", "the first is the one shown");
    let north = people::teams(&mut tx).await.unwrap().into_iter().find(|t| t.name == "North").unwrap();
    assert_eq!((anna.team, north.fallback), (Some(north.id), Some(piotr.person.id)));
    let found = records::by_external(&mut tx, "import", Kind::Opportunity, &["O1", "O2"]).await.unwrap();
    let pumps = &found["O1"];
    assert_eq!((pumps.number.as_deref(), pumps.record.team), (Some("OP-1042"), Some(north.id)));
    assert!(pumps.record.account.is_some() && pumps.record.end_account.is_some() && pumps.record.end_contact.is_some());
    assert_eq!((found["O2"].record.confidential, found["O2"].record.status), (true, Status::Won));
    drop(tx);

    let change = "external_id,name,confidential\nO2,Secret,\nO1,Acme pumps and valves,\n";
    let summary = imported(db, What::Records(Kind::Opportunity), change, None, false).await.unwrap();
    assert_eq!(counts(&summary), (0, 1, 1, 0));
    let mut tx = db.read().await.unwrap();
    let found = records::by_external(&mut tx, "import", Kind::Opportunity, &["O1", "O2"]).await.unwrap();
    assert!(found["O2"].record.confidential, "an empty cell does not lay a confidential record open");
    assert_eq!((found["O1"].number.as_deref(), &*found["O1"].record.name), (Some("OP-1042"), "Acme pumps and valves"));
    drop(tx);

    let summary = imported(db, What::Users, "login,name,active\npiotr,Piotr Nowak,no\n", None, false).await.unwrap();
    assert_eq!(counts(&summary), (0, 1, 0, 0));
    let vouched =
        imported(db, What::Records(Kind::Lead), "external_id,name,owner,emails\nL2,New,anna,new@x.com\n", None, false);
    assert_eq!(vouched.await.unwrap().vouched, [address("new@x.com")]);
}

async fn broken_rows_stop_an_import_unless_the_rest_is_wanted(db: &Db) {
    company(db).await;
    let text = "external_id,name,owner,account,emails\n\
        C3,Fine,anna,A1,fine@acme.com\n\
        C4,,annna,A9,no-address\n\
        C3,Twice,anna,A1,\n\
        C5,Too,many,cells,in,this\n";
    let error = imported(db, What::Records(Kind::Contact), text, None, false).await.unwrap_err();
    let ImportError::Rows { rows, broken } = error else { panic!("{error}") };
    let said: Vec<String> = broken.iter().map(ToString::to_string).collect();
    assert_eq!(rows, 4);
    let expected = [
        "row 3, column name: it is empty",
        "row 3, column owner: there is no user with the login `annna`; did you mean `anna`?",
        "row 3, column account: there is no account with the external_id `A9`; import accounts first",
        "row 3, column emails: `no-address` is no address: it has no name before or no domain after the @",
        "row 4, column external_id: `C3` stands in row 2 already",
        "row 5: it has 6 cells, the header has 5; a cell with the separator in it must stand in quotes",
    ];
    for line in expected {
        assert!(said.iter().any(|s| s == line), "{line:?} is not among {said:#?}");
    }
    let mut tx = db.read().await.unwrap();
    let none = records::by_external(&mut tx, "import", Kind::Contact, &["C3"]).await.unwrap();
    assert!(none.is_empty(), "nothing was imported");
    drop(tx);

    let summary = imported(db, What::Records(Kind::Contact), text, None, true).await.unwrap();
    assert_eq!((summary.created, summary.broken.len(), summary.rows), (1, broken.len(), 4));

    let said = |error: ImportError| match error {
        ImportError::Rows { broken, .. } => broken[0].to_string(),
        other => other.to_string(),
    };
    let cases = [
        (
            What::Records(Kind::Account),
            "external_id,name,owner,domains\nA3,Other,anna,acme.com\n",
            "row 2, column domains: `acme.com` belongs to the account `Acme` already",
        ),
        (
            What::Records(Kind::Account),
            "external_id,name,owner,class\nA3,Other,anna,E\n",
            "row 2, column class: `E` is no class; they are A, B, C and D",
        ),
        (
            What::Records(Kind::Opportunity),
            "external_id,name,owner,status\nO3,X,anna,converted\n",
            "row 2, column status: `converted` is no status; they are open, won and lost",
        ),
        (
            What::Records(Kind::Lead),
            "external_id,name\nL3,X\n",
            "row 2, column owner: it is new and needs an owner: the login of a user",
        ),
        (
            What::Users,
            "login,name,emails\nnew,New,anna@firma.pl\n",
            "row 2, column emails: `anna@firma.pl` belongs to the user `anna`",
        ),
        (
            What::Users,
            "login,name,manager\newa,Ewa Mazur,anna\n",
            "row 2, column manager: the line of managers of `ewa` leads back to them",
        ),
        (
            What::Users,
            "login,name,password\nnew,New,short\n",
            "row 2, column password: the password has 5 characters; it needs at least 8",
        ),
        (
            What::Users,
            "login,name,role\nnew,New,boss\n",
            "row 2, column role: `boss` is no role; they are account-manager, staff and admin",
        ),
        (What::Users, "login,nmae\nnew,New\n", "there is no column `nmae`; did you mean `name`?"),
    ];
    for (what, text, expected) in cases {
        assert_eq!(said(imported(db, what, text, None, false).await.unwrap_err()), expected);
    }
}

async fn somebody_with_limited_rights_imports_only_within_them(db: &Db) {
    company(db).await;
    let (kamil, adam) = (id_of(db, "kamil").await, id_of(db, "adam").await);
    let contact = What::Records(Kind::Contact);
    let said = |error: ImportError| match error {
        ImportError::Rows { broken, .. } => broken[0].text.clone(),
        other => other.to_string(),
    };
    let refused = imported(db, contact, "external_id,name\nC1,Mine now\n", Some(kamil), false).await.unwrap_err();
    assert_eq!(said(refused), "this id cannot be used; choose another", "it is Anna's");
    let refused = imported(db, contact, "external_id,name,account\nC9,X,A1\n", Some(kamil), false).await.unwrap_err();
    assert!(said(refused).starts_with("there is no account"), "what he may not see is not there");
    let refused = imported(db, What::Users, USERS, Some(kamil), false).await.unwrap_err();
    assert_eq!(said(refused), "only an admin may import users");
    let refused = imported(db, What::Records(Kind::Account), ACCOUNTS, Some(kamil), false).await.unwrap_err();
    assert!(said(refused).starts_with("only an admin may set the domains"));

    let theirs = "external_id,name,account,emails\nC9,Somebody of Acme,A2,john@acme.com new@acme.com\n";
    let summary = imported(db, contact, theirs, Some(kamil), false).await.unwrap();
    assert_eq!((summary.created, summary.vouched.len()), (1, 0), "nobody gains sight by claim");
    let mut tx = db.read().await.unwrap();
    let made = &records::by_external(&mut tx, "import", Kind::Contact, &["C9"]).await.unwrap()["C9"];
    assert_eq!(made.record.owner, kamil, "without an owner it is the importer's");
    let (id, expected) = (made.record.id, [("john@acme.com".to_owned(), false), ("new@acme.com".to_owned(), false)]);
    assert_eq!(standing(&mut tx, id).await, expected);
    drop(tx);
    let summary = imported(db, contact, theirs, Some(adam), false).await.unwrap();
    assert_eq!(summary.vouched, [address("new@acme.com")], "an admin vouches, but not for another record's address");
}

async fn a_reassigned_record_changes_its_readers_at_once(db: &Db) {
    let world = company(db).await;
    let kamil = id_of(db, "kamil").await;
    let mut tx = db.read().await.unwrap();
    let scope = people::scope(&mut tx, kamil, &world, NOW).await.unwrap();
    assert!(records::find(&mut tx, &scope, "OP-1042").await.unwrap().is_empty());
    drop(tx);
    let given = "external_id,name,owner\nO1,Acme pumps,kamil\n";
    imported(db, What::Records(Kind::Opportunity), given, None, false).await.unwrap();
    let mut tx = db.read().await.unwrap();
    assert_eq!(records::find(&mut tx, &scope, "OP-1042").await.unwrap().len(), 1);
}

#[tokio::test]
async fn twenty_thousand_contacts_are_imported_in_seconds() {
    let fresh = Fresh::sqlite().await;
    company(&fresh.db).await;
    let mut text = String::from("external_id,name,owner,account,emails,phone\n");
    for n in 0..20_000 {
        text.push_str(&format!("X{n},Contact {n},anna,A1,c{n}@acme{}.com c{n}@x.org,+48 {n}\n", n % 4_000));
    }
    let began = std::time::Instant::now();
    let summary = imported(&fresh.db, What::Records(Kind::Contact), &text, None, false).await.unwrap();
    let took = began.elapsed();
    println!("20 000 contacts with 40 000 addresses: {took:?}");
    assert_eq!((summary.created, summary.vouched.len()), (20_000, 40_000));
    // Far above what it takes without optimisation on a busy machine; a statement per row takes longer.
    assert!(took.as_secs() < 15, "{took:?}");
    let mut tx = fresh.db.read().await.unwrap();
    let ids: Vec<RecordId> = (1..=5).map(RecordId).collect();
    assert_eq!(store::records::load(&mut tx, &ids).await.unwrap().len(), 5);
    drop(tx);
    fresh.end().await;
}

//! Absences on both databases: who may enter them, what is checked, changed, ended, imported; who
//! answers while they run; and whom a notice names (R84).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::too_many_lines)]

use crate::support::firm::{Company, Kind, Names};
use chrono::NaiveDate;
use standin::access::{self, World, answers_now};
use standin::actions::absences::{self, Added, Entered, Objection, Refused, Which, when};
use standin::actions::import::{self, ImportError, Options, What};
use standin::intake::{Clock, Found, Shared, Signals, prepare};
use standin::model::absence::{Absence, CoverPlan, Nature, Phase, Selector};
use standin::model::cursor::{Arrival, Role, Seen};
use standin::model::id::{AbsenceId, RecordId, UserId};
use standin::model::record::{AnswerPath, Kind as RecordKind, Record};
use standin::model::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};
use standin::store::instance::{Instance, Use};
use standin::store::{self, Tx, people, records};
use std::sync::Arc;

/// 2026-11-20T11:00:00Z, a Friday.
const NOW: Timestamp = Timestamp(1_795_172_400_000);

const USERS: &str = "login,name,role,emails,manager,team,zone\n\
    anna,Anna,account-manager,anna@firma.example,maria,North,Europe/Warsaw\n\
    piotr,Piotr,account-manager,piotr@firma.example,maria,North,Europe/Warsaw\n\
    kamil,Kamil,account-manager,kamil@firma.example,zofia,,Europe/Warsaw\n\
    ewa,Ewa,account-manager,ewa@firma.example,,,Europe/Warsaw\n\
    maria,Maria,staff,maria@firma.example,,,Europe/Warsaw\n\
    zofia,Zofia,staff,zofia@firma.example,,,Europe/Warsaw\n\
    adam,Adam,admin,adam@firma.example,,,Europe/Warsaw\n";
const ACCOUNTS: &str = "external_id,name,owner,class,domains,confidential\nacme,Acme,anna,A,acme-x.test,no\n\
    beta,Beta,anna,B,beta-x.test,no\nquiet,Quiet,anna,A,,yes\ngamma,Gamma,kamil,A,,no\n";
const CONTACTS: &str = "external_id,name,owner,account,emails\njan,Jan,anna,acme,jan@acme-x.test\n\
    ola,Ola,anna,beta,ola@beta-x.test\n";
const OPPORTUNITIES: &str = "external_id,name,owner,account,number,confidential\no1,Pumps,anna,acme,OP-1,no\n\
    o2,Valves,anna,beta,OP-2,no\no3,Merger,anna,quiet,OP-3,yes\n";

/// An installation with its people and records.
struct Desk {
    company: Company,
    instance: Instance,
}

impl Desk {
    async fn open(kind: Kind) -> Desk {
        Desk::with(kind, |_| {}).await
    }

    async fn with(kind: Kind, change: impl Fn(&mut Company)) -> Desk {
        let mut company = Company::new(kind, &Names::plain());
        company.mailbox("anna", 1, None);
        change(&mut company);
        let instance = Instance::open(&company.config, Use::Work).await.unwrap();
        let desk = Desk { company, instance };
        for (what, text) in [
            (What::Users, USERS),
            (What::Records(RecordKind::Account), ACCOUNTS),
            (What::Records(RecordKind::Contact), CONTACTS),
            (What::Records(RecordKind::Opportunity), OPPORTUNITIES),
        ] {
            let mut tx = desk.write().await;
            let world = desk.world(&mut tx, NOW).await;
            import::import(&mut tx, what, text.as_bytes(), &options(None), &world, NOW).await.unwrap();
            tx.commit().await.unwrap();
        }
        desk
    }

    async fn write(&self) -> Tx {
        self.instance.db.write().await.unwrap()
    }

    async fn world(&self, tx: &mut Tx, now: Timestamp) -> World {
        people::world(tx, &self.company.config.rights(), now).await.unwrap()
    }

    async fn user(&self, login: &str) -> UserId {
        let mut tx = self.write().await;
        people::by_login(&mut tx, login).await.unwrap().unwrap().person.id
    }

    async fn record(&self, external: &str) -> Record {
        let mut tx = self.write().await;
        let id = self.company.number(&format!("select id from records where external_id = '{external}'"));
        records::load(&mut tx, &[RecordId(id)]).await.unwrap().remove(0).record
    }

    /// Enters an absence as `by`; `None` is the operator.
    async fn try_add(&self, by: Option<&str>, entered: &Entered, now: Timestamp) -> Result<Added, Refused> {
        let by = self.maybe(by).await;
        let mut tx = self.write().await;
        let world = self.world(&mut tx, now).await;
        let added = absences::add(&mut tx, entered, &world, by, now).await.unwrap();
        if added.is_ok() {
            tx.commit().await.unwrap();
        }
        added
    }

    async fn add(&self, entered: &Entered) -> Absence {
        self.try_add(None, entered, NOW).await.unwrap().absence
    }

    async fn maybe(&self, login: Option<&str>) -> Option<UserId> {
        match login {
            Some(login) => Some(self.user(login).await),
            None => None,
        }
    }

    async fn try_edit(
        &self,
        by: Option<&str>,
        id: AbsenceId,
        change: impl Fn(&mut Entered),
        now: Timestamp,
    ) -> Result<Added, Refused> {
        let by = self.maybe(by).await;
        let mut tx = self.write().await;
        let world = self.world(&mut tx, now).await;
        let users = people::every(&mut tx).await.unwrap();
        let login = |id| users.iter().find(|u| u.person.id == id).unwrap().login.clone();
        let absence = store::absences::load(&mut tx, id).await.unwrap().unwrap();
        let mut entered = Entered::of(&absence, &world, login);
        change(&mut entered);
        let changed = absences::edit(&mut tx, id, &entered, &world, by, now).await.unwrap();
        if changed.is_ok() {
            tx.commit().await.unwrap();
        }
        changed
    }

    async fn try_end(&self, by: Option<&str>, which: Which, now: Timestamp) -> Result<Absence, Refused> {
        let by = self.maybe(by).await;
        let mut tx = self.write().await;
        let world = self.world(&mut tx, now).await;
        let ended = absences::end(&mut tx, &which, &world, by, now).await.unwrap();
        if ended.is_ok() {
            tx.commit().await.unwrap();
        }
        ended
    }

    /// Who answers for a record, and how.
    async fn answers(&self, external: &str, now: Timestamp) -> (String, AnswerPath) {
        let record = self.record(external).await;
        let mut tx = self.write().await;
        let world = self.world(&mut tx, now).await;
        let found = answers_now(&record, &world, now);
        (found.user.map_or_else(|| "nobody".into(), |u| world.person(u).unwrap().name.clone()), found.path)
    }

    async fn answers_name(&self, external: &str, now: Timestamp) -> String {
        self.answers(external, now).await.0
    }

    /// Whether somebody sees a record.
    async fn sees(&self, login: &str, external: &str, now: Timestamp) -> bool {
        let (user, record) = (self.user(login).await, self.record(external).await);
        let mut tx = self.write().await;
        let world = self.world(&mut tx, now).await;
        let scope = people::scope(&mut tx, user, &world, now).await.unwrap();
        !records::load_seen(&mut tx, &scope, &[record.id]).await.unwrap().is_empty()
    }

    /// What speaks against absences, as the viewer is told.
    async fn troubles(&self, viewer: Option<&str>, now: Timestamp) -> Vec<String> {
        let viewer = self.maybe(viewer).await;
        let mut tx = self.write().await;
        let world = self.world(&mut tx, now).await;
        let found = absences::troubles(&mut tx, &world, viewer, access::concerns, now).await.unwrap();
        found.iter().flat_map(|(a, problems)| problems.iter().map(move |p| format!("{}: {p}", a.id))).collect()
    }

    async fn import(&self, text: &str, skip_broken: bool) -> Result<(import::Summary, Vec<String>), ImportError> {
        let mut tx = self.write().await;
        let world = self.world(&mut tx, NOW).await;
        let options = Options { skip_broken, ..options(None) };
        let done = import::absences(&mut tx, text.as_bytes(), &options, &world, NOW).await;
        if done.is_ok() {
            tx.commit().await.unwrap();
        }
        done
    }
}

fn options(by: Option<UserId>) -> Options {
    Options { leave_records: false, skip_broken: false, by, zone: "Europe/Warsaw".into(), language: "en".into() }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn away(user: &str, from: &str, until: Option<&str>, substitute: Option<&str>) -> Entered {
    let (first_day, first_time) = when(from).unwrap();
    let until = until.map(|text| when(text).unwrap());
    Entered {
        user: user.into(),
        first_day,
        first_time,
        last_day: until.map(|u| u.0),
        last_time: until.and_then(|u| u.1),
        substitute: substitute.map(str::to_owned),
        ..Entered::default()
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_utc(text.parse().unwrap())
}

fn except(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

/// Each sentence on both databases.
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
    the_person_their_line_manager_and_an_admin_enter_an_absence_and_nobody_else
    nobody_but_the_person_names_who_reads_what_is_confidential
    every_field_is_saved_and_comes_back
    an_exception_is_no_way_to_ask_which_records_exist
    prolonging_keeps_the_absence_and_ending_it_early_is_written_down
    an_upcoming_absence_is_called_off_and_never_runs
    every_change_stands_in_the_audit_without_the_kind_of_absence
    a_chain_from_anna_to_piotr_to_kamil_goes_back_when_kamil_is_back_early
    an_exception_by_account_puts_its_records_to_somebody_else
    an_absence_over_the_clock_change_in_warsaw_ends_at_local_midnight
    an_open_end_is_asked_about_after_two_weeks
    half_a_day_begins_and_ends_by_the_clock
    a_deactivated_substitute_and_a_lost_fallback_show_on_absences_that_stand
    problems_are_told_to_those_whose_business_they_are
    an_office_list_is_imported_again_and_again
    a_broken_row_stops_the_import_unless_the_rest_is_wanted
    a_notice_names_who_answers_for_what_the_correspondent_writes_about
}

async fn the_person_their_line_manager_and_an_admin_enter_an_absence_and_nobody_else(kind: Kind) {
    let desk = Desk::open(kind).await;
    let entered = away("anna", "2026-12-01", Some("2026-12-04"), Some("piotr"));
    for by in ["piotr", "zofia", "kamil"] {
        let refused = desk.try_add(Some(by), &entered, NOW).await.unwrap_err();
        assert_eq!(refused.0, [Objection::NotYours("Anna".into())], "{by}");
        assert!(refused.to_string().contains("only Anna, their line managers and admins enter"), "{refused}");
    }
    for (n, by) in ["anna", "maria", "adam"].into_iter().enumerate() {
        let entered = Entered {
            first_day: day(&format!("2026-12-{:02}", n * 7 + 1)),
            last_day: Some(day(&format!("2026-12-{:02}", n * 7 + 4))),
            ..entered.clone()
        };
        let absence = desk.try_add(Some(by), &entered, NOW).await.unwrap().absence;
        // Piotr stands in and knows of it, but does not change it; to Kamil there is none.
        let no = desk.try_end(Some("piotr"), Which::Id(absence.id), NOW).await.unwrap_err();
        assert_eq!(no.0, [Objection::NotYours("Anna".into())]);
        let no = desk.try_end(Some("kamil"), Which::Id(absence.id), NOW).await.unwrap_err();
        let none = desk.try_end(Some("kamil"), Which::Id(AbsenceId(999)), NOW).await.unwrap_err();
        assert_eq!(no.to_string().replace(&absence.id.to_string(), "999"), none.to_string());
        // Nor does somebody make it their own, or a third person's.
        let stolen = desk.try_edit(Some("adam"), absence.id, |e| e.user = "kamil".into(), NOW).await.unwrap_err();
        assert_eq!(stolen.0, [Objection::NotYours("Kamil".into())]);
    }
    assert_eq!(desk.company.number("select count(*) from absences"), 3);
}

async fn nobody_but_the_person_names_who_reads_what_is_confidential(kind: Kind) {
    let desk = Desk::open(kind).await;
    let entered = away("anna", "2026-11-20", Some("2026-11-27"), Some("piotr"));
    let naming = |who: &str| Entered { deputy: Some(who.into()), ..entered.clone() };
    for (by, deputy) in [("maria", "maria"), ("maria", "ewa"), ("adam", "adam")] {
        let refused = desk.try_add(Some(by), &naming(deputy), NOW).await.unwrap_err();
        assert_eq!(refused.0, [Objection::DeputyIsTheirs("Anna".into())], "{by}");
    }
    let absence = desk.try_add(Some("maria"), &entered, NOW).await.unwrap().absence;
    let refused = desk.try_edit(Some("maria"), absence.id, |e| e.deputy = Some("maria".into()), NOW).await.unwrap_err();
    assert_eq!(refused.0, [Objection::DeputyIsTheirs("Anna".into())]);
    assert!(!desk.sees("maria", "o3", NOW).await);
    desk.try_edit(Some("anna"), absence.id, |e| e.deputy = Some("kamil".into()), NOW).await.unwrap();
    assert!(desk.sees("kamil", "o3", NOW).await && !desk.sees("piotr", "o3", NOW).await);
    // Whom she trusted may stay, and may be taken out again.
    desk.try_edit(Some("maria"), absence.id, |e| e.last_day = Some(day("2026-12-04")), NOW).await.unwrap();
    desk.try_edit(Some("maria"), absence.id, |e| e.deputy = None, NOW).await.unwrap();
    assert!(!desk.sees("kamil", "o3", NOW).await);
}

async fn every_field_is_saved_and_comes_back(kind: Kind) {
    let desk = Desk::open(kind).await;
    let acme = desk.record("acme").await.id;
    let pumps = desk.record("o1").await.id;
    let entered = Entered {
        back_on: Some(day("2026-12-14")),
        nature: Nature::Sick,
        exceptions: except(&[
            ("account:Acme", "kamil"),
            ("record:OP-1", "ewa"),
            ("team:north", "maria"),
            ("class:b", "ewa"),
            ("kind:lead", "piotr"),
        ]),
        deputy: Some("maria".into()),
        plan: CoverPlan::HandOver,
        cover_writes: false,
        notice: true,
        notice_texts: [("pl".to_owned(), "Nie ma mnie do {until}. {substitute}".to_owned())].into(),
        zone: Some("Europe/London".into()),
        ..away("anna", "2026-12-01T12:00", Some("2026-12-11T16:30"), Some("piotr"))
    };
    let saved = desk.add(&entered).await;
    let mut tx = desk.write().await;
    let stored = store::absences::load(&mut tx, saved.id).await.unwrap().unwrap();
    drop(tx);
    assert_eq!(stored, saved);
    assert_eq!((stored.starts, stored.ends), (at("2026-12-01T12:00:00Z"), Some(at("2026-12-11T16:30:00Z"))));
    let selectors: Vec<Selector> = stored.exceptions.iter().map(|e| e.what).collect();
    assert_eq!(&selectors[..2], [Selector::Account(acme), Selector::Record(pumps)]);
    assert_eq!((stored.nature, stored.plan, stored.cover_writes), (Nature::Sick, CoverPlan::HandOver, false));
    assert_eq!((stored.notice_since, stored.back_on), (Some(NOW), Some(day("2026-12-14"))));
    // As it would have been entered is the same again.
    let again = desk.try_edit(None, saved.id, |_| {}, NOW.plus(HOUR)).await.unwrap().absence;
    assert_eq!(again, saved);
    let bad = Entered {
        exceptions: except(&[("class:E", "ewa"), ("team:South", "ewa"), ("what", "nobody")]),
        notice_texts: [("de".to_owned(), "{amount}".to_owned())].into(),
        ..away("piotr", "2026-12-01", Some("2026-12-02"), None)
    };
    let refused = desk.try_add(None, &bad, NOW).await.unwrap_err().0;
    assert_eq!(refused.len(), 6, "{refused:?}");
}

async fn an_exception_is_no_way_to_ask_which_records_exist(kind: Kind) {
    let desk = Desk::open(kind).await;
    let (gamma, quiet) = (desk.record("gamma").await.id, desk.record("quiet").await.id);
    let naming = |what: &str| Entered {
        exceptions: except(&[(what, "ewa")]),
        ..away("anna", "2026-12-01", Some("2026-12-04"), Some("piotr"))
    };
    // Kamil's account, by name and number, looks to Anna as if there were none; so do her
    // confidential ones to her manager and to an admin.
    let cases =
        [("anna", gamma, "Gamma"), ("maria", quiet, "Quiet"), ("adam", quiet, "Quiet"), ("adam", gamma, "Gamma")];
    for (by, id, name) in cases {
        for text in [id.to_string(), name.to_owned(), "424242".to_owned(), "Nowhere".to_owned()] {
            let refused = desk.try_add(Some(by), &naming(&format!("account:{text}")), NOW).await.unwrap_err();
            assert_eq!(refused.0, [Objection::NoRecord(text)], "{by}");
        }
    }
    // Nor does naming a record give sight of it: an exception is about what Anna owns.
    let added = desk.try_add(None, &naming("class:A"), NOW).await.unwrap();
    assert!(matches!(added.warnings[..], [access::Problem::NoDeputy(_)]), "{:?}", added.warnings);
    let during = at("2026-12-02T12:00:00Z");
    assert!(desk.sees("ewa", "acme", during).await);
    assert!(!desk.sees("ewa", "gamma", during).await && !desk.sees("ewa", "quiet", during).await);
}

async fn prolonging_keeps_the_absence_and_ending_it_early_is_written_down(kind: Kind) {
    let desk = Desk::open(kind).await;
    let early = "select case when ended_early then 1 else 0 end from absences";
    let entered = Entered { notice: true, ..away("anna", "2026-11-19", Some("2026-11-24"), Some("piotr")) };
    let absence = desk.add(&entered).await;
    let later = NOW.plus(DAY);
    let longer =
        desk.try_edit(Some("anna"), absence.id, |e| e.last_day = Some(day("2026-12-04")), later).await.unwrap().absence;
    assert_eq!((longer.id, longer.notice_since), (absence.id, Some(NOW)), "R48: the same absence, told once");
    assert_eq!(longer.ends, Some(at("2026-12-04T23:00:00Z")));
    assert_eq!(desk.company.number(early), 0);
    assert_eq!(desk.answers_name("acme", at("2026-12-02T12:00:00Z")).await, "Piotr");
    let other = desk.try_edit(Some("maria"), absence.id, |e| e.substitute = Some("ewa".into()), later).await.unwrap();
    assert_eq!(other.absence.id, absence.id);
    assert_eq!(desk.answers_name("acme", later).await, "Ewa");
    // Shortened to a day that is over, it would end now: that is said, not done.
    let refused = desk.try_edit(None, absence.id, |e| e.last_day = Some(day("2026-11-19")), later).await.unwrap_err();
    assert_eq!(refused.0, [Objection::EndsNow]);
    let ended = desk.try_end(Some("anna"), Which::Of("anna".into()), later).await.unwrap();
    assert_eq!((ended.ends, ended.last_day), (Some(later), Some(day("2026-12-04"))));
    assert_eq!(desk.company.number(early), 1);
    assert_eq!(desk.answers_name("acme", later).await, "Anna");
    assert!(!desk.sees("ewa", "acme", later).await);
    let refused = desk.try_edit(None, absence.id, |_| {}, later).await.unwrap_err();
    assert_eq!(refused.0, [Objection::Over(absence.id)]);
    let refused = desk.try_end(None, Which::Of("anna".into()), later).await.unwrap_err();
    assert_eq!(refused.0, [Objection::NotAway("anna".into())]);
}

async fn an_upcoming_absence_is_called_off_and_never_runs(kind: Kind) {
    let desk = Desk::open(kind).await;
    let absence = desk.add(&away("anna", "2026-12-01", Some("2026-12-04"), Some("piotr"))).await;
    let ended = desk.try_end(None, Which::Id(absence.id), NOW).await.unwrap();
    assert_eq!(ended.ends, Some(ended.starts));
    assert_eq!(desk.answers_name("acme", at("2026-12-02T12:00:00Z")).await, "Anna");
    let mut tx = desk.write().await;
    let (from, until) = (at("2026-12-01T00:00:00Z"), at("2026-12-31T00:00:00Z"));
    assert_eq!(store::absences::between(&mut tx, from, until).await.unwrap(), []);
    drop(tx);
    // The days are free again.
    desk.add(&away("anna", "2026-12-02", Some("2026-12-03"), Some("piotr"))).await;
    let mut tx = desk.write().await;
    assert_eq!(store::absences::between(&mut tx, from, until).await.unwrap().len(), 1);
    let noon = at("2026-12-03T12:00:00Z");
    assert_eq!(store::absences::between(&mut tx, noon, noon.plus(1)).await.unwrap().len(), 1);
}

async fn every_change_stands_in_the_audit_without_the_kind_of_absence(kind: Kind) {
    let desk = Desk::open(kind).await;
    let entered = Entered { nature: Nature::Sick, ..away("anna", "2026-11-20", Some("2026-11-27"), Some("piotr")) };
    let absence = desk.try_add(Some("maria"), &entered, NOW).await.unwrap().absence;
    desk.try_edit(Some("anna"), absence.id, |e| e.substitute = Some("ewa".into()), NOW).await.unwrap();
    desk.try_end(None, Which::Id(absence.id), NOW).await.unwrap();
    let lines = desk.company.rows(
        "select a.action || ' by ' || coalesce(u.login, 'the operator') || ' ' || a.subject_id || ' ' || a.detail \
         from audit a left join users u on u.id = a.actor_id where a.action like 'absence-%' order by a.id",
    );
    let (ewa, piotr) = (desk.user("ewa").await, desk.user("piotr").await);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with(&format!("absence-added by maria {} ", absence.id)), "{lines:?}");
    assert!(lines[1].starts_with("absence-changed by anna"), "{lines:?}");
    assert!(lines[1].contains(&format!("\"substitute\":[{piotr},{ewa}]")), "{lines:?}");
    assert!(lines[2].starts_with("absence-ended by the operator"), "{lines:?}");
    assert!(!lines.concat().contains("sick"));
}

async fn a_chain_from_anna_to_piotr_to_kamil_goes_back_when_kamil_is_back_early(kind: Kind) {
    let desk = Desk::open(kind).await;
    // Kamil is away first, Ewa for him; then Piotr with Kamil, and Anna with Piotr.
    let kamil = desk.add(&away("kamil", "2026-11-16", Some("2026-11-27"), Some("ewa"))).await;
    let piotr = desk.try_add(None, &away("piotr", "2026-11-16", Some("2026-12-04"), Some("kamil")), NOW).await.unwrap();
    let said: Vec<String> = piotr.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["Kamil is away too from 2026-11-20 to 2026-11-27; in that time Ewa answers for all records (0 records)"]
    );
    let anna = desk.try_add(None, &away("anna", "2026-11-16", Some("2026-12-11"), Some("piotr")), NOW).await.unwrap();
    let said: Vec<String> = anna.warnings.iter().map(ToString::to_string).collect();
    let expected = [
        "Piotr is away too from 2026-11-20 to 2026-11-27; in that time Ewa answers for all records (6 records)",
        "Piotr is away too from 2026-11-28 to 2026-12-04; in that time Kamil answers for all records (6 records)",
    ];
    assert_eq!(said[..2], expected, "{said:?}");
    assert!(said[2].starts_with("nobody answers for confidential records (2 records)"), "{said:?}");
    assert_eq!(desk.answers_name("o1", NOW).await, "Ewa");
    for who in ["piotr", "kamil", "ewa"] {
        assert!(desk.sees(who, "o1", NOW).await, "everybody on the way reads: {who}");
    }
    desk.try_end(Some("kamil"), Which::Id(kamil.id), NOW).await.unwrap();
    assert_eq!(desk.answers_name("o1", NOW).await, "Kamil");
    assert!(!desk.sees("ewa", "o1", NOW).await, "her sight went with Kamil's absence");
    assert_eq!(desk.answers_name("o1", at("2026-12-05T12:00:00Z")).await, "Piotr");
    assert_eq!(desk.answers_name("o1", at("2026-12-12T12:00:00Z")).await, "Anna");
}

async fn an_exception_by_account_puts_its_records_to_somebody_else(kind: Kind) {
    let desk = Desk::open(kind).await;
    let entered = Entered {
        exceptions: except(&[("account:Acme", "kamil"), ("class:B", "ewa")]),
        ..away("anna", "2026-11-20", Some("2026-11-27"), Some("piotr"))
    };
    let by = desk.user("anna").await;
    let mut tx = desk.write().await;
    let world = desk.world(&mut tx, NOW).await;
    let prepared = absences::prepare(&mut tx, None, &entered, &world, Some(by), NOW).await.unwrap().unwrap();
    drop(tx);
    let counts: Vec<(i64, i64)> = prepared.preview.portions.iter().map(|(_, _, c)| (c.accounts, c.records())).collect();
    assert_eq!(counts, [(1, 3), (1, 3), (0, 0), (1, 2)], "Acme, class B, the rest, what is confidential");
    assert_eq!(prepared.preview.records(), 6);
    let gains: Vec<i64> = prepared.preview.gains.iter().map(|g| g.counts.records()).collect();
    assert_eq!(gains, [3, 3], "Kamil and Ewa; nothing is left for Piotr");
    desk.add(&entered).await;
    for (record, who) in [("acme", "Kamil"), ("jan", "Kamil"), ("o1", "Kamil"), ("beta", "Ewa"), ("o2", "Ewa")] {
        assert_eq!(desk.answers(record, NOW).await, (who.to_owned(), AnswerPath::Substitute), "{record}");
    }
    assert_eq!(desk.answers_name("o3", NOW).await, "nobody", "no exception reaches what is confidential");
    assert!(desk.sees("kamil", "o1", NOW).await && !desk.sees("kamil", "o2", NOW).await);
    assert!(!desk.sees("piotr", "o1", NOW).await && !desk.sees("ewa", "o1", NOW).await);
    let after = at("2026-11-27T23:00:00Z");
    assert!(desk.sees("kamil", "o1", after.plus(-1)).await && !desk.sees("kamil", "o1", after).await);
}

async fn an_absence_over_the_clock_change_in_warsaw_ends_at_local_midnight(kind: Kind) {
    let desk = Desk::open(kind).await;
    // Summer time begins on 28 March 2027 in Warsaw.
    let absence = desk.add(&away("anna", "2027-03-26", Some("2027-03-29"), Some("piotr"))).await;
    assert_eq!((absence.starts, absence.ends), (at("2027-03-25T23:00:00Z"), Some(at("2027-03-29T22:00:00Z"))));
    assert_eq!(absence.ends.unwrap().since(absence.starts), 4 * DAY - HOUR);
    assert_eq!(desk.answers_name("o1", at("2027-03-29T21:59:59Z")).await, "Piotr");
    assert_eq!(desk.answers_name("o1", at("2027-03-29T22:00:00Z")).await, "Anna");
    // It ends on 31 October: that day has 25 hours.
    let absence = desk.add(&away("anna", "2027-10-31", Some("2027-10-31"), Some("piotr"))).await;
    assert_eq!(absence.ends.unwrap().since(absence.starts), 25 * HOUR);
    // A time that the clock jumps over is the first that there is.
    let jumped = desk.add(&away("ewa", "2027-03-28T02:30", Some("2027-03-28"), Some("piotr"))).await;
    assert_eq!(jumped.starts, at("2027-03-28T01:00:00Z"));
}

async fn an_open_end_is_asked_about_after_two_weeks(kind: Kind) {
    let desk = Desk::open(kind).await;
    let absence = desk.add(&away("anna", "2026-11-18", None, Some("piotr"))).await;
    assert_eq!((absence.ends, absence.confirm_on), (None, Some(day("2026-12-04"))), "two weeks from today");
    assert_eq!(desk.answers_name("o1", at("2031-01-01T12:00:00Z")).await, "Piotr");
    assert_eq!(desk.troubles(Some("anna"), at("2026-12-03T22:00:00Z")).await, Vec::<String>::new());
    let due = at("2026-12-03T23:00:00Z");
    for who in ["anna", "piotr", "maria"] {
        let told = desk.troubles(Some(who), due).await;
        assert!(
            told.iter().any(|t| t.contains("was to be confirmed on 2026-12-04: is Anna still away?")),
            "{who}: {told:?}"
        );
    }
    desk.try_edit(Some("anna"), absence.id, |e| e.confirm_on = Some(day("2027-01-15")), due).await.unwrap();
    assert!(desk.troubles(Some("piotr"), due).await.is_empty());
    let known =
        desk.try_edit(Some("anna"), absence.id, |e| e.last_day = Some(day("2026-12-11")), due).await.unwrap().absence;
    assert_eq!((known.id, known.confirm_on), (absence.id, None));
}

async fn half_a_day_begins_and_ends_by_the_clock(kind: Kind) {
    let desk = Desk::open(kind).await;
    let absence = desk.add(&away("anna", "2026-12-01T12:00", Some("2026-12-02T12:00"), Some("piotr"))).await;
    assert_eq!((absence.starts, absence.ends), (at("2026-12-01T11:00:00Z"), Some(at("2026-12-02T11:00:00Z"))));
    let names = [("2026-12-01T10:59:59Z", "Anna"), ("2026-12-01T11:00:00Z", "Piotr"), ("2026-12-02T11:00:00Z", "Anna")];
    for (moment, who) in names {
        assert_eq!(desk.answers_name("o1", at(moment)).await, who, "{moment}");
    }
    assert_eq!(access::first_day_back(&absence, &[]), Some(day("2026-12-02")), "back at noon");
    // The other half of the day is another absence.
    desk.add(&away("anna", "2026-12-02T12:00", Some("2026-12-02"), Some("ewa"))).await;
    assert_eq!(desk.answers_name("o1", at("2026-12-02T11:00:00Z")).await, "Ewa");
    let refused = desk.try_add(None, &away("anna", "2026-12-01", Some("2026-12-01T13:00"), None), NOW).await;
    assert!(refused.unwrap_err().to_string().contains("Anna is already away from 2026-12-01 to 2026-12-02"));
}

async fn a_deactivated_substitute_and_a_lost_fallback_show_on_absences_that_stand(kind: Kind) {
    let desk = Desk::open(kind).await;
    let anna = desk.add(&away("anna", "2026-11-20", Some("2026-11-27"), Some("ewa"))).await.id;
    let mut tx = desk.write().await;
    let north = people::teams(&mut tx).await.unwrap()[0].id;
    let (maria, mut ewa) = (
        people::by_login(&mut tx, "maria").await.unwrap().unwrap(),
        people::by_login(&mut tx, "ewa").await.unwrap().unwrap(),
    );
    people::set_team_fallback(&mut tx, north, Some(maria.person.id)).await.unwrap();
    tx.commit().await.unwrap();
    let piotr = desk.add(&away("piotr", "2026-12-01", Some("2026-12-04"), None)).await.id;
    assert_eq!(desk.troubles(Some("piotr"), NOW).await, Vec::<String>::new(), "the team's fallback answers");
    let mut tx = desk.write().await;
    ewa.person.active = false;
    people::upsert(&mut tx, &ewa, NOW).await.unwrap();
    people::set_team_fallback(&mut tx, north, None).await.unwrap();
    tx.commit().await.unwrap();
    let told = desk.troubles(None, NOW).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with(&format!("{anna}: Ewa is deactivated and cannot stand in for all records")),
        "{told:?}"
    );
    assert!(
        told[1].starts_with(&format!("{piotr}: from 2026-12-01 to 2026-12-04 nobody answers for all records")),
        "{told:?}"
    );
    // Saving another absence says what it breaks elsewhere.
    desk.try_edit(None, anna, |e| e.substitute = Some("kamil".into()), NOW).await.unwrap();
    let added = desk.try_add(None, &away("kamil", "2026-11-23", Some("2026-11-24"), None), NOW).await.unwrap();
    assert_eq!(added.elsewhere.len(), 1);
    assert_eq!(added.elsewhere[0].0, anna);
    let told = desk.troubles(Some("anna"), NOW).await;
    let kamil_too =
        "Kamil is away too from 2026-11-23 to 2026-11-24; in that time nobody answers for all records (6 records)";
    assert!(told.iter().any(|t| t.ends_with(kamil_too)), "{told:?}");
    desk.try_end(None, Which::Id(added.absence.id), NOW).await.unwrap();
    assert!(!desk.troubles(Some("anna"), NOW).await.iter().any(|t| t.contains("Kamil")));
}

async fn problems_are_told_to_those_whose_business_they_are(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.add(&away("piotr", "2026-11-20", Some("2026-11-27"), None)).await;
    let entered =
        Entered { deputy: Some("piotr".into()), ..away("anna", "2026-11-20", Some("2026-11-27"), Some("piotr")) };
    let warned = desk.try_add(None, &entered, NOW).await.unwrap();
    assert!(warned.warnings.iter().any(access::Problem::is_gap));
    for (who, count) in [("anna", 2), ("piotr", 3), ("maria", 3), ("adam", 3), ("kamil", 0), ("zofia", 0)] {
        let told = desk.troubles(Some(who), NOW).await;
        assert_eq!(told.len(), count, "{who}: {told:?}");
        // How many of Anna's are confidential is hers to know.
        assert_eq!(told.concat().contains("confidential records (2"), who == "anna", "{who}: {told:?}");
    }
}

async fn an_office_list_is_imported_again_and_again(kind: Kind) {
    let desk = Desk::open(kind).await;
    let list = "user;from;until;substitute;exceptions;type;notice\n\
        anna;2026-12-01;2026-12-04;piotr;account:Acme=kamil | class:B=ewa;sick;tak\n\
        kamil;2026-12-07T12:00;;ewa;;;\n";
    let (summary, warnings) = desk.import(list, false).await.unwrap();
    assert_eq!((summary.created, summary.changed, summary.unchanged), (2, 0, 0));
    assert!(warnings.iter().any(|w| w.starts_with("row 2: nobody answers for confidential")), "{warnings:?}");
    let (summary, _) = desk.import(list, false).await.unwrap();
    assert_eq!((summary.created, summary.changed, summary.unchanged), (0, 0, 2), "the same again changes nothing");
    let prolonged = "user;from;until\nanna;2026-12-01;2026-12-11\n";
    let (summary, _) = desk.import(prolonged, false).await.unwrap();
    assert_eq!((summary.created, summary.changed), (0, 1));
    let mut tx = desk.write().await;
    let all = store::absences::not_over(&mut tx, NOW).await.unwrap();
    drop(tx);
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].last_day, all[0].exceptions.len()), (Some(day("2026-12-11")), 2), "the rest stays");
    assert_eq!((all[0].nature, all[0].notice, all[1].ends), (Nature::Sick, true, None));
    assert_eq!(all[1].phase(at("2026-12-07T11:00:00Z")), Phase::Running);
    assert_eq!(desk.company.number("select count(*) from audit where action like 'absence-%'"), 3);
}

async fn a_broken_row_stops_the_import_unless_the_rest_is_wanted(kind: Kind) {
    let desk = Desk::open(kind).await;
    let list = "user,from,until,substitute,plan\n\
        anna,2026-12-01,2026-12-04,piotr,\n\
        ana,2026-12-01,2026-12-04,piotr,\n\
        anna,2026-12-03,2026-12-08,piotr,\n\
        ewa,1.12.2026,,piotr,\n\
        ewa,2026-12-01,2026-12-04,ewa,lend\n\
        kamil,2026-11-01,2026-11-04,ewa,\n";
    let Err(ImportError::Rows { rows, broken }) = desk.import(list, false).await else { panic!() };
    let said: Vec<String> = broken.iter().map(ToString::to_string).collect();
    assert_eq!(rows, 6);
    for (text, expected) in said.iter().zip([
        "row 3: there is no user with the login `ana`; did you mean `anna`?",
        "row 4: Anna is already away from 2026-12-01 to 2026-12-04",
        "row 5, column from: `1.12.2026` is no day",
        "row 6, column plan: `lend` is neither cover nor hand-over",
        "row 7: the last day lies in the past",
    ]) {
        assert!(text.starts_with(expected), "{text}");
    }
    assert_eq!(said.len(), 5, "{said:?}");
    assert_eq!(desk.company.number("select count(*) from absences"), 0);
    let (summary, _) = desk.import(list, true).await.unwrap();
    assert_eq!((summary.created, summary.broken.len()), (1, 5));
}

/// A mail to Anna as it came over the wire, vouched for by our own server unless `stamp` says else.
fn letter(from: &str, id: &str, subject: &str, stamp: &str) -> Vec<u8> {
    let domain = from.rsplit('@').next().unwrap();
    let stamp = match stamp {
        "pass" => format!("Authentication-Results: mx.firma.example; dmarc=pass header.from={domain}\r\n"),
        _ => String::new(),
    };
    format!(
        "Return-Path: <{from}>\r\n{stamp}Received: from x by mx.firma.example; Fri, 20 Nov 2026 11:00:00 +0000\r\n\
         From: <{from}>\r\nTo: <anna@firma.example>\r\nSubject: {subject}\r\nDate: Fri, 20 Nov 2026 11:00:00 +0000\r\n\
         Message-ID: <{id}@{domain}>\r\n\r\nHello, {subject}.\r\n"
    )
    .into_bytes()
}

async fn a_notice_names_who_answers_for_what_the_correspondent_writes_about(kind: Kind) {
    // (who writes, whether they took part before, our server's word, who is named)
    let cases = [
        ("jan@acme-x.test", true, "pass", "kamil@firma.example"),
        ("jan@acme-x.test", false, "pass", "piotr@firma.example"),
        ("jan@acme-x.test", true, "", "piotr@firma.example"),
        ("ola@beta-x.test", true, "pass", "piotr@firma.example"),
    ];
    for (n, (from, before, stamp, expected)) in cases.into_iter().enumerate() {
        let desk = Desk::with(kind, |company| {
            company.config.notice.enabled = true;
            company.config.notice.authserv_id = "mx.firma.example".into();
        })
        .await;
        let entered = Entered {
            notice: true,
            exceptions: except(&[("account:Acme", "kamil")]),
            ..away("anna", "2026-11-19", Some("2026-11-27"), Some("piotr"))
        };
        desk.add(&entered).await;
        let text = notice_for(&desk, from, before, stamp).await;
        let named: Vec<&str> = ["kamil@", "piotr@", "ewa@"].into_iter().filter(|name| text.contains(*name)).collect();
        assert_eq!(named, [&expected[..expected.find('@').unwrap() + 1]], "case {n}: {text}");
    }
    // Of a confidential record nothing can be told from the notice.
    let desk = Desk::with(kind, |company| {
        company.config.notice.enabled = true;
        company.config.notice.authserv_id = "mx.firma.example".into();
    })
    .await;
    let entered = Entered {
        notice: true,
        exceptions: except(&[("account:Acme", "kamil")]),
        ..away("anna", "2026-11-19", Some("2026-11-27"), Some("piotr"))
    };
    desk.add(&entered).await;
    let hide = if kind == Kind::Sqlite { "1" } else { "true" };
    desk.company.rows(&format!("update records set confidential = {hide} where external_id = 'o1'"));
    let text = notice_for(&desk, "jan@acme-x.test", true, "pass").await;
    assert!(text.contains("piotr@") && !text.contains("kamil@"), "{text}");
}

/// Takes in a mail of a minute ago and one of now; gives the text of the notice that answers the
/// latter.
async fn notice_for(desk: &Desk, from: &str, before: bool, stamp: &str) -> String {
    let now = NOW.plus(HOUR);
    let config = Arc::new(desk.company.config.clone());
    let shared = Shared::new(&desk.instance, config, Clock::new(move || now), Signals::default());
    let (account, row) = shared.mailboxes().await.unwrap().remove(0);
    desk.company.rows(&format!("update mailboxes set connected_at = {}", NOW.0));
    let intake = shared.reader(&account, row.id).await.unwrap().unwrap().intake;
    let mut tx = desk.write().await;
    let folder = store::folders::ensure(&mut tx, intake.context.mailbox, "INBOX", Role::Inbox).await.unwrap().id;
    store::folders::begin_epoch(&mut tx, folder, 7, 1, 10_000, 1).await.unwrap();
    tx.commit().await.unwrap();
    let mut letters = Vec::new();
    if before {
        // Too old to be answered, so that the second is.
        letters.push((
            1,
            now.plus(-5 * MINUTE),
            Arrival::Backlog(standin::model::cursor::Why::Backfill),
            letter(from, "a", "first", "pass"),
        ));
    }
    letters.push((2, now.plus(-SECOND), Arrival::Live, letter(from, "b", "second", stamp)));
    for (uid, internal_at, arrival, raw) in letters {
        let seen =
            Seen { uid, size: raw.len() as u64, internal_date: Some(internal_at), flags: Vec::new(), modseq: None };
        let mut tx = desk.write().await;
        store::locations::insert_pending(&mut tx, folder, 1, &[seen], arrival, now).await.unwrap();
        let location = store::locations::states(&mut tx, folder, 1, uid, uid).await.unwrap()[0].0;
        tx.commit().await.unwrap();
        let found = Found {
            location,
            folder,
            role: Role::Inbox,
            arrival,
            internal_at: Some(internal_at),
            flags: Vec::new(),
            raw,
        };
        let prepared = prepare(vec![found], &intake.context.keys, &intake.context.notice.policy, now);
        intake.settle(prepared).await.unwrap();
    }
    let decided = desk.company.rows("select verdict || ' ' || reason from notice_decisions");
    assert_eq!(decided[0].trim(), "send", "{from} {stamp}");
    let hex = desk.company.rows("select {hex:bytes} from outbox").remove(0);
    let bytes: Vec<u8> = (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[n * 2..n * 2 + 2], 16).unwrap()).collect();
    String::from_utf8(bytes).unwrap().replace("=\r\n", "")
}

/// The same as an admin does it, with the program.
#[test]
fn the_commands_preview_enter_change_show_check_and_end_an_absence() {
    let company = Company::new(Kind::Sqlite, &Names::plain());
    for (what, text) in
        [("users", USERS), ("accounts", ACCOUNTS), ("contacts", CONTACTS), ("opportunities", OPPORTUNITIES)]
    {
        let file = company.file(&format!("{what}.csv"), text);
        company.call(["import", what, &file]).succeed();
    }
    let line = |text: &str| company.call(text.split(' ')).run();
    let json = |text: &str| -> serde_json::Value { serde_json::from_str(&line(text).stdout).unwrap() };
    let pl = company.file("pl.txt", "Nie ma mnie do {until}.\n");
    let fields = format!(
        "--user anna --from 2090-12-01T12:00 --until 2090-12-08 --substitute piotr --except account:Acme=kamil \
         --except kind:lead=ewa --deputy maria --type sick --read-only --notice --text pl={pl}"
    );
    let shown = json(&format!("absence preview {fields} --json"));
    assert_eq!((&shown["records"], &shown["portions"][0]["contacts"]), (&6.into(), &1.into()), "{shown}");
    assert_eq!((&shown["absence"]["id"], &shown["gains"][0]["records"]), (&0.into(), &3.into()), "{shown}");
    let text = line(&format!("absence preview {fields}")).stdout;
    assert!(text.contains("account Acme (1)") && text.contains("gains sight of 3 records"), "{text}");
    assert!(text.contains("! whoever covers can read everything but change nothing: this absence says so"), "{text}");
    assert_eq!(line("absence list").stdout, "Nobody is or will be away.\n", "a preview saves nothing");

    let added = line(&format!("absence add {fields}"));
    assert_eq!(added.code, Some(0), "{added:?}");
    assert!(
        added.stdout.starts_with("Absence 1: Anna is away from 2090-12-01 12:00 to 2090-12-08, back on "),
        "{added:?}"
    );
    let no = line("absence edit 1 --until 2090-12-15 --as kamil");
    assert!(no.code == Some(2) && no.stderr.contains("only Anna, their line managers and admins"), "{no:?}");
    let changed =
        line("absence edit 1 --until 2090-12-15T16:00 --no-except kind:lead --except account:1=ewa --writes --as adam");
    assert_eq!(changed.code, Some(0), "{changed:?}");
    let shown = json("absence show 1 --json");
    assert_eq!(shown["exceptions"], serde_json::json!([{ "what": "account:1", "substitute": "ewa" }]));
    assert_eq!(
        (&shown["last_time"], &shown["type"], &shown["cover_writes"]),
        (&"16:00".into(), &"sick".into(), &true.into())
    );
    assert_eq!(shown["notice_texts"]["pl"], "Nie ma mnie do {until}.\n");
    let shown = line("absence show 1").stdout;
    assert!(shown.contains("except       account:1: Ewa") && shown.contains("covers may   read and write"), "{shown}");

    assert_eq!(line("absence check").code, Some(0));
    let file = company.file("more.csv", "user,from,until\nanna,2090-12-10,2090-12-11\npiotr,2090-12-10,\n");
    let dry = line(&format!("absence import {file} --dry-run"));
    assert!(dry.code == Some(2) && dry.stderr.contains("row 2: Anna is already away"), "{dry:?}");
    let done = line(&format!("absence import {file} --skip-broken --json"));
    assert_eq!(done.code, Some(1));
    assert!(
        done.stdout.contains("\"created\": 1")
            && done.stderr.contains("row 3: from 2090-12-10 to an open end nobody answers"),
        "{done:?}"
    );
    let found = line("absence check");
    assert_eq!(found.code, Some(1));
    assert!(found.stdout.contains("Piotr is away too from 2090-12-10 to 2090-12-15; in that time nobody answers for the records that no exception names (3 records)"), "{found:?}");
    let found = json("absence check --json");
    assert_eq!((&found[0]["user"], &found[0]["problems"][0]["gap"]), (&"anna".into(), &true.into()), "{found}");
    assert_eq!(line("absence end 2 --as piotr").stdout, "Absence 2 is called off.\n");
    assert_eq!(line("absence check").stdout, "Nothing speaks against the absences that run or are to come.\n");
    for (text, said) in [
        ("absence add --user anna --from 2091-01-01 --except account:Acme", "write two things with = between them"),
        ("absence add --user anna --from 2091-01-01 --except county:1=ewa", "`county:1` names no records"),
        (
            "absence add --user anna --from 2091-01-01 --substitute ewa --except class:A=ewa --except class:A=piotr",
            "two exceptions are about the same, records of class A: Ewa, Piotr",
        ),
        ("absence add --user anna --from 2091-01-01 --type ill", "it is leave, sick, business, parental or other"),
        ("absence preview --user anna", "an absence begins on a day"),
        ("absence edit 9 --open", "there is no absence 9"),
        ("absence show 9", "there is no absence 9"),
    ] {
        let refused = line(text);
        assert!(refused.code == Some(2) && refused.stderr.contains(said), "{text}: {refused:?}");
    }
}

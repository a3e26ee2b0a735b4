//! Assigning records and appending managers, with history, previews and steps, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::too_many_lines)]

use crate::support::desk::*;
use standin::actions::activities::{self, Entered};
use standin::actions::assign::{self, Assign};
use standin::actions::bulk::{self, Change};
use standin::actions::choice::{Objection, Selection, Why};
use standin::actions::managers;
use standin::model::activity::ActivityKind;
use standin::model::id::{RecordId, UserId};
use standin::model::record::{Kind, Mode};
use standin::model::time::DAY;
use standin::store::selection::Filter;
use standin::store::{self, Tx};

on_both! {
    assigning_moves_the_record_with_its_open_activities_and_writes_history
    what_may_not_be_assigned_is_refused_and_absent_looks_like_forbidden
    a_preview_says_what_the_run_does_and_the_run_leaves_alone_what_changed_since
    a_filter_reaches_only_what_the_viewer_may_name
    a_preview_is_carried_out_once_and_by_its_own_author
    who_assigned_for_a_step_keeps_reading_until_it_comes_back
    a_closed_step_takes_the_sight_with_it
    a_step_leaves_nothing_behind_when_the_record_went_round
    the_preview_names_who_gains_and_who_loses_sight
    managers_are_appended_and_removed_over_a_selection_with_their_share
    a_substitute_may_not_assign_or_append_managers
    an_admin_assigns_without_reading_but_not_what_is_confidential
}

fn to(user: UserId) -> Assign {
    Assign { to: user, step: false, reason: "holiday swap".into() }
}

fn ids(records: &[RecordId]) -> Selection {
    Selection::Ids(records.to_vec())
}

async fn task(tx: &mut Tx, desk: &Desk, record: RecordId, by: UserId, done: bool) -> i64 {
    let world = standin::store::people::world(tx, &desk.policy, NOW).await.unwrap();
    let by = actor(tx, by, &world).await;
    let entered = Entered {
        record,
        kind: ActivityKind::Task,
        subject: "Send the offer".into(),
        body: String::new(),
        responsible: None,
        due: Some(NOW.plus(DAY)),
        done: done.then_some(NOW),
    };
    activities::add(tx, &by, &entered).await.unwrap().unwrap().id.0
}

async fn assigning_moves_the_record_with_its_open_activities_and_writes_history(desk: &Desk) {
    let mut tx = desk.write().await;
    let (open, done) = (task(&mut tx, desk, PUMPS, ANNA, false).await, task(&mut tx, desk, PUMPS, ANNA, true).await);
    tx.commit().await.unwrap();
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let maria = actor(&mut tx, MARIA, &world).await;
    let outcome = assign::assign(&mut tx, &maria, &ids(&[PUMPS]), &to(PIOTR)).await.unwrap().unwrap();
    assert_eq!((outcome.moved.len(), outcome.activities, outcome.left_out.len()), (1, 1, 0));
    let history = store::owners::history(&mut tx, PUMPS).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.owner(PUMPS).await, PIOTR);
    let last = &history[0];
    assert_eq!((last.from_user_id, last.to_user_id, last.by_user_id), (Some(ANNA.0), PIOTR.0, Some(MARIA.0)));
    assert_eq!((last.how.as_str(), last.reason.as_str(), last.at), ("assign", "holiday swap", NOW.0));
    assert_eq!(history[1].how, "import", "the import is the older line");
    let who: Vec<(i64, i64)> = desk.rows("select id, responsible_id from activities order by id").await;
    assert_eq!(who, [(open, PIOTR.0), (done, ANNA.0)], "what is done keeps whose it was");
    assert!(!desk.reads(ANNA, PUMPS).await, "a former owner keeps nothing");
    assert_eq!(desk.audit().await, [("assigned".into(), Some(MARIA.0), Some(PUMPS.0), None)]);
}

async fn what_may_not_be_assigned_is_refused_and_absent_looks_like_forbidden(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let anna = actor(&mut tx, ANNA, &world).await;
    let absent = RecordId(4_242);
    let chosen = ids(&[ACME, BETA, VALVES, absent]);
    let outcome = assign::assign(&mut tx, &anna, &chosen, &to(PIOTR)).await.unwrap().unwrap();
    assert_eq!(outcome.moved.iter().map(|m| m.record).collect::<Vec<_>>(), [ACME]);
    let why: Vec<(RecordId, Option<String>, Why)> =
        outcome.left_out.into_iter().map(|l| (l.record, l.name, l.why)).collect();
    let gone = |id| (id, None, Why::NotThere);
    assert_eq!(why, [gone(BETA), gone(VALVES), gone(absent)]);
    assert!(Why::NotThere.to_string().contains("does not exist, or"));
    let inactive = standin::model::record::Person { active: false, ..world.people[1].clone() };
    let mut gone = world.clone();
    gone.people[1] = inactive;
    let anna = actor(&mut tx, ANNA, &gone).await;
    let refused = assign::assign(&mut tx, &anna, &ids(&[PUMPS]), &to(PIOTR)).await.unwrap();
    assert_eq!(refused, Err(Objection::Inactive("Piotr Nowak".into())));
    let nobody = assign::assign(&mut tx, &anna, &ids(&[PUMPS]), &to(UserId(99))).await.unwrap();
    assert!(matches!(nobody, Err(Objection::Inactive(_))));
    let already = assign::assign(&mut tx, &anna, &ids(&[PUMPS]), &to(ANNA)).await.unwrap().unwrap();
    assert_eq!(already.left_out[0].why, Why::Already);
}

async fn a_preview_says_what_the_run_does_and_the_run_leaves_alone_what_changed_since(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let maria = actor(&mut tx, MARIA, &world).await;
    let all = Selection::Matching(Filter { owner: Some(ANNA), ..Filter::default() });
    let change = Change::Assign(to(PIOTR));
    let shown = bulk::preview(&mut tx, &maria, &all, &change).await.unwrap().unwrap();
    // The confidential deal is not Maria's to see, so it is not counted either.
    assert_eq!((shown.count, shown.left_out.len()), (4, 0));
    let kinds: Vec<(Kind, usize)> = shown.assign.unwrap().kinds().into_iter().collect();
    assert_eq!(kinds, [(Kind::Account, 1), (Kind::Contact, 1), (Kind::Lead, 1), (Kind::Opportunity, 1)]);
    // Meanwhile Anna gives one away herself, and gets one.
    let anna = actor(&mut tx, ANNA, &world).await;
    assign::assign(&mut tx, &anna, &ids(&[LEAD]), &to(KAMIL)).await.unwrap().unwrap();
    let kamil = actor(&mut tx, KAMIL, &world).await;
    assign::assign(&mut tx, &kamil, &ids(&[BETA]), &to(ANNA)).await.unwrap().unwrap();
    let outcome = bulk::run(&mut tx, &maria, shown.number).await.unwrap().unwrap();
    assert_eq!((outcome.shown, outcome.changed), (4, 3));
    let why: Vec<(RecordId, Why)> = outcome.left_out.into_iter().map(|l| (l.record, l.why)).collect();
    assert_eq!(why, [(LEAD, Why::NotThere)], "it is Kamil's now, and not Maria's to see");
    tx.commit().await.unwrap();
    for (record, owner) in [(ACME, PIOTR), (JAN, PIOTR), (PUMPS, PIOTR), (SECRET, ANNA), (LEAD, KAMIL), (BETA, ANNA)] {
        assert_eq!(desk.owner(record).await, owner, "{record}");
    }
}

async fn a_filter_reaches_only_what_the_viewer_may_name(desk: &Desk) {
    desk.run("update records set class = 'A' where id = 1").await;
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let mut found = async |user: Option<UserId>, filter: Filter| {
        let actor = standin::actions::actor::Actor::load(&mut tx, user, &world, NOW).await.unwrap();
        store::selection::matching(&mut tx, &actor.reach, &filter, 100).await.unwrap()
    };
    let none = Filter::default();
    assert_eq!(found(Some(ANNA), none).await, [ACME, JAN, PUMPS, SECRET, LEAD]);
    assert_eq!(found(Some(KAMIL), none).await, [BETA, VALVES]);
    assert_eq!(found(Some(OLA), none).await, []);
    assert_eq!(found(Some(ADAM), none).await, [ACME, JAN, PUMPS, BETA, VALVES, LEAD], "all but the confidential one");
    assert_eq!(found(None, none).await.len(), 7, "the operator");
    let class = Filter { class: Some(standin::model::record::Class::A), ..none };
    assert_eq!(found(Some(ANNA), class).await, [ACME, JAN, PUMPS, SECRET], "the account's class counts for its own");
    assert_eq!(found(Some(KAMIL), class).await, [VALVES]);
    assert_eq!(found(Some(ANNA), Filter { account: Some(ACME), kind: Some(Kind::Contact), ..none }).await, [JAN]);
    assert_eq!(found(Some(KAMIL), Filter { owner: Some(ANNA), ..none }).await, []);
    let status = Filter { status: Some(standin::model::record::Status::Won), ..none };
    assert_eq!(found(Some(ANNA), status).await, []);
    let objection = assign::assign(&mut tx, &actor_of(&world), &Selection::Matching(status), &to(PIOTR)).await.unwrap();
    assert_eq!(objection, Err(Objection::Nothing));
}

fn actor_of(world: &standin::access::World) -> standin::actions::actor::Actor<'_> {
    let reach = standin::access::Scope::nothing(NOW);
    standin::actions::actor::Actor { user: Some(OLA), world, now: NOW, reach }
}

async fn a_preview_is_carried_out_once_and_by_its_own_author(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let anna = actor(&mut tx, ANNA, &world).await;
    let change = Change::Assign(to(PIOTR));
    let shown = bulk::preview(&mut tx, &anna, &ids(&[PUMPS]), &change).await.unwrap().unwrap();
    let maria = actor(&mut tx, MARIA, &world).await;
    assert_eq!(bulk::run(&mut tx, &maria, shown.number).await.unwrap(), Err(Objection::NoPreview));
    assert_eq!(bulk::run(&mut tx, &anna, shown.number).await.unwrap().unwrap().changed, 1);
    assert_eq!(bulk::run(&mut tx, &anna, shown.number).await.unwrap(), Err(Objection::NoPreview));
    assert_eq!(bulk::run(&mut tx, &anna, 99).await.unwrap(), Err(Objection::NoPreview));
}

async fn who_assigned_for_a_step_keeps_reading_until_it_comes_back(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let anna = actor(&mut tx, ANNA, &world).await;
    let step = Assign { to: OLA, step: true, reason: "load it".into() };
    assign::assign(&mut tx, &anna, &ids(&[PUMPS, SECRET]), &step).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert!(desk.reads(ANNA, PUMPS).await && desk.reads(OLA, PUMPS).await);
    assert!(desk.reads(ANNA, SECRET).await, "a confidential one too: she is named");
    let mut tx = desk.write().await;
    let anna = actor(&mut tx, ANNA, &world).await;
    let no = assign::assign(&mut tx, &anna, &ids(&[PUMPS]), &to(KAMIL)).await.unwrap().unwrap();
    assert_eq!(no.left_out[0].why, Why::MayNotAssign, "to read is all she kept");
    let ola = actor(&mut tx, OLA, &world).await;
    let back = assign::give_back(&mut tx, &ola, PUMPS, "loaded").await.unwrap().unwrap();
    assert_eq!(back.moved[0].to, ANNA);
    let history = store::owners::history(&mut tx, PUMPS).await.unwrap();
    tx.commit().await.unwrap();
    let how: Vec<&str> = history.iter().take(2).map(|c| c.how.as_str()).collect();
    assert_eq!(how, ["step-back", "step"]);
    assert!(desk.reads(ANNA, PUMPS).await && !desk.reads(OLA, PUMPS).await);
    let shares: Vec<(i64,)> = desk.rows("select count(*) from shares where record_id = 3").await;
    assert_eq!(shares, [(0,)], "nothing is left of the step");
    let mut tx = desk.write().await;
    let anna = actor(&mut tx, ANNA, &world).await;
    let none = assign::give_back(&mut tx, &anna, PUMPS, "").await.unwrap().unwrap();
    assert_eq!(none.left_out[0].why, Why::NoStep);
    let hidden = assign::give_back(&mut tx, &anna, BETA, "").await.unwrap().unwrap();
    assert_eq!(hidden.left_out[0].why, Why::NotThere);
}

async fn a_closed_step_takes_the_sight_with_it(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let anna = actor(&mut tx, ANNA, &world).await;
    let step = Assign { to: OLA, step: true, reason: String::new() };
    assign::assign(&mut tx, &anna, &ids(&[PUMPS]), &step).await.unwrap().unwrap();
    let kamil = actor(&mut tx, KAMIL, &world).await;
    assert_eq!(assign::close_step(&mut tx, &kamil, PUMPS).await.unwrap(), Err(Why::NotThere));
    let ola = actor(&mut tx, OLA, &world).await;
    assert_eq!(assign::close_step(&mut tx, &ola, PUMPS).await.unwrap(), Ok(1));
    assert_eq!(assign::close_step(&mut tx, &ola, PUMPS).await.unwrap(), Err(Why::NoStep));
    tx.commit().await.unwrap();
    assert!(!desk.reads(ANNA, PUMPS).await);
    assert!(desk.audit().await.iter().any(|(action, ..)| action == "unshared"));
}

async fn a_step_leaves_nothing_behind_when_the_record_went_round(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    // Anna → Ola → Kamil for steps, and Kamil gives it to Anna straight.
    for (by, onward) in [(ANNA, OLA), (OLA, KAMIL)] {
        let by = actor(&mut tx, by, &world).await;
        let step = Assign { to: onward, step: true, reason: String::new() };
        assign::assign(&mut tx, &by, &ids(&[PUMPS]), &step).await.unwrap().unwrap();
    }
    let kamil = actor(&mut tx, KAMIL, &world).await;
    assign::assign(&mut tx, &kamil, &ids(&[PUMPS]), &to(ANNA)).await.unwrap().unwrap();
    let anna = actor(&mut tx, ANNA, &world).await;
    assign::assign(&mut tx, &anna, &ids(&[PUMPS]), &to(PIOTR)).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert!(!desk.reads(ANNA, PUMPS).await, "her step ended when it came back");
    assert!(desk.reads(OLA, PUMPS).await, "Ola's is open until somebody closes it");
}

async fn the_preview_names_who_gains_and_who_loses_sight(desk: &Desk) {
    desk.away(KAMIL, Some(OLA)).await;
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let maria = actor(&mut tx, MARIA, &world).await;
    let plan = assign::plan(&mut tx, &maria, &ids(&[ACME, PUMPS]), &to(KAMIL)).await.unwrap().unwrap();
    assert_eq!(plan.shift.gain.into_iter().collect::<Vec<_>>(), [(KAMIL, 2), (OLA, 2)], "his substitute as well");
    assert_eq!(plan.shift.lose.into_iter().collect::<Vec<_>>(), [(ANNA, 2), (MARIA, 2)]);
    let step = Assign { step: true, ..to(KAMIL) };
    let plan = assign::plan(&mut tx, &maria, &ids(&[ACME, PUMPS]), &step).await.unwrap().unwrap();
    assert_eq!(plan.shift.lose.into_iter().collect::<Vec<_>>(), [(MARIA, 2)]);
    let mut transparent = world.clone();
    transparent.mode = Mode::Transparent;
    let maria = actor(&mut tx, MARIA, &transparent).await;
    let plan = assign::plan(&mut tx, &maria, &ids(&[ACME]), &to(KAMIL)).await.unwrap().unwrap();
    assert_eq!(plan.shift.gain.into_iter().collect::<Vec<_>>(), [(OLA, 1)], "account managers read it anyway");
    assert_eq!(desk_counts(&mut tx).await, 0, "a plan changes nothing");
}

async fn desk_counts(tx: &mut Tx) -> usize {
    store::owners::history(tx, ACME).await.unwrap().len() - 1
}

async fn managers_are_appended_and_removed_over_a_selection_with_their_share(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let second = save(&mut tx, &[entry(Kind::Account, "Acme North", ANNA, None)]).await[0];
    let anna = actor(&mut tx, ANNA, &world).await;
    let all = Selection::Matching(Filter { owner: Some(ANNA), kind: Some(Kind::Account), ..Filter::default() });
    let append =
        |role: &str, write| managers::Change { append: true, user: KAMIL, role: managers::role(role).unwrap(), write };
    let change = Change::Managers(append(" Service ", true));
    let shown = bulk::preview(&mut tx, &anna, &all, &change).await.unwrap().unwrap();
    let outcome = bulk::run(&mut tx, &anna, shown.number).await.unwrap().unwrap();
    assert_eq!((shown.count, outcome.changed), (2, 2));
    managers::change(&mut tx, &anna, &ids(&[ACME]), &append("key accounts", false)).await.unwrap().unwrap();
    let again = managers::change(&mut tx, &anna, &ids(&[ACME, PUMPS, BETA]), &append("service", true)).await.unwrap();
    let why: Vec<Why> = again.unwrap().left_out.into_iter().map(|l| l.why).collect();
    assert_eq!(why, [Why::NotThere, Why::HasRole, Why::NoAccount]);
    let roles: Vec<String> =
        managers::list(&mut tx, &anna, ACME).await.unwrap().unwrap().into_iter().map(|m| m.role).collect();
    assert_eq!(roles, ["key accounts", "service"]);
    tx.commit().await.unwrap();
    assert!(desk.reads(KAMIL, ACME).await && desk.reads(KAMIL, second).await);
    let mut tx = desk.write().await;
    let kamil = actor(&mut tx, KAMIL, &world).await;
    let named = kamil.named(&mut tx, &[ACME]).await.unwrap();
    let rights = kamil.rights(&named.entries[0].record, named.shares_on(ACME));
    assert_eq!(rights.words(), ["read", "write"]);
    let anna = actor(&mut tx, ANNA, &world).await;
    let remove = managers::Change { append: false, ..append("service", true) };
    let outcome = managers::change(&mut tx, &anna, &all, &remove).await.unwrap().unwrap();
    assert_eq!(outcome.changed, [ACME, second]);
    let none = managers::change(&mut tx, &anna, &all, &remove).await.unwrap().unwrap();
    assert!(none.left_out.iter().all(|l| l.why == Why::HasNoRole));
    tx.commit().await.unwrap();
    assert!(desk.reads(KAMIL, ACME).await, "as manager of key accounts he goes on reading");
    assert!(!desk.reads(KAMIL, second).await, "with the role went the right");
    assert_eq!(managers::role(""), Err(Objection::BadRole));
}

async fn a_substitute_may_not_assign_or_append_managers(desk: &Desk) {
    desk.away(ANNA, Some(PIOTR)).await;
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let piotr = actor(&mut tx, PIOTR, &world).await;
    let outcome = assign::assign(&mut tx, &piotr, &ids(&[ACME]), &to(PIOTR)).await.unwrap().unwrap();
    assert_eq!(outcome.left_out[0].why, Why::MayNotAssign);
    let change = managers::Change { append: true, user: PIOTR, role: "sales".into(), write: true };
    let outcome = managers::change(&mut tx, &piotr, &ids(&[ACME]), &change).await.unwrap().unwrap();
    assert_eq!(outcome.left_out[0].why, Why::MayNotShare);
}

async fn an_admin_assigns_without_reading_but_not_what_is_confidential(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let adam = actor(&mut tx, ADAM, &world).await;
    let outcome = assign::assign(&mut tx, &adam, &ids(&[ACME, SECRET]), &to(PIOTR)).await.unwrap().unwrap();
    assert_eq!(outcome.moved.iter().map(|m| m.record).collect::<Vec<_>>(), [ACME]);
    assert_eq!(outcome.left_out[0].why, Why::NotThere);
    tx.commit().await.unwrap();
    assert!(!desk.reads(ADAM, ACME).await);
    let path: Vec<(Option<String>,)> = desk.rows("select path from audit where action = 'assigned'").await;
    assert_eq!(path, [(Some("admin".into()),)]);
}

//! Calls, tasks, appointments and notes, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::too_many_lines)]

use crate::support::desk::*;
use standin::actions::activities::{self, Entered, No, Step};
use standin::actions::assign::{self, Assign};
use standin::actions::choice::Selection;
use standin::model::activity::{Activity, ActivityKind, Progress};
use standin::model::id::{RecordId, UserId};
use standin::model::share::{Holder, Share, Source};
use standin::model::time::{DAY, HOUR};
use standin::store::Tx;
use standin::store::views::{self, ActivityFilter, Below};
use standin::store::{people, shares};

on_both! {
    an_activity_is_entered_done_and_keeps_its_author
    who_may_not_change_the_record_enters_nothing
    what_a_substitute_does_is_stamped_for_the_absent
    the_responsible_does_their_own_on_records_they_only_read
    a_line_manager_gives_work_on_and_does_not_do_it
    an_activity_on_an_opportunity_shows_on_its_account_and_contacts_to_its_readers_only
    changes_of_owner_stand_on_the_timeline
    what_is_to_be_done_is_listed_by_date_within_the_scope
    everything_of_a_type_is_listed_by_original_owner_and_modified_date
}

fn task(record: RecordId, subject: &str) -> Entered {
    Entered {
        record,
        kind: ActivityKind::Task,
        subject: subject.into(),
        body: String::new(),
        responsible: None,
        due: None,
        done: None,
    }
}

async fn enter(tx: &mut Tx, desk: &Desk, by: UserId, entered: &Entered) -> Result<Activity, No> {
    let world = people::world(tx, &desk.policy, NOW).await.unwrap();
    let by = actor(tx, by, &world).await;
    activities::add(tx, &by, entered).await.unwrap()
}

async fn an_activity_is_entered_done_and_keeps_its_author(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let maria_for_anna = Entered { due: Some(NOW.plus(DAY)), ..task(PUMPS, "  Call\n back ") };
    let made = enter(&mut tx, desk, ANNA, &maria_for_anna).await.unwrap();
    assert_eq!((made.subject.as_str(), made.progress, made.responsible), ("Call back", Progress::Open, ANNA));
    let anna = actor(&mut tx, ANNA, &world).await;
    let later = activities::change(&mut tx, &anna, made.id, Step::Due(Some(NOW.plus(2 * DAY)))).await.unwrap().unwrap();
    assert_eq!(later.due, Some(NOW.plus(2 * DAY)));
    let done = activities::change(&mut tx, &anna, made.id, Step::Done).await.unwrap().unwrap();
    assert_eq!((done.progress, done.ended, done.author), (Progress::Done, Some((NOW, Some(ANNA))), ANNA));
    let again = activities::change(&mut tx, &anna, made.id, Step::Cancel).await.unwrap();
    assert_eq!(again, Err(No::Ended));
    let give = Assign { to: PIOTR, step: false, reason: String::new() };
    assign::assign(&mut tx, &anna, &Selection::Ids(vec![PUMPS]), &give).await.unwrap().unwrap();
    let kept = standin::store::activities::load(&mut tx, &[made.id]).await.unwrap();
    assert_eq!((kept[0].author, kept[0].responsible), (ANNA, ANNA), "what is done stays who did it");
    let call = Entered { kind: ActivityKind::Call, done: Some(NOW.plus(-HOUR)), ..task(ACME, "They called") };
    let call = enter(&mut tx, desk, ANNA, &call).await.unwrap();
    assert_eq!((call.at, call.progress), (NOW.plus(-HOUR), Progress::Done));
    let note = enter(&mut tx, desk, ANNA, &Entered { kind: ActivityKind::Note, ..task(ACME, "Likes blue") }).await;
    assert_eq!(note.unwrap().progress, Progress::Done);
    for (wrong, no) in [
        (Entered { kind: ActivityKind::Note, due: Some(NOW), ..task(ACME, "x") }, No::NoteHasNoDate),
        (task(ACME, " \n "), No::NoSubject),
        (task(ACME, &"x".repeat(301)), No::TooLong),
        (Entered { done: Some(NOW.plus(DAY)), ..task(ACME, "x") }, No::Future),
        (Entered { responsible: Some(KAMIL), ..task(ACME, "x") }, No::Blind("Kamil Nowak".into())),
        (Entered { responsible: Some(UserId(77)), ..task(ACME, "x") }, No::Inactive("user 77".into())),
    ] {
        assert_eq!(enter(&mut tx, desk, ANNA, &wrong).await, Err(no));
    }
}

async fn who_may_not_change_the_record_enters_nothing(desk: &Desk) {
    let mut tx = desk.write().await;
    assert_eq!(enter(&mut tx, desk, KAMIL, &task(PUMPS, "x")).await, Err(No::NotThere));
    assert_eq!(enter(&mut tx, desk, KAMIL, &task(RecordId(99), "x")).await, Err(No::NotThere));
    let note = Entered { kind: ActivityKind::Note, ..task(PUMPS, "x") };
    assert_eq!(enter(&mut tx, desk, MARIA, &note).await, Err(No::MayNot), "a line manager reads");
    assert_eq!(enter(&mut tx, desk, ADAM, &task(PUMPS, "x")).await, Err(No::NotThere), "an admin does not read");
}

async fn what_a_substitute_does_is_stamped_for_the_absent(desk: &Desk) {
    let mut tx = desk.write().await;
    let own = enter(&mut tx, desk, ANNA, &task(PUMPS, "Send it")).await.unwrap();
    assert_eq!(own.on_behalf_of, None);
    tx.commit().await.unwrap();
    desk.away(ANNA, Some(PIOTR)).await;
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let call = Entered { kind: ActivityKind::Call, done: Some(NOW), ..task(PUMPS, "Called them") };
    let call = enter(&mut tx, desk, PIOTR, &call).await.unwrap();
    assert_eq!((call.author, call.responsible, call.on_behalf_of), (PIOTR, PIOTR, Some(ANNA)));
    let piotr = actor(&mut tx, PIOTR, &world).await;
    let done = activities::change(&mut tx, &piotr, own.id, Step::Done).await.unwrap().unwrap();
    assert_eq!((done.author, done.ended, done.on_behalf_of), (ANNA, Some((NOW, Some(PIOTR))), Some(ANNA)));
    let kamil = actor(&mut tx, KAMIL, &world).await;
    assert_eq!(activities::change(&mut tx, &kamil, own.id, Step::Done).await.unwrap(), Err(No::NotThere));
}

async fn the_responsible_does_their_own_on_records_they_only_read(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    shared_with(&mut tx, PUMPS, KAMIL).await;
    let theirs = Entered { responsible: Some(KAMIL), ..task(PUMPS, "Approve the price") };
    let theirs = enter(&mut tx, desk, ANNA, &theirs).await.unwrap();
    let kamil = actor(&mut tx, KAMIL, &world).await;
    assert_eq!(activities::change(&mut tx, &kamil, theirs.id, Step::Give(ANNA)).await.unwrap(), Err(No::MayNot));
    let done = activities::change(&mut tx, &kamil, theirs.id, Step::Done).await.unwrap().unwrap();
    assert_eq!(done.on_behalf_of, None);
    let anna = actor(&mut tx, ANNA, &world).await;
    let other = enter(&mut tx, desk, ANNA, &task(PUMPS, "y")).await.unwrap();
    let given = activities::give(&mut tx, &anna, &[other.id, theirs.id], MARIA).await.unwrap();
    assert_eq!((given.moved, given.left_out), (vec![other.id], vec![(theirs.id, No::Ended)]));
}

/// Lets somebody read a record.
async fn shared_with(tx: &mut Tx, record: RecordId, user: UserId) {
    let share = Share {
        id: 0,
        record,
        holder: Holder::User(user),
        source: Source::Share,
        write: false,
        share: false,
        named: false,
        until: None,
        reason: String::new(),
        by: Some(ANNA),
        at: NOW,
    };
    shares::add_all(tx, &[share]).await.unwrap();
}

async fn a_line_manager_gives_work_on_and_does_not_do_it(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let late = enter(&mut tx, desk, ANNA, &task(PUMPS, "Call back")).await.unwrap();
    let maria = actor(&mut tx, MARIA, &world).await;
    assert_eq!(activities::change(&mut tx, &maria, late.id, Step::Done).await.unwrap(), Err(No::MayNot));
    let to_kamil = activities::change(&mut tx, &maria, late.id, Step::Give(KAMIL)).await.unwrap();
    assert_eq!(to_kamil, Err(No::Blind("Kamil Nowak".into())), "who would not see the record");
    let given = activities::change(&mut tx, &maria, late.id, Step::Give(MARIA)).await.unwrap().unwrap();
    assert_eq!((given.responsible, given.author), (MARIA, ANNA));
    // What she may give on she may ask for; what was done, and dates of others, she does not enter.
    let asked = enter(&mut tx, desk, MARIA, &task(PUMPS, "What is new?")).await.unwrap();
    assert_eq!((asked.responsible, asked.author), (ANNA, MARIA));
    for not_hers in [
        Entered { done: Some(NOW), ..task(PUMPS, "Called") },
        Entered { kind: ActivityKind::Note, ..task(PUMPS, "Note") },
        Entered { kind: ActivityKind::Appointment, ..task(PUMPS, "Meeting") },
    ] {
        assert_eq!(enter(&mut tx, desk, MARIA, &not_hers).await, Err(No::MayNot));
    }
    assert_eq!(enter(&mut tx, desk, KAMIL, &task(PUMPS, "x")).await, Err(No::NotThere), "who does not see it");
}

async fn subjects(tx: &mut Tx, desk: &Desk, viewer: UserId, record: RecordId) -> Vec<String> {
    let world = people::world(tx, &desk.policy, NOW).await.unwrap();
    let scope = people::scope(tx, viewer, &world, NOW).await.unwrap();
    let shown = views::activities(tx, &scope, record, Below::TOP, 50).await.unwrap();
    shown.into_iter().map(|s| s.activity.subject).collect()
}

async fn an_activity_on_an_opportunity_shows_on_its_account_and_contacts_to_its_readers_only(desk: &Desk) {
    let mut tx = desk.write().await;
    for (by, record, subject) in [
        (ANNA, PUMPS, "on pumps"),
        (ANNA, SECRET, "on the secret"),
        (KAMIL, VALVES, "on valves"),
        (ANNA, JAN, "on Jan"),
        (ANNA, ACME, "on Acme"),
    ] {
        enter(&mut tx, desk, by, &task(record, subject)).await.unwrap();
    }
    assert_eq!(subjects(&mut tx, desk, ANNA, ACME).await, ["on Acme", "on Jan", "on the secret", "on pumps"]);
    assert_eq!(subjects(&mut tx, desk, MARIA, ACME).await, ["on Acme", "on Jan", "on pumps"]);
    assert_eq!(subjects(&mut tx, desk, ANNA, JAN).await, ["on Jan", "on the secret", "on pumps"]);
    assert_eq!(subjects(&mut tx, desk, ANNA, PUMPS).await, ["on pumps"]);
    assert_eq!(subjects(&mut tx, desk, KAMIL, VALVES).await, ["on valves"]);
    assert!(subjects(&mut tx, desk, KAMIL, ACME).await.is_empty(), "he may not read the account");
    assert!(subjects(&mut tx, desk, KAMIL, RecordId(99)).await.is_empty());
    // Page by page nothing is lost or shown twice.
    let world = people::world(&mut tx, &desk.policy, NOW).await.unwrap();
    let scope = people::scope(&mut tx, ANNA, &world, NOW).await.unwrap();
    let (mut below, mut seen) = (Below::TOP, Vec::new());
    while let Some(one) = views::activities(&mut tx, &scope, ACME, below, 1).await.unwrap().pop() {
        below = Below { at: one.activity.at, id: one.activity.id.0 };
        seen.push(one.activity.subject);
    }
    assert_eq!(seen, ["on Acme", "on Jan", "on the secret", "on pumps"]);
}

async fn changes_of_owner_stand_on_the_timeline(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let maria = actor(&mut tx, MARIA, &world).await;
    let give = Assign { to: PIOTR, step: false, reason: "more time".into() };
    assign::assign(&mut tx, &maria, &Selection::Ids(vec![PUMPS]), &give).await.unwrap().unwrap();
    let scope = people::scope(&mut tx, PIOTR, &world, NOW).await.unwrap();
    let changes = views::owner_changes(&mut tx, &scope, PUMPS, Below::TOP, 10).await.unwrap();
    assert_eq!(changes.len(), 2);
    assert_eq!((changes[0].change.to_user_id, changes[0].change.reason.as_str()), (PIOTR.0, "more time"));
    let scope = people::scope(&mut tx, ANNA, &world, NOW).await.unwrap();
    assert!(views::owner_changes(&mut tx, &scope, PUMPS, Below::TOP, 10).await.unwrap().is_empty());
}

async fn what_is_to_be_done_is_listed_by_date_within_the_scope(desk: &Desk) {
    let mut tx = desk.write().await;
    for (record, subject, due) in [
        (PUMPS, "tomorrow", Some(DAY)),
        (PUMPS, "some day", None),
        (ACME, "overdue", Some(-DAY)),
        (SECRET, "quiet", Some(0)),
    ] {
        enter(&mut tx, desk, ANNA, &Entered { due: due.map(|d| NOW.plus(d)), ..task(record, subject) }).await.unwrap();
    }
    tx.commit().await.unwrap();
    desk.away(ANNA, Some(PIOTR)).await;
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let mut listed = async |viewer, until| {
        let scope = people::scope(&mut tx, viewer, &world, NOW).await.unwrap();
        let (shown, count) = views::to_do(&mut tx, &scope, &[ANNA], until, 10, 100).await.unwrap();
        assert_eq!(shown.len() as i64, count);
        if until.is_none() {
            let mut each = views::to_do_of_each(&mut tx, &scope, &[ANNA, KAMIL], 10, 100).await.unwrap();
            assert_eq!(each.remove(&ANNA).unwrap_or_default(), (shown.clone(), count), "the same for many at once");
            assert!(each.is_empty(), "{each:?}");
            let first = views::to_do_of_each(&mut tx, &scope, &[ANNA], 1, 2).await.unwrap().remove(&ANNA);
            let expected = (shown.iter().take(1).cloned().collect(), count.min(2));
            assert_eq!(first.unwrap_or_default(), expected, "a page, and a count with an end");
        }
        shown.into_iter().map(|s| s.activity.subject).collect::<Vec<_>>()
    };
    assert_eq!(listed(ANNA, None).await, ["overdue", "quiet", "tomorrow", "some day"]);
    assert_eq!(listed(ANNA, Some(NOW.plus(HOUR))).await, ["overdue", "quiet", "some day"]);
    assert_eq!(listed(PIOTR, None).await, ["overdue", "tomorrow", "some day"], "the substitute, but the confidential");
    assert!(listed(KAMIL, None).await.is_empty());
}

async fn everything_of_a_type_is_listed_by_original_owner_and_modified_date(desk: &Desk) {
    desk.away(ANNA, Some(PIOTR)).await;
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let first = enter(&mut tx, desk, ANNA, &task(PUMPS, "first")).await.unwrap();
    let second = enter(&mut tx, desk, ANNA, &task(ACME, "second")).await.unwrap();
    let call = Entered { kind: ActivityKind::Call, done: Some(NOW), ..task(PUMPS, "for Anna") };
    enter(&mut tx, desk, PIOTR, &call).await.unwrap();
    enter(&mut tx, desk, KAMIL, &task(VALVES, "of Kamil")).await.unwrap();
    let later = standin::actions::actor::Actor::load(&mut tx, Some(ANNA), &world, NOW.plus(HOUR)).await.unwrap();
    activities::change(&mut tx, &later, first.id, Step::Done).await.unwrap().unwrap();
    let all = ActivityFilter { original: None, responsible: None, progress: None, since: NOW.plus(-DAY) };
    let mut listed = async |viewer, kind, filter: ActivityFilter| {
        let scope = people::scope(&mut tx, viewer, &world, NOW).await.unwrap();
        let (shown, count) = views::listed(&mut tx, &scope, kind, &filter, Below::TOP, 10, 100).await.unwrap();
        assert_eq!(shown.len() as i64, count);
        shown.into_iter().map(|s| s.activity.subject).collect::<Vec<_>>()
    };
    assert_eq!(listed(PIOTR, None, all).await, ["first", "for Anna", "second"], "the last change first");
    assert_eq!(listed(PIOTR, Some(ActivityKind::Task), all).await, ["first", "second"]);
    assert_eq!(listed(KAMIL, None, all).await, ["of Kamil"]);
    let of_anna = ActivityFilter { original: Some(ANNA), ..all };
    assert_eq!(listed(PIOTR, None, of_anna).await, ["first", "for Anna", "second"], "what was done for her is hers");
    let open = ActivityFilter { progress: Some(Progress::Open), ..all };
    assert_eq!(listed(PIOTR, None, open).await, ["second"]);
    let piotr = ActivityFilter { responsible: Some(PIOTR), ..all };
    assert_eq!(listed(PIOTR, None, piotr).await, ["for Anna"]);
    assert!(listed(PIOTR, None, ActivityFilter { since: NOW.plus(2 * HOUR), ..all }).await.is_empty());
    let scope = people::scope(&mut tx, PIOTR, &world, NOW).await.unwrap();
    let below = Below { at: second.updated, id: second.id.0 + 1 };
    let (rest, _) = views::listed(&mut tx, &scope, Some(ActivityKind::Task), &all, below, 10, 10).await.unwrap();
    assert_eq!(rest.len(), 1, "a page begins below the last entry before it");
}

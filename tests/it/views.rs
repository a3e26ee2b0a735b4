//! What the views show to whom, and that they mean the same on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::views_seed::*;
use standin::access::Scope;
use standin::model::id::{MailId, RecordId, UserId};
use standin::model::record::{Kind, Mode, Policy};
use standin::model::time::{DAY, Timestamp};
use standin::store::views::{self, Before};
use standin::store::{Db, Tx, people};

async fn looking(db: &Db, user: i64, mode: Mode, now: Timestamp) -> (Tx, Scope) {
    let mut tx = db.read().await.unwrap();
    let world = people::world(&mut tx, &Policy { mode, ..Policy::default() }, now).await.unwrap();
    let scope = people::scope(&mut tx, UserId(user), &world, now).await.unwrap();
    (tx, scope)
}

async fn timeline(db: &Db, user: i64, record: i64, now: Timestamp) -> Vec<i64> {
    let (mut tx, scope) = looking(db, user, Mode::Restricted, now).await;
    let found = views::timeline(&mut tx, &scope, RecordId(record), Before::TOP, 20).await.unwrap();
    found.iter().map(|entry| entry.mail.id.0).collect()
}

async fn the_governing_record_governs(db: &Db) {
    let during = [REPLY, COPIED, OFFER, ANSWER, QUESTION];
    // On the account stand neither Kamil's opportunity nor, for the substitute, the confidential one.
    assert_eq!(timeline(db, PIOTR, ACME, NOW).await, during);
    assert_eq!(timeline(db, MARIA, ACME, NOW).await, during);
    assert_eq!(timeline(db, ANNA, ACME, NOW).await, [REPLY, WHISPER, COPIED, OFFER, ANSWER, QUESTION]);
    assert_eq!(timeline(db, KAMIL, ACME, NOW).await, [0; 0], "the account itself is not his");
    assert_eq!(timeline(db, KAMIL, VALVES, NOW).await, [ON_VALVES]);
    assert_eq!(timeline(db, ADAM, ACME, NOW).await, [0; 0], "admins do not read mail");
    assert_eq!(timeline(db, PIOTR, SECRET, NOW).await, [0; 0]);
    assert_eq!(timeline(db, PIOTR, ACME, NOW.plus(7 * DAY)).await, [0; 0], "the cover is over");
    let (mut tx, scope) = looking(db, KAMIL, Mode::Transparent, NOW).await;
    let all = views::timeline(&mut tx, &scope, RecordId(ACME), Before::TOP, 20).await.unwrap();
    assert_eq!(all.len(), 6, "transparent mode shows all but the confidential one");
}

async fn the_strongest_readable_reason_is_shown_once(db: &Db) {
    let (mut tx, scope) = looking(db, PIOTR, Mode::Restricted, NOW).await;
    let found = views::timeline(&mut tx, &scope, RecordId(ACME), Before::TOP, 20).await.unwrap();
    let answer = found.iter().find(|entry| entry.mail.id.0 == ANSWER).unwrap();
    assert_eq!((answer.governing.id.0, answer.score), (PUMPS, 50));
    let question = found.iter().find(|entry| entry.mail.id.0 == QUESTION).unwrap();
    let by = question.mail.answer.as_ref().unwrap().by.as_ref().unwrap();
    assert_eq!((by.0.0, by.1.as_str()), (ANSWER, "Piotr Nowak"));
    let notice = &found[0].notices[0];
    assert_eq!((notice.to.as_str(), notice.substitute.as_deref()), ("jan@acme.example", Some("Piotr Nowak")));
}

async fn pages_of_a_timeline_join_without_gap_or_repetition(db: &Db) {
    let (mut tx, scope) = looking(db, PIOTR, Mode::Restricted, NOW).await;
    let (mut before, mut seen) = (Before::TOP, Vec::new());
    loop {
        let page = views::timeline(&mut tx, &scope, RecordId(PUMPS), before, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Before { at: last.mail.at, mail: last.mail.id };
        seen.extend(page.iter().map(|entry| (entry.mail.at, entry.mail.id)));
    }
    assert_eq!(seen.len() as i64, OLD_COUNT + 3);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once");
}

async fn today_shows_what_waits_and_what_came_in(db: &Db) {
    let ids = |items: &[views::Item]| items.iter().map(|item| item.mail.id.0).collect::<Vec<_>>();
    let (mut tx, scope) = looking(db, PIOTR, Mode::Restricted, NOW).await;
    let since = NOW.plus(-DAY);
    let away = [(UserId(ANNA), since), (UserId(KAMIL), since)];
    let mut work = views::work(&mut tx, &scope, &away, 50, 100).await.unwrap();
    assert_eq!((ids(&work.mine.0), work.mine.1), (vec![], 0));
    let (came, count) = work.away.remove(&UserId(ANNA)).unwrap();
    assert_eq!((ids(&came), count), (vec![COPIED, REPLY], 2), "unanswered first, oldest first, nothing confidential");
    assert_eq!(came[0].record.id.0, PUMPS);
    assert!(!came[0].mail.to.is_empty());
    assert!(work.away.is_empty(), "nobody else's: {:?}", work.away);
    let longer = [(UserId(ANNA), NOW.plus(-6 * DAY))];
    let mut work = views::work(&mut tx, &scope, &longer, 1, 2).await.unwrap();
    let (came, count) = work.away.remove(&UserId(ANNA)).unwrap();
    assert_eq!((ids(&came), count), (vec![COPIED], 2), "a page, and a count with an end");
    drop(tx);
    let (mut tx, scope) = looking(db, ANNA, Mode::Restricted, NOW).await;
    let mine = views::work(&mut tx, &scope, &[], 2, 100).await.unwrap().mine;
    assert_eq!((ids(&mine.0), mine.1), (vec![COPIED, WHISPER], 3));
    let again = views::work(&mut tx, &scope, &longer, 2, 100).await.unwrap();
    assert_eq!((ids(&again.mine.0), again.away.len()), (ids(&mine.0), 0), "one's own is not looked at twice");
    drop(tx);
    let (mut tx, scope) = looking(db, KAMIL, Mode::Restricted, NOW).await;
    let work = views::work(&mut tx, &scope, &away, 50, 100).await.unwrap();
    assert_eq!(ids(&work.mine.0), [ON_VALVES]);
    assert!(work.away.is_empty(), "asking for more than one may read gives no more: {:?}", work.away);
}

async fn a_message_opens_by_record_or_by_copy(db: &Db) {
    let open = async |user: i64, mail: i64| {
        let (mut tx, scope) = looking(db, user, Mode::Restricted, NOW).await;
        let message = views::message(&mut tx, &scope, MailId(mail)).await.unwrap();
        let raw = views::raw(&mut tx, &scope, MailId(mail)).await.unwrap();
        (message, raw)
    };
    let (message, raw) = open(PIOTR, REPLY).await;
    let message = message.unwrap();
    let on: Vec<i64> = message.ties.iter().map(|tie| tie.record.id.0).collect();
    assert_eq!(on, [PUMPS, JAN, ACME]);
    assert!(message.parties.iter().all(|p| p.field != "bcc"), "blind copies are for their author and for themselves");
    assert_eq!(message.notices.len(), 1);
    assert_eq!(views::unpack(MailId(REPLY), &raw.unwrap(), 1 << 20).unwrap(), wire());

    let (message, _) = open(KAMIL, COPIED).await;
    let message = message.unwrap();
    assert!(message.ties.is_empty() && message.notices.is_empty() && message.candidates.is_empty());
    assert!(!message.mail.waits, "what records know of it is not shown with a mere copy");

    let (message, raw) = open(ANNA, REPLY).await;
    assert!(message.unwrap().parties.iter().all(|p| p.field != "bcc"), "a copy alone does not show who else had one");
    assert!(raw.is_some());
    for (user, mail) in [(KAMIL, REPLY), (ADAM, REPLY), (PIOTR, WHISPER), (PIOTR, ON_VALVES), (PIOTR, 99_999)] {
        let (message, raw) = open(user, mail).await;
        assert!(message.is_none() && raw.is_none(), "user {user}, mail {mail}");
    }
}

async fn lists_and_heads_hold_what_one_may_read(db: &Db) {
    let names = async |user: i64, mode: Mode, kind: Kind| {
        let (mut tx, scope) = looking(db, user, mode, NOW).await;
        let page = views::records(&mut tx, &scope, kind, None, 10, 100).await.unwrap();
        assert_eq!(page.count, page.rows.len() as i64);
        page.rows.into_iter().map(|row| row.record.id.0).collect::<Vec<_>>()
    };
    assert_eq!(names(ANNA, Mode::Restricted, Kind::Opportunity).await, [PUMPS, SECRET]);
    assert_eq!(names(PIOTR, Mode::Restricted, Kind::Opportunity).await, [PUMPS]);
    assert_eq!(names(KAMIL, Mode::Restricted, Kind::Account).await, [BETA]);
    assert_eq!(names(PIOTR, Mode::Transparent, Kind::Opportunity).await, [PUMPS, VALVES]);
    assert_eq!(names(ADAM, Mode::Transparent, Kind::Account).await, [0; 0]);

    let (mut tx, scope) = looking(db, PIOTR, Mode::Restricted, NOW).await;
    let head = views::head(&mut tx, &scope, RecordId(ACME)).await.unwrap().unwrap();
    assert_eq!(head.below.iter().map(|b| b.id.0).collect::<Vec<_>>(), [PUMPS, JAN]);
    assert_eq!(views::head(&mut tx, &scope, RecordId(JAN)).await.unwrap().unwrap().watched, ["jan@acme.example"]);
    assert!(views::head(&mut tx, &scope, RecordId(VALVES)).await.unwrap().is_none());
    let page = views::records(&mut tx, &scope, Kind::Opportunity, Some(("acme pumps", RecordId(PUMPS))), 10, 100).await;
    assert!(page.unwrap().rows.is_empty(), "the next page begins after the last row");
    drop(tx);
    // Kamil's opportunity is at an account that he may not read: it is not named.
    let (mut tx, scope) = looking(db, KAMIL, Mode::Restricted, NOW).await;
    let head = views::head(&mut tx, &scope, RecordId(VALVES)).await.unwrap().unwrap();
    assert_eq!((head.account, head.record.account), (None, Some(RecordId(ACME))));
    let lag = views::lag(&mut tx, &scope).await.unwrap();
    assert_eq!(lag.iter().map(|l| l.mailbox.as_str()).collect::<Vec<_>>(), ["kamil"]);
    assert_eq!(views::names(&mut tx, &scope, [RecordId(PUMPS), RecordId(BETA)]).await.unwrap().len(), 1);
}

async fn every_view(db: &Db) {
    the_governing_record_governs(db).await;
    the_strongest_readable_reason_is_shown_once(db).await;
    pages_of_a_timeline_join_without_gap_or_repetition(db).await;
    today_shows_what_waits_and_what_came_in(db).await;
    a_message_opens_by_record_or_by_copy(db).await;
    lists_and_heads_hold_what_one_may_read(db).await;
    sessions_stand_until_they_end(db).await;
}

async fn sessions_stand_until_they_end(db: &Db) {
    use standin::store::sessions;
    let mut tx = db.write().await.unwrap();
    sessions::begin(&mut tx, &[1; 32], UserId(PIOTR), "test", NOW).await.unwrap();
    let at = |later: i64| NOW.plus(later);
    let found = sessions::find(&mut tx, &[1; 32], at(DAY)).await.unwrap().unwrap();
    assert_eq!((found.user, found.language.as_str()), (UserId(PIOTR), "en"));
    assert!(sessions::find(&mut tx, &[2; 32], NOW).await.unwrap().is_none());
    assert!(sessions::find(&mut tx, &[1; 32], at(sessions::IDLE)).await.unwrap().is_none(), "unused too long");
    for day in 1..14 {
        sessions::touch(&mut tx, &[1; 32], at(day * DAY)).await.unwrap();
    }
    assert!(sessions::find(&mut tx, &[1; 32], at(sessions::LONGEST - 1)).await.unwrap().is_some());
    assert!(sessions::find(&mut tx, &[1; 32], at(sessions::LONGEST)).await.unwrap().is_none(), "too old");
    assert_eq!(sessions::sweep(&mut tx, at(DAY)).await.unwrap(), 0);
    assert_eq!(sessions::sweep(&mut tx, at(20 * DAY)).await.unwrap(), 1);
    sessions::begin(&mut tx, &[3; 32], UserId(PIOTR), "test", NOW).await.unwrap();
    sessions::end(&mut tx, &[3; 32]).await.unwrap();
    assert!(sessions::find(&mut tx, &[3; 32], NOW).await.unwrap().is_none());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn views_show_what_one_may_read_on_sqlite() {
    let (db, _folder) = sqlite("views").await;
    every_view(&db).await;
}

#[tokio::test]
async fn views_show_what_one_may_read_on_postgres() {
    let database = crate::support::postgres::Database::fresh();
    let db = Db::open(&database.url).await.unwrap();
    db.migrate().await.unwrap();
    seed(&db).await;
    every_view(&db).await;
    db.close().await;
}

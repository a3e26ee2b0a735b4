//! Merging records and parting them, deleting and bringing back, and people who leave, on both
//! databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::too_many_lines)]

use crate::support::desk::*;
use standin::actions::activities::{self, Entered};
use standin::actions::import::{ImportError, Options, What, import};
use standin::actions::leavers::{self, Leaving, TakeOver};
use standin::actions::managers;
use standin::actions::records_life::{self, No};
use standin::model::activity::ActivityKind;
use standin::model::address::Address;
use standin::model::id::{RecordId, UserId};
use standin::model::record::Kind;
use standin::model::share::{Holder, Share, Source};
use standin::model::time::{DAY, HOUR};
use standin::store::records::Voucher;
use standin::store::{self, Tx, Value, facts, insert_many, merges, people, records, sessions, shares};
use std::collections::{BTreeMap, BTreeSet};

on_both! {
    merging_opportunities_moves_all_that_hangs_on_one_and_parting_moves_it_back
    merging_contacts_takes_their_addresses_and_new_mail_goes_to_the_one_that_stays
    mail_that_came_since_goes_back_with_its_address
    who_may_not_assign_both_records_cannot_merge_them
    merges_are_undone_in_the_order_of_their_making
    a_deleted_record_is_out_of_sight_gets_no_mail_and_comes_back_whole
    imports_leave_deleted_records_alone_and_follow_merged_ones
    a_leaver_gives_everything_to_whoever_takes_over
    a_leaver_may_leave_things_to_the_fallback_but_only_on_purpose
    an_import_refuses_to_deactivate_whoever_still_owns_records
}

/// Anna's second opportunity and contact with Acme.
const PIPES: RecordId = RecordId(8);
const EWA: RecordId = RecordId(9);

macro_rules! row {
    ($($value:expr),* $(,)?) => { vec![$(Value::from($value)),*] };
}

const NO_INT: Option<i64> = None;

/// A mail that regards a record, with links: record, governing record, evidence, score.
async fn mail(
    tx: &mut Tx,
    id: i64,
    thread: i64,
    regarding: Option<RecordId>,
    links: &[(RecordId, RecordId, String, i64)],
) {
    let at = NOW.plus(-id * HOUR).0;
    let mail = row![
        id,
        id.to_be_bytes().to_vec(),
        id,
        thread,
        at,
        at,
        "in",
        "human",
        "direct",
        "[]",
        "jan@acme.example",
        format!("mail {id}"),
        "text",
        false,
        "[]",
        "",
        false,
        "[]",
        100_i64,
        regarding.map(|r| r.0),
        "linked",
        NO_INT,
        NO_INT,
        true,
        false,
        1_i64
    ];
    const MAILS: &str = "mails (id, identity, copy_key, thread_id, at, arrived_at, direction, author, channel, evidence, \
        from_address, subject, visible, folded, attachments, attachment_names, forward, defects, size, \
        regarding_id, linking, answered_at, answered_by, waits, auth_failed, parser_version)";
    insert_many(tx, MAILS, "", vec![mail]).await.unwrap();
    let rows = links
        .iter()
        .map(|(record, governing, evidence, score)| row![id, record.0, governing.0, at, evidence.as_str(), *score, at]);
    const LINKS: &str = "links (mail_id, record_id, governing_id, at, evidence, score, decided_at)";
    insert_many(tx, LINKS, "", rows.collect()).await.unwrap();
}

fn only(party: RecordId, address: &str) -> String {
    format!(r#"{{"kind":"only-opportunity","address":"{address}","field":"from","party":{party}}}"#)
}

fn by(party: RecordId, address: &str) -> String {
    format!(r#"{{"kind":"address","address":"{address}","field":"from","party":{party}}}"#)
}

fn through(record: RecordId) -> String {
    format!(r#"{{"kind":"through","record":{record}}}"#)
}

async fn more(tx: &mut Tx) {
    let entries =
        [entry(Kind::Opportunity, "Acme pipes", ANNA, Some(ACME)), entry(Kind::Contact, "Ewa Lis", ANNA, Some(ACME))];
    assert_eq!(save(tx, &entries).await, [PIPES, EWA]);
    let address = |text: &str| Address::parse(text).unwrap();
    let wanted = [
        (JAN, ANNA, vec![address("jan@acme.example")]),
        (EWA, ANNA, vec![address("ewa@acme.example"), address("lis@home.example")]),
    ];
    records::set_addresses(tx, &wanted, Voucher::Trusted, NOW).await.unwrap();
}

/// Everything that merging touches, as text.
async fn dump(desk: &Desk) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "select 'link ' || mail_id || ' ' || record_id || ' ' || governing_id || ' ' || score || ' ' || evidence from links",
        "select 'mail ' || id || ' ' || coalesce(regarding_id, 0) || ' ' || candidates || ' ' || linking from mails",
        "select 'address ' || record_id || ' ' || address || ' ' || standing || ' ' || coalesce(claimed_by, 0) from record_addresses",
        "select 'domain ' || record_id || ' ' || domain from account_domains",
        "select 'share ' || id || ' ' || record_id from shares",
        "select 'manager ' || record_id || ' ' || user_id || ' ' || role from record_managers",
        "select 'activity ' || id || ' ' || record_id from activities",
        "select 'exception ' || absence_id || ' ' || coalesce(record_id, 0) from absence_exceptions",
        "select 'record ' || id || ' ' || owner_id || ' ' || coalesce(account_id, 0) || ' ' || coalesce(end_account_id, 0)
           || ' ' || coalesce(end_contact_id, 0) || ' ' || coalesce(phone, '-') || ' ' || coalesce(number, '-')
           || ' ' || coalesce(deleted_at, 0) || ' ' || coalesce(merged_into_id, 0)
           || (case when confidential then ' secret' else '' end) from records",
    ] {
        let mut rows: Vec<(String,)> = desk.rows(sql).await;
        rows.sort();
        all.extend(rows.into_iter().map(|(line,)| line));
    }
    all
}

#[track_caller]
fn same(before: &[String], after: &[String]) {
    let only = |a: &[String], b: &[String]| a.iter().filter(|l| !b.contains(l)).cloned().collect::<Vec<_>>();
    assert_eq!((only(before, after), only(after, before)), (vec![], vec![]));
}

async fn merge(desk: &Desk, by: UserId, kept: RecordId, gone: RecordId) -> Result<records_life::Merged, No> {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let by = actor(&mut tx, by, &world).await;
    let merged = records_life::merge(&mut tx, &by, kept, gone, "twice in the books").await.unwrap();
    tx.commit().await.unwrap();
    merged
}

async fn part(desk: &Desk, by: UserId, gone: RecordId) -> Result<records_life::Merged, No> {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let by = actor(&mut tx, by, &world).await;
    let parted = records_life::unmerge(&mut tx, &by, gone).await.unwrap();
    tx.commit().await.unwrap();
    parted
}

fn share(record: RecordId, user: UserId) -> Share {
    Share {
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
    }
}

async fn merging_opportunities_moves_all_that_hangs_on_one_and_parting_moves_it_back(desk: &Desk) {
    let mut tx = desk.write().await;
    more(&mut tx).await;
    let jan = "jan@acme.example";
    let on = |deal: RecordId| {
        [(deal, deal, only(JAN, jan), 70), (JAN, deal, by(JAN, jan), 60), (ACME, deal, through(deal), 40)]
    };
    mail(&mut tx, 1, 1, Some(PUMPS), &on(PUMPS)).await;
    mail(&mut tx, 2, 2, Some(PIPES), &on(PIPES)).await;
    // It stands on both already, by stronger evidence on the one that goes.
    let both = [(PUMPS, PUMPS, through(JAN), 40), (PIPES, PIPES, only(JAN, jan), 70), (JAN, JAN, by(JAN, jan), 60)];
    mail(&mut tx, 3, 3, Some(PUMPS), &both).await;
    mail(&mut tx, 4, 4, None, &[(JAN, JAN, by(JAN, jan), 60), (ACME, JAN, through(JAN), 40)]).await;
    let anna_world = people::world(&mut tx, &desk.policy, NOW).await.unwrap();
    let anna = actor(&mut tx, ANNA, &anna_world).await;
    for (record, subject) in [(PUMPS, "on pumps"), (PIPES, "on pipes")] {
        let entered = Entered {
            record,
            kind: ActivityKind::Task,
            subject: subject.into(),
            body: String::new(),
            responsible: None,
            due: None,
            done: None,
        };
        activities::add(&mut tx, &anna, &entered).await.unwrap().unwrap();
    }
    shares::add_all(&mut tx, &[share(PIPES, KAMIL)]).await.unwrap();
    tx.commit().await.unwrap();
    let candidates = format!(
        r#"[{{"record":3,"evidence":{{"kind":"one-of-several","address":"{jan}","party":2,"of":2}}}},{{"record":8,"evidence":{{"kind":"one-of-several","address":"{jan}","party":2,"of":2}}}}]"#
    );
    let mut tx = desk.write().await;
    store::update_many(
        &mut tx,
        "mails set candidates = v.column2",
        "mails.id = v.column1",
        vec![row![4_i64, candidates]],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    desk.run("update records set phone = '+48 22', number = 'OP-8', confidential = true where id = 8").await;
    let before = dump(desk).await;

    let merged = merge(desk, ANNA, PUMPS, PIPES).await.unwrap();
    assert_eq!((merged.mails, merged.activities, merged.gone.name.as_str()), (2, 1, "Acme pipes"));
    assert!(merged.kept.confidential, "of confidentiality the stricter");
    let links: Vec<(i64,)> = desk.rows("select count(*) from links where record_id = 8 or governing_id = 8").await;
    assert_eq!(links, [(0,)]);
    let three: Vec<(i64, i64)> =
        desk.rows("select record_id, score from links where mail_id = 3 order by record_id").await;
    assert_eq!(three, [(JAN.0, 60), (PUMPS.0, 70)], "once, by the stronger evidence");
    let four: Vec<(String,)> = desk.rows("select candidates from mails where id = 4").await;
    assert!(!four[0].0.contains("\"record\":8") && four[0].0.matches("\"record\":3").count() == 1, "{four:?}");
    let regarding: Vec<(i64,)> = desk.rows("select regarding_id from mails where id = 2").await;
    assert_eq!(regarding, [(PUMPS.0,)]);
    assert!(!desk.reads(ANNA, PIPES).await, "the one that went is nobody's to see");
    assert!(!desk.reads(KAMIL, PUMPS).await, "a share made before it was confidential sleeps");
    let details: Vec<(Option<String>, Option<String>)> =
        desk.rows("select phone, number from records where id = 3").await;
    assert_eq!(details, [(Some("+48 22".into()), Some("OP-8".into()))], "what it lacked");
    let mut tx = desk.write().await;
    let how: Vec<String> = store::owners::history(&mut tx, PUMPS).await.unwrap().into_iter().map(|c| c.how).collect();
    drop(tx);
    assert_eq!(how, ["merge", "import", "import"], "both histories");

    let parted = part(desk, ANNA, PIPES).await.unwrap();
    assert_eq!(parted.mails, 2);
    same(&before, &dump(desk).await);
    assert!(desk.reads(ANNA, PIPES).await);
    assert_eq!(part(desk, ANNA, PIPES).await, Err(No::NotThere), "it is not gone any more");
    let actions: Vec<String> = desk.audit().await.into_iter().map(|(action, ..)| action).collect();
    assert_eq!(actions, ["merged", "merge-undone"]);
}

async fn parties(tx: &mut Tx, address: &str) -> Vec<RecordId> {
    let address = Address::parse(address).unwrap();
    let none = BTreeSet::new();
    let facts =
        facts::about(tx, &BTreeSet::from([address.clone()]), &none, &none, &Default::default(), &Default::default())
            .await
            .unwrap();
    let mut found: Vec<RecordId> = facts.parties.get(&address).into_iter().flatten().map(|p| p.record).collect();
    found.extend(facts.domains.values().flatten());
    found
}

async fn merging_contacts_takes_their_addresses_and_new_mail_goes_to_the_one_that_stays(desk: &Desk) {
    let mut tx = desk.write().await;
    more(&mut tx).await;
    // Ewa's home address is on Jan too, as a mere claim of Kamil's.
    let claim =
        [(JAN, ANNA, vec![Address::parse("jan@acme.example").unwrap(), Address::parse("lis@home.example").unwrap()])];
    records::set_addresses(&mut tx, &claim, Voucher::Claimant(KAMIL), NOW).await.unwrap();
    mail(&mut tx, 1, 1, None, &[(EWA, EWA, by(EWA, "ewa@acme.example"), 60), (ACME, EWA, through(EWA), 40)]).await;
    tx.commit().await.unwrap();
    desk.run("update records set end_contact_id = 9 where id = 3").await;
    let before = dump(desk).await;
    merge(desk, ANNA, JAN, EWA).await.unwrap();
    let mut tx = desk.write().await;
    assert_eq!(parties(&mut tx, "ewa@acme.example").await, [JAN]);
    assert_eq!(parties(&mut tx, "lis@home.example").await, [JAN]);
    let standing = records::addresses(&mut tx, &[JAN]).await.unwrap();
    assert!(standing[&JAN].iter().all(|(_, vouched)| *vouched), "the stronger standing stays: {standing:?}");
    drop(tx);
    let evidence: Vec<(i64, String)> = desk.rows("select record_id, evidence from links order by record_id").await;
    assert_eq!(evidence, [(ACME.0, through(JAN)), (JAN.0, by(JAN, "ewa@acme.example"))]);
    let end: Vec<(i64,)> = desk.rows("select end_contact_id from records where id = 3").await;
    assert_eq!(end, [(JAN.0,)]);
    part(desk, ANNA, EWA).await.unwrap();
    same(&before, &dump(desk).await);
}

async fn mail_that_came_since_goes_back_with_its_address(desk: &Desk) {
    let mut tx = desk.write().await;
    more(&mut tx).await;
    tx.commit().await.unwrap();
    merge(desk, ANNA, JAN, EWA).await.unwrap();
    let mut tx = desk.write().await;
    let ewa = "ewa@acme.example";
    mail(&mut tx, 5, 5, None, &[(JAN, JAN, by(JAN, ewa), 60), (ACME, JAN, through(JAN), 40)]).await;
    mail(&mut tx, 6, 6, None, &[(JAN, JAN, by(JAN, "jan@acme.example"), 60)]).await;
    tx.commit().await.unwrap();
    part(desk, ANNA, EWA).await.unwrap();
    let links: Vec<(i64, i64, i64, String)> =
        desk.rows("select mail_id, record_id, governing_id, evidence from links order by mail_id, record_id").await;
    let expected = [
        (5, ACME.0, EWA.0, through(EWA)),
        (5, EWA.0, EWA.0, by(EWA, ewa)),
        (6, JAN.0, JAN.0, by(JAN, "jan@acme.example")),
    ];
    assert_eq!(links, expected);
}

async fn who_may_not_assign_both_records_cannot_merge_them(desk: &Desk) {
    assert_eq!(merge(desk, ANNA, ACME, BETA).await, Err(No::NotThere), "absent and forbidden look the same");
    assert_eq!(merge(desk, ANNA, ACME, RecordId(99)).await, Err(No::NotThere));
    assert_eq!(merge(desk, ANNA, ACME, JAN).await, Err(No::Kinds("account", "contact")));
    assert_eq!(merge(desk, ANNA, ACME, ACME).await, Err(No::Same));
    desk.away(KAMIL, Some(ANNA)).await;
    assert_eq!(merge(desk, ANNA, ACME, BETA).await, Err(No::MayNot("Beta".into())), "a cover is not enough (P12)");
    merge(desk, ADAM, ACME, BETA).await.unwrap();
    assert!(!desk.reads(ADAM, ACME).await, "an admin gains no sight by it");
    assert_eq!(part(desk, PIOTR, BETA).await, Err(No::NotThere));
    assert_eq!(part(desk, ANNA, BETA).await, Err(No::NotThere), "it was Kamil's");
    part(desk, ADAM, BETA).await.unwrap();
}

async fn merges_are_undone_in_the_order_of_their_making(desk: &Desk) {
    let mut tx = desk.write().await;
    let more = [entry(Kind::Account, "Acme North", ANNA, None), entry(Kind::Account, "Acme South", ANNA, None)];
    let ids = save(&mut tx, &more).await;
    let all = [(ACME, vec!["acme.example".to_owned()]), (ids[0], vec!["north.example".to_owned()])];
    records::set_domains(&mut tx, &all, NOW).await.unwrap();
    let world = people::world(&mut tx, &desk.policy, NOW).await.unwrap();
    let anna = actor(&mut tx, ANNA, &world).await;
    let change = managers::Change { append: true, user: KAMIL, role: "service".into(), write: true };
    let chosen = standin::actions::choice::Selection::Ids(vec![ACME, ids[0]]);
    managers::change(&mut tx, &anna, &chosen, &change).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let before = dump(desk).await;
    merge(desk, ANNA, ids[0], ids[1]).await.unwrap();
    merge(desk, ANNA, ACME, ids[0]).await.unwrap();
    let mut tx = desk.write().await;
    assert_eq!(parties(&mut tx, "x@north.example").await, [ACME]);
    drop(tx);
    assert_eq!(part(desk, ANNA, ids[1]).await, Err(No::KeptGone));
    part(desk, ANNA, ids[0]).await.unwrap();
    part(desk, ANNA, ids[1]).await.unwrap();
    same(&before, &dump(desk).await);
    merge(desk, ANNA, ACME, ids[0]).await.unwrap();
    merge(desk, ANNA, ACME, ids[1]).await.unwrap();
    assert_eq!(part(desk, ANNA, ids[0]).await, Err(No::NotLast("Acme South".into())));
}

async fn a_deleted_record_is_out_of_sight_gets_no_mail_and_comes_back_whole(desk: &Desk) {
    let mut tx = desk.write().await;
    more(&mut tx).await;
    let jan = "jan@acme.example";
    mail(&mut tx, 1, 1, None, &[(JAN, JAN, by(JAN, jan), 60), (ACME, JAN, through(JAN), 40)]).await;
    mail(&mut tx, 2, 2, Some(PUMPS), &[(PUMPS, PUMPS, only(JAN, jan), 70), (JAN, PUMPS, by(JAN, jan), 60)]).await;
    mail(&mut tx, 3, 3, None, &[(JAN, JAN, by(JAN, jan), 60), (EWA, EWA, by(EWA, "ewa@acme.example"), 60)]).await;
    tx.commit().await.unwrap();
    let before = dump(desk).await;
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let anna = actor(&mut tx, ANNA, &world).await;
    let would = records_life::would_delete(&mut tx, &anna, JAN).await.unwrap().unwrap();
    assert!(desk_sees(&mut tx, &anna, JAN).await, "asking changes nothing");
    let deleted = records_life::delete(&mut tx, &anna, JAN, "left the firm").await.unwrap().unwrap();
    assert_eq!(deleted, would);
    let extent = deleted.extent;
    assert_eq!((extent.mails_hidden, extent.mails_staying, extent.addresses), (1, 1, 1));
    assert!(!desk_sees(&mut tx, &anna, JAN).await);
    assert!(parties(&mut tx, jan).await.is_empty());
    let again = records_life::delete(&mut tx, &anna, JAN, "").await.unwrap();
    assert_eq!(again, Err(No::NotThere));
    assert_eq!(records_life::unmerge(&mut tx, &anna, JAN).await.unwrap(), Err(No::NotMerged));
    let kamil = actor(&mut tx, KAMIL, &world).await;
    assert_eq!(records_life::restore(&mut tx, &kamil, JAN).await.unwrap(), Err(No::NotThere));
    assert_eq!(records_life::restore(&mut tx, &anna, PUMPS).await.unwrap(), Err(No::NotThere), "it is not deleted");
    records_life::restore(&mut tx, &anna, JAN).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    same(&before, &dump(desk).await);
    // What another record took over meanwhile stays there.
    let mut tx = desk.write().await;
    let anna = actor(&mut tx, ANNA, &world).await;
    records_life::delete(&mut tx, &anna, JAN, "").await.unwrap().unwrap();
    let taken = [(EWA, ANNA, vec![Address::parse(jan).unwrap()])];
    records::set_addresses(&mut tx, &taken, Voucher::Trusted, NOW).await.unwrap();
    records_life::restore(&mut tx, &anna, JAN).await.unwrap().unwrap();
    assert_eq!(records::addresses(&mut tx, &[JAN, EWA]).await.unwrap(), {
        let address = Address::parse(jan).unwrap();
        [(JAN, vec![(address.clone(), false)]), (EWA, vec![(address, true)])].into()
    });
}

async fn desk_sees(tx: &mut Tx, actor: &standin::actions::actor::Actor<'_>, record: RecordId) -> bool {
    !actor.named(tx, &[record]).await.unwrap().entries.is_empty()
}

fn options(leave_records: bool) -> Options {
    Options { skip_broken: false, by: None, leave_records, zone: "Europe/Warsaw".into(), language: "en".into() }
}

async fn imports_leave_deleted_records_alone_and_follow_merged_ones(desk: &Desk) {
    let mut tx = desk.write().await;
    let world = people::world(&mut tx, &desk.policy, NOW).await.unwrap();
    let anna = actor(&mut tx, ANNA, &world).await;
    let north = save(&mut tx, &[entry(Kind::Account, "Acme North", ANNA, None)]).await[0];
    records_life::merge(&mut tx, &anna, ACME, north, "").await.unwrap().unwrap();
    records_life::delete(&mut tx, &anna, LEAD, "").await.unwrap().unwrap();
    let file = b"external_id,name,owner\nacme,Acme Holding,anna\nacme north,Acme North again,anna\n";
    let what = What::Records(Kind::Account);
    let summary = import(&mut tx, what, file, &options(false), &world, NOW).await.unwrap();
    assert_eq!((summary.changed, summary.unchanged, summary.created), (1, 1, 0));
    let leads = b"external_id,name,owner\nzenon,Zenon,anna\n";
    let summary = import(&mut tx, What::Records(Kind::Lead), leads, &options(false), &world, NOW).await.unwrap();
    assert_eq!((summary.changed, summary.unchanged), (0, 1));
    let contacts = b"external_id,name,owner,account\nnew,New Person,anna,acme north\n";
    let summary = import(&mut tx, What::Records(Kind::Contact), contacts, &options(false), &world, NOW).await.unwrap();
    assert_eq!(summary.created, 1);
    let found = records::by_external(&mut tx, "import", Kind::Contact, &["new"]).await.unwrap();
    assert_eq!(found["new"].record.account, Some(ACME), "the one it became a part of");
    assert!(merges::gone(&mut tx, &[north, LEAD, ACME]).await.unwrap().len() == 2);
}

fn leaving(user: UserId, take_over: TakeOver) -> Leaving {
    Leaving { user, take_over, with_confidential: false, reason: "left the firm".into() }
}

async fn a_leaver_gives_everything_to_whoever_takes_over(desk: &Desk) {
    desk.away(KAMIL, Some(ANNA)).await;
    let world = desk.world().await;
    let mut tx = desk.write().await;
    sessions::begin(&mut tx, &[1; 32], ANNA, "test", NOW).await.unwrap();
    let team = people::add_team(&mut tx, "North", NOW).await.unwrap();
    people::set_team_fallback(&mut tx, team, Some(ANNA)).await.unwrap();
    let entered = |record, responsible| Entered {
        record,
        kind: ActivityKind::Task,
        subject: "x".into(),
        body: String::new(),
        responsible: Some(responsible),
        due: Some(NOW.plus(DAY)),
        done: None,
    };
    let anna = actor(&mut tx, ANNA, &world).await;
    activities::add(&mut tx, &anna, &entered(PUMPS, ANNA)).await.unwrap().unwrap();
    // On Kamil's record, which Piotr may not read.
    activities::add(&mut tx, &anna, &entered(VALVES, ANNA)).await.unwrap().unwrap();
    let kinds = BTreeMap::from([(Kind::Lead, OLA)]);
    let wanted = leaving(ANNA, TakeOver::By { all: Some(PIOTR), kinds });
    let maria = actor(&mut tx, MARIA, &world).await;
    assert_eq!(leavers::deactivate(&mut tx, &maria, &wanted).await.unwrap(), Err(leavers::No::NotAdmin));
    let adam = actor(&mut tx, ADAM, &world).await;
    let themselves = leaving(ADAM, TakeOver::Nobody);
    assert_eq!(leavers::deactivate(&mut tx, &adam, &themselves).await.unwrap(), Err(leavers::No::Yourself));
    let circle = leaving(ANNA, TakeOver::By { all: Some(ANNA), kinds: BTreeMap::new() });
    let refused = leavers::deactivate(&mut tx, &adam, &circle).await.unwrap();
    assert_eq!(refused, Err(leavers::No::CannotTakeOver("Anna Nowak".into())));
    let left = leavers::deactivate(&mut tx, &adam, &wanted).await.unwrap().unwrap();
    assert_eq!(left.given, BTreeMap::from([(PIOTR, 3), (OLA, 1)]));
    assert_eq!((left.stay, left.stay_confidential, left.activities), (1, 1, 2));
    assert_eq!((left.teams, left.stands_in_for), (vec!["North".to_owned()], vec![KAMIL]));
    assert!(sessions::find(&mut tx, &[1; 32], NOW).await.unwrap().is_none(), "signed out everywhere");
    assert!(!people::load(&mut tx, ANNA).await.unwrap().unwrap().person.active);
    tx.commit().await.unwrap();
    let who: Vec<(i64, i64)> = desk.rows("select record_id, responsible_id from activities order by record_id").await;
    assert_eq!(who, [(PUMPS.0, PIOTR.0), (VALVES.0, KAMIL.0)]);
    let how: Vec<(String,)> = desk.rows("select how from record_owners where record_id = 7 order by id desc").await;
    assert_eq!(how[0].0, "leaver");
    assert!(desk.audit().await.iter().any(|(action, ..)| action == "user-changed"));
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let adam = actor(&mut tx, ADAM, &world).await;
    let again = leavers::deactivate(&mut tx, &adam, &wanted).await.unwrap();
    assert_eq!(again, Err(leavers::No::Inactive("Anna Nowak".into())));
    leavers::activate(&mut tx, &adam, ANNA).await.unwrap().unwrap();
    assert!(people::load(&mut tx, ANNA).await.unwrap().unwrap().person.active);
}

async fn a_leaver_may_leave_things_to_the_fallback_but_only_on_purpose(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let operator = standin::actions::actor::Actor::load(&mut tx, None, &world, NOW).await.unwrap();
    let left = leavers::deactivate(&mut tx, &operator, &leaving(ANNA, TakeOver::Nobody)).await.unwrap().unwrap();
    assert_eq!((left.given.len(), left.stay), (0, 5));
    tx.commit().await.unwrap();
    assert_eq!(desk.owner(PUMPS).await, ANNA);
    let policy = standin::model::record::Policy { fallback: Some("ola".into()), ..desk.policy.clone() };
    let mut tx = desk.write().await;
    let world = people::world(&mut tx, &policy, NOW).await.unwrap();
    let record = records::load(&mut tx, &[PUMPS]).await.unwrap().remove(0).record;
    assert_eq!(standin::access::answers_now(&record, &world, NOW).user, Some(OLA));
}

async fn an_import_refuses_to_deactivate_whoever_still_owns_records(desk: &Desk) {
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let file = b"login,name,active\nanna,Anna Nowak,no\npiotr,Piotr Nowak,no\n";
    let error = import(&mut tx, What::Users, file, &options(false), &world, NOW).await.unwrap_err();
    let ImportError::Rows { broken, .. } = error else { panic!("{error}") };
    assert_eq!(broken.len(), 1, "Piotr owns nothing: {broken:?}");
    let text = broken[0].to_string();
    assert!(text.contains("row 2, column active: `anna` still owns 5 records"), "{text}");
    assert!(text.contains("standin user deactivate anna --to LOGIN"), "{text}");
    drop(tx);
    let mut tx = desk.write().await;
    let summary = import(&mut tx, What::Users, file, &options(true), &world, NOW).await.unwrap();
    assert_eq!(summary.changed, 2);
}

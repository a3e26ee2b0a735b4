//! Scenarios of absences, played with the real program on both databases: chains, exceptions,
//! hand-overs, clock changes, open ends. The program has the real clock; what happens at a moment to
//! come is looked at on the same pages with that moment given.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::scenarios::scenarios;
use crate::support::company::today;
use crate::support::firm::{Company, Kind};
use crate::support::scene::Today::{Covering, Mine, Not};
use crate::support::scene::{PIPES, PUMPS, Scene, VALVES, day, set_up};
use chrono::{Days, NaiveDate, Offset, TimeZone};
use serde_json::json;
use standin::intake::{Clock, Found, Shared, Signals, prepare};
use standin::model::cursor::{Arrival, Role, Seen};
use standin::model::time::{DAY, HOUR, Timestamp};
use standin::store;
use standin::store::instance::{Instance, Use};
use std::sync::Arc;

scenarios! {
    a_chain_from_anna_to_piotr_to_kamil_shortens_when_kamil_is_back_early
    an_exception_by_account_puts_one_deal_to_somebody_else_and_the_rest_to_the_substitute
    a_hand_over_returns_all_but_what_a_person_assigned_in_between
    an_absence_that_hands_over_begins_and_returns_by_itself
    an_absence_over_the_clock_changes_in_warsaw_ends_at_local_midnight
    a_client_is_told_of_it_in_its_last_second_and_of_nothing_after
    an_absence_with_an_open_end_runs_until_somebody_ends_it
}

fn a_chain_from_anna_to_piotr_to_kamil_shortens_when_kamil_is_back_early(kind: Kind) {
    let scene = Scene::open(kind, |_| {});
    for (user, last, substitute) in [("kamil", 5, "ewa"), ("piotr", 12, "kamil"), ("anna", 19, "piotr")] {
        let (from, until) = (day(-1), day(last));
        scene.ok(&format!("absence add --user {user} --from {from} --until {until} --substitute {substitute}"));
    }
    // Everybody on the way reads; who is there, at its end, answers.
    let all = [("anna", Mine), ("maria", Not), ("piotr", Not), ("kamil", Not), ("ewa", Covering)];
    scene.seen_by(&PUMPS, &all);
    scene.seen_by(&PIPES, &[("kamil", Mine), ("ewa", Covering)]);
    let answers = || scene.json("timeline OP-1 --as anna")["answers"].clone();
    assert_eq!(answers(), "Ewa Kos");
    // Kamil is back early and says so: Ewa's sight goes with his absence.
    scene.end_absence("kamil", 1);
    assert_eq!(answers(), "Kamil Zych");
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not), ("piotr", Not), ("kamil", Covering)]);
    scene.seen_by(&PIPES, &[("kamil", Mine)]);
    // Then Piotr; then Anna herself.
    scene.ok("absence end --user piotr --as piotr");
    assert_eq!(answers(), "Piotr Lis");
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not), ("piotr", Covering)]);
    scene.end_absence("anna", 3);
    assert_eq!(answers(), "Anna Nowak");
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not)]);
}

fn an_exception_by_account_puts_one_deal_to_somebody_else_and_the_rest_to_the_substitute(kind: Kind) {
    let scene = Scene::open(kind, |_| {});
    let period = format!("--from {} --until {}", day(-1), day(5));
    scene.ok(&format!("absence add --user anna {period} --substitute piotr --except account:Acme-works=kamil"));
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not), ("kamil", Covering)]);
    scene.seen_by(&VALVES, &[("anna", Mine), ("maria", Not), ("piotr", Covering)]);
    // The account and its people go the same way.
    for (external, covers, other) in [("acme", "kamil", "piotr"), ("jan", "kamil", "piotr"), ("beta", "piotr", "kamil")]
    {
        let path = format!("/records/{}", scene.record(external));
        assert_eq!(scene.at(covers).get(&path).status, 200, "{covers} on {external}");
        scene.same_as_missing(other, &path, "/records/999999");
    }
    // Two that say the same about one account are refused; the form changes the one there is.
    let other = format!("absence edit 1 --except account:{}=ewa --except account:acme=piotr", scene.record("acme"));
    scene.no(&other);
    let fields = |who: &'static str| {
        let fixed = [("user", "anna"), ("nature", "leave"), ("substitute", "piotr"), ("plan", "cover")];
        let mut fields: Vec<(&str, String)> = fixed.map(|(name, value)| (name, value.to_owned())).into();
        fields.extend([("from", day(-1)), ("until", day(5)), ("writes", "yes".to_owned())]);
        if !who.is_empty() {
            fields.extend([("except_what", "account:".to_owned()), ("except_which", "Acme-works".to_owned())]);
            fields.push(("except_who", who.to_owned()));
        }
        fields
    };
    let enter = |who: &'static str| {
        let fields = fields(who);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        scene.enter_absence("anna", "/absences/1", &fields)
    };
    assert!(enter("ewa").says("Acme-works"));
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not), ("ewa", Covering)]);
    enter("");
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not), ("piotr", Covering)]);
    scene.seen_by(&VALVES, &[("anna", Mine), ("maria", Not), ("piotr", Covering)]);
}

fn a_hand_over_returns_all_but_what_a_person_assigned_in_between(kind: Kind) {
    let scene = Scene::open(kind, |_| {});
    let preview = scene.json("handover preview --user anna --to piotr");
    assert_eq!(preview["total"], 6, "two accounts, contacts and deals: {preview}");
    assert_eq!(preview["gains"], json!([{ "user": "piotr", "records": 6 }]));
    // Anna sees what she would give away, and does.
    let (anna, piotr) = (scene.user("anna").to_string(), scene.user("piotr").to_string());
    let page = scene.at("anna").read(&format!("/handovers/preview?user={anna}&to={piotr}"));
    assert!(page.says("Hand over 6 records"), "{}", page.text);
    let seen = page.value_of("seen");
    let fields = [("user", anna.as_str()), ("to", &piotr), ("until", ""), ("absence", ""), ("seen", &seen)];
    assert_eq!(scene.at("anna").post("/handovers", &fields).location(), "/handovers/1");
    let stands = |state: &str| {
        let state = format!("data-state=\"{state}\"");
        scene.eventually(&state, || scene.at("anna").read("/handovers/1").says(&state).then_some(()));
    };
    stands("done");
    scene.seen_by(&PUMPS, &[("piotr", Mine)]);
    scene.seen_by(&VALVES, &[("piotr", Mine)]);
    // In between Piotr gives one deal to Ewa.
    scene.assign("piotr", &VALVES, "ewa", false);
    scene.seen_by(&VALVES, &[("ewa", Mine)]);
    // Returned, the rest is Anna's; the page says what stayed, and does not name what she may not see.
    let returned = scene.json("handover return 1");
    assert!(returned.to_string().contains("returned"), "{returned}");
    stands("returned");
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not)]);
    scene.seen_by(&VALVES, &[("ewa", Mine)]);
    let page = scene.at("anna").read("/handovers/1");
    assert!(page.says("Piotr Lis gave it to Ewa Kos") && !page.says(VALVES.name), "{}", page.text);
    for stranger in ["piotr", "ewa", "kamil"] {
        scene.same_as_missing(stranger, "/handovers/1", "/handovers/999999");
    }
    // The return is undone on the page: what a person assigned stays where they put it.
    assert_eq!(scene.at("anna").post("/handovers/1/undo", &[]).status, 303);
    scene.eventually("the return is undone", || {
        (scene.company.number("select owner_id from records where external_id = 'pumps'").to_string() == piotr)
            .then_some(())
    });
    scene.seen_by(&PUMPS, &[("piotr", Mine)]);
    scene.seen_by(&VALVES, &[("ewa", Mine)]);
}

fn an_absence_that_hands_over_begins_and_returns_by_itself(kind: Kind) {
    let scene = Scene::open(kind, |_| {});
    let owner = |login: &str| {
        let sql = "select count(*) from records where owner_id = ";
        let held = || scene.company.number(&format!("{sql}{}", scene.user(login)));
        scene.eventually(&format!("{login} owns Anna's six records"), || (held() == 6).then_some(()));
    };
    let fields = [
        ("user", "anna"),
        ("from", &*day(-1)),
        ("until", &*day(5)),
        ("nature", "leave"),
        ("substitute", "piotr"),
        ("plan", "hand-over"),
        ("writes", "yes"),
    ];
    scene.enter_absence("anna", "/absences/new", &fields);
    owner("piotr");
    scene.seen_by(&PUMPS, &[("piotr", Mine)]);
    // Meanwhile Piotr gives one away, by a command; prolonged, the rest stays where it is.
    scene.ok("assign OP-2 --to kamil --reason capacity --as piotr");
    scene.ok(&format!("absence edit 1 --until {} --as anna", day(9)));
    scene.seen_by(&VALVES, &[("kamil", Mine)]);
    scene.seen_by(&PUMPS, &[("piotr", Mine)]);
    // She is back early: what was handed over comes home, and what a person decided stands.
    scene.end_absence("anna", 1);
    scene.eventually("the deal is Anna's again", || {
        let owner = "select owner_id from records where external_id = 'pumps'";
        (scene.company.number(owner) == scene.user("anna")).then_some(())
    });
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not)]);
    scene.seen_by(&VALVES, &[("kamil", Mine)]);
    let owners = scene.json("timeline OP-1 --as anna")["owners"].clone();
    let how: Vec<&str> = owners.as_array().unwrap().iter().map(|change| change["how"].as_str().unwrap()).collect();
    assert!(how.starts_with(&["return", "hand-over"]), "{how:?}");
}

/// The last day before today on which Warsaw changed its clocks, and the next two from today on: each
/// with whether summer time begins.
fn changes() -> (NaiveDate, Vec<(NaiveDate, bool)>) {
    let offset = |day: NaiveDate| {
        let noon = day.and_hms_opt(12, 0, 0).unwrap();
        chrono_tz::Europe::Warsaw.offset_from_utc_datetime(&noon).fix().local_minus_utc()
    };
    let changed = |day: &NaiveDate| offset(*day) != offset(day.pred_opt().unwrap());
    let mut before = (1..).map(|days| today() - Days::new(days));
    let last = before.find(changed).unwrap();
    let next = today().iter_days().take(400).filter(changed).take(2);
    (last, next.map(|day| (day, offset(day) == 7200)).collect())
}

/// A local midnight in Warsaw: summer time is two hours ahead, winter time one.
fn midnight(day: NaiveDate, summer: bool) -> String {
    format!("{}T{}:00:00Z", day.pred_opt().unwrap(), if summer { 22 } else { 23 })
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_utc(text.parse().unwrap())
}

fn an_absence_over_the_clock_changes_in_warsaw_ends_at_local_midnight(kind: Kind) {
    let scene = Scene::open(kind, |_| {});
    let (last, coming) = changes();
    let (next, summer) = coming[0];
    // Anna is away from the day before the last change to the day after the next.
    let (from, until) = (last.pred_opt().unwrap(), next.succ_opt().unwrap());
    scene.ok(&format!("absence add --user anna --from {from} --until {until} --substitute piotr"));
    let shown = scene.json("absence show 1");
    let ends = midnight(until.succ_opt().unwrap(), summer);
    let instant = |value: &serde_json::Value| at(value.as_str().unwrap());
    assert_eq!(
        instant(&shown["starts"]),
        at(&midnight(from, summer)),
        "before the last change it was as after the next"
    );
    assert_eq!(instant(&shown["ends"]), at(&ends));
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not), ("piotr", Covering)]);
    // Its first and its last millisecond, on the pages.
    let pumps = scene.page_of(&PUMPS);
    let (starts, ends) = (at(&midnight(from, summer)), at(&ends));
    for (moment, covered) in [(starts.plus(-1), false), (starts, true), (ends.plus(-1), true), (ends, false)] {
        let (status, _) = scene.later("piotr", &pumps, moment);
        assert_eq!(status, if covered { 200 } else { 404 }, "{moment:?}");
        let (_, today) = scene.later("piotr", "/", moment);
        assert_eq!(today.contains("id=\"covering-0\""), covered, "{moment:?}");
        let (_, record) = scene.later("anna", &pumps, moment);
        let answers = record.split("data-answers-now>").nth(1).unwrap().split('<').next().unwrap();
        assert_eq!(answers.starts_with("Piotr Lis"), covered, "{moment:?}: {answers}");
    }
    // Kamil enters the very days of the next two changes on the page: one has 23 hours, one 25.
    for (number, (day, summer)) in (2..).zip(coming.into_iter().filter(|(day, _)| *day > today())) {
        let (from, zone) = (day.to_string(), "Europe/Warsaw");
        let fields = [
            ("user", "kamil"),
            ("from", &*from),
            ("until", &*from),
            ("nature", "leave"),
            ("substitute", "ewa"),
            ("plan", "cover"),
            ("zone", zone),
        ];
        scene.enter_absence("kamil", "/absences/new", &fields);
        let shown = scene.json(&format!("absence show {number}"));
        let (starts, ends) = (instant(&shown["starts"]), instant(&shown["ends"]));
        assert_eq!(starts, at(&midnight(day, !summer)));
        assert_eq!(ends.since(starts), if summer { 23 * HOUR } else { 25 * HOUR }, "{day}");
        let pipes = scene.page_of(&PIPES);
        for (moment, status) in [(starts.plus(-1), 404), (starts, 200), (ends.plus(-1), 200), (ends, 404)] {
            assert_eq!(scene.later("ewa", &pipes, moment).0, status, "{moment:?}");
        }
    }
    scene.seen_by(&PIPES, &[("kamil", Mine)]);
    // Back before its time, she says so by a command.
    scene.ok("absence end 1 --as anna");
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not)]);
}

fn an_absence_with_an_open_end_runs_until_somebody_ends_it(kind: Kind) {
    let scene = Scene::open(kind, |_| {});
    let fields = [
        ("user", "anna"),
        ("from", &*day(-1)),
        ("nature", "sick"),
        ("substitute", "piotr"),
        ("plan", "cover"),
        ("writes", "yes"),
    ];
    // Her manager enters it for her.
    scene.enter_absence("maria", "/absences/new", &fields);
    let shown = scene.json("absence show 1");
    assert_eq!((&shown["ends"], &shown["last_day"], &shown["phase"]), (&json!(null), &json!(null), &json!("running")));
    let confirm: NaiveDate = shown["confirm_on"].as_str().unwrap().parse().unwrap();
    assert!(confirm > today() && confirm <= today() + chrono::Duration::days(14), "{confirm}");
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not), ("piotr", Covering)]);
    // Those who see her away do not see why; and after years Piotr still answers.
    for login in ["piotr", "kamil"] {
        let page = scene.at(login).read("/absences");
        assert!(page.says("Anna Nowak") && !page.says("sick"), "{}", page.text);
    }
    let pumps = scene.page_of(&PUMPS);
    let day_of_asking = at(&format!("{confirm}T12:00:00Z"));
    assert_eq!(scene.later("piotr", &pumps, day_of_asking.plus(900 * DAY)).0, 200);
    // On its day it is asked about: her, him and her manager, on Today.
    let asks = |login: &str, moment: Timestamp| scene.later(login, "/", moment).1.contains("was to be confirmed");
    for login in ["anna", "piotr", "maria"] {
        assert!(!asks(login, day_of_asking.plus(-2 * DAY)), "{login}");
        assert!(asks(login, day_of_asking), "{login}");
    }
    assert!(!asks("kamil", day_of_asking), "it is none of his business");
    // Nobody else ends it; she does, and it is over.
    let token = scene.at("anna").read("/absences/1").value_of("token");
    for stranger in ["kamil", "ewa"] {
        let refused = scene.at(stranger).post("/absences/1/end", &[("token", &token)]);
        let absent = scene.at(stranger).post("/absences/999999/end", &[("token", &token)]);
        assert_eq!((refused.status, &refused), (404, &absent), "{stranger}");
        scene.no(&format!("absence end 1 --as {stranger}"));
    }
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not), ("piotr", Covering)]);
    scene.end_absence("anna", 1);
    let shown = scene.json("absence show 1");
    assert_eq!((&shown["phase"], shown["ends"].is_string()), (&json!("over"), true), "{shown}");
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not)]);
}

/// Of the next change of clocks: what the company answers a client whose mail comes in at a moment.
fn a_client_is_told_of_it_in_its_last_second_and_of_nothing_after(kind: Kind) {
    let company = set_up(kind, |config| {
        config.notice.enabled = true;
        config.notice.authserv_id = "mx.firma.example".into();
        config.language = "en".into();
    });
    let (next, summer) = changes().1[0];
    let (from, until) = (day(-1), next.succ_opt().unwrap());
    let line = format!("absence add --notice --user anna --from {from} --until {until} --substitute piotr");
    company.call(line.split(' ')).succeed();
    let ends = at(&midnight(until.succ_opt().unwrap(), summer));
    company.rows("update mailboxes set connected_at = 0");
    let told = answers_to(&company, &[("bo@beta.test", ends), ("jan@acme.test", ends.plus(-1))]);
    assert_eq!(told.len(), 1, "{told:?}");
    let back = until.succ_opt().unwrap().format("%-d %B %Y").to_string();
    for words in ["jan@acme.test", "piotr@firma.example", &until.format("%-d %B %Y").to_string(), &back] {
        assert!(told[0].contains(words), "no {words} in {}", told[0]);
    }
}

/// Takes mail to Anna in at these moments; the answers.
fn answers_to(company: &Company, letters: &[(&str, Timestamp)]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let instance = Instance::open(&company.config, Use::Work).await.unwrap();
        for (uid, (from, now)) in (1..).zip(letters.iter().copied()) {
            let config = Arc::new(company.config.clone());
            let shared = Shared::new(&instance, config, Clock::new(move || now), Signals::default());
            let (account, row) = shared.mailboxes().await.unwrap().into_iter().find(|(a, _)| a.name == "anna").unwrap();
            let intake = shared.reader(&account, row.id).await.unwrap().unwrap().intake;
            let mut tx = instance.db.write().await.unwrap();
            let folder = store::folders::ensure(&mut tx, row.id, "INBOX", Role::Inbox).await.unwrap().id;
            store::folders::begin_epoch(&mut tx, folder, 7, 1, 10_000, 1).await.unwrap();
            let (raw, internal_date) = (letter(from, now), Some(now));
            let seen = Seen { uid, size: raw.len() as u64, internal_date, flags: Vec::new(), modseq: None };
            store::locations::insert_pending(&mut tx, folder, 1, &[seen], Arrival::Live, now).await.unwrap();
            let location = store::locations::states(&mut tx, folder, 1, uid, uid).await.unwrap()[0].0;
            tx.commit().await.unwrap();
            let (role, arrival, flags) = (Role::Inbox, Arrival::Live, Vec::new());
            let found = Found { location, folder, role, arrival, internal_at: internal_date, flags, raw };
            intake
                .settle(prepare(vec![found], &intake.context.keys, &intake.context.notice.policy, now))
                .await
                .unwrap();
            let mut tx = instance.db.write().await.unwrap();
            store::mailboxes::release(&mut tx, row.id, intake.context.fence).await.unwrap();
            tx.commit().await.unwrap();
        }
        instance.db.close().await;
    });
    // Both were taken in; that there was nothing to decide about the other is no accident.
    let taken_in = company.number("select count(*) from mails where subject = 'One more question'");
    assert_eq!(taken_in, letters.len() as i64);
    let text = |hex: String| {
        let bytes: Vec<u8> =
            (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[n * 2..n * 2 + 2], 16).unwrap()).collect();
        String::from_utf8(bytes).unwrap().replace("=\r\n", "")
    };
    company.rows("select {hex:bytes} from outbox").into_iter().map(text).collect()
}

fn letter(from: &str, at: Timestamp) -> Vec<u8> {
    let (date, domain) = (at.to_utc().to_rfc2822(), from.rsplit('@').next().unwrap());
    format!(
        "Return-Path: <{from}>\r\nAuthentication-Results: mx.firma.example; dmarc=pass header.from={domain}\r\n\
         Received: from x by mx.firma.example; {date}\r\nFrom: <{from}>\r\nTo: <anna@firma.example>\r\n\
         Subject: One more question\r\nDate: {date}\r\nMessage-ID: <late@{domain}>\r\n\r\nAre you there?\r\n"
    )
    .into_bytes()
}

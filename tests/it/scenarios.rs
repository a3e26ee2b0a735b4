//! Scenarios of who sees what, played with the real program on both databases: its commands set up
//! and act, people look and act on its pages. Here: what rights alone decide. In `scenarios_away`:
//! what absences do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::firm::Kind;
use crate::support::scene::Today::{Covering, Mine, Not};
use crate::support::scene::{PIPES, PUMPS, Scene, VALVES, day};
use serde_json::json;
use standin::model::record::Mode;

/// Each sentence as a test on either database.
macro_rules! scenarios {
    ($($sentence:ident)*) => {
        mod on_sqlite {
            $(#[test] fn $sentence() { super::$sentence(crate::support::firm::Kind::Sqlite) })*
        }
        mod on_postgresql {
            $(#[test] fn $sentence() { super::$sentence(crate::support::firm::Kind::Postgres) })*
        }
    };
}
pub(crate) use scenarios;

scenarios! {
    in_a_transparent_firm_account_managers_read_each_others_deals_but_for_confidential_ones
    in_a_restricted_firm_a_deal_is_for_its_owner_the_line_and_those_it_is_shared_with
    two_teams_have_different_rights_on_one_record_by_every_door
    a_confidential_deal_is_covered_by_a_deputy_alone
    a_former_owner_keeps_a_copy_of_the_mail_and_nothing_of_the_record
}

fn in_a_transparent_firm_account_managers_read_each_others_deals_but_for_confidential_ones(kind: Kind) {
    let scene = Scene::open(kind, |config| config.mode = Mode::Transparent);
    let colleagues = [("anna", Mine), ("piotr", Not), ("kamil", Not), ("ewa", Not), ("maria", Not)];
    scene.seen_by(&PUMPS, &colleagues);
    scene.seen_by(&PIPES, &[("anna", Not), ("piotr", Not), ("kamil", Mine), ("ewa", Not)]);
    // To read is all that the mode gives.
    let pumps = scene.page_of(&PUMPS);
    scene.same_as_missing("kamil", &format!("{pumps}/activity"), "/records/999999/activity");
    assert!(scene.no("share OP-1 ewa --as kamil").contains("you may not do this"));
    assert_ne!(scene.run("assign OP-1 --to kamil --as kamil").code, Some(0));
    // Marked by its owner on the page, it is hers alone; opened again by a command, everybody's.
    assert_eq!(scene.at("anna").post(&format!("{pumps}/confidential"), &[("on", "true")]).status, 303);
    scene.seen_by(&PUMPS, &[("anna", Mine)]);
    scene.ok("access confidential OP-1 off --as anna");
    scene.seen_by(&PUMPS, &colleagues);
    // Here a former owner goes on reading, as any colleague does; her manager reads no more.
    scene.assign("anna", &PUMPS, "kamil", false);
    scene.seen_by(&PUMPS, &[("anna", Not), ("piotr", Not), ("kamil", Mine), ("ewa", Not)]);
}

fn in_a_restricted_firm_a_deal_is_for_its_owner_the_line_and_those_it_is_shared_with(kind: Kind) {
    let scene = Scene::open(kind, |_| {});
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not)]);
    scene.seen_by(&PIPES, &[("kamil", Mine)]);
    // Nobody acts on what they do not see, and is not told whether it is there.
    let (pumps, kamil) = (scene.page_of(&PUMPS), scene.user("kamil").to_string());
    let with = format!("user:{}", scene.user("ewa"));
    for (part, field) in [
        ("/share", ("with", with.as_str())),
        ("/confidential", ("on", "true")),
        ("/step", ("what", "back")),
        ("/activity", ("kind", "note")),
    ] {
        let refused = scene.at("kamil").post(&format!("{pumps}{part}"), &[field]);
        let absent = scene.at("kamil").post(&format!("/records/999999{part}"), &[field]);
        assert_eq!((refused.status, &refused), (404, &absent), "{part}");
    }
    for command in
        ["share RECORD ewa --as kamil", "access who RECORD --as kamil", "assign RECORD --to kamil --as kamil"]
    {
        let ask = |record: &str| scene.no(&command.replace("RECORD", record)).replace(&format!("`{record}`"), "it");
        assert_eq!(ask("OP-1"), ask("999999"), "{command}");
    }
    // Shared on the page, Kamil reads the deal, and neither the account nor the contact behind it.
    let with = format!("user:{kamil}");
    assert_eq!(scene.at("anna").post(&format!("{pumps}/share"), &[("with", &with), ("until", &day(5))]).status, 303);
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not), ("kamil", Not)]);
    for external in ["acme", "jan"] {
        let path = format!("/records/{}", scene.record(external));
        scene.same_as_missing("kamil", &path, "/records/999999");
    }
    let page = scene.at("kamil").read(&pumps);
    assert!(!page.says("Acme-works") && !page.says("Jan-Acki"), "{}", page.text);
    // Taken back by a command, it is gone at once.
    scene.ok("share OP-1 kamil --revoke --as anna");
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not)]);
}

fn two_teams_have_different_rights_on_one_record_by_every_door(kind: Kind) {
    let scene = Scene::open(kind, |_| {});
    let pumps = scene.page_of(&PUMPS);
    let north = scene.company.number("select id from teams where name = 'North'");
    scene.ok("share OP-1 team:South --as anna");
    let fields = [("with", format!("team:{north}")), ("write", "1".into())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(scene.at("anna").post(&format!("{pumps}/share"), &fields).status, 303);
    let teams = [("anna", Mine), ("maria", Not), ("piotr", Not), ("kamil", Not), ("ewa", Not)];
    scene.seen_by(&PUMPS, &teams);
    // North writes, on the page and by command; South reads what North wrote, and writes nothing.
    let note = [("kind", "note"), ("subject", "They prefer blue")];
    assert_eq!(scene.at("piotr").post(&format!("{pumps}/activity"), &note).status, 303);
    scene.ok("activity add OP-1 --kind note --subject Green-too --as piotr");
    let page = scene.at("ewa").read(&pumps);
    assert!(page.says("They prefer blue") && page.says("Green-too"), "{}", page.text);
    assert!(!page.says(&format!("{pumps}/activity")), "no button for what she may not do");
    let refused = scene.at("ewa").post(&format!("{pumps}/activity"), &note);
    assert_eq!((refused.status, &refused), (404, &scene.at("ewa").post("/records/999999/activity", &note)));
    assert_ne!(scene.run("activity add OP-1 --kind note --subject No --as kamil").code, Some(0));
    for login in ["piotr", "kamil"] {
        assert!(scene.no(&format!("share OP-1 adam --as {login}")).contains("you may not do this"), "{login}");
    }
    // Who leaves a team leaves its records; a team from which a share is taken leaves this one.
    scene.ok("team member remove South ewa");
    scene.seen_by(&PUMPS, &teams[..4]);
    scene.ok("share OP-1 team:North --revoke --as anna");
    scene.seen_by(&PUMPS, &[("anna", Mine), ("maria", Not), ("kamil", Not)]);
}

fn a_confidential_deal_is_covered_by_a_deputy_alone(kind: Kind) {
    let scene = Scene::open(kind, |_| {});
    let pumps = scene.page_of(&PUMPS);
    assert_eq!(scene.at("anna").post(&format!("{pumps}/confidential"), &[("on", "true")]).status, 303);
    scene.seen_by(&PUMPS, &[("anna", Mine)]);
    // Without a deputy nobody stands in for it; for the deal beside it Piotr does.
    scene.ok(&format!("absence add --user anna --from {} --until {} --substitute piotr", day(-1), day(5)));
    scene.seen_by(&PUMPS, &[("anna", Mine)]);
    scene.seen_by(&VALVES, &[("anna", Mine), ("maria", Not), ("piotr", Covering)]);
    for login in ["piotr", "maria", "kamil"] {
        assert_eq!(scene.run(&format!("access confidential OP-1 off --as {login}")).code, Some(2), "{login}");
    }
    // Only she herself names one: neither her manager nor the admin.
    for login in ["maria", "adam", "piotr"] {
        scene.no(&format!("absence edit 1 --deputy kamil --as {login}"));
    }
    scene.seen_by(&PUMPS, &[("anna", Mine)]);
    let fields = [
        ("user", "anna"),
        ("from", &*day(-1)),
        ("until", &*day(5)),
        ("nature", "leave"),
        ("substitute", "piotr"),
        ("deputy", "kamil"),
        ("plan", "cover"),
        ("writes", "yes"),
    ];
    scene.enter_absence("anna", "/absences/1", &fields);
    scene.seen_by(&PUMPS, &[("anna", Mine), ("kamil", Covering)]);
    scene.seen_by(&VALVES, &[("anna", Mine), ("maria", Not), ("piotr", Covering)]);
    // That he read it stands in the audit, once for the record and once for the mail.
    let lines = scene.json("audit --action read --actor kamil");
    let lines = lines.as_array().unwrap();
    assert!(!lines.is_empty());
    for line in lines {
        let facts = (&line["path"], &line["for"], &line["record"]);
        assert_eq!(facts, (&json!("deputy"), &json!("Anna Nowak"), &json!(scene.record("pumps"))), "{line}");
    }
    // Its end is the end of both.
    scene.ok("absence end 1 --as anna");
    scene.seen_by(&PUMPS, &[("anna", Mine)]);
    scene.seen_by(&VALVES, &[("anna", Mine), ("maria", Not)]);
}

fn a_former_owner_keeps_a_copy_of_the_mail_and_nothing_of_the_record(kind: Kind) {
    let scene = Scene::open(kind, |_| {});
    scene.assign("anna", &PUMPS, "kamil", false);
    scene.seen_by(&PUMPS, &[("kamil", Mine)]);
    let timeline = scene.json("timeline OP-1 --as kamil");
    let last = &timeline["owners"][0];
    assert_eq!(
        (&last["from"], &last["to"], &last["by"]),
        (&json!("Anna Nowak"), &json!("Kamil Zych"), &json!("Anna Nowak"))
    );
    assert_eq!(last["reason"], "as agreed");
    // She still owns the account and the contact: they show nothing of what the deal governs.
    for external in ["acme", "jan"] {
        let page = scene.at("anna").read(&format!("/records/{}", scene.record(external)));
        assert!(!page.says(PUMPS.subject) && !page.says(PUMPS.name), "{}", page.text);
        let timeline = scene.json(&format!("timeline {external} --as anna"));
        assert_eq!(timeline["entries"], json!([]), "{external}");
    }
    // Assigned onward for a step, she goes on reading until the step is closed.
    scene.ok("assign OP-2 --to piotr --step --reason pricing --as anna");
    scene.seen_by(&VALVES, &[("anna", Not), ("piotr", Mine)]);
    let done = scene.at("piotr").post(&format!("{}/step", scene.page_of(&VALVES)), &[("what", "close")]);
    assert_eq!(done.status, 303, "{done:?}");
    scene.seen_by(&VALVES, &[("piotr", Mine)]);
    // Nor does a former owner get it back by asking for it.
    assert_ne!(scene.run("assign OP-2 --to anna --as anna").code, Some(0));
    scene.seen_by(&VALVES, &[("piotr", Mine)]);
}

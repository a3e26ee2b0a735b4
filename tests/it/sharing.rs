//! Who sees a record, and how that changes: teams, shares, confidential records, the line, breaking
//! the glass, and the audit of all of it. Through the commands and the pages, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::firm::Kind;
use crate::support::office::{Office, day, on_both};
use axum::http::StatusCode;
use standin::model::record::Mode;
use standin::model::share::GlassPolicy;

on_both! {
    two_teams_have_different_rights_on_one_record
    nobody_gives_more_than_they_have
    a_confidential_deal_is_for_its_owner_the_deputy_and_those_named_since
    a_former_owner_keeps_nothing_in_restricted_mode
    a_line_manager_reads_and_that_is_noted_once_an_hour
    a_transparent_firm_reads_all_but_what_is_confidential
    a_broken_glass_is_for_whom_the_installation_says_and_ends_by_itself
    why_and_who_answer_strangers_as_for_a_missing_record
    an_admin_changes_teams_but_not_to_their_own_gain
    the_audit_is_for_admins_and_its_export_is_noted
    the_pages_share_mark_and_say_who_sees
}

const ALL: [&str; 7] = ["anna", "piotr", "kamil", "ewa", "maria", "adam", "ola"];

async fn two_teams_have_different_rights_on_one_record(kind: Kind) {
    let office = Office::open(kind);
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "maria"]);
    office.ok("share OP-1 team:South --as anna");
    assert_eq!(office.ok("share OP-1 team:North --write --as anna"), "North may read and write it.\n");
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "piotr", "kamil", "ewa", "maria"]);
    let rights = |login: &str| {
        let why = office.json(&format!("access why {login} OP-1 --as anna"));
        assert_eq!(why["paths"].as_array().unwrap().len(), 1, "{why}");
        (why["paths"][0]["path"].clone(), why["paths"][0]["rights"].clone())
    };
    assert_eq!(rights("ewa"), ("share".into(), serde_json::json!(["read"])));
    assert_eq!(rights("piotr"), ("share".into(), serde_json::json!(["read", "write"])));
    // What stands there counts for what they do.
    let rename = "external_id,name\npumps,Renamed\n";
    assert_eq!(office.import("opportunities", rename, Some("ewa")).code, Some(2));
    assert_eq!(office.import("opportunities", rename, Some("piotr")).code, Some(0));
    let said = office.no("share OP-1 kamil --as ewa");
    assert!(said.contains("you may not do this with the record"), "she sees it, so she is told: {said}");
    // Who leaves the team leaves the record; a share that is changed is still one share.
    office.ok("team member remove South ewa");
    office.ok("share OP-1 team:South --write --as anna");
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "piotr", "kamil", "maria"]);
    assert_eq!(office.json("share OP-1 --as anna")["shares"].as_array().unwrap().len(), 2);
    office.ok("share OP-1 team:North --revoke --as anna");
    office.ok("share OP-1 team:South --revoke --as anna");
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "maria"]);
    assert_eq!(office.audited("shared").len(), 3);
    assert_eq!(office.audited("unshared").len(), 2);
}

async fn nobody_gives_more_than_they_have(kind: Kind) {
    let office = Office::open(kind);
    office.ok(&format!("share OP-1 kamil --share --until {} --as anna", day(10)));
    let said = office.no(&format!("share OP-1 ewa --write --until {} --as kamil", day(3)));
    assert!(said.contains("you cannot give the right to write"), "{said}");
    let said = office.no("share OP-1 ewa --as kamil");
    assert!(said.contains("your own right on the record ends at"), "{said}");
    assert!(office.no(&format!("share OP-1 ewa --until {} --as kamil", day(11))).contains("ends at"));
    assert!(office.no("share OP-1 kamil --as kamil").contains("nobody shares a record with themselves"));
    assert!(office.no(&format!("share OP-1 ewa --until {} --as kamil", day(-1))).contains("lies in the past"));
    assert!(office.no("share OP-1 anna --as kamil").len() > 10);
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "kamil", "maria"]);
    office.ok(&format!("share OP-1 ewa --until {} --as kamil", day(9)));
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "kamil", "ewa", "maria"]);
    // An admin shares what they cannot read, and gains nothing by it.
    office.ok("share OP-1 piotr --as adam");
    assert!(office.no("share OP-1 adam --as adam").contains("themselves"));
    office.ok("team member add South adam --as ola");
    office.ok("share OP-1 team:North --as adam");
    assert!(office.no("share OP-1 team:South --as adam").contains("you belong to that team"));
    assert!(!office.sees("adam", "OP-1") && !office.sees("ola", "OP-1"));
}

async fn a_confidential_deal_is_for_its_owner_the_deputy_and_those_named_since(kind: Kind) {
    let office = Office::open(kind);
    office.ok("share OP-1 kamil --as anna");
    for login in ["kamil", "maria"] {
        assert!(office.no(&format!("access confidential OP-1 on --as {login}")).contains("you may not do this"));
    }
    let marked = office.json("access confidential OP-1 on --as anna");
    assert_eq!(marked["lost"], serde_json::json!(["Kamil Nowak", "Maria Nowak"]));
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna"]);
    office.ok("share OP-1 ewa --as anna");
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "ewa"], "named since");
    assert!(
        office.no("share OP-1 kamil --as adam").contains("you may not do this"),
        "no admin shares what is confidential"
    );
    // A cover does not reach it, a deputy does.
    let away = format!("absence add --user anna --from {} --until {} --substitute piotr", day(-1), day(5));
    office.ok(&away);
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "ewa"], "without a deputy");
    office.ok("absence end --user anna");
    office.ok(&format!("{away} --deputy kamil").replace(&day(-1), &day(0)));
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "kamil", "ewa"], "the deputy");
    assert_eq!(office.audited("read"), ["kamil read deputy pumps anna"]);
    let open = office.json("access confidential OP-1 off --as kamil");
    assert_eq!(open["gained"], serde_json::json!(["Piotr Nowak", "Maria Nowak"]));
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "piotr", "kamil", "ewa", "maria"]);
    assert_eq!(office.audited("confidential"), ["anna confidential - pumps -", "kamil confidential - pumps anna"]);
}

async fn a_former_owner_keeps_nothing_in_restricted_mode(kind: Kind) {
    let office = Office::open(kind);
    assert!(office.sees("anna", "OP-1"));
    office.import("opportunities", "external_id,name,owner\npumps,Pumps,kamil\n", None);
    assert_eq!(office.who_sees("OP-1", &ALL), ["kamil"], "neither Anna nor her manager");
    assert_eq!(office.subjects("kamil", "OP-1"), ["SECRET of pumps", "SECRET to piotr"]);
    assert_eq!(office.subjects("anna", "acme"), Vec::<String>::new(), "what it governs is not on her account");
    let pages = office.pages().await;
    let (anna, pumps) = (office.user("anna"), office.record("pumps"));
    assert_eq!(pages.get(anna, &format!("/records/{pumps}")).await.status, StatusCode::NOT_FOUND);
    // Her own mailbox still shows her the mail, and nothing of the record.
    let mail = office.company.number("select id from mails where subject = 'SECRET of pumps'");
    let copy = pages.get(anna, &format!("/messages/{mail}")).await;
    assert_eq!(copy.status, StatusCode::OK);
    assert!(!copy.body.contains("Pumps"), "{}", copy.body);
    pages.close().await;
}

async fn a_line_manager_reads_and_that_is_noted_once_an_hour(kind: Kind) {
    let office = Office::open(kind);
    assert_eq!(office.subjects("maria", "OP-1"), ["SECRET of pumps", "SECRET to piotr"]);
    office.ok("timeline OP-1 --as maria");
    office.ok("timeline OP-1 --as anna");
    assert_eq!(office.audited("read"), ["maria read line pumps -"]);
    // Pages of the same record in the same hour add nothing; another record is another line.
    let pages = office.pages().await;
    let maria = office.user("maria");
    let mail = office.company.number("select id from mails where subject = 'SECRET to piotr'");
    for path in [format!("/records/{}", office.record("pumps")), format!("/messages/{mail}")] {
        assert_eq!(pages.get(maria, &path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(office.audited("read").len(), 1);
    assert_eq!(pages.get(maria, &format!("/records/{}", office.record("jan"))).await.status, StatusCode::OK);
    assert_eq!(office.audited("read")[1], "maria read line jan -");
    // The mail in Piotr's own mailbox is his own to read; a share is a right of one's own.
    office.ok("share OP-1 ewa --as anna");
    assert_eq!(pages.get(office.user("piotr"), &format!("/messages/{mail}")).await.status, StatusCode::OK);
    assert_eq!(pages.get(office.user("ewa"), &format!("/messages/{mail}")).await.status, StatusCode::OK);
    assert_eq!(office.audited("read").len(), 2);
    // What cannot be noted is not shown; one's own is.
    office.company.rows("alter table audit rename to away");
    let acme = format!("/records/{}", office.record("acme"));
    let refused = pages.get(maria, &acme).await;
    assert!(refused.status == StatusCode::INTERNAL_SERVER_ERROR && !refused.body.contains("SECRET"));
    assert_eq!(pages.get(office.user("anna"), &acme).await.status, StatusCode::OK);
    assert_ne!(office.run("timeline acme --as maria").code, Some(0));
    office.company.rows("alter table away rename to audit");
    pages.close().await;
    // She may not say who else sees it.
    assert!(office.no("access who OP-1 --as maria").contains("is no record that maria may see"));
}

async fn a_transparent_firm_reads_all_but_what_is_confidential(kind: Kind) {
    let office = Office::with(kind, |config| config.mode = Mode::Transparent);
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "piotr", "kamil", "ewa", "maria"]);
    assert_eq!(office.audited("read"), ["maria read line pumps -"], "what the mode shows is nobody else's");
    let sees = office.json("access sees kamil --as adam");
    let deals = sees["kinds"].as_array().unwrap().iter().find(|k| k["kind"] == "opportunity").unwrap();
    assert_eq!((&deals["total"], &deals["by_path"]["transparent"]), (&2.into(), &2.into()), "{sees}");
    assert_eq!(deals["by_path"]["owner"], 1, "a record is counted under each reason: {sees}");
    office.ok("access confidential OP-1 on --as anna");
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna"]);
}

async fn a_broken_glass_is_for_whom_the_installation_says_and_ends_by_itself(kind: Kind) {
    let mut office = Office::open(kind);
    office.ok("access confidential OP-1 on --as anna");
    let open = |office: &Office, login: &str, more: &str| {
        office.run(&format!("access break-glass OP-1 --reason complaint{more} --as {login}"))
    };
    for login in ["kamil", "adam"] {
        let refused = open(&office, login, "").stderr;
        let missing = office.no(&format!("access break-glass OP-77 --reason complaint --as {login}"));
        assert_eq!(refused, missing.replace("OP-77", "OP-1"), "{login}");
    }
    assert!(open(&office, "maria", " --hours 9").stderr.contains("for 8 hours at most"));
    assert!(office.no("access break-glass OP-1 --reason  --as maria").contains("a reason is needed"));
    assert_eq!(open(&office, "maria", " --hours 1").code, Some(0));
    assert_eq!(office.subjects("maria", "OP-1").len(), 2);
    assert!(open(&office, "maria", "").stderr.contains("may read the record already"));
    assert_eq!(office.audited("glass-broken"), ["maria glass-broken break-glass pumps -"]);
    assert_eq!(office.audited("read"), ["maria read break-glass pumps -"]);
    // The owner sees that it is open, and may shut it.
    assert_eq!(office.json("share OP-1 --as anna")["shares"][0]["source"], "break-glass");
    // Nothing has to run for it to end.
    office.company.rows("update shares set until_at = until_at - 3600000");
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna"]);
    office.company.config.break_glass = GlassPolicy::Nobody;
    assert!(open(&office, "maria", "").stderr.contains("is no record that maria may see"));
    office.company.config.break_glass = GlassPolicy::Everyone;
    for login in ["kamil", "adam"] {
        assert_eq!(open(&office, login, "").code, Some(0), "{login}");
    }
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "kamil", "adam"]);
    office.ok("share OP-1 kamil --revoke --as anna");
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna", "adam"]);
}

async fn why_and_who_answer_strangers_as_for_a_missing_record(kind: Kind) {
    let office = Office::open(kind);
    office.ok("share OP-1 ewa --as anna");
    let missing = |line: &str| {
        let outcome = office.run(&line.replace("OP-1", "OP-77"));
        (outcome.code, outcome.stdout, outcome.stderr.replace("OP-77", "OP-1"))
    };
    // Kamil sees nothing of it; Ewa reads and may not share; Maria reads by the line.
    for login in ["kamil", "ewa", "maria"] {
        for line in [
            format!("access who OP-1 --as {login}"),
            format!("access who OP-1 --json --as {login}"),
            format!("access why anna OP-1 --as {login}"),
            format!("access why nobody-there OP-1 --as {login}"),
        ] {
            let outcome = office.run(&line);
            assert_eq!((outcome.code, outcome.stdout, outcome.stderr), missing(&line), "{line}");
        }
    }
    for line in ["share OP-1 --as kamil", "share OP-1 ewa --as kamil", "access confidential OP-1 on --as kamil"] {
        let outcome = office.run(line);
        assert_eq!((outcome.code, outcome.stdout, outcome.stderr), missing(line), "{line}");
    }
    assert!(office.no("access sees anna --as kamil").contains("only an admin"));
    let pages = office.pages().await;
    let pumps = office.record("pumps");
    for login in ["kamil", "ewa", "maria"] {
        let user = office.user(login);
        let absent = pages.get(user, "/records/424242/access").await;
        assert_eq!(absent.status, StatusCode::NOT_FOUND);
        let page = pages.get(user, &format!("/records/{pumps}/access")).await;
        if login == "maria" {
            // She may take back what Anna gave to Ewa, and is shown that alone.
            assert!(page.body.contains("Ewa Nowak") && !page.body.contains("id=\"who\""), "{}", page.body);
        } else {
            assert_eq!(page, absent, "{login}");
        }
        let takes = ["with=user:3&revoke=1"].into_iter().filter(|_| login != "maria");
        for form in ["with=user:3", "with=nonsense", "with=user:3&until=nonsense"].into_iter().chain(takes) {
            let absent = pages.post(user, "/records/424242/share", form).await;
            assert_eq!(pages.post(user, &format!("/records/{pumps}/share"), form).await, absent, "{login}: {form}");
        }
        for page in ["/admin/access", "/admin/access?record=OP-1", "/admin/audit", "/admin/nowhere"] {
            assert_eq!(pages.get(user, page).await.body, absent.body, "{login}: {page}");
        }
    }
    let kamil = office.user("kamil");
    let absent = pages.post(kamil, "/records/424242/confidential", "on=true").await;
    assert_eq!(pages.post(kamil, &format!("/records/{pumps}/confidential"), "on=true").await, absent);
    pages.close().await;
    assert_eq!(office.audited("access-asked"), [""; 0], "who was told nothing is not noted");
    // Those who may: the owner (whose question about her own record is not noted), an admin, the operator.
    let who = office.json("access who OP-1 --as anna");
    let people: Vec<&str> = who["people"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(people, ["Anna Nowak", "Ewa Nowak", "Maria Nowak", "Adam Nowak", "Ola Nowak"]);
    let text = office.ok("access why maria OP-1 --as adam");
    assert!(text.contains("Maria Nowak sees it.") && text.contains("is above Anna Nowak in the line: read, assign"));
    assert!(office.ok("access why kamil OP-1").contains("No path leads from them to it."));
    assert_eq!(office.audited("access-asked"), ["adam access-asked - pumps -", "operator access-asked - pumps -"]);
    // An admin learns who sees a confidential record, and not what it is called.
    office.ok("access confidential OP-1 on --as anna");
    let secret = office.ok("access who OP-1 --as adam");
    assert!(secret.contains("a confidential record") && !secret.contains("Pumps"), "{secret}");
    let named = office.run("access who Pumps --as adam");
    assert_eq!(named.code, Some(2), "a guess at a name is not confirmed");
}

async fn an_admin_changes_teams_but_not_to_their_own_gain(kind: Kind) {
    let office = Office::open(kind);
    for line in [
        "team add West --as kamil",
        "team rename North South2 --as kamil",
        "team fallback North kamil --as kamil",
        "team member add North kamil --as kamil",
        "team copies North on --as maria",
    ] {
        assert!(office.no(line).contains("only an admin changes teams"), "{line}");
    }
    office.ok("team add West --as adam");
    assert!(office.no("team add  --as adam").contains("needs a name"));
    assert!(office.no("team add WEST --as adam").contains("there is a team `West` already"));
    assert!(office.no("team rename West north --as adam").contains("there is a team `North` already"));
    assert!(office.no("team member add West adam --as adam").contains("ask another admin"));
    assert!(office.no("team fallback West adam --as adam").contains("ask another admin"));
    office.ok("team member add West adam --as ola");
    assert!(office.no("team member add West adam --as ola").contains("it is so already"));
    office.ok("team fallback West ewa --as adam");
    office.ok("team rename West East --as adam");
    office.ok("team copies East on --as adam");
    let teams = office.json("team list");
    let east = teams.as_array().unwrap().iter().find(|t| t["name"] == "East").unwrap();
    assert_eq!((&east["fallback"], &east["copies"]), (&"Ewa Nowak".into(), &true.into()));
    assert_eq!(east["members"], serde_json::json!(["Adam Nowak"]));
    assert_eq!(office.audited("team-changed").len(), 5);
}

async fn the_audit_is_for_admins_and_its_export_is_noted(kind: Kind) {
    let office = Office::open(kind);
    office.import("users", "login,name,role\nzoe,=1+1,account-manager\n", None);
    assert_eq!(office.audited("user-changed").len(), 8, "everybody when they came");
    office.import("users", "login,name,role\nzoe,=1+1,staff\n", None);
    office.import("users", "login,name,role\nzoe,=1+1,staff\n", None);
    assert_eq!(office.audited("user-changed").len(), 9, "and who changed, once");
    let mark = |yes: &str| format!("external_id,name,confidential\npumps,Pumps SECRET,{yes}\n");
    for yes in ["yes", "yes", "no"] {
        assert_eq!(office.import("opportunities", &mark(yes), Some("anna")).code, Some(0));
    }
    assert_eq!(office.audited("confidential"), ["anna confidential - pumps -"; 2]);
    office.ok("share OP-1 kamil --as anna");
    office.ok("share OP-1 zoe --as anna");
    office.ok("share OP-2 zoe --share --as kamil");
    office.ok("share OP-2 ewa --as zoe");
    office.ok("timeline OP-1 --as maria");
    assert!(office.no("audit --as anna").contains("only an admin may read the audit"));
    let shared = office.json("audit --action shared --actor anna --as adam");
    assert_eq!(shared.as_array().unwrap().len(), 2);
    assert_eq!(shared[1]["detail"]["rights"], serde_json::json!(["read"]));
    assert_eq!(office.json("audit --record OP-1").as_array().unwrap().len(), 5);
    assert_eq!(office.json(&format!("audit --to {} --actor anna", day(-1))).as_array().unwrap().len(), 0);
    assert_eq!(office.json(&format!("audit --from {} --actor anna", day(0))).as_array().unwrap().len(), 4);
    let csv = office.ok("audit --csv --action shared --as adam");
    assert!(csv.contains(",'=1+1,"), "a name is no formula: {csv}");
    assert!(office.ok("audit --action exported").contains("\"form\":\"csv\""));
    assert_eq!(office.audited("exported").len(), 5);
    assert!(office.no("audit --action sharde").contains("there are: read, glass-broken"));
    // The same on pages, in pages.
    let pages = office.pages().await;
    let adam = office.user("adam");
    let page = pages.get(adam, "/admin/audit?action=shared&actor=anna").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.body.matches("<th scope=\"row\">Anna Nowak").count(), 2, "{}", page.body);
    let line = "insert into audit (at, actor_id, action, detail) values (1, 1, 'read', '{}')";
    (0..120).for_each(|_| drop(office.company.rows(&format!("{line} returning id"))));
    let first = pages.get(adam, "/admin/audit?action=read").await.body;
    let next = first.split("href=\"/admin/audit?").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let next = next.replace("&amp;", "&");
    let second = pages.get(adam, &format!("/admin/audit?{next}")).await.body;
    let lines =
        |body: &str| body.matches("<td data-label=\"By right\">").count() + body.matches("<td data-label=\"Na").count();
    assert_eq!((lines(&first), lines(&second)), (100, 21));
    let file = pages.post(adam, "/admin/audit/export", "action=shared").await;
    assert_eq!((file.status, file.body.lines().count()), (StatusCode::OK, 5));
    assert!(file.body.contains(",'=1+1,"));
    assert_eq!(office.audited("exported").len(), 6);
    let kamil = office.user("kamil");
    assert_eq!(pages.post(kamil, "/admin/audit/export", "").await.status, StatusCode::NOT_FOUND);
    pages.close().await;
}

async fn the_pages_share_mark_and_say_who_sees(kind: Kind) {
    let office = Office::open(kind);
    let pages = office.pages().await;
    let (anna, kamil, adam) = (office.user("anna"), office.user("kamil"), office.user("adam"));
    let page = format!("/records/{}", office.record("pumps"));
    assert!(pages.get(anna, &page).await.body.contains(&format!("href=\"{page}/access\"")));
    assert!(!pages.get(office.user("maria"), &page).await.body.contains("/access\""), "she may not share it");
    let form = pages.get(anna, &format!("{page}/access")).await.body;
    assert!(form.contains("Maria Nowak") && form.contains(&format!("value=\"user:{kamil}\"")), "{form}");
    let share = async |form: String| pages.post(anna, &format!("{page}/share"), &form).await;
    assert_eq!(share(format!("with=user:{kamil}&write=1&until={}", day(3))).await.status, StatusCode::SEE_OTHER);
    assert!(office.sees("kamil", "OP-1"));
    assert!(pages.get(anna, &page).await.body.contains("Kamil Nowak"));
    let declined = share(format!("with=user:{kamil}&until={}", day(-3))).await;
    assert_eq!(declined.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(declined.body.contains("That day lies in the past"), "{}", declined.body);
    assert_eq!(share(format!("with=user:{kamil}&revoke=1")).await.status, StatusCode::SEE_OTHER);
    assert!(!office.sees("kamil", "OP-1"));
    let marked = pages.post(anna, &format!("{page}/confidential"), "on=true").await;
    assert_eq!(marked.status, StatusCode::SEE_OTHER);
    assert_eq!(office.who_sees("OP-1", &ALL), ["anna"]);
    // An admin's questions: who sees it, without its name; what somebody sees, in numbers.
    let asked = pages.get(adam, "/admin/access?record=OP-1").await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let who = pages.get(adam, &format!("{page}/access")).await;
    assert!(who.status == StatusCode::OK && who.body.contains("Anna Nowak") && !who.body.contains("Pumps"));
    let sees = pages.get(adam, "/admin/access?user=kamil").await.body;
    assert!(sees.contains("data-sees") && !sees.contains("Valves"), "{sees}");
    assert!(pages.get(adam, "/admin/access?user=nobody").await.body.contains("There is no such"));
    let polish = "update users set language = 'pl'";
    office.company.rows(&format!("{polish} returning id"));
    assert!(pages.get(adam, "/admin/access").await.body.contains("Kto co widzi"));
    assert!(pages.get(adam, "/admin/audit").await.body.contains("Dziennik"));
    assert!(pages.get(anna, &format!("{page}/access")).await.body.contains("Kto to widzi"));
    pages.close().await;
}

//! P12 and P5, hostile: Kamil, who has no right on Anna's records and none to her mail, tries every
//! door to gain sight of them, and what he is shown afterwards is byte for byte what he was shown
//! before. Then the honest way: consent, given and taken back by those whose it is.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::firm::Kind;
use crate::support::office::{Answer, Office, Pages, day, on_both};
use axum::http::StatusCode;
use std::collections::BTreeMap;

/// Fails the test where what he is shown differs from what he was shown before.
#[track_caller]
fn same(before: &Sight, after: &Sight, what: &str) {
    let keys: Vec<&String> = before.keys().chain(after.keys()).filter(|k| before.get(*k) != after.get(*k)).collect();
    if let Some(key) = keys.first() {
        panic!("{what} changed what he sees of {keys:?}:\n{:?}\n{:?}", before.get(*key), after.get(*key));
    }
}

/// What stands in every name, subject and body that Kamil must not see.
const SECRET: &str = "SECRET";

/// Records and mails that are not Kamil's, by page and by command, as he gets them.
type Sight = BTreeMap<String, (Option<Answer>, String)>;

/// What Kamil is shown of what is not his, by pages and by commands.
async fn sight(office: &Office, pages: &Pages) -> Sight {
    let mut all = on_pages(office, pages).await;
    for external in ["acme", "jan", "pumps"] {
        let timeline = office.run(&format!("timeline {} --as kamil --json", office.record(external)));
        let said = format!("{:?} {} {}", timeline.code, timeline.stdout, timeline.stderr);
        all.insert(format!("timeline {external}"), (None, said));
    }
    all
}

async fn on_pages(office: &Office, pages: &Pages) -> Sight {
    let mut all = Sight::new();
    let kamil = office.user("kamil");
    let mut paths: Vec<String> = Vec::new();
    for external in ["acme", "jan", "pumps"] {
        let id = office.record(external);
        paths.extend([format!("/records/{id}"), format!("/records/{id}/access")]);
    }
    let mails = office.company.rows(
        "select m.id from mails m where not exists (select 1 from locations l join folders f on f.id = l.folder_id \
         join mailboxes b on b.id = f.mailbox_id join users u on u.id = b.user_id \
         where l.mail_id = m.id and u.login = 'kamil') order by m.id",
    );
    for id in mails {
        paths.extend([
            format!("/messages/{id}"),
            format!("/messages/{id}/body"),
            format!("/messages/{id}/attachments/0"),
        ]);
    }
    paths.extend(["/admin/access", "/admin/audit", "/consents"].map(str::to_owned));
    for path in paths {
        let answer = pages.get(kamil, &path).await;
        all.insert(path, (Some(answer), String::new()));
    }
    all
}

/// Every list, page and command that shows Kamil what is his: nothing in it is Anna's.
#[track_caller]
fn nothing_secret(what: &str, texts: &[String]) {
    for text in texts {
        assert!(!text.contains(SECRET), "{what}: {text}");
    }
}

async fn lists(office: &Office, pages: &Pages) -> Vec<String> {
    let kamil = office.user("kamil");
    let mut all = Vec::new();
    let mut paths = vec!["/".to_owned(), "/consents".to_owned()];
    paths.extend(["opportunity", "account", "contact", "lead"].map(|kind| format!("/records?kind={kind}")));
    paths.extend(["/activities", "/absences", "/handovers", "/bulk", "/absences/new"].map(str::to_owned));
    let own = office.company.rows(&format!("select id from records where owner_id = {kamil} order by id"));
    for id in own {
        paths.push(format!("/records/{id}"));
        paths.push(format!("/records/{id}/access"));
        all.push(office.ok(&format!("timeline {id} --as kamil --json")));
    }
    let copies = office.company.rows(
        "select distinct l.mail_id from locations l join folders f on f.id = l.folder_id \
         join mailboxes b on b.id = f.mailbox_id join users u on u.id = b.user_id \
         where u.login = 'kamil' and l.mail_id is not null order by 1",
    );
    paths.extend(copies.iter().map(|id| format!("/messages/{id}")));
    for path in paths {
        let answer = pages.get(kamil, &path).await;
        assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        all.push(answer.body);
    }
    all
}

/// As if every mailbox were read again from its beginning.
fn read_again(office: &Office) {
    let pending = "update locations set state = 'pending' where state = 'unmatched' returning id";
    office.company.rows(pending);
    office.mail("anna", "jan@acme.test", "anna@firma.example", "SECRET of pumps");
    office.mail("piotr", "jan@acme.test", "piotr@firma.example", "SECRET to piotr");
    office.mail("anna", "new@prospects.test", "anna@firma.example", "SECRET of a prospect");
}

fn commands() -> Vec<String> {
    let (today, later) = (day(0), day(20));
    [
        // Shares.
        "share OP-1 kamil --as kamil",
        "share OP-1 team:South --as kamil",
        "share OP-1 kamil --revoke --as kamil",
        "share OP-1 --as kamil",
        "share Jan kamil --share --as kamil",
        // Confidential, the glass, questions.
        "access confidential OP-1 off --as kamil",
        "access break-glass OP-1 --reason curious --as kamil",
        "access break-glass acme --reason curious --as kamil",
        "access who OP-1 --as kamil",
        "access why kamil OP-1 --as kamil",
        "access sees anna --as kamil",
        "audit --as kamil",
        "audit --record OP-1 --csv --as kamil",
        // Teams.
        "team add Mine --as kamil",
        "team member add North kamil --as kamil",
        "team fallback North kamil --as kamil",
        "team rename North Mine --as kamil",
        // Absences: naming oneself the substitute, or the deputy, of somebody.
        &format!("absence add --user anna --from {today} --until {later} --substitute kamil --as kamil"),
        &format!("absence add --user anna --from {today} --until {later} --deputy kamil --as kamil"),
        &format!("absence add --user maria --from {today} --until {later} --substitute kamil --as kamil"),
        &format!("absence add --user anna --from {today} --until {later} --except account:acme=kamil --as kamil"),
        &format!("absence preview --user anna --from {today} --until {later} --substitute kamil --as kamil"),
        "absence end --user anna --as kamil",
        // Giving, merging, deleting; roles; entering something.
        "assign OP-1 --to kamil --as kamil",
        "assign OP-1 --to kamil --preview --as kamil",
        "assign --owner anna --to kamil --as kamil",
        "assign --account acme --to kamil --as kamil",
        "assign OP-1 --back --as kamil",
        "record merge OP-2 OP-1 --as kamil",
        "record merge OP-1 OP-2 --as kamil",
        "record merge beta acme --as kamil",
        "record delete OP-1 --as kamil",
        "manager append acme --user kamil --role sales --as kamil",
        "manager list acme --as kamil",
        "activity add OP-1 --kind note --subject Hello --as kamil",
        "activity add jan --kind task --subject Hello --responsible kamil --as kamil",
        // Looking as somebody who is not there.
        "timeline OP-1 --as",
        "timeline SECRET --as kamil",
        "timeline Pumps --as kamil",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn imports() -> Vec<(&'static str, &'static str)> {
    vec![
        ("users", "login,name,role\nkamil,Kamil,admin\n"),
        ("users", "login,name,manager\nanna,Anna,kamil\n"),
        ("users", "login,name,team,team_fallback\nkamil,Kamil,North,yes\n"),
        ("accounts", "external_id,name,domains\nk-a,Mine,acme.test prospects.test\n"),
        ("accounts", "external_id,name,owner\nacme,Taken,kamil\n"),
        ("contacts", "external_id,name,owner\njan,Taken,kamil\n"),
        ("contacts", "external_id,name,emails,account\nk-c1,At Acme,jan@acme.test,acme\n"),
        ("opportunities", "external_id,name,owner\npumps,Taken,kamil\n"),
        ("opportunities", "external_id,name,account\nk-o1,At Acme,acme\n"),
        ("opportunities", "external_id,name,account,end_account\nk-o2,For Acme,beta,acme\n"),
        ("opportunities", "external_id,name,account,end_contact\nk-o3,For Jan,beta,jan\n"),
        ("opportunities", "external_id,name,account,confidential\npumps,Pumps,acme,no\n"),
    ]
}

/// Imports that are allowed and bring nothing: claims.
const CLAIMS: [(&str, &str); 3] = [
    ("contacts", "external_id,name,account,emails\nk-c2,Claim,beta,jan@acme.test new@prospects.test any@acme.test\n"),
    ("leads", "external_id,name,emails\nk-l1,Claim,jan@acme.test new@prospects.test\n"),
    ("opportunities", "external_id,name,account\nk-o4,Valves again,beta\n"),
];

/// A hand-over, a change to many, an activity: the same answer as for what is not there.
async fn forms_answer_as_for_what_is_not_there(office: &Office, pages: &Pages, kamil: i64) {
    let pumps = office.record("pumps");
    let (anna, gone) = (office.user("anna"), 424_242);
    for path in ["/handovers/preview?user={}&to=", "/absences/new?user={}&to="] {
        let of = |user: i64| format!("{}{kamil}", path.replace("{}", &user.to_string()));
        let (theirs, missing) = (pages.get(kamil, &of(anna)).await, pages.get(kamil, &of(gone)).await);
        assert_eq!((theirs.status, theirs.body), (missing.status, missing.body), "{path}");
    }
    let hand_over = |user: i64| format!("user={user}&to={kamil}&seen=");
    let missing = pages.post(kamil, "/handovers", &hand_over(gone)).await;
    assert_eq!(pages.post(kamil, "/handovers", &hand_over(anna)).await, missing);
    for action in ["activity", "step", "share", "confidential"] {
        let form = format!("kind=note&subject=x&with=user:{kamil}&on=false&what=back");
        let missing = pages.post(kamil, &format!("/records/{gone}/{action}"), &form).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{action}");
        assert_eq!(pages.post(kamil, &format!("/records/{pumps}/{action}"), &form).await, missing, "{action}");
    }
    for what in ["to={}&", "what=append&role=sales&to={}&"] {
        let form = format!("{}id={pumps}&id={}", what.replace("{}", &kamil.to_string()), office.record("acme"));
        assert_eq!(pages.post(kamil, "/bulk", &form).await.status, StatusCode::SEE_OTHER);
        let number = office.company.number("select max(id) from previews");
        nothing_secret(what, &[pages.get(kamil, &format!("/bulk/{number}")).await.body]);
        pages.post(kamil, &format!("/bulk/{number}"), "").await;
        nothing_secret(what, &[pages.get(kamil, &format!("/bulk/{number}")).await.body]);
        let strangers = pages.get(office.user("ewa"), &format!("/bulk/{number}")).await;
        assert_eq!(strangers, pages.get(office.user("ewa"), "/bulk/424242").await);
    }
}

async fn no_door_gives_sight(kind: Kind) {
    let office = Office::open(kind);
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    let before = sight(&office, &pages).await;
    assert!(before.values().all(|(answer, _)| answer.as_ref().is_none_or(|a| !a.body.contains(SECRET))));
    let shown = on_pages(&office, &pages).await;
    for line in commands() {
        let outcome = office.run(&line);
        assert_ne!(outcome.code, Some(0), "{line}: {outcome:?}");
        assert!(
            line.ends_with("--as") || !outcome.stderr.contains("Usage:"),
            "it tries what it means: {line}: {outcome:?}"
        );
        nothing_secret(&line, &[outcome.stdout, outcome.stderr.replace("`SECRET`", "")]);
        same(&shown, &on_pages(&office, &pages).await, &line);
    }
    same(&before, &sight(&office, &pages).await, "all of that");
    for (what, text) in imports() {
        let outcome = office.import(what, text, Some("kamil"));
        assert_eq!(outcome.code, Some(2), "{what} {text}: {outcome:?}");
        nothing_secret(text, &[outcome.stdout, outcome.stderr]);
    }
    for (what, text) in CLAIMS {
        let outcome = office.import(what, text, Some("kamil"));
        assert_eq!(outcome.code, Some(0), "{what} {text}: {outcome:?}");
    }
    same(&before, &sight(&office, &pages).await, "imports");
    nothing_secret("after imports", &lists(&office, &pages).await);
    let pumps = office.record("pumps");
    let forms = [
        (format!("/records/{pumps}/share"), format!("with=user:{kamil}")),
        (format!("/records/{pumps}/confidential"), "on=false".to_owned()),
        ("/admin/audit/export".to_owned(), String::new()),
    ];
    for (path, form) in &forms {
        assert_eq!(pages.post(kamil, path, form).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    forms_answer_as_for_what_is_not_there(&office, &pages, kamil).await;
    same(&before, &sight(&office, &pages).await, "forms");
    // Claims were noted as requests; he is told of none and decides none.
    let requests = office.company.rows("select id from consents where asked_of <> asked_by order by id");
    assert!(!requests.is_empty());
    for id in &requests {
        let absent = pages.post(kamil, "/consents/424242", "decision=give").await;
        assert_eq!(pages.post(kamil, &format!("/consents/{id}"), "decision=give").await, absent);
        let (theirs, missing) =
            (office.no(&format!("consent give {id} --as kamil")), office.no("consent give 4242 --as kamil"));
        assert_eq!(theirs.replace(&format!("request {id} "), "request 4242 "), missing);
        assert!(office.no(&format!("consent give {id}")).contains("a person's own"));
    }
    assert_eq!(office.ok("consent list --as kamil"), "Nobody asks for anything.\n");
    read_again(&office);
    same(&before, &sight(&office, &pages).await, "reading again");
    nothing_secret("in the end", &lists(&office, &pages).await);
    // Not even as one who was there for a while: a share that ended, a cover that is over.
    office.ok(&format!("share OP-1 kamil --write --share --until {} --as anna", day(1)));
    office.import("opportunities", "external_id,name,confidential\npumps,Pumps SECRET,no\n", Some("kamil"));
    office.no("share OP-1 kamil --as kamil");
    office.company.rows("update shares set until_at = 1000 returning id");
    same(&before, &sight(&office, &pages).await, "a share that ended");
    pages.close().await;
}

async fn a_cover_leaves_nothing_behind(kind: Kind) {
    let office = Office::open(kind);
    let pages = office.pages().await;
    let before = sight(&office, &pages).await;
    let away = format!("absence add --user anna --from {} --until {} --substitute kamil", day(-1), day(3));
    office.ok(&away);
    assert!(office.sees("kamil", "OP-1"));
    // While he covers he may write; what would outlast the cover is refused.
    for (what, text) in [
        ("opportunities", "external_id,name,account\nk-o1,At Acme,acme\n"),
        ("opportunities", "external_id,name,account,end_contact\nk-o2,For Jan,beta,jan\n"),
        ("contacts", "external_id,name,account\njan,Jan SECRET,beta\n"),
        ("contacts", "external_id,name,owner\njan,Jan SECRET,kamil\n"),
        ("opportunities", "external_id,name,team\npumps,Pumps SECRET,South\n"),
        ("opportunities", "external_id,name,confidential\npumps,Pumps SECRET,yes\n"),
        ("opportunities", "external_id,name,owner\npumps,Pumps SECRET,kamil\n"),
    ] {
        let outcome = office.import(what, text, Some("kamil"));
        assert_eq!(outcome.code, Some(2), "{what} {text}: {outcome:?}");
    }
    // A deal for Anna herself is hers.
    let hers = "external_id,name,owner,account\nk-o3,Pipes SECRET,anna,acme\n";
    assert_eq!(office.import("opportunities", hers, Some("kamil")).code, Some(0));
    assert!(office.no("share OP-1 ewa --as kamil").contains("you may not do this"));
    assert!(office.no("access confidential OP-1 on --as kamil").contains("you may not do this"));
    office.ok("absence end --user anna");
    pages.close().await;
    let pages = office.pages().await;
    same(&before, &sight(&office, &pages).await, "a cover that is over");
    nothing_secret("after the cover", &lists(&office, &pages).await);
    pages.close().await;
}

/// The request to somebody about an address, by number.
fn request(office: &Office, of: &str, address: &str, record: &str) -> i64 {
    office.company.number(&format!(
        "select c.id from consents c join users u on u.id = c.asked_of join records r on r.id = c.record_id \
         where u.login = '{of}' and c.address = '{address}' and r.external_id = '{record}'"
    ))
}

async fn consent_gives_and_takes_back(kind: Kind) {
    let office = Office::open(kind);
    let claim = "external_id,name,emails\nk-l1,Kamils lead,jan@acme.test new@prospects.test\n";
    office.import("leads", claim, Some("kamil"));
    // Kamil's own copy of the prospect's mail is read again, as it is when his mailbox is next.
    let own = || office.mail("kamil", "new@prospects.test", "kamil@firma.example", "To kamil himself");
    let list = office.ok("consent list --as anna");
    assert!(list.contains("Kamil Nowak") && list.contains("new@prospects.test") && list.contains("a record of theirs"));
    assert!(!list.contains("Kamils lead"), "{list}");
    // Whose mailbox it is agrees: mail in her mailbox counts, known by its hash until then.
    let prospect = request(&office, "anna", "new@prospects.test", "k-l1");
    office.ok(&format!("consent give {prospect} --as anna"));
    office.mail("anna", "new@prospects.test", "anna@firma.example", "SECRET of a prospect");
    assert_eq!(office.subjects("kamil", "k-l1"), ["SECRET of a prospect"]);
    own();
    assert_eq!(office.subjects("kamil", "k-l1"), ["SECRET of a prospect", "To kamil himself"]);
    // Mail that comes later counts too, and not that in a mailbox of somebody who did not agree.
    office.mail("anna", "new@prospects.test", "anna@firma.example", "SECRET later");
    office.mail("piotr", "new@prospects.test", "piotr@firma.example", "SECRET of piotr");
    assert_eq!(office.subjects("kamil", "k-l1"), ["SECRET later", "SECRET of a prospect", "To kamil himself"]);
    let of_piotr = request(&office, "piotr", "new@prospects.test", "k-l1");
    // Taken back, the links go.
    office.ok(&format!("consent withdraw {prospect} --as anna"));
    assert_eq!(office.subjects("kamil", "k-l1"), ["To kamil himself"]);
    office.ok(&format!("consent refuse {of_piotr} --as piotr"));
    assert!(office.no(&format!("consent withdraw {of_piotr} --as piotr")).contains("it stands so already"));
    // The present record owner agrees, on the page: vouched for on both records, whoever's the mail.
    let pages = office.pages().await;
    let (anna, kamil) = (office.user("anna"), office.user("kamil"));
    let page = pages.get(anna, "/consents").await;
    assert!(page.body.contains("jan@acme.test, which stands on a record of yours"), "{}", page.body);
    assert!(page.body.contains("for a record that you may not see") && !page.body.contains("Kamils lead"));
    assert!(pages.get(anna, "/").await.body.contains("href=\"/consents\""));
    let jan = request(&office, "anna", "jan@acme.test", "k-l1");
    let given = pages.post(anna, &format!("/consents/{jan}"), "decision=give").await;
    assert_eq!(given.status, StatusCode::SEE_OTHER);
    let all = ["SECRET of pumps", "SECRET to piotr", "To kamil himself"];
    assert_eq!(office.subjects("kamil", "k-l1"), all);
    assert_eq!(office.subjects("anna", "OP-1"), all[..2], "Anna keeps what she had");
    assert_eq!(pages.get(kamil, "/consents").await.body.matches("<article").count(), 0);
    assert_eq!(pages.post(anna, &format!("/consents/{jan}"), "decision=withdraw").await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.subjects("kamil", "k-l1"), all[2..]);
    assert_eq!(office.subjects("anna", "OP-1"), all[..2]);
    // What is not on the record any more is nothing to agree to.
    office.import("leads", "external_id,name,emails\nk-l1,Kamils lead,new@prospects.test\n", Some("kamil"));
    let moot = pages.post(anna, &format!("/consents/{jan}"), "decision=give").await;
    assert_eq!(moot.status, StatusCode::UNPROCESSABLE_ENTITY);
    pages.close().await;
    assert_eq!(office.audited("consent-decided").len(), 5);
    let asked = office.audited("consent-asked");
    assert!(asked.iter().all(|line| line.starts_with("kamil consent-asked - k-l1")), "{asked:?}");
}

on_both! {
    no_door_gives_sight
    a_cover_leaves_nothing_behind
    consent_gives_and_takes_back
}

//! What notices suggest of contacts (R103, R105), asked in review: of whom, with what each answer would do,
//! decided and undone, and nothing twice. By page and by command, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::firm::Kind;
use crate::support::office::{Office, Pages, day, on_both};
use axum::http::{StatusCode, header};
use serde_json::Value;

const AWAY: &str = "I am out of office. Please contact Ewa Lis <ewa.lis@beta.test> or Olek Mak <olek@beta.test>.";
const GONE: &str = "Bo Beta no longer works for Beta. Please contact Ewa Lis <ewa.lis@beta.test> instead.";

impl Office {
    /// A notice by Bo to Kamil, some days ago.
    fn notice(&self, id: &str, days: i64, text: &str) {
        self.notice_by("Bo Beta <bo@beta.test>", id, days, text);
    }

    fn notice_by(&self, from: &str, id: &str, days: i64, text: &str) {
        self.answers(from, "kamil", id, "offer", days, "Automatic reply: Offer", text);
    }

    /// With one mail of Kamil's to Bo, which notices answer.
    fn wrote(kind: Kind) -> Office {
        let office = Office::open(kind);
        office.sends("kamil", "bo@beta.test", "offer", -6);
        office
    }

    fn suggestions(&self, login: &str) -> Vec<Value> {
        self.json(&format!("review list --as {login}"))["suggestions"].as_array().unwrap().clone()
    }

    fn suggested(&self, login: &str) -> Vec<String> {
        let one = |s: &Value| format!("{} {}", s["what"].as_str().unwrap(), s["address"].as_str().unwrap());
        let mut all: Vec<String> = self.suggestions(login).iter().map(one).collect();
        all.sort();
        all
    }

    /// The key of the suggestion about an address.
    fn key(&self, login: &str, address: &str) -> String {
        let all = self.suggestions(login);
        let one = all.iter().find(|s| s["address"] == address).unwrap_or_else(|| panic!("{address}: {all:?}"));
        one["suggestion"].as_str().unwrap().to_owned()
    }
}

/// Posts a form that must lead on; where to.
async fn led(pages: &Pages, user: i64, path: &str, form: &str) -> String {
    let answer = pages.post(user, path, form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path} {form}: {answer:?}");
    answer.headers[header::LOCATION].to_str().unwrap().to_owned()
}

on_both! {
    whom_a_notice_names_is_asked_about_in_review_and_decided_once
    a_departure_is_asked_about_confirmed_and_taken_back
    suggestions_are_asked_of_whom_review_asks
    what_several_notices_name_is_one_question
    suggestions_are_decided_by_command
    a_departure_told_from_another_address_of_the_firm_is_asked_about_and_marks_nobody
}

async fn whom_a_notice_names_is_asked_about_in_review_and_decided_once(kind: Kind) {
    let office = Office::wrote(kind);
    office.notice("named", -3, AWAY);
    assert_eq!(office.suggested("kamil"), ["substitute ewa.lis@beta.test", "substitute olek@beta.test"]);
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    let today = pages.get(kamil, "/").await.body;
    assert!(today.contains("2 suggestions about contacts"), "{today}");
    // What each answer does stands beside it before anything is done.
    let (ewa, olek) = (office.key("kamil", "ewa.lis@beta.test"), office.key("kamil", "olek@beta.test"));
    let page = pages.get(kamil, &format!("/review?suggestion={ewa}")).await.body;
    for text in [
        "Is Ewa Lis &#60;ewa.lis@beta.test&#62; worth a contact?",
        "Named to turn to while Bo Beta is away",
        "Makes a contact at Beta, owned by Kamil Nowak. 0 mails in your mailboxes",
        r#"data-key="1""#,
        r#"data-key="2""#,
        r#"data-key="s""#,
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(page.contains(&format!("/review?suggestion={olek}")), "skipping leads to the next");
    assert_eq!(office.count("records"), 6, "nobody is made a contact silently");

    let to = led(&pages, kamil, &format!("/review/suggestions/{ewa}"), "choice=yes").await;
    let page = pages.get(kamil, &to).await.body;
    assert!(page.contains("The contact was made.") && page.contains("Undo"), "{page}");
    let made = "select r.name || ' ' || u.login || ' ' || a.standing from record_addresses a join records r on r.id = \
                a.record_id join users u on u.id = r.owner_id where a.address = 'ewa.lis@beta.test' \
                and r.deleted_at is null";
    assert_eq!(office.company.rows(made), ["Ewa Lis kamil claimed"]);
    assert_eq!(office.suggested("kamil"), ["substitute olek@beta.test"]);
    // Taken back, it is asked again; a second click does nothing.
    let number = to.rsplit('=').next().unwrap().to_owned();
    for _ in 0..2 {
        let to = led(&pages, kamil, &format!("/review/suggestions/{number}/undo"), "").await;
        assert!(pages.get(kamil, &to).await.body.contains("Taken back."));
    }
    assert_eq!((office.company.rows(made).len(), office.suggested("kamil").len()), (0, 2));

    let to = led(&pages, kamil, &format!("/review/suggestions/{ewa}"), "choice=no").await;
    assert!(pages.get(kamil, &to).await.body.contains("Noted: not needed."));
    // The same notice read again, and a later one that names her too, ask nothing twice.
    office.notice("named", -3, AWAY);
    office.notice("again", -2, AWAY);
    assert_eq!(office.suggested("kamil"), ["substitute olek@beta.test"]);
    // The contact's page agrees, and a second answer to the same question finds none.
    let bo = office.record("bo");
    assert!(!pages.get(kamil, &format!("/records/{bo}")).await.body.contains("ewa.lis@beta.test"));
    let again = pages.post(kamil, &format!("/review/suggestions/{ewa}"), "choice=yes").await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    // What is decided on the contact's page is not asked here.
    led(&pages, kamil, &format!("/records/{bo}/reach"), "what=pass&address=olek%40beta.test").await;
    let page = pages.get(kamil, "/review").await.body;
    assert!(!page.contains("Suggestions about contacts") && page.contains("Nothing is to be reviewed."), "{page}");
    // In Polish.
    office.notice("third", -1, "I am out of office. Please contact Jan Kos <kos@beta.test>.");
    office.company.rows("update users set language = 'pl' where login = 'kamil'");
    let page = pages.get(kamil, "/review").await.body;
    for text in ["Czy Jan Kos &#60;kos@beta.test&#62; ma zostać kontaktem?", "Utwórz kontakt", "Niepotrzebne"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    pages.close().await;
}

async fn a_departure_is_asked_about_confirmed_and_taken_back(kind: Kind) {
    let office = Office::wrote(kind);
    office.notice("gone", -3, GONE);
    assert_eq!(office.suggested("kamil"), ["left bo@beta.test", "successor ewa.lis@beta.test"]);
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    let key = office.key("kamil", "bo@beta.test");
    let page = pages.get(kamil, &format!("/review?suggestion={key}")).await.body;
    for text in ["Does Bo Beta no longer work there?", "Marks bo@beta.test as not to be used", "Yes, left"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let certain = || office.json(&format!("contact show {}", office.record("bo")))["left"][0]["certain"].clone();
    assert_eq!(certain(), false);
    let to = led(&pages, kamil, &format!("/review/suggestions/{key}"), "choice=yes").await;
    assert!(pages.get(kamil, &to).await.body.contains("Noted: they left."));
    assert_eq!((certain(), office.suggested("kamil")), (Value::Bool(true), vec!["successor ewa.lis@beta.test".into()]));
    let number = to.rsplit('=').next().unwrap();
    // Nobody else takes it back.
    for user in ["anna", "adam"] {
        let other = pages.post(office.user(user), &format!("/review/suggestions/{number}/undo"), "").await;
        assert_eq!(other.status, StatusCode::NOT_FOUND, "{user}");
    }
    led(&pages, kamil, &format!("/review/suggestions/{number}/undo"), "").await;
    assert_eq!((certain(), office.suggested("kamil").len()), (Value::Bool(false), 2));
    led(&pages, kamil, &format!("/review/suggestions/{key}"), "choice=no").await;
    assert_eq!((certain(), office.suggested("kamil").len()), (Value::Null, 1));
    // Written before that was said, it says nothing new.
    office.notice("older", -2, GONE);
    assert_eq!(office.suggested("kamil"), ["successor ewa.lis@beta.test"]);
    pages.close().await;
}

async fn suggestions_are_asked_of_whom_review_asks(kind: Kind) {
    let office = Office::wrote(kind);
    office.notice("gone", -3, GONE);
    let pages = office.pages().await;
    let key = office.key("kamil", "bo@beta.test");
    let path = format!("/review/suggestions/{key}");
    // To whoever is not asked it is as if there were none.
    let anna = office.user("anna");
    assert!(office.suggested("anna").is_empty());
    let (there, absent) = (
        pages.post(anna, &path, "choice=yes").await,
        pages.post(anna, "/review/suggestions/424242-1-left", "choice=yes").await,
    );
    assert_eq!((there.status, &there.body), (StatusCode::NOT_FOUND, &absent.body));
    let (there, absent) = (
        pages.get(anna, &format!("/review?suggestion={key}")).await,
        pages.get(anna, "/review?suggestion=424242-1-left").await,
    );
    assert_eq!((there.status, &there.body), (StatusCode::NOT_FOUND, &absent.body));
    // While Kamil is away his substitute is asked in his place, and what they decide is his contact's.
    office.ok(&format!("absence add --user kamil --from {} --until {} --substitute anna", day(-1), day(3)));
    assert_eq!(office.suggested("anna").len(), 2);
    assert!(pages.get(anna, &format!("/review?suggestion={key}")).await.body.contains("for Kamil Nowak"));
    assert!(office.audited("review-read").iter().any(|line| line == "anna review-read cover - kamil"));
    let to = led(&pages, anna, &path, "choice=yes").await;
    assert!(office.audited("reach-said").iter().any(|line| line.starts_with("anna reach-said cover bo kamil")));
    led(&pages, anna, &format!("/review/suggestions/{}/undo", to.rsplit('=').next().unwrap()), "").await;
    // An admin is asked what others are, noted; a contact that they take belongs to the contact's owner.
    let adam = office.user("adam");
    let page = pages.get(adam, "/review").await.body;
    assert!(page.contains("as an admin, noted in the audit"), "{page}");
    assert!(office.audited("review-read").iter().any(|line| line.starts_with("adam review-read admin")));
    // From the card to the trace of the notice and back; nothing there leads to what is not theirs to open.
    let link = page.split("href=\"").find(|rest| rest.starts_with("/admin/trace?mail=")).unwrap();
    let trace = pages.get(adam, link.split('"').next().unwrap()).await;
    assert_eq!(trace.status, StatusCode::OK, "{}", trace.body);
    assert!(trace.body.contains("Decide in review what follows from it"), "{}", trace.body);
    for body in [&page, &trace.body] {
        for rest in
            body.split("href=\"").skip(1).filter(|rest| rest.starts_with("/records/") || rest.starts_with("/mess"))
        {
            let path = rest.split('"').next().unwrap();
            assert_eq!(pages.get(adam, path).await.status, StatusCode::OK, "{path}");
        }
    }
    let ewa = office.key("adam", "ewa.lis@beta.test");
    assert!(pages.get(adam, &format!("/review?suggestion={ewa}")).await.body.contains("owned by Kamil Nowak"));
    let to = led(&pages, adam, &format!("/review/suggestions/{ewa}"), "choice=yes").await;
    let made = "select u.login from record_addresses a join records r on r.id = a.record_id join users u on u.id = \
                r.owner_id where a.address = 'ewa.lis@beta.test' and r.deleted_at is null";
    assert_eq!(office.company.rows(made), ["kamil"]);
    assert!(office.audited("reach-said").iter().any(|line| line.starts_with("adam reach-said admin bo")));
    led(&pages, adam, &format!("/review/suggestions/{}/undo", to.rsplit('=').next().unwrap()), "").await;
    assert!(office.company.rows(made).is_empty());
    // What is confidential is hidden from admins, here too; and a mail that stands on a confidential record says
    // nothing to who reads the contact alone.
    office.company.rows("update records set confidential = true where external_id = 'bo'");
    assert!(office.suggested("adam").is_empty());
    assert_eq!(office.suggested("kamil").len(), 2);
    pages.close().await;
}

async fn what_several_notices_name_is_one_question(kind: Kind) {
    let office = Office::wrote(kind);
    let contacts = "external_id,name,owner,account,emails\nzo,Zo Beta,kamil,beta,zo@beta.test\n";
    office.import("contacts", contacts, None);
    office.sends("kamil", "zo@beta.test", "second", -5);
    office.notice("named", -3, AWAY);
    let text = "I am out of office. Please contact Ewa Lis <ewa.lis@beta.test>.";
    office.answers("Zo Beta <zo@beta.test>", "kamil", "other", "second", -2, "Automatic reply: Offer", text);
    assert_eq!(office.suggested("kamil"), ["substitute ewa.lis@beta.test", "substitute olek@beta.test"]);
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    let key = office.key("kamil", "ewa.lis@beta.test");
    let page = pages.get(kamil, &format!("/review?suggestion={key}")).await.body;
    assert!(page.contains("So do notices of Bo Beta; this is decided for them, too."), "{page}");
    let to = led(&pages, kamil, &format!("/review/suggestions/{key}"), "choice=no").await;
    assert_eq!(office.suggested("kamil"), ["substitute olek@beta.test"]);
    led(&pages, kamil, &format!("/review/suggestions/{}/undo", to.rsplit('=').next().unwrap()), "").await;
    assert_eq!(office.suggested("kamil").len(), 2, "undone as one");
    led(&pages, kamil, &format!("/review/suggestions/{key}"), "choice=yes").await;
    for contact in ["bo", "zo"] {
        let named = office.json(&format!("contact show {}", office.record(contact)))["named"].clone();
        assert!(!named.to_string().contains("ewa.lis"), "{contact}: {named}");
    }
    pages.close().await;
}

async fn suggestions_are_decided_by_command(kind: Kind) {
    let office = Office::wrote(kind);
    office.notice("gone", -3, GONE);
    let listed = office.ok("review list --as kamil");
    assert!(
        listed.contains("Does Bo Beta no longer work there?") && listed.contains("successor of Bo Beta"),
        "{listed}"
    );
    let (left, ewa) = (office.key("kamil", "bo@beta.test"), office.key("kamil", "ewa.lis@beta.test"));
    let shown = office.ok(&format!("review show {ewa} --as kamil"));
    assert!(shown.contains("makes a contact at Beta; 0 mails in your mailboxes would stand there"), "{shown}");
    let done = office.ok(&format!("review decide {ewa} yes --as kamil"));
    assert!(done.contains("was made. `standin review undo s"), "{done}");
    let undo = done.split('`').nth(1).unwrap().strip_prefix("standin ").unwrap().to_owned();
    assert!(office.ok(&format!("{undo} --as kamil")).contains("the contact that was made is deleted"));
    assert!(office.no(&format!("{undo} --as kamil")).contains("taken back already"));
    assert!(office.no(&format!("review decide {left} perhaps --as kamil")).contains("answered `yes` or `no`"));
    assert!(office.no(&format!("review show {left} --as anna")).contains("not yours to decide"));
    office.ok(&format!("review decide {left} yes --as kamil"));
    office.ok(&format!("review decide {ewa} no"));
    assert!(office.suggested("kamil").is_empty());
    assert!(office.no(&format!("review decide {left} no --as kamil")).contains("decided already"));
}

async fn a_departure_told_from_another_address_of_the_firm_is_asked_about_and_marks_nobody(kind: Kind) {
    let office = Office::wrote(kind);
    let gone = "Robert Beta has left the company and this address is no longer read.";
    // From another firm, and in answer to a mail to several, nobody is meant.
    office.notice_by("Eve <eve@evil.test>", "evil", -5, gone);
    office.sends("kamil", "bo@beta.test, cy@beta.test", "both", -5);
    office.answers("Robert <robert@mail.beta.test>", "kamil", "of-both", "both", -4, "No longer with us", gone);
    assert!(office.suggested("kamil").is_empty(), "{:?}", office.suggested("kamil"));
    office.notice_by("Robert <robert@mail.beta.test>", "gone", -3, gone);
    assert_eq!(office.suggested("kamil"), ["left bo@beta.test"]);
    let found = office.suggestions("kamil")[0].clone();
    assert_eq!((&found["told_by"], &found["contact"]["name"]), (&"robert@mail.beta.test".into(), &"Bo Beta".into()));
    // It stands with the mail that it answers, and marks nobody: mail still goes to Bo.
    assert!(office.subjects("kamil", "valves").contains(&"Automatic reply: Offer".to_owned()));
    let left = || office.json(&format!("contact show {}", office.record("bo")))["left"].as_array().unwrap().clone();
    assert!(left().is_empty());
    // Whoever does not read that mail is asked nothing, nor is anybody who sees the contact alone.
    office.ok(&format!("share {} ewa --as kamil", office.record("bo")));
    assert!(office.suggested("ewa").is_empty() && office.suggested("anna").is_empty());
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    let key = office.key("kamil", "bo@beta.test");
    let page = pages.get(kamil, &format!("/review?suggestion={key}")).await.body;
    for text in [
        "Does Bo Beta no longer work there?",
        "A notice from robert@mail.beta.test, in answer to a mail to bo@beta.test",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(office.ok(&format!("review show {key} --as kamil")).contains("whether that is Bo Beta is not known"));
    // Answered, it is asked no more; taken back, it is.
    let to = led(&pages, kamil, &format!("/review/suggestions/{key}"), "choice=no").await;
    assert!(office.suggested("kamil").is_empty() && left().is_empty());
    led(&pages, kamil, &format!("/review/suggestions/{}/undo", to.rsplit('=').next().unwrap()), "").await;
    assert_eq!(office.suggested("kamil"), ["left bo@beta.test"]);
    let to = led(&pages, kamil, &format!("/review/suggestions/{key}"), "choice=yes").await;
    assert_eq!((left()[0]["certain"].clone(), office.suggested("kamil").len()), (Value::Bool(true), 0));
    led(&pages, kamil, &format!("/review/suggestions/{}/undo", to.rsplit('=').next().unwrap()), "").await;
    // A mail of Bo's own says that they are there.
    office.writes("bo@beta.test", "kamil", "here", -1);
    assert!(office.suggested("kamil").is_empty());
    pages.close().await;
}

//! What automatic mail means for contacts and addresses (R95 to R112): through the commands and the pages,
//! on both databases. Mail is taken in as any other; nothing is written into tables by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::company::today;
use crate::support::firm::Kind;
use crate::support::office::{Office, day, on_both};
use axum::http::StatusCode;
use serde_json::Value;

/// The `Date` of so many days from today.
fn date(days: i64) -> String {
    (today() + chrono::Duration::days(days)).format("%a, %d %b %Y 06:00:00 +0000").to_string()
}

/// The same day as people write it.
fn written(days: i64) -> String {
    (today() + chrono::Duration::days(days)).format("%-d %B %Y").to_string()
}

impl Office {
    /// Takes a mail in: its fields as they stand, then its text.
    pub fn takes(&self, mailbox: &str, name: &str, text: &str) {
        let file = self.company.file(&format!("{mailbox}-{name}.eml"), &text.replace('\n', "\r\n"));
        self.company.call(["import", "mail", "--mailbox", mailbox, &file]).succeed();
    }

    /// A mail of ours, in the mailbox of who sent it, some days ago.
    pub fn sends(&self, login: &str, to: &str, id: &str, days: i64) {
        self.takes(
            login,
            id,
            &format!(
                "From: {login}@firma.example\nTo: {to}\nDate: {}\nMessage-ID: <{id}@firma.example>\nSubject: Offer {id}\n\n\
                 Which day suits you?\n",
                date(days)
            ),
        );
    }

    /// A person's mail from outside.
    pub fn writes(&self, from: &str, login: &str, id: &str, days: i64) {
        self.takes(
            login,
            id,
            &format!(
                "From: {from}\nTo: {login}@firma.example\nDate: {}\nMessage-ID: <{id}@x.test>\nSubject: about {id}\n\nWords.\n",
                date(days)
            ),
        );
    }

    /// An automatic answer from outside to a mail of ours.
    #[allow(clippy::too_many_arguments)] // a mail has that many parts
    pub fn answers(&self, from: &str, login: &str, id: &str, to: &str, days: i64, subject: &str, text: &str) {
        self.takes(
            login,
            id,
            &format!(
                "Return-Path: <>\nFrom: {from}\nTo: {login}@firma.example\nDate: {}\nMessage-ID: <{id}@x.test>\n\
                 In-Reply-To: <{to}@firma.example>\nReferences: <{to}@firma.example>\nAuto-Submitted: auto-replied\n\
                 Subject: {subject}\n\n{text}\n",
                date(days)
            ),
        );
    }

    /// What a delivery report says of one recipient of a mail.
    fn bounces(&self, login: &str, id: &str, about: &str, recipient: &str, days: i64, how: (&str, &str, &str)) {
        let (action, status, words) = how;
        self.takes(
            login,
            id,
            &format!(
                "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.relay.test>\nTo: {login}@firma.example\n\
                 Date: {}\nMessage-ID: <{id}@mx.relay.test>\nSubject: Undelivered Mail Returned to Sender\n\
                 Auto-Submitted: auto-replied\nMIME-Version: 1.0\n\
                 Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
                 --b\nContent-Type: text/plain\n\nThis is the mail system at mx.relay.test.\n\n<{recipient}>: {words}\n\n\
                 --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.relay.test\n\n\
                 Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {words}\n\n\
                 --b\nContent-Type: message/rfc822\n\nMessage-ID: <{about}>\nFrom: {login}@firma.example\nTo: {recipient}\n\
                 Subject: Offer\n\nWhich day suits you?\n\n--b--\n",
                date(days)
            ),
        );
    }

    fn contact(&self, name: &str) -> Value {
        self.json(&format!("contact show {}", self.record(name)))
    }

    fn away(&self, name: &str) -> Value {
        self.contact(name)["away"].clone()
    }

    fn state(&self, address: &str) -> Value {
        self.json(&format!("address show {address}"))
    }

    fn invalid(&self, address: &str) -> bool {
        !self.state(address)["invalid"].is_null()
    }

    fn mail_id(&self, id: &str) -> i64 {
        self.company.number(&format!("select id from mails where message_id like '{id}@%'"))
    }

    pub fn count(&self, table: &str) -> i64 {
        self.company.number(&format!("select count(*) from {table}"))
    }
}

const HARD: (&str, &str, &str) = ("failed", "5.1.1", "550 5.1.1 User unknown");
const SOFT: (&str, &str, &str) = ("failed", "4.4.2", "421 4.4.2 Connection timed out");

on_both! {
    an_absence_notice_marks_the_contact_and_changes_nothing_else
    what_a_person_says_of_an_absence_stands_until_a_later_notice
    an_absence_is_told_to_whoever_reads_the_mail_that_says_so
    an_absence_told_from_another_address_of_the_firm_is_that_of_whom_we_wrote_to
    a_bounce_that_names_another_address_of_the_person_marks_that_address
    a_bounce_of_which_only_our_signed_reference_is_left_is_suggested
    a_bounce_marks_the_address_alone_until_they_write
    an_admin_undoes_what_a_bounce_said_and_reading_it_again_changes_nothing
    a_forged_bounce_marks_nothing_and_opens_nothing
    soft_failures_add_up_and_policy_never_does
    a_complaint_stops_bulk_and_a_receipt_is_no_reply
    who_left_is_marked_by_a_word_and_whom_a_notice_names_is_offered_once
    ids_under_which_our_mail_came_back_are_its_own
    answers_to_the_id_that_the_server_gave_our_mail_find_it
    without_any_id_a_notice_stands_by_its_address_and_a_report_nowhere
    nothing_automatic_goes_to_an_address_that_does_not_exist
    a_contact_who_wants_no_automatic_mail_is_flagged_by_hand
    erasing_a_person_takes_what_machines_said_of_them
    a_challenge_and_a_delay_are_shown_to_the_sender
    the_number_of_an_acknowledgement_leads_later_mail_to_its_thread
    a_departure_told_by_a_machine_is_probable_until_somebody_confirms_or_refuses_it
}

async fn an_absence_notice_marks_the_contact_and_changes_nothing_else(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -3);
    let (records, activities) = (office.count("records"), office.count("activities"));
    let before = office.json("wait list kamil");
    let text = format!("I am out of office until {}. Please contact Ewa Lis <ewa.lis@beta.test>.", written(9));
    office.answers("Bo Beta <bo@beta.test>", "kamil", "away", "offer", -2, "Automatic reply: Offer", &text);
    let away = office.away("bo");
    assert_eq!((away["until"].as_str(), away["certainty"].as_str()), (Some(day(9).as_str()), Some("sure")), "{away}");
    assert_eq!(away["says"]["mail"], office.mail_id("away"));
    // It stands with the thread, as a leaf, and on the record (R95, R130).
    let thread =
        |id: &str| office.company.number(&format!("select thread_id from mails where id = {}", office.mail_id(id)));
    assert_eq!(thread("away"), thread("offer"));
    assert!(office.subjects("kamil", "bo").contains(&"Automatic reply: Offer".to_owned()));
    office.takes(
        "kamil",
        "leaf",
        &format!(
            "From: stranger@else.test\nTo: kamil@firma.example, bo@beta.test\nDate: {}\nMessage-ID: <leaf@x.test>\n\
             In-Reply-To: <away@x.test>\nSubject: other\n\nWords.\n",
            date(-1)
        ),
    );
    assert_ne!(thread("leaf"), thread("offer"), "an automatic mail is nobody's parent");
    // R96: nothing was made, nothing was answered; the wait goes on, and says that they are away.
    assert_eq!((office.count("records"), office.count("activities")), (records, activities));
    let waits = office.json("wait list kamil");
    let of_offer = |all: &Value| {
        let mail = office.mail_id("offer");
        all["for_them"].as_array().unwrap().iter().find(|m| m["mail"] == mail).cloned()
    };
    assert_eq!(of_offer(&before).map(|m| m["subject"].clone()), of_offer(&waits).map(|m| m["subject"].clone()));
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    let bo = office.record("bo");
    let page = pages.get(kamil, &format!("/records/{bo}")).await.body;
    assert!(
        page.contains("Away until") && page.contains("class=\"system auto\"") && page.contains("Ewa Lis"),
        "{page}"
    );
    assert!(pages.get(kamil, "/records?kind=contact").await.body.contains("Away until"));
    assert!(
        pages.get(kamil, &format!("/messages/{}", office.mail_id("offer"))).await.body.contains("Bo Beta: Away until")
    );
    pages.close().await;
    // A person's mail from them ends it, whenever it is read; one from before does not.
    office.writes("bo@beta.test", "kamil", "earlier", -3);
    assert!(!office.away("bo").is_null());
    office.writes("bo@beta.test", "kamil", "back", -1);
    assert!(office.away("bo").is_null());
    // A later notice begins it again.
    office.answers("bo@beta.test", "kamil", "again", "offer", 0, "Automatic reply: Offer", "I am out of office.");
    assert_eq!(office.away("bo")["certainty"], "assumed");
    assert_eq!(office.away("bo")["until"].as_str(), Some(day(14).as_str()));
}

async fn what_a_person_says_of_an_absence_stands_until_a_later_notice(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -3);
    let text = format!("I am out of office until {}.", written(9));
    office.answers("bo@beta.test", "kamil", "away", "offer", -2, "Out of office", &text);
    assert!(!office.away("bo").is_null());
    let bo = office.record("bo");
    office.ok(&format!("contact back {bo} --as kamil"));
    assert!(office.away("bo").is_null());
    // Read again from another archive: the same mail says nothing new.
    office.answers("bo@beta.test", "kamil", "away", "offer", -2, "Out of office", &text);
    assert!(office.away("bo").is_null());
    office.ok(&format!("contact away {bo} --until {} --as kamil", day(20)));
    let away = office.away("bo");
    assert_eq!(
        (away["until"].as_str(), away["says"]["person"].as_str()),
        (Some(day(20).as_str()), Some("Kamil Nowak"))
    );
    assert!(office.no(&format!("contact away {bo} --until 2020-01-01 --as kamil")).contains("passed"));
    assert!(office.no(&format!("contact away {bo} --as ewa")).contains("not to be seen"));
    assert!(office.no(&format!("contact away {} --as kamil", office.record("valves"))).contains("contact or lead"));
    assert_eq!(office.audited("reach-said"), ["kamil reach-said owner bo -", "kamil reach-said owner bo -"]);
    // On the page.
    let pages = office.pages().await;
    let (kamil, ewa) = (office.user("kamil"), office.user("ewa"));
    let path = format!("/records/{bo}/reach");
    assert_eq!(pages.post(kamil, &path, "what=back").await.status, StatusCode::SEE_OTHER);
    assert!(office.away("bo").is_null());
    let strange = pages.post(ewa, &path, "what=back").await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
    assert_eq!(strange.body, pages.post(ewa, "/records/424242/reach", "what=back").await.body);
    pages.close().await;
}

async fn an_absence_is_told_to_whoever_reads_the_mail_that_says_so(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -3);
    office.answers("bo@beta.test", "kamil", "away", "offer", -2, "Out of office", "I am out of office.");
    let (bo, valves) = (office.record("bo"), office.record("valves"));
    office.ok(&format!("share {bo} ewa --as kamil"));
    office.ok(&format!("share {valves} ewa --as kamil"));
    let seen = |login: &str| office.json(&format!("contact show {bo} --as {login}"))["away"].clone();
    assert!(!seen("ewa").is_null() && !seen("kamil").is_null());
    assert!(office.no(&format!("contact show {bo} --as anna")).contains("not to be seen"));
    // The mail is about a deal that is none of hers any more: so is what it says.
    office.ok(&format!("share {valves} ewa --revoke --as kamil"));
    assert!(seen("ewa").is_null());
    assert!(!seen("kamil").is_null());
}

async fn an_absence_told_from_another_address_of_the_firm_is_that_of_whom_we_wrote_to(kind: Kind) {
    let office = Office::open(kind);
    let words = format!("I am out of office until {}.", written(9));
    // The notice is read before the mail that it answers: that makes no difference (P3).
    office.answers("Robert <robert@mail.beta.test>", "kamil", "away", "offer", -2, "Out of office: Offer", &words);
    assert!(office.away("bo").is_null());
    office.sends("kamil", "bo@beta.test", "offer", -3);
    let away = office.away("bo");
    assert_eq!((away["until"].as_str(), away["certainty"].as_str()), (Some(day(9).as_str()), Some("sure")), "{away}");
    assert_eq!(away["says"]["mail"], office.mail_id("away"));
    assert!(office.subjects("kamil", "valves").contains(&"Out of office: Offer".to_owned()));
    // Nobody was made, and only who reads the mail is told.
    assert!(office.company.rows("select address from record_addresses").iter().all(|a| !a.contains("robert")));
    let valves = office.record("valves");
    office.ok(&format!("share {} ewa --as kamil", office.record("bo")));
    assert!(office.json(&format!("contact show {} --as ewa", office.record("bo")))["away"].is_null());
    office.ok(&format!("share {valves} ewa --as kamil"));
    assert!(!office.json(&format!("contact show {} --as ewa", office.record("bo")))["away"].is_null());
    // A mail of theirs ends it as ever.
    office.writes("bo@beta.test", "kamil", "back", -1);
    assert!(office.away("bo").is_null());
    // Of a mail to several it is not known whose word it is, at another firm it is nobody's, and what our own
    // server calls false says nothing. A departure is more than that can carry.
    office.import(
        "contacts",
        "external_id,name,owner,account,emails\ncy,Cy,kamil,beta,cy@beta.test\ngus,Gus,kamil,beta,gus@gmail.com\n",
        None,
    );
    office.sends("kamil", "bo@beta.test, cy@beta.test", "both", 0);
    office.answers("robert@beta.test", "kamil", "away2", "both", 1, "Out of office", &words);
    office.sends("kamil", "bo@beta.test", "alone", 0);
    office.answers("eve@evil.test", "kamil", "away3", "alone", 1, "Out of office", &words);
    office.answers("cy@beta.test", "kamil", "away4", "alone", 1, "Out of office", "I am out of office.");
    let gone = "Robert has left the company and this address is no longer read.";
    office.answers("robert@beta.test", "kamil", "left", "alone", 1, "No longer with us", gone);
    office.sends("kamil", "gus@gmail.com", "private", 0);
    office.answers("mallory@gmail.com", "kamil", "away5", "private", 1, "Out of office", &words);
    assert!(office.away("bo").is_null() && office.away("gus").is_null());
    assert!(!office.away("cy").is_null(), "an address that is somebody's is theirs");
    assert!(office.state("bo@beta.test")["left"].is_null());
}

async fn a_bounce_that_names_another_address_of_the_person_marks_that_address(kind: Kind) {
    let office = Office::open(kind);
    let emails = "bo@beta.test;bo@post.beta.test;bo@home.test";
    office.import(
        "contacts",
        &format!("external_id,name,owner,account,emails\nbo,Bo Beta,kamil,beta,{emails}\n"),
        None,
    );
    office.sends("kamil", "bo@beta.test", "offer", -3);
    // Mail to the first is passed on to the second, which is gone.
    office.bounces("kamil", "b1", "offer@firma.example", "bo@post.beta.test", -2, HARD);
    assert!(office.invalid("bo@post.beta.test"));
    assert!(!office.invalid("bo@beta.test") && !office.invalid("bo@home.test"));
    assert!(office.subjects("kamil", "valves").contains(&"Undelivered Mail Returned to Sender".to_owned()));
    // What is nobody's is not marked, nor what is somebody else's.
    office.bounces("kamil", "b2", "offer@firma.example", "list@beta.test", -2, HARD);
    office.bounces("kamil", "b3", "offer@firma.example", "jan@acme.test", -2, HARD);
    assert!(!office.invalid("list@beta.test") && !office.invalid("jan@acme.test"));
    // About a mail that we did not send it says nothing.
    office.bounces("kamil", "b4", "unknown@firma.example", "bo@home.test", -2, HARD);
    assert!(!office.invalid("bo@home.test"));
}

async fn a_bounce_of_which_only_our_signed_reference_is_left_is_suggested(kind: Kind) {
    let office = Office::open(kind);
    let valves = office.record("valves");
    let signed = office.ok(&format!("filing address {valves} --as kamil"));
    let signed =
        signed.split_whitespace().find(|word| word.contains("+sr1-")).unwrap().trim_matches(['<', '>', '.', ',']);
    let report = |id: &str, header: &str, cc: &str| {
        let text = format!(
            "Return-Path: <>\n{header}From: Mail Delivery System <MAILER-DAEMON@mx.relay.test>\nTo: kamil@firma.example\n\
             Date: {}\nMessage-ID: <{id}@mx.relay.test>\nSubject: Undelivered Mail Returned to Sender\n\
             Auto-Submitted: auto-replied\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
             --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.relay.test\n\n\
             Final-Recipient: rfc822; zed@beta.test\nAction: failed\nStatus: 5.1.1\n\n\
             --b\nContent-Type: text/rfc822-headers\n\nFrom: kamil@firma.example\nTo: zed@beta.test\n{cc}\
             Subject: Offer\n\n--b--\n",
            date(-1)
        );
        office.takes("kamil", id, &text);
    };
    report("r1", "", &format!("Cc: {signed}\n"));
    report("r2", &format!("Delivered-To: {signed}\n"), "");
    let asked = office.json("review list --as kamil").to_string();
    for id in ["r1", "r2"] {
        assert!(asked.contains(&format!("\"mail\":{}", office.mail_id(id))), "{id}: {asked}");
    }
    // It stands nowhere by that, and marks nobody; a wrong signature is not even asked about.
    assert!(!office.subjects("kamil", "valves").contains(&"Undelivered Mail Returned to Sender".to_owned()));
    assert!(!office.invalid("zed@beta.test"));
    let (before, last) = signed.rsplit_once('@').map(|(left, domain)| (left.len(), domain)).unwrap();
    let wrong = format!("{}0000@{last}", &signed[..before - 4]);
    report("r3", "", &format!("Cc: {wrong}\n"));
    assert_eq!(office.company.number("select count(*) from mails where message_id like 'r3@%'"), 0);
}

async fn a_bounce_marks_the_address_alone_until_they_write(kind: Kind) {
    let office = Office::open(kind);
    let contacts = "external_id,name,owner,account,emails\nbo,Bo Beta,kamil,beta,bo@beta.test;bo@home.test\n";
    office.import("contacts", contacts, None);
    office.sends("kamil", "bo@beta.test", "offer", -3);
    office.bounces("kamil", "b1", "offer@firma.example", "bo@beta.test", -2, HARD);
    let state = office.state("bo@beta.test");
    assert_eq!(state["invalid"]["status"], "5.1.1", "{state}");
    assert_eq!(state["invalid"]["mail"], office.mail_id("b1"));
    assert!(state["invalid"]["words"].as_str().unwrap().contains("User unknown"));
    assert!(!office.invalid("bo@home.test"));
    // It stands where the mail stands, by its daemon it would not (R95, R97).
    assert!(office.subjects("kamil", "valves").contains(&"Undelivered Mail Returned to Sender".to_owned()));
    assert!(!office.sees("ewa", "valves"));
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    let sent = pages.get(kamil, &format!("/messages/{}", office.mail_id("offer"))).await.body;
    assert!(sent.contains("What came back") && sent.contains("there is no such address"), "{sent}");
    assert!(sent.contains("bo@beta.test does not exist"), "{sent}");
    let page = pages.get(kamil, &format!("/records/{}", office.record("bo"))).await.body;
    assert!(page.contains("bo@beta.test does not exist") && !page.contains("bo@home.test does not"), "{page}");
    assert!(!page.contains("Address works again"), "that is for admins");
    pages.close().await;
    assert!(office.company.rows("select name from records").iter().all(|name| !name.contains("MAILER")));
    office.writes("bo@beta.test", "kamil", "here", -1);
    assert!(!office.invalid("bo@beta.test"));
    office.sends("kamil", "bo@beta.test", "offer2", -1);
    office.bounces("kamil", "b2", "offer2@firma.example", "bo@beta.test", 0, HARD);
    assert!(office.invalid("bo@beta.test"), "a later report counts anew");
}

async fn an_admin_undoes_what_a_bounce_said_and_reading_it_again_changes_nothing(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -3);
    office.bounces("kamil", "b1", "offer@firma.example", "bo@beta.test", -2, HARD);
    assert!(office.no("address undo bo@beta.test --as kamil").contains("admins"));
    assert!(office.no("address undo other@beta.test --as adam").contains("nothing to undo"));
    assert!(office.no("address show nonsense").contains("nonsense"));
    office.ok("address undo bo@beta.test --as adam");
    assert!(!office.invalid("bo@beta.test"));
    office.bounces("kamil", "b1", "offer@firma.example", "bo@beta.test", -2, HARD);
    assert!(!office.invalid("bo@beta.test"));
    assert_eq!(office.audited("address-cleared").len(), 1);
    // Who may not read the report learns nothing of it.
    office.bounces("kamil", "b3", "offer@firma.example", "bo@beta.test", 1, HARD);
    assert!(office.invalid("bo@beta.test"));
    assert!(office.json("address show bo@beta.test --as ewa")["invalid"].is_null());
    assert!(!office.json("address show bo@beta.test --as kamil")["invalid"].is_null());
}

async fn a_forged_bounce_marks_nothing_and_opens_nothing(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -4);
    office.writes("bo@beta.test", "kamil", "theirs", -6);
    let seen = office.subjects("ewa", "valves");
    // About no mail of ours; about a mail that we got; about somebody to whom it did not go.
    office.bounces("kamil", "f1", "unknown@firma.example", "bo@beta.test", -2, HARD);
    office.bounces("kamil", "f2", "theirs@x.test", "bo@beta.test", -2, HARD);
    office.bounces("kamil", "f3", "offer@firma.example", "jan@acme.test", -2, HARD);
    assert!(!office.invalid("bo@beta.test") && !office.invalid("jan@acme.test"));
    // Somebody writes our address on a mail to a colleague, and then reports it.
    office.takes(
        "kamil",
        "spoofed",
        &format!(
            "From: anna@firma.example\nTo: kamil@firma.example, jan@acme.test\nDate: {}\n\
             Message-ID: <spoofed@firma.example>\nSubject: x\n\nWords.\n",
            date(-3)
        ),
    );
    office.bounces("kamil", "f4", "spoofed@firma.example", "jan@acme.test", -2, HARD);
    assert!(!office.invalid("jan@acme.test"));
    // A stranger's absence is nobody's, though it names our id; nor is one that our server calls false.
    office.answers("eve@evil.test", "kamil", "f5", "offer", -2, "Out of office", "I am out of office.");
    assert!(office.away("bo").is_null());
    assert!(!office.subjects("kamil", "valves").contains(&"Out of office".to_owned()));
    // It tells nothing to whoever may not read what it is about, and what it does not is said on its page.
    assert_eq!(office.subjects("ewa", "valves"), seen);
    let linked = office
        .company
        .rows("select m.message_id from mails m join links l on l.mail_id = m.id where m.author = 'dsn-failed'");
    assert!(linked.iter().all(|id| !id.starts_with("f1")), "{linked:?}");
    // Backscatter that stands somewhere for another reason says of itself that it changes nothing.
    office.takes(
        "kamil",
        "f6",
        &format!(
            "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@beta.test>\nTo: kamil@firma.example\nDate: {}\n\
             Message-ID: <f6@beta.test>\nSubject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\n\
             Sorry.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; beta.test\n\n\
             Final-Recipient: rfc822; bo@beta.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n\
             --b\nContent-Type: message/rfc822\n\nMessage-ID: <never@firma.example>\nTo: bo@beta.test\nSubject: spam\n\nspam\n\n--b--\n",
            date(-2)
        ),
    );
    assert!(!office.invalid("bo@beta.test"));
    let pages = office.pages().await;
    let page = pages.get(office.user("kamil"), &format!("/messages/{}", office.mail_id("f6"))).await.body;
    assert!(page.contains("It is not about a mail that you sent there"), "{page}");
    pages.close().await;
}

async fn soft_failures_add_up_and_policy_never_does(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -7);
    let spam = ("failed", "5.7.1", "550 5.7.1 Message rejected as spam");
    for (n, days) in [-6, -5, -4, -3].into_iter().enumerate() {
        office.bounces("kamil", &format!("p{n}"), "offer@firma.example", "bo@beta.test", days, spam);
    }
    let late = ("delayed", "4.4.1", "451 4.4.1 Still trying");
    office.bounces("kamil", "late", "offer@firma.example", "bo@beta.test", -6, late);
    assert!(office.state("bo@beta.test")["suspect"].as_array().unwrap().is_empty());
    office.bounces("kamil", "s0", "offer@firma.example", "bo@beta.test", -6, SOFT);
    office.bounces("kamil", "s1", "offer@firma.example", "bo@beta.test", -6, SOFT);
    office.bounces("kamil", "s2", "offer@firma.example", "bo@beta.test", -5, SOFT);
    assert!(office.state("bo@beta.test")["suspect"].as_array().unwrap().is_empty(), "three on two days");
    office.bounces("kamil", "s3", "offer@firma.example", "bo@beta.test", -4, SOFT);
    let state = office.state("bo@beta.test");
    assert_eq!(state["suspect"].as_array().unwrap().len(), 4, "{state}");
    assert!(state["invalid"].is_null());
    assert!(office.ok(&format!("contact show {}", office.record("bo"))).contains("failed 4 times"));
    let delivered = ("delivered", "2.0.0", "250 2.0.0 OK");
    office.bounces("kamil", "ok", "offer@firma.example", "bo@beta.test", -2, delivered);
    assert!(office.state("bo@beta.test")["suspect"].as_array().unwrap().is_empty(), "forgiven");
}

async fn a_complaint_stops_bulk_and_a_receipt_is_no_reply(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -4);
    office.takes(
        "kamil",
        "arf",
        &format!(
            "Return-Path: <>\nFrom: Feedback <feedback@isp.test>\nTo: kamil@firma.example\nDate: {}\nMessage-ID: <arf@isp.test>\n\
             Subject: FW: Offer\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\n\n\
             --b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n\
             --b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n\
             Original-Rcpt-To: <bo@beta.test>\n\n\
             --b\nContent-Type: message/rfc822\n\nMessage-ID: <offer@firma.example>\nFrom: kamil@firma.example\nTo: bo@beta.test\n\
             Subject: Offer\n\nx\n\n--b--\n",
            date(-3)
        ),
    );
    let state = office.state("bo@beta.test");
    assert!(!state["no_bulk"].is_null() && state["invalid"].is_null(), "{state}");
    office.takes(
        "kamil",
        "mdn",
        &format!(
            "Return-Path: <>\nFrom: bo@beta.test\nTo: kamil@firma.example\nDate: {}\nMessage-ID: <mdn@beta.test>\n\
             Subject: Read: Offer\nIn-Reply-To: <offer@firma.example>\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=disposition-notification; boundary=\"b\"\n\n\
             --b\nContent-Type: text/plain\n\nYour message was displayed.\n\n\
             --b\nContent-Type: message/disposition-notification\n\nReporting-UA: x\nFinal-Recipient: rfc822; bo@beta.test\n\
             Original-Message-ID: <offer@firma.example>\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n",
            date(-2)
        ),
    );
    assert!(office.company.rows("select 1 from mails where replied_by is not null").is_empty(), "no reply");
    let pages = office.pages().await;
    let page = pages.get(office.user("kamil"), &format!("/messages/{}", office.mail_id("offer"))).await.body;
    assert!(page.contains("their program says that it was deleted") && page.contains("called it spam"), "{page}");
    pages.close().await;
}

async fn who_left_is_marked_by_a_word_and_whom_a_notice_names_is_offered_once(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -4);
    let named = "I am out of office. Please contact Ewa Lis <ewa.lis@beta.test> or Olek Mak <olek@beta.test>.";
    let notice = |id: &str, days: i64| {
        office.answers("Bo Beta <bo@beta.test>", "kamil", id, "offer", days, "Automatic reply: Offer", named);
    };
    notice("named", -3);
    let bo = office.record("bo");
    let offered = || -> Vec<String> {
        let shown = office.contact("bo");
        shown["named"].as_array().unwrap().iter().map(|n| n["address"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(offered(), ["ewa.lis@beta.test", "olek@beta.test"]);
    // One click each.
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    let (path, records) = (format!("/records/{bo}/reach"), office.count("records"));
    assert!(pages.get(kamil, &format!("/records/{bo}")).await.body.contains("Make a contact"));
    assert_eq!(pages.post(kamil, &path, "what=left&address=bo%40beta.test").await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.contact("bo")["left"][0]["certain"], true);
    assert!(pages.get(kamil, &format!("/records/{bo}")).await.body.contains("Left: do not write to bo@beta.test"));
    assert_eq!(office.count("records"), records, "nobody is made a contact silently");
    let made = pages.post(kamil, &path, "what=take&address=ewa.lis%40beta.test").await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made:?}");
    pages.close().await;
    assert_eq!(office.count("records"), records + 1);
    let row = office.company.rows(
        "select r.name || ' ' || a.standing || ' ' || u.login || ' ' || c.name from record_addresses a \
         join records r on r.id = a.record_id join users u on u.id = a.claimed_by join records c on c.id = r.account_id \
         where a.address = 'ewa.lis@beta.test'",
    );
    assert_eq!(row, ["Ewa Lis claimed kamil Beta"]);
    assert_eq!(offered(), ["olek@beta.test"]);
    // Refused and passed over: reading again asks nothing.
    office.ok(&format!("contact stays {bo} bo@beta.test --as kamil"));
    office.ok(&format!("contact pass {bo} olek@beta.test --as kamil"));
    notice("named", -3);
    notice("again", -2);
    assert!(offered().is_empty() && office.contact("bo")["left"].as_array().unwrap().is_empty());
    assert!(office.no(&format!("contact take {bo} ewa.lis@beta.test --as kamil")).contains("decided already"));
    assert!(office.no(&format!("contact left {bo} other@beta.test --as kamil")).contains("does not stand"));
}

async fn ids_under_which_our_mail_came_back_are_its_own(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -4);
    // Their answer names the id that a service gave our mail on its way.
    office.takes(
        "kamil",
        "reply",
        &format!(
            "From: someone@beta.test\nTo: kamil@firma.example\nDate: {}\nMessage-ID: <reply@x.test>\n\
             In-Reply-To: <rewritten@service.test>\nSubject: Re: Offer\n\nWords.\n",
            date(-2)
        ),
    );
    let thread = |id: &str| office.company.rows(&format!("select thread_id from mails where message_id like '{id}@%'"));
    assert_ne!(thread("reply"), thread("offer"));
    office.takes(
        "kamil",
        "b1",
        &format!(
            "Return-Path: <>\nFrom: MAILER-DAEMON@mx.relay.test\nTo: kamil@firma.example\nDate: {}\nMessage-ID: <b1@relay.test>\n\
             Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\n\
             Sorry.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.relay.test\n\n\
             Final-Recipient: rfc822; bo@beta.test\nAction: failed\nStatus: 4.2.2\nDiagnostic-Code: smtp; 452 4.2.2 Mailbox full\n\n\
             --b\nContent-Type: message/rfc822\n\nMessage-ID: <rewritten@service.test>\n\
             X-Google-Original-Message-ID: <offer@firma.example>\nTo: bo@beta.test\nSubject: Offer\n\nx\n\n--b--\n",
            date(-3)
        ),
    );
    assert_eq!(thread("reply"), thread("offer"));
    assert_eq!(thread("b1"), thread("offer"));
    assert!(!office.invalid("bo@beta.test"), "full is not gone");
}

async fn nothing_automatic_goes_to_an_address_that_does_not_exist(kind: Kind) {
    use standin::model::time::Timestamp;
    use standin::store::{Db, notices};
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -4);
    office.bounces("kamil", "b1", "offer@firma.example", "bo@beta.test", -3, HARD);
    let config = office.company.config.clone();
    let flagged = async || {
        let db = Db::open(&config.database_url()).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let found = notices::senders(&mut tx, &["bo@beta.test", "jan@acme.test"], Timestamp(0)).await.unwrap();
        drop(tx);
        db.close().await;
        (found["bo@beta.test"].no_automatic, found["jan@acme.test"].no_automatic)
    };
    assert_eq!(flagged().await, (true, false));
    office.ok("address undo bo@beta.test");
    assert_eq!(flagged().await, (false, false));
    office.ok(&format!("contact left {} bo@beta.test", office.record("bo")));
    assert_eq!(flagged().await, (true, false), "nor to who left");
}

async fn a_contact_who_wants_no_automatic_mail_is_flagged_by_hand(kind: Kind) {
    let office = Office::open(kind);
    office.import(
        "contacts",
        "external_id,name,owner,account,emails\nbo,Bo Beta,kamil,beta,bo@beta.test;bo@home.test\nold,Old Bo,kamil,beta,old@beta.test\n",
        None,
    );
    let (bo, old) = (office.record("bo"), office.record("old"));
    let pages = office.pages().await;
    let (kamil, ewa) = (office.user("kamil"), office.user("ewa"));
    let all = ["bo@beta.test", "bo@home.test", "old@beta.test", "jan@acme.test"];
    let silent = async || {
        let mut tx = pages.db.read().await.unwrap();
        #[allow(clippy::disallowed_methods)] // the commands beside it have the real clock
        let now = standin::model::time::Timestamp::from_utc(chrono::Utc::now());
        let facts = standin::store::notices::senders(&mut tx, &all, now).await.unwrap();
        let mut found: Vec<String> = facts.into_iter().filter(|(_, f)| f.no_automatic).map(|(a, _)| a).collect();
        found.sort();
        found
    };
    assert!(silent().await.is_empty());
    // On the page, and back by command.
    let path = format!("/records/{bo}");
    assert!(pages.get(kamil, &path).await.body.contains("Send them none"));
    assert_eq!(pages.post(kamil, &format!("{path}/reach"), "what=quiet").await.status, StatusCode::SEE_OTHER);
    assert_eq!(silent().await, ["bo@beta.test", "bo@home.test"]);
    let shown = office.contact("bo");
    assert_eq!(shown["quiet"]["says"]["person"], "Kamil Nowak", "{shown}");
    assert!(office.ok(&format!("contact show {bo} --as kamil")).contains("Gets no automatic mail; says Kamil Nowak"));
    let page = pages.get(kamil, &path).await.body;
    assert!(page.contains("No absence notice goes to them") && page.contains("Let notices go again"), "{page}");
    assert!(!page.contains("Send them none"), "{page}");
    assert!(office.no(&format!("contact speaks {bo} --as ewa")).contains("not to be seen"));
    assert_eq!(pages.post(ewa, &format!("{path}/reach"), "what=speaks").await.status, StatusCode::NOT_FOUND);
    assert_eq!(silent().await.len(), 2);
    office.ok(&format!("contact speaks {bo} --as kamil"));
    assert!(silent().await.is_empty());
    // The word goes with the contact when it becomes part of another.
    office.ok(&format!("contact quiet {old} --as kamil"));
    assert_eq!(silent().await, ["old@beta.test"]);
    office.ok(&format!("record merge {bo} {old}"));
    assert!(silent().await.contains(&"old@beta.test".to_owned()));
    assert_eq!(office.audited("reach-said").len(), 3);
    pages.close().await;
}

async fn erasing_a_person_takes_what_machines_said_of_them(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -4);
    office.bounces("kamil", "b1", "offer@firma.example", "bo@beta.test", -3, HARD);
    office.answers("bo@beta.test", "kamil", "away", "offer", -2, "Out of office", "I am out of office.");
    office.ok(&format!("contact left {} bo@beta.test", office.record("bo")));
    let told = office.json("privacy show bo@beta.test");
    assert_eq!(told["reach"], 3, "{told}");
    office.ok("privacy erase bo@beta.test --yes");
    assert_eq!(office.json("privacy show bo@beta.test")["reach"], 0);
    for table in ["automatic_said", "automatic_reports", "reach_words", "automatic_about"] {
        let rows = office.company.rows(&format!("select count(*) from {table}"));
        assert!(rows == ["0"] || table == "automatic_about", "{table}: {rows:?}");
    }
    // What comes later brings nothing back.
    office.bounces("kamil", "b2", "offer@firma.example", "bo@beta.test", -1, HARD);
    assert_eq!(office.count("automatic_reports"), 0);
}

async fn a_challenge_and_a_delay_are_shown_to_the_sender(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -4);
    let late = ("delayed", "4.4.1", "451 4.4.1 Still trying");
    office.bounces("kamil", "late", "offer@firma.example", "bo@beta.test", -3, late);
    let text = "Your message is held. Please click the link below to confirm that you are a person and not a spammer: \
                https://challenge.test/abc";
    office.answers("bo@beta.test", "kamil", "prove", "offer", -2, "Please confirm your message", text);
    assert_eq!(office.company.rows("select author from mails where message_id = 'prove@x.test'"), ["challenge"]);
    let pages = office.pages().await;
    let page = pages.get(office.user("kamil"), &format!("/messages/{}", office.mail_id("offer"))).await.body;
    assert!(page.contains("not delivered yet"), "{page}");
    assert!(page.contains("They ask you to prove that you are a person"), "{page}");
    let today = pages.get(office.user("kamil"), "/").await.body;
    assert!(today.contains("holds your mail until you prove"), "{today}");
    assert!(!pages.get(office.user("anna"), "/").await.body.contains("holds your mail"), "it is not hers to answer");
    assert!(!office.invalid("bo@beta.test"));
    pages.close().await;
    assert_eq!(office.count("outbox"), 0, "nothing is answered");
}

async fn the_number_of_an_acknowledgement_leads_later_mail_to_its_thread(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -5);
    let person = |from: &str, id: &str, subject: &str| {
        let text = format!(
            "From: {from}\nTo: kamil@firma.example\nDate: {}\nMessage-ID: <{id}@x.test>\nSubject: {subject}\n\nWords.\n",
            date(-3)
        );
        office.takes("kamil", id, &text);
    };
    let thread = |id: &str| office.company.rows(&format!("select thread_id from mails where message_id like '{id}@%'"));
    // One comes before the number is known, one after; others bear it without being of that firm.
    person("bo@beta.test", "before", "Re: [Case#48213] your case");
    person("jan@acme.test", "other", "[Case#48213] something else");
    assert_ne!(thread("before"), thread("offer"));
    let text = "We have received your message. Your ticket number is 48213.";
    office.answers("support@beta.test", "kamil", "ack", "offer", -4, "[#48213] Your request", text);
    assert_eq!(office.company.rows("select author from mails where message_id = 'ack@x.test'"), ["acknowledgement"]);
    assert!(office.away("bo").is_null(), "no absence");
    person("bo@beta.test", "after", "48213: news");
    person("stranger@beta.test", "third", "48213: from a colleague");
    person("bo@beta.test", "plain", "48214: another");
    assert_eq!((thread("before"), thread("after")), (thread("offer"), thread("offer")));
    assert_ne!(thread("other"), thread("offer"));
    assert_ne!(thread("plain"), thread("offer"));
    // Whoever is no party is only suggested by it.
    let suggested = |id: &str| {
        office.company.rows(&format!(
            "select case when regarding_id is null and candidates like '%foreign-reply%' then 'yes' else 'no' end \
             from mails where message_id = '{id}@x.test'"
        ))
    };
    assert_eq!((suggested("third"), suggested("after")), (vec!["yes".to_owned()], vec!["no".to_owned()]));
}

async fn a_departure_told_by_a_machine_is_probable_until_somebody_confirms_or_refuses_it(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -4);
    let gone = "Bo Beta no longer works for Beta. Please contact Ewa Lis <ewa.lis@beta.test> instead.";
    let notice = |id: &str, days: i64| {
        office.answers("Bo Beta <bo@beta.test>", "kamil", id, "offer", days, "Automatic reply: Offer", gone);
    };
    notice("gone", -3);
    let bo = office.record("bo");
    let shown = office.contact("bo");
    assert_eq!(shown["left"][0]["address"], "bo@beta.test", "{shown}");
    assert_eq!((&shown["left"][0]["certain"], &shown["away"]), (&Value::Bool(false), &Value::Null));
    assert_eq!(shown["named"][0]["address"], "ewa.lis@beta.test", "{shown}");
    let pages = office.pages().await;
    let page = pages.get(office.user("kamil"), &format!("/records/{bo}")).await.body;
    assert!(page.contains("Probably left: do not write to bo@beta.test") && page.contains("Yes, left"), "{page}");
    pages.close().await;
    office.ok(&format!("contact stays {bo} bo@beta.test --as kamil"));
    assert!(office.contact("bo")["left"].as_array().unwrap().is_empty());
    notice("gone", -3);
    notice("older", -2);
    assert!(office.contact("bo")["left"].as_array().unwrap().is_empty(), "written before that was said");
    office.ok(&format!("contact left {bo} bo@beta.test --as kamil"));
    office.writes("bo@beta.test", "kamil", "here", -1);
    assert_eq!(office.contact("bo")["left"][0]["certain"], true, "a person's word is last");
}

async fn answers_to_the_id_that_the_server_gave_our_mail_find_it(kind: Kind) {
    use standin::model::delivery::{Delivery, Outgoing};
    use standin::model::id::{MailboxId, MsgId};
    use standin::store::{self, keys::Keys, outbox::Tried};
    let office = Office::open(kind);
    let keys = Keys::load(&office.company.config.data_dir).unwrap();
    let pages = office.pages().await;
    #[allow(clippy::disallowed_methods)] // the commands beside it have the real clock
    let now = standin::model::time::Timestamp::from_utc(chrono::Utc::now());
    let id = |text: &str| MsgId::new(text).unwrap();
    let mail = Outgoing {
        envelope_from: standin::model::address::Address::parse("kamil@firma.example").ok(),
        envelope_to: "bo@beta.test".into(),
        message_id: id("offer@firma.example"),
        bytes: b"Subject: x\r\n\r\nx\r\n".to_vec(),
        expires_at: now.plus(3_600_000),
    };
    let queued = async |mail: &Outgoing| {
        let mut tx = pages.db.write().await.unwrap();
        let mailbox = MailboxId(office.company.number("select id from mailboxes where name = 'kamil'"));
        let out = store::outbox::queue(&mut tx, mailbox, mail, keys.id(&mail.message_id), now).await.unwrap();
        store::outbox::claim(&mut tx, "worker", now, 1).await.unwrap();
        tx.commit().await.unwrap();
        out
    };
    let settled = async |out, theirs: &str| {
        let given = Some(keys.id(&id(theirs)));
        let tried = Tried { state: Delivery::Sent, answer: "250 ok".into(), sent_from: None, next_try_at: now, given };
        let mut tx = pages.db.write().await.unwrap();
        store::outbox::settle(&mut tx, out, &tried, now).await.unwrap();
        tx.commit().await.unwrap();
    };
    let out = queued(&mail).await;
    settled(out, "renamed@host.prod.test").await;
    // Our copy has our id, the client's answer names the server's. Their order means nothing.
    let answer_to = |theirs: &str, id: &str| {
        let text = format!(
            "From: bo@beta.test\nTo: kamil@firma.example\nDate: {}\nMessage-ID: <{id}@x.test>\n\
             In-Reply-To: <{theirs}>\nSubject: Answer\n\nYes.\n",
            date(-1)
        );
        office.takes("kamil", id, &text);
    };
    let answer = |id: &str| answer_to("renamed@host.prod.test", id);
    answer("before");
    office.sends("kamil", "bo@beta.test", "offer", -2);
    answer("after");
    let thread =
        |name: &str| office.company.number(&format!("select thread_id from mails where id = {}", office.mail_id(name)));
    assert_eq!([thread("before"), thread("after")], [thread("offer"); 2]);
    // The copy was here before the server's answer.
    let early = Outgoing { message_id: id("early@firma.example"), ..mail };
    let out = queued(&early).await;
    office.sends("kamil", "bo@beta.test", "early", -2);
    settled(out, "second@host.prod.test").await;
    answer_to("second@host.prod.test", "later");
    assert_eq!(thread("later"), thread("early"));
    // One that lies in an inbox alone is no copy of ours: anybody can write our id on their mail.
    let taken = Outgoing { message_id: id("taken@firma.example"), ..early };
    let out = queued(&taken).await;
    office.writes("bo@beta.test", "kamil", "taken", -2);
    office.company.rows("update mails set id_key = (select max(id_key) from outbox where message_id = 'taken@firma.example') where message_id like 'taken@%'");
    office.company.rows("update folders set role = 'inbox' where path like '%kamil-taken.eml'");
    settled(out, "third@host.prod.test").await;
    let lent = |name: &str| {
        let mail = office.mail_id(name);
        office.company.number(&format!("select count(*) from mail_ids where what = 'alias' and mail_id = {mail}"))
    };
    assert_eq!([lent("early"), lent("taken")], [1, 0]);
    pages.close().await;
}

async fn without_any_id_a_notice_stands_by_its_address_and_a_report_nowhere(kind: Kind) {
    let office = Office::open(kind);
    office.sends("kamil", "bo@beta.test", "offer", -3);
    let without = |id: &str, from: &str, subject: &str, text: &str| {
        let mail = format!(
            "Return-Path: <>\nFrom: {from}\nTo: kamil@firma.example\nDate: {}\nMessage-ID: <{id}@x.test>\n\
             Auto-Submitted: auto-replied\nSubject: {subject}\n\n{text}\n",
            date(-2)
        );
        office.takes("kamil", id, &mail);
    };
    without(
        "away",
        "bo@beta.test",
        "Automatic reply: Offer offer",
        &format!("I am out of office until {}.", written(9)),
    );
    assert_eq!(office.away("bo")["says"]["mail"], office.mail_id("away"));
    assert!(office.subjects("kamil", "valves").contains(&"Automatic reply: Offer offer".to_owned()));
    // Anybody who saw one mail of ours could write this: subject and recipient are right.
    let words = "The following message to <bo@beta.test> was undeliverable.\n\n550 5.1.1 <bo@beta.test>: User unknown";
    without("bounce", "Mail Delivery System <MAILER-DAEMON@mx.beta.test>", "Undeliverable: Offer offer", words);
    assert!(!office.invalid("bo@beta.test"));
    assert_eq!(office.subjects("kamil", "valves").iter().filter(|s| s.starts_with("Undeliverable")).count(), 0);
}

//! What follows from mail: who waits for whom, records and changes out of signatures, appointments out
//! of invitations. Through the commands and the pages, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::firm::Kind;
use crate::support::office::{Office, day, on_both};
use axum::http::StatusCode;

impl Office {
    /// Takes a mail in, written as it stands below its first fields.
    fn letter(&self, mailbox: &str, from: &str, to: &str, id: &str, rest: &str) {
        let text = format!(
            "From: {from}\r\nTo: {to}\r\nMessage-ID: <{id}@x.test>\r\nSubject: about {id}\r\n{}",
            rest.replace('\n', "\r\n")
        );
        let file = self.company.file(&format!("{mailbox}-{id}.eml"), &text);
        self.company.call(["import", "mail", "--mailbox", mailbox, &file]).succeed();
    }

    fn message(&self, id: &str) -> i64 {
        self.company.number(&format!("select id from mails where message_id = '{id}@x.test'"))
    }

    /// Ids of the mails that wait, for us or for them.
    fn waits(&self, login: &str, whom: &str) -> Vec<i64> {
        let all = self.json(&format!("wait list {login}"));
        all[whom].as_array().unwrap().iter().map(|m| m["mail"].as_i64().unwrap()).collect()
    }

    /// What Kamil says of where a mail belongs.
    fn linked(&self, what: &str) -> serde_json::Value {
        serde_json::from_str(&self.ok(&format!("link --as kamil --json {what}"))).unwrap()
    }

    fn appointments(&self) -> Vec<String> {
        self.company.rows(
            "select r.name || ' ' || a.subject || ' ' || a.status || ' ' || a.due_at from appointments p \
             join activities a on a.id = p.activity_id join records r on r.id = a.record_id order by a.due_at, a.subject",
        )
    }
}

const TEXT: &str = "Date: Fri, 20 Nov 2026 10:00:00 +0000\n\nWords.\n";
const QUESTION: &str = "Date: Tue, 10 Nov 2026 10:00:00 +0000\n\nWhich day suits you?\n";

on_both! {
    a_call_or_a_word_ends_a_wait_and_undoing_begins_it_again
    a_conversation_that_asks_twice_stands_once_and_is_answered_at_its_last_mail
    a_question_of_ours_waits_for_them_until_they_write
    the_form_of_a_wait_answers_strangers_as_if_the_mail_were_not_there
    a_contact_is_made_of_a_mail_without_opening_other_mailboxes
    an_opportunity_takes_the_thread_along_and_asks_whether_its_maker_sees_the_contacts
    a_new_number_in_the_signature_is_shown_saved_and_taken_back
    invitations_become_appointments_that_follow_their_mail
    a_party_of_the_accounts_domain_is_believed_where_the_setting_says_so
    a_conversation_without_ids_goes_by_its_index_topic_and_people
}

async fn a_call_or_a_word_ends_a_wait_and_undoing_begins_it_again(kind: Kind) {
    let office = Office::open(kind);
    office.letter("kamil", "bo@beta.test", "kamil@firma.example", "ask", TEXT);
    let mail = office.message("ask");
    assert_eq!(office.waits("kamil", "for_us"), [mail]);
    assert!(office.no(&format!("wait no-answer {mail} --as ewa")).contains("no such mail"));
    let said = office.json(&format!("wait no-answer {mail} --as kamil"));
    assert!(office.waits("kamil", "for_us").is_empty());
    assert!(office.no(&format!("wait no-answer {mail} --as kamil")).contains("nobody waits"));
    // Everything is read again: the word stands.
    office.letter("kamil", "bo@beta.test", "kamil@firma.example", "more", TEXT);
    assert_eq!(office.waits("kamil", "for_us"), [office.message("more")]);
    office.ok(&format!("link --as kamil undo {}", said["correction"]));
    assert_eq!(office.waits("kamil", "for_us").len(), 2);
    assert_eq!(office.audited("mail-corrected").len(), 2);
    // A call on the contact that wrote, or on the record it regards; not one on something else.
    office.ok(&format!("activity add {} --kind note --subject x --as kamil", office.record("valves")));
    office.ok(&format!("activity add {} --kind call --subject later --as kamil", office.record("valves")));
    assert_eq!(office.waits("kamil", "for_us").len(), 2, "a note, and a call that is still to be made");
    office.ok(&format!("activity add {} --kind call --subject x --done --as kamil", office.record("bo")));
    assert!(office.waits("kamil", "for_us").is_empty());
    office.letter("kamil", "bo@beta.test", "kamil@firma.example", "new", TEXT);
    assert!(office.waits("kamil", "for_us").is_empty(), "written before the call");
}

async fn a_conversation_that_asks_twice_stands_once_and_is_answered_at_its_last_mail(kind: Kind) {
    let office = Office::open(kind);
    let (bo, us) = ("bo@beta.test", "kamil@firma.example");
    // A question of ours in the same conversation, to somebody who does not answer it.
    office.letter("kamil", us, "bo@beta.test, other@beta.test", "offer", QUESTION);
    office.letter("kamil", bo, us, "first", &format!("In-Reply-To: <offer@x.test>\n{TEXT}"));
    let later = TEXT.replace("10:00", "11:00");
    office.letter("kamil", bo, us, "second", &format!("In-Reply-To: <first@x.test>\n{later}"));
    office.letter("kamil", bo, us, "apart", &later.replace("11:00", "12:00"));
    let [first, second, apart] = ["first", "second", "apart"].map(|id| office.message(id));
    assert_eq!(office.waits("kamil", "for_us"), [first, apart], "the first says since when it waits");
    let all = office.json("wait list kamil");
    assert_eq!(all["for_us"][0]["waiting"], serde_json::json!([first, second]));
    assert_eq!(all["for_us"][1]["waiting"], serde_json::json!([apart]));
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    let today = pages.get(kamil, "/").await.body;
    assert!(today.contains("1 more mail of this conversation waits"), "{today}");
    assert!(today.contains(&format!("action=\"/messages/{second}/answer\"")), "the last is answered");
    assert!(!today.contains(&format!("action=\"/messages/{first}/answer\"")));
    assert!(!today.contains("Waiting for them"), "it is our turn");
    // What is said on the list is said of what it told of, also where some was answered since; nothing else.
    let form = format!("what=no-answer&next=/&also={first}&also={second}&also=99999");
    let done = pages.post(kamil, &format!("/messages/{first}/wait"), &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(office.waits("kamil", "for_us"), [apart]);
    assert_eq!(office.audited("mail-corrected").len(), 2);
    pages.close().await;
}

async fn a_question_of_ours_waits_for_them_until_they_write(kind: Kind) {
    let office = Office::open(kind);
    office.letter("kamil", "kamil@firma.example", "bo@beta.test", "offer", QUESTION);
    let statement = "Date: Tue, 10 Nov 2026 10:00:00 +0000\n\nThank you.\n";
    office.letter("kamil", "kamil@firma.example", "bo@beta.test", "thanks", statement);
    let mail = office.message("offer");
    assert_eq!(office.waits("kamil", "for_them"), [mail], "a statement asks nothing");
    let said = office.json(&format!("wait follow-up {mail} --on {} --as kamil", day(30)));
    assert!(office.waits("kamil", "for_them").is_empty());
    assert!(office.no(&format!("wait follow-up {mail} --on 2020-01-01 --as kamil")).contains("passed"));
    office.ok(&format!("link --as kamil undo {}", said["correction"]));
    assert_eq!(office.waits("kamil", "for_them"), [mail]);
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    assert!(pages.get(kamil, "/").await.body.contains("Waiting for them"));
    let page = pages.get(kamil, &format!("/messages/{mail}")).await.body;
    assert!(page.contains("No answer expected") && page.contains("name=\"day\""), "{page}");
    // Their machine answers nothing; they do, in another thread about the same.
    office.letter(
        "kamil",
        "bo@beta.test",
        "kamil@firma.example",
        "auto",
        &format!("Auto-Submitted: auto-replied\n{TEXT}"),
    );
    assert_eq!(office.waits("kamil", "for_them"), [mail]);
    office.letter("kamil", "bo@beta.test", "kamil@firma.example", "answer", TEXT);
    assert!(office.waits("kamil", "for_them").is_empty());
    pages.close().await;
}

async fn the_form_of_a_wait_answers_strangers_as_if_the_mail_were_not_there(kind: Kind) {
    let office = Office::open(kind);
    office.letter("kamil", "bo@beta.test", "kamil@firma.example", "ask", TEXT);
    let mail = office.message("ask");
    let pages = office.pages().await;
    let (kamil, ewa) = (office.user("kamil"), office.user("ewa"));
    for form in ["what=no-answer", "what=follow-up&day=2030-01-01", "what=nonsense"] {
        let there = pages.post(ewa, &format!("/messages/{mail}/wait"), form).await;
        let absent = pages.post(ewa, "/messages/99999/wait", form).await;
        assert_eq!(there, absent, "{form}");
        assert_eq!(there.status, StatusCode::NOT_FOUND);
    }
    let done = pages.post(kamil, &format!("/messages/{mail}/wait"), "what=no-answer&next=/").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let page = pages.get(kamil, &format!("/messages/{mail}")).await.body;
    assert!(page.contains("Kamil Nowak said that no answer is needed."), "{page}");
    let word = office.company.number("select max(id) from corrections");
    let undone = pages.post(kamil, &format!("/messages/{mail}/wait"), &format!("what=undo&word={word}")).await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER);
    assert_eq!(office.waits("kamil", "for_us"), [mail]);
    let late = pages.post(kamil, &format!("/messages/{mail}/wait"), "what=follow-up&day=x").await;
    assert!(late.status == StatusCode::UNPROCESSABLE_ENTITY && late.body.contains("Choose a day"));
    pages.close().await;
}

const SIGNED: &str = "Date: Fri, 20 Nov 2026 10:00:00 +0000
Content-Type: text/plain; charset=utf-8

Dzień dobry, proszę o ofertę.

Pozdrawiam
Nina Nowa
Kierownik zakupów
Beta Sp. z o.o.
ul. Prosta 1, 00-850 Warszawa
tel. 22 123 45 67
";

async fn a_contact_is_made_of_a_mail_without_opening_other_mailboxes(kind: Kind) {
    let office = Office::open(kind);
    let from = "Nina Nowa <nina@beta.test>";
    office.letter("kamil", from, "kamil@firma.example", "hello", SIGNED);
    office.letter("piotr", from, "piotr@firma.example", "other", SIGNED);
    let mail = office.message("hello");
    let shown = office.json(&format!("from-mail show {mail} --as kamil"));
    let found = |field: &str| {
        let all = shown.as_array().unwrap();
        all.iter().find(|f| f["field"] == field).map(|f| f["value"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    assert_eq!((found("name"), found("phone")), ("Nina Nowa".into(), "+48 22 123 45 67".into()));
    assert_eq!((found("company"), found("city")), ("Beta Sp. z o.o.".into(), "Warszawa".into()));
    assert!(found("account").starts_with("Beta"));
    let pages = office.pages().await;
    let (kamil, ewa) = (office.user("kamil"), office.user("ewa"));
    let form = pages.get(kamil, &format!("/messages/{mail}/new/contact")).await;
    for text in ["Nina Nowa", "ul. Prosta 1, 00-850 Warszawa", "found in the signature", "nina@beta.test"] {
        assert!(form.body.contains(text), "{text}: {}", form.body);
    }
    assert_eq!(pages.get(ewa, &format!("/messages/{mail}/new/contact")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(office.company.number("select count(*) from records where name = 'Nina Nowa'"), 0, "only shown");
    let path = format!("/messages/{mail}/new/contact");
    for (form, why) in [
        ("name=&emails=nina@beta.test", "Give it a name"),
        ("name=N&emails=nonsense", "no e-mail address"),
        ("name=N&emails=ewa@firma.example", "your own company"),
        ("name=N&emails=&phone=abc", "no phone number"),
        ("name=N&account=nowhere", "No account that you see"),
    ] {
        let refused = pages.post(kamil, &path, form).await;
        assert!(
            refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains(why),
            "{form}: {}",
            refused.body
        );
    }
    let form = "name=Nina+Nowa&emails=nina@beta.test&phone=22+123+45+67&company=Beta&role=Kierownik&account=beta";
    let done = pages.post(kamil, &path, form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let record = office.company.number("select id from records where name = 'Nina Nowa'");
    let page = pages.get(kamil, &format!("/records/{record}")).await.body;
    assert!(page.contains("Kierownik") && page.contains("Made from a mail by Kamil Nowak"), "{page}");
    assert!(page.contains("about hello") && !page.contains("about other"), "P12: only his own mailbox");
    assert_eq!(office.company.number("select count(*) from consents"), 1, "Piotr is asked");
    assert_eq!(office.audited("record-created").len(), 1);
    let change = office.company.number("select max(id) from record_changes");
    assert!(office.no(&format!("from-mail undo {change} --as ewa")).contains("not yours"));
    office.ok(&format!("from-mail undo {change} --as kamil"));
    assert_eq!(pages.get(kamil, &format!("/records/{record}")).await.status, StatusCode::NOT_FOUND);
    pages.close().await;
}

async fn an_opportunity_takes_the_thread_along_and_asks_whether_its_maker_sees_the_contacts(kind: Kind) {
    let office = Office::open(kind);
    office.letter("kamil", "bo@beta.test", "kamil@firma.example", "project", TEXT);
    let answer = format!("In-Reply-To: <project@x.test>\n{TEXT}");
    office.letter("kamil", "kamil@firma.example", "bo@beta.test", "reply", &answer);
    let mail = office.message("project");
    assert!(office.no(&format!("from-mail opportunity {mail} --as kamil --account none")).contains("needs an account"));
    office.import("contacts", "external_id,name,owner,account,emails\nzo,Zo SECRET,anna,beta,zo@beta.test\n", None);
    assert!(office.no(&format!("from-mail opportunity {mail} --as kamil")).contains("contacts of others"));
    office.ok(&format!("share {} kamil --as anna", office.record("zo")));
    let made = office.json(&format!("from-mail opportunity {mail} --as kamil --set name=Project"));
    assert_eq!(made["moved"], true);
    let regards = office.company.rows(
        "select r.name from mails m join records r on r.id = m.regarding_id where m.message_id in ('project@x.test', 'reply@x.test')",
    );
    assert_eq!(regards, ["Project", "Project"]);
    // A machine's or our own mail offers nothing.
    assert!(office.no(&format!("from-mail lead {} --as kamil", office.message("reply"))).contains("one of you"));
}

async fn a_new_number_in_the_signature_is_shown_saved_and_taken_back(kind: Kind) {
    let office = Office::open(kind);
    let signed = SIGNED.replace("Nina Nowa", "Bo Beta");
    office.letter("kamil", "Bo Beta <bo@beta.test>", "kamil@firma.example", "phone", &signed);
    let (mail, bo) = (office.message("phone"), office.record("bo"));
    let seen = office.json(&format!("from-mail update {bo} {mail} --as kamil --dry-run"));
    assert_eq!(seen["change"], serde_json::Value::Null);
    assert!(
        seen["fields"].as_array().unwrap().iter().any(|f| f["field"] == "phone" && f["after"] == "+48 22 123 45 67")
    );
    assert!(office.no(&format!("from-mail update {bo} {mail} --as piotr")).contains("does not exist"));
    let pages = office.pages().await;
    let kamil = office.user("kamil");
    let path = format!("/messages/{mail}/update/{bo}");
    assert!(pages.get(kamil, &path).await.body.contains("+48 22 123 45 67"));
    assert!(pages.get(kamil, &format!("/messages/{mail}")).await.body.contains("Update Bo Beta"));
    let none = pages.post(kamil, &path, "then-phone=1").await;
    assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.body.contains("Tick at least one"));
    let stale = "take=phone&now-phone=%2B48+1&then-phone=22+123+45+67";
    assert!(pages.post(kamil, &path, stale).await.body.contains("changed since"));
    let form = "take=phone&now-phone=&then-phone=22+123+45+68&take=role&now-role=&then-role=Buyer";
    assert_eq!(pages.post(kamil, &path, form).await.status, StatusCode::SEE_OTHER);
    let phone = || office.company.rows(&format!("select coalesce(phone, '-') from records where id = {bo}"));
    assert_eq!(phone(), ["+48 22 123 45 68"], "changed by the person before saving");
    assert_eq!(office.company.rows("select what || '=' || value from record_details"), ["role=Buyer"]);
    let change = office.company.number("select max(id) from record_changes");
    let undone = pages.post(kamil, &format!("/records/{bo}/from-mail"), &format!("change={change}")).await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER);
    assert_eq!(phone(), ["-"]);
    assert_eq!(office.company.number("select count(*) from record_details"), 0);
    assert!(office.no(&format!("from-mail undo {change} --as kamil")).contains("undone already"));
    assert_eq!(office.audited("record-edited").len(), 2);
    pages.close().await;
}

fn invitation(method: &str, sequence: i64, hour: i64, more: &str) -> String {
    let later = chrono::NaiveDate::parse_from_str(&day(40), "%Y-%m-%d").unwrap().format("%Y%m%d");
    format!(
        "Date: Fri, 20 Nov 2026 10:00:00 +0000
Content-Type: text/calendar; method={method}; charset=utf-8

BEGIN:VCALENDAR
VERSION:2.0
METHOD:{method}
BEGIN:VEVENT
UID:meeting-1
DTSTAMP:20261120T10000{sequence}Z
SEQUENCE:{sequence}
ORGANIZER;CN=Bo:mailto:bo@beta.test
ATTENDEE;CN=Kamil Nowak:mailto:kamil@firma.example
SUMMARY:Visit
LOCATION:Prosta 12
DTSTART;TZID=Europe/Warsaw:{later}T{hour:02}0000
DTEND;TZID=Europe/Warsaw:{later}T{hour:02}3000
{more}END:VEVENT
END:VCALENDAR
"
    )
}

async fn invitations_become_appointments_that_follow_their_mail(kind: Kind) {
    let office = Office::open(kind);
    let kamil = "kamil@firma.example";
    // The update comes first.
    office.letter("kamil", "bo@beta.test", kamil, "update", &invitation("REQUEST", 1, 12, ""));
    office.letter("kamil", "bo@beta.test", kamil, "first", &invitation("REQUEST", 0, 10, ""));
    let found = office.appointments();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("Valves Visit open"), "{found:?}");
    // Somebody else of the same firm, on the same record, knows the UID.
    office.letter("kamil", "eve@beta.test", kamil, "forged", &invitation("REQUEST", 9, 20, ""));
    office.letter("kamil", "eve@beta.test", kamil, "spoilt", &invitation("CANCEL", 9, 20, ""));
    assert_eq!(office.appointments(), found);
    let pages = office.pages().await;
    let me = office.user("kamil");
    let page = pages.get(me, &format!("/messages/{}", office.message("forged"))).await.body;
    assert!(page.contains("bo@beta.test is the organiser"), "{page}");
    let valves = office.record("valves");
    let page = pages.get(me, &format!("/records/{valves}")).await.body;
    assert!(page.contains("Visit") && page.contains("at Prosta 12"), "{page}");
    let page = pages.get(me, &format!("/messages/{}", office.message("update"))).await.body;
    assert!(page.contains("Invitation to “Visit”") && page.contains("Entered as an appointment on"), "{page}");
    // Its time is the organiser's; what else a person says stands.
    let activity = office.company.number("select activity_id from appointments");
    assert!(office.no(&format!("activity due {activity} --as kamil")).contains("organiser decides"));
    // It follows the mail that says how it stands, and goes where that is nobody's.
    let update = office.message("update");
    let moved = office.linked(&format!("move {update} none"));
    assert!(office.appointments()[0].starts_with("Bo Beta Visit open"), "{:?}", office.appointments());
    office.ok(&format!("link --as kamil undo {}", moved["correction"]));
    assert_eq!(office.appointments(), found);
    let private: Vec<i64> = ["update", "first"]
        .map(|id| office.linked(&format!("private {}", office.message(id)))["correction"].as_i64().unwrap())
        .to_vec();
    assert!(office.appointments().is_empty());
    for correction in private {
        office.ok(&format!("link --as kamil undo {correction}"));
    }
    assert_eq!(office.appointments(), found);
    office.letter("kamil", "bo@beta.test", kamil, "off", &invitation("CANCEL", 2, 12, ""));
    assert!(office.appointments()[0].starts_with("Valves Visit cancelled"));
    // Blocked and taken away, the mail says nothing any more.
    office.ok("block add bo@beta.test --company --remove-stored");
    assert_eq!(office.company.number("select count(*) from calendar_items where organizer = 'bo@beta.test' and mail_id in (select id from mails where from_address = 'bo@beta.test')"), 0);
    assert!(office.appointments().is_empty());
    pages.close().await;
}

async fn a_party_of_the_accounts_domain_is_believed_where_the_setting_says_so(kind: Kind) {
    for believed in [false, true] {
        let office = Office::with(kind, |config| config.domain_parties = believed);
        office.letter("kamil", "bo@beta.test", "kamil@firma.example", "known", TEXT);
        let answer = format!("In-Reply-To: <known@x.test>\n{TEXT}");
        office.letter("kamil", "new@beta.test", "kamil@firma.example", "unknown", &answer);
        let regards = office.company.rows(
            "select coalesce(r.name, '-') from mails m left join records r on r.id = m.regarding_id \
             where m.message_id = 'unknown@x.test'",
        );
        assert_eq!(regards, [if believed { "Valves" } else { "-" }]);
    }
}

async fn a_conversation_without_ids_goes_by_its_index_topic_and_people(kind: Kind) {
    use base64::Engine;
    let office = Office::open(kind);
    let index = |replies: usize| {
        let mut bytes = vec![1, 2, 3, 4, 5, 6];
        bytes.extend([9; 16]);
        bytes.extend(vec![7; 5 * replies]);
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    let with = |replies, topic: &str| format!("Thread-Index: {}\nThread-Topic: {topic}\n{TEXT}", index(replies));
    // The answer comes first, by somebody who is no contact; nobody knows yet what it answers.
    office.letter(
        "kamil",
        "helper@elsewhere.test",
        "kamil@firma.example",
        "answer",
        &with(1, "Pumps for us").replace("10:00", "11:00"),
    );
    office.letter(
        "kamil",
        "bo@beta.test",
        "kamil@firma.example, helper@elsewhere.test",
        "begin",
        &with(0, "Pumps for us"),
    );
    office.letter(
        "kamil",
        "bo@beta.test",
        "kamil@firma.example",
        "apart",
        &with(1, "Something else").replace("10:00", "12:00"),
    );
    let threads = || {
        office.company.rows("select count(distinct thread_id) || ' ' || count(*) from mails where message_id in ('answer@x.test', 'begin@x.test', 'apart@x.test')")
    };
    assert_eq!(threads(), ["2 2"], "the answer is nobody's until it is read again");
    // As a folder's next round does.
    office.letter(
        "kamil",
        "helper@elsewhere.test",
        "kamil@firma.example",
        "answer",
        &with(1, "Pumps for us").replace("10:00", "11:00"),
    );
    assert_eq!(threads(), ["2 3"]);
    let same = "select count(*) from mails a join mails b on b.thread_id = a.thread_id where a.message_id = 'answer@x.test' and b.message_id = 'begin@x.test'";
    assert_eq!(office.company.number(same), 1);
    let why = office
        .company
        .rows("select l.evidence from links l join mails m on m.id = l.mail_id where m.message_id = 'answer@x.test'");
    assert!(why.iter().any(|e| e.contains("\"guessed\":true")), "{why:?}");
}

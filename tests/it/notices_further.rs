//! What follows a notice and what goes before it, on both databases: the language that is stored of a contact
//! (R78), reports about notices of our own (R95, R96, R109), what proves that another responder answers (R14),
//! and the timeline when the ledger has forgotten (R53, R80).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::notices_texts::{Desk, Letter, NOW};
use crate::support::firm::Kind;
use crate::support::office::{Office, Pages, on_both};
use serde_json::Value;
use standin::actions::import::What;
use standin::model::cursor::{Arrival, Role, Why};
use standin::model::id::MsgId;
use standin::model::record::Kind as RecordKind;
use standin::model::time::{DAY, HOUR, MINUTE, SECOND};
use standin::parse::parse;
use standin::store;

on_both! {
    a_contacts_own_language_decides_and_one_without_words_gives_way
    a_contacts_language_is_set_by_file_by_hand_and_by_command
    a_notice_that_comes_back_is_told_of_the_address_and_brings_nothing_else
    a_forged_automatic_answer_in_her_name_warns_and_silences_nobody
    a_client_who_knows_ids_of_their_thread_cannot_silence_her
    whom_we_wrote_to_is_known_for_two_years_and_a_mail_forged_in_our_name_makes_nobody_known
    a_mail_forged_in_her_name_to_a_client_silences_no_notice
    who_was_deactivated_is_as_silent_as_who_was_never_away
    what_proves_another_responder_keeps_standin_silent
    the_timeline_names_the_substitute_when_the_ledger_has_forgotten
}

impl Desk {
    fn line(&self, text: &str) -> crate::support::process::Outcome {
        self.company.call(text.split(' ')).run()
    }

    fn json(&self, text: &str) -> Value {
        let outcome = self.line(&format!("{text} --json"));
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{text}: {error} {outcome:?}"))
    }

    fn count(&self, from: &str) -> i64 {
        self.company.number(&format!("select count(*) from {from}"))
    }
}

async fn a_contacts_own_language_decides_and_one_without_words_gives_way(kind: Kind) {
    let contacts = "external_id,name,owner,account,emails,language\nola,Ola,anna,acme,ola@acme-x.test,PL-pl\n";
    let leads = "external_id,name,owner,emails,language\nlead,Lena,anna,lena@lead-x.test,hu\n";
    let more = [(What::Records(RecordKind::Contact), contacts), (What::Records(RecordKind::Lead), leads)];
    let desk = Desk::with(kind, |_| {}, &more).await;
    desk.away(|_| {}).await;
    let english = |id| Letter { id, more: "Content-Language: en\r\n", ..Letter::default() };
    let ola = Letter { from: "ola@acme-x.test", path: "ola@acme-x.test", ..english("a") };
    let text = desk.gets(&ola).await.unwrap();
    assert!(text.contains("automatyczna odpowiedź") && !text.contains("automatic reply"), "{text}");
    // There are no words in Hungarian: what her mail says comes next.
    let lena = Letter { from: "lena@lead-x.test", path: "lena@lead-x.test", ..english("b") };
    let text = desk.gets(&lena).await.unwrap();
    assert!(text.contains("automatic reply") && !text.contains("automatyczna odpowiedź"), "{text}");
    let mail = desk.company.number("select max(id) from mails");
    let said = desk.line(&format!("notice explain {mail}")).stdout;
    let gives_way = "The contact's language is \u{201c}hu\u{201d}, in which there are no words for a notice; the next source counts.";
    assert!(said.contains(gives_way) && said.contains("Language: en (their mail says so)."), "{said}");
    let told = desk.json(&format!("notice explain {mail}"));
    let first = &told["people"][0]["languages"][0];
    assert_eq!((&first["source"], &first["has_words"]), (&"contact".into(), &false.into()), "{told}");
    let preview = desk.line("notice preview --for lena@lead-x.test --user anna").stdout;
    assert!(preview.contains(gives_way), "{preview}");
    // Whoever cannot see the record is not told its language.
    let other = desk.json("notice preview --for ola@acme-x.test --user anna --as adam");
    assert_eq!(other["notice"]["languages"].as_array().map(Vec::len).unwrap_or_default(), 0, "{other}");
    desk.end().await;
}

async fn a_contacts_language_is_set_by_file_by_hand_and_by_command(kind: Kind) {
    let office = Office::open(kind);
    let wrong = "external_id,name,owner,account,emails,language\njan,Jan SECRET,anna,acme,jan@acme.test,polish\n";
    let file = office.company.file("wrong.csv", wrong);
    let refused = office.company.call(["import", "contacts", &file]).run();
    let said = format!("{}{}", refused.stdout, refused.stderr);
    assert!(refused.code == Some(2) && said.contains("`polish` is no language; write its code"), "{said}");
    office.import("contacts", &wrong.replace("polish", "pl_PL"), None);
    let jan = office.record("jan");
    let language = |office: &Office| office.json(&format!("contact show {jan}"))["language"].clone();
    assert_eq!(language(&office), "pl");
    // A file without the column leaves it alone; an empty cell takes it away.
    office.import("contacts", "external_id,name,owner\njan,Jan SECRET,anna\n", None);
    assert_eq!(language(&office), "pl");
    office.import("contacts", "external_id,name,owner,language\njan,Jan SECRET,anna,\n", None);
    assert_eq!(language(&office), Value::Null);
    assert!(office.ok(&format!("contact language {jan} hu --as anna")).contains("there are no words for notices"));
    assert!(office.ok(&format!("contact show {jan} --as anna")).contains("Their language is hu"));
    assert!(office.no(&format!("contact language {jan} klingon")).contains("a code of two letters"));
    office.no(&format!("contact language {jan} en --as kamil"));
    office.ok(&format!("contact language {jan}"));
    assert_eq!(language(&office), Value::Null);
    assert_eq!(office.audited("record-edited").len(), 2, "what changes nothing is not noted");
    // An account has none.
    office.no(&format!("contact language {} pl", office.record("acme")));

    let pages = office.pages().await;
    let (anna, kamil) = (office.user("anna"), office.user("kamil"));
    let page = pages.get(anna, &format!("/records/{jan}")).await.body;
    assert!(page.contains("Set their language") && page.contains("<option value=\"pl\">polski</option>"), "{page}");
    let form = "what=language&language=pl";
    let path = format!("/records/{jan}/reach");
    assert_eq!(pages.post(kamil, &path, form).await.status.as_u16(), 404);
    assert_eq!(pages.post(anna, &path, form).await.status.as_u16(), 303);
    let page = pages.get(anna, &format!("/records/{jan}")).await.body;
    assert!(page.contains("Language of notices to them</span> polski"), "{page}");
    assert!(page.contains("<option value=\"pl\" selected>polski</option>"), "{page}");
    let no = pages.post(anna, &path, "what=language&language=xx").await.body;
    assert!(no.contains("Choose one of the languages."), "{no}");
    assert_eq!(pages.post(anna, &path, "what=language&language=").await.status.as_u16(), 303);
    assert_eq!(language(&office), Value::Null);
    pages.close().await;
}

/// A report that a mail to `recipient` could not be delivered, with the header of that mail.
fn report(recipient: &str, returned: &str) -> Vec<u8> {
    format!(
        "Return-Path: <>\nReceived: from mx.relay.test by mx.firma.example; Fri, 20 Nov 2026 12:30:00 +0000\n\
         From: Mail Delivery System <MAILER-DAEMON@mx.relay.test>\nTo: anna@firma.example\n\
         Date: Fri, 20 Nov 2026 12:30:00 +0000\nMessage-ID: <report@mx.relay.test>\n\
         Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nThis is the mail system at mx.relay.test.\n\n\
         <{recipient}>: 550 5.1.1 User unknown\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.relay.test\n\n\
         Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 User unknown\n\n\
         --b\nContent-Type: text/rfc822-headers\n\n{returned}\n--b--\n"
    )
    .replace('\n', "\r\n")
    .into_bytes()
}

fn header_of(notice: &[u8]) -> String {
    let text = String::from_utf8(notice.to_vec()).unwrap().replace("\r\n", "\n");
    text.split_once("\n\n").unwrap().0.to_owned()
}

async fn a_notice_that_comes_back_is_told_of_the_address_and_brings_nothing_else(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    desk.gets(&Letter::default()).await.unwrap();
    let notice = desk.notices().remove(0);
    desk.company.rows(&format!("update outbox set state = 'sent', settled_at = {}", NOW.0 + HOUR));
    let before = (desk.count("activities"), desk.count("records"), desk.count("mails where waits"));
    let inbox = ("INBOX", Role::Inbox);
    let at = NOW.plus(HOUR + 30 * MINUTE);
    desk.arrives("anna", inbox, report("jan@acme-x.test", &header_of(&notice)), at, Arrival::Live).await;
    // No second notice, no wait, nothing made; and it is no sign of another responder.
    assert_eq!(desk.notices().len(), 1);
    let reasons = desk.company.rows("select verdict || reason from notice_decisions order by at, trigger_key");
    assert_eq!(reasons, ["send", "silentR16"]);
    let after = (desk.count("activities"), desk.count("records"), desk.count("mails where waits"));
    assert_eq!(after, before);
    assert_eq!(desk.count("mailboxes where responder is not null or responder_doubted_at is not null"), 0);
    // It stands with the mail that the notice answered, as what it is.
    let timeline = desk.json("timeline o1 --as anna");
    let entries = timeline["entries"].as_array().unwrap();
    let authors: Vec<&str> = entries.iter().map(|entry| entry["author"].as_str().unwrap()).collect();
    assert_eq!(authors, ["dsn-failed", "human"], "{timeline}");
    assert_eq!(entries[1]["waits"], true, "it is no answer");
    // It is told of the address and of the notice.
    assert!(!desk.json("address show jan@acme-x.test")["invalid"].is_null());
    let log = desk.json("notice log --user anna --since 2026-11-01");
    let back: Vec<&Value> = log.as_array().unwrap().iter().map(|line| &line["came_back"]).collect();
    assert_eq!(back, [&Value::Null, &"hard".into()], "{log}");
    let said = desk.line("notice log --user anna --since 2026-11-01 --as anna").stdout;
    assert!(said.contains("a notice was made: sent; it came back: there is no such address"), "{said}");
    // So do the pages: whose notice it was with the address, an admin without.
    let pages = Pages::of(&desk.company.config, at.plus(HOUR)).await;
    let (anna, adam) = (desk.user("anna").await.0, desk.user("adam").await.0);
    let mine = pages.get(anna, "/me/notice").await.body;
    assert!(mine.contains("jan@acme-x.test: sent; it came back: there is no such address"), "{mine}");
    let all = pages.get(adam, "/admin/autoresponder").await.body;
    assert!(all.contains(">sent; it came back: there is no such address<"), "{all}");
    assert!(!all.contains("jan@acme-x.test"), "{all}");
    desk.company.rows("update users set language = 'pl' where login = 'anna'");
    let mine = pages.get(anna, "/me/notice").await.body;
    assert!(mine.contains("jan@acme-x.test: wysłane; wróciło: nie ma takiego adresu"), "{mine}");
    pages.close().await;
    // A report about somebody else's address, or about a notice that we never sent, changes nothing.
    let other = header_of(&notice).replace("Message-ID: <", "Message-ID: <not-");
    let forged = |id: &str, to: &str, returned: &str| {
        String::from_utf8(report(to, returned)).unwrap().replace("<report@", &format!("<{id}@")).into_bytes()
    };
    desk.arrives("anna", inbox, forged("r2", "ola@acme-x.test", &other), at, Arrival::Live).await;
    desk.arrives("anna", inbox, forged("r3", "ola@acme-x.test", &header_of(&notice)), at, Arrival::Live).await;
    assert!(desk.json("address show ola@acme-x.test")["invalid"].is_null());
    assert_eq!(desk.notices().len(), 1);
    desk.end().await;
}

/// An automatic answer in Anna's name to a colleague.
fn automatic(id: &str, stamp: &str, more: &str) -> Vec<u8> {
    format!(
        "Return-Path: <>\nReceived: from x by mx.firma.example; Fri, 20 Nov 2026 12:00:00 +0000\n{stamp}\
         From: Anna Nowak <anna@firma.example>\nTo: piotr@firma.example\nDate: Fri, 20 Nov 2026 12:00:00 +0000\n\
         Message-ID: <{id}@firma.example>\nAuto-Submitted: auto-replied\n{more}Subject: Automatic reply: lunch\n\n\
         I am on holiday.\n"
    )
    .replace('\n', "\r\n")
    .into_bytes()
}

async fn with_piotr(kind: Kind, authserv_id: &str) -> Desk {
    let change = |company: &mut crate::support::firm::Company| {
        company.mailbox("piotr", 1, None);
        company.config.notice.authserv_id = authserv_id.to_owned();
    };
    let desk = Desk::with(kind, change, &[]).await;
    desk.away(|_| {}).await;
    desk
}

async fn a_forged_automatic_answer_in_her_name_warns_and_silences_nobody(kind: Kind) {
    let inbox = ("INBOX", Role::Inbox);
    let at = NOW.plus(30 * MINUTE);
    // The server stamps nothing: whoever writes her address is not known.
    let desk = with_piotr(kind, "").await;
    desk.arrives("piotr", inbox, automatic("x", "", ""), at, Arrival::Live).await;
    assert_eq!(desk.company.rows("select coalesce(responder, '-') from mailboxes order by name"), ["-", "-"]);
    assert!(desk.gets(&Letter { stamp: "", ..Letter::default() }).await.is_ok(), "clients are still told");
    let number = desk.company.number("select id from absences");
    let shown = desk.line(&format!("absence show {number}")).stdout;
    assert!(shown.contains("! Mailbox anna: a mail of 2026-11-20") && shown.contains("goes on sending"), "{shown}");
    let told = desk.json(&format!("absence show {number}"));
    assert!(told["own_servers"][0]["own_responder"].is_null(), "{told}");
    assert!(told["own_servers"][0]["doubtful"].is_string(), "{told}");
    let status = desk.line("notice status").stdout;
    assert!(status.contains("nothing proves that it is no forgery"), "{status}");
    // What its sender may know proves nothing: the id of a mail that they wrote to both of us.
    let thread = Letter { id: "known", more: "Cc: <piotr@firma.example>\r\n", stamp: "", ..Letter::default() };
    desk.came(&thread).await;
    let answers = "In-Reply-To: <known@acme-x.test>\n";
    desk.arrives("piotr", inbox, automatic("y", "", answers), at, Arrival::Live).await;
    assert_eq!(desk.company.rows("select coalesce(responder, '-') from mailboxes order by name"), ["-", "-"]);
    desk.end().await;
    // What our own server calls false is not even a warning.
    let desk = with_piotr(kind, "mx.firma.example").await;
    let failed = "Authentication-Results: mx.firma.example; dmarc=fail header.from=firma.example\n";
    desk.arrives("piotr", inbox, automatic("x", failed, ""), at, Arrival::Live).await;
    assert_eq!(desk.count("mailboxes where responder is not null or responder_doubted_at is not null"), 0);
    desk.end().await;
}

/// What a client knows: all that stands in their own mail, and in what they were answered. They know how our
/// server names itself, too, and whatever they send passes for their own domain.
async fn a_client_who_knows_ids_of_their_thread_cannot_silence_her(kind: Kind) {
    let (inbox, at) = (("INBOX", Role::Inbox), NOW.plus(30 * MINUTE));
    let answers = |id: &str| {
        format!(
            "Message-ID: <theirs@firma.example>\nFrom: anna@firma.example\nTo: jan@acme-x.test\n\
             Date: Fri, 20 Nov 2026 11:31:00 +0000\nAuto-Submitted: auto-replied\n\
             In-Reply-To: <{id}>\nSubject: Automatic reply: Question\n"
        )
    };
    let stamp = "Authentication-Results: mx.firma.example; dmarc=pass header.from=mx.relay.test\r\nFrom: Mail Delivery";
    for authserv_id in ["", "mx.firma.example"] {
        let desk = with_piotr(kind, authserv_id).await;
        let stamped = !authserv_id.is_empty();
        desk.came(&Letter { id: "asked", ..Letter::default() }).await;
        // The report brings back what never was: an answer in her name to their own mail.
        let forged = String::from_utf8(report("jan@acme-x.test", &answers("asked@acme-x.test"))).unwrap();
        let forged = if stamped { forged.replacen("From: Mail Delivery", stamp, 1) } else { forged };
        for n in 0..3 {
            let one = forged.replace("<report@", &format!("<report-{n}@")).into_bytes();
            desk.arrives("anna", inbox, one, at, Arrival::Live).await;
        }
        assert_eq!(desk.count("mailboxes where responder is not null"), 0, "{authserv_id}");
        assert_eq!(desk.count("mailboxes where responder_doubted_at is not null"), 1, "it is a warning");
        // What Piotr asked Anna stayed among them, until she answered the client in that thread.
        let mail = |id: &str, from: &str, to: &str, named: &str| {
            format!(
                "From: {from}@firma.example\nTo: {to}\nDate: Fri, 20 Nov 2026 11:30:00 +0000\n\
                 Message-ID: <{id}@firma.example>\nReferences: {named}\nSubject: Re: Question\n\nDo you know him?\n"
            )
            .replace('\n', "\r\n")
            .into_bytes()
        };
        let secret = mail("secret-id", "piotr", "anna@firma.example", "<asked@acme-x.test>");
        desk.arrives("piotr", ("Sent", Role::Sent), secret, at, Arrival::Live).await;
        let answer = mail("told", "anna", "jan@acme-x.test", "<asked@acme-x.test> <secret-id@firma.example>");
        desk.arrives("anna", ("Sent", Role::Sent), answer, at, Arrival::Live).await;
        let names = "In-Reply-To: <secret-id@firma.example>\n";
        let unstamped = automatic("x", "", names);
        desk.arrives("piotr", inbox, unstamped, at, Arrival::Live).await;
        assert_eq!(desk.count("mailboxes where responder is not null"), 0, "{authserv_id}");
        let stamp = if stamped { Letter::default().stamp } else { "" };
        assert!(desk.gets(&Letter { id: "later", stamp, ..Letter::default() }).await.is_ok(), "{authserv_id}");
        desk.end().await;
    }
}

/// A mail by Anna to Jan, and to somebody who is no contact.
fn by_anna(id: &str, stamp: &str, date: &str, copied: &str) -> Vec<u8> {
    format!(
        "Return-Path: <anna@firma.example>\n{stamp}Received: from x by mx.firma.example; {date}\n\
         From: Anna Nowak <anna@firma.example>\nTo: jan@acme-x.test\nCc: {copied}\nDate: {date}\n\
         Message-ID: <{id}@firma.example>\nSubject: Pumps\n\nDear both,\n\nhere is the drawing.\n"
    )
    .replace('\n', "\r\n")
    .into_bytes()
}

async fn whom_we_wrote_to_is_known_for_two_years_and_a_mail_forged_in_our_name_makes_nobody_known(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    let sent = ("Sent", Role::Sent);
    let from =
        |who: &'static str| Letter { id: who.split('@').next().unwrap(), from: who, path: who, ..Letter::default() };
    let (recent, old, forger) = ("recent@r-x.test", "old@o-x.test", "forger@f-x.test");
    for (who, days) in [(recent, 729), (old, 732)] {
        let at = NOW.plus(-days * DAY);
        let raw = by_anna(&format!("to-{days}"), "", &at.to_utc().to_rfc2822(), who);
        desk.arrives("anna", sent, raw, at, Arrival::Backlog(Why::Backfill)).await;
    }
    // Anybody can write her address on a mail that they send her, with a client on it so that it is kept.
    let at = NOW.plus(-HOUR);
    let raw = by_anna("forged", "", &at.to_utc().to_rfc2822(), forger);
    desk.arrives("anna", ("INBOX", Role::Inbox), raw, at, Arrival::Backlog(Why::Backfill)).await;
    assert_eq!(desk.count("mails where direction = 'out'"), 3);
    for who in [recent, old, forger] {
        desk.comes(&from(who), NOW.plus(HOUR), Arrival::Live).await;
    }
    assert_eq!(desk.company.rows("select envelope_to from outbox"), [recent]);
    assert_eq!(desk.company.rows("select reason from notice_decisions order by reason"), ["", "R38", "R38"]);
    desk.end().await;
}

async fn a_mail_forged_in_her_name_to_a_client_silences_no_notice(kind: Kind) {
    let failed = "Authentication-Results: mx.firma.example; dmarc=fail header.from=firma.example\n";
    for (stamp, role, told) in [("", Role::Inbox, true), (failed, Role::Inbox, true), ("", Role::Sent, false)] {
        let desk = Desk::open(kind).await;
        desk.away(|_| {}).await;
        // It is written after the client's mail came, and before that is decided.
        let at = NOW.plus(HOUR);
        let raw = by_anna("answer", stamp, &at.to_utc().to_rfc2822(), "ola@firma.example");
        let path = if role == Role::Sent { "Sent" } else { "INBOX" };
        desk.arrives("anna", (path, role), raw, at.plus(-SECOND), Arrival::Backlog(Why::Backfill)).await;
        let got = desk.gets(&Letter::default()).await;
        assert_eq!(got.is_ok(), told, "{stamp:?} {role:?} {got:?}");
        assert!(told || got == Err("R8".into()), "{got:?}");
        desk.end().await;
    }
}

async fn who_was_deactivated_is_as_silent_as_who_was_never_away(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    desk.company.rows("update users set active = false where login = 'anna'");
    desk.comes(&Letter::default(), NOW.plus(HOUR), Arrival::Live).await;
    assert_eq!((desk.notices().len(), desk.count("notice_decisions")), (0, 0));
    desk.company.rows("update users set active = true where login = 'anna'");
    assert!(desk.gets(&Letter { id: "again", ..Letter::default() }).await.is_ok());
    desk.end().await;
}

async fn what_proves_another_responder_keeps_standin_silent(kind: Kind) {
    let (inbox, at) = (("INBOX", Role::Inbox), NOW.plus(30 * MINUTE));
    let passed = "Authentication-Results: mx.firma.example; dmarc=pass header.from=firma.example\n";
    let proofs: [(&str, &str); 3] = [("stamped", passed), ("sent", ""), ("internal", "")];
    for (proof, stamp) in proofs {
        let desk = with_piotr(kind, "mx.firma.example").await;
        // A client's mail that both of them have, and what Piotr wrote to Anna about it.
        desk.came(&Letter { id: "asked", ..Letter::default() }).await;
        match proof {
            "sent" => desk.arrives("anna", ("Sent", Role::Sent), automatic("x", "", ""), at, Arrival::Live).await,
            "stamped" => desk.arrives("piotr", inbox, automatic("x", stamp, ""), at, Arrival::Live).await,
            _ => {
                let asks = "From: piotr@firma.example\nTo: anna@firma.example\nDate: Fri, 20 Nov 2026 11:30:00 +0000\n\
                            Message-ID: <secret-id@firma.example>\nIn-Reply-To: <asked@acme-x.test>\nSubject: Re: Question\n\n\
                            Do you know him?\n";
                let asks = asks.replace('\n', "\r\n").into_bytes();
                desk.arrives("piotr", ("Sent", Role::Sent), asks, at, Arrival::Live).await;
                let answers = "In-Reply-To: <secret-id@firma.example>\n";
                desk.arrives("piotr", inbox, automatic("x", "", answers), at, Arrival::Live).await;
            }
        }
        let seen = "select coalesce(responder, '-') from mailboxes where name = 'anna'";
        assert_eq!(desk.company.rows(seen), ["mail"], "{proof}");
        assert_eq!(desk.company.rows(&seen.replace("'anna'", "'piotr'")), ["-"], "{proof}");
        assert_eq!(desk.gets(&Letter { id: "later", ..Letter::default() }).await, Err("R14".into()), "{proof}");
        let number = desk.company.number("select id from absences");
        let shown = desk.line(&format!("absence show {number}")).stdout;
        assert!(shown.contains("Mailbox anna: an absence reply of its own server is on"), "{proof}: {shown}");
        desk.end().await;
    }
    // A notice of our own that a service gave another id is none, in Sent and when it comes back.
    let desk = with_piotr(kind, "mx.firma.example").await;
    desk.gets(&Letter { id: "asked", ..Letter::default() }).await.unwrap();
    let ours = String::from_utf8(desk.notices().remove(0)).unwrap();
    let id = parse(ours.as_bytes()).message_id.as_ref().map(MsgId::to_string).unwrap();
    let renamed = ours.replace(&id, "another-id@service.test");
    assert_ne!(renamed, ours);
    let later = NOW.plus(2 * HOUR);
    desk.arrives("anna", ("Sent", Role::Sent), renamed.clone().into_bytes(), later, Arrival::Live).await;
    let returned = header_of(renamed.as_bytes());
    desk.arrives("anna", inbox, report("jan@acme-x.test", &returned), later, Arrival::Live).await;
    assert_eq!(desk.count("mailboxes where responder is not null or responder_doubted_at is not null"), 0);
    desk.end().await;
}

async fn the_timeline_names_the_substitute_when_the_ledger_has_forgotten(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    desk.gets(&Letter::default()).await.unwrap();
    desk.company.rows("update outbox set state = 'sent', sent_from = ''");
    let named = || desk.json("timeline jan --as anna")["entries"][0]["notices"][0]["substitute"].clone();
    assert_eq!(named(), "Piotr Lis");
    let mut tx = desk.instance.db.write().await.unwrap();
    assert_eq!(store::notices::forget(&mut tx, NOW.plus(400 * DAY)).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(desk.count("notices"), 0);
    assert_eq!(named(), "Piotr Lis");
    let said = desk.line("timeline jan --as anna").stdout;
    assert!(said.contains("notice sent naming Piotr Lis from <>"), "{said}");
    desk.company.rows("update outbox set sent_from = 'bounces@firma.example'");
    let said = desk.line("timeline jan --as anna").stdout;
    assert!(said.contains("from <bounces@firma.example>"), "{said}");
    desk.end().await;
}

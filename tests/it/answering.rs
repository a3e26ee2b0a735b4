//! Answering from the record, through the real servers: what goes out, who it is from and for whom, that it
//! stands on the timeline once, in the writer's folder of sent mail once, and that the thread holds when the
//! client answers; what stops it, and that the draft is kept then.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::blocks::{json, sync};
use crate::support::browser::Browser;
use crate::support::company::{Company, Kind, PASSWORD, now};
use serde_json::Value;
use standin::parse::{attachment, parse};

macro_rules! on_both {
    ($($name:ident;)*) => {$(
        mod $name {
            #[test]
            fn on_sqlite() {
                super::$name(crate::support::company::Kind::Sqlite);
            }

            #[test]
            fn on_postgres() {
                super::$name(crate::support::company::Kind::Postgres);
            }
        }
    )*};
}

on_both! {
    a_substitutes_answer_goes_out_as_theirs_and_the_thread_holds;
    what_cannot_be_sent_is_kept_and_says_why;
    nothing_is_sent_twice_after_a_crash;
    whoever_answers_meanwhile_is_told_of;
    drafts_are_their_writers_alone_and_survive_on_the_page;
    a_waiting_mail_is_answered_from_today_and_its_writer_is_back_there;
}

/// The company with Anna's offer and the client's answer to it read, nobody away.
fn answered(kind: Kind) -> Company {
    let company = Company::found(kind);
    company.anna_wrote();
    company.client_answers(1);
    company.dovecot.wait_for(&company.own_address("anna"), "INBOX", 1);
    sync(&company);
    // Mail is dated in whole seconds; an answer comes after what it answers.
    let second = now().timestamp();
    company.eventually("the client's second is over", || (now().timestamp() > second).then_some(()));
    company
}

fn mail(company: &Company, message_id: &str) -> String {
    company.sql(&format!("select id from mails where message_id = '{message_id}'"))
}

fn answer_of_client(company: &Company) -> String {
    mail(company, &format!("answer-1@{}", company.client))
}

/// Begins a draft, or more, and gives its number.
fn draft(company: &Company, arguments: &[&str]) -> String {
    let arguments: Vec<&str> = ["answer"].into_iter().chain(arguments.iter().copied()).collect();
    json(company, &arguments)["draft"].to_string()
}

fn shown(company: &Company, number: &str, who: &str) -> Value {
    json(company, &["answer", "show", number, "--as", who])
}

fn state(company: &Company, number: &str, who: &str) -> String {
    shown(company, number, who)["state"].as_str().unwrap().to_owned()
}

fn entries(company: &Company, viewer: &str, subject: &str) -> Vec<Value> {
    let timeline = company.timeline("pumps", viewer).unwrap();
    let entries = timeline["entries"].as_array().unwrap();
    entries.iter().filter(|entry| entry["subject"] == subject).cloned().collect()
}

fn a_substitutes_answer_goes_out_as_theirs_and_the_thread_holds(kind: Kind) {
    let company = answered(kind);
    company.away("anna", "piotr");
    company.standin(&["answer", "signature", "Piotr Zieliński\nFirma, +48 22 000 00 00", "--as", "piotr"]).succeed();
    let question = answer_of_client(&company);
    assert_eq!(
        company.sql(&format!("select waits from mails where id = {question}")).replace("true", "1").replace('t', "1"),
        "1"
    );
    let file = company.folder.write("umowa ż.txt", "twelve, in blue");
    let ola = company.client_address("ola");
    let boss = company.own_address("maria");
    company.dovecot.add_user(&boss);
    let number = draft(
        &company,
        &[
            "reply",
            &question,
            "--as",
            "piotr",
            "--text",
            "Dear Jan,\n\nby March, gladly.",
            "--cc",
            &ola,
            "--bcc",
            &boss,
            "--attach",
            file.to_str().unwrap(),
            "--send",
        ],
    );
    assert_eq!(state(&company, &number, "piotr"), "queued");
    sync(&company);
    assert_eq!(state(&company, &number, "piotr"), "sent");
    // The client's copy, byte for byte as it went out.
    let got = company.dovecot.wait_for(&company.client_address("jan"), "INBOX", 1).remove(0);
    let id = as_themselves(&company, &got);
    assert_eq!(company.dovecot.wait_for(&ola, "INBOX", 1).len(), 1);
    assert_eq!(company.dovecot.wait_for(&boss, "INBOX", 1).len(), 1);
    // On the timeline at once, as Piotr's, once; nobody waits any more.
    let there = entries(&company, "piotr", "Re: Acme pumps: our offer");
    let sent: Vec<&Value> = there.iter().filter(|e| e["direction"] == "out").collect();
    assert_eq!(sent.len(), 1, "{there:?}");
    assert!(
        !["1", "t", "true"].contains(&company.sql(&format!("select waits from mails where id = {question}")).as_str())
    );
    there_once(&company, &id, &boss);
    // What was written is kept in the mail alone.
    assert_eq!(company.sql("select count(*) from draft_files"), "0");
    assert_eq!(shown(&company, &number, "piotr")["text"], "");
    the_thread_holds(&company, &id);
    assert_eq!(company.sql("select action from audit where action = 'mail-written'"), "mail-written");
}

/// What the client got is Piotr's, in the thread, and says for whom; gives its id.
fn as_themselves(company: &Company, got: &[u8]) -> String {
    let read = parse(got);
    assert_eq!(read.from[0].address.as_str(), company.own_address("piotr"), "as themselves, never as Anna");
    assert_eq!(read.from[0].name.as_deref(), Some("Piotr Zieliński"));
    assert_eq!(read.subject, "Re: Acme pumps: our offer");
    let client = format!("answer-1@{}", company.client);
    assert_eq!(read.in_reply_to.iter().map(|id| id.as_str()).collect::<Vec<_>>(), [client.as_str()]);
    let offer = format!("offer@{}", company.own);
    assert_eq!(read.references.iter().map(|id| id.as_str()).collect::<Vec<_>>(), [offer.as_str(), client.as_str()]);
    assert!(read.message_id.as_ref().unwrap().as_str().starts_with("sr1-"), "signed: {:?}", read.message_id);
    assert!(read.author.is_human(), "{:?}", read.evidence);
    let text = &read.text.body;
    assert!(
        text.starts_with(
            "Dear Jan,\n\nby March, gladly.\n\nPiotr Zieliński, answering for Anna Nowak\n\nPiotr Zieliński\nFirma"
        ),
        "{text}"
    );
    assert!(text.contains("Jan Kowalski") && text.contains("wrote:\n> Can you deliver by March?"), "{text}");
    assert!(!String::from_utf8_lossy(got).to_lowercase().contains("bcc"), "nobody is told who got it unseen");
    assert_eq!(
        attachment(got, 0).map(|(name, _, bytes)| (name, bytes)),
        Some(("umowa ż.txt".into(), b"twelve, in blue".to_vec()))
    );
    read.message_id.unwrap().as_str().to_owned()
}

/// The answer lies once in Piotr's folder of sent mail, and is one mail at two places when that was read.
fn there_once(company: &Company, id: &str, boss: &str) {
    // One copy in Piotr's folder of sent mail, read, with whom it went to unseen; the same mail when it is read.
    let piotr = company.own_address("piotr");
    sync(company);
    sync(company);
    let copies = company.dovecot.mails(&piotr, "Sent");
    assert_eq!(copies.len(), 1);
    assert!(parse(&copies[0]).bcc.iter().any(|p| p.address.as_str() == boss));
    assert!(company.dovecot.flags(&piotr, "Sent")[0].1.contains("\\Seen"));
    assert_eq!(company.sql(&format!("select count(*) from mails where message_id = '{}'", id)), "1");
    let places =
        format!("select count(*) from locations l join mails m on m.id = l.mail_id where m.message_id = '{}'", id);
    assert_eq!(company.sql(&places), "2", "where it was written, and in the folder");
}

/// The client answers Piotr, who stands in for Anna.
fn the_thread_holds(company: &Company, id: &str) {
    let piotr = company.own_address("piotr");
    // The client answers Piotr: it stands on the same deal, in the same thread, and waits there.
    let back = format!(
        "From: Jan Kowalski <jan@{client}>\r\nTo: <{piotr}>\r\nSubject: Re: Acme pumps: our offer\r\nDate: {date}\r\n\
         Message-ID: <thanks@{client}>\r\nIn-Reply-To: <{id}>\r\nReferences: <{id}>\r\n\r\nThank you. And in red?\r\n",
        client = company.client,
        date = now().to_rfc2822(),
    );
    company.postfix.send(&company.client_address("jan"), &piotr, back.as_bytes());
    company.dovecot.wait_for(&piotr, "INBOX", 1);
    sync(company);
    let thread = "select count(distinct thread_id) from mails where message_id like 'thanks@%' or message_id like 'sr1-%' or message_id like 'offer@%'";
    assert_eq!(company.sql(thread), "1");
    assert_eq!(entries(company, "anna", "Re: Acme pumps: our offer").len(), 3, "his question, the answer, his thanks");
}

fn what_cannot_be_sent_is_kept_and_says_why(kind: Kind) {
    let company = answered(kind);
    let question = answer_of_client(&company);
    // Nobody whom no mailbox is configured for, and nobody who only reads.
    let refused = company.standin(&["answer", "reply", &question, "--as", "kamil"]).run();
    assert!(refused.stderr.contains("not to be seen"), "{refused:?}");
    company.standin(&["share", "pumps", "kamil", "--as", "anna"]).succeed();
    let refused = company.standin(&["answer", "reply", &question, "--as", "kamil"]).run();
    assert!(refused.stderr.contains("may read it and not change it"), "{refused:?}");
    company.standin(&["share", "pumps", "zofia", "--write", "--as", "anna"]).succeed();
    let refused = company.standin(&["answer", "reply", &question, "--as", "zofia"]).run();
    assert!(refused.stderr.contains("no mailbox here") && refused.stderr.contains("[[mailbox]]"), "{refused:?}");
    // An address that the server does not know: nobody gets it, also who is known, and it is kept.
    let unknown = company.own_address("nikt");
    let jan = company.client_address("jan");
    let to = format!("{jan}, Nikt <{unknown}>");
    let number =
        draft(&company, &["reply", &question, "--as", "anna", "--text", "To two.", "--to", &to, "--send", "--anyway"]);
    sync(&company);
    let said = shown(&company, &number, "anna");
    assert_eq!(said["state"], "refused", "{said}");
    assert!(said["answer"].as_str().unwrap().contains(&unknown), "{said}");
    assert!(said["text"].as_str().unwrap().starts_with("To two."));
    assert_eq!(company.dovecot.count(&jan, "INBOX"), 0);
    // Corrected, it goes: the same draft.
    let again = draft(&company, &["edit", &number, "--as", "anna", "--to", &jan, "--send"]);
    assert_eq!(again, number);
    sync(&company);
    assert_eq!(company.dovecot.wait_for(&jan, "INBOX", 1).len(), 1);
    // A right that ends between sending and the server.
    company.away("anna", "piotr");
    let covered = draft(&company, &["reply", &question, "--as", "piotr", "--text", "For Anna.", "--send", "--anyway"]);
    let absence = company.sql("select max(id) from absences");
    company.standin(&["absence", "end", &absence]).succeed();
    sync(&company);
    let said = shown(&company, &covered, "piotr");
    assert_eq!((said["state"].as_str(), said["answer"].as_str()), (Some("refused"), Some("lost: mail")), "{said}");
    assert!(said["text"].as_str().unwrap().starts_with("For Anna."), "kept: {said}");
    assert!(!said["text"].as_str().unwrap().contains("Can you deliver"), "what was quoted is not his to read any more");
    assert_eq!(company.dovecot.count(&jan, "INBOX"), 1);
    // A confidential mail is answered, and not handed on.
    company.standin(&["link", "confidential", &question, "--as", "anna"]).succeed();
    let refused = company.standin(&["answer", "forward", &question, "--as", "anna", "--to", "x@y.test"]).run();
    assert!(refused.stderr.contains("confidential"), "{refused:?}");
    // A wrong password is told at once.
    company.configure(|text| {
        let secret = company.folder.write("wrong.password", "wrong");
        let (head, tail) = text.split_once("[mailbox.smtp]").unwrap();
        let line = tail.lines().find(|line| line.starts_with("secret_file")).unwrap();
        format!("{head}[mailbox.smtp]{}", tail.replacen(line, &format!("secret_file = {secret:?}"), 1))
    });
    let number = draft(&company, &["reply", &question, "--as", "anna", "--text", "Again.", "--send", "--anyway"]);
    sync(&company);
    let said = shown(&company, &number, "anna");
    assert_eq!(said["state"], "refused", "{said}");
    assert!(said["answer"].as_str().unwrap().contains("refused the sign-in"), "{said}");
}

fn nothing_is_sent_twice_after_a_crash(kind: Kind) {
    let mut company = answered(kind);
    let question = answer_of_client(&company);
    let number = draft(&company, &["reply", &question, "--as", "anna", "--text", "Once.", "--send"]);
    // As a program leaves it that is killed between reserving the mail and the server's word.
    let claim = "update outbox set state = 'sending', claimed_by = 'dead', claimed_at = 1 where state = 'queued'";
    company.execute(claim);
    company.start();
    company.eventually("nobody knows whether it went out", || {
        (state(&company, &number, "anna") == "unclear").then_some(())
    });
    let page = company.browser("anna").read(&format!("/drafts/{number}"));
    assert!(page.says("Nobody knows whether it went out"), "{page:?}");
    sleepless_round(&company);
    assert_eq!(company.dovecot.count(&company.client_address("jan"), "INBOX"), 0, "never again by itself");
    // Its writer says that it did not go out, and sends it once more.
    company.standin(&["answer", "back", &number, "--as", "anna"]).succeed();
    company.standin(&["answer", "edit", &number, "--as", "anna", "--send"]).succeed();
    company.eventually("it is sent", || (state(&company, &number, "anna") == "sent").then_some(()));
    assert_eq!(company.dovecot.wait_for(&company.client_address("jan"), "INBOX", 1).len(), 1);
    // Where the mail is found in the folder of sent mail, it did go out.
    company.wait_until_all_is_sent();
    company.eventually("the copies are there", || {
        (company.sql("select count(*) from drafts where copy = 'there'") == "2").then_some(())
    });
    company.execute(&format!(
        "update outbox set state = 'unclear' where id = (select outbox_id from drafts where id = {number})"
    ));
    company.execute(&format!("update drafts set taken_at = null, copy = 'none' where id = {number}"));
    company.eventually("it is known to have gone out", || (state(&company, &number, "anna") == "sent").then_some(()));
    assert_eq!(
        company.dovecot.count(&company.own_address("anna"), "Sent"),
        3,
        "the offer, and a copy of each of the two"
    );
}

/// Waits until the sending loop has looked at the outbox again: a second draft goes out.
fn sleepless_round(company: &Company) {
    let number = draft(
        company,
        &[
            "write",
            "pumps",
            "--as",
            "anna",
            "--to",
            &company.client_address("ola"),
            "--subject",
            "A second",
            "--text",
            "x",
            "--send",
        ],
    );
    company.eventually("the second is sent", || (state(company, &number, "anna") == "sent").then_some(()));
}

fn whoever_answers_meanwhile_is_told_of(kind: Kind) {
    let company = answered(kind);
    company.away("anna", "piotr");
    let question = answer_of_client(&company);
    let number = draft(&company, &["reply", &question, "--as", "piotr", "--text", "I will look."]);
    // Anna looks into her mail all the same, and begins to answer, too.
    let hers = company.standin(&["answer", "reply", &question, "--as", "anna", "--text", "x", "--send"]).run();
    assert!(hers.stderr.contains("Piotr Zieliński is writing an answer"), "{hers:?}");
    // She answers from her phone.
    let (own, client, date) = (&company.own, &company.client, now().to_rfc2822());
    let phone = format!(
        "From: Anna Nowak <anna@{own}>\r\nTo: Jan Kowalski <jan@{client}>\r\nSubject: Re: Acme pumps: our offer\r\nDate: {date}\r\n\
         Message-ID: <phone@{own}>\r\nIn-Reply-To: <answer-1@{client}>\r\n\r\nYes, by March.\r\n"
    );
    company.dovecot.append(&company.own_address("anna"), "Sent", phone.as_bytes());
    sync(&company);
    let refused = company.standin(&["answer", "edit", &number, "--as", "piotr", "--send"]).run();
    assert!(refused.stderr.contains("Anna Nowak answered meanwhile"), "{refused:?}");
    assert_eq!(state(&company, &number, "piotr"), "draft");
    company.standin(&["answer", "edit", &number, "--as", "piotr", "--send", "--anyway"]).succeed();
    sync(&company);
    assert_eq!(state(&company, &number, "piotr"), "sent");
}

fn drafts_are_their_writers_alone_and_survive_on_the_page(kind: Kind) {
    let mut company = answered(kind);
    company.away("anna", "piotr");
    company.start();
    let question = answer_of_client(&company);
    let piotr = company.browser("piotr");
    let page = piotr.read(&format!("/messages/{question}"));
    assert!(page.says(&format!("/messages/{question}/answer")));
    let begun = piotr.post(&format!("/messages/{question}/answer"), &[("kind", "reply")]);
    assert_eq!(begun.status, 303, "{begun:?}");
    let here = begun.location();
    assert_eq!(
        piotr.post(&format!("/messages/{question}/answer"), &[("kind", "reply")]).location(),
        here,
        "begun once"
    );
    let page = piotr.read(&here);
    assert!(page.says("answering for Anna Nowak"), "{page:?}");
    assert!(
        page.text.contains("jan@") && page.text.contains("&#62; Can you deliver by March?")
            || page.text.contains("&gt; Can you"),
        "{page:?}"
    );
    let jan = company.client_address("jan");
    let typed =
        [("act", "save"), ("version", "1"), ("to", jan.as_str()), ("subject", "Re: Acme"), ("body", "Half a thought")];
    assert_eq!(piotr.post(&here, &typed).status, 303);
    let late = piotr.post(&here, &typed);
    assert_eq!(late.status, 422, "another window saved: {late:?}");
    assert!(late.says("Half a thought"));
    // Killed and started again, it is there.
    company.running().kill();
    company.start();
    let piotr = company.browser("piotr");
    assert!(piotr.read(&here).says("Half a thought"));
    assert!(piotr.read("/drafts").says("Re: Acme"));
    for other in ["anna", "maria", "adam", "kamil"] {
        let browser = Browser::sign_in(&company.url, other, PASSWORD);
        assert_eq!(browser.get(&here).status, 404, "{other}");
        assert_eq!(browser.post(&here, &[("act", "discard")]).status, 404, "{other}");
        assert!(!browser.read("/drafts").says("Re: Acme"), "{other}");
    }
    // Anna, at her desk for a minute, is told that somebody writes, and no word of it.
    let hers = Browser::sign_in(&company.url, "anna", PASSWORD).read(&format!("/messages/{question}"));
    assert!(hers.says("Piotr Zieliński is writing an answer") && !hers.says("Half a thought"), "{hers:?}");
    // Sent from the page; the page says what became of it.
    let send =
        [("act", "send"), ("version", "2"), ("to", jan.as_str()), ("subject", "Re: Acme"), ("body", "A whole thought")];
    assert_eq!(piotr.post(&here, &send).status, 303);
    company.eventually("it is sent and stands on the timeline", || piotr.read(&here).says("Open it").then_some(()));
    let got = company.dovecot.wait_for(&jan, "INBOX", 1).remove(0);
    assert!(
        parse(&got).text.body.starts_with("Piotr Zieliński, answering for Anna Nowak\n\nA whole thought"),
        "the line was taken out, and stands there"
    );
    company.eventually("the copy is there", || piotr.read(&here).says("A copy lies in your folder").then_some(()));
}

fn a_waiting_mail_is_answered_from_today_and_its_writer_is_back_there(kind: Kind) {
    let mut company = answered(kind);
    company.start();
    let question = answer_of_client(&company);
    let anna = company.browser("anna");
    let today = anna.read("/");
    assert!(today.says(&format!("action=\"/messages/{question}/answer\"")), "{today:?}");
    let begun = anna.post(&format!("/messages/{question}/answer"), &[("kind", "reply"), ("from", "today")]);
    let here = begun.location();
    let (path, query) = here.split_once('?').unwrap();
    assert_eq!(query, "from=today");
    let page = anna.read(&here);
    assert!(page.says(r#"<p class="crumb"><a href="/">Today</a>"#), "{page:?}");
    assert!(page.says(r#"name="from" value="today""#));
    // Where it was begun goes along through every form; elsewhere nothing of it shows.
    assert!(!anna.read(path).says(r#"name="from""#));
    let jan = company.client_address("jan");
    let typed =
        [("version", "1"), ("from", "today"), ("to", jan.as_str()), ("subject", "Re: Acme"), ("body", "By March")];
    let act = |act| typed.iter().copied().chain([("act", act)]).collect::<Vec<_>>();
    assert_eq!(anna.post(path, &act("save")).location(), here);
    let late = anna.post(path, &act("save"));
    assert!(late.status == 422 && late.says(r#"name="from" value="today""#), "{late:?}");
    let typed =
        [("version", "2"), ("from", "today"), ("to", jan.as_str()), ("subject", "Re: Acme"), ("body", "By March")];
    let sent = anna.post(path, &typed.iter().copied().chain([("act", "send")]).collect::<Vec<_>>());
    let back = sent.location();
    assert_eq!(back, path.replace("/drafts/", "/?sent="), "{sent:?}");
    company.eventually("Today says that it went out", || {
        let today = anna.read(&back);
        (today.says("Your answer to") && today.says("Sent.") && !today.says("Can you deliver by March")).then_some(())
    });
    // Somebody else's, and none, say nothing.
    let ola = company.browser("piotr");
    assert!(!ola.read(&back).says("Your answer to"));
    assert!(!anna.read("/?sent=99999").says("Your answer to"));
    assert_eq!(anna.get("/?sent=x").status, 200);
    assert_eq!(company.dovecot.wait_for(&jan, "INBOX", 1).len(), 1);
}

#[test]
fn a_new_mail_from_a_record_and_the_answer_to_it_stand_there() {
    let company = Company::found(Kind::Sqlite);
    sync(&company);
    // Anna's signature and an empty one; to somebody whom nobody knows.
    let stranger = format!("nowy@{}", company.client.replacen("acme", "nieznani", 1));
    company.dovecot.add_user(&stranger);
    let number = draft(
        &company,
        &[
            "write",
            "pumps",
            "--as",
            "anna",
            "--to",
            &stranger,
            "--subject",
            "Pumps for the harbour",
            "--text",
            "Would you join?",
            "--send",
        ],
    );
    sync(&company);
    assert_eq!(state(&company, &number, "anna"), "sent");
    assert_eq!(entries(&company, "anna", "Pumps for the harbour").len(), 1);
    let got = company.dovecot.wait_for(&stranger, "INBOX", 1).remove(0);
    let id = parse(&got).message_id.unwrap();
    let back = format!(
        "From: <{stranger}>\r\nTo: <{anna}>\r\nSubject: Pumps for the harbour\r\nDate: {date}\r\nMessage-ID: <yes@x.test>\r\n\
         In-Reply-To: <{id}>\r\n\r\nWe would.\r\n",
        anna = company.own_address("anna"),
        date = now().to_rfc2822(),
    );
    company.postfix.send(&stranger, &company.own_address("anna"), back.as_bytes());
    company.dovecot.wait_for(&company.own_address("anna"), "INBOX", 1);
    sync(&company);
    assert_eq!(entries(&company, "anna", "Pumps for the harbour").len(), 2, "a party of the thread that we began");
}

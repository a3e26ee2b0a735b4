//! `standin trace`: whether somebody who never saw the code can say of a mail why it is where it is; and that
//! nobody is told more by it than they see anyhow (P5, P9). On both databases.

#![allow(
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use crate::support::firm::{Company, Kind, Names};
use serde_json::Value;
use std::sync::LazyLock;

/// The days between now and when a letter says that it was written.
const FRESH: i64 = 0;

/// A letter by Message-ID, sender and addressee as short names, subject, further header lines, text and age in days.
pub(crate) struct Letter<'a> {
    pub id: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub more: &'a str,
    pub text: &'a str,
    pub days: i64,
}

impl Default for Letter<'_> {
    fn default() -> Self {
        let text = "Good morning.\r\n";
        Letter { id: "one", from: "c0@acme", to: "anna", subject: "Delivery", more: "", text, days: FRESH }
    }
}

impl Letter<'_> {
    pub fn bytes(&self, company: &Company) -> String {
        // One moment for all of a test: a copy bears the same date.
        static NOW: LazyLock<chrono::DateTime<chrono::Utc>> = LazyLock::new(crate::support::company::now);
        let date = *NOW - chrono::TimeDelta::days(self.days) - chrono::TimeDelta::hours(1);
        let address = |name: &str| if name.contains('<') { name.to_owned() } else { company.names.address(name) };
        let (from, to, more) = (address(self.from), address(self.to), self.more);
        let Letter { id, subject, text, .. } = self;
        format!(
            "{more}From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {}\r\nMessage-ID: <{id}@letters.test>\r\n\r\n{text}",
            date.to_rfc2822()
        )
    }
}

/// Anna has Acme and its pumps (OP-1), Kamil has Beta and its valves and pipes. Kamil is an admin, too.
pub(crate) fn company(kind: Kind) -> Company {
    let mut company = Company::new(kind, &Names::plain());
    for person in ["anna", "kamil"] {
        company.mailbox(person, 1, None);
    }
    company.shared_mailbox("sales", 1);
    company.config.notice.authserv_id = "mx.firma.example".into();
    company.people_and_records();
    for n in 1..=3 {
        company.rows(&format!("update records set number = 'OP-{n}' where external_id = 'o{n}'"));
    }
    company.rows("update users set role = 'admin' where login = 'kamil'");
    company
}

/// Takes bytes into a mailbox, as an archive of one mail; gives the number of the mail, 0 where none is stored.
pub(crate) fn take(company: &Company, mailbox: &str, name: &str, bytes: &str) -> i64 {
    let file = company.file(&format!("archive-{name}/{name}.eml"), bytes);
    let folder = file.trim_end_matches(&format!("/{name}.eml"));
    let before = company.number("select coalesce(max(id), 0) from mails");
    company.call(["import", "mail", "--mailbox", mailbox, folder]).succeed();
    let after = company.number("select coalesce(max(id), 0) from mails");
    if after > before { after } else { 0 }
}

pub(crate) fn letter(company: &Company, letter: &Letter<'_>) -> String {
    company.file(&format!("{}.eml", letter.id), &letter.bytes(company))
}

pub(crate) fn run(company: &Company, line: &str) -> String {
    company.call(line.split(' ')).succeed().stdout
}

pub(crate) fn json(company: &Company, line: &str) -> Value {
    serde_json::from_str(&run(company, &format!("{line} --json"))).unwrap()
}

/// What a refused call says.
pub(crate) fn no(company: &Company, line: &str) -> String {
    let outcome = company.call(line.split(' ')).run();
    assert_eq!(outcome.code, Some(2), "{line}: {outcome:?}");
    outcome.stderr
}

pub(crate) fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "“{part}” is missing in\n{text}");
    }
}

pub(crate) fn both(test: fn(Kind)) {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        test(kind);
    }
}

#[test]
fn whoever_review_asks_about_a_mail_can_trace_it_by_its_number() {
    both(|kind| {
        let company = company(kind);
        let unknown =
            Letter { id: "u", from: "ewa@harbour", to: "sales", subject: "A new client", ..Letter::default() };
        let unknown = take(&company, "sales", "u", &unknown.bytes(&company));
        let annas = take(&company, "anna", "a", &Letter { id: "a", ..Letter::default() }.bytes(&company));
        let forged = "Authentication-Results: mx.firma.example; dmarc=fail header.from=acme-x.test\r\n";
        let forged = Letter { id: "f", subject: "False", more: forged, ..Letter::default() };
        let forged = take(&company, "anna", "f", &forged.bytes(&company));
        assert!(unknown > 0 && annas > 0 && forged > 0);
        for asked in [unknown, forged] {
            has(&run(&company, "review list --as kamil"), &[&asked.to_string()]);
            let told = run(&company, &format!("trace {asked} --as kamil"));
            has(&told, &["waits in review", "because review asks you, which the audit notes", "Every step"]);
            let noted = format!("select count(*) from audit where action = 'review-read' and subject_id = {asked}");
            assert_eq!(company.number(&noted), 1, "looking at it as an admin is noted");
        }
        has(&run(&company, &format!("trace {unknown} --as kamil")), &["A new client", "(unknown-sender)"]);
        // What he neither reads nor is asked about is to him as what is not there.
        let forbidden = no(&company, &format!("trace {annas} --as kamil"));
        let absent = no(&company, "trace 424242 --as kamil");
        assert_eq!(forbidden.replace(&annas.to_string(), "N"), absent.replace("424242", "N"));
        has(&absent, &["neither read it nor are asked about it", "the operator traces any"]);
        has(&no(&company, &format!("trace {annas} --as anna")), &["only an admin"]);
    });
}

#[test]
fn a_file_that_is_stored_is_told_as_what_is_stored() {
    both(|kind| {
        let company = company(kind);
        let forged = "Authentication-Results: mx.firma.example; dmarc=fail header.from=acme-x.test\r\n";
        let [plain, false_one] = ["p", "f"].map(|id| Letter { id, days: 2, ..Letter::default() });
        let mail = take(&company, "anna", "p", &plain.bytes(&company));
        let stamped = Letter { more: forged, ..Letter { id: "f", days: 2, ..Letter::default() } };
        let doubted = take(&company, "anna", "f", &stamped.bytes(&company));
        for (file, mail) in [(letter(&company, &plain), mail), (letter(&company, &false_one), doubted)] {
            // Also where the copy lacks what our own server wrote on it.
            let told = run(&company, &format!("trace {file} --mailbox kamil"));
            has(&told, &[&format!("this very mail is stored as mail {mail}"), "Anna", "folder "]);
            assert!(!told.contains("as if"), "{told}");
            assert_eq!(json(&company, &format!("trace {file}"))["mail"], mail);
        }
        let other =
            Letter { id: "p", text: "Something else altogether, of another matter.\r\n", days: 2, ..Letter::default() };
        let told = run(&company, &format!("trace {}", letter(&company, &other)));
        has(&told, &["as if", &format!("The same Message-ID, and something else in it, has mail {mail}")]);
    });
}

#[test]
fn an_admin_who_may_not_see_a_mail_is_told_the_same_of_its_file_whether_it_is_stored_or_not() {
    both(|kind| {
        let company = company(kind);
        company.rows("update records set confidential = true where external_id in ('acme', 'o1', 'c0', 'c3')");
        let question = Letter { id: "q", subject: "Price [OP-1]", ..Letter::default() };
        let reply = Letter {
            id: "r",
            from: "somebody@nowhere",
            more: "In-Reply-To: <q@letters.test>\r\n",
            ..Letter::default()
        };
        let bounce = bounce("<q@letters.test>", "anna");
        let files = [letter(&company, &question), letter(&company, &reply), company.file("b.eml", &bounce)];
        let ask = |file: &String| {
            let answers =
                ["", " --json", " --mailbox anna"].map(|more| run(&company, &format!("trace {file} --as kamil{more}")));
            answers.join("\n")
        };
        let before: Vec<String> = files.iter().map(ask).collect();
        assert!(take(&company, "anna", "q", &question.bytes(&company)) > 0);
        let after: Vec<String> = files.iter().map(ask).collect();
        assert_eq!(before, after);
        assert!(before.iter().all(|told| told.contains("as if") && !told.contains("Acme")), "{before:?}");
        // The operator is told, so something was to be hidden.
        let told = run(&company, &format!("trace {}", files[0]));
        has(&told, &["this very mail is stored", "Acme pumps"]);
        assert_eq!(company.number("select count(*) from records where deleted_at is not null"), 0, "nothing stays");
        assert_eq!(company.number("select count(*) from mails"), 1, "nothing stays");
    });
}

#[test]
fn a_file_that_would_wait_in_review_says_so_and_why() {
    both(|kind| {
        let company = company(kind);
        let several = Letter { id: "s", from: "c2@beta", to: "kamil", ..Letter::default() };
        let told = run(&company, &format!("trace {} --mailbox kamil", letter(&company, &several)));
        has(&told, &["on the timeline of contact Contact 2", "It would wait in review", "(several)", "In question"]);
        has(&told, &["It is about no opportunity: of 2 the first has"]);
        let suggested = Letter { id: "n", from: "somebody@nowhere", subject: "About [OP-1]", ..Letter::default() };
        let file = letter(&company, &suggested);
        has(&run(&company, &format!("trace {file}")), &["It would wait in review", "(suggested)"]);
        let trace = json(&company, &format!("trace {file}"));
        assert_eq!((&trace["head"]["in_review"], &trace["head"]["review"]), (&true.into(), &"suggested".into()));
    });
}

#[test]
fn a_blocked_mail_names_the_block_whose_it_is_and_since_when() {
    both(|kind| {
        let company = company(kind);
        let mail = Letter { id: "k", ..Letter::default() };
        let file = letter(&company, &mail);
        let stored = take(&company, "kamil", "k", &mail.bytes(&company));
        run(&company, "block add acme-x.test --as anna");
        assert_eq!(take(&company, "anna", "k2", &mail.bytes(&company)), 0);
        let told = run(&company, &format!("trace {file} --mailbox anna"));
        has(&told, &[&format!("this very mail is stored as mail {stored}"), "lies in  kamil", "came to  anna"]);
        has(
            &told,
            &["the mailbox's owner blocks somebody on it", "@acme-x.test stands on the list of Anna Nowak", "since 20"],
        );
        // Where nothing is stored.
        let other = letter(&company, &Letter { id: "o", ..Letter::default() });
        let told = run(&company, &format!("trace {other} --mailbox anna"));
        has(&told, &["its owner blocked somebody on it: @acme-x.test stands on the list of Anna Nowak"]);
        assert!(!told.contains("concerns no record"), "{told}");
        run(&company, "block add nowhere-x.test --company");
        let company_wide = letter(&company, &Letter { id: "c", from: "x@nowhere", ..Letter::default() });
        let told = run(&company, &format!("trace {company_wide} --as kamil"));
        has(
            &told,
            &["the company blocked somebody on it: @nowhere-x.test stands on the company's list since", "the operator"],
        );
        // Whom somebody blocks for themselves is their own affair.
        assert!(
            !run(&company, &format!("trace {other} --mailbox anna --as kamil")).contains("stands on the list of Anna")
        );
        // The operator's list is every list.
        let list = run(&company, "block list");
        has(&list, &["@acme-x.test", "Anna Nowak", "@nowhere-x.test", "the company"]);
        assert_eq!(json(&company, "block list").as_array().unwrap().len(), 2);
        assert_eq!(json(&company, "block list --as anna").as_array().unwrap().len(), 1);
        has(&no(&company, "block list --company --as anna"), &["the company's list is for admins"]);
    });
}

#[test]
fn a_mail_that_was_passed_over_says_where_and_when_it_came_and_what_would_bring_it_in() {
    both(|kind| {
        let company = company(kind);
        let mail = Letter { id: "x", from: "friend@nowhere", ..Letter::default() };
        let file = letter(&company, &mail);
        assert_eq!(take(&company, "anna", "x", &mail.bytes(&company)), 0);
        let told = run(&company, &format!("trace {file}"));
        has(&told, &["came to  anna (Anna Nowak), folder ", "passed over 20", "it concerned no record"]);
        has(&told, &["It came before and was passed over", "belongs to no contact", "make a contact or lead"]);
        let place = &json(&company, &format!("trace {file}"))["head"]["places"][0];
        assert_eq!((&place["mailbox"], &place["state"]), (&"anna".into(), &"unmatched".into()), "{place}");
        // What came to Anna and concerned nobody is Anna's own affair.
        assert!(!run(&company, &format!("trace {file} --as kamil")).contains("came to"));
        assert_eq!(take(&company, "kamil", "x2", &mail.bytes(&company)), 0);
        let told = run(&company, &format!("trace {file} --as kamil"));
        assert!(told.contains("came to  kamil") && !told.contains("came to  anna"), "{told}");
    });
}

#[test]
fn a_stored_mail_tells_its_own_date_and_that_it_came_late() {
    both(|kind| {
        let company = company(kind);
        let bytes = Letter { id: "old", days: 400, ..Letter::default() }.bytes(&company);
        let mail = take(&company, "anna", "old", &bytes);
        company.rows(&format!("update mails set arrived_at = at + 259200000 where id = {mail}"));
        has(&run(&company, &format!("trace {mail}")), &["it came late, 3 days after: the server had it"]);
        // Too far from when it came, its own date is told and not believed.
        company
            .rows(&format!("update mails set at = at + 34560000000, arrived_at = at + 34560000000 where id = {mail}"));
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["as it says; it counts as of", "(R133)"]);
        assert!(!told.contains("it came late"), "said once: {told}");
        assert!(json(&company, &format!("trace {mail}"))["head"]["date"].is_string());
    });
}

/// A delivery report about a mail of ours to `lost@acme`.
pub(crate) fn bounce(about: &str, to: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mail.acme-x.test\r\nTo: {to}@firma.example\r\nSubject: Undelivered Mail\r\n\
         Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <bounce@mail.acme-x.test>\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.acme-x.test\r\n\r\n\
         Final-Recipient: rfc822; lost@acme-x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {about}\r\nFrom: {to}@firma.example\r\n\
         To: lost@acme-x.test\r\nSubject: Offer\r\n\r\n--b--\r\n"
    )
}

#[test]
fn a_bounce_says_of_whom_and_whether_of_a_mail_of_ours_and_an_out_of_office_until_when() {
    both(|kind| {
        let company = company(kind);
        let bounce = company.file("bounce.eml", &bounce("<ours@firma.example>", "anna"));
        let told = run(&company, &format!("trace {bounce}"));
        has(
            &told,
            &["a machine (a delivery report: it could not be delivered)", "lost@acme-x.test: there is no such address"],
        );
        has(&told, &["5.1.1", "no mail of ours to that address is known"]);
        let report = &json(&company, &format!("trace {bounce}"))["reports"][0];
        assert_eq!((&report["address"], &report["what"]), (&"lost@acme-x.test".into(), &"hard".into()), "{report}");
        assert_eq!((&report["status"], &report["about_ours"]), (&"5.1.1".into(), &false.into()), "{report}");
        let away = Letter {
            id: "away",
            subject: "Automatic reply: Offer",
            more: "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n",
            text: "Thank you for your mail. I am out of the office until 24 December 2026.\r\nIn urgent matters please contact eva@acme-x.test.\r\n",
            ..Letter::default()
        };
        let file = letter(&company, &away);
        let told = run(&company, &format!("trace {file}"));
        has(
            &told,
            &[
                "a machine (an out-of-office notice)",
                "is away, last day 2026-12-2",
                "whom to turn to instead: <eva@acme-x.test>",
            ],
        );
        let mail = take(&company, "anna", "away", &away.bytes(&company));
        has(&run(&company, &format!("trace {mail}")), &["is away, last day 2026-12-2", "whom to turn to instead"]);
    });
}

#[test]
fn an_absence_notice_that_does_not_answer_a_bounce_says_that_it_is_a_delivery_report() {
    both(|kind| {
        let mut company = company(kind);
        company.config.notice.enabled = true;
        let day = |days| (crate::support::company::now() + chrono::TimeDelta::days(days)).date_naive();
        let (first, last) = (day(-5), day(20));
        run(&company, &format!("absence add --user anna --from {first} --until {last} --substitute piotr --notice"));
        let bounce = company.file("bounce.eml", &bounce("<ours@firma.example>", "anna"));
        let told = run(&company, &format!("trace {bounce} --mailbox anna"));
        has(&told, &["No notice of Anna Nowak's absence goes: it is a delivery report"]);
    });
}

#[test]
fn a_trace_as_json_gives_each_record_by_number_kind_and_name() {
    both(|kind| {
        let company = company(kind);
        let mail = take(&company, "anna", "one", &Letter::default().bytes(&company));
        let trace = json(&company, &format!("trace {mail}"));
        let deal = company.number("select id from records where external_id = 'o1'");
        let record = &trace["regarding_record"];
        assert_eq!(
            (&record["id"], &record["kind"], &record["name"]),
            (&deal.into(), &"opportunity".into(), &"Acme pumps".into()),
            "{trace:#}"
        );
        let text = trace.to_string();
        assert!(!text.contains("record 1") && !text.contains("record 2"), "{trace:#}");
        assert!(trace["why"].as_str().unwrap().starts_with("It stands on opportunity Acme pumps"), "{trace:#}");
        assert!(trace["built_in"].as_array().unwrap().iter().any(|step| step["verdict"] == "decides"), "{trace:#}");
    });
}

#[test]
fn what_is_no_mail_is_refused_with_what_to_do() {
    let company = company(Kind::Sqlite);
    for (name, text) in [("empty", ""), ("table.tsv", "id\tname\n1\tx\n"), ("noise", "\u{1}\u{2} nothing: at all")] {
        let file = company.file(name, text);
        has(&no(&company, &format!("trace {file}")), &["is no mail, so nothing was traced", "as .eml"]);
    }
    let subject = no(&company, "trace Offer");
    has(&subject, &["`Offer` is neither a number nor a Message-ID, and there is no such file", "`standin search`"]);
}

#[test]
fn a_mail_is_traced_by_its_message_id_under_the_sight_of_who_asks() {
    both(|kind| {
        let company = company(kind);
        let mail = take(&company, "anna", "m", &Letter { id: "m", ..Letter::default() }.bytes(&company));
        for id in ["<m@letters.test>", "m@letters.test"] {
            has(&run(&company, &format!("trace {id}")), &[&format!("mail     {mail}, stored"), "Acme pumps"]);
        }
        let forbidden = no(&company, "trace <m@letters.test> --as kamil");
        let absent = no(&company, "trace <n@letters.test> --as kamil");
        assert_eq!(forbidden.replace("<m@", "<n@"), absent);
        has(&absent, &["save it as a file and trace that"]);
        let other =
            Letter { id: "m", text: "Something else altogether, of another matter.\r\n", days: 1, ..Letter::default() };
        let other = take(&company, "anna", "m2", &other.bytes(&company));
        let several = run(&company, "trace <m@letters.test>");
        has(&several, &["Several stored mails have this Message-ID", &mail.to_string(), &other.to_string()]);
        assert_eq!(json(&company, "trace <m@letters.test>")["several"].as_array().unwrap().len(), 2);
    });
}

/// A rule that puts mail with this in its subject on OP-1.
pub(crate) fn add_rule(company: &Company, word: &str) {
    let text = format!(
        "[[rule]]\nname = \"Pumps\"\nstate = \"on\"\n[[rule.all]]\nfield = \"subject\"\ncontains = \"{word}\"\n\
         [rule.then]\nregard = \"OP-1\"\n"
    );
    let file = company.file("rule.toml", &text);
    run(company, &format!("rules add {file}"));
}

#[test]
fn what_a_rule_put_on_a_record_is_there_by_the_rule_also_where_its_sender_answers_mail_there() {
    both(|kind| {
        let company = company(kind);
        assert!(take(&company, "anna", "q", &Letter { id: "q", ..Letter::default() }.bytes(&company)) > 0);
        add_rule(&company, "spindle");
        let stranger = |id: &'static str, from: &'static str, subject| Letter {
            id,
            from,
            subject,
            more: "In-Reply-To: <q@letters.test>\r\n",
            ..Letter::default()
        };
        let mail = take(&company, "anna", "s", &stranger("s", "scott@nowhere", "A spindle").bytes(&company));
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["It stands on opportunity Acme pumps", "because rule 1 `Pumps`", "or change rule 1"]);
        assert!(!told.contains("takes part") && !told.contains("is on other mail there"), "{told}");
        let trace = json(&company, &format!("trace {mail}"));
        assert_eq!(trace["rules"][0]["verdict"], "decides", "{trace:#}");
        let steps = |of: &str| trace[of].as_array().unwrap().iter().map(|step| step["step"].as_i64().unwrap());
        let mut numbers: Vec<i64> = steps("built_in").chain(steps("rules")).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=9).collect::<Vec<i64>>(), "each step has the number that people see");
        // Without the rule it would be suggested alone.
        let file = letter(&company, &stranger("t", "other.man@nowhere", "Something"));
        has(&run(&company, &format!("trace {file}")), &["(suggested)", "is no party there"]);
        // Whoever is a contact there answers as that.
        let theirs = Letter {
            id: "c",
            more: "In-Reply-To: <q@letters.test>\r\n",
            subject: "A spindle of ours",
            ..Letter::default()
        };
        let mail = take(&company, "anna", "c", &theirs.bytes(&company));
        has(
            &run(&company, &format!("trace {mail}")),
            &["that address is that of contact Contact 0", "`fits` is a rule"],
        );
    });
}

#[test]
fn a_bounce_of_our_mail_reports_about_it_and_takes_part_nowhere() {
    both(|kind| {
        let company = company(kind);
        let ours = Letter {
            id: "ours",
            from: "anna",
            to: "c0@acme",
            more: "Cc: lost@acme-x.test\r\n",
            subject: "Offer",
            ..Letter::default()
        };
        let mail = take(&company, "anna", "ours", &ours.bytes(&company));
        let report = take(&company, "anna", "bounce", &bounce("<ours@letters.test>", "anna"));
        assert!(mail > 0 && report > 0);
        let told = run(&company, &format!("trace {report}"));
        has(&told, &[&format!("because it reports about our mail {mail}"), "so who wrote it says nothing"]);
        has(&told, &["`standin address show lost@acme-x.test`"]);
        assert!(!told.contains("takes part"), "{told}");
    });
}

/// A letter to Anna that an absence notice answers.
pub(crate) fn answered(company: &Company, id: &'static str) -> String {
    let from = company.names.address("c2@beta");
    let more = format!(
        "Return-Path: <{from}>\r\nAuthentication-Results: mx.firma.example; dmarc=pass header.from={}\r\n",
        from.split_once('@').unwrap().1
    );
    Letter { id, from: "c2@beta", more: &more, ..Letter::default() }.bytes(company)
}

#[test]
fn what_an_admin_asks_of_a_file_tells_neither_whom_others_block_nor_whom_their_absences_told() {
    both(|kind| {
        let mut company = company(kind);
        company.config.notice.enabled = true;
        let day = |days| (crate::support::company::now() + chrono::TimeDelta::days(days)).date_naive();
        let (first, last) = (day(-5), day(20));
        run(&company, &format!("absence add --user anna --from {first} --until {last} --substitute piotr --notice"));
        let file = company.file("notice.eml", &answered(&company, "notice"));
        run(&company, &format!("trace {file}"));
        // By now the mailboxes are known; the mail is to come after they were connected.
        company.rows("update mailboxes set connected_at = 0");
        let ask = |by: &str| run(&company, &format!("trace {file}{by}"));
        let json = || run(&company, &format!("trace {file} --json --as kamil"));
        let (before, as_json) = (ask(" --as kamil"), json());
        has(&ask(""), &["A notice of Anna Nowak's absence would go"]);
        has(
            &before,
            &["Whether a notice of Anna Nowak's absence goes is not told to you", "Computed only from what you"],
        );
        assert!(!ask("").contains("Computed only"), "the operator is told everything");
        // Anna's absence told so many that nobody else is told.
        let now = crate::support::company::now().timestamp_millis();
        let rows: Vec<String> = (1..=400)
            .map(|n| format!("((select id from absences), {n}, (select user_id from absences), {n}, {now})"))
            .collect();
        company.rows(&format!(
            "insert into notices (absence_id, sender_key, user_id, domain_key, at) values {}",
            rows.join(", ")
        ));
        assert!(!ask("").contains("would go"), "{}", ask(""));
        assert_eq!((ask(" --as kamil"), json()), (before.clone(), as_json.clone()));
        // Whom she blocks is her own affair; and blocked mail is never answered.
        run(&company, &format!("block add {} --as anna", company.names.address("c2@beta")));
        has(&ask(""), &["its owner blocked somebody on it", "No notice: blocked mail is never answered."]);
        assert_eq!((ask(" --as kamil"), json()), (before, as_json));
        assert_eq!(company.number("select count(*) from notices"), 400, "nothing stays");
        assert_eq!(company.number("select count(*) from blocks"), 1, "nothing stays");
    });
}

#[test]
fn what_is_private_says_who_said_so_when_and_how_it_is_taken_back() {
    both(|kind| {
        let company = company(kind);
        let mail = take(&company, "anna", "m", &Letter { id: "m", ..Letter::default() }.bytes(&company));
        has(&run(&company, &format!("trace {mail}")), &[&format!("`standin link move {mail} RECORD`")]);
        run(&company, &format!("link private {mail} --as anna"));
        let told = run(&company, &format!("trace {mail}"));
        has(
            &told,
            &["Said by Anna Nowak of this mail: it is private, 20", "`standin link undo 1` withdraws that word"],
        );
        has(&told, &["  decides"]);
        let trace = json(&company, &format!("trace {mail}"));
        assert_eq!(trace["built_in"][0]["verdict"], "decides", "{trace:#}");
    });
}

#[test]
fn a_file_comes_to_whom_it_is_addressed_and_the_operator_is_told_whom_review_asks() {
    both(|kind| {
        let company = company(kind);
        let several = Letter { id: "s", from: "c2@beta", to: "kamil", ..Letter::default() };
        let told = run(&company, &format!("trace {}", letter(&company, &several)));
        has(&told, &["the inbox of kamil, to which it is addressed; `--mailbox NAME` takes another"]);
        let unknown =
            Letter { id: "u", from: "ewa@harbour", to: "sales", subject: "A new client", ..Letter::default() };
        let unknown = take(&company, "sales", "u", &unknown.bytes(&company));
        let names = "In review, where an admin's looking is noted in the audit: ";
        let told = run(&company, &format!("trace {unknown}"));
        has(&told, &[names, "Kamil"]);
        let told = run(&company, &format!("trace {unknown} --as kamil"));
        assert!(told.contains("In review: whoever") && !told.contains("besides") && !told.contains(names), "{told}");
    });
}

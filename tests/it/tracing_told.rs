//! What a trace tells whom: an admin nothing that they could not read, by no difference and no false sentence; the
//! operator everything, with commands that run and change it. On both databases.

#![allow(clippy::too_many_lines, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::company::now;
use crate::support::firm::Company;
use crate::tracing::{Letter, add_rule, answered, both, company, has, json, letter, no, run, take};

/// The commands between backquotes that a text advises, without `standin`; what is to be filled in stands in capitals.
fn advised(text: &str) -> Vec<String> {
    let parts = text.split('`').skip(1).step_by(2);
    parts.filter_map(|part| part.strip_prefix("standin ")).map(str::to_owned).collect()
}

/// Runs the advised commands that begin so, with gaps filled; each must run.
fn follow(company: &Company, told: &str, begins: &str, gaps: &[(&str, &str)]) {
    let commands: Vec<String> = advised(told).into_iter().filter(|command| command.starts_with(begins)).collect();
    assert!(!commands.is_empty(), "no `{begins}` is advised in\n{told}");
    let filled = gaps.iter().fold(commands[0].clone(), |text, (gap, value)| text.replace(gap, value));
    run(company, &filled);
}

fn nowhere(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(!text.contains(part), "“{part}” stands in\n{text}");
    }
}

#[test]
fn what_somebody_said_of_a_sender_shows_in_no_trace_of_an_admin_and_tells_the_operator_who_when_and_the_undo() {
    both(|kind| {
        let company = company(kind);
        let mail = Letter { id: "w", from: "new@harbour", ..Letter::default() };
        let file = letter(&company, &mail);
        let ask =
            || ["", " --json"].map(|more| run(&company, &format!("trace {file} --mailbox anna --as kamil{more}")));
        let before = ask();
        let sender = company.names.address("new@harbour");
        run(&company, &format!("link always {sender} private --as anna"));
        assert_eq!(ask(), before, "private");
        let told = run(&company, &format!("trace {file} --mailbox anna"));
        has(&told, &["It would not be stored, because it is private: somebody said of its sender that it is private"]);
        has(&told, &["Said by Anna Nowak of all mail of its sender: it is private, 20", "  decides"]);
        nowhere(&told, &["a rule says so", "nobody said anything"]);
        follow(&company, &told, "link undo", &[]);
        has(&run(&company, &format!("trace {file} --mailbox anna")), &["it concerns no record"]);
        run(&company, &format!("link always {sender} OP-1 --as anna"));
        assert_eq!(ask(), before, "on a record");
        let told = run(&company, &format!("trace {file} --mailbox anna"));
        has(&told, &["It would stand on opportunity Acme pumps", "Said by Anna Nowak of all mail of its sender"]);
        // A word on a mail outlives its row: nor does a word on this very mail show.
        let stored = take(&company, "anna", "w", &mail.bytes(&company));
        run(&company, &format!("link private {stored} --as anna"));
        assert_eq!(ask(), before, "of a stored mail");
        assert_eq!(company.number("select count(*) from corrections where undone_at is null"), 2, "nothing stays");
        // What the admin said of their own mailboxes is told to them.
        run(&company, &format!("link always {sender} private --as kamil"));
        let own = run(&company, &format!("trace {file} --mailbox kamil --as kamil"));
        has(&own, &["Said by Kamil Nowak of all mail of its sender: it is private", "--as kamil` withdraws that word"]);
        follow(&company, &own, "link undo", &[]);
    });
}

#[test]
fn a_blocked_mail_is_traced_into_the_mailbox_that_passed_it_over_and_says_which_command_ends_the_block() {
    both(|kind| {
        let company = company(kind);
        run(&company, "block add acme-x.test --as kamil");
        // It names nobody of ours, so no header says to which mailbox it came.
        let mail = Letter { id: "b", to: "list@elsewhere", ..Letter::default() };
        assert_eq!(take(&company, "kamil", "b", &mail.bytes(&company)), 0);
        let file = letter(&company, &mail);
        let told = run(&company, &format!("trace {file}"));
        has(&told, &["came now into the inbox of kamil, into which it came before", "came to  kamil"]);
        has(&told, &["its owner blocked somebody on it: @acme-x.test stands on the list of Kamil Nowak", "since 20"]);
        has(&told, &["ends the block", "Without it it would stand on", "the steps are told as they would be without"]);
        has(&told, &["Reply to a linked mail", "Address of a contact"]);
        nowhere(&told, &["make a contact or lead"]);
        let own = run(&company, &format!("trace {file} --as kamil"));
        has(
            &own,
            &["it would stand on no record that you may read either", "`standin block remove @acme-x.test --as kamil`"],
        );
        follow(&company, &told, "block remove", &[]);
        let after = run(&company, &format!("trace {file}"));
        nowhere(&after, &["It would not be stored"]);
        has(&after, &["It would stand on"]);
        // The company's.
        run(&company, "block add acme-x.test --company");
        let told = run(&company, &format!("trace {file}"));
        has(&told, &["the company blocked somebody on it", "`standin block remove @acme-x.test --company`"]);
        let admin = run(&company, &format!("trace {file} --as kamil"));
        has(&admin, &["`standin block remove @acme-x.test --company --as kamil`"]);
        follow(&company, &admin, "block remove", &[]);
        nowhere(&run(&company, &format!("trace {file}")), &["It would not be stored"]);
    });
}

#[test]
fn a_block_beside_a_stored_mail_names_its_end() {
    both(|kind| {
        let company = company(kind);
        let mail = take(&company, "anna", "m", &Letter { id: "m", ..Letter::default() }.bytes(&company));
        // It did not come to Kamil, so whom he blocks has no part in it.
        run(&company, "block add acme-x.test --as kamil");
        nowhere(&run(&company, &format!("trace {mail}")), &["Blocked:"]);
        run(&company, "block add acme-x.test --as anna");
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["Blocked: @acme-x.test stands on the list of Anna Nowak", "ends it."]);
        follow(&company, &told, "block remove", &[]);
        nowhere(&run(&company, &format!("trace {mail}")), &["Blocked:"]);
    });
}

#[test]
fn whether_a_notice_goes_is_not_told_to_an_admin_where_it_rests_on_whom_others_know() {
    both(|kind| {
        let mut company = company(kind);
        company.config.notice.enabled = true;
        let day = |days| (now() + chrono::TimeDelta::days(days)).date_naive();
        let (first, last) = (day(-5), day(20));
        run(&company, &format!("absence add --user anna --from {first} --until {last} --substitute piotr --notice"));
        // Anna's contact, of whom Kamil reads nothing.
        let file =
            company.file("n.eml", &answered(&company, "n").replace("c2@beta", "c0@acme").replace("beta-x", "acme-x"));
        run(&company, &format!("trace {file}"));
        company.rows("update mailboxes set connected_at = 0");
        has(&run(&company, &format!("trace {file}")), &["A notice of Anna Nowak's absence would go"]);
        let ask = || run(&company, &format!("trace {file} --as kamil"));
        let told = ask();
        has(&told, &["Whether a notice of Anna Nowak's absence goes is not told to you"]);
        nowhere(&told, &["R38", "not among those"]);
        assert!(json(&company, &format!("trace {file} --as kamil"))["notices"][0]["goes"].is_null());
        // The same of a sender whom nobody knows, and of one who wants none.
        company.rows("delete from record_addresses where address like 'c0@%'");
        assert_eq!(ask(), told);
    });
}

#[test]
fn a_split_is_advised_only_where_it_changes_something_and_told_afterwards_with_its_undo() {
    both(|kind| {
        let company = company(kind);
        let question = Letter { id: "q", from: "anna", to: "c0@acme", ..Letter::default() };
        assert!(take(&company, "anna", "q", &question.bytes(&company)) > 0);
        let reply = "In-Reply-To: <q@letters.test>\r\n";
        let answer = Letter { id: "r", more: reply, subject: "Re: Delivery", ..Letter::default() };
        let mail = take(&company, "anna", "r", &answer.bytes(&company));
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["that address is that of contact Contact 0", "a party there"]);
        has(
            &told,
            &["its sender's address is that of contact Contact 0", "out of the thread it would stand there too"],
        );
        nowhere(&told, &["link split"]);
        // One of ours, whose own addressee stands on no record: the thread alone holds it.
        let inner = Letter { id: "i", from: "anna", to: "kamil", more: reply, subject: "Fwd", ..Letter::default() };
        let inner = take(&company, "anna", "i", &inner.bytes(&company));
        let told = run(&company, &format!("trace {inner}"));
        has(&told, &["It stands on opportunity Acme pumps"]);
        follow(&company, &told, "link split", &[]);
        let after = run(&company, &format!("trace {inner}"));
        nowhere(&after, &["It stands on opportunity Acme pumps"]);
        has(&after, &["Said by the operator of this mail: a thread of its own begins with it, 20"]);
        has(&after, &["somebody began a thread of its own with it"]);
        follow(&company, &after, "link undo", &[]);
        has(&run(&company, &format!("trace {inner}")), &["It stands on opportunity Acme pumps"]);
    });
}

#[test]
fn a_rule_that_was_turned_off_is_no_advice_and_what_applying_leaves_is_told() {
    both(|kind| {
        let company = company(kind);
        assert!(take(&company, "anna", "q", &Letter { id: "q", ..Letter::default() }.bytes(&company)) > 0);
        add_rule(&company, "spindle");
        // A stranger who answers known mail, with a copy to a contact of Anna's.
        let more = format!("In-Reply-To: <q@letters.test>\r\nCc: {}\r\n", company.names.address("c3@acme"));
        let mail = Letter { id: "s", from: "scott@nowhere", subject: "A spindle", more: &more, ..Letter::default() };
        let mail = take(&company, "anna", "s", &mail.bytes(&company));
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["because rule 1 `Pumps`", "`standin rules off 1`", "`standin rules apply`"]);
        follow(&company, &told, "rules off", &[]);
        let between = run(&company, &format!("trace {mail}"));
        has(&between, &["rule 1 does not say so any more", "it did when the mail came, and does not any more: off"]);
        nowhere(&between, &["rules off 1"]);
        follow(&company, &between, "rules apply", &[]);
        let after = run(&company, &format!("trace {mail}"));
        has(&after, &["It stands on no record", "waits in review", "  asks ", "may have written them for that"]);
        has(&after, &["To change it: `standin link move", "`standin review show"]);
        follow(&company, &after, "review show", &[]);
        follow(&company, &after, "link move", &[("RECORD", "OP-1")]);
        has(&run(&company, &format!("trace {mail}")), &["It stands on opportunity Acme pumps", "Said by the operator"]);
    });
}

#[test]
fn a_rule_without_which_a_mail_would_stand_there_too_is_no_advice() {
    both(|kind| {
        let company = company(kind);
        add_rule(&company, "spindle");
        let mail = Letter { id: "s", subject: "A spindle", ..Letter::default() };
        let mail = take(&company, "anna", "s", &mail.bytes(&company));
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["because rule 1 `Pumps`", "without rule 1 it would stand there too"]);
        nowhere(&told, &["rules off"]);
    });
}

#[test]
fn an_admin_is_told_of_each_step_that_it_rests_on_what_they_may_read() {
    both(|kind| {
        let company = company(kind);
        let question = Letter { id: "q", ..Letter::default() };
        let reply = "In-Reply-To: <q@letters.test>\r\n";
        let reply = letter(&company, &Letter { id: "r", more: reply, ..Letter::default() });
        let ask =
            || ["", " --json"].map(|more| run(&company, &format!("trace {reply} --mailbox anna --as kamil{more}")));
        let before = ask();
        assert!(take(&company, "anna", "q", &question.bytes(&company)) > 0);
        assert_eq!(ask(), before);
        let told = &before[0];
        has(
            told,
            &[
                "it answers no mail on a record that you may read",
                "customer that you may read",
                "account that you may read",
            ],
        );
        has(told, &["you said nothing of this mail", "you did not file it", "record that you may read"]);
        has(told, &["Left out, so that what happens can differ", "steps 1 and 2", "whom others block"]);
        has(told, &["concerns no record that you may read", "Nobody, as far as you may read."]);
        nowhere(told, &["no mail that is stored", "nobody said anything", "nobody filed it"]);
        let operator = run(&company, &format!("trace {reply} --mailbox anna"));
        has(&operator, &["answers  mail 1"]);
        nowhere(&operator, &["that you may read", "Left out"]);
    });
}

#[test]
fn a_trace_of_a_file_does_not_tell_an_admin_which_addresses_stand_on_records_of_others() {
    both(|kind| {
        let company = company(kind);
        add_rule(&company, "spindle");
        let ask = |from: &str, subject: &'static str, more: &str| {
            let file = letter(&company, &Letter { id: "p", from, subject, more, ..Letter::default() });
            let told =
                ["", " --json"].map(|json| run(&company, &format!("trace {file} --mailbox anna --as kamil{json}")));
            told.join("\n").replace(&company.names.address(from), "WHO").replace("c0@", "x@")
        };
        // A contact of Anna's, a lead of Piotr's, an address at Anna's account's domain, and a stranger.
        for subject in ["Delivery", "A spindle", "About [OP-1]"] {
            let stranger = ask("nobody@nowhere", subject, "");
            for known in ["c0@acme", "lead@prospect", "other@acme"] {
                assert_eq!(ask(known, subject, ""), stranger, "{known}, {subject}");
            }
        }
        nowhere(&ask("c0@acme", "A spindle", ""), &["Acme pumps", "owns it", "on record"]);
        has(&ask("c0@acme", "A spindle", ""), &["but no record that you may read has that number"]);
        // What they read is told.
        has(&ask("c2@beta", "Delivery", ""), &["contact Contact 2"]);
        // A reply to mail that they read, on a record that they do not.
        let both_of_us = format!("{}, {}", company.names.address("anna"), company.names.address("kamil"));
        let seen = Letter { id: "k", to: &format!("<{both_of_us}>"), ..Letter::default() };
        let mail = take(&company, "kamil", "k", &seen.bytes(&company).replace(&format!("<{both_of_us}>"), &both_of_us));
        let reply = "In-Reply-To: <k@letters.test>\r\n";
        let on_record = ask("nobody@nowhere", "Delivery", reply);
        has(&on_record, &["it answers no mail on a record that you may read"]);
        nowhere(&on_record, &["Acme", "record 1", "only suggested"]);
        // Their own copy shows them the mail, and not where it stands.
        let own = run(&company, &format!("trace {mail} --as kamil"));
        has(&own, &["You are told of the mail alone", "Delivery", "lies in  kamil"]);
        nowhere(&own, &["Acme", "Contact 0", "Anna Nowak", "record 1"]);
        has(&run(&company, &format!("trace {mail}")), &["It stands on opportunity Acme pumps"]);
    });
}

#[test]
fn what_an_admin_decided_in_review_they_can_trace_and_take_back() {
    both(|kind| {
        let company = company(kind);
        let unknown =
            Letter { id: "u", from: "ewa@harbour", to: "sales", subject: "A new client", ..Letter::default() };
        let mail = take(&company, "sales", "u", &unknown.bytes(&company));
        has(&no(&company, &format!("trace {mail} --mailbox sales")), &["--mailbox is for a mail in a file"]);
        let asked = run(&company, &format!("trace {mail} --as kamil"));
        has(&asked, &["`standin review decide"]);
        nowhere(&asked, &["link move"]);
        follow(&company, &asked, "review show", &[]);
        follow(&company, &asked, "review decide", &[("CHOICE", "OP-1")]);
        let told = run(&company, &format!("trace {mail} --as kamil"));
        has(&told, &["A new client", "You are told of the mail alone", "You decided about mail"]);
        nowhere(&told, &["Acme pumps", "link move"]);
        follow(&company, &told, "review undo", &[]);
        has(&run(&company, &format!("trace {mail} --as kamil")), &["waits in review"]);
        // Somebody else who is an admin and did not decide is told nothing.
        run(&company, &format!("review decide {mail} OP-1 --as kamil"));
        company.rows("update users set role = 'admin' where login = 'piotr'");
        has(&no(&company, &format!("trace {mail} --as piotr")), &["neither read it nor are asked about it"]);
    });
}

#[test]
fn an_admin_whom_review_asks_about_a_notice_can_trace_it() {
    both(|kind| {
        let company = company(kind);
        let notice = Letter {
            id: "left",
            subject: "Automatic reply: Offer",
            more: "Auto-Submitted: auto-replied\r\n",
            text: "I no longer work for Acme. Please contact eva@acme-x.test.\r\n",
            ..Letter::default()
        };
        let mail = take(&company, "anna", "left", &notice.bytes(&company));
        let list = run(&company, "review list --as kamil");
        assert!(list.contains("Contact 0") || list.contains("eva@acme-x.test"), "{list}");
        let told = run(&company, &format!("trace {mail} --as kamil"));
        has(&told, &["Automatic reply: Offer", "contact Contact 0", "because review asks you, which the audit notes"]);
        nowhere(&told, &["link move"]);
        let noted = format!("select count(*) from audit where action = 'review-read' and subject_id = {mail}");
        assert_eq!(company.number(&noted), 1);
        let file = letter(&company, &notice);
        has(&run(&company, &format!("trace {file} --as kamil")), &[&format!("stored as mail {mail}")]);
    });
}

#[test]
fn a_mail_of_history_says_where_it_is_told_whether_it_would_be_answered() {
    both(|kind| {
        let company = company(kind);
        let mail = take(&company, "anna", "m", &Letter { id: "m", ..Letter::default() }.bytes(&company));
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["it did not come as new mail", "read as history (R6)", "says what each rule says of it"]);
        follow(&company, &told, "notice explain", &[]);
        // Nobody knows when it arrived, nor from which address: only what says so is told, whoever was away.
        let day = |days| (now() + chrono::TimeDelta::days(days)).date_naive();
        run(
            &company,
            &format!("absence add --user anna --from {} --until {} --substitute piotr --notice", day(-5), day(20)),
        );
        let told = run(&company, &format!("notice explain {mail}"));
        has(&told, &["R17  forbids", "R6   forbids"]);
        nowhere(
            &told,
            &["It arrived after the absence began", "It was read soon after", "R40  forbids", "R39  forbids"],
        );
        let several = Letter { id: "s", from: "c2@beta", to: "kamil", ..Letter::default() };
        let told = run(&company, &format!("trace {} --mailbox kamil", letter(&company, &several)));
        has(&told, &["25 points", "Chosen from 25 points on, with 14 more than the next."]);
        nowhere(&told, &["how sure: 30"]);
    });
}

#[test]
fn a_return_address_that_cannot_be_written_to_is_named_with_the_reason() {
    both(|kind| {
        let mut company = company(kind);
        company.config.notice.enabled = true;
        let day = |days| (now() + chrono::TimeDelta::days(days)).date_naive();
        let (first, last) = (day(-5), day(20));
        run(&company, &format!("absence add --user anna --from {first} --until {last} --substitute piotr --notice"));
        let bytes = answered(&company, "n").replace("Return-Path: <c2@beta-x.test>", "Return-Path: <c2@beta.example>");
        let file = company.file("n.eml", &bytes);
        run(&company, &format!("trace {file}"));
        company.rows("update mailboxes set connected_at = 0");
        has(
            &run(&company, &format!("trace {file} --mailbox anna")),
            &["R41", "It is <c2@beta.example>: no server can have mail under `example`"],
        );
    });
}

#[test]
fn what_review_said_belongs_to_no_record_is_told_so_with_who_decided_and_when_it_is_thrown_away() {
    both(|kind| {
        let company = company(kind);
        let unknown =
            Letter { id: "u", from: "ewa@harbour", to: "sales", subject: "A new client", ..Letter::default() };
        let mail = take(&company, "sales", "u", &unknown.bytes(&company));
        let asked = run(&company, &format!("trace {mail}"));
        has(&asked, &["waits in review", "Left so, it is thrown away after 30 days, on 20"]);
        run(&company, &format!("review decide {mail} none --as kamil"));
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["It belongs to no record", "of this mail: it belongs to no record, 20"]);
        has(&told, &["it is thrown away after 30 days, on 20"]);
        nowhere(&told, &["private"]);
        let decided = run(&company, &format!("trace {mail} --as kamil"));
        has(&decided, &["You decided about mail", "that it belongs to none of the records in question"]);
        nowhere(&decided, &["private"]);
        follow(&company, &decided, "review undo", &[]);
        // Private is another answer, and is told as that.
        run(&company, &format!("review decide {mail} private --as kamil"));
        has(&run(&company, &format!("trace {mail}")), &["It is private", "of this mail: it is private"]);
    });
}

#[test]
fn another_record_for_all_mail_of_an_address_is_advised_with_its_command() {
    both(|kind| {
        let company = company(kind);
        let mail = take(&company, "anna", "m", &Letter { id: "m", ..Letter::default() }.bytes(&company));
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["puts all mail of its sender on another record"]);
        follow(&company, &told, "link always", &[("RECORD", "OP-1")]);
    });
}

#[test]
fn a_run_of_the_rules_that_changed_a_mail_is_named_with_its_way_back() {
    both(|kind| {
        let company = company(kind);
        add_rule(&company, "Delivery");
        let letter = Letter { id: "m", from: "new@harbour", ..Letter::default() };
        let mail = take(&company, "anna", "m", &letter.bytes(&company));
        nowhere(&run(&company, &format!("trace {mail}")), &["Run 1"]);
        run(&company, "rules off 1");
        run(&company, "rules apply");
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["Run 1 of the rules over history changed it, 20", "takes the whole run back, 1 mail, until 20"]);
        has(&told, &["since run 1 of the rules over history no rule says where it belongs"]);
        has(&told, &["Before that, rule 1 `Pumps` had put it on opportunity Acme pumps"]);
        has(&told, &["Left so, it is thrown away after 30 days, on 20"]);
        has(&told, &["puts all mail of its sender there"]);
        follow(&company, &told, "rules undo", &[]);
        let told = run(&company, &format!("trace {mail}"));
        nowhere(&told, &["Run 1"]);
        // A run that gives another reason for the same place has changed the mail and not moved it.
        run(&company, "rules enable 1");
        run(&company, &format!("link move {mail} OP-1"));
        run(&company, "rules off 1");
        run(&company, "rules apply");
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["of the rules over history judged it anew and left it where it was, 20"]);
    });
}

#[test]
fn of_two_words_both_are_told_and_which_of_them_counts() {
    both(|kind| {
        let company = company(kind);
        let mail = take(&company, "anna", "m", &Letter { id: "m", ..Letter::default() }.bytes(&company));
        let sender = company.names.address("c0@acme");
        run(&company, &format!("link always {sender} OP-1"));
        run(&company, &format!("link move {mail} OP-2"));
        let told = run(&company, &format!("trace {mail}"));
        has(
            &told,
            &[
                "Said by the operator of this mail: it regards",
                "What was said more closely, or later, counts before it: it stands above.",
            ],
        );
        has(&told, &["Said by the operator of all mail of its sender: it regards opportunity Acme pumps"]);
        // Without the nearer word the other one counts, and is the only one.
        follow(&company, &told, "link undo", &[]);
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["It stands on opportunity Acme pumps"]);
        nowhere(&told, &["counts before it"]);
        // Of the same sender somebody else says another thing: what was said last counts, and both are told.
        run(&company, &format!("link always {sender} private --as anna"));
        let told = run(&company, &format!("trace {mail}"));
        has(&told, &["Said by Anna Nowak of all mail of its sender", "Said by the operator of all mail of its sender"]);
        has(&told, &["counts before it"]);
    });
}

#[test]
fn a_mail_that_was_taken_off_says_so_at_the_rank_and_stays() {
    both(|kind| {
        let company = company(kind);
        let mail = take(&company, "anna", "m", &Letter { id: "m", ..Letter::default() }.bytes(&company));
        has(&run(&company, &format!("trace {mail}")), &["It stands on opportunity Acme pumps"]);
        run(&company, &format!("link remove {mail} OP-1"));
        let told = run(&company, &format!("trace {mail}"));
        has(
            &told,
            &[
                "no other open opportunity of its contacts comes into question; somebody took it off opportunity Acme pumps",
            ],
        );
        // What stands nowhere because somebody decided so is kept, and says it.
        let stranger = Letter { id: "n", from: "new@harbour", ..Letter::default() };
        add_rule(&company, "Delivery");
        let stranger = take(&company, "anna", "n", &stranger.bytes(&company));
        run(&company, &format!("link remove {stranger} OP-1"));
        let told = run(&company, &format!("trace {stranger}"));
        has(
            &told,
            &["what somebody decided about by hand is not thrown away", "it does not belong on opportunity Acme pumps"],
        );
        nowhere(&told, &["Left so, it is thrown away"]);
    });
}

#[test]
fn an_admin_is_advised_only_what_they_can_do_about_a_word_on_a_sender() {
    both(|kind| {
        let company = company(kind);
        let letter = Letter { id: "k", from: "c2@beta", to: "kamil", ..Letter::default() };
        let mail = take(&company, "kamil", "k", &letter.bytes(&company));
        let sender = company.names.address("c2@beta");
        has(&run(&company, &format!("trace {mail} --as kamil")), &["link always"]);
        run(&company, &format!("link always {sender} OP-2"));
        let told = run(&company, &format!("trace {mail} --as kamil"));
        has(
            &told,
            &["Said by the operator of all mail of its sender", "Who said it can withdraw it, and the operator."],
        );
        nowhere(&told, &["link undo"]);
        follow(&company, &run(&company, &format!("trace {mail}")), "link undo", &[]);
        // In nobody's mailbox of theirs, what they say of a sender reaches nothing.
        let letter = Letter { id: "a", from: "c2@beta", to: "anna", text: "Another one.\r\n", ..Letter::default() };
        let mail = take(&company, "anna", "a", &letter.bytes(&company));
        let told = run(&company, &format!("trace {mail} --as kamil"));
        has(&told, &["standin link move"]);
        nowhere(&told, &["link always"]);
    });
}

#[test]
fn mail_that_is_not_told_is_not_named_by_its_id_in_the_answer_to_it() {
    both(|kind| {
        let company = company(kind);
        let first = Letter { id: "first", from: "c2@beta", ..Letter::default() };
        let first = take(&company, "anna", "first", &first.bytes(&company));
        let more = "In-Reply-To: <first@letters.test>\r\n";
        let answer = Letter { id: "answer", from: "c2@beta", more, ..Letter::default() };
        let answer = take(&company, "anna", "answer", &answer.bytes(&company));
        let ask = || ["", " --json"].map(|more| run(&company, &format!("trace {answer} --as kamil{more}")));
        ask().iter().for_each(|told| has(told, &["first@letters.test"]));
        run(&company, &format!("link private {first}"));
        has(&no(&company, &format!("trace {first} --as kamil")), &["neither read it"]);
        ask().iter().for_each(|told| nowhere(told, &["first@letters.test"]));
        has(&run(&company, &format!("trace {answer}")), &["first@letters.test"]);
    });
}

#[test]
fn an_absence_that_is_entered_after_the_mail_came_is_told_as_later() {
    both(|kind| {
        let company = company(kind);
        let mail = take(&company, "anna", "m", &Letter { id: "m", ..Letter::default() }.bytes(&company));
        company.rows(&format!("update locations set arrival = 'live' where mail_id = {mail}"));
        has(
            &run(&company, &format!("trace {mail}")),
            &["No notice: when it came, nobody to whom it came was entered as away"],
        );
    });
}

#[test]
fn a_word_of_all_mail_of_a_sender_without_a_contact_says_how_many_it_moves() {
    both(|kind| {
        let company = company(kind);
        add_rule(&company, "Delivery");
        let letter = Letter { id: "n", from: "new@harbour", ..Letter::default() };
        let mail = take(&company, "anna", "n", &letter.bytes(&company));
        let sender = company.names.address("new@harbour");
        let told = run(&company, &format!("link always {sender} OP-2"));
        has(&told, &["Noted; 1 mail changed"]);
        follow(&company, &told, "link undo", &[]);
        has(&run(&company, &format!("trace {mail}")), &["It stands on opportunity Acme pumps"]);
    });
}

#[test]
fn whom_review_asks_is_introduced_as_others_only_where_somebody_is_named_before() {
    both(|kind| {
        let company = company(kind);
        let unknown = Letter { id: "u", from: "ewa@harbour", to: "sales", ..Letter::default() };
        let mail = take(&company, "sales", "u", &unknown.bytes(&company));
        let told = run(&company, &format!("trace {mail} --as kamil"));
        has(&told, &["In review: whoever has a copy"]);
        nowhere(&told, &["besides"]);
    });
}

#[test]
fn a_file_goes_into_the_mailbox_of_whose_further_address_it_bears() {
    both(|kind| {
        let company = company(kind);
        let second = company.names.address("kamil.second");
        let user = company.number("select id from users where login = 'kamil'");
        company
            .rows(&format!("insert into user_addresses (address, user_id, position) values ('{second}', {user}, 1)"));
        let mail = Letter { id: "s", to: "kamil.second", from: "c2@beta", ..Letter::default() };
        let told = run(&company, &format!("trace {}", letter(&company, &mail)));
        has(&told, &["inbox of kamil, to which it is addressed"]);
        // What one of ours sent came from their mailbox.
        let sent = Letter { id: "t", from: "kamil", to: "nobody@nowhere", ..Letter::default() };
        let told = run(&company, &format!("trace {}", letter(&company, &sent)));
        has(&told, &["inbox of kamil, from which it was sent"]);
    });
}

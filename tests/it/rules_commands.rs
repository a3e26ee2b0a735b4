//! `standin rules` and `standin trace`, as an admin uses them.

#![allow(
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use crate::support::firm::{Company, Kind, Names};
use crate::support::{PATIENT, eventually};
use proptest::prelude::*;
use serde_json::Value;
use standin::actions::rules::{from_toml, to_toml};
use standin::model::rule::{Condition, Field, Rule, Switch, Then};

/// A company with some mail of Anna's.
fn company(kind: Kind) -> Company {
    let mut company = Company::new(kind, &Names::plain());
    company.mailbox("anna", 1, None);
    company.people_and_records();
    for n in 1..=3 {
        company.rows(&format!("update records set number = 'OP-{n}' where external_id = 'o{n}'"));
    }
    for n in 0..30 {
        let from = if n % 2 == 0 { company.names.address("c0@acme") } else { company.names.address("c2@beta") };
        let subject = if n == 4 { "Number [OP-3] of ours".to_owned() } else { format!("Letter {n}") };
        let text = format!(
            "From: {from}\r\nTo: {}\r\nDate: Fri, 20 Nov 2026 10:{n:02}:00 +0000\r\nMessage-ID: <{n}@x.test>\r\nSubject: {subject}\r\n\r\nText {n}.\r\n",
            company.names.address("anna")
        );
        company.file(&format!("mail/{n}.eml"), &text);
    }
    let folder = company.file("mail/x", "");
    let folder = folder.trim_end_matches("/x");
    std::fs::remove_file(format!("{folder}/x")).unwrap();
    company.call(["import", "mail", "--mailbox", "anna", folder]).succeed();
    company
}

fn run(company: &Company, line: &str) -> String {
    company.call(line.split(' ')).succeed().stdout
}

fn json(company: &Company, line: &str) -> Value {
    serde_json::from_str(&run(company, &format!("{line} --json"))).unwrap()
}

/// What a refused call says.
fn no(company: &Company, line: &str) -> String {
    let outcome = company.call(line.split(' ')).run();
    assert_eq!(outcome.code, Some(2), "{line}: {outcome:?}");
    outcome.stderr
}

const NUMBERS: &str = "[[rule]]\nname = \"Numbers\"\nstate = \"on\"\n[[rule.all]]\nfield = \"subject\"\n\
                       matches = '\\[(?<number>OP-[0-9]+)\\]'\n[rule.then]\nregard = \"{number}\"\n";
const EVERYTHING: &str = "[[rule]]\nname = \"Everything\"\nstate = \"on\"\n[rule.then]\nregard = \"OP-2\"\n";

fn story(kind: Kind) {
    let company = company(kind);
    let numbers = company.file("numbers.toml", NUMBERS);
    let everything = company.file("everything.toml", EVERYTHING);
    assert!(run(&company, &format!("rules check {numbers}")).contains("1 rule can be used"));
    let broken = company.file("broken.toml", &NUMBERS.replace("[0-9]+)", "[0-9]+"));
    let said = no(&company, &format!("rules check {broken}"));
    assert!(said.contains("rule `Numbers`, all 1, matches, at character 3: unclosed group"), "{said}");
    let strange = company.file("strange.toml", &NUMBERS.replace("subject", "subjekt"));
    assert!(
        no(&company, &format!("rules check {strange}"))
            .contains("line 5, column 9, in rule 1: unknown variant `subjekt`")
    );
    // For admins alone.
    assert!(no(&company, &format!("rules add {numbers} --as anna")).contains("only an admin"));
    assert!(no(&company, "rules list --as anna").contains("only an admin"));
    let saved = run(&company, &format!("rules add {numbers} --note first"));
    assert!(saved.contains("Saved as version 1") && saved.contains("1 stored mail would stand elsewhere"), "{saved}");
    // What fits everything is asked about.
    let said = no(&company, &format!("rules add {everything}"));
    assert!(said.contains("rule `Everything` fits every mail there is") && said.contains("--yes"), "{said}");
    run(&company, &format!("rules add {everything} --at 1 --yes"));
    let list = json(&company, "rules list");
    let names: Vec<&str> =
        list["rules"].as_array().unwrap().iter().map(|r| r["rule"]["name"].as_str().unwrap()).collect();
    assert_eq!((names, list["version"].as_i64()), (vec!["Everything", "Numbers"], Some(2)));
    assert_eq!(list["built_in"].as_array().unwrap().len(), standin::link::steps::BUILT_IN.len());
    let table = run(&company, "rules list");
    assert!(table.contains("Reply to a linked mail") && table.contains("If the subject matches"), "{table}");
    run(&company, "rules move everything 2 --yes");
    run(&company, "rules off everything");
    run(&company, "rules shadow 2");
    assert!(run(&company, "rules diff 3 5").contains("shadow"), "{}", run(&company, "rules diff 3 5"));
    assert_eq!(json(&company, "rules history")[0]["what"], "shadow");
    run(&company, "rules rollback 1");
    assert_eq!(json(&company, "rules list")["rules"].as_array().unwrap().len(), 1);
    // Out as a file and in again is the same.
    let exported = run(&company, "rules export");
    let file = company.file("exported.toml", &exported);
    assert!(no(&company, &format!("rules import {file}")).contains("nothing would change"));
    // A dry run, applied, undone.
    let dry = json(&company, "rules dry-run");
    assert_eq!(dry["groups"]["moved"]["count"], 1, "{dry:#}");
    let csv = company.file("changes.csv", "");
    run(&company, &format!("rules dry-run --csv {csv}"));
    let lines = std::fs::read_to_string(&csv).unwrap();
    assert!(lines.starts_with("group,mail,") && lines.contains("\nmoved,"), "{lines}");
    let mail = company.number("select id from mails where subject like 'Number%'");
    let before = json(&company, &format!("trace {mail}"));
    assert_eq!(before["said"], Value::Array(Vec::new()));
    let applied = json(&company, "rules apply");
    assert_eq!((&applied["state"], &applied["changed"]), (&"done".into(), &1.into()), "{applied:#}");
    let after = json(&company, &format!("trace {mail}"));
    assert_eq!(after["regarding"], company.number("select id from records where number = 'OP-3'"));
    let by_rule = after["links"].as_array().unwrap().iter().any(|link| link["evidence"]["name"] == "Numbers");
    assert!(by_rule, "{after:#}");
    let told = run(&company, &format!("trace {mail}"));
    assert!(told.contains("it regards OP-3") && told.contains("Kamil Nowak"), "{told}");
    run(&company, &format!("rules undo {}", applied["id"]));
    assert_eq!(json(&company, &format!("trace {mail}"))["regarding"], before["regarding"]);
    // Interrupted before it began: applying again goes on with it.
    let later = json(&company, "rules apply --later");
    assert_eq!(later["state"], "running");
    assert!(no(&company, "rules off 1").contains("is under way"));
    assert_eq!(json(&company, "rules apply")["state"], "done");
    // A mail in a file.
    let file = company
        .file("one.eml", "From: new@nowhere.test\r\nSubject: about [OP-2]\r\nMessage-ID: <n@x>\r\n\r\nHello\r\n");
    let trace = json(&company, &format!("trace {file}"));
    assert_eq!(trace["regarding"], company.number("select id from records where number = 'OP-2'"), "{trace:#}");
    assert!(no(&company, &format!("trace {file} --as anna")).contains("only an admin"));
    assert!(no(&company, "trace 99999").contains("there is no mail 99999"));
    assert!(
        company.number("select count(*) from audit where action in ('rules-changed', 'rules-applied', 'rules-shown')")
            > 10
    );
    // What is confidential would be shown to others.
    company.rows("update records set confidential = true where external_id = 'o1'");
    let move_all = company.file(
        "move.toml",
        &EVERYTHING
            .replace("Everything", "Acme")
            .replace("[rule.then]", "[[rule.all]]\nfield = \"domain\"\nis = \"acme-x.test\"\n[rule.then]"),
    );
    let said = no(&company, &format!("rules add {move_all}"));
    assert!(said.contains("or of confidential records, would be shown"), "{said}");
    let served = run(&company, "rules runs");
    assert!(served.contains("undone") && served.contains("done"), "{served}");
}

#[test]
fn an_admin_writes_tries_applies_and_undoes_rules_on_sqlite() {
    story(Kind::Sqlite);
}

#[test]
fn an_admin_writes_tries_applies_and_undoes_rules_on_postgres() {
    story(Kind::Postgres);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,20}", "\\PC{0,12}", Just("'''\"\"\"\\\n\t#".to_owned()), Just("łódź 東京".to_owned())]
}

fn condition() -> impl Strategy<Value = Condition> {
    let field = prop::sample::select(Field::ALL.to_vec());
    let maybe = || prop::option::of(text());
    (field, maybe(), maybe(), maybe(), maybe(), prop::option::of(any::<i64>()), prop::option::of(any::<i64>()))
        .prop_map(|(field, header, is, contains, matches, over, under)| Condition {
            field,
            header,
            is,
            contains,
            matches,
            over,
            under,
        })
}

/// What a trace says first, who sees a mail and why, and what comes of a rule's word.
fn traced(kind: Kind) {
    let company = company(kind);
    let numbers = company.file("numbers.toml", NUMBERS);
    run(&company, &format!("rules add {numbers}"));
    let mail = company.number("select id from mails where subject like 'Number%'");
    let told = run(&company, &format!("trace {mail}"));
    for text in [
        "from     ",
        "subject  Number [OP-3] of ours",
        "date     2026-11-20 11:04 (Europe/Warsaw)",
        "author   a human: nothing on it says that a machine wrote it",
        "lies in  anna (Anna",
        "Why it is where it is",
        "It stands on opportunity Acme pumps",
        "Whoever reads opportunity Acme pumps",
        "it regards OP-3; but stored mail keeps what the rules said when it came",
        "owns it",
        "By a copy in a mailbox of their own: Anna",
        "No notice: it did not come as new mail",
        "in the field From belongs to",
    ] {
        assert!(told.contains(text), "{text}: {told}");
    }
    let trace = json(&company, &format!("trace {mail}"));
    assert_eq!((&trace["linking"], &trace["head"]["author"]), (&"linked".into(), &"human".into()), "{trace:#}");
    let why = trace["seen"][0]["why"][0]["why"][0].as_str().unwrap();
    assert!(why.contains("owns it"), "{trace:#}");
    // What is private is not in review.
    run(&company, &format!("link private {mail}"));
    let trace = json(&company, &format!("trace {mail}"));
    assert_eq!((&trace["linking"], &trace["head"]["in_review"]), (&"private".into(), &false.into()), "{trace:#}");
    assert!(
        run(&company, &format!("trace {mail}"))
            .contains("It is private, because somebody said of this mail that it is private")
    );
    // A file goes into the first mailbox, and the trace says so; our own server's word makes a sender false.
    let from = company.names.address("c0@acme");
    let letter = |more: &str| {
        format!("{more}From: {from}\r\nSubject: about [OP-3] <b>\r\nMessage-ID: <n{}@x>\r\n\r\nHello\r\n", more.len())
    };
    let file = company.file("one.eml", &letter(""));
    let told = run(&company, &format!("trace {file}"));
    assert!(told.contains("as if    it came now into the inbox of anna"), "{told}");
    let machine = company.file("two.eml", &letter("Auto-Submitted: auto-replied\r\n"));
    let told = run(&company, &format!("trace {machine}"));
    assert!(told.contains("author   a machine (") && told.contains("Auto-Submitted: auto-replied (R19)"), "{told}");
    assert!(no(&company, "trace 99999").contains("numbers of mails stand in"), "a hint");
}

#[test]
fn a_trace_says_who_wrote_what_becomes_of_it_and_who_sees_it_why_on_sqlite() {
    traced(Kind::Sqlite);
}

#[test]
fn a_trace_says_who_wrote_what_becomes_of_it_and_who_sees_it_why_on_postgres() {
    traced(Kind::Postgres);
}

/// All mail of a domain is about a record, once somebody agreed to how much that is.
fn domain(kind: Kind) {
    let company = company(kind);
    let acme = company.names.address("c0@acme");
    let acme = format!("@{}", acme.split_once('@').unwrap().1);
    let on = |number: &str| {
        company.number(&format!(
            "select count(*) from mails m join records r on r.id = m.regarding_id where r.number = '{number}'"
        ))
    };
    let three = on("OP-3");
    let said = no(&company, &format!("link always {acme} OP-3"));
    assert!(said.contains("15 stored mails") && said.contains("--yes"), "{said}");
    assert_eq!(on("OP-3"), three, "nothing was changed");
    let done = json(&company, &format!("link always {acme} OP-3 --yes"));
    assert!(on("OP-3") >= 15, "{done:#}");
    let mail =
        company.number("select min(m.id) from mails m join records r on r.id = m.regarding_id where r.number = 'OP-3'");
    let told = run(&company, &format!("trace {mail}"));
    assert!(told.contains("somebody said so of its domain"), "{told}");
    // One's own word on a sender, and on a mail, come first.
    let sender = company.names.address("c0@acme");
    run(&company, &format!("link move {mail} OP-1"));
    let regards = format!("select r.number from mails m join records r on r.id = m.regarding_id where m.id = {mail}");
    assert_eq!(company.rows(&regards), ["OP-1"]);
    run(&company, &format!("link always {sender} OP-2"));
    assert!(on("OP-2") >= 14, "{}", on("OP-2"));
    // Not for everybody's domains, nor for our own.
    assert!(no(&company, "link always @gmail.com OP-3 --yes").contains("anybody can have an address"));
    assert!(no(&company, "link always @com.pl OP-3 --yes").contains("anybody can have an address"));
    let ours = company.names.address("anna");
    let ours = ours.split_once('@').unwrap().1.to_owned();
    assert!(no(&company, &format!("link always @{ours} OP-3 --yes")).contains("your own company"));
    // Taken back.
    run(&company, &format!("link undo {}", done["correction"]));
    assert_eq!(on("OP-3"), three);
}

#[test]
fn a_word_on_a_domain_counts_for_all_its_mail_below_those_on_senders_on_sqlite() {
    domain(Kind::Sqlite);
}

#[test]
fn a_word_on_a_domain_counts_for_all_its_mail_below_those_on_senders_on_postgres() {
    domain(Kind::Postgres);
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let list = || prop::collection::vec(condition(), 0..4);
    let maybe = || prop::option::of(text());
    let names = prop::collection::vec(text(), 0..3);
    let then = (maybe(), maybe(), any::<bool>(), any::<bool>(), any::<bool>(), maybe(), maybe(), names).prop_map(
        |(regard, account, ignore, private, confidential, create, queue, assign)| Then {
            regard,
            account,
            ignore,
            private,
            confidential,
            create,
            queue,
            assign,
        },
    );
    let state = prop::sample::select(vec![Switch::On, Switch::Shadow, Switch::Off]);
    (text(), state, any::<bool>(), list(), list(), list(), then)
        .prop_map(|(name, state, stop, all, any, none, then)| Rule { name, state, stop, all, any, none, then })
}

proptest! {
    #[test]
    fn rules_written_to_a_file_are_read_back_the_same(rules in prop::collection::vec(any_rule(), 0..8)) {
        prop_assert_eq!(from_toml(&to_toml(&rules).unwrap()).unwrap(), rules);
    }

    #[test]
    fn any_text_is_rules_or_is_refused_with_its_place(text in "(\\[\\[rule\\]\\]|name|=|\"a\"|\n|\\[rule.then\\]|regard|all|\\{|\\}|\\PC){0,30}") {
        if let Err(no) = from_toml(&text) {
            prop_assert!(no.to_string().starts_with("line "), "{no}");
        }
    }
}

/// A company with mail enough that a run over it takes a while, and a rule that moves half of it.
fn with_much_mail(kind: Kind) -> Company {
    let mut company = Company::new(kind, &Names::plain());
    company.mailbox("anna", 1, None);
    company.people_and_records();
    company.rows("update records set number = 'OP-2' where external_id = 'o2'");
    let (from, to) = (company.names.address("c0@acme"), company.names.address("anna"));
    let mails: String = (0..6_000)
        .map(|n| {
            format!(
                "From x@y.test Fri Nov 20 10:00:00 2026\nFrom: {from}\nTo: {to}\nDate: Fri, 20 Nov 2026 {:02}:{:02}:{:02} +0000\n\
                 Message-ID: <{n}@x.test>\nSubject: letter {n}\n\nText {n}.\n\n",
                n / 3_600 + 6,
                n / 60 % 60,
                n % 60
            )
        })
        .collect();
    let file = company.file("mails.mbox", &mails);
    company.call(["import", "mail", "--mailbox", "anna", &file]).succeed();
    assert_eq!(company.number("select count(*) from mails"), 6_000);
    let rule =
        EVERYTHING.replace("[rule.then]", "[[rule.all]]\nfield = \"subject\"\nmatches = \"[02468]$\"\n[rule.then]");
    let file = company.file("rule.toml", &rule);
    company.call(["rules", "add", &file, "--yes"]).succeed();
    company
}

fn killed(kind: Kind) {
    let company = with_much_mail(kind);
    let before = company.dump();
    let state = || company.rows("select state || ' ' || done from rule_jobs order by id desc limit 1").pop();
    let kill_half_way = |call: &[&str], state_then: &str| {
        let mut running = company.call(call.iter().copied()).start();
        eventually("a part is done", PATIENT, || {
            let sql = "select coalesce(max(done), 0) from rule_jobs where state = ";
            (company.number(&format!("{sql}'{state_then}'")) > 0).then_some(())
        });
        running.kill();
        assert!(state().is_some_and(|state| state.starts_with(state_then)), "killed too late: {:?}", state());
    };
    kill_half_way(&["rules", "apply"], "running");
    // The dead worker's lease runs out, or another waits for it.
    assert_eq!(json(&company, "rules apply")["state"], "done");
    assert_eq!(
        company.number("select count(*) from mails m join records r on r.id = m.regarding_id where r.number = 'OP-2'"),
        3_000
    );
    assert_eq!(company.number("select changed from rule_jobs"), 3_000);
    kill_half_way(&["rules", "undo", "1"], "undoing");
    assert_eq!(json(&company, "rules apply")["state"], "undone");
    crate::support::firm::same(&format!("{kind:?}: undone after kills"), &before, &company.dump());
}

#[test]
fn a_run_over_history_goes_on_after_kill_9_and_so_does_its_undoing_on_sqlite() {
    killed(Kind::Sqlite);
}

#[test]
fn a_run_over_history_goes_on_after_kill_9_and_so_does_its_undoing_on_postgres() {
    killed(Kind::Postgres);
}

//! The program as an admin runs it: what it prints, what it says when something is wrong, and
//! with which exit code.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

use crate::support::process::{Outcome, standin};
use crate::support::tag;
use std::path::{Path, PathBuf};

/// A folder to run in, with its own data, that goes when the test ends.
struct Desk(PathBuf);

impl Desk {
    fn new() -> Desk {
        let path = std::env::temp_dir().join(format!("standin-desk-{}", tag()));
        std::fs::create_dir_all(&path).unwrap();
        Desk(path)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[track_caller]
    fn run(&self, line: &str) -> Outcome {
        standin(line.split(' ')).current_dir(&self.0).run()
    }

    #[track_caller]
    fn succeed(&self, line: &str) -> String {
        let outcome = self.run(line);
        assert_eq!(outcome.code, Some(0), "{line}: {outcome:?}");
        outcome.stdout
    }

    /// Wrong input: exit code 2, and nothing on standard output. Gives what it says.
    #[track_caller]
    fn refuse(&self, line: &str) -> String {
        let outcome = self.run(line);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{line}: {outcome:?}");
        outcome.stderr
    }

    #[track_caller]
    fn json(&self, line: &str) -> serde_json::Value {
        serde_json::from_str(&self.succeed(line)).unwrap()
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Anna with her opportunity, Piotr, Kamil, and Adam who is an admin.
fn company() -> Desk {
    let desk = Desk::new();
    desk.file(
        "users.csv",
        "login;name;role\nanna;Anna Kowalska;\npiotr;Piotr Nowak;\nkamil;Kamil Zięba;\nadam;Adam;admin\n",
    );
    desk.file("accounts.csv", "external_id,name,owner\nA1,Acme,anna\n");
    desk.file("opportunities.csv", "external_id,name,owner,account,number\nO1,Acme pumps,anna,A1,OP-1042\n");
    for what in ["users", "accounts", "opportunities"] {
        desk.succeed(&format!("import {what} {what}.csv"));
    }
    desk
}

#[test]
fn the_example_is_printed_and_is_a_sound_configuration() {
    let desk = Desk::new();
    let example = desk.succeed("config example");
    desk.file("standin.toml", &example);
    assert_eq!(desk.succeed("config check"), "The configuration is sound (standin.toml; mailboxes: 0).\n");
    let shown = desk.succeed("config show");
    assert!(shown.contains("mail.poll") && shown.contains("standin.toml, line"), "{shown}");
    let shown = standin(["config", "show", "--json"])
        .current_dir(desk.path())
        .env("STANDIN_DATABASE", "postgres://standin:secret@db/standin")
        .succeed()
        .stdout;
    assert!(!shown.contains("secret@"), "a password is not shown: {shown}");
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["database"]["from"], "environment variable STANDIN_DATABASE");
    assert_eq!(shown["database"]["value"], "postgres://standin:…@db/standin");
}

#[test]
fn a_wrong_configuration_stops_every_command_with_every_mistake() {
    let desk = Desk::new();
    desk.file("standin.toml", "[notice]\nmaxage = 30\nmax_recipients = \"many\"\n");
    for command in ["config check", "config show", "user list", "migrate", "serve"] {
        let said = desk.refuse(command);
        assert!(said.starts_with("error: the configuration is wrong\n"), "{command}: {said}");
        assert!(said.contains("standin.toml, line 2: there is no key `notice.maxage`; did you mean `notice.max_age`?"));
        assert!(
            said.contains("line 3: `notice.max_recipients` is the text \"many\"; it must be a whole number"),
            "{said}"
        );
    }
    let said = desk.refuse("config check --config other.toml");
    assert!(said.contains("the configuration file other.toml does not exist"), "{said}");
    assert!(!desk.path().join("standin-data").exists(), "nothing was made");
}

#[test]
fn cover_begins_and_ends_with_the_absence() {
    let desk = company();
    let see = |login: &str| desk.run(&format!("timeline OP-1042 --as {login}"));
    assert_eq!(see("anna").code, Some(0));
    assert_eq!(see("piotr").code, Some(2));

    let today = chrono_today();
    let added =
        desk.succeed(&format!("absence add --user anna --from {today} --until {today} --substitute piotr --notice"));
    assert!(
        added.starts_with(&format!("Absence 1: Anna Kowalska is away from {today} to {today}, back on ")),
        "{added}"
    );
    assert!(added.ends_with("; Piotr Nowak covers.\n"), "{added}");
    let seen = see("piotr");
    assert_eq!(seen.code, Some(0), "{seen:?}");
    assert!(seen.stdout.contains("Acme pumps. Piotr Nowak answers now (covering)."), "{}", seen.stdout);
    let hidden = see("kamil");
    assert_eq!(hidden.code, Some(2));
    assert_eq!(
        hidden.stderr.replace("kamil", "X"),
        desk.refuse("timeline nothing-there --as kamil").replace("kamil", "X").replace("nothing-there", "OP-1042"),
        "absent and forbidden look the same"
    );
    assert_eq!(see("adam").code, Some(2), "an admin does not read");

    let listed = desk.json("absence list --json");
    assert_eq!((&listed[0]["user"], &listed[0]["phase"]), (&"anna".into(), &"running".into()));
    assert_eq!(desk.succeed("absence end --user anna"), "Absence 1 has ended; its cover ended with it.\n");
    assert_eq!(see("piotr").code, Some(2), "he no longer sees it");
    assert_eq!(desk.succeed("absence list"), "Nobody is or will be away.\n");
    assert!(desk.succeed("absence list --all").contains("over"));
    let said = desk.refuse("absence end 1");
    assert!(said.contains("absence 1 is over already"), "{said}");
}

/// A day that is today in Warsaw.
#[allow(clippy::disallowed_methods)]
fn chrono_today() -> String {
    chrono::Utc::now().with_timezone(&chrono_tz::Europe::Warsaw).date_naive().to_string()
}

#[test]
fn an_absence_that_cannot_work_is_refused_with_a_sentence() {
    let desk = company();
    let cases = [
        ("--user ana --from 2090-01-01", "there is no user with the login `ana`; did you mean `anna`?"),
        (
            "--user anna --from 2090-01-02 --until 2090-01-01",
            "the last day (2090-01-01) lies before the first (2090-01-02)",
        ),
        ("--user anna --from 2001-01-01 --until 2001-01-02", "the last day lies in the past"),
        ("--user anna --from 2090-01-01 --substitute anna", "Anna Kowalska cannot stand in for themselves"),
        ("--user anna --from 2090-01-01 --zone Warsaw", "the zone `Warsaw` is not known"),
        ("--user anna --from 1.1.2090", "invalid value '1.1.2090' for '--from <DATE>'"),
    ];
    for (arguments, expected) in cases {
        let said = desk.refuse(&format!("absence add {arguments}"));
        assert!(said.contains(expected), "{arguments}: {said}");
    }
    desk.succeed("absence add --user piotr --from 2090-01-01 --until 2090-01-10 --substitute anna");
    let said = desk.refuse("absence add --user anna --from 2090-01-05 --until 2090-01-07 --substitute piotr");
    assert!(said.contains("this goes in a circle: Anna Kowalska → Piotr Nowak → Anna Kowalska"), "{said}");
    let said = desk.refuse("absence add --user piotr --from 2090-01-09");
    assert!(said.contains("Piotr Nowak is already away from 2090-01-01 to 2090-01-10 (absence 1)"), "{said}");
    let outcome = desk.run("absence add --user kamil --from 2090-01-05 --until 2090-01-07 --substitute piotr");
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.stderr.contains("warning: Piotr Nowak is away too"), "{}", outcome.stderr);
    assert_eq!(desk.succeed("absence end 1"), "Absence 1 is called off.\n");
    // From then on it is one that is over, also before the day on which it would have begun.
    let shown = desk.succeed("absence show 1");
    assert!(shown.starts_with("Absence 1 (called off): Piotr Nowak was to be away from 2090-01-01"), "{shown}");
    assert!(!desk.succeed("absence list").contains("Piotr Nowak"), "{}", desk.succeed("absence list"));
    for again in ["absence end 1", "absence edit 1 --until 2090-01-12"] {
        let said = desk.refuse(again);
        assert!(said.contains("absence 1 is over already; enter a new one"), "{said}");
    }
    let said = desk.refuse("notice preview --absence 1 --for jan@acme.example");
    assert!(said.contains("absence 1 was called off\n  no notice goes for it any more"), "{said}");
    assert!(desk.refuse("notice preview --absence 77 --for jan@acme.example").contains("there is no absence 77"));
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let desk = Desk::new();
    desk.file("users.csv", "login,name\nanna,Anna\n");
    let said = desk.succeed("import users users.csv --dry-run");
    assert!(said.starts_with("A dry run, nothing was changed. It would be: users: 1 new"), "{said}");
    assert!(desk.succeed("user list").starts_with("There are no users"));
    desk.succeed("import users users.csv");
    let outcome = desk.json("import users users.csv --json");
    assert_eq!((&outcome["unchanged"], &outcome["created"]), (&1.into(), &0.into()));
}

#[test]
fn a_broken_row_is_named_and_the_rest_is_imported_only_when_asked() {
    let desk = company();
    let (central, _, _) = encoding_rs::WINDOWS_1250
        .encode("external_id;name;owner;emails\nC1;Łukasz Wróbel;anna;l@x.pl\nC2;Zła;anna;x\n");
    desk.file("contacts.csv", &central);
    let said = desk.refuse("import contacts contacts.csv");
    assert!(said.starts_with("error: nothing was imported from contacts.csv: broken rows: 1 of 2\n"), "{said}");
    assert!(said.contains("row 3, column emails: `x` is no address"), "{said}");
    assert!(said.contains("→ correct them and import again, or import the rest (1) with --skip-broken"), "{said}");
    assert_eq!(desk.run("timeline wrobel --as anna").code, Some(2));
    let outcome = desk.run("import contacts contacts.csv --skip-broken");
    assert_eq!(outcome.code, Some(1), "something was left out");
    assert!(outcome.stdout.contains("1 new") && outcome.stdout.contains("(read as windows-1250)"), "{outcome:?}");
    let found = desk.succeed("timeline lukasz --as anna");
    assert!(found.contains("Łukasz Wróbel"), "{found}");

    let said = desk.refuse("import contacts nowhere.csv");
    assert!(said.contains("the file nowhere.csv cannot be read"), "{said}");
    desk.file("wrong.csv", "external_id,nmae\n");
    assert!(desk.refuse("import contacts wrong.csv").contains("there is no column `nmae`; did you mean `name`?"));
    let said = desk.refuse("import contacts contacts.csv --as nobody");
    assert!(said.contains("there is no user with the login `nobody`"), "{said}");
}

#[test]
fn a_record_that_may_be_several_is_asked_about() {
    let desk = company();
    desk.file("more.csv", "external_id,name,owner\nL1,Acme pumps,anna\n");
    desk.succeed("import leads more.csv");
    let said = desk.refuse("timeline acme#pumps --as anna".replace('#', "\u{a0}").as_str());
    assert!(said.contains("may mean 2 records") && said.contains("opportunity:2  Acme pumps"), "{said}");
    let shown = desk.json("timeline opportunity:2 --as anna --json");
    assert_eq!((&shown["record"]["kind"], &shown["answers"]), (&"opportunity".into(), &"Anna Kowalska".into()));
    assert_eq!(shown["entries"], serde_json::json!([]));
}

#[test]
fn a_password_comes_from_a_file_and_is_never_shown() {
    let desk = company();
    let path = desk.file("password", "correct horse\n");
    let said = desk.succeed("user password anna --password-file password");
    assert_eq!(said, "Anna Kowalska has a new password and is signed out everywhere.\n");
    std::fs::write(&path, "short\n").unwrap();
    assert!(desk.refuse("user password anna --password-file password").contains("it needs at least 8"));
    assert!(desk.refuse("user password anna").contains("it needs at least 8"), "standard input is empty");
    let listed = desk.json("user list --json");
    assert_eq!(listed.as_array().unwrap().len(), 4);
    assert!(!listed.to_string().contains("argon2"));
}

#[test]
fn check_names_a_remedy_for_each_failure_and_its_exit_code_says_how_bad_it_is() {
    let desk = company();
    let outcome = desk.run("check");
    assert_eq!(outcome.code, Some(1), "warnings only: {outcome:?}");
    assert!(
        outcome.stdout.contains("ok    schema: ") && outcome.stdout.contains("WARN  fallback_user: "),
        "{outcome:?}"
    );

    // A port on which nobody listens: taken and given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mailbox = format!(
        "fallback_user = \"nobody\"\n[[mailbox]]\nname = \"anna\"\nuser = \"ann\"\naddress = \"anna@firma.pl\"\n[mailbox.imap]\n\
         host = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nuser = \"anna\"\nsecret_file = \"password\"\n\
         [mailbox.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\n"
    );
    desk.file("standin.toml", mailbox);
    desk.file("password", "x");
    let outcome = desk.run("check --json");
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    let checks: Vec<serde_json::Value> = serde_json::from_str(&outcome.stdout).unwrap();
    let failed = checks.iter().filter(|c| c["state"] == "failure");
    let failed: Vec<&str> = failed.map(|c| c["check"].as_str().unwrap()).collect();
    assert_eq!(failed, ["fallback_user", "mailbox anna: user", "mailbox anna: sign-in", "mailbox anna: smtp"]);
    assert!(checks.iter().all(|c| c["state"] == "ok" || c["remedy"].as_str().is_some_and(|r| !r.is_empty())));
    let unseen: Vec<&str> =
        checks.iter().filter(|c| c["state"] == "unseen").map(|c| c["check"].as_str().unwrap()).collect();
    assert_eq!(unseen, ["notices: false senders", "domain firma.pl: DKIM"], "which only a person can look at");

    desk.file("standin.toml", "pol = 1\n");
    assert_eq!(desk.run("check").code, Some(2));
}

#[test]
fn check_says_of_each_domain_of_notices_how_to_see_that_it_is_signed() {
    let desk = company();
    // A port on which nobody listens: taken and given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mailbox = |name: &str, user: &str| {
        format!(
            "[[mailbox]]\nname = \"{name}\"\n{user}address = \"{name}@Firma.pl\"\n[mailbox.imap]\nhost = \"127.0.0.1\"\n\
             port = {port}\nsecurity = \"plain\"\nuser = \"{name}\"\nsecret_file = \"password\"\n[mailbox.smtp]\n\
             host = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\n"
        )
    };
    let (anna, shared) = (mailbox("anna", "user = \"anna\"\n"), mailbox("office", "").replace("Firma", "other"));
    desk.file("standin.toml", format!("[notice]\nenabled = true\nauthserv_id = \"mx.firma.pl\"\n{anna}{shared}"));
    desk.file("password", "x");
    let said = desk.run("check").stdout;
    let found: Vec<&str> = said.lines().filter(|line| line.starts_with("look  ")).collect();
    assert_eq!(found.len(), 1, "a mailbox without a user sends no notices: {said}");
    assert!(found[0].starts_with("look  domain firma.pl: DKIM: whether 127.0.0.1 signs mail from firma.pl"), "{said}");
    assert!(said.contains("Authentication-Results has to say dkim=pass for firma.pl"), "{said}");
}

#[test]
fn a_database_that_is_newer_than_the_program_is_left_alone() {
    let desk = company();
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
        values (9999, 'from the future', true, x'00', 0)";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let url = format!("sqlite:{}", desk.path().join("standin-data/standin.db").display());
        let pool = sqlx::sqlite::SqlitePool::connect(&url).await.unwrap();
        sqlx::query(newer).execute(&pool).await.unwrap();
        pool.close().await;
    });
    let outcome = desk.run("user list");
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("made by a newer version of Standin (its schema is 9999"), "{outcome:?}");
    let outcome = desk.run("check");
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stdout.contains("FAIL  schema: schema 9999 is newer than this program"), "{outcome:?}");
}

#[test]
fn the_data_folder_and_the_database_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let desk = company();
    let mode = |path: &str| std::fs::metadata(desk.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("standin-data"), mode("standin-data/standin.db")), (0o700, 0o600));
}

#[test]
fn check_signs_in_to_every_mailbox_and_says_what_to_do_where_it_cannot() {
    let dovecot = crate::support::dovecot::Dovecot::start(&["anna"]);
    let postfix = crate::support::postfix::Postfix::start(&dovecot);
    let desk = company();
    let address = dovecot.address("anna");
    let configure = |folders: &str, security: &str| {
        desk.file(
            "standin.toml",
            format!(
                "fallback_user = \"kamil\"\n[[mailbox]]\nname = \"anna\"\nuser = \"anna\"\naddress = \"{address}\"\n\
                 folders = [{folders}]\n[mailbox.imap]\nhost = \"localhost\"\nport = {}\nsecurity = \"{security}\"\n\
                 user = \"{address}\"\nsecret_file = \"password\"\nca_file = \"{}\"\n\
                 [mailbox.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\n",
                dovecot.imaps_port,
                dovecot.ca_file.display(),
                postfix.smtp_port
            ),
        );
    };
    dovecot.create("anna", "Sent");
    configure("", "tls");
    desk.file("password", dovecot.password());
    let outcome = desk.run("check");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for line in [
        "ok    mailbox anna: sign-in: localhost",
        "with INBOX and Sent",
        "ok    mailbox anna: smtp: 127.0.0.1 answers as ",
    ] {
        assert!(outcome.stdout.contains(line), "{line}: {}", outcome.stdout);
    }

    configure("\"Clients/Acme\"", "tls");
    let said = desk.run("check").stdout;
    assert!(said.contains("FAIL  mailbox anna: folders: the server does not show Clients/Acme"), "{said}");
    assert!(said.contains("→ write `folders` as the server does: "), "{said}");

    desk.file("password", "wrong");
    let outcome = desk.run("check");
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stdout.contains("FAIL  mailbox anna: sign-in: the server refused the sign-in"), "{outcome:?}");
    assert!(outcome.stdout.contains("→ check user and password"), "{outcome:?}");
}

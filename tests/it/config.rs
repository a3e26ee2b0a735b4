//! The configuration: the example is whole, and every mistake gets a sentence that helps.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use standin::config::{Config, ConfigError, EXAMPLE, keys, load, load_explained};
use standin::model::record::Mode;
use std::path::PathBuf;

/// A folder of its own that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("standin-config-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.0.join("standin.toml");
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn loaded(name: &str, text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = Folder::new(name);
    let path = folder.file(text);
    load(Some(&path), env.iter().map(|(k, v)| (k.to_string(), v.to_string())))
}

/// The problems of a configuration, one per line, without the folder.
fn problems(name: &str, text: &str, env: &[(&str, &str)]) -> String {
    let error = loaded(name, text, env).unwrap_err().to_string();
    let strip =
        |line: &str| line.rsplit_once("/standin.toml").map_or(line.to_owned(), |(_, rest)| format!("FILE{rest}"));
    error.lines().map(strip).collect::<Vec<_>>().join("\n")
}

const MAILBOX: &str = r#"
[[mailbox]]
name = "anna"
address = "anna@firma.pl"
[mailbox.imap]
host = "imap.firma.pl"
user = "anna"
secret_env = "PASSWORD"
"#;

#[test]
fn the_example_loads_and_changes_nothing() {
    let mut example = loaded("example", EXAMPLE, &[]).unwrap();
    assert!(example.data_dir.is_absolute(), "relative paths are meant from the file's folder");
    example.data_dir = "standin-data".into();
    let default = load(None, std::iter::empty()).unwrap();
    assert_eq!(format!("{example:?}"), format!("{default:?}"));
}

#[test]
fn the_example_with_every_commented_key_taken_in_loads_but_for_the_three_forms_of_secret() {
    let is_key = |line: &str| {
        let bare = line.trim_start_matches(['#', ' ']);
        bare.starts_with('[')
            || bare.split(" = ").next().is_some_and(|k| k.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let text: Vec<&str> = EXAMPLE.lines().filter(|l| is_key(l)).map(|l| l.trim_start_matches(['#', ' '])).collect();
    let error = loaded("example-all", &text.join("\n"), &[]).unwrap_err();
    let ConfigError::Wrong(problems) = error else { panic!("{error}") };
    let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
    assert_eq!(keys, ["mailbox.0.imap.secret_env"], "{problems:?}");
}

#[test]
fn the_example_explains_every_key() {
    let mentioned = |key: &String| {
        let name = key.rsplit('.').next().unwrap();
        EXAMPLE.lines().any(|line| {
            let bare = line.trim_start_matches(['#', ' ']);
            bare.starts_with(&format!("{name} =")) || bare == format!("[{key}]") || bare == format!("[[{key}]]")
        })
    };
    let missing: Vec<String> = keys().into_iter().filter(|key| !mentioned(key)).collect();
    assert!(missing.is_empty(), "config.example.toml says nothing of {missing:?}");
    assert!(keys().len() > 40, "the shape holds mailboxes and servers: {:?}", keys());
}

#[test]
fn the_environment_goes_over_the_file_and_says_so() {
    let folder = Folder::new("env");
    let path = folder.file("own_domains = [\"a.pl\"]\n[mail]\npoll = 30\nmax_size = 5\n");
    let env = [
        ("STANDIN_MAIL__POLL", "60"),
        ("STANDIN_OWN_DOMAINS", "firma.pl, firma.com"),
        ("STANDIN_MODE", "transparent"),
        ("STANDIN_NOTICE__ENABLED", "false"),
        ("STANDIN_NOTICE__AUTHSERV_ID", "42"),
        ("STANDIN_SECRET_ANNA", "not a key"),
        ("STANDIN_LOG", "debug"),
        ("PATH", "/bin"),
    ];
    let loaded = load_explained(Some(&path), env.iter().map(|(k, v)| (k.to_string(), v.to_string()))).unwrap();
    let config = &loaded.config;
    assert_eq!((config.mail.poll, config.mail.max_size), (60, 5));
    assert_eq!(config.own_domains, ["firma.pl", "firma.com"]);
    assert_eq!((config.mode, config.notice.enabled), (Mode::Transparent, false));
    assert_eq!(config.notice.authserv_id, "42");
    assert_eq!(loaded.places["mail.poll"], "environment variable STANDIN_MAIL__POLL");
    assert!(loaded.places["mail.max_size"].ends_with("standin.toml, line 4"));
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
    let text = "poll = 60\n[notice]\nmaxage = 30\n[notices]\nenabled = false\n";
    let expected = "FILE, line 1: there is no key `poll`; did you mean `mail.poll`?\n\
                    FILE, line 3: there is no key `notice.maxage`; did you mean `notice.max_age`?\n\
                    FILE, line 4: there is no key `notices`; did you mean `notice`?";
    assert_eq!(problems("unknown", text, &[]), expected);
    let text = MAILBOX.replace("secret_env", "secret-env");
    let said = problems("unknown-mailbox", &text, &[]);
    let expected = "there is no key `imap.secret-env of mailbox number 1`; did you mean `mailbox.imap.secret_env`?";
    assert!(said.contains(expected), "{said}");
    let said = problems("unknown-far", "xyzzy = 1", &[]);
    assert!(said.ends_with("there is no key `xyzzy`; `standin config example` shows all there are"), "{said}");
}

#[test]
fn an_unknown_variable_is_an_error_as_well() {
    let said = problems("unknown-env", "", &[("STANDIN_MAIL_POLL", "60")]);
    let expected =
        "environment variable STANDIN_MAIL_POLL: there is no key `mail_poll`; did you mean `STANDIN_MAIL__POLL`?";
    assert_eq!(said, expected);
}

#[test]
fn a_missing_file_says_how_to_make_one() {
    let error = load(Some(&PathBuf::from("/nonexistent/standin.toml")), std::iter::empty()).unwrap_err();
    assert!(error.to_string().contains("does not exist; check the path, or make one with `standin config example"));
}

#[test]
fn broken_toml_says_the_line() {
    let error = loaded("syntax", "mode = \"restricted\"\n[mail\npoll = 3\n", &[]).unwrap_err().to_string();
    assert!(error.contains("standin.toml, line 2: this is not TOML"), "{error}");
}

#[test]
fn values_of_the_wrong_type_say_what_is_there_and_what_is_wanted() {
    let text = "own_domains = \"firma.pl\"\nmode = \"open\"\nholidays = [\"24.12.2026\"]\n[mail]\npoll = \"often\"\n\
                max_size = -1\n[notice]\nenabled = \"yes\"\nmax_recipients = 2.5\n";
    let said = problems("types", text, &[]);
    let expected = [
        "FILE, line 1: `own_domains` is the text \"firma.pl\"; it must be a list, such as [\"a\", \"b\"]",
        "FILE, line 2: `mode` is \"open\"; it must be one of \"transparent\", \"restricted\"",
        "FILE, line 5: `mail.poll` is the text \"often\"; it must be a whole number, 0 or more",
        "FILE, line 6: `mail.max_size` is the number `-1`; it must be a whole number, 0 or more",
        "FILE, line 8: `notice.enabled` is the text \"yes\"; it must be true or false",
        "FILE, line 9: `notice.max_recipients` is the number `2.5`; it must be a whole number, 0 or more",
    ];
    for line in expected {
        assert!(said.lines().any(|l| l == line), "no line {line:?} in\n{said}");
    }
    assert!(said.contains("FILE, line 3: `holidays"), "{said}");
}

#[test]
fn dates_may_stand_without_quotes() {
    let config = loaded("dates", "holidays = [2026-12-24, \"2026-12-25\"]", &[]).unwrap();
    assert_eq!(config.holidays.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-12-24", "2026-12-25"]);
}

#[test]
fn values_out_of_range_are_told_together() {
    let text = "zone = \"Warsaw\"\nlanguage = \"de\"\nlisten = \"8080\"\ndatabase = \"mysql://x\"\n\
                own_domains = [\"@firma.pl\"]\n[mail]\npoll = 0\n[notice]\nmax_age = 10\nbounce_address = \"x\"\n";
    let said = problems("ranges", text, &[]);
    for key in [
        "zone",
        "language",
        "listen",
        "database",
        "own_domains",
        "mail.poll",
        "notice.max_age",
        "notice.bounce_address",
    ] {
        assert!(said.contains(&format!("`{key}`")), "nothing of {key} in\n{said}");
    }
    assert_eq!(said.lines().count(), 8);
    assert!(said.contains("FILE, line 9: `notice.max_age` is 10; it must be from 15 to 1440 minutes"), "{said}");
}

#[test]
fn what_is_wrong_with_a_mailbox_names_the_mailbox() {
    let said = problems("twice", &format!("{MAILBOX}{}", MAILBOX.replace("anna\"\na", "Anna\"\na")), &[]);
    assert!(said.contains("two mailboxes have the name `Anna` (number 1 and number 2)"), "{said}");

    let said = problems("plain", &MAILBOX.replace("user", "security = \"plain\"\nuser"), &[]);
    assert!(said.contains("mailbox `anna`: imap would send its password unprotected to imap.firma.pl"), "{said}");

    let said = problems("two-secrets", &format!("{MAILBOX}secret_file = \"x\"\n"), &[]);
    assert!(said.contains("imap has secret_file and secret_env; keep one"), "{said}");

    let said = problems("no-secret", &MAILBOX.replace("secret_env = \"PASSWORD\"", ""), &[]);
    assert!(said.contains("imap has a user but no password; set secret_file"), "{said}");

    let said = problems("no-user", &MAILBOX.replace("user = \"anna\"", ""), &[]);
    assert!(said.contains("imap.user is missing"), "{said}");

    let said = problems("address", &MAILBOX.replace("anna@firma.pl", "anna"), &[]);
    assert!(said.contains("mailbox `anna` has the address \"anna\", which is no address"), "{said}");

    let said = problems("missing", &MAILBOX.replace("host = \"imap.firma.pl\"", ""), &[]);
    assert!(said.contains("`imap.host of mailbox number 1` is missing"), "{said}");

    let smtp = format!("{MAILBOX}[mailbox.smtp]\nhost = \"smtp.firma.pl\"\n");
    let said = problems("smtp", &smtp, &[]);
    assert!(said.contains("smtp.user is missing; only a server on this machine"), "{said}");
}

#[test]
fn a_server_on_this_machine_may_be_plain_and_take_mail_without_a_sign_in() {
    for host in ["127.0.0.1", "localhost", "::1"] {
        let text = MAILBOX.replace("imap.firma.pl", host).replace("user", "security = \"plain\"\nuser");
        let text = format!("{text}[mailbox.smtp]\nhost = \"{host}\"\nsecurity = \"plain\"\nport = 2525\n");
        loaded("loopback", &text, &[]).unwrap_or_else(|error| panic!("{host}: {error}"));
    }
}

#[test]
fn the_database_is_a_file_in_the_data_folder_unless_the_url_says_otherwise() {
    let config = loaded("database", "data_dir = \"/var/lib/standin\"", &[]).unwrap();
    assert_eq!(config.database_url(), "sqlite:/var/lib/standin/standin.db");
    let config = loaded("database-url", "", &[("STANDIN_DATABASE", "postgres://standin@db/standin")]).unwrap();
    assert_eq!(config.database_url(), "postgres://standin@db/standin");
}

#[test]
fn the_mailbox_that_sends_mails_to_colleagues_has_to_exist_and_be_able_to_send() {
    let with = |name: &str, more: &str| format!("[colleagues]\nmailbox = \"{name}\"\n{MAILBOX}{more}");
    let smtp = "[mailbox.smtp]\nhost = \"smtp.firma.pl\"\nuser = \"anna\"\nsecret_env = \"PASSWORD\"\n";
    assert_eq!(
        problems("colleagues-name", &with("sales", smtp), &[]),
        "FILE, line 2: `colleagues.mailbox` is \"sales\", and no mailbox has that name; name one or leave it empty"
    );
    assert_eq!(
        problems("colleagues-smtp", &with("anna", ""), &[]),
        "FILE, line 2: `colleagues.mailbox` is \"anna\", which has no [mailbox.smtp]; add one or name another mailbox"
    );
    assert_eq!(loaded("colleagues-good", &with("anna", smtp), &[]).unwrap().colleagues.mailbox, "anna");
    assert_eq!(loaded("colleagues-none", &with("", ""), &[]).unwrap().colleagues.mailbox, "");
}

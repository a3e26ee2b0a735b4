//! What can be asked of notices afterwards, and by whom: mail that is not kept (P9, P10), other people's notices on
//! pages, whom a change of an absence leaves with what they read, who did what, in which order and in which zone.
//! On both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::notices_texts::{Desk, Letter, NOW};
use crate::support::firm::Kind;
use crate::support::office::{Office, Pages, day, on_both};
use axum::http::{StatusCode, header};
use serde_json::Value;
use standin::model::audit::{Action, Line};
use standin::model::time::HOUR;
use standin::store;

on_both! {
    a_mail_that_is_not_kept_is_explained_by_its_id_and_by_its_file
    line_managers_and_admins_look_after_the_notices_of_those_below_them
    a_change_says_how_many_clients_keep_what_they_read
    a_text_of_an_absence_is_written_on_the_command_line
    what_standin_did_by_itself_bears_its_name_in_the_audit
    the_log_has_one_order_and_an_ended_absence_says_when_it_ended
    of_whom_no_mailbox_is_read_no_notice_is_promised_and_what_was_called_off_is_not_called_over
    moments_are_told_in_a_zone_that_is_named
    a_mail_that_was_answered_and_is_blocked_since_is_traced_as_answered
}

/// A stranger, of whose mail nothing is kept.
fn stranger() -> Letter<'static> {
    let from = "stranger@nowhere.test";
    Letter { from, path: from, id: "s", subject: "Pumps of SECRET", ..Letter::default() }
}

impl Desk {
    fn ask(&self, text: &str) -> crate::support::process::Outcome {
        self.company.call(text.split(' ')).run()
    }

    fn asked(&self, text: &str) -> Value {
        let outcome = self.ask(&format!("{text} --json"));
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{text}: {error} {outcome:?}"))
    }
}

async fn a_mail_that_is_not_kept_is_explained_by_its_id_and_by_its_file(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    assert_eq!(desk.gets(&stranger()).await, Err("R38".into()));
    assert_eq!(desk.company.number("select count(*) from mails"), 0, "it concerns no record");

    // By its Message-ID: what was decided, for whoever's business that is, and nothing of the mail.
    for name in ["s@nowhere.test", "<s@nowhere.test>"] {
        for by in ["", " --as anna", " --as maria", " --as adam"] {
            let said = desk.ask(&format!("notice explain {name}{by}"));
            assert!(
                said.stdout.contains("It concerns no record") && said.stdout.contains("Anna Nowak: no notice:"),
                "{said:?}"
            );
            assert!(said.stdout.contains("(R38)") && said.stderr.contains("--file"), "{said:?}");
            assert!(!said.stdout.contains("SECRET") && !said.stdout.contains("stranger"), "{said:?}");
        }
    }
    let told = desk.asked("notice explain s@nowhere.test");
    let decided = &told["people"][0]["decided"];
    assert_eq!((&decided["reason"]["rule"], &told["mail"]), (&"R38".into(), &Value::Null), "{told}");
    assert!(told["people"][0]["rules"].as_array().unwrap().is_empty(), "{told}");
    // By which rules it was decided is kept with it (R80).
    assert!(decided["rules"].as_str().unwrap().starts_with(env!("CARGO_PKG_VERSION")), "{told}");
    // To others it is as if it had never come.
    let theirs = |name: &str| desk.ask(&format!("notice explain {name} --as kamil"));
    let (known, unknown) = (theirs("s@nowhere.test"), theirs("z@nowhere.test"));
    assert_eq!((known.code, known.stdout.as_str()), (Some(2), ""));
    assert_eq!(known.stderr, unknown.stderr.replace("z@", "s@"));

    // With the mail itself, each rule.
    let file = desk.company.file("stranger.eml", std::str::from_utf8(&stranger().bytes()).unwrap());
    let told = desk.asked(&format!("notice explain --file {file}"));
    let rules = told["people"][0]["rules"].as_array().unwrap();
    let forbids: Vec<&str> =
        rules.iter().filter(|rule| rule["forbids"] == true).map(|rule| rule["rule"].as_str().unwrap()).collect();
    assert_eq!((rules.len() > 35, forbids), (true, vec!["R38"]), "{told}");
    assert_eq!(desk.ask(&format!("notice explain --file {file} --as kamil")).code, Some(2));
    // One with the same id and other words is another mail.
    let other = String::from_utf8(stranger().bytes()).unwrap().replace("Hello", "Farewell");
    let other = desk.company.file("other.eml", &other);
    let said = desk.ask(&format!("notice explain --file {other}"));
    assert_eq!(said.code, Some(2), "{said:?}");

    // A mail that is kept is found by its file too.
    desk.gets(&Letter::default()).await.unwrap();
    let file = desk.company.file("jan.eml", std::str::from_utf8(&Letter::default().bytes()).unwrap());
    let told = desk.asked(&format!("notice explain --file {file}"));
    let id = desk.company.number("select id from mails");
    assert_eq!((&told["mail"], &told["people"][0]["decided"]["state"]), (&id.into(), &"queued".into()), "{told}");

    // One that came while nobody was away is said to have come, to whoever reads the mailbox.
    desk.company.rows(&format!("update absences set ends_at = {}", NOW.plus(-HOUR).0));
    let later = Letter { id: "later", ..stranger() };
    let _ = desk.gets(&later).await;
    let file = desk.company.file("later.eml", std::str::from_utf8(&later.bytes()).unwrap());
    for by in ["", " --as anna"] {
        let said = desk.ask(&format!("notice explain --file {file}{by}"));
        assert!(said.stdout.contains("It came (anna)") && said.stdout.contains("nobody to whom it came"), "{said:?}");
    }
    assert_eq!(desk.asked(&format!("notice explain --file {file}"))["mailboxes"][0], "anna");
    assert_eq!(desk.ask(&format!("notice explain --file {file} --as adam")).code, Some(2));
    desk.end().await;
}

async fn line_managers_and_admins_look_after_the_notices_of_those_below_them(kind: Kind) {
    let office = Office::with(kind, |config| config.notice.enabled = true);
    office.ok(&format!("absence add --user anna --from {} --until {} --substitute piotr --notice", day(-1), day(3)));
    let pages = office.pages().await;
    let [anna, kamil, maria, adam] = ["anna", "kamil", "maria", "adam"].map(|login| office.user(login));
    let page = format!("/notices/{anna}");

    let list = pages.get(maria, "/notices").await.body;
    for text in ["Anna Nowak", &page, "away until", "English: the usual text"] {
        assert!(list.contains(text), "{text} in {list}");
    }
    assert!(!list.contains("Kamil Nowak") && !list.contains("SECRET"), "{list}");
    assert!(pages.get(adam, "/notices").await.body.contains("Kamil Nowak"));
    assert!(pages.get(kamil, "/notices").await.body.contains("Nobody&#39;s notices but your own"));
    // From the absence the way leads to whose it is.
    let absence = format!("/absences/{}", office.company.number("select id from absences"));
    assert!(pages.get(maria, &absence).await.body.contains(&format!("href=\"{page}\"")));
    assert!(pages.get(anna, &absence).await.body.contains("href=\"/me/notice\""));

    let shown = pages.get(maria, &page).await.body;
    for text in ["Notice of Anna Nowak", "goes to anybody on the Internet", "text-external-pl", "This is an automatic"]
    {
        assert!(shown.contains(text), "{text} in {shown}");
    }
    let words = "do=save&text-external-en=I+am+in+the+hills+until+%7Buntil%7D.&text-external-pl=";
    let saved = pages.post(maria, &page, words).await;
    assert_eq!(saved.headers[header::LOCATION].to_str().unwrap(), format!("{page}?saved"));
    assert_eq!(
        office.company.rows("select u.login || ' ' || t.text from notice_texts t join users u on u.id = t.changed_by"),
        ["maria I am in the hills until {until}."]
    );
    assert_eq!(office.audited("notice-text-changed"), ["maria notice-text-changed - - -"]);
    assert!(pages.get(maria, "/notices").await.body.contains("English: own text"));
    let refused = pages.post(adam, &page, "do=save&text-external-en=%7Bamount%7D").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let author = pages.post(maria, &page, "do=author&from=&name=Anna+of+Firma&reply_to=substitute").await;
    assert_eq!(author.status, StatusCode::SEE_OTHER);
    assert!(pages.get(anna, "/me/notice").await.body.contains("value=\"Anna of Firma\""));

    // What a client would get: the words, and nothing of her mail. A dry run would tell of each.
    for looker in [maria, adam] {
        let client = pages.get(looker, &format!("{page}?for=jan%40acme.test")).await.body;
        assert!(client.contains("an ordinary mail, believed to be genuine"), "{client}");
        let tried = pages.get(looker, &format!("{page}?try=1")).await.body;
        assert!(!tried.contains("last 50 mails"), "{tried}");
        for body in [&client, &tried] {
            assert!(!body.contains("SECRET") && !body.contains("href=\"/messages/"), "{body}");
        }
    }
    let client = pages.get(maria, &format!("{page}?for=jan%40acme.test")).await.body;
    assert!(client.contains("I am in the hills until"), "{client}");

    // To others, and of nobody, there is no such page.
    for (user, of) in [(kamil, anna), (maria, kamil), (anna, maria)] {
        let strange = pages.get(user, &format!("/notices/{of}")).await;
        assert_eq!(
            (strange.status, &strange.body),
            (StatusCode::NOT_FOUND, &pages.get(user, "/notices/4242").await.body)
        );
        for form in [words, "do=show", "do=author&name=x"] {
            assert_eq!(pages.post(user, &format!("/notices/{of}"), form).await.status, StatusCode::NOT_FOUND);
        }
    }
    assert_eq!(office.company.number("select count(*) from notice_texts"), 1);
    office.company.rows("update users set language = 'pl' where login = 'maria'");
    assert!(pages.get(maria, &page).await.body.contains("Zawiadomienie: Anna Nowak"));
    assert!(pages.get(maria, "/notices").await.body.contains("Zawiadomienia innych osób"));
    pages.close().await;
}

async fn a_change_says_how_many_clients_keep_what_they_read(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    let edit = |how: &str| desk.ask(&format!("absence edit 1 {how}")).stderr;
    assert!(!edit("--until 2026-11-28").contains("already told"), "nobody was told yet");
    desk.gets(&Letter::default()).await.unwrap();
    let ola = "ola@acme-x.test";
    desk.gets(&Letter { id: "b", from: ola, path: ola, ..Letter::default() }).await.unwrap();
    // One that was refused told nobody.
    desk.company.rows("update outbox set state = 'refused' where id = (select max(id) from outbox)");
    let before = desk.asked("absence preview --number 1 --until 2026-11-30");
    assert_eq!(before["clients_told_before"], 1, "{before}");
    assert_eq!(desk.asked("absence preview --number 1")["clients_told_before"], 0);
    let anna = desk.user("anna").await.0;
    let pages = Pages::of(&desk.company.config, NOW.plus(HOUR)).await;
    let form =
        "user=anna&from=2026-11-19&until=2026-11-30&nature=leave&substitute=piotr&plan=cover&notice=yes&do=preview";
    let page = pages.post(anna, "/absences/1", form).await.body;
    assert!(page.contains("1 client was told what stood here before"), "{page}");
    pages.close().await;
    let said = edit("--until 2026-11-30");
    assert!(said.contains("1 client already told of it: they keep what stood there and are not told again"), "{said}");
    assert!(!edit("--deputy piotr").contains("already told"), "clients read nothing of a deputy");
    assert!(edit("--substitute kamil").contains("1 client already told"));
    desk.end().await;
}

async fn a_text_of_an_absence_is_written_on_the_command_line(kind: Kind) {
    let office = Office::open(kind);
    let (from, until) = (day(1), day(3));
    let add = |words: &str| {
        let line =
            ["absence", "add", "--user", "anna", "--from", &from, "--until", &until, "--notice", "--words", words];
        office.company.call(line).run()
    };
    let refused = add("pl=Nie ma mnie, {amount} czeka.");
    assert!(refused.code == Some(2) && refused.stderr.contains("{amount}"), "{refused:?}");
    assert_eq!(add("Nie ma mnie.").code, Some(2), "a language is missing");
    assert_eq!(add("pl=Nie ma mnie do {until}; a = b.").code, Some(0));
    let shown = |number: i64| office.json(&format!("absence show {number}"))["notice_texts"].clone();
    let number = office.company.number("select id from absences");
    assert_eq!(shown(number), serde_json::json!({ "pl": "Nie ma mnie do {until}; a = b." }));
    office.company.call(["absence", "edit", &number.to_string(), "--words", "en=Away.", "--words", "pl="]).succeed();
    assert_eq!(shown(number), serde_json::json!({ "en": "Away." }));
}

async fn what_standin_did_by_itself_bears_its_name_in_the_audit(kind: Kind) {
    let office = Office::open(kind);
    let pages = office.pages().await;
    #[allow(clippy::disallowed_methods)] // the commands beside it have the real clock
    let now = standin::model::time::Timestamp::from_utc(chrono::Utc::now());
    let mut tx = pages.db.write().await.unwrap();
    let breaker = Line::new(now, None, Action::NoticesStopped).detail(serde_json::json!({ "breaker": true }));
    store::audit::note(&mut tx, &[breaker]).await.unwrap();
    tx.commit().await.unwrap();
    let csv = || {
        let all = office.ok("audit --action notices-stopped --csv");
        let lines = all.lines().filter(|line| line.contains("notices-stopped")).map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    assert!(matches!(csv().as_slice(), [one] if one.contains(",Standin,")), "{:?}", csv());
    assert!(office.ok("audit --action notices-stopped").contains("Standin"));
    let page = pages.get(office.user("adam"), "/admin/audit?action=notices-stopped").await.body;
    assert!(page.contains(">Standin<"), "{page}");
    // What the operator does is the operator's, whatever they write about it.
    office.company.call(["notice", "stop", "--reason", "\"breaker\":true"]).succeed();
    assert!(csv().iter().any(|line| line.contains(",operator,")), "{:?}", csv());
    pages.close().await;
}

async fn the_log_has_one_order_and_an_ended_absence_says_when_it_ended(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    // All decided at one moment.
    for n in 0..6 {
        let (id, list) = (format!("m{n}"), if n % 2 == 0 { "List-Id: <x.acme-x.test>\r\n" } else { "" });
        let _ = desk.gets(&Letter { id: &id, more: list, ..Letter::default() }).await;
    }
    let numbers = |all: &Value| all.as_array().unwrap().iter().map(|line| line["mail"].as_i64().unwrap()).collect();
    let log: Vec<i64> = numbers(&desk.asked("notice log --user anna --since 2026-11-01"));
    let mut newest_first = log.clone();
    newest_first.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!((log.len(), &log), (6, &newest_first));
    let silent: Vec<i64> = numbers(&desk.asked("notice log --user anna --since 2026-11-01 --not-sent"));
    let mut newest_first = silent.clone();
    newest_first.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!((silent.len(), &silent), (5, &newest_first), "one was sent");

    // Ended before its days were over, it says when.
    desk.ask("absence end 1");
    desk.company.rows(&format!("update absences set ends_at = {}", NOW.plus(HOUR).0));
    let anna = desk.user("anna").await.0;
    let pages = Pages::of(&desk.company.config, NOW.plus(2 * HOUR)).await;
    let page = pages.get(anna, "/absences/1").await.body;
    assert!(page.contains("over (") && page.contains("13:00"), "in Warsaw: {page}");
    pages.close().await;
    desk.end().await;
}

async fn of_whom_no_mailbox_is_read_no_notice_is_promised_and_what_was_called_off_is_not_called_over(kind: Kind) {
    let desk = Desk::open(kind).await;
    let none = "is read, so no notice goes";
    let added = desk.ask("absence add --user kamil --from 2090-01-02 --until 2090-01-05 --notice").stderr;
    assert!(added.contains(none) && !added.contains("R88"), "{added}");
    assert!(desk.ask("absence show 1").stdout.contains(none));
    assert_eq!(desk.asked("absence show 1")["mailbox_missing"], true);
    let kamil = desk.user("kamil").await.0;
    let pages = Pages::of(&desk.company.config, NOW).await;
    let page = pages.get(kamil, "/absences/1").await.body;
    assert!(page.contains("No mailbox of this person is read here"), "{page}");
    pages.close().await;
    assert!(!desk.ask("absence edit 1 --no-notice").stderr.contains(none));
    assert!(!desk.ask("absence show 1").stdout.contains(none));
    let anna = desk.ask("absence add --user anna --from 2090-01-02 --until 2090-01-05 --notice").stderr;
    assert!(!anna.contains(none) && anna.contains("R88"), "{anna}");
    assert!(!desk.ask("absence show 2").stdout.contains(none));

    desk.ask("absence end 1");
    let listed = desk.ask("absence list --all").stdout;
    let ends = |word: &str| listed.lines().any(|line| line.trim_end().ends_with(word));
    assert!(ends(" called off") && !ends(" over"), "{listed}");
    let all = desk.asked("absence list --all");
    let called_off: Vec<_> = all.as_array().unwrap().iter().filter(|one| one["called_off"] == true).collect();
    assert!(matches!(called_off.as_slice(), [one] if one["id"] == 1), "{all}");
    desk.end().await;
}

async fn a_mail_that_was_answered_and_is_blocked_since_is_traced_as_answered(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    let letter = Letter::default();
    desk.gets(&letter).await.unwrap();
    let file = desk.company.file("jan.eml", std::str::from_utf8(&letter.bytes()).unwrap());
    let trace = || desk.ask(&format!("trace {file}")).stdout;
    assert!(trace().contains("A notice of Anna Nowak's absence was made"), "{}", trace());
    assert_eq!(desk.ask(&format!("block add {} --as anna --remove-stored", letter.from)).code, Some(0));
    assert_eq!(desk.company.number("select count(*) from mails"), 0, "a block takes the mail away");
    let told = trace();
    assert!(told.contains("A notice of Anna Nowak's absence was made") && told.contains("when it came"), "{told}");
    assert!(!told.contains("would go"), "{told}");
    desk.end().await;
}

async fn moments_are_told_in_a_zone_that_is_named(kind: Kind) {
    let office = Office::with(kind, |config| config.zone = "America/New_York".into());
    office.ok(&format!("absence add --user anna --from {} --until {} --notice", day(-1), day(3)));
    // 2026-11-20T23:30:00Z.
    office.company.rows("update mailboxes set responder = 'sieve', responder_at = 1795217400000 where name = 'anna'");
    let check = office.run("check").stdout;
    assert!(check.contains("2026-11-20 18:30 (America/New_York)") && !check.contains("23:30"), "{check}");
    let status = office.ok("notice status");
    assert!(status.contains("2026-11-20 18:30 (America/New_York)"), "{status}");
    // Adam's own zone came with the import of users; the absence's is Anna's.
    office.company.rows("update users set zone = 'Europe/Warsaw' where login in ('adam', 'anna')");
    assert!(office.ok("notice status --as adam").contains("2026-11-21 00:30 (Europe/Warsaw)"));
    office.company.rows("update absences set zone = 'Europe/Warsaw'");
    assert!(office.ok("absence show 1").contains("2026-11-21 00:30 (Europe/Warsaw)"));
    office.ok("notice stop");
    assert!(office.run("check").stdout.contains("(America/New_York)"));
}

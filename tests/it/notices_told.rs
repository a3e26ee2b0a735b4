//! What people are told of notices, on both databases: what the record says was named is what was sent (R76, R80),
//! which part of a rule kept one back (R1, R46, R51), what the server said of one that was refused (R50), and what
//! a preview, an explanation and a dry run say (R81).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::notices_texts::{Desk, Letter, NOW};
use crate::support::firm::Kind;
use crate::support::office::on_both;
use serde_json::Value;
use standin::intake::context_of;
use standin::intake::notices::{Of, Sight, preview};
use standin::model::address::Address;
use standin::model::id::{MailId, MailboxId};
use standin::model::notice::{Reason, Verdict};
use standin::model::time::{DAY, HOUR};
use standin::store::keys::Keys;
use standin::store::{people, views};

on_both! {
    a_notice_whose_line_was_left_out_names_the_substitute_all_the_same
    whoever_stands_in_is_not_told_of_the_absence_they_cover
    a_second_mail_is_told_what_became_of_the_first_notice
    the_limit_that_was_reached_is_named
    an_explanation_says_first_what_forbids_and_then_only_what_is_true
    a_preview_answers_the_latest_mail_that_the_client_wrote_themselves
    a_dry_run_does_not_say_that_somebody_was_told
    the_owner_of_a_mailbox_sees_what_was_decided_of_a_mail_on_no_record
    what_was_not_asked_is_not_told_to_have_passed
    what_was_decided_of_a_mail_stays_with_it_when_it_is_taken_away_and_comes_back
    a_preview_of_a_later_absence_names_who_stands_in_then
    who_says_to_be_a_colleague_and_is_not_checked_is_not_called_false
}

impl Desk {
    fn says(&self, text: &str) -> String {
        let outcome = self.company.call(text.split(' ')).run();
        assert_eq!(outcome.code, Some(0), "{text}: {outcome:?}");
        outcome.stdout
    }

    fn told(&self, text: &str) -> Value {
        serde_json::from_str(&self.says(&format!("{text} --json"))).unwrap()
    }

    fn one(&self, sql: &str) -> String {
        self.company.rows(sql).concat()
    }
}

/// Another mail of Jan's.
fn again(id: &str) -> Letter<'_> {
    Letter { id, ..Letter::default() }
}

/// The part of the rule that was decided for the newest mail.
const PART: &str = "select part from notice_decisions where mail_id = (select max(id) from mails)";

async fn a_notice_whose_line_was_left_out_names_the_substitute_all_the_same(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|entered| {
        entered.last_day = None;
        entered.notice_texts.insert("en".into(), "Write to {substitute} ({substitute_mail}) until {until}.".into());
    })
    .await;
    let english = Letter { more: "Content-Language: en\r\n", ..Letter::default() };
    let text = desk.gets(&english).await.unwrap();
    for wanted in ["automatic reply", "Anna Nowak is away.", "not known yet", "Piotr Lis: piotr@firma.example"] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
    let named = "select u.login from notice_decisions d join users u on u.id = d.substitute_id";
    assert_eq!(desk.one(named), "piotr");
    assert_eq!(desk.one(&named.replace("notice_decisions", "notices")), "piotr");
    desk.end().await;
}

async fn whoever_stands_in_is_not_told_of_the_absence_they_cover(kind: Kind) {
    let desk = Desk::with(kind, |company| company.config.notice.internal = true, &[]).await;
    desk.away(|entered| entered.substitute = Some("kamil".into())).await;
    // Kamil is named by another address of his than the one from which he writes.
    let kamil = Letter { from: "kamil@firma.test", path: "kamil@firma.test", ..Letter::default() };
    assert_eq!(desk.gets(&kamil).await, Err("R32".into()));
    desk.end().await;
}

async fn a_second_mail_is_told_what_became_of_the_first_notice(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    desk.gets(&Letter::default()).await.unwrap();
    for (n, (state, part)) in
        [("queued", "waits"), ("refused", "failed"), ("gave-up", "failed"), ("unclear", "unclear"), ("sent", "")]
            .into_iter()
            .enumerate()
    {
        let settled = if state == "queued" { "null" } else { "1" };
        desk.company.rows(&format!(
            "update outbox set state = '{state}', settled_at = {settled}, answer = '550 5.1.1 <jan@acme-x.test> unknown'"
        ));
        let id = format!("again-{n}");
        assert_eq!(desk.gets(&again(&id)).await, Err("R46".into()), "{state}");
        assert_eq!(desk.one(PART), part, "{state}");
    }
    desk.company.rows("update outbox set state = 'refused', settled_at = 1");
    // The person reads the server's words, an admin its number: the words may name the client.
    let mine = desk.says("notice log --user anna --since 2026-11-01 --as anna");
    assert!(mine.contains("refused (550 5.1.1 <jan@acme-x.test> unknown)"), "{mine}");
    assert!(mine.contains("was tried and not delivered; it is not tried again. (R46)"), "{mine}");
    let theirs = desk.says("notice log --user anna --since 2026-11-01 --as adam");
    assert!(theirs.contains("refused (550)") && !theirs.contains("jan@"), "{theirs}");
    let told = desk.told("notice log --user anna --since 2026-11-01 --as adam");
    assert!(told.as_array().unwrap().iter().all(|line| line["answer"].is_null() && line["mail"].is_null()), "{told}");
    // Another absence right after goes on with the ledger: they were told of the one before.
    desk.company.rows("update outbox set state = 'sent'");
    desk.company.rows(&format!(
        "update absences set first_day = '2026-11-18', last_day = '2026-11-18', starts_at = {}, ends_at = {}",
        NOW.plus(-2 * DAY).0,
        NOW.plus(-HOUR).0
    ));
    // So it would with one that nobody entered yet, which a preview assumes.
    assert_eq!(assumed(&desk, "jan@acme-x.test").await, Verdict::Withhold(Reason::ToldBefore));
    desk.away(|entered| entered.first_day = "2026-11-20".parse().unwrap()).await;
    assert_eq!(desk.gets(&again("new")).await, Err("R46".into()));
    assert_eq!(desk.one(PART), "before");
    desk.end().await;
}

/// What Anna's preview for a client says a moment after the mails of this file came.
async fn assumed(desk: &Desk, client: &str) -> Verdict {
    let keys = Keys::load(&desk.company.config.data_dir).unwrap();
    let mailbox = MailboxId(
        desk.company.number("select m.id from mailboxes m join users u on u.id = m.user_id where u.login = 'anna'"),
    );
    let context = context_of(&desk.company.config, &keys, mailbox);
    let mut tx = desk.instance.db.read().await.unwrap();
    let client = Address::parse(client).unwrap();
    let seen = preview(&mut tx, &context, Of::Next, &client, (Sight(None), true), NOW.plus(2 * HOUR)).await;
    seen.unwrap().unwrap().verdict
}

async fn the_limit_that_was_reached_is_named(kind: Kind) {
    let desk = Desk::with(kind, |company| company.config.notice.domain_day = 1, &[]).await;
    desk.away(|_| {}).await;
    desk.gets(&Letter::default()).await.unwrap();
    let ola = Letter { from: "ola@acme-x.test", path: "ola@acme-x.test", id: "b", ..Letter::default() };
    assert_eq!(desk.gets(&ola).await, Err("R51".into()));
    let log = desk.says("notice log --user anna --since 2026-11-01");
    assert!(log.contains("As many notices as are allowed in a day went to the sender's domain. (R51)"), "{log}");
    desk.company.rows("update notice_switch set stopped_by = 'person', stopped_at = 1 where id = 1");
    let third = Letter { id: "c", ..Letter::default() };
    assert_eq!(desk.gets(&third).await, Err("R1".into()));
    let told = desk.told("notice log --user anna --since 2026-11-01");
    let parts: Vec<&str> = told.as_array().unwrap().iter().filter_map(|line| line["reason"]["part"].as_str()).collect();
    assert!(parts.contains(&"stopped") && parts.contains(&"domain"), "{told}");
    desk.end().await;
}

async fn an_explanation_says_first_what_forbids_and_then_only_what_is_true(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    desk.gets(&Letter { stamp: "", ..Letter::default() }).await.unwrap();
    let mail = desk.company.number("select max(id) from mails");
    let said = desk.says(&format!("notice explain {mail}"));
    assert!(said.contains("R36  passed   No result of the mail server denies the sender's address"), "{said}");
    assert!(said.contains("R37  passed   The mail server gave no result"), "{said}");
    assert!(said.contains("R21  passed   It carries no fields of a mailing list"), "{said}");
    let listed = Letter { id: "list", more: "List-Id: <pumps.acme-x.test>\r\n", ..Letter::default() };
    assert_eq!(desk.gets(&listed).await, Err("R21".into()));
    let mail = desk.company.number("select max(id) from mails");
    let said = desk.says(&format!("notice explain {mail}"));
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        lines[0].ends_with("no notice: It carries fields of a mailing list or newsletter (List-…). (R21)"),
        "{said}"
    );
    assert!(lines[1].starts_with("  R21  forbids  "), "{said}");
    let first_passed = lines.iter().position(|line| line.contains(" passed ")).unwrap();
    assert!(lines[first_passed..].iter().all(|line| !line.contains(" forbids ")), "{said}");
    let told = desk.told(&format!("notice explain {mail}"));
    let rules = told["people"][0]["rules"].as_array().unwrap();
    let of = |rule: &str| rules.iter().find(|one| one["rule"] == rule).unwrap()["pl"].as_str().unwrap().to_owned();
    assert_eq!(of("R36"), "Serwer poczty potwierdza adres nadawcy (SPF, DKIM, DMARC).");
    desk.end().await;
}

async fn a_preview_answers_the_latest_mail_that_the_client_wrote_themselves(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    let letter = |id, subject| Letter { id, subject, ..Letter::default() };
    desk.came(&letter("real", "Pumps")).await;
    let real = desk.company.number("select max(id) from mails");
    desk.came(&Letter { stamp: "fail", ..letter("forged", "Forged") }).await;
    desk.came(&Letter { more: "Auto-Submitted: auto-replied\r\n", ..letter("away", "Out of office") }).await;
    let told = desk.told("notice preview --for jan@acme-x.test --user anna");
    assert_eq!((&told["mail"], &told["goes"]), (&real.into(), &true.into()), "{told}");
    // Where everything of theirs was forged or automatic, an ordinary mail is taken.
    desk.came(&Letter { from: "ola@acme-x.test", path: "ola@acme-x.test", stamp: "fail", ..letter("o", "Forged") })
        .await;
    let told = desk.told("notice preview --for ola@acme-x.test --user anna");
    assert_eq!((&told["mail"], &told["goes"]), (&Value::Null, &true.into()), "{told}");
    // Whatever keeps it back, what it would say stands there too.
    let crowd = "Cc: ".to_owned() + &(0..30).map(|n| format!("c{n}@x.test")).collect::<Vec<_>>().join(",") + "\r\n";
    desk.came(&Letter { more: &crowd, ..letter("crowd", "Everybody") }).await;
    let said = desk.says("notice preview --for jan@acme-x.test --user anna");
    assert!(
        said.contains("(R12)") && said.contains("Else it would say:") && said.contains("Named: Piotr Lis."),
        "{said}"
    );
    desk.end().await;
}

async fn a_dry_run_does_not_say_that_somebody_was_told(kind: Kind) {
    let desk = Desk::open(kind).await;
    for id in ["one", "two"] {
        desk.came(&Letter { id, ..Letter::default() }).await;
    }
    let told = desk.told("notice try --mailbox anna");
    assert_eq!((&told["notices"], &told["mails"][0]["reason"]["part"]), (&1.into(), &"trial".into()), "{told}");
    let said = desk.says("notice try --mailbox anna");
    assert!(said.contains("nobody counts as told before it") && !said.contains("already told"), "{said}");
    desk.end().await;
}

async fn what_was_not_asked_is_not_told_to_have_passed(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    desk.gets(&Letter::default()).await.unwrap();
    let newest = |desk: &Desk| desk.company.number("select max(id) from mails");
    assert_eq!(desk.gets(&Letter { more: "X-Spam-Flag: YES\r\n", ..again("spam") }).await, Err("R35".into()));
    let said = desk.says(&format!("notice explain {}", newest(&desk)));
    assert!(said.contains("  R46, R51, R57: not asked; what was sent before is counted only where"), "{said}");
    assert!(!said.contains("R46  passed") && !said.contains("R51  passed"), "{said}");
    assert_eq!(desk.gets(&again("second")).await, Err("R46".into()));
    let said = desk.says(&format!("notice explain {}", newest(&desk)));
    assert!(
        said.contains("R46  forbids  A notice to this sender waits") && said.contains("R51, R57: not asked"),
        "{said}"
    );
    // A trace names the part of the rule, too.
    desk.company.rows("update notice_switch set stopped_by = 'person', stopped_at = 1 where id = 1");
    assert_eq!(desk.gets(&again("third")).await, Err("R1".into()));
    let said = desk.says(&format!("trace {}", newest(&desk)));
    assert!(said.contains("goes: All notices are stopped by hand. (rule R1 of docs/rules.md)"), "{said}");
    desk.end().await;
}

async fn what_was_decided_of_a_mail_stays_with_it_when_it_is_taken_away_and_comes_back(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    desk.gets(&Letter::default()).await.unwrap();
    desk.says("block add jan@acme-x.test --as anna --remove-stored");
    assert_eq!(desk.company.number("select count(*) from mails"), 0);
    desk.says("block remove jan@acme-x.test --as anna");
    desk.came(&Letter::default()).await;
    let mail = desk.company.number("select max(id) from mails");
    let said = desk.says(&format!("notice explain {mail}"));
    assert!(said.contains("Anna Nowak: a notice was made: "), "{said}");
    assert_eq!(desk.company.number("select count(*) from notice_decisions where mail_id is null"), 0);
    let said = desk.says(&format!("trace {mail}"));
    assert!(!said.contains("(R6)") && !said.contains("rule R6"), "{said}");
    desk.end().await;
}

async fn a_preview_of_a_later_absence_names_who_stands_in_then(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.came(&Letter::default()).await;
    // Piotr, who will stand in, is away now, and Kamil is for him; then Piotr is back.
    let now = standin::commands::now();
    let day = |days: i64| now.plus(days * DAY).to_utc().date_naive();
    desk.away(|entered| {
        entered.user = "piotr".into();
        (entered.first_day, entered.last_day) = (day(-1), Some(day(3)));
        entered.substitute = Some("kamil".into());
    })
    .await;
    let named = async |from: i64, until: i64| {
        desk.company.rows("delete from absences where user_id = (select id from users where login = 'anna')");
        desk.away(|entered| (entered.first_day, entered.last_day) = (day(from), Some(day(until)))).await;
        let said = desk.says("notice preview --for jan@acme-x.test --user anna");
        said.lines().find_map(|line| line.split_once("Named: ").map(|(_, name)| name.to_owned())).unwrap_or(said)
    };
    assert_eq!(named(10, 14).await, "Piotr Lis.");
    assert_eq!(named(2, 14).await, "Kamil Bąk.");
    desk.end().await;
}

async fn who_says_to_be_a_colleague_and_is_not_checked_is_not_called_false(kind: Kind) {
    let desk = Desk::with(kind, |company| company.config.notice.internal = true, &[]).await;
    desk.away(|_| {}).await;
    let kamil = Letter { from: "kamil@firma.test", path: "kamil@firma.test", stamp: "", ..Letter::default() };
    assert_eq!(desk.gets(&kamil).await, Err("R37".into()));
    let forged = Letter { stamp: "fail", id: "forged", ..kamil };
    desk.gets(&forged).await.unwrap_err();
    assert_eq!(desk.company.rows("select reason from notice_decisions order by reason"), ["R36", "R37"]);
    desk.end().await;
}

async fn the_owner_of_a_mailbox_sees_what_was_decided_of_a_mail_on_no_record(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    assert_eq!(desk.gets(&Letter { stamp: "fail", ..Letter::default() }).await, Err("R36".into()));
    assert_eq!(desk.company.number("select count(*) from links"), 0, "it stands on no record");
    let mail = MailId(desk.company.number("select max(id) from mails"));
    let mut seen = Vec::new();
    for login in ["anna", "kamil", "adam"] {
        let user = desk.user(login).await;
        let mut tx = desk.instance.db.read().await.unwrap();
        let world = people::world(&mut tx, &desk.company.config.rights(), NOW).await.unwrap();
        let scope = people::scope(&mut tx, user, &world, NOW.plus(DAY)).await.unwrap();
        let message = views::message(&mut tx, &scope, mail).await.unwrap();
        seen.push(message.map(|message| message.notices.into_iter().map(|one| one.reason).collect::<Vec<_>>()));
    }
    assert_eq!(seen, [Some(vec!["R36".to_owned()]), None, None]);
    desk.end().await;
}

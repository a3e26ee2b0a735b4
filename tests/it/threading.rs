//! How mails hang together, through the whole way in and on both databases: what joins them and what does
//! not, where a mail stands in time, and what removing one leaves (R120 to R133).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::notice_clock::{Desk, at, client};
use crate::support::firm::Kind;
use standin::model::cursor::{Arrival, Role, Why};
use standin::model::id::MailId;
use standin::model::time::{DAY, HOUR, Timestamp};
use standin::store;

macro_rules! on_both {
    ($($sentence:ident)*) => {$(
        mod $sentence {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() { super::$sentence(super::Kind::Sqlite).await }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() { super::$sentence(super::Kind::Postgres).await }
        }
    )*};
}

on_both! {
    a_subject_alone_joins_nothing_and_another_subject_parts_nothing
    a_mail_stands_at_its_own_date_if_that_is_near_its_arrival
    a_mail_without_an_id_is_one_message_everywhere_and_its_surrogate_is_never_sent
    removing_a_mail_leaves_together_what_others_hold_together
}

/// A mail from a client to Anna.
fn mail(n: usize, subject: &str, date: Timestamp, fields: &str) -> Vec<u8> {
    format!(
        "Return-Path: <{from}>\r\nReceived: from x by mx.firma.example; Fri, 20 Feb 2026 11:00:00 +0000\r\nFrom: <{from}>\r\n\
         To: <anna@firma.example>\r\nSubject: {subject}\r\nDate: {date}\r\n{fields}\r\nAbout {subject}.\r\n",
        from = client(n),
        date = date.to_utc().to_rfc2822(),
    )
    .into_bytes()
}

/// Takes it in as history, which no notice answers.
async fn history(desk: &Desk, arrived: Timestamp, raw: Vec<u8>) {
    desk.take("anna", Role::Inbox, Arrival::Backlog(Why::Backfill), arrived, raw).await;
}

/// A number of the mail with this subject.
fn of(desk: &Desk, column: &str, subject: &str) -> i64 {
    desk.company.number(&format!("select {column} from mails where subject = '{subject}'"))
}

async fn a_subject_alone_joins_nothing_and_another_subject_parts_nothing(kind: Kind) {
    let desk = Desk::open(kind).await;
    let now = desk.now();
    let subject = "Delivery of the harbour pumps";
    history(&desk, now, mail(0, subject, now.plus(-HOUR), "Message-ID: <one@acme0.test>\r\n")).await;
    // The same words, from the same client and from another; an answer by its prefix, with no id at all.
    history(&desk, now, mail(0, &format!("Re: {subject}"), now, "Message-ID: <two@acme0.test>\r\n")).await;
    history(&desk, now, mail(1, &format!("AW: {subject}"), now, "Message-ID: <three@acme1.test>\r\n")).await;
    let first = of(&desk, "thread_id", subject);
    assert_ne!(of(&desk, "thread_id", &format!("Re: {subject}")), first);
    assert_ne!(of(&desk, "thread_id", &format!("AW: {subject}")), first);
    // Other words, and the first mail's id.
    let fields = "Message-ID: <four@acme0.test>\r\nReferences: <one@acme0.test>\r\n";
    history(&desk, now, mail(0, "Something else", now, fields)).await;
    assert_eq!(of(&desk, "thread_id", "Something else"), first);
    desk.close().await;
}

async fn a_mail_stands_at_its_own_date_if_that_is_near_its_arrival(kind: Kind) {
    let desk = Desk::open(kind).await;
    let arrived = at("2026-02-19T10:00:00Z");
    let cases = [
        (arrived.plus(-7 * DAY), true),
        (arrived.plus(-7 * DAY - 1000), false),
        (arrived.plus(DAY), true),
        (arrived.plus(DAY + 1000), false),
        (at("1999-01-01T00:00:00Z"), false),
    ];
    for (n, (date, believed)) in cases.into_iter().enumerate() {
        let subject = format!("case {n}");
        history(&desk, arrived, mail(0, &subject, date, &format!("Message-ID: <case{n}@acme0.test>\r\n"))).await;
        assert_eq!(of(&desk, "at", &subject), if believed { date.0 } else { arrived.0 }, "{}", date.rfc3339());
    }
    desk.close().await;
}

async fn a_mail_without_an_id_is_one_message_everywhere_and_its_surrogate_is_never_sent(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away("anna", "2026-02-20", None).await;
    let now = desk.now().plus(HOUR);
    desk.set(now);
    let raw = mail(0, "no id", now, "");
    for mailbox in ["anna", "anna-home"] {
        desk.take(mailbox, Role::Inbox, Arrival::Live, now, raw.clone()).await;
    }
    assert_eq!(desk.company.rows("select coalesce(message_id, 'none') from mails where subject = 'no id'"), ["none"]);
    let hex = desk.company.rows("select {hex:bytes} from outbox");
    assert_eq!(hex.len(), 1);
    let bytes: Vec<u8> =
        (0..hex[0].len() / 2).map(|n| u8::from_str_radix(&hex[0][n * 2..n * 2 + 2], 16).unwrap()).collect();
    let notice = String::from_utf8(bytes).unwrap();
    assert!(!notice.contains("In-Reply-To") && !notice.contains("References"), "{notice}");
    desk.close().await;
}

async fn removing_a_mail_leaves_together_what_others_hold_together(kind: Kind) {
    let desk = Desk::open(kind).await;
    let now = desk.now();
    history(&desk, now, mail(0, "root", now.plus(-3 * HOUR), "Message-ID: <a@acme0.test>\r\n")).await;
    let fields = "Message-ID: <b@acme1.test>\r\nReferences: <a@acme0.test>\r\n";
    history(&desk, now, mail(1, "middle", now.plus(-2 * HOUR), fields)).await;
    let fields = "Message-ID: <c@acme0.test>\r\nReferences: <a@acme0.test> <b@acme1.test>\r\n";
    history(&desk, now, mail(0, "last", now.plus(-HOUR), fields)).await;
    let thread = of(&desk, "thread_id", "root");
    let mut tx = desk.instance.db.write().await.unwrap();
    let middle = MailId(of(&desk, "id", "middle"));
    store::removal::expire(&mut tx, &desk.instance.keys, &[middle], now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.company.number("select count(*) from mails where subject = 'middle'"), 0);
    assert_eq!((of(&desk, "thread_id", "root"), of(&desk, "thread_id", "last")), (thread, thread));
    // What comes after it and names it finds the thread still, and a rebuilt one is the same.
    let fields =
        "Message-ID: <d@acme1.test>\r\nIn-Reply-To: <b@acme1.test>\r\nReferences: <a@acme0.test> <b@acme1.test>\r\n";
    history(&desk, now, mail(1, "after", now, fields)).await;
    for subject in ["root", "last", "after"] {
        assert_eq!(of(&desk, "thread_id", subject), of(&desk, "thread_id", "root"), "{subject}");
    }
    desk.close().await;
}

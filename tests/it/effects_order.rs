//! P3 for what automatic mail means: the same set of mails in any order and in batches of any size, read again,
//! gives the same threads, links and flags. On both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::order::{Desk, NOW};
use crate::support::firm::{Kind, Names, full, same};
use crate::support::letters::Letter;
use crate::support::proxy::scrambled;
use standin::actions::actor::Actor;
use standin::actions::automatic;
use standin::model::id::RecordId;
use standin::model::time::DAY;
use standin::store;
use std::collections::BTreeSet;

/// A letter below its own fields; addresses are written as short names in braces.
fn letter(
    mailbox: &'static str,
    folder: &'static str,
    minute: i64,
    id: &str,
    from: &str,
    to: &str,
    rest: &str,
) -> Letter {
    let names = Names::plain();
    let at = minute * 60_000;
    let date = NOW.plus(-2 * DAY + at).to_utc().to_rfc2822();
    let text = format!(
        "From: {}\nTo: {}\nDate: {date}\nMessage-ID: <{id}@x.test>\n{rest}",
        names.address(from),
        names.address(to)
    );
    Letter { mailbox, folder, at, bytes: text.replace('\n', "\r\n").into_bytes() }
}

fn report(minute: i64, id: &str, original: &str, to: &str, (status, words): (&str, &str)) -> Letter {
    let to = Names::plain().address(to);
    let rest = format!(
        "Return-Path: <>\nSubject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nSorry.\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.relay.test\n\nFinal-Recipient: rfc822; {to}\n\
         Action: failed\nStatus: {status}\nDiagnostic-Code: smtp; {words}\n\n--b\nContent-Type: message/rfc822\n\n\
         {original}To: {to}\nSubject: x\n\nx\n\n--b--\n"
    );
    letter("kamil", "INBOX", minute, id, "MAILER-DAEMON@relay", "kamil", &rest)
}

/// Mails of ours, notices, departures, reports (of ours and forged ones), answers by people, and an answer to
/// an id that only a report ties to our mail.
fn story(seed: u64) -> Vec<Letter> {
    let contacts = ["c2@beta", "c5@beta", "c8@beta"];
    let hard = ("5.1.1", "550 5.1.1 User unknown");
    let soft = ("4.4.2", "421 4.4.2 Connection timed out");
    let mut all = Vec::new();
    for n in 0..9_i64 {
        let dice = |of: u64, salt: u64| scrambled(seed ^ salt, n as u64) % of;
        let contact = contacts[n as usize % 3];
        let start = n * 60;
        let id = format!("o{n}");
        all.push(letter("kamil", "Sent", start, &id, "kamil", contact, "Subject: Offer [OP-1002]\n\nWhich day?\n"));
        let answers = format!("In-Reply-To: <{id}@x.test>\nReferences: <{id}@x.test>\nAuto-Submitted: auto-replied\n");
        let text = match dice(4, 1) {
            0 => "I am out of office until 4 December 2026. Please contact Ewa Lis <ewa@beta-x.test>.",
            1 => "I am out of office.",
            2 => "I am out of the office until further notice.",
            _ => "I am out of office until 25 November 2026.",
        };
        let subject = if dice(5, 2) == 0 { "No longer works here" } else { "Automatic reply: Offer" };
        let text = if subject.starts_with("No") { "Contact no longer works at Beta." } else { text };
        let rest = format!("Return-Path: <>\nSubject: {subject}\n{answers}\n{text}\n");
        all.push(letter("kamil", "INBOX", start + 5 + dice(40, 3) as i64, &format!("v{n}"), contact, "kamil", &rest));
        let original = format!("Message-ID: <{id}@x.test>\n");
        if dice(2, 4) == 0 {
            let how = if dice(3, 5) == 0 { hard } else { soft };
            all.push(report(start + 3 + dice(50, 6) as i64, &format!("b{n}"), &original, contact, how));
        }
        if dice(3, 7) == 0 {
            let other = contacts[(n as usize + 1) % 3];
            all.push(report(start + 9, &format!("f{n}"), &original, other, hard));
        }
        if dice(3, 8) == 0 {
            let original = format!("Message-ID: <w{n}@service.test>\nX-Google-Original-Message-ID: <{id}@x.test>\n");
            all.push(report(start + 20, &format!("r{n}"), &original, contact, soft));
            let rest = format!("Subject: Re: x\nIn-Reply-To: <w{n}@service.test>\n\nWords.\n");
            all.push(letter("kamil", "INBOX", start + 30, &format!("a{n}"), "other@beta", "kamil", &rest));
        }
        if dice(3, 9) == 0 {
            let rest = format!("Subject: Re: Offer\nIn-Reply-To: <{id}@x.test>\n\nWords {n}.\n");
            all.push(letter(
                "kamil",
                "INBOX",
                start + 2 + dice(55, 10) as i64,
                &format!("h{n}"),
                contact,
                "kamil",
                &rest,
            ));
        }
    }
    all.push(report(8 * 60 + 59, "last", "Message-ID: <o8@x.test>\n", contacts[2], hard));
    all
}

impl Desk {
    /// What holds of every contact, by name, in words that depend on no row's number.
    async fn flags(&self) -> Vec<String> {
        let mut tx = self.instance.db.read().await.unwrap();
        let world = store::people::world(&mut tx, &Default::default(), NOW).await.unwrap();
        let actor = Actor::load(&mut tx, None, &world, NOW).await.unwrap();
        let scope = automatic::reading(&mut tx, &actor).await.unwrap();
        let ids = self.company.rows("select id from records where kind = 'contact'");
        let ids: Vec<RecordId> = ids.iter().map(|id| RecordId(id.parse().unwrap())).collect();
        let reach = automatic::reach(&mut tx, &scope, &ids, chrono_tz::Europe::Warsaw, NOW).await.unwrap();
        let named = |id: i64, what: &str| {
            self.company.rows(&format!(
                "select {what} from {} where id = {id}",
                match what {
                    "name" => "records",
                    _ => "mails",
                }
            ))
        };
        let mut all = Vec::new();
        for (record, reach) in reach {
            let mut text = format!("{:?} {reach:?}", named(record.0, "name"));
            let mails: BTreeSet<i64> =
                text.split("MailId(").skip(1).map(|rest| rest.split(')').next().unwrap().parse().unwrap()).collect();
            for mail in mails {
                text = text.replace(&format!("MailId({mail})"), &named(mail, "message_id").concat());
            }
            all.push(text);
        }
        all.sort();
        all
    }
}

async fn any_order(kind: Kind, seed: u64, orders: u64) {
    let letters = story(seed);
    let mut expected: Option<(Vec<String>, Vec<String>)> = None;
    for order in 0..orders {
        let desk = Desk::open(kind, &letters).await;
        crate::order::import(&desk.instance.db, "opportunities", crate::linking::NUMBERS, None).await;
        desk.take_all(order).await;
        // Everything is read once more.
        let again: Vec<usize> = (0..letters.len()).filter(|n| n % 3 == 0).collect();
        for n in again {
            desk.take(&[n]).await;
        }
        desk.read_again().await;
        let found = (desk.company.dump(), desk.flags().await);
        desk.close().await;
        let Some(expected) = &expected else {
            let text = found.1.join("\n");
            assert!(text.contains("away: Some") && text.contains("AddressState"), "{text}");
            expected = Some(found);
            continue;
        };
        same(&format!("mail of seed {seed} in order {order} on {kind:?}"), &expected.0, &found.0);
        same(&format!("flags of seed {seed} in order {order} on {kind:?}"), &expected.1, &found.1);
    }
}

#[tokio::test]
async fn what_machines_say_means_the_same_in_any_order_on_sqlite() {
    for seed in 0..if full() { 10 } else { 2 } {
        any_order(Kind::Sqlite, seed, if full() { 20 } else { 8 }).await;
    }
}

#[tokio::test]
async fn what_machines_say_means_the_same_in_any_order_on_postgres() {
    any_order(Kind::Postgres, 1, if full() { 12 } else { 4 }).await;
}

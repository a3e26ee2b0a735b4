//! Records that rules make: a lead for an unknown sender, an opportunity for a client who has none. They go
//! to people in turn and never to anybody away (S11); what comes again makes nothing; nobody gains sight
//! of other mailboxes by it (P12). On both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::firm::{Company, Kind};
use crate::support::scene::{day, set_up};
use standin::intake::{Clock, Found, Shared, Signals, prepare};
use standin::model::cursor::{Arrival, Role, Seen, Why};
use standin::model::time::{HOUR, SECOND, Timestamp};
use standin::store;
use standin::store::instance::{Instance, Use};
use std::sync::Arc;

/// A mail to somebody of ours.
#[derive(Clone)]
struct Letter {
    mailbox: &'static str,
    from: &'static str,
    id: String,
    subject: &'static str,
    more: &'static str,
    arrival: Arrival,
}

fn from(from: &'static str, id: &str, subject: &'static str) -> Letter {
    Letter { mailbox: "anna", from, id: id.to_owned(), subject, more: "", arrival: Arrival::Live }
}

impl Letter {
    fn bytes(&self, at: Timestamp) -> Vec<u8> {
        let (date, domain) = (at.to_utc().to_rfc2822(), self.from.rsplit('@').next().unwrap().trim_end_matches('>'));
        format!(
            "Authentication-Results: mx.firma.example; dmarc=pass header.from={domain}\r\nFrom: {}\r\n\
             To: <{}@firma.example>\r\nSubject: {}\r\nDate: {date}\r\nMessage-ID: <{}>\r\n{}\r\nWe need pumps.\r\n",
            self.from, self.mailbox, self.subject, self.id, self.more
        )
        .into_bytes()
    }
}

fn company(kind: Kind) -> Company {
    set_up(kind, |config| {
        config.notice.authserv_id = "mx.firma.example".into();
        config.language = "en".into();
    })
}

/// Takes each of these mails in as a batch of its own, or all of one mailbox as one.
fn take(company: &Company, letters: &[Letter], together: bool) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let now = Timestamp(crate::support::company::now().timestamp_millis());
        let instance = Instance::open(&company.config, Use::Work).await.unwrap();
        let config = Arc::new(company.config.clone());
        let shared = Shared::new(&instance, config, Clock::new(move || now), Signals::default());
        let batches: Vec<&[Letter]> = if together { vec![letters] } else { letters.chunks(1).collect() };
        for batch in batches {
            let name = batch[0].mailbox;
            let (account, row) = shared.mailboxes().await.unwrap().into_iter().find(|(a, _)| a.name == name).unwrap();
            let intake = shared.reader(&account, row.id).await.unwrap().unwrap().intake;
            let mut tx = instance.db.write().await.unwrap();
            let folder = store::folders::ensure(&mut tx, row.id, "INBOX", Role::Inbox).await.unwrap().id;
            store::folders::begin_epoch(&mut tx, folder, 7, 1, 10_000, 1).await.unwrap();
            let mut found = Vec::new();
            for letter in batch {
                let uid = company.number("select count(*) + 1 from locations") as u32 + found.len() as u32;
                let at = now.plus(-i64::from(1_000 - uid) * SECOND);
                let raw = letter.bytes(at);
                let seen = Seen { uid, size: 1, internal_date: Some(at), flags: Vec::new(), modseq: None };
                store::locations::insert_pending(&mut tx, folder, 1, &[seen], letter.arrival, now).await.unwrap();
                let location = store::locations::states(&mut tx, folder, 1, uid, uid).await.unwrap()[0].0;
                let (role, arrival, internal_at) = (Role::Inbox, letter.arrival, Some(at));
                found.push(Found { location, folder, role, arrival, internal_at, flags: Vec::new(), raw });
            }
            tx.commit().await.unwrap();
            intake.settle(prepare(found, &intake.context.keys, &intake.context.notice.policy, now)).await.unwrap();
            let mut tx = instance.db.write().await.unwrap();
            store::mailboxes::release(&mut tx, row.id, intake.context.fence).await.unwrap();
            tx.commit().await.unwrap();
        }
        instance.db.close().await;
    });
}

fn ok(company: &Company, line: &str) -> String {
    company.call(line.split(' ')).succeed().stdout
}

const LEADS: &str = "[[rule]]\nname = \"New clients\"\nstate = \"on\"\nall = [{ field = \"subject\", contains = \"pumps\" }]\n\
                     [rule.then]\ncreate = \"lead\"\nassign = [\"anna\", \"piotr\", \"kamil\"]\n";

/// The records that rules made: kind, name, owner's login, confidential or not.
fn made(company: &Company) -> Vec<String> {
    company.rows(
        "select r.kind || ' ' || r.name || ' ' || u.login || case when r.confidential then ' confidential' else '' end \
         from ruled_records m join records r on r.id = m.record_id join users u on u.id = r.owner_id order by r.id",
    )
}

/// What the mails of the test regard; not those that the firm has from before.
fn regarded(company: &Company) -> Vec<String> {
    let all = company.rows(
        "select m.message_id || ' ' || coalesce(r.name, '-') from mails m left join records r on r.id = m.regarding_id \
         order by m.message_id",
    );
    all.into_iter().filter(|row| !["pipes", "pumps", "valves"].iter().any(|old| row.starts_with(old))).collect()
}

fn leads(kind: Kind) {
    let company = company(kind);
    let file = company.file("rules.toml", LEADS);
    ok(&company, &format!("rules import {file} --yes"));
    ok(&company, &format!("absence add --user piotr --from {} --until {} --substitute kamil", day(-1), day(5)));
    let strangers: [&'static str; 4] =
        ["Ola Wrona <ola@one.test>", "Jan Bór <jan@two.test>", "ida@three.test", "Ewa <ewa@four.test>"];
    let mut letters: Vec<Letter> =
        (0..).zip(strangers).map(|(n, who)| from(who, &format!("{n}@x.test"), "pumps wanted")).collect();
    letters.push(Letter { more: "Auto-Submitted: auto-generated\r\n", ..from("robot@five.test", "m@x.test", "pumps") });
    letters.push(Letter { arrival: Arrival::Backlog(Why::Backfill), ..from("old@six.test", "o@x.test", "pumps") });
    letters.push(from("jan@acme.test", "known@x.test", "pumps, again"));
    letters.push(from("vera@seven.test", "v@x.test", "valves"));
    take(&company, &letters, false);
    // In turn, and to nobody away; a machine, history, a client who is known and other subjects make nothing.
    let names = ["lead Ola Wrona anna", "lead Jan Bór kamil", "lead ida@three.test kamil", "lead Ewa anna"];
    assert_eq!(made(&company), names);
    let on: Vec<String> = regarded(&company).into_iter().filter(|row| !row.starts_with("known")).collect();
    assert_eq!(on, ["0@x.test Ola Wrona", "1@x.test Jan Bór", "2@x.test ida@three.test", "3@x.test Ewa"]);
    // The same mail in another mailbox and the next one of the same sender make nothing, and stand there.
    let copy = Letter { mailbox: "kamil", ..letters[0].clone() };
    take(&company, &[copy, from("Ola Wrona <ola@one.test>", "next@x.test", "More pumps")], false);
    assert_eq!(made(&company).len(), 4);
    assert!(regarded(&company).contains(&"next@x.test Ola Wrona".to_owned()), "{:?}", regarded(&company));
    // Mail of that sender in other mailboxes, for which the rule says nothing, is not shown by it (P12).
    take(&company, &[Letter { mailbox: "kamil", ..from("ola@one.test", "secret@x.test", "Between us") }], false);
    assert!(!regarded(&company).iter().any(|row| row.starts_with("secret")), "{:?}", regarded(&company));
    // All in one batch: one lead for a sender.
    let twice = [from("rob@eight.test", "e1@x.test", "pumps"), from("rob@eight.test", "e2@x.test", "pumps, too")];
    take(&company, &twice, true);
    assert_eq!(made(&company).len(), 5);
    let of_rob = regarded(&company).into_iter().filter(|row| row.ends_with(" rob@eight.test")).count();
    assert_eq!(of_rob, 2);
    // It says why.
    let mail = company.number("select id from mails where message_id = 'next@x.test'");
    let told = ok(&company, &format!("trace {mail}"));
    assert!(told.contains("New clients") && told.contains("it regards the lead made for ola@one.test"), "{told}");
    let file = company.file(
        "new.eml",
        &String::from_utf8(from("neu@nine.test", "n@x.test", "pumps").bytes(Timestamp(HOUR))).unwrap(),
    );
    let told = ok(&company, &format!("trace {file} --mailbox anna"));
    assert!(told.contains("would make the lead `neu@nine.test` for it"), "{told}");
    assert_eq!(made(&company).len(), 5, "a trace makes nothing");
}

#[test]
fn leads_made_by_rules_go_to_people_in_turn_and_to_nobody_away_on_both_databases() {
    leads(Kind::Sqlite);
    leads(Kind::Postgres);
}

fn everybody_away(kind: Kind) {
    let company = company(kind);
    let rules = LEADS.replace("\"anna\", \"piotr\", \"kamil\"", "\"anna\"") + "confidential = true\n";
    let file = company.file("rules.toml", &rules);
    ok(&company, &format!("rules import {file} --yes"));
    ok(&company, &format!("absence add --user anna --from {} --until {} --substitute piotr", day(-1), day(5)));
    take(&company, &[from("ola@one.test", "1@x.test", "pumps")], false);
    // Whoever stands in gets it.
    assert_eq!(made(&company), ["lead ola@one.test piotr confidential"]);
    // Names that are nobody's are refused when the rule is saved.
    let file = company.file("wrong.toml", &LEADS.replace("\"anna\"", "\"nobody\", \"team:None\""));
    let refused = company.call(["rules", "import", &file, "--yes"]).run();
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let said = refused.stderr;
    assert!(said.contains("called `nobody`") && said.contains("called `team:None`"), "{said}");
}

#[test]
fn where_all_whom_a_rule_names_are_away_the_substitute_gets_the_lead_on_both_databases() {
    everybody_away(Kind::Sqlite);
    everybody_away(Kind::Postgres);
}

fn opportunities(kind: Kind) {
    let company = company(kind);
    let rules = LEADS.replace("lead", "opportunity").replace("New clients", "Asked");
    let file = company.file("rules.toml", &rules);
    ok(&company, &format!("rules import {file} --yes"));
    // Acme's only deal is closed: the next question is a new one.
    company.rows("update records set status = 'won' where kind = 'opportunity' and account_id = (select id from records where external_id = 'acme')");
    let question = from("jan@acme.test", "1@x.test", "Re: pumps for the new hall");
    take(&company, &[question, from("jan@acme.test", "2@x.test", "and other pumps")], true);
    assert_eq!(made(&company), ["opportunity pumps for the new hall anna"]);
    assert_eq!(regarded(&company), ["1@x.test pumps for the new hall", "2@x.test pumps for the new hall"]);
    // A client with an open deal, and a stranger, have none made.
    take(&company, &[from("bo@beta.test", "3@x.test", "pumps"), from("who@ever.test", "4@x.test", "pumps")], false);
    assert_eq!(made(&company).len(), 1);
}

#[test]
fn an_opportunity_is_made_for_a_client_who_has_none_open_on_both_databases() {
    opportunities(Kind::Sqlite);
    opportunities(Kind::Postgres);
}

//! Whom our own server believes (R36, R37, R84), with a real one: a Postfix that stamps what SPF, DKIM
//! and DMARC say, by the records of made-up domains; Dovecot behind it; the program as people run it.
//!
//! The client's server has an address of its own on loopback and signs what it sends; whoever forges
//! the client's mail writes from another address and cannot sign.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::company::{Company, Kind, next_friday, now, today};
use crate::support::postfix::{AUTHSERV_ID, Postfix, Signer};
use std::net::Ipv4Addr;

/// The client's server, as its SPF record says.
const THEIRS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Somebody else's server.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);

macro_rules! on_both {
    ($($sentence:ident)*) => {
        mod on_sqlite {
            $(#[test] fn $sentence() { super::$sentence(super::Kind::Sqlite) })*
        }
        mod on_postgresql {
            $(#[test] fn $sentence() { super::$sentence(super::Kind::Postgres) })*
        }
    };
}

on_both! {
    a_genuine_client_is_answered_by_its_server_or_by_its_signature
    a_forged_mail_gets_no_notice_and_reaches_no_record
    an_unstamped_mail_is_not_answered_where_the_server_stamps_as_a_rule
    a_stranger_is_answered_only_where_all_who_are_authenticated_are
    the_substitute_for_a_deal_is_named_only_to_its_authenticated_participant
}

/// The company of the story behind a server that stamps, with Ola for a second contact at Acme.
struct Stamped {
    company: Company,
    signer: Signer,
}

impl Stamped {
    fn found(kind: Kind, notice: &str) -> Stamped {
        let signer = Signer::new();
        let company = Company::found_with(kind, |dovecot, own, client| {
            let records = format!(
                "{client} v=spf1 ip4:{THEIRS} -all\n_dmarc.{client} v=DMARC1; p=reject\n\
                 mail._domainkey.{client} {key}\n{own} v=spf1 -all\n_dmarc.{own} v=DMARC1; p=reject\n\
                 evil-{client} v=spf1 ip4:{ELSEWHERE} -all\n_dmarc.evil-{client}\n",
                key = signer.record,
            );
            Postfix::stamping(dovecot, &records)
        });
        company.configure(|text| format!("{text}\n[notice]\nauthserv_id = {AUTHSERV_ID:?}\n{notice}"));
        let rows = format!("external_id,name,owner,account,emails\nola,Ola Lis,anna,acme,ola@{}\n", company.client);
        let file = company.folder.write("ola.csv", rows);
        company.standin(&["import", "contacts"]).arg(file).succeed();
        company.anna_wrote();
        Stamped { company, signer }
    }

    /// Anna is away and the program runs.
    fn with_anna_away(kind: Kind, notice: &str) -> Stamped {
        let mut stamped = Stamped::found(kind, notice);
        stamped.company.away("anna", "piotr");
        stamped.company.start();
        stamped
    }

    /// A mail to Anna in the offer's thread; `more` is further header lines.
    fn letter(&self, from: &str, id: &str, more: &str) -> Vec<u8> {
        let company = &self.company;
        format!(
            "{more}From: <{from}>\r\nTo: Anna Nowak <anna@{own}>\r\nSubject: Re: Acme pumps: our offer\r\n\
             Date: {date}\r\nMessage-ID: <{id}@{client}>\r\nReferences: <offer@{own}>\r\n\r\nCan you deliver by March?\r\n",
            own = company.own,
            client = company.client,
            date = now().to_rfc2822(),
        )
        .into_bytes()
    }

    fn anna(&self) -> String {
        self.company.own_address("anna")
    }

    /// The one notice that lies in a client's mailbox, its text readable.
    #[track_caller]
    fn notice(&self, client: &str) -> String {
        let mails = self.company.dovecot.wait_for(client, "INBOX", 1);
        assert_eq!(mails.len(), 1, "{client} got {} mails", mails.len());
        String::from_utf8(mails[0].clone()).unwrap().replace("=\r\n", "")
    }

    /// What our server wrote on the mail that came last.
    #[track_caller]
    fn stamp(&self, count: usize) -> String {
        let mails = self.company.dovecot.wait_for(&self.anna(), "INBOX", count);
        let text = String::from_utf8(mails.last().unwrap().clone()).unwrap().replace("\r\n\t", " ");
        let stamps: Vec<&str> = text.lines().filter(|line| line.starts_with("Authentication-Results:")).collect();
        assert_eq!(stamps.len(), 1, "{text}");
        assert!(stamps[0].starts_with("Authentication-Results: mail.example;"), "{text}");
        stamps[0].to_owned()
    }
}

fn a_genuine_client_is_answered_by_its_server_or_by_its_signature(kind: Kind) {
    let stamped = Stamped::with_anna_away(kind, "");
    let company = &stamped.company;
    let (jan, ola, anna) = (company.client_address("jan"), company.client_address("ola"), stamped.anna());
    company.postfix.send_from(THEIRS, &jan, &anna, &stamped.letter(&jan, "one", ""));
    let stamp = stamped.stamp(1);
    assert!(stamp.contains("spf=pass") && stamp.contains("dmarc=pass") && stamp.contains("dkim=none"), "{stamp}");
    assert_eq!(company.wait_for_decisions(1), ["anna send"]);
    // What a forwarder passed on, or a server that the record forgot, is believed by its signature.
    let signed = stamped.signer.sign(&company.client, &stamped.letter(&ola, "two", ""));
    company.postfix.send_from(ELSEWHERE, &ola, &anna, &signed);
    let stamp = stamped.stamp(2);
    assert!(stamp.contains("spf=fail") && stamp.contains("dkim=pass") && stamp.contains("dmarc=pass"), "{stamp}");
    assert_eq!(company.wait_for_decisions(2), ["anna send", "anna send"]);
    for client in [&jan, &ola] {
        let notice = stamped.notice(client);
        assert!(
            notice.starts_with("Return-Path: <>\r\n") && notice.contains("Auto-Submitted: auto-replied"),
            "{notice}"
        );
    }
}

fn a_forged_mail_gets_no_notice_and_reaches_no_record(kind: Kind) {
    let stamped = Stamped::with_anna_away(kind, "");
    let company = &stamped.company;
    let (jan, anna) = (company.client_address("jan"), stamped.anna());
    // Written elsewhere, with our server's own words already on it.
    let forged = format!("Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from={}\r\n", company.client);
    company.postfix.send_from(ELSEWHERE, &jan, &anna, &stamped.letter(&jan, "forged", &forged));
    let stamp = stamped.stamp(1);
    assert!(stamp.contains("spf=fail") && stamp.contains("dmarc=fail"), "{stamp}");
    assert_eq!(company.wait_for_decisions(1), ["anna silent R36"]);
    // Signed by the client's server, and changed on the way.
    let signed = stamped.signer.sign(&company.client, &stamped.letter(&jan, "changed", ""));
    let changed = String::from_utf8(signed).unwrap().replace("by March", "to another address");
    company.postfix.send_from(ELSEWHERE, &jan, &anna, changed.as_bytes());
    let stamp = stamped.stamp(2);
    assert!(stamp.contains("dkim=fail") && stamp.contains("dmarc=fail"), "{stamp}");
    company.wait_for_decisions(2);
    // From a domain that is believed, in the client's name.
    let evil = format!("jan@evil-{}", company.client);
    company.postfix.send_from(ELSEWHERE, &evil, &anna, &stamped.letter(&jan, "unaligned", ""));
    let stamp = stamped.stamp(3);
    assert!(stamp.contains("spf=pass") && stamp.contains("dmarc=fail"), "{stamp}");
    company.wait_for_decisions(3);
    // In a colleague's name.
    let kamil = company.own_address("kamil");
    company.postfix.send_from(ELSEWHERE, &kamil, &anna, &stamped.letter(&kamil, "colleague", ""));
    let expected = ["anna silent R36", "anna silent R36", "anna silent R39", "anna silent R33"];
    assert_eq!(company.wait_for_decisions(4), expected);
    assert_eq!(company.sql("select count(*) from outbox"), "0");
    assert_eq!(company.dovecot.count(&jan, "INBOX"), 0);
    // A known id from a false sender is no more than a suggestion (R131).
    let timeline = company.timeline("pumps", "anna").unwrap();
    let subjects: Vec<&str> =
        timeline["entries"].as_array().unwrap().iter().map(|e| e["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["Acme pumps: our offer"]);
}

fn an_unstamped_mail_is_not_answered_where_the_server_stamps_as_a_rule(kind: Kind) {
    let stamped = Stamped::with_anna_away(kind, "");
    let company = &stamped.company;
    let (jan, ola, anna) = (company.client_address("jan"), company.client_address("ola"), stamped.anna());
    for n in 0..19 {
        company.postfix.send_from(THEIRS, &ola, &anna, &stamped.letter(&ola, &format!("n{n}"), ""));
    }
    company.wait_for_decisions(19);
    // Past Postfix, and so past whoever stamps: the twentieth, which makes 95 of 100.
    company.dovecot.deliver(&jan, &anna, &stamped.letter(&jan, "unstamped", ""));
    assert_eq!(company.wait_for_decisions(20).last().unwrap(), "anna silent R37");
    assert_eq!(company.dovecot.count(&jan, "INBOX"), 0);
}

fn a_stranger_is_answered_only_where_all_who_are_authenticated_are(kind: Kind) {
    let stamped = Stamped::with_anna_away(kind, "audience = \"authenticated\"\n");
    let company = &stamped.company;
    let (stranger, anna) = (format!("jan@evil-{}", company.client), stamped.anna());
    company.dovecot.add_user(&stranger);
    // Unstamped, by a server that has not stamped anything yet.
    company.dovecot.deliver(&stranger, &anna, &stamped.letter(&stranger, "first", ""));
    assert_eq!(company.wait_for_decisions(1), ["anna silent R37"]);
    company.postfix.send_from(THEIRS, &stranger, &anna, &stamped.letter(&stranger, "second", ""));
    assert_eq!(company.wait_for_decisions(2)[1], "anna silent R36");
    company.postfix.send_from(ELSEWHERE, &stranger, &anna, &stamped.letter(&stranger, "third", ""));
    assert_eq!(company.wait_for_decisions(3)[2], "anna send");
    // Nobody whom we do not know gets their own words back (R73).
    let notice = stamped.notice(&stranger);
    assert!(notice.contains("\r\nSubject: Automatic reply\r\n") && !notice.contains("pumps"), "{notice}");
}

fn the_substitute_for_a_deal_is_named_only_to_its_authenticated_participant(kind: Kind) {
    let mut stamped = Stamped::found(kind, "");
    let company = &mut stamped.company;
    // Ola takes part in the deal too: Anna wrote to her of it.
    let offer = format!(
        "From: Anna Nowak <anna@{own}>\r\nTo: Ola Lis <ola@{client}>\r\nSubject: Acme pumps: our offer\r\n\
         Date: {date}\r\nMessage-ID: <offer-2@{own}>\r\nReferences: <offer@{own}>\r\n\r\nDear Ola, as I wrote to Jan.\r\n",
        own = company.own,
        client = company.client,
        date = (now() - chrono::Duration::days(2)).to_rfc2822(),
    );
    company.dovecot.append(&company.own_address("anna"), "Sent", offer.as_bytes());
    let (first, last) = (today().pred_opt().unwrap().to_string(), next_friday(today()).to_string());
    let call =
        ["absence", "add", "--notice", "--user", "anna", "--substitute", "piotr", "--except", "account:Acme=kamil"];
    company.standin(&call).arg("--from").arg(&first).arg("--until").arg(&last).succeed();
    company.start();
    let (jan, ola) = (company.client_address("jan"), company.client_address("ola"));
    let (piotr, kamil) = (company.own_address("piotr"), company.own_address("kamil"));
    let (company, anna) = (&stamped.company, stamped.anna());
    // Both are known and take part. Nobody vouches that this is Jan.
    company.dovecot.deliver(&jan, &anna, &stamped.letter(&jan, "unstamped", ""));
    assert_eq!(company.wait_for_decisions(1), ["anna send"]);
    let notice = stamped.notice(&jan);
    assert!(notice.contains(&piotr) && !notice.contains(&kamil), "{notice}");
    company.postfix.send_from(THEIRS, &ola, &anna, &stamped.letter(&ola, "stamped", ""));
    assert_eq!(company.wait_for_decisions(2)[1], "anna send");
    let notice = stamped.notice(&ola);
    assert!(notice.contains(&kamil) && !notice.contains(&piotr), "{notice}");
}

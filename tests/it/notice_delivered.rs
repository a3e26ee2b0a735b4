//! What a client of Anna's really gets, read from the client's own mailbox: the bytes that Postfix
//! delivered and Dovecot keeps, field by field, in the client's language (R62 to R79).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::company::{Company, Kind, next_friday, now, today};
use chrono::{DateTime, Datelike, Days, NaiveDate};
use mail_parser::MessageParser;

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
    every_client_gets_the_right_text_in_their_language
}

/// A client who writes to Anna.
struct Client {
    /// Local part.
    local: &'static str,
    /// Display name, as it stands in the header.
    name: &'static str,
    /// What else stands in the header of their mail.
    more: &'static str,
    /// In which language they are answered.
    language: &'static str,
    /// Subject of their mail, as it stands in the header, and what is given back of it.
    subject: (&'static str, &'static str),
}

const CLIENTS: [Client; 3] = [
    Client {
        local: "jan",
        name: "=?utf-8?Q?Jan_Wo=C5=BAniak?=",
        more: "Content-Language: pl-PL\r\n",
        language: "pl",
        subject: (
            "=?utf-8?B?WmFtw7N3aWVuaWUgcG9tcCBkbyBXxIVjaG9ja2EgaSA=?=\r\n =?utf-8?B?ZGFsc3p5Y2ggcGnEmWNpdSB6YWvFgmFkw7N3?=",
            "Zamówienie pomp do Wąchocka i dalszych pięciu zakładów",
        ),
    },
    Client {
        local: "ola",
        name: "\"Lis, Ola\"",
        more: "Accept-Language: en-GB, pl;q=0.4\r\n",
        language: "en",
        subject: ("Re: Delivery of the pumps", "Delivery of the pumps"),
    },
    // Says nothing of a language: the company's.
    Client { local: "ewa", name: "Ewa", more: "", language: "en", subject: ("Invoice 7/2026", "Invoice 7/2026") },
];

fn every_client_gets_the_right_text_in_their_language(kind: Kind) {
    let mut company = Company::found(kind);
    let mut rows = String::from("external_id,name,owner,account,emails\n");
    for client in CLIENTS.iter().skip(1) {
        let address = company.client_address(client.local);
        company.dovecot.add_user(&address);
        rows += &format!("c-{},{} SECRET,anna,acme,{address}\n", client.local, client.local);
    }
    let file = company.folder.write("clients.csv", rows);
    company.standin(&["import", "contacts"]).arg(file).succeed();
    company.anna_wrote();
    company.away("anna", "piotr");
    company.start();
    for client in &CLIENTS {
        write(&company, client);
    }
    company.wait_for_decisions(CLIENTS.len());
    company.wait_until_all_is_sent();
    // What the program said meanwhile names ids and rules, and nobody and nothing else (R89).
    let said = company.running().said();
    for word in ["SEKRET", "Woźniak", "Invoice", "Delivery of", company.client.as_str()] {
        assert!(!said.contains(word), "{word} in {said}");
    }
    assert!(said.contains("notice decided"), "{said}");
    for client in &CLIENTS {
        let mails = company.dovecot.wait_for(&company.client_address(client.local), "INBOX", 1);
        assert_eq!(mails.len(), 1);
        let raw = String::from_utf8(mails[0].clone()).expect("it is ASCII");
        is_well_formed(&raw);
        has_the_fields(&company, client, &raw);
        says(&company, client, &raw);
    }
}

/// A mail of the client's to Anna, in the thread of her offer.
fn write(company: &Company, client: &Client) {
    let mail = format!(
        "From: {name} <{local}@{domain}>\r\nTo: Anna <anna@{own}>, sales@{own}\r\nSubject: {subject}\r\nDate: {date}\r\n\
         Message-ID: <{local}-1@{domain}>\r\nIn-Reply-To: <offer@{own}>\r\nReferences: <first@{own}>\r\n <offer@{own}>\r\n\
         {more}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSEKRET: kiedy pompy?\r\n",
        name = client.name,
        local = client.local,
        domain = company.client,
        own = company.own,
        subject = client.subject.0,
        date = now().to_rfc2822(),
        more = client.more,
    );
    company.postfix.send(&company.client_address(client.local), &company.own_address("anna"), mail.as_bytes());
}

/// Header and body as they may travel anywhere: seven bits, short lines, each ended by CRLF.
fn is_well_formed(raw: &str) {
    assert!(raw.starts_with("Return-Path: <>\r\n"), "{raw}");
    assert!(raw.is_ascii() && raw.ends_with("\r\n"), "{raw}");
    assert_eq!(raw.matches('\n').count(), raw.matches("\r\n").count(), "{raw}");
    assert_eq!(raw.matches('\r').count(), raw.matches("\r\n").count(), "{raw}");
    let ours = raw.split_once("\r\nFrom: ").expect("a From field").1;
    for line in ours.split("\r\n") {
        // An id cannot be folded.
        let id = line.starts_with("Message-ID: <") || line.contains(": <") || line.starts_with(" <");
        assert!(line.len() <= 76 || (id && line.matches('<').count() == 1 && line.len() < 250), "{line}");
    }
    for word in raw.split([' ', '\r', '\n']).filter(|word| word.starts_with("=?")) {
        assert!(word.len() <= 75 && word.ends_with("?=") && word.starts_with("=?utf-8?"), "{word}");
    }
}

/// The fields in their order, unfolded.
fn fields(raw: &str) -> Vec<(String, String)> {
    let head = raw.split_once("\r\n\r\n").expect("an empty line").0.replace("\r\n ", " ").replace("\r\n\t", " ");
    head.split("\r\n")
        .map(|line| line.split_once(": ").map(|(a, b)| (a.to_owned(), b.to_owned())).expect(line))
        .collect()
}

fn has_the_fields(company: &Company, client: &Client, raw: &str) {
    let all = fields(raw);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let from = names.iter().position(|name| *name == "From").unwrap();
    let added = ["Return-Path", "Delivered-To", "Received"];
    assert!(names[..from].iter().all(|name| added.contains(name)), "{names:?}");
    let ours = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Precedence",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];
    assert_eq!(names[from..], ours, "{raw}");
    let value = |name: &str| all.iter().find(|(n, _)| n == name).unwrap().1.as_str();
    let (own, domain, local) = (&company.own, &company.client, client.local);
    assert_eq!(value("From"), format!("Anna Nowak <anna@{own}>"));
    assert!(value("To").ends_with(&format!("<{local}@{domain}>")) && value("To").matches('@').count() == 1, "{raw}");
    assert_eq!(value("In-Reply-To"), format!("<{local}-1@{domain}>"));
    assert_eq!(value("References"), format!("<first@{own}> <offer@{own}> <{local}-1@{domain}>"));
    assert_eq!(value("Auto-Submitted"), "auto-replied");
    assert_eq!(value("X-Auto-Response-Suppress"), "All");
    assert_eq!(value("Content-Type"), "text/plain; charset=utf-8");
    assert_eq!(value("Content-Transfer-Encoding"), "quoted-printable");
    let sent = DateTime::parse_from_rfc2822(value("Date")).unwrap();
    assert!((now() - sent.to_utc()).num_seconds().abs() < 120, "{}", value("Date"));
    let id = value("Message-ID");
    let left = id.strip_suffix(&format!("@{own}>")).unwrap_or_else(|| panic!("{id}"));
    assert!(!left.contains("anna") && !left.contains(local) && left.len() > 20, "{id}");
    let read = MessageParser::new().parse(raw.as_bytes()).unwrap();
    let (indication, name) = match client.language {
        "pl" => ("Automatyczna odpowiedź: ", "Jan Woźniak"),
        _ if local == "ola" => ("Auto: ", "Lis, Ola"),
        _ => ("Auto: ", "Ewa"),
    };
    assert_eq!(read.subject(), Some(format!("{indication}{}", client.subject.1).as_str()));
    assert_eq!(read.to().unwrap().first().unwrap().name(), Some(name));
}

fn says(company: &Company, client: &Client, raw: &str) {
    let read = MessageParser::new().parse(raw.as_bytes()).unwrap();
    let text = read.body_text(0).unwrap().into_owned();
    let last = next_friday(today());
    let back = last.checked_add_days(Days::new(3)).unwrap();
    let (own, others) = match client.language {
        "pl" => ("automatyczna odpowiedź", ["automatic reply", "is away"]),
        _ => ("automatic reply", ["automatyczna", "pracy"]),
    };
    let piotr = company.own_address("piotr");
    let words = ["Anna Nowak", "Piotr Zieliński", piotr.as_str(), own];
    for word in words.into_iter().map(str::to_owned).chain([last, back].map(|day| in_words(day, client.language))) {
        assert!(text.contains(&word), "no {word:?} in {text}");
    }
    // Nothing of the mail, of other people on it, of records.
    for word in others.into_iter().chain(["SEKRET", "SECRET", "sales@", "OP-1042", "Acme pumps"]) {
        assert!(!raw.contains(word) && !text.contains(word), "{word:?} in {text}");
    }
    assert!(text.len() <= 2048 && read.attachment_count() == 0 && !raw.contains("text/html"));
}

/// As a notice writes a date: weekday, month in words, year (R77).
fn in_words(day: NaiveDate, language: &str) -> String {
    if language == "en" {
        return day.format("%A, %-d %B %Y").to_string();
    }
    let months = [
        "stycznia",
        "lutego",
        "marca",
        "kwietnia",
        "maja",
        "czerwca",
        "lipca",
        "sierpnia",
        "września",
        "października",
        "listopada",
        "grudnia",
    ];
    let days = ["poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"];
    let (month, weekday) = (months[day.month0() as usize], days[day.weekday().num_days_from_monday() as usize]);
    format!("{} {month} {} r. ({weekday})", day.day(), day.year())
}

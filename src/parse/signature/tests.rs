use super::*;
use crate::model::found::Detail::*;
use proptest::prelude::*;

fn ours() -> HashSet<String> {
    HashSet::from(["firma.test".to_owned()])
}

fn of(from: &str, text: &str) -> Vec<(Detail, String)> {
    let raw = format!("From: {from}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}");
    let found = writer(&super::super::parse(raw.as_bytes()), &ours());
    found.into_iter().map(|f| (f.detail, f.value)).collect()
}

struct Case {
    from: &'static str,
    text: &'static str,
    wanted: &'static [(Detail, &'static str)],
}

/// Mails made for this, with what a person would take from each.
const CASES: &[Case] = &[
    Case {
        from: "Jan Nowak <jan.nowak@acme.pl>",
        text: "Dzień dobry,\n\nproszę o ofertę.\n\nPozdrawiam,\nJan Nowak\nKierownik działu zakupów\nAcme Sp. z o.o.\nul. Prosta 12/3, 00-850 Warszawa\ntel. 22 123 45 67\ntel. kom. 601 234 567\nNIP: 526-025-09-95\nwww.acme.pl\n",
        wanted: &[
            (Name, "Jan Nowak"),
            (Company, "Acme Sp. z o.o."),
            (Role, "Kierownik działu zakupów"),
            (Phone, "+48 22 123 45 67"),
            (Mobile, "+48 601 234 567"),
            (Address, "ul. Prosta 12/3, 00-850 Warszawa"),
            (City, "Warszawa"),
            (Web, "www.acme.pl"),
            (Tax, "5260250995"),
        ],
    },
    Case {
        from: "\"Kowalska, Ewa\" <ekowalska@beta.com.pl>",
        text: "Witam,\nwszystko się zgadza.\n\nZ poważaniem\nEwa Kowalska | Specjalista ds. sprzedaży\nBETA S.A.\nal. Jerozolimskie 100\n02-001 Warszawa\nM: +48 602 345 678 | F: +48 22 111 22 33\nhttps://beta.com.pl\n",
        wanted: &[
            (Name, "Ewa Kowalska"),
            (Company, "BETA S.A."),
            (Role, "Specjalista ds. sprzedaży"),
            (Mobile, "+48 602 345 678"),
            (Address, "al. Jerozolimskie 100, 02-001 Warszawa"),
            (City, "Warszawa"),
            (Web, "https://beta.com.pl"),
        ],
    },
    Case {
        from: "John Smith <john@gamma.co.uk>",
        text: "Hello,\n\nplease send the price list.\n\nBest regards,\n\nJohn Smith\nSales Manager\nGamma Ltd.\n221 Baker Street, London NW1 6XE\nTel: 020 7946 0958\nMobile: 07911 123456\nwww.gamma.co.uk\n",
        wanted: &[
            (Name, "John Smith"),
            (Company, "Gamma Ltd."),
            (Role, "Sales Manager"),
            (Phone, "+44 20 7946 0958"),
            (Mobile, "+44 7911 123456"),
            (Address, "221 Baker Street, London NW1 6XE"),
            (City, "London"),
            (Web, "www.gamma.co.uk"),
        ],
    },
    Case {
        from: "piotr@delta.pl",
        text: "Proszę o kontakt.\n-- \nPiotr Zieliński\nDelta Sp. j.\n+48 22 355 66 77\n",
        wanted: &[(Name, "Piotr Zieliński"), (Company, "Delta Sp. j."), (Phone, "+48 22 355 66 77")],
    },
    Case {
        from: "Anna Wójcik <anna.wojcik@gmail.com>",
        text: "Dzień dobry, dziękuję za spotkanie.\nPozdrawiam serdecznie\nAnna Wójcik\nkom. 509 876 543\n",
        wanted: &[(Name, "Anna Wójcik"), (Mobile, "+48 509 876 543")],
    },
    Case {
        from: "Max Muster <max@eps.de>",
        text: "Hello,\nwe agree.\n\nKind regards\nMax Muster\nManaging Director\nEpsilon GmbH\nHauptstraße 5\n10115 Berlin\nPhone +49 30 901820\n",
        wanted: &[
            (Name, "Max Muster"),
            (Company, "Epsilon GmbH"),
            (Role, "Managing Director"),
            (Phone, "+49 30 901820"),
            (Address, "Hauptstraße 5, 10115 Berlin"),
            (City, "Berlin"),
        ],
    },
    // Numbers of accounts, dates and orders in the text are no phones; the text is no signature.
    Case {
        from: "Jan Nowak <jan@acme.pl>",
        text: "Dzień dobry, zamówienie 600 123 456 z 2026-11-20 na konto 61 1090 1014 0000 0712 1981 2874.\n\nPozdrawiam\nJan Nowak\nREGON 012345678\nKonto: 61 1090 1014 0000 0712 1981 2874\n",
        wanted: &[(Name, "Jan Nowak")],
    },
    // What is quoted is not the writer's, however it is quoted.
    Case {
        from: "Jan Nowak <jan@acme.pl>",
        text: "Zgoda.\n\nW dniu 20.11.2026 o 10:00, Ewa Lis <ewa@inna.pl> napisał(a):\n> Pozdrawiam\n> Ewa Lis\n> Inna Sp. z o.o.\n> tel. 22 999 88 77\n",
        wanted: &[(Name, "Jan Nowak")],
    },
    Case {
        from: "Jan Nowak <jan@acme.pl>",
        text: "Zgoda.\n\nPozdrawiam\nAnna Kowalska\nFirma Sp. z o.o.\ntel. 22 555 44 33\nanna@firma.test\n",
        wanted: &[(Name, "Jan Nowak")],
    },
];

#[test]
fn signatures_made_for_this_are_read_as_a_person_reads_them() {
    let (mut right, mut wrong, mut missed) = (0, Vec::new(), Vec::new());
    for case in CASES {
        let found = of(case.from, case.text);
        for (detail, value) in &found {
            match case.wanted.iter().any(|(d, v)| d == detail && v == value) {
                true => right += 1,
                false => wrong.push((case.from, *detail, value.clone())),
            }
        }
        let has = |(d, v): &&(Detail, &str)| found.iter().any(|(detail, value)| detail == d && value == v);
        missed.extend(case.wanted.iter().filter(|w| !has(w)).map(|(d, v)| (case.from, *d, *v)));
    }
    assert!(wrong.is_empty() && missed.is_empty(), "{right} right\nwrong: {wrong:#?}\nmissed: {missed:#?}");
}

#[test]
fn a_mail_of_ours_says_nothing_of_a_client() {
    assert_eq!(of("Anna Kowalska <anna@firma.test>", "Pozdrawiam\nAnna Kowalska\ntel. 22 555 44 33\n"), []);
}

#[test]
fn each_field_says_where_it_was_found() {
    let raw = "From: Jan Nowak <jan@acme.pl>\n\nZgoda.\n\nPozdrawiam\nJan Nowak\ntel. 22 123 45 67\n";
    let found = writer(&super::super::parse(raw.as_bytes()), &ours());
    assert_eq!(found[0].place, Place::Header);
    assert_eq!(found[1].place, Place::Signature("tel. 22 123 45 67".into()));
}

#[test]
fn numbers_that_people_type_become_what_is_dialled_abroad() {
    assert_eq!(phone("22 123 45 67").as_deref(), Some("+48 22 123 45 67"));
    assert_eq!(phone("0048 601-234-567").as_deref(), Some("+48 601 234 567"));
    assert_eq!(phone("12"), None);
    assert_eq!(phone("call me"), None);
}

proptest! {
    #[test]
    fn any_text_is_read(text in ".{0,400}", lines in proptest::collection::vec("[ -~ąćęłńóśźż+@.:|/0-9]{0,60}", 0..12)) {
        of("Jan <jan@acme.pl>", &format!("{text}\n\nPozdrawiam\n{}", lines.join("\n")));
    }
}

//! The demo, played whole: two clients of Anna's, one Polish and one English, write to her while she is away, and
//! what they got is looked at here once more, in the files that Dovecot made of what Postfix delivered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::Folder;
use mail_parser::{HeaderValue, MessageParser};
use std::process::Command;

/// A client of the demo, and what of their mail returns in the notice.
struct Client {
    name: &'static str,
    address: &'static str,
    subject: &'static str,
    references: Vec<&'static str>,
}

/// Plays the demo in a language, and looks at what each of its two clients got.
fn plays(language: &str, clients: [(&str, Client); 2]) {
    let kept = Folder::new();
    let demo = Command::new("./demo")
        .args(["--check", "--language", language, "--keep", kept.path().to_str().unwrap()])
        .env("STANDIN_DEMO_PROGRAM", env!("CARGO_BIN_EXE_standin"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&demo.stdout);
    assert!(demo.status.success(), "{said}{}", String::from_utf8_lossy(&demo.stderr));
    assert!(said.contains("All of it came true"), "{said}");
    for (language, client) in &clients {
        let raw = std::fs::read(kept.path().join(format!("{language}.eml"))).unwrap();
        is_the_notice(&raw, language, client);
    }
}

fn is_the_notice(raw: &[u8], language: &str, client: &Client) {
    let text = String::from_utf8(raw.to_vec()).unwrap().replace("\r\n", "\n");
    assert!(text.is_ascii() && text.starts_with("Return-Path: <>\n"), "{text}");
    let (head, _) = text.split_once("\n\n").unwrap();
    let times = |field: &str| head.lines().filter(|line| *line == field).count();
    for field in [
        "Auto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: All",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
    ] {
        assert_eq!(times(field), 1, "{field} in {text}");
    }
    for field in ["Cc:", "Bcc:", "Reply-To:", "List-", "Disposition-Notification-To:", "Resent-"] {
        assert!(!head.lines().any(|line| line.starts_with(field)), "{field} in {text}");
    }
    assert!(text.lines().all(|line| line.len() <= 250), "{text}");
    let read = MessageParser::new().parse(raw).unwrap();
    let person = |found: Option<&mail_parser::Address<'_>>| {
        let all: Vec<_> = found.unwrap().iter().map(|a| (a.name().unwrap_or(""), a.address().unwrap())).collect();
        assert_eq!(all.len(), 1, "{text}");
        (all[0].0.to_owned(), all[0].1.to_owned())
    };
    assert_eq!(person(read.from()), ("Anna Nowak".into(), "anna@wodnik.test".into()));
    assert_eq!(person(read.to()), (client.name.into(), client.address.into()));
    let (prefix, automatic, foreign) = match language {
        "pl" => ("Automatyczna odpowiedź: ", "To jest automatyczna odpowiedź.", "automatic reply"),
        _ => ("Auto: ", "This is an automatic reply.", "automatyczna"),
    };
    assert_eq!(read.subject(), Some(format!("{prefix}{}", client.subject).as_str()));
    let ids = |value: &HeaderValue<'_>| -> Vec<String> {
        match value {
            HeaderValue::Text(id) => vec![id.to_string()],
            HeaderValue::TextList(ids) => ids.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    };
    assert_eq!(ids(read.references()), client.references, "{text}");
    assert_eq!(ids(read.in_reply_to()), client.references[client.references.len() - 1..], "{text}");
    let body = read.body_text(0).unwrap();
    for word in [automatic, "Anna Nowak", "Piotr Zieliński", "piotr@wodnik.test"] {
        assert!(body.contains(word), "no {word} in {body}");
    }
    assert!(!body.contains(foreign), "{body}");
}

#[test]
fn the_demo_played_in_english_tells_each_client_in_their_own_language() {
    let jan = Client {
        name: "Jan Kowalski",
        address: "jan.kowalski@acme.test",
        subject: "Acme: our offer for twelve pumps",
        references: vec!["offer@wodnik.test", "answer@acme.test"],
    };
    let ewa = Client {
        name: "Ewa Lipińska",
        address: "e.lipinska@podlipa.test",
        subject: "Rozruch pomp w grudniu – prośba o termin",
        references: vec!["other@podlipa.test"],
    };
    plays("en", [("en", jan), ("pl", ewa)]);
}

#[test]
fn the_demo_played_in_polish_tells_each_client_in_their_own_language() {
    let jan = Client {
        name: "Jan Kowalski",
        address: "jan.kowalski@acme.test",
        subject: "Acme: oferta na dwanaście pomp",
        references: vec!["offer@wodnik.test", "answer@acme.test"],
    };
    let ingrid = Client {
        name: "Ingrid Holm",
        address: "ingrid.holm@nordicheat.test",
        subject: "Start-up of the pumps in December",
        references: vec!["other@nordicheat.test"],
    };
    plays("pl", [("pl", jan), ("en", ingrid)]);
}

//! What a composed notice holds, and what never reaches it.

use super::*;

fn composed(plan: &Plan) -> Outgoing {
    compose(plan, &policy(), [5; 16], NOW)
}

const FIELDS: &[&str] = &[
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

/// Names of the fields that the bytes hold, read without any mail library.
fn field_names(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    lines.map(|line| line.split_once(':').unwrap().0.to_owned()).collect()
}

#[test]
fn a_notice_carries_exactly_its_fields_and_an_empty_reverse_path() {
    let out = composed(&plan());
    assert_eq!(out.envelope_from, None);
    assert_eq!(out.envelope_to, "Jan@acme-pumps.com");
    assert_eq!(field_names(&out.bytes), FIELDS);
    let text = String::from_utf8(out.bytes.clone()).unwrap();
    for line in [
        "From: Anna Kowalska <anna@firma.pl>",
        "To: Jan Nowak <Jan@acme-pumps.com>",
        "In-Reply-To: <m1@acme-pumps.com>",
        "References: <q7@firma.pl> <m1@acme-pumps.com>",
        "Auto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: All",
        "Precedence: bulk",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(is_ours(&out.message_id, &policy().key));
    assert!(
        text.contains(&format!("Message-ID: <{}>\r\n", out.message_id))
            && out.message_id.as_str().ends_with("@firma.pl")
    );
    let parsed = MessageParser::new().parse(&out.bytes).unwrap();
    assert_eq!(parsed.subject(), Some("Automatyczna odpowiedź: Pompy"));
    assert_eq!(parsed.date().unwrap().to_timestamp() * 1000, NOW.0 - NOW.0 % 1000);
    assert!(parsed.body_text(0).unwrap().contains("Piotr Zieliński: piotr@firma.pl, tel. +48 22 123 45 67."));
}

#[test]
fn a_notice_without_a_thread_has_no_thread_fields() {
    let mut plan = plan();
    plan.in_reply_to = None;
    plan.references.clear();
    let mut plain = policy();
    plain.settings.precedence = false;
    plain.settings.message_id_domain = "Notices.Firma.PL".into();
    let out = compose(&plan, &plain, [5; 16], NOW);
    let names = field_names(&out.bytes);
    assert!(!names.iter().any(|name| ["In-Reply-To", "References", "Precedence"].contains(&name.as_str())));
    assert!(out.message_id.as_str().ends_with("@notices.firma.pl"));
}

#[test]
fn nothing_of_the_mail_but_its_subject_reaches_a_notice() {
    let canary = |n: u32| format!("canary{n}");
    let mut mail = client_mail();
    mail.text.body = canary(1);
    mail.cc = vec![party(&canary(2), &format!("{}@other.pl", canary(3)))];
    mail.reply_to = vec![party(&canary(4), &format!("{}@other.pl", canary(5)))];
    mail.sender = Some(party(&canary(6), &format!("{}@acme-pumps.com", canary(7))));
    mail.to.push(party(&canary(8), &format!("{}@firma.pl", canary(9))));
    mail.attachments =
        vec![Attachment { name: canary(10), content_type: "application/pdf".into(), size: 1, inline: false }];
    header(&mut mail, "x-canary", &canary(11));
    let mut trigger = trigger(&mail);
    trigger.key = canary(12).into_bytes();
    let mut anna = person();
    anna.addresses.push(address(&format!("{}@firma.pl", canary(13))));
    anna.absence.zone = canary(14);
    for language in ["pl", "en", "hu"] {
        trigger.sender.language = Some(language.into());
        let Verdict::Send(plan) = decide(&trigger, &anna, &Ledger::default(), &policy(), NOW) else { panic!() };
        let out = compose(&plan, &policy(), [5; 16], NOW);
        let parsed = MessageParser::new().parse(&out.bytes).unwrap();
        let decoded = format!("{:?} {}", parsed.headers(), parsed.body_text(0).unwrap());
        let raw = String::from_utf8(out.bytes.clone()).unwrap();
        assert!(!decoded.contains("canary") && !raw.contains("canary"), "{decoded}");
    }
}

proptest! {
    #[test]
    fn no_name_subject_or_address_opens_another_field(
        name in "\\PC{0,40}|[\\r\\n\\x00a=?_<>,\"\u{202e} ]{0,40}",
        to_name in proptest::option::of("\\PC{0,40}|[\\r\\n\\x00-\\x1f:a=?UTF8BQ<>,;\"@ ]{0,60}"),
        subject in proptest::option::of("\\PC{0,300}|[\\r\\n\\x00-\\x20Bcc:x@=?utf8BQ ]{0,300}"),
        company in "\\PC{0,60}|[\\r\\n.]{0,20}",
        local in "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}",
        own in proptest::option::of("\\PC{0,200}|[\\r\\n.{}name ]{0,80}"),
    ) {
        let mut plan = plan();
        plan.from.name = Some(name.clone());
        plan.to = format!("{local}@acme-pumps.com");
        plan.to_name = to_name;
        plan.subject = subject;
        plan.substitute.as_mut().unwrap().name = name;
        plan.texts = vec![PlannedText { language: Language::En, own, source: Source::Person }];
        let policy = Policy { company, ..policy() };
        let out = compose(&plan, &policy, [5; 16], NOW);
        prop_assert_eq!(field_names(&out.bytes), FIELDS);
        prop_assert!(out.bytes.iter().all(|b| (0x20..0x7f).contains(b) || *b == b'\r' || *b == b'\n'));
        let text = String::from_utf8(out.bytes.clone()).unwrap();
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        let parsed = MessageParser::new().parse(&out.bytes).unwrap();
        let mailbox = |address: Option<&mail_parser::Address<'_>>| {
            let list = address.unwrap().clone().into_list();
            assert_eq!(list.len(), 1, "{text}");
            list[0].address.clone().unwrap().to_string()
        };
        prop_assert_eq!(mailbox(parsed.from()), "anna@firma.pl");
        prop_assert_eq!(mailbox(parsed.to()), plan.to.clone());
        prop_assert_eq!(parsed.subject().unwrap().trim(), rendered(&plan, &policy).0);
        prop_assert!(parsed.cc().is_none() && parsed.bcc().is_none());
        prop_assert_eq!(parsed.parts.len(), 1);
        let body = rendered(&plan, &policy).1;
        let read = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        prop_assert_eq!(read.trim_end(), body.trim_end());
        prop_assert!(body.len() <= 2048);
    }

    /// R79, with what reads every other mail here: any bytes in a client's name, subject, ids and addresses and
    /// in the names on our side, and the notice still says exactly what was planned.
    #[test]
    fn read_again_a_notice_has_exactly_the_fields_that_were_meant(
        name in proptest::collection::vec(any::<u8>(), 0..80),
        subject in proptest::collection::vec(any::<u8>(), 0..200),
        local in "[!-~]{1,40}",
        id in proptest::collection::vec(any::<u8>(), 1..60),
        ours in "\\PC{0,60}|[\\r\\n\\x00=?_<>,;:\"\u{202e} ]{0,40}",
    ) {
        let no_ends = |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(|b| *b != b'\n' && *b != b'\r').collect() };
        let mut raw = b"Return-Path: <".to_vec();
        raw.extend(local.bytes());
        raw.extend(b"@acme-pumps.com>\r\nReceived: from a by b; Fri, 20 Nov 2026 10:00:00 +0000\r\nFrom: ");
        raw.extend(no_ends(&name));
        raw.extend(b" <");
        raw.extend(local.bytes());
        raw.extend(b"@acme-pumps.com>\r\nTo: <anna@firma.pl>\r\nSubject: ");
        raw.extend(no_ends(&subject));
        raw.extend(b"\r\nMessage-ID: <");
        raw.extend(no_ends(&id));
        raw.extend(b"@acme-pumps.com>\r\n\r\nHello\r\n");
        let mail = parse::parse(&raw);
        let mut anna = person();
        anna.name = ours.clone();
        anna.substitute.as_mut().unwrap().name = ours.clone();
        anna.substitute.as_mut().unwrap().phone = Some(ours);
        let Verdict::Send(plan) = decide(&trigger(&mail), &anna, &Ledger::default(), &policy(), NOW) else {
            return Ok(());
        };
        let out = composed(&plan);
        let again = parse::parse(&out.bytes);
        let expected: Vec<String> = FIELDS
            .iter()
            .filter(|field| !["In-Reply-To", "References"].contains(field) || plan.in_reply_to.is_some())
            .map(|field| field.to_ascii_lowercase())
            .collect();
        let found: Vec<String> = again.headers.0.iter().map(|header| header.name.to_ascii_lowercase()).collect();
        prop_assert_eq!(found, expected);
        let (subject, body) = rendered(&plan, &policy());
        prop_assert_eq!(again.subject.trim(), subject.trim());
        prop_assert_eq!(again.text.body.replace("\r\n", "\n").trim_end().to_owned(), body.trim_end().to_owned());
        let one = |parties: &[Party]| parties.iter().map(|party| party.address.to_string()).collect::<Vec<_>>();
        prop_assert_eq!(one(&again.from), ["anna@firma.pl"]);
        prop_assert_eq!(one(&again.to), [address(&plan.to).to_string()]);
        prop_assert!(again.cc.is_empty() && again.bcc.is_empty() && again.reply_to.is_empty() && again.sender.is_none());
        prop_assert!(again.attachments.is_empty());
        prop_assert_eq!(again.message_id, Some(out.message_id));
        prop_assert_eq!(again.in_reply_to, plan.in_reply_to.iter().cloned().collect::<Vec<_>>());
        prop_assert_eq!(again.references, plan.references);
        prop_assert_eq!(again.date.map(|date| date.0), Some(NOW.0 - NOW.0 % 1000));
    }

    #[test]
    fn any_header_gives_a_verdict(name in "[a-z-]{1,20}", value in "\\PC{0,80}") {
        let mut mail = client_mail();
        header(&mut mail, &name, &value);
        header(&mut mail, "authentication-results", &value);
        header(&mut mail, "auto-submitted", &value);
        let mut strict = policy();
        strict.settings.authserv_id = "mx".into();
        let _ = decide(&trigger(&mail), &person(), &Ledger::default(), &strict, NOW);
    }
}

#[test]
fn the_author_is_the_chosen_address_as_long_as_it_is_one_of_theirs() {
    let planned = |change: fn(&mut AbsentPerson)| {
        let mail = client_mail();
        let mut anna = person();
        change(&mut anna);
        match decide(&trigger(&mail), &anna, &Ledger::default(), &policy(), NOW) {
            Verdict::Send(plan) => *plan,
            Verdict::Withhold(reason) => panic!("{}", reason.rule()),
        }
    };
    let chosen = planned(|anna| anna.manner.from = Some(address("a.kowalska@firma.pl")));
    assert_eq!(chosen.from, party("Anna Kowalska", "a.kowalska@firma.pl"));
    let stranger = planned(|anna| anna.manner.from = Some(address("piotr@firma.pl")));
    assert_eq!(stranger.from.address, address("anna@firma.pl"));
    let named = planned(|anna| anna.manner.name = Some("Anna z Firmy".into()));
    assert_eq!(named.from.name.as_deref(), Some("Anna z Firmy"));
    assert!(rendered(&named, &policy()).1.contains("Anna z Firmy nie odczytuje"));
    assert_eq!(planned(|_| ()).reply_to, None);
    let to_substitute = planned(|anna| anna.manner.reply_to = Some(ReplyTo::Substitute));
    assert_eq!(to_substitute.reply_to, Some(address("piotr@firma.pl")));
    let out = composed(&to_substitute);
    assert!(String::from_utf8(out.bytes).unwrap().contains("Reply-To: <piotr@firma.pl>\r\n"));
    let nobody = planned(|anna| {
        anna.substitute = None;
        anna.manner.reply_to = Some(ReplyTo::Substitute);
    });
    assert_eq!(nobody.reply_to, None);
}

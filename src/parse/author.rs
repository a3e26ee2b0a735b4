//! Who wrote a mail, a person or which machine, and how it travelled (R90 to R94).
//!
//! The looks are asked strongest first: structure, header, envelope, subject, text (R91). The first
//! that names an author decides; every look adds its evidence. The text is asked only where nothing
//! else named one, and like the subject never gives more than probable. Which kind of answer a machine
//! gave is told by its text too (R94).

use super::automatic::said;
use super::machines::{self, Kind};
use super::mime::Part;
use super::opt_out;
use super::subject::Subject;
use crate::model::mail::{Author, Channel, Confidence, Evidence, Mail, ReturnPath};

/// What the looks may see.
pub(super) struct Case<'a> {
    /// The mail, author and channel not yet set.
    pub mail: &'a Mail,
    /// Its parts.
    pub parts: &'a [Part<'a>],
    /// Its subject taken apart.
    pub subject: &'a Subject,
    /// Its subject in lower case.
    pub subject_lower: String,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The author, once a look names one.
    pub author: Option<Author>,
    /// How far the author is to be believed.
    pub confidence: Confidence,
    /// How it travelled.
    pub channel: Channel,
    /// Why.
    pub evidence: Vec<Evidence>,
}

type Look = fn(&Case<'_>, &mut Found);

const LOOKS: [Look; 10] = [structure, auto_submitted, vendor, travel, digest, envelope, sender, subject, body, way_out];

/// Classifies a mail.
pub(super) fn classify(case: &Case<'_>) -> Found {
    let mut found = Found::default();
    for look in LOOKS {
        look(case, &mut found);
    }
    let signs = |evidence: &Evidence| ["R24", "R26", "R30"].contains(&evidence.rule.as_str());
    if found.author.is_none() && found.evidence.iter().any(signs) {
        found.confidence = Confidence::Probable;
    }
    found
}

impl Found {
    fn say(&mut self, rule: &str, seen: &str) {
        let seen: String = seen.chars().take(80).collect();
        if self.evidence.len() < 24 && !self.evidence.iter().any(|e| e.rule == rule && e.seen == seen) {
            self.evidence.push(Evidence { rule: rule.to_owned(), seen });
        }
    }

    fn by(&mut self, author: Author, rule: &str, seen: &str) {
        self.author = self.author.or(Some(author));
        self.say(rule, seen);
    }

    /// By what a person could have written too.
    fn perhaps(&mut self, author: Author, rule: &str, seen: &str) {
        if self.author.is_none() {
            self.confidence = Confidence::Probable;
        }
        self.by(author, rule, seen);
    }

    fn over(&mut self, channel: Channel, rule: &str, seen: &str) {
        // A list is more telling than bulk: people write on lists.
        if self.channel != Channel::List {
            self.channel = channel;
        }
        self.say(rule, seen);
    }
}

/// Parts that only machines write (R27 to R29).
fn structure(case: &Case<'_>, found: &mut Found) {
    for part in case.parts {
        let word = part.kind.word.as_str();
        match word {
            "message/delivery-status" | "message/global-delivery-status" => found.by(delivery(part), "R27", word),
            "message/disposition-notification" | "message/global-disposition-notification" => {
                found.by(Author::Mdn, "R27", word);
            }
            "message/feedback-report" => found.by(Author::FeedbackReport, "R27", word),
            "message/tracking-status" => found.by(Author::Notification, "R27", word),
            "text/calendar" => {
                if let Some(method) = part.kind.get("method") {
                    found.by(Author::Calendar, "R29", &format!("text/calendar; method={method}"));
                }
            }
            _ => {}
        }
    }
    let Some(top) = case.parts.first().filter(|part| part.kind.word == "multipart/report") else { return };
    let kind = top.kind.get("report-type").unwrap_or("").to_ascii_lowercase();
    let author = match kind.as_str() {
        "disposition-notification" => Author::Mdn,
        "feedback-report" => Author::FeedbackReport,
        "delivery-status" | "" => by_words(case, Author::DsnFailed),
        _ => Author::Notification,
    };
    found.by(author, "R27", &format!("multipart/report; report-type={kind}"));
}

/// The worst `Action` of a delivery report (R107): one failure makes it a failure.
fn delivery(part: &Part<'_>) -> Author {
    let text = part.encoding.decode(part.body, 65_536);
    let text = String::from_utf8_lossy(&text);
    let mut best = None;
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        if !name.trim().eq_ignore_ascii_case("action") {
            continue;
        }
        let value = value.trim().to_ascii_lowercase();
        let action = match value.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("") {
            "delayed" => Author::DsnDelayed,
            "delivered" | "relayed" | "expanded" => Author::DsnDelivered,
            _ => Author::DsnFailed,
        };
        best = match (best, action) {
            (Some(Author::DsnFailed), _) | (_, Author::DsnFailed) => Some(Author::DsnFailed),
            (Some(Author::DsnDelayed), _) | (_, Author::DsnDelayed) => Some(Author::DsnDelayed),
            _ => Some(Author::DsnDelivered),
        };
    }
    best.unwrap_or(Author::DsnFailed)
}

/// `Auto-Submitted`, every instance (R19, R20).
fn auto_submitted(case: &Case<'_>, found: &mut Found) {
    for value in case.mail.headers.all("auto-submitted") {
        let keyword = keyword(value);
        let seen = format!("Auto-Submitted: {value}");
        match keyword.as_str() {
            "no" => found.say("R20", &seen),
            "auto-replied" => {
                let vacation = value.to_ascii_lowercase().contains("vacation");
                found.by(if vacation { absence(case) } else { answer(case) }, "R19", &seen);
            }
            // Exchange and Domino use auto-generated for absence notices too (R94).
            _ => found.by(by_words(case, Author::Notification), "R19", &seen),
        }
    }
}

/// The keyword of `Auto-Submitted`: comments dropped, parameters cut, lower case.
fn keyword(value: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::new();
    for c in value.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => break,
            _ if depth == 0 => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    out.trim().to_owned()
}

/// Fields of responders and servers (R23 to R26, R94).
fn vendor(case: &Case<'_>, found: &mut Found) {
    let headers = &case.mail.headers;
    let suppress = headers
        .all("x-auto-response-suppress")
        .flat_map(|v| v.split(','))
        .any(|v| v.trim().eq_ignore_ascii_case("all"));
    for header in &headers.0 {
        let value = header.value.trim();
        let seen = || format!("{}: {value}", header.name);
        match header.name.as_str() {
            "x-auto-response-suppress" => found.say("R24", &seen()),
            "x-ms-exchange-inbox-rules-loop" if suppress => found.by(absence(case), "R94", &seen()),
            "x-ms-exchange-inbox-rules-loop" => found.say("R26", &seen()),
            "x-ack" if value.eq_ignore_ascii_case("no") => found.by(Author::Notification, "R26", &seen()),
            "x-ignorevacation" if !value.eq_ignore_ascii_case("no") => found.by(Author::Notification, "R26", &seen()),
            "delivered-to" if value.eq_ignore_ascii_case("autoresponder") => found.by(answer(case), "R26", &seen()),
            "precedence" | "x-precedence" if value.eq_ignore_ascii_case("auto_reply") => {
                found.by(answer(case), "R23", &seen());
            }
            "content-identifier" | "x400-content-identifier" if value.to_ascii_lowercase().contains("auto") => {
                found.by(answer(case), "R26", &seen());
            }
            name => match machines::field(name) {
                Some(Kind::Responder) if !value.eq_ignore_ascii_case("no") => found.by(answer(case), "R26", &seen()),
                Some(Kind::Generated) => found.by(by_words(case, Author::Notification), "R26", &seen()),
                _ => {}
            },
        }
    }
}

/// Marks of lists and mass mail (R21 to R23, R30): they say nothing about the author.
fn travel(case: &Case<'_>, found: &mut Found) {
    for header in &case.mail.headers.0 {
        let value = header.value.trim();
        let seen = || format!("{}: {value}", header.name);
        match header.name.as_str() {
            "precedence" | "x-precedence" => match value.to_ascii_lowercase().as_str() {
                "list" => found.over(Channel::List, "R23", &seen()),
                "bulk" | "junk" => found.over(Channel::Bulk, "R23", &seen()),
                _ => {}
            },
            name => match machines::field(name) {
                Some(Kind::List) => found.over(Channel::List, "R21", &seen()),
                Some(Kind::Bulk) => found.over(Channel::Bulk, "R21", &seen()),
                _ => {}
            },
        }
    }
    if let ReturnPath::Address(address, _) = &case.mail.return_path
        && machines::sender(address.local()) == Some(Kind::Lister)
    {
        found.over(Channel::List, "R30", &format!("Return-Path: {address}"));
    }
}

/// A digest of a list (RFC 2046 §5.1.5): people wrote what lies in it, a machine put it together, so it answers
/// nothing and nobody stands below it (R130). Off lists people put mails together too. Digests in plain text come from
/// `…-request`, which [`sender`] knows.
fn digest(case: &Case<'_>, found: &mut Found) {
    if found.channel == Channel::List && case.parts.iter().any(|part| part.kind.word == "multipart/digest") {
        found.by(Author::Notification, "R130", "multipart/digest");
    }
}

/// The null return path (R16): only machines write so.
fn envelope(case: &Case<'_>, found: &mut Found) {
    if case.mail.return_path == ReturnPath::Null {
        found.by(by_words(case, Author::Notification), "R16", "Return-Path: <>");
    }
}

/// Senders that are no person (R30). A no-reply sender is believed unless it answers something:
/// people write under such addresses too, and then it is a reply.
fn sender(case: &Case<'_>, found: &mut Found) {
    let from = case.mail.from.first().map(|party| &party.address);
    for address in from.into_iter().chain(case.mail.sender.as_ref().map(|party| &party.address)) {
        let seen = format!("From: {address}");
        match machines::sender(address.local()) {
            Some(Kind::Daemon) => found.by(by_words(case, Author::DsnFailed), "R30", &seen),
            Some(Kind::Silent) if Some(address) == from => found.say("R30", &seen),
            Some(Kind::Lister | Kind::Robot) if Some(address) == from => found.by(Author::Notification, "R30", &seen),
            _ => {}
        }
    }
    let mut names = case.mail.from.iter().filter_map(|party| party.name.as_deref());
    if let Some(name) = names.find(|name| machines::is_agent(name)) {
        found.by(by_words(case, Author::DsnFailed), "R30", &format!("From: {name}"));
    }
    if case.mail.from.is_empty() && case.mail.headers.first("from").is_some_and(mentions_daemon) {
        found.by(by_words(case, Author::DsnFailed), "R30", "From: mailer-daemon");
    }
}

fn mentions_daemon(from: &str) -> bool {
    let lower = from.to_ascii_lowercase();
    lower.contains("mailer-daemon") || lower.contains("mail delivery s") || lower.contains("postmaster")
}

/// Subject tables (R28, R43, R113). A delivery report's subject needs something besides it that a
/// person's mail does not have: people forward and discuss reports.
fn subject(case: &Case<'_>, found: &mut Found) {
    if let Some(prefix) = &case.subject.automatic {
        found.perhaps(answer(case), "R113", &format!("Subject: {prefix}"));
    }
    let prefixed = case.subject.reply || case.subject.forward;
    let Some(kind) = machines::report(&case.subject_lower).filter(|_| !prefixed) else { return };
    let seen = format!("Subject: {}", case.mail.subject);
    match kind {
        Kind::Receipt if case.parts.iter().any(|part| part.kind.word.contains("ms-tnef")) => {
            found.by(Author::Mdn, "R28", &seen);
        }
        Kind::Complaint => found.perhaps(Author::FeedbackReport, "R91", &seen),
        Kind::Failed | Kind::Delayed | Kind::Delivered if reported(case) => {
            found.perhaps(by_words(case, Author::DsnFailed), "R91", &seen);
        }
        _ => {}
    }
}

/// Phrases of the text (R91), where nothing else named an author.
fn body(case: &Case<'_>, found: &mut Found) {
    if found.author.is_some() {
        return;
    }
    // A postmaster is a person (R31), unless the text has the layout of a report.
    let postmaster = case.mail.from.iter().any(|party| ["postmaster", "post_master"].contains(&party.address.local()));
    if postmaster && said::dialogue(case.mail) {
        found.perhaps(Author::DsnFailed, "R91", "text: a server's refusal, from a postmaster");
    } else if let Some((author, why)) = said::author(case.mail, case.subject.reply) {
        found.perhaps(author, "R91", &format!("text: {why}"));
    }
}

/// A way out for readers of mass mail that names itself in no field (R22). Mail that answers something, or hands
/// something on, quotes it.
fn way_out(case: &Case<'_>, found: &mut Found) {
    let mail = case.mail;
    let quotes = case.subject.reply || case.subject.forward || mail.forward;
    let answers = !mail.in_reply_to.is_empty() || !mail.references.is_empty();
    if found.channel != Channel::Direct || found.author.is_some() || quotes || answers {
        return;
    }
    if let Some(seen) = opt_out::offered(case.parts, &mail.text.body) {
        found.over(Channel::Bulk, "R22", &seen);
    }
}

/// Whether a mail system sent it, or the returned mail lies in it.
fn reported(case: &Case<'_>) -> bool {
    let mail = case.mail;
    let system = mail.from.iter().any(|party| {
        let name = party.name.as_deref().unwrap_or("").to_lowercase();
        let local = party.address.local();
        mentions_daemon(&name)
            || name.contains("mail administrator")
            || name.contains("mail system")
            || name.contains("system administrator")
            || local.contains("system administrator")
            || local.contains("smtp")
            || machines::sender(local) == Some(Kind::Silent)
            || ["postmaster", "post_master", "mail", "bounce", "exchange"].iter().any(|s| local.starts_with(s))
    });
    let returned =
        case.parts.iter().skip(1).any(|p| matches!(p.kind.word.as_str(), "message/rfc822" | "text/rfc822-headers"));
    let addressed = mail.references.is_empty() && mail.in_reply_to.is_empty();
    (system || returned || mail.from.is_empty()) && addressed
}

/// Which report or notice the subject speaks of, else `otherwise`.
fn by_words(case: &Case<'_>, otherwise: Author) -> Author {
    if case.subject.automatic.is_some() {
        return answer(case);
    }
    match machines::report(&case.subject_lower) {
        Some(Kind::Delayed) => Author::DsnDelayed,
        Some(Kind::Delivered) => Author::DsnDelivered,
        Some(Kind::Failed) => Author::DsnFailed,
        Some(Kind::Receipt) => Author::Mdn,
        _ if by_daemon(case) => Author::DsnFailed,
        _ if case.parts.first().is_some_and(|part| part.kind.word == "multipart/report") => Author::DsnFailed,
        _ if said::undelivered(case.mail) => Author::DsnFailed,
        // What answers a mail by itself is an answer, whatever it calls itself (R94).
        _ if answers(case) => said::answer(case.mail).unwrap_or(otherwise),
        _ => otherwise,
    }
}

fn answers(case: &Case<'_>) -> bool {
    let headers = &case.mail.headers;
    let answers = !case.mail.in_reply_to.is_empty() || case.subject.reply || headers.has("x-auto-response-suppress");
    // A tracker's mail over a list is in reply to another, and answers nobody.
    let many = headers.0.iter().any(|field| matches!(machines::field(&field.name), Some(Kind::List | Kind::Bulk)));
    answers && !many
}

/// Whether a mail server's own sender wrote it: its automatic answers are reports.
fn by_daemon(case: &Case<'_>) -> bool {
    let from = case.mail.from.first();
    let listed = from.is_some_and(|party| machines::sender(party.address.local()) == Some(Kind::Daemon));
    listed
        || case.mail.headers.has("x-failed-recipients")
        || (from.is_none() && case.mail.headers.first("from").is_some_and(mentions_daemon))
}

/// What calls itself an absence notice: it may tell that somebody has left.
fn absence(case: &Case<'_>) -> Author {
    match said::answer(case.mail) {
        Some(Author::LeftCompany) => Author::LeftCompany,
        _ => Author::Vacation,
    }
}

/// An automatic answer: what its text and subject say. One that says nothing of an absence counts as one only
/// where its subject has the form of absence notices: a mark that somebody is away lasts for two weeks.
fn answer(case: &Case<'_>) -> Author {
    match machines::report(&case.subject_lower) {
        Some(Kind::Failed) => return Author::DsnFailed,
        Some(Kind::Delayed) => return Author::DsnDelayed,
        _ if by_daemon(case) => return Author::DsnFailed,
        _ => {}
    }
    let otherwise = if case.subject.automatic.is_some() { Author::Vacation } else { Author::Acknowledgement };
    said::answer(case.mail).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use crate::model::mail::{Author, Channel, Confidence, Mail};
    use proptest::prelude::*;

    fn mail(header: &str) -> Mail {
        super::super::parse(format!("{header}\n\nDzień dobry\n").as_bytes())
    }

    const PLAIN: &str = "From: Jan <jan@klient.pl>\nReturn-Path: <jan@klient.pl>\nSubject: Oferta";

    fn with(field: &str) -> Mail {
        mail(&format!("{field}\n{PLAIN}"))
    }

    #[test]
    fn a_plain_mail_is_by_a_person_and_direct() {
        let mail = mail(PLAIN);
        assert_eq!((mail.author, mail.channel), (Author::Human, Channel::Direct));
        assert!(mail.evidence.is_empty());
    }

    #[test]
    fn a_digest_of_a_list_is_a_machines_and_mails_that_people_put_together_are_not() {
        let digest = |fields: &str| {
            let text = format!(
                "{fields}From: Pumps <pumps@lists.test>\nReturn-Path: <jan@klient.pl>\nSubject: Pumps Digest, Vol 1\n\
                 MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nToday's topics\n--a\n\
                 Content-Type: multipart/digest; boundary=b\n\n--b\n\nFrom: Jan <jan@klient.pl>\nSubject: x\n\nx\n--b--\n--a--\n"
            );
            super::super::parse(text.as_bytes())
        };
        let listed = digest("List-Id: <pumps.lists.test>\n");
        assert_eq!((listed.author, listed.channel), (Author::Notification, Channel::List));
        assert!(listed.evidence.iter().any(|one| one.rule == "R130"), "{:?}", listed.evidence);
        assert_eq!(digest("").author, Author::Human);
        let plain = mail("From: pumps-request@lists.test\nList-Id: <x>\nSubject: Pumps Digest, Vol 1, Issue 2");
        assert_eq!(plain.author, Author::Notification);
    }

    #[test]
    fn auto_submitted_is_read_as_the_standard_means_it() {
        for value in [
            "auto-replied",
            "AUTO-GENERATED",
            "auto-notified; owner-email=\"a@b.c\"",
            "x-odd",
            "",
            "(c) auto-replied (vacation)",
        ] {
            assert!(!with(&format!("Auto-Submitted: {value}")).author.is_human(), "{value}");
        }
        for value in ["no", "(typed by hand) No ; x-note=1", " NO "] {
            assert!(with(&format!("Auto-Submitted: {value}")).author.is_human(), "{value}");
        }
        assert!(!with("Auto-Submitted: no\nAuto-Submitted: auto-replied").author.is_human());
    }

    #[test]
    fn lists_and_bulk_say_nothing_about_the_author() {
        for field in ["List-Id: <a.b>", "List-Post:", "X-BeenThere: a@b.c", "Precedence: LIST"] {
            let mail = with(field);
            assert_eq!((mail.author, mail.channel), (Author::Human, Channel::List), "{field}");
        }
        for field in ["List-Unsubscribe: <https://x>", "Precedence: bulk", "Feedback-ID: 1"] {
            let mail = with(field);
            assert_eq!((mail.author, mail.channel), (Author::Human, Channel::Bulk), "{field}");
        }
    }

    #[test]
    fn suppression_alone_is_no_machine() {
        for value in ["None", "DR, OOF", "All"] {
            assert!(with(&format!("X-Auto-Response-Suppress: {value}")).author.is_human(), "{value}");
        }
        assert_eq!(
            with("X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: a@b.c").author,
            Author::Vacation
        );
    }

    #[test]
    fn a_null_return_path_is_a_machine() {
        for path in ["<>", "< >", "<MAILER-DAEMON>", ""] {
            let found = mail(&format!("Return-Path: {path}\nFrom: Jan <jan@klient.pl>\nSubject: Oferta"));
            assert!(!found.author.is_human(), "{path}");
        }
    }

    #[test]
    fn automatic_subjects_are_notices_and_answers_to_them_are_not() {
        assert_eq!(mail("From: a@b.pl\nSubject: Automatyczna odpowiedź: Oferta").author, Author::Vacation);
        assert!(mail("From: a@b.pl\nSubject: RE: Automatic reply: Oferta").author.is_human());
        assert!(mail("From: a@b.pl\nSubject: Undeliverable parcels").author.is_human());
    }

    #[test]
    fn subject_and_text_give_no_more_than_probable() {
        let absent = "Vielen Dank für Ihre Nachricht. Ich bin bis 7. Dezember nicht im Büro.";
        let by_text = super::super::parse(format!("{PLAIN}\n\n{absent}\n").as_bytes());
        assert_eq!((by_text.author, by_text.confidence), (Author::Vacation, Confidence::Probable));
        let by_subject = mail("From: a@b.pl\nSubject: Automatyczna odpowiedź: Oferta");
        assert_eq!((by_subject.author, by_subject.confidence), (Author::Vacation, Confidence::Probable));
        assert_eq!(with("Auto-Submitted: auto-replied").confidence, Confidence::Certain);
        assert_eq!(mail(PLAIN).confidence, Confidence::Certain);
    }

    #[test]
    fn people_who_write_about_absences_and_reports_stay_people() {
        for text in [
            "Hi Anna,\n\nI am out of the office until Monday, please send the contract to Peter.",
            "Anna, the offer is fine. I am on vacation from Friday.",
            "My mail to jan@x.pl came back: 550 user unknown. Do you have another address?",
            "This is an automatic pump, and we have received your invoice.",
            "W przyszłym tygodniu jestem na urlopie, wrócę 7 grudnia i podpiszę.",
        ] {
            let raw = format!("To: Anna Kowalska <anna@firma.pl>\n{PLAIN}\n\n{text}\n");
            let mail = super::super::parse(raw.as_bytes());
            assert!(mail.author.is_human(), "{text}: {:?}", mail.evidence);
        }
    }

    #[test]
    fn machines_without_polite_fields_are_told_by_their_text() {
        for (text, author) in [
            ("Diese Nachricht wurde automatisch erstellt. Ich bin bis 7.12. im Urlaub.", Author::Vacation),
            (
                "Dziękujemy za kontakt. Pan Nowak nie pracuje już w firmie. Prosimy pisać do: ewa@klient.pl",
                Author::LeftCompany,
            ),
            ("We have received your request and will respond within 24 hours.", Author::Acknowledgement),
            ("To prove you are a human please click here.", Author::Challenge),
            ("Your message could not be delivered to:\n\njan@klient.pl\n\n550 5.1.1 unknown", Author::DsnFailed),
            ("To jest wiadomość automatyczna. Paczka czeka.", Author::Notification),
        ] {
            let raw = format!("To: Anna Kowalska <anna@firma.pl>\n{PLAIN}\n\n{text}\n");
            let mail = super::super::parse(raw.as_bytes());
            assert_eq!(mail.author, author, "{text}: {:?}", mail.evidence);
        }
    }

    const FIELDS: [&str; 12] = [
        "Auto-Submitted: auto-replied (vacation)",
        "Precedence: bulk",
        "List-Id: Pumps <pumps.klient.pl>",
        "X-Auto-Response-Suppress: DR, OOF, All",
        "X-MS-Exchange-Inbox-Rules-Loop: jan@klient.pl",
        "X-Autoreply: yes",
        "X-Failed-Recipients: a@b.pl",
        "Return-Path: <>",
        "From: Mail Delivery System <MAILER-DAEMON@klient.pl>",
        "Subject: Automatic reply: offer 117",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "Delivered-To: autoresponder",
    ];

    proptest! {
        /// R45: folding, case, white space and other fields change nothing.
        #[test]
        fn classification_sees_through_folding_case_and_other_fields(
            chosen in proptest::collection::vec(any::<bool>(), 12),
            upper in any::<bool>(),
            fold in any::<bool>(),
            spaces in 0usize..3,
            others in 0usize..60,
            above in any::<bool>(),
        ) {
            let fields: Vec<&str> = FIELDS.iter().zip(&chosen).filter(|(_, take)| **take).map(|(field, _)| *field).collect();
            let plain = format!("{}\nTo: anna@firma.pl\n\nDzień dobry\n", fields.join("\n"));
            let noise: String = (0..others).map(|n| format!("X-Other-{n}: value {n}\n")).collect();
            let changed = fields.iter().map(|field| {
                let (name, value) = field.split_once(": ").unwrap();
                let name = if upper { name.to_uppercase() } else { name.to_lowercase() };
                let value = if fold { value.replace(' ', "\n\t ") } else { value.to_owned() };
                format!("{name}: {value}{}\n", " ".repeat(spaces))
            });
            let changed: String = changed.collect();
            let (first, last) = if above { (noise.as_str(), "") } else { ("", noise.as_str()) };
            let changed = format!("{first}{changed}{last}To: anna@firma.pl\n\nDzień dobry\n");
            let (one, other) = (super::super::parse(plain.as_bytes()), super::super::parse(changed.as_bytes()));
            prop_assert_eq!((one.author, one.channel, one.confidence), (other.author, other.channel, other.confidence));
        }
    }

    #[test]
    fn calendar_objects_with_a_method_are_calendar() {
        let found = mail("From: a@b.pl\nSubject: x\nContent-Type: text/calendar; method=REQUEST");
        assert_eq!(found.author, Author::Calendar);
    }
}

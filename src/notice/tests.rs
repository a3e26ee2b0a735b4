//! Decisions and composed notices on values; fixtures/notice holds the same on whole mails.

use super::*;
use crate::model::absence::Absence;
use crate::model::cursor::Why;
use crate::model::delivery::Outgoing;
use crate::model::id::{AbsenceId, MsgId, UserId};
use crate::model::mail::{Attachment, Author, Channel, Defect, Header, Party, ReturnPath};
use crate::model::notice::{Named, Plan, PlannedText, SenderFacts};
use crate::model::notice_text::{Readers, ReplyTo, Source};
use crate::model::time::{DAY, HOUR, SECOND};
use crate::parse;
use chrono::NaiveDate;
use mail_parser::MessageParser;
use proptest::prelude::*;

mod composing;
mod saying;
mod standing_in;

const START: Timestamp = Timestamp(1_795_000_000_000);
const ARRIVAL: Timestamp = Timestamp(START.0 + 2 * DAY);
const NOW: Timestamp = Timestamp(ARRIVAL.0 + 20 * SECOND);

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn party(name: &str, text: &str) -> Party {
    Party { name: (!name.is_empty()).then(|| name.to_owned()), address: address(text) }
}

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

/// A client's mail to Anna that nothing speaks against.
pub(super) fn client_mail() -> Mail {
    let headers = ["return-path", "received", "from", "to", "subject"];
    Mail {
        message_id: MsgId::new("m1@acme-pumps.com"),
        in_reply_to: vec![MsgId::new("q7@firma.pl").unwrap()],
        from: vec![party("Jan Nowak", "jan@acme-pumps.com")],
        to: vec![party("Anna Kowalska", "anna@firma.pl")],
        return_path: ReturnPath::Address(address("jan@acme-pumps.com"), "Jan@acme-pumps.com".into()),
        subject: "Re: Pompy".into(),
        base_subject: "Pompy".into(),
        headers: Headers(headers.map(|name| Header { name: name.into(), value: "x".into() }).into()),
        ..Mail::default()
    }
}

use crate::model::mail::Headers;

/// Adds a header field.
pub(super) fn header(mail: &mut Mail, name: &str, value: &str) {
    mail.headers.0.push(Header { name: name.into(), value: value.into() });
}

/// It arrived live in Anna's inbox, from a contact.
pub(super) fn trigger(mail: &Mail) -> Trigger<'_> {
    Trigger {
        mail,
        key: vec![1],
        arrival: Arrival::Live,
        internal_date: Some(ARRIVAL),
        folder_role: Role::Inbox,
        flags: vec!["\\Seen".into(), "\\Recent".into()],
        shared_mailbox: false,
        sender: SenderFacts { known_contact: true, ..SenderFacts::default() },
        replies_to_our_automatic_mail: false,
        answered_meanwhile: false,
        invited: false,
        for_record: None,
    }
}

fn piotr() -> Named {
    Named {
        user: UserId(2),
        name: "Piotr Zieliński".into(),
        address: address("piotr@firma.pl"),
        phone: Some("+48 22 123 45 67".into()),
    }
}

pub(super) fn person() -> AbsentPerson {
    AbsentPerson {
        user: UserId(1),
        name: "Anna Kowalska".into(),
        addresses: vec![address("anna@firma.pl"), address("a.kowalska@firma.pl")],
        language: "pl".into(),
        absence: Absence {
            id: AbsenceId(5),
            user: UserId(1),
            first_day: day(11, 18),
            last_day: Some(day(11, 27)),
            back_on: None,
            first_time: None,
            last_time: None,
            confirm_on: None,
            nature: Default::default(),
            exceptions: Vec::new(),
            plan: Default::default(),
            cover_writes: true,
            zone: "Europe/Warsaw".into(),
            starts: START,
            ends: Some(START.plus(10 * DAY)),
            substitute: Some(UserId(2)),
            deputy: None,
            notice: true,
            notice_since: Some(START),
            notice_texts: Default::default(),
        },
        substitute: Some(piotr()),
        first_day_back: Some(day(11, 30)),
        mailbox_connected_at: START.plus(-DAY),
        server_answers: false,
        manner: Default::default(),
    }
}

pub(super) fn policy() -> Policy {
    Policy {
        settings: config::Notice::default(),
        own_domains: vec!["firma.pl".into()],
        internal: false,
        stopped: false,
        stamped: 0,
        stamped_of: 0,
        company: "Firma sp. z o.o.".into(),
        language: Language::Pl,
        key: NoticeKey([9; 32]),
    }
}

fn verdict(trigger: &Trigger<'_>) -> Verdict {
    decide(trigger, &person(), &Ledger::default(), &policy(), NOW)
}

fn reason(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Send(_) => "send",
        Verdict::Withhold(reason) => reason.rule(),
    }
}

/// What is decided about a client's mail after a change.
fn after(change: impl FnOnce(&mut Mail)) -> &'static str {
    let mut mail = client_mail();
    change(&mut mail);
    reason(verdict(&trigger(&mail)))
}

/// The same after a change of what is known about it.
fn knowing(change: impl FnOnce(&mut Trigger<'_>)) -> &'static str {
    let mail = client_mail();
    let mut trigger = trigger(&mail);
    change(&mut trigger);
    reason(verdict(&trigger))
}

fn for_person(change: impl FnOnce(&mut AbsentPerson)) -> &'static str {
    let mail = client_mail();
    let mut anna = person();
    change(&mut anna);
    reason(decide(&trigger(&mail), &anna, &Ledger::default(), &policy(), NOW))
}

fn with_ledger(ledger: Ledger) -> &'static str {
    reason(decide(&trigger(&client_mail()), &person(), &ledger, &policy(), NOW))
}

/// The plan for the client's mail.
pub(super) fn plan() -> Plan {
    match verdict(&trigger(&client_mail())) {
        Verdict::Send(plan) => *plan,
        Verdict::Withhold(reason) => panic!("{}", reason.rule()),
    }
}

#[test]
fn a_client_who_writes_to_an_absent_person_is_told_who_stands_in() {
    let plan = plan();
    assert_eq!(plan.to, "Jan@acme-pumps.com");
    assert_eq!(plan.to_name.as_deref(), Some("Jan Nowak"));
    assert_eq!(plan.from, party("Anna Kowalska", "anna@firma.pl"));
    assert_eq!(plan.in_reply_to, MsgId::new("m1@acme-pumps.com"));
    assert_eq!(plan.references.iter().map(MsgId::as_str).collect::<Vec<_>>(), ["q7@firma.pl", "m1@acme-pumps.com"]);
    assert_eq!(plan.subject.as_deref(), Some("Pompy"));
    assert_eq!(plan.substitute, Some(piotr()));
    assert_eq!(plan.first_day_back, Some(day(11, 30)));
    assert_eq!(plan.expires_at, NOW.plus(HOUR));
    assert_eq!(plan.sender.address, "jan@acme-pumps.com");
}

#[test]
fn a_header_that_marks_a_machine_or_list_is_a_veto_in_every_form() {
    for (name, value, rule) in [
        ("auto-submitted", "auto-replied", "R19"),
        ("auto-submitted", "Auto-Generated (x); y=z", "R19"),
        ("auto-submitted", "auto-notified; owner-email=\"x@y.pl\"", "R19"),
        ("auto-submitted", "x-unknown", "R19"),
        ("auto-submitted", "", "R19"),
        ("auto-submitted", "no", "send"),
        ("auto-submitted", "(typed by hand) No ; x-note=1", "send"),
        ("list-id", "", "R21"),
        ("list-unsubscribe", "<mailto:x@y>", "R21"),
        ("x-beenthere", "a@b", "R22"),
        ("feedback-id", "1:2", "R22"),
        ("precedence", " Bulk ", "R23"),
        ("x-precedence", "auto_reply", "R23"),
        ("precedence", "first-class", "send"),
        ("x-auto-response-suppress", "DR, OOF, AutoReply", "R24"),
        ("x-auto-response-suppress", "all", "R24"),
        ("x-auto-response-suppress", "AutoReply", "R25"),
        ("x-auto-response-suppress", "DR, NDR, RN, NRN", "send"),
        ("x-autoreply", "yes", "R26"),
        ("x-ack", "no", "R26"),
        ("x-ack", "yes", "send"),
        ("x-ignorevacation", "no", "send"),
        ("x-ignorevacation", "yes", "R26"),
        ("delivered-to", "Autoresponder", "R26"),
        ("delivered-to", "anna@firma.pl", "send"),
        ("x400-content-identifier", "Auto Reply", "R26"),
        ("x-spam-flag", "YES", "R35"),
        ("x-spam-status", "Yes, score=7", "R35"),
        ("x-spam-status", "No, score=1", "send"),
        ("x-spam-level", "******", "R35"),
        ("x-ms-exchange-organization-scl", "6", "R35"),
        ("x-ms-exchange-organization-scl", "-1", "send"),
        ("x-forefront-antispam-report", "CIP:1.2.3.4;SFV:SPM;SCL:1;", "R35"),
        ("content-type", "multipart/report; report-type=x", "R27"),
        ("content-type", "text/calendar; method=REQUEST", "R29"),
        ("content-class", "urn:content-classes:reportmessage", "R28"),
        ("from", "two fields", "R40"),
    ] {
        assert_eq!(after(|mail| header(mail, name, value)), rule, "{name}: {value}");
    }
}

#[test]
fn a_veto_stands_after_a_harmless_field_of_the_same_name_and_after_500_others() {
    let repeated = |mail: &mut Mail| {
        header(mail, "auto-submitted", "no");
        (0..500).for_each(|n| header(mail, &format!("x-{n}"), "y"));
        header(mail, "auto-submitted", "\tauto-replied ");
    };
    assert_eq!(after(repeated), "R19");
}

#[test]
fn without_a_clear_return_path_nothing_is_sent() {
    assert_eq!(after(|mail| mail.return_path = ReturnPath::Null), "R16");
    assert_eq!(after(|mail| mail.return_path = ReturnPath::Missing), "R17");
    assert_eq!(after(|mail| mail.return_path = ReturnPath::Ambiguous), "R18");
    let daemon = |mail: &mut Mail| {
        mail.return_path = ReturnPath::Ambiguous;
        mail.headers.0[0].value = "<MAILER-DAEMON>".into();
    };
    assert_eq!(after(daemon), "R16");
}

fn from_path(raw: &str) -> &'static str {
    after(|mail| mail.return_path = ReturnPath::Address(address(raw), raw.to_owned()))
}

#[test]
fn the_return_path_must_be_the_authors_and_reachable() {
    assert_eq!(from_path("mailer@campaign.net"), "R39");
    assert_eq!(from_path("jan@mail.acme-pumps.com"), "send");
    assert_eq!(from_path("SRS0=HHH=TT=acme-pumps.com=jan@forwarder.net"), "send");
    assert_eq!(from_path("SRS0=HHH=TT=acme-pumps.com=ewa@forwarder.net"), "R39");
    assert_eq!(from_path("prvs=0123456789=jan@acme-pumps.com"), "send");
    assert_eq!(from_path("no-reply@acme-pumps.com"), "R30");
    assert_eq!(from_path("bounce+jan=firma.pl@acme-pumps.com"), "R30");
    for nowhere in
        ["jan@localhost", "jan@[192.0.2.1]", "jan@acme.invalid", "jan@acme.example", "jan@x.onion", "zażółć@acme.pl"]
    {
        assert_eq!(from_path(nowhere), "R41", "{nowhere}");
    }
}

#[test]
fn damaged_mail_and_unclear_authors_are_not_answered() {
    assert_eq!(after(|mail| mail.from.clear()), "R40");
    assert_eq!(after(|mail| mail.from.push(party("", "ewa@acme-pumps.com"))), "R40");
    for defect in [Defect::Nul, Defect::HeaderTooLarge, Defect::HeaderUnfinished, Defect::TooDeep] {
        assert_eq!(after(|mail| mail.defects.push(defect)), "R40", "{defect:?}");
    }
    assert_eq!(after(|mail| mail.defects.push(Defect::RawHeader)), "send");
}

#[test]
fn reports_calendars_and_harmful_attachments_are_not_answered() {
    let attach = |content_type: &str, name: &str| {
        let part = Attachment { name: name.into(), content_type: content_type.into(), size: 1, inline: false };
        after(|mail| mail.attachments.push(part))
    };
    assert_eq!(attach("message/delivery-status", ""), "R27");
    assert_eq!(attach("text/calendar", "invite.ics"), "R29");
    assert_eq!(attach("application/octet-stream", "offer.pdf.EXE"), "R35");
    assert_eq!(attach("application/pdf", "offer.pdf"), "send");
    let read = |mail: &mut Mail| {
        mail.subject = "Przeczytano: Pompy".into();
        header(mail, "x-ms-tnef-correlator", "x");
    };
    assert_eq!(after(read), "R28");
    assert_eq!(after(|mail| mail.subject = "Read: Pompy".into()), "send");
}

#[test]
fn what_was_recognised_as_automatic_or_bulk_is_not_answered() {
    assert_eq!(after(|mail| mail.author = Author::Vacation), "R44");
    assert_eq!(after(|mail| mail.channel = Channel::Bulk), "R44");
    assert_eq!(after(|mail| mail.author = Author::Calendar), "R29");
    assert_eq!(after(|mail| mail.subject = "Automatic reply: Pompy".into()), "R43");
    assert_eq!(after(|mail| mail.subject = "RE: Automatic reply: Pompy".into()), "send");
}

#[test]
fn own_mail_colleagues_and_answers_to_notices_stay_unanswered() {
    let own = |text: &str| {
        after(|mail| {
            mail.from = vec![party("", text)];
            mail.return_path = ReturnPath::Address(address(text), text.to_owned());
        })
    };
    assert_eq!(own("a.kowalska@firma.pl"), "R32");
    assert_eq!(own("anna+home@firma.pl"), "R32");
    assert_eq!(own("kamil@firma.pl"), "R33");
    assert_eq!(own("kamil@biuro.firma.pl"), "R33");
    assert_eq!(own("kamil@xfirma.pl"), "send");
    assert_eq!(knowing(|trigger| trigger.sender.colleague = true), "R33");
    assert_eq!(knowing(|trigger| trigger.sender.our_mailbox = true), "R32");
    assert_eq!(knowing(|trigger| trigger.sender.absent_too = true), "R55");
    assert_eq!(knowing(|trigger| trigger.replies_to_our_automatic_mail = true), "R34");
    assert_eq!(knowing(|trigger| trigger.shared_mailbox = true), "R13");
    let ours = || MsgId::of_parts(&message_id::left_side(&policy().key, &[4; 16]), "firma.pl");
    assert_eq!(after(|mail| mail.message_id = Some(ours())), "R32");
    assert_eq!(after(|mail| mail.references.push(ours())), "R34");
}

/// What is decided about a mail of a colleague, stamped so, from this reverse path.
fn from_colleague(internal: bool, stamp: &str, path: &str) -> Verdict {
    let mut mail = client_mail();
    mail.from = vec![party("Kamil", "kamil@firma.pl")];
    mail.return_path = ReturnPath::Address(address(path), path.into());
    if !stamp.is_empty() {
        header(&mut mail, "authentication-results", &format!("mx.firma.pl; dmarc={stamp} header.from=firma.pl"));
    }
    let mut trigger = trigger(&mail);
    trigger.sender = SenderFacts { colleague: true, ..SenderFacts::default() };
    let mut inside = Policy { internal, ..policy() };
    inside.settings.authserv_id = "mx.firma.pl".into();
    decide(&trigger, &person(), &Ledger::default(), &inside, NOW)
}

#[test]
fn colleagues_are_answered_only_where_the_company_wants_it_and_they_are_who_they_say() {
    let ask = |internal, stamp, path| reason(from_colleague(internal, stamp, path));
    assert_eq!(ask(false, "pass", "kamil@firma.pl"), "R33");
    assert_eq!(ask(true, "pass", "kamil@firma.pl"), "send");
    assert_eq!(ask(true, "", "kamil@firma.pl"), "R37");
    assert_eq!(ask(true, "fail", "kamil@firma.pl"), "R36");
    assert_eq!(ask(true, "pass", "SRS0=ab=cd=firma.pl=kamil@forwarder.pl"), "R33");
    assert_eq!(ask(true, "pass", "evil@elsewhere.pl"), "R33");
    let Verdict::Send(plan) = from_colleague(true, "pass", "kamil@firma.pl") else { panic!() };
    assert_eq!(plan.readers, Readers::Inside);
    assert_eq!(self::plan().readers, Readers::Outside);
    let mail = client_mail();
    let mut trigger = trigger(&mail);
    trigger.sender.absent_too = true;
    let inside = Policy { internal: true, ..policy() };
    assert_eq!(reason(decide(&trigger, &person(), &Ledger::default(), &inside, NOW)), "R55");
}

#[test]
fn settings_lift_what_they_name_and_nothing_else() {
    let with = |change: fn(&mut config::Notice), mail: &mut dyn FnMut(&mut Mail), invited: bool| {
        let mut letter = client_mail();
        mail(&mut letter);
        let mut trigger = trigger(&letter);
        trigger.invited = invited;
        let mut policy = policy();
        change(&mut policy.settings);
        reason(decide(&trigger, &person(), &Ledger::default(), &policy, NOW))
    };
    let autoreply = |value: &'static str| move |mail: &mut Mail| header(mail, "x-auto-response-suppress", value);
    assert_eq!(with(|s| s.answer_autoreply = true, &mut autoreply("AutoReply"), false), "send");
    assert_eq!(with(|s| s.answer_autoreply = true, &mut autoreply("AutoReply, OOF"), false), "R24");
    let mut invitation = |mail: &mut Mail| {
        mail.author = Author::Calendar;
        header(mail, "content-type", "text/calendar; method=REQUEST");
    };
    assert_eq!(with(|s| s.invitations = true, &mut invitation, true), "send");
    assert_eq!(with(|s| s.invitations = true, &mut invitation, false), "R29");
    assert_eq!(with(|_| (), &mut invitation, true), "R29");
    let mut copied = |mail: &mut Mail| {
        mail.cc = std::mem::take(&mut mail.to);
        mail.to = vec![party("", "kamil@firma.pl")];
    };
    assert_eq!(with(|s| s.to_only = true, &mut copied, false), "R12");
    assert_eq!(with(|s| s.to_only = true, &mut |_| (), false), "send");
}

#[test]
fn each_rule_is_asked_once_and_the_first_that_forbids_is_the_verdict() {
    let mut mail = client_mail();
    header(&mut mail, "list-id", "<x>");
    header(&mut mail, "precedence", "bulk");
    mail.to.clear();
    let trigger = trigger(&mail);
    let rules = asked(&trigger, &person(), &Ledger::default(), &policy(), NOW);
    let forbids: Vec<&str> = rules.iter().filter(|asked| asked.forbids).map(|asked| asked.reason.rule()).collect();
    assert_eq!(forbids, ["R21", "R23", "R9"]);
    assert_eq!(reason(verdict(&trigger)), "R21");
    let names: BTreeSet<&str> = rules.iter().map(|asked| asked.reason.rule()).collect();
    let all: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.rule()).collect();
    assert_eq!((names, rules.len()), (all.clone(), all.len()));
}

#[test]
fn only_fresh_live_mail_within_the_absence_is_answered() {
    let arrived = |at: Timestamp| knowing(|trigger| trigger.internal_date = Some(at));
    assert_eq!(knowing(|trigger| trigger.internal_date = None), "R3");
    assert_eq!(arrived(NOW.plus(6 * MINUTE)), "R3");
    assert_eq!(arrived(NOW.plus(4 * MINUTE)), "send");
    assert_eq!(arrived(START.plus(-1)), "R4");
    assert_eq!(arrived(NOW.plus(-4 * HOUR - 1)), "R5");
    assert_eq!(arrived(NOW.plus(-4 * HOUR)), "send");
    assert_eq!(for_person(|anna| anna.absence.notice_since = Some(ARRIVAL.plus(1))), "R4");
    assert_eq!(for_person(|anna| anna.mailbox_connected_at = ARRIVAL.plus(1)), "R4");
    assert_eq!(for_person(|anna| anna.absence.ends = Some(NOW)), "R2");
    assert_eq!(for_person(|anna| anna.absence.ends = Some(ARRIVAL)), "R2");
    assert_eq!(for_person(|anna| anna.absence.starts = NOW.plus(1)), "R2");
    assert_eq!(for_person(|anna| anna.absence.ends = None), "send");
    assert_eq!(for_person(|anna| anna.absence.notice = false), "R1");
    let under = |change: fn(&mut Policy)| {
        let mut changed = policy();
        change(&mut changed);
        match decide(&trigger(&client_mail()), &person(), &Ledger::default(), &changed, NOW) {
            Verdict::Withhold(reason) => reason.code(),
            Verdict::Send(_) => "send",
        }
    };
    assert_eq!(under(|policy| policy.stopped = true), "R1/stopped");
    assert_eq!(under(|policy| policy.settings.enabled = false), "R1/company");
    assert_eq!(for_person(|anna| anna.server_answers = true), "R14");
    for why in [Why::Backfill, Why::Epoch, Why::Import, Why::Refetch] {
        assert_eq!(knowing(|trigger| trigger.arrival = Arrival::Backlog(why)), "R6");
    }
    assert_eq!(knowing(|trigger| trigger.folder_role = Role::Junk), "R7");
    assert_eq!(knowing(|trigger| trigger.flags.push("\\answered".into())), "R7");
    assert_eq!(knowing(|trigger| trigger.answered_meanwhile = true), "R8");
}

#[test]
fn the_person_must_be_addressed_by_a_registered_address() {
    let to = |text: &str| after(|mail| mail.to = vec![party("anna@firma.pl", text)]);
    assert_eq!(to("sales@firma.pl"), "R9");
    assert_eq!(to("A.Kowalska@FIRMA.pl"), "send");
    assert_eq!(to("anna+crm@firma.pl"), "R9");
    assert_eq!(after(|mail| mail.to.clear()), "R9");
    let cc_only = |mail: &mut Mail| {
        mail.cc = std::mem::take(&mut mail.to);
        mail.to = vec![party("", "kamil@firma.pl")];
    };
    assert_eq!(after(cc_only), "send");
    let many = |mail: &mut Mail| mail.cc = (0..20).map(|n| party("", &format!("p{n}@x.pl"))).collect();
    assert_eq!(after(many), "R12");
}

#[test]
fn a_tag_counts_only_where_the_settings_say_so() {
    let mut mail = client_mail();
    mail.to = vec![party("", "anna+crm@firma.pl")];
    let mut plus = policy();
    plus.settings.plus_domains = vec!["Firma.pl".into()];
    assert_eq!(reason(decide(&trigger(&mail), &person(), &Ledger::default(), &plus, NOW)), "send");
}

#[test]
fn the_audience_and_what_our_server_stamps_decide_about_strangers() {
    let ask = |stamp: Option<&str>, known: bool, change: fn(&mut Policy)| {
        let mut mail = client_mail();
        if let Some(result) = stamp {
            header(
                &mut mail,
                "authentication-results",
                &format!("mx.firma.pl; dmarc={result} header.from=acme-pumps.com"),
            );
        }
        let mut trigger = trigger(&mail);
        trigger.sender.known_contact = known;
        let mut policy = policy();
        change(&mut policy);
        reason(decide(&trigger, &person(), &Ledger::default(), &policy, NOW))
    };
    let stamps = |policy: &mut Policy| {
        policy.settings.authserv_id = "mx.firma.pl".into();
        (policy.stamped, policy.stamped_of) = (190, 200);
    };
    let stamps_for_all = |policy: &mut Policy| {
        policy.settings.authserv_id = "mx.firma.pl".into();
        policy.settings.audience = config::Audience::Authenticated;
        (policy.stamped, policy.stamped_of) = (189, 200);
    };
    assert_eq!(ask(None, false, |_| ()), "R38");
    assert_eq!(ask(None, true, |policy| policy.settings.audience = config::Audience::Nobody), "R38");
    assert_eq!(ask(None, false, |policy| policy.settings.audience = config::Audience::Authenticated), "R37");
    assert_eq!(ask(Some("fail"), true, stamps), "R36");
    assert_eq!(ask(None, true, stamps), "R37");
    assert_eq!(ask(Some("pass"), true, stamps), "send");
    assert_eq!(ask(Some("pass"), false, stamps), "R38");
    assert_eq!(ask(Some("pass"), false, stamps_for_all), "send");
    assert_eq!(ask(None, true, stamps_for_all), "send");
    assert_eq!(ask(None, false, stamps_for_all), "R37");
    assert_eq!(ask(Some("fail"), true, |_| ()), "send");
    assert_eq!(knowing(|trigger| trigger.sender.no_automatic = true), "R42");
}

#[test]
fn nobody_is_told_twice_and_the_caps_hold() {
    assert_eq!(with_ledger(Ledger { already: Some(Already::Told), ..Ledger::default() }), "R46");
    assert_eq!(with_ledger(Ledger { decided: true, ..Ledger::default() }), "R6");
    let exactly = |ledger: Ledger| {
        let verdict = decide(&trigger(&client_mail()), &person(), &ledger, &policy(), NOW);
        if let Verdict::Withhold(reason) = verdict { reason.code() } else { "send" }
    };
    let failed = Ledger { already: Some(Already::Failed), ..Ledger::default() };
    assert_eq!((with_ledger(failed), exactly(failed)), ("R46", "R46/failed"));
    assert_eq!(exactly(Ledger { already: Some(Already::Before), ..Ledger::default() }), "R46/before");
    assert_eq!(exactly(Ledger { domain_day: 5, ..Ledger::default() }), "R51/domain");
    assert_eq!(exactly(Ledger { person_hour: 30, ..Ledger::default() }), "R51/person");
    assert_eq!(exactly(Ledger { breaker_hour: 30, ..Ledger::default() }), "R51/breaker");
    assert_eq!(exactly(Ledger { instance_hour: 200, hourly_mean: 500.0, ..Ledger::default() }), "R51/company");
    assert_eq!(with_ledger(Ledger { for_message: 3, ..Ledger::default() }), "R57");
    assert_eq!(with_ledger(Ledger { domain_day: 5, ..Ledger::default() }), "R51");
    assert_eq!(with_ledger(Ledger { domain_day: 4, for_message: 2, ..Ledger::default() }), "send");
    assert_eq!(with_ledger(Ledger { person_hour: 30, ..Ledger::default() }), "R51");
    assert_eq!(with_ledger(Ledger { breaker_hour: 29, ..Ledger::default() }), "send");
    assert_eq!(with_ledger(Ledger { breaker_hour: 30, ..Ledger::default() }), "R51");
    assert_eq!(with_ledger(Ledger { breaker_hour: 100, hourly_mean: 50.0, ..Ledger::default() }), "send");
    assert_eq!(with_ledger(Ledger { breaker_hour: 150, hourly_mean: 50.0, ..Ledger::default() }), "R51");
    assert_eq!(with_ledger(Ledger { instance_hour: 199, hourly_mean: 500.0, ..Ledger::default() }), "send");
    assert_eq!(with_ledger(Ledger { instance_hour: 200, hourly_mean: 500.0, ..Ledger::default() }), "R51");
}

#[test]
fn a_freemail_domain_has_a_higher_cap() {
    let mut mail = client_mail();
    mail.from = vec![party("", "jan@gmail.com")];
    mail.return_path = ReturnPath::Address(address("jan@gmail.com"), "jan@gmail.com".into());
    let full = |domain_day| Ledger { domain_day, ..Ledger::default() };
    let ask = |ledger| reason(decide(&trigger(&mail), &person(), &ledger, &policy(), NOW));
    assert_eq!(ask(full(199)), "send");
    assert_eq!(ask(full(200)), "R51");
}

//! Decisions and texts on values; what is loaded and sent is tested in tests/it/colleagues.rs.

use super::*;
use crate::access::World;
use crate::model::absence::Absence;
use crate::model::colleagues::{Because, Brief, Digest, Section, Urgent, Waiting, Wishes};
use crate::model::id::{AbsenceId, MailId, RecordId, UserId};
use crate::model::notice::Language;
use crate::model::record::{Class, Kind, Person, Record, Status, UserRole};
use crate::model::time::{DAY, MINUTE};
use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;

const ANNA: UserId = UserId(1);
const PIOTR: UserId = UserId(2);
const WARSAW: Tz = chrono_tz::Europe::Warsaw;
/// 2026-11-21T12:00:00Z.
const NOW: Timestamp = Timestamp(1_795_262_400_000);

fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> Timestamp {
    Timestamp::from_utc(chrono::Utc.with_ymd_and_hms(year, month, day, hour, minute, 0).unwrap())
}

fn record() -> Record {
    Record {
        id: RecordId(12),
        kind: Kind::Opportunity,
        name: "Acme pumps".into(),
        owner: ANNA,
        team: None,
        confidential: false,
        status: Status::Open,
        account: Some(RecordId(10)),
        class: Some(Class::A),
        end_account: None,
        end_contact: None,
    }
}

fn mail() -> Waiting {
    Waiting {
        mail: MailId(101),
        at: NOW.plus(-2 * HOUR),
        arrived: NOW.plus(-2 * HOUR + MINUTE),
        from: "Jan Lis".into(),
        subject: "Pompy PILNE".into(),
        record: record(),
    }
}

fn world(away: bool) -> World {
    let person = |id, name: &str| Person {
        id,
        name: name.into(),
        manager: None,
        role: UserRole::Manager,
        teams: Vec::new(),
        active: true,
    };
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let absence = Absence {
        id: AbsenceId(1),
        user: ANNA,
        first_day: day,
        last_day: None,
        back_on: None,
        first_time: None,
        last_time: None,
        confirm_on: None,
        nature: Default::default(),
        zone: "Europe/Warsaw".into(),
        starts: NOW.plus(-DAY),
        ends: Some(NOW.plus(DAY)),
        substitute: Some(PIOTR),
        exceptions: Vec::new(),
        deputy: None,
        plan: Default::default(),
        cover_writes: true,
        notice: false,
        notice_since: None,
        notice_texts: Default::default(),
    };
    World {
        people: vec![person(ANNA, "Anna Kowalska"), person(PIOTR, "Piotr Nowak")],
        absences: Some(absence).filter(|_| away).into_iter().collect(),
        ..World::default()
    }
}

fn reader(language: Language) -> Recipient {
    let address = Address::parse("piotr@firma.pl").unwrap();
    Recipient { user: PIOTR, name: "Piotr Nowak".into(), address, language, zone: WARSAW }
}

fn office(url: &str) -> Office {
    Office {
        from: Address::parse("sales@firma.pl").unwrap(),
        company: "Firma sp. z o.o.".into(),
        domain: String::new(),
        url: url.into(),
        key: NoticeKey([7; 32]),
    }
}

fn body(letter: &Letter, language: Language, url: &str) -> String {
    text::written(letter, &reader(language), &office(url), NOW).1
}

#[test]
fn a_digest_is_due_from_its_minute_until_twelve_hours_later() {
    let seven = 7 * 60;
    let due = |now| digest_due(seven, Timestamp(0), WARSAW, now).map(|due| due.day.to_string());
    assert_eq!(due(at(2026, 11, 21, 5, 59)), None);
    assert_eq!(due(at(2026, 11, 21, 6, 0)), Some("2026-11-21".into()));
    assert_eq!(due(at(2026, 11, 21, 17, 59)), Some("2026-11-21".into()));
    assert_eq!(due(at(2026, 11, 21, 18, 0)), None);
    assert_eq!(
        digest_due(23 * 60 + 59, Timestamp(0), WARSAW, at(2026, 11, 21, 23, 30)).unwrap().at,
        at(2026, 11, 21, 22, 59)
    );
    assert_eq!(
        digest_due(seven, at(2026, 11, 21, 6, 1), WARSAW, at(2026, 11, 21, 7, 0)),
        None,
        "asked for too late today"
    );
    assert_eq!(digest_due(24 * 60, Timestamp(0), WARSAW, NOW), None, "no such time");
}

#[test]
fn a_time_that_the_clock_jumps_over_is_due_after_the_jump_and_one_that_comes_twice_is_due_once() {
    let half_past_two = 2 * 60 + 30;
    let due = |now| digest_due(half_past_two, Timestamp(0), WARSAW, now).map(|due| (due.day.to_string(), due.at));
    assert_eq!(due(at(2027, 3, 28, 0, 59)), None);
    assert_eq!(due(at(2027, 3, 28, 1, 0)), Some(("2027-03-28".into(), at(2027, 3, 28, 1, 0))), "three o'clock");
    let first = Some(("2026-10-25".into(), at(2026, 10, 25, 0, 30)));
    assert_eq!(due(at(2026, 10, 25, 0, 30)), first);
    assert_eq!(due(at(2026, 10, 25, 1, 30)), first, "the second half past two is for the same day");
    // A day that has no such hour at all: Samoa left 30 December 2011 out.
    let apia = chrono_tz::Pacific::Apia;
    assert!(digest_due(8 * 60, Timestamp(0), apia, at(2011, 12, 30, 18, 0)).is_some());
}

#[test]
fn what_concerns_a_record_goes_to_who_answers_by_the_wishes_of_its_owner() {
    let nobody = |_| false;
    let anna = |user| user == ANNA;
    let here = route(&record(), anna, &world(false), NOW).unwrap();
    assert_eq!((here.to, here.by, here.because), (ANNA, ANNA, None));
    let away = route(&record(), anna, &world(true), NOW).unwrap();
    let because = Because::StandsIn { name: "Anna Kowalska".into(), until: Some(NOW.plus(DAY)) };
    assert_eq!((away.to, away.by, away.because), (PIOTR, ANNA, Some(because)));
    assert_eq!(route(&record(), nobody, &world(true), NOW).unwrap().by, PIOTR, "his own wishes count then");
    let secret = Record { confidential: true, ..record() };
    assert_eq!(route(&secret, anna, &world(true), NOW), None, "nobody was trusted with it");
    assert_eq!(may_stand_in(ANNA, &world(true), NOW).into_iter().collect::<Vec<_>>(), [PIOTR]);
}

#[test]
fn everything_in_a_condition_has_to_hold() {
    let wishes = |urgent| Wishes { urgent: vec![urgent], ..Wishes::default() };
    let senders = [(RecordId(11), Some(RecordId(10)))];
    let holds = |urgent: Urgent| is_urgent(&wishes(urgent), &mail(), &senders, NOW);
    assert!(!holds(Urgent::default()), "an empty one holds for nothing");
    assert!(holds(Urgent { contact: Some(RecordId(11)), ..Urgent::default() }));
    assert!(!holds(Urgent { contact: Some(RecordId(19)), ..Urgent::default() }));
    assert!(holds(Urgent { account: Some(RecordId(10)), ..Urgent::default() }));
    assert!(holds(Urgent { class: Some(Class::A), words: vec!["pilne".into()], ..Urgent::default() }));
    assert!(!holds(Urgent { class: Some(Class::B), words: vec!["pilne".into()], ..Urgent::default() }));
    assert!(holds(Urgent { waiting_hours: Some(2), ..Urgent::default() }));
    assert!(!holds(Urgent { waiting_hours: Some(3), ..Urgent::default() }));
    let late = Wishes { since: NOW, ..wishes(Urgent { class: Some(Class::A), ..Urgent::default() }) };
    assert!(!is_urgent(&late, &mail(), &senders, NOW), "what came before they asked is no news");
    let old = wishes(Urgent { class: Some(Class::A), ..Urgent::default() });
    assert!(!is_urgent(&old, &mail(), &senders, NOW.plus(DAY)), "nor is what is a day old");
}

#[test]
fn the_first_line_says_for_whom_one_stands_in_and_until_when() {
    let because = |until| Because::StandsIn { name: "Anna Kowalska".into(), until };
    let letter = |because| Letter::Urgent { mail: mail(), because: Some(because), last: false };
    let first = |letter: &Letter, language| body(letter, language, "").lines().next().unwrap().to_owned();
    let end = at(2026, 11, 27, 23, 0);
    assert_eq!(
        first(&letter(because(Some(end))), Language::En),
        "You get this because you stand in for Anna Kowalska until 27 November."
    );
    assert_eq!(
        first(&letter(because(Some(end))), Language::Pl),
        "Dostajesz tę wiadomość, bo trwa twoje zastępstwo (za: Anna Kowalska, do 27 listopada)."
    );
    assert_eq!(first(&letter(because(None)), Language::En), "You get this because you stand in for Anna Kowalska.");
    assert!(first(&letter(because(Some(at(2027, 1, 3, 0, 0)))), Language::En).ends_with("until 3 January 2027."));
    let fallback = Because::Fallback { name: "Anna Kowalska".into(), until: None };
    assert!(first(&letter(fallback), Language::Pl).contains("nikt nie zastępuje"));
}

#[test]
fn polish_mails_count_as_polish_does() {
    let digest = |n: usize| {
        let section = Section { instead_of: None, waiting: vec![mail(); n] };
        Letter::Digest(Digest { because: None, sections: vec![section], tasks: Vec::new() })
    };
    let subject = |n| text::written(&digest(n), &reader(Language::Pl), &office(""), NOW).0;
    assert_eq!(subject(1), "Standin: 1 wiadomość czeka na odpowiedź");
    assert_eq!(subject(3), "Standin: 3 wiadomości czekają na odpowiedź");
    assert_eq!(subject(5), "Standin: 5 wiadomości czeka na odpowiedź");
    assert_eq!(subject(22), "Standin: 22 wiadomości czekają na odpowiedź");
    let brief = Letter::Brief(Brief {
        absence: AbsenceId(1),
        owner: "Anna Kowalska".into(),
        starts: NOW,
        ends: None,
        counts: vec![(Kind::Account, 2), (Kind::Contact, 5), (Kind::Opportunity, 15)],
        waiting: Vec::new(),
        tasks: Vec::new(),
        last_words: Vec::new(),
    });
    let text = body(&brief, Language::Pl, "");
    assert!(text.contains("22 rekordy (2 firmy, 5 kontaktów, 15 szans)"), "{text}");
}

#[test]
fn a_long_list_is_cut_and_says_how_much_is_left() {
    let section = Section { instead_of: None, waiting: vec![mail(); 25] };
    let letter = Letter::Digest(Digest { because: None, sections: vec![section], tasks: Vec::new() });
    let text = body(&letter, Language::En, "https://standin.firma.pl");
    assert_eq!(text.matches("Jan Lis").count(), 20);
    assert!(text.contains("\n\nand 5 more: https://standin.firma.pl/\n"), "{text}");
}

#[test]
fn without_the_address_of_the_pages_a_mail_has_no_links() {
    let section = Section { instead_of: None, waiting: vec![mail(); 25] };
    let letter = Letter::Digest(Digest { because: None, sections: vec![section], tasks: Vec::new() });
    for language in [Language::En, Language::Pl] {
        let text = body(&letter, language, "");
        assert!(!text.contains("http") && !text.contains("/messages") && !text.contains(": \n"), "{text}");
        assert!(!text.contains('{') && !text.contains('}'), "{text}");
    }
}

#[test]
fn a_hostile_subject_or_name_opens_no_header_and_no_line() {
    let mut hostile = mail();
    hostile.subject = "x\r\nBcc: evil@example.com\u{202e}".into();
    hostile.from = "Jan\r\n\r\nBody".into();
    let letter = Letter::Urgent { mail: hostile, because: None, last: true };
    let out = compose(&letter, &reader(Language::En), &office("https://s.pl"), [3; 16], NOW);
    let wire = String::from_utf8(out.bytes).unwrap();
    let (head, _) = wire.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("\r\nBcc:") && head.contains("Auto-Submitted: auto-generated\r\n"), "{head}");
    assert!(!wire.contains("\r\nBcc:"), "{wire}");
    assert!(super::super::is_ours(&out.message_id, &NoticeKey([7; 32])));
    assert_eq!(out.message_id.as_str().split_once('@').unwrap().1, "firma.pl");
    assert_eq!((out.envelope_to.as_str(), out.envelope_from.unwrap().as_str()), ("piotr@firma.pl", "sales@firma.pl"));
}

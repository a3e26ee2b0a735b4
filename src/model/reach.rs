//! Whether somebody outside can be reached: their own absence, whether they left, what became of mail to
//! their addresses (R98, R101, R102, R105, R110 to R112).
//!
//! Pure: what mails and people said goes in, what holds now comes out. Dates decide and nothing else, so
//! the order in which mails came does not show, and reading them again changes nothing (P3). What a person
//! said counts for every mail that was written before it; a later mail speaks anew.

use super::automatic::Certainty;
use super::id::{MailId, UserId};
use super::time::{DAY, Timestamp};
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// Days that an absence without a date is taken to last (R101).
const ASSUMED: u64 = 14;
/// After so long somebody should ask whether an absence without end goes on (R101).
const ASK_AFTER: i64 = 60 * DAY;
/// Soft failures count together within so long (R111).
const WINDOW: i64 = 30 * DAY;
/// So many of them, on as many days, make an address suspect (R111).
const SUSPECT: usize = 3;

/// A mail that says that its author is away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwayMail {
    /// The mail.
    pub mail: MailId,
    /// When it was written.
    pub at: Timestamp,
    /// Hash of its content: of two of one moment the greater counts.
    pub identity: Vec<u8>,
    /// The last day away, where it stands there.
    pub until: Option<NaiveDate>,
    /// How far that is to be trusted.
    pub certainty: Certainty,
}

/// What a person said of somebody's absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwayWord {
    /// When.
    pub at: Timestamp,
    /// Who; none: the operator.
    pub by: Option<UserId>,
    /// They are away; else they are back.
    pub away: bool,
    /// The last day away, if it is known.
    pub until: Option<NaiveDate>,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Voice {
    /// A mail.
    Mail(MailId),
    /// One of us; none: the operator.
    Person(Option<UserId>),
}

/// Somebody is away at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Away {
    /// Since when: the date of what says so.
    pub since: Timestamp,
    /// The last day away; none where no end is known.
    pub until: Option<NaiveDate>,
    /// How far that is to be trusted.
    pub certainty: Certainty,
    /// Who says so.
    pub voice: Voice,
    /// It has no end and is old: somebody should ask.
    pub ask: bool,
}

/// Whether somebody is away `now`, in days of `zone`: the latest of what mails and people said counts,
/// unless they wrote themselves since (`wrote`), or it is over.
pub fn away(
    mails: &[AwayMail],
    words: &[AwayWord],
    wrote: Option<Timestamp>,
    zone: Tz,
    now: Timestamp,
) -> Option<Away> {
    let mail = mails.iter().max_by_key(|m| (m.at, &m.identity));
    let word = words.iter().max_by_key(|word| word.at);
    let day = |at: Timestamp| at.to_utc().with_timezone(&zone).date_naive();
    let found = match (mail, word) {
        (Some(mail), word) if word.is_none_or(|word| word.at < mail.at) => {
            let assumed = || day(mail.at).checked_add_days(Days::new(ASSUMED));
            let until = match mail.certainty {
                Certainty::Past => return None,
                Certainty::OpenEnded => None,
                Certainty::Sure | Certainty::Unsure | Certainty::Assumed => mail.until.or_else(assumed),
            };
            Away { since: mail.at, until, certainty: mail.certainty, voice: Voice::Mail(mail.mail), ask: false }
        }
        (_, Some(word)) if word.away => {
            let certainty = if word.until.is_some() { Certainty::Sure } else { Certainty::OpenEnded };
            Away { since: word.at, until: word.until, certainty, voice: Voice::Person(word.by), ask: false }
        }
        _ => return None,
    };
    let over = found.until.is_some_and(|until| until < day(now));
    let back = wrote.is_some_and(|wrote| wrote >= found.since);
    let ask = found.until.is_none() && now.since(found.since) >= ASK_AFTER;
    (!over && !back).then_some(Away { ask, ..found })
}

/// A mail that says that the owner of an address left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftMail {
    /// The mail.
    pub mail: MailId,
    /// When it was written.
    pub at: Timestamp,
}

/// What a person said of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftWord {
    /// When.
    pub at: Timestamp,
    /// Who; none: the operator.
    pub by: Option<UserId>,
    /// They left; else the address is still theirs.
    pub left: bool,
}

/// The owner of an address left: do not use it (R105).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Left {
    /// Since when: the date of what says so.
    pub since: Timestamp,
    /// Who says so: as long as a mail does alone, it is only probable.
    pub voice: Voice,
}

/// Whether the owner of an address left. A person's word is last, until a mail says so anew; what a mail
/// says falls when they write themselves.
pub fn left(mails: &[LeftMail], words: &[LeftWord], wrote: Option<Timestamp>) -> Option<Left> {
    let word = words.iter().max_by_key(|word| word.at);
    if let Some(word) = word.filter(|word| word.left) {
        return Some(Left { since: word.at, voice: Voice::Person(word.by) });
    }
    let since = word.map(|word| word.at).max(wrote);
    let mail = mails.iter().filter(|mail| since.is_none_or(|since| mail.at > since)).max_by_key(|m| (m.at, m.mail))?;
    Some(Left { since: mail.at, voice: Voice::Mail(mail.mail) })
}

/// What a report says of a mail to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// There is no such address.
    Hard,
    /// It failed for now.
    Soft,
    /// The other side does not want it.
    Policy,
    /// It is late.
    Late,
    /// It was delivered.
    Delivered,
    /// Its reader calls it spam.
    Complaint,
    /// Their program says that it was shown: no proof that anybody read it.
    Shown,
    /// Their program says that it was deleted.
    Deleted,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 8] = [
        Outcome::Hard,
        Outcome::Soft,
        Outcome::Policy,
        Outcome::Late,
        Outcome::Delivered,
        Outcome::Complaint,
        Outcome::Shown,
        Outcome::Deleted,
    ];

    /// The word in the database and in answers.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Hard => "hard",
            Outcome::Soft => "soft",
            Outcome::Policy => "policy",
            Outcome::Late => "late",
            Outcome::Delivered => "delivered",
            Outcome::Complaint => "complaint",
            Outcome::Shown => "shown",
            Outcome::Deleted => "deleted",
        }
    }

    /// The outcome that `word` names.
    pub fn from_word(word: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

/// A report about a mail of ours to an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Report {
    /// The mail that reports.
    pub mail: MailId,
    /// When it was written.
    pub at: Timestamp,
    /// What became of our mail.
    pub outcome: Outcome,
    /// The enhanced code (RFC 3463).
    pub status: Option<String>,
    /// The SMTP code.
    pub code: Option<i64>,
    /// The server's words.
    pub words: String,
}

/// What is known of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AddressState {
    /// There is no such address, says this report.
    pub invalid: Option<Report>,
    /// It failed again and again, say these reports, the earliest first.
    pub suspect: Vec<Report>,
    /// Its owner called mail of ours spam: nothing in bulk any more.
    pub no_bulk: Option<Report>,
}

impl AddressState {
    /// Whether nothing stands against it.
    pub fn is_clear(&self) -> bool {
        *self == AddressState::default()
    }

    /// Whether mail to it is likely not to arrive.
    pub fn is_doubtful(&self) -> bool {
        self.invalid.is_some() || !self.suspect.is_empty()
    }
}

/// What reports about our own mail say of an address (R109: the caller leaves out all others). Cleared by a
/// person's mail from it (`wrote`), by a delivery, or by an admin (`undone`), whatever was written before.
/// Days are those of `zone`.
pub fn address(reports: &[Report], wrote: Option<Timestamp>, undone: Option<Timestamp>, zone: Tz) -> AddressState {
    let success = success(reports, wrote, undone);
    let invalid = after(reports, success, Outcome::Hard).pop();
    let soft = after(reports, success, Outcome::Soft);
    let suspect = if invalid.is_none() && is_suspect(&soft, zone) { soft } else { Vec::new() };
    AddressState { invalid, suspect, no_bulk: after(reports, undone, Outcome::Complaint).pop() }
}

/// Whether there is no such address, as [`address`] has it: what is asked before anything automatic goes there.
pub fn is_invalid(reports: &[Report], wrote: Option<Timestamp>, undone: Option<Timestamp>) -> bool {
    !after(reports, success(reports, wrote, undone), Outcome::Hard).is_empty()
}

/// When an address was last known to work.
fn success(reports: &[Report], wrote: Option<Timestamp>, undone: Option<Timestamp>) -> Option<Timestamp> {
    let delivered = reports.iter().filter(|r| r.outcome == Outcome::Delivered).map(|r| r.at).max();
    // Dates of mails are whole seconds. What comes back in the second of a person's mail is what we answered
    // to that, so it is the later one.
    let wrote = wrote.map(|at| at.plus(-1));
    wrote.max(delivered).max(undone)
}

/// The reports of one outcome after a moment, the earliest first.
fn after(reports: &[Report], since: Option<Timestamp>, outcome: Outcome) -> Vec<Report> {
    let wanted = |r: &&Report| r.outcome == outcome && since.is_none_or(|since| r.at > since);
    let mut found: Vec<Report> = reports.iter().filter(wanted).cloned().collect();
    found.sort_by_key(|r| (r.at, r.mail));
    found
}

/// Whether soft failures, in order of time, add up: enough of them on enough days within a month.
fn is_suspect(soft: &[Report], zone: Tz) -> bool {
    soft.iter().enumerate().any(|(n, first)| {
        let within = soft.iter().skip(n).take_while(|r| r.at.since(first.at) <= WINDOW);
        let days = within.map(|r| r.at.to_utc().with_timezone(&zone).date_naive());
        days.collect::<BTreeSet<NaiveDate>>().len() >= SUSPECT
    })
}

#[cfg(test)]
mod tests {
    use super::super::time::HOUR;
    use super::*;
    use proptest::prelude::*;

    const ZONE: Tz = chrono_tz::Europe::Warsaw;
    /// 2026-11-20, 09:00 UTC.
    const FRIDAY: Timestamp = Timestamp(1_795_165_200_000);

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn mail(id: i64, days: i64, until: Option<&str>, certainty: Certainty) -> AwayMail {
        let at = FRIDAY.plus(days * DAY);
        AwayMail { mail: MailId(id), at, identity: vec![id as u8], until: until.map(date), certainty }
    }

    fn word(days: i64, away: bool, until: Option<&str>) -> AwayWord {
        AwayWord { at: FRIDAY.plus(days * DAY), by: Some(UserId(1)), away, until: until.map(date) }
    }

    #[test]
    fn an_absence_lasts_until_the_end_of_its_last_day_where_the_reader_is() {
        let mails = [mail(1, 0, Some("2026-11-27"), Certainty::Sure)];
        // 2026-11-27T22:59:59Z is 23:59:59 in Warsaw.
        let end = Timestamp(1_795_820_399_000);
        assert_eq!(end.rfc3339(), "2026-11-27T22:59:59Z");
        let found = away(&mails, &[], None, ZONE, end).unwrap();
        assert_eq!((found.until, found.since, found.voice), (Some(date("2026-11-27")), FRIDAY, Voice::Mail(MailId(1))));
        assert_eq!(away(&mails, &[], None, ZONE, end.plus(1000)), None);
        assert!(away(&mails, &[], None, chrono_tz::America::New_York, end.plus(1000)).is_some());
    }

    #[test]
    fn no_date_means_fourteen_days_and_two_readings_no_more() {
        for certainty in [Certainty::Assumed, Certainty::Unsure] {
            let mails = [mail(1, 0, None, certainty)];
            let found = away(&mails, &[], None, ZONE, FRIDAY.plus(14 * DAY)).unwrap();
            assert_eq!((found.until, found.certainty), (Some(date("2026-12-04")), certainty));
            assert_eq!(away(&mails, &[], None, ZONE, FRIDAY.plus(15 * DAY)), None);
        }
        assert_eq!(away(&[mail(1, 0, None, Certainty::Past)], &[], None, ZONE, FRIDAY), None);
    }

    #[test]
    fn an_absence_without_end_is_asked_about_after_sixty_days() {
        let mails = [mail(1, 0, None, Certainty::OpenEnded)];
        let ask = |days: i64| away(&mails, &[], None, ZONE, FRIDAY.plus(days * DAY)).unwrap().ask;
        assert_eq!([ask(0), ask(59), ask(60), ask(400)], [false, false, true, true]);
        assert!(away(&[], &[word(0, true, None)], None, ZONE, FRIDAY.plus(60 * DAY)).unwrap().ask);
    }

    #[test]
    fn a_mail_by_a_person_ends_it_and_a_later_notice_begins_it_again() {
        let first = mail(1, 0, Some("2026-12-24"), Certainty::Sure);
        let wrote = Some(FRIDAY.plus(2 * DAY));
        assert_eq!(away(std::slice::from_ref(&first), &[], wrote, ZONE, FRIDAY.plus(3 * DAY)), None);
        let second = mail(2, 3, Some("2026-12-01"), Certainty::Sure);
        let found = away(&[second.clone(), first.clone()], &[], wrote, ZONE, FRIDAY.plus(3 * DAY)).unwrap();
        assert_eq!(found.until, Some(date("2026-12-01")));
        let before = Some(FRIDAY.plus(-DAY));
        assert!(away(&[first], &[], before, ZONE, FRIDAY).is_some(), "written before it");
    }

    #[test]
    fn a_persons_word_stands_until_a_later_notice() {
        let mails = [mail(1, 0, Some("2026-12-24"), Certainty::Sure)];
        let cleared = [word(1, false, None)];
        assert_eq!(away(&mails, &cleared, None, ZONE, FRIDAY.plus(2 * DAY)), None);
        let set = [cleared[0], word(2, true, Some("2026-11-30"))];
        let found = away(&mails, &set, None, ZONE, FRIDAY.plus(3 * DAY)).unwrap();
        assert_eq!((found.until, found.voice), (Some(date("2026-11-30")), Voice::Person(Some(UserId(1)))));
        let later = [mails[0].clone(), mail(3, 4, None, Certainty::Assumed)];
        assert_eq!(away(&later, &set, None, ZONE, FRIDAY.plus(5 * DAY)).unwrap().voice, Voice::Mail(MailId(3)));
    }

    #[test]
    fn who_left_stays_marked_until_a_person_or_their_own_mail_says_otherwise() {
        let mails = [LeftMail { mail: MailId(1), at: FRIDAY }];
        let said = |days: i64, left: bool| LeftWord { at: FRIDAY.plus(days * DAY), by: None, left };
        assert_eq!(left(&mails, &[], None).unwrap().voice, Voice::Mail(MailId(1)));
        assert_eq!(left(&mails, &[], Some(FRIDAY.plus(1))), None);
        assert_eq!(left(&mails, &[said(1, false)], None), None);
        assert!(left(&mails, &[said(-1, false)], None).is_some(), "it speaks anew");
        assert_eq!(left(&mails, &[said(1, true)], Some(FRIDAY.plus(DAY))).unwrap().voice, Voice::Person(None));
        assert_eq!(left(&[], &[], None), None);
    }

    fn report(id: i64, days: i64, outcome: Outcome) -> Report {
        let at = FRIDAY.plus(days * DAY);
        Report { mail: MailId(id), at, outcome, status: None, code: None, words: String::new() }
    }

    #[test]
    fn a_hard_failure_counts_at_once_and_is_forgiven() {
        let hard = [report(1, 0, Outcome::Hard)];
        assert!(address(&hard, None, None, ZONE).invalid.is_some());
        assert!(address(&hard, Some(FRIDAY.plus(-1)), None, ZONE).invalid.is_some());
        assert!(address(&hard, Some(FRIDAY.plus(1)), None, ZONE).is_clear());
        assert!(address(&hard, None, Some(FRIDAY.plus(1)), ZONE).is_clear());
        let delivered = [hard[0].clone(), report(2, 1, Outcome::Delivered)];
        assert!(address(&delivered, None, None, ZONE).is_clear());
        let again = [hard[0].clone(), report(3, 2, Outcome::Hard)];
        assert_eq!(address(&again, None, Some(FRIDAY.plus(DAY)), ZONE).invalid.unwrap().mail, MailId(3));
    }

    #[test]
    fn soft_failures_add_up_over_three_days_of_a_month() {
        let soft = |days: &[i64]| {
            let all: Vec<Report> = days.iter().map(|d| report(*d, *d, Outcome::Soft)).collect();
            address(&all, None, None, ZONE).is_doubtful()
        };
        assert!(soft(&[0, 1, 2]) && soft(&[0, 15, 30]) && soft(&[0, 40, 50, 60]));
        assert!(!soft(&[0, 1]) && !soft(&[0, 0, 0, 0]) && !soft(&[0, 15, 31]) && !soft(&[0, 20, 40, 60]));
        let all: Vec<Report> = (0..3).map(|d| report(d, d, Outcome::Soft)).collect();
        assert!(address(&all, Some(FRIDAY.plus(DAY)), None, ZONE).is_clear(), "one of them succeeded in between");
    }

    #[test]
    fn soft_failures_are_counted_by_the_days_of_the_zone() {
        // 2026-11-20, 09:00 UTC, and so many hours later; in Warsaw a day begins at 23:00 UTC.
        let soft = |hours: &[i64]| {
            let one = |(n, hours): (i64, &i64)| Report { at: FRIDAY.plus(hours * HOUR), ..report(n, 0, Outcome::Soft) };
            let all: Vec<Report> = (0..).zip(hours).map(one).collect();
            [ZONE, Tz::UTC].map(|zone| address(&all, None, None, zone).is_doubtful())
        };
        assert_eq!(soft(&[0, 14, 48]), [true, false], "three days in Warsaw, two in UTC");
        assert_eq!(soft(&[14, 24, 48]), [false, true], "two days in Warsaw, three in UTC");
    }

    #[test]
    fn policy_and_delay_harm_no_address_and_a_complaint_stops_bulk_alone() {
        let others = [Outcome::Policy, Outcome::Late, Outcome::Shown, Outcome::Deleted];
        let all: Vec<Report> = (0..40).map(|n| report(n, n, others[n as usize % 4])).collect();
        assert!(address(&all, None, None, ZONE).is_clear());
        let complaint = [report(1, 0, Outcome::Complaint)];
        let state = address(&complaint, Some(FRIDAY.plus(DAY)), None, ZONE);
        assert!(state.no_bulk.is_some() && !state.is_doubtful());
        assert!(address(&complaint, None, Some(FRIDAY.plus(DAY)), ZONE).is_clear());
    }

    fn outcomes() -> impl Strategy<Value = Vec<Report>> {
        proptest::collection::vec((0_i64..40, 0..Outcome::ALL.len()), 0..12).prop_map(|all| {
            let one = |(n, (days, kind)): (usize, (i64, usize))| report(n as i64, days, Outcome::ALL[kind]);
            all.into_iter().enumerate().map(one).collect()
        })
    }

    proptest! {
        #[test]
        fn the_order_of_reports_means_nothing(reports in outcomes(), wrote in proptest::option::of(-1_i64..41)) {
            let wrote = wrote.map(|days| FRIDAY.plus(days * DAY));
            let mut turned = reports.clone();
            turned.reverse();
            prop_assert_eq!(address(&reports, wrote, None, ZONE), address(&turned, wrote, None, ZONE));
        }

        #[test]
        fn the_order_of_notices_and_words_means_nothing(
            days in proptest::collection::vec((-20_i64..20, 0_usize..5, proptest::option::of(0_u64..40)), 0..8),
            words in proptest::collection::vec((-20_i64..20, any::<bool>()), 0..4),
        ) {
            let kinds =
                [Certainty::Sure, Certainty::Unsure, Certainty::Assumed, Certainty::OpenEnded, Certainty::Past];
            let mails: Vec<AwayMail> = days.iter().enumerate().map(|(n, (day, kind, ahead))| {
                let until = ahead.and_then(|ahead| date("2026-11-20").checked_add_days(Days::new(ahead)));
                AwayMail { until, ..mail(n as i64, *day, None, kinds[*kind]) }
            }).collect();
            let mut words: Vec<AwayWord> = words.iter().map(|(day, away)| word(*day, *away, None)).collect();
            words.dedup_by_key(|w| w.at);
            words.sort_by_key(|w| w.at);
            words.dedup_by_key(|w| w.at);
            let found = away(&mails, &words, None, ZONE, FRIDAY);
            let (mut mails, mut words) = (mails, words);
            mails.reverse();
            words.reverse();
            prop_assert_eq!(found, away(&mails, &words, None, ZONE, FRIDAY));
        }
    }
}

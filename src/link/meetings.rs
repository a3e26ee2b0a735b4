//! Meetings out of invitations: pure. All that mails say of one meeting, in any order of arrival, gives the
//! same appointments (P3): the highest SEQUENCE counts, of equals the latest DTSTAMP (RFC 5546, 2.1.5).
//!
//! Only the organiser's own mail says how a meeting stands, and only while it stands on a record: a
//! stranger who knows a UID changes nothing. Who is invited says for themselves whether they come, and may
//! propose another time; that changes nothing else.

use crate::model::calendar::{Event, Invited, Item, Meeting, Method};
use crate::model::time::Timestamp;
use crate::parse::{self, Moments};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// What a mail says of a meeting, and how far it is believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The event.
    pub item: Item,
    /// Its writer's address.
    pub from: String,
    /// It stands on a record, and our own server does not call its sender false (R36).
    pub counts: bool,
    /// The mail's place in time.
    pub at: Timestamp,
    /// Hash of its content: decides between equals.
    pub identity: Vec<u8>,
}

/// How an appointment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is to come.
    Open,
    /// It is over, since then.
    Over(Timestamp),
    /// It was called off, then.
    Cancelled(Timestamp),
}

/// An appointment.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// Of a series the one meeting that left it; none for a meeting or the series itself.
    pub recurrence_at: Option<i64>,
    /// Which of the mails says how it stands.
    pub said: usize,
    /// In a line.
    pub subject: String,
    /// More of it.
    pub body: String,
    /// The rest.
    pub meeting: Meeting,
    /// How it stands.
    pub standing: Standing,
}

/// The appointments of one meeting: one UID of one organiser. Times without a zone are meant in `zone`.
pub fn decide(said: &[Said], organizer: &str, zone: Tz, now: Timestamp) -> Vec<Decided> {
    let speaks = |n: &usize| {
        said.get(*n).is_some_and(|s| {
            s.counts && s.from == organizer && matches!(s.item.method, Method::Request | Method::Cancel)
        })
    };
    let mut of: BTreeMap<Option<i64>, Vec<usize>> = BTreeMap::new();
    for n in (0..said.len()).filter(speaks) {
        let Some(item) = said.get(n).map(|s| &s.item) else { continue };
        let recurrence =
            item.recurrence_at.map(|at| times(&item.event, zone, now).and_then(|m| m.recurrence).unwrap_or(at));
        of.entry(recurrence).or_default().push(n);
    }
    let case = Case { said, zone, now };
    let series = of.remove(&None).unwrap_or_default();
    let master = case.latest(&series, false);
    let request = case.latest(&series, true);
    let mut left: Vec<i64> = Vec::new();
    let mut decided = Vec::new();
    for (recurrence, versions) in of {
        let (Some(at), Some(winner)) = (recurrence, case.latest(&versions, false)) else { continue };
        // A later version of the whole series takes its exceptions back, but for those it repeats.
        if master.is_some_and(|m| case.rank(m) > case.rank(winner)) {
            continue;
        }
        left.push(at);
        decided.extend(case.exception(at, winner, &versions, request));
    }
    if let (Some(master), Some(request)) = (master, request) {
        decided.extend(case.series(master, request, &left));
    }
    decided
}

fn times(event: &Event, zone: Tz, now: Timestamp) -> Option<Moments> {
    parse::moments(&event.source, zone, now.0)
}

struct Case<'a> {
    said: &'a [Said],
    zone: Tz,
    now: Timestamp,
}

impl Case<'_> {
    /// What decides which version counts: calling off before inviting where all else is equal.
    fn order(&self, n: usize) -> Option<(i64, i64, bool, i64, &[u8])> {
        let said = self.said.get(n)?;
        let item = &said.item;
        Some((item.sequence, item.stamp, item.method == Method::Cancel, said.at.0, &said.identity))
    }

    fn rank(&self, n: usize) -> (i64, i64) {
        self.said.get(n).map_or((0, 0), |said| (said.item.sequence, said.item.stamp))
    }

    fn latest(&self, versions: &[usize], requests: bool) -> Option<usize> {
        let fits = |n: &&usize| !requests || self.said.get(**n).is_some_and(|s| s.item.method == Method::Request);
        versions.iter().filter(fits).copied().max_by(|a, b| self.order(*a).cmp(&self.order(*b)))
    }

    fn item(&self, n: usize) -> Option<&Item> {
        self.said.get(n).map(|said| &said.item)
    }

    /// The meeting, or the series without what left it.
    fn series(&self, master: usize, request: usize, left: &[i64]) -> Option<Decided> {
        let event = &self.item(request)?.event;
        let all = times(event, self.zone, self.now)?.times;
        let cancelled = self.item(master)?.method == Method::Cancel;
        let stay: Vec<(i64, i64)> = all.iter().copied().filter(|(start, _)| !left.contains(start)).collect();
        let next = stay.iter().find(|(_, end)| *end > self.now.0).or_else(|| stay.last()).or_else(|| all.last());
        // Where every one of them left it, nothing is left to be shown.
        if stay.is_empty() && !left.is_empty() {
            return None;
        }
        Some(self.decided(None, master, event, *next?, cancelled))
    }

    /// One meeting that left its series: moved, or called off.
    fn exception(&self, at: i64, winner: usize, versions: &[usize], series: Option<usize>) -> Option<Decided> {
        let cancelled = self.item(winner)?.method == Method::Cancel;
        let request = self.latest(versions, true).or(if cancelled { series } else { None }).unwrap_or(winner);
        let event = &self.item(request)?.event;
        let own = versions.contains(&request);
        let time = match times(event, self.zone, Timestamp(i64::MIN))?.times.first().copied() {
            Some(time) if own => time,
            Some((start, end)) => (at, at + (end - start)),
            None => return None,
        };
        Some(self.decided(Some(at), winner, event, time, cancelled))
    }

    fn decided(
        &self,
        recurrence_at: Option<i64>,
        winner: usize,
        event: &Event,
        (starts, ends): (i64, i64),
        cancelled: bool,
    ) -> Decided {
        let said = self.said.get(winner);
        let standing = match (cancelled, said) {
            (true, Some(said)) => Standing::Cancelled(said.at),
            _ if ends <= self.now.0 => Standing::Over(Timestamp(ends)),
            _ => Standing::Open,
        };
        let organizer = said.and_then(|s| s.item.organizer.as_ref()).map(ToString::to_string).unwrap_or_default();
        let (people, proposals) = self.answers(event, self.rank(winner).0);
        let meeting = Meeting {
            location: event.location.clone(),
            all_day: event.all_day,
            zone: event.zone.clone().unwrap_or_else(|| self.zone.name().to_owned()),
            rule: if recurrence_at.is_some() { String::new() } else { event.rule.clone() },
            organizer: if event.organizer_name.is_empty() { organizer } else { event.organizer_name.clone() },
            people,
            proposals,
            starts,
            ends,
        };
        let (subject, body) = (event.summary.clone(), event.description.clone());
        Decided { recurrence_at, said: winner, subject, body, meeting, standing }
    }

    /// Who comes, by what each said last, and who proposes another time for this version.
    fn answers(&self, event: &Event, sequence: i64) -> (Vec<Invited>, Vec<(String, i64)>) {
        let mut people = event.people.clone();
        let mut proposals = Vec::new();
        for person in &mut people {
            let by_them = |n: &usize, method: Method| {
                self.said.get(*n).is_some_and(|s| s.counts && s.from == person.address && s.item.method == method)
            };
            let last = |method| {
                let theirs = (0..self.said.len()).filter(|n| by_them(n, method));
                theirs.max_by(|a, b| self.order(*a).cmp(&self.order(*b)))
            };
            let reply = last(Method::Reply).and_then(|n| self.item(n));
            let own = reply.and_then(|item| item.event.people.iter().find(|p| p.address == person.address));
            if let Some(own) = own {
                person.answer.clone_from(&own.answer);
            }
            let counter = last(Method::Counter).and_then(|n| self.item(n)).filter(|item| item.sequence >= sequence);
            let time = counter.and_then(|item| times(&item.event, self.zone, Timestamp(i64::MIN)));
            if let Some((start, _)) = time.and_then(|m| m.times.first().copied()) {
                let name = if person.name.is_empty() { &person.address } else { &person.name };
                proposals.push((name.clone(), start));
            }
        }
        (people, proposals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_172_400_000);

    fn zone() -> Tz {
        "Europe/Warsaw".parse().unwrap()
    }

    /// Day and hour of November 2026, Warsaw.
    fn source(lines: &str) -> String {
        format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    }

    fn said(method: Method, sequence: i64, stamp: i64, from: &str, lines: &str) -> Said {
        let raw = format!(
            "From: x@y.test\r\nContent-Type: text/calendar; method={}\r\n\r\n{}",
            method.word(),
            source(&format!(
                "{lines}\r\nSUMMARY:v{sequence}\r\nORGANIZER:mailto:jan@acme.test\r\nATTENDEE;CN=Anna:mailto:anna@firma.test"
            ))
        );
        let mut item = parse::calendars(raw.as_bytes()).items.remove(0);
        (item.sequence, item.stamp) = (sequence, stamp);
        let identity = format!("{method:?} {sequence} {stamp} {from} {lines}").into_bytes();
        Said { item, from: from.into(), counts: true, at: NOW, identity }
    }

    const JAN: &str = "jan@acme.test";
    const TEN: &str = "DTSTART;TZID=Europe/Warsaw:20261125T100000\r\nDURATION:PT1H";
    const NOON: &str = "DTSTART;TZID=Europe/Warsaw:20261125T120000\r\nDURATION:PT1H";
    const WEEKLY: &str = "DTSTART;TZID=Europe/Warsaw:20261123T100000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=3";
    const MOVED: &str = "RECURRENCE-ID;TZID=Europe/Warsaw:20261130T100000\r\nDTSTART;TZID=Europe/Warsaw:20261201T090000\r\nDURATION:PT1H";

    fn hour(ms: i64) -> String {
        Timestamp(ms).to_utc().with_timezone(&zone()).format("%d %H").to_string()
    }

    fn shown(all: &[Decided]) -> Vec<(String, &'static str)> {
        let standing = |d: &Decided| match d.standing {
            Standing::Open => "open",
            Standing::Over(_) => "over",
            Standing::Cancelled(_) => "cancelled",
        };
        all.iter().map(|d| (hour(d.meeting.starts), standing(d))).collect()
    }

    fn of(said: &[Said]) -> Vec<(String, &'static str)> {
        shown(&decide(said, JAN, zone(), NOW))
    }

    #[test]
    fn the_latest_version_counts_in_any_order() {
        let (first, second) = (said(Method::Request, 0, 1, JAN, TEN), said(Method::Request, 1, 2, JAN, NOON));
        let cancel = said(Method::Cancel, 2, 3, JAN, NOON);
        assert_eq!(of(&[first.clone(), second.clone()]), [("25 12".into(), "open")]);
        assert_eq!(of(&[second.clone(), first.clone()]), [("25 12".into(), "open")]);
        assert_eq!(of(&[cancel.clone(), second.clone(), first.clone()]), [("25 12".into(), "cancelled")]);
        let again = said(Method::Request, 3, 4, JAN, TEN);
        assert_eq!(of(&[again, cancel, second, first]), [("25 10".into(), "open")], "called off and set anew");
    }

    #[test]
    fn nobody_but_the_organiser_changes_a_meeting() {
        let first = said(Method::Request, 0, 1, JAN, TEN);
        let stranger = said(Method::Request, 9, 9, "eve@evil.test", NOON);
        let cancel = said(Method::Cancel, 9, 9, "eve@evil.test", NOON);
        assert_eq!(of(&[first.clone(), stranger, cancel]), [("25 10".into(), "open")]);
        let mut unlinked = said(Method::Request, 1, 2, JAN, NOON);
        unlinked.counts = false;
        assert_eq!(of(&[first, unlinked]), [("25 10".into(), "open")], "what stands on no record says nothing");
    }

    #[test]
    fn one_meeting_of_a_series_moves_or_is_called_off() {
        let series = said(Method::Request, 0, 1, JAN, WEEKLY);
        let moved = said(Method::Request, 0, 2, JAN, MOVED);
        assert_eq!(of(&[moved.clone(), series.clone()]), [("01 09".into(), "open"), ("23 10".into(), "open")]);
        let off = said(Method::Cancel, 0, 3, JAN, MOVED);
        assert_eq!(of(&[off, moved, series.clone()]), [("01 09".into(), "cancelled"), ("23 10".into(), "open")]);
        let alone = said(
            Method::Cancel,
            0,
            3,
            JAN,
            "RECURRENCE-ID;TZID=Europe/Warsaw:20261123T100000\r\nDTSTART;TZID=Europe/Warsaw:20261123T100000",
        );
        assert_eq!(of(&[alone, series]), [("23 10".into(), "cancelled"), ("30 10".into(), "open")]);
    }

    #[test]
    fn who_is_invited_speaks_for_themselves() {
        let first = said(Method::Request, 0, 1, JAN, TEN);
        let mut yes = said(Method::Reply, 0, 2, "anna@firma.test", TEN);
        yes.item.event.people[0].answer = "accepted".into();
        let mut forged = said(Method::Reply, 0, 3, "eve@evil.test", TEN);
        forged.item.event.people[0].answer = "declined".into();
        let counter = said(Method::Counter, 0, 4, "anna@firma.test", NOON);
        let all = decide(&[counter, forged, yes, first], JAN, zone(), NOW);
        assert_eq!(all[0].meeting.people[0].answer, "accepted");
        assert_eq!(all[0].meeting.proposals.len(), 1);
        assert_eq!(hour(all[0].meeting.proposals[0].1), "25 12");
        assert_eq!(hour(all[0].meeting.starts), "25 10");
    }

    #[test]
    fn what_is_over_is_over() {
        let past = said(Method::Request, 0, 1, JAN, "DTSTART;TZID=Europe/Warsaw:20261102T100000\r\nDURATION:PT1H");
        assert_eq!(of(&[past]), [("02 10".into(), "over")]);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_means_nothing(seed in 0u64..1_000, count in 1usize..9) {
            let lines = [TEN, NOON, WEEKLY, MOVED];
            let methods = [Method::Request, Method::Cancel, Method::Reply, Method::Counter];
            let pick = |n: usize, salt: u64| (seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(salt * 97 + n as u64 * 31) >> 20) as usize;
            let mut all: Vec<Said> = (0..count).map(|n| {
                let from = [JAN, "anna@firma.test", JAN][pick(n, 1) % 3];
                said(methods[pick(n, 2) % 4], (pick(n, 3) % 3) as i64, (pick(n, 4) % 3) as i64, from, lines[pick(n, 5) % 4])
            }).collect();
            let text = |all: &[Said]| decide(all, JAN, zone(), NOW).into_iter().map(|d| {
                let by = all[d.said].identity.clone();
                format!("{:?} {by:?} {} {:?} {:?}", d.recurrence_at, d.subject, d.meeting, d.standing)
            }).collect::<Vec<_>>();
            let expected = text(&all);
            all.reverse();
            prop_assert_eq!(&text(&all), &expected);
            let turn = pick(0, 6) % all.len();
            all.rotate_left(turn);
            prop_assert_eq!(&text(&all), &expected);
        }
    }
}

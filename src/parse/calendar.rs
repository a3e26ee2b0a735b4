//! Calendars in a mail (RFC 5545, 5546, 6047): their events, and when these take place. Pure.
//!
//! calcard is named here only: it reads the lines, knows the zones of Windows and Olson, and expands
//! rules. What it is given is bounded: a hostile calendar costs milliseconds.

use super::mime::{self, Part};
use super::{charset, header};
use crate::model::address::Address;
use crate::model::calendar::{Calendars, Event, Invited, Item, Method};
use calcard::common::timezone::Tz;
use calcard::icalendar::dates::TimeOrDelta;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarFrequency, ICalendarMethod,
    ICalendarParameterName, ICalendarParameterValue, ICalendarParticipationStatus, ICalendarProperty, ICalendarValue,
};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;

/// Octets of all calendars of a mail that are read.
const OCTETS: usize = 512 << 10;
/// Events of a mail that are taken.
const EVENTS: usize = 50;
/// People of an event that are kept.
const PEOPLE: usize = 100;
/// Characters of a line of an event that are kept.
const LINE: usize = 300;
/// Characters of its text.
const TEXT: usize = 4_000;
/// Octets of what says when it takes place.
const SOURCE: usize = 16 << 10;
/// Occurrences of a rule that are looked at.
const LOOKED_AT: usize = 20_000;
/// Of those, the ones that are given.
const GIVEN: usize = 400;

/// What the calendars in a mail say.
pub fn calendars(raw: &[u8]) -> Calendars {
    let named = [&b"text/calendar"[..], b"application/ics", b"TEXT/CALENDAR", b"Text/Calendar"];
    if !named.iter().any(|name| memchr::memmem::find(raw, name).is_some()) {
        return Calendars::default();
    }
    // Any bytes are mail, and what reads calendars is a stranger's code.
    catch_unwind(AssertUnwindSafe(|| read(raw))).unwrap_or(Calendars { items: Vec::new(), too_much: true })
}

fn read(raw: &[u8]) -> Calendars {
    let block = header::split_mail(raw);
    let parts = mime::walk(&block, &mut Vec::new());
    let is_calendar = |part: &&Part<'_>| matches!(part.kind.word.as_str(), "text/calendar" | "application/ics");
    let mut found = Calendars::default();
    let mut room = OCTETS;
    for part in parts.iter().filter(is_calendar) {
        if part.body.len() > room {
            found.too_much = true;
            continue;
        }
        room -= part.body.len();
        let bytes = part.encoding.decode(part.body, OCTETS);
        let text = charset::decode(&bytes, part.kind.get("charset").or(Some("utf-8"))).0;
        for item in items(&text, part.kind.get("method")) {
            if found.items.len() >= EVENTS {
                found.too_much = true;
                break;
            }
            // The same calendar often lies in the text and as a file beside it.
            if !found.items.contains(&item) {
                found.items.push(item);
            }
        }
    }
    found
}

fn items(text: &str, method: Option<&str>) -> Vec<Item> {
    let Ok(calendar) = ICalendar::parse(text) else { return Vec::new() };
    let stated = calendar.components.first().and_then(|c| c.property(&ICalendarProperty::Method));
    let stated = stated.and_then(|entry| match entry.values.first() {
        Some(ICalendarValue::Method(method)) => Some(method.clone()),
        _ => None,
    });
    let method = match stated {
        Some(ICalendarMethod::Request | ICalendarMethod::Publish | ICalendarMethod::Add) => Method::Request,
        Some(ICalendarMethod::Cancel) => Method::Cancel,
        Some(ICalendarMethod::Reply) => Method::Reply,
        Some(ICalendarMethod::Counter) => Method::Counter,
        Some(ICalendarMethod::Refresh | ICalendarMethod::Declinecounter) => return Vec::new(),
        None => match method.map(str::to_ascii_lowercase).as_deref() {
            Some("cancel") => Method::Cancel,
            Some("reply") => Method::Reply,
            Some("counter") => Method::Counter,
            Some("refresh" | "declinecounter") => return Vec::new(),
            _ => Method::Request,
        },
    };
    let zones = zones(&calendar);
    let is_event = |c: &&ICalendarComponent| c.component_type == ICalendarComponentType::VEvent;
    calendar.components.iter().filter(is_event).take(EVENTS + 1).filter_map(|c| item(c, method, &zones)).collect()
}

/// IANA names of the zones that a calendar defines under names of its own.
fn zones(calendar: &ICalendar) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for zone in calendar.timezones().take(20) {
        let Some(id) = zone.property(&ICalendarProperty::Tzid).and_then(text_of) else { continue };
        let known = zone.timezone().map(|(_, zone)| zone).and_then(|zone| zone.name().map(|n| n.into_owned()));
        let by_offsets = || {
            let parts = zone.component_ids.iter().filter_map(|id| calendar.components.get(*id as usize));
            let offset = |kind: ICalendarComponentType| {
                let part = parts.clone().rfind(|p| p.component_type == kind)?;
                minutes(part.property(&ICalendarProperty::Tzoffsetto)?)
            };
            alike(offset(ICalendarComponentType::Standard), offset(ICalendarComponentType::Daylight))
        };
        if let Some(name) = known.or_else(by_offsets) {
            found.insert(id, name);
        }
    }
    found
}

fn minutes(entry: &ICalendarEntry) -> Option<i32> {
    let ICalendarValue::PartialDateTime(value) = entry.values.first()? else { return None };
    let size = i32::from(value.tz_hour?) * 60 + i32::from(value.tz_minute.unwrap_or(0));
    Some(if value.tz_minus { -size } else { size })
}

/// A well-known zone with these offsets in winter and summer.
fn alike(standard: Option<i32>, daylight: Option<i32>) -> Option<String> {
    const KNOWN: [(i32, i32, &str); 16] = [
        (60, 120, "Europe/Warsaw"),
        (0, 60, "Europe/London"),
        (120, 180, "Europe/Kiev"),
        (0, 0, "UTC"),
        (60, 60, "Africa/Lagos"),
        (120, 120, "Africa/Johannesburg"),
        (180, 180, "Europe/Istanbul"),
        (240, 240, "Asia/Dubai"),
        (330, 330, "Asia/Kolkata"),
        (480, 480, "Asia/Shanghai"),
        (540, 540, "Asia/Tokyo"),
        (600, 660, "Australia/Sydney"),
        (-300, -240, "America/New_York"),
        (-360, -300, "America/Chicago"),
        (-420, -360, "America/Denver"),
        (-480, -420, "America/Los_Angeles"),
    ];
    let standard = standard.or(daylight)?;
    let daylight = daylight.unwrap_or(standard);
    KNOWN.iter().find(|(s, d, _)| (*s, *d) == (standard, daylight)).map(|(.., name)| (*name).to_owned())
}

fn text_of(entry: &ICalendarEntry) -> Option<String> {
    entry.values.first().and_then(ICalendarValue::as_text).map(str::to_owned)
}

fn clipped(text: &str, most: usize) -> String {
    text.replace('\0', "").trim().chars().take(most).collect()
}

/// A calendar address; `mailto:` and a display name do not matter.
fn address(entry: &ICalendarEntry) -> Option<Address> {
    let text = entry.calendar_address()?.trim();
    Address::parse(text.trim_start_matches("MAILTO:").trim_start_matches("mailto:")).ok()
}

fn item(component: &ICalendarComponent, method: Method, zones: &HashMap<String, String>) -> Option<Item> {
    let property = |p: ICalendarProperty| component.property(&p);
    let text = |p: ICalendarProperty, most| clipped(&property(p).and_then(text_of).unwrap_or_default(), most);
    let uid = text(ICalendarProperty::Uid, LINE);
    let (source, zone, all_day) = source(component, zones)?;
    let times = moments(&source, chrono_tz::Tz::UTC, i64::MIN)?;
    let organizer = property(ICalendarProperty::Organizer);
    let event = Event {
        summary: text(ICalendarProperty::Summary, LINE).split_whitespace().collect::<Vec<_>>().join(" "),
        location: text(ICalendarProperty::Location, LINE),
        description: text(ICalendarProperty::Description, TEXT),
        all_day,
        zone,
        rule: rule(component).to_owned(),
        organizer_name: organizer.map(|o| parameter(o, &ICalendarParameterName::Cn)).unwrap_or_default(),
        people: people(component),
        source,
    };
    let stamp = property(ICalendarProperty::Dtstamp).and_then(|entry| match entry.values.first() {
        Some(ICalendarValue::PartialDateTime(at)) => at.to_date_time_with_tz(Tz::UTC),
        _ => None,
    });
    let sequence =
        property(ICalendarProperty::Sequence).and_then(|e| e.values.first()).and_then(ICalendarValue::as_integer);
    (!uid.is_empty()).then_some(Item {
        method: if component.status() == Some(&calcard::icalendar::ICalendarStatus::Cancelled)
            && method == Method::Request
        {
            Method::Cancel
        } else {
            method
        },
        uid,
        organizer: organizer.and_then(address),
        recurrence_at: times.recurrence,
        sequence: sequence.unwrap_or(0).clamp(0, 1_000_000),
        stamp: stamp.map_or(0, |at| at.timestamp_millis()),
        event,
    })
}

fn parameter(entry: &ICalendarEntry, name: &ICalendarParameterName) -> String {
    let value = entry.parameters(name).find_map(|value| value.as_text()).unwrap_or_default();
    clipped(value, LINE)
}

fn people(component: &ICalendarComponent) -> Vec<Invited> {
    let mut found: Vec<Invited> = Vec::new();
    for entry in component.entries.iter().filter(|e| e.name == ICalendarProperty::Attendee).take(10 * PEOPLE) {
        let Some(address) = address(entry) else { continue };
        if found.len() >= PEOPLE || found.iter().any(|p| p.address == address.as_str()) {
            continue;
        }
        let answer = entry.parameters(&ICalendarParameterName::Partstat).find_map(|value| match value {
            ICalendarParameterValue::Partstat(ICalendarParticipationStatus::Accepted) => Some("accepted"),
            ICalendarParameterValue::Partstat(ICalendarParticipationStatus::Declined) => Some("declined"),
            ICalendarParameterValue::Partstat(ICalendarParticipationStatus::Tentative) => Some("tentative"),
            _ => None,
        });
        let name = parameter(entry, &ICalendarParameterName::Cn);
        found.push(Invited { address: address.to_string(), name, answer: answer.unwrap_or_default().to_owned() });
    }
    found
}

fn rule(component: &ICalendarComponent) -> &'static str {
    let entry =
        component.entries.iter().find(|e| matches!(e.name, ICalendarProperty::Rrule | ICalendarProperty::Rdate));
    match entry.map(|e| (e.values.first(), &e.name)) {
        None => "",
        Some((Some(ICalendarValue::RecurrenceRule(rule)), _)) => match rule.freq {
            ICalendarFrequency::Daily => "daily",
            ICalendarFrequency::Weekly => "weekly",
            ICalendarFrequency::Monthly => "monthly",
            ICalendarFrequency::Yearly => "yearly",
            _ => "often",
        },
        Some(_) => "often",
    }
}

/// What says when an event takes place, as a calendar of its own: zones by their IANA names, so that it
/// needs no definitions; with its zone, and whether it is about whole days.
fn source(component: &ICalendarComponent, zones: &HashMap<String, String>) -> Option<(String, Option<String>, bool)> {
    use ICalendarProperty::{Dtend, Dtstart, Duration, Exdate, Rdate, RecurrenceId, Rrule, Uid};
    let (mut zone, mut all_day) = (None, false);
    let wanted = |name: &ICalendarProperty| {
        matches!(name, Dtstart | Dtend | Duration | Exdate | Rdate | RecurrenceId | Rrule | Uid)
    };
    let mut entries = Vec::new();
    for entry in component.entries.iter().filter(|e| wanted(&e.name)) {
        let mut entry = entry.clone();
        for param in entry.params.iter_mut().filter(|p| p.name == ICalendarParameterName::Tzid) {
            let Some(name) = param.value.as_text().map(str::to_owned) else { continue };
            let known = || Tz::from_str(&name).ok().and_then(|zone| zone.name().map(|n| n.into_owned()));
            if let Some(iana) = zones.get(&name).cloned().or_else(known) {
                param.value = ICalendarParameterValue::Text(iana);
            }
        }
        if entry.name == Dtstart {
            let first = entry.values.first();
            all_day = matches!(first, Some(ICalendarValue::PartialDateTime(at)) if at.hour.is_none());
            let utc = matches!(first, Some(ICalendarValue::PartialDateTime(at)) if at.tz_hour.is_some());
            zone = entry.tz_id().map(str::to_owned).or_else(|| utc.then(|| "UTC".to_owned()));
        }
        entries.push(entry);
    }
    let root = ICalendarComponent {
        component_type: ICalendarComponentType::VCalendar,
        entries: Vec::new(),
        component_ids: vec![1],
    };
    let event =
        ICalendarComponent { component_type: ICalendarComponentType::VEvent, entries, component_ids: Vec::new() };
    let text = ICalendar { components: vec![root, event] }.to_string();
    (text.len() <= SOURCE).then_some((text, zone, all_day))
}

/// When an event takes place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// Of a series the one meeting that it is about, UTC milliseconds.
    pub recurrence: Option<i64>,
    /// Beginnings and ends that end after the moment asked for, in order, at most 400; before them the
    /// last one that does not.
    pub times: Vec<(i64, i64)>,
}

/// When the event of [`Event::source`] takes place; times without a zone are meant in `zone`.
/// `None` where it says nothing that can be read.
pub fn moments(source: &str, zone: chrono_tz::Tz, after: i64) -> Option<Moments> {
    catch_unwind(AssertUnwindSafe(|| expanded(source, zone, after))).ok().flatten()
}

fn expanded(source: &str, zone: chrono_tz::Tz, after: i64) -> Option<Moments> {
    let calendar = ICalendar::parse(source).ok()?;
    let event = calendar.components.get(1)?;
    let day = event.property(&ICalendarProperty::Dtstart).and_then(|e| e.values.first());
    let all_day = matches!(day, Some(ICalendarValue::PartialDateTime(at)) if at.hour.is_none());
    let recurrence = event.property(&ICalendarProperty::RecurrenceId).and_then(|entry| match entry.values.first() {
        Some(ICalendarValue::PartialDateTime(at)) => {
            let zone = entry.tz_id().and_then(|name| Tz::from_str(name).ok()).unwrap_or(Tz::Tz(zone));
            at.to_date_time_with_tz(zone).map(|at| at.timestamp_millis())
        }
        _ => None,
    });
    let all = calendar.expand_dates(Tz::Tz(zone), LOOKED_AT);
    let ends = |start: i64, end: &TimeOrDelta<chrono::DateTime<Tz>, chrono::TimeDelta>| match end {
        TimeOrDelta::Time(end) => end.timestamp_millis(),
        TimeOrDelta::Delta(delta) => start.saturating_add(delta.num_milliseconds()),
    };
    let day = if all_day { 24 * 3_600_000 } else { 0 };
    let mut times: Vec<(i64, i64)> = all
        .events
        .iter()
        .map(|event| {
            let start = event.start.timestamp_millis();
            // A day without an end is that day (RFC 5545, 3.6.1).
            let end = ends(start, &event.end);
            (start, if end <= start { start + day } else { end })
        })
        .collect();
    times.sort_unstable();
    times.dedup();
    let first = times.iter().position(|(_, end)| *end > after).unwrap_or(times.len());
    let shown = times.into_iter().skip(first.saturating_sub(1)).take(GIVEN).collect();
    Some(Moments { recurrence, times: shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(calendar: &str) -> Vec<u8> {
        format!("From: jan@acme.test\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n{calendar}")
            .into_bytes()
    }

    fn event(lines: &str) -> Calendars {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261120T100000Z\r\nSEQUENCE:2\r\nORGANIZER;CN=Jan Nowak:mailto:jan@acme.test\r\nSUMMARY:Spotkanie w sprawie pomp\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        calendars(&mail(&text))
    }

    fn starts(calendars: &Calendars) -> Vec<String> {
        let source = &calendars.items[0].event.source;
        let zone: chrono_tz::Tz = "Europe/Warsaw".parse().unwrap();
        let times = moments(source, zone, 0).unwrap().times;
        let text = |ms: &i64| chrono::DateTime::from_timestamp_millis(*ms).unwrap().to_rfc3339();
        times.iter().map(|(start, _)| text(start)).collect()
    }

    #[test]
    fn an_invitation_is_read_with_its_people() {
        let found = event(
            "DTSTART;TZID=Europe/Warsaw:20261125T100000\r\nDTEND;TZID=Europe/Warsaw:20261125T110000\r\nLOCATION:Prosta 12\r\nATTENDEE;CN=Anna;PARTSTAT=ACCEPTED:mailto:anna@firma.test\r\nATTENDEE:mailto:piotr@firma.test",
        );
        let item = &found.items[0];
        assert_eq!((item.uid.as_str(), item.sequence, item.method), ("u1", 2, Method::Request));
        assert_eq!(item.organizer.as_ref().unwrap().as_str(), "jan@acme.test");
        assert_eq!(
            (item.event.summary.as_str(), item.event.location.as_str()),
            ("Spotkanie w sprawie pomp", "Prosta 12")
        );
        assert_eq!(item.event.people[0].answer, "accepted");
        assert_eq!(item.event.people[1].answer, "");
        assert_eq!(starts(&found), ["2026-11-25T09:00:00+00:00"]);
    }

    #[test]
    fn zones_of_windows_and_of_the_calendars_own_are_understood() {
        let windows = event("DTSTART;TZID=Central European Standard Time:20260706T100000\r\nDURATION:PT1H");
        assert_eq!(starts(&windows), ["2026-07-06T08:00:00+00:00"]);
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Our own\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART;TZID=Our own:20260706T100000\r\nDTEND;TZID=Our own:20260706T110000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let own = calendars(&mail(text));
        assert_eq!(own.items[0].event.zone.as_deref(), Some("America/New_York"));
        assert_eq!(starts(&own), ["2026-07-06T14:00:00+00:00"]);
        assert_eq!(
            starts(&event("DTSTART:20261125T100000\r\nDURATION:PT30M")),
            ["2026-11-25T09:00:00+00:00"],
            "no zone"
        );
    }

    #[test]
    fn whole_days_are_days_of_the_reader() {
        let found = event("DTSTART;VALUE=DATE:20261125\r\nDTEND;VALUE=DATE:20261127");
        assert!(found.items[0].event.all_day);
        assert_eq!(starts(&found), ["2026-11-24T23:00:00+00:00"]);
        let times = moments(&found.items[0].event.source, chrono_tz::Tz::UTC, 0).unwrap().times;
        assert_eq!(times[0].1 - times[0].0, 2 * 24 * 3_600_000);
        let one = event("DTSTART;VALUE=DATE:20261125");
        let times = moments(&one.items[0].event.source, chrono_tz::Tz::UTC, 0).unwrap().times;
        assert_eq!(times[0].1 - times[0].0, 24 * 3_600_000);
    }

    #[test]
    fn a_series_keeps_its_hour_over_the_change_of_clocks() {
        let found = event(
            "DTSTART;TZID=Europe/Warsaw:20261019T100000\r\nDTEND;TZID=Europe/Warsaw:20261019T110000\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nEXDATE;TZID=Europe/Warsaw:20261102T100000",
        );
        assert_eq!(starts(&found), ["2026-10-19T08:00:00+00:00", "2026-10-26T09:00:00+00:00"]);
        assert_eq!(found.items[0].event.rule, "weekly");
    }

    #[test]
    fn hostile_calendars_cost_little() {
        let begun = std::time::Instant::now();
        let endless = [
            "FREQ=SECONDLY",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
            "FREQ=YEARLY;INTERVAL=65535;BYYEARDAY=366",
            "FREQ=MINUTELY;BYHOUR=25",
            "FREQ=DAILY;COUNT=4294967295",
            "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        ];
        for rule in endless {
            let found = event(&format!("DTSTART:20260101T000000Z\r\nRRULE:{rule}"));
            for item in found.items {
                moments(&item.event.source, chrono_tz::Tz::UTC, i64::MAX);
            }
        }
        let many: String = (0..10_000)
            .map(|n| format!("BEGIN:VEVENT\r\nUID:u{n}\r\nDTSTART:20260101T000000Z\r\nEND:VEVENT\r\n"))
            .collect();
        let found = calendars(&mail(&format!("BEGIN:VCALENDAR\r\n{many}END:VCALENDAR\r\n")));
        assert!(found.too_much && found.items.len() <= 50);
        let large = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:20260101T000000Z\r\nDESCRIPTION:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            "x".repeat(5 << 20)
        );
        assert!(calendars(&mail(&large)).too_much);
        let deep = format!("BEGIN:VCALENDAR\r\n{}", "BEGIN:VEVENT\r\n".repeat(20_000));
        calendars(&mail(&deep));
        let exdates: String = (0..8_000)
            .map(|n| format!("EXDATE:2026{:02}{:02}T{:02}0000Z\r\n", n % 12 + 1, n % 28 + 1, n % 24))
            .collect();
        event(&format!("DTSTART:20260101T000000Z\r\nRRULE:FREQ=HOURLY\r\n{exdates}"));
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    proptest::proptest! {
        #[test]
        fn any_lines_are_a_calendar_or_none(lines in proptest::collection::vec("(DTSTART|RRULE|EXDATE|DURATION|ATTENDEE|UID|RECURRENCE-ID|TZID|BEGIN|END)[;:=A-Z0-9+-]{0,40}", 0..20)) {
            event(&lines.join("\r\n"));
        }
    }
}

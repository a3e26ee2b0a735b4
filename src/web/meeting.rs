//! Meetings that came by mail, in words: when, where, who comes; and what the calendars in a mail did.

use super::refusal::Refusal;
use super::visit::Visit;
use super::when::Clock;
use super::words::{FromMailWords, fill};
use crate::model::calendar::{Meeting, Method};
use crate::model::id::MailId;
use crate::model::time::Timestamp;
use crate::store::appointments::{self, Carried};
use crate::store::views;
use chrono::Duration;

/// A meeting as a card shows it: when, where, how it repeats, by whom, who comes.
pub(super) fn lines(meeting: &Meeting, clock: &Clock) -> Vec<String> {
    let f = FromMailWords::of(clock.words.language);
    let mut lines = vec![when(meeting, clock)];
    if !meeting.location.is_empty() {
        lines.push(fill(f.at_place, &[("place", &meeting.location)]));
    }
    let rule = match meeting.rule.as_str() {
        "daily" => f.daily,
        "weekly" => f.weekly,
        "monthly" => f.monthly,
        "yearly" => f.yearly,
        "" => "",
        _ => f.often,
    };
    if !rule.is_empty() {
        lines.push(fill(f.repeats, &[("rule", rule)]));
    }
    lines.push(fill(f.organized_by, &[("name", &meeting.organizer)]));
    if !meeting.people.is_empty() {
        let yes = meeting.people.iter().filter(|p| p.answer == "accepted").count();
        let (yes, all) = (yes.to_string(), meeting.people.len().to_string());
        lines.push(fill(f.people, &[("yes", &yes), ("all", &all)]));
    }
    for (name, start) in &meeting.proposals {
        let at = clock.when(Timestamp(*start)).exact;
        lines.push(fill(f.proposal, &[("name", name), ("when", &at)]));
    }
    lines
}

fn when(meeting: &Meeting, clock: &Clock) -> String {
    let f = FromMailWords::of(clock.words.language);
    let (start, end) = (Timestamp(meeting.starts), Timestamp(meeting.ends));
    if meeting.all_day {
        // The end is the day after the last; a change of clocks makes no further day.
        let last = Timestamp::from_utc(end.to_utc() - Duration::hours(2));
        let (first, last) = (clock.day(start), clock.day(last));
        return match first == last {
            true => format!("{first}, {}", f.all_day),
            false => fill(f.takes_place, &[("from", &first), ("to", &last)]),
        };
    }
    let from = clock.when(start).exact;
    let to = if clock.day(start) == clock.day(end) { clock.time(end) } else { clock.when(end).exact };
    let text = fill(f.takes_place, &[("from", &from), ("to", &to)]);
    match meeting.zone == clock.zone.name() {
        true => text,
        false => format!("{text} {}", fill(f.in_zone, &[("zone", &meeting.zone)])),
    }
}

/// What a calendar in a mail says, and what came of it.
pub(super) struct Invitation {
    /// "Invitation to …".
    pub text: String,
    /// Why there is no appointment by it; empty where there is one.
    pub why_not: String,
    /// The record on which it is entered.
    pub on: Option<(i64, String)>,
}

/// What the calendars of a mail say, for its page.
pub(super) async fn invitations(visit: &mut Visit, mail: MailId) -> Result<(Vec<Invitation>, Option<String>), Refusal> {
    let carried = appointments::of_mail(&mut visit.tx, mail).await?;
    let mut shown = Vec::new();
    for one in carried.iter().take(5) {
        shown.push(invitation(visit, one).await?);
    }
    let more = carried.len().saturating_sub(5) as i64;
    let w = visit.words();
    let f = FromMailWords::of(w.language);
    Ok((shown, (more > 0).then(|| w.count(&f.more_events, more))))
}

async fn invitation(visit: &mut Visit, one: &Carried) -> Result<Invitation, Refusal> {
    let f = FromMailWords::of(visit.words().language);
    let text = match one.item.method {
        Method::Request => f.invite_request,
        Method::Cancel => f.invite_cancel,
        Method::Reply => f.invite_reply,
        Method::Counter => f.invite_counter,
    };
    let text = fill(text, &[("subject", &one.item.event.summary)]);
    let speaks = matches!(one.item.method, Method::Request | Method::Cancel);
    let name = (one.item.uid.clone(), one.organizer.clone());
    let present = appointments::present(&mut visit.tx, &name).await?;
    let by_it = present.iter().find(|p| p.mail == Some(one.mail));
    let ids = by_it.map(|p| p.activity.record);
    let on = views::names(&mut visit.tx, &visit.scope, ids).await?.into_values().next();
    let why_not = match () {
        () if !speaks || by_it.is_some() => String::new(),
        () if one.doubted => f.false_sender.to_owned(),
        () if one.from != one.organizer => fill(f.not_organizer, &[("organizer", &one.organizer)]),
        () if one.record.is_none() => f.not_linked.to_owned(),
        () => f.outdated.to_owned(),
    };
    // That it stands on a record is for those who read one.
    let why_not = if on.is_none() && why_not == f.outdated { String::new() } else { why_not };
    Ok(Invitation { text, why_not, on: on.map(|named| (named.id.0, named.name)) })
}

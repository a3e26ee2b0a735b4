//! Who is told what, and when (S9).
//!
//! A record's mail goes to whoever answers for it now. Whether it goes at all is for its owner to
//! say; where the owner said nothing, for the one who answers. So what an absent person would have
//! got reaches their substitute and not themselves, and nobody gets a mail that nobody asked for.

use crate::access::{self, World, answers_now};
use crate::model::colleagues::{Because, Urgent, Waiting, Wishes};
use crate::model::id::{RecordId, UserId};
use crate::model::record::{AnswerPath, Record};
use crate::model::time::{DAY, HOUR, Timestamp};
use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use std::collections::{BTreeSet, HashMap};

/// A digest that is later than this is left out: the next one is nearer.
const LATE_DIGEST: i64 = 12 * HOUR;
/// What became urgent longer ago than this is no news.
const LATE_URGENT: i64 = DAY;

/// A digest that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The local day it is for.
    pub day: NaiveDate,
    /// The moment at which it was wanted.
    pub at: Timestamp,
}

/// The local day whose digest is due at `now`: it is wanted `minute` minutes after midnight, of two
/// such moments at the earlier one, and where the clock jumps over it right after the jump.
///
/// Who asks for a digest or changes its time gets the first one at the next such moment.
pub fn digest_due(minute: u32, since: Timestamp, zone: Tz, now: Timestamp) -> Option<Due> {
    let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0)?;
    let today = now.to_utc().with_timezone(&zone).date_naive();
    // A digest of 23:59 is looked for after midnight too.
    let days = [Some(today), today.checked_sub_days(Days::new(1))];
    let moments = days.into_iter().flatten().map(|day| Due { day, at: access::local_moment(day, time, zone) });
    let due = |due: &Due| due.at <= now && now.since(due.at) < LATE_DIGEST && since <= due.at;
    moments.into_iter().find(due)
}

/// The first moment of the local day in which `now` lies.
pub fn day_begun(zone: Tz, now: Timestamp) -> Timestamp {
    access::day_start(now.to_utc().with_timezone(&zone).date_naive(), zone)
}

/// The first moment of the next local day.
pub fn day_over(zone: Tz, now: Timestamp) -> Timestamp {
    let next = now.to_utc().with_timezone(&zone).date_naive().succ_opt();
    next.map_or_else(|| now.plus(DAY), |day| access::day_start(day, zone))
}

/// Where what concerns a record goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Who answers now and is told.
    pub to: UserId,
    /// Whose wishes count: the owner's, or where they have none, those of who answers.
    pub by: UserId,
    /// Why it is not the owner who is told.
    pub because: Option<Because>,
}

/// Where what concerns `record` goes at `now`; `None` if nobody answers. `wants` says whether a
/// person asked for the kind of mail in question.
pub fn route(record: &Record, wants: impl Fn(UserId) -> bool, world: &World, now: Timestamp) -> Option<Route> {
    let answering = answers_now(record, world, now);
    let to = answering.user?;
    if to == record.owner {
        return Some(Route { to, by: to, because: None });
    }
    let by = if world.active(record.owner) && wants(record.owner) { record.owner } else { to };
    let name = world.person(record.owner).map(|p| p.name.clone()).unwrap_or_default();
    let until = answering.until;
    let because = match answering.path {
        AnswerPath::TeamFallback | AnswerPath::CompanyFallback => Because::Fallback { name, until },
        _ => Because::StandsIn { name, until },
    };
    Some(Route { to, by, because: Some(because) })
}

/// Everybody who may stand in for `owner`, who is away: substitutes of chains and exceptions, and the
/// deputy. All of them are here now; some may answer for nothing.
pub fn may_stand_in(owner: UserId, world: &World, now: Timestamp) -> BTreeSet<UserId> {
    let mut found = BTreeSet::new();
    let mut open = vec![owner];
    while let Some(away) = open.pop() {
        let Some(absence) = world.running(away, now) else { continue };
        for next in absence.substitutes().chain(absence.deputy.filter(|_| away == owner)) {
            if next != owner && found.insert(next) {
                open.push(next);
            }
        }
    }
    found.retain(|user| world.present(*user, now));
    found
}

/// As [`may_stand_in`], with the fallbacks.
pub fn may_answer(owner: UserId, world: &World, now: Timestamp) -> BTreeSet<UserId> {
    let mut found = may_stand_in(owner, world, now);
    let fallbacks = world.teams.iter().filter_map(|team| team.fallback).chain(world.company_fallback);
    found.extend(fallbacks.filter(|user| *user != owner && world.present(*user, now)));
    found
}

/// When a mail becomes urgent by one condition; `None` if it never does. `senders` are the contacts
/// whose address wrote it, each with its account.
fn moment(urgent: &Urgent, mail: &Waiting, senders: &[(RecordId, Option<RecordId>)]) -> Option<Timestamp> {
    let record = &mail.record;
    let from = urgent.contact.is_none_or(|id| record.id == id || senders.iter().any(|(contact, _)| *contact == id));
    let account = urgent.account.is_none_or(|id| {
        record.id == id || record.account == Some(id) || senders.iter().any(|(_, account)| *account == Some(id))
    });
    let class = urgent.class.is_none_or(|class| record.class == Some(class));
    let subject = mail.subject.to_lowercase();
    let said = |word: &String| !word.is_empty() && subject.contains(&word.to_lowercase());
    let words = urgent.words.is_empty() || urgent.words.iter().any(said);
    let holds = from && account && class && words && !urgent.is_empty();
    let waited = mail.at.plus(i64::from(urgent.waiting_hours.unwrap_or(0)) * HOUR);
    holds.then(|| mail.arrived.max(waited))
}

/// Whether a mail is to be told of at `now`: it became urgent within the last day, and after the
/// conditions were set.
pub fn is_urgent(wishes: &Wishes, mail: &Waiting, senders: &[(RecordId, Option<RecordId>)], now: Timestamp) -> bool {
    let mut moments = wishes.urgent.iter().filter_map(|urgent| moment(urgent, mail, senders));
    moments.any(|at| at <= now && now.since(at) < LATE_URGENT && wishes.since <= at)
}

/// How far back a mail may have been written that is urgent now by somebody's conditions.
pub fn urgent_horizon(wishes: &HashMap<UserId, Wishes>) -> i64 {
    let hours = wishes.values().flat_map(|w| &w.urgent).filter_map(|u| u.waiting_hours).max().unwrap_or(0);
    // Mail on the way for days is rare; the day of its arrival is what counts.
    i64::from(hours) * HOUR + LATE_URGENT + 7 * DAY
}

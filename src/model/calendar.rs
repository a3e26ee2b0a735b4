//! Meetings that come by mail: what a calendar in a mail says, and the appointment that follows.

use super::address::Address;
use serde::{Deserialize, Serialize};

/// What a calendar in a mail is for (RFC 5546).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// An invitation, or a new version of one; what is merely published, too.
    Request,
    /// It does not take place.
    Cancel,
    /// Somebody who is invited answers.
    Reply,
    /// Somebody who is invited proposes another time.
    Counter,
}

impl Method {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Method::Request => "request",
            Method::Cancel => "cancel",
            Method::Reply => "reply",
            Method::Counter => "counter",
        }
    }

    /// What `word` names.
    pub fn from_word(word: &str) -> Option<Method> {
        [Method::Request, Method::Cancel, Method::Reply, Method::Counter].into_iter().find(|m| m.word() == word)
    }
}

/// Somebody who is invited.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Invited {
    /// Their address.
    pub address: String,
    /// Their name; may be empty.
    pub name: String,
    /// Whether they come: `accepted`, `declined`, `tentative`, or empty as long as they said nothing.
    pub answer: String,
}

/// One event of a calendar, as its mail says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// In a line; may be empty.
    pub summary: String,
    /// Where; may be empty.
    pub location: String,
    /// More of it; may be empty.
    pub description: String,
    /// Whole days, without times.
    pub all_day: bool,
    /// IANA zone in which it is meant; none: that of whoever reads it.
    pub zone: Option<String>,
    /// `daily`, `weekly`, `monthly`, `yearly`, `often`; empty where it takes place once.
    pub rule: String,
    /// The organiser's name; may be empty.
    pub organizer_name: String,
    /// Who is invited, at most a hundred.
    pub people: Vec<Invited>,
    /// When: a calendar of this event's times alone, zones by their IANA names.
    pub source: String,
}

/// An event with what tells versions apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What its calendar is for.
    pub method: Method,
    /// Names the meeting, for all its versions.
    pub uid: String,
    /// Whose meeting it is; none where the calendar does not say.
    pub organizer: Option<Address>,
    /// Of a series the one meeting that is meant, UTC milliseconds.
    pub recurrence_at: Option<i64>,
    /// Grows with each version.
    pub sequence: i64,
    /// When this was said, UTC milliseconds.
    pub stamp: i64,
    /// The event.
    pub event: Event,
}

/// What calendars in a mail say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendars {
    /// Their events, as many as are read.
    pub items: Vec<Item>,
    /// There is more, or more text, than is read.
    pub too_much: bool,
}

/// An appointment as all mails of its meeting together have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Meeting {
    /// Where; may be empty.
    pub location: String,
    /// Whole days.
    pub all_day: bool,
    /// IANA zone in which it is meant.
    pub zone: String,
    /// How it repeats, as in [`Event::rule`].
    pub rule: String,
    /// The organiser: name, or address.
    pub organizer: String,
    /// Who is invited, with their latest answers.
    pub people: Vec<Invited>,
    /// Who proposes another time, and which.
    pub proposals: Vec<(String, i64)>,
    /// When it begins, or its next one, UTC milliseconds.
    pub starts: i64,
    /// When that ends.
    pub ends: i64,
}

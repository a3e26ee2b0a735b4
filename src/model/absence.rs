//! Absences as stored. Their phase and what follows from them is computed in `access`.

use super::id::{AbsenceId, UserId};
use super::time::Timestamp;
use chrono::NaiveDate;

/// A period in which a user is away.
///
/// Entered as local dates in a zone; `starts` and `ends` are those dates as moments, computed
/// once when it is saved, so that SQL and every worker mean the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Its id; extending it keeps the id (R48).
    pub id: AbsenceId,
    /// Who is away.
    pub user: UserId,
    /// First day away.
    pub first_day: NaiveDate,
    /// Last day away; `None` for an open end.
    pub last_day: Option<NaiveDate>,
    /// First day back where the person said so; else the next working day after `last_day`.
    pub back_on: Option<NaiveDate>,
    /// IANA zone in which the dates are meant, such as `Europe/Warsaw`.
    pub zone: String,
    /// 00:00 of the first day.
    pub starts: Timestamp,
    /// 24:00 of the last day, or the moment it was ended early; `None` for an open end.
    pub ends: Option<Timestamp>,
    /// Who covers by default.
    pub substitute: Option<UserId>,
    /// Who covers confidential records; without one nobody does.
    pub deputy: Option<UserId>,
    /// Whether clients get a notice (R1: off unless approved).
    pub notice: bool,
    /// Since when notices are on: mail that arrived before is never answered (R4).
    pub notice_since: Option<Timestamp>,
    /// The person's own text for outsiders by language tag; empty means the shipped text.
    pub notice_texts: std::collections::BTreeMap<String, String>,
}

/// Where an absence stands at a moment. Derived, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has not begun.
    Upcoming,
    /// The person is away.
    Running,
    /// They are back.
    Over,
}

impl Absence {
    /// Where it stands at `now`: `starts ≤ now < ends` is running (R2).
    pub fn phase(&self, now: Timestamp) -> Phase {
        if now < self.starts {
            Phase::Upcoming
        } else if self.ends.is_none_or(|end| now < end) {
            Phase::Running
        } else {
            Phase::Over
        }
    }
}

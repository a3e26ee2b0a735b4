//! Absences as stored. Their phase and what follows from them is computed in `access`.

use super::id::{AbsenceId, RecordId, TeamId, UserId};
use super::record::{Class, Kind, Record};
use super::time::Timestamp;
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

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
    /// Local time on the first day at which it begins; `None` for the start of the day.
    pub first_time: Option<NaiveTime>,
    /// Local time on the last day at which it ends; `None` for the end of the day.
    pub last_time: Option<NaiveTime>,
    /// With an open end: the day on which the person is asked whether they are still away.
    pub confirm_on: Option<NaiveDate>,
    /// What kind of absence it is. Colleagues never see it.
    pub nature: Nature,
    /// IANA zone in which the dates are meant, such as `Europe/Warsaw`.
    pub zone: String,
    /// 00:00 of the first day, or `first_time` on it.
    pub starts: Timestamp,
    /// 24:00 of the last day, or `last_time` on it, or the moment it was ended early; `None` for an open end.
    pub ends: Option<Timestamp>,
    /// Who covers by default.
    pub substitute: Option<UserId>,
    /// Who covers what the default substitute does not; the most specific one that matches counts.
    pub exceptions: Vec<Exception>,
    /// Who covers confidential records; without one nobody does.
    pub deputy: Option<UserId>,
    /// Whether the records are covered or handed over for the time.
    pub plan: CoverPlan,
    /// Whether whoever covers may change records, beside reading them.
    pub cover_writes: bool,
    /// Whether clients get a notice (R1: off unless approved).
    pub notice: bool,
    /// Since when notices are on: mail that arrived before is never answered (R4).
    pub notice_since: Option<Timestamp>,
    /// The person's own text for outsiders by language tag; empty means the shipped text.
    pub notice_texts: std::collections::BTreeMap<String, String>,
}

/// What kind of absence: for the person, those who enter it and statistics. Never shown to
/// colleagues or clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// Holiday.
    #[default]
    Leave,
    /// Illness.
    Sick,
    /// Travel or training for the company.
    Business,
    /// Parental leave.
    Parental,
    /// Anything else.
    Other,
}

impl Nature {
    /// All of them.
    pub const ALL: [Nature; 5] = [Nature::Leave, Nature::Sick, Nature::Business, Nature::Parental, Nature::Other];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Nature::Leave => "leave",
            Nature::Sick => "sick",
            Nature::Business => "business",
            Nature::Parental => "parental",
            Nature::Other => "other",
        }
    }

    /// The nature that `word` names.
    pub fn from_word(word: &str) -> Option<Nature> {
        Nature::ALL.into_iter().find(|n| n.word() == word)
    }
}

/// What happens with the records of somebody who is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverPlan {
    /// They stay the owner; the substitute has a right while the absence runs.
    #[default]
    Cover,
    /// They are assigned to the substitute for the time and return at its end (S10).
    HandOver,
}

impl CoverPlan {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            CoverPlan::Cover => "cover",
            CoverPlan::HandOver => "hand-over",
        }
    }

    /// The plan that `word` names.
    pub fn from_word(word: &str) -> Option<CoverPlan> {
        [CoverPlan::Cover, CoverPlan::HandOver].into_iter().find(|p| p.word() == word)
    }
}

/// A part of the records that somebody else covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Which records.
    pub what: Selector,
    /// Who covers them.
    pub substitute: UserId,
}

/// Which records an exception is about, from the most specific to the least: where several match
/// a record, the first kind in this order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// This record: an opportunity, or a person.
    Record(RecordId),
    /// This account with its contacts and opportunities.
    Account(RecordId),
    /// Records of this team.
    Team(TeamId),
    /// Accounts of this class with their contacts and opportunities.
    Class(Class),
    /// Records of this kind.
    Kind(Kind),
}

impl Selector {
    /// Whether `record` is one of them.
    pub fn matches(self, record: &Record) -> bool {
        match self {
            Selector::Record(id) => record.id == id,
            Selector::Account(id) => record.id == id || record.account == Some(id),
            Selector::Team(id) => record.team == Some(id),
            Selector::Class(class) => record.class == Some(class),
            Selector::Kind(kind) => record.kind == kind,
        }
    }
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
    /// Who covers `record`: the most specific exception that matches, else the default
    /// substitute. `None` for the record asks for the default.
    ///
    /// Whether that person is there and active is not looked at: a name that was meant for this
    /// record does not make way for one that was not.
    pub fn substitute_for(&self, record: Option<&Record>) -> Option<UserId> {
        let matching = |e: &&Exception| record.is_some_and(|r| e.what.matches(r));
        let nearest = self.exceptions.iter().filter(matching).min_by_key(|e| e.what);
        nearest.map(|e| e.substitute).or(self.substitute)
    }

    /// Everybody who covers something by it, the deputy aside. May name somebody twice.
    pub fn substitutes(&self) -> impl Iterator<Item = UserId> + '_ {
        self.substitute.into_iter().chain(self.exceptions.iter().map(|e| e.substitute))
    }

    /// Whether it was called off before it began: it ends where it would have begun.
    pub fn called_off(&self) -> bool {
        self.ends.is_some_and(|end| end <= self.starts)
    }

    /// Where it stands at `now`: `starts ≤ now < ends` is running (R2). One that was called off is over.
    pub fn phase(&self, now: Timestamp) -> Phase {
        if self.called_off() {
            Phase::Over
        } else if now < self.starts {
            Phase::Upcoming
        } else if self.ends.is_none_or(|end| now < end) {
            Phase::Running
        } else {
            Phase::Over
        }
    }
}

//! What several answers share: people, records by name, who answers now, moments, lists with their cursors.

use super::super::visit::Visit;
use super::problem::Problem;
use crate::access::answers_now;
use crate::model::id::UserId;
use crate::model::record::{AnswerPath, Kind, Record};
use crate::model::time::Timestamp;
use crate::store::views::Named;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Most items of a page.
pub(in super::super) const MOST: i64 = 200;
/// Items of a page where nothing is said.
pub(in super::super) const USUAL: i64 = 50;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next: Option<String>,
}

impl<T> List<T> {
    /// The first `limit` of `rows`, of which one more was asked for; `place` says where the last one stands.
    pub fn of<R>(mut rows: Vec<R>, limit: i64, place: impl Fn(&R) -> String, shape: impl FnMut(R) -> T) -> List<T> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(place);
        List { items: rows.into_iter().map(shape).collect(), next }
    }
}

/// How many items a page shall have.
pub(in super::super) fn limit(asked: Option<i64>) -> Result<i64, Problem> {
    match asked.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(limit),
        _ => Err(Problem::Query(format!("limit is a number from 1 to {MOST}."))),
    }
}

/// Two numbers, as a cursor has them.
pub(in super::super) fn pair(cursor: &str) -> Result<(i64, i64), Problem> {
    let found = cursor.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    found.ok_or_else(|| Problem::Query("cursor is what stood as `next` in the page before; send it as it was.".into()))
}

/// The moment that a text names (RFC 3339).
pub(in super::super) fn moment(text: &str) -> Option<Timestamp> {
    let at = Timestamp::from_utc(DateTime::parse_from_rfc3339(text).ok()?.to_utc());
    // What no calendar of ours holds is no moment.
    (Timestamp(-62_135_596_800_000)..=Timestamp(253_402_300_799_999)).contains(&at).then_some(at)
}

/// As [`moment`], of a parameter of the address.
pub(in super::super) fn since(name: &str, text: Option<&str>) -> Result<Timestamp, Problem> {
    match text {
        None => Ok(Timestamp(i64::MIN)),
        // A plus that nobody escaped is a blank by now.
        Some(text) => moment(&text.replace(' ', "+"))
            .ok_or_else(|| Problem::Query(format!("{name} is a moment such as 2026-11-21T12:00:00Z."))),
    }
}

/// A field that is there, perhaps with null: told apart from one that is not.
pub(in super::super) fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in super::super) struct Who {
    /// Their id.
    pub id: i64,
    /// Their full name.
    pub name: String,
}

impl Who {
    /// The user with this id.
    pub fn of(user: UserId, visit: &Visit) -> Who {
        Who { id: user.0, name: visit.name(user) }
    }
}

/// Which of the four a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum KindWord {
    /// A company.
    Account,
    /// A person at an account.
    Contact,
    /// A prospect.
    Lead,
    /// A deal.
    Opportunity,
}

impl From<KindWord> for Kind {
    fn from(word: KindWord) -> Kind {
        match word {
            KindWord::Account => Kind::Account,
            KindWord::Contact => Kind::Contact,
            KindWord::Lead => Kind::Lead,
            KindWord::Opportunity => Kind::Opportunity,
        }
    }
}

impl From<Kind> for KindWord {
    fn from(kind: Kind) -> KindWord {
        match kind {
            Kind::Account => KindWord::Account,
            Kind::Contact => KindWord::Contact,
            Kind::Lead => KindWord::Lead,
            Kind::Opportunity => KindWord::Opportunity,
        }
    }
}

/// A record by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in super::super) struct RecordRef {
    /// Its id, unique over all kinds.
    pub id: i64,
    /// Its kind.
    pub kind: KindWord,
    /// What people call it.
    pub name: String,
}

impl From<&Named> for RecordRef {
    fn from(named: &Named) -> RecordRef {
        RecordRef { id: named.id.0, kind: named.kind.into(), name: named.name.clone() }
    }
}

/// How answering came to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum PathWord {
    /// The owner is there.
    Owner,
    /// A substitute.
    Substitute,
    /// The team's fallback.
    TeamFallback,
    /// The company's fallback.
    CompanyFallback,
    /// Nobody is left.
    Nobody,
}

/// Who answers now for a record. Follows from absences and the clock at the moment of asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in super::super) struct AnswersNow {
    /// Who; null if nobody is left.
    pub user: Option<Who>,
    /// How it came to them.
    pub path: PathWord,
    /// Until when, where an absence put them there and has an end.
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

impl AnswersNow {
    /// Of this record.
    pub fn of(record: &Record, visit: &Visit) -> AnswersNow {
        let answering = answers_now(record, &visit.world, visit.clock.now);
        let path = match answering.path {
            AnswerPath::Owner => PathWord::Owner,
            AnswerPath::Substitute => PathWord::Substitute,
            AnswerPath::TeamFallback => PathWord::TeamFallback,
            AnswerPath::CompanyFallback => PathWord::CompanyFallback,
            AnswerPath::Nobody => PathWord::Nobody,
        };
        let user = answering.user.map(|user| Who::of(user, visit));
        AnswersNow { user, path, until: answering.until.map(Timestamp::rfc3339) }
    }
}

/// By which id another system knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in super::super) struct ExternalRef {
    /// The system; `import` for what came from files.
    pub system: String,
    /// The id there.
    pub id: String,
}

impl From<(String, String)> for ExternalRef {
    fn from((system, id): (String, String)) -> ExternalRef {
        ExternalRef { system, id }
    }
}

/// The longest name of a system, and the longest id in it.
const LONGEST: usize = 200;

/// A system's name and an id in it, as an address has them.
pub(in super::super) fn external((system, id): (String, String)) -> Result<(String, String), Problem> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if system.is_empty() || system.len() > 50 || !system.chars().all(plain) {
        let text = "a system is named by 1 to 50 of the characters a-z, 0-9, -, _ and .";
        return Err(Problem::field("system", text));
    }
    let id = id.trim().to_owned();
    if id.is_empty() || id.chars().count() > LONGEST || id.contains(char::is_control) {
        return Err(Problem::field(
            "external_id",
            format!("an id has 1 to {LONGEST} characters, none of them invisible"),
        ));
    }
    Ok((system, id))
}

/// The octets that a field holds in base64.
pub(in super::super) fn octets(field: &str, text: &str) -> Result<Vec<u8>, Problem> {
    let wrong = |_| Problem::field(field, "it is no base64 (RFC 4648, section 4)");
    STANDARD.decode(text.as_bytes()).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_the_next_one_begins() {
        let page = |rows: Vec<i64>| List::of(rows, 2, |n| format!("{n}"), |n| n);
        assert_eq!((page(vec![1, 2]).next, page(vec![1, 2, 3]).next), (None, Some("2".to_owned())));
        assert_eq!(page(vec![1, 2, 3]).items, [1, 2]);
    }

    #[test]
    fn limits_moments_and_systems_are_looked_at() {
        assert!(limit(Some(0)).is_err() && limit(Some(MOST + 1)).is_err() && limit(None).is_ok());
        assert_eq!(since("s", Some("1970-01-01T00:00:01Z")).unwrap(), Timestamp(1_000));
        assert_eq!(since("s", Some("1970-01-01T01:00:01 01:00")).unwrap(), Timestamp(1_000));
        assert!(since("s", Some("yesterday")).is_err() && pair("1.x").is_err() && pair("1").is_err());
        let one = |system: &str, id: &str| external((system.into(), id.into()));
        assert!(one("crm.1", " A/1 ").is_ok_and(|(_, id)| id == "A/1"));
        assert!(one("CRM", "1").is_err() && one("", "1").is_err() && one("crm", " ").is_err());
    }
}

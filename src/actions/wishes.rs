//! What a person chooses to be told: checked, then saved. The same from pages and command line.

use crate::access::Scope;
use crate::model::colleagues::{Urgent, Wishes};
use crate::model::id::{RecordId, UserId};
use crate::model::notice::Language;
use crate::model::record::{Class, Kind};
use crate::model::time::Timestamp;
use crate::store::{self, Tx, notifications};

/// Most urgent notices a day.
const MOST_A_DAY: u32 = 50;
/// Longest wait that a condition can name, in hours: a week.
const LONGEST_WAIT: u32 = 168;
/// Most conditions of one person.
const MOST_CONDITIONS: usize = 20;
/// Most words of one condition, and the longest of them in characters.
const WORDS: (usize, usize) = (10, 60);

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The digest's time is none.
    #[error("the time of the digest must be a time of day such as 07:30, or `off`")]
    Time,
    /// The zone is none.
    #[error("the time zone is not known; use an IANA name such as Europe/Warsaw")]
    Zone,
    /// The language is none of ours.
    #[error("the language must be en or pl")]
    Language,
    /// The daily limit is out of range.
    #[error("the number of urgent notices a day must be from 1 to {MOST_A_DAY}")]
    Limit,
    /// The hours are out of range.
    #[error("the hours must be a number from 1 to {LONGEST_WAIT}")]
    Hours,
    /// The class is none.
    #[error("a class is A, B, C or D")]
    Class,
    /// Too many words, or too long ones.
    #[error("write at most {} words of at most {} letters, with commas between", WORDS.0, WORDS.1)]
    Words,
    /// A condition without content.
    #[error("the condition says nothing; name a contact, an account, a class, words or hours")]
    Empty,
    /// Too many conditions.
    #[error("{MOST_CONDITIONS} conditions are enough; remove one first")]
    TooMany,
    /// The person sees no such record.
    #[error("there is no record called `{0}` that this person may see; write its whole name, or an address")]
    NoRecord(String),
    /// The name is not one record's alone.
    #[error("several records are called `{0}`; write an address or a domain instead")]
    Several(String),
}

/// A time of day as minutes after midnight; nothing for `off` or an empty text.
pub fn time_of_day(text: &str) -> Result<Option<u32>, Problem> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let (hour, minute) = text.split_once(':').ok_or(Problem::Time)?;
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 2);
    match (number(hour), number(minute)) {
        (Some(hour), Some(minute)) if hour < 24 && minute < 60 => Ok(Some(hour * 60 + minute)),
        _ => Err(Problem::Time),
    }
}

/// A daily limit.
pub fn limit(text: &str) -> Result<u32, Problem> {
    text.trim().parse().ok().filter(|n| (1..=MOST_A_DAY).contains(n)).ok_or(Problem::Limit)
}

/// A condition as it is entered; empty fields do not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entered {
    /// Address or name of a contact or lead.
    pub contact: String,
    /// Name or domain of an account.
    pub account: String,
    /// A class.
    pub class: String,
    /// Words, with commas between.
    pub words: String,
    /// Hours.
    pub hours: String,
}

impl Entered {
    /// Whether nothing was entered.
    pub fn is_empty(&self) -> bool {
        [&self.contact, &self.account, &self.class, &self.words, &self.hours].iter().all(|text| text.trim().is_empty())
    }
}

/// The condition that somebody with this sight entered: records they may not see do not exist for it.
pub async fn condition(tx: &mut Tx, scope: &Scope, entered: &Entered) -> store::Result<Result<Urgent, Problem>> {
    let plain = (|| {
        let class = match entered.class.trim() {
            "" => None,
            text => Some(Class::from_word(text).ok_or(Problem::Class)?),
        };
        let waiting_hours = match entered.hours.trim() {
            "" => None,
            text => Some(text.parse().ok().filter(|n| (1..=LONGEST_WAIT).contains(n)).ok_or(Problem::Hours)?),
        };
        Ok(Urgent { class, waiting_hours, words: words(entered.words.split(','))?, ..Urgent::default() })
    })();
    let mut urgent = match plain {
        Ok(urgent) => urgent,
        Err(problem) => return Ok(Err(problem)),
    };
    for (text, kinds, slot) in [
        (&entered.contact, &[Kind::Contact, Kind::Lead][..], &mut urgent.contact),
        (&entered.account, &[Kind::Account][..], &mut urgent.account),
    ] {
        if !text.trim().is_empty() {
            match record(tx, scope, kinds, text.trim()).await? {
                Ok(id) => *slot = Some(id),
                Err(problem) => return Ok(Err(problem)),
            }
        }
    }
    Ok(if urgent.is_empty() { Err(Problem::Empty) } else { Ok(urgent) })
}

/// As [`condition`], of one that names its records by id. A record that stands in one of `before` may be named by whoever
/// sees it no more.
pub async fn checked(
    tx: &mut Tx,
    scope: &Scope,
    urgent: Urgent,
    before: &[Urgent],
) -> store::Result<Result<Urgent, Problem>> {
    let plain = words(urgent.words.iter().map(String::as_str))
        .and_then(|words| Ok((words, urgent.waiting_hours.map(hours).transpose()?)));
    let urgent = match plain {
        Ok((words, waiting_hours)) => Urgent { words, waiting_hours, ..urgent },
        Err(problem) => return Ok(Err(problem)),
    };
    let contact = urgent.contact.filter(|_| before.iter().all(|known| known.contact != urgent.contact));
    let account = urgent.account.filter(|_| before.iter().all(|known| known.account != urgent.account));
    for (id, kinds) in [(contact, &[Kind::Contact, Kind::Lead][..]), (account, &[Kind::Account][..])] {
        let Some(id) = id else { continue };
        let seen = store::records::load_seen(tx, scope, &[id]).await?;
        if !seen.iter().any(|entry| kinds.contains(&entry.record.kind)) {
            return Ok(Err(Problem::NoRecord(id.to_string())));
        }
    }
    Ok(if urgent.is_empty() { Err(Problem::Empty) } else { Ok(urgent) })
}

fn words<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<String>, Problem> {
    let words: Vec<String> = texts.map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
    let long = words.len() > WORDS.0 || words.iter().any(|word| word.chars().count() > WORDS.1);
    if long { Err(Problem::Words) } else { Ok(words) }
}

fn hours(n: u32) -> Result<u32, Problem> {
    if (1..=LONGEST_WAIT).contains(&n) { Ok(n) } else { Err(Problem::Hours) }
}

async fn record(tx: &mut Tx, scope: &Scope, kinds: &[Kind], text: &str) -> store::Result<Result<RecordId, Problem>> {
    let mut found = Vec::new();
    for kind in kinds {
        found.extend(notifications::called(tx, scope, *kind, text).await?);
    }
    Ok(match found.as_slice() {
        [] => Err(Problem::NoRecord(text.to_owned())),
        [id] => Ok(*id),
        _ => Err(Problem::Several(text.to_owned())),
    })
}

/// Saves what a person wants to be told from `now` on.
pub async fn save(tx: &mut Tx, user: UserId, wishes: &Wishes, now: Timestamp) -> store::Result<Result<(), Problem>> {
    let problem = if wishes.urgent.len() > MOST_CONDITIONS {
        Some(Problem::TooMany)
    } else if !(1..=MOST_A_DAY).contains(&wishes.urgent_a_day) {
        Some(Problem::Limit)
    } else if wishes.digest.is_some_and(|minute| minute >= 24 * 60) {
        Some(Problem::Time)
    } else {
        None
    };
    if let Some(problem) = problem {
        return Ok(Err(problem));
    }
    // The moment decides what is old news, so saving the same again changes nothing.
    let before = notifications::wishes_of(tx, user).await?;
    if before != (Wishes { since: before.since, ..wishes.clone() }) {
        notifications::set_wishes(tx, user, wishes, now).await?;
    }
    Ok(Ok(()))
}

/// Sets a person's language and zone.
pub async fn set_manner(tx: &mut Tx, user: UserId, language: &str, zone: &str) -> store::Result<Result<(), Problem>> {
    let Some(language) = Language::of_house(language) else { return Ok(Err(Problem::Language)) };
    if crate::access::zone(zone).is_err() {
        return Ok(Err(Problem::Zone));
    }
    notifications::set_manner(tx, user, language.tag(), zone).await?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_read_and_nonsense_refused() {
        assert_eq!(time_of_day("07:30"), Ok(Some(450)));
        assert_eq!(time_of_day(" 7:30 "), Ok(Some(450)));
        assert_eq!(time_of_day("off"), Ok(None));
        assert_eq!(time_of_day(""), Ok(None));
        for text in ["24:00", "7", "7:60", "07:30:00", "-1:00", "+7:30x", "ą:ę"] {
            assert_eq!(time_of_day(text), Err(Problem::Time), "{text}");
        }
    }

    #[test]
    fn a_limit_stays_within_reason() {
        assert_eq!((limit("1"), limit(" 50 ")), (Ok(1), Ok(50)));
        for text in ["0", "51", "", "-1", "many"] {
            assert_eq!(limit(text), Err(Problem::Limit), "{text}");
        }
    }
}

//! What notices suggest of contacts, asked in review beside mail (W8): that somebody left (R105), and whom
//! they name instead (R103). Each is asked of whoever would be asked about a mail on that contact and may
//! change it; what is decided is a word as on the contact's page, so nothing is asked twice, and is
//! undone by its number.
//!
//! Only notices of the last weeks are asked about: what nobody decided by then stays on the contact's page.

use super::automatic::{self, Ground, No, Reach, Say, Taken};
use super::review::Reviewer;
use crate::access::Path;
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::automatic::Certainty;
use crate::model::facts::House;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::reach::{Left, Voice};
use crate::model::record::Record;
use crate::model::share::Share;
use crate::model::time::{DAY, Timestamp};
use crate::store::automatic_words as words;
use crate::store::suggestions::{self as stored, Suggested, Wanted};
use crate::store::views::Door;
use crate::store::{self, Tx};
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// Notices older than so many days are not asked about.
pub const DAYS: i64 = 30;
/// Looked at in one go; what is decided makes room for the next.
pub const MOST: i64 = 100;

/// By what a question is named: the contact, the notice, and whom it names there (`None`: that its author
/// left). Written as `12-345-0` and `12-345-left`; it holds no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The contact or lead.
    pub contact: RecordId,
    /// Its notice.
    pub mail: MailId,
    /// The place among those whom it names.
    pub position: Option<i64>,
}

impl Key {
    /// The key that `text` writes.
    pub fn parse(text: &str) -> Option<Key> {
        let mut parts = text.split('-');
        let (contact, mail, place) = (parts.next()?, parts.next()?, parts.next()?);
        let position = match place {
            "left" => None,
            place => Some(place.parse().ok().filter(|place| *place >= 0)?),
        };
        let key = Key { contact: RecordId(contact.parse().ok()?), mail: MailId(mail.parse().ok()?), position };
        parts.next().is_none().then_some(key)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.position {
            Some(position) => write!(f, "{}-{}-{position}", self.contact, self.mail),
            None => write!(f, "{}-{}-left", self.contact, self.mail),
        }
    }
}

/// What is suggested.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The contact left; their address is not to be used.
    Left {
        /// The other address of their firm from which that was told in answer to a mail to them, if it was: whether
        /// the contact is meant is then the question.
        told_by: Option<String>,
    },
    /// Somebody stands in for the contact, or follows them.
    Named {
        /// As the notice writes it.
        name: Option<String>,
        /// The last day of the contact's absence, where that notice surely says it.
        until: Option<NaiveDate>,
        /// The contact left, so it is a successor.
        successor: bool,
    },
}

impl What {
    /// Whether it is that somebody left.
    pub fn is_departure(&self) -> bool {
        matches!(self, What::Left { .. })
    }
}

/// Something that somebody is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Suggestion {
    /// By what it is named: of the latest notice.
    pub key: Key,
    /// When that was written.
    pub at: Timestamp,
    /// What is suggested.
    pub what: What,
    /// The address that is not to be used, or of whom is named.
    pub address: String,
    /// By which door the viewer is asked.
    pub door: Door,
    /// Further contacts whose notices name the same, which are decided along.
    pub others: Vec<RecordId>,
    /// All questions of which it is one: older notices that say the same.
    keys: Vec<Key>,
}

impl Suggestion {
    /// Whether it is the question of this key.
    pub fn is(&self, key: Key) -> bool {
        self.keys.contains(&key)
    }

    /// The notices that it is about.
    pub fn mails(&self) -> impl Iterator<Item = MailId> + '_ {
        self.keys.iter().map(|key| key.mail)
    }
}

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The number by which it is undone.
    pub number: i64,
    /// The contact that was made.
    pub taken: Option<Taken>,
}

/// What was decided, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Somebody left.
    Left,
    /// They did not.
    Stays,
    /// This contact was made.
    Taken(RecordId),
    /// Whom the notice names is not needed.
    Passed,
}

/// What the reviewer is asked, the latest first, at most [`MOST`]. Days are those of `zone`.
pub async fn list(tx: &mut Tx, reviewer: &Reviewer<'_, '_>, zone: Tz) -> store::Result<Vec<Suggestion>> {
    let (desk, actor) = (reviewer.desk(), reviewer.actor);
    let since = actor.now.plus(-DAYS * DAY);
    let wanted = Wanted { since, covered: desk.covered, all: reviewer.administers() };
    let mut found = stored::suggested(tx, desk.reach, wanted, MOST).await?;
    let elsewhere = stored::departures_elsewhere(tx, desk.reach, wanted, MOST).await?;
    // A person's mail from the contact answers the question, as far as it may be read.
    let asked: BTreeSet<&str> = elsewhere.iter().map(|one| one.address.as_str()).collect();
    let wrote = store::automatic_reach::wrote(tx, desk.reach, &asked).await?;
    found.extend(elsewhere.into_iter().filter(|one| wrote.get(&one.address).is_none_or(|wrote| *wrote < one.at)));
    if found.is_empty() {
        return Ok(Vec::new());
    }
    found.sort_by_key(|one| (std::cmp::Reverse(one.at), one.mail, one.position, one.contact));
    found.truncate(MOST.unsigned_abs() as usize);
    let contacts: BTreeSet<RecordId> = found.iter().map(|one| one.contact).collect();
    let contacts: Vec<RecordId> = contacts.into_iter().collect();
    let reach = automatic::reach(tx, desk.reach, &contacts, zone, actor.now).await?;
    let named = actor.named(tx, &contacts).await?;
    let mut list: Vec<Suggestion> = Vec::new();
    for one in found {
        let entry = named.entries.iter().find(|entry| entry.record.id == one.contact);
        let (Some(entry), reach) = (entry, reach.get(&one.contact)) else { continue };
        let shares = named.shares_on(one.contact);
        let (Some(door), Some(what)) = (door(reviewer, &entry.record, shares, &one), what(reach, &one)) else {
            continue;
        };
        let key = Key { contact: one.contact, mail: one.mail, position: one.position };
        let same = |other: &&mut Suggestion| {
            let left = other.what.is_departure();
            let contact = other.key.contact == key.contact;
            other.address == one.address && other.door == door && left == what.is_departure() && (!left || contact)
        };
        match list.iter_mut().find(same) {
            Some(other) => {
                other.keys.push(key);
                if other.key.contact != key.contact && !other.others.contains(&key.contact) {
                    other.others.push(key.contact);
                }
            }
            None => {
                let (address, at) = (one.address, one.at);
                list.push(Suggestion { key, at, what, address, door, others: Vec::new(), keys: vec![key] });
            }
        }
    }
    Ok(list)
}

/// By which door the reviewer is asked about a contact; `None`: not at all.
fn door(reviewer: &Reviewer<'_, '_>, contact: &Record, shares: &[Share], one: &Suggested) -> Option<Door> {
    let actor = reviewer.actor;
    let Some(user) = actor.user else { return Some(Door::Admin) };
    let changes = actor.may_read(contact, shares).is_some() && actor.may_write(contact, shares).is_some();
    match changes {
        true if contact.owner == user || one.own_copy => Some(Door::Own),
        true if reviewer.desk().covered.contains(&contact.owner) => Some(Door::Cover(contact.owner)),
        _ => reviewer.administers().then_some(Door::Admin),
    }
}

/// What still stands of a suggestion, by all that was said and written.
fn what(reach: Option<&Reach>, one: &Suggested) -> Option<What> {
    match one.position {
        None => {
            let says =
                |(address, left): &(String, Left)| *address == one.address && matches!(left.voice, Voice::Mail(_));
            let stands = match &one.told_by {
                None => reach.is_some_and(|reach| reach.left.iter().any(says)),
                // What is known of the address already is asked about by the notice that says it.
                Some(_) => reach.is_none_or(|reach| reach.left.iter().all(|(address, _)| *address != one.address)),
            };
            stands.then(|| What::Left { told_by: one.told_by.clone() })
        }
        Some(_) => {
            let reach = reach?;
            let offer = reach.offers.iter().find(|offer| offer.address == one.address)?;
            let away =
                reach.away.filter(|away| away.voice == Voice::Mail(one.mail) && away.certainty == Certainty::Sure);
            let until = away.and_then(|away| away.until);
            Some(What::Named { name: offer.name.clone(), until, successor: one.left })
        }
    }
}

/// One of the questions, by any of its keys.
pub async fn one(tx: &mut Tx, reviewer: &Reviewer<'_, '_>, key: Key, zone: Tz) -> store::Result<Option<Suggestion>> {
    Ok(list(tx, reviewer, zone).await?.into_iter().find(|one| one.is(key)))
}

/// Decides a question: with `yes` that somebody left, or that a contact is made; else that they did not, or
/// that it is not needed. The caller took [`Tx::alone`] before anything else; of a contact that was made it
/// asks for consent and decides again what changed.
pub async fn decide(
    tx: &mut Tx,
    reviewer: &Reviewer<'_, '_>,
    key: Key,
    yes: bool,
    house: &House,
) -> store::Result<Result<Decided, No>> {
    let actor = reviewer.actor;
    let Some(question) = one(tx, reviewer, key, house.zone).await? else { return Ok(Err(No::NotAsked)) };
    let Ok(address) = Address::parse(&question.address) else { return Ok(Err(No::NotAsked)) };
    let ground = if question.door == Door::Admin { Ground::AskedAsAdmin } else { Ground::Rights };
    let contact = question.key.contact;
    if matches!(question.what, What::Named { .. }) && yes {
        let taken = match automatic::taken(tx, actor, contact, &address, house, ground).await? {
            Ok(taken) => taken,
            Err(no) => return Ok(Err(no)),
        };
        for other in &question.others {
            let word = automatic::taken_word(actor, *other, &address);
            words::say(tx, &word, Some(taken.number), None).await?;
        }
        return Ok(Ok(Decided { number: taken.number, taken: Some(taken) }));
    }
    let say = match (&question.what, yes) {
        (What::Left { .. }, true) => Say::Left(address),
        (What::Left { .. }, false) => Say::Stays(address),
        (What::Named { .. }, _) => Say::Pass(address),
    };
    let number = match automatic::said(tx, actor, contact, &say, house.zone, (ground, None)).await? {
        Ok(number) => number,
        Err(no) => return Ok(Err(no)),
    };
    for other in &question.others {
        if let Err(no) = automatic::said(tx, actor, *other, &say, house.zone, (ground, Some(number))).await? {
            return Ok(Err(no));
        }
    }
    Ok(Ok(Decided { number, taken: None }))
}

/// What a decision of this user's said, and whether it was taken back; none if it is not theirs.
pub async fn told(tx: &mut Tx, user: Option<UserId>, number: i64) -> store::Result<Option<(Told, bool)>> {
    let spoken = words::decision(tx, number).await?;
    let Some(first) = spoken.first().filter(|first| first.word.by == user) else { return Ok(None) };
    let told = match (first.word.what.as_str(), first.made) {
        ("left", _) => Told::Left,
        ("stays", _) => Told::Stays,
        ("passed", _) => Told::Passed,
        ("taken", Some(made)) => Told::Taken(made),
        _ => return Ok(None),
    };
    Ok(Some((told, first.undone)))
}

/// Lines of the audit about what is shown by another door than the reviewer's own; of each notice once an
/// hour. Write them before it is shown.
pub async fn reading(tx: &mut Tx, reviewer: &Reviewer<'_, '_>, shown: &[Suggestion]) -> store::Result<Vec<Line>> {
    let Some(user) = reviewer.actor.user else { return Ok(Vec::new()) };
    if shown.iter().all(|one| one.door == Door::Own) {
        return Ok(Vec::new());
    }
    let mut noted = store::audit::reviewing_noted(tx, user, reviewer.actor.now).await?;
    let mut lines = Vec::new();
    for one in shown.iter().filter(|one| one.door != Door::Own) {
        if noted.contains(&one.key.mail.0) {
            continue;
        }
        let line = Line::new(reviewer.actor.now, Some(user), Action::ReviewRead).subject(one.key.mail.0);
        lines.push(match one.door {
            Door::Cover(owner) => line.by(Path::Cover.word()).on_behalf_of(Some(owner)),
            _ => line.by(Path::Admin.word()),
        });
        noted.insert(one.key.mail.0);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written_and_nothing_else_is() {
        for position in [None, Some(0), Some(17)] {
            let key = Key { contact: RecordId(12), mail: MailId(345), position };
            assert_eq!(Key::parse(&key.to_string()), Some(key));
        }
        for text in ["", "12", "12-345", "12-345-", "12-345-x", "12-345--1", "12-345-0-0", "a-1-0"] {
            assert_eq!(Key::parse(text), None, "{text}");
        }
    }
}

//! What a replay would change about one mail, in one of seven groups.

use super::super::assemble::Assembled;
use crate::link;
use crate::link::rules::says_confidential;
use crate::model::facts::{LinkFacts, Member, Say};
use crate::model::id::{MailId, RecordId, RuleId, ThreadId};
use crate::model::link::{Candidate, Link, Linking};
use crate::model::rule::Effect;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The score of a true reply. What is stronger, a person decided (ARCHITECTURE.md, "Evidence").
const STRONGEST_OF_MACHINES: i64 = 90;

/// In which way a mail would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Group {
    /// It stands nowhere, and would stand somewhere.
    New,
    /// It would stand elsewhere.
    Moved,
    /// It would stand nowhere any more.
    Lost,
    /// It would come into question for more records, and it would be left to a person.
    Ambiguous,
    /// It would stand where it stands, and be marked confidential.
    Sealed,
    /// It would stand where it stands, and be marked confidential no more.
    Unsealed,
    /// A person decided it, and the rules say otherwise. The person's word stands.
    Against,
}

impl Group {
    /// All of them, as they are shown.
    pub const ALL: [Group; 7] =
        [Group::New, Group::Moved, Group::Lost, Group::Ambiguous, Group::Sealed, Group::Unsealed, Group::Against];

    /// Whether such a mail stands otherwise for it: what a person said stays.
    pub fn moves(self) -> bool {
        self != Group::Against
    }

    /// The word in JSON and CSV.
    pub fn word(self) -> &'static str {
        match self {
            Group::New => "newly-linked",
            Group::Moved => "moved",
            Group::Lost => "lost",
            Group::Ambiguous => "ambiguous",
            Group::Sealed => "confidential",
            Group::Unsealed => "not-confidential",
            Group::Against => "against-a-person",
        }
    }
}

/// A mail that would change. Ids alone: who may read what they stand for is for whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The mail.
    pub mail: MailId,
    /// Its thread.
    pub thread: ThreadId,
    /// In which way.
    pub group: Group,
    /// Where it stands.
    pub before: Standing,
    /// Where it would stand.
    pub after: Standing,
    /// The rules that say something about it then; none where it follows a mail of its thread.
    pub rules: Vec<RuleId>,
}

/// Where a mail stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What it regards.
    pub regarding: Option<RecordId>,
    /// Each record on whose timeline it stands, and the one whose readers see it there.
    pub ties: BTreeSet<(RecordId, RecordId)>,
    /// Records it may also be about.
    pub candidates: BTreeSet<RecordId>,
    /// It is marked confidential.
    #[serde(default)]
    pub sealed: bool,
}

/// The columns of a mail that would change, as CSV.
pub const COLUMNS: [&str; 11] = [
    "group",
    "mail",
    "thread",
    "regarding_before",
    "on_before",
    "regarding_after",
    "on_after",
    "candidates_after",
    "rules",
    "confidential_before",
    "confidential_after",
];

impl Changed {
    /// One cell for each of [`COLUMNS`]: words, numbers and spaces, which need no quotes.
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        let one = |record: Option<RecordId>| record.map(|r| r.to_string()).unwrap_or_default();
        [
            self.group.word().to_owned(),
            self.mail.to_string(),
            self.thread.to_string(),
            one(self.before.regarding),
            join(self.before.on().iter()),
            one(self.after.regarding),
            join(self.after.on().iter()),
            join(self.after.candidates.iter()),
            join(self.rules.iter()),
            self.before.sealed.to_string(),
            self.after.sealed.to_string(),
        ]
    }
}

fn join<T: ToString>(ids: impl Iterator<Item = T>) -> String {
    ids.map(|id| id.to_string()).collect::<Vec<_>>().join(" ")
}

impl Standing {
    /// The records on whose timelines it stands.
    pub fn on(&self) -> BTreeSet<RecordId> {
        self.ties.iter().map(|(record, _)| *record).collect()
    }

    /// Every record that it names.
    pub fn named(&self) -> BTreeSet<RecordId> {
        let tied = self.ties.iter().flat_map(|(record, governing)| [*record, *governing]);
        tied.chain(self.regarding).chain(self.candidates.iter().copied()).collect()
    }

    /// The same, of a mail that is marked confidential or is not.
    fn marked(self, sealed: bool) -> Standing {
        Standing { sealed, ..self }
    }

    /// Where a decision puts a mail that is not marked confidential.
    pub fn of(linking: &Linking) -> Standing {
        let records = |candidates: &[Candidate]| candidates.iter().map(|c| c.record).collect();
        match linking {
            Linking::Linked { regarding, links, candidates } => Standing {
                regarding: *regarding,
                ties: links.iter().map(|link| (link.record, link.governing)).collect(),
                candidates: records(candidates),
                sealed: false,
            },
            Linking::Review(candidates) => Standing { candidates: records(candidates), ..Standing::default() },
            Linking::Unmatched => Standing::default(),
        }
    }

    /// The records whose readers see it.
    pub fn governing(&self) -> BTreeSet<RecordId> {
        self.ties.iter().map(|(_, governing)| *governing).collect()
    }

    /// The record under which it is counted: what it regards, else the first that governs it.
    pub fn main(&self) -> Option<RecordId> {
        self.regarding.or_else(|| self.ties.iter().map(|(_, governing)| *governing).next())
    }
}

/// What would change about mails, of those threads that are `wanted`.
pub fn all(assembled: &Assembled<'_>, decided: &[Linking], wanted: impl Fn(ThreadId) -> bool) -> Vec<Changed> {
    let members = assembled.members.iter().zip(&assembled.stored).zip(decided);
    let wanted = members.filter(|((member, _), _)| member.thread.is_some_and(&wanted));
    wanted.filter_map(|((member, stored), after)| changed(member, stored.sealed, after, &assembled.facts)).collect()
}

/// The change of a mail, if it changes: what stands on it and where, not merely why. Also one that
/// a person decided and of which the rules say otherwise.
fn changed(member: &Member, sealed: bool, after: &Linking, facts: &LinkFacts) -> Option<Changed> {
    let was = Standing::of(member.before.as_ref()?).marked(sealed);
    let will = Standing::of(after).marked(link::is_sealed(member));
    let group = if is_against(member, after, facts) { Group::Against } else { group(&was, &will)? };
    let rules = member.rules.iter().filter(|hit| !hit.shadow).map(|hit| hit.rule).collect();
    Some(Changed { mail: member.id?, thread: member.thread?, group, before: was, after: will, rules })
}

/// Whether the rules name one record and a person's word keeps the mail on another, or off it; or the rules mark it
/// confidential and a person said that it is not.
fn is_against(member: &Member, after: &Linking, facts: &LinkFacts) -> bool {
    if member.said.sealed == Some(false) && says_confidential(member) {
        return true;
    }
    let mut effects = member.rules.iter().filter(|hit| !hit.shadow).flat_map(|hit| &hit.effects);
    let named = effects.find_map(|effect| match effect {
        Effect::Regard(_) => facts.ruled.get(effect).filter(|records| records.len() == 1)?.first(),
        _ => None,
    });
    let Some(named) = named else { return false };
    let spoken = member.said.mail.iter().chain(&member.said.thread);
    let off_it = spoken.map(|s| s.say).any(|say| matches!(say, Say::Private | Say::Regard(None)));
    let kept_off = off_it || member.said.removed.contains(named);
    match after {
        Linking::Linked { regarding: Some(record), links, .. } if record != named => {
            let decided = |link: &Link| link.record == *record && link.evidence.score() > STRONGEST_OF_MACHINES;
            kept_off || links.iter().any(decided)
        }
        Linking::Linked { regarding: Some(_), .. } => false,
        _ => kept_off,
    }
}

fn group(was: &Standing, will: &Standing) -> Option<Group> {
    if was == will {
        return None;
    }
    if (Standing { sealed: will.sealed, ..was.clone() }) == *will {
        return Some(if will.sealed { Group::Sealed } else { Group::Unsealed });
    }
    let unsure = will.regarding.is_none() && !will.candidates.is_subset(&was.candidates);
    Some(match (was.ties.is_empty(), will.ties.is_empty()) {
        _ if unsure => Group::Ambiguous,
        (true, false) => Group::New,
        (false, true) => Group::Lost,
        (true, true) => Group::Lost,
        (false, false) => Group::Moved,
    })
}

//! Which mails a person is asked about, and why (the queue of review). A function of what was decided
//! and said, as linking itself is, so the queue depends on the set of mails, not on their order (P3).
//!
//! Nothing is asked that a person decided: a word on the mail, its thread or its sender settles it, and
//! so does a record that was added by hand. A mail that regards something is not asked about, but for
//! one that has another's id and says something else.
//!
//! An **unknown business sender** is a person outside the company who wrote to an address of ours on a
//! shared mailbox, under a domain of their own: none where anybody gets an address (`parse::is_freemail`),
//! not ours, no mass mail, not called false by our own server, and passed over by no rule. Such a mail concerns no record, and
//! would not be stored elsewhere; here it is kept for as long as anything waits in review.

use super::person;
use crate::model::facts::{Direction, Field, LinkFacts, Member};
use crate::model::id::RecordId;
use crate::model::link::{Candidate, Evidence, Link, Linking};
use crate::model::mail::Channel;
use crate::model::review::{Asked, Reason};
use crate::model::rule::Effect;
use crate::parse;

/// Keeps mail of unknown business senders, of those that concern no record.
pub fn keep(members: &[Member], settled: impl Fn(usize) -> bool, decided: &mut [Linking], facts: &LinkFacts) {
    for (n, (member, linking)) in members.iter().zip(decided).enumerate() {
        if *linking == Linking::Unmatched && !settled(n) && is_unknown(member, facts) {
            *linking = Linking::Review(Vec::new());
        }
    }
}

/// Whether a business that nobody knows wrote to a shared mailbox.
pub fn is_unknown(member: &Member, facts: &LinkFacts) -> bool {
    let Some(from) = member.from.as_ref().filter(|_| member.said.shared && !member.auth_failed) else { return false };
    let to_us = |(field, address): &(Field, _)| matches!(field, Field::To | Field::Cc) && facts.is_own(address);
    member.author.is_human()
        && !is_passed_over(member)
        && member.channel != Channel::Bulk
        && super::direction(member, facts) == Direction::In
        && member.parties.iter().any(to_us)
        && !parse::is_freemail(from.organisation())
}

/// Whether an admin's rule says that nobody is to be bothered with it.
fn is_passed_over(member: &Member) -> bool {
    let effects = member.rules.iter().filter(|hit| !hit.shadow).flat_map(|hit| &hit.effects);
    effects.into_iter().any(|effect| matches!(effect, Effect::Ignore | Effect::Private))
}

/// What is asked about each mail of a thread; parallel to `members`. `twin` says which of them have the
/// id of another mail and say something else.
pub fn asked(
    members: &[Member],
    decided: &[Linking],
    twin: impl Fn(usize) -> bool,
    facts: &LinkFacts,
) -> Vec<Option<Asked>> {
    let words = person::words(members, facts);
    let each = members.iter().zip(decided).zip(words).enumerate();
    each.map(|(n, ((member, linking), word))| {
        let said = &member.said;
        let settled = word.is_some() || said.automatic || said.filed.is_some() || !said.added.is_empty();
        let twin = twin(n) && super::direction(member, facts) == Direction::In;
        if settled { None } else { of(member, linking, twin, facts) }
    })
    .collect()
}

fn of(member: &Member, linking: &Linking, twin: bool, facts: &LinkFacts) -> Option<Asked> {
    let (regarding, links, candidates): (_, &[Link], &[Candidate]) = match linking {
        Linking::Linked { regarding, links, candidates } => (*regarding, links, candidates),
        Linking::Review(candidates) => (None, &[], candidates),
        Linking::Unmatched => (None, &[], &[]),
    };
    let human = member.author.is_human();
    let taken_off = links.is_empty() && !member.said.removed.is_empty();
    let reason = match regarding {
        _ if taken_off => Some(Reason::Unlinked),
        None => {
            candidates.iter().filter_map(|c| reason(&c.evidence)).filter(|r| human || *r <= Reason::Suggested).min()
        }
        Some(_) => None,
    };
    let reason = reason.or_else(|| twin.then_some(Reason::OtherContent)).or_else(|| {
        let nothing = links.is_empty() && candidates.is_empty();
        (nothing && is_unknown(member, facts)).then_some(Reason::UnknownSender)
    })?;
    Some(Asked { reason, records: between(reason, regarding, links, candidates) })
}

/// Why a candidate is one to be asked about.
fn reason(evidence: &Evidence) -> Option<Reason> {
    match evidence {
        Evidence::ForgedAddress { .. } => Some(Reason::Forged),
        Evidence::ForeignReply { .. } | Evidence::ForeignMark { .. } | Evidence::ForeignNumber { .. } => {
            Some(Reason::Suggested)
        }
        // A rule's name for a record that stands for several.
        Evidence::OneOfSeveral { .. } | Evidence::Ranked { .. } | Evidence::Rule { .. } => Some(Reason::Several),
        Evidence::SharedAddress { .. } => Some(Reason::SharedAddress),
        _ => None,
    }
}

/// The records to choose between: what it stands on where that is in question, then the candidates by
/// strength.
fn between(reason: Reason, regarding: Option<RecordId>, links: &[Link], candidates: &[Candidate]) -> Vec<RecordId> {
    let stands = matches!(reason, Reason::SharedAddress | Reason::OtherContent);
    let on = links.iter().filter(|link| stands && link.record == link.governing).map(|link| link.record);
    let mut records: Vec<RecordId> = regarding.filter(|_| stands).into_iter().chain(on).collect();
    let mut rest: Vec<&Candidate> = candidates.iter().collect();
    rest.sort_by_key(|c| (std::cmp::Reverse((c.evidence.score(), points(&c.evidence))), c.record));
    records.extend(rest.into_iter().map(|c| c.record));
    let mut seen = std::collections::BTreeSet::new();
    records.retain(|record| seen.insert(*record));
    records
}

fn points(evidence: &Evidence) -> i64 {
    match evidence {
        Evidence::OneOfSeveral { points, .. } | Evidence::Ranked { points, .. } => *points,
        _ => 0,
    }
}

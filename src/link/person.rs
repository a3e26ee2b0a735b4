//! Evidence 1: what a person said of this mail, of its thread, or of all mail of its sender. It is
//! stronger than anything the machine finds (P6), and a record from which somebody took a mail
//! does not get it again.
//!
//! A word on a thread was said at one of its mails, its anchor. A mail follows the nearest anchor
//! above it, else the latest of its thread; so threads that grow together later keep what was said
//! of each. (A later word on a thread replaces the earlier ones in it when it is said.)

use super::Basis;
use super::address::{self, push};
use crate::model::address::levels;
use crate::model::facts::{Always, LinkFacts, Member, Say, Spoken};
use crate::model::id::RecordId;
use crate::model::link::{Evidence, Linking};

/// What counts for each mail of a thread, with how far it reaches: `mail`, `thread`, `sender` or
/// `domain`.
pub fn words<'a>(members: &'a [Member], facts: &'a LinkFacts) -> Vec<Option<(&'a Spoken, &'static str)>> {
    let latest = latest(members);
    members.iter().map(|member| spoken(members, member, (latest, facts)).next()).collect()
}

/// All that was said of the `n`th mail, its thread, its sender and the sender's domain: the first counts, the others
/// would where those before it were taken back.
pub fn all<'a>(members: &'a [Member], n: usize, facts: &'a LinkFacts) -> Vec<(&'a Spoken, &'static str)> {
    let latest = latest(members);
    members.get(n).into_iter().flat_map(|member| spoken(members, member, (latest, facts))).collect()
}

/// The word that was said last of any part of the thread.
fn latest(members: &[Member]) -> Option<&Spoken> {
    let anchors = members.iter().filter_map(|m| m.said.thread.as_ref());
    anchors.max_by_key(|spoken| (spoken.at, spoken.correction))
}

/// What was said of a mail, the strongest first, with how far each reaches.
fn spoken<'a>(
    members: &'a [Member],
    member: &'a Member,
    (latest, facts): (Option<&'a Spoken>, &'a LinkFacts),
) -> impl Iterator<Item = (&'a Spoken, &'static str)> {
    let own = member.said.mail.as_ref().map(|spoken| (spoken, "mail"));
    let thread = latest.map(|latest| (above(members, member).unwrap_or(latest), "thread"));
    own.into_iter().chain(thread).chain(of_sender(member, facts))
}

/// The nearest word on the thread, from a mail upwards.
fn above<'a>(members: &'a [Member], member: &'a Member) -> Option<&'a Spoken> {
    let mut at = Some(member);
    // A parent's chain is never a loop (`threads::parents`), but facts from elsewhere may be.
    for _ in 0..=members.len() {
        let here = at?;
        if here.said.thread.is_some() {
            return here.said.thread.as_ref();
        }
        at = here.parent.and_then(|parent| members.get(parent));
    }
    None
}

/// What was said of all mail of its sender, then of its domains, the nearest first, as far as it reaches this one (P12);
/// of each what was said last comes first. A sender whom our own server calls false is nobody.
fn of_sender<'a>(member: &'a Member, facts: &'a LinkFacts) -> impl Iterator<Item = (&'a Spoken, &'static str)> {
    let sender = member.from.as_ref().filter(|_| !member.auth_failed);
    let reaches = move |by: Option<_>| by.is_none_or(|user| member.holders.contains(&user));
    let latest_first = move |said: Option<&'a Vec<Always>>| {
        let said = said.into_iter().flatten().filter(|a| a.everywhere || reaches(a.spoken.by));
        let mut all: Vec<&Spoken> = said.map(|a| &a.spoken).collect();
        all.sort_by_key(|spoken| std::cmp::Reverse((spoken.at, spoken.correction)));
        all
    };
    let own = sender.into_iter().flat_map(move |sender| latest_first(facts.senders.get(sender)));
    let domains = sender.into_iter().flat_map(|sender| levels(sender.domain()));
    let of_domains = domains.flat_map(move |domain| latest_first(facts.sender_domains.get(domain)));
    own.map(|spoken| (spoken, "sender")).chain(of_domains.map(|spoken| (spoken, "domain")))
}

/// Where a person's word puts a mail.
pub fn evidence(
    member: &Member,
    (spoken, scope): (&Spoken, &'static str),
    parties: Linking,
    facts: &LinkFacts,
) -> Basis {
    let evidence = Evidence::Person { correction: spoken.correction, scope: scope.to_owned(), by: spoken.by };
    let strength = evidence.score();
    let (linking, private) = match spoken.say {
        Say::Private => (Linking::Unmatched, true),
        Say::Regard(Some(record)) if !member.said.removed.contains(&record) => {
            (address::regard(record, evidence, &parties, facts), false)
        }
        // Nothing that somebody decided about is lost.
        Say::Regard(_) if parties == Linking::Unmatched => (Linking::Review(Vec::new()), false),
        Say::Regard(_) => (parties.clone(), false),
    };
    Basis { linking, parties, strength, private, silent: false }
}

/// Adds what was added by hand, takes off what was taken off. Nothing that a person unlinked is
/// lost: it stays, for review.
pub fn settle(members: &[Member], decided: Vec<Linking>) -> Vec<Linking> {
    members.iter().zip(decided).map(|(member, linking)| one(member, linking)).collect()
}

fn one(member: &Member, linking: Linking) -> Linking {
    let said = &member.said;
    let linking = match linking {
        Linking::Unmatched if said.kept => Linking::Review(Vec::new()),
        other => other,
    };
    if said.added.is_empty() && said.removed.is_empty() {
        return linking;
    }
    let gone = |record: &RecordId| said.removed.contains(record);
    let (regarding, mut links, mut candidates) = match linking {
        Linking::Linked { regarding, links, candidates } => (regarding, links, candidates),
        Linking::Review(candidates) => (None, Vec::new(), candidates),
        Linking::Unmatched => (None, Vec::new(), Vec::new()),
    };
    links.retain(|link| !gone(&link.record) && !gone(&link.governing));
    candidates.retain(|candidate| !gone(&candidate.record));
    for (correction, record, by) in &said.added {
        let evidence = Evidence::Person { correction: *correction, scope: "mail".to_owned(), by: *by };
        push(&mut links, *record, *record, evidence);
    }
    let regarding = regarding.filter(|record| !gone(record));
    match links.is_empty() {
        true => Linking::Review(candidates),
        false => Linking::Linked { regarding, links, candidates },
    }
}

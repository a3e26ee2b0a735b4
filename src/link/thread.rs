//! Evidence 3: a reply to a linked mail, if its sender is ours or a party of that thread or
//! record; otherwise the link is only suggested (R131: ids are public and can be forged).
//!
//! Who took part in mail that is linked is a party, so a link can make further senders parties.
//! [`spread`] repeats until nothing changes; participants only ever grow, so it ends, and since
//! every pass goes over the thread in its canonical order the result is the same for every order
//! of arrival (P3). A forward makes nobody a participant (R129).

use super::address::{has_part, push, under};
use crate::model::address::Address;
use crate::model::facts::{LinkFacts, Member, PartyMatch};
use crate::model::id::{MsgId, RecordId, UserId};
use crate::model::link::{Candidate, Evidence, Link, Linking};
use std::collections::{BTreeMap, BTreeSet};

/// What a mail hands on to its replies.
#[derive(Clone, Debug, PartialEq)]
struct Heritage {
    regarding: Option<RecordId>,
    /// The mere claim of an address on which that rests.
    claim: Claim,
    /// Ties of a mail that regards nothing, each with such a claim: each contact, lead or account
    /// governs its own.
    own: Vec<(Link, Claim)>,
}

/// The users in whose mailboxes a mere claim counts: its claimant, and who agreed. What rests on it
/// is handed on to mail in their mailboxes alone, or a claim would give sight of what others are
/// answered (P12). `None` where nothing is merely claimed.
type Claim = Option<Vec<UserId>>;

/// Addresses that took part in linked mail, by the record that governs it.
type Participants = BTreeMap<RecordId, BTreeSet<Address>>;

/// Spreads links from mails to their replies until nothing changes.
pub fn spread(members: &[Member], by_itself: Vec<Linking>, facts: &LinkFacts) -> Vec<Linking> {
    let order = canonical_order(members);
    let mut participants = Participants::new();
    loop {
        let decided = pass(members, &by_itself, facts, &order, &participants);
        let grown = participants_of(members, &decided, facts);
        if grown == participants {
            return decided;
        }
        // Only ever grow: two passes that take turns in linking and unlinking would never end.
        let before = participants.clone();
        for (record, addresses) in grown {
            participants.entry(record).or_default().extend(addresses);
        }
        if participants == before {
            return decided;
        }
    }
}

/// Parents before their replies; among those by time, then by content.
fn canonical_order(members: &[Member]) -> Vec<usize> {
    let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (n, member) in members.iter().enumerate() {
        children.entry(member.parent).or_default().push(n);
    }
    for list in children.values_mut() {
        list.sort_by(|a, b| rank(members, *b).cmp(&rank(members, *a)));
    }
    let mut order = Vec::with_capacity(members.len());
    let mut stack = children.remove(&None).unwrap_or_default();
    while let Some(n) = stack.pop() {
        order.push(n);
        stack.extend(children.remove(&Some(n)).unwrap_or_default());
    }
    order
}

fn rank(members: &[Member], n: usize) -> Option<(i64, &[u8])> {
    members.get(n).map(|m| (m.at.0, m.identity.as_slice()))
}

fn pass(
    members: &[Member],
    by_itself: &[Linking],
    facts: &LinkFacts,
    order: &[usize],
    participants: &Participants,
) -> Vec<Linking> {
    let mut decided = by_itself.to_vec();
    let mut heritage: Vec<Option<Heritage>> = vec![None; members.len()];
    for &n in order {
        let Some(member) = members.get(n) else { continue };
        let inherited = member.parent.and_then(|p| heritage.get(p).cloned().flatten());
        if let (Some(from_parent), Some(slot)) = (&inherited, decided.get_mut(n)) {
            *slot = with_thread(member, slot, from_parent, facts, participants);
        }
        let alone = by_itself.get(n).unwrap_or(&Linking::Unmatched);
        let own = decided.get(n).and_then(|linking| heritage_of(linking, alone, inherited.as_ref(), facts));
        if let Some(slot) = heritage.get_mut(n) {
            *slot = own.or(inherited);
        }
    }
    decided
}

/// A linked mail hands on what it is linked to; others hand on what they were handed.
fn heritage_of(
    linking: &Linking,
    alone: &Linking,
    inherited: Option<&Heritage>,
    facts: &LinkFacts,
) -> Option<Heritage> {
    match linking {
        Linking::Linked { regarding: Some(record), .. } if facts.gone.contains(record) => None,
        Linking::Linked { regarding: Some(record), .. } => {
            let handed = inherited.filter(|h| h.regarding == Some(*record)).and_then(|h| h.claim.clone());
            let claim = claim_on(*record, alone, facts).unwrap_or(handed);
            Some(Heritage { regarding: Some(*record), claim, own: Vec::new() })
        }
        Linking::Linked { regarding: None, links, .. } => {
            let handed = |g| inherited.and_then(|h| h.own.iter().find(|(l, _)| l.governing == g)?.1.clone());
            let claim = |g| claim_on(g, alone, facts).unwrap_or_else(|| handed(g));
            let own = links.iter().map(|link| (link.clone(), claim(link.governing))).collect();
            Some(Heritage { regarding: None, claim: None, own })
        }
        Linking::Review(_) | Linking::Unmatched => None,
    }
}

/// Whether a mail's own addresses tie it to a record: `None` if not, else whose mere claim it is.
fn claim_on(record: RecordId, alone: &Linking, facts: &LinkFacts) -> Option<Claim> {
    let Linking::Linked { links, .. } = alone else { return None };
    let link = links.iter().find(|link| link.record == record && link.governing == record)?;
    let (Evidence::Address { address, party, .. } | Evidence::OnlyOpportunity { address, party, .. }) = &link.evidence
    else {
        return Some(None);
    };
    let matches = Address::parse(address).ok().and_then(|address| facts.parties.get(&address));
    Some(matches.into_iter().flatten().find(|p| p.record == *party).and_then(PartyMatch::reach))
}

/// Whether what rests on this claim may be handed on to a mail.
fn reaches(claim: &Claim, member: &Member) -> bool {
    claim.as_ref().is_none_or(|users| users.iter().any(|user| member.holders.contains(user)))
}

fn with_thread(
    member: &Member,
    by_itself: &Linking,
    parent: &Heritage,
    facts: &LinkFacts,
    participants: &Participants,
) -> Linking {
    let Some(reply_to) = &member.reply_to else { return by_itself.clone() };
    match parent.regarding {
        Some(_) if !reaches(&parent.claim, member) => by_itself.clone(),
        Some(record) if may_answer(member, record, facts, participants) => {
            regard(record, member, reply_to, by_itself, facts)
        }
        Some(record) => suggest(record, member.from.as_ref(), reply_to, by_itself),
        None => follow(&parent.own, member, reply_to, by_itself, facts, participants),
    }
}

/// Whether a sender is ours, or a party of the record or of its mail in this thread.
fn may_answer(member: &Member, record: RecordId, facts: &LinkFacts, participants: &Participants) -> bool {
    let Some(sender) = member.from.as_ref().filter(|_| !member.auth_failed) else { return false };
    let contact = || {
        facts.parties.get(sender).into_iter().flatten().filter(|p| p.claimed_by.is_none()).any(|party| {
            party.record == record
                || party.account == Some(record)
                || facts.opportunities.get(&record).is_some_and(|deal| has_part(deal, party))
        })
    };
    facts.is_own(sender) || participants.get(&record).is_some_and(|p| p.contains(sender)) || contact()
}

/// The reply regards what the thread regards, and that governs all its ties.
fn regard(record: RecordId, member: &Member, reply_to: &MsgId, by_itself: &Linking, facts: &LinkFacts) -> Linking {
    let mut links = under(record, by_thread(member, reply_to), facts);
    if let Linking::Linked { regarding: own, links: by_address, .. } = by_itself {
        for link in by_address.iter().filter(|l| Some(l.record) != *own) {
            // A lead stays visible to its own readers; what came through a contact is the deal's.
            let lead = link.governing == link.record && is_lead(link.record, facts);
            push(&mut links, link.record, if lead { link.record } else { record }, link.evidence.clone());
        }
    }
    Linking::Linked { regarding: Some(record), links, candidates: Vec::new() }
}

fn is_lead(record: RecordId, facts: &LinkFacts) -> bool {
    use crate::model::record::Kind;
    facts.parties.values().flatten().any(|p| p.record == record && p.kind == Kind::Lead)
}

fn suggest(record: RecordId, sender: Option<&Address>, reply_to: &MsgId, by_itself: &Linking) -> Linking {
    let sender = sender.map(Address::to_string).unwrap_or_default();
    let suggestion = Candidate { record, evidence: Evidence::ForeignReply { reply_to: reply_to.clone(), sender } };
    match by_itself {
        Linking::Linked { regarding, links, candidates } => {
            let mut candidates = candidates.clone();
            if *regarding != Some(record) {
                candidates.push(suggestion);
            }
            Linking::Linked { regarding: *regarding, links: links.clone(), candidates }
        }
        Linking::Review(candidates) => Linking::Review([candidates.as_slice(), &[suggestion]].concat()),
        Linking::Unmatched => Linking::Review(vec![suggestion]),
    }
}

/// A reply within a thread that regards nothing stands where its parent stands, for those
/// governing records of which its sender is a party.
fn follow(
    parent: &[(Link, Claim)],
    member: &Member,
    reply_to: &MsgId,
    by_itself: &Linking,
    facts: &LinkFacts,
    participants: &Participants,
) -> Linking {
    let (regarding, mut links, candidates) = match by_itself {
        Linking::Linked { regarding: Some(_), .. } => return by_itself.clone(),
        Linking::Linked { regarding, links, candidates } => (*regarding, links.clone(), candidates.clone()),
        Linking::Review(_) | Linking::Unmatched => (None, Vec::new(), Vec::new()),
    };
    let mut foreign = Vec::new();
    for (link, _) in parent.iter().filter(|(_, claim)| reaches(claim, member)) {
        if may_answer(member, link.governing, facts, participants) {
            push(&mut links, link.record, link.governing, by_thread(member, reply_to));
        } else if link.record == link.governing && links.is_empty() {
            let sender = member.from.as_ref().map(Address::to_string).unwrap_or_default();
            let evidence = Evidence::ForeignReply { reply_to: reply_to.clone(), sender };
            foreign.push(Candidate { record: link.record, evidence });
        }
    }
    match (links.is_empty(), foreign.is_empty()) {
        (false, _) => Linking::Linked { regarding, links, candidates },
        (true, false) => Linking::Review(foreign),
        (true, true) => by_itself.clone(),
    }
}

fn by_thread(member: &Member, reply_to: &MsgId) -> Evidence {
    Evidence::Thread {
        reply_to: reply_to.clone(),
        sender: member.from.as_ref().map(Address::to_string).unwrap_or_default(),
    }
}

/// Who took part in mail that regards a record, or stands on it. Not through forwards (R129), and
/// not through machines: a bounce quotes anybody.
fn participants_of(members: &[Member], decided: &[Linking], facts: &LinkFacts) -> Participants {
    let mut participants = Participants::new();
    for (member, linking) in members.iter().zip(decided) {
        let Linking::Linked { regarding, links, .. } = linking else { continue };
        if member.forward || !member.author.is_human() {
            continue;
        }
        let governing: BTreeSet<RecordId> = match regarding {
            Some(record) => BTreeSet::from([*record]),
            None => links.iter().map(|l| l.governing).collect(),
        };
        for record in governing {
            let outside = member.parties.iter().map(|(_, a)| a).filter(|a| !facts.is_own(a)).cloned();
            participants.entry(record).or_default().extend(outside);
        }
    }
    participants
}

//! Evidence 3: a reply to a linked mail, if its sender is ours or a party of that thread or
//! record; otherwise the link is only suggested (R131: ids are public and can be forged). Signed
//! references and reference numbers (5) stand under the same check, so they are looked at here too.
//!
//! Who took part in mail that is linked is a party, so a link can make further senders parties.
//! [`spread`] repeats until nothing changes; participants only ever grow, so it ends, and since
//! every pass goes over the thread in its canonical order the result is the same for every order
//! of arrival (P3). A forward makes nobody a participant (R129), and no mail its own sender: what a
//! rule put there rests on the rule, also where the sender answers something, else the reply would
//! prove itself.
//!
//! A stranger who names an id, a mark or a number of ours stands on no timeline by that mail, not
//! even where a contact has a copy of it: they may have put it there for that.

use super::Basis;
use super::address::{is_party, push, regard};
use super::number;
use crate::model::address::Address;
use crate::model::facts::{Direction, Field, LinkFacts, Mark, Member, PartyMatch};
use crate::model::id::{RecordId, UserId};
use crate::model::link::{Candidate, Evidence, Link, Linking, Writer};
use crate::model::mail::Author;
use crate::parse;
use std::collections::{BTreeMap, BTreeSet};

/// What a mail hands on to its replies.
#[derive(Clone, Debug, PartialEq)]
struct Heritage {
    regarding: Option<RecordId>,
    /// It rests on a ranked link.
    ranked: bool,
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

/// Addresses that took part in linked mail, by the record that governs it; each with the mail that alone made
/// it one in the pass in which it became one. For that mail it does not count: whatever stands there later
/// through that address rests on that mail.
type TookPart = BTreeMap<RecordId, BTreeMap<Address, Option<usize>>>;

/// Who took part.
#[derive(Clone, Debug, Default, PartialEq)]
struct Participants {
    /// In mail that surely regards a record.
    firm: TookPart,
    /// In mail that was ranked to it.
    ranked: TookPart,
}

/// What a sender is to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Ours, or a party of it, and by what.
    Party(Writer),
    /// A party by mail that was ranked to it.
    Ranked,
    /// Nobody to it, or called false by our own server.
    Stranger,
}

impl Standing {
    fn writer(self) -> Writer {
        match self {
            Standing::Party(writer) => writer,
            Standing::Ranked => Writer::TookPart,
            Standing::Stranger => Writer::Unsaid,
        }
    }
}

/// Spreads links from mails to their replies until nothing changes.
pub fn spread(members: &[Member], alone: &[Basis], facts: &LinkFacts) -> Vec<Linking> {
    let order = canonical_order(members);
    let mut participants = Participants::default();
    loop {
        let decided = pass(members, alone, facts, &order, &participants);
        // Only ever grow: two passes that take turns in linking and unlinking would never end.
        let mut grown = participants.clone();
        take_in(&mut grown, &participants, members, &decided, facts);
        if grown == participants {
            return decided;
        }
        participants = grown;
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
    alone: &[Basis],
    facts: &LinkFacts,
    order: &[usize],
    participants: &Participants,
) -> Vec<Linking> {
    let mut decided = vec![Linking::Unmatched; members.len()];
    let mut heritage: Vec<Option<Heritage>> = vec![None; members.len()];
    for &n in order {
        let (Some(member), Some(basis)) = (members.get(n), alone.get(n)) else { continue };
        let inherited = member.parent.and_then(|p| heritage.get(p).cloned().flatten());
        let reported = member.parent.and_then(|p| members.get(p)).is_some_and(|parent| reports(member, parent, facts));
        let linking = Place { n, member, basis, facts, participants, reported }.decide(inherited.as_ref());
        let own = heritage_of(&linking, basis, inherited.as_ref(), member, facts);
        if let Some(slot) = heritage.get_mut(n) {
            *slot = own.or(inherited);
        }
        if let Some(slot) = decided.get_mut(n) {
            *slot = linking;
        }
    }
    decided
}

/// A linked mail hands on what it is linked to; others hand on what they were handed, and so does
/// one that somebody took off that.
fn heritage_of(
    linking: &Linking,
    basis: &Basis,
    inherited: Option<&Heritage>,
    member: &Member,
    facts: &LinkFacts,
) -> Option<Heritage> {
    match linking {
        Linking::Linked { regarding: Some(record), .. } if facts.gone.contains(record) => None,
        Linking::Linked { regarding: Some(record), .. } => {
            let handed = inherited.filter(|h| h.regarding == Some(*record)).and_then(|h| h.claim.clone());
            let claim = claim_on(*record, &basis.linking, facts).unwrap_or(handed);
            let ranked = super::regards(linking) < Evidence::FIRM;
            Some(Heritage { regarding: Some(*record), ranked, claim, own: Vec::new() })
        }
        Linking::Linked { regarding: None, links, .. } => {
            if inherited.and_then(|h| h.regarding).is_some_and(|record| member.said.removed.contains(&record)) {
                return None;
            }
            let handed = |g| inherited.and_then(|h| h.own.iter().find(|(l, _)| l.governing == g)?.1.clone());
            let claim = |g| claim_on(g, &basis.linking, facts).unwrap_or_else(|| handed(g));
            let own = links.iter().map(|link| (link.clone(), claim(link.governing))).collect();
            Some(Heritage { regarding: None, ranked: false, claim: None, own })
        }
        Linking::Review(_) | Linking::Unmatched => None,
    }
}

/// Whether a mail's own addresses tie it to a record: `None` if not, else whose mere claim it is.
fn claim_on(record: RecordId, alone: &Linking, facts: &LinkFacts) -> Option<Claim> {
    let Linking::Linked { links, .. } = alone else { return None };
    let link = links.iter().find(|link| link.record == record && link.governing == record)?;
    let (Evidence::Address { address, party, .. }
    | Evidence::OnlyOpportunity { address, party, .. }
    | Evidence::Ranked { address, party, .. }) = &link.evidence
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

/// Whether a machine's mail reports of the mail that it answers: one that we wrote to an address which it
/// names, or to another of the same firm, or to which a notice of ours went (R95, R109). Who wrote it says
/// nothing: daemons are nobody's party. Or it is the absence or farewell notice of the firm to which alone we wrote
/// (R98, R105).
fn reports(member: &Member, parent: &Member, facts: &LinkFacts) -> bool {
    let report = &member.said.report;
    if member.author.is_human() || member.auth_failed || parent.auth_failed {
        return false;
    }
    let sent = parent.from.as_ref().is_some_and(|from| facts.is_own(from));
    let to = |field: Field| sent && matches!(field, Field::To | Field::Cc | Field::Bcc);
    let went_to = || parent.parties.iter().filter(|(field, _)| to(*field)).map(|(_, address)| address);
    let outside = || went_to().filter(|address| !facts.is_own(address)).map(Address::organisation);
    let of_firm = |address: &Address| {
        let firm = address.organisation();
        !parse::is_freemail(firm) && outside().any(|to| to == firm)
    };
    let notice = matches!(member.author, Author::Vacation | Author::LeftCompany);
    let away = member.from.as_ref().filter(|_| notice);
    report.of.iter().any(|address| went_to().any(|to| to == address) || of_firm(address))
        || (report.of_notice && parent.from.as_ref().is_some_and(|from| report.of.contains(from)))
        || away.is_some_and(|from| of_firm(from) && outside().all(|to| to == from.organisation()))
}

/// One mail, and what is known when its turn comes.
struct Place<'a> {
    /// Its number among the members.
    n: usize,
    member: &'a Member,
    basis: &'a Basis,
    facts: &'a LinkFacts,
    participants: &'a Participants,
    /// It reports of the mail that it answers.
    reported: bool,
}

impl Place<'_> {
    /// Where it stands, given what the mail it answers hands on.
    fn decide(&self, parent: Option<&Heritage>) -> Linking {
        if self.basis.private {
            return Linking::Unmatched;
        }
        let (options, foreign) = self.options(parent);
        // Of equally strong ones the first, which is the thread's.
        let best = options.iter().rev().max_by_key(|(_, evidence)| evidence.score());
        let best = best.filter(|(_, evidence)| evidence.score() > self.basis.strength);
        let linking = match best {
            Some((record, evidence)) => regard(*record, evidence.clone(), &self.basis.parties, self.facts),
            None if self.basis.strength > 0 => self.basis.linking.clone(),
            None => self.follow(parent),
        };
        // What a person decided is not up for review.
        let decided = self.basis.strength >= 95;
        if decided { linking } else { self.with_candidates(linking, options, foreign) }
    }

    /// What it may regard by its thread, marks and numbers, and what these only suggest.
    fn options(&self, parent: Option<&Heritage>) -> (Vec<(RecordId, Evidence)>, Vec<Candidate>) {
        let (mut options, mut foreign) = (Vec::new(), Vec::new());
        let sender = self.sender();
        let handed = parent.filter(|h| reaches(&h.claim, self.member));
        if let (Some(reply_to), Some(heritage)) = (&self.member.reply_to, handed)
            && let Some(record) = heritage.regarding.filter(|record| self.open_to(*record))
        {
            let (reply_to, sender) = (reply_to.clone(), sender.clone());
            match self.standing_of_reply(record) {
                Standing::Stranger => {
                    foreign.push(Candidate { record, evidence: Evidence::ForeignReply { reply_to, sender } });
                }
                standing => {
                    let ranked = heritage.ranked || standing == Standing::Ranked;
                    let (guessed, writer) = (self.member.guessed, standing.writer());
                    options.push((record, Evidence::Thread { reply_to, sender, ranked, guessed, writer }));
                }
            }
        }
        // Mail among us is linked only by what it answers.
        if super::direction(self.member, self.facts) != Direction::Internal {
            self.by_mark(&sender, &mut options, &mut foreign);
            if !self.basis.silent {
                self.by_number(&sender, &mut options, &mut foreign);
            }
        }
        (options, foreign)
    }

    fn by_mark(&self, sender: &str, options: &mut Vec<(RecordId, Evidence)>, foreign: &mut Vec<Candidate>) {
        for mark in &self.member.said.marks {
            let Mark::Signed { record, text } = mark else { continue };
            if !self.open_to(*record) {
                continue;
            }
            let (record, mark, sender) = (*record, text.clone(), sender.to_owned());
            match self.standing(record) {
                Standing::Party(_) => options.push((record, Evidence::OwnMark { mark, sender })),
                _ => foreign.push(Candidate { record, evidence: Evidence::ForeignMark { mark, sender } }),
            }
        }
    }

    fn by_number(&self, sender: &str, options: &mut Vec<(RecordId, Evidence)>, foreign: &mut Vec<Candidate>) {
        let (chosen, others) = number::found(self.member, self.facts);
        let foreign_number = |found: number::Found| Candidate {
            record: found.record,
            evidence: Evidence::ForeignNumber {
                number: found.number,
                place: found.place.to_owned(),
                sender: sender.to_owned(),
            },
        };
        match chosen {
            Some(found) if matches!(self.standing(found.record), Standing::Party(_)) => {
                let (number, place) = (found.number, found.place.to_owned());
                options.push((found.record, Evidence::Number { number, place, sender: sender.to_owned() }));
            }
            Some(found) => foreign.push(foreign_number(found)),
            None => {}
        }
        foreign.extend(others.into_iter().map(foreign_number));
    }

    fn sender(&self) -> String {
        self.member.from.as_ref().map(Address::to_string).unwrap_or_default()
    }

    fn open_to(&self, record: RecordId) -> bool {
        !self.member.said.removed.contains(&record) && !self.facts.gone.contains(&record)
    }

    /// The same of what it answers: a report about mail of ours stands where that stands.
    fn standing_of_reply(&self, record: RecordId) -> Standing {
        if self.reported { Standing::Party(Writer::Report) } else { self.standing(record) }
    }

    /// Whether its sender is ours, or a party of the record or of its mail in this thread.
    fn standing(&self, record: RecordId) -> Standing {
        let facts = self.facts;
        let Some(sender) = self.member.from.as_ref().filter(|_| !self.member.auth_failed) else {
            return Standing::Stranger;
        };
        let took_part = |in_them: &TookPart| {
            let made = in_them.get(&record).and_then(|people| people.get(sender));
            made.is_some_and(|by| *by != Some(self.n))
        };
        let vouched = || facts.parties.get(sender).into_iter().flatten().filter(|p| p.claimed_by.is_none());
        if facts.is_own(sender) {
            Standing::Party(Writer::Ours)
        } else if vouched().any(|party| is_party(record, party, facts)) {
            Standing::Party(Writer::Party)
        } else if took_part(&self.participants.firm) {
            Standing::Party(Writer::TookPart)
        } else if self.of_the_house(sender, record) {
            Standing::Party(Writer::House)
        } else if took_part(&self.participants.ranked) {
            Standing::Ranked
        } else {
            Standing::Stranger
        }
    }

    /// Whether the sender's domain is that of the record's account, where the setting makes that a
    /// party.
    fn of_the_house(&self, sender: &Address, record: RecordId) -> bool {
        let facts = self.facts;
        let ties = facts.opportunities.get(&record);
        let accounts = ties.map(|d| [d.account, d.end_account]).unwrap_or_default();
        let is_its = |account: &RecordId| *account == record || accounts.contains(&Some(*account));
        let of = crate::model::address::levels(sender.domain()).filter_map(|d| facts.domains.get(d)).flatten();
        facts.domain_parties && of.into_iter().any(is_its)
    }

    /// Whether what it is linked to by itself rests on who wrote it, not on who has a copy.
    fn speaks_for_itself(&self) -> bool {
        let Some(from) = self.member.from.as_ref() else { return false };
        if self.facts.is_own(from) {
            return true;
        }
        let Linking::Linked { links, .. } = &self.basis.linking else { return true };
        links.iter().any(|link| match &link.evidence {
            Evidence::Address { address, .. }
            | Evidence::OnlyOpportunity { address, .. }
            | Evidence::Ranked { address, .. }
            | Evidence::Converted { address, .. }
            | Evidence::Domain { address, .. } => address == from.as_str(),
            Evidence::Rule { .. } => true,
            _ => false,
        })
    }

    /// The opportunities between which its addresses alone leave it.
    fn weighed(&self) -> Vec<Candidate> {
        let Linking::Linked { regarding, links, candidates } = &self.basis.linking else { return Vec::new() };
        let first = links.iter().filter(|link| Some(link.record) == *regarding && link.governing == link.record);
        let ranked = first.filter(|link| matches!(link.evidence, Evidence::Ranked { .. }));
        let ranked = ranked.map(|link| Candidate { record: link.record, evidence: link.evidence.clone() });
        ranked.chain(candidates.iter().cloned()).collect()
    }

    /// Adds what is only suggested, and what was found beside what was chosen.
    fn with_candidates(
        &self,
        linking: Linking,
        options: Vec<(RecordId, Evidence)>,
        foreign: Vec<Candidate>,
    ) -> Linking {
        let strangers = !foreign.is_empty() && options.is_empty() && !self.speaks_for_itself();
        let others = options.into_iter().map(|(record, evidence)| Candidate { record, evidence });
        // What was weighed stays told, also where a ranked thread decided: it is weighed again by that.
        let weighed = match super::regards(&linking) < Evidence::FIRM {
            true => self.weighed(),
            false => Vec::new(),
        };
        let (regarding, links, held) = match linking {
            Linking::Linked { candidates, .. } if strangers => (None, Vec::new(), candidates),
            Linking::Linked { regarding, links, candidates } => (regarding, links, candidates),
            Linking::Review(candidates) => (None, Vec::new(), candidates),
            Linking::Unmatched => (None, Vec::new(), Vec::new()),
        };
        let mut candidates: Vec<Candidate> = Vec::new();
        for candidate in foreign.into_iter().chain(others).chain(held).chain(weighed) {
            let known = candidates.iter().any(|c| c.record == candidate.record);
            if regarding != Some(candidate.record) && !known {
                candidates.push(candidate);
            }
        }
        match (links.is_empty(), candidates.is_empty()) {
            (false, _) => Linking::Linked { regarding, links, candidates },
            (true, false) => Linking::Review(candidates),
            (true, true) => match &self.basis.linking {
                Linking::Review(_) => Linking::Review(candidates),
                _ => Linking::Unmatched,
            },
        }
    }

    /// A reply within a thread that regards nothing stands where its parent stands, for those
    /// governing records of which its sender is a party.
    fn follow(&self, parent: Option<&Heritage>) -> Linking {
        let by_itself = self.basis.linking.clone();
        let (Some(parent), Some(reply_to)) = (parent.filter(|h| h.regarding.is_none()), &self.member.reply_to) else {
            return by_itself;
        };
        let (mut links, candidates) = match by_itself {
            Linking::Linked { links, candidates, .. } => (links, candidates),
            Linking::Review(candidates) => (Vec::new(), candidates),
            Linking::Unmatched => (Vec::new(), Vec::new()),
        };
        let (mut foreign, mut by_thread) = (Vec::new(), false);
        for (link, _) in parent.own.iter().filter(|(_, claim)| reaches(claim, self.member)) {
            if !self.open_to(link.governing) || !self.open_to(link.record) {
                continue;
            }
            let (reply_to, sender, guessed) = (reply_to.clone(), self.sender(), self.member.guessed);
            let standing = self.standing_of_reply(link.governing);
            if standing != Standing::Stranger {
                by_thread = true;
                let evidence = Evidence::Thread { reply_to, sender, ranked: false, guessed, writer: standing.writer() };
                push(&mut links, link.record, link.governing, evidence);
            } else if link.record == link.governing {
                let evidence = Evidence::ForeignReply { reply_to, sender };
                foreign.push(Candidate { record: link.record, evidence });
            }
        }
        if by_thread || foreign.is_empty() || (!links.is_empty() && self.speaks_for_itself()) {
            return match links.is_empty() {
                true => self.basis.linking.clone(),
                false => Linking::Linked { regarding: None, links, candidates },
            };
        }
        Linking::Review([foreign, candidates].concat())
    }
}

/// Adds who took part in mail that regards a record, or stands on it. Not through forwards (R129),
/// and not through machines: a bounce quotes anybody.
fn take_in(
    participants: &mut Participants,
    before: &Participants,
    members: &[Member],
    decided: &[Linking],
    facts: &LinkFacts,
) {
    for (n, (member, linking)) in members.iter().zip(decided).enumerate() {
        let Linking::Linked { regarding, links, .. } = linking else { continue };
        if member.forward || !member.author.is_human() {
            continue;
        }
        let governing: BTreeSet<RecordId> = match regarding {
            Some(record) => BTreeSet::from([*record]),
            None => links.iter().map(|l| l.governing).collect(),
        };
        let ranked = regarding.is_some() && super::regards(linking) < Evidence::FIRM;
        let (known, to) = match ranked {
            true => (&before.ranked, &mut participants.ranked),
            false => (&before.firm, &mut participants.firm),
        };
        for record in governing {
            let (known, people) = (known.get(&record), to.entry(record).or_default());
            let outside = member.parties.iter().map(|(_, a)| a).filter(|a| !facts.is_own(a));
            for address in outside.filter(|address| known.is_none_or(|known| !known.contains_key(*address))) {
                let by = people.entry(address.clone()).or_insert(Some(n));
                *by = by.filter(|by| *by == n);
            }
        }
    }
}

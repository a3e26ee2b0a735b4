//! Evidence 6: addresses in From, Reply-To, To and Cc that belong to contacts, leads or end
//! customers. With one open opportunity the mail regards that one; with several it stands on the
//! contact's timeline, they are candidates, and `rank` weighs them.
//!
//! An address that is only claimed (P12) counts for mail that lies in its claimant's own
//! mailboxes, or in those of somebody who agreed, and for no other: nobody gains sight of somebody
//! else's mailbox by writing an address on a record.
//!
//! An address that stands on several records: of those with a part in what the mail regards all
//! count, and no other; where it regards nothing, or none of them has a part, each has it on its own
//! timeline, older records first, and review is warned. All of them were vouched for.
//!
//! Of a mail whose sender our own server calls false (R36) no address proves anything.

use crate::model::address::Address;
use crate::model::facts::{Deal, Field, LinkFacts, Member, PartyMatch};
use crate::model::id::RecordId;
use crate::model::link::{Candidate, Evidence, Link, Linking};
use crate::model::record::{Kind, Status};
use std::collections::{BTreeMap, BTreeSet};

/// One matched address: whose, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    /// Where it stands.
    pub field: Field,
    /// The address.
    pub address: &'a Address,
    /// Whose it is.
    pub party: &'a PartyMatch,
}

/// What the addresses on a mail say.
pub fn evidence(member: &Member, facts: &LinkFacts) -> Linking {
    let hits = hits(member, facts);
    if let Some((deal, evidence)) = of_lead(member, facts) {
        return on_deal(deal, evidence, &hits, facts);
    }
    if hits.is_empty() {
        return Linking::Unmatched;
    }
    if member.auth_failed {
        return Linking::Review(hits.iter().map(forged).collect());
    }
    if let Some((deal, hit, kept)) = kept(member, &hits, facts) {
        return on_deal(deal, kept.unwrap_or_else(|| only(hit)), &hits, facts);
    }
    let deals = open_deals(member, &hits, facts);
    // What is left once somebody took the mail off the others is no more sure than before.
    let taken_off = hits.iter().any(|hit| {
        let mut open = facts.deals_of(hit.party).filter(|(_, deal)| deal.status == Status::Open);
        open.any(|(id, _)| member.said.removed.contains(&id))
    });
    let mut each = deals.iter();
    match (each.next(), each.next()) {
        (Some((deal, hit)), None) if !taken_off => on_deal(*deal, only(hit), &hits, facts),
        _ => on_parties(&hits, &deals),
    }
}

/// The opportunity that a lead on the mail became later: until then its mail was about that.
fn of_lead(member: &Member, facts: &LinkFacts) -> Option<(RecordId, Evidence)> {
    if facts.converted.is_empty() || member.auth_failed {
        return None;
    }
    let mut of_leads = Vec::new();
    for (field, address) in member.parties.iter().filter(|(_, a)| !facts.is_own(a)) {
        for (lead, deal, until) in facts.converted.get(address).into_iter().flatten() {
            if member.at <= *until && !member.said.removed.contains(deal) {
                of_leads.push((*until, *lead, *deal, *field, address));
            }
        }
    }
    // The one that was converted first was the lead at the time.
    let (_, lead, deal, field, address) = of_leads.into_iter().min()?;
    let (address, field) = (address.to_string(), field.word().to_owned());
    Some((deal, Evidence::Converted { lead, address, field }))
}

/// The contacts and leads on a mail, as if there were no opportunities.
pub fn parties(member: &Member, facts: &LinkFacts) -> Linking {
    match hits(member, facts) {
        hits if hits.is_empty() || member.auth_failed => Linking::Unmatched,
        hits => on_parties(&hits, &BTreeMap::new()),
    }
}

/// What was decided by address before, as long as the contact it came through is still on the mail
/// and a party of the opportunity: that a deal is closed, or another one opened, says nothing about
/// what its old mail was about. What was ranked is weighed again as long as the deal is open.
fn kept<'h, 'a>(
    member: &Member,
    hits: &'h [Hit<'a>],
    facts: &LinkFacts,
) -> Option<(RecordId, &'h Hit<'a>, Option<Evidence>)> {
    let Some(Linking::Linked { regarding: Some(deal), links, .. }) = &member.before else { return None };
    if member.said.removed.contains(deal) {
        return None;
    }
    let ties = facts.opportunities.get(deal)?;
    let (through, ranked) = links.iter().find_map(|link| match &link.evidence {
        Evidence::OnlyOpportunity { party, .. } if link.record == *deal => Some((*party, None)),
        Evidence::Ranked { party, .. } if link.record == *deal => Some((*party, Some(link.evidence.clone()))),
        _ => None,
    })?;
    if ranked.is_some() && ties.status == Status::Open {
        return None;
    }
    let hit = hits.iter().find(|hit| hit.party.record == through && has_part(ties, hit.party))?;
    Some((*deal, hit, ranked))
}

/// Addresses on the mail that belong to contacts or leads, each party once, strongest field first.
pub fn hits<'a>(member: &'a Member, facts: &'a LinkFacts) -> Vec<Hit<'a>> {
    let mut found: BTreeMap<RecordId, Hit<'a>> = BTreeMap::new();
    let mut parties: Vec<&(Field, Address)> = member.parties.iter().filter(|(_, a)| !facts.is_own(a)).collect();
    parties.sort();
    // What is vouched for first: a record that has both addresses stands there by more than a claim.
    for claims in [false, true] {
        for (field, address) in &parties {
            for party in facts.parties.get(address).into_iter().flatten() {
                let taken_off = member.said.removed.contains(&party.record);
                if party.counts_for(&member.holders) && party.claimed_by.is_some() == claims && !taken_off {
                    found.entry(party.record).or_insert(Hit { field: *field, address, party });
                }
            }
        }
    }
    found.into_values().collect()
}

/// Open opportunities in which one of the parties has a part, with the hit that says so: the one in
/// the strongest field.
pub fn open_deals<'h, 'a>(member: &Member, hits: &'h [Hit<'a>], facts: &LinkFacts) -> BTreeMap<RecordId, &'h Hit<'a>> {
    let mut deals: BTreeMap<RecordId, &'h Hit<'a>> = BTreeMap::new();
    for hit in hits.iter().filter(|hit| hit.party.kind == Kind::Contact) {
        for (id, deal) in facts.deals_of(hit.party) {
            if deal.status == Status::Open && !member.said.removed.contains(&id) {
                let held = deals.entry(id).or_insert(hit);
                if (hit.field, hit.party.record) < (held.field, held.party.record) {
                    *held = hit;
                }
            }
        }
    }
    deals
}

/// Whether a contact is a party of an opportunity: of its account, its end customer's, or its
/// end customer in person.
pub fn has_part(deal: &Deal, party: &PartyMatch) -> bool {
    let account = party.account.is_some() && (party.account == deal.account || party.account == deal.end_account);
    account || deal.end_contact == Some(party.record)
}

/// Whether a contact or lead has a part in any record.
pub fn is_party(record: RecordId, party: &PartyMatch, facts: &LinkFacts) -> bool {
    party.record == record
        || party.account == Some(record)
        || facts.opportunities.get(&record).is_some_and(|deal| has_part(deal, party))
}

fn on_deal(deal: RecordId, evidence: Evidence, hits: &[Hit<'_>], facts: &LinkFacts) -> Linking {
    regard(deal, evidence, &on_parties(hits, &BTreeMap::new()), facts)
}

/// The mail regards a record, and that governs every timeline the mail stands on (P5): its own,
/// its account's, those of the parties by address, which are given as if it regarded nothing. A lead
/// stays visible to its own readers.
pub fn regard(record: RecordId, evidence: Evidence, parties: &Linking, facts: &LinkFacts) -> Linking {
    let mut links = under(record, evidence, facts);
    if let Linking::Linked { links: others, .. } = parties {
        let beside: BTreeSet<RecordId> = beside(record, others, facts);
        for link in others.iter().filter(|l| !beside.contains(&l.record)) {
            let lead = link.record == link.governing && is_lead(link.record, facts);
            let through_beside =
                matches!(&link.evidence, Evidence::Through { record: through } if beside.contains(through));
            if !through_beside {
                push(&mut links, link.record, record, link.evidence.clone());
            }
            if lead && link.record != record {
                push(&mut links, link.record, link.record, link.evidence.clone());
            }
        }
    }
    Linking::Linked { regarding: Some(record), links, candidates: Vec::new() }
}

/// Contacts that have no part in the record, and an address of which stands on one that has.
fn beside(record: RecordId, links: &[Link], facts: &LinkFacts) -> BTreeSet<RecordId> {
    let of = |link: &Link| match &link.evidence {
        Evidence::Address { address, party, .. } => Some((Address::parse(address).ok()?, *party)),
        _ => None,
    };
    let mut found = BTreeSet::new();
    for (address, party) in links.iter().filter_map(of) {
        let all = facts.parties.get(&address).map_or(&[][..], Vec::as_slice);
        let with_part = |p: &&PartyMatch| p.claimed_by.is_none() && is_party(record, p, facts);
        let own = all.iter().find(|p| p.record == party);
        let contact = own.is_some_and(|p| p.kind == Kind::Contact && !is_party(record, p, facts));
        if all.len() > 1 && contact && all.iter().any(|p| with_part(&p)) {
            found.insert(party);
        }
    }
    found
}

fn is_lead(record: RecordId, facts: &LinkFacts) -> bool {
    facts.parties.values().flatten().any(|p| p.record == record && p.kind == Kind::Lead)
}

/// Each contact and lead governs its own timeline; an account shows the entry to the readers of
/// the contact through which it came.
fn on_parties(hits: &[Hit<'_>], deals: &BTreeMap<RecordId, &Hit<'_>>) -> Linking {
    let mut links = Vec::new();
    let mut shared: BTreeMap<&Address, Vec<RecordId>> = BTreeMap::new();
    for hit in hits {
        push(&mut links, hit.party.record, hit.party.record, by_address(hit));
        if let Some(account) = hit.party.account {
            push(&mut links, account, hit.party.record, Evidence::Through { record: hit.party.record });
        }
        shared.entry(hit.address).or_default().push(hit.party.record);
    }
    let one_of = |(deal, hit): (&RecordId, &&Hit<'_>)| Candidate {
        record: *deal,
        evidence: Evidence::OneOfSeveral {
            address: hit.address.to_string(),
            party: hit.party.record,
            of: deals.len(),
            points: 0,
            because: Vec::new(),
        },
    };
    let warning = |(address, records): (&Address, Vec<RecordId>)| {
        let of = records.len();
        let address = address.to_string();
        let more = records.into_iter().skip(1);
        let evidence = Evidence::SharedAddress { address, of };
        more.map(|record| Candidate { record, evidence: evidence.clone() }).collect::<Vec<_>>()
    };
    let candidates = deals.iter().map(one_of).chain(shared.into_iter().flat_map(warning)).collect();
    Linking::Linked { regarding: None, links, candidates }
}

/// The links of a mail that regards a record: itself, and what belongs to it: an opportunity's
/// account and end customer, a contact's account.
pub fn under(record: RecordId, evidence: Evidence, facts: &LinkFacts) -> Vec<Link> {
    let mut links = Vec::new();
    push(&mut links, record, record, evidence);
    let deal = facts.opportunities.get(&record);
    let of_deal = deal.map(|ties| [ties.account, ties.end_account, ties.end_contact]).unwrap_or_default();
    for other in of_deal.into_iter().flatten().chain(facts.accounts.get(&record).copied()) {
        push(&mut links, other, record, Evidence::Through { record });
    }
    links
}

fn by_address(hit: &Hit<'_>) -> Evidence {
    Evidence::Address { address: hit.address.to_string(), field: hit.field.word().to_owned(), party: hit.party.record }
}

fn only(hit: &Hit<'_>) -> Evidence {
    Evidence::OnlyOpportunity {
        address: hit.address.to_string(),
        field: hit.field.word().to_owned(),
        party: hit.party.record,
    }
}

fn forged(hit: &Hit<'_>) -> Candidate {
    let evidence = Evidence::ForgedAddress {
        address: hit.address.to_string(),
        field: hit.field.word().to_owned(),
        party: hit.party.record,
    };
    Candidate { record: hit.party.record, evidence }
}

/// Adds a link unless the same tie is there already; the stronger evidence stays.
pub fn push(links: &mut Vec<Link>, record: RecordId, governing: RecordId, evidence: Evidence) {
    match links.iter_mut().find(|l| l.record == record && l.governing == governing) {
        None => links.push(Link { record, governing, evidence }),
        Some(link) if link.evidence.score() < evidence.score() => link.evidence = evidence,
        Some(_) => {}
    }
}

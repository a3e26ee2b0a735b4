//! Evidence 6: addresses in From, Reply-To, To and Cc that belong to contacts, leads or end
//! customers. With one open opportunity the mail regards that one; with several it stands on the
//! contact's timeline and they are candidates.
//!
//! An address that is only claimed (P12) counts for mail that lies in its claimant's own
//! mailboxes, or in those of somebody who agreed, and for no other: nobody gains sight of somebody
//! else's mailbox by writing an address on a record.

use crate::model::address::Address;
use crate::model::facts::{Deal, Field, LinkFacts, Member, PartyMatch};
use crate::model::id::RecordId;
use crate::model::link::{Candidate, Evidence, Link, Linking};
use crate::model::record::{Kind, Status};
use std::collections::BTreeMap;

/// One matched address: whose, and where it stands.
struct Hit<'a> {
    field: Field,
    address: &'a Address,
    party: &'a PartyMatch,
}

/// What the addresses on a mail say.
pub fn evidence(member: &Member, facts: &LinkFacts) -> Linking {
    let hits = hits(member, facts);
    if hits.is_empty() {
        return Linking::Unmatched;
    }
    if let Some((deal, hit)) = kept(member, &hits, facts) {
        return regarding(deal, hit, &hits, facts);
    }
    let deals = open_deals(&hits, facts);
    let mut only = deals.iter();
    match (only.next(), only.next()) {
        (Some((deal, hit)), None) => regarding(*deal, hit, &hits, facts),
        _ => on_parties(&hits, &deals),
    }
}

/// What was decided by address before, as long as the contact it came through is still on the mail
/// and a party of the opportunity: that a deal is closed, or another one opened, says nothing about
/// what its old mail was about.
fn kept<'h, 'a>(member: &Member, hits: &'h [Hit<'a>], facts: &LinkFacts) -> Option<(RecordId, &'h Hit<'a>)> {
    let Some(Linking::Linked { regarding: Some(deal), links, .. }) = &member.before else { return None };
    let ties = facts.opportunities.get(deal)?;
    let through = links.iter().find_map(|link| match &link.evidence {
        Evidence::OnlyOpportunity { party, .. } if link.record == *deal => Some(*party),
        _ => None,
    })?;
    let hit = hits.iter().find(|hit| hit.party.record == through && has_part(ties, hit.party))?;
    Some((*deal, hit))
}

/// Addresses on the mail that belong to contacts or leads, each party once, strongest field first.
fn hits<'a>(member: &'a Member, facts: &'a LinkFacts) -> Vec<Hit<'a>> {
    let mut found: BTreeMap<RecordId, Hit<'a>> = BTreeMap::new();
    let mut parties: Vec<&(Field, Address)> = member.parties.iter().filter(|(_, a)| !facts.is_own(a)).collect();
    parties.sort();
    // What is vouched for first: a record that has both addresses stands there by more than a claim.
    for claims in [false, true] {
        for (field, address) in &parties {
            for party in facts.parties.get(address).into_iter().flatten() {
                if party.counts_for(&member.holders) && party.claimed_by.is_some() == claims {
                    found.entry(party.record).or_insert(Hit { field: *field, address, party });
                }
            }
        }
    }
    found.into_values().collect()
}

/// Open opportunities in which one of the parties has a part, with the hit that says so.
fn open_deals<'h, 'a>(hits: &'h [Hit<'a>], facts: &LinkFacts) -> BTreeMap<RecordId, &'h Hit<'a>> {
    let mut deals = BTreeMap::new();
    for hit in hits.iter().filter(|hit| hit.party.kind == Kind::Contact) {
        for (id, deal) in &facts.opportunities {
            if deal.status == Status::Open && has_part(deal, hit.party) {
                deals.entry(*id).or_insert(hit);
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

/// The mail regards the one open opportunity; it governs every timeline the mail stands on (P5).
fn regarding(deal: RecordId, hit: &Hit<'_>, hits: &[Hit<'_>], facts: &LinkFacts) -> Linking {
    let evidence = Evidence::OnlyOpportunity {
        address: hit.address.to_string(),
        field: hit.field.word().to_owned(),
        party: hit.party.record,
    };
    let mut links = under(deal, evidence, facts);
    for hit in hits {
        push(&mut links, hit.party.record, deal, by_address(hit));
        if hit.party.kind == Kind::Lead {
            push(&mut links, hit.party.record, hit.party.record, by_address(hit));
        }
        if let Some(account) = hit.party.account {
            push(&mut links, account, deal, Evidence::Through { record: hit.party.record });
        }
    }
    Linking::Linked { regarding: Some(deal), links, candidates: Vec::new() }
}

/// Each contact and lead governs its own timeline; an account shows the entry to the readers of
/// the contact through which it came.
fn on_parties(hits: &[Hit<'_>], deals: &BTreeMap<RecordId, &Hit<'_>>) -> Linking {
    let mut links = Vec::new();
    for hit in hits {
        push(&mut links, hit.party.record, hit.party.record, by_address(hit));
        if let Some(account) = hit.party.account {
            push(&mut links, account, hit.party.record, Evidence::Through { record: hit.party.record });
        }
    }
    let candidates = deals
        .iter()
        .map(|(deal, hit)| Candidate {
            record: *deal,
            evidence: Evidence::OneOfSeveral {
                address: hit.address.to_string(),
                party: hit.party.record,
                of: deals.len(),
            },
        })
        .collect();
    Linking::Linked { regarding: None, links, candidates }
}

/// The links of a mail that regards an opportunity: itself, its account, its end customer.
pub fn under(deal: RecordId, evidence: Evidence, facts: &LinkFacts) -> Vec<Link> {
    let mut links = Vec::new();
    push(&mut links, deal, deal, evidence);
    if let Some(ties) = facts.opportunities.get(&deal) {
        for record in [ties.account, ties.end_account, ties.end_contact].into_iter().flatten() {
            push(&mut links, record, deal, Evidence::Through { record: deal });
        }
    }
    links
}

fn by_address(hit: &Hit<'_>) -> Evidence {
    Evidence::Address { address: hit.address.to_string(), field: hit.field.word().to_owned(), party: hit.party.record }
}

/// Adds a link unless the same tie is there already; the stronger evidence stays.
pub fn push(links: &mut Vec<Link>, record: RecordId, governing: RecordId, evidence: Evidence) {
    match links.iter_mut().find(|l| l.record == record && l.governing == governing) {
        None => links.push(Link { record, governing, evidence }),
        Some(link) if link.evidence.score() < evidence.score() => link.evidence = evidence,
        Some(_) => {}
    }
}

//! What comes of the rules' word in a decision.
//!
//! The first rule in the set's order that names a record there is wins; a later one adds nothing to
//! it. Where a name stands for several records, or our own server says that the sender is not who
//! it claims to be (R36), the record is only suggested.

use super::super::Basis;
use super::super::address::{self, push};
use crate::model::facts::{LinkFacts, Member};
use crate::model::id::RecordId;
use crate::model::link::{Candidate, Evidence, Link, Linking};
use crate::model::rule::{Effect, Hit};

/// What stands on a mail, after what the rules say; `own` is what its addresses and domains say. A
/// record from which somebody took the mail is not named.
pub fn apply(member: &Member, mut own: Basis, facts: &LinkFacts) -> Basis {
    if member.rules.is_empty() {
        return own;
    }
    if says(member, &Effect::Private) {
        return Basis { private: true, parties: own.parties, ..Basis::default() };
    }
    if says(member, &Effect::Ignore) {
        own = Basis { silent: true, ..Basis::default() };
    }
    if let Some((evidence, records)) = named(member, facts, |effect| matches!(effect, Effect::Account(_))) {
        match only(&records).filter(|_| !member.auth_failed) {
            Some(account) => {
                own.linking = on_account(account, evidence.clone(), own.linking);
                own.parties = on_account(account, evidence, own.parties);
            }
            None => own.linking = suggest(&records, &evidence, own.linking),
        }
    }
    if let Some((evidence, records)) =
        named(member, facts, |effect| matches!(effect, Effect::Regard(_) | Effect::Lead(_)))
    {
        match only(&records).filter(|_| !member.auth_failed) {
            Some(record) => {
                own.strength = evidence.score();
                own.linking = address::regard(record, evidence, &own.parties, facts);
            }
            None => own.linking = suggest(&records, &evidence, own.linking),
        }
    }
    own
}

/// Whether a rule said that nothing but a person links it.
pub fn says_private(member: &Member) -> bool {
    says(member, &Effect::Private)
}

/// Whether a rule said that it is confidential.
pub fn says_confidential(member: &Member) -> bool {
    says(member, &Effect::Confidential)
}

fn words(member: &Member) -> impl Iterator<Item = (&Hit, &Effect)> {
    member.rules.iter().filter(|hit| !hit.shadow).flat_map(|hit| hit.effects.iter().map(move |effect| (hit, effect)))
}

fn says(member: &Member, wanted: &Effect) -> bool {
    words(member).any(|(_, effect)| effect == wanted)
}

/// The records that the first rule names, with the evidence that it does.
fn named(member: &Member, facts: &LinkFacts, is: impl Fn(&Effect) -> bool) -> Option<(Evidence, Vec<RecordId>)> {
    words(member).filter(|(_, effect)| is(effect)).find_map(|(hit, effect)| {
        let open = |record: &&RecordId| !member.said.removed.contains(record) && !facts.gone.contains(record);
        let records: Vec<RecordId> = facts.ruled.get(effect)?.iter().filter(open).copied().collect();
        let says = effect.names().unwrap_or_default().to_owned();
        let evidence = Evidence::Rule { rule: hit.rule, version: hit.version, name: hit.name.clone(), says };
        (!records.is_empty()).then_some((evidence, records))
    })
}

fn only(records: &[RecordId]) -> Option<RecordId> {
    match records {
        [one] => Some(*one),
        _ => None,
    }
}

/// The mail stands on the account too; what it regards governs it there.
fn on_account(account: RecordId, evidence: Evidence, own: Linking) -> Linking {
    match own {
        Linking::Linked { regarding, mut links, candidates } => {
            push(&mut links, account, regarding.unwrap_or(account), evidence);
            Linking::Linked { regarding, links, candidates }
        }
        Linking::Review(candidates) => {
            let links = vec![Link { record: account, governing: account, evidence }];
            Linking::Linked { regarding: None, links, candidates }
        }
        Linking::Unmatched => {
            let links = vec![Link { record: account, governing: account, evidence }];
            Linking::Linked { regarding: None, links, candidates: Vec::new() }
        }
    }
}

/// The records stand among those that the mail may be about.
fn suggest(records: &[RecordId], evidence: &Evidence, own: Linking) -> Linking {
    let more = |known: Option<RecordId>| {
        let others = records.iter().filter(move |record| Some(**record) != known);
        others.map(|record| Candidate { record: *record, evidence: evidence.clone() })
    };
    match own {
        Linking::Linked { regarding, links, mut candidates } => {
            candidates.extend(more(regarding));
            Linking::Linked { regarding, links, candidates }
        }
        Linking::Review(mut candidates) => {
            candidates.extend(more(None));
            Linking::Review(candidates)
        }
        Linking::Unmatched => Linking::Review(more(None).collect()),
    }
}

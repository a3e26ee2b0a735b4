//! What comes of the rules' word in a decision.
//!
//! The first rule in the set's order that names a record there is wins; a later one adds nothing to
//! it. Where a name stands for several records, or our own server says that the sender is not who
//! it claims to be (R36), the record is only suggested.

use super::super::address::{push, under};
use crate::model::facts::{LinkFacts, Member};
use crate::model::id::RecordId;
use crate::model::link::{Candidate, Evidence, Link, Linking};
use crate::model::record::Kind;
use crate::model::rule::{Effect, Hit};
use std::borrow::Cow;

/// The mails of a thread without those that rules keep private: these answer nothing and nothing
/// of theirs counts, and what is handed on through them still is.
pub fn apart(members: &[Member]) -> Cow<'_, [Member]> {
    if !members.iter().any(|member| says(member, &Effect::Private)) {
        return Cow::Borrowed(members);
    }
    let mut members = members.to_vec();
    for member in members.iter_mut().filter(|member| says(member, &Effect::Private)) {
        member.reply_to = None;
    }
    Cow::Owned(members)
}

/// What stands on a mail, after what the rules say. `own` is asked for what addresses and domains
/// say, unless that does not count.
pub fn apply(member: &Member, facts: &LinkFacts, own: impl FnOnce() -> Linking) -> Linking {
    if member.rules.is_empty() {
        return own();
    }
    if says(member, &Effect::Private) {
        return Linking::Unmatched;
    }
    let mut linking = if says(member, &Effect::Ignore) { Linking::Unmatched } else { own() };
    if let Some((evidence, records)) = named(member, facts, |effect| matches!(effect, Effect::Account(_))) {
        linking = match only(records).filter(|_| !member.auth_failed) {
            Some(account) => on_account(account, evidence, linking),
            None => suggest(records, &evidence, linking),
        };
    }
    if let Some((evidence, records)) = named(member, facts, |effect| matches!(effect, Effect::Regard(_))) {
        linking = match only(records).filter(|_| !member.auth_failed) {
            Some(record) => regard(record, evidence, linking, facts),
            None => suggest(records, &evidence, linking),
        };
    }
    linking
}

fn words(member: &Member) -> impl Iterator<Item = (&Hit, &Effect)> {
    member.rules.iter().filter(|hit| !hit.shadow).flat_map(|hit| hit.effects.iter().map(move |effect| (hit, effect)))
}

fn says(member: &Member, wanted: &Effect) -> bool {
    words(member).any(|(_, effect)| effect == wanted)
}

/// The records that the first rule names, with the evidence that it does.
fn named<'f>(
    member: &Member,
    facts: &'f LinkFacts,
    is: impl Fn(&Effect) -> bool,
) -> Option<(Evidence, &'f [RecordId])> {
    words(member).filter(|(_, effect)| is(effect)).find_map(|(hit, effect)| {
        let records = facts.ruled.get(effect).filter(|records| !records.is_empty())?;
        let says = effect.names().unwrap_or_default().to_owned();
        let evidence = Evidence::Rule { rule: hit.rule, version: hit.version, name: hit.name.clone(), says };
        Some((evidence, records.as_slice()))
    })
}

fn only(records: &[RecordId]) -> Option<RecordId> {
    match records {
        [one] => Some(*one),
        _ => None,
    }
}

/// The mail regards the record, and that governs all its ties but those to leads.
fn regard(record: RecordId, evidence: Evidence, own: Linking, facts: &LinkFacts) -> Linking {
    let mut links = under(record, evidence, facts);
    if let Linking::Linked { regarding, links: more, .. } = own {
        for link in more.into_iter().filter(|link| Some(link.record) != regarding) {
            let lead = link.governing == link.record && is_lead(link.record, facts);
            push(&mut links, link.record, if lead { link.record } else { record }, link.evidence);
        }
    }
    Linking::Linked { regarding: Some(record), links, candidates: Vec::new() }
}

fn is_lead(record: RecordId, facts: &LinkFacts) -> bool {
    facts.parties.values().flatten().any(|party| party.record == record && party.kind == Kind::Lead)
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

//! "Why here?" in words, from what was stored when it was decided (U3, P10).

use super::when::Clock;
use super::words::{EvidenceWords, Words, fill};
use crate::access::World;
use crate::model::id::{RecordId, UserId};
use crate::model::link::{Candidate, Evidence, Ground};
use crate::model::record::Kind;
use crate::model::time::Timestamp;
use crate::store::views::Named;
use std::collections::BTreeMap;

/// Names of records that the viewer may read.
pub(super) type Known = BTreeMap<RecordId, Named>;

/// The evidence in a column: one reason, or several.
pub(super) fn evidence(json: &str) -> Vec<Evidence> {
    serde_json::from_str::<Evidence>(json)
        .map(|one| vec![one])
        .or_else(|_| serde_json::from_str::<Vec<Evidence>>(json))
        .unwrap_or_default()
}

/// The candidates in a column.
pub(super) fn candidates(json: &str) -> Vec<Candidate> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Every record that `evidence` or `candidates` name.
pub(super) fn mentioned(evidence_json: &str, candidates_json: &str) -> Vec<RecordId> {
    let of_evidence = evidence(evidence_json).into_iter().filter_map(|e| e.party());
    let of_candidates = candidates(candidates_json).into_iter().map(|c| c.record);
    of_evidence.chain(of_candidates).collect()
}

/// Whether the link came about through another record, and of which kind the page's record is:
/// "via account" on an account's timeline, "via contact" on a contact's.
pub(super) fn via(evidence_json: &str, kind: Kind, words: &'static Words) -> Option<&'static str> {
    let through =
        evidence(evidence_json).iter().any(|e| matches!(e, Evidence::Through { .. } | Evidence::Domain { .. }));
    match kind {
        Kind::Account if through => Some(words.via_account),
        Kind::Contact if through => Some(words.via_contact),
        _ => None,
    }
}

/// What is shown of a link's reason.
pub(super) struct Reason<'a> {
    /// The link's evidence, as stored.
    pub evidence: &'a str,
    /// The message's candidates, as stored.
    pub candidates: &'a str,
    /// The record on whose page it stands.
    pub record: RecordId,
    /// The record that governs it there.
    pub governing: &'a Named,
    /// Its strength.
    pub score: i64,
    /// When it was decided.
    pub decided: Timestamp,
    /// The people of the company, to name who said or filed something.
    pub people: &'a World,
}

/// The sentences that explain a link. Records that the viewer may not read are not named.
pub(super) fn sentences(reason: &Reason, known: &Known, clock: &Clock) -> Vec<String> {
    let w = clock.words;
    let mut out: Vec<String> = evidence(reason.evidence).iter().map(|e| sentence(e, known, w, reason.people)).collect();
    if out.is_empty() {
        out.push(w.why_unreadable.to_owned());
    }
    if reason.governing.id != reason.record {
        out.push(fill(w.why_governed, &[("record", &reason.governing.name)]));
    }
    let others: Vec<String> = candidates(reason.candidates)
        .into_iter()
        .filter(|c| c.record != reason.record && c.record != reason.governing.id)
        .filter_map(|c| known.get(&c.record).map(|named| named.name.clone()))
        .collect();
    out.push(if others.is_empty() {
        w.why_alone.to_owned()
    } else {
        fill(w.why_others, &[("names", &others.join(", "))])
    });
    let decided = clock.when(reason.decided).exact;
    out.push(fill(w.why_score, &[("score", &reason.score.to_string()), ("time", &decided)]));
    out
}

/// One reason, as a sentence. Records that are not `known` are not named.
pub(super) fn sentence(evidence: &Evidence, known: &Known, w: &'static Words, people: &World) -> String {
    let name = |id: &RecordId, unnamed: &'static str| known.get(id).map_or(unnamed.to_owned(), |n| n.name.clone());
    match evidence {
        Evidence::Thread { sender, guessed: true, .. } => {
            fill(EvidenceWords::of(w.language).thread_guessed, &[("sender", sender)])
        }
        Evidence::Thread { reply_to, sender, ranked, writer, .. } => {
            let text = EvidenceWords::of(w.language).replied(*writer);
            let said = fill(text, &[("id", &format!("<{reply_to}>")), ("sender", sender)]);
            let more = EvidenceWords::of(w.language).thread_ranked;
            if *ranked { format!("{said} {more}") } else { said }
        }
        Evidence::ForeignReply { reply_to, sender } => {
            fill(w.why_foreign, &[("id", &format!("<{reply_to}>")), ("sender", sender)])
        }
        Evidence::Address { address, field: at, party } => {
            let party = name(party, w.a_contact);
            fill(w.why_address, &[("address", address), ("field", field(at, w)), ("party", &party)])
        }
        Evidence::OnlyOpportunity { address, field: at, party } => {
            let party = name(party, w.a_contact);
            fill(w.why_only, &[("address", address), ("field", field(at, w)), ("party", &party)])
        }
        Evidence::OneOfSeveral { address, party, of, points: 0, .. } => {
            let party = name(party, w.a_contact);
            fill(w.why_several, &[("address", address), ("party", &party), ("n", &of.to_string())])
        }
        Evidence::Rule { name: rule, version, says, .. } => {
            fill(w.why_rule, &[("rule", rule), ("version", &version.to_string()), ("says", says)])
        }
        Evidence::Through { record } => fill(w.why_through, &[("record", &name(record, w.a_record))]),
        Evidence::Domain { domain, address } => fill(w.why_domain, &[("domain", domain), ("address", address)]),
        Evidence::Ranked { party, .. }
        | Evidence::OneOfSeveral { party, .. }
        | Evidence::ForgedAddress { party, .. } => weighed(evidence, &name(party, w.a_contact), w),
        other => said(other, EvidenceWords::of(w.language), people),
    }
}

/// What was ranked, with what gave points.
fn weighed(evidence: &Evidence, party: &str, w: &'static Words) -> String {
    let e = EvidenceWords::of(w.language);
    let (text, because) = match evidence {
        Evidence::Ranked { of, points, lead, because, .. } => {
            let (of, points, lead) = (of.to_string(), points.to_string(), lead.to_string());
            (fill(e.ranked, &[("party", party), ("n", &of), ("points", &points), ("lead", &lead)]), because.as_slice())
        }
        Evidence::OneOfSeveral { of, points, because, .. } => {
            let (of, points) = (of.to_string(), points.to_string());
            (fill(e.weighed, &[("party", party), ("n", &of), ("points", &points)]), because.as_slice())
        }
        Evidence::ForgedAddress { address, .. } => {
            return fill(e.forged, &[("address", address), ("party", party)]);
        }
        _ => return String::new(),
    };
    let ground = |g: &Ground| match g.words.is_empty() {
        true => format!("{} {}", e.ground(&g.what), g.points),
        false => format!("{} {} ({})", e.ground(&g.what), g.points, g.words.join(", ")),
    };
    let grounds: Vec<String> = because.iter().map(ground).collect();
    format!("{text} {}", fill(e.because, &[("grounds", &grounds.join("; "))]))
}

/// What somebody said, filed, marked or numbered.
fn said(evidence: &Evidence, e: &'static EvidenceWords, people: &World) -> String {
    let who = |by: &Option<UserId>| by.map_or_else(|| e.somebody.to_owned(), |user| people.name(user));
    match evidence {
        Evidence::Person { scope, by, .. } => {
            let text = match scope.as_str() {
                "thread" => e.by_person_thread,
                "sender" => e.by_person_sender,
                "domain" => e.by_person_domain,
                _ => e.by_person_mail,
            };
            fill(text, &[("who", &who(by))])
        }
        Evidence::Filed { how, by, .. } => fill(e.filed(how), &[("who", &who(by))]),
        Evidence::OwnMark { mark, sender } => fill(e.own_mark, &[("mark", mark), ("sender", sender)]),
        Evidence::ForeignMark { mark, sender } => fill(e.foreign_mark, &[("mark", mark), ("sender", sender)]),
        Evidence::Rule { version, name, .. } => fill(e.rule, &[("name", name), ("version", &version.to_string())]),
        Evidence::Number { number, place, sender } => {
            let text = if place == "subject" { e.number_subject } else { e.number_body };
            fill(text, &[("number", number), ("sender", sender)])
        }
        Evidence::ForeignNumber { number, sender, .. } => {
            fill(e.foreign_number, &[("number", number), ("sender", sender)])
        }
        Evidence::Converted { address, .. } => fill(e.converted, &[("address", address)]),
        Evidence::SharedAddress { address, of } => fill(e.shared, &[("address", address), ("n", &of.to_string())]),
        _ => e.language.words().why_unreadable.to_owned(),
    }
}

fn field<'a>(word: &'a str, w: &'static Words) -> &'a str {
    match word {
        "from" => w.field_from,
        "to" => w.field_to,
        "cc" => w.field_cc,
        "reply-to" => w.field_reply_to,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::Language;
    use super::*;
    use crate::model::id::UserId;

    fn named(id: i64, name: &str) -> Named {
        let (kind, owner) = (Kind::Contact, UserId(1));
        Named {
            id: RecordId(id),
            kind,
            name: name.into(),
            owner,
            team: None,
            confidential: false,
            account: None,
            class: None,
        }
    }

    #[test]
    fn a_record_one_may_not_read_is_not_named() {
        let clock = Clock { words: Language::English.words(), zone: chrono_tz::UTC, now: Timestamp(0) };
        let evidence = r#"{"kind":"address","address":"j@acme.example","field":"from","party":7}"#;
        let candidates =
            r#"[{"record":9,"evidence":{"kind":"domain","domain":"acme.example","address":"j@acme.example"}}]"#;
        let governing = named(1, "Acme pumps");
        let (record, score, decided) = (RecordId(1), 60, Timestamp(0));
        let people = &World::default();
        let reason = Reason { evidence, candidates, record, governing: &governing, score, decided, people };
        let blind = sentences(&reason, &Known::new(), &clock).join(" ");
        assert!(blind.contains("j@acme.example in the field From belongs to a contact."), "{blind}");
        assert!(blind.contains("No other record came into question."), "{blind}");
        let known: Known = [named(7, "Jan Lis"), named(9, "Acme valves")].into_iter().map(|n| (n.id, n)).collect();
        let seen = sentences(&reason, &known, &clock).join(" ");
        assert!(seen.contains("belongs to Jan Lis") && seen.contains("Also possible: Acme valves."), "{seen}");
    }
}

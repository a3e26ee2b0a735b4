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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::address::Address;
    use crate::model::facts::{PartyMatch, Said, Say, Spoken};
    use crate::model::mail::Author;
    use crate::model::record::Kind;
    use crate::model::rule::Hit;
    use crate::model::time::Timestamp;

    const JAN: RecordId = RecordId(2);

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn facts() -> LinkFacts {
        let mut facts = LinkFacts::default();
        facts.own_domains.insert("firma.test".into());
        let jan = PartyMatch { record: JAN, kind: Kind::Contact, account: None, claimed_by: None, agreed: Vec::new() };
        facts.parties.insert(address("jan@acme.test"), vec![jan]);
        facts
    }

    /// To a shared mailbox.
    fn mail(from: &str) -> Member {
        Member {
            id: None,
            thread: None,
            at: Timestamp(1_000),
            identity: from.as_bytes().to_vec(),
            from: Some(address(from)),
            parties: vec![(Field::From, address(from)), (Field::To, address("sales@firma.test"))],
            author: Author::Human,
            channel: Channel::Direct,
            forward: false,
            auth_failed: false,
            parent: None,
            reply_to: None,
            guessed: false,
            holders: Vec::new(),
            rules: Vec::new(),
            before: None,
            said: Said { shared: true, ..Said::default() },
        }
    }

    fn why(member: Member) -> Option<Reason> {
        let decided = super::super::decide(std::slice::from_ref(&member), &facts());
        asked(&[member], &decided, |_| false, &facts()).pop().unwrap().map(|asked| asked.reason)
    }

    #[test]
    fn a_firm_that_nobody_knows_is_asked_about_at_a_shared_mailbox_alone() {
        assert_eq!(why(mail("ewa@harbour.test")), Some(Reason::UnknownSender));
        let kept = super::super::decide(&[mail("ewa@harbour.test")], &facts());
        assert_eq!(kept, [Linking::Review(Vec::new())], "and kept for it");
        let mut elsewhere = mail("ewa@harbour.test");
        elsewhere.said.shared = false;
        assert_eq!(super::super::decide(std::slice::from_ref(&elsewhere), &facts()), [Linking::Unmatched]);
        assert_eq!(why(elsewhere), None);
        for known in ["jan@acme.test", "anna@firma.test", "somebody@gmail.com"] {
            assert_eq!(why(mail(known)), None, "{known}");
        }
        let bulk = Member { channel: Channel::Bulk, ..mail("ewa@harbour.test") };
        let machine = Member { author: Author::Notification, ..mail("ewa@harbour.test") };
        let forged = Member { auth_failed: true, ..mail("ewa@harbour.test") };
        let mut past_us = mail("ewa@harbour.test");
        past_us.parties.truncate(1);
        for quiet in [bulk, machine, forged, past_us] {
            assert_eq!(why(quiet), None);
        }
    }

    #[test]
    fn what_a_person_or_a_rule_settled_is_not_asked() {
        let word = |say| Some(Spoken { correction: 1, say, by: None, at: Timestamp(5) });
        let mut private = mail("ewa@harbour.test");
        private.said.mail = word(Say::Private);
        let mut nothing = mail("ewa@harbour.test");
        nothing.said.thread = word(Say::Regard(None));
        let mut machine = mail("ewa@harbour.test");
        machine.said.automatic = true;
        let mut passed_over = mail("ewa@harbour.test");
        passed_over.rules.push(Hit {
            rule: crate::model::id::RuleId(1),
            version: 1,
            name: "newsletters".into(),
            shadow: false,
            effects: vec![Effect::Ignore],
        });
        for settled in [private, nothing, machine, passed_over] {
            assert_eq!(why(settled), None);
        }
        let mut taken_off = mail("jan@acme.test");
        taken_off.said.removed.insert(JAN);
        assert_eq!(why(taken_off), Some(Reason::Unlinked));
    }

    #[test]
    fn forged_comes_first_and_one_id_with_two_contents_is_asked_also_of_what_is_sure() {
        let forged = Member { auth_failed: true, ..mail("jan@acme.test") };
        assert_eq!(why(forged), Some(Reason::Forged));
        let jan = [mail("jan@acme.test")];
        let decided = super::super::decide(&jan, &facts());
        let twin = asked(&jan, &decided, |_| true, &facts()).pop().unwrap().unwrap();
        assert_eq!((twin.reason, twin.records), (Reason::OtherContent, vec![JAN]));
    }
}
